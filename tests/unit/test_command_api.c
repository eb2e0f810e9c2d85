/* The command API on a real server, writers and journal: what the routes make of bodies and lines,
 * and what becomes of requests whose client or server goes. */
#include "tests/unit/api_client.h"

#include <ftw.h>
#include <unistd.h>

#include "command-api/routes.h"

struct bench {
	char dir[64];
	struct config config;
	struct journal *journal;
	struct profile_keys *keys;
	struct writers *writers;
	struct command_api *api;
	struct api_server server;
};

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat, (void)type, (void)ftw;
	return remove(path);
}

static struct api_answer post(struct bench *bench, const char *who, const char *path,
                              const char *header, struct slice body)
{
	return api_ask(&bench->server, who, strcmp(who, "root") == 0, path, header, body);
}

/* The answer is @status and has @text in head or body. */
static void expect(struct bench *bench, const char *path, const char *header, const char *body,
                   long status, const char *text)
{
	struct api_answer answer = post(bench, "ada", path, header, slice_str(body));
	if (answer.status != status ||
	    (!strstr(buf_cstr(&answer.body), text) && !strstr(buf_cstr(&answer.head), text)))
		fail_msg("%s %s: %ld %s %s", path, body, answer.status, buf_cstr(&answer.head),
		         buf_cstr(&answer.body));
	api_answer_release(&answer);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof *bench);
	struct error err;
	char *argv[] = {"test", NULL};
	int argc = 1;
	snprintf(bench->dir, sizeof bench->dir, "/tmp/nexusflow-api-XXXXXX");
	assert_non_null(mkdtemp(bench->dir));
	assert_int_equal(config_load(&bench->config, &argc, argv, &err), STATUS_OK);
	bench->config.data_dir = bench->dir;
	bench->config.partitions = 2;
	bench->config.map_size_gib = 1;
	bench->config.body_bytes_max = 4096;
	struct journal_options journal = {.config = &bench->config, .create = true};
	assert_int_equal(journal_open(&journal, &bench->journal, &err), STATUS_OK);
	assert_int_equal(profile_keys_open(&bench->config, &bench->keys, &err), STATUS_OK);
	struct writers_options writers = {.config = &bench->config,
	                                  .journal = bench->journal,
	                                  .profile_keys = bench->keys,
	                                  .address = "",
	                                  .answers_begin = http_answers_hold,
	                                  .answers_end = http_answers_send};
	assert_int_equal(writers_start(&writers, &bench->writers, &err), STATUS_OK);
	bench->api = command_api_new(&bench->config, bench->writers);
	api_start(&bench->server, &bench->config, command_api_routes(bench->api), bench->api);
	command_api_attach(bench->api, bench->server.http);
	api_run(&bench->server);
	struct api_answer answer =
	        post(bench, "root", "/v1/t/acme/commands/CreateOrganization", NULL,
	             SLICE("{\"name\":\"Acme\",\"owner\":{\"issuer\":\"nexusflow\","
	                   "\"subject\":\"ada\",\"name\":\"Ada\"}}"));
	assert_int_equal(answer.status, 201);
	api_answer_release(&answer);
	expect(bench, "/v1/t/acme/commands/CreateProject", NULL,
	       "{\"key\":\"TLS\",\"name\":\"TLS\"}", 201, "NexusFlow-Position: 4");
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	writers_finish(bench->writers);
	writers_stop(bench->writers);
	api_stop(&bench->server);
	command_api_free(bench->api);
	profile_keys_close(bench->keys);
	journal_close(bench->journal);
	nftw(bench->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	config_release(&bench->config);
	free(bench);
	return 0;
}

#define CREATE "/v1/t/acme/commands/CreateIssue"
#define MANY   "/v1/t/acme/commands"
#define ISSUE  "{\"project\":\"TLS\",\"summary\":\"x\"}"
#define LINE   "{\"command\":\"CreateIssue\",\"data\":" ISSUE "}"
#define KEY    "Idempotency-Key: 00000000-0000-4000-8000-000000000001"

static void the_same_key_is_answered_again_and_another_body_is_422(void **state)
{
	struct bench *bench = *state;
	expect(bench, CREATE, KEY, ISSUE, 201, "\"key\":\"TLS-1\"");
	expect(bench, CREATE, KEY, ISSUE, 201, "Idempotency-Replayed: true");
	expect(bench, CREATE, KEY, "{\"project\":\"TLS\",\"summary\":\"y\"}", 422, "key_reused");
	expect(bench, CREATE, "Idempotency-Key;", ISSUE, 400, "bad_envelope");
}

static void a_stranger_cannot_tell_an_organization_from_none(void **state)
{
	struct bench *bench = *state;
	static const char *const who[] = {"eve", "root"};
	static const char *const headers[] = {NULL, KEY};
	expect(bench, CREATE, KEY, ISSUE, 201, "");
	for (int i = 0; i < 4; i++) {
		struct api_answer a = post(bench, who[i / 2], CREATE, headers[i % 2], SLICE(ISSUE));
		struct api_answer b = post(bench, who[i / 2], "/v1/t/nowhere/commands/CreateIssue",
		                           headers[i % 2], SLICE(ISSUE));
		assert_int_equal(a.status, 404);
		assert_int_equal(b.status, 404);
		assert_string_equal(buf_cstr(&a.body), buf_cstr(&b.body));
		assert_null(strstr(buf_cstr(&a.head), "NexusFlow-Position"));
		api_answer_release(&a);
		api_answer_release(&b);
	}
}

/* An outcome a line; empty lines and the line breaks of Windows are no lines of their own. */
static void lines_are_answered_in_order_whatever_breaks_them(void **state)
{
	struct bench *bench = *state;
	struct api_answer answer = post(bench, "ada", MANY, NULL,
	                                SLICE("\r\n\n" LINE "\r\n{bad\n\n[]\n{\"command\":\"No\","
	                                      "\"data\":{}}\n" LINE));
	static const char *const expected[] = {"TLS-1", "malformed_json", "malformed_json",
	                                       "unknown_command", "TLS-2"};
	char *at = (char *)(uintptr_t)buf_cstr(&answer.body);
	assert_int_equal(answer.status, 200);
	for (int i = 0; i < 5; i++) {
		char *end = strchr(at, '\n');
		assert_non_null(end);
		*end = 0;
		if (!strstr(at, expected[i]))
			fail_msg("line %d: %s", i, at);
		at = end + 1;
	}
	assert_int_equal(*at, 0);
	api_answer_release(&answer);
}

static void a_batch_has_one_line_at_least_and_5000_at_most(void **state)
{
	struct bench *bench = *state;
	struct buf body = {0};
	expect(bench, MANY, NULL, "", 400, "empty_batch");
	expect(bench, MANY, NULL, "\r\n\n\n", 400, "empty_batch");
	for (int i = 0; i < 5000; i++)
		buf_append_str(&body, "{}\n");
	struct api_answer answer = post(bench, "ada", MANY, NULL, buf_slice(&body));
	assert_int_equal(answer.status, 200);
	api_answer_release(&answer);
	buf_append_str(&body, "{}");
	answer = post(bench, "ada", MANY, NULL, buf_slice(&body));
	assert_int_equal(answer.status, 413);
	api_answer_release(&answer);
	buf_release(&body);
}

/* @n bytes of a command that is right but for its length. */
static void issue_of(struct buf *body, const char *before, const char *after, size_t n)
{
	buf_clear(body);
	buf_append_str(body, before);
	while (body->n < n - strlen(after))
		buf_append_char(body, 'x');
	buf_append_str(body, after);
}

static void a_body_and_a_line_have_body_bytes_max_at_most(void **state)
{
	struct bench *bench = *state;
	struct buf body = {0};
	static const struct {
		size_t bytes;
		long single;
		const char *line;
	} cases[] = {{4096, 201, "TLS-"}, {4097, 413, "too_large"}};
	for (size_t i = 0; i < 2; i++) {
		issue_of(&body, "{\"project\":\"TLS\",\"summary\":\"x\",\"description\":\"", "\"}",
		         cases[i].bytes);
		expect(bench, CREATE, NULL, buf_cstr(&body), cases[i].single, "");
		issue_of(&body,
		         "{\"command\":\"CreateIssue\",\"data\":{\"project\":\"TLS\","
		         "\"summary\":\"x\",\"description\":\"",
		         "\"}}", cases[i].bytes);
		expect(bench, MANY, NULL, buf_cstr(&body), 200, cases[i].line);
		buf_append_str(&body, "\r\n");
		expect(bench, MANY, NULL, buf_cstr(&body), 200, cases[i].line);
	}
	buf_release(&body);
}

static void a_tenant_that_cannot_be_is_404(void **state)
{
	struct bench *bench = *state;
	expect(bench, "/v1/t/A/commands/CreateIssue", NULL, ISSUE, 404, "no_such_tenant");
	expect(bench, "/v1/t/Acme/commands/CreateIssue", NULL, ISSUE, 404,
	       "\\\"Acme\\\" cannot be the slug of an organization: 2 to 40 characters a-z");
	expect(bench, "/v1/t/Acme/commands/CreateOrganization", NULL, "{}", 422, "bad_slug");
	expect(bench, "/v1/t/a%20b/commands", NULL, LINE, 404, "no_such_tenant");
	expect(bench, "/v1/t/acme/commands/createissue", NULL, ISSUE, 404, "unknown_command");
}

/* The writers stop first, as at the end of the process: nothing is left without an answer. */
static void commands_after_the_writers_stopped_are_503(void **state)
{
	struct bench *bench = *state;
	writers_finish(bench->writers);
	expect(bench, CREATE, NULL, ISSUE, 503, "Retry-After: 1");
	expect(bench, MANY, NULL, LINE "\n" LINE, 200, "outcome_unknown");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        CASE(the_same_key_is_answered_again_and_another_body_is_422),
	        CASE(a_stranger_cannot_tell_an_organization_from_none),
	        CASE(lines_are_answered_in_order_whatever_breaks_them),
	        CASE(a_batch_has_one_line_at_least_and_5000_at_most),
	        CASE(a_body_and_a_line_have_body_bytes_max_at_most),
	        CASE(a_tenant_that_cannot_be_is_404),
	        CASE(commands_after_the_writers_stopped_are_503),
	};
	curl_global_init(CURL_GLOBAL_DEFAULT);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}
