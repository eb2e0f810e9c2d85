/* The query API: reads the views beside it, never the command side's state.
 *
 * Every query of a tenant is authorized by the access view (members only; everybody else gets 404),
 * waits for NexusFlow-Min-Position if asked to, and answers with NexusFlow-Position and an ETag.
 * LMDB views are read on the loop thread (a read is a copy); Postgres and waiting are parked. */
#ifndef QUERY_API_QUERY_API_H
#define QUERY_API_QUERY_API_H

#include "core/base/config.h"
#include "core/http/http.h"
#include "core/journal/journal.h"
#include "core/store/profile_keys.h"
#include "projections/projector.h"

struct query_api;

struct query_api_options {
	const struct config *config;
	struct projector *projector;       /* borrowed */
	struct journal *journal;           /* borrowed: the tenant's event feed reads it */
	struct profile_keys *profile_keys; /* borrowed: names in what Postgres answers */
};

enum status query_api_open(const struct query_api_options *options, struct query_api **out,
                           struct error *err);
/* The server is stopped by then. */
void query_api_close(struct query_api *api);

/* Ends with a row without a path; its context is the api. */
extern const struct http_route query_api_routes[];
/* The read-only schema registry (libraries.md 2.2), no token; context NULL. */
extern const struct http_route registry_routes[];

#endif
