/* Over HTTP wherever a command API runs: it hands the command to the owner of the partition. Alone,
 * with the embedded journal, this process is the owner: it starts the writers for one command. */
#include "cli/skip_append.h"

#include <pthread.h>
#include <stdio.h>

#include "command-api/intake.h"
#include "command-api/writer.h"
#include "core/base/clock.h"
#include "core/http/client.h"

#define SUBJECT     "replay skip"
#define TOKEN_TTL_S 60
#define TIMEOUT_MS  15000

/* --- over HTTP --- */

static enum status make_client(const struct skip_place *place, struct http_client **out,
                               struct error *err)
{
	struct auth_claims claims = {
	        .subject = SUBJECT, .installation = true, .ttl_s = TOKEN_TTL_S};
	struct auth *own = NULL;
	struct buf token = {0};
	enum status status = STATUS_OK;
	if (!place->auth)
		status = auth_open(place->site->config, false, &own, err);
	if (!status)
		status = auth_issue(own ? own : place->auth, &claims, clock_now_ms(), &token, err);
	if (!status)
		*out = http_client_new(place->command_url, buf_cstr(&token));
	auth_close(own);
	buf_release(&token);
	return status;
}

static enum status read_answer(const struct http_exchange *exchange, uint64_t *seq,
                               struct error *err)
{
	json_t *answer = json_loadb(exchange->answer->data, exchange->answer->n, 0, NULL);
	const char *detail = json_string_value(json_object_get(answer, "detail"));
	enum status status = STATUS_OK;
	*seq = (uint64_t)json_integer_value(json_object_get(answer, "position"));
	if (exchange->status >= 500 || exchange->status == 429)
		status = error_set(err, STATUS_UNAVAILABLE, "the command API: %.300s",
		                   detail ? detail : "not available");
	else if (exchange->status >= 300)
		status = error_set(err, STATUS_INVALID, "the command API refused: %.300s",
		                   detail ? detail : "");
	json_decref(answer);
	return status;
}

static enum status post(const struct skip_place *place, struct slice tenant,
                        const struct uuid *command_id, struct slice body, uint64_t *seq,
                        struct error *err)
{
	struct http_client *client;
	struct buf answer = {0};
	char path[128], id[UUID_TEXT], key[64];
	enum status status = make_client(place, &client, err);
	if (status)
		return status;
	uuid_format(command_id, id);
	snprintf(path, sizeof path, "/v1/t/%.*s/commands/SkipEvent", (int)tenant.n, tenant.data);
	snprintf(key, sizeof key, "Idempotency-Key: %.*s", UUID_TEXT, id);
	struct http_exchange exchange = {.path = path,
	                                 .body = body,
	                                 .header = key,
	                                 .timeout_ms = TIMEOUT_MS,
	                                 .answer = &answer};
	status = http_client_do(client, &exchange, err);
	if (!status)
		status = read_answer(&exchange, seq, err);
	else
		error_wrap(err, "the command API at %s", place->command_url);
	http_client_free(client);
	buf_release(&answer);
	return status;
}

/* --- alone --- */

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
};

static void job_done(struct job *job)
{
	struct waiting *waiting = job->context;
	pthread_mutex_lock(&waiting->lock);
	waiting->done = true;
	pthread_cond_signal(&waiting->changed);
	pthread_mutex_unlock(&waiting->lock);
}

static struct job *make_job(struct slice tenant, const struct uuid *command_id, struct slice body,
                            struct error *err)
{
	char id[UUID_TEXT];
	struct intake_fault fault = {.status = 0};
	struct principal operator= {.issuer = SLICE("admin"),
	                            .subject = SLICE(SUBJECT),
	                            .credential_id = SLICE(SUBJECT),
	                            .installation = true};
	uuid_format(command_id, id);
	struct envelope envelope = {.command = SLICE("SkipEvent"),
	                            .command_id = slice_of(id, UUID_TEXT)};
	json_t *data = intake_parse(body, &fault);
	struct job *job =
	        data ? intake_job(tenant, &operator, & envelope, data, body.n, &fault) : NULL;
	json_decref(data);
	if (job)
		return job;
	error_set(err, STATUS_INVALID, "%s%s%s", fault.detail, fault.fields.n ? ": " : "",
	          fault.fields.n ? fault.fields.items[0].reason : "");
	return NULL;
}

static enum status outcome_of(const struct job *job, uint64_t *seq, struct error *err)
{
	if (job->outcome == JOB_ACCEPTED || job->outcome == JOB_REPEATED) {
		*seq = job->position;
		return STATUS_OK;
	}
	return error_set(err, job->outcome == JOB_UNAVAILABLE ? STATUS_UNAVAILABLE : STATUS_INVALID,
	                 "not appended: %s", job->detail);
}

static enum status write(const struct site *site, struct job *job, uint64_t *seq, struct error *err)
{
	struct waiting waiting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
	struct writers_options options = {.config = site->config,
	                                  .journal = site->journal,
	                                  .profile_keys = site->profile_keys,
	                                  .address = ""};
	struct writers *writers;
	enum status status = writers_start(&options, &writers, err);
	if (status)
		return status;
	job->done = job_done;
	job->context = &waiting;
	writers_submit(writers, job, 1);
	pthread_mutex_lock(&waiting.lock);
	while (!waiting.done)
		pthread_cond_wait(&waiting.changed, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	writers_stop(writers);
	return outcome_of(job, seq, err);
}

enum status skip_append(const struct skip_place *place, struct slice tenant,
                        const struct uuid *command_id, struct slice body, uint64_t *seq,
                        struct error *err)
{
	if (place->command_url)
		return post(place, tenant, command_id, body, seq, err);
	struct job *job = make_job(tenant, command_id, body, err);
	if (!job)
		return STATUS_INVALID;
	enum status status = write(place->site, job, seq, err);
	job_release(job);
	return status;
}
