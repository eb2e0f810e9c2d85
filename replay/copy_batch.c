/* The bytes move while they grow, so places are kept as offsets and become pointers at the end. */
#include "replay/copy_batch.h"

struct item {
	size_t key, value;
	uint32_t key_n, value_n, headers_n;
};

struct part {               /* one header */
	size_t name, value; /* the name ends with NUL */
	uint32_t value_n;
};

void copy_batch_release(struct copy_batch *batch)
{
	buf_release(&batch->bytes);
	buf_release(&batch->items);
	buf_release(&batch->parts);
	buf_release(&batch->records);
	buf_release(&batch->headers);
}

void copy_batch_clear(struct copy_batch *batch)
{
	buf_clear(&batch->bytes);
	buf_clear(&batch->items);
	buf_clear(&batch->parts);
	batch->n = 0;
}

static size_t keep(struct copy_batch *batch, struct slice slice)
{
	size_t at = batch->bytes.n;
	buf_append_slice(&batch->bytes, slice);
	return at;
}

void copy_batch_add(struct copy_batch *batch, const struct journal_entry *entry)
{
	struct item item = {.key = keep(batch, entry->key),
	                    .value = keep(batch, entry->value),
	                    .key_n = (uint32_t)entry->key.n,
	                    .value_n = (uint32_t)entry->value.n};
	struct slice name, value;
	for (size_t at = 0; journal_entry_header(entry, &at, &name, &value); item.headers_n++) {
		struct part part = {.name = keep(batch, name)};
		buf_append_char(&batch->bytes, '\0');
		part.value = keep(batch, value);
		part.value_n = (uint32_t)value.n;
		buf_append(&batch->parts, &part, sizeof part);
	}
	buf_append(&batch->items, &item, sizeof item);
	batch->n++;
}

void copy_batch_move(struct copy_batch *batch, struct copy_batch *from)
{
	size_t shift = keep(batch, buf_slice(&from->bytes));
	struct item *item = (void *)from->items.data;
	for (uint32_t i = 0; i < from->n; i++, item++) {
		item->key += shift;
		item->value += shift;
	}
	struct part *part = (void *)from->parts.data;
	for (size_t i = 0; i < from->parts.n / sizeof *part; i++, part++) {
		part->name += shift;
		part->value += shift;
	}
	buf_append_slice(&batch->items, buf_slice(&from->items));
	buf_append_slice(&batch->parts, buf_slice(&from->parts));
	batch->n += from->n;
	copy_batch_clear(from);
}

static const struct journal_header *place_headers(struct copy_batch *batch)
{
	const char *bytes = batch->bytes.data;
	const struct part *part = (void *)batch->parts.data;
	size_t n = batch->parts.n / sizeof *part;
	buf_clear(&batch->headers);
	for (size_t i = 0; i < n; i++, part++) {
		struct journal_header header = {bytes + part->name,
		                                slice_of(bytes + part->value, part->value_n)};
		buf_append(&batch->headers, &header, sizeof header);
	}
	return (void *)batch->headers.data;
}

const struct journal_record *copy_batch_records(struct copy_batch *batch)
{
	const char *bytes = batch->bytes.data;
	const struct item *item = (void *)batch->items.data;
	const struct journal_header *headers = place_headers(batch);
	buf_clear(&batch->records);
	for (uint32_t i = 0; i < batch->n; i++, item++) {
		struct journal_record record = {
		        .key = slice_of(bytes + item->key, item->key_n),
		        .value = slice_of(bytes + item->value, item->value_n),
		        .headers = headers,
		        .headers_n = item->headers_n};
		buf_append(&batch->records, &record, sizeof record);
		headers = item->headers_n ? headers + item->headers_n : headers;
	}
	return (void *)batch->records.data;
}
