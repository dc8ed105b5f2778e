// gridwire/1, as IDL/PROTOCOL.md draws it. On a Unix socket checksums are waived; on TCP requests have them, and those of
// replies are left alone.
#include "load.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { frame_hello = 1, frame_hello_ok = 2, frame_open = 3, frame_status = 5, flag_end = 1, header_bytes = 16 };

/// The server's clock less this machine's, in milliseconds: request keys follow the server.
static int64_t clock_offset_ms;
static int has_checksum = 1;
static int64_t last_key_ms;
static unsigned key_counter;

static uint32_t load_u32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static void store_u32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }

static uint8_t *put_varint(uint8_t *p, uint64_t v) {
  for (; v >= 0x80; v >>= 7) *p++ = (uint8_t)(v | 0x80);
  *p++ = (uint8_t)v;
  return p;
}

static uint64_t take_varint(const uint8_t **p) {
  uint64_t v = 0;
  for (int shift = 0;; shift += 7) {
    uint8_t byte = *(*p)++;
    v |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) return v;
  }
}

static void put_header(uint8_t *p, uint32_t length, uint8_t type, uint8_t flags, uint32_t stream) {
  memset(p, 0, header_bytes);
  store_u32(p, length);
  p[4] = type;
  p[5] = flags;
  store_u32(p + 8, stream);
}

/// CRC-32C, byte by byte: only small requests need it.
static uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t count) {
  static uint32_t table[256];
  for (unsigned i = 0; !table[255] && i < 256; i++) {
    table[i] = i;
    for (int bit = 0; bit < 8; bit++) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78u : 0);
  }
  for (size_t i = 0; i < count; i++) crc = crc >> 8 ^ table[(uint8_t)crc ^ p[i]];
  return crc;
}

/// Puts the checksum into a frame that stands otherwise.
static void seal(uint8_t *frame) {
  store_u32(frame + 12, ~crc32c(crc32c(~0u, frame, 12), frame + header_bytes, load_u32(frame)));
}

static int64_t wall_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void greet(struct connection *c) {
  uint8_t hello[256] = {0x89, 'G', 'W', '1', '\r', '\n', 0x1a, '\n'}, *payload = hello + 8 + header_bytes, *p = payload;
  const uint64_t unlimited = 1ull << 60; // credit that no run uses up
  const struct { unsigned field; uint64_t value; } fields[] = {
      {1, 1}, {2, 1}, {3, 65536}, {4, 4 << 20}, {5, unlimited}, {6, unlimited}, {9, 1}};
  for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++) {
    p = put_varint(p, fields[i].field << 3);
    p = put_varint(p, fields[i].value);
  }
  uint32_t length = (uint32_t)(p - payload);
  put_header(hello + 8, length, frame_hello, 0, 0);
  seal(hello + 8);
  write_exactly(c->fd, hello, 8 + header_bytes + length);

  uint8_t header[header_bytes], answer[65536];
  read_exactly(c->fd, header, header_bytes);
  length = load_u32(header);
  if (length > sizeof answer) fail("HELLO_OK is too long");
  read_exactly(c->fd, answer, length);
  if (header[4] != frame_hello_ok) fail("the server does not say HELLO_OK");
  for (const uint8_t *q = answer, *end = answer + length; q < end;) {
    uint64_t tag = take_varint(&q);
    if ((tag & 7) == 2) { uint64_t n = take_varint(&q); q += n; continue; }
    uint64_t value = take_varint(&q);
    if (tag >> 3 == 8) has_checksum = !value;
    // i64 is zigzag.
    if (tag >> 3 == 13) clock_offset_ms = ((int64_t)(value >> 1) ^ -(int64_t)(value & 1)) - wall_ms();
  }
}

/// UUIDv7, rising, as SafeGrid's own client makes it.
static void put_request_key(uint8_t *p) {
  int64_t now = wall_ms() + clock_offset_ms;
  if (now > last_key_ms) {
    last_key_ms = now;
    key_counter = (unsigned)random_u64() & 0x7ff;
  } else if (++key_counter > 0xfff) {
    last_key_ms++;
    key_counter = 0;
  }
  for (int i = 0; i < 6; i++) p[i] = (uint8_t)(last_key_ms >> (40 - 8 * i));
  p[6] = (uint8_t)(0x70 | key_counter >> 8);
  p[7] = (uint8_t)key_counter;
  uint64_t rest = random_u64();
  memcpy(p + 8, &rest, 8);
  p[8] = (uint8_t)(0x80 | (p[8] & 0x3f));
}

static size_t request(struct connection *c, const struct workload *w, uint8_t *out) {
  uint8_t *head = out + header_bytes + 2, *p = head;
  const uint8_t *body = NULL;
  uint32_t body_bytes = 0;
  *p++ = 1 << 3;
  p = put_varint(p, w->method);
  if (w->kind == work_submit || w->kind == work_import) {
    *p++ = 3 << 3 | 2;
    *p++ = 16;
    put_request_key(p);
    p += 16;
  }
  if (w->kind != work_get) {
    // What is imported is sent once and in its order.
    static uint32_t next;
    body = w->bodies + w->body_offsets[(w->kind == work_import ? next++ : random_u64()) % w->body_count];
    uint8_t actor_bytes = body[4];
    body_bytes = load_u32(body) - 1 - actor_bytes;
    if (actor_bytes) {
      *p++ = 4 << 3 | 2;
      memcpy(p, body + 4, 1 + actor_bytes);
      p += 1 + actor_bytes;
    }
    body += 5 + actor_bytes;
  }
  uint16_t head_bytes = (uint16_t)(p - head);
  memcpy(out + header_bytes, &head_bytes, 2);
  if (w->kind == work_get) {
    *p++ = 1 << 3;
    p = put_varint(p, 1 + random_u64() % w->base);
  } else {
    memcpy(p, body, body_bytes);
    p += body_bytes;
    // A report ends with the digest of its photo, which no other report has, and the three bytes of its last field.
    if (w->kind == work_submit)
      for (int i = 1; i <= 4; i++) { uint64_t digest = random_u64(); memcpy(p - 3 - 8 * i, &digest, 8); }
  }
  put_header(out, (uint32_t)(p - out - header_bytes), frame_open, flag_end, 2 * c->begun + 1);
  if (has_checksum) seal(out);
  return (size_t)(p - out);
}

static size_t reply(struct connection *c, const struct workload *w, const uint8_t *in, size_t count, struct reply *r) {
  (void)c, (void)w;
  if (count < header_bytes || count < header_bytes + load_u32(in)) return 0;
  // A large body comes in DATA frames before its STATUS.
  r->is_final = in[4] == frame_status;
  if (in[4] == 10) fail("the server says GOAWAY");
  r->call = (load_u32(in + 8) - 1) / 2;
  // The head of a success has no field 1, the code.
  r->is_error = r->is_final && in[header_bytes] > 0 && in[header_bytes + 2] == 1 << 3;
  if (r->is_error) {
    static int shown;
    if (shown++ < 3) fprintf(stderr, "refused: %.*s\n", (int)load_u32(in) - 2, (const char *)in + header_bytes + 2);
  }
  return header_bytes + load_u32(in);
}

const struct protocol gridwire = {"gridwire", greet, request, reply};
