/* What a project configures piece by piece: statuses, issue types, priorities, resolutions. Each is
 * a row of the tenant's state; a project begins with those of classic.h. Internal to core/domain,
 * and for queries on rows. */
#ifndef CORE_DOMAIN_CONFIGURATION_H
#define CORE_DOMAIN_CONFIGURATION_H

#include "core/domain/judge.h"

/* The items of a kind that are not removed, in their order. */
struct items {
	uint32_t n;
	uint32_t ever; /* removed ones included */
	struct row_item at[ITEMS_MAX];
};

/* "status", "issue type", ... */
const char *item_kind_name(enum item_kind kind);

bool read_item(const struct tenant_state *state, const struct uuid *project, enum item_kind kind,
               struct slice id, struct row_item *item); /* false also if it was removed */
void read_items(const struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                struct items *items);
/* NULL if there is none of that id. */
const struct row_item *items_find(const struct items *items, struct slice id);

/* What a command that names none means: `task` and `medium` while they can be chosen, else the
 * first that can; no type that needs a parent. Of resolutions the first. False: there is none. */
bool default_item(const struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                  struct row_item *item);

/* Issues of the lowest level live under a parent. */
static inline bool type_needs_parent(const struct row_item *type)
{
	return type->level < 0;
}

/* Refuse unless it is there. */
bool find_item(struct judge *judge, const struct uuid *project, enum item_kind kind,
               struct slice id, const char *pointer, struct row_item *item);
/* And unless it can be chosen. */
bool choose_item(struct judge *judge, const struct uuid *project, enum item_kind kind,
                 struct slice id, const char *pointer, struct row_item *item);
/* As choose_item; empty @id: the default. */
bool choose_or_default(struct judge *judge, const struct uuid *project, enum item_kind kind,
                       struct slice id, const char *pointer, struct row_item *item);
/* Refuse unless @id can be that of a new one. */
bool check_new_item(struct judge *judge, const struct uuid *project, enum item_kind kind,
                    struct slice id, const char *pointer);

/* Refuse unless an item of the kind, @id or a new one, can be called @name. */
bool check_item_name(struct judge *judge, const struct uuid *project, enum item_kind kind,
                     struct slice id, struct slice name);

/* evolve: a new project, a new item, one that changed (it also moves to @item->position), one that
 * is gone. */
void begin_configuration(struct tenant_state *state, const struct uuid *project);
void add_item(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
              struct row_item *item);
void change_item(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                 const struct row_item *item);
void remove_item(struct tenant_state *state, const struct uuid *project, enum item_kind kind,
                 struct slice id);

#endif
