/* The topic of a Kafka journal as operators see it: what each setting has to be, what it is, and
 * what may be changed. journal_open refuses a topic by the same rows. */
#ifndef CORE_JOURNAL_TOPIC_H
#define CORE_JOURNAL_TOPIC_H

#include "core/base/config.h"
#include "core/base/status.h"

#define TOPIC_ROWS_MAX 16

enum topic_verdict {
	TOPIC_OK,
	TOPIC_DIFFERS, /* a journal can be there, but less well */
	TOPIC_REFUSED, /* no journal is opened there */
};

struct topic_row {
	const char *name; /* as Kafka has it; static */
	char wanted[40];
	char found[64];
	enum topic_verdict verdict; /* of what was found */
	const char *why;            /* static; what is at stake; "" when it is ok */
	bool mendable;              /* may be changed without harm to what the topic holds */
	bool changed;               /* and was */
	char target[24];            /* what it is changed to */
};

struct topic_report {
	bool created; /* just now, with settings that fit */
	uint32_t rows_n;
	struct topic_row rows[TOPIC_ROWS_MAX];
};

/* Look at the topic that @config names; with @apply, create it when there is none and change what
 * is mendable. Rows that fit now say so or are `changed`. NOT_FOUND without @apply, UNAVAILABLE,
 * INVALID (also what the brokers refuse to change). Blocks for seconds at most. */
enum status topic_inspect(const struct config *config, bool apply, struct topic_report *report,
                          struct error *err);

/* Does anything differ that was not changed? */
bool topic_needs_change(const struct topic_report *report);

#endif
