/* Judging the values that somebody wants a field to have. */
#include "core/domain/called.h"
#include "core/domain/field.h"

#define POINTER_ROOM     64
#define OPTIONS_SAID_MAX 8 /* of those that could be chosen; the others are not listed */

/* "/fields/3/values" and 7: "/fields/3/values/7" */
static const char *pointer_to(const char *pointer, uint32_t at, char room[POINTER_ROOM])
{
	char number[TEXT_NUMBER_MAX];

	room[0] = '\0';
	text_add(room, POINTER_ROOM, slice_str(pointer));
	text_add(room, POINTER_ROOM, SLICE("/"));
	text_add(room, POINTER_ROOM, text_number(at, number));
	return room;
}

static struct slice wish_called(const struct judge *judge, const struct field_wish *wish,
                                char room[CALLED_MAX])
{
	return field_called(judge->state, wish->project, PADDED(wish->field->id), room);
}

static bool refuse_value(struct judge *judge, const struct field_wish *wish, struct slice value,
                         const char *pointer)
{
	char shown[64] = "", room[CALLED_MAX];

	text_add(shown, sizeof(shown), value);
	return REFUSE(judge, REJECT_BAD_FIELD_VALUE, pointer, wish_called(judge, wish, room),
	              SLICE(" takes "), slice_str(field_value_form(wish->field->kind)),
	              SLICE(", not \""), slice_str(shown), SLICE("\""));
}

/* --- options --- */

static bool find_option(const struct judge *judge, const struct field_wish *wish, struct slice id,
                        struct row_field_option *option)
{
	if (!wish->options)
		return read_field_option(judge->state, wish->project, PADDED(wish->field->id), id,
		                         option);
	for (uint32_t i = 0; i < wish->options->n; i++) {
		const struct field_option *item = &wish->options->items[i];
		if (!slice_equal(item->option, id))
			continue;
		memset(option, 0, sizeof(*option));
		PADDED_SET(option->id, id);
		PADDED_SET(option->parent, item->has_parent ? item->parent : SLICE(""));
		return true;
	}
	return false;
}

/* "; choose low, high or others" of those below @parent. */
static void say_options(const struct judge *judge, const struct field_wish *wish,
                        struct slice parent, char text[REFUSAL_DETAIL_MAX])
{
	struct slice field = PADDED(wish->field->id);
	struct row_field_option option;
	uint32_t n = 0;

	memset(&option, 0, sizeof(option));
	while (!wish->options && next_field_option(judge->state, wish->project, field, &option)) {
		if (option.disabled || !slice_equal(PADDED(option.parent), parent))
			continue;
		if (n++ == OPTIONS_SAID_MAX) {
			text_add(text, REFUSAL_DETAIL_MAX, SLICE(" or others"));
			return;
		}
		text_add(text, REFUSAL_DETAIL_MAX, n == 1 ? SLICE("; choose ") : SLICE(", "));
		text_add(text, REFUSAL_DETAIL_MAX, PADDED(option.id));
	}
}

/* @parent: of a cascading select, the option chosen before it, or empty. */
static bool check_option(struct judge *judge, const struct field_wish *wish, struct slice id,
                         struct slice parent, const char *pointer)
{
	char choice[REFUSAL_DETAIL_MAX] = "", room[CALLED_MAX];
	struct row_field_option option;
	struct slice field = wish_called(judge, wish, room);

	if (!find_option(judge, wish, id, &option)) {
		say_options(judge, wish, parent, choice);
		return REFUSE(judge, REJECT_UNKNOWN_OPTION, pointer, field,
		              SLICE(" has no option "), id, slice_str(choice));
	}
	if (option.disabled && !field_packed_has(wish->before, id)) {
		say_options(judge, wish, parent, choice);
		return REFUSE(judge, REJECT_DISABLED, pointer, SLICE("option "), id, SLICE(" of "),
		              field, SLICE(" cannot be chosen any more"), slice_str(choice));
	}
	if (slice_equal(PADDED(option.parent), parent))
		return true;
	if (!parent.n)
		return REFUSE(judge, REJECT_BAD_FIELD_VALUE, pointer, SLICE("option "), id,
		              SLICE(" of "), field, SLICE(" lies below "), PADDED(option.parent),
		              SLICE(": name both, that one first"));
	return REFUSE(judge, REJECT_BAD_FIELD_VALUE, pointer, SLICE("option "), id, SLICE(" of "),
	              field, SLICE(" does not lie below "), parent);
}

/* --- each value --- */

static bool refuse_for_field(struct judge *judge, const struct field_wish *wish)
{
	char head[CALLED_MAX + 2] = "", room[CALLED_MAX];

	text_add(head, sizeof(head), wish_called(judge, wish, room));
	text_add(head, sizeof(head), SLICE(": "));
	return refuse_for(judge, slice_str(head));
}

static bool check_one(struct judge *judge, const struct field_wish *wish, uint32_t at,
                      struct slice *value)
{
	char room[POINTER_ROOM], canonical_room[FIELD_VALUE_ROOM];
	const char *pointer = pointer_to(wish->pointer, at, room);
	struct slice given = wish->values.items[at], canonical;
	enum field_kind kind = wish->field->kind;
	struct slice parent =
	        kind == FIELD_KIND_CASCADING_SELECT && at ? wish->values.items[0] : SLICE("");
	struct uuid member;

	if (!field_value_canonical(kind, given, canonical_room, &canonical))
		return refuse_value(judge, wish, given, pointer);
	if (field_has_options(kind) && !check_option(judge, wish, canonical, parent, pointer))
		return false;
	if (field_has_members(kind) && !field_packed_has(wish->before, canonical)) {
		uuid_parse(canonical, &member);
		if (!check_member(judge, &member, pointer))
			return refuse_for_field(judge, wish);
	}
	*value = canonical.data == given.data ? given : emit_copy(judge, canonical);
	return judge->decision->reject == REJECT_NONE;
}

static bool check_count(struct judge *judge, const struct field_wish *wish)
{
	uint32_t max = field_values_max(wish->field->kind);
	char room[TEXT_NUMBER_MAX], name[CALLED_MAX];

	if (wish->values.n <= max)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY, wish->pointer, wish_called(judge, wish, name),
	              SLICE(" has at most "), text_number(max, room),
	              max == 1 ? SLICE(" value") : SLICE(" values"));
}

static bool check_size(struct judge *judge, const struct field_wish *wish,
                       struct slice_array values)
{
	char packed[FIELD_BYTES_MAX], room[TEXT_NUMBER_MAX], name[CALLED_MAX];
	uint32_t n;

	if (wish->field->kind == FIELD_KIND_PARAGRAPH || field_pack(values, packed, &n))
		return true;
	return REFUSE(judge, REJECT_TOO_MANY, wish->pointer, SLICE("the values of "),
	              wish_called(judge, wish, name), SLICE(" have at most "),
	              text_number(FIELD_BYTES_MAX, room), SLICE(" bytes together"));
}

bool check_field_values(struct judge *judge, const struct field_wish *wish,
                        struct slice_array *values)
{
	struct slice value;
	struct slice *items = NULL;
	uint32_t n = 0;

	*values = (struct slice_array){NULL, 0};
	if (!check_count(judge, wish))
		return false;
	if (wish->values.n) {
		items = emit_room(judge, wish->values.n * sizeof(*items));
		if (!items)
			return false;
	}
	for (uint32_t i = 0; i < wish->values.n; i++) {
		if (!check_one(judge, wish, i, &value))
			return false;
		if (field_is_set(wish->field->kind))
			field_values_add(items, &n, value);
		else
			items[n++] = value;
	}
	*values = (struct slice_array){items, n};
	return check_size(judge, wish, *values);
}

bool field_value_can_be_chosen(const struct tenant_state *state, const struct uuid *project,
                               const struct row_field *field, struct slice value)
{
	struct row_field_option option;
	struct row_member member;
	struct uuid id;

	if (field_has_options(field->kind))
		return read_field_option(state, project, PADDED(field->id), value, &option) &&
		       !option.disabled;
	if (field_has_members(field->kind))
		return uuid_parse(value, &id) && read_member(state, &id, &member) &&
		       member.status == MEMBER_ACTIVE;
	return true;
}

struct slice_array unpack_values(struct judge *judge, struct slice packed)
{
	struct slice all[FIELD_VALUES_MAX], *items;
	uint32_t n = 0;

	if (!packed.n)
		return (struct slice_array){NULL, 0};
	packed = emit_copy(judge, packed);
	if (!packed.data)
		return (struct slice_array){NULL, 0};
	while (n < FIELD_VALUES_MAX && field_next(&packed, &all[n]))
		n++;
	items = emit_room(judge, n * sizeof(*items));
	if (!items)
		return (struct slice_array){NULL, 0};
	memcpy(items, all, n * sizeof(*items));
	return (struct slice_array){items, n};
}
