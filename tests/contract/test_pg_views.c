/* The Postgres views on a real server: what they fold, that folding again changes nothing, that
 * bulk equals live, that a killed fold goes on, that tenants do not see each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "projections/audit.h"
#include "projections/search.h"
#include "tests/contract/pg_fold.h"

#define EVENTS  1200
#define LONG_MS 60000

static struct config config;
static const struct view_type *const types[] = {&search_view.type, &audit_view.type};

static const char *owner(void)
{
	return getenv("NEXUSFLOW_TEST_POSTGRES");
}

static struct view *open_view(const struct view_type *type, const char *instance, bool bulk)
{
	struct view_options options = {.config = &config, .instance = instance, .bulk = bulk};
	struct view *view;
	struct error err = {.text = ""};
	if (type->open(type, &options, &view, &err))
		fail_msg("open: %s", err.text);
	return view;
}

static void fold(const struct view_type *type, struct view *view, uint64_t from, uint64_t to,
                 uint32_t batch)
{
	struct error err = {.text = ""};
	if (story_fold(type, view, from, to, batch, &err))
		fail_msg("fold: %s", err.text);
}

static void digest_of(const struct view_type *type, struct view *view, struct slice tenant,
                      uint8_t digest[VIEW_DIGEST_BYTES])
{
	struct error err = {.text = ""};
	if (type->digest(view, tenant, digest, NULL, NULL, NULL, &err))
		fail_msg("digest: %s", err.text);
}

/* The first row of a statement as text, as the owner or the weak role. */
static void ask(const char *conninfo, const char *sql, char out[4096])
{
	struct pg *pg = pg_open(conninfo, "test");
	struct pg_result *result;
	struct error err = {.text = ""};
	out[0] = 0;
	if (pg_exec(pg, NULL, sql, NULL, 0, &result, &err)) {
		snprintf(out, 4096, "%s", err.text);
	} else {
		for (int i = 0; i < pg_rows(result); i++) {
			struct slice value = pg_value(result, i, 0);
			size_t n = strlen(out);
			snprintf(out + n, 4096 - n, "%.*s\n", (int)value.n, value.data);
		}
		pg_result_free(result);
	}
	pg_close(pg);
}

static void assert_same_digests(const struct view_type *type, struct view *a, struct view *b)
{
	static const char *const tenants[] = {"", "acme", "beta", "acme-x"};
	for (size_t i = 0; i < 4; i++) {
		uint8_t of_a[VIEW_DIGEST_BYTES], of_b[VIEW_DIGEST_BYTES];
		digest_of(type, a, slice_str(tenants[i]), of_a);
		digest_of(type, b, slice_str(tenants[i]), of_b);
		assert_memory_equal(of_a, of_b, VIEW_DIGEST_BYTES);
	}
}

static void texts_are_folded_into_rows(void **state)
{
	(void)state;
	char got[4096];
	struct view *view = open_view(&search_view.type, "golden", false);
	fold(&search_view.type, view, 0, 3 * 9, 5); /* one issue of each tenant, whole */
	ask(owner(),
	    "select number || '|' || (doc_id = issue_id) || '|' || left(title, 23) || '|' ||"
	    " left(body, 25) || '|' || updated_seq from search_golden.docs"
	    " where tenant = 'acme' order by number nulls last",
	    got);
	assert_string_equal(got, "1|true|renamed of acme number1|rewritten of acme number1|5\n\n");
	ask(owner(),
	    "select (doc_id = issue_id) || '|' || title || '|' || left(body, 25) || '|' || "
	    "updated_seq"
	    " from search_golden.docs where tenant = 'acme' and number is null",
	    got);
	assert_string_equal(got, "false||corrected of acme number1|6\n");
	search_view.type.close(view);
}

static void values_of_fields_are_folded_into_rows(void **state)
{
	(void)state;
	char got[4096];
	struct view *view = open_view(&search_view.type, "fields", false);
	fold(&search_view.type, view, 0, 3 * 65, 5); /* eight issues of each tenant */
	ask(owner(),
	    "select i.number || '|' || v.n || '|' || v.kind || '|' || v.value"
	    " from search_fields.field_values v join search_fields.docs i"
	    " on i.tenant = v.tenant and i.doc_id = v.issue_id where v.tenant = 'acme'",
	    got);
	assert_string_equal(got, "2|0|labels|green\n"); /* of three; issue 6 has none any more */
	ask(owner(),
	    "select i.number || '|' || d.field || '|' || d.body from search_fields.docs d"
	    " join search_fields.docs i on i.tenant = d.tenant and i.doc_id = d.issue_id"
	    " where d.tenant = 'acme' and d.field is not null",
	    got);
	assert_string_equal(got, "2|tags|green\n");
	search_view.type.close(view);
}

static void every_event_is_an_audit_row(void **state)
{
	(void)state;
	char got[4096];
	struct view *view = open_view(&audit_view.type, "golden", false);
	fold(&audit_view.type, view, 0, 3 * 9, 5);
	ask(owner(), "select type from audit_golden.events where tenant = 'acme' order by seq",
	    got);
	assert_string_equal(got, "ProjectCreated\nIssueCreated\nCommentAdded\nIssueSummaryChanged\n"
	                         "IssueDescriptionChanged\nCommentEdited\nCommentAdded\n"
	                         "CommentDeleted\nIssueAssigned\n");
	ask(owner(),
	    "select recorded_at || '|' || reason || '|' || (body->>'to') from audit_golden.events"
	    " where tenant = 'acme' and seq = 5",
	    got);
	assert_string_equal(got,
	                    "2025-11-13 02:13:25+00|because \\N \"so\"|rewritten of acme number1"
	                    " the \"quick\" brown\\fox,\n{jumps} over\ta lazy dog\n");
	audit_view.type.close(view);
}

static void events_that_come_again_change_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct view_type *type = types[i];
		uint8_t before[VIEW_DIGEST_BYTES], after[VIEW_DIGEST_BYTES];
		struct error err;
		struct event event;
		struct view_position position;
		struct view_place place = {0, 0};
		struct view *view = open_view(type, "again", false);
		fold(type, view, 0, 300, 50);
		digest_of(type, view, SLICE(""), before);
		assert_int_equal(type->position(view, &position, &err), STATUS_OK);
		for (int round = 0; round < 2; round++) { /* with seqs kept, and with seqs read */
			assert_int_equal(type->begin(view, &err), STATUS_OK);
			for (uint64_t n = 0; n < 300; n++) {
				story_event(n, &event);
				assert_int_equal(type->advance(view, &event.meta, &place, &err), 0);
				if (type->handled[event.type])
					assert_int_equal(type->apply(view, &event, &err), 0);
			}
			assert_int_equal(type->commit(view, &position, &position, &err), 0);
			type->close(view);
			view = open_view(type, "again", false);
		}
		digest_of(type, view, SLICE(""), after);
		assert_memory_equal(before, after, VIEW_DIGEST_BYTES);
		type->close(view);
	}
}

static void the_size_of_batches_makes_no_difference(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct view *a = open_view(types[i], "small", false);
		struct view *b = open_view(types[i], "large", false);
		fold(types[i], a, 0, EVENTS, 7);
		fold(types[i], b, 0, EVENTS, EVENTS);
		assert_same_digests(types[i], a, b);
		types[i]->close(a);
		types[i]->close(b);
	}
}

static void a_bulk_build_equals_a_live_fold(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct error err = {.text = ""};
		struct view *live = open_view(types[i], "live", false);
		struct view *bulk = open_view(types[i], "v1-20261121T101500", true);
		fold(types[i], live, 0, EVENTS, 100);
		fold(types[i], bulk, 0, EVENTS / 2, 250);
		types[i]->close(bulk); /* and goes on later */
		bulk = open_view(types[i], "v1-20261121T101500", true);
		fold(types[i], bulk, UINT64_MAX, EVENTS, 250);
		if (types[i]->finish(bulk, &err))
			fail_msg("finish: %s", err.text);
		assert_same_digests(types[i], live, bulk);
		fold(types[i], live, UINT64_MAX, EVENTS + 300, 100);
		fold(types[i], bulk, UINT64_MAX, EVENTS + 300, 100); /* lives on */
		assert_same_digests(types[i], live, bulk);
		types[i]->close(live);
		types[i]->close(bulk);
	}
}

/* In a process of its own; the server may not have ended the session of the dead one yet. */
static void fold_until_killed(const struct view_type *type)
{
	struct error err;
	struct view *view = open_view(type, "killed", false);
	enum status status;
	do {
		status = story_fold(type, view, UINT64_MAX, UINT64_MAX, 10, &err);
		if (status == STATUS_BUSY)
			usleep(5000);
	} while (status == STATUS_OK || status == STATUS_BUSY);
	_exit(1);
}

/* How many are committed, as soon as they are at least @events. */
static uint64_t wait_until_applied(const struct view_type *type, uint64_t events)
{
	int64_t deadline = clock_monotonic_ms() + LONG_MS;
	struct view *view = open_view(type, "killed", false);
	uint64_t applied;
	while ((applied = story_applied(type, view)) < events) {
		assert_true(clock_monotonic_ms() < deadline);
		usleep(5000);
	}
	type->close(view);
	return applied;
}

static void a_killed_fold_goes_on_where_it_was(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct view_type *type = types[i];
		struct error err;
		uint64_t applied = 0;
		for (int round = 0; round < 3; round++) {
			applied = wait_until_applied(type, 0);
			pid_t child = fork();
			assert_true(child >= 0);
			if (child == 0)
				fold_until_killed(type);
			applied = wait_until_applied(type, applied + 50);
			kill(child, SIGKILL);
			int how;
			assert_int_equal(waitpid(child, &how, 0), child);
			assert_true(WIFSIGNALED(how));
		}
		struct view *view = open_view(type, "killed", false);
		uint64_t reached = story_applied(type, view);
		assert_true(reached >= applied && reached % 10 == 0);
		enum status status;
		int64_t deadline = clock_monotonic_ms() + LONG_MS;
		while ((status = story_fold(type, view, UINT64_MAX, reached + 100, 10, &err)) ==
		               STATUS_BUSY &&
		       clock_monotonic_ms() < deadline)
			usleep(10000); /* the server still ends the session of the dead */
		assert_int_equal(status, STATUS_OK);
		reached = story_applied(type, view);
		struct view *whole = open_view(type, "unharmed", false);
		fold(type, whole, 0, reached, 500);
		assert_same_digests(type, whole, view);
		type->close(whole);
		type->close(view);
	}
}

static void two_projectors_do_not_fold_the_same_instance(void **state)
{
	(void)state;
	const struct view_type *type = &audit_view.type;
	struct error err;
	struct view *a = open_view(type, "two", false);
	struct view *b = open_view(type, "two", false);
	fold(type, a, 0, 100, 50);
	assert_int_equal(type->begin(a, &err), STATUS_OK);
	assert_int_equal(type->begin(b, &err), STATUS_BUSY);
	type->rollback(a);
	fold(type, b, 100, 200, 50);
	assert_int_equal(story_fold(type, a, 100, 200, 50, &err), STATUS_CONFLICT);
	fold(type, a, UINT64_MAX, 300, 50);
	struct view *whole = open_view(type, "one", false);
	fold(type, whole, 0, 300, 300);
	assert_same_digests(type, whole, a);
	type->close(whole);
	type->close(a);
	type->close(b);
}

static void note(void *context, const struct view_stop *stop)
{
	buf_printf(context, "%.*s %llu %.*s", (int)stop->tenant.n, stop->tenant.data,
	           (unsigned long long)stop->seq, (int)stop->reason.n, stop->reason.data);
	if (stop->has_place)
		buf_printf(context, " at %u:%lld, event %02x..", stop->place.partition,
		           (long long)stop->place.offset, stop->event_id.bytes[0]);
	buf_append_str(context, ";");
}

static void stopped_tenants_are_kept_with_the_reason(void **state)
{
	(void)state;
	const struct view_type *type = &search_view.type;
	struct error err;
	struct buf told = {0};
	struct view_position none = {.partitions = 0};
	struct view_position one = {.journal_id = {{7}}, .partitions = 1};
	struct view *view = open_view(type, "stopped", false);
	assert_int_equal(type->begin(view, &err), STATUS_OK);
	struct view_stop stop = {.tenant = SLICE("acme"),
	                         .seq = 4,
	                         .has_place = true,
	                         .place = {2, 1LL << 40},
	                         .event_id = {{0xab}},
	                         .reason = SLICE("it's \"bad\"")};
	assert_int_equal(type->stop(view, &stop, &err), STATUS_OK);
	stop.tenant = SLICE("globex");
	assert_int_equal(type->stop(view, &stop, &err), STATUS_OK);
	assert_int_equal(type->commit(view, &none, &one, &err), STATUS_OK);
	assert_int_equal(type->begin(view, &err), STATUS_OK);
	assert_int_equal(type->resume(view, SLICE("globex"), &err), STATUS_OK);
	assert_int_equal(type->commit(view, &one, &one, &err), STATUS_OK);
	assert_int_equal(type->stopped(view, note, &told, &err), STATUS_OK);
	assert_string_equal(buf_cstr(&told), "acme 4 it's \"bad\" at 2:1099511627776, event ab..;");
	buf_release(&told);
	type->close(view);
}

static void a_schema_of_an_older_program_gets_room_for_the_place_of_a_stop(void **state)
{
	(void)state;
	char got[4096];
	struct buf told = {0};
	struct error err;
	const struct view_type *type = &audit_view.type;
	type->close(open_view(type, "placeless", false));
	ask(owner(),
	    "alter table audit_placeless.stopped drop column journal_partition,"
	    " drop column journal_offset, drop column event_id",
	    got);
	ask(owner(), "insert into audit_placeless.stopped values ('acme', 3, 'why')", got);
	struct view *view = open_view(type, "placeless", false);
	assert_int_equal(type->stopped(view, note, &told, &err), STATUS_OK);
	assert_string_equal(buf_cstr(&told), "acme 3 why;");
	buf_release(&told);
	type->close(view);
}

static void a_dropped_instance_leaves_nothing(void **state)
{
	(void)state;
	char got[4096];
	struct error err;
	struct view_options options = {.config = &config, .instance = "Gone-1"};
	audit_view.type.close(open_view(&audit_view.type, "Gone-1", false));
	ask(owner(), "select count(*) from pg_namespace where nspname = 'audit_gone_1'", got);
	assert_string_equal(got, "1\n");
	assert_int_equal(audit_view.type.drop(&audit_view.type, &options, &err), STATUS_OK);
	ask(owner(), "select count(*) from pg_namespace where nspname = 'audit_gone_1'", got);
	assert_string_equal(got, "0\n");
}

static void every_table_has_forced_row_security_and_a_policy(void **state)
{
	(void)state;
	char got[4096];
	for (size_t i = 0; i < 2; i++) {
		struct error err;
		types[i]->close(open_view(types[i], "safe", false));
		struct view *bulk = open_view(types[i], "safe_bulk", true);
		assert_int_equal(types[i]->finish(bulk, &err), STATUS_OK);
		types[i]->close(bulk);
	}
	ask(owner(),
	    "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace"
	    " where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ "
	    "'^(pg_|information_schema)'"
	    " and not (c.relrowsecurity and c.relforcerowsecurity and exists"
	    " (select from pg_policy p where p.polrelid = c.oid))",
	    got);
	assert_string_equal(got, "");
	ask(owner(), "select count(*) > 20 from pg_policy", got);
	assert_string_equal(got, "t\n");
	/* the weak role may read only tables that have a tenant, and only through their policy */
	ask(owner(),
	    "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace"
	    " where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)'"
	    " and has_table_privilege('nexusflow', c.oid, 'select') and not exists"
	    " (select from pg_policy p where p.polrelid = c.oid and p.polcmd = 'r' and"
	    " pg_get_expr(p.polqual, p.polrelid) like '%nexusflow.tenant%')",
	    got);
	assert_string_equal(got, "");
}

static void other_tenants_are_invisible_without_any_predicate(void **state)
{
	(void)state;
	char got[4096];
	struct view *view = open_view(&search_view.type, "isolated", false);
	fold(&search_view.type, view, 0, EVENTS, 300);
	search_view.type.close(view);
	const char *app = getenv("NEXUSFLOW_TEST_POSTGRES_APP");
	ask(app, "select count(*) from search_isolated.docs", got);
	assert_non_null(strstr(got, "nexusflow.tenant")); /* unset: an error, not all rows */
	char beta[512];
	snprintf(beta, sizeof beta, "%s options='-c nexusflow.tenant=beta'", app);
	ask(beta, "select distinct tenant from search_isolated.docs", got);
	assert_string_equal(got, "beta\n");
	ask(app, "delete from search_isolated.docs", got);
	assert_non_null(strstr(got, "permission denied"));
	ask(owner(), "select count(distinct tenant) from search_isolated.docs", got);
	assert_string_equal(got, "3\n");
}

static int setup(void **state)
{
	(void)state;
	config.postgres = owner();
	return config.postgres ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(texts_are_folded_into_rows),
	        cmocka_unit_test(values_of_fields_are_folded_into_rows),
	        cmocka_unit_test(every_event_is_an_audit_row),
	        cmocka_unit_test(events_that_come_again_change_nothing),
	        cmocka_unit_test(the_size_of_batches_makes_no_difference),
	        cmocka_unit_test(a_bulk_build_equals_a_live_fold),
	        cmocka_unit_test(a_killed_fold_goes_on_where_it_was),
	        cmocka_unit_test(two_projectors_do_not_fold_the_same_instance),
	        cmocka_unit_test(stopped_tenants_are_kept_with_the_reason),
	        cmocka_unit_test(a_schema_of_an_older_program_gets_room_for_the_place_of_a_stop),
	        cmocka_unit_test(a_dropped_instance_leaves_nothing),
	        cmocka_unit_test(every_table_has_forced_row_security_and_a_policy),
	        cmocka_unit_test(other_tenants_are_invisible_without_any_predicate),
	};
	return cmocka_run_group_tests_name("postgres views", tests, setup, NULL);
}
