/* The journal in a Kafka topic.
 *
 * Kafka has no conditional append. That one owner alone can append rests on this:
 *  - the owner of partition P writes with two transactional ids, P-a and P-b, in turn, one
 *    transaction a batch (kafka_producer.c); two, because the next transaction of one id waits
 *    until the commit markers of the last are written, some 20 ms;
 *  - a new owner takes over both ids first (InitProducerId raises their epochs): whatever an
 *    earlier owner had not committed by then is aborted, and it is fenced on either id;
 *  - it then commits an OwnerClaimed record and reads the log up to it: all that was ever committed
 *    before lies below (kafka_writer.c);
 *  - an owner that sees one error it cannot explain, on either id, drops both and must claim again.
 * Readers are read_committed and see neither open nor aborted transactions; what is left of those
 * and of commit markers are holes between offsets (kafka_reader.c). */
#include "core/journal/kafka.h"

#include <stdlib.h>

static void partitions_new(struct kafka *kafka)
{
	kafka->partitions = mem_new(kafka->identity.partitions * sizeof(*kafka->partitions));
	for (uint32_t i = 0; i < kafka->identity.partitions; i++) {
		pthread_mutex_init(&kafka->partitions[i].lock, NULL);
		pthread_mutex_init(&kafka->partitions[i].end_lock, NULL);
	}
}

static void partitions_free(struct kafka *kafka)
{
	for (uint32_t i = 0; kafka->partitions && i < kafka->identity.partitions; i++) {
		kafka_release(kafka, i);
		pthread_mutex_destroy(&kafka->partitions[i].lock);
		pthread_mutex_destroy(&kafka->partitions[i].end_lock);
	}
	free(kafka->partitions);
}

void kafka_free(struct kafka *kafka)
{
	kafka_watch_free(kafka->watch);
	partitions_free(kafka);
	kafka_progress_free(kafka);
	if (kafka->client)
		rd_kafka_destroy(kafka->client);
	kafka_link_release(&kafka->link);
	for (size_t i = 0; i < kafka->properties_n; i++) {
		free(kafka->properties[i].key);
		free(kafka->properties[i].value);
	}
	free(kafka->properties);
	free(kafka->bootstrap);
	free(kafka->topic);
	free(kafka);
}

struct kafka *kafka_new(const struct config *config, struct error *err)
{
	struct kafka *kafka = mem_new(sizeof(*kafka));

	kafka->bootstrap = mem_string(slice_str(config->kafka_bootstrap));
	kafka->topic = mem_string(slice_str(config->kafka_topic));
	kafka_link_init(&kafka->link);
	kafka->properties = mem_new((config->kafka_n + 1) * sizeof(*kafka->properties));
	for (; kafka->properties_n < config->kafka_n; kafka->properties_n++) {
		const struct config_pair *from = &config->kafka[kafka->properties_n];
		kafka->properties[kafka->properties_n] = (struct config_pair){
		        .key = mem_string(slice_str(from->key)),
		        .value = mem_string(slice_str(from->value)),
		};
	}
	kafka->client = kafka_instance(kafka, KAFKA_CLIENT, NULL, &kafka->link, err);
	if (kafka->client)
		return kafka;
	kafka_free(kafka);
	return NULL;
}

static void kafka_close(void *self)
{
	kafka_free(self);
}

static enum status kafka_open(const struct journal_options *options, void **self,
                              struct journal_identity *identity, struct error *err)
{
	struct kafka *kafka = kafka_new(options->config, err);
	uint32_t configured = (uint32_t)options->config->partitions;
	bool create = options->create && !options->read_only;
	struct kafka_topic topic;
	enum status status;

	if (!kafka)
		return STATUS_INVALID;
	kafka->read_only = options->read_only;
	status = kafka_topic_open(kafka, create, configured, &topic, err);
	if (status == STATUS_OK) {
		kafka->identity = journal_identity_new(options, topic.partitions);
		status = kafka_identity_open(kafka, topic.partitions, configured, create, err);
	}
	if (status == STATUS_OK)
		status = kafka_copy_look(kafka, options->config->data_dir, err);
	if (status != STATUS_OK) {
		kafka_free(kafka);
		return status;
	}
	partitions_new(kafka);
	kafka->progress = kafka_progress_new();
	kafka->watch = kafka_watch_new(kafka, options->config->kafka_topic_check_s);
	*identity = kafka->identity;
	*self = kafka;
	return STATUS_OK;
}

const struct journal_driver journal_kafka = {
        .name = "kafka",
        .open = kafka_open,
        .close = kafka_close,
        .claim = kafka_claim,
        .prepare = kafka_prepare,
        .release = kafka_release,
        .append = kafka_append,
        .confirm = kafka_confirm,
        .end = kafka_end,
        .reader_open = kafka_reader_open,
        .reader_close = kafka_reader_close,
        .reader_omit_headers = kafka_reader_omit_headers,
        .reader_assign = kafka_reader_assign,
        .reader_poll = kafka_reader_poll,
        .reader_position = kafka_reader_position,
        .reader_wake = kafka_reader_wake,
        .progress = kafka_progress,
        .trouble = kafka_trouble,
        .membership_open = kafka_membership_open,
        .members = kafka_members,
        .membership_dispute = kafka_membership_dispute,
        .membership_close = kafka_membership_close,
};
