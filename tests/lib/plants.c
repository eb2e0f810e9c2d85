/* Bugs planted into the program, to prove that tests/campaign finds them. Each is a build of the
 * program in which one function is wrapped by the linker (--wrap); the program's own sources know
 * nothing of it. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command-api/write_state.h"
#include "core/journal/kafka.h"
#include "projections/kv_view.h"

#ifdef PLANT_ONE_ID
/* A new owner takes over one of the two transactional ids only: the other one is its own. */
__typeof__(kafka_instance) __real_kafka_instance;
__typeof__(kafka_instance) __wrap_kafka_instance;
rd_kafka_t *__wrap_kafka_instance(const struct kafka *kafka, enum kafka_kind kind,
                                  const char *transactional_id, struct kafka_link *link,
                                  struct error *err)
{
	char own[256];
	size_t n = transactional_id ? strlen(transactional_id) : 0;
	if (n > 2 && strcmp(transactional_id + n - 2, "-b") == 0) {
		snprintf(own, sizeof own, "%s-%ld", transactional_id, (long)getpid());
		transactional_id = own;
	}
	return __real_kafka_instance(kafka, kind, transactional_id, link, err);
}
#endif

#ifdef PLANT_NO_READ_BACK
/* A new owner does not read the log up to its claim before it serves. */
__typeof__(write_state_catch_up) __wrap_write_state_catch_up;
enum status __wrap_write_state_catch_up(struct write_state *state, struct journal_reader *reader,
                                        int64_t end, struct trouble *trouble,
                                        const atomic_bool *stop, struct error *err)
{
	(void)state, (void)reader, (void)end, (void)trouble, (void)stop, (void)err;
	return STATUS_OK;
}
#endif

#ifdef PLANT_NO_CONFIRM
/* An owner does not ask whether it still is one before it refuses. */
__typeof__(journal_confirm) __wrap_journal_confirm;
enum status __wrap_journal_confirm(struct journal *journal, uint32_t partition, struct error *err)
{
	(void)journal, (void)partition, (void)err;
	return STATUS_OK;
}
#endif

#if defined PLANT_NO_CONFIRM || defined PLANT_LATE_MEMBER
/* No bug: a thread that gets no time, so that a deposed owner learns late that it is none. */
__typeof__(kafka_membership_rebalanced) __real_kafka_membership_rebalanced;
__typeof__(kafka_membership_rebalanced) __wrap_kafka_membership_rebalanced;
void __wrap_kafka_membership_rebalanced(rd_kafka_t *rk, rd_kafka_resp_err_t rc,
                                        rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
	if (rd_kafka_assignment_lost(rk))
		usleep(1000000);
	__real_kafka_membership_rebalanced(rk, rc, partitions, opaque);
}
#endif

#ifdef PLANT_UNKNOWN_AS_FAILED
/* A commit without a known outcome is taken for one that failed, and made again. */
static struct journal_owner owner;
__typeof__(kafka_claim) __real_kafka_claim;
__typeof__(kafka_claim) __wrap_kafka_claim;
enum status __wrap_kafka_claim(void *self, uint32_t partition, const struct journal_owner *by,
                               int64_t *end, struct error *err)
{
	owner = *by;
	return __real_kafka_claim(self, partition, by, end, err);
}
__typeof__(kafka_append) __real_kafka_append;
__typeof__(kafka_append) __wrap_kafka_append;
enum status __wrap_kafka_append(void *self, uint32_t partition,
                                const struct journal_record *records, uint32_t n, int64_t *offsets,
                                struct error *err)
{
	enum status status = __real_kafka_append(self, partition, records, n, offsets, err);
	while (status == STATUS_UNKNOWN || status == STATUS_FENCED) {
		int64_t end;
		while (__real_kafka_claim(self, partition, &owner, &end, err))
			usleep(100000);
		status = __real_kafka_append(self, partition, records, n, offsets, err);
	}
	return status;
}
#endif

#ifdef PLANT_POSITION_BEFORE_ROWS
/* A view stores its position before its rows: every 30th commit leaves what a kill between the two
 * would. */
__typeof__(kv_view_commit) __real_kv_view_commit;
__typeof__(kv_view_commit) __wrap_kv_view_commit;
enum status __wrap_kv_view_commit(struct view *view, const struct view_position *expected,
                                  const struct view_position *position, struct error *err)
{
	static atomic_uint commits;
	if (atomic_fetch_add(&commits, 1) % 30 == 29) {
		kv_view_rollback(view);
		if (kv_view_begin(view, err))
			return err->status;
	}
	return __real_kv_view_commit(view, expected, position, err);
}
#endif
