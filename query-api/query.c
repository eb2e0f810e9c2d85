#include "query-api/rights.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "core/base/clock.h"
#include "core/codec/normal_text.h"
#include "core/domain/text.h"

#define NOTHING       SLICE("-") /* neither a key nor an id */
#define READ_AGAIN_MS 20

#define PARAMETER_SHOWN_MAX 64 /* bytes of the name of one that is not known */

struct query_api {
	struct query_api_options options;
	struct workers *workers;
	struct page_cache *pages; /* of the loop thread */
};

static void step(struct query *query);

/* --- parameters --- */

/* What a parameter was before it was normalised is still in the request. */
struct query_normal {
	struct query_normal *next;
	alignas(16) char bytes[];
};

static struct slice normal_form(struct query *query, struct slice text)
{
	struct arena arena;
	struct slice normal;
	size_t room = NORMAL_TEXT_ROOM(text.n);
	struct query_normal *kept = mem_new(sizeof *kept + room);
	arena_init(&arena, kept->bytes, room);
	if (normal_text(text, &arena, &normal) || normal.data == text.data) {
		free(kept);
		return text;
	}
	kept->next = query->normal;
	query->normal = kept;
	return normal;
}

struct slice query_subject(struct query *query, const char *name)
{
	return query->hides_path ? NOTHING : http_path_param(query->request, name);
}

struct slice query_text(struct query *query, const char *name)
{
	bool refers = slice_is(slice_str(name), "project") || slice_is(slice_str(name), "issue");
	struct slice value;
	if (!http_query_param(query->request, name, &value))
		return slice_of(NULL, 0);
	if (refers) /* one spelling, which is judged: keys and ids have no other normal form */
		return query->hides_parameter ? NOTHING : value;
	return normal_form(query, value);
}

static bool to_number(struct slice text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	if (text.n == 0 || text.n > 19)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	}
	*out = value;
	return value <= max;
}

bool query_seq(struct query *query, const char *name, uint64_t *seq)
{
	struct slice text = query_text(query, name);
	*seq = 0;
	if (text.n == 0 || to_number(text, INT64_MAX, seq))
		return true;
	query_problem(query, 400, "bad_parameter", "%s must be a number from 0", name);
	return false;
}

bool query_cursor_id(struct query *query, struct uuid *room, const struct uuid **after)
{
	struct slice text = query_text(query, "cursor");
	*after = text.n ? room : NULL;
	if (!text.n || uuid_parse(text, room))
		return true;
	query_problem(query, 400, "bad_parameter", "cursor is not one of this list");
	return false;
}

bool query_bool(struct query *query, const char *name, bool *value)
{
	struct slice text = query_text(query, name);
	*value = slice_is(text, "true");
	if (text.n == 0 || *value || slice_is(text, "false"))
		return true;
	query_problem(query, 400, "bad_parameter", "%s must be true or false", name);
	return false;
}

bool query_order(struct query *query, bool *newest_first)
{
	struct slice text = query_text(query, "order");
	*newest_first = slice_is(text, "desc");
	if (text.n == 0 || *newest_first || slice_is(text, "asc"))
		return true;
	query_problem(query, 400, "bad_parameter", "order must be asc or desc");
	return false;
}

bool query_limit(struct query *query, uint32_t standard, uint32_t max, uint32_t *limit)
{
	uint64_t value;
	struct slice text = query_text(query, "limit");
	*limit = standard;
	if (text.n == 0)
		return true;
	if (!to_number(text, max, &value) || value == 0) {
		query_problem(query, 400, "bad_parameter", "limit must be a number from 1 to %u",
		              max);
		return false;
	}
	*limit = (uint32_t)value;
	return true;
}

bool query_unknown_parameter(struct http_request *request, struct slice *name)
{
	if (!http_unknown_param(request, name))
		return false;
	/* cut where a character begins: it goes into a text of UTF-8 */
	size_t n = name->n < PARAMETER_SHOWN_MAX ? name->n : PARAMETER_SHOWN_MAX;
	while (n < name->n && n && ((uint8_t)name->data[n] & 0xc0) == 0x80)
		n--;
	name->n = n;
	return true;
}

static bool read_min_position(struct query *query)
{
	struct slice text = query_text(query, "min_position");
	if (text.n == 0 && !http_header(query->request, "NexusFlow-Min-Position", &text))
		return true;
	if (to_number(text, INT64_MAX, &query->min_position))
		return true;
	query_problem(query, 400, "bad_parameter",
	              "NexusFlow-Min-Position (min_position) must be a number from 0");
	return false;
}

/* --- problems --- */

void query_problem(struct query *query, int status, const char *code, const char *format, ...)
{
	va_list args;
	query->problem = status;
	snprintf(query->code, sizeof query->code, "%s", code);
	va_start(args, format);
	vsnprintf(query->detail, sizeof query->detail, format, args);
	va_end(args);
}

void query_failed(struct query *query, enum status status, const char *missing,
                  const struct error *err)
{
	if (status == STATUS_NOT_FOUND)
		query_problem(query, 404, "not_found", "there is no such %s", missing);
	else if (status == STATUS_INVALID || status == STATUS_MALFORMED)
		query_problem(query, 400, "bad_parameter", "%s", err->text);
	else
		query_problem(query, 503, "unavailable", "%s", status_text(status));
}

void query_finish(struct query *query, enum status status, const char *missing,
                  const struct error *err)
{
	if (status)
		query_failed(query, status, missing, err);
	else
		query_etag_of_body(query);
}

/* --- views --- */

struct projector *query_projector(const struct query *query)
{
	return query->api->options.projector;
}

struct view *query_view(struct query *query, const char *name)
{
	struct view *view = projector_acquire(query_projector(query), slice_str(name));
	if (!view)
		query_problem(query, 503, "unavailable", "the %s view is not available", name);
	return view;
}

void query_view_done(struct query *query, const char *name, struct view *view)
{
	if (view)
		projector_return(query_projector(query), slice_str(name), view);
}

bool query_postgres(struct query *query, const char *view, char instance[QUERY_INSTANCE_MAX],
                    struct pg **pg)
{
	if (!query_options(query)->config->postgres[0]) {
		query_problem(query, 503, "unavailable",
		              "the %s view needs PostgreSQL: the key \"postgres\" is empty", view);
		return false;
	}
	*pg = worker_pg(query->worker);
	if (projector_instance(query_projector(query), slice_str(view), instance,
	                       QUERY_INSTANCE_MAX))
		return true;
	query_problem(query, 503, "unavailable", "the %s view is not available", view);
	return false;
}

bool query_etag_matches(const struct query *query)
{
	return http_etag_listed(query->if_none_match, query->etag);
}

void query_etag_of_body(struct query *query)
{
	XXH128_hash_t hash = XXH3_128bits(query->body.data, query->body.n);
	snprintf(query->etag, sizeof query->etag, "\"%016llx%016llx\"",
	         (unsigned long long)hash.high64, (unsigned long long)hash.low64);
	query->not_modified = query_etag_matches(query);
}

/* --- answering --- */

static void query_free(struct query *query)
{
	buf_release(&query->body);
	told_bodies_release(&query->bodies);
	sight_release(&query->sight);
	while (query->normal) {
		struct query_normal *next = query->normal->next;
		free(query->normal);
		query->normal = next;
	}
	free(query);
}

/* A member is told where the view stands, also when that is not far enough. */
static void answer_problem(struct query *query)
{
	char position[24];
	struct buf body = {0};
	struct http_answer answer = {.status = query->problem,
	                             .content_type = "application/problem+json",
	                             .body = &body};
	int n = 0;
	problem_json(&body, query->problem, query->code, NULL, NULL, slice_str(query->detail),
	             http_request_id(query->request));
	snprintf(position, sizeof position, "%llu", (unsigned long long)query->position);
	if (query->position && !query->stranger) {
		answer.headers[n].name = "NexusFlow-Position";
		answer.headers[n++].value = position;
	}
	if (query->problem == 401) {
		answer.headers[n].name = "WWW-Authenticate";
		answer.headers[n++].value = "Bearer";
	}
	if (query->problem == 503) {
		answer.headers[n].name = "Retry-After";
		answer.headers[n++].value = "1";
	}
	http_answer(query->request, &answer);
	buf_release(&body);
	query_free(query);
}

static void answer(struct query *query)
{
	if (query->problem) {
		answer_problem(query);
		return;
	}
	char position[24], link[280];
	struct http_answer answer = {.status = query->not_modified ? 304 : 200,
	                             .content_type = query->content_type};
	int n = 0;
	snprintf(position, sizeof position, "%llu", (unsigned long long)query->position);
	answer.headers[n].name = "NexusFlow-Position";
	answer.headers[n++].value = position;
	if (query->etag[0]) {
		answer.headers[n].name = "ETag";
		answer.headers[n++].value = query->etag;
		answer.headers[n].name = "Cache-Control";
		answer.headers[n++].value = "private, no-cache";
	}
	if (query->link[0]) {
		snprintf(link, sizeof link, "<%s>; rel=\"next\"", query->link);
		answer.headers[n].name = "Link";
		answer.headers[n++].value = link;
	}
	if (!query->not_modified)
		answer.body = &query->body;
	http_answer(query->request, &answer);
	query_free(query);
}

/* --- waiting --- */

static void park(struct query *query)
{
	if (!query->parked)
		http_park(query->request);
	query->parked = true;
}

/* Go on there; when the server is closed already nobody waits any more. */
static void go_to_loop(struct query *query, int64_t delay_ms, void (*call)(void *context))
{
	if (http_after(http_server_of(query->request), delay_ms, call, query))
		return;
	query_problem(query, 503, "stopping", "the server is stopping");
	answer(query);
}

static void step_on_loop(void *context)
{
	step(context);
}

/* Where the view that was waited for stands; of Postgres it is not asked for on this thread. */
static uint64_t position_of_view(struct query *query)
{
	struct error err;
	uint64_t position = 0;
	if (query->type->in_postgres)
		return 0;
	struct view *view = query_view(query, query->type->view);
	if (view)
		kv_view_tenant_seq(view, query->tenant, &position, &err);
	query_view_done(query, query->type->view, view);
	return position;
}

static void position_not_reached(struct query *query)
{
	query->position = position_of_view(query);
	query_problem(query, 503, "position_not_reached",
	              "the view has not reached position %llu; try again",
	              (unsigned long long)query->wanted);
}

static void waited(void *context, bool reached)
{
	struct query *query = context;
	query->late = !reached && !query->stranger;
	go_to_loop(query, 0, step_on_loop);
}

static void wait_for(struct query *query, const char *view, uint64_t seq)
{
	park(query);
	query->wanted = seq;
	projector_wait(query_projector(query), slice_str(view), query->tenant, seq,
	               query->deadline_ms, waited, query);
}

/* --- the steps --- */

static void clear_result(struct query *query)
{
	buf_clear(&query->body);
	query->bodies.n = 0;
	query->etag[0] = query->link[0] = 0;
	query->not_modified = false;
	query->position = 0;
	query->problem = 0;
}

/* The view of another process is behind: look again, until the deadline. */
static void read_again(struct query *query)
{
	if (clock_monotonic_ms() >= query->deadline_ms) {
		query->wanted = query->min_position;
		position_not_reached(query);
		answer(query);
		return;
	}
	clear_result(query);
	park(query);
	go_to_loop(query, READ_AGAIN_MS, step_on_loop);
}

/* After run: what was read must be as new as asked for, and the caller's rights must have been
 * judged on something at least as new. What was read is kept meanwhile: reading it again could go
 * on for ever where the view is always a little ahead. */
static void conclude(struct query *query)
{
	bool is_answer = query->problem == 0 || query->problem == 404;
	if (is_answer && query->position < query->min_position) {
		read_again(query);
		return;
	}
	if (!query->problem && query->authorized < query->position) {
		if (!query_has_same_rights(query)) {
			/* what was read may be more, or less, than may be seen now */
			query->has_result = false;
			read_again(query);
			return;
		}
	}
	if (query->problem || query->authorized >= query->position) {
		if (!query->problem)
			query_blank(query);
		answer(query);
		return;
	}
	query->has_result = true;
	wait_for(query, query->behind, query->position);
}

static void conclude_on_loop(void *context)
{
	conclude(context);
}

static void run_on_worker(void *context, struct worker *worker)
{
	struct query *query = context;
	query->worker = worker;
	if (worker_is_stopping(worker))
		query_problem(query, 503, "stopping", "the server is stopping");
	else
		query->type->run(query);
	query->worker = NULL;
	go_to_loop(query, 0, conclude_on_loop);
}

static void run(struct query *query)
{
	if (!query->type->on_worker) {
		query->type->run(query);
		conclude(query);
		return;
	}
	park(query);
	if (!workers_run(query->api->workers, run_on_worker, query)) {
		query_problem(query, 503, "busy", "too many queries are waiting");
		answer(query);
	}
}

/* Not known to a view that is older than what the caller has seen means nothing, nor does a view
 * that is not open yet: the caller may become a member. The answer comes at the deadline, whatever
 * the tenant is. */
static void wait_as_stranger(struct query *query)
{
	int64_t left_ms = query->deadline_ms - clock_monotonic_ms();
	if (left_ms <= 0) {
		answer(query);
		return;
	}
	query->problem = 0;
	if (!query->stranger) {
		query->stranger = true;
		wait_for(query, ACCESS_VIEW, query->min_position);
		return;
	}
	park(query);
	go_to_loop(query, left_ms, step_on_loop);
}

/* On the loop thread: from the start, and again after each wait. */
static void step(struct query *query)
{
	if (query->late) {
		query_authorize(query); /* a member may have been removed while they waited */
		if (!query->problem)
			position_not_reached(query);
	}
	if (query->problem) {
		answer(query);
		return;
	}
	if (query->has_result) {
		conclude(query);
		return;
	}
	query_authorize(query);
	if (query->problem && query->min_position) {
		wait_as_stranger(query);
		return;
	}
	query->stranger = false;
	if (query->problem) {
		answer(query);
		return;
	}
	if (query->min_position && !query->position_reached) {
		query->position_reached = true;
		if (projector_keeps(query_projector(query), slice_str(query->type->view))) {
			wait_for(query, query->type->view, query->min_position);
			return;
		}
	}
	if (query->min_position > query->authorized)
		wait_for(query, query->behind, query->min_position);
	else
		run(query);
}

void query_start(struct http_request *request, void *context)
{
	struct query_api *api = context;
	struct query *query = mem_new(sizeof *query);
	struct slice unknown;
	query->api = api;
	query->request = request;
	query->type = query_types[http_route_of(request)->label];
	query->permission = &query_permissions[http_route_of(request)->label];
	query->tenant = http_path_param(request, "tenant");
	query->deadline_ms = clock_monotonic_ms() + api->options.config->position_wait_ms;
	http_header(request, "If-None-Match", &query->if_none_match);
	http_header(request, "Accept", &query->accept);
	if (!text_is_slug(query->tenant))
		query_bad_slug(query);
	else if (query_unknown_parameter(request, &unknown))
		query_problem(query, 400, "bad_parameter", UNKNOWN_PARAMETER, (int)unknown.n,
		              unknown.data);
	else
		read_min_position(query);
	step(query);
}

/* --- the api --- */

enum status query_api_open(const struct query_api_options *options, struct query_api **out,
                           struct error *err)
{
	(void)err;
	struct query_api *api = mem_new(sizeof *api);
	api->options = *options;
	api->pages = page_cache_new();
	api->workers = workers_start(options->config, options->journal);
	*out = api;
	return STATUS_OK;
}

void query_api_close(struct query_api *api)
{
	if (!api)
		return;
	workers_stop(api->workers);
	page_cache_free(api->pages);
	free(api);
}

struct projector *query_api_projector(const struct query_api *api)
{
	return api->options.projector;
}

const struct query_api_options *query_options(const struct query *query)
{
	return &query->api->options;
}

struct page_cache *query_pages(const struct query *query)
{
	return query->api->pages;
}
