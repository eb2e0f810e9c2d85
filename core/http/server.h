/* The server's inside, shared by server.c (the loop) and dispatch.c (what libmicrohttpd calls). */
#ifndef CORE_HTTP_SERVER_H
#define CORE_HTTP_SERVER_H

#include <pthread.h>

#include "core/http/auth.h"
#include "core/http/connections.h"
#include "core/http/request.h"
#include "core/http/timers.h"

struct http_server {
	struct MHD_Daemon *daemon;
	int listen_fd;   /* -1 once it is closed */
	char *unix_path; /* of our socket, or NULL */
	int epoll_fd;
	int wake_fd;
	uint16_t port;
	struct router *router;
	struct router_metrics unmatched;
	struct auth *auth;
	struct connections connections;
	int64_t header_timeout_ms;
	int64_t body_timeout_ms;
	int64_t idle_timeout_ms;
	int64_t now_ms;              /* monotonic, of this turn of the loop */
	size_t active;               /* requests between their headers and their end */
	struct http_request *parked; /* suspended, not yet answered */
	bool draining;
	atomic_bool stop;
	atomic_int refs; /* the owner's and one of every parked request */
	/* Answered, not yet taken by the loop, newest first; at the end a mark that it is closed.
	 */
	_Atomic(struct http_request *) late;
	atomic_llong timer_ms; /* when the first timer is due; written under the lock */
	pthread_mutex_t lock;  /* of the timers */
	struct timers timers;
	bool closed;
};

void server_unref(struct http_server *server);
/* dispatch.c: take @request off the list of the parked and let it go on; it has its response. */
void dispatch_resume(struct http_request *request);
/* dispatch.c: answer all that are still parked with 503. */
void dispatch_end_parked(struct http_server *server);

/* dispatch.c: the callbacks of libmicrohttpd. @cls is the server. */
void *dispatch_uri(void *cls, const char *uri, struct MHD_Connection *connection);
enum MHD_Result dispatch_request(void *cls, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_n, void **context);
void dispatch_completed(void *cls, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code);
void dispatch_connection(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code);

#endif
