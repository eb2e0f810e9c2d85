/* The processor on a real embedded journal: events in, intents out. The port only notes what it is
 * asked to send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/codec/wire.h"
#include "processors/processor.h"
#include "tests/unit/history.h"

#define SENT_MAX 64

struct sent {
	struct uuid command_id, causation_id, on_behalf_of;
	char issue[UUID_TEXT + 1], to[16], credential_id[16];
};

struct bench {
	struct intent_port port; /* first */
	struct history history;
	struct history_tenant *acme;
	struct processor *processor;
	pthread_mutex_t lock;
	bool is_deaf; /* takes everything and answers nothing */
	struct sent sent[SENT_MAX];
	uint32_t sent_n;
	struct actor actor; /* of the next transitions */
};

static void note_intents(struct intent_port *port, struct intent *intents, uint32_t n)
{
	struct bench *bench = (struct bench *)port;
	pthread_mutex_lock(&bench->lock);
	for (uint32_t i = 0; i < n; i++) {
		const struct transition_issue *command = &intents[i].command.transition_issue;
		struct sent *sent = &bench->sent[bench->sent_n % SENT_MAX];
		assert_int_equal(intents[i].command.type, COMMAND_TRANSITION_ISSUE);
		sent->command_id = intents[i].command_id;
		sent->causation_id = intents[i].causation_id;
		sent->on_behalf_of = intents[i].on_behalf_of;
		snprintf(sent->credential_id, sizeof sent->credential_id, "%.*s",
		         (int)intents[i].credential_id.n, intents[i].credential_id.data);
		snprintf(sent->issue, sizeof sent->issue, "%.*s", (int)command->issue.n,
		         command->issue.data);
		snprintf(sent->to, sizeof sent->to, "%s",
		         command->has_category ? status_category_symbol(command->category) : "");
		intents[i].outcome = bench->is_deaf ? INTENT_UNANSWERED : INTENT_ACCEPTED;
		bench->sent_n++;
	}
	pthread_mutex_unlock(&bench->lock);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	bench->port.send = note_intents;
	pthread_mutex_init(&bench->lock, NULL);
	history_open(&bench->history, 1);
	bench->acme = history_tenant(&bench->history, "acme", 1);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	history_close(&bench->history);
	pthread_mutex_destroy(&bench->lock);
	free(bench);
	return 0;
}

static void start(struct bench *bench)
{
	struct error err;
	struct processor_options options = {&bench->history.config, bench->history.journal,
	                                    &bench->port};
	if (processor_start(&options, &bench->processor, &err))
		fail_msg("%s", err.text);
}

static struct processor_state state_of(struct bench *bench)
{
	struct processor_state state;
	processor_state(bench->processor, &state);
	return state;
}

/* Until the end of the log has been stored. */
static void wait_until_done(struct bench *bench, uint64_t events)
{
	for (int i = 0; i < 3000; i++) {
		struct processor_state state = state_of(bench);
		if (state.events == events && state.lag_records == 0 && !state.reason[0])
			return;
		usleep(10000);
	}
	fail_msg("the processor did not come to the end: %s", state_of(bench).reason);
}

static void run_to_the_end(struct bench *bench, uint64_t events)
{
	start(bench);
	wait_until_done(bench, events);
	processor_stop(bench->processor);
}

static struct uuid issue_id(uint64_t number)
{
	return history_id("acme", "issue", number);
}

static void create(struct bench *bench, uint64_t number, const char *type, uint64_t parent)
{
	struct event *event = history_event(&bench->history, EVENT_ISSUE_CREATED,
	                                    AGGREGATE_KIND_ISSUE, issue_id(number), 1);
	event->issue_created = (struct issue_created){
	        .project_id = bench->acme->project,
	        .number = (int64_t)number,
	        .type = slice_str(type),
	        .summary = SLICE("x"),
	        .status = SLICE("todo"),
	        .priority = SLICE("medium"),
	        .rank = SLICE("m"),
	        .has_parent = parent > 0,
	        .parent = parent ? issue_id(parent) : (struct uuid){{0}},
	};
	history_command(&bench->history, bench->acme);
	history_flush(&bench->history);
}

static void transition(struct bench *bench, uint64_t number, const char *from, const char *to)
{
	struct event *event = history_event(&bench->history, EVENT_ISSUE_TRANSITIONED,
	                                    AGGREGATE_KIND_ISSUE, issue_id(number), 2);
	event->meta.actor = bench->actor;
	event->issue_transitioned.from = slice_str(from);
	event->issue_transitioned.to = slice_str(to);
	event->issue_transitioned.from_category =
	        strcmp(from, "done") == 0 ? STATUS_CATEGORY_DONE : STATUS_CATEGORY_TODO;
	event->issue_transitioned.to_category =
	        strcmp(to, "done") == 0 ? STATUS_CATEGORY_DONE : STATUS_CATEGORY_TODO;
	history_command(&bench->history, bench->acme);
	history_flush(&bench->history);
}

static void move(struct bench *bench, uint64_t number, uint64_t from, uint64_t to)
{
	struct event *event = history_event(&bench->history, EVENT_ISSUE_PARENT_CHANGED,
	                                    AGGREGATE_KIND_ISSUE, issue_id(number), 3);
	event->issue_parent_changed = (struct issue_parent_changed){
	        .has_from = from > 0,
	        .from = from ? issue_id(from) : (struct uuid){{0}},
	        .has_to = to > 0,
	        .to = to ? issue_id(to) : (struct uuid){{0}},
	};
	history_command(&bench->history, bench->acme);
	history_flush(&bench->history);
}

static void convert(struct bench *bench, uint64_t number, const char *from, const char *to,
                    bool done)
{
	enum status_category category = done ? STATUS_CATEGORY_DONE : STATUS_CATEGORY_TODO;
	history_event(&bench->history, EVENT_ISSUE_CONVERTED, AGGREGATE_KIND_ISSUE,
	              issue_id(number), 2)
	        ->issue_converted = (struct issue_converted){
	        .project_id = bench->acme->project,
	        .number = (int64_t)number,
	        .from_type = slice_str(from),
	        .to_type = slice_str(to),
	        .from_status = SLICE("todo"),
	        .to_status = SLICE("todo"),
	        .from_category = category,
	        .to_category = category,
	};
	history_command(&bench->history, bench->acme);
	history_flush(&bench->history);
}

static void family(struct bench *bench)
{
	create(bench, 1, "task", 0);
	create(bench, 2, "subtask", 1);
	create(bench, 3, "subtask", 1);
}

/* The intent that @event (by its number in acme) asks for: done with the parent. */
static void expect_sent(const struct bench *bench, uint32_t at, uint64_t seq, uint64_t issue)
{
	struct uuid event = history_id("acme", "event", seq), id = issue_id(issue);
	char text[UUID_TEXT + 1] = {0};
	uuid_format(&id, text);
	assert_in_range(at, 0, bench->sent_n - 1);
	assert_string_equal(bench->sent[at].issue, text);
	assert_string_equal(bench->sent[at].to, "done");
	assert_memory_equal(&bench->sent[at].causation_id, &event, sizeof event);
}

static void the_last_sub_task_that_is_done_finishes_its_parent_once(void **state)
{
	struct bench *bench = *state;
	family(bench);                        /* events 5 to 7 */
	transition(bench, 2, "todo", "done"); /* 8 */
	transition(bench, 3, "todo", "done"); /* 9 */
	transition(bench, 3, "done", "done"); /* 10: nothing new */
	run_to_the_end(bench, 10);
	assert_int_equal(bench->sent_n, 1);
	expect_sent(bench, 0, 9, 1);
}

/* The second sub-task of the family is finished by this. */
static void finished_by(struct bench *bench, struct actor actor)
{
	family(bench);
	transition(bench, 2, "todo", "done");
	bench->actor = actor;
	transition(bench, 3, "todo", "done");
	run_to_the_end(bench, 9);
}

static void the_intent_is_in_the_name_of_who_finished_the_last_one(void **state)
{
	struct bench *bench = *state;
	struct uuid cleo = history_id("acme", "member", 3);
	finished_by(bench, (struct actor){.kind = ACTOR_KIND_MEMBER,
	                                  .id = cleo,
	                                  .has_credential_id = true,
	                                  .credential_id = SLICE("key of cleo")});
	assert_int_equal(bench->sent_n, 1);
	assert_memory_equal(&bench->sent[0].on_behalf_of, &cleo, sizeof cleo);
	assert_string_equal(bench->sent[0].credential_id, "key of cleo");
}

static void what_a_rule_did_is_answered_in_the_name_of_the_same_member(void **state)
{
	struct bench *bench = *state;
	struct uuid cleo = history_id("acme", "member", 3);
	finished_by(bench, (struct actor){.kind = ACTOR_KIND_RULE,
	                                  .id = history_id("acme", "rule", 1),
	                                  .has_on_behalf_of = true,
	                                  .on_behalf_of = cleo});
	assert_int_equal(bench->sent_n, 1);
	assert_memory_equal(&bench->sent[0].on_behalf_of, &cleo, sizeof cleo);
	assert_string_equal(bench->sent[0].credential_id, "");
}

static void what_was_imported_is_answered_in_the_name_of_who_imported_it(void **state)
{
	struct bench *bench = *state;
	struct uuid ben = history_id("acme", "member", 2);
	finished_by(bench, (struct actor){.kind = ACTOR_KIND_IMPORTER,
	                                  .id = ben,
	                                  .has_on_behalf_of = true,
	                                  .on_behalf_of = history_id("acme", "member", 3)});
	assert_int_equal(bench->sent_n, 1);
	assert_memory_equal(&bench->sent[0].on_behalf_of, &ben, sizeof ben);
}

/* A log from before rules had one. */
static void what_nobody_did_is_not_answered(void **state)
{
	struct bench *bench = *state;
	finished_by(bench,
	            (struct actor){.kind = ACTOR_KIND_RULE, .id = history_id("acme", "rule", 1)});
	assert_int_equal(bench->sent_n, 0);
}

static void a_sub_task_that_is_open_again_counts_again(void **state)
{
	struct bench *bench = *state;
	family(bench);
	transition(bench, 2, "todo", "done");
	transition(bench, 2, "done", "todo");
	transition(bench, 3, "todo", "done"); /* 10 */
	transition(bench, 2, "todo", "done"); /* 11 */
	run_to_the_end(bench, 11);
	assert_int_equal(bench->sent_n, 1);
	expect_sent(bench, 0, 11, 1);
}

static void the_open_sub_task_that_leaves_finishes_the_parent(void **state)
{
	struct bench *bench = *state;
	family(bench);
	transition(bench, 2, "todo", "done"); /* 8 */
	create(bench, 4, "task", 0);          /* 9 */
	move(bench, 3, 1, 4);                 /* 10: now all that is left of 1 is done */
	move(bench, 2, 1, 4);                 /* 11: 1 has none left, 4 has an open one */
	transition(bench, 3, "todo", "done"); /* 12 */
	run_to_the_end(bench, 12);
	assert_int_equal(bench->sent_n, 2);
	expect_sent(bench, 0, 10, 1);
	expect_sent(bench, 1, 12, 4);
}

static void what_becomes_a_sub_task_counts_and_what_was_one_does_not(void **state)
{
	struct bench *bench = *state;
	family(bench);
	transition(bench, 2, "todo", "done");        /* 8 */
	convert(bench, 3, "subtask", "task", false); /* 9: all that is left of 1 is done */
	move(bench, 3, 1, 0);                        /* 10 */
	transition(bench, 3, "todo", "done");        /* 11: no sub-task any more */
	create(bench, 4, "task", 0);                 /* 12 */
	convert(bench, 4, "task", "subtask", false); /* 13 */
	move(bench, 4, 0, 1);                        /* 14 */
	convert(bench, 3, "task", "subtask", true);  /* 15 */
	move(bench, 3, 0, 1);                        /* 16 */
	transition(bench, 4, "todo", "done");        /* 17: again all of them */
	run_to_the_end(bench, 17);
	assert_int_equal(bench->sent_n, 2);
	expect_sent(bench, 0, 9, 1);
	expect_sent(bench, 1, 17, 1);
}

static void children_that_are_no_sub_tasks_finish_nothing(void **state)
{
	struct bench *bench = *state;
	create(bench, 1, "epic", 0);
	create(bench, 2, "task", 1);
	transition(bench, 2, "todo", "done");
	run_to_the_end(bench, 7);
	assert_int_equal(bench->sent_n, 0);
}

/* Killed between sending and storing: nothing was stored, so the same ids go out again. */
static void what_was_not_answered_is_sent_again_with_the_same_id(void **state)
{
	struct bench *bench = *state;
	family(bench);
	transition(bench, 2, "todo", "done");
	start(bench);
	wait_until_done(bench, 8); /* it rests when the next one comes */
	pthread_mutex_lock(&bench->lock);
	bench->is_deaf = true;
	pthread_mutex_unlock(&bench->lock);
	transition(bench, 3, "todo", "done");
	for (int i = 0; i < 3000; i++) {
		pthread_mutex_lock(&bench->lock);
		bool is_sent = bench->sent_n > 0;
		pthread_mutex_unlock(&bench->lock);
		if (is_sent && state_of(bench).reason[0])
			break;
		usleep(10000);
	}
	assert_int_not_equal(state_of(bench).reason[0], 0);
	assert_int_equal(state_of(bench).lag_records, 1);
	processor_stop(bench->processor);
	struct uuid first = bench->sent[0].command_id;
	bench->sent_n = 0;
	bench->is_deaf = false;
	run_to_the_end(bench, 1);
	assert_int_equal(bench->sent_n, 1);
	assert_memory_equal(&bench->sent[0].command_id, &first, sizeof first);
	expect_sent(bench, 0, 9, 1);
}

static void what_was_answered_is_not_sent_after_a_restart(void **state)
{
	struct bench *bench = *state;
	family(bench);
	transition(bench, 2, "todo", "done");
	transition(bench, 3, "todo", "done");
	run_to_the_end(bench, 9);
	run_to_the_end(bench, 0);
	assert_int_equal(bench->sent_n, 1);
}

static void an_event_that_is_in_the_log_twice_has_no_second_intent(void **state)
{
	struct bench *bench = *state;
	family(bench);
	transition(bench, 2, "todo", "done");
	transition(bench, 3, "todo", "done");
	bench->acme->seq--;
	transition(bench, 3, "todo", "done"); /* 9 again, byte for byte */
	create(bench, 4, "task", 0);          /* 10 */
	start(bench);
	wait_until_done(bench, 10);
	assert_int_equal(state_of(bench).foreign, 1);
	processor_stop(bench->processor);
	assert_int_equal(bench->sent_n, 1);
}

static void a_record_of_a_newer_version_stops_it_behind_what_came_before(void **state)
{
	struct bench *bench = *state;
	family(bench);
	transition(bench, 2, "todo", "done");
	transition(bench, 3, "todo", "done");
	history_raw(&bench->history, 0, SLICE("acme"), SLICE("\0\xff\xff\xff\xffnew"));
	start(bench);
	for (int i = 0; i < 3000 && !strstr(state_of(bench).reason, "schema id"); i++)
		usleep(10000);
	assert_non_null(strstr(state_of(bench).reason, "schema id"));
	usleep(700000); /* it tries again meanwhile */
	assert_int_equal(state_of(bench).events, 9);
	assert_int_equal(state_of(bench).lag_records, 1); /* an alarm, not rest at the end */
	assert_true(state_of(bench).moved_ms_ago >= 500);
	processor_stop(bench->processor);
	assert_int_equal(bench->sent_n, 1);
}

/* Stands until an operator says so, then reacts to what came behind it. */
static void a_skipped_event_has_no_reaction_and_the_rest_has_its_own(void **state)
{
	struct bench *bench = *state;
	struct slice reader = SLICE(READER_PROCESSOR);
	struct buf value = {0};
	struct uuid newer = {{1, 2, 3}};
	family(bench);
	transition(bench, 2, "todo", "done");
	int64_t seq = ++bench->acme->seq;
	buf_append(&value, "\0\0\x10\0\0", 5);
	wire_put_uuid(&value, &newer);
	wire_put_slice(&value, SLICE("acme"));
	wire_put_long(&value, seq);
	history_raw(&bench->history, 0, SLICE("acme"), buf_slice(&value));
	buf_release(&value);
	transition(bench, 3, "todo", "done");
	start(bench);
	wait_until_done(bench, (uint64_t)seq - 1);
	assert_int_equal(trouble_counts(state_of(bench).trouble).stopped, 1);
	assert_int_equal(bench->sent_n, 0);
	processor_stop(bench->processor); /* it is known from the store then */
	history_event(&bench->history, EVENT_EVENT_SKIPPED, AGGREGATE_KIND_ORGANIZATION, newer, 9)
	        ->event_skipped = (struct event_skipped){
	        .readers = {&reader, 1}, .skipped_seq = seq, .skipped_event = newer};
	history_command(&bench->history, bench->acme);
	history_flush(&bench->history);
	start(bench);
	wait_until_done(bench, 2); /* what came behind it, and the skip itself */
	assert_int_equal(trouble_counts(state_of(bench).trouble).stopped, 0);
	assert_int_equal(state_of(bench).foreign, 0);
	processor_stop(bench->processor);
	assert_int_equal(bench->sent_n, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(the_last_sub_task_that_is_done_finishes_its_parent_once),
	        CASE(the_intent_is_in_the_name_of_who_finished_the_last_one),
	        CASE(what_a_rule_did_is_answered_in_the_name_of_the_same_member),
	        CASE(what_was_imported_is_answered_in_the_name_of_who_imported_it),
	        CASE(what_nobody_did_is_not_answered),
	        CASE(a_sub_task_that_is_open_again_counts_again),
	        CASE(the_open_sub_task_that_leaves_finishes_the_parent),
	        CASE(what_becomes_a_sub_task_counts_and_what_was_one_does_not),
	        CASE(children_that_are_no_sub_tasks_finish_nothing),
	        CASE(what_was_not_answered_is_sent_again_with_the_same_id),
	        CASE(what_was_answered_is_not_sent_after_a_restart),
	        CASE(an_event_that_is_in_the_log_twice_has_no_second_intent),
	        CASE(a_skipped_event_has_no_reaction_and_the_rest_has_its_own),
	        CASE(a_record_of_a_newer_version_stops_it_behind_what_came_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
