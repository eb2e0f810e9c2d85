/* Search and audit as queries see them, on a real server, as the weak role. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <jansson.h>

#include "projections/audit.h"
#include "projections/pg_view.h"
#include "projections/search.h"
#include "tests/contract/pg_fold.h"

#define ISSUES 150                          /* of each tenant */
#define EVENTS (3ull * (1 + 8ull * ISSUES)) /* whole issues */
#define SEQS   (1 + 8 * ISSUES)

static struct config config;
static struct pg *pg;

static int setup(void **state)
{
	(void)state;
	static const struct pg_view_type *const types[] = {&search_view, &audit_view};
	config.postgres = getenv("NEXUSFLOW_TEST_POSTGRES");
	for (size_t i = 0; config.postgres && i < 2; i++) {
		const struct view_type *type = &types[i]->type;
		struct view_options options = {.config = &config, .instance = "v1", .bulk = true};
		struct view *view;
		struct error err = {.text = ""};
		if (type->open(type, &options, &view, &err) ||
		    story_fold(type, view, 0, EVENTS, 1000, &err) || type->finish(view, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return -1;
		}
		type->close(view);
	}
	pg = pg_open(getenv("NEXUSFLOW_TEST_POSTGRES_APP"), "test");
	return config.postgres ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pg_close(pg);
	return 0;
}

static enum status try_search(struct slice text, const char *cursor, uint32_t limit, json_t **out)
{
	struct buf body = {0};
	struct error err = {.text = ""};
	uint64_t position = 0;
	enum status status = search_read(pg, "v1", SLICE("acme"), NULL, text, SLICE(""), SLICE(""),
	                                 slice_str(cursor), false, limit, &body, &position, &err);
	if (!status) {
		assert_int_equal(position, SEQS);
		*out = json_loadb(body.data, body.n, 0, NULL);
		assert_non_null(*out);
	} else if (status != STATUS_INVALID) {
		print_error("search \"%.*s\": %s\n", (int)text.n, text.data, err.text);
	}
	buf_release(&body);
	return status;
}

static json_t *search(const char *text, const char *cursor, uint32_t limit)
{
	json_t *page = NULL;
	assert_int_equal(try_search(slice_str(text), cursor, limit, &page), STATUS_OK);
	return page;
}

static size_t found(const char *text)
{
	json_t *page = search(text, "", SEARCH_LIMIT_MAX);
	size_t n = json_array_size(json_object_get(page, "items"));
	json_decref(page);
	return n;
}

static const char *text_of(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void words_find_issues_and_comments(void **state)
{
	(void)state;
	json_t *page = search("number77 rewritten", "", 10);
	json_t *items = json_object_get(page, "items");
	assert_int_equal(json_array_size(items), 1);
	json_t *item = json_array_get(items, 0);
	assert_string_equal(text_of(item, "key"), "TLS-77");
	assert_string_equal(text_of(item, "kind"), "issue");
	assert_true(json_is_null(json_object_get(item, "comment_id")));
	assert_non_null(strstr(text_of(item, "snippet"), "«rewritten»"));
	assert_true(json_is_null(json_object_get(page, "next")));
	json_decref(page);
	page = search("corrected number77", "", 10);
	item = json_array_get(json_object_get(page, "items"), 0);
	assert_string_equal(text_of(item, "kind"), "comment");
	assert_string_equal(text_of(item, "key"), "TLS-77");
	assert_int_equal(strncmp(text_of(item, "title"), "renamed of acme number77", 24), 0);
	json_decref(page);
	assert_int_equal(found("summary"), 0); /* the text before it was changed */
	assert_int_equal(found("nul"), 0);     /* a deleted comment */
	assert_int_equal(found("träge number75"), 2);
}

static void phrases_exclusions_and_alternatives_are_understood(void **state)
{
	(void)state;
	assert_int_equal(found("\"renamed of acme\" number9 "), 1);
	assert_int_equal(found("\"acme of renamed\""), 0);
	assert_int_equal(found("number10 -corrected"), 1);
	assert_int_equal(found("number10 or number11 "), 4);
}

static void the_last_word_may_be_a_prefix(void **state)
{
	(void)state;
	/* 14, 140 to 149; an issue and a comment each */
	assert_int_equal(found("number14"), 2 * 11);
	assert_int_equal(found("number14 "), 2); /* it is finished */
	assert_int_equal(found("numb renamed"), 0);
	assert_int_equal(found("number10 -correc"), 2); /* no prefix behind a minus */
}

static void titles_weigh_more_than_bodies(void **state)
{
	(void)state;
	json_t *page = search("number20 ", "", 10);
	json_t *items = json_object_get(page, "items");
	assert_int_equal(json_array_size(items), 2);
	assert_string_equal(text_of(json_array_get(items, 0), "kind"), "issue");
	assert_true(json_integer_value(json_object_get(json_array_get(items, 0), "rank")) >
	            json_integer_value(json_object_get(json_array_get(items, 1), "rank")));
	json_decref(page);
}

static void pages_follow_one_another_without_gaps(void **state)
{
	(void)state;
	char seen[2 * ISSUES + 1] = {0};
	char cursor[128] = "";
	int pages = 0;
	size_t n = 0;
	do {
		json_t *page = search("acme", cursor, 7);
		json_t *items = json_object_get(page, "items");
		for (size_t i = 0; i < json_array_size(items); i++, n++) {
			json_t *item = json_array_get(items, i);
			int number = atoi(text_of(item, "key") + 4);
			bool comment = strcmp(text_of(item, "kind"), "comment") == 0;
			assert_in_range(number, 1, ISSUES);
			assert_int_equal(seen[2 * (number - 1) + comment]++, 0);
		}
		const char *next = text_of(page, "next");
		snprintf(cursor, sizeof cursor, "%s", next ? next : "");
		json_decref(page);
		assert_true(++pages < 100);
	} while (cursor[0]);
	assert_int_equal(n, 2 * ISSUES);
}

static void hostile_texts_are_no_errors_of_the_server(void **state)
{
	(void)state;
	static const char *const texts[] = {
	        "&|!:*<->",
	        "'",
	        "''",
	        "\"",
	        "\\",
	        "a:*",
	        "a & | b",
	        "!!!a",
	        "<->",
	        "-",
	        "- -",
	        "or or",
	        "or",
	        "\"\" \"",
	        "'; drop table docs; --",
	        "a\\' b",
	        "((((",
	        "a <2> b",
	        ":*",
	        "%_",
	        "$1",
	        "\xC3\xA4\xC3",
	        "\xFF",
	        "a\tb\nc",
	        "x:*A",
	        "é:*",
	        "foo-bar/baz.qux@example.com:80",
	        "1e400 0x7f -12.5",
	        "http://a.b/c?d=e&f",
	        "</b><b>",
	        "-corrected",
	        "a_b",
	        "\x01\x02 a",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		json_t *page = NULL;
		enum status status = try_search(slice_str(texts[i]), "", 5, &page);
		assert_true(status == STATUS_OK || status == STATUS_INVALID);
		json_decref(page);
	}
	static char large[10240];
	memset(large, 'a', sizeof large);
	json_t *page = NULL;
	assert_int_equal(try_search(slice_of(large, sizeof large), "", 5, &page), STATUS_INVALID);
	assert_int_equal(try_search(slice_of("a\0b", 3), "", 5, &page), STATUS_INVALID);
	assert_int_equal(try_search(SLICE(""), "", 5, &page), STATUS_INVALID);
	assert_int_equal(try_search(SLICE("&|!"), "", 5, &page), STATUS_INVALID);
	assert_int_equal(try_search(SLICE("acme"), "", 0, &page), STATUS_INVALID);
	static const char *const cursors[] = {"x",
	                                      "1-2-3",
	                                      "1-2-3-4",
	                                      "-",
	                                      "'",
	                                      "1-2-3-e'",
	                                      ("99999999999999999999-1-1-"
	                                       "00000000-0000-0000-0000-000000000000")};
	for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++)
		assert_int_equal(try_search(SLICE("acme"), cursors[i], 5, &page), STATUS_INVALID);
}

static void a_query_uses_the_index_of_words_under_row_security(void **state)
{
	(void)state;
	struct error err = {.text = ""};
	struct pg_result *result;
	uint64_t position;
	struct buf plan = {0};
	assert_int_equal(pg_view_read_begin(pg, &search_view.type, "v1", SLICE("acme"), 1000,
	                                    &position, &err),
	                 STATUS_OK);
	/* no predicate on the tenant: the policy alone provides it */
	assert_int_equal(pg_exec(pg, NULL,
	                         "explain select doc_id from docs where tsv @@"
	                         " (select websearch_to_tsquery('simple', 'number77'))",
	                         NULL, 0, &result, &err),
	                 STATUS_OK);
	for (int i = 0; i < pg_rows(result); i++)
		buf_append_slice(&plan, pg_value(result, i, 0));
	pg_result_free(result);
	pg_rollback(pg);
	assert_non_null(strstr(buf_cstr(&plan), "Bitmap Index Scan on docs_words"));
	assert_non_null(strstr(buf_cstr(&plan), "(tsv @@"));
	assert_non_null(strstr(buf_cstr(&plan), "tenant = current_setting("));
	assert_null(strstr(buf_cstr(&plan), "Filter:"));
	buf_release(&plan);
}

static void an_instance_that_is_not_there_is_unavailable(void **state)
{
	(void)state;
	struct buf body = {0};
	struct error err = {.text = ""};
	uint64_t position;
	assert_int_equal(search_read(pg, "v9", SLICE("acme"), NULL, SLICE("a"), SLICE(""),
	                             SLICE(""), SLICE(""), false, 5, &body, &position, &err),
	                 STATUS_UNAVAILABLE);
	struct view_options options = {.config = &config, .instance = "half", .bulk = true};
	struct view *view;
	assert_int_equal(search_view.type.open(&search_view.type, &options, &view, &err), 0);
	assert_int_equal(search_read(pg, "half", SLICE("acme"), NULL, SLICE("a"), SLICE(""),
	                             SLICE(""), SLICE(""), false, 5, &body, &position, &err),
	                 STATUS_UNAVAILABLE);
	search_view.type.close(view);
	assert_int_equal(body.n, 0);
}

static enum status try_audit(struct slice tenant, const struct audit_query *query, json_t **out)
{
	struct buf body = {0};
	struct error err = {.text = ""};
	uint64_t position = 0;
	enum status status = audit_read(pg, "v1", tenant, query, &body, &position, &err);
	if (!status) {
		*out = json_loadb(body.data, body.n, JSON_ALLOW_NUL, NULL);
		assert_non_null(*out);
		assert_int_equal(json_integer_value(json_object_get(*out, "position")), SEQS);
	}
	buf_release(&body);
	return status;
}

static json_t *audit(const struct audit_query *query)
{
	json_t *page = NULL;
	assert_int_equal(try_audit(SLICE("acme"), query, &page), STATUS_OK);
	return page;
}

static size_t audited(const struct audit_query *query)
{
	json_t *page = audit(query);
	size_t n = json_array_size(json_object_get(page, "items"));
	json_decref(page);
	return n;
}

static void the_history_of_an_issue_is_found_by_key_and_id(void **state)
{
	(void)state;
	char id[UUID_TEXT];
	struct uuid issue = story_issue(SLICE("acme"), 13);
	uuid_format(&issue, id);
	struct audit_query query = {.issue = SLICE("TLS-13"), .limit = 100};
	json_t *page = audit(&query);
	json_t *items = json_object_get(page, "items");
	assert_int_equal(json_array_size(items), 8);
	json_t *first = json_array_get(items, 0);
	assert_string_equal(text_of(first, "type"), "IssueCreated");
	assert_string_equal(text_of(json_object_get(first, "aggregate"), "key"), "TLS-13");
	assert_int_equal(strncmp(text_of(json_object_get(first, "aggregate"), "id"), id, 36), 0);
	assert_string_equal(text_of(json_object_get(first, "body"), "priority"), "high");
	assert_int_equal(json_integer_value(json_object_get(first, "seq")), 2 + 12 * 8);
	assert_string_equal(text_of(first, "recorded_at"), "2025-11-13T02:14:58.000Z");
	json_decref(page);
	query.issue = slice_of(id, UUID_TEXT);
	assert_int_equal(audited(&query), 8);
	static const char *const none[] = {
	        "TLS-9999", "XX-1", "TLS", "-1", "TLS-", "TLS-1x", "TLS-99999999999999999999",
	        "'; select"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		query.issue = slice_str(none[i]);
		assert_int_equal(try_audit(SLICE("acme"), &query, &page), STATUS_NOT_FOUND);
	}
	query.issue = slice_of(id, UUID_TEXT); /* of another tenant */
	assert_int_equal(try_audit(SLICE("beta"), &query, &page), STATUS_NOT_FOUND);
}

static void events_are_filtered_and_paged_in_order(void **state)
{
	(void)state;
	struct uuid actor = {{'m', 0}};
	struct audit_query query = {.type = SLICE("IssueCreated"), .limit = AUDIT_LIMIT_MAX};
	assert_int_equal(audited(&query), ISSUES);
	query.from_ms = 1763000000000 + 500 * 1000;
	query.to_ms = 1763000000000 + 600 * 1000;
	query.type = SLICE("");
	assert_int_equal(audited(&query), 100);
	query.actor = &actor; /* every second one */
	assert_int_equal(audited(&query), 50);
	actor.bytes[15] = 1; /* the others, and every fourth one in their name */
	assert_int_equal(audited(&query), 75);
	query.type = SLICE("NoSuchType");
	json_t *page;
	assert_int_equal(try_audit(SLICE("acme"), &query, &page), STATUS_INVALID);
	query = (struct audit_query){.limit = 100};
	uint64_t n = 0;
	for (bool more = true; more;) {
		page = audit(&query);
		json_t *items = json_object_get(page, "items");
		for (size_t i = 0; i < json_array_size(items); i++)
			assert_int_equal(json_integer_value(
			                         json_object_get(json_array_get(items, i), "seq")),
			                 ++n);
		json_t *next = json_object_get(page, "next");
		more = json_is_integer(next);
		query.after = more ? (uint64_t)json_integer_value(next) : 0;
		json_decref(page);
	}
	assert_int_equal(n, SEQS);
}

static void events_are_read_newest_first(void **state)
{
	(void)state;
	struct audit_query query = {.limit = 700, .newest_first = true};
	uint64_t n = SEQS;
	for (bool more = true; more;) {
		json_t *page = audit(&query), *item;
		size_t i;
		json_array_foreach(json_object_get(page, "items"), i, item)
		        assert_int_equal(json_integer_value(json_object_get(item, "seq")), n--);
		more = json_is_integer(json_object_get(page, "next"));
		query.after = (uint64_t)json_integer_value(json_object_get(page, "next"));
		json_decref(page);
	}
	assert_int_equal(n, 0);
}

static void events_of_a_project_are_those_of_its_issues_too(void **state)
{
	(void)state;
	struct audit_query query = {.project = SLICE("TLS"), .limit = AUDIT_LIMIT_MAX};
	size_t n = audited(&query);
	assert_true(n > ISSUES);
	query.type = SLICE("ProjectCreated");
	json_t *page = audit(&query), *first = json_array_get(json_object_get(page, "items"), 0);
	const char *id = text_of(json_object_get(first, "aggregate"), "id");
	assert_int_equal(json_array_size(json_object_get(page, "items")), 1);
	query = (struct audit_query){.project = slice_str(id), .limit = AUDIT_LIMIT_MAX};
	assert_int_equal(audited(&query), n);
	json_decref(page);
	query.project = SLICE("NO");
	assert_int_equal(try_audit(SLICE("acme"), &query, &page), STATUS_NOT_FOUND);
	query.project = slice_of("a\0b", 3);
	assert_int_equal(try_audit(SLICE("acme"), &query, &page), STATUS_INVALID);
}

#define LONG_SEQS 60000

/* A long log, in which eight events were done with one API key, and the last two are of the one
 * issue of a project. */
static void make_long_log(void)
{
	struct error err = {.text = ""};
	struct pg *owner = pg_open(getenv("NEXUSFLOW_TEST_POSTGRES"), "test");
	assert_int_equal(
	        pg_script(owner,
	                  "insert into audit_v1.events select 'long', n, gen_random_uuid(),"
	                  " 'CommentAdded', 'issue', ('00000000-0000-4000-8000-00000000000'"
	                  "  || case when n > 59998 then 1 else 2 end)::uuid,"
	                  " 'member', gen_random_uuid(), gen_random_uuid(), now(), now(), null,"
	                  " '{}', null, case when n % 8000 = 1 then 'rare' end, null"
	                  " from generate_series(1, 60000) n;"
	                  "insert into audit_v1.projects values"
	                  " ('long', '00000000-0000-4000-8000-0000000000a1', 'NEW', 1, false);"
	                  "insert into audit_v1.issues values"
	                  " ('long', '00000000-0000-4000-8000-000000000001',"
	                  "  '00000000-0000-4000-8000-0000000000a1', 1, 59999);"
	                  "insert into audit_v1.seqs (tenant, seq) values ('long', 60000)",
	                  &err),
	        STATUS_OK);
	pg_close(owner);
}

/* The seqs of every page, and how many pages there were. */
static size_t follow(struct audit_query query, uint64_t *seqs, size_t most, size_t *pages)
{
	size_t n = 0;
	*pages = 0;
	for (bool more = true; more; ++*pages) {
		struct buf body = {0};
		struct error err = {.text = ""};
		uint64_t position;
		assert_int_equal(
		        audit_read(pg, "v1", SLICE("long"), &query, &body, &position, &err),
		        STATUS_OK);
		assert_int_equal(position, LONG_SEQS);
		json_t *page = json_loadb(body.data, body.n, 0, NULL), *item;
		size_t i;
		assert_true(json_array_size(json_object_get(page, "items")) <= query.limit);
		json_array_foreach(json_object_get(page, "items"), i, item)
		{
			assert_true(n < most);
			seqs[n++] = (uint64_t)json_integer_value(json_object_get(item, "seq"));
		}
		more = json_is_integer(json_object_get(page, "next"));
		query.after = (uint64_t)json_integer_value(json_object_get(page, "next"));
		json_decref(page);
		buf_release(&body);
	}
	return n;
}

static void what_is_rare_in_a_long_log_is_found_page_by_page(void **state)
{
	(void)state;
	make_long_log();
	for (int newest = 0; newest < 2; newest++)
		for (uint32_t limit = 1; limit <= 9; limit += 2)
			for (int64_t look_ms = 0; look_ms <= 60000; look_ms += 60000) {
				struct audit_query query = {.credential = SLICE("rare"),
				                            .limit = limit,
				                            .newest_first = newest,
				                            .look_ms = look_ms};
				uint64_t seqs[9];
				size_t pages;
				assert_int_equal(follow(query, seqs, 9, &pages), 8);
				for (uint64_t i = 0; i < 8; i++)
					assert_int_equal(seqs[newest ? 7 - i : i], 8000 * i + 1);
				if (look_ms)
					assert_int_equal(pages, (8 + limit - 1) / limit);
				else
					assert_true(pages > 2);
				query = (struct audit_query){.project = SLICE("new"),
				                             .limit = limit,
				                             .newest_first = newest,
				                             .look_ms = look_ms};
				assert_int_equal(follow(query, seqs, 9, &pages), 2);
				assert_int_equal(seqs[newest], 59999);
				assert_int_equal(seqs[!newest], 60000);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(words_find_issues_and_comments),
	        cmocka_unit_test(phrases_exclusions_and_alternatives_are_understood),
	        cmocka_unit_test(the_last_word_may_be_a_prefix),
	        cmocka_unit_test(titles_weigh_more_than_bodies),
	        cmocka_unit_test(pages_follow_one_another_without_gaps),
	        cmocka_unit_test(hostile_texts_are_no_errors_of_the_server),
	        cmocka_unit_test(a_query_uses_the_index_of_words_under_row_security),
	        cmocka_unit_test(an_instance_that_is_not_there_is_unavailable),
	        cmocka_unit_test(the_history_of_an_issue_is_found_by_key_and_id),
	        cmocka_unit_test(events_are_filtered_and_paged_in_order),
	        cmocka_unit_test(events_are_read_newest_first),
	        cmocka_unit_test(events_of_a_project_are_those_of_its_issues_too),
	        cmocka_unit_test(what_is_rare_in_a_long_log_is_found_page_by_page),
	};
	return cmocka_run_group_tests_name("postgres reads", tests, setup, teardown);
}
