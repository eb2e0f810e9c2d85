/* A cursor is the hexadecimal form of column, rank, 0 and issue id: the rest of the key of the last
 * card shown, so that the next page begins behind it whatever has moved since. */
#include "projections/board_card.h"

#include "core/base/json_out.h"
#include "projections/project_ref.h"
#include "projections/row.h"

enum { ID_BYTES = 16, CURSOR_BYTES_MAX = 1 + CARD_RANK_MAX + 1 + ID_BYTES };
_Static_assert(2 * CURSOR_BYTES_MAX <= BOARD_CURSOR_MAX, "a cursor has room");

struct reading {
	struct kv_txn *txn;
	struct slice tenant;
	const struct sight *sight;
	struct project project;
	struct buf key, other_key, json;
	bool damaged;
	struct error *err;
};

static enum status open_board(struct reading *r, struct view *view, struct slice tenant,
                              struct slice ref, struct board_stamp *stamp)
{
	enum status status = kv_view_read(view, &r->txn, r->err);
	if (status)
		return status;
	*stamp = (struct board_stamp){.position = kv_view_seq(r->txn, tenant)};
	struct slice row;
	struct uuid id;
	if (!project_ref_find(r->txn, PROJECT_KEYS, tenant, ref, &id))
		return error_set(r->err, STATUS_NOT_FOUND, "no such project");
	key_tenant(&r->key, tenant);
	row_uuid(&r->key, &id);
	if (!kv_get(r->txn, PROJECTS, buf_slice(&r->key), &row))
		return error_set(r->err, STATUS_NOT_FOUND, "no such project");
	if (!project_unpack(row, &r->project))
		return error_set(r->err, STATUS_CORRUPT, "board: a project row is damaged");
	if (r->project.deleted)
		return error_set(r->err, STATUS_NOT_FOUND, "no such project");
	stamp->etag_seq = r->project.last_seq;
	return STATUS_OK;
}

static enum status close_board(struct reading *r, enum status status)
{
	if (!status && kv_failed(r->txn))
		status = error_set(r->err, STATUS_IO, "board: read");
	kv_abort(r->txn);
	buf_release(&r->key);
	buf_release(&r->other_key);
	buf_release(&r->json);
	project_release(&r->project);
	return status;
}

enum status board_stamp(struct view *view, struct slice tenant, struct slice project,
                        struct board_stamp *stamp, struct error *err)
{
	struct reading r = {.err = err};
	return close_board(&r, open_board(&r, view, tenant, project, stamp));
}

/* Bytes of a cursor; 0 if it is none. */
static size_t parse_cursor(struct slice cursor, char bytes[CURSOR_BYTES_MAX])
{
	struct buf place = {0};
	size_t n = 0;
	if (buf_append_unhex(&place, cursor) && place.n >= 2 + ID_BYTES &&
	    place.n <= CURSOR_BYTES_MAX && place.data[place.n - ID_BYTES - 1] == 0)
		n = place.n;
	if (n)
		memcpy(bytes, place.data, n);
	buf_release(&place);
	return n;
}

static void cursor_json(struct json_out *json, struct slice bytes)
{
	struct buf text = {0};
	buf_append_hex(&text, bytes);
	json_out_string(json, buf_slice(&text));
	buf_release(&text);
}

struct page {
	struct slice prefix; /* of the column's cards */
	struct slice behind; /* key after which the page begins; empty: from the start */
	uint32_t limit;
};

static bool in_page(const struct page *page, struct slice key)
{
	return key.n > page->prefix.n && memcmp(key.data, page->prefix.data, page->prefix.n) == 0 &&
	       key.n - page->prefix.n < CURSOR_BYTES_MAX;
}

/* Of a card that names what the reader does not see. */
static void remade_json(struct reading *r, const struct card_rows *rows, struct slice key,
                        struct json_out *json)
{
	struct card card = {.project = &r->project};
	struct uuid project;
	struct slice row;
	memcpy(card.id.bytes, key.data + key.n - ID_BYTES, ID_BYTES);
	key_tenant(rows->key, r->tenant);
	row_uuid(rows->key, &card.id);
	if (kv_get(r->txn, CARD_ROWS, buf_slice(rows->key), &row) &&
	    card_unpack(row, &card, &project) && card.column < r->project.columns_n) {
		card_hide_relatives(rows, &card);
		buf_clear(&r->json);
		card_json(&card, &r->json);
		json_out_raw(json, buf_slice(&r->json));
	} else {
		r->damaged = true;
	}
	card_release(&card);
}

/* "cards" and "next" of a column. */
static void cards_json(struct reading *r, const struct page *page, struct json_out *json)
{
	const struct card_rows rows = {r->txn, r->tenant, r->sight, &r->other_key};
	struct kv_cursor *cursor = kv_cursor_open(r->txn, CARDS);
	struct slice key, card, last = {NULL, 0};
	bool more = kv_seek(cursor, page->behind.n ? page->behind : page->prefix, &key, &card);
	if (more && page->behind.n && slice_equal(key, page->behind))
		more = kv_next(cursor, &key, &card);
	json_out_key(json, "cards");
	json_out_array(json);
	uint32_t n = 0;
	for (; more && n < page->limit && in_page(page, key); n++) {
		if (card_names_hidden(&rows, card))
			remade_json(r, &rows, key, json);
		else
			json_out_raw(json, card_stored_json(card));
		last = key;
		more = kv_next(cursor, &key, &card);
	}
	json_out_array_end(json);
	json_out_key(json, "next");
	if (n && more && in_page(page, key)) /* the column byte is the first of the cursor */
		cursor_json(json,
		            slice_of(last.data + page->prefix.n - 1, last.n - page->prefix.n + 1));
	else
		json_out_null(json);
	kv_cursor_close(cursor);
}

static void column_json(struct reading *r, const struct column *column, struct slice cursor,
                        uint32_t limit, struct json_out *json)
{
	json_out_object(json);
	json_out_member_str(json, "id", column->status);
	json_out_member_str(json, "name", column->name);
	json_out_member_str(json, "category", status_category_symbol(column->category));
	json_out_member_int(json, "count", (int64_t)column->count);
	key_tenant(&r->key, r->tenant);
	row_uuid(&r->key, &r->project.id);
	row_u8(&r->key, (uint8_t)(column - r->project.columns));
	struct page page = {.limit = limit};
	size_t prefix_n = r->key.n;
	if (cursor.n)
		buf_append(&r->key, cursor.data + 1, cursor.n - 1);
	page.prefix = slice_of(r->key.data, prefix_n);
	page.behind = slice_of(r->key.data, cursor.n ? r->key.n : 0);
	cards_json(r, &page, json);
	json_out_object_end(json);
}

static void board_json(struct reading *r, struct slice cursor, uint32_t limit, struct buf *out)
{
	struct json_out json;
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_key(&json, "project");
	json_out_object(&json);
	json_out_member_uuid(&json, "id", &r->project.id);
	json_out_member_str(&json, "key", r->project.key);
	json_out_member_string(&json, "name", buf_slice(&r->project.name));
	json_out_object_end(&json);
	json_out_key(&json, "columns");
	json_out_array(&json);
	const struct column *column;
	for (uint32_t i = 0; (column = project_column_at(&r->project, i)); i++)
		if (!cursor.n || column == &r->project.columns[(uint8_t)cursor.data[0]])
			column_json(r, column, cursor, limit, &json);
	json_out_array_end(&json);
	json_out_object_end(&json);
}

enum status board_read(struct view *view, struct slice tenant, const struct sight *sight,
                       struct slice project, struct slice cursor, uint32_t limit, struct buf *out,
                       struct board_stamp *stamp, struct error *err)
{
	char bytes[CURSOR_BYTES_MAX] = {0};
	size_t cursor_n = parse_cursor(cursor, bytes);
	if (cursor.n && !cursor_n)
		return error_set(err, STATUS_INVALID, "not a cursor of this board");
	struct reading r = {.tenant = tenant, .sight = sight, .err = err};
	size_t start = out->n;
	enum status status = open_board(&r, view, tenant, project, stamp);
	if (!status && cursor_n && (uint8_t)bytes[0] >= r.project.columns_n)
		status = error_set(err, STATUS_INVALID, "not a cursor of this board");
	if (!status)
		board_json(&r, slice_of(bytes, cursor_n), limit, out);
	if (!status && r.damaged)
		status = error_set(err, STATUS_CORRUPT, "board: the row of a card is damaged");
	status = close_board(&r, status);
	if (status)
		out->n = start;
	return status;
}

static void project_json(const struct project *project, struct json_out *json)
{
	uint64_t issues = 0;
	json_out_object(json);
	json_out_member_uuid(json, "id", &project->id);
	json_out_member_str(json, "key", project->key);
	json_out_key(json, "former_keys");
	json_out_array(json);
	for (struct row_in in = row_in(buf_slice(&project->former_keys)); in.at < in.end;)
		json_out_string(json, row_take_string(&in));
	json_out_array_end(json);
	json_out_member_string(json, "name", buf_slice(&project->name));
	json_out_key(json, "category");
	if (project->category.n)
		json_out_string(json, buf_slice(&project->category));
	else
		json_out_null(json);
	json_out_member_bool(json, "archived", project->archived);
	json_out_key(json, "lead");
	if (project->has_lead)
		json_out_uuid(json, &project->lead);
	else
		json_out_null(json);
	json_out_member_int(json, "version", (int64_t)project->version);
	for (uint8_t i = 0; i < project->columns_n; i++)
		issues += project->columns[i].count;
	json_out_member_int(json, "issues", (int64_t)issues);
	json_out_key(json, "counts");
	json_out_object(json);
	const struct column *column;
	for (uint32_t i = 0; (column = project_column_at(project, i)); i++)
		json_out_member_int(json, column->status, (int64_t)column->count);
	json_out_object_end(json);
	json_out_object_end(json);
}

enum status project_read(struct view *view, struct slice tenant, struct slice project,
                         struct buf *out, struct board_stamp *stamp, struct error *err)
{
	struct reading r = {.err = err};
	size_t start = out->n;
	enum status status = open_board(&r, view, tenant, project, stamp);
	if (!status) {
		struct json_out json;
		json_out_init(&json, out);
		project_json(&r.project, &json);
	}
	status = close_board(&r, status);
	if (status)
		out->n = start;
	return status;
}

static bool of_tenant(struct slice key, struct slice tenant)
{
	return key.n > tenant.n && key.data[tenant.n] == 0 &&
	       memcmp(key.data, tenant.data, tenant.n) == 0;
}

/* The project whose id is @id; moves the stamp to the newest one. */
static enum status load_project(struct reading *r, struct slice tenant, struct slice id,
                                struct board_stamp *stamp)
{
	struct slice row;
	key_tenant(&r->key, tenant);
	buf_append_slice(&r->key, id);
	project_release(&r->project);
	if (!kv_get(r->txn, PROJECTS, buf_slice(&r->key), &row) ||
	    !project_unpack(row, &r->project))
		return error_set(r->err, STATUS_CORRUPT, "board: a project row is damaged");
	if (r->project.last_seq > stamp->etag_seq)
		stamp->etag_seq = r->project.last_seq;
	return STATUS_OK;
}

struct projects_page {
	struct slice tenant;
	const struct sight *sight;
	struct slice after; /* key */
	uint32_t limit;
	bool archived; /* these as well */
};

/* Whether the project of the key row @key is an item: not by a key that it had, and to be shown. */
static bool is_item(const struct reading *r, const struct projects_page *page, struct slice key)
{
	struct slice project_key =
	        slice_of(key.data + page->tenant.n + 1, key.n - page->tenant.n - 1);
	return slice_is(project_key, r->project.key) && !r->project.deleted &&
	       (page->archived || !r->project.archived) && sight_sees(page->sight, &r->project.id);
}

static enum status list_projects(struct reading *r, const struct projects_page *page,
                                 struct json_out *json, struct board_stamp *stamp)
{
	struct slice key, id;
	enum status status = STATUS_OK;
	char last[PROJECT_KEY_MAX + 1] = "";
	uint32_t n = 0;
	struct kv_cursor *cursor = kv_cursor_open(r->txn, PROJECT_KEYS);
	key_tenant(&r->key, page->tenant);
	buf_append_slice(&r->key, page->after);
	bool more = kv_seek(cursor, buf_slice(&r->key), &key, &id);
	if (more && page->after.n && slice_equal(key, buf_slice(&r->key)))
		more = kv_next(cursor, &key, &id);
	for (; more && of_tenant(key, page->tenant); more = kv_next(cursor, &key, &id)) {
		status = load_project(r, page->tenant, id, stamp);
		if (status || (is_item(r, page, key) && n == page->limit))
			break;
		if (!is_item(r, page, key))
			continue;
		project_json(&r->project, json);
		memcpy(last, r->project.key, sizeof last);
		n++;
	}
	json_out_array_end(json);
	json_out_key(json, "next");
	if (more && of_tenant(key, page->tenant))
		json_out_str(json, last);
	else
		json_out_null(json);
	kv_cursor_close(cursor);
	return status;
}

enum status projects_read(struct view *view, struct slice tenant, const struct sight *sight,
                          struct slice after, bool archived, uint32_t limit, struct buf *out,
                          struct board_stamp *stamp, struct error *err)
{
	struct projects_page page = {tenant, sight, after, limit, archived};
	struct reading r = {.err = err};
	struct json_out json;
	size_t start = out->n;
	if (tenant.n > 255 || after.n > PROJECT_KEY_MAX)
		return error_set(err, STATUS_INVALID, "not a cursor of this list");
	enum status status = kv_view_read(view, &r.txn, err);
	if (status)
		return status;
	*stamp = (struct board_stamp){.position = kv_view_seq(r.txn, tenant)};
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_key(&json, "items");
	json_out_array(&json);
	status = list_projects(&r, &page, &json, stamp);
	json_out_object_end(&json);
	status = close_board(&r, status);
	if (status)
		out->n = start;
	return status;
}
