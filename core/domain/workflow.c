#include "core/domain/workflow.h"

#include "core/domain/pack.h"

/* --- packing --- */

static void pack_rule(struct packing *p, const struct workflow_rule *rule)
{
	pack_number(p, rule->kind);
	pack_number(p, rule->has_group ? (uint32_t)rule->group + 1 : 0);
	pack_number(p, rule->has_role ? rule->role : 0);
	pack_ids(p, rule->members);
	pack_texts(p, rule->statuses);
	pack_number(p, rule->categories.n);
	for (uint32_t i = 0; i < rule->categories.n; i++)
		pack_number(p, rule->categories.items[i]);
	pack_number(p, rule->has_field ? rule->field : 0);
	pack_texts(p, rule->values);
	pack_number(p, rule->has_days);
	pack_number(p, (uint32_t)(rule->days >= 0 ? rule->days : -rule->days));
	pack_number(p, rule->days < 0);
	pack_text(p, rule->custom_field);
	pack_text(p, rule->other);
	pack_number(p, rule->has_comparison ? rule->comparison : 0);
	pack_text(p, rule->pattern);
	pack_ids(p, rule->teams);
	pack_number(p, rule->has_permission ? rule->permission : 0);
}

static void pack_rules(struct packing *p, struct workflow_rule_array rules)
{
	pack_number(p, rules.n);
	for (uint32_t i = 0; i < rules.n; i++)
		pack_rule(p, &rules.items[i]);
}

static void pack_function(struct packing *p, const struct post_function *function)
{
	pack_number(p, function->kind);
	pack_text(p, function->field);
	pack_texts(p, function->values);
	pack_text(p, function->source);
	pack_number(p, function->has_assignee ? function->assignee : 0);
	pack_ids(p, (struct uuid_array){&function->member, function->has_member});
}

static void pack_functions(struct packing *p, struct post_function_array functions)
{
	pack_number(p, functions.n);
	for (uint32_t i = 0; i < functions.n; i++)
		pack_function(p, &functions.items[i]);
}

static void pack_transition(struct packing *p, const struct workflow_transition *transition)
{
	pack_text(p, transition->id);
	pack_text(p, transition->name);
	pack_number(p, transition->kind);
	pack_texts(p, transition->from);
	pack_text(p, transition->to);
	pack_rules(p, transition->conditions);
	pack_rules(p, transition->validators);
	pack_texts(p, transition->screen);
	pack_functions(p, transition->functions);
}

bool workflow_pack(const struct workflow *workflow, struct row_workflow *row)
{
	struct packing p = {row->bytes, 0, WORKFLOW_BYTES_MAX, false};

	pack_text(&p, workflow->name);
	pack_number(&p, workflow->transitions.n);
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		pack_transition(&p, &workflow->transitions.items[i]);
	row->n = p.n;
	return !p.full;
}

/* --- unpacking --- */

/* None of them may be empty when it is there. */
static struct slice take_optional(struct unpacking *u, bool *has)
{
	struct slice text = take_text(u);

	*has = text.n > 0;
	return text;
}

static struct status_category_array take_categories(struct unpacking *u)
{
	struct status_category_array categories = {NULL, take_number(u)};
	enum status_category *items = take_room(u, categories.n, sizeof(*items));

	for (uint32_t i = 0; i < categories.n; i++) {
		uint32_t category = take_number(u);
		if (items)
			items[i] = (enum status_category)category;
	}
	categories.items = items;
	return categories;
}

static void take_rule(struct unpacking *u, struct workflow_rule *rule)
{
	uint32_t group;

	memset(rule, 0, sizeof(*rule));
	rule->kind = (enum workflow_rule_kind)take_number(u);
	group = take_number(u);
	rule->has_group = group > 0;
	rule->group = group ? (int32_t)group - 1 : 0;
	rule->role = (enum org_role)take_number(u);
	rule->has_role = rule->role != ORG_ROLE_UNKNOWN;
	rule->members = take_ids(u);
	rule->statuses = take_texts(u);
	rule->categories = take_categories(u);
	rule->field = (enum issue_field)take_number(u);
	rule->has_field = rule->field != ISSUE_FIELD_UNKNOWN;
	rule->values = take_texts(u);
	rule->has_days = take_number(u) != 0;
	rule->days = (int32_t)take_number(u);
	if (take_number(u))
		rule->days = -rule->days;
	rule->custom_field = take_optional(u, &rule->has_custom_field);
	rule->other = take_optional(u, &rule->has_other);
	rule->comparison = (enum date_comparison)take_number(u);
	rule->has_comparison = rule->comparison != DATE_COMPARISON_UNKNOWN;
	rule->pattern = take_optional(u, &rule->has_pattern);
	rule->teams = take_ids(u);
	rule->permission = (enum permission)take_number(u);
	rule->has_permission = rule->permission != PERMISSION_UNKNOWN;
}

static struct workflow_rule_array take_rules(struct unpacking *u)
{
	struct workflow_rule_array rules = {NULL, take_number(u)};
	struct workflow_rule *items = take_room(u, rules.n, sizeof(*items));

	for (uint32_t i = 0; i < rules.n && items && !u->full; i++)
		take_rule(u, &items[i]);
	rules.items = items;
	return rules;
}

static void take_function(struct unpacking *u, struct post_function *function)
{
	struct uuid_array member;

	memset(function, 0, sizeof(*function));
	function->kind = (enum post_function_kind)take_number(u);
	function->field = take_optional(u, &function->has_field);
	function->values = take_texts(u);
	function->source = take_optional(u, &function->has_source);
	function->assignee = (enum assignee_choice)take_number(u);
	function->has_assignee = function->assignee != ASSIGNEE_CHOICE_UNKNOWN;
	member = take_ids(u);
	function->has_member = member.n > 0;
	if (member.n && member.items)
		function->member = member.items[0];
}

static struct post_function_array take_functions(struct unpacking *u)
{
	struct post_function_array functions = {NULL, take_number(u)};
	struct post_function *items = take_room(u, functions.n, sizeof(*items));

	for (uint32_t i = 0; i < functions.n && items && !u->full; i++)
		take_function(u, &items[i]);
	functions.items = items;
	return functions;
}

static void take_transition(struct unpacking *u, struct workflow_transition *transition)
{
	memset(transition, 0, sizeof(*transition));
	transition->id = take_text(u);
	transition->name = take_text(u);
	transition->kind = (enum transition_kind)take_number(u);
	transition->from = take_texts(u);
	transition->to = take_text(u);
	transition->conditions = take_rules(u);
	transition->validators = take_rules(u);
	transition->screen = take_texts(u);
	transition->functions = take_functions(u);
}

bool workflow_unpack(const struct row_workflow *row, struct arena *arena, struct workflow *out)
{
	struct unpacking u = {row->bytes, arena, false};

	out->name = take_text(&u);
	out->transitions.n = take_number(&u);
	struct workflow_transition *items = take_room(&u, out->transitions.n, sizeof(*items));
	for (uint32_t i = 0; i < out->transitions.n && !u.full; i++)
		take_transition(&u, &items[i]);
	out->transitions.items = items;
	return !u.full;
}

/* --- rows --- */

void put_workflow(struct tenant_state *state, const struct uuid *project, bool draft,
                  struct slice id, struct slice name, struct workflow_transition_array transitions)
{
	struct workflow workflow = {name, transitions};
	struct row_key key = row_key_workflow(project, draft, id);
	struct row_workflow row;
	bool fits = workflow_pack(&workflow, &row);

	assert(fits);
	(void)fits;
	state->put(state, &key, &row);
}

void remove_workflow(struct tenant_state *state, const struct uuid *project, struct slice id)
{
	struct row_key key = row_key_workflow(project, true, id);
	struct row_workflow row;

	if (state->get(state, &key, &row))
		state->del(state, &key);
	key = row_key_workflow(project, false, id);
	state->del(state, &key);
	key = row_key_removed_workflow(project, id);
	row.n = 0;
	state->put(state, &key, &row);
}

static bool has_row(const struct tenant_state *state, const struct row_key *key)
{
	struct row_workflow row;

	return state->get(state, key, &row);
}

bool workflow_exists(const struct tenant_state *state, const struct uuid *project, bool draft,
                     struct slice id)
{
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_workflow(project, draft, id);
	return has_row(state, &key);
}

bool workflow_was_removed(const struct tenant_state *state, const struct uuid *project,
                          struct slice id)
{
	struct row_key key = row_key_removed_workflow(project, id);

	return has_row(state, &key);
}

bool read_workflow(const struct tenant_state *state, const struct uuid *project, bool draft,
                   struct slice id, struct arena *arena, struct workflow *out, bool *full)
{
	struct row_workflow row, *kept;

	*full = false;
	if (!id.n || id.n > NAME_MAX_ID)
		return false;
	struct row_key key = row_key_workflow(project, draft, id);
	if (!state->get(state, &key, &row))
		return false;
	kept = arena_alloc(arena, offsetof(struct row_workflow, bytes) + row.n);
	if (kept)
		memcpy(kept, &row, offsetof(struct row_workflow, bytes) + row.n);
	*full = !kept || !workflow_unpack(kept, arena, out);
	return !*full;
}

#define WORKFLOW_KEY_HEAD (sizeof(struct uuid) + 1) /* project and kind */

/* The next key of the same project and kind. */
static bool next_key(const struct tenant_state *state, struct row_key *key)
{
	struct row_key next = *key;
	struct row_workflow row;

	if (!state->next(state, &next, false, &row) || next.n <= WORKFLOW_KEY_HEAD ||
	    memcmp(next.bytes, key->bytes, WORKFLOW_KEY_HEAD) != 0)
		return false;
	*key = next;
	return true;
}

bool next_workflow(const struct tenant_state *state, const struct uuid *project, bool draft,
                   struct slice *id, char room[NAME_MAX_ID])
{
	struct row_key key = row_key_workflow(project, draft, *id);

	if (!next_key(state, &key))
		return false;
	memcpy(room, key.bytes + WORKFLOW_KEY_HEAD, key.n - WORKFLOW_KEY_HEAD);
	*id = slice_of(room, key.n - WORKFLOW_KEY_HEAD);
	return true;
}

uint32_t count_workflows(const struct tenant_state *state, const struct uuid *project)
{
	struct row_key published = row_key_workflow(project, false, SLICE(""));
	struct row_key removed = row_key_removed_workflow(project, SLICE(""));
	struct slice draft = {NULL, 0};
	char room[NAME_MAX_ID];
	uint32_t n = 0;

	while (next_key(state, &published))
		n++;
	while (next_key(state, &removed))
		n++;
	while (next_workflow(state, project, true, &draft, room))
		n += !workflow_exists(state, project, false, draft);
	return n;
}

bool find_workflow(struct judge *judge, const struct uuid *project, bool draft, struct slice id,
                   const char *pointer, struct workflow *out)
{
	bool full;

	if (read_workflow(judge->state, project, draft, id, judge->decision->arena, out, &full))
		return true;
	if (full)
		return REFUSE(judge, REJECT_TOO_LARGE, "", SLICE("no room for the workflow"));
	return REFUSE(judge, REJECT_NO_SUCH_WORKFLOW, pointer,
	              draft ? SLICE("there is no draft of a workflow ")
	                    : SLICE("there is no published workflow "),
	              id);
}

/* --- looking into one --- */

const struct workflow_transition *workflow_transition_find(const struct workflow *workflow,
                                                           struct slice id)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (slice_equal(workflow->transitions.items[i].id, id))
			return &workflow->transitions.items[i];
	return NULL;
}

const struct workflow_transition *workflow_initial(const struct workflow *workflow)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (workflow->transitions.items[i].kind == TRANSITION_KIND_INITIAL)
			return &workflow->transitions.items[i];
	return NULL;
}

bool names_have(struct slice_array names, struct slice name)
{
	for (uint32_t i = 0; i < names.n; i++)
		if (slice_equal(names.items[i], name))
			return true;
	return false;
}

bool transition_leaves(const struct workflow_transition *transition, struct slice status)
{
	if (transition->kind == TRANSITION_KIND_GLOBAL)
		return !slice_equal(transition->to, status);
	return transition->kind == TRANSITION_KIND_DIRECTED && names_have(transition->from, status);
}

bool workflow_has(const struct workflow *workflow, struct slice status)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++)
		if (slice_equal(workflow->transitions.items[i].to, status))
			return true;
	return false;
}

static bool rules_name(struct workflow_rule_array rules, struct slice status)
{
	for (uint32_t i = 0; i < rules.n; i++)
		if (names_have(rules.items[i].statuses, status))
			return true;
	return false;
}

bool workflow_names(const struct workflow *workflow, struct slice status)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++) {
		const struct workflow_transition *transition = &workflow->transitions.items[i];
		if (names_have(transition->from, status) ||
		    rules_name(transition->conditions, status) ||
		    rules_name(transition->validators, status))
			return true;
	}
	return workflow_has(workflow, status);
}

static bool rules_name_field(struct workflow_rule_array rules, struct slice field)
{
	for (uint32_t i = 0; i < rules.n; i++)
		if (slice_equal(rules.items[i].custom_field, field) ||
		    slice_equal(rules.items[i].other, field))
			return true;
	return false;
}

static bool functions_name_field(struct post_function_array functions, struct slice field)
{
	for (uint32_t i = 0; i < functions.n; i++)
		if (slice_equal(functions.items[i].field, field) ||
		    slice_equal(functions.items[i].source, field))
			return true;
	return false;
}

static bool workflow_names_field(const struct workflow *workflow, struct slice field)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++) {
		const struct workflow_transition *transition = &workflow->transitions.items[i];
		if (names_have(transition->screen, field) ||
		    rules_name_field(transition->conditions, field) ||
		    rules_name_field(transition->validators, field) ||
		    functions_name_field(transition->functions, field))
			return true;
	}
	return false;
}

bool check_field_unnamed(struct judge *judge, const struct uuid *project, struct slice field,
                         const char *pointer)
{
	char room[NAME_MAX_ID];
	struct workflow workflow;

	for (int draft = 0; draft < 2; draft++) {
		struct slice id = {NULL, 0};
		while (next_workflow(judge->state, project, draft, &id, room)) {
			struct arena mark = *judge->decision->arena;
			if (!find_workflow(judge, project, draft, id, pointer, &workflow))
				return false;
			if (workflow_names_field(&workflow, field))
				return REFUSE(judge, REJECT_IN_USE, pointer, field,
				              SLICE(" is named by the "),
				              draft ? SLICE("draft of the workflow ")
				                    : SLICE("workflow "),
				              id);
			*judge->decision->arena = mark;
		}
	}
	return true;
}
