/* What readers of the views get, from events made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "projections/access.h"
#include "projections/board.h"
#include "projections/feed.h"
#include "projections/issue.h"
#include "tests/unit/history.h"

#define ACME SLICE("acme")
#define TLS  SLICE("TLS")
#define NONE slice_of(NULL, 0)

static const struct members_query everybody = {.reader = {.admin = true},
                                               .page = {.limit = 9},
                                               .statuses = MEMBERS_NOT_REMOVED,
                                               .roles = MEMBERS_OF_ANY_ROLE};

struct seen {
	struct history history;
	struct history_tenant *acme;
	struct view *access, *board, *issue, *feed;
	struct uuid first, second, ada, comment;
	struct buf out;
	struct error err;
};

static struct issue_created *create(struct seen *s, struct uuid id, int64_t number,
                                    const char *rank)
{
	struct issue_created *e =
	        &history_event(&s->history, EVENT_ISSUE_CREATED, AGGREGATE_KIND_ISSUE, id, 1)
	                 ->issue_created;
	e->project_id = s->acme->project;
	e->number = number;
	e->type = SLICE("task");
	e->summary = SLICE("Say \"hello\"");
	e->description = SLICE("All of it.");
	e->status = SLICE("todo");
	e->priority = SLICE("high");
	e->reporter = s->ada;
	e->rank = slice_str(rank);
	return e;
}

static struct event *change(struct seen *s, enum event_type type, struct uuid id, uint64_t version)
{
	return history_event(&s->history, type, AGGREGATE_KIND_ISSUE, id, version);
}

static void transition(struct seen *s, struct uuid id, uint64_t version, const char *to,
                       enum status_category category)
{
	struct issue_transitioned *e =
	        &change(s, EVENT_ISSUE_TRANSITIONED, id, version)->issue_transitioned;
	e->to = slice_str(to);
	e->to_category = category;
	e->has_resolution = category == STATUS_CATEGORY_DONE;
	e->resolution = SLICE("done");
}

static void end_command(struct seen *s)
{
	history_command(&s->history, s->acme);
}

static void fold(struct seen *s)
{
	history_flush(&s->history);
	history_fold(&s->history, s->access, 0);
	history_fold(&s->history, s->board, 0);
	history_fold(&s->history, s->issue, 0);
	history_fold(&s->history, s->feed, 0);
}

/* TLS-1 with everything; TLS-2 below it, done. */
static int setup(void **state)
{
	static const struct slice labels[] = {{"api", 3}, {"bug", 3}};
	struct seen *s = mem_new(sizeof *s);
	history_open(&s->history, 1);
	s->acme = history_tenant(&s->history, "acme", 1);
	s->ada = history_id("acme", "member", 1);
	s->first.bytes[15] = 1;
	s->second.bytes[15] = 2;
	s->comment.bytes[15] = 3;
	struct issue_created *e = create(s, s->first, 1, "m");
	e->labels = (struct slice_array){labels, 2};
	e->has_due_on = true;
	e->due_on = 20000;
	e->has_assignee = true;
	e->assignee = s->ada;
	end_command(s); /* seq 5 */
	e = create(s, s->second, 2, "g");
	e->has_parent = true;
	e->parent = s->first;
	end_command(s); /* 6 */
	struct comment_added *c = &change(s, EVENT_COMMENT_ADDED, s->first, 2)->comment_added;
	c->comment_id = s->comment;
	c->author = s->ada;
	c->body = SLICE("Yes.");
	end_command(s); /* 7 */
	change(s, EVENT_ISSUE_LINKED, s->first, 3)->issue_linked =
	        (struct issue_linked){SLICE("blocks"), s->second};
	end_command(s); /* 8 */
	transition(s, s->second, 2, "done", STATUS_CATEGORY_DONE);
	end_command(s); /* 9 */
	s->access = history_view(&s->history, "access", "v1");
	s->board = history_view(&s->history, "board", "v1");
	s->issue = history_view(&s->history, "issue", "v1");
	s->feed = history_view(&s->history, "feed", "v1");
	fold(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct seen *s = *state;
	kv_view_close(s->access);
	kv_view_close(s->board);
	kv_view_close(s->issue);
	kv_view_close(s->feed);
	history_close(&s->history);
	buf_release(&s->out);
	free(s);
	return 0;
}

/* "@ada" and "@project" stand for ids. */
static void expect_json(struct seen *s, const char *expected)
{
	struct buf text = {0};
	for (const char *at = expected; *at;) {
		char id[UUID_TEXT];
		bool ada = strncmp(at, "@ada", 4) == 0, project = strncmp(at, "@project", 8) == 0;
		if (!ada && !project) {
			buf_append_char(&text, *at++);
			continue;
		}
		uuid_format(ada ? &s->ada : &s->acme->project, id);
		buf_append(&text, id, UUID_TEXT);
		at += ada ? 4 : 8;
	}
	assert_string_equal(buf_cstr(&s->out), buf_cstr(&text));
	buf_release(&text);
}

static struct board_stamp read_board(struct seen *s, const char *cursor, uint32_t limit)
{
	struct board_stamp stamp;
	buf_clear(&s->out);
	assert_int_equal(board_read(s->board, ACME, NULL, SLICE("tLs"), slice_str(cursor), limit,
	                            &s->out, &stamp, &s->err),
	                 STATUS_OK);
	return stamp;
}

#define ID(n) "00000000-0000-0000-0000-00000000000" #n
#define FIRST_CARD                                                                                 \
	"{\"id\":\"" ID(1) "\",\"key\":\"TLS-1\",\"summary\":\"Say \\\"hello\\\"\","               \
	                   "\"type\":\"task\",\"status\":\"todo\",\"priority\":\"high\","          \
	                   "\"assignee\":\"@ada\","                                                \
	                   "\"labels\":[\"api\",\"bug\"],\"rank\":\"m\",\"parent\":null,\"due_"    \
	                   "on\":\"2024-10-04\","                                                  \
	                   "\"subtasks\":{\"total\":1,\"done\":1},\"comments\":1,\"version\":3}"
#define SECOND_CARD                                                                                \
	"{\"id\":\"" ID(2) "\",\"key\":\"TLS-2\",\"summary\":\"Say \\\"hello\\\"\","               \
	                   "\"type\":\"task\",\"status\":\"done\",\"priority\":\"high\","          \
	                   "\"assignee\":null,"                                                    \
	                   "\"labels\":[],\"rank\":\"g\",\"parent\":\"" ID(                        \
	                           1) "\",\"due_on\":null,"                                        \
	                              "\"subtasks\":{\"total\":0,\"done\":0},\"comments\":0,"      \
	                              "\"version\":2}"
#define PROJECT "{\"project\":{\"id\":\"@project\",\"key\":\"TLS\",\"name\":\"Transport\"},"

static void a_board_has_its_cards_in_their_columns(void **state)
{
	struct seen *s = *state;
	struct board_stamp stamp = read_board(s, "", 100);
	assert_int_equal(stamp.position, 9);
	assert_int_equal(stamp.etag_seq, 9);
	expect_json(s, PROJECT
	            "\"columns\":[{\"id\":\"todo\",\"name\":\"To "
	            "do\",\"category\":\"todo\",\"count\":1,"
	            "\"cards\":[" FIRST_CARD "],\"next\":null},"
	            "{\"id\":\"in_progress\",\"name\":\"In progress\",\"category\":\"in_progress\","
	            "\"count\":0,\"cards\":[],\"next\":null},"
	            "{\"id\":\"in_review\",\"name\":\"In review\",\"category\":\"in_progress\","
	            "\"count\":0,\"cards\":[],\"next\":null},"
	            "{\"id\":\"done\",\"name\":\"Done\",\"category\":\"done\",\"count\":1,"
	            "\"cards\":[" SECOND_CARD "],\"next\":null}]}");
}

static void cards_lie_in_the_order_of_their_ranks_and_pages_do_not_overlap(void **state)
{
	struct seen *s = *state;
	char *next, cursor[BOARD_CURSOR_MAX + 1] = "";
	static const char *const keys[] = {"TLS-2", "TLS-3", "TLS-1"}; /* g, h, m */
	create(s, (struct uuid){{9}}, 3, "h");
	end_command(s);
	transition(s, s->second, 3, "todo", STATUS_CATEGORY_TODO);
	end_command(s);
	fold(s);
	for (int i = 0; i < 3; i++) {
		read_board(s, cursor, 1);
		assert_non_null(strstr(buf_cstr(&s->out), "\"count\":3"));
		for (int k = 0; k < 3; k++)
			assert_true(!strstr(buf_cstr(&s->out), keys[k]) == (k != i));
		next = strstr(buf_cstr(&s->out), "\"next\":\"");
		assert_true((next != NULL) == (i < 2));
		if (next)
			sscanf(next, "\"next\":\"%192[0-9a-f]", cursor);
	}
}

static void what_is_no_cursor_and_no_project_is_said_so(void **state)
{
	struct seen *s = *state;
	struct board_stamp stamp;
	buf_append_str(&s->out, "kept");
	assert_int_equal(
	        board_read(s->board, ACME, NULL, TLS, SLICE("00zz"), 9, &s->out, &stamp, NULL),
	        STATUS_INVALID);
	assert_int_equal(
	        board_read(s->board, ACME, NULL, SLICE("NO"), NONE, 9, &s->out, &stamp, NULL),
	        STATUS_NOT_FOUND);
	assert_int_equal(stamp.position, 9);
	assert_int_equal(
	        board_read(s->board, SLICE("umbra"), NULL, TLS, NONE, 9, &s->out, &stamp, NULL),
	        STATUS_NOT_FOUND);
	assert_string_equal(buf_cstr(&s->out), "kept");
}

static void the_stamp_of_a_board_moves_with_its_cards_only(void **state)
{
	struct seen *s = *state;
	struct board_stamp stamp;
	struct event *e = history_event(&s->history, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT,
	                                (struct uuid){{5}}, 1);
	e->project_created.key = SLICE("WEB");
	e->project_created.name = SLICE("Web");
	end_command(s);
	fold(s);
	assert_int_equal(board_stamp(s->board, ACME, TLS, &stamp, NULL), STATUS_OK);
	assert_int_equal(stamp.etag_seq, 9);
	assert_int_equal(stamp.position, 10);
	buf_clear(&s->out);
	assert_int_equal(projects_read(s->board, ACME, NULL, NONE, false, 1, &s->out, &stamp, NULL),
	                 STATUS_OK);
	expect_json(s, "{\"items\":[{\"id\":\"@project\",\"key\":\"TLS\","
	               "\"former_keys\":[],\"name\":\"Transport\",\"category\":null,\"archived\":"
	               "false,\"lead\":\"@ada\",\"version\":1,"
	               "\"issues\":2,\"counts\":{\"todo\":1,"
	               "\"in_progress\":0,\"in_review\":0,\"done\":1}}],\"next\":\"TLS\"}");
	buf_clear(&s->out);
	assert_int_equal(projects_read(s->board, ACME, NULL, TLS, false, 1, &s->out, &stamp, NULL),
	                 STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"WEB\""));
	assert_non_null(strstr(buf_cstr(&s->out), "\"next\":null"));
}

/* As parents, children and linked issues are shown. */
#define SECOND_REF                                                                                 \
	"{\"id\":\"" ID(2) "\",\"key\":\"TLS-2\",\"summary\":\"Say \\\"hello\\\"\","               \
	                   "\"type\":\"task\",\"status\":\"done\",\"status_name\":\"Done\","       \
	                   "\"status_category\":\"done\"}"
#define SECOND_LINK                                                                                \
	"{\"type\":\"blocks\",\"direction\":\"outward\",\"name\":\"blocks\","                      \
	"\"issue\":" SECOND_REF "}"

static void an_issue_shows_everything_with_names(void **state)
{
	struct seen *s = *state;
	struct issue_stamp stamp;
	assert_int_equal(issue_read(s->issue, s->access, ACME, NULL, SLICE("TLS-1"), 10, &s->out,
	                            &stamp, &s->err),
	                 STATUS_OK);
	assert_int_equal(stamp.version, 3);
	assert_int_equal(stamp.position, 9);
	expect_json(
	        s,
	        "{\"id\":\"" ID(
	                1) "\",\"key\":\"TLS-1\",\"former_keys\":[],\"project\":{\"id\":\"@"
	                   "project\","
	                   "\"key\":\"TLS\",\"name\":\"Transport\"},\"type\":\"task\","
	                   "\"summary\":\"Say \\\"hello\\\"\",\"description\":\"All of it.\","
	                   "\"status\":\"todo\",\"resolution\":null,\"priority\":\"high\","
	                   "\"reporter\":{\"id\":\"@ada\",\"name\":\"Ada\"},"
	                   "\"assignee\":{\"id\":\"@ada\",\"name\":\"Ada\"},\"labels\":[\"api\","
	                   "\"bug\"],\"components\":[],\"fix_versions\":[],\"affects_versions\":[],"
	                   "\"fields\":[],\"parent\":null,"
	                   "\"subtasks\":{\"total\":1,\"items\":[" SECOND_REF "],\"next\":null},"
	                   "\"start_on\":null,\"due_on\":\"2024-10-04\",\"estimate\":null,"
	                   "\"remaining\":null,\"spent\":0,\"rank\":\"m\","
	                   "\"links\":{\"total\":1,\"items\":[" SECOND_LINK "],\"next\":null},"
	                   "\"comments\":{\"total\":1,\"items\":[{\"id\":\"" ID(
	                           3) "\","
	                              "\"author\":{\"id\":\"@ada\",\"name\":\"Ada\"},\"reply_to\":"
	                              "null,"
	                              "\"body\":\"Yes.\",\"mentions\":[],"
	                              "\"created_at\":\"2025-11-21T10:00:07.000Z\",\"edited_at\":"
	                              "null,"
	                              "\"edited_by\":null,\"seq\":7}],\"next\":null},"
	                              "\"worklogs\":{\"total\":0,\"minutes\":0,\"items\":[],"
	                              "\"next\":null},"
	                              "\"watchers\":{\"total\":0,\"watching\":false,\"items\":[],"
	                              "\"next\":null},\"cloned_from\":null,\"external_ref\":null,"
	                              "\"archived\":false,\"created_at\":\"2025-11-21T10:00:05."
	                              "000Z\","
	                              "\"updated_at\":\"2025-11-21T10:00:08.000Z\",\"version\":3}");
}

static void edit_comment(struct seen *s, uint64_t version, const char *body)
{
	change(s, EVENT_COMMENT_EDITED, s->first, version)->comment_edited =
	        (struct comment_edited){.comment_id = s->comment, .body = slice_str(body)};
	s->history.staged[0].meta.actor.id = s->ada;
	history_command(&s->history, s->acme);
	history_flush(&s->history);
	history_fold(&s->history, s->issue, 0);
}

static enum status read_texts(struct seen *s, struct uuid comment, uint64_t after, uint32_t limit)
{
	struct issue_stamp stamp;
	buf_clear(&s->out);
	return issue_texts_read(s->issue, s->access, ACME, SLICE("TLS-1"), &comment, after, limit,
	                        &s->out, &stamp, &s->err);
}

#define FORMER(seq, at, body)                                                                      \
	"{\"seq\":" #seq ",\"author\":{\"id\":\"@ada\",\"name\":\"Ada\"},"                         \
	"\"written_at\":\"2025-11-21T10:00:" #at ".000Z\",\"body\":\"" body "\"}"

static void the_former_texts_of_a_comment_are_kept_until_it_is_deleted(void **state)
{
	struct seen *s = *state;
	assert_int_equal(read_texts(s, s->comment, 0, 10), STATUS_OK);
	expect_json(s, "{\"items\":[],\"next\":null}");
	edit_comment(s, 4, "No.");
	edit_comment(s, 5, "Perhaps.");
	assert_int_equal(read_texts(s, s->comment, 0, 10), STATUS_OK);
	expect_json(s, "{\"items\":[" FORMER(7, 07, "Yes.") "," FORMER(10, 10,
	                                                               "No.") "],\"next\":null}");
	assert_int_equal(read_texts(s, s->comment, 0, 1), STATUS_OK);
	expect_json(s, "{\"items\":[" FORMER(7, 07, "Yes.") "],\"next\":7}");
	assert_int_equal(read_texts(s, s->second, 0, 1), STATUS_NOT_FOUND);
	change(s, EVENT_COMMENT_DELETED, s->first, 6)->comment_deleted.comment_id = s->comment;
	history_command(&s->history, s->acme);
	history_flush(&s->history);
	history_fold(&s->history, s->issue, 0);
	assert_int_equal(read_texts(s, s->comment, 0, 1), STATUS_NOT_FOUND);
}

static void read_worklogs(struct seen *s, uint64_t after, uint32_t limit)
{
	const struct issue_page page = {.after = after, .limit = limit};
	struct issue_stamp stamp;
	buf_clear(&s->out);
	assert_int_equal(issue_part_read(s->issue, s->access, ACME, SLICE("TLS-1"), ISSUE_WORKLOGS,
	                                 &page, &s->out, &stamp, &s->err),
	                 STATUS_OK);
}

static void log_work(struct seen *s, uint64_t version, struct uuid id, int32_t minutes)
{
	change(s, EVENT_WORK_LOGGED, s->first, version)->work_logged =
	        (struct work_logged){.worklog_id = id,
	                             .author = s->ada,
	                             .started_at = HISTORY_START_MS,
	                             .minutes = minutes,
	                             .comment = SLICE("read")};
	history_command(&s->history, s->acme);
}

#define WORKLOG(id, minutes, at, edited, seq)                                                      \
	"{\"id\":\"" ID(id) "\",\"author\":{\"id\":\"@ada\",\"name\":\"Ada\"},"                    \
	                    "\"started_at\":\"2025-11-21T10:00:00.000Z\",\"minutes\":" #minutes    \
	                    ",\"comment\":\"read\",\"created_at\":\"2025-11-21T10:00:" #at         \
	                    ".000Z\",\"edited_at\":" edited ",\"seq\":" #seq "}"

static void worklogs_are_read_in_pages_with_their_sum(void **state)
{
	struct seen *s = *state;
	log_work(s, 4, (struct uuid){{[15] = 8}}, 30);
	log_work(s, 5, (struct uuid){{[15] = 9}}, 60);
	change(s, EVENT_WORKLOG_EDITED, s->first, 6)->worklog_edited =
	        (struct worklog_edited){.worklog_id = {{[15] = 8}},
	                                .from_started_at = HISTORY_START_MS,
	                                .to_started_at = HISTORY_START_MS,
	                                .from_minutes = 30,
	                                .to_minutes = 45};
	history_command(&s->history, s->acme);
	history_flush(&s->history);
	history_fold(&s->history, s->issue, 0);
	read_worklogs(s, 0, 1);
	expect_json(s, "{\"total\":2,\"minutes\":105,\"items\":[" WORKLOG(
	                       8, 45, 10, "\"2025-11-21T10:00:12.000Z\"", 10) "],\"next\":10}");
	read_worklogs(s, 10, 1);
	expect_json(s, "{\"total\":2,\"minutes\":105,\"items\":[" WORKLOG(9, 60, 11, "null",
	                                                                  11) "],\"next\":null}");
	change(s, EVENT_WORKLOG_DELETED, s->first, 7)->worklog_deleted =
	        (struct worklog_deleted){{{[15] = 9}}, 60};
	history_command(&s->history, s->acme);
	history_flush(&s->history);
	history_fold(&s->history, s->issue, 0);
	read_worklogs(s, 10, 1);
	expect_json(s, "{\"total\":1,\"minutes\":45,\"items\":[],\"next\":null}");
}

static enum status find(struct seen *s, struct slice tenant, struct slice issue,
                        struct issue_stamp *stamp)
{
	struct buf out = {0};
	enum status status = issue_read(s->issue, NULL, tenant, NULL, issue, 1, &out, stamp, NULL);
	buf_release(&out);
	return status;
}

static void an_issue_is_found_by_id_and_not_by_what_is_no_key(void **state)
{
	struct seen *s = *state;
	struct issue_stamp stamp;
	static const char *const bad[] = {
	        "TLS-3", "TLS-", "-1", "TLS-01", "TLS-1x", "NO-1", "TLS-99999999999999999999",
	        "",      ID(7)};
	assert_int_equal(find(s, ACME, SLICE(ID(2)), &stamp), STATUS_OK);
	assert_true(uuid_equal(&stamp.id, &s->second));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(find(s, ACME, slice_str(bad[i]), &stamp), STATUS_NOT_FOUND);
	assert_int_equal(find(s, SLICE("umbra"), SLICE(ID(2)), &stamp), STATUS_NOT_FOUND);
}

static void the_other_end_of_a_link_shows_it_inward_until_it_is_cut(void **state)
{
	struct seen *s = *state;
	struct issue_stamp stamp;
	assert_int_equal(
	        issue_read(s->issue, NULL, ACME, NULL, SLICE("TLS-2"), 5, &s->out, &stamp, NULL),
	        STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"direction\":\"inward\""));
	assert_non_null(strstr(buf_cstr(&s->out), "\"resolution\":\"done\""));
	change(s, EVENT_ISSUE_UNLINKED, s->first, 4)->issue_unlinked =
	        (struct issue_unlinked){SLICE("blocks"), s->second};
	end_command(s);
	fold(s);
	buf_clear(&s->out);
	assert_int_equal(
	        issue_read(s->issue, NULL, ACME, NULL, SLICE("TLS-2"), 5, &s->out, &stamp, NULL),
	        STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"links\":{\"total\":0,\"items\":[]"));
}

/* What the second issue shows of its links once @id has cut its @type link to @other. */
static const char *cut(struct seen *s, struct uuid id, uint64_t version, const char *type,
                       struct uuid other)
{
	struct issue_stamp stamp;
	change(s, EVENT_ISSUE_UNLINKED, id, version)->issue_unlinked =
	        (struct issue_unlinked){slice_str(type), other};
	end_command(s);
	fold(s);
	buf_clear(&s->out);
	assert_int_equal(
	        issue_read(s->issue, NULL, ACME, NULL, SLICE("TLS-2"), 5, &s->out, &stamp, NULL),
	        STATUS_OK);
	return strstr(buf_cstr(&s->out), "\"links\":");
}

static void of_two_links_each_way_only_the_named_one_is_cut(void **state)
{
	struct seen *s = *state; /* the first blocks the second */
	change(s, EVENT_ISSUE_LINKED, s->second, 3)->issue_linked =
	        (struct issue_linked){SLICE("blocks"), s->first};
	end_command(s);
	const char *links = cut(s, s->first, 4, "blocks", s->second);
	assert_non_null(strstr(links, "\"outward\""));
	assert_null(strstr(links, "\"inward\""));
}

static void a_symmetric_link_is_cut_from_its_other_end(void **state)
{
	struct seen *s = *state;
	change(s, EVENT_ISSUE_LINKED, s->second, 3)->issue_linked =
	        (struct issue_linked){SLICE("relates"), s->first};
	end_command(s);
	assert_null(strstr(cut(s, s->first, 4, "relates", s->second), "\"relates\""));
}

static void a_forgotten_member_is_nameless_at_once_in_every_view(void **state)
{
	struct seen *s = *state;
	struct issue_stamp stamp;
	uint64_t position;
	assert_int_equal(members_read(s->access, ACME, &everybody, &s->out, &position, NULL),
	                 STATUS_OK);
	expect_json(s, "{\"items\":[{\"id\":\"@ada\",\"role\":\"owner\",\"status\":\"active\","
	               "\"name\":\"Ada\","
	               "\"email\":\"ada@example.org\",\"teams\":[]}],\"next\":null}");
	assert_int_equal(profile_forget(s->history.keys, ACME, &s->ada, NULL), STATUS_OK);
	buf_clear(&s->out);
	assert_int_equal(members_read(s->access, ACME, &everybody, &s->out, &position, NULL),
	                 STATUS_OK);
	assert_non_null(strstr(buf_cstr(&s->out), "\"name\":null,\"email\":null"));
	buf_clear(&s->out);
	assert_int_equal(issue_read(s->issue, s->access, ACME, NULL, SLICE("TLS-1"), 9, &s->out,
	                            &stamp, NULL),
	                 STATUS_OK);
	assert_null(strstr(buf_cstr(&s->out), "Ada"));
}

static void the_feed_knows_where_to_begin(void **state)
{
	struct seen *s = *state;
	struct feed_place place;
	uint64_t position;
	for (int i = 0; i < 300; i++) {
		change(s, EVENT_ISSUE_SUMMARY_CHANGED, s->first, 4 + (uint64_t)i)
		        ->issue_summary_changed.to = SLICE("x");
		end_command(s);
	}
	fold(s);
	static const uint64_t rows[][2] = {{0, 1},     {127, 1},   {128, 129},
	                                   {255, 129}, {256, 257}, {9999, 257}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(feed_find(s->feed, ACME, rows[i][0], &place, &position, NULL),
		                 STATUS_OK);
		assert_int_equal(place.seq, rows[i][1]);
		assert_int_equal(position, 309);
	}
	struct journal_reader *reader;
	struct journal_entry entry;
	struct event event;
	struct arena arena;
	uint32_t n;
	static char block[65536] __attribute__((aligned(16)));
	arena_init(&arena, block, sizeof block);
	assert_int_equal(journal_reader_open(s->history.journal, &reader, NULL), STATUS_OK);
	assert_int_equal(
	        journal_reader_assign(reader, place.place.partition, place.place.offset, NULL),
	        STATUS_OK);
	assert_int_equal(journal_reader_poll(reader, 1000, &entry, 1, &n, NULL), STATUS_OK);
	assert_int_equal(event_decode(entry.value, &arena, &event, NULL), STATUS_OK);
	assert_int_equal(event.meta.seq, 257);
	journal_reader_close(reader);
	assert_int_equal(feed_find(s->feed, SLICE("acm"), 0, &place, &position, NULL),
	                 STATUS_NOT_FOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_board_has_its_cards_in_their_columns),
	        CASE(cards_lie_in_the_order_of_their_ranks_and_pages_do_not_overlap),
	        CASE(what_is_no_cursor_and_no_project_is_said_so),
	        CASE(the_stamp_of_a_board_moves_with_its_cards_only),
	        CASE(an_issue_shows_everything_with_names),
	        CASE(the_former_texts_of_a_comment_are_kept_until_it_is_deleted),
	        CASE(worklogs_are_read_in_pages_with_their_sum),
	        CASE(an_issue_is_found_by_id_and_not_by_what_is_no_key),
	        CASE(the_other_end_of_a_link_shows_it_inward_until_it_is_cut),
	        CASE(of_two_links_each_way_only_the_named_one_is_cut),
	        CASE(a_symmetric_link_is_cut_from_its_other_end),
	        CASE(a_forgotten_member_is_nameless_at_once_in_every_view),
	        CASE(the_feed_knows_where_to_begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
