#include <stdlib.h>

#include "projections/array_json.h"
#include "projections/boards_inside.h"

static enum status bad_cursor(struct error *err)
{
	return error_set(err, STATUS_INVALID, "not a cursor of this board");
}

static void null_json(struct json_out *json, const char *key)
{
	json_out_key(json, key);
	json_out_null(json);
}

/* --- statuses --- */

static uint64_t count_cards(const struct boards_reading *r, struct slice_array statuses)
{
	uint64_t count = 0;
	for (uint32_t p = 0; p < r->projects_n; p++)
		for (uint32_t i = 0; i < statuses.n && !r->projects[p].archived; i++) {
			const struct column *column =
			        boards_status(&r->projects[p], statuses.items[i]);
			count += column ? column->count : 0;
		}
	return count;
}

static bool is_there(const struct boards_reading *r, struct slice status)
{
	for (uint32_t p = 0; p < r->projects_n; p++)
		if (boards_status(&r->projects[p], status))
			return true;
	return false;
}

static void statuses_json(const struct boards_reading *r, struct slice_array statuses,
                          struct json_out *json)
{
	json_out_key(json, "statuses");
	json_out_array(json);
	for (uint32_t i = 0; i < statuses.n; i++)
		if (is_there(r, statuses.items[i]))
			json_out_string(json, statuses.items[i]);
	json_out_array_end(json);
}

/* --- cards --- */

/* Some cards of a column: all of them in one list, or of a cell of the scan. */
struct writing {
	struct boards_reading *r;
	struct scan *scan; /* NULL: nothing is asked of the cards, they are merged as they come,
	                      and counted where they lie */
	const struct boards_page *page;
	struct cursor cursor;
	struct json_out json;
	bool damaged;
};

static void merged_json(struct writing *w, struct slice column, struct slice_array statuses)
{
	struct card_merge merge;
	struct slice value, last = {NULL, 0};
	card_merge_open(&merge, w->r, statuses, w->cursor.place);
	json_out_key(&w->json, "cards");
	json_out_array(&w->json);
	for (uint32_t n = 0; n < w->page->limit && card_merge_next(&merge, &last, &value); n++)
		w->damaged |= !card_shown_json(w->r, last, value, &w->json);
	json_out_array_end(&w->json);
	if (merge.n)
		cursor_card_json(&w->json, column, slice_of(NULL, 0), last);
	else
		null_json(&w->json, "next");
	card_merge_close(&merge);
}

static void cell_json(struct writing *w, const struct cell *cell, struct slice column,
                      struct slice lane)
{
	json_out_key(&w->json, "cards");
	json_out_array(&w->json);
	for (uint32_t at = cell ? cell->first : 0; at; at = w->scan->cards[at - 1].next)
		w->damaged |= !card_shown_json(w->r, w->scan->cards[at - 1].place,
		                               w->scan->cards[at - 1].value, &w->json);
	json_out_array_end(&w->json);
	if (cell && cell->more)
		cursor_card_json(&w->json, column, lane, w->scan->cards[cell->last - 1].place);
	else
		null_json(&w->json, "next");
}

static const struct cell *cell_of(const struct scan *scan, uint32_t lane, uint32_t column)
{
	return lane < scan->lanes_n ? &scan->cells[(size_t)lane * scan->columns_n + column] : NULL;
}

static bool has_lanes(const struct boards_reading *r)
{
	return r->board.swimlanes > BOARD_SWIMLANES_NONE;
}

static bool is_wanted(const struct writing *w, struct slice column)
{
	return !w->cursor.column.n || slice_equal(w->cursor.column, column);
}

static uint64_t count_passing(const struct scan *scan, uint32_t column)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < scan->lanes_n; i++)
		count += cell_of(scan, i, column)->count;
	return count;
}

static void limit_json(struct json_out *json, const char *key, bool has, int32_t limit)
{
	json_out_key(json, key);
	if (has)
		json_out_int(json, limit);
	else
		json_out_null(json);
}

static void column_json(struct writing *w, uint32_t number)
{
	const struct board_column *column = &w->r->board.columns.items[number];
	struct json_out *json = &w->json;
	int64_t total =
	        (int64_t)(w->scan ? w->scan->totals[number] : count_cards(w->r, column->statuses));
	json_out_object(json);
	json_out_member_string(json, "id", column->id);
	json_out_member_string(json, "name", column->name);
	statuses_json(w->r, column->statuses, json);
	limit_json(json, "min", column->has_min, column->min);
	limit_json(json, "max", column->has_max, column->max);
	json_out_member_int(json, "total", total);
	json_out_member_int(json, "count",
	                    w->scan ? (int64_t)count_passing(w->scan, number) : total);
	json_out_member_int(json, "missing",
	                    column->has_min && total < column->min ? column->min - total : 0);
	json_out_member_int(json, "excess",
	                    column->has_max && total > column->max ? total - column->max : 0);
	if (!w->scan)
		merged_json(w, column->id, column->statuses);
	else if (!has_lanes(w->r))
		cell_json(w, cell_of(w->scan, 0, number), column->id, slice_of(NULL, 0));
	json_out_object_end(json);
}

static void columns_json(struct writing *w)
{
	json_out_key(&w->json, "columns");
	json_out_array(&w->json);
	for (uint32_t i = 0; i < w->r->board.columns.n; i++)
		if (is_wanted(w, w->r->board.columns.items[i].id))
			column_json(w, i);
	json_out_array_end(&w->json);
}

/* --- lanes --- */

static void lane_id_json(struct writing *w, const struct lane *lane)
{
	struct uuid id;
	json_out_key(&w->json, "id");
	if (!lane->key_n) {
		json_out_null(&w->json);
	} else if (w->r->board.swimlanes == BOARD_SWIMLANES_PRIORITY) {
		json_out_string(&w->json, lane_key(lane));
	} else {
		memcpy(id.bytes, lane->key, sizeof id);
		json_out_uuid(&w->json, &id);
	}
}

/* "key" and "summary" of the epic, wherever it lies. */
static void epic_json(struct writing *w, const struct lane *lane)
{
	struct card card = {.project = NULL};
	struct project project = {.columns = NULL};
	struct uuid project_id;
	if (card_unpack(lane->row, &card, &project_id) &&
	    boards_project(w->r->txn, w->r->tenant, &project_id, &project)) {
		buf_clear(&w->r->json);
		buf_printf(&w->r->json, "%s-%llu", project.key, (unsigned long long)card.number);
		json_out_member_string(&w->json, "key", buf_slice(&w->r->json));
		json_out_member_string(&w->json, "summary", buf_slice(&card.summary));
		project_release(&project);
	} else {
		w->damaged = true;
	}
	card_release(&card);
}

static void lane_json(struct writing *w, uint32_t number)
{
	const struct lane *lane = &w->scan->lanes[number];
	json_out_object(&w->json);
	lane_id_json(w, lane);
	if (lane->row.n)
		epic_json(w, lane);
	json_out_member_int(&w->json, "count", (int64_t)lane->count);
	json_out_key(&w->json, "columns");
	json_out_array(&w->json);
	for (uint32_t i = 0; i < w->r->board.columns.n; i++) {
		const struct board_column *column = &w->r->board.columns.items[i];
		const struct cell *cell = cell_of(w->scan, number, i);
		if (!is_wanted(w, column->id))
			continue;
		json_out_object(&w->json);
		json_out_member_string(&w->json, "id", column->id);
		json_out_member_int(&w->json, "count", (int64_t)cell->count);
		cell_json(w, cell, column->id, lane_key(lane));
		json_out_object_end(&w->json);
	}
	json_out_array_end(&w->json);
	json_out_object_end(&w->json);
}

/* Which of the lanes are wanted: [*from, *end). */
static void find_lanes(const struct writing *w, const uint32_t *order, uint32_t *from,
                       uint32_t *end)
{
	const struct scan *scan = w->scan;
	struct lane shown;
	*from = 0;
	*end = scan->lanes_n;
	if (w->cursor.column.n) { /* one cell */
		while (*from < scan->lanes_n &&
		       !slice_equal(lane_key(&scan->lanes[order[*from]]), w->cursor.lane))
			++*from;
		*end = *from + (*from < scan->lanes_n);
	} else if (w->cursor.given) {
		cursor_lane(&w->cursor, w->r->board.swimlanes, &shown);
		*from = scan_behind(scan, order, &shown);
	}
}

static void ordered_lanes_json(struct writing *w, const uint32_t *order)
{
	uint32_t from, n;
	find_lanes(w, order, &from, &n);
	uint32_t end = n - from > BOARDS_LANES_MAX ? from + BOARDS_LANES_MAX : n;
	json_out_array(&w->json);
	for (uint32_t i = from; i < end; i++)
		lane_json(w, order[i]);
	json_out_array_end(&w->json);
	if (end < n)
		cursor_lane_json(&w->json, w->r->board.swimlanes, &w->scan->lanes[order[end - 1]]);
	else
		null_json(&w->json, "next_lanes");
}

static void lanes_json(struct writing *w)
{
	if (!has_lanes(w->r)) {
		null_json(&w->json, "lanes");
		null_json(&w->json, "next_lanes");
		return;
	}
	uint32_t *order = mem_new((w->scan->lanes_n + 1) * sizeof *order);
	scan_sort(w->scan, order);
	json_out_key(&w->json, "lanes");
	ordered_lanes_json(w, order);
	free(order);
}

/* --- the whole --- */

static void conditions_json(struct json_out *json, const struct board_filter *filter)
{
	json_out_member_bool(json, "unassigned", filter->unassigned);
	uuids_json(json, "assignees", filter->assignees);
	texts_json(json, "types", filter->types);
	texts_json(json, "priorities", filter->priorities);
	texts_json(json, "labels", filter->labels);
	uuids_json(json, "components", filter->components);
	uuids_json(json, "versions", filter->versions);
	json_out_key(json, "text");
	if (filter->has_text)
		json_out_string(json, filter->text);
	else
		json_out_null(json);
	json_out_key(json, "fields");
	json_out_array(json);
	for (uint32_t i = 0; i < filter->fields.n; i++) {
		json_out_object(json);
		json_out_member_string(json, "field", filter->fields.items[i].field);
		texts_json(json, "values", filter->fields.items[i].values);
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

static void own_filter_json(const struct boards_reading *r, struct json_out *json)
{
	if (!r->board.filter.n) {
		null_json(json, "filter");
		return;
	}
	json_out_key(json, "filter");
	json_out_object(json);
	conditions_json(json, &r->own);
	json_out_object_end(json);
}

static void quick_filters_json(const struct boards_reading *r, struct json_out *json)
{
	json_out_key(json, "filters");
	json_out_array(json);
	for (uint32_t i = 0; i < r->board.filters.n; i++) {
		const struct board_filter *filter = &r->board.filters.items[i];
		json_out_object(json);
		json_out_member_string(json, "id", filter->id);
		json_out_member_string(json, "name", filter->name);
		json_out_member_bool(json, "caller", filter->caller);
		conditions_json(json, filter);
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

static uint64_t count_backlog(struct writing *w)
{
	struct slice_array statuses = w->r->board.backlog;
	if (!w->r->board.filter.n)
		return count_cards(w->r, statuses);
	return scan_total(w->r, statuses, &w->damaged);
}

static void board_json(struct writing *w)
{
	struct boards_reading *r = w->r;
	struct json_out *json = &w->json;
	json_out_object(json);
	json_out_member_uuid(json, "id", &r->id);
	json_out_member_string(json, "name", r->board.name);
	json_out_member_int(json, "version", (int64_t)r->version);
	boards_projects_json(r, json);
	json_out_member_str(json, "swimlanes", board_swimlanes_symbol(r->board.swimlanes));
	own_filter_json(r, json);
	quick_filters_json(r, json);
	boards_fields_json(r, json);
	columns_json(w);
	lanes_json(w);
	json_out_key(json, "backlog");
	json_out_object(json);
	statuses_json(r, r->board.backlog, json);
	json_out_member_int(json, "count", (int64_t)count_backlog(w));
	json_out_object_end(json);
	json_out_object_end(json);
}

static void backlog_json(struct writing *w)
{
	const struct boards_reading *r = w->r;
	int64_t total = (int64_t)(w->scan ? w->scan->totals[0] : count_cards(r, r->board.backlog));
	json_out_object(&w->json);
	json_out_member_uuid(&w->json, "id", &r->id);
	json_out_member_string(&w->json, "name", r->board.name);
	statuses_json(r, r->board.backlog, &w->json);
	json_out_member_int(&w->json, "total", total);
	json_out_member_int(&w->json, "count",
	                    w->scan ? (int64_t)count_passing(w->scan, 0) : total);
	if (w->scan)
		cell_json(w, cell_of(w->scan, 0, 0), slice_of(NULL, 0), slice_of(NULL, 0));
	else
		merged_json(w, slice_of(NULL, 0), r->board.backlog);
	json_out_object_end(&w->json);
}

static enum status finish(struct writing *w, struct scan *scan, size_t start, struct error *err)
{
	bool damaged = w->damaged || scan->damaged;
	scan_close(scan);
	if (!damaged)
		return STATUS_OK;
	w->json.to->n = start;
	return error_set(err, STATUS_CORRUPT, "board: the row of a card is damaged");
}

enum status boards_read(struct boards_reading *r, const struct boards_page *page, struct buf *out,
                        struct error *err)
{
	const struct board_column_array *columns = &r->board.columns;
	struct writing w = {.r = r, .page = page};
	struct scan scan;
	size_t start = out->n;
	if (!cursor_parse(page->cursor, r->board.swimlanes, &w.cursor) ||
	    (w.cursor.given && !w.cursor.column.n && !has_lanes(r)))
		return bad_cursor(err);
	bool found = !w.cursor.column.n;
	for (uint32_t i = 0; i < columns->n && !found; i++)
		found = slice_equal(columns->items[i].id, w.cursor.column);
	if (!found)
		return bad_cursor(err);
	scan_open(&scan, r, columns->n, page->limit,
	          w.cursor.column.n ? w.cursor.place : slice_of(NULL, 0));
	if (r->board.filter.n || r->filters_n || has_lanes(r)) {
		w.scan = &scan;
		for (uint32_t i = 0; i < columns->n; i++)
			if (is_wanted(&w, columns->items[i].id))
				scan_column(&scan, i, columns->items[i].statuses);
	}
	json_out_init(&w.json, out);
	board_json(&w);
	return finish(&w, &scan, start, err);
}

enum status boards_read_backlog(struct boards_reading *r, const struct boards_page *page,
                                struct buf *out, struct error *err)
{
	struct writing w = {.r = r, .page = page};
	struct scan scan;
	size_t start = out->n;
	r->board.swimlanes = BOARD_SWIMLANES_NONE; /* a backlog is one list */
	if (!cursor_parse(page->cursor, r->board.swimlanes, &w.cursor) || w.cursor.column.n)
		return bad_cursor(err);
	scan_open(&scan, r, 1, page->limit, w.cursor.place);
	if (r->board.filter.n || r->filters_n) {
		w.scan = &scan;
		scan_column(&scan, 0, r->board.backlog);
	}
	json_out_init(&w.json, out);
	backlog_json(&w);
	return finish(&w, &scan, start, err);
}
