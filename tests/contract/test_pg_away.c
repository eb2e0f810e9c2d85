/* A server of our own that goes away and comes back, while views fold and queries read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "projections/audit.h"
#include "projections/pg_view.h"
#include "tests/contract/pg_fold.h"

static char dir[] = "/tmp/nexusflow-away.XXXXXX";
static char conninfo[128];
static struct config config;

static void run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *format, ...)
{
	char command[256];
	va_list args;
	va_start(args, format);
	vsnprintf(command, sizeof command, format, args);
	va_end(args);
	assert_int_equal(system(command), 0);
}

static void stop_server(void)
{
	run("deploy/postgres stop %s", dir);
}

static void start_server(void)
{
	run("deploy/postgres start %s >/dev/null", dir);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	run("chmod 0711 %s", dir);
	start_server();
	snprintf(conninfo, sizeof conninfo, "host=%s/run dbname=nexusflow user=nexusflow_owner",
	         dir);
	config.postgres = conninfo;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop_server();
	run("rm -rf %s", dir);
	return 0;
}

static struct view *open_view(const char *instance)
{
	struct view_options options = {.config = &config, .instance = instance};
	struct view *view;
	struct error err = {.text = ""};
	if (audit_view.type.open(&audit_view.type, &options, &view, &err))
		fail_msg("open: %s", err.text);
	return view;
}

/* As the projector does it: again and again, from the position that the view tells. */
static void fold_patiently(struct view *view, uint64_t to)
{
	struct error err = {.text = ""};
	int64_t deadline = clock_monotonic_ms() + 60000;
	while (story_fold(&audit_view.type, view, UINT64_MAX, to, 20, &err)) {
		if (clock_monotonic_ms() > deadline)
			fail_msg("fold: %s", err.text);
		assert_int_equal(status_policy(err.status), POLICY_RETRY);
		usleep(20000);
	}
}

static void assert_equal_to_undisturbed(struct view *view, const char *instance, uint64_t to)
{
	uint8_t a[VIEW_DIGEST_BYTES], b[VIEW_DIGEST_BYTES];
	struct error err;
	struct view *whole = open_view(instance);
	fold_patiently(whole, to);
	assert_int_equal(audit_view.type.digest(view, SLICE(""), a, NULL, NULL, NULL, &err),
	                 STATUS_OK);
	assert_int_equal(audit_view.type.digest(whole, SLICE(""), b, NULL, NULL, NULL, &err),
	                 STATUS_OK);
	assert_memory_equal(a, b, VIEW_DIGEST_BYTES);
	audit_view.type.close(whole);
}

static void a_fold_catches_up_when_the_server_is_back(void **state)
{
	(void)state;
	const struct view_type *type = &audit_view.type;
	struct error err;
	struct event event;
	struct view_place place = {0, 0};
	struct view *view = open_view("v1");
	fold_patiently(view, 200);
	assert_int_equal(type->begin(view, &err), STATUS_OK);
	story_event(200, &event);
	assert_int_equal(type->advance(view, &event.meta, &place, &err), STATUS_OK);
	assert_int_equal(type->apply(view, &event, &err), STATUS_OK);
	stop_server();
	struct view_position position = {.partitions = 0};
	assert_int_equal(type->commit(view, &position, &position, &err), STATUS_UNAVAILABLE);
	assert_int_equal(type->begin(view, &err), STATUS_UNAVAILABLE);
	assert_int_equal(type->position(view, &position, &err), STATUS_UNAVAILABLE);
	struct view_options options = {.config = &config, .instance = "v2"};
	struct view *other;
	assert_int_equal(type->open(type, &options, &other, &err), STATUS_UNAVAILABLE);
	start_server();
	fold_patiently(view, 400);
	assert_equal_to_undisturbed(view, "whole", 400);
	type->close(view);
}

static void a_session_that_was_ended_is_replaced_between_transactions(void **state)
{
	(void)state;
	struct error err;
	struct pg *killer = pg_open(conninfo, "killer");
	struct pg *pg = pg_open(conninfo, "victim");
	static const char end_sql[] =
	        "select pg_terminate_backend(pid, 60000) from pg_stat_activity"
	        " where application_name = 'victim'";
	assert_int_equal(pg_script(pg, "select 1", &err), STATUS_OK);
	assert_int_equal(pg_script(killer, end_sql, &err), STATUS_OK);
	assert_int_equal(pg_begin(pg, &err), STATUS_OK); /* nothing was lost */
	assert_int_equal(pg_script(killer, end_sql, &err), STATUS_OK);
	assert_int_equal(pg_script(pg, "select 1", &err), STATUS_UNAVAILABLE);
	assert_int_equal(pg_script(pg, "select 1", &err), STATUS_UNAVAILABLE); /* of a lost one */
	assert_int_equal(pg_commit(pg, &err), STATUS_UNAVAILABLE);
	assert_int_equal(pg_script(pg, "select 1", &err), STATUS_OK);
	pg_close(pg);
	pg_close(killer);
}

static void after_a_lost_commit_the_position_tells(void **state)
{
	(void)state;
	const struct view_type *type = &audit_view.type;
	struct error err;
	struct view *view = open_view("lost");
	fold_patiently(view, 100);
	/* ends the session in the middle of COMMIT, once */
	struct pg *owner = pg_open(conninfo, "test");
	assert_int_equal(
	        pg_script(owner,
	                  "create function audit_lost.die() returns trigger language plpgsql as $$"
	                  " begin perform pg_terminate_backend(pg_backend_pid()); return null; end "
	                  "$$;"
	                  "create constraint trigger die after update on audit_lost.position"
	                  " deferrable initially deferred for each row"
	                  " execute function audit_lost.die()",
	                  &err),
	        STATUS_OK);
	assert_int_equal(story_fold(type, view, UINT64_MAX, 120, 20, &err), STATUS_UNKNOWN);
	assert_int_equal(story_applied(type, view), 100);
	assert_int_equal(pg_script(owner, "drop trigger die on audit_lost.position", &err),
	                 STATUS_OK);
	pg_close(owner);
	fold_patiently(view, 200);
	assert_equal_to_undisturbed(view, "found", 200);
	type->close(view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_fold_catches_up_when_the_server_is_back),
	        cmocka_unit_test(a_session_that_was_ended_is_replaced_between_transactions),
	        cmocka_unit_test(after_a_lost_commit_the_position_tells),
	};
	return cmocka_run_group_tests_name("postgres away", tests, setup, teardown);
}
