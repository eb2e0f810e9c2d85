/* How: claim every partition of the target, so that nobody else can append; read it, which gives
 * the last seq and the digest of each tenant; read the source, pass over what the target has (its
 * digest must be the same up to there) and append the rest; until the source stands still. Then
 * what was appended is read back, and each tenant's seq and digest must equal those of the source.
 *
 * Partitions of the source are read one after the other: a command's records follow one another. A
 * batch is what goes to one partition of the target in one append, whole commands.
 *
 * An append whose outcome is unknown: claim again and read the target; its events are there, all of
 * them, or none is. */
#include "replay/copy.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/journal/membership.h"
#include "replay/copy_batch.h"

#define ENTRIES         4096
#define POLL_MS         200
#define BATCHES_BYTES   ((size_t)128 << 20) /* of all partitions together */
#define BATCH_BYTES_MIN ((size_t)1 << 20)
#define BATCH_BYTES_MAX ((size_t)16 << 20)
#define ROUNDS_MAX      10 /* over a source that does not stand still */
#define APPEND_TRIES    8
#define APPEND_PAUSE_US 20000

struct lane { /* what is to be appended to one partition of the target */
	struct copy_batch batch;
	uint32_t tenant; /* of its last event: index in the tally */
	uint64_t seq;
};

struct copy {
	const struct copy_work *work;
	struct tally *tally;
	struct copy_progress *now;
	struct journal_owner owner;
	uint32_t partitions[TALLY_SIDES];
	int64_t next[TALLY_SIDES][JOURNAL_PARTITIONS_MAX]; /* read up to here */
	struct lane command;                               /* that is being read */
	struct lane *lanes;                                /* by partition of the target */
	size_t lane_bytes;
	uint32_t batch_events;
	/* The target is also read while entries of the source are being taken. */
	struct journal_entry entries[TALLY_SIDES][ENTRIES];
};

const char *copy_phase_name(enum copy_phase phase)
{
	static const char *const names[] = {
	        [COPY_RESUMING] = "reading the target",
	        [COPY_COPYING] = "copying",
	        [COPY_VERIFYING] = "verifying",
	        [COPY_FINISHING] = "finishing",
	};
	return names[phase];
}

static struct journal *journal_of(const struct copy *copy, enum tally_side side)
{
	return side == TALLY_SOURCE ? copy->work->source : copy->work->target;
}

/* --- progress --- */

static void report(struct copy *copy)
{
	if (copy->work->progress)
		copy->work->progress(copy->work->context, copy->now);
}

static void enter(struct copy *copy, enum copy_phase phase)
{
	copy->now->phase = phase;
	copy->now->began_ms = clock_monotonic_ms();
	copy->now->at = copy->now->end = 0;
	report(copy);
}

static enum status check_stop(const struct copy *copy, struct error *err)
{
	if (copy->work->stop && atomic_load(copy->work->stop))
		return error_set(err, STATUS_INTERRUPTED, "interrupted");
	return STATUS_OK;
}

/* --- reading --- */

typedef enum status (*take_fn)(struct copy *copy, const struct journal_entry *entry,
                               struct error *err);

static enum status read_on(struct copy *copy, enum tally_side side, uint32_t partition,
                           struct journal_reader *reader, int64_t end, take_fn take,
                           struct error *err)
{
	int64_t *next = &copy->next[side][partition];
	struct journal_entry *entries = copy->entries[side];
	while (*next < end) {
		uint32_t n;
		if (check_stop(copy, err) ||
		    journal_reader_poll(reader, POLL_MS, entries, ENTRIES, &n, err))
			return err->status;
		for (uint32_t i = 0; i < n && entries[i].offset < end; i++)
			if (take(copy, &entries[i], err))
				return err->status;
		int64_t before = *next;
		*next = journal_reader_position(reader, partition);
		*next = *next < end ? *next : end;
		copy->now->at += *next - before;
		report(copy);
	}
	return STATUS_OK;
}

static enum status read_partition(struct copy *copy, enum tally_side side, uint32_t partition,
                                  int64_t end, take_fn take, struct error *err)
{
	struct journal *journal = journal_of(copy, side);
	struct journal_reader *reader;
	if (copy->next[side][partition] >= end)
		return STATUS_OK;
	enum status status = journal_reader_open(journal, &reader, err);
	if (status)
		return status;
	status = journal_reader_assign(reader, partition, copy->next[side][partition], err);
	if (!status)
		status = read_on(copy, side, partition, reader, end, take, err);
	journal_reader_close(reader);
	return status;
}

static enum status measure(struct copy *copy, enum tally_side side, int64_t *ends,
                           struct error *err)
{
	for (uint32_t i = 0; i < copy->partitions[side]; i++) {
		if (journal_end(journal_of(copy, side), i, &ends[i], err))
			return err->status;
		copy->now->at += copy->next[side][i];
		copy->now->end += ends[i];
	}
	return STATUS_OK;
}

/* --- the target --- */

static enum status take_target(struct copy *copy, const struct journal_entry *entry,
                               struct error *err)
{
	struct tally_event event;
	return tally_take(copy->tally, TALLY_TARGET, entry, &event, err);
}

static enum status claim(struct copy *copy, uint32_t partition, struct error *err)
{
	int64_t end;
	return journal_claim(copy->work->target, partition, &copy->owner, &end, err);
}

static enum status claim_all(struct copy *copy, struct error *err)
{
	for (uint32_t i = 0; i < copy->partitions[TALLY_TARGET]; i++)
		if (check_stop(copy, err) || claim(copy, i, err))
			return err->status;
	return STATUS_OK;
}

static enum status read_target(struct copy *copy, struct error *err)
{
	int64_t ends[JOURNAL_PARTITIONS_MAX];
	enum status status = measure(copy, TALLY_TARGET, ends, err);
	for (uint32_t i = 0; i < copy->partitions[TALLY_TARGET] && !status; i++)
		status = read_partition(copy, TALLY_TARGET, i, ends[i], take_target, err);
	return status ? error_wrap(err, "the target") : STATUS_OK;
}

/* --- appending --- */

/* Take the partition over again and see whether the batch is there. */
static enum status resolve(struct copy *copy, uint32_t partition, bool *there, struct error *err)
{
	const struct lane *lane = &copy->lanes[partition];
	int64_t end;
	enum status status = claim(copy, partition, err);
	if (!status)
		status = journal_end(copy->work->target, partition, &end, err);
	if (!status)
		status = read_partition(copy, TALLY_TARGET, partition, end, take_target, err);
	*there = copy->tally->tenants[lane->tenant].sums[TALLY_TARGET].seq >= lane->seq;
	return status;
}

static enum status append(struct copy *copy, uint32_t partition, struct error *err)
{
	struct copy_batch *batch = &copy->lanes[partition].batch;
	for (int i = 0;; i++) {
		enum status status = journal_append(copy->work->target, partition,
		                                    copy_batch_records(batch), batch->n, NULL, err);
		bool there = false;
		bool again = (status == STATUS_REJECTED || status == STATUS_UNKNOWN) &&
		             i < APPEND_TRIES && !check_stop(copy, NULL);
		if (!status || !again)
			return status;
		usleep(APPEND_PAUSE_US);
		if (status == STATUS_UNKNOWN && resolve(copy, partition, &there, err))
			return err->status;
		if (there)
			return STATUS_OK;
	}
}

static enum status flush(struct copy *copy, uint32_t partition, struct error *err)
{
	struct copy_batch *batch = &copy->lanes[partition].batch;
	if (batch->n == 0)
		return STATUS_OK;
	enum status status = append(copy, partition, err);
	if (status)
		return status == STATUS_FENCED
		               ? error_wrap(err, "the target was claimed by another process, or "
		                                 "this one paused for too long")
		               : error_wrap(err, "the target");
	copy->now->events += batch->n;
	copy_batch_clear(batch);
	report(copy);
	return check_stop(copy, err);
}

static enum status flush_all(struct copy *copy, struct error *err)
{
	for (uint32_t i = 0; i < copy->partitions[TALLY_TARGET]; i++)
		if (flush(copy, i, err))
			return err->status;
	return STATUS_OK;
}

/* --- the source --- */

/* The command that was read goes to its partition's batch. */
static enum status end_command(struct copy *copy, struct error *err)
{
	struct lane *command = &copy->command;
	if (command->batch.n == 0)
		return STATUS_OK;
	struct slice name = copy->tally->tenants[command->tenant].name;
	uint32_t partition = journal_partition_of(name, copy->partitions[TALLY_TARGET]);
	struct lane *lane = &copy->lanes[partition];
	bool full = lane->batch.n + command->batch.n > copy->batch_events ||
	            lane->batch.bytes.n + command->batch.bytes.n > copy->lane_bytes;
	if (full && flush(copy, partition, err))
		return err->status;
	lane->tenant = command->tenant;
	lane->seq = command->seq;
	copy_batch_move(&lane->batch, &command->batch);
	return STATUS_OK;
}

static enum status differs(const struct tally_event *event, struct error *err)
{
	return error_set(err, STATUS_CONFLICT,
	                 "tenant %.*s: the target holds other events than the source up to seq "
	                 "%llu: it is no copy of it",
	                 (int)event->tenant->name.n, event->tenant->name.data,
	                 (unsigned long long)event->seq);
}

static enum status take_source(struct copy *copy, const struct journal_entry *entry,
                               struct error *err)
{
	struct tally_event event;
	struct lane *command = &copy->command;
	if (tally_take(copy->tally, TALLY_SOURCE, entry, &event, err))
		return err->status;
	if (!event.tenant)
		return STATUS_OK;
	const struct tally_sum *sums = event.tenant->sums;
	if (event.seq == sums[TALLY_TARGET].seq &&
	    memcmp(sums[TALLY_SOURCE].digest, sums[TALLY_TARGET].digest, SHA256_BYTES) != 0)
		return differs(&event, err);
	if (event.seq <= sums[TALLY_TARGET].seq)
		return STATUS_OK;
	uint32_t tenant = (uint32_t)(event.tenant - copy->tally->tenants); /* appends count, too */
	if (event.begins && end_command(copy, err))
		return err->status;
	copy_batch_add(&command->batch, entry);
	command->tenant = tenant;
	command->seq = event.seq;
	return event.ends ? end_command(copy, err) : STATUS_OK;
}

static enum status copy_source(struct copy *copy, struct error *err)
{
	int64_t ends[JOURNAL_PARTITIONS_MAX];
	enum status status = measure(copy, TALLY_SOURCE, ends, err);
	for (uint32_t i = 0; i < copy->partitions[TALLY_SOURCE] && !status; i++) {
		status = read_partition(copy, TALLY_SOURCE, i, ends[i], take_source, err);
		if (!status)
			status = end_command(copy, err);
	}
	return status ? status : flush_all(copy, err);
}

static enum status source_stands_still(struct copy *copy, bool *still, struct error *err)
{
	*still = true;
	for (uint32_t i = 0; i < copy->partitions[TALLY_SOURCE]; i++) {
		int64_t end;
		if (journal_end(copy->work->source, i, &end, err))
			return err->status;
		*still = *still && end <= copy->next[TALLY_SOURCE][i];
	}
	return STATUS_OK;
}

/* --- the whole --- */

static enum status compare(const struct tally *tally, struct error *err)
{
	uint64_t foreign = tally->foreign[TALLY_TARGET];
	if (foreign)
		return error_set(err, STATUS_CONFLICT,
		                 "the target holds %llu records that are no part of the copy: take "
		                 "another place",
		                 (unsigned long long)foreign);
	for (uint32_t i = 0; i < tally_tenants(tally); i++) {
		const struct tally_tenant *tenant = &tally->tenants[i];
		const struct tally_sum *sums = tenant->sums;
		if (sums[TALLY_SOURCE].seq != sums[TALLY_TARGET].seq)
			return error_set(err, STATUS_CONFLICT,
			                 "tenant %.*s: the source ends with seq %llu, the target "
			                 "with %llu: it is no copy of it",
			                 (int)tenant->name.n, tenant->name.data,
			                 (unsigned long long)sums[TALLY_SOURCE].seq,
			                 (unsigned long long)sums[TALLY_TARGET].seq);
		struct tally_event event = {.tenant = &tally->tenants[i],
		                            .seq = sums[TALLY_SOURCE].seq};
		if (memcmp(sums[TALLY_SOURCE].digest, sums[TALLY_TARGET].digest, SHA256_BYTES) != 0)
			return differs(&event, err);
	}
	return STATUS_OK;
}

/* What the source has, and then that the target has it. */
static enum status round_trip(struct copy *copy, struct error *err)
{
	enter(copy, COPY_COPYING);
	enum status status = copy_source(copy, err);
	copy->now->copy_ms += clock_monotonic_ms() - copy->now->began_ms;
	if (status)
		return status;
	enter(copy, COPY_VERIFYING);
	status = read_target(copy, err);
	return status ? status : compare(copy->tally, err);
}

/* Nothing would keep them from writing what is in no copy. */
static enum status refuse_writers(const struct copy *copy, struct error *err)
{
	uint32_t n;
	enum status status = journal_members(copy->work->source, &n, err);
	if (status)
		return error_wrap(err, "the source");
	if (n == 0)
		return STATUS_OK;
	return error_set(
	        err, STATUS_BUSY,
	        "everything is copied, but %u processes may write to the source: stop them "
	        "and run it again",
	        n);
}

static enum status run(struct copy *copy, struct error *err)
{
	bool still = false;
	enter(copy, COPY_RESUMING);
	if (claim_all(copy, err) || read_target(copy, err))
		return err->status;
	for (int i = 0; !still; i++) {
		if (i == ROUNDS_MAX)
			return error_set(err, STATUS_BUSY,
			                 "the source is being written to: stop its writers and "
			                 "run it again");
		if (round_trip(copy, err) || source_stands_still(copy, &still, err))
			return err->status;
	}
	enter(copy, COPY_FINISHING);
	if (refuse_writers(copy, err))
		return err->status;
	return journal_finish_copy(copy->work->target, err);
}

static size_t share(uint32_t partitions)
{
	size_t bytes = BATCHES_BYTES / partitions;
	return bytes > BATCH_BYTES_MAX   ? BATCH_BYTES_MAX
	       : bytes < BATCH_BYTES_MIN ? BATCH_BYTES_MIN
	                                 : bytes;
}

enum status copy_run(const struct copy_work *work, struct tally *tally,
                     struct copy_progress *progress, struct error *err)
{
	struct error own;
	struct copy *copy = mem_new(sizeof *copy);
	uint32_t partitions = journal_identity(work->target)->partitions;
	*progress = (struct copy_progress){.events = 0};
	copy->work = work;
	copy->tally = tally;
	copy->now = progress;
	copy->owner = (struct journal_owner){.id = uuid_v4(), .address = ""};
	copy->partitions[TALLY_SOURCE] = journal_identity(work->source)->partitions;
	copy->partitions[TALLY_TARGET] = partitions;
	copy->lanes = mem_new(partitions * sizeof *copy->lanes);
	copy->lane_bytes = share(partitions);
	copy->batch_events = work->batch_events ? work->batch_events : COPY_BATCH_EVENTS;
	enum status status = run(copy, err ? err : &own);
	for (uint32_t i = 0; i < partitions; i++)
		copy_batch_release(&copy->lanes[i].batch);
	copy_batch_release(&copy->command.batch);
	free(copy->lanes);
	free(copy);
	return status;
}
