// What the parts of the shim share.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "file_log.h"

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
  struct {
    int kinds;
    int error;
    uint64_t first;
    uint64_t last;
    uint64_t call_count;
    uint64_t fault_count;
  } fault;
  struct file_log *next;
};

/// Held over each noted call, so that the log has the order of the effects; everything below wants it.
extern pthread_mutex_t file_log_mutex;
/// All logs.
extern struct file_log *file_logs;

void append_named(struct file_log *log, int kind, uint64_t inode, const char *name, const char *new_name);
void append_number(struct file_log *log, int kind, uint64_t inode, uint64_t offset);
void append_written(struct file_log *log, uint64_t inode, uint64_t offset, const void *bytes, uint64_t length);

/// The log whose folder holds the path, with the path's name below it.
struct file_log *log_of_path(const char *path, const char **name);

/// Notes the pages of a file that differ from when it was looked at last. Holes are skipped.
void observe(struct file_log *log, const char *path);
/// Forgets how a file looked: it was made anew.
void forget_shadow(struct file_log *log, uint64_t inode);

/// A call of msync, and the file that it is about; `log` is NULL when that is nobody's.
struct map_sync {
  uintptr_t address;
  struct file_log *log;
  uint64_t inode;
  char path[PATH_MAX];
};
void find_synced_map(struct map_sync *sync);
