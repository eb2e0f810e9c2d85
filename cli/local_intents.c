#include "cli/local_intents.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/json_out.h"
#include "core/codec/command_codec.h"

#define ARENA_BYTES 4096

struct local_intents {
	struct intent_port face; /* first */
	struct writers *writers;
};

/* The jobs of one call. The writers finish all of them before send returns. */
struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t pending;
};

static void job_done(struct job *job)
{
	struct waiting *waiting = job->context;
	pthread_mutex_lock(&waiting->lock);
	if (--waiting->pending == 0)
		pthread_cond_signal(&waiting->changed);
	pthread_mutex_unlock(&waiting->lock);
}

/* What would have been posted: the hash of an intent does not depend on the way it came. */
static json_t *body_of(const struct command *command)
{
	struct buf text = {0};
	struct json_out json;
	json_out_init(&json, &text);
	command_json(command, &json);
	json_t *body = json_loadb(text.data, text.n, 0, NULL);
	buf_release(&text);
	return body;
}

/* The command's strings are the processor's; they live until send returns, and so does the job's
 * use of them. */
static struct job *to_job(const struct intent *intent, struct waiting *waiting)
{
	struct slice none = {0};
	struct job *job = job_new(intent->tenant, intent->credential_id, none, none, ARENA_BYTES);
	job->command_id = intent->command_id;
	job->command = intent->command;
	job->intent = true;
	job->rule_id = intent->rule_id;
	job->on_behalf_of = intent->on_behalf_of;
	job->causation_id = intent->causation_id;
	job->correlation_id = intent->correlation_id;
	job->done = job_done;
	job->context = waiting;
	job->body = body_of(&intent->command);
	job_hash(job);
	return job;
}

static enum intent_outcome outcome_of(const struct job *job)
{
	switch (job->outcome) {
	case JOB_ACCEPTED:
	case JOB_REPEATED:
	case JOB_UNCHANGED:
		return INTENT_ACCEPTED;
	case JOB_REFUSED:
		return INTENT_REFUSED;
	case JOB_PENDING:
	case JOB_UNAVAILABLE:
		break;
	}
	return INTENT_UNANSWERED;
}

static void send(struct intent_port *face, struct intent *intents, uint32_t n)
{
	struct local_intents *port = (struct local_intents *)face;
	struct waiting waiting = {.pending = n};
	struct job **jobs = mem_new(n * sizeof *jobs);
	pthread_mutex_init(&waiting.lock, NULL);
	pthread_cond_init(&waiting.changed, NULL);
	for (uint32_t i = 0; i < n; i++)
		jobs[i] = to_job(&intents[i], &waiting);
	for (uint32_t i = 0; i < n; i++)
		writers_submit(port->writers, jobs[i], 1);
	pthread_mutex_lock(&waiting.lock);
	while (waiting.pending)
		pthread_cond_wait(&waiting.changed, &waiting.lock);
	pthread_mutex_unlock(&waiting.lock);
	for (uint32_t i = 0; i < n; i++) {
		intents[i].outcome = outcome_of(jobs[i]);
		job_release(jobs[i]);
	}
	free(jobs);
	pthread_cond_destroy(&waiting.changed);
	pthread_mutex_destroy(&waiting.lock);
}

static void release(struct intent_port *face)
{
	free(face);
}

struct intent_port *local_intents_new(struct writers *writers)
{
	struct local_intents *port = mem_new(sizeof *port);
	port->face = (struct intent_port){.send = send, .free = release};
	port->writers = writers;
	return &port->face;
}
