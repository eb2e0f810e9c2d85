/* The HTTP server: libmicrohttpd under our own epoll loop, one thread, tables of routes.
 *
 * A handler runs on the loop thread when the whole body has arrived. It answers at once, or parks
 * the request and answers later from any thread. What takes longer than about a millisecond
 * (Postgres, waiting) must park. Handlers of one server never run at the same time.
 *
 * Ownership: everything that a handler reads from the request borrows until the answer is given. */
#ifndef CORE_HTTP_HTTP_H
#define CORE_HTTP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/status.h"
#include "core/base/uuid.h"

#define HTTP_PARAMS_MAX     6
#define HTTP_ANSWER_HEADERS 8
#define HTTP_URI_BYTES_MAX  8192

enum http_method { HTTP_GET, HTTP_POST, HTTP_METHODS }; /* HEAD is answered from GET */

/* Who asks, as the token proves it. Rights come from the membership, not from here. */
struct principal {
	struct slice issuer;
	struct slice subject;
	struct slice credential_id; /* jti of the token, id of the API key */
	bool installation;          /* an operator: creates organizations, skips events */
	bool service;               /* a role of this installation: processors */
	/* An API key, which proves nothing yet: the state of its tenant knows what it is worth.
	 * Issuer and subject are empty. */
	bool has_key;
	struct slice key_tenant;
	struct uuid key_id;
	uint8_t key_hash[32]; /* SHA-256 of its secret */
};

struct http_request;
struct http_server;
typedef void http_handler(struct http_request *request, void *context);

enum http_auth {
	HTTP_AUTH_NONE,  /* health, metrics, schemas, the OpenAPI document */
	HTTP_AUTH_TOKEN, /* any valid token; rights are judged behind */
};

struct http_param {
	const char *name;
	const char *where; /* "query" or "header"; "path" only documents a {segment} */
	const char *type;  /* JSON Schema type: "string", "integer", "boolean" */
	bool required;
	const char *doc;
	const char *example;
};

/* One row = one operation: dispatch, metrics label and OpenAPI come from it. */
struct http_route {
	enum http_method method;
	const char *path; /* "/v1/t/{tenant}/issues/{issue}": {x} is one segment */
	http_handler *handler;
	enum http_auth auth;
	size_t body_bytes_max;           /* 0: no body; larger ones are answered 413 and not read */
	const char *summary;             /* one line; NULL: no operation, not in the document */
	const char *tag;                 /* group in the document */
	const struct http_param *params; /* ends with a NULL name; may be NULL */
	const char *body_type;           /* "application/json" when NULL: for the document */
	const char *answer_type;         /* "application/json" when NULL */
	const char *answer_schema;       /* name of it in components/schemas; NULL: a text */
	const char *error_type;          /* "application/problem+json" when NULL */
	const char *error_schema;        /* with error_type, likewise */
	uint64_t label;                  /* the handler's own: which command, which view */
};

/* What the handler may read, inside the handler only; what it got stays until the answer is given.
 */
enum http_method http_method_of(const struct http_request *request);
const struct http_route *http_route_of(const struct http_request *request);
struct slice http_path_param(const struct http_request *request, const char *name); /* decoded */
/* false when absent. Query values are percent-decoded. */
bool http_query_param(struct http_request *request, const char *name, struct slice *value);
/* Whether the query has a parameter that the route does not list: *@name is it, decoded. */
bool http_unknown_param(struct http_request *request, struct slice *name);
bool http_header(struct http_request *request, const char *name, struct slice *value);
/* Whether If-None-Match names @etag (quoted, W/ is ignored) or is "*": then answer 304. */
bool http_etag_matches(struct http_request *request, const char *etag);
/* The same of a list that was taken from the header before: for what answers later. */
bool http_etag_listed(struct slice list, const char *etag);
struct slice http_body(const struct http_request *request);
const struct principal *http_principal(const struct http_request *request);
const struct uuid *http_request_id(const struct http_request *request);
int64_t http_arrived_us(const struct http_request *request); /* monotonic */

/* Handler's own memory, freed with @release when the request ends: after the answer and after the
 * connection is done with it. On the loop thread, or on the answering thread after
 * http_server_close. */
void http_set_state(struct http_request *request, void *state, void (*release)(void *state));

/* An answer. Exactly one of body (taken: the buffer is moved and left empty) or fixed. */
struct http_answer {
	int status;
	const char *content_type; /* static; NULL: application/json */
	struct buf *body;         /* taken */
	struct slice fixed;       /* static for the life of the program */
	struct {
		const char *name;       /* static */
		const char *value;      /* copied; no line breaks */
	} headers[HTTP_ANSWER_HEADERS]; /* ends with a NULL name, or is full */
};

/* Do not answer now. After it returned, http_answer must come from any thread, once: also when the
 * client is gone and after the server was closed. */
void http_park(struct http_request *request);
/* Answer. On the loop thread inside the handler, or from any thread after http_park. Every answer
 * carries X-Request-Id; JSON answers Cache-Control: no-store unless a header says otherwise.
 * 204 and 304 go out without body and type. The request may be gone when it returns. */
void http_answer(struct http_request *request, struct http_answer *answer);
/* Around many answers of one thread that is not the loop's: the loop is woken once, by the second,
 * instead of whenever it has taken what was there. Never with a wait in between. */
void http_answers_hold(void);
void http_answers_send(void);

/* problem+json (RFC 9457) with the members success:false, error, error_code, request_id. @code: a
 * word for programs ("no_such_issue"). @pointer may be NULL. Used like http_answer. 401 carries
 * WWW-Authenticate, 429 and 503 Retry-After. */
void http_problem(struct http_request *request, int status, const char *code, const char *pointer,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same as text, for one line of an NDJSON answer. @title NULL: the phrase of the status. */
void problem_json(struct buf *out, int status, const char *code, const char *title,
                  const char *pointer, struct slice detail, const struct uuid *request_id);
/* What is wrong, each at its place; the same with all @n of them. */
struct problem_fault {
	struct slice pointer, detail;
};
void problem_json_of(struct buf *out, int status, const char *code, const char *title,
                     const struct problem_fault *faults, size_t n, struct slice detail,
                     const struct uuid *request_id);

/* Run something on the loop thread later: waits with a deadline. */
/* @call runs on the loop thread after @delay_ms, exactly once: when the server ends, what is still
 * waiting runs at once (what those calls ask for in turn is dropped). Any thread, until
 * http_server_close; false: it is closed, and @call never comes. */
bool http_after(struct http_server *server, int64_t delay_ms, void (*call)(void *context),
                void *context);
struct http_server *http_server_of(const struct http_request *request);

/* Checks a bearer token; see core/http/auth.h. Called on the loop thread; caches. */
struct auth;

struct http_options {
	/* "127.0.0.1:8080", "[::1]:0"; port 0: a free one. Or "unix:/path": a socket that only our
	 * user may open (mode 0600); one that nobody listens on any more is replaced. */
	const char *listen;
	const struct http_route *const *tables; /* route tables, ends with NULL */
	void *const *contexts;                  /* per table: what its handlers get */
	struct auth *auth;                      /* borrowed; NULL when no route wants a token */
	uint32_t connections_max;
	/* 0 means the default. */
	uint32_t connections_per_ip_max; /* loopback is exempt */
	int64_t header_timeout_ms;       /* from the connection or the request line, absolute */
	int64_t body_timeout_ms;         /* from the end of the headers, absolute */
	uint32_t idle_timeout_s;         /* keep-alive connection without a request */
};

#define HTTP_CONNECTIONS_PER_IP_MAX 256
#define HTTP_HEADER_TIMEOUT_MS      10000
#define HTTP_BODY_TIMEOUT_MS        20000
#define HTTP_IDLE_TIMEOUT_S         75
#define HTTP_HEADER_BYTES_MAX       16384
#define HTTP_HEADERS_MAX            100

/* Binds and listens; requests are taken once http_server_run is called. Ignores SIGPIPE in this
 * process and raises the soft limit of open files to what @connections_max needs. */
enum status http_server_open(const struct http_options *options, struct http_server **out,
                             struct error *err);
uint16_t http_server_port(const struct http_server *server); /* 0 of a unix socket */
/* The loop: returns after http_server_stop, when the requests in flight are answered (at most
 * @drain_ms; those still parked then are answered 503). */
void http_server_run(struct http_server *server, int drain_ms);
void http_server_stop(struct http_server *server); /* any thread, async-signal-safe */
void http_server_close(struct http_server *server);

#endif
