#include "core/base/json_out.h"
#include "core/domain/project.h"
#include "core/domain/transition_say.h"
#include "projections/array_json.h"
#include "projections/kv_view.h"
#include "projections/state.h"
#include "projections/state_inside.h"

static void id_member(struct json_out *json, const char *key, const char id[NAME_MAX_ID])
{
	json_out_member_string(json, key, padded_slice(id, NAME_MAX_ID));
}

/* --- statuses --- */

static void status_json(struct json_out *json, const struct row_item *status)
{
	json_out_object(json);
	id_member(json, "id", status->id);
	json_out_member_string(json, "name", PADDED(status->name));
	json_out_member_str(json, "category", status_category_symbol(status->category));
	json_out_object_end(json);
}

static void begin_items(struct json_out *json)
{
	json_out_object(json);
	json_out_key(json, "items");
	json_out_array(json);
}

static void end_items(struct json_out *json)
{
	json_out_array_end(json);
	json_out_object_end(json);
}

enum status statuses_read(struct view *view, struct slice tenant, struct slice project_key,
                          struct buf *out, uint64_t *position, struct error *err)
{
	struct state_reading r;
	struct row_project project;
	struct items statuses;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	if (!resolve_project(&r.rows.face, project_key, &project))
		return state_reading_end(&r, error_set(err, STATUS_NOT_FOUND, "no such project"));
	read_items(&r.rows.face, &project.id, ITEM_STATUS, &statuses);
	begin_items(&r.json);
	for (uint32_t i = 0; i < statuses.n; i++)
		status_json(&r.json, &statuses.at[i]);
	end_items(&r.json);
	return state_reading_end(&r, STATUS_OK);
}

/* --- everything of a project --- */

static void item_json(struct json_out *json, enum item_kind kind, const struct row_item *item,
                      bool is_default)
{
	if (kind == ITEM_STATUS) {
		status_json(json, item);
		return;
	}
	json_out_object(json);
	id_member(json, "id", item->id);
	json_out_member_string(json, "name", PADDED(item->name));
	json_out_member_bool(json, "disabled", item->disabled);
	json_out_member_bool(json, "default", is_default);
	if (kind == ITEM_ISSUE_TYPE) {
		json_out_member_int(json, "level", item->level);
		id_member(json, "workflow", item->workflow);
	}
	json_out_object_end(json);
}

static void items_json(struct json_out *json, const struct tenant_state *state,
                       const struct uuid *project, enum item_kind kind)
{
	struct row_item first = {0};
	struct items items;
	bool found = kind != ITEM_STATUS && default_item(state, project, kind, &first);

	read_items(state, project, kind, &items);
	json_out_array(json);
	for (uint32_t i = 0; i < items.n; i++)
		item_json(json, kind, &items.at[i],
		          found && slice_equal(PADDED(first.id), PADDED(items.at[i].id)));
	json_out_array_end(json);
}

enum status configuration_read(struct view *view, struct slice tenant, struct slice project_key,
                               struct buf *out, uint64_t *position, struct error *err)
{
	static const char *const members[ITEM_KINDS] = {
	        [ITEM_STATUS] = "statuses",
	        [ITEM_ISSUE_TYPE] = "issue_types",
	        [ITEM_PRIORITY] = "priorities",
	        [ITEM_RESOLUTION] = "resolutions",
	};
	struct state_reading r;
	struct row_project project;
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	if (!resolve_project(&r.rows.face, project_key, &project))
		return state_reading_end(&r, error_set(err, STATUS_NOT_FOUND, "no such project"));
	json_out_object(&r.json);
	for (int kind = 0; kind < ITEM_KINDS; kind++) {
		json_out_key(&r.json, members[kind]);
		items_json(&r.json, &r.rows.face, &project.id, (enum item_kind)kind);
	}
	json_out_key(&r.json, "fields");
	state_fields_json(&r.json, &r.rows.face, &project.id);
	json_out_object_end(&r.json);
	return state_reading_end(&r, STATUS_OK);
}

/* --- workflows --- */

static void text_or_null(struct json_out *json, const char *key, bool has, struct slice text)
{
	json_out_key(json, key);
	if (has)
		json_out_string(json, text);
	else
		json_out_null(json);
}

static void symbol_or_null(struct json_out *json, const char *key, bool has, const char *symbol)
{
	json_out_key(json, key);
	if (has)
		json_out_str(json, symbol);
	else
		json_out_null(json);
}

static void int_or_null(struct json_out *json, const char *key, bool has, int64_t value)
{
	json_out_key(json, key);
	if (has)
		json_out_int(json, value);
	else
		json_out_null(json);
}

static void rule_json(struct json_out *json, const struct workflow_rule *rule)
{
	json_out_object(json);
	json_out_member_str(json, "kind", workflow_rule_kind_symbol(rule->kind));
	int_or_null(json, "group", rule->has_group, rule->group);
	symbol_or_null(json, "role", rule->has_role, org_role_symbol(rule->role));
	uuids_json(json, "members", rule->members);
	texts_json(json, "statuses", rule->statuses);
	json_out_key(json, "categories");
	json_out_array(json);
	for (uint32_t i = 0; i < rule->categories.n; i++)
		json_out_str(json, status_category_symbol(rule->categories.items[i]));
	json_out_array_end(json);
	symbol_or_null(json, "field", rule->has_field, issue_field_symbol(rule->field));
	texts_json(json, "values", rule->values);
	int_or_null(json, "days", rule->has_days, rule->days);
	text_or_null(json, "custom_field", rule->has_custom_field, rule->custom_field);
	text_or_null(json, "other", rule->has_other, rule->other);
	symbol_or_null(json, "comparison", rule->has_comparison,
	               date_comparison_symbol(rule->comparison));
	text_or_null(json, "pattern", rule->has_pattern, rule->pattern);
	uuids_json(json, "teams", rule->teams);
	symbol_or_null(json, "permission", rule->has_permission,
	               permission_symbol(rule->permission));
	json_out_object_end(json);
}

static void rules_json(struct json_out *json, const char *key, struct workflow_rule_array rules)
{
	json_out_key(json, key);
	json_out_array(json);
	for (uint32_t i = 0; i < rules.n; i++)
		rule_json(json, &rules.items[i]);
	json_out_array_end(json);
}

static void function_json(struct json_out *json, const struct post_function *function)
{
	json_out_object(json);
	json_out_member_str(json, "kind", post_function_kind_symbol(function->kind));
	text_or_null(json, "field", function->has_field, function->field);
	texts_json(json, "values", function->values);
	text_or_null(json, "source", function->has_source, function->source);
	symbol_or_null(json, "assignee", function->has_assignee,
	               assignee_choice_symbol(function->assignee));
	json_out_key(json, "member");
	if (function->has_member)
		json_out_uuid(json, &function->member);
	else
		json_out_null(json);
	json_out_object_end(json);
}

static void workflow_transition_json(struct json_out *json, const struct workflow_transition *t)
{
	json_out_object(json);
	json_out_member_string(json, "id", t->id);
	json_out_member_string(json, "name", t->name);
	json_out_member_str(json, "kind", transition_kind_symbol(t->kind));
	texts_json(json, "from", t->from);
	json_out_member_string(json, "to", t->to);
	rules_json(json, "conditions", t->conditions);
	rules_json(json, "validators", t->validators);
	texts_json(json, "screen", t->screen);
	json_out_key(json, "functions");
	json_out_array(json);
	for (uint32_t i = 0; i < t->functions.n; i++)
		function_json(json, &t->functions.items[i]);
	json_out_array_end(json);
	json_out_object_end(json);
}

static enum status workflow_json(struct state_reading *r, const struct row_project *project,
                                 bool draft, struct slice id)
{
	struct workflow workflow;
	bool full;
	json_out_key(&r->json, draft ? "draft" : "published");
	arena_clear(&r->arena);
	if (!read_workflow(&r->rows.face, &project->id, draft, id, &r->arena, &workflow, &full)) {
		json_out_null(&r->json);
		return full ? error_set(r->err, STATUS_FULL, "no room for a workflow") : STATUS_OK;
	}
	json_out_object(&r->json);
	json_out_member_string(&r->json, "name", workflow.name);
	json_out_key(&r->json, "transitions");
	json_out_array(&r->json);
	for (uint32_t i = 0; i < workflow.transitions.n; i++)
		workflow_transition_json(&r->json, &workflow.transitions.items[i]);
	json_out_array_end(&r->json);
	json_out_object_end(&r->json);
	return STATUS_OK;
}

static enum status workflow_item_json(struct state_reading *r, const struct row_project *project,
                                      const struct items *types, struct slice id)
{
	json_out_object(&r->json);
	json_out_member_string(&r->json, "id", id);
	json_out_key(&r->json, "issue_types");
	json_out_array(&r->json);
	for (uint32_t i = 0; i < types->n; i++)
		if (slice_equal(PADDED(types->at[i].workflow), id))
			json_out_string(&r->json, PADDED(types->at[i].id));
	json_out_array_end(&r->json);
	enum status status = workflow_json(r, project, false, id);
	if (!status)
		status = workflow_json(r, project, true, id);
	json_out_object_end(&r->json);
	return status;
}

/* Ids of drafts and published ones, merged. */
static bool next_id(const struct state_reading *r, const struct row_project *project,
                    struct slice *id, char room[NAME_MAX_ID])
{
	char rooms[2][NAME_MAX_ID];
	struct slice next[2] = {*id, *id};
	bool found[2];
	for (int draft = 0; draft < 2; draft++)
		found[draft] = next_workflow(&r->rows.face, &project->id, draft, &next[draft],
		                             rooms[draft]);
	if (!found[0] && !found[1])
		return false;
	int first = !found[0] || (found[1] && slice_compare(next[1], next[0]) < 0);
	memcpy(room, next[first].data, next[first].n);
	*id = slice_of(room, next[first].n);
	return true;
}

enum status workflows_read(struct view *view, struct slice tenant, struct slice project_key,
                           struct buf *out, uint64_t *position, struct error *err)
{
	struct state_reading r;
	struct row_project project;
	struct items types;
	char room[NAME_MAX_ID];
	struct slice id = {NULL, 0};
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	state_reading_arena(&r);
	if (!resolve_project(&r.rows.face, project_key, &project))
		return state_reading_end(&r, error_set(err, STATUS_NOT_FOUND, "no such project"));
	read_items(&r.rows.face, &project.id, ITEM_ISSUE_TYPE, &types);
	begin_items(&r.json);
	while (!status && next_id(&r, &project, &id, room))
		status = workflow_item_json(&r, &project, &types, id);
	end_items(&r.json);
	return state_reading_end(&r, status);
}

/* --- the transitions of an issue --- */

/* @why: empty, or why the caller may take no issue through its workflow. */
static void tell_refusal(const struct crossing *crossing, const struct row_project *project,
                         const struct state_caller *caller, char why[TRANSITION_WHY_MAX])
{
	const struct holder holder = {caller->id, caller->role};
	const struct rights rights = rights_in(crossing->state, &holder, project);
	why[0] = '\0';
	if (caller->only_reads) {
		text_add(why, TRANSITION_WHY_MAX, SLICE("the API key may only read"));
	} else if (command_reach(COMMAND_TRANSITION_ISSUE, &holder, &rights, &crossing->issue) ==
	           REACHES_NOTHING) {
		text_add(why, TRANSITION_WHY_MAX,
		         SLICE("this needs the permission transition_issues in "));
		text_add(why, TRANSITION_WHY_MAX, PADDED(project->key));
	} else if (project->archived && !crossing->issue.archived) {
		text_add(why, TRANSITION_WHY_MAX, SLICE("the project is archived"));
	}
}

static void screen_json(struct json_out *json, const struct workflow_transition *transition)
{
	json_out_key(json, "screen");
	json_out_array(json);
	for (uint32_t i = 0; i < transition->screen.n; i++) {
		struct slice field = transition->screen.items[i];
		json_out_object(json);
		json_out_member_string(json, "field", field);
		json_out_member_bool(json, "required", screen_requires(transition, field));
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

static void possible_json(struct json_out *json, const struct crossing *crossing,
                          const struct workflow_transition *transition, const char *refused)
{
	char why[TRANSITION_WHY_MAX];
	struct row_item to;
	struct rule_faults faults;
	bool possible = !refused[0] && may_cross(crossing, transition, &faults) &&
	                is_valid_crossing(crossing, transition, &faults);
	json_out_object(json);
	json_out_member_string(json, "id", transition->id);
	json_out_member_string(json, "name", transition->name);
	json_out_key(json, "to");
	if (read_item(crossing->state, &crossing->issue.project_id, ITEM_STATUS, transition->to,
	              &to))
		status_json(json, &to);
	else
		json_out_null(json);
	json_out_member_bool(json, "possible", possible);
	json_out_key(json, "why");
	if (!possible && !refused[0])
		say_why(crossing, &faults, why);
	if (possible)
		json_out_null(json);
	else
		json_out_str(json, refused[0] ? refused : why);
	screen_json(json, transition);
	json_out_object_end(json);
}

static void transitions_json(struct json_out *json, const struct crossing *crossing,
                             const char *refused)
{
	json_out_object(json);
	json_out_key(json, "issue");
	json_out_object(json);
	json_out_member_uuid(json, "id", &crossing->issue.id);
	id_member(json, "status", crossing->issue.status);
	json_out_member_int(json, "version", crossing->issue.version);
	json_out_object_end(json);
	id_member(json, "workflow", crossing->type.workflow);
	json_out_key(json, "transitions");
	json_out_array(json);
	for (uint32_t i = 0; i < crossing->workflow.transitions.n; i++)
		if (crossing->workflow.transitions.items[i].kind != TRANSITION_KIND_INITIAL)
			possible_json(json, crossing, &crossing->workflow.transitions.items[i],
			              refused);
	json_out_array_end(json);
	json_out_object_end(json);
}

enum status transitions_read(struct view *view, struct slice tenant, struct slice issue,
                             const struct state_caller *caller, struct buf *out, uint64_t *position,
                             struct error *err)
{
	char refused[TRANSITION_WHY_MAX];
	struct state_reading r;
	struct row_project project;
	struct crossing crossing = {.person = caller->id,
	                            .role = caller->role,
	                            .now_ms = caller->now_ms,
	                            .foresees = true};
	enum status status = state_reading_begin(&r, view, tenant, out, position, err);
	if (status)
		return status;
	state_reading_arena(&r);
	crossing.state = &r.rows.face;
	crossing.arena = &r.arena;
	if (!resolve_issue(crossing.state, issue, &crossing.issue) || crossing.issue.deleted ||
	    !read_project(crossing.state, &crossing.issue.project_id, &project) || project.deleted)
		return state_reading_end(&r, error_set(err, STATUS_NOT_FOUND, "no such issue"));
	if (!open_crossing(&crossing))
		return state_reading_end(&r, error_set(err, STATUS_FULL, "no room for a workflow"));
	tell_refusal(&crossing, &project, caller, refused);
	transitions_json(&r.json, &crossing, refused);
	return state_reading_end(&r, STATUS_OK);
}
