/* Components and versions of a project, and the issues that have them. */
#include <stdio.h>

#include "core/domain/project.h"
#include "tests/lib/decider.h"

#define A id_of(701)
#define B id_of(702)
#define C id_of(703)
#define IDS(...)                                                                                   \
	(struct uuid_array)                                                                        \
	{                                                                                          \
		.items = (const struct uuid[]){__VA_ARGS__},                                       \
		.n = sizeof((const struct uuid[]){__VA_ARGS__}) / sizeof(struct uuid)              \
	}

static void assert_id(struct uuid id, struct uuid expected)
{
	assert_memory_equal(&id, &expected, sizeof(id));
}

static void assert_ids(struct uuid_array ids, uint32_t n, struct uuid first)
{
	assert_int_equal(ids.n, n);
	if (n)
		assert_id(ids.items[0], first);
}

static void component(struct decider *decider, struct uuid id, const char *name)
{
	GIVEN(ben, add_component, .project = SLICE("TLS"), .has_component_id = true,
	      .component_id = id, .name = slice_str(name));
}

static void version(struct decider *decider, struct uuid id, const char *name)
{
	GIVEN(ben, add_version, .project = SLICE("TLS"), .has_version_id = true, .version_id = id,
	      .name = slice_str(name));
}

static void components_are_added_by_the_lead_and_admins(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("Handshake"),
	     .description = SLICE("Keys"), .has_lead = true, .lead = cleo,
	     .has_default_assignee = true, .default_assignee = cleo);
	THEN(EVENT_COMPONENT_ADDED);
	assert_slice(EVENT_BODY(0, component_added)->component.name, "Handshake");
	assert_int_equal(decider->decision.version, 2);
	WHEN(cleo, add_component, .project = SLICE("TLS"), .name = SLICE("Mine"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(dan, add_component, .project = SLICE("TLS"), .name = SLICE("Mine"));
	THEN_REFUSED(FORBIDDEN, "");
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("Handshake"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	WHEN(ben, add_component, .project = SLICE("NO"), .name = SLICE("x"));
	THEN_REFUSED(NO_SUCH_PROJECT, "/project");
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("x"),
	     .description = SLICE("a\nb"));
	THEN_REFUSED(BAD_TEXT, "/description");
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("x"), .has_lead = true,
	     .lead = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/lead");
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("x"),
	     .has_default_assignee = true, .default_assignee = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/default_assignee");
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("x"),
	     .has_component_id = true, .component_id = ada);
	THEN_REFUSED(ID_TAKEN, "/component_id");
	GIVEN(ben, archive_project, .project = SLICE("TLS"));
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("x"));
	THEN_REFUSED(PROJECT_ARCHIVED, "/project");
}

static void a_component_is_edited_in_one_event(void **state)
{
	struct decider *decider = *state;
	static const enum component_field lead[] = {COMPONENT_FIELD_LEAD};
	component(decider, A, "Handshake");
	component(decider, B, "Record");
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A, .has_name = true,
	     .name = SLICE("Keys"), .has_lead = true, .lead = cleo);
	THEN(EVENT_COMPONENT_EDITED);
	assert_slice(EVENT_BODY(0, component_edited)->before.name, "Handshake");
	assert_slice(EVENT_BODY(0, component_edited)->after.name, "Keys");
	assert_true(EVENT_BODY(0, component_edited)->after.has_lead);
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A, .has_name = true,
	     .name = SLICE("Keys"));
	THEN_UNCHANGED();
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A, .has_name = true,
	     .name = SLICE("Record"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = C);
	THEN_REFUSED(NO_SUCH_COMPONENT, "/component_id");
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A, .has_lead = true,
	     .lead = ben, .clear = {lead, 1});
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A, .clear = {lead, 1});
	THEN(EVENT_COMPONENT_EDITED);
	assert_false(EVENT_BODY(0, component_edited)->after.has_lead);
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A,
	     .has_default_assignee = true, .default_assignee = nobody);
	THEN_REFUSED(NO_SUCH_MEMBER, "/default_assignee");
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A, .has_name = true,
	     .name = SLICE("x"), .has_expected_version = true, .expected_version = 99);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void an_issue_takes_the_default_assignee_of_its_component(void **state)
{
	struct decider *decider = *state;
	component(decider, A, "Record");
	GIVEN(ben, add_component, .project = SLICE("TLS"), .has_component_id = true,
	      .component_id = B, .name = SLICE("Handshake"), .has_default_assignee = true,
	      .default_assignee = cleo);
	WHEN(ada, create_issue, ISSUE("task", "one"), .components = IDS(B, A, B));
	THEN(EVENT_ISSUE_CREATED);
	assert_ids(EVENT_BODY(0, issue_created)->components, 2, A);
	assert_true(EVENT_BODY(0, issue_created)->has_assignee);
	assert_id(EVENT_BODY(0, issue_created)->assignee, cleo);
	WHEN(ada, create_issue, ISSUE("task", "two"), .components = IDS(B), .has_assignee = true,
	     .assignee = ben);
	assert_id(EVENT_BODY(0, issue_created)->assignee, ben);
	GIVEN(ada, deactivate_member, .member = cleo);
	WHEN(ada, create_issue, ISSUE("task", "three"), .components = IDS(B));
	assert_false(EVENT_BODY(0, issue_created)->has_assignee);
	WHEN(ada, create_issue, ISSUE("task", "four"), .components = IDS(C));
	THEN_REFUSED(NO_SUCH_COMPONENT, "/components");
}

static void components_of_an_issue_change(void **state)
{
	struct decider *decider = *state;
	component(decider, A, "Record");
	component(decider, B, "Handshake");
	GIVEN(ada, create_issue, ISSUE("task", "one"), .components = IDS(A));
	WHEN(cleo, change_issue_components, .issue = SLICE("TLS-1"), .add = IDS(A, B));
	THEN(EVENT_ISSUE_COMPONENTS_CHANGED);
	assert_ids(EVENT_BODY(0, issue_components_changed)->added, 1, B);
	WHEN(cleo, change_issue_components, .issue = SLICE("TLS-1"), .add = IDS(A, B));
	THEN_UNCHANGED();
	WHEN(cleo, change_issue_components, .issue = SLICE("TLS-1"), .remove = IDS(A, C));
	THEN(EVENT_ISSUE_COMPONENTS_CHANGED);
	assert_ids(EVENT_BODY(0, issue_components_changed)->removed, 1, A);
	WHEN(cleo, change_issue_components, .issue = SLICE("TLS-1"), .add = IDS(C));
	THEN_REFUSED(NO_SUCH_COMPONENT, "/add");
	WHEN(cleo, change_issue_components, .issue = SLICE("TLS-1"), .add = IDS(A),
	     .remove = IDS(A));
	THEN_REFUSED(BAD_CHANGE, "/remove");
	WHEN(dan, change_issue_components, .issue = SLICE("TLS-1"), .add = IDS(A));
	THEN_REFUSED(FORBIDDEN, "");
	GIVEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("QUIC"));
	GIVEN(ada, add_component, .project = SLICE("QUIC"), .has_component_id = true,
	      .component_id = C, .name = SLICE("Handshake"));
	WHEN(cleo, change_issue_components, .issue = SLICE("TLS-1"), .add = IDS(C));
	THEN_REFUSED(NO_SUCH_COMPONENT, "/add");
}

static void what_is_in_use_is_removed_with_a_replacement(void **state)
{
	struct decider *decider = *state;
	component(decider, A, "Record");
	component(decider, B, "Handshake");
	GIVEN(ada, create_issue, ISSUE("task", "one"), .components = IDS(A));
	GIVEN(ada, create_issue, ISSUE("task", "two"), .components = IDS(A, B));
	WHEN(ben, remove_component, .project = SLICE("TLS"), .component_id = A);
	THEN_REFUSED(IN_USE, "/component_id");
	WHEN(ben, remove_component, .project = SLICE("TLS"), .component_id = A,
	     .has_replace_with = true, .replace_with = A);
	THEN_REFUSED(BAD_CHANGE, "/replace_with");
	WHEN(ben, remove_component, .project = SLICE("TLS"), .component_id = A,
	     .has_replace_with = true, .replace_with = C);
	THEN_REFUSED(NO_SUCH_COMPONENT, "/replace_with");
	WHEN(ben, remove_component, .project = SLICE("TLS"), .component_id = A,
	     .has_replace_with = true, .replace_with = B, .detach = true);
	THEN_REFUSED(BAD_CHANGE, "/detach");
	WHEN(ben, remove_component, .project = SLICE("TLS"), .component_id = A,
	     .has_replace_with = true, .replace_with = B);
	THEN(EVENT_ISSUE_COMPONENTS_CHANGED, EVENT_ISSUE_COMPONENTS_CHANGED,
	     EVENT_COMPONENT_REMOVED);
	WHEN(ben, edit_component, .project = SLICE("TLS"), .component_id = A);
	THEN_REFUSED(NO_SUCH_COMPONENT, "/component_id");
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("Record"),
	     .has_component_id = true, .component_id = A);
	THEN_REFUSED(ID_TAKEN, "/component_id");
	WHEN(ben, remove_component, .project = SLICE("TLS"), .component_id = B, .detach = true);
	THEN(EVENT_ISSUE_COMPONENTS_CHANGED, EVENT_ISSUE_COMPONENTS_CHANGED,
	     EVENT_COMPONENT_REMOVED);
	assert_ids(EVENT_BODY(0, issue_components_changed)->added, 0, A);
}

static void versions_are_planned_released_and_archived(void **state)
{
	struct decider *decider = *state;
	version(decider, A, "1.0");
	version(decider, B, "1.1");
	GIVEN(ada, create_issue, ISSUE("task", "open"), .fix_versions = IDS(A));
	GIVEN(ada, create_issue, ISSUE("task", "done"), .fix_versions = IDS(A));
	GIVEN(ada, transition_issue, .issue = SLICE("TLS-2"), .has_to = true, .to = SLICE("done"));
	WHEN(ben, release_version, .project = SLICE("TLS"), .version_id = A,
	     .has_move_open_to = true, .move_open_to = A);
	THEN_REFUSED(VERSION_STATUS, "/move_open_to");
	WHEN(ben, release_version, .project = SLICE("TLS"), .version_id = A,
	     .has_move_open_to = true, .move_open_to = B, .has_release_on = true,
	     .release_on = 20000);
	THEN(EVENT_ISSUE_VERSIONS_CHANGED, EVENT_VERSION_STATUS_CHANGED);
	assert_ids(EVENT_BODY(0, issue_versions_changed)->added, 1, B);
	assert_int_equal(EVENT_BODY(1, version_status_changed)->to_release_on, 20000);
	WHEN(ben, release_version, .project = SLICE("TLS"), .version_id = A);
	THEN_UNCHANGED();
	WHEN(ben, archive_version, .project = SLICE("TLS"), .version_id = A);
	THEN(EVENT_VERSION_STATUS_CHANGED);
	WHEN(ben, archive_version, .project = SLICE("TLS"), .version_id = A);
	THEN_UNCHANGED();
	WHEN(ben, release_version, .project = SLICE("TLS"), .version_id = A);
	THEN_REFUSED(VERSION_STATUS, "/version_id");
	WHEN(ben, unrelease_version, .project = SLICE("TLS"), .version_id = A);
	THEN_REFUSED(VERSION_STATUS, "/version_id");
	WHEN(cleo, change_issue_versions, .issue = SLICE("TLS-1"), .add_affects = IDS(A));
	THEN_REFUSED(VERSION_ARCHIVED, "/add_affects");
	WHEN(ben, unarchive_version, .project = SLICE("TLS"), .version_id = A);
	THEN(EVENT_VERSION_STATUS_CHANGED);
	assert_int_equal(EVENT_BODY(0, version_status_changed)->to,
	                 PROJECT_VERSION_STATUS_RELEASED);
	WHEN(ben, unarchive_version, .project = SLICE("TLS"), .version_id = A);
	THEN_UNCHANGED();
	WHEN(ben, unrelease_version, .project = SLICE("TLS"), .version_id = A);
	THEN(EVENT_VERSION_STATUS_CHANGED);
	WHEN(ben, unrelease_version, .project = SLICE("TLS"), .version_id = A);
	THEN_UNCHANGED();
	WHEN(cleo, release_version, .project = SLICE("TLS"), .version_id = A);
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_version_is_edited_and_its_days_are_in_order(void **state)
{
	struct decider *decider = *state;
	static const enum project_version_field days[] = {PROJECT_VERSION_FIELD_START_ON,
	                                                  PROJECT_VERSION_FIELD_RELEASE_ON};
	WHEN(ben, add_version, .project = SLICE("TLS"), .name = SLICE("1.0"), .has_start_on = true,
	     .start_on = 10, .has_release_on = true, .release_on = 9);
	THEN_REFUSED(START_AFTER_RELEASE, "/start_on");
	WHEN(ben, add_version, .project = SLICE("TLS"), .name = SLICE("1.0"),
	     .has_release_on = true, .release_on = INT32_MAX);
	THEN_REFUSED(BAD_DATE, "/release_on");
	version(decider, A, "1.0");
	WHEN(ben, add_version, .project = SLICE("TLS"), .name = SLICE("1.0"));
	THEN_REFUSED(NAME_TAKEN, "/name");
	WHEN(ben, edit_version, .project = SLICE("TLS"), .version_id = A, .has_start_on = true,
	     .start_on = 10, .has_release_on = true, .release_on = 20, .has_description = true,
	     .description = SLICE("First"));
	THEN(EVENT_VERSION_EDITED);
	WHEN(ben, edit_version, .project = SLICE("TLS"), .version_id = A, .has_release_on = true,
	     .release_on = 5);
	THEN_REFUSED(START_AFTER_RELEASE, "/release_on");
	WHEN(ben, release_version, .project = SLICE("TLS"), .version_id = A, .has_release_on = true,
	     .release_on = 5);
	THEN_REFUSED(START_AFTER_RELEASE, "/release_on");
	WHEN(ben, edit_version, .project = SLICE("TLS"), .version_id = A, .has_start_on = true,
	     .start_on = 1, .clear = {days, 1});
	THEN_REFUSED(BAD_CLEAR, "/clear");
	WHEN(ben, edit_version, .project = SLICE("TLS"), .version_id = A, .clear = {days, 2});
	THEN(EVENT_VERSION_EDITED);
	WHEN(ben, edit_version, .project = SLICE("TLS"), .version_id = A, .clear = {days, 2});
	THEN_UNCHANGED();
	WHEN(ben, edit_version, .project = SLICE("TLS"), .version_id = C);
	THEN_REFUSED(NO_SUCH_VERSION, "/version_id");
}

static void expect_order(struct decider *decider, const struct uuid *ids, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct row_key key = row_key_version(&ids[i]);
		struct row_version row;
		assert_true(decider->state.face.get(&decider->state.face, &key, &row));
		assert_int_equal(row.place, i);
	}
}

static void versions_keep_an_order_without_gaps(void **state)
{
	struct decider *decider = *state;
	version(decider, A, "1.0");
	version(decider, B, "1.1");
	version(decider, C, "2.0");
	expect_order(decider, (const struct uuid[]){A, B, C}, 3);
	WHEN(ben, move_version, .project = SLICE("TLS"), .version_id = C);
	THEN(EVENT_VERSION_MOVED);
	expect_order(decider, (const struct uuid[]){C, A, B}, 3);
	WHEN(ben, move_version, .project = SLICE("TLS"), .version_id = C, .has_after = true,
	     .after = A);
	THEN(EVENT_VERSION_MOVED);
	expect_order(decider, (const struct uuid[]){A, C, B}, 3);
	WHEN(ben, move_version, .project = SLICE("TLS"), .version_id = C, .has_after = true,
	     .after = A);
	THEN_UNCHANGED();
	WHEN(ben, move_version, .project = SLICE("TLS"), .version_id = C, .has_after = true,
	     .after = C);
	THEN_REFUSED(BAD_CHANGE, "/after");
	WHEN(ben, move_version, .project = SLICE("TLS"), .version_id = C, .has_after = true,
	     .after = id_of(799));
	THEN_REFUSED(NO_SUCH_VERSION, "/after");
	WHEN(ben, remove_version, .project = SLICE("TLS"), .version_id = A);
	THEN(EVENT_VERSION_REMOVED);
	expect_order(decider, (const struct uuid[]){C, B}, 2);
}

static void an_issue_names_versions_in_two_relations(void **state)
{
	struct decider *decider = *state;
	version(decider, A, "1.0");
	version(decider, B, "1.1");
	GIVEN(ada, create_issue, ISSUE("bug", "one"), .affects_versions = IDS(A));
	WHEN(cleo, change_issue_versions, .issue = SLICE("TLS-1"), .add_fix = IDS(A),
	     .add_affects = IDS(B));
	THEN(EVENT_ISSUE_VERSIONS_CHANGED, EVENT_ISSUE_VERSIONS_CHANGED);
	assert_int_equal(EVENT_BODY(0, issue_versions_changed)->relation, VERSION_RELATION_FIX);
	assert_int_equal(decider->decision.version, 3);
	WHEN(cleo, change_issue_versions, .issue = SLICE("TLS-1"), .add_fix = IDS(C));
	THEN_REFUSED(NO_SUCH_VERSION, "/add_fix");
	WHEN(cleo, change_issue_versions, .issue = SLICE("TLS-1"), .add_affects = IDS(A),
	     .remove_affects = IDS(A));
	THEN_REFUSED(BAD_CHANGE, "/remove_affects");
	/* Both relations of one issue move in one command. */
	WHEN(ben, remove_version, .project = SLICE("TLS"), .version_id = A,
	     .has_replace_with = true, .replace_with = B);
	THEN(EVENT_ISSUE_VERSIONS_CHANGED, EVENT_ISSUE_VERSIONS_CHANGED, EVENT_VERSION_REMOVED);
	assert_ids(EVENT_BODY(1, issue_versions_changed)->added, 0, B);
	WHEN(ben, remove_version, .project = SLICE("TLS"), .version_id = B);
	THEN_REFUSED(IN_USE, "/version_id");
	WHEN(ben, remove_version, .project = SLICE("TLS"), .version_id = B, .detach = true);
	THEN(EVENT_ISSUE_VERSIONS_CHANGED, EVENT_ISSUE_VERSIONS_CHANGED, EVENT_VERSION_REMOVED);
}

static void there_is_an_end_to_components_versions_and_tags(void **state)
{
	struct decider *decider = *state;
	struct uuid many[101];
	char name[16];
	for (uint64_t i = 0; i < PROJECT_COMPONENTS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", (int)i);
		component(decider, id_of(10000 + i), name);
		version(decider, id_of(20000 + i), name);
		if (i < 101)
			many[i] = id_of(10000 + i);
	}
	WHEN(ben, add_component, .project = SLICE("TLS"), .name = SLICE("one more"));
	THEN_REFUSED(TOO_MANY, "");
	WHEN(ben, add_version, .project = SLICE("TLS"), .name = SLICE("one more"));
	THEN_REFUSED(TOO_MANY, "");
	GIVEN(ada, create_issue, ISSUE("task", "one"), .components = {many, 100});
	WHEN(ada, change_issue_components, .issue = SLICE("TLS-1"), .add = {many + 100, 1});
	THEN_REFUSED(TOO_MANY, "/add");
	WHEN(ada, change_issue_components, .issue = SLICE("TLS-1"), .add = {many + 100, 1},
	     .remove = {many, 1});
	THEN(EVENT_ISSUE_COMPONENTS_CHANGED);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(components_are_added_by_the_lead_and_admins),
	        ON_SETTLED(a_component_is_edited_in_one_event),
	        ON_SETTLED(an_issue_takes_the_default_assignee_of_its_component),
	        ON_SETTLED(components_of_an_issue_change),
	        ON_SETTLED(what_is_in_use_is_removed_with_a_replacement),
	        ON_SETTLED(versions_are_planned_released_and_archived),
	        ON_SETTLED(a_version_is_edited_and_its_days_are_in_order),
	        ON_SETTLED(versions_keep_an_order_without_gaps),
	        ON_SETTLED(an_issue_names_versions_in_two_relations),
	        ON_SETTLED(there_is_an_end_to_components_versions_and_tags),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
