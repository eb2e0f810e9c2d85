/* Boards: aggregates of their own that show the issues of one or several projects. A status lies in
 * at most one column, or in the backlog. What a board names by id may go away later: it then shows
 * nothing of it, and nobody is refused for it. Internal to core/domain, but for the packing, which
 * views use as well. */
#ifndef CORE_DOMAIN_BOARD_H
#define CORE_DOMAIN_BOARD_H

#include "core/domain/judge.h"

#define BOARDS_MAX         100   /* of a project */
#define BOARD_PROJECTS_MAX 20    /* max_items of the command */
#define BOARD_COLUMNS_MAX  32    /* max_items of the command */
#define BOARD_LIMIT_MAX    10000 /* of min and max; maximum of the command */

/* Into BOARD_BYTES_MAX bytes; 0 when it needs more. */
uint32_t board_pack(const struct board_configuration *board, char bytes[BOARD_BYTES_MAX]);
/* Texts borrow from @bytes, arrays lie in @arena. False when the arena is full. */
bool board_unpack(const char *bytes, struct arena *arena, struct board_configuration *out);

/* Which parts a command gives; the others were checked when they were given. */
struct board_given {
	bool name, columns, backlog;
};
/* Refuses unless @board, of at least one project, can be shown. Pointers are into a command that
 * carries the parts as its own fields. */
bool check_board(struct judge *judge, const struct board_configuration *board,
                 struct board_given given);

#endif
