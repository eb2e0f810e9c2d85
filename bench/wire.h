/* Keep-alive HTTP/1.1 connections of a load generator: requests out, answers back in order. One
 * thread, epoll, no allocation per request. It measures a server that is known: answers must carry
 * Content-Length (or be 304 or 204). Not a client for anything else. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include "core/base/bytes.h"
#include "core/base/status.h"

#define WIRE_DEPTH_MAX 64

struct reply {
	int status; /* 0: the connection broke before the answer came */
	struct slice head;
	struct slice body;
};

struct wire;

/* @shot is what was given to wire_send. It may send at once. The reply borrows until it returns. */
typedef void wire_replied(void *context, void *shot, const struct reply *reply);

struct wire_options {
	const char *address; /* "127.0.0.1:8080" */
	uint32_t connections;
	uint32_t depth; /* requests on one connection before its first answer; 1: no pipelining */
	wire_replied *replied;
	void *context;
};

enum status wire_open(const struct wire_options *options, struct wire **out, struct error *err);
void wire_close(struct wire *wire);

/* Whether a connection has room for one more request. */
bool wire_has_room(const struct wire *wire);
uint32_t wire_in_flight(const struct wire *wire);
/* Send on a connection that has room. Copies what the socket does not take. */
void wire_send(struct wire *wire, struct slice request, void *shot);
/* Wait for answers until @until_us (monotonic) at most and hand them over. STATUS_IO: a connection
 * cannot be opened again, or the answer is not HTTP as we know it. */
enum status wire_poll(struct wire *wire, int64_t until_us, struct error *err);

/* The value of a header, without blanks; @name in lower case with its colon ("etag:"). */
bool reply_header(const struct reply *reply, const char *name, struct slice *value);

#endif
