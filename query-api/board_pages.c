/* Boards that people have set up, and their backlogs. */
#include "projections/boards.h"

#include <stdio.h>
#include <xxhash.h>

#include "projections/row.h"
#include "query-api/query.h"

#define CARDS_DEFAULT 50
#define CARDS_MAX     1000

static struct boards_caller caller_of(const struct query *query)
{
	return (struct boards_caller){query->member.id, &query->sight};
}

typedef enum status read_fn(struct boards_reading *reading, const struct boards_page *page,
                            struct buf *out, struct error *err);

/* What the board shows and what of it was asked for: what the page is kept under, and hashed the
 * ETag. Every part ends where it ends, whatever a caller has written into a cursor. */
static void identify(const struct query *query, const struct boards_reading *reading,
                     const char *what, const struct boards_page *page, struct buf *identity)
{
	row_string(identity, query->tenant);
	boards_identity(reading, identity);
	row_string(identity, slice_str(what));
	row_u32(identity, page->limit);
	row_string(identity, page->cursor);
}

static void set_etag(struct query *query, const struct buf *identity)
{
	XXH128_hash_t hash = XXH3_128bits(identity->data, identity->n);
	snprintf(query->etag, sizeof query->etag, "\"%016llx%016llx\"",
	         (unsigned long long)hash.high64, (unsigned long long)hash.low64);
	query->not_modified = query_etag_matches(query);
}

static enum status read_page(struct query *query, struct boards_reading *reading, const char *what,
                             read_fn *read, const struct boards_page *page, struct error *err)
{
	struct buf identity = {0};
	struct slice kept;
	enum status status = STATUS_OK;
	identify(query, reading, what, page, &identity);
	set_etag(query, &identity);
	if (query->not_modified)
		status = STATUS_OK;
	else if (page_cache_get(query_pages(query), buf_slice(&identity), &kept))
		buf_append_slice(&query->body, kept);
	else if (!(status = read(reading, page, &query->body, err)))
		page_cache_put(query_pages(query), buf_slice(&identity), buf_slice(&query->body));
	buf_release(&identity);
	return status;
}

static enum status read_board(struct query *query, struct view *view, const char *what,
                              read_fn *read, const struct boards_page *page, struct error *err)
{
	struct boards_caller caller = caller_of(query);
	struct boards_reading *reading;
	struct error unread;
	struct slice filters = query_text(query, "filter");
	enum status status =
	        boards_open(view, query->tenant, http_path_param(query->request, "board"), &caller,
	                    &reading, &query->position, err);
	if (status)
		return status;
	status = boards_filter(reading, filters, err);
	if (!status)
		status = read_page(query, reading, what, read, page, err);
	enum status closed = boards_close(reading, &unread);
	if (status || !closed)
		return status;
	*err = unread;
	return closed;
}

static void run_reading(struct query *query, const char *what, read_fn *read)
{
	struct boards_page page = {.cursor = query_text(query, "cursor")};
	struct error err;
	if (!query_limit(query, CARDS_DEFAULT, CARDS_MAX, &page.limit))
		return;
	struct view *view = query_view(query, "board");
	if (!view)
		return;
	enum status status = read_board(query, view, what, read, &page, &err);
	query_view_done(query, "board", view);
	if (status)
		query_failed(query, status, "board", &err);
}

static void run_one_board(struct query *query)
{
	run_reading(query, "board", boards_read);
}

const struct query_type query_one_board = {.view = "board", .run = run_one_board};

static void run_backlog(struct query *query)
{
	run_reading(query, "backlog", boards_read_backlog);
}

const struct query_type query_backlog = {.view = "board", .run = run_backlog};

static void run_boards(struct query *query)
{
	struct boards_caller caller = caller_of(query);
	struct error err;
	struct uuid room;
	const struct uuid *after;
	uint32_t limit;
	if (!query_limit(query, QUERY_LIMIT_DEFAULT, QUERY_LIMIT_MAX, &limit) ||
	    !query_cursor_id(query, &room, &after))
		return;
	struct view *view = query_view(query, "board");
	if (!view)
		return;
	enum status status = boards_list(view, query->tenant, &caller, query_text(query, "project"),
	                                 after, limit, &query->body, &query->position, &err);
	query_view_done(query, "board", view);
	query_finish(query, status, "project", &err);
}

const struct query_type query_boards = {.view = "board", .run = run_boards};
