/* Full-text search, answered by Postgres on a worker. */
#include "projections/search.h"

#include "projections/projector.h"
#include "query-api/query.h"

#define SEARCH_LIMIT_DEFAULT 20

static void run_search(struct query *query)
{
	struct error err;
	struct pg *pg;
	uint32_t limit;
	bool archived;
	char instance[QUERY_INSTANCE_MAX];
	if (!query_limit(query, SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX, &limit) ||
	    !query_bool(query, "archived", &archived) ||
	    !query_postgres(query, "search", instance, &pg))
		return;
	enum status status = search_read(pg, instance, query->tenant, &query->sight,
	                                 query_text(query, "text"), query_text(query, "project"),
	                                 query_text(query, "field"), query_text(query, "cursor"),
	                                 archived, limit, &query->body, &query->position, &err);
	query_finish(query, status, "project", &err);
}

const struct query_type query_search = {
        .view = "search", .on_worker = true, .in_postgres = true, .run = run_search};
