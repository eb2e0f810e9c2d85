#include "core/domain/api_key.h"
#include "tests/lib/decider.h"

#define DAY_MS INT64_C(86400000)
#define NOW    INT64_C(1700000000000) /* of the decider */
#define build  id_of(60)

/* The key `build` of @member. */
static void give_key(struct decider *decider, struct uuid member, enum api_key_scope scope)
{
	memset(decider->request.api_key_hash, 7, sizeof(decider->request.api_key_hash));
	GIVEN(member, create_api_key, .has_key_id = true, .key_id = build, .name = SLICE("build"),
	      .scope = scope);
}

/* What comes next comes with a key of @scope. */
static void with_key(struct decider *decider, enum api_key_scope scope)
{
	decider->request.has_api_key = true;
	decider->request.scope = scope;
}

static void a_member_makes_a_key(void **state)
{
	struct decider *decider = *state;
	struct uuid maker = dan, id = build;
	uint8_t hash[32];
	memset(hash, 7, sizeof(hash));
	give_key(decider, dan, API_KEY_SCOPE_READ);
	THEN(EVENT_API_KEY_CREATED);
	const struct api_key_created *event = EVENT_BODY(0, api_key_created);
	assert_true(uuid_equal(&event->key_id, &id));
	assert_true(uuid_equal(&event->member_id, &maker));
	assert_slice(event->name, "build");
	assert_int_equal(event->scope, API_KEY_SCOPE_READ);
	assert_int_equal(event->expires_at, NOW + 90 * DAY_MS);
	assert_memory_equal(event->hash, hash, sizeof(hash));
	assert_true(uuid_equal(&decider->decision.created, &id));
	assert_int_equal(decider->decision.version, 10);
}

static void a_key_lives_as_long_as_was_said(void **state)
{
	static const int64_t bad[] = {NOW, NOW - 1, NOW + 366 * DAY_MS + 1, INT64_MAX, INT64_MIN};
	struct decider *decider = *state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		WHEN(ada, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_WRITE,
		     .has_expires_at = true, .expires_at = bad[i]);
		THEN_REFUSED(BAD_EXPIRY, "/expires_at");
	}
	WHEN(ada, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_WRITE,
	     .has_expires_at = true, .expires_at = NOW + 366 * DAY_MS);
	THEN(EVENT_API_KEY_CREATED);
	assert_int_equal(EVENT_BODY(0, api_key_created)->expires_at, NOW + 366 * DAY_MS);
}

static void an_organization_limits_the_life_of_keys(void **state)
{
	struct decider *decider = *state;
	WHEN(ben, limit_api_keys, .days = 366);
	THEN_UNCHANGED();
	WHEN(ben, limit_api_keys, .days = 30);
	THEN(EVENT_API_KEYS_LIMITED);
	assert_int_equal(EVENT_BODY(0, api_keys_limited)->from, 366);
	assert_int_equal(EVENT_BODY(0, api_keys_limited)->to, 30);
	WHEN(ada, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_WRITE,
	     .has_expires_at = true, .expires_at = NOW + 31 * DAY_MS);
	THEN_REFUSED(BAD_EXPIRY, "/expires_at");
	WHEN(ada, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_WRITE);
	THEN(EVENT_API_KEY_CREATED);
	assert_int_equal(EVENT_BODY(0, api_key_created)->expires_at, NOW + 30 * DAY_MS);
	WHEN(ben, limit_api_keys, .days = 0);
	THEN_REFUSED(BAD_EXPIRY, "/days");
	WHEN(ben, limit_api_keys, .days = 367);
	THEN_REFUSED(BAD_EXPIRY, "/days");
	WHEN(ben, limit_api_keys, .days = 7, .has_expected_version = true, .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(cleo, limit_api_keys, .days = 7);
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_key_has_a_name_a_scope_and_an_id_of_its_own(void **state)
{
	struct decider *decider = *state;
	char long_name[65];
	memset(long_name, 'x', sizeof(long_name));
	WHEN(ada, create_api_key, .name = SLICE(" "), .scope = API_KEY_SCOPE_WRITE);
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ada, create_api_key, .name = slice_of(long_name, 65), .scope = API_KEY_SCOPE_WRITE);
	THEN_REFUSED(BAD_TEXT, "/name");
	WHEN(ada, create_api_key, .name = SLICE("x"));
	THEN_REFUSED(BAD_SCOPE, "/scope");
	WHEN(ada, create_api_key, .has_key_id = true, .key_id = cleo, .name = SLICE("x"),
	     .scope = API_KEY_SCOPE_WRITE);
	THEN_REFUSED(ID_TAKEN, "/key_id");
	give_key(decider, ada, API_KEY_SCOPE_READ);
	GIVEN(ada, revoke_api_key, .key = build);
	WHEN(ada, create_api_key, .has_key_id = true, .key_id = build, .name = SLICE("x"),
	     .scope = API_KEY_SCOPE_WRITE);
	THEN_REFUSED(ID_TAKEN, "/key_id");
}

static void keys_are_made_by_people_for_themselves(void **state)
{
	struct decider *decider = *state;
	with_key(decider, API_KEY_SCOPE_ADMIN);
	WHEN(ada, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
	THEN_REFUSED(KEY_SCOPE, "");
	decider->request.actor.kind = ACTOR_KIND_RULE;
	WHEN(id_of(4711), create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
	THEN_REFUSED(FORBIDDEN, "");
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = cleo;
	WHEN(ada, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
	THEN_REFUSED(FORBIDDEN, "");
}

static void a_member_has_so_many_keys(void **state)
{
	struct decider *decider = *state;
	for (int i = 0; i < API_KEYS_MAX - 1; i++)
		GIVEN(cleo, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
	give_key(decider, cleo, API_KEY_SCOPE_READ);
	WHEN(cleo, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
	THEN_REFUSED(TOO_MANY_API_KEYS, "");
	GIVEN(dan, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
	GIVEN(cleo, revoke_api_key, .key = build);
	GIVEN(cleo, create_api_key, .name = SLICE("x"), .scope = API_KEY_SCOPE_READ);
}

static void a_key_is_revoked_by_its_member_and_by_admins(void **state)
{
	struct decider *decider = *state;
	struct uuid owner = cleo;
	give_key(decider, cleo, API_KEY_SCOPE_READ);
	WHEN(dan, revoke_api_key, .key = build);
	THEN_REFUSED(NO_SUCH_API_KEY, "/key");
	WHEN(cleo, revoke_api_key, .key = nobody);
	THEN_REFUSED(NO_SUCH_API_KEY, "/key");
	WHEN(cleo, revoke_api_key, .key = build, .has_expected_version = true,
	     .expected_version = 1);
	THEN_REFUSED(VERSION_MISMATCH, "/expected_version");
	WHEN(ben, revoke_api_key, .key = build);
	THEN(EVENT_API_KEY_REVOKED);
	assert_true(uuid_equal(&EVENT_BODY(0, api_key_revoked)->member_id, &owner));
	WHEN(cleo, revoke_api_key, .key = build);
	THEN_UNCHANGED();
}

static void the_key_of_an_owner_is_not_for_an_admin(void **state)
{
	struct decider *decider = *state;
	give_key(decider, ada, API_KEY_SCOPE_READ);
	WHEN(ben, revoke_api_key, .key = build);
	THEN_REFUSED(NO_SUCH_API_KEY, "/key");
	decider->request.actor.has_on_behalf_of = true;
	decider->request.actor.on_behalf_of = ada;
	WHEN(ben, revoke_api_key, .key = build);
	THEN_REFUSED(NO_SUCH_API_KEY, "/key");
	with_key(decider, API_KEY_SCOPE_WRITE);
	WHEN(ada, revoke_api_key, .key = build);
	THEN(EVENT_API_KEY_REVOKED);
}

static void a_key_does_less_than_its_member(void **state)
{
	struct decider *decider = *state;
	with_key(decider, API_KEY_SCOPE_READ);
	WHEN(ada, create_issue, ISSUE("task", "first"));
	THEN_REFUSED(KEY_SCOPE, "");
	with_key(decider, API_KEY_SCOPE_WRITE);
	WHEN(ada, create_issue, ISSUE("task", "first"));
	THEN(EVENT_ISSUE_CREATED);
	with_key(decider, API_KEY_SCOPE_WRITE);
	WHEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("Quic"));
	THEN_REFUSED(KEY_SCOPE, "");
	with_key(decider, API_KEY_SCOPE_WRITE);
	WHEN(dan, create_issue, ISSUE("task", "second"));
	THEN_REFUSED(FORBIDDEN, "");
	with_key(decider, API_KEY_SCOPE_WRITE);
	decider->request.has_occurred_at = true;
	WHEN(ada, create_issue, ISSUE("task", "old"));
	THEN_REFUSED(NOT_AN_IMPORTER, "");
	with_key(decider, API_KEY_SCOPE_ADMIN);
	WHEN(ada, create_project, .key = SLICE("QUIC"), .name = SLICE("Quic"));
	THEN(EVENT_PROJECT_CREATED);
	with_key(decider, API_KEY_SCOPE_ADMIN);
	WHEN(cleo, create_project, .key = SLICE("HTTP"), .name = SLICE("Http"));
	THEN_REFUSED(FORBIDDEN, "");
}

static bool is_alive(struct decider *decider, int64_t now)
{
	struct row_api_key row;
	struct uuid id = build;
	return api_key_find(&decider->state.face, &id, now, &row);
}

static void a_key_dies_with_its_time_its_revocation_and_its_member(void **state)
{
	struct decider *decider = *state;
	assert_false(is_alive(decider, NOW));
	give_key(decider, cleo, API_KEY_SCOPE_READ);
	assert_true(is_alive(decider, NOW + 90 * DAY_MS - 1));
	assert_false(is_alive(decider, NOW + 90 * DAY_MS));
	GIVEN(ben, deactivate_member, .member = cleo);
	assert_false(is_alive(decider, NOW));
	GIVEN(ben, reactivate_member, .member = cleo);
	assert_true(is_alive(decider, NOW));
	WHEN(ben, remove_member, .member = cleo);
	THEN(EVENT_API_KEY_REVOKED, EVENT_MEMBER_REMOVED);
	assert_false(is_alive(decider, NOW));
	decider->request.has_identity_member = true;
	decider->request.identity_member = cleo;
	GIVEN(ben, add_member,
	      .person = {.issuer = SLICE("x"), .subject = SLICE("y"), .name = SLICE("z")},
	      .role = ORG_ROLE_GUEST);
	assert_false(is_alive(decider, NOW));
	assert_int_equal(decider->state.rows[ROW_MEMBER_API_KEY], 0);
}

#define ON_SETTLED(test) cmocka_unit_test_setup_teardown(test, decider_setup, decider_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ON_SETTLED(a_member_makes_a_key),
	        ON_SETTLED(a_key_lives_as_long_as_was_said),
	        ON_SETTLED(an_organization_limits_the_life_of_keys),
	        ON_SETTLED(a_key_has_a_name_a_scope_and_an_id_of_its_own),
	        ON_SETTLED(keys_are_made_by_people_for_themselves),
	        ON_SETTLED(a_member_has_so_many_keys),
	        ON_SETTLED(a_key_is_revoked_by_its_member_and_by_admins),
	        ON_SETTLED(the_key_of_an_owner_is_not_for_an_admin),
	        ON_SETTLED(a_key_does_less_than_its_member),
	        ON_SETTLED(a_key_dies_with_its_time_its_revocation_and_its_member),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
