/* See writer.h for what happens in which order.
 *
 * Failure cases, in terms of the order dedup -> decide -> stamp -> evolve -> append -> commit:
 *   killed before append     nothing happened; the client retries
 *   killed after append      the fold applies the events at start; the retry finds the dedup row
 *   append REJECTED          the state transaction is aborted, the batch is judged afresh
 *   append UNKNOWN, FENCED   as above, after claiming again and folding up to the claim; or the end
 *                            of our time as owner, when another's claim is in the log
 *   nothing to append        the journal is asked whether we still own; if not, as above
 *   state commit fails       the log is right and the state is not: fold again from its position */
#include "command-api/partition.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define LOGGER         "command-api"
#define RETRY_PAUSE_US 200000

/* --- queue --- */

void job_refuse(struct job *job, const char *why)
{
	job->outcome = JOB_UNAVAILABLE;
	snprintf(job->detail, sizeof job->detail, "%s", why);
	job->done(job);
}

void writers_submit(struct writers *writers, struct job *first, uint32_t n)
{
	struct partition *partition =
	        &writers->partitions[journal_partition_of(first->tenant, writers->n)];
	struct job *last = first;
	for (uint32_t i = 0;; i++) {
		job_retain(last);
		if (i + 1 == n)
			break;
		last = last->next;
	}
	pthread_mutex_lock(&partition->lock);
	char why[sizeof first->detail] = "too many commands are waiting";
	bool takes = partition->assigned && !partition->stopping &&
	             partition->queued + n <= WRITER_QUEUE_MAX;
	if (partition->stopping)
		snprintf(why, sizeof why, "the server is stopping");
	else if (!partition->assigned)
		snprintf(why, sizeof why, "not taken here: %s", partition->reason);
	if (takes) {
		last->next = NULL;
		*partition->last = first;
		partition->last = &last->next;
		partition->queued += n;
		pthread_cond_signal(&partition->arrived);
	}
	pthread_mutex_unlock(&partition->lock);
	if (takes)
		return;
	for (struct job *job = first, *next; n > 0; job = next, n--) {
		next = job->next;
		job_refuse(job, why);
		job_release(job);
	}
}

/* Under the lock. */
static bool serves(const struct partition *partition)
{
	return partition->assigned && partition->term == partition->own_term;
}

static void take_queued(struct partition *partition, uint32_t cap)
{
	while (partition->first && partition->batch_n < cap) {
		struct job *job = partition->first;
		partition->first = job->next;
		partition->batch[partition->batch_n++] = job;
		partition->queued--;
	}
	if (!partition->first)
		partition->last = &partition->first;
}

/* Take what has arrived, up to the cap; waits for the first. false: stopping and nothing left, or
 * the assignment is over. */
static bool take_batch(struct partition *partition)
{
	uint32_t cap = partition->batch_cap;
	partition->batch_n = 0;
	pthread_mutex_lock(&partition->lock);
	while (!partition->first && !partition->stopping && serves(partition))
		pthread_cond_wait(&partition->arrived, &partition->lock);
	if (serves(partition))
		take_queued(partition, cap);
	pthread_mutex_unlock(&partition->lock);
	return partition->batch_n > 0;
}

/* --- committing and answering --- */

static void finish(struct partition *partition, struct job *job)
{
	for (uint32_t i = 0; job->outcome == JOB_ACCEPTED && i < job->events_n; i++)
		metric_add(partition->appended[job->events[i].type], 1);
	metric_add(partition->outcomes[job->command.type][job->outcome], 1);
	job->done(job);
	job_release(job);
}

static enum status append_batch(struct partition *partition, uint32_t judged, struct error *err)
{
	if (partition->records_n == 0) /* a deposed owner's refusals are as wrong as its appends */
		return journal_confirm(partition->all->options.journal, partition->number, err);
	int64_t started_us = clock_monotonic_us();
	int64_t *offsets = mem_new(partition->records_n * sizeof *offsets);
	enum status status = journal_append(partition->all->options.journal, partition->number,
	                                    partition->records, partition->records_n, offsets, err);
	if (!status) {
		partition->next_offset = offsets[partition->records_n - 1] + 1;
		metric_observe(partition->append_seconds,
		               (double)(clock_monotonic_us() - started_us) / 1e6);
		metric_observe(partition->append_batch, judged);
	}
	free(offsets);
	return status;
}

/* One group commit. On failure nothing was answered and the batch stays. */
static enum status run_batch(struct partition *partition, uint32_t *judged, struct error *err)
{
	enum status status = judge_batch(partition, judged, err);
	if (!status)
		status = append_batch(partition, *judged, err);
	if (status) {
		write_state_abort(partition->state);
		return status;
	}
	if (write_state_commit(partition->state, partition->next_offset, err))
		return error_wrap(err, "commit the write-side state");
	return STATUS_OK;
}

/* After a failed group commit: what is needed before the batch is judged afresh. */
static bool recover(struct partition *partition, const struct error *err)
{
	log_warn(LOGGER, "group commit failed, the batch is judged again",
	         LOG_I("partition", partition->number), LOG_S("reason", err->text),
	         LOG_I("commands", partition->batch_n));
	if (err->status == STATUS_REJECTED) {
		usleep(RETRY_PAUSE_US);
		return partition_is_wanted(partition);
	}
	partition_set_mode(partition, WRITER_CLAIMING, err->text);
	return partition_own(partition, true);
}

static void drop_finished(struct partition *partition, uint32_t judged)
{
	const struct writers_options *options = &partition->all->options;
	if (options->answers_begin)
		options->answers_begin();
	for (uint32_t i = 0; i < judged; i++)
		finish(partition, partition->batch[i]);
	if (options->answers_end)
		options->answers_end();
	partition->batch_n -= judged;
	memmove(partition->batch, partition->batch + judged,
	        partition->batch_n * sizeof *partition->batch);
}

static void give_up_batch(struct partition *partition, const char *why)
{
	for (uint32_t i = 0; i < partition->batch_n; i++) {
		struct job *job = partition->batch[i];
		metric_add(partition->outcomes[job->command.type][JOB_UNAVAILABLE], 1);
		job_refuse(job, why);
		job_release(job);
	}
	partition->batch_n = 0;
}

/* What is left of an assignment that is over. A newer one inherits the queue. */
static void give_up(struct partition *partition)
{
	char why[sizeof partition->batch[0]->detail];
	do {
		pthread_mutex_lock(&partition->lock);
		if (partition->stopping)
			snprintf(why, sizeof why, "the server is stopping");
		else if (partition->mode == WRITER_STOOD_DOWN)
			snprintf(why, sizeof why, "%s", partition->reason);
		else
			snprintf(why, sizeof why,
			         "another instance takes the commands from now on");
		if (partition->batch_n == 0 && (!partition->assigned || partition->stopping))
			take_queued(partition, partition->batch_cap);
		pthread_mutex_unlock(&partition->lock);
		bool some = partition->batch_n > 0;
		give_up_batch(partition, why);
		if (!some)
			break;
	} while (true);
}

/* Until the assignment is over, or stopping and nothing is left. A commit in flight is finished. */
static void serve(struct partition *partition)
{
	bool owns = true;
	while (owns && take_batch(partition))
		while (owns && partition->batch_n > 0) {
			struct error err;
			uint32_t judged;
			if (run_batch(partition, &judged, &err))
				owns = recover(partition, &err);
			else
				drop_finished(partition, judged);
		}
}

void *partition_run(void *context)
{
	struct partition *partition = context;
	char name[16];
	snprintf(name, sizeof name, "writer %u", partition->number);
	pthread_setname_np(pthread_self(), name);
	while (partition_await(partition)) {
		if (partition_own(partition, false))
			serve(partition);
		partition_leave(partition);
		give_up(partition);
	}
	give_up(partition);
	partition_set_mode(partition, WRITER_STOPPED, "stopped");
	return NULL;
}
