/* The board view: the default board of every project, one column per status of the project and in
 * their order, cards as ready JSON in the order of their ranks. A board is one range scan that
 * copies fragments.
 *
 * A card: {"id","key","summary","type","status","priority","assignee","labels","rank","parent",
 * "due_on","subtasks":{"total","done"},"comments","version"}; assignee and parent are ids or null,
 * due_on is a date or null.
 *
 * Reads take an instance from projector_acquire; any thread. They append to @out and leave it as it
 * was when they fail. */
#ifndef PROJECTIONS_BOARD_H
#define PROJECTIONS_BOARD_H

#include "projections/sight.h"
#include "projections/view.h"

extern const struct kv_view_type board_view; /* kv_view.h */

#define BOARD_CURSOR_MAX 192 /* characters */

/* What identifies one state of a board: the seq of the last event that touched one of its cards,
 * and the position of the view. The body of the same etag_seq is the same bytes. */
struct board_stamp {
	uint64_t etag_seq;
	uint64_t position;
};

/* Without reading a card: for If-None-Match. STATUS_NOT_FOUND: no such project; stamp->position is
 * set even then. */
enum status board_stamp(struct view *view, struct slice tenant, struct slice project,
                        struct board_stamp *stamp, struct error *err);

/* {"project":{"id","key","name"},"columns":[{"id","name","category","count","cards":[...],
 * "next":cursor or null}]}, at most @limit cards a column, count = all of them; parent and
 * subtasks are those that @sight sees (NULL: all). With a @cursor (as given in "next") only its
 * column, behind it. STATUS_INVALID: not a cursor of this board. */
enum status board_read(struct view *view, struct slice tenant, const struct sight *sight,
                       struct slice project, struct slice cursor, uint32_t limit, struct buf *out,
                       struct board_stamp *stamp, struct error *err);

/* {"items":[{"id","key","name","category","archived","lead","version","issues",
 * "counts":{status:n,...}}],"next":key or null}, in order of the keys behind @after (a key, "" for
 * the first page); of those that @sight sees, and without @archived only those that are open. A
 * project is also found by a key that it had. */
enum status projects_read(struct view *view, struct slice tenant, const struct sight *sight,
                          struct slice after, bool archived, uint32_t limit, struct buf *out,
                          struct board_stamp *stamp, struct error *err);
/* One of those objects. */
enum status project_read(struct view *view, struct slice tenant, struct slice project,
                         struct buf *out, struct board_stamp *stamp, struct error *err);

#endif
