/* Instances of librdkafka and their settings. One table: what the driver sets, for whom, and
 * whether "kafka.*" may change it. Values measured in the decision record of the Kafka driver. */
#include "core/journal/kafka.h"

#include <stdio.h>

#include "core/base/log.h"

enum { READER = 1 << KAFKA_READER, CLIENT = 1 << KAFKA_CLIENT, PRODUCER = 1 << KAFKA_PRODUCER };
enum { MEMBER = 1 << KAFKA_MEMBER, PROGRESS = 1 << KAFKA_PROGRESS };
enum { CONSUMERS = CLIENT | READER | MEMBER | PROGRESS, READERS = CLIENT | READER };
enum { ALL = CONSUMERS | PRODUCER };

static const struct setting {
	const char *name;
	const char *value; /* NULL: set by kafka_instance */
	int kinds;
	bool fixed; /* the driver's promises rest on it */
} settings[] = {
        {"bootstrap.servers", NULL, ALL, true},
        {"transactional.id", NULL, PRODUCER, true},
        {"client.id", "nexusflow", ALL, false},
        {"log.connection.close", "false", ALL, false},
        {"socket.nagle.disable", "true", ALL, false},
        {"reconnect.backoff.ms", "20", ALL, false},
        {"reconnect.backoff.max.ms", "200", ALL, false},
        {"allow.auto.create.topics", "false", CONSUMERS, true},
        /* bounds kafka_end when brokers fall silent: its own timeout is not kept (librdkafka #4460)
         */
        {"socket.timeout.ms", "5000", CLIENT, false},

        /* a batch must outlive the restart of a broker */
        {"transaction.timeout.ms", "60000", PRODUCER, false},
        {"message.timeout.ms", "60000", PRODUCER, false},
        {"acks", "all", PRODUCER, true},
        {"enable.idempotence", "true", PRODUCER, true},
        {"linger.ms", "0", PRODUCER, false},
        {"retry.backoff.ms", "5", PRODUCER, false},
        {"compression.codec", "zstd", PRODUCER, false},
        {"compression.level", "1", PRODUCER, false}, /* 3: 5 % smaller for 40 % more CPU */
        {"queue.buffering.max.messages", "1000000", PRODUCER, false},
        {"queue.buffering.max.kbytes", "262144", PRODUCER, false},

        /* without a group there is no assign; nothing ever subscribes to it or commits */
        {"group.id", "nexusflow-journal", READERS, true},
        {"enable.auto.commit", "false", CONSUMERS, true},
        {"enable.auto.offset.store", "false", CONSUMERS, true},
        {"isolation.level", "read_committed", CONSUMERS, true},
        {"auto.offset.reset", "error", CONSUMERS, true}, /* a log never jumps */
        {"enable.partition.eof", "true", READERS, true},
        {"check.crcs", "true", CONSUMERS, false},
        {"max.poll.interval.ms", "86400000", READERS, false},
        {"fetch.error.backoff.ms", "10", CONSUMERS, false},
        /* the end of the log is noticed by an empty fetch, so not the default of 500 */
        {"fetch.wait.max.ms", "100", READER, false},
        /* memory of a reader: what is queued, and one answer on top, which unpacks to several times
         * its size. An answer is asked for when the last one is unpacked: with 192 KiB the way
         * there and back is half of the time of a replay, more than 512 KiB gain nothing.
         * message.max.bytes only because it is the least that fetch.max.bytes may be */
        {"message.max.bytes", "524288", READER, false},
        {"fetch.message.max.bytes", "524288", READER, false},
        {"fetch.max.bytes", "524288", READER, false},
        {"queued.max.messages.kbytes", "1024", READER, false},
        {"queued.min.messages", "1000000", READER, false},

        /* a member that is killed is missed after the session timeout (6 s is the least that
         * brokers allow by default); members learn of a rebalance by their heartbeats */
        {"group.id", NULL, MEMBER | PROGRESS, true},
        {"partition.assignment.strategy", "range,roundrobin", MEMBER, true},
        {"session.timeout.ms", "6000", MEMBER, false},
        {"heartbeat.interval.ms", "300", MEMBER, false},
        {"max.poll.interval.ms", "60000", MEMBER, false},
        {"queued.min.messages", "1", MEMBER, false},
};

void kafka_link_init(struct kafka_link *link)
{
	pthread_mutex_init(&link->lock, NULL);
	link->trouble[0] = '\0';
}

void kafka_link_release(struct kafka_link *link)
{
	pthread_mutex_destroy(&link->lock);
}

const char *kafka_link_trouble(struct kafka_link *link, char *text, size_t n, const char *fallback)
{
	pthread_mutex_lock(&link->lock);
	snprintf(text, n, "%s", link->trouble[0] ? link->trouble : fallback);
	pthread_mutex_unlock(&link->lock);
	return text;
}

/* Brokers that cannot be reached are retried for ever inside librdkafka; this is the only place
 * that hears of it, hence a library that logs. All else comes back as the error of some call. */
static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	struct kafka_link *link = rd_kafka_opaque(rk);
	bool unreachable = strcmp(facility, "FAIL") == 0;

	(void)level;
	if (link && unreachable) {
		pthread_mutex_lock(&link->lock);
		snprintf(link->trouble, sizeof(link->trouble), "%s", text);
		pthread_mutex_unlock(&link->lock);
	}
	if (unreachable)
		log_warn("kafka", text, LOG_S("facility", facility));
	else
		log_debug("kafka", text, LOG_S("facility", facility));
}

static enum status set(rd_kafka_conf_t *conf, const char *name, const char *value,
                       struct error *err)
{
	char text[256];

	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "kafka.%s: %s", name, text);
}

static bool is_fixed(const char *name)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (settings[i].fixed && strcmp(settings[i].name, name) == 0)
			return true;
	return false;
}

static enum status set_ours(rd_kafka_conf_t *conf, enum kafka_kind kind, struct error *err)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; status == STATUS_OK && i < sizeof(settings) / sizeof(settings[0]); i++)
		if (settings[i].value && settings[i].kinds & 1 << kind)
			status = set(conf, settings[i].name, settings[i].value, err);
	return status;
}

static enum status set_theirs(rd_kafka_conf_t *conf, const struct kafka *kafka, struct error *err)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; status == STATUS_OK && i < kafka->properties_n; i++) {
		const struct config_pair *pair = &kafka->properties[i];
		if (is_fixed(pair->key))
			status = error_set(err, STATUS_INVALID,
			                   "kafka.%s: the journal relies on its own value",
			                   pair->key);
		else
			status = set(conf, pair->key, pair->value, err);
	}
	return status;
}

rd_kafka_t *kafka_instance(const struct kafka *kafka, enum kafka_kind kind, const char *id,
                           struct kafka_link *link, struct error *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *rk = NULL;
	char text[256];
	enum status status = set_ours(conf, kind, err);

	if (status == STATUS_OK)
		status = set(conf, "bootstrap.servers", kafka->bootstrap, err);
	if (status == STATUS_OK && kind == KAFKA_MEMBER) {
		char group[300];
		snprintf(group, sizeof(group), "%s.owners", kafka->topic);
		status = set(conf, "group.id", group, err);
	}
	if (status == STATUS_OK && id)
		status = set(conf, kind == KAFKA_PRODUCER ? "transactional.id" : "group.id", id,
		             err);
	if (status == STATUS_OK)
		status = set_theirs(conf, kafka, err);
	if (status == STATUS_OK) {
		rd_kafka_conf_set_opaque(conf, link);
		rd_kafka_conf_set_log_cb(conf, on_log);
		if (kind == KAFKA_PRODUCER)
			rd_kafka_conf_set_dr_msg_cb(conf, kafka_producer_delivered);
		if (kind == KAFKA_MEMBER)
			rd_kafka_conf_set_rebalance_cb(conf, kafka_membership_rebalanced);
		rk = rd_kafka_new(kind == KAFKA_PRODUCER ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
		                  conf, text, sizeof(text));
		if (!rk)
			error_set(err, STATUS_INVALID, "kafka: %s", text);
	}
	if (!rk)
		rd_kafka_conf_destroy(conf);
	else if (kind != KAFKA_PRODUCER)
		rd_kafka_poll_set_consumer(rk);
	return rk;
}
