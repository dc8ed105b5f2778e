// What an epoll loop in C can do: `echo` answers 200 bytes, `get` one record of LMDB. One thread, one read transaction
// and one write for each burst of requests, as SafeGrid does it. The bytes are those of ../load/raw.c.
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { echo_bytes = 200, in_bytes = 65536 };

struct client { int fd; size_t in_used, out_used, out_size; uint8_t in[in_bytes], *out; };

static MDB_txn *transaction;
static MDB_dbi records;

static void check(int rc, const char *what) {
  if (rc) { fprintf(stderr, "reference: %s: %s\n", what, mdb_strerror(rc)); exit(1); }
}

static void answer(struct client *c, uint64_t id) {
  MDB_val key, value = {echo_bytes, "........................................................................................................................................................................................................"};
  uint64_t sortable = __builtin_bswap64(id);
  key = (MDB_val){8, &sortable};
  if (transaction && mdb_get(transaction, records, &key, &value)) value.mv_size = 0;
  if (c->out_size - c->out_used < value.mv_size + 4) {
    c->out_size = 2 * c->out_size + value.mv_size + 4;
    c->out = realloc(c->out, c->out_size);
  }
  uint32_t length = (uint32_t)value.mv_size;
  memcpy(c->out + c->out_used, &length, 4);
  memcpy(c->out + c->out_used + 4, value.mv_data, length);
  c->out_used += 4 + length;
}

static int serve(struct client *c) {
  ssize_t n = recv(c->fd, c->in + c->in_used, in_bytes - c->in_used, 0);
  if (n <= 0) return 0;
  c->in_used += (size_t)n;
  size_t taken = 0;
  if (transaction) check(mdb_txn_renew(transaction), "renew");
  for (; c->in_used - taken >= 8; taken += 8) {
    uint64_t id;
    memcpy(&id, c->in + taken, 8);
    answer(c, id);
  }
  if (transaction) mdb_txn_reset(transaction);
  memmove(c->in, c->in + taken, c->in_used -= taken);
  for (size_t sent = 0; sent < c->out_used;) { // a generator always reads
    ssize_t m = send(c->fd, c->out + sent, c->out_used - sent, MSG_NOSIGNAL);
    if (m <= 0) return 0;
    sent += (size_t)m;
  }
  c->out_used = 0;
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "usage: reference_server SOCKET echo | SOCKET get FOLDER\n"), 2;
  if (argc > 3) {
    MDB_env *env;
    check(mdb_env_create(&env), "create");
    mdb_env_set_mapsize(env, 16ull << 30);
    mdb_env_set_maxdbs(env, 16);
    check(mdb_env_open(env, argv[3], MDB_RDONLY | MDB_NOTLS, 0600), argv[3]);
    check(mdb_txn_begin(env, NULL, MDB_RDONLY, &transaction), "begin");
    check(mdb_dbi_open(transaction, "records", 0, &records), "records");
    check(mdb_txn_commit(transaction), "commit"); // which keeps the handle
    check(mdb_txn_begin(env, NULL, MDB_RDONLY, &transaction), "begin");
    mdb_txn_reset(transaction);
  }
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), poll_fd = epoll_create1(0);
  unlink(argv[1]);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 128)) return perror(argv[1]), 1;
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN});
  puts("ready");
  fflush(stdout);
  struct epoll_event events[128];
  for (;;) {
    int n = epoll_wait(poll_fd, events, 128, -1);
    for (int i = 0; i < n; i++) {
      struct client *c = events[i].data.ptr;
      if (!c) {
        c = calloc(1, sizeof *c);
        c->fd = accept(listener, NULL, NULL);
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){.events = EPOLLIN, .data.ptr = c});
      } else if (!serve(c)) {
        close(c->fd);
        free(c->out);
        free(c);
      }
    }
  }
}
