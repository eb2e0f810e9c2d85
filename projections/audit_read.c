#include "projections/audit.h"

#include <assert.h>
#include <stdio.h>

#include "core/base/clock.h"
#include "core/base/json_out.h"
#include "core/codec/wire.h"
#include "core/domain/text.h"
#include "projections/pg_view.h"

#define CREDENTIAL_MAX 256 /* bytes of an id that can be asked for */

/* The issue, and whether it or its project is deleted. */
#define FIND_ISSUE(found)                                                                          \
	"select issue_id, coalesce((select type = 'IssueDeleted' from events e"                    \
	" where e.tenant = $1 and e.aggregate_id = f.issue_id"                                     \
	" and type in ('IssueDeleted', 'IssueRestored') order by seq desc limit 1), false)"        \
	" or coalesce((select deleted from projects p where p.tenant = $1 and p.project_id ="      \
	" (select project_id from issues i where i.tenant = $1 and i.issue_id = f.issue_id"        \
	" order by seq desc limit 1) order by seq desc limit 1), false) from (" found ") f"

static const char find_key_sql[] =
        FIND_ISSUE("select i.issue_id from projects p join issues i"
                   " on i.tenant = p.tenant and i.project_id = p.project_id"
                   " where p.tenant = $1 and p.key = $2 and i.number = $3::bigint limit 1");
static const char find_id_sql[] =
        FIND_ISSUE("select issue_id from issues where tenant = $1 and issue_id = $2::uuid limit 1");

static const char project_key_sql[] =
        "select project_id from projects where tenant = $1 and key = $2 limit 1";
static const char project_id_sql[] =
        "select project_id from projects where tenant = $1 and project_id = $2::uuid limit 1";

/* What sight_tells (sight.h) says of events, as conditions; $3 are the hidden projects. */
#define NAMES_NOTHING_HIDDEN                                                                       \
	" and (cardinality($3::uuid[]) = 0 or case e.type"                                         \
	" when 'IssueMoved' then (e.body->>'from_project_id')::uuid <> all ($3::uuid[])"           \
	"  and (e.body->>'to_project_id')::uuid <> all ($3::uuid[])"                               \
	" when 'RanksRebalanced' then not exists (select"                                          \
	"  from json_array_elements(e.body->'ranks') r where (select project_id from issues"       \
	"  where tenant = $1 and issue_id = (r->>'issue_id')::uuid order by seq desc limit 1)"     \
	"  = any ($3::uuid[]))"                                                                    \
	" else not exists (select from unnest(case e.type"                                         \
	"  when 'IssueLinked' then array[e.body->>'other']"                                        \
	"  when 'IssueUnlinked' then array[e.body->>'other']"                                      \
	"  when 'IssueParentChanged' then array[e.body->>'from', e.body->>'to']"                   \
	"  else array[]::text[] end) named where (select project_id from issues"                   \
	"  where tenant = $1 and issue_id = named::uuid order by seq desc limit 1)"                \
	"  = any ($3::uuid[])) end)"
static const char told_sql[] =
        " and case e.aggregate_kind when 'project' then e.aggregate_id <> all ($3::uuid[])"
        " when 'issue' then coalesce(i.project_id <> all ($3::uuid[]), true)"
        " when 'board' then not exists (select from unnest($3::uuid[]) h"
        "  where position(h::text in e.body::text) > 0)"
        " when 'command' then false else true end" NAMES_NOTHING_HIDDEN;
/* $%d: the member who asks, no admin. */
#define NOT_FOR_OTHERS                                                                             \
	" and e.type not in ('PermissionSchemeCreated', 'PermissionSchemeRenamed',"                \
	" 'PermissionSchemeRemoved', 'PermissionGrantsChanged')"                                   \
	" and (e.type not in ('ApiKeyCreated', 'ApiKeyRevoked') or e.body->>'member_id' = $%1$d)"  \
	" and (e.aggregate_kind <> 'bulk' or e.actor_id::text = $%1$d)"

/* $%d: the projects where they restore issues. */
#define NOT_OF_DELETED                                                                             \
	" and (e.aggregate_kind <> 'issue' or coalesce(i.project_id = any ($%d::uuid[]), false)"   \
	" or not coalesce((select d.type = 'IssueDeleted' from events d where d.tenant = $1"       \
	" and d.aggregate_id = e.aggregate_id and d.type in ('IssueDeleted', 'IssueRestored')"     \
	" order by d.seq desc limit 1), false))"

/* From the beginning of either order. */
static void format_after(const struct audit_query *query, char text[24])
{
	uint64_t after = query->newest_first && !query->after ? INT64_MAX : query->after;
	snprintf(text, 24, "%llu", (unsigned long long)after);
}

static void select_sql(struct buf *sql)
{
	buf_append_str(sql, "select e.seq, e.event_id, e.type, e.aggregate_kind, e.aggregate_id,"
	                    " p.key || '-' || i.number, e.actor_kind, e.actor_id, "
	                    "e.command_id, e.occurred_at, e.recorded_at, e.reason, e.body, "
	                    "e.on_behalf_of, e.credential_id"
	                    " from events e left join lateral (select project_id,"
	                    " number from issues where tenant = $1"
	                    " and issue_id = e.aggregate_id and "
	                    "e.aggregate_kind = 'issue'"
	                    " order by seq desc limit 1) i on true"
	                    " left join lateral (select key from projects"
	                    " where tenant = $1 and project_id ="
	                    " coalesce(i.project_id, e.aggregate_id)"
	                    " order by seq desc limit 1) p on true"
	                    " where e.tenant = $1");
}

struct params {
	struct slice values[14];
	int n, until;
	struct buf sql, hidden, restores;
};

static void add_condition(struct params *params, const char *condition, struct slice value)
{
	params->values[params->n++] = value;
	buf_printf(&params->sql, " and %s $%d", condition, params->n);
}

struct texts {
	char after[24], until[24], limit[16], from[CLOCK_TEXT], to[CLOCK_TEXT], actor[UUID_TEXT];
	char issue[UUID_TEXT + 1], project[UUID_TEXT + 1], member[UUID_TEXT];
};

static bool is_text(struct slice value)
{
	return value.n <= 64 && (value.n == 0 || (utf8_valid(value.data, value.n) &&
	                                          !memchr(value.data, 0, value.n)));
}

static enum status check(const struct audit_query *query, struct error *err)
{
	if (query->limit == 0 || query->limit > AUDIT_LIMIT_MAX)
		return error_set(err, STATUS_INVALID, "limit is 1 to %d", AUDIT_LIMIT_MAX);
	if (!is_text(query->issue))
		return error_set(err, STATUS_INVALID, "not the key or id of an issue");
	if (!is_text(query->project))
		return error_set(err, STATUS_INVALID, "not the key or id of a project");
	if (query->credential.n > CREDENTIAL_MAX ||
	    (query->credential.n && memchr(query->credential.data, 0, query->credential.n)))
		return error_set(err, STATUS_INVALID, "not the id of an API key");
	enum event_type type;
	if (query->type.n && !event_type_parse(query->type, &type))
		return error_set(err, STATUS_INVALID, "not a type of event");
	if (query->after > INT64_MAX)
		return error_set(err, STATUS_INVALID, "not a cursor of this list");
	return STATUS_OK;
}

static enum status find_issue(struct pg *pg, struct slice tenant, struct slice issue,
                              char id[UUID_TEXT + 1], bool *found, bool *deleted, struct error *err)
{
	char room[TEXT_KEY_MAX], digits[TEXT_NUMBER_MAX];
	struct uuid parsed;
	struct slice key;
	int64_t number;
	struct pg_result *result;
	enum status status;
	*found = *deleted = false;
	if (uuid_parse(issue, &parsed)) {
		struct slice params[] = {tenant, issue};
		status = pg_exec(pg, "issue_by_id", find_id_sql, params, 2, &result, err);
	} else if (text_to_issue_key(issue, room, &key, &number)) {
		struct slice params[] = {tenant, key, text_number((uint64_t)number, digits)};
		status = pg_exec(pg, "issue_by_key", find_key_sql, params, 3, &result, err);
	} else {
		return STATUS_OK; /* nothing has such a key */
	}
	if (status)
		return status;
	*found = pg_rows(result) > 0;
	if (*found) {
		snprintf(id, UUID_TEXT + 1, "%.36s", pg_value(result, 0, 0).data);
		*deleted = slice_is(pg_value(result, 0, 1), "t");
	}
	pg_result_free(result);
	return STATUS_OK;
}

/* One that is hidden is not there. */
static enum status find_project(struct pg *pg, struct slice tenant, const struct audit_query *query,
                                char id[UUID_TEXT + 1], bool *found, struct error *err)
{
	char room[TEXT_KEY_MAX];
	struct uuid project;
	struct pg_result *result;
	struct slice params[] = {tenant, query->project};
	bool by_id = uuid_parse(query->project, &project);
	*found = by_id || text_to_project_key(query->project, room, &params[1]);
	if (!*found)
		return STATUS_OK; /* none has such a key */
	enum status status =
	        pg_exec(pg, by_id ? "project_by_id" : "project_by_key",
	                by_id ? project_id_sql : project_key_sql, params, 2, &result, err);
	if (status)
		return status;
	*found = pg_rows(result) > 0 && uuid_parse(pg_value(result, 0, 0), &project) &&
	         sight_sees(query->sight, &project);
	if (*found)
		snprintf(id, UUID_TEXT + 1, "%.36s", pg_value(result, 0, 0).data);
	pg_result_free(result);
	return STATUS_OK;
}

static void add_sight(struct params *p, const struct sight *sight, char member[UUID_TEXT])
{
	if (sight && sight->hidden_n) {
		sight_hidden_array(sight, &p->hidden);
		p->values[p->n++] = buf_slice(&p->hidden);
		assert(p->n == 3);
		buf_append_str(&p->sql, told_sql);
	}
	if (sight && !role_reaches(sight->holder.role, ORG_ROLE_ADMIN)) {
		uuid_format(&sight->holder.member, member);
		p->values[p->n++] = slice_of(member, UUID_TEXT);
		buf_printf(&p->sql, NOT_FOR_OTHERS, p->n);
		sight_restores_array(sight, &p->restores);
		p->values[p->n++] = buf_slice(&p->restores);
		buf_printf(&p->sql, NOT_OF_DELETED, p->n);
	}
}

/* By the aggregate first: what is joined is only looked at for what is left. */
static void add_project(struct params *p, struct slice id)
{
	p->values[p->n++] = id;
	buf_printf(&p->sql,
	           " and (e.aggregate_id = $%1$d::uuid or e.aggregate_id in (select issue_id"
	           " from issues where tenant = $1 and project_id = $%1$d::uuid))"
	           " and coalesce(i.project_id, e.aggregate_id) = $%1$d::uuid",
	           p->n);
}

static void add_times(struct params *p, const struct audit_query *query, struct texts *t)
{
	if (query->from_ms) {
		clock_format(query->from_ms, t->from);
		add_condition(p, "e.recorded_at >=", slice_of(t->from, CLOCK_TEXT));
	}
	if (query->to_ms) {
		clock_format(query->to_ms, t->to);
		add_condition(p, "e.recorded_at <", slice_of(t->to, CLOCK_TEXT));
	}
}

/* The parameters that change from piece to piece. */
enum { AFTER = 1 };

static void build(struct params *p, struct slice tenant, const struct audit_query *query,
                  struct texts *t)
{
	snprintf(t->limit, sizeof t->limit, "%u", query->limit + 1);
	select_sql(&p->sql);
	p->values[p->n++] = tenant;
	p->values[p->n++] = slice_of(NULL, 0);
	buf_printf(&p->sql, " and e.seq %s $2::bigint", query->newest_first ? "<" : ">");
	add_sight(p, query->sight, t->member);
	if (query->issue.n)
		add_condition(
		        p, "e.aggregate_kind = 'issue' and e.aggregate_id =", slice_str(t->issue));
	if (query->project.n)
		add_project(p, slice_str(t->project));
	if (query->actor) {
		uuid_format(query->actor, t->actor);
		p->values[p->n++] = slice_of(t->actor, UUID_TEXT);
		buf_printf(&p->sql, " and $%d::uuid in (e.actor_id, e.on_behalf_of)", p->n);
	}
	if (query->credential.n)
		add_condition(p, "e.credential_id =", query->credential);
	if (query->type.n)
		add_condition(p, "e.type =", query->type);
	add_times(p, query, t);
	p->values[p->n++] = slice_str(t->limit);
	buf_printf(&p->sql, " and e.seq %s $%d::bigint order by e.seq %slimit $%d",
	           query->newest_first ? ">=" : "<=", p->n + 1, query->newest_first ? "desc " : "",
	           p->n);
	p->until = p->n++;
}

static void write_nullable(struct json_out *json, const char *key, const struct pg_result *rows,
                           int i, int column)
{
	json_out_key(json, key);
	if (pg_is_null(rows, i, column))
		json_out_null(json);
	else
		json_out_string(json, pg_value(rows, i, column));
}

/* "2026-11-21 12:00:00.5+00", as a session in UTC gives it, in RFC 3339 with milliseconds:
 * PostgreSQL's to_char takes longer for it than everything else of a row. */
static void write_time(struct json_out *json, const char *key, struct slice text)
{
	char time[] = "0000-00-00T00:00:00.000Z";
	size_t day = strlen("0000-00-00"), seconds = strlen("00:00:00"), whole = day + 1 + seconds;
	memcpy(time, text.data, text.n < day ? text.n : day);
	if (text.n >= whole)
		memcpy(time + day + 1, text.data + day + 1, seconds);
	for (size_t i = whole; i < text.n && i < whole + 4 && text.data[i] != '+'; i++)
		time[i] = text.data[i];
	json_out_member_string(json, key, slice_of(time, sizeof time - 1));
}

/* Of an event of the @type, and of @issue if it is of one. */
static void write_body(struct json_out *json, struct told_bodies *bodies, struct slice body,
                       struct slice type, struct slice issue)
{
	json_out_key(json, "body");
	json_out_raw(json, body);
	if (bodies)
		told_bodies_read(bodies, type, issue, json->to->n - body.n, body.n);
}

static void write_item(struct json_out *json, struct told_bodies *bodies,
                       const struct pg_result *rows, int i)
{
	json_out_object(json);
	json_out_member_int(json, "seq", pg_int(rows, i, 0));
	json_out_member_string(json, "id", pg_value(rows, i, 1));
	json_out_member_string(json, "type", pg_value(rows, i, 2));
	json_out_key(json, "aggregate");
	json_out_object(json);
	json_out_member_string(json, "kind", pg_value(rows, i, 3));
	json_out_member_string(json, "id", pg_value(rows, i, 4));
	write_nullable(json, "key", rows, i, 5);
	json_out_object_end(json);
	json_out_key(json, "actor");
	json_out_object(json);
	json_out_member_string(json, "kind", pg_value(rows, i, 6));
	json_out_member_string(json, "id", pg_value(rows, i, 7));
	write_nullable(json, "credential_id", rows, i, 14);
	write_nullable(json, "on_behalf_of", rows, i, 13);
	json_out_object_end(json);
	json_out_member_string(json, "command_id", pg_value(rows, i, 8));
	write_time(json, "occurred_at", pg_value(rows, i, 9));
	write_time(json, "recorded_at", pg_value(rows, i, 10));
	write_nullable(json, "reason", rows, i, 11);
	write_body(json, bodies, pg_value(rows, i, 12), pg_value(rows, i, 2), pg_value(rows, i, 4));
	json_out_object_end(json);
}

/* --- pages, piece by piece --- */

/* What is asked for may be rare, or at the other end of a long log, and no index would find it:
 * pieces of the log are read, none of which takes long, until the page is full or its time over. */
#define PIECE_SEQS     10000
#define PIECE_SEQS_MAX 1000000
#define PIECE_SHORT_MS 40

struct pieces {
	const struct audit_query *query;
	uint64_t position;
	uint64_t from, until; /* seqs of a piece: behind the one, to the other */
	uint64_t size;
	uint32_t n;    /* items that were written */
	uint64_t last; /* of them */
	bool is_full;  /* there is one more */
	struct json_out json;
};

static void first_piece(struct pieces *p)
{
	const struct audit_query *query = p->query;
	uint64_t end = p->position + 1;
	p->from = query->after;
	if (query->newest_first && (!query->after || query->after > end))
		p->from = end;
	/* what an issue has is found by an index */
	p->size = query->issue.n ? INT64_MAX : PIECE_SEQS;
}

static bool is_at_end(const struct pieces *p)
{
	return p->query->newest_first ? p->from <= 1 : p->from >= p->position;
}

static void set_piece(struct pieces *p, struct params *params, struct texts *t)
{
	uint64_t left = p->query->newest_first ? p->from - 1 : p->position - p->from;
	uint64_t n = left < p->size ? left : p->size;
	p->until = p->query->newest_first ? p->from - n : p->from + n;
	snprintf(t->after, sizeof t->after, "%llu", (unsigned long long)p->from);
	snprintf(t->until, sizeof t->until, "%llu", (unsigned long long)p->until);
	params->values[AFTER] = slice_str(t->after);
	params->values[params->until] = slice_str(t->until);
}

static void write_piece(struct pieces *p, const struct pg_result *rows)
{
	for (int i = 0; i < pg_rows(rows) && !p->is_full; i++) {
		p->is_full = p->n == p->query->limit;
		if (p->is_full)
			break;
		write_item(&p->json, p->query->bodies, rows, i);
		p->last = (uint64_t)pg_int(rows, i, 0);
		p->n++;
	}
}

static enum status read_pieces(struct pieces *p, struct pg *pg, struct params *params,
                               struct texts *t, struct error *err)
{
	int64_t begun = clock_monotonic_ms(), now = begun;
	enum status status = STATUS_OK;
	bool has_time = true;
	while (!is_at_end(p) && !p->is_full && has_time) {
		struct pg_result *rows = NULL;
		set_piece(p, params, t);
		status = pg_exec(pg, NULL, buf_cstr(&params->sql), params->values, params->n, &rows,
		                 err);
		if (status)
			break;
		write_piece(p, rows);
		pg_result_free(rows);
		p->from = p->until;
		int64_t before = now;
		now = clock_monotonic_ms();
		if (now - before < PIECE_SHORT_MS && p->size < PIECE_SEQS_MAX)
			p->size *= 2;
		has_time = now - begun < p->query->look_ms;
	}
	return status;
}

static enum status write_page(struct pieces *p, struct pg *pg, struct params *params,
                              struct texts *t, struct buf *out, struct error *err)
{
	json_out_init(&p->json, out);
	json_out_object(&p->json);
	json_out_key(&p->json, "items");
	json_out_array(&p->json);
	first_piece(p);
	enum status status = read_pieces(p, pg, params, t, err);
	json_out_array_end(&p->json);
	json_out_key(&p->json, "next");
	if (p->is_full)
		json_out_int(&p->json, (int64_t)p->last);
	else if (!is_at_end(p))
		json_out_int(&p->json, (int64_t)p->from);
	else
		json_out_null(&p->json);
	json_out_member_int(&p->json, "position", (int64_t)p->position);
	json_out_object_end(&p->json);
	return status;
}

enum status audit_read(struct pg *pg, const char *instance, struct slice tenant,
                       const struct audit_query *query, struct buf *out, uint64_t *position,
                       struct error *err)
{
	struct params params = {.n = 0};
	struct texts texts;
	size_t start = out->n;
	bool found = true, deleted;
	enum status status = check(query, err);
	if (status)
		return status;
	status = pg_view_read_begin(pg, &audit_view.type, instance, tenant, AUDIT_TIMEOUT_MS,
	                            position, err);
	if (!status && query->issue.n)
		status = find_issue(pg, tenant, query->issue, texts.issue, &found, &deleted, err);
	if (!status && found && query->project.n)
		status = find_project(pg, tenant, query, texts.project, &found, err);
	if (!status && found) {
		struct pieces pieces = {.query = query, .position = *position};
		build(&params, tenant, query, &texts);
		status = write_page(&pieces, pg, &params, &texts, out, err);
	}
	buf_release(&params.sql);
	buf_release(&params.hidden);
	buf_release(&params.restores);
	status = pg_view_read_end(pg, status, err);
	if (status)
		out->n = start;
	if (!status && !found)
		return error_set(err, STATUS_NOT_FOUND, "no such issue or project");
	return status;
}

/* --- the history of one issue --- */

/* Its own events, and those by which others linked it: each by an index of theirs, in whose order
 * they come, so that no more is read than the page has. */
/* clang-format off */
#define HISTORY(behind, order, sight)                                                              \
	"select e.seq, e.type, e.actor_kind, e.actor_id, e.occurred_at, e.reason,"                 \
	" e.body, e.on_behalf_of, nullif(e.aggregate_id, $2::uuid)"                                \
	" from ((select * from events where tenant = $1 and aggregate_id = $2::uuid"               \
	"   and seq " behind " $4::bigint order by seq" order ")"                                  \
	"  union all (select * from events where tenant = $1 and other = $2::uuid"                 \
	"   and seq " behind " $4::bigint order by seq" order ")) e"                               \
	" where " sight " order by e.seq" order " limit $5::int"
#define HISTORY_OF_SEEN                                                                            \
	"(e.aggregate_id = $2::uuid"                                                               \
	"  or (select project_id from issues where tenant = $1 and issue_id = e.aggregate_id"      \
	"   order by seq desc limit 1) <> all ($3::uuid[]))" NAMES_NOTHING_HIDDEN
/* Nearly always nothing is hidden: then the conditions would cost as much as the rows. */
#define NOTHING_HIDDEN "cardinality($3::uuid[]) = 0"
/* clang-format on */

static const struct {
	const char *name, *sql;
} history_sql[2][2] = {
        /* [newest first][something is hidden] */
        {{"history", HISTORY(">", "", NOTHING_HIDDEN)},
         {"history_seen", HISTORY(">", "", HISTORY_OF_SEEN)}},
        {{"newest_history", HISTORY("<", " desc", NOTHING_HIDDEN)},
         {"newest_history_seen", HISTORY("<", " desc", HISTORY_OF_SEEN)}},
};

/* The member whose id is in @column. */
static void write_member(struct json_out *json, struct access_names *names,
                         const struct pg_result *rows, int i, int column)
{
	struct uuid id;
	struct slice name = {NULL, 0};
	if (names && uuid_parse(pg_value(rows, i, column), &id))
		name = access_name(names, &id);
	json_out_member_string(json, "id", pg_value(rows, i, column));
	json_out_key(json, "name");
	if (name.data)
		json_out_string(json, name);
	else
		json_out_null(json);
}

static void write_actor(struct json_out *json, struct access_names *names,
                        const struct pg_result *rows, int i)
{
	json_out_key(json, "actor");
	json_out_object(json);
	json_out_member_string(json, "kind", pg_value(rows, i, 2));
	write_member(json, names, rows, i, 3);
	json_out_key(json, "on_behalf_of");
	if (pg_is_null(rows, i, 7)) {
		json_out_null(json);
	} else {
		json_out_object(json);
		write_member(json, names, rows, i, 7);
		json_out_object_end(json);
	}
	json_out_object_end(json);
}

static void write_history(const struct pg_result *rows, const struct audit_names *names,
                          struct slice issue, struct told_bodies *bodies, int limit,
                          struct buf *out)
{
	struct json_out json;
	int n = pg_rows(rows) < limit ? pg_rows(rows) : limit;
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_key(&json, "items");
	json_out_array(&json);
	for (int i = 0; i < n; i++) {
		json_out_object(&json);
		json_out_member_int(&json, "seq", pg_int(rows, i, 0));
		json_out_member_string(&json, "type", pg_value(rows, i, 1));
		write_actor(&json, names->members, rows, i);
		write_time(&json, "occurred_at", pg_value(rows, i, 4));
		write_nullable(&json, "reason", rows, i, 5);
		write_nullable(&json, "issue", rows, i, 8);
		write_body(&json, bodies, pg_value(rows, i, 6), pg_value(rows, i, 1),
		           pg_is_null(rows, i, 8) ? issue : pg_value(rows, i, 8));
		json_out_object_end(&json);
	}
	json_out_array_end(&json);
	json_out_key(&json, "next");
	if (pg_rows(rows) > limit)
		json_out_int(&json, pg_int(rows, n - 1, 0));
	else
		json_out_null(&json);
	audit_names_json(&json, names, rows, n, 6);
	json_out_object_end(&json);
}

enum status audit_history_read(struct pg *pg, const char *instance, const struct audit_names *names,
                               struct slice tenant, const struct audit_query *query,
                               struct buf *out, uint64_t *position, struct error *err)
{
	char id[UUID_TEXT + 1], from[24], most[16];
	struct pg_result *rows = NULL;
	bool found = false, deleted = false;
	struct buf hidden = {0};
	enum status status = check(query, err);
	if (status)
		return status;
	status = pg_view_read_begin(pg, &audit_view.type, instance, tenant, AUDIT_TIMEOUT_MS,
	                            position, err);
	if (!status)
		status = find_issue(pg, tenant, query->issue, id, &found, &deleted, err);
	found = found && !deleted;
	if (!status && found) {
		bool newest = query->newest_first, hides = query->sight && query->sight->hidden_n;
		format_after(query, from);
		snprintf(most, sizeof most, "%u", query->limit + 1);
		sight_hidden_array(query->sight, &hidden);
		struct slice params[] = {tenant, slice_str(id), buf_slice(&hidden), slice_str(from),
		                         slice_str(most)};
		status = pg_exec(pg, history_sql[newest][hides].name,
		                 history_sql[newest][hides].sql, params, 5, &rows, err);
		buf_release(&hidden);
	}
	if (!status && found)
		write_history(rows, names, slice_str(id), query->bodies, (int)query->limit, out);
	pg_result_free(rows);
	status = pg_view_read_end(pg, status, err);
	if (!status && !found)
		return error_set(err, STATUS_NOT_FOUND, "no such issue");
	return status;
}
