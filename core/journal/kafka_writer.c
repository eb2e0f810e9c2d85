/* Ownership of a partition and its appends.
 *
 * A claim: take both ids over, in parallel; commit an OwnerClaimed record; read it back. A producer
 * whose id has a transaction open is answered CONCURRENT_TRANSACTIONS while the brokers abort it,
 * and librdkafka then sleeps 500 ms whatever its settings. So the first tries wait 30 ms only and
 * go on with a fresh instance, which brings a takeover from a second down to some 50 ms; later
 * tries wait longer and longer, so that slow brokers are not asked for ever. */
#include "core/journal/kafka.h"

#include "core/base/clock.h"

enum { TAKE_OVER_MS = 30, TAKE_OVER_QUICK = 4 };
enum { MARKER = 1 }; /* the offset that the commit marker of a transaction takes */

enum status kafka_take_over(const struct kafka *kafka, uint32_t partition, char letter,
                            struct kafka_producer *spare, struct kafka_producer **out,
                            struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + KAFKA_CLAIM_MS;
	int timeout_ms = TAKE_OVER_MS;

	for (unsigned i = 1;; i++) {
		struct error why = {0};
		enum status status = STATUS_INVALID;
		struct kafka_producer *producer =
		        spare ? spare : kafka_producer_new(kafka, partition, letter, &why);

		spare = NULL;
		status = producer ? kafka_producer_init(producer, timeout_ms, &why) : why.status;
		if (status == STATUS_OK) {
			*out = producer;
			return STATUS_OK;
		}
		kafka_producer_free(producer);
		if (status != STATUS_TIMEOUT || clock_monotonic_ms() > deadline)
			return error_set(err, status, "%s", why.text);
		if (i >= TAKE_OVER_QUICK)
			timeout_ms *= 2;
	}
}

struct take_over {
	const struct kafka *kafka;
	uint32_t partition;
	struct kafka_producer *spare;
	struct kafka_producer *producer;
	enum status status;
	struct error err;
};

static void *take_over_b(void *arg)
{
	struct take_over *b = arg;

	b->status = kafka_take_over(b->kafka, b->partition, 'b', b->spare, &b->producer, &b->err);
	return NULL;
}

static void drop(struct kafka_partition *p)
{
	p->claimed = false;
	for (int i = 0; i < 2; i++) {
		kafka_producer_free(p->producers[i]);
		p->producers[i] = NULL;
	}
}

static enum status take_both_over(struct kafka *kafka, uint32_t partition, struct error *err)
{
	struct kafka_partition *p = &kafka->partitions[partition];
	struct take_over b = {.kafka = kafka, .partition = partition, .spare = p->spares[1]};
	struct kafka_producer *spare = p->spares[0];
	enum status status;
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, take_over_b, &b);

	if (rc != 0)
		return error_set(err, STATUS_UNAVAILABLE, "start a thread: %s", strerror(rc));
	p->spares[0] = p->spares[1] = NULL;
	status = kafka_take_over(kafka, partition, 'a', spare, &p->producers[0], err);
	pthread_join(thread, NULL);
	p->producers[1] = b.producer;
	if (status == STATUS_OK && b.status != STATUS_OK)
		status = error_set(err, b.status, "%s", b.err.text);
	return status;
}

/* The record at @offset can be read, and it is @value: then everything committed before can, too.
 */
static enum status read_back(struct kafka *kafka, uint32_t partition, int64_t offset,
                             struct slice value, struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + KAFKA_CLAIM_MS;
	struct journal_entry entry;
	uint32_t n = 0;
	void *reader;
	enum status status = kafka_reader_open(kafka, &reader, err);

	if (status != STATUS_OK)
		return status;
	status = kafka_reader_assign(reader, partition, offset, err);
	while (status == STATUS_OK && n == 0) {
		if (clock_monotonic_ms() > deadline)
			status = error_set(err, STATUS_TIMEOUT,
			                   "OwnerClaimed at %lld cannot be read back",
			                   (long long)offset);
		else
			status = kafka_reader_poll(reader, 1000, &entry, 1, &n, err);
	}
	if (status == STATUS_OK && (entry.offset != offset || !slice_equal(entry.value, value)))
		status = error_set(err, STATUS_CORRUPT,
		                   "OwnerClaimed written at %lld, another record read at %lld",
		                   (long long)offset, (long long)entry.offset);
	kafka_reader_close(reader);
	return status;
}

static int64_t end_known(struct kafka_partition *p)
{
	int64_t behind;

	pthread_mutex_lock(&p->end_lock);
	behind = p->behind;
	pthread_mutex_unlock(&p->end_lock);
	return behind;
}

/* Offsets grow, unless somebody deleted the topic and made another of its name under us: what was
 * committed there is not in our journal. No more of it until a restart, which looks at whose the
 * topic is. @behind: the end that was known before the commit; readers know it soon after. */
static enum status check_place(struct kafka *kafka, uint32_t partition, int64_t behind,
                               int64_t last, struct error *err)
{
	if (last >= behind)
		return STATUS_OK;
	atomic_store(&kafka->replaced, true);
	return error_set(err, STATUS_UNKNOWN,
	                 "partition %u of topic %s was appended to at %lld, but had records up to "
	                 "%lld",
	                 partition, kafka->topic, (long long)last, (long long)behind - 1);
}

static enum status check_topic(struct kafka *kafka, struct error *err)
{
	if (!atomic_load(&kafka->replaced))
		return STATUS_OK;
	return error_set(err, STATUS_CORRUPT,
	                 "topic %s is another one than when it was opened: bring the old one back "
	                 "and restart",
	                 kafka->topic);
}

static enum status write_claim(struct kafka *kafka, uint32_t partition,
                               const struct journal_owner *owner, int64_t *end, struct error *err)
{
	struct kafka_partition *p = &kafka->partitions[partition];
	struct journal_record record = {0};
	struct buf value = {0};
	int64_t offset, behind = end_known(p);
	enum status status;

	journal_control_claimed(owner, partition, clock_now_ms(), &value);
	record.value = buf_slice(&value);
	status = kafka_producer_commit(p->producers[0], &record, 1, NULL, &offset, err);
	if (status == STATUS_OK)
		status = check_place(kafka, partition, behind, offset, err);
	if (status == STATUS_OK)
		status = read_back(kafka, partition, offset, record.value, err);
	/* a rival was quicker, or the brokers are in trouble: the caller may try again */
	if (status == STATUS_FENCED || status == STATUS_UNKNOWN || status == STATUS_REJECTED)
		status = error_set(err, STATUS_UNAVAILABLE, "write OwnerClaimed: %s", err->text);
	buf_release(&value);
	*end = offset + 1;
	return status;
}

enum status kafka_claim(void *self, uint32_t partition, const struct journal_owner *owner,
                        int64_t *end, struct error *err)
{
	struct kafka *kafka = self;
	struct kafka_partition *p = &kafka->partitions[partition];
	struct error why = {0};
	enum status status;

	pthread_mutex_lock(&p->lock);
	drop(p);
	status = check_topic(kafka, &why);
	if (status == STATUS_OK)
		status = take_both_over(kafka, partition, &why);
	if (status == STATUS_OK)
		status = write_claim(kafka, partition, owner, end, &why);
	if (status == STATUS_OK) {
		p->claimed = true;
		p->turn = 1;
		p->ours = *end + MARKER;
		kafka_end_behind(kafka, partition, *end);
		kafka_watch_start(kafka->watch);
	} else {
		drop(p);
		error_set(err, status, "%s", why.text);
	}
	pthread_mutex_unlock(&p->lock);
	return status;
}

void kafka_prepare(void *self, uint32_t partition)
{
	struct kafka *kafka = self;
	struct kafka_partition *p = &kafka->partitions[partition];
	struct error err;

	if (kafka->read_only || kafka->identity.partitions > KAFKA_SPARES_MAX)
		return;
	pthread_mutex_lock(&p->lock);
	for (int i = 0; i < 2 && !p->claimed; i++)
		if (!p->spares[i])
			p->spares[i] = kafka_producer_new(kafka, partition, i ? 'b' : 'a', &err);
	pthread_mutex_unlock(&p->lock);
}

void kafka_release(void *self, uint32_t partition)
{
	struct kafka *kafka = self;
	struct kafka_partition *p = &kafka->partitions[partition];

	pthread_mutex_lock(&p->lock);
	drop(p);
	for (int i = 0; i < 2; i++) {
		kafka_producer_free(p->spares[i]);
		p->spares[i] = NULL;
	}
	pthread_mutex_unlock(&p->lock);
}

enum status kafka_append(void *self, uint32_t partition, const struct journal_record *records,
                         uint32_t n, int64_t *offsets, struct error *err)
{
	struct kafka *kafka = self;
	struct kafka_partition *p = &kafka->partitions[partition];
	enum status status;

	pthread_mutex_lock(&p->lock);
	if (!p->claimed) {
		status = error_set(err, STATUS_FENCED, "the partition is not claimed");
	} else {
		int64_t last, behind = end_known(p);
		status = kafka_producer_commit(p->producers[p->turn], records, n, offsets, &last,
		                               err);
		p->turn ^= 1;
		if (status == STATUS_OK)
			status = check_place(kafka, partition, behind, last, err);
		if (status == STATUS_OK) {
			p->ours += n + MARKER;
			kafka_end_behind(kafka, partition, last + 1);
		} else if (status != STATUS_REJECTED) {
			drop(p);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return status;
}

/* A rival takes both ids over before it claims, and that waits until the markers of all our
 * transactions are written. So its claim lies behind them all, and before it serves it has read the
 * claim: the end of the log was behind it. As long as the end is not behind what we count, no rival
 * serves. The count may be too low (the markers of what was rolled back are not counted, nor are
 * records of others): then the answer is FENCED without a rival, and the next claim counts anew. */
enum status kafka_confirm(void *self, uint32_t partition, struct error *err)
{
	struct kafka *kafka = self;
	struct kafka_partition *p = &kafka->partitions[partition];
	enum status status = STATUS_OK;
	int64_t end;

	pthread_mutex_lock(&p->lock);
	if (!p->claimed)
		status = error_set(err, STATUS_FENCED, "the partition is not claimed");
	if (status == STATUS_OK)
		status = kafka_end_ask(kafka, partition, &end, err);
	if (status == STATUS_OK && end > p->ours)
		status =
		        error_set(err, STATUS_FENCED, "the log ends at %lld, what we wrote at %lld",
		                  (long long)end, (long long)p->ours);
	if (status != STATUS_OK)
		drop(p);
	pthread_mutex_unlock(&p->lock);
	return status;
}
