/* What the files that read the state view share. Internal to state*.c. */
#ifndef PROJECTIONS_STATE_INSIDE_H
#define PROJECTIONS_STATE_INSIDE_H

#include "core/base/json_out.h"
#include "core/domain/tenant_state.h"

/* The custom fields of a project, in their order, as an array. */
void state_fields_json(struct json_out *json, const struct tenant_state *state,
                       const struct uuid *project);

#endif
