/* Records that are to be appended together, copied from where they were read. One thread. */
#ifndef REPLAY_COPY_BATCH_H
#define REPLAY_COPY_BATCH_H

#include "core/journal/journal.h"

struct copy_batch {                  /* all zero is an empty one */
	struct buf bytes;            /* keys, values, names and values of headers */
	struct buf items;            /* where they are, internal */
	struct buf parts;            /* of headers, internal */
	struct buf records, headers; /* of copy_batch_records */
	uint32_t n;
};

void copy_batch_release(struct copy_batch *batch);
void copy_batch_clear(struct copy_batch *batch);
void copy_batch_add(struct copy_batch *batch, const struct journal_entry *entry);
/* All of @from behind what @batch has; @from is empty afterwards. */
void copy_batch_move(struct copy_batch *batch, struct copy_batch *from);
/* batch->n of them, until the batch is changed. */
const struct journal_record *copy_batch_records(struct copy_batch *batch);

#endif
