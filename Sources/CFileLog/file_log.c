#include "file_log_internal.h"

#include <dirent.h>

pthread_mutex_t file_log_mutex = PTHREAD_MUTEX_INITIALIZER;
struct file_log *file_logs = NULL;

static void append(struct file_log *log, struct file_operation operation) {
  if (log->count == log->capacity) {
    log->capacity = log->capacity ? log->capacity * 2 : 1024;
    log->operations = realloc(log->operations, log->capacity * sizeof operation);
  }
  log->operations[log->count++] = operation;
}

void append_named(struct file_log *log, int kind, uint64_t inode, const char *name, const char *new_name) {
  struct file_operation operation = {.kind = kind, .inode = inode, .name = strdup(name)};
  if (new_name) operation.new_name = strdup(new_name);
  append(log, operation);
}

void append_number(struct file_log *log, int kind, uint64_t inode, uint64_t offset) {
  append(log, (struct file_operation){.kind = kind, .inode = inode, .offset = offset});
}

void append_written(
    struct file_log *log, uint64_t inode, uint64_t offset, const void *bytes, uint64_t length) {
  uint8_t *copy = malloc(length ? length : 1);
  memcpy(copy, bytes, length);
  append(
      log, (struct file_operation){
               .kind = FILE_WRITTEN, .inode = inode, .offset = offset, .length = length, .bytes = copy});
}

struct file_log *log_of_path(const char *path, const char **name) {
  for (struct file_log *log = file_logs; log; log = log->next) {
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
  pthread_mutex_lock(&file_log_mutex);
  walk(log, log->folder, "");
  log->next = file_logs;
  __atomic_store_n(&file_logs, log, __ATOMIC_RELEASE);
  pthread_mutex_unlock(&file_log_mutex);
  return log;
}

void file_log_note(struct file_log *log, uint64_t number) {
  pthread_mutex_lock(&file_log_mutex);
  append_number(log, NOTED, 0, number);
  pthread_mutex_unlock(&file_log_mutex);
}

size_t file_log_count(struct file_log *log) {
  pthread_mutex_lock(&file_log_mutex);
  size_t count = log->count;
  pthread_mutex_unlock(&file_log_mutex);
  return count;
}

struct file_operation file_log_operation(struct file_log *log, size_t index) {
  pthread_mutex_lock(&file_log_mutex);
  struct file_operation operation = log->operations[index];
  pthread_mutex_unlock(&file_log_mutex);
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
  pthread_mutex_lock(&file_log_mutex);
  clear(log);
  pthread_mutex_unlock(&file_log_mutex);
}

void file_log_fail(struct file_log *log, int kinds, uint64_t first, uint64_t last, int error) {
  pthread_mutex_lock(&file_log_mutex);
  log->fault = (__typeof__(log->fault)){.kinds = kinds, .error = error, .first = first, .last = last};
  pthread_mutex_unlock(&file_log_mutex);
}

uint64_t file_log_fault_count(struct file_log *log) {
  pthread_mutex_lock(&file_log_mutex);
  uint64_t count = log->fault.fault_count;
  pthread_mutex_unlock(&file_log_mutex);
  return count;
}

void file_log_end(struct file_log *log) {
  pthread_mutex_lock(&file_log_mutex);
  for (struct file_log **place = &file_logs; *place; place = &(*place)->next) {
    if (*place != log) continue;
    __atomic_store_n(place, log->next, __ATOMIC_RELEASE);
    break;
  }
  pthread_mutex_unlock(&file_log_mutex);
  clear(log);
  while (log->shadows) forget_shadow(log, log->shadows->inode);
  free(log->operations);
  free(log);
}
