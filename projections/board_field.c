/* Fields of a card that an event sets to another value, whatever they were. */
#include <stdlib.h>

#include "projections/board_card.h"
#include "projections/row.h"

#define LABELS_MAX 256

void board_card_labels(struct card *card, const struct slice_array *labels)
{
	buf_clear(&card->labels);
	for (uint32_t i = 0; i < labels->n; i++)
		row_string(&card->labels, labels->items[i]);
}

static int compare_labels(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static bool has_label(const struct slice_array *labels, struct slice label)
{
	for (uint32_t i = 0; i < labels->n; i++)
		if (slice_equal(labels->items[i], label))
			return true;
	return false;
}

static enum status labels_changed(struct card *card, const struct issue_labels_changed *e,
                                  struct error *err)
{
	struct slice all[LABELS_MAX];
	struct slice_array labels = {all, 0};
	struct buf before = card->labels;
	for (struct row_in in = row_in(buf_slice(&before)); in.at < in.end;) {
		struct slice label = row_take_string(&in);
		if (!has_label(&e->removed, label) && labels.n < LABELS_MAX)
			all[labels.n++] = label;
	}
	if (e->added.n > LABELS_MAX - labels.n)
		return error_set(err, STATUS_INVALID, "more than %d labels", LABELS_MAX);
	for (uint32_t i = 0; i < e->added.n; i++)
		if (!has_label(&labels, e->added.items[i]))
			all[labels.n++] = e->added.items[i];
	qsort(all, labels.n, sizeof *all, compare_labels);
	card->labels = (struct buf){0};
	board_card_labels(card, &labels);
	buf_release(&before);
	return STATUS_OK;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

static void remove_id(struct buf *ids, const struct uuid *id)
{
	for (size_t at = 0; at + sizeof *id <= ids->n; at += sizeof *id)
		if (memcmp(ids->data + at, id, sizeof *id) == 0) {
			memmove(ids->data + at, ids->data + at + sizeof *id,
			        ids->n - at - sizeof *id);
			ids->n -= sizeof *id;
			return;
		}
}

/* Ids one behind the other, sorted, each once. */
static void change_ids(struct buf *ids, const struct uuid_array *added,
                       const struct uuid_array *removed)
{
	for (uint32_t i = 0; i < removed->n; i++)
		remove_id(ids, &removed->items[i]);
	for (uint32_t i = 0; i < added->n; i++) {
		remove_id(ids, &added->items[i]);
		row_uuid(ids, &added->items[i]);
	}
	if (ids->n)
		qsort(ids->data, ids->n / sizeof(struct uuid), sizeof(struct uuid), compare_ids);
}

static void set_number(struct card_number *number, bool has, int32_t to)
{
	*number = (struct card_number){has, has ? to : 0};
}

static void set_person(bool *has, struct uuid *person, bool given, const struct uuid *to)
{
	static const struct uuid nobody;
	*has = given;
	*person = given ? *to : nobody;
}

void board_card_begin(struct card *card, const struct issue_created *e)
{
	static const struct uuid_array none;
	set_person(&card->has_assignee, &card->assignee, e->has_assignee, &e->assignee);
	card->has_parent = e->has_parent;
	if (e->has_parent)
		card->parent = e->parent;
	card->reporter = e->reporter;
	set_number(&card->due_on, e->has_due_on, e->due_on);
	set_number(&card->start_on, e->has_start_on, e->start_on);
	set_number(&card->estimate, e->has_estimate, e->estimate);
	set_number(&card->remaining, e->has_remaining, e->remaining);
	buf_append_slice(&card->summary, e->summary);
	board_card_labels(card, &e->labels);
	change_ids(&card->components, &e->components, &none);
	change_ids(&card->fix_versions, &e->fix_versions, &none);
}

enum status board_card_field(struct card *card, const struct event *event, struct error *err)
{
	const struct issue_assigned *assigned = &event->issue_assigned;
	const struct issue_due_date_changed *due = &event->issue_due_date_changed;
	const struct issue_start_date_changed *start = &event->issue_start_date_changed;
	const struct issue_estimate_changed *estimate = &event->issue_estimate_changed;
	const struct issue_remaining_changed *remaining = &event->issue_remaining_changed;
	switch ((int)event->type) {
	case EVENT_ISSUE_ASSIGNED:
		set_person(&card->has_assignee, &card->assignee, assigned->has_to, &assigned->to);
		break;
	case EVENT_ISSUE_DUE_DATE_CHANGED:
		set_number(&card->due_on, due->has_to, due->to);
		break;
	case EVENT_ISSUE_START_DATE_CHANGED:
		set_number(&card->start_on, start->has_to, start->to);
		break;
	case EVENT_ISSUE_ESTIMATE_CHANGED:
		set_number(&card->estimate, estimate->has_to, estimate->to);
		break;
	case EVENT_ISSUE_REMAINING_CHANGED:
		set_number(&card->remaining, remaining->has_to, remaining->to);
		break;
	case EVENT_ISSUE_REPORTER_CHANGED:
		card->reporter = event->issue_reporter_changed.to;
		break;
	case EVENT_ISSUE_SUMMARY_CHANGED:
		buf_clear(&card->summary);
		buf_append_slice(&card->summary, event->issue_summary_changed.to);
		break;
	case EVENT_ISSUE_LABELS_CHANGED:
		return labels_changed(card, &event->issue_labels_changed, err);
	case EVENT_ISSUE_COMPONENTS_CHANGED:
		change_ids(&card->components, &event->issue_components_changed.added,
		           &event->issue_components_changed.removed);
		break;
	case EVENT_ISSUE_VERSIONS_CHANGED:
		if (event->issue_versions_changed.relation == VERSION_RELATION_FIX)
			change_ids(&card->fix_versions, &event->issue_versions_changed.added,
			           &event->issue_versions_changed.removed);
		break;
	default:
		break;
	}
	return STATUS_OK;
}
