/* The intent port within one process: intents become jobs of the writers. */
#ifndef CLI_LOCAL_INTENTS_H
#define CLI_LOCAL_INTENTS_H

#include "command-api/writer.h"
#include "core/service/intent.h"

struct intent_port *local_intents_new(struct writers *writers); /* borrows */

#endif
