/* EditIssue: one event for the type, each field that changes, and all custom ones; the type first,
 * so that what comes behind is of an issue that has it. */
#include "core/domain/conversion.h"
#include "core/domain/issue_field.h"

bool issue_has_field(struct issue_field_array fields, enum issue_field field)
{
	for (uint32_t i = 0; i < fields.n; i++)
		if (fields.items[i] == field)
			return true;
	return false;
}

static bool check_unchanged(struct judge *judge, const struct edit_issue *command,
                            const struct row_issue *issue)
{
	for (uint32_t i = 0; i < command->if_unchanged.n; i++) {
		enum issue_field field = command->if_unchanged.items[i];
		assert((unsigned)field < ISSUE_FIELDS);
		if (issue->field_version[field] > command->expected_version)
			return REFUSE(judge, REJECT_VERSION_MISMATCH, "/if_unchanged",
			              slice_str(issue_field_symbol(field)), SLICE(" has changed"));
	}
	return check_fields_unchanged(judge, issue, command->if_fields_unchanged,
	                              command->expected_version);
}

/* expected_version alone guards the whole issue, with if_unchanged and if_fields_unchanged only the
 * fields named there. */
static bool check_edit_version(struct judge *judge, const struct edit_issue *command,
                               const struct row_issue *issue)
{
	bool named = command->if_unchanged.n || command->if_fields_unchanged.n;
	int64_t expected = command->expected_version;

	judge->decision->version = issue->version;
	if (!named)
		return check_version(judge, command->has_expected_version, expected,
		                     issue->version);
	if (!command->has_expected_version || expected > issue->version)
		return REFUSE(
		        judge, REJECT_VERSION_MISMATCH, "/expected_version",
		        slice_str(command->if_unchanged.n ? "if_unchanged" : "if_fields_unchanged"),
		        SLICE(" needs the version that was read"));
	return check_unchanged(judge, command, issue);
}

static bool is_set(const struct edit_issue *command, enum issue_field field)
{
	return (field == ISSUE_FIELD_DUE_ON && command->has_due_on) ||
	       (field == ISSUE_FIELD_START_ON && command->has_start_on) ||
	       (field == ISSUE_FIELD_ESTIMATE && command->has_estimate) ||
	       (field == ISSUE_FIELD_REMAINING && command->has_remaining) ||
	       (field == ISSUE_FIELD_PARENT && command->has_parent) ||
	       (field == ISSUE_FIELD_DESCRIPTION && command->has_description);
}

static bool can_be_empty(enum issue_field field)
{
	return field == ISSUE_FIELD_DUE_ON || field == ISSUE_FIELD_START_ON ||
	       field == ISSUE_FIELD_ESTIMATE || field == ISSUE_FIELD_REMAINING ||
	       field == ISSUE_FIELD_PARENT || field == ISSUE_FIELD_DESCRIPTION;
}

static bool check_clear(struct judge *judge, const struct edit_issue *command)
{
	for (uint32_t i = 0; i < command->clear.n; i++) {
		enum issue_field field = command->clear.items[i];
		if (!can_be_empty(field))
			return REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
			              slice_str(issue_field_symbol(field)),
			              SLICE(" cannot be emptied"));
		if (is_set(command, field))
			return REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
			              slice_str(issue_field_symbol(field)),
			              SLICE(" is set and emptied at once"));
	}
	return true;
}

static bool check_values(struct judge *judge, const struct edit_issue *command,
                         const struct row_issue *issue, const struct conversion *conversion)
{
	struct row_item priority;

	return check_clear(judge, command) &&
	       (!command->has_summary || check_line(judge, command->summary, "/summary")) &&
	       (!command->has_description ||
	        check_body(judge, command->description, "/description")) &&
	       (!command->has_priority || choose_item(judge, &issue->project_id, ITEM_PRIORITY,
	                                              command->priority, "/priority", &priority)) &&
	       check_resolution(judge, command, issue, conversion) &&
	       check_given_reporter(judge, project_of_issue(judge, issue), issue,
	                            command->has_reporter, &command->reporter) &&
	       check_plan(judge, command, issue);
}

/* The parent that nothing is said of, under an issue that comes to be of another level. */
static bool check_kept_parent(struct judge *judge, const struct row_issue *issue,
                              const struct conversion *conversion)
{
	const struct row_item *type = &conversion->after;

	if (type->level == conversion->before.level)
		return true;
	if (!uuid_is_nil(&issue->parent))
		return REFUSE(
		        judge, REJECT_PARENT_TYPE, "/type", PADDED(type->id),
		        SLICE(" cannot stay below its parent: name another one, or clear it"));
	return !type_needs_parent(type) || REFUSE(judge, REJECT_PARENT_NEEDED, "/parent",
	                                          PADDED(type->id), SLICE(" needs a parent"));
}

/* The parent after the command: as it is, another one, or none (nil). */
static bool find_new_parent(struct judge *judge, const struct edit_issue *command,
                            const struct row_issue *issue, const struct conversion *conversion,
                            struct uuid *parent)
{
	const struct row_item *type = &conversion->after;
	struct row_issue row;

	*parent = issue->parent;
	if (issue_has_field(command->clear, ISSUE_FIELD_PARENT)) {
		memset(parent, 0, sizeof(*parent));
		return !type_needs_parent(type) ||
		       REFUSE(judge, REJECT_PARENT_NEEDED, "/clear", PADDED(type->id),
		              SLICE(" needs a parent"));
	}
	if (!command->has_parent)
		return check_kept_parent(judge, issue, conversion);
	if (!find_open_issue(judge, command->parent, "/parent", &row) ||
	    (!uuid_equal(&row.id, &issue->parent) &&
	     !check_adoption(judge, &issue->project_id, &row)) ||
	    !check_parent(judge, &issue->id, type, &row, "/parent"))
		return false;
	*parent = row.id;
	return true;
}

void edit_summary(struct judge *judge, struct slice summary, struct row_issue *issue)
{
	struct row_key key = row_key_summary(&issue->id);
	struct row_summary row;
	bool found = judge->state->get(judge->state, &key, &row);

	assert(found);
	(void)found;
	if (slice_equal(summary, slice_of(row.text, row.n)))
		return;
	struct slice from = emit_copy(judge, slice_of(row.text, row.n));
	emit_issue(judge, EVENT_ISSUE_SUMMARY_CHANGED, issue)->issue_summary_changed =
	        (struct issue_summary_changed){from, summary};
}

void edit_description(struct judge *judge, struct slice description, struct row_issue *issue)
{
	struct text_hash hash = text_hash(description);

	if (memcmp(hash.words, issue->description_hash, sizeof(hash.words)) == 0)
		return;
	emit_issue(judge, EVENT_ISSUE_DESCRIPTION_CHANGED, issue)->issue_description_changed =
	        (struct issue_description_changed){description, issue->description_seq};
}

void edit_priority(struct judge *judge, struct slice priority, struct row_issue *issue)
{
	if (slice_equal(priority, PADDED(issue->priority)))
		return;
	struct slice from = emit_copy(judge, PADDED(issue->priority));
	emit_issue(judge, EVENT_ISSUE_PRIORITY_CHANGED, issue)->issue_priority_changed =
	        (struct issue_priority_changed){from, priority};
}

void edit_parent(struct judge *judge, const struct uuid *parent, struct row_issue *issue)
{
	if (uuid_equal(parent, &issue->parent))
		return;
	emit_issue(judge, EVENT_ISSUE_PARENT_CHANGED, issue)->issue_parent_changed =
	        (struct issue_parent_changed){.has_from = !uuid_is_nil(&issue->parent),
	                                      .from = issue->parent,
	                                      .has_to = !uuid_is_nil(parent),
	                                      .to = *parent};
}

static bool plan_its_fields(struct judge *judge, const struct edit_issue *command,
                            const struct row_issue *issue, const struct conversion *conversion,
                            struct field_change_array *fields)
{
	return conversion->changes ? plan_converted_fields(judge, issue, &conversion->after,
	                                                   command->fields, fields)
	                           : plan_fields(judge, issue, command->fields, "/fields", fields);
}

void decide_edit_issue(struct judge *judge, const struct edit_issue *command)
{
	struct row_issue issue;
	struct field_change_array fields;
	struct conversion conversion;
	struct uuid parent;

	if (!find_issue(judge, command->issue, &issue) ||
	    !check_edit_version(judge, command, &issue) || !check_issue_open(judge, &issue) ||
	    !check_occurred_at(judge, &issue) ||
	    !plan_conversion(judge, command, &issue, &conversion) ||
	    !check_values(judge, command, &issue, &conversion) ||
	    !find_new_parent(judge, command, &issue, &conversion, &parent) ||
	    !plan_its_fields(judge, command, &issue, &conversion, &fields))
		return;
	emit_conversion(judge, &conversion, &issue);
	if (command->has_summary)
		edit_summary(judge, command->summary, &issue);
	if (command->has_description || issue_has_field(command->clear, ISSUE_FIELD_DESCRIPTION))
		edit_description(judge, command->has_description ? command->description : SLICE(""),
		                 &issue);
	if (command->has_priority)
		edit_priority(judge, command->priority, &issue);
	edit_resolution(judge, command, &issue);
	if (command->has_reporter)
		edit_reporter(judge, &command->reporter, &issue);
	edit_plan(judge, command, &issue);
	edit_parent(judge, &parent, &issue);
	emit_field_changes(judge, fields, &issue);
}

struct row_issue load_field(const struct tenant_state *state, const struct event_meta *meta,
                            enum issue_field field)
{
	struct row_issue issue = load_issue(state, meta);

	issue.field_version[field] = issue.version;
	return issue;
}

void evolve_issue_summary_changed(struct tenant_state *state, const struct event_meta *meta,
                                  const struct issue_summary_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_SUMMARY);

	issue_set_summary(state, &issue.id, event->to);
	save_issue(state, &issue);
}

void evolve_issue_description_changed(struct tenant_state *state, const struct event_meta *meta,
                                      const struct issue_description_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_DESCRIPTION);

	issue_set_description(&issue, event->to, meta->seq);
	save_issue(state, &issue);
}

void evolve_issue_priority_changed(struct tenant_state *state, const struct event_meta *meta,
                                   const struct issue_priority_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_PRIORITY);

	PADDED_SET(issue.priority, event->to);
	save_issue(state, &issue);
}

void evolve_issue_parent_changed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct issue_parent_changed *event)
{
	static const struct uuid none;
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_PARENT);

	issue_set_parent(state, &issue, event->has_to ? &event->to : &none);
	save_issue(state, &issue);
}
