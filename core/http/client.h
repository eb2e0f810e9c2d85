/* A small HTTP client over libcurl: one connection kept alive, for our own programs talking to our
 * own API (importer, processor in a process of its own, admin verbs). One thread. */
#ifndef CORE_HTTP_CLIENT_H
#define CORE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"

struct http_client;

/* @base_url: "http://127.0.0.1:8080" or "unix:/path/to/socket". @token may be NULL. */
struct http_client *http_client_new(const char *base_url, const char *token);
void http_client_free(struct http_client *client);

struct http_exchange {
	const char *path;           /* "/v1/..." */
	const char *content_type;   /* NULL with a body: application/json */
	struct slice body;          /* NULL data: GET */
	const char *header;         /* one more "Name: value", or NULL */
	const char *const *headers; /* and these */
	uint32_t headers_n;
	bool fresh;         /* on a new connection: nothing is sent twice */
	int64_t timeout_ms; /* 0: 30 s */
	int status;         /* of the answer */
	struct buf *answer; /* cleared first */
	/* Called for every header of the answer; may be NULL. */
	void (*on_header)(void *context, struct slice name, struct slice value);
	/* Asked about once a second while it waits: true ends it as STATUS_UNAVAILABLE. May be
	 * NULL. */
	bool (*is_futile)(void *context);
	void *context;
};

/* STATUS_UNAVAILABLE when there is no whole answer (refused, reset, cut short), STATUS_TIMEOUT
 * after timeout_ms; any HTTP status is STATUS_OK. */
enum status http_client_do(struct http_client *client, struct http_exchange *exchange,
                           struct error *err);

#endif
