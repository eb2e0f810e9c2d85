/* Arrays of events and configuration as members of a JSON object. */
#ifndef PROJECTIONS_ARRAY_JSON_H
#define PROJECTIONS_ARRAY_JSON_H

#include "core/base/json_out.h"
#include "generated/event.h"

void texts_json(struct json_out *json, const char *key, struct slice_array texts);
void uuids_json(struct json_out *json, const char *key, struct uuid_array ids);

#endif
