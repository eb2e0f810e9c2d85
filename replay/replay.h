/* Replay: what operators do with views while they are served, or while nothing runs. One job for
 * each view at a time, in a thread of its own with low priority, so that commands, queries and live
 * views go on.
 *
 * The verbs of the command line are clients of replay_routes on the admin socket of the running
 * process; with nothing running they open the stores and call the same functions. */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H

#include "core/base/json_out.h"
#include "core/http/http.h"
#include "replay/skip.h"

/* The admin socket in data_dir, by what the process does; in the order in which verbs try them:
 * where processes share a directory, the one that keeps views is asked. */
enum replay_socket {
	REPLAY_SOCKET_VIEWS,
	REPLAY_SOCKET_COMMANDS,
	REPLAY_SOCKET_PROCESSOR,
	REPLAY_SOCKETS
};
extern const char *const replay_sockets[REPLAY_SOCKETS];

struct replay;

enum replay_verb { REPLAY_REBUILD, REPLAY_ROLLBACK, REPLAY_VERIFY };

struct replay_options {
	struct site site; /* copied; what it points to is borrowed */
	/* For the status: print the writers and the processor as a value each. May be NULL. */
	void (*writers)(void *context, struct json_out *out);
	void (*processor)(void *context, struct json_out *out);
	void *context;
	struct skip_place skip; /* its site is ours */
	enum replay_socket socket;
};

struct replay *replay_open(const struct replay_options *options);
/* Stops what runs, at a point from which it goes on later, and waits for it. NULL is fine. */
void replay_close(struct replay *replay);

/* Start the work; *@job names it. STATUS_NOT_FOUND: no such view here; STATUS_BUSY: one of its jobs
 * is running. Any thread, like the rest. */
enum status replay_start(struct replay *replay, struct slice view, enum replay_verb verb,
                         bool accept_changes, uint64_t *job, struct error *err);
/* The last job of @view as a JSON object; STATUS_NOT_FOUND: no such view, or it had none. */
enum status replay_job(struct replay *replay, struct slice view, struct buf *out,
                       struct error *err);
/* Everything, as a JSON object. Not while a job runs alone on the stores. */
void replay_status(struct replay *replay, struct buf *out);

/* skip.h; @out: {"tenant", "seq", "event_id", "readers", "decision_seq"}. */
enum status replay_skip(struct replay *replay, const struct skip *skip, struct buf *out,
                        struct error *err);

extern const struct http_route replay_routes[]; /* context: struct replay */

/* nexusflow replay VERB ...; see the usage text. Exit codes: 0 done, 1 failed, 2 called wrongly,
 * 3 nothing to do or busy. */
int replay_main(int argc, char **argv, const struct config *config, skip_appender *append);

#endif
