/* What a member may see: hidden projects, events that may be told, ids that are blanked. */
#include <stdio.h>

#include "core/domain/judge.h"
#include "projections/sight.h"
#include "tests/lib/decider.h"

#define DEVS    .role = SLICE("devs")
#define PRIVATE .scheme = SLICE("private")

/* TLS is open; HR is private, seen by dan as a dev. TLS-1 and HR-1 are linked. */
static void settle(struct decider *decider)
{
	const struct permission_grant grants[] = {{.permission = PERMISSION_BROWSE_PROJECT,
	                                           .to = GRANT_TO_PROJECT_ROLE,
	                                           .has_project_role = true,
	                                           .project_role = SLICE("devs")}};
	const struct uuid members[] = {dan};
	GIVEN(ben, add_project_role, DEVS, .name = SLICE("Devs"));
	GIVEN(ben, create_permission_scheme, PRIVATE, .name = SLICE("Private"),
	      .grants = {grants, 1});
	GIVEN(ben, create_project, .key = SLICE("HR"), .name = SLICE("People"),
	      .has_permission_scheme = true, .permission_scheme = SLICE("private"));
	GIVEN(ben, change_project_role_members, .project = SLICE("HR"), DEVS,
	      .add_members = {members, 1});
	GIVEN(ben, create_issue, ISSUE("task", "open"));
	GIVEN(ben, create_issue, .project = SLICE("HR"), .type = SLICE("task"),
	      .summary = SLICE("secret"), .priority = SLICE("low"));
}

static struct sight sight_of(struct decider *decider, struct uuid who, enum org_role role)
{
	struct holder holder = {who, role};
	struct sight sight;
	sight_look(&decider->state.face, &holder, &sight);
	return sight;
}

static void only_who_may_browse_sees_a_project(void **state)
{
	struct decider *decider = *state;
	const struct tenant_state *rows = &decider->state.face;
	settle(decider);
	const struct {
		struct uuid who;
		enum org_role role;
		bool sees;
	} cases[] = {{ada, ORG_ROLE_OWNER, true},
	             {ben, ORG_ROLE_ADMIN, true},
	             {ben, ORG_ROLE_MEMBER, false}, /* with a key of the scope write */
	             {cleo, ORG_ROLE_MEMBER, false},
	             {dan, ORG_ROLE_GUEST, true}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sight sight = sight_of(decider, cases[i].who, cases[i].role);
		assert_int_equal(sight_hides_project(&sight, rows, SLICE("HR")), !cases[i].sees);
		assert_int_equal(sight_hides_issue(&sight, rows, SLICE("HR-1")), !cases[i].sees);
		assert_false(sight_hides_project(&sight, rows, SLICE("TLS")));
		assert_false(sight_hides_issue(&sight, rows, SLICE("TLS-1")));
		assert_false(sight_hides_project(&sight, rows, SLICE("NONE")));
		assert_false(sight_hides_issue(&sight, rows, SLICE("-")));
		assert_int_equal(sight.hidden_n, !cases[i].sees);
		sight_release(&sight);
	}
}

static void a_changed_scheme_is_another_sight(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	struct sight before = sight_of(decider, cleo, ORG_ROLE_MEMBER);
	GIVEN(ben, assign_permission_scheme, .project = SLICE("HR"), .scheme = SLICE("classic"));
	struct sight after = sight_of(decider, cleo, ORG_ROLE_MEMBER);
	assert_false(sight_equal(&before, &after));
	assert_true(sight_equal(&before, &before));
	sight_release(&before);
	sight_release(&after);
}

static bool tells_event(struct decider *decider, const struct event *event, struct uuid who,
                        enum org_role role)
{
	struct sight sight = sight_of(decider, who, role);
	bool told = sight_tells(&sight, &decider->state.face, event);
	sight_release(&sight);
	return told;
}

/* The event of the last command. */
static bool tells(struct decider *decider, struct uuid who, enum org_role role)
{
	return tells_event(decider, decider_event(decider, 0), who, role);
}

static void events_of_hidden_things_are_not_told(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, add_comment, .issue = SLICE("HR-1"), .body = SLICE("x"));
	assert_false(tells(decider, cleo, ORG_ROLE_MEMBER));
	assert_true(tells(decider, dan, ORG_ROLE_GUEST));
	GIVEN(ben, add_comment, .issue = SLICE("TLS-1"), .body = SLICE("x"));
	assert_true(tells(decider, cleo, ORG_ROLE_MEMBER));
	GIVEN(ben, edit_project, .project = SLICE("HR"), .has_name = true, .name = SLICE("Hr"));
	assert_false(tells(decider, cleo, ORG_ROLE_MEMBER));
	GIVEN(ben, link_issues, .issue = SLICE("TLS-1"), .link_type = SLICE("relates"),
	      .other = SLICE("HR-1"));
	assert_false(tells(decider, cleo, ORG_ROLE_MEMBER));
	assert_true(tells(decider, dan, ORG_ROLE_GUEST));
}

static void a_deleted_project_is_seen_by_admins_alone(void **state)
{
	struct decider *decider = *state;
	const struct tenant_state *rows = &decider->state.face;
	settle(decider);
	GIVEN(ben, create_issue, ISSUE("task", "open"));
	const struct event created = *decider_event(decider, 0);
	for (int i = 0; i < 2; i++) {
		GIVEN(ben, delete_project, .project = SLICE("TLS"));
		assert_false(tells(decider, dan, ORG_ROLE_GUEST));
		assert_true(tells(decider, ben, ORG_ROLE_ADMIN));
		assert_false(tells_event(decider, &created, dan, ORG_ROLE_GUEST));
		assert_true(tells_event(decider, &created, ada, ORG_ROLE_OWNER));
		struct sight sight = sight_of(decider, dan, ORG_ROLE_GUEST);
		assert_int_equal(sight.hidden_n, 1);
		assert_true(sight_hides_issue(&sight, rows, SLICE("TLS-1")));
		sight_release(&sight);
		sight = sight_of(decider, cleo, ORG_ROLE_MEMBER); /* HR, too */
		assert_int_equal(sight.hidden_n, 2);
		sight_release(&sight);
		GIVEN(ben, restore_project, .project = SLICE("TLS"));
		assert_true(tells_event(decider, &created, dan, ORG_ROLE_GUEST));
	}
	GIVEN(ben, delete_project, .project = SLICE("HR"));
	struct sight sight = sight_of(decider, cleo, ORG_ROLE_MEMBER);
	assert_int_equal(sight.hidden_n, 1);
	sight_release(&sight);
}

static void events_are_told_to_who_sees_every_project_that_they_name(void **state)
{
	struct decider *decider = *state;
	const struct slice both[] = {SLICE("TLS"), SLICE("HR")}, one[] = {SLICE("TLS")};
	struct row_issue tls, hr;
	settle(decider);
	GIVEN(ben, create_board, .has_board_id = true, .board_id = id_of(77), .name = SLICE("Both"),
	      .projects = {both, 2});
	assert_false(tells(decider, cleo, ORG_ROLE_MEMBER));
	assert_true(tells(decider, dan, ORG_ROLE_GUEST));
	GIVEN(ben, edit_board, .board = id_of(77), .projects = {one, 1});
	assert_false(tells(decider, cleo, ORG_ROLE_MEMBER)); /* names the one that went */
	GIVEN(ben, edit_board, .board = id_of(77), .has_name = true, .name = SLICE("One"));
	assert_true(tells(decider, cleo, ORG_ROLE_MEMBER));
	GIVEN(ben, delete_board, .board = id_of(77));
	assert_true(tells(decider, cleo, ORG_ROLE_MEMBER));
	assert_true(resolve_issue(&decider->state.face, SLICE("TLS-1"), &tls));
	assert_true(resolve_issue(&decider->state.face, SLICE("HR-1"), &hr));
	const struct rank_change ranks[] = {{.issue_id = tls.id}, {.issue_id = hr.id}};
	struct event event = *decider_event(decider, 0);
	event.type = EVENT_RANKS_REBALANCED;
	event.meta.aggregate.kind = AGGREGATE_KIND_ORGANIZATION;
	event.ranks_rebalanced = (struct ranks_rebalanced){.ranks = {ranks, 2}};
	assert_false(tells_event(decider, &event, cleo, ORG_ROLE_MEMBER));
	assert_true(tells_event(decider, &event, dan, ORG_ROLE_GUEST));
	event.ranks_rebalanced.ranks.n = 1;
	assert_true(tells_event(decider, &event, cleo, ORG_ROLE_MEMBER));
}

static void schemes_and_keys_are_told_to_admins_and_owners_of_keys(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	GIVEN(ben, rename_permission_scheme, PRIVATE, .name = SLICE("Secret"));
	assert_false(tells(decider, cleo, ORG_ROLE_MEMBER));
	assert_true(tells(decider, ben, ORG_ROLE_ADMIN));
	GIVEN(cleo, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
	assert_true(tells(decider, cleo, ORG_ROLE_MEMBER));
	assert_false(tells(decider, dan, ORG_ROLE_GUEST));
	assert_true(tells(decider, ben, ORG_ROLE_ADMIN));
	const struct slice issues[] = {SLICE("TLS-1")};
	GIVEN(cleo, bulk_transition_issues, .issues = {issues, 1}, .has_to = true,
	      .to = SLICE("in_progress"));
	const struct event *completed = decider_event(decider, decider->decision.events_n - 1);
	assert_int_equal(completed->type, EVENT_BULK_COMPLETED);
	struct event event = *completed;
	event.meta.actor.id = cleo;
	assert_true(tells_event(decider, &event, cleo, ORG_ROLE_MEMBER));
	assert_false(tells_event(decider, &event, dan, ORG_ROLE_GUEST));
	assert_true(tells_event(decider, &event, ben, ORG_ROLE_ADMIN));
	GIVEN(ben, rename_project_role, DEVS, .name = SLICE("Makers"));
	assert_true(tells(decider, dan, ORG_ROLE_GUEST));
}

/* Lists lose hidden ids, wherever they stand; @json has H for a hidden id and S for one that is
 * seen, and becomes @expected. */
static void expect_blanked(struct decider *decider, const char *template, const char *expected)
{
	struct sight sight = sight_of(decider, cleo, ORG_ROLE_MEMBER);
	struct row_issue hidden, seen;
	struct buf json = {0}, shown = {0};
	char text[UUID_TEXT];
	assert_true(resolve_issue(&decider->state.face, SLICE("HR-1"), &hidden));
	assert_true(resolve_issue(&decider->state.face, SLICE("TLS-1"), &seen));
	for (const char *at = template; *at; at++) {
		uuid_format(*at == 'H' ? &hidden.id : &seen.id, text);
		if (*at == 'H' || *at == 'S')
			buf_printf(&json, "\"%.36s\"", text);
		else
			buf_append_char(&json, *at);
	}
	sight_blank(&sight, &decider->state.face, &json);
	uuid_format(&seen.id, text);
	for (const char *at = expected; *at; at++)
		if (*at == 'S')
			buf_printf(&shown, "\"%.36s\"", text);
		else
			buf_append_char(&shown, *at);
	assert_string_equal(buf_cstr(&json), buf_cstr(&shown));
	buf_release(&json);
	buf_release(&shown);
	sight_release(&sight);
}

static void nobody_counts_what_is_hidden_in_a_list(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	expect_blanked(decider, "[H]", "[]");
	expect_blanked(decider, "[H,H,H]", "[]");
	expect_blanked(decider, "[H,S]", "[S]");
	expect_blanked(decider, "[S,H]", "[S]");
	expect_blanked(decider, "[S,H,H]", "[S]");
	expect_blanked(decider, "[H,H,S,H,S,H,H]", "[S,S]");
	expect_blanked(decider, "{\"a\":[S,H],\"b\":H,\"c\":[H,1]}",
	               "{\"a\":[S],\"b\":null,\"c\":[1]}");
}

static void ids_of_hidden_things_are_blanked(void **state)
{
	struct decider *decider = *state;
	char hidden[UUID_TEXT], seen[UUID_TEXT];
	struct row_issue issue;
	struct buf json = {0};
	settle(decider);
	struct sight sight = sight_of(decider, cleo, ORG_ROLE_MEMBER);
	assert_true(resolve_issue(&decider->state.face, SLICE("HR-1"), &issue));
	uuid_format(&issue.id, hidden);
	assert_true(resolve_issue(&decider->state.face, SLICE("TLS-1"), &issue));
	uuid_format(&issue.id, seen);
	buf_printf(&json, "{\"parent\":\"%.36s\",\"id\":\"%.36s\",\"of\":[\"%.36s\"],\"%.36s\":1}",
	           hidden, seen, hidden, hidden);
	assert_true(sight_blank(&sight, &decider->state.face, &json));
	char expected[200];
	snprintf(expected, sizeof expected,
	         "{\"parent\":null,\"id\":\"%.36s\",\"of\":[],\"%.36s\":1}", seen, hidden);
	assert_string_equal(buf_cstr(&json), expected);
	assert_false(sight_blank(&sight, &decider->state.face, &json));
	buf_clear(&json);
	assert_false(sight_blank(&sight, &decider->state.face, &json));
	buf_append_str(&json, "\"");
	assert_false(sight_blank(&sight, &decider->state.face, &json));
	buf_release(&json);
	sight_release(&sight);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(only_who_may_browse_sees_a_project),
	        ON_SETTLED(a_changed_scheme_is_another_sight),
	        ON_SETTLED(events_of_hidden_things_are_not_told),
	        ON_SETTLED(a_deleted_project_is_seen_by_admins_alone),
	        ON_SETTLED(events_are_told_to_who_sees_every_project_that_they_name),
	        ON_SETTLED(nobody_counts_what_is_hidden_in_a_list),
	        ON_SETTLED(schemes_and_keys_are_told_to_admins_and_owners_of_keys),
	        ON_SETTLED(ids_of_hidden_things_are_blanked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
