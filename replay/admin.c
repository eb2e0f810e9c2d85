/* The admin API: one route for each thing an operator does. The mode of the socket is the
 * credential, so no route asks for a token. Handlers may take their time: nobody else is served by
 * this loop. */
#include <jansson.h>

#include "replay/replay.h"

const char *const replay_sockets[REPLAY_SOCKETS] = {
        [REPLAY_SOCKET_VIEWS] = "admin.sock",
        [REPLAY_SOCKET_COMMANDS] = "command-api.sock",
        [REPLAY_SOCKET_PROCESSOR] = "processor.sock",
};

static void answer(struct http_request *request, int status, struct buf *body)
{
	struct http_answer out = {.status = status, .body = body};
	http_answer(request, &out);
}

static void refuse(struct http_request *request, const struct error *err)
{
	if (err->status == STATUS_NOT_FOUND)
		http_problem(request, 404, "no_such_view", NULL, "%s", err->text);
	else if (err->status == STATUS_BUSY)
		http_problem(request, 409, "busy", NULL, "%s", err->text);
	else if (err->status == STATUS_CONFLICT)
		http_problem(request, 409, "not_stopped", NULL, "%s", err->text);
	else if (err->status == STATUS_INVALID)
		http_problem(request, 400, "refused", NULL, "%s", err->text);
	else
		http_problem(request, 503, "unavailable", NULL, "%s", err->text);
}

static void get_status(struct http_request *request, void *context)
{
	struct buf body = {0};
	replay_status(context, &body);
	answer(request, 200, &body);
}

static void get_job(struct http_request *request, void *context)
{
	struct buf body = {0};
	struct error err;
	if (replay_job(context, http_path_param(request, "view"), &body, &err))
		refuse(request, &err);
	else
		answer(request, 200, &body);
}

static void start(struct http_request *request, void *context)
{
	struct slice accept = {0};
	struct error err;
	uint64_t job;
	struct buf body = {0};
	bool given = http_query_param(request, "accept_changes", &accept);
	if (given && !slice_is(accept, "true") && !slice_is(accept, "false")) {
		http_problem(request, 400, "bad_parameter", NULL,
		             "accept_changes is true or false");
		return;
	}
	enum replay_verb verb = (enum replay_verb)http_route_of(request)->label;
	if (replay_start(context, http_path_param(request, "view"), verb,
	                 given && slice_is(accept, "true"), &job, &err)) {
		refuse(request, &err);
		return;
	}
	buf_printf(&body, "{\"job\":%llu}", (unsigned long long)job);
	answer(request, 202, &body);
}

static struct slice text_of(const json_t *body, const char *name)
{
	const json_t *value = json_object_get(body, name);
	return slice_of(json_string_value(value), json_string_length(value));
}

static void post_skip(struct http_request *request, void *context)
{
	struct slice text = http_body(request);
	json_t *body = json_loadb(text.data, text.n, 0, NULL);
	struct skip skip = {.reader = text_of(body, "reader"),
	                    .tenant = text_of(body, "tenant"),
	                    .seq = (uint64_t)json_integer_value(json_object_get(body, "seq")),
	                    .why = text_of(body, "why"),
	                    .operator= text_of(body, "operator")};
	struct buf out = {0};
	struct error err;
	if (!skip.reader.data || !skip.tenant.n || !skip.seq || !skip.why.n || !skip.operator.n)
		http_problem(request, 400, "bad_body", NULL,
		             "{\"reader\", \"tenant\", \"seq\", \"why\", \"operator\"} is needed");
	else if (replay_skip(context, &skip, &out, &err))
		refuse(request, &err);
	else
		answer(request, 201, &out);
	json_decref(body);
}

#define SKIP_BYTES 4096
#define BODY_BYTES 1024 /* of what is not read anyway */

const struct http_route replay_routes[] = {
        {.path = "/v1/replay/status",
         .handler = get_status,
         .summary = "every view: instances, positions, lags, stopped tenants, jobs",
         .tag = "replay"},
        {.path = "/v1/replay/views/{view}/job",
         .handler = get_job,
         .summary = "the last job of a view",
         .tag = "replay"},
        {.method = HTTP_POST,
         .path = "/v1/replay/views/{view}/rebuild",
         .handler = start,
         .body_bytes_max = BODY_BYTES,
         .label = REPLAY_REBUILD,
         .summary = "build the view again beside the live one, compare, swap",
         .tag = "replay"},
        {.method = HTTP_POST,
         .path = "/v1/replay/views/{view}/rollback",
         .handler = start,
         .body_bytes_max = BODY_BYTES,
         .label = REPLAY_ROLLBACK,
         .summary = "catch the previous instance up and swap back",
         .tag = "replay"},
        {.method = HTTP_POST,
         .path = "/v1/replay/views/{view}/verify",
         .handler = start,
         .body_bytes_max = BODY_BYTES,
         .label = REPLAY_VERIFY,
         .summary = "build the view again beside the live one, compare, drop it",
         .tag = "replay"},
        {.method = HTTP_POST,
         .path = "/v1/replay/skip",
         .handler = post_skip,
         .body_bytes_max = SKIP_BYTES,
         .summary = "let a tenant that stands before an event go on without it",
         .tag = "replay"},
        {.path = NULL},
};
