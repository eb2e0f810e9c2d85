#include "projections/issue.h"

#include "core/base/clock.h"
#include "core/domain/text.h"
#include "projections/issue_reading.h"

#define DAY_MS 86400000LL
enum { ID_BYTES = 16 };

static bool get_row(struct issue_reading *r, const struct uuid *id, struct issue_row *issue)
{
	struct slice row;
	issue_key(&r->key, r->tenant, id);
	return kv_get(r->txn, ISSUES, buf_slice(&r->key), &row) && issue_row_unpack(row, issue);
}

static bool get_project(struct issue_reading *r, const struct uuid *id, struct project_row *project)
{
	struct slice row;
	issue_key(&r->key, r->tenant, id);
	return kv_get(r->txn, PROJECTS, buf_slice(&r->key), &row) &&
	       project_row_unpack(row, project);
}

bool issue_project_is_there(struct issue_reading *r, const struct uuid *id)
{
	struct project_row project;
	return get_project(r, id, &project) && !project.deleted_seq;
}

/* Whether it is shown to anybody. */
static bool is_there(struct issue_reading *r, const struct issue_row *issue)
{
	return !issue->deleted_seq && issue_project_is_there(r, &issue->project_id);
}

/* TLS-12 -> id */
static bool find_key(struct issue_reading *r, struct slice text)
{
	char room[TEXT_KEY_MAX];
	int64_t number;
	struct slice project, id;
	if (!text_to_issue_key(text, room, &project, &number))
		return false;
	key_tenant(&r->key, r->tenant);
	buf_append_slice(&r->key, project);
	if (!kv_get(r->txn, PROJECT_KEYS, buf_slice(&r->key), &id) || id.n != ID_BYTES)
		return false;
	key_tenant(&r->key, r->tenant);
	buf_append_slice(&r->key, id);
	row_u64(&r->key, (uint64_t)number);
	if (!kv_get(r->txn, NUMBERS, buf_slice(&r->key), &id) || id.n != ID_BYTES)
		return false;
	memcpy(r->id.bytes, id.data, ID_BYTES);
	return true;
}

static enum status open_issue(struct issue_reading *r, struct view *view, struct slice text,
                              struct issue_stamp *stamp)
{
	*stamp = (struct issue_stamp){.position = 0};
	enum status status = kv_view_read(view, &r->txn, r->err);
	if (status)
		return status;
	bool found = r->tenant.n > 0 && r->tenant.n <= 255;
	if (found)
		stamp->position = kv_view_seq(r->txn, r->tenant);
	found = found && (uuid_parse(text, &r->id) || find_key(r, text)) &&
	        get_row(r, &r->id, &r->issue) && is_there(r, &r->issue);
	if (!found)
		return error_set(r->err, STATUS_NOT_FOUND, "no such issue");
	stamp->id = r->id;
	stamp->version = r->issue.version;
	return STATUS_OK;
}

enum status issue_reading_close(struct issue_reading *r, enum status status)
{
	if (r->txn && kv_failed(r->txn))
		status = error_set(r->err, STATUS_IO, "issue: read");
	kv_abort(r->txn);
	access_names_close(r->names);
	buf_release(&r->key);
	return status;
}

/* --- pieces --- */

static void string_or_null(struct json_out *json, const char *key, struct slice value)
{
	json_out_key(json, key);
	if (value.n)
		json_out_string(json, value);
	else
		json_out_null(json);
}

void issue_member_json(struct issue_reading *r, const char *key, const struct uuid *id)
{
	if (key)
		json_out_key(r->json, key);
	if (uuid_is_nil(id)) {
		json_out_null(r->json);
		return;
	}
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", id);
	string_or_null(r->json, "name", r->names ? access_name(r->names, id) : slice_of(NULL, 0));
	json_out_object_end(r->json);
}

static void key_json(struct issue_reading *r, const struct issue_row *issue)
{
	struct project_row project = {0};
	struct buf text = {0};
	if (get_project(r, &issue->project_id, &project))
		buf_append_slice(&text, project.key);
	buf_printf(&text, "-%llu", (unsigned long long)issue->number);
	json_out_member_string(r->json, "key", buf_slice(&text));
	buf_release(&text);
}

/* What its status is called, and means, in its project. */
static void status_json(struct issue_reading *r, const struct issue_row *issue)
{
	struct slice row = {NULL, 0};
	issue_key(&r->key, r->tenant, &issue->project_id);
	buf_append_slice(&r->key, issue->status);
	kv_get(r->txn, PROJECT_STATUSES, buf_slice(&r->key), &row);
	struct row_in in = row_in(row);
	enum status_category category = (enum status_category)row_take_u8(&in);
	json_out_member_string(r->json, "status_name", row_take_string(&in));
	json_out_member_str(r->json, "status_category", status_category_symbol(category));
}

void issue_short_json(struct issue_reading *r, const struct uuid *id, const struct issue_row *issue)
{
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", id);
	key_json(r, issue);
	json_out_member_string(r->json, "summary", issue->summary);
	json_out_member_string(r->json, "type", issue->type);
	json_out_member_string(r->json, "status", issue->status);
	status_json(r, issue);
	json_out_object_end(r->json);
}

/* Another issue that this one may show: not a deleted one. */
static bool get_related(struct issue_reading *r, const struct uuid *id, struct issue_row *issue)
{
	return get_row(r, id, issue) && is_there(r, issue) &&
	       sight_sees(r->sight, &issue->project_id);
}

bool issue_kept_project(struct issue_reading *r, const struct uuid *id, struct project_row *project)
{
	return get_project(r, id, project);
}

bool issue_kept_get(struct issue_reading *r, const struct uuid *id, struct issue_row *issue)
{
	return get_row(r, id, issue);
}

static void related_json(struct issue_reading *r, const char *key, const struct uuid *id)
{
	struct issue_row related;
	json_out_key(r->json, key);
	if (!uuid_is_nil(id) && get_related(r, id, &related))
		issue_short_json(r, id, &related);
	else
		json_out_null(r->json);
}

static void project_json(struct issue_reading *r)
{
	struct project_row project = {0};
	if (!get_project(r, &r->issue.project_id, &project))
		return;
	json_out_key(r->json, "project");
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", &r->issue.project_id);
	json_out_member_string(r->json, "key", project.key);
	json_out_member_string(r->json, "name", project.name);
	json_out_object_end(r->json);
}

void issue_day_json(struct issue_reading *r, const char *key, bool has, int32_t day)
{
	char text[CLOCK_TEXT];
	json_out_key(r->json, key);
	if (!has) {
		json_out_null(r->json);
		return;
	}
	clock_format(day * DAY_MS, text);
	json_out_string(r->json, slice_of(text, 10));
}

static void minutes_json(struct issue_reading *r, const char *key, bool has, int32_t minutes)
{
	json_out_key(r->json, key);
	if (has)
		json_out_int(r->json, minutes);
	else
		json_out_null(r->json);
}

static void labels_json(struct issue_reading *r)
{
	json_out_key(r->json, "labels");
	json_out_array(r->json);
	for (struct row_in in = row_in(r->issue.labels); in.at < in.end;)
		json_out_string(r->json, row_take_string(&in));
	json_out_array_end(r->json);
}

static void description_json(struct issue_reading *r)
{
	struct slice text = {NULL, 0};
	issue_key(&r->key, r->tenant, &r->id);
	kv_get(r->txn, TEXTS, buf_slice(&r->key), &text);
	json_out_member_string(r->json, "description", text);
}

static void issue_json(struct issue_reading *r, uint32_t parts_limit)
{
	const struct issue_page newest = {.limit = parts_limit, .newest_first = true};
	const struct issue_row *issue = &r->issue;
	struct json_out *json = r->json;
	json_out_object(json);
	json_out_member_uuid(json, "id", &r->id);
	key_json(r, issue);
	issue_former_keys_json(r);
	project_json(r);
	json_out_member_string(json, "type", issue->type);
	json_out_member_string(json, "summary", issue->summary);
	description_json(r);
	json_out_member_string(json, "status", issue->status);
	string_or_null(json, "resolution", issue->resolution);
	json_out_member_string(json, "priority", issue->priority);
	issue_member_json(r, "reporter", &issue->reporter);
	issue_member_json(r, "assignee", &issue->assignee);
	labels_json(r);
	issue_tags_json(r);
	issue_fields_json(r);
	related_json(r, "parent", &issue->parent);
	json_out_key(json, "subtasks");
	issue_related_json(r, ISSUE_CHILDREN, slice_of(NULL, 0), parts_limit);
	issue_day_json(r, "start_on", issue->has_start_on, issue->start_on);
	issue_day_json(r, "due_on", issue->has_due_on, issue->due_on);
	minutes_json(r, "estimate", issue->has_estimate, issue->estimate);
	minutes_json(r, "remaining", issue->has_remaining, issue->remaining);
	json_out_member_int(json, "spent", issue->spent);
	json_out_member_string(json, "rank", issue->rank);
	json_out_key(json, "links");
	issue_related_json(r, ISSUE_LINKS, slice_of(NULL, 0), parts_limit);
	json_out_key(json, "comments");
	issue_part_json(r, ISSUE_COMMENTS, &newest);
	json_out_key(json, "worklogs");
	issue_part_json(r, ISSUE_WORKLOGS, &newest);
	json_out_key(json, "watchers");
	issue_watchers_json(r, NULL, parts_limit);
	related_json(r, "cloned_from", &issue->cloned_from);
	string_or_null(json, "external_ref", issue->external_ref);
	json_out_member_bool(json, "archived", issue->archived_seq != 0);
	json_out_member_time(json, "created_at", issue->created_at);
	json_out_member_time(json, "updated_at", issue->updated_at);
	json_out_member_int(json, "version", (int64_t)issue->version);
	json_out_object_end(json);
}

enum status issue_read(struct view *view, struct view *access, struct slice tenant,
                       const struct sight *sight, struct slice issue, uint32_t parts_limit,
                       struct buf *out, struct issue_stamp *stamp, struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .sight = sight, .json = &json, .err = err};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = open_issue(&r, view, issue, stamp);
	if (!status && access)
		status = access_names_open(access, tenant, &r.names, err);
	if (!status)
		issue_json(&r, parts_limit);
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}

enum status issue_part_read(struct view *view, struct view *access, struct slice tenant,
                            struct slice issue, enum issue_part part, const struct issue_page *page,
                            struct buf *out, struct issue_stamp *stamp, struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .json = &json, .err = err};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = open_issue(&r, view, issue, stamp);
	if (!status && access)
		status = access_names_open(access, tenant, &r.names, err);
	if (!status)
		issue_part_json(&r, part, page);
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}

enum status issue_related_read(struct view *view, struct slice tenant, const struct sight *sight,
                               struct slice issue, enum issue_relation relation,
                               struct slice cursor, uint32_t limit, struct buf *out,
                               struct issue_stamp *stamp, struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .sight = sight, .json = &json, .err = err};
	struct buf place = {0};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = open_issue(&r, view, issue, stamp);
	if (!status)
		status = issue_related_place(relation, cursor, &place, err);
	if (!status)
		issue_related_json(&r, relation, buf_slice(&place), limit);
	status = issue_reading_close(&r, status);
	buf_release(&place);
	if (status)
		out->n = start;
	return status;
}

enum status issue_watchers_read(struct view *view, struct view *access, struct slice tenant,
                                const struct sight *sight, struct slice issue,
                                const struct uuid *after, uint32_t limit, struct buf *out,
                                struct issue_stamp *stamp, struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .sight = sight, .json = &json, .err = err};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = open_issue(&r, view, issue, stamp);
	if (!status && access)
		status = access_names_open(access, tenant, &r.names, err);
	if (!status)
		issue_watchers_json(&r, after, limit);
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}

enum status issue_texts_read(struct view *view, struct view *access, struct slice tenant,
                             struct slice issue, const struct uuid *comment, uint64_t after,
                             uint32_t limit, struct buf *out, struct issue_stamp *stamp,
                             struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .json = &json, .err = err};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = open_issue(&r, view, issue, stamp);
	if (!status && access)
		status = access_names_open(access, tenant, &r.names, err);
	if (!status && !issue_texts_json(&r, comment, after, limit))
		status = error_set(err, STATUS_NOT_FOUND, "no such comment");
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}

enum status issue_kept_read(struct view *view, struct view *access, struct slice tenant,
                            const struct sight *sight, enum issue_kept kind, uint64_t after,
                            uint32_t limit, struct buf *out, uint64_t *position, struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .sight = sight, .json = &json, .err = err};
	size_t start = out->n;
	enum status status = kv_view_read(view, &r.txn, err);
	if (status)
		return status;
	*position = kv_view_seq(r.txn, tenant);
	if (access)
		status = access_names_open(access, tenant, &r.names, err);
	if (!status) {
		json_out_init(&json, out);
		issue_kept_json(&r, kind, after, limit);
	}
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}
