/* Who can be the assignee of an issue in a project: judged by the code that judges the command, on
 * the rows of the state view; named by the access view. */
#include "core/domain/judge.h"
#include "core/domain/permission.h"
#include "core/domain/project.h"
#include "projections/access.h"
#include "projections/state_inside.h"

struct candidates {
	struct state_reading r;
	struct access_names *names;
	struct row_project project;
	struct name_order order;
};

static bool is_assignable(const struct candidates *c, const struct uuid *id)
{
	struct row_member row;
	if (!read_member(&c->r.rows.face, id, &row))
		return false;
	const struct holder holder = {*id, row.role};
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

/* In order of their names, whoever is active. */
static void collect(struct candidates *c)
{
	struct row_key key = row_key_first(ROW_MEMBER);
	struct row_member row;
	struct uuid id;
	while (c->r.rows.face.next(&c->r.rows.face, &key, false, &row)) {
		memcpy(id.bytes, key.bytes, sizeof id.bytes);
		if (row.status == MEMBER_ACTIVE)
			name_order_add(&c->order, &id, access_name(c->names, &id),
			               slice_of(NULL, 0));
	}
}

/* Rights are looked up until the page is full. */
static void candidates_json(struct candidates *c, uint32_t limit)
{
	size_t n;
	uint32_t shown = 0;
	const struct name_place *places = name_order_sort(&c->order, &n), *last = NULL;
	bool more = false;
	json_out_object(&c->r.json);
	json_out_key(&c->r.json, "items");
	json_out_array(&c->r.json);
	for (size_t i = 0; i < n && !more; i++) {
		struct uuid id = name_place_id(&places[i]);
		if (!is_assignable(c, &id))
			continue;
		more = shown == limit;
		if (more)
			break;
		candidate_json(c, &id, access_name(c->names, &id));
		last = &places[i];
		shown++;
	}
	json_out_array_end(&c->r.json);
	name_place_next_json(&c->r.json, more ? last : NULL);
	json_out_object_end(&c->r.json);
}

enum status assignable_read(struct view *view, struct view *access, struct slice tenant,
                            struct slice project, const struct name_page *page, struct buf *out,
                            uint64_t *position, struct error *err)
{
	struct candidates c = {.names = NULL};
	enum status status = state_reading_begin(&c.r, view, tenant, out, position, err);
	if (status)
		return status;
	status = name_order_begin(&c.order, page, err);
	if (!status && !resolve_project(&c.r.rows.face, project, &c.project))
		status = error_set(err, STATUS_NOT_FOUND, "no such project");
	if (!status)
		status = access_names_open(access, tenant, &c.names, err);
	if (!status) {
		collect(&c);
		candidates_json(&c, page->limit);
		access_names_close(c.names);
	}
	name_order_release(&c.order);
	return state_reading_end(&c.r, status);
}
