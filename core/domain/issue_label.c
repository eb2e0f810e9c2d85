/* Labels of issues: kept in rows of their own, told in order. Another row for each, under the
 * project and the label, finds the issues that have it. */
#include "core/domain/issue.h"
#include "core/domain/label.h"

bool check_labels(struct judge *judge, struct slice_array labels, const char *pointer)
{
	char room[TEXT_NUMBER_MAX];

	for (uint32_t i = 0; i < labels.n; i++)
		if (!text_is_label(labels.items[i]))
			return REFUSE(judge, REJECT_BAD_LABEL, pointer, SLICE("label "),
			              text_number(i, room), SLICE(": \""), labels.items[i],
			              SLICE("\""));
	if (labels.n > ISSUE_LABELS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY_LABELS, pointer, text_number(labels.n, room),
		              SLICE(" are named"));
	return true;
}

static bool has_label(const struct tenant_state *state, const struct row_issue *issue,
                      struct slice label)
{
	struct row_key key = row_key_label(&issue->id, label);
	struct row_label row;

	return state->get(state, &key, &row);
}

/* Insert @label where it belongs, unless it is there. */
static void insert_label(struct slice *sorted, uint32_t *n, struct slice label)
{
	uint32_t at = *n;

	while (at && slice_compare(sorted[at - 1], label) > 0)
		at--;
	if (at && slice_equal(sorted[at - 1], label))
		return;
	memmove(sorted + at + 1, sorted + at, (*n - at) * sizeof(*sorted));
	sorted[at] = label;
	++*n;
}

struct slice_array labels_of(struct judge *judge, const struct row_issue *issue)
{
	struct row_key key = row_key_label(&issue->id, SLICE(""));
	struct slice_array labels = {NULL, 0};
	struct row_label row;

	if (!issue->labels)
		return labels;
	struct slice *items = emit_room(judge, issue->labels * sizeof(*items));
	while (items && judge->state->next(judge->state, &key, false, &row) &&
	       memcmp(key.bytes, issue->id.bytes, sizeof(issue->id.bytes)) == 0 &&
	       labels.n < issue->labels)
		items[labels.n++] =
		        emit_copy(judge, slice_of((const char *)key.bytes + sizeof(issue->id),
		                                  key.n - sizeof(issue->id)));
	labels.items = items;
	return labels;
}

struct slice_array labels_select(struct judge *judge, const struct row_issue *issue,
                                 struct slice_array labels, bool present)
{
	struct slice_array selected = {NULL, 0};

	if (!labels.n)
		return selected;
	struct slice *sorted = emit_room(judge, labels.n * sizeof(*sorted));
	if (!sorted)
		return selected;
	for (uint32_t i = 0; i < labels.n; i++)
		if (!issue || has_label(judge->state, issue, labels.items[i]) == present)
			insert_label(sorted, &selected.n, labels.items[i]);
	selected.items = sorted;
	return selected;
}

static bool check_disjoint(struct judge *judge, const struct label_issue *command)
{
	for (uint32_t i = 0; i < command->add.n; i++)
		for (uint32_t j = 0; j < command->remove.n; j++)
			if (slice_equal(command->add.items[i], command->remove.items[j]))
				return REFUSE(judge, REJECT_BAD_LABEL, "/remove",
				              command->add.items[i],
				              SLICE(" is put on and taken off at once"));
	return true;
}

void decide_label_issue(struct judge *judge, const struct label_issue *command)
{
	struct row_issue issue;
	char room[TEXT_NUMBER_MAX];

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !check_labels(judge, command->add, "/add") ||
	    !check_labels(judge, command->remove, "/remove") || !check_disjoint(judge, command) ||
	    !check_labels_listed(judge, project_of_issue(judge, &issue), &issue, command->add,
	                         "/add"))
		return;
	struct slice_array added = labels_select(judge, &issue, command->add, false);
	struct slice_array removed = labels_select(judge, &issue, command->remove, true);
	uint32_t labels = issue.labels + added.n - removed.n;
	if (labels > ISSUE_LABELS_MAX) {
		REFUSE(judge, REJECT_TOO_MANY_LABELS, "/add", SLICE("the issue would have "),
		       text_number(labels, room));
		return;
	}
	if (!added.n && !removed.n)
		return;
	emit_issue(judge, EVENT_ISSUE_LABELS_CHANGED, &issue)->issue_labels_changed =
	        (struct issue_labels_changed){added, removed};
}

void issue_add_labels(struct tenant_state *state, struct row_issue *issue,
                      struct slice_array labels)
{
	static const struct row_label row;
	static const struct row_labelled_issue found;

	for (uint32_t i = 0; i < labels.n; i++) {
		struct row_key key = row_key_label(&issue->id, labels.items[i]);
		state->put(state, &key, &row);
		key = row_key_labelled_issue(&issue->project_id, labels.items[i], &issue->id);
		state->put(state, &key, &found);
	}
	issue->labels += labels.n;
}

void evolve_issue_labels_changed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct issue_labels_changed *event)
{
	struct row_issue issue = load_issue(state, meta);

	issue.field_version[ISSUE_FIELD_LABELS] = issue.version;
	issue_add_labels(state, &issue, event->added);
	for (uint32_t i = 0; i < event->removed.n; i++) {
		struct row_key key = row_key_label(&issue.id, event->removed.items[i]);
		state->del(state, &key);
		key = row_key_labelled_issue(&issue.project_id, event->removed.items[i], &issue.id);
		state->del(state, &key);
	}
	assert(issue.labels >= event->removed.n);
	issue.labels -= event->removed.n;
	save_issue(state, &issue);
}

void issue_move_labels(struct tenant_state *state, const struct row_issue *issue,
                       const struct uuid *to)
{
	static const struct row_labelled_issue found;
	const size_t head = sizeof(issue->id.bytes);
	struct row_key key = row_key_label(&issue->id, SLICE(""));
	struct row_label row;

	while (state->next(state, &key, false, &row) &&
	       memcmp(key.bytes, issue->id.bytes, head) == 0) {
		struct slice label = slice_of((const char *)key.bytes + head, key.n - head);
		struct row_key at = row_key_labelled_issue(&issue->project_id, label, &issue->id);
		state->del(state, &at);
		at = row_key_labelled_issue(to, label, &issue->id);
		state->put(state, &at, &found);
	}
}
