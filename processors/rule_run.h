/* The intents of one batch of events. The processor's thread. */
#ifndef PROCESSORS_RULE_RUN_H
#define PROCESSORS_RULE_RUN_H

#include "core/base/arena.h"
#include "processors/rule.h"

#define INTENTS_MAX 4096 /* of a batch */

/* Owned by the processor, which clears it before each batch. */
struct rule_run {
	struct intent *intents; /* room for INTENTS_MAX */
	uint32_t n;
	struct arena texts; /* what the intents borrow from */
	bool full;          /* more was asked for than there is room */
};

#endif
