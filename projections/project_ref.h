/* How a project is named in requests: by its id, or by any key that it has had, in any case. */
#ifndef PROJECTIONS_PROJECT_REF_H
#define PROJECTIONS_PROJECT_REF_H

#include "core/base/uuid.h"
#include "core/store/kv.h"

/* The id that @ref stands for, by the view's table @keys (tenant, 0, key -> id). false: it is no
 * id, and none has such a key. There may be no project with an id: its row says. */
bool project_ref_find(struct kv_txn *txn, uint32_t keys, struct slice tenant, struct slice ref,
                      struct uuid *id);

#endif
