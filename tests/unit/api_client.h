/* A server of the code under test on a free port, and libcurl to ask it. Included by the tests of
 * the two APIs. */
#ifndef TESTS_UNIT_API_CLIENT_H
#define TESTS_UNIT_API_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/http/auth.h"
#include "core/http/http.h"

struct api_server {
	struct http_server *http;
	struct auth *auth;
	pthread_t loop;
	int drain_ms;
};

struct api_answer {
	long status;
	struct buf head, body;
};

static inline void *api_loop(void *context)
{
	struct api_server *server = context;
	http_server_run(server->http, server->drain_ms);
	return NULL;
}

/* Open and run; @attach may be NULL and is called between the two. */
static inline void api_start(struct api_server *server, const struct config *config,
                             const struct http_route *table, void *context)
{
	struct error err;
	const struct http_route *tables[] = {table, NULL};
	void *contexts[] = {context};
	if (auth_open(config, true, &server->auth, &err))
		fail_msg("%s", err.text);
	struct http_options options = {.listen = "127.0.0.1:0",
	                               .tables = tables,
	                               .contexts = contexts,
	                               .auth = server->auth,
	                               .connections_max = 256};
	if (http_server_open(&options, &server->http, &err))
		fail_msg("%s", err.text);
	server->drain_ms = 2000;
}

static inline void api_run(struct api_server *server)
{
	assert_int_equal(pthread_create(&server->loop, NULL, api_loop, server), 0);
}

static inline void api_stop(struct api_server *server)
{
	http_server_stop(server->http);
	pthread_join(server->loop, NULL);
	http_server_close(server->http);
	auth_close(server->auth);
}

static inline size_t api_take(char *data, size_t size, size_t n, void *context)
{
	buf_append(context, data, size * n);
	return size * n;
}

/* Every request has the same id, so that answers can be compared whole. */
static inline struct api_answer api_ask(struct api_server *server, const char *subject,
                                        bool installation, const char *path, const char *header,
                                        struct slice body)
{
	struct api_answer answer = {0};
	struct buf token = {0}, line = {0}, url = {0};
	struct auth_claims claims = {.subject = subject, .installation = installation, .ttl_s = 60};
	assert_int_equal(auth_issue(server->auth, &claims, clock_now_ms(), &token, NULL),
	                 STATUS_OK);
	buf_printf(&line, "Authorization: Bearer %s", buf_cstr(&token));
	buf_printf(&url, "http://127.0.0.1:%u%s", http_server_port(server->http), path);
	struct curl_slist *headers = curl_slist_append(NULL, buf_cstr(&line));
	headers = curl_slist_append(headers, "X-Request-Id: 00000000-0000-4000-8000-000000000000");
	headers = curl_slist_append(headers, "Expect:");
	if (header)
		headers = curl_slist_append(headers, header);
	CURL *curl = curl_easy_init();
	curl_easy_setopt(curl, CURLOPT_URL, buf_cstr(&url));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, api_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, api_take);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.head);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 60000L);
	if (body.data) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	}
	if (curl_easy_perform(curl) == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	buf_release(&token);
	buf_release(&line);
	buf_release(&url);
	return answer;
}

static inline void api_answer_release(struct api_answer *answer)
{
	buf_release(&answer->head);
	buf_release(&answer->body);
}

#endif
