/* The commands of an import, as lines of NDJSON, in the order in which they are sent: by the time
 * at which they occurred, then what has to be last, then by issue number, then as they were added.
 * One thread. */
#ifndef IMPORT_PLAN_H
#define IMPORT_PLAN_H

#include "core/base/json_out.h"

struct plan_command {
	int64_t occurred_ms;
	int64_t number; /* of the issue, 0 for what comes before issues */
	bool last;
	size_t order;
	size_t at, bytes; /* of the line in plan.lines, without the newline */
};

struct plan { /* all zero is an empty one */
	struct buf lines;
	struct plan_command *commands;
	size_t n, cap;
	struct json_out json; /* of the line that is being written */
};

struct plan_envelope {
	const char *command;
	struct uuid command_id;
	int64_t occurred_ms;
	int64_t number;
	bool last;                       /* behind all else of that moment */
	const struct uuid *on_behalf_of; /* NULL: nobody */
	const char *reason;              /* NULL: none */
};

/* Begin a line. The fields of the command are written to the answer until plan_end. */
struct json_out *plan_begin(struct plan *plan, const struct plan_envelope *envelope);
void plan_end(struct plan *plan);
void plan_sort(struct plan *plan);
struct slice plan_line(const struct plan *plan, size_t i);
void plan_release(struct plan *plan);

#endif
