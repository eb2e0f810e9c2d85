/* Where replay works: inside a process, on the views that its projector keeps; or alone, when
 * nothing runs, on the stores themselves. The rest of replay does not know which.
 *
 * Any thread; one at a time for each view. */
#ifndef REPLAY_SITE_H
#define REPLAY_SITE_H

#include "projections/projector.h"
#include "projections/registry.h"

struct site {
	const struct config *config; /* all borrowed */
	struct journal *journal;
	struct profile_keys *profile_keys;
	struct registry *registry;   /* NULL in a process that keeps no views */
	struct projector *projector; /* NULL: alone, or in a process that keeps no views */
	bool running;                /* inside of a process; else alone */
};

/* Is the view kept here? By the process, or, alone, in the stores. */
bool site_keeps(const struct site *site, const struct view_type *type);

struct live { /* a live instance, open */
	struct view *view;
	char name[INSTANCE_MAX];
	uint32_t version; /* of the view that made it */
	bool acquired;    /* from the projector */
};

/* Open an instance that is not live. @bulk as in view_options. */
enum status site_open(const struct site *site, const struct view_type *type, const char *instance,
                      bool bulk, struct view **out, struct error *err);
enum status site_drop(const struct site *site, const struct view_type *type, const char *instance,
                      struct error *err);

/* For looking at: position and digest. Its rows may be those of another version. */
enum status site_live(const struct site *site, const struct view_type *type, struct live *out,
                      struct error *err);
void site_live_done(const struct site *site, const struct view_type *type, struct live *live);

/* The live instance stands still between them. */
enum status site_hold(const struct site *site, const struct view_type *type, struct error *err);
void site_release(const struct site *site, const struct view_type *type);
/* @instance is closed, and live afterwards. */
enum status site_swap(const struct site *site, const struct view_type *type, const char *instance,
                      struct error *err);
/* Whether somebody in this process has @instance open. */
bool site_uses(const struct site *site, const struct view_type *type, const char *instance);

#endif
