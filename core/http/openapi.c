#include "core/http/openapi.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/json_out.h"

/* What the document says of a path segment that no row describes. */
static const struct http_param known_segments[] = {
        {"tenant", "path", "string", true, "slug of the organization", "acme"},
        {"project", "path", "string", true, "key of the project", "TLS"},
        {"issue", "path", "string", true, "key or id of the issue", "TLS-12"},
        {"bulk", "path", "string", true, "id of the bulk", "018f3d5e-7c00-7000-8000-00000000000c"},
        {"board", "path", "string", true, "id of the board",
         "018f3d5e-7c00-7000-8000-00000000000b"},
        {"scheme", "path", "string", true, "id of the permission scheme", "classic"},
        {"team", "path", "string", true, "id of the team", "018f3d5e-7c00-7000-8000-00000000000a"},
        {"member", "path", "string", true, "id of the member",
         "018f3d5e-7c00-7000-8000-00000000000d"},
        {"comment", "path", "string", true, "id of the comment",
         "01890a5d-ac96-774b-bcce-b302099a8058"},
        {"id", "path", "integer", true, "id of the schema", "1"},
        {"subject", "path", "string", true, "full name of the record",
         "nexusflow.events.IssueCreated"},
        {"version", "path", "string", true, "number of the version, or latest", "latest"},
        {"command_id", "path", "string", true, "id of the command",
         "01890a5d-ac96-774b-bcce-b302099a8057"},
};

static const char problem_schema[] =
        "{\"type\":\"object\",\"description\":\"problem details (RFC 9457)\","
        "\"required\":[\"type\",\"title\",\"status\",\"detail\",\"code\",\"success\",\"error\","
        "\"error_code\"],\"properties\":{"
        "\"type\":{\"type\":\"string\",\"examples\":[\"urn:nexusflow:problem:no_such_issue\"]},"
        "\"title\":{\"type\":\"string\",\"examples\":[\"Not Found\"]},"
        "\"status\":{\"type\":\"integer\",\"examples\":[404]},"
        "\"detail\":{\"type\":\"string\"},"
        "\"code\":{\"type\":\"string\",\"description\":\"a word for programs\","
        "\"examples\":[\"no_such_issue\"]},"
        "\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
        "\"pointer\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}},"
        "\"success\":{\"const\":false},\"error\":{\"type\":\"string\"},"
        "\"error_code\":{\"type\":\"integer\"},"
        "\"request_id\":{\"type\":\"string\",\"format\":\"uuid\"}}}";

static const char *method_word(enum http_method method)
{
	return method == HTTP_POST ? "post" : "get";
}

/* An example of @type; numbers and booleans are written as such. */
static void put_example(struct json_out *json, const struct http_param *param)
{
	const char *text = param->example ? param->example : param->name;

	json_out_key(json, "example");
	if (strcmp(param->type, "integer") == 0)
		json_out_int(json, strtoll(text, NULL, 10));
	else if (strcmp(param->type, "boolean") == 0)
		json_out_bool(json, strcmp(text, "true") == 0);
	else
		json_out_str(json, text);
}

static void put_param(struct json_out *json, const struct http_param *param, bool required)
{
	json_out_object(json);
	json_out_member_str(json, "name", param->name);
	json_out_member_str(json, "in", param->where);
	json_out_member_bool(json, "required", required);
	if (param->doc)
		json_out_member_str(json, "description", param->doc);
	json_out_key(json, "schema");
	json_out_object(json);
	json_out_member_str(json, "type", param->type);
	json_out_object_end(json);
	if (param->example || required)
		put_example(json, param);
	json_out_object_end(json);
}

static const struct http_param *described(const struct http_route *route, const char *name)
{
	for (const struct http_param *p = route->params; p && p->name; p++)
		if (strcmp(p->where, "path") == 0 && strcmp(p->name, name) == 0)
			return p;
	for (size_t i = 0; i < sizeof(known_segments) / sizeof(*known_segments); i++)
		if (strcmp(known_segments[i].name, name) == 0)
			return &known_segments[i];
	return NULL;
}

static void put_params(struct json_out *json, const struct http_route *route)
{
	json_out_key(json, "parameters");
	json_out_array(json);
	for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{')) {
		char name[64];
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 1, "}"), at + 1);
		struct http_param plain = {name, "path", "string", true, NULL, name};
		const struct http_param *known = described(route, name);
		put_param(json, known ? known : &plain, true);
	}
	for (const struct http_param *p = route->params; p && p->name; p++)
		if (strcmp(p->where, "path") != 0)
			put_param(json, p, p->required);
	json_out_array_end(json);
}

static void put_body(struct json_out *json, const struct http_route *route,
                     openapi_body_schema *body_schema)
{
	struct slice schema = body_schema ? body_schema(route) : SLICE("");

	json_out_key(json, "requestBody");
	json_out_object(json);
	json_out_member_bool(json, "required", true);
	json_out_key(json, "content");
	json_out_object(json);
	json_out_key_slice(json,
	                   slice_str(route->body_type ? route->body_type : "application/json"));
	json_out_object(json);
	json_out_key(json, "schema");
	json_out_raw(json, schema.n ? schema : SLICE("{}"));
	json_out_object_end(json);
	json_out_object_end(json);
	json_out_object_end(json);
}

static void put_schema_ref(struct json_out *json, const char *name)
{
	json_out_key(json, "schema");
	json_out_object(json);
	if (name) {
		struct buf ref = {0};
		buf_printf(&ref, "#/components/schemas/%s", name);
		json_out_member_string(json, "$ref", buf_slice(&ref));
		buf_release(&ref);
	} else {
		json_out_member_str(json, "type", "string");
	}
	json_out_object_end(json);
}

/* Errors that are not problems: what foreign clients expect. */
static void put_error(struct json_out *json, const struct http_route *route)
{
	json_out_object(json);
	json_out_member_str(json, "description", "refused or failed");
	json_out_key(json, "content");
	json_out_object(json);
	json_out_key_slice(json, slice_str(route->error_type));
	json_out_object(json);
	put_schema_ref(json, route->error_schema);
	json_out_object_end(json);
	json_out_object_end(json);
	json_out_object_end(json);
}

static void put_responses(struct json_out *json, const struct http_route *route)
{
	json_out_key(json, "responses");
	json_out_object(json);
	json_out_key(json, "2XX"); /* a command that creates is answered 201 */
	json_out_object(json);
	json_out_member_str(json, "description", "done");
	json_out_key(json, "content");
	json_out_object(json);
	json_out_key_slice(json,
	                   slice_str(route->answer_type ? route->answer_type : "application/json"));
	json_out_object(json);
	put_schema_ref(json, route->answer_schema);
	json_out_object_end(json);
	json_out_object_end(json);
	json_out_object_end(json);
	json_out_key(json, "default");
	if (route->error_type)
		put_error(json, route);
	else
		json_out_raw(json, SLICE("{\"$ref\":\"#/components/responses/Problem\"}"));
	json_out_object_end(json);
}

/* "post_v1_t_tenant_commands_CreateIssue": unique because method and path are. */
static void put_operation_id(struct json_out *json, const struct http_route *route)
{
	struct buf id = {0};

	buf_append_str(&id, method_word(route->method));
	for (const char *at = route->path; *at; at++) {
		if (*at == '{' || *at == '}')
			continue;
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		              (*at >= '0' && *at <= '9');
		buf_append_char(&id, letter ? *at : '_');
	}
	json_out_member_string(json, "operationId", buf_slice(&id));
	buf_release(&id);
}

static void put_operation(struct json_out *json, const struct http_route *route,
                          openapi_body_schema *body_schema)
{
	json_out_key(json, method_word(route->method));
	json_out_object(json);
	put_operation_id(json, route);
	if (route->summary)
		json_out_member_str(json, "summary", route->summary);
	if (route->tag) {
		json_out_key(json, "tags");
		json_out_array(json);
		json_out_str(json, route->tag);
		json_out_array_end(json);
	}
	json_out_key(json, "security");
	json_out_raw(json,
	             route->auth == HTTP_AUTH_TOKEN ? SLICE("[{\"bearer\":[]}]") : SLICE("[]"));
	put_params(json, route);
	if (route->body_bytes_max > 0)
		put_body(json, route, body_schema);
	put_responses(json, route);
	json_out_object_end(json);
}

/* The row of place @n over all tables, NULL behind the last. */
static const struct http_route *row(const struct http_route *const *tables, size_t n)
{
	for (size_t t = 0; tables[t]; t++)
		for (const struct http_route *route = tables[t]; route->path; route++)
			if (n-- == 0)
				return route;
	return NULL;
}

static bool path_seen(const struct http_route *const *tables, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(row(tables, i)->path, path) == 0)
			return true;
	return false;
}

/* One member per path, however many methods it has. */
static void put_paths(struct json_out *json, const struct http_route *const *tables,
                      openapi_body_schema *body_schema)
{
	const struct http_route *route, *same;

	json_out_key(json, "paths");
	json_out_object(json);
	for (size_t n = 0; (route = row(tables, n)) != NULL; n++) {
		if (!route->summary || path_seen(tables, n, route->path))
			continue;
		json_out_key_slice(json, slice_str(route->path));
		json_out_object(json);
		for (size_t i = n; (same = row(tables, i)) != NULL; i++)
			if (same->summary && strcmp(same->path, route->path) == 0)
				put_operation(json, same, body_schema);
		json_out_object_end(json);
	}
	json_out_object_end(json);
}

static void put_schemas(struct json_out *json, struct slice schemas)
{
	const char *name;
	json_t *schema, *all = json_loadb(schemas.data, schemas.n, JSON_REJECT_DUPLICATES, NULL);

	assert(all && "the schemas of answers are a JSON object");
	json_object_foreach(all, name, schema)
	{
		char *text = json_dumps(schema, JSON_COMPACT);
		json_out_key_slice(json, slice_str(name));
		json_out_raw(json, slice_str(text));
		free(text);
	}
	json_decref(all);
}

static void put_components(struct json_out *json, struct slice schemas)
{
	json_out_key(json, "components");
	json_out_object(json);
	json_out_key(json, "securitySchemes");
	json_out_raw(json, SLICE("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\","
	                         "\"bearerFormat\":\"JWT\",\"description\":\"the token of a "
	                         "person, or an API key of the organization (nfk_...)\"}}"));
	json_out_key(json, "responses");
	json_out_raw(json, SLICE("{\"Problem\":{\"description\":\"refused or failed\",\"content\":{"
	                         "\"application/problem+json\":{\"schema\":{"
	                         "\"$ref\":\"#/components/schemas/Problem\"}}}}}"));
	json_out_key(json, "schemas");
	json_out_object(json);
	json_out_key(json, "Problem");
	json_out_raw(json, SLICE(problem_schema));
	put_schemas(json, schemas);
	json_out_object_end(json);
	json_out_object_end(json);
}

void openapi_print(const struct http_route *const *tables, openapi_body_schema *body_schema,
                   struct slice schemas, struct buf *out)
{
	struct json_out json;

	json_out_init(&json, out);
	json_out_object(&json);
	json_out_member_str(&json, "openapi", "3.1.0");
	json_out_key(&json, "info");
	json_out_object(&json);
	json_out_member_str(&json, "title", "NexusFlow");
	json_out_member_str(&json, "version", NEXUSFLOW_VERSION);
	json_out_object_end(&json);
	put_paths(&json, tables, body_schema);
	put_components(&json, schemas);
	json_out_object_end(&json);
}
