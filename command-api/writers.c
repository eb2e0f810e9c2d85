/* All partitions of this process: start, assignments, stop. See writer.c for one of them. */
#include "command-api/partition.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define LOGGER "command-api"
/* How long a rebalance waits for a commit in flight. What is not finished by then is fenced by the
 * new owner, as every append of a deposed one. */
#define LEAVE_MS 10000

/* --- assignments; on the thread of the membership --- */

/* Under the lock. */
static void nudge(struct partition *partition)
{
	atomic_store(&partition->interrupt, true);
	pthread_cond_broadcast(&partition->arrived);
	journal_reader_wake(partition->reader);
}

static void assigned(void *context, uint32_t number)
{
	struct writers *writers = context;
	struct partition *partition = &writers->partitions[number];
	pthread_mutex_lock(&partition->lock);
	partition->assigned = true;
	partition->deposed = false;
	partition->term++;
	nudge(partition);
	pthread_mutex_unlock(&partition->lock);
}

static void wait_until_left(struct partition *partition, const struct timespec *deadline)
{
	int code = 0;
	pthread_mutex_lock(&partition->lock);
	while (partition->holds && code == 0)
		code = pthread_cond_timedwait(&partition->left, &partition->lock, deadline);
	bool holds = partition->holds;
	pthread_mutex_unlock(&partition->lock);
	if (holds)
		log_warn(LOGGER, "revoked while a commit is under way",
		         LOG_I("partition", partition->number));
}

static void revoked(void *context, const uint32_t *numbers, uint32_t n, bool lost)
{
	struct writers *writers = context;
	struct timespec deadline;
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += LEAVE_MS / 1000;
	for (uint32_t i = 0; i < n; i++) {
		struct partition *partition = &writers->partitions[numbers[i]];
		pthread_mutex_lock(&partition->lock);
		partition->assigned = false;
		partition->deposed = false;
		nudge(partition);
		pthread_mutex_unlock(&partition->lock);
	}
	for (uint32_t i = 0; i < n && !lost; i++)
		wait_until_left(&writers->partitions[numbers[i]], &deadline);
}

bool writers_caught_up(struct writers *writers)
{
	struct journal_membership_options options = {
	        .assigned = assigned, .revoked = revoked, .context = writers};
	struct error err;
	enum status status = STATUS_OK;
	pthread_mutex_lock(&writers->lock);
	if (++writers->caught_up == writers->n && !writers->stopping) {
		status = journal_membership_open(writers->options.journal, &options,
		                                 &writers->membership, &err);
		if (status)
			writers->caught_up--;
	}
	pthread_mutex_unlock(&writers->lock);
	if (status)
		log_warn(LOGGER, "cannot ask for partitions", LOG_S("reason", err.text));
	return status == STATUS_OK;
}

void writers_dispute(struct writers *writers, uint32_t partition)
{
	pthread_mutex_lock(&writers->lock);
	if (writers->membership)
		journal_membership_dispute(writers->membership, partition);
	pthread_mutex_unlock(&writers->lock);
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
	partition->standby_lag = metric_series(METRIC_PARTITION_STANDBY_LAG, labels);
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
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&partition->left, &clock);
	pthread_condattr_destroy(&clock);
	partition->last = &partition->first;
	partition->pool_used = RANDOM_POOL_BYTES;
	partition->assigned = partition->joined = !journal_is_shared(options->journal);
	partition->batch_cap = (uint32_t)options->config->batch_commands_max;
	partition->batch = mem_new(partition->batch_cap * sizeof *partition->batch);
	arena_init(&partition->arena, mem_new(DECISION_BYTES), DECISION_BYTES);
	partition_metrics(partition);
	snprintf(partition->reason, sizeof partition->reason, "starting");
	if (write_state_open(options->config, partition->number, journal_identity(options->journal),
	                     options->profile_keys, &partition->state, err) ||
	    journal_reader_open(options->journal, &partition->reader, err) ||
	    write_state_check(partition->state, partition->reader, err))
		return err->status;
	journal_reader_omit_headers(partition->reader);
	return STATUS_OK;
}

static enum status start_partition(struct partition *partition, struct error *err)
{
	if (pthread_create(&partition->thread, NULL, partition_run, partition))
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
	pthread_cond_destroy(&partition->left);
	pthread_mutex_destroy(&partition->lock);
}

enum status writers_start(const struct writers_options *options, struct writers **out,
                          struct error *err)
{
	struct writers *writers = mem_new(sizeof *writers);
	writers->options = *options;
	writers->owner_id = uuid_v4();
	writers->trouble = trouble_new(READER_WRITER);
	pthread_mutex_init(&writers->lock, NULL);
	uint32_t n = journal_identity(options->journal)->partitions;
	writers->partitions = mem_new(n * sizeof *writers->partitions);
	enum status status = STATUS_OK;
	while (!status && writers->n < n) {
		struct partition *partition = &writers->partitions[writers->n];
		partition->all = writers;
		partition->number = writers->n++;
		status = open_partition(partition, err);
	}
	/* all are there before the first may be assigned */
	for (uint32_t i = 0; !status && i < n; i++)
		status = start_partition(&writers->partitions[i], err);
	if (status) {
		writers_stop(writers);
		return status;
	}
	*out = writers;
	return STATUS_OK;
}

void writers_finish(struct writers *writers)
{
	pthread_mutex_lock(&writers->lock);
	writers->stopping = true;
	pthread_mutex_unlock(&writers->lock);
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

/* The group is left when nothing is appended any more: who gets a partition then finds it at rest.
 */
void writers_stop(struct writers *writers)
{
	if (!writers)
		return;
	writers_finish(writers);
	for (uint32_t i = 0; i < writers->n; i++)
		if (writers->partitions[i].has_thread)
			pthread_join(writers->partitions[i].thread, NULL);
	journal_membership_close(writers->membership);
	for (uint32_t i = 0; i < writers->n; i++)
		close_partition(&writers->partitions[i]);
	pthread_mutex_destroy(&writers->lock);
	trouble_free(writers->trouble);
	free(writers->partitions);
	free(writers);
}

void writers_state(struct writers *writers, uint32_t number, struct writer_state *out)
{
	struct partition *partition = &writers->partitions[number];
	pthread_mutex_lock(&partition->lock);
	*out = (struct writer_state){
	        .partition = number,
	        .mode = partition->mode,
	        .ready = partition->mode == WRITER_OWNS ||
	                 (partition->mode == WRITER_STANDBY && partition->standby_ready),
	        .lag = partition->lag,
	        .queued = partition->queued};
	memcpy(out->reason, partition->reason, sizeof out->reason);
	pthread_mutex_unlock(&partition->lock);
}

struct trouble *writers_trouble(struct writers *writers)
{
	return writers->trouble;
}

bool writers_are_shared(const struct writers *writers)
{
	return journal_is_shared(writers->options.journal);
}

bool writers_owner(struct writers *writers, struct slice tenant, char address[WRITER_ADDRESS_MAX])
{
	struct partition *partition =
	        &writers->partitions[journal_partition_of(tenant, writers->n)];
	pthread_mutex_lock(&partition->lock);
	const struct write_claim *owner = &partition->owner;
	bool elsewhere = !partition->assigned && owner->address[0] &&
	                 !uuid_equal(&owner->owner_id, &writers->owner_id);
	snprintf(address, WRITER_ADDRESS_MAX, "%s", owner->address);
	pthread_mutex_unlock(&partition->lock);
	return elsewhere;
}

uint32_t writers_partitions(const struct writers *writers)
{
	return writers->n;
}
