/* Where the verbs of the command line go: to the running process over its admin socket, or, with
 * nothing running, to the stores of the data directory under the same lock. One thread. */
#ifndef REPLAY_DESK_H
#define REPLAY_DESK_H

#include <jansson.h>

#include "replay/replay.h"

struct desk;

/* STATUS_BUSY: a process has the data directory but does not answer; else what opening the journal
 * failed with. @append: of a skip; NULL: the journal is only
 * read. @config is borrowed. */
enum status desk_open(const struct config *config, skip_appender *append, struct desk **out,
                      struct error *err);
/* Alone: what runs is stopped at a point from which it goes on. NULL is fine. */
void desk_close(struct desk *desk);
bool desk_is_alone(const struct desk *desk);

/* STATUS_NOT_FOUND: no such view; STATUS_BUSY: one of its jobs is running. */
enum status desk_start(struct desk *desk, const char *view, enum replay_verb verb,
                       bool accept_changes, uint64_t *job, struct error *err);
/* The last job of @view; the caller's. */
enum status desk_job(struct desk *desk, const char *view, json_t **out, struct error *err);
/* skip.h; *@out tells what was decided, the caller's. */
enum status desk_skip(struct desk *desk, const struct skip *skip, json_t **out, struct error *err);
/* The whole status as text. */
enum status desk_status(struct desk *desk, struct buf *out, struct error *err);

#endif
