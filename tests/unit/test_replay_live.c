/* Rebuild, swap and rollback of LMDB views beside a running projector, and the jobs that do it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "projections/board.h"
#include "replay/jobs.h"
#include "tests/unit/replay_place.h"

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
			if (kv_view_tenant_seq(view, slice_str(tenants[i]), &seq, NULL))
				return "a query failed";
			/* the random events delete the project as well */
			enum status status =
			        board_read(view, slice_str(tenants[i]), NULL, SLICE("TLS"),
			                   slice_of(NULL, 0), 5, &out, &stamp, NULL);
			if (status && status != STATUS_NOT_FOUND)
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
	int64_t until = clock_monotonic_ms() + 60000;
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
	for (int i = 0;
	     i < 6 || atomic_load(&load.queries) < 200 || atomic_load(&load.appended) < 100; i++) {
		struct replay_outcome outcome;
		assert_true(i < 1000);
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
	assert_string_equal(outcome.progress.instance, history_first_instance("board"));
	replay_outcome_release(&outcome);
	digest_of_live(p, &board_view.type, after, &at);
	assert_at_the_end(p, &at);
	assert_memory_equal(before, after, sizeof before);
	const char *rebuilt = history_first_instance("board");
	assert_memory_equal(entry_of(p, &board_view.type).previous, rebuilt, strlen(rebuilt));
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
	enum status status = STATUS_OK;
	for (int i = 0; i < 20 && !status; i++) { /* the first may be quicker than we are */
		assert_int_equal(wait_for_job(replay, SLICE("board")), STATUS_OK);
		assert_int_equal(
		        replay_start(replay, SLICE("board"), REPLAY_REBUILD, false, &first, &err),
		        STATUS_OK);
		status = replay_start(replay, SLICE("board"), REPLAY_VERIFY, false, &second, &err);
	}
	assert_int_equal(status, STATUS_BUSY);
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
	assert_non_null(strstr(json, "\"view\":\"board\",\"version\":"));
	assert_non_null(strstr(json, "\"open\":true"));
	assert_non_null(strstr(json, "\"driver\":\"embedded\""));
	assert_null(strstr(json, "\"error\""));
	buf_release(&text);
	replay_close(replay);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, beside_a_projector, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(queries_under_load_never_fail_and_never_go_back),
	        TEST(a_rollback_catches_up_before_it_swaps),
	        TEST(a_held_view_stands_still_and_goes_on_when_it_is_released),
	        TEST(a_view_has_one_job_at_a_time_and_unknown_views_have_none),
	        TEST(the_status_tells_instances_positions_and_jobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
