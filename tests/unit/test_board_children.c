/* Sub-tasks in other projects: everybody counts those that they see. */
#include "projections/board_card.h"
#include "tests/unit/boards_seen.h"

static struct uuid issue_of(uint8_t id)
{
	return (struct uuid){{[15] = id}};
}

static void add_child(struct seen *s, uint8_t id, struct uuid project, const char *status)
{
	char rank[2] = {(char)('p' + id % 10), 0};
	struct issue_created *e = draft(s, id, project, rank, status);
	e->has_parent = true;
	e->parent = issue_of(1);
	history_command(&s->history, s->acme);
}

static struct event *of_issue(struct seen *s, enum event_type type, uint8_t id, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ISSUE, issue_of(id), version);
}

/* What TLS-1 counts, on the boards that there are, for who sees WEB and who does not. */
static void expect_subtasks(struct seen *s, const char *all, const char *of_tls)
{
	struct board_stamp stamp;
	char part[80];
	for (int i = 0; i < 2; i++) {
		struct sight sight = sight_of(s);
		snprintf(part, sizeof part, "\"subtasks\":%s", s->hides_web ? of_tls : all);
		read_board(s);
		expect(s, part);
		buf_clear(&s->out);
		assert_int_equal(board_read(s->view, ACME, &sight, SLICE("TLS"), NONE, 9, &s->out,
		                            &stamp, &s->err),
		                 STATUS_OK);
		expect(s, part);
		s->hides_web = !s->hides_web;
	}
}

static void everybody_counts_the_subtasks_that_they_see(void **state)
{
	struct seen *s = *state;
	add_child(s, 20, s->acme->project, "todo");
	fold(s);
	expect_subtasks(s, "{\"total\":1,\"done\":0}", "{\"total\":1,\"done\":0}");
	add_child(s, 21, s->web, "done");
	add_child(s, 22, s->web, "todo");
	fold(s);
	expect_subtasks(s, "{\"total\":3,\"done\":1}", "{\"total\":1,\"done\":0}");
	of_issue(s, EVENT_ISSUE_MOVED, 21, 2)->issue_moved = (struct issue_moved){
	        .from_project_id = s->web,
	        .to_project_id = s->acme->project,
	        .to_number = 21,
	        .to_type = SLICE("task"),
	        .to_status = SLICE("done"),
	        .to_category = STATUS_CATEGORY_DONE,
	        .to_priority = SLICE("low"),
	};
	of_issue(s, EVENT_ISSUE_DELETED, 20, 2);
	history_command(&s->history, s->acme);
	fold(s);
	expect_subtasks(s, "{\"total\":2,\"done\":1}", "{\"total\":1,\"done\":1}");
	of_issue(s, EVENT_ISSUE_PARENT_CHANGED, 21, 3)->issue_parent_changed =
	        (struct issue_parent_changed){.has_from = true, .from = issue_of(1)};
	of_issue(s, EVENT_ISSUE_TRANSITIONED, 22, 2)->issue_transitioned =
	        (struct issue_transitioned){.to = SLICE("done"),
	                                    .to_category = STATUS_CATEGORY_DONE};
	history_command(&s->history, s->acme);
	fold(s);
	expect_subtasks(s, "{\"total\":1,\"done\":1}", "{\"total\":0,\"done\":0}");
}

static void a_deleted_project_takes_its_subtasks_along_and_brings_them_back(void **state)
{
	struct seen *s = *state;
	add_child(s, 20, s->acme->project, "todo");
	add_child(s, 21, s->web, "done");
	add_child(s, 22, s->web, "todo");
	of_issue(s, EVENT_ISSUE_DELETED, 22, 2);
	history_command(&s->history, s->acme);
	fold(s);
	expect_subtasks(s, "{\"total\":2,\"done\":1}", "{\"total\":1,\"done\":0}");
	of_web(s, EVENT_PROJECT_DELETED, 2)->project_deleted.key = SLICE("WEB");
	history_command(&s->history, s->acme);
	of_issue(s, EVENT_ISSUE_RESTORED, 22, 3);
	history_command(&s->history, s->acme);
	fold(s);
	expect_subtasks(s, "{\"total\":1,\"done\":0}", "{\"total\":1,\"done\":0}");
	of_web(s, EVENT_PROJECT_RESTORED, 3)->project_restored.key = SLICE("WEB");
	history_command(&s->history, s->acme);
	fold(s);
	expect_subtasks(s, "{\"total\":3,\"done\":1}", "{\"total\":1,\"done\":0}");
}

static void cards_of_chosen_fields_count_what_one_sees(void **state)
{
	static const struct slice field[] = {{"subtasks", 8}};
	struct seen *s = *state;
	add_child(s, 20, s->acme->project, "todo");
	add_child(s, 21, s->web, "todo");
	set_up(s, (struct board_configuration){.card_fields = {field, 1}});
	expect_subtasks(s, "{\"total\":2,\"done\":0}", "{\"total\":1,\"done\":0}");
}

static void a_child_that_was_not_counted_cannot_go(void **state)
{
	struct seen *s = *state;
	struct card card = {.project = NULL};
	assert_false(card_count_child(&card, &s->web, -1, 0));
	assert_true(card_count_child(&card, &s->web, 1, 0));
	assert_false(card_count_child(&card, &s->web, 0, 2));
	assert_true(card_count_child(&card, &s->web, 0, 1));
	assert_false(card_count_child(&card, &s->web, -1, 0)); /* the one left would be done */
	assert_true(card_count_child(&card, &s->web, -1, -1));
	assert_int_equal(card.children.n, 0);
	card_release(&card);
}

/* A sub-task of the open project below a story of WEB, which is below an epic of the open one. */
static void lanes_do_not_reach_through_what_is_hidden(void **state)
{
	struct seen *s = *state;
	add_epic(s);
	struct issue_created *e = draft(s, 13, s->web, "e4", "todo");
	e->has_parent = true;
	e->parent = epic_id;
	history_command(&s->history, s->acme);
	e = draft(s, 14, s->acme->project, "e5", "todo");
	e->type = SLICE("subtask");
	e->has_parent = true;
	e->parent = issue_of(13);
	history_command(&s->history, s->acme);
	set_up(s, (struct board_configuration){.swimlanes = BOARD_SWIMLANES_EPIC});
	read_board(s);
	expect_cards(s, "TLS-10 TLS-11 TLS-12 WEB-13 TLS-14 TLS-10 TLS-1 WEB-2 TLS-3 WEB-4 WEB-5 "
	                "TLS-6");
	s->hides_web = true;
	read_board(s);
	expect_cards(s, "TLS-10 TLS-11 TLS-12 TLS-10 TLS-1 TLS-3 TLS-14 TLS-6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SEEN(everybody_counts_the_subtasks_that_they_see),
	        ON_SEEN(a_deleted_project_takes_its_subtasks_along_and_brings_them_back),
	        ON_SEEN(cards_of_chosen_fields_count_what_one_sees),
	        ON_SEEN(a_child_that_was_not_counted_cannot_go),
	        ON_SEEN(lanes_do_not_reach_through_what_is_hidden),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
