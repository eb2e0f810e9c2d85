/* The newest matches are ranked, the best are shown; only what is shown gets a snippet, for
 * ts_headline reads the text again.
 *
 * A cursor is "bound-rank-seq-id": nothing newer than bound (the view's position at the first page)
 * takes part, and the page begins behind (rank, seq, id). Rank is a whole number: floating point
 * that went through text would not compare. */
#include "projections/search.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/json_out.h"
#include "core/codec/wire.h"
#include "projections/pg_view.h"

#define CURSOR_MAX 128

static const char read_sql[] =
        "with w as (select websearch_to_tsquery('simple', $2) q),"
        /* the last word as a prefix: its lexeme ends the text of the query */
        " p as (select case when $3::bool and q::text ~ '''$' then (q::text || ':*')::tsquery"
        "  else q end q from w),"
        " c as (select d.tenant, d.doc_id, d.issue_id, d.updated_seq, d.tsv from docs d"
        "  where d.tenant = $1 and d.tsv @@ (select q from p) and d.updated_seq <= $5::bigint"
        "  and ($4 = '' or d.project_id = (select project_id from projects"
        "   where tenant = $1 and key = $4 limit 1))"
        "  and not exists (select from hidden h where h.tenant = $1 and h.issue_id = d.issue_id"
        "   and (h.deleted or (h.archived and not $10::bool)))"
        "  order by d.updated_seq desc limit 2000),"
        " r as (select c.*, round(ts_rank(tsv, (select q from p), 1)::numeric * 1000000)::bigint "
        "rank"
        "  from c),"
        " s as (select tenant, doc_id, issue_id, updated_seq, rank from r"
        "  where $6::bigint is null or (rank, updated_seq, doc_id) < ($6::bigint, $7::bigint, "
        "$8::uuid)"
        "  order by rank desc, updated_seq desc, doc_id desc limit $9::int)"
        " select p.key || '-' || i.number, s.issue_id, s.doc_id, s.doc_id <> s.issue_id, i.title,"
        "  ts_headline('simple', left(case when d.body = '' then i.title else d.body end, 20000),"
        "   (select q from p), 'StartSel=«, StopSel=», MaxWords=30, MinWords=10'),"
        "  s.rank, s.updated_seq"
        " from s join docs d on d.tenant = $1 and d.doc_id = s.doc_id"
        " join docs i on i.tenant = $1 and i.doc_id = s.issue_id"
        " cross join lateral (select key from projects where tenant = $1"
        "  and project_id = i.project_id order by seq desc limit 1) p"
        " order by s.rank desc, s.updated_seq desc, s.doc_id desc";

struct cursor {
	char bound[24], rank[24], seq[24], id[UUID_TEXT + 1];
};

static bool parse_cursor(struct slice text, struct cursor *out)
{
	char copy[CURSOR_MAX];
	unsigned long long bound, rank, seq;
	int at = 0;
	struct uuid id;
	if (text.n >= CURSOR_MAX || memchr(text.data, 0, text.n) ||
	    strspn(memcpy(copy, text.data, text.n), "0123456789abcdef-") < text.n)
		return false;
	copy[text.n] = 0;
	if (sscanf(copy, "%18llu-%18llu-%18llu-%n", &bound, &rank, &seq, &at) != 3 || at == 0 ||
	    !uuid_parse(slice_str(copy + at), &id))
		return false;
	snprintf(out->bound, sizeof out->bound, "%llu", bound);
	snprintf(out->rank, sizeof out->rank, "%llu", rank);
	snprintf(out->seq, sizeof out->seq, "%llu", seq);
	snprintf(out->id, sizeof out->id, "%s", copy + at);
	return true;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c & 0x80);
}

/* Whether the last word may stand for a prefix: it ends the text, is not excluded by a -, and not
 * inside a phrase. */
static bool ends_in_word(struct slice text)
{
	if (memchr(text.data, '"', text.n))
		return false;
	size_t n = text.n;
	while (n > 0 && is_word(text.data[n - 1]))
		n--;
	return n < text.n && (n == 0 || text.data[n - 1] == ' ');
}

static enum status check(struct slice text, struct slice project, struct slice cursor,
                         uint32_t limit, struct cursor *parsed, struct error *err)
{
	if (text.n == 0)
		return error_set(err, STATUS_INVALID, "nothing to search for");
	if (text.n > SEARCH_TEXT_MAX)
		return error_set(err, STATUS_INVALID, "a query of more than %d bytes",
		                 SEARCH_TEXT_MAX);
	if (!utf8_valid(text.data, text.n) || memchr(text.data, 0, text.n))
		return error_set(err, STATUS_INVALID, "a query that is no text");
	if (project.n > 64 || !utf8_valid(project.data, project.n) ||
	    (project.n && memchr(project.data, 0, project.n)))
		return error_set(err, STATUS_INVALID, "not the key of a project");
	if (cursor.n && !parse_cursor(cursor, parsed))
		return error_set(err, STATUS_INVALID, "not a cursor of this list");
	if (limit == 0 || limit > SEARCH_LIMIT_MAX)
		return error_set(err, STATUS_INVALID, "limit is 1 to %d", SEARCH_LIMIT_MAX);
	return STATUS_OK;
}

static void write_item(struct json_out *json, const struct pg_result *rows, int i)
{
	bool comment = slice_is(pg_value(rows, i, 3), "t");
	json_out_object(json);
	json_out_member_string(json, "key", pg_value(rows, i, 0));
	json_out_member_string(json, "id", pg_value(rows, i, 1));
	json_out_member_str(json, "kind", comment ? "comment" : "issue");
	json_out_key(json, "comment_id");
	if (comment)
		json_out_string(json, pg_value(rows, i, 2));
	else
		json_out_null(json);
	json_out_member_string(json, "title", pg_value(rows, i, 4));
	json_out_member_string(json, "snippet", pg_value(rows, i, 5));
	json_out_member_int(json, "rank", pg_int(rows, i, 6));
	json_out_object_end(json);
}

static void write_page(const struct pg_result *rows, int limit, const char *bound,
                       uint64_t position, struct buf *out)
{
	struct json_out json;
	int n = pg_rows(rows) < limit ? pg_rows(rows) : limit;
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_key(&json, "items");
	json_out_array(&json);
	for (int i = 0; i < n; i++)
		write_item(&json, rows, i);
	json_out_array_end(&json);
	json_out_key(&json, "next");
	if (pg_rows(rows) > limit) {
		char next[CURSOR_MAX];
		snprintf(next, sizeof next, "%s-%lld-%lld-%.36s", bound,
		         (long long)pg_int(rows, n - 1, 6), (long long)pg_int(rows, n - 1, 7),
		         pg_value(rows, n - 1, 2).data);
		json_out_str(&json, next);
	} else {
		json_out_null(&json);
	}
	json_out_member_int(&json, "position", (int64_t)position);
	json_out_object_end(&json);
}

/* Words that are not there (only punctuation) are a wrong question, not an empty answer. */
static enum status check_words(struct pg *pg, struct slice text, struct error *err)
{
	struct pg_result *result;
	enum status status = pg_exec(pg, NULL, "select numnode(websearch_to_tsquery('simple', $1))",
	                             &text, 1, &result, err);
	if (status)
		return status;
	bool none = pg_int(result, 0, 0) == 0;
	pg_result_free(result);
	return none ? error_set(err, STATUS_NOT_FOUND, "no word to search for") : STATUS_OK;
}

enum status search_read(struct pg *pg, const char *instance, struct slice tenant, struct slice text,
                        struct slice project, struct slice cursor, bool archived, uint32_t limit,
                        struct buf *out, uint64_t *position, struct error *err)
{
	struct cursor at = {.bound = ""};
	struct pg_result *rows = NULL;
	char count[16];
	enum status status = check(text, project, cursor, limit, &at, err);
	if (status)
		return status;
	status = pg_view_read_begin(pg, &search_view.type, instance, tenant, SEARCH_TIMEOUT_MS,
	                            position, err);
	bool words = true;
	if (!status) {
		status = check_words(pg, text, err);
		words = status != STATUS_NOT_FOUND;
	}
	if (!status) {
		if (!cursor.n)
			snprintf(at.bound, sizeof at.bound, "%llu", (unsigned long long)*position);
		snprintf(count, sizeof count, "%u", limit + 1);
		struct slice none = {NULL, 0};
		struct slice params[] = {
		        tenant,
		        text,
		        ends_in_word(text) ? SLICE("t") : SLICE("f"),
		        project.n ? project : SLICE(""),
		        slice_str(at.bound),
		        cursor.n ? slice_str(at.rank) : none,
		        cursor.n ? slice_str(at.seq) : none,
		        cursor.n ? slice_str(at.id) : none,
		        slice_str(count),
		        archived ? SLICE("t") : SLICE("f"),
		};
		status = pg_exec(pg, "search", read_sql, params, 10, &rows, err);
	}
	if (!status)
		write_page(rows, (int)limit, at.bound, *position, out);
	pg_result_free(rows);
	status = pg_view_read_end(pg, status, err);
	return words ? status : error_set(err, STATUS_INVALID, "no word to search for");
}
