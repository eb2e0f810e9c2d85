/* See writer.h for what happens in which order.
 *
 * Failure cases, in terms of the order dedup -> decide -> stamp -> evolve -> append -> commit:
 *   killed before append     nothing happened; the client retries
 *   killed after append      the fold applies the events at start; the retry finds the dedup row
 *   append REJECTED          the state transaction is aborted, the batch is judged afresh
 *   append UNKNOWN, FENCED   as above, after claiming again and folding up to the claim; or the end
 *                            of our time as owner, when another's claim is in the log
 *   state commit fails       the log is right and the state is not: fold again from its position */
#include "command-api/partition.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define LOGGER         "command-api"
#define DECISION_ARENA (32 * 1024 * 1024)
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
		snprintf(why, sizeof why, "%s", partition->reason);
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

/* Take what has arrived, up to the cap; waits for the first. false: nothing is left, and stopping
 * or not assigned. */
static bool take_batch(struct partition *partition)
{
	uint32_t cap = (uint32_t)partition->all->options.config->batch_commands_max;
	if (partition->batch_cap < cap) {
		partition->batch = mem_grow(partition->batch, cap * sizeof *partition->batch);
		partition->batch_cap = cap;
	}
	partition->batch_n = 0;
	pthread_mutex_lock(&partition->lock);
	while (!partition->first && !partition->stopping && partition->assigned)
		pthread_cond_wait(&partition->arrived, &partition->lock);
	while (partition->first && partition->batch_n < cap) {
		struct job *job = partition->first;
		partition->first = job->next;
		partition->batch[partition->batch_n++] = job;
	}
	if (!partition->first)
		partition->last = &partition->first;
	partition->queued -= partition->batch_n;
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
	if (partition->records_n == 0)
		return STATUS_OK;
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
	for (uint32_t i = 0; i < judged; i++)
		finish(partition, partition->batch[i]);
	partition->batch_n -= judged;
	memmove(partition->batch, partition->batch + judged,
	        partition->batch_n * sizeof *partition->batch);
}

static void give_up_batch(struct partition *partition)
{
	char why[sizeof partition->batch[0]->detail];
	pthread_mutex_lock(&partition->lock);
	snprintf(why, sizeof why, "%s",
	         partition->stopping ? "the server is stopping" : partition->reason);
	pthread_mutex_unlock(&partition->lock);
	for (uint32_t i = 0; i < partition->batch_n; i++) {
		struct job *job = partition->batch[i];
		metric_add(partition->outcomes[job->command.type][JOB_UNAVAILABLE], 1);
		job_refuse(job, why);
		job_release(job);
	}
	partition->batch_n = 0;
}

/* Serve as long as the partition is ours. */
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
	journal_release(partition->all->options.journal, partition->number);
}

static void *run(void *context)
{
	struct partition *partition = context;
	char name[16];
	snprintf(name, sizeof name, "writer %u", partition->number);
	pthread_setname_np(pthread_self(), name);
	if (partition_own(partition, false))
		serve(partition);
	/* what is left, and what comes before the submitters know */
	do
		give_up_batch(partition);
	while (take_batch(partition));
	pthread_mutex_lock(&partition->lock);
	while (!partition->stopping)
		pthread_cond_wait(&partition->arrived, &partition->lock);
	pthread_mutex_unlock(&partition->lock);
	partition_set_mode(partition, WRITER_STOPPED, "stopped");
	return NULL;
}

/* --- lifecycle --- */

static void partition_metrics(struct partition *partition)
{
	char number[16];
	snprintf(number, sizeof number, "%u", partition->number);
	const char *labels[] = {number, NULL};
	partition->append_seconds = metric_series(METRIC_APPEND_SECONDS, labels);
	partition->append_batch = metric_series(METRIC_APPEND_BATCH, labels);
	partition->owned = metric_series(METRIC_PARTITION_OWNED, labels);
	partition->claims = metric_series(METRIC_PARTITION_CLAIMS, labels);
	partition->stand_downs = metric_series(METRIC_PARTITION_STAND_DOWNS, labels);
	for (uint32_t type = 0; type < EVENT_TYPES; type++) {
		labels[0] = event_type_name(type);
		partition->appended[type] = metric_series(METRIC_EVENTS_APPENDED, labels);
	}
	for (uint32_t type = 0; type < COMMAND_TYPES; type++)
		for (uint32_t outcome = 0; outcome <= JOB_UNAVAILABLE; outcome++) {
			labels[0] = command_type_name(type);
			labels[1] = job_outcome_name(outcome);
			partition->outcomes[type][outcome] = metric_series(METRIC_COMMANDS, labels);
		}
}

static enum status open_partition(struct partition *partition, struct error *err)
{
	const struct writers_options *options = &partition->all->options;
	pthread_mutex_init(&partition->lock, NULL);
	pthread_cond_init(&partition->arrived, NULL);
	partition->last = &partition->first;
	partition->pool_used = RANDOM_POOL_BYTES;
	partition->assigned = true;
	arena_init(&partition->arena, mem_new(DECISION_ARENA), DECISION_ARENA);
	partition_metrics(partition);
	snprintf(partition->reason, sizeof partition->reason, "starting");
	if (write_state_open(options->config, partition->number, journal_identity(options->journal),
	                     options->profile_keys, &partition->state, err) ||
	    journal_reader_open(options->journal, &partition->reader, err))
		return err->status;
	if (pthread_create(&partition->thread, NULL, run, partition))
		return error_set(err, STATUS_IO, "no thread for partition %u", partition->number);
	partition->has_thread = true;
	return STATUS_OK;
}

static void close_partition(struct partition *partition)
{
	journal_reader_close(partition->reader);
	write_state_close(partition->state);
	free(partition->arena.block);
	free(partition->batch);
	free(partition->records);
	for (uint32_t i = 0; i < partition->records_cap / ROOMS_IN_BLOCK; i++)
		free(partition->rooms[i]);
	free(partition->rooms);
	buf_release(&partition->values);
	buf_release(&partition->sealed);
	pthread_cond_destroy(&partition->arrived);
	pthread_mutex_destroy(&partition->lock);
}

enum status writers_start(const struct writers_options *options, struct writers **out,
                          struct error *err)
{
	struct writers *writers = mem_new(sizeof *writers);
	writers->options = *options;
	writers->owner_id = uuid_v4();
	uint32_t n = journal_identity(options->journal)->partitions;
	writers->partitions = mem_new(n * sizeof *writers->partitions);
	for (writers->n = 0; writers->n < n; writers->n++) {
		struct partition *partition = &writers->partitions[writers->n];
		partition->all = writers;
		partition->number = writers->n;
		if (open_partition(partition, err)) {
			writers->n++;
			writers_stop(writers);
			return err->status;
		}
	}
	*out = writers;
	return STATUS_OK;
}

void writers_finish(struct writers *writers)
{
	for (uint32_t i = 0; i < writers->n; i++) {
		struct partition *partition = &writers->partitions[i];
		pthread_mutex_lock(&partition->lock);
		partition->stopping = true;
		atomic_store(&partition->interrupt, true);
		pthread_cond_signal(&partition->arrived);
		pthread_mutex_unlock(&partition->lock);
		if (partition->reader)
			journal_reader_wake(partition->reader);
	}
}

void writers_stop(struct writers *writers)
{
	if (!writers)
		return;
	writers_finish(writers);
	for (uint32_t i = 0; i < writers->n; i++) {
		if (writers->partitions[i].has_thread)
			pthread_join(writers->partitions[i].thread, NULL);
		close_partition(&writers->partitions[i]);
	}
	free(writers->partitions);
	free(writers);
}

void writers_state(struct writers *writers, uint32_t number, struct writer_state *out)
{
	struct partition *partition = &writers->partitions[number];
	pthread_mutex_lock(&partition->lock);
	*out = (struct writer_state){.partition = number,
	                             .mode = partition->mode,
	                             .ready = partition->mode == WRITER_OWNS,
	                             .foreign = partition->foreign,
	                             .queued = partition->queued};
	memcpy(out->reason, partition->reason, sizeof out->reason);
	pthread_mutex_unlock(&partition->lock);
}

uint32_t writers_partitions(const struct writers *writers)
{
	return writers->n;
}
