/* nexusflow token: make a bearer token with this installation's key. */
#ifndef CLI_TOKEN_H
#define CLI_TOKEN_H

#include "core/base/config.h"

/* @argv[0] is the verb: token --user ID [--installation] [--service] --ttl 30d. The token goes to
 * stdout, errors to stderr. Returns the exit code: 0, 1 failed, 2 usage. */
int token_main(int argc, char **argv, const struct config *config);

#endif
