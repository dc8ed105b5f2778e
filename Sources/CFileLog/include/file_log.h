/// A shim between a program and its file system: it stands in for the C library's calls that change files, notes each of
/// them below chosen folders, in the order in which they took effect, and can make them fail. Nothing of that happens
/// until a log begins.
///
/// The calls that are noted: open, openat (when they create or truncate), write, pwrite, pwritev, ftruncate, truncate,
/// fallocate, posix_fallocate, fsync, fdatasync, msync, rename, unlink, mkdir, rmdir. What is written through shared
/// memory maps is noted as page writes whenever a map is synced, and when `file_log_observe_maps` is called.
///
/// It works by the order in which the dynamic linker looks for names: the program first, then the C library. Under a
/// sanitizer, which needs that place for itself, it is absent.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum file_operation_kind {
  FILE_CREATED,        // inode, name
  FILE_WRITTEN,        // inode, offset, bytes
  FILE_RESIZED,        // inode, offset: the new size
  FILE_SYNCED,         // inode
  FILE_SYNC_FAILED,    // inode
  FOLDER_CREATED,      // name
  FOLDER_REMOVED,      // name
  FOLDER_SYNCED,       // name
  NAME_CHANGED,        // name, new_name
  NAME_REMOVED,        // name
  NOTED                // offset: the number
};

/// One call that took effect. Names are relative to the log's folder; "" is the folder itself.
struct file_operation {
  int kind;
  uint64_t inode;
  uint64_t offset;
  uint64_t length;
  const uint8_t *bytes;
  const char *name;
  const char *new_name;
};

struct file_log;

/// Whether the calls really come by here.
bool file_log_is_present(void);

/// Begins a log of what happens below a folder, which is given by its real path. What the folder holds already is noted
/// first, as if it had been made and synced just now.
struct file_log *file_log_begin(const char *folder);

/// Notes what has changed in the memory maps of files below the folder.
void file_log_observe_maps(struct file_log *log);

/// Puts a number between the operations.
void file_log_note(struct file_log *log, uint64_t number);

/// How many operations there are, and one of them; valid until `file_log_clear`.
size_t file_log_count(struct file_log *log);
struct file_operation file_log_operation(struct file_log *log, size_t index);

/// Forgets the operations up to now; the log goes on.
void file_log_clear(struct file_log *log);

void file_log_end(struct file_log *log);

/// Calls that can be made to fail.
enum file_fault_kind {
  FAULT_OF_WRITES = 1,       // write, pwrite, pwritev
  FAULT_OF_SYNCS = 2,        // fsync, fdatasync, msync
  FAULT_OF_ALLOCATIONS = 4,  // open that creates, ftruncate, fallocate, mkdir
  FAULT_OF_NAMES = 8,        // rename, unlink, rmdir
  FAULT_OF_OPENINGS = 16     // open of what is there already, to write
};

/// Makes calls of the kinds fail with `error` (an errno) and without any effect: the one with the number `first`, counted
/// from 1 and from now, and all behind it up to the number `last`.
void file_log_fail(struct file_log *log, int kinds, uint64_t first, uint64_t last, int error);

/// How many calls have failed so since then.
uint64_t file_log_fault_count(struct file_log *log);
