/* Which events each view handles: one table, in answers.c. An event type without a row there does
 * not compile. Others are not given to the view's apply; its position moves past them. */
#ifndef PROJECTIONS_ANSWERS_H
#define PROJECTIONS_ANSWERS_H

#include <stdbool.h>

#include "generated/event.h"

extern const bool access_handled[EVENT_TYPES];
extern const bool board_handled[EVENT_TYPES];
extern const bool issue_handled[EVENT_TYPES];
extern const bool search_handled[EVENT_TYPES];
extern const bool state_handled[EVENT_TYPES];
extern const bool audit_handled[EVENT_TYPES]; /* all: it keeps the log itself */
extern const bool feed_handled[EVENT_TYPES];  /* none: it keeps places in the log */

#endif
