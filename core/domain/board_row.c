/* How the row of a board, and a view, keep what it shows. A limit is stored plus 1; 0: none. A
 * filter that looks for a text has one; the board's own filter, when it has one, asks something. */
#include "core/domain/board.h"
#include "core/domain/pack.h"

static void pack_column(struct packing *p, const struct board_column *column)
{
	pack_text(p, column->id);
	pack_text(p, column->name);
	pack_texts(p, column->statuses);
	pack_number(p, column->has_min ? (uint32_t)column->min + 1 : 0);
	pack_number(p, column->has_max ? (uint32_t)column->max + 1 : 0);
}

static void pack_filter(struct packing *p, const struct board_filter *filter)
{
	pack_text(p, filter->id);
	pack_text(p, filter->name);
	pack_number(p, filter->caller);
	pack_number(p, filter->unassigned);
	pack_ids(p, filter->assignees);
	pack_texts(p, filter->types);
	pack_texts(p, filter->priorities);
	pack_texts(p, filter->labels);
	pack_ids(p, filter->components);
	pack_ids(p, filter->versions);
	pack_text(p, filter->has_text ? filter->text : SLICE(""));
	pack_number(p, filter->fields.n);
	for (uint32_t i = 0; i < filter->fields.n; i++) {
		pack_text(p, filter->fields.items[i].field);
		pack_texts(p, filter->fields.items[i].values);
	}
}

uint32_t board_pack(const struct board_configuration *board, char bytes[BOARD_BYTES_MAX])
{
	struct packing p = {bytes, 0, BOARD_BYTES_MAX, false};

	pack_text(&p, board->name);
	pack_ids(&p, board->projects);
	pack_number(&p, board->columns.n);
	for (uint32_t i = 0; i < board->columns.n; i++)
		pack_column(&p, &board->columns.items[i]);
	pack_texts(&p, board->backlog);
	pack_number(&p, board->swimlanes);
	pack_number(&p, board->filters.n);
	for (uint32_t i = 0; i < board->filters.n; i++)
		pack_filter(&p, &board->filters.items[i]);
	pack_texts(&p, board->card_fields);
	const struct board_filter own = board_own_filter(board);
	pack_filter(&p, &own);
	return p.full ? 0 : p.n;
}

static void take_limit(struct unpacking *u, bool *has, int32_t *limit)
{
	uint32_t number = take_number(u);

	*has = number > 0;
	*limit = number ? (int32_t)number - 1 : 0;
}

static void take_column(struct unpacking *u, struct board_column *column)
{
	memset(column, 0, sizeof(*column));
	column->id = take_text(u);
	column->name = take_text(u);
	column->statuses = take_texts(u);
	take_limit(u, &column->has_min, &column->min);
	take_limit(u, &column->has_max, &column->max);
}

static struct field_condition_array take_conditions(struct unpacking *u)
{
	struct field_condition_array fields = {NULL, take_number(u)};
	struct field_condition *items = take_room(u, fields.n, sizeof(*items));

	for (uint32_t i = 0; i < fields.n && !u->full; i++) {
		items[i].field = take_text(u);
		items[i].values = take_texts(u);
	}
	fields.items = items;
	return fields;
}

static void take_filter(struct unpacking *u, struct board_filter *filter)
{
	memset(filter, 0, sizeof(*filter));
	filter->id = take_text(u);
	filter->name = take_text(u);
	filter->caller = take_number(u) != 0;
	filter->unassigned = take_number(u) != 0;
	filter->assignees = take_ids(u);
	filter->types = take_texts(u);
	filter->priorities = take_texts(u);
	filter->labels = take_texts(u);
	filter->components = take_ids(u);
	filter->versions = take_ids(u);
	filter->text = take_text(u);
	filter->has_text = filter->text.n > 0;
	filter->fields = take_conditions(u);
}

static void take_own_filter(struct unpacking *u, struct issue_filter_array *filter)
{
	struct issue_filter *item = take_room(u, 1, sizeof(*item));
	struct board_filter own;

	if (!item)
		return;
	take_filter(u, &own);
	*item = board_conditions(&own);
	*filter = (struct issue_filter_array){item, board_filter_asks(&own)};
}

static void take_filters(struct unpacking *u, struct board_filter_array *filters)
{
	filters->n = take_number(u);
	struct board_filter *items = take_room(u, filters->n, sizeof(*items));
	for (uint32_t i = 0; i < filters->n && !u->full; i++)
		take_filter(u, &items[i]);
	filters->items = items;
}

bool board_unpack(const char *bytes, struct arena *arena, struct board_configuration *out)
{
	struct unpacking u = {bytes, arena, false};

	memset(out, 0, sizeof(*out));
	out->name = take_text(&u);
	out->projects = take_ids(&u);
	out->columns.n = take_number(&u);
	struct board_column *columns = take_room(&u, out->columns.n, sizeof(*columns));
	for (uint32_t i = 0; i < out->columns.n && !u.full; i++)
		take_column(&u, &columns[i]);
	out->columns.items = columns;
	if (!u.full)
		out->backlog = take_texts(&u);
	if (!u.full)
		out->swimlanes = (enum board_swimlanes)take_number(&u);
	if (!u.full)
		take_filters(&u, &out->filters);
	if (!u.full)
		out->card_fields = take_texts(&u);
	if (!u.full)
		take_own_filter(&u, &out->filter);
	return !u.full;
}

#define CARD_FIELD_NAME(NAME, name) #name,
static const char *const card_fields[] = {BOARD_CARD_FIELD_TABLE(CARD_FIELD_NAME)};
#undef CARD_FIELD_NAME

enum board_card_field board_card_field_find(struct slice name)
{
	int field = 0;

	while (field < BOARD_CARD_FIELDS && !slice_is(name, card_fields[field]))
		field++;
	return (enum board_card_field)field;
}
