// Asks a server from one thread: connections × calls in flight on each, in a closed loop; or, with --rate, on a schedule
// that waits for nobody (an open loop), where a latency begins when its call was due. Prints one line of JSON.
#define _GNU_SOURCE
#include "load.h"
#include "report.h"
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/// Calls that may be open on a connection; SafeGrid takes 1,024.
enum { open_max = 1000, in_bytes = 1 << 20 };

static const struct protocol *protocol;
static struct workload work;
static struct connection *connections;
static int connection_count = 1, in_flight = 1;
static double seconds = 2, warmup = 0.3, rate;
static uint64_t calls_max = UINT64_MAX, begun, ended;
static struct report report;
static int is_measuring, is_over, poll_fd;

void fail(const char *what) {
  fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}

uint64_t random_u64(void) { // xorshift64*
  static uint64_t state;
  if (!state) state = now_ns() | 1;
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return state * 0x2545f4914f6cdd1dull;
}

void read_exactly(int fd, void *out, size_t count) {
  for (uint8_t *p = out; count;) {
    ssize_t n = read(fd, p, count);
    if (n <= 0) fail("the server hung up");
    p += n, count -= (size_t)n;
  }
}

void write_exactly(int fd, const void *in, size_t count) {
  if (write(fd, in, count) != (ssize_t)count) fail("write");
}

static int connect_unix(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) fail("the socket's path is too long");
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail(path);
  return fd;
}

static int connect_tcp(const char *port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) fail(port);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

/// place: the path of a Unix socket, or a port of the loopback interface
static void connect_to(struct connection *c, const char *place) {
  c->fd = strspn(place, "0123456789") == strlen(place) ? connect_tcp(place) : connect_unix(place);
  c->in_size = in_bytes, c->in = malloc(c->in_size);
  c->out_size = 4 * request_max, c->out = malloc(c->out_size);
  protocol->greet(c);
}

static void begin_call(struct connection *c, uint64_t due) {
  if (c->out_size - c->out_used < request_max) {
    c->out_size *= 2;
    c->out = realloc(c->out, c->out_size);
  }
  c->out_used += protocol->request(c, &work, c->out + c->out_used);
  c->due[c->begun++ % slots] = due;
  begun++;
}

static void watch(struct connection *c, int operation, int waits_for_room) {
  struct epoll_event e = {.events = waits_for_room ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c};
  if (epoll_ctl(poll_fd, operation, c->fd, &e)) fail("epoll_ctl");
  c->waits_for_room = waits_for_room;
}

static void send_out(struct connection *c) {
  while (c->out_sent < c->out_used) {
    ssize_t n = send(c->fd, c->out + c->out_sent, c->out_used - c->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) fail("send");
    if (n < 0) {
      if (!c->waits_for_room) watch(c, EPOLL_CTL_MOD, 1);
      return;
    }
    c->out_sent += (size_t)n;
  }
  c->out_used = c->out_sent = 0;
  if (c->waits_for_room) watch(c, EPOLL_CTL_MOD, 0);
}

static void take_replies(struct connection *c) {
  ssize_t n = recv(c->fd, c->in + c->in_used, c->in_size - c->in_used, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) fail("the server hung up");
  c->in_used += (size_t)n;
  uint64_t now = now_ns();
  size_t taken = 0;
  for (struct reply reply; taken < c->in_used;) {
    size_t one = protocol->reply(c, &work, c->in + taken, c->in_used - taken, &reply);
    if (!one) break;
    taken += one;
    if (reply.is_error) report.errors++;
    if (!reply.is_final) continue;
    c->ended++, ended++;
    // In an open loop what came late counts as well: the last calls are waited for.
    if (is_measuring && (!is_over || rate > 0)) histogram_add(&report.latency, now - c->due[reply.call % slots]);
    if (rate == 0 && !is_over && begun < calls_max) begin_call(c, now);
  }
  memmove(c->in, c->in + taken, c->in_used -= taken);
  if (c->in_used == c->in_size) fail("a reply is larger than the buffer");
}

/// Open loop: begins what is due. Answers when the next call is.
static uint64_t begin_due(uint64_t start, uint64_t now) {
  static uint64_t next;
  for (int refused = 0; refused < connection_count;) {
    uint64_t due = start + (uint64_t)((double)next * 1e9 / rate);
    if (due > now || next >= calls_max) return due;
    struct connection *c = &connections[(next + (uint64_t)refused) % (uint64_t)connection_count];
    if (c->begun - c->ended >= open_max) { refused++; continue; }
    begin_call(c, due);
    next++;
  }
  return now + 1000000; // every connection is full: look again in a millisecond
}

static void run(void) {
  poll_fd = epoll_create1(0);
  for (int i = 0; i < connection_count; i++) watch(&connections[i], EPOLL_CTL_ADD, 0);
  uint64_t start = now_ns(), begin = start + (uint64_t)(warmup * 1e9), end = begin + (uint64_t)(seconds * 1e9);
  uint64_t patience = 30000000000ull;
  if (rate == 0)
    for (int d = 0; d < in_flight; d++)
      for (int i = 0; i < connection_count && begun < calls_max; i++) begin_call(&connections[i], start);
  if (calls_max != UINT64_MAX) end = UINT64_MAX - patience, is_measuring = 1, report_begin(&report);
  struct epoll_event events[256];
  for (;;) {
    uint64_t now = now_ns(), wake = now + 10000000;
    if (!is_measuring && now >= begin) is_measuring = 1, report_begin(&report);
    if (!is_over && (now >= end || ended >= calls_max)) is_over = 1, report_end(&report);
    if (is_over && (ended == begun || now > end + patience)) break;
    if (rate > 0 && !is_over) {
      uint64_t next = begin_due(start, now);
      if (next < wake) wake = next;
    }
    for (int i = 0; i < connection_count; i++)
      if (connections[i].out_used) send_out(&connections[i]);
    now = now_ns();
    struct timespec timeout = {.tv_nsec = wake > now ? (long)(wake - now) : 0};
    int n = epoll_pwait2(poll_fd, events, 256, &timeout, NULL);
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (events[i].events & (EPOLLIN | EPOLLHUP)) take_replies(c);
      send_out(c);
    }
  }
  if (ended != begun) fprintf(stderr, "load: %lu calls were never answered\n", begun - ended), report.errors += begun - ended;
}

static void read_bodies(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  work.bodies = malloc(size);
  work.body_offsets = malloc(size);
  if (fread(work.bodies, 1, size, file) != size) fail(path);
  fclose(file);
  for (size_t at = 0; at < size;) {
    uint32_t n;
    memcpy(&n, work.bodies + at, 4);
    work.body_offsets[work.body_count++] = (uint32_t)at;
    at += 4 + n;
  }
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"protocol", 1, 0, 'p'}, {"socket", 1, 0, 's'},     {"work", 1, 0, 'w'},    {"connections", 1, 0, 'c'},
      {"in-flight", 1, 0, 'd'}, {"seconds", 1, 0, 't'},   {"warmup", 1, 0, 'u'},  {"rate", 1, 0, 'r'},
      {"calls", 1, 0, 'n'},    {"base", 1, 0, 'b'},       {"method", 1, 0, 'm'},  {"bodies", 1, 0, 'f'},
      {"server-pid", 1, 0, 'i'}, {0}};
  static const struct protocol *const protocols[] = {&gridwire, &resp, &raw};
  static const char *const works[] = {"get", "submit", "import", "call", "idle"};
  const char *path = NULL;
  work.base = 1;
  for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) switch (o) {
    case 'p': for (int i = 0; i < 3; i++) if (!strcmp(optarg, protocols[i]->name)) protocol = protocols[i]; break;
    case 'w': for (int i = 0; i < 5; i++) if (!strcmp(optarg, works[i])) work.kind = i; break;
    case 's': path = optarg; break;
    case 'c': connection_count = atoi(optarg); break;
    case 'd': in_flight = atoi(optarg); break;
    case 't': seconds = atof(optarg); break;
    case 'u': warmup = atof(optarg); break;
    case 'r': rate = atof(optarg); break;
    case 'n': calls_max = strtoull(optarg, NULL, 10); break;
    case 'b': work.base = strtoull(optarg, NULL, 10); break;
    case 'm': work.method = (uint32_t)atoi(optarg); break;
    case 'f': read_bodies(optarg); break;
    case 'i': report.server = atoi(optarg); break;
    default: return 2;
    }
  errno = 0;
  if (!protocol || !path) fail("--protocol and --socket are needed");
  if (work.kind == work_import) calls_max = work.body_count;
  if (in_flight > open_max) fail("too many calls in flight");
  connections = calloc((size_t)connection_count, sizeof *connections);
  for (int i = 0; i < connection_count; i++) connect_to(&connections[i], path);
  if (work.kind == work_idle) {
    usleep((useconds_t)(seconds * 1e6));
    return 0;
  }
  run();
  report_print(&report);
  return report.errors > 0;
}
