/* nexusflow schema: what the program expects of the outside world, checked and made. */
#ifndef CLI_SCHEMA_H
#define CLI_SCHEMA_H

#include "core/base/config.h"

/* @argv[0] is the verb: schema topics [--apply]. Prints each setting of the topic: wanted, found,
 * whether it fits. Returns the exit code: 0 all is well now, 1 something has to change or failed, 2
 * usage. */
int schema_main(int argc, char **argv, const struct config *config);

#endif
