/* The topic: made once with the settings that a journal needs, checked at every open.
 *
 * A topic that forgets records (compaction, finite retention) is refused: nothing in this program
 * would notice the loss before the next rebuild. */
#include "core/journal/kafka.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"

/* Room for the batch header around the largest record. */
#define RECORD_OVERHEAD 4096
#define TEXT_OF(x)      #x
#define TEXT(x)         TEXT_OF(x)
#define MESSAGE_BYTES   2097152

static const char *const topic_settings[][2] = {
        {"cleanup.policy", "delete"},
        {"retention.ms", "-1"},
        {"retention.bytes", "-1"},
        {"compression.type", "producer"},
        /* the broker's clock, so that times grow with offsets */
        {"message.timestamp.type", "LogAppendTime"},
        {"max.message.bytes", TEXT(MESSAGE_BYTES)},
};

static enum status unavailable(struct kafka *kafka, const char *reason, struct error *err)
{
	char text[256];

	return error_set(err, STATUS_UNAVAILABLE, "no answer from the Kafka brokers at %s: %s",
	                 kafka->bootstrap,
	                 kafka_link_trouble(&kafka->link, text, sizeof(text), reason));
}

/* Number of partitions; 0: there is no such topic, or it is so new that it has no leaders yet. */
static enum status ask_partitions(struct kafka *kafka, uint32_t *n, struct error *err)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka->client, kafka->topic, NULL);
	const struct rd_kafka_metadata *metadata;
	const struct rd_kafka_metadata_topic *found;
	rd_kafka_resp_err_t rc;

	*n = 0;
	if (!topic)
		return error_set(err, STATUS_INVALID, "kafka_topic = %s: %s", kafka->topic,
		                 rd_kafka_err2str(rd_kafka_last_error()));
	rc = rd_kafka_metadata(kafka->client, 0, topic, &metadata, KAFKA_ANSWER_MS);
	rd_kafka_topic_destroy(topic);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return unavailable(kafka, rd_kafka_err2str(rc), err);
	found = &metadata->topics[0];
	rc = metadata->topic_cnt == 1 ? found->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR) {
		*n = (uint32_t)found->partition_cnt;
		for (int i = 0; i < found->partition_cnt; i++)
			if (found->partitions[i].leader < 0)
				*n = 0;
	}
	rd_kafka_metadata_destroy(metadata);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || rc == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
	    rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "kafka_topic = %s: %s", kafka->topic,
	                 rd_kafka_err2str(rc));
}

static enum status create_result(struct kafka *kafka, rd_kafka_event_t *event, struct error *err)
{
	const rd_kafka_topic_result_t **results;
	rd_kafka_resp_err_t rc;
	size_t n;

	if (!event)
		return unavailable(kafka, "no answer", err);
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return unavailable(kafka, rd_kafka_event_error_string(event), err);
	results =
	        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
	rc = rd_kafka_topic_result_error(results[0]);
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || rc == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "create topic %s: %s", kafka->topic,
	                 rd_kafka_topic_result_error_string(results[0]));
}

static rd_kafka_AdminOptions_t *admin_options(struct kafka *kafka, rd_kafka_admin_op_t op)
{
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(kafka->client, op);
	char text[128];

	/* fails only outside 0..1h */
	rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_ANSWER_MS, text, sizeof(text));
	return options;
}

static enum status create(struct kafka *kafka, uint32_t partitions, struct error *err)
{
	rd_kafka_AdminOptions_t *options = admin_options(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->client);
	rd_kafka_NewTopic_t *topic;
	rd_kafka_event_t *event;
	enum status status;
	char text[256];

	/* replicas: as the brokers' default has it */
	topic = rd_kafka_NewTopic_new(kafka->topic, (int)partitions, -1, text, sizeof(text));
	if (!topic) {
		status = error_set(err, STATUS_INVALID, "create topic %s: %s", kafka->topic, text);
	} else {
		for (size_t i = 0; i < sizeof(topic_settings) / sizeof(topic_settings[0]); i++)
			rd_kafka_NewTopic_set_config(topic, topic_settings[i][0],
			                             topic_settings[i][1]);
		rd_kafka_CreateTopics(kafka->client, &topic, 1, options, queue);
		event = rd_kafka_queue_poll(queue, KAFKA_ANSWER_MS + 1000);
		status = create_result(kafka, event, err);
		if (event)
			rd_kafka_event_destroy(event);
		rd_kafka_NewTopic_destroy(topic);
	}
	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	return status;
}

/* NULL if @value will do; else what it has to be. */
static const char *objection(const char *name, const char *value)
{
	if (strcmp(name, "cleanup.policy") == 0)
		return strcmp(value, "delete") == 0 ? NULL : "must be delete";
	if (strcmp(name, "retention.ms") == 0 || strcmp(name, "retention.bytes") == 0)
		return strtoll(value, NULL, 10) == -1 ? NULL : "must be -1 (for ever)";
	if (strcmp(name, "max.message.bytes") == 0)
		return strtoll(value, NULL, 10) >= JOURNAL_RECORD_BYTES_MAX + RECORD_OVERHEAD
		               ? NULL
		               : "is too small for the largest record";
	return NULL;
}

static enum status check_result(struct kafka *kafka, rd_kafka_event_t *event, struct error *err)
{
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	size_t n;

	if (!event)
		return unavailable(kafka, "no answer", err);
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return unavailable(kafka, rd_kafka_event_error_string(event), err);
	resources = rd_kafka_DescribeConfigs_result_resources(
	        rd_kafka_event_DescribeConfigs_result(event), &n);
	if (n != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return error_set(
		        err, STATUS_INVALID, "read the settings of topic %s: %s", kafka->topic,
		        n == 1 ? rd_kafka_ConfigResource_error_string(resources[0]) : "no answer");
	entries = rd_kafka_ConfigResource_configs(resources[0], &n);
	for (size_t i = 0; i < n; i++) {
		const char *name = rd_kafka_ConfigEntry_name(entries[i]);
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		const char *wrong = objection(name, value ? value : "");
		if (wrong)
			return error_set(err, STATUS_INVALID, "topic %s: %s = %s %s", kafka->topic,
			                 name, value ? value : "(hidden)", wrong);
	}
	return STATUS_OK;
}

static enum status check(struct kafka *kafka, struct error *err)
{
	rd_kafka_AdminOptions_t *options = admin_options(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->client);
	rd_kafka_ConfigResource_t *resource =
	        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, kafka->topic);
	rd_kafka_event_t *event;
	enum status status;

	rd_kafka_DescribeConfigs(kafka->client, &resource, 1, options, queue);
	event = rd_kafka_queue_poll(queue, KAFKA_ANSWER_MS + 1000);
	status = check_result(kafka, event, err);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(resource);
	rd_kafka_queue_destroy(queue);
	rd_kafka_AdminOptions_destroy(options);
	return status;
}

/* A new topic is not at once known to the broker that is asked. */
static enum status wait_for_leaders(struct kafka *kafka, uint32_t *n, struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + KAFKA_ANSWER_MS;
	enum status status;

	while ((status = ask_partitions(kafka, n, err)) == STATUS_OK && *n == 0) {
		if (clock_monotonic_ms() > deadline)
			return error_set(err, STATUS_UNAVAILABLE,
			                 "topic %s was created but has no leaders", kafka->topic);
		usleep(20000);
	}
	return status;
}

enum status kafka_topic_open(struct kafka *kafka, bool do_create, uint32_t partitions, uint32_t *n,
                             struct error *err)
{
	enum status status = ask_partitions(kafka, n, err);

	if (status != STATUS_OK)
		return status;
	if (*n == 0 && !do_create)
		return error_set(err, STATUS_NOT_FOUND, "there is no topic %s at %s", kafka->topic,
		                 kafka->bootstrap);
	if (*n == 0) {
		status = create(kafka, partitions, err);
		if (status == STATUS_OK)
			status = wait_for_leaders(kafka, n, err);
	}
	if (status == STATUS_OK)
		status = check(kafka, err);
	if (status == STATUS_OK && *n > JOURNAL_PARTITIONS_MAX)
		status = error_set(err, STATUS_INVALID, "topic %s has %u partitions, limit %d",
		                   kafka->topic, *n, JOURNAL_PARTITIONS_MAX);
	return status;
}
