/* Project roles, permission schemes, and what the caller may do. */
#include "core/base/clock.h"
#include "projections/state.h"
#include "query-api/query.h"

static void finish(struct query *query, struct view *view, enum status status, const char *missing,
                   const struct error *err)
{
	query_view_done(query, "state", view);
	query_finish(query, status, missing, err);
}

static void run_project_roles(struct query *query)
{
	struct error err;
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status =
	        project_roles_read(view, query->tenant, &query->body, &query->position, &err);
	finish(query, view, status, "organization", &err);
}

const struct query_type query_project_roles = {.view = "state", .run = run_project_roles};

static void run_project_roles_of(struct query *query)
{
	struct error err;
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status =
	        roles_of_project_read(view, query->tenant, query_subject(query, "project"),
	                              &query->body, &query->position, &err);
	finish(query, view, status, "project", &err);
}

const struct query_type query_project_roles_of = {.view = "state", .run = run_project_roles_of};

static void run_permission_schemes(struct query *query)
{
	struct error err;
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status =
	        permission_schemes_read(view, query->tenant, &query->body, &query->position, &err);
	finish(query, view, status, "organization", &err);
}

const struct query_type query_permission_schemes = {.view = "state", .run = run_permission_schemes};

static void run_member_uses(struct query *query)
{
	struct error err;
	struct uuid id = {{0}}; /* of nobody */
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	uuid_parse(http_path_param(query->request, "member"), &id);
	enum status status =
	        member_uses_read(view, query->tenant, &id, &query->body, &query->position, &err);
	finish(query, view, status, "member", &err);
}

const struct query_type query_member_uses = {.view = "state", .run = run_member_uses};

static void run_permission_scheme(struct query *query)
{
	struct error err;
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status = permission_scheme_read(view, query->tenant,
	                                            http_path_param(query->request, "scheme"),
	                                            &query->body, &query->position, &err);
	finish(query, view, status, "permission scheme", &err);
}

const struct query_type query_permission_scheme = {.view = "state", .run = run_permission_scheme};

static void run_permissions(struct query *query)
{
	struct state_caller caller = {.id = query->member.id,
	                              .role = query->member.role,
	                              .only_reads = query->member.scope == API_KEY_SCOPE_READ,
	                              .now_ms = clock_now_ms()};
	struct slice project = query_text(query, "project"), issue = query_text(query, "issue");
	struct error err;
	if (project.n && issue.n) {
		query_problem(query, 400, "bad_parameter", "either project or issue");
		return;
	}
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status = permissions_read(view, query->tenant, &caller, project, issue,
	                                      &query->body, &query->position, &err);
	finish(query, view, status, issue.n ? "issue" : "project", &err);
}

const struct query_type query_permissions_of = {.view = "state", .run = run_permissions};
