/* RemoveIssueType: what names the type, and the issues that have it. */
#include <stdio.h>

#include "core/domain/board.h"
#include "core/domain/field.h"
#include "core/domain/issue.h"
#include "tests/unit/fields.h"
#include "tests/unit/workflows.h"

#define REMOVE(id_)  .project = SLICE("TLS"), .issue_type = SLICE(id_)
#define REPLACE(id_) .has_replace_with = true, .replace_with = SLICE(id_)
#define DISABLE(id_) REMOVE(id_), .has_disabled = true, .disabled = true

/* Bugs go from blocked to fixed, and know no other status; two are there, one of them deleted. */
static void settle(struct decider *decider)
{
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("blocked"),
	      .name = SLICE("Blocked"), .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("fixed"),
	      .name = SLICE("Fixed"), .category = STATUS_CATEGORY_DONE);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("bugs", BEGIN("blocked"), WAY("fix", "blocked", "fixed")));
	GIVEN(ben, publish_workflow, PUBLISH("bugs"));
	GIVEN(ben, assign_workflow, PUBLISH("bugs"), .issue_type = SLICE("bug"));
	GIVEN(cleo, create_issue, ISSUE("bug", "one"));
	GIVEN(cleo, create_issue, ISSUE("bug", "two"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-2"), .has_transition = true,
	      .transition = SLICE("fix"));
	GIVEN(ada, delete_issue, .issue = SLICE("TLS-2"));
	GIVEN(cleo, create_issue, ISSUE("task", "three"));
}

static void board_with_filter(struct decider *decider, struct slice_array projects)
{
	static const struct slice types[] = {{"bug", 3}, {"task", 4}};
	static const struct board_filter filters[] = {
	        {.id = SLICE("work"), .name = SLICE("Work"), .types = {types, 2}},
	        {.id = SLICE("mine"), .name = SLICE("Mine"), .caller = true}};
	GIVEN(ada, create_board, .name = SLICE("Board"), .projects = projects, .has_filter = true,
	      .filter = {.types = {types, 1}}, .filters = {filters, 2});
}

static void a_type_that_nothing_names_is_removed(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, remove_issue_type, REMOVE("bug"), .has_expected_version = true,
	     .expected_version = 9);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, remove_issue_type, REMOVE("bug"));
	THEN(EVENT_ISSUE_TYPE_REMOVED);
	const struct issue_type_removed *e = EVENT_BODY(0, issue_type_removed);
	assert_slice(e->issue_type, "bug");
	assert_slice(e->name, "Bug");
	assert_false(e->has_replaced_by);
	WHEN(cleo, create_issue, ISSUE("bug", "x"));
	THEN_REFUSED(UNKNOWN_TYPE, "/type");
	WHEN(ben, add_issue_type, REMOVE("bug"), .name = SLICE("x"), .workflow = SLICE("classic"));
	THEN_REFUSED(ITEM_EXISTS, "/issue_type");
	WHEN(ben, remove_issue_type, REMOVE("bug"));
	THEN_REFUSED(UNKNOWN_TYPE, "/issue_type");
	WHEN(ben, edit_issue_type, REMOVE("story"), .has_position = true, .position = 4);
	THEN_REFUSED(BAD_POSITION, "/position"); /* four are left */
	WHEN(cleo, remove_issue_type, REMOVE("task"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ada, archive_project, .project = SLICE("TLS"));
	WHEN(ben, remove_issue_type, REMOVE("task"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

static void that_of_sub_tasks_and_one_that_can_be_chosen_stay(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, remove_issue_type, REMOVE("subtask"));
	THEN_REFUSED(BUILT_IN, "/issue_type");
	GIVEN(ben, remove_issue_type, REMOVE("bug"));
	GIVEN(ben, remove_issue_type, REMOVE("epic"));
	GIVEN(ben, edit_issue_type, DISABLE("story"));
	WHEN(ben, remove_issue_type, REMOVE("task"));
	THEN_REFUSED(LAST_ITEM, "/issue_type");
	WHEN(ben, remove_issue_type, REMOVE("story"));
	THEN(EVENT_ISSUE_TYPE_REMOVED);
}

static void what_names_it_is_counted(void **state)
{
	static const struct slice bug[] = {{"bug", 3}};
	struct workflow_transition begin = BEGIN("todo"), end = FROM_ANY("end", "done");
	const struct workflow_rule rule = {.kind = WORKFLOW_RULE_KIND_FIELD_IS,
	                                   .has_field = true,
	                                   .field = ISSUE_FIELD_TYPE,
	                                   .values = {bug, 1}};
	struct decider *decider = *state;
	end.conditions = (struct workflow_rule_array){&rule, 1};
	const struct workflow_transition asking[] = {begin, end};
	settle(decider);
	WHEN(ben, remove_issue_type, REMOVE("bug"));
	THEN_REFUSED(IN_USE, "/issue_type");
	assert_string_equal(decider->decision.detail,
	                    "bug: 2 issues, 0 custom fields, 0 boards, 0 workflows, 0 drafts:"
	                    " name replace_with");
	GIVEN(ben, add_field, FIELD("risk", NUMBER), .issue_types = LABELS(SLICE("epic")));
	WHEN(ben, remove_issue_type, REMOVE("epic"));
	THEN_REFUSED(IN_USE, "/issue_type");
	GIVEN(ben, remove_field, .project = SLICE("TLS"), .field = SLICE("risk"));
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("spare"),
	      .name = SLICE("x"), .transitions = {asking, 2});
	board_with_filter(decider, LABELS(SLICE("TLS")));
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .issue_types = LABELS(SLICE("bug")));
	WHEN(ben, remove_issue_type, REMOVE("bug"));
	THEN_REFUSED(IN_USE, "/issue_type");
	assert_string_equal(decider->decision.detail,
	                    "bug: 2 issues, 1 custom fields, 1 boards, 0 workflows, 1 drafts, the"
	                    " first is spare: name replace_with");
	WHEN(ben, remove_issue_type, REMOVE("epic"));
	THEN(EVENT_ISSUE_TYPE_REMOVED);
}

static void a_replacement_must_be_of_the_level_and_can_be_chosen(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("bug"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("wish"));
	THEN_REFUSED(UNKNOWN_TYPE, "/replace_with");
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("epic"));
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	GIVEN(ben, edit_issue_type, DISABLE("story"));
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("story"));
	THEN_REFUSED(DISABLED, "/replace_with");
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("task"));
	THEN_REFUSED(NO_PLACE, "/moves");
	assert_string_equal(decider->decision.detail, "2 issues have no place in the workflow; the"
	                                              " first is in blocked");
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("task"),
	     .moves = MOVES({SLICE("blocked"), SLICE("fixed")}));
	THEN_REFUSED(BAD_MOVE, "/moves");
}

static void its_issues_get_the_replacement(void **state)
{
	struct decider *decider = *state;
	struct row_issue issue;
	settle(decider);
	GIVEN(ben, add_field, FIELD("need", NUMBER), .required = true,
	      .issue_types = LABELS(SLICE("task")));
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("task"),
	     .moves = MOVES({SLICE("blocked"), SLICE("in_progress")},
	                    {SLICE("fixed"), SLICE("done")}));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_CONVERTED, EVENT_ISSUE_TYPE_REMOVED);
	const struct issue_converted *e = EVENT_BODY(0, issue_converted);
	assert_int_equal(e->number, 1);
	assert_slice(e->from_type, "bug");
	assert_slice(e->to_type, "task");
	assert_slice(e->to_status, "in_progress");
	assert_slice(EVENT_BODY(1, issue_converted)->to_status, "done");
	assert_slice(EVENT_BODY(1, issue_converted)->to_resolution, "done");
	assert_slice(EVENT_BODY(2, issue_type_removed)->replaced_by, "task");
	GIVEN(ada, restore_issue, .issue = SLICE("TLS-2"));
	assert_true(resolve_issue(&decider->state.face, SLICE("TLS-2"), &issue));
	assert_string_equal(issue.type, "task");
	WHEN(ben, remove_workflow, PUBLISH("bugs")); /* nothing follows it any more */
	THEN(EVENT_WORKFLOW_REMOVED);
}

static void fields_boards_and_workflows_name_the_replacement(void **state)
{
	static const struct slice types[] = {{"story", 5}, {"bug", 3}, {"task", 4}};
	const struct workflow_rule rule = {.kind = WORKFLOW_RULE_KIND_FIELD_IS,
	                                   .has_field = true,
	                                   .field = ISSUE_FIELD_TYPE,
	                                   .values = {types, 2}};
	struct workflow_transition transitions[] = {BEGIN("todo"), FROM_ANY("end", "done")};
	struct decider *decider = *state;
	transitions[1].validators = (struct workflow_rule_array){&rule, 1};
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("asking"),
	      .name = SLICE("x"), .transitions = {transitions, 2});
	GIVEN(ben, publish_workflow, PUBLISH("asking"));
	GIVEN(ben, add_field, FIELD("cost", NUMBER), .issue_types = LABELS(SLICE("bug")));
	GIVEN(ben, add_field, FIELD("risk", NUMBER), .issue_types = {types, 3});
	GIVEN(ben, add_field, FIELD("note", NUMBER));
	board_with_filter(decider, LABELS(SLICE("TLS")));
	GIVEN(ben, create_project, .key = SLICE("WEB"), .name = SLICE("Web"));
	board_with_filter(decider, LABELS(SLICE("TLS"), SLICE("WEB"))); /* which has bugs too */
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("task"));
	THEN(EVENT_WORKFLOW_DRAFT_SAVED, EVENT_WORKFLOW_PUBLISHED, EVENT_FIELD_EDITED,
	     EVENT_FIELD_EDITED, EVENT_BOARD_EDITED, EVENT_ISSUE_TYPE_REMOVED);
	const struct workflow_rule *after =
	        &EVENT_BODY(1, workflow_published)->transitions.items[1].validators.items[0];
	assert_slice(after->values.items[1], "task");
	assert_int_equal(EVENT_BODY(2, field_edited)->after.issue_types.n, 1);
	assert_slice(EVENT_BODY(2, field_edited)->before.issue_types.items[0], "bug");
	assert_slice(EVENT_BODY(2, field_edited)->after.issue_types.items[0], "task");
	assert_int_equal(EVENT_BODY(3, field_edited)->after.issue_types.n, 2);
	const struct board_configuration *board = &EVENT_BODY(4, board_edited)->after;
	assert_int_equal(board->filters.items[0].types.n, 1);
	assert_slice(board->filters.items[0].types.items[0], "task");
	assert_int_equal(board->filters.n, 2);
	assert_slice(board->filter.items->types.items[0], "task");
	WHEN(cleo, create_issue, ISSUE("task", "x"), .fields = VALUES(VALUE("cost", "1")));
	THEN(EVENT_ISSUE_CREATED, EVENT_ISSUE_FIELDS_CHANGED);
}

static void more_issues_than_a_decision_has_room_for_come_first(void **state)
{
	struct decider *decider = *state;
	struct tenant_state *rows = &decider->state.face;
	struct row_issue issue;
	GIVEN(cleo, create_issue, ISSUE("bug", "x"));
	assert_true(resolve_issue(rows, SLICE("TLS-1"), &issue));
	for (int64_t number = 2; number <= DECISION_EVENTS_MAX; number++) {
		struct row_key key =
		        row_key_issue_place(&issue.project_id, SLICE("bug"), SLICE("todo"), number);
		const struct row_issue_place place = {issue.id};
		rows->put(rows, &key, &place);
	}
	WHEN(ben, remove_issue_type, REMOVE("bug"), REPLACE("task"));
	THEN_REFUSED(TOO_LARGE, "/issue_type");
	assert_string_equal(decider->decision.detail,
	                    "20000 issues have it: give some another first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        DECIDES(a_type_that_nothing_names_is_removed),
	        DECIDES(that_of_sub_tasks_and_one_that_can_be_chosen_stay),
	        DECIDES(what_names_it_is_counted),
	        DECIDES(a_replacement_must_be_of_the_level_and_can_be_chosen),
	        DECIDES(its_issues_get_the_replacement),
	        DECIDES(fields_boards_and_workflows_name_the_replacement),
	        DECIDES(more_issues_than_a_decision_has_room_for_come_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
