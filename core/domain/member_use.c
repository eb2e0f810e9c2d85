/* The walk goes project by project (each has its own version to count), then over the issues of the
 * whole tenant in the order of their rows, then over boards, which may show several projects. There
 * is no index of who is named where: assigning an issue is frequent and would pay for it each time,
 * removing a member is rare and reads everything once. */
#include "core/domain/member_use.h"

#include "core/domain/board.h"
#include "core/domain/issue_field.h"
#include "core/domain/permission_scheme.h"
#include "core/domain/project.h"

/* --- lists of members --- */

bool removal_in_ids(const struct member_removal *r, struct uuid_array ids)
{
	return uuid_is_among(&r->member, ids.items, ids.n);
}

bool removal_in_texts(const struct member_removal *r, struct slice_array texts)
{
	return texts_have_id(texts, &r->member);
}

struct uuid_array removal_replace_ids(const struct member_removal *r, struct uuid_array ids)
{
	struct uuid *items = emit_room(r->workflows.judge, ids.n * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; i < ids.n && items; i++) {
		const struct uuid *id = &ids.items[i];
		bool twice = false;
		if (uuid_equal(id, &r->member))
			id = r->replacement;
		for (uint32_t k = 0; k < n && id; k++)
			twice = twice || uuid_equal(&items[k], id);
		if (id && !twice)
			items[n++] = *id;
	}
	return (struct uuid_array){items, n};
}

struct slice_array removal_replace_texts(const struct member_removal *r, struct slice_array texts)
{
	return replace_id_text(r->workflows.judge, texts, &r->member, r->replacement_text);
}

/* --- projects --- */

static bool goes_on(const struct member_removal *r)
{
	return r->workflows.judge->decision->reject == REJECT_NONE;
}

static void in_lead(struct member_removal *r, struct row_project *project)
{
	static const struct uuid nil;

	if (!uuid_equal(&project->lead, &r->member))
		return;
	r->uses.projects++;
	if (!r->counting)
		edit_lead(r->workflows.judge, r->replacement != NULL,
		          r->replacement ? r->replacement : &nil, project);
}

static void replace_id(const struct member_removal *r, struct uuid *id)
{
	static const struct uuid nil;

	if (uuid_equal(id, &r->member))
		*id = r->replacement ? *r->replacement : nil;
}

static void in_components(struct member_removal *r, struct row_project *project)
{
	const struct tenant_state *state = r->workflows.judge->state;
	struct uuid id, *behind = NULL;
	struct row_component before, after;

	for (; goes_on(r) && next_part(state, ROW_PROJECT_COMPONENT, &project->id, behind, &id);
	     behind = &id) {
		struct row_key key = row_key_component(&id);
		bool found = state->get(state, &key, &before);
		assert(found);
		(void)found;
		after = before;
		replace_id(r, &after.lead);
		replace_id(r, &after.default_assignee);
		if (memcmp(&before, &after, sizeof(before)) == 0)
			continue;
		r->uses.components++;
		if (!r->counting)
			edit_component(r->workflows.judge, &id, &before, &after, project);
	}
}

/* Values of a set are sorted; one value is. */
static struct slice_array replace_values(const struct member_removal *r, struct slice_array values)
{
	struct slice_array replaced = removal_replace_texts(r, values);
	struct slice *items = (struct slice *)replaced.items;

	for (uint32_t i = 1; i < replaced.n; i++)
		for (uint32_t k = i; k && slice_compare(items[k - 1], items[k]) > 0; k--) {
			struct slice swapped = items[k];
			items[k] = items[k - 1];
			items[k - 1] = swapped;
		}
	return replaced;
}

static bool is_default(const struct member_removal *r, const struct uuid *project,
                       const struct row_field *field)
{
	struct row_field_texts row;

	return !field->removed && field->has_default && field_has_members(field->kind) &&
	       field_packed_has(
	               read_field_texts(r->workflows.judge->state, project, PADDED(field->id), &row)
	                       .default_values,
	               r->text);
}

static void in_defaults(struct member_removal *r, struct row_project *project)
{
	struct judge *judge = r->workflows.judge;
	struct row_field field;

	memset(&field, 0, sizeof(field));
	while (goes_on(r) && next_field(judge->state, &project->id, &field)) {
		if (!is_default(r, &project->id, &field))
			continue;
		r->uses.defaults++;
		if (r->counting)
			continue;
		struct field_settings before = read_field_settings(judge, &project->id, &field),
		                      after = before;
		after.default_values = replace_values(r, before.default_values);
		struct slice id = emit_copy(judge, PADDED(field.id));
		emit_project(judge, EVENT_FIELD_EDITED, project)->field_edited =
		        (struct field_edited){id, before, after};
	}
}

static void in_workflows(struct member_removal *r)
{
	struct arena *arena = r->workflows.judge->decision->arena, mark = *arena;

	if (!r->counting) {
		replace_in_workflows(&r->workflows);
		return;
	}
	struct workflows_naming naming = find_workflows_naming(&r->workflows);
	*arena = mark;
	r->uses.workflows += naming.workflows;
	r->uses.drafts += naming.drafts;
}

static void in_projects(struct member_removal *r)
{
	struct judge *judge = r->workflows.judge;
	struct row_key key = row_key_first(ROW_PROJECT);
	struct row_project project;

	r->workflows.project = &project;
	while (goes_on(r) && judge->state->next(judge->state, &key, false, &project)) {
		in_lead(r, &project);
		in_components(r, &project);
		if (project.fields)
			in_defaults(r, &project);
		if (goes_on(r))
			in_workflows(r);
		if (!r->counting && goes_on(r))
			leave_roles_in(judge, &r->member, &project);
	}
}

/* --- issues --- */

static bool check_can_take(struct member_removal *r, const struct row_issue *issue)
{
	struct judge *judge = r->workflows.judge;
	const struct row_project *project = project_of_issue(judge, issue);
	char number[TEXT_NUMBER_MAX];

	if (!r->has_rights || !uuid_equal(&r->rights_project, &project->id)) {
		const struct holder holder = {*r->replacement, r->role};
		r->rights = rights_in(judge->state, &holder, project);
		r->rights_project = project->id;
		r->has_rights = true;
	}
	if (rights_give(&r->rights, PERMISSION_BROWSE_PROJECT, r->replacement, issue) &&
	    rights_give(&r->rights, PERMISSION_BE_ASSIGNED, r->replacement, issue))
		return true;
	return REFUSE(judge, REJECT_NOT_ASSIGNABLE, "/replace_with", r->replacement_text,
	              SLICE(" may not be assigned issues of "), PADDED(project->key), SLICE(": "),
	              PADDED(project->key), SLICE("-"),
	              text_number((uint64_t)issue->number, number));
}

static void in_assignee(struct member_removal *r, struct row_issue *issue)
{
	static const struct uuid nil;

	if (!uuid_equal(&issue->assignee, &r->member))
		return;
	r->uses.issues++;
	if (!r->counting && (!r->replacement || check_can_take(r, issue)))
		edit_assignee(r->workflows.judge, r->replacement ? r->replacement : &nil, issue);
}

static bool is_value(const struct member_removal *r, const struct row_issue *issue,
                     const struct values_walk *walk, struct row_field *field)
{
	return field_packed_has(slice_of(walk->value.packed, walk->value.n), r->text) &&
	       read_field(r->workflows.judge->state, &issue->project_id, walk->field, field) &&
	       field_has_members(field->kind);
}

static void in_values(struct member_removal *r, struct row_issue *issue)
{
	struct judge *judge = r->workflows.judge;
	struct field_change *items = NULL;
	struct values_walk walk;
	struct row_field field;
	uint32_t n = 0;

	walk_field_values(&walk, judge->state, &issue->id);
	while (next_field_value(&walk)) {
		if (!is_value(r, issue, &walk, &field))
			continue;
		if (!r->counting && !items &&
		    !(items = emit_room(judge, issue->fields * sizeof(*items))))
			return;
		if (items) {
			items[n] = field_change_of(judge, &field, &walk.value,
			                           (struct slice_array){NULL, 0});
			items[n].to = replace_values(r, items[n].from);
		}
		n++;
	}
	r->uses.values += n > 0;
	if (items)
		emit_field_changes(judge, (struct field_change_array){items, n}, issue);
}

static void in_issues(struct member_removal *r)
{
	const struct tenant_state *state = r->workflows.judge->state;
	struct row_key key = row_key_first(ROW_ISSUE);
	struct row_issue issue;

	while (goes_on(r) && state->next(state, &key, false, &issue)) {
		in_assignee(r, &issue);
		if (issue.fields && goes_on(r))
			in_values(r, &issue);
	}
}

/* --- boards --- */

static bool has_members(const struct member_removal *r, struct uuid_array projects, struct slice id)
{
	struct row_field field;

	for (uint32_t i = 0; i < projects.n; i++)
		if (read_field(r->workflows.judge->state, &projects.items[i], id, &field) &&
		    field_has_members(field.kind))
			return true;
	return false;
}

static bool asks_for(const struct member_removal *r, struct uuid_array projects,
                     const struct field_condition *condition)
{
	return removal_in_texts(r, condition->values) && has_members(r, projects, condition->field);
}

static bool filter_names(const struct member_removal *r, struct uuid_array projects,
                         const struct board_filter *filter)
{
	for (uint32_t i = 0; i < filter->fields.n; i++)
		if (asks_for(r, projects, &filter->fields.items[i]))
			return true;
	return removal_in_ids(r, filter->assignees);
}

static bool filters_name(const struct member_removal *r, const struct board_configuration *board)
{
	const struct board_filter own = board_own_filter(board);

	for (uint32_t i = 0; i < board->filters.n; i++)
		if (filter_names(r, board->projects, &board->filters.items[i]))
			return true;
	return filter_names(r, board->projects, &own);
}

/* A condition that asks for nobody else goes. */
static void replace_in_filter(const struct member_removal *r, struct uuid_array projects,
                              struct board_filter *filter)
{
	struct field_condition *items =
	        emit_room(r->workflows.judge, filter->fields.n * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; i < filter->fields.n && items; i++) {
		items[n] = filter->fields.items[i];
		if (asks_for(r, projects, &items[n]))
			items[n].values = removal_replace_texts(r, items[n].values);
		n += items[n].values.n > 0;
	}
	filter->fields = (struct field_condition_array){items, n};
	filter->assignees = removal_replace_ids(r, filter->assignees);
}

/* A filter that asks for nothing else goes: the board's own one, and it shows all issues. */
static bool replace_in_filters(const struct member_removal *r, struct board_configuration *board)
{
	struct board_filter own = board_own_filter(board);
	struct board_filter *items =
	        emit_room(r->workflows.judge, board->filters.n * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; i < board->filters.n && items; i++) {
		items[n] = board->filters.items[i];
		replace_in_filter(r, board->projects, &items[n]);
		n += board_filter_asks(&items[n]);
	}
	board->filters = (struct board_filter_array){items, n};
	replace_in_filter(r, board->projects, &own);
	return items != NULL && set_board_filter(r->workflows.judge, &own, board) && goes_on(r);
}

static void in_board(struct member_removal *r, const struct uuid *id, const struct row_board *row)
{
	struct judge *judge = r->workflows.judge;
	struct arena mark = *judge->decision->arena;
	struct board_configuration before, after;

	if (!unpack_board(judge, row, &before))
		return;
	bool names = filters_name(r, &before);
	r->uses.boards += names;
	if (!names || r->counting) {
		*judge->decision->arena = mark;
		return;
	}
	after = before;
	if (replace_in_filters(r, &after))
		emit_board(judge, EVENT_BOARD_EDITED, id, row->version + 1)->board_edited =
		        (struct board_edited){before, after};
}

static void in_boards(struct member_removal *r)
{
	const struct tenant_state *state = r->workflows.judge->state;
	struct row_key key = row_key_first(ROW_BOARD);
	struct row_board row;
	struct uuid id;

	while (goes_on(r) && state->next(state, &key, false, &row)) {
		memcpy(id.bytes, key.bytes, sizeof(id));
		if (!row.deleted)
			in_board(r, &id, &row);
	}
}

/* --- all of them --- */

static void removal_begin(struct member_removal *r, struct judge *judge, const struct uuid *member)
{
	memset(r, 0, sizeof(*r));
	r->workflows.judge = judge;
	workflows_name_members(&r->workflows);
	r->member = *member;
	r->text = uuid_slice(member, r->room[0]);
	r->replacement_text = SLICE("");
}

static void walk_places(struct member_removal *r)
{
	in_projects(r);
	in_issues(r);
	in_boards(r);
}

bool count_member_uses(const struct tenant_state *state, const struct uuid *member,
                       struct arena *scratch, struct member_uses *uses)
{
	struct decision decision = {.arena = scratch};
	struct judge judge = {.state = state, .decision = &decision};
	struct member_removal r;

	removal_begin(&r, &judge, member);
	r.counting = true;
	walk_places(&r);
	*uses = r.uses;
	return decision.reject == REJECT_NONE;
}

#define MEMBER_USE_ONE(name, before, after) +1
enum { USES = 0 MEMBER_USE_TABLE(MEMBER_USE_ONE) };
#undef MEMBER_USE_ONE

static bool refuse_in_use(struct judge *judge, const struct member_uses *uses)
{
#define MEMBER_USE_ROW(name, before, after) {uses->name, before, after},
	const struct {
		uint32_t n;
		const char *before, *after;
	} counts[] = {MEMBER_USE_TABLE(MEMBER_USE_ROW)};
#undef MEMBER_USE_ROW
	char numbers[USES][TEXT_NUMBER_MAX];
	struct slice parts[4 * USES + 1];
	size_t n = 0;

	for (size_t i = 0; i < USES; i++) {
		if (!counts[i].n)
			continue;
		if (n)
			parts[n++] = SLICE(", ");
		parts[n++] = slice_str(counts[i].before);
		parts[n++] = text_number(counts[i].n, numbers[i]);
		parts[n++] = slice_str(counts[i].after);
	}
	if (!n)
		return true;
	parts[n++] = SLICE(": replace_with or detach");
	return refuse(judge, REJECT_IN_USE, "/member", parts, n);
}

bool check_member_unused(struct judge *judge, const struct uuid *member)
{
	struct arena mark = *judge->decision->arena;
	struct member_uses uses;

	if (!count_member_uses(judge->state, member, judge->decision->arena, &uses))
		return REFUSE(judge, REJECT_TOO_LARGE, "", SLICE("no room for a workflow"));
	*judge->decision->arena = mark;
	return refuse_in_use(judge, &uses);
}

bool replace_member(struct judge *judge, const struct uuid *member, const struct uuid *replacement)
{
	struct member_removal r;
	struct row_member row;

	removal_begin(&r, judge, member);
	r.replacement = replacement;
	if (replacement && read_member(judge->state, replacement, &row)) {
		r.replacement_text = uuid_slice(replacement, r.room[1]);
		r.replacement_text = emit_copy(judge, r.replacement_text);
		r.role = row.role;
	}
	walk_places(&r);
	return judge->decision->reject == REJECT_NONE;
}
