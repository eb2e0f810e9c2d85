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
#include "core/codec/event_codec.h"
#include "processors/rule.h"

#define LOGGER         "processor"
#define STORE_FORMAT   1
#define ENTRIES_MAX    512
#define POLL_MS        500
#define RETRY_PAUSE_MS 250
#define DECODE_ARENA   (1024 * 1024)
#define TEXT_ARENA     (1024 * 1024)
#define INTENTS_MAX    4096
#define TENANT_MAX     64

enum { SEQS = RULE_STATE_TABLE + 1, FOLD };
static const char *const tables[] = {"state", "seqs", "fold", NULL};

struct rule_run {
	struct intent *intents;
	uint32_t n;
	struct arena texts;
	bool full;
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
	uint64_t events, intents, foreign; /* the thread's own; note() shows them */
	pthread_mutex_t lock;              /* of state */
	struct processor_state state;
	int64_t moved_ms;
};

struct slice rule_text(struct rule_run *run, struct slice text)
{
	struct slice copy = arena_copy(&run->texts, text);
	run->full = run->full || !copy.data;
	return copy;
}

void rule_intend(struct rule_run *run, const struct rule *rule, const struct event *event,
                 const char *path, const struct uuid *target, const struct command *command)
{
	struct slice tenant = rule_text(run, event->meta.tenant);
	if (run->full || run->n == INTENTS_MAX) {
		run->full = true;
		return;
	}
	run->intents[run->n++] = (struct intent){
	        .tenant = tenant,
	        .command_id =
	                intent_id(&event->meta.event_id, &rule->id, rule->version, path, target),
	        .causation_id = event->meta.event_id,
	        .correlation_id = event->meta.correlation_id,
	        .rule_id = rule->id,
	        .command = *command,
	};
}

/* --- position --- */

static void load_position(struct processor *processor, struct kv_txn *txn)
{
	const struct journal_identity *identity = journal_identity(processor->options.journal);
	struct slice value;
	if (kv_get(txn, FOLD, SLICE("journal"), &value) &&
	    !slice_equal(value, slice_of(identity->id.bytes, 16)))
		for (uint32_t i = 0; tables[i]; i++)
			kv_clear(txn,
			         i); /* another journal: the same ids, so nothing happens twice */
	kv_put(txn, FOLD, SLICE("journal"), slice_of(identity->id.bytes, 16));
	for (uint32_t p = 0; p < identity->partitions; p++) {
		char key[4];
		put_u32(key, p);
		processor->next_offset[p] = kv_get(txn, FOLD, slice_of(key, 4), &value)
		                                    ? (int64_t)get_u64(value.data)
		                                    : 0;
	}
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
	load_position(processor, txn);
	if (kv_commit(txn, err))
		return err->status;
	journal_reader_omit_headers(processor->reader);
	for (uint32_t p = 0; p < identity->partitions; p++)
		if (journal_reader_assign(processor->reader, p, processor->next_offset[p], err))
			return err->status;
	return STATUS_OK;
}

/* --- events --- */

static bool is_next(struct kv_txn *txn, const struct journal_entry *entry,
                    const struct event *event)
{
	struct slice value;
	uint64_t seq = 0;
	if (!slice_equal(entry->key, event->meta.tenant) || entry->key.n == 0 ||
	    entry->key.n > TENANT_MAX)
		return false;
	if (kv_get(txn, SEQS, entry->key, &value))
		seq = get_u64(value.data);
	return (uint64_t)event->meta.seq == seq + 1;
}

static enum status take_entry(struct processor *processor, struct kv_txn *txn,
                              const struct journal_entry *entry, struct error *err)
{
	struct event event;
	uint32_t schema_id;
	enum record_kind kind = record_classify(entry->value, &schema_id);
	if (kind == RECORD_UNKNOWN_SCHEMA)
		return error_set(err, STATUS_UNKNOWN_SCHEMA,
		                 "partition %u offset %lld: schema id %u: %s", entry->partition,
		                 (long long)entry->offset, schema_id,
		                 status_text(STATUS_UNKNOWN_SCHEMA));
	arena_clear(&processor->arena);
	if (kind == RECORD_EVENT && !event_decode(entry->value, &processor->arena, &event, NULL) &&
	    is_next(txn, entry, &event)) {
		char seq[8];
		put_u64(seq, (uint64_t)event.meta.seq);
		kv_put(txn, SEQS, entry->key, slice_of(seq, 8));
		for (uint32_t i = 0; rules[i]; i++)
			rules[i]->on_event(rules[i], txn, &event, &processor->run);
		processor->events++;
	} else if (kind != RECORD_CONTROL) {
		processor->foreign++;
	}
	save_position(processor, txn, entry->partition, entry->offset + 1);
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
	for (uint32_t i = 0; i < n && !status; i++)
		status = take_entry(processor, txn, &processor->entries[i], &unreadable);
	/* What came before the record of a newer version is done, once; the next batch begins
	 * there. */
	bool stops = status == STATUS_UNKNOWN_SCHEMA;
	status = kv_failure(txn, err);
	if (!status && processor->run.full)
		status = error_set(err, STATUS_FULL, "more than %d intents at once", INTENTS_MAX);
	if (!status && !send_intents(processor))
		status = error_set(err, STATUS_INTERRUPTED, "stopping");
	if (status) {
		kv_abort(txn);
		return status;
	}
	if (kv_commit(txn, err))
		return err->status;
	if (stops && err)
		*err = unreadable;
	return stops ? STATUS_UNKNOWN_SCHEMA : STATUS_OK;
}

/* --- loop --- */

/* @placed: the reader stands where the store does, holes aside. */
static void note(struct processor *processor, const char *reason, bool moved, bool placed)
{
	uint64_t lag = 0;
	int64_t at[JOURNAL_PARTITIONS_MAX];
	const struct journal_identity *identity = journal_identity(processor->options.journal);
	for (uint32_t p = 0; p < identity->partitions; p++) {
		int64_t end;
		at[p] = journal_reader_position(processor->reader, p);
		if (!journal_end(processor->options.journal, p, &end, NULL) && end > at[p])
			lag += (uint64_t)(end - at[p]);
	}
	if (placed)
		journal_progress(processor->options.journal, "processor", at);
	pthread_mutex_lock(&processor->lock);
	processor->state.lag_records = lag;
	processor->state.events = processor->events;
	processor->state.intents = processor->intents;
	processor->state.foreign = processor->foreign;
	snprintf(processor->state.reason, sizeof processor->state.reason, "%s", reason);
	if (moved || (lag == 0 && !reason[0]))
		processor->moved_ms = clock_monotonic_ms();
	pthread_mutex_unlock(&processor->lock);
}

static enum status step(struct processor *processor, bool *moved, struct error *err)
{
	uint32_t n = 0;
	enum status status = journal_reader_poll(processor->reader, POLL_MS, processor->entries,
	                                         ENTRIES_MAX, &n, err);
	*moved = n > 0;
	if (status || n == 0)
		return status;
	return take_batch(processor, n, err);
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
	pthread_mutex_init(&processor->lock, NULL);
	processor->moved_ms = clock_monotonic_ms();
	processor->run.intents = mem_new(INTENTS_MAX * sizeof *processor->run.intents);
	arena_init(&processor->run.texts, mem_new(TEXT_ARENA), TEXT_ARENA);
	arena_init(&processor->arena, mem_new(DECODE_ARENA), DECODE_ARENA);
	if (open_store(processor, err) ||
	    journal_reader_open(options->journal, &processor->reader, err) ||
	    assign_all(processor, err)) {
		processor_stop(processor);
		return error_wrap(err, "processor");
	}
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
	pthread_mutex_destroy(&processor->lock);
	free(processor);
}

void processor_state(struct processor *processor, struct processor_state *out)
{
	pthread_mutex_lock(&processor->lock);
	*out = processor->state;
	out->moved_ms_ago = clock_monotonic_ms() - processor->moved_ms;
	pthread_mutex_unlock(&processor->lock);
}
