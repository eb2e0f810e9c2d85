/* Readers: one consumer instance each, partitions assigned with explicit offsets, committed
 * records only.
 *
 * Holes. Commit markers and aborted records occupy offsets but are never delivered. librdkafka
 * tells that it has passed them when a fetch finds the end of the log (PARTITION_EOF), up to
 * fetch.wait.max.ms later; that event moves the position to the end.
 *
 * Bounded memory. librdkafka 2.0.2 stops fetching when its queue is over the limit and then looks
 * again only after a second, unless something else wakes the thread of that broker; with a queue
 * small enough for six readers in a process that would throttle a replay to a few MB/s. So whenever
 * a quarter of a queue has been delivered, a request whose answer nobody needs goes to the broker
 * of that partition. Newer versions have fetch.queue.backoff.ms for this. */
#include "core/journal/kafka.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"

enum { NUDGE_BYTES = 256 * 1024, TRUNCATED_MS = 2000, LEARN_MS = 1000 };

struct kafka_reader {
	struct kafka_link link; /* first: the opaque of the instance */
	struct kafka *kafka;
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;                   /* what poll waits on; for wake */
	rd_kafka_topic_t *topic;                   /* keeps what is known of it */
	int64_t positions[JOURNAL_PARTITIONS_MAX]; /* -1: not assigned */

	rd_kafka_message_t **held; /* what the entries of the last poll borrow from */
	uint32_t held_n;
	uint32_t held_cap;
	bool omits_headers;
	struct buf headers; /* packed, of all entries of the last poll */

	size_t unnudged;      /* bytes delivered since the last nudge */
	struct error failure; /* of a partition; told by every poll until it is assigned anew */
	uint32_t failed_partition;
};

static void let_go(struct kafka_reader *reader)
{
	for (uint32_t i = 0; i < reader->held_n; i++)
		rd_kafka_message_destroy(reader->held[i]);
	reader->held_n = 0;
	buf_clear(&reader->headers);
}

void kafka_reader_omit_headers(void *self)
{
	struct kafka_reader *reader = self;

	reader->omits_headers = true;
}

/* Connect and learn who leads the partitions. An instance that is assigned a partition before its
 * first connection stands asks for that only when it looks after unknown topics, once a second;
 * a claim that reads itself back then takes a second. Brokers that do not answer show in a poll. */
static void learn_topic(struct kafka_reader *reader)
{
	const struct rd_kafka_metadata *metadata;

	reader->topic = rd_kafka_topic_new(reader->rk, reader->kafka->topic, NULL);
	if (reader->topic && rd_kafka_metadata(reader->rk, 0, reader->topic, &metadata, LEARN_MS) ==
	                             RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_metadata_destroy(metadata);
}

enum status kafka_reader_open(void *self, void **out, struct error *err)
{
	struct kafka_reader *reader = mem_new(sizeof(*reader));

	kafka_link_init(&reader->link);
	reader->kafka = self;
	for (uint32_t i = 0; i < JOURNAL_PARTITIONS_MAX; i++)
		reader->positions[i] = -1;
	reader->rk = kafka_instance(reader->kafka, KAFKA_READER, NULL, &reader->link, err);
	if (!reader->rk) {
		kafka_reader_close(reader);
		return STATUS_INVALID;
	}
	reader->queue = rd_kafka_queue_get_consumer(reader->rk);
	learn_topic(reader);
	*out = reader;
	return STATUS_OK;
}

void kafka_reader_close(void *self)
{
	struct kafka_reader *reader = self;

	let_go(reader);
	if (reader->rk) {
		rd_kafka_queue_destroy(reader->queue);
		if (reader->topic)
			rd_kafka_topic_destroy(reader->topic);
		/* no group to leave, no offsets to commit; closing a consumer may hang in 2.0.2 */
		rd_kafka_destroy_flags(reader->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	}
	kafka_link_release(&reader->link);
	free(reader->held);
	buf_release(&reader->headers);
	free(reader);
}

/* Both change the assignment of one partition and leave the others' prefetched records alone. */
static enum status change(struct kafka_reader *reader, uint32_t partition, int64_t offset,
                          struct error *err)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_error_t *error = NULL;
	enum status status = STATUS_OK;

	rd_kafka_topic_partition_list_add(list, reader->kafka->topic, (int32_t)partition)->offset =
	        offset;
	if (reader->positions[partition] >= 0)
		error = rd_kafka_incremental_unassign(reader->rk, list);
	if (!error)
		error = rd_kafka_incremental_assign(reader->rk, list);
	if (error) {
		status = error_set(err, STATUS_UNAVAILABLE, "assign partition %u: %s", partition,
		                   rd_kafka_error_string(error));
		rd_kafka_error_destroy(error);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return status;
}

/* An offset that somebody was given is never behind the end, but for the milliseconds in which
 * the commit marker of its batch is still being written. */
static enum status check_offset(struct kafka_reader *reader, uint32_t partition, int64_t offset,
                                struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + TRUNCATED_MS;
	int64_t end = 0;

	while (offset > 0) {
		enum status status = kafka_end_ask(reader->kafka, partition, &end, err);
		if (status != STATUS_OK)
			return status;
		if (offset <= end)
			break;
		if (clock_monotonic_ms() > deadline)
			return error_set(err, STATUS_CORRUPT,
			                 "partition %u of topic %s ends at %lld, before %lld: "
			                 "acknowledged records are gone",
			                 partition, reader->kafka->topic, (long long)end,
			                 (long long)offset);
		usleep(5000);
	}
	return STATUS_OK;
}

enum status kafka_reader_assign(void *self, uint32_t partition, int64_t offset, struct error *err)
{
	struct kafka_reader *reader = self;
	enum status status = check_offset(reader, partition, offset, err);

	if (status == STATUS_OK)
		status = change(reader, partition, offset, err);
	if (status != STATUS_OK)
		return status;
	reader->positions[partition] = offset;
	if (reader->failed_partition == partition)
		reader->failure.status = STATUS_OK;
	return STATUS_OK;
}

static void nudge(struct kafka_reader *reader, int32_t partition)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, reader->kafka->topic, partition)->offset =
	        RD_KAFKA_OFFSET_END;
	rd_kafka_offsets_for_times(reader->rk, list, 0); /* sent, not waited for */
	rd_kafka_topic_partition_list_destroy(list);
	reader->unnudged = 0;
}

static bool advance(struct kafka_reader *reader, uint32_t partition, int64_t position)
{
	if (position <= reader->positions[partition])
		return false;
	reader->positions[partition] = position;
	kafka_end_behind(reader->kafka, partition, position);
	return true;
}

/* An event that carries no record. True if the caller of poll is to hear of it: the position moved
 * over holes, or the partition cannot be read. */
static bool note_event(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
	uint32_t partition = (uint32_t)message->partition;
	enum status status = STATUS_UNAVAILABLE;

	switch ((int)message->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		return advance(reader, partition, message->offset);
	case RD_KAFKA_RESP_ERR__TRANSPORT: /* retried inside */
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
		return false;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
	case RD_KAFKA_RESP_ERR__BAD_MSG:
	case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
		status = STATUS_CORRUPT;
		break;
	default:
		break;
	}
	reader->failed_partition = partition;
	error_set(&reader->failure, status, "read partition %d of topic %s at %lld: %s",
	          message->partition, reader->kafka->topic, (long long)message->offset,
	          rd_kafka_message_errstr(message));
	return true;
}

/* A foreign record may have more headers than ours may, so they are packed piece by piece.
 * librdkafka allocates every header and every list of them. */
static void pack_headers(struct kafka_reader *reader, const rd_kafka_message_t *message)
{
	struct journal_header some[JOURNAL_HEADERS_MAX];
	struct journal_record piece = {.headers = some};
	rd_kafka_headers_t *headers;
	size_t i = 0;

	if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	do {
		const char *name;
		const void *value;
		size_t size;
		for (piece.headers_n = 0; piece.headers_n < JOURNAL_HEADERS_MAX; i++) {
			if (rd_kafka_header_get_all(headers, i, &name, &value, &size))
				break;
			some[piece.headers_n++] =
			        (struct journal_header){name, slice_of(value, size)};
		}
		size = journal_headers_size(&piece);
		journal_headers_pack(&piece, buf_reserve(&reader->headers, size));
		reader->headers.n += size;
	} while (piece.headers_n == JOURNAL_HEADERS_MAX);
}

static void take(struct kafka_reader *reader, rd_kafka_message_t *message,
                 struct journal_entry *entry)
{
	rd_kafka_timestamp_type_t type;
	size_t before = reader->headers.n;

	if (!reader->omits_headers)
		pack_headers(reader, message);
	*entry = (struct journal_entry){
	        .partition = (uint32_t)message->partition,
	        .offset = message->offset,
	        .timestamp_ms = rd_kafka_message_timestamp(message, &type),
	        .key = slice_of(message->key, message->key_len),
	        .value = slice_of(message->payload, message->len),
	        .headers.n = reader->headers.n - before, /* data: when the buffer stands still */
	};
	if (reader->held_n == reader->held_cap) {
		reader->held_cap = reader->held_cap ? 2 * reader->held_cap : 64;
		reader->held = mem_grow(reader->held, reader->held_cap * sizeof(*reader->held));
	}
	reader->held[reader->held_n++] = message;
	reader->unnudged += message->len + message->key_len;
	advance(reader, (uint32_t)message->partition, message->offset + 1);
	if (reader->unnudged >= NUDGE_BYTES)
		nudge(reader, message->partition);
}

static void point_at_headers(struct kafka_reader *reader, struct journal_entry *entries, uint32_t n)
{
	const char *at = reader->headers.data;

	for (uint32_t i = 0; i < n; i++) {
		entries[i].headers.data = at;
		if (at)
			at += entries[i].headers.n;
	}
}

enum status kafka_reader_poll(void *self, int timeout_ms, struct journal_entry *entries,
                              uint32_t max, uint32_t *n, struct error *err)
{
	struct kafka_reader *reader = self;
	int64_t deadline = clock_monotonic_ms() + timeout_ms;
	bool told = false;

	let_go(reader);
	*n = 0;
	while (*n < max && reader->failure.status == STATUS_OK) {
		int64_t left = *n || told ? 0 : deadline - clock_monotonic_ms();
		rd_kafka_message_t *message =
		        rd_kafka_consumer_poll(reader->rk, left > 0 ? (int)left : 0);
		if (!message)
			break; /* nothing more, the time is over, or woken */
		if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
		    message->offset >= reader->positions[message->partition]) {
			take(reader, message, &entries[(*n)++]);
			continue;
		}
		/* an end that was passed may have records behind it by now: those belong to this
		 * poll, or who commits what a poll gave commits once for every end */
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			told = note_event(reader, message) || told;
		rd_kafka_message_destroy(message);
	}
	point_at_headers(reader, entries, *n);
	if (*n == 0 && reader->failure.status != STATUS_OK)
		return error_set(err, reader->failure.status, "%s", reader->failure.text);
	return STATUS_OK;
}

int64_t kafka_reader_position(const void *self, uint32_t partition)
{
	const struct kafka_reader *reader = self;

	return reader->positions[partition];
}

void kafka_reader_wake(void *self)
{
	struct kafka_reader *reader = self;

	rd_kafka_queue_yield(reader->queue);
}
