/* Labels that a project lists, and which of them may be put on its issues. */
#include <stdio.h>

#include "core/domain/label.h"
#include "tests/unit/rules.h"

#define TLS    .project = SLICE("TLS")
#define TLS_1  .issue = SLICE("TLS-1")
#define LISTED .policy = LABEL_POLICY_LISTED

static void list(struct decider *decider, const char *label)
{
	GIVEN(ben, add_label, TLS, .label = slice_str(label));
}

/* TLS-1 has "old"; then TLS lists "api" and "web" and lets no other be put on issues. */
static void settle(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "first"), .labels = LABELS(SLICE("old")));
	list(decider, "web");
	list(decider, "api");
	GIVEN(ben, change_label_policy, TLS, LISTED);
}

static void refuse_with(const struct decider *decider, const char *detail)
{
	assert_string_equal(decider->decision.detail, detail);
}

/* --- the list --- */

static void labels_are_listed_by_the_lead_and_admins(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_label, TLS, .label = SLICE("web"), .has_color = true,
	     .color = SLICE("#1D76db"), .description = SLICE("What browsers show"));
	THEN(EVENT_LABEL_ADDED);
	const struct project_label *label = &EVENT_BODY(0, label_added)->label;
	assert_slice(label->label, "web");
	assert_slice(label->color, "#1D76db");
	assert_slice(label->description, "What browsers show");
	assert_int_equal(decider->decision.version, 2);
	WHEN(cleo, add_label, TLS, .label = SLICE("mine"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(dan, add_label, TLS, .label = SLICE("mine"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ada, edit_project, TLS, .has_lead = true, .lead = cleo);
	WHEN(cleo, add_label, TLS, .label = SLICE("mine"));
	THEN(EVENT_LABEL_ADDED);
	assert_false(EVENT_BODY(0, label_added)->label.has_color);
	WHEN(ben, add_label, .project = SLICE("NO"), .label = SLICE("x"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	GIVEN(ben, archive_project, TLS);
	WHEN(ben, add_label, TLS, .label = SLICE("x"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

static void what_is_listed_is_a_label_with_a_colour_and_a_note(void **state)
{
	static const char *const colors[] = {"red", "#12345", "#1234567", "#12345g", "0123456", ""};
	static const char *const labels[] = {"", " a", "a,b", "a\tb"};
	struct decider *decider = *state;
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		WHEN(ben, add_label, TLS, .label = slice_str(labels[i]));
		THEN_REFUSED(BAD_LABEL, "/label");
	}
	for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
		WHEN(ben, add_label, TLS, .label = SLICE("a"), .has_color = true,
		     .color = slice_str(colors[i]));
		THEN_REFUSED(BAD_COLOR, "/color");
	}
	WHEN(ben, add_label, TLS, .label = SLICE("a"), .description = SLICE("a\nb"));
	THEN_REFUSED(BAD_TEXT, "/description");
}

static void no_two_are_listed_that_differ_in_case_alone(void **state)
{
	struct decider *decider = *state;
	list(decider, "Web");
	WHEN(ben, add_label, TLS, .label = SLICE("Web"));
	THEN_REFUSED(NAME_TAKEN, "/label");
	WHEN(ben, add_label, TLS, .label = SLICE("wEB"));
	THEN_REFUSED(NAME_TAKEN, "/label");
	refuse_with(decider, "\"Web\" is listed already");
	/* what issues have differs as it is written */
	GIVEN(cleo, create_issue, ISSUE("task", "first"), .labels = LABELS(SLICE("web")));
}

static void a_project_lists_at_most_1000_labels(void **state)
{
	struct decider *decider = *state;
	char label[16];
	for (int i = 0; i < PROJECT_LABELS_MAX; i++) {
		snprintf(label, sizeof label, "l%d", i);
		list(decider, label);
	}
	WHEN(ben, add_label, TLS, .label = SLICE("one more"));
	THEN_REFUSED(TOO_MANY, "");
	refuse_with(decider, "the project lists 1000 labels");
	GIVEN(ben, remove_label, TLS, .label = SLICE("l7"));
	GIVEN(ben, add_label, TLS, .label = SLICE("one more"));
}

/* --- the policy --- */

static void the_policy_is_changed_by_the_lead_and_admins(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, change_label_policy, TLS, .policy = LABEL_POLICY_OPEN);
	THEN_UNCHANGED();
	WHEN(ben, change_label_policy, TLS, LISTED, .has_expected_version = true,
	     .expected_version = 1);
	THEN(EVENT_LABEL_POLICY_CHANGED);
	assert_int_equal(EVENT_BODY(0, label_policy_changed)->from, LABEL_POLICY_OPEN);
	assert_int_equal(EVENT_BODY(0, label_policy_changed)->to, LABEL_POLICY_LISTED);
	WHEN(ben, change_label_policy, TLS, LISTED);
	THEN_UNCHANGED();
	WHEN(ben, change_label_policy, TLS, .policy = LABEL_POLICY_UNKNOWN);
	THEN_REFUSED(BAD_LABEL_POLICY, "/policy");
	WHEN(ben, change_label_policy, TLS, .policy = LABEL_POLICY_OPEN,
	     .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, change_label_policy, TLS, .policy = LABEL_POLICY_OPEN);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, change_label_policy, TLS, .policy = LABEL_POLICY_OPEN);
	THEN(EVENT_LABEL_POLICY_CHANGED);
	GIVEN(ben, archive_project, TLS);
	WHEN(ben, change_label_policy, TLS, LISTED);
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

static void only_listed_labels_are_put_on_issues(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(cleo, create_issue, ISSUE("task", "x"),
	     .labels = LABELS(SLICE("web"), SLICE("api"), SLICE("nginx")));
	THEN_REFUSED(UNKNOWN_LABEL, "/labels/2");
	refuse_with(decider, "\"nginx\" is not listed, near it: api, web");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .labels = LABELS(SLICE("WEB")));
	THEN_REFUSED(UNKNOWN_LABEL, "/labels/0");
	refuse_with(decider, "\"WEB\" is not listed, near it: web");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .labels = LABELS(SLICE("web"), SLICE("api")));
	THEN(EVENT_ISSUE_CREATED);
	WHEN(cleo, label_issue, TLS_1, .add = LABELS(SLICE("web"), SLICE("zoo")));
	THEN_REFUSED(UNKNOWN_LABEL, "/add/1");
	refuse_with(decider, "\"zoo\" is not listed, near it: web");
	GIVEN(ben, change_label_policy, TLS, .policy = LABEL_POLICY_OPEN);
	WHEN(cleo, label_issue, TLS_1, .add = LABELS(SLICE("web"), SLICE("zoo")));
	THEN(EVENT_ISSUE_LABELS_CHANGED);
}

static void a_project_that_lists_none_says_so(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_project, .key = SLICE("AAA"), .name = SLICE("Another list"));
	GIVEN(ada, add_label, .project = SLICE("AAA"), .label = SLICE("x"));
	GIVEN(ben, change_label_policy, TLS, LISTED);
	WHEN(cleo, create_issue, ISSUE("task", "x"), .labels = LABELS(SLICE("x")));
	THEN_REFUSED(UNKNOWN_LABEL, "/labels/0");
	refuse_with(decider, "\"x\" is not listed");
}

static void issues_keep_the_labels_that_they_have(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(cleo, label_issue, TLS_1, .add = LABELS(SLICE("old"), SLICE("web")));
	THEN(EVENT_ISSUE_LABELS_CHANGED);
	GIVEN(ada, delete_issue, TLS_1);
	WHEN(ada, restore_issue, TLS_1);
	THEN(EVENT_ISSUE_RESTORED);
	GIVEN(cleo, label_issue, TLS_1, .remove = LABELS(SLICE("old")));
	WHEN(cleo, label_issue, TLS_1, .add = LABELS(SLICE("old")));
	THEN_REFUSED(UNKNOWN_LABEL, "/add/0");
}

static void a_bulk_edit_refuses_issue_by_issue(void **state)
{
	struct decider *decider = *state;
	const struct slice issues[] = {SLICE("TLS-1"), SLICE("TLS-2")};
	settle(decider);
	GIVEN(cleo, create_issue, ISSUE("task", "second"));
	WHEN(cleo, bulk_edit_issues, .issues = {issues, 2}, .add_labels = LABELS(SLICE("old")));
	THEN(EVENT_BULK_COMPLETED); /* TLS-1 has it */
	const struct bulk_completed *e = EVENT_BODY(0, bulk_completed);
	assert_int_equal(e->refusals.n, 1);
	assert_slice(e->refusals.items[0].issue, "TLS-2");
	assert_slice(e->refusals.items[0].code, "unknown_label");
}

static void a_clone_gets_the_labels_that_are_listed(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(cleo, label_issue, TLS_1, .add = LABELS(SLICE("web")));
	WHEN(cleo, clone_issue, TLS_1);
	THEN(EVENT_ISSUE_CREATED);
	assert_int_equal(EVENT_BODY(0, issue_created)->labels.n, 1);
	assert_slice(EVENT_BODY(0, issue_created)->labels.items[0], "web");
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	WHEN(cleo, clone_issue, TLS_1, .has_project = true, .project = SLICE("QUIC"));
	assert_int_equal(EVENT_BODY(0, issue_created)->labels.n, 2);
}

static void what_is_not_listed_comes_off_an_issue_that_moves_there(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .summary = SLICE("x"),
	      .labels = LABELS(SLICE("a"), SLICE("api"), SLICE("old"), SLICE("web")));
	WHEN(cleo, move_issue, .issue = SLICE("QUIC-1"), TLS);
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_MOVED);
	const struct issue_labels_changed *e = EVENT_BODY(0, issue_labels_changed);
	assert_int_equal(e->added.n, 0);
	assert_int_equal(e->removed.n, 2);
	assert_slice(e->removed.items[0], "a");
	assert_slice(e->removed.items[1], "old");
	assert_int_equal(decider->decision.version, 3);
	WHEN(cleo, move_issue, .issue = SLICE("QUIC-1"), .project = SLICE("QUIC"));
	THEN(EVENT_ISSUE_MOVED);
	/* it is found by its labels where it is */
	WHEN(ben, remove_label, TLS, .label = SLICE("api"));
	THEN(EVENT_LABEL_REMOVED);
	WHEN(ada, remove_label, .project = SLICE("QUIC"), .label = SLICE("api"), .detach = true);
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_REMOVED);
}

/* --- workflows --- */

#define WAYS_WITH(functions_)                                                                      \
	.transitions = WAYS(BEGIN("todo"), {.id = SLICE("close"),                                  \
	                                    .name = SLICE("Close"),                                \
	                                    .kind = TRANSITION_KIND_GLOBAL,                        \
	                                    .to = SLICE("done"),                                   \
	                                    .screen = LABELS(SLICE("labels")),                     \
	                                    .functions = functions_})
#define DOES(...)                                                                                  \
	TLS, .workflow = SLICE("classic"), .name = SLICE("x"),                                     \
	     WAYS_WITH((struct post_function_array)FUNCTIONS(__VA_ARGS__))
#define CLOSE TLS_1, .has_transition = true, .transition = SLICE("close")

static void a_workflow_puts_on_what_is_listed(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(ben, save_workflow_draft,
	     DOES({DO(ADD_LABELS), .values = LABELS(SLICE("web"), SLICE("zoo"))}));
	THEN_REFUSED(UNKNOWN_LABEL, "/transitions/1/functions/0/values/1");
	WHEN(ben, save_workflow_draft,
	     DOES({DO(SET), ON("labels"), .values = LABELS(SLICE("old"))}));
	THEN_REFUSED(UNKNOWN_LABEL, "/transitions/1/functions/0/values/0");
	WHEN(ben, save_workflow_draft,
	     DOES({DO(REMOVE_LABELS), .values = LABELS(SLICE("old"))},
	          {DO(ADD_LABELS), .values = LABELS(SLICE("web"))}));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED);
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, transition_issue, CLOSE);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_LABELS_CHANGED);
}

static void a_screen_takes_what_is_listed_or_there(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, save_workflow_draft, DOES({DO(CLEAR), ON("due_on")}));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, transition_issue, CLOSE,
	     VALUES({SLICE("labels"), LABELS(SLICE("old"), SLICE("zoo"))}));
	THEN_REFUSED(UNKNOWN_LABEL, "/fields/0/values/1");
	WHEN(cleo, transition_issue, CLOSE,
	     VALUES({SLICE("labels"), LABELS(SLICE("old"), SLICE("api"))}));
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_LABELS_CHANGED);
}

static void what_a_workflow_put_on_before_the_policy_is_refused_behind_it(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(ben, save_workflow_draft, DOES({DO(ADD_LABELS), .values = LABELS(SLICE("zoo"))}));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	GIVEN(ben, change_label_policy, TLS, LISTED);
	WHEN(cleo, transition_issue, CLOSE);
	THEN_REFUSED(UNKNOWN_LABEL, "/transition");
	GIVEN(ben, add_label, TLS, .label = SLICE("zoo"));
	WHEN(cleo, transition_issue, CLOSE);
	THEN(EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_LABELS_CHANGED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(labels_are_listed_by_the_lead_and_admins),
	        CASE(what_is_listed_is_a_label_with_a_colour_and_a_note),
	        CASE(no_two_are_listed_that_differ_in_case_alone),
	        CASE(a_project_lists_at_most_1000_labels),
	        CASE(the_policy_is_changed_by_the_lead_and_admins),
	        CASE(only_listed_labels_are_put_on_issues),
	        CASE(a_project_that_lists_none_says_so),
	        CASE(issues_keep_the_labels_that_they_have),
	        CASE(a_bulk_edit_refuses_issue_by_issue),
	        CASE(a_clone_gets_the_labels_that_are_listed),
	        CASE(what_is_not_listed_comes_off_an_issue_that_moves_there),
	        CASE(a_workflow_puts_on_what_is_listed),
	        CASE(a_screen_takes_what_is_listed_or_there),
	        CASE(what_a_workflow_put_on_before_the_policy_is_refused_behind_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
