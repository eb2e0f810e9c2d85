/* Custom fields on the cards of boards that were set up, from events made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "projections/boards.h"
#include "tests/unit/history.h"

#define TEXTS(...)                                                                                 \
	(struct slice_array)                                                                       \
	{                                                                                          \
		(const struct slice[]){__VA_ARGS__},                                               \
		        sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice)         \
	}
#define NOTHING slice_of(NULL, 0)

struct seen {
	struct history history;
	struct history_tenant *acme;
	struct view *view;
	struct uuid web, board, issue;
	int64_t board_version, issue_version;
	int64_t tls_version, web_version;
	bool hides_web;
	struct issue_filter filter; /* that boards are shown with; empty: none */
	struct buf out, identity;
	struct error err;
};

static void done(struct seen *s)
{
	history_command(&s->history, s->acme);
}

static struct event *of_project(struct seen *s, enum event_type type, bool web)
{
	int64_t *version = web ? &s->web_version : &s->tls_version;
	return history_event(&s->history, type, AGGREGATE_KIND_PROJECT,
	                     web ? s->web : s->acme->project, (uint64_t)++ * version);
}

static struct event *of_issue(struct seen *s, enum event_type type)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ISSUE, s->issue,
	                     (uint64_t)++s->issue_version);
}

static void add_field(struct seen *s, bool web, const char *id, enum field_kind kind,
                      const char *name, int position)
{
	static const struct field_option levels[] = {{.option = {"low", 3}, .name = {"Low", 3}},
	                                             {.option = {"high", 4}, .name = {"High", 4}}};
	struct event *e = of_project(s, EVENT_FIELD_ADDED, web);
	e->field_added =
	        (struct field_added){.field = slice_str(id),
	                             .kind = kind,
	                             .settings = {.name = slice_str(name), .position = position},
	                             .options = {levels, kind == FIELD_KIND_MULTI_SELECT ? 2 : 0}};
	done(s);
}

static void set_values(struct seen *s, const char *id, enum field_kind kind,
                       struct slice_array values)
{
	struct field_change change = {.field = slice_str(id), .kind = kind, .to = values};
	of_issue(s, EVENT_ISSUE_FIELDS_CHANGED)->issue_fields_changed.changes =
	        (struct field_change_array){&change, 1};
	done(s);
}

static void show(struct seen *s, struct slice_array fields)
{
	static const struct slice todo[] = {{"todo", 4}};
	static const struct board_column columns[] = {
	        {.id = {"open", 4}, .name = {"Open", 4}, .statuses = {todo, 1}}};
	struct uuid projects[] = {s->acme->project, s->web};
	struct board_configuration board = {.name = SLICE("Both"),
	                                    .projects = {projects, 2},
	                                    .columns = {columns, 1},
	                                    .swimlanes = BOARD_SWIMLANES_NONE,
	                                    .filter = {&s->filter, s->filter.fields.n > 0},
	                                    .card_fields = fields};
	bool is_new = !s->board_version++;
	struct event *e =
	        history_event(&s->history, is_new ? EVENT_BOARD_CREATED : EVENT_BOARD_EDITED,
	                      AGGREGATE_KIND_BOARD, s->board, (uint64_t)s->board_version);
	if (is_new)
		e->board_created.board = board;
	else
		e->board_edited.after = board;
	done(s);
}

/* TLS-1, a task of TLS, which has level and cost; WEB has cost, a text there. */
static int setup(void **state)
{
	struct seen *s = mem_new(sizeof *s);
	history_open(&s->history, 1);
	s->acme = history_tenant(&s->history, "acme", 1);
	s->tls_version = 1;
	s->web.bytes[15] = 8;
	s->board.bytes[15] = 9;
	s->issue.bytes[15] = 1;
	struct event *e = of_project(s, EVENT_PROJECT_CREATED, true);
	e->project_created.key = SLICE("WEB");
	e->project_created.name = SLICE("Web");
	done(s);
	add_field(s, false, "level", FIELD_KIND_MULTI_SELECT, "Level", 0);
	add_field(s, false, "cost", FIELD_KIND_NUMBER, "Cost", 1);
	add_field(s, true, "cost", FIELD_KIND_TEXT, "Price", 0);
	of_issue(s, EVENT_ISSUE_CREATED)->issue_created =
	        (struct issue_created){.project_id = s->acme->project,
	                               .number = 1,
	                               .type = SLICE("task"),
	                               .summary = SLICE("One"),
	                               .status = SLICE("todo"),
	                               .priority = SLICE("high"),
	                               .rank = SLICE("a")};
	done(s);
	set_values(s, "level", FIELD_KIND_MULTI_SELECT, TEXTS(SLICE("high"), SLICE("low")));
	set_values(s, "cost", FIELD_KIND_NUMBER, TEXTS(SLICE("12.5")));
	show(s, TEXTS(SLICE("cost"), SLICE("priority"), SLICE("level")));
	s->view = history_view(&s->history, "board", "v1");
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct seen *s = *state;
	kv_view_close(s->view);
	history_close(&s->history);
	buf_release(&s->out);
	buf_release(&s->identity);
	free(s);
	return 0;
}

static void read_board(struct seen *s)
{
	const struct sight sight = {.hidden = &s->web, .hidden_n = s->hides_web};
	const struct boards_caller caller = {.sight = &sight};
	const struct boards_page page = {NOTHING, 10};
	struct boards_reading *reading;
	uint64_t position;
	char id[UUID_TEXT];
	history_flush(&s->history);
	history_fold(&s->history, s->view, 0);
	uuid_format(&s->board, id);
	buf_clear(&s->out);
	buf_clear(&s->identity);
	assert_int_equal(boards_open(s->view, SLICE("acme"), slice_of(id, UUID_TEXT), &caller,
	                             &reading, &position, &s->err),
	                 STATUS_OK);
	boards_identity(reading, &s->identity);
	assert_int_equal(boards_read(reading, &page, &s->out, &s->err), STATUS_OK);
	assert_int_equal(boards_close(reading, &s->err), STATUS_OK);
}

static void expect(struct seen *s, const char *part)
{
	read_board(s);
	if (!strstr(buf_cstr(&s->out), part))
		fail_msg("no %s in %s", part, buf_cstr(&s->out));
}

#define COST                                                                                       \
	"{\"id\":\"cost\",\"name\":\"Cost\",\"kind\":\"number\",\"values\":[\"12.5\"],"            \
	"\"display\":null}"
#define LEVEL                                                                                      \
	"{\"id\":\"level\",\"name\":\"Level\",\"kind\":\"multi_select\",\"values\":[\"high\","     \
	"\"low\"],"

static void a_card_has_the_values_in_the_order_of_the_board(void **state)
{
	struct seen *s = *state;
	expect(s, "\"card_fields\":[\"cost\",\"priority\",\"level\"]");
	expect(s, "\"rank\":\"a\",\"version\":3,\"priority\":\"high\",\"fields\":[" COST "," LEVEL
	          "\"display\":[\"High\",\"Low\"]}]}");
	show(s, TEXTS(SLICE("level")));
	expect(s, "\"version\":3,\"fields\":[" LEVEL "\"display\":[\"High\",\"Low\"]}]}");
	set_values(s, "level", FIELD_KIND_MULTI_SELECT, (struct slice_array){NULL, 0});
	expect(s, "\"version\":4,\"fields\":[]}");
	show(s, TEXTS(SLICE("priority")));
	expect(s, "\"version\":4,\"priority\":\"high\"}");
}

/* What the page shows changes with each of these, and so must what it is kept under. */
static void what_changes_the_fields_of_cards_changes_the_identity(void **state)
{
	struct seen *s = *state;
	struct buf before = {0};
	struct field_settings all = {.name = SLICE("Cost"), .position = 1},
	                      bugs = {.name = SLICE("Price"),
	                              .position = 1,
	                              .issue_types = TEXTS(SLICE("bug"))};
	read_board(s);
	for (int step = 0; step < 5; step++) {
		buf_clear(&before);
		buf_append_slice(&before, buf_slice(&s->identity));
		if (step == 0) {
			set_values(s, "cost", FIELD_KIND_NUMBER, TEXTS(SLICE("13")));
			expect(s, "\"values\":[\"13\"]");
		} else if (step == 1) {
			of_project(s, EVENT_FIELD_OPTION_EDITED, false)->field_option_edited =
			        (struct field_option_edited){.field = SLICE("level"),
			                                     .option = SLICE("high"),
			                                     .from_name = SLICE("High"),
			                                     .to_name = SLICE("Bad"),
			                                     .to_disabled = true};
			done(s);
			expect(s, "\"display\":[\"Bad\",\"Low\"]");
		} else if (step == 2) { /* taken from tasks */
			of_project(s, EVENT_FIELD_EDITED, false)->field_edited =
			        (struct field_edited){SLICE("cost"), all, bugs};
			done(s);
			expect(s, "\"fields\":[" LEVEL "\"display\":[\"Bad\",\"Low\"]}]}");
		} else if (step == 3) { /* and given back, under another name */
			of_project(s, EVENT_FIELD_EDITED, false)->field_edited =
			        (struct field_edited){SLICE("cost"), bugs, all};
			done(s);
			expect(s, "\"fields\":[{\"id\":\"cost\",\"name\":\"Cost\"");
		} else {
			of_project(s, EVENT_FIELD_REMOVED, false)->field_removed =
			        (struct field_removed){
			                .field = SLICE("cost"), .position = 1, .issues = 1};
			done(s);
			expect(s, "\"fields\":[" LEVEL "\"display\":[\"Bad\",\"Low\"]}]}");
		}
		assert_false(slice_equal(buf_slice(&before), buf_slice(&s->identity)));
	}
	buf_release(&before);
}

static void a_field_that_nobody_has_any_more_drops_out(void **state)
{
	struct seen *s = *state;
	show(s, TEXTS(SLICE("level")));
	of_project(s, EVENT_FIELD_REMOVED, false)->field_removed =
	        (struct field_removed){.field = SLICE("level"), .position = 0, .issues = 1};
	done(s);
	expect(s, "\"card_fields\":[],");
	expect(s, "\"subtasks\":{\"total\":0,\"done\":0}"); /* as on the project's board */
}

static void each_project_says_what_its_field_is(void **state)
{
	struct seen *s = *state;
	s->hides_web = true;
	expect(s, COST);
	s->hides_web = false;
	struct field_change change = {.field = SLICE("level"), .kind = FIELD_KIND_MULTI_SELECT};
	of_issue(s, EVENT_ISSUE_FIELDS_CHANGED)->issue_fields_changed.changes =
	        (struct field_change_array){&change, 1};
	of_issue(s, EVENT_ISSUE_MOVED)->issue_moved =
	        (struct issue_moved){.from_project_id = s->acme->project,
	                             .to_project_id = s->web,
	                             .from_number = 1,
	                             .to_number = 1,
	                             .to_type = SLICE("task"),
	                             .to_status = SLICE("todo"),
	                             .to_category = STATUS_CATEGORY_TODO,
	                             .to_priority = SLICE("high")};
	done(s);
	expect(s, "\"fields\":[{\"id\":\"cost\",\"name\":\"Price\",\"kind\":\"text\",");
}

/* A board that shows nothing but a field of a hidden project looks as if it showed no fields. */
static void fields_of_a_hidden_project_are_not_told(void **state)
{
	struct seen *s = *state;
	add_field(s, true, "secret", FIELD_KIND_TEXT, "Secret", 1);
	show(s, TEXTS(SLICE("secret")));
	expect(s, "\"card_fields\":[\"secret\"]");
	expect(s, "\"version\":3,\"fields\":[]}");
	s->hides_web = true;
	expect(s, "\"card_fields\":[],");
	assert_null(strstr(buf_cstr(&s->out), "secret"));
	assert_null(strstr(buf_cstr(&s->out), "\"fields\""));
}

/* Pages are kept: a name in them would outlive the person who is forgotten. */
static void members_are_ids_and_paragraphs_are_not_there(void **state)
{
	struct seen *s = *state;
	const char *ada = "00000000-0000-0000-0000-0000000000ad";
	add_field(s, false, "tester", FIELD_KIND_MEMBER, "Tester", 2);
	add_field(s, false, "notes", FIELD_KIND_PARAGRAPH, "Notes", 3);
	set_values(s, "tester", FIELD_KIND_MEMBER, TEXTS(slice_str(ada)));
	set_values(s, "notes", FIELD_KIND_PARAGRAPH, TEXTS(SLICE("a long text")));
	show(s, TEXTS(SLICE("tester"), SLICE("notes")));
	expect(s, "\"card_fields\":[\"tester\"]");
	expect(s, "\"version\":5,\"fields\":[{\"id\":\"tester\",\"name\":\"Tester\",\"kind\":"
	          "\"member\",\"values\":[\"00000000-0000-0000-0000-0000000000ad\"],\"display\":"
	          "null}]}");
	assert_null(strstr(buf_cstr(&s->out), "long"));
}

static void filter_by(struct seen *s, const char *field, struct slice_array values)
{
	const struct field_condition condition = {slice_str(field), values};
	s->filter.fields = (struct field_condition_array){&condition, 1};
	show(s, (struct slice_array){NULL, 0});
}

/* Whether TLS-1 is on the board, and counted there. */
static void expect_card(struct seen *s, bool there)
{
	expect(s, there ? "\"total\":1,\"count\":1," : "\"total\":0,\"count\":0,");
	expect(s, there ? "\"key\":\"TLS-1\"" : "\"cards\":[]");
}

static void a_filter_asks_for_one_of_some_values(void **state)
{
	struct seen *s = *state;
	filter_by(s, "level", TEXTS(SLICE("top"), SLICE("low")));
	expect(s, "\"text\":null,\"fields\":[{\"field\":\"level\",\"values\":[\"top\",\"low\"]}]}");
	expect_card(s, true);
	filter_by(s, "level", TEXTS(SLICE("top")));
	expect_card(s, false);
	filter_by(s, "level", TEXTS(SLICE("low")));
	set_values(s, "level", FIELD_KIND_MULTI_SELECT, TEXTS(SLICE("high")));
	expect_card(s, false);
	set_values(s, "level", FIELD_KIND_MULTI_SELECT, (struct slice_array){NULL, 0});
	expect_card(s, false);
}

/* A value that the issue does not show is no value. */
static void a_filter_asks_for_what_issues_show(void **state)
{
	struct seen *s = *state;
	const struct slice bug[] = {{"bug", 3}};
	const struct field_settings all = {.name = SLICE("Level")},
	                            bugs = {.name = SLICE("Level"), .issue_types = {bug, 1}};
	filter_by(s, "level", TEXTS(SLICE("low")));
	expect_card(s, true);
	of_project(s, EVENT_FIELD_EDITED, false)->field_edited =
	        (struct field_edited){SLICE("level"), all, bugs};
	done(s);
	expect_card(s, false);
	of_project(s, EVENT_FIELD_EDITED, false)->field_edited =
	        (struct field_edited){SLICE("level"), bugs, all};
	done(s);
	expect_card(s, true);
	of_project(s, EVENT_FIELD_REMOVED, false)->field_removed =
	        (struct field_removed){.field = SLICE("level"), .position = 0, .issues = 1};
	done(s);
	expect_card(s, false);
}

static void a_field_of_a_hidden_project_lets_nothing_pass(void **state)
{
	struct seen *s = *state;
	add_field(s, true, "secret", FIELD_KIND_LABELS, "Secret", 1);
	filter_by(s, "secret", TEXTS(SLICE("x")));
	s->hides_web = true;
	expect_card(s, false);
	s->hides_web = false;
	expect_card(s, false);
}

#define ON_SEEN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SEEN(a_card_has_the_values_in_the_order_of_the_board),
	        ON_SEEN(what_changes_the_fields_of_cards_changes_the_identity),
	        ON_SEEN(a_field_that_nobody_has_any_more_drops_out),
	        ON_SEEN(each_project_says_what_its_field_is),
	        ON_SEEN(fields_of_a_hidden_project_are_not_told),
	        ON_SEEN(a_filter_asks_for_one_of_some_values),
	        ON_SEEN(a_filter_asks_for_what_issues_show),
	        ON_SEEN(a_field_of_a_hidden_project_lets_nothing_pass),
	        ON_SEEN(members_are_ids_and_paragraphs_are_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
