/* Boards over two projects, TLS and WEB, of events that are made by hand, and what readers get. */
#ifndef TESTS_UNIT_BOARDS_SEEN_H
#define TESTS_UNIT_BOARDS_SEEN_H

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

/* Of who does not see WEB, or sees everything. */
static inline struct sight sight_of(struct seen *s)
{
	return (struct sight){.hidden = &s->web, .hidden_n = s->hides_web};
}

static inline struct issue_created *draft(struct seen *s, uint8_t id, struct uuid project,
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

static inline void create(struct seen *s, uint8_t id, struct uuid project, const char *rank,
                          const char *status)
{
	draft(s, id, project, rank, status);
	history_command(&s->history, s->acme);
}

static inline void fold(struct seen *s)
{
	history_flush(&s->history);
	history_fold(&s->history, s->view, 0);
}

static inline struct event *of_web(struct seen *s, enum event_type type, int64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_PROJECT, s->web, (uint64_t)version);
}

/* Ranks in turns: TLS-1, WEB-2, TLS-3, WEB-4 in the column, WEB-5 and TLS-6 in the backlog. */
static inline int setup(void **state)
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

static inline int teardown(void **state)
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

static inline enum status read_as(struct seen *s, read_fn *read, const char *cursor, uint32_t limit)
{
	const struct sight sight = sight_of(s);
	const struct boards_caller caller = {.id = s->caller, .sight = &sight};
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

static inline void read_board(struct seen *s)
{
	assert_int_equal(read_as(s, boards_read, "", 10), STATUS_OK);
}

static inline void expect(struct seen *s, const char *part)
{
	if (!strstr(buf_cstr(&s->out), part))
		fail_msg("no %s in %s", part, buf_cstr(&s->out));
}

static inline void expect_not(struct seen *s, const char *part)
{
	if (strstr(buf_cstr(&s->out), part))
		fail_msg("%s in %s", part, buf_cstr(&s->out));
}

/* The keys of the cards, in order, are @keys ("TLS-1 WEB-2"). */
static inline void expect_cards(struct seen *s, const char *keys)
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

static const struct uuid epic_id = {{[15] = 10}};
static const struct uuid somebody = {{7}};

/* An epic TLS-10 (rank e1) with a story TLS-11, which has a sub-task TLS-12 of somebody's. */
static inline void add_epic(struct seen *s)
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

static inline void set_up(struct seen *s, struct board_configuration board)
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

#define ON_SEEN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

#endif
