/* The command API over HTTP: one operation per command, and NDJSON for many. */
#ifndef COMMAND_API_ROUTES_H
#define COMMAND_API_ROUTES_H

#include "command-api/writer.h"
#include "core/base/config.h"
#include "core/http/http.h"

#define BATCH_LINES_MAX 5000              /* lines of one NDJSON body */
#define BATCH_BYTES_MAX (8 * 1024 * 1024) /* of one NDJSON body */

struct command_api;

/* @writers and @config are borrowed. The routes point into the result. */
struct command_api *command_api_new(const struct config *config, struct writers *writers);
/* Start the clock that answers 503 after command_timeout_ms; @server is borrowed. */
void command_api_attach(struct command_api *api, struct http_server *server);
/* No request is handled any more: end what is being forwarded. Before writers_stop; NULL is fine.
 */
void command_api_finish(struct command_api *api);
void command_api_free(struct command_api *api);

/* Ends with a row without a path. */
const struct http_route *command_api_routes(const struct command_api *api);

#endif
