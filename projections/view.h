/* A view: a fold of the log into rows that queries read, with its position in the same
 * transaction as the rows. It knows nothing of where events come from: the projector and replay
 * run the same view objects.
 *
 * A view version is its own store (an LMDB environment or a Postgres schema); the pointer that
 * names the live one is kept by projections/registry.h. Which events each view handles:
 * projections/answers.h.
 *
 * Threads: begin/apply/commit/rollback by one thread (the projector's of this view). */
#ifndef PROJECTIONS_VIEW_H
#define PROJECTIONS_VIEW_H

#include "core/base/config.h"
#include "core/base/status.h"
#include "core/journal/journal.h"
#include "core/store/profile_keys.h"
#include "generated/event.h"

#define VIEW_DIGEST_BYTES 32

/* Where a view stands: exactly the fold of the log up to here. */
struct view_position {
	struct uuid journal_id;
	uint32_t partitions;
	int64_t next_offset[JOURNAL_PARTITIONS_MAX]; /* to be applied next */
};

struct view_options {
	const struct config *config;       /* borrowed */
	struct profile_keys *profile_keys; /* borrowed; for views that show names */
	const char *instance;              /* "v1", "v1-20261121T101500": names the store */
	bool bulk;                         /* a rebuild: bulk paths, indexes at the end */
	uint32_t version; /* not 0: the instance was made by this version of the view, another one
	                   * than ours: only position and digest may be called */
};

/* Where in the journal an event was read. */
struct view_place {
	uint32_t partition;
	int64_t offset;
};

/* Where a tenant stands still in a view: the event @seq cannot be applied. */
struct view_stop {
	struct slice tenant;
	uint64_t seq;
	bool has_place; /* false: an older version of the program noted it */
	struct view_place place;
	struct uuid event_id;
	struct slice reason;
};

struct view; /* an open instance */

struct view_type {
	const char *name;    /* "board" */
	uint32_t version;    /* of code and layout; raise it when either changes */
	bool postgres;       /* lives in Postgres, not in LMDB */
	int pace_ms;         /* when live, rest so long after a commit unless somebody waits */
	bool journal_bound;  /* its rows hold places: worthless for another journal, even a copy */
	const bool *handled; /* [EVENT_TYPES], of answers.h */
	/* Open or create the store of options->instance. */
	enum status (*open)(const struct view_type *type, const struct view_options *options,
	                    struct view **out, struct error *err);
	void (*close)(struct view *view);
	/* As stored: all zero when nothing was applied yet. */
	enum status (*position)(struct view *view, struct view_position *out, struct error *err);
	/* Last seq applied of @tenant; 0 if none. Any thread. */
	enum status (*tenant_seq)(struct view *view, struct slice tenant, uint64_t *seq,
	                          struct error *err);
	enum status (*begin)(struct view *view, struct error *err);
	/* Called for handled types only, in order of the log. A failure with policy PARK stops the
	 * tenant: the transaction is rolled back and made again without the event. Policy RETRY and
	 * CRASH roll back as well. */
	enum status (*apply)(struct view *view, const struct event *event, struct error *err);
	/* Store now what apply has gathered. STATUS_BATCH_INVALID, here, from apply or from commit:
	 * what one of the events gathered since the last time came to cannot be stored; the fold
	 * goes back and stores them one by one, to stop its tenant alone. NULL: apply gathers
	 * nothing. */
	enum status (*flush)(struct view *view, struct error *err);
	/* Every event, handled or not, moves the tenant's seq; called before apply. */
	enum status (*advance)(struct view *view, const struct event_meta *meta,
	                       const struct view_place *place, struct error *err);
	/* Instead of advance and apply: note in the open transaction that a tenant stands still.
	 * Nothing of it is given to the view until resume. */
	enum status (*stop)(struct view *view, const struct view_stop *stop, struct error *err);
	/* It goes on: forget the note, in the open transaction. */
	enum status (*resume)(struct view *view, struct slice tenant, struct error *err);
	/* Every stopped tenant. Slices borrow for the call. */
	enum status (*stopped)(struct view *view,
	                       void (*each)(void *context, const struct view_stop *stop),
	                       void *context, struct error *err);
	/* Empty rows, seqs and position. Needed by journal_bound views only, else NULL. */
	enum status (*reset)(struct view *view, struct error *err);
	/* Rows, seqs and position in one transaction; @position replaces the stored one, which must
	 * still be @expected (compare-and-set), else STATUS_CONFLICT. STATUS_UNKNOWN: read the
	 * position. */
	enum status (*commit)(struct view *view, const struct view_position *expected,
	                      const struct view_position *position, struct error *err);
	void (*rollback)(struct view *view);
	/* A bulk instance has caught up: build indexes, sync. */
	enum status (*finish)(struct view *view, struct error *err);
	/* SHA-256 over the canonical rows of @tenant (all tenants when it is empty), independent of
	 * physical order. @each (may be NULL) gets every key ("table/" tenant NUL rest) with the
	 * digest of its row, table by table, in order of the keys. @at (may be NULL): the position
	 * of the committed state that was read. Any thread. */
	enum status (*digest)(struct view *view, struct slice tenant,
	                      uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at,
	                      void (*each)(void *context, struct slice key, const uint8_t row[8]),
	                      void *context, struct error *err);
	/* Whether the store went away since it was used last, and with it, perhaps, commits that it
	 * had acknowledged: then the position is to be read again. NULL: it cannot. */
	bool (*lost)(struct view *view);
	/* Remove the store of an instance that is not open. */
	enum status (*drop)(const struct view_type *type, const struct view_options *options,
	                    struct error *err);
};

/* Every view of the program, ends with NULL. */
extern const struct view_type *const view_types[];
const struct view_type *view_type_find(struct slice name);

#endif
