#define _GNU_SOURCE
#include "file_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/// The content of a mapped file when it was looked at last.
struct shadow {
  uint64_t inode;
  uint64_t size;
  uint8_t *bytes;
  struct shadow *next;
};

struct file_log {
  char folder[PATH_MAX];
  size_t folder_length;
  struct file_operation *operations;
  size_t count;
  size_t capacity;
  struct shadow *shadows;
  struct file_log *next;
};

/// Held over each noted call, so that the log has the order of the effects.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct file_log *logs = NULL;

static bool is_recording(void) { return __atomic_load_n(&logs, __ATOMIC_ACQUIRE) != NULL; }

// MARK: The log

static void append(struct file_log *log, struct file_operation operation) {
  if (log->count == log->capacity) {
    log->capacity = log->capacity ? log->capacity * 2 : 1024;
    log->operations = realloc(log->operations, log->capacity * sizeof operation);
  }
  log->operations[log->count++] = operation;
}

static void append_named(struct file_log *log, int kind, uint64_t inode, const char *name, const char *new_name) {
  struct file_operation operation = {.kind = kind, .inode = inode, .name = strdup(name)};
  if (new_name) operation.new_name = strdup(new_name);
  append(log, operation);
}

static void append_number(struct file_log *log, int kind, uint64_t inode, uint64_t offset) {
  append(log, (struct file_operation){.kind = kind, .inode = inode, .offset = offset});
}

static void append_written(
    struct file_log *log, uint64_t inode, uint64_t offset, const void *bytes, uint64_t length) {
  uint8_t *copy = malloc(length ? length : 1);
  memcpy(copy, bytes, length);
  append(
      log, (struct file_operation){
               .kind = FILE_WRITTEN, .inode = inode, .offset = offset, .length = length, .bytes = copy});
}

/// The log whose folder holds the path, with the path's name below it.
static struct file_log *log_of_path(const char *path, const char **name) {
  for (struct file_log *log = logs; log; log = log->next) {
    if (strncmp(path, log->folder, log->folder_length) != 0) continue;
    if (path[log->folder_length] == 0) {
      *name = "";
      return log;
    }
    if (path[log->folder_length] == '/') {
      *name = path + log->folder_length + 1;
      return log;
    }
  }
  return NULL;
}

static bool path_of_descriptor(int descriptor, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
  if (length <= 0) return false;
  path[length] = 0;
  return true;
}

/// The log that an open file belongs to, with its inode, size and kind.
static struct file_log *log_of_descriptor(int descriptor, struct stat *information, char path[PATH_MAX]) {
  const char *name;
  if (!path_of_descriptor(descriptor, path)) return NULL;
  struct file_log *log = log_of_path(path, &name);
  return log && fstat(descriptor, information) == 0 ? log : NULL;
}

// MARK: Memory maps

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

static void forget_shadow(struct file_log *log, uint64_t inode) {
  for (struct shadow **place = &log->shadows; *place; place = &(*place)->next) {
    if ((*place)->inode != inode) continue;
    struct shadow *shadow = *place;
    *place = shadow->next;
    free(shadow->bytes);
    free(shadow);
    return;
  }
}

/// Notes the pages of a file that differ from when it was looked at last. Holes are skipped.
static void observe(struct file_log *log, const char *path) {
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

static void synchronize_map(const char *path, uintptr_t start, uintptr_t end, void *context) {
  uintptr_t address = *(uintptr_t *)context;
  const char *name;
  struct file_log *log = log_of_path(path, &name);
  struct stat information;
  if (!log || address < start || address >= end || stat(path, &information) != 0) return;
  observe(log, path);
  append_number(log, FILE_SYNCED, information.st_ino, 0);
}

// MARK: Beginning and end

/// Notes what lies in a folder already.
static void walk(struct file_log *log, const char *path, const char *name) {
  DIR *folder = opendir(path);
  if (!folder) return;
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char below[PATH_MAX], relative[PATH_MAX];
    struct stat information;
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    snprintf(relative, sizeof relative, "%s%s%s", name, *name ? "/" : "", entry->d_name);
    if (lstat(below, &information) != 0) continue;
    if (S_ISDIR(information.st_mode)) {
      append_named(log, FOLDER_CREATED, information.st_ino, relative, NULL);
      walk(log, below, relative);
    } else if (S_ISREG(information.st_mode)) {
      append_named(log, FILE_CREATED, information.st_ino, relative, NULL);
      append_number(log, FILE_RESIZED, information.st_ino, information.st_size);
      observe(log, below);
      append_number(log, FILE_SYNCED, information.st_ino, 0);
    }
  }
  closedir(folder);
  append_named(log, FOLDER_SYNCED, 0, name, NULL);
}

struct file_log *file_log_begin(const char *folder) {
  struct file_log *log = calloc(1, sizeof *log);
  snprintf(log->folder, sizeof log->folder, "%s", folder);
  log->folder_length = strlen(log->folder);
  pthread_mutex_lock(&mutex);
  walk(log, log->folder, "");
  log->next = logs;
  __atomic_store_n(&logs, log, __ATOMIC_RELEASE);
  pthread_mutex_unlock(&mutex);
  return log;
}

void file_log_observe_maps(struct file_log *log) {
  pthread_mutex_lock(&mutex);
  each_map(observe_map, log);
  pthread_mutex_unlock(&mutex);
}

void file_log_note(struct file_log *log, uint64_t number) {
  pthread_mutex_lock(&mutex);
  append_number(log, NOTED, 0, number);
  pthread_mutex_unlock(&mutex);
}

size_t file_log_count(struct file_log *log) {
  pthread_mutex_lock(&mutex);
  size_t count = log->count;
  pthread_mutex_unlock(&mutex);
  return count;
}

struct file_operation file_log_operation(struct file_log *log, size_t index) {
  pthread_mutex_lock(&mutex);
  struct file_operation operation = log->operations[index];
  pthread_mutex_unlock(&mutex);
  return operation;
}

static void clear(struct file_log *log) {
  for (size_t index = 0; index < log->count; index++) {
    free((void *)log->operations[index].bytes);
    free((void *)log->operations[index].name);
    free((void *)log->operations[index].new_name);
  }
  log->count = 0;
}

void file_log_clear(struct file_log *log) {
  pthread_mutex_lock(&mutex);
  clear(log);
  pthread_mutex_unlock(&mutex);
}

void file_log_end(struct file_log *log) {
  pthread_mutex_lock(&mutex);
  for (struct file_log **place = &logs; *place; place = &(*place)->next) {
    if (*place != log) continue;
    __atomic_store_n(place, log->next, __ATOMIC_RELEASE);
    break;
  }
  pthread_mutex_unlock(&mutex);
  clear(log);
  while (log->shadows) forget_shadow(log, log->shadows->inode);
  free(log->operations);
  free(log);
}

// MARK: The calls

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#ifdef IS_SANITIZED
bool file_log_is_present(void) { return false; }
#else
bool file_log_is_present(void) { return true; }

static void note_opened(int descriptor, bool existed) {
  struct stat information;
  char path[PATH_MAX];
  const char *name;
  struct file_log *log = log_of_descriptor(descriptor, &information, path);
  if (!log || !S_ISREG(information.st_mode)) return;
  log_of_path(path, &name);
  if (existed) {
    append_number(log, FILE_RESIZED, information.st_ino, 0);
  } else {
    append_named(log, FILE_CREATED, information.st_ino, name, NULL);
  }
  forget_shadow(log, information.st_ino);
}

static int open_noted(int folder, const char *path, int flags, mode_t mode) {
  if (!is_recording() || !(flags & (O_CREAT | O_TRUNC))) return (int)syscall(SYS_openat, folder, path, flags, mode);
  pthread_mutex_lock(&mutex);
  struct stat before;
  bool existed = fstatat(folder, path, &before, 0) == 0;
  int descriptor = (int)syscall(SYS_openat, folder, path, flags, mode);
  int error = errno;
  if (descriptor >= 0 && (!existed || ((flags & O_TRUNC) && before.st_size > 0))) note_opened(descriptor, existed);
  pthread_mutex_unlock(&mutex);
  errno = error;
  return descriptor;
}

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(NAME)                                           \
  int NAME(const char *path, int flags, ...) {               \
    va_list arguments;                                       \
    va_start(arguments, flags);                              \
    mode_t mode = mode_of(flags, arguments);                 \
    va_end(arguments);                                       \
    return open_noted(AT_FDCWD, path, flags, mode);          \
  }
#define OPENAT(NAME)                                         \
  int NAME(int folder, const char *path, int flags, ...) {   \
    va_list arguments;                                       \
    va_start(arguments, flags);                              \
    mode_t mode = mode_of(flags, arguments);                 \
    va_end(arguments);                                       \
    return open_noted(folder, path, flags, mode);            \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/// Runs a call on an open file and notes it while nobody else's comes in between. In `NOTE`, `log` and `information`
/// (of before the call) are those of the file, and `result` is the call's. Others' files are left alone: a write into a
/// pipe may wait for whoever empties it.
#define NOTED_CALL(DESCRIPTOR, CALL, IS_DONE, NOTE)                            \
  if (!is_recording()) return CALL;                                            \
  pthread_mutex_lock(&mutex);                                                  \
  struct stat information;                                                     \
  char path[PATH_MAX];                                                         \
  struct file_log *log = log_of_descriptor(DESCRIPTOR, &information, path);    \
  if (!log) {                                                                  \
    pthread_mutex_unlock(&mutex);                                              \
    return CALL;                                                               \
  }                                                                            \
  __typeof__(CALL) result = CALL;                                              \
  int error = errno;                                                           \
  if (IS_DONE) { NOTE; }                                                       \
  pthread_mutex_unlock(&mutex);                                                \
  errno = error;                                                               \
  return result;

#define PWRITE(NAME)                                                                             \
  ssize_t NAME(int descriptor, const void *bytes, size_t count, off_t offset) {                  \
    NOTED_CALL(descriptor, syscall(SYS_pwrite64, descriptor, bytes, count, offset), result > 0,  \
               append_written(log, information.st_ino, offset, bytes, result))                   \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

static void append_parts(
    struct file_log *log, uint64_t inode, off_t offset, const struct iovec *parts, int count, size_t left) {
  for (int index = 0; index < count && left > 0; index++) {
    size_t length = parts[index].iov_len < left ? parts[index].iov_len : left;
    append_written(log, inode, offset, parts[index].iov_base, length);
    offset += length;
    left -= length;
  }
}

#define PWRITEV(NAME)                                                                                      \
  ssize_t NAME(int descriptor, const struct iovec *parts, int count, off_t offset) {                       \
    NOTED_CALL(descriptor, syscall(SYS_pwritev, descriptor, parts, count, offset, 0), result > 0,          \
               append_parts(log, information.st_ino, offset, parts, count, result))                        \
  }
PWRITEV(pwritev)
PWRITEV(pwritev64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
  NOTED_CALL(descriptor, syscall(SYS_write, descriptor, bytes, count), result > 0,
             append_written(log, information.st_ino, lseek(descriptor, 0, SEEK_CUR) - result, bytes, result))
}

#define FTRUNCATE(NAME)                                                                   \
  int NAME(int descriptor, off_t size) {                                                  \
    NOTED_CALL(descriptor, (int)syscall(SYS_ftruncate, descriptor, size), result == 0,    \
               append_number(log, FILE_RESIZED, information.st_ino, size))                \
  }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

static void note_allocated(struct file_log *log, const struct stat *before, uint64_t end) {
  if (end > (uint64_t)before->st_size) append_number(log, FILE_RESIZED, before->st_ino, end);
}

#define FALLOCATE(NAME)                                                                                    \
  int NAME(int descriptor, int mode, off_t offset, off_t length) {                                         \
    NOTED_CALL(descriptor, (int)syscall(SYS_fallocate, descriptor, mode, offset, length),                  \
               result == 0 && mode == 0, note_allocated(log, &information, offset + length))               \
  }
FALLOCATE(fallocate)
FALLOCATE(fallocate64)

/// As POSIX has it: the error is the result. File systems that cannot allocate are not for this shim.
#define POSIX_FALLOCATE(NAME)                                                                     \
  int NAME(int descriptor, off_t offset, off_t length) {                                          \
    return fallocate(descriptor, 0, offset, length) == 0 ? 0 : errno;                             \
  }
POSIX_FALLOCATE(posix_fallocate)
POSIX_FALLOCATE(posix_fallocate64)

static void note_synced(struct file_log *log, const struct stat *information, const char *path) {
  const char *name;
  if (!S_ISDIR(information->st_mode)) {
    append_number(log, FILE_SYNCED, information->st_ino, 0);
  } else if (log_of_path(path, &name)) {
    append_named(log, FOLDER_SYNCED, 0, name, NULL);
  }
}

int fsync(int descriptor) {
  NOTED_CALL(descriptor, (int)syscall(SYS_fsync, descriptor), result == 0, note_synced(log, &information, path))
}

int fdatasync(int descriptor) {
  NOTED_CALL(descriptor, (int)syscall(SYS_fdatasync, descriptor), result == 0, note_synced(log, &information, path))
}

int msync(void *address, size_t length, int flags) {
  if (!is_recording() || !(flags & MS_SYNC)) return (int)syscall(SYS_msync, address, length, flags);
  pthread_mutex_lock(&mutex);
  int result = (int)syscall(SYS_msync, address, length, flags);
  int error = errno;
  uintptr_t place = (uintptr_t)address;
  if (result == 0) each_map(synchronize_map, &place);
  pthread_mutex_unlock(&mutex);
  errno = error;
  return result;
}

/// Runs a call on a name and notes it.
#define NAMED_CALL(PATH, CALL, NOTE)                                           \
  if (!is_recording()) return CALL;                                            \
  pthread_mutex_lock(&mutex);                                                  \
  const char *name = NULL;                                                     \
  struct file_log *log = log_of_path(PATH, &name);                             \
  int result = CALL;                                                           \
  int error = errno;                                                           \
  if (log && result == 0) { NOTE; }                                            \
  pthread_mutex_unlock(&mutex);                                                \
  errno = error;                                                               \
  return result;

int rename(const char *old, const char *new) {
  const char *new_name = NULL;
  NAMED_CALL(old, (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0),
             if (log_of_path(new, &new_name) == log) append_named(log, NAME_CHANGED, 0, name, new_name))
}

int unlink(const char *path) {
  NAMED_CALL(path, (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0), append_named(log, NAME_REMOVED, 0, name, NULL))
}

int mkdir(const char *path, mode_t mode) {
  NAMED_CALL(path, (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode), append_named(log, FOLDER_CREATED, 0, name, NULL))
}

int rmdir(const char *path) {
  NAMED_CALL(path, (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR),
             append_named(log, FOLDER_REMOVED, 0, name, NULL))
}
#endif
