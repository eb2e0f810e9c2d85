/* Commands that reached an instance which does not own their partition: sent on to the owner, over
 * HTTP, as the caller sent them (token, body, headers), and its answer given as ours. One hop only:
 * a marked request is judged where it arrives.
 *
 * Threads of its own do it, so that the loop never waits for another process. */
#ifndef COMMAND_API_FORWARD_H
#define COMMAND_API_FORWARD_H

#include "command-api/writer.h"
#include "core/http/http.h"

#define FORWARD_THREADS   16
#define FORWARD_QUEUE_MAX 1024 /* requests that wait for a thread; more are answered 503 */

struct forwarder;

struct forwarder *forwarder_new(struct writers *writers); /* borrowed */
/* What is under way is finished, what waits is answered 503. NULL is fine. */
void forwarder_free(struct forwarder *forwarder);

/* Was @request sent here by another instance? Loop thread. */
bool forward_is_marked(struct http_request *request);
/* Park @request of @tenant and answer it with what @address ("host:port") says to the same request
 * for @path; both are copied. 503 "retry with the same key" when it gives no answer within
 * @timeout_ms, or another one is the owner by then. A command that has no key gets one, so that a
 * lost connection cannot make two of it. Loop thread. */
void forward(struct forwarder *forwarder, struct http_request *request, struct slice tenant,
             const char *address, const char *path, bool is_batch, int64_t timeout_ms);

#endif
