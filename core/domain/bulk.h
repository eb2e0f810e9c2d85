/* Commands on many issues. Each issue of the list is judged by the decision of the command for one
 * issue, on the state as the issues before it left it; what is refused there does not stop the
 * others. The last event tells what came of it. Internal to core/domain. */
#ifndef CORE_DOMAIN_BULK_H
#define CORE_DOMAIN_BULK_H

#include "core/domain/judge.h"

#define BULK_ISSUES_MAX   10000 /* max_items of the commands */
#define BULK_REFUSALS_MAX 500   /* of an event: 400 KB at most, of the 512 KiB that one may have */
#define BULK_TEXT_BYTES   (8 << 20) /* of labels and values of custom fields, in all events */

struct bulk;

struct bulk_list {
	bool has_id;
	struct uuid id;
	struct slice_array issues;
	bool backwards; /* judge the last one first */
	const void *command;
	/* Judge @issue: the events of one decision, or of several with a bulk_step after each. */
	void (*one)(struct bulk *bulk, const void *command, struct slice issue);
};

void decide_bulk(struct judge *judge, const struct bulk_list *list);

/* For one: what is judged next asks for what @type asks. */
struct judge *bulk_judge(struct bulk *bulk, enum command_type type);
/* For one: let what is judged next see what was decided. False if that was a refusal. */
bool bulk_step(struct bulk *bulk);

#endif
