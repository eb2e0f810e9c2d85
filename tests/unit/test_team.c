#include <stdio.h>

#include "core/domain/team.h"
#include "tests/lib/decider.h"

#define ops  id_of(50)
#define core id_of(51)
#define IDS(...)                                                                                   \
	(struct uuid_array)                                                                        \
	{                                                                                          \
		.items = (const struct uuid[]){__VA_ARGS__},                                       \
		.n = sizeof((const struct uuid[]){__VA_ARGS__}) / sizeof(struct uuid)              \
	}

static void expect_ids(struct uuid_array found, struct uuid_array expected)
{
	assert_int_equal(found.n, expected.n);
	for (uint32_t i = 0; i < found.n; i++)
		assert_true(uuid_equal(&found.items[i], &expected.items[i]));
}

static const struct uuid_array none = {NULL, 0};

/* A guest's API keys are nobody else's business. */
static void keys_do_not_stand_against_an_expected_version(void **state)
{
	struct decider *decider = *state;
	struct uuid key = id_of(60);
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"));
	int64_t version = decider->decision.version;
	GIVEN(dan, create_api_key, .has_key_id = true, .key_id = key, .name = SLICE("x"),
	      .scope = API_KEY_SCOPE_READ);
	GIVEN(dan, revoke_api_key, .key = key);
	assert_int_equal(decider->decision.version, version + 2);
	WHEN(ben, rename_team, .team = ops, .name = SLICE("x"), .has_expected_version = true,
	     .expected_version = version - 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, rename_team, .team = ops, .name = SLICE("x"), .has_expected_version = true,
	     .expected_version = version + 3);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, rename_team, .team = ops, .name = SLICE("x"), .has_expected_version = true,
	     .expected_version = version);
	THEN(EVENT_TEAM_RENAMED);
	assert_int_equal(decider->decision.version, version + 3);
	WHEN(ben, rename_team, .team = ops, .name = SLICE("y"), .has_expected_version = true,
	     .expected_version = version + 2);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_team_begins_with_its_members(void **state)
{
	struct decider *decider = *state;
	struct uuid id = ops;
	WHEN(ben, create_team, .name = SLICE("Core"));
	THEN(EVENT_TEAM_CREATED);
	assert_true(uuid_equal(&decider->decision.created, &EVENT_BODY(0, team_created)->team_id));
	WHEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"),
	     .members = IDS(dan, cleo, dan));
	THEN(EVENT_TEAM_CREATED, EVENT_TEAM_MEMBERS_CHANGED);
	assert_slice(EVENT_BODY(0, team_created)->name, "Ops");
	assert_true(uuid_equal(&decider->decision.created, &id));
	expect_ids(EVENT_BODY(1, team_members_changed)->added, IDS(dan, cleo));
	expect_ids(EVENT_BODY(1, team_members_changed)->removed, none);
	assert_int_equal(decider->decision.version, 12);
	assert_int_equal(decider_event(decider, 1)->meta.aggregate.kind,
	                 AGGREGATE_KIND_ORGANIZATION);
}

static void a_team_has_a_name_and_an_id_of_its_own(void **state)
{
	struct decider *decider = *state;
	char longest[TEAM_NAME_CHARACTERS_MAX * 2 + 2];
	for (size_t i = 0; i < sizeof(longest); i += 2)
		memcpy(longest + i, "\xc3\xa9", 2);
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"));
	WHEN(ben, create_team, .name = SLICE("Ops"));
	THEN_REFUSED(TEAM_NAME_TAKEN, "/name");
	WHEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Core"));
	THEN_REFUSED(ID_TAKEN, "/team_id");
	WHEN(ben, create_team, .has_team_id = true, .team_id = ada, .name = SLICE("Core"));
	THEN_REFUSED(ID_TAKEN, "/team_id");
	WHEN(ben, create_team, .name = SLICE("a\nb"));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, create_team, .name = slice_of(longest, sizeof(longest)));
	THEN_REFUSED(BAD_TEXT, "/name");
	GIVEN(ben, create_team, .name = slice_of(longest, sizeof(longest) - 2));
}

static void only_active_members_come_into_teams(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, create_team, .name = SLICE("Ops"), .members = IDS(cleo, nobody));
	THEN_REFUSED(NO_SUCH_MEMBER, "/members");
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"));
	WHEN(ben, change_team_members, .team = ops, .add = IDS(nobody));
	THEN_REFUSED(NO_SUCH_MEMBER, "/add");
	GIVEN(ben, deactivate_member, .member = cleo);
	WHEN(ben, change_team_members, .team = ops, .add = IDS(cleo));
	THEN_REFUSED(MEMBER_DEACTIVATED, "/add");
}

static void members_come_and_go(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"),
	      .members = IDS(cleo));
	WHEN(ben, change_team_members, .team = ops, .add = IDS(cleo), .remove = IDS(dan));
	THEN_UNCHANGED();
	WHEN(ben, change_team_members, .team = ops, .add = IDS(dan, ada), .remove = IDS(cleo));
	THEN(EVENT_TEAM_MEMBERS_CHANGED);
	expect_ids(EVENT_BODY(0, team_members_changed)->added, IDS(dan, ada));
	expect_ids(EVENT_BODY(0, team_members_changed)->removed, IDS(cleo));
	WHEN(ben, change_team_members, .team = ops, .add = IDS(dan), .remove = IDS(dan));
	THEN_UNCHANGED();
	WHEN(ben, change_team_members, .team = core, .add = IDS(dan));
	THEN_REFUSED(NO_SUCH_TEAM, "/team");
	WHEN(ben, change_team_members, .team = ops, .add = IDS(cleo), .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_team_is_renamed(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"));
	GIVEN(ben, create_team, .has_team_id = true, .team_id = core, .name = SLICE("Core"));
	WHEN(ben, rename_team, .team = ops, .name = SLICE("Ops"));
	THEN_UNCHANGED();
	WHEN(ben, rename_team, .team = ops, .name = SLICE("Core"));
	THEN_REFUSED(TEAM_NAME_TAKEN, "/name");
	WHEN(ben, rename_team, .team = ops, .name = SLICE(""));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, rename_team, .team = ops, .name = SLICE("Platform"));
	THEN(EVENT_TEAM_RENAMED);
	assert_slice(EVENT_BODY(0, team_renamed)->from, "Ops");
	assert_slice(EVENT_BODY(0, team_renamed)->to, "Platform");
	GIVEN(ben, rename_team, .team = core, .name = SLICE("Ops"));
	WHEN(ben, rename_team, .team = nobody, .name = SLICE("x"));
	THEN_REFUSED(NO_SUCH_TEAM, "/team");
	WHEN(ben, rename_team, .team = ops, .name = SLICE("x"), .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_deleted_team_leaves_nothing(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"),
	      .members = IDS(ada, cleo));
	WHEN(ben, delete_team, .team = ops, .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, delete_team, .team = ops);
	THEN(EVENT_TEAM_DELETED);
	assert_slice(EVENT_BODY(0, team_deleted)->name, "Ops");
	static const enum row_kind kinds[] = {ROW_TEAM, ROW_TEAM_NAME, ROW_TEAM_MEMBER,
	                                      ROW_MEMBER_TEAM};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(decider->state.rows[kinds[i]], 0);
	WHEN(ben, delete_team, .team = ops);
	THEN_REFUSED(NO_SUCH_TEAM, "/team");
	WHEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"));
	THEN_REFUSED(ID_TAKEN, "/team_id");
	GIVEN(ben, create_team, .name = SLICE("Ops"));
}

static void who_is_removed_leaves_every_team(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"),
	      .members = IDS(cleo, dan));
	GIVEN(ben, create_team, .has_team_id = true, .team_id = core, .name = SLICE("Core"),
	      .members = IDS(cleo));
	GIVEN(ben, deactivate_member, .member = cleo);
	assert_int_equal(decider->state.rows[ROW_TEAM_MEMBER], 3);
	WHEN(ben, remove_member, .member = cleo);
	THEN(EVENT_TEAM_MEMBERS_CHANGED, EVENT_TEAM_MEMBERS_CHANGED, EVENT_MEMBER_REMOVED);
	expect_ids(EVENT_BODY(0, team_members_changed)->removed, IDS(cleo));
	assert_int_equal(decider->state.rows[ROW_TEAM_MEMBER], 1);
	assert_int_equal(decider->state.rows[ROW_MEMBER_TEAM], 1);
}

static void there_are_so_many_teams(void **state)
{
	struct decider *decider = *state;
	char name[16];
	for (int i = 0; i < TEAMS_MAX; i++) {
		int n = snprintf(name, sizeof(name), "Team %d", i);
		GIVEN(ben, create_team, .name = slice_of(name, (size_t)n));
	}
	WHEN(ben, create_team, .name = SLICE("One more"));
	THEN_REFUSED(TOO_MANY_TEAMS, "");
}

static void there_are_so_many_members_of_a_team(void **state)
{
	static struct uuid ids[TEAM_MEMBERS_MAX + 1];
	struct decider *decider = *state;
	for (uint32_t i = 0; i <= TEAM_MEMBERS_MAX; i++) {
		ids[i] = id_of(100000 + i);
		GIVEN(ada, add_member, .has_member_id = true, .member_id = ids[i],
		      .person = {.issuer = SLICE("x"), .subject = SLICE("y"), .name = SLICE("z")},
		      .role = ORG_ROLE_GUEST);
	}
	GIVEN(ben, create_team, .has_team_id = true, .team_id = ops, .name = SLICE("Ops"));
	for (uint32_t i = 0; i < TEAM_MEMBERS_MAX; i += 1000)
		GIVEN(ben, change_team_members, .team = ops, .add = {ids + i, 1000});
	WHEN(ben, change_team_members, .team = ops, .add = {ids + TEAM_MEMBERS_MAX, 1});
	THEN_REFUSED(TOO_MANY_TEAM_MEMBERS, "/add");
	WHEN(ben, change_team_members, .team = ops, .add = {ids + TEAM_MEMBERS_MAX, 1},
	     .remove = {ids, 1});
	THEN(EVENT_TEAM_MEMBERS_CHANGED);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_team_begins_with_its_members),
	        ON_SETTLED(keys_do_not_stand_against_an_expected_version),
	        ON_SETTLED(a_team_has_a_name_and_an_id_of_its_own),
	        ON_SETTLED(only_active_members_come_into_teams),
	        ON_SETTLED(members_come_and_go),
	        ON_SETTLED(a_team_is_renamed),
	        ON_SETTLED(a_deleted_team_leaves_nothing),
	        ON_SETTLED(who_is_removed_leaves_every_team),
	        ON_SETTLED(there_are_so_many_teams),
	        ON_SETTLED(there_are_so_many_members_of_a_team),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
