#include "core/http/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MS         30000
#define CONNECT_TIMEOUT_MS 5000

struct http_client {
	CURL *curl;
	char *base_url;
	char *unix_socket;   /* NULL: TCP */
	char *authorization; /* a whole header line, or NULL */
};

struct http_client *http_client_new(const char *base_url, const char *token)
{
	struct http_client *client = mem_new(sizeof *client);
	bool is_unix = strncmp(base_url, "unix:", 5) == 0;
	client->base_url = mem_string(slice_str(is_unix ? "http://localhost" : base_url));
	if (is_unix)
		client->unix_socket = mem_string(slice_str(base_url + 5));
	size_t n = strlen(client->base_url);
	if (n && client->base_url[n - 1] == '/')
		client->base_url[n - 1] = 0;
	if (token) {
		struct buf line = {0};
		buf_printf(&line, "Authorization: Bearer %s", token);
		client->authorization = mem_string(buf_slice(&line));
		buf_release(&line);
	}
	client->curl = curl_easy_init();
	return client;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	free(client->base_url);
	free(client->unix_socket);
	free(client->authorization);
	free(client);
}

static size_t take(char *data, size_t size, size_t n, void *context)
{
	buf_append(context, data, size * n);
	return size * n;
}

struct headers {
	struct http_exchange *exchange;
	bool ended; /* the empty line was there */
};

static size_t take_header(char *data, size_t size, size_t n, void *context)
{
	struct headers *headers = context;
	struct http_exchange *exchange = headers->exchange;
	size_t bytes = size * n;
	struct slice line = slice_of(data, bytes);
	while (line.n && (line.data[line.n - 1] == '\r' || line.data[line.n - 1] == '\n'))
		line.n--;
	headers->ended = line.n == 0;
	if (!exchange->on_header)
		return bytes;
	const char *colon = line.n ? memchr(line.data, ':', line.n) : NULL;
	if (!colon)
		return bytes;
	struct slice name = slice_of(line.data, (size_t)(colon - line.data));
	struct slice value = slice_of(colon + 1, line.n - name.n - 1);
	while (value.n && value.data[0] == ' ')
		value = slice_of(value.data + 1, value.n - 1);
	exchange->on_header(exchange->context, name, value);
	return bytes;
}

static int watch(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total,
                 curl_off_t up_now)
{
	struct http_exchange *exchange = context;
	(void)total, (void)now, (void)up_total, (void)up_now;
	return exchange->is_futile(exchange->context);
}

static struct curl_slist *make_headers(const struct http_client *client,
                                       const struct http_exchange *exchange)
{
	char line[128];
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	if (exchange->body.data) {
		snprintf(line, sizeof line, "Content-Type: %s",
		         exchange->content_type ? exchange->content_type : "application/json");
		list = curl_slist_append(list, line);
	}
	if (client->authorization)
		list = curl_slist_append(list, client->authorization);
	if (exchange->header)
		list = curl_slist_append(list, exchange->header);
	for (uint32_t i = 0; i < exchange->headers_n; i++)
		list = curl_slist_append(list, exchange->headers[i]);
	return list;
}

enum status http_client_do(struct http_client *client, struct http_exchange *exchange,
                           struct error *err)
{
	CURL *curl = client->curl;
	if (!curl)
		return error_set(err, STATUS_UNAVAILABLE, "libcurl cannot start");
	struct buf url = {0};
	buf_printf(&url, "%s%s", client->base_url, exchange->path);
	struct curl_slist *lines = make_headers(client, exchange);
	struct headers headers = {exchange, false};
	buf_clear(exchange->answer);
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, buf_cstr(&url));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange->answer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &headers);
	if (exchange->is_futile) {
		curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
		curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
		curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	}
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, (long)exchange->fresh);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"); /* tokens go to our own servers only */
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
	                 (long)(exchange->timeout_ms ? exchange->timeout_ms : TIMEOUT_MS));
	if (client->unix_socket)
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->unix_socket);
	if (exchange->body.data) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->body.data);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body.n);
	}
	CURLcode code = curl_easy_perform(curl);
	long status = 0;
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	exchange->status = (int)status;
	curl_slist_free_all(lines);
	buf_release(&url);
	/* For libcurl an answer that ends within its headers is a whole one without a body. */
	if (code == CURLE_OK && headers.ended)
		return STATUS_OK;
	if (code == CURLE_OK)
		code = CURLE_PARTIAL_FILE;
	return error_set(err,
	                 code == CURLE_OPERATION_TIMEDOUT ? STATUS_TIMEOUT : STATUS_UNAVAILABLE,
	                 "%s%s: %s", client->unix_socket ? client->unix_socket : client->base_url,
	                 exchange->path, curl_easy_strerror(code));
}
