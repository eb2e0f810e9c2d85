/* A server of the code under test on a free port, with routes that show what a handler can do, and
 * a client that speaks through a socket. Included by the tests of core/http. */
#ifndef TESTS_UNIT_TEST_HTTP_SERVER_H
#define TESTS_UNIT_TEST_HTTP_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <pthread.h>
#include <cmocka.h>

#include "core/base/clock.h"
#include "core/http/auth.h"
#include "core/http/http.h"

#define SERVER_BODY_MAX 1000

struct server_fixture {
	struct http_server *server;
	struct auth *auth;
	char data_dir[64];
	pthread_t loop;
	int drain_ms;
	bool running;
	/* requests that /parked left for somebody else to answer */
	pthread_mutex_t lock;
	struct http_request *parked[4096];
	size_t parked_n;
	pthread_mutex_t gate; /* /gate holds up the loop while it is locked */
	atomic_int at_gate;
	atomic_int released;
	atomic_int timers_run;
};

static struct server_fixture fixture;

static inline void handle_hello(struct http_request *request, void *context)
{
	struct http_answer answer = {.status = 200, .fixed = SLICE("{\"hello\":true}")};

	(void)context;
	http_answer(request, &answer);
}

static inline void handle_echo(struct http_request *request, void *context)
{
	struct buf body = {0};
	struct http_answer answer = {.status = 201, .content_type = "text/plain", .body = &body};

	(void)context;
	buf_append_slice(&body, http_body(request));
	http_answer(request, &answer);
}

/* "tenant|issue|q" as the handler sees them */
static inline void handle_params(struct http_request *request, void *context)
{
	struct buf body = {0};
	struct http_answer answer = {.status = 200, .content_type = "text/plain", .body = &body};
	struct slice q = SLICE("(absent)");

	(void)context;
	buf_append_slice(&body, http_path_param(request, "tenant"));
	buf_append_char(&body, '|');
	buf_append_slice(&body, http_path_param(request, "issue"));
	buf_append_char(&body, '|');
	http_query_param(request, "q", &q);
	buf_append_slice(&body, q);
	http_answer(request, &answer);
}

static inline void handle_literal(struct http_request *request, void *context)
{
	struct http_answer answer = {.status = 200, .fixed = SLICE("literal")};

	assert_string_equal(context, "context of the first table");
	http_answer(request, &answer);
}

static inline void handle_whoami(struct http_request *request, void *context)
{
	struct buf body = {0};
	struct http_answer answer = {.status = 200, .content_type = "text/plain", .body = &body};
	const struct principal *principal = http_principal(request);

	(void)context;
	buf_append_slice(&body, principal->subject);
	buf_append_str(&body, principal->installation ? " installation" : "");
	buf_append_str(&body, principal->service ? " service" : "");
	http_answer(request, &answer);
}

static inline void handle_cached(struct http_request *request, void *context)
{
	struct http_answer answer = {
	        .status = 200,
	        .fixed = SLICE("body"),
	        .headers = {{"ETag", "\"v1\""}, {"Cache-Control", "no-cache"}}};

	(void)context;
	if (http_etag_matches(request, "\"v1\""))
		answer.status = 304;
	http_answer(request, &answer);
}

static inline void count_release(void *state)
{
	(void)state;
	atomic_fetch_add(&fixture.released, 1);
}

static inline void handle_parked(struct http_request *request, void *context)
{
	(void)context;
	http_set_state(request, &fixture, count_release);
	http_park(request);
	pthread_mutex_lock(&fixture.lock);
	assert_true(fixture.parked_n < sizeof(fixture.parked) / sizeof(*fixture.parked));
	fixture.parked[fixture.parked_n++] = request;
	pthread_mutex_unlock(&fixture.lock);
}

static inline void answer_by_timer(void *context)
{
	atomic_fetch_add(&fixture.timers_run, 1);
	http_problem(context, 503, "too_late", NULL, "no outcome within %d ms", 20);
}

static inline void handle_timer(struct http_request *request, void *context)
{
	(void)context;
	http_park(request);
	http_after(http_server_of(request), 20, answer_by_timer, request);
}

static inline void handle_gate(struct http_request *request, void *context)
{
	atomic_fetch_add(&fixture.at_gate, 1);
	pthread_mutex_lock(&fixture.gate);
	pthread_mutex_unlock(&fixture.gate);
	handle_hello(request, context);
}

static inline void handle_refusal(struct http_request *request, void *context)
{
	(void)context;
	http_problem(request, 422, "bad_summary", "/summary", "the summary is \"%s\"", "empty");
}

static const struct http_route first_routes[] = {
        {.path = "/hello", .handler = handle_hello, .summary = "Say hello", .tag = "test"},
        {.path = "/v1/t/{tenant}/issues/search", .handler = handle_literal},
        {.path = "/v1/t/{tenant}/issues/{issue}", .handler = handle_params},
        {0},
};
static const struct http_route second_routes[] = {
        {.method = HTTP_POST,
         .path = "/echo",
         .handler = handle_echo,
         .body_bytes_max = SERVER_BODY_MAX},
        {.path = "/echo", .handler = handle_hello},
        {.path = "/whoami", .handler = handle_whoami, .auth = HTTP_AUTH_TOKEN},
        {.method = HTTP_POST,
         .path = "/whoami",
         .handler = handle_whoami,
         .auth = HTTP_AUTH_TOKEN,
         .body_bytes_max = 1 << 20},
        {.path = "/cached", .handler = handle_cached},
        {.path = "/parked", .handler = handle_parked},
        {.path = "/timer", .handler = handle_timer},
        {.path = "/gate", .handler = handle_gate},
        {.path = "/refusal", .handler = handle_refusal},
        {0},
};
static const struct http_route *const server_tables[] = {first_routes, second_routes, NULL};
static char first_context[] = "context of the first table";
static void *const server_contexts[] = {first_context, NULL};

static inline void *run_loop(void *arg)
{
	(void)arg;
	http_server_run(fixture.server, fixture.drain_ms);
	return NULL;
}

static inline void server_start_draining(struct http_options options, int drain_ms)
{
	struct config config = {.data_dir = fixture.data_dir,
	                        .token_issuer = "nexusflow",
	                        .token_audience = "nexusflow"};
	struct error err = {0};

	memset(&fixture, 0, sizeof(fixture));
	pthread_mutex_init(&fixture.lock, NULL);
	pthread_mutex_init(&fixture.gate, NULL);
	strcpy(fixture.data_dir, "/tmp/nexusflow-http-XXXXXX");
	assert_non_null(mkdtemp(fixture.data_dir));
	assert_int_equal(auth_open(&config, true, &fixture.auth, &err), STATUS_OK);
	options.listen = "127.0.0.1:0";
	options.tables = server_tables;
	options.contexts = server_contexts;
	options.auth = fixture.auth;
	if (!options.connections_max)
		options.connections_max = 2048;
	fixture.drain_ms = drain_ms;
	if (http_server_open(&options, &fixture.server, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	assert_int_equal(pthread_create(&fixture.loop, NULL, run_loop, NULL), 0);
	fixture.running = true;
}

static inline void server_start(struct http_options options)
{
	server_start_draining(options, 500);
}

static inline void server_join(void)
{
	if (!fixture.running)
		return;
	http_server_stop(fixture.server);
	pthread_join(fixture.loop, NULL);
	fixture.running = false;
}

static inline void remove_key(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/keys/token.jwk", fixture.data_dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/keys", fixture.data_dir);
	rmdir(path);
	rmdir(fixture.data_dir);
}

static inline void server_end(void)
{
	server_join();
	http_server_close(fixture.server);
	auth_close(fixture.auth);
	remove_key();
	pthread_mutex_destroy(&fixture.lock);
	pthread_mutex_destroy(&fixture.gate);
}

/* Wait, bounded, until @n requests are parked. */
static inline void wait_parked(size_t n)
{
	for (int i = 0; i < 60000; i++) {
		pthread_mutex_lock(&fixture.lock);
		size_t now = fixture.parked_n;
		pthread_mutex_unlock(&fixture.lock);
		if (now >= n)
			return;
		usleep(1000);
	}
	fail_msg("%zu requests were never parked", n);
}

static inline void wait_released(int n)
{
	for (int i = 0; i < 60000 && atomic_load(&fixture.released) < n; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&fixture.released), n);
}

static inline void answer_parked(size_t i)
{
	struct http_answer answer = {.status = 200, .fixed = SLICE("{\"late\":true}")};

	http_answer(fixture.parked[i], &answer);
}

/* A client of one socket. */
static inline int client_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_port = htons(http_server_port(fixture.server)),
	                              .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = 60};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* False when the server has closed it. */
static inline bool client_send(int fd, struct slice bytes)
{
	while (bytes.n > 0) {
		ssize_t n = send(fd, bytes.data, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes = slice_of(bytes.data + n, bytes.n - (size_t)n);
	}
	return true;
}

/* Everything until the server closes. Fails the test when it does not within 60 s. */
static inline void client_read_all(int fd, struct buf *out)
{
	for (;;) {
		char bytes[4096];
		ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			fail_msg("the server neither answers nor closes");
		if (n <= 0)
			return;
		buf_append(out, bytes, (size_t)n);
	}
}

/* One answer with Content-Length; its status, 0 when the connection ended instead. */
static inline int client_read_answer(int fd, struct buf *out)
{
	buf_clear(out);
	for (;;) {
		const char *text = buf_cstr(out);
		const char *end = strstr(text, "\r\n\r\n");
		if (end) {
			const char *length = strcasestr(text, "Content-Length:");
			size_t body = length && length < end ? (size_t)atol(length + 15) : 0;
			size_t whole = (size_t)(end - text) + 4 + body;
			if (out->n >= whole) {
				assert_int_equal(out->n, whole);
				return atoi(text + 9);
			}
		}
		char byte[4096];
		/* byte by byte in the head, so that a pipelined answer stays in the socket */
		ssize_t n = recv(fd, byte, 1, 0);
		if (n <= 0)
			return 0;
		buf_append(out, byte, (size_t)n);
	}
}

/* Send @text on a new connection, expect it to be closed after the answer. Returns the status. */
static inline int client_exchange(struct slice text, struct buf *out)
{
	int fd = client_connect();

	client_send(fd, text);
	buf_clear(out);
	client_read_all(fd, out);
	close(fd);
	const char *answer = buf_cstr(out);
	return strncmp(answer, "HTTP/1.", 7) == 0 ? atoi(answer + 9) : 0;
}

#endif
