/* The audit log as a person reads it, and the history of one issue: answered by Postgres on a
 * worker. */
#include "projections/audit.h"

#include "core/base/clock.h"
#include "projections/projector.h"
#include "query-api/query.h"

#define AUDIT_LIMIT_DEFAULT 100

static bool read_time(struct query *query, const char *name, int64_t *ms)
{
	struct slice text = query_text(query, name);
	if (text.n == 0 || clock_parse(text, ms))
		return true;
	query_problem(query, 400, "bad_parameter", "%s must be a time like 2026-11-21T10:00:00Z",
	              name);
	return false;
}

static bool read_actor(struct query *query, struct uuid *actor, bool *given)
{
	struct slice text = query_text(query, "actor");
	*given = text.n > 0;
	if (text.n == 0 || uuid_parse(text, actor))
		return true;
	query_problem(query, 400, "bad_parameter", "actor must be the id of a member");
	return false;
}

static void run_audit(struct query *query)
{
	struct audit_query wanted = {.issue = query_text(query, "issue"),
	                             .project = query_text(query, "project"),
	                             .credential = query_text(query, "credential"),
	                             .type = query_text(query, "type"),
	                             .sight = &query->sight,
	                             .bodies = &query->bodies,
	                             .look_ms = AUDIT_LOOK_MS};
	struct error err;
	struct pg *pg;
	struct uuid actor;
	bool has_actor;
	char instance[QUERY_INSTANCE_MAX];
	if (!query_limit(query, AUDIT_LIMIT_DEFAULT, AUDIT_LIMIT_MAX, &wanted.limit) ||
	    !query_seq(query, "after", &wanted.after) ||
	    !read_time(query, "from", &wanted.from_ms) || !read_time(query, "to", &wanted.to_ms) ||
	    !query_order(query, &wanted.newest_first) || !read_actor(query, &actor, &has_actor) ||
	    !query_postgres(query, "audit", instance, &pg))
		return;
	wanted.actor = has_actor ? &actor : NULL;
	enum status status = audit_read(pg, instance, query->tenant, &wanted, &query->body,
	                                &query->position, &err);
	query_finish(query, status, wanted.issue.n ? "issue" : "project", &err);
}

const struct query_type query_audit = {
        .view = "audit", .on_worker = true, .in_postgres = true, .run = run_audit};

/* With the views that name what history tells of by ids. */
static enum status read_history(struct query *query, struct pg *pg, const char *instance,
                                const struct audit_query *wanted, struct view *access,
                                struct view *issue, struct error *err)
{
	struct audit_names names = {NULL, NULL};
	enum status status = access_names_open(access, query->tenant, &names.members, err);
	if (!status)
		status = part_names_open(issue, query->tenant, &query->sight, &names.parts, err);
	if (!status)
		status = audit_history_read(pg, instance, &names, query->tenant, wanted,
		                            &query->body, &query->position, err);
	access_names_close(names.members);
	part_names_close(names.parts);
	return status;
}

static void run_history(struct query *query)
{
	struct error err;
	struct pg *pg;
	struct audit_query wanted = {.issue = query_subject(query, "issue"),
	                             .sight = &query->sight,
	                             .bodies = &query->bodies};
	char instance[QUERY_INSTANCE_MAX];
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &wanted.limit) ||
	    !query_seq(query, "after", &wanted.after) ||
	    !query_order(query, &wanted.newest_first) ||
	    !query_postgres(query, "audit", instance, &pg))
		return;
	struct view *issue = NULL, *access = query_view(query, "access");
	if (access)
		issue = query_view(query, "issue");
	if (access && issue) {
		enum status status =
		        read_history(query, pg, instance, &wanted, access, issue, &err);
		query_finish(query, status, "issue", &err);
	}
	query_view_done(query, "issue", issue);
	query_view_done(query, "access", access);
}

const struct query_type query_history = {
        .view = "audit", .on_worker = true, .in_postgres = true, .run = run_history};
