/* From bytes to handler. libmicrohttpd calls us at the request line, when the headers are complete,
 * for every piece of the body, and when the body is complete.
 *
 * A response that is queued before the body is complete closes the connection (and costs most of
 * the throughput), so refusals wait for the end of the body and only 413, 414, 431 and broken
 * framing answer at once. What arrives then is read and thrown away: closing on unread bytes makes
 * the kernel send a reset, and most clients then lose the answer (RFC 9112, 9.6). */
#include <assert.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>

#include "core/base/clock.h"
#include "core/http/server.h"

#define DISCARD_BYTES_MAX  (16 << 20) /* of a body whose answer is already known */
#define SLOW_READ_MS       20000      /* to take an answer, and 1 s more for each KiB */
#define WRITE_BYTES_PER_MS 1

/* What one pass over the headers finds. */
struct scan {
	struct http_server *server;
	struct http_request *request;
	size_t headers;
	size_t content_lengths;
	uint64_t content_length;
	size_t transfer_encodings;
	bool chunked;
	bool expects; /* to be told before it sends the body */
	bool bad;
	struct slice authorization;
};

static struct connection *peer_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	        ->socket_context;
}

void dispatch_connection(void *cls, struct MHD_Connection *connection, void **context,
                         enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = cls;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		connections_remove(&server->connections, *context);
		*context = NULL;
		return;
	}
	const struct sockaddr *address =
	        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
	                ->client_addr;
	int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	*context = connections_add(&server->connections, address, fd,
	                           server->now_ms + server->header_timeout_ms);
}

void *dispatch_uri(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct http_server *server = cls;
	struct http_request *request = request_new(server, uri);
	int64_t deadline_ms = server->now_ms + server->header_timeout_ms;

	request->connection = connection;
	request->peer = peer_of(connection);
	if (request->peer->deadline_ms > deadline_ms)
		request->peer->deadline_ms = deadline_ms;
	return request;
}

static enum MHD_Result scan_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   size_t key_n, const char *value, size_t value_n)
{
	struct scan *scan = cls;

	(void)kind;
	scan->headers++;
	if (memchr(key, '\0', key_n) || (value_n && memchr(value, '\0', value_n)))
		scan->bad = true;
	if (key_n == 13 && strcasecmp(key, "Authorization") == 0) {
		scan->authorization = slice_of(value, value_n);
	} else if (key_n == 12 && strcasecmp(key, "X-Request-Id") == 0) {
		uuid_parse(slice_of(value, value_n), &scan->request->id);
	} else if (key_n == 14 && strcasecmp(key, "Content-Length") == 0) {
		scan->content_lengths++;
		for (size_t i = 0; i < value_n; i++) { /* valid digits: the library saw to it */
			uint64_t digit = (uint64_t)(value[i] - '0');
			if (digit > 9 || scan->content_length > (UINT64_MAX - digit) / 10)
				scan->bad = true;
			scan->content_length = scan->content_length * 10 + digit;
		}
	} else if (key_n == 6 && strcasecmp(key, "Expect") == 0) {
		scan->expects = true;
	} else if (key_n == 17 && strcasecmp(key, "Transfer-Encoding") == 0) {
		scan->transfer_encodings++;
		scan->chunked = value_n == 7 && strcasecmp(value, "chunked") == 0;
	}
	return MHD_YES;
}

static void refuse(struct http_request *request, int status, const char *code, const char *detail,
                   const char *allow)
{
	request->discard = true;
	request_refuse(request, status, code, detail, allow);
}

static void refuse_and_close(struct http_request *request, int status, const char *code,
                             const char *detail)
{
	request->close = true;
	refuse(request, status, code, detail, NULL);
}

/* libmicrohttpd takes no response while a body arrives, so this one is
 * written past it: nothing else is on its way on this connection, which ends behind the body. */
static void answer_too_large(struct http_request *request, struct slice detail)
{
	struct buf body = {0}, text = {0};
	char id[UUID_TEXT + 1] = {0};

	uuid_format(&request->id, id);
	problem_json(&body, 413, "body_too_large", MHD_get_reason_phrase_for(413), NULL, detail,
	             &request->id);
	buf_printf(&text,
	           "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n"
	           "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n"
	           "X-Request-Id: %s\r\nContent-Length: %zu\r\n\r\n",
	           id, body.n);
	buf_append_slice(&text, buf_slice(&body));
	ssize_t sent = send(request->peer->fd, text.data, text.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)sent; /* the connection ends either way */
	shutdown(request->peer->fd, SHUT_WR);
	buf_release(&text);
	buf_release(&body);
	router_count(&request->entry->metrics, 413, clock_monotonic_us() - request->arrived_us);
	request->answered = request->discard = true;
}

static void refuse_body(struct http_request *request, bool waits)
{
	char detail[96];
	int n = snprintf(detail, sizeof(detail),
	                 "the body is larger than the %zu bytes that this path takes",
	                 request->entry->route->body_bytes_max);

	if (waits)
		refuse_and_close(request, 413, "body_too_large", detail);
	else
		answer_too_large(request, slice_of(detail, (size_t)n));
}

/* Two framings of one body are how requests are smuggled past a proxy (RFC 9112, 6.3). */
static bool framing_valid(const struct scan *scan)
{
	return !scan->bad && scan->content_lengths <= 1 && scan->transfer_encodings <= 1 &&
	       (scan->transfer_encodings == 0 || (scan->chunked && scan->content_lengths == 0));
}

static bool check_token(struct http_request *request, const struct scan *scan)
{
	struct principal principal;
	struct error err;

	if (scan->authorization.n == 0) {
		refuse(request, 401, "no_token", "this operation needs a bearer token", NULL);
		return false;
	}
	if (auth_check(scan->server->auth, scan->authorization, clock_now_ms(), &principal, &err) !=
	    STATUS_OK) {
		refuse(request, 401, "bad_token", err.text, NULL);
		return false;
	}
	/* the cache may drop the entry while the request is parked */
	request->principal = principal;
	request->principal.issuer = request_keep(request, principal.issuer);
	request->principal.subject = request_keep(request, principal.subject);
	request->principal.credential_id = request_keep(request, principal.credential_id);
	request->principal.key_tenant = request_keep(request, principal.key_tenant);
	return true;
}

static void refuse_route(struct http_request *request, int status, const char *allow)
{
	if (status == 404)
		refuse(request, 404, "no_such_path", "there is nothing at this path", NULL);
	else if (status == 405)
		refuse(request, 405, "method_not_allowed", "the path has no such method", allow);
	else if (status == 414)
		refuse_and_close(request, 414, "uri_too_long", "the URI is too long");
	else
		refuse(request, 400, "bad_uri",
		       "the URI is not a path with well-formed percent-encoded UTF-8", NULL);
}

static void judge_head(struct http_request *request, const struct scan *scan, size_t head_bytes)
{
	const char *allow;

	if (!framing_valid(scan)) {
		refuse_and_close(request, 400, "bad_framing", "the headers are malformed");
		return;
	}
	if (scan->headers > HTTP_HEADERS_MAX ||
	    head_bytes > HTTP_HEADER_BYTES_MAX + request->uri_n) {
		refuse_and_close(request, 431, "headers_too_large", "the headers are too large");
		return;
	}
	int status = request_route(request, scan->server->router, &allow);
	if (status) {
		refuse_route(request, status, allow);
	} else {
		const struct http_route *route = request->entry->route;
		if (scan->content_length > route->body_bytes_max)
			refuse_body(request, scan->expects);
		else if (route->auth == HTTP_AUTH_TOKEN)
			check_token(request, scan);
	}
	if (request->response && scan->content_length > DISCARD_BYTES_MAX)
		request->close = true;
}

static void read_method(struct http_request *request, const char *method)
{
	request->known_method = true;
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
		request->method = HTTP_GET;
	else if (strcmp(method, "POST") == 0)
		request->method = HTTP_POST;
	else
		request->known_method = false;
}

static void head_complete(struct http_server *server, struct http_request *request,
                          const char *method)
{
	struct scan scan = {.server = server, .request = request};
	const union MHD_ConnectionInfo *size = MHD_get_connection_info(
	        request->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	request->counted = true;
	server->active++;
	request->peer->deadline_ms = server->now_ms + server->body_timeout_ms;
	read_method(request, method);
	MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, scan_header, &scan);
	if (uuid_is_nil(&request->id))
		request->id = uuid_v7(clock_now_ms());
	request->arrived_us = clock_monotonic_us();
	judge_head(request, &scan, size ? size->header_size : 0);
	request->phase = REQUEST_BODY;
}

static struct router_metrics *metrics_of(struct http_server *server, struct http_request *request)
{
	return request->entry ? &request->entry->metrics : &server->unmatched;
}

static enum MHD_Result send_response(struct http_server *server, struct http_request *request)
{
	struct MHD_Response *response = request->response;

	if (server->draining || request->close)
		MHD_add_response_header(response, "Connection", "close");
	enum MHD_Result queued =
	        MHD_queue_response(request->connection, (unsigned)request->status, response);
	request->peer->deadline_ms = server->now_ms + SLOW_READ_MS +
	                             (int64_t)request->response_bytes / WRITE_BYTES_PER_MS;
	router_count(metrics_of(server, request), request->status,
	             clock_monotonic_us() - request->arrived_us);
	return queued;
}

static enum MHD_Result take_body(struct http_request *request, const char *upload, size_t *upload_n)
{
	size_t n = *upload_n;

	*upload_n = 0;
	if (!request->discard && n > request->entry->route->body_bytes_max - request->body.n)
		refuse_body(request, false);
	if (request->discard) {
		request->discarded += n;
		return request->discarded > DISCARD_BYTES_MAX ? MHD_NO : MHD_YES;
	}
	buf_append(&request->body, upload, n);
	return MHD_YES;
}

void http_park(struct http_request *request)
{
	assert(!request->parked && !request->response);
	request->parked = true;
	atomic_fetch_add_explicit(&request->refs, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&request->server->refs, 1, memory_order_relaxed);
}

static void suspend(struct http_request *request)
{
	struct http_server *server = request->server;

	request->parked_next = server->parked;
	request->parked_link = &server->parked;
	if (server->parked)
		server->parked->parked_link = &request->parked_next;
	server->parked = request;
	MHD_suspend_connection(request->connection);
}

void dispatch_resume(struct http_request *request)
{
	*request->parked_link = request->parked_next;
	if (request->parked_next)
		request->parked_next->parked_link = request->parked_link;
	MHD_resume_connection(request->connection);
}

void dispatch_end_parked(struct http_server *server)
{
	while (server->parked) {
		struct http_request *request = server->parked;
		request_refuse(request, 503, "stopping",
		               "the server stops before the outcome is known", NULL);
		dispatch_resume(request);
	}
}

static void handle(struct http_request *request)
{
	request->phase = REQUEST_HANDLED;
	request->peer->deadline_ms = INT64_MAX;
	request->arrived_us = clock_monotonic_us();
	if (request->response)
		return;
	request->entry->route->handler(request, request->entry->context);
	assert((request->response || request->parked) && "a handler answers or parks");
	if (request->parked)
		suspend(request);
}

enum MHD_Result dispatch_request(void *cls, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_n, void **context)
{
	struct http_server *server = cls;
	struct http_request *request = *context;

	(void)connection;
	(void)url;
	(void)version;
	if (request->phase == REQUEST_HEAD) {
		head_complete(server, request, method);
		return request->close ? send_response(server, request) : MHD_YES;
	}
	if (request->phase == REQUEST_BODY) {
		if (*upload_n)
			return take_body(request, upload, upload_n);
		if (request->answered)
			return MHD_NO; /* all of the body was read: the client is told nothing new
			                */
		handle(request);
	}
	return request->response ? send_response(server, request) : MHD_YES;
}

void dispatch_completed(void *cls, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code)
{
	struct http_server *server = cls;
	struct http_request *request = *context;

	(void)connection;
	(void)code;
	if (!request)
		return;
	*context = NULL;
	if (request->counted)
		server->active--;
	request->peer->deadline_ms =
	        server->now_ms + server->idle_timeout_ms + server->header_timeout_ms;
	request->connection = NULL;
	request->peer = NULL;
	request_unref(request);
}
