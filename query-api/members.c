/* The organization, its members, teams and API keys, and who the caller is. */
#include "core/base/json_out.h"
#include "core/domain/permission.h"
#include "projections/state.h"
#include "query-api/query.h"

#define TEXT_BYTES_MAX 1024 /* of a text that is looked for; names have 255 characters */

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

/* false + problem 400 when it is no page of a list by name. */
static bool read_page(struct query *query, struct name_page *page)
{
	page->cursor = query_text(query, "cursor");
	page->text = query_text(query, "text");
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &page->limit))
		return false;
	if (page->text.n <= TEXT_BYTES_MAX)
		return true;
	query_problem(query, 400, "bad_parameter", "text is at most %d bytes", TEXT_BYTES_MAX);
	return false;
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

/* false + problem 400 when it is none. */
static bool read_role(struct query *query, uint32_t *roles)
{
	struct slice text = query_text(query, "role");
	enum org_role role;
	*roles = MEMBERS_OF_ANY_ROLE;
	if (!text.n)
		return true;
	if (org_role_parse(text, &role) && role != ORG_ROLE_UNKNOWN) {
		*roles = 1u << role;
		return true;
	}
	query_problem(query, 400, "bad_parameter", "role must be owner, admin, member or guest");
	return false;
}

static void run_members(struct query *query)
{
	struct members_query wanted = {.reader = reader_of(query)};
	struct error err;
	if (!read_page(query, &wanted.page) || !read_status(query, &wanted.statuses) ||
	    !read_role(query, &wanted.roles))
		return;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status =
	        members_read(view, query->tenant, &wanted, &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

/* Lists by name open all names: on a worker, while the loop goes on. */
const struct query_type query_members = {.view = "access", .on_worker = true, .run = run_members};

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
	struct name_page page;
	struct error err;
	if (!read_page(query, &page))
		return;
	struct view *access = NULL, *view = query_view(query, "state");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status = assignable_read(view, access, query->tenant,
		                                     query_subject(query, "project"), &page,
		                                     &query->body, &query->position, &err);
		query_finish(query, status, "project", &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "state", view);
}

const struct query_type query_assignable = {
        .view = "state", .on_worker = true, .run = run_assignable};

/* Of everybody for admins, of oneself for the others. */
static void run_api_keys(struct query *query)
{
	struct error err;
	struct uuid room;
	const struct uuid *after;
	uint32_t limit;
	const struct access_member *member = &query->member;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !query_cursor_id(query, &room, &after))
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
	struct name_page page;
	struct error err;
	if (!read_page(query, &page))
		return;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status =
	        teams_read(view, query->tenant, &page, &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

const struct query_type query_teams = {.view = "access", .on_worker = true, .run = run_teams};

static void run_team(struct query *query)
{
	struct name_page page;
	struct error err;
	struct uuid id;
	if (!read_page(query, &page))
		return;
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	/* what is no id is the id of no team */
	if (!uuid_parse(http_path_param(query->request, "team"), &id))
		id = (struct uuid){{0}};
	enum status status =
	        team_read(view, query->tenant, &id, &page, &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	query_finish(query, status, "team", &err);
}

const struct query_type query_team = {.view = "access", .on_worker = true, .run = run_team};

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
