/* A data directory with an embedded journal, and events made by hand or at random for it. */
#ifndef TESTS_UNIT_HISTORY_H
#define TESTS_UNIT_HISTORY_H

#include "core/codec/event_codec.h"
#include "core/journal/journal.h"
#include "core/store/profile_keys.h"
#include "projections/fold.h"
#include "projections/kv_view.h"
#include "tests/unit/seed.h"

#define HISTORY_TENANTS_MAX 4
#define HISTORY_ISSUES_MAX  20000
#define HISTORY_START_MS    1763719200000LL /* 2025-11-21T10:00:00Z */

struct history_issue {
	struct uuid id, comment, worklog;
	uint64_t version;
	uint32_t parent; /* index + 1 */
	uint8_t column;
	const char *type;
	bool tagged; /* has both */
	int64_t number;
	bool elsewhere; /* in the other project */
	bool has_comment, linked, labelled, watched, archived, deleted;
	int32_t minutes;          /* of its worklog; 0: none */
	const char *cost, *notes; /* values of its custom fields; NULL: none */
};

struct history_tenant {
	char name[16];
	int64_t seq;
	struct uuid project,
	        other_project;          /* the other one comes with the first issue that moves */
	int64_t numbers, other_numbers; /* that they have given */
	uint64_t bulks;
	uint32_t types; /* of issues that were added, and removed again */
	uint64_t project_version;
	bool rekeyed, archived, deleted;
	bool has_parts; /* a component, a version and two fields */
	bool notes_first;
	uint64_t boards;        /* that are gone */
	uint64_t board_version; /* of the one that is there; 0: none */
	struct history_issue *issues;
	uint32_t issues_n, issues_max;
	/* the organization: a second member, two teams that he may be in */
	uint64_t organization_version;
	enum { SECOND_ABSENT, SECOND_ACTIVE, SECOND_DEACTIVATED } second;
	bool has_team[2], in_team[2];
	uint64_t api_keys; /* that ada ever made */
	bool has_api_key;  /* the last one is not revoked */
	/* a project role, that ada may have, and a permission scheme, that the project may have */
	bool has_link_type;
	bool has_permissions, is_private, has_role, grants_more;
	uint64_t spare_roles; /* that came and went */
	uint64_t label_steps; /* what was done with a label of its project */
};

struct history {
	char dir[64];
	struct config config;
	struct journal *journal;
	struct profile_keys *keys;
	struct history_tenant tenants[HISTORY_TENANTS_MAX];
	uint32_t tenants_n;
	struct seed seed;
	uint64_t events;
	/* the command that is being made */
	struct event staged[16];
	uint32_t staged_n;
	/* what waits to be appended to each partition */
	struct buf values[16];
	struct buf records[16];
};

void history_open(struct history *history, uint32_t partitions);
void history_close(struct history *history);  /* removes the directory */
void history_reopen(struct history *history); /* the journal, as after a restart */

/* An id that is the same in every run: @kind tells families apart. */
struct uuid history_id(const char *tenant, const char *kind, uint64_t number);

/* Add an event to the command that is being made; its meta but for aggregate is filled at the end.
 */
struct event *history_event(struct history *history, enum event_type type, enum aggregate_kind kind,
                            struct uuid aggregate, uint64_t version);
struct event *history_issue_event(struct history *history, enum event_type type,
                                  struct history_issue *issue);
/* One atomic command of @tenant; appended at the next history_flush. */
void history_command(struct history *history, struct history_tenant *tenant);
void history_flush(struct history *history);
/* A record as it is, at once. */
void history_raw(struct history *history, uint32_t partition, struct slice key, struct slice value);

/* A tenant with an organization, one member (ada) and one project TLS: 4 events, 2 commands. */
struct history_tenant *history_tenant(struct history *history, const char *name,
                                      uint32_t issues_max);
/* @n more commands at random over all tenants; flushed. */
void history_random(struct history *history, uint64_t n);

/* Something of the plan of an issue. */
void history_random_plan(struct history *history, struct history_tenant *tenant,
                         struct history_issue *issue);
/* It goes to another status, to another type, to the other project or back. */
void history_random_transition(struct history *history, struct history_tenant *tenant,
                               struct history_issue *issue);
void history_random_conversion(struct history *history, struct history_tenant *tenant,
                               struct history_issue *issue);
void history_random_move(struct history *history, struct history_tenant *tenant,
                         struct history_issue *issue);
/* The next step of a label of the project that goes round. Of a command that is being made. */
void history_next_label(struct history *history, struct history_tenant *tenant);
/* Custom fields "cost", a number, and "notes", a paragraph; their values. Of a command that is
 * being made. The other project of a tenant has no notes. */
void history_add_field(struct history *history, struct uuid project, uint64_t version,
                       const char *field);
void history_swap_fields(struct history *history, struct history_tenant *tenant);
void history_leave_notes(struct history *history, struct history_issue *issue);
void history_random_value(struct history *history, struct history_issue *issue);

/* "v2": what a projector names the first instance of a view. Static, overwritten by the next call.
 */
const char *history_first_instance(const char *view);
/* Open an instance of a view in the directory. */
struct view *history_view(struct history *history, const char *view, const char *instance);
/* Bring it to the end of the log with the given batches; ends the test if it fails. */
void history_fold(struct history *history, struct view *view, uint32_t batch_events);
void history_digest(struct view *view, uint8_t digest[VIEW_DIGEST_BYTES]);

#endif
