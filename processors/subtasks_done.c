/* When all sub-tasks of an issue are done, the issue is done.
 *
 * State: tenant 0 'i' issue     -> struct issue_row, for every sub-task
 *        tenant 0 'p' parent    -> struct parent_row, counts of its sub-tasks
 * The parent's own status is not kept: an intent on a parent that is done already changes nothing
 * and is concluded as such. */
#include "processors/rule.h"

#define KEY_BYTES 96

struct issue_row {
	struct uuid parent; /* nil: none now */
	uint8_t flags;
};

enum { DONE = 1, DELETED = 2 };

struct parent_row {
	uint32_t subtasks;
	uint32_t done;
};

struct key {
	size_t n;
	char bytes[KEY_BYTES];
};

static struct slice key_of(struct key *key, struct slice tenant, char kind, const struct uuid *id)
{
	memcpy(key->bytes, tenant.data, tenant.n);
	key->bytes[tenant.n] = 0;
	key->bytes[tenant.n + 1] = kind;
	memcpy(key->bytes + tenant.n + 2, id->bytes, sizeof id->bytes);
	key->n = tenant.n + 2 + sizeof id->bytes;
	return slice_of(key->bytes, key->n);
}

static bool get(struct kv_txn *txn, struct slice key, void *row, size_t n)
{
	struct slice value;
	memset(row, 0, n);
	if (!kv_get(txn, RULE_STATE_TABLE, key, &value) || value.n != n)
		return false;
	memcpy(row, value.data, n);
	return true;
}

/* Count a sub-task in (+1) or out (-1) of its parent; returns the parent's counts after it. */
static struct parent_row count(struct kv_txn *txn, struct slice tenant, const struct uuid *parent,
                               int subtasks, int done)
{
	struct key key;
	struct parent_row row;
	struct slice at = key_of(&key, tenant, 'p', parent);
	get(txn, at, &row, sizeof row);
	row.subtasks = (uint32_t)((int)row.subtasks + subtasks);
	row.done = (uint32_t)((int)row.done + done);
	kv_put(txn, RULE_STATE_TABLE, at, slice_of(&row, sizeof row));
	return row;
}

static void finish_parent(const struct rule *rule, struct rule_run *run, const struct event *event,
                          const struct uuid *parent)
{
	char text[UUID_TEXT];
	uuid_format(parent, text);
	struct command command = {.type = COMMAND_TRANSITION_ISSUE};
	command.transition_issue.issue = rule_text(run, slice_of(text, UUID_TEXT));
	command.transition_issue.has_category = true;
	command.transition_issue.category = STATUS_CATEGORY_DONE;
	rule_intend(run, rule, event, "transition", parent, &command);
}

static void on_created(struct kv_txn *txn, const struct event *event)
{
	const struct issue_created *created = &event->issue_created;
	struct key key;
	if (!slice_is(created->type, "subtask"))
		return;
	struct issue_row row = {0};
	if (created->has_parent) {
		row.parent = created->parent;
		count(txn, event->meta.tenant, &row.parent, 1, 0);
	}
	kv_put(txn, RULE_STATE_TABLE,
	       key_of(&key, event->meta.tenant, 'i', &event->meta.aggregate.id),
	       slice_of(&row, sizeof row));
}

/* A sub-task left its parent, by itself: whoever is left there may all be done. */
static void on_left(const struct rule *rule, struct kv_txn *txn, const struct event *event,
                    const struct issue_row *row, struct rule_run *run)
{
	bool done = row->flags & DONE;
	struct parent_row left = count(txn, event->meta.tenant, &row->parent, -1, done ? -1 : 0);
	if (left.subtasks > 0 && left.done == left.subtasks && !done)
		finish_parent(rule, run, event, &row->parent);
}

/* What becomes a sub-task has no parent until the event behind says which. */
static void on_converted(const struct rule *rule, struct kv_txn *txn, const struct event *event,
                         struct rule_run *run)
{
	const struct issue_converted *converted = &event->issue_converted;
	struct issue_row row = {0};
	struct key key;
	struct slice at = key_of(&key, event->meta.tenant, 'i', &event->meta.aggregate.id);
	if (slice_is(converted->to_type, "subtask")) {
		row.flags = converted->to_category == STATUS_CATEGORY_DONE ? DONE : 0;
		kv_put(txn, RULE_STATE_TABLE, at, slice_of(&row, sizeof row));
	} else if (get(txn, at, &row, sizeof row)) {
		kv_del(txn, RULE_STATE_TABLE, at);
		if (!uuid_is_nil(&row.parent))
			on_left(rule, txn, event, &row, run);
	}
}

static void on_status(const struct rule *rule, struct kv_txn *txn, const struct event *event,
                      bool is_done, struct rule_run *run)
{
	struct key key;
	struct issue_row row;
	struct slice at = key_of(&key, event->meta.tenant, 'i', &event->meta.aggregate.id);
	if (!get(txn, at, &row, sizeof row) || ((row.flags & DONE) != 0) == is_done)
		return;
	row.flags ^= DONE;
	kv_put(txn, RULE_STATE_TABLE, at, slice_of(&row, sizeof row));
	/* a deleted one moves when its workflow changes, and is not counted */
	if (uuid_is_nil(&row.parent) || row.flags & DELETED)
		return;
	struct parent_row parent = count(txn, event->meta.tenant, &row.parent, 0, is_done ? 1 : -1);
	if (is_done && parent.done == parent.subtasks)
		finish_parent(rule, run, event, &row.parent);
}

static void on_parent_changed(const struct rule *rule, struct kv_txn *txn,
                              const struct event *event, struct rule_run *run)
{
	const struct issue_parent_changed *changed = &event->issue_parent_changed;
	struct key key;
	struct issue_row row;
	struct slice at = key_of(&key, event->meta.tenant, 'i', &event->meta.aggregate.id);
	if (!get(txn, at, &row, sizeof row))
		return;
	if (!uuid_is_nil(&row.parent))
		on_left(rule, txn, event, &row, run);
	row.parent = changed->has_to ? changed->to : (struct uuid){{0}};
	kv_put(txn, RULE_STATE_TABLE, at, slice_of(&row, sizeof row));
	if (changed->has_to)
		count(txn, event->meta.tenant, &row.parent, 1, (row.flags & DONE) ? 1 : 0);
}

/* A deleted sub-task counts no more, a restored one again. One that goes along with its parent does
 * not finish it. */
static void on_kept(const struct rule *rule, struct kv_txn *txn, const struct event *event,
                    struct rule_run *run)
{
	bool deleted = event->type == EVENT_ISSUE_DELETED;
	bool along = deleted && event->issue_deleted.with_parent;
	struct key key;
	struct issue_row row;
	struct slice at = key_of(&key, event->meta.tenant, 'i', &event->meta.aggregate.id);
	if (!get(txn, at, &row, sizeof row))
		return;
	row.flags ^= DELETED;
	kv_put(txn, RULE_STATE_TABLE, at, slice_of(&row, sizeof row));
	if (uuid_is_nil(&row.parent))
		return;
	int n = deleted ? -1 : 1;
	struct parent_row parent =
	        count(txn, event->meta.tenant, &row.parent, n, (row.flags & DONE) ? n : 0);
	if (deleted && !along && !(row.flags & DONE) && parent.subtasks > 0 &&
	    parent.done == parent.subtasks)
		finish_parent(rule, run, event, &row.parent);
}

static void on_event(const struct rule *rule, struct kv_txn *txn, const struct event *event,
                     struct rule_run *run)
{
	if (event->type == EVENT_ISSUE_CREATED)
		on_created(txn, event);
	else if (event->type == EVENT_ISSUE_TRANSITIONED)
		on_status(rule, txn, event,
		          event->issue_transitioned.to_category == STATUS_CATEGORY_DONE, run);
	else if (event->type == EVENT_ISSUE_MOVED)
		on_status(rule, txn, event, event->issue_moved.to_category == STATUS_CATEGORY_DONE,
		          run);
	else if (event->type == EVENT_ISSUE_CONVERTED)
		on_converted(rule, txn, event, run);
	else if (event->type == EVENT_ISSUE_PARENT_CHANGED)
		on_parent_changed(rule, txn, event, run);
	else if (event->type == EVENT_ISSUE_DELETED || event->type == EVENT_ISSUE_RESTORED)
		on_kept(rule, txn, event, run);
}

const struct rule rule_subtasks_done = {
        .id = {{0x6e, 0x1b, 0x7c, 0x0a, 0x35, 0x0e, 0x4d, 0x53, 0x9a, 0x61, 0x1f, 0x0d, 0x5c, 0x82,
                0x77, 0x01}},
        .name = "subtasks-done",
        .version = 1,
        .on_event = on_event,
};
