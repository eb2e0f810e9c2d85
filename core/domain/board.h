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
#define BOARD_FILTERS_MAX  32    /* max_items of the command */

#define BOARD_CUSTOM_FIELDS_MAX 10 /* that cards show */
#define FILTER_FIELDS_MAX       10 /* max_items of the command */

/* X(NAME, name): what a card can show besides id, key, summary, status, rank, version and custom
 * fields. Where a field of an older log has one of these names, the name means what is here. */
#define BOARD_CARD_FIELD_TABLE(X)                                                                  \
	X(TYPE, type)                                                                              \
	X(PRIORITY, priority)                                                                      \
	X(RESOLUTION, resolution)                                                                  \
	X(ASSIGNEE, assignee)                                                                      \
	X(REPORTER, reporter)                                                                      \
	X(LABELS, labels)                                                                          \
	X(COMPONENTS, components)                                                                  \
	X(FIX_VERSIONS, fix_versions)                                                              \
	X(PARENT, parent)                                                                          \
	X(START_ON, start_on)                                                                      \
	X(DUE_ON, due_on)                                                                          \
	X(ESTIMATE, estimate)                                                                      \
	X(REMAINING, remaining)                                                                    \
	X(SUBTASKS, subtasks)                                                                      \
	X(COMMENTS, comments)
#define BOARD_CARD_FIELD_ENUM(NAME, name) BOARD_CARD_FIELD_##NAME,
enum board_card_field { BOARD_CARD_FIELD_TABLE(BOARD_CARD_FIELD_ENUM) BOARD_CARD_FIELDS };
#undef BOARD_CARD_FIELD_ENUM

/* BOARD_CARD_FIELDS: there is none of that name. */
enum board_card_field board_card_field_find(struct slice name);

/* Into BOARD_BYTES_MAX bytes; 0 when it needs more. */
uint32_t board_pack(const struct board_configuration *board, char bytes[BOARD_BYTES_MAX]);
/* Texts borrow from @bytes, arrays lie in @arena. False when the arena is full. */
bool board_unpack(const char *bytes, struct arena *arena, struct board_configuration *out);

bool read_board(const struct tenant_state *state, const struct uuid *id, struct row_board *row);
/* What the board @row shows, kept in the arena of the decision. Refuses when that is full. */
bool unpack_board(struct judge *judge, const struct row_board *row,
                  struct board_configuration *board);
struct event *emit_board(struct judge *judge, enum event_type type, const struct uuid *id,
                         int64_t version);

/* The boards of a project that are not deleted, one after the other. */
struct board_walk {
	struct judge *judge;
	const struct uuid *project;
	struct uuid *at; /* id; NULL: at the beginning */
	struct uuid id;
	struct row_board row;
	struct board_configuration board; /* in the arena of the decision */
	struct arena mark;                /* that arena, before it */
};
/* False at the end, and as soon as the decision refuses. */
bool next_board(struct board_walk *walk);
/* Give back the room that the board takes, and all that was taken since. */
void pass_board(struct board_walk *walk);
/* Refuses when the board, as it is @after, cannot be kept. */
bool check_board_room(const struct board_walk *walk, const struct board_configuration *after,
                      const char *pointer);
void emit_board_edited(const struct board_walk *walk, const struct board_configuration *after);

/* @project loses @status, whose issues go to @replacement: boards on which no other project has the
 * status show the other one in its place, unless that has a place already. */
void replace_on_boards(struct judge *judge, const struct uuid *project, struct slice status,
                       struct slice replacement);

/* What filters name: an issue type, a component or version by its id, an option of a custom field.
 */
struct filter_name {
	enum { FILTER_TYPES, FILTER_COMPONENTS, FILTER_VERSIONS, FILTER_OPTIONS } part;
	struct slice text;  /* id of the type or option */
	struct slice field; /* of the option */
	struct uuid id;
};
/* @project loses what is named: boards of it whose filter, or a quick filter of theirs, names it,
 * if no other project of theirs has it. */
uint32_t count_boards_filtering(struct judge *judge, const struct uuid *project,
                                const struct filter_name *name);
/* Those name @by instead; refuses at /replace_with what has no room for that. */
void replace_in_board_filters(struct judge *judge, const struct uuid *project,
                              const struct filter_name *name, const struct filter_name *by);

/* Likewise a label of @project, which is called @to from now on, or replaced by it, or (@to is
 * empty) comes off: boards with a filter that names it. Where another project of theirs has the
 * label, they go on naming it, and are not counted. */
uint32_t count_boards_with_label(struct judge *judge, const struct uuid *project,
                                 struct slice label);
void replace_label_on_boards(struct judge *judge, const struct uuid *project, struct slice label,
                             struct slice to, const char *pointer);

/* Which parts a command gives; the others were checked when they were given. */
struct board_given {
	bool name, columns, backlog, filter, filters, card_fields;
};
/* Refuses unless *@board, of at least one project, can be shown; values that its filters ask for
 * come into their one form. Pointers are into a command that carries the parts as its own fields.
 */
bool check_board(struct judge *judge, struct board_configuration *board, struct board_given given);
/* Parts of it: its filter, which it has, and the quick filters name what some project of the board
 * has. */
bool check_board_filter(struct judge *judge, struct board_configuration *board);
bool check_board_filters(struct judge *judge, struct board_configuration *board);
/* Whether the filter asks anything at all. */
bool board_filter_asks(const struct board_filter *filter);
/* The board's own filter, as a quick filter without id and name; without one it asks nothing. */
struct board_filter board_own_filter(const struct board_configuration *board);
/* The way back: all that @filter asks, but for the caller. */
struct issue_filter board_conditions(const struct board_filter *filter);
/* @board has it, unless it asks nothing. False, refused: there is no room. */
bool set_board_filter(struct judge *judge, const struct board_filter *filter,
                      struct board_configuration *board);

#endif
