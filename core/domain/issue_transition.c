/* TransitionIssue. */
#include "core/domain/issue.h"
#include "core/domain/migration.h"
#include "core/domain/post_function.h"
#include "core/domain/transition_say.h"

void emit_transition(struct judge *judge, const struct issue_step *step, int32_t type_level,
                     struct row_issue *issue)
{
	/* What sub-tasks do concerns their parent. */
	bool has_parent = type_level < 0;

	emit_issue(judge, EVENT_ISSUE_TRANSITIONED, issue)->issue_transitioned =
	        (struct issue_transitioned){
	                .project_id = issue->project_id,
	                .from = step->from,
	                .to = step->to,
	                .from_category = step->from_category,
	                .to_category = step->to_category,
	                .has_resolution = step->to_category == STATUS_CATEGORY_DONE,
	                .resolution = step->resolution,
	                .has_parent = has_parent,
	                .parent = has_parent ? issue->parent : (struct uuid){{0}},
	                .has_transition = step->transition.n > 0,
	                .transition = step->transition,
	        };
}

struct slice first_resolution(struct judge *judge, const struct uuid *project)
{
	struct row_item item;
	bool found = default_item(judge->state, project, ITEM_RESOLUTION, &item);

	assert(found); /* one can always be chosen */
	return found ? emit_copy(judge, PADDED(item.id)) : SLICE("");
}

/* The resolution after the command: empty unless @to is a done status. */
static bool find_resolution(struct judge *judge, const struct transition_issue *command,
                            const struct row_issue *issue, const struct row_item *to,
                            struct slice *resolution)
{
	char room[CALLED_MAX];
	struct row_item item;

	*resolution = SLICE("");
	if (command->has_resolution && to->category != STATUS_CATEGORY_DONE)
		return REFUSE(judge, REJECT_RESOLUTION_NOT_DONE, "/resolution", SLICE("status "),
		              item_called(to, room),
		              SLICE(" is not a done one: it has no resolution"));
	if (command->has_resolution) {
		*resolution = command->resolution;
		return choose_item(judge, &issue->project_id, ITEM_RESOLUTION, command->resolution,
		                   "/resolution", &item);
	}
	if (to->category == STATUS_CATEGORY_DONE)
		*resolution = first_resolution(judge, &issue->project_id);
	return true;
}

/* --- which transition --- */

/* What the command asks for. */
struct wanted {
	const struct transition_issue *command;
	const char *pointer;
};

static bool check_target(struct judge *judge, const struct transition_issue *command,
                         struct wanted *wanted)
{
	int named = command->has_transition + command->has_to + command->has_category;

	wanted->command = command;
	wanted->pointer = command->has_transition ? "/transition"
	                  : command->has_category ? "/category"
	                                          : "/to";
	if (named == 1)
		return true;
	return REFUSE(judge, REJECT_BAD_TARGET, wanted->pointer,
	              named ? SLICE("transition, to and category exclude each other")
	                    : SLICE("say where to: transition, to or category"));
}

static enum status_category category_of(const struct crossing *crossing, struct slice status)
{
	struct row_item item;
	bool found =
	        read_item(crossing->state, &crossing->issue.project_id, ITEM_STATUS, status, &item);

	assert(found);
	(void)found;
	return item.category;
}

static bool is_wanted(const struct crossing *crossing, const struct wanted *wanted,
                      const struct workflow_transition *transition)
{
	const struct transition_issue *command = wanted->command;

	if (transition->kind == TRANSITION_KIND_INITIAL)
		return false;
	if (command->has_transition)
		return slice_equal(transition->id, command->transition);
	if (command->has_to)
		return slice_equal(transition->to, command->to);
	return category_of(crossing, transition->to) == command->category;
}

/* The one that is asked for, if it leads from here, and why it cannot be taken; else NULL. */
static const struct workflow_transition *find_reason(const struct crossing *crossing,
                                                     const struct wanted *wanted,
                                                     struct rule_faults *faults)
{
	for (uint32_t i = 0; i < crossing->workflow.transitions.n; i++) {
		const struct workflow_transition *t = &crossing->workflow.transitions.items[i];
		if (is_wanted(crossing, wanted, t) &&
		    transition_leaves(t, PADDED(crossing->issue.status))) {
			may_cross(crossing, t, faults);
			return t;
		}
	}
	return NULL;
}

/* "no transition leads from 'To do' (todo) to 'Done' (done)" */
static bool refuse_way(struct judge *judge, const struct crossing *crossing,
                       const struct wanted *wanted)
{
	const struct transition_issue *command = wanted->command;
	const struct uuid *project = &crossing->issue.project_id;
	char rooms[2][CALLED_MAX];
	struct slice from = item_called_of(crossing->state, project, ITEM_STATUS,
	                                   PADDED(crossing->issue.status), rooms[0]);

	if (command->has_transition)
		return REFUSE(judge, REJECT_NO_TRANSITION, wanted->pointer, SLICE("transition "),
		              transition_called(workflow_transition_find(&crossing->workflow,
		                                                         command->transition),
		                                rooms[1]),
		              SLICE(": does not start from "), from);
	if (command->has_category)
		return REFUSE(judge, REJECT_NO_TRANSITION, wanted->pointer,
		              SLICE("no transition leads from "), from,
		              SLICE(" to a status of the category "),
		              slice_str(status_category_symbol(command->category)));
	return REFUSE(judge, REJECT_NO_TRANSITION, wanted->pointer,
	              SLICE("no transition leads from "), from, SLICE(" to "),
	              item_called_of(crossing->state, project, ITEM_STATUS, command->to, rooms[1]));
}

/* What the workflow does allow: the answer that a person can act on. */
static void say_allowed(const struct crossing *crossing, const struct wanted *wanted,
                        struct decision *decision)
{
	struct rule_faults faults;
	bool first = true;

	text_add(decision->detail, sizeof(decision->detail), SLICE("; allowed:"));
	for (uint32_t i = 0; i < crossing->workflow.transitions.n; i++) {
		const struct workflow_transition *t = &crossing->workflow.transitions.items[i];
		if (!may_cross(crossing, t, &faults))
			continue;
		text_add(decision->detail, sizeof(decision->detail),
		         first ? SLICE(" ") : SLICE(", "));
		text_add(decision->detail, sizeof(decision->detail),
		         wanted->command->has_transition ? t->id : t->to);
		first = false;
	}
	if (first)
		text_add(decision->detail, sizeof(decision->detail), SLICE(" nothing"));
}

static bool refuse_transition(struct judge *judge, const struct crossing *crossing,
                              const struct wanted *wanted)
{
	const struct command_fields fields = {.otherwise = wanted->pointer};
	const struct workflow_transition *transition;
	struct rule_faults faults;

	transition = find_reason(crossing, wanted, &faults);
	if (transition)
		refuse_faults(judge, REJECT_NO_TRANSITION, crossing, transition, &faults, &fields);
	else
		refuse_way(judge, crossing, wanted);
	say_allowed(crossing, wanted, judge->decision);
	return false;
}

static bool refuse_ambiguous(struct judge *judge, const struct wanted *wanted,
                             const struct workflow_transition *a,
                             const struct workflow_transition *b)
{
	char rooms[2][CALLED_MAX];

	return REFUSE(judge, REJECT_AMBIGUOUS_TRANSITION, wanted->pointer,
	              transition_called(a, rooms[0]), SLICE(" and "),
	              transition_called(b, rooms[1]),
	              SLICE(" both lead there: name the transition"));
}

/* The one to take. Of those that lead to a category, the first. */
static bool find_transition(struct judge *judge, const struct crossing *crossing,
                            const struct wanted *wanted, const struct workflow_transition **out)
{
	struct rule_faults faults;

	*out = NULL;
	for (uint32_t i = 0; i < crossing->workflow.transitions.n; i++) {
		const struct workflow_transition *t = &crossing->workflow.transitions.items[i];
		if (!is_wanted(crossing, wanted, t) || !may_cross(crossing, t, &faults))
			continue;
		if (*out && !wanted->command->has_category)
			return refuse_ambiguous(judge, wanted, *out, t);
		if (!*out)
			*out = t;
	}
	return *out || refuse_transition(judge, crossing, wanted);
}

/* --- what its screen was given --- */

static struct slice resolution_name(void)
{
	return slice_str(issue_field_symbol(ISSUE_FIELD_RESOLUTION));
}

/* "the screen of the transition 'Start' (start) has no priority, but due_on, estimate" */
static bool refuse_off_screen(struct judge *judge, const struct crossing *crossing,
                              const struct workflow_transition *transition, struct slice name,
                              const char *pointer)
{
	struct decision *decision = judge->decision;
	struct slice_array screen = transition->screen;
	char rooms[2][CALLED_MAX];

	REFUSE(judge, REJECT_NOT_ON_SCREEN, pointer, SLICE("the screen of the transition "),
	       transition_called(transition, rooms[0]), SLICE(" has no "),
	       field_called(judge->state, &crossing->issue.project_id, name, rooms[1]));
	for (uint32_t i = 0; i < screen.n; i++) {
		text_add(decision->detail, sizeof(decision->detail),
		         i ? SLICE(", ") : SLICE(", but "));
		text_add(decision->detail, sizeof(decision->detail), screen.items[i]);
	}
	return false;
}

static bool find_on_screen(struct judge *judge, const struct crossing *crossing,
                           const struct workflow_transition *transition, struct slice name,
                           const char *pointer, struct any_field *field)
{
	if (!names_have(transition->screen, name))
		return refuse_off_screen(judge, crossing, transition, name, pointer);
	if (!read_any_field(judge->state, &crossing->issue.project_id, name, field))
		return REFUSE(judge, REJECT_UNKNOWN_FIELD, pointer, SLICE("there is no field "),
		              name);
	return field->field != ISSUE_FIELD_RESOLUTION ||
	       REFUSE(judge, REJECT_BAD_CHANGE, pointer,
	              SLICE("resolution is a member of the command, not of its fields"));
}

/* The days that are given do not contradict each other, or those that are there. */
static bool check_days(const struct command_fields *fields, const struct issue_draft *draft)
{
	static const enum issue_field days[] = {ISSUE_FIELD_START_ON, ISSUE_FIELD_DUE_ON};
	char pointer[REFUSAL_POINTER_MAX] = "/fields";

	for (size_t i = 0; i < 2 && !pointer[strlen("/fields")]; i++)
		field_pointer(fields, slice_str(issue_field_symbol(days[i])), 0, pointer);
	return draft_check(draft, pointer);
}

static bool fill_screen(struct judge *judge, const struct crossing *crossing,
                        const struct workflow_transition *transition,
                        const struct command_fields *fields, struct issue_draft *draft)
{
	struct field_value_array values = fields->fields;
	struct any_field field;

	for (uint32_t i = 0; i < values.n; i++) {
		const struct field_value *value = &values.items[i];
		struct place name = place_of("/fields", i, "/field");
		if (!find_on_screen(judge, crossing, transition, value->field, name.text, &field))
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (slice_equal(values.items[j].field, value->field))
				return REFUSE(judge, REJECT_BAD_CHANGE, name.text, SLICE("field "),
				              value->field, SLICE(" is named twice"));
		if (!draft_set(draft, &field, value->values, place_of("/fields", i, "").text))
			return false;
	}
	return check_days(fields, draft);
}

static bool lacks_resolution(const struct transition_issue *command,
                             const struct workflow_transition *transition)
{
	return !command->has_resolution && names_have(transition->screen, resolution_name());
}

/* What the screen asks for itself. */
static bool refuse_without_resolution(struct judge *judge,
                                      const struct workflow_transition *transition)
{
	char head[CALLED_MAX + 16] = "transition ", room[CALLED_MAX];

	text_add(head, sizeof(head), transition_called(transition, room));
	text_add(head, sizeof(head), SLICE(": "));
	return refuse_also(judge, REJECT_NOT_VALID, "/resolution", slice_str(head),
	                   SLICE("resolution must be given (screen)"));
}

/* All that is wrong is told at once. */
static bool check_validators(struct judge *judge, const struct crossing *crossing,
                             const struct command_fields *fields,
                             const struct transition_issue *command,
                             const struct workflow_transition *transition)
{
	bool lacks = lacks_resolution(command, transition);
	struct rule_faults faults;
	bool valid = is_valid_crossing(crossing, transition, &faults);

	if (lacks)
		refuse_without_resolution(judge, transition);
	return (!lacks && valid) ||
	       refuse_faults(judge, REJECT_NOT_VALID, crossing, transition, &faults, fields);
}

/* --- the command --- */

/* Where it is already: nothing to do, unless it should be there for another reason. */
static bool is_there(const struct crossing *crossing, const struct transition_issue *command)
{
	const struct row_issue *issue = &crossing->issue;

	if ((command->has_resolution &&
	     !slice_equal(command->resolution, PADDED(issue->resolution))) ||
	    command->fields.n || command->has_comment)
		return false;
	return command->has_category
	               ? crossing->status.category == command->category
	               : command->has_to && slice_equal(command->to, PADDED(issue->status));
}

/* Who asks for a category, and has more to say about an issue that is there, does not mean another
 * status of it. */
static bool check_elsewhere(struct judge *judge, const struct crossing *crossing,
                            const struct transition_issue *command)
{
	char room[CALLED_MAX];

	if (!command->has_category || crossing->status.category != command->category)
		return true;
	return REFUSE(judge, REJECT_NO_TRANSITION, "/category", command->issue, SLICE(" is in "),
	              item_called(&crossing->status, room), SLICE(", of the category "),
	              slice_str(status_category_symbol(command->category)), SLICE(", already"));
}

static bool check_names(struct judge *judge, const struct crossing *crossing,
                        const struct transition_issue *command)
{
	const struct uuid *project = &crossing->issue.project_id;
	char room[CALLED_MAX];
	struct row_item to;
	struct slice unused;

	if (command->has_to)
		return find_item(judge, project, ITEM_STATUS, command->to, "/to", &to) &&
		       find_resolution(judge, command, &crossing->issue, &to, &unused);
	if (command->has_transition &&
	    !workflow_transition_find(&crossing->workflow, command->transition))
		return REFUSE(
		        judge, REJECT_UNKNOWN_TRANSITION, "/transition", SLICE("the workflow "),
		        called(crossing->workflow.name, PADDED(crossing->type.workflow), room),
		        SLICE(" has no transition "), command->transition);
	return true;
}

/* Everything that the transition makes of the issue, in the order of Jira: the screen, then the
 * validators, then the post functions. */
static bool cross(struct crossing *crossing, const struct wanted *wanted,
                  const struct workflow_transition *transition, const struct row_item *to,
                  struct issue_draft *draft)
{
	const struct transition_issue *command = wanted->command;
	const struct command_fields fields = {.screen = transition->screen,
	                                      .done = to->category == STATUS_CATEGORY_DONE,
	                                      .fields = command->fields,
	                                      .otherwise = wanted->pointer};
	struct judge *judge = draft->judge;
	struct slice resolution;

	if (!fill_screen(judge, crossing, transition, &fields, draft) ||
	    !find_resolution(judge, command, &crossing->issue, to, &resolution))
		return false;
	PADDED_SET(draft->issue.resolution, resolution);
	crossing->issue = draft->issue;
	crossing->draft = draft;
	return check_validators(judge, crossing, &fields, command, transition) &&
	       run_functions(draft, transition, wanted->pointer);
}

static void emit_crossing(const struct crossing *crossing, const struct issue_draft *draft,
                          const struct workflow_transition *transition, const struct row_item *to,
                          struct row_issue *issue)
{
	struct judge *judge = draft->judge;
	struct issue_step step = {
	        .from = emit_copy(judge, PADDED(issue->status)),
	        .to = transition->to,
	        .from_category = crossing->status.category,
	        .to_category = to->category,
	        .resolution = emit_copy(judge, PADDED(draft->issue.resolution)),
	        .transition = transition->id,
	};

	emit_transition(judge, &step, crossing->type.level, issue);
	draft_emit(draft, issue);
}

static bool check_comment(struct judge *judge, const struct transition_issue *command,
                          const struct row_issue *issue, struct new_comment *comment)
{
	if (!command->has_comment)
		return true;
	comment->body = command->comment;
	return check_may(judge, PERMISSION_ADD_COMMENTS, &judge->project, issue) &&
	       check_new_comment(judge, comment, "/comment") &&
	       check_new_id(judge, &comment->id, "");
}

/* Of two who take an issue out of the status that both saw, the second is told. */
static bool check_from(struct judge *judge, const struct transition_issue *command,
                       const struct row_issue *issue)
{
	char rooms[2][CALLED_MAX];

	if (!command->has_from || slice_equal(command->from, PADDED(issue->status)))
		return true;
	return REFUSE(judge, REJECT_NO_TRANSITION, "/from", command->issue, SLICE(" is in "),
	              item_called_of(judge->state, &issue->project_id, ITEM_STATUS,
	                             PADDED(issue->status), rooms[0]),
	              SLICE(" by now, not in "),
	              item_called_of(judge->state, &issue->project_id, ITEM_STATUS, command->from,
	                             rooms[1]));
}

void decide_transition_issue(struct judge *judge, const struct transition_issue *command)
{
	transition_issue(judge, command, &judge->request->fresh[FRESH_ID]);
}

void transition_issue(struct judge *judge, const struct transition_issue *command,
                      const struct uuid *comment_id)
{
	struct crossing crossing = {.state = judge->state,
	                            .arena = judge->decision->arena,
	                            .known = &judge->workflows,
	                            .person = judge->person,
	                            .role = judge->role,
	                            .automation = judge->automation,
	                            .processor = judge->processor,
	                            .now_ms = judge->request->now_ms};
	const struct workflow_transition *transition;
	struct new_comment comment = {.id = *comment_id};
	struct issue_draft draft;
	struct row_issue issue;
	struct wanted wanted;
	struct row_item to;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !check_from(judge, command, &issue) || !check_target(judge, command, &wanted))
		return;
	crossing.issue = issue;
	if (!open_crossing(&crossing)) {
		REFUSE(judge, REJECT_TOO_LARGE, "", SLICE("no room for the workflow"));
		return;
	}
	if (!check_names(judge, &crossing, command) || is_there(&crossing, command) ||
	    !check_elsewhere(judge, &crossing, command) ||
	    !find_transition(judge, &crossing, &wanted, &transition) ||
	    !find_item(judge, &issue.project_id, ITEM_STATUS, transition->to, "", &to) ||
	    !check_comment(judge, command, &issue, &comment))
		return;
	draft_begin(judge, &issue, &crossing.type, &judge->project, &draft);
	if (!cross(&crossing, &wanted, transition, &to, &draft))
		return;
	struct row_issue at = issue;
	emit_crossing(&crossing, &draft, transition, &to, &at);
	if (command->has_comment)
		emit_comment(judge, &comment, &at);
}

void issue_remember_step(struct tenant_state *state, const struct event_meta *meta,
                         struct row_issue *issue, uint8_t from, uint8_t to)
{
	static const struct row_mover row;
	const struct actor *actor = &meta->actor;
	struct row_key key =
	        row_key_mover(&issue->id, &issue->project_id, from, to,
	                      actor->has_on_behalf_of ? &actor->on_behalf_of : &actor->id);

	issue->status_before = from;
	issue->statuses_been |= UINT64_C(1) << to;
	state->put(state, &key, &row);
}

void issue_change_status(struct tenant_state *state, const struct event_meta *meta,
                         struct row_issue *issue, struct slice status, struct slice resolution)
{
	struct row_item from, to;
	bool found =
	        read_item(state, &issue->project_id, ITEM_STATUS, PADDED(issue->status), &from) &&
	        read_item(state, &issue->project_id, ITEM_STATUS, status, &to);

	assert(found);
	(void)found;
	issue->field_version[ISSUE_FIELD_STATUS] = issue->version;
	issue->field_version[ISSUE_FIELD_RESOLUTION] = issue->version;
	issue_remember_step(state, meta, issue, from.ordinal, to.ordinal);
	PADDED_SET(issue->status, status);
	PADDED_SET(issue->resolution, resolution);
}

void evolve_issue_transitioned(struct tenant_state *state, const struct event_meta *meta,
                               const struct issue_transitioned *event)
{
	struct row_issue issue = load_issue(state, meta);

	assert(slice_equal(event->from, PADDED(issue.status)));
	assert(event->has_resolution == (event->to_category == STATUS_CATEGORY_DONE));
	issue_leave_place(state, &issue);
	issue_change_status(state, meta, &issue, event->to,
	                    event->has_resolution ? event->resolution : SLICE(""));
	issue_take_place(state, &issue);
	save_issue(state, &issue);
}
