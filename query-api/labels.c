/* Labels of a project. */
#include "projections/issue.h"
#include "query-api/query.h"

#define LABEL_BYTES_MAX 1024 /* of what is asked for; labels have 64 characters */

/* Empty when absent; false + problem 400 when no label can be like it. */
static bool read_text(struct query *query, const char *name, struct slice *text)
{
	*text = query_text(query, name);
	if (text->n <= LABEL_BYTES_MAX)
		return true;
	query_problem(query, 400, "bad_parameter", "%s is at most %d bytes", name, LABEL_BYTES_MAX);
	return false;
}

static void run_labels(struct query *query)
{
	struct labels_query wanted;
	struct error err;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &wanted.limit) ||
	    !read_text(query, "cursor", &wanted.after) || !read_text(query, "text", &wanted.text))
		return;
	struct view *view = query_view(query, "issue");
	if (!view)
		return;
	enum status status = labels_read(view, query->tenant, query_subject(query, "project"),
	                                 &wanted, &query->body, &query->position, &err);
	query_view_done(query, "issue", view);
	query_finish(query, status, "project", &err);
}

const struct query_type query_labels = {.view = "issue", .run = run_labels};
