/* A request and the connection that it came on: what the files of this folder share. Handlers see
 * http.h only.
 *
 * A request has two references: the connection's, from the request line until libmicrohttpd says
 * that it is done, and, when parked, the answer's, until http_answer came. Only the loop thread
 * touches it, except that after http_park the answering thread owns late_*. */
#ifndef CORE_HTTP_REQUEST_H
#define CORE_HTTP_REQUEST_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "core/http/http.h"
#include "core/http/router.h"

struct connection {
	struct connection *next, **link;       /* all of the server */
	struct connection *ip_next, **ip_link; /* those with the same hash of the address */
	unsigned char ip[16];                  /* IPv4 as ::ffff:a.b.c.d */
	int fd;
	int64_t deadline_ms; /* monotonic; when passed, the socket is shut down */
};

enum request_phase {
	REQUEST_HEAD,   /* the request line is here */
	REQUEST_BODY,   /* headers judged, body arriving */
	REQUEST_HANDLED /* the handler ran: answered or parked */
};

struct memory {
	struct memory *next;
	char bytes[];
};

struct http_request {
	struct http_server *server;
	struct MHD_Connection *connection; /* NULL once the connection is done with us */
	struct connection *peer;
	enum request_phase phase;
	bool known_method;
	bool counted; /* in server->active */
	bool parked;
	bool discard;  /* answered already; what still arrives is thrown away */
	bool close;    /* the answer ends the connection */
	bool answered; /* past libmicrohttpd, which is to send nothing */
	enum http_method method;
	struct router_entry *entry; /* NULL: no route */
	struct slice params[HTTP_PARAMS_MAX];
	struct slice query; /* raw, without '?' */
	size_t discarded;
	struct buf body;
	struct principal principal;
	struct uuid id;
	int64_t arrived_us;
	void *state;
	void (*release)(void *state);
	struct memory *memory;
	size_t room_at;                /* of the request's own block, behind the URI */
	struct MHD_Response *response; /* what goes out */
	int status;
	size_t response_bytes;
	struct MHD_Response *late_response; /* by the answering thread, then queued */
	int late_status;
	size_t late_bytes;
	struct http_request *next;                       /* in the queue of late answers */
	struct http_request *parked_next, **parked_link; /* those of the server */
	atomic_int refs;
	size_t uri_n;
	char uri[]; /* raw, NUL-terminated */
};

struct http_request *request_new(struct http_server *server, const char *uri);
void request_unref(struct http_request *request);
/* @n bytes that live as long as the request. Loop thread. */
char *request_memory(struct http_request *request, size_t n);
struct slice request_keep(struct http_request *request, struct slice slice);

/* Split, decode and route the URI. 0, or the status of the refusal (400, 404, 405, 414) with the
 * text for Allow in *@allow where there is one. */
int request_route(struct http_request *request, const struct router *router, const char **allow);

/* problem.c: answer with a problem on the loop thread, parked or not. @allow: for 405. */
void request_refuse(struct http_request *request, int status, const char *code, const char *detail,
                    const char *allow);

/* server.c: hand a late answer to the loop thread. */
void server_answer_late(struct http_request *request);

#endif
