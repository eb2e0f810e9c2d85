/* Sends commands as NDJSON batches and minds the answers: one connection, one batch in flight, so
 * that the order of the lines is the order of their decisions. A line without an outcome (503) is
 * sent again with the same id, together with all lines behind it: those that were carried out are
 * answered "repeated", those that were refused may have missed the one before. One thread. */
#ifndef IMPORT_SENDER_H
#define IMPORT_SENDER_H

#include <signal.h>

#include "core/http/client.h"
#include "import/plan.h"
#include "import/progress.h"

#define SENDER_LINES 1000               /* of a batch; the API takes 5,000 */
#define SENDER_BYTES (4l * 1024 * 1024) /* of a batch; the API takes 8 MiB */

struct refusal {
	int status;
	struct slice code;
	struct slice detail;
	struct slice pointer; /* of the first fault, may be empty */
};

struct sender {
	struct http_client *client;        /* borrowed */
	const char *path;                  /* "/v1/t/acme/commands" */
	const volatile sig_atomic_t *stop; /* set: end after the batch in flight */
	int64_t patience_ms;               /* give up when nothing moves for so long */
	struct progress *progress;
	/* Called once for each command that was refused for good; @i is its place in the plan. */
	void (*refused)(void *context, const struct plan *plan, size_t i,
	                const struct refusal *refusal);
	void *context;
	/* results, over all calls */
	uint64_t accepted, repeated, refusals, done;
};

/* Send the whole of @plan. STATUS_INTERRUPTED: stopped; STATUS_UNAVAILABLE, STATUS_TIMEOUT: out of
 * patience; STATUS_DENIED: the token is not good; STATUS_MALFORMED: the answer is not one of a
 * command API. What was answered until then has been counted; sending all again is always right.
 */
enum status sender_send(struct sender *sender, const struct plan *plan, struct error *err);

#endif
