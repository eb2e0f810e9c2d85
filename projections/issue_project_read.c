/* Components and versions of a project, and those of an issue. */
#include <stdlib.h>

#include "projections/issue_reading.h"
#include "projections/project_ref.h"

enum { ID_BYTES = 16 };

/* --- what an issue has --- */

static void component_ref_json(struct issue_reading *r, const struct uuid *id)
{
	struct slice row;
	struct component_row component = {.name = {NULL, 0}};
	issue_key(&r->key, r->tenant, &r->issue.project_id);
	row_uuid(&r->key, id);
	if (kv_get(r->txn, COMPONENTS, buf_slice(&r->key), &row))
		component_row_unpack(row, &component);
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", id);
	json_out_member_string(r->json, "name", component.name);
	json_out_object_end(r->json);
}

static void version_ref_json(struct issue_reading *r, const struct uuid *id)
{
	struct slice row;
	struct version_row version = {.name = {NULL, 0}};
	issue_key(&r->key, r->tenant, &r->issue.project_id);
	row_uuid(&r->key, id);
	if (kv_get(r->txn, VERSIONS, buf_slice(&r->key), &row))
		version_row_unpack(row, &version);
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", id);
	json_out_member_string(r->json, "name", version.name);
	json_out_member_str(r->json, "status", project_version_status_symbol(version.status));
	json_out_object_end(r->json);
}

static void tag_json(struct issue_reading *r, const char *name, enum issue_tag tag)
{
	struct buf prefix = {0};
	struct slice key, value;
	struct kv_cursor *cursor = kv_cursor_open(r->txn, TAGS);
	issue_key(&prefix, r->tenant, &r->id);
	row_u8(&prefix, (uint8_t)tag);
	json_out_key(r->json, name);
	json_out_array(r->json);
	bool more = kv_seek(cursor, buf_slice(&prefix), &key, &value);
	for (; more && key.n == prefix.n + ID_BYTES && memcmp(key.data, prefix.data, prefix.n) == 0;
	     more = kv_next(cursor, &key, &value)) {
		struct uuid id;
		memcpy(id.bytes, key.data + prefix.n, ID_BYTES);
		if (tag == TAG_COMPONENT)
			component_ref_json(r, &id);
		else
			version_ref_json(r, &id);
	}
	json_out_array_end(r->json);
	kv_cursor_close(cursor);
	buf_release(&prefix);
}

void issue_tags_json(struct issue_reading *r)
{
	tag_json(r, "components", TAG_COMPONENT);
	tag_json(r, "fix_versions", TAG_FIX);
	tag_json(r, "affects_versions", TAG_AFFECTS);
}

/* --- what a project has --- */

enum status issue_project_open(struct issue_reading *r, struct view *view, struct slice project,
                               uint64_t *position)
{
	enum status status = kv_view_read(view, &r->txn, r->err);
	if (status)
		return status;
	*position = kv_view_seq(r->txn, r->tenant);
	if (!project_ref_find(r->txn, PROJECT_KEYS, r->tenant, project, &r->id) ||
	    !issue_project_is_there(r, &r->id))
		return error_set(r->err, STATUS_NOT_FOUND, "no such project");
	return STATUS_OK;
}

static void component_json(struct issue_reading *r, const struct uuid *id,
                           const struct component_row *component)
{
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", id);
	json_out_member_string(r->json, "name", component->name);
	json_out_member_string(r->json, "description", component->description);
	issue_member_json(r, "lead", &component->lead);
	issue_member_json(r, "default_assignee", &component->default_assignee);
	json_out_member_int(r->json, "issues", component->issues);
	json_out_object_end(r->json);
}

static void version_json(struct issue_reading *r, const struct uuid *id,
                         const struct version_row *version)
{
	json_out_object(r->json);
	json_out_member_uuid(r->json, "id", id);
	json_out_member_string(r->json, "name", version->name);
	json_out_member_string(r->json, "description", version->description);
	json_out_member_str(r->json, "status", project_version_status_symbol(version->status));
	issue_day_json(r, "start_on", version->has_start_on, version->start_on);
	issue_day_json(r, "release_on", version->has_release_on, version->release_on);
	json_out_key(r->json, "issues");
	json_out_object(r->json);
	json_out_member_int(r->json, "fix", version->fixed);
	json_out_member_int(r->json, "affects", version->affecting);
	json_out_object_end(r->json);
	json_out_object_end(r->json);
}

struct listed {
	struct uuid id;
	struct slice row;
	uint32_t place; /* of a version; components stay in the order of their ids */
};

static int by_place(const void *a, const void *b)
{
	const struct listed *left = a, *right = b;
	return (left->place > right->place) - (left->place < right->place);
}

/* The rows of the project, at most PROJECT_PARTS_MAX. */
static uint32_t list_parts(struct issue_reading *r, uint32_t table, struct listed *parts)
{
	struct slice key, row;
	struct version_row version;
	uint32_t n = 0;
	struct kv_cursor *cursor = kv_cursor_open(r->txn, table);
	issue_key(&r->key, r->tenant, &r->id);
	bool more = kv_seek(cursor, buf_slice(&r->key), &key, &row);
	for (; more && n < PROJECT_PARTS_MAX && key.n == r->key.n + ID_BYTES &&
	       memcmp(key.data, r->key.data, r->key.n) == 0;
	     more = kv_next(cursor, &key, &row)) {
		struct listed *part = &parts[n++];
		memcpy(part->id.bytes, key.data + r->key.n, ID_BYTES);
		part->row = row;
		part->place = n;
		if (table == VERSIONS && version_row_unpack(row, &version))
			part->place = version.place;
	}
	kv_cursor_close(cursor);
	qsort(parts, n, sizeof *parts, by_place);
	return n;
}

static void parts_json(struct issue_reading *r, uint32_t table)
{
	struct listed *parts = mem_new(PROJECT_PARTS_MAX * sizeof *parts);
	uint32_t n = list_parts(r, table, parts);
	json_out_object(r->json);
	json_out_key(r->json, "items");
	json_out_array(r->json);
	for (uint32_t i = 0; i < n; i++) {
		struct component_row component;
		struct version_row version;
		if (table == COMPONENTS && component_row_unpack(parts[i].row, &component))
			component_json(r, &parts[i].id, &component);
		else if (table == VERSIONS && version_row_unpack(parts[i].row, &version))
			version_json(r, &parts[i].id, &version);
	}
	json_out_array_end(r->json);
	json_out_object_end(r->json);
	free(parts);
}

enum status project_parts_read(struct view *view, struct view *access, struct slice tenant,
                               struct slice project, enum project_part part, struct buf *out,
                               uint64_t *position, struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .json = &json, .err = err};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = issue_project_open(&r, view, project, position);
	if (!status && access)
		status = access_names_open(access, tenant, &r.names, err);
	if (!status)
		parts_json(&r, part == PROJECT_COMPONENTS ? COMPONENTS : VERSIONS);
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}
