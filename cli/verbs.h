/* Verbs that have folders of their own. Each gets what is left of the arguments after the
 * configuration flags; returns the exit code: 0 done, 1 failed, 2 called wrongly. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "core/base/config.h"

/* import/ */
int import_main(int argc, char **argv, const struct config *config);

#endif
