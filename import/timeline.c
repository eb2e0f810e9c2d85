/* One row of a table for each kind of event: how to take it back, and what it becomes. */
#include "import/timeline.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/domain/text.h"
#include "import/issue.h"
#include "import/mend.h"

#define LABELS_MAX 100

/* An event of the issue at hand, as commands need it. */
struct occasion {
	json_t *event;
	const char *at;
	const char *key;
	int64_t ms;
	const struct uuid *person;
};

/* --- sets of texts, in order --- */

static size_t place_of(const json_t *set, struct slice text)
{
	json_t *item;
	size_t i;
	json_array_foreach((json_t *)(uintptr_t)set, i, item)
	{
		if (slice_equal(slice_of(json_string_value(item), json_string_length(item)), text))
			break;
	}
	return i;
}

static bool has(const json_t *set, struct slice text)
{
	return place_of(set, text) < json_array_size(set);
}

static bool put(json_t *set, struct slice text)
{
	return !has(set, text) && json_array_append_new(set, json_stringn(text.data, text.n)) == 0;
}

static bool take(json_t *set, struct slice text)
{
	return has(set, text) && json_array_remove(set, place_of(set, text)) == 0;
}

static void says_nothing(const struct mapper *mapper, const struct occasion *occasion)
{
	mapper_list(mapper, "timelineItems[]", "changes nothing: the issue was so already",
	            occasion->at, archive_string(occasion->event, "__typename"));
}

/* --- labels --- */

/* @text as a label in @out; empty when nothing is left. */
static struct slice as_label(const struct mapper *mapper, struct slice text, const char *at,
                             struct buf *out)
{
	buf_clear(out);
	bool same = mend_label(text, out);
	if (!same)
		mapper_list(mapper, "labels",
		            out->n ? "changed to what a label may be"
		                   : "nothing is left that a label may be",
		            at, text);
	return buf_slice(out);
}

static void undo_label(struct mapper *mapper, json_t *event, bool put_on)
{
	struct buf room = {0};
	struct slice label = as_label(mapper, archive_string(event, "label"), NULL, &room);
	if (label.n && put_on)
		put(mapper->timeline.labels, label);
	else if (label.n)
		take(mapper->timeline.labels, label);
	buf_release(&room);
}

static void undo_labeled(struct mapper *mapper, json_t *event)
{
	undo_label(mapper, event, false);
}

static void undo_unlabeled(struct mapper *mapper, json_t *event)
{
	undo_label(mapper, event, true);
}

static void write_label(struct mapper *mapper, const struct occasion *occasion, const char *member,
                        struct slice label)
{
	struct json_out *json = mapper_begin(mapper, "LabelIssue", occasion->key, occasion->ms,
	                                     occasion->person, NULL);
	json_out_member_uuid(json, "issue", &mapper->issue_id);
	json_out_key(json, member);
	json_out_array(json);
	json_out_string(json, label);
	json_out_array_end(json);
	plan_end(mapper->plan);
}

static void map_labeled(struct mapper *mapper, const struct occasion *occasion)
{
	json_t *labels = mapper->timeline.labels;
	struct buf room = {0};
	struct slice text = archive_string(occasion->event, "label");
	struct slice label = as_label(mapper, text, occasion->at, &room);
	if (label.n && !has(labels, label) && json_array_size(labels) == LABELS_MAX)
		mapper_list(mapper, "labels", "more than an issue may have", occasion->at, text);
	else if (label.n && put(labels, label))
		write_label(mapper, occasion, "add", label);
	else if (label.n)
		says_nothing(mapper, occasion);
	buf_release(&room);
}

static void map_unlabeled(struct mapper *mapper, const struct occasion *occasion)
{
	struct buf room = {0};
	struct slice label =
	        as_label(mapper, archive_string(occasion->event, "label"), NULL, &room);
	if (take(mapper->timeline.labels, label))
		write_label(mapper, occasion, "remove", label);
	else
		says_nothing(mapper, occasion);
	buf_release(&room);
}

/* --- assignee --- */

const struct uuid *timeline_assignee(const struct mapper *mapper)
{
	json_t *first = json_array_get(mapper->timeline.assignees, 0);
	struct slice login = slice_of(json_string_value(first), json_string_length(first));
	return first ? &people_find(mapper->mapping->people, login)->id : NULL;
}

/* Who is not named at all cannot be the ghost: people have to be known. */
static bool names_assignee(const json_t *event)
{
	return json_object_get(event, "assignee") != NULL;
}

static void undo_assigned(struct mapper *mapper, json_t *event)
{
	take(mapper->timeline.assignees, archive_string(event, "assignee"));
}

static void undo_unassigned(struct mapper *mapper, json_t *event)
{
	if (names_assignee(event))
		put(mapper->timeline.assignees, archive_string(event, "assignee"));
}

static bool is_same(const struct uuid *a, const struct uuid *b)
{
	return a == b || (a && b && uuid_equal(a, b));
}

/* The first of the assignees is ours; who else there is makes a finding only. */
static void map_assignee(struct mapper *mapper, const struct occasion *occasion,
                         const struct uuid *before)
{
	const struct uuid *after = timeline_assignee(mapper);
	if (is_same(before, after))
		mapper_list(mapper, "assignees", "an issue has one assignee: the first",
		            occasion->at, archive_string(occasion->event, "assignee"));
	else
		issue_assign(mapper, occasion->key, occasion->ms, occasion->person, after);
}

static void map_assigned(struct mapper *mapper, const struct occasion *occasion)
{
	const struct uuid *before = timeline_assignee(mapper);
	if (names_assignee(occasion->event) &&
	    put(mapper->timeline.assignees, archive_string(occasion->event, "assignee")))
		map_assignee(mapper, occasion, before);
	else
		says_nothing(mapper, occasion);
}

static void map_unassigned(struct mapper *mapper, const struct occasion *occasion)
{
	const struct uuid *before = timeline_assignee(mapper);
	if (take(mapper->timeline.assignees, archive_string(occasion->event, "assignee")))
		map_assignee(mapper, occasion, before);
	else
		says_nothing(mapper, occasion);
}

/* --- milestone --- */

static void undo_milestoned(struct mapper *mapper, json_t *event)
{
	(void)event;
	mapper->timeline.milestone = SLICE("");
}

static void undo_demilestoned(struct mapper *mapper, json_t *event)
{
	mapper->timeline.milestone = archive_string(event, "milestoneTitle");
}

static void set_milestone(struct mapper *mapper, const struct occasion *occasion, struct slice to)
{
	struct slice *milestone = &mapper->timeline.milestone;
	if (slice_equal(*milestone, to)) {
		says_nothing(mapper, occasion);
		return;
	}
	issue_change_milestone(mapper, occasion->key, occasion->ms, occasion->person, *milestone,
	                       to);
	*milestone = to;
}

static void map_milestoned(struct mapper *mapper, const struct occasion *occasion)
{
	set_milestone(mapper, occasion, archive_string(occasion->event, "milestoneTitle"));
}

static void map_demilestoned(struct mapper *mapper, const struct occasion *occasion)
{
	if (slice_equal(mapper->timeline.milestone,
	                archive_string(occasion->event, "milestoneTitle")))
		set_milestone(mapper, occasion, SLICE(""));
	else
		says_nothing(mapper, occasion);
}

/* --- title --- */

static void undo_renamed(struct mapper *mapper, json_t *event)
{
	mapper->timeline.title = archive_string(event, "previousTitle");
}

static void map_renamed(struct mapper *mapper, const struct occasion *occasion)
{
	struct slice to = archive_string(occasion->event, "currentTitle");
	struct buf before = {0}, after = {0};
	issue_title(mapper, mapper->timeline.title, NULL, &before);
	if (issue_title(mapper, to, occasion->at, &after))
		mapper_list(mapper, "titles", "too long: cut", occasion->at, to);
	mapper->timeline.title = to;
	if (slice_equal(buf_slice(&before), buf_slice(&after))) {
		says_nothing(mapper, occasion);
	} else {
		struct json_out *json = mapper_begin(mapper, "EditIssue", occasion->key,
		                                     occasion->ms, occasion->person, NULL);
		json_out_member_uuid(json, "issue", &mapper->issue_id);
		json_out_member_string(json, "summary", buf_slice(&after));
		plan_end(mapper->plan);
	}
	buf_release(&before);
	buf_release(&after);
}

/* --- state --- */

/* GitHub tells a merge as a closing as well: it is the last one of a merged pull request. */
static bool is_merge(const struct mapper *mapper, const json_t *event)
{
	const struct timeline *timeline = &mapper->timeline;
	if (!issue_is_merged(mapper))
		return false;
	for (size_t i = timeline->n; i-- && timeline->events[i] != event;)
		if (slice_is(archive_string(timeline->events[i], "__typename"), "ReopenedEvent"))
			return false;
	return true;
}

static void map_closed(struct mapper *mapper, const struct occasion *occasion)
{
	struct slice reason = archive_string(occasion->event, "stateReason");
	if (is_merge(mapper, occasion->event))
		return;
	if (mapper->timeline.closed) {
		says_nothing(mapper, occasion);
		return;
	}
	issue_close(mapper, occasion->key, occasion->ms, occasion->person,
	            reason.n ? reason : archive_string(mapper->entry, "stateReason"));
	mapper->timeline.closed = true;
	mapper->timeline.state_ms = occasion->ms;
}

static void map_reopened(struct mapper *mapper, const struct occasion *occasion)
{
	if (!mapper->timeline.closed) {
		says_nothing(mapper, occasion);
		return;
	}
	issue_reopen(mapper, occasion->key, occasion->ms, occasion->person);
	mapper->timeline.closed = false;
	mapper->timeline.state_ms = occasion->ms;
}

/* --- links --- */

static void map_reference(struct mapper *mapper, const struct occasion *occasion,
                          const char *member, enum reference_kind kind)
{
	const json_t *other = json_object_get(occasion->event, member);
	const struct reference reference = {
	        .kind = kind,
	        .repo = archive_string(other, "repository"),
	        .number = json_integer_value(json_object_get(other, "number")),
	};
	links_add(mapper, &reference, occasion->ms, occasion->person, occasion->at);
}

static void map_cross_referenced(struct mapper *mapper, const struct occasion *occasion)
{
	map_reference(mapper, occasion, "source", REFERENCE_MENTION);
}

static void map_connected(struct mapper *mapper, const struct occasion *occasion)
{
	map_reference(mapper, occasion, "subject", REFERENCE_MENTION);
}

static void map_marked_as_duplicate(struct mapper *mapper, const struct occasion *occasion)
{
	map_reference(mapper, occasion, "canonical", REFERENCE_DUPLICATE);
}

/* --- the table --- */

static const struct event_kind {
	const char *name;
	void (*undo)(struct mapper *, json_t *); /* NULL: it changes nothing that is kept */
	void (*map)(struct mapper *, const struct occasion *); /* NULL: it is told elsewhere */
	const char *value; /* member that tells two of the kind at one moment apart */
} kinds[] = {
        {"LabeledEvent", undo_labeled, map_labeled, "label"},
        {"UnlabeledEvent", undo_unlabeled, map_unlabeled, "label"},
        {"AssignedEvent", undo_assigned, map_assigned, "assignee"},
        {"UnassignedEvent", undo_unassigned, map_unassigned, "assignee"},
        {"MilestonedEvent", undo_milestoned, map_milestoned, "milestoneTitle"},
        {"DemilestonedEvent", undo_demilestoned, map_demilestoned, "milestoneTitle"},
        {"RenamedTitleEvent", undo_renamed, map_renamed, "currentTitle"},
        {"ClosedEvent", NULL, map_closed, ""},
        {"ReopenedEvent", NULL, map_reopened, ""},
        {"CrossReferencedEvent", NULL, map_cross_referenced, ""},
        {"ConnectedEvent", NULL, map_connected, ""},
        {"MarkedAsDuplicateEvent", NULL, map_marked_as_duplicate, ""},
        {"MergedEvent", NULL, NULL, ""},       /* mergedAt, mergedBy */
        {"IssueComment", NULL, NULL, ""},      /* comments */
        {"PullRequestReview", NULL, NULL, ""}, /* reviews */
};

static const struct event_kind *kind_of(const json_t *event)
{
	struct slice name = archive_string(event, "__typename");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (slice_is(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* --- how an issue began --- */

static int64_t time_of(const json_t *event)
{
	int64_t ms = INT64_MIN;
	archive_time(event, "createdAt", &ms);
	return ms;
}

/* Oldest first; those of one moment as they are in the archive. */
static void sort_events(struct timeline *timeline, json_t *items)
{
	timeline->events = mem_new((json_array_size(items) + 1) * sizeof(json_t *));
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *event = json_array_get(items, i);
		size_t k = timeline->n++;
		for (; k && time_of(timeline->events[k - 1]) > time_of(event); k--)
			timeline->events[k] = timeline->events[k - 1];
		timeline->events[k] = event;
	}
}

static json_t *labels_at_the_end(const struct mapper *mapper, const char *at)
{
	json_t *set = json_array(), *item;
	struct buf room = {0};
	size_t i;
	json_array_foreach(archive_array(mapper->entry, "labels"), i, item)
	{
		struct slice text = slice_of(json_string_value(item), json_string_length(item));
		struct slice label = as_label(mapper, text, at, &room);
		if (label.n && !has(set, label) && json_array_size(set) == LABELS_MAX)
			mapper_list(mapper, "labels", "more than an issue may have", at, text);
		else if (label.n)
			put(set, label);
	}
	buf_release(&room);
	return set;
}

static json_t *assignees_at_the_end(const struct mapper *mapper)
{
	json_t *set = json_array(), *item;
	size_t i;
	json_array_foreach(archive_array(mapper->entry, "assignees"), i, item)
	{
		put(set, slice_of(json_string_value(item), json_string_length(item)));
	}
	return set;
}

void timeline_open(struct mapper *mapper, const char *at)
{
	struct timeline *timeline = &mapper->timeline;
	*timeline = (struct timeline){
	        .labels = labels_at_the_end(mapper, at),
	        .assignees = assignees_at_the_end(mapper),
	        .milestone = archive_string(mapper->entry, "milestone"),
	        .title = archive_string(mapper->entry, "title"),
	        .state_ms = mapper->created_ms,
	        .milestone_ms = mapper->created_ms,
	};
	sort_events(timeline, archive_array(mapper->entry, "timelineItems"));
	for (size_t i = timeline->n; i--;) {
		const struct event_kind *kind = kind_of(timeline->events[i]);
		if (kind && kind->undo)
			kind->undo(mapper, timeline->events[i]);
	}
}

void timeline_close(struct timeline *timeline)
{
	free(timeline->events);
	json_decref(timeline->labels);
	json_decref(timeline->assignees);
	*timeline = (struct timeline){0};
}

/* --- what happened then --- */

/* By what it is and when: a newer archive has more events, not others. */
static void key_of(const struct mapper *mapper, const struct event_kind *kind, size_t i,
                   struct buf *key)
{
	const struct timeline *timeline = &mapper->timeline;
	const json_t *event = timeline->events[i];
	struct slice date = archive_string(event, "createdAt");
	struct slice value = archive_string(event, kind->value);
	unsigned twins = 0;
	for (size_t k = 0; k < i; k++) {
		const json_t *other = timeline->events[k];
		twins += kind_of(other) == kind &&
		         slice_equal(archive_string(other, "createdAt"), date) &&
		         slice_equal(archive_string(other, kind->value), value);
	}
	buf_clear(key);
	buf_printf(key, "%lld/%s/%.*s/", (long long)mapper->number, kind->name, (int)date.n,
	           date.data);
	buf_append_slice(key, value);
	buf_printf(key, "/%u", twins);
}

static void map_event(struct mapper *mapper, size_t i, struct buf *key)
{
	json_t *event = mapper->timeline.events[i];
	const struct event_kind *kind = kind_of(event);
	char at[MAPPER_AT_BYTES];
	snprintf(at, sizeof at, "#%lld event %zu", (long long)mapper->number, i);
	if (!kind) {
		unmapped_list_event(mapper->mapping->findings, event, at);
		return;
	}
	if (!kind->map)
		return;
	key_of(mapper, kind, i, key);
	const struct occasion occasion = {
	        .event = event,
	        .at = at,
	        .key = buf_cstr(key),
	        .ms = mapper_when(mapper, event, "createdAt", at),
	        .person = json_object_get(event, "actor")
	                          ? mapper_person(mapper, event, "actor", at)
	                          : NULL,
	};
	kind->map(mapper, &occasion);
}

void timeline_map(struct mapper *mapper)
{
	struct buf key = {0};
	for (size_t i = 0; i < mapper->timeline.n; i++)
		map_event(mapper, i, &key);
	buf_release(&key);
}
