/* The topic: made once with the settings that a journal needs, checked at every open, mended when
 * an operator asks for it. */
#include "core/journal/kafka.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

static enum status unavailable(struct kafka *kafka, const char *reason, struct error *err)
{
	char text[256];

	return error_set(err, STATUS_UNAVAILABLE, "no answer from the Kafka brokers at %s: %s",
	                 kafka->bootstrap,
	                 kafka_link_trouble(&kafka->link, text, sizeof(text), reason));
}

static void measure(const struct rd_kafka_metadata_topic *found, struct kafka_topic *topic)
{
	topic->partitions = (uint32_t)found->partition_cnt;
	topic->replicas = found->partition_cnt ? found->partitions[0].replica_cnt : 0;
	for (int i = 0; i < found->partition_cnt; i++) {
		const struct rd_kafka_metadata_partition *partition = &found->partitions[i];
		if (partition->leader < 0)
			topic->partitions = 0;
		if (partition->replica_cnt < topic->replicas)
			topic->replicas = partition->replica_cnt;
	}
}

static enum status ask(struct kafka *kafka, struct kafka_topic *topic, struct error *err)
{
	rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka->client, kafka->topic, NULL);
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t rc;

	*topic = (struct kafka_topic){0};
	if (!handle)
		return error_set(err, STATUS_INVALID, "kafka_topic = %s: %s", kafka->topic,
		                 rd_kafka_err2str(rd_kafka_last_error()));
	rc = rd_kafka_metadata(kafka->client, 0, handle, &metadata, KAFKA_ANSWER_MS);
	rd_kafka_topic_destroy(handle);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return unavailable(kafka, rd_kafka_err2str(rc), err);
	rc = metadata->topic_cnt == 1 ? metadata->topics[0].err
	                              : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	topic->exists =
	        rc == RD_KAFKA_RESP_ERR_NO_ERROR || rc == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR)
		measure(&metadata->topics[0], topic);
	rd_kafka_metadata_destroy(metadata);
	if (topic->exists || rc == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "kafka_topic = %s: %s", kafka->topic,
	                 rd_kafka_err2str(rc));
}

/* --- questions to the brokers' administration --- */

struct call {
	rd_kafka_AdminOptions_t *options;
	rd_kafka_queue_t *queue;
	rd_kafka_event_t *answer;
};

static struct call call_begin(struct kafka *kafka, rd_kafka_admin_op_t op)
{
	struct call call = {.options = rd_kafka_AdminOptions_new(kafka->client, op),
	                    .queue = rd_kafka_queue_new(kafka->client)};
	char text[128];

	/* fails only outside 0..1h */
	rd_kafka_AdminOptions_set_request_timeout(call.options, KAFKA_ANSWER_MS, text,
	                                          sizeof(text));
	return call;
}

static enum status call_wait(struct kafka *kafka, struct call *call, struct error *err)
{
	call->answer = rd_kafka_queue_poll(call->queue, KAFKA_ANSWER_MS + 1000);
	if (!call->answer)
		return unavailable(kafka, "no answer", err);
	if (rd_kafka_event_error(call->answer) == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
		return error_set(err, STATUS_INVALID, "the Kafka brokers at %s are too old: %s",
		                 kafka->bootstrap, rd_kafka_event_error_string(call->answer));
	if (rd_kafka_event_error(call->answer) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return unavailable(kafka, rd_kafka_event_error_string(call->answer), err);
	return STATUS_OK;
}

static void call_end(struct call *call)
{
	if (call->answer)
		rd_kafka_event_destroy(call->answer);
	rd_kafka_queue_destroy(call->queue);
	rd_kafka_AdminOptions_destroy(call->options);
}

static enum status topic_result(struct kafka *kafka, const rd_kafka_topic_result_t *const *results,
                                const char *what, struct error *err)
{
	rd_kafka_resp_err_t rc = rd_kafka_topic_result_error(results[0]);

	if (rc == RD_KAFKA_RESP_ERR_NO_ERROR || rc == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "%s topic %s: %s", what, kafka->topic,
	                 rd_kafka_topic_result_error_string(results[0]));
}

static enum status create(struct kafka *kafka, uint32_t partitions, struct error *err)
{
	char text[256];
	/* replicas: as the brokers' default has it */
	rd_kafka_NewTopic_t *topic =
	        rd_kafka_NewTopic_new(kafka->topic, (int)partitions, -1, text, sizeof(text));
	struct call call;
	enum status status;
	size_t n;

	if (!topic)
		return error_set(err, STATUS_INVALID, "create topic %s: %s", kafka->topic, text);
	call = call_begin(kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	kafka_settings_fill(topic);
	rd_kafka_CreateTopics(kafka->client, &topic, 1, call.options, call.queue);
	rd_kafka_NewTopic_destroy(topic);
	status = call_wait(kafka, &call, err);
	if (status == STATUS_OK)
		status = topic_result(kafka,
		                      rd_kafka_CreateTopics_result_topics(
		                              rd_kafka_event_CreateTopics_result(call.answer), &n),
		                      "create", err);
	call_end(&call);
	return status;
}

static enum status add_partitions(struct kafka *kafka, uint32_t wanted, struct error *err)
{
	char text[256];
	rd_kafka_NewPartitions_t *more =
	        rd_kafka_NewPartitions_new(kafka->topic, wanted, text, sizeof(text));
	struct call call;
	enum status status;
	size_t n;

	if (!more)
		return error_set(err, STATUS_INVALID, "add partitions to topic %s: %s",
		                 kafka->topic, text);
	call = call_begin(kafka, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
	rd_kafka_CreatePartitions(kafka->client, &more, 1, call.options, call.queue);
	rd_kafka_NewPartitions_destroy(more);
	status = call_wait(kafka, &call, err);
	if (status == STATUS_OK)
		status = topic_result(
		        kafka,
		        rd_kafka_CreatePartitions_result_topics(
		                rd_kafka_event_CreatePartitions_result(call.answer), &n),
		        "add partitions to", err);
	call_end(&call);
	return status;
}

static enum status one_resource(struct kafka *kafka, const rd_kafka_ConfigResource_t **resources,
                                size_t n, const char *what, struct error *err)
{
	if (n == 1 && rd_kafka_ConfigResource_error(resources[0]) == RD_KAFKA_RESP_ERR_NO_ERROR)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "%s the settings of topic %s: %s", what, kafka->topic,
	                 n == 1 ? rd_kafka_ConfigResource_error_string(resources[0]) : "no answer");
}

/* Ask for the settings of the topic; *@found borrows from @call, which is to be ended. */
static enum status describe(struct kafka *kafka, struct call *call,
                            const rd_kafka_ConfigResource_t **found, struct error *err)
{
	rd_kafka_ConfigResource_t *resource =
	        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, kafka->topic);
	const rd_kafka_ConfigResource_t **resources;
	enum status status;
	size_t n;

	*call = call_begin(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_DescribeConfigs(kafka->client, &resource, 1, call->options, call->queue);
	rd_kafka_ConfigResource_destroy(resource);
	status = call_wait(kafka, call, err);
	if (status != STATUS_OK)
		return status;
	resources = rd_kafka_DescribeConfigs_result_resources(
	        rd_kafka_event_DescribeConfigs_result(call->answer), &n);
	*found = resources[0];
	return one_resource(kafka, resources, n, "read", err);
}

static enum status alter(struct kafka *kafka, rd_kafka_ConfigResource_t *change, struct error *err)
{
	struct call call = call_begin(kafka, RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
	const rd_kafka_ConfigResource_t **resources;
	enum status status;
	size_t n;

	rd_kafka_AlterConfigs(kafka->client, &change, 1, call.options, call.queue);
	status = call_wait(kafka, &call, err);
	if (status == STATUS_OK) {
		resources = rd_kafka_AlterConfigs_result_resources(
		        rd_kafka_event_AlterConfigs_result(call.answer), &n);
		status = one_resource(kafka, resources, n, "change", err);
	}
	call_end(&call);
	return status;
}

/* --- open --- */

/* A new topic is not at once known to the broker that is asked. */
static enum status wait_for_leaders(struct kafka *kafka, struct kafka_topic *topic,
                                    struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + KAFKA_ANSWER_MS;
	enum status status;

	while ((status = ask(kafka, topic, err)) == STATUS_OK && topic->partitions == 0) {
		if (clock_monotonic_ms() > deadline)
			return error_set(err, STATUS_UNAVAILABLE,
			                 "topic %s has partitions without a leader", kafka->topic);
		usleep(20000);
	}
	return status;
}

static enum status find(struct kafka *kafka, bool do_create, uint32_t partitions,
                        struct kafka_topic *topic, bool *created, struct error *err)
{
	enum status status = ask(kafka, topic, err);

	*created = false;
	if (status != STATUS_OK || topic->partitions > 0)
		return status;
	if (!topic->exists && !do_create)
		return error_set(err, STATUS_NOT_FOUND, "there is no topic %s at %s", kafka->topic,
		                 kafka->bootstrap);
	*created = !topic->exists;
	if (*created)
		status = create(kafka, partitions, err);
	return status == STATUS_OK ? wait_for_leaders(kafka, topic, err) : status;
}

static enum status judge(struct kafka *kafka, const struct kafka_topic *topic,
                         struct topic_report *report, struct error *err)
{
	const rd_kafka_ConfigResource_t *found;
	struct call call;
	enum status status = describe(kafka, &call, &found, err);

	if (status == STATUS_OK)
		kafka_settings_judge(found, topic->replicas, report);
	call_end(&call);
	return status;
}

static void tell_differences(struct kafka *kafka, const struct topic_report *report)
{
	for (uint32_t i = 0; i < report->rows_n; i++) {
		const struct topic_row *row = &report->rows[i];
		if (row->verdict == TOPIC_DIFFERS)
			log_warn("kafka", "a setting of the topic could be better",
			         LOG_S("topic", kafka->topic), LOG_S("setting", row->name),
			         LOG_S("found", row->found), LOG_S("wanted", row->wanted),
			         LOG_S("reason", row->why));
	}
}

enum status kafka_topic_open(struct kafka *kafka, bool do_create, uint32_t partitions,
                             struct kafka_topic *topic, struct error *err)
{
	struct topic_report report = {0};
	enum status status = find(kafka, do_create, partitions, topic, &report.created, err);

	if (status == STATUS_OK)
		status = judge(kafka, topic, &report, err);
	if (status == STATUS_OK)
		status = kafka_report_refuse(kafka->topic, &report, err);
	if (status != STATUS_OK)
		return status;
	tell_differences(kafka, &report);
	if (topic->partitions > JOURNAL_PARTITIONS_MAX)
		return error_set(err, STATUS_INVALID, "topic %s has %u partitions, limit %d",
		                 kafka->topic, topic->partitions, JOURNAL_PARTITIONS_MAX);
	return STATUS_OK;
}

enum status kafka_topic_look(struct kafka *kafka, struct error *err)
{
	struct topic_report report = {0};
	struct kafka_topic topic;
	enum status status = ask(kafka, &topic, err);

	if (status == STATUS_OK && !topic.exists)
		return error_set(err, STATUS_NOT_FOUND, "there is no topic %s at %s", kafka->topic,
		                 kafka->bootstrap);
	if (status == STATUS_OK && topic.partitions == 0)
		return error_set(err, STATUS_UNAVAILABLE,
		                 "topic %s has partitions without a leader", kafka->topic);
	if (status == STATUS_OK)
		status = judge(kafka, &topic, &report, err);
	if (status != STATUS_OK)
		return status;
	kafka_partitions_judge(topic.partitions, kafka->identity.partitions, 0, &report);
	return kafka_report_refuse(kafka->topic, &report, err);
}

/* --- for operators --- */

static enum status mend(struct kafka *kafka, struct topic_report *report, struct error *err)
{
	const rd_kafka_ConfigResource_t *found;
	rd_kafka_ConfigResource_t *change;
	struct call call;
	enum status status = describe(kafka, &call, &found, err);

	if (status == STATUS_OK) {
		change = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, kafka->topic);
		if (kafka_settings_mend(found, report, change))
			status = alter(kafka, change, err);
		rd_kafka_ConfigResource_destroy(change);
	}
	call_end(&call);
	if (status == STATUS_OK && report->rows[0].mendable) /* the partitions */
		status = add_partitions(kafka, (uint32_t)strtoul(report->rows[0].target, NULL, 10),
		                        err);
	for (uint32_t i = 0; status == STATUS_OK && i < report->rows_n; i++)
		report->rows[i].changed = report->rows[i].mendable;
	return status;
}

static enum status inspect(struct kafka *kafka, const struct config *config, bool apply,
                           struct topic_report *report, struct error *err)
{
	uint32_t configured = (uint32_t)config->partitions, journal = 0;
	struct kafka_topic topic;
	enum status status = find(kafka, apply, configured, &topic, &report->created, err);

	if (status == STATUS_OK)
		status = kafka_identity_ask(kafka, &journal, err);
	if (status != STATUS_OK)
		return status;
	kafka_partitions_judge(topic.partitions, journal, configured, report);
	status = judge(kafka, &topic, report, err);
	return status == STATUS_OK && apply ? mend(kafka, report, err) : status;
}

enum status topic_inspect(const struct config *config, bool apply, struct topic_report *report,
                          struct error *err)
{
	struct kafka *kafka = kafka_new(config, err);
	enum status status;

	*report = (struct topic_report){0};
	if (!kafka)
		return STATUS_INVALID;
	status = inspect(kafka, config, apply, report, err);
	kafka_free(kafka);
	return status;
}
