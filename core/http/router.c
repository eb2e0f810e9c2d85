#include "core/http/router.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
	struct slice literal; /* borrowed from the route's path */
	struct node *children;
	size_t children_n;
	struct node *param;
	struct router_entry *entries[HTTP_METHODS];
};

struct router {
	struct node root;
	struct router_entry *entries;
};

static bool is_param(struct slice segment)
{
	return segment.n > 2 && segment.data[0] == '{' && segment.data[segment.n - 1] == '}';
}

/* The segment of @path at *@at; moves *@at behind it. False at the end. */
static bool next_segment(const char *path, size_t *at, struct slice *segment)
{
	if (path[*at] != '/')
		return false;
	const char *start = path + *at + 1;
	size_t n = strcspn(start, "/");
	*segment = slice_of(start, n);
	*at += 1 + n;
	return true;
}

static struct node *child(struct node *node, struct slice segment)
{
	if (is_param(segment)) {
		if (!node->param)
			node->param = mem_new(sizeof(*node->param));
		return node->param;
	}
	for (size_t i = 0; i < node->children_n; i++)
		if (slice_equal(node->children[i].literal, segment))
			return &node->children[i];
	node->children = mem_grow(node->children, (node->children_n + 1) * sizeof(*node));
	struct node *added = &node->children[node->children_n++];
	*added = (struct node){.literal = segment};
	return added;
}

static void insert(struct router *router, struct router_entry *entry)
{
	struct node *node = &router->root;
	struct slice segment;
	size_t at = 0, params = 0, segments = 0;

	while (next_segment(entry->route->path, &at, &segment)) {
		node = child(node, segment);
		params += is_param(segment);
		segments++;
	}
	assert(segments > 0 && segments <= ROUTER_SEGMENTS_MAX && params <= HTTP_PARAMS_MAX);
	assert(!node->entries[entry->route->method] && "two routes with one path and method");
	node->entries[entry->route->method] = entry;
}

struct router *router_new(const struct http_route *const *tables, void *const *contexts)
{
	struct router *router = mem_new(sizeof(*router));
	size_t n = 0, at = 0;

	for (size_t t = 0; tables[t]; t++)
		for (const struct http_route *route = tables[t]; route->path; route++)
			n++;
	router->entries = mem_new((n ? n : 1) * sizeof(*router->entries));
	for (size_t t = 0; tables[t]; t++)
		for (const struct http_route *route = tables[t]; route->path; route++) {
			struct router_entry *entry = &router->entries[at++];
			*entry = (struct router_entry){.route = route,
			                               .context = contexts ? contexts[t] : NULL,
			                               .metrics = {.label = route->path}};
			insert(router, entry);
		}
	return router;
}

static void node_release(struct node *node)
{
	for (size_t i = 0; i < node->children_n; i++)
		node_release(&node->children[i]);
	free(node->children);
	if (node->param)
		node_release(node->param);
	free(node->param);
}

void router_free(struct router *router)
{
	if (!router)
		return;
	node_release(&router->root);
	free(router->entries);
	free(router);
}

struct search {
	const struct slice *segments;
	size_t n;
	bool known;
	enum http_method method;
	struct router_match *match;
};

/* Methods as Allow wants them; HEAD comes with GET. */
static const char *allow_text(const struct node *node)
{
	if (node->entries[HTTP_GET])
		return node->entries[HTTP_POST] ? "GET, HEAD, POST" : "GET, HEAD";
	return node->entries[HTTP_POST] ? "POST" : NULL;
}

static bool find(const struct search *search, const struct node *node, size_t at, size_t params)
{
	if (at == search->n) {
		struct router_entry *entry = search->known ? node->entries[search->method] : NULL;
		if (!entry && !search->match->allow)
			search->match->allow = allow_text(node);
		search->match->entry = entry;
		return entry != NULL;
	}
	for (size_t i = 0; i < node->children_n; i++)
		if (slice_equal(node->children[i].literal, search->segments[at])) {
			if (find(search, &node->children[i], at + 1, params))
				return true;
			break;
		}
	if (!node->param || search->segments[at].n == 0)
		return false;
	search->match->params[params] = search->segments[at];
	return find(search, node->param, at + 1, params + 1);
}

void router_find(const struct router *router, bool known, enum http_method method,
                 const struct slice *segments, size_t n, struct router_match *match)
{
	const struct search search = {segments, n, known, method, match};

	*match = (struct router_match){0};
	if (n > 0)
		find(&search, &router->root, 0, 0);
}

int router_param_index(const struct http_route *route, const char *name)
{
	struct slice segment;
	size_t at = 0;
	int index = 0;

	while (next_segment(route->path, &at, &segment)) {
		if (!is_param(segment))
			continue;
		if (slice_is(slice_of(segment.data + 1, segment.n - 2), name))
			return index;
		index++;
	}
	return -1;
}

static struct metric_series *code_series(struct router_metrics *metrics, int status)
{
	for (size_t i = 0; i < metrics->codes_n; i++)
		if (metrics->codes[i].status == status)
			return metrics->codes[i].series;
	char code[12];
	snprintf(code, sizeof(code), "%d", status);
	struct metric_series *series =
	        metric_series(METRIC_HTTP_REQUESTS, (const char *[]){metrics->label, code});
	if (metrics->codes_n < ROUTER_CODES_MAX) {
		metrics->codes[metrics->codes_n].status = status;
		metrics->codes[metrics->codes_n++].series = series;
	}
	return series;
}

void router_count(struct router_metrics *metrics, int status, int64_t took_us)
{
	metric_add(code_series(metrics, status), 1);
	if (!metrics->seconds)
		metrics->seconds =
		        metric_series(METRIC_HTTP_SECONDS, (const char *[]){metrics->label});
	metric_observe(metrics->seconds, (double)took_us / 1e6);
}
