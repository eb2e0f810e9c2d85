#include "core/domain/workflow_replace.h"

#include "core/domain/project.h"

/* --- rules and post functions --- */

static bool rules_name(const struct workflow_replacing *r, struct workflow_rule_array rules)
{
	for (uint32_t i = 0; r->rule_names && i < rules.n; i++)
		if (r->rule_names(r, &rules.items[i]))
			return true;
	return false;
}

static bool functions_name(const struct workflow_replacing *r, struct post_function_array functions)
{
	for (uint32_t i = 0; r->function_names && i < functions.n; i++)
		if (r->function_names(r, &functions.items[i]))
			return true;
	return false;
}

static bool parts_name(const struct workflow_replacing *r, const struct workflow *workflow)
{
	for (uint32_t i = 0; i < workflow->transitions.n; i++) {
		const struct workflow_transition *transition = &workflow->transitions.items[i];
		if (rules_name(r, transition->conditions) ||
		    rules_name(r, transition->validators) ||
		    functions_name(r, transition->functions))
			return true;
	}
	return false;
}

static bool replace_in_rules(struct workflow_replacing *r, const struct workflow_place *place,
                             struct workflow_rule_array *rules)
{
	if (!r->rule_names)
		return true;
	struct workflow_rule *items = emit_room(r->judge, rules->n * sizeof(*items));

	for (uint32_t i = 0; i < rules->n && items; i++) {
		items[i] = rules->items[i];
		if (r->rule_names(r, &items[i]) && !r->replace_in_rule(r, place, &items[i]))
			return false;
	}
	rules->items = items;
	return items != NULL;
}

static bool replace_in_functions(struct workflow_replacing *r,
                                 struct post_function_array *functions)
{
	if (!r->function_names)
		return true;
	struct post_function *items = emit_room(r->judge, functions->n * sizeof(*items));
	uint32_t n = 0;

	for (uint32_t i = 0; i < functions->n && items; i++) {
		items[n] = functions->items[i];
		n += !r->function_names(r, &items[n]) || r->replace_in_function(r, &items[n]);
	}
	*functions = (struct post_function_array){items, n};
	return items != NULL;
}

static bool replace_in_parts(struct workflow_replacing *r, struct slice id,
                             struct workflow *workflow)
{
	struct workflow_transition *items =
	        emit_room(r->judge, workflow->transitions.n * sizeof(*items));

	for (uint32_t i = 0; i < workflow->transitions.n && items; i++) {
		items[i] = workflow->transitions.items[i];
		const struct workflow_place place = {id, items[i].id};
		if (!replace_in_rules(r, &place, &items[i].conditions) ||
		    !replace_in_rules(r, &place, &items[i].validators) ||
		    !replace_in_functions(r, &items[i].functions))
			return false;
	}
	workflow->transitions.items = items;
	return items != NULL;
}

/* --- workflows and drafts --- */

static bool names_it(const struct workflow_replacing *r, const struct workflow *workflow)
{
	return r->names ? r->names(r, workflow) : parts_name(r, workflow);
}

static uint32_t count_naming(const struct workflow_replacing *r, bool draft, struct slice *first)
{
	struct judge *judge = r->judge;
	struct slice id = {NULL, 0};
	struct workflow workflow;
	char room[NAME_MAX_ID];
	uint32_t n = 0;

	while (next_workflow(judge->state, &r->project->id, draft, &id, room)) {
		struct arena mark = *judge->decision->arena;
		if (!find_workflow(judge, &r->project->id, draft, id, "", &workflow))
			return 0;
		bool names = names_it(r, &workflow);
		*judge->decision->arena = mark;
		if (names && !n++ && !first->n)
			*first = emit_copy(judge, id);
	}
	return n;
}

struct workflows_naming find_workflows_naming(const struct workflow_replacing *r)
{
	struct workflows_naming naming = {.first = {NULL, 0}};

	naming.workflows = count_naming(r, false, &naming.first);
	naming.drafts = count_naming(r, true, &naming.first);
	return naming;
}

static bool replace_one(struct workflow_replacing *r, struct slice id, struct workflow *workflow)
{
	struct row_workflow packed;

	if (!(r->replace ? r->replace : replace_in_parts)(r, id, workflow) ||
	    r->judge->decision->reject)
		return false;
	return workflow_pack(workflow, &packed) ||
	       REFUSE(r->judge, REJECT_BAD_WORKFLOW, r->pointer ? r->pointer : "/replace_with",
	              SLICE("workflow "), id, SLICE(" would be too large"));
}

static void emit_draft(struct workflow_replacing *r, struct slice id,
                       const struct workflow *workflow)
{
	emit_project(r->judge, EVENT_WORKFLOW_DRAFT_SAVED, r->project)->workflow_draft_saved =
	        (struct workflow_draft_saved){id, workflow->name, workflow->transitions};
}

/* Its draft would go when it is published: it is saved again behind it. */
static bool replace_published(struct workflow_replacing *r, struct slice id,
                              struct workflow *workflow)
{
	bool has_draft = workflow_exists(r->judge->state, &r->project->id, true, id);
	struct workflow draft;

	if (!replace_one(r, id, workflow))
		return false;
	emit_draft(r, id, workflow);
	emit_project(r->judge, EVENT_WORKFLOW_PUBLISHED, r->project)->workflow_published =
	        (struct workflow_published){id, workflow->name, workflow->transitions};
	if (!has_draft)
		return true;
	if (!find_workflow(r->judge, &r->project->id, true, id, "", &draft) ||
	    !replace_one(r, id, &draft))
		return false;
	emit_draft(r, id, &draft);
	return true;
}

/* The draft of a workflow that does not name what is removed itself. */
static bool replace_draft(struct workflow_replacing *r, struct slice id, struct workflow *draft)
{
	struct workflow published;

	if (workflow_exists(r->judge->state, &r->project->id, false, id)) {
		if (!find_workflow(r->judge, &r->project->id, false, id, "", &published))
			return false;
		if (names_it(r, &published))
			return true; /* saved already */
	}
	if (!replace_one(r, id, draft))
		return false;
	emit_draft(r, id, draft);
	return true;
}

static bool replace_all(struct workflow_replacing *r, bool draft)
{
	struct slice at = {NULL, 0};
	struct workflow workflow;
	char room[NAME_MAX_ID];

	while (next_workflow(r->judge->state, &r->project->id, draft, &at, room)) {
		struct arena mark = *r->judge->decision->arena;
		if (!find_workflow(r->judge, &r->project->id, draft, at, "", &workflow))
			return false;
		if (!names_it(r, &workflow)) {
			*r->judge->decision->arena = mark;
			continue;
		}
		struct slice id = emit_copy(r->judge, at);
		if (!(draft ? replace_draft(r, id, &workflow)
		            : replace_published(r, id, &workflow)))
			return false;
	}
	return true;
}

bool replace_in_workflows(struct workflow_replacing *r)
{
	return replace_all(r, false) && replace_all(r, true);
}

struct slice_array replace_text(struct judge *judge, struct slice_array texts, struct slice from,
                                struct slice to)
{
	struct slice *items = emit_room(judge, texts.n * sizeof(*items));
	struct slice_array replaced = {items, 0};

	for (uint32_t i = 0; i < texts.n && items; i++) {
		struct slice text = slice_equal(texts.items[i], from) ? to : texts.items[i];
		if (!names_have(replaced, text))
			items[replaced.n++] = text;
	}
	return replaced;
}

static bool is_text_of(struct slice text, const struct uuid *id)
{
	struct uuid read;

	return uuid_parse(text, &read) && uuid_equal(&read, id);
}

bool texts_have_id(struct slice_array texts, const struct uuid *id)
{
	for (uint32_t i = 0; i < texts.n; i++)
		if (is_text_of(texts.items[i], id))
			return true;
	return false;
}

struct slice_array replace_id_text(struct judge *judge, struct slice_array texts,
                                   const struct uuid *from, struct slice to)
{
	struct slice *items = emit_room(judge, texts.n * sizeof(*items));
	struct slice_array replaced = {items, 0};

	for (uint32_t i = 0; i < texts.n && items; i++) {
		struct slice text = is_text_of(texts.items[i], from) ? to : texts.items[i];
		if (text.n && !names_have(replaced, text))
			items[replaced.n++] = text;
	}
	return replaced;
}

struct slice_array leave_out_text(struct judge *judge, struct slice_array texts, struct slice text)
{
	struct slice *items = emit_room(judge, texts.n * sizeof(*items));
	struct slice_array left = {items, 0};

	for (uint32_t i = 0; i < texts.n && items; i++)
		if (!slice_equal(texts.items[i], text))
			items[left.n++] = texts.items[i];
	return left;
}
