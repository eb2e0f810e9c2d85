/* The writer of a Kafka partition when another owner comes: the newest claim wins, the other stands
 * down, and nobody claims in turns. */
#include "tests/contract/journal_contract.h"
#include "tests/contract/kafka_place.h"

#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "command-api/intake.h"
#include "command-api/writer.h"
#include "core/base/clock.h"
#include "core/codec/event_codec.h"

#define READY_MS 60000

struct bench {
	struct journal_place place;
	char dir[64];
	struct config config;
	struct journal *journal;
	struct profile_keys *keys;
	struct writers *writers;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat, (void)type, (void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	char *argv[] = {"test", NULL};
	int argc = 1;
	struct error err = {0};

	assert_int_equal(config_load(&bench->config, &argc, argv, &err), STATUS_OK);
	kafka_place_create(&bench->place, 1);
	snprintf(bench->dir, sizeof bench->dir, "/tmp/nexusflow-owner-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	bench->config.journal = "kafka";
	bench->config.kafka_bootstrap = bench->place.config.kafka_bootstrap;
	bench->config.kafka_topic = bench->place.config.kafka_topic;
	bench->config.partitions = 1;
	bench->config.data_dir = bench->dir;
	bench->config.map_size_gib = 1;
	struct journal_options options = {.config = &bench->config, .create = true};
	assert_int_equal(journal_open(&options, &bench->journal, &err), STATUS_OK);
	assert_int_equal(profile_keys_open(&bench->config, &bench->keys, &err), STATUS_OK);
	struct writers_options writers = {.config = &bench->config,
	                                  .journal = bench->journal,
	                                  .profile_keys = bench->keys,
	                                  .address = "here:1"};
	assert_int_equal(writers_start(&writers, &bench->writers, &err), STATUS_OK);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	writers_stop(bench->writers);
	profile_keys_close(bench->keys);
	journal_close(bench->journal);
	kafka_place_destroy(&bench->place);
	nftw(bench->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	config_release(&bench->config);
	free(bench);
	return 0;
}

static void wait_for(struct bench *bench, enum writer_mode mode)
{
	int64_t deadline = clock_monotonic_ms() + READY_MS;
	struct writer_state state;

	for (;;) {
		writers_state(bench->writers, 0, &state);
		if (state.mode == mode)
			return;
		if (clock_monotonic_ms() > deadline)
			fail_msg("%s, not %s: %s", writer_mode_name(state.mode),
			         writer_mode_name(mode), state.reason);
		contract_sleep(10);
	}
}

static void job_done(struct job *job)
{
	pthread_mutex_lock(&lock);
	*(bool *)job->context = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* Found an organization; the caller releases. */
static struct job *found(struct bench *bench, const char *tenant)
{
	static const struct principal root = {
	        .issuer = SLICE("nexusflow"), .subject = SLICE("root"), .installation = true};
	static const char body[] = "{\"name\":\"Acme\",\"owner\":{\"issuer\":\"nexusflow\","
	                           "\"subject\":\"ada\",\"name\":\"Ada\"}}";
	struct envelope envelope = {.command = SLICE("CreateOrganization")};
	struct intake_fault fault = {0};
	json_t *data = intake_parse(slice_str(body), &fault);
	struct job *job =
	        intake_job(slice_str(tenant), &root, &envelope, data, strlen(body), &fault);
	bool done = false;

	assert_non_null(job);
	json_decref(data);
	job->done = job_done;
	job->context = &done;
	writers_submit(bench->writers, job, 1);
	pthread_mutex_lock(&lock);
	while (!done)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return job;
}

static unsigned count_claims(struct bench *bench)
{
	struct read_log log = {0};
	unsigned n = 0;

	contract_read(bench->journal, 0, 0, &log);
	for (size_t i = 0; i < log.n; i++)
		n += log.records[i].control;
	read_log_release(&log);
	return n - 1; /* JournalCreated */
}

static enum status append_one(struct journal *journal, const char *value)
{
	struct journal_record record = contract_record(value);
	struct error err;

	return journal_append(journal, 0, &record, 1, NULL, &err);
}

static void the_newest_claim_wins_and_the_other_owner_stands_down(void **state)
{
	struct bench *bench = *state;
	struct journal *rival;
	struct journal_owner owner = {uuid_v4(), "there:2"};
	struct journal_options options = {.config = &bench->config};
	struct error err;
	int64_t end;

	wait_for(bench, WRITER_OWNS);
	struct job *job = found(bench, "acme");
	assert_int_equal(job->outcome, JOB_ACCEPTED);
	job_release(job);
	assert_int_equal(count_claims(bench), 1);

	assert_int_equal(journal_open(&options, &rival, &err), STATUS_OK);
	assert_int_equal(journal_claim(rival, 0, &owner, &end, &err), STATUS_OK);
	job = found(bench, "beta");
	assert_int_equal(job->outcome, JOB_UNAVAILABLE);
	assert_non_null(strstr(job->detail, "owned by there:2, claimed at "));
	job_release(job);
	wait_for(bench, WRITER_STOOD_DOWN);
	for (int i = 0; i < 20; i++) { /* and it stays so */
		job = found(bench, "beta");
		assert_int_equal(job->outcome, JOB_UNAVAILABLE);
		job_release(job);
		assert_int_equal(append_one(rival, "mine"), STATUS_OK);
	}
	assert_int_equal(count_claims(bench), 2);
	journal_close(rival);
}

static void what_waits_when_the_owner_is_deposed_is_answered(void **state)
{
	enum { JOBS = 50 };
	struct bench *bench = *state;
	struct journal *rival;
	struct journal_owner owner = {uuid_v4(), "there:2"};
	struct journal_options options = {.config = &bench->config};
	struct error err;
	unsigned accepted = 0, unavailable = 0;
	int64_t end;

	wait_for(bench, WRITER_OWNS);
	assert_int_equal(journal_open(&options, &rival, &err), STATUS_OK);
	for (unsigned i = 0; i < JOBS; i++) {
		char tenant[16];
		snprintf(tenant, sizeof tenant, "acme-%u", i);
		if (i == JOBS / 2)
			assert_int_equal(journal_claim(rival, 0, &owner, &end, &err), STATUS_OK);
		struct job *job = found(bench, tenant);
		accepted += job->outcome == JOB_ACCEPTED;
		unavailable += job->outcome == JOB_UNAVAILABLE;
		job_release(job);
	}
	assert_int_equal(accepted, JOBS / 2);
	assert_int_equal(unavailable, JOBS - JOBS / 2);
	assert_int_equal(count_claims(bench), 2);
	journal_close(rival);
}

/* It has no append that could fail, and does not know yet that it was deposed. */
static void a_deposed_owner_refuses_nothing(void **state)
{
	struct bench *bench = *state;
	struct journal *rival;
	struct journal_owner owner = {uuid_v4(), "there:2"};
	struct journal_options options = {.config = &bench->config};
	struct error err;
	int64_t end;

	wait_for(bench, WRITER_OWNS);
	for (int i = 0; i < 10;
	     i++) { /* as long as it owns, it refuses, and need not claim for it */
		char tenant[16];
		snprintf(tenant, sizeof tenant, "acme-%d", i);
		struct job *job = found(bench, tenant);
		assert_int_equal(job->outcome, JOB_ACCEPTED);
		job_release(job);
		job = found(bench, "acme-0");
		assert_int_equal(job->outcome, JOB_REFUSED);
		job_release(job);
	}
	assert_int_equal(count_claims(bench), 1);

	assert_int_equal(journal_open(&options, &rival, &err), STATUS_OK);
	assert_int_equal(journal_claim(rival, 0, &owner, &end, &err), STATUS_OK);
	struct job *job = found(bench, "acme-0");
	assert_int_equal(job->outcome, JOB_UNAVAILABLE);
	assert_non_null(strstr(job->detail, "owned by there:2, claimed at "));
	job_release(job);
	wait_for(bench, WRITER_STOOD_DOWN);
	assert_int_equal(count_claims(bench), 2);
	journal_close(rival);
}

/* A latecomer, whom the group does not mean, has claimed: nobody would be left. */
static void an_assignment_that_outlives_the_session_timeout_claims_again(void **state)
{
	struct bench *bench = *state;
	struct journal *latecomer;
	struct journal_owner owner = {uuid_v4(), "there:2"};
	struct journal_options options = {.config = &bench->config};
	struct error err;
	int64_t end;

	wait_for(bench, WRITER_OWNS);
	assert_int_equal(journal_open(&options, &latecomer, &err), STATUS_OK);
	assert_int_equal(journal_claim(latecomer, 0, &owner, &end, &err), STATUS_OK);
	struct job *job = found(bench, "acme");
	assert_int_equal(job->outcome, JOB_UNAVAILABLE);
	job_release(job);
	wait_for(bench, WRITER_STOOD_DOWN);
	assert_int_equal(count_claims(bench), 2);

	wait_for(bench, WRITER_OWNS);
	job = found(bench, "acme");
	assert_int_equal(job->outcome, JOB_ACCEPTED);
	job_release(job);
	assert_int_equal(append_one(latecomer, "mine"), STATUS_FENCED);
	assert_int_equal(count_claims(bench), 3);
	journal_close(latecomer);
}

/* What a stranger wrote makes the owner doubt, look, and go on. */
static void records_of_strangers_do_not_depose(void **state)
{
	struct bench *bench = *state;

	wait_for(bench, WRITER_OWNS);
	struct job *job = found(bench, "acme");
	assert_int_equal(job->outcome, JOB_ACCEPTED);
	job_release(job);
	kafka_place_write(&bench->place, 0, "acme", "not ours");
	for (int i = 0; i < 3; i++) {
		job = found(bench, "acme");
		assert_int_equal(job->outcome, JOB_REFUSED);
		job_release(job);
	}
	struct writer_state seen;
	writers_state(bench->writers, 0, &seen);
	assert_int_equal(trouble_counts(writers_trouble(bench->writers)).foreign, 1);
	assert_int_equal(seen.mode, WRITER_OWNS);
	assert_int_equal(count_claims(bench), 2); /* it claimed again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                the_newest_claim_wins_and_the_other_owner_stands_down, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_deposed_owner_refuses_nothing, setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                an_assignment_that_outlives_the_session_timeout_claims_again, setup,
	                teardown),
	        cmocka_unit_test_setup_teardown(records_of_strangers_do_not_depose, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(what_waits_when_the_owner_is_deposed_is_answered,
	                                        setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
