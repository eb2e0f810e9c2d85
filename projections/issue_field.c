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

static void field_added(const struct issue_applying *a, const struct field_added *e)
{
	pack_strings(a->labels, &e->settings.issue_types);
	struct field_row field = {.kind = e->kind,
	                          .disabled = e->settings.disabled,
	                          .position = (uint32_t)e->settings.position,
	                          .name = e->settings.name,
	                          .types = buf_slice(a->labels)};
	put_field(a, e->field, &field);
	for (uint32_t i = 0; i < e->options.n; i++) {
		struct option_row option = {.name = e->options.items[i].name};
		put_option(a, e->field, e->options.items[i].option, &option);
	}
}

enum status issue_field_apply(const struct issue_applying *a, const struct event *event)
{
	if (event->type == EVENT_FIELD_ADDED)
		field_added(a, &event->field_added);
	return STATUS_OK;
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
