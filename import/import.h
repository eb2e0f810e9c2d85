/* The verb `nexusflow import`: another tracker's archive becomes commands (README.md). */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "core/base/config.h"

/* Returns the exit code: 0 done, 1 failed, 2 called wrongly, 3 done but for refused commands. */
int import_main(int argc, char **argv, const struct config *config);

#endif
