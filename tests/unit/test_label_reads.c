/* Labels of a project as they are read: counted, in order, page by page. */
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

#define ACME   SLICE("acme")
#define LABELS ((struct slice[]){SLICE("API"), SLICE("bug"), SLICE("big bug")})

struct seen {
	struct history history;
	struct history_tenant *acme;
	struct view *issue;
	struct buf out;
	struct error err;
};

static struct uuid issue_id(uint8_t n)
{
	return (struct uuid){{[15] = n}};
}

static struct event *change(struct seen *s, enum event_type type, uint8_t issue, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ISSUE, issue_id(issue), version);
}

static void end_command(struct seen *s)
{
	history_command(&s->history, s->acme);
}

/* TLS-@n with the first @labels of LABELS. */
static void create(struct seen *s, uint8_t n, uint32_t labels)
{
	static struct slice all[3];
	memcpy(all, LABELS, sizeof all);
	change(s, EVENT_ISSUE_CREATED, n, 1)->issue_created =
	        (struct issue_created){.project_id = s->acme->project,
	                               .number = n,
	                               .type = SLICE("task"),
	                               .summary = SLICE("Say hello"),
	                               .status = SLICE("todo"),
	                               .priority = SLICE("high"),
	                               .labels = {all, labels},
	                               .rank = SLICE("m")};
	end_command(s);
}

static void project_event(struct seen *s, struct uuid project, const char *key)
{
	struct event *e = history_event(&s->history, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT,
	                                project, 1);
	e->project_created.key = slice_str(key);
	e->project_created.name = slice_str(key);
	end_command(s);
}

/* TLS-1 has API and bug, TLS-2 has API, TLS-3 all. */
static int setup(void **state)
{
	struct seen *s = calloc(1, sizeof *s);
	assert_non_null(s);
	history_open(&s->history, 1);
	s->acme = history_tenant(&s->history, "acme", 1);
	create(s, 1, 2);
	create(s, 2, 1);
	create(s, 3, 3);
	s->issue = history_view(&s->history, "issue", "v1");
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

static enum status read_labels(struct seen *s, const char *project,
                               const struct labels_query *query)
{
	uint64_t position;
	history_flush(&s->history);
	history_fold(&s->history, s->issue, 0);
	buf_clear(&s->out);
	return labels_read(s->issue, ACME, slice_str(project), query, &s->out, &position, &s->err);
}

static void expect(struct seen *s, const char *project, const char *after, const char *name,
                   uint32_t limit, const char *body)
{
	const struct labels_query query = {slice_str(after), slice_str(name), limit};
	assert_int_equal(read_labels(s, project, &query), STATUS_OK);
	assert_string_equal(buf_cstr(&s->out), body);
}

#define NOTHING "{\"policy\":\"open\",\"items\":[],\"next\":null}"
#define ONE(label, n, next)                                                                        \
	"{\"policy\":\"open\",\"items\":[{\"label\":\"" label "\",\"issues\":" #n                  \
	",\"listed\":false,\"color\":null,\"description\":\"\"}],\"next\":" next "}"
#define LISTED(label, n, more)                                                                     \
	"{\"policy\":\"listed\",\"items\":[{\"label\":\"" label "\",\"issues\":" #n                \
	",\"listed\":true," more "}],\"next\":null}"

static void labels_are_counted_in_order_and_read_in_pages(void **state)
{
	struct seen *s = *state;
	expect(s, "TLS", "", "", 1, ONE("API", 3, "\"API\""));
	expect(s, "TLS", "API", "", 1, ONE("big bug", 1, "\"big bug\""));
	expect(s, "TLS", "big bug", "", 1, ONE("bug", 2, "null"));
	expect(s, "TLS", "bug", "", 1, NOTHING);
	expect(s, "TLS", "az", "", 1, ONE("big bug", 1, "\"big bug\""));
}

static void labels_are_found_by_the_beginning_of_a_word(void **state)
{
	struct seen *s = *state;
	expect(s, "TLS", "", "ap", 9, ONE("API", 3, "null"));
	expect(s, "TLS", "", "BU", 1, ONE("big bug", 1, "\"big bug\""));
	expect(s, "TLS", "big bug", "BU", 1, ONE("bug", 2, "null"));
	expect(s, "TLS", "", "ug", 9, NOTHING);
}

static void what_changes_on_issues_changes_the_counts(void **state)
{
	struct seen *s = *state;
	struct issue_labels_changed *e =
	        &change(s, EVENT_ISSUE_LABELS_CHANGED, 3, 2)->issue_labels_changed;
	e->added = (struct slice_array){(struct slice[]){SLICE("x")}, 1};
	e->removed = (struct slice_array){LABELS, 3};
	end_command(s);
	expect(s, "TLS", "", "", 1, ONE("API", 2, "\"API\""));
	expect(s, "TLS", "API", "", 1, ONE("bug", 1, "\"bug\""));
	expect(s, "TLS", "bug", "", 1, ONE("x", 1, "null"));
}

static void deleted_issues_are_not_counted_and_restored_ones_are(void **state)
{
	struct seen *s = *state;
	change(s, EVENT_ISSUE_ARCHIVED, 1, 2);
	end_command(s);
	expect(s, "TLS", "", "api", 9, ONE("API", 3, "null"));
	change(s, EVENT_ISSUE_DELETED, 1, 3);
	change(s, EVENT_ISSUE_DELETED, 3, 2);
	end_command(s);
	expect(s, "TLS", "", "", 9, ONE("API", 1, "null"));
	change(s, EVENT_ISSUE_RESTORED, 1, 4);
	end_command(s);
	expect(s, "TLS", "", "bug", 9, ONE("bug", 1, "null"));
}

static void an_issue_that_moves_takes_its_labels_along(void **state)
{
	struct seen *s = *state;
	struct uuid web = {{5}};
	project_event(s, web, "WEB");
	expect(s, "WEB", "", "", 9, NOTHING);
	change(s, EVENT_ISSUE_MOVED, 3, 2)->issue_moved =
	        (struct issue_moved){.from_project_id = s->acme->project,
	                             .to_project_id = web,
	                             .from_number = 3,
	                             .to_number = 1,
	                             .to_type = SLICE("task"),
	                             .to_status = SLICE("todo"),
	                             .to_priority = SLICE("high")};
	end_command(s);
	expect(s, "TLS", "", "bug", 9, ONE("bug", 1, "null"));
	expect(s, "WEB", "", "ap", 9, ONE("API", 1, "null"));
	expect(s, "WEB", "", "big", 9, ONE("big bug", 1, "null"));
}

static struct event *change_project(struct seen *s, enum event_type type, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_PROJECT, s->acme->project, version);
}

static void listed_labels_are_there_without_issues(void **state)
{
	struct seen *s = *state;
	const struct project_label plain = {.label = SLICE("web")};
	const struct project_label blue = {.label = SLICE("Web shop"),
	                                   .has_color = true,
	                                   .color = SLICE("#0000ff"),
	                                   .description = SLICE("Checkout")};
	change_project(s, EVENT_LABEL_POLICY_CHANGED, 2)->label_policy_changed.to =
	        LABEL_POLICY_LISTED;
	change_project(s, EVENT_LABEL_ADDED, 3)->label_added.label = plain;
	end_command(s);
	expect(s, "TLS", "", "we", 9, LISTED("web", 0, "\"color\":null,\"description\":\"\""));
	change_project(s, EVENT_LABEL_EDITED, 4)->label_edited =
	        (struct label_edited){plain, blue, true};
	end_command(s);
	expect(s, "TLS", "", "we", 9,
	       LISTED("Web shop", 0, "\"color\":\"#0000ff\",\"description\":\"Checkout\""));
	change_project(s, EVENT_LABEL_REMOVED, 5)->label_removed =
	        (struct label_removed){.label = blue, .listed = true};
	change_project(s, EVENT_LABEL_POLICY_CHANGED, 6)->label_policy_changed.to =
	        LABEL_POLICY_OPEN;
	end_command(s);
	expect(s, "TLS", "", "we", 9, NOTHING);
}

static void a_label_keeps_its_count_when_it_is_listed_and_no_more(void **state)
{
	struct seen *s = *state;
	const struct project_label bug = {.label = SLICE("bug")};
	change_project(s, EVENT_LABEL_POLICY_CHANGED, 2)->label_policy_changed.to =
	        LABEL_POLICY_LISTED;
	change_project(s, EVENT_LABEL_ADDED, 3)->label_added.label = bug;
	end_command(s);
	expect(s, "TLS", "big bug", "", 9, LISTED("bug", 2, "\"color\":null,\"description\":\"\""));
	change(s, EVENT_ISSUE_DELETED, 1, 2);
	change(s, EVENT_ISSUE_DELETED, 3, 2);
	end_command(s);
	expect(s, "TLS", "big bug", "", 9, LISTED("bug", 0, "\"color\":null,\"description\":\"\""));
	change(s, EVENT_ISSUE_RESTORED, 1, 3);
	change_project(s, EVENT_LABEL_REMOVED, 4)->label_removed =
	        (struct label_removed){.label = bug, .listed = true};
	change_project(s, EVENT_LABEL_POLICY_CHANGED, 5)->label_policy_changed.to =
	        LABEL_POLICY_OPEN;
	end_command(s);
	expect(s, "TLS", "big bug", "", 9, ONE("bug", 1, "null"));
}

static void a_page_looks_at_so_many_labels_only(void **state)
{
	struct seen *s = *state;
	char texts[LABELS_LOOKED][8];
	struct slice all[LABELS_LOOKED];
	const struct labels_query from_start = {.text = SLICE("bug"), .limit = 9};
	const uint32_t each = 200;
	for (uint32_t i = 0; i < LABELS_LOOKED; i++) {
		snprintf(texts[i], sizeof texts[i], "Z%04u", (unsigned)i);
		all[i] = slice_str(texts[i]);
	}
	for (uint32_t i = 0; i < LABELS_LOOKED; i += each) {
		create(s, (uint8_t)(10 + i / each), 0);
		change(s, EVENT_ISSUE_LABELS_CHANGED, (uint8_t)(10 + i / each), 2)
		        ->issue_labels_changed.added = (struct slice_array){all + i, each};
		end_command(s);
	}
	assert_int_equal(read_labels(s, "TLS", &from_start), STATUS_OK);
	/* API comes before them */
	assert_string_equal(buf_cstr(&s->out),
	                    "{\"policy\":\"open\",\"items\":[],\"next\":\"Z4998\"}");
	expect(s, "TLS", "Z4998", "big", 9, ONE("big bug", 1, "null"));
}

static void what_is_no_project_or_no_cursor_is_said_so(void **state)
{
	struct seen *s = *state;
	char text[LABEL_MAX + 1] = "";
	const struct labels_query all = {.limit = 9};
	const struct labels_query bad = {.after = slice_of(text, sizeof text), .limit = 9};
	memset(text, 'x', sizeof text);
	assert_int_equal(read_labels(s, "NO", &all), STATUS_NOT_FOUND);
	assert_int_equal(read_labels(s, "TLS", &bad), STATUS_INVALID);
	assert_int_equal(s->out.n, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(labels_are_counted_in_order_and_read_in_pages),
	        CASE(labels_are_found_by_the_beginning_of_a_word),
	        CASE(what_changes_on_issues_changes_the_counts),
	        CASE(deleted_issues_are_not_counted_and_restored_ones_are),
	        CASE(an_issue_that_moves_takes_its_labels_along),
	        CASE(listed_labels_are_there_without_issues),
	        CASE(a_label_keeps_its_count_when_it_is_listed_and_no_more),
	        CASE(a_page_looks_at_so_many_labels_only),
	        CASE(what_is_no_project_or_no_cursor_is_said_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
