/* What every query of a tenant has in common: membership, positions, ETags, answers.
 *
 *   tenant known and caller a member (access view)  else 404, the same for both
 *   NexusFlow-Min-Position reached                  else wait, then 503
 *   run                                             reads its view, gives body and position
 *   rights judged on an access view at least as     else wait for it and judge them again
 *   new as what was read
 *
 * Strangers who ask for a position wait until the deadline in any case: whether the tenant has
 * reached it, or exists, is not theirs to know.
 *
 * A query lives from its request to its answer; it moves between the loop thread and, for Postgres
 * and the journal, the workers, and is in one place at a time. */
#ifndef QUERY_API_QUERY_H
#define QUERY_API_QUERY_H

#include "core/http/http.h"
#include "projections/access.h"
#include "projections/kv_view.h"
#include "projections/sight.h"
#include "query-api/page_cache.h"
#include "query-api/query_api.h"
#include "query-api/workers.h"

#define QUERY_LIMIT_DEFAULT 50
#define QUERY_LIMIT_MAX     500

struct query;

/* One row = how one kind of query is run; http_route.label points to it. */
struct query_type {
	const char *view; /* whose position counts; NULL: the access view */
	bool on_worker;   /* reads Postgres or the journal, or much: may take a while */
	bool in_postgres; /* so is the view */
	void (*run)(struct query *query);
};

/* What a query asks of a member. */
enum query_asks {
	QUERY_ASKS_ROLE,     /* a role at least as strong as @weakest */
	QUERY_ASKS_PROJECT,  /* to browse the {project} of the path */
	QUERY_ASKS_ISSUE,    /* to browse the project of the {issue} of the path */
	QUERY_ASKS_PROJECTS, /* nothing; rows of projects that one may not browse are not there */
	QUERY_ASKS_RESTORE,  /* likewise, nor what was deleted in those where one restores no issues
	                      */
};
struct query_permission {
	enum query_asks asks;
	enum org_role weakest;
};

/* By http_route.label of the query routes. */
extern const struct query_type *const query_types[];
extern const struct query_permission query_permissions[];

struct query {
	struct query_api *api;
	struct http_request *request;
	const struct query_type *type;
	const struct query_permission *permission;
	struct slice tenant;
	struct access_member member;
	uint64_t min_position;
	int64_t deadline_ms;              /* of all waiting */
	struct sight sight;               /* what the caller may see */
	bool hides_path, hides_parameter; /* a project or an issue that is not there for them */
	uint64_t authorized;        /* position of the views that the rights were judged on, ... */
	const char *behind;         /* ... and which of them is not as far as the other */
	uint64_t wanted;            /* position that is waited for */
	struct slice if_none_match; /* headers, taken while the request is certainly there */
	struct slice accept;
	bool parked;
	bool position_reached;
	bool late;                   /* the deadline came before the position */
	bool stranger;               /* not a member, and waits until the deadline to be told */
	bool has_result;             /* ran; the rights are to be judged again */
	struct worker *worker;       /* while on one */
	struct query_normal *normal; /* parameters that were written in another form */
	/* What run leaves. */
	struct buf body;
	struct told_bodies bodies; /* of events, in it */
	uint64_t position;
	char etag[80];            /* quoted; empty: none */
	bool not_modified;        /* answer 304, there is no body */
	const char *content_type; /* NULL: application/json */
	char link[256];           /* of the next page: path and query; empty: none */
	int problem;              /* status; 0: none */
	char code[32];
	char detail[256];
};

/* The handler of every query route of a tenant. */
void query_start(struct http_request *request, void *api);
/* The handler of the one that is of no tenant (me.c). */
void query_memberships(struct http_request *request, void *api);
struct projector *query_api_projector(const struct query_api *api);

/* For run: the project or the issue of the path (@name says which). Of one that the caller may not
 * see, what names none: so the answer is the same, whatever run makes of it. Likewise of the
 * parameters that query_text gives. */
struct slice query_subject(struct query *query, const char *name);
/* For run: the request's parameters, as commands keep texts (normal_text.h); those that refer to a
 * project or an issue as they came, which is what is judged. */
struct slice query_text(struct query *query, const char *name); /* empty when absent */
/* false + problem 400 when it is no number within 1..@max. */
bool query_limit(struct query *query, uint32_t standard, uint32_t max, uint32_t *limit);
/* A cursor that is an id; *@after is NULL when there is none, else @room. */
bool query_cursor_id(struct query *query, struct uuid *room, const struct uuid **after);
bool query_seq(struct query *query, const char *name, uint64_t *seq);
/* order=asc (also when absent) or desc: the newest first. */
bool query_order(struct query *query, bool *newest_first);
/* false when absent; problem 400 unless it is true or false. */
bool query_bool(struct query *query, const char *name, bool *value);

/* Whether the request has a parameter that its route does not list; *@name is what to say of it. */
#define UNKNOWN_PARAMETER "there is no parameter \"%.*s\" here"
bool query_unknown_parameter(struct http_request *request, struct slice *name);

/* For run: leave a problem. */
void query_problem(struct query *query, int status, const char *code, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* A failed read as a problem: NOT_FOUND -> 404 (@missing names what), INVALID -> 400, else 503. */
void query_failed(struct query *query, enum status status, const char *missing,
                  const struct error *err);
/* A read that ended: failed as above, or query->body with its ETag. */
void query_finish(struct query *query, enum status status, const char *missing,
                  const struct error *err);
/* Views, given back when the query ends its run. NULL + problem 503 when one cannot be opened. */
struct view *query_view(struct query *query, const char *name);
void query_view_done(struct query *query, const char *name, struct view *view);

/* On a worker: its connection, and the live instance of a Postgres view. false + problem 503 when
 * there is none. */
#define QUERY_INSTANCE_MAX 64
bool query_postgres(struct query *query, const char *view, char instance[QUERY_INSTANCE_MAX],
                    struct pg **pg);

/* Whether the caller has what query->etag names. */
bool query_etag_matches(const struct query *query);
/* The ETag of bytes: a hash of the body. */
void query_etag_of_body(struct query *query);

struct projector *query_projector(const struct query *query);
/* For queries that run on the loop thread. */
struct page_cache *query_pages(const struct query *query);
const struct query_api_options *query_options(const struct query *query);

#endif
