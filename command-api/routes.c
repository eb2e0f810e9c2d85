/* A request is parked while its commands are with the writer. An `exchange` ties the two: the
 * request on one side, its jobs on the other. Whoever takes the exchange off the list of waiting
 * ones answers: the last job that is done, or the sweep after command_timeout_ms. Jobs that are
 * done later find the exchange answered and only let go of it.
 *
 * All exchanges wait equally long, so the list is ordered by deadline and the sweep looks at its
 * head only: no timer per request. */
#include "command-api/routes.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "command-api/forward.h"
#include "command-api/intake.h"
#include "core/base/clock.h"
#include "core/domain/text.h"

#define SWEEP_MS 100

struct item { /* one command of an exchange */
	struct exchange *exchange;
	struct job *job; /* NULL: it did not become one, the line says why */
	struct buf line; /* its answer */
	int status;
};

struct exchange {
	struct command_api *api;
	struct http_request *request;
	struct exchange *previous, *next; /* among the waiting */
	bool is_waiting;
	bool is_batch;
	int64_t deadline_ms;
	uint32_t items_n, pending, references;
	struct uuid request_id;
	uint64_t position;
	struct item items[];
};

struct command_api {
	const struct config *config;
	struct writers *writers;
	struct forwarder *forwarder; /* NULL: every partition is ours */
	struct http_server *server;
	pthread_mutex_t lock; /* of the list and of every exchange */
	struct exchange *first, *last;
	struct http_route routes[COMMAND_TYPES + 3];
	char paths[COMMAND_TYPES][96];
};

/* --- the list of waiting exchanges; under the lock --- */

static void wait_start(struct command_api *api, struct exchange *exchange)
{
	exchange->is_waiting = true;
	exchange->previous = api->last;
	*(api->last ? &api->last->next : &api->first) = exchange;
	api->last = exchange;
}

static bool wait_end(struct command_api *api, struct exchange *exchange)
{
	if (!exchange->is_waiting)
		return false;
	exchange->is_waiting = false;
	*(exchange->previous ? &exchange->previous->next : &api->first) = exchange->next;
	*(exchange->next ? &exchange->next->previous : &api->last) = exchange->previous;
	return true;
}

static void exchange_free(struct exchange *exchange)
{
	for (uint32_t i = 0; i < exchange->items_n; i++) {
		job_release(exchange->items[i].job);
		buf_release(&exchange->items[i].line);
	}
	free(exchange);
}

/* --- answering --- */

static void answer_single(struct exchange *exchange)
{
	struct item *item = &exchange->items[0];
	struct http_answer answer = {.status = item->status, .body = &item->line};
	char position[24];
	snprintf(position, sizeof position, "%llu", (unsigned long long)exchange->position);
	int n = 0;
	if (item->status >= 400)
		answer.content_type = "application/problem+json";
	if (exchange->position) {
		answer.headers[n].name = "NexusFlow-Position";
		answer.headers[n++].value = position;
	}
	/* Below 400 the job is done, and no longer the writer's. */
	if (item->status < 400 && item->job->outcome == JOB_REPEATED) {
		answer.headers[n].name = "Idempotency-Replayed";
		answer.headers[n++].value = "true";
	}
	if (item->status == 401) {
		answer.headers[n].name = "WWW-Authenticate";
		answer.headers[n++].value = "Bearer";
	}
	if (item->status == 503) {
		answer.headers[n].name = "Retry-After";
		answer.headers[n++].value = "1";
	}
	http_answer(exchange->request, &answer);
}

static void answer_batch(struct exchange *exchange)
{
	struct buf body = {0};
	for (uint32_t i = 0; i < exchange->items_n; i++) {
		buf_append_slice(&body, buf_slice(&exchange->items[i].line));
		buf_append_char(&body, '\n');
	}
	char position[24];
	snprintf(position, sizeof position, "%llu", (unsigned long long)exchange->position);
	struct http_answer answer = {
	        .status = 200,
	        .content_type = "application/x-ndjson",
	        .body = &body,
	        .headers = {{exchange->position ? "NexusFlow-Position" : NULL, position}},
	};
	http_answer(exchange->request, &answer);
	buf_release(&body);
}

static void answer(struct exchange *exchange)
{
	if (exchange->is_batch)
		answer_batch(exchange);
	else
		answer_single(exchange);
}

static void late_line(struct exchange *exchange, struct item *item)
{
	item->status = 503;
	problem_json(&item->line, 503, "outcome_unknown",
	             "the outcome is not known yet: retry with the same Idempotency-Key", NULL,
	             SLICE("the command may still be carried out; the retry gets the truth"),
	             &exchange->request_id);
}

/* --- jobs that are done --- */

/* On the writer's thread. Who answers is the last to let go, too: the sweep holds none of those
 * that it did not take off the list. */
static void job_done(struct job *job)
{
	struct item *item = job->context;
	struct exchange *exchange = item->exchange;
	struct command_api *api = exchange->api;
	struct buf line = {0};
	int status = job_answer_json(job, &exchange->request_id, &line);
	pthread_mutex_lock(&api->lock);
	bool answers = false;
	if (exchange->is_waiting) {
		item->status = status;
		item->line = line;
		line = (struct buf){0};
		if (job->position > exchange->position)
			exchange->position = job->position;
		answers = --exchange->pending == 0 && wait_end(api, exchange);
	}
	bool last = --exchange->references == 0;
	pthread_mutex_unlock(&api->lock);
	if (answers)
		answer(exchange);
	buf_release(&line);
	if (last)
		exchange_free(exchange);
}

/* On the loop thread, every SWEEP_MS. */
static void sweep(void *context)
{
	struct command_api *api = context;
	int64_t now = clock_monotonic_ms();
	for (;;) {
		pthread_mutex_lock(&api->lock);
		struct exchange *exchange = api->first;
		if (exchange && exchange->deadline_ms <= now) {
			wait_end(api, exchange);
			exchange->references++;
		} else {
			exchange = NULL;
		}
		pthread_mutex_unlock(&api->lock);
		if (!exchange)
			break;
		for (uint32_t i = 0; i < exchange->items_n; i++)
			if (!exchange->items[i].status)
				late_line(exchange, &exchange->items[i]);
		answer(exchange);
		pthread_mutex_lock(&api->lock);
		bool last = --exchange->references == 0;
		pthread_mutex_unlock(&api->lock);
		if (last)
			exchange_free(exchange);
	}
	http_after(api->server, SWEEP_MS, sweep, api);
}

/* --- requests --- */

static struct exchange *exchange_new(struct command_api *api, struct http_request *request,
                                     uint32_t items_n, bool is_batch)
{
	struct exchange *exchange = mem_new(sizeof *exchange + items_n * sizeof *exchange->items);
	exchange->api = api;
	exchange->request = request;
	exchange->is_batch = is_batch;
	exchange->items_n = items_n;
	exchange->request_id = *http_request_id(request);
	exchange->deadline_ms = clock_monotonic_ms() + api->config->command_timeout_ms;
	for (uint32_t i = 0; i < items_n; i++)
		exchange->items[i].exchange = exchange;
	return exchange;
}

static void set_job(struct item *item, struct job *job)
{
	item->job = job;
	job->done = job_done;
	job->context = item;
	job->arrived_us = http_arrived_us(item->exchange->request);
}

/* Park the request and hand its jobs over; a batch of which nothing became a job is answered. */
static void submit(struct exchange *exchange)
{
	struct command_api *api = exchange->api;
	struct job *first = NULL, **last = &first;
	for (uint32_t i = 0; i < exchange->items_n; i++)
		if (exchange->items[i].job) {
			*last = exchange->items[i].job;
			last = &(*last)->next;
			exchange->pending++;
		}
	uint32_t n = exchange->pending;
	if (n == 0) {
		answer(exchange);
		exchange_free(exchange);
		return;
	}
	exchange->references = n;
	http_park(exchange->request);
	pthread_mutex_lock(&api->lock);
	wait_start(api, exchange);
	pthread_mutex_unlock(&api->lock);
	writers_submit(api->writers, first, n);
}

static void answer_fault(struct http_request *request, const struct intake_fault *fault)
{
	struct buf body = {0};
	intake_problem(fault, http_request_id(request), &body);
	struct http_answer answer = {
	        .status = fault->status, .content_type = "application/problem+json", .body = &body};
	http_answer(request, &answer);
	buf_release(&body);
}

/* false and an answer, that of @reject, if what the path names cannot be an organization. */
static bool tenant_of(struct http_request *request, enum reject reject, struct slice *tenant)
{
	char text[REJECT_SLUG_TEXT];
	*tenant = http_path_param(request, "tenant");
	if (text_is_slug(*tenant))
		return true;
	reject_slug_text(*tenant, text);
	http_problem(request, reject_http_status(reject), reject_code(reject), NULL, "%s", text);
	return false;
}

/* Send the request on if another instance owns the partition. One hop: who got it from another
 * instance and is not the owner either answers 503. */
static bool is_forwarded(struct command_api *api, struct http_request *request, struct slice tenant,
                         const char *name)
{
	char address[WRITER_ADDRESS_MAX], path[160];
	if (!api->forwarder || !writers_owner(api->writers, tenant, address) ||
	    forward_is_marked(request))
		return false;
	snprintf(path, sizeof path, "/v1/t/%.*s/commands%s%s", (int)tenant.n, tenant.data,
	         name ? "/" : "", name ? name : "");
	/* an owner that is frozen keeps us waiting while another one takes over: ask again sooner
	 */
	forward(api->forwarder, request, tenant, address, path, !name,
	        api->config->command_timeout_ms / 2);
	return true;
}

static void post_command(struct http_request *request, void *context)
{
	struct command_api *api = context;
	struct slice tenant, body = http_body(request);
	struct intake_fault fault;
	struct envelope envelope;
	enum command_type type = (enum command_type)http_route_of(request)->label;
	enum reject reject =
	        type == COMMAND_CREATE_ORGANIZATION ? REJECT_BAD_SLUG : REJECT_NO_SUCH_TENANT;
	if (!tenant_of(request, reject, &tenant) ||
	    is_forwarded(api, request, tenant, command_type_name(type)))
		return;
	json_t *data = intake_parse(body, &fault);
	struct job *job = NULL;
	if (data) {
		envelope_from_headers(request, &envelope);
		envelope.command = slice_str(command_type_name(type));
		job = intake_job(tenant, http_principal(request), &envelope, data, body.n, &fault);
		json_decref(data);
	}
	if (!job) {
		answer_fault(request, &fault);
		return;
	}
	struct exchange *exchange = exchange_new(api, request, 1, false);
	set_job(&exchange->items[0], job);
	submit(exchange);
}

static void post_unknown(struct http_request *request, void *context)
{
	struct slice name = http_path_param(request, "command");
	(void)context;
	http_problem(request, 404, "unknown_command", NULL,
	             "there is no command \"%.*s\"; /openapi.json lists them",
	             (int)(name.n > 64 ? 64 : name.n), name.data);
}

static struct slice next_line(struct slice *text)
{
	const char *end = memchr(text->data, '\n', text->n);
	size_t n = end ? (size_t)(end - text->data) : text->n;
	struct slice line = slice_of(text->data, n);
	size_t taken = end ? n + 1 : n;
	*text = slice_of(text->data + taken, text->n - taken);
	if (line.n && line.data[line.n - 1] == '\r')
		line.n--;
	return line;
}

static uint32_t count_lines(struct slice text)
{
	uint32_t n = 0;
	while (text.n)
		if (next_line(&text).n)
			n++;
	return n;
}

static void take_line(struct item *item, struct slice tenant, struct slice text,
                      const struct principal *principal, size_t bytes_max)
{
	struct intake_fault fault = {0};
	struct envelope envelope;
	json_t *line = NULL, *data;
	struct job *job = NULL;
	if (text.n > bytes_max) {
		fault.status = 413;
		snprintf(fault.code, sizeof fault.code, "too_large");
		snprintf(fault.detail, sizeof fault.detail,
		         "the line has %zu bytes, a command at most %zu", text.n, bytes_max);
	} else if (envelope_from_line(text, &line, &envelope, &data, &fault)) {
		job = intake_job(tenant, principal, &envelope, data, text.n, &fault);
		json_decref(line);
	}
	if (job) {
		set_job(item, job);
		return;
	}
	item->status = fault.status;
	intake_problem(&fault, &item->exchange->request_id, &item->line);
}

static void post_batch(struct http_request *request, void *context)
{
	struct command_api *api = context;
	struct slice tenant, text = http_body(request);
	if (!tenant_of(request, REJECT_NO_SUCH_TENANT, &tenant) ||
	    is_forwarded(api, request, tenant, NULL))
		return;
	uint32_t n = count_lines(text);
	if (n == 0 || n > BATCH_LINES_MAX) {
		http_problem(request, n ? 413 : 400, n ? "too_large" : "empty_batch", NULL,
		             "a batch has 1 to %d lines, this one has %u", BATCH_LINES_MAX, n);
		return;
	}
	struct exchange *exchange = exchange_new(api, request, n, true);
	for (uint32_t i = 0; i < n;) {
		struct slice line = next_line(&text);
		if (line.n)
			take_line(&exchange->items[i++], tenant, line, http_principal(request),
			          (size_t)api->config->body_bytes_max);
	}
	submit(exchange);
}

/* --- the table --- */

static const struct http_param command_params[] = {
        {"Idempotency-Key", "header", "string", false,
         "UUID of the command: the same key and body give the first answer again, for ever",
         "018f3d5e-7c00-7000-8000-000000000001"},
        {"If-Match", "header", "string", false,
         "\"v17\" stands for expected_version 17 in the body", NULL},
        {"NexusFlow-Reason", "header", "string", false, "why, for the audit log", NULL},
        {"NexusFlow-Occurred-At", "header", "string", false,
         "importers: when it happened (RFC 3339)", NULL},
        {"NexusFlow-On-Behalf-Of", "header", "string", false,
         "importers: member in whose name this is done", NULL},
        {NULL, NULL, NULL, false, NULL, NULL},
};

struct command_api *command_api_new(const struct config *config, struct writers *writers)
{
	struct command_api *api = mem_new(sizeof *api);
	api->config = config;
	api->writers = writers;
	if (writers_are_shared(writers))
		api->forwarder = forwarder_new(writers);
	pthread_mutex_init(&api->lock, NULL);
	size_t n = 0;
	for (uint32_t type = 0; type < COMMAND_TYPES; type++) {
		snprintf(api->paths[type], sizeof api->paths[type], "/v1/t/{tenant}/commands/%s",
		         command_types[type].name);
		api->routes[n++] = (struct http_route){
		        .method = HTTP_POST,
		        .path = api->paths[type],
		        .handler = post_command,
		        .auth = HTTP_AUTH_TOKEN,
		        .body_bytes_max = (size_t)config->body_bytes_max,
		        .summary = command_types[type].doc,
		        .tag = "commands",
		        .params = command_params,
		        .answer_schema = "command_answer",
		        .label = type,
		};
	}
	api->routes[n++] = (struct http_route){
	        .method = HTTP_POST,
	        .path = "/v1/t/{tenant}/commands/{command}",
	        .handler = post_unknown,
	        .auth = HTTP_AUTH_TOKEN,
	        .body_bytes_max = (size_t)config->body_bytes_max,
	        .summary = NULL, /* not an operation: the answer to a misspelt name */
	        .tag = "commands",
	};
	api->routes[n++] = (struct http_route){
	        .method = HTTP_POST,
	        .path = "/v1/t/{tenant}/commands",
	        .handler = post_batch,
	        .auth = HTTP_AUTH_TOKEN,
	        .body_bytes_max = BATCH_BYTES_MAX,
	        .summary = "Many commands, one JSON object a line; one outcome a line, in order.",
	        .tag = "commands",
	        .body_type = "application/x-ndjson",
	        .answer_type = "application/x-ndjson",
	        .answer_schema = "command_line",
	        .label = COMMAND_TYPES,
	};
	return api;
}

void command_api_attach(struct command_api *api, struct http_server *server)
{
	api->server = server;
	http_after(server, SWEEP_MS, sweep, api);
}

void command_api_finish(struct command_api *api)
{
	if (!api)
		return;
	forwarder_free(api->forwarder);
	api->forwarder = NULL;
}

void command_api_free(struct command_api *api)
{
	if (!api)
		return;
	command_api_finish(api);
	pthread_mutex_destroy(&api->lock);
	free(api);
}

const struct http_route *command_api_routes(const struct command_api *api)
{
	return api->routes;
}
