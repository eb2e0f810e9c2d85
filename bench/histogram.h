/* Durations in buckets whose width grows with the value, as HdrHistogram has it: 64 to each power
 * of two, so that a percentile is at most 1.6 % too high, in constant memory. Microseconds. One
 * thread. All zero is an empty one. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (64 * 36) /* up to 2^41 us */

struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t n;
	int64_t max_us;
};

void histogram_add(struct histogram *histogram, int64_t us);
/* The smallest upper bound below which @share (0 to 1) of the values lie; 0 when empty. */
int64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
