#include "tests/unit/copied.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* --- what is in a journal --- */

struct seen {
	struct buf records; /* key, headers, value, each with its length, of every event in order */
	uint64_t events, foreign;
	bool at_boundary;
};

static void see_part(struct buf *out, struct slice part)
{
	char n[8];
	put_u64(n, part.n);
	buf_append(out, n, sizeof n);
	buf_append_slice(out, part);
}

static void see(struct seen *seen, const struct journal_entry *entry, struct slice tenant)
{
	static char block[1 << 20];
	struct arena arena;
	struct event event;
	arena_init(&arena, block, sizeof block);
	if (!slice_equal(entry->key, tenant))
		return;
	if (event_decode(entry->value, &arena, &event, NULL) ||
	    (uint64_t)event.meta.seq != seen->events + 1) {
		seen->foreign++;
		return;
	}
	seen->events++;
	seen->at_boundary = event.meta.index + 1 == event.meta.count;
	see_part(&seen->records, entry->key);
	see_part(&seen->records, entry->headers);
	see_part(&seen->records, entry->value);
}

/* The events of @tenant, which must be in its partition. */
static struct seen look(struct journal *journal, const char *tenant)
{
	static struct journal_entry entries[1024];
	struct seen seen = {.at_boundary = true};
	uint32_t partition =
	        journal_partition_of(slice_str(tenant), journal_identity(journal)->partitions);
	struct journal_reader *reader;
	int64_t end;
	uint32_t n;
	assert_int_equal(journal_end(journal, partition, &end, NULL), STATUS_OK);
	assert_int_equal(journal_reader_open(journal, &reader, NULL), STATUS_OK);
	assert_int_equal(journal_reader_assign(reader, partition, 0, NULL), STATUS_OK);
	while (journal_reader_position(reader, partition) < end) {
		assert_int_equal(journal_reader_poll(reader, 100, entries, 1024, &n, NULL),
		                 STATUS_OK);
		for (uint32_t i = 0; i < n; i++)
			see(&seen, &entries[i], slice_str(tenant));
	}
	journal_reader_close(reader);
	return seen;
}

void copied_expect_equal(const struct history *history, struct journal *source,
                         struct journal *target)
{
	uint64_t events = 0;
	for (uint32_t i = 0; i < history->tenants_n; i++) {
		const char *tenant = history->tenants[i].name;
		struct seen a = look(source, tenant), b = look(target, tenant);
		assert_true(a.events > 0);
		assert_int_equal(a.events, b.events);
		assert_int_equal(b.foreign, 0); /* nothing twice */
		assert_int_equal(a.records.n, b.records.n);
		assert_memory_equal(a.records.data, b.records.data, a.records.n);
		events += a.events;
		buf_release(&a.records);
		buf_release(&b.records);
	}
	assert_int_equal(events, history->events);
}

void copied_expect_boundaries(const struct history *history, struct journal *target)
{
	for (uint32_t i = 0; i < history->tenants_n; i++) {
		struct seen seen = look(target, history->tenants[i].name);
		assert_true(seen.at_boundary);
		buf_release(&seen.records);
	}
}

/* --- views --- */

static struct fold *open_fold(struct journal *journal, const struct view_type *type,
                              struct view *view)
{
	struct error err = {.text = ""};
	struct fold_options options = {
	        .type = type, .view = view, .journal = journal, .poll_max = 100};
	struct fold *fold;
	if (fold_open(&options, &fold, &err))
		fail_msg("%s", err.text);
	return fold;
}

void copied_fold(struct journal *journal, const struct view_type *type, struct view *view)
{
	struct error err = {.text = ""};
	struct fold *fold = open_fold(journal, type, view);
	if (fold_run(fold, NULL, NULL, NULL, NULL, &err))
		fail_msg("%s", err.text);
	assert_int_equal(fold_counts(fold).foreign, 0);
	assert_false(fold_is_resuming(fold));
	fold_close(fold);
}

static void digest(const struct view_type *type, struct view *view, uint8_t out[VIEW_DIGEST_BYTES],
                   struct view_position *at)
{
	assert_int_equal(type->digest(view, SLICE(""), out, at, NULL, NULL, NULL), STATUS_OK);
}

void copied_expect_goes_on(struct journal *target, const struct view_type *type, struct view *view,
                           struct view *fresh)
{
	uint8_t expected[VIEW_DIGEST_BYTES], found[VIEW_DIGEST_BYTES];
	struct view_position wanted, at;
	struct fold *fold = open_fold(target, type, view);
	for (int i = 0; i < 3; i++) /* ended in the middle */
		assert_int_equal(fold_step(fold, 100, NULL), STATUS_OK);
	fold_close(fold);
	copied_fold(target, type, view);
	digest(type, fresh, expected, &wanted);
	digest(type, view, found, &at);
	assert_memory_equal(expected, found, sizeof expected);
	assert_true(uuid_equal(&at.journal_id, &wanted.journal_id));
	assert_int_equal(at.partitions, wanted.partitions);
	/* from its new position nothing is left, and nothing is foreign */
	fold = open_fold(target, type, view);
	assert_int_equal(fold_run(fold, NULL, NULL, NULL, NULL, NULL), STATUS_OK);
	assert_int_equal(fold_counts(fold).events, 0);
	assert_int_equal(fold_counts(fold).foreign, 0);
	fold_close(fold);
}

void copied_expect_ahead(struct journal *target, const struct view_type *type, struct view *view)
{
	uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
	struct view_position stood, stands;
	struct error err = {.text = ""};
	digest(type, view, before, &stood);
	struct fold *fold = open_fold(target, type, view);
	assert_int_equal(fold_run(fold, NULL, NULL, NULL, NULL, &err), STATUS_CORRUPT);
	assert_true(fold_is_resuming(fold));
	assert_non_null(strstr(err.text, "of which the copy that this journal is has not all"));
	fold_close(fold);
	digest(type, view, after, &stands);
	assert_memory_equal(before, after, sizeof before);
	assert_memory_equal(&stood, &stands, sizeof stood);
}
