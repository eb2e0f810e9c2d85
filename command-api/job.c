#include "command-api/job.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/json_out.h"
#include "core/http/http.h"
#include "core/store/sha256.h"

/* Enough for most commands, so that no buffer grows step by step. */
#define FORM_BYTES   1024
#define ANSWER_BYTES 640

const char *job_outcome_name(enum job_outcome outcome)
{
	switch (outcome) {
	case JOB_PENDING:
		return "pending";
	case JOB_ACCEPTED:
		return "accepted";
	case JOB_REPEATED:
		return "repeated";
	case JOB_UNCHANGED:
		return "unchanged";
	case JOB_REFUSED:
		return "refused";
	case JOB_UNAVAILABLE:
		return "unavailable";
	}
	return "";
}

static struct slice keep(struct buf *texts, struct slice text)
{
	char *at = texts->data + texts->n;
	buf_append(texts, text.data, text.n);
	return slice_of(at, text.n);
}

struct job *job_new(struct slice tenant, struct slice credential_id, struct slice reason,
                    struct slice traceparent, size_t arena_bytes)
{
	struct job *job = mem_new(sizeof *job);
	buf_reserve(&job->texts, tenant.n + credential_id.n + reason.n + traceparent.n + 1);
	job->tenant = keep(&job->texts, tenant);
	job->credential_id = keep(&job->texts, credential_id);
	job->reason = keep(&job->texts, reason);
	job->traceparent = keep(&job->texts, traceparent);
	arena_init(&job->arena, mem_grow(NULL, arena_bytes), arena_bytes);
	atomic_init(&job->references, 1);
	return job;
}

void job_retain(struct job *job)
{
	atomic_fetch_add_explicit(&job->references, 1, memory_order_relaxed);
}

void job_release(struct job *job)
{
	if (!job || atomic_fetch_sub_explicit(&job->references, 1, memory_order_acq_rel) > 1)
		return;
	json_decref(job->body);
	OPENSSL_cleanse(job->secret, sizeof job->secret);
	free(job->arena.block);
	free(job->events);
	buf_release(&job->texts);
	buf_release(&job->faults);
	free(job);
}

static int append_text(const char *text, size_t n, void *form)
{
	buf_append(form, text, n);
	return 0;
}

/* The body as it was sent, free of order, white space and nulls. Not the command: a field that a
 * later version adds with a default must not change the hash of a body that does not have it. */
static json_t *without_nulls(json_t *body)
{
	json_t *canonical = NULL, *value;
	const char *name;
	json_object_foreach(body, name, value)
	{
		if (!json_is_null(value))
			continue;
		canonical = canonical ? canonical : json_copy(body);
		json_object_del(canonical, name);
	}
	return canonical ? canonical : json_incref(body);
}

static void append_canonical(json_t *body, struct buf *form)
{
	json_t *canonical = without_nulls(body);
	json_dump_callback(canonical, append_text, form, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(canonical);
}

void job_hash(struct job *job)
{
	static const struct uuid nobody;
	struct buf form = {0};
	char fixed[1 + 8 + 16 + 1];
	buf_reserve(&form, FORM_BYTES);
	buf_append_slice(&form, slice_str(command_type_name(job->command.type)));
	fixed[0] = (char)job->has_occurred_at;
	put_u64(fixed + 1, job->has_occurred_at ? (uint64_t)job->occurred_at_ms : 0);
	/* In whose name an intent comes follows from its event, as its id does. */
	memcpy(fixed + 9, job->intent ? nobody.bytes : job->on_behalf_of.bytes, 16);
	fixed[25] = (char)job->intent;
	buf_append(&form, fixed, sizeof fixed);
	append_canonical(job->body, &form);
	sha256_of(buf_slice(&form), job->hash);
	buf_release(&form);
}

static void events_json(const struct job *job, struct json_out *json)
{
	json_out_key(json, "events");
	json_out_array(json);
	for (uint32_t i = 0; i < job->events_n; i++) {
		json_out_object(json);
		json_out_member_uuid(json, "id", &job->events[i].id);
		json_out_member_str(json, "type", event_type_name(job->events[i].type));
		json_out_member_int(json, "seq", (int64_t)(job->first_seq + i));
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

/* The secret of a key is in the first answer and nowhere else. */
static void secret_json(const struct job *job, struct json_out *json)
{
	if (job->secret[0]) {
		json_out_member_str(json, "secret", job->secret);
		json_out_member_str(json, "notice",
		                    "this is the only time that the secret is shown");
		return;
	}
	json_out_key(json, "secret");
	json_out_null(json);
	json_out_member_str(json, "notice",
	                    "the secret was in the first answer and is not kept: if it is lost, "
	                    "revoke this key and create another one");
}

static void bulk_json(const struct job_bulk *bulk, struct json_out *json)
{
	json_out_key(json, "bulk");
	json_out_object(json);
	json_out_member_int(json, "issues", bulk->issues);
	json_out_member_int(json, "changed", bulk->changed);
	json_out_member_int(json, "unchanged", bulk->unchanged);
	json_out_member_int(json, "refused", bulk->refused);
	json_out_object_end(json);
}

static void success_json(const struct job *job, struct buf *out)
{
	struct json_out json;
	buf_reserve(out, ANSWER_BYTES);
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_member_bool(&json, "success", true);
	json_out_member_uuid(&json, "command_id", &job->command_id);
	json_out_member_str(&json, "outcome", job_outcome_name(job->outcome));
	events_json(job, &json);
	json_out_member_int(&json, "position", (int64_t)job->position);
	json_out_member_int(&json, "version", job->aggregate.version);
	json_out_key(&json, "aggregate");
	json_out_object(&json);
	json_out_member_str(&json, "kind", aggregate_kind_symbol(job->aggregate.kind));
	json_out_member_uuid(&json, "id", &job->aggregate.id);
	json_out_object_end(&json);
	if (job->key[0])
		json_out_member_str(&json, "key", job->key);
	if (!uuid_is_nil(&job->created))
		json_out_member_uuid(&json, "created", &job->created);
	if (job->aggregate.kind == AGGREGATE_KIND_BULK)
		bulk_json(&job->bulk, &json);
	if (job->command.type == COMMAND_CREATE_API_KEY)
		secret_json(job, &json);
	json_out_object_end(&json);
}

/* The text behind *@at, which becomes the next one. */
static struct slice next_text(const char **at)
{
	struct slice text = slice_str(*at);

	*at += text.n + 1;
	return text;
}

static void refusal_json(const struct job *job, const struct uuid *request_id, struct buf *out)
{
	struct problem_fault faults[REFUSAL_FAULTS_MAX] = {
	        {slice_str(job->pointer), slice_str(job->detail)}};
	const char *at = job->faults.data, *end = at ? at + job->faults.n : at;
	size_t n = 0;

	while (at < end) {
		faults[n].pointer = next_text(&at);
		faults[n++].detail = next_text(&at);
	}
	problem_json_of(out, reject_http_status(job->reject), reject_code(job->reject),
	                reject_title(job->reject), faults, n ? n : 1, slice_str(job->detail),
	                request_id);
}

int job_answer_json(const struct job *job, const struct uuid *request_id, struct buf *out)
{
	switch (job->outcome) {
	case JOB_ACCEPTED:
	case JOB_REPEATED:
		success_json(job, out);
		return uuid_is_nil(&job->created) ? 200 : 201;
	case JOB_UNCHANGED:
		success_json(job, out);
		return 200;
	case JOB_REFUSED:
		refusal_json(job, request_id, out);
		return reject_http_status(job->reject);
	case JOB_PENDING:
	case JOB_UNAVAILABLE:
		break;
	}
	problem_json(out, 503, "outcome_unknown", "retry with the same Idempotency-Key", NULL,
	             slice_str(job->detail), request_id);
	return 503;
}
