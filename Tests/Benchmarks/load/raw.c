// What the reference server of ../limits speaks: a request is a number (u64), a reply is its length (u32) and bytes.
#include "load.h"
#include <string.h>

static void greet(struct connection *c) { (void)c; }

static size_t request(struct connection *c, const struct workload *w, uint8_t *out) {
  (void)c;
  uint64_t id = 1 + random_u64() % w->base;
  memcpy(out, &id, 8);
  return 8;
}

static size_t reply(struct connection *c, const struct workload *w, const uint8_t *in, size_t count, struct reply *r) {
  (void)w;
  uint32_t length;
  if (count < 4) return 0;
  memcpy(&length, in, 4);
  if (count < 4 + (size_t)length) return 0;
  *r = (struct reply){.call = c->ended, .is_final = 1, .is_error = length == 0};
  return 4 + length;
}

const struct protocol raw = {"raw", greet, request, reply};
