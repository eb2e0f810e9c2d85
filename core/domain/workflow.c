#include "core/domain/workflow.h"

const struct workflow_status workflow_statuses[] = {
        {"todo", "To do", STATUS_CATEGORY_TODO},
        {"in_progress", "In progress", STATUS_CATEGORY_IN_PROGRESS},
        {"in_review", "In review", STATUS_CATEGORY_IN_PROGRESS},
        {"done", "Done", STATUS_CATEGORY_DONE},
        {NULL, NULL, STATUS_CATEGORY_UNKNOWN},
};

const struct workflow_transition workflow_transitions[] = {
        {"todo", "in_progress"},      /* start */
        {"todo", "done"},             /* close without work */
        {"in_progress", "todo"},      /* put back */
        {"in_progress", "in_review"}, /* hand over */
        {"in_progress", "done"},      /* finish */
        {"in_review", "in_progress"}, /* ask for changes */
        {"in_review", "done"},        /* approve */
        {"done", "todo"},             /* reopen */
        {"done", "in_progress"},      /* reopen and go on */
        {NULL, NULL},
};

const char *const workflow_resolutions[] = {"done", "wont_do", "duplicate", NULL};

const struct workflow_status *workflow_status_find(struct slice id)
{
	for (const struct workflow_status *status = workflow_statuses; status->id; status++)
		if (slice_is(id, status->id))
			return status;
	return NULL;
}

bool workflow_allows(struct slice from, struct slice to)
{
	for (const struct workflow_transition *t = workflow_transitions; t->from; t++)
		if (slice_is(from, t->from) && slice_is(to, t->to))
			return true;
	return false;
}

const char *workflow_resolution_find(struct slice id)
{
	for (const char *const *resolution = workflow_resolutions; *resolution; resolution++)
		if (slice_is(id, *resolution))
			return *resolution;
	return NULL;
}
