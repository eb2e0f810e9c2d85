#include "command-api/forward.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/base/clock.h"
#include "core/base/metrics.h"
#include "core/http/client.h"

#define MARK        "NexusFlow-Forwarded"
#define ADDRESS_MAX 160
#define LINES_MAX   16

/* What travels from the caller to the owner. */
static const char *const carried[] = {
        "Authorization",
        "Idempotency-Key",
        "If-Match",
        "NexusFlow-Occurred-At",
        "NexusFlow-On-Behalf-Of",
        "NexusFlow-Reason",
        "NexusFlow-Correlation-Id",
        "NexusFlow-Causation-Id",
        "NexusFlow-Rule",
        "traceparent",
};

/* And what travels back. */
static const char *const returned[] = {"NexusFlow-Position", "Idempotency-Replayed", "Retry-After",
                                       "WWW-Authenticate"};
enum { RETURNED = sizeof returned / sizeof *returned };

static const char *const content_types[] = {"application/json", "application/problem+json",
                                            "application/x-ndjson"};

struct task {
	struct task *next;
	struct http_request *request;
	struct slice tenant; /* of the path: the request's */
	char address[WRITER_ADDRESS_MAX];
	char base_url[ADDRESS_MAX];
	char path[160];
	char content_type[64];
	char *lines[LINES_MAX]; /* headers */
	uint32_t lines_n;
	bool is_batch;
	int64_t timeout_ms;
};

struct forwarder {
	struct writers *writers;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct task *first, **last;
	uint32_t queued;
	bool stop;
	pthread_t threads[FORWARD_THREADS];
	uint32_t threads_n;
	struct metric_series *answered, *unanswered;
};

/* --- the answer --- */

struct reply {
	struct forwarder *forwarder;
	struct task *task;
	struct buf body;
	char values[RETURNED][64]; /* "" = absent */
	const char *content_type;
};

static void keep_header(void *context, struct slice name, struct slice value)
{
	struct reply *reply = context;
	for (uint32_t i = 0; i < RETURNED; i++)
		if (name.n == strlen(returned[i]) &&
		    strncasecmp(name.data, returned[i], name.n) == 0)
			snprintf(reply->values[i], sizeof reply->values[i], "%.*s", (int)value.n,
			         value.data);
	if (name.n != 12 || strncasecmp(name.data, "Content-Type", 12) != 0)
		return;
	for (size_t i = 0; i < sizeof content_types / sizeof *content_types; i++)
		if (slice_equal(value, slice_str(content_types[i])))
			reply->content_type = content_types[i];
}

/* A frozen owner gives no answer and no error; when another one has claimed there is no use in
 * waiting for it. */
static bool has_moved(void *context)
{
	struct reply *reply = context;
	char address[WRITER_ADDRESS_MAX];
	return !writers_owner(reply->forwarder->writers, reply->task->tenant, address) ||
	       strcmp(address, reply->task->address) != 0;
}

static void give_reply(struct task *task, struct reply *reply, int status)
{
	struct http_answer answer = {
	        .status = status, .content_type = reply->content_type, .body = &reply->body};
	uint32_t n = 0;
	for (uint32_t i = 0; i < RETURNED; i++)
		if (reply->values[i][0]) {
			answer.headers[n].name = returned[i];
			answer.headers[n++].value = reply->values[i];
		}
	http_answer(task->request, &answer);
}

static void task_free(struct task *task)
{
	for (uint32_t i = 0; i < task->lines_n; i++)
		free(task->lines[i]);
	free(task);
}

static void refuse(struct task *task, const char *why)
{
	http_problem(task->request, 503, "outcome_unknown", NULL,
	             "the owner of the partition cannot be asked (%s): retry with the same "
	             "Idempotency-Key",
	             why);
}

static void run_task(struct forwarder *forwarder, struct http_client *client, struct task *task)
{
	struct reply reply = {.forwarder = forwarder, .task = task};
	struct error err;
	struct http_exchange exchange = {
	        .path = task->path,
	        .content_type = task->content_type,
	        .body = http_body(task->request),
	        .headers = (const char *const *)task->lines,
	        .headers_n = task->lines_n,
	        .fresh = task->is_batch, /* libcurl repeats what a kept connection lost */
	        .timeout_ms = task->timeout_ms,
	        .on_header = keep_header,
	        .is_futile = has_moved,
	        .context = &reply,
	        .answer = &reply.body,
	};
	if (http_client_do(client, &exchange, &err) == STATUS_OK) {
		give_reply(task, &reply, exchange.status);
		metric_add(forwarder->answered, 1);
	} else {
		refuse(task, err.text);
		metric_add(forwarder->unanswered, 1);
	}
	buf_release(&reply.body);
}

/* --- threads --- */

static struct task *next_task(struct forwarder *forwarder, bool *stop)
{
	pthread_mutex_lock(&forwarder->lock);
	while (!forwarder->first && !forwarder->stop)
		pthread_cond_wait(&forwarder->arrived, &forwarder->lock);
	struct task *task = forwarder->first;
	if (task) {
		forwarder->first = task->next;
		forwarder->queued--;
	}
	if (!forwarder->first)
		forwarder->last = &forwarder->first;
	*stop = forwarder->stop;
	pthread_mutex_unlock(&forwarder->lock);
	return task;
}

/* Each keeps a connection to the owner that it asked last. */
static void *run(void *context)
{
	struct forwarder *forwarder = context;
	struct http_client *client = NULL;
	char base_url[ADDRESS_MAX] = "";
	struct task *task;
	bool stop;
	pthread_setname_np(pthread_self(), "forwarder");
	while ((task = next_task(forwarder, &stop)) != NULL) {
		if (!client || strcmp(base_url, task->base_url) != 0) {
			http_client_free(client);
			client = http_client_new(task->base_url, NULL);
			snprintf(base_url, sizeof base_url, "%s", task->base_url);
		}
		if (stop)
			refuse(task, "this instance is stopping");
		else
			run_task(forwarder, client, task);
		task_free(task);
	}
	http_client_free(client);
	return NULL;
}

struct forwarder *forwarder_new(struct writers *writers)
{
	struct forwarder *forwarder = mem_new(sizeof *forwarder);
	forwarder->writers = writers;
	pthread_mutex_init(&forwarder->lock, NULL);
	pthread_cond_init(&forwarder->arrived, NULL);
	forwarder->last = &forwarder->first;
	forwarder->answered = metric_series(METRIC_FORWARDED, (const char *[]){"answered"});
	forwarder->unanswered = metric_series(METRIC_FORWARDED, (const char *[]){"unanswered"});
	while (forwarder->threads_n < FORWARD_THREADS &&
	       pthread_create(&forwarder->threads[forwarder->threads_n], NULL, run, forwarder) == 0)
		forwarder->threads_n++;
	return forwarder;
}

void forwarder_free(struct forwarder *forwarder)
{
	if (!forwarder)
		return;
	pthread_mutex_lock(&forwarder->lock);
	forwarder->stop = true;
	pthread_cond_broadcast(&forwarder->arrived);
	pthread_mutex_unlock(&forwarder->lock);
	for (uint32_t i = 0; i < forwarder->threads_n; i++)
		pthread_join(forwarder->threads[i], NULL);
	pthread_cond_destroy(&forwarder->arrived);
	pthread_mutex_destroy(&forwarder->lock);
	free(forwarder);
}

/* --- requests --- */

bool forward_is_marked(struct http_request *request)
{
	struct slice value;
	return http_header(request, MARK, &value);
}

static void add_line(struct task *task, const char *name, struct slice value)
{
	struct buf line = {0};
	buf_printf(&line, "%s: ", name);
	buf_append_slice(&line, value);
	task->lines[task->lines_n++] = mem_string(buf_slice(&line));
	buf_release(&line);
}

static void add_lines(struct task *task)
{
	struct http_request *request = task->request;
	struct slice value;
	char id[UUID_TEXT];
	for (size_t i = 0; i < sizeof carried / sizeof *carried; i++)
		if (http_header(request, carried[i], &value))
			add_line(task, carried[i], value);
	if (!task->is_batch && !http_header(request, "Idempotency-Key", &value)) {
		struct uuid made = uuid_v7(clock_now_ms());
		uuid_format(&made, id);
		add_line(task, "Idempotency-Key", slice_of(id, UUID_TEXT));
	}
	uuid_format(http_request_id(request), id);
	add_line(task, "X-Request-Id", slice_of(id, UUID_TEXT));
	add_line(task, MARK, SLICE("1"));
}

void forward(struct forwarder *forwarder, struct http_request *request, struct slice tenant,
             const char *address, const char *path, bool is_batch, int64_t timeout_ms)
{
	struct task *task = mem_new(sizeof *task);
	struct slice type = SLICE("application/json");
	task->request = request;
	task->tenant = tenant;
	snprintf(task->address, sizeof task->address, "%s", address);
	task->is_batch = is_batch;
	task->timeout_ms = timeout_ms;
	snprintf(task->base_url, sizeof task->base_url, "http://%s", address);
	snprintf(task->path, sizeof task->path, "%s", path);
	http_header(request, "Content-Type", &type);
	snprintf(task->content_type, sizeof task->content_type, "%.*s", (int)type.n, type.data);
	add_lines(task);
	http_park(request);
	pthread_mutex_lock(&forwarder->lock);
	bool takes = !forwarder->stop && forwarder->threads_n > 0 &&
	             forwarder->queued < FORWARD_QUEUE_MAX;
	if (takes) {
		*forwarder->last = task;
		forwarder->last = &task->next;
		forwarder->queued++;
		pthread_cond_signal(&forwarder->arrived);
	}
	pthread_mutex_unlock(&forwarder->lock);
	if (takes)
		return;
	refuse(task, "too many requests are waiting");
	task_free(task);
}
