/* The query API on a real server: what a stranger can learn, and what becomes of queries that wait
 * when the position, the client or the server goes. */
#include "tests/unit/api_client.h"

#include <unistd.h>

#include "query-api/query_api.h"
#include "tests/unit/history.h"

struct bench {
	struct history history;
	struct history_tenant *acme;
	struct projector *projector;
	struct query_api *api;
	struct api_server server;
	bool is_stopped;
};

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	struct error err;
	history_open(&bench->history, 2);
	bench->history.config.position_wait_ms = 300;
	bench->history.config.token_issuer = "nexusflow";
	bench->history.config.token_audience = "nexusflow";
	bench->acme = history_tenant(&bench->history, "acme", 100);
	bench->history.seed.state = 2; /* a history in which nobody deletes TLS-1 */
	history_random(&bench->history, 50);
	struct projector_options projector = {.config = &bench->history.config,
	                                      .journal = bench->history.journal,
	                                      .profile_keys = bench->history.keys,
	                                      .lmdb = true};
	assert_int_equal(projector_start(&projector, &bench->projector, &err), STATUS_OK);
	struct query_api_options options = {&bench->history.config, bench->projector,
	                                    bench->history.journal, bench->history.keys};
	assert_int_equal(query_api_open(&options, &bench->api, &err), STATUS_OK);
	api_start(&bench->server, &bench->history.config, query_api_routes, bench->api);
	*state = bench;
	return 0;
}

static void stop(struct bench *bench)
{
	api_stop(&bench->server);
	query_api_close(bench->api);
	projector_stop(bench->projector);
	bench->is_stopped = true;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	if (!bench->is_stopped)
		stop(bench);
	history_close(&bench->history);
	free(bench);
	return 0;
}

static struct api_answer get(struct bench *bench, const char *who, const char *path,
                             const char *header)
{
	return api_ask(&bench->server, who, false, path, header, slice_of(NULL, 0));
}

static void expect(struct bench *bench, const char *path, const char *header, long status,
                   const char *in_head)
{
	struct api_answer answer = get(bench, "ada", path, header);
	if (answer.status != status)
		fail_msg("%s: %ld %s", path, answer.status, buf_cstr(&answer.body));
	if (!strcasestr(buf_cstr(&answer.head), in_head))
		fail_msg("%s: no %s in %s", path, in_head, buf_cstr(&answer.head));
	api_answer_release(&answer);
}

/* A member waits for the whole history before the rest of a test begins. */
static void wait_for_views(struct bench *bench)
{
	static const char *const paths[] = {"/me", "/projects/TLS/board", "/issues/TLS-1",
	                                    "/events"};
	bench->history.config.position_wait_ms = 20000;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char path[128];
		snprintf(path, sizeof path, "/v1/t/acme%s?min_position=%lld", paths[i],
		         (long long)bench->acme->seq);
		expect(bench, path, NULL, 200, "NexusFlow-Position: ");
	}
	bench->history.config.position_wait_ms = 300;
}

static void a_stranger_cannot_tell_an_organization_from_none(void **state)
{
	static const char *const paths[] = {
	        "",
	        "/me",
	        "/me?min_position=1",
	        "/me?min_position=99999999",
	        "/projects/TLS/board?min_position=1",
	        "/projects/TLS/board?limit=nonsense",
	        "/events?after=nonsense",
	        "/search?limit=0",
	        "/audit?actor=x&min_position=1",
	        "/issues/TLS-1?min_position=nonsense",
	};
	struct bench *bench = *state;
	api_run(&bench->server);
	wait_for_views(bench);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char there[128], nowhere[128];
		snprintf(there, sizeof there, "/v1/t/acme%s", paths[i]);
		snprintf(nowhere, sizeof nowhere, "/v1/t/nowhere%s", paths[i]);
		struct api_answer a = get(bench, "eve", there, NULL);
		struct api_answer b = get(bench, "eve", nowhere, NULL);
		assert_int_equal(a.status, strstr(paths[i], "min_position=nonsense") ? 400 : 404);
		assert_int_equal(a.status, b.status);
		assert_string_equal(buf_cstr(&a.body), buf_cstr(&b.body));
		assert_null(strcasestr(buf_cstr(&a.head), "NexusFlow-Position"));
		api_answer_release(&a);
		api_answer_release(&b);
	}
}

static void what_is_no_slug_is_said_so(void **state)
{
	struct bench *bench = *state;
	api_run(&bench->server);
	wait_for_views(bench);
	static const char *const paths[] = {"/v1/t/Acme/me", "/v1/t/Acme/me?min_position=99"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct api_answer answer = get(bench, "ada", paths[i], NULL);
		assert_int_equal(answer.status, 404);
		assert_non_null(strstr(buf_cstr(&answer.body), "\"no_such_tenant\""));
		assert_non_null(strstr(buf_cstr(&answer.body),
		                       "\\\"Acme\\\" cannot be the slug of an organization: "
		                       "2 to 40 characters a-z, 0-9 and -"));
		api_answer_release(&answer);
	}
}

static void a_position_that_does_not_come_is_503_and_one_that_is_there_is_not(void **state)
{
	struct bench *bench = *state;
	char path[128];
	api_run(&bench->server);
	wait_for_views(bench);
	snprintf(path, sizeof path, "/v1/t/acme/projects/TLS?min_position=%lld",
	         (long long)bench->acme->seq + 1);
	expect(bench, path, NULL, 503, "Retry-After: 1");
	expect(bench, "/v1/t/acme/projects/TLS", "NexusFlow-Min-Position: 9223372036854775807", 503,
	       "Retry-After: 1");
	expect(bench, "/v1/t/acme/members", "NexusFlow-Min-Position: 9223372036854775807", 503,
	       "NexusFlow-Position: ");
	expect(bench, "/v1/t/acme/projects/TLS?min_position=9223372036854775808", NULL, 400, "");
	expect(bench, "/v1/t/acme/projects/TLS", "NexusFlow-Min-Position: 1", 200,
	       "NexusFlow-Position: ");
	expect(bench, "/v1/t/acme/projects/NONE", "NexusFlow-Min-Position: 1", 404, "");
}

static void the_etag_of_an_answer_gives_304_also_after_a_wait(void **state)
{
	static const char *const paths[] = {"/projects/TLS/board", "/issues/TLS-1", "/me",
	                                    "/members"};
	struct bench *bench = *state;
	api_run(&bench->server);
	wait_for_views(bench);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char path[128], header[160];
		snprintf(path, sizeof path, "/v1/t/acme%s", paths[i]);
		struct api_answer answer = get(bench, "ada", path, NULL);
		const char *etag = strcasestr(buf_cstr(&answer.head), "ETag: ");
		assert_non_null(etag);
		snprintf(header, sizeof header, "If-None-Match: \"other\", W/%.*s",
		         (int)strcspn(etag + 6, "\r"), etag + 6);
		expect(bench, path, header, 304, "ETag: ");
		snprintf(path, sizeof path, "/v1/t/acme%s?min_position=1", paths[i]);
		expect(bench, path, header, 304, "ETag: ");
		api_answer_release(&answer);
	}
}

static void the_feed_is_an_array_or_lines_as_asked(void **state)
{
	struct bench *bench = *state;
	api_run(&bench->server);
	wait_for_views(bench);
	expect(bench, "/v1/t/acme/events?limit=3", NULL, 200,
	       "Content-Type: application/cloudevents-batch+json");
	expect(bench, "/v1/t/acme/events?limit=3", "Accept: application/x-ndjson", 200,
	       "Link: </v1/t/acme/events?after=3&limit=3>; rel=\"next\"");
	expect(bench, "/v1/t/acme/events?after=9223372036854775807", NULL, 200, "");
}

struct asking {
	struct bench *bench;
	const char *path;
	pthread_t thread;
	long status;
};

static void *ask(void *context)
{
	struct asking *asking = context;
	struct api_answer answer = get(asking->bench, "ada", asking->path, NULL);
	asking->status = answer.status;
	api_answer_release(&answer);
	return NULL;
}

/* Nothing may be left behind (the sanitizers look), and nobody is left without an answer. */
static void queries_that_wait_when_the_server_stops_are_answered(void **state)
{
	struct bench *bench = *state;
	struct asking asking[24] = {{0}};
	bench->server.drain_ms = 100;
	api_run(&bench->server);
	wait_for_views(bench);
	bench->history.config.position_wait_ms = 600000;
	for (int i = 0; i < 24; i++) {
		static const char *const paths[] = {"/v1/t/acme/me?min_position=99999999",
		                                    "/v1/t/acme/events?min_position=99999999",
		                                    "/v1/t/nowhere/me?min_position=5"};
		asking[i].bench = bench;
		asking[i].path = paths[i % 3];
		assert_int_equal(pthread_create(&asking[i].thread, NULL, ask, &asking[i]), 0);
	}
	usleep(200000);
	stop(bench);
	for (int i = 0; i < 24; i++) {
		pthread_join(asking[i].thread, NULL);
		assert_true(asking[i].status == 503 || asking[i].status == 404 ||
		            asking[i].status == 0); /* not even connected */
	}
	bench->history.config.position_wait_ms = 300;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_stranger_cannot_tell_an_organization_from_none),
	        CASE(what_is_no_slug_is_said_so),
	        CASE(a_position_that_does_not_come_is_503_and_one_that_is_there_is_not),
	        CASE(the_etag_of_an_answer_gives_304_also_after_a_wait),
	        CASE(the_feed_is_an_array_or_lines_as_asked),
	        CASE(queries_that_wait_when_the_server_stops_are_answered),
	};
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
