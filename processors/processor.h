/* The processor: reads the log, runs the rules, sends their intents, moves on.
 *
 * Its position moves only when every intent of the events before it has been answered; state and
 * position are committed together after that. Killed in between, it reads the same events again
 * and sends the same command ids: the command side gives the first answers again. */
#ifndef PROCESSORS_PROCESSOR_H
#define PROCESSORS_PROCESSOR_H

#include "core/base/config.h"
#include "core/journal/journal.h"
#include "core/service/intent.h"
#include "core/service/trouble.h"

struct processor;

struct processor_options {
	const struct config *config;
	struct journal *journal;  /* borrowed */
	struct intent_port *port; /* borrowed */
};

struct processor_state {
	uint64_t events, intents, foreign;
	uint64_t lag_records;
	int64_t moved_ms_ago;    /* since the position last moved or the end was reached */
	struct trouble *trouble; /* borrowed until processor_stop */
	char reason[512];        /* why it does not move; "" if it does */
};

enum status processor_start(const struct processor_options *options, struct processor **out,
                            struct error *err);
void processor_stop(struct processor *processor);
/* What is wrong in the log as the processor sees it; borrowed until processor_stop. */
struct trouble *processor_trouble(struct processor *processor);
void processor_state(struct processor *processor, struct processor_state *out);

#endif
