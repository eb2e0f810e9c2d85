/* Boards that people have set up: of one or several projects, their columns, their backlog. Rows of
 * the board view; the cards are those of the projects' own boards, merged by rank at the read.
 *
 * A reading is of one committed state. It shows nothing of projects that the caller may not see,
 * not even in counts (of sub-tasks neither) or as a parent, and no cards of archived ones or of
 * issues that the board's own filter does not let pass; statuses that no project has any more drop
 * out. One thread. */
#ifndef PROJECTIONS_BOARDS_H
#define PROJECTIONS_BOARDS_H

#include "projections/sight.h"
#include "projections/view.h"

struct boards_caller {
	struct uuid id;
	const struct sight *sight; /* NULL sees everything */
};

struct boards_reading;

/* *@position is set also with STATUS_NOT_FOUND: no such board, or none of its projects is for the
 * caller. */
enum status boards_open(struct view *view, struct slice tenant, struct slice board,
                        const struct boards_caller *caller, struct boards_reading **out,
                        uint64_t *position, struct error *err);
/* STATUS_IO if what was read cannot be trusted. @reading may be NULL. */
enum status boards_close(struct boards_reading *reading, struct error *err);

/* Show only the cards that pass all of these quick filters: ids with commas between them; empty:
 * every card. STATUS_INVALID: the board has no such filter. */
enum status boards_filter(struct boards_reading *reading, struct slice filters, struct error *err);

/* Bytes that are the same as long as the board shows the same to the caller. */
void boards_identity(const struct boards_reading *reading, struct buf *out);

#define BOARDS_CURSOR_MAX 400 /* characters */

#define BOARDS_LANES_MAX 100 /* swimlanes of an answer */

/* What of the board is wanted. */
struct boards_page {
	struct slice cursor; /* from "next" or "next_lanes"; empty: from the top */
	uint32_t limit;      /* cards of a column, or of a column in a swimlane */
};

/* {"id","name","version","projects":[{"id","key","name","archived"}],"swimlanes","filter":F or
 * null,"filters":[{"id","name","caller",F...}],"card_fields":[name],"columns":[C],"lanes":[L] or
 * null,"next_lanes":cursor or null,"backlog":{"statuses":[id],"count"}}.
 *
 * F: {"unassigned","assignees":[id],"types":[id],"priorities":[id],"labels":[],"components":[id],
 * "versions":[id],"text" or null,"fields":[{"field","values":[text]}]}.
 *
 * C: {"id","name","statuses":[id],"min","max","total","count","missing","excess"}, without
 * swimlanes also "cards":[] and "next":cursor or null. total: all cards, which min and max are held
 * against; count: those that pass the quick filters. L: {"id":member, epic, priority or
 * null,"count","columns":[{"id","count","cards","next"}]}, of an epic also "key" and "summary".
 * Lanes of epics come in the order of the epics' ranks, of priorities in that of the projects, of
 * assignees in that of their first cards; the one of nobody, or of no epic, is the last. Cards are
 * as in board.h, or have the fields that the board says, ids for people and parts; custom ones are
 * "fields":[as field_rows.h says, members without display], in the order of the board.
 * "card_fields" leaves out custom ones that no project has which the caller sees.
 *
 * With a cursor only its column (in its swimlane), or the swimlanes, behind it. STATUS_INVALID: not
 * a cursor of this board. */
enum status boards_read(struct boards_reading *reading, const struct boards_page *page,
                        struct buf *out, struct error *err);
/* {"id","name","statuses":[id],"total","count","cards":[],"next"} */
enum status boards_read_backlog(struct boards_reading *reading, const struct boards_page *page,
                                struct buf *out, struct error *err);

/* {"items":[{"id","name","version","projects":[as above]}],"next":id or null}: boards in order of
 * their ids behind @after (NULL: from the start); @project (a key, may be empty): those that show
 * it. STATUS_NOT_FOUND: there is no such project. */
enum status boards_list(struct view *view, struct slice tenant, const struct boards_caller *caller,
                        struct slice project, const struct uuid *after, uint32_t limit,
                        struct buf *out, uint64_t *position, struct error *err);

#endif
