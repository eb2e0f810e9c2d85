/* Rebuild, verify, swap and rollback of LMDB views, alone and beside a projector. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "projections/board.h"
#include "projections/board_card.h"
#include "replay/jobs.h"
#include "tests/unit/history.h"

#define TENANTS 2

static const char *const names[] = {"access", "board", "issue", "feed"};
#define NAMES (sizeof names / sizeof *names)

struct place {
	struct history history;
	struct registry *registry;   /* alone */
	struct projector *projector; /* NULL: alone */
	struct site site;
};

/* --- given --- */

static void open_site(struct place *p)
{
	struct history *h = &p->history;
	p->site =
	        (struct site){.config = &h->config, .journal = h->journal, .profile_keys = h->keys};
	if (p->projector) {
		p->site.projector = p->projector;
		p->site.registry = projector_registry(p->projector);
		return;
	}
	assert_int_equal(registry_open(&h->config, &p->registry, NULL), STATUS_OK);
	p->site.registry = p->registry;
}

static struct place *place_new(uint64_t commands)
{
	struct place *p = mem_new(sizeof *p);
	history_open(&p->history, 2);
	p->history.seed = seed_start("replay");
	history_tenant(&p->history, "acme", 300);
	history_tenant(&p->history, "umbra", 300);
	history_random(&p->history, commands);
	return p;
}

static int alone(void **state)
{
	struct place *p = place_new(3000);
	open_site(p);
	*state = p;
	return 0;
}

static int beside_a_projector(void **state)
{
	struct place *p = place_new(3000);
	struct projector_options options = {
	        .config = &p->history.config,
	        .journal = p->history.journal,
	        .profile_keys = p->history.keys,
	        .lmdb = true,
	};
	assert_int_equal(projector_start(&options, &p->projector, NULL), STATUS_OK);
	open_site(p);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	projector_stop(p->projector);
	registry_close(p->registry);
	history_close(&p->history);
	free(p);
	return 0;
}

/* Alone, somebody has folded the live instance before. */
static void fold_live(struct place *p, const char *name)
{
	struct view *view = history_view(&p->history, name, "v1");
	history_fold(&p->history, view, 0);
	kv_view_close(view);
	assert_int_equal(
	        registry_set(p->site.registry, view_type_find(slice_str(name)), "v1", NULL),
	        STATUS_OK);
}

static struct registry_entry entry_of(struct place *p, const struct view_type *type)
{
	struct registry_entry entry;
	assert_int_equal(registry_get(p->site.registry, type, &entry, NULL), STATUS_OK);
	return entry;
}

static enum status run(struct place *p, const struct view_type *type,
                       enum status (*what)(const struct replay_work *, struct replay_outcome *,
                                           struct error *),
                       bool accept_changes, struct replay_outcome *outcome)
{
	struct error err = {.text = ""};
	struct replay_work work = {
	        .site = &p->site, .type = type, .accept_changes = accept_changes};
	enum status status = what(&work, outcome, &err);
	assert_true((status == STATUS_OK) == (err.text[0] == 0));
	return status;
}

static void digest_of_live(struct place *p, const struct view_type *type,
                           uint8_t digest[VIEW_DIGEST_BYTES], struct view_position *at)
{
	struct live live;
	assert_int_equal(site_live(&p->site, type, &live, NULL), STATUS_OK);
	assert_int_equal(type->digest(live.view, SLICE(""), digest, at, NULL, NULL, NULL),
	                 STATUS_OK);
	site_live_done(&p->site, type, &live);
}

static void assert_at_the_end(struct place *p, const struct view_position *at)
{
	for (uint32_t i = 0; i < 2; i++) {
		int64_t end;
		assert_int_equal(journal_end(p->history.journal, i, &end, NULL), STATUS_OK);
		assert_true(at->next_offset[i] == end);
	}
}

/* --- alone --- */

static void a_rebuilt_view_equals_the_live_one_and_takes_its_place(void **state)
{
	struct place *p = *state;
	for (size_t i = 0; i < NAMES; i++) {
		const struct view_type *type = view_type_find(slice_str(names[i]));
		uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
		struct view_position at;
		struct replay_outcome outcome;
		fold_live(p, names[i]);
		digest_of_live(p, type, before, &at);
		assert_int_equal(run(p, type, replay_rebuild, false, &outcome), STATUS_OK);
		assert_true(outcome.compared);
		assert_int_equal(outcome.comparison.different, 0);
		assert_int_equal(outcome.progress.events, p->history.events);
		assert_string_equal(entry_of(p, type).live, outcome.progress.instance);
		assert_string_equal(entry_of(p, type).previous, "v1");
		assert_string_equal(entry_of(p, type).building, "");
		digest_of_live(p, type, after, &at);
		assert_memory_equal(before, after, sizeof before);
		assert_memory_equal(before, outcome.comparison.digest[1], sizeof before);
		assert_at_the_end(p, &at);
		replay_outcome_release(&outcome);
	}
}

static void a_view_that_was_never_folded_is_built_without_a_comparison(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct view_position at;
	uint8_t digest[VIEW_DIGEST_BYTES];
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_false(outcome.compared);
	digest_of_live(p, &board_view.type, digest, &at);
	assert_at_the_end(p, &at);
	replay_outcome_release(&outcome);
}

static void a_live_view_that_lags_is_compared_where_it_stands_and_overtaken(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct view_position at;
	uint8_t digest[VIEW_DIGEST_BYTES];
	fold_live(p, "board");
	history_random(&p->history, 500);
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.compared);
	digest_of_live(p, &board_view.type, digest, &at);
	assert_at_the_end(p, &at);
	replay_outcome_release(&outcome);
}

static bool exists(struct place *p, const char *view, const char *instance)
{
	char path[256];
	snprintf(path, sizeof path, "%s/views/%s-%s", p->history.dir, view, instance);
	return access(path, F_OK) == 0;
}

static void only_the_live_instance_and_the_one_before_are_kept(void **state)
{
	struct place *p = *state;
	char built[3][INSTANCE_MAX];
	fold_live(p, "board");
	for (int i = 0; i < 3; i++) {
		struct replay_outcome outcome;
		assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome),
		                 STATUS_OK);
		memcpy(built[i], outcome.progress.instance, INSTANCE_MAX);
		replay_outcome_release(&outcome);
	}
	assert_false(exists(p, "board", "v1"));
	assert_false(exists(p, "board", built[0]));
	assert_true(exists(p, "board", built[1]));
	assert_true(exists(p, "board", built[2]));
}

static void verify_compares_and_leaves_everything_as_it_was(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	fold_live(p, "issue");
	const struct view_type *type = view_type_find(SLICE("issue"));
	assert_int_equal(run(p, type, replay_verify, false, &outcome), STATUS_OK);
	assert_true(outcome.compared);
	assert_int_equal(outcome.comparison.different, 0);
	assert_true(outcome.comparison.rows[0] > 0);
	assert_false(exists(p, "issue", outcome.progress.instance));
	assert_string_equal(entry_of(p, type).live, "v1");
	assert_string_equal(entry_of(p, type).building, "");
	replay_outcome_release(&outcome);
}

static void a_rollback_without_a_previous_instance_finds_none(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	assert_int_equal(run(p, &board_view.type, replay_rollback, false, &outcome),
	                 STATUS_NOT_FOUND);
	replay_outcome_release(&outcome);
}

/* --- damage --- */

/* Change one card in the store, as a bad disk or a bad hand would; *@key is its text. */
static void damage_a_card(struct view *view, char key_text[256])
{
	struct kv_txn *txn;
	struct slice key, value;
	assert_int_equal(kv_begin_write(view->kv, &txn, NULL), STATUS_OK);
	struct kv_cursor *cursor = kv_cursor_open(txn, CARD_ROWS);
	assert_true(kv_seek(cursor, SLICE("umbra"), &key, &value));
	kv_cursor_close(cursor);
	struct buf copy = {0}, row = {0};
	buf_append_slice(&copy, key);
	buf_append_slice(&row, value);
	row.data[row.n / 2] = (char)(row.data[row.n / 2] ^ 1);
	kv_put(txn, CARD_ROWS, buf_slice(&copy), buf_slice(&row));
	assert_int_equal(kv_commit(txn, NULL), STATUS_OK);
	int n = snprintf(key_text, 256, "card_rows/umbra/");
	for (size_t i = sizeof "umbra"; i < copy.n; i++) {
		unsigned char c = (unsigned char)copy.data[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';
		n += snprintf(key_text + n, 256 - (size_t)n, plain ? "%c" : "\\x%02x", c);
	}
	buf_release(&copy);
	buf_release(&row);
}

static void expect_one_key(const struct replay_outcome *outcome, const char *key)
{
	const struct comparison *c = &outcome->comparison;
	assert_true(outcome->compared);
	assert_int_equal(c->different, 1);
	assert_int_equal(c->keys_n, 1);
	assert_string_equal(c->keys[0].text, key);
	assert_int_equal(c->keys[0].what, COMPARE_DIFFERS);
	for (size_t i = 0; i < c->tenants_n; i++) {
		const struct compare_tenant *tenant = &c->tenants[i];
		bool hit = strcmp(tenant->name, "umbra") == 0;
		assert_int_equal(tenant->different, hit);
		assert_true((memcmp(tenant->digest[0], tenant->digest[1], VIEW_DIGEST_BYTES) !=
		             0) == hit);
	}
}

static void a_row_changed_behind_the_views_back_is_named_and_forbids_the_swap(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	char key[256];
	fold_live(p, "board");
	struct view *view = history_view(&p->history, "board", "v1");
	damage_a_card(view, key);
	kv_view_close(view);
	assert_int_equal(run(p, &board_view.type, replay_verify, false, &outcome), STATUS_CONFLICT);
	expect_one_key(&outcome, key);
	replay_outcome_release(&outcome);
	/* and no flag helps: it is the same version */
	assert_int_equal(run(p, &board_view.type, replay_rebuild, true, &outcome), STATUS_CONFLICT);
	expect_one_key(&outcome, key);
	assert_string_equal(entry_of(p, &board_view.type).live, "v1");
	assert_string_equal(entry_of(p, &board_view.type).building, "");
	assert_false(exists(p, "board", outcome.progress.instance));
	replay_outcome_release(&outcome);
}

static void rows_that_only_one_side_has_are_told_apart(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct kv_txn *txn;
	struct slice key, value;
	fold_live(p, "board");
	struct view *view = history_view(&p->history, "board", "v1");
	assert_int_equal(kv_begin_write(view->kv, &txn, NULL), STATUS_OK);
	struct kv_cursor *cursor = kv_cursor_open(txn, CARD_ROWS);
	assert_true(kv_seek(cursor, SLICE("acme"), &key, &value));
	kv_cursor_close(cursor);
	struct buf copy = {0};
	buf_append_slice(&copy, key);
	kv_del(txn, CARD_ROWS, buf_slice(&copy));
	kv_put(txn, PROJECTS, slice_of("zeta\0more", 9), SLICE("x"));
	assert_int_equal(kv_commit(txn, NULL), STATUS_OK);
	buf_release(&copy);
	kv_view_close(view);
	assert_int_equal(run(p, &board_view.type, replay_verify, false, &outcome), STATUS_CONFLICT);
	const struct comparison *c = &outcome.comparison;
	assert_int_equal(c->different, 2);
	assert_int_equal(c->keys[0].what, COMPARE_ONLY_BUILT);
	assert_int_equal(c->keys[1].what, COMPARE_ONLY_LIVE);
	assert_string_equal(c->keys[1].text, "projects/zeta/more");
	replay_outcome_release(&outcome);
}

/* --- another version --- */

static bool handled2[EVENT_TYPES];

/* The board of the next version: @ignored events change nothing any more. */
static struct kv_view_type next_board(enum event_type ignored)
{
	struct kv_view_type next = board_view;
	memcpy(handled2, board_view.type.handled, sizeof handled2);
	handled2[ignored] = false;
	next.type.version = board_view.type.version + 1;
	next.type.handled = handled2;
	return next;
}

static void another_version_that_differs_is_live_only_when_changes_are_accepted(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct kv_view_type next = next_board(EVENT_ISSUE_PRIORITY_CHANGED);
	fold_live(p, "board");
	assert_int_equal(run(p, &next.type, replay_rebuild, false, &outcome), STATUS_CONFLICT);
	assert_true(outcome.comparison.different > 0);
	assert_int_equal(outcome.comparison.keys_n, outcome.comparison.different < COMPARE_KEYS_MAX
	                                                    ? outcome.comparison.different
	                                                    : COMPARE_KEYS_MAX);
	assert_string_equal(entry_of(p, &next.type).live, "v1");
	assert_string_equal(entry_of(p, &next.type).building, outcome.progress.instance);
	replay_outcome_release(&outcome);
	/* what was built waits for the answer */
	assert_int_equal(run(p, &next.type, replay_rebuild, true, &outcome), STATUS_OK);
	assert_true(outcome.progress.resumed);
	assert_int_equal(outcome.progress.events, 0);
	assert_string_equal(entry_of(p, &next.type).live, outcome.progress.instance);
	replay_outcome_release(&outcome);
	/* this program cannot bring an instance of another version up to date */
	assert_int_equal(run(p, &next.type, replay_rollback, false, &outcome), STATUS_VERSION);
	replay_outcome_release(&outcome);
}

static void another_version_with_the_same_rows_needs_no_consent(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct kv_view_type next = next_board(EVENT_COMMAND_CONCLUDED);
	fold_live(p, "board");
	assert_int_equal(run(p, &next.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.compared);
	assert_int_equal(outcome.comparison.different, 0);
	assert_true(strncmp(entry_of(p, &next.type).live, "v2-", 3) == 0);
	replay_outcome_release(&outcome);
}

/* --- kill -9 --- */

static void tell(void *context, const struct replay_progress *progress)
{
	if (progress->events == 0 || progress->phase != REPLAY_BUILDING)
		return;
	if (write(*(int *)context, ".", 1) == 1)
		usleep(20000); /* so that the end does not come before the kill */
}

/* In a child: everything is opened anew. */
static void rebuild_until_killed(struct place *p, int told)
{
	struct replay_outcome outcome;
	history_reopen(&p->history);
	open_site(p);
	struct kv_view_type slow = board_view;
	struct replay_work work = {
	        .site = &p->site, .type = &slow.type, .progress = tell, .context = &told};
	replay_rebuild(&work, &outcome, NULL);
	_exit(5);
}

static void a_build_killed_in_the_middle_goes_on_where_it_stood(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct history *h = &p->history;
	int pipe_fds[2], how;
	char byte;
	uint8_t live[VIEW_DIGEST_BYTES], rebuilt[VIEW_DIGEST_BYTES];
	struct view_position at;
	history_random(h, 60000); /* more than one transaction of a bulk build */
	fold_live(p, "board");
	digest_of_live(p, &board_view.type, live, &at);
	registry_close(p->registry);
	journal_close(h->journal);
	h->journal = NULL;
	assert_int_equal(pipe(pipe_fds), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		rebuild_until_killed(p, pipe_fds[1]);
	close(pipe_fds[1]);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &how, 0), child);
	if (!WIFSIGNALED(how))
		fail_msg("the child ended with %d", WEXITSTATUS(how));
	close(pipe_fds[0]);
	history_reopen(h);
	open_site(p);
	char building[INSTANCE_MAX];
	memcpy(building, entry_of(p, &board_view.type).building, sizeof building);
	assert_string_not_equal(building, "");
	assert_string_equal(entry_of(p, &board_view.type).live, "v1");
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.progress.resumed);
	assert_string_equal(outcome.progress.instance, building);
	assert_true(outcome.progress.events < h->events);
	assert_int_equal(outcome.comparison.different, 0);
	digest_of_live(p, &board_view.type, rebuilt, &at);
	assert_memory_equal(live, rebuilt, sizeof live);
	replay_outcome_release(&outcome);
}

static void a_build_that_is_told_to_stop_goes_on_later(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	atomic_bool stop = true;
	struct error err;
	struct replay_work work = {.site = &p->site, .type = &board_view.type, .stop = &stop};
	fold_live(p, "board");
	assert_int_equal(replay_rebuild(&work, &outcome, &err), STATUS_INTERRUPTED);
	assert_string_equal(entry_of(p, &board_view.type).building, outcome.progress.instance);
	replay_outcome_release(&outcome);
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	assert_true(outcome.progress.resumed);
	replay_outcome_release(&outcome);
}

/* --- beside a projector --- */

struct load {
	struct place *place;
	atomic_bool stop;
	atomic_ullong queries, appended;
};

static void *append_for_a_while(void *arg)
{
	struct load *load = arg;
	while (!atomic_load(&load->stop)) {
		history_random(&load->place->history, 20);
		atomic_fetch_add(&load->appended, 20);
		usleep(2000);
	}
	return NULL;
}

/* No query may fail, and none may see less than the one before it. */
static void *query_for_a_while(void *arg)
{
	struct load *load = arg;
	struct projector *projector = load->place->projector;
	uint64_t last[TENANTS] = {0};
	static const char *const tenants[TENANTS] = {"acme", "umbra"};
	struct buf out = {0};
	while (!atomic_load(&load->stop)) {
		struct view *view = projector_acquire(projector, SLICE("board"));
		if (!view)
			return "the view is away";
		for (int i = 0; i < TENANTS; i++) {
			struct board_stamp stamp;
			uint64_t seq;
			buf_clear(&out);
			if (kv_view_tenant_seq(view, slice_str(tenants[i]), &seq, NULL) ||
			    board_read(view, slice_str(tenants[i]), SLICE("TLS"), slice_of(NULL, 0),
			               5, &out, &stamp, NULL))
				return "a query failed";
			if (seq < last[i])
				return "a query went back";
			last[i] = seq;
		}
		projector_return(projector, SLICE("board"), view);
		atomic_fetch_add(&load->queries, 1);
		usleep(100);
	}
	buf_release(&out);
	return NULL;
}

static void wait_until_folded(struct place *p)
{
	int64_t until = clock_monotonic_ms() + 30000;
	for (uint32_t i = 0; i < projector_views(p->projector);) {
		struct view_state state;
		projector_state(p->projector, i, &state);
		struct live live;
		struct view_position at = {.partitions = 0};
		const struct view_type *type = view_type_find(slice_str(state.view));
		bool there = site_live(&p->site, type, &live, NULL) == STATUS_OK;
		if (there) {
			assert_int_equal(type->position(live.view, &at, NULL), STATUS_OK);
			site_live_done(&p->site, type, &live);
		}
		int64_t ends[2];
		for (uint32_t k = 0; k < 2; k++)
			assert_int_equal(journal_end(p->history.journal, k, &ends[k], NULL),
			                 STATUS_OK);
		if (at.next_offset[0] == ends[0] && at.next_offset[1] == ends[1])
			i++;
		else if (clock_monotonic_ms() > until)
			fail_msg("view %s does not catch up", state.view);
		else
			usleep(2000);
	}
}

static void queries_under_load_never_fail_and_never_go_back(void **state)
{
	struct place *p = *state;
	struct load load = {.place = p};
	pthread_t appender, queriers[2];
	void *complaint;
	wait_until_folded(p);
	assert_int_equal(pthread_create(&appender, NULL, append_for_a_while, &load), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&queriers[i], NULL, query_for_a_while, &load), 0);
	for (int i = 0; i < 6; i++) {
		struct replay_outcome outcome;
		assert_int_equal(run(p, &board_view.type,
		                     i % 3 == 2 ? replay_rollback : replay_rebuild, false,
		                     &outcome),
		                 STATUS_OK);
		assert_string_equal(entry_of(p, &board_view.type).live, outcome.progress.instance);
		if (i % 3 != 2)
			assert_true(outcome.compared);
		replay_outcome_release(&outcome);
	}
	atomic_store(&load.stop, true);
	pthread_join(appender, NULL);
	for (int i = 0; i < 2; i++) {
		pthread_join(queriers[i], &complaint);
		if (complaint)
			fail_msg("%s", (const char *)complaint);
	}
	assert_true(atomic_load(&load.queries) > 50);
	assert_true(atomic_load(&load.appended) > 50);
	/* and what is live now is the fold of everything */
	struct replay_outcome outcome;
	wait_until_folded(p);
	assert_int_equal(run(p, &board_view.type, replay_verify, false, &outcome), STATUS_OK);
	replay_outcome_release(&outcome);
}

static void a_rollback_catches_up_before_it_swaps(void **state)
{
	struct place *p = *state;
	struct replay_outcome outcome;
	struct view_position at;
	uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
	wait_until_folded(p);
	assert_int_equal(run(p, &board_view.type, replay_rebuild, false, &outcome), STATUS_OK);
	replay_outcome_release(&outcome);
	history_random(&p->history, 400);
	wait_until_folded(p);
	digest_of_live(p, &board_view.type, before, &at);
	assert_int_equal(run(p, &board_view.type, replay_rollback, false, &outcome), STATUS_OK);
	assert_true(outcome.progress.events > 0);
	assert_string_equal(outcome.progress.instance, "v1");
	replay_outcome_release(&outcome);
	digest_of_live(p, &board_view.type, after, &at);
	assert_at_the_end(p, &at);
	assert_memory_equal(before, after, sizeof before);
	assert_true(strncmp(entry_of(p, &board_view.type).previous, "v1-", 3) == 0);
}

static void a_held_view_stands_still_and_goes_on_when_it_is_released(void **state)
{
	struct place *p = *state;
	uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
	struct view_position at, later;
	wait_until_folded(p);
	assert_int_equal(projector_hold(p->projector, SLICE("board"), NULL), STATUS_OK);
	digest_of_live(p, &board_view.type, before, &at);
	history_random(&p->history, 100);
	usleep(50000);
	digest_of_live(p, &board_view.type, after, &later);
	assert_memory_equal(&at, &later, sizeof at);
	assert_memory_equal(before, after, sizeof before);
	projector_release(p->projector, SLICE("board"));
	wait_until_folded(p);
}

static enum status wait_for_job(struct replay *replay, struct slice view)
{
	struct replay_view *job = replay_find(replay, view);
	for (int i = 0; i < 3000; i++) {
		pthread_mutex_lock(&replay->lock);
		enum job_state state = job->state;
		enum status status = job->error.status;
		pthread_mutex_unlock(&replay->lock);
		if (state != JOB_RUNNING)
			return status;
		usleep(10000);
	}
	fail_msg("the job does not end");
	return STATUS_TIMEOUT;
}

static void a_view_has_one_job_at_a_time_and_unknown_views_have_none(void **state)
{
	struct place *p = *state;
	struct replay_options options = {.site = p->site};
	struct replay *replay = replay_open(&options);
	uint64_t first, second;
	struct error err;
	struct buf text = {0};
	wait_until_folded(p);
	assert_int_equal(replay_job(replay, SLICE("board"), &text, &err), STATUS_NOT_FOUND);
	assert_int_equal(replay_start(replay, SLICE("board"), REPLAY_REBUILD, false, &first, &err),
	                 STATUS_OK);
	assert_int_equal(replay_start(replay, SLICE("board"), REPLAY_VERIFY, false, &second, &err),
	                 STATUS_BUSY);
	assert_int_equal(replay_start(replay, SLICE("issue"), REPLAY_VERIFY, false, &second, &err),
	                 STATUS_OK);
	assert_int_equal(replay_start(replay, SLICE("nope"), REPLAY_VERIFY, false, &second, &err),
	                 STATUS_NOT_FOUND);
	/* this projector keeps the LMDB views only */
	assert_int_equal(replay_start(replay, SLICE("search"), REPLAY_VERIFY, false, &second, &err),
	                 STATUS_NOT_FOUND);
	assert_int_equal(wait_for_job(replay, SLICE("board")), STATUS_OK);
	assert_int_equal(wait_for_job(replay, SLICE("issue")), STATUS_OK);
	assert_int_equal(replay_job(replay, SLICE("board"), &text, &err), STATUS_OK);
	assert_non_null(strstr(buf_cstr(&text), "\"state\":\"done\""));
	assert_int_equal(
	        replay_start(replay, SLICE("board"), REPLAY_ROLLBACK, false, &second, &err),
	        STATUS_OK);
	assert_true(second > first);
	buf_release(&text);
	replay_close(replay);
}

static void the_status_tells_instances_positions_and_jobs(void **state)
{
	struct place *p = *state;
	struct replay_options options = {.site = p->site};
	struct replay *replay = replay_open(&options);
	struct buf text = {0};
	wait_until_folded(p);
	replay_status(replay, &text);
	const char *json = buf_cstr(&text);
	assert_non_null(strstr(json, "\"view\":\"board\",\"version\":1,\"live\":\"v1\""));
	assert_non_null(strstr(json, "\"open\":true"));
	assert_non_null(strstr(json, "\"driver\":\"embedded\""));
	assert_null(strstr(json, "\"error\""));
	buf_release(&text);
	replay_close(replay);
}

#define ALONE(test)  cmocka_unit_test_setup_teardown(test, alone, teardown)
#define BESIDE(test) cmocka_unit_test_setup_teardown(test, beside_a_projector, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        ALONE(a_rebuilt_view_equals_the_live_one_and_takes_its_place),
	        ALONE(a_view_that_was_never_folded_is_built_without_a_comparison),
	        ALONE(a_live_view_that_lags_is_compared_where_it_stands_and_overtaken),
	        ALONE(only_the_live_instance_and_the_one_before_are_kept),
	        ALONE(verify_compares_and_leaves_everything_as_it_was),
	        ALONE(a_rollback_without_a_previous_instance_finds_none),
	        ALONE(a_row_changed_behind_the_views_back_is_named_and_forbids_the_swap),
	        ALONE(rows_that_only_one_side_has_are_told_apart),
	        ALONE(another_version_that_differs_is_live_only_when_changes_are_accepted),
	        ALONE(another_version_with_the_same_rows_needs_no_consent),
	        ALONE(a_build_killed_in_the_middle_goes_on_where_it_stood),
	        ALONE(a_build_that_is_told_to_stop_goes_on_later),
	        BESIDE(queries_under_load_never_fail_and_never_go_back),
	        BESIDE(a_rollback_catches_up_before_it_swaps),
	        BESIDE(a_held_view_stands_still_and_goes_on_when_it_is_released),
	        BESIDE(a_view_has_one_job_at_a_time_and_unknown_views_have_none),
	        BESIDE(the_status_tells_instances_positions_and_jobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
