#include "bench/histogram.h"

enum { SUB_BITS = 6, SUB = 1 << SUB_BITS };

/* Values below 64 have a bucket each; then the power of two and the next six bits name it. */
static uint32_t bucket_of(uint64_t us)
{
	if (us < SUB)
		return (uint32_t)us;
	uint32_t shift = 63 - (uint32_t)__builtin_clzll(us) - SUB_BITS;
	uint32_t bucket = (shift + 1) * SUB + (uint32_t)((us >> shift) - SUB);
	return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static int64_t upper_bound(uint32_t bucket)
{
	if (bucket < SUB)
		return bucket;
	uint32_t shift = bucket / SUB - 1;
	return ((int64_t)(bucket % SUB + SUB + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, int64_t us)
{
	if (us < 0)
		us = 0;
	histogram->counts[bucket_of((uint64_t)us)]++;
	histogram->n++;
	if (us > histogram->max_us)
		histogram->max_us = us;
}

int64_t histogram_percentile(const struct histogram *histogram, double share)
{
	uint64_t seen = 0;
	uint64_t wanted = (uint64_t)(share * (double)histogram->n + 0.999999);
	for (uint32_t bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		seen += histogram->counts[bucket];
		if (seen > 0 && seen >= wanted) {
			int64_t bound = upper_bound(bucket);
			return bound < histogram->max_us ? bound : histogram->max_us;
		}
	}
	return histogram->max_us;
}
