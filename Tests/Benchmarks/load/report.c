#include "report.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/// User and system time of a process with all its threads, in seconds.
static double process_cpu(int pid) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  size_t n = fread(line, 1, sizeof line - 1, file);
  fclose(file);
  line[n] = 0;
  unsigned long long user = 0, system = 0;
  const char *rest = strrchr(line, ')'); // the name before it may hold spaces
  if (rest) sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void report_begin(struct report *r) {
  r->window_begin = now_ns();
  r->own_cpu_begin = own_cpu();
  if (r->server) r->server_cpu_begin = process_cpu(r->server);
}

void report_end(struct report *r) {
  r->window_end = now_ns();
  r->own_cpu_end = own_cpu();
  if (r->server) r->server_cpu_end = process_cpu(r->server);
}

void report_print(const struct report *r) {
  double seconds = (double)(r->window_end - r->window_begin) / 1e9;
  const struct histogram *h = &r->latency;
  double calls = h->total ? (double)h->total : 1;
  printf("{\"calls\":%" PRIu64 ",\"errors\":%" PRIu64 ",\"seconds\":%.3f,\"per_second\":%.1f,", h->total, r->errors,
         seconds, (double)h->total / seconds);
  const struct { const char *name; double share; } points[] = {
      {"p50", .5}, {"p90", .9}, {"p99", .99}, {"p999", .999}};
  for (unsigned i = 0; i < 4; i++)
    printf("\"%s_us\":%.1f,", points[i].name, (double)histogram_percentile(h, points[i].share) / 1000);
  printf("\"max_us\":%.1f,\"server_cpu_us_per_call\":%.3f,\"generator_cpu_share\":%.3f}\n", (double)h->largest / 1000,
         (r->server_cpu_end - r->server_cpu_begin) * 1e6 / calls, (r->own_cpu_end - r->own_cpu_begin) / seconds);
}
