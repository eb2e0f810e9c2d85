/* Intents: commands that a processor derived from an event, and the seam through which they go. In
 * process they are handed to the writers; in a process of its own a processor posts them to the
 * command API. Either way the command id is the same for ever, so that a crash, a redelivery or a
 * second instance has no second effect. */
#ifndef CORE_SERVICE_INTENT_H
#define CORE_SERVICE_INTENT_H

#include "core/base/bytes.h"
#include "core/base/status.h"
#include "core/base/uuid.h"
#include "generated/command.h"

enum intent_outcome {
	INTENT_UNANSWERED, /* outcome not known: send it again */
	INTENT_ACCEPTED,   /* events or a CommandConcluded trace are in the log, now or earlier */
	INTENT_REFUSED,    /* without a trace: the tenant does not exist, the form is wrong */
};

struct intent {
	struct slice tenant;
	struct uuid command_id;     /* intent_id() */
	struct uuid causation_id;   /* the event */
	struct uuid correlation_id; /* of the event's chain */
	struct uuid rule_id;
	struct uuid on_behalf_of;   /* the member whose rights count */
	struct slice credential_id; /* that they had come with; empty: none */
	struct command command;     /* strings borrow until send returns */
	enum intent_outcome outcome;
};

struct intent_port {
	/* Send @n intents (of any tenants) in order and wait until each is answered or the time is
	 * up; sets the outcomes. Any thread, but one at a time. */
	void (*send)(struct intent_port *port, struct intent *intents, uint32_t n);
	void (*free)(struct intent_port *port);
};

/* UUIDv5(event id, "rule id/version/path/target"). @path: which action of the rule. */
struct uuid intent_id(const struct uuid *event_id, const struct uuid *rule_id,
                      uint32_t rule_version, const char *path, const struct uuid *target);

#endif
