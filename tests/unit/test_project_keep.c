/* Delete and restore of a project. */
#include "tests/lib/decider.h"

#define TLS_1  .issue = SLICE("TLS-1")
#define QUIC_1 .issue = SLICE("QUIC-1")

/* Two projects: the story TLS-1 with the sub-tasks TLS-2 and QUIC-2, the story QUIC-1 with the
 * sub-task TLS-3; TLS-1 blocks QUIC-1. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	GIVEN(cleo, create_issue, ISSUE("story", "1"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "2"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("story"),
	      .summary = SLICE("1"), .priority = SLICE("low"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("subtask"),
	      .summary = SLICE("2"), .priority = SLICE("low"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "3"), .has_parent = true,
	      .parent = SLICE("QUIC-1"));
	GIVEN(cleo, link_issues, TLS_1, .link_type = SLICE("blocks"), .other = SLICE("QUIC-1"));
	return failed;
}

static void a_deleted_project_is_there_for_nobody(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, delete_project, .project = SLICE("QUIC"));
	THEN(EVENT_PROJECT_DELETED);
	assert_slice(EVENT_BODY(0, project_deleted)->key, "QUIC");
	WHEN(ada, edit_project, .project = SLICE("QUIC"), .has_name = true, .name = SLICE("x"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ada, archive_project, .project = SLICE("QUIC"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ada, delete_project, .project = SLICE("QUIC"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ada, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	     .summary = SLICE("x"), .priority = SLICE("low"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ada, edit_issue, QUIC_1, .has_summary = true, .summary = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ada, delete_issue, QUIC_1);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ada, restore_issue, QUIC_1);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ada, unarchive_issue, QUIC_1);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ada, transition_issue, QUIC_1, .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ada, add_comment, QUIC_1, .body = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ada, clone_issue, QUIC_1, .has_project = true, .project = SLICE("TLS"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ada, clone_issue, TLS_1, .has_project = true, .project = SLICE("QUIC"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
}

static void rules_do_not_find_it_either(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, delete_project, .project = SLICE("QUIC"));
	decider->request.actor.kind = ACTOR_KIND_RULE;
	WHEN(ada, transition_issue, QUIC_1, .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

static void nothing_of_another_project_is_tied_to_it(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, delete_project, .project = SLICE("QUIC"));
	WHEN(cleo, link_issues, TLS_1, .link_type = SLICE("relates"), .other = SLICE("QUIC-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/other");
	WHEN(cleo, unlink_issues, TLS_1, .link_type = SLICE("blocks"), .other = SLICE("QUIC-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/other");
	WHEN(cleo, rank_issue, TLS_1, .has_after = true, .after = SLICE("QUIC-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/after");
	WHEN(cleo, create_issue, ISSUE("subtask", "x"), .has_parent = true,
	     .parent = SLICE("QUIC-1"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/parent");
	/* Neither its sub-task nor the link to it is there to be cloned. */
	WHEN(cleo, clone_issue, TLS_1, .links = true, .subtasks = true);
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_CREATED);
	/* A sub-task whose parent is there cannot be cloned without it. */
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-3"));
	THEN_REFUSED(PARENT_NEEDED, "/issue");
}

static void its_keys_and_ids_stay_given(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("HTTP"), .name = SLICE("HTTP"),
	      .has_project_id = true, .project_id = id_of(77));
	GIVEN(ada, change_project_key, .project = SLICE("HTTP"), .key = SLICE("WEB"));
	GIVEN(ada, delete_project, .project = SLICE("HTTP"));
	WHEN(ada, create_project, .key = SLICE("HTTP"), .name = SLICE("again"));
	THEN_REFUSED(KEY_TAKEN, "/key");
	WHEN(ada, create_project, .key = SLICE("WEB"), .name = SLICE("again"));
	THEN_REFUSED(KEY_TAKEN, "/key");
	WHEN(ada, change_project_key, .project = SLICE("TLS"), .key = SLICE("WEB"));
	THEN_REFUSED(KEY_TAKEN, "/key");
	WHEN(ada, create_project, .key = SLICE("NEW"), .name = SLICE("again"),
	     .has_project_id = true, .project_id = id_of(77));
	THEN_REFUSED(ID_TAKEN, "/project_id");
}

static void a_restored_project_is_as_it_was(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, delete_issue, QUIC_1);
	GIVEN(ada, archive_project, .project = SLICE("QUIC"));
	GIVEN(ada, delete_project, .project = SLICE("QUIC"));
	WHEN(ben, restore_project, .project = SLICE("QUIC"));
	THEN(EVENT_PROJECT_RESTORED);
	WHEN(ben, restore_project, .project = SLICE("QUIC"));
	THEN_UNCHANGED();
	WHEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	     .summary = SLICE("x"), .priority = SLICE("low"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
	GIVEN(ada, unarchive_project, .project = SLICE("QUIC"));
	WHEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	     .summary = SLICE("x"), .priority = SLICE("low"));
	THEN(EVENT_ISSUE_CREATED);
	assert_int_equal(EVENT_BODY(0, issue_created)->number, 3);
	WHEN(cleo, add_comment, QUIC_1, .body = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	GIVEN(ben, restore_issue, QUIC_1);
	WHEN(cleo, link_issues, TLS_1, .link_type = SLICE("blocks"), .other = SLICE("QUIC-1"));
	THEN_UNCHANGED();
}

static void who_may_not_administer_it_finds_nothing_to_restore(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, delete_project, .project = SLICE("QUIC"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, restore_project, .project = SLICE("QUIC"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ben, delete_project, .project = SLICE("QUIC"));
	WHEN(cleo, restore_project, .project = SLICE("QUIC"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, restore_project, .project = SLICE("NONE"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
}

static void the_version_is_that_of_the_project(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, delete_project, .project = SLICE("QUIC"), .has_expected_version = true,
	     .expected_version = 9);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, delete_project, .project = SLICE("QUIC"), .has_expected_version = true,
	     .expected_version = 1);
	THEN(EVENT_PROJECT_DELETED);
	assert_int_equal(decider->decision.version, 2);
	WHEN(ben, restore_project, .project = SLICE("QUIC"), .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, restore_project, .project = SLICE("QUIC"), .has_expected_version = true,
	     .expected_version = 2);
	THEN(EVENT_PROJECT_RESTORED);
}

static void its_sub_tasks_of_other_projects_go_along_unseen(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, archive_project, .project = SLICE("QUIC"));
	GIVEN(ada, delete_project, .project = SLICE("QUIC"));
	WHEN(ben, delete_issue, TLS_1);
	THEN(EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED);
	GIVEN(ada, restore_project, .project = SLICE("QUIC"));
	GIVEN(ada, unarchive_project, .project = SLICE("QUIC"));
	WHEN(ben, restore_issue, .issue = SLICE("QUIC-2"));
	THEN_REFUSED(PARENT_DELETED, "/issue");
	GIVEN(ben, restore_issue, TLS_1);
	WHEN(cleo, add_comment, .issue = SLICE("QUIC-2"), .body = SLICE("back"));
	THEN(EVENT_COMMENT_ADDED);
}

/* Closing asks that all sub-tasks are done. */
static void draft_with_rule(struct decider *decider)
{
	static const enum status_category done[] = {STATUS_CATEGORY_DONE};
	static const struct workflow_rule rules[] = {
	        {.kind = WORKFLOW_RULE_KIND_SUBTASKS_IN, .categories = {done, 1}}};
	static const struct slice from[] = {{"todo", 4}};
	static const struct workflow_transition ways[] = {{.id = {"create", 6},
	                                                   .name = {"Create", 6},
	                                                   .kind = TRANSITION_KIND_INITIAL,
	                                                   .to = {"todo", 4}},
	                                                  {.id = {"close", 5},
	                                                   .name = {"Close", 5},
	                                                   .kind = TRANSITION_KIND_DIRECTED,
	                                                   .from = {from, 1},
	                                                   .to = {"done", 4},
	                                                   .validators = {rules, 1}}};
	GIVEN(ada, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("Strict"), .transitions = {ways, 2});
	GIVEN(ada, publish_workflow, .project = SLICE("TLS"), .workflow = SLICE("classic"));
}

static void its_sub_tasks_do_not_count(void **state)
{
	struct decider *decider = *state;
	draft_with_rule(decider);
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-2"), .has_to = true, .to = SLICE("done"));
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NOT_VALID, "/to");
	GIVEN(ada, delete_project, .project = SLICE("QUIC"));
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void boards_go_on_without_it(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_board, .has_board_id = true, .board_id = id_of(90), .name = SLICE("both"),
	      .projects = LABELS(SLICE("TLS"), SLICE("QUIC")));
	GIVEN(ben, create_board, .has_board_id = true, .board_id = id_of(91),
	      .name = SLICE("alone"), .projects = LABELS(SLICE("QUIC")));
	GIVEN(ben, delete_project, .project = SLICE("QUIC"));
	WHEN(ben, edit_board, .board = id_of(90), .has_name = true, .name = SLICE("one"));
	THEN(EVENT_BOARD_EDITED);
	WHEN(ben, edit_board, .board = id_of(91), .has_name = true, .name = SLICE("none"));
	THEN_REFUSED(NO_SUCH_BOARD, "/board");
	WHEN(ben, create_board, .name = SLICE("new"), .projects = LABELS(SLICE("QUIC")));
	THEN_REFUSED(NO_SUCH_PROJECT, "/projects/0");
	GIVEN(ben, restore_project, .project = SLICE("QUIC"));
	WHEN(ben, edit_board, .board = id_of(91), .has_name = true, .name = SLICE("back"));
	THEN(EVENT_BOARD_EDITED);
}

#define ON_TWO(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_TWO(a_deleted_project_is_there_for_nobody),
	        ON_TWO(rules_do_not_find_it_either),
	        ON_TWO(nothing_of_another_project_is_tied_to_it),
	        ON_TWO(its_keys_and_ids_stay_given),
	        ON_TWO(a_restored_project_is_as_it_was),
	        ON_TWO(who_may_not_administer_it_finds_nothing_to_restore),
	        ON_TWO(the_version_is_that_of_the_project),
	        ON_TWO(its_sub_tasks_of_other_projects_go_along_unseen),
	        ON_TWO(its_sub_tasks_do_not_count),
	        ON_TWO(boards_go_on_without_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
