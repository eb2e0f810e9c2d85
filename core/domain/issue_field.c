/* Values of custom fields. What an issue has is a row for each field that is not empty; what it
 * shows of that are the fields that its type has and that were not removed. The rows of short
 * values hold them, those of paragraphs a hash and the seq of the event that has the text. A field
 * that was emptied keeps its row, which says when. */
#include "core/domain/issue_field.h"

#include "core/domain/called.h"

#define POINTER_ROOM 64

/* What values are asked of: an issue, or one that is about to be created. */
struct fields_of {
	struct judge *judge;
	const struct row_issue *issue;  /* NULL: a new one */
	const struct row_issue *source; /* that a new one is cloned from, in its project; or NULL */
	bool required_only;             /* defaults are for required fields */
	const struct uuid *project;
	const struct row_item *type;
	struct field_value_array wishes;
	bool selected; /* the wishes are some of those of the command */
	const char *pointer;
	struct field_change *items;
	uint32_t n;
	uint64_t bytes; /* of all values afterwards */
};

static bool is_there(const struct row_field_value *value)
{
	return value->n || value->text_seq;
}

bool read_field_value(const struct tenant_state *state, const struct uuid *issue,
                      struct slice field, struct row_field_value *value)
{
	struct row_key key = row_key_field_value(issue, field);

	return state->get(state, &key, value) && is_there(value);
}

bool read_shown_value(const struct tenant_state *state, const struct row_issue *issue,
                      const struct row_item *type, struct slice field,
                      struct row_field_value *value)
{
	struct row_field row;

	return read_field(state, &issue->project_id, field, &row) && field_is_of_type(&row, type) &&
	       read_field_value(state, &issue->id, field, value);
}

bool check_fields_unchanged(struct judge *judge, const struct row_issue *issue,
                            struct slice_array fields, int64_t since)
{
	char room[CALLED_MAX];

	for (uint32_t i = 0; i < fields.n; i++) {
		struct row_key key;
		struct row_field field;
		struct row_field_value value;
		if (!find_field(judge, &issue->project_id, fields.items[i], "/if_fields_unchanged",
		                &field))
			return false;
		key = row_key_field_value(&issue->id, fields.items[i]);
		if (judge->state->get(judge->state, &key, &value) && value.version > since)
			return REFUSE(judge, REJECT_VERSION_MISMATCH, "/if_fields_unchanged",
			              field_called(judge->state, &issue->project_id,
			                           fields.items[i], room),
			              SLICE(" has changed"));
	}
	return true;
}

static bool takes_value(const struct tenant_state *state, const struct uuid *project,
                        const struct row_field *field, const struct row_field_value *value)
{
	struct slice packed = slice_of(value->packed, value->n), item;
	struct row_field_option option;

	while (field_has_options(field->kind) && field_next(&packed, &item))
		if (!read_field_option(state, project, PADDED(field->id), item, &option))
			return false;
	return true;
}

/* Whether @value of @issue is one of @project, also where the issue comes from another one. */
static bool moves_along(const struct tenant_state *state, const struct row_issue *issue,
                        const struct uuid *project, struct slice field,
                        const struct row_field_value *value)
{
	struct row_field from, to;

	return uuid_equal(&issue->project_id, project) ||
	       (read_field(state, &issue->project_id, field, &from) &&
	        read_field(state, project, field, &to) && from.kind == to.kind &&
	        takes_value(state, project, &to, value));
}

static void read_before(const struct fields_of *of, struct slice field,
                        struct row_field_value *before)
{
	if (of->issue && of->issue->fields &&
	    read_field_value(of->judge->state, &of->issue->id, field, before) &&
	    moves_along(of->judge->state, of->issue, of->project, field, before))
		return;
	memset(before, 0, offsetof(struct row_field_value, packed));
}

uint32_t field_values_size(struct slice_array values)
{
	size_t n = 0;

	for (uint32_t i = 0; i < values.n; i++)
		n += values.items[i].n;
	return (uint32_t)n;
}

static bool same_values(const struct row_field_value *before, struct slice_array values)
{
	struct slice packed = slice_of(before->packed, before->n), value;
	struct text_hash hash;

	if (before->text_seq) {
		hash = text_hash(values.n ? values.items[0] : SLICE(""));
		return values.n && memcmp(hash.words, before->text_hash, sizeof(hash.words)) == 0;
	}
	for (uint32_t i = 0; i < values.n; i++)
		if (!field_next(&packed, &value) || !slice_equal(value, values.items[i]))
			return false;
	return packed.n == 0;
}

struct field_change field_change_of(struct judge *judge, const struct row_field *field,
                                    const struct row_field_value *before, struct slice_array values)
{
	return (struct field_change){
	        .field = emit_copy(judge, PADDED(field->id)),
	        .kind = field->kind,
	        .from = unpack_values(judge, slice_of(before->packed, before->n)),
	        .to = values,
	        .has_previous_seq = before->text_seq != 0,
	        .previous_seq = before->text_seq};
}

static void add_change(struct fields_of *of, const struct row_field *field,
                       const struct row_field_value *before, struct slice_array values)
{
	if (same_values(before, values))
		return;
	of->bytes += field_values_size(values);
	of->bytes -= before->size;
	of->items[of->n++] = field_change_of(of->judge, field, before, values);
}

static const char *pointer_to(const struct fields_of *of, uint32_t at, const char *member,
                              char room[POINTER_ROOM])
{
	char number[TEXT_NUMBER_MAX];

	room[0] = '\0';
	text_add(room, POINTER_ROOM, slice_str(of->pointer));
	text_add(room, POINTER_ROOM, SLICE("/"));
	text_add(room, POINTER_ROOM, text_number(at, number));
	text_add(room, POINTER_ROOM, slice_str(member));
	return room;
}

/* Every one that is missing is told. */
static bool refuse_empty(const struct fields_of *of, const struct row_field *field,
                         const char *pointer)
{
	char rooms[2][CALLED_MAX], text[2 * CALLED_MAX + 64] = "";
	const struct slice parts[] = {
	        field_called(of->judge->state, of->project, PADDED(field->id), rooms[0]),
	        SLICE(" must have a value in issues of the type "),
	        item_called(of->type, rooms[1])};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		text_add(text, sizeof(text), parts[i]);
	return refuse_also(of->judge, REJECT_FIELD_REQUIRED, pointer, SLICE(""), slice_str(text));
}

/* The field that wish @at is about, if it can be set. */
static bool find_wished(const struct fields_of *of, uint32_t at, struct row_field *field)
{
	struct slice id = of->wishes.items[at].field;
	char room[POINTER_ROOM];
	const char *pointer = pointer_to(of, at, "/field", room);
	char rooms[2][CALLED_MAX];

	for (uint32_t i = 0; i < at; i++)
		if (slice_equal(of->wishes.items[i].field, id))
			return REFUSE(of->judge, REJECT_BAD_CHANGE, pointer, SLICE("field "), id,
			              SLICE(" is named twice"));
	if (!find_field(of->judge, of->project, id, pointer, field))
		return false;
	if (field->disabled)
		return REFUSE(of->judge, REJECT_DISABLED, pointer,
		              field_called(of->judge->state, of->project, id, rooms[0]),
		              SLICE(" is disabled"));
	if (!field_is_of_type(field, of->type))
		return REFUSE(of->judge, REJECT_FIELD_CONTEXT, pointer,
		              SLICE("issues of the type "), item_called(of->type, rooms[1]),
		              SLICE(" do not have "),
		              field_called(of->judge->state, of->project, id, rooms[0]));
	return true;
}

static bool plan_wish(struct fields_of *of, uint32_t at)
{
	struct row_field_value before;
	struct row_field field;
	struct slice_array values;
	char room[POINTER_ROOM];

	if (!find_wished(of, at, &field))
		return false;
	read_before(of, PADDED(field.id), &before);
	const struct field_wish wish = {.project = of->project,
	                                .field = &field,
	                                .before = slice_of(before.packed, before.n),
	                                .values = of->wishes.items[at].values,
	                                .pointer = pointer_to(of, at, "/values", room)};
	if (!check_field_values(of->judge, &wish, &values))
		return false;
	if (!values.n && before.size && field.required)
		return refuse_empty(of, &field, wish.pointer);
	add_change(of, &field, &before, values);
	return of->judge->decision->reject == REJECT_NONE;
}

static bool plan_wishes(struct fields_of *of)
{
	for (uint32_t i = 0; i < of->wishes.n; i++)
		if (!plan_wish(of, i))
			return false;
	return true;
}

void walk_field_values(struct values_walk *walk, const struct tenant_state *state,
                       const struct uuid *issue)
{
	walk->state = state;
	walk->issue = *issue;
	walk->key = row_key_field_value(issue, SLICE(""));
}

bool next_field_value(struct values_walk *walk)
{
	const size_t prefix = sizeof(walk->issue.bytes);

	do
		if (!walk->state->next(walk->state, &walk->key, false, &walk->value) ||
		    walk->key.n <= prefix ||
		    memcmp(walk->key.bytes, walk->issue.bytes, prefix) != 0)
			return false;
	while (!is_there(&walk->value));
	walk->field = slice_of((const char *)walk->key.bytes + prefix, walk->key.n - prefix);
	return true;
}

/* Values of removed fields lie there still. */
static uint64_t dropped_bytes(const struct fields_of *of)
{
	struct values_walk walk;
	struct row_field field;
	uint64_t bytes = 0;

	if (!of->issue)
		return 0;
	walk_field_values(&walk, of->judge->state, &of->issue->id);
	while (next_field_value(&walk))
		if (!read_field(of->judge->state, of->project, walk.field, &field))
			bytes += walk.value.size;
	return bytes;
}

static bool check_bytes(const struct fields_of *of)
{
	char room[TEXT_NUMBER_MAX];

	if (of->bytes <= ISSUE_FIELD_BYTES_MAX ||
	    of->bytes - dropped_bytes(of) <= ISSUE_FIELD_BYTES_MAX)
		return true;
	return REFUSE(of->judge, REJECT_TOO_MANY, of->pointer,
	              SLICE("the fields of an issue have at most "),
	              text_number(ISSUE_FIELD_BYTES_MAX, room), SLICE(" bytes together"));
}

bool plan_fields(struct judge *judge, const struct row_issue *issue,
                 struct field_value_array wishes, const char *pointer,
                 struct field_change_array *changes)
{
	struct row_item type;
	struct fields_of of = {.judge = judge,
	                       .issue = issue,
	                       .project = &issue->project_id,
	                       .type = &type,
	                       .wishes = wishes,
	                       .pointer = pointer,
	                       .bytes = issue->field_bytes};

	*changes = (struct field_change_array){NULL, 0};
	if (!wishes.n)
		return true;
	bool found = read_item(judge->state, &issue->project_id, ITEM_ISSUE_TYPE,
	                       PADDED(issue->type), &type);
	assert(found);
	(void)found;
	of.items = emit_room(judge, wishes.n * sizeof(*of.items));
	if (!of.items || !plan_wishes(&of) || !check_bytes(&of))
		return false;
	*changes = (struct field_change_array){of.items, of.n};
	return true;
}

/* --- new issues, and those that get another type --- */

static bool is_wished(const struct fields_of *of, const struct row_field *field, bool *with_values)
{
	for (uint32_t i = 0; i < of->wishes.n; i++)
		if (slice_equal(of->wishes.items[i].field, PADDED(field->id))) {
			*with_values = of->wishes.items[i].values.n > 0;
			return true;
		}
	*with_values = false;
	return false;
}

/* The default values that could be chosen now; those of an order all or none. */
static struct slice_array default_values(const struct fields_of *of, const struct row_field *field)
{
	struct row_field_texts texts;
	struct slice packed =
	        read_field_texts(of->judge->state, of->project, PADDED(field->id), &texts)
	                .default_values;
	struct slice_array values = unpack_values(of->judge, packed);
	struct slice *items = (struct slice *)values.items;
	uint32_t n = 0;

	for (uint32_t i = 0; i < values.n; i++)
		if (field_value_can_be_chosen(of->judge->state, of->project, field, items[i]))
			items[n++] = items[i];
	if (n < values.n && !field_is_set(field->kind))
		n = 0;
	return (struct slice_array){items, n};
}

static struct slice_array cloned_values(const struct fields_of *of, const struct row_field *field,
                                        const struct row_field_value *value)
{
	struct judge *judge = of->judge;
	struct slice_array values = unpack_values(judge, slice_of(value->packed, value->n));
	struct slice *items = (struct slice *)values.items;
	uint32_t n = 0;

	for (uint32_t i = 0; i < values.n; i++)
		if (!field_has_members(field->kind) ||
		    field_value_can_be_chosen(judge->state, of->project, field, items[i]))
			items[n++] = items[i];
	return (struct slice_array){items, n};
}

/* Whether it has a value without anybody's wish: its own, or that of what it is cloned from. */
static bool has_value(const struct fields_of *of, const struct row_field *field)
{
	struct row_field_value value;

	if (of->source)
		return of->source->fields && !field->disabled &&
		       read_field_value(of->judge->state, &of->source->id, PADDED(field->id),
		                        &value) &&
		       (value.text_seq || cloned_values(of, field, &value).n);
	read_before(of, PADDED(field->id), &value);
	return value.size > 0;
}

/* Not given, or given as empty. */
static void refuse_missing(const struct fields_of *of, const struct row_field *field)
{
	const char *pointer = of->pointer;
	char room[POINTER_ROOM];

	for (uint32_t i = 0; i < of->wishes.n && !of->selected; i++)
		if (slice_equal(of->wishes.items[i].field, PADDED(field->id)))
			pointer = pointer_to(of, i, "/values", room);
	refuse_empty(of, field, pointer);
}

static bool plan_eager(struct fields_of *of, const struct row_field *field)
{
	struct slice_array values = {NULL, 0};
	struct row_field_value before;
	bool with_values;
	bool wished = is_wished(of, field, &with_values);

	if (with_values || (of->required_only && !field->required) ||
	    (!wished && has_value(of, field)))
		return true;
	if (!wished && field->has_default)
		values = default_values(of, field);
	if (!values.n && field->required) {
		refuse_missing(of, field);
		return true; /* there may be more of them */
	}
	read_before(of, PADDED(field->id), &before);
	add_change(of, field, &before, values);
	return of->judge->decision->reject != REJECT_TOO_LARGE;
}

static bool plan_eager_fields(struct fields_of *of)
{
	struct row_field field;

	memset(&field, 0, sizeof(field));
	while (next_field(of->judge->state, of->project, &field))
		if (field_is_eager(&field) && field_is_of_type(&field, of->type) &&
		    !plan_eager(of, &field))
			return false;
	return of->judge->decision->reject == REJECT_NONE;
}

/* What the source shows, as far as it is not wished otherwise. */
static void clone_values(struct fields_of *of)
{
	const struct uuid *source = &of->source->id;
	struct values_walk walk;
	struct row_field field;
	bool unused;

	walk_field_values(&walk, of->judge->state, source);
	while (next_field_value(&walk)) {
		if (!read_field(of->judge->state, of->project, walk.field, &field) ||
		    field.disabled || !field_is_of_type(&field, of->type) ||
		    is_wished(of, &field, &unused))
			continue;
		bool is_text = walk.value.text_seq != 0;
		struct slice_array values = cloned_values(of, &field, &walk.value);
		if (!values.n && !is_text)
			continue;
		of->bytes += is_text ? walk.value.size : field_values_size(values);
		of->items[of->n++] =
		        (struct field_change){.field = emit_copy(of->judge, PADDED(field.id)),
		                              .kind = field.kind,
		                              .to = values,
		                              .has_copied_from = is_text,
		                              .copied_from = *source,
		                              .has_text_seq = is_text,
		                              .text_seq = walk.value.text_seq};
	}
}

static bool plan_all_fields(struct fields_of *of, struct field_change_array *changes)
{
	uint32_t cloned = of->source ? of->source->fields : 0;
	struct row_project row;
	bool found = read_project(of->judge->state, of->project, &row);

	assert(found);
	(void)found;
	*changes = (struct field_change_array){NULL, 0};
	if (!of->wishes.n && !row.eager_fields && !cloned)
		return true;
	of->items = emit_room(of->judge,
	                      (of->wishes.n + row.eager_fields + cloned) * sizeof(*of->items));
	if (!of->items || !plan_wishes(of))
		return false;
	if (cloned)
		clone_values(of);
	if ((row.eager_fields && !plan_eager_fields(of)) || !check_bytes(of))
		return false;
	*changes = (struct field_change_array){of->items, of->n};
	return true;
}

bool plan_new_fields(struct judge *judge, const struct uuid *project, const struct row_item *type,
                     struct field_value_array wishes, struct field_change_array *changes)
{
	struct fields_of of = {.judge = judge,
	                       .project = project,
	                       .type = type,
	                       .wishes = wishes,
	                       .pointer = "/fields"};

	return plan_all_fields(&of, changes);
}

bool plan_converted_fields(struct judge *judge, const struct row_issue *issue,
                           const struct row_item *type, struct field_value_array wishes,
                           struct field_change_array *changes)
{
	struct fields_of of = {.judge = judge,
	                       .issue = issue,
	                       .project = &issue->project_id,
	                       .type = type,
	                       .wishes = wishes,
	                       .required_only = true,
	                       .pointer = "/fields",
	                       .bytes = issue->field_bytes};

	return plan_all_fields(&of, changes);
}

/* --- those that are cloned, or move --- */

/* Of what is wished for a whole family, what this one lacks. */
static struct field_value_array wishes_of(const struct fields_of *of, const struct arrival *to)
{
	struct field_value *items;
	struct row_field field;
	uint32_t n = 0;

	if (!to->along || !to->wishes.n)
		return to->wishes;
	items = emit_room(of->judge, to->wishes.n * sizeof(*items));
	for (uint32_t i = 0; i < to->wishes.n && items; i++)
		if (read_field(of->judge->state, of->project, to->wishes.items[i].field, &field) &&
		    field_is_of_type(&field, of->type) && !has_value(of, &field))
			items[n++] = to->wishes.items[i];
	return (struct field_value_array){items, n};
}

bool plan_cloned_fields(struct judge *judge, const struct row_issue *source,
                        const struct arrival *to, struct field_change_array *changes)
{
	struct fields_of of = {.judge = judge,
	                       .project = to->project,
	                       .source =
	                               uuid_equal(to->project, &source->project_id) ? source : NULL,
	                       .type = to->type,
	                       .required_only = true,
	                       .selected = to->along,
	                       .pointer = "/fields"};

	of.wishes = wishes_of(&of, to);
	return plan_all_fields(&of, changes);
}

bool plan_arrived_fields(struct judge *judge, const struct row_issue *issue,
                         const struct arrival *to, struct field_change_array *changes)
{
	struct fields_of of = {.judge = judge,
	                       .issue = issue,
	                       .project = to->project,
	                       .type = to->type,
	                       .required_only = true,
	                       .selected = to->along,
	                       .pointer = "/fields",
	                       .bytes = issue->field_bytes};

	of.wishes = wishes_of(&of, to);
	return plan_all_fields(&of, changes);
}

struct field_change_array plan_moved_fields(struct judge *judge, const struct row_issue *issue,
                                            const struct uuid *project)
{
	struct field_change_array changes = {NULL, 0};
	struct field_change *items;
	struct values_walk walk;
	struct row_field field;

	if (!issue->fields)
		return changes;
	changes.items = items = emit_room(judge, issue->fields * sizeof(*items));
	walk_field_values(&walk, judge->state, &issue->id);
	while (items && next_field_value(&walk)) {
		struct row_key key = row_key_field(&issue->project_id, walk.field);
		bool found = judge->state->get(judge->state, &key, &field);
		assert(found);
		(void)found;
		if (!moves_along(judge->state, issue, project, walk.field, &walk.value))
			items[changes.n++] = field_change_of(judge, &field, &walk.value,
			                                     (struct slice_array){NULL, 0});
	}
	return changes;
}
