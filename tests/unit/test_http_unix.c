#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/http/client.h"
#include "core/http/http.h"

struct place {
	char dir[32];
	char path[64];
	char listen[72]; /* unix:path */
	struct http_server *server;
	pthread_t thread;
};

static void hello(struct http_request *request, void *context)
{
	struct http_answer answer = {.status = 200, .fixed = SLICE("{\"hello\":true}")};
	(void)context;
	http_answer(request, &answer);
}

static const struct http_route routes[] = {
        {.path = "/hello", .handler = hello, .summary = "say hello", .tag = "test"},
        {.path = NULL},
};

static enum status open_server(const char *listen, struct http_server **out, struct error *err)
{
	const struct http_route *tables[] = {routes, NULL};
	void *contexts[] = {NULL};
	struct http_options options = {
	        .listen = listen,
	        .tables = tables,
	        .contexts = contexts,
	        .connections_max = 16,
	};
	return http_server_open(&options, out, err);
}

static void *serve(void *server)
{
	http_server_run(server, 100);
	return NULL;
}

static void start(struct place *p)
{
	struct error err;
	if (open_server(p->listen, &p->server, &err))
		fail_msg("%s", err.text);
	assert_int_equal(pthread_create(&p->thread, NULL, serve, p->server), 0);
}

static void stop(struct place *p)
{
	http_server_stop(p->server);
	pthread_join(p->thread, NULL);
	http_server_close(p->server);
}

static int setup(void **state)
{
	struct place *p = mem_new(sizeof *p);
	snprintf(p->dir, sizeof p->dir, "/tmp/nf-unix-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof p->path, "%s/admin.sock", p->dir);
	snprintf(p->listen, sizeof p->listen, "unix:%s", p->path);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	assert_int_equal(rmdir(p->dir), 0); /* nothing is left behind */
	free(p);
	return 0;
}

static enum status get_hello(const struct place *p, int *status, struct buf *answer)
{
	struct http_client *client = http_client_new(p->listen, NULL);
	struct http_exchange exchange = {.path = "/hello", .answer = answer};
	enum status result = http_client_do(client, &exchange, NULL);
	*status = exchange.status;
	http_client_free(client);
	return result;
}

static void a_client_gets_its_answer_through_the_socket(void **state)
{
	struct place *p = *state;
	struct buf answer = {0};
	int status;
	start(p);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get_hello(p, &status, &answer), STATUS_OK);
		assert_int_equal(status, 200);
		assert_string_equal(buf_cstr(&answer), "{\"hello\":true}");
	}
	assert_int_equal(http_server_port(p->server), 0);
	stop(p);
	buf_release(&answer);
}

static void only_its_user_may_open_the_socket(void **state)
{
	struct place *p = *state;
	struct stat at;
	mode_t before = umask(0);
	start(p);
	umask(before);
	assert_int_equal(stat(p->path, &at), 0);
	assert_true(S_ISSOCK(at.st_mode));
	assert_int_equal(at.st_mode & 07777, 0600);
	stop(p);
}

static void the_socket_is_gone_when_the_server_has_stopped(void **state)
{
	struct place *p = *state;
	struct buf answer = {0};
	int status;
	start(p);
	stop(p);
	assert_int_not_equal(access(p->path, F_OK), 0);
	assert_int_equal(get_hello(p, &status, &answer), STATUS_UNAVAILABLE);
	buf_release(&answer);
}

static void a_socket_that_a_killed_process_left_is_replaced(void **state)
{
	struct place *p = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct buf answer = {0};
	int status, fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", p->path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd); /* the file stays */
	assert_int_equal(access(p->path, F_OK), 0);
	start(p);
	assert_int_equal(get_hello(p, &status, &answer), STATUS_OK);
	stop(p);
	buf_release(&answer);
}

static void a_second_server_is_refused_and_does_the_first_no_harm(void **state)
{
	struct place *p = *state;
	struct http_server *second;
	struct error err;
	struct buf answer = {0};
	int status;
	start(p);
	assert_int_equal(open_server(p->listen, &second, &err), STATUS_BUSY);
	assert_non_null(strstr(err.text, p->path));
	assert_int_equal(get_hello(p, &status, &answer), STATUS_OK);
	stop(p);
	buf_release(&answer);
}

static void a_path_that_no_socket_can_have_is_refused(void **state)
{
	(void)state;
	struct http_server *server;
	struct error err;
	char listen[256];
	snprintf(listen, sizeof listen, "unix:/tmp/%0150d", 1);
	assert_int_equal(open_server(listen, &server, &err), STATUS_INVALID);
	assert_int_equal(open_server("unix:/proc/self/status", &server, &err), STATUS_INVALID);
	assert_int_equal(access("/proc/self/status", F_OK), 0);
	assert_int_equal(open_server("unix:/tmp/no/such/directory/s", &server, &err), STATUS_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_client_gets_its_answer_through_the_socket),
	        TEST(only_its_user_may_open_the_socket),
	        TEST(the_socket_is_gone_when_the_server_has_stopped),
	        TEST(a_socket_that_a_killed_process_left_is_replaced),
	        TEST(a_second_server_is_refused_and_does_the_first_no_harm),
	        TEST(a_path_that_no_socket_can_have_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
