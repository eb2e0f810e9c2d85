/* The event of custom fields that change, and what it does to rows. */
#include "core/domain/issue_field.h"

void emit_field_changes(struct judge *judge, struct field_change_array changes,
                        struct row_issue *issue)
{
	if (changes.n)
		emit_issue(judge, EVENT_ISSUE_FIELDS_CHANGED, issue)->issue_fields_changed.changes =
		        changes;
}

static enum field_kind count_issue(struct tenant_state *state, const struct uuid *project,
                                   struct slice id, int change)
{
	struct row_key key = row_key_field(project, id);
	struct row_field field;
	bool found = state->get(state, &key, &field);

	assert(found && (change > 0 || field.issues > 0));
	(void)found;
	field.issues = (uint32_t)((int64_t)field.issues + change);
	put_field(state, project, &field);
	return field.kind;
}

static void count_option(struct tenant_state *state, const struct uuid *project, struct slice field,
                         struct slice id, int change)
{
	struct row_field_option option;

	if (!read_field_option(state, project, field, id, &option))
		return; /* the field was removed */
	assert(change > 0 || option.issues > 0);
	option.issues = (uint32_t)((int64_t)option.issues + change);
	save_field_option(state, project, field, &option);
}

static bool is_among(struct slice_array values, struct slice value)
{
	for (uint32_t i = 0; i < values.n; i++)
		if (slice_equal(values.items[i], value))
			return true;
	return false;
}

static void count_options(struct tenant_state *state, const struct uuid *project,
                          const struct field_change *change)
{
	struct slice_array from = change->from, to = change->to;

	for (uint32_t i = 0; i < from.n; i++)
		if (!is_among(to, from.items[i]))
			count_option(state, project, change->field, from.items[i], -1);
	for (uint32_t i = 0; i < to.n; i++)
		if (!is_among(from, to.items[i]))
			count_option(state, project, change->field, to.items[i], 1);
}

/* What the row says besides the version. */
static void value_after(const struct tenant_state *state, const struct field_change *change,
                        int64_t seq, struct row_field_value *value)
{
	struct text_hash hash;

	memset(value, 0, offsetof(struct row_field_value, packed));
	if (change->has_copied_from) {
		bool found = read_field_value(state, &change->copied_from, change->field, value);
		assert(found && value->text_seq == change->text_seq);
		(void)found;
		return;
	}
	value->size = field_values_size(change->to);
	if (!change->to.n)
		return;
	if (change->kind != FIELD_KIND_PARAGRAPH) {
		bool fits = field_pack(change->to, value->packed, &value->n);
		assert(fits);
		(void)fits;
		return;
	}
	hash = text_hash(change->to.items[0]);
	memcpy(value->text_hash, hash.words, sizeof(hash.words));
	value->text_seq = seq;
}

static void change_field(struct tenant_state *state, const struct field_change *change, int64_t seq,
                         struct row_issue *issue)
{
	struct row_key key = row_key_field_value(&issue->id, change->field);
	struct row_field_value value;
	bool had_value = read_field_value(state, &issue->id, change->field, &value);
	bool has_value = change->to.n || change->has_copied_from;

	assert(had_value || has_value);
	if (had_value)
		issue->field_bytes -= value.size;
	value_after(state, change, seq, &value);
	issue->field_bytes += value.size;
	value.version = issue->version;
	state->put(state, &key, &value);
	if (field_has_options(change->kind))
		count_options(state, &issue->project_id, change);
	if (had_value == has_value)
		return;
	issue->fields = has_value ? issue->fields + 1 : issue->fields - 1;
	count_issue(state, &issue->project_id, change->field, has_value ? 1 : -1);
}

void evolve_issue_fields_changed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct issue_fields_changed *event)
{
	struct row_issue issue = load_issue(state, meta);

	for (uint32_t i = 0; i < event->changes.n; i++)
		change_field(state, &event->changes.items[i], meta->seq, &issue);
	save_issue(state, &issue);
}

static void count_value(struct tenant_state *state, const struct uuid *project,
                        const struct values_walk *walk, int change)
{
	struct slice packed = slice_of(walk->value.packed, walk->value.n), option;

	if (field_has_options(count_issue(state, project, walk->field, change)))
		while (field_next(&packed, &option))
			count_option(state, project, walk->field, option, change);
}

void move_fields(struct tenant_state *state, const struct row_issue *issue, const struct uuid *to)
{
	struct values_walk walk;

	if (!issue->fields)
		return;
	walk_field_values(&walk, state, &issue->id);
	while (next_field_value(&walk)) {
		count_value(state, &issue->project_id, &walk, -1);
		count_value(state, to, &walk, 1);
	}
}
