#include "core/domain/configuration.h"
#include "tests/unit/workflows.h"

#define TLS_1   .issue = SLICE("TLS-1")
#define TO(key) .project = SLICE(key)
#define BECOMES(from_, to_)                                                                        \
	{                                                                                          \
		.items = (const struct replacement[]){{SLICE(from_), SLICE(to_)}}, .n = 1          \
	}

/* TLS-1 is a task; QUIC is another project, with nothing in it. */
static int setup(void **state)
{
	int failed = decider_setup(state);
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("story", "first"));
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	return failed;
}

static struct row_issue row_of(struct decider *decider, const char *ref)
{
	struct row_issue issue;
	assert_true(resolve_issue(&decider->state.face, slice_str(ref), &issue));
	return issue;
}

static void an_issue_gets_the_next_number_and_keeps_its_former_key(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, TO("QUIC"), .type = SLICE("task"), .summary = SLICE("x"),
	      .priority = SLICE("low"));
	struct row_issue before = row_of(decider, "TLS-1");
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN(EVENT_ISSUE_MOVED);
	const struct issue_moved *e = EVENT_BODY(0, issue_moved);
	assert_int_equal(e->from_number, 1);
	assert_int_equal(e->to_number, 2);
	assert_slice(e->to_status, "todo");
	assert_false(e->with_parent || e->has_to_resolution);
	assert_int_equal(decider->decision.version, 2);
	struct row_issue after = row_of(decider, "QUIC-2");
	assert_true(uuid_equal(&before.id, &after.id));
	assert_string_equal(before.rank, after.rank);
	after = row_of(decider, "TLS-1");
	assert_true(uuid_equal(&before.id, &after.id));
	GIVEN(cleo, edit_issue, TLS_1, .has_summary = true, .summary = SLICE("new"));
	GIVEN(cleo, create_issue, ISSUE("task", "next"));
	assert_int_equal(EVENT_BODY(0, issue_created)->number, 2);
}

static void keys_name_issues_and_projects_in_any_case(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, .project = SLICE("tls"), .type = SLICE("subtask"),
	      .summary = SLICE("below"), .priority = SLICE("low"), .has_parent = true,
	      .parent = SLICE("tls-1"));
	assert_int_equal(EVENT_BODY(0, issue_created)->number, 2);
	GIVEN(cleo, create_issue, TO("Quic"), .type = SLICE("task"), .summary = SLICE("x"),
	      .priority = SLICE("low"));
	GIVEN(cleo, link_issues, .issue = SLICE("tls-1"), .link_type = SLICE("blocks"),
	      .other = SLICE("quic-1"));
	GIVEN(cleo, rank_issue, .issue = SLICE("quic-1"), .has_before = true,
	      .before = SLICE("Tls-1"));
	WHEN(cleo, link_issues, .issue = SLICE("tls-1"), .link_type = SLICE("blocks"),
	     .other = SLICE("TLS-1"));
	THEN_REFUSED(SELF_LINK, "/other");
	GIVEN(cleo, move_issue, .issue = SLICE("tls-1"), TO("quic"));
	GIVEN(cleo, edit_issue, .issue = SLICE("tls-1"), .has_summary = true,
	      .summary = SLICE("by a former key"));
	GIVEN(ada, change_project_key, .project = SLICE("quic"), .key = SLICE("HTTP"));
	GIVEN(cleo, edit_issue, .issue = SLICE("quic-1"), .has_summary = true,
	      .summary = SLICE("by a former key of the project"));
	WHEN(cleo, edit_issue, .issue = SLICE("tls-9"), .has_summary = true, .summary = SLICE("x"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	assert_non_null(strstr(decider->decision.detail, "tls-9"));
	WHEN(cleo, create_issue, TO("htt"), .type = SLICE("task"), .summary = SLICE("x"),
	     .priority = SLICE("low"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	assert_non_null(strstr(decider->decision.detail, "htt"));
}

static void moving_to_where_it_is_changes_nothing(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, move_issue, TLS_1, TO("TLS"));
	THEN_UNCHANGED();
	GIVEN(cleo, move_issue, TLS_1, TO("QUIC"));
	GIVEN(cleo, move_issue, TLS_1, TO("TLS"));
	assert_int_equal(EVENT_BODY(0, issue_moved)->to_number, 2);
	struct row_issue first = row_of(decider, "TLS-1"), second = row_of(decider, "TLS-2");
	assert_true(uuid_equal(&first.id, &second.id));
}

static void what_belongs_to_the_project_comes_off(void **state)
{
	static const struct uuid component = {{5}}, version = {{6}};
	struct decider *decider = *state;
	struct row_component row;
	struct row_version version_row;
	struct row_key key = row_key_component(&component);
	GIVEN(ada, add_component, TO("TLS"), .has_component_id = true, .component_id = component,
	      .name = SLICE("core"));
	GIVEN(ada, add_version, TO("TLS"), .has_version_id = true, .version_id = version,
	      .name = SLICE("1"));
	GIVEN(cleo, change_issue_components, TLS_1, .add = {&component, 1});
	GIVEN(cleo, change_issue_versions, TLS_1, .add_fix = {&version, 1},
	      .add_affects = {&version, 1});
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN(EVENT_ISSUE_MOVED);
	const struct issue_moved *e = EVENT_BODY(0, issue_moved);
	assert_int_equal(e->components.n, 1);
	assert_int_equal(e->fix_versions.n, 1);
	assert_int_equal(e->affects_versions.n, 1);
	assert_true(decider->state.face.get(&decider->state.face, &key, &row));
	assert_int_equal(row.issues, 0);
	key = row_key_version(&version);
	assert_true(decider->state.face.get(&decider->state.face, &key, &version_row));
	assert_int_equal(version_row.issues, 0);
}

#define GO(to_) TLS_1, .has_to = true, .to = SLICE(to_)

/* The bits and rows of statuses are by their ordinals, which the other project has given to others.
 */
static void its_way_through_statuses_begins_anew_in_the_other_project(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, transition_issue, GO("in_progress"));
	GIVEN(cleo, transition_issue, GO("in_review"));
	GIVEN(cleo, move_issue, TLS_1, TO("QUIC"));
	struct row_issue issue = row_of(decider, "QUIC-1");
	assert_int_equal(issue.status_before, STATUS_NONE);
	assert_int_equal(issue.statuses_been, 1 << 2);
	assert_int_equal(decider->state.rows[ROW_STAY], 1);
}

static void its_way_through_statuses_goes_on_when_it_comes_back(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, transition_issue, GO("in_progress"));
	GIVEN(cleo, transition_issue, GO("in_review"));
	struct row_issue before = row_of(decider, "TLS-1");
	GIVEN(cleo, move_issue, TLS_1, TO("QUIC"));
	GIVEN(cleo, transition_issue, GO("in_progress"));
	GIVEN(cleo, transition_issue, GO("in_review"));
	GIVEN(ben, move_issue, TLS_1, TO("TLS"));
	struct row_issue after = row_of(decider, "TLS-1");
	assert_int_equal(after.status_before, before.status_before);
	assert_int_equal(after.statuses_been, before.statuses_been);
	assert_int_equal(decider->state.rows[ROW_STAY], 1); /* of QUIC */
	GIVEN(ben, move_issue, TLS_1, TO("QUIC"));
	assert_int_equal(row_of(decider, "TLS-1").statuses_been, 1 << 1 | 1 << 2);
}

/* approve: in_review -> done, for who did not bring it there. */
static void duties_are_separate(struct decider *decider)
{
	const struct workflow_rule separate[] = {
	        {.kind = WORKFLOW_RULE_KIND_SEPARATE,
	         .statuses = LABELS(SLICE("in_progress"), SLICE("in_review"))}};
	struct workflow_transition ways[] = {BEGIN("todo"), WAY("start", "todo", "in_progress"),
	                                     WAY("review", "in_progress", "in_review"),
	                                     WAY("approve", "in_review", "done")};
	ways[3].conditions = (struct workflow_rule_array){separate, 1};
	GIVEN(ada, save_workflow_draft, .project = SLICE("TLS"), .workflow = SLICE("classic"),
	      .name = SLICE("Two"), .transitions = {ways, 4});
	GIVEN(ada, publish_workflow, PUBLISH("classic"));
	GIVEN(cleo, transition_issue, GO("in_progress"));
}

static void duties_stay_separate_when_it_moves_away_and_back(void **state)
{
	struct decider *decider = *state;
	duties_are_separate(decider);
	GIVEN(cleo, transition_issue, GO("in_review"));
	WHEN(cleo, transition_issue, GO("done"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	GIVEN(cleo, move_issue, TLS_1, TO("QUIC"));
	GIVEN(cleo, move_issue, TLS_1, TO("TLS"));
	WHEN(cleo, transition_issue, GO("done"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	WHEN(ben, transition_issue, GO("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void who_brings_it_back_in_another_status_took_it_there(void **state)
{
	struct decider *decider = *state;
	duties_are_separate(decider);
	GIVEN(cleo, move_issue, TLS_1, TO("QUIC"));
	GIVEN(cleo, transition_issue, GO("in_review"));
	GIVEN(cleo, move_issue, TLS_1, TO("TLS"));
	assert_int_equal(row_of(decider, "TLS-1").statuses_been, 7);
	assert_int_equal(row_of(decider, "TLS-1").status_before, 1);
	WHEN(cleo, transition_issue, GO("done"));
	THEN_REFUSED(NO_TRANSITION, "/to");
	WHEN(ben, transition_issue, GO("done"));
	THEN(EVENT_ISSUE_TRANSITIONED);
}

static void sub_tasks_go_along(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("subtask", "a"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, create_issue, ISSUE("subtask", "b"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	GIVEN(cleo, archive_issue, .issue = SLICE("TLS-3"));
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN(EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED);
	assert_int_equal(EVENT_BODY(0, issue_moved)->to_number, 1);
	assert_int_equal(EVENT_BODY(1, issue_moved)->to_number, 2);
	assert_true(EVENT_BODY(1, issue_moved)->with_parent);
	assert_true(EVENT_BODY(2, issue_moved)->has_parent);
	assert_int_equal(decider->decision.version, 2);
	struct row_issue subtask = row_of(decider, "TLS-3"), parent = row_of(decider, "QUIC-1");
	assert_true(uuid_equal(&subtask.parent, &parent.id));
	assert_true(uuid_equal(&subtask.project_id, &parent.project_id));
	assert_true(subtask.archived);
}

static void other_children_stay(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("epic", "big"));
	GIVEN(cleo, edit_issue, TLS_1, .has_parent = true, .parent = SLICE("TLS-2"));
	WHEN(cleo, move_issue, .issue = SLICE("TLS-2"), TO("QUIC"));
	THEN(EVENT_ISSUE_MOVED);
	struct row_issue epic = row_of(decider, "QUIC-1"), story = row_of(decider, "TLS-1");
	assert_true(uuid_equal(&story.parent, &epic.id));
}

static void a_sub_task_moves_with_its_parent(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("subtask", "a"), .has_parent = true,
	      .parent = SLICE("TLS-1"));
	WHEN(cleo, move_issue, .issue = SLICE("TLS-2"), TO("QUIC"));
	THEN_REFUSED(MOVES_WITH_PARENT, "/project");
	GIVEN(cleo, create_issue, TO("QUIC"), .type = SLICE("subtask"), .summary = SLICE("x"),
	      .priority = SLICE("low"), .has_parent = true, .parent = SLICE("TLS-1"));
	GIVEN(cleo, move_issue, .issue = SLICE("QUIC-1"), TO("TLS"));
	GIVEN(cleo, create_issue, TO("QUIC"), .type = SLICE("subtask"), .summary = SLICE("x"),
	      .priority = SLICE("low"), .has_parent = true, .parent = SLICE("TLS-1"));
	GIVEN(ada, create_project, .key = SLICE("NET"), .name = SLICE("x"));
	WHEN(cleo, move_issue, TLS_1, TO("NET"));
	THEN(EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED, EVENT_ISSUE_MOVED);
}

static void what_is_not_there_is_named_by_the_command(void **state)
{
	static const struct replacement twice[] = {{SLICE("todo"), SLICE("done")},
	                                           {SLICE("todo"), SLICE("todo")}};
	struct decider *decider = *state;
	GIVEN(ada, add_status, TO("QUIC"), .status = SLICE("aside"), .name = SLICE("x"),
	      .category = STATUS_CATEGORY_TODO);
	GIVEN(ada, add_issue_type, TO("TLS"), .issue_type = SLICE("wish"), .name = SLICE("x"),
	      .workflow = SLICE("classic"));
	GIVEN(ada, add_priority, TO("TLS"), .priority = SLICE("now"), .name = SLICE("x"));
	GIVEN(ada, add_resolution, TO("TLS"), .resolution = SLICE("lost"), .name = SLICE("x"));
	GIVEN(cleo, create_issue, TO("TLS"), .type = SLICE("wish"), .summary = SLICE("x"),
	      .priority = SLICE("now"));
	GIVEN(cleo, transition_issue, .issue = SLICE("TLS-2"), .has_to = true, .to = SLICE("done"),
	      .has_resolution = true, .resolution = SLICE("lost"));
#define TLS_2 .issue = SLICE("TLS-2"), TO("QUIC")
	WHEN(cleo, move_issue, TLS_2);
	THEN_REFUSED(UNKNOWN_TYPE, "/types");
	WHEN(cleo, move_issue, TLS_2, .types = BECOMES("wish", "epic"));
	THEN_REFUSED(BAD_MOVE, "/types");
	WHEN(cleo, move_issue, TLS_2, .types = BECOMES("wish", "bug"));
	THEN_REFUSED(UNKNOWN_PRIORITY, "/priorities");
#define TLS_2_TYPED TLS_2, .types = BECOMES("wish", "bug"), .priorities = BECOMES("now", "high")
	WHEN(cleo, move_issue, TLS_2_TYPED);
	THEN_REFUSED(UNKNOWN_RESOLUTION, "/resolutions");
	WHEN(cleo, move_issue, TLS_2_TYPED, .statuses = BECOMES("done", "nirvana"));
	THEN_REFUSED(UNKNOWN_STATUS, "/statuses");
	WHEN(cleo, move_issue, TLS_2_TYPED, .statuses = BECOMES("done", "aside"));
	THEN_REFUSED(UNKNOWN_STATUS, "/statuses");
	WHEN(cleo, move_issue, TLS_2_TYPED, .statuses = {twice, 2});
	THEN_REFUSED(BAD_MOVE, "/statuses");
	GIVEN(ada, edit_resolution, TO("QUIC"), .resolution = SLICE("wont_do"),
	      .has_disabled = true, .disabled = true);
	WHEN(cleo, move_issue, TLS_2_TYPED, .resolutions = BECOMES("lost", "wont_do"));
	THEN_REFUSED(DISABLED, "/resolutions");
	WHEN(cleo, move_issue, TLS_2_TYPED, .resolutions = BECOMES("lost", "duplicate"));
	THEN(EVENT_ISSUE_MOVED);
	const struct issue_moved *e = EVENT_BODY(0, issue_moved);
	assert_slice(e->to_type, "bug");
	assert_slice(e->to_priority, "high");
	assert_slice(e->from_resolution, "lost");
	assert_slice(e->to_resolution, "duplicate");
	struct row_issue issue = row_of(decider, "QUIC-1");
	assert_int_equal(issue.field_version[ISSUE_FIELD_TYPE], issue.version);
	assert_int_equal(issue.field_version[ISSUE_FIELD_STATUS], issue.version - 1);
}

static void done_issues_and_no_others_have_a_resolution(void **state)
{
	struct decider *decider = *state;
	GIVEN(cleo, move_issue, TLS_1, TO("QUIC"), .statuses = BECOMES("todo", "done"));
	assert_slice(EVENT_BODY(0, issue_moved)->to_resolution, "done");
	GIVEN(cleo, move_issue, TLS_1, TO("TLS"), .statuses = BECOMES("done", "in_review"));
	assert_false(EVENT_BODY(0, issue_moved)->has_to_resolution);
}

static void nobody_moves_what_is_closed_or_hidden(void **state)
{
	struct decider *decider = *state;
	WHEN(cleo, move_issue, TLS_1, TO("NONE"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(cleo, move_issue, .issue = SLICE("TLS-9"), TO("QUIC"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
	WHEN(dan, move_issue, TLS_1, TO("QUIC"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"), .has_expected_version = true,
	     .expected_version = 7);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	GIVEN(ada, archive_project, TO("QUIC"));
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
	GIVEN(ada, unarchive_project, TO("QUIC"));
	GIVEN(ada, archive_project, TO("TLS"));
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/issue");
	GIVEN(ada, unarchive_project, TO("TLS"));
	GIVEN(cleo, archive_issue, TLS_1);
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN_REFUSED(ISSUE_ARCHIVED, "/issue");
	GIVEN(cleo, unarchive_issue, TLS_1);
	GIVEN(cleo, delete_issue, TLS_1);
	WHEN(cleo, move_issue, TLS_1, TO("QUIC"));
	THEN_REFUSED(NO_SUCH_ISSUE, "/issue");
}

static void a_published_workflow_moves_only_issues_of_its_project(void **state)
{
	static const struct slice todo = {"todo", 4};
	const struct workflow_transition transitions[] = {
	        {.id = SLICE("create"),
	         .name = SLICE("x"),
	         .kind = TRANSITION_KIND_INITIAL,
	         .to = SLICE("in_progress")},
	        {.id = SLICE("go"),
	         .name = SLICE("x"),
	         .kind = TRANSITION_KIND_GLOBAL,
	         .to = SLICE("done")},
	};
	const struct status_move moves[] = {{todo, SLICE("in_progress")}};
	struct decider *decider = *state;
	GIVEN(cleo, create_issue, ISSUE("task", "back again"));
	GIVEN(cleo, move_issue, TLS_1, TO("QUIC"));
	GIVEN(cleo, move_issue, .issue = SLICE("TLS-2"), TO("QUIC"));
	GIVEN(cleo, move_issue, .issue = SLICE("TLS-2"), TO("TLS"));
	GIVEN(ada, save_workflow_draft, TO("TLS"), .workflow = SLICE("classic"), .name = SLICE("x"),
	      .transitions = {transitions, 2});
	WHEN(ada, publish_workflow, TO("TLS"), .workflow = SLICE("classic"), .moves = {moves, 1});
	THEN(EVENT_WORKFLOW_PUBLISHED, EVENT_ISSUE_TRANSITIONED);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(an_issue_gets_the_next_number_and_keeps_its_former_key),
	        CASE(keys_name_issues_and_projects_in_any_case),
	        CASE(moving_to_where_it_is_changes_nothing),
	        CASE(what_belongs_to_the_project_comes_off),
	        CASE(its_way_through_statuses_begins_anew_in_the_other_project),
	        CASE(its_way_through_statuses_goes_on_when_it_comes_back),
	        CASE(duties_stay_separate_when_it_moves_away_and_back),
	        CASE(who_brings_it_back_in_another_status_took_it_there),
	        CASE(sub_tasks_go_along),
	        CASE(other_children_stay),
	        CASE(a_sub_task_moves_with_its_parent),
	        CASE(what_is_not_there_is_named_by_the_command),
	        CASE(done_issues_and_no_others_have_a_resolution),
	        CASE(nobody_moves_what_is_closed_or_hidden),
	        CASE(a_published_workflow_moves_only_issues_of_its_project),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
