/* From bytes to a job: everything that is refused on the way, with status and code, and the hash
 * that makes one command the same command for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-api/intake.h"
#include "core/service/intent.h"

static const struct principal ada = {
        .issuer = SLICE("nexusflow"), .subject = SLICE("ada"), .credential_id = SLICE("t1")};
static const struct principal service = {
        .issuer = SLICE("nexusflow"), .subject = SLICE("processor"), .service = true};

#define ID      "018f3d5e-7c00-7000-8000-000000000001"
#define PROJECT "{\"key\":\"TLS\",\"name\":\"TLS 1.3\"}"
#define TRACE   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static struct job *try(const struct principal *who, struct envelope envelope, const char *body,
                       struct intake_fault *fault)
{
	memset(fault, 0, sizeof *fault);
	if (!envelope.command.data)
		envelope.command = SLICE("CreateProject");
	json_t *data = intake_parse(slice_str(body), fault);
	if (!data)
		return NULL;
	struct job *job = intake_job(SLICE("acme"), who, &envelope, data, strlen(body), fault);
	json_decref(data);
	return job;
}

static void expect_fault(const struct principal *who, struct envelope envelope, const char *body,
                         int status, const char *code)
{
	struct intake_fault fault;
	struct job *job = try(who, envelope, body, &fault);
	if (job)
		fail_msg("%s became a job", body);
	if (fault.status != status)
		fail_msg("%s: %d %s", body, fault.status, fault.detail);
	assert_string_equal(fault.code, code);
	assert_int_not_equal(fault.detail[0], 0);
}

static struct job *expect_job(const struct principal *who, struct envelope envelope,
                              const char *body)
{
	struct intake_fault fault;
	struct job *job = try(who, envelope, body, &fault);
	if (!job)
		fail_msg("%s: %s", fault.code, fault.detail);
	return job;
}

static void a_key_is_for_its_own_organization(void **state)
{
	static const struct principal own = {.credential_id = SLICE("k"),
	                                     .has_key = true,
	                                     .key_tenant = SLICE("acme"),
	                                     .key_hash = {1}};
	static const struct principal foreign = {.has_key = true, .key_tenant = SLICE("acm")};
	(void)state;
	struct job *job = expect_job(&own, (struct envelope){0}, PROJECT);
	assert_true(job->has_api_key);
	assert_int_equal(job->api_key_hash[0], 1);
	assert_true(slice_is(job->credential_id, "k"));
	job_release(job);
	expect_fault(&foreign, (struct envelope){0}, PROJECT, 404, "no_such_tenant");
	expect_fault(&own, (struct envelope){.rule = SLICE(ID)}, PROJECT, 403, "forbidden");
}

static void the_detail_tells_the_first_fault(void **state)
{
	static const struct {
		const char *body, *detail;
	} cases[] = {{"{\"key\":\"AB\",\"name\":5}", "CreateProject /name: "},
	             {"{\"key\":5,\"name\":5,\"x\":1}", ", and 2 more faults"}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct intake_fault fault;
		assert_null(try(&ada, (struct envelope){0}, cases[i].body, &fault));
		if (!strstr(fault.detail, cases[i].detail))
			fail_msg("%s: %s", cases[i].body, fault.detail);
	}
}

static void a_body_that_is_not_one_json_object_is_refused(void **state)
{
	static const char *const bodies[] = {
	        "",
	        " ",
	        "{",
	        "[]",
	        "null",
	        "\"text\"",
	        "{\"key\":1}x",
	        "{,}",
	        "{a:1}",
	        "{\"key\":\"\xff\"}",
	        "{\"key\":\"A\",\"key\":\"B\"}",
	        "{\"key\":\"\\u0000\"}",
	        "{\"key\":NaN}",
	        "{\"key\":\"\\ud800\"}",
	};
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		expect_fault(&ada, (struct envelope){0}, bodies[i], 400, "malformed_json");
}

static void a_body_of_any_depth_is_judged_without_recursion(void **state)
{
	size_t n = 200000;
	char *body = malloc(n + 1);
	(void)state;
	memset(body, '[', n);
	body[n] = 0;
	expect_fault(&ada, (struct envelope){0}, body, 400, "malformed_json");
	memset(body, '{', n);
	expect_fault(&ada, (struct envelope){0}, body, 400, "malformed_json");
	free(body);
}

static void brackets_in_texts_are_no_depth(void **state)
{
	(void)state;
	job_release(
	        expect_job(&ada, (struct envelope){0},
	                   "{\"key\":\"TLS\",\"name\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
	                   "[[[[[[\"}"));
}

static void what_the_envelope_cannot_be_is_refused(void **state)
{
	static const struct {
		struct envelope envelope;
	} wrong[] = {
	        {{.command_id = SLICE("x")}},
	        {{.command_id = SLICE("")}},
	        {{.command_id = SLICE("00000000-0000-0000-0000-000000000000")}},
	        {{.on_behalf_of = SLICE("ada")}},
	        {{.correlation_id = SLICE("1")}},
	        {{.causation_id = SLICE("1")}},
	        {{.occurred_at = SLICE("yesterday")}},
	        {{.occurred_at = SLICE("")}},
	        {{.reason = SLICE("\xff\xfe")}},
	        {{.expected_version = SLICE("17")}},
	        {{.expected_version = SLICE("\"v\"")}},
	        {{.expected_version = SLICE("\"v0\"")}},
	        {{.expected_version = SLICE("\"v-1\"")}},
	        {{.expected_version = SLICE("\"v 1\"")}},
	        {{.expected_version = SLICE("\"v1x\"")}},
	        {{.expected_version = SLICE("*")}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		expect_fault(&ada, wrong[i].envelope, PROJECT, 400, "bad_envelope");
	char reason[JOB_REASON_BYTES_MAX + 1];
	memset(reason, 'x', sizeof reason);
	expect_fault(&ada, (struct envelope){.reason = slice_of(reason, sizeof reason)}, PROJECT,
	             400, "bad_envelope");
}

static void only_a_service_sends_intents(void **state)
{
	(void)state;
	expect_fault(&ada, (struct envelope){.rule = SLICE(ID)}, PROJECT, 403, "forbidden");
	expect_fault(&ada, (struct envelope){.credential_id = SLICE(ID)}, PROJECT, 403,
	             "forbidden");
	expect_fault(&service, (struct envelope){.credential_id = SLICE(ID)}, PROJECT, 403,
	             "forbidden");
	struct job *job = expect_job(&service,
	                             (struct envelope){.rule = SLICE(ID),
	                                               .on_behalf_of = SLICE(ID),
	                                               .credential_id = SLICE("key")},
	                             PROJECT);
	assert_true(job->intent);
	assert_false(job->has_identity);
	assert_false(uuid_is_nil(&job->on_behalf_of));
	assert_true(slice_is(job->credential_id, "key"));
	job_release(job);
	job = expect_job(&service, (struct envelope){0}, PROJECT);
	assert_false(job->intent);
	assert_true(job->has_identity);
	job_release(job);
}

static void an_unknown_command_is_404(void **state)
{
	(void)state;
	expect_fault(&ada, (struct envelope){.command = SLICE("DropTables")}, PROJECT, 404,
	             "unknown_command");
}

static void the_fields_of_a_body_are_named_where_they_are_wrong(void **state)
{
	struct intake_fault fault;
	struct uuid request_id = {{0}};
	struct buf text = {0};
	(void)state;
	assert_null(try(&ada, (struct envelope){0}, "{\"key\":7,\"colour\":\"red\"}", &fault));
	assert_int_equal(fault.status, 400);
	assert_int_equal(fault.fields.n, 3);
	intake_problem(&fault, &request_id, &text);
	json_t *json = json_loadb(text.data, text.n, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(json, "errors")), 3);
	assert_non_null(strstr(buf_cstr(&text), "\"/colour\""));
	assert_non_null(strstr(buf_cstr(&text), "\"/key\""));
	assert_non_null(strstr(buf_cstr(&text), "\"/name\""));
	json_decref(json);
	buf_release(&text);
}

static void if_match_is_an_expected_version(void **state)
{
	struct envelope envelope = {.command = SLICE("TransitionIssue"),
	                            .expected_version = SLICE("\"v17\"")};
	(void)state;
	struct job *job = expect_job(&ada, envelope, "{\"issue\":\"TLS-1\",\"to\":\"done\"}");
	assert_int_equal(job->command.transition_issue.expected_version, 17);
	job_release(job);
	job_release(expect_job(&ada, envelope,
	                       "{\"issue\":\"TLS-1\",\"to\":\"done\",\"expected_version\":17}"));
	expect_fault(&ada, envelope,
	             "{\"issue\":\"TLS-1\",\"to\":\"done\",\"expected_version\":16}", 400,
	             "bad_envelope");
	expect_fault(&ada, (struct envelope){.expected_version = SLICE("\"v17\"")}, PROJECT, 400,
	             "bad_command");
}

static void only_a_traceparent_is_carried_on(void **state)
{
	static const char *const wrong[] = {
	        "", "x", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\xff",
	        "00-4bf92f3577b34da6a3ce929d0e0e4736+00f067aa0ba902b7-01", TRACE "0"};
	(void)state;
	struct job *job = expect_job(&ada, (struct envelope){.traceparent = SLICE(TRACE)}, PROJECT);
	assert_true(slice_is(job->traceparent, TRACE));
	job_release(job);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		job = expect_job(&ada, (struct envelope){.traceparent = slice_str(wrong[i])},
		                 PROJECT);
		assert_int_equal(job->traceparent.n, 0);
		job_release(job);
	}
}

static void a_line_says_command_and_data_and_nothing_unknown(void **state)
{
	static const char *const wrong[] = {
	        "{\"data\":{}}", "{\"command\":\"CreateProject\"}",
	        "{\"command\":\"CreateProject\",\"data\":[]}", "{\"command\":1,\"data\":{}}",
	        "{\"command\":\"CreateProject\",\"data\":{},\"when\":\"now\"}"};
	struct intake_fault fault;
	struct envelope envelope;
	json_t *line, *data;
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(
		        envelope_from_line(slice_str(wrong[i]), &line, &envelope, &data, &fault));
		assert_int_equal(fault.status, 400);
		assert_string_equal(fault.code, "bad_line");
		assert_null(line);
	}
	assert_true(envelope_from_line(SLICE("{\"command\":\"CreateProject\",\"command_id\":null,"
	                                     "\"reason\":\"why\",\"data\":" PROJECT "}"),
	                               &line, &envelope, &data, &fault));
	assert_null(envelope.command_id.data);
	assert_true(slice_is(envelope.reason, "why"));
	json_decref(line);
}

static void hash_of(struct envelope envelope, const char *body, char hex[65])
{
	struct job *job = expect_job(&ada, envelope, body);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", job->hash[i]);
	job_release(job);
}

/* A hash is in every event: one that changes turns old answers into 422. */
static void the_hash_of_a_command_is_what_it_was(void **state)
{
	char hex[65];
	(void)state;
	hash_of((struct envelope){0}, PROJECT, hex);
	assert_string_equal(hex,
	                    "c0ce5ab99b653552a641f5b3cafda027035f106891edde86c1a0f97007f98364");
	hash_of((struct envelope){.occurred_at = SLICE("2026-11-21T10:00:00Z"),
	                          .on_behalf_of = SLICE(ID)},
	        PROJECT, hex);
	assert_string_equal(hex,
	                    "41fc355a6f00c3743c238cdc48f8173f72b6c033a2ccef9d54cb2a98ea7232f2");
}

static void the_hash_covers_what_was_asked_and_not_how(void **state)
{
	char one[65], other[65];
	(void)state;
	hash_of((struct envelope){0}, PROJECT, one);
	hash_of((struct envelope){.reason = SLICE("why"), .traceparent = SLICE(TRACE)},
	        "{ \"name\" : \"TLS 1.3\", \"lead\" : null, \"key\" : \"TLS\" }", other);
	assert_string_equal(one, other);
	hash_of((struct envelope){0}, "{\"key\":\"TLS\",\"name\":\"TLS 1.2\"}", other);
	assert_string_not_equal(one, other);
	hash_of((struct envelope){.occurred_at = SLICE("1970-01-01T00:00:00Z")}, PROJECT, other);
	assert_string_not_equal(one, other);
	hash_of((struct envelope){.on_behalf_of = SLICE(ID)}, PROJECT, other);
	assert_string_not_equal(one, other);
}

/* Its id is enough: one of a log from before intents had a name is answered as it was. */
static void the_hash_of_an_intent_is_the_same_in_whosever_name(void **state)
{
	struct job *one = expect_job(&service, (struct envelope){.rule = SLICE(ID)}, PROJECT);
	struct job *other = expect_job(
	        &service, (struct envelope){.rule = SLICE(ID), .on_behalf_of = SLICE(ID)}, PROJECT);
	(void)state;
	assert_memory_equal(one->hash, other->hash, sizeof one->hash);
	job_release(one);
	job_release(other);
}

/* Python: uuid5(event, "6e1b7c0a-350e-4d53-9a61-1f0d5c827701/1/transition/00000000-...-2") */
static void the_id_of_an_intent_is_the_same_for_ever(void **state)
{
	struct uuid event, rule, target, expected;
	(void)state;
	uuid_parse(SLICE(ID), &event);
	uuid_parse(SLICE("6e1b7c0a-350e-4d53-9a61-1f0d5c827701"), &rule);
	uuid_parse(SLICE("00000000-0000-4000-8000-000000000002"), &target);
	uuid_parse(SLICE("7010e11d-adb1-5753-b4a5-1f9bcd82d025"), &expected);
	struct uuid id = intent_id(&event, &rule, 1, "transition", &target);
	assert_memory_equal(&id, &expected, sizeof id);
	id = intent_id(&event, &rule, 2, "transition", &target);
	assert_memory_not_equal(&id, &expected, sizeof id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_key_is_for_its_own_organization),
	        cmocka_unit_test(the_detail_tells_the_first_fault),
	        cmocka_unit_test(a_body_that_is_not_one_json_object_is_refused),
	        cmocka_unit_test(a_body_of_any_depth_is_judged_without_recursion),
	        cmocka_unit_test(brackets_in_texts_are_no_depth),
	        cmocka_unit_test(what_the_envelope_cannot_be_is_refused),
	        cmocka_unit_test(only_a_service_sends_intents),
	        cmocka_unit_test(an_unknown_command_is_404),
	        cmocka_unit_test(the_fields_of_a_body_are_named_where_they_are_wrong),
	        cmocka_unit_test(if_match_is_an_expected_version),
	        cmocka_unit_test(only_a_traceparent_is_carried_on),
	        cmocka_unit_test(a_line_says_command_and_data_and_nothing_unknown),
	        cmocka_unit_test(the_hash_of_a_command_is_what_it_was),
	        cmocka_unit_test(the_hash_covers_what_was_asked_and_not_how),
	        cmocka_unit_test(the_hash_of_an_intent_is_the_same_in_whosever_name),
	        cmocka_unit_test(the_id_of_an_intent_is_the_same_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
