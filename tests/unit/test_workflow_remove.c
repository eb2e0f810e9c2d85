#include "tests/unit/workflows.h"

#include <stdio.h>

#define STATUS(id_)  .project = SLICE("TLS"), .status = SLICE(id_)
#define REPLACE(id_) .has_replace_with = true, .replace_with = SLICE(id_)

static void settle(struct decider *decider)
{
	GIVEN(ben, add_status, STATUS("blocked"), .name = SLICE("Blocked"),
	      .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("bugs", BEGIN("blocked"), WAY("fix", "blocked", "done"),
	            WAY("again", "done", "blocked")));
	GIVEN(ben, publish_workflow, PUBLISH("bugs"));
	GIVEN(ben, assign_workflow, PUBLISH("bugs"), .issue_type = SLICE("bug"));
	GIVEN(cleo, create_issue, ISSUE("bug", "blocked"));
	GIVEN(cleo, create_issue, ISSUE("task", "to do"));
	GIVEN(cleo, create_issue, ISSUE("bug", "done"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-3"), .has_transition = true,
	      .transition = SLICE("fix"));
}

/* --- workflows --- */

static void a_workflow_that_no_type_follows_is_removed(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, save_workflow_draft, DRAFT("spare", BEGIN("todo")));
	WHEN(ben, remove_workflow, PUBLISH("spare"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
	GIVEN(ben, publish_workflow, PUBLISH("spare"));
	GIVEN(ben, save_workflow_draft, DRAFT("spare", BEGIN("in_review")));
	WHEN(ben, remove_workflow, PUBLISH("spare"));
	THEN(EVENT_WORKFLOW_REMOVED);
	assert_slice(EVENT_BODY(0, workflow_removed)->workflow, "spare");
	assert_slice(EVENT_BODY(0, workflow_removed)->name, "A workflow");
	WHEN(ben, publish_workflow, PUBLISH("spare"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
	WHEN(ben, remove_workflow, PUBLISH("spare"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
	WHEN(ben, assign_workflow, PUBLISH("spare"), .issue_type = SLICE("bug"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
	WHEN(ben, save_workflow_draft, DRAFT("spare", BEGIN("todo")));
	THEN_REFUSED(ITEM_EXISTS, "/workflow");
}

static void a_workflow_in_use_needs_a_replacement(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(ben, remove_workflow, PUBLISH("bugs"));
	THEN_REFUSED(IN_USE, "/workflow");
	assert_string_equal(decider->decision.detail,
	                    "1 issue types follow the workflow bugs: name replace_with");
	WHEN(ben, remove_workflow, PUBLISH("bugs"), REPLACE("bugs"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_workflow, PUBLISH("bugs"), REPLACE("nirvana"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/replace_with");
	WHEN(ben, remove_workflow, PUBLISH("bugs"), REPLACE("classic"));
	THEN_REFUSED(NO_PLACE, "/moves");
	assert_string_equal(decider->decision.detail,
	                    "1 issues have no place in the workflow; the first is in blocked");
	WHEN(ben, remove_workflow, PUBLISH("bugs"), REPLACE("classic"),
	     .moves = MOVES({SLICE("done"), SLICE("todo")}));
	THEN_REFUSED(BAD_MOVE, "/moves");
}

static void types_and_issues_follow_the_replacement(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, assign_workflow, PUBLISH("bugs"), .issue_type = SLICE("epic"));
	WHEN(ben, remove_workflow, PUBLISH("bugs"), REPLACE("classic"),
	     .moves = MOVES({SLICE("blocked"), SLICE("in_progress")}));
	THEN(EVENT_WORKFLOW_ASSIGNED, EVENT_WORKFLOW_ASSIGNED, EVENT_ISSUE_TRANSITIONED,
	     EVENT_WORKFLOW_REMOVED);
	assert_slice(EVENT_BODY(0, workflow_assigned)->from, "bugs");
	assert_slice(EVENT_BODY(0, workflow_assigned)->to, "classic");
	assert_slice(EVENT_BODY(2, issue_transitioned)->from, "blocked");
	assert_slice(EVENT_BODY(2, issue_transitioned)->to, "in_progress");
	assert_int_equal(decider->decision.version,
	                 decider_event(decider, 3)->meta.aggregate.version);
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	     .to = SLICE("in_review"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	WHEN(ben, remove_status, STATUS("blocked"));
	THEN(EVENT_STATUS_REMOVED);
}

/* --- statuses --- */

static void a_status_in_use_needs_a_replacement(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, save_workflow_draft, DRAFT("new", BEGIN("blocked")));
	WHEN(ben, remove_status, STATUS("blocked"));
	THEN_REFUSED(IN_USE, "/status");
	assert_string_equal(decider->decision.detail, "blocked: 1 issues, 1 workflows, 1 drafts, "
	                                              "the first is bugs: name replace_with");
	WHEN(ben, remove_status, STATUS("blocked"), REPLACE("blocked"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_status, STATUS("blocked"), REPLACE("nirvana"));
	THEN_REFUSED(UNKNOWN_STATUS, "/replace_with");
}

static void workflows_drafts_and_issues_come_to_name_the_replacement(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, save_workflow_draft, DRAFT("new", BEGIN("todo"), WAY("x", "todo", "blocked")));
	WHEN(ben, remove_status, STATUS("blocked"), REPLACE("in_review"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_WORKFLOW_DRAFT_SAVED,
	     EVENT_ISSUE_TRANSITIONED, EVENT_STATUS_REMOVED);
	const struct workflow_published *published = EVENT_BODY(1, workflow_published);
	assert_slice(published->workflow, "bugs");
	assert_slice(published->transitions.items[0].to, "in_review");
	assert_slice(published->transitions.items[1].from.items[0], "in_review");
	assert_slice(EVENT_BODY(2, workflow_draft_saved)->transitions.items[1].to, "in_review");
	assert_slice(EVENT_BODY(3, issue_transitioned)->to, "in_review");
	assert_false(EVENT_BODY(3, issue_transitioned)->has_transition);
	assert_slice(EVENT_BODY(4, status_removed)->replaced_by, "in_review");
	assert_int_equal(decider->decision.version,
	                 decider_event(decider, 4)->meta.aggregate.version);
	WHEN(cleo, create_issue, ISSUE("bug", "another"));
	assert_slice(EVENT_BODY(0, issue_created)->status, "in_review");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	WHEN(ben, publish_workflow, PUBLISH("new"));
	THEN(EVENT_WORKFLOW_PUBLISHED);
}

static void the_draft_of_a_workflow_outlives_the_replacement(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, save_workflow_draft, DRAFT("bugs", BEGIN("todo")));
	WHEN(ben, remove_status, STATUS("blocked"), REPLACE("todo"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_WORKFLOW_DRAFT_SAVED,
	     EVENT_ISSUE_TRANSITIONED, EVENT_STATUS_REMOVED);
	assert_int_equal(EVENT_BODY(2, workflow_draft_saved)->transitions.n, 1);
	WHEN(ben, discard_workflow_draft, PUBLISH("bugs"));
	THEN(EVENT_WORKFLOW_DRAFT_DISCARDED);
}

static void only_the_draft_of_a_workflow_names_the_status(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_status, STATUS("blocked"), .name = SLICE("Blocked"),
	      .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, save_workflow_draft, DRAFT("classic", BEGIN("blocked")));
	WHEN(ben, remove_status, STATUS("blocked"), REPLACE("todo"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_STATUS_REMOVED);
}

static void ways_between_the_two_are_gone(void **state)
{
	struct decider *decider = *state;
	struct slice from[] = {SLICE("todo"), SLICE("in_review"), SLICE("in_progress")};
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"), WAY("start", "todo", "in_progress"),
	            WAY("review", "in_progress", "in_review"),
	            WAY("back", "in_review", "in_progress"), FROM_ANY("drop", "done"),
	            FROM_ANY("show", "in_review"),
	            {.id = SLICE("all"),
	             .name = SLICE("all"),
	             .kind = TRANSITION_KIND_DIRECTED,
	             .from = {from, 3},
	             .to = SLICE("done")}));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(ben, remove_status, STATUS("in_review"), REPLACE("in_progress"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_STATUS_REMOVED);
	const struct workflow_transition_array *left =
	        &EVENT_BODY(1, workflow_published)->transitions;
	assert_int_equal(left->n, 5);
	assert_slice(left->items[1].id, "start");
	assert_slice(left->items[3].id, "show");
	assert_slice(left->items[3].to, "in_progress");
	assert_int_equal(left->items[4].from.n, 2);
	assert_slice(left->items[4].from.items[1], "in_progress");
}

static void rules_come_to_name_the_replacement(void **state)
{
	struct decider *decider = *state;
	struct slice both[] = {SLICE("in_review"), SLICE("in_progress")};
	struct workflow_rule was = {.kind = WORKFLOW_RULE_KIND_WAS_IN, .statuses = {both, 2}};
	struct workflow_rule separate = {.kind = WORKFLOW_RULE_KIND_SEPARATE,
	                                 .statuses = {both, 2}};
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"), WAY("start", "todo", "in_progress"),
	            WAY("review", "in_progress", "in_review"),
	            {.id = SLICE("close"),
	             .name = SLICE("close"),
	             .kind = TRANSITION_KIND_GLOBAL,
	             .to = SLICE("done"),
	             .conditions = {&was, 1},
	             .validators = {&separate, 1}}));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(ben, remove_status, STATUS("in_review"), REPLACE("in_progress"));
	THEN_REFUSED(IN_USE, "/replace_with");
	assert_string_equal(decider->decision.detail, "workflow classic, transition close: "
	                                              "separate would name in_progress twice");
	WHEN(ben, remove_status, STATUS("in_review"), REPLACE("todo"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_STATUS_REMOVED);
	const struct workflow_transition *close =
	        &EVENT_BODY(1, workflow_published)->transitions.items[3];
	assert_slice(close->id, "close");
	assert_slice(close->conditions.items[0].statuses.items[0], "todo");
	assert_slice(close->validators.items[0].statuses.items[1], "in_progress");
}

static void issues_come_to_be_done_by_a_replacement(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	      .to = SLICE("in_progress"));
	GIVEN(ben, delete_issue, .issue = SLICE("TLS-1"));
	WHEN(ben, remove_status, STATUS("in_progress"), REPLACE("done"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_ISSUE_TRANSITIONED,
	     EVENT_STATUS_REMOVED);
	assert_slice(EVENT_BODY(2, issue_transitioned)->resolution, "done");
}

static void new_issues_do_not_come_to_be_done(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, remove_status, STATUS("todo"), REPLACE("done"));
	THEN_REFUSED(IN_USE, "/replace_with");
	assert_string_equal(decider->decision.detail,
	                    "workflow classic, transition create: new issues are not done");
}

static void what_sets_a_resolution_leads_to_a_done_status(void **state)
{
	struct decider *decider = *state;
	struct slice screen = SLICE("resolution");
	struct post_function resolve = {.kind = POST_FUNCTION_KIND_SET,
	                                .has_field = true,
	                                .field = screen,
	                                .values = LABELS(SLICE("wont_do"))};
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("close", "todo", "done")};
	ways[1].screen = (struct slice_array){&screen, 1};
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("x"), .transitions = {ways, 2});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(ben, remove_status, STATUS("done"), REPLACE("in_review"));
	THEN_REFUSED(IN_USE, "/replace_with");
	ways[1].screen.n = 0;
	ways[1].functions = (struct post_function_array){&resolve, 1};
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("x"), .transitions = {ways, 2});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(ben, remove_status, STATUS("done"), REPLACE("in_review"));
	THEN_REFUSED(IN_USE, "/replace_with");
	ways[1].functions.n = 0;
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("x"), .transitions = {ways, 2});
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(ben, remove_status, STATUS("done"), REPLACE("in_review"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_STATUS_REMOVED);
}

static void a_longer_id_may_be_too_long_for_a_workflow(void **state)
{
	struct decider *decider = *state;
	struct workflow_transition *ways = calloc(128, sizeof *ways);
	const struct slice from[2] = {SLICE("todo"), SLICE("x")};
	char(*ids)[33] = calloc(128, sizeof *ids);
	static char name[256];
	for (size_t i = 0; i < sizeof name; i += 4)
		memcpy(name + i, "\xf0\x9f\x90\x98", 4);
	GIVEN(ben, add_status, STATUS("x"), .name = SLICE("X"),
	      .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, add_status, STATUS("a_status_with_an_id_of_32_letter"), .name = SLICE("Y"),
	      .category = STATUS_CATEGORY_IN_PROGRESS);
	for (int i = 0; i < 128; i++) {
		snprintf(ids[i], sizeof ids[i], "t%031d", i);
		ways[i] = (struct workflow_transition){.id = slice_of(ids[i], 32),
		                                       .name = slice_of(name, 180),
		                                       .kind = i ? TRANSITION_KIND_DIRECTED
		                                                 : TRANSITION_KIND_INITIAL,
		                                       .from = {from, i ? 2 : 0},
		                                       .to = i > 1 ? SLICE("done") : from[i]};
	}
	ways[1].from.n = 1;
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("big"),
	      .name = SLICE("Big"), .transitions = {ways, 128});
	WHEN(ben, remove_status, STATUS("x"), REPLACE("a_status_with_an_id_of_32_letter"));
	THEN_REFUSED(BAD_WORKFLOW, "/replace_with");
	free(ways);
	free(ids);
}

static void members_do_not_remove(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(cleo, remove_workflow, PUBLISH("bugs"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, remove_status, STATUS("blocked"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, remove_workflow, .project = SLICE("NONE"), .workflow = SLICE("bugs"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, remove_workflow, PUBLISH("bugs"), .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_workflow_that_no_type_follows_is_removed),
	        ON_SETTLED(a_workflow_in_use_needs_a_replacement),
	        ON_SETTLED(types_and_issues_follow_the_replacement),
	        ON_SETTLED(a_status_in_use_needs_a_replacement),
	        ON_SETTLED(workflows_drafts_and_issues_come_to_name_the_replacement),
	        ON_SETTLED(the_draft_of_a_workflow_outlives_the_replacement),
	        ON_SETTLED(only_the_draft_of_a_workflow_names_the_status),
	        ON_SETTLED(ways_between_the_two_are_gone),
	        ON_SETTLED(rules_come_to_name_the_replacement),
	        ON_SETTLED(issues_come_to_be_done_by_a_replacement),
	        ON_SETTLED(new_issues_do_not_come_to_be_done),
	        ON_SETTLED(what_sets_a_resolution_leads_to_a_done_status),
	        ON_SETTLED(a_longer_id_may_be_too_long_for_a_workflow),
	        ON_SETTLED(members_do_not_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
