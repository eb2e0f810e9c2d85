/* Hands the decision of `nexusflow replay skip` to whoever may append it. */
#ifndef CLI_SKIP_APPEND_H
#define CLI_SKIP_APPEND_H

#include "replay/skip.h"

/* A skip_appender. */
enum status skip_append(const struct skip_place *place, struct slice tenant,
                        const struct uuid *command_id, struct slice body, uint64_t *seq,
                        struct error *err);

#endif
