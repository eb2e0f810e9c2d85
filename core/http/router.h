/* Route tables as a tree of path segments. Built once, read by the loop thread only. Literal
 * segments win over {parameters}. */
#ifndef CORE_HTTP_ROUTER_H
#define CORE_HTTP_ROUTER_H

#include "core/base/metrics.h"
#include "core/http/http.h"

#define ROUTER_SEGMENTS_MAX 16
#define ROUTER_CODES_MAX    24

struct router;

/* The counters of one route, by status code, found once. */
struct router_metrics {
	const char *label;
	struct metric_series *seconds;
	struct {
		int status;
		struct metric_series *series;
	} codes[ROUTER_CODES_MAX];
	size_t codes_n;
};

struct router_entry {
	const struct http_route *route;
	void *context;
	struct router_metrics metrics;
};

struct router_match {
	struct router_entry *entry;           /* NULL: no such path, or not with this method */
	struct slice params[HTTP_PARAMS_MAX]; /* in the order of the path */
	const char *allow; /* the path exists with these methods: text for Allow; else NULL */
};

/* @tables and @contexts as in struct http_options. Asserts that no two rows are the same. */
struct router *router_new(const struct http_route *const *tables, void *const *contexts);
void router_free(struct router *router);
/* @segments: decoded. @known: the method is one of ours (else only allow can be found). */
void router_find(const struct router *router, bool known, enum http_method method,
                 const struct slice *segments, size_t n, struct router_match *match);

/* Which parameter of @route's path is called @name: its place, or -1. */
int router_param_index(const struct http_route *route, const char *name);

void router_count(struct router_metrics *metrics, int status, int64_t took_us);

#endif
