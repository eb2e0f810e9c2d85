/* The configuration that every project begins with. Frozen: projects of old logs have it without a
 * word of it in the log, so a change here would change the past. Pure tables. */
#ifndef CORE_DOMAIN_CLASSIC_H
#define CORE_DOMAIN_CLASSIC_H

#include "core/domain/tenant_state.h"

#define CLASSIC_WORKFLOW "classic"

struct classic_item {
	enum item_kind kind;
	const char *id;
	const char *name;
	enum status_category category; /* of a status */
	int32_t level;                 /* of an issue type */
};

/* Kind by kind, each in its order. Ends with id NULL. */
extern const struct classic_item classic_items[];

/* The workflow of all its issue types, and its name. */
extern const struct workflow_transition_array classic_transitions;
extern const char classic_workflow_name[];

/* The permission scheme of projects that have no other. */
#define CLASSIC_SCHEME "classic"
extern const char classic_scheme_name[];
extern const struct row_grant classic_grants[];
extern const uint32_t classic_grants_n;

#endif
