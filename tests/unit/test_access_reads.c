/* What readers of the access view get, from events made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "projections/access.h"
#include "tests/unit/history.h"

#define ACME  SLICE("acme")
#define ID(n) "00000000-0000-0000-0000-00000000000" #n

static const struct members_query everybody = {.reader = {.admin = true},
                                               .page = {.limit = 9},
                                               .statuses = MEMBERS_NOT_REMOVED,
                                               .roles = MEMBERS_OF_ANY_ROLE};

struct seen {
	struct history history;
	struct history_tenant *acme;
	struct view *access;
	struct uuid first, second, ada;
	struct buf out;
	struct error err;
};

static void end_command(struct seen *s)
{
	history_command(&s->history, s->acme);
}

static void fold(struct seen *s)
{
	history_flush(&s->history);
	history_fold(&s->history, s->access, 0);
}

/* Ada's organization: seq 1 to 3, and a project. */
static int setup(void **state)
{
	struct seen *s = mem_new(sizeof *s);
	history_open(&s->history, 1);
	s->acme = history_tenant(&s->history, "acme", 1);
	s->ada = history_id("acme", "member", 1);
	s->first.bytes[15] = 1;
	s->second.bytes[15] = 2;
	s->access = history_view(&s->history, "access", "v1");
	fold(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct seen *s = *state;
	kv_view_close(s->access);
	history_close(&s->history);
	buf_release(&s->out);
	free(s);
	return 0;
}

/* "@ada" stands for her id. */
static void expect_json(struct seen *s, const char *expected)
{
	struct buf text = {0};
	char id[UUID_TEXT];
	uuid_format(&s->ada, id);
	for (const char *at = expected; *at;) {
		if (strncmp(at, "@ada", 4) != 0) {
			buf_append_char(&text, *at++);
			continue;
		}
		buf_append(&text, id, UUID_TEXT);
		at += 4;
	}
	assert_string_equal(buf_cstr(&s->out), buf_cstr(&text));
	buf_release(&text);
}

static enum status find_ada(struct seen *s, struct access_member *member)
{
	uint64_t position;
	return access_find(s->access, ACME, SLICE("nexusflow"), SLICE("ada"), member, &position,
	                   &s->err);
}

static void a_member_is_found_by_identity_until_removed(void **state)
{
	struct seen *s = *state;
	struct access_member member;
	uint64_t position;
	assert_int_equal(find_ada(s, &member), STATUS_OK);
	assert_true(uuid_equal(&member.id, &s->ada));
	assert_int_equal(member.role, ORG_ROLE_OWNER);
	assert_int_equal(access_find(s->access, SLICE("umbra"), SLICE("nexusflow"), SLICE("ada"),
	                             &member, &position, NULL),
	                 STATUS_NOT_FOUND);
	history_event(&s->history, EVENT_MEMBER_REMOVED, AGGREGATE_KIND_ORGANIZATION,
	              history_id("acme", "org", 1), 4)
	        ->member_removed.member_id = s->ada;
	end_command(s);
	fold(s);
	assert_int_equal(find_ada(s, &member), STATUS_NOT_FOUND);
	assert_int_equal(members_read(s->access, ACME, &everybody, &s->out, &position, NULL),
	                 STATUS_OK);
	assert_string_equal(buf_cstr(&s->out), "{\"items\":[],\"next\":null}");
}

static struct event *of_organization(struct seen *s, enum event_type type, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ORGANIZATION,
	                     history_id("acme", "org", 1), version);
}

static void a_removed_member_is_still_named_until_forgotten(void **state)
{
	struct seen *s = *state;
	const struct access_reader ada = {.id = s->ada};
	const struct uuid nobody = {{1}};
	uint64_t position;
	struct members_query removed = everybody;
	removed.statuses = 1u << MEMBER_REMOVED;
	of_organization(s, EVENT_MEMBER_REMOVED, 4)->member_removed.member_id = s->ada;
	end_command(s);
	fold(s);
#define REMOVED(name, email)                                                                       \
	"{\"id\":\"@ada\",\"role\":\"owner\",\"status\":\"removed\",\"name\":" name                \
	",\"email\":" email ",\"teams\":[]}"
	assert_int_equal(member_read(s->access, ACME, &ada, &s->ada, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(s, REMOVED("\"Ada\"", "\"ada@example.org\""));
	buf_clear(&s->out);
	assert_int_equal(members_read(s->access, ACME, &removed, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(s, "{\"items\":[" REMOVED("\"Ada\"", "\"ada@example.org\"") "],\"next\":null}");
	assert_int_equal(profile_forget(s->history.keys, ACME, &s->ada, NULL), STATUS_OK);
	buf_clear(&s->out);
	assert_int_equal(member_read(s->access, ACME, &ada, &s->ada, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(s, REMOVED("null", "null"));
	buf_clear(&s->out);
	assert_int_equal(member_read(s->access, ACME, &ada, &nobody, &s->out, &position, &s->err),
	                 STATUS_NOT_FOUND);
	assert_int_equal(s->out.n, 0);
}

static void addresses_are_for_admins_and_oneself(void **state)
{
	struct seen *s = *state;
	static const struct {
		bool admin, oneself, sees;
	} rows[] = {{true, false, true}, {false, true, true}, {false, false, false}};
	uint64_t position;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct members_query query = everybody;
		query.reader.admin = rows[i].admin;
		if (rows[i].oneself)
			query.reader.id = s->ada;
		buf_clear(&s->out);
		assert_int_equal(members_read(s->access, ACME, &query, &s->out, &position, NULL),
		                 STATUS_OK);
		assert_true(!strstr(buf_cstr(&s->out), "ada@example.org") == !rows[i].sees);
		assert_non_null(strstr(buf_cstr(&s->out), "\"name\":\"Ada\""));
	}
}

/* The stranger's id has the same last byte: both names have one place. */
static void a_name_is_the_same_whatever_was_asked_before(void **state)
{
	struct seen *s = *state;
	struct access_names *names;
	struct uuid stranger = s->ada;
	stranger.bytes[0] ^= 1;
	assert_int_equal(access_names_open(s->access, ACME, &names, &s->err), STATUS_OK);
	for (int i = 0; i < 2; i++) {
		assert_true(slice_is(access_name(names, &s->ada), "Ada"));
		assert_true(slice_is(access_name(names, &s->ada), "Ada"));
		assert_null(access_name(names, &stranger).data);
		assert_null(access_name(names, &stranger).data);
	}
	access_names_close(names);
}

static void a_deactivated_member_is_listed_and_not_found(void **state)
{
	struct seen *s = *state;
	struct access_member member;
	uint64_t position;
	of_organization(s, EVENT_MEMBER_DEACTIVATED, 4)->member_deactivated =
	        (struct member_deactivated){s->ada, ORG_ROLE_OWNER};
	end_command(s);
	fold(s);
	assert_int_equal(find_ada(s, &member), STATUS_NOT_FOUND);
	assert_int_equal(members_read(s->access, ACME, &everybody, &s->out, &position, NULL),
	                 STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"status\":\"deactivated\""));
	of_organization(s, EVENT_MEMBER_REACTIVATED, 5)->member_reactivated =
	        (struct member_reactivated){s->ada, ORG_ROLE_OWNER};
	end_command(s);
	fold(s);
	assert_int_equal(find_ada(s, &member), STATUS_OK);
	assert_int_equal(member.role, ORG_ROLE_OWNER);
}

static void an_organization_shows_its_newest_name_and_version(void **state)
{
	struct seen *s = *state;
	uint64_t position;
	of_organization(s, EVENT_ORGANIZATION_RENAMED, 4)->organization_renamed =
	        (struct organization_renamed){SLICE("Acme"), SLICE("Acme & Sons")};
	end_command(s);
	of_organization(s, EVENT_RANKS_REBALANCED, 5);
	end_command(s);
	of_organization(s, EVENT_EVENT_SKIPPED, 6);
	end_command(s);
	fold(s);
	assert_int_equal(organization_read(s->access, ACME, &s->out, &position, &s->err),
	                 STATUS_OK);
	assert_int_equal(position, 7);
	assert_non_null(strstr(buf_cstr(&s->out),
	                       "\"name\":\"Acme & Sons\",\"members\":1,"
	                       "\"teams\":0,\"settings\":{\"api_key_days\":366},\"version\":6}"));
}

/* Team 1 with ada, team 2 empty. */
static void make_teams(struct seen *s)
{
	of_organization(s, EVENT_TEAM_CREATED, 4)->team_created =
	        (struct team_created){s->first, SLICE("Ops")};
	of_organization(s, EVENT_TEAM_MEMBERS_CHANGED, 5)->team_members_changed =
	        (struct team_members_changed){s->first, {&s->ada, 1}, {NULL, 0}};
	end_command(s);
	of_organization(s, EVENT_TEAM_CREATED, 6)->team_created =
	        (struct team_created){s->second, SLICE("Core")};
	end_command(s);
	of_organization(s, EVENT_TEAM_RENAMED, 7)->team_renamed =
	        (struct team_renamed){s->first, SLICE("Ops"), SLICE("Platform")};
	end_command(s);
	fold(s);
}

/* "core", 0 and the id. */
#define BEHIND_CORE                                                                                \
	"00636f726500"                                                                             \
	"00000000000000000000000000000002"

static void teams_show_their_members_page_by_page(void **state)
{
	struct seen *s = *state;
	struct name_page page = {.limit = 1};
	uint64_t position;
	make_teams(s);
	assert_int_equal(teams_read(s->access, ACME, &page, &s->out, &position, &s->err),
	                 STATUS_OK);
	assert_int_equal(position, 8);
	expect_json(s, "{\"items\":[{\"id\":\"" ID(2) "\",\"name\":\"Core\",\"members\":0}],"
	                                              "\"next\":\"" BEHIND_CORE "\"}");
	buf_clear(&s->out);
	page.cursor = SLICE(BEHIND_CORE);
	assert_int_equal(teams_read(s->access, ACME, &page, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(s, "{\"items\":[{\"id\":\"" ID(1) "\",\"name\":\"Platform\",\"members\":1}],"
	                                              "\"next\":null}");
	buf_clear(&s->out);
	page = (struct name_page){.text = SLICE("PLAT"), .limit = 9};
	assert_int_equal(teams_read(s->access, ACME, &page, &s->out, &position, &s->err),
	                 STATUS_OK);
	assert_null(strstr(buf_cstr(&s->out), "Core"));
	assert_non_null(strstr(buf_cstr(&s->out), "Platform"));
	buf_clear(&s->out);
	page = (struct name_page){.limit = 1};
	assert_int_equal(team_read(s->access, ACME, &s->first, &page, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(
	        s,
	        "{\"id\":\"" ID(
	                1) "\",\"name\":\"Platform\",\"members\":{\"total\":1,"
	                   "\"items\":[{\"id\":\"@ada\",\"role\":\"owner\",\"status\":\"active\","
	                   "\"name\":\"Ada\"}],\"next\":null}}");
	buf_clear(&s->out);
	assert_int_equal(team_read(s->access, ACME, &s->ada, &page, &s->out, &position, &s->err),
	                 STATUS_NOT_FOUND);
	assert_int_equal(s->out.n, 0);
}

static void a_deleted_team_is_nowhere(void **state)
{
	struct seen *s = *state;
	uint64_t position;
	make_teams(s);
	of_organization(s, EVENT_TEAM_DELETED, 8)->team_deleted =
	        (struct team_deleted){s->first, SLICE("Platform")};
	end_command(s);
	fold(s);
	assert_int_equal(teams_read(s->access, ACME, &(struct name_page){.limit = 9}, &s->out,
	                            &position, &s->err),
	                 STATUS_OK);
	assert_null(strstr(buf_cstr(&s->out), "Platform"));
	buf_clear(&s->out);
	assert_int_equal(members_read(s->access, ACME, &everybody, &s->out, &position, NULL),
	                 STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"teams\":[]"));
}

#define BORN (HISTORY_START_MS + 5000) /* the time of seq 5 */

/* Key 1 of ada, which lives for ten seconds. */
static void make_key(struct seen *s, enum api_key_scope scope)
{
	of_organization(s, EVENT_API_KEY_CREATED, 4)->api_key_created =
	        (struct api_key_created){.key_id = s->first,
	                                 .member_id = s->ada,
	                                 .name = SLICE("build"),
	                                 .scope = scope,
	                                 .hash = {1, 2, 3},
	                                 .expires_at = BORN + 10000};
	end_command(s);
	fold(s);
}

static enum status find_key(struct seen *s, const char *tenant, struct uuid id, uint8_t first,
                            int64_t now_ms, struct access_member *member)
{
	const uint8_t hash[32] = {first, 2, 3};
	uint64_t position;
	return access_find_key(s->access, slice_str(tenant), &id, hash, now_ms, member, &position,
	                       &s->err);
}

static void a_key_stands_for_its_member_while_it_lives(void **state)
{
	struct seen *s = *state;
	struct access_member member;
	make_key(s, API_KEY_SCOPE_ADMIN);
	assert_int_equal(find_key(s, "acme", s->first, 1, BORN + 9999, &member), STATUS_OK);
	assert_true(uuid_equal(&member.id, &s->ada));
	assert_int_equal(member.role, ORG_ROLE_OWNER);
	assert_int_equal(member.scope, API_KEY_SCOPE_ADMIN);
	assert_int_equal(find_key(s, "acme", s->first, 1, BORN + 10000, &member), STATUS_NOT_FOUND);
	assert_int_equal(find_key(s, "acme", s->first, 9, BORN, &member), STATUS_NOT_FOUND);
	assert_int_equal(find_key(s, "acme", s->second, 1, BORN, &member), STATUS_NOT_FOUND);
	assert_int_equal(find_key(s, "umbra", s->first, 1, BORN, &member), STATUS_NOT_FOUND);
	of_organization(s, EVENT_MEMBER_DEACTIVATED, 5)->member_deactivated =
	        (struct member_deactivated){s->ada, ORG_ROLE_OWNER};
	end_command(s);
	fold(s);
	assert_int_equal(find_key(s, "acme", s->first, 1, BORN, &member), STATUS_NOT_FOUND);
}

static void a_key_that_may_not_administer_is_of_a_member(void **state)
{
	struct seen *s = *state;
	struct access_member member;
	make_key(s, API_KEY_SCOPE_READ);
	assert_int_equal(find_key(s, "acme", s->first, 1, BORN, &member), STATUS_OK);
	assert_int_equal(member.role, ORG_ROLE_MEMBER);
}

static void keys_are_listed_without_their_hashes_until_revoked(void **state)
{
	struct seen *s = *state;
	struct access_member member;
	uint64_t position;
	make_key(s, API_KEY_SCOPE_WRITE);
	static const char list[] =
	        "{\"items\":[{\"id\":\"" ID(1) "\",\"member\":\"@ada\","
	                                       "\"name\":\"build\",\"scope\":\"write\","
	                                       "\"created_at\":\"2025-11-21T10:00:05.000Z\","
	                                       "\"expires_at\":\"2025-11-21T10:00:15.000Z\"}],"
	                                       "\"next\":null}";
	assert_int_equal(api_keys_read(s->access, ACME, NULL, NULL, 9, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(s, list);
	buf_clear(&s->out);
	assert_int_equal(
	        api_keys_read(s->access, ACME, &s->ada, NULL, 9, &s->out, &position, &s->err),
	        STATUS_OK);
	expect_json(s, list);
	buf_clear(&s->out);
	assert_int_equal(
	        api_keys_read(s->access, ACME, &s->second, NULL, 9, &s->out, &position, &s->err),
	        STATUS_OK);
	expect_json(s, "{\"items\":[],\"next\":null}");
	of_organization(s, EVENT_API_KEY_REVOKED, 5)->api_key_revoked =
	        (struct api_key_revoked){s->first, s->ada};
	end_command(s);
	fold(s);
	assert_int_equal(find_key(s, "acme", s->first, 1, BORN, &member), STATUS_NOT_FOUND);
	buf_clear(&s->out);
	assert_int_equal(api_keys_read(s->access, ACME, NULL, NULL, 9, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(s, "{\"items\":[],\"next\":null}");
}

static void expect_memberships(struct seen *s, const char *subject, const char *after,
                               uint32_t limit, const char *expected)
{
	buf_clear(&s->out);
	assert_int_equal(memberships_read(s->access, SLICE("nexusflow"), slice_str(subject),
	                                  slice_str(after), limit, &s->out, &s->err),
	                 STATUS_OK);
	if (!expected[0])
		expected = "{\"items\":[],\"next\":null}";
	expect_json(s, expected);
}

#define IN_ACME "{\"slug\":\"acme\",\"name\":\"Acme\",\"member\":\"@ada\",\"role\":\"owner\"}"

static void a_person_finds_every_organization_that_there_is_for_them(void **state)
{
	struct seen *s = *state;
	struct uuid in_umbra = history_id("umbra", "member", 1);
	char id[UUID_TEXT], umbra[256], page[512];
	history_tenant(&s->history, "umbra", 1);
	fold(s);
	uuid_format(&in_umbra, id);
	snprintf(umbra, sizeof umbra,
	         "{\"slug\":\"umbra\",\"name\":\"Acme\",\"member\":\"%.36s\",\"role\":\"owner\"}",
	         id);
	snprintf(page, sizeof page, "{\"items\":[" IN_ACME ",%s],\"next\":null}", umbra);
	expect_memberships(s, "ada", "", 2, page);
	expect_memberships(s, "ada", "", 1, "{\"items\":[" IN_ACME "],\"next\":\"acme\"}");
	snprintf(page, sizeof page, "{\"items\":[%s],\"next\":null}", umbra);
	expect_memberships(s, "ada", "acme", 1, page);
	expect_memberships(s, "ada", "umbra", 1, "");
	expect_memberships(s, "ad", "", 9, "");
	expect_memberships(s, "eve", "", 9, "");
}

static void an_organization_is_there_for_active_members_only(void **state)
{
	struct seen *s = *state;
	of_organization(s, EVENT_MEMBER_DEACTIVATED, 4)->member_deactivated =
	        (struct member_deactivated){s->ada, ORG_ROLE_OWNER};
	end_command(s);
	fold(s);
	expect_memberships(s, "ada", "", 9, "");
	of_organization(s, EVENT_MEMBER_REACTIVATED, 5)->member_reactivated =
	        (struct member_reactivated){s->ada, ORG_ROLE_OWNER};
	end_command(s);
	fold(s);
	expect_memberships(s, "ada", "", 9, "{\"items\":[" IN_ACME "],\"next\":null}");
	of_organization(s, EVENT_MEMBER_REMOVED, 6)->member_removed =
	        (struct member_removed){.member_id = s->ada, .role = ORG_ROLE_OWNER};
	end_command(s);
	fold(s);
	expect_memberships(s, "ada", "", 9, "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_member_is_found_by_identity_until_removed),
	        CASE(a_removed_member_is_still_named_until_forgotten),
	        CASE(addresses_are_for_admins_and_oneself),
	        CASE(a_name_is_the_same_whatever_was_asked_before),
	        CASE(a_deactivated_member_is_listed_and_not_found),
	        CASE(an_organization_shows_its_newest_name_and_version),
	        CASE(teams_show_their_members_page_by_page),
	        CASE(a_deleted_team_is_nowhere),
	        CASE(a_key_stands_for_its_member_while_it_lives),
	        CASE(a_key_that_may_not_administer_is_of_a_member),
	        CASE(keys_are_listed_without_their_hashes_until_revoked),
	        CASE(a_person_finds_every_organization_that_there_is_for_them),
	        CASE(an_organization_is_there_for_active_members_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
