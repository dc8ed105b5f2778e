// What an epoll loop in C can do with the frames of gridwire/1: it greets, takes OPEN frames apart and answers each with
// its body in STATUS. One thread, one read and one write for each burst. Checksums are waived, as on any Unix socket.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { header_bytes = 16, frame_hello = 1, frame_hello_ok = 2, frame_open = 3, frame_status = 5, flag_end = 1 };
enum { frame_max = 65536, in_bytes = 2 * (frame_max + header_bytes) };

struct client { int fd, is_greeted; size_t in_used, out_used, out_size; uint8_t in[in_bytes], *out; };

static uint32_t load_u32(const uint8_t *p) { uint32_t v; memcpy(&v, p, 4); return v; }

static uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t count) {
  for (size_t i = 0; i < count; i++) {
    crc ^= p[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return crc;
}

/// Room for a frame, its header filled in but for the checksum. Answers where the payload goes.
static uint8_t *begin_frame(struct client *c, uint32_t length, uint8_t type, uint8_t flags, uint32_t stream) {
  if (c->out_size - c->out_used < header_bytes + length) {
    c->out_size = 2 * c->out_size + header_bytes + length;
    c->out = realloc(c->out, c->out_size);
  }
  uint8_t *frame = c->out + c->out_used;
  memset(frame, 0, header_bytes);
  memcpy(frame, &length, 4);
  frame[4] = type, frame[5] = flags;
  memcpy(frame + 8, &stream, 4);
  c->out_used += header_bytes + length;
  return frame + header_bytes;
}

static void greet(struct client *c) {
  // version 1, frames of 65,536, messages of 4 MiB, 1,024 streams, checksums waived
  static const uint8_t hello_ok[] = {8, 1, 16, 0x80, 0x80, 4, 24, 0x80, 0x80, 0x80, 2, 32, 0x80, 8, 64, 1};
  uint8_t *payload = begin_frame(c, sizeof hello_ok, frame_hello_ok, 0, 0);
  memcpy(payload, hello_ok, sizeof hello_ok);
  uint32_t crc = ~crc32c(crc32c(~0u, payload - header_bytes, 12), payload, sizeof hello_ok);
  memcpy(payload - 4, &crc, 4);
  c->is_greeted = 1;
}

static uint64_t take_varint(const uint8_t **p, const uint8_t *end) {
  uint64_t v = 0;
  for (int shift = 0; *p < end && shift < 64; shift += 7) {
    uint8_t byte = *(*p)++;
    v |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return v;
}

/// What stands in the head is read as a server must, though no answer depends on it. Answers whether it is whole.
static int read_head(const uint8_t *p, const uint8_t *end) {
  while (p < end) {
    uint64_t tag = take_varint(&p, end), value = take_varint(&p, end);
    if ((tag & 7) != 2) continue;
    if (value > (uint64_t)(end - p)) return 0;
    p += value;
  }
  return 1;
}

static int answer(struct client *c, const uint8_t *frame, uint32_t length) {
  if (frame[4] == frame_hello) return greet(c), 1;
  if (frame[4] != frame_open || frame[5] != flag_end || frame[6] || frame[7] || length < 2) return 0;
  uint16_t head_bytes;
  memcpy(&head_bytes, frame + header_bytes, 2);
  const uint8_t *head = frame + header_bytes + 2;
  if (head_bytes + 2u > length || !read_head(head, head + head_bytes)) return 0;
  uint32_t body_bytes = length - 2 - head_bytes;
  // An empty head: code 0, nothing else to say.
  uint8_t *out = begin_frame(c, 2 + body_bytes, frame_status, flag_end, load_u32(frame + 8));
  out[0] = out[1] = 0;
  memcpy(out + 2, head + head_bytes, body_bytes);
  return 1;
}

static int serve(struct client *c) {
  ssize_t n = recv(c->fd, c->in + c->in_used, in_bytes - c->in_used, 0);
  if (n <= 0) return 0;
  c->in_used += (size_t)n;
  size_t taken = c->is_greeted || c->in_used < 8 ? 0 : 8; // the magic
  while (c->in_used - taken >= header_bytes) {
    uint32_t length = load_u32(c->in + taken);
    if (length > frame_max) return 0;
    if (c->in_used - taken < header_bytes + length) break;
    if (!answer(c, c->in + taken, length)) return 0;
    taken += header_bytes + length;
  }
  if (!c->is_greeted) return 1;
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
  if (argc != 2) return fprintf(stderr, "usage: gridwire_echo SOCKET\n"), 2;
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
