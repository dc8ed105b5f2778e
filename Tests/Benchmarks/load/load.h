#pragma once
#include <stddef.h>
#include <stdint.h>

/// How many calls of one connection may be open or unanswered behind an older one; a power of two.
enum { slots = 1 << 15 };

/// What is asked, as given on the command line.
struct workload {
  enum { work_get, work_submit, work_import, work_call, work_idle } kind;
  uint32_t method;          ///< gridwire only
  uint64_t base;            ///< keys are 1 … base
  /// Requests. Each: length of the rest (u32), length of who acts (u8), who acts, the request's body.
  uint8_t *bodies;
  uint32_t *body_offsets;
  uint32_t body_count;
};

struct connection {
  int fd;
  uint32_t begun, ended;    ///< calls
  uint64_t due[slots];      ///< when each open call was to be made, by its number
  uint8_t *in, *out;
  size_t in_used, in_size, out_used, out_sent, out_size;
  int waits_for_room;
  uint32_t parts;           ///< RESP: replies of the present transaction that have come
};

struct reply {
  uint32_t call;            ///< number of the call on its connection, from 0
  int is_final, is_error;
};

/// One way to speak.
struct protocol {
  const char *name;
  /// Says what comes before the first call, and waits for its answer.
  void (*greet)(struct connection *);
  /// Writes call number `begun`; there is room for `request_max` bytes.
  size_t (*request)(struct connection *, const struct workload *, uint8_t *out);
  /// Takes one reply from the front. Answers its length, or 0 while it is not whole.
  size_t (*reply)(struct connection *, const struct workload *, const uint8_t *in, size_t count, struct reply *);
};

/// SafeGrid takes frames of 65,536 bytes.
enum { request_max = 65536 + 16 };

extern const struct protocol gridwire, resp, raw;

uint64_t random_u64(void);
void fail(const char *what) __attribute__((noreturn));
void read_exactly(int fd, void *out, size_t count);
void write_exactly(int fd, const void *in, size_t count);
