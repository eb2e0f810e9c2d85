/* Whose a partition is.
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

#define LOGGER         "command-api"
#define RETRY_PAUSE_US 200000

const char *writer_mode_name(enum writer_mode mode)
{
	switch (mode) {
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

bool partition_is_wanted(struct partition *partition)
{
	pthread_mutex_lock(&partition->lock);
	bool wanted = partition->assigned && !partition->stopping;
	pthread_mutex_unlock(&partition->lock);
	return wanted;
}

static enum status fold_up_to(struct partition *partition, int64_t end, struct error *err)
{
	uint64_t foreign = 0;
	if (write_state_catch_up(partition->state, partition->reader, end, &foreign,
	                         &partition->interrupt, err))
		return error_wrap(err, "catch up partition %u", partition->number);
	pthread_mutex_lock(&partition->lock);
	partition->foreign += foreign;
	pthread_mutex_unlock(&partition->lock);
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
	char claimed_at[CLOCK_TEXT];
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

/* The mode changes in the same step as the assignment ends: whoever finds the one finds the other.
 */
static void stand_down(struct partition *partition, const char *reason)
{
	journal_release(partition->all->options.journal, partition->number);
	pthread_mutex_lock(&partition->lock);
	partition->assigned = false;
	partition->mode = WRITER_STOOD_DOWN;
	snprintf(partition->reason, sizeof partition->reason, "%s", reason);
	pthread_mutex_unlock(&partition->lock);
	metric_set(partition->owned, 0);
	metric_add(partition->stand_downs, 1);
	log_warn(LOGGER, "stood down", LOG_I("partition", partition->number),
	         LOG_S("reason", reason));
}

bool partition_own(struct partition *partition, bool was_owner)
{
	char logged[512] = "";
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
			         LOG_I("next_offset", partition->next_offset));
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
