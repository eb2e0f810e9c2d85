/* An operator's skip: a tenant that stands before an event in some readers goes on without it, in
 * those, now and in every rebuild. The decision is an event of the tenant's own log (EventSkipped),
 * appended by the owner of its partition.
 *
 * Only for the event that a reader of this process really stands before. The writers' state is
 * never skipped: what they cannot read, nobody may build on. */
#ifndef REPLAY_SKIP_H
#define REPLAY_SKIP_H

#include "core/http/auth.h"
#include "core/service/trouble.h"
#include "replay/site.h"

#define SKIP_READERS_MAX  32
#define SKIP_ALL          SLICE("")
#define SKIP_OPERATOR_MAX 64

struct skip {
	struct slice reader; /* a view, "processor", or SKIP_ALL: whoever stands there */
	struct slice tenant;
	uint64_t seq;
	struct slice why;
	struct slice operator; /* "uid 1000" */
};

/* What was decided. */
struct skip_done {
	const char *readers[SKIP_READERS_MAX]; /* static */
	uint32_t readers_n;
	struct uuid event_id;
	uint64_t decision_seq; /* of the EventSkipped */
};

struct skip_place;
/* Hand the command SkipEvent over, its body as JSON. *@seq: of its event. */
typedef enum status skip_appender(const struct skip_place *place, struct slice tenant,
                                  const struct uuid *command_id, struct slice body, uint64_t *seq,
                                  struct error *err);

/* The readers of this process, beside the views of its site. */
struct skip_place {
	const struct site *site;
	struct trouble *writers, *processor; /* NULL: not here */
	skip_appender *append;
	struct auth *auth;       /* signs the token; NULL: the key in keys_dir */
	const char *command_url; /* where the commands go; NULL: to writers started for this */
};

/* STATUS_NOT_FOUND: no such reader here. STATUS_CONFLICT: it does not stand before that event.
 * STATUS_UNAVAILABLE, STATUS_TIMEOUT: it may be tried again, it is one decision. STATUS_DENIED,
 * STATUS_INVALID: refused. May take seconds. */
enum status skip_decide(const struct skip_place *place, const struct skip *skip,
                        struct skip_done *done, struct error *err);

/* nexusflow replay skip ...; @argv[0] is the verb. The exit code of replay_main. */
int skip_main(int argc, char **argv, const struct config *config, skip_appender *append);

#endif
