/* Problem documents and the OpenAPI document, read back by another JSON library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "core/http/http.h"
#include "core/http/openapi.h"

static json_t *load(struct buf *text)
{
	json_error_t err;
	json_t *json = json_loadb(text->data, text->n, JSON_REJECT_DUPLICATES, &err);

	if (!json)
		fail_msg("%s at byte %d", err.text, err.position);
	buf_release(text);
	return json;
}

static const char *text_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	assert_non_null(text);
	return text;
}

static void a_problem_has_the_members_of_both_forms(void **state)
{
	(void)state;
	struct uuid id = {{1, 2, 3}};
	struct buf text = {0};

	problem_json(&text, 409, "not_there", "Conflict", "/summary", SLICE("say \"why\"\n\x01"),
	             &id);
	json_t *json = load(&text);
	assert_string_equal(text_at(json, "type"), "urn:nexusflow:problem:not_there");
	assert_string_equal(text_at(json, "title"), "Conflict");
	assert_int_equal(json_integer_value(json_object_get(json, "status")), 409);
	assert_string_equal(text_at(json, "detail"), "say \"why\"\n\x01");
	assert_string_equal(text_at(json, "code"), "not_there");
	assert_true(json_is_false(json_object_get(json, "success")));
	assert_string_equal(text_at(json, "error"), "say \"why\"\n\x01");
	assert_int_equal(json_integer_value(json_object_get(json, "error_code")), 409);
	assert_string_equal(text_at(json, "request_id"), "01020300-0000-0000-0000-000000000000");
	json_t *first = json_array_get(json_object_get(json, "errors"), 0);
	assert_string_equal(text_at(first, "pointer"), "/summary");
	json_decref(json);
}

static void a_problem_may_lack_pointer_and_request(void **state)
{
	(void)state;
	struct buf text = {0};

	problem_json(&text, 400, "form", "Bad Request", NULL, SLICE("\xff"), NULL);
	json_t *json = load(&text);
	assert_null(json_object_get(json, "errors"));
	assert_null(json_object_get(json, "request_id"));
	assert_string_equal(text_at(json, "detail"), "\xef\xbf\xbd");
	json_decref(json);
}

static void nothing(struct http_request *request, void *context)
{
	(void)request;
	(void)context;
}

static const struct http_param list_params[] = {
        {"limit", "query", "integer", false, "how many", "50"},
        {"deep", "query", "boolean", false, NULL, "true"},
        {"Idempotency-Key", "header", "string", true, "the command's id", "abc"},
        {"place", "path", "string", true, "where", "here"},
        {0},
};
static const struct http_route commands[] = {
        {.method = HTTP_POST,
         .path = "/v1/t/{tenant}/commands/CreateIssue",
         .handler = nothing,
         .auth = HTTP_AUTH_TOKEN,
         .body_bytes_max = 10,
         .summary = "Create an \"issue\"",
         .tag = "commands",
         .label = 7},
        {.method = HTTP_POST,
         .path = "/v1/x/{place}/{thing}",
         .handler = nothing,
         .summary = "Put a thing in its place",
         .answer_schema = "thing",
         .error_type = "application/oops",
         .error_schema = "oops",
         .params = list_params,
         .body_bytes_max = 10},
        {0},
};
static const struct http_route queries[] = {
        {.path = "/v1/x/{place}/{thing}",
         .handler = nothing,
         .summary = "See a thing in its place",
         .answer_type = "text/plain"},
        {.path = "/v1/x/{misspelt}", .handler = nothing}, /* no summary: no operation */
        {0},
};
static const struct http_route *const tables[] = {commands, queries, NULL};

static struct slice schema_of(const struct http_route *route)
{
	return route->label == 7 ? SLICE("{\"type\":\"object\",\"title\":\"CreateIssue\"}")
	                         : SLICE("");
}

static json_t *document(void)
{
	struct buf text = {0};

	openapi_print(tables, schema_of,
	              SLICE("{\"thing\":{\"type\":\"object\"},\"oops\":{\"type\":\"array\"}}"),
	              &text);
	return load(&text);
}

static json_t *operation(const json_t *json, const char *path, const char *method)
{
	json_t *found =
	        json_object_get(json_object_get(json_object_get(json, "paths"), path), method);

	assert_non_null(found);
	return found;
}

static void a_command_is_an_operation_with_its_schema(void **state)
{
	(void)state;
	json_t *json = document();
	json_t *create = operation(json, "/v1/t/{tenant}/commands/CreateIssue", "post");
	const char *title, *summary, *id, *scheme;

	assert_string_equal(text_at(json, "openapi"), "3.1.0");
	assert_int_equal(json_unpack(create, "{s:s,s:s,s:{s:{s:{s:{s:s}}}}}", "operationId", &id,
	                             "summary", &summary, "requestBody", "content",
	                             "application/json", "schema", "title", &title),
	                 0);
	assert_string_equal(id, "post_v1_t_tenant_commands_CreateIssue");
	assert_string_equal(summary, "Create an \"issue\"");
	assert_string_equal(title, "CreateIssue");
	assert_non_null(
	        json_object_get(json_array_get(json_object_get(create, "security"), 0), "bearer"));
	assert_int_equal(json_unpack(json, "{s:{s:{s:{s:s}}}}", "components", "securitySchemes",
	                             "bearer", "scheme", &scheme),
	                 0);
	assert_string_equal(scheme, "bearer");
	assert_non_null(json_object_get(
	        json_object_get(json_object_get(json, "components"), "schemas"), "Problem"));
	json_decref(json);
}

static void every_parameter_has_an_example_of_its_type(void **state)
{
	(void)state;
	json_t *json = document();
	json_t *params =
	        json_object_get(operation(json, "/v1/x/{place}/{thing}", "post"), "parameters");
	size_t i;
	json_t *param;

	assert_int_equal(json_array_size(params), 5);
	json_array_foreach(params, i, param)
	{
		json_t *example = json_object_get(param, "example");
		const char *type = text_at(json_object_get(param, "schema"), "type");
		if (strcmp(type, "integer") == 0)
			assert_int_equal(json_integer_value(example), 50);
		else if (strcmp(type, "boolean") == 0)
			assert_true(json_is_true(example));
		else
			assert_true(json_is_string(example));
	}
	assert_string_equal(text_at(json_array_get(params, 0), "example"), "here");
	assert_string_equal(text_at(json_array_get(params, 0), "in"), "path");
	assert_string_equal(text_at(json_array_get(params, 1), "name"), "thing");
	json_decref(json);
}

static void methods_of_one_path_share_its_item(void **state)
{
	(void)state;
	json_t *json = document();

	assert_int_equal(json_object_size(json_object_get(json, "paths")), 2);
	json_t *get = operation(json, "/v1/x/{place}/{thing}", "get");
	assert_int_equal(json_array_size(json_object_get(get, "security")), 0);
	assert_null(json_object_get(get, "requestBody"));
	json_decref(json);
}

static void answers_and_errors_have_the_schemas_that_the_row_names(void **state)
{
	(void)state;
	json_t *json = document();
	const char *answer, *error, *plain, *problem, *type;
	assert_int_equal(json_unpack(operation(json, "/v1/x/{place}/{thing}", "post"),
	                             "{s:{s:{s:{s:{s:{s:s}}}},s:{s:{s:{s:{s:s}}}}}}", "responses",
	                             "2XX", "content", "application/json", "schema", "$ref",
	                             &answer, "default", "content", "application/oops", "schema",
	                             "$ref", &error),
	                 0);
	assert_string_equal(answer, "#/components/schemas/thing");
	assert_string_equal(error, "#/components/schemas/oops");
	assert_int_equal(json_unpack(operation(json, "/v1/x/{place}/{thing}", "get"),
	                             "{s:{s:{s:{s:{s:{s:s}}}},s:{s:s}}}", "responses", "2XX",
	                             "content", "text/plain", "schema", "type", &plain, "default",
	                             "$ref", &problem),
	                 0);
	assert_string_equal(plain, "string");
	assert_string_equal(problem, "#/components/responses/Problem");
	assert_int_equal(json_unpack(json, "{s:{s:{s:{s:s}}}}", "components", "schemas", "oops",
	                             "type", &type),
	                 0);
	assert_string_equal(type, "array");
	json_decref(json);
}

static void a_row_without_summary_is_no_operation(void **state)
{
	json_t *json = document();

	(void)state;
	assert_null(json_object_get(json_object_get(json, "paths"), "/v1/x/{misspelt}"));
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_problem_has_the_members_of_both_forms),
	        cmocka_unit_test(a_problem_may_lack_pointer_and_request),
	        cmocka_unit_test(a_command_is_an_operation_with_its_schema),
	        cmocka_unit_test(every_parameter_has_an_example_of_its_type),
	        cmocka_unit_test(methods_of_one_path_share_its_item),
	        cmocka_unit_test(answers_and_errors_have_the_schemas_that_the_row_names),
	        cmocka_unit_test(a_row_without_summary_is_no_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
