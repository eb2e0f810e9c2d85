#include "core/domain/judge.h"

static bool check_key(struct judge *judge, struct slice project_key)
{
	struct row_project_key row;

	if (!text_is_project_key(project_key))
		return REFUSE(judge, REJECT_BAD_KEY, "/key", SLICE("not a project key: "),
		              project_key);
	struct row_key key = row_key_project_key(project_key);
	if (judge->state->get(judge->state, &key, &row))
		return REFUSE(judge, REJECT_KEY_TAKEN, "/key", project_key,
		              SLICE(" belongs to another project"));
	return true;
}

void decide_create_project(struct judge *judge, const struct create_project *command)
{
	struct uuid id =
	        command->has_project_id ? command->project_id : judge->request->fresh[FRESH_ID];

	if (!check_key(judge, command->key) || !check_line(judge, command->name, "/name") ||
	    !check_new_id(judge, &id, "/project_id") ||
	    (command->has_lead && !check_member(judge, &command->lead, "/lead")))
		return;
	struct event *event = emit(judge, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT, &id, 1);
	event->project_created = (struct project_created){.key = command->key,
	                                                  .name = command->name,
	                                                  .has_lead = command->has_lead,
	                                                  .lead = command->lead};
	judge->decision->version = 1;
	judge->decision->created = id;
}

void evolve_project_created(struct tenant_state *state, const struct event_meta *meta,
                            const struct project_created *event)
{
	struct row_key key = row_key_project(&meta->aggregate.id);
	struct row_project project;
	struct row_project_key project_key = {meta->aggregate.id};

	assert(meta->aggregate.version == 1 && !state->get(state, &key, &project));
	memset(&project, 0, sizeof(project));
	project.id = meta->aggregate.id;
	project.version = 1;
	PADDED_SET(project.key, event->key);
	state->put(state, &key, &project);
	key = row_key_project_key(event->key);
	state->put(state, &key, &project_key);
}
