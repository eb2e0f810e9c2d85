#include "core/http/request.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "core/http/uri.h"

/* What nearly every request keeps (its principal, a few headers) fits into its own block. */
#define ROOM_BYTES 768

struct http_request *request_new(struct http_server *server, const char *uri)
{
	size_t n = strlen(uri);
	struct http_request *request = mem_new(sizeof(*request) + n + 1 + ROOM_BYTES);

	request->server = server;
	request->uri_n = n;
	atomic_init(&request->refs, 1);
	memcpy(request->uri, uri, n + 1);
	return request;
}

void request_unref(struct http_request *request)
{
	if (atomic_fetch_sub_explicit(&request->refs, 1, memory_order_acq_rel) > 1)
		return;
	if (request->release)
		request->release(request->state);
	while (request->memory) {
		struct memory *memory = request->memory;
		request->memory = memory->next;
		free(memory);
	}
	if (request->response)
		MHD_destroy_response(request->response);
	buf_release(&request->body);
	free(request);
}

char *request_memory(struct http_request *request, size_t n)
{
	if (n <= ROOM_BYTES - request->room_at) {
		char *place = request->uri + request->uri_n + 1 + request->room_at;
		request->room_at += n;
		return place;
	}
	struct memory *memory = mem_new(sizeof(*memory) + n);

	memory->next = request->memory;
	request->memory = memory;
	return memory->bytes;
}

struct slice request_keep(struct http_request *request, struct slice slice)
{
	char *copy = request_memory(request, slice.n + 1);

	if (slice.n)
		memcpy(copy, slice.data, slice.n);
	return slice_of(copy, slice.n);
}

/* absolute-form (RFC 9112, 3.2.2): servers must accept it. */
static struct slice skip_authority(struct slice uri)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t n = strlen(schemes[i]);
		if (uri.n < n || strncasecmp(uri.data, schemes[i], n) != 0)
			continue;
		const char *slash = memchr(uri.data + n, '/', uri.n - n);
		if (slash)
			return slice_of(slash, uri.n - (size_t)(slash - uri.data));
	}
	return uri;
}

static bool decode_segment(struct http_request *request, struct slice raw, struct slice *out)
{
	if (uri_is_plain(raw, false)) {
		*out = raw;
		return true;
	}
	char *to = request_memory(request, raw.n);
	ptrdiff_t n = uri_decode(raw, false, to);
	if (n < 0)
		return false;
	*out = slice_of(to, (size_t)n);
	return true;
}

/* 0, 400, or 404 when there are more segments than any route has. */
static int split_path(struct http_request *request, struct slice path, struct slice *segments,
                      size_t *count)
{
	size_t at = 0, n = 0;

	while (at < path.n) {
		const char *start = path.data + at + 1; /* behind the slash */
		size_t left = path.n - at - 1;
		const char *slash = memchr(start, '/', left);
		size_t length = slash ? (size_t)(slash - start) : left;
		struct slice segment;
		if (!decode_segment(request, slice_of(start, length), &segment))
			return 400;
		if (n < ROUTER_SEGMENTS_MAX)
			segments[n] = segment;
		n++;
		at += 1 + length;
	}
	*count = n;
	return n > ROUTER_SEGMENTS_MAX ? 404 : 0;
}

/* Decoding cannot fail later when it does not fail here. */
static bool query_valid(struct http_request *request)
{
	if (uri_is_plain(request->query, false))
		return true;
	return uri_decode(request->query, true, request_memory(request, request->query.n)) >= 0;
}

int request_route(struct http_request *request, const struct router *router, const char **allow)
{
	struct slice uri = slice_of(request->uri, request->uri_n), path;
	struct slice segments[ROUTER_SEGMENTS_MAX];
	struct router_match match;
	size_t n = 0;

	*allow = NULL;
	if (uri.n > HTTP_URI_BYTES_MAX)
		return 414;
	uri = skip_authority(uri);
	if (uri.n == 0 || uri.data[0] != '/')
		return 400;
	const char *mark = memchr(uri.data, '?', uri.n);
	path = slice_of(uri.data, mark ? (size_t)(mark - uri.data) : uri.n);
	if (mark)
		request->query = slice_of(mark + 1, uri.n - path.n - 1);
	int status = split_path(request, path, segments, &n);
	if (status == 400 || !query_valid(request))
		return 400;
	if (status)
		return status;
	router_find(router, request->known_method, request->method, segments, n, &match);
	*allow = match.allow;
	if (!match.entry)
		return match.allow ? 405 : 404;
	request->entry = match.entry;
	memcpy(request->params, match.params, sizeof(match.params));
	return 0;
}

enum http_method http_method_of(const struct http_request *request)
{
	return request->method;
}

const struct http_route *http_route_of(const struct http_request *request)
{
	return request->entry->route;
}

struct slice http_path_param(const struct http_request *request, const char *name)
{
	int index = router_param_index(request->entry->route, name);

	assert(index >= 0 && "the route has no such parameter");
	return request->params[index];
}

/* A name or a value of the query. The whole was valid, & and = cut no sequence. */
static struct slice decoded(struct http_request *request, struct slice raw)
{
	char *to = request_memory(request, raw.n);
	ptrdiff_t n = uri_decode(raw, true, to);

	assert(n >= 0);
	return slice_of(to, (size_t)n);
}

/* Takes the first parameter off @rest; both are raw. False at the end. */
static bool next_param(struct slice *rest, struct slice *name, struct slice *value)
{
	if (!rest->n)
		return false;
	const char *amp = memchr(rest->data, '&', rest->n);
	size_t n = amp ? (size_t)(amp - rest->data) : rest->n;
	const char *equal = memchr(rest->data, '=', n);
	*name = slice_of(rest->data, equal ? (size_t)(equal - rest->data) : n);
	size_t taken = name->n + (equal != NULL);
	*value = slice_of(rest->data + taken, n - taken);
	n += amp != NULL;
	*rest = slice_of(rest->data + n, rest->n - n);
	return true;
}

static struct slice param_name(struct http_request *request, struct slice raw)
{
	return uri_is_plain(raw, true) ? raw : decoded(request, raw);
}

bool http_query_param(struct http_request *request, const char *name, struct slice *value)
{
	struct slice rest = request->query, raw_name, raw;

	while (next_param(&rest, &raw_name, &raw)) {
		if (!slice_is(param_name(request, raw_name), name))
			continue;
		*value = decoded(request, raw);
		return true;
	}
	return false;
}

static bool is_listed(const struct http_param *params, struct slice name)
{
	for (; params && params->name; params++)
		if (strcmp(params->where, "query") == 0 && slice_is(name, params->name))
			return true;
	return false;
}

bool http_unknown_param(struct http_request *request, struct slice *name)
{
	struct slice rest = request->query, raw_name, raw;

	while (next_param(&rest, &raw_name, &raw)) {
		*name = param_name(request, raw_name);
		/* "a=1&&b=2": nothing was asked */
		if ((name->n || raw.n) && !is_listed(request->entry->route->params, *name))
			return true;
	}
	return false;
}

bool http_header(struct http_request *request, const char *name, struct slice *value)
{
	const char *text = NULL;
	size_t n = 0;

	assert(request->connection);
	if (MHD_lookup_connection_value_n(request->connection, MHD_HEADER_KIND, name, strlen(name),
	                                  &text, &n) != MHD_YES ||
	    !text)
		return false;
	/* copied: the connection's memory may be gone before a late answer */
	*value = request_keep(request, slice_of(text, n));
	return true;
}

/* One entity-tag of the list at @at, without W/; returns where the next begins. */
static const char *next_etag(const char *at, const char *end, struct slice *tag)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == ','))
		at++;
	if (end - at > 2 && at[0] == 'W' && at[1] == '/')
		at += 2;
	const char *stop = at;
	if (stop < end && *stop == '"') {
		stop = memchr(at + 1, '"', (size_t)(end - at - 1));
		stop = stop ? stop + 1 : end;
	} else {
		while (stop < end && *stop != ',' && *stop != ' ')
			stop++;
	}
	*tag = slice_of(at, (size_t)(stop - at));
	return stop;
}

bool http_etag_listed(struct slice list, const char *etag)
{
	struct slice tag;

	if (list.n == 0)
		return false;
	if (strncmp(etag, "W/", 2) == 0)
		etag += 2;
	const char *at = list.data, *end = list.data + list.n;
	while (at < end) {
		at = next_etag(at, end, &tag);
		if (slice_is(tag, "*") || slice_is(tag, etag))
			return true;
	}
	return false;
}

bool http_etag_matches(struct http_request *request, const char *etag)
{
	struct slice list;

	return http_header(request, "If-None-Match", &list) && http_etag_listed(list, etag);
}

struct slice http_body(const struct http_request *request)
{
	return buf_slice(&request->body);
}

const struct principal *http_principal(const struct http_request *request)
{
	return &request->principal;
}

const struct uuid *http_request_id(const struct http_request *request)
{
	return &request->id;
}

int64_t http_arrived_us(const struct http_request *request)
{
	return request->arrived_us;
}

void http_set_state(struct http_request *request, void *state, void (*release)(void *state))
{
	if (request->release)
		request->release(request->state);
	request->state = state;
	request->release = release;
}

struct http_server *http_server_of(const struct http_request *request)
{
	return request->server;
}
