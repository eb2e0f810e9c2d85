/* Boards that people have set up: of one or several projects, their columns, their backlog. Rows of
 * the board view; the cards are those of the projects' own boards, merged by rank at the read.
 *
 * A reading is of one committed state. It shows nothing of projects that the caller may not see,
 * not even in counts, and no cards of archived ones; statuses that no project has any more drop
 * out. One thread. */
#ifndef PROJECTIONS_BOARDS_H
#define PROJECTIONS_BOARDS_H

#include "projections/view.h"

struct boards_caller {
	struct uuid id;
	bool (*sees)(const void *context, const struct uuid *project);
	const void *context;
};

struct boards_reading;

/* *@position is set also with STATUS_NOT_FOUND: no such board, or none of its projects is for the
 * caller. */
enum status boards_open(struct view *view, struct slice tenant, struct slice board,
                        const struct boards_caller *caller, struct boards_reading **out,
                        uint64_t *position, struct error *err);
/* STATUS_IO if what was read cannot be trusted. @reading may be NULL. */
enum status boards_close(struct boards_reading *reading, struct error *err);

/* Bytes that are the same as long as the board shows the same to the caller. */
void boards_identity(const struct boards_reading *reading, struct buf *out);

#define BOARDS_CURSOR_MAX 400 /* characters */

/* What of the board is wanted. */
struct boards_page {
	struct slice cursor; /* from "next"; empty: from the top */
	uint32_t limit;      /* cards of a column */
};

/* {"id","name","version","projects":[{"id","key","name","archived"}],"columns":[{"id","name",
 * "statuses":[id],"min","max","count","missing","excess","cards":[as in board.h],
 * "next":cursor or null}],"backlog":{"statuses":[id],"count"}}. With a cursor only its column,
 * behind it. STATUS_INVALID: not a cursor of this board. */
enum status boards_read(struct boards_reading *reading, const struct boards_page *page,
                        struct buf *out, struct error *err);
/* {"id","name","statuses":[id],"count","cards":[],"next"} */
enum status boards_read_backlog(struct boards_reading *reading, const struct boards_page *page,
                                struct buf *out, struct error *err);

/* {"items":[{"id","name","version","projects":[as above]}],"next":id or null}: boards in order of
 * their ids behind @after (NULL: from the start); @project (a key, may be empty): those that show
 * it. STATUS_NOT_FOUND: there is no such project. */
enum status boards_list(struct view *view, struct slice tenant, const struct boards_caller *caller,
                        struct slice project, const struct uuid *after, uint32_t limit,
                        struct buf *out, uint64_t *position, struct error *err);

#endif
