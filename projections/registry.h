/* The instances of each view: which one is live, which was before it, which one is being built and
 * which ones are to be dropped: <data_dir>/views/registry. The pointer that a swap changes. Every
 * change is one transaction, durable when the call returns. Any thread. */
#ifndef PROJECTIONS_REGISTRY_H
#define PROJECTIONS_REGISTRY_H

#include "core/base/config.h"
#include "core/base/status.h"
#include "projections/view.h"

#define INSTANCE_MAX 64 /* with NUL */

struct registry;

struct registry_entry {
	char live[INSTANCE_MAX];
	char previous[INSTANCE_MAX]; /* "" if there was none */
	char building[INSTANCE_MAX]; /* "" if none is */
};

enum status registry_open(const struct config *config, struct registry **out, struct error *err);
void registry_close(struct registry *registry); /* NULL is fine */
/* "v<version>" is live while nobody has said otherwise. */
enum status registry_get(struct registry *registry, const struct view_type *type,
                         struct registry_entry *out, struct error *err);
/* 1 to INSTANCE_MAX-1 of a-z, A-Z, 0-9, '-' and '_': it becomes part of a path and of a schema. */
bool registry_name_is_valid(const char *instance);
/* @instance becomes live and is no longer being built, the live one becomes the previous one, that
 * one is to be dropped. Already live: only noted, so that it is live for a later version too. */
enum status registry_set(struct registry *registry, const struct view_type *type,
                         const char *instance, struct error *err);
/* A build of @instance begins, or goes on; another one that was being built is to be dropped. "":
 * no build goes on. */
enum status registry_build(struct registry *registry, const struct view_type *type,
                           const char *instance, struct error *err);
/* One instance of @type that is to be dropped; "" if there is none. */
enum status registry_dropping(struct registry *registry, const struct view_type *type,
                              char instance[INSTANCE_MAX], struct error *err);
enum status registry_dropped(struct registry *registry, const struct view_type *type,
                             const char *instance, struct error *err);

/* The version of the view that made @instance: its name begins with "v<version>". 0: no such name.
 */
uint32_t instance_version(const char *instance);

#endif
