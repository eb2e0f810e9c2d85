/* EditLabel and RemoveLabel. What names the label comes to name the other one, or nothing: first
 * the rules and post functions of workflows, then the filters of boards, then the issues, deleted
 * ones too, each in one event; then the label is what it is called now, or gone. A rule that would
 * be left without labels is not dropped: what it kept for some issues would be open to all. */
#include "core/domain/any_field.h"
#include "core/domain/board.h"
#include "core/domain/issue.h"
#include "core/domain/label.h"
#include "core/domain/project.h"
#include "core/domain/workflow_replace.h"

struct relabelling {
	struct workflow_replacing workflows;
	struct judge *judge;
	struct row_project project;
	struct slice from, to; /* to is empty: nothing takes its place */
	const char *pointer;   /* where the command names it */
	bool listed;
	struct row_project_label row; /* what is listed of it */
};

/* --- workflows --- */

static bool rule_names(const struct workflow_replacing *workflows, const struct workflow_rule *rule)
{
	const struct relabelling *r = (const struct relabelling *)workflows;

	return rule->has_field && rule->field == ISSUE_FIELD_LABELS &&
	       names_have(rule->values, r->from);
}

static bool function_names(const struct workflow_replacing *workflows,
                           const struct post_function *function)
{
	const struct relabelling *r = (const struct relabelling *)workflows;
	struct any_field field;

	if (!names_have(function->values, r->from))
		return false;
	if (function->kind != POST_FUNCTION_KIND_SET)
		return function->kind == POST_FUNCTION_KIND_ADD_LABELS ||
		       function->kind == POST_FUNCTION_KIND_REMOVE_LABELS;
	return read_any_field(r->judge->state, &r->project.id, function->field, &field) &&
	       field.field == ISSUE_FIELD_LABELS;
}

static struct slice_array replace(const struct relabelling *r, struct slice_array labels)
{
	return r->to.n ? replace_text(r->judge, labels, r->from, r->to)
	               : leave_out_text(r->judge, labels, r->from);
}

static bool replace_in_rule(struct workflow_replacing *workflows,
                            const struct workflow_place *place, struct workflow_rule *rule)
{
	const struct relabelling *r = (const struct relabelling *)workflows;

	rule->values = replace(r, rule->values);
	if (r->judge->decision->reject)
		return false;
	return rule->values.n ||
	       REFUSE(r->judge, REJECT_IN_USE, "/detach", SLICE("workflow "), place->workflow,
	              SLICE(", transition "), place->transition,
	              SLICE(": a rule would be left without labels: change it, or name "
	                    "replace_with"));
}

static bool replace_in_function(struct workflow_replacing *workflows,
                                struct post_function *function)
{
	function->values = replace((const struct relabelling *)workflows, function->values);
	return function->values.n > 0;
}

static void relabelling_begin(struct judge *judge, struct slice label, struct relabelling *r)
{
	memset(r, 0, sizeof(*r));
	r->workflows = (struct workflow_replacing){.judge = judge,
	                                           .project = &r->project,
	                                           .rule_names = rule_names,
	                                           .replace_in_rule = replace_in_rule,
	                                           .function_names = function_names,
	                                           .replace_in_function = replace_in_function};
	r->judge = judge;
	r->from = label;
}

/* --- issues --- */

static uint32_t count_issues(const struct relabelling *r)
{
	struct labelled walk = labelled_issues(r->judge->state, &r->project.id, r->from);
	struct uuid issue;
	uint32_t n = 0;

	while (next_labelled(&walk, &issue))
		n++;
	return n;
}

static struct slice_array one_label(struct judge *judge, struct slice label)
{
	struct slice *room = label.n ? emit_room(judge, sizeof(*room)) : NULL;

	if (room)
		*room = label;
	return (struct slice_array){room, room != NULL};
}

static void relabel_issues(const struct relabelling *r)
{
	const struct slice_array none = {NULL, 0}, removed = one_label(r->judge, r->from),
	                         added = one_label(r->judge, r->to);
	struct labelled walk = labelled_issues(r->judge->state, &r->project.id, r->from);
	struct row_issue issue;
	struct row_label row;
	struct uuid id;

	while (r->judge->decision->reject == REJECT_NONE && next_labelled(&walk, &id)) {
		struct row_key key = row_key_label(&id, r->to);
		bool has_it = r->to.n && r->judge->state->get(r->judge->state, &key, &row);
		bool found = read_issue(r->judge->state, &id, &issue);
		assert(found);
		(void)found;
		emit_issue(r->judge, EVENT_ISSUE_LABELS_CHANGED, &issue)->issue_labels_changed =
		        (struct issue_labels_changed){has_it ? none : added, removed};
	}
}

/* Everywhere; false: refused. */
static bool relabel(struct relabelling *r)
{
	char room[TEXT_NUMBER_MAX];
	uint32_t issues = count_issues(r);

	r->workflows.pointer = r->pointer;
	if (issues >= DECISION_EVENTS_MAX)
		return REFUSE(r->judge, REJECT_TOO_LARGE, "/label", text_number(issues, room),
		              SLICE(" issues have it: take it off some first"));
	if (!replace_in_workflows(&r->workflows))
		return false;
	replace_label_on_boards(r->judge, &r->project.id, r->from, r->to, r->pointer);
	relabel_issues(r);
	return r->judge->decision->reject == REJECT_NONE;
}

/* --- EditLabel --- */

static bool is_cleared(const struct edit_label *command, enum label_field field)
{
	for (uint32_t i = 0; i < command->clear.n; i++)
		if (command->clear.items[i] == field)
			return true;
	return false;
}

static bool check_clear(struct judge *judge, const struct edit_label *command)
{
	const bool given[LABEL_FIELDS] = {[LABEL_FIELD_COLOR] = command->has_color,
	                                  [LABEL_FIELD_DESCRIPTION] = command->has_description};

	for (uint32_t i = 0; i < command->clear.n; i++)
		if (given[command->clear.items[i]])
			return REFUSE(judge, REJECT_BAD_CLEAR, "/clear",
			              slice_str(label_field_symbol(command->clear.items[i])),
			              SLICE(" is set and emptied at once"));
	return true;
}

static bool check_name(const struct relabelling *r)
{
	struct judge *judge = r->judge;
	const struct uuid *project = &r->project.id;

	if (!text_is_label(r->to))
		return REFUSE(judge, REJECT_BAD_LABEL, "/name", SLICE("\""), r->to, SLICE("\""));
	if (label_is_there(judge->state, project, r->to))
		return REFUSE(judge, REJECT_NAME_TAKEN, "/name", SLICE("the project has \""), r->to,
		              SLICE("\": RemoveLabel with replace_with makes one of the two"));
	if (r->project.only_listed && !r->listed)
		return REFUSE(
		        judge, REJECT_UNKNOWN_LABEL, "/label", SLICE("\""), r->from,
		        SLICE("\" is not listed: AddLabel lists it, RemoveLabel replaces it"));
	return !r->listed || check_not_listed(judge, project, r->to, r->from, "/name");
}

static bool check_edit(const struct relabelling *r, const struct edit_label *command)
{
	bool more = command->has_color || command->has_description || command->clear.n;

	if (more && !r->listed)
		return REFUSE(r->judge, REJECT_UNKNOWN_LABEL, "/label", SLICE("\""), r->from,
		              SLICE("\" is not listed: AddLabel lists it"));
	return check_clear(r->judge, command) && (!r->to.n || check_name(r)) &&
	       (!command->has_color || check_color(r->judge, command->color)) &&
	       (!command->has_description ||
	        check_note(r->judge, command->description, "/description"));
}

static struct project_label edited(const struct relabelling *r, const struct edit_label *command)
{
	struct project_label label = label_as_event(r->judge, r->to.n ? r->to : r->from, &r->row);

	if (command->has_color || is_cleared(command, LABEL_FIELD_COLOR)) {
		label.has_color = command->has_color;
		label.color = command->color;
	}
	if (command->has_description || is_cleared(command, LABEL_FIELD_DESCRIPTION))
		label.description = command->has_description ? command->description : SLICE("");
	return label;
}

static bool differ(const struct project_label *a, const struct project_label *b)
{
	return !slice_equal(a->label, b->label) || a->has_color != b->has_color ||
	       (a->has_color && !slice_equal(a->color, b->color)) ||
	       !slice_equal(a->description, b->description);
}

void decide_edit_label(struct judge *judge, const struct edit_label *command)
{
	struct relabelling r;

	relabelling_begin(judge, command->label, &r);
	r.pointer = "/name";
	if (command->has_name && !slice_equal(command->name, command->label))
		r.to = command->name;
	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &r.project) ||
	    !find_label(judge, &r.project.id, r.from, &r.listed, &r.row) ||
	    !check_edit(&r, command) || (r.to.n && !relabel(&r)))
		return;
	struct project_label before = label_as_event(judge, r.from, &r.row);
	struct project_label after = edited(&r, command);
	if (differ(&before, &after))
		emit_project(judge, EVENT_LABEL_EDITED, &r.project)->label_edited =
		        (struct label_edited){before, after, r.listed};
}

/* --- RemoveLabel --- */

static bool check_unused(const struct relabelling *r)
{
	char issues[TEXT_NUMBER_MAX], boards[TEXT_NUMBER_MAX];
	char workflows[TEXT_NUMBER_MAX], drafts[TEXT_NUMBER_MAX];
	struct workflows_naming naming = find_workflows_naming(&r->workflows);
	uint32_t on_issues = count_issues(r);
	uint32_t filtering = count_boards_with_label(r->judge, &r->project.id, r->from);

	if (r->judge->decision->reject)
		return false;
	if (!on_issues && !filtering && !naming.workflows && !naming.drafts)
		return true;
	return REFUSE(r->judge, REJECT_IN_USE, "/label", text_number(on_issues, issues),
	              SLICE(" issues, "), text_number(filtering, boards), SLICE(" boards, "),
	              text_number(naming.workflows, workflows), SLICE(" workflows, "),
	              text_number(naming.drafts, drafts),
	              SLICE(" drafts have it: name replace_with, or detach"));
}

static bool check_replacement(const struct relabelling *r, const struct remove_label *command)
{
	struct judge *judge = r->judge;
	const struct removal removal = {.has_replacement = command->has_replace_with,
	                                .is_itself = slice_equal(r->from, r->to),
	                                .detach = command->detach};

	if (!check_removal(judge, &removal))
		return false;
	if (!command->has_replace_with)
		return command->detach || check_unused(r);
	if (!label_is_there(judge->state, &r->project.id, r->to))
		return REFUSE(judge, REJECT_NO_SUCH_LABEL, "/replace_with",
		              SLICE("the project has no label \""), r->to,
		              SLICE("\": EditLabel renames one"));
	return !r->project.only_listed || read_listed(judge->state, &r->project.id, r->to, NULL) ||
	       REFUSE(judge, REJECT_UNKNOWN_LABEL, "/replace_with", SLICE("\""), r->to,
	              SLICE("\" is not listed"));
}

void decide_remove_label(struct judge *judge, const struct remove_label *command)
{
	struct relabelling r;

	relabelling_begin(judge, command->label, &r);
	r.pointer = "/replace_with";
	if (command->has_replace_with)
		r.to = command->replace_with;
	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &r.project) ||
	    !find_label(judge, &r.project.id, r.from, &r.listed, &r.row) ||
	    !check_replacement(&r, command) || !relabel(&r))
		return;
	struct project_label was = label_as_event(judge, r.from, &r.row);
	emit_project(judge, EVENT_LABEL_REMOVED, &r.project)->label_removed =
	        (struct label_removed){.label = was,
	                               .listed = r.listed,
	                               .has_replaced_by = command->has_replace_with,
	                               .replaced_by = command->replace_with};
}
