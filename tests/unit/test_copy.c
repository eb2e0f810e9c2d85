/* A journal is copied to another number of partitions, through faults and kills, and what comes out
 * is the same events. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/journal/driver.h"
#include "projections/projector.h"
#include "replay/copy.h"
#include "tests/unit/copied.h"

#define TARGET_PARTITIONS 5
#define COMMANDS          4000

struct place {
	struct history history; /* the source */
	char dir[64];
	struct config target; /* its configuration */
};

static int setup(void **state)
{
	struct place *p = mem_new(sizeof *p);
	history_open(&p->history, 2);
	p->history.seed = seed_start("copy");
	history_tenant(&p->history, "acme", 300);
	history_tenant(&p->history, "umbra", 300);
	history_tenant(&p->history, "wayne", 300);
	history_random(&p->history, COMMANDS);
	snprintf(p->dir, sizeof p->dir, "/tmp/nf-copy-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->target = p->history.config;
	p->target.data_dir = p->dir;
	p->target.partitions = TARGET_PARTITIONS;
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];
	history_close(&p->history);
	snprintf(command, sizeof command, "rm -r %s", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static struct journal *open_target(struct place *p)
{
	struct journal *journal;
	struct error err = {.text = ""};
	struct journal_options options = {.config = &p->target,
	                                  .create = true,
	                                  .copy_of = journal_identity(p->history.journal)};
	if (journal_open(&options, &journal, &err))
		fail_msg("%s", err.text);
	return journal;
}

static struct journal *open_copied(struct place *p)
{
	struct journal *journal;
	struct error err = {.text = ""};
	struct journal_options options = {.config = &p->target};
	if (journal_open(&options, &journal, &err))
		fail_msg("%s", err.text);
	return journal;
}

struct result {
	struct copy_progress progress;
	uint64_t found, control, foreign; /* found: in the target before */
	struct error err;
};

static enum status copy_to(struct place *p, struct journal *target, struct result *result)
{
	struct copy_work work = {
	        .source = p->history.journal, .target = target, .batch_events = 200};
	struct tally tally;
	result->err = (struct error){.text = ""};
	tally_init(&tally);
	enum status status = copy_run(&work, &tally, &result->progress, &result->err);
	result->found = tally.events[TALLY_TARGET] - result->progress.events;
	result->control = tally.control[TALLY_SOURCE];
	result->foreign = tally.foreign[TALLY_SOURCE];
	tally_release(&tally);
	return status;
}

static void copy_whole(struct place *p, struct result *result)
{
	struct journal *target = open_target(p);
	if (copy_to(p, target, result))
		fail_msg("%s", result->err.text);
	journal_close(target);
}

/* --- tests --- */

static void a_copy_has_every_event_in_its_order_and_knows_its_source(void **state)
{
	struct place *p = *state;
	const struct journal_identity *source = journal_identity(p->history.journal);
	struct result result;
	copy_whole(p, &result);
	assert_int_equal(result.progress.events, p->history.events);
	assert_int_equal(result.found, 0);
	struct journal *target = open_copied(p);
	const struct journal_identity *identity = journal_identity(target);
	copied_expect_equal(&p->history, p->history.journal, target);
	assert_int_equal(identity->partitions, TARGET_PARTITIONS);
	assert_int_equal(identity->ancestors_n, 1);
	assert_true(uuid_equal(&identity->ancestors[0], &source->id));
	assert_false(uuid_equal(&identity->id, &source->id));
	journal_close(target);
}

static void a_copy_of_a_copy_knows_both_and_equals_the_first(void **state)
{
	struct place *p = *state;
	struct result result;
	struct uuid first = journal_identity(p->history.journal)->id;
	char back[80];
	copy_whole(p, &result);
	struct journal *copied = open_copied(p);
	snprintf(back, sizeof back, "%s/back", p->dir);
	struct config config = p->target;
	config.data_dir = back;
	config.partitions = 1;
	struct journal_options options = {
	        .config = &config, .create = true, .copy_of = journal_identity(copied)};
	struct copy_work work = {.source = copied};
	struct copy_progress progress;
	struct tally tally;
	assert_int_equal(journal_open(&options, &work.target, NULL), STATUS_OK);
	tally_init(&tally);
	assert_int_equal(copy_run(&work, &tally, &progress, NULL), STATUS_OK);
	tally_release(&tally);
	const struct journal_identity *identity = journal_identity(work.target);
	assert_int_equal(identity->ancestors_n, 2);
	assert_true(uuid_equal(&identity->ancestors[0], &journal_identity(copied)->id));
	assert_true(uuid_equal(&identity->ancestors[1], &first));
	assert_false(uuid_is_nil(&identity->keys_id));
	assert_true(uuid_equal(&identity->keys_id, &journal_identity(p->history.journal)->keys_id));
	copied_expect_equal(&p->history, p->history.journal, work.target);
	journal_close(work.target);
	journal_close(copied);
}

static void what_is_not_ours_stays_behind_and_headers_come_along(void **state)
{
	struct place *p = *state;
	struct result result;
	struct journal_header headers[] = {{"ce_id", SLICE("one")}, {"traceparent", SLICE("")}};
	struct event event = {.type = EVENT_COMMAND_CONCLUDED};
	struct buf value = {0};
	event.meta.tenant = SLICE("acme");
	event.meta.seq = ++p->history.tenants[0].seq;
	event.meta.count = 1;
	event_encode(&event, &value);
	struct journal_record record = {.key = event.meta.tenant,
	                                .value = buf_slice(&value),
	                                .headers = headers,
	                                .headers_n = 2};
	assert_int_equal(journal_append(p->history.journal,
	                                journal_partition_of(event.meta.tenant, 2), &record, 1,
	                                NULL, NULL),
	                 STATUS_OK);
	p->history.events++;
	history_raw(&p->history, 0, SLICE("acme"), SLICE("not framed"));
	history_raw(&p->history, 1, SLICE("other"), buf_slice(&value)); /* key and tenant differ */
	history_raw(&p->history, 1, SLICE("acme"), buf_slice(&value));  /* that seq was there */
	copy_whole(p, &result);
	assert_int_equal(result.foreign, 3);
	assert_int_equal(result.control, 4); /* two partitions were created and claimed */
	struct journal *target = open_copied(p);
	copied_expect_equal(&p->history, p->history.journal, target);
	journal_close(target);
	buf_release(&value);
}

static void a_copy_that_is_not_finished_cannot_be_opened(void **state)
{
	struct place *p = *state;
	struct journal *target = open_target(p), *opened;
	struct journal_options options = {.config = &p->target, .create = true};
	struct error err;
	struct result result;
	journal_close(target);
	assert_int_equal(journal_open(&options, &opened, &err), STATUS_CONFLICT);
	assert_non_null(strstr(err.text, "unfinished copy of journal "));
	assert_non_null(strstr(err.text, "run nexusflow replay copy again"));
	copy_whole(p, &result);
	assert_int_equal(journal_open(&options, &opened, &err), STATUS_OK);
	journal_close(opened);
}

static void a_place_with_another_journal_is_refused(void **state)
{
	struct place *p = *state;
	struct journal *other;
	struct error err;
	struct journal_options options = {.config = &p->target, .create = true};
	struct journal_options copy = options, itself = options;
	copy.copy_of = itself.copy_of = journal_identity(p->history.journal);
	itself.config = &p->history.config;
	assert_int_equal(journal_open(&options, &other, &err), STATUS_OK);
	journal_close(other);
	assert_int_equal(journal_open(&copy, &other, &err), STATUS_CONFLICT);
	assert_non_null(strstr(err.text, "which is no copy of"));
	assert_int_equal(journal_open(&itself, &other, &err), STATUS_CONFLICT);
	assert_non_null(strstr(err.text, "the source itself"));
}

/* Somebody writes an event of the tenant to the unfinished copy. */
static void forge(struct place *p, const char *tenant, int64_t seq)
{
	struct journal *target = open_target(p);
	struct journal_owner owner = {.address = ""};
	struct event event = {.type = EVENT_COMMAND_CONCLUDED};
	struct buf value = {0};
	int64_t end;
	event.meta.tenant = slice_str(tenant);
	event.meta.seq = seq;
	event.meta.count = 1;
	event_encode(&event, &value);
	struct journal_record record = {.key = event.meta.tenant, .value = buf_slice(&value)};
	uint32_t partition = journal_partition_of(event.meta.tenant, TARGET_PARTITIONS);
	assert_int_equal(journal_claim(target, partition, &owner, &end, NULL), STATUS_OK);
	assert_int_equal(journal_append(target, partition, &record, 1, NULL, NULL), STATUS_OK);
	buf_release(&value);
	journal_close(target);
}

static void expect_refused(struct place *p, const char *why)
{
	struct result result;
	struct journal *target = open_target(p), *opened;
	struct journal_options options = {.config = &p->target};
	assert_int_equal(copy_to(p, target, &result), STATUS_CONFLICT);
	assert_non_null(strstr(result.err.text, why));
	journal_close(target);
	assert_int_equal(journal_open(&options, &opened, NULL), STATUS_CONFLICT);
}

static void a_target_that_holds_other_events_is_refused(void **state)
{
	struct place *p = *state;
	forge(p, "acme", 1);
	expect_refused(p, "tenant acme: the target holds other events than the source up to seq 1");
}

static void a_target_with_a_tenant_that_the_source_has_not_is_refused(void **state)
{
	struct place *p = *state;
	forge(p, "nobody", 1);
	expect_refused(p, "tenant nobody: the source ends with seq 0, the target with 1");
}

/* --- views --- */

static const char *const view_names[] = {"access", "board", "issue", "feed"};
#define VIEW_NAMES (sizeof view_names / sizeof *view_names)

static void views_go_on_by_seq_whether_they_lag_or_not(void **state)
{
	struct place *p = *state;
	struct view *level[VIEW_NAMES], *late[VIEW_NAMES];
	struct result result;
	for (size_t i = 0; i < VIEW_NAMES; i++) {
		late[i] = history_view(&p->history, view_names[i], "v1");
		history_fold(&p->history, late[i], 0);
	}
	history_random(&p->history, 1000);
	for (size_t i = 0; i < VIEW_NAMES; i++) {
		level[i] = history_view(&p->history, view_names[i], "v2");
		history_fold(&p->history, level[i], 0);
	}
	copy_whole(p, &result);
	struct journal *target = open_copied(p);
	for (size_t i = 0; i < VIEW_NAMES; i++) {
		struct view *fresh = history_view(&p->history, view_names[i], "v3");
		copied_fold(target, &fresh->kind->type, fresh);
		copied_expect_goes_on(target, &late[i]->kind->type, late[i], fresh);
		copied_expect_goes_on(target, &level[i]->kind->type, level[i], fresh);
		kv_view_close(fresh);
		kv_view_close(late[i]);
		kv_view_close(level[i]);
	}
	journal_close(target);
}

static void a_view_that_is_ahead_of_the_copy_is_refused_and_left_alone(void **state)
{
	struct place *p = *state;
	struct result result;
	copy_whole(p, &result);
	history_random(&p->history, 200); /* in no copy */
	struct journal *target = open_copied(p);
	for (size_t i = 0; i < VIEW_NAMES; i++) {
		struct view *view = history_view(&p->history, view_names[i], "v1");
		const struct view_type *type = &view->kind->type;
		history_fold(&p->history, view, 0);
		if (!type->journal_bound)
			copied_expect_ahead(target, type, view);
		kv_view_close(view);
	}
	journal_close(target);
}

/* The copy knows nothing of the tenant, and then it is founded there again. */
static void a_tenant_that_is_younger_than_the_copy_is_not_mixed_up(void **state)
{
	struct place *p = *state;
	struct result result;
	struct journal_owner owner = {.address = ""};
	int64_t end;
	copy_whole(p, &result);
	history_tenant(&p->history, "young", 10);
	history_flush(&p->history);
	struct view *view = history_view(&p->history, "board", "v1");
	history_fold(&p->history, view, 0);
	struct journal *target = open_copied(p), *source = p->history.journal;
	for (uint32_t i = 0; i < TARGET_PARTITIONS; i++)
		assert_int_equal(journal_claim(target, i, &owner, &end, NULL), STATUS_OK);
	p->history.journal = target;
	struct history_tenant *young = &p->history.tenants[--p->history.tenants_n];
	free(young->issues);
	*young = (struct history_tenant){.seq = 0};
	history_tenant(&p->history, "young", 10);
	history_flush(&p->history);
	p->history.journal = source;
	copied_expect_ahead(target, &view->kind->type, view);
	kv_view_close(view);
	journal_close(target);
}

static struct projector *start_projector(struct place *p, struct journal *journal)
{
	struct projector *projector;
	struct projector_options options = {.config = &p->history.config,
	                                    .journal = journal,
	                                    .profile_keys = p->history.keys,
	                                    .lmdb = true};
	assert_int_equal(projector_start(&options, &projector, NULL), STATUS_OK);
	return projector;
}

/* Until each view is served and up to date, or is not and says @why. */
static void wait_for_views(struct projector *projector, const char *why)
{
	int64_t deadline = clock_monotonic_ms() + 60000;
	for (uint32_t i = 0; i < projector_views(projector); i++) {
		struct view_state state;
		do {
			assert_true(clock_monotonic_ms() < deadline);
			usleep(1000);
			projector_state(projector, i, &state);
		} while (why && !view_type_find(slice_str(state.view))->journal_bound
		                 ? state.open || !strstr(state.reason, why)
		                 : !state.open || state.lag_records > 0);
		struct view *view = projector_acquire(projector, slice_str(state.view));
		assert_true((view != NULL) == state.open);
		if (view)
			projector_return(projector, slice_str(state.view), view);
	}
}

static void a_projector_goes_on_with_views_that_are_level_with_the_copy(void **state)
{
	struct place *p = *state;
	struct result result;
	copy_whole(p, &result);
	struct journal *target = open_copied(p);
	struct projector *projector = start_projector(p, p->history.journal);
	wait_for_views(projector, NULL);
	projector_stop(projector);
	projector = start_projector(p, target);
	wait_for_views(projector, NULL); /* level with it: they go on */
	projector_stop(projector);
	journal_close(target);
}

static void a_projector_serves_no_view_that_is_ahead_of_the_copy(void **state)
{
	struct place *p = *state;
	struct result result;
	copy_whole(p, &result);
	history_random(&p->history, 200);
	struct journal *target = open_copied(p);
	struct projector *projector = start_projector(p, p->history.journal);
	wait_for_views(projector, NULL);
	projector_stop(projector);
	projector = start_projector(p, target);
	wait_for_views(projector, "of which the copy that this journal is has not all");
	projector_stop(projector);
	journal_close(target);
}

/* --- interruptions --- */

static void faults_of_the_target_leave_no_gap_and_no_duplicate(void **state)
{
	struct place *p = *state;
	struct result result;
	enum status status;
	uint64_t seed = seed_next(&p->history.seed);
	int runs = 0;
	do {
		const struct journal_fault_plan plan = {.seed = seed + (uint64_t)runs,
		                                        .reject_one_in = 6,
		                                        .unknown_one_in = 5,
		                                        .fence_one_in = 30};
		struct journal *target = journal_with_faults(open_target(p), &plan);
		status = copy_to(p, target, &result);
		copied_expect_boundaries(&p->history, target);
		journal_close(target);
		if (status && status != STATUS_FENCED && status != STATUS_UNKNOWN &&
		    status != STATUS_REJECTED)
			fail_msg("%s", result.err.text);
		assert_true(++runs < 1000);
	} while (status);
	struct journal *target = open_copied(p);
	copied_expect_equal(&p->history, p->history.journal, target);
	journal_close(target);
}

static void kill_at(void *context, const struct copy_progress *now)
{
	const uint64_t *events = context;
	if (now->events >= *events && now->phase == COPY_COPYING)
		kill(getpid(), SIGKILL);
}

/* A child, because only a process can be killed: when it has appended @events, or after @after_us.
 */
static bool run_and_kill(struct place *p, uint64_t events, uint64_t after_us)
{
	int status;
	journal_close(p->history.journal); /* one process at a time */
	p->history.journal = NULL;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct tally tally;
		struct copy_progress progress;
		history_reopen(&p->history);
		struct copy_work work = {.source = p->history.journal,
		                         .target = open_target(p),
		                         .batch_events = 200,
		                         .progress = kill_at,
		                         .context = &events};
		tally_init(&tally);
		_exit(copy_run(&work, &tally, &progress, NULL) ? 1 : 0);
	}
	if (after_us) {
		usleep((useconds_t)after_us);
		kill(child, SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFEXITED(status);
}

static void a_copy_killed_at_any_time_goes_on_without_gap_or_duplicate(void **state)
{
	struct place *p = *state;
	struct result result;
	for (int i = 0; i < 6; i++)
		assert_false(run_and_kill(p, 200 + seed_below(&p->history.seed, 600), 0));
	history_reopen(&p->history);
	struct journal *target = open_target(p);
	copied_expect_boundaries(&p->history, target);
	assert_true(journal_identity(target)->unfinished);
	journal_close(target);
	for (uint64_t i = 1; i <= 20; i++)
		if (run_and_kill(p, UINT64_MAX, 1000 + seed_below(&p->history.seed, i * 20000)))
			break;
	history_reopen(&p->history);
	target = open_target(p);
	if (journal_identity(target)->unfinished && copy_to(p, target, &result))
		fail_msg("%s", result.err.text);
	copied_expect_equal(&p->history, p->history.journal, target);
	journal_close(target);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(a_copy_has_every_event_in_its_order_and_knows_its_source),
	        CASE(a_copy_of_a_copy_knows_both_and_equals_the_first),
	        CASE(what_is_not_ours_stays_behind_and_headers_come_along),
	        CASE(a_copy_that_is_not_finished_cannot_be_opened),
	        CASE(a_place_with_another_journal_is_refused),
	        CASE(a_target_that_holds_other_events_is_refused),
	        CASE(a_target_with_a_tenant_that_the_source_has_not_is_refused),
	        CASE(views_go_on_by_seq_whether_they_lag_or_not),
	        CASE(a_view_that_is_ahead_of_the_copy_is_refused_and_left_alone),
	        CASE(a_projector_goes_on_with_views_that_are_level_with_the_copy),
	        CASE(a_projector_serves_no_view_that_is_ahead_of_the_copy),
	        CASE(a_tenant_that_is_younger_than_the_copy_is_not_mixed_up),
	        CASE(faults_of_the_target_leave_no_gap_and_no_duplicate),
	        CASE(a_copy_killed_at_any_time_goes_on_without_gap_or_duplicate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
