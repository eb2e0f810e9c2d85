/* A rule: looks at events, keeps a little state of its own, says which commands should follow.
 *
 * Pure in its inputs: the same events give the same intents. Its state is a fold in the
 * processor's store, with the processor's position. */
#ifndef PROCESSORS_RULE_H
#define PROCESSORS_RULE_H

#include "core/service/intent.h"
#include "core/store/kv.h"
#include "generated/event.h"

struct rule_run; /* the batch that is being processed */

struct rule {
	struct uuid id;
	const char *name;
	uint32_t version; /* of what it does: part of the ids of its intents */
	/* Keep state in @txn, table RULE_STATE_TABLE, keys begin with the tenant and a 0 byte; call
	 * rule_intend for what should follow. */
	void (*on_event)(const struct rule *rule, struct kv_txn *txn, const struct event *event,
	                 struct rule_run *run);
};

#define RULE_STATE_TABLE 0

extern const struct rule rule_subtasks_done;

/* Every rule of the program, ends with NULL. */
extern const struct rule *const rules[];

/* Ask for @command on @target because of @event, in the name of the member who did it or had it
 * done, through whatever chain of rules: it is judged with their rights, and refused where they may
 * not. Nothing is asked for when there is no such member. Strings of @command are copied by type
 * where they are of the event's memory: they must live until the batch ends (use rule_text for made
 * ones). */
void rule_intend(struct rule_run *run, const struct rule *rule, const struct event *event,
                 const char *path, const struct uuid *target, const struct command *command);
/* A text that lives as long as the batch. */
struct slice rule_text(struct rule_run *run, struct slice text);

#endif
