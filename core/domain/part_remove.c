#include "core/domain/part_remove.h"

#include "core/domain/any_field.h"
#include "core/domain/board.h"
#include "core/domain/issue_tag.h"
#include "core/domain/project.h"

static const enum row_tag version_tags[] = {ROW_TAG_FIX, ROW_TAG_AFFECTS};
static const enum row_tag component_tags[] = {ROW_TAG_COMPONENT};

/* --- workflows --- */

static bool has_parts(const struct part_removal *r, enum issue_field field)
{
	if (r->is_version)
		return field == ISSUE_FIELD_FIX_VERSIONS || field == ISSUE_FIELD_AFFECTS_VERSIONS;
	return field == ISSUE_FIELD_COMPONENTS;
}

static bool function_names(const struct workflow_replacing *workflows,
                           const struct post_function *function)
{
	const struct part_removal *r = (const struct part_removal *)workflows;
	struct any_field field;

	return function->kind == POST_FUNCTION_KIND_SET &&
	       texts_have_id(function->values, &r->id) &&
	       read_any_field(workflows->judge->state, &workflows->project->id, function->field,
	                      &field) &&
	       has_parts(r, field.field);
}

static bool replace_in_function(struct workflow_replacing *workflows,
                                struct post_function *function)
{
	const struct part_removal *r = (const struct part_removal *)workflows;

	function->values =
	        replace_id_text(workflows->judge, function->values, &r->id, r->replacement_text);
	return function->values.n > 0;
}

void part_removal_begin(struct judge *judge, struct row_project *project, struct part_removal *r)
{
	char room[UUID_TEXT];

	r->workflows = (struct workflow_replacing){.judge = judge,
	                                           .project = project,
	                                           .function_names = function_names,
	                                           .replace_in_function = replace_in_function};
	r->replacement_text =
	        r->replacement ? emit_copy(judge, uuid_slice(r->replacement, room)) : SLICE("");
}

/* --- what is in the way --- */

static bool check_unused(struct part_removal *r, uint32_t on_issues)
{
	char issues[TEXT_NUMBER_MAX], workflows[TEXT_NUMBER_MAX], drafts[TEXT_NUMBER_MAX];
	struct judge *judge = r->workflows.judge;
	struct workflows_naming naming = find_workflows_naming(&r->workflows);

	if (judge->decision->reject)
		return false;
	if (!on_issues && !naming.workflows && !naming.drafts)
		return true;
	return REFUSE(judge, REJECT_IN_USE, r->is_version ? "/version_id" : "/component_id",
	              text_number(on_issues, issues), SLICE(" issues, "),
	              text_number(naming.workflows, workflows), SLICE(" workflows, "),
	              text_number(naming.drafts, drafts),
	              SLICE(" drafts have it: name replace_with, or detach"));
}

bool check_part_removal(struct part_removal *r, uint32_t issues)
{
	struct judge *judge = r->workflows.judge;
	const struct removal removal = {.has_replacement = r->replacement != NULL,
	                                .is_itself = r->replacement &&
	                                             uuid_equal(&r->id, r->replacement),
	                                .detach = r->detach};

	if (!check_removal(judge, &removal))
		return false;
	if (!r->replacement)
		return r->detach || check_unused(r, issues);
	return check_tags(judge, &r->workflows.project->id,
	                  r->is_version ? ROW_TAG_FIX : ROW_TAG_COMPONENT,
	                  (struct uuid_array){r->replacement, 1}, "/replace_with");
}

/* --- what takes its place --- */

static void replace_in_filters(const struct part_removal *r)
{
	struct filter_name from = {.part = r->is_version ? FILTER_VERSIONS : FILTER_COMPONENTS,
	                           .id = r->id};
	struct filter_name to = from;

	if (!r->replacement)
		return;
	to.id = *r->replacement;
	replace_in_board_filters(r->workflows.judge, &r->workflows.project->id, &from, &to);
}

bool replace_part(struct part_removal *r)
{
	struct judge *judge = r->workflows.judge;

	if (!replace_in_workflows(&r->workflows))
		return false;
	replace_in_filters(r);
	replace_tags(judge, r->is_version ? version_tags : component_tags, r->is_version ? 2 : 1,
	             &r->id, r->replacement, false);
	return judge->decision->reject == REJECT_NONE;
}
