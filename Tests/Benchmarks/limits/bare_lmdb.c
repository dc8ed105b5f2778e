// What LMDB and the disk can do without anything around them, with the keys and the batches of a submission: the record,
// its five indexes, four counts that change, the first event of the case and the request key.
//   fill FOLDER COUNT                        makes `records`: COUNT of 400 bytes
//   get FOLDER COUNT THREADS SECONDS         random reads
//   submit FOLDER BATCH SECONDS synced|journal   LMDB synced at each commit; or a journal synced for each batch, and LMDB
//                                            unsynced behind it, which is SafeGrid's way
//   sync FILE SECONDS                        4 KiB written over a file's own blocks, then fdatasync
#define _GNU_SOURCE
#include "../load/report.h"
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { row_bytes = 400, journal_bytes = 700, segment_bytes = 32 << 20, base_entries = 1000000 };

static uint64_t random_u64(uint64_t *state) {
  *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
  return *state * 0x2545f4914f6cdd1dull;
}

static void check(int rc, const char *what) {
  if (rc) { fprintf(stderr, "bare_lmdb: %s: %s\n", what, rc < 0 ? mdb_strerror(rc) : strerror(rc)); exit(1); }
}

static MDB_env *open_env(const char *folder, unsigned flags) {
  MDB_env *env;
  mkdir(folder, 0700);
  check(mdb_env_create(&env), "create");
  mdb_env_set_mapsize(env, 64ull << 30);
  mdb_env_set_maxdbs(env, 16);
  check(mdb_env_open(env, folder, flags, 0600), folder);
  return env;
}

static void put(MDB_txn *txn, MDB_dbi dbi, const void *key, size_t key_bytes, const void *value, size_t bytes) {
  check(mdb_put(txn, dbi, &(MDB_val){key_bytes, (void *)key}, &(MDB_val){bytes, (void *)value}, 0), "put");
}

static void fill(const char *folder, uint64_t count) {
  MDB_env *env = open_env(folder, MDB_NOSYNC | MDB_WRITEMAP);
  MDB_txn *txn;
  MDB_dbi dbi;
  uint8_t row[row_bytes];
  memset(row, 'r', sizeof row);
  check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
  check(mdb_dbi_open(txn, "records", MDB_CREATE, &dbi), "records");
  for (uint64_t id = 1; id <= count; id++) {
    uint64_t key = __builtin_bswap64(id);
    check(mdb_put(txn, dbi, &(MDB_val){8, &key}, &(MDB_val){row_bytes, row}, MDB_APPEND), "put");
  }
  check(mdb_txn_commit(txn), "commit");
  mdb_env_close(env);
}

struct reader { MDB_env *env; uint64_t count, gets, seed; double seconds; };

static void *read_records(void *argument) {
  struct reader *r = argument;
  MDB_txn *txn;
  MDB_dbi dbi;
  uint8_t copy[row_bytes];
  check(mdb_txn_begin(r->env, NULL, MDB_RDONLY, &txn), "begin");
  check(mdb_dbi_open(txn, "records", 0, &dbi), "records");
  for (uint64_t end = now_ns() + (uint64_t)(r->seconds * 1e9); now_ns() < end;)
    for (int i = 0; i < 256; i++, r->gets++) {
      uint64_t key = __builtin_bswap64(1 + random_u64(&r->seed) % r->count);
      MDB_val value;
      check(mdb_get(txn, dbi, &(MDB_val){8, &key}, &value), "get");
      memcpy(copy, value.mv_data, row_bytes);
      __asm__ volatile("" ::"r"(copy) : "memory");
    }
  mdb_txn_abort(txn);
  return NULL;
}

static void get(const char *folder, uint64_t count, int threads, double seconds) {
  MDB_env *env = open_env(folder, MDB_RDONLY | MDB_NOTLS);
  pthread_t ids[16];
  struct reader readers[16];
  uint64_t gets = 0;
  MDB_txn *txn;
  MDB_dbi dbi;
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
  check(mdb_dbi_open(txn, "records", 0, &dbi), "records"); // once, for all threads
  check(mdb_txn_commit(txn), "commit");
  for (int i = 0; i < threads; i++) {
    readers[i] = (struct reader){env, count, 0, (uint64_t)(i + 1) * 0x9e3779b97f4a7c15ull, seconds};
    pthread_create(&ids[i], NULL, read_records, &readers[i]);
  }
  for (int i = 0; i < threads; i++) pthread_join(ids[i], NULL), gets += readers[i].gets;
  printf("{\"per_second\":%.1f}\n", (double)gets / seconds);
}

enum { tree_count = 8 };
static const char *const tree_names[tree_count] = {"hazards",    "by_number",    "open",        "worklist",
                                                   "timers",     "by_enterprise", "case_events", "request_keys"};

/// One submission: eight entries that are new, and four counts.
static void submit(MDB_txn *txn, const MDB_dbi *trees, MDB_dbi counts, uint64_t id, uint64_t *seed) {
  static const uint8_t row[row_bytes];
  uint64_t key[4], grid = random_u64(seed) % 566, big = __builtin_bswap64(id);
  put(txn, trees[0], &big, 8, row, sizeof row);
  key[0] = __builtin_bswap64(grid), key[1] = big;
  put(txn, trees[1], key, 16, &big, 8);
  key[1] = __builtin_bswap64(1), key[2] = big;
  put(txn, trees[2], key, 24, "", 0);
  key[0] = __builtin_bswap64(grid % 190);
  put(txn, trees[3], key, 24, "", 0);
  key[0] = __builtin_bswap64(1), key[1] = big;
  put(txn, trees[4], key, 16, "", 0);
  key[0] = __builtin_bswap64(random_u64(seed) % 20000);
  put(txn, trees[5], key, 16, "", 0);
  key[0] = big, key[1] = 1;
  put(txn, trees[6], key, 12, row, 120);
  key[0] = big, key[1] = random_u64(seed);
  put(txn, trees[7], key, 22, row, 44);
  for (uint64_t level = 0; level < 4; level++) {
    key[0] = level, key[1] = level == 3 ? grid : level == 2 ? grid % 190 : level == 1 ? grid % 16 : 0;
    put(txn, counts, key, 16, &id, 8);
  }
}

static void write_journal(int *fd, off_t *at, const char *folder, size_t bytes) {
  static uint8_t batch[8 << 20];
  if (*fd < 0 || *at + (off_t)bytes > segment_bytes) {
    // A fresh segment is written in full first, so that later syncs change no file length.
    char path[512];
    snprintf(path, sizeof path, "%s/journal", folder);
    if (*fd < 0) {
      *fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
      for (int i = 0; i < segment_bytes / (int)sizeof batch; i++)
        if (pwrite(*fd, batch, sizeof batch, (off_t)i * (off_t)sizeof batch) < 0) check(errno, "journal");
      fsync(*fd);
    }
    *at = 0;
  }
  if (pwrite(*fd, batch, bytes, *at) != (ssize_t)bytes) check(errno, "journal");
  check(fdatasync(*fd) ? errno : 0, "fdatasync");
  *at += (off_t)bytes;
}

static void submit_batches(const char *folder, int batch, double seconds, int has_journal) {
  MDB_env *env = open_env(folder, has_journal ? MDB_NOSYNC | MDB_WRITEMAP : 0);
  MDB_txn *txn;
  MDB_dbi trees[tree_count], counts;
  uint64_t id = 0, seed = 42;
  int journal = -1;
  off_t at = 0;
  check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
  for (int i = 0; i < tree_count; i++) check(mdb_dbi_open(txn, tree_names[i], MDB_CREATE, &trees[i]), "tree");
  check(mdb_dbi_open(txn, "counts", MDB_CREATE, &counts), "counts");
  for (; id < base_entries; id++) submit(txn, trees, counts, id, &seed);
  check(mdb_txn_commit(txn), "commit");
  check(mdb_env_sync(env, 1), "sync");
  static struct report report;
  report_begin(&report);
  for (uint64_t end = now_ns() + (uint64_t)(seconds * 1e9), begin; (begin = now_ns()) < end;) {
    check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    for (int i = 0; i < batch; i++) submit(txn, trees, counts, id++, &seed);
    if (has_journal) write_journal(&journal, &at, folder, ((size_t)batch * journal_bytes + 4095) / 4096 * 4096);
    check(mdb_txn_commit(txn), "commit");
    uint64_t now = now_ns();
    for (int i = 0; i < batch; i++) histogram_add(&report.latency, now - begin);
  }
  report_end(&report);
  report_print(&report);
}

static void sync_file(const char *path, double seconds) {
  static uint8_t page[4096];
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  for (int i = 0; i < 1024; i++)
    if (write(fd, page, sizeof page) < 0) check(errno, path);
  fsync(fd);
  static struct report report;
  report_begin(&report);
  for (uint64_t i = 0, begin, end = now_ns() + (uint64_t)(seconds * 1e9); (begin = now_ns()) < end; i++) {
    page[0]++;
    if (pwrite(fd, page, sizeof page, (off_t)(i % 1024) * 4096) < 0) check(errno, path);
    check(fdatasync(fd) ? errno : 0, path);
    histogram_add(&report.latency, now_ns() - begin);
  }
  report_end(&report);
  report_print(&report);
}

int main(int argc, char **argv) {
  if (argc == 4 && !strcmp(argv[1], "fill")) fill(argv[2], strtoull(argv[3], NULL, 10));
  else if (argc == 6 && !strcmp(argv[1], "get")) get(argv[2], strtoull(argv[3], NULL, 10), atoi(argv[4]), atof(argv[5]));
  else if (argc == 6 && !strcmp(argv[1], "submit"))
    submit_batches(argv[2], atoi(argv[3]), atof(argv[4]), !strcmp(argv[5], "journal"));
  else if (argc == 4 && !strcmp(argv[1], "sync")) sync_file(argv[2], atof(argv[3]));
  else return 2;
  return 0;
}
