/* Answers and problems (RFC 9457). The response of libmicrohttpd is built by the answering thread;
 * only queueing it is the loop's. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/base/json_out.h"
#include "core/http/request.h"

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	enum MHD_Result added = MHD_add_response_header(response, name, value);

	assert(added == MHD_YES && "a header with a line break, or twice");
	(void)added;
}

static struct MHD_Response *response_with_body(struct http_answer *answer, size_t *bytes)
{
	struct MHD_Response *response;
	bool bare = answer->status == 204 || answer->status == 304;

	if (answer->body && answer->body->n > 0 && !bare) {
		*bytes = answer->body->n;
		response = MHD_create_response_from_buffer(answer->body->n, answer->body->data,
		                                           MHD_RESPMEM_MUST_FREE);
		*answer->body = (struct buf){0};
	} else {
		struct slice fixed = bare ? SLICE("") : answer->fixed;
		*bytes = fixed.n;
		response = MHD_create_response_from_buffer(
		        fixed.n, (void *)(uintptr_t)(fixed.n ? fixed.data : ""),
		        MHD_RESPMEM_PERSISTENT);
		if (answer->body)
			buf_release(answer->body);
	}
	if (!response) {
		fputs("out of memory for an HTTP response\n", stderr);
		abort();
	}
	return response;
}

static struct MHD_Response *response_new(const struct http_request *request,
                                         struct http_answer *answer, size_t *bytes)
{
	struct MHD_Response *response = response_with_body(answer, bytes);
	bool bare = answer->status == 204 || answer->status == 304;
	bool cache_control = false;
	char id[UUID_TEXT + 1] = {0};

	for (size_t i = 0; i < HTTP_ANSWER_HEADERS && answer->headers[i].name; i++) {
		add_header(response, answer->headers[i].name, answer->headers[i].value);
		cache_control |= strcasecmp(answer->headers[i].name, "Cache-Control") == 0;
	}
	const char *type = answer->content_type ? answer->content_type : "application/json";
	if (!bare)
		add_header(response, "Content-Type", type);
	if (!cache_control && strstr(type, "json"))
		add_header(response, "Cache-Control", "no-store");
	uuid_format(&request->id, id);
	add_header(response, "X-Request-Id", id);
	return response;
}

static void set_response(struct http_request *request, struct http_answer *answer)
{
	assert(!request->response && "a request is answered once");
	request->response = response_new(request, answer, &request->response_bytes);
	request->status = answer->status;
}

void http_answer(struct http_request *request, struct http_answer *answer)
{
	if (!request->parked) {
		set_response(request, answer);
		return;
	}
	assert(!request->late_response && "a request is answered once");
	request->late_response = response_new(request, answer, &request->late_bytes);
	request->late_status = answer->status;
	server_answer_late(request);
}

static void errors_json(struct json_out *json, const struct problem_fault *faults, size_t n)
{
	json_out_key(json, "errors");
	json_out_array(json);
	for (size_t i = 0; i < n; i++) {
		json_out_object(json);
		json_out_member_string(json, "pointer", faults[i].pointer);
		json_out_member_string(json, "detail", faults[i].detail);
		json_out_object_end(json);
	}
	json_out_array_end(json);
}

void problem_json_of(struct buf *out, int status, const char *code, const char *title,
                     const struct problem_fault *faults, size_t n, struct slice detail,
                     const struct uuid *request_id)
{
	struct json_out json;
	char type[96];

	snprintf(type, sizeof(type), "urn:nexusflow:problem:%s", code);
	json_out_init(&json, out);
	json_out_object(&json);
	json_out_member_str(&json, "type", type);
	json_out_member_str(&json, "title",
	                    title ? title : MHD_get_reason_phrase_for((unsigned)status));
	json_out_member_int(&json, "status", status);
	json_out_member_string(&json, "detail", detail);
	json_out_member_str(&json, "code", code);
	if (n)
		errors_json(&json, faults, n);
	json_out_member_bool(&json, "success", false);
	json_out_member_string(&json, "error", detail);
	json_out_member_int(&json, "error_code", status);
	if (request_id)
		json_out_member_uuid(&json, "request_id", request_id);
	json_out_object_end(&json);
}

void problem_json(struct buf *out, int status, const char *code, const char *title,
                  const char *pointer, struct slice detail, const struct uuid *request_id)
{
	const struct problem_fault fault = {slice_str(pointer ? pointer : ""), detail};

	problem_json_of(out, status, code, title, &fault, pointer ? 1 : 0, detail, request_id);
}

static void problem_answer(const struct http_request *request, struct http_answer *answer,
                           const char *code, const char *pointer, const char *detail)
{
	int status = answer->status;

	answer->content_type = "application/problem+json";
	problem_json(answer->body, status, code, NULL, pointer, slice_str(detail), &request->id);
	if (status == 401) {
		answer->headers[0].name = "WWW-Authenticate";
		answer->headers[0].value = "Bearer";
	} else if (status == 429 || status == 503) {
		answer->headers[0].name = "Retry-After";
		answer->headers[0].value = "1";
	}
}

void request_refuse(struct http_request *request, int status, const char *code, const char *detail,
                    const char *allow)
{
	struct buf body = {0};
	struct http_answer answer = {.status = status, .body = &body};

	problem_answer(request, &answer, code, NULL, detail);
	if (allow) {
		answer.headers[0].name = "Allow";
		answer.headers[0].value = allow;
	}
	set_response(request, &answer);
}

void http_problem(struct http_request *request, int status, const char *code, const char *pointer,
                  const char *format, ...)
{
	char detail[1024];
	va_list args;
	struct buf body = {0};
	struct http_answer answer = {.status = status, .body = &body};

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	problem_answer(request, &answer, code, pointer, detail);
	http_answer(request, &answer);
}
