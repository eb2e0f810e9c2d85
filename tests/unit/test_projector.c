#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "projections/board.h"
#include "projections/projector.h"
#include "projections/registry.h"
#include "projections/slot.h"
#include "tests/unit/history.h"

#define ACME    SLICE("acme")
#define BOARD   SLICE("board")
#define LONG_MS 30000

struct running {
	struct history history;
	struct projector *projector;
};

static void start(struct running *r)
{
	struct projector_options options = {
	        .config = &r->history.config,
	        .journal = r->history.journal,
	        .profile_keys = r->history.keys,
	        .lmdb = true,
	};
	assert_int_equal(projector_start(&options, &r->projector, NULL), STATUS_OK);
}

static int setup(void **state)
{
	struct running *r = mem_new(sizeof *r);
	history_open(&r->history, 2);
	r->history.seed = seed_start("projector");
	history_tenant(&r->history, "acme", 100);
	history_random(&r->history, 200);
	start(r);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct running *r = *state;
	projector_stop(r->projector);
	history_close(&r->history);
	free(r);
	return 0;
}

struct answer {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int calls;
	bool reached;
};
#define ANSWER                                                                                     \
	{                                                                                          \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false                      \
	}

static void answered(void *context, bool reached)
{
	struct answer *answer = context;
	pthread_mutex_lock(&answer->lock);
	answer->calls++;
	answer->reached = reached;
	pthread_cond_broadcast(&answer->changed);
	pthread_mutex_unlock(&answer->lock);
}

static bool wait_for(struct running *r, struct slice view, struct slice tenant, int64_t seq,
                     int64_t ms)
{
	struct answer answer = ANSWER;
	projector_wait(r->projector, view, tenant, (uint64_t)seq, clock_monotonic_ms() + ms,
	               answered, &answer);
	pthread_mutex_lock(&answer.lock);
	while (!answer.calls)
		pthread_cond_wait(&answer.changed, &answer.lock);
	pthread_mutex_unlock(&answer.lock);
	return answer.reached;
}

static int64_t acme_seq(const struct running *r)
{
	return r->history.tenants[0].seq;
}

static void a_wait_is_answered_when_every_view_has_the_event(void **state)
{
	struct running *r = *state;
	static const char *const views[] = {"access", "board", "issue", "feed"};
	for (int i = 0; i < 4; i++)
		assert_true(wait_for(r, slice_str(views[i]), ACME, acme_seq(r), LONG_MS));
	history_random(&r->history, 20);
	for (int i = 0; i < 4; i++)
		assert_true(wait_for(r, slice_str(views[i]), ACME, acme_seq(r), LONG_MS));
}

static void a_wait_for_what_never_comes_ends_at_its_deadline(void **state)
{
	struct running *r = *state;
	int64_t before = clock_monotonic_ms();
	assert_false(wait_for(r, BOARD, ACME, acme_seq(r) + 1, 60));
	assert_true(clock_monotonic_ms() >= before + 60);
	assert_false(wait_for(r, BOARD, SLICE("nobody"), 1, 1));
	assert_false(wait_for(r, SLICE("no-view"), ACME, 1, LONG_MS));
}

static void who_waits_when_the_projector_stops_is_answered_once(void **state)
{
	struct running *r = *state;
	struct answer answer = ANSWER;
	projector_wait(r->projector, BOARD, ACME, (uint64_t)acme_seq(r) + 1,
	               clock_monotonic_ms() + LONG_MS, answered, &answer);
	projector_stop(r->projector);
	assert_int_equal(answer.calls, 1);
	assert_false(answer.reached);
	start(r);
}

/* A slot alone, so that nobody else ends its rest. */
static bool slot_reaches(struct slot *slot, int64_t seq, bool rests)
{
	struct answer answer = ANSWER;
	struct timespec until = {clock_now_ms() / 1000 + LONG_MS / 1000, 0};
	int rc = 0;
	waits_add(slot->waits, ACME, (uint64_t)seq, INT64_MAX, answered, &answer);
	(rests ? slot_hurry : slot_wake)(slot);
	pthread_mutex_lock(&answer.lock);
	while (!answer.calls && rc == 0)
		rc = pthread_cond_timedwait(&answer.changed, &answer.lock, &until);
	pthread_mutex_unlock(&answer.lock);
	return answer.reached;
}

static void who_waits_ends_the_rest_of_a_view(void **state)
{
	struct running *r = *state;
	struct kv_view_type slow = board_view;
	struct projector_options options = {.config = &r->history.config,
	                                    .journal = r->history.journal,
	                                    .profile_keys = r->history.keys};
	struct registry *registry;
	struct slot slot = {0};
	projector_stop(r->projector);
	r->projector = NULL;
	slow.type.pace_ms = 10 * LONG_MS;
	assert_int_equal(registry_open(&r->history.config, &registry, NULL), STATUS_OK);
	slot_init(&slot, &slow.type, &options, registry);
	pthread_create(&slot.thread, NULL, slot_thread, &slot);
	assert_true(slot_reaches(&slot, acme_seq(r), false));
	for (int i = 0; i < 3; i++) { /* it rests after each of them */
		history_random(&r->history, 5);
		assert_true(slot_reaches(&slot, acme_seq(r), true));
	}
	atomic_store(&slot.stopping, true);
	slot_wake(&slot);
	pthread_join(slot.thread, NULL);
	slot_release(&slot);
	registry_close(registry);
}

static void a_projector_goes_on_where_it_stood(void **state)
{
	struct running *r = *state;
	assert_true(wait_for(r, BOARD, ACME, acme_seq(r), LONG_MS));
	projector_stop(r->projector);
	history_random(&r->history, 50);
	start(r);
	assert_true(wait_for(r, BOARD, ACME, acme_seq(r), LONG_MS));
}

struct querying {
	struct running *running;
	atomic_bool stop;
	uint64_t reads;
	bool failed;
};

static void *query(void *context)
{
	struct querying *q = context;
	struct buf out = {0};
	uint64_t newest = 0;
	do { /* at least once: on a busy machine this thread may start late */
		struct board_stamp stamp;
		uint64_t seq = 0;
		struct view *view = projector_acquire(q->running->projector, BOARD);
		buf_clear(&out);
		/* the history may delete the project, or give it another key */
		enum status status = view ? board_read(view, ACME, NULL, SLICE("TLS"),
		                                       slice_of(NULL, 0), 50, &out, &stamp, NULL)
		                          : STATUS_UNAVAILABLE;
		if ((status && status != STATUS_NOT_FOUND) ||
		    kv_view_tenant_seq(view, ACME, &seq, NULL) || seq < newest)
			q->failed = true;
		newest = seq;
		projector_return(q->running->projector, BOARD, view);
		q->reads++;
	} while (!atomic_load(&q->stop));
	buf_release(&out);
	return NULL;
}

/* What replay does: build beside, close, swap. */
static void rebuild(struct running *r, const char *instance)
{
	struct view *view = history_view(&r->history, "board", instance);
	history_fold(&r->history, view, FOLD_BULK_EVENTS);
	kv_view_close(view);
	assert_int_equal(projector_swap(r->projector, BOARD, instance, NULL), STATUS_OK);
}

static void a_swap_fails_no_query_and_the_new_instance_follows(void **state)
{
	struct running *r = *state;
	struct querying q = {.running = r};
	pthread_t thread;
	assert_true(wait_for(r, BOARD, ACME, acme_seq(r), LONG_MS));
	assert_int_equal(pthread_create(&thread, NULL, query, &q), 0);
	rebuild(r, "v1-new");
	history_random(&r->history, 20);
	assert_true(wait_for(r, BOARD, ACME, acme_seq(r), LONG_MS));
	atomic_store(&q.stop, true);
	pthread_join(thread, NULL);
	assert_false(q.failed);
	assert_true(q.reads > 0);
	struct view_state view_state;
	for (uint32_t i = 0; i < projector_views(r->projector); i++) {
		projector_state(r->projector, i, &view_state);
		if (strcmp(view_state.view, "board") == 0)
			assert_string_equal(view_state.instance, "v1-new");
	}
	projector_stop(r->projector); /* and the pointer outlives the process */
	struct registry *registry;
	struct registry_entry entry;
	assert_int_equal(registry_open(&r->history.config, &registry, NULL), STATUS_OK);
	assert_int_equal(registry_get(registry, view_type_find(BOARD), &entry, NULL), STATUS_OK);
	assert_string_equal(entry.live, "v1-new");
	assert_string_equal(entry.previous, history_first_instance("board"));
	registry_close(registry);
	start(r);
}

static void an_old_instance_stays_open_while_it_is_read_and_can_come_back(void **state)
{
	struct running *r = *state;
	uint64_t seq;
	assert_true(wait_for(r, BOARD, ACME, acme_seq(r), LONG_MS));
	struct view *old = projector_acquire(r->projector, BOARD);
	assert_non_null(old);
	rebuild(r, "v1-new");
	assert_int_equal(kv_view_tenant_seq(old, ACME, &seq, NULL), STATUS_OK);
	assert_int_equal(projector_swap(r->projector, BOARD, history_first_instance("board"), NULL),
	                 STATUS_OK);
	struct view *now = projector_acquire(r->projector, BOARD);
	assert_ptr_equal(now, old);
	projector_return(r->projector, BOARD, now);
	projector_return(r->projector, BOARD, old);
	history_random(&r->history, 5);
	assert_true(wait_for(r, BOARD, ACME, acme_seq(r), LONG_MS));
}

static void a_swap_to_what_cannot_be_named_changes_nothing(void **state)
{
	struct running *r = *state;
	assert_true(wait_for(r, BOARD, ACME, acme_seq(r), LONG_MS));
	assert_int_equal(projector_swap(r->projector, SLICE("no-view"), "v1", NULL),
	                 STATUS_NOT_FOUND);
	assert_int_equal(projector_swap(r->projector, BOARD, "../v1", NULL), STATUS_INVALID);
	struct view *view = projector_acquire(r->projector, BOARD);
	assert_non_null(view);
	projector_return(r->projector, BOARD, view);
}

static bool board_state(struct running *r, struct view_state *out)
{
	for (uint32_t i = 0; i < projector_views(r->projector); i++) {
		projector_state(r->projector, i, out);
		if (strcmp(out->view, "board") == 0)
			return true;
	}
	return false;
}

static void a_record_of_a_newer_version_shows_as_the_reason(void **state)
{
	struct running *r = *state;
	struct view_state board;
	history_raw(&r->history, 0, ACME, slice_of("\0\x00\x0f\x00\x00zz", 7));
	int64_t deadline = clock_monotonic_ms() + LONG_MS;
	do {
		usleep(5000);
		assert_true(board_state(r, &board));
	} while ((!strstr(board.reason, "upgrade") || !board.lag_records) &&
	         clock_monotonic_ms() < deadline);
	assert_non_null(strstr(board.reason, "upgrade"));
	assert_true(board.lag_records > 0);
	assert_true(board.open); /* what it has is still served */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_wait_is_answered_when_every_view_has_the_event),
	        CASE(a_wait_for_what_never_comes_ends_at_its_deadline),
	        CASE(who_waits_when_the_projector_stops_is_answered_once),
	        CASE(who_waits_ends_the_rest_of_a_view),
	        CASE(a_projector_goes_on_where_it_stood),
	        CASE(a_swap_fails_no_query_and_the_new_instance_follows),
	        CASE(an_old_instance_stays_open_while_it_is_read_and_can_come_back),
	        CASE(a_swap_to_what_cannot_be_named_changes_nothing),
	        CASE(a_record_of_a_newer_version_shows_as_the_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
