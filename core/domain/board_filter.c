#include "core/domain/board.h"
#include "core/domain/configuration.h"
#include "core/domain/field.h"
#include "core/domain/workflow.h"

/* What a filter names, and where in the command. */
struct naming {
	struct judge *judge;
	struct uuid_array projects;
	struct place filter;
};

static struct place member_of(const struct naming *n, const char *member)
{
	struct place place = n->filter;

	text_add(place.text, sizeof(place.text), slice_str(member));
	return place;
}

static bool is_item(const struct naming *n, enum item_kind kind, struct slice id)
{
	struct row_item item;

	for (uint32_t i = 0; i < n->projects.n; i++)
		if (id.n <= NAME_MAX_ID &&
		    read_item(n->judge->state, &n->projects.items[i], kind, id, &item))
			return true;
	return false;
}

static bool check_items(const struct naming *n, enum item_kind kind, enum reject reject,
                        struct slice_array ids, const char *member)
{
	for (uint32_t i = 0; i < ids.n; i++)
		if (!is_item(n, kind, ids.items[i]))
			return REFUSE(n->judge, reject, member_of(n, member).text,
			              SLICE("no project of the board has the "),
			              slice_str(item_kind_name(kind)), SLICE(" "), ids.items[i]);
	return true;
}

/* Who is deactivated still has issues. */
static bool check_assignees(const struct naming *n, struct uuid_array ids)
{
	struct row_member member;
	char room[UUID_TEXT];

	for (uint32_t i = 0; i < ids.n; i++)
		if (!read_member(n->judge->state, &ids.items[i], &member) ||
		    member.status == MEMBER_REMOVED)
			return REFUSE(n->judge, REJECT_NO_SUCH_MEMBER,
			              member_of(n, "/assignees").text, SLICE("there is no member "),
			              uuid_slice(&ids.items[i], room));
	return true;
}

static bool check_components(const struct naming *n, struct uuid_array ids)
{
	struct row_component row;
	char room[UUID_TEXT];

	for (uint32_t i = 0; i < ids.n; i++) {
		struct row_key key = row_key_component(&ids.items[i]);
		if (!n->judge->state->get(n->judge->state, &key, &row) || row.removed ||
		    !uuid_is_among(&row.project_id, n->projects.items, n->projects.n))
			return REFUSE(n->judge, REJECT_NO_SUCH_COMPONENT,
			              member_of(n, "/components").text,
			              SLICE("no project of the board has the component "),
			              uuid_slice(&ids.items[i], room));
	}
	return true;
}

static bool check_versions(const struct naming *n, struct uuid_array ids)
{
	struct row_version row;
	char room[UUID_TEXT];

	for (uint32_t i = 0; i < ids.n; i++) {
		struct row_key key = row_key_version(&ids.items[i]);
		if (!n->judge->state->get(n->judge->state, &key, &row) || row.removed ||
		    !uuid_is_among(&row.project_id, n->projects.items, n->projects.n))
			return REFUSE(n->judge, REJECT_NO_SUCH_VERSION,
			              member_of(n, "/versions").text,
			              SLICE("no project of the board has the version "),
			              uuid_slice(&ids.items[i], room));
	}
	return true;
}

static bool check_labels_of(const struct naming *n, struct slice_array labels)
{
	for (uint32_t i = 0; i < labels.n; i++)
		if (!text_is_label(labels.items[i]))
			return REFUSE(n->judge, REJECT_BAD_LABEL, member_of(n, "/labels").text,
			              SLICE("\""), labels.items[i], SLICE("\""));
	return true;
}

bool board_filter_asks(const struct board_filter *f)
{
	return f->caller || f->unassigned || f->has_text || f->assignees.n || f->types.n ||
	       f->priorities.n || f->labels.n || f->components.n || f->versions.n || f->fields.n;
}

struct board_filter board_own_filter(const struct board_configuration *board)
{
	const struct issue_filter *f = board->filter.items;

	if (!board->filter.n)
		return (struct board_filter){.caller = false};
	return (struct board_filter){.unassigned = f->unassigned,
	                             .assignees = f->assignees,
	                             .types = f->types,
	                             .priorities = f->priorities,
	                             .labels = f->labels,
	                             .components = f->components,
	                             .versions = f->versions,
	                             .has_text = f->has_text,
	                             .text = f->text,
	                             .fields = f->fields};
}

struct issue_filter board_conditions(const struct board_filter *filter)
{
	return (struct issue_filter){.unassigned = filter->unassigned,
	                             .assignees = filter->assignees,
	                             .types = filter->types,
	                             .priorities = filter->priorities,
	                             .labels = filter->labels,
	                             .components = filter->components,
	                             .versions = filter->versions,
	                             .has_text = filter->has_text,
	                             .text = filter->text,
	                             .fields = filter->fields};
}

bool set_board_filter(struct judge *judge, const struct board_filter *filter,
                      struct board_configuration *board)
{
	struct issue_filter *item = emit_room(judge, sizeof(*item));

	if (!item)
		return false;
	*item = board_conditions(filter);
	board->filter = (struct issue_filter_array){item, board_filter_asks(filter)};
	return true;
}

/* --- custom fields --- */

static bool can_be_asked(enum field_kind kind)
{
	return field_has_options(kind) || field_has_members(kind) || kind == FIELD_KIND_LABELS ||
	       kind == FIELD_KIND_CHECKBOX;
}

/* The next field of that id, from the project *@at on, whose values can be asked for. */
static bool next_asked(const struct naming *n, struct slice id, uint32_t *at,
                       struct row_field *field)
{
	for (; *at < n->projects.n; (*at)++)
		if (id.n <= NAME_MAX_ID &&
		    read_field(n->judge->state, &n->projects.items[*at], id, field) &&
		    can_be_asked(field->kind))
			return true;
	return false;
}

static bool check_field(const struct naming *n, struct slice id, const char *pointer)
{
	struct row_field field;
	uint32_t at = 0;

	if (next_asked(n, id, &at, &field))
		return true;
	for (uint32_t i = 0; i < n->projects.n; i++)
		if (id.n <= NAME_MAX_ID &&
		    read_field(n->judge->state, &n->projects.items[i], id, &field))
			return REFUSE(n->judge, REJECT_BAD_BOARD, pointer, id, SLICE(" is a "),
			              slice_str(field_kind_symbol(field.kind)),
			              SLICE(": filters ask for options, members, labels and a "
			                    "checkbox"));
	return REFUSE(n->judge, REJECT_UNKNOWN_FIELD, pointer,
	              SLICE("no project of the board has the field "), id);
}

/* Whether there is such an option or member; who is deactivated still is a value. */
static bool is_value(const struct naming *n, const struct uuid *project,
                     const struct row_field *field, struct slice value)
{
	struct row_field_option option;
	struct row_member member;
	struct uuid id;

	if (field_has_options(field->kind))
		return read_field_option(n->judge->state, project, PADDED(field->id), value,
		                         &option);
	if (field_has_members(field->kind))
		return uuid_parse(value, &id) && read_member(n->judge->state, &id, &member) &&
		       member.status != MEMBER_REMOVED;
	return true;
}

/* What some project of the board takes as a value of the field, in its one form. */
static bool check_value(const struct naming *n, struct slice id, struct slice given,
                        const char *pointer, struct slice *value)
{
	enum reject reject = REJECT_BAD_FIELD_VALUE;
	char room[FIELD_VALUE_ROOM];
	struct row_field field;
	struct slice canonical;

	for (uint32_t at = 0; next_asked(n, id, &at, &field); at++) {
		if (!field_value_canonical(field.kind, given, room, &canonical))
			continue;
		if (is_value(n, &n->projects.items[at], &field, canonical)) {
			*value = emit_copy(n->judge, canonical);
			return value->data != NULL;
		}
		reject = field_has_options(field.kind) ? REJECT_UNKNOWN_OPTION
		                                       : REJECT_NO_SUCH_MEMBER;
	}
	return REFUSE(n->judge, reject, pointer, id, SLICE(" has no value "), given);
}

static bool check_values(const struct naming *n, struct field_condition *condition,
                         const char *pointer)
{
	struct slice *items = emit_room(n->judge, condition->values.n * sizeof(*items));

	if (!condition->values.n)
		return REFUSE(n->judge, REJECT_BAD_BOARD, pointer, SLICE("no value is asked for"));
	for (uint32_t i = 0; i < condition->values.n && items; i++)
		if (!check_value(n, condition->field, condition->values.items[i],
		                 place_of(pointer, i, "").text, &items[i]))
			return false;
	condition->values.items = items;
	return items != NULL;
}

static bool check_fields(const struct naming *n, struct field_condition_array *fields)
{
	struct field_condition *items = emit_room(n->judge, fields->n * sizeof(*items));

	if (fields->n > FILTER_FIELDS_MAX)
		return REFUSE(n->judge, REJECT_TOO_MANY, member_of(n, "/fields").text,
		              SLICE("a filter asks for at most 10 custom fields"));
	for (uint32_t i = 0; i < fields->n && items; i++) {
		struct place list = member_of(n, "/fields");
		struct place field = place_of(list.text, i, "/field");
		items[i] = fields->items[i];
		if (!check_field(n, items[i].field, field.text))
			return false;
		for (uint32_t k = 0; k < i; k++)
			if (slice_equal(items[k].field, items[i].field))
				return REFUSE(n->judge, REJECT_BAD_BOARD, field.text,
				              items[i].field, SLICE(" is there twice"));
		if (!check_values(n, &items[i], place_of(list.text, i, "/values").text))
			return false;
	}
	fields->items = items;
	return items != NULL;
}

/* --- the board's own filter --- */

static bool check_conditions(const struct naming *n, struct board_filter *f)
{
	if (!board_filter_asks(f))
		return REFUSE(n->judge, REJECT_BAD_BOARD, n->filter.text,
		              SLICE("the filter asks nothing"));
	return check_assignees(n, f->assignees) &&
	       check_items(n, ITEM_ISSUE_TYPE, REJECT_UNKNOWN_TYPE, f->types, "/types") &&
	       check_items(n, ITEM_PRIORITY, REJECT_UNKNOWN_PRIORITY, f->priorities,
	                   "/priorities") &&
	       check_labels_of(n, f->labels) && check_components(n, f->components) &&
	       check_versions(n, f->versions) &&
	       (!f->has_text || check_short_name(n->judge, f->text, member_of(n, "/text").text)) &&
	       check_fields(n, &f->fields);
}

bool check_board_filter(struct judge *judge, struct board_configuration *board)
{
	const struct naming n = {judge, board->projects, {"/filter"}};
	struct board_filter filter = board_own_filter(board);

	if (!check_conditions(&n, &filter))
		return false;
	return set_board_filter(judge, &filter, board);
}

/* --- quick filters --- */

static bool check_id(const struct naming *n, struct board_filter_array filters, uint32_t index)
{
	struct slice id = filters.items[index].id;

	if (!text_is_id(id))
		return REFUSE(n->judge, REJECT_BAD_ID, member_of(n, "/id").text,
		              SLICE("not an id: "), id);
	for (uint32_t i = 0; i < index; i++)
		if (slice_equal(filters.items[i].id, id))
			return REFUSE(n->judge, REJECT_BAD_BOARD, member_of(n, "/id").text,
			              SLICE("two filters have the id "), id);
	return true;
}

bool check_board_filters(struct judge *judge, struct board_configuration *board)
{
	if (board->filters.n > BOARD_FILTERS_MAX)
		return REFUSE(judge, REJECT_BAD_BOARD, "/filters",
		              SLICE("a board has at most 32 filters"));
	struct board_filter *items = emit_room(judge, board->filters.n * sizeof(*items));
	for (uint32_t i = 0; i < board->filters.n && items; i++) {
		const struct naming n = {judge, board->projects, place_of("/filters", i, "")};
		items[i] = board->filters.items[i];
		if (!check_id(&n, board->filters, i) || !check_conditions(&n, &items[i]) ||
		    !check_short_name(judge, items[i].name, member_of(&n, "/name").text))
			return false;
	}
	board->filters.items = items;
	return items != NULL;
}
