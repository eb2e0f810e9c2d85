#include <stdlib.h>

#include "projections/boards_inside.h"
#include "projections/project_ref.h"
#include "projections/row.h"

/* Structs and pointers that a packed board becomes take at most so many times its bytes. */
#define ARENA_FACTOR 16
#define ARENA_MORE   4096

static void id_key(struct buf *key, struct slice tenant, const struct uuid *id)
{
	key_tenant(key, tenant);
	row_uuid(key, id);
}

bool boards_project(struct kv_txn *txn, struct slice tenant, const struct uuid *id,
                    struct project *out)
{
	struct buf key = {0};
	struct slice row;
	id_key(&key, tenant, id);
	bool found = kv_get(txn, PROJECTS, buf_slice(&key), &row);
	buf_release(&key);
	if (found && project_unpack(row, out))
		return true;
	if (found)
		project_release(out);
	return false;
}

const struct column *boards_status(const struct project *project, struct slice status)
{
	for (uint8_t i = 0; i < project->columns_n; i++)
		if (slice_is(status, project->columns[i].status) && !project->columns[i].removed)
			return &project->columns[i];
	return NULL;
}

/* --- a board --- */

static enum status unpack(struct boards_reading *r, struct slice row, struct error *err)
{
	struct row_in in = row_in(row);
	r->version = row_take_u64(&in);
	r->seq = row_take_u64(&in);
	size_t room = row.n * ARENA_FACTOR + ARENA_MORE;
	free(r->arena.block);
	arena_init(&r->arena, mem_new(room), room);
	if (row.n <= BOARD_ROW_HEAD ||
	    !board_unpack(row.data + BOARD_ROW_HEAD, &r->arena, &r->board))
		return error_set(err, STATUS_CORRUPT, "board: the row of a board is damaged");
	r->own = board_own_filter(&r->board);
	return STATUS_OK;
}

static void release_projects(struct boards_reading *r)
{
	for (uint32_t i = 0; i < r->projects_n; i++)
		project_release(&r->projects[i]);
	r->projects_n = 0;
}

static enum status load_projects(struct boards_reading *r, struct error *err)
{
	release_projects(r);
	r->projects = mem_grow(r->projects, r->board.projects.n * sizeof *r->projects);
	for (uint32_t i = 0; i < r->board.projects.n; i++) {
		const struct uuid *id = &r->board.projects.items[i];
		if (!sight_sees(r->caller.sight, id))
			continue;
		if (!boards_project(r->txn, r->tenant, id, &r->projects[r->projects_n]))
			return error_set(err, STATUS_CORRUPT,
			                 "board: the row of a project is missing or damaged");
		if (r->projects[r->projects_n].deleted)
			project_release(&r->projects[r->projects_n]);
		else
			r->projects_n++;
	}
	return r->projects_n ? STATUS_OK : error_set(err, STATUS_NOT_FOUND, "no such board");
}

static enum status open_board(struct boards_reading *r, struct slice board, struct error *err)
{
	struct slice row;
	if (!uuid_parse(board, &r->id))
		return error_set(err, STATUS_NOT_FOUND, "no such board");
	id_key(&r->key, r->tenant, &r->id);
	if (!kv_get(r->txn, BOARDS, buf_slice(&r->key), &row))
		return error_set(err, STATUS_NOT_FOUND, "no such board");
	enum status status = unpack(r, row, err);
	if (!status)
		status = load_projects(r, err);
	if (!status)
		boards_load_fields(r);
	if (!status)
		boards_ask(r, &r->own, &r->asked_own);
	return status;
}

static enum status begin(struct boards_reading *r, struct view *view, struct slice tenant,
                         const struct boards_caller *caller, uint64_t *position, struct error *err)
{
	r->tenant = tenant;
	r->caller = *caller;
	enum status status = kv_view_read(view, &r->txn, err);
	if (!status)
		*position = kv_view_seq(r->txn, tenant);
	return status;
}

static void release(struct boards_reading *r)
{
	release_projects(r);
	kv_abort(r->txn);
	buf_release(&r->key);
	buf_release(&r->json);
	free(r->projects);
	free(r->custom_of);
	free(r->asked_own.fields);
	for (uint32_t i = 0; i < r->filters_n; i++)
		free(r->filters[i].fields);
	free(r->arena.block);
}

enum status boards_open(struct view *view, struct slice tenant, struct slice board,
                        const struct boards_caller *caller, struct boards_reading **out,
                        uint64_t *position, struct error *err)
{
	struct boards_reading *r = mem_new(sizeof *r);
	*out = NULL;
	enum status status = begin(r, view, tenant, caller, position, err);
	if (!status)
		status = open_board(r, board, err);
	if (!status) {
		*out = r;
		return STATUS_OK;
	}
	release(r);
	free(r);
	return status;
}

enum status boards_close(struct boards_reading *r, struct error *err)
{
	if (!r)
		return STATUS_OK;
	bool failed = kv_failed(r->txn);
	release(r);
	free(r);
	return failed ? error_set(err, STATUS_IO, "board: read") : STATUS_OK;
}

void boards_identity(const struct boards_reading *r, struct buf *out)
{
	const struct sight *sight = r->caller.sight;
	row_u32(out, board_view.type.version);
	row_u32(out, sight ? sight->hidden_n : 0);
	for (uint32_t i = 0; sight && i < sight->hidden_n; i++)
		row_uuid(out, &sight->hidden[i]);
	row_uuid(out, &r->id);
	row_u64(out, r->seq);
	for (uint32_t i = 0; i < r->projects_n; i++) {
		row_uuid(out, &r->projects[i].id);
		row_u64(out, r->projects[i].last_seq);
	}
	for (uint32_t i = 0; i < r->filters_n; i++) {
		row_string(out, r->filters[i].filter->id);
		if (r->filters[i].filter->caller)
			row_uuid(out, &r->caller.id);
	}
}

void boards_projects_json(const struct boards_reading *r, struct json_out *json)
{
	json_out_key(json, "projects");
	json_out_array(json);
	for (uint32_t i = 0; i < r->projects_n; i++) {
		const struct project *project = &r->projects[i];
		json_out_object(json);
		json_out_member_uuid(json, "id", &project->id);
		json_out_member_str(json, "key", project->key);
		json_out_member_string(json, "name", buf_slice(&project->name));
		json_out_member_bool(json, "archived", project->archived);
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

/* --- the list --- */

struct list {
	struct boards_reading r;
	bool has_project;
	struct uuid project;
	uint32_t limit;
};

static bool find_project(struct list *list, struct slice ref)
{
	struct project project;
	if (!project_ref_find(list->r.txn, PROJECT_KEYS, list->r.tenant, ref, &list->project) ||
	    !boards_project(list->r.txn, list->r.tenant, &list->project, &project))
		return false;
	bool deleted = project.deleted;
	project_release(&project);
	return !deleted && sight_sees(list->r.caller.sight, &list->project);
}

static bool shows(const struct board_configuration *board, const struct uuid *project)
{
	for (uint32_t i = 0; i < board->projects.n; i++)
		if (uuid_equal(&board->projects.items[i], project))
			return true;
	return false;
}

/* STATUS_NOT_FOUND: it is not for this list. */
static enum status load_item(struct list *list, struct slice row, struct error *err)
{
	enum status status = unpack(&list->r, row, err);
	if (!status && list->has_project && !shows(&list->r.board, &list->project))
		return STATUS_NOT_FOUND;
	return status ? status : load_projects(&list->r, err);
}

static void item_json(const struct boards_reading *r, struct json_out *json)
{
	json_out_object(json);
	json_out_member_uuid(json, "id", &r->id);
	json_out_member_string(json, "name", r->board.name);
	json_out_member_int(json, "version", (int64_t)r->version);
	boards_projects_json(r, json);
	json_out_object_end(json);
}

static enum status list_boards(struct list *list, const struct uuid *after, struct json_out *json,
                               struct error *err)
{
	struct boards_reading *r = &list->r;
	struct slice key, row;
	struct uuid last = {{0}};
	enum status status = STATUS_OK;
	uint32_t n = 0;
	bool more_items = false;
	struct kv_cursor *cursor = kv_cursor_open(r->txn, BOARDS);
	key_tenant(&r->key, r->tenant);
	size_t head = r->key.n;
	if (after)
		row_uuid(&r->key, after);
	bool more = kv_seek(cursor, buf_slice(&r->key), &key, &row);
	if (more && after && slice_equal(key, buf_slice(&r->key)))
		more = kv_next(cursor, &key, &row);
	for (; more && !more_items; more = kv_next(cursor, &key, &row)) {
		if (key.n != head + sizeof r->id || memcmp(key.data, r->key.data, head) != 0)
			break;
		memcpy(r->id.bytes, key.data + head, sizeof r->id);
		status = load_item(list, row, err);
		if (status == STATUS_NOT_FOUND) {
			status = STATUS_OK;
			continue;
		}
		if (status)
			break;
		more_items = n == list->limit;
		if (more_items)
			break;
		item_json(r, json);
		last = r->id;
		n++;
	}
	kv_cursor_close(cursor);
	json_out_array_end(json);
	json_out_key(json, "next");
	if (more_items)
		json_out_uuid(json, &last);
	else
		json_out_null(json);
	return status;
}

enum status boards_list(struct view *view, struct slice tenant, const struct boards_caller *caller,
                        struct slice project, const struct uuid *after, uint32_t limit,
                        struct buf *out, uint64_t *position, struct error *err)
{
	struct list list = {.has_project = project.n > 0, .limit = limit};
	struct json_out json;
	size_t start = out->n;
	enum status status = begin(&list.r, view, tenant, caller, position, err);
	if (!status && list.has_project && !find_project(&list, project))
		status = error_set(err, STATUS_NOT_FOUND, "no such project");
	if (!status) {
		json_out_init(&json, out);
		json_out_object(&json);
		json_out_key(&json, "items");
		json_out_array(&json);
		status = list_boards(&list, after, &json, err);
		json_out_object_end(&json);
	}
	if (!status && kv_failed(list.r.txn))
		status = error_set(err, STATUS_IO, "board: read");
	release(&list.r);
	if (status)
		out->n = start;
	return status;
}
