/* The tenant's own feed: its events as CloudEvents, read from the journal. For those who cannot be
 * given a Kafka ACL. The feed view says where to begin; records of other tenants of the same
 * partition are passed over. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/codec/cloudevent.h"
#include "core/codec/event_codec.h"
#include "projections/feed.h"
#include "query-api/query.h"

#define EVENTS_DEFAULT   100
#define EVENTS_MAX       1000
#define BYTES_MAX        (8 * 1024 * 1024)
#define ENTRIES_MAX      256
#define POLL_MS          200
#define READ_TIME_MAX_MS 5000
#define DECODE_ARENA     (4 * 1024 * 1024)

struct feed {
	struct query *query;
	struct journal_reader *reader;
	struct feed_place place;
	struct state_rows rows; /* what events are about */
	struct arena arena;
	bool as_lines;
	uint64_t after, end; /* seqs wanted: after < seq <= end */
	uint64_t seq;        /* last one met */
	uint32_t limit, n;
};

static void add_event(struct feed *feed, const struct event *event)
{
	struct buf *body = &feed->query->body;
	struct told_body told = {.type = event->type, .issue = event->meta.aggregate.id};
	if (!feed->as_lines)
		buf_append_char(body, feed->n ? ',' : '[');
	told.n = event_cloudevent_json(event, body);
	told.at = body->n - 1 - told.n; /* the last member */
	told_bodies_add(&feed->query->bodies, &told);
	if (feed->as_lines)
		buf_append_char(body, '\n');
	feed->n++;
}

static bool is_done(const struct feed *feed)
{
	return feed->n == feed->limit || feed->seq >= feed->end || feed->query->body.n > BYTES_MAX;
}

static void take_entry(struct feed *feed, const struct journal_entry *entry)
{
	struct event event;
	if (!slice_equal(entry->key, feed->query->tenant) ||
	    record_classify(entry->value, NULL) != RECORD_EVENT)
		return;
	arena_clear(&feed->arena);
	if (event_decode(entry->value, &feed->arena, &event, NULL) ||
	    !slice_equal(event.meta.tenant, entry->key) ||
	    (uint64_t)event.meta.seq != feed->seq + 1)
		return; /* foreign: every view ignores it as well */
	feed->seq = (uint64_t)event.meta.seq;
	if (feed->seq > feed->after && sight_tells(&feed->query->sight, &feed->rows.face, &event))
		add_event(feed, &event);
}

static enum status read_events(struct feed *feed, struct error *err)
{
	struct journal_entry *entries = mem_new(ENTRIES_MAX * sizeof *entries);
	int64_t deadline_ms = clock_monotonic_ms() + READ_TIME_MAX_MS;
	enum status status = journal_reader_assign(feed->reader, feed->place.place.partition,
	                                           feed->place.place.offset, err);
	while (!status && !is_done(feed) && clock_monotonic_ms() < deadline_ms) {
		uint32_t n = 0;
		status = journal_reader_poll(feed->reader, POLL_MS, entries, ENTRIES_MAX, &n, err);
		for (uint32_t i = 0; !status && i < n && !is_done(feed); i++)
			take_entry(feed, &entries[i]);
	}
	free(entries);
	return status;
}

static bool find_place(struct feed *feed)
{
	struct error err;
	struct query *query = feed->query;
	struct view *view = query_view(query, "feed");
	if (!view)
		return false;
	enum status status =
	        feed_find(view, query->tenant, feed->after, &feed->place, &query->position, &err);
	query_view_done(query, "feed", view);
	if (status)
		query_failed(query, status, "organization", &err);
	feed->end = query->position;
	feed->seq = feed->place.seq - 1;
	return status == STATUS_OK;
}

static void finish(struct feed *feed)
{
	struct query *query = feed->query;
	if (feed->seq <= feed->after && feed->after < feed->end) {
		query_problem(query, 503, "unavailable", "the events were not read in time");
		return;
	}
	query->content_type =
	        feed->as_lines ? "application/x-ndjson" : "application/cloudevents-batch+json";
	if (!feed->as_lines)
		buf_append_str(&query->body, feed->n ? "]" : "[]");
	if (feed->seq > feed->after && feed->seq < feed->end)
		snprintf(query->link, sizeof query->link, "/v1/t/%.*s/events?after=%llu&limit=%u",
		         (int)query->tenant.n, query->tenant.data, (unsigned long long)feed->seq,
		         feed->limit);
}

/* With the rows of the state view where not everything is told: of a state that has every event up
 * to the end that is wanted, or the rights are judged again and the events read again. */
static enum status read_with_rows(struct feed *feed, struct error *err)
{
	struct query *query = feed->query;
	uint64_t position;
	if (role_reaches(query->member.role, ORG_ROLE_ADMIN))
		return read_events(feed, err);
	struct view *view = query_view(query, "state");
	if (!view)
		return error_set(err, STATUS_UNAVAILABLE, "the state view is not available");
	enum status status = state_open(view, query->tenant, &feed->rows, &position, err);
	if (!status) {
		if (position < feed->end)
			feed->end = query->position = position;
		status = state_close(&feed->rows, read_events(feed, err), err);
	}
	query_view_done(query, "state", view);
	return status;
}

static void run_events(struct query *query)
{
	struct feed feed = {.query = query};
	struct error err;
	enum status status = STATUS_OK;
	if (!query_limit(query, EVENTS_DEFAULT, EVENTS_MAX, &feed.limit) ||
	    !query_seq(query, "after", &feed.after) || !find_place(&feed))
		return;
	feed.as_lines = query->accept.n && memmem(query->accept.data, query->accept.n, "ndjson", 6);
	if (feed.after < feed.end) {
		arena_init(&feed.arena, mem_new(DECODE_ARENA), DECODE_ARENA);
		status = worker_reader(query->worker, &feed.reader, &err);
		if (!status)
			status = read_with_rows(&feed, &err);
		free(feed.arena.block);
	}
	if (status)
		query_failed(query, status, "journal", &err);
	else
		finish(&feed);
}

const struct query_type query_events = {.view = "feed", .on_worker = true, .run = run_events};
