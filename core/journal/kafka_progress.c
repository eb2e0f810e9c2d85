/* How far readers have come, told to the brokers: as the committed offsets of consumer groups
 * "nexusflow.<reader>", so that kafka-consumer-groups, exporters and KEDA see lags. Nothing here
 * reads them: readers start where their own stores stand.
 *
 * The groups have no members. Offsets are set as an administrator would set them, over the
 * instance that asks questions, so that a reader costs no instance more. Positions count holes, so
 * the lag of a reader that has seen everything is 0 although the log ends with a commit marker.
 *
 * Brokers forget the offsets of a group without members after offsets.retention.minutes (a week by
 * default), hence the refreshing; it also rights what others have set. */
#include "core/journal/kafka.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"

enum { EVERY_MS = 5000, REFRESH_MS = 60000, LAST_MS = 1000 };

struct reader {
	struct reader *next;
	char group[80];
	int64_t at[JOURNAL_PARTITIONS_MAX];   /* where it is */
	int64_t sent[JOURNAL_PARTITIONS_MAX]; /* what was last sent */
	int64_t sent_ms;                      /* when; 0: never */
	bool under_way;                       /* and not answered yet */
	bool told;                            /* `sent` was accepted */
	char trouble[200];                    /* logged; "" after a success */
};

struct kafka_progress {
	pthread_mutex_t lock;
	rd_kafka_queue_t *answers;
	struct reader *readers;
};

struct kafka_progress *kafka_progress_new(const struct kafka *kafka)
{
	struct kafka_progress *progress = mem_new(sizeof(*progress));

	pthread_mutex_init(&progress->lock, NULL);
	progress->answers = rd_kafka_queue_new(kafka->client);
	return progress;
}

static struct reader *find(struct kafka_progress *progress, const char *name)
{
	struct reader *reader;
	char group[sizeof(reader->group)];

	snprintf(group, sizeof(group), "nexusflow.%s", name);
	for (reader = progress->readers; reader; reader = reader->next)
		if (strcmp(reader->group, group) == 0)
			return reader;
	reader = mem_new(sizeof(*reader));
	memcpy(reader->group, group, sizeof(group));
	reader->next = progress->readers;
	progress->readers = reader;
	return reader;
}

static size_t bytes_of(const struct kafka *kafka)
{
	return kafka->identity.partitions * sizeof(int64_t);
}

static bool is_told(const struct kafka *kafka, const struct reader *reader)
{
	return reader->told && memcmp(reader->at, reader->sent, bytes_of(kafka)) == 0;
}

static void tell(struct kafka *kafka, struct reader *reader)
{
	rd_kafka_topic_partition_list_t *list =
	        rd_kafka_topic_partition_list_new((int)kafka->identity.partitions);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(
	        kafka->client, RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS);
	rd_kafka_AlterConsumerGroupOffsets_t *offsets;

	for (uint32_t i = 0; i < kafka->identity.partitions; i++)
		rd_kafka_topic_partition_list_add(list, kafka->topic, (int32_t)i)->offset =
		        reader->at[i];
	offsets = rd_kafka_AlterConsumerGroupOffsets_new(reader->group, list);
	rd_kafka_AdminOptions_set_opaque(options, reader);
	rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_ANSWER_MS, NULL, 0);
	rd_kafka_AlterConsumerGroupOffsets(kafka->client, &offsets, 1, options,
	                                   kafka->progress->answers);
	rd_kafka_AlterConsumerGroupOffsets_destroy(offsets);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_topic_partition_list_destroy(list);
	memcpy(reader->sent, reader->at, bytes_of(kafka));
	reader->sent_ms = clock_monotonic_ms();
	reader->under_way = true;
	reader->told = false;
}

/* NULL if all partitions were accepted. */
static const char *trouble_of(rd_kafka_event_t *event)
{
	const rd_kafka_group_result_t **groups;
	const rd_kafka_topic_partition_list_t *list;
	size_t n;

	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return rd_kafka_event_error_string(event);
	groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(
	        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &n);
	if (n != 1)
		return "no answer";
	if (rd_kafka_group_result_error(groups[0]))
		return rd_kafka_error_string(rd_kafka_group_result_error(groups[0]));
	list = rd_kafka_group_result_partitions(groups[0]);
	for (int i = 0; list && i < list->cnt; i++)
		if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
			return rd_kafka_err2str(list->elems[i].err);
	return NULL;
}

/* Trouble is told once; it is nothing that a view or its readers would notice. */
static void note_answer(rd_kafka_event_t *event)
{
	struct reader *reader = rd_kafka_event_opaque(event);
	const char *trouble = trouble_of(event);

	reader->under_way = false;
	reader->told = !trouble;
	if (trouble && strcmp(reader->trouble, trouble) != 0)
		log_warn("kafka", "cannot tell the progress to the consumer group",
		         LOG_S("group", reader->group), LOG_S("reason", trouble));
	snprintf(reader->trouble, sizeof(reader->trouble), "%s", trouble ? trouble : "");
}

static bool take_answer(struct kafka_progress *progress, int timeout_ms)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(progress->answers, timeout_ms);

	if (!event)
		return false;
	note_answer(event);
	rd_kafka_event_destroy(event);
	return true;
}

static bool is_due(const struct kafka *kafka, const struct reader *reader)
{
	int64_t age_ms = clock_monotonic_ms() - reader->sent_ms;

	if (reader->under_way)
		return false;
	return reader->sent_ms == 0 || age_ms >= (is_told(kafka, reader) ? REFRESH_MS : EVERY_MS);
}

void kafka_progress(void *self, const char *name, const int64_t *next_offset)
{
	struct kafka *kafka = self;
	struct kafka_progress *progress = kafka->progress;
	struct reader *reader;

	pthread_mutex_lock(&progress->lock);
	while (take_answer(progress, 0))
		;
	reader = find(progress, name);
	memcpy(reader->at, next_offset, bytes_of(kafka));
	if (is_due(kafka, reader))
		tell(kafka, reader);
	pthread_mutex_unlock(&progress->lock);
}

static bool send_rest(struct kafka *kafka)
{
	bool waiting = false;

	for (struct reader *r = kafka->progress->readers; r; r = r->next) {
		bool in_trouble = r->trouble[0] != '\0';
		if (!r->under_way && !is_told(kafka, r) && !in_trouble)
			tell(kafka, r);
		waiting = waiting || r->under_way;
	}
	return waiting;
}

void kafka_progress_free(struct kafka *kafka)
{
	struct kafka_progress *progress = kafka->progress;
	int64_t deadline = clock_monotonic_ms() + LAST_MS;

	if (!progress)
		return;
	while (send_rest(kafka) && clock_monotonic_ms() < deadline)
		take_answer(progress, (int)(deadline - clock_monotonic_ms()));
	rd_kafka_queue_destroy(progress->answers);
	while (progress->readers) {
		struct reader *reader = progress->readers;
		progress->readers = reader->next;
		free(reader);
	}
	pthread_mutex_destroy(&progress->lock);
	free(progress);
}
