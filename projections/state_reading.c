#include <stdlib.h>

#include "projections/state_inside.h"

/* A packed workflow of the greatest size has this many times its bytes in structs, at most. */
#define READ_ARENA (64 * WORKFLOW_BYTES_MAX)

enum status state_reading_begin(struct state_reading *r, struct view *view, struct slice tenant,
                                struct buf *out, uint64_t *position, struct error *err)
{
	r->out = out;
	r->start = out->n;
	r->err = err;
	r->arena.block = NULL;
	json_out_init(&r->json, out);
	return state_open(view, tenant, &r->rows, position, err);
}

void state_reading_arena(struct state_reading *r)
{
	arena_init(&r->arena, mem_new(READ_ARENA), READ_ARENA);
}

enum status state_reading_end(struct state_reading *r, enum status status)
{
	status = state_close(&r->rows, status, r->err);
	free(r->arena.block);
	if (status)
		r->out->n = r->start;
	return status;
}
