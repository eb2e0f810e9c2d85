/* The organization, its members, teams and API keys, and who the caller is. */
#include "core/base/json_out.h"
#include "core/domain/permission.h"
#include "projections/state.h"
#include "query-api/query.h"

#define NAME_BYTES_MAX 1024 /* of a name that is asked for; names have 255 characters */

static void finish(struct query *query, enum status status, const struct error *err)
{
	query_finish(query, status, "organization", err);
}

static void run_organization(struct query *query)
{
	struct error err;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status =
	        organization_read(view, query->tenant, &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

const struct query_type query_organization = {.view = "access", .run = run_organization};

/* false + problem 400 when there is a cursor and it is no id. */
static bool read_cursor(struct query *query, struct uuid *room, const struct uuid **after)
{
	struct slice cursor = query_text(query, "cursor");
	*after = cursor.n ? room : NULL;
	if (cursor.n == 0 || uuid_parse(cursor, room))
		return true;
	query_problem(query, 400, "bad_parameter", "cursor is not one of this list");
	return false;
}

typedef enum status page_read(struct view *view, struct slice tenant, const struct uuid *after,
                              uint32_t limit, struct buf *out, uint64_t *position,
                              struct error *err);

static void run_page(struct query *query, page_read *read)
{
	struct error err;
	struct uuid room;
	const struct uuid *after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !read_cursor(query, &room, &after))
		return;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status =
	        read(view, query->tenant, after, limit, &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

static struct access_reader reader_of(const struct query *query)
{
	return (struct access_reader){query->member.id,
	                              role_reaches(query->member.role, ORG_ROLE_ADMIN)};
}

/* false + problem 400 when it is none. */
static bool read_status(struct query *query, uint32_t *statuses)
{
	struct slice text = query_text(query, "status");
	*statuses = MEMBERS_NOT_REMOVED;
	if (slice_is(text, "active"))
		*statuses = 1u << MEMBER_ACTIVE;
	else if (slice_is(text, "deactivated"))
		*statuses = 1u << MEMBER_DEACTIVATED;
	else if (slice_is(text, "removed"))
		*statuses = 1u << MEMBER_REMOVED;
	else if (text.n)
		query_problem(query, 400, "bad_parameter",
		              "status must be active, deactivated or removed");
	return !query->problem;
}

/* false + problem 400 when no member can have it. */
static bool read_name(struct query *query, struct slice *name)
{
	*name = query_text(query, "name");
	if (name->n <= NAME_BYTES_MAX)
		return true;
	query_problem(query, 400, "bad_parameter", "name is at most %d bytes", NAME_BYTES_MAX);
	return false;
}

static void run_members(struct query *query)
{
	struct members_query wanted = {.reader = reader_of(query)};
	struct error err;
	struct uuid room;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &wanted.limit) ||
	    !read_cursor(query, &room, &wanted.after) || !read_status(query, &wanted.statuses) ||
	    !read_name(query, &wanted.name))
		return;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status =
	        members_read(view, query->tenant, &wanted, &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

const struct query_type query_members = {.view = "access", .run = run_members};

static void run_member(struct query *query)
{
	struct access_reader reader = reader_of(query);
	struct error err;
	struct uuid id;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	/* what is no id is the id of nobody */
	if (!uuid_parse(http_path_param(query->request, "member"), &id))
		id = (struct uuid){{0}};
	enum status status = member_read(view, query->tenant, &reader, &id, &query->body,
	                                 &query->position, &err);
	query_view_done(query, "access", view);
	query_finish(query, status, "member", &err);
}

const struct query_type query_member = {.view = "access", .run = run_member};

static void run_assignable(struct query *query)
{
	struct assignable_query wanted;
	struct error err;
	struct uuid room;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &wanted.limit) ||
	    !read_cursor(query, &room, &wanted.after) || !read_name(query, &wanted.name))
		return;
	struct view *access = NULL, *view = query_view(query, "state");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status = assignable_read(view, access, query->tenant,
		                                     query_subject(query, "project"), &wanted,
		                                     &query->body, &query->position, &err);
		query_finish(query, status, "project", &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "state", view);
}

const struct query_type query_assignable = {.view = "state", .run = run_assignable};

/* Of everybody for admins, of oneself for the others. */
static void run_api_keys(struct query *query)
{
	struct error err;
	struct uuid room;
	const struct uuid *after;
	uint32_t limit;
	const struct access_member *member = &query->member;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !read_cursor(query, &room, &after))
		return;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status =
	        api_keys_read(view, query->tenant,
	                      role_reaches(member->role, ORG_ROLE_ADMIN) ? NULL : &member->id,
	                      after, limit, &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

const struct query_type query_api_keys = {.view = "access", .run = run_api_keys};

static void run_teams(struct query *query)
{
	run_page(query, teams_read);
}

const struct query_type query_teams = {.view = "access", .run = run_teams};

static void run_team(struct query *query)
{
	struct error err;
	struct uuid id, room;
	const struct uuid *after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !read_cursor(query, &room, &after))
		return;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status = STATUS_NOT_FOUND;
	if (uuid_parse(http_path_param(query->request, "team"), &id))
		status = team_read(view, query->tenant, &id, after, limit, &query->body,
		                   &query->position, &err);
	else
		kv_view_tenant_seq(view, query->tenant, &query->position, &err);
	query_view_done(query, "access", view);
	query_finish(query, status, "team", &err);
}

const struct query_type query_team = {.view = "access", .run = run_team};

static void run_me(struct query *query)
{
	struct error err;
	struct access_names *names;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status = kv_view_tenant_seq(view, query->tenant, &query->position, &err);
	if (!status)
		status = access_names_open(view, query->tenant, &names, &err);
	if (!status) {
		struct json_out json;
		struct slice name = access_name(names, &query->member.id);
		json_out_init(&json, &query->body);
		json_out_object(&json);
		json_out_member_uuid(&json, "id", &query->member.id);
		json_out_member_str(&json, "role", org_role_symbol(query->member.role));
		json_out_key(&json, "scope");
		if (query->member.scope)
			json_out_str(&json, api_key_scope_symbol(query->member.scope));
		else
			json_out_null(&json);
		json_out_key(&json, "name");
		if (name.data)
			json_out_string(&json, name);
		else
			json_out_null(&json);
		json_out_object_end(&json);
		access_names_close(names);
	}
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

const struct query_type query_me = {.view = "access", .run = run_me};
