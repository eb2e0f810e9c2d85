#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/http/client.h"

/* A server that ends in the middle of its answer: one connection after the other gets one byte
 * more, the last one all. */
static const char answer[] = "HTTP/1.1 201 Created\r\n"
                             "Content-Type: application/json\r\n"
                             "Content-Length: 16\r\n"
                             "Connection: close\r\n"
                             "\r\n"
                             "{\"success\":true}";
enum { ANSWER_N = sizeof answer - 1 };

static void take_request(int fd)
{
	char text[1024] = "";
	size_t n = 0;
	while (!strstr(text, "\r\n\r\n")) {
		ssize_t got = read(fd, text + n, sizeof text - 1 - n);
		assert_true(got > 0);
		n += (size_t)got;
	}
}

static void *serve(void *context)
{
	int listener = *(int *)context;
	for (size_t n = 0; n <= ANSWER_N; n++) {
		int fd = accept(listener, NULL, NULL);
		assert_true(fd >= 0);
		take_request(fd);
		assert_int_equal(send(fd, answer, n, MSG_NOSIGNAL), n);
		close(fd);
	}
	return NULL;
}

static void half_an_answer_is_none(void **state)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t address_n = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	char url[64];
	pthread_t thread;
	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &address_n), 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
	assert_int_equal(pthread_create(&thread, NULL, serve, &listener), 0);

	struct http_client *client = http_client_new(url, NULL);
	struct buf body = {0};
	for (size_t n = 0; n <= ANSWER_N; n++) {
		struct http_exchange exchange = {.path = "/", .fresh = true, .answer = &body};
		struct error err;
		enum status status = http_client_do(client, &exchange, &err);
		if (n < ANSWER_N && status != STATUS_UNAVAILABLE)
			fail_msg("%zu of %d bytes: %s", n, ANSWER_N, status_name(status));
		if (n == ANSWER_N) {
			assert_int_equal(status, STATUS_OK);
			assert_int_equal(exchange.status, 201);
			assert_string_equal(buf_cstr(&body), "{\"success\":true}");
		}
	}
	pthread_join(thread, NULL);
	close(listener);
	buf_release(&body);
	http_client_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(half_an_answer_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
