#include "import/sender.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"

#define PAUSE_MS     100
#define PAUSE_MS_MAX 5000
#define QUIET_MS     1000  /* so long without movement is not worth a line */
#define TIMEOUT_MS   60000 /* of a batch; the API answers within its command_timeout_ms */

enum outcome { OUTCOME_NONE, OUTCOME_ACCEPTED, OUTCOME_REPEATED, OUTCOME_REFUSED };

struct batch {
	const struct plan *plan;
	size_t first, n; /* in the plan */
	size_t waiting;  /* from here on, lines have to be sent (again) */
	enum outcome outcomes[SENDER_LINES];
	json_t *refusals[SENDER_LINES]; /* the problems */
	struct buf body, answer;
	/* patience */
	int64_t moved_ms, pause_ms;
	bool told; /* that nothing moves */
};

/* How many commands from @first make a batch: at least one. */
static size_t batch_size(const struct plan *plan, size_t first)
{
	size_t n = 0, bytes = 0;
	while (first + n < plan->n && n < SENDER_LINES) {
		bytes += plan_line(plan, first + n).n + 1;
		if (n && bytes > SENDER_BYTES)
			break;
		n++;
	}
	return n;
}

static void build_body(struct batch *batch)
{
	buf_clear(&batch->body);
	for (size_t i = batch->waiting; i < batch->n; i++) {
		buf_append_slice(&batch->body, plan_line(batch->plan, batch->first + i));
		buf_append_char(&batch->body, '\n');
	}
}

static struct slice json_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	if (!json_is_string(value))
		return SLICE("");
	return slice_of(json_string_value(value), json_string_length(value));
}

/* Take the answer to line @i. False when the outcome is not known yet. */
static bool take_line(struct batch *batch, size_t i, json_t *line)
{
	enum outcome *outcome = &batch->outcomes[i];
	json_decref(batch->refusals[i]);
	batch->refusals[i] = NULL;
	if (json_is_true(json_object_get(line, "success"))) {
		bool again = slice_is(json_text(line, "outcome"), "repeated");
		/* repeated by our own retry: it was this run that did it */
		if (*outcome != OUTCOME_ACCEPTED)
			*outcome = again ? OUTCOME_REPEATED : OUTCOME_ACCEPTED;
		return true;
	}
	if (json_integer_value(json_object_get(line, "status")) == 503)
		return false;
	if (*outcome == OUTCOME_NONE || *outcome == OUTCOME_REFUSED) {
		*outcome = OUTCOME_REFUSED;
		batch->refusals[i] = json_incref(line);
	}
	return true;
}

static enum status foreign(const struct batch *batch, struct error *err)
{
	size_t n = batch->answer.n < 80 ? batch->answer.n : 80;
	return error_set(err, STATUS_MALFORMED, "the answer is not one of the command API: %.*s",
	                 (int)n, n ? batch->answer.data : "");
}

/* The first line without an outcome is where the next attempt begins. */
static enum status take_answer(struct batch *batch, struct error *err)
{
	const char *at = batch->answer.data, *end = at + batch->answer.n;
	size_t i = batch->waiting, waiting = batch->n;
	for (; i < batch->n && at < end; i++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop : end) - at);
		json_t *line = json_loadb(at, n, 0, NULL);
		if (!json_is_object(line)) {
			json_decref(line);
			return foreign(batch, err);
		}
		if (!take_line(batch, i, line) && waiting == batch->n)
			waiting = i;
		json_decref(line);
		at += n + 1;
	}
	if (i < batch->n || at < end)
		return foreign(batch, err);
	if (waiting > batch->waiting) {
		batch->moved_ms = clock_monotonic_ms();
		batch->pause_ms = PAUSE_MS;
	}
	batch->waiting = waiting;
	return STATUS_OK;
}

static bool is_passing(int status)
{
	return status == 429 || (status >= 502 && status <= 504);
}

/* One problem for the whole batch. */
static enum status whole_refused(const struct batch *batch, int status, struct error *err)
{
	json_t *problem =
	        json_loadb(batch->answer.data ? batch->answer.data : "", batch->answer.n, 0, NULL);
	struct slice detail = json_text(problem, "detail");
	enum status failure = status == 401 || status == 403 ? STATUS_DENIED : STATUS_MALFORMED;
	error_set(err, is_passing(status) ? STATUS_UNAVAILABLE : failure,
	          "the command API answers %d%s%.*s", status, detail.n ? ": " : "", (int)detail.n,
	          detail.n ? detail.data : "");
	json_decref(problem);
	return err->status;
}

static enum status attempt(struct sender *sender, struct batch *batch, struct error *err)
{
	build_body(batch);
	struct http_exchange exchange = {
	        .path = sender->path,
	        .content_type = "application/x-ndjson",
	        .body = buf_slice(&batch->body),
	        .timeout_ms = TIMEOUT_MS,
	        .answer = &batch->answer,
	};
	enum status status = http_client_do(sender->client, &exchange, err);
	if (status)
		return status;
	if (exchange.status != 200)
		return whole_refused(batch, exchange.status, err);
	return take_answer(batch, err);
}

static void pause_for(struct batch *batch)
{
	struct timespec time = {batch->pause_ms / 1000, batch->pause_ms % 1000 * 1000000};
	nanosleep(&time, NULL);
	batch->pause_ms = batch->pause_ms * 2 < PAUSE_MS_MAX ? batch->pause_ms * 2 : PAUSE_MS_MAX;
}

static void tell(struct sender *sender, struct batch *batch, const char *why)
{
	if (batch->told || clock_monotonic_ms() - batch->moved_ms < QUIET_MS)
		return;
	batch->told = true;
	progress_note(sender->progress, why);
}

/* Until every line has an outcome. */
static enum status send_batch(struct sender *sender, struct batch *batch, struct error *err)
{
	while (batch->waiting < batch->n) {
		struct error why = {0};
		enum status status = attempt(sender, batch, &why);
		if (status && status_policy(status) != POLICY_RETRY)
			return error_set(err, status, "%s", why.text);
		if (batch->waiting == batch->n)
			break;
		if (*sender->stop)
			return error_set(err, STATUS_INTERRUPTED, "interrupted");
		if (!status)
			status = error_set(&why, STATUS_UNAVAILABLE, "commands are answered 503");
		if (clock_monotonic_ms() - batch->moved_ms >= sender->patience_ms)
			return error_set(err, status, "nothing moved for %lld s: %s",
			                 (long long)sender->patience_ms / 1000, why.text);
		tell(sender, batch, why.text);
		pause_for(batch);
	}
	return STATUS_OK;
}

static void tell_refusal(struct sender *sender, const struct batch *batch, size_t i)
{
	const json_t *problem = batch->refusals[i];
	const json_t *first = json_array_get(json_object_get(problem, "errors"), 0);
	struct refusal refusal = {
	        .status = (int)json_integer_value(json_object_get(problem, "status")),
	        .code = json_text(problem, "code"),
	        .detail = json_text(first ? first : problem, "detail"),
	        .pointer = json_text(first, "pointer"),
	};
	sender->refusals++;
	sender->refused(sender->context, batch->plan, batch->first + i, &refusal);
}

/* What is before the first waiting line is final. */
static void count(struct sender *sender, const struct batch *batch)
{
	for (size_t i = 0; i < batch->waiting; i++) {
		sender->done++;
		sender->accepted += batch->outcomes[i] == OUTCOME_ACCEPTED;
		sender->repeated += batch->outcomes[i] == OUTCOME_REPEATED;
		if (batch->outcomes[i] == OUTCOME_REFUSED)
			tell_refusal(sender, batch, i);
	}
	sender->progress->repeated = sender->repeated;
	progress_show(sender->progress, sender->done);
}

static void batch_begin(struct batch *batch, const struct plan *plan, size_t first)
{
	batch->plan = plan;
	batch->first = first;
	batch->n = batch_size(plan, first);
	batch->waiting = 0;
	batch->moved_ms = clock_monotonic_ms();
	batch->pause_ms = PAUSE_MS;
	batch->told = false;
	memset(batch->outcomes, 0, sizeof batch->outcomes);
}

static void batch_end(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		json_decref(batch->refusals[i]);
		batch->refusals[i] = NULL;
	}
}

enum status sender_send(struct sender *sender, const struct plan *plan, struct error *err)
{
	struct batch *batch = mem_new(sizeof *batch);
	enum status status = STATUS_OK;
	for (size_t first = 0; first < plan->n && !status; first += batch->n) {
		if (*sender->stop) {
			status = error_set(err, STATUS_INTERRUPTED, "interrupted");
			break;
		}
		batch_begin(batch, plan, first);
		status = send_batch(sender, batch, err);
		count(sender, batch);
		batch_end(batch);
	}
	buf_release(&batch->body);
	buf_release(&batch->answer);
	free(batch);
	return status;
}
