/* The labels of a project: how many issues have each. A label that no issue has is not there;
 * issues that are deleted are not counted, archived ones are, as with components. */
#include "core/codec/normal_text.h"
#include "projections/issue_inside.h"
#include "projections/issue_reading.h"

static void label_key(const struct issue_applying *a, const struct uuid *project,
                      struct slice label)
{
	issue_key(&a->view->key, a->tenant, project);
	buf_append_slice(&a->view->key, label);
}

static bool unpack(struct slice row, uint32_t *issues)
{
	struct row_in in = row_in(row);
	*issues = row_take_u32(&in);
	return !in.bad && in.at == in.end;
}

/* --- fold --- */

static enum status count_label(const struct issue_applying *a, const struct uuid *project,
                               struct slice label, int change)
{
	struct slice row;
	uint32_t issues = 0;
	label_key(a, project, label);
	bool found = kv_get(a->view->txn, LABELS, buf_slice(&a->view->key), &row);
	if ((found && !unpack(row, &issues)) || (!issues && change < 0))
		return error_set(a->err, STATUS_INVALID, "a label that no issue has comes off");
	issues += (uint32_t)change;
	buf_clear(&a->view->value);
	row_u32(&a->view->value, issues);
	if (issues)
		issue_put(a, LABELS, buf_slice(&a->view->value));
	else
		kv_del(a->view->txn, LABELS, buf_slice(&a->view->key));
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

static void label_json(struct json_out *json, struct slice label, uint32_t issues)
{
	json_out_object(json);
	json_out_member_string(json, "label", label);
	json_out_member_int(json, "issues", issues);
	json_out_object_end(json);
}

/* Behind the label that is in r->key, which begins with @prefix_n bytes of the project. */
static void labels_json(struct issue_reading *r, size_t prefix_n, const struct labels_query *query)
{
	struct slice key, row, from = buf_slice(&r->key), label = {NULL, 0}, last = {NULL, 0};
	struct kv_cursor *cursor = kv_cursor_open(r->txn, LABELS);
	uint32_t issues, n = 0, looked = 0;
	bool more = kv_seek(cursor, from, &key, &row), cut = false;
	if (more && slice_equal(key, from))
		more = kv_next(cursor, &key, &row);
	json_out_object(r->json);
	json_out_key(r->json, "items");
	json_out_array(r->json);
	for (; more && key.n > prefix_n && memcmp(key.data, from.data, prefix_n) == 0;
	     more = kv_next(cursor, &key, &row)) {
		label = slice_of(key.data + prefix_n, key.n - prefix_n);
		bool wanted = (!query->name.n || text_has_word(label, query->name)) &&
		              unpack(row, &issues);
		cut = looked++ == LABELS_LOOKED || (wanted && n == query->limit);
		if (cut)
			break;
		if (wanted) {
			label_json(r->json, label, issues);
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
	json_out_object_end(r->json);
	kv_cursor_close(cursor);
}

enum status labels_read(struct view *view, struct slice tenant, struct slice project_key,
                        const struct labels_query *query, struct buf *out, uint64_t *position,
                        struct error *err)
{
	struct json_out json;
	struct issue_reading r = {.tenant = tenant, .json = &json, .err = err};
	size_t start = out->n;
	json_out_init(&json, out);
	enum status status = issue_project_open(&r, view, project_key, position);
	if (!status && query->after.n > LABEL_MAX)
		status = error_set(err, STATUS_INVALID, "cursor is not one of this list");
	if (!status) {
		issue_key(&r.key, tenant, &r.id);
		size_t prefix_n = r.key.n;
		buf_append_slice(&r.key, query->after);
		labels_json(&r, prefix_n, query);
	}
	status = issue_reading_close(&r, status);
	if (status)
		out->n = start;
	return status;
}
