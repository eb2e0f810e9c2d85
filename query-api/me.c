/* What a person asks of the whole installation: which organizations there are for them. It crosses
 * tenants, so there is no position to wait for and none in the answer. */
#include <stdio.h>
#include <xxhash.h>

#include "query-api/query.h"

#define SLUG_MAX 40

static bool read_limit(struct http_request *request, uint32_t *limit)
{
	struct slice text;
	uint64_t value = 0;
	*limit = QUERY_LIMIT_DEFAULT;
	if (!http_query_param(request, "limit", &text))
		return true;
	for (size_t i = 0; i < text.n; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || value > QUERY_LIMIT_MAX)
			return false;
		value = value * 10 + (uint64_t)(text.data[i] - '0');
	}
	*limit = (uint32_t)value;
	return value > 0 && value <= QUERY_LIMIT_MAX;
}

/* false: answered. */
static bool read_request(struct http_request *request, struct slice *after, uint32_t *limit)
{
	struct slice position, unknown;
	if (http_principal(request)->has_key) {
		http_problem(request, 403, "forbidden", NULL,
		             "an API key is of one organization: this is for the tokens of people");
		return false;
	}
	if (http_header(request, "NexusFlow-Min-Position", &position) ||
	    http_query_param(request, "min_position", &position)) {
		http_problem(request, 400, "bad_parameter", NULL,
		             "a position is one organization's: wait at /v1/t/{tenant}/me");
		return false;
	}
	if (query_unknown_parameter(request, &unknown)) {
		http_problem(request, 400, "bad_parameter", NULL, UNKNOWN_PARAMETER, (int)unknown.n,
		             unknown.data);
		return false;
	}
	if (!http_query_param(request, "cursor", after))
		*after = slice_of("", 0);
	if (after->n > SLUG_MAX) {
		http_problem(request, 400, "bad_parameter", NULL, "cursor is not one of this list");
		return false;
	}
	if (read_limit(request, limit))
		return true;
	http_problem(request, 400, "bad_parameter", NULL, "limit must be a number from 1 to %u",
	             QUERY_LIMIT_MAX);
	return false;
}

static void answer(struct http_request *request, struct buf *body)
{
	char etag[40];
	XXH128_hash_t hash = XXH3_128bits(body->data, body->n);
	snprintf(etag, sizeof etag, "\"%016llx%016llx\"", (unsigned long long)hash.high64,
	         (unsigned long long)hash.low64);
	bool is_same = http_etag_matches(request, etag);
	struct http_answer answer = {
	        .status = is_same ? 304 : 200,
	        .body = is_same ? NULL : body,
	        .headers = {{"ETag", etag}, {"Cache-Control", "private, no-cache"}},
	};
	http_answer(request, &answer);
}

void query_memberships(struct http_request *request, void *api)
{
	struct projector *projector = query_api_projector(api);
	const struct principal *principal = http_principal(request);
	struct slice after;
	uint32_t limit;
	struct buf body = {0};
	struct error err;
	if (!read_request(request, &after, &limit))
		return;
	struct view *view = projector_acquire(projector, SLICE("access"));
	enum status status = view ? memberships_read(view, principal->issuer, principal->subject,
	                                             after, limit, &body, &err)
	                          : STATUS_UNAVAILABLE;
	if (view)
		projector_return(projector, SLICE("access"), view);
	if (status)
		http_problem(request, 503, "unavailable", NULL, "the access view is not available");
	else
		answer(request, &body);
	buf_release(&body);
}
