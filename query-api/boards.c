/* Boards and projects: ready cards, copied from the board view. */
#include "projections/board.h"

#include <stdio.h>
#include <xxhash.h>

#include "projections/issue.h"
#include "query-api/query.h"

#define CARDS_DEFAULT 200
#define CARDS_MAX     1000
#define PROJECTS_MAX  500

static bool is_current(struct query *query, const struct board_stamp *stamp, uint32_t limit,
                       struct slice cursor)
{
	const struct sight *sight = &query->sight;
	uint64_t hidden = XXH3_64bits(sight->hidden, sight->hidden_n * sizeof *sight->hidden);
	/* Names the view's code, the state of the board, what of it was asked for and what is not
	 * for the caller. */
	snprintf(query->etag, sizeof query->etag, "\"b%u-%llu-%u-%zx-%llx\"",
	         board_view.type.version, (unsigned long long)stamp->etag_seq, limit, cursor.n,
	         (unsigned long long)hidden);
	query->position = stamp->position;
	/* Pages behind a cursor are small and seldom asked for again: they have no ETag. */
	if (cursor.n)
		query->etag[0] = 0;
	return query->etag[0] && query_etag_matches(query);
}

static void run_board(struct query *query)
{
	struct slice project = query_subject(query, "project");
	struct slice cursor = query_text(query, "cursor");
	struct board_stamp stamp = {0};
	struct error err;
	uint32_t limit;
	if (!query_limit(query, CARDS_DEFAULT, CARDS_MAX, &limit))
		return;
	struct view *view = query_view(query, "board");
	if (!view)
		return;
	enum status status = board_stamp(view, query->tenant, project, &stamp, &err);
	query->not_modified = !status && is_current(query, &stamp, limit, cursor);
	if (!status && !query->not_modified)
		status = board_read(view, query->tenant, &query->sight, project, cursor, limit,
		                    &query->body, &stamp, &err);
	if (!status && !query->not_modified)
		is_current(query, &stamp, limit, cursor);
	query_view_done(query, "board", view);
	query->position = stamp.position;
	if (status)
		query_failed(query, status, "project", &err);
}

const struct query_type query_board = {.view = "board", .run = run_board};

static void run_projects(struct query *query)
{
	struct board_stamp stamp = {0};
	struct error err;
	uint32_t limit;
	bool archived;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, PROJECTS_MAX, &limit) ||
	    !query_bool(query, "archived", &archived))
		return;
	struct view *view = query_view(query, "board");
	if (!view)
		return;
	enum status status =
	        projects_read(view, query->tenant, &query->sight, query_text(query, "cursor"),
	                      archived, limit, &query->body, &stamp, &err);
	query_view_done(query, "board", view);
	query->position = stamp.position;
	query_finish(query, status, "organization", &err);
}

const struct query_type query_projects = {.view = "board", .run = run_projects};

static void run_project(struct query *query)
{
	struct board_stamp stamp = {0};
	struct error err;
	struct view *view = query_view(query, "board");
	if (!view)
		return;
	enum status status = project_read(view, query->tenant, query_subject(query, "project"),
	                                  &query->body, &stamp, &err);
	query_view_done(query, "board", view);
	query->position = stamp.position;
	query_finish(query, status, "project", &err);
}

const struct query_type query_project = {.view = "board", .run = run_project};

static void run_parts(struct query *query, enum project_part part)
{
	struct error err;
	struct view *access = NULL, *view = query_view(query, "issue");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status = project_parts_read(view, access, query->tenant,
		                                        query_subject(query, "project"), part,
		                                        &query->body, &query->position, &err);
		query_finish(query, status, "project", &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "issue", view);
}

static void run_components(struct query *query)
{
	run_parts(query, PROJECT_COMPONENTS);
}

const struct query_type query_components = {.view = "issue", .run = run_components};

static void run_versions(struct query *query)
{
	run_parts(query, PROJECT_VERSIONS);
}

const struct query_type query_versions = {.view = "issue", .run = run_versions};
