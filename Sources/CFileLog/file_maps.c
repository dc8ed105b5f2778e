#include "file_log_internal.h"

static struct shadow *shadow_of(struct file_log *log, uint64_t inode, uint64_t size) {
  for (struct shadow *shadow = log->shadows; shadow; shadow = shadow->next) {
    if (shadow->inode != inode) continue;
    if (shadow->size < size) {
      uint8_t *bytes = calloc(1, size);
      memcpy(bytes, shadow->bytes, shadow->size);
      free(shadow->bytes);
      shadow->bytes = bytes;
      shadow->size = size;
    }
    return shadow;
  }
  struct shadow *shadow = calloc(1, sizeof *shadow);
  *shadow = (struct shadow){.inode = inode, .size = size, .bytes = calloc(1, size ? size : 1), .next = log->shadows};
  log->shadows = shadow;
  return shadow;
}

void forget_shadow(struct file_log *log, uint64_t inode) {
  for (struct shadow **place = &log->shadows; *place; place = &(*place)->next) {
    if ((*place)->inode != inode) continue;
    struct shadow *shadow = *place;
    *place = shadow->next;
    free(shadow->bytes);
    free(shadow);
    return;
  }
}

void observe(struct file_log *log, const char *path) {
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  struct stat information;
  if (descriptor < 0) return;
  if (fstat(descriptor, &information) == 0) {
    struct shadow *shadow = shadow_of(log, information.st_ino, information.st_size);
    enum { page_bytes = 4096 };
    uint8_t page[page_bytes];
    off_t place = 0;
    while ((place = lseek(descriptor, place, SEEK_DATA)) >= 0) {
      off_t end = lseek(descriptor, place, SEEK_HOLE);
      for (place -= place % page_bytes; place < end; place += page_bytes) {
        ssize_t length = syscall(SYS_pread64, descriptor, page, page_bytes, place);
        if (length <= 0) break;
        if (memcmp(page, shadow->bytes + place, length) == 0) continue;
        memcpy(shadow->bytes + place, page, length);
        append_written(log, information.st_ino, place, page, length);
      }
      place = end;
    }
  }
  syscall(SYS_close, descriptor);
}

/// Calls `body` for each shared, writable map of a file.
static void each_map(void (*body)(const char *path, uintptr_t start, uintptr_t end, void *context), void *context) {
  FILE *maps = fopen("/proc/self/maps", "re");
  char line[PATH_MAX + 128];
  while (maps && fgets(line, sizeof line, maps)) {
    uintptr_t start, end;
    char protection[8];
    int place = 0;
    if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %n", &start, &end, protection, &place) < 3 || place == 0) continue;
    if (strcmp(protection, "rw-s") != 0 || line[place] != '/') continue;
    line[strcspn(line, "\n")] = 0;
    body(line + place, start, end, context);
  }
  if (maps) fclose(maps);
}

static void observe_map(const char *path, uintptr_t start, uintptr_t end, void *context) {
  (void)start, (void)end;
  const char *name;
  if (log_of_path(path, &name) == context) observe(context, path);
}

static void find_map(const char *path, uintptr_t start, uintptr_t end, void *context) {
  struct map_sync *sync = context;
  const char *name;
  struct stat information;
  struct file_log *log = log_of_path(path, &name);
  if (!log || sync->address < start || sync->address >= end || stat(path, &information) != 0) return;
  sync->log = log;
  sync->inode = information.st_ino;
  snprintf(sync->path, sizeof sync->path, "%s", path);
}

void find_synced_map(struct map_sync *sync) { each_map(find_map, sync); }

void file_log_observe_maps(struct file_log *log) {
  pthread_mutex_lock(&file_log_mutex);
  each_map(observe_map, log);
  pthread_mutex_unlock(&file_log_mutex);
}
