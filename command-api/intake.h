/* From bytes to a job: reads the JSON of one command and its envelope. */
#ifndef COMMAND_API_INTAKE_H
#define COMMAND_API_INTAKE_H

#include "command-api/job.h"
#include "core/codec/command_codec.h"
#include "core/http/http.h"

#define INTAKE_DEPTH_MAX 32 /* nesting of a body */

/* What travels beside the fields of a command: headers of a single command, members of a line. */
struct envelope {
	struct slice command;       /* name */
	struct slice command_id;    /* Idempotency-Key: empty = made here */
	struct slice occurred_at;   /* RFC 3339 */
	struct slice on_behalf_of;  /* member id */
	struct slice credential_id; /* that the member of an intent had come with; services only */
	struct slice reason;
	struct slice correlation_id;
	struct slice causation_id;
	struct slice rule;             /* id of the rule whose intent this is; services only */
	struct slice expected_version; /* If-Match: "v17" */
	struct slice traceparent;
};

/* Why something could not become a job; the parts of a problem. */
struct intake_fault {
	int status;
	char code[32];
	char detail[512];
	struct command_faults fields; /* of the body; n = 0 when the fault is elsewhere */
};

/* The envelope of a single command, from the request's headers. */
void envelope_from_headers(struct http_request *request, struct envelope *envelope);
/* One line of NDJSON: {"command":..,"command_id":..,"data":{..},...}. *@line is new: the envelope
 * and @data borrow from it. */
bool envelope_from_line(struct slice text, json_t **line, struct envelope *envelope, json_t **data,
                        struct intake_fault *fault);

/* Parse @text as a JSON object: UTF-8, no duplicate members, at most INTAKE_DEPTH_MAX deep. NULL +
 * fault. */
json_t *intake_parse(struct slice text, struct intake_fault *fault);

/* Make the job. Takes a reference of @data. NULL + fault. */
struct job *intake_job(struct slice tenant, const struct principal *principal,
                       const struct envelope *envelope, json_t *data, size_t body_bytes,
                       struct intake_fault *fault);

/* The fault as problem+json on one line, with errors[{pointer, detail}]. */
void intake_problem(const struct intake_fault *fault, const struct uuid *request_id,
                    struct buf *out);

#endif
