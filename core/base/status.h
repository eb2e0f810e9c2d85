/* Failures: what went wrong and what the runtime does about it.
 *
 * A failure (enum status) is technical; a refusal (enum reject, core/domain) is an answer of the
 * domain. They are never mixed. The runtime acts on the policy, never on the code:
 *   NONE   success
 *   RETRY  passing trouble: try again after a pause
 *   PARK   this input cannot be processed: set it aside (stop the tenant), go on with the others
 *   CRASH  this role cannot go on: end it, start again from its stored position
 * Library code returns errors with context and never logs them; mains log once. */
#ifndef CORE_BASE_STATUS_H
#define CORE_BASE_STATUS_H

#define STATUS_TABLE(X)                                                                            \
	/* name, policy, text */                                                                   \
	X(OK, NONE, "ok")                                                                          \
	X(TIMEOUT, RETRY, "timed out")                                                             \
	X(UNAVAILABLE, RETRY, "not available")                                                     \
	X(IO, CRASH, "input/output error")                                                         \
	X(FULL, CRASH, "a limit is reached")                                                       \
	X(NOT_FOUND, PARK, "not found")                                                            \
	X(MALFORMED, PARK, "malformed")                                                            \
	X(UNKNOWN_SCHEMA, CRASH, "written by a newer version, upgrade")                            \
	X(FOREIGN, PARK, "not a record of ours")                                                   \
	X(CORRUPT, CRASH, "damaged")                                                               \
	X(VERSION, CRASH, "written by a newer version")                                            \
	X(BUSY, RETRY, "in use by another process")                                                \
	X(REJECTED, RETRY, "certainly not appended")                                               \
	X(UNKNOWN, RETRY, "outcome unknown")                                                       \
	X(FENCED, CRASH, "fenced by a newer owner")                                                \
	X(CONFLICT, CRASH, "changed by somebody else")                                             \
	X(DENIED, PARK, "not allowed")                                                             \
	X(INVALID, PARK, "invalid")                                                                \
	X(BATCH_INVALID, CRASH, "something of a batch is invalid")                                 \
	X(INTERRUPTED, CRASH, "interrupted")

#define STATUS_ENUM(name, policy, text) STATUS_##name,
enum status { STATUS_TABLE(STATUS_ENUM) STATUSES };
#undef STATUS_ENUM

enum policy { POLICY_NONE, POLICY_RETRY, POLICY_PARK, POLICY_CRASH };

/* An error is a status and a chain of context: "append partition 3: commit: fenced by ...".
 * Passed explicitly, never allocated; untouched when nothing failed. */
struct error {
	enum status status;
	char text[512];
};

/* Replace @err (may be NULL) by @status with a formatted text. Returns @status, so that
 * `return error_set(err, STATUS_MALFORMED, ...)` is one statement. */
enum status error_set(struct error *err, enum status status, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Put "context: " before the text of @err. Returns the status that @err holds. */
enum status error_wrap(struct error *err, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

const char *status_name(enum status status); /* "TIMEOUT" */
const char *status_text(enum status status); /* "timed out" */
enum policy status_policy(enum status status);

#endif
