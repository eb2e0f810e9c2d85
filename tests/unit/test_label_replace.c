/* EditLabel and RemoveLabel: the issues that have the label, and what names it. */
#include "core/domain/board.h"
#include "core/domain/label.h"
#include "tests/unit/rules.h"

#define TLS         .project = SLICE("TLS")
#define LABEL(text) TLS, .label = SLICE(text)
#define NAME(text)  .has_name = true, .name = SLICE(text)
#define WITH(text)  .has_replace_with = true, .replace_with = SLICE(text)

/* TLS-1 has "bug" and "web", TLS-2 "bug" and is deleted, TLS-3 "web"; QUIC-1 has "bug". */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "one"),
	      .labels = LABELS(SLICE("bug"), SLICE("web")));
	GIVEN(cleo, create_issue, ISSUE("task", "two"), .labels = LABELS(SLICE("bug")));
	GIVEN(ada, delete_issue, .issue = SLICE("TLS-2"));
	GIVEN(cleo, create_issue, ISSUE("task", "three"), .labels = LABELS(SLICE("web")));
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	GIVEN(cleo, create_issue, .project = SLICE("QUIC"), .summary = SLICE("x"),
	      .labels = LABELS(SLICE("bug")));
	return failed;
}

static void refuse_with(const struct decider *decider, const char *detail)
{
	assert_string_equal(decider->decision.detail, detail);
}

static void expect_labels(struct decider *decider, uint32_t at, const char *added,
                          const char *removed)
{
	const struct issue_labels_changed *e = EVENT_BODY(at, issue_labels_changed);
	assert_int_equal(e->added.n, added != NULL);
	if (added)
		assert_slice(e->added.items[0], added);
	assert_int_equal(e->removed.n, 1);
	assert_slice(e->removed.items[0], removed);
}

/* --- renaming --- */

static void a_label_is_renamed_on_all_issues_of_the_project(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_EDITED);
	expect_labels(decider, 0, "defect", "bug");
	expect_labels(decider, 1, "defect", "bug");
	const struct label_edited *e = EVENT_BODY(2, label_edited);
	assert_slice(e->before.label, "bug");
	assert_slice(e->after.label, "defect");
	assert_false(e->listed);
	assert_int_equal(decider->decision.version, 2);
	WHEN(ben, edit_label, LABEL("bug"), NAME("x"));
	THEN_REFUSED(NO_SUCH_LABEL, "/label");
	WHEN(ada, edit_label, .project = SLICE("QUIC"), .label = SLICE("bug"), NAME("x"));
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_EDITED);
	GIVEN(ada, restore_issue, .issue = SLICE("TLS-2"));
	WHEN(cleo, label_issue, .issue = SLICE("TLS-2"), .add = LABELS(SLICE("defect")));
	THEN_UNCHANGED();
}

static void what_is_listed_is_renamed_and_changed_in_one_event(void **state)
{
	static const enum label_field both[] = {LABEL_FIELD_COLOR, LABEL_FIELD_DESCRIPTION};
	struct decider *decider = *state;
	GIVEN(ben, add_label, LABEL("ops"), .description = SLICE("Running it"));
	WHEN(ben, edit_label, LABEL("ops"), NAME("Ops"), .has_color = true,
	     .color = SLICE("#000000"));
	THEN(EVENT_LABEL_EDITED);
	const struct label_edited *e = EVENT_BODY(0, label_edited);
	assert_true(e->listed && e->after.has_color && !e->before.has_color);
	assert_slice(e->after.label, "Ops");
	assert_slice(e->after.color, "#000000");
	assert_slice(e->after.description, "Running it");
	WHEN(ben, edit_label, LABEL("Ops"), NAME("Ops"), .has_color = true,
	     .color = SLICE("#000000"), .has_description = true,
	     .description = SLICE("Running it"));
	THEN_UNCHANGED();
	WHEN(ben, edit_label, LABEL("Ops"), .clear = {both, 2});
	THEN(EVENT_LABEL_EDITED);
	assert_false(EVENT_BODY(0, label_edited)->after.has_color);
	assert_int_equal(EVENT_BODY(0, label_edited)->after.description.n, 0);
	WHEN(ben, edit_label, LABEL("Ops"), .clear = {both, 1}, .has_color = true,
	     .color = SLICE("#000000"));
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(ben, edit_label, LABEL("Ops"), .has_color = true, .color = SLICE("black"));
	THEN_REFUSED(BAD_COLOR, "/color");
	WHEN(ben, edit_label, LABEL("Ops"), .has_description = true, .description = SLICE("a\n"));
	THEN_REFUSED(BAD_TEXT, "/description");
	WHEN(ben, edit_label, LABEL("ops"));
	THEN_REFUSED(NO_SUCH_LABEL, "/label");
}

static void a_label_gets_no_name_that_is_taken(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_label, LABEL("bug"), NAME("web"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	refuse_with(decider, "the project has \"web\": RemoveLabel with replace_with makes one of "
	                     "the two");
	WHEN(ben, edit_label, LABEL("bug"), NAME("a,b"));
	THEN_REFUSED(BAD_LABEL, "/name");
	WHEN(ben, edit_label, LABEL("bug"), NAME("BUG"));
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_EDITED);
	GIVEN(ben, add_label, LABEL("ops"));
	GIVEN(ben, add_label, LABEL("docs"));
	WHEN(ben, edit_label, LABEL("docs"), NAME("OPS"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	WHEN(ben, edit_label, LABEL("docs"), NAME("Docs"));
	THEN(EVENT_LABEL_EDITED);
}

static void what_is_not_listed_has_no_colour(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, edit_label, LABEL("bug"), .has_color = true, .color = SLICE("#ff0000"));
	THEN_REFUSED(UNKNOWN_LABEL, "/label");
	refuse_with(decider, "\"bug\" is not listed: AddLabel lists it");
	WHEN(ben, edit_label, LABEL("bug"));
	THEN_UNCHANGED();
	GIVEN(ben, change_label_policy, TLS, .policy = LABEL_POLICY_LISTED);
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN_REFUSED(UNKNOWN_LABEL, "/label");
	GIVEN(ben, add_label, LABEL("bug"));
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_EDITED);
	WHEN(cleo, label_issue, .issue = SLICE("TLS-3"), .add = LABELS(SLICE("bug")));
	THEN_REFUSED(UNKNOWN_LABEL, "/add/0");
}

static void labels_are_changed_by_the_lead_and_admins(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_label, LABEL("bug"), NAME("x"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, remove_label, LABEL("bug"), .detach = true);
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, edit_label, LABEL("bug"), NAME("x"), .has_expected_version = true,
	     .expected_version = 7);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, remove_label, LABEL("bug"), .has_expected_version = true, .expected_version = 7);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	GIVEN(ada, edit_project, TLS, .has_lead = true, .lead = cleo);
	GIVEN(cleo, remove_label, LABEL("bug"), .detach = true);
	GIVEN(ben, archive_project, TLS);
	WHEN(ben, edit_label, LABEL("web"), NAME("x"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
	WHEN(ben, remove_label, LABEL("web"), .detach = true);
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

/* --- removing --- */

static void what_is_in_use_is_replaced_or_taken_off(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, remove_label, LABEL("bug"));
	THEN_REFUSED(IN_USE, "/label");
	refuse_with(decider, "2 issues, 0 boards, 0 workflows, 0 drafts have it: name "
	                     "replace_with, or detach");
	WHEN(ben, remove_label, LABEL("no"));
	THEN_REFUSED(NO_SUCH_LABEL, "/label");
	WHEN(ben, remove_label, LABEL("bug"), WITH("bug"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_label, LABEL("bug"), WITH("web"), .detach = true);
	THEN_REFUSED(BAD_CHANGE, "/detach");
	WHEN(ben, remove_label, LABEL("bug"), WITH("defect"));
	THEN_REFUSED(NO_SUCH_LABEL, "/replace_with");
	WHEN(ben, remove_label, LABEL("bug"), WITH("web"));
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_REMOVED);
	expect_labels(decider, 0, NULL, "bug"); /* TLS-1 has both */
	expect_labels(decider, 1, "web", "bug");
	assert_slice(EVENT_BODY(2, label_removed)->replaced_by, "web");
	assert_false(EVENT_BODY(2, label_removed)->listed);
	WHEN(ben, remove_label, LABEL("web"), .detach = true);
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_LABEL_REMOVED);
	expect_labels(decider, 0, NULL, "web");
}

static void a_listed_label_that_nobody_has_goes_unasked(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_label, LABEL("ops"), .has_color = true, .color = SLICE("#abcdef"));
	WHEN(ben, remove_label, LABEL("ops"));
	THEN(EVENT_LABEL_REMOVED);
	assert_true(EVENT_BODY(0, label_removed)->listed);
	assert_slice(EVENT_BODY(0, label_removed)->label.color, "#abcdef");
	GIVEN(ben, add_label, LABEL("ops"));
}

static void in_a_listed_project_the_replacement_is_listed(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, change_label_policy, TLS, .policy = LABEL_POLICY_LISTED);
	WHEN(ben, remove_label, LABEL("bug"), WITH("web"));
	THEN_REFUSED(UNKNOWN_LABEL, "/replace_with");
	GIVEN(ben, add_label, LABEL("defect"));
	WHEN(ben, remove_label, LABEL("bug"), WITH("defect"));
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_REMOVED);
}

static void more_issues_than_a_command_can_change_are_too_many(void **state)
{
	struct decider *decider = decider_new(DECISION_BYTES);
	(void)state;
	decider_settle(decider);
	for (uint32_t i = 0; i < DECISION_EVENTS_MAX; i++)
		GIVEN(ben, create_issue, ISSUE("task", "one"), .labels = LABELS(SLICE("bug")));
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN_REFUSED(TOO_LARGE, "/label");
	refuse_with(decider, "20000 issues have it: take it off some first");
	WHEN(ben, remove_label, LABEL("bug"), .detach = true);
	THEN_REFUSED(TOO_LARGE, "/label");
	GIVEN(ben, label_issue, .issue = SLICE("TLS-7"), .remove = LABELS(SLICE("bug")));
	GIVEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	assert_int_equal(decider->decision.events_n, DECISION_EVENTS_MAX);
	decider_free(decider);
}

/* --- boards --- */

#define FILTERS(...)                                                                               \
	.filters = {(const struct board_filter[]){__VA_ARGS__},                                    \
	            sizeof((const struct board_filter[]){__VA_ARGS__}) /                           \
	                    sizeof(struct board_filter)}

static void board(struct decider *decider, struct slice_array projects)
{
	GIVEN(ada, create_board, .name = SLICE("Board"), .projects = projects,
	      FILTERS({.id = SLICE("bugs"), .name = SLICE("Bugs"), .labels = LABELS(SLICE("bug"))},
	              {.id = SLICE("both"),
	               .name = SLICE("Both"),
	               .labels = LABELS(SLICE("bug"), SLICE("web"))},
	              {.id = SLICE("mine"), .name = SLICE("Mine"), .caller = true}));
}

/* Of the last board that was edited. */
static void expect_filter(struct decider *decider, uint32_t at, uint32_t filter, uint32_t n,
                          const char *first)
{
	const struct board_edited *e = EVENT_BODY(at, board_edited);
	assert_int_equal(e->after.filters.items[filter].labels.n, n);
	assert_slice(e->after.filters.items[filter].labels.items[0], first);
}

static void filters_of_boards_follow(void **state)
{
	struct decider *decider = *state;
	board(decider, LABELS(SLICE("TLS")));
	WHEN(ben, remove_label, LABEL("bug"));
	refuse_with(decider, "2 issues, 1 boards, 0 workflows, 0 drafts have it: name "
	                     "replace_with, or detach");
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN(EVENT_BOARD_EDITED, EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_LABEL_EDITED);
	expect_filter(decider, 0, 0, 1, "defect");
	expect_filter(decider, 0, 1, 2, "defect");
	WHEN(ben, remove_label, LABEL("defect"), WITH("web"));
	THEN(EVENT_BOARD_EDITED, EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_LABEL_REMOVED);
	expect_filter(decider, 0, 1, 1, "web");
	WHEN(ben, remove_label, LABEL("web"), .detach = true);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.filters.n, 1);
	assert_slice(EVENT_BODY(0, board_edited)->after.filters.items[0].id, "mine");
}

static void what_another_project_of_a_board_has_stays_in_its_filters(void **state)
{
	struct decider *decider = *state;
	board(decider, LABELS(SLICE("TLS"), SLICE("QUIC")));
	WHEN(ben, remove_label, LABEL("bug"));
	refuse_with(decider, "2 issues, 0 boards, 0 workflows, 0 drafts have it: name "
	                     "replace_with, or detach");
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN(EVENT_BOARD_EDITED, EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_LABEL_EDITED);
	expect_filter(decider, 0, 0, 2, "bug");
	assert_slice(EVENT_BODY(0, board_edited)->after.filters.items[0].labels.items[1], "defect");
	WHEN(ada, remove_label, .project = SLICE("QUIC"), .label = SLICE("bug"), .detach = true);
	THEN(EVENT_BOARD_EDITED, EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_REMOVED);
	expect_filter(decider, 0, 0, 1, "defect");
}

static void the_filter_of_a_board_follows(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_board, .name = SLICE("Board"), .projects = LABELS(SLICE("TLS")),
	      .has_filter = true, .filter = {.labels = LABELS(SLICE("bug"))});
	WHEN(ben, remove_label, LABEL("bug"));
	refuse_with(decider, "2 issues, 1 boards, 0 workflows, 0 drafts have it: name "
	                     "replace_with, or detach");
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN(EVENT_BOARD_EDITED, EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_LABEL_EDITED);
	assert_slice(EVENT_BODY(0, board_edited)->after.filter.items->labels.items[0], "defect");
	WHEN(ben, remove_label, LABEL("defect"), .detach = true);
	THEN(EVENT_BOARD_EDITED, EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_LABEL_REMOVED);
	assert_int_equal(EVENT_BODY(0, board_edited)->after.filter.n, 0);
}

static void a_board_that_names_both_already_is_left_alone(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, create_board, .name = SLICE("Board"),
	      .projects = LABELS(SLICE("TLS"), SLICE("QUIC")),
	      FILTERS({.id = SLICE("both"),
	               .name = SLICE("Both"),
	               .labels = LABELS(SLICE("bug"), SLICE("web"))}));
	WHEN(ben, remove_label, LABEL("bug"), WITH("web"));
	THEN(EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_REMOVED);
}

/* --- workflows --- */

#define DRAFT_WITH(id_, conditions_, functions_)                                                   \
	TLS, .workflow = SLICE(id_), .name = SLICE("x"),                                           \
	     .transitions = WAYS(BEGIN("todo"), {.id = SLICE("close"),                             \
	                                         .name = SLICE("Close"),                           \
	                                         .kind = TRANSITION_KIND_GLOBAL,                   \
	                                         .to = SLICE("done"),                              \
	                                         .conditions = conditions_,                        \
	                                         .functions = functions_})
#define RULES_OF(...)     (struct workflow_rule_array) RULES(__VA_ARGS__)
#define FUNCTIONS_OF(...) (struct post_function_array) FUNCTIONS(__VA_ARGS__)

static void name_in_workflow(struct decider *decider, struct slice_array rule)
{
	GIVEN(ben, save_workflow_draft,
	      DRAFT_WITH("care", RULES_OF({KIND(FIELD_IS), FIELD(LABELS), .values = rule}),
	                 FUNCTIONS_OF({DO(ADD_LABELS), .values = LABELS(SLICE("bug"))},
	                              {DO(SET), ON("labels"),
	                               .values = LABELS(SLICE("a"), SLICE("bug"))},
	                              {DO(REMOVE_LABELS), .values = LABELS(SLICE("web"))})));
}

static void workflows_follow(void **state)
{
	struct decider *decider = *state;
	name_in_workflow(decider, LABELS(SLICE("bug"), SLICE("x")));
	WHEN(ben, remove_label, LABEL("bug"));
	refuse_with(decider, "2 issues, 0 boards, 0 workflows, 1 drafts have it: name "
	                     "replace_with, or detach");
	GIVEN(ben, publish_workflow, PUBLISH("care"));
	WHEN(ben, edit_label, LABEL("bug"), NAME("defect"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_EDITED);
	const struct workflow_transition *close =
	        &EVENT_BODY(1, workflow_published)->transitions.items[1];
	assert_slice(close->conditions.items[0].values.items[0], "defect");
	assert_slice(close->functions.items[0].values.items[0], "defect");
	assert_slice(close->functions.items[1].values.items[1], "defect");
	assert_slice(close->functions.items[2].values.items[0], "web");
	WHEN(ben, remove_label, LABEL("defect"), .detach = true);
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_ISSUE_LABELS_CHANGED, EVENT_LABEL_REMOVED);
	close = &EVENT_BODY(1, workflow_published)->transitions.items[1];
	assert_int_equal(close->conditions.items[0].values.n, 1);
	assert_int_equal(close->functions.n, 2);
	assert_int_equal(close->functions.items[0].values.n, 1);
}

static void a_rule_is_not_left_without_labels(void **state)
{
	struct decider *decider = *state;
	name_in_workflow(decider, LABELS(SLICE("bug")));
	WHEN(ben, remove_label, LABEL("bug"), .detach = true);
	THEN_REFUSED(IN_USE, "/detach");
	refuse_with(decider,
	            "workflow care, transition close: a rule would be left without labels: "
	            "change it, or name replace_with");
	WHEN(ben, remove_label, LABEL("bug"), WITH("web"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_ISSUE_LABELS_CHANGED, EVENT_ISSUE_LABELS_CHANGED,
	     EVENT_LABEL_REMOVED);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_label_is_renamed_on_all_issues_of_the_project),
	        CASE(what_is_listed_is_renamed_and_changed_in_one_event),
	        CASE(a_label_gets_no_name_that_is_taken),
	        CASE(what_is_not_listed_has_no_colour),
	        CASE(labels_are_changed_by_the_lead_and_admins),
	        CASE(what_is_in_use_is_replaced_or_taken_off),
	        CASE(a_listed_label_that_nobody_has_goes_unasked),
	        CASE(in_a_listed_project_the_replacement_is_listed),
	        cmocka_unit_test(more_issues_than_a_command_can_change_are_too_many),
	        CASE(filters_of_boards_follow),
	        CASE(what_another_project_of_a_board_has_stays_in_its_filters),
	        CASE(the_filter_of_a_board_follows),
	        CASE(a_board_that_names_both_already_is_left_alone),
	        CASE(workflows_follow),
	        CASE(a_rule_is_not_left_without_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
