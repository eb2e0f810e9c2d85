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
#include "core/domain/field_value.h"
#include "core/domain/text.h"
#include "projections/pg_view.h"

#define CURSOR_MAX 128

#define WORDS                                                                                      \
	"with w as (select websearch_to_tsquery('simple', $2) q)," /* the last word as a prefix:   \
	                                                              its lexeme ends the text of  \
	                                                              the query */                 \
	" p as (select case when $3::bool and q::text ~ '''$' then (q::text || ':*')::tsquery"     \
	"  else q end q from w),"

/* Whether issue i shows the custom field that @column names: of its type, and not removed. */
#define SHOWN(column)                                                                              \
	"exists (select from docs i join lateral (select removed, types from fields f"             \
	"  where f.tenant = $1 and f.project_id = i.project_id and f.field = " column              \
	"  order by f.seq desc limit 1) f on not f.removed"                                        \
	"  and (f.types = '' or strpos(f.types, ',' || i.type || ',') > 0)"                        \
	" where i.tenant = $1 and i.doc_id = d.issue_id)"

/* What is asked for of d but its words. */
#define ASKED                                                                                      \
	" d.updated_seq <= $5::bigint and ($4 = '' or d.project_id = coalesce("                    \
	"  (select project_id from projects where tenant = $1 and key = $4 limit 1),"              \
	"  (select project_id from projects where tenant = $1 and project_id::text = $4"           \
	"   limit 1)))"                                                                            \
	" and not exists (select from hidden h where h.tenant = $1"                                \
	"  and h.id in (d.issue_id, d.project_id)"                                                 \
	"  and (h.deleted or (h.archived and not $10::bool)))"                                     \
	" and d.project_id <> all ($11::uuid[])"

/* A value in the form of its kind: $13 as it is, $14 as a number, $15 as a time. */
#define MATCHES                                                                                    \
	"v.tenant = $1 and v.field = $12 and v.value in ($13, $14, $15) and v.value ="             \
	" case v.kind when 'number' then $14 when 'datetime' then $15 else $13 end"
#define HAS_VALUE                                                                                  \
	" and d.issue_id in (select v.issue_id from field_values v where " MATCHES ")"             \
	" and " SHOWN("$12")

/* The page of c(doc_id, issue_id, updated_seq, rank). */
#define PAGE(snippet, value)                                                                       \
	" s as (select doc_id, issue_id, updated_seq, rank from r"                                 \
	"  where $6::bigint is null or (rank, updated_seq, doc_id) <"                              \
	"   ($6::bigint, $7::bigint, $8::uuid)"                                                    \
	"  order by rank desc, updated_seq desc, doc_id desc limit $9::int)"                       \
	" select p.key || '-' || i.number, s.issue_id, s.doc_id, case when d.field is not null"    \
	"  then 'field' when s.doc_id <> s.issue_id then 'comment' else 'issue' end, "             \
	"i.title, " snippet ", s.rank, s.updated_seq, d.field, " value                             \
	" from s join docs d on d.tenant = $1 and d.doc_id = s.doc_id"                             \
	" join docs i on i.tenant = $1 and i.doc_id = s.issue_id"                                  \
	" cross join lateral (select key from projects where tenant = $1"                          \
	"  and project_id = i.project_id order by seq desc limit 1) p"                             \
	" order by s.rank desc, s.updated_seq desc, s.doc_id desc"

#define RANKED                                                                                     \
	" r as (select c.*, round(ts_rank(tsv, (select q from p), 1)::numeric * 1000000)::bigint"  \
	"  rank from c),"
#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)
#define NEWEST          "  order by d.updated_seq desc limit " TEXT(SEARCH_CANDIDATES) "),"
#define WITH_WORDS                                                                                 \
	" c as (select d.doc_id, d.issue_id, d.updated_seq, d.tsv from docs d where d.tenant = $1" \
	"  and d.tsv @@ (select q from p) and (d.field is null or " SHOWN("d.field") ") and" ASKED
#define WORDS_SNIPPET                                                                              \
	"ts_headline('simple', left(case when d.body = '' then i.title else d.body end, 20000),"   \
	" (select q from p), 'StartSel=«, StopSel=», MaxWords=30, MinWords=10')"
#define VALUE                                                                                      \
	"(select v.value from field_values v where " MATCHES " and v.issue_id = s.issue_id limit " \
	"1)"

static const char words_sql[] = WORDS WITH_WORDS NEWEST RANKED PAGE(WORDS_SNIPPET, "null");
static const char words_and_value_sql[] =
        WORDS WITH_WORDS HAS_VALUE NEWEST RANKED PAGE(WORDS_SNIPPET, VALUE);
/* Any number of issues may match, and all have the same rank: the page is cut before it is ranked,
 * and which types have the field is looked up once. */
static const char value_sql[] =
        "with f as (select distinct on (project_id) project_id, types, removed from fields"
        "  where tenant = $1 and field = $12 order by project_id, seq desc),"
        " c as (select d.doc_id, d.issue_id, d.updated_seq from docs d"
        "  join f on f.project_id = d.project_id and not f.removed"
        "   and (f.types = '' or strpos(f.types, ',' || d.type || ',') > 0)"
        "  where d.tenant = $1 and d.doc_id = d.issue_id and $2 = '' and not $3::bool"
        "  and ($6::bigint is null or (d.updated_seq, d.doc_id) < ($7::bigint, $8::uuid))"
        "  and d.issue_id in (select v.issue_id from field_values v where " MATCHES ") and" ASKED
        "  order by d.updated_seq desc, d.doc_id desc limit $9::int),"
        " r as (select c.*, 0::bigint rank from c)," PAGE("left(d.body, 200)", VALUE);

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

/* "severity:high": what an issue has in a custom field. A value that is a number or a time is
 * looked for in its canonical form where the field holds such. */
struct filter {
	struct slice field, value, number, time;
	char number_room[FIELD_VALUE_ROOM], time_room[FIELD_VALUE_ROOM];
};

static enum status parse_filter(struct slice text, struct filter *out, struct error *err)
{
	const char *colon = text.n ? memchr(text.data, ':', text.n) : NULL;
	*out = (struct filter){.field = {NULL, 0}};
	if (!text.n)
		return STATUS_OK;
	if (text.n > SEARCH_FIELD_MAX || !utf8_valid(text.data, text.n) ||
	    memchr(text.data, 0, text.n))
		return error_set(err, STATUS_INVALID,
		                 "field: at most %d bytes of UTF-8, without NUL", SEARCH_FIELD_MAX);
	out->field = slice_of(text.data, colon ? (size_t)(colon - text.data) : 0);
	if (!text_is_id(out->field))
		return error_set(err, STATUS_INVALID,
		                 "field: the id of a field, a colon and a value, as severity:high");
	out->value = slice_of(colon + 1, text.n - out->field.n - 1);
	if (!field_value_canonical(FIELD_KIND_NUMBER, out->value, out->number_room, &out->number))
		out->number = slice_of(NULL, 0);
	if (!field_value_canonical(FIELD_KIND_DATETIME, out->value, out->time_room, &out->time))
		out->time = slice_of(NULL, 0);
	return STATUS_OK;
}

static enum status check(struct slice text, struct slice project, struct slice cursor,
                         uint32_t limit, bool has_filter, struct cursor *parsed, struct error *err)
{
	if (text.n == 0 && !has_filter)
		return error_set(err, STATUS_INVALID, "nothing to search for: text, or field");
	if (text.n > SEARCH_TEXT_MAX)
		return error_set(err, STATUS_INVALID, "a query of more than %d bytes",
		                 SEARCH_TEXT_MAX);
	if (!utf8_valid(text.data, text.n) || memchr(text.data, 0, text.n))
		return error_set(err, STATUS_INVALID, "a query that is no text");
	if (project.n > 64 || !utf8_valid(project.data, project.n) ||
	    (project.n && memchr(project.data, 0, project.n)))
		return error_set(err, STATUS_INVALID, "not the key or id of a project");
	if (cursor.n && !parse_cursor(cursor, parsed))
		return error_set(err, STATUS_INVALID, "not a cursor of this list");
	if (limit == 0 || limit > SEARCH_LIMIT_MAX)
		return error_set(err, STATUS_INVALID, "limit is 1 to %d", SEARCH_LIMIT_MAX);
	return STATUS_OK;
}

static void string_or_null(struct json_out *json, const char *key, struct slice value)
{
	json_out_key(json, key);
	if (value.n)
		json_out_string(json, value);
	else
		json_out_null(json);
}

static void write_item(struct json_out *json, const struct pg_result *rows, int i)
{
	struct slice kind = pg_value(rows, i, 3);
	json_out_object(json);
	json_out_member_string(json, "key", pg_value(rows, i, 0));
	json_out_member_string(json, "id", pg_value(rows, i, 1));
	json_out_member_string(json, "kind", kind);
	json_out_key(json, "comment_id");
	if (slice_is(kind, "comment"))
		json_out_string(json, pg_value(rows, i, 2));
	else
		json_out_null(json);
	string_or_null(json, "field", pg_value(rows, i, 8));
	string_or_null(json, "value", pg_value(rows, i, 9));
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

/* Three questions, for each has its own way through the indexes. */
static const char *statement(bool words, bool filtered, const char **name)
{
	*name = !words ? "search_value" : filtered ? "search_both" : "search";
	return !words ? value_sql : filtered ? words_and_value_sql : words_sql;
}

enum status search_read(struct pg *pg, const char *instance, struct slice tenant,
                        const struct sight *sight, struct slice text, struct slice project,
                        struct slice field, struct slice cursor, bool archived, uint32_t limit,
                        struct buf *out, uint64_t *position, struct error *err)
{
	struct cursor at = {.bound = ""};
	struct filter filter;
	struct pg_result *rows = NULL;
	struct buf hidden = {0};
	char count[16], room[UUID_TEXT];
	struct uuid id;
	const char *name, *sql;
	struct slice key;
	enum status status = parse_filter(field, &filter, err);
	if (!status)
		status = check(text, project, cursor, limit, filter.field.n > 0, &at, err);
	if (status)
		return status;
	if (uuid_parse(project, &id)) {
		uuid_format(&id, room);
		project = slice_of(room, UUID_TEXT);
	} else if (text_to_project_key(project, room, &key)) {
		project = key;
	}
	status = pg_view_read_begin(pg, &search_view.type, instance, tenant, SEARCH_TIMEOUT_MS,
	                            position, err);
	bool words = true;
	if (!status && text.n) {
		status = check_words(pg, text, err);
		words = status != STATUS_NOT_FOUND;
	}
	if (!status) {
		if (!cursor.n)
			snprintf(at.bound, sizeof at.bound, "%llu", (unsigned long long)*position);
		snprintf(count, sizeof count, "%u", limit + 1);
		struct slice none = {NULL, 0};
		sight_hidden_array(sight, &hidden);
		struct slice params[] = {
		        tenant,
		        text.n ? text : SLICE(""),
		        text.n && ends_in_word(text) ? SLICE("t") : SLICE("f"),
		        project.n ? project : SLICE(""),
		        slice_str(at.bound),
		        cursor.n ? slice_str(at.rank) : none,
		        cursor.n ? slice_str(at.seq) : none,
		        cursor.n ? slice_str(at.id) : none,
		        slice_str(count),
		        archived ? SLICE("t") : SLICE("f"),
		        buf_slice(&hidden),
		        filter.field,
		        filter.value,
		        filter.number,
		        filter.time,
		};
		sql = statement(text.n > 0, filter.field.n > 0, &name);
		status = pg_exec(pg, name, sql, params, filter.field.n ? 15 : 11, &rows, err);
	}
	if (!status)
		write_page(rows, (int)limit, at.bound, *position, out);
	pg_result_free(rows);
	buf_release(&hidden);
	status = pg_view_read_end(pg, status, err);
	return words ? status : error_set(err, STATUS_INVALID, "no word to search for");
}
