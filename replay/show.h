/* Jobs and the status as text for people. */
#ifndef REPLAY_SHOW_H
#define REPLAY_SHOW_H

#include <jansson.h>
#include <stdbool.h>

#include "core/base/bytes.h"

/* One line on stderr; on a terminal it replaces the one before. */
void show_progress(const json_t *job, bool terminal);
/* What came of it, on stdout: the instance, figures, what differs. */
void show_result(const json_t *job);
/* @status: JSON of replay_status. */
void show_status(struct slice status);

#endif
