/* Screens: what TransitionIssue may carry, and that all of it happens or nothing. */
#include "tests/unit/rules.h"

#define PROJECT     .project = SLICE("TLS")
#define SCREEN(...) .screen = LABELS(__VA_ARGS__)
#define TAKE(id)    .issue = SLICE("TLS-1"), .has_transition = true, .transition = SLICE(id)
#define CLEO_ID     "00000000-0000-0000-0000-000000000003"

static int setup(void **state)
{
	decider_setup(state);
	struct decider *decider = *state;
	struct workflow_rule due = {KIND(FIELD_SET), FIELD(DUE_ON)};
	GIVEN(ben, add_field, PROJECT, .field = SLICE("code"), .name = SLICE("Code"),
	      .kind = FIELD_KIND_TEXT);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"),
	            {.id = SLICE("start"),
	             .name = SLICE("Start"),
	             .kind = TRANSITION_KIND_DIRECTED,
	             .from = LABELS(SLICE("todo")),
	             .to = SLICE("in_progress"),
	             .validators = {&due, 1},
	             SCREEN(SLICE("due_on"), SLICE("start_on"), SLICE("assignee"), SLICE("labels"),
	                    SLICE("code"), SLICE("summary"), SLICE("parent"), SLICE("estimate"),
	                    SLICE("priority"))},
	            {.id = SLICE("close"),
	             .name = SLICE("Close"),
	             .kind = TRANSITION_KIND_GLOBAL,
	             .to = SLICE("done"),
	             SCREEN(SLICE("resolution"))},
	            FROM_ANY("back", "todo")));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	GIVEN(cleo, create_issue, ISSUE("task", "first"), .labels = LABELS(SLICE("old")));
	return 0;
}

static void everything_is_one_decision(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, transition_issue, TAKE("start"),
	     VALUES({SLICE("due_on"), LABELS(SLICE("2024-01-02"))},
	            {SLICE("labels"), LABELS(SLICE("new"), SLICE("also"))},
	            {SLICE("code"), LABELS(SLICE("C-1"))},
	            {SLICE("summary"), LABELS(SLICE("second"))},
	            {SLICE("assignee"), LABELS(SLICE(CLEO_ID))},
	            {SLICE("estimate"), LABELS(SLICE("90"))}),
	     .has_comment = true, .comment = SLICE("off we go"));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_SUMMARY_CHANGED, EVENT_ISSUE_DUE_DATE_CHANGED,
	     EVENT_ISSUE_ESTIMATE_CHANGED, EVENT_ISSUE_REMAINING_CHANGED, EVENT_ISSUE_ASSIGNED,
	     EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_FIELDS_CHANGED, EVENT_COMMENT_ADDED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->to, "in_progress");
	assert_slice(EVENT_BODY(1, issue_summary_changed)->from, "first");
	assert_int_equal(EVENT_BODY(2, issue_due_date_changed)->to, 19724);
	assert_int_equal(EVENT_BODY(4, issue_remaining_changed)->to, 90);
	assert_int_equal(EVENT_BODY(6, issue_labels_changed)->added.n, 2);
	assert_slice(EVENT_BODY(6, issue_labels_changed)->added.items[0], "also");
	assert_slice(EVENT_BODY(6, issue_labels_changed)->removed.items[0], "old");
	assert_slice(EVENT_BODY(7, issue_fields_changed)->changes.items[0].to.items[0], "C-1");
	assert_slice(EVENT_BODY(8, comment_added)->body, "off we go");
	assert_int_equal(decider->decision.version, 10);
}

static void what_stays_the_same_is_no_event(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, edit_issue, .issue = SLICE("TLS-1"), .has_due_on = true, .due_on = 19724);
	WHEN(cleo, transition_issue, TAKE("start"),
	     VALUES({SLICE("due_on"), LABELS(SLICE("2024-01-02"))},
	            {SLICE("labels"), LABELS(SLICE("old"))},
	            {SLICE("summary"), LABELS(SLICE("first"))},
	            {SLICE("priority"), LABELS(SLICE("medium"))}, {SLICE("assignee"), {NULL, 0}},
	            {SLICE("code"), {NULL, 0}}));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void what_is_not_on_the_screen_is_refused(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, transition_issue, TAKE("start"),
	     VALUES({SLICE("due_on"), LABELS(SLICE("2024-01-02"))},
	            {SLICE("description"), LABELS(SLICE("text"))}));
	THEN_REFUSED(NOT_ON_SCREEN, "/fields/1/field");
	assert_string_equal(decider->decision.detail,
	                    "the screen of the transition 'Start' (start) has no description, but "
	                    "due_on, start_on, assignee, labels, code, summary, parent, estimate, "
	                    "priority");
	WHEN(cleo, transition_issue, TAKE("back"), VALUES({SLICE("due_on"), {NULL, 0}}));
	THEN_REFUSED(NO_TRANSITION, "/transition");
	WHEN(cleo, transition_issue, TAKE("close"), .has_resolution = true,
	     .resolution = SLICE("done"), VALUES({SLICE("due_on"), {NULL, 0}}));
	THEN_REFUSED(NOT_ON_SCREEN, "/fields/0/field");
	WHEN(cleo, transition_issue, TAKE("start"),
	     VALUES({SLICE("due_on"), LABELS(SLICE("2024-01-02"))}, {SLICE("due_on"), {NULL, 0}}));
	THEN_REFUSED(BAD_CHANGE, "/fields/1/field");
}

static void values_are_what_their_fields_can_have(void **state)
{
	struct decider *decider = *state;
#define WRONG(reject, field, at, ...)                                                              \
	do {                                                                                       \
		WHEN(cleo, transition_issue, TAKE("start"), VALUES({SLICE(field), __VA_ARGS__}));  \
		THEN_REFUSED(reject, "/fields/0/values" at);                                       \
	} while (0)
	WRONG(BAD_FIELD_VALUE, "due_on", "/0", LABELS(SLICE("2024-02-30")));
	WRONG(BAD_FIELD_VALUE, "due_on", "/0", LABELS(SLICE("tomorrow")));
	WRONG(TOO_MANY, "due_on", "", LABELS(SLICE("2024-01-02"), SLICE("2024-01-03")));
	WRONG(BAD_DATE, "due_on", "/0", LABELS(SLICE("1066-10-14")));
	WRONG(BAD_FIELD_VALUE, "assignee", "/0", LABELS(SLICE("cleo")));
	WRONG(NO_SUCH_MEMBER, "assignee", "/0",
	      LABELS(SLICE("00000000-0000-0000-0000-0000000000ff")));
	WRONG(BAD_LABEL, "labels", "/0", LABELS(SLICE("a,b")));
	WRONG(BAD_CLEAR, "summary", "", {NULL, 0});
	WRONG(BAD_TEXT, "summary", "/0", LABELS(SLICE("two\nlines")));
	WRONG(BAD_FIELD_VALUE, "estimate", "/0", LABELS(SLICE("1h")));
	WRONG(BAD_MINUTES, "estimate", "/0", LABELS(SLICE("99999999")));
	WRONG(UNKNOWN_PRIORITY, "priority", "/0", LABELS(SLICE("urgent")));
	WRONG(NO_SUCH_ISSUE, "parent", "/0", LABELS(SLICE("TLS-9")));
	WRONG(PARENT_CYCLE, "parent", "/0", LABELS(SLICE("TLS-1")));
	WRONG(TOO_MANY, "code", "", LABELS(SLICE("a"), SLICE("b")));
#undef WRONG
	WHEN(cleo, transition_issue, TAKE("start"),
	     VALUES({SLICE("due_on"), LABELS(SLICE("2024-01-02"))},
	            {SLICE("start_on"), LABELS(SLICE("2024-01-03"))}));
	THEN_REFUSED(START_AFTER_DUE, "/fields/1/values/0");
	assert_string_equal(decider->decision.detail,
	                    "start_on 2024-01-03 must not be after due_on 2024-01-02");
}

static void a_required_field_is_asked_for(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, transition_issue, TAKE("start"));
	THEN_REFUSED(NOT_VALID, "/fields");
	WHEN(cleo, transition_issue, TAKE("close"));
	THEN_REFUSED(NOT_VALID, "/resolution");
	assert_string_equal(decider->decision.detail,
	                    "transition 'Close' (close): resolution must be given (screen)");
	WHEN(cleo, transition_issue, TAKE("close"),
	     VALUES({SLICE("resolution"), LABELS(SLICE("done"))}), .has_resolution = true,
	     .resolution = SLICE("done"));
	THEN_REFUSED(BAD_CHANGE, "/fields/0/field");
	WHEN(cleo, transition_issue, TAKE("close"), .has_resolution = true,
	     .resolution = SLICE("wont_do"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->resolution, "wont_do");
}

static void a_comment_is_one_that_the_actor_may_make(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, transition_issue, TAKE("close"), .has_resolution = true,
	     .resolution = SLICE("done"), .has_comment = true, .comment = SLICE(" \n"));
	THEN_REFUSED(BAD_TEXT, "/comment");
	/* Where it is already there is nothing to comment on. */
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("todo"),
	     .has_comment = true, .comment = SLICE("x"));
	THEN_REFUSED(NO_TRANSITION, "/to");
}

static void screens_name_what_can_be_set(void **state)
{
	struct decider *decider = *state;
#define WRONG(reject, at, ...)                                                                     \
	do {                                                                                       \
		struct workflow_transition ways[] = {BEGIN("todo"),                                \
		                                     WAY("x", "todo", "in_review")};               \
		ways[1].screen = LABELS(__VA_ARGS__);                                              \
		WHEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("x"),                    \
		     .name = SLICE("x"), .transitions = {ways, 2});                                \
		THEN_REFUSED(reject, "/transitions/1/screen" at);                                  \
	} while (0)
	WRONG(UNKNOWN_FIELD, "/1", SLICE("due_on"), SLICE("nirvana"));
	WRONG(BAD_WORKFLOW, "/0", SLICE("status"));
	WRONG(BAD_WORKFLOW, "/0", SLICE("rank"));
	WRONG(BAD_WORKFLOW, "/0", SLICE("type"));
	WRONG(BAD_WORKFLOW, "/1", SLICE("due_on"), SLICE("due_on"));
	WRONG(RESOLUTION_NOT_DONE, "/0", SLICE("resolution"));
#undef WRONG
	struct workflow_transition first = BEGIN("todo");
	first.screen = LABELS(SLICE("due_on"));
	WHEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("x"), .name = SLICE("x"),
	     .transitions = {&first, 1});
	THEN_REFUSED(BAD_WORKFLOW, "/transitions/0/screen");
	struct slice many[51];
	for (int i = 0; i < 51; i++)
		many[i] = SLICE("due_on");
	first.screen = (struct slice_array){many, 51};
	WHEN(ben, save_workflow_draft, PROJECT, .workflow = SLICE("x"), .name = SLICE("x"),
	     .transitions = {&first, 1});
	THEN_REFUSED(BAD_WORKFLOW, "/transitions/0/screen");
}

static void a_field_that_a_workflow_names_is_not_removed(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, remove_field, PROJECT, .field = SLICE("code"));
	THEN_REFUSED(IN_USE, "/field");
	assert_string_equal(decider->decision.detail, "code is named by the workflow classic");
	GIVEN(ben, save_workflow_draft, DRAFT("classic", BEGIN("todo"), FROM_ANY("c", "done")));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(ben, remove_field, PROJECT, .field = SLICE("code"));
	THEN(EVENT_FIELD_REMOVED);
}

#define ON_ISSUE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_ISSUE(everything_is_one_decision),
	        ON_ISSUE(what_stays_the_same_is_no_event),
	        ON_ISSUE(what_is_not_on_the_screen_is_refused),
	        ON_ISSUE(values_are_what_their_fields_can_have),
	        ON_ISSUE(a_required_field_is_asked_for),
	        ON_ISSUE(a_comment_is_one_that_the_actor_may_make),
	        ON_ISSUE(screens_name_what_can_be_set),
	        ON_ISSUE(a_field_that_a_workflow_names_is_not_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
