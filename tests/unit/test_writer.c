/* The partition writer on a real embedded journal in a directory of its own: what is answered is
 * what is in the log, once, whatever the journal does to the appends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command-api/intake.h"
#include "command-api/writer.h"
#include "core/codec/cloudevent.h"
#include "core/codec/event_codec.h"
#include "core/journal/driver.h"
#include "tests/unit/seed.h"

#define COMMANDS_MAX 4096

struct bench {
	char dir[64];
	struct config config;
	struct journal *journal;
	struct profile_keys *keys;
	struct writers *writers;
	struct journal_fault_plan faults;
	bool has_faults;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static const struct principal installation = {
        .issuer = SLICE("nexusflow"), .subject = SLICE("root"), .installation = true};
static const struct principal ada = {.issuer = SLICE("nexusflow"), .subject = SLICE("ada")};
static const struct principal stranger = {.issuer = SLICE("nexusflow"), .subject = SLICE("eve")};

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat, (void)type, (void)ftw;
	return remove(path);
}

static void open_bench(struct bench *bench)
{
	struct error err = {0};
	struct journal_options options = {.config = &bench->config, .create = true};
	assert_int_equal(journal_open(&options, &bench->journal, &err), STATUS_OK);
	if (bench->has_faults)
		bench->journal = journal_with_faults(bench->journal, &bench->faults);
	assert_int_equal(profile_keys_open(&bench->config, &bench->keys, &err), STATUS_OK);
	struct writers_options writers = {.config = &bench->config,
	                                  .journal = bench->journal,
	                                  .profile_keys = bench->keys,
	                                  .address = ""};
	assert_int_equal(writers_start(&writers, &bench->writers, &err), STATUS_OK);
}

static void close_bench(struct bench *bench)
{
	writers_stop(bench->writers);
	profile_keys_close(bench->keys);
	journal_close(bench->journal);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	struct error err;
	char *argv[] = {"test", NULL};
	int argc = 1;
	snprintf(bench->dir, sizeof bench->dir, "/tmp/nexusflow-writer-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	assert_int_equal(config_load(&bench->config, &argc, argv, &err), STATUS_OK);
	bench->config.data_dir = bench->dir;
	bench->config.partitions = 2;
	bench->config.map_size_gib = 1;
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	nftw(bench->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	config_release(&bench->config);
	free(bench);
	return 0;
}

static void job_done(struct job *job)
{
	pthread_mutex_lock(&lock);
	*(bool *)job->context = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static const char *tenant = "acme"; /* that commands are sent to */

static struct job *make(const struct principal *who, const char *command, const char *id,
                        const char *body)
{
	struct intake_fault fault = {0};
	struct envelope envelope = {.command = slice_str(command), .command_id = slice_str(id)};
	json_t *data = intake_parse(slice_str(body), &fault);
	assert_non_null(data);
	struct job *job = intake_job(slice_str(tenant), who, &envelope, data, strlen(body), &fault);
	if (!job)
		fail_msg("%s: %s %s", fault.detail, fault.fields.items[0].pointer,
		         fault.fields.items[0].reason);
	json_decref(data);
	return job;
}

/* Submit and wait; the caller releases. */
static struct job *run(struct bench *bench, const struct principal *who, const char *command,
                       const char *id, const char *body)
{
	struct job *job = make(who, command, id, body);
	bool done = false;
	job->done = job_done;
	job->context = &done;
	writers_submit(bench->writers, job, 1);
	pthread_mutex_lock(&lock);
	while (!done)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	return job;
}

static void expect(struct bench *bench, const struct principal *who, const char *command,
                   const char *id, const char *body, enum job_outcome outcome)
{
	struct job *job = run(bench, who, command, id, body);
	/* An append whose outcome was lost is found again by its id. */
	bool is_found = bench->has_faults && job->outcome == JOB_REPEATED;
	if (job->outcome != outcome && !is_found)
		fail_msg("%s: %s %s (%s)", command, job_outcome_name(job->outcome),
		         reject_code(job->reject), job->detail);
	job_release(job);
}

#define ORGANIZATION                                                                               \
	"{\"name\":\"Acme\",\"owner\":{\"issuer\":\"nexusflow\",\"subject\":\"ada\","              \
	"\"name\":\"Ada\"}}"
#define ID(n) "00000000-0000-4000-8000-00000000000" #n

static void found_acme(struct bench *bench)
{
	expect(bench, &installation, "CreateOrganization", ID(1), ORGANIZATION, JOB_ACCEPTED);
	expect(bench, &ada, "CreateProject", ID(2), "{\"key\":\"TLS\",\"name\":\"TLS 1.3\"}",
	       JOB_ACCEPTED);
}

/* The headers of the record say what its event says. */
static void check_headers(const struct journal_entry *entry, const struct event *event)
{
	struct header_text text;
	struct journal_header headers[EVENT_HEADERS_MAX];
	unsigned n = event_headers(event, slice_of(NULL, 0), &text, headers);
	struct slice name, value;
	size_t at = 0;
	for (unsigned i = 0; i < n; i++) {
		assert_true(journal_entry_header(entry, &at, &name, &value));
		assert_true(slice_is(name, headers[i].name));
		assert_true(slice_equal(value, headers[i].value));
	}
	assert_false(journal_entry_header(entry, &at, &name, &value));
}

/* Every event of acme in the log, in order: seq gapless, headers true. */
static uint64_t count_events(struct bench *bench)
{
	struct journal_reader *reader;
	struct error err;
	struct journal_entry entries[64];
	static char block[1 << 20];
	struct arena arena;
	uint32_t partition = journal_partition_of(SLICE("acme"), 2), n = 0;
	uint64_t seq = 0;
	int64_t end;
	arena_init(&arena, block, sizeof block);
	assert_int_equal(journal_reader_open(bench->journal, &reader, &err), STATUS_OK);
	assert_int_equal(journal_reader_assign(reader, partition, 0, &err), STATUS_OK);
	assert_int_equal(journal_end(bench->journal, partition, &end, &err), STATUS_OK);
	while (journal_reader_position(reader, partition) < end) {
		assert_int_equal(journal_reader_poll(reader, 100, entries, 64, &n, &err),
		                 STATUS_OK);
		for (uint32_t i = 0; i < n; i++) {
			struct event event;
			if (record_classify(entries[i].value, NULL) != RECORD_EVENT)
				continue;
			arena_clear(&arena);
			assert_int_equal(event_decode(entries[i].value, &arena, &event, &err),
			                 STATUS_OK);
			assert_int_equal(event.meta.seq, ++seq);
			check_headers(&entries[i], &event);
		}
	}
	journal_reader_close(reader);
	return seq;
}

static void an_organization_and_its_first_issue(void **state)
{
	struct bench *bench = *state;
	open_bench(bench);
	found_acme(bench);
	struct job *job = run(bench, &ada, "CreateIssue", ID(3),
	                      "{\"project\":\"TLS\",\"summary\":\"Handshake fails\"}");
	assert_int_equal(job->outcome, JOB_ACCEPTED);
	assert_string_equal(job->key, "TLS-1");
	assert_int_equal(job->position, count_events(bench));
	job_release(job);
	close_bench(bench);
}

static void the_same_key_gives_the_first_answer_again_also_after_a_restart(void **state)
{
	struct bench *bench = *state;
	const char *body = "{\"project\":\"TLS\",\"summary\":\"Once\"}";
	open_bench(bench);
	found_acme(bench);
	struct job *first = run(bench, &ada, "CreateIssue", ID(3), body);
	uint64_t events = count_events(bench);
	for (int round = 0; round < 2; round++) {
		struct job *again = run(bench, &ada, "CreateIssue", ID(3), body);
		assert_int_equal(again->outcome, JOB_REPEATED);
		assert_int_equal(again->first_seq, first->first_seq);
		assert_int_equal(again->events_n, first->events_n);
		assert_memory_equal(&again->events[0].id, &first->events[0].id, 16);
		assert_string_equal(again->key, first->key);
		job_release(again);
		close_bench(bench);
		open_bench(bench);
	}
	assert_int_equal(count_events(bench), events);
	job_release(first);
	close_bench(bench);
}

static void a_key_that_was_used_for_something_else_is_refused(void **state)
{
	struct bench *bench = *state;
	open_bench(bench);
	found_acme(bench);
	struct job *job =
	        run(bench, &ada, "CreateProject", ID(2), "{\"key\":\"DNS\",\"name\":\"Other\"}");
	assert_int_equal(job->outcome, JOB_REFUSED);
	assert_int_equal(job->reject, REJECT_KEY_REUSED);
	job_release(job);
	close_bench(bench);
}

static void the_first_answer_is_for_who_was_given_it(void **state)
{
	static const struct principal bob = {.issuer = SLICE("nexusflow"), .subject = SLICE("bob")};
	struct bench *bench = *state;
	const char *body = "{\"project\":\"TLS\",\"summary\":\"Once\"}";
	open_bench(bench);
	found_acme(bench);
	expect(bench, &ada, "AddMember", ID(3),
	       "{\"member_id\":\"" ID(9) "\",\"role\":\"admin\",\"person\":{\"issuer\":"
	                                 "\"nexusflow\",\"subject\":\"bob\",\"name\":\"Bob\"}}",
	       JOB_ACCEPTED);
	expect(bench, &ada, "CreateIssue", ID(4), body, JOB_ACCEPTED);
	for (int round = 0; round < 2; round++) {
		struct job *job = run(bench, &bob, "CreateIssue", ID(4), body);
		assert_int_equal(job->outcome, JOB_REFUSED);
		assert_int_equal(job->reject, REJECT_KEY_REUSED);
		assert_string_equal(job->key, "");
		assert_true(uuid_is_nil(&job->created));
		job_release(job);
		expect(bench, &ada, "CreateIssue", ID(4), body, JOB_REPEATED);
		close_bench(bench);
		open_bench(bench);
	}
	close_bench(bench);
}

#define OTHER "{\"key\":\"DNS\",\"name\":\"Other\"}"

/* Everything that the answer to a command can show. */
static struct buf answer_in(struct bench *bench, const char *in, const struct principal *who,
                            const char *command, const char *id, const char *body)
{
	struct uuid request_id = {{0}};
	struct buf text = {0};
	tenant = in;
	struct job *job = run(bench, who, command, id, body);
	tenant = "acme";
	int status = job_answer_json(job, &request_id, &text);
	buf_printf(&text, " %d position %llu", status, (unsigned long long)job->position);
	job_release(job);
	return text;
}

static void expect_no_difference(struct bench *bench, const struct principal *who,
                                 const char *command, const char *id, const char *body,
                                 const char *status)
{
	struct buf there = answer_in(bench, "acme", who, command, id, body);
	struct buf nowhere = answer_in(bench, "nowhere", who, command, id, body);
	assert_string_equal(buf_cstr(&there), buf_cstr(&nowhere));
	assert_non_null(strstr(buf_cstr(&there), status));
	buf_release(&there);
	buf_release(&nowhere);
}

static void a_stranger_cannot_tell_an_organization_from_none(void **state)
{
	struct bench *bench = *state;
	open_bench(bench);
	found_acme(bench);
	expect_no_difference(bench, &stranger, "CreateProject", ID(4), OTHER, "} 404 ");
	expect_no_difference(bench, &stranger, "CreateOrganization", ID(4), ORGANIZATION, "} 403 ");
	/* nor with the id of a command that is in the log, and its body or another */
	expect_no_difference(bench, &stranger, "CreateProject", ID(2), OTHER, "} 404 ");
	expect_no_difference(bench, &stranger, "CreateProject", ID(2),
	                     "{\"key\":\"TLS\",\"name\":\"TLS 1.3\"}", "} 404 ");
	close_bench(bench);
}

static void an_installation_token_only_founds_organizations(void **state)
{
	struct bench *bench = *state;
	open_bench(bench);
	found_acme(bench);
	uint64_t events = count_events(bench);
	expect_no_difference(bench, &installation, "CreateProject", ID(4), OTHER, "} 404 ");
	expect_no_difference(bench, &installation, "RemoveMember", ID(5),
	                     "{\"member\":\"" ID(9) "\"}", "} 404 ");
	assert_int_equal(count_events(bench), events);
	struct buf again =
	        answer_in(bench, "acme", &installation, "CreateOrganization", ID(6), ORGANIZATION);
	assert_non_null(strstr(buf_cstr(&again), "tenant_exists"));
	buf_release(&again);
	close_bench(bench);
}

static void who_was_removed_gets_no_old_answer(void **state)
{
	struct bench *bench = *state;
	static const struct principal bob = {.issuer = SLICE("nexusflow"), .subject = SLICE("bob")};
	open_bench(bench);
	found_acme(bench);
	expect(bench, &ada, "AddMember", ID(3),
	       "{\"member_id\":\"" ID(9) "\",\"role\":\"admin\",\"person\":{\"issuer\":"
	                                 "\"nexusflow\",\"subject\":\"bob\",\"name\":\"Bob\"}}",
	       JOB_ACCEPTED);
	expect(bench, &bob, "CreateProject", ID(4), OTHER, JOB_ACCEPTED);
	expect(bench, &bob, "CreateProject", ID(4), OTHER, JOB_REPEATED);
	expect(bench, &ada, "RemoveMember", ID(5), "{\"member\":\"" ID(9) "\"}", JOB_ACCEPTED);
	expect_no_difference(bench, &bob, "CreateProject", ID(4), OTHER, "} 404 ");
	close_bench(bench);
}

static void forget(struct bench *bench, const char *id)
{
	struct uuid member;
	struct error err;
	uuid_parse(slice_str(id), &member);
	assert_int_equal(profile_forget(bench->keys, SLICE("acme"), &member, &err), STATUS_OK);
}

static void a_profile_that_says_so_already_is_not_set_again(void **state)
{
	struct bench *bench = *state;
	static const struct principal bob = {.issuer = SLICE("nexusflow"), .subject = SLICE("bob")};
#define BOB(rest)                                                                                  \
	"\"person\":{\"issuer\":\"nexusflow\",\"subject\":\"bob\",\"name\":\"Bob" rest "\"}}"
	open_bench(bench);
	found_acme(bench);
	expect(bench, &ada, "AddMember", ID(3),
	       "{\"member_id\":\"" ID(9) "\",\"role\":\"admin\"," BOB(""), JOB_ACCEPTED);
	uint64_t events = count_events(bench);
	expect(bench, &bob, "SetMemberProfile", ID(4), "{" BOB(""), JOB_UNCHANGED);
	assert_int_equal(count_events(bench), events);
	expect(bench, &bob, "SetMemberProfile", ID(5), "{" BOB("\",\"email\":\"b@example.org"),
	       JOB_ACCEPTED);
	expect(bench, &ada, "SetMemberProfile", ID(6), "{" BOB("\",\"email\":\"b@example.org"),
	       JOB_UNCHANGED);
	expect(bench, &bob, "SetMemberProfile", ID(7), "{" BOB(""), JOB_ACCEPTED);
	assert_int_equal(count_events(bench), events + 2);
	/* nothing of the profile is readable without its key: it cannot be told from another */
	forget(bench, ID(9));
	expect(bench, &ada, "SetMemberProfile", ID(8), "{" BOB(""), JOB_ACCEPTED);
	close_bench(bench);
}

/* A key of the text that @made was answered with. */
static struct principal key_of(const struct job *made, struct key_text *key)
{
	struct principal principal = {.has_key = true};
	assert_true(key_text_parse(slice_str(made->secret), key));
	principal.key_tenant = key->tenant;
	principal.key_id = key->id;
	memcpy(principal.key_hash, key->hash, sizeof principal.key_hash);
	return principal;
}

static void a_key_is_shown_once_and_works_until_revoked(void **state)
{
	struct bench *bench = *state;
	struct key_text text;
	open_bench(bench);
	found_acme(bench);
	static const char body[] = "{\"key_id\":\"" ID(9) "\",\"name\":\"x\",\"scope\":\"admin\"}";
	struct job *made = run(bench, &ada, "CreateApiKey", ID(3), body);
	struct job *again = run(bench, &ada, "CreateApiKey", ID(3), body);
	assert_int_equal(made->outcome, JOB_ACCEPTED);
	assert_int_equal(again->outcome, JOB_REPEATED);
	assert_string_equal(again->secret, "");
	struct principal key = key_of(made, &text), wrong = key;
	wrong.key_hash[0] ^= 1;
	uint64_t events = count_events(bench);
	expect(bench, &wrong, "CreateProject", ID(4), OTHER, JOB_REFUSED);
	assert_int_equal(count_events(bench), events);
	expect(bench, &key, "CreateProject", ID(4), OTHER, JOB_ACCEPTED);
	expect(bench, &ada, "RevokeApiKey", ID(5), "{\"key\":\"" ID(9) "\"}", JOB_ACCEPTED);
	struct job *dead = run(bench, &key, "CreateProject", ID(4), OTHER);
	assert_int_equal(dead->outcome, JOB_REFUSED);
	assert_int_equal(dead->reject, REJECT_BAD_API_KEY);
	assert_int_equal(dead->position, 0);
	job_release(made);
	job_release(again);
	job_release(dead);
	close_bench(bench);
}

static void a_refused_command_makes_no_key_for_the_person_it_names(void **state)
{
	struct bench *bench = *state;
	struct error err;
	struct uuid member;
	struct profile profile;
	struct buf sealed = {0}, text = {0};
	uuid_parse(SLICE(ID(9)), &member);
	open_bench(bench);
	found_acme(bench);
	expect(bench, &stranger, "AddMember", ID(3),
	       "{\"member_id\":\"" ID(9) "\",\"role\":\"admin\",\"person\":{\"issuer\":"
	                                 "\"nexusflow\",\"subject\":\"bob\",\"name\":\"Bob\"}}",
	       JOB_REFUSED);
	/* without a key nothing can be opened; sealing here would make it */
	buf_append_str(&sealed, "0123456789012345678901234567890123456789012345678901234567890123");
	assert_int_equal(profile_unseal(bench->keys, SLICE("acme"), &member, buf_slice(&sealed),
	                                &text, &profile, &err),
	                 STATUS_NOT_FOUND);
	buf_release(&sealed);
	buf_release(&text);
	close_bench(bench);
}

static void a_lost_state_is_folded_again_from_the_journal(void **state)
{
	struct bench *bench = *state;
	char path[128];
	open_bench(bench);
	found_acme(bench);
	close_bench(bench);
	snprintf(path, sizeof path, "%s/write-state", bench->dir);
	assert_int_equal(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	open_bench(bench);
	expect(bench, &ada, "CreateProject", ID(2), "{\"key\":\"TLS\",\"name\":\"TLS 1.3\"}",
	       JOB_REPEATED);
	expect(bench, &ada, "CreateIssue", ID(3), "{\"project\":\"TLS\",\"summary\":\"x\"}",
	       JOB_ACCEPTED);
	close_bench(bench);
}

static void every_command_has_one_effect_whatever_happens_to_its_append(void **state)
{
	struct bench *bench = *state;
	struct seed seed = seed_start(__func__);
	bench->has_faults = true;
	bench->faults = (struct journal_fault_plan){.seed = seed_next(&seed),
	                                            .reject_one_in = 5,
	                                            .unknown_one_in = 5,
	                                            .fence_one_in = 7};
	open_bench(bench);
	found_acme(bench);
	uint64_t before = count_events(bench);
	for (int i = 0; i < 60; i++) {
		char id[37];
		snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", 1000 + i);
		expect(bench, &ada, "CreateIssue", id, "{\"project\":\"TLS\",\"summary\":\"x\"}",
		       JOB_ACCEPTED);
	}
	assert_int_equal(count_events(bench), before + 60);
	close_bench(bench);
}

static void a_batch_of_many_records_keeps_the_headers_of_each(void **state)
{
	struct bench *bench = *state;
	enum { JOBS = 1500 };
	struct job *jobs[JOBS];
	bool *done = calloc(JOBS, sizeof *done);
	open_bench(bench);
	found_acme(bench);
	uint64_t before = count_events(bench);
	for (int i = 0; i < JOBS; i++) {
		char id[37];
		snprintf(id, sizeof id, "00000000-0000-4000-8000-%012d", 1000 + i);
		jobs[i] = make(&ada, "CreateIssue", id, "{\"project\":\"TLS\",\"summary\":\"x\"}");
		jobs[i]->done = job_done;
		jobs[i]->context = &done[i];
		if (i > 0)
			jobs[i - 1]->next = jobs[i];
	}
	writers_submit(bench->writers, jobs[0], JOBS);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < JOBS; i++)
		while (!done[i])
			pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < JOBS; i++) {
		assert_int_equal(jobs[i]->outcome, JOB_ACCEPTED);
		job_release(jobs[i]);
	}
	assert_int_equal(count_events(bench), before + JOBS);
	close_bench(bench);
	free(done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(an_organization_and_its_first_issue, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(
	                the_same_key_gives_the_first_answer_again_also_after_a_restart, setup,
	                teardown),
	        cmocka_unit_test_setup_teardown(a_key_that_was_used_for_something_else_is_refused,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(the_first_answer_is_for_who_was_given_it, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(a_stranger_cannot_tell_an_organization_from_none,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(an_installation_token_only_founds_organizations,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(a_key_is_shown_once_and_works_until_revoked, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(who_was_removed_gets_no_old_answer, setup,
	                                        teardown),
	        cmocka_unit_test_setup_teardown(a_profile_that_says_so_already_is_not_set_again,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                a_refused_command_makes_no_key_for_the_person_it_names, setup, teardown),
	        cmocka_unit_test_setup_teardown(a_lost_state_is_folded_again_from_the_journal,
	                                        setup, teardown),
	        cmocka_unit_test_setup_teardown(
	                every_command_has_one_effect_whatever_happens_to_its_append, setup,
	                teardown),
	        cmocka_unit_test_setup_teardown(a_batch_of_many_records_keeps_the_headers_of_each,
	                                        setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
