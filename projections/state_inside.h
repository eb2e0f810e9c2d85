/* What the files that read the state view share. Internal to state*.c. */
#ifndef PROJECTIONS_STATE_INSIDE_H
#define PROJECTIONS_STATE_INSIDE_H

#include "core/base/arena.h"
#include "core/base/json_out.h"
#include "projections/state.h"

/* One read of the rows of a tenant into JSON. */
struct state_reading {
	struct state_rows rows;
	struct arena arena; /* no block until state_reading_arena */
	struct json_out json;
	struct buf *out;
	size_t start;
	struct error *err;
};

/* End it if it began. */
enum status state_reading_begin(struct state_reading *r, struct view *view, struct slice tenant,
                                struct buf *out, uint64_t *position, struct error *err);
/* Room to unpack workflows in. */
void state_reading_arena(struct state_reading *r);
/* @status, or what went wrong while the rows were read; @out is as it was then. */
enum status state_reading_end(struct state_reading *r, enum status status);

/* The custom fields of a project, in their order, as an array. */
void state_fields_json(struct json_out *json, const struct tenant_state *state,
                       const struct uuid *project);

#endif
