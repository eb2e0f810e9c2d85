/* What a member may see: hidden projects, events that may be told, what of them is not. */
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

/* The body of an event of @type: @template has H for the id of a hidden issue, P for that of its
 * project and S for one that is seen; the sight of cleo makes @expected of it. */
static void expect_blanked(struct decider *decider, enum event_type type, const char *template,
                           const char *expected)
{
	struct sight sight = sight_of(decider, cleo, ORG_ROLE_MEMBER);
	struct row_issue hidden, seen;
	struct buf texts[2] = {{0}, {0}}; /* what there is, what is to be */
	char text[UUID_TEXT];
	assert_true(resolve_issue(&decider->state.face, SLICE("HR-1"), &hidden));
	assert_true(resolve_issue(&decider->state.face, SLICE("TLS-1"), &seen));
	for (int i = 0; i < 2; i++) {
		/* twice, as a list of two has them */
		for (const char *at = i ? expected : template; *at; at++) {
			uuid_format(*at == 'H'   ? &hidden.id
			            : *at == 'P' ? &hidden.project_id
			                         : &seen.id,
			            text);
			if (strchr("HPS", *at))
				buf_append(&texts[i], text, UUID_TEXT);
			else
				buf_append_char(&texts[i], *at);
		}
	}
	size_t n = texts[0].n;
	struct buf list = {0}, wanted = {0};
	struct told_bodies bodies = {.n = 0};
	buf_printf(&list, "[%.*s,%.*s]", (int)n, texts[0].data, (int)n, texts[0].data);
	buf_printf(&wanted, "[%.*s,%.*s]", (int)texts[1].n, texts[1].data, (int)texts[1].n,
	           texts[1].data);
	for (size_t at = 1; at < list.n; at += n + 1)
		told_bodies_add(&bodies, &(struct told_body){type, seen.id, at, n});
	bool changed = strcmp(template, expected) != 0;
	assert_int_equal(sight_blank(&sight, &decider->state.face, &bodies, &list), changed);
	assert_string_equal(buf_cstr(&list), buf_cstr(&wanted));
	told_bodies_release(&bodies);
	buf_release(&texts[0]);
	buf_release(&texts[1]);
	buf_release(&list);
	buf_release(&wanted);
	sight_release(&sight);
}

static void nobody_counts_what_is_hidden_in_a_list(void **state)
{
	static const char *const lists[][2] = {
	        {"[]", "[]"},
	        {"[\"H\"]", "[]"},
	        {"[\"H\",\"H\",\"H\"]", "[]"},
	        {"[\"H\",\"S\"]", "[\"S\"]"},
	        {"[\"S\",\"H\"]", "[\"S\"]"},
	        {"[\"S\",\"H\",\"H\"]", "[\"S\"]"},
	        {"[\"H\",\"H\",\"S\",\"H\",\"S\",\"H\",\"H\"]", "[\"S\",\"S\"]"},
	};
	struct decider *decider = *state;
	char bodies[2][300];
	settle(decider);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		for (int k = 0; k < 2; k++)
			snprintf(bodies[k], sizeof bodies[k],
			         "{\"with_parent\":false,\"children\":%s}", lists[i][k]);
		expect_blanked(decider, EVENT_ISSUE_DELETED, bodies[0], bodies[1]);
	}
}

static void what_refers_to_hidden_things_is_left_out_and_texts_never(void **state)
{
	struct decider *decider = *state;
	settle(decider);
	expect_blanked(
	        decider, EVENT_ISSUE_CREATED,
	        "{\"project_id\":\"P\",\"number\":1,\"summary\":\"H\",\"labels\":[\"H\",\"a\"],"
	        "\"description\":\"P\",\"parent\":\"H\"}",
	        "{\"project_id\":null,\"number\":1,\"summary\":\"H\",\"labels\":[\"H\",\"a\"],"
	        "\"description\":\"P\",\"parent\":null}");
	/* neither are those of the event itself, nor members that it does not have */
	expect_blanked(decider, EVENT_ISSUE_CREATED,
	               "{\"meta\":{\"command_id\":\"H\",\"correlation_id\":\"P\"},\"else\":\"H\","
	               "\"project_id\":\"S\"}",
	               "{\"meta\":{\"command_id\":\"H\",\"correlation_id\":\"P\"},\"else\":\"H\","
	               "\"project_id\":\"S\"}");
	/* within records, and behind texts that look like JSON */
	expect_blanked(
	        decider, EVENT_ISSUE_FIELDS_CHANGED,
	        "{\"x\":\"\\\"},{[\\\\\",\"changes\":[{\"value\":\"H\",\"copied_from\":\"H\"}]}",
	        "{\"x\":\"\\\"},{[\\\\\",\"changes\":[{\"value\":\"H\",\"copied_from\":null}]}");
	expect_blanked(decider, EVENT_COMMENT_ADDED, "{}", "{}");
}

static void a_deleted_text_is_for_who_may_delete_those_of_others(void **state)
{
	struct decider *decider = *state;
	const struct {
		struct uuid who;
		enum org_role role;
		bool reads;
	} cases[] = {{ben, ORG_ROLE_ADMIN, true},
	             {cleo, ORG_ROLE_MEMBER, false},
	             {dan, ORG_ROLE_GUEST, false}};
	struct row_issue issue;
	char id[UUID_TEXT];
	settle(decider);
	assert_true(resolve_issue(&decider->state.face, SLICE("TLS-1"), &issue));
	GIVEN(cleo, add_comment, .issue = SLICE("TLS-1"), .has_comment_id = true,
	      .comment_id = id_of(70), .body = SLICE("x"));
	for (int deleted = 0; deleted < 2; deleted++) {
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			struct sight sight = sight_of(decider, cases[i].who, cases[i].role);
			struct told_bodies bodies = {.n = 0};
			struct buf json = {0};
			struct uuid comment = id_of(70);
			uuid_format(&comment, id);
			buf_printf(&json, "{\"comment_id\":\"%.36s\",\"body\":\"x\"}", id);
			told_bodies_add(&bodies, &(struct told_body){EVENT_COMMENT_ADDED, issue.id,
			                                             0, json.n});
			bool hides = deleted && !cases[i].reads;
			assert_int_equal(sight_blank(&sight, &decider->state.face, &bodies, &json),
			                 hides);
			assert_int_equal(strstr(buf_cstr(&json), "\"body\":null}") != NULL, hides);
			told_bodies_release(&bodies);
			buf_release(&json);
			sight_release(&sight);
		}
		if (!deleted)
			GIVEN(cleo, delete_comment, .issue = SLICE("TLS-1"),
			      .comment_id = id_of(70));
	}
}

static void a_deleted_issue_is_told_of_to_who_may_restore_it(void **state)
{
	struct decider *decider = *state;
	const struct tenant_state *rows = &decider->state.face;
	const struct permission_grant grants[] = {
	        {.permission = PERMISSION_BROWSE_PROJECT, .to = GRANT_TO_ANYONE},
	        {.permission = PERMISSION_RESTORE_ISSUES,
	         .to = GRANT_TO_PROJECT_ROLE,
	         .has_project_role = true,
	         .project_role = SLICE("devs")}};
	settle(decider);
	GIVEN(ben, change_permission_grants, PRIVATE, .add = {grants, 2});
	GIVEN(ben, delete_issue, .issue = SLICE("HR-1"));
	const struct {
		struct uuid who;
		enum org_role role;
		bool told;
	} cases[] = {{ben, ORG_ROLE_ADMIN, true},
	             {cleo, ORG_ROLE_MEMBER, false},
	             {dan, ORG_ROLE_GUEST, true}};
	const struct event deleted = *decider_event(decider, 0);
	for (int i = 0; i < 2; i++) {
		for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
			struct sight sight = sight_of(decider, cases[k].who, cases[k].role);
			sight_look_for_restores(rows, &sight);
			bool told = i || cases[k].told;
			assert_int_equal(sight_tells(&sight, rows, &deleted), told);
			assert_int_equal(sight_hides_issue(&sight, rows, SLICE("HR-1")), !told);
			sight_release(&sight);
		}
		if (!i)
			GIVEN(ben, restore_issue, .issue = SLICE("HR-1"));
	}
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
	        ON_SETTLED(what_refers_to_hidden_things_is_left_out_and_texts_never),
	        ON_SETTLED(a_deleted_text_is_for_who_may_delete_those_of_others),
	        ON_SETTLED(a_deleted_issue_is_told_of_to_who_may_restore_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
