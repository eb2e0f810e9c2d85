/* Who can be the assignee of an issue in a project: judged by the code that judges the command, on
 * the rows of the state view; named by the access view. */
#include "core/codec/normal_text.h"
#include "core/domain/permission.h"
#include "core/domain/project.h"
#include "projections/access.h"
#include "projections/state_inside.h"

struct candidates {
	struct state_reading r;
	struct access_names *names;
	struct row_project project;
	const struct assignable_query *query;
};

static bool is_assignable(const struct candidates *c, const struct uuid *id,
                          const struct row_member *row)
{
	const struct holder holder = {*id, row->role};
	if (row->status != MEMBER_ACTIVE)
		return false;
	struct rights rights = rights_in(&c->r.rows.face, &holder, &c->project);
	return rights_give(&rights, PERMISSION_BROWSE_PROJECT, id, NULL) &&
	       rights_give(&rights, PERMISSION_BE_ASSIGNED, id, NULL);
}

static void candidate_json(struct candidates *c, const struct uuid *id, struct slice name)
{
	json_out_object(&c->r.json);
	json_out_member_uuid(&c->r.json, "id", id);
	json_out_key(&c->r.json, "name");
	if (name.n)
		json_out_string(&c->r.json, name);
	else
		json_out_null(&c->r.json);
	json_out_object_end(&c->r.json);
}

static void candidates_json(struct candidates *c)
{
	const struct assignable_query *query = c->query;
	struct row_key key = row_key_first(ROW_MEMBER);
	struct row_member row;
	struct uuid id = {{0}}, last = {{0}};
	uint32_t n = 0, looked = 0;
	bool more_to_come = false;
	if (query->after)
		key = row_key_member(query->after);
	json_out_object(&c->r.json);
	json_out_key(&c->r.json, "items");
	json_out_array(&c->r.json);
	while (!more_to_come && c->r.rows.face.next(&c->r.rows.face, &key, false, &row)) {
		memcpy(id.bytes, key.bytes, sizeof id.bytes);
		struct slice name = access_name(c->names, &id);
		bool wanted = (!query->name.n || (name.n && text_has_word(name, query->name))) &&
		              is_assignable(c, &id, &row);
		more_to_come = looked++ == ACCESS_NAMES_LOOKED || (wanted && n == query->limit);
		if (more_to_come)
			break;
		if (wanted) {
			candidate_json(c, &id, name);
			n++;
		}
		last = id;
	}
	json_out_array_end(&c->r.json);
	json_out_key(&c->r.json, "next");
	if (more_to_come)
		json_out_uuid(&c->r.json, &last);
	else
		json_out_null(&c->r.json);
	json_out_object_end(&c->r.json);
}

enum status assignable_read(struct view *view, struct view *access, struct slice tenant,
                            struct slice project, const struct assignable_query *query,
                            struct buf *out, uint64_t *position, struct error *err)
{
	struct candidates c = {.query = query};
	enum status status = state_reading_begin(&c.r, view, tenant, out, position, err);
	if (status)
		return status;
	if (!resolve_project(&c.r.rows.face, project, &c.project))
		status = error_set(err, STATUS_NOT_FOUND, "no such project");
	if (!status)
		status = access_names_open(access, tenant, &c.names, err);
	if (!status) {
		candidates_json(&c);
		access_names_close(c.names);
	}
	return state_reading_end(&c.r, status);
}
