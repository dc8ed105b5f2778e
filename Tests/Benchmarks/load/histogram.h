#pragma once
#include <stdint.h>

/// Latencies in nanoseconds, kept in buckets that are at most 1.6 % wide: 64 for each power of two.
struct histogram {
  uint64_t counts[64 * 64];
  uint64_t total;
  uint64_t largest;
};

static inline unsigned histogram_bucket(uint64_t value) {
  if (value < 64) return (unsigned)value;
  unsigned shift = 63 - (unsigned)__builtin_clzll(value) - 6;
  return (shift + 1) * 64 + (unsigned)((value >> shift) & 63);
}

/// The upper end of a bucket.
static inline uint64_t histogram_value(unsigned bucket) {
  if (bucket < 64) return bucket;
  unsigned shift = bucket / 64 - 1;
  return ((uint64_t)(64 + bucket % 64) << shift) + ((1ull << shift) - 1);
}

static inline void histogram_add(struct histogram *h, uint64_t value) {
  h->counts[histogram_bucket(value)]++;
  h->total++;
  if (value > h->largest) h->largest = value;
}

/// @param share between 0 and 1
static inline uint64_t histogram_percentile(const struct histogram *h, double share) {
  uint64_t rank = (uint64_t)(share * (double)h->total), seen = 0;
  for (unsigned i = 0; i < 64 * 64; i++) {
    seen += h->counts[i];
    if (seen > rank) return histogram_value(i) < h->largest ? histogram_value(i) : h->largest;
  }
  return h->largest;
}
