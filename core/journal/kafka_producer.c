/* One transactional producer, and what its errors mean.
 *
 *   begin fails                          nothing was sent. Fenced: FENCED. Else the instance is of
 *                                        no more use: UNKNOWN, although it is certain, because the
 *                                        partition must be claimed again
 *   a record cannot be queued            abort; done: REJECTED. Not noticing it would commit the
 *                                        rest of the batch
 *   commit: _INCONSISTENT, or any error  EndTxn was not sent: librdkafka sends it only when every
 *   that asks for an abort while a       record was delivered. Abort; done: REJECTED
 *   record is known undelivered
 *   commit: asks for an abort, all       EndTxn may have been sent and its answer lost. The abort
 *   records delivered                    may succeed by a mere change of epoch, which proves
 *                                        nothing: UNKNOWN
 *   commit: retriable                    still under way: commit again, nothing else
 *   commit: fenced                       FENCED; there need not be a rival, a pause longer than
 *                                        the transaction timeout does it too
 *   anything else                        UNKNOWN */
#include "core/journal/kafka.h"

#include <assert.h>
#include <stdlib.h>
#include <stdio.h>

struct kafka_producer {
	struct kafka_link link; /* first: the opaque of the instance */
	char id[300];
	int32_t partition;
	rd_kafka_t *rk;
	rd_kafka_topic_t *topic; /* keeps the metadata warm */

	int64_t *offsets; /* of the batch under way, by record */
	uint32_t offsets_cap;
	uint32_t delivered;
	uint32_t failed;
	rd_kafka_resp_err_t failure;
};

void kafka_producer_free(struct kafka_producer *producer)
{
	if (!producer)
		return;
	if (producer->topic)
		rd_kafka_topic_destroy(producer->topic);
	if (producer->rk) {
		/* what is queued is not to be waited for: its outcome is decided by the next claim
		 */
		rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_destroy(producer->rk);
	}
	kafka_link_release(&producer->link);
	free(producer->offsets);
	free(producer);
}

/* Connect and learn of the topic now rather than in the first transaction. */
static enum status warm(struct kafka_producer *producer, const struct kafka *kafka,
                        struct error *err)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t rc;
	char text[256];

	producer->topic = rd_kafka_topic_new(producer->rk, kafka->topic, NULL);
	if (!producer->topic)
		return error_set(err, STATUS_INVALID, "topic %s: %s", kafka->topic,
		                 rd_kafka_err2str(rd_kafka_last_error()));
	rc = rd_kafka_metadata(producer->rk, 0, producer->topic, &metadata, KAFKA_ANSWER_MS);
	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
		return error_set(err, STATUS_UNAVAILABLE, "producer %s: %s", producer->id,
		                 kafka_link_trouble(&producer->link, text, sizeof(text),
		                                    rd_kafka_err2str(rc)));
	rd_kafka_metadata_destroy(metadata);
	return STATUS_OK;
}

struct kafka_producer *kafka_producer_new(const struct kafka *kafka, uint32_t partition,
                                          char letter, struct error *err)
{
	struct kafka_producer *producer = mem_new(sizeof(*producer));

	kafka_link_init(&producer->link);
	producer->partition = (int32_t)partition;
	snprintf(producer->id, sizeof(producer->id), "%s-%u-%c", kafka->topic, partition, letter);
	producer->rk = kafka_instance(kafka, KAFKA_PRODUCER, producer->id, &producer->link, err);
	if (!producer->rk || warm(producer, kafka, err) != STATUS_OK) {
		kafka_producer_free(producer);
		return NULL;
	}
	return producer;
}

/* Takes @error. */
static enum status failed(const struct kafka_producer *producer, enum status status,
                          const char *what, rd_kafka_error_t *error, struct error *err)
{
	error_set(err, status, "producer %s: %s: %s (%s)", producer->id, what,
	          rd_kafka_error_string(error), rd_kafka_error_name(error));
	rd_kafka_error_destroy(error);
	return status;
}

enum status kafka_producer_init(struct kafka_producer *producer, int timeout_ms, struct error *err)
{
	rd_kafka_error_t *error = rd_kafka_init_transactions(producer->rk, timeout_ms);

	if (!error)
		return STATUS_OK;
	return failed(producer,
	              rd_kafka_error_is_retriable(error) ? STATUS_TIMEOUT : STATUS_UNAVAILABLE,
	              "take over", error, err);
}

void kafka_producer_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	struct kafka_producer *producer = opaque;
	int64_t *offset = message->_private;

	(void)rk;
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		producer->failed++;
		producer->failure = message->err;
		return;
	}
	producer->delivered++;
	*offset = message->offset;
}

/* Headers are copied by librdkafka once more; it has no form that borrows. */
static rd_kafka_headers_t *headers_of(const struct journal_record *record)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers_n);

	for (uint32_t i = 0; i < record->headers_n; i++) {
		const struct journal_header *header = &record->headers[i];
		rd_kafka_header_add(headers, header->name, -1, header->value.data,
		                    (ssize_t)header->value.n);
	}
	return headers;
}

static rd_kafka_resp_err_t queue(struct kafka_producer *producer,
                                 const struct journal_record *record, int64_t *offset)
{
	rd_kafka_headers_t *headers = record->headers_n ? headers_of(record) : NULL;
	rd_kafka_resp_err_t rc = rd_kafka_producev(
	        producer->rk, RD_KAFKA_V_RKT(producer->topic),
	        RD_KAFKA_V_PARTITION(producer->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	        RD_KAFKA_V_KEY(record->key.data, record->key.n),
	        RD_KAFKA_V_VALUE((void *)(uintptr_t)record->value.data, record->value.n),
	        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(offset), RD_KAFKA_V_END);

	if (rc != RD_KAFKA_RESP_ERR_NO_ERROR && headers)
		rd_kafka_headers_destroy(headers); /* taken only on success */
	return rc;
}

static enum status queue_all(struct kafka_producer *producer, const struct journal_record *records,
                             uint32_t n, struct error *err)
{
	if (n > producer->offsets_cap) {
		producer->offsets = mem_grow(producer->offsets, n * sizeof(*producer->offsets));
		producer->offsets_cap = n;
	}
	producer->delivered = 0;
	producer->failed = 0;
	for (uint32_t i = 0; i < n; i++) {
		rd_kafka_resp_err_t rc;
		producer->offsets[i] = RD_KAFKA_OFFSET_INVALID;
		rc = queue(producer, &records[i], &producer->offsets[i]);
		if (rc != RD_KAFKA_RESP_ERR_NO_ERROR)
			return error_set(err, STATUS_REJECTED, "producer %s: queue record %u: %s",
			                 producer->id, i, rd_kafka_err2str(rc));
		if (i % 1024 == 1023)
			rd_kafka_poll(producer->rk, 0);
	}
	return STATUS_OK;
}

/* The batch is certainly not committed if the abort succeeds; *@err says why it failed. */
static enum status roll_back(struct kafka_producer *producer, struct error *err)
{
	struct error why = {0};
	rd_kafka_error_t *error = rd_kafka_abort_transaction(producer->rk, -1);

	while (error && rd_kafka_error_is_retriable(error)) {
		rd_kafka_error_destroy(error);
		error = rd_kafka_abort_transaction(producer->rk, -1);
	}
	if (!error)
		return STATUS_REJECTED;
	failed(producer,
	       rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__FENCED ? STATUS_FENCED
	                                                               : STATUS_UNKNOWN,
	       "abort", error, &why);
	return error_set(err, why.status, "%s", why.text);
}

static enum status commit_failed(struct kafka_producer *producer, uint32_t n,
                                 rd_kafka_error_t *error, struct error *err)
{
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	bool fatal = rd_kafka_error_is_fatal(error);
	bool undelivered = producer->failed > 0 || code == RD_KAFKA_RESP_ERR__INCONSISTENT;
	bool abortable = rd_kafka_error_txn_requires_abort(error);
	enum status status =
	        fatal && code == RD_KAFKA_RESP_ERR__FENCED ? STATUS_FENCED : STATUS_UNKNOWN;

	failed(producer, status, "commit", error, err);
	if (!abortable || !undelivered)
		return status;
	error_set(err, STATUS_REJECTED, "producer %s: %u of %u records not delivered: %s",
	          producer->id, n - producer->delivered, n, rd_kafka_err2str(producer->failure));
	return roll_back(producer, err);
}

static enum status commit(struct kafka_producer *producer, uint32_t n, int64_t *offsets,
                          int64_t *last, struct error *err)
{
	rd_kafka_error_t *error = rd_kafka_commit_transaction(producer->rk, -1);

	while (error && rd_kafka_error_is_retriable(error)) {
		rd_kafka_error_destroy(error);
		error = rd_kafka_commit_transaction(producer->rk, -1);
	}
	if (error)
		return commit_failed(producer, n, error, err);
	for (uint32_t i = 0; i < n; i++)
		/* a repeated request that the broker knew already is answered without offsets */
		if (producer->offsets[i] < 0)
			return error_set(err, STATUS_UNKNOWN,
			                 "producer %s: committed, but no offset of record %u",
			                 producer->id, i);
	if (offsets)
		memcpy(offsets, producer->offsets, n * sizeof(*offsets));
	*last = producer->offsets[n - 1];
	return STATUS_OK;
}

enum status kafka_producer_commit(struct kafka_producer *producer,
                                  const struct journal_record *records, uint32_t n,
                                  int64_t *offsets, int64_t *last, struct error *err)
{
	rd_kafka_error_t *error = rd_kafka_begin_transaction(producer->rk);

	assert(n > 0);
	if (error)
		return failed(producer,
		              rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__FENCED
		                      ? STATUS_FENCED
		                      : STATUS_UNKNOWN,
		              "begin", error, err);
	if (queue_all(producer, records, n, err) != STATUS_OK)
		return roll_back(producer, err);
	return commit(producer, n, offsets, last, err);
}
