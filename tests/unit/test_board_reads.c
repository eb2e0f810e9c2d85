/* What readers of boards that were set up get, from events made by hand: cards of two projects. */
#include "tests/unit/boards_seen.h"

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
	struct sight sight = {.hidden = &s->web, .hidden_n = 1};
	const struct boards_caller caller = {.sight = &sight};
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
	char id[UUID_TEXT];
	uuid_format(&s->web, id);
	assert_int_equal(boards_list(s->view, ACME, &caller, slice_of(id, UUID_TEXT), NULL, 9,
	                             &s->out, &position, &s->err),
	                 STATUS_NOT_FOUND);
	sight.hidden_n = 0;
	assert_int_equal(boards_list(s->view, ACME, &caller, SLICE("tls"), NULL, 9, &s->out,
	                             &position, &s->err),
	                 STATUS_OK);
	expect(s, "{\"items\":[],\"next\":null}");
	buf_clear(&s->out);
	assert_int_equal(boards_list(s->view, ACME, &caller, slice_of(id, UUID_TEXT), NULL, 9,
	                             &s->out, &position, &s->err),
	                 STATUS_OK);
	expect(s, "\"name\":\"Web\"");
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
	struct sight sight = {.hidden = &s->web};
	const struct boards_caller caller = {.sight = &sight};
	struct boards_reading *reading;
	uint64_t position;
	struct buf identity[3] = {{0}};
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			sight.hidden_n = 1;
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

/* --- swimlanes, quick filters --- */

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

enum { MANY_LANES = BOARDS_LANES_MAX + 30, FIRST_OF_MANY = 20 };

/* Epics TLS-20 and up, each of another assignee and with a priority of its own. */
static void add_many_lanes(struct seen *s)
{
	static char ids[MANY_LANES][8];
	for (int i = 0; i < MANY_LANES; i++) {
		snprintf(ids[i], sizeof ids[i], "x%03d", i);
		struct priority_added *added =
		        &history_event(&s->history, EVENT_PRIORITY_ADDED, AGGREGATE_KIND_PROJECT,
		                       s->acme->project, (uint64_t)i + 2)
		                 ->priority_added;
		added->priority = added->name = slice_str(ids[i]);
		history_command(&s->history, s->acme);
		struct issue_created *e =
		        draft(s, (uint8_t)(FIRST_OF_MANY + i), s->acme->project, ids[i], "todo");
		e->type = SLICE("epic");
		e->priority = slice_str(ids[i]);
		e->has_assignee = true;
		e->assignee = (struct uuid){{1, (uint8_t)i}};
		history_command(&s->history, s->acme);
		history_flush(&s->history);
	}
}

static void remove_lane(struct seen *s, uint8_t number)
{
	const struct uuid issue = {{[15] = number}};
	history_event(&s->history, EVENT_ISSUE_DELETED, AGGREGATE_KIND_ISSUE, issue, 2);
	history_command(&s->history, s->acme);
	fold(s);
}

/* The epics among the cards of the answer, which are in order, are those from @number on. */
static void expect_many(struct seen *s, int number)
{
	char card[64];
	for (int i = FIRST_OF_MANY; i < FIRST_OF_MANY + MANY_LANES; i++) {
		snprintf(card, sizeof card, "\"key\":\"TLS-%d\"", i);
		if (i < number)
			expect_not(s, card);
		else
			expect(s, card);
	}
}

static void next_lanes(struct seen *s, char cursor[BOARDS_CURSOR_MAX + 1])
{
	char *next = strstr(buf_cstr(&s->out), "\"next_lanes\":\"");
	assert_non_null(next);
	assert_int_equal(sscanf(next, "\"next_lanes\":\"%400[0-9a-f]", cursor), 1);
}

/* The last lane of a page goes before the next one is read. */
static void pages_of_lanes_lose_none(struct seen *s, enum board_swimlanes swimlanes)
{
	char cursor[BOARDS_CURSOR_MAX + 1] = "";
	set_up(s, (struct board_configuration){.swimlanes = swimlanes});
	add_many_lanes(s);
	fold(s);
	read_board(s);
	next_lanes(s, cursor);
	/* a lane "high" lies before those of the priorities that were added */
	int shown = BOARDS_LANES_MAX - (swimlanes == BOARD_SWIMLANES_PRIORITY);
	assert_int_equal(read_as(s, boards_read, cursor, 1), STATUS_OK);
	expect_many(s, FIRST_OF_MANY + shown);
	remove_lane(s, (uint8_t)(FIRST_OF_MANY + shown - 1));
	assert_int_equal(read_as(s, boards_read, cursor, 1), STATUS_OK);
	expect(s, "\"next_lanes\":null");
	expect_many(s, FIRST_OF_MANY + shown);
	/* it is of these lanes and of no others */
	enum board_swimlanes other =
	        swimlanes == BOARD_SWIMLANES_EPIC ? BOARD_SWIMLANES_ASSIGNEE : BOARD_SWIMLANES_EPIC;
	set_up(s, (struct board_configuration){.swimlanes = other});
	assert_int_equal(read_as(s, boards_read, cursor, 1), STATUS_INVALID);
}

static void no_epic_is_lost_between_pages(void **state)
{
	pages_of_lanes_lose_none(*state, BOARD_SWIMLANES_EPIC);
}

static void no_assignee_is_lost_between_pages(void **state)
{
	pages_of_lanes_lose_none(*state, BOARD_SWIMLANES_ASSIGNEE);
}

static void no_priority_is_lost_between_pages(void **state)
{
	pages_of_lanes_lose_none(*state, BOARD_SWIMLANES_PRIORITY);
}

static void what_names_no_lane_is_no_cursor(void **state)
{
	struct seen *s = *state;
	static const char *const bad[] = {
	        "0000", "00000361626302", "00100000000000000000000000000000000a",
	        "00100000000000000000000000000000000a03610000000000000000000000000000000000000b",
	        "046f70656e0361626361006000000000000000000000000000000000"};
	add_epic(s);
	set_up(s, (struct board_configuration){.swimlanes = BOARD_SWIMLANES_EPIC});
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_as(s, boards_read, bad[i], 1), STATUS_INVALID);
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

/* --- the board's own filter --- */

/* TLS-1, WEB-2, TLS-3, WEB-4, TLS-11 and TLS-12 are open; WEB-5, TLS-6 and the epic TLS-10 done. */
static void what_does_not_pass_is_not_on_the_board(void **state)
{
	static const struct slice types[] = {{"subtask", 7}, {"epic", 4}}, low[] = {{"low", 3}},
	                          labels[] = {{"ui", 2}};
	static const struct uuid component = {{5}}, other = {{6}};
	static const struct {
		struct issue_filter filter;
		const char *keys, *open, *done;
	} expected[] = {
	        {{.types = {types, 2}}, "TLS-12 TLS-10", "1,\"count\":1", "1,\"count\":1"},
	        {{.priorities = {low, 1}}, "TLS-11", "1,\"count\":1", "0,\"count\":0"},
	        {{.labels = {labels, 1}}, "TLS-12", "1,\"count\":1", "0,\"count\":0"},
	        {{.components = {&component, 1}}, "TLS-12", "1,\"count\":1", "0,\"count\":0"},
	        {{.versions = {&other, 1}}, "", "0,\"count\":0", "0,\"count\":0"},
	        {{.assignees = {&somebody, 1}}, "TLS-12", "1,\"count\":1", "0,\"count\":0"},
	        {{.unassigned = true, .priorities = {low, 1}},
	         "TLS-11",
	         "1,\"count\":1",
	         "0,\"count\":0"},
	        {{.has_text = true, .text = {"GROSS", 5}},
	         "TLS-10",
	         "0,\"count\":0",
	         "1,\"count\":1"},
	};
	struct seen *s = *state;
	char part[80];
	add_epic(s);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		set_up(s, (struct board_configuration){.filter = {&expected[i].filter, 1}});
		read_board(s);
		expect_cards(s, expected[i].keys);
		snprintf(part, sizeof part, "\"max\":null,\"total\":%s", expected[i].open);
		expect(s, part);
		snprintf(part, sizeof part, "\"max\":null,\"total\":%s", expected[i].done);
		expect(s, part);
	}
}

static void a_board_tells_its_filter(void **state)
{
	static const struct slice types[] = {{"bug", 3}};
	static const struct issue_filter filter = {
	        .types = {types, 1}, .has_text = true, .text = {"x", 1}};
	struct seen *s = *state;
	read_board(s);
	expect(s, "\"swimlanes\":\"unknown\",\"filter\":null,\"filters\":[]");
	set_up(s, (struct board_configuration){.filter = {&filter, 1}});
	read_board(s);
	expect(s, "\"filter\":{\"unassigned\":false,\"assignees\":[],\"types\":[\"bug\"],"
	          "\"priorities\":[],\"labels\":[],\"components\":[],\"versions\":[],"
	          "\"text\":\"x\",\"fields\":[]},\"filters\":[]");
}

/* The columns and the backlog of setup(), of sub-tasks alone. */
static void filter_by(struct seen *s, struct issue_filter filter, enum board_swimlanes swimlanes)
{
	static const struct slice open[] = {{"todo", 4}}, backlog[] = {{"done", 4}};
	static const struct board_column columns[] = {{.id = {"open", 4},
	                                               .name = {"Open", 4},
	                                               .statuses = {open, 1},
	                                               .has_min = true,
	                                               .min = 2,
	                                               .has_max = true,
	                                               .max = 3}};
	static const struct board_filter quick[] = {
	        {.id = {"big", 3}, .has_text = true, .text = {"GROSS", 5}}};
	struct uuid projects[] = {s->acme->project, s->web};
	history_event(&s->history, EVENT_BOARD_EDITED, AGGREGATE_KIND_BOARD, s->board, 2)
	        ->board_edited.after = (struct board_configuration){.name = SLICE("Both"),
	                                                            .projects = {projects, 2},
	                                                            .columns = {columns, 1},
	                                                            .backlog = {backlog, 1},
	                                                            .swimlanes = swimlanes,
	                                                            .filter = {&filter, 1},
	                                                            .filters = {quick, 1}};
	history_command(&s->history, s->acme);
	fold(s);
}

static void limits_and_the_backlog_are_of_what_passes(void **state)
{
	static const struct slice types[] = {{"subtask", 7}, {"epic", 4}}, task[] = {{"task", 4}};
	struct seen *s = *state;
	add_epic(s);
	filter_by(s, (struct issue_filter){.types = {types, 2}}, BOARD_SWIMLANES_NONE);
	read_board(s);
	expect_cards(s, "TLS-12");
	expect(s, "\"total\":1,\"count\":1,\"missing\":1,\"excess\":0");
	expect(s, "\"backlog\":{\"statuses\":[\"done\"],\"count\":1}");
	assert_int_equal(read_as(s, boards_read_backlog, "", 10), STATUS_OK);
	expect_cards(s, "TLS-10");
	expect(s, "\"total\":1,\"count\":1,");
	filter_by(s, (struct issue_filter){.types = {task, 1}}, BOARD_SWIMLANES_NONE);
	read_board(s);
	expect_cards(s, "TLS-1 WEB-2 WEB-4 TLS-11");
	expect(s, "\"total\":4,\"count\":4,\"missing\":0,\"excess\":1");
	s->hides_web = true;
	read_board(s);
	expect_cards(s, "TLS-1 TLS-11");
	expect(s, "\"total\":2,\"count\":2,\"missing\":0,\"excess\":0");
	expect(s, "\"backlog\":{\"statuses\":[\"done\"],\"count\":1}");
}

static void quick_filters_work_on_what_passes(void **state)
{
	static const struct slice types[] = {{"task", 4}};
	struct seen *s = *state;
	add_epic(s);
	filter_by(s, (struct issue_filter){.types = {types, 1}}, BOARD_SWIMLANES_NONE);
	s->filter = "big"; /* the epic, which is not on the board */
	read_board(s);
	expect_cards(s, "");
	expect(s, "\"total\":4,\"count\":0,\"missing\":0,\"excess\":1");
	assert_int_equal(read_as(s, boards_read_backlog, "", 10), STATUS_OK);
	expect_cards(s, "");
	expect(s, "\"total\":2,\"count\":0,");
}

/* An epic that does not pass is the head of the lane of what is below it, but no card there. */
static void lanes_have_what_passes(void **state)
{
	static const struct slice types[] = {{"subtask", 7}};
	struct seen *s = *state;
	add_epic(s);
	filter_by(s, (struct issue_filter){.types = {types, 1}}, BOARD_SWIMLANES_EPIC);
	read_board(s);
	expect(s, "\"lanes\":[{\"id\":\"00000000-0000-0000-0000-00000000000a\",\"key\":\"TLS-10\"");
	expect(s, "\"count\":1,\"columns\":[{\"id\":\"open\",\"count\":1,\"cards\":[");
	expect_cards(s, "TLS-10 TLS-12");
	expect_not(s, "{\"id\":null,\"count\"");
}

static void pages_of_a_filtered_board_do_not_overlap(void **state)
{
	static const struct slice types[] = {{"task", 4}};
	static const char *const open[] = {"TLS-1", "WEB-2", "WEB-4", "TLS-11", NULL};
	static const char *const backlog[] = {"WEB-5", "TLS-6", NULL};
	struct seen *s = *state;
	add_epic(s);
	filter_by(s, (struct issue_filter){.types = {types, 1}}, BOARD_SWIMLANES_NONE);
	for (int which = 0; which < 2; which++) {
		char cursor[BOARDS_CURSOR_MAX + 1] = "";
		for (const char *const *key = which ? backlog : open; *key; key++) {
			assert_int_equal(
			        read_as(s, which ? boards_read_backlog : boards_read, cursor, 1),
			        STATUS_OK);
			expect_cards(s, *key);
			expect(s, which ? "\"total\":2,\"count\":2" : "\"total\":4,\"count\":4");
			char *next = strstr(buf_cstr(&s->out), "\"next\":\"");
			assert_true((next != NULL) == (key[1] != NULL));
			if (next)
				sscanf(next, "\"next\":\"%400[0-9a-f]", cursor);
		}
	}
}

/* --- fields of cards --- */

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
	        ON_SEEN(no_epic_is_lost_between_pages),
	        ON_SEEN(no_assignee_is_lost_between_pages),
	        ON_SEEN(no_priority_is_lost_between_pages),
	        ON_SEEN(what_names_no_lane_is_no_cursor),
	        ON_SEEN(quick_filters_are_asked_for_by_their_ids),
	        ON_SEEN(what_does_not_pass_is_not_on_the_board),
	        ON_SEEN(a_board_tells_its_filter),
	        ON_SEEN(limits_and_the_backlog_are_of_what_passes),
	        ON_SEEN(quick_filters_work_on_what_passes),
	        ON_SEEN(lanes_have_what_passes),
	        ON_SEEN(pages_of_a_filtered_board_do_not_overlap),
	        ON_SEEN(cards_show_the_fields_that_the_board_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
