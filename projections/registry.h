/* Which instance of each view is live, and which was before it: <data_dir>/views/registry. The
 * pointer that a swap changes, durable when registry_set returns. Any thread. */
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
};

enum status registry_open(const struct config *config, struct registry **out, struct error *err);
void registry_close(struct registry *registry); /* NULL is fine */
/* "v<version>" is live while nobody has said otherwise. */
enum status registry_get(struct registry *registry, const struct view_type *type,
                         struct registry_entry *out, struct error *err);
/* 1 to INSTANCE_MAX-1 of a-z, A-Z, 0-9, '-' and '_': it becomes part of a path and of a schema. */
bool registry_name_is_valid(const char *instance);
/* @instance becomes live, the live one becomes the previous one. Already live: nothing changes. */
enum status registry_set(struct registry *registry, const struct view_type *type,
                         const char *instance, struct error *err);

#endif
