#include "core/domain/workflow.h"
#include "tests/lib/decider.h"

static void settle_issue(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
}

static void move_to(struct decider *decider, const char *status)
{
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	      .to = slice_str(status));
}

static void a_transition_tells_both_categories(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("in_progress"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	const struct issue_transitioned *event = EVENT_BODY(0, issue_transitioned);
	assert_slice(event->from, "todo");
	assert_slice(event->to, "in_progress");
	assert_int_equal(event->from_category, STATUS_CATEGORY_TODO);
	assert_int_equal(event->to_category, STATUS_CATEGORY_IN_PROGRESS);
	assert_false(event->has_resolution);
	assert_false(event->has_parent);
	assert_int_equal(decider->decision.version, 2);
}

static void a_missing_transition_names_those_that_exist(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("in_review"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	assert_string_equal(decider->decision.detail,
	                    "no transition leads from 'To do' (todo) to 'In review' (in_review); "
	                    "allowed: in_progress, done");
}

/* The whole table of the classic workflow, which is frozen: what it has is accepted, all else is
 * refused. */
static bool classic_allows(const char *from, const char *to)
{
	static const char *const allowed[][2] = {
	        {"todo", "in_progress"},      {"todo", "done"},        {"in_progress", "todo"},
	        {"in_progress", "in_review"}, {"in_progress", "done"}, {"in_review", "in_progress"},
	        {"in_review", "done"},        {"done", "todo"},        {"done", "in_progress"},
	};
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
		if (strcmp(from, allowed[i][0]) == 0 && strcmp(to, allowed[i][1]) == 0)
			return true;
	return false;
}

static void the_classic_workflow_is_its_table(void **state)
{
	static const char *const statuses[] = {"todo", "in_progress", "in_review", "done"};
	struct decider *decider = *state;
	settle_issue(decider);
	int accepted = 0;
	for (int from = 0; from < 4; from++)
		for (int to = 0; to < 4; to++) {
			move_to(decider, "todo");
			if (strcmp(statuses[from], "in_review") == 0)
				move_to(decider, "in_progress");
			move_to(decider, statuses[from]);
			WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
			     .to = slice_str(statuses[to]));
			if (from == to)
				THEN_UNCHANGED();
			else if (!classic_allows(statuses[from], statuses[to]))
				THEN_REFUSED(NO_TRANSITION, "/to");
			else
				THEN(EVENT_ISSUE_TRANSITIONED);
			accepted += decider->decision.events_n == 1;
			move_to(decider, "in_progress");
		}
	assert_int_equal(accepted, 9);
}

static void a_done_issue_has_a_resolution_and_no_other_has(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	assert_true(EVENT_BODY(0, issue_transitioned)->has_resolution);
	assert_slice(EVENT_BODY(0, issue_transitioned)->resolution, "done");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("todo"));
	assert_false(EVENT_BODY(0, issue_transitioned)->has_resolution);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_resolution = true, .resolution = SLICE("wont_do"));
	assert_slice(EVENT_BODY(0, issue_transitioned)->resolution, "wont_do");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_resolution = true, .resolution = SLICE("wont_do"));
	THEN_UNCHANGED();
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN_UNCHANGED();
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_resolution = true, .resolution = SLICE("duplicate"));
	THEN_REFUSED(NO_TRANSITION, "/to");
}

static void a_resolution_is_known_and_for_done_issues(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("in_progress"), .has_resolution = true, .resolution = SLICE("done"));
	THEN_REFUSED(RESOLUTION_NOT_DONE, "/resolution");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_resolution = true, .resolution = SLICE("boredom"));
	THEN_REFUSED(UNKNOWN_RESOLUTION, "/resolution");
}

static void a_status_is_known(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("nirvana"));
	THEN_REFUSED(UNKNOWN_STATUS, "/to");
}

static void a_transition_is_of_an_issue_of_the_expected_version(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-2"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_expected_version = true, .expected_version = 2);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	assert_int_equal(decider->decision.version, 1);
}

static void a_transition_of_a_subtask_tells_its_parent(void **state)
{
	struct decider *decider = *state;
	settle_issue(decider);
	struct uuid parent = decider->decision.created;
	GIVEN(cleo, create_issue, ISSUE("subtask", "part"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-2"), .has_to = true, .to = SLICE("done"));
	assert_true(EVENT_BODY(0, issue_transitioned)->has_parent);
	assert_true(uuid_equal(&EVENT_BODY(0, issue_transitioned)->parent, &parent));
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_transition_tells_both_categories),
	        ON_SETTLED(a_missing_transition_names_those_that_exist),
	        ON_SETTLED(the_classic_workflow_is_its_table),
	        ON_SETTLED(a_done_issue_has_a_resolution_and_no_other_has),
	        ON_SETTLED(a_resolution_is_known_and_for_done_issues),
	        ON_SETTLED(a_status_is_known),
	        ON_SETTLED(a_transition_is_of_an_issue_of_the_expected_version),
	        ON_SETTLED(a_transition_of_a_subtask_tells_its_parent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
