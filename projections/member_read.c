/* Where a member is named, counted on the rows of the state view as RemoveMember counts. */
#include "core/domain/judge.h"
#include "core/domain/member_use.h"
#include "projections/state_inside.h"

static void uses_json(struct json_out *json, const struct uuid *member,
                      const struct member_uses *uses)
{
	json_out_object(json);
	json_out_member_uuid(json, "member", member);
	json_out_key(json, "uses");
	json_out_object(json);
#define MEMBER_USE_JSON(name, before, after) json_out_member_int(json, #name, uses->name);
	MEMBER_USE_TABLE(MEMBER_USE_JSON)
#undef MEMBER_USE_JSON
	json_out_object_end(json);
	json_out_object_end(json);
}

enum status member_uses_read(struct view *view, struct slice tenant, const struct uuid *member,
                             struct buf *out, uint64_t *position, struct error *err)
{
	struct member_uses uses;
	struct state_reading r;
	struct row_member row;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	if (!read_member(&r.rows.face, member, &row) || row.status == MEMBER_REMOVED)
		return state_reading_end(&r, error_set(err, STATUS_NOT_FOUND, "no such member"));
	state_reading_arena(&r);
	if (count_member_uses(&r.rows.face, member, &r.arena, &uses))
		uses_json(&r.json, member, &uses);
	else
		status = error_set(err, STATUS_FULL, "no room for a workflow");
	return state_reading_end(&r, status);
}
