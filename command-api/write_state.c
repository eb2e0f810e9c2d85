/* Layout. Keys begin with tenant, 0.
 *   rows        tenant 0 kind key...          -> row struct
 *   tenants     tenant 0                      -> struct tenant_value
 *   commands    tenant 0 command id           -> struct command_head, then job_event packed
 *               (18 bytes each)
 *   identities  identity hash (32)            -> member id
 *   fold        "position"                    -> journal id, next offset (u64 big endian)
 *               "claim"                       -> struct write_claim
 *
 * Catching up reads the journal from the stored position. The events of a command that is being
 * read are collected in `pending` until its last one, so that the dedup row is written once. */
#include "command-api/write_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/codec/event_codec.h"
#include "core/codec/schema_table.h"
#include "core/store/kv.h"

enum table { ROWS, TENANTS, COMMANDS, IDENTITIES, FOLD };
static const char *const table_names[] = {"rows",       "tenants", "commands",
                                          "identities", "fold",    NULL};

#define STATE_LAYOUT     2
#define STORE_KEY_MAX    KV_KEY_MAX
#define EVENT_PACKED     18
#define CATCH_UP_ENTRIES 1024
#define CATCH_UP_BATCH   4096 /* events between commits */
#define DECODE_ARENA     (4 * 1024 * 1024)
#define POLL_MS          500

struct tenant_value {
	uint64_t seq;
	int64_t recorded_at_ms;
	uint8_t stopped; /* has an event that this program cannot read */
};

struct command_head {
	uint8_t hash[32];
	uint64_t first_seq;
	struct aggregate_ref aggregate;
	struct uuid created; /* nil: nothing */
	uint32_t events_n;
};

struct rows {
	struct tenant_state face; /* first: the domain sees this */
	struct write_state *state;
	struct slice tenant;
};

struct write_state {
	struct kv *kv;
	struct kv_txn *txn;
	struct profile_keys *keys; /* borrowed */
	struct uuid journal_id;
	uint32_t partition;
	bool has_claim;
	struct write_claim claim; /* the newest that was read; stored as "claim" of fold */
	struct rows rows;
	char tenant[64];    /* that rows.tenant borrows */
	struct buf pending; /* packed events of the command being applied */
	uint64_t pending_first_seq;
	struct uuid pending_created;
	struct buf profile;
	struct job_event *events; /* unpacked for write_state_command */
	uint32_t events_cap;
};

struct store_key {
	size_t n;
	char bytes[STORE_KEY_MAX];
};

static struct slice key_slice(const struct store_key *key)
{
	return slice_of(key->bytes, key->n);
}

static void key_start(struct store_key *key, struct slice tenant)
{
	memcpy(key->bytes, tenant.data, tenant.n);
	key->bytes[tenant.n] = 0;
	key->n = tenant.n + 1;
}

static void key_add(struct store_key *key, const void *data, size_t n)
{
	memcpy(key->bytes + key->n, data, n);
	key->n += n;
}

static void key_of_row(struct store_key *key, struct slice tenant, const struct row_key *row)
{
	char kind = (char)row->kind;
	key_start(key, tenant);
	key_add(key, &kind, 1);
	key_add(key, row->bytes, row->n);
}

/* --- rows: the domain's view of the transaction --- */

static bool rows_get(const struct tenant_state *face, const struct row_key *key, void *row)
{
	const struct rows *rows = (const struct rows *)face;
	struct store_key k;
	struct slice value;
	key_of_row(&k, rows->tenant, key);
	if (!kv_get(rows->state->txn, ROWS, key_slice(&k), &value))
		return false;
	memcpy(row, value.data, value.n);
	return true;
}

static bool rows_next(const struct tenant_state *face, struct row_key *key, bool backwards,
                      void *row)
{
	const struct rows *rows = (const struct rows *)face;
	struct store_key k;
	struct slice found, value;
	key_of_row(&k, rows->tenant, key);
	struct kv_cursor *cursor = kv_cursor_open(rows->state->txn, ROWS);
	bool is_there = backwards ? kv_seek_before(cursor, key_slice(&k), &found, &value)
	                          : kv_seek(cursor, key_slice(&k), &found, &value);
	if (is_there && !backwards && slice_equal(found, key_slice(&k)))
		is_there = kv_next(cursor, &found, &value);
	size_t head = rows->tenant.n + 2;
	if (is_there)
		is_there = found.n >= head && memcmp(found.data, k.bytes, head) == 0;
	if (is_there) {
		key->n = (uint16_t)(found.n - head);
		memcpy(key->bytes, found.data + head, key->n);
		memcpy(row, value.data, value.n);
	}
	kv_cursor_close(cursor);
	return is_there;
}

static void rows_put(struct tenant_state *face, const struct row_key *key, const void *row)
{
	struct rows *rows = (struct rows *)face;
	struct store_key k;
	key_of_row(&k, rows->tenant, key);
	kv_put(rows->state->txn, ROWS, key_slice(&k),
	       slice_of(row, row_stored_size(key->kind, row)));
}

static void rows_del(struct tenant_state *face, const struct row_key *key)
{
	struct rows *rows = (struct rows *)face;
	struct store_key k;
	key_of_row(&k, rows->tenant, key);
	kv_del(rows->state->txn, ROWS, key_slice(&k));
}

struct tenant_state *write_state_rows(struct write_state *state, struct slice tenant)
{
	memcpy(state->tenant, tenant.data, tenant.n);
	state->rows.tenant = slice_of(state->tenant, tenant.n);
	return &state->rows.face;
}

/* --- opening, position --- */

static bool read_position(struct write_state *state, struct uuid *journal_id, int64_t *offset)
{
	struct slice value;
	if (!kv_get(state->txn, FOLD, SLICE("position"), &value) || value.n != 24)
		return false;
	memcpy(journal_id->bytes, value.data, 16);
	*offset = (int64_t)get_u64(value.data + 16);
	return true;
}

static void write_position(struct write_state *state, int64_t next_offset)
{
	char value[24];
	memcpy(value, state->journal_id.bytes, 16);
	put_u64(value + 16, (uint64_t)next_offset);
	kv_put(state->txn, FOLD, SLICE("position"), slice_of(value, sizeof value));
}

enum status write_state_open(const struct config *config, uint32_t partition,
                             const struct journal_identity *identity, struct profile_keys *keys,
                             struct write_state **out, struct error *err)
{
	struct write_state *state = mem_new(sizeof *state);
	state->keys = keys;
	state->journal_id = identity->id;
	state->partition = partition;
	state->rows = (struct rows){
	        .face = {rows_get, rows_next, rows_put, rows_del},
	        .state = state,
	};
	char dir[512];
	snprintf(dir, sizeof dir, "%s/write-state/%u", config->data_dir, partition);
	struct kv_options options = {
	        .dir = dir,
	        .durability = KV_REBUILDABLE,
	        .map_bytes = (uint64_t)config->map_size_gib << 30,
	        .tables = table_names,
	        /* A program that knows more schemas may read what stopped an older one. */
	        .format = (TENANT_STATE_VERSION * 1000 + STATE_LAYOUT) * 10000 + schema_entries_n,
	};
	if (kv_open(&options, &state->kv, NULL, err)) {
		write_state_close(state);
		return error_wrap(err, "write-side state of partition %u", partition);
	}
	*out = state;
	return STATUS_OK;
}

void write_state_close(struct write_state *state)
{
	if (!state)
		return;
	kv_abort(state->txn);
	kv_close(state->kv);
	buf_release(&state->pending);
	buf_release(&state->profile);
	free(state->events);
	free(state);
}

enum status write_state_begin(struct write_state *state, struct error *err)
{
	buf_clear(&state->pending);
	return kv_begin_write(state->kv, &state->txn, err);
}

enum status write_state_commit(struct write_state *state, int64_t next_offset, struct error *err)
{
	write_position(state, next_offset);
	struct kv_txn *txn = state->txn;
	state->txn = NULL;
	return kv_commit(txn, err);
}

void write_state_abort(struct write_state *state)
{
	kv_abort(state->txn);
	state->txn = NULL;
}

enum status write_state_failure(const struct write_state *state, struct error *err)
{
	return kv_failure(state->txn, err);
}

/* --- what the writer asks --- */

bool write_state_tenant(struct write_state *state, struct slice tenant, struct write_tenant *out)
{
	struct store_key key;
	struct slice value;
	struct tenant_value stored;
	key_start(&key, tenant);
	if (!kv_get(state->txn, TENANTS, key_slice(&key), &value))
		return false;
	memcpy(&stored, value.data, sizeof stored);
	*out = (struct write_tenant){stored.seq, stored.recorded_at_ms, stored.stopped != 0};
	return true;
}

bool write_state_identity(struct write_state *state, const uint8_t hash[32], struct uuid *member)
{
	struct slice value;
	if (!kv_get(state->txn, IDENTITIES, slice_of(hash, 32), &value))
		return false;
	memcpy(member->bytes, value.data, 16);
	return true;
}

bool write_state_command(struct write_state *state, struct slice tenant,
                         const struct uuid *command_id, struct write_command *out)
{
	struct store_key key;
	struct slice value;
	struct command_head head;
	key_start(&key, tenant);
	key_add(&key, command_id->bytes, 16);
	if (!kv_get(state->txn, COMMANDS, key_slice(&key), &value))
		return false;
	memcpy(&head, value.data, sizeof head);
	if (head.events_n > state->events_cap) {
		state->events_cap = head.events_n;
		state->events = mem_grow(state->events, head.events_n * sizeof *state->events);
	}
	const char *at = value.data + sizeof head;
	for (uint32_t i = 0; i < head.events_n; i++, at += EVENT_PACKED) {
		memcpy(state->events[i].id.bytes, at, 16);
		memcpy(&state->events[i].type, at + 16, 2);
	}
	*out = (struct write_command){.first_seq = head.first_seq,
	                              .aggregate = head.aggregate,
	                              .created = head.created,
	                              .events = state->events,
	                              .events_n = head.events_n};
	memcpy(out->hash, head.hash, 32);
	return true;
}

/* --- applying --- */

static void put_identity(struct write_state *state, const struct event *event)
{
	const struct member_profile_set *set = &event->member_profile_set;
	struct profile profile;
	buf_clear(&state->profile);
	/* A forgotten person has no key any more and cannot be found: that is the purpose. */
	if (profile_unseal(state->keys, event->meta.tenant, &set->member_id, set->sealed,
	                   &state->profile, &profile, NULL))
		return;
	uint8_t hash[32];
	identity_hash(event->meta.tenant, profile.issuer, profile.subject, hash);
	kv_put(state->txn, IDENTITIES, slice_of(hash, 32), slice_of(set->member_id.bytes, 16));
}

static void put_command(struct write_state *state, const struct event_meta *meta)
{
	struct command_head head = {
	        .first_seq = state->pending_first_seq,
	        .aggregate = meta->aggregate,
	        .created = state->pending_created,
	        .events_n = (uint32_t)(state->pending.n / EVENT_PACKED),
	};
	memcpy(head.hash, meta->command_hash, 32);
	struct buf value = {0};
	buf_append(&value, &head, sizeof head);
	buf_append(&value, state->pending.data, state->pending.n);
	struct store_key key;
	key_start(&key, meta->tenant);
	key_add(&key, meta->command_id.bytes, 16);
	kv_put(state->txn, COMMANDS, key_slice(&key), buf_slice(&value));
	buf_release(&value);
	buf_clear(&state->pending);
}

struct uuid event_created(const struct event *event)
{
	switch (event->type) {
	case EVENT_ORGANIZATION_CREATED:
	case EVENT_PROJECT_CREATED:
	case EVENT_ISSUE_CREATED:
		return event->meta.aggregate.id;
	case EVENT_MEMBER_ADDED:
		return event->member_added.member_id;
	case EVENT_COMMENT_ADDED:
		return event->comment_added.comment_id;
	case EVENT_COMMAND_CONCLUDED:
	case EVENT_COMMENT_DELETED:
	case EVENT_COMMENT_EDITED:
	case EVENT_ISSUE_ASSIGNED:
	case EVENT_ISSUE_DESCRIPTION_CHANGED:
	case EVENT_ISSUE_DUE_DATE_CHANGED:
	case EVENT_ISSUE_LABELS_CHANGED:
	case EVENT_ISSUE_LINKED:
	case EVENT_ISSUE_PARENT_CHANGED:
	case EVENT_ISSUE_PRIORITY_CHANGED:
	case EVENT_ISSUE_RANKED:
	case EVENT_ISSUE_SUMMARY_CHANGED:
	case EVENT_ISSUE_TRANSITIONED:
	case EVENT_ISSUE_UNLINKED:
	case EVENT_MEMBER_PROFILE_SET:
	case EVENT_MEMBER_REMOVED:
	case EVENT_MEMBER_ROLE_CHANGED:
	case EVENT_RANKS_REBALANCED:
		break;
	}
	return (struct uuid){{0}};
}

void write_state_apply(struct write_state *state, const struct event *event)
{
	const struct event_meta *meta = &event->meta;
	evolve(write_state_rows(state, meta->tenant), event);
	if (event->type == EVENT_MEMBER_PROFILE_SET)
		put_identity(state, event);

	struct store_key key;
	struct tenant_value value = {.seq = (uint64_t)meta->seq,
	                             .recorded_at_ms = meta->recorded_at};
	key_start(&key, meta->tenant);
	kv_put(state->txn, TENANTS, key_slice(&key), slice_of(&value, sizeof value));

	if (meta->index == 0) {
		buf_clear(&state->pending);
		state->pending_first_seq = (uint64_t)meta->seq;
		state->pending_created = event_created(event);
	}
	uint16_t type = (uint16_t)event->type;
	buf_append(&state->pending, meta->event_id.bytes, 16);
	buf_append(&state->pending, &type, 2);
	if (meta->index + 1 == meta->count)
		put_command(state, meta);
}

/* --- catching up --- */

struct catch_up {
	struct write_state *state;
	const atomic_bool *interrupt;
	struct arena arena;
	uint64_t *foreign;
	uint32_t uncommitted;
};

/* A record of ours continues its tenant's seq; anything else is foreign. */
static bool is_ours(struct write_state *state, const struct journal_entry *entry,
                    const struct event *event)
{
	struct write_tenant tenant = {0};
	if (!slice_equal(entry->key, event->meta.tenant) || entry->key.n == 0 ||
	    entry->key.n >= sizeof state->tenant)
		return false;
	write_state_tenant(state, event->meta.tenant, &tenant);
	return !tenant.stopped && (uint64_t)event->meta.seq == tenant.seq + 1;
}

/* Never decide on a state that misses an event: the tenant waits for a program that can read it. */
static void stop_tenant(struct write_state *state, struct slice tenant)
{
	struct write_tenant known = {0};
	if (tenant.n == 0 || tenant.n >= sizeof state->tenant)
		return;
	write_state_tenant(state, tenant, &known);
	struct tenant_value value = {
	        .seq = known.seq, .recorded_at_ms = known.recorded_at_ms, .stopped = 1};
	struct store_key key;
	key_start(&key, tenant);
	kv_put(state->txn, TENANTS, key_slice(&key), slice_of(&value, sizeof value));
}

/* Returns whether the state is at a command boundary. */
static bool catch_up_event(struct catch_up *run, const struct journal_entry *entry)
{
	struct event event;
	arena_clear(&run->arena);
	if (event_decode(entry->value, &run->arena, &event, NULL) ||
	    !is_ours(run->state, entry, &event)) {
		++*run->foreign;
		return run->state->pending.n == 0;
	}
	write_state_apply(run->state, &event);
	run->uncommitted++;
	return event.meta.index + 1 == event.meta.count;
}

static void catch_up_control(struct catch_up *run, const struct journal_entry *entry)
{
	struct write_state *state = run->state;
	struct control control;
	arena_clear(&run->arena);
	if (control_decode(entry->value, &run->arena, &control, NULL) ||
	    control.type != CONTROL_OWNER_CLAIMED)
		return;
	const struct owner_claimed *claimed = &control.owner_claimed;
	state->has_claim = true;
	state->claim = (struct write_claim){.owner_id = claimed->owner_id,
	                                    .claimed_at_ms = claimed->claimed_at,
	                                    .offset = entry->offset};
	snprintf(state->claim.address, sizeof state->claim.address, "%.*s", (int)claimed->address.n,
	         claimed->address.data);
	kv_put(state->txn, FOLD, SLICE("claim"), slice_of(&state->claim, sizeof state->claim));
}

bool write_state_claim(const struct write_state *state, struct write_claim *out)
{
	*out = state->claim;
	return state->has_claim;
}

/* What an earlier process of this data directory has read. */
static void load_claim(struct write_state *state)
{
	struct slice value;
	if (state->has_claim || !kv_get(state->txn, FOLD, SLICE("claim"), &value) ||
	    value.n != sizeof state->claim)
		return;
	memcpy(&state->claim, value.data, sizeof state->claim);
	state->has_claim = true;
}

static enum status catch_up_entry(struct catch_up *run, const struct journal_entry *entry,
                                  struct error *err)
{
	bool at_boundary = run->state->pending.n == 0;
	switch (record_classify(entry->value, NULL)) {
	case RECORD_EVENT:
		at_boundary = catch_up_event(run, entry);
		break;
	case RECORD_CONTROL:
		catch_up_control(run, entry);
		break;
	case RECORD_FOREIGN:
		++*run->foreign;
		break;
	case RECORD_UNKNOWN_SCHEMA:
		stop_tenant(run->state, entry->key);
		run->uncommitted++;
		break;
	}
	if (!at_boundary || run->uncommitted < CATCH_UP_BATCH)
		return STATUS_OK;
	run->uncommitted = 0;
	if (write_state_commit(run->state, entry->offset + 1, err))
		return err->status;
	return write_state_begin(run->state, err);
}

static enum status read_until(struct catch_up *run, struct journal_reader *reader, int64_t end,
                              struct error *err)
{
	struct journal_entry *entries = mem_new(CATCH_UP_ENTRIES * sizeof *entries);
	enum status status = STATUS_OK;
	uint32_t n;
	while (!status && journal_reader_position(reader, run->state->partition) < end) {
		if (atomic_load(run->interrupt)) {
			status = error_set(err, STATUS_TIMEOUT, "interrupted");
			break;
		}
		status = journal_reader_poll(reader, POLL_MS, entries, CATCH_UP_ENTRIES, &n, err);
		for (uint32_t i = 0; i < n && !status; i++)
			if (entries[i].offset < end)
				status = catch_up_entry(run, &entries[i], err);
	}
	free(entries);
	return status;
}

/* Where to start: the stored position, or the beginning when it is of another journal. */
static enum status start_offset(struct write_state *state, int64_t end, int64_t *offset,
                                struct error *err)
{
	struct uuid journal_id;
	bool known = read_position(state, &journal_id, offset) &&
	             uuid_equal(&journal_id, &state->journal_id);
	if (known && *offset > end)
		return error_set(err, STATUS_CORRUPT,
		                 "the log ends at %lld, but commands up to %lld were acknowledged",
		                 (long long)end, (long long)*offset);
	if (known) {
		load_claim(state);
		return STATUS_OK;
	}
	for (uint32_t i = 0; table_names[i]; i++)
		kv_clear(state->txn, i);
	*offset = 0;
	return STATUS_OK;
}

enum status write_state_catch_up(struct write_state *state, struct journal_reader *reader,
                                 int64_t end, uint64_t *foreign, const atomic_bool *interrupt,
                                 struct error *err)
{
	struct catch_up run = {.state = state, .foreign = foreign, .interrupt = interrupt};
	int64_t offset;
	if (write_state_begin(state, err))
		return err->status;
	enum status status = start_offset(state, end, &offset, err);
	if (!status && offset < end)
		status = journal_reader_assign(reader, state->partition, offset, err);
	void *block = mem_new(DECODE_ARENA);
	arena_init(&run.arena, block, DECODE_ARENA);
	if (!status && offset < end)
		status = read_until(&run, reader, end, err);
	free(block);
	if (status) {
		write_state_abort(state);
		return error_wrap(err, "fold the write-side state");
	}
	return write_state_commit(state, end, err);
}
