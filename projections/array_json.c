#include "projections/array_json.h"

void texts_json(struct json_out *json, const char *key, struct slice_array texts)
{
	json_out_key(json, key);
	json_out_array(json);
	for (uint32_t i = 0; i < texts.n; i++)
		json_out_string(json, texts.items[i]);
	json_out_array_end(json);
}

void uuids_json(struct json_out *json, const char *key, struct uuid_array ids)
{
	json_out_key(json, key);
	json_out_array(json);
	for (uint32_t i = 0; i < ids.n; i++)
		json_out_uuid(json, &ids.items[i]);
	json_out_array_end(json);
}
