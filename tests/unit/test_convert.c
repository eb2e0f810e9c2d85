/* The type of an issue changes in its project. */
#include "core/domain/issue.h"
#include "tests/unit/fields.h"
#include "tests/unit/workflows.h"

#define ISSUE_IS(key)  .issue = SLICE(key)
#define TYPE(id)       .has_type = true, .type = SLICE(id)
#define STATUS(id)     .has_status = true, .status = SLICE(id)
#define UNDER(key)     .has_parent = true, .parent = SLICE(key)
#define NO_PARENT      .clear = FIELDS(ISSUE_FIELD_PARENT)
#define CONVERTED(at)  EVENT_BODY(at, issue_converted)
#define OF_TYPES(...)  .issue_types = LABELS(__VA_ARGS__)
#define TAKE(key, to_) .issue = SLICE(key), .has_to = true, .to = SLICE(to_)
/* TLS-1 is a story, TLS-2 a sub-task of it, TLS-3 an epic, TLS-4 a task below that. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("story", "one"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "two"), UNDER("TLS-1"));
	GIVEN(cleo, create_issue, ISSUE("epic", "three"));
	GIVEN(cleo, create_issue, ISSUE("task", "four"), UNDER("TLS-3"));
	return failed;
}

/* Bugs go from blocked to fixed, and know no other status. */
static void bugs_have_a_workflow(struct decider *decider)
{
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("blocked"),
	      .name = SLICE("x"), .category = STATUS_CATEGORY_IN_PROGRESS);
	GIVEN(ben, add_status, .project = SLICE("TLS"), .status = SLICE("fixed"),
	      .name = SLICE("y"), .category = STATUS_CATEGORY_DONE);
	GIVEN(ben, save_workflow_draft,
	      DRAFT("bugs", BEGIN("blocked"), WAY("fix", "blocked", "fixed"),
	            WAY("again", "fixed", "blocked")));
	GIVEN(ben, publish_workflow, PUBLISH("bugs"));
	GIVEN(ben, assign_workflow, PUBLISH("bugs"), .issue_type = SLICE("bug"));
}

static struct row_issue row_of(struct decider *decider, const char *ref)
{
	struct row_issue issue;
	assert_true(resolve_issue(&decider->state.face, slice_str(ref), &issue));
	return issue;
}

static void an_issue_gets_another_type_and_keeps_the_rest(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, transition_issue, TAKE("TLS-4", "in_progress"));
	struct row_issue before = row_of(decider, "TLS-4");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("bug"));
	THEN(EVENT_ISSUE_CONVERTED);
	const struct issue_converted *e = CONVERTED(0);
	assert_true(uuid_equal(&e->project_id, &before.project_id));
	assert_int_equal(e->number, 4);
	assert_slice(e->from_type, "task");
	assert_slice(e->to_type, "bug");
	assert_slice(e->from_status, "in_progress");
	assert_slice(e->to_status, "in_progress");
	assert_int_equal(e->to_category, STATUS_CATEGORY_IN_PROGRESS);
	assert_false(e->has_from_resolution || e->has_to_resolution);
	struct row_issue after = row_of(decider, "TLS-4");
	assert_string_equal(after.type, "bug");
	assert_true(uuid_equal(&after.parent, &before.parent));
	assert_int_equal(after.field_version[ISSUE_FIELD_TYPE], after.version);
	assert_int_equal(after.field_version[ISSUE_FIELD_STATUS],
	                 before.field_version[ISSUE_FIELD_STATUS]);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("bug"));
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("bug"), STATUS("in_progress"));
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("task"), .has_priority = true,
	     .priority = SLICE("high"), .has_expected_version = true,
	     .expected_version = after.version, .if_unchanged = FIELDS(ISSUE_FIELD_TYPE));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_PRIORITY_CHANGED);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("bug"), .has_expected_version = true,
	     .expected_version = after.version, .if_unchanged = FIELDS(ISSUE_FIELD_TYPE));
	THEN_REFUSED(VERSION_MISMATCH, "/if_unchanged");
}

static void a_type_that_cannot_be_chosen_is_refused(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("wish"));
	THEN_REFUSED(UNKNOWN_TYPE, "/type");
	GIVEN(ben, edit_issue_type, .project = SLICE("TLS"), .issue_type = SLICE("bug"),
	      .has_disabled = true, .disabled = true);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"));
	THEN_REFUSED(DISABLED, "/type");
	GIVEN(ben, edit_issue_type, .project = SLICE("TLS"), .issue_type = SLICE("story"),
	      .has_disabled = true, .disabled = true);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("story")); /* as it is */
	THEN_UNCHANGED();
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), STATUS("done"));
	THEN_REFUSED(BAD_CHANGE, "/status");
	WHEN(dan, edit_issue, ISSUE_IS("TLS-1"), TYPE("task"));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(cleo, archive_issue, ISSUE_IS("TLS-1"));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("task"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
}

static void a_status_without_a_place_needs_another(void **state)
{
	struct decider *decider = *state;
	bugs_have_a_workflow(decider);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"));
	THEN_REFUSED(UNKNOWN_STATUS, "/status");
	assert_string_equal(decider->decision.detail,
	                    "bug has no place for todo; status can be blocked, fixed");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"), STATUS("done"));
	THEN_REFUSED(UNKNOWN_STATUS, "/status");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("task"), STATUS("done"));
	THEN_REFUSED(BAD_CHANGE, "/status");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("story"), STATUS("done"));
	THEN_REFUSED(BAD_CHANGE, "/status");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"), STATUS("blocked"));
	THEN(EVENT_ISSUE_CONVERTED);
	assert_slice(CONVERTED(0)->from_status, "todo");
	assert_slice(CONVERTED(0)->to_status, "blocked");
	assert_int_equal(CONVERTED(0)->from_category, STATUS_CATEGORY_TODO);
	struct row_issue issue = row_of(decider, "TLS-1");
	assert_string_equal(issue.status, "blocked");
	assert_int_equal(issue.field_version[ISSUE_FIELD_STATUS], issue.version);
	assert_int_equal(issue.status_before, 0);
	assert_int_equal(issue.statuses_been, 1 | 1 << 4);
	assert_int_equal(decider->state.rows[ROW_MOVER], 1);
	WHEN(cleo, transition_issue, ISSUE_IS("TLS-1"), .has_transition = true,
	     .transition = SLICE("fix"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void done_issues_and_no_others_have_a_resolution(void **state)
{
	struct decider *decider = *state;
	bugs_have_a_workflow(decider);
	GIVEN(cleo, transition_issue, TAKE("TLS-1", "done"), .has_resolution = true,
	      .resolution = SLICE("wont_do"));
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"), STATUS("fixed"));
	assert_slice(CONVERTED(0)->from_resolution, "wont_do");
	assert_slice(CONVERTED(0)->to_resolution, "wont_do");
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("story"), STATUS("todo"));
	assert_slice(CONVERTED(0)->from_resolution, "wont_do");
	assert_false(CONVERTED(0)->has_to_resolution);
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("bug"), STATUS("fixed"));
	assert_slice(CONVERTED(0)->to_resolution, "done");
	assert_string_equal(row_of(decider, "TLS-4").resolution, "done");
}

static void another_status_asks_for_the_right_to_transition(void **state)
{
	static const struct permission_grant grants[] = {
	        {.permission = PERMISSION_TRANSITION_ISSUES,
	         .to = GRANT_TO_ORGANIZATION_ROLE,
	         .has_organization_role = true,
	         .organization_role = ORG_ROLE_MEMBER}};
	struct decider *decider = *state;
	bugs_have_a_workflow(decider);
	GIVEN(ada, create_permission_scheme, .scheme = SLICE("strict"), .name = SLICE("x"),
	      .has_copy_of = true, .copy_of = SLICE("classic"));
	GIVEN(ada, change_permission_grants, .scheme = SLICE("strict"), .remove = {grants, 1});
	GIVEN(ada, assign_permission_scheme, .project = SLICE("TLS"), .scheme = SLICE("strict"));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"), STATUS("blocked"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("task"));
	THEN(EVENT_ISSUE_CONVERTED);
}

static void a_type_of_another_workflow_asks_for_the_right_to_move(void **state)
{
	static const struct permission_grant grants[] = {{.permission = PERMISSION_MOVE_ISSUES,
	                                                  .to = GRANT_TO_ORGANIZATION_ROLE,
	                                                  .has_organization_role = true,
	                                                  .organization_role = ORG_ROLE_MEMBER}};
	struct decider *decider = *state;
	bugs_have_a_workflow(decider);
	GIVEN(ada, edit_issue, ISSUE_IS("TLS-2"), TYPE("bug"), STATUS("blocked"), NO_PARENT);
	GIVEN(ada, create_permission_scheme, .scheme = SLICE("strict"), .name = SLICE("x"),
	      .has_copy_of = true, .copy_of = SLICE("classic"));
	GIVEN(ada, change_permission_grants, .scheme = SLICE("strict"), .remove = {grants, 1});
	GIVEN(ada, assign_permission_scheme, .project = SLICE("TLS"), .scheme = SLICE("strict"));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("story"), STATUS("done"));
	THEN_REFUSED(FORBIDDEN, "");
	assert_string_equal(decider->decision.detail,
	                    "this needs the permission move_issues in TLS");
	WHEN(cleo, bulk_edit_issues, .issues = LABELS(SLICE("TLS-2")), TYPE("story"),
	     STATUS("done"));
	assert_int_equal(EVENT_BODY(0, bulk_completed)->refused, 1);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("story"));
	THEN(EVENT_ISSUE_CONVERTED); /* of the same workflow */
	WHEN(ben, edit_issue, ISSUE_IS("TLS-2"), TYPE("story"), STATUS("done"));
	THEN(EVENT_ISSUE_CONVERTED);
}

static void levels_above_and_below_must_fit(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("epic")); /* a sub-task is below it */
	THEN_REFUSED(PARENT_TYPE, "/type");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-3"), TYPE("story")); /* a task is below it */
	THEN_REFUSED(PARENT_TYPE, "/type");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("epic")); /* below an epic */
	THEN_REFUSED(PARENT_TYPE, "/type");
	assert_string_equal(decider->decision.detail,
	                    "epic cannot stay below its parent: name another one, or clear it");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("epic"), UNDER("TLS-1"));
	THEN_REFUSED(PARENT_TYPE, "/parent");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("epic"), NO_PARENT);
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_PARENT_CHANGED);
	/* Deleted ones come back: they count. */
	GIVEN(ada, delete_issue, ISSUE_IS("TLS-2"));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("epic"));
	THEN_REFUSED(PARENT_TYPE, "/type");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"), UNDER("TLS-4"));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_PARENT_CHANGED);
}

static void an_issue_becomes_a_sub_task_and_a_sub_task_an_issue(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("task")); /* of a story */
	THEN_REFUSED(PARENT_TYPE, "/type");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("task"), NO_PARENT);
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_PARENT_CHANGED);
	assert_false(EVENT_BODY(1, issue_parent_changed)->has_to);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("subtask"));
	THEN_REFUSED(PARENT_NEEDED, "/parent");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("subtask"), NO_PARENT);
	THEN_REFUSED(PARENT_NEEDED, "/clear");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("subtask"), UNDER("TLS-3"));
	THEN_REFUSED(PARENT_TYPE, "/parent");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("subtask"), UNDER("TLS-2"));
	THEN_REFUSED(PARENT_CYCLE, "/parent");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("subtask"), UNDER("TLS-4"));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_PARENT_CHANGED);
	struct row_issue issue = row_of(decider, "TLS-2"), parent = row_of(decider, "TLS-4");
	assert_true(uuid_equal(&issue.parent, &parent.id));
	assert_true(is_subtask(&decider->state.face, &issue));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("subtask"), UNDER("TLS-1"));
	THEN_REFUSED(PARENT_TYPE, "/type"); /* the sub-task is below it */
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("bug"), UNDER("TLS-3"));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_PARENT_CHANGED);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-2"), TYPE("subtask"), UNDER("TLS-1"));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_PARENT_CHANGED);
	GIVEN(cleo, archive_issue, ISSUE_IS("TLS-1"));
	assert_true(row_of(decider, "TLS-2").archived);
}

static void fields_are_those_of_the_new_type(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("cost", NUMBER), OF_TYPES(SLICE("story")));
	GIVEN(ben, add_field, FIELD("risk", NUMBER), OF_TYPES(SLICE("bug")));
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-1"), .fields = VALUES(VALUE("cost", "7")));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"),
	     .fields = VALUES(VALUE("cost", "8")));
	THEN_REFUSED(FIELD_CONTEXT, "/fields/0/field");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"),
	     .fields = VALUES(VALUE("risk", "1")));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(row_of(decider, "TLS-1").fields, 2); /* the other is hidden */
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("story"));
	THEN(EVENT_ISSUE_CONVERTED);
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), .fields = VALUES(VALUE("cost", "7")));
	THEN_UNCHANGED();
}

static void required_fields_of_the_new_type_must_be_there(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, add_field, FIELD("risk", NUMBER), OF_TYPES(SLICE("bug")), .required = true);
	GIVEN(ben, add_field, FIELD("area", TEXT), OF_TYPES(SLICE("bug")), .required = true,
	      .default_values = LABELS(SLICE("web")));
	GIVEN(ben, add_field, FIELD("note", TEXT), OF_TYPES(SLICE("bug")),
	      .default_values = LABELS(SLICE("none")));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"));
	THEN_REFUSED(FIELD_REQUIRED, "/fields");
	assert_string_equal(decider->decision.detail,
	                    "'risk' (risk) must have a value in issues of the type 'Bug' (bug)");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"), .fields = VALUES(NO_VALUE("risk")));
	THEN_REFUSED(FIELD_REQUIRED, "/fields/0/values");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"),
	     .fields = VALUES(VALUE("risk", "1")));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_ISSUE_FIELDS_CHANGED);
	assert_int_equal(EVENT_BODY(1, issue_fields_changed)->changes.n, 2);
	assert_slice(CHANGE(1, 0).field, "risk");
	assert_slice(CHANGE(1, 1).field, "area"); /* its default; nothing asks for the note */
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("story"));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug")); /* what was hidden is there */
	THEN(EVENT_ISSUE_CONVERTED);
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("story"));
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"), .fields = VALUES(NO_VALUE("risk")));
	THEN_REFUSED(FIELD_REQUIRED, "/fields/0/values");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("task"));
	THEN(EVENT_ISSUE_CONVERTED);
}

static void the_rules_of_the_initial_transition_are_not_asked(void **state)
{
	static const struct workflow_rule rules[] = {
	        {.kind = WORKFLOW_RULE_KIND_ROLE, .has_role = true, .role = ORG_ROLE_ADMIN}};
	struct workflow_transition begin = BEGIN("todo");
	struct decider *decider = *state;
	begin.conditions = (struct workflow_rule_array){rules, 1};
	GIVEN(ben, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("closed"),
	      .name = SLICE("x"), .transitions = {&begin, 1});
	GIVEN(ben, publish_workflow, PUBLISH("closed"));
	GIVEN(ben, assign_workflow, PUBLISH("closed"), .issue_type = SLICE("bug"));
	WHEN(cleo, create_issue, ISSUE("bug", "new"));
	THEN_REFUSED(NO_TRANSITION, "/type");
	WHEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"));
	THEN(EVENT_ISSUE_CONVERTED);
}

static void a_converted_issue_moves_with_the_workflow_of_its_type(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-1"), TYPE("bug"));
	GIVEN(ben, save_workflow_draft, DRAFT("short", BEGIN("in_progress")));
	GIVEN(ben, publish_workflow, PUBLISH("short"));
	WHEN(ben, assign_workflow, PUBLISH("short"), .issue_type = SLICE("story"));
	THEN(EVENT_WORKFLOW_ASSIGNED); /* there is none any more */
	WHEN(ben, assign_workflow, PUBLISH("short"), .issue_type = SLICE("bug"),
	     .moves = MOVES({SLICE("todo"), SLICE("in_progress")}));
	THEN(EVENT_WORKFLOW_ASSIGNED, EVENT_ISSUE_TRANSITIONED);
}

static void many_issues_get_a_type_at_once(void **state)
{
	static const struct slice issues[] = {{"TLS-1", 5}, {"TLS-3", 5}, {"TLS-4", 5}};
	struct decider *decider = *state;
	bugs_have_a_workflow(decider);
	GIVEN(cleo, edit_issue, ISSUE_IS("TLS-4"), TYPE("bug"), STATUS("fixed"));
	GIVEN(cleo, create_issue, ISSUE("bug", "five"));
	WHEN(cleo, bulk_edit_issues, .issues = {issues, 3}, STATUS("blocked"));
	THEN_REFUSED(BAD_CHANGE, "/status");
	/* The status is for those that need one. */
	WHEN(cleo, bulk_edit_issues, .issues = {issues, 3}, TYPE("bug"), STATUS("blocked"));
	THEN(EVENT_ISSUE_CONVERTED, EVENT_BULK_COMPLETED);
	const struct bulk_completed *e = EVENT_BODY(1, bulk_completed);
	assert_int_equal(e->changed, 1);
	assert_int_equal(e->unchanged.n, 1);
	assert_slice(e->refusals.items[0].issue, "TLS-3");
	assert_slice(e->refusals.items[0].code, "parent_type");
	WHEN(cleo, bulk_edit_issues, .issues = {issues, 3}, TYPE("task"));
	THEN(EVENT_BULK_COMPLETED);
	assert_int_equal(EVENT_BODY(0, bulk_completed)->refused, 3);
	assert_slice(EVENT_BODY(0, bulk_completed)->refusals.items[0].code, "unknown_status");
}

static void a_move_to_where_it_is_says_how_the_type_changes(void **state)
{
	struct decider *decider = *state;
#define STAY(key) .issue = SLICE(key), .project = SLICE("TLS")
#define BECOMES(from_, to_)                                                                        \
	{.items = (const struct replacement[]){{SLICE(from_), SLICE(to_)}}, .n = 1}
	WHEN(cleo, move_issue, STAY("TLS-1"), .types = BECOMES("story", "bug"));
	THEN_REFUSED(BAD_MOVE, "/types");
	assert_string_equal(decider->decision.detail,
	                    "it is in TLS already: EditIssue changes its type");
	WHEN(cleo, move_issue, STAY("TLS-1"), .statuses = BECOMES("todo", "done"));
	THEN_REFUSED(BAD_MOVE, "/statuses");
	WHEN(cleo, move_issue, STAY("TLS-1"), .priorities = BECOMES("medium", "low"));
	THEN_REFUSED(BAD_MOVE, "/priorities");
	GIVEN(cleo, transition_issue, TAKE("TLS-1", "done"));
	WHEN(cleo, move_issue, STAY("TLS-1"), .resolutions = BECOMES("done", "wont_do"));
	THEN_REFUSED(BAD_MOVE, "/resolutions");
	WHEN(cleo, move_issue, STAY("TLS-1"), .types = BECOMES("task", "bug"));
	THEN_UNCHANGED();
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(an_issue_gets_another_type_and_keeps_the_rest),
	        CASE(a_type_that_cannot_be_chosen_is_refused),
	        CASE(a_status_without_a_place_needs_another),
	        CASE(done_issues_and_no_others_have_a_resolution),
	        CASE(another_status_asks_for_the_right_to_transition),
	        CASE(a_type_of_another_workflow_asks_for_the_right_to_move),
	        CASE(levels_above_and_below_must_fit),
	        CASE(an_issue_becomes_a_sub_task_and_a_sub_task_an_issue),
	        CASE(fields_are_those_of_the_new_type),
	        CASE(required_fields_of_the_new_type_must_be_there),
	        CASE(the_rules_of_the_initial_transition_are_not_asked),
	        CASE(a_converted_issue_moves_with_the_workflow_of_its_type),
	        CASE(many_issues_get_a_type_at_once),
	        CASE(a_move_to_where_it_is_says_how_the_type_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
