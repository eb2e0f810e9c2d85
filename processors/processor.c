#include "processors/processor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/codec/record_read.h"
#include "core/codec/schema_table.h"
#include "core/service/trouble.h"
#include "processors/rule.h"
#include "processors/rule_run.h"

#define LOGGER         "processor"
#define STORE_FORMAT   1
#define ENTRIES_MAX    512
#define POLL_MS        500
#define RETRY_PAUSE_MS 250
#define DECODE_ARENA   (1024 * 1024)

/* fold: partition u32 -> next offset u64; 'r', partition u32 -> reread_until u64; "journal" -> id;
 * "schemas" -> how many schemas the program knew. stopped: tenant -> struct standing, then the
 * reason. */
enum { SEQS = RULE_STATE_TABLE + 1, FOLD, STOPPED };
static const char *const tables[] = {"state", "seqs", "fold", "stopped", NULL};

struct standing {
	uint64_t seq;
	struct uuid event_id;
	uint32_t partition;
	int64_t offset;
};

struct processor {
	struct processor_options options;
	struct kv *kv;
	struct journal_reader *reader;
	pthread_t thread;
	bool has_thread;
	atomic_bool stopping;
	struct journal_entry entries[ENTRIES_MAX];
	int64_t next_offset[JOURNAL_PARTITIONS_MAX];
	struct rule_run run;
	struct arena arena;
	uint64_t events, intents; /* the thread's own; note() shows them */
	uint32_t take_max;        /* entries of the next batch */
	bool rewinds;             /* the partition of the last entry goes on at */
	int64_t rewind_to;
	struct trouble *trouble;
	struct metric_series *lag, *still;
	pthread_mutex_t lock; /* of state */
	struct processor_state state;
	int64_t moved_ms;
};

/* --- position --- */

/* A program that knows more schemas may read what made a tenant stand. */
static bool may_read_more(struct kv_txn *txn)
{
	char known[4];
	struct slice value, key;
	put_u32(known, schema_entries_n);
	bool same = kv_get(txn, FOLD, SLICE("schemas"), &value) &&
	            slice_equal(value, slice_of(known, sizeof known));
	struct kv_cursor *cursor = kv_cursor_open(txn, STOPPED);
	bool stands = kv_seek(cursor, slice_of("", 1), &key, &value);
	kv_cursor_close(cursor);
	return stands && !same;
}

static void load_stopped(struct processor *processor, struct kv_txn *txn)
{
	struct slice tenant, value;
	struct kv_cursor *cursor = kv_cursor_open(txn, STOPPED);
	trouble_forget_stops(processor->trouble);
	for (bool more = kv_seek(cursor, slice_of("", 1), &tenant, &value); more;
	     more = kv_next(cursor, &tenant, &value)) {
		struct standing standing;
		memcpy(&standing, value.data, sizeof standing);
		trouble_stop(processor->trouble,
		             &(struct trouble_stop){.tenant = tenant,
		                                    .seq = standing.seq,
		                                    .partition = standing.partition,
		                                    .offset = standing.offset,
		                                    .event_id = standing.event_id,
		                                    .reason = slice_of(value.data + sizeof standing,
		                                                       value.n - sizeof standing)});
	}
	kv_cursor_close(cursor);
}

/* *@is_other: it is of an ancestor. A journal that is no copy of its own would fill it with what
 * rules have never seen, and start them on old events. */
static enum status check_journal(const struct journal_identity *identity, struct kv_txn *txn,
                                 bool *is_other, struct error *err)
{
	struct slice value;
	struct uuid stored;
	char there[UUID_TEXT], here[UUID_TEXT];
	*is_other = false;
	if (!kv_get(txn, FOLD, SLICE("journal"), &value) || value.n != sizeof stored.bytes)
		return STATUS_OK;
	memcpy(stored.bytes, value.data, sizeof stored.bytes);
	*is_other = !uuid_equal(&stored, &identity->id);
	if (!*is_other || journal_descends(identity, &stored))
		return STATUS_OK;
	uuid_format(&stored, there);
	uuid_format(&identity->id, here);
	return error_set(err, STATUS_CONFLICT,
	                 "its store belongs to journal %.*s, which journal %.*s is no copy of: "
	                 "bring that journal back or use another data_dir",
	                 UUID_TEXT, there, UUID_TEXT, here);
}

static enum status load_position(struct processor *processor, struct kv_txn *txn, struct error *err)
{
	const struct journal_identity *identity = journal_identity(processor->options.journal);
	struct slice value;
	bool is_other;
	if (check_journal(identity, txn, &is_other, err))
		return err->status;
	bool begins = is_other || may_read_more(txn);
	/* From the beginning, with the same ids: nothing happens twice. */
	for (uint32_t i = 0; begins && tables[i]; i++)
		kv_clear(txn, i);
	char known[4];
	put_u32(known, schema_entries_n);
	kv_put(txn, FOLD, SLICE("schemas"), slice_of(known, sizeof known));
	load_stopped(processor, txn);
	kv_put(txn, FOLD, SLICE("journal"), slice_of(identity->id.bytes, 16));
	for (uint32_t p = 0; p < identity->partitions; p++) {
		char key[4];
		put_u32(key, p);
		processor->next_offset[p] = kv_get(txn, FOLD, slice_of(key, 4), &value)
		                                    ? (int64_t)get_u64(value.data)
		                                    : 0;
	}
	return STATUS_OK;
}

static void save_position(struct processor *processor, struct kv_txn *txn, uint32_t partition,
                          int64_t next_offset)
{
	char key[4], value[8];
	put_u32(key, partition);
	put_u64(value, (uint64_t)next_offset);
	kv_put(txn, FOLD, slice_of(key, 4), slice_of(value, 8));
	processor->next_offset[partition] = next_offset;
}

static enum status assign_all(struct processor *processor, struct error *err)
{
	const struct journal_identity *identity = journal_identity(processor->options.journal);
	struct kv_txn *txn;
	if (kv_begin_write(processor->kv, &txn, err))
		return err->status;
	if (load_position(processor, txn, err)) {
		kv_abort(txn);
		return err->status;
	}
	if (kv_commit(txn, err))
		return err->status;
	journal_reader_omit_headers(processor->reader);
	for (uint32_t p = 0; p < identity->partitions; p++)
		if (journal_reader_assign(processor->reader, p, processor->next_offset[p], err))
			return err->status;
	return STATUS_OK;
}

/* --- events --- */

static bool stands(struct kv_txn *txn, struct slice tenant, struct standing *out)
{
	struct slice value;
	if (!kv_get(txn, STOPPED, tenant, &value))
		return false;
	memcpy(out, value.data, sizeof *out);
	return true;
}

static uint64_t seq_of(struct kv_txn *txn, struct slice tenant)
{
	struct slice value;
	return kv_get(txn, SEQS, tenant, &value) ? get_u64(value.data) : 0;
}

static void move_seq(struct kv_txn *txn, struct slice tenant, uint64_t seq)
{
	char value[8];
	put_u64(value, seq);
	kv_put(txn, SEQS, tenant, slice_of(value, sizeof value));
}

static bool is_skip(const struct record_read *read, const struct standing *standing)
{
	const struct event_skipped *skip = &read->event.event_skipped;
	if (read->kind != RECORD_EVENT || read->event.type != EVENT_EVENT_SKIPPED ||
	    (uint64_t)skip->skipped_seq != standing->seq ||
	    !uuid_equal(&skip->skipped_event, &standing->event_id))
		return false;
	for (uint32_t i = 0; i < skip->readers.n; i++)
		if (slice_is(skip->readers.items[i], READER_PROCESSOR))
			return true;
	return false;
}

/* Up to where the partition is read again, which the store remembers: what the other tenants had
 * there is no news and no mistake. */
static int64_t reread_until(struct kv_txn *txn, uint32_t partition)
{
	char key[5] = "r";
	struct slice value;
	put_u32(key + 1, partition);
	return kv_get(txn, FOLD, slice_of(key, sizeof key), &value) ? (int64_t)get_u64(value.data)
	                                                            : 0;
}

/* An operator's skip: no rule reacts to the event; everything behind it is read again. */
static void go_on(struct processor *processor, struct kv_txn *txn,
                  const struct journal_entry *entry, const struct standing *standing)
{
	char key[5] = "r", until[8];
	put_u32(key + 1, entry->partition);
	put_u64(until, (uint64_t)entry->offset);
	if (entry->offset > reread_until(txn, entry->partition))
		kv_put(txn, FOLD, slice_of(key, sizeof key), slice_of(until, sizeof until));
	kv_del(txn, STOPPED, entry->key);
	move_seq(txn, entry->key, standing->seq);
	processor->rewinds = true;
	processor->rewind_to = standing->offset + 1;
}

static void stop_tenant(struct kv_txn *txn, const struct journal_entry *entry,
                        const struct event_meta *meta, const char *reason)
{
	struct standing standing = {.seq = (uint64_t)meta->seq,
	                            .event_id = meta->event_id,
	                            .partition = entry->partition,
	                            .offset = entry->offset};
	struct buf value = {0};
	buf_append(&value, &standing, sizeof standing);
	buf_append_str(&value, reason);
	kv_put(txn, STOPPED, meta->tenant, buf_slice(&value));
	buf_release(&value);
}

/* The event is the next of its tenant. */
static void react(struct processor *processor, struct kv_txn *txn,
                  const struct journal_entry *entry, const struct record_read *read)
{
	const struct event_meta *meta = &read->event.meta;
	char reason[80];
	if (read->kind == RECORD_UNKNOWN_SCHEMA) {
		snprintf(reason, sizeof reason, "schema id %u: %s", read->schema_id,
		         status_text(STATUS_UNKNOWN_SCHEMA));
		stop_tenant(txn, entry, meta, reason);
		return;
	}
	for (uint32_t i = 0; rules[i]; i++)
		rules[i]->on_event(rules[i], txn, &read->event, &processor->run);
	move_seq(txn, meta->tenant, (uint64_t)meta->seq);
	processor->events++;
}

static void take_event(struct processor *processor, struct kv_txn *txn,
                       const struct journal_entry *entry, const struct record_read *read)
{
	const struct event_meta *meta = &read->event.meta;
	enum foreign_reason foreign;
	struct standing standing;
	uint64_t last = seq_of(txn, meta->tenant);
	if (stands(txn, meta->tenant, &standing) && meta->seq > 0 &&
	    (uint64_t)meta->seq >= standing.seq) {
		if (is_skip(read, &standing))
			go_on(processor, txn, entry, &standing);
		return;
	}
	if (record_in_order(last, meta->seq, &foreign)) {
		trouble_in_order(processor->trouble, meta->tenant);
		react(processor, txn, entry, read);
	} else if (foreign != FOREIGN_REPEATED ||
	           entry->offset >= reread_until(txn, entry->partition)) {
		trouble_foreign(processor->trouble, foreign, entry, meta->tenant, last,
		                (uint64_t)meta->seq);
	}
}

static enum status take_entry(struct processor *processor, struct kv_txn *txn,
                              const struct journal_entry *entry, struct error *err)
{
	struct record_read read;
	arena_clear(&processor->arena);
	record_read(entry->key, entry->value, &processor->arena, &read);
	if (read.kind == RECORD_UNKNOWN_SCHEMA && read.event.meta.tenant.n == 0)
		return error_set(err, STATUS_UNKNOWN_SCHEMA,
		                 "partition %u offset %lld: schema id %u: %s", entry->partition,
		                 (long long)entry->offset, read.schema_id,
		                 status_text(STATUS_UNKNOWN_SCHEMA));
	if (read.kind == RECORD_FOREIGN)
		trouble_foreign(processor->trouble, read.foreign, entry, slice_of(NULL, 0), 0, 0);
	else if (read.kind != RECORD_CONTROL)
		take_event(processor, txn, entry, &read);
	save_position(processor, txn, entry->partition,
	              processor->rewinds ? processor->rewind_to : entry->offset + 1);
	return STATUS_OK;
}

static void set_reason(struct processor *processor, const char *reason)
{
	pthread_mutex_lock(&processor->lock);
	snprintf(processor->state.reason, sizeof processor->state.reason, "%s", reason);
	pthread_mutex_unlock(&processor->lock);
}

static const char *rule_name(const struct uuid *id)
{
	for (uint32_t i = 0; rules[i]; i++)
		if (uuid_equal(&rules[i]->id, id))
			return rules[i]->name;
	return "";
}

/* Send until every intent is answered; false when stopping. */
static bool send_intents(struct processor *processor)
{
	struct rule_run *run = &processor->run;
	struct intent_port *port = processor->options.port;
	static const char *const outcomes[] = {"unanswered", "accepted", "refused"};
	for (;;) {
		if (run->n)
			port->send(port, run->intents, run->n);
		uint32_t kept = 0;
		for (uint32_t i = 0; i < run->n; i++) {
			const char *labels[] = {rule_name(&run->intents[i].rule_id),
			                        outcomes[run->intents[i].outcome], NULL};
			metric_add(metric_series(METRIC_INTENTS, labels), 1);
			if (run->intents[i].outcome == INTENT_UNANSWERED)
				run->intents[kept++] = run->intents[i];
			else
				processor->intents++;
		}
		run->n = kept;
		if (kept == 0)
			return true;
		if (atomic_load(&processor->stopping))
			return false;
		set_reason(processor, "intents are not answered: the command API is away");
		usleep(RETRY_PAUSE_MS * 1000);
	}
}

/* One event asks for more than a batch can hold: there is no way to react to it. */
static enum status set_aside(struct processor *processor, const struct journal_entry *entry,
                             struct error *err)
{
	struct record_read read;
	struct kv_txn *txn;
	char reason[80];
	if (kv_begin_write(processor->kv, &txn, err))
		return err->status;
	arena_clear(&processor->arena);
	record_read(entry->key, entry->value, &processor->arena, &read);
	snprintf(reason, sizeof reason, "%s: more than %d intents, or %d bytes of them",
	         event_type_name(read.event.type), RULE_INTENTS_MAX, RULE_TEXT_BYTES);
	stop_tenant(txn, entry, &read.event.meta, reason);
	save_position(processor, txn, entry->partition, entry->offset + 1);
	load_stopped(processor, txn);
	return kv_commit(txn, err);
}

static enum status take_batch(struct processor *processor, uint32_t n, struct error *err)
{
	struct kv_txn *txn;
	processor->run.n = 0;
	processor->run.full = false;
	arena_clear(&processor->run.texts);
	if (kv_begin_write(processor->kv, &txn, err))
		return err->status;
	enum status status = STATUS_OK;
	struct error unreadable;
	processor->rewinds = false;
	for (uint32_t i = 0; i < n && !status && !processor->rewinds; i++)
		status = take_entry(processor, txn, &processor->entries[i], &unreadable);
	/* What came before the record of a newer version is done, once; the next batch begins
	 * there. */
	bool stops = status == STATUS_UNKNOWN_SCHEMA;
	status = kv_failure(txn, err);
	if (!status && processor->run.full)
		status = error_set(err, STATUS_FULL, "more than %d intents at once",
		                   RULE_INTENTS_MAX);
	if (!status && !send_intents(processor))
		status = error_set(err, STATUS_INTERRUPTED, "stopping");
	if (status) {
		kv_abort(txn);
		return status;
	}
	load_stopped(processor, txn);
	if (kv_commit(txn, err))
		return err->status;
	if (stops && err)
		*err = unreadable;
	if (processor->rewinds)
		return assign_all(processor, err);
	return stops ? STATUS_UNKNOWN_SCHEMA : STATUS_OK;
}

/* --- loop --- */

/* @placed: the reader stands where the store does, holes aside. */
static void note(struct processor *processor, const char *reason, bool moved, bool placed)
{
	uint64_t lag = 0;
	bool knows_end = true; /* while the journal is away the old figure stands */
	int64_t at[JOURNAL_PARTITIONS_MAX];
	const struct journal_identity *identity = journal_identity(processor->options.journal);
	for (uint32_t p = 0; p < identity->partitions; p++) {
		int64_t end;
		at[p] = journal_reader_position(processor->reader, p);
		if (journal_end(processor->options.journal, p, &end, NULL))
			knows_end = false;
		else if (end > at[p])
			lag += (uint64_t)(end - at[p]);
	}
	if (placed)
		journal_progress(processor->options.journal, "processor", at);
	pthread_mutex_lock(&processor->lock);
	lag = knows_end ? lag : processor->state.lag_records;
	processor->state.lag_records = lag;
	processor->state.events = processor->events;
	processor->state.intents = processor->intents;
	snprintf(processor->state.reason, sizeof processor->state.reason, "%s", reason);
	if (moved || (lag == 0 && !reason[0]))
		processor->moved_ms = clock_monotonic_ms();
	int64_t still_ms = clock_monotonic_ms() - processor->moved_ms;
	pthread_mutex_unlock(&processor->lock);
	metric_set(processor->lag, (double)lag);
	metric_set(processor->still, (double)still_ms / 1000);
}

/* @n records were read: they lag until what they ask for is answered and stored. */
static void note_read(struct processor *processor, uint32_t n)
{
	pthread_mutex_lock(&processor->lock);
	if (processor->state.lag_records < n)
		processor->state.lag_records = n;
	metric_set(processor->lag, (double)processor->state.lag_records);
	pthread_mutex_unlock(&processor->lock);
}

static enum status step(struct processor *processor, bool *moved, struct error *err)
{
	uint32_t n = 0;
	enum status status = journal_reader_poll(processor->reader, POLL_MS, processor->entries,
	                                         processor->take_max, &n, err);
	*moved = n > 0;
	if (status || n == 0)
		return status;
	note_read(processor, n);
	status = take_batch(processor, n, err);
	if (status == STATUS_FULL && processor->run.full && n == 1)
		status = set_aside(processor, processor->entries, err);
	else if (status == STATUS_FULL && processor->run.full)
		processor->take_max = 1 + n / 4;
	else if (!status && processor->take_max < ENTRIES_MAX / 2)
		processor->take_max *= 2;
	else if (!status)
		processor->take_max = ENTRIES_MAX;
	return status;
}

static void *run(void *context)
{
	struct processor *processor = context;
	char logged[512] = "";
	pthread_setname_np(pthread_self(), "processor");
	bool placed = true; /* the reader is where the store is */
	while (!atomic_load(&processor->stopping)) {
		struct error err;
		bool moved = false;
		if (!placed && !assign_all(processor, &err))
			placed = true;
		if (placed && !step(processor, &moved, &err)) {
			note(processor, "", moved, true);
			logged[0] = 0;
			continue;
		}
		/* What was read and not stored is to be read again; the lag counts from there. */
		struct error unplaced;
		placed = assign_all(processor, &unplaced) == STATUS_OK;
		note(processor, err.text, false, placed);
		if (strcmp(logged, err.text) != 0 && !atomic_load(&processor->stopping))
			log_warn(LOGGER, "cannot go on, trying again", LOG_S("reason", err.text));
		snprintf(logged, sizeof logged, "%s", err.text);
		usleep(RETRY_PAUSE_MS * 1000);
	}
	return NULL;
}

static enum status open_store(struct processor *processor, struct error *err)
{
	char dir[512];
	const struct config *config = processor->options.config;
	snprintf(dir, sizeof dir, "%s/processor", config->data_dir);
	struct kv_options options = {
	        .dir = dir,
	        .durability = KV_REBUILDABLE,
	        .map_bytes = (uint64_t)config->map_size_gib << 30,
	        .tables = tables,
	        .format = STORE_FORMAT,
	};
	return kv_open(&options, &processor->kv, NULL, err);
}

enum status processor_start(const struct processor_options *options, struct processor **out,
                            struct error *err)
{
	struct processor *processor = mem_new(sizeof *processor);
	processor->options = *options;
	processor->take_max = ENTRIES_MAX;
	processor->trouble = trouble_new(READER_PROCESSOR);
	processor->lag = metric_series(METRIC_PROCESSOR_LAG_RECORDS, NULL);
	processor->still = metric_series(METRIC_PROCESSOR_STILL_SECONDS, NULL);
	pthread_mutex_init(&processor->lock, NULL);
	processor->moved_ms = clock_monotonic_ms();
	processor->run.intents = mem_new(RULE_INTENTS_MAX * sizeof *processor->run.intents);
	arena_init(&processor->run.texts, mem_new(RULE_TEXT_BYTES), RULE_TEXT_BYTES);
	arena_init(&processor->arena, mem_new(DECODE_ARENA), DECODE_ARENA);
	if (open_store(processor, err) ||
	    journal_reader_open(options->journal, &processor->reader, err) ||
	    assign_all(processor, err)) {
		processor_stop(processor);
		return error_wrap(err, "processor");
	}
	note(processor, "", false, false);
	if (pthread_create(&processor->thread, NULL, run, processor)) {
		processor_stop(processor);
		return error_set(err, STATUS_IO, "processor: no thread");
	}
	processor->has_thread = true;
	*out = processor;
	return STATUS_OK;
}

void processor_stop(struct processor *processor)
{
	if (!processor)
		return;
	atomic_store(&processor->stopping, true);
	if (processor->has_thread) {
		journal_reader_wake(processor->reader);
		pthread_join(processor->thread, NULL);
	}
	journal_reader_close(processor->reader);
	kv_close(processor->kv);
	free(processor->run.intents);
	free(processor->run.texts.block);
	free(processor->arena.block);
	trouble_free(processor->trouble);
	pthread_mutex_destroy(&processor->lock);
	free(processor);
}

struct trouble *processor_trouble(struct processor *processor)
{
	return processor->trouble;
}

void processor_state(struct processor *processor, struct processor_state *out)
{
	struct trouble_counts trouble = trouble_counts(processor->trouble);
	pthread_mutex_lock(&processor->lock);
	*out = processor->state;
	out->foreign = trouble.foreign;
	out->trouble = processor->trouble;
	out->moved_ms_ago = clock_monotonic_ms() - processor->moved_ms;
	pthread_mutex_unlock(&processor->lock);
}
