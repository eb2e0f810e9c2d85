#include "projections/field_rows.h"

#include "core/domain/field_value.h"
#include "projections/row.h"

/* --- rows --- */

enum { FIELD_DISABLED = 1, FIELD_REMOVED = 2 };

static void field_row_pack(const struct field_row *field, struct buf *to)
{
	buf_clear(to);
	row_u8(to, (uint8_t)field->kind);
	row_u8(to, (uint8_t)((field->disabled ? FIELD_DISABLED : 0) |
	                     (field->removed ? FIELD_REMOVED : 0)));
	row_u32(to, field->position);
	row_string(to, field->name);
	row_string(to, field->types);
}

static bool field_row_unpack(struct slice row, struct field_row *out)
{
	struct row_in in = row_in(row);
	uint8_t kind = row_take_u8(&in);
	out->kind = kind < FIELD_KINDS ? (enum field_kind)kind : FIELD_KIND_UNKNOWN;
	uint8_t flags = row_take_u8(&in);
	out->disabled = flags & FIELD_DISABLED;
	out->removed = flags & FIELD_REMOVED;
	out->position = row_take_u32(&in);
	out->name = row_take_string(&in);
	out->types = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

static void option_row_pack(const struct option_row *option, struct buf *to)
{
	buf_clear(to);
	row_u8(to, option->disabled);
	row_string(to, option->name);
}

static bool option_row_unpack(struct slice row, struct option_row *out)
{
	struct row_in in = row_in(row);
	out->disabled = row_take_u8(&in) != 0;
	out->name = row_take_string(&in);
	return !in.bad && in.at == in.end;
}

/* The key of a field of a project, or of a value of an issue. */
static void field_key(struct buf *key, struct slice tenant, const struct uuid *owner,
                      struct slice field)
{
	key_tenant(key, tenant);
	row_uuid(key, owner);
	buf_append_slice(key, field);
}

static void option_key(struct buf *key, struct slice tenant, const struct uuid *project,
                       struct slice field, struct slice option)
{
	field_key(key, tenant, project, field);
	buf_append_char(key, 0);
	buf_append_slice(key, option);
}

static void pack_strings(struct buf *to, const struct slice_array *strings)
{
	buf_clear(to);
	for (uint32_t i = 0; i < strings->n; i++)
		row_string(to, strings->items[i]);
}

/* --- fields of a project --- */

/* Under the key that is in view->key. */
static void put(const struct field_folding *f, uint32_t table, struct slice value)
{
	kv_put(f->view->txn, table, buf_slice(&f->view->key), value);
}

static void put_field(const struct field_folding *f, struct slice id, const struct field_row *field)
{
	field_row_pack(field, &f->view->value);
	field_key(&f->view->key, f->tenant, &f->meta->aggregate.id, id);
	put(f, f->tables->fields, buf_slice(&f->view->value));
}

static void put_option(const struct field_folding *f, struct slice field, struct slice id,
                       const struct option_row *option)
{
	option_row_pack(option, &f->view->value);
	option_key(&f->view->key, f->tenant, &f->meta->aggregate.id, field, id);
	put(f, f->tables->options, buf_slice(&f->view->value));
}

static enum status get_field(const struct field_folding *f, struct slice id,
                             struct field_row *field)
{
	struct slice row;
	field_key(&f->view->key, f->tenant, &f->meta->aggregate.id, id);
	if (kv_get(f->view->txn, f->tables->fields, buf_slice(&f->view->key), &row) &&
	    field_row_unpack(row, field))
		return STATUS_OK;
	return error_set(f->err, STATUS_INVALID, "a field that is not there");
}

/* Its types are packed in f->scratch. */
static struct field_row field_of(const struct field_folding *f, enum field_kind kind,
                                 const struct field_settings *settings)
{
	pack_strings(f->scratch, &settings->issue_types);
	return (struct field_row){.kind = kind,
	                          .disabled = settings->disabled,
	                          .position = (uint32_t)settings->position,
	                          .name = settings->name,
	                          .types = buf_slice(f->scratch)};
}

static void field_added(const struct field_folding *f, const struct field_added *e)
{
	struct field_row field = field_of(f, e->kind, &e->settings);
	put_field(f, e->field, &field);
	for (uint32_t i = 0; i < e->options.n; i++) {
		struct option_row option = {.name = e->options.items[i].name};
		put_option(f, e->field, e->options.items[i].option, &option);
	}
}

/* The id of the next field of the project, behind *@id; false at the end. */
static bool next_field(const struct field_folding *f, struct slice *id)
{
	struct slice key, value;
	struct kv_cursor *cursor = kv_cursor_open(f->view->txn, f->tables->fields);
	field_key(&f->view->key, f->tenant, &f->meta->aggregate.id, SLICE(""));
	size_t prefix_n = f->view->key.n;
	buf_append_slice(&f->view->key, *id);
	bool more = kv_seek(cursor, buf_slice(&f->view->key), &key, &value);
	if (more && slice_equal(key, buf_slice(&f->view->key)))
		more = kv_next(cursor, &key, &value);
	more = more && key.n > prefix_n && memcmp(key.data, f->view->key.data, prefix_n) == 0;
	if (more) {
		buf_clear(f->scratch);
		buf_append(f->scratch, key.data + prefix_n, key.n - prefix_n);
		*id = buf_slice(f->scratch);
	}
	kv_cursor_close(cursor);
	return more;
}

/* The field at @from goes to @to (away, if @to is behind all); those between make room. */
static enum status move_field(const struct field_folding *f, uint32_t from, uint32_t to)
{
	struct slice id = {NULL, 0};
	while (from != to && next_field(f, &id)) {
		struct field_row field;
		if (get_field(f, id, &field))
			return STATUS_INVALID;
		uint32_t position = field.position;
		if (field.removed || position == from)
			continue;
		if (position > from && position <= to)
			position--;
		else if (position < from && position >= to)
			position++;
		if (position == field.position)
			continue;
		field.position = position;
		put_field(f, id, &field);
	}
	return STATUS_OK;
}

static enum status field_edited(const struct field_folding *f, const struct field_edited *e)
{
	struct field_row field;
	enum status status =
	        move_field(f, (uint32_t)e->before.position, (uint32_t)e->after.position);
	if (!status)
		status = get_field(f, e->field, &field);
	if (status)
		return status;
	field = field_of(f, field.kind, &e->after);
	put_field(f, e->field, &field);
	return STATUS_OK;
}

static enum status field_removed(const struct field_folding *f, const struct field_removed *e)
{
	struct field_row field;
	enum status status = move_field(f, (uint32_t)e->position, UINT32_MAX);
	if (!status)
		status = get_field(f, e->field, &field);
	if (status)
		return status;
	field.removed = true;
	put_field(f, e->field, &field);
	return STATUS_OK;
}

enum status field_rows_apply(const struct field_folding *f, const struct event *event)
{
	const struct field_option_added *added = &event->field_option_added;
	const struct field_option_edited *edited = &event->field_option_edited;
	struct option_row option = {.disabled = false};
	switch ((int)event->type) {
	case EVENT_FIELD_ADDED:
		field_added(f, &event->field_added);
		return STATUS_OK;
	case EVENT_FIELD_EDITED:
		return field_edited(f, &event->field_edited);
	case EVENT_FIELD_REMOVED:
		return field_removed(f, &event->field_removed);
	case EVENT_FIELD_OPTION_ADDED:
		option.name = added->option.name;
		put_option(f, added->field, added->option.option, &option);
		return STATUS_OK;
	case EVENT_FIELD_OPTION_EDITED:
		option = (struct option_row){edited->to_disabled, edited->to_name};
		put_option(f, edited->field, edited->option, &option);
		return STATUS_OK;
	case EVENT_FIELD_OPTION_REMOVED:
		option_key(&f->view->key, f->tenant, &f->meta->aggregate.id,
		           event->field_option_removed.field, event->field_option_removed.option);
		kv_del(f->view->txn, f->tables->options, buf_slice(&f->view->key));
		return STATUS_OK;
	default:
		return STATUS_OK;
	}
}

/* --- values of an issue --- */

/* At this place of the log, the other issue has the text that the event means. */
static bool copy_value(const struct field_folding *f, const struct field_change *change)
{
	struct slice value;
	field_key(&f->view->key, f->tenant, &change->copied_from, change->field);
	if (!kv_get(f->view->txn, f->tables->values, buf_slice(&f->view->key), &value))
		return false;
	buf_clear(f->scratch);
	buf_append_slice(f->scratch, value);
	return true;
}

enum status field_values_apply(const struct field_folding *f, const struct issue_fields_changed *e)
{
	for (uint32_t i = 0; i < e->changes.n; i++) {
		const struct field_change *change = &e->changes.items[i];
		if (change->kind == FIELD_KIND_PARAGRAPH && !f->tables->paragraphs)
			continue;
		if (change->has_copied_from && !copy_value(f, change))
			return error_set(f->err, STATUS_INVALID, "a copied text is not there");
		if (!change->has_copied_from)
			pack_strings(f->scratch, &change->to);
		field_key(&f->view->key, f->tenant, &f->meta->aggregate.id, change->field);
		if (f->scratch->n)
			put(f, f->tables->values, buf_slice(f->scratch));
		else
			kv_del(f->view->txn, f->tables->values, buf_slice(&f->view->key));
	}
	buf_clear(f->scratch);
	return STATUS_OK;
}

/* --- reading --- */

bool field_row_get(const struct field_reading *r, const struct uuid *project, struct slice id,
                   struct field_row *field)
{
	struct slice row;
	field_key(r->key, r->tenant, project, id);
	return kv_get(r->txn, r->tables->fields, buf_slice(r->key), &row) &&
	       field_row_unpack(row, field) && !field->removed;
}

bool field_row_is_of_type(const struct field_row *field, struct slice type)
{
	struct row_in in = row_in(field->types);
	if (!field->types.n)
		return true;
	while (in.at < in.end)
		if (slice_equal(row_take_string(&in), type))
			return true;
	return false;
}

bool field_values_get(const struct field_reading *r, const struct uuid *issue, struct slice id,
                      struct slice *values)
{
	field_key(r->key, r->tenant, issue, id);
	return kv_get(r->txn, r->tables->values, buf_slice(r->key), values);
}

static void string_or_null(struct json_out *json, struct slice value)
{
	if (value.n)
		json_out_string(json, value);
	else
		json_out_null(json);
}

static struct slice option_name(const struct field_reading *r, const struct uuid *project,
                                struct slice field, struct slice id)
{
	struct slice row;
	struct option_row option = {.name = {NULL, 0}};
	option_key(r->key, r->tenant, project, field, id);
	if (kv_get(r->txn, r->tables->options, buf_slice(r->key), &row))
		option_row_unpack(row, &option);
	return option.name;
}

static struct slice member_name(const struct field_reading *r, struct slice id)
{
	struct uuid member;
	return uuid_parse(id, &member) ? access_name(r->names, &member) : slice_of(NULL, 0);
}

static void display_json(const struct field_reading *r, const struct uuid *project, struct slice id,
                         const struct field_row *field, struct slice values, struct json_out *json)
{
	bool options = field_has_options(field->kind);
	json_out_key(json, "display");
	if (!options && !(field_has_members(field->kind) && r->names)) {
		json_out_null(json);
		return;
	}
	json_out_array(json);
	for (struct row_in in = row_in(values); in.at < in.end;) {
		struct slice value = row_take_string(&in);
		string_or_null(json, options ? option_name(r, project, id, value)
		                             : member_name(r, value));
	}
	json_out_array_end(json);
}

void field_json(const struct field_reading *r, const struct uuid *project, struct slice id,
                const struct field_row *field, struct slice values, struct json_out *json)
{
	json_out_object(json);
	json_out_member_string(json, "id", id);
	json_out_member_string(json, "name", field->name);
	json_out_member_str(json, "kind", field_kind_symbol(field->kind));
	json_out_key(json, "values");
	json_out_array(json);
	for (struct row_in in = row_in(values); in.at < in.end;)
		json_out_string(json, row_take_string(&in));
	json_out_array_end(json);
	display_json(r, project, id, field, values, json);
	json_out_object_end(json);
}
