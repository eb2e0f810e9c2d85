#include "tests/contract/pg_fold.h"

#include <stdio.h>

#define TENANTS 3
#define STEPS   8 /* events for each issue */

static const struct uuid journal = {{7}};
static const char *const tenants[TENANTS] = {"acme", "beta", "acme-x"};

static struct uuid id_of(uint8_t kind, uint64_t tenant, uint64_t n)
{
	struct uuid id = {{kind, (uint8_t)tenant}};
	put_u64(id.bytes + 8, n);
	return id;
}

struct uuid story_issue(struct slice tenant, uint64_t n)
{
	uint64_t t = 0;
	while (!slice_is(tenant, tenants[t]))
		t++;
	return id_of('i', t, n);
}

static struct slice say(char text[400], const char *format, uint64_t tenant, uint64_t n)
{
	int length = snprintf(text, 400, "%s of %s number%llu %s", format, tenants[tenant],
	                      (unsigned long long)n,
	                      n % 3 ? "the \"quick\" brown\\fox,\n{jumps} over\ta lazy dog"
	                            : "die träge Kuh läuft & springt über den Mond");
	return slice_of(text, (size_t)length);
}

static void first_event(uint64_t tenant, struct event *out)
{
	out->type = EVENT_PROJECT_CREATED;
	out->meta.aggregate.kind = AGGREGATE_KIND_PROJECT;
	out->meta.aggregate.id = id_of('p', tenant, 1);
	out->project_created =
	        (struct project_created){.key = SLICE("TLS"), .name = SLICE("Tools")};
}

/* Three labels for an issue, of which the next event leaves one or none. */
static void fields_event(uint64_t tenant, uint64_t n, struct event *out)
{
	static const struct slice labels[] = {SLICE("red"), SLICE("green"), SLICE("blue")};
	static struct field_change change;
	bool first = n % 4 == 2;
	uint32_t left = n % 8 == 0 ? 0 : 1;
	change = (struct field_change){
	        .field = SLICE("tags"),
	        .kind = FIELD_KIND_LABELS,
	        .from = {labels, first ? 0 : 3},
	        .to = {first ? labels : labels + 1, first ? 3 : left},
	};
	out->type = EVENT_ISSUE_FIELDS_CHANGED;
	out->meta.aggregate.id = id_of('i', tenant, first ? n : n - 2);
	out->issue_fields_changed.changes = (struct field_change_array){&change, 1};
}

static void issue_event(uint64_t tenant, uint64_t n, uint64_t step, struct event *out)
{
	static char text[2][400];
	out->meta.aggregate.kind = AGGREGATE_KIND_ISSUE;
	out->meta.aggregate.id = id_of('i', tenant, n);
	struct uuid comment = id_of('c', tenant, n);
	struct uuid other = id_of('d', tenant, n);
	switch (step) {
	case 0:
		out->type = EVENT_ISSUE_CREATED;
		out->issue_created = (struct issue_created){
		        .project_id = id_of('p', tenant, 1),
		        .number = (int64_t)n,
		        .type = SLICE("task"),
		        .summary = say(text[0], "summary", tenant, n),
		        .description = say(text[1], "description", tenant, n),
		        .status = SLICE("todo"),
		        .priority = SLICE("high"),
		        .rank = SLICE("m"),
		};
		break;
	case 1:
		out->type = EVENT_COMMENT_ADDED;
		out->comment_added = (struct comment_added){
		        .comment_id = comment, .body = say(text[0], "comment", tenant, n)};
		break;
	case 2:
		out->type = EVENT_ISSUE_SUMMARY_CHANGED;
		out->issue_summary_changed = (struct issue_summary_changed){
		        .from = SLICE("x"), .to = say(text[0], "renamed", tenant, n)};
		break;
	case 3:
		out->type = EVENT_ISSUE_DESCRIPTION_CHANGED;
		out->issue_description_changed.to = say(text[0], "rewritten", tenant, n);
		break;
	case 4:
		out->type = EVENT_COMMENT_EDITED;
		out->comment_edited = (struct comment_edited){
		        .comment_id = comment, .body = say(text[0], "corrected", tenant, n)};
		break;
	case 5:
		out->type = EVENT_COMMENT_ADDED;
		out->comment_added =
		        (struct comment_added){.comment_id = other, .body = SLICE("a nul \0 byte")};
		break;
	case 6:
		out->type = EVENT_COMMENT_DELETED;
		out->comment_deleted.comment_id = other;
		break;
	default:
		if (n % 2 == 0) {
			fields_event(tenant, n, out);
			break;
		}
		out->type = EVENT_ISSUE_ASSIGNED;
		out->issue_assigned =
		        (struct issue_assigned){.has_to = true, .to = id_of('m', tenant, 1)};
		break;
	}
}

void story_event(uint64_t i, struct event *out)
{
	uint64_t tenant = i % TENANTS;
	uint64_t seq = i / TENANTS + 1;
	memset(out, 0, sizeof *out);
	out->meta.event_id = id_of('e', tenant, seq);
	out->meta.tenant = slice_str(tenants[tenant]);
	out->meta.seq = (int64_t)seq;
	out->meta.count = 1;
	out->meta.command_id = id_of('k', tenant, seq);
	out->meta.actor.kind = ACTOR_KIND_MEMBER;
	out->meta.actor.id = id_of('m', tenant, seq % 2);
	out->meta.actor.has_on_behalf_of = seq % 4 == 0;
	out->meta.actor.on_behalf_of = id_of('m', tenant, 1);
	out->meta.has_reason = seq % 5 == 0;
	out->meta.reason = SLICE("because \\N \"so\"");
	out->meta.recorded_at = 1763000000000 + (int64_t)seq * 1000;
	out->meta.occurred_at = out->meta.recorded_at;
	if (seq == 1)
		first_event(tenant, out);
	else
		issue_event(tenant, (seq - 2) / STEPS + 1, (seq - 2) % STEPS, out);
}

static struct view_position position_at(uint64_t n)
{
	struct view_position position = {.partitions = 0};
	if (n > 0) {
		position.journal_id = journal;
		position.partitions = 2;
		position.next_offset[0] = (int64_t)n;
		position.next_offset[1] = 1;
	}
	return position;
}

uint64_t story_applied(const struct view_type *type, struct view *view)
{
	struct view_position position;
	struct error err;
	if (type->position(view, &position, &err))
		return UINT64_MAX;
	return (uint64_t)position.next_offset[0];
}

static enum status fold_one(const struct view_type *type, struct view *view, uint64_t i,
                            struct error *err)
{
	struct event event;
	struct view_place place = {0, (int64_t)i};
	story_event(i, &event);
	enum status status = type->advance(view, &event.meta, &place, err);
	return status || !type->handled[event.type] ? status : type->apply(view, &event, err);
}

enum status story_fold(const struct view_type *type, struct view *view, uint64_t from, uint64_t to,
                       uint32_t batch, struct error *err)
{
	uint64_t i = from;
	if (from == UINT64_MAX && (i = story_applied(type, view)) == UINT64_MAX)
		return error_set(err, STATUS_UNAVAILABLE, "no position");
	while (i < to) {
		struct view_position expected = position_at(i);
		uint64_t end = i + batch < to ? i + batch : to;
		enum status status = type->begin(view, err);
		if (status)
			return status;
		for (; i < end && !status; i++)
			status = fold_one(type, view, i, err);
		if (status) {
			type->rollback(view);
			return status;
		}
		struct view_position position = position_at(end);
		status = type->commit(view, &expected, &position, err);
		if (status)
			return status;
	}
	return STATUS_OK;
}
