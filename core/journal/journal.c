/* Dispatch to the driver; the checks that are the same for every driver are made here. */
#include "core/journal/driver.h"

#include <assert.h>
#include <stdlib.h>

#include "core/base/clock.h"

static const struct journal_driver *const drivers[] = {
        &journal_embedded,
        &journal_kafka,
};

struct journal_reader {
	struct journal *journal;
	void *self;
};

/* May it be opened for what @options want it for? */
static enum status check_copy(const struct journal_options *options,
                              const struct journal_identity *identity, struct error *err)
{
	char id[UUID_TEXT + 1] = "", of[UUID_TEXT + 1] = "";

	uuid_format(&identity->id, id);
	if (!options->copy_of && identity->unfinished) {
		uuid_format(&identity->ancestors[0], of);
		return error_set(err, STATUS_CONFLICT,
		                 "it is an unfinished copy of journal %s: run nexusflow replay "
		                 "copy again",
		                 of);
	}
	if (!options->copy_of)
		return STATUS_OK;
	uuid_format(&options->copy_of->id, of);
	if (uuid_equal(&identity->id, &options->copy_of->id))
		return error_set(err, STATUS_CONFLICT, "it is journal %s, the source itself", id);
	if (identity->ancestors_n > 0 && uuid_equal(&identity->ancestors[0], &options->copy_of->id))
		return STATUS_OK;
	return error_set(err, STATUS_CONFLICT,
	                 "it holds journal %s, which is no copy of %s: name another place", id, of);
}

enum status journal_open(const struct journal_options *options, struct journal **out,
                         struct error *err)
{
	const struct journal_driver *driver = NULL;
	struct journal *journal;
	enum status status;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i]->name, options->config->journal) == 0)
			driver = drivers[i];
	if (!driver)
		return error_set(err, STATUS_INVALID, "journal = %s: no such driver",
		                 options->config->journal);
	journal = mem_new(sizeof(*journal));
	journal->driver = driver;
	journal->read_only = options->read_only;
	status = driver->open(options, &journal->self, &journal->identity, err);
	if (status == STATUS_OK) {
		status = check_copy(options, &journal->identity, err);
		if (status != STATUS_OK)
			driver->close(journal->self);
	}
	if (status != STATUS_OK) {
		free(journal);
		if (err)
			error_wrap(err, "open the %s journal", driver->name);
		return status;
	}
	*out = journal;
	return STATUS_OK;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	journal->driver->close(journal->self);
	free(journal);
}

const struct journal_identity *journal_identity(const struct journal *journal)
{
	return &journal->identity;
}

enum status journal_check_keys(const struct journal *journal, const struct config *config,
                               const struct uuid *keys_id, struct error *err)
{
	const struct uuid *made_with = &journal->identity.keys_id;
	char wanted[UUID_TEXT + 1] = "", found[UUID_TEXT + 1] = "";
	struct buf folder = {0};

	if (uuid_is_nil(keys_id) || uuid_is_nil(made_with) || uuid_equal(keys_id, made_with))
		return STATUS_OK;
	config_keys_dir(config, &folder);
	uuid_format(made_with, wanted);
	uuid_format(keys_id, found);
	error_set(err, STATUS_CONFLICT,
	          "keys_dir %s holds the keys %s, but the journal was made with the keys %s: give "
	          "every process of an installation the same keys_dir",
	          buf_cstr(&folder), found, wanted);
	buf_release(&folder);
	return STATUS_CONFLICT;
}

bool journal_descends(const struct journal_identity *identity, const struct uuid *id)
{
	for (uint32_t i = 0; i < identity->ancestors_n; i++)
		if (uuid_equal(&identity->ancestors[i], id))
			return true;
	return false;
}

const char *journal_driver(const struct journal *journal)
{
	return journal->driver->name;
}

/* Kafka's Java client (org.apache.kafka.common.utils.Utils.murmur2): MurmurHash2 with a seed of its
 * own, here because librdkafka has it as a partitioner only and does not export the function. */
uint32_t journal_murmur2(struct slice key)
{
	const uint32_t m = 0x5bd1e995;
	const uint8_t *at = (const uint8_t *)key.data;
	uint32_t h = 0x9747b28c ^ (uint32_t)key.n;
	size_t left = key.n;

	for (; left >= 4; at += 4, left -= 4) {
		uint32_t k = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
		             (uint32_t)at[3] << 24;
		k *= m;
		k ^= k >> 24;
		h = (h * m) ^ (k * m);
	}
	if (left > 2)
		h ^= (uint32_t)at[2] << 16;
	if (left > 1)
		h ^= (uint32_t)at[1] << 8;
	if (left > 0)
		h = (h ^ at[0]) * m;
	h = (h ^ h >> 13) * m;
	return h ^ h >> 15;
}

uint32_t journal_partition_of(struct slice tenant, uint32_t partitions)
{
	assert(partitions > 0);
	return (journal_murmur2(tenant) & 0x7fffffff) % partitions;
}

static enum status check_partition(const struct journal *journal, uint32_t partition,
                                   struct error *err)
{
	if (partition < journal->identity.partitions)
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "partition %u of a journal with %u", partition,
	                 journal->identity.partitions);
}

enum status journal_claim(struct journal *journal, uint32_t partition,
                          const struct journal_owner *owner, int64_t *end, struct error *err)
{
	enum status status = check_partition(journal, partition, err);

	if (status == STATUS_OK && journal->read_only)
		status = error_set(err, STATUS_DENIED, "the journal is open for reading only");
	if (status == STATUS_OK)
		status = journal->driver->claim(journal->self, partition, owner, end, err);
	if (status != STATUS_OK && err)
		error_wrap(err, "claim partition %u", partition);
	return status;
}

void journal_prepare(struct journal *journal, uint32_t partition)
{
	if (journal->driver->prepare && partition < journal->identity.partitions)
		journal->driver->prepare(journal->self, partition);
}

void journal_release(struct journal *journal, uint32_t partition)
{
	if (partition < journal->identity.partitions)
		journal->driver->release(journal->self, partition);
}

static enum status check_headers(const struct journal_record *record, struct error *err)
{
	if (record->headers_n > JOURNAL_HEADERS_MAX)
		return error_set(err, STATUS_INVALID, "%u headers, limit %d", record->headers_n,
		                 JOURNAL_HEADERS_MAX);
	for (uint32_t i = 0; i < record->headers_n; i++) {
		size_t n = strlen(record->headers[i].name);
		if (n == 0 || n > UINT16_MAX)
			return error_set(err, STATUS_INVALID, "name of header %u has %zu bytes", i,
			                 n);
	}
	return STATUS_OK;
}

static enum status check_record(const struct journal_record *record, size_t *bytes,
                                struct error *err)
{
	enum status status = check_headers(record, err);
	size_t n;

	if (status != STATUS_OK)
		return status;
	if (record->key.n == 0)
		return error_set(err, STATUS_INVALID, "the key is empty");
	n = record->key.n + record->value.n + journal_headers_size(record);
	if (n > JOURNAL_RECORD_BYTES_MAX)
		return error_set(err, STATUS_INVALID, "%zu bytes, limit %d", n,
		                 JOURNAL_RECORD_BYTES_MAX);
	*bytes += n;
	return STATUS_OK;
}

static enum status check_batch(const struct journal_record *records, uint32_t n, struct error *err)
{
	size_t bytes = 0;

	if (n == 0)
		return error_set(err, STATUS_INVALID, "a batch of no records");
	for (uint32_t i = 0; i < n; i++) {
		enum status status = check_record(&records[i], &bytes, err);
		if (status != STATUS_OK) {
			if (err)
				error_wrap(err, "record %u", i);
			return status;
		}
	}
	if (bytes > JOURNAL_BATCH_BYTES_MAX)
		return error_set(err, STATUS_INVALID, "a batch of %zu bytes, limit %d", bytes,
		                 JOURNAL_BATCH_BYTES_MAX);
	return STATUS_OK;
}

enum status journal_append(struct journal *journal, uint32_t partition,
                           const struct journal_record *records, uint32_t n, int64_t *offsets,
                           struct error *err)
{
	enum status status = check_partition(journal, partition, err);

	if (status == STATUS_OK)
		status = check_batch(records, n, err);
	if (status == STATUS_OK)
		status =
		        journal->driver->append(journal->self, partition, records, n, offsets, err);
	if (status != STATUS_OK && err)
		error_wrap(err, "append to partition %u", partition);
	return status;
}

enum status journal_confirm(struct journal *journal, uint32_t partition, struct error *err)
{
	enum status status = check_partition(journal, partition, err);

	if (status == STATUS_OK)
		status = journal->driver->confirm(journal->self, partition, err);
	if (status != STATUS_OK && err)
		error_wrap(err, "confirm that partition %u is ours", partition);
	return status;
}

enum status journal_finish_copy(struct journal *journal, struct error *err)
{
	const struct journal_driver *driver = journal->driver;
	struct journal_identity finished = journal->identity;
	enum status status = STATUS_OK;

	finished.unfinished = false;
	/* partition 0 comes last: its mark says that all the others are there */
	for (uint32_t i = finished.partitions; i > 0 && status == STATUS_OK; i--) {
		struct journal_record record = {0};
		struct buf value = {0};
		int64_t offset;
		journal_control_created(&finished, i - 1, clock_now_ms(), &value);
		record.value = buf_slice(&value);
		status = driver->append(journal->self, i - 1, &record, 1, &offset, err);
		buf_release(&value);
	}
	if (status == STATUS_OK && driver->finish_copy)
		status = driver->finish_copy(journal->self, err);
	if (status == STATUS_OK)
		journal->identity.unfinished = false;
	else if (err)
		error_wrap(err, "finish the copy");
	return status;
}

enum status journal_end(struct journal *journal, uint32_t partition, int64_t *end,
                        struct error *err)
{
	enum status status = check_partition(journal, partition, err);

	if (status != STATUS_OK)
		return status;
	return journal->driver->end(journal->self, partition, end, err);
}

void journal_progress(struct journal *journal, const char *reader, const int64_t *next_offset)
{
	if (journal->driver->progress)
		journal->driver->progress(journal->self, reader, next_offset);
}

bool journal_trouble(struct journal *journal, struct buf *out)
{
	return journal->driver->trouble && journal->driver->trouble(journal->self, out);
}

enum status journal_reader_open(struct journal *journal, struct journal_reader **out,
                                struct error *err)
{
	struct journal_reader *reader = mem_new(sizeof(*reader));
	enum status status = journal->driver->reader_open(journal->self, &reader->self, err);

	if (status != STATUS_OK) {
		free(reader);
		return status;
	}
	reader->journal = journal;
	*out = reader;
	return STATUS_OK;
}

void journal_reader_close(struct journal_reader *reader)
{
	if (!reader)
		return;
	reader->journal->driver->reader_close(reader->self);
	free(reader);
}

void journal_reader_omit_headers(struct journal_reader *reader)
{
	if (reader->journal->driver->reader_omit_headers)
		reader->journal->driver->reader_omit_headers(reader->self);
}

enum status journal_reader_assign(struct journal_reader *reader, uint32_t partition, int64_t offset,
                                  struct error *err)
{
	enum status status = check_partition(reader->journal, partition, err);

	if (status != STATUS_OK)
		return status;
	if (offset < 0)
		return error_set(err, STATUS_INVALID, "read partition %u from %lld", partition,
		                 (long long)offset);
	return reader->journal->driver->reader_assign(reader->self, partition, offset, err);
}

enum status journal_reader_poll(struct journal_reader *reader, int timeout_ms,
                                struct journal_entry *entries, uint32_t max, uint32_t *n,
                                struct error *err)
{
	*n = 0;
	return reader->journal->driver->reader_poll(reader->self, timeout_ms, entries, max, n, err);
}

int64_t journal_reader_position(const struct journal_reader *reader, uint32_t partition)
{
	assert(partition < reader->journal->identity.partitions);
	return reader->journal->driver->reader_position(reader->self, partition);
}

void journal_reader_wake(struct journal_reader *reader)
{
	reader->journal->driver->reader_wake(reader->self);
}

/* --- membership --- */

struct journal_membership {
	const struct journal_driver *driver;
	void *self; /* NULL: the journal is not shared */
};

bool journal_is_shared(const struct journal *journal)
{
	return journal->driver->membership_open != NULL;
}

enum status journal_members(struct journal *journal, uint32_t *n, struct error *err)
{
	*n = 0;
	return journal_is_shared(journal) ? journal->driver->members(journal->self, n, err)
	                                  : STATUS_OK;
}

enum status journal_membership_open(struct journal *journal,
                                    const struct journal_membership_options *options,
                                    struct journal_membership **out, struct error *err)
{
	struct journal_membership *membership = mem_new(sizeof(*membership));
	enum status status = STATUS_OK;

	membership->driver = journal->driver;
	if (journal_is_shared(journal))
		status = journal->driver->membership_open(journal->self, options, &membership->self,
		                                          err);
	else
		for (uint32_t i = 0; i < journal->identity.partitions; i++)
			options->assigned(options->context, i);
	if (status == STATUS_OK)
		*out = membership;
	else
		free(membership);
	return status;
}

void journal_membership_dispute(struct journal_membership *membership, uint32_t partition)
{
	if (membership->self)
		membership->driver->membership_dispute(membership->self, partition);
}

void journal_membership_close(struct journal_membership *membership)
{
	if (!membership)
		return;
	if (membership->self)
		membership->driver->membership_close(membership->self);
	free(membership);
}

/* --- packed headers --- */

enum { HEADER_FRAME = 6 };

size_t journal_headers_size(const struct journal_record *record)
{
	size_t n = 0;

	for (uint32_t i = 0; i < record->headers_n; i++)
		n += HEADER_FRAME + strlen(record->headers[i].name) + record->headers[i].value.n;
	return n;
}

void journal_headers_pack(const struct journal_record *record, char *to)
{
	for (uint32_t i = 0; i < record->headers_n; i++) {
		const struct journal_header *header = &record->headers[i];
		size_t name_n = strlen(header->name);

		to[0] = (char)(name_n >> 8);
		to[1] = (char)(name_n & 0xff);
		put_u32(to + 2, (uint32_t)header->value.n);
		memcpy(to + HEADER_FRAME, header->name, name_n);
		to += HEADER_FRAME + name_n;
		if (header->value.n)
			memcpy(to, header->value.data, header->value.n);
		to += header->value.n;
	}
}

bool journal_entry_header(const struct journal_entry *entry, size_t *at, struct slice *name,
                          struct slice *value)
{
	const char *from = entry->headers.data;
	size_t left, name_n, value_n;

	if (*at >= entry->headers.n || entry->headers.n - *at < HEADER_FRAME)
		return false;
	left = entry->headers.n - *at - HEADER_FRAME;
	from += *at;
	name_n = (size_t)((uint8_t)from[0] << 8 | (uint8_t)from[1]);
	value_n = get_u32(from + 2);
	if (name_n > left || value_n > left - name_n)
		return false;
	*name = slice_of(from + HEADER_FRAME, name_n);
	*value = slice_of(from + HEADER_FRAME + name_n, value_n);
	*at += HEADER_FRAME + name_n + value_n;
	return true;
}
