/* nexusflow replay copy: the verb. */
#ifndef REPLAY_COPY_MAIN_H
#define REPLAY_COPY_MAIN_H

#include "core/base/config.h"

enum copy_exit { COPY_DONE, COPY_FAILED, COPY_CALLED_WRONGLY, COPY_NOTHING };

/* Copy the journal of @source to that of the configuration file @to; prints. SIGINT and SIGTERM end
 * it at a point from which the next call goes on. */
enum copy_exit copy_main(const struct config *source, const char *to);

#endif
