#include "core/service/health.h"

#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/json_out.h"
#include "core/base/metrics.h"
#include "core/http/auth.h"

struct check {
	const char *name;
	bool optional;
	health_check *check;
	void *context;
};

struct health {
	struct auth *auth;
	struct check checks[HEALTH_CHECKS_MAX];
	uint32_t n;
	int64_t started_ms;
};

struct health *health_new(struct auth *auth)
{
	struct health *health = mem_new(sizeof *health);
	health->auth = auth;
	health->started_ms = clock_monotonic_ms();
	return health;
}

void health_free(struct health *health)
{
	free(health);
}

void health_add(struct health *health, const char *name, bool optional, health_check *check,
                void *context)
{
	if (health->n < HEALTH_CHECKS_MAX)
		health->checks[health->n++] = (struct check){name, optional, check, context};
}

static void get_livez(struct http_request *request, void *context)
{
	(void)context;
	struct http_answer answer = {
	        .status = 200, .content_type = "text/plain", .fixed = SLICE("ok\n")};
	http_answer(request, &answer);
}

/* One line a check: "[+] board: ..." or "[-] ...". */
static bool run_checks(struct health *health, bool names, struct buf *lines)
{
	bool ready = true;
	for (uint32_t i = 0; i < health->n; i++) {
		const struct check *check = &health->checks[i];
		struct buf detail = {0};
		bool well = check->check(check->context, names, &detail);
		ready = ready && (well || check->optional);
		buf_printf(lines, "[%c] %s%s", well ? '+' : '-', check->name, detail.n ? ": " : "");
		buf_append_slice(lines, buf_slice(&detail));
		buf_append_char(lines, '\n');
		buf_release(&detail);
	}
	return ready;
}

static bool may_see_names(const struct health *health, struct http_request *request)
{
	struct slice authorization;
	struct principal principal;
	return health->auth && http_header(request, "Authorization", &authorization) &&
	       !auth_check(health->auth, authorization, clock_now_ms(), &principal, NULL) &&
	       principal.installation;
}

static void get_readyz(struct http_request *request, void *context)
{
	struct buf lines = {0};
	struct slice verbose;
	bool is_verbose = http_query_param(request, "verbose", &verbose);
	bool ready = run_checks(context, is_verbose && may_see_names(context, request), &lines);
	if (!is_verbose)
		buf_clear(&lines);
	buf_append_str(&lines, ready ? "ready\n" : "not ready\n");
	struct http_answer answer = {
	        .status = ready ? 200 : 503, .content_type = "text/plain", .body = &lines};
	http_answer(request, &answer);
	buf_release(&lines);
}

static void get_metrics(struct http_request *request, void *context)
{
	struct buf text = {0};
	(void)context;
	metrics_print(&text);
	struct http_answer answer = {
	        .status = 200, .content_type = "text/plain; version=0.0.4", .body = &text};
	http_answer(request, &answer);
	buf_release(&text);
}

static void get_version(struct http_request *request, void *context)
{
	struct health *health = context;
	struct buf text = {0};
	struct json_out json;
	json_out_init(&json, &text);
	json_out_object(&json);
	json_out_member_str(&json, "name", "nexusflow");
	json_out_member_str(&json, "version", NEXUSFLOW_VERSION);
	json_out_member_int(&json, "uptime_ms", clock_monotonic_ms() - health->started_ms);
	json_out_object_end(&json);
	struct http_answer answer = {.status = 200, .body = &text};
	http_answer(request, &answer);
	buf_release(&text);
}

static const struct http_param verbose_param[] = {
        {"verbose", "query", "boolean", false,
         "one line for each check; tenants are named with an installation token", "true"},
        {NULL, NULL, NULL, false, NULL, NULL},
};

const struct http_route health_routes[] = {
        {.method = HTTP_GET,
         .path = "/livez",
         .handler = get_livez,
         .auth = HTTP_AUTH_NONE,
         .summary = "The process answers.",
         .tag = "operations",
         .answer_type = "text/plain"},
        {.method = HTTP_GET,
         .path = "/readyz",
         .handler = get_readyz,
         .auth = HTTP_AUTH_NONE,
         .summary = "The process can do its work.",
         .tag = "operations",
         .params = verbose_param,
         .answer_type = "text/plain",
         .error_type = "text/plain"},
        {.method = HTTP_GET,
         .path = "/metrics",
         .handler = get_metrics,
         .auth = HTTP_AUTH_NONE,
         .summary = "Metrics in the Prometheus text format.",
         .tag = "operations",
         .answer_type = "text/plain"},
        {.method = HTTP_GET,
         .path = "/version",
         .handler = get_version,
         .auth = HTTP_AUTH_NONE,
         .summary = "Name and version of the program.",
         .tag = "operations",
         .answer_schema = "program"},
        {.path = NULL},
};
