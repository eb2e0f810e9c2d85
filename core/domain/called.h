/* What refusals call things: by the name that people see and the id that commands take,
 * 'In review' (in_review). Internal to core/domain, and for queries on rows. */
#ifndef CORE_DOMAIN_CALLED_H
#define CORE_DOMAIN_CALLED_H

#include "core/domain/configuration.h"

#define CALLED_MAX (ITEM_NAME_MAX + NAME_MAX_ID + 8)

/* All borrow @room. */
struct slice called(struct slice name, struct slice id, char room[CALLED_MAX]);
struct slice item_called(const struct row_item *item, char room[CALLED_MAX]);
/* As its id alone when there is no such item. */
struct slice item_called_of(const struct tenant_state *state, const struct uuid *project,
                            enum item_kind kind, struct slice id, char room[CALLED_MAX]);
/* A system field is called by its one name, due_on; so is what is no field of the project. */
struct slice field_called(const struct tenant_state *state, const struct uuid *project,
                          struct slice field, char room[CALLED_MAX]);
struct slice transition_called(const struct workflow_transition *transition, char room[CALLED_MAX]);

#endif
