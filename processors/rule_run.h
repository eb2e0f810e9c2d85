/* What the rules ask for while one batch of events is read: intents and their texts, up to a bound.
 * Used by the processor's thread only. */
#ifndef PROCESSORS_RULE_RUN_H
#define PROCESSORS_RULE_RUN_H

#include "core/base/arena.h"
#include "core/service/intent.h"

#define RULE_TEXT_BYTES  (1024 * 1024)
#define RULE_INTENTS_MAX 4096

struct rule_run {
	struct intent *intents; /* RULE_INTENTS_MAX of them, the processor's */
	uint32_t n;
	struct arena texts; /* RULE_TEXT_BYTES */
	bool full;          /* something did not fit: what is there is not whole */
};

#endif
