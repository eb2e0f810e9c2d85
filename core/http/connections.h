/* The open connections: absolute deadlines, which idle timeouts do not give, and how many there are
 * of one address. Loop thread. */
#ifndef CORE_HTTP_CONNECTIONS_H
#define CORE_HTTP_CONNECTIONS_H

#include "core/http/request.h"

#define CONNECTIONS_BUCKETS 1024

struct connections {
	struct connection *first;
	struct connection *by_ip[CONNECTIONS_BUCKETS];
	size_t n;
	uint32_t per_ip_max;
	struct metric_series *gauge; /* may be NULL */
};

/* Whether one more of this address may come; loopback always may. */
bool connections_allow(const struct connections *all, const struct sockaddr *address);
struct connection *connections_add(struct connections *all, const struct sockaddr *address, int fd,
                                   int64_t deadline_ms);
void connections_remove(struct connections *all, struct connection *connection);
/* Shut down those whose deadline has passed; libmicrohttpd then sees the end of the stream. */
void connections_sweep(struct connections *all, int64_t now_ms);

#endif
