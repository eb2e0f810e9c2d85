/* Delete and restore of a project. One event hides all of it: nothing of its issues, links or ranks
 * is touched, they are asked through the project. Who looks for something finds neither the project
 * nor what is in it; its keys, numbers and ids stay given. */
#include "core/domain/project.h"

void decide_delete_project(struct judge *judge, const struct delete_project *command)
{
	struct row_project project;

	if (find_project(judge, command->project, &project) &&
	    check_version(judge, command->has_expected_version, command->expected_version,
	                  project.version))
		emit_project(judge, EVENT_PROJECT_DELETED, &project)->project_deleted.key =
		        emit_copy(judge, PADDED(project.key));
}

void decide_restore_project(struct judge *judge, const struct restore_project *command)
{
	struct row_project project;

	if (find_kept_project(judge, command->project, &project) &&
	    check_version(judge, command->has_expected_version, command->expected_version,
	                  project.version) &&
	    project.deleted)
		emit_project(judge, EVENT_PROJECT_RESTORED, &project)->project_restored.key =
		        emit_copy(judge, PADDED(project.key));
}

static void set_deleted(struct tenant_state *state, const struct event_meta *meta, bool deleted)
{
	struct row_project project = load_project(state, meta);
	struct row_key key = row_key_deleted_project(&project.id);
	static const struct row_deleted_project row;

	assert(project.deleted != deleted);
	project.deleted = deleted;
	save_project(state, &project);
	if (deleted)
		state->put(state, &key, &row);
	else
		state->del(state, &key);
}

void evolve_project_deleted(struct tenant_state *state, const struct event_meta *meta,
                            const struct project_deleted *event)
{
	(void)event;
	set_deleted(state, meta, true);
}

void evolve_project_restored(struct tenant_state *state, const struct event_meta *meta,
                             const struct project_restored *event)
{
	(void)event;
	set_deleted(state, meta, false);
}
