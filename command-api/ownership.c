/* Whose a partition is, and what its thread does while it is not ours.
 *
 * Standby: the log is followed and folded, so that after an assignment only the rest is to be read.
 *
 * An owner learns that it is fenced when an append fails (FENCED, UNKNOWN). That alone says nothing
 * of a rival: a pause beyond the transaction timeout does it too. So it reads the log to its end.
 * The last OwnerClaimed there is ours: claim again. Another's: stand down, and only a new
 * assignment claims again. Claiming at once would fence the rival, which would claim in turn: two
 * owners that do nothing but fence each other.
 *
 * A rival whose claim is not in the log yet may be fenced by our second claim. It is assigned, so
 * it goes on trying; we find its claim the next time. */
#include "command-api/partition.h"

#include <stdio.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define LOGGER            "command-api"
#define RETRY_PAUSE_US    200000
#define FOLLOW_MS         1000 /* one wait for records; also how old the lag may be */
#define CAUGHT_UP_RECORDS 1000

const char *writer_mode_name(enum writer_mode mode)
{
	switch (mode) {
	case WRITER_CATCHING_UP:
		return "catching up";
	case WRITER_STANDBY:
		return "standby";
	case WRITER_CLAIMING:
		return "claiming";
	case WRITER_OWNS:
		return "owned";
	case WRITER_STOOD_DOWN:
		return "stood down";
	case WRITER_STOPPED:
		return "stopped";
	}
	return "";
}

void partition_set_mode(struct partition *partition, enum writer_mode mode, const char *reason)
{
	pthread_mutex_lock(&partition->lock);
	partition->mode = mode;
	snprintf(partition->reason, sizeof partition->reason, "%s", reason);
	pthread_mutex_unlock(&partition->lock);
	metric_set(partition->owned, mode == WRITER_OWNS);
}

/* Under the lock. */
static bool is_ours(const struct partition *partition)
{
	return partition->assigned && partition->term == partition->own_term;
}

bool partition_is_wanted(struct partition *partition)
{
	pthread_mutex_lock(&partition->lock);
	bool wanted = is_ours(partition) && !partition->stopping;
	pthread_mutex_unlock(&partition->lock);
	return wanted;
}

/* --- the log --- */

/* What was learnt from the log, for others to see. */
static void note(struct partition *partition)
{
	struct write_claim last;
	bool has_claim = write_state_claim(partition->state, &last);
	pthread_mutex_lock(&partition->lock);
	if (has_claim)
		partition->owner = last;
	pthread_mutex_unlock(&partition->lock);
}

static enum status fold_up_to(struct partition *partition, int64_t end, struct error *err)
{
	if (write_state_catch_up(partition->state, partition->reader, end, partition->all->trouble,
	                         &partition->interrupt, err))
		return error_wrap(err, "catch up partition %u", partition->number);
	note(partition);
	return STATUS_OK;
}

static enum status claim(struct partition *partition, struct error *err)
{
	struct writers *all = partition->all;
	struct journal_owner owner = {all->owner_id, all->options.address};
	int64_t end;
	if (journal_claim(all->options.journal, partition->number, &owner, &end, err))
		return err->status;
	metric_add(partition->claims, 1);
	partition->next_offset = end;
	return fold_up_to(partition, end, err);
}

/* Read to the end. FENCED when the last claim is another's; *@err says whose. */
static enum status find_rival(struct partition *partition, struct error *err)
{
	struct write_claim last;
	char claimed_at[CLOCK_TEXT + 1] = ""; /* clock_format ends no string */
	int64_t end;
	if (journal_end(partition->all->options.journal, partition->number, &end, err) ||
	    fold_up_to(partition, end, err))
		return err->status;
	if (!write_state_claim(partition->state, &last) ||
	    uuid_equal(&last.owner_id, &partition->all->owner_id))
		return STATUS_OK;
	clock_format(last.claimed_at_ms, claimed_at);
	return error_set(err, STATUS_FENCED, "owned by %s, claimed at %s",
	                 last.address[0] ? last.address : "another writer", claimed_at);
}

/* --- owning --- */

/* The mode changes in the same step as the assignment ends: whoever finds the one finds the other.
 */
static void stand_down(struct partition *partition, const char *reason)
{
	struct writers *all = partition->all;
	journal_release(all->options.journal, partition->number);
	pthread_mutex_lock(&partition->lock);
	bool is_disputed = is_ours(partition);
	if (is_disputed) {
		partition->assigned = false;
		partition->deposed = true;
	}
	partition->mode = WRITER_STOOD_DOWN;
	snprintf(partition->reason, sizeof partition->reason, "%s", reason);
	pthread_mutex_unlock(&partition->lock);
	metric_set(partition->owned, 0);
	metric_add(partition->stand_downs, 1);
	log_warn(LOGGER, "stood down", LOG_I("partition", partition->number),
	         LOG_S("reason", reason));
	if (is_disputed)
		writers_dispute(all, partition->number);
}

bool partition_own(struct partition *partition, bool was_owner)
{
	char logged[512] = "";
	int64_t started_ms = clock_monotonic_ms();
	while (partition_is_wanted(partition)) {
		struct error err;
		enum status status = was_owner ? find_rival(partition, &err) : STATUS_OK;
		if (status == STATUS_FENCED) {
			stand_down(partition, err.text);
			return false;
		}
		if (!status && !claim(partition, &err)) {
			partition_set_mode(partition, WRITER_OWNS, "");
			log_info(LOGGER, "partition owned", LOG_I("partition", partition->number),
			         LOG_I("next_offset", partition->next_offset),
			         LOG_I("took_ms", clock_monotonic_ms() - started_ms));
			return true;
		}
		partition_set_mode(partition, WRITER_CLAIMING, err.text);
		if (strcmp(logged, err.text) != 0)
			log_warn(LOGGER, "partition not owned yet",
			         LOG_I("partition", partition->number), LOG_S("reason", err.text));
		snprintf(logged, sizeof logged, "%s", err.text);
		usleep(RETRY_PAUSE_US);
	}
	return false;
}

/* --- standby --- */

/* True: the assignment is ours to serve. */
static bool take_assignment(struct partition *partition, bool *stopping)
{
	pthread_mutex_lock(&partition->lock);
	*stopping = partition->stopping;
	bool taken = partition->assigned && !partition->stopping;
	if (taken) {
		partition->own_term = partition->term;
		partition->holds = true;
		partition->mode = WRITER_CLAIMING;
		snprintf(partition->reason, sizeof partition->reason, "claiming");
		atomic_store(&partition->interrupt, false);
	}
	pthread_mutex_unlock(&partition->lock);
	return taken;
}

/* Somebody else takes the commands. What our own address claimed last was claimed by a process that
 * is no more, and nobody has followed it. */
static bool is_served(const struct partition *partition)
{
	const char *address = partition->owner.address;
	return address[0] && strcmp(address, partition->all->options.address) != 0;
}

static void show_standby(struct partition *partition, int64_t lag, const char *trouble)
{
	pthread_mutex_lock(&partition->lock);
	partition->lag = lag > 0 ? (uint64_t)lag : 0;
	partition->caught_up = partition->caught_up || (!trouble && lag <= CAUGHT_UP_RECORDS);
	if (!partition->deposed)
		partition->mode = partition->caught_up ? WRITER_STANDBY : WRITER_CATCHING_UP;
	partition->standby_ready = partition->mode == WRITER_STANDBY && is_served(partition);
	if (trouble)
		snprintf(partition->reason, sizeof partition->reason, "%s", trouble);
	else if (!partition->deposed)
		snprintf(partition->reason, sizeof partition->reason, "%s%s",
		         is_served(partition) ? "owned by " : "waiting for an assignment",
		         is_served(partition) ? partition->owner.address : "");
	pthread_mutex_unlock(&partition->lock);
	metric_set(partition->standby_lag, lag > 0 ? (double)lag : 0);
}

/* Read what is new and fold it; waits for it. */
static enum status follow(struct partition *partition, struct error *err)
{
	int64_t position, end;
	if (write_state_follow(partition->state, partition->reader, FOLLOW_MS,
	                       partition->all->trouble, &partition->interrupt, &position, err) ||
	    journal_end(partition->all->options.journal, partition->number, &end, err))
		return err->status;
	note(partition);
	show_standby(partition, end - position, NULL);
	return STATUS_OK;
}

bool partition_await(struct partition *partition)
{
	bool stopping = false, joined = partition->joined, prepared = false;
	char logged[512] = "";
	while (!take_assignment(partition, &stopping)) {
		struct error err;
		if (stopping)
			return false;
		if (follow(partition, &err) == STATUS_OK) {
			if (!prepared && partition->caught_up &&
			    !atomic_load(&partition->interrupt)) {
				journal_prepare(partition->all->options.journal, partition->number);
				prepared = true;
			}
			if (!joined && partition->caught_up)
				joined = partition->joined = writers_caught_up(partition->all);
		} else if (!atomic_load(&partition->interrupt)) {
			show_standby(partition, (int64_t)partition->lag, err.text);
			if (strcmp(logged, err.text) != 0)
				log_warn(LOGGER, "cannot follow the log, trying again",
				         LOG_I("partition", partition->number),
				         LOG_S("reason", err.text));
			snprintf(logged, sizeof logged, "%s", err.text);
			usleep(RETRY_PAUSE_US);
		}
	}
	return true;
}

void partition_leave(struct partition *partition)
{
	journal_release(partition->all->options.journal, partition->number);
	pthread_mutex_lock(&partition->lock);
	partition->holds = false;
	pthread_cond_broadcast(&partition->left);
	pthread_mutex_unlock(&partition->lock);
	metric_set(partition->owned, 0);
}
