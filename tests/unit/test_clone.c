#include "tests/lib/decider.h"

#define TLS_1 .issue = SLICE("TLS-1")

/* TLS-1 with everything that is cloned, TLS-2 and TLS-3 its sub-tasks, TLS-4 what it blocks. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("story", "first"), .description = SLICE("long"),
	      .labels = LABELS(SLICE("a"), SLICE("b")), .has_assignee = true, .assignee = dan,
	      .has_due_on = true, .due_on = 20, .has_start_on = true, .start_on = 10,
	      .has_estimate = true, .estimate = 60, .has_remaining = true, .remaining = 5);
	GIVEN(cleo, create_issue, ISSUE("subtask", "second"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "third"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, create_issue, ISSUE("task", "fourth"));
	GIVEN(cleo, link_issues, TLS_1, .link_type = SLICE("blocks"), .other = SLICE("TLS-4"));
	return failed;
}

static void a_clone_is_like_the_issue_but_new(void **state)
{
	struct decider *decider = *state;
	struct uuid reporter = ben, assignee = dan;
	GIVEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("in_progress"));
	WHEN(ben, clone_issue, TLS_1, .summary_prefix = SLICE("Copy of "));
	THEN(EVENT_ISSUE_CREATED);
	const struct issue_created *e = EVENT_BODY(0, issue_created);
	assert_slice(e->summary, "Copy of first");
	assert_slice(e->type, "story");
	assert_slice(e->status, "todo");
	assert_slice(e->description, "");
	assert_int_equal(e->number, 5);
	assert_int_equal(e->labels.n, 2);
	assert_slice(e->labels.items[1], "b");
	assert_true(uuid_equal(&e->assignee, &assignee) && uuid_equal(&e->reporter, &reporter));
	assert_int_equal(e->due_on, 20);
	assert_int_equal(e->start_on, 10);
	assert_int_equal(e->estimate, 60);
	assert_int_equal(e->remaining, 60);
	assert_true(e->has_cloned_from && e->has_description_seq);
	assert_int_equal(decider->decision.version, 1);
	assert_true(uuid_equal(&decider->decision.created,
	                       &decider_event(decider, 0)->meta.aggregate.id));
}

static void the_description_is_that_of_the_event_that_set_it(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, edit_issue, TLS_1, .has_description = true, .description = SLICE("longer"));
	int64_t seq = decider->seq;
	GIVEN(cleo, clone_issue, TLS_1);
	assert_int_equal(EVENT_BODY(0, issue_created)->description_seq, seq);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-5"), .has_description = true,
	     .description = SLICE("longer"));
	THEN_UNCHANGED();
	GIVEN(cleo, clone_issue, .issue = SLICE("TLS-5"));
	assert_int_equal(EVENT_BODY(0, issue_created)->description_seq, seq);
	WHEN(cleo, edit_issue, .issue = SLICE("TLS-6"), .has_description = true,
	     .description = SLICE("own"));
	THEN(EVENT_ISSUE_DESCRIPTION_CHANGED);
	assert_int_equal(EVENT_BODY(0, issue_description_changed)->previous_seq, seq);
}

static void sub_tasks_and_links_are_cloned_when_asked_for(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, archive_issue, .issue = SLICE("TLS-3"));
	WHEN(cleo, clone_issue, TLS_1, .subtasks = true, .links = true);
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_LINKED, EVENT_ISSUE_CREATED);
	assert_true(uuid_equal(&EVENT_BODY(2, issue_created)->parent, &decider->decision.created));
	assert_int_equal(EVENT_BODY(2, issue_created)->number, 6);
	assert_int_equal(decider->decision.version, 2);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-4"), .links = true);
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(ben, delete_issue, .issue = SLICE("TLS-4"));
	WHEN(cleo, clone_issue, TLS_1, .links = true);
	THEN(EVENT_ISSUE_CREATED);
}

static void links_are_cloned_where_they_could_be_made(void **state)
{
	static const struct permission_grant grants[] = {{.permission = PERMISSION_LINK_ISSUES,
	                                                  .to = GRANT_TO_ORGANIZATION_ROLE,
	                                                  .has_organization_role = true,
	                                                  .organization_role = ORG_ROLE_MEMBER}};
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("x"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .summary = SLICE("x"));
	GIVEN(cleo, link_issues, TLS_1, .link_type = SLICE("relates"), .other = SLICE("QUIC-1"));
	WHEN(cleo, clone_issue, TLS_1, .links = true);
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_LINKED, EVENT_ISSUE_LINKED);
	GIVEN(ada, archive_project, .project = SLICE("QUIC"));
	WHEN(cleo, clone_issue, TLS_1, .links = true);
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_LINKED);
	GIVEN(ada, create_permission_scheme, .scheme = SLICE("strict"), .name = SLICE("x"),
	      .has_copy_of = true, .copy_of = SLICE("classic"));
	GIVEN(ada, change_permission_grants, .scheme = SLICE("strict"), .remove = {grants, 1});
	GIVEN(ada, assign_permission_scheme, .project = SLICE("TLS"), .scheme = SLICE("strict"));
	WHEN(cleo, clone_issue, TLS_1, .links = true);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED);
}

static void a_clone_goes_to_another_project(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("x"));
	WHEN(cleo, clone_issue, TLS_1, .has_project = true, .project = SLICE("QUIC"),
	     .subtasks = true);
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_CREATED, EVENT_ISSUE_CREATED);
	assert_int_equal(EVENT_BODY(0, issue_created)->number, 1);
	assert_int_equal(EVENT_BODY(2, issue_created)->number, 3);
	WHEN(cleo, clone_issue, TLS_1, .has_project = true, .project = SLICE("NONE"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	GIVEN(ada, archive_project, .project = SLICE("QUIC"));
	WHEN(cleo, clone_issue, TLS_1, .has_project = true, .project = SLICE("QUIC"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

static void who_left_is_not_assigned_again(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, deactivate_member, .member = dan);
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED);
	assert_false(EVENT_BODY(0, issue_created)->has_assignee);
}

static void what_cannot_be_cloned_is_refused(void **state)
{
	static char prefix[252];
	struct decider *decider = *state;
	memset(prefix, 'x', sizeof prefix);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-9"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, clone_issue, TLS_1, .summary_prefix = slice_of(prefix, sizeof prefix));
	THEN_REFUSED(BAD_TEXT, "/summary_prefix");
	WHEN(cleo, clone_issue, TLS_1, .has_issue_id = true, .issue_id = cleo);
	THEN_REFUSED(ID_TAKEN, "/issue_id");
	GIVEN(cleo, archive_issue, TLS_1);
	WHEN(cleo, clone_issue, .issue = SLICE("TLS-2"));
	THEN_REFUSED(PARENT_NEEDED, "/issue");
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED);
	GIVEN(cleo, unarchive_issue, TLS_1);
	GIVEN(cleo, delete_issue, TLS_1);
	WHEN(cleo, clone_issue, TLS_1);
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_clone_is_like_the_issue_but_new),
	        CASE(the_description_is_that_of_the_event_that_set_it),
	        CASE(sub_tasks_and_links_are_cloned_when_asked_for),
	        CASE(links_are_cloned_where_they_could_be_made),
	        CASE(a_clone_goes_to_another_project),
	        CASE(who_left_is_not_assigned_again),
	        CASE(what_cannot_be_cloned_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
