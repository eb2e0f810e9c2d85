/* The admin socket of a running process: <data_dir>/admin.sock, mode 0600, served by a thread and a
 * loop of its own, so that operators get through whatever the public API is doing. */
#ifndef CLI_ADMIN_H
#define CLI_ADMIN_H

#include "replay/replay.h"

struct admin;

/* Starts to serve the operators' routes. */
enum status admin_start(const struct replay_options *options, struct admin **out,
                        struct error *err);
/* Stops running jobs at a point from which they go on. NULL is fine. */
void admin_stop(struct admin *admin);

#endif
