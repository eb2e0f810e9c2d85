/* What readers of boards that were set up get, from events made by hand: cards of two projects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "projections/boards.h"
#include "tests/unit/history.h"

#define ACME  SLICE("acme")
#define NONE  slice_of(NULL, 0)
#define ID(n) "00000000-0000-0000-0000-00000000000" #n

struct seen {
	struct history history;
	struct history_tenant *acme;
	struct view *view;
	struct uuid web, board;
	bool hides_web;
	struct uuid caller;
	const char *filter; /* NULL: none */
	struct buf out;
	struct error err;
};

static bool sees(const void *context, const struct uuid *project)
{
	const struct seen *s = context;
	return !s->hides_web || !uuid_equal(project, &s->web);
}

static struct issue_created *draft(struct seen *s, uint8_t id, struct uuid project,
                                   const char *rank, const char *status)
{
	struct uuid issue = {{0}};
	issue.bytes[15] = id;
	struct issue_created *e =
	        &history_event(&s->history, EVENT_ISSUE_CREATED, AGGREGATE_KIND_ISSUE, issue, 1)
	                 ->issue_created;
	*e = (struct issue_created){.project_id = project,
	                            .number = id,
	                            .type = SLICE("task"),
	                            .summary = SLICE("One"),
	                            .status = slice_str(status),
	                            .priority = SLICE("high"),
	                            .rank = slice_str(rank)};
	return e;
}

static void create(struct seen *s, uint8_t id, struct uuid project, const char *rank,
                   const char *status)
{
	draft(s, id, project, rank, status);
	history_command(&s->history, s->acme);
}

static void fold(struct seen *s)
{
	history_flush(&s->history);
	history_fold(&s->history, s->view, 0);
}

static struct event *of_web(struct seen *s, enum event_type type, int64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_PROJECT, s->web, (uint64_t)version);
}

/* Ranks in turns: TLS-1, WEB-2, TLS-3, WEB-4 in the column, WEB-5 and TLS-6 in the backlog. */
static int setup(void **state)
{
	static const struct slice open[] = {{"todo", 4}, {"in_review", 9}},
	                          backlog[] = {{"done", 4}};
	static const struct board_column columns[] = {{.id = {"open", 4},
	                                               .name = {"Open", 4},
	                                               .statuses = {open, 2},
	                                               .has_min = true,
	                                               .min = 2,
	                                               .has_max = true,
	                                               .max = 3}};
	struct seen *s = mem_new(sizeof *s);
	history_open(&s->history, 1);
	s->acme = history_tenant(&s->history, "acme", 1);
	s->web.bytes[15] = 8;
	s->board.bytes[15] = 9;
	struct event *e = of_web(s, EVENT_PROJECT_CREATED, 1);
	e->project_created.key = SLICE("WEB");
	e->project_created.name = SLICE("Web");
	history_command(&s->history, s->acme);
	struct uuid projects[] = {s->acme->project, s->web};
	history_event(&s->history, EVENT_BOARD_CREATED, AGGREGATE_KIND_BOARD, s->board, 1)
	        ->board_created.board = (struct board_configuration){.name = SLICE("Both"),
	                                                             .projects = {projects, 2},
	                                                             .columns = {columns, 1},
	                                                             .backlog = {backlog, 1}};
	history_command(&s->history, s->acme);
	create(s, 1, s->acme->project, "a", "todo");
	create(s, 2, s->web, "b", "todo");
	create(s, 3, s->acme->project, "c", "in_review");
	create(s, 4, s->web, "d", "todo");
	create(s, 5, s->web, "e", "done");
	create(s, 6, s->acme->project, "f", "done");
	s->view = history_view(&s->history, "board", "v1");
	fold(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct seen *s = *state;
	kv_view_close(s->view);
	history_close(&s->history);
	buf_release(&s->out);
	free(s);
	return 0;
}

typedef enum status read_fn(struct boards_reading *, const struct boards_page *, struct buf *,
                            struct error *);

static enum status read_as(struct seen *s, read_fn *read, const char *cursor, uint32_t limit)
{
	const struct boards_caller caller = {.id = s->caller, .sees = sees, .context = s};
	const struct boards_page page = {slice_str(cursor), limit};
	struct boards_reading *reading;
	uint64_t position;
	buf_clear(&s->out);
	enum status status =
	        boards_open(s->view, ACME, SLICE(ID(9)), &caller, &reading, &position, &s->err);
	assert_int_equal(position, s->acme->seq);
	if (!status && s->filter)
		status = boards_filter(reading, slice_str(s->filter), &s->err);
	if (!status)
		status = read(reading, &page, &s->out, &s->err);
	assert_int_equal(boards_close(reading, &s->err), STATUS_OK);
	return status;
}

static void read_board(struct seen *s)
{
	assert_int_equal(read_as(s, boards_read, "", 10), STATUS_OK);
}

static void expect(struct seen *s, const char *part)
{
	if (!strstr(buf_cstr(&s->out), part))
		fail_msg("no %s in %s", part, buf_cstr(&s->out));
}

static void expect_not(struct seen *s, const char *part)
{
	if (strstr(buf_cstr(&s->out), part))
		fail_msg("%s in %s", part, buf_cstr(&s->out));
}

/* The keys of the cards, in order, are @keys ("TLS-1 WEB-2"). */
static void expect_cards(struct seen *s, const char *keys)
{
	struct buf found = {0};
	const char *at = buf_cstr(&s->out);
	while ((at = strstr(at, "\"key\":\""))) {
		at += 7;
		const char *end = strchr(at, '"');
		if (memchr(at, '-', (size_t)(end - at)))
			buf_printf(&found, "%s%.*s", found.n ? " " : "", (int)(end - at), at);
	}
	assert_string_equal(buf_cstr(&found), keys);
	buf_release(&found);
}

static void cards_of_all_projects_lie_in_the_order_of_their_ranks(void **state)
{
	struct seen *s = *state;
	read_board(s);
	expect_cards(s, "TLS-1 WEB-2 TLS-3 WEB-4");
	expect(s, "{\"id\":\"" ID(9) "\",\"name\":\"Both\",\"version\":1,\"projects\":[{");
	expect(s, "{\"id\":\"" ID(8) "\",\"key\":\"WEB\",\"name\":\"Web\",\"archived\":false}]");
	expect(s, "\"columns\":[{\"id\":\"open\",\"name\":\"Open\",\"statuses\":[\"todo\",\"in_"
	          "review\"],\"min\":2,\"max\":3,\"total\":4,\"count\":4,\"missing\":0,\"excess\":"
	          "1,\"cards\":[");
	expect(s, "\"next\":null}],\"lanes\":null,\"next_lanes\":null,\"backlog\":{\"statuses\":["
	          "\"done\"],\"count\":2}}");
	assert_int_equal(read_as(s, boards_read_backlog, "", 10), STATUS_OK);
	expect_cards(s, "WEB-5 TLS-6");
	expect(s,
	       "{\"id\":\"" ID(
	               9) "\",\"name\":\"Both\",\"statuses\":[\"done\"],\"total\":2,\"count\":2,");
}

static void pages_do_not_overlap(void **state)
{
	struct seen *s = *state;
	static const char *const open[] = {"TLS-1", "WEB-2", "TLS-3", "WEB-4", NULL};
	static const char *const backlog[] = {"WEB-5", "TLS-6", NULL};
	for (int which = 0; which < 2; which++) {
		char cursor[BOARDS_CURSOR_MAX + 1] = "";
		const char *const *keys = which ? backlog : open;
		for (; *keys; keys++) {
			assert_int_equal(
			        read_as(s, which ? boards_read_backlog : boards_read, cursor, 1),
			        STATUS_OK);
			expect_cards(s, *keys);
			expect(s, which ? "\"count\":2" : "\"count\":4");
			char *next = strstr(buf_cstr(&s->out), "\"next\":\"");
			assert_true((next != NULL) == (keys[1] != NULL));
			if (next)
				sscanf(next, "\"next\":\"%400[0-9a-f]", cursor);
		}
	}
}

static void what_is_no_cursor_is_said_so(void **state)
{
	struct seen *s = *state;
	static const char *const bad[] = {"0",
	                                  "zz",
	                                  "6f70656e",
	                                  "6f70656e0061",
	                                  "78006100000000000000000000000000000000000001",
	                                  "006100000000000000000000000000000000000001"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_as(s, boards_read, bad[i], 1), STATUS_INVALID);
}

static void cards_of_a_hidden_project_are_not_there_and_not_counted(void **state)
{
	struct seen *s = *state;
	s->hides_web = true;
	read_board(s);
	expect_cards(s, "TLS-1 TLS-3");
	expect(s, "\"count\":2,\"missing\":0,\"excess\":0");
	expect(s, "\"backlog\":{\"statuses\":[\"done\"],\"count\":1}");
	expect_not(s, "WEB");
}

static void a_board_of_hidden_projects_is_not_there(void **state)
{
	struct seen *s = *state;
	struct boards_caller caller = {.sees = sees, .context = s};
	uint64_t position;
	history_event(&s->history, EVENT_BOARD_EDITED, AGGREGATE_KIND_BOARD, s->board, 2)
	        ->board_edited.after =
	        (struct board_configuration){.name = SLICE("Web"), .projects = {&s->web, 1}};
	history_command(&s->history, s->acme);
	fold(s);
	s->hides_web = true;
	assert_int_equal(read_as(s, boards_read, "", 1), STATUS_NOT_FOUND);
	buf_clear(&s->out);
	assert_int_equal(
	        boards_list(s->view, ACME, &caller, NONE, NULL, 9, &s->out, &position, &s->err),
	        STATUS_OK);
	assert_string_equal(buf_cstr(&s->out), "{\"items\":[],\"next\":null}");
	assert_int_equal(boards_list(s->view, ACME, &caller, SLICE("WEB"), NULL, 9, &s->out,
	                             &position, &s->err),
	                 STATUS_NOT_FOUND);
	s->hides_web = false;
	assert_int_equal(boards_list(s->view, ACME, &caller, SLICE("TLS"), NULL, 9, &s->out,
	                             &position, &s->err),
	                 STATUS_OK);
	expect(s, "{\"items\":[],\"next\":null}");
}

static void an_archived_project_shows_no_cards(void **state)
{
	struct seen *s = *state;
	of_web(s, EVENT_PROJECT_ARCHIVED, 2);
	history_command(&s->history, s->acme);
	fold(s);
	read_board(s);
	expect_cards(s, "TLS-1 TLS-3");
	expect(s, "\"count\":2,");
	expect(s, "\"key\":\"WEB\",\"name\":\"Web\",\"archived\":true}");
}

static void a_status_that_no_project_has_drops_out(void **state)
{
	struct seen *s = *state;
	struct uuid projects[] = {s->acme->project, s->web};
	for (int i = 0; i < 2; i++) {
		struct event *e = history_event(&s->history, EVENT_STATUS_REMOVED,
		                                AGGREGATE_KIND_PROJECT, projects[i], 2);
		e->status_removed.status = SLICE("in_progress");
		history_command(&s->history, s->acme);
	}
	static const struct slice gone[] = {{"in_progress", 11}, {"todo", 4}};
	static const struct board_column column[] = {
	        {.id = {"a", 1}, .name = {"A", 1}, .statuses = {gone, 2}}};
	history_event(&s->history, EVENT_BOARD_EDITED, AGGREGATE_KIND_BOARD, s->board, 2)
	        ->board_edited.after = (struct board_configuration){
	        .name = SLICE("Left"), .projects = {projects, 2}, .columns = {column, 1}};
	history_command(&s->history, s->acme);
	fold(s);
	read_board(s);
	expect(s, "\"statuses\":[\"todo\"]");
	expect_cards(s, "TLS-1 WEB-2 WEB-4");
}

static void what_a_board_shows_has_an_identity(void **state)
{
	struct seen *s = *state;
	const struct boards_caller caller = {.sees = sees, .context = s};
	struct boards_reading *reading;
	uint64_t position;
	struct buf identity[3] = {{0}};
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			s->hides_web = true;
		if (i == 2) { /* nothing that who does not see WEB could notice */
			create(s, 7, s->web, "g", "todo");
			fold(s);
		}
		assert_int_equal(boards_open(s->view, ACME, SLICE(ID(9)), &caller, &reading,
		                             &position, &s->err),
		                 STATUS_OK);
		boards_identity(reading, &identity[i]);
		assert_int_equal(boards_close(reading, &s->err), STATUS_OK);
	}
	assert_false(slice_equal(buf_slice(&identity[0]), buf_slice(&identity[1])));
	assert_true(slice_equal(buf_slice(&identity[1]), buf_slice(&identity[2])));
	for (int i = 0; i < 3; i++)
		buf_release(&identity[i]);
}

/* --- swimlanes, quick filters, fields of cards --- */

static const struct uuid epic_id = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10}};
static const struct uuid somebody = {{7}};

/* An epic TLS-10 (rank e1) with a story TLS-11, which has a sub-task TLS-12 of somebody's. */
static void add_epic(struct seen *s)
{
	static const struct slice label = {"ui", 2};
	static const struct uuid component = {{5}};
	struct issue_created *e = draft(s, 10, s->acme->project, "e1", "done");
	e->type = SLICE("epic");
	e->summary = SLICE("Ein gro\xc3\x9f"
	                   "es Ziel");
	history_command(&s->history, s->acme);
	e = draft(s, 11, s->acme->project, "e2", "todo");
	e->has_parent = true;
	e->parent = epic_id;
	e->priority = SLICE("low");
	history_command(&s->history, s->acme);
	e = draft(s, 12, s->acme->project, "e3", "todo");
	e->type = SLICE("subtask");
	e->has_parent = true;
	e->parent = epic_id;
	e->parent.bytes[15] = 11;
	e->has_assignee = true;
	e->assignee = somebody;
	e->labels = (struct slice_array){&label, 1};
	e->components = (struct uuid_array){&component, 1};
	e->has_estimate = true;
	e->estimate = 60;
	history_command(&s->history, s->acme);
}

static void set_up(struct seen *s, struct board_configuration board)
{
	static const struct slice open[] = {{"todo", 4}, {"in_review", 9}}, done[] = {{"done", 4}};
	static const struct board_column columns[] = {
	        {.id = {"open", 4}, .name = {"Open", 4}, .statuses = {open, 2}},
	        {.id = {"done", 4}, .name = {"Done", 4}, .statuses = {done, 1}}};
	struct uuid projects[] = {s->acme->project, s->web};
	board.name = SLICE("Both");
	board.projects = (struct uuid_array){projects, 2};
	board.columns = (struct board_column_array){columns, 2};
	history_event(&s->history, EVENT_BOARD_EDITED, AGGREGATE_KIND_BOARD, s->board, 2)
	        ->board_edited.after = board;
	history_command(&s->history, s->acme);
	fold(s);
}

static void lanes_of_epics_have_whatever_is_below_them(void **state)
{
	struct seen *s = *state;
	add_epic(s);
	set_up(s, (struct board_configuration){.swimlanes = BOARD_SWIMLANES_EPIC});
	read_board(s);
	expect(s, "\"swimlanes\":\"epic\"");
	expect(s, "\"lanes\":[{\"id\":\"00000000-0000-0000-0000-00000000000a\",\"key\":\"TLS-10\","
	          "\"summary\":\"Ein gro\xc3\x9f"
	          "es Ziel\",\"count\":3,\"columns\":[{\"id\":"
	          "\"open\",\"count\":2,\"cards\":[");
	expect(s, "{\"id\":null,\"count\":6,\"columns\":[{\"id\":\"open\",\"count\":4,");
	assert_null(strstr(buf_cstr(&s->out), "\"excess\":0,\"cards\""));
	assert_non_null(strstr(buf_cstr(&s->out), "\"next_lanes\":null"));
	const char *keys = "TLS-10 TLS-11 TLS-12 TLS-10 TLS-1 WEB-2 TLS-3 WEB-4 WEB-5 TLS-6";
	expect_cards(s, keys); /* the first is the head of the lane */
}

static void lanes_of_priorities_lie_in_their_order(void **state)
{
	struct seen *s = *state;
	add_epic(s);
	struct priority_changed *e = &history_event(&s->history, EVENT_PRIORITY_CHANGED,
	                                            AGGREGATE_KIND_PROJECT, s->acme->project, 2)
	                                      ->priority_changed;
	e->priority = e->from_name = e->to_name = SLICE("low");
	e->from_position = 3;
	history_command(&s->history, s->acme);
	set_up(s, (struct board_configuration){.swimlanes = BOARD_SWIMLANES_PRIORITY});
	read_board(s);
	expect_cards(s, "TLS-11 TLS-1 WEB-2 TLS-3 WEB-4 TLS-12 WEB-5 TLS-10 TLS-6");
	expect(s, "\"lanes\":[{\"id\":\"low\",\"count\":1,");
}

static void cells_and_lanes_are_read_in_pages(void **state)
{
	struct seen *s = *state;
	char ids[BOARDS_LANES_MAX + 1][8];
	char cursor[BOARDS_CURSOR_MAX + 1] = "";
	for (int i = 0; i <= BOARDS_LANES_MAX; i++) {
		snprintf(ids[i], sizeof ids[i], "x%03d", i);
		struct issue_created *e =
		        draft(s, (uint8_t)(20 + i), s->acme->project, ids[i], "todo");
		e->has_assignee = true;
		e->assignee = (struct uuid){{1, (uint8_t)i}};
		history_command(&s->history, s->acme);
		history_flush(&s->history);
	}
	set_up(s, (struct board_configuration){.swimlanes = BOARD_SWIMLANES_ASSIGNEE});
	read_board(s);
	char *next = strstr(buf_cstr(&s->out), "\"next_lanes\":\"");
	assert_non_null(next);
	assert_int_equal(sscanf(next, "\"next_lanes\":\"%400[0-9a-f]", cursor), 1);
	assert_int_equal(read_as(s, boards_read, cursor, 1), STATUS_OK);
	expect(s, "\"next_lanes\":null");
	expect_cards(s, "TLS-120 TLS-1 WEB-5"); /* the last of the assignees, and nobody */
	static const char *const rest[] = {"WEB-2", "TLS-3", "WEB-4", NULL};
	next = strstr(buf_cstr(&s->out), "\"next\":\"");
	for (const char *const *key = rest; *key; key++) {
		assert_int_equal(sscanf(next, "\"next\":\"%400[0-9a-f]", cursor), 1);
		assert_int_equal(read_as(s, boards_read, cursor, 1), STATUS_OK);
		expect_cards(s, *key);
		expect(s, "\"lanes\":[{\"id\":null,\"count\":4,\"columns\":[{\"id\":\"open\","
		          "\"count\":4,");
		next = strstr(buf_cstr(&s->out), "\"next\":\"");
		assert_true((next != NULL) == (key[1] != NULL));
	}
}

static void quick_filters_are_asked_for_by_their_ids(void **state)
{
	static const struct slice types[] = {{"epic", 4}, {"subtask", 7}}, labels[] = {{"ui", 2}},
	                          low[] = {{"low", 3}};
	static const struct uuid component = {{5}}, other = {{6}};
	static const struct board_filter filters[] = {
	        {.id = {"mine", 4}, .caller = true},
	        {.id = {"nobodys", 7}, .unassigned = true},
	        {.id = {"types", 5}, .types = {types, 2}},
	        {.id = {"ui", 2}, .labels = {labels, 1}, .components = {&component, 1}},
	        {.id = {"low", 3}, .priorities = {low, 1}},
	        {.id = {"other", 5}, .versions = {&other, 1}},
	        {.id = {"big", 3}, .has_text = true, .text = {"GROSS", 5}},
	        {.id = {"his", 3}, .assignees = {&somebody, 1}, .unassigned = true}};
	static const struct {
		const char *filter, *keys;
	} expected[] = {{"mine", "TLS-12"},
	                {"types", "TLS-12 TLS-10"},
	                {"ui", "TLS-12"},
	                {"low", "TLS-11"},
	                {"other", ""},
	                {"big", "TLS-10"},
	                {"types,mine", "TLS-12"},
	                {"low,ui", ""},
	                {"his", "TLS-1 WEB-2 TLS-3 WEB-4 TLS-11 TLS-12 WEB-5 TLS-10 TLS-6"},
	                {"nobodys,low", "TLS-11"}};
	struct seen *s = *state;
	s->caller = somebody;
	add_epic(s);
	set_up(s, (struct board_configuration){.filters = {filters, 8}});
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		s->filter = expected[i].filter;
		read_board(s);
		expect_cards(s, expected[i].keys);
		expect(s, "\"total\":6,");
	}
	s->filter = "mine";
	read_board(s);
	expect(s, "\"total\":6,\"count\":1,");
	s->filter = "yours";
	assert_int_equal(read_as(s, boards_read, "", 9), STATUS_INVALID);
}

static void cards_show_the_fields_that_the_board_says(void **state)
{
	static const struct slice fields[] = {
	        {"estimate", 8}, {"components", 10}, {"parent", 6}, {"resolution", 10}};
	struct seen *s = *state;
	add_epic(s);
	set_up(s, (struct board_configuration){.card_fields = {fields, 4}});
	read_board(s);
	expect(s, "{\"id\":\"00000000-0000-0000-0000-00000000000c\",\"key\":\"TLS-12\",\"summary\":"
	          "\"One\",\"status\":\"todo\",\"rank\":\"e3\",\"version\":1,\"resolution\":null,"
	          "\"components\":[\"05000000-0000-0000-0000-000000000000\"],"
	          "\"parent\":\"00000000-0000-0000-0000-00000000000b\",\"estimate\":60}");
}

#define ON_SEEN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SEEN(cards_of_all_projects_lie_in_the_order_of_their_ranks),
	        ON_SEEN(pages_do_not_overlap),
	        ON_SEEN(what_is_no_cursor_is_said_so),
	        ON_SEEN(cards_of_a_hidden_project_are_not_there_and_not_counted),
	        ON_SEEN(a_board_of_hidden_projects_is_not_there),
	        ON_SEEN(an_archived_project_shows_no_cards),
	        ON_SEEN(a_status_that_no_project_has_drops_out),
	        ON_SEEN(what_a_board_shows_has_an_identity),
	        ON_SEEN(lanes_of_epics_have_whatever_is_below_them),
	        ON_SEEN(lanes_of_priorities_lie_in_their_order),
	        ON_SEEN(cells_and_lanes_are_read_in_pages),
	        ON_SEEN(quick_filters_are_asked_for_by_their_ids),
	        ON_SEEN(cards_show_the_fields_that_the_board_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
