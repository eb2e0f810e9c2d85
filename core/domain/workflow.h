/* The workflow that every project has for now: statuses, transitions, resolutions. Pure tables. */
#ifndef CORE_DOMAIN_WORKFLOW_H
#define CORE_DOMAIN_WORKFLOW_H

#include "core/base/bytes.h"
#include "generated/event.h"

struct workflow_status {
	const char *id;
	const char *name;
	enum status_category category;
};

struct workflow_transition {
	const char *from;
	const char *to;
};

/* In the order of the board; the first is the initial one. Ends with id NULL. */
extern const struct workflow_status workflow_statuses[];
/* Ends with from NULL. */
extern const struct workflow_transition workflow_transitions[];
/* The first is the default. Ends with NULL. */
extern const char *const workflow_resolutions[];

/* NULL if there is no such status. */
const struct workflow_status *workflow_status_find(struct slice id);
bool workflow_allows(struct slice from, struct slice to);
/* The table's own string, NULL if there is no such resolution. */
const char *workflow_resolution_find(struct slice id);

#endif
