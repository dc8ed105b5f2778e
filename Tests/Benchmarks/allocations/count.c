// Preloaded: counts what is allocated into the file that ALLOCATIONS names, eight bytes, for whoever looks at it.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

static _Atomic uint64_t own, *count = &own;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("ALLOCATIONS");
  int fd = path ? open(path, O_RDWR | O_CREAT, 0600) : -1;
  if (fd < 0 || ftruncate(fd, 8)) return;
  void *page = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (page != MAP_FAILED) count = page;
}

void *malloc(size_t size) { (*count)++; return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { (*count)++; return __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { (*count)++; return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { (*count)++; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { (*count)++; return __libc_memalign(alignment, size); }
int posix_memalign(void **out, size_t alignment, size_t size) {
  (*count)++;
  *out = __libc_memalign(alignment, size);
  return *out ? 0 : ENOMEM;
}
