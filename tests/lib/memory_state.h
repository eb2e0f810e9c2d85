/* A tenant_state in memory: a treap of rows for each kind. For tests and benchmarks. */
#ifndef TESTS_LIB_MEMORY_STATE_H
#define TESTS_LIB_MEMORY_STATE_H

#include "core/domain/tenant_state.h"

struct memory_row;

struct memory_state {
	struct tenant_state face; /* first */
	struct memory_row *roots[ROW_KINDS];
	uint64_t rows[ROW_KINDS];
	uint32_t random;
};

void memory_state_init(struct memory_state *state);
void memory_state_release(struct memory_state *state);

/* Whether both hold the same keys with the same bytes; the first difference is printed. */
bool memory_state_equal(const struct memory_state *a, const struct memory_state *b);

#endif
