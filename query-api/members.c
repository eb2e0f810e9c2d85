/* The organization, its members, and who the caller is. */
#include "core/base/json_out.h"
#include "query-api/query.h"

static void finish(struct query *query, enum status status, const struct error *err)
{
	if (status)
		query_failed(query, status, "organization", err);
	else
		query_etag_of_body(query);
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

static void run_members(struct query *query)
{
	struct error err;
	struct slice cursor = query_text(query, "cursor");
	struct uuid after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit))
		return;
	if (cursor.n && !uuid_parse(cursor, &after)) {
		query_problem(query, 400, "bad_parameter", "cursor is not one of this list");
		return;
	}
	struct view *view = query_view(query, "access");
	if (!view)
		return;
	enum status status = members_read(view, query->tenant, cursor.n ? &after : NULL, limit,
	                                  &query->body, &query->position, &err);
	query_view_done(query, "access", view);
	finish(query, status, &err);
}

const struct query_type query_members = {.view = "access", .run = run_members};

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
