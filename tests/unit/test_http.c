/* The server as its clients see it, through libcurl and plain sockets. */
#include "test_http_server.h"

#include <curl/curl.h>
#include <jansson.h>

struct reply {
	long status;
	struct buf body;
	struct buf head;
};

static size_t take(char *bytes, size_t size, size_t n, void *to)
{
	buf_append(to, bytes, size * n);
	return size * n;
}

static void reply_release(struct reply *reply)
{
	buf_release(&reply->body);
	buf_release(&reply->head);
}

/* @header may be NULL. */
static struct reply fetch(const char *method, const char *path, const char *body,
                          const char *header)
{
	struct reply reply = {0};
	char url[9000];
	CURL *curl = curl_easy_init();
	struct curl_slist *headers = header ? curl_slist_append(NULL, header) : NULL;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_server_port(fixture.server), path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply.head);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	CURLcode code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		fail_msg("%s %s: %s", method, path, curl_easy_strerror(code));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return reply;
}

static void expect(const char *method, const char *path, long status, const char *body)
{
	struct reply reply = fetch(method, path, NULL, NULL);

	assert_int_equal(reply.status, status);
	if (body)
		assert_string_equal(buf_cstr(&reply.body), body);
	reply_release(&reply);
}

static bool has_header(struct reply *reply, const char *line)
{
	return strcasestr(buf_cstr(&reply->head), line) != NULL;
}

static int start(void **state)
{
	(void)state;
	server_start((struct http_options){0});
	return 0;
}

/* Who answers may be late. */
static int start_draining(void **state)
{
	(void)state;
	server_start_draining((struct http_options){0}, 60000);
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end();
	return 0;
}

static void a_route_answers_with_its_fixed_body(void **state)
{
	(void)state;
	struct reply reply = fetch("GET", "/hello", NULL, NULL);

	assert_int_equal(reply.status, 200);
	assert_string_equal(buf_cstr(&reply.body), "{\"hello\":true}");
	assert_true(has_header(&reply, "Content-Type: application/json\r\n"));
	assert_true(has_header(&reply, "Cache-Control: no-store\r\n"));
	reply_release(&reply);
}

static void head_is_answered_from_get_without_a_body(void **state)
{
	(void)state;
	struct reply reply = fetch("HEAD", "/hello", NULL, NULL);

	assert_int_equal(reply.status, 200);
	assert_int_equal(reply.body.n, 0);
	assert_true(has_header(&reply, "Content-Length: 14\r\n"));
	reply_release(&reply);
}

static void path_and_query_parameters_arrive_decoded(void **state)
{
	(void)state;
	expect("GET", "/v1/t/acme/issues/NEX-1", 200, "acme|NEX-1|(absent)");
	expect("GET", "/v1/t/acme/issues/NEX-1?q=", 200, "acme|NEX-1|");
	expect("GET", "/v1/t/acme/issues/NEX-1?q", 200, "acme|NEX-1|");
	expect("GET", "/v1/t/a%2Fb/issues/%C3%A4?x=1&q=a+b%26%3D%2b&q=2", 200,
	       "a/b|\xc3\xa4|a b&=+");
	expect("GET", "/v1/t/acme/issues/1?%71=encoded", 200, "acme|1|encoded");
	expect("GET", "/v1/t/acme/issues/1?qq=1&aq=2", 200, "acme|1|(absent)");
}

static void a_literal_segment_wins_over_a_parameter(void **state)
{
	(void)state;
	expect("GET", "/v1/t/acme/issues/search", 200, "literal");
	expect("GET", "/v1/t/acme/issues/searching", 200, "acme|searching|(absent)");
}

static void what_no_route_names_is_404(void **state)
{
	(void)state;
	static const char *const paths[] = {"/",
	                                    "/hell",
	                                    "/hello/",
	                                    "/hello/x",
	                                    "//hello",
	                                    "/v1/t//issues/1",
	                                    "/v1/t/a/issues",
	                                    "/%68ello/x",
	                                    "/../hello",
	                                    "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		expect("GET", paths[i], 404, NULL);
	expect("GET", "/%68ello", 200, NULL);
}

static void a_method_without_a_route_is_405_with_allow(void **state)
{
	(void)state;
	static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "MAKE"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		struct reply reply = fetch(methods[i], "/hello", NULL, NULL);
		assert_int_equal(reply.status, 405);
		assert_true(has_header(&reply, "Allow: GET, HEAD\r\n"));
		reply_release(&reply);
	}
	struct reply reply = fetch("PUT", "/echo", "body", NULL);
	assert_int_equal(reply.status, 405);
	assert_true(has_header(&reply, "Allow: GET, HEAD, POST\r\n"));
	reply_release(&reply);
}

static void a_uri_that_is_not_utf8_is_400(void **state)
{
	(void)state;
	static const char *const paths[] = {
	        "/v1/t/%ff/issues/1",          "/v1/t/%c0%af/issues/1",
	        "/v1/t/%ed%a0%80/issues/1",    "/v1/t/%/issues/1",
	        "/v1/t/%4/issues/1",           "/v1/t/%zz/issues/1",
	        "/v1/t/a%00b/issues/1",        "/v1/t/\xff/issues/1",
	        "/v1/t/%f5%80%80%80/issues/1", "/v1/t/a/issues/1?q=%ff",
	        "/v1/t/a/issues/1?q=%c3&%a4",  "/hello?%",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		expect("GET", paths[i], 400, NULL);
}

static void a_body_arrives_whole(void **state)
{
	(void)state;
	char body[SERVER_BODY_MAX + 1];

	memset(body, 'x', SERVER_BODY_MAX);
	body[SERVER_BODY_MAX] = '\0';
	struct reply reply = fetch("POST", "/echo", body, NULL);
	assert_int_equal(reply.status, 201);
	assert_string_equal(buf_cstr(&reply.body), body);
	reply_release(&reply);
	reply = fetch("POST", "/echo", "in pieces", "Transfer-Encoding: chunked");
	assert_int_equal(reply.status, 201);
	assert_string_equal(buf_cstr(&reply.body), "in pieces");
	reply_release(&reply);
	reply = fetch("POST", "/echo", "", NULL);
	assert_int_equal(reply.status, 201);
	assert_int_equal(reply.body.n, 0);
	reply_release(&reply);
}

static void a_request_id_is_kept_when_it_is_a_uuid(void **state)
{
	(void)state;
	struct reply reply =
	        fetch("GET", "/hello", NULL, "X-Request-Id: 01890a5d-ac96-774b-bcce-b302099a8057");
	assert_true(has_header(&reply, "X-Request-Id: 01890a5d-ac96-774b-bcce-b302099a8057\r\n"));
	reply_release(&reply);
	reply = fetch("GET", "/hello", NULL, "X-Request-Id: <script>");
	assert_false(has_header(&reply, "script"));
	assert_true(has_header(&reply, "X-Request-Id: "));
	reply_release(&reply);
}

static void a_matching_etag_is_answered_304(void **state)
{
	(void)state;
	static const char *const same[] = {"\"v1\"", "W/\"v1\"", "*", "\"v0\", \"v1\"",
	                                   "W/\"v0\",W/\"v1\""};
	static const char *const other[] = {"\"v2\"", "v1", "\"v1", "\"v1x\"", "\"a, v1\""};
	char header[64];

	for (size_t i = 0; i < 5; i++) {
		snprintf(header, sizeof(header), "If-None-Match: %s", same[i]);
		struct reply reply = fetch("GET", "/cached", NULL, header);
		assert_int_equal(reply.status, 304);
		assert_int_equal(reply.body.n, 0);
		assert_true(has_header(&reply, "ETag: \"v1\"\r\n"));
		assert_true(has_header(&reply, "Cache-Control: no-cache\r\n"));
		assert_false(has_header(&reply, "no-store"));
		reply_release(&reply);
		snprintf(header, sizeof(header), "If-None-Match: %s", other[i]);
		reply = fetch("GET", "/cached", NULL, header);
		assert_int_equal(reply.status, 200);
		reply_release(&reply);
	}
}

static void a_refusal_is_a_problem_document(void **state)
{
	(void)state;
	struct reply reply = fetch("GET", "/refusal", NULL, NULL);
	const char *detail;
	int status;

	assert_int_equal(reply.status, 422);
	assert_true(has_header(&reply, "Content-Type: application/problem+json\r\n"));
	json_t *json = json_loads(buf_cstr(&reply.body), 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_unpack(json, "{s:s,s:i}", "detail", &detail, "status", &status), 0);
	assert_string_equal(detail, "the summary is \"empty\"");
	assert_int_equal(status, 422);
	json_decref(json);
	reply_release(&reply);
}

static struct reply fetch_as(const struct auth_claims *claims, const char *method, const char *body)
{
	struct buf header = {0};
	struct error err;

	buf_append_str(&header, "Authorization: Bearer ");
	assert_int_equal(auth_issue(fixture.auth, claims, clock_now_ms(), &header, &err),
	                 STATUS_OK);
	struct reply reply = fetch(method, "/whoami", body, buf_cstr(&header));
	buf_release(&header);
	return reply;
}

static void a_token_tells_the_handler_who_asks(void **state)
{
	(void)state;
	struct reply reply =
	        fetch_as(&(struct auth_claims){.subject = "ann", .installation = true, .ttl_s = 60},
	                 "GET", NULL);
	assert_int_equal(reply.status, 200);
	assert_string_equal(buf_cstr(&reply.body), "ann installation");
	reply_release(&reply);
	reply = fetch_as(&(struct auth_claims){.subject = "p", .service = true, .ttl_s = 60},
	                 "POST", "body");
	assert_string_equal(buf_cstr(&reply.body), "p service");
	reply_release(&reply);
}

static void without_a_good_token_the_answer_is_401(void **state)
{
	(void)state;
	static const char *const headers[] = {
	        NULL, "Authorization: Bearer", "Authorization: Basic YTpi",
	        "Authorization: Bearer a.b.c", "Authorization: Bearer  "};

	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		struct reply reply = fetch("GET", "/whoami", NULL, headers[i]);
		assert_int_equal(reply.status, 401);
		assert_true(has_header(&reply, "WWW-Authenticate: Bearer"));
		assert_true(has_header(&reply, "application/problem+json"));
		reply_release(&reply);
	}
	struct reply reply = fetch("POST", "/whoami", "a body that is thrown away", NULL);
	assert_int_equal(reply.status, 401);
	reply_release(&reply);
}

static void a_parked_request_is_answered_from_another_thread(void **state)
{
	(void)state;
	struct buf answer = {0};
	int fd = client_connect();

	for (size_t i = 0; i < 3; i++) {
		assert_true(client_send(fd, SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
		wait_parked(i + 1);
		assert_int_equal(atomic_load(&fixture.released), (int)i);
		answer_parked(i);
		assert_int_equal(client_read_answer(fd, &answer), 200);
		assert_non_null(strstr(buf_cstr(&answer), "{\"late\":true}"));
		wait_released((int)i + 1);
	}
	close(fd);
	buf_release(&answer);
}

static void answers_that_are_held_arrive_together(void **state)
{
	(void)state;
	struct buf answer = {0};
	int fd[3];

	for (size_t i = 0; i < 3; i++) {
		fd[i] = client_connect();
		assert_true(client_send(fd[i], SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
		wait_parked(i + 1);
	}
	http_answers_hold();
	for (size_t i = 0; i < 3; i++)
		answer_parked(i);
	http_answers_send();
	http_answers_send(); /* nothing is owed any more */
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(client_read_answer(fd[i], &answer), 200);
		close(fd[i]);
	}
	wait_released(3);
	buf_release(&answer);
}

static void a_client_that_leaves_while_parked_harms_nobody(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20; i++) {
		int fd = client_connect();
		assert_true(client_send(fd, SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
		wait_parked(i + 1);
		if (i % 2) { /* with a reset */
			struct linger now = {.l_onoff = 1};
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		}
		close(fd);
		answer_parked(i);
	}
	wait_released(20);
	expect("GET", "/hello", 200, NULL);
}

static void a_timer_answers_on_the_loop(void **state)
{
	(void)state;
	struct reply reply = fetch("GET", "/timer", NULL, NULL);

	assert_int_equal(reply.status, 503);
	assert_true(has_header(&reply, "Retry-After: "));
	assert_non_null(strstr(buf_cstr(&reply.body), "no outcome within 20 ms"));
	assert_int_equal(atomic_load(&fixture.timers_run), 1);
	reply_release(&reply);
}

static void *answer_soon(void *arg)
{
	(void)arg;
	usleep(50000);
	answer_parked(0);
	return NULL;
}

static void stop_waits_for_the_requests_in_flight(void **state)
{
	(void)state;
	struct buf answer = {0};
	pthread_t other;
	int fd = client_connect();

	assert_true(client_send(fd, SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
	wait_parked(1);
	assert_int_equal(pthread_create(&other, NULL, answer_soon, NULL), 0);
	server_join();
	pthread_join(other, NULL);
	client_read_all(fd, &answer);
	assert_non_null(strstr(buf_cstr(&answer), "200 OK"));
	assert_non_null(strstr(buf_cstr(&answer), "{\"late\":true}"));
	assert_non_null(strstr(buf_cstr(&answer), "onnection: close"));
	close(fd);
	buf_release(&answer);
}

static void what_is_parked_past_the_drain_is_answered_503(void **state)
{
	(void)state;
	struct buf answer = {0};
	int fd = client_connect();

	assert_true(client_send(fd, SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
	wait_parked(1);
	server_join();
	client_read_all(fd, &answer);
	assert_non_null(strstr(buf_cstr(&answer), "503 "));
	assert_int_equal(atomic_load(&fixture.released), 0);
	answer_parked(0); /* late, by somebody who does not know */
	close(fd);
	buf_release(&answer);
}

static void an_answer_after_the_server_is_closed_frees_the_request(void **state)
{
	(void)state;
	server_start((struct http_options){0});
	int fd = client_connect();
	assert_true(client_send(fd, SLICE("GET /parked HTTP/1.1\r\nHost: x\r\n\r\n")));
	wait_parked(1);
	http_server_stop(fixture.server);
	pthread_join(fixture.loop, NULL);
	http_server_close(fixture.server);
	assert_int_equal(atomic_load(&fixture.released), 0);
	answer_parked(0);
	assert_int_equal(atomic_load(&fixture.released), 1);
	close(fd);
	auth_close(fixture.auth);
	remove_key();
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, end)
#define DRAINING(test)    cmocka_unit_test_setup_teardown(test, start_draining, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WITH_SERVER(a_route_answers_with_its_fixed_body),
	        WITH_SERVER(head_is_answered_from_get_without_a_body),
	        WITH_SERVER(path_and_query_parameters_arrive_decoded),
	        WITH_SERVER(a_literal_segment_wins_over_a_parameter),
	        WITH_SERVER(what_no_route_names_is_404),
	        WITH_SERVER(a_method_without_a_route_is_405_with_allow),
	        WITH_SERVER(a_uri_that_is_not_utf8_is_400),
	        WITH_SERVER(a_body_arrives_whole),
	        WITH_SERVER(a_request_id_is_kept_when_it_is_a_uuid),
	        WITH_SERVER(a_matching_etag_is_answered_304),
	        WITH_SERVER(a_refusal_is_a_problem_document),
	        WITH_SERVER(a_token_tells_the_handler_who_asks),
	        WITH_SERVER(without_a_good_token_the_answer_is_401),
	        WITH_SERVER(a_parked_request_is_answered_from_another_thread),
	        WITH_SERVER(answers_that_are_held_arrive_together),
	        WITH_SERVER(a_client_that_leaves_while_parked_harms_nobody),
	        WITH_SERVER(a_timer_answers_on_the_loop),
	        DRAINING(stop_waits_for_the_requests_in_flight),
	        WITH_SERVER(what_is_parked_past_the_drain_is_answered_503),
	        cmocka_unit_test(an_answer_after_the_server_is_closed_frees_the_request),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
