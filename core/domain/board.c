#include "core/domain/board.h"

#include "core/domain/configuration.h"
#include "core/domain/organization.h"
#include "core/domain/project.h"
#include "core/domain/workflow.h"

bool read_board(const struct tenant_state *state, const struct uuid *id, struct row_board *row)
{
	struct row_key key = row_key_board(id);

	return state->get(state, &key, row);
}

bool unpack_board(struct judge *judge, const struct row_board *row,
                  struct board_configuration *board)
{
	struct slice bytes = emit_copy(judge, slice_of(row->bytes, row->n));

	if (bytes.data && board_unpack(bytes.data, judge->decision->arena, board))
		return true;
	return REFUSE(judge, REJECT_TOO_LARGE, "", SLICE("there is no room for the board"));
}

static bool can_browse(struct judge *judge, const struct row_project *project)
{
	return !project->deleted && may(judge, PERMISSION_BROWSE_PROJECT, project, NULL);
}

static struct row_project project_of_board(const struct judge *judge, const struct uuid *id)
{
	struct row_project project;
	bool found = read_project(judge->state, id, &project);

	assert(found);
	(void)found;
	return project;
}

static bool is_there(struct judge *judge, struct uuid_array projects)
{
	for (uint32_t i = 0; i < projects.n; i++) {
		struct row_project project = project_of_board(judge, &projects.items[i]);
		if (can_browse(judge, &project))
			return true;
	}
	return false;
}

/* In each of its projects that is not deleted; those that the actor may not browse are not named.
 */
static bool check_rights(struct judge *judge, struct uuid_array projects)
{
	for (uint32_t i = 0; i < projects.n; i++) {
		struct row_project project = project_of_board(judge, &projects.items[i]);
		if (can_browse(judge, &project) && !check_asked(judge, &project, NULL))
			return false;
		if (!project.deleted && !can_browse(judge, &project))
			return REFUSE(judge, REJECT_FORBIDDEN, "",
			              SLICE("the board is not the actor's alone to change"));
	}
	return true;
}

/* A board of archived projects alone is closed as they are; with an open one it is that one's. */
static bool check_open(struct judge *judge, struct uuid_array projects, const char *pointer)
{
	struct row_project archived = {.archived = false};

	for (uint32_t i = 0; i < projects.n; i++) {
		struct row_project project = project_of_board(judge, &projects.items[i]);
		if (project.deleted)
			continue;
		if (!project.archived)
			return true;
		archived = project;
	}
	return check_project_open(judge, &archived, pointer);
}

/* The board that a command is about, and what it shows. */
static bool find_board(struct judge *judge, const struct uuid *id, struct row_board *row,
                       struct board_configuration *board)
{
	bool found = read_board(judge->state, id, row) && !row->deleted;
	char room[UUID_TEXT];

	if (found && !unpack_board(judge, row, board))
		return false;
	if (!found || !is_there(judge, board->projects))
		return REFUSE(judge, REJECT_NO_SUCH_BOARD, "/board", SLICE("there is no board "),
		              uuid_slice(id, room));
	return check_rights(judge, board->projects);
}

static bool check_room_for_board(struct judge *judge, const struct row_project *project,
                                 const char *pointer)
{
	struct uuid id, *after = NULL;
	uint32_t n = 0;

	for (; next_pair(judge->state, ROW_PROJECT_BOARD, &project->id, after, &id); after = &id)
		n++;
	if (n < BOARDS_MAX)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY, pointer, PADDED(project->key),
	              SLICE(" has 100 boards: delete one first"));
}

/* A project that the board is to show; one that it shows already may have been archived since. */
static bool check_project(struct judge *judge, struct slice ref, struct uuid_array before,
                          const char *pointer, struct uuid *id)
{
	struct row_project project;

	if (!resolve_project(judge->state, ref, &project) || !can_browse(judge, &project))
		return REFUSE(judge, REJECT_NO_SUCH_PROJECT, pointer, SLICE("there is no project "),
		              ref);
	*id = project.id;
	return uuid_is_among(id, before.items, before.n) ||
	       (check_asked(judge, &project, NULL) &&
	        check_project_open(judge, &project, pointer) &&
	        check_room_for_board(judge, &project, pointer));
}

static bool find_projects(struct judge *judge, struct slice_array refs, struct uuid_array before,
                          struct uuid_array *out)
{
	if (!refs.n || refs.n > BOARD_PROJECTS_MAX)
		return REFUSE(judge, REJECT_BAD_BOARD, "/projects", SLICE("1 to 20 projects"));
	struct uuid *ids = emit_room(judge, refs.n * sizeof(*ids));
	if (!ids)
		return false;
	*out = (struct uuid_array){ids, 0};
	for (uint32_t i = 0; i < refs.n; i++) {
		struct place place = place_of("/projects", i, "");
		if (!check_project(judge, refs.items[i], before, place.text, &ids[i]))
			return false;
		if (uuid_is_among(&ids[i], out->items, out->n))
			return REFUSE(judge, REJECT_BAD_BOARD, place.text, refs.items[i],
			              SLICE(" is there twice"));
		out->n++;
	}
	return true;
}

/* --- one column for each status --- */

static bool has_place(const struct board_configuration *board, struct slice status)
{
	for (uint32_t i = 0; i < board->columns.n; i++)
		if (slice_equal(board->columns.items[i].id, status))
			return true;
	for (uint32_t i = 0; i < board->backlog.n; i++)
		if (slice_equal(board->backlog.items[i], status))
			return true;
	return false;
}

static bool add_columns(struct judge *judge, const struct uuid *project,
                        struct board_column *columns, struct board_configuration *board)
{
	struct items items;

	read_items(judge->state, project, ITEM_STATUS, &items);
	for (uint32_t i = 0; i < items.n; i++) {
		struct slice *status;
		if (has_place(board, PADDED(items.at[i].id)))
			continue;
		if (board->columns.n == BOARD_COLUMNS_MAX)
			return REFUSE(judge, REJECT_BAD_BOARD, "/columns",
			              SLICE("there are more than 32 statuses: name the columns"));
		status = emit_room(judge, sizeof(*status));
		if (!status)
			return false;
		*status = emit_copy(judge, PADDED(items.at[i].id));
		columns[board->columns.n++] =
		        (struct board_column){.id = *status,
		                              .name = emit_copy(judge, PADDED(items.at[i].name)),
		                              .statuses = {status, 1}};
	}
	return true;
}

static bool columns_of_statuses(struct judge *judge, struct board_configuration *board)
{
	struct board_column *columns = emit_room(judge, BOARD_COLUMNS_MAX * sizeof(*columns));

	board->columns = (struct board_column_array){columns, 0};
	if (!columns)
		return false;
	for (uint32_t i = 0; i < board->projects.n; i++)
		if (!add_columns(judge, &board->projects.items[i], columns, board))
			return false;
	return true;
}

/* --- decide --- */

struct event *emit_board(struct judge *judge, enum event_type type, const struct uuid *id,
                         int64_t version)
{
	judge->decision->version = version;
	return emit(judge, type, AGGREGATE_KIND_BOARD, id, version);
}

void decide_create_board(struct judge *judge, const struct create_board *command)
{
	struct uuid id =
	        command->has_board_id ? command->board_id : judge->request->fresh[FRESH_ID];
	struct board_configuration board = {.name = command->name,
	                                    .columns = command->columns,
	                                    .backlog = command->backlog,
	                                    .swimlanes = command->swimlanes ? command->swimlanes
	                                                                    : BOARD_SWIMLANES_NONE,
	                                    .filter = {&command->filter, command->has_filter},
	                                    .filters = command->filters,
	                                    .card_fields = command->card_fields};

	if (!find_projects(judge, command->projects, (struct uuid_array){NULL, 0},
	                   &board.projects) ||
	    !check_new_id(judge, &id, "/board_id") ||
	    (!command->columns.n && !columns_of_statuses(judge, &board)) ||
	    !check_board(judge, &board,
	                 (struct board_given){.name = true,
	                                      .columns = true,
	                                      .backlog = true,
	                                      .filter = command->has_filter,
	                                      .filters = true,
	                                      .card_fields = true}))
		return;
	emit_board(judge, EVENT_BOARD_CREATED, &id, 1)->board_created.board = board;
	judge->decision->created = id;
}

static bool check_clear(struct judge *judge, const struct edit_board *command)
{
	const bool given[BOARD_PARTS] = {[BOARD_PART_BACKLOG] = command->backlog.n > 0,
	                                 [BOARD_PART_FILTER] = command->has_filter,
	                                 [BOARD_PART_FILTERS] = command->filters.n > 0,
	                                 [BOARD_PART_CARD_FIELDS] = command->card_fields.n > 0};

	for (uint32_t i = 0; i < command->clear.n; i++)
		if (given[command->clear.items[i]])
			return REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
			              slice_str(board_part_symbol(command->clear.items[i])),
			              SLICE(" is set and emptied at once"));
	return true;
}

static bool is_cleared(const struct edit_board *command, enum board_part part)
{
	for (uint32_t i = 0; i < command->clear.n; i++)
		if (command->clear.items[i] == part)
			return true;
	return false;
}

static void replace_parts(const struct edit_board *command, struct board_given given,
                          struct board_configuration *board)
{
	if (given.name)
		board->name = command->name;
	if (given.columns)
		board->columns = command->columns;
	if (given.backlog || is_cleared(command, BOARD_PART_BACKLOG))
		board->backlog = command->backlog;
	if (command->has_swimlanes)
		board->swimlanes = command->swimlanes;
	if (given.filter || is_cleared(command, BOARD_PART_FILTER))
		board->filter = (struct issue_filter_array){&command->filter, command->has_filter};
	if (given.filters || is_cleared(command, BOARD_PART_FILTERS))
		board->filters = command->filters;
	if (given.card_fields || is_cleared(command, BOARD_PART_CARD_FIELDS))
		board->card_fields = command->card_fields;
}

static bool edit(struct judge *judge, const struct edit_board *command,
                 const struct board_configuration *before, struct board_configuration *after)
{
	struct board_given given = {.name = command->has_name,
	                            .columns = command->columns.n > 0,
	                            .backlog = command->backlog.n > 0,
	                            .filter = command->has_filter,
	                            .filters = command->filters.n > 0,
	                            .card_fields = command->card_fields.n > 0};

	*after = *before;
	replace_parts(command, given, after);
	if (command->projects.n &&
	    !find_projects(judge, command->projects, before->projects, &after->projects))
		return false;
	return check_board(judge, after, given);
}

static bool is_same(const struct row_board *row, const struct board_configuration *board)
{
	char bytes[BOARD_BYTES_MAX];
	uint32_t n = board_pack(board, bytes);

	return slice_equal(slice_of(bytes, n), slice_of(row->bytes, row->n));
}

void decide_edit_board(struct judge *judge, const struct edit_board *command)
{
	struct row_board row;
	struct board_configuration before, after;

	if (!find_board(judge, &command->board, &row, &before) ||
	    !check_version(judge, command->has_expected_version, command->expected_version,
	                   row.version) ||
	    !check_clear(judge, command) || !edit(judge, command, &before, &after) ||
	    !check_open(judge, after.projects, command->projects.n ? "/projects" : "/board") ||
	    is_same(&row, &after))
		return;
	emit_board(judge, EVENT_BOARD_EDITED, &command->board, row.version + 1)->board_edited =
	        (struct board_edited){before, after};
}

void decide_delete_board(struct judge *judge, const struct delete_board *command)
{
	struct row_board row;
	struct board_configuration board;

	if (find_board(judge, &command->board, &row, &board) &&
	    check_version(judge, command->has_expected_version, command->expected_version,
	                  row.version))
		emit_board(judge, EVENT_BOARD_DELETED, &command->board, row.version + 1)
		        ->board_deleted.board = board;
}

/* --- evolve --- */

static void save_board(struct tenant_state *state, const struct event_meta *meta,
                       const struct board_configuration *board)
{
	struct row_key key = row_key_board(&meta->aggregate.id);
	struct row_board row;

	memset(&row, 0, sizeof(row));
	row.version = meta->aggregate.version;
	row.deleted = !board;
	row.n = board ? board_pack(board, row.bytes) : 0;
	assert(!board || row.n);
	state->put(state, &key, &row);
}

static void show_projects(struct tenant_state *state, const struct uuid *board,
                          struct uuid_array projects)
{
	static const struct row_project_board row;

	for (uint32_t i = 0; i < projects.n; i++) {
		struct row_key key = row_key_pair(ROW_PROJECT_BOARD, &projects.items[i], board);
		state->put(state, &key, &row);
	}
}

static void leave_projects(struct tenant_state *state, const struct uuid *board,
                           struct uuid_array projects)
{
	for (uint32_t i = 0; i < projects.n; i++) {
		struct row_key key = row_key_pair(ROW_PROJECT_BOARD, &projects.items[i], board);
		state->del(state, &key);
	}
}

void evolve_board_created(struct tenant_state *state, const struct event_meta *meta,
                          const struct board_created *event)
{
	assert(meta->aggregate.kind == AGGREGATE_KIND_BOARD && meta->aggregate.version == 1);
	save_board(state, meta, &event->board);
	show_projects(state, &meta->aggregate.id, event->board.projects);
}

void evolve_board_edited(struct tenant_state *state, const struct event_meta *meta,
                         const struct board_edited *event)
{
	assert(meta->aggregate.kind == AGGREGATE_KIND_BOARD);
	save_board(state, meta, &event->after);
	leave_projects(state, &meta->aggregate.id, event->before.projects);
	show_projects(state, &meta->aggregate.id, event->after.projects);
}

void evolve_board_deleted(struct tenant_state *state, const struct event_meta *meta,
                          const struct board_deleted *event)
{
	assert(meta->aggregate.kind == AGGREGATE_KIND_BOARD);
	save_board(state, meta, NULL);
	leave_projects(state, &meta->aggregate.id, event->board.projects);
}
