/* Parents and sub-tasks in other projects: everybody gets those that they see. */
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

/* The bytes by which pages are kept, and the seq in the ETag of the project's board. */
static uint64_t identity_of(struct seen *s, struct buf *identity)
{
	const struct sight sight = sight_of(s);
	const struct boards_caller caller = {.sight = &sight};
	struct boards_reading *reading;
	struct board_stamp stamp;
	uint64_t position;
	assert_int_equal(
	        boards_open(s->view, ACME, SLICE(ID(9)), &caller, &reading, &position, &s->err),
	        STATUS_OK);
	boards_identity(reading, identity);
	assert_int_equal(boards_close(reading, &s->err), STATUS_OK);
	assert_int_equal(board_stamp(s->view, ACME, SLICE("TLS"), &stamp, &s->err), STATUS_OK);
	return stamp.etag_seq;
}

static void expect_parent(struct seen *s, const char *parent)
{
	const struct sight sight = sight_of(s);
	struct board_stamp stamp;
	read_board(s);
	expect(s, parent);
	buf_clear(&s->out);
	assert_int_equal(
	        board_read(s->view, ACME, &sight, SLICE("TLS"), NONE, 9, &s->out, &stamp, &s->err),
	        STATUS_OK);
	expect(s, parent);
}

static void a_parent_that_went_out_of_sight_goes_from_the_card(void **state)
{
	struct seen *s = *state;
	struct buf before = {0}, after = {0};
	add_child(s, 20, s->acme->project, "todo");
	fold(s);
	s->hides_web = true;
	expect_parent(s, "\"parent\":\"" ID(1) "\"");
	uint64_t seq = identity_of(s, &before);
	of_issue(s, EVENT_ISSUE_MOVED, 1, 2)->issue_moved = (struct issue_moved){
	        .from_project_id = s->acme->project,
	        .to_project_id = s->web,
	        .to_number = 77,
	        .to_type = SLICE("task"),
	        .to_status = SLICE("todo"),
	        .to_category = STATUS_CATEGORY_TODO,
	        .to_priority = SLICE("low"),
	};
	history_command(&s->history, s->acme);
	fold(s);
	assert_true(identity_of(s, &after) > seq);
	assert_false(slice_equal(buf_slice(&before), buf_slice(&after)));
	read_board(s);
	expect_not(s, ID(1));
	expect_parent(s, "\"parent\":null");
	seq = identity_of(s, &before);
	of_issue(s, EVENT_ISSUE_MOVED, 1, 3)->issue_moved = (struct issue_moved){
	        .from_project_id = s->web,
	        .to_project_id = s->acme->project,
	        .to_number = 78,
	        .to_type = SLICE("task"),
	        .to_status = SLICE("todo"),
	        .to_category = STATUS_CATEGORY_TODO,
	        .to_priority = SLICE("low"),
	};
	history_command(&s->history, s->acme);
	fold(s);
	assert_true(identity_of(s, &after) > seq);
	expect_parent(s, "\"parent\":\"" ID(1) "\"");
	buf_release(&before);
	buf_release(&after);
}

/* --- whatever happened --- */

struct law {
	struct history history;
	struct view *view;
	struct buf out;
	struct error err;
};

static bool lies_in(const struct history_tenant *t, const struct history_issue *issue,
                    const struct uuid *project)
{
	return uuid_equal(project, issue->elsewhere ? &t->other_project : &t->project);
}

/* What who sees what @sight does counts below the issue, which they see. */
static void count_children(const struct history_tenant *t, const struct history_issue *issue,
                           const struct sight *sight, int *total, int *done)
{
	uint32_t number = (uint32_t)(issue - t->issues) + 1;
	*total = *done = 0;
	for (uint32_t i = 0; i < t->issues_n; i++) {
		const struct history_issue *child = &t->issues[i];
		const struct uuid *project = child->elsewhere ? &t->other_project : &t->project;
		bool gone = child->deleted || (t->deleted && !child->elsewhere);
		if (child->parent != number || gone || !sight_sees(sight, project))
			continue;
		++*total;
		*done += child->column == 3;
	}
}

static void expect_card(struct law *law, const struct history_tenant *t,
                        const struct history_issue *issue, const struct sight *sight)
{
	char text[UUID_TEXT], part[80];
	int total, done;
	uuid_format(&issue->id, text);
	snprintf(part, sizeof part, "{\"id\":\"%.36s\",\"key\"", text);
	const char *card = strstr(buf_cstr(&law->out), part);
	assert_int_equal(card != NULL, !issue->archived && !issue->deleted);
	if (!card)
		return;
	count_children(t, issue, sight, &total, &done);
	snprintf(part, sizeof part, "\"subtasks\":{\"total\":%d,\"done\":%d}", total, done);
	if (strncmp(strstr(card, "\"subtasks\""), part, strlen(part)) != 0)
		fail_msg("no %s in %.400s", part, card);
	const struct history_issue *parent = issue->parent ? &t->issues[issue->parent - 1] : NULL;
	if (parent && !sight_sees(sight, parent->elsewhere ? &t->other_project : &t->project))
		assert_memory_equal(strstr(card, "\"parent\":") + 9, "null", 4);
}

static void check_board(struct law *law, const struct history_tenant *t, const struct uuid *project,
                        const struct sight *sight)
{
	const char *key = uuid_equal(project, &t->other_project) ? "QUIC"
	                  : t->rekeyed                           ? "NET"
	                                                         : "TLS";
	struct board_stamp stamp;
	buf_clear(&law->out);
	enum status status = board_read(law->view, slice_str(t->name), sight, slice_str(key), NONE,
	                                1000, &law->out, &stamp, &law->err);
	bool deleted = t->deleted && project == &t->project;
	assert_int_equal(status, deleted ? STATUS_NOT_FOUND : STATUS_OK);
	for (uint32_t i = 0; i < t->issues_n && !deleted; i++)
		if (lies_in(t, &t->issues[i], project))
			expect_card(law, t, &t->issues[i], sight);
}

static void check_tenant(struct law *law, const struct history_tenant *t)
{
	struct uuid here = t->project, there = t->other_project;
	const struct sight sights[] = {{.hidden_n = 0},
	                               {.hidden = &here, .hidden_n = 1},
	                               {.hidden = &there, .hidden_n = 1}};
	for (size_t i = 0; i < sizeof sights / sizeof *sights; i++) {
		if (sight_sees(&sights[i], &t->project))
			check_board(law, t, &t->project, &sights[i]);
		if (!uuid_is_nil(&t->other_project) && sight_sees(&sights[i], &t->other_project))
			check_board(law, t, &t->other_project, &sights[i]);
	}
}

static void cards_count_what_one_sees_whatever_happened(void **state)
{
	struct law *law = mem_new(sizeof *law);
	(void)state;
	history_open(&law->history, 1);
	law->history.seed = seed_start("board_children");
	history_tenant(&law->history, "acme", 40);
	history_tenant(&law->history, "umbra", 12);
	law->view = history_view(&law->history, "board", "v1");
	for (int round = 0; round < 60; round++) {
		history_random(&law->history, 1 + seed_below(&law->history.seed, 20));
		history_fold(&law->history, law->view, 0);
		for (uint32_t i = 0; i < law->history.tenants_n; i++)
			check_tenant(law, &law->history.tenants[i]);
	}
	kv_view_close(law->view);
	history_close(&law->history);
	buf_release(&law->out);
	free(law);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SEEN(everybody_counts_the_subtasks_that_they_see),
	        ON_SEEN(a_deleted_project_takes_its_subtasks_along_and_brings_them_back),
	        ON_SEEN(cards_of_chosen_fields_count_what_one_sees),
	        ON_SEEN(a_child_that_was_not_counted_cannot_go),
	        ON_SEEN(lanes_do_not_reach_through_what_is_hidden),
	        ON_SEEN(a_parent_that_went_out_of_sight_goes_from_the_card),
	        cmocka_unit_test(cards_count_what_one_sees_whatever_happened),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
