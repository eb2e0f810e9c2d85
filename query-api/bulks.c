/* What came of a command on many issues: for who sent it, and for admins. */
#include "core/domain/permission.h"
#include "projections/issue.h"
#include "query-api/query.h"

static void run_bulk(struct query *query)
{
	struct error err;
	struct uuid id;
	uint64_t after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !query_seq(query, "after", &after))
		return;
	/* what is no id is the id of no bulk */
	if (!uuid_parse(http_path_param(query->request, "bulk"), &id))
		id = (struct uuid){{0}};
	bool is_admin = role_reaches(query->member.role, ORG_ROLE_ADMIN);
	struct view *access = NULL, *view = query_view(query, "issue");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status = bulk_read(view, access, query->tenant, &id,
		                               is_admin ? NULL : &query->member.id, after, limit,
		                               &query->body, &query->position, &err);
		query_finish(query, status, "bulk", &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "issue", view);
}

const struct query_type query_bulk = {.view = "issue", .run = run_bulk};
