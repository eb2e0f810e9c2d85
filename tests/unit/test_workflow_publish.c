#include "tests/unit/workflows.h"

#include <stdio.h>

#define TRANSITION(issue_) .issue = SLICE(issue_), .has_transition = true, .transition

static void a_draft_is_kept_and_not_obeyed(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	WHEN(ben, save_workflow_draft,
	     DRAFT("classic", BEGIN("todo"), WAY("skip", "todo", "in_review")));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED);
	assert_int_equal(EVENT_BODY(0, workflow_draft_saved)->transitions.n, 2);
	assert_int_equal(decider->decision.version, 2);
	WHEN(ben, save_workflow_draft,
	     DRAFT("classic", BEGIN("todo"), WAY("skip", "todo", "in_review")));
	THEN_UNCHANGED();
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("skip"));
	THEN_REFUSED(UNKNOWN_TRANSITION, "/transition");
	WHEN(ben, discard_workflow_draft, PUBLISH("classic"));
	THEN(EVENT_WORKFLOW_DRAFT_DISCARDED);
	WHEN(ben, discard_workflow_draft, PUBLISH("classic"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
	WHEN(ben, publish_workflow, PUBLISH("classic"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
}

static void a_published_workflow_is_obeyed(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("in_review"), WAY("skip", "todo", "in_review"),
	            WAY("back", "in_review", "todo"), FROM_ANY("drop", "done"),
	            WAY("again", "done", "in_review")));
	WHEN(ben, publish_workflow, PUBLISH("classic"));
	THEN(EVENT_WORKFLOW_PUBLISHED);
	assert_slice(EVENT_BODY(0, workflow_published)->name, "A workflow");
	assert_int_equal(EVENT_BODY(0, workflow_published)->transitions.n, 5);
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("skip"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->transition, "skip");
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("skip"));
	THEN_REFUSED(NO_TRANSITION, "/transition");
	assert_string_equal(decider->decision.detail,
	                    "transition 'skip' (skip): does not start from 'In review' (in_review);"
	                    " allowed: back, drop");
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("create"));
	THEN_REFUSED(NO_TRANSITION, "/transition");
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("drop"));
	assert_slice(EVENT_BODY(0, issue_transitioned)->resolution, "done");
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("drop"));
	THEN_REFUSED(NO_TRANSITION, "/transition");
	WHEN(cleo, create_issue, ISSUE("task", "second"));
	assert_slice(EVENT_BODY(0, issue_created)->status, "in_review");
	WHEN(ben, publish_workflow, PUBLISH("classic"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
}

static void a_target_is_named_in_one_way(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"));
	THEN_REFUSED(BAD_TARGET, "/to");
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("start"), .has_to = true,
	     .to = SLICE("in_progress"));
	THEN_REFUSED(BAD_TARGET, "/transition");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"),
	     .has_category = true, .category = STATUS_CATEGORY_DONE);
	THEN_REFUSED(BAD_TARGET, "/category");
}

static void a_status_that_several_transitions_lead_to_is_not_enough(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"), WAY("finish", "todo", "done"),
	            WAY("drop", "todo", "done"), WAY("again", "done", "todo")));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true, .to = SLICE("done"));
	THEN_REFUSED(AMBIGUOUS_TRANSITION, "/to");
	assert_string_equal(
	        decider->decision.detail,
	        "'finish' (finish) and 'drop' (drop) both lead there: name the transition");
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("drop"), .has_resolution = true,
	     .resolution = SLICE("wont_do"));
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->resolution, "wont_do");
}

static void a_category_takes_the_first_transition_that_leads_there(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "first"));
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("dropped"),
	      .name = SLICE("Dropped"), .category = STATUS_CATEGORY_DONE);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"), WAY("drop", "todo", "dropped"),
	            WAY("finish", "todo", "done"), WAY("over", "dropped", "done"),
	            WAY("review", "todo", "in_review")));
	GIVEN(ben, publish_workflow, PUBLISH("classic"));
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_category = true,
	     .category = STATUS_CATEGORY_DONE);
	THEN(EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, issue_transitioned)->to, "dropped");
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_category = true,
	     .category = STATUS_CATEGORY_DONE);
	THEN_UNCHANGED();
	WHEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_category = true,
	     .category = STATUS_CATEGORY_TODO);
	THEN_REFUSED(NO_TRANSITION, "/category");
}

static void a_workflow_that_cannot_be_obeyed_is_refused_where_it_is_wrong(void **state)
{
	struct decider *decider = *state;
#define WRONG(reject, pointer, ...)                                                                \
	do {                                                                                       \
		WHEN(ben, save_workflow_draft, DRAFT("classic", __VA_ARGS__));                     \
		THEN_REFUSED(reject, pointer);                                                     \
	} while (0)
	WRONG(BAD_WORKFLOW, "/transitions", WAY("start", "todo", "done"));
	WRONG(BAD_WORKFLOW, "/transitions/1/kind", BEGIN("todo"),
	      {.id = SLICE("x"),
	       .name = SLICE("x"),
	       .kind = TRANSITION_KIND_INITIAL,
	       .to = SLICE("todo")});
	WRONG(BAD_WORKFLOW, "/transitions/1/id", BEGIN("todo"), WAY("create", "todo", "done"));
	WRONG(BAD_ID, "/transitions/1/id", BEGIN("todo"), WAY("Start!", "todo", "done"));
	WRONG(BAD_TEXT, "/transitions/1/name", BEGIN("todo"),
	      {.id = SLICE("x"),
	       .name = SLICE("  "),
	       .kind = TRANSITION_KIND_GLOBAL,
	       .to = SLICE("done")});
	WRONG(BAD_WORKFLOW, "/transitions/0/to", BEGIN("done"));
	WRONG(UNKNOWN_STATUS, "/transitions/1/to", BEGIN("todo"), WAY("x", "todo", "nirvana"));
	WRONG(UNKNOWN_STATUS, "/transitions/1/from", BEGIN("todo"), WAY("x", "nirvana", "todo"));
	WRONG(BAD_WORKFLOW, "/transitions/1/from", BEGIN("todo"),
	      {.id = SLICE("x"),
	       .name = SLICE("x"),
	       .kind = TRANSITION_KIND_DIRECTED,
	       .to = SLICE("done")});
	WRONG(BAD_WORKFLOW, "/transitions/1/from", BEGIN("todo"),
	      {.id = SLICE("x"),
	       .name = SLICE("x"),
	       .kind = TRANSITION_KIND_GLOBAL,
	       .from = LABELS(SLICE("todo")),
	       .to = SLICE("done")});
	WRONG(BAD_WORKFLOW, "/transitions/1/from", BEGIN("todo"),
	      {.id = SLICE("x"),
	       .name = SLICE("x"),
	       .kind = TRANSITION_KIND_DIRECTED,
	       .from = LABELS(SLICE("todo"), SLICE("todo")),
	       .to = SLICE("done")});
	WRONG(BAD_WORKFLOW, "/transitions/1/to", BEGIN("todo"), WAY("x", "todo", "todo"));
	WRONG(UNREACHABLE_STATUS, "/transitions/1/to", BEGIN("todo"),
	      WAY("x", "in_progress", "done"));
	WRONG(UNREACHABLE_STATUS, "/transitions/2/from", BEGIN("todo"), WAY("x", "todo", "done"),
	      WAY("y", "in_progress", "done"));
#undef WRONG
	WHEN(ben, save_workflow_draft, DRAFT("Bad id", BEGIN("todo")));
	THEN_REFUSED(BAD_ID, "/workflow");
	WHEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("x"),
	     .name = SLICE(""), .transitions = WAYS(BEGIN("todo")));
	THEN_REFUSED(BAD_TEXT, "/name");
}

static void a_workflow_has_a_greatest_size(void **state)
{
	struct decider *decider = *state;
	struct workflow_transition *transitions = calloc(128, sizeof *transitions);
	struct slice from[4] = {SLICE("todo"), SLICE("in_progress"), SLICE("in_review"),
	                        SLICE("done")};
	char(*ids)[33] = calloc(128, sizeof *ids);
	static char name[256];
	memset(name, 'n', sizeof name);
	for (int i = 0; i < 128; i++) {
		snprintf(ids[i], sizeof ids[i], "t%031d", i);
		transitions[i] = (struct workflow_transition){.id = slice_of(ids[i], 32),
		                                              .name = slice_of(name, 64),
		                                              .kind = i ? TRANSITION_KIND_DIRECTED
		                                                        : TRANSITION_KIND_INITIAL,
		                                              .from = {from, i ? 3 : 0},
		                                              .to = i ? from[3] : from[0]};
	}
	WHEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("big"),
	     .name = SLICE("Big"), .transitions = {transitions, 128});
	THEN_REFUSED(UNREACHABLE_STATUS, "/transitions/1/from");
	transitions[1].from.n = transitions[2].from.n = 1;
	transitions[1].to = from[1];
	transitions[2].to = from[2];
	WHEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("big"),
	     .name = SLICE("Big"), .transitions = {transitions, 128});
	THEN(EVENT_WORKFLOW_DRAFT_SAVED);
	GIVEN(ben, publish_workflow, PUBLISH("big"));
	/* Four bytes each: what fits in characters does not fit in bytes. */
	for (size_t i = 0; i < sizeof name; i += 4)
		memcpy(name + i, "\xf0\x9f\x90\x98", 4);
	for (int i = 0; i < 128; i++)
		transitions[i].name = slice_of(name, 256);
	WHEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("big"),
	     .name = SLICE("Big"), .transitions = {transitions, 128});
	THEN_REFUSED(BAD_WORKFLOW, "/transitions");
	free(transitions);
	free(ids);
}

static void a_project_has_64_workflows(void **state)
{
	struct decider *decider = *state;
	char id[8];
	for (int i = 1; i < 64; i++) {
		snprintf(id, sizeof id, "w%d", i);
		GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = slice_str(id),
		      .name = SLICE("x"), .transitions = WAYS(BEGIN("todo")));
		if (i % 2)
			GIVEN(ben, publish_workflow, .project = SLICE("TLS"),
			      .workflow = slice_str(id));
	}
	WHEN(ben, save_workflow_draft, DRAFT("one_more", BEGIN("todo")));
	THEN_REFUSED(TOO_MANY_ITEMS, "/workflow");
	GIVEN(ben, remove_workflow, PUBLISH("w3"));
	WHEN(ben, save_workflow_draft, DRAFT("one_more", BEGIN("todo")));
	THEN_REFUSED(TOO_MANY_ITEMS, "/workflow");
	WHEN(ben, save_workflow_draft, DRAFT("w1", BEGIN("todo"), WAY("x", "todo", "done")));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED);
}

static void settle_three(struct decider *decider)
{
	GIVEN(cleo, create_issue, ISSUE("task", "in review"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	      .to = SLICE("in_progress"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-1"), .has_to = true,
	      .to = SLICE("in_review"));
	GIVEN(cleo, create_issue, ISSUE("bug", "done"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-2"), .has_to = true, .to = SLICE("done"),
	      .has_resolution = true, .resolution = SLICE("wont_do"));
	GIVEN(cleo, create_issue, ISSUE("task", "to do"));
}

static void issues_without_a_place_move_as_told(void **state)
{
	struct decider *decider = *state;
	settle_three(decider);
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("closed"),
	      .name = SLICE("Closed"), .category = STATUS_CATEGORY_DONE);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"), WAY("close", "todo", "closed"),
	            WAY("reopen", "closed", "todo")));
	WHEN(ben, publish_workflow, PUBLISH("classic"));
	THEN_REFUSED(NO_PLACE, "/moves");
	assert_string_equal(decider->decision.detail,
	                    "2 issues have no place in the workflow; the first is in in_review");
	WHEN(ben, publish_workflow, PUBLISH("classic"),
	     .moves = MOVES({SLICE("in_review"), SLICE("closed")}));
	THEN_REFUSED(NO_PLACE, "/moves");
	WHEN(ben, publish_workflow, PUBLISH("classic"),
	     .moves = MOVES({SLICE("in_review"), SLICE("closed")}, {SLICE("done"), SLICE("closed")},
	                    {SLICE("in_progress"), SLICE("todo")}));
	THEN(EVENT_WORKFLOW_PUBLISHED, EVENT_ISSUE_TRANSITIONED, EVENT_ISSUE_TRANSITIONED);
	assert_int_equal(decider_event(decider, 0)->meta.aggregate.kind, AGGREGATE_KIND_PROJECT);
	assert_int_equal(decider->decision.version,
	                 decider_event(decider, 0)->meta.aggregate.version);
	const struct issue_transitioned *first = EVENT_BODY(1, issue_transitioned);
	assert_slice(first->from, "in_review");
	assert_slice(first->to, "closed");
	assert_slice(first->resolution, "done");
	assert_false(first->has_transition);
	assert_slice(EVENT_BODY(2, issue_transitioned)->resolution, "wont_do");
	WHEN(ben, remove_status, .project = SLICE("TLS"), .status = SLICE("in_review"));
	THEN(EVENT_STATUS_REMOVED);
	WHEN(cleo, transition_issue, TRANSITION("TLS-1") = SLICE("reopen"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void moves_begin_and_end_where_they_can(void **state)
{
	struct decider *decider = *state;
	settle_three(decider);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("classic", BEGIN("todo"), WAY("close", "todo", "done")));
	WHEN(ben, publish_workflow, PUBLISH("classic"),
	     .moves = MOVES({SLICE("nirvana"), SLICE("todo")}));
	THEN_REFUSED(UNKNOWN_STATUS, "/moves");
	WHEN(ben, publish_workflow, PUBLISH("classic"),
	     .moves = MOVES({SLICE("todo"), SLICE("done")}));
	THEN_REFUSED(BAD_MOVE, "/moves");
	WHEN(ben, publish_workflow, PUBLISH("classic"),
	     .moves = MOVES({SLICE("in_review"), SLICE("in_progress")}));
	THEN_REFUSED(BAD_MOVE, "/moves");
	WHEN(ben, publish_workflow, PUBLISH("classic"),
	     .moves = MOVES({SLICE("in_review"), SLICE("todo")},
	                    {SLICE("in_review"), SLICE("done")}));
	THEN_REFUSED(BAD_MOVE, "/moves");
}

static void a_type_follows_another_workflow(void **state)
{
	struct decider *decider = *state;
	settle_three(decider);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("bugs", BEGIN("in_progress"), WAY("fix", "in_progress", "in_review")));
	WHEN(ben, assign_workflow, .project = SLICE("TLS"), .issue_type = SLICE("bug"),
	     .workflow = SLICE("bugs"));
	THEN_REFUSED(NO_SUCH_WORKFLOW, "/workflow");
	GIVEN(ben, publish_workflow, PUBLISH("bugs"));
	WHEN(ben, assign_workflow, .project = SLICE("TLS"), .issue_type = SLICE("wish"),
	     .workflow = SLICE("bugs"));
	THEN_REFUSED(UNKNOWN_TYPE, "/issue_type");
	WHEN(ben, assign_workflow, .project = SLICE("TLS"), .issue_type = SLICE("bug"),
	     .workflow = SLICE("bugs"));
	THEN_REFUSED(NO_PLACE, "/moves");
	WHEN(ben, assign_workflow, .project = SLICE("TLS"), .issue_type = SLICE("bug"),
	     .workflow = SLICE("bugs"), .moves = MOVES({SLICE("done"), SLICE("in_review")}));
	THEN(EVENT_WORKFLOW_ASSIGNED, EVENT_ISSUE_TRANSITIONED);
	assert_slice(EVENT_BODY(0, workflow_assigned)->from, "classic");
	assert_false(EVENT_BODY(1, issue_transitioned)->has_resolution);
	WHEN(ben, assign_workflow, .project = SLICE("TLS"), .issue_type = SLICE("bug"),
	     .workflow = SLICE("bugs"));
	THEN_UNCHANGED();
	WHEN(cleo, create_issue, ISSUE("bug", "another"));
	assert_slice(EVENT_BODY(0, issue_created)->status, "in_progress");
	WHEN(cleo, create_issue, ISSUE("task", "as ever"));
	assert_slice(EVENT_BODY(0, issue_created)->status, "todo");
}

static void members_do_not_configure(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, save_workflow_draft, DRAFT("classic", BEGIN("todo")));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, discard_workflow_draft, PUBLISH("classic"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, publish_workflow, PUBLISH("classic"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, assign_workflow, PUBLISH("classic"), .issue_type = SLICE("bug"));
	THEN_REFUSED(FORBIDDEN, "");
}

static void the_project_is_there_and_of_the_expected_version(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, publish_workflow, .project = SLICE("NONE"), .workflow = SLICE("classic"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, discard_workflow_draft, .project = SLICE("NONE"), .workflow = SLICE("classic"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, save_workflow_draft, DRAFT("classic", BEGIN("todo")),
	     .has_expected_version = true, .expected_version = 9);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, assign_workflow, PUBLISH("classic"), .issue_type = SLICE("bug"),
	     .has_expected_version = true, .expected_version = 9);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_draft_is_kept_and_not_obeyed),
	        ON_SETTLED(a_published_workflow_is_obeyed),
	        ON_SETTLED(a_target_is_named_in_one_way),
	        ON_SETTLED(a_status_that_several_transitions_lead_to_is_not_enough),
	        ON_SETTLED(a_category_takes_the_first_transition_that_leads_there),
	        ON_SETTLED(a_workflow_that_cannot_be_obeyed_is_refused_where_it_is_wrong),
	        ON_SETTLED(a_workflow_has_a_greatest_size),
	        ON_SETTLED(a_project_has_64_workflows),
	        ON_SETTLED(issues_without_a_place_move_as_told),
	        ON_SETTLED(moves_begin_and_end_where_they_can),
	        ON_SETTLED(a_type_follows_another_workflow),
	        ON_SETTLED(members_do_not_configure),
	        ON_SETTLED(the_project_is_there_and_of_the_expected_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
