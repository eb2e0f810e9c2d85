/* Numbers for property tests from a seed that the test prints. NEXUSFLOW_TEST_SEED repeats a run.
 */
#ifndef TESTS_UNIT_SEED_H
#define TESTS_UNIT_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/uuid.h"

struct seed {
	uint64_t state;
};

static inline struct seed seed_start(const char *test)
{
	struct seed seed;
	const char *given = getenv("NEXUSFLOW_TEST_SEED");
	if (given)
		seed.state = strtoull(given, NULL, 10);
	else
		random_bytes(&seed.state, sizeof(seed.state));
	printf("%s: NEXUSFLOW_TEST_SEED=%llu\n", test, (unsigned long long)seed.state);
	fflush(stdout);
	return seed;
}

/* splitmix64 */
static inline uint64_t seed_next(struct seed *seed)
{
	uint64_t z = seed->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t seed_below(struct seed *seed, uint64_t n)
{
	return seed_next(seed) % n;
}

#endif
