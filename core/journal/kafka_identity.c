/* The identity of the journal in a topic: the first committed record of every partition is a
 * JournalCreated record, the same journal in all of them.
 *
 * Several processes may open an empty topic at once. Whoever writes to a partition has taken its
 * id over and has seen after that that it is still empty; a second one fences the first or finds
 * its record. Who was fenced leaves the partition alone for a random time, each time a longer one,
 * so that they do not go on fencing each other before anybody has written. Partition 0 decides
 * which journal it is. */
#include "core/journal/kafka.h"

#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/uuid.h"
#include "core/codec/event_codec.h"

enum { OPEN_MS = 10000 };
enum { CREATE_MS = 60000 }; /* how long to try to write one partition's record */
/* Between two tries: a random time below this, which doubles up to the maximum. */
enum { PAUSE_MS = 50, PAUSE_MAX_MS = 2000 };

static void identity_of(const struct journal_created *from, struct journal_identity *to)
{
	uint32_t max = sizeof(to->ancestors) / sizeof(to->ancestors[0]);

	to->unfinished = from->lineage.n > 0 && from->lineage.items[0].copied_at == 0;
	to->id = from->journal_id;
	to->partitions = (uint32_t)from->partitions;
	to->keys_id = from->has_keys_id ? from->keys_id : (struct uuid){{0}};
	for (to->ancestors_n = 0; to->ancestors_n < from->lineage.n && to->ancestors_n < max;
	     to->ancestors_n++)
		to->ancestors[to->ancestors_n] = from->lineage.items[to->ancestors_n].journal_id;
}

enum status kafka_identity_decode(struct slice value, struct journal_identity *identity,
                                  uint32_t *partition, struct error *err)
{
	char block[4096];
	struct arena arena;
	struct control control;
	enum status status;

	arena_init(&arena, block, sizeof(block));
	status = control_decode(value, &arena, &control, err);
	if (status != STATUS_OK)
		return status;
	if (control.type != CONTROL_JOURNAL_CREATED)
		return error_set(err, STATUS_FOREIGN, "not a JournalCreated record");
	identity_of(&control.journal_created, identity);
	*partition = (uint32_t)control.journal_created.partition;
	return STATUS_OK;
}

static enum status check_number(const struct kafka *kafka, uint32_t found, uint32_t journal,
                                uint32_t configured, struct error *err)
{
	struct topic_report report = {0};

	kafka_partitions_judge(found, journal, configured, &report);
	return kafka_report_refuse(kafka->topic, &report, err);
}

static enum status check_first(const struct kafka *kafka, uint32_t partition, uint32_t partitions,
                               const struct journal_entry *entry, struct journal_identity *identity,
                               struct error *err)
{
	struct error why = {0};
	uint32_t of = 0;
	enum status status = kafka_identity_decode(entry->value, identity, &of, &why);

	if (status == STATUS_UNKNOWN_SCHEMA)
		return error_set(err, STATUS_VERSION, "topic %s: %s", kafka->topic, why.text);
	if (status != STATUS_OK)
		return error_set(err, STATUS_INVALID,
		                 "topic %s does not hold a journal: its partition %u begins with "
		                 "another record (%s)",
		                 kafka->topic, partition, why.text);
	if (of != partition)
		return error_set(err, STATUS_INVALID,
		                 "topic %s: partition %u begins with the record of partition %u",
		                 kafka->topic, partition, of);
	if (partitions == 0) /* whatever it was made with */
		return STATUS_OK;
	return check_number(kafka, partitions, identity->partitions, 0, err);
}

/* Is there a committed record, and of which journal? NOT_FOUND if the partition is empty. */
static enum status read_first(struct kafka *kafka, uint32_t partition, uint32_t partitions,
                              struct journal_identity *identity, struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + OPEN_MS;
	struct journal_entry entry;
	int64_t end;
	uint32_t n = 0;
	void *reader;
	enum status status = kafka_end_ask(kafka, partition, &end, err);

	if (status != STATUS_OK)
		return status;
	if (end == 0)
		return error_set(err, STATUS_NOT_FOUND, "partition %u is empty", partition);
	status = kafka_reader_open(kafka, &reader, err);
	if (status != STATUS_OK)
		return status;
	status = kafka_reader_assign(reader, partition, 0, err);
	while (status == STATUS_OK && n == 0 && kafka_reader_position(reader, partition) < end) {
		status = kafka_reader_poll(reader, 200, &entry, 1, &n, err);
		if (status == STATUS_OK && n == 0 && clock_monotonic_ms() > deadline)
			status = error_set(err, STATUS_UNAVAILABLE,
			                   "partition %u of topic %s cannot be read", partition,
			                   kafka->topic);
	}
	if (status == STATUS_OK && n == 0)
		status = error_set(err, STATUS_NOT_FOUND, "partition %u is empty", partition);
	else if (status == STATUS_OK)
		status = check_first(kafka, partition, partitions, &entry, identity, err);
	kafka_reader_close(reader);
	return status;
}

static enum status write_first(struct kafka *kafka, struct kafka_producer *producer,
                               uint32_t partition, struct error *err)
{
	struct journal_record record = {0};
	struct buf value = {0};
	int64_t offset;
	enum status status;

	journal_control_created(&kafka->identity, partition, clock_now_ms(), &value);
	record.value = buf_slice(&value);
	status = kafka_producer_commit(producer, &record, 1, NULL, &offset, err);
	buf_release(&value);
	return status;
}

/* Write the first record of an empty partition. */
static enum status create(struct kafka *kafka, uint32_t partition, uint32_t partitions,
                          struct error *err)
{
	struct kafka_producer *producer;
	struct journal_identity found = {0};
	enum status status = kafka_take_over(kafka, partition, 'a', NULL, &producer, err);

	if (status != STATUS_OK)
		return status;
	status = read_first(kafka, partition, partitions, &found, err);
	if (status == STATUS_NOT_FOUND)
		status = write_first(kafka, producer, partition, err);
	kafka_producer_free(producer);
	return status;
}

/* A rival that creates the same journal may fence us, or have its record in sight soon. */
static bool try_again(enum status status)
{
	return status == STATUS_NOT_FOUND || status == STATUS_FENCED || status == STATUS_UNKNOWN ||
	       status == STATUS_REJECTED;
}

/* read_first, again while the partition is empty, for @wait_ms. */
static enum status wait_for_first(struct kafka *kafka, uint32_t partition, uint32_t partitions,
                                  uint32_t wait_ms, struct journal_identity *identity,
                                  struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + wait_ms;
	enum status status;

	while ((status = read_first(kafka, partition, partitions, identity, err)) ==
	               STATUS_NOT_FOUND &&
	       clock_monotonic_ms() < deadline)
		usleep(10000);
	return status;
}

static uint32_t random_below(uint32_t n)
{
	uint32_t random;

	random_bytes(&random, sizeof(random));
	return random % n;
}

static enum status create_one(struct kafka *kafka, uint32_t partition, uint32_t partitions,
                              struct journal_identity *identity, struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + CREATE_MS;
	uint32_t most_ms = PAUSE_MS;
	enum status status;

	do {
		status = create(kafka, partition, partitions, err);
		if (status == STATUS_OK || try_again(status))
			status = wait_for_first(kafka, partition, partitions, random_below(most_ms),
			                        identity, err);
		most_ms = most_ms * 2 < PAUSE_MAX_MS ? most_ms * 2 : PAUSE_MAX_MS;
	} while (try_again(status) && clock_monotonic_ms() < deadline);
	return try_again(status) ? error_set(err, STATUS_UNAVAILABLE, "create partition %u: %s",
	                                     partition, err->text)
	                         : status;
}

static enum status open_one(struct kafka *kafka, uint32_t partition, uint32_t partitions,
                            uint32_t configured, bool do_create, struct journal_identity *identity,
                            struct error *err)
{
	enum status status = read_first(kafka, partition, partitions, identity, err);

	if (status == STATUS_NOT_FOUND && partition == 0 && do_create) {
		enum status fits = check_number(kafka, partitions, 0, configured, err);
		if (fits != STATUS_OK)
			return fits;
	}
	if (status == STATUS_NOT_FOUND && partition > 0 && !do_create) /* being created? */
		status = wait_for_first(kafka, partition, partitions, OPEN_MS, identity, err);
	if (status == STATUS_NOT_FOUND && !do_create)
		return error_set(err, partition == 0 ? STATUS_NOT_FOUND : STATUS_CORRUPT,
		                 "topic %s: partition %u holds no journal", kafka->topic,
		                 partition);
	return status == STATUS_NOT_FOUND ? create_one(kafka, partition, partitions, identity, err)
	                                  : status;
}

enum status kafka_identity_ask(struct kafka *kafka, uint32_t *partitions, struct error *err)
{
	struct journal_identity found = {0};
	enum status status = read_first(kafka, 0, 0, &found, err);

	*partitions = found.partitions;
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status kafka_identity_open(struct kafka *kafka, uint32_t partitions, uint32_t configured,
                                bool do_create, struct error *err)
{
	struct error why = {0};

	for (uint32_t i = 0; i < partitions; i++) {
		struct journal_identity found = {0};
		enum status status =
		        open_one(kafka, i, partitions, configured, do_create, &found, &why);
		if (status != STATUS_OK)
			return error_set(err, status, "%s", why.text);
		if (i == 0)
			kafka->identity = found;
		if (!uuid_equal(&found.id, &kafka->identity.id))
			return error_set(err, STATUS_INVALID,
			                 "topic %s: partition %u belongs to another journal than "
			                 "partition 0",
			                 kafka->topic, i);
	}
	return STATUS_OK;
}
