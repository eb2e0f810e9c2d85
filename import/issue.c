#include "import/issue.h"

#include <strings.h>

#include "core/domain/text.h"
#include "import/mend.h"
#include "import/setup.h"

#define NO_TITLE  "(no title)"
#define CUT_MARK  "\xe2\x80\xa6" /* ... as one character */
#define CLOSED_BY "closed on GitHub; the archive does not say by whom"

bool issue_title(const struct mapper *mapper, struct slice text, const char *at, struct buf *out)
{
	struct buf clean = {0};
	mapper_mend(mapper, text, false, at, &clean);
	struct slice title = buf_slice(&clean);
	bool cut = text_characters(title) > TEXT_LINE_MAX;
	if (text_is_blank(title)) {
		mapper_list(mapper, "titles", "empty: it is called " NO_TITLE, at, SLICE(""));
		buf_append_str(out, NO_TITLE);
	} else {
		buf_append_slice(out, mend_head(title, cut ? TEXT_LINE_MAX - 1 : TEXT_LINE_MAX));
	}
	if (cut)
		buf_append_str(out, CUT_MARK);
	buf_release(&clean);
	return cut;
}

bool issue_has_label(const struct mapper *mapper, const char *label)
{
	json_t *item;
	size_t i;
	json_array_foreach(archive_array(mapper->entry, "labels"), i, item)
	{
		if (strcasecmp(json_string_value(item), label) == 0)
			return true;
	}
	return false;
}

bool issue_is_merged(const struct mapper *mapper)
{
	return mapper->is_pull && (slice_is(archive_string(mapper->entry, "state"), "MERGED") ||
	                           archive_string(mapper->entry, "mergedAt").n);
}

bool issue_is_closed(const struct mapper *mapper)
{
	struct slice state = archive_string(mapper->entry, "state");
	return issue_is_merged(mapper) || slice_is(state, "CLOSED") ||
	       (!state.n && archive_string(mapper->entry, "closedAt").n);
}

/* Why an issue was closed: what GitHub says, else its labels for that. */
static const char *resolution_of(const struct mapper *mapper, struct slice reason)
{
	if (slice_is(reason, "NOT_PLANNED"))
		return "wont_do";
	if (slice_is(reason, "DUPLICATE"))
		return "duplicate";
	if (slice_is(reason, "COMPLETED"))
		return "done";
	if (issue_has_label(mapper, "duplicate"))
		return "duplicate";
	bool refused = issue_has_label(mapper, "wontfix") || issue_has_label(mapper, "invalid");
	return refused ? "wont_do" : "done";
}

static struct json_out *begin(struct mapper *mapper, const char *command, const char *key,
                              int64_t ms, const struct uuid *person, const char *reason)
{
	struct json_out *json = mapper_begin(mapper, command, key, ms, person, reason);
	json_out_member_uuid(json, "issue", &mapper->issue_id);
	return json;
}

/* Issues move by category, since a project may have other statuses; pull requests have a workflow
 * of their own, and a merged one is not closed by other ways at the end. */
static void transition(struct mapper *mapper, const char *key, int64_t ms,
                       const struct uuid *person, const char *why, const char *way,
                       const char *category, const char *resolution)
{
	struct json_out *json = begin(mapper, "TransitionIssue", key, ms, person, why);
	json_out_member_str(json, mapper->is_pull ? "transition" : "category",
	                    mapper->is_pull ? way : category);
	if (resolution)
		json_out_member_str(json, "resolution", resolution);
	plan_end(mapper->plan);
}

void issue_merge(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person)
{
	transition(mapper, key, ms, person, person ? NULL : CLOSED_BY, "merge", "done",
	           SETUP_RESOLUTION_MERGED);
}

void issue_close(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person,
                 struct slice reason)
{
	transition(mapper, key, ms, person, person ? NULL : CLOSED_BY, "close", "done",
	           mapper->is_pull ? "wont_do" : resolution_of(mapper, reason));
}

void issue_reopen(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person)
{
	transition(mapper, key, ms, person, NULL, "reopen", "todo", NULL);
}

void issue_assign(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person,
                  const struct uuid *assignee)
{
	struct json_out *json = begin(mapper, "AssignIssue", key, ms, person, NULL);
	if (assignee)
		json_out_member_uuid(json, "assignee", assignee);
	plan_end(mapper->plan);
}

static void write_version(struct json_out *json, const char *member,
                          const struct milestone_row *row)
{
	json_out_key(json, member);
	json_out_array(json);
	json_out_uuid(json, &row->id);
	json_out_array_end(json);
}

void issue_change_milestone(struct mapper *mapper, const char *key, int64_t ms,
                            const struct uuid *person, struct slice from, struct slice to)
{
	const struct milestone_row *before = from.n ? milestones_find(mapper, from) : NULL;
	const struct milestone_row *after = to.n ? milestones_find(mapper, to) : NULL;
	if (before && ms < before->created_ms)
		ms = before->created_ms;
	if (after && ms < after->created_ms)
		ms = after->created_ms;
	if (ms < mapper->timeline.milestone_ms)
		ms = mapper->timeline.milestone_ms;
	mapper->timeline.milestone_ms = ms;
	struct json_out *json = begin(mapper, "ChangeIssueVersions", key, ms, person, NULL);
	if (after)
		write_version(json, "add_fix", after);
	if (before)
		write_version(json, "remove_fix", before);
	plan_end(mapper->plan);
}
