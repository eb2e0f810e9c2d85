/* What readers of the access view get, from events made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "projections/access.h"
#include "tests/unit/history.h"

#define ACME  SLICE("acme")
#define ID(n) "00000000-0000-0000-0000-00000000000" #n

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
	assert_int_equal(members_read(s->access, ACME, NULL, 9, &s->out, &position, NULL),
	                 STATUS_OK);
	assert_string_equal(buf_cstr(&s->out), "{\"items\":[],\"next\":null}");
}

static struct event *of_organization(struct seen *s, enum event_type type, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ORGANIZATION,
	                     history_id("acme", "org", 1), version);
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
	assert_int_equal(members_read(s->access, ACME, NULL, 9, &s->out, &position, NULL),
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
	fold(s);
	assert_int_equal(organization_read(s->access, ACME, &s->out, &position, &s->err),
	                 STATUS_OK);
	assert_int_equal(position, 6);
	assert_non_null(strstr(buf_cstr(&s->out), "\"name\":\"Acme & Sons\",\"members\":1,"
	                                          "\"teams\":0,\"version\":5}"));
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

static void teams_show_their_members_page_by_page(void **state)
{
	struct seen *s = *state;
	uint64_t position;
	make_teams(s);
	assert_int_equal(teams_read(s->access, ACME, NULL, 1, &s->out, &position, &s->err),
	                 STATUS_OK);
	assert_int_equal(position, 8);
	expect_json(s, "{\"items\":[{\"id\":\"" ID(1) "\",\"name\":\"Platform\",\"members\":1}],"
	                                              "\"next\":\"" ID(1) "\"}");
	buf_clear(&s->out);
	assert_int_equal(teams_read(s->access, ACME, &s->first, 1, &s->out, &position, &s->err),
	                 STATUS_OK);
	expect_json(s, "{\"items\":[{\"id\":\"" ID(2) "\",\"name\":\"Core\",\"members\":0}],"
	                                              "\"next\":null}");
	buf_clear(&s->out);
	assert_int_equal(
	        team_read(s->access, ACME, &s->first, NULL, 1, &s->out, &position, &s->err),
	        STATUS_OK);
	expect_json(
	        s,
	        "{\"id\":\"" ID(
	                1) "\",\"name\":\"Platform\",\"members\":{\"total\":1,"
	                   "\"items\":[{\"id\":\"@ada\",\"role\":\"owner\",\"status\":\"active\","
	                   "\"name\":\"Ada\"}],\"next\":null}}");
	buf_clear(&s->out);
	assert_int_equal(team_read(s->access, ACME, &s->ada, NULL, 1, &s->out, &position, &s->err),
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
	assert_int_equal(teams_read(s->access, ACME, NULL, 9, &s->out, &position, &s->err),
	                 STATUS_OK);
	assert_null(strstr(buf_cstr(&s->out), "Platform"));
	buf_clear(&s->out);
	assert_int_equal(members_read(s->access, ACME, NULL, 9, &s->out, &position, NULL),
	                 STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"teams\":[]"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_member_is_found_by_identity_until_removed),
	        CASE(a_deactivated_member_is_listed_and_not_found),
	        CASE(an_organization_shows_its_newest_name_and_version),
	        CASE(teams_show_their_members_page_by_page),
	        CASE(a_deleted_team_is_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
