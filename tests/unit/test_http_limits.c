/* What clients do that break the rules, and many of them at once. */
#include "test_http_server.h"

#include <poll.h>

#include "core/base/metrics.h"
#include "core/http/connections.h"

static int start(void **state)
{
	(void)state;
	server_start((struct http_options){0});
	return 0;
}

/* Deadlines that a test can wait for. */
static int start_impatient(void **state)
{
	(void)state;
	server_start((struct http_options){.header_timeout_ms = 1000, .body_timeout_ms = 1000});
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end();
	return 0;
}

static void expect_alive(void)
{
	struct buf answer = {0};

	assert_int_equal(client_exchange(SLICE("GET /hello HTTP/1.1\r\nHost: x\r\n"
	                                       "Connection: close\r\n\r\n"),
	                                 &answer),
	                 200);
	buf_release(&answer);
}

/* @text on a new connection is answered @status and the connection closed. */
static void expect_closed(struct slice text, int status)
{
	struct buf answer = {0};
	int got = client_exchange(text, &answer);

	if (got != status)
		fail_msg("%d instead of %d for %.*s", got, status, (int)(text.n < 80 ? text.n : 80),
		         text.data);
	buf_release(&answer);
}

static void a_declared_body_over_the_limit_is_413_and_not_read(void **state)
{
	(void)state;
	struct buf answer = {0};

	/* the answer comes although not one byte of the body was sent */
	assert_int_equal(client_exchange(SLICE("POST /echo HTTP/1.1\r\nHost: x\r\n"
	                                       "Content-Length: 1001\r\n\r\n"),
	                                 &answer),
	                 413);
	assert_non_null(strstr(buf_cstr(&answer), "application/problem+json"));
	expect_closed(SLICE("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	                    "Content-Length: 1048576\r\n\r\n"),
	              413);
	expect_closed(SLICE("GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"), 413);
	expect_closed(SLICE("POST /echo HTTP/1.1\r\nHost: x\r\n"
	                    "Content-Length: 99999999999999999999999\r\n\r\n"),
	              413);
	buf_release(&answer);
}

static void a_chunked_body_over_the_limit_is_413(void **state)
{
	(void)state;
	struct buf text = {0}, answer = {0};

	buf_append_str(&text, "POST /echo HTTP/1.1\r\nHost: x\r\n"
	                      "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 11; i++) {
		buf_append_str(&text, "64\r\n");
		for (int c = 0; c < 100; c++)
			buf_append_char(&text, 'x');
		buf_append_str(&text, "\r\n");
	}
	assert_int_equal(client_exchange(buf_slice(&text), &answer), 413);
	assert_non_null(strstr(buf_cstr(&answer), "\"body_too_large\""));
	buf_release(&text);
	buf_release(&answer);
}

/* Many clients read only when they have sent all: a reset would take the answer from them. */
static void who_sends_ten_megabytes_reads_the_413(void **state)
{
	(void)state;
	static char body[10 << 20];
	static const char *const heads[] = {
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nA00000\r\n",
	};
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct buf text = {0}, answer = {0};
		buf_append_str(&text, heads[i]);
		buf_append(&text, body, sizeof(body));
		buf_append_str(&text, i ? "\r\n0\r\n\r\n" : "");
		assert_int_equal(client_exchange(buf_slice(&text), &answer), 413);
		assert_non_null(strstr(buf_cstr(&answer), "larger than the 1000 bytes"));
		buf_release(&text);
		buf_release(&answer);
	}
}

static void a_body_of_exactly_the_limit_passes(void **state)
{
	(void)state;
	struct buf text = {0}, answer = {0};
	int fd = client_connect();

	buf_append_str(&text, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
	for (int c = 0; c < SERVER_BODY_MAX; c++)
		buf_append_char(&text, 'x');
	client_send(fd, buf_slice(&text));
	assert_int_equal(client_read_answer(fd, &answer), 201);
	close(fd);
	buf_release(&text);
	buf_release(&answer);
}

static void a_uri_over_the_limit_is_414(void **state)
{
	(void)state;
	static const size_t sizes[] = {HTTP_URI_BYTES_MAX + 1, 20000, 60000};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct buf text = {0};
		buf_append_str(&text, "GET /");
		for (size_t c = 1; c < sizes[i]; c++)
			buf_append_char(&text, 'a');
		buf_append_str(&text, " HTTP/1.1\r\nHost: x\r\n\r\n");
		expect_closed(buf_slice(&text), 414);
		buf_release(&text);
	}
}

static void headers_over_the_limits_are_431(void **state)
{
	(void)state;
	struct buf text = {0};

	for (size_t size = 17000; size <= 100000; size += 83000) {
		buf_clear(&text);
		buf_append_str(&text, "GET /hello HTTP/1.1\r\nHost: x\r\nX: ");
		for (size_t c = 0; c < size; c++)
			buf_append_char(&text, 'a');
		buf_append_str(&text, "\r\n\r\n");
		expect_closed(buf_slice(&text), 431);
	}
	buf_clear(&text);
	buf_append_str(&text, "GET /hello HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "X-%d: 1\r\n", i);
	buf_append_str(&text, "\r\n");
	expect_closed(buf_slice(&text), 431);
	buf_release(&text);
}

static void ambiguous_framing_is_400_and_closed(void **state)
{
	(void)state;
	static const char *const texts[] = {
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: "
	        "chunked\r\n"
	        "\r\n0\r\n\r\n",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: "
	        "6\r\n\r\nhello!",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: "
	        "5\r\n\r\nhello",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, "
	        "chunked\r\n\r\n0\r\n\r\n",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello",
	        "GET /hello HTTP/1.1\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		expect_closed(slice_str(texts[i]), 400);
	expect_alive();
}

static void absolute_uris_and_http_1_0_are_served(void **state)
{
	(void)state;
	expect_closed(SLICE("GET http://example.org/hello HTTP/1.1\r\nHost: example.org\r\n"
	                    "Connection: close\r\n\r\n"),
	              200);
	expect_closed(SLICE("GET /hello HTTP/1.0\r\n\r\n"), 200);
	expect_closed(SLICE("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), 400);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	(void)state;
	enum { REQUESTS = 500 };
	struct buf text = {0}, answer = {0};
	char expected[64];
	int fd = client_connect();

	for (int i = 0; i < REQUESTS; i++)
		buf_printf(&text, "GET /v1/t/t/issues/%d HTTP/1.1\r\nHost: x\r\n\r\n", i);
	assert_true(client_send(fd, buf_slice(&text)));
	for (int i = 0; i < REQUESTS; i++) {
		assert_int_equal(client_read_answer(fd, &answer), 200);
		snprintf(expected, sizeof(expected), "\r\n\r\nt|%d|(absent)", i);
		assert_non_null(strstr(buf_cstr(&answer), expected));
	}
	close(fd);
	buf_release(&text);
	buf_release(&answer);
}

/* The refusal of a small body leaves the connection usable. */
static void a_refused_body_does_not_end_the_connection(void **state)
{
	(void)state;
	struct buf answer = {0};
	int fd = client_connect();

	assert_true(client_send(fd, SLICE("POST /whoami HTTP/1.1\r\nHost: x\r\n"
	                                  "Content-Length: 5\r\n\r\nhello"
	                                  "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
	assert_int_equal(client_read_answer(fd, &answer), 401);
	assert_int_equal(client_read_answer(fd, &answer), 200);
	close(fd);
	buf_release(&answer);
}

/* Send one byte every 20 ms until the server closes; true when it does so within a minute. */
static bool closed_while_trickling(int fd, struct slice head)
{
	client_send(fd, head);
	for (int i = 0; i < 3000; i++) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		char bytes[512];
		if (poll(&poll_fd, 1, 20) == 1) {
			while (recv(fd, bytes, sizeof(bytes), 0) > 0)
				;
			return true;
		}
		if (!client_send(fd, SLICE("a")))
			return true;
	}
	return false;
}

static bool is_served(int fd, struct buf *answer)
{
	return client_send(fd, SLICE("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")) &&
	       client_read_answer(fd, answer) == 200;
}

static void a_header_that_trickles_is_cut_off(void **state)
{
	(void)state;
	struct buf answer = {0};
	int fd = client_connect();

	assert_true(closed_while_trickling(fd, SLICE("GET /hello HTTP/1.1\r\nX: ")));
	close(fd);
	fd = client_connect(); /* not even a request line */
	assert_true(closed_while_trickling(fd, SLICE("G")));
	close(fd);
	fd = client_connect(); /* the second request of a connection */
	for (int i = 0; i < 20 && !is_served(fd, &answer);
	     i++) { /* a busy machine: cut off before */
		close(fd);
		fd = client_connect();
	}
	assert_int_equal(atoi(buf_cstr(&answer) + strlen("HTTP/1.1 ")), 200);
	assert_true(closed_while_trickling(fd, SLICE("GET /hello HTTP/1.1\r\nX: ")));
	close(fd);
	expect_alive();
	buf_release(&answer);
}

static void a_body_that_trickles_is_cut_off(void **state)
{
	(void)state;
	int fd = client_connect();

	assert_true(closed_while_trickling(
	        fd, SLICE("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")));
	close(fd);
	expect_alive();
}

static void a_parked_request_has_no_deadline_of_the_body(void **state)
{
	(void)state;
	struct buf answer = {0};
	int fd = client_connect();

	assert_true(client_send(fd, SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
	wait_parked(1);
	usleep(1600000);
	answer_parked(0);
	assert_int_equal(client_read_answer(fd, &answer), 200);
	close(fd);
	buf_release(&answer);
}

/* Returns when the loop stands in the handler of /gate. */
static void close_gate(int fd)
{
	int before = atomic_load(&fixture.at_gate);

	pthread_mutex_lock(&fixture.gate);
	assert_true(client_send(fd, SLICE("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")));
	for (int i = 0; i < 60000 && atomic_load(&fixture.at_gate) == before; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&fixture.at_gate), before + 1);
}

/* libmicrohttpd's own loop stalls when a multiple of 128 connections is ready at once: so many
 * are made ready while a handler holds up the loop. */
static void a_multiple_of_128_ready_connections_is_served(void **state)
{
	(void)state;
	static const int counts[] = {127, 128, 129, 255, 256, 257, 384, 512};
	struct buf answer = {0};
	int fds[512];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		for (int c = 0; c < counts[i]; c++)
			fds[c] = client_connect();
		int gate = client_connect();
		for (int round = 0; round < 3; round++) {
			close_gate(gate);
			for (int c = 0; c < counts[i]; c++)
				assert_true(client_send(
				        fds[c], SLICE("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
			pthread_mutex_unlock(&fixture.gate);
			assert_int_equal(client_read_answer(gate, &answer), 200);
			for (int c = 0; c < counts[i]; c++)
				assert_int_equal(client_read_answer(fds[c], &answer), 200);
		}
		for (int c = 0; c < counts[i]; c++)
			close(fds[c]);
		close(gate);
	}
	buf_release(&answer);
}

static void *answer_all(void *arg)
{
	for (size_t i = 0; i < (size_t)(uintptr_t)arg; i++)
		answer_parked(i);
	return NULL;
}

static void hundreds_of_parked_requests_are_answered(void **state)
{
	(void)state;
	enum { CLIENTS = 512 };
	struct buf answer = {0};
	int fds[CLIENTS];
	pthread_t other;

	for (int c = 0; c < CLIENTS; c++) {
		fds[c] = client_connect();
		assert_true(client_send(fds[c], SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
	}
	wait_parked(CLIENTS);
	assert_int_equal(pthread_create(&other, NULL, answer_all, (void *)(uintptr_t)CLIENTS), 0);
	for (int c = 0; c < CLIENTS; c++)
		assert_int_equal(client_read_answer(fds[c], &answer), 200);
	pthread_join(other, NULL);
	for (int c = 0; c < CLIENTS; c++)
		close(fds[c]);
	wait_released(CLIENTS);
	buf_release(&answer);
}

static void count_timer(void *context)
{
	(void)context;
	atomic_fetch_add(&fixture.timers_run, 1);
}

static void thousands_of_timers_each_run_once(void **state)
{
	(void)state;
	enum { TIMERS = 5000 };

	for (int i = 0; i < TIMERS; i++)
		http_after(fixture.server, i % 97, count_timer, NULL);
	for (int i = 0; i < 60000 && atomic_load(&fixture.timers_run) < TIMERS; i++)
		usleep(1000);
	assert_int_equal(atomic_load(&fixture.timers_run), TIMERS);
	/* what is not due yet runs when the server ends */
	http_after(fixture.server, 3600000, count_timer, NULL);
	server_join();
	assert_int_equal(atomic_load(&fixture.timers_run), TIMERS + 1);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Bytes of requests, cut, doubled and changed, and bytes of nothing. */
static void random_bytes_never_end_the_server(void **state)
{
	(void)state;
	static const char *const seeds[] = {
	        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
	        "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	        "GET /v1/t/%C3%A4/issues/1?q=%41+b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
	        "a.b.c\r\n\r\n",
	        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Request-Id: "
	        "x\r\n\r\nhello",
	        "GET /whoami HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\", W/\"b\r\nAuthorization: "
	        "Bearer e30.e30.e30\r\n\r\n",
	};
	uint32_t seed = (uint32_t)clock_monotonic_us() | 1;

	print_message("seed %u\n", seed);
	for (int i = 0; i < 1500; i++) {
		struct buf text = {0};
		for (uint32_t part = next_random(&seed) % 3 + 1; part > 0; part--)
			buf_append_str(&text, seeds[next_random(&seed) % 4]);
		for (uint32_t change = next_random(&seed) % 6; change > 0; change--)
			text.data[next_random(&seed) % text.n] = (char)next_random(&seed);
		if (next_random(&seed) % 4 == 0)
			text.n = next_random(&seed) % text.n;
		if (next_random(&seed) % 8 == 0)
			for (size_t at = 0; at < text.n; at++)
				text.data[at] = (char)next_random(&seed);
		int fd = client_connect();
		client_send(fd, buf_slice(&text));
		if (next_random(&seed) % 2)
			shutdown(fd, SHUT_WR);
		char bytes[256];
		recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		close(fd);
		buf_release(&text);
	}
	expect_alive();
}

static struct sockaddr_in address_of(const char *ip)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	assert_int_equal(inet_pton(AF_INET, ip, &address.sin_addr), 1);
	return address;
}

static void one_address_has_a_limit_and_loopback_has_none(void **state)
{
	(void)state;
	struct connections *all = mem_new(sizeof(*all));
	struct sockaddr_in one = address_of("192.0.2.1"), other = address_of("192.0.2.2");
	struct sockaddr_in local = address_of("127.1.2.3");
	struct connection *last = NULL;

	all->per_ip_max = 3;
	all->gauge = metric_series(METRIC_HTTP_CONNECTIONS, NULL);
	for (int i = 0; i < 3; i++) {
		assert_true(connections_allow(all, (struct sockaddr *)&one));
		last = connections_add(all, (struct sockaddr *)&one, -1, INT64_MAX);
		connections_add(all, (struct sockaddr *)&local, -1, INT64_MAX);
	}
	assert_false(connections_allow(all, (struct sockaddr *)&one));
	assert_true(connections_allow(all, (struct sockaddr *)&other));
	assert_true(connections_allow(all, (struct sockaddr *)&local));
	connections_remove(all, last);
	assert_true(connections_allow(all, (struct sockaddr *)&one));
	while (all->first)
		connections_remove(all, all->first);
	assert_int_equal(all->n, 0);
	free(all);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, end)
#define IMPATIENT(test)   cmocka_unit_test_setup_teardown(test, start_impatient, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_SERVER(a_declared_body_over_the_limit_is_413_and_not_read),
	        WITH_SERVER(a_chunked_body_over_the_limit_is_413),
	        WITH_SERVER(who_sends_ten_megabytes_reads_the_413),
	        WITH_SERVER(a_body_of_exactly_the_limit_passes),
	        WITH_SERVER(a_uri_over_the_limit_is_414),
	        WITH_SERVER(headers_over_the_limits_are_431),
	        WITH_SERVER(ambiguous_framing_is_400_and_closed),
	        WITH_SERVER(absolute_uris_and_http_1_0_are_served),
	        WITH_SERVER(pipelined_requests_are_answered_in_order),
	        WITH_SERVER(a_refused_body_does_not_end_the_connection),
	        IMPATIENT(a_header_that_trickles_is_cut_off),
	        IMPATIENT(a_body_that_trickles_is_cut_off),
	        IMPATIENT(a_parked_request_has_no_deadline_of_the_body),
	        WITH_SERVER(a_multiple_of_128_ready_connections_is_served),
	        WITH_SERVER(hundreds_of_parked_requests_are_answered),
	        WITH_SERVER(thousands_of_timers_each_run_once),
	        WITH_SERVER(random_bytes_never_end_the_server),
	        cmocka_unit_test(one_address_has_a_limit_and_loopback_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
