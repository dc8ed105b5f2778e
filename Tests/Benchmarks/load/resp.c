// RESP, for Redis. A submission is one transaction: the row, and an entry in each of six sorted sets.
#include "load.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { row_bytes = 400, index_count = 6 };
/// +OK, one +QUEUED for each command, and what EXEC answers.
enum { parts_of_submit = 1 + 1 + index_count + 1 };

static void greet(struct connection *c) { (void)c; }

/// Ids of new rows: not used by another generator on the same server.
static uint64_t next_id(void) {
  static uint64_t id;
  if (!id) id = (uint64_t)getpid() << 32;
  return ++id;
}

static uint8_t *put_text(uint8_t *p, const char *text, size_t n) {
  p += sprintf((char *)p, "$%zu\r\n", n);
  memcpy(p, text, n);
  memcpy(p + n, "\r\n", 2);
  return p + n + 2;
}

static size_t request_submit(const struct workload *w, uint8_t *out) {
  static const char *const names[index_count] = {"number", "open", "worklist", "timers", "enterprise", "request"};
  static char row[row_bytes];
  uint64_t id = next_id(), grid = random_u64() % 566;
  for (size_t i = 0; i < row_bytes; i += 8) { uint64_t bits = random_u64(); memcpy(row + i, &bits, 8); }
  // The keys' shapes are those of a hazard: a number and two worklists by grid, two times, an enterprise of 20,000.
  const uint64_t scores[index_count] = {
      grid << 40 | (id & 0xffffffffff), grid << 40 | (id & 0xffffffff), grid % 190 << 40 | (id & 0xffffffff),
      id & 0xffffffffff, random_u64() % 20000, id & 0xffffffffff};
  char key[32], score[32];
  int key_length = sprintf(key, "h:%" PRIu64, id);
  uint8_t *p = out + sprintf((char *)out, "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n");
  p = put_text(p, key, (size_t)key_length);
  p = put_text(p, row, row_bytes);
  for (int i = 0; i < index_count; i++) {
    p += sprintf((char *)p, "*4\r\n$4\r\nZADD\r\n");
    p = put_text(p, names[i], strlen(names[i]));
    p = put_text(p, score, (size_t)sprintf(score, "%" PRIu64, scores[i]));
    p = put_text(p, key + 2, (size_t)key_length - 2);
  }
  p += sprintf((char *)p, "*1\r\n$4\r\nEXEC\r\n");
  (void)w;
  return (size_t)(p - out);
}

static size_t request(struct connection *c, const struct workload *w, uint8_t *out) {
  (void)c;
  if (w->kind == work_submit) return request_submit(w, out);
  char key[32];
  uint8_t *p = out + sprintf((char *)out, "*2\r\n$3\r\nGET\r\n");
  p = put_text(p, key, (size_t)sprintf(key, "e:%" PRIu64, 1 + random_u64() % w->base));
  return (size_t)(p - out);
}

/// The length of the value at the front, or 0 while it is not whole.
static size_t value(const uint8_t *in, size_t count, int *is_error) {
  const uint8_t *end = memchr(in, '\n', count);
  if (!end) return 0;
  size_t used = (size_t)(end + 1 - in);
  long n = in[0] == '$' || in[0] == '*' ? strtol((const char *)in + 1, NULL, 10) : 0;
  if (in[0] == '-' || n < 0) *is_error = 1; // an error, or nothing where a row should be
  if (in[0] == '$') return n < 0 ? used : count >= used + (size_t)n + 2 ? used + (size_t)n + 2 : 0;
  if (in[0] == '*')
    for (long i = 0; i < n; i++) {
      size_t one = used < count ? value(in + used, count - used, is_error) : 0;
      if (!one) return 0;
      used += one;
    }
  return used;
}

static size_t reply(struct connection *c, const struct workload *w, const uint8_t *in, size_t count, struct reply *r) {
  r->is_error = 0;
  size_t used = count ? value(in, count, &r->is_error) : 0;
  if (!used) return 0;
  r->is_final = w->kind == work_get || ++c->parts == parts_of_submit;
  if (r->is_final) c->parts = 0;
  r->call = c->ended;
  return used;
}

const struct protocol resp = {"resp", greet, request, reply};
