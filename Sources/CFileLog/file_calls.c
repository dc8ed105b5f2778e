#include "file_log_internal.h"

#include <stdarg.h>

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

static bool is_recording(void) { return __atomic_load_n(&file_logs, __ATOMIC_ACQUIRE) != NULL; }

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

/// Counts a call; answers whether it has to fail, with `errno` set then.
static bool fails(struct file_log *log, int kind) {
  if (!log || !(log->fault.kinds & kind)) return false;
  uint64_t number = ++log->fault.call_count;
  if (number < log->fault.first || number > log->fault.last) return false;
  log->fault.fault_count++;
  errno = log->fault.error;
  return true;
}

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
  bool may_change = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
  if (!is_recording() || !may_change) return (int)syscall(SYS_openat, folder, path, flags, mode);
  pthread_mutex_lock(&file_log_mutex);
  struct stat before;
  bool existed = fstatat(folder, path, &before, 0) == 0;
  const char *name;
  bool has_failed = fails(log_of_path(path, &name), existed ? FAULT_OF_OPENINGS : FAULT_OF_ALLOCATIONS);
  int descriptor = has_failed ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
  int error = errno;
  if (descriptor >= 0 && (!existed || ((flags & O_TRUNC) && before.st_size > 0))) note_opened(descriptor, existed);
  pthread_mutex_unlock(&file_log_mutex);
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
#define NOTED_CALL(KIND, DESCRIPTOR, CALL, IS_DONE, NOTE)                      \
  if (!is_recording()) return CALL;                                            \
  pthread_mutex_lock(&file_log_mutex);                                                  \
  struct stat information;                                                     \
  char path[PATH_MAX];                                                         \
  struct file_log *log = log_of_descriptor(DESCRIPTOR, &information, path);    \
  if (!log) {                                                                  \
    pthread_mutex_unlock(&file_log_mutex);                                              \
    return CALL;                                                               \
  }                                                                            \
  __typeof__(CALL) result = fails(log, KIND) ? -1 : CALL;                      \
  int error = errno;                                                           \
  if (IS_DONE) { NOTE; }                                                       \
  pthread_mutex_unlock(&file_log_mutex);                                                \
  errno = error;                                                               \
  return result;

#define PWRITE(NAME)                                                                             \
  ssize_t NAME(int descriptor, const void *bytes, size_t count, off_t offset) {                  \
    NOTED_CALL(FAULT_OF_WRITES, descriptor, syscall(SYS_pwrite64, descriptor, bytes, count, offset), result > 0,  \
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
    NOTED_CALL(FAULT_OF_WRITES, descriptor, syscall(SYS_pwritev, descriptor, parts, count, offset, 0), result > 0,          \
               append_parts(log, information.st_ino, offset, parts, count, result))                        \
  }
PWRITEV(pwritev)
PWRITEV(pwritev64)

ssize_t write(int descriptor, const void *bytes, size_t count) {
  NOTED_CALL(FAULT_OF_WRITES, descriptor, syscall(SYS_write, descriptor, bytes, count), result > 0,
             append_written(log, information.st_ino, lseek(descriptor, 0, SEEK_CUR) - result, bytes, result))
}

#define FTRUNCATE(NAME)                                                                   \
  int NAME(int descriptor, off_t size) {                                                  \
    NOTED_CALL(FAULT_OF_ALLOCATIONS, descriptor, (int)syscall(SYS_ftruncate, descriptor, size), result == 0,    \
               append_number(log, FILE_RESIZED, information.st_ino, size))                \
  }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

static void note_allocated(struct file_log *log, const struct stat *before, uint64_t end) {
  if (end > (uint64_t)before->st_size) append_number(log, FILE_RESIZED, before->st_ino, end);
}

#define FALLOCATE(NAME)                                                                                    \
  int NAME(int descriptor, int mode, off_t offset, off_t length) {                                         \
    NOTED_CALL(FAULT_OF_ALLOCATIONS, descriptor, (int)syscall(SYS_fallocate, descriptor, mode, offset, length),                  \
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

static void note_sync(struct file_log *log, const struct stat *information, const char *path, bool is_done) {
  const char *name;
  if (!S_ISDIR(information->st_mode)) {
    append_number(log, is_done ? FILE_SYNCED : FILE_SYNC_FAILED, information->st_ino, 0);
  } else if (is_done && log_of_path(path, &name)) {
    append_named(log, FOLDER_SYNCED, 0, name, NULL);
  }
}

int fsync(int descriptor) {
  NOTED_CALL(FAULT_OF_SYNCS, descriptor, (int)syscall(SYS_fsync, descriptor), true,
             note_sync(log, &information, path, result == 0))
}

int fdatasync(int descriptor) {
  NOTED_CALL(FAULT_OF_SYNCS, descriptor, (int)syscall(SYS_fdatasync, descriptor), true,
             note_sync(log, &information, path, result == 0))
}

int msync(void *address, size_t length, int flags) {
  if (!is_recording() || !(flags & MS_SYNC)) return (int)syscall(SYS_msync, address, length, flags);
  pthread_mutex_lock(&file_log_mutex);
  struct map_sync sync = {.address = (uintptr_t)address};
  find_synced_map(&sync);
  int result = fails(sync.log, FAULT_OF_SYNCS) ? -1 : (int)syscall(SYS_msync, address, length, flags);
  int error = errno;
  if (sync.log) {
    observe(sync.log, sync.path);
    append_number(sync.log, result == 0 ? FILE_SYNCED : FILE_SYNC_FAILED, sync.inode, 0);
  }
  pthread_mutex_unlock(&file_log_mutex);
  errno = error;
  return result;
}

/// Runs a call on a name and notes it.
#define NAMED_CALL(KIND, PATH, CALL, NOTE)                                     \
  if (!is_recording()) return CALL;                                            \
  pthread_mutex_lock(&file_log_mutex);                                                  \
  const char *name = NULL;                                                     \
  struct file_log *log = log_of_path(PATH, &name);                             \
  int result = fails(log, KIND) ? -1 : CALL;                                   \
  int error = errno;                                                           \
  if (log && result == 0) { NOTE; }                                            \
  pthread_mutex_unlock(&file_log_mutex);                                                \
  errno = error;                                                               \
  return result;

int rename(const char *old, const char *new) {
  const char *new_name = NULL;
  NAMED_CALL(FAULT_OF_NAMES, old, (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0),
             if (log_of_path(new, &new_name) == log) append_named(log, NAME_CHANGED, 0, name, new_name))
}

int unlink(const char *path) {
  NAMED_CALL(FAULT_OF_NAMES, path, (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0), append_named(log, NAME_REMOVED, 0, name, NULL))
}

int mkdir(const char *path, mode_t mode) {
  NAMED_CALL(FAULT_OF_ALLOCATIONS, path, (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode), append_named(log, FOLDER_CREATED, 0, name, NULL))
}

int rmdir(const char *path) {
  NAMED_CALL(FAULT_OF_NAMES, path, (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR),
             append_named(log, FOLDER_REMOVED, 0, name, NULL))
}
#endif
