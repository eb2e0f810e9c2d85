/* Screens and post functions: whether a draft names what there is, and what functions do. */
#include "core/domain/post_function.h"

#include "core/domain/called.h"
#include "core/domain/label.h"

/* --- checking a draft --- */

static struct place function_place(uint32_t transition, uint32_t index, const char *member)
{
	struct place list = place_of("/transitions", transition, "/functions");

	return place_of(list.text, index, member);
}

static const struct row_item *target_of(const struct workflow_checking *c, uint32_t index)
{
	return items_find(c->statuses, c->workflow->transitions.items[index].to);
}

/* A resolution is set with a done status only. */
static bool check_settable(const struct workflow_checking *c, uint32_t index, struct slice name,
                           const char *pointer, struct any_field *field)
{
	if (!read_any_field(c->judge->state, c->project, name, field))
		return REFUSE(c->judge, REJECT_UNKNOWN_FIELD, pointer, SLICE("there is no field "),
		              name);
	if (!any_field_can_be_set(field))
		return REFUSE(c->judge, REJECT_BAD_WORKFLOW, pointer, name,
		              SLICE(" is not set by a transition"));
	if (field->field == ISSUE_FIELD_RESOLUTION &&
	    target_of(c, index)->category != STATUS_CATEGORY_DONE)
		return REFUSE(c->judge, REJECT_RESOLUTION_NOT_DONE, pointer,
		              c->workflow->transitions.items[index].to,
		              SLICE(" is not a done status"));
	return true;
}

bool check_screen(const struct workflow_checking *c, uint32_t index)
{
	const struct workflow_transition *transition = &c->workflow->transitions.items[index];
	struct slice_array screen = transition->screen;
	struct any_field field;

	if (screen.n > WORKFLOW_SCREEN_MAX ||
	    (screen.n && transition->kind == TRANSITION_KIND_INITIAL))
		return REFUSE(c->judge, REJECT_BAD_WORKFLOW,
		              place_of("/transitions", index, "/screen").text,
		              screen.n > WORKFLOW_SCREEN_MAX
		                      ? SLICE("at most 50 fields")
		                      : SLICE("CreateIssue has all fields of an issue"));
	for (uint32_t i = 0; i < screen.n; i++) {
		struct place list = place_of("/transitions", index, "/screen");
		struct place place = place_of(list.text, i, "");
		if (!check_settable(c, index, screen.items[i], place.text, &field))
			return false;
		if (names_have((struct slice_array){screen.items, i}, screen.items[i]))
			return REFUSE(c->judge, REJECT_BAD_WORKFLOW, place.text,
			              SLICE("names twice "), screen.items[i]);
	}
	return true;
}

enum part { FIELD = 1, VALUES = 2, SOURCE = 4, ASSIGNEE = 8, MEMBER = 16 };

static const struct {
	int part;
	const char *member;
} parts[] = {{FIELD, "/field"},
             {VALUES, "/values"},
             {SOURCE, "/source"},
             {ASSIGNEE, "/assignee"},
             {MEMBER, "/member"}};

static int needs(const struct post_function *function)
{
	switch (function->kind) {
	case POST_FUNCTION_KIND_ASSIGN:
		return ASSIGNEE | (function->assignee == ASSIGNEE_CHOICE_MEMBER ? MEMBER : 0);
	case POST_FUNCTION_KIND_SET:
		return FIELD | VALUES;
	case POST_FUNCTION_KIND_CLEAR:
		return FIELD;
	case POST_FUNCTION_KIND_COPY:
		return FIELD | SOURCE;
	case POST_FUNCTION_KIND_ADD_LABELS:
	case POST_FUNCTION_KIND_REMOVE_LABELS:
		return VALUES;
	case POST_FUNCTION_KIND_UNKNOWN:
		break;
	}
	return 0;
}

static bool check_function_parts(const struct workflow_checking *c, uint32_t index, uint32_t at,
                                 const struct post_function *function)
{
	struct slice kind = slice_str(post_function_kind_symbol(function->kind));
	int has = (function->has_field ? FIELD : 0) | (function->values.n ? VALUES : 0) |
	          (function->has_source ? SOURCE : 0) | (function->has_assignee ? ASSIGNEE : 0) |
	          (function->has_member ? MEMBER : 0);
	int wanted = needs(function);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((has ^ wanted) & parts[i].part)
			return REFUSE(c->judge, REJECT_BAD_WORKFLOW,
			              function_place(index, at, parts[i].member).text, kind,
			              wanted & parts[i].part ? SLICE(" needs ") : SLICE(" has no "),
			              slice_str(parts[i].member + 1));
	return true;
}

/* As if somebody typed the values now, into an issue that has nothing yet. */
static bool check_set(const struct workflow_checking *c, const struct post_function *function,
                      const struct any_field *field, const char *pointer)
{
	static const struct row_item type = {.level = 0};
	struct row_project project;
	char values[REFUSAL_POINTER_MAX] = "";
	struct field_wish wish = {.project = c->project,
	                          .field = &field->custom,
	                          .values = function->values,
	                          .pointer = values};
	struct slice_array canonical;
	struct issue_draft draft;

	text_add(values, sizeof(values), slice_str(pointer));
	text_add(values, sizeof(values), SLICE("/values"));
	if (field->field == ISSUE_FIELD_UNKNOWN)
		return check_field_values(c->judge, &wish, &canonical);
	bool found = read_project(c->judge->state, c->project, &project);
	assert(found);
	(void)found;
	draft_begin(c->judge, NULL, &type, &project, &draft);
	draft.issue.project_id = *c->project;
	return field->field == ISSUE_FIELD_PARENT
	               ? REFUSE(c->judge, REJECT_BAD_WORKFLOW, values,
	                        SLICE("a parent is not the same for all issues"))
	               : draft_set(&draft, field, function->values, pointer);
}

static bool check_copy(const struct workflow_checking *c, const struct post_function *function,
                       const struct any_field *field, const char *pointer)
{
	struct any_field source;

	if (!read_any_field(c->judge->state, c->project, function->source, &source))
		return REFUSE(c->judge, REJECT_UNKNOWN_FIELD, pointer, SLICE("there is no field "),
		              function->source);
	enum field_sort from = any_field_sort(&source), to = any_field_sort(field);
	if (from != SORT_OTHER && from != SORT_LONG_TEXT &&
	    (from == to || (from == SORT_TEXT && to == SORT_LONG_TEXT)))
		return true;
	return REFUSE(c->judge, REJECT_BAD_WORKFLOW, pointer, function->source,
	              SLICE(" cannot be copied to "), function->field);
}

static bool check_named_field(const struct workflow_checking *c, uint32_t index, uint32_t at,
                              const struct post_function *function)
{
	struct any_field field;

	if (!check_settable(c, index, function->field, function_place(index, at, "/field").text,
	                    &field))
		return false;
	if (function->kind == POST_FUNCTION_KIND_SET)
		return check_set(c, function, &field, function_place(index, at, "").text);
	if (function->kind == POST_FUNCTION_KIND_COPY)
		return check_copy(c, function, &field, function_place(index, at, "/source").text);
	return any_field_can_be_empty(&field) ||
	       REFUSE(c->judge, REJECT_BAD_CLEAR, function_place(index, at, "/field").text,
	              function->field, SLICE(" cannot be emptied"));
}

static bool check_function_labels(const struct workflow_checking *c,
                                  const struct post_function *function, const char *pointer)
{
	struct row_project project;
	bool found = read_project(c->judge->state, c->project, &project);

	assert(found);
	(void)found;
	return check_labels(c->judge, function->values, pointer) &&
	       (function->kind == POST_FUNCTION_KIND_REMOVE_LABELS ||
	        check_labels_listed(c->judge, &project, NULL, function->values, pointer));
}

static bool check_function(const struct workflow_checking *c, uint32_t index, uint32_t at)
{
	const struct post_function *function =
	        &c->workflow->transitions.items[index].functions.items[at];

	if (!check_function_parts(c, index, at, function))
		return false;
	if (function->kind == POST_FUNCTION_KIND_ASSIGN)
		return !function->has_member ||
		       check_member(c->judge, &function->member,
		                    function_place(index, at, "/member").text);
	if (function->kind == POST_FUNCTION_KIND_ADD_LABELS ||
	    function->kind == POST_FUNCTION_KIND_REMOVE_LABELS)
		return check_function_labels(c, function,
		                             function_place(index, at, "/values").text);
	return check_named_field(c, index, at, function);
}

bool check_functions(const struct workflow_checking *c, uint32_t index)
{
	uint32_t n = c->workflow->transitions.items[index].functions.n;

	if (n > WORKFLOW_FUNCTIONS_MAX)
		return REFUSE(c->judge, REJECT_BAD_WORKFLOW,
		              place_of("/transitions", index, "/functions").text,
		              SLICE("at most 32 functions"));
	for (uint32_t i = 0; i < n; i++)
		if (!check_function(c, index, i))
			return false;
	return true;
}

/* --- running them --- */

/* NULL: nobody gets it. @room is for one of them. */
static const struct uuid *chosen_assignee(const struct issue_draft *draft,
                                          const struct post_function *function, struct uuid *room)
{
	switch (function->assignee) {
	case ASSIGNEE_CHOICE_REPORTER:
		return &draft->issue.reporter;
	case ASSIGNEE_CHOICE_ACTOR:
		return &draft->judge->person;
	case ASSIGNEE_CHOICE_MEMBER:
		return &function->member;
	case ASSIGNEE_CHOICE_LEAD:
		return &draft->project.lead;
	case ASSIGNEE_CHOICE_COMPONENT:
		return draft_component_assignee(draft, room);
	case ASSIGNEE_CHOICE_NOBODY:
	case ASSIGNEE_CHOICE_UNKNOWN:
		break;
	}
	return NULL;
}

/* Who cannot be assigned (a lead who left, a rule that acts) gets nothing. */
static void assign(struct issue_draft *draft, const struct post_function *function)
{
	struct uuid room;
	const struct uuid *member = chosen_assignee(draft, function, &room);

	if (function->assignee == ASSIGNEE_CHOICE_NOBODY)
		draft_assign(draft, NULL);
	else if (member && can_be_assigned(draft->judge, &draft->project, &draft->issue, member))
		draft_assign(draft, member);
}

static struct any_field labels_field(void)
{
	struct any_field field = {.field = ISSUE_FIELD_LABELS};

	return field;
}

static bool change_labels(struct issue_draft *draft, const struct post_function *function)
{
	const struct any_field field = labels_field();
	struct slice_array has = draft_values(draft, &field), labels;
	struct slice *items =
	        emit_room(draft->judge, (has.n + function->values.n) * sizeof(*items));

	if (!items)
		return false;
	labels = (struct slice_array){items, 0};
	for (uint32_t i = 0; i < has.n; i++)
		if (function->kind == POST_FUNCTION_KIND_ADD_LABELS ||
		    !names_have(function->values, has.items[i]))
			items[labels.n++] = has.items[i];
	for (uint32_t i = 0;
	     i < function->values.n && function->kind == POST_FUNCTION_KIND_ADD_LABELS; i++)
		if (!names_have(labels, function->values.items[i]))
			items[labels.n++] = function->values.items[i];
	return draft_set(draft, &field, labels, "");
}

/* What cannot be empty stays as it is when the source is. */
static bool copy(struct issue_draft *draft, const struct post_function *function,
                 const struct any_field *field)
{
	struct any_field source;
	struct slice_array values;

	if (!read_any_field(draft->judge->state, &draft->issue.project_id, function->source,
	                    &source))
		return REFUSE(draft->judge, REJECT_UNKNOWN_FIELD, "", SLICE("there is no field "),
		              function->source);
	values = draft_values(draft, &source);
	if (!values.n && !any_field_can_be_empty(field))
		return true;
	return draft_set(draft, field, values, "");
}

static bool run_function(struct issue_draft *draft, const struct post_function *function)
{
	struct any_field field;

	if (function->kind == POST_FUNCTION_KIND_ASSIGN) {
		assign(draft, function);
		return draft->judge->decision->reject == REJECT_NONE;
	}
	if (function->kind == POST_FUNCTION_KIND_ADD_LABELS ||
	    function->kind == POST_FUNCTION_KIND_REMOVE_LABELS)
		return change_labels(draft, function);
	if (!read_any_field(draft->judge->state, &draft->issue.project_id, function->field, &field))
		return REFUSE(draft->judge, REJECT_UNKNOWN_FIELD, "", SLICE("there is no field "),
		              function->field);
	if (function->kind == POST_FUNCTION_KIND_COPY)
		return copy(draft, function, &field);
	return draft_set(draft, &field, function->values, "");
}

/* "transition 'Start' (start), post function set: priority: ..."; @function NULL: what all of them
 * come to. */
static bool refuse_function(struct judge *judge, const struct workflow_transition *transition,
                            const struct post_function *function, const char *pointer)
{
	char head[CALLED_MAX + 64] = "transition ", room[CALLED_MAX];

	text_add(head, sizeof(head), transition_called(transition, room));
	text_add(head, sizeof(head),
	         function ? SLICE(", post function ") : SLICE(", post functions"));
	if (function)
		text_add(head, sizeof(head), slice_str(post_function_kind_symbol(function->kind)));
	text_add(head, sizeof(head), SLICE(": "));
	refuse_for(judge, slice_str(head));
	return refuse_at(judge, pointer);
}

bool run_functions(struct issue_draft *draft, const struct workflow_transition *transition,
                   const char *pointer)
{
	for (uint32_t i = 0; i < transition->functions.n; i++) {
		const struct post_function *function = &transition->functions.items[i];
		if (!run_function(draft, function))
			return refuse_function(draft->judge, transition, function, pointer);
	}
	return draft_check(draft, pointer) ||
	       refuse_function(draft->judge, transition, NULL, pointer);
}
