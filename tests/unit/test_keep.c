/* Archive, delete, and back. */
#include "tests/lib/decider.h"

#define TLS_1 .issue = SLICE("TLS-1")
#define TLS_2 .issue = SLICE("TLS-2")
#define TLS_3 .issue = SLICE("TLS-3")

/* TLS-1 is an epic; TLS-2 a story below it, of which TLS-3 and TLS-4 are sub-tasks; TLS-5 alone. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("epic", "1"));
	GIVEN(cleo, create_issue, ISSUE("story", "2"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "3"), .has_parent = true,
	      .parent = SLICE("TLS-2"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "4"), .has_parent = true,
	      .parent = SLICE("TLS-2"));
	GIVEN(ben, create_issue, ISSUE("task", "5"));
	return failed;
}

static void an_archived_issue_refuses_everything_but_coming_back(void **state)
{
	struct decider *decider = *state;
	GIVEN(dan, add_comment, TLS_1, .has_comment_id = true, .comment_id = id_of(50),
	      .body = SLICE("x"));
	WHEN(cleo, archive_issue, TLS_1);
	THEN(EVENT_ISSUE_ARCHIVED);
	WHEN(cleo, archive_issue, TLS_1);
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, TLS_1, .has_summary = true, .summary = SLICE("x"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, assign_issue, TLS_1);
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, label_issue, TLS_1, .add = LABELS(SLICE("x")));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, add_comment, TLS_1, .body = SLICE("x"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(dan, edit_comment, TLS_1, .comment_id = id_of(50), .body = SLICE("y"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(dan, delete_comment, TLS_1, .comment_id = id_of(50));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(dan, watch_issue, TLS_1);
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, log_work, TLS_1, .minutes = 1, .remaining = REMAINING_CHANGE_LEAVE);
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, rank_issue, TLS_1, .has_before = true, .before = SLICE("TLS-5"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, link_issues, TLS_1, .link_type = SLICE("blocks"), .other = SLICE("TLS-5"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(ben, delete_issue, TLS_1);
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, unarchive_issue, TLS_1);
	THEN(EVENT_ISSUE_UNARCHIVED);
	WHEN(cleo, unarchive_issue, TLS_1);
	THEN_UNCHANGED();
	WHEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void nothing_is_tied_to_an_archived_issue(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, archive_issue, TLS_1);
	WHEN(cleo, link_issues, TLS_2, .link_type = SLICE("blocks"), .other = SLICE("TLS-1"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/other");
	WHEN(cleo, rank_issue, TLS_2, .has_after = true, .after = SLICE("TLS-1"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/after");
	WHEN(cleo, create_issue, ISSUE("story", "x"), .has_parent = true, .parent = SLICE("TLS-1"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/parent");
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-5"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/parent");
}

static void nothing_goes_below_an_issue_of_an_archived_project(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("x"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("story"),
	      .summary = SLICE("x"), .priority = SLICE("medium"));
	GIVEN(ada, archive_project, .project = SLICE("TLS"));
	WHEN(cleo, create_issue, .project = SLICE("QUIC"), .type = SLICE("story"),
	     .summary = SLICE("y"), .priority = SLICE("medium"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/parent");
	WHEN(cleo, edit_issue, .issue = SLICE("QUIC-1"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/parent");
	GIVEN(ada, unarchive_project, .project = SLICE("TLS"));
	WHEN(cleo, edit_issue, .issue = SLICE("QUIC-1"), .has_parent = true,
	     .parent = SLICE("TLS-1"));
	THEN(EVENT_ISSUE_PARENT_CHANGED);
}

static void sub_tasks_are_archived_with_their_parent(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, archive_issue, TLS_3);
	WHEN(cleo, archive_issue, TLS_2);
	THEN(EVENT_ISSUE_ARCHIVED, EVENT_ISSUE_ARCHIVED);
	assert_true(EVENT_BODY(0, issue_archived)->with_parent);
	assert_false(EVENT_BODY(1, issue_archived)->with_parent);
	assert_int_equal(decider->decision.version, 2);
	WHEN(cleo, unarchive_issue, TLS_3);
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	WHEN(cleo, unarchive_issue, TLS_2);
	THEN(EVENT_ISSUE_UNARCHIVED, EVENT_ISSUE_UNARCHIVED);
	WHEN(cleo, unarchive_issue, TLS_3);
	THEN(EVENT_ISSUE_UNARCHIVED);
}

static void a_deleted_issue_is_there_for_nobody(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, delete_issue, .issue = SLICE("TLS-5"));
	THEN(EVENT_ISSUE_DELETED);
	WHEN(ben, edit_issue, .issue = SLICE("TLS-5"), .has_summary = true, .summary = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ben, delete_issue, .issue = SLICE("TLS-5"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ben, archive_issue, .issue = SLICE("TLS-5"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ben, unarchive_issue, .issue = SLICE("TLS-5"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ben, add_comment, .issue = SLICE("TLS-5"), .body = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(ben, link_issues, TLS_1, .link_type = SLICE("blocks"), .other = SLICE("TLS-5"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/other");
	WHEN(ben, create_issue, ISSUE("subtask", "x"), .has_parent = true,
	     .parent = SLICE("TLS-5"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/parent");
	WHEN(ben, create_issue, ISSUE("task", "x"));
	THEN(EVENT_ISSUE_CREATED);
	assert_int_equal(EVENT_BODY(0, issue_created)->number, 6);
}

static void an_issue_is_deleted_by_its_reporter_or_an_admin(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, delete_issue, .issue = SLICE("TLS-5"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, delete_issue, .issue = SLICE("TLS-4"));
	THEN(EVENT_ISSUE_DELETED);
	WHEN(cleo, restore_issue, TLS_3);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, restore_issue, .issue = SLICE("TLS-4"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue"); /* not there, for who may not restore it */
	WHEN(ben, delete_issue, TLS_3);
	THEN(EVENT_ISSUE_DELETED);
}

static void a_restored_issue_is_as_it_was(void **state)
{
	struct decider *decider = *state;
	GIVEN(dan, add_comment, TLS_2, .has_comment_id = true, .comment_id = id_of(50),
	      .body = SLICE("x"));
	GIVEN(dan, watch_issue, TLS_2);
	GIVEN(cleo, delete_issue, TLS_3);
	WHEN(cleo, delete_issue, TLS_2);
	THEN(EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED);
	WHEN(ben, restore_issue, TLS_3);
	THEN_REFUSED(PARENT_DELETED, "/issue");
	WHEN(ben, restore_issue, TLS_2);
	THEN(EVENT_ISSUE_RESTORED, EVENT_ISSUE_RESTORED);
	WHEN(ben, restore_issue, TLS_2);
	THEN_UNCHANGED();
	WHEN(dan, edit_comment, TLS_2, .comment_id = id_of(50), .body = SLICE("y"));
	THEN(EVENT_COMMENT_EDITED);
	WHEN(dan, watch_issue, TLS_2);
	THEN_UNCHANGED();
	WHEN(ben, restore_issue, TLS_3);
	THEN(EVENT_ISSUE_RESTORED);
	WHEN(ben, restore_issue, .issue = SLICE("TLS-9"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

/* Who reports an issue may put it away; TLS-6 is what ben has put below cleo's TLS-2. */
static void grant_to_reporters(struct decider *decider)
{
	static const struct permission_grant grants[] = {
	        {.permission = PERMISSION_BROWSE_PROJECT, .to = GRANT_TO_ANYONE},
	        {.permission = PERMISSION_CREATE_ISSUES, .to = GRANT_TO_ANYONE},
	        {.permission = PERMISSION_EDIT_ISSUES, .to = GRANT_TO_ANYONE},
	        {.permission = PERMISSION_ARCHIVE_ISSUES, .to = GRANT_TO_REPORTER},
	        {.permission = PERMISSION_DELETE_ISSUES, .to = GRANT_TO_REPORTER},
	        {.permission = PERMISSION_RESTORE_ISSUES, .to = GRANT_TO_REPORTER},
	        {.permission = PERMISSION_MOVE_ISSUES, .to = GRANT_TO_REPORTER}};
	GIVEN(ada, create_permission_scheme, .scheme = SLICE("own"), .name = SLICE("Own"),
	      .grants = {grants, sizeof(grants) / sizeof(grants[0])});
	GIVEN(ada, assign_permission_scheme, .project = SLICE("TLS"), .scheme = SLICE("own"));
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	GIVEN(ben, create_issue, ISSUE("subtask", "6"), .has_parent = true,
	      .parent = SLICE("TLS-2"));
}

static void sub_tasks_of_others_are_not_put_away_with_ones_own_issue(void **state)
{
	struct decider *decider = *state;
	grant_to_reporters(decider);
	WHEN(cleo, delete_issue, .issue = SLICE("TLS-6"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, delete_issue, TLS_2);
	THEN_REFUSED(FORBIDDEN, "/issue");
	assert_string_equal(
	        decider->decision.detail,
	        "its sub-task TLS-6 goes along, and needs the permission delete_issues as well");
	WHEN(cleo, archive_issue, TLS_2);
	THEN_REFUSED(FORBIDDEN, "/issue");
	WHEN(cleo, move_issue, TLS_2, .project = SLICE("QUIC"));
	THEN_REFUSED(FORBIDDEN, "/issue");
	WHEN(cleo, bulk_delete_issues, .issues = LABELS(SLICE("TLS-2"), SLICE("TLS-3")));
	assert_int_equal(EVENT_BODY(1, bulk_completed)->refused, 1);
	WHEN(cleo, bulk_move_issues, .issues = LABELS(SLICE("TLS-2")), .project = SLICE("QUIC"));
	assert_int_equal(EVENT_BODY(0, bulk_completed)->refused, 1);
	GIVEN(ben, archive_issue, TLS_2);
	WHEN(cleo, unarchive_issue, TLS_2);
	THEN_REFUSED(FORBIDDEN, "/issue");
	GIVEN(ben, unarchive_issue, TLS_2);
	GIVEN(ben, delete_issue, TLS_2);
	WHEN(cleo, restore_issue, TLS_2);
	THEN_REFUSED(FORBIDDEN, "/issue");
	GIVEN(ben, restore_issue, TLS_2);
	GIVEN(ben, delete_issue, .issue = SLICE("TLS-6"));
	WHEN(cleo, archive_issue, TLS_2);
	THEN(EVENT_ISSUE_ARCHIVED, EVENT_ISSUE_ARCHIVED); /* what is left below it is hers */
}

static void an_issue_of_others_is_not_deleted_by_making_it_a_sub_task(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, delete_issue, .issue = SLICE("TLS-5"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-5"), .has_type = true, .type = SLICE("subtask"),
	      .has_parent = true, .parent = SLICE("TLS-2"));
	WHEN(cleo, delete_issue, TLS_2);
	THEN_REFUSED(FORBIDDEN, "/issue");
	WHEN(ben, delete_issue, TLS_2);
	THEN(EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED);
}

static void a_hidden_sub_task_that_goes_along_is_not_named(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_permission_scheme, .scheme = SLICE("none"), .name = SLICE("None"));
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"),
	      .has_permission_scheme = true, .permission_scheme = SLICE("none"));
	GIVEN(ada, create_issue, .project = SLICE("QUIC"), .type = SLICE("subtask"),
	      .summary = SLICE("x"), .has_parent = true, .parent = SLICE("TLS-2"));
	WHEN(cleo, delete_issue, TLS_2);
	THEN_REFUSED(FORBIDDEN, "/issue");
	assert_null(strstr(decider->decision.detail, "QUIC"));
	GIVEN(ada, delete_project, .project = SLICE("QUIC"));
	WHEN(cleo, delete_issue, TLS_2);
	THEN(EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED);
}

static void what_stays_below_a_deleted_issue_is_listed(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, delete_issue, TLS_1);
	THEN(EVENT_ISSUE_DELETED);
	assert_int_equal(EVENT_BODY(0, issue_deleted)->children.n, 1);
	WHEN(cleo, transition_issue, TLS_2, .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	WHEN(ben, restore_issue, TLS_1);
	THEN(EVENT_ISSUE_RESTORED);
	assert_int_equal(EVENT_BODY(0, issue_restored)->children.n, 1);
}

static void sub_tasks_of_a_closed_project_hold_their_parent(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	GIVEN(ada, create_issue, .project = SLICE("QUIC"), .type = SLICE("subtask"),
	      .summary = SLICE("elsewhere"), .priority = SLICE("medium"), .has_parent = true,
	      .parent = SLICE("TLS-2"));
	GIVEN(ada, archive_project, .project = SLICE("QUIC"));
	WHEN(ada, delete_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(ada, archive_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	GIVEN(ada, unarchive_project, .project = SLICE("QUIC"));
	GIVEN(ada, delete_issue, .issue = SLICE("TLS-2"));
	GIVEN(ada, archive_project, .project = SLICE("QUIC"));
	WHEN(ada, restore_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
}

static void archived_sub_tasks_are_restored_archived(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, archive_issue, TLS_3);
	WHEN(cleo, delete_issue, TLS_2);
	THEN(EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED);
	WHEN(ben, restore_issue, TLS_2);
	THEN(EVENT_ISSUE_RESTORED, EVENT_ISSUE_RESTORED, EVENT_ISSUE_RESTORED);
	WHEN(cleo, watch_issue, TLS_3);
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
}

static void a_deleted_sub_task_is_not_restored_below_an_archived_parent(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, delete_issue, TLS_3);
	WHEN(cleo, archive_issue, TLS_2);
	THEN(EVENT_ISSUE_ARCHIVED, EVENT_ISSUE_ARCHIVED);
	WHEN(ben, restore_issue, TLS_3);
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
}

static void an_issue_is_put_away_in_the_expected_version(void **state)
{
	struct decider *decider = *state;
#define STALE TLS_1, .has_expected_version = true, .expected_version = 9
	WHEN(ben, archive_issue, STALE);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, unarchive_issue, STALE);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, delete_issue, STALE);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	GIVEN(ben, delete_issue, TLS_1);
	WHEN(ben, restore_issue, STALE);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void an_archived_project_is_closed_for_all_of_it(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, archive_issue, TLS_2);
	GIVEN(ben, delete_issue, .issue = SLICE("TLS-5"));
	GIVEN(ben, archive_project, .project = SLICE("TLS"));
	WHEN(ben, archive_issue, TLS_1);
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(ben, unarchive_issue, TLS_2);
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(ben, delete_issue, TLS_1);
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	WHEN(ben, restore_issue, .issue = SLICE("TLS-5"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(an_archived_issue_refuses_everything_but_coming_back),
	        CASE(nothing_is_tied_to_an_archived_issue),
	        CASE(nothing_goes_below_an_issue_of_an_archived_project),
	        CASE(sub_tasks_are_archived_with_their_parent),
	        CASE(a_deleted_issue_is_there_for_nobody),
	        CASE(an_issue_is_deleted_by_its_reporter_or_an_admin),
	        CASE(a_restored_issue_is_as_it_was),
	        CASE(sub_tasks_of_others_are_not_put_away_with_ones_own_issue),
	        CASE(an_issue_of_others_is_not_deleted_by_making_it_a_sub_task),
	        CASE(a_hidden_sub_task_that_goes_along_is_not_named),
	        CASE(what_stays_below_a_deleted_issue_is_listed),
	        CASE(sub_tasks_of_a_closed_project_hold_their_parent),
	        CASE(archived_sub_tasks_are_restored_archived),
	        CASE(a_deleted_sub_task_is_not_restored_below_an_archived_parent),
	        CASE(an_issue_is_put_away_in_the_expected_version),
	        CASE(an_archived_project_is_closed_for_all_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
