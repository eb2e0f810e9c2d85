/* Where a partition ends for those who read committed records: the broker's last stable offset,
 * which is what a read_committed instance gets for "the high watermark". Holes (commit markers,
 * aborted records) count, so a reader that has seen everything stands exactly there.
 *
 * commit_transaction returns before the commit marker is written; for some milliseconds the answer
 * may still lie before a batch whose success was reported. So what is known to be committed bounds
 * it from below, and it is asked again until it is past that. An answer is kept for
 * KAFKA_END_AGE_MS, because loops that want to know whether they have caught up ask often; what
 * this handle commits or reads beyond it makes it void at once. */
#include "core/journal/kafka.h"

#include <unistd.h>

#include "core/base/clock.h"

/* Leaders move, and the broker of a new partition learns of it last. */
static bool passes(rd_kafka_resp_err_t rc)
{
	return rc == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
	       rc == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
	       rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	       rc == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE || rc == RD_KAFKA_RESP_ERR__TRANSPORT;
}

enum status kafka_end_ask(const struct kafka *kafka, uint32_t partition, int64_t *end,
                          struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + KAFKA_ANSWER_MS;
	rd_kafka_resp_err_t rc;
	int64_t low;

	while ((rc = rd_kafka_query_watermark_offsets(kafka->client, kafka->topic,
	                                              (int32_t)partition, &low, end,
	                                              KAFKA_ANSWER_MS)) != 0) {
		if (!passes(rc) || clock_monotonic_ms() > deadline)
			return error_set(err, STATUS_UNAVAILABLE,
			                 "the end of partition %u of %s at %s: %s", partition,
			                 kafka->topic, kafka->bootstrap, rd_kafka_err2str(rc));
		usleep(20000);
	}
	return STATUS_OK;
}

void kafka_end_behind(struct kafka *kafka, uint32_t partition, int64_t offset)
{
	struct kafka_partition *p;

	if (!kafka->partitions) /* while the journal is being opened */
		return;
	p = &kafka->partitions[partition];
	pthread_mutex_lock(&p->end_lock);
	if (offset > p->behind)
		p->behind = offset;
	pthread_mutex_unlock(&p->end_lock);
}

static bool known(struct kafka_partition *p, int64_t *end)
{
	bool fresh;

	pthread_mutex_lock(&p->end_lock);
	fresh = p->end_at_us && p->end >= p->behind &&
	        clock_monotonic_us() - p->end_at_us < KAFKA_END_AGE_MS * 1000;
	*end = p->end;
	pthread_mutex_unlock(&p->end_lock);
	return fresh;
}

static bool learn(struct kafka_partition *p, int64_t end, int64_t asked_at_us)
{
	bool past;

	pthread_mutex_lock(&p->end_lock);
	p->end = end;
	p->end_at_us = asked_at_us;
	past = end >= p->behind;
	pthread_mutex_unlock(&p->end_lock);
	return past;
}

enum status kafka_end(void *self, uint32_t partition, int64_t *end, struct error *err)
{
	struct kafka *kafka = self;
	struct kafka_partition *p = &kafka->partitions[partition];
	int64_t deadline = clock_monotonic_ms() + KAFKA_ANSWER_MS;

	if (known(p, end))
		return STATUS_OK;
	for (;;) {
		int64_t now_us = clock_monotonic_us();
		enum status status = kafka_end_ask(kafka, partition, end, err);
		if (status != STATUS_OK || learn(p, *end, now_us))
			return status;
		if (clock_monotonic_ms() > deadline)
			return error_set(err, STATUS_TIMEOUT,
			                 "partition %u of %s ends at %lld, before a committed "
			                 "record at %lld",
			                 partition, kafka->topic, (long long)*end,
			                 (long long)p->behind - 1);
		usleep(1000);
	}
}
