/* The schema registry's read-only half, as Confluent's clients call it (paths and error codes:
 * their public API). Subjects are record names (RecordNameStrategy) and, for clients that know
 * only the default, topic-record names. Ids never change: they are compiled in. */
#include <jansson.h>

#include "core/base/json_out.h"
#include "core/codec/schema_table.h"
#include "query-api/query_api.h"

#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"
#define TOPIC_PREFIX "nexusflow.events-"

static void answer_json(struct http_request *request, int status, struct buf *body)
{
	struct http_answer answer = {.status = status,
	                             .content_type = CONTENT_TYPE,
	                             .body = body,
	                             .headers = {{"Cache-Control", "max-age=3600"}}};
	http_answer(request, &answer);
	buf_release(body);
}

static void answer_error(struct http_request *request, int status, int code, const char *message)
{
	struct buf body = {0};
	struct json_out json;
	json_out_init(&json, &body);
	json_out_object(&json);
	json_out_member_int(&json, "error_code", code);
	json_out_member_str(&json, "message", message);
	json_out_object_end(&json);
	answer_json(request, status, &body);
}

static bool to_number(struct slice text, uint32_t *number)
{
	if (text.n == 0 || text.n > 9)
		return false;
	*number = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*number = *number * 10 + (uint32_t)(text.data[i] - '0');
	}
	return true;
}

static struct slice record_name(struct slice subject)
{
	size_t n = strlen(TOPIC_PREFIX);
	if (subject.n > n && memcmp(subject.data, TOPIC_PREFIX, n) == 0)
		return slice_of(subject.data + n, subject.n - n);
	return subject;
}

/* Version 0: the latest. NULL: none. *@known: the subject exists. */
static const struct schema_entry *find(struct slice subject, uint32_t version, bool *known)
{
	const struct schema_entry *found = NULL;
	struct slice name = record_name(subject);
	*known = false;
	for (uint32_t i = 0; i < schema_entries_n; i++) {
		const struct schema_entry *entry = &schema_entries[i];
		if (!slice_is(name, entry->name))
			continue;
		*known = true;
		if (version == entry->version ||
		    (version == 0 && (!found || entry->version > found->version)))
			found = entry;
	}
	return found;
}

static const struct schema_entry *entry_of(struct http_request *request)
{
	uint32_t id;
	const struct schema_entry *entry = NULL;
	if (to_number(http_path_param(request, "id"), &id))
		entry = schema_entry_by_id(id);
	if (!entry)
		answer_error(request, 404, 40403, "Schema not found");
	return entry;
}

/* Answer with what @write makes of the schema that the path names, or with 404. */
static void answer_schema(struct http_request *request,
                          void (*write)(const struct schema_entry *entry, struct json_out *json))
{
	const struct schema_entry *entry = entry_of(request);
	if (!entry)
		return;
	struct buf body = {0};
	struct json_out json;
	json_out_init(&json, &body);
	write(entry, &json);
	answer_json(request, 200, &body);
}

static void write_schema(const struct schema_entry *entry, struct json_out *json)
{
	json_out_object(json);
	json_out_member_str(json, "schema", entry->text);
	json_out_object_end(json);
}

static void write_text(const struct schema_entry *entry, struct json_out *json)
{
	json_out_raw(json, slice_str(entry->text));
}

static void write_subjects(const struct schema_entry *entry, struct json_out *json)
{
	json_out_array(json);
	json_out_str(json, entry->name);
	json_out_array_end(json);
}

static void write_versions(const struct schema_entry *entry, struct json_out *json)
{
	json_out_array(json);
	json_out_object(json);
	json_out_member_str(json, "subject", entry->name);
	json_out_member_int(json, "version", entry->version);
	json_out_object_end(json);
	json_out_array_end(json);
}

static void get_schema_by_id(struct http_request *request, void *context)
{
	(void)context;
	answer_schema(request, write_schema);
}

static void get_schema_text(struct http_request *request, void *context)
{
	(void)context;
	answer_schema(request, write_text);
}

static void get_schema_subjects(struct http_request *request, void *context)
{
	(void)context;
	answer_schema(request, write_subjects);
}

static void get_schema_versions(struct http_request *request, void *context)
{
	(void)context;
	answer_schema(request, write_versions);
}

static void get_subjects(struct http_request *request, void *context)
{
	(void)context;
	struct buf body = {0};
	struct json_out json;
	json_out_init(&json, &body);
	json_out_array(&json);
	for (uint32_t i = 0; i < schema_entries_n; i++)
		if (schema_entries[i].current)
			json_out_str(&json, schema_entries[i].name);
	json_out_array_end(&json);
	answer_json(request, 200, &body);
}

static void get_subject_versions(struct http_request *request, void *context)
{
	(void)context;
	struct slice subject = record_name(http_path_param(request, "subject"));
	struct buf body = {0};
	struct json_out json;
	bool known = false;
	json_out_init(&json, &body);
	json_out_array(&json);
	for (uint32_t i = 0; i < schema_entries_n; i++)
		if (slice_is(subject, schema_entries[i].name)) {
			known = true;
			json_out_int(&json, schema_entries[i].version);
		}
	json_out_array_end(&json);
	if (known) {
		answer_json(request, 200, &body);
		return;
	}
	buf_release(&body);
	answer_error(request, 404, 40401, "Subject not found");
}

static void entry_json(const struct schema_entry *entry, struct slice subject, struct buf *body)
{
	struct json_out json;
	json_out_init(&json, body);
	json_out_object(&json);
	json_out_member_string(&json, "subject", subject);
	json_out_member_int(&json, "version", entry->version);
	json_out_member_int(&json, "id", entry->id);
	json_out_member_str(&json, "schema", entry->text);
	json_out_object_end(&json);
}

static void get_subject_version(struct http_request *request, void *context)
{
	(void)context;
	struct slice subject = http_path_param(request, "subject");
	struct slice text = http_path_param(request, "version");
	uint32_t version = 0;
	bool known;
	if (!slice_is(text, "latest") && (!to_number(text, &version) || version == 0)) {
		answer_error(request, 422, 42202,
		             "The specified version is not a valid version id");
		return;
	}
	const struct schema_entry *entry = find(subject, version, &known);
	if (!entry) {
		answer_error(request, 404, known ? 40402 : 40401,
		             known ? "Version not found" : "Subject not found");
		return;
	}
	struct buf body = {0};
	entry_json(entry, subject, &body);
	answer_json(request, 200, &body);
}

static bool is_same_schema(const char *a, const char *b)
{
	json_t *left = json_loads(a, 0, NULL), *right = json_loads(b, 0, NULL);
	bool same = left && right && json_equal(left, right);
	json_decref(left);
	json_decref(right);
	return same;
}

/* Which id has this schema? Compared as text: clients send back what they were given. */
static void post_subject(struct http_request *request, void *context)
{
	(void)context;
	struct slice subject = http_path_param(request, "subject"), body = http_body(request);
	bool known;
	find(subject, 0, &known);
	if (!known) {
		answer_error(request, 404, 40401, "Subject not found");
		return;
	}
	json_t *json = json_loadb(body.data ? body.data : "", body.n, 0, NULL);
	const char *wanted = json_string_value(json_object_get(json, "schema"));
	const struct schema_entry *found = NULL;
	for (uint32_t i = 0; wanted && i < schema_entries_n; i++)
		if (slice_is(record_name(subject), schema_entries[i].name) &&
		    is_same_schema(wanted, schema_entries[i].text))
			found = &schema_entries[i];
	bool is_valid = wanted != NULL;
	json_decref(json);
	if (found) {
		struct buf answer = {0};
		entry_json(found, subject, &answer);
		answer_json(request, 200, &answer);
	} else {
		answer_error(request, is_valid ? 404 : 422, is_valid ? 40403 : 42201,
		             is_valid ? "Schema not found" : "Invalid schema");
	}
}

/* Answers that never change, by http_route.label. */
enum { FIXED_TYPES, FIXED_CONFIG, FIXED_MODE, FIXED_CONTEXTS };
static const char *const fixed_answers[] = {
        [FIXED_TYPES] = "[\"AVRO\"]",
        [FIXED_CONFIG] = "{\"compatibilityLevel\":\"FULL_TRANSITIVE\"}",
        [FIXED_MODE] = "{\"mode\":\"READONLY\"}",
        [FIXED_CONTEXTS] = "[\".\"]",
};

static void get_fixed(struct http_request *request, void *context)
{
	(void)context;
	struct buf body = {0};
	buf_append_str(&body, fixed_answers[http_route_of(request)->label]);
	answer_json(request, 200, &body);
}

static void post_version(struct http_request *request, void *context)
{
	(void)context;
	answer_error(request, 422, 42205,
	             "Schemas are part of the program: the registry is read-only");
}

#define REGISTRY(method_, path_, handler_, label_, answer_, summary_)                              \
	{                                                                                          \
		.method = (method_), .path = (path_), .handler = (handler_),                       \
		.auth = HTTP_AUTH_NONE, .body_bytes_max = (method_) == HTTP_POST ? 1 << 20 : 0,    \
		.summary = (summary_), .tag = "schema registry", .answer_type = CONTENT_TYPE,      \
		.answer_schema = "registry_" answer_, .error_type = CONTENT_TYPE,                  \
		.error_schema = "registry_error", .label = (label_),                               \
	}

const struct http_route registry_routes[] = {
        REGISTRY(HTTP_GET, "/schemas/ids/{id}", get_schema_by_id, 0, "schema",
                 "The schema of an id."),
        REGISTRY(HTTP_GET, "/schemas/ids/{id}/schema", get_schema_text, 0, "avro",
                 "The schema as it is."),
        REGISTRY(HTTP_GET, "/schemas/ids/{id}/subjects", get_schema_subjects, 0, "names",
                 "Subjects that have the schema."),
        REGISTRY(HTTP_GET, "/schemas/ids/{id}/versions", get_schema_versions, 0, "places",
                 "Subjects and versions that have the schema."),
        REGISTRY(HTTP_GET, "/schemas/types", get_fixed, FIXED_TYPES, "names", "Kinds of schemas."),
        REGISTRY(HTTP_GET, "/subjects", get_subjects, 0, "names", "Names of all subjects."),
        REGISTRY(HTTP_GET, "/subjects/{subject}/versions", get_subject_versions, 0, "numbers",
                 "Versions of a subject."),
        REGISTRY(HTTP_GET, "/subjects/{subject}/versions/{version}", get_subject_version, 0,
                 "version", "One version of a subject, or the latest."),
        REGISTRY(HTTP_POST, "/subjects/{subject}", post_subject, 0, "version",
                 "The id of a schema."),
        REGISTRY(HTTP_POST, "/subjects/{subject}/versions", post_version, 0, "error",
                 "Refused: the registry is read-only."),
        REGISTRY(HTTP_GET, "/config", get_fixed, FIXED_CONFIG, "config",
                 "Compatibility that every change keeps."),
        REGISTRY(HTTP_GET, "/config/{subject}", get_fixed, FIXED_CONFIG, "config",
                 "Compatibility of a subject."),
        REGISTRY(HTTP_GET, "/mode", get_fixed, FIXED_MODE, "mode", "READONLY."),
        REGISTRY(HTTP_GET, "/contexts", get_fixed, FIXED_CONTEXTS, "names",
                 "Contexts: the default one."),
        {.path = NULL},
};
