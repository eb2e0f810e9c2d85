#include "import/unmapped.h"

#include <stdio.h>
#include <stdlib.h>

#define ENTRY      (1u << UNMAPPED_ISSUE | 1u << UNMAPPED_PULL)
#define TALK       (1u << UNMAPPED_COMMENT | 1u << UNMAPPED_REVIEW | 1u << UNMAPPED_REVIEW_COMMENT)
#define ONLY(kind) (1u << UNMAPPED_##kind)

static const char *const kind_names[UNMAPPED_KINDS] = {
        "",           "milestones[].",         "issues[].", "pulls[].", "comments[].",
        "reviews[].", "reviews[].comments[].",
};

/* A member without a reason is mapped. */
static const struct member {
	unsigned kinds;
	const char *name;
	const char *reason;
} members[] = {
        {ONLY(ROOT), "magic", NULL},
        {ONLY(ROOT), "timestamp", NULL},
        {ONLY(ROOT), "repo", NULL},
        {ONLY(ROOT), "issues", NULL},
        {ONLY(ROOT), "pulls", NULL},
        {ONLY(ROOT), "labels", "labels have no colour and no description here"},
        {ONLY(ROOT), "milestones", NULL},
        {ONLY(MILESTONE), "number", NULL},
        {ONLY(MILESTONE), "title", NULL},
        {ONLY(MILESTONE), "description", NULL},
        {ONLY(MILESTONE), "state", NULL},
        {ONLY(MILESTONE), "createdAt", NULL},
        {ONLY(MILESTONE), "dueOn", NULL},
        {ONLY(MILESTONE), "closedAt", NULL},
        {ONLY(MILESTONE), "updatedAt", "what was changed then is not in the archive"},
        {ONLY(MILESTONE), "creator", "versions have no author here"},
        {ONLY(MILESTONE), "id", "external systems have no name for a version here"},
        {ONLY(MILESTONE), "url", "external systems have no name for a version here"},
        {ENTRY, "milestone", NULL},
        {ENTRY, "timelineItems", NULL},
        {ENTRY, "number", NULL},
        {ENTRY, "title", NULL},
        {ENTRY, "state", NULL},
        {ENTRY, "labels", NULL},
        {ENTRY, "assignees", NULL},
        {ENTRY, "closedAt", NULL},
        {ONLY(ISSUE), "stateReason", NULL},
        {ENTRY, "comments", NULL},
        {ENTRY, "id", "external_ref names the issue"},
        {ENTRY, "url", "external_ref names the issue"},
        {ONLY(PULL), "reviews", NULL},
        {ONLY(PULL), "mergedAt", NULL},
        {ONLY(PULL), "mergedBy", NULL},
        {ONLY(PULL), "mergeCommit", "issues have no commits here"},
        {ONLY(PULL), "baseRepository", "issues have no branches here"},
        {ONLY(PULL), "baseRefName", "issues have no branches here"},
        {ONLY(PULL), "baseRefOid", "issues have no commits here"},
        {ONLY(PULL), "headRepository", "issues have no branches here"},
        {ONLY(PULL), "headRefName", "issues have no branches here"},
        {ONLY(PULL), "headRefOid", "issues have no commits here"},
        {ONLY(REVIEW), "id", "its text has become a comment"},
        {ONLY(REVIEW), "commit", "issues have no commits here"},
        {ONLY(REVIEW), "state", "there are no reviews here, only comments"},
        {ONLY(REVIEW), "comments", NULL},
        {ONLY(REVIEW_COMMENT), "originalPosition", "comments have no place in a change here"},
        {ENTRY | ONLY(COMMENT), "userContentEdits", NULL},
        {ONLY(REVIEW) | ONLY(REVIEW_COMMENT), "userContentEdits",
         "of reviews only the last text is kept"},
        {ENTRY | TALK, "author", NULL},
        {ENTRY | TALK, "body", NULL},
        {ENTRY | TALK, "createdAt", NULL},
        {ENTRY | TALK, "updatedAt", "what was changed then is not in the archive"},
        {ENTRY | TALK, "authorAssociation", "every author becomes a member"},
        {ENTRY | TALK, "reactions", "there are no reactions here yet"},
};

/* Kinds of events that are not mapped. */
static const struct {
	const char *name;
	const char *reason;
} events[] = {
        {"ReferencedEvent", "issues have no commits here"},
        {"PullRequestCommit", "issues have no commits here"},
        {"HeadRefForcePushedEvent", "issues have no branches here"},
        {"HeadRefDeletedEvent", "issues have no branches here"},
        {"HeadRefRestoredEvent", "issues have no branches here"},
        {"BaseRefChangedEvent", "issues have no branches here"},
        {"BaseRefForcePushedEvent", "issues have no branches here"},
        {"ReadyForReviewEvent", "pull requests have no drafts here"},
        {"ConvertToDraftEvent", "pull requests have no drafts here"},
        {"ReviewRequestedEvent", "there are no reviews here, only comments"},
        {"ReviewRequestRemovedEvent", "there are no reviews here, only comments"},
        {"ReviewDismissedEvent", "there are no reviews here, only comments"},
        {"CommentDeletedEvent", "the comment is not in the archive"},
        {"MentionedEvent", "the text mentions them"},
        {"SubscribedEvent", "watching is everybody's own choice here"},
        {"UnsubscribedEvent", "watching is everybody's own choice here"},
        {"LockedEvent", "comments cannot be locked here"},
        {"UnlockedEvent", "comments cannot be locked here"},
        {"DisconnectedEvent", "a link that the archive once had stays"},
        {"UnmarkedAsDuplicateEvent", "a link that the archive once had stays"},
};

static bool says_nothing(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

static const char *reason_of(enum unmapped_kind kind, const char *name)
{
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].kinds & 1u << kind && strcmp(members[i].name, name) == 0)
			return members[i].reason;
	return "the importer does not know this member";
}

/* createdAt and updatedAt are the same when nothing was changed, or the edits say what was. */
static bool is_unchanged(const json_t *object, const char *name)
{
	if (strcmp(name, "updatedAt") != 0)
		return false;
	return json_array_size(archive_array(object, "userContentEdits")) ||
	       slice_equal(archive_string(object, name), archive_string(object, "createdAt"));
}

static void list(struct findings *findings, const char *what, const char *reason, const char *at,
                 const json_t *value)
{
	if (json_is_string(value)) {
		findings_add(findings, what, reason, at,
		             slice_of(json_string_value(value), json_string_length(value)));
		return;
	}
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	findings_add(findings, what, reason, at, slice_str(text ? text : ""));
	free(text);
}

void unmapped_list(struct findings *findings, enum unmapped_kind kind, const json_t *object,
                   const char *at)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const char *reason = reason_of(kind, name);
		if (!reason || says_nothing(value) || is_unchanged(object, name))
			continue;
		char what[128];
		snprintf(what, sizeof what, "%s%s", kind_names[kind], name);
		list(findings, what, reason, at, value);
	}
}

void unmapped_list_event(struct findings *findings, const json_t *event, const char *at)
{
	struct slice name = archive_string(event, "__typename");
	const char *reason = "the importer does not know this event";
	char what[128];
	if (!findings)
		return;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (slice_is(name, events[i].name))
			reason = events[i].reason;
	snprintf(what, sizeof what, "timelineItems[].%.*s", (int)name.n, name.data);
	list(findings, what, reason, at, event);
}
