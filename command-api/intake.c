#include "command-api/intake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/json_out.h"
#include "core/codec/wire.h"
#include "core/store/profile_keys.h"

#define ARENA_BASE_BYTES       1024
#define ARENA_BYTES_PER_BODY   16
#define TRACEPARENT_CHARACTERS 55

static bool fail(struct intake_fault *fault, int status, const char *code, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static bool fail(struct intake_fault *fault, int status, const char *code, const char *format, ...)
{
	va_list args;
	fault->status = status;
	fault->fields.n = 0;
	snprintf(fault->code, sizeof fault->code, "%s", code);
	va_start(args, format);
	vsnprintf(fault->detail, sizeof fault->detail, format, args);
	va_end(args);
	return false;
}

/* jansson recurses up to 2048 levels; a glance at the brackets bounds that before it starts. */
static bool is_too_deep(struct slice text)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.data[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > INTAKE_DEPTH_MAX)
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

json_t *intake_parse(struct slice text, struct intake_fault *fault)
{
	json_error_t error;
	if (is_too_deep(text)) {
		fail(fault, 400, "malformed_json", "the body is nested more than %d levels deep",
		     INTAKE_DEPTH_MAX);
		return NULL;
	}
	json_t *json =
	        json_loadb(text.data ? text.data : "", text.n, JSON_REJECT_DUPLICATES, &error);
	if (!json) {
		fail(fault, 400, "malformed_json", "line %d column %d: %s", error.line,
		     error.column, error.text);
		return NULL;
	}
	if (!json_is_object(json)) {
		json_decref(json);
		fail(fault, 400, "malformed_json", "the body must be a JSON object");
		return NULL;
	}
	return json;
}

static void header(struct http_request *request, const char *name, struct slice *value)
{
	if (!http_header(request, name, value))
		*value = slice_of(NULL, 0);
}

static struct slice unquoted(struct slice text)
{
	if (text.n >= 2 && text.data[0] == '"' && text.data[text.n - 1] == '"')
		return slice_of(text.data + 1, text.n - 2);
	return text;
}

void envelope_from_headers(struct http_request *request, struct envelope *envelope)
{
	*envelope = (struct envelope){0};
	header(request, "Idempotency-Key", &envelope->command_id);
	envelope->command_id = unquoted(envelope->command_id);
	header(request, "NexusFlow-Occurred-At", &envelope->occurred_at);
	header(request, "NexusFlow-On-Behalf-Of", &envelope->on_behalf_of);
	header(request, "NexusFlow-Reason", &envelope->reason);
	header(request, "NexusFlow-Correlation-Id", &envelope->correlation_id);
	header(request, "NexusFlow-Causation-Id", &envelope->causation_id);
	header(request, "NexusFlow-Rule", &envelope->rule);
	header(request, "If-Match", &envelope->expected_version);
	header(request, "traceparent", &envelope->traceparent);
}

static const struct line_member {
	const char *name;
	size_t offset; /* in struct envelope */
} line_members[] = {
        {"command", offsetof(struct envelope, command)},
        {"command_id", offsetof(struct envelope, command_id)},
        {"occurred_at", offsetof(struct envelope, occurred_at)},
        {"on_behalf_of", offsetof(struct envelope, on_behalf_of)},
        {"reason", offsetof(struct envelope, reason)},
        {"correlation_id", offsetof(struct envelope, correlation_id)},
        {"causation_id", offsetof(struct envelope, causation_id)},
        {"credential_id", offsetof(struct envelope, credential_id)},
        {"rule", offsetof(struct envelope, rule)},
};

static struct slice *line_member(struct envelope *envelope, const char *name)
{
	for (size_t i = 0; i < sizeof line_members / sizeof *line_members; i++)
		if (strcmp(line_members[i].name, name) == 0)
			return (struct slice *)(void *)((char *)envelope + line_members[i].offset);
	return NULL;
}

static bool read_line(json_t *line, struct envelope *envelope, json_t **data,
                      struct intake_fault *fault)
{
	const char *name;
	json_t *value;
	*data = NULL;
	json_object_foreach(line, name, value)
	{
		struct slice *member = line_member(envelope, name);
		if (strcmp(name, "data") == 0)
			*data = value;
		else if (!member)
			return fail(fault, 400, "bad_line", "unknown member \"%.64s\"", name);
		else if (json_is_string(value))
			*member = slice_of(json_string_value(value), json_string_length(value));
		else if (!json_is_null(value))
			return fail(fault, 400, "bad_line", "\"%.64s\" must be a string", name);
	}
	if (!json_is_object(*data))
		return fail(fault, 400, "bad_line", "\"data\" must be an object with the fields");
	if (envelope->command.n == 0)
		return fail(fault, 400, "bad_line", "\"command\" must name a command");
	return true;
}

bool envelope_from_line(struct slice text, json_t **line, struct envelope *envelope, json_t **data,
                        struct intake_fault *fault)
{
	*envelope = (struct envelope){0};
	*line = intake_parse(text, fault);
	if (!*line)
		return false;
	if (read_line(*line, envelope, data, fault))
		return true;
	json_decref(*line);
	*line = NULL;
	return false;
}

static bool read_uuid(struct slice text, const char *what, struct uuid *out,
                      struct intake_fault *fault)
{
	if (!text.data || uuid_parse(text, out))
		return true;
	return fail(fault, 400, "bad_envelope", "%s must be a UUID", what);
}

/* Fill in what the envelope says; everything in it is optional. */
static bool read_envelope(struct job *job, const struct envelope *envelope,
                          const struct principal *principal, struct intake_fault *fault)
{
	job->command_id = envelope->command_id.data ? (struct uuid){{0}} : uuid_v7(clock_now_ms());
	if (!read_uuid(envelope->command_id, "Idempotency-Key (command_id)", &job->command_id,
	               fault) ||
	    !read_uuid(envelope->on_behalf_of, "on_behalf_of", &job->on_behalf_of, fault) ||
	    !read_uuid(envelope->correlation_id, "correlation_id", &job->correlation_id, fault) ||
	    !read_uuid(envelope->causation_id, "causation_id", &job->causation_id, fault) ||
	    !read_uuid(envelope->rule, "rule", &job->rule_id, fault))
		return false;
	if (uuid_is_nil(&job->command_id))
		return fail(fault, 400, "bad_envelope",
		            "Idempotency-Key (command_id) must not be the nil UUID");
	if (envelope->occurred_at.data) {
		if (!clock_parse(envelope->occurred_at, &job->occurred_at_ms))
			return fail(fault, 400, "bad_envelope",
			            "occurred_at must be a time like 2026-11-21T10:00:00Z");
		job->has_occurred_at = true;
	}
	if (envelope->rule.data || envelope->credential_id.data) {
		if (!principal->service || !envelope->rule.data)
			return fail(fault, 403, "forbidden",
			            "only a service of this installation sends intents");
		job->intent = true;
	}
	return true;
}

/* If-Match: "v17" stands for expected_version 17. */
static bool merge_if_match(struct slice if_match, json_t *data, struct intake_fault *fault)
{
	if (!if_match.data)
		return true;
	struct slice text = unquoted(if_match);
	char digits[24];
	char *end = digits;
	if (text.n < 2 || text.n >= sizeof digits || text.data[0] != 'v' || text.data[1] < '1' ||
	    text.data[1] > '9')
		return fail(fault, 400, "bad_envelope", "If-Match must look like \"v17\"");
	memcpy(digits, text.data + 1, text.n - 1);
	digits[text.n - 1] = 0;
	long long version = strtoll(digits, &end, 10);
	if (*end || version < 1)
		return fail(fault, 400, "bad_envelope", "If-Match must look like \"v17\"");
	json_t *given = json_object_get(data, "expected_version");
	if (given && !json_is_null(given) && json_integer_value(given) != version)
		return fail(fault, 400, "bad_envelope",
		            "If-Match and expected_version name different versions");
	if (!json_is_integer(given))
		json_object_set_new(data, "expected_version", json_integer(version));
	return true;
}

static bool fill_job(struct job *job, const struct envelope *envelope,
                     const struct principal *principal, json_t *data, struct intake_fault *fault)
{
	enum command_type type;
	if (!command_type_parse(envelope->command, &type))
		return fail(fault, 404, "unknown_command", "there is no command \"%.*s\"",
		            (int)(envelope->command.n > 64 ? 64 : envelope->command.n),
		            envelope->command.data);
	if (!read_envelope(job, envelope, principal, fault) ||
	    !merge_if_match(envelope->expected_version, data, fault))
		return false;
	fault->fields = (struct command_faults){0};
	enum status status =
	        command_read_json(type, data, &job->arena, &job->command, &fault->fields);
	if (!status)
		return true;
	struct command_faults fields = fault->fields;
	const struct command_fault *first = &fields.items[0];
	unsigned others = fields.n ? fields.n - 1 + fields.more : 0;
	char more[32] = "";
	if (others)
		snprintf(more, sizeof more, ", and %u more fault%s", others,
		         others == 1 ? "" : "s");
	fail(fault, 400, "bad_command", "%s%s%s: %s%s", command_type_name(type),
	     first->pointer[0] ? " " : "", first->pointer, first->reason, more);
	fault->fields = fields;
	return false;
}

/* W3C: 2, 32, 16 and 2 hexadecimal digits. What does not look like one is not carried on. */
static bool is_traceparent(struct slice text)
{
	if (text.n != TRACEPARENT_CHARACTERS)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.data[i];
		bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
		if (i == 2 || i == 35 || i == 52 ? c != '-' : !is_hex)
			return false;
	}
	return true;
}

/* An intent is told by what its member had come with, not by the token of the service. */
static struct slice credential_of(const struct principal *principal,
                                  const struct envelope *envelope)
{
	return envelope->rule.data ? envelope->credential_id : principal->credential_id;
}

struct job *intake_job(struct slice tenant, const struct principal *principal,
                       const struct envelope *envelope, json_t *data, size_t body_bytes,
                       struct intake_fault *fault)
{
	struct slice reason = envelope->reason;
	if (principal->has_key && !slice_equal(principal->key_tenant, tenant)) {
		fail(fault, 404, reject_code(REJECT_NO_SUCH_TENANT), "%s",
		     reject_title(REJECT_NO_SUCH_TENANT));
		return NULL;
	}
	if (reason.n > JOB_REASON_BYTES_MAX) {
		fail(fault, 400, "bad_envelope", "reason is longer than %d bytes",
		     JOB_REASON_BYTES_MAX);
		return NULL;
	}
	if (!utf8_valid(reason.data, reason.n)) {
		fail(fault, 400, "bad_envelope", "reason is not UTF-8");
		return NULL;
	}
	struct slice traceparent = envelope->traceparent;
	if (!is_traceparent(traceparent))
		traceparent.n = 0;
	struct job *job = job_new(tenant, credential_of(principal, envelope), reason, traceparent,
	                          ARENA_BASE_BYTES + body_bytes * ARENA_BYTES_PER_BODY);
	job->body = json_incref(data);
	if (!fill_job(job, envelope, principal, data, fault)) {
		job_release(job);
		return NULL;
	}
	job->has_identity = !job->intent;
	job->installation = principal->installation;
	job->has_api_key = principal->has_key;
	job->api_key_id = principal->key_id;
	memcpy(job->api_key_hash, principal->key_hash, sizeof job->api_key_hash);
	if (job->has_identity && !job->has_api_key)
		identity_hash(tenant, principal->issuer, principal->subject, job->identity);
	job_hash(job);
	return job;
}

void intake_problem(const struct intake_fault *fault, const struct uuid *request_id,
                    struct buf *out)
{
	struct problem_fault faults[COMMAND_FAULTS_MAX];
	for (unsigned i = 0; i < fault->fields.n; i++)
		faults[i] = (struct problem_fault){slice_str(fault->fields.items[i].pointer),
		                                   slice_str(fault->fields.items[i].reason)};
	problem_json_of(out, fault->status, fault->code, fault->detail, faults, fault->fields.n,
	                slice_str(fault->detail), request_id);
}
