#include "tests/lib/decider.h"

#define PERSON(who)                                                                                \
	{                                                                                          \
		.issuer = SLICE("nexusflow"), .subject = SLICE(who), .name = SLICE(who)            \
	}

static void an_organization_begins_with_its_owner(void **state)
{
	struct decider *decider = *state;
	decider->request.installation = true;
	WHEN(nobody, create_organization, .name = SLICE("Acme"), .owner = PERSON("ada"));
	THEN(EVENT_ORGANIZATION_CREATED, EVENT_MEMBER_ADDED, EVENT_MEMBER_PROFILE_SET);
	assert_int_equal(EVENT_BODY(1, member_added)->role, ORG_ROLE_OWNER);
	assert_slice(EVENT_BODY(2, member_profile_set)->sealed, "sealed");
	assert_int_equal(decider->decision.version, 3);
	for (uint32_t i = 0; i < 3; i++) {
		const struct aggregate_ref *ref = &decider_event(decider, i)->meta.aggregate;
		assert_int_equal(ref->kind, AGGREGATE_KIND_ORGANIZATION);
		assert_int_equal(ref->version, i + 1);
		assert_true(uuid_equal(&ref->id, &decider->decision.created));
	}
}

static void an_organization_needs_an_installation_token(void **state)
{
	struct decider *decider = *state;
	WHEN(nobody, create_organization, .name = SLICE("Acme"), .owner = PERSON("ada"));
	THEN_REFUSED(FORBIDDEN, "");
}

static void an_organization_exists_once(void **state)
{
	struct decider *decider = *state;
	decider->request.installation = true;
	WHEN(nobody, create_organization, .name = SLICE("Acme"), .owner = PERSON("eve"));
	THEN_REFUSED(TENANT_EXISTS, "");
}

static void a_slug_has_small_letters(void **state)
{
	static const char *const bad[] = {
	        "",      "a",     "Acme",        "1acme",
	        "-acme", "ac me", "acm\xc3\xa9", "a1234567890123456789012345678901234567890"};
	struct decider *decider = *state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		decider->request.installation = true;
		decider->request.tenant = slice_str(bad[i]);
		WHEN(nobody, create_organization, .name = SLICE("Acme"), .owner = PERSON("ada"));
		THEN_REFUSED(BAD_SLUG, "");
	}
}

static void names_of_an_organization_are_one_line(void **state)
{
	struct decider *decider = *state;
	decider->request.installation = true;
	WHEN(nobody, create_organization, .name = SLICE("a\nb"), .owner = PERSON("ada"));
	THEN_REFUSED(BAD_TEXT, "/name");
	decider->request.installation = true;
	WHEN(nobody, create_organization, .name = SLICE("Acme"), .owner = PERSON(" "));
	THEN_REFUSED(BAD_TEXT, "/owner/subject");
}

static void an_owner_id_is_not_nil(void **state)
{
	struct decider *decider = *state;
	decider->request.installation = true;
	WHEN(nobody, create_organization, .name = SLICE("Acme"), .owner = PERSON("ada"),
	     .has_owner_id = true);
	THEN_REFUSED(ID_TAKEN, "/owner_id");
}

static void an_admin_adds_a_member(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_member, .person = PERSON("eve"), .role = ORG_ROLE_MEMBER);
	THEN(EVENT_MEMBER_ADDED, EVENT_MEMBER_PROFILE_SET);
	struct uuid eve = decider->decision.created;
	GIVEN(eve, create_issue, ISSUE("task", "first"));
}

static void nobody_gives_a_role_above_their_own(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, add_member, .person = PERSON("eve"), .role = ORG_ROLE_OWNER);
	THEN_REFUSED(FORBIDDEN, "/role");
	WHEN(ben, change_member_role, .member = ben, .role = ORG_ROLE_OWNER);
	THEN_REFUSED(FORBIDDEN, "/role");
	WHEN(ben, change_member_role, .member = ada, .role = ORG_ROLE_GUEST);
	THEN_REFUSED(FORBIDDEN, "/member");
	WHEN(ben, remove_member, .member = ada);
	THEN_REFUSED(FORBIDDEN, "/member");
}

static void a_role_is_known(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, add_member, .person = PERSON("eve"));
	THEN_REFUSED(BAD_ROLE, "/role");
	WHEN(ada, change_member_role, .member = ben);
	THEN_REFUSED(BAD_ROLE, "/role");
}

static void a_person_is_one_member(void **state)
{
	struct decider *decider = *state;
	decider->request.has_identity_member = true;
	decider->request.identity_member = cleo;
	WHEN(ada, add_member, .person = PERSON("cleo"), .role = ORG_ROLE_GUEST);
	THEN_REFUSED(MEMBER_EXISTS, "/person");
}

static void a_member_id_is_taken_once(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, add_member, .has_member_id = true, .member_id = cleo, .person = PERSON("eve"),
	     .role = ORG_ROLE_GUEST);
	THEN_REFUSED(ID_TAKEN, "/member_id");
}

static void a_removed_person_returns_under_the_old_id(void **state)
{
	struct decider *decider = *state;
	GIVEN(ada, remove_member, .member = cleo);
	decider->request.has_identity_member = true;
	decider->request.identity_member = cleo;
	WHEN(ada, add_member, .has_member_id = true, .member_id = nobody, .person = PERSON("cleo"),
	     .role = ORG_ROLE_GUEST);
	THEN_REFUSED(ID_TAKEN, "/member_id");
	decider->request.has_identity_member = true;
	decider->request.identity_member = cleo;
	WHEN(ada, add_member, .person = PERSON("cleo"), .role = ORG_ROLE_GUEST);
	THEN(EVENT_MEMBER_ADDED, EVENT_MEMBER_PROFILE_SET);
	struct uuid same = cleo;
	assert_true(uuid_equal(&decider->decision.created, &same));
}

static void set_profile(struct decider *decider, struct uuid who, struct uuid whose)
{
	decider->request.has_identity_member = !uuid_is_nil(&whose);
	decider->request.identity_member = whose;
	WHEN(who, set_member_profile, .person = PERSON("new name"));
}

static void a_member_gets_another_name(void **state)
{
	struct decider *decider = *state;
	struct uuid guest = dan;
	set_profile(decider, dan, dan);
	THEN(EVENT_MEMBER_PROFILE_SET);
	assert_true(uuid_equal(&EVENT_BODY(0, member_profile_set)->member_id, &guest));
	set_profile(decider, ben, dan);
	THEN(EVENT_MEMBER_PROFILE_SET);
	decider->request.has_this_profile = true;
	set_profile(decider, dan, dan);
	THEN_UNCHANGED();
	set_profile(decider, cleo, dan);
	THEN_REFUSED(FORBIDDEN, "/person");
	decider->request.has_this_profile = false;
	set_profile(decider, cleo, dan);
	THEN_REFUSED(FORBIDDEN, "/person");
	set_profile(decider, cleo, (struct uuid){{0}}); /* she does not learn who is a member */
	THEN_REFUSED(FORBIDDEN, "/person");
	set_profile(decider, ben, ada);
	THEN_REFUSED(FORBIDDEN, "/person");
	set_profile(decider, ben, (struct uuid){{0}});
	THEN_REFUSED(NO_SUCH_MEMBER, "/person");
	decider->request.has_identity_member = true;
	decider->request.identity_member = dan;
	WHEN(dan, set_member_profile,
	     .person = {.issuer = SLICE("x"), .subject = SLICE("y"), .name = SLICE("a\nb")});
	THEN_REFUSED(BAD_TEXT, "/person/name");
	GIVEN(ada, remove_member, .member = dan);
	set_profile(decider, ben, dan);
	THEN_REFUSED(NO_SUCH_MEMBER, "/person");
}

static void the_name_of_a_person_is_one_line(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, add_member, .person = PERSON("e\x01ve"), .role = ORG_ROLE_GUEST);
	THEN_REFUSED(BAD_TEXT, "/person/subject");
}

static void a_role_changes(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, change_member_role, .member = dan, .role = ORG_ROLE_ADMIN);
	THEN(EVENT_MEMBER_ROLE_CHANGED);
	assert_int_equal(EVENT_BODY(0, member_role_changed)->from, ORG_ROLE_GUEST);
	assert_int_equal(EVENT_BODY(0, member_role_changed)->to, ORG_ROLE_ADMIN);
	WHEN(ben, change_member_role, .member = dan, .role = ORG_ROLE_ADMIN);
	THEN_UNCHANGED();
}

static void the_last_owner_stays(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, change_member_role, .member = ada, .role = ORG_ROLE_ADMIN);
	THEN_REFUSED(LAST_OWNER, "/role");
	WHEN(ada, remove_member, .member = ada);
	THEN_REFUSED(LAST_OWNER, "/member");
	GIVEN(ada, change_member_role, .member = ben, .role = ORG_ROLE_OWNER);
	WHEN(ada, remove_member, .member = ada);
	THEN(EVENT_MEMBER_REMOVED);
}

static void a_removed_member_loses_everything_at_once(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, remove_member, .member = cleo);
	WHEN(cleo, create_issue, ISSUE("task", "late"));
	THEN_REFUSED(NOT_A_MEMBER, "");
	WHEN(ada, remove_member, .member = cleo);
	THEN_REFUSED(NO_SUCH_MEMBER, "/member");
	WHEN(ada, change_member_role, .member = cleo, .role = ORG_ROLE_ADMIN);
	THEN_REFUSED(NO_SUCH_MEMBER, "/member");
}

static void members_change_on_the_expected_version_only(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, remove_member, .member = dan, .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	assert_int_equal(decider->decision.version, 9);
	WHEN(ada, change_member_role, .member = dan, .role = ORG_ROLE_MEMBER,
	     .has_expected_version = true, .expected_version = 10);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ada, change_member_role, .member = dan, .role = ORG_ROLE_MEMBER,
	     .has_expected_version = true, .expected_version = 9);
	THEN(EVENT_MEMBER_ROLE_CHANGED);
	assert_int_equal(decider->decision.version, 10);
}

static void an_event_is_skipped_by_an_operator_only(void **state)
{
	struct decider *decider = *state;
	struct slice board = SLICE("board");
	struct skip_event skip = {.readers = {&board, 1},
	                          .seq = 3,
	                          .event = {{7}},
	                          .why = SLICE("damaged by hand"),
	                          .operator= SLICE("uid 0")};
	struct command command = {.type = COMMAND_SKIP_EVENT, .skip_event = skip};
	decider_send(decider, ada, &command); /* an owner */
	THEN_REFUSED(FORBIDDEN, "");
	decider->request.installation = true;
	decider_send(decider, nobody, &command);
	THEN(EVENT_EVENT_SKIPPED);
	assert_slice(EVENT_BODY(0, event_skipped)->readers.items[0], "board");
	assert_int_equal(EVENT_BODY(0, event_skipped)->skipped_seq, 3);
	assert_slice(EVENT_BODY(0, event_skipped)->why, "damaged by hand");
	command.skip_event.why = SLICE("a\nb");
	decider->request.installation = true;
	decider_send(decider, nobody, &command);
	THEN_REFUSED(BAD_TEXT, "/why");
}

static void an_organization_is_renamed(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, rename_organization, .name = SLICE("Acme"));
	THEN_UNCHANGED();
	WHEN(ben, rename_organization, .name = SLICE("Acme & Sons"), .has_expected_version = true,
	     .expected_version = 9);
	THEN(EVENT_ORGANIZATION_RENAMED);
	assert_slice(EVENT_BODY(0, organization_renamed)->from, "Acme");
	assert_slice(EVENT_BODY(0, organization_renamed)->to, "Acme & Sons");
	assert_int_equal(decider->decision.version, 10);
	WHEN(ben, rename_organization, .name = SLICE("Acme"));
	THEN(EVENT_ORGANIZATION_RENAMED);
	assert_slice(EVENT_BODY(0, organization_renamed)->from, "Acme & Sons");
	WHEN(ben, rename_organization, .name = SLICE(" "));
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ben, rename_organization, .name = SLICE("x"), .has_expected_version = true,
	     .expected_version = 9);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, rename_organization, .name = SLICE("Mine"));
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_deactivated_member_may_do_nothing_until_reactivated(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, reactivate_member, .member = cleo);
	THEN_UNCHANGED();
	WHEN(ben, deactivate_member, .member = cleo);
	THEN(EVENT_MEMBER_DEACTIVATED);
	assert_int_equal(EVENT_BODY(0, member_deactivated)->role, ORG_ROLE_MEMBER);
	WHEN(ben, deactivate_member, .member = cleo);
	THEN_UNCHANGED();
	WHEN(cleo, create_issue, ISSUE("task", "late"));
	THEN_REFUSED(NOT_A_MEMBER, "");
	WHEN(ben, reactivate_member, .member = cleo);
	THEN(EVENT_MEMBER_REACTIVATED);
	assert_int_equal(EVENT_BODY(0, member_reactivated)->role, ORG_ROLE_MEMBER);
	GIVEN(cleo, create_issue, ISSUE("task", "back"));
}

static void a_deactivated_member_keeps_what_is_assigned_and_gets_nothing_new(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, create_issue, ISSUE("task", "first"), .has_assignee = true, .assignee = cleo);
	GIVEN(ben, deactivate_member, .member = cleo);
	WHEN(ben, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = ben);
	THEN(EVENT_ISSUE_ASSIGNED);
	struct uuid before = cleo;
	assert_true(uuid_equal(&EVENT_BODY(0, issue_assigned)->from, &before));
	WHEN(ben, assign_issue, .issue = SLICE("TLS-1"), .has_assignee = true, .assignee = cleo);
	THEN_REFUSED(MEMBER_DEACTIVATED, "/assignee");
	WHEN(ben, create_project, .key = SLICE("QUIC"), .name = SLICE("Quic"), .has_lead = true,
	     .lead = cleo);
	THEN_REFUSED(MEMBER_DEACTIVATED, "/lead");
}

static void a_deactivated_member_can_be_changed_removed_and_not_added_again(void **state)
{
	struct decider *decider = *state;
	GIVEN(ben, deactivate_member, .member = cleo);
	decider->request.has_identity_member = true;
	decider->request.identity_member = cleo;
	WHEN(ben, add_member, .person = PERSON("cleo"), .role = ORG_ROLE_GUEST);
	THEN_REFUSED(MEMBER_EXISTS, "/person");
	GIVEN(ben, change_member_role, .member = cleo, .role = ORG_ROLE_GUEST);
	WHEN(cleo, create_issue, ISSUE("task", "late"));
	THEN_REFUSED(NOT_A_MEMBER, "");
	WHEN(ben, remove_member, .member = cleo);
	THEN(EVENT_MEMBER_REMOVED);
	WHEN(ben, reactivate_member, .member = cleo);
	THEN_REFUSED(NO_SUCH_MEMBER, "/member");
	WHEN(ben, deactivate_member, .member = cleo);
	THEN_REFUSED(NO_SUCH_MEMBER, "/member");
}

static void members_are_deactivated_within_reach_and_on_the_expected_version(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, deactivate_member, .member = ada);
	THEN_REFUSED(FORBIDDEN, "/member");
	WHEN(ben, reactivate_member, .member = ada);
	THEN_REFUSED(FORBIDDEN, "/member");
	WHEN(ben, deactivate_member, .member = dan, .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, reactivate_member, .member = dan, .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
}

static void a_deactivated_owner_does_not_count(void **state)
{
	struct decider *decider = *state;
	WHEN(ada, deactivate_member, .member = ada);
	THEN_REFUSED(LAST_OWNER, "/member");
	GIVEN(ada, change_member_role, .member = ben, .role = ORG_ROLE_OWNER);
	GIVEN(ada, deactivate_member, .member = ben);
	WHEN(ada, remove_member, .member = ada);
	THEN_REFUSED(LAST_OWNER, "/member");
	WHEN(ada, change_member_role, .member = ada, .role = ORG_ROLE_ADMIN);
	THEN_REFUSED(LAST_OWNER, "/role");
	GIVEN(ada, change_member_role, .member = ben, .role = ORG_ROLE_MEMBER);
	GIVEN(ada, change_member_role, .member = ben, .role = ORG_ROLE_OWNER);
	WHEN(ada, deactivate_member, .member = ada);
	THEN_REFUSED(LAST_OWNER, "/member");
	GIVEN(ada, reactivate_member, .member = ben);
	GIVEN(ada, deactivate_member, .member = ada);
	GIVEN(ben, remove_member, .member = ada);
	WHEN(ben, deactivate_member, .member = ben);
	THEN_REFUSED(LAST_OWNER, "/member");
}

#define ON_EMPTY(test)   cmocka_unit_test_setup_teardown(test, decider_setup_empty, decider_teardown)
#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_EMPTY(an_organization_begins_with_its_owner),
	        ON_EMPTY(an_organization_needs_an_installation_token),
	        ON_SETTLED(an_organization_exists_once),
	        ON_EMPTY(a_slug_has_small_letters),
	        ON_EMPTY(names_of_an_organization_are_one_line),
	        ON_EMPTY(an_owner_id_is_not_nil),
	        ON_SETTLED(an_admin_adds_a_member),
	        ON_SETTLED(nobody_gives_a_role_above_their_own),
	        ON_SETTLED(a_role_is_known),
	        ON_SETTLED(a_person_is_one_member),
	        ON_SETTLED(a_member_id_is_taken_once),
	        ON_SETTLED(a_removed_person_returns_under_the_old_id),
	        ON_SETTLED(a_member_gets_another_name),
	        ON_SETTLED(the_name_of_a_person_is_one_line),
	        ON_SETTLED(a_role_changes),
	        ON_SETTLED(the_last_owner_stays),
	        ON_SETTLED(a_removed_member_loses_everything_at_once),
	        ON_SETTLED(members_change_on_the_expected_version_only),
	        ON_SETTLED(an_event_is_skipped_by_an_operator_only),
	        ON_SETTLED(an_organization_is_renamed),
	        ON_SETTLED(a_deactivated_member_may_do_nothing_until_reactivated),
	        ON_SETTLED(a_deactivated_member_keeps_what_is_assigned_and_gets_nothing_new),
	        ON_SETTLED(a_deactivated_member_can_be_changed_removed_and_not_added_again),
	        ON_SETTLED(members_are_deactivated_within_reach_and_on_the_expected_version),
	        ON_SETTLED(a_deactivated_owner_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
