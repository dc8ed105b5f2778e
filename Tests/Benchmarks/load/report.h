#pragma once
#include <stdint.h>
#include "histogram.h"

/// What every generator measures, and prints as one line of JSON. A reply counts when it arrives inside the window.
struct report {
  struct histogram latency;
  uint64_t errors;
  uint64_t window_begin, window_end; ///< nanoseconds, monotonic
  int server;                        ///< process id; 0: its CPU time is not read
  double server_cpu_begin, server_cpu_end; ///< seconds, user and system
  double own_cpu_begin, own_cpu_end;
};

#ifdef __cplusplus
extern "C" {
#endif
uint64_t now_ns(void);
void report_begin(struct report *r);
void report_end(struct report *r);
void report_print(const struct report *r);
#ifdef __cplusplus
}
#endif
