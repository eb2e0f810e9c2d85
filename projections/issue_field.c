/* Custom fields: what projects have of them, and the values of issues. A value stays when its field
 * is removed or taken from the type of the issue; reading passes it over. */
#include "projections/issue_inside.h"

static void field_key(const struct issue_applying *a, const struct uuid *owner, struct slice field)
{
	issue_key(&a->view->key, a->tenant, owner);
	buf_append_slice(&a->view->key, field);
}

static void option_key(const struct issue_applying *a, struct slice field, struct slice option)
{
	field_key(a, &a->meta->aggregate.id, field);
	buf_append_char(&a->view->key, 0);
	buf_append_slice(&a->view->key, option);
}

static void pack_strings(struct buf *to, const struct slice_array *strings)
{
	buf_clear(to);
	for (uint32_t i = 0; i < strings->n; i++)
		row_string(to, strings->items[i]);
}

/* --- fields of a project --- */

static void put_field(const struct issue_applying *a, struct slice id,
                      const struct field_row *field)
{
	field_row_pack(field, &a->view->value);
	field_key(a, &a->meta->aggregate.id, id);
	issue_put(a, FIELDS, buf_slice(&a->view->value));
}

static void put_option(const struct issue_applying *a, struct slice field, struct slice id,
                       const struct option_row *option)
{
	option_row_pack(option, &a->view->value);
	option_key(a, field, id);
	issue_put(a, OPTIONS, buf_slice(&a->view->value));
}

static enum status get_field(const struct issue_applying *a, struct slice id,
                             struct field_row *field)
{
	struct slice row;
	field_key(a, &a->meta->aggregate.id, id);
	if (kv_get(a->view->txn, FIELDS, buf_slice(&a->view->key), &row) &&
	    field_row_unpack(row, field))
		return STATUS_OK;
	return error_set(a->err, STATUS_INVALID, "a field that is not there");
}

/* Its types are packed in a->labels. */
static struct field_row field_of(const struct issue_applying *a, enum field_kind kind,
                                 const struct field_settings *settings)
{
	pack_strings(a->labels, &settings->issue_types);
	return (struct field_row){.kind = kind,
	                          .disabled = settings->disabled,
	                          .position = (uint32_t)settings->position,
	                          .name = settings->name,
	                          .types = buf_slice(a->labels)};
}

static void field_added(const struct issue_applying *a, const struct field_added *e)
{
	struct field_row field = field_of(a, e->kind, &e->settings);
	put_field(a, e->field, &field);
	for (uint32_t i = 0; i < e->options.n; i++) {
		struct option_row option = {.name = e->options.items[i].name};
		put_option(a, e->field, e->options.items[i].option, &option);
	}
}

/* The id of the next field of the project, behind *@id; false at the end. */
static bool next_field(const struct issue_applying *a, struct slice *id)
{
	struct slice key, value;
	struct kv_cursor *cursor = kv_cursor_open(a->view->txn, FIELDS);
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	size_t prefix_n = a->view->key.n;
	buf_append_slice(&a->view->key, *id);
	bool more = kv_seek(cursor, buf_slice(&a->view->key), &key, &value);
	if (more && slice_equal(key, buf_slice(&a->view->key)))
		more = kv_next(cursor, &key, &value);
	more = more && key.n > prefix_n && memcmp(key.data, a->view->key.data, prefix_n) == 0;
	if (more) {
		buf_clear(a->labels);
		buf_append(a->labels, key.data + prefix_n, key.n - prefix_n);
		*id = buf_slice(a->labels);
	}
	kv_cursor_close(cursor);
	return more;
}

/* The field at @from goes to @to (away, if @to is behind all); those between make room. */
static enum status move_field(const struct issue_applying *a, uint32_t from, uint32_t to)
{
	struct slice id = {NULL, 0};
	while (from != to && next_field(a, &id)) {
		struct field_row field;
		if (get_field(a, id, &field))
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
		put_field(a, id, &field);
	}
	return STATUS_OK;
}

static enum status field_edited(const struct issue_applying *a, const struct field_edited *e)
{
	struct field_row field;
	enum status status =
	        move_field(a, (uint32_t)e->before.position, (uint32_t)e->after.position);
	if (!status)
		status = get_field(a, e->field, &field);
	if (status)
		return status;
	field = field_of(a, field.kind, &e->after);
	put_field(a, e->field, &field);
	return STATUS_OK;
}

static enum status field_removed(const struct issue_applying *a, const struct field_removed *e)
{
	struct field_row field;
	enum status status = move_field(a, (uint32_t)e->position, UINT32_MAX);
	if (!status)
		status = get_field(a, e->field, &field);
	if (status)
		return status;
	field.removed = true;
	put_field(a, e->field, &field);
	return STATUS_OK;
}

enum status issue_field_apply(const struct issue_applying *a, const struct event *event)
{
	const struct field_option_added *added = &event->field_option_added;
	const struct field_option_edited *edited = &event->field_option_edited;
	struct option_row option = {.disabled = false};
	switch ((int)event->type) {
	case EVENT_FIELD_ADDED:
		field_added(a, &event->field_added);
		return STATUS_OK;
	case EVENT_FIELD_EDITED:
		return field_edited(a, &event->field_edited);
	case EVENT_FIELD_REMOVED:
		return field_removed(a, &event->field_removed);
	case EVENT_FIELD_OPTION_ADDED:
		option.name = added->option.name;
		put_option(a, added->field, added->option.option, &option);
		return STATUS_OK;
	case EVENT_FIELD_OPTION_EDITED:
		option = (struct option_row){edited->to_disabled, edited->to_name};
		put_option(a, edited->field, edited->option, &option);
		return STATUS_OK;
	case EVENT_FIELD_OPTION_REMOVED:
		option_key(a, event->field_option_removed.field,
		           event->field_option_removed.option);
		kv_del(a->view->txn, OPTIONS, buf_slice(&a->view->key));
		return STATUS_OK;
	default:
		return STATUS_OK;
	}
}

/* --- values of an issue --- */

/* At this place of the log, the other issue has the text that the event means. */
static bool copy_value(const struct issue_applying *a, const struct field_change *change)
{
	struct slice value;
	field_key(a, &change->copied_from, change->field);
	if (!kv_get(a->view->txn, VALUES, buf_slice(&a->view->key), &value))
		return false;
	buf_clear(a->labels);
	buf_append_slice(a->labels, value);
	return true;
}

enum status issue_values_apply(const struct issue_applying *a, const struct issue_fields_changed *e)
{
	for (uint32_t i = 0; i < e->changes.n; i++) {
		const struct field_change *change = &e->changes.items[i];
		if (change->has_copied_from && !copy_value(a, change))
			return error_set(a->err, STATUS_INVALID, "a copied text is not there");
		if (!change->has_copied_from)
			pack_strings(a->labels, &change->to);
		field_key(a, &a->meta->aggregate.id, change->field);
		if (a->labels->n)
			issue_put(a, VALUES, buf_slice(a->labels));
		else
			kv_del(a->view->txn, VALUES, buf_slice(&a->view->key));
	}
	buf_clear(a->labels);
	return STATUS_OK;
}
