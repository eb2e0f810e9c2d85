/* Each issue in turn; after that the plan's order (by date, then as added) puts an issue's creation
 * before all else of it. */
#include "import/mapping.h"

#include <stdio.h>

#include "core/domain/text.h"
#include "import/issue.h"
#include "import/mend.h"
#include "import/revisions.h"
#include "import/setup.h"
#include "import/talk.h"

static void write_labels(struct mapper *mapper, struct json_out *json, const char *at)
{
	json_t *labels = mapper->timeline.labels, *item;
	size_t i;
	json_out_key(json, "labels");
	json_out_array(json);
	json_array_foreach(labels, i, item)
	{
		json_out_string(json, slice_of(json_string_value(item), json_string_length(item)));
	}
	json_out_array_end(json);
	if (json_array_size(labels))
		mapper_list(mapper, "labels",
		            "the archive does not say since when: set at creation", at, SLICE(""));
}

static void write_assignee(struct mapper *mapper, struct json_out *json, const char *at)
{
	json_t *item;
	size_t i;
	if (!timeline_assignee(mapper))
		return;
	json_out_member_uuid(json, "assignee", timeline_assignee(mapper));
	mapper_list(mapper, "assignees", "the archive does not say since when: set at creation", at,
	            SLICE(""));
	json_array_foreach(mapper->timeline.assignees, i, item)
	{
		struct slice login = slice_of(json_string_value(item), json_string_length(item));
		if (i > 0)
			mapper_list(mapper, "assignees", "an issue has one assignee: the first", at,
			            login);
	}
}

/* What is too long goes on in comments. */
static void add_rest(struct mapper *mapper, const struct uuid *author, struct slice head,
                     struct slice whole, const char *at)
{
	char key[32];
	if (head.n == whole.n)
		return;
	snprintf(key, sizeof key, "%lld/body", (long long)mapper->number);
	mapper_list(mapper, "texts", "too long: the description goes on in comments", at, head);
	talk_add(mapper, key, 1, mapper->created_ms, author,
	         slice_of(whole.data + head.n, whole.n - head.n), at);
}

static void write_title(struct mapper *mapper, const char *at, struct buf *summary,
                        struct buf *description)
{
	struct slice title = mapper->timeline.title;
	if (!issue_title(mapper, title, at, summary))
		return;
	mapper_list(mapper, "titles", "too long: in full at the head of the description", at,
	            title);
	mend_text(title, false, description);
	buf_append_str(description, "\n\n");
}

static const char *type_of(const struct mapper *mapper)
{
	if (mapper->is_pull)
		return SETUP_TYPE_PULL;
	return issue_has_label(mapper, "bug") ? "bug" : "task";
}

static void map_creation(struct mapper *mapper, const char *at)
{
	const struct uuid *author = mapper_person(mapper, mapper->entry, "author", at);
	struct buf summary = {0}, description = {0}, ref = {0};
	struct revisions revisions;
	char key[32];
	snprintf(key, sizeof key, "%lld", (long long)mapper->number);
	buf_printf(&ref, "github:%s#%s", mapper->mapping->archive->repo, key);
	revisions_open(mapper, mapper->entry, at, &revisions);
	write_title(mapper, at, &summary, &description);
	if (description.n && revisions.n > 1) {
		mapper_list(mapper, "userContentEdits[]",
		            "the description begins with the title: only the last text is kept", at,
		            SLICE(""));
		revisions.rows[0] = revisions.rows[revisions.n - 1];
		revisions.n = 1;
	}
	mapper_mend(mapper, revisions.rows[0].text, true, at, &description);
	links_add_text(mapper, revisions.rows[0].text, mapper->is_pull, mapper->created_ms, author,
	               at);
	struct slice head = mend_head(buf_slice(&description), TEXT_BODY_MAX);
	struct json_out *json =
	        mapper_begin(mapper, "CreateIssue", key, mapper->created_ms, author, NULL);
	json_out_member_uuid(json, "issue_id", &mapper->issue_id);
	json_out_member_str(json, "project", mapper->mapping->project);
	json_out_member_str(json, "type", type_of(mapper));
	json_out_member_string(json, "summary", buf_slice(&summary));
	json_out_member_string(json, "description", head);
	write_assignee(mapper, json, at);
	write_labels(mapper, json, at);
	json_out_member_string(json, "external_ref", buf_slice(&ref));
	plan_end(mapper->plan);
	add_rest(mapper, author, head, buf_slice(&description), at);
	revisions_map(
	        mapper, &revisions,
	        &(struct revised){"EditIssue", "description", key, NULL, mapper->created_ms, at});
	revisions_close(&revisions);
	buf_release(&summary);
	buf_release(&description);
	buf_release(&ref);
}

/* On its own: what a version refuses must not cost the issue. */
static void map_milestone(struct mapper *mapper, const char *at)
{
	struct slice milestone = mapper->timeline.milestone;
	char key[48];
	if (!milestone.n)
		return;
	mapper_list(mapper, "milestone",
	            "the archive does not say since when: set at creation, or when it was made", at,
	            milestone);
	snprintf(key, sizeof key, "%lld/milestone", (long long)mapper->number);
	issue_change_milestone(mapper, key, mapper->created_ms, NULL, SLICE(""), milestone);
}

/* --- the state at the end --- */

/* The date of member @name, but not before the state that it ends. */
static int64_t state_date(struct mapper *mapper, const char *name, const char *at)
{
	int64_t ms = mapper_when(mapper, mapper->entry, name, at);
	return ms < mapper->timeline.state_ms ? mapper->timeline.state_ms : ms;
}

static int64_t closing_date(struct mapper *mapper, const char *at)
{
	static const char *const names[] = {"closedAt", "mergedAt", "updatedAt"};
	int64_t ms;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (archive_time(mapper->entry, names[i], &ms)) {
			if (i > 0)
				mapper_list(mapper, "dates",
				            "closed without closedAt: another is taken", at,
				            slice_str(names[i]));
			return state_date(mapper, names[i], at);
		}
	return state_date(mapper, "closedAt", at);
}

static void map_closing(struct mapper *mapper, const char *at)
{
	bool merged = issue_is_merged(mapper);
	int64_t ms = closing_date(mapper, at);
	const struct uuid *person = NULL;
	char key[32];
	if (merged && archive_string(mapper->entry, "mergedBy").n)
		person = mapper_person(mapper, mapper->entry, "mergedBy", at);
	else
		mapper_list(mapper, "closed by",
		            "not in the archive: the importer closes the issue", at,
		            archive_string(mapper->entry, "closedAt"));
	snprintf(key, sizeof key, "%lld/closed", (long long)mapper->number);
	if (merged)
		issue_merge(mapper, key, ms, person);
	else
		issue_close(mapper, key, ms, person, archive_string(mapper->entry, "stateReason"));
}

static void map_reopening(struct mapper *mapper, const char *at)
{
	char key[32];
	snprintf(key, sizeof key, "%lld/reopened", (long long)mapper->number);
	mapper_list(mapper, "reopened", "by no event: the importer opens the issue when it changed",
	            at, archive_string(mapper->entry, "updatedAt"));
	issue_reopen(mapper, key, state_date(mapper, "updatedAt", at), NULL);
}

/* What the events have not said. */
static void map_state(struct mapper *mapper, const char *at)
{
	bool closed = issue_is_closed(mapper);
	struct slice closed_at = archive_string(mapper->entry, "closedAt");
	struct slice reason = archive_string(mapper->entry, "stateReason");
	if (closed && !mapper->timeline.closed)
		map_closing(mapper, at);
	else if (!closed && mapper->timeline.closed)
		map_reopening(mapper, at);
	else if (!closed && closed_at.n)
		mapper_list(mapper, "closedAt", "the issue is open", at, closed_at);
	if (slice_is(reason, "REOPENED") && !mapper->timeline.n)
		mapper_list(mapper, "reopened", "the archive does not say when", at, reason);
}

static void map_entry(struct mapper *mapper, json_t *entry, bool is_pull)
{
	char at[MAPPER_AT_BYTES / 2];
	mapper->entry = entry;
	mapper->is_pull = is_pull;
	mapper->number = json_integer_value(json_object_get(entry, "number"));
	mapper->created_ms = mapper->last_ms = INT64_MIN;
	snprintf(at, sizeof at, "#%lld", (long long)mapper->number);
	mapper->created_ms = mapper_when(mapper, entry, "createdAt", at);
	mapper->issue_id = mapper_issue(mapper, mapper->number);
	mapper_list_members(mapper, is_pull ? UNMAPPED_PULL : UNMAPPED_ISSUE, entry, at);
	timeline_open(mapper, at);
	map_creation(mapper, at);
	map_milestone(mapper, at);
	timeline_map(mapper);
	talk_map_comments(mapper);
	if (is_pull)
		talk_map_reviews(mapper);
	map_state(mapper, at);
	timeline_close(&mapper->timeline);
}

void mapping_issues(const struct mapping *mapping, struct plan *plan)
{
	struct mapper mapper;
	json_t *entry;
	size_t i;
	mapper_start(&mapper, mapping, plan);
	mapper_list_members(&mapper, UNMAPPED_ROOT, mapping->archive->root, "archive");
	milestones_collect(&mapper);
	milestones_map(&mapper);
	json_array_foreach(mapping->archive->issues, i, entry) map_entry(&mapper, entry, false);
	json_array_foreach(mapping->archive->pulls, i, entry) map_entry(&mapper, entry, true);
	links_map(&mapper);
	plan_sort(plan);
	mapper_end(&mapper);
}
