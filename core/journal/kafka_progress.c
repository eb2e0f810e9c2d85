/* How far readers have come, told to the brokers: as the committed offsets of consumer groups
 * "nexusflow.<reader>", so that kafka-consumer-groups, exporters and KEDA see lags. Nothing here
 * reads them: readers start where their own stores stand.
 *
 * The groups have no members: each reader has an instance that belongs to its group, never
 * subscribes, and only commits. (Setting offsets as an administrator would need no instance more,
 * but librdkafka 2.0.2 ends the process by an assertion, rd_kafka_enq_once_del_source_return, when
 * the connection to the coordinator is reset at the wrong moment.) Positions count holes, so the
 * lag of a reader that has seen everything is 0 although the log ends with a commit marker.
 *
 * Brokers forget the offsets of a group without members after offsets.retention.minutes (a week by
 * default), hence the refreshing; it also rights what others have set. */
#include "core/journal/kafka.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/log.h"

enum { EVERY_MS = 5000, REFRESH_MS = 60000, LAST_MS = 3000 };

struct reader {
	struct reader *next;
	char group[80];
	struct kafka_link link;
	rd_kafka_t *rk; /* NULL: there cannot be one; told */
	rd_kafka_queue_t *answers;
	int64_t at[JOURNAL_PARTITIONS_MAX];   /* where it is */
	int64_t sent[JOURNAL_PARTITIONS_MAX]; /* what was last sent */
	int64_t sent_ms;                      /* when; 0: never */
	bool under_way;                       /* and not answered yet */
	bool told;                            /* `sent` was accepted */
	char trouble[200];                    /* logged; "" after a success */
};

struct kafka_progress {
	pthread_mutex_t lock;
	struct reader *readers;
};

struct kafka_progress *kafka_progress_new(void)
{
	struct kafka_progress *progress = mem_new(sizeof(*progress));

	pthread_mutex_init(&progress->lock, NULL);
	return progress;
}

static struct reader *reader_new(const struct kafka *kafka, const char *group)
{
	struct reader *reader = mem_new(sizeof(*reader));
	struct error err;

	snprintf(reader->group, sizeof(reader->group), "%s", group);
	kafka_link_init(&reader->link);
	reader->rk = kafka_instance(kafka, KAFKA_PROGRESS, group, &reader->link, &err);
	if (reader->rk)
		reader->answers = rd_kafka_queue_new(reader->rk);
	else
		log_warn("kafka", "cannot tell the progress to the consumer group",
		         LOG_S("group", group), LOG_S("reason", err.text));
	return reader;
}

static void reader_free(struct reader *reader)
{
	if (reader->rk) {
		rd_kafka_queue_destroy(reader->answers);
		rd_kafka_destroy_flags(reader->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	}
	kafka_link_release(&reader->link);
	free(reader);
}

static struct reader *find(const struct kafka *kafka, const char *name)
{
	struct kafka_progress *progress = kafka->progress;
	struct reader *reader;
	char group[sizeof(reader->group)];

	snprintf(group, sizeof(group), "nexusflow.%s", name);
	for (reader = progress->readers; reader; reader = reader->next)
		if (strcmp(reader->group, group) == 0)
			return reader;
	reader = reader_new(kafka, group);
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

static void tell(const struct kafka *kafka, struct reader *reader)
{
	rd_kafka_topic_partition_list_t *list =
	        rd_kafka_topic_partition_list_new((int)kafka->identity.partitions);

	for (uint32_t i = 0; i < kafka->identity.partitions; i++)
		rd_kafka_topic_partition_list_add(list, kafka->topic, (int32_t)i)->offset =
		        reader->at[i];
	reader->under_way = rd_kafka_commit_queue(reader->rk, list, reader->answers, NULL, NULL) ==
	                    RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_topic_partition_list_destroy(list);
	memcpy(reader->sent, reader->at, bytes_of(kafka));
	reader->sent_ms = clock_monotonic_ms();
	reader->told = false;
}

/* NULL if all partitions were accepted. */
static const char *trouble_of(rd_kafka_event_t *event)
{
	const rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);

	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return rd_kafka_event_error_string(event);
	for (int i = 0; list && i < list->cnt; i++)
		if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
			return rd_kafka_err2str(list->elems[i].err);
	return NULL;
}

/* Trouble is told once; it is nothing that a view or its readers would notice. */
static void note_answer(struct reader *reader, rd_kafka_event_t *event)
{
	const char *trouble = trouble_of(event);

	reader->under_way = false;
	reader->told = !trouble;
	if (trouble && strcmp(reader->trouble, trouble) != 0)
		log_warn("kafka", "cannot tell the progress to the consumer group",
		         LOG_S("group", reader->group), LOG_S("reason", trouble));
	snprintf(reader->trouble, sizeof(reader->trouble), "%s", trouble ? trouble : "");
}

static void take_answers(struct reader *reader, int timeout_ms)
{
	rd_kafka_event_t *event;

	while (reader->under_way &&
	       (event = rd_kafka_queue_poll(reader->answers, timeout_ms)) != NULL) {
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_OFFSET_COMMIT)
			note_answer(reader, event);
		rd_kafka_event_destroy(event);
	}
}

static bool is_due(const struct kafka *kafka, const struct reader *reader)
{
	int64_t age_ms = clock_monotonic_ms() - reader->sent_ms;

	if (reader->under_way && age_ms < REFRESH_MS)
		return false;
	return reader->sent_ms == 0 || age_ms >= (is_told(kafka, reader) ? REFRESH_MS : EVERY_MS);
}

void kafka_progress(void *self, const char *name, const int64_t *next_offset)
{
	struct kafka *kafka = self;
	struct kafka_progress *progress = kafka->progress;
	struct reader *reader;

	pthread_mutex_lock(&progress->lock);
	reader = find(kafka, name);
	take_answers(reader, 0);
	memcpy(reader->at, next_offset, bytes_of(kafka));
	if (reader->rk && is_due(kafka, reader))
		tell(kafka, reader);
	pthread_mutex_unlock(&progress->lock);
}

/* Without waiting for brokers that have not answered the last time. */
static void send_rest(const struct kafka *kafka, struct reader *reader, int64_t deadline)
{
	int64_t left = deadline - clock_monotonic_ms();

	if (!reader->rk || reader->trouble[0])
		return;
	if (!reader->under_way && !is_told(kafka, reader))
		tell(kafka, reader);
	take_answers(reader, left > 0 ? (int)left : 0);
	if (!reader->under_way && !is_told(kafka, reader)) { /* what came while it was under way */
		tell(kafka, reader);
		take_answers(reader, left > 0 ? (int)left : 0);
	}
}

void kafka_progress_free(struct kafka *kafka)
{
	struct kafka_progress *progress = kafka->progress;
	int64_t deadline = clock_monotonic_ms() + LAST_MS;

	if (!progress)
		return;
	for (struct reader *reader = progress->readers; reader; reader = reader->next)
		send_rest(kafka, reader, deadline);
	while (progress->readers) {
		struct reader *reader = progress->readers;
		progress->readers = reader->next;
		reader_free(reader);
	}
	pthread_mutex_destroy(&progress->lock);
	free(progress);
}
