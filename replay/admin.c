/* The admin API: one route for each thing an operator does. The mode of the socket is the
 * credential, so no route asks for a token. Handlers may take their time: nobody else is served by
 * this loop. */
#include "replay/replay.h"

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
        {.path = NULL},
};
