/* One command on its way: made by whoever received it (HTTP, a processor), judged by the writer of
 * its partition, finished exactly once.
 *
 * A job owns everything that it points to: the writer may need it longer than the HTTP request
 * lives (the answer "retry with the same key" is given after command_timeout_ms while the commit
 * goes on). Two references: the receiver's and the writer's; the last one frees it. */
#ifndef COMMAND_API_JOB_H
#define COMMAND_API_JOB_H

#include <jansson.h>
#include <stdatomic.h>

#include "core/base/arena.h"
#include "core/base/uuid.h"
#include "core/domain/decide.h"
#include "core/http/key_text.h"
#include "generated/command.h"
#include "generated/event.h"

#define JOB_REASON_BYTES_MAX 1024

enum job_outcome {
	JOB_PENDING,
	JOB_ACCEPTED,   /* events are durable */
	JOB_REPEATED,   /* the same command was accepted before: the first answer again */
	JOB_UNCHANGED,  /* nothing to change, nothing was appended */
	JOB_REFUSED,    /* by the domain; nothing was appended */
	JOB_UNAVAILABLE /* the partition cannot take commands now; nothing was appended, or it is
	                 * not known: retry with the same key */
};
const char *job_outcome_name(enum job_outcome outcome);

/* How many issues of a bulk came to what. */
struct job_bulk {
	uint32_t issues, changed, unchanged, refused;
};

struct job_event {
	struct uuid id;
	uint16_t type; /* enum event_type */
};

struct job {
	/* What was asked. */
	struct slice tenant;
	struct uuid command_id;
	struct command command;
	uint8_t hash[32];     /* of type, body, occurred_at, intent; on_behalf_of of others */
	uint8_t identity[32]; /* identity_hash of the caller */
	bool has_identity;    /* false: an intent of a rule */
	bool has_api_key;     /* the caller came with one: no identity */
	struct uuid api_key_id;
	uint8_t api_key_hash[32]; /* of the secret that was sent */
	bool installation;
	bool intent;                /* leaves CommandConcluded when refused or unchanged */
	struct uuid rule_id;        /* of an intent */
	struct slice credential_id; /* empty: none */
	struct slice reason;        /* empty: none */
	struct slice traceparent;   /* empty: none */
	struct uuid correlation_id; /* nil: command_id */
	struct uuid causation_id;   /* nil: none */
	struct uuid on_behalf_of;   /* nil: none */
	bool has_occurred_at;
	int64_t occurred_at_ms;
	int64_t arrived_us;

	/* What came of it: written by the writer before done is called. */
	enum job_outcome outcome;
	enum reject reject;
	char detail[REFUSAL_DETAIL_MAX];
	char pointer[REFUSAL_POINTER_MAX];
	struct buf faults; /* of a refusal: each one's pointer, NUL, detail, NUL; if empty it is the
	                    * one of detail and pointer */
	uint64_t first_seq; /* of the events */
	uint64_t position;  /* of the tenant after the command */
	struct aggregate_ref aggregate;
	struct uuid created; /* nil: nothing */
	struct job_event *events;
	uint32_t events_n;
	char key[32];              /* "TLS-12", "TLS"; empty when the aggregate has none */
	bool hides_key;            /* for who may not see it any more */
	struct job_bulk bulk;      /* when the aggregate is one */
	char secret[KEY_TEXT_MAX]; /* the API key that was made now; empty: none. Nowhere else */

	/* Called once, on the writer's thread (or the submitter's when it is refused at once). */
	void (*done)(struct job *job);
	void *context;

	struct job *next; /* in the writer's queue */
	json_t *body;     /* the command's strings borrow from it */
	struct arena arena;
	struct buf texts; /* tenant, credential_id, reason, traceparent */
	atomic_int references;
};

/* @texts are copied. One reference: the caller's. */
struct job *job_new(struct slice tenant, struct slice credential_id, struct slice reason,
                    struct slice traceparent, size_t arena_bytes);
void job_retain(struct job *job);
void job_release(struct job *job);

/* Hash of what was asked; call when body, command and envelope are filled in. */
void job_hash(struct job *job);

/* {"command_id","outcome","events":[{"id","type","seq"}],"position","version","aggregate","key",
 * "created","bulk":{"issues","changed","unchanged","refused"},"secret","notice"}: bulk of commands
 * on many issues, the last two of CreateApiKey only
 * or, for what failed, problem+json; one line without a newline. Returns the HTTP status. */
int job_answer_json(const struct job *job, const struct uuid *request_id, struct buf *out);

#endif
