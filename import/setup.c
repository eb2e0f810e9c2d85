#include "import/setup.h"

#include "import/names.h"

static int64_t first_date(const struct mapping *mapping)
{
	int64_t first = mapping->archive->timestamp_ms;
	for (size_t i = 0; i < mapping->people->n; i++)
		if (mapping->people->rows[i].first_ms < first)
			first = mapping->people->rows[i].first_ms;
	return first == INT64_MAX ? 0 : first;
}

static struct json_out *begin(struct plan *plan, const char *command, const struct uuid *space,
                              const char *key, int64_t ms)
{
	struct plan_envelope envelope = {
	        .command = command,
	        .command_id = name_in(space, command, key),
	        .occurred_ms = ms,
	};
	return plan_begin(plan, &envelope);
}

static struct uuid own_space(const struct mapping *mapping)
{
	return name_space(mapping->archive->repo, mapping->project);
}

void setup_project(const struct mapping *mapping, struct plan *plan)
{
	struct uuid space = own_space(mapping);
	struct uuid id = name_in(&space, "project", "");
	struct json_out *json = begin(plan, "CreateProject", &space, "", first_date(mapping));
	json_out_member_uuid(json, "project_id", &id);
	json_out_member_str(json, "key", mapping->project);
	json_out_member_str(json, "name", mapping->archive->repo);
	plan_end(plan);
}

/* --- pull requests --- */

static const struct way {
	const char *id, *name, *from, *to; /* from NULL: the initial one */
} ways[] = {
        {"open", "Open", NULL, "in_review"},
        {"merge", "Merge", "in_review", "done"},
        {"close", "Close", "in_review", "done"},
        {"reopen", "Reopen", "done", "in_review"},
};

static void write_workflow(struct json_out *json)
{
	json_out_member_str(json, "name", "Pull request");
	json_out_key(json, "transitions");
	json_out_array(json);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		json_out_object(json);
		json_out_member_str(json, "id", ways[i].id);
		json_out_member_str(json, "name", ways[i].name);
		json_out_member_str(json, "kind", ways[i].from ? "directed" : "initial");
		if (ways[i].from) {
			json_out_key(json, "from");
			json_out_array(json);
			json_out_str(json, ways[i].from);
			json_out_array_end(json);
		}
		json_out_member_str(json, "to", ways[i].to);
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

/* What a pull request is to the issues that it closes. The organization has it. */
static void add_link_type(const struct mapping *mapping, const struct uuid *space,
                          struct plan *plan)
{
	struct json_out *json =
	        begin(plan, "AddLinkType", space, SETUP_LINK_FIXES, first_date(mapping));
	json_out_member_str(json, "link_type", SETUP_LINK_FIXES);
	json_out_member_str(json, "name", "Fixes");
	json_out_member_str(json, "outward", "fixes");
	json_out_member_str(json, "inward", "is fixed by");
	plan_end(plan);
}

void setup_pull_requests(const struct mapping *mapping, struct plan *plan)
{
	static const char *const commands[] = {"AddResolution", "SaveWorkflowDraft",
	                                       "PublishWorkflow", "AddIssueType"};
	struct uuid space = name_space("", mapping->project);
	if (!json_array_size(mapping->archive->pulls))
		return;
	add_link_type(mapping, &space, plan);
	for (int i = 0; i < 4; i++) {
		struct json_out *json =
		        begin(plan, commands[i], &space, SETUP_TYPE_PULL, first_date(mapping));
		json_out_member_str(json, "project", mapping->project);
		if (i == 0) {
			json_out_member_str(json, "resolution", SETUP_RESOLUTION_MERGED);
			json_out_member_str(json, "name", "Merged");
		} else {
			json_out_member_str(json, "workflow", SETUP_WORKFLOW_PULL);
		}
		if (i == 1)
			write_workflow(json);
		if (i == 3) {
			json_out_member_str(json, "issue_type", SETUP_TYPE_PULL);
			json_out_member_str(json, "name", "Pull request");
		}
		plan_end(plan);
	}
}

void setup_members(const struct mapping *mapping, struct plan *plan)
{
	struct uuid space = own_space(mapping);
	for (size_t i = 0; i < mapping->people->n; i++) {
		const struct person_row *row = &mapping->people->rows[i];
		struct json_out *json = begin(plan, "AddMember", &space, row->login, row->first_ms);
		json_out_member_uuid(json, "member_id", &row->id);
		json_out_key(json, "person");
		json_out_object(json);
		json_out_member_str(json, "issuer", mapping->issuer);
		json_out_member_str(json, "subject", row->login);
		json_out_member_str(json, "name", row->login);
		json_out_object_end(json);
		json_out_member_str(json, "role", "member");
		plan_end(plan);
	}
}
