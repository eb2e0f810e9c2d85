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
	struct buf out;
	struct error err;
};

static bool sees(const void *context, const struct uuid *project)
{
	const struct seen *s = context;
	return !s->hides_web || !uuid_equal(project, &s->web);
}

static void create(struct seen *s, uint8_t id, struct uuid project, const char *rank,
                   const char *status)
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
	const struct boards_caller caller = {.sees = sees, .context = s};
	const struct boards_page page = {slice_str(cursor), limit};
	struct boards_reading *reading;
	uint64_t position;
	buf_clear(&s->out);
	enum status status =
	        boards_open(s->view, ACME, SLICE(ID(9)), &caller, &reading, &position, &s->err);
	assert_int_equal(position, s->acme->seq);
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
	expect(s,
	       "\"columns\":[{\"id\":\"open\",\"name\":\"Open\",\"statuses\":[\"todo\",\"in_"
	       "review\"],\"min\":2,\"max\":3,\"count\":4,\"missing\":0,\"excess\":1,\"cards\":[");
	expect(s, "\"next\":null}],\"backlog\":{\"statuses\":[\"done\"],\"count\":2}}");
	assert_int_equal(read_as(s, boards_read_backlog, "", 10), STATUS_OK);
	expect_cards(s, "WEB-5 TLS-6");
	expect(s, "{\"id\":\"" ID(9) "\",\"name\":\"Both\",\"statuses\":[\"done\"],\"count\":2,");
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
