/* Project roles and permission schemes, read from the rows of the state view. */
#include "core/domain/classic.h"
#include "core/domain/permission_scheme.h"
#include "core/domain/project.h"
#include "projections/state_inside.h"

static void begin_items(struct json_out *json)
{
	json_out_key(json, "items");
	json_out_array(json);
}

static void role_json(struct json_out *json, const struct row_key *key,
                      const struct row_project_role *role)
{
	json_out_member_string(json, "id", row_key_text(key));
	json_out_member_string(json, "name", PADDED(role->name));
}

enum status project_roles_read(struct view *view, struct slice tenant, struct buf *out,
                               uint64_t *position, struct error *err)
{
	struct row_key key = row_key_first(ROW_PROJECT_ROLE);
	struct row_project_role role;
	struct state_reading r;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	json_out_object(&r.json);
	begin_items(&r.json);
	while (next_project_role(&r.rows.face, &key, &role)) {
		json_out_object(&r.json);
		role_json(&r.json, &key, &role);
		json_out_object_end(&r.json);
	}
	json_out_array_end(&r.json);
	json_out_object_end(&r.json);
	return state_reading_end(&r, STATUS_OK);
}

/* --- who has them in a project --- */

static void actors_json(struct json_out *json, const struct tenant_state *state,
                        const struct uuid *project, const struct row_project_role *role,
                        const char *name, bool teams)
{
	static const struct uuid nil;
	struct row_key key = row_key_role_actor(project, &nil);
	struct row_role_actor row;
	struct uuid actor;
	json_out_key(json, name);
	json_out_array(json);
	while (state->next(state, &key, false, &row) &&
	       memcmp(key.bytes, project->bytes, sizeof *project) == 0) {
		memcpy(actor.bytes, key.bytes + sizeof *project, sizeof actor);
		if (row.is_team == teams && (row.roles >> role->ordinal & 1))
			json_out_uuid(json, &actor);
	}
	json_out_array_end(json);
}

enum status roles_of_project_read(struct view *view, struct slice tenant, struct slice project_key,
                                  struct buf *out, uint64_t *position, struct error *err)
{
	struct row_key key = row_key_first(ROW_PROJECT_ROLE);
	struct row_project_role role;
	struct row_project project;
	struct state_reading r;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	if (!resolve_project(&r.rows.face, project_key, &project))
		return state_reading_end(&r, error_set(err, STATUS_NOT_FOUND, "no such project"));
	json_out_object(&r.json);
	json_out_member_string(&r.json, "permission_scheme",
	                       project.scheme[0] ? PADDED(project.scheme) : SLICE(CLASSIC_SCHEME));
	begin_items(&r.json);
	while (next_project_role(&r.rows.face, &key, &role)) {
		json_out_object(&r.json);
		role_json(&r.json, &key, &role);
		actors_json(&r.json, &r.rows.face, &project.id, &role, "members", false);
		actors_json(&r.json, &r.rows.face, &project.id, &role, "teams", true);
		json_out_object_end(&r.json);
	}
	json_out_array_end(&r.json);
	json_out_object_end(&r.json);
	return state_reading_end(&r, STATUS_OK);
}

/* --- permission schemes --- */

static void scheme_json(struct json_out *json, struct slice id, struct slice name, bool built_in)
{
	json_out_member_string(json, "id", id);
	json_out_member_string(json, "name", name);
	json_out_member_bool(json, "built_in", built_in);
}

enum status permission_schemes_read(struct view *view, struct slice tenant, struct buf *out,
                                    uint64_t *position, struct error *err)
{
	struct row_key key = row_key_first(ROW_PERMISSION_SCHEME);
	struct row_permission_scheme scheme;
	struct state_reading r;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	json_out_object(&r.json);
	begin_items(&r.json);
	json_out_object(&r.json);
	scheme_json(&r.json, SLICE(CLASSIC_SCHEME), slice_str(classic_scheme_name), true);
	json_out_object_end(&r.json);
	while (next_permission_scheme(&r.rows.face, &key, &scheme)) {
		json_out_object(&r.json);
		scheme_json(&r.json, row_key_text(&key), PADDED(scheme.name), false);
		json_out_object_end(&r.json);
	}
	json_out_array_end(&r.json);
	json_out_object_end(&r.json);
	return state_reading_end(&r, STATUS_OK);
}

static void grant_json(struct json_out *json, const struct tenant_state *state,
                       const struct row_grant *row)
{
	struct row_key key;
	struct permission_grant grant = grant_of_row(state, row, &key);
	json_out_object(json);
	json_out_member_str(json, "permission", permission_symbol(grant.permission));
	json_out_member_str(json, "to", grant_to_symbol(grant.to));
	if (grant.has_organization_role)
		json_out_member_str(json, "organization_role",
		                    org_role_symbol(grant.organization_role));
	if (grant.has_project_role)
		json_out_member_string(json, "project_role", grant.project_role);
	if (grant.has_team)
		json_out_member_uuid(json, "team", &grant.team);
	if (grant.has_member)
		json_out_member_uuid(json, "member", &grant.member);
	json_out_object_end(json);
}

enum status permission_scheme_read(struct view *view, struct slice tenant, struct slice id,
                                   struct buf *out, uint64_t *position, struct error *err)
{
	bool classic = slice_equal(id, SLICE(CLASSIC_SCHEME));
	struct row_permission_scheme scheme;
	struct state_reading r;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	if (!classic && !read_permission_scheme(&r.rows.face, id, &scheme))
		return state_reading_end(
		        &r, error_set(err, STATUS_NOT_FOUND, "no such permission scheme"));
	struct row_grants grants = classic ? (struct row_grants){classic_grants, classic_grants_n}
	                                   : (struct row_grants){scheme.grants, scheme.grants_n};
	json_out_object(&r.json);
	scheme_json(&r.json, id, classic ? slice_str(classic_scheme_name) : PADDED(scheme.name),
	            classic);
	json_out_key(&r.json, "grants");
	json_out_array(&r.json);
	for (uint32_t i = 0; i < grants.n; i++)
		grant_json(&r.json, &r.rows.face, &grants.at[i]);
	json_out_array_end(&r.json);
	json_out_object_end(&r.json);
	return state_reading_end(&r, STATUS_OK);
}
