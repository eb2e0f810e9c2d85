/* Project roles and permission schemes. */
#include "projections/state.h"
#include "query-api/query.h"

static void finish(struct query *query, struct view *view, enum status status, const char *missing,
                   const struct error *err)
{
	query_view_done(query, "state", view);
	if (status)
		query_failed(query, status, missing, err);
	else
		query_etag_of_body(query);
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
