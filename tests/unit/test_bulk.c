#include "core/domain/bulk.h"
#include "core/domain/issue.h"
#include "core/domain/overlay.h"
#include "tests/unit/rules.h"

#define LIST(...)                                                                                  \
	.issues = {                                                                                \
	        (const struct slice[]){__VA_ARGS__},                                               \
	        sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice),                \
	}
#define TLS(n) SLICE("TLS-" #n)

/* TLS-1 and TLS-2 are stories, TLS-3 is a sub-task of the first. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("story", "first"));
	GIVEN(cleo, create_issue, ISSUE("story", "second"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "below"), .has_parent = true, .parent = TLS(1));
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	return failed;
}

static struct row_issue row_of(struct decider *decider, const char *ref)
{
	struct row_issue issue;
	assert_true(resolve_issue(&decider->state.face, slice_str(ref), &issue));
	return issue;
}

static const struct bulk_completed *outcome(struct decider *decider)
{
	uint32_t last = decider->decision.events_n - 1;
	assert_int_equal(decider_event(decider, last)->type, EVENT_BULK_COMPLETED);
	return &decider_event(decider, last)->bulk_completed;
}

static void every_issue_has_its_outcome(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, edit_issue, .issue = TLS(2), .has_priority = true, .priority = SLICE("high"));
	GIVEN(cleo, archive_issue, .issue = TLS(3));
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1), TLS(9), TLS(2), TLS(3)), .has_priority = true,
	     .priority = SLICE("high"));
	THEN(EVENT_ISSUE_PRIORITY_CHANGED, EVENT_BULK_COMPLETED);
	const struct bulk_completed *e = outcome(decider);
	assert_slice(e->command, "BulkEditIssues");
	assert_int_equal(e->issues, 4);
	assert_int_equal(e->changed, 1);
	assert_int_equal(e->refused, 2);
	assert_int_equal(e->unchanged.n, 1);
	assert_int_equal(e->unchanged.items[0], 3);
	assert_int_equal(e->refusals.items[0].place, 2);
	assert_slice(e->refusals.items[0].issue, "TLS-9");
	assert_slice(e->refusals.items[0].code, "no_such_issue");
	assert_slice(e->refusals.items[1].code, "issue_archived");
	assert_int_equal(decider->decision.version, 1);
}

static void an_issue_changes_wholly_or_not_at_all(void **state)
{
	struct decider *decider = *state;
	static const struct slice labels[] = {{"a", 1}, {"b", 1}};
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1), TLS(2)), .has_priority = true,
	     .priority = SLICE("low"), .has_assignee = true, .assignee = dan,
	     .add_labels = {labels, 2}, .has_due_on = true, .due_on = 20000);
	THEN(EVENT_ISSUE_PRIORITY_CHANGED, EVENT_ISSUE_DUE_DATE_CHANGED, EVENT_ISSUE_ASSIGNED,
	     EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_PRIORITY_CHANGED, EVENT_ISSUE_DUE_DATE_CHANGED,
	     EVENT_ISSUE_ASSIGNED, EVENT_ISSUE_LABELS_CHANGED, EVENT_BULK_COMPLETED);
	GIVEN(ada, deactivate_member, .member = dan);
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1), TLS(3)), .has_priority = true,
	     .priority = SLICE("high"), .has_assignee = true, .assignee = dan);
	THEN(EVENT_ISSUE_PRIORITY_CHANGED, EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].issue, "TLS-3");
	assert_slice(outcome(decider)->refusals.items[0].code, "member_deactivated");
	assert_string_equal(row_of(decider, "TLS-3").priority, "medium");
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1)),
	     .clear = FIELDS(ISSUE_FIELD_ASSIGNEE, ISSUE_FIELD_DUE_ON));
	THEN(EVENT_ISSUE_DUE_DATE_CHANGED, EVENT_ISSUE_ASSIGNED, EVENT_BULK_COMPLETED);
}

static void an_issue_named_twice_is_judged_twice(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1), TLS(1), TLS(2)), .has_to = true,
	     .to = SLICE("in_progress"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_TRANSITIONED, EVENT_BULK_COMPLETED);
	assert_int_equal(outcome(decider)->unchanged.items[0], 2);
	WHEN(ada, bulk_delete_issues, LIST(TLS(2), TLS(2)));
	THEN(EVENT_ISSUE_DELETED, EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].code, "no_such_issue");
}

static void each_transition_is_judged_on_its_own(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, transition_issue, .issue = TLS(2), .has_to = true, .to = SLICE("done"));
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1), TLS(2)), .has_to = true,
	     .to = SLICE("in_review"));
	THEN(EVENT_BULK_COMPLETED);
	assert_int_equal(outcome(decider)->refused, 2);
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1), TLS(2)), .has_category = true,
	     .category = STATUS_CATEGORY_DONE, .has_resolution = true,
	     .resolution = SLICE("duplicate"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_BULK_COMPLETED);
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1)));
	THEN_REFUSED(BAD_TARGET, "/to");
}

#define GIVES(field_, text)                                                                        \
	.fields = {&(const struct field_value){SLICE(field_), LABELS(SLICE(text))}, 1}

/* To done with a due day, a resolution and a ticket that the screen asks for. */
static void a_screen_is_asked_for(struct decider *decider)
{
	static const struct slice screen[] = {SLICE("due_on"), SLICE("resolution")};
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("ship", "todo", "done"),
	                                     WAY("back", "done", "todo")};
	const struct workflow_rule due = {KIND(FIELD_SET), FIELD(DUE_ON)};
	ways[1].name = SLICE("Ship it");
	ways[1].screen = (struct slice_array){screen, 2};
	ways[1].validators = (struct workflow_rule_array){&due, 1};
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("Ways"), .transitions = {ways, 3});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
}

static void a_screen_is_filled_in_for_each(void **state)
{
	struct decider *decider = *state;
	a_screen_is_asked_for(decider);
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1), TLS(2)), .has_to = true,
	     .to = SLICE("done"));
	THEN(EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].code, "not_valid");
	assert_slice(outcome(decider)->refusals.items[1].detail,
	             "transition 'Ship it' (ship): resolution must be given (screen); due_on must "
	             "have a value (validator field_set)");
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1), SLICE("TLS-9"), TLS(2)), .has_to = true,
	     .to = SLICE("done"), .has_resolution = true, .resolution = SLICE("wont_do"),
	     GIVES("due_on", "2026-01-02"), .has_comment = true, .comment = SLICE("shipped"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_DUE_DATE_CHANGED, EVENT_COMMENT_ADDED,
	     EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_DUE_DATE_CHANGED, EVENT_COMMENT_ADDED,
	     EVENT_BULK_COMPLETED);
	assert_slice(EVENT_BODY(3, issue_transitioned)->resolution, "wont_do");
	assert_false(uuid_equal(&EVENT_BODY(2, comment_added)->comment_id,
	                        &EVENT_BODY(5, comment_added)->comment_id));
	assert_slice(outcome(decider)->refusals.items[0].code, "no_such_issue");
	/* What the screen does not have is refused for each, and what the comment asks. */
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1)), .has_to = true, .to = SLICE("todo"),
	     GIVES("priority", "high"));
	THEN(EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].code, "not_on_screen");
}

static void who_saw_them_elsewhere_is_told(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, transition_issue, .issue = TLS(2), .has_to = true, .to = SLICE("in_progress"));
	WHEN(cleo, bulk_transition_issues, LIST(TLS(1), TLS(2)), .has_to = true,
	     .to = SLICE("done"), .has_from = true, .from = SLICE("todo"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].code, "no_transition");
}

static void parents_and_children_in_one_list_meet(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, bulk_move_issues, LIST(TLS(2), TLS(1), TLS(3)), .project = SLICE("QUIC"));
	THEN(EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED, EVENT_BULK_COMPLETED);
	assert_int_equal(EVENT_BODY(0, issue_moved)->to_number, 1);
	assert_int_equal(EVENT_BODY(2, issue_moved)->to_number, 3);
	assert_int_equal(outcome(decider)->unchanged.items[0], 3);
	WHEN(cleo, bulk_move_issues, LIST(SLICE("QUIC-3"), SLICE("QUIC-2")),
	     .project = SLICE("TLS"));
	THEN(EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED, EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].code, "moves_with_parent");
	WHEN(ada, bulk_delete_issues, LIST(TLS(1), TLS(3)));
	THEN(EVENT_ISSUE_DELETED, EVENT_ISSUE_DELETED, EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].issue, "TLS-3");
}

static void of_each_issue_its_own_rights_are_asked(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_issue, ISSUE("task", "of another reporter"));
	WHEN(cleo, bulk_delete_issues, LIST(TLS(4), TLS(2)));
	THEN(EVENT_ISSUE_DELETED, EVENT_BULK_COMPLETED);
	assert_slice(outcome(decider)->refusals.items[0].code, "forbidden");
	WHEN(dan, bulk_edit_issues, LIST(TLS(1)), .has_priority = true, .priority = SLICE("low"));
	THEN(EVENT_BULK_COMPLETED);
	WHEN(nobody, bulk_delete_issues, LIST(TLS(1)));
	THEN_REFUSED(NOT_A_MEMBER, "");
}

static void a_bulk_that_says_nothing_is_refused(void **state)
{
	struct decider *decider = *state;
	struct uuid id = {{7}};
	WHEN(cleo, bulk_delete_issues, .has_bulk_id = false);
	THEN_REFUSED(BAD_CHANGE, "/issues");
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1)));
	THEN_REFUSED(BAD_CHANGE, "");
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1)), .has_assignee = true, .assignee = dan,
	     .clear = FIELDS(ISSUE_FIELD_ASSIGNEE));
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1)), .clear = FIELDS(ISSUE_FIELD_DESCRIPTION));
	THEN_REFUSED(BAD_CLEAR, "/clear");
	GIVEN(cleo, bulk_delete_issues, LIST(TLS(2)), .has_bulk_id = true, .bulk_id = id);
	assert_true(uuid_equal(&decider_event(decider, 1)->meta.aggregate.id, &id));
	WHEN(cleo, bulk_delete_issues, LIST(TLS(2)), .has_bulk_id = true, .bulk_id = id);
	THEN_REFUSED(ID_TAKEN, "/bulk_id");
	WHEN(cleo, bulk_delete_issues, LIST(TLS(2)), .has_bulk_id = true, .bulk_id = cleo);
	THEN_REFUSED(ID_TAKEN, "/bulk_id");
}

/* More refusals than an event tells, and an arena that is too small for the list. */
static void a_long_list_is_told_in_parts_or_refused_as_a_whole(void **state)
{
	static struct slice many[BULK_ISSUES_MAX + 1];
	struct decider *decider = *state;
	for (int i = 0; i < BULK_ISSUES_MAX + 1; i++)
		many[i] = i < 1250 ? SLICE("TLS-77") : SLICE("TLS-1");
	WHEN(cleo, bulk_edit_issues, .issues = {many, BULK_ISSUES_MAX + 1}, .has_priority = true,
	     .priority = SLICE("low"));
	THEN_REFUSED(TOO_MANY, "/issues");
	WHEN(cleo, bulk_edit_issues, .issues = {many, BULK_ISSUES_MAX}, .has_priority = true,
	     .priority = SLICE("low"));
	THEN(EVENT_ISSUE_PRIORITY_CHANGED, EVENT_BULK_REFUSED, EVENT_BULK_REFUSED,
	     EVENT_BULK_COMPLETED);
	assert_int_equal(EVENT_BODY(2, bulk_refused)->refusals.items[0].place, 501);
	assert_int_equal(outcome(decider)->refusals.n, 250);
	assert_int_equal(outcome(decider)->unchanged.n, 8749);
	assert_int_equal(decider->decision.version, 3);
	decider->arena.cap = OVERLAY_ROOM;
	WHEN(cleo, bulk_edit_issues, .issues = {many + 1250, 5}, .has_priority = true,
	     .priority = SLICE("high"));
	THEN_REFUSED(TOO_LARGE, "/issues");
}

static void labels_of_many_issues_are_bounded(void **state)
{
	static struct slice many[BULK_ISSUES_MAX], labels[20];
	static char text[64];
	struct decider *decider = *state;
	memset(text, 'x', sizeof text);
	for (int i = 0; i < BULK_ISSUES_MAX; i++)
		many[i] = SLICE("TLS-1");
	for (int i = 0; i < 20; i++)
		labels[i] = slice_of(text, sizeof text);
	WHEN(cleo, bulk_edit_issues, .issues = {many, BULK_ISSUES_MAX}, .add_labels = {labels, 20});
	THEN_REFUSED(TOO_LARGE, "/issues");
	static char comment[1024];
	memset(comment, 'x', sizeof comment);
	WHEN(cleo, bulk_transition_issues, .issues = {many, BULK_ISSUES_MAX}, .has_to = true,
	     .to = SLICE("done"), .has_comment = true,
	     .comment = slice_of(comment, sizeof comment));
	THEN_REFUSED(TOO_LARGE, "/issues");
}

static void versions_are_put_on_and_taken_off(void **state)
{
	struct decider *decider = *state;
	const struct uuid one = id_of(60), two = id_of(61);
#define VERSION(which) {&which, 1}
	GIVEN(ben, add_version, .project = SLICE("TLS"), .has_version_id = true, .version_id = one,
	      .name = SLICE("1.0"));
	GIVEN(ben, add_version, .project = SLICE("TLS"), .has_version_id = true, .version_id = two,
	      .name = SLICE("2.0"));
	GIVEN(ben, create_issue, .project = SLICE("QUIC"), .type = SLICE("task"),
	      .summary = SLICE("elsewhere"));
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1), SLICE("QUIC-1")),
	     .add_affects_versions = VERSION(one), .add_fix_versions = VERSION(two));
	THEN(EVENT_ISSUE_VERSIONS_CHANGED, EVENT_ISSUE_VERSIONS_CHANGED, EVENT_BULK_COMPLETED);
	for (uint32_t i = 0; i < 2; i++) {
		const struct issue_versions_changed *e = EVENT_BODY(i, issue_versions_changed);
		assert_true(uuid_equal(&e->added.items[0],
		                       e->relation == VERSION_RELATION_FIX ? &two : &one));
	}
	assert_slice(outcome(decider)->refusals.items[0].issue, "QUIC-1");
	assert_slice(outcome(decider)->refusals.items[0].code, "no_such_version");
	WHEN(cleo, bulk_edit_issues, LIST(TLS(1), TLS(2)), .remove_affects_versions = VERSION(one));
	THEN(EVENT_ISSUE_VERSIONS_CHANGED, EVENT_BULK_COMPLETED);
	assert_int_equal(EVENT_BODY(0, issue_versions_changed)->relation, VERSION_RELATION_AFFECTS);
	assert_int_equal(outcome(decider)->unchanged.items[0], 2);
#undef VERSION
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(every_issue_has_its_outcome),
	        CASE(an_issue_changes_wholly_or_not_at_all),
	        CASE(an_issue_named_twice_is_judged_twice),
	        CASE(each_transition_is_judged_on_its_own),
	        CASE(a_screen_is_filled_in_for_each),
	        CASE(who_saw_them_elsewhere_is_told),
	        CASE(parents_and_children_in_one_list_meet),
	        CASE(of_each_issue_its_own_rights_are_asked),
	        CASE(a_bulk_that_says_nothing_is_refused),
	        CASE(a_long_list_is_told_in_parts_or_refused_as_a_whole),
	        CASE(labels_of_many_issues_are_bounded),
	        CASE(versions_are_put_on_and_taken_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
