/* Boards: what they may show, who may set them up, what becomes of them. */
#include <stdio.h>

#include "core/domain/board.h"
#include "tests/lib/decider.h"

#define BOARD      id_of(801)
#define TEXTS(...) LABELS(__VA_ARGS__)
#define COLUMNS(...)                                                                               \
	(struct board_column_array)                                                                \
	{                                                                                          \
		.items = (const struct board_column[]){__VA_ARGS__},                               \
		.n = sizeof((const struct board_column[]){__VA_ARGS__}) /                          \
		     sizeof(struct board_column)                                                   \
	}
#define COLUMN(slug, ...)                                                                          \
	{                                                                                          \
		.id = SLICE(slug), .name = SLICE(slug), .statuses = TEXTS(__VA_ARGS__)             \
	}
#define OF_TLS .name = SLICE("Board"), .projects = TEXTS(SLICE("TLS"))

static void create_board(struct decider *decider)
{
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS,
	      .columns = COLUMNS(COLUMN("open", SLICE("todo")),
	                         COLUMN("doing", SLICE("in_progress"), SLICE("in_review"))));
}

static void create_web(struct decider *decider)
{
	GIVEN(ben, create_project, .key = SLICE("WEB"), .name = SLICE("Web"));
}

static void a_board_shows_what_it_is_told(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS,
	     .columns = COLUMNS({.id = SLICE("open"),
	                         .name = SLICE("Open"),
	                         .statuses = TEXTS(SLICE("in_progress")),
	                         .has_max = true,
	                         .max = 3}),
	     .backlog = TEXTS(SLICE("todo")));
	THEN(EVENT_BOARD_CREATED);
	const struct board_configuration *board = &EVENT_BODY(0, board_created)->board;
	assert_slice(board->name, "Board");
	assert_int_equal(board->projects.n, 1);
	assert_int_equal(board->columns.n, 1);
	assert_slice(board->columns.items[0].statuses.items[0], "in_progress");
	assert_true(board->columns.items[0].has_max && !board->columns.items[0].has_min);
	assert_slice(board->backlog.items[0], "todo");
	assert_int_equal(decider->decision.version, 1);
	const struct uuid id = BOARD;
	assert_memory_equal(&decider->decision.created, &id, sizeof(id));
}

static void without_columns_each_status_that_is_not_in_the_backlog_gets_one(void **state)
{
	struct decider *decider = *state;
	create_web(decider);
	GIVEN(ben, add_status, .project = SLICE("WEB"), .status = SLICE("live"),
	      .name = SLICE("Live"), .category = STATUS_CATEGORY_IN_PROGRESS);
	WHEN(ben, create_board, .name = SLICE("Both"),
	     .projects = TEXTS(SLICE("TLS"), SLICE("WEB")), .backlog = TEXTS(SLICE("todo")));
	THEN(EVENT_BOARD_CREATED);
	const struct board_configuration *board = &EVENT_BODY(0, board_created)->board;
	static const char *const ids[] = {"in_progress", "in_review", "done", "live"};
	assert_int_equal(board->columns.n, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_slice(board->columns.items[i].id, ids[i]);
		assert_slice(board->columns.items[i].statuses.items[0], ids[i]);
	}
	assert_slice(board->columns.items[3].name, "Live");
}

static void admins_set_up_boards(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	for (int i = 0; i < 2; i++) {
		struct uuid who = i ? dan : cleo;
		WHEN(who, create_board, OF_TLS);
		THEN_REFUSED(FORBIDDEN, "");
		WHEN(who, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Mine"));
		THEN_REFUSED(FORBIDDEN, "");
		WHEN(who, delete_board, .board = BOARD);
		THEN_REFUSED(FORBIDDEN, "");
	}
}

static void a_board_shows_projects_that_are_there_and_open_once_each(void **state)
{
	struct decider *decider = *state;
	struct slice many[BOARD_PROJECTS_MAX + 1];
	create_board(decider);
	WHEN(ben, create_board, .name = SLICE("x"), .projects = TEXTS(SLICE("TLS"), SLICE("NO")));
	THEN_REFUSED(NO_SUCH_PROJECT, "/projects/1");
	WHEN(ben, create_board, .name = SLICE("x"), .projects = TEXTS(SLICE("TLS"), SLICE("TLS")));
	THEN_REFUSED(BAD_BOARD, "/projects/1");
	WHEN(ben, create_board, .name = SLICE("x"));
	THEN_REFUSED(BAD_BOARD, "/projects");
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = SLICE("TLS");
	WHEN(ben, create_board, .name = SLICE("x"), .projects = {many, BOARD_PROJECTS_MAX + 1});
	THEN_REFUSED(BAD_BOARD, "/projects");
	create_web(decider);
	GIVEN(ben, archive_project, .project = SLICE("WEB"));
	WHEN(ben, create_board, .name = SLICE("x"), .projects = TEXTS(SLICE("WEB")));
	THEN_REFUSED(PROJECT_ARCHIVED, "/projects/0");
	WHEN(ben, edit_board, .board = BOARD, .projects = TEXTS(SLICE("TLS"), SLICE("WEB")));
	THEN_REFUSED(PROJECT_ARCHIVED, "/projects/1");
}

static void a_board_of_archived_projects_alone_is_closed_as_they_are(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	create_web(decider);
	GIVEN(ben, archive_project, .project = SLICE("TLS"));
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Mine"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/board");
	assert_non_null(strstr(decider->decision.detail, "TLS is archived"));
	WHEN(ben, edit_board, .board = BOARD, .projects = TEXTS(SLICE("TLS")));
	THEN_REFUSED(PROJECT_ARCHIVED, "/projects");
	GIVEN(ben, unarchive_project, .project = SLICE("TLS"));
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Mine"));
	THEN(EVENT_BOARD_EDITED);
	GIVEN(ben, archive_project, .project = SLICE("TLS"));
	WHEN(ben, delete_board, .board = BOARD);
	THEN(EVENT_BOARD_DELETED);
}

static void a_board_with_an_open_project_can_be_changed(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	create_web(decider);
	GIVEN(ben, archive_project, .project = SLICE("TLS"));
	WHEN(ben, edit_board, .board = BOARD, .projects = TEXTS(SLICE("TLS"), SLICE("WEB")));
	THEN(EVENT_BOARD_EDITED);
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Mine"));
	THEN(EVENT_BOARD_EDITED);
	GIVEN(ben, delete_project, .project = SLICE("WEB"));
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Mine"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/board");
}

static void the_ids_of_boards_are_new_ones(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	WHEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS);
	THEN_REFUSED(ID_TAKEN, "/board_id");
	WHEN(ben, create_board, .has_board_id = true, .board_id = ada, OF_TLS);
	THEN_REFUSED(ID_TAKEN, "/board_id");
	GIVEN(ben, delete_board, .board = BOARD);
	WHEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS);
	THEN_REFUSED(ID_TAKEN, "/board_id");
	WHEN(ben, create_issue, ISSUE("task", "first"), .has_issue_id = true, .issue_id = BOARD);
	THEN_REFUSED(ID_TAKEN, "/issue_id");
}

static void columns_have_ids_names_and_limits_that_make_sense(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_board, .name = SLICE("a\nb"), .projects = TEXTS(SLICE("TLS")));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, create_board, OF_TLS, .columns = COLUMNS(COLUMN("Bad", SLICE("todo"))));
	THEN_REFUSED(BAD_ID, "/columns/0/id");
	WHEN(ben, create_board, OF_TLS,
	     .columns = COLUMNS(COLUMN("a", SLICE("todo")), COLUMN("a", SLICE("done"))));
	THEN_REFUSED(BAD_BOARD, "/columns/1/id");
	WHEN(ben, create_board, OF_TLS, .columns = COLUMNS({.id = SLICE("a"), .name = SLICE(" ")}));
	THEN_REFUSED(BAD_TEXT, "/columns/0/name");
	WHEN(ben, create_board, OF_TLS,
	     .columns = COLUMNS({.id = SLICE("a"),
	                         .name = SLICE("A"),
	                         .has_min = true,
	                         .min = 4,
	                         .has_max = true,
	                         .max = 3}));
	THEN_REFUSED(BAD_LIMITS, "/columns/0/max");
	WHEN(ben, create_board, OF_TLS,
	     .columns =
	             COLUMNS({.id = SLICE("a"), .name = SLICE("A"), .has_min = true, .min = -1}));
	THEN_REFUSED(BAD_LIMITS, "/columns/0/min");
	WHEN(ben, create_board, OF_TLS,
	     .columns = COLUMNS({.id = SLICE("a"),
	                         .name = SLICE("A"),
	                         .has_max = true,
	                         .max = BOARD_LIMIT_MAX + 1}));
	THEN_REFUSED(BAD_LIMITS, "/columns/0/max");
}

static void a_status_has_one_place_at_most(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_board, OF_TLS, .columns = COLUMNS(COLUMN("a", SLICE("gone"))));
	THEN_REFUSED(UNKNOWN_STATUS, "/columns/0/statuses");
	WHEN(ben, create_board, OF_TLS, .backlog = TEXTS(SLICE("gone")));
	THEN_REFUSED(UNKNOWN_STATUS, "/backlog");
	WHEN(ben, create_board, OF_TLS,
	     .columns = COLUMNS(COLUMN("a", SLICE("todo")),
	                        COLUMN("b", SLICE("done"), SLICE("todo"))));
	THEN_REFUSED(STATUS_TWICE, "/columns/1/statuses");
	WHEN(ben, create_board, OF_TLS,
	     .columns = COLUMNS(COLUMN("a", SLICE("todo"), SLICE("todo"))));
	THEN_REFUSED(STATUS_TWICE, "/columns/0/statuses");
	WHEN(ben, create_board, OF_TLS, .columns = COLUMNS(COLUMN("a", SLICE("todo"))),
	     .backlog = TEXTS(SLICE("todo")));
	THEN_REFUSED(STATUS_TWICE, "/backlog");
	WHEN(ben, create_board, OF_TLS, .backlog = TEXTS(SLICE("todo"), SLICE("todo")));
	THEN_REFUSED(STATUS_TWICE, "/backlog");
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD, .backlog = TEXTS(SLICE("in_review")));
	THEN_REFUSED(STATUS_TWICE, "/backlog");
}

static void parts_are_replaced_as_a_whole(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD, .columns = COLUMNS(COLUMN("all", SLICE("done"))),
	     .backlog = TEXTS(SLICE("todo")));
	THEN(EVENT_BOARD_EDITED);
	const struct board_edited *edited = EVENT_BODY(0, board_edited);
	assert_int_equal(edited->before.columns.n, 2);
	assert_slice(edited->before.columns.items[1].statuses.items[1], "in_review");
	assert_int_equal(edited->before.backlog.n, 0);
	assert_slice(edited->after.name, "Board");
	assert_int_equal(edited->after.columns.n, 1);
	assert_slice(edited->after.backlog.items[0], "todo");
	assert_int_equal(decider->decision.version, 2);
	WHEN(ben, edit_board, .board = BOARD,
	     .clear = {(const enum board_part[]){BOARD_PART_BACKLOG}, 1});
	THEN(EVENT_BOARD_EDITED);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.backlog.n, 0);
	WHEN(ben, edit_board, .board = BOARD, .backlog = TEXTS(SLICE("todo")),
	     .clear = {(const enum board_part[]){BOARD_PART_BACKLOG}, 1});
	THEN_REFUSED(BAD_CLEAR, "/clear");
}

static void what_changes_nothing_is_no_event(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD);
	THEN_UNCHANGED();
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Board"),
	     .projects = TEXTS(SLICE("TLS")),
	     .columns = COLUMNS(COLUMN("open", SLICE("todo")),
	                        COLUMN("doing", SLICE("in_progress"), SLICE("in_review"))),
	     .clear = {(const enum board_part[]){BOARD_PART_BACKLOG}, 1});
	THEN_UNCHANGED();
	assert_int_equal(decider->decision.version, 1);
}

static void a_board_is_of_the_expected_version(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Other"),
	     .has_expected_version = true, .expected_version = 2);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, delete_board, .board = BOARD, .has_expected_version = true,
	     .expected_version = 2);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_deleted_board_is_gone(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	WHEN(ben, delete_board, .board = BOARD);
	THEN(EVENT_BOARD_DELETED);
	assert_int_equal(EVENT_BODY(0, board_deleted)->board.columns.n, 2);
	assert_int_equal(decider->decision.version, 2);
	WHEN(ben, delete_board, .board = BOARD);
	THEN_REFUSED(NO_SUCH_BOARD, "/board");
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("x"));
	THEN_REFUSED(NO_SUCH_BOARD, "/board");
	WHEN(ben, edit_board, .board = id_of(802), .has_name = true, .name = SLICE("x"));
	THEN_REFUSED(NO_SUCH_BOARD, "/board");
}

/* A status that a board names goes away like any other; the board keeps its word for it. */
static void a_status_of_a_board_can_be_removed(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("blocked"),
	      .name = SLICE("Blocked"), .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS,
	      .columns = COLUMNS(COLUMN("a", SLICE("blocked"), SLICE("todo"))));
	WHEN(ben, remove_status, .project = SLICE("TLS"), .status = SLICE("blocked"));
	THEN(EVENT_STATUS_REMOVED);
	WHEN(ben, edit_board, .board = BOARD, .has_name = true, .name = SLICE("Other"));
	THEN(EVENT_BOARD_EDITED);
	WHEN(ben, edit_board, .board = BOARD, .columns = COLUMNS(COLUMN("a", SLICE("blocked"))));
	THEN_REFUSED(UNKNOWN_STATUS, "/columns/0/statuses");
}

static void a_project_has_a_hundred_boards_at_most(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	for (int i = 1; i < BOARDS_MAX; i++)
		GIVEN(ben, create_board, OF_TLS);
	WHEN(ben, create_board, OF_TLS);
	THEN_REFUSED(TOO_MANY, "/projects/0");
	create_web(decider);
	GIVEN(ben, edit_board, .board = BOARD, .projects = TEXTS(SLICE("WEB")));
	GIVEN(ben, create_board, OF_TLS);
	WHEN(ben, edit_board, .board = BOARD, .projects = TEXTS(SLICE("WEB"), SLICE("TLS")));
	THEN_REFUSED(TOO_MANY, "/projects/1");
}

static void a_board_has_32_columns_at_most(void **state)
{
	struct decider *decider = *state;
	static struct board_column columns[BOARD_COLUMNS_MAX + 1];
	char ids[BOARD_COLUMNS_MAX + 1][8];
	for (int i = 0; i <= BOARD_COLUMNS_MAX; i++) {
		snprintf(ids[i], sizeof ids[i], "c%d", i);
		columns[i] = (struct board_column){.id = slice_str(ids[i]), .name = SLICE("x")};
	}
	WHEN(ben, create_board, OF_TLS, .columns = {columns, BOARD_COLUMNS_MAX});
	THEN(EVENT_BOARD_CREATED);
	WHEN(ben, create_board, OF_TLS, .columns = {columns, BOARD_COLUMNS_MAX + 1});
	THEN_REFUSED(BAD_BOARD, "");
}

#define FILTERS(...)                                                                               \
	(struct board_filter_array)                                                                \
	{                                                                                          \
		.items = (const struct board_filter[]){__VA_ARGS__},                               \
		.n = sizeof((const struct board_filter[]){__VA_ARGS__}) /                          \
		     sizeof(struct board_filter)                                                   \
	}
#define FILTER(...)                                                                                \
	{                                                                                          \
		.id = SLICE("f"), .name = SLICE("F"), __VA_ARGS__                                  \
	}
#define IDS(...)                                                                                   \
	{                                                                                          \
		(const struct uuid[]){__VA_ARGS__},                                                \
		        sizeof((const struct uuid[]){__VA_ARGS__}) / sizeof(struct uuid)           \
	}

static void swimlanes_filters_and_card_fields_are_parts_too(void **state)
{
	struct decider *decider = *state;
	create_board(decider);
	WHEN(ben, edit_board, .board = BOARD, .has_swimlanes = true,
	     .swimlanes = BOARD_SWIMLANES_EPIC,
	     .filters = FILTERS(FILTER(.caller = true, .has_text = true, .text = SLICE("key"))),
	     .card_fields = TEXTS(SLICE("labels"), SLICE("estimate")));
	THEN(EVENT_BOARD_EDITED);
	const struct board_edited *edited = EVENT_BODY(0, board_edited);
	assert_int_equal(edited->before.swimlanes, BOARD_SWIMLANES_NONE);
	assert_int_equal(edited->after.swimlanes, BOARD_SWIMLANES_EPIC);
	assert_slice(edited->after.filters.items[0].text, "key");
	assert_int_equal(edited->after.card_fields.n, 2);
	WHEN(ben, edit_board, .board = BOARD, .has_swimlanes = true,
	     .swimlanes = BOARD_SWIMLANES_EPIC);
	THEN_UNCHANGED();
	static const enum board_part parts[] = {BOARD_PART_FILTERS, BOARD_PART_CARD_FIELDS};
	WHEN(ben, edit_board, .board = BOARD, .clear = {parts, 2});
	THEN(EVENT_BOARD_EDITED);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.filters.n, 0);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.card_fields.n, 0);
	WHEN(ben, edit_board, .board = BOARD, .card_fields = TEXTS(SLICE("labels")),
	     .clear = {parts, 2});
	THEN_REFUSED(BAD_CLEAR, "/clear");
}

static void filters_have_ids_and_names_and_ask_something(void **state)
{
	struct decider *decider = *state;
	static struct board_filter filters[BOARD_FILTERS_MAX + 1];
	WHEN(ben, create_board, OF_TLS, .filters = FILTERS(FILTER(.caller = false)));
	THEN_REFUSED(BAD_BOARD, "/filters/0");
	WHEN(ben, create_board, OF_TLS,
	     .filters = FILTERS({.id = SLICE("F"), .name = SLICE("F"), .caller = true}));
	THEN_REFUSED(BAD_ID, "/filters/0/id");
	WHEN(ben, create_board, OF_TLS,
	     .filters = FILTERS(FILTER(.caller = true), FILTER(.caller = true)));
	THEN_REFUSED(BAD_BOARD, "/filters/1/id");
	WHEN(ben, create_board, OF_TLS,
	     .filters = FILTERS({.id = SLICE("f"), .name = SLICE(" "), .caller = true}));
	THEN_REFUSED(BAD_TEXT, "/filters/0/name");
	WHEN(ben, create_board, OF_TLS,
	     .filters = FILTERS(FILTER(.has_text = true, .text = SLICE(" "))));
	THEN_REFUSED(BAD_TEXT, "/filters/0/text");
	WHEN(ben, create_board, OF_TLS, .filters = {filters, BOARD_FILTERS_MAX + 1});
	THEN_REFUSED(BAD_BOARD, "/filters");
}

static void filters_name_what_the_projects_have(void **state)
{
	struct decider *decider = *state;
	create_web(decider);
	GIVEN(ben, add_component, .project = SLICE("WEB"), .has_component_id = true,
	      .component_id = id_of(811), .name = SLICE("Keys"));
	GIVEN(ben, add_version, .project = SLICE("WEB"), .has_version_id = true,
	      .version_id = id_of(812), .name = SLICE("1.0"));
	WHEN(ben, create_board, OF_TLS, .filters = FILTERS(FILTER(.types = TEXTS(SLICE("wish")))));
	THEN_REFUSED(UNKNOWN_TYPE, "/filters/0/types");
	WHEN(ben, create_board, OF_TLS,
	     .filters = FILTERS(FILTER(.priorities = TEXTS(SLICE("now")))));
	THEN_REFUSED(UNKNOWN_PRIORITY, "/filters/0/priorities");
	WHEN(ben, create_board, OF_TLS, .filters = FILTERS(FILTER(.labels = TEXTS(SLICE("a,b")))));
	THEN_REFUSED(BAD_LABEL, "/filters/0/labels");
	WHEN(ben, create_board, OF_TLS, .filters = FILTERS(FILTER(.assignees = IDS(nobody))));
	THEN_REFUSED(NO_SUCH_MEMBER, "/filters/0/assignees");
	WHEN(ben, create_board, OF_TLS, .filters = FILTERS(FILTER(.components = IDS(id_of(811)))));
	THEN_REFUSED(NO_SUCH_COMPONENT, "/filters/0/components");
	WHEN(ben, create_board, OF_TLS, .filters = FILTERS(FILTER(.versions = IDS(id_of(812)))));
	THEN_REFUSED(NO_SUCH_VERSION, "/filters/0/versions");
	WHEN(ben, create_board, .name = SLICE("x"), .projects = TEXTS(SLICE("TLS"), SLICE("WEB")),
	     .filters =
	             FILTERS(FILTER(.types = TEXTS(SLICE("bug")), .labels = TEXTS(SLICE("ui")),
	                            .priorities = TEXTS(SLICE("high")), .assignees = IDS(dan),
	                            .components = IDS(id_of(811)), .versions = IDS(id_of(812)))));
	THEN(EVENT_BOARD_CREATED);
}

/* 32 filters of 20 labels of 64 characters are more than 32 KiB. */
static void a_board_takes_so_many_bytes_at_most(void **state)
{
	struct decider *decider = *state;
	static struct board_filter filters[BOARD_FILTERS_MAX];
	struct slice labels[20];
	char ids[BOARD_FILTERS_MAX][8], label[64];
	memset(label, 'x', sizeof label);
	for (int i = 0; i < 20; i++)
		labels[i] = slice_of(label, sizeof label);
	for (int i = 0; i < BOARD_FILTERS_MAX; i++) {
		snprintf(ids[i], sizeof ids[i], "f%d", i);
		filters[i] = (struct board_filter){
		        .id = slice_str(ids[i]), .name = SLICE("F"), .labels = {labels, 20}};
	}
	WHEN(ben, create_board, OF_TLS, .filters = {filters, 20});
	THEN(EVENT_BOARD_CREATED);
	WHEN(ben, create_board, OF_TLS, .filters = {filters, BOARD_FILTERS_MAX});
	THEN_REFUSED(BAD_BOARD, "");
}

/* What is removed with a replacement is replaced on boards as well. */
static void boards_follow_a_status_to_its_replacement(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("blocked"),
	      .name = SLICE("Blocked"), .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("waiting"),
	      .name = SLICE("Waiting"), .category = STATUS_CATEGORY_IN_PROGRESS);
	create_web(decider);
	GIVEN(ben, create_board, .has_board_id = true, .board_id = BOARD, OF_TLS,
	      .columns = COLUMNS(COLUMN("a", SLICE("todo"), SLICE("blocked"))));
	WHEN(ben, remove_status, .project = SLICE("TLS"), .status = SLICE("blocked"),
	     .has_replace_with = true, .replace_with = SLICE("waiting"));
	THEN(EVENT_BOARD_EDITED, EVENT_STATUS_REMOVED);
	const struct board_column *column = EVENT_BODY(0, board_edited)->after.columns.items;
	assert_int_equal(column->statuses.n, 2);
	assert_slice(column->statuses.items[1], "waiting");
	/* The other one has a place already: nothing but the place of the first goes. */
	WHEN(ben, remove_status, .project = SLICE("TLS"), .status = SLICE("waiting"),
	     .has_replace_with = true, .replace_with = SLICE("todo"));
	THEN(EVENT_BOARD_EDITED, EVENT_STATUS_REMOVED);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.columns.items[0].statuses.n, 1);
}

static void a_board_keeps_a_status_that_another_of_its_projects_has(void **state)
{
	struct decider *decider = *state;
	create_web(decider);
	for (int i = 0; i < 2; i++)
		GIVEN(ben, add_status, .project = i ? SLICE("TLS") : SLICE("WEB"),
		      .status = SLICE("blocked"), .name = SLICE("Blocked"),
		      .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, create_board, .name = SLICE("x"), .projects = TEXTS(SLICE("TLS"), SLICE("WEB")),
	      .columns = COLUMNS(COLUMN("a", SLICE("blocked"))));
	WHEN(ben, remove_status, .project = SLICE("TLS"), .status = SLICE("blocked"),
	     .has_replace_with = true, .replace_with = SLICE("todo"));
	THEN(EVENT_STATUS_REMOVED);
}

static void what_is_packed_comes_out_as_it_went_in(void **state)
{
	char bytes[BOARD_BYTES_MAX], again[BOARD_BYTES_MAX], block[4096];
	struct arena arena;
	struct board_configuration out,
	        board = {.name = SLICE("B"),
	                 .projects = {(const struct uuid[]){{{1}}, {{2}}}, 2},
	                 .columns = COLUMNS({.id = SLICE("a"),
	                                     .name = SLICE("A"),
	                                     .statuses = TEXTS(SLICE("x"), SLICE("y")),
	                                     .has_min = true,
	                                     .min = 0,
	                                     .has_max = true,
	                                     .max = BOARD_LIMIT_MAX}),
	                 .backlog = TEXTS(SLICE("z")),
	                 .swimlanes = BOARD_SWIMLANES_PRIORITY,
	                 .filters = FILTERS(FILTER(.unassigned = true, .types = TEXTS(SLICE("bug")),
	                                           .components = IDS({{7}}), .has_text = true,
	                                           .text = SLICE("t"))),
	                 .card_fields = TEXTS(SLICE("labels"))};
	(void)state;
	uint32_t n = board_pack(&board, bytes);
	arena_init(&arena, block, sizeof block);
	assert_true(board_unpack(bytes, &arena, &out));
	assert_true(out.columns.items[0].has_min && out.columns.items[0].min == 0);
	assert_int_equal(out.columns.items[0].max, BOARD_LIMIT_MAX);
	assert_int_equal(out.swimlanes, BOARD_SWIMLANES_PRIORITY);
	assert_true(out.filters.items[0].unassigned && !out.filters.items[0].caller);
	assert_int_equal(out.filters.items[0].components.items[0].bytes[0], 7);
	assert_slice(out.card_fields.items[0], "labels");
	assert_int_equal(board_pack(&out, again), n);
	assert_memory_equal(bytes, again, n);
	arena_init(&arena, block, 40);
	assert_false(board_unpack(bytes, &arena, &out));
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_board_shows_what_it_is_told),
	        ON_SETTLED(without_columns_each_status_that_is_not_in_the_backlog_gets_one),
	        ON_SETTLED(admins_set_up_boards),
	        ON_SETTLED(a_board_shows_projects_that_are_there_and_open_once_each),
	        ON_SETTLED(a_board_of_archived_projects_alone_is_closed_as_they_are),
	        ON_SETTLED(a_board_with_an_open_project_can_be_changed),
	        ON_SETTLED(the_ids_of_boards_are_new_ones),
	        ON_SETTLED(columns_have_ids_names_and_limits_that_make_sense),
	        ON_SETTLED(a_status_has_one_place_at_most),
	        ON_SETTLED(parts_are_replaced_as_a_whole),
	        ON_SETTLED(what_changes_nothing_is_no_event),
	        ON_SETTLED(a_board_is_of_the_expected_version),
	        ON_SETTLED(a_deleted_board_is_gone),
	        ON_SETTLED(a_status_of_a_board_can_be_removed),
	        ON_SETTLED(a_project_has_a_hundred_boards_at_most),
	        ON_SETTLED(a_board_has_32_columns_at_most),
	        ON_SETTLED(swimlanes_filters_and_card_fields_are_parts_too),
	        ON_SETTLED(filters_have_ids_and_names_and_ask_something),
	        ON_SETTLED(filters_name_what_the_projects_have),
	        ON_SETTLED(a_board_takes_so_many_bytes_at_most),
	        ON_SETTLED(boards_follow_a_status_to_its_replacement),
	        ON_SETTLED(a_board_keeps_a_status_that_another_of_its_projects_has),
	        cmocka_unit_test(what_is_packed_comes_out_as_it_went_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
