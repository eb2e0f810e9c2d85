/* Types of links, read from the rows of the state view. */
#include "core/domain/judge.h"
#include "core/domain/link_type.h"
#include "projections/state_inside.h"

static void type_json(struct json_out *json, struct slice id, const struct row_link_type *type,
                      bool built_in)
{
	json_out_object(json);
	json_out_member_string(json, "id", id);
	json_out_member_string(json, "name", PADDED(type->name));
	json_out_member_string(json, "outward", PADDED(type->outward));
	json_out_member_string(json, "inward", PADDED(type->inward));
	json_out_member_bool(json, "symmetric", type->symmetric);
	json_out_member_bool(json, "acyclic", type->acyclic);
	json_out_member_bool(json, "built_in", built_in);
	json_out_object_end(json);
}

enum status link_types_read(struct view *view, struct slice tenant, struct buf *out,
                            uint64_t *position, struct error *err)
{
	struct row_key key = row_key_first(ROW_LINK_TYPE);
	struct row_link_type row;
	struct state_reading r;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	json_out_object(&r.json);
	json_out_key(&r.json, "items");
	json_out_array(&r.json);
	for (const struct link_type *type = link_types; type->id; type++)
		if (read_link_type(&r.rows.face, slice_str(type->id), &row))
			type_json(&r.json, slice_str(type->id), &row, true);
	while (next_link_type(&r.rows.face, &key, &row))
		type_json(&r.json, slice_of(key.bytes, key.n), &row, false);
	json_out_array_end(&r.json);
	json_out_object_end(&r.json);
	return state_reading_end(&r, STATUS_OK);
}
