/* Lists in order of names, of members whom events made by hand name. */
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
	struct uuid ada;
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

static struct event *of_organization(struct seen *s, enum event_type type, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ORGANIZATION,
	                     history_id("acme", "org", 1), version);
}

static void members_are_found_by_the_beginning_of_a_word(void **state)
{
	struct seen *s = *state;
	static const struct {
		const char *text;
		bool found, found_by_admins;
	} rows[] = {{"ada", true, true},
	            {"A", true, true},
	            {"\xc3\x80"
	             "d",
	             true, true},
	            {"da", false, false},
	            {"adam", false, false},
	            {"ada@", false, true},
	            {"EXA", false, true},
	            {"xample", false, false},
	            {"nexusflow", false, false},
	            {"\xcc\x80", false, false}};
	uint64_t position;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int admin = 0; admin < 2; admin++) {
			struct members_query query = everybody;
			query.page.text = slice_str(rows[i].text);
			query.reader.admin = admin;
			buf_clear(&s->out);
			assert_int_equal(
			        members_read(s->access, ACME, &query, &s->out, &position, NULL),
			        STATUS_OK);
			assert_int_equal(strstr(buf_cstr(&s->out), "\"Ada\"") != NULL,
			                 admin ? rows[i].found_by_admins : rows[i].found);
		}
}

static struct uuid add_member(struct seen *s, uint32_t number, enum org_role role)
{
	struct uuid id = {{[15] = 0}};
	put_u32((char *)id.bytes + 12, number);
	of_organization(s, EVENT_MEMBER_ADDED, 3 + number)->member_added =
	        (struct member_added){id, role};
	end_command(s);
	return id;
}

static void name_member(struct seen *s, struct uuid id, const char *name)
{
	struct profile profile = {
	        .issuer = SLICE("nexusflow"), .subject = SLICE("x"), .name = slice_str(name)};
	struct buf sealed = {0};
	assert_int_equal(profile_seal(s->history.keys, ACME, &id, &profile, &sealed, &s->err),
	                 STATUS_OK);
	of_organization(s, EVENT_MEMBER_PROFILE_SET, 3)->member_profile_set =
	        (struct member_profile_set){id, buf_slice(&sealed)};
	end_command(s);
	history_flush(&s->history);
	buf_release(&sealed);
}

/* The names of a page, with spaces between them, and its cursor. */
static void read_names(struct seen *s, const struct members_query *query, struct buf *names,
                       struct buf *cursor)
{
	uint64_t position;
	static const char key[] = "\"name\":", next[] = "\"next\":\"";
	buf_clear(&s->out);
	assert_int_equal(members_read(s->access, ACME, query, &s->out, &position, &s->err),
	                 STATUS_OK);
	const char *at = buf_cstr(&s->out), *end = strstr(at, next);
	while ((at = strstr(at, key))) {
		at += strlen(key) + (at[strlen(key)] == '"');
		buf_printf(names, "%s%.*s", names->n ? " " : "", (int)strcspn(at, "\","), at);
	}
	buf_clear(cursor);
	if (end)
		buf_append(cursor, end + strlen(next), strcspn(end + strlen(next), "\""));
}

static void expect_names(struct seen *s, uint32_t limit, const char *expected)
{
	struct members_query query = everybody;
	struct buf names = {0}, cursor = {0}, kept = {0};
	query.page.limit = limit;
	do {
		query.page.cursor = buf_slice(&kept);
		read_names(s, &query, &names, &cursor);
		buf_clear(&kept);
		buf_append_slice(&kept, buf_slice(&cursor));
	} while (kept.n);
	assert_string_equal(buf_cstr(&names), expected);
	buf_release(&names);
	buf_release(&cursor);
	buf_release(&kept);
}

static void make_members(struct seen *s)
{
	static const char *const names[] = {"zoe",  "\xc3\x89mile", "emile",      "Emil",
	                                    "Adam", "\xd0\x96",     "\xc3\x98re", "eMILE"};
	for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
		name_member(s, add_member(s, i + 1, ORG_ROLE_GUEST), names[i]);
	add_member(s, 9, ORG_ROLE_GUEST);
	fold(s);
}

static void members_are_listed_by_their_names_in_pages_of_any_size(void **state)
{
	struct seen *s = *state;
	make_members(s);
	for (uint32_t limit = 1; limit <= 11; limit++)
		expect_names(s, limit,
		             "Ada Adam Emil \xc3\x89mile emile eMILE zoe \xc3\x98re \xd0\x96 null");
	assert_int_equal(profile_forget(s->history.keys, ACME, &s->ada, NULL), STATUS_OK);
	expect_names(s, 3, "Adam Emil \xc3\x89mile emile eMILE zoe \xc3\x98re \xd0\x96 null null");
}

/* The last one of a page, and two others, are renamed before the next page is read. */
static void who_keeps_their_name_between_two_pages_is_on_one_of_them(void **state)
{
	struct seen *s = *state;
	struct members_query query = everybody;
	struct buf names = {0}, cursor = {0}, more = {0};
	make_members(s);
	query.page.limit = 4;
	read_names(s, &query, &names, &cursor);
	assert_string_equal(buf_cstr(&names), "Ada Adam Emil \xc3\x89mile");
	name_member(s, (struct uuid){{[15] = 2}}, "Zacharias");
	name_member(s, (struct uuid){{[15] = 4}}, "Aaron");
	name_member(s, (struct uuid){{[15] = 1}}, "Abel");
	fold(s);
	query.page.limit = 9;
	query.page.cursor = buf_slice(&cursor);
	read_names(s, &query, &more, &names);
	assert_string_equal(buf_cstr(&more), "emile eMILE Zacharias \xc3\x98re \xd0\x96 null");
	assert_int_equal(names.n, 0);
	buf_release(&names);
	buf_release(&cursor);
	buf_release(&more);
}

static void members_are_listed_by_role(void **state)
{
	struct seen *s = *state;
	struct members_query query = everybody;
	struct buf names = {0}, cursor = {0};
	make_members(s);
	query.roles = 1u << ORG_ROLE_OWNER;
	read_names(s, &query, &names, &cursor);
	assert_string_equal(buf_cstr(&names), "Ada");
	query.roles = 1u << ORG_ROLE_MEMBER;
	read_names(s, &query, &names, &cursor);
	assert_string_equal(buf_cstr(&names), "Ada");
	query.roles = 1u << ORG_ROLE_GUEST;
	query.page.text = SLICE("EMIL");
	read_names(s, &query, &names, &cursor);
	assert_string_equal(buf_cstr(&names), "Ada Emil \xc3\x89mile emile eMILE");
	buf_release(&names);
	buf_release(&cursor);
}

static void what_is_no_cursor_of_a_list_by_name_is_said_so(void **state)
{
	struct seen *s = *state;
	static const char *const wrong[] = {"zz", "0", "00", ID(1)};
	uint64_t position;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const struct name_page page = {.cursor = slice_str(wrong[i]), .limit = 9};
		struct members_query query = everybody;
		query.page = page;
		assert_int_equal(members_read(s->access, ACME, &query, &s->out, &position, &s->err),
		                 STATUS_INVALID);
		assert_int_equal(teams_read(s->access, ACME, &page, &s->out, &position, &s->err),
		                 STATUS_INVALID);
		assert_int_equal(
		        team_read(s->access, ACME, &s->ada, &page, &s->out, &position, &s->err),
		        STATUS_INVALID);
		assert_int_equal(s->out.n, 0);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(members_are_found_by_the_beginning_of_a_word),
	        CASE(members_are_listed_by_their_names_in_pages_of_any_size),
	        CASE(who_keeps_their_name_between_two_pages_is_on_one_of_them),
	        CASE(members_are_listed_by_role),
	        CASE(what_is_no_cursor_of_a_list_by_name_is_said_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
