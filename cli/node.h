/* One running process: the parts of the roles that it plays, wired together, from start to stop. */
#ifndef CLI_NODE_H
#define CLI_NODE_H

#include "core/base/config.h"
#include "core/base/status.h"

enum role {
	ROLE_COMMAND_API = 1 << 0, /* writers and the command routes */
	ROLE_PROCESSOR = 1 << 1,   /* rules */
	ROLE_LMDB_VIEWS = 1 << 2,  /* views that live beside their query API */
	ROLE_POSTGRES_VIEWS = 1 << 3,
	ROLE_QUERY_API = 1 << 4,
	ROLES_ALL = (1 << 5) - 1,
};

/* Run until SIGTERM or SIGINT. Returns when everything is stopped and stored. */
enum status node_run(const struct config *config, unsigned roles, struct error *err);

#endif
