/* The resolution of an issue that stays done is corrected. */
#include "core/domain/issue.h"
#include "tests/unit/workflows.h"

#define TLS_1       .issue = SLICE("TLS-1")
#define TLS_2       .issue = SLICE("TLS-2")
#define RESOLVE(id) .has_resolution = true, .resolution = SLICE(id)
#define TYPE(id)    .has_type = true, .type = SLICE(id)

/* TLS-1 is done, TLS-2 not. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "one"));
	GIVEN(cleo, create_issue, ISSUE("task", "two"));
	GIVEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("done"));
	return failed;
}

static struct row_issue row_of(struct decider *decider, const char *ref)
{
	struct row_issue issue;
	assert_true(resolve_issue(&decider->state.face, slice_str(ref), &issue));
	return issue;
}

static void a_done_issue_gets_another_resolution(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("duplicate"));
	THEN(EVENT_ISSUE_RESOLUTION_CHANGED);
	assert_slice(EVENT_BODY(0, issue_resolution_changed)->from, "done");
	assert_slice(EVENT_BODY(0, issue_resolution_changed)->to, "duplicate");
	struct row_issue issue = row_of(decider, "TLS-1");
	assert_string_equal(issue.resolution, "duplicate");
	assert_string_equal(issue.status, "done");
	assert_int_equal(issue.field_version[ISSUE_FIELD_RESOLUTION], 3);
	assert_int_equal(issue.field_version[ISSUE_FIELD_STATUS], 2);
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("duplicate"));
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("done"), .has_summary = true, .summary = SLICE("x"),
	     .has_expected_version = true, .expected_version = 2,
	     .if_unchanged = FIELDS(ISSUE_FIELD_RESOLUTION));
	THEN_REFUSED(VERSION_MISMATCH, "/if_unchanged");
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("done"), .has_summary = true, .summary = SLICE("x"),
	     .has_expected_version = true, .expected_version = 3,
	     .if_unchanged = FIELDS(ISSUE_FIELD_RESOLUTION));
	THEN(EVENT_ISSUE_SUMMARY_CHANGED, EVENT_ISSUE_RESOLUTION_CHANGED);
	GIVEN(cleo, transition_issue, TLS_1, .has_to = true, .to = SLICE("todo"));
	assert_string_equal(row_of(decider, "TLS-1").resolution, "");
}

static void only_a_done_issue_has_one(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, TLS_2, RESOLVE("duplicate"));
	THEN_REFUSED(RESOLUTION_NOT_DONE, "/resolution");
	assert_string_equal(decider->decision.detail, "todo is not a done status; TransitionIssue "
	                                              "to one takes a resolution");
	WHEN(cleo, edit_issue, TLS_1, .clear = FIELDS(ISSUE_FIELD_RESOLUTION));
	THEN_REFUSED(BAD_CLEAR, "/clear");
}

static void a_resolution_that_cannot_be_chosen_is_refused(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("boredom"));
	THEN_REFUSED(UNKNOWN_RESOLUTION, "/resolution");
	WHEN(cleo, edit_issue, TLS_1, RESOLVE(""));
	THEN_REFUSED(UNKNOWN_RESOLUTION, "/resolution");
	GIVEN(ben, edit_resolution, .project = SLICE("TLS"), .resolution = SLICE("duplicate"),
	      .has_disabled = true, .disabled = true);
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("duplicate"));
	THEN_REFUSED(DISABLED, "/resolution");
	GIVEN(ben, edit_resolution, .project = SLICE("TLS"), .resolution = SLICE("done"),
	      .has_disabled = true, .disabled = true);
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("done")); /* as it is */
	THEN_UNCHANGED();
	WHEN(dan, edit_issue, TLS_1, RESOLVE("wont_do"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(cleo, archive_issue, TLS_1);
	WHEN(cleo, edit_issue, TLS_1, RESOLVE("wont_do"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
}

/* Bugs end as fixed or broken, and know no other status. */
static void bugs_have_a_workflow(struct decider *decider)
{
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("broken"),
	      .name = SLICE("x"), .category = STATUS_CATEGORY_TODO);
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("fixed"),
	      .name = SLICE("y"), .category = STATUS_CATEGORY_DONE);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("bugs", BEGIN("broken"), WAY("fix", "broken", "fixed")));
	GIVEN(ben, publish_workflow, PUBLISH("bugs"));
	GIVEN(ben, assign_workflow, PUBLISH("bugs"), .issue_type = SLICE("bug"));
}

/* The resolution that is named is that of the status behind the command. */
static void a_conversion_takes_it_along(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, edit_issue, TLS_1, RESOLVE("wont_do"));
	WHEN(cleo, edit_issue, TLS_1, TYPE("story"), RESOLVE("duplicate")); /* it stays done */
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_RESOLUTION_CHANGED);
	assert_slice(EVENT_BODY(0, issue_converted)->to_resolution, "wont_do");
	assert_slice(EVENT_BODY(1, issue_resolution_changed)->from, "wont_do");
	bugs_have_a_workflow(decider);
	WHEN(cleo, edit_issue, TLS_1, TYPE("bug"), .has_status = true, .status = SLICE("broken"),
	     RESOLVE("done"));
	THEN_REFUSED(RESOLUTION_NOT_DONE, "/resolution");
	WHEN(cleo, edit_issue, TLS_1, TYPE("bug"), .has_status = true, .status = SLICE("fixed"),
	     RESOLVE("wont_do"));
	THEN(EVENT_ISSUE_CONVERTED);
	assert_slice(EVENT_BODY(0, issue_converted)->from_resolution, "duplicate");
	assert_slice(EVENT_BODY(0, issue_converted)->to_resolution, "wont_do");
	assert_string_equal(row_of(decider, "TLS-1").resolution, "wont_do");
	WHEN(cleo, edit_issue, TLS_2, TYPE("bug"), .has_status = true, .status = SLICE("fixed"),
	     RESOLVE("duplicate"));
	THEN(EVENT_ISSUE_CONVERTED);
	assert_false(EVENT_BODY(0, issue_converted)->has_from_resolution);
	assert_string_equal(row_of(decider, "TLS-2").resolution, "duplicate");
	WHEN(cleo, edit_issue, TLS_2, TYPE("task"), .has_status = true, .status = SLICE("done"));
	THEN(EVENT_ISSUE_CONVERTED);
	assert_slice(EVENT_BODY(0, issue_converted)->to_resolution, "duplicate");
}

static void a_bulk_refuses_what_is_not_done(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, bulk_edit_issues, .issues = LABELS(SLICE("TLS-1"), SLICE("TLS-2")),
	     RESOLVE("wont_do"));
	THEN(EVENT_ISSUE_RESOLUTION_CHANGED, EVENT_BULK_COMPLETED);
	assert_slice(EVENT_BODY(1, bulk_completed)->refusals.items[0].code, "resolution_not_done");
	WHEN(cleo, bulk_edit_issues, .issues = LABELS(SLICE("TLS-1")), RESOLVE("wont_do"));
	THEN(EVENT_BULK_COMPLETED);
	assert_int_equal(EVENT_BODY(0, bulk_completed)->unchanged.n, 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_done_issue_gets_another_resolution),
	        CASE(only_a_done_issue_has_one),
	        CASE(a_resolution_that_cannot_be_chosen_is_refused),
	        CASE(a_conversion_takes_it_along),
	        CASE(a_bulk_refuses_what_is_not_done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
