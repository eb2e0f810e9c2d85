/* The labels of a project: those that it lists, and how many issues have each. One that is not
 * listed and on no issue is not there; issues that are deleted are not counted, archived ones are,
 * as with components. */
#include "core/codec/normal_text.h"
#include "projections/issue_inside.h"
#include "projections/issue_reading.h"

/* --- fold --- */

static void label_key(const struct issue_applying *a, const struct uuid *project,
                      struct slice label)
{
	issue_key(&a->view->key, a->tenant, project);
	buf_append_slice(&a->view->key, label);
}

/* Of none: zeros. */
static bool get_label(const struct issue_applying *a, const struct uuid *project,
                      struct slice label, struct label_row *out)
{
	struct slice row;
	label_key(a, project, label);
	*out = (struct label_row){.issues = 0};
	return !kv_get(a->view->txn, LABELS, buf_slice(&a->view->key), &row) ||
	       label_row_unpack(row, out);
}

static void put_label(const struct issue_applying *a, const struct uuid *project,
                      struct slice label, const struct label_row *row)
{
	label_row_pack(row, &a->view->value);
	label_key(a, project, label);
	if (row->issues || row->listed)
		issue_put(a, LABELS, buf_slice(&a->view->value));
	else
		kv_del(a->view->txn, LABELS, buf_slice(&a->view->key));
}

/* @listed: NULL: it is not, any more. */
static enum status set_listed(const struct issue_applying *a, struct slice label,
                              const struct project_label *listed)
{
	const struct uuid *project = &a->meta->aggregate.id;
	struct label_row row;
	if (!get_label(a, project, label, &row))
		return error_set(a->err, STATUS_INVALID, "the row of a label is damaged");
	row = (struct label_row){.issues = row.issues, .listed = listed != NULL};
	if (listed && listed->has_color)
		row.color = listed->color;
	if (listed)
		row.description = listed->description;
	put_label(a, project, label, &row);
	return STATUS_OK;
}

enum status issue_listed_apply(const struct issue_applying *a, const struct event *event)
{
	const struct label_edited *edited = &event->label_edited;
	const struct label_removed *removed = &event->label_removed;
	enum status status = STATUS_OK;
	if (event->type == EVENT_LABEL_ADDED) {
		status = set_listed(a, event->label_added.label.label, &event->label_added.label);
	} else if (event->type == EVENT_LABEL_EDITED && edited->listed) {
		status = set_listed(a, edited->before.label, NULL);
		if (!status)
			status = set_listed(a, edited->after.label, &edited->after);
	} else if (event->type == EVENT_LABEL_REMOVED && removed->listed) {
		status = set_listed(a, removed->label.label, NULL);
	}
	return status;
}

static enum status count_label(const struct issue_applying *a, const struct uuid *project,
                               struct slice label, int change)
{
	struct label_row row;
	if (!get_label(a, project, label, &row) || (!row.issues && change < 0))
		return error_set(a->err, STATUS_INVALID, "a label that no issue has comes off");
	row.issues += (uint32_t)change;
	put_label(a, project, label, &row);
	return STATUS_OK;
}

static enum status count_labels(const struct issue_applying *a, const struct uuid *project,
                                struct slice_array labels, int change)
{
	for (uint32_t i = 0; i < labels.n; i++)
		if (count_label(a, project, labels.items[i], change))
			return STATUS_INVALID;
	return STATUS_OK;
}

/* All that the issue has. Its row is read again: what was put since moved it. */
static enum status count_issue(const struct issue_applying *a, const struct uuid *project,
                               int change)
{
	struct issue_row issue;
	struct slice row;
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	if (!kv_get(a->view->txn, ISSUES, buf_slice(&a->view->key), &row) ||
	    !issue_row_unpack(row, &issue))
		return error_set(a->err, STATUS_INVALID, "an issue that is not there");
	buf_clear(a->labels);
	buf_append_slice(a->labels, issue.labels);
	for (struct row_in in = row_in(buf_slice(a->labels)); in.at < in.end;)
		if (count_label(a, project, row_take_string(&in), change))
			return STATUS_INVALID;
	return STATUS_OK;
}

enum status issue_labels_apply(const struct issue_applying *a, const struct event *event,
                               const struct uuid *project, bool seen)
{
	const struct issue_labels_changed *changed = &event->issue_labels_changed;
	enum status status = STATUS_OK;
	if (event->type == EVENT_ISSUE_CREATED) {
		status = count_labels(a, project, event->issue_created.labels, 1);
	} else if (event->type == EVENT_ISSUE_LABELS_CHANGED && seen) {
		status = count_labels(a, project, changed->removed, -1);
		if (!status)
			status = count_labels(a, project, changed->added, 1);
	} else if (event->type == EVENT_ISSUE_MOVED && seen) {
		status = count_issue(a, project, -1);
		if (!status)
			status = count_issue(a, &event->issue_moved.to_project_id, 1);
	} else if (event->type == EVENT_ISSUE_DELETED) {
		status = count_issue(a, project, -1);
	} else if (event->type == EVENT_ISSUE_RESTORED) {
		status = count_issue(a, project, 1);
	}
	return status;
}

/* --- read --- */

static void label_json(struct json_out *json, struct slice label, const struct label_row *row)
{
	json_out_object(json);
	json_out_member_string(json, "label", label);
	json_out_member_int(json, "issues", row->issues);
	json_out_member_bool(json, "listed", row->listed);
	json_out_key(json, "color");
	if (row->color.n)
		json_out_string(json, row->color);
	else
		json_out_null(json);
	json_out_member_string(json, "description", row->description);
	json_out_object_end(json);
}

static bool only_listed(struct issue_reading *r)
{
	struct project_row project;
	return issue_kept_project(r, &r->id, &project) && project.only_listed;
}

static bool has_text(struct slice label, struct slice text)
{
	struct buf letters = {0};
	text_base_letters(label, &letters);
	bool has = base_letters_have_word(buf_slice(&letters), text);
	buf_release(&letters);
	return has;
}

/* Behind the label that is in r->key, which begins with @prefix_n bytes of the project. */
static void labels_json(struct issue_reading *r, size_t prefix_n, const struct labels_query *query)
{
	struct slice key, row, from = buf_slice(&r->key), label = {NULL, 0}, last = {NULL, 0};
	struct kv_cursor *cursor = kv_cursor_open(r->txn, LABELS);
	struct label_row found;
	struct buf text = {0};
	uint32_t n = 0, looked = 0;
	text_base_letters(query->text, &text);
	bool more = kv_seek(cursor, from, &key, &row), cut = false;
	if (more && slice_equal(key, from))
		more = kv_next(cursor, &key, &row);
	json_out_key(r->json, "items");
	json_out_array(r->json);
	for (; more && key.n > prefix_n && memcmp(key.data, from.data, prefix_n) == 0;
	     more = kv_next(cursor, &key, &row)) {
		label = slice_of(key.data + prefix_n, key.n - prefix_n);
		bool wanted = (!query->text.n || has_text(label, buf_slice(&text))) &&
		              label_row_unpack(row, &found);
		cut = looked++ == LABELS_LOOKED || (wanted && n == query->limit);
		if (cut)
			break;
		if (wanted) {
			label_json(r->json, label, &found);
			n++;
		}
		last = label;
	}
	json_out_array_end(r->json);
	json_out_key(r->json, "next");
	if (cut)
		json_out_string(r->json, last);
	else
		json_out_null(r->json);
	kv_cursor_close(cursor);
	buf_release(&text);
}

enum status labels_read(struct view *view, struct slice tenant, struct slice project,
                        const struct labels_query *query, struct buf *out, uint64_t *position,
                        struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .json = &json, .err = err};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = issue_project_open(&r, view, project, position);
	if (!status && query->after.n > LABEL_MAX)
		status = error_set(err, STATUS_INVALID, "cursor is not one of this list");
	if (!status) {
		json_out_object(&json);
		json_out_member_str(&json, "policy",
		                    label_policy_symbol(only_listed(&r) ? LABEL_POLICY_LISTED
		                                                        : LABEL_POLICY_OPEN));
		issue_key(&r.key, tenant, &r.id);
		size_t prefix_n = r.key.n;
		buf_append_slice(&r.key, query->after);
		labels_json(&r, prefix_n, query);
		json_out_object_end(&json);
	}
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}
