/* Lists that an issue is the beginning of, page by page: children, links, comments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "projections/issue.h"
#include "projections/kv_view.h"
#include "tests/unit/history.h"

#define ACME  SLICE("acme")
#define ID(n) "00000000-0000-0000-0000-00000000000" #n

struct seen {
	struct history history;
	struct history_tenant *acme;
	struct view *issue;
	struct uuid first;
	struct buf out;
	struct error err;
};

static struct issue_created *create(struct seen *s, struct uuid id, int64_t number)
{
	struct issue_created *e =
	        &history_event(&s->history, EVENT_ISSUE_CREATED, AGGREGATE_KIND_ISSUE, id, 1)
	                 ->issue_created;
	e->project_id = s->acme->project;
	e->number = number;
	e->type = SLICE("task");
	e->summary = SLICE("Say hello");
	e->status = SLICE("done");
	e->priority = SLICE("high");
	e->rank = SLICE("m");
	return e;
}

static struct event *change(struct seen *s, enum event_type type, struct uuid id, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ISSUE, id, version);
}

static void end_command(struct seen *s)
{
	history_command(&s->history, s->acme);
}

static void fold(struct seen *s)
{
	history_flush(&s->history);
	history_fold(&s->history, s->issue, 0);
}

/* TLS-1, with TLS-2 below it and linked. */
static int setup(void **state)
{
	struct seen *s = mem_new(sizeof *s);
	struct uuid second = {{[15] = 2}};
	history_open(&s->history, 1);
	s->acme = history_tenant(&s->history, "acme", 1);
	s->first.bytes[15] = 1;
	create(s, s->first, 1);
	end_command(s); /* seq 5 */
	struct issue_created *e = create(s, second, 2);
	e->has_parent = true;
	e->parent = s->first;
	end_command(s);
	change(s, EVENT_ISSUE_LINKED, s->first, 2)->issue_linked =
	        (struct issue_linked){SLICE("blocks"), second};
	end_command(s); /* 7 */
	s->issue = history_view(&s->history, "issue", "v1");
	fold(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct seen *s = *state;
	kv_view_close(s->issue);
	history_close(&s->history);
	buf_release(&s->out);
	free(s);
	return 0;
}

static enum status read_related(struct seen *s, const struct sight *sight, const char *issue,
                                enum issue_relation relation, const char *cursor, uint32_t limit)
{
	struct issue_stamp stamp;
	buf_clear(&s->out);
	return issue_related_read(s->issue, ACME, sight, slice_str(issue), relation,
	                          slice_str(cursor), limit, &s->out, &stamp, &s->err);
}

/* Children of the first issue, whose ids end with these. Other ends of its links, too. */
static void add_related(struct seen *s, struct uuid project, int64_t number, uint8_t last)
{
	struct uuid id = {{[15] = last}};
	struct issue_created *e = create(s, id, number);
	e->project_id = project;
	e->has_parent = true;
	e->parent = s->first;
	end_command(s);
	change(s, EVENT_ISSUE_LINKED, id, 2)->issue_linked =
	        (struct issue_linked){SLICE("relates"), s->first};
	end_command(s);
}

/* The pages of one: each page must have the total, and the last byte of its issue's id. */
static void expect_related(struct seen *s, const struct sight *sight, enum issue_relation relation,
                           int total, const char *ids)
{
	char cursor[128] = "", start[32];
	snprintf(start, sizeof start, "{\"total\":%d,", total);
	for (const char *id = ids; *id; id++) {
		char wanted[64];
		assert_int_equal(read_related(s, sight, "TLS-1", relation, cursor, 1), STATUS_OK);
		const char *text = buf_cstr(&s->out), *next = strstr(text, "\"next\":");
		assert_int_equal(strncmp(text, start, strlen(start)), 0);
		snprintf(wanted, sizeof wanted, "{\"id\":\"00000000-0000-0000-0000-00000000000%c",
		         *id);
		assert_non_null(strstr(text, wanted));
		assert_int_equal(sscanf(next, "\"next\":\"%127[^\"]", cursor) == 1, id[1] != 0);
	}
}

static void children_and_links_are_read_in_pages_without_what_is_hidden(void **state)
{
	struct seen *s = *state;
	struct uuid hidden = {{5}};
	struct sight sight = {.hidden = &hidden, .hidden_n = 1};
	struct event *e = history_event(&s->history, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT,
	                                hidden, 1);
	e->project_created.key = SLICE("WEB");
	e->project_created.name = SLICE("Web");
	end_command(s);
	add_related(s, hidden, 1, 4);
	add_related(s, s->acme->project, 3, 5);
	add_related(s, hidden, 2, 6);
	add_related(s, s->acme->project, 4, 7);
	change(s, EVENT_ISSUE_DELETED, (struct uuid){{[15] = 7}}, 3);
	end_command(s);
	fold(s);
	expect_related(s, NULL, ISSUE_CHILDREN, 4, "2456");
	expect_related(s, &sight, ISSUE_CHILDREN, 2, "25");
	expect_related(s, NULL, ISSUE_LINKS, 4, "2456");
	expect_related(s, &sight, ISSUE_LINKS, 2, "25");
	assert_int_equal(read_related(s, NULL, "WEB-2", ISSUE_LINKS, "", 9), STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"name\":\"relates to\""));
}

static void what_is_no_cursor_of_children_or_links_is_said_so(void **state)
{
	struct seen *s = *state;
	static const char *const bad[] = {
	        "x",  "blocks:outward:x", ":outward:" ID(2), "blocks:sideways:" ID(2),
	        "::", "outward:" ID(2)};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(read_related(s, NULL, "TLS-1", ISSUE_LINKS, bad[i], 1),
		                 STATUS_INVALID);
		assert_int_equal(read_related(s, NULL, "TLS-1", ISSUE_CHILDREN, bad[i], 1),
		                 STATUS_INVALID);
		assert_int_equal(read_related(s, NULL, "TLS-9", ISSUE_CHILDREN, bad[i], 1),
		                 STATUS_NOT_FOUND);
	}
	assert_int_equal(s->out.n, 0);
}

static void a_status_is_called_as_its_project_calls_it_now(void **state)
{
	struct seen *s = *state;
	struct event *e = history_event(&s->history, EVENT_STATUS_CHANGED, AGGREGATE_KIND_PROJECT,
	                                s->acme->project, 2);
	e->status_changed.status = SLICE("done");
	e->status_changed.to_name = SLICE("Shipped");
	e->status_changed.to_category = STATUS_CATEGORY_DONE;
	e->status_changed.to_position = 3;
	end_command(s);
	fold(s);
	assert_int_equal(read_related(s, NULL, "TLS-1", ISSUE_CHILDREN, "", 1), STATUS_OK);
	assert_non_null(
	        strstr(buf_cstr(&s->out), "\"status\":\"done\",\"status_name\":\"Shipped\""));
}

static void more_children_than_are_counted_have_no_total(void **state)
{
	struct seen *s = *state;
	for (int i = 1; i <= ISSUE_RELATED_COUNTED; i++) {
		struct uuid id = {{9}};
		put_u32((char *)id.bytes + 12, (uint32_t)i);
		struct issue_created *e = create(s, id, i + 2);
		e->has_parent = true;
		e->parent = s->first;
		end_command(s);
		if (i == ISSUE_RELATED_COUNTED - 1) {
			fold(s);
			read_related(s, NULL, "TLS-1", ISSUE_CHILDREN, "", 1);
			assert_non_null(strstr(buf_cstr(&s->out), "{\"total\":5000,"));
		}
	}
	fold(s);
	assert_int_equal(read_related(s, NULL, "TLS-1", ISSUE_CHILDREN, "", 1), STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "{\"total\":null,"));
	assert_non_null(strstr(buf_cstr(&s->out), "\"next\":\"" ID(2) "\""));
}

static void comments_are_read_newest_first_in_pages(void **state)
{
	struct seen *s = *state;
	struct issue_stamp stamp;
	static const char *const texts[] = {"One", "Two", "Three"}; /* seqs 8, 9, 10 */
	static const struct {
		uint64_t after;
		uint32_t limit;
		const char *has, *next;
	} pages[] = {{0, 1, "\"body\":\"Three\"", "\"next\":10}"},
	             {10, 1, "\"body\":\"Two\"", "\"next\":9}"},
	             {9, 1, "\"body\":\"One\"", "\"next\":null}"},
	             {0, 2, "\"body\":\"Two\"", "\"next\":9}"},
	             {8, 2, "\"items\":[]", "\"next\":null}"}};
	for (uint8_t i = 0; i < 3; i++) {
		struct comment_added *c =
		        &change(s, EVENT_COMMENT_ADDED, s->first, 3u + i)->comment_added;
		c->comment_id = (struct uuid){{[15] = (uint8_t)(7 + i)}};
		c->body = slice_str(texts[i]);
		end_command(s);
	}
	fold(s);
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		const struct issue_page page = {pages[i].after, pages[i].limit, true};
		buf_clear(&s->out);
		assert_int_equal(issue_part_read(s->issue, NULL, ACME, SLICE("TLS-1"),
		                                 ISSUE_COMMENTS, &page, &s->out, &stamp, &s->err),
		                 STATUS_OK);
		assert_non_null(strstr(buf_cstr(&s->out), pages[i].has));
		assert_non_null(strstr(buf_cstr(&s->out), pages[i].next));
	}
	buf_clear(&s->out);
	assert_int_equal(
	        issue_read(s->issue, NULL, ACME, NULL, SLICE("TLS-1"), 1, &s->out, &stamp, &s->err),
	        STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"body\":\"Three\""));
	assert_null(strstr(buf_cstr(&s->out), "\"body\":\"Two\""));
}

static void keys_are_taken_in_any_case_and_shown_as_they_are_kept(void **state)
{
	struct seen *s = *state;
	static const char *const keys[] = {"tls-1", "Tls-1", "TLS-1"};
	static const char *const none[] = {"tls-01", "tls-3", "tls", "tl-1", "tls-1 "};
	struct issue_stamp stamp;
	uint64_t position;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		buf_clear(&s->out);
		assert_int_equal(issue_read(s->issue, NULL, ACME, NULL, slice_str(keys[i]), 1,
		                            &s->out, &stamp, &s->err),
		                 STATUS_OK);
		assert_non_null(strstr(buf_cstr(&s->out), "\"key\":\"TLS-1\""));
		assert_int_equal(project_parts_read(s->issue, NULL, ACME,
		                                    slice_of(keys[i], strlen("TLS")),
		                                    PROJECT_VERSIONS, &s->out, &position, &s->err),
		                 STATUS_OK);
	}
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(issue_read(s->issue, NULL, ACME, NULL, slice_str(none[i]), 1,
		                            &s->out, &stamp, &s->err),
		                 STATUS_NOT_FOUND);
}

static void watch(struct seen *s, uint8_t from, uint8_t n)
{
	for (uint8_t i = from; i < from + n; i++) {
		change(s, EVENT_ISSUE_WATCHED, s->first, 3)->issue_watched.member_id =
		        (struct uuid){{[15] = i}};
		end_command(s);
	}
	fold(s);
}

static void read_watchers(struct seen *s, const struct sight *sight, const struct uuid *after,
                          uint32_t limit, const char *expected)
{
	struct issue_stamp stamp;
	buf_clear(&s->out);
	assert_int_equal(issue_watchers_read(s->issue, NULL, ACME, sight, SLICE("TLS-1"), after,
	                                     limit, &s->out, &stamp, &s->err),
	                 STATUS_OK);
	assert_string_equal(buf_cstr(&s->out), expected);
}

#define WATCHER(n) "{\"id\":\"" ID(n) "\",\"name\":null}"

static void watchers_are_read_in_pages_that_say_whether_one_watches(void **state)
{
	struct seen *s = *state;
	const struct sight fourth = {.holder = {.member = {{[15] = 4}}}};
	const struct sight seventh = {.holder = {.member = {{[15] = 7}}}};
	const struct uuid second = {{[15] = 2}}, last = {{[15] = 5}};
	struct issue_stamp stamp;
	read_watchers(s, NULL, NULL, 2,
	              "{\"total\":0,\"watching\":false,\"items\":[],\"next\":null}");
	watch(s, 1, 5);
	read_watchers(s, &fourth, NULL, 2,
	              "{\"total\":5,\"watching\":true,\"items\":[" WATCHER(1) "," WATCHER(
	                      2) "],\"next\":\"" ID(2) "\"}");
	read_watchers(s, &seventh, &second, 3,
	              "{\"total\":5,\"watching\":false,\"items\":[" WATCHER(3) "," WATCHER(
	                      4) "," WATCHER(5) "],\"next\":null}");
	read_watchers(s, NULL, &last, 3,
	              "{\"total\":5,\"watching\":false,\"items\":[],\"next\":null}");
	change(s, EVENT_ISSUE_UNWATCHED, s->first, 9)->issue_unwatched.member_id = second;
	end_command(s);
	fold(s);
	read_watchers(s, NULL, &second, 1,
	              "{\"total\":4,\"watching\":false,\"items\":[" WATCHER(3) "],\"next\":\"" ID(
	                      3) "\"}");
	buf_clear(&s->out);
	assert_int_equal(issue_read(s->issue, NULL, ACME, &fourth, SLICE("TLS-1"), 1, &s->out,
	                            &stamp, &s->err),
	                 STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out),
	                       "\"watchers\":{\"total\":4,\"watching\":true,\"items\":[" WATCHER(
	                               1) "],\"next\":\"" ID(1) "\"}"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(children_and_links_are_read_in_pages_without_what_is_hidden),
	        CASE(what_is_no_cursor_of_children_or_links_is_said_so),
	        CASE(a_status_is_called_as_its_project_calls_it_now),
	        CASE(more_children_than_are_counted_have_no_total),
	        CASE(comments_are_read_newest_first_in_pages),
	        CASE(keys_are_taken_in_any_case_and_shown_as_they_are_kept),
	        CASE(watchers_are_read_in_pages_that_say_whether_one_watches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
