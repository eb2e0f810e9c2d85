/* What a project has configured, and what that lets one do with an issue. */
#include "core/base/clock.h"
#include "projections/state.h"

#include "query-api/query.h"

typedef enum status read_fn(struct view *view, struct slice tenant, struct slice what,
                            struct buf *out, uint64_t *position, struct error *err);

static void run(struct query *query, const char *what, read_fn *read)
{
	struct error err;
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status = read(view, query->tenant, query_subject(query, what), &query->body,
	                          &query->position, &err);
	query_view_done(query, "state", view);
	query_finish(query, status, what, &err);
}

static void run_statuses(struct query *query)
{
	run(query, "project", statuses_read);
}

const struct query_type query_statuses = {.view = "state", .run = run_statuses};

static void run_configuration(struct query *query)
{
	run(query, "project", configuration_read);
}

const struct query_type query_configuration = {.view = "state", .run = run_configuration};

static void run_link_types(struct query *query)
{
	struct error err;
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status =
	        link_types_read(view, query->tenant, &query->body, &query->position, &err);
	query_view_done(query, "state", view);
	query_finish(query, status, "organization", &err);
}

const struct query_type query_link_types = {.view = "state", .run = run_link_types};

static void run_workflows(struct query *query)
{
	run(query, "project", workflows_read);
}

const struct query_type query_workflows = {.view = "state", .run = run_workflows};

static void run_transitions(struct query *query)
{
	struct state_caller caller = {.id = query->member.id,
	                              .role = query->member.role,
	                              .only_reads = query->member.scope == API_KEY_SCOPE_READ,
	                              .now_ms = clock_now_ms()};
	struct error err;
	struct view *view = query_view(query, "state");
	if (!view)
		return;
	enum status status = transitions_read(view, query->tenant, query_subject(query, "issue"),
	                                      &caller, &query->body, &query->position, &err);
	query_view_done(query, "state", view);
	query_finish(query, status, "issue", &err);
}

const struct query_type query_transitions = {.view = "state", .run = run_transitions};
