/* One issue with everything on it; its comments, worklogs, children and links page by page. */
#include "projections/issue.h"

#include <stdio.h>

#include "query-api/query.h"

#define PARTS_FIRST 20

static void finish(struct query *query, enum status status, const char *missing,
                   const struct issue_stamp *stamp, const struct error *err)
{
	query->position = stamp->position;
	query_finish(query, status, missing, err);
}

static void run_issue(struct query *query)
{
	struct issue_stamp stamp = {0};
	struct error err;
	struct view *access = NULL, *view = query_view(query, "issue");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status = issue_read(view, access, query->tenant, &query->sight,
		                                query_subject(query, "issue"), PARTS_FIRST,
		                                &query->body, &stamp, &err);
		finish(query, status, "issue", &stamp, &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "issue", view);
}

const struct query_type query_issue = {.view = "issue", .run = run_issue};

static void run_part(struct query *query, enum issue_part part)
{
	struct issue_stamp stamp = {0};
	struct error err;
	struct issue_page page;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &page.limit) ||
	    !query_seq(query, "after", &page.after) || !query_order(query, &page.newest_first))
		return;
	struct view *access = NULL, *view = query_view(query, "issue");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status =
		        issue_part_read(view, access, query->tenant, query_subject(query, "issue"),
		                        part, &page, &query->body, &stamp, &err);
		finish(query, status, "issue", &stamp, &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "issue", view);
}

static void run_comments(struct query *query)
{
	run_part(query, ISSUE_COMMENTS);
}

static void run_worklogs(struct query *query)
{
	run_part(query, ISSUE_WORKLOGS);
}

const struct query_type query_worklogs = {.view = "issue", .run = run_worklogs};
const struct query_type query_comments = {.view = "issue", .run = run_comments};

static void run_related(struct query *query, enum issue_relation relation)
{
	struct issue_stamp stamp = {0};
	struct error err;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit))
		return;
	struct view *view = query_view(query, "issue");
	if (!view)
		return;
	enum status status = issue_related_read(
	        view, query->tenant, &query->sight, query_subject(query, "issue"), relation,
	        query_text(query, "cursor"), limit, &query->body, &stamp, &err);
	finish(query, status, "issue", &stamp, &err);
	query_view_done(query, "issue", view);
}

static void run_children(struct query *query)
{
	run_related(query, ISSUE_CHILDREN);
}

const struct query_type query_children = {.view = "issue", .run = run_children};

static void run_links(struct query *query)
{
	run_related(query, ISSUE_LINKS);
}

const struct query_type query_links = {.view = "issue", .run = run_links};

static void run_watchers(struct query *query)
{
	struct issue_stamp stamp = {0};
	struct error err;
	struct uuid room;
	const struct uuid *after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !query_cursor_id(query, &room, &after))
		return;
	struct view *access = NULL, *view = query_view(query, "issue");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status = issue_watchers_read(view, access, query->tenant, &query->sight,
		                                         query_subject(query, "issue"), after,
		                                         limit, &query->body, &stamp, &err);
		finish(query, status, "issue", &stamp, &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "issue", view);
}

const struct query_type query_watchers = {.view = "issue", .run = run_watchers};

static void run_comment_history(struct query *query)
{
	struct issue_stamp stamp = {0};
	struct error err;
	struct uuid comment;
	uint64_t after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !query_seq(query, "after", &after))
		return;
	struct view *access = NULL, *view = query_view(query, "issue");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		/* what is no id is the id of no comment */
		if (!uuid_parse(http_path_param(query->request, "comment"), &comment))
			comment = (struct uuid){{0}};
		enum status status =
		        issue_texts_read(view, access, query->tenant, query_subject(query, "issue"),
		                         &comment, after, limit, &query->body, &stamp, &err);
		finish(query, status, "comment", &stamp, &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "issue", view);
}

const struct query_type query_comment_history = {.view = "issue", .run = run_comment_history};

static void run_kept(struct query *query, enum issue_kept kind)
{
	struct error err;
	uint64_t after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !query_seq(query, "after", &after))
		return;
	struct view *access = NULL, *view = query_view(query, "issue");
	if (view)
		access = query_view(query, "access");
	if (view && access) {
		enum status status =
		        issue_kept_read(view, access, query->tenant, &query->sight, kind, after,
		                        limit, &query->body, &query->position, &err);
		query_finish(query, status, "organization", &err);
	}
	query_view_done(query, "access", access);
	query_view_done(query, "issue", view);
}

static void run_archived_issues(struct query *query)
{
	run_kept(query, ISSUE_ARCHIVED);
}

const struct query_type query_archived_issues = {.view = "issue", .run = run_archived_issues};

static void run_deleted_issues(struct query *query)
{
	run_kept(query, ISSUE_DELETED);
}

const struct query_type query_deleted_issues = {.view = "issue", .run = run_deleted_issues};

static void run_deleted_projects(struct query *query)
{
	run_kept(query, PROJECT_DELETED);
}

const struct query_type query_deleted_projects = {.view = "issue", .run = run_deleted_projects};
