/* Layout. Keys begin with tenant, 0.
 *   rows        tenant 0 kind key...          -> row struct
 *   tenants     tenant 0                      -> struct tenant_value
 *   commands    tenant 0 command id           -> struct command_head, then job_event packed
 *               (18 bytes each)
 *   identities  identity hash (32)            -> member id
 *   fold        "position"                    -> journal id, next offset (u64 big endian)
 *               "claim"                       -> struct write_claim
 *
 * The events of a command that is being read are collected in `pending` until its last one, so that
 * the dedup row is written once. */
#include "command-api/write_state_inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/codec/schema_table.h"

static const char *const table_names[] = {"rows", "tenants",  "commands", "identities",
                                          "fold", "profiles", NULL};

#define STATE_LAYOUT  4
#define STORE_KEY_MAX KV_KEY_MAX
#define EVENT_PACKED  18

struct tenant_value {
	uint64_t seq;
	int64_t recorded_at_ms;
	uint32_t schema_id; /* of the event that this program cannot read; 0: it is not stopped */
	uint32_t partition;
	int64_t offset;
	struct uuid event_id;
};

struct command_head {
	uint8_t hash[32];
	uint64_t first_seq;
	struct aggregate_ref aggregate;
	struct uuid created; /* nil: nothing */
	struct uuid actor;
	uint32_t events_n;
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

bool write_state_read_position(struct write_state *state, struct uuid *journal_id, int64_t *offset)
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

/* A state of another journal would be given up for what that one says, unnoticed. */
static enum status check_journal(struct write_state *state, const struct journal_identity *identity,
                                 struct error *err)
{
	struct uuid stored;
	int64_t offset;
	char there[UUID_TEXT], here[UUID_TEXT];
	if (write_state_begin(state, err))
		return err->status;
	bool known = write_state_read_position(state, &stored, &offset);
	write_state_abort(state);
	if (!known || uuid_equal(&stored, &identity->id) || journal_descends(identity, &stored))
		return STATUS_OK;
	uuid_format(&stored, there);
	uuid_format(&identity->id, here);
	return error_set(err, STATUS_CONFLICT,
	                 "it belongs to journal %.*s, which journal %.*s is no copy of: bring that "
	                 "journal back or use another data_dir",
	                 UUID_TEXT, there, UUID_TEXT, here);
}

enum status write_state_open(const struct config *config, uint32_t partition,
                             const struct journal_identity *identity, struct profile_keys *keys,
                             struct write_state **out, struct error *err)
{
	struct write_state *state = mem_new(sizeof *state);
	state->keys = keys;
	state->journal_id = identity->id;
	state->partition = partition;
	state->tail = -1;
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
	if (kv_open(&options, &state->kv, NULL, err) || check_journal(state, identity, err)) {
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
	write_state_fold_free(state->fold);
	buf_release(&state->pending);
	buf_release(&state->profile);
	free(state->events);
	free(state);
}

void write_state_clear(struct write_state *state)
{
	for (uint32_t i = 0; table_names[i]; i++)
		kv_clear(state->txn, i);
}

enum status write_state_begin(struct write_state *state, struct error *err)
{
	buf_clear(&state->pending);
	return kv_begin_write(state->kv, &state->txn, err);
}

enum status write_state_commit(struct write_state *state, int64_t next_offset, struct error *err)
{
	state->tail = -1; /* the reader has not seen what we appended */
	return write_state_commit_read(state, next_offset, err);
}

enum status write_state_commit_read(struct write_state *state, int64_t next_offset,
                                    struct error *err)
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
	*out = (struct write_tenant){stored.seq, stored.recorded_at_ms, stored.schema_id != 0};
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

static void key_of_profile(struct store_key *key, struct slice tenant, const struct uuid *member)
{
	key_start(key, tenant);
	key_add(key, member->bytes, sizeof member->bytes);
}

bool write_state_profile(struct write_state *state, struct slice tenant, const struct uuid *member,
                         struct profile *out)
{
	struct store_key key;
	struct slice sealed;
	key_of_profile(&key, tenant, member);
	buf_clear(&state->profile);
	return kv_get(state->txn, PROFILES, key_slice(&key), &sealed) &&
	       !profile_unseal(state->keys, tenant, member, sealed, &state->profile, out, NULL);
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
	                              .actor = head.actor,
	                              .events = state->events,
	                              .events_n = head.events_n};
	memcpy(out->hash, head.hash, 32);
	return true;
}

/* --- applying --- */

/* The profile stays sealed, so that it is gone with its key. */
static void put_profile(struct write_state *state, const struct event *event)
{
	const struct member_profile_set *set = &event->member_profile_set;
	struct profile profile;
	buf_clear(&state->profile);
	/* A forgotten person has no key any more and cannot be found: that is the purpose. */
	if (profile_unseal(state->keys, event->meta.tenant, &set->member_id, set->sealed,
	                   &state->profile, &profile, NULL))
		return;
	uint8_t hash[32];
	struct store_key key;
	key_of_profile(&key, event->meta.tenant, &set->member_id);
	kv_put(state->txn, PROFILES, key_slice(&key), set->sealed);
	identity_hash(event->meta.tenant, profile.issuer, profile.subject, hash);
	kv_put(state->txn, IDENTITIES, slice_of(hash, 32), slice_of(set->member_id.bytes, 16));
}

static void put_command(struct write_state *state, const struct event_meta *meta)
{
	struct command_head head = {
	        .first_seq = state->pending_first_seq,
	        .aggregate = state->pending_aggregate,
	        .created = state->pending_created,
	        .actor = meta->actor.id,
	        .events_n = (uint32_t)(state->pending.n / EVENT_PACKED),
	};
	memcpy(head.hash, meta->command_hash, 32);
	struct buf value = {0};
	buf_reserve(&value, sizeof head + state->pending.n);
	buf_append(&value, &head, sizeof head);
	buf_append(&value, state->pending.data, state->pending.n);
	struct store_key key;
	key_start(&key, meta->tenant);
	key_add(&key, meta->command_id.bytes, 16);
	kv_put(state->txn, COMMANDS, key_slice(&key), buf_slice(&value));
	buf_release(&value);
	buf_clear(&state->pending);
}

struct aggregate_ref command_aggregate(const struct uuid *created,
                                       const struct aggregate_ref *before,
                                       const struct event *event)
{
	const struct event_meta *meta = &event->meta;
	bool is_other = before->kind == AGGREGATE_KIND_ISSUE &&
	                !uuid_equal(&before->id, &meta->aggregate.id);
	if (is_other &&
	    ((event->type == EVENT_ISSUE_MOVED && event->issue_moved.with_parent) ||
	     event->type == EVENT_ISSUE_FIELDS_CHANGED || event->type == EVENT_ISSUE_ASSIGNED))
		return *before;
	bool is_new = !uuid_is_nil(created) && uuid_equal(created, &before->id);
	return is_new && !uuid_equal(&meta->aggregate.id, created) ? *before : meta->aggregate;
}

void write_state_apply(struct write_state *state, const struct event *event)
{
	const struct event_meta *meta = &event->meta;
	evolve(write_state_rows(state, meta->tenant), event);
	if (event->type == EVENT_MEMBER_PROFILE_SET)
		put_profile(state, event);

	struct store_key key;
	struct tenant_value value = {.seq = (uint64_t)meta->seq,
	                             .recorded_at_ms = meta->recorded_at};
	key_start(&key, meta->tenant);
	kv_put(state->txn, TENANTS, key_slice(&key), slice_of(&value, sizeof value));

	if (meta->index == 0) {
		buf_clear(&state->pending);
		state->pending_first_seq = (uint64_t)meta->seq;
		state->pending_created = event_created(event);
		state->pending_aggregate = meta->aggregate;
	}
	state->pending_aggregate =
	        command_aggregate(&state->pending_created, &state->pending_aggregate, event);
	uint16_t type = (uint16_t)event->type;
	buf_append(&state->pending, meta->event_id.bytes, 16);
	buf_append(&state->pending, &type, 2);
	if (meta->index + 1 == meta->count)
		put_command(state, meta);
}

void write_state_stop_tenant(struct write_state *state, const struct record_read *read,
                             const struct journal_entry *entry)
{
	struct write_tenant known = {0};
	write_state_tenant(state, entry->key, &known);
	struct tenant_value value = {.seq = known.seq,
	                             .recorded_at_ms = known.recorded_at_ms,
	                             .schema_id = read->schema_id,
	                             .partition = entry->partition,
	                             .offset = entry->offset,
	                             .event_id = read->event.meta.event_id};
	struct store_key key;
	buf_clear(&state->pending); /* of its command, which stays without an end */
	key_start(&key, entry->key);
	kv_put(state->txn, TENANTS, key_slice(&key), slice_of(&value, sizeof value));
}

static void tell(struct trouble *trouble, struct slice tenant, const struct tenant_value *value)
{
	char reason[80];
	struct trouble_stop stop = {.tenant = tenant,
	                            .seq = value->seq + 1,
	                            .partition = value->partition,
	                            .offset = value->offset,
	                            .event_id = value->event_id};
	snprintf(reason, sizeof reason, "schema %u: written by a newer version, upgrade",
	         value->schema_id);
	stop.reason = slice_str(reason);
	trouble_stop(trouble, &stop);
}

void write_state_tell_stopped(struct write_state *state, struct trouble *trouble)
{
	struct slice key, row;
	struct kv_cursor *cursor = kv_cursor_open(state->txn, TENANTS);
	for (bool more = kv_seek(cursor, slice_of("", 1), &key, &row); more;
	     more = kv_next(cursor, &key, &row)) {
		struct tenant_value value;
		memcpy(&value, row.data, sizeof value);
		if (value.schema_id)
			tell(trouble, slice_of(key.data, key.n - 1), &value);
	}
	kv_cursor_close(cursor);
	state->told = true;
}
