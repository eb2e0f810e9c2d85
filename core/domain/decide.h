/* Decide and evolve: commands are judged on the tenant's state, events change it.
 *
 * decide is a pure function of (state, request, command); it never evolves. evolve is total: it
 * asserts, it does not judge. What must hold together is one decision. No event is emitted when
 * nothing changes (a decision without events and without a refusal is "unchanged").
 *
 * occurred_at never decreases within an issue; organizations and projects do not look at it. */
#ifndef CORE_DOMAIN_DECIDE_H
#define CORE_DOMAIN_DECIDE_H

#include "core/base/arena.h"
#include "core/domain/reject.h"
#include "core/domain/tenant_state.h"
#include "generated/command.h"
#include "generated/event.h"

#define DECISION_EVENTS_MAX 20000
#define DECISION_BYTES      (32 << 20)
#define DECISION_BULK_BYTES (96 << 20) /* 20,000 events and the rows that they change */

/* Which of the fresh ids is for what: the created thing, and the owner of a new organization. */
enum { FRESH_ID, FRESH_OWNER, FRESH_IDS };

/* What the shell knows about a command before it is decided. */
struct request {
	struct slice tenant; /* slug of the URL */
	/* Kind, id (member or rule), credential_id, on_behalf_of: of importers the author whose
	 * name is on what happened, of rules the member whose rights count. */
	struct actor actor;
	bool installation;        /* an installation token: an operator */
	bool has_identity_member; /* the person that an AddMember or CreateOrganization names is */
	struct uuid identity_member; /* already this member (also when removed) */
	bool has_this_profile;       /* whose profile says of them just what the command says */
	struct slice sealed_profile; /* sealed by the shell, for MemberProfileSet */
	bool has_api_key;            /* the actor came with an API key that the shell has checked */
	enum api_key_scope scope;    /* of that key */
	uint8_t api_key_hash[32];    /* of the fresh secret, for ApiKeyCreated */
	struct uuid
	        fresh[FRESH_IDS]; /* ids for what the command creates, used when it names none */
	bool has_occurred_at;     /* given by an importer */
	int64_t occurred_at_ms;
	int64_t now_ms;
};

/* Of refusals: bytes, with the NUL. */
#define REFUSAL_DETAIL_MAX  480
#define REFUSAL_POINTER_MAX 64
#define REFUSAL_FAULTS_MAX  40 /* of one refusal: all rules of a list, and what its screen asks */

/* One of the things that are wrong, and where. Borrows from the arena of the decision. */
struct refusal_fault {
	struct slice pointer, detail;
};

struct decided {
	struct event event; /* meta: only aggregate {kind, id, version} is set by decide */
	struct decided *next;
};

struct decision {
	struct arena *arena; /* of the caller; events and their arrays lie in it, strings borrow
	                      * from the command, the request or the arena */
	enum reject reject;
	/* What a person should know: names the value and the rule, all of them if several are
	 * broken; and a JSON pointer into the command, "" when it is about the whole. */
	char detail[REFUSAL_DETAIL_MAX];
	char pointer[REFUSAL_POINTER_MAX];
	/* Each of the faults, where a refusal is about several at once; none, where detail and
	 * pointer tell it. */
	struct refusal_fault *faults;
	uint32_t faults_n;
	int64_t version; /* of the aggregate after the command (or as it is, when refused 412) */
	uint32_t events_n;
	struct decided *first, *last;
	struct uuid created; /* id of what was created, nil if nothing */
};

/* Judge @command. *@decision must have its arena set; everything else is overwritten.
 * A full arena or more than DECISION_EVENTS_MAX events is REJECT_TOO_LARGE. */
void decide(const struct tenant_state *state, const struct request *request,
            const struct command *command, struct decision *decision);

/* Whether @type is about a list of issues: it may take an arena of DECISION_BULK_BYTES, others
 * make do with DECISION_BYTES. */
bool command_is_bulk(enum command_type type);

/* The actor to stamp on the events: a member who sets occurred_at or on_behalf_of is an importer.
 */
struct actor request_actor(const struct request *request);

/* The id of what the event brought into being; nil: nothing. */
struct uuid event_created(const struct event *event);

/* Whether @meta's event is the next one of its aggregate. For those who must stop at a log that is
 * not what it should be, where the writer would assert. */
bool evolve_follows(const struct tenant_state *state, const struct event_meta *meta);

/* Apply one event that is in the log (or is about to be). @event->meta is complete. Events of a
 * tenant come in the order of seq, each once. */
void evolve(struct tenant_state *state, const struct event *event);

#endif
