/* Every date of an issue passes through `when`, which keeps them between the issue's creation and
 * the archive's: the domain refuses an issue whose events go back in time. After that the plan's
 * order (by date, then as added) puts an issue's creation before all else of it. */
#include "import/mapping.h"

#include <stdio.h>

#include "core/domain/text.h"
#include "import/mend.h"
#include "import/names.h"
#include "import/unmapped.h"

#define AT_BYTES   96
#define LABELS_MAX 100
#define LABEL_PULL "pull-request"
#define NO_TITLE   "(no title)"
#define CUT_MARK   "\xe2\x80\xa6" /* ... as one character */
#define CLOSED_BY  "closed on GitHub; the archive does not say by whom"

struct mapper {
	const struct mapping *mapping;
	struct plan *plan;
	struct uuid space;
	/* of the issue at hand */
	json_t *entry;
	bool is_pull;
	int64_t number;
	int64_t created_ms, last_ms;
	struct uuid issue_id;
};

static void list(const struct mapper *mapper, const char *what, const char *reason, const char *at,
                 struct slice value)
{
	if (mapper->mapping->findings)
		findings_add(mapper->mapping->findings, what, reason, at, value);
}

static void list_members(const struct mapper *mapper, enum unmapped_kind kind, json_t *object,
                         const char *at)
{
	if (mapper->mapping->findings)
		unmapped_list(mapper->mapping->findings, kind, object, at);
}

/* --- dates, people, texts --- */

static int64_t when(struct mapper *mapper, const json_t *object, const char *name, const char *at)
{
	struct slice text = archive_string(object, name);
	int64_t ms;
	if (!archive_time(object, name, &ms)) {
		list(mapper, "dates", "missing: the date before it is taken", at, slice_str(name));
		return mapper->last_ms;
	}
	if (ms > mapper->mapping->archive->timestamp_ms) {
		list(mapper, "dates", "later than the archive: its own date is taken", at, text);
		ms = mapper->mapping->archive->timestamp_ms;
	}
	if (ms < mapper->created_ms) {
		list(mapper, "dates", "before the issue: the issue's date is taken", at, text);
		ms = mapper->created_ms;
	}
	mapper->last_ms = ms;
	return ms;
}

static const struct uuid *author_of(const struct mapper *mapper, const json_t *object,
                                    const char *at)
{
	struct slice login = archive_string(object, "author");
	if (text_is_blank(login))
		list(mapper, "authors", "deleted: the member \"" PEOPLE_GHOST "\" stands for them",
		     at, login);
	return &people_find(mapper->mapping->people, login)->id;
}

static void mend(const struct mapper *mapper, struct slice text, bool lines, const char *at,
                 struct buf *out)
{
	if (mend_controls(text, lines, out))
		list(mapper, "texts", "control characters are replaced", at, text);
}

/* --- commands --- */

/* @key names the command and, with "comment", what it makes. */
static struct json_out *begin(struct mapper *mapper, const char *command, const char *key,
                              int64_t ms, const struct uuid *person, const char *reason)
{
	struct plan_envelope envelope = {
	        .command = command,
	        .command_id = name_in(&mapper->space, command, key),
	        .occurred_ms = ms,
	        .number = mapper->number,
	        .on_behalf_of = person,
	        .reason = reason,
	};
	return plan_begin(mapper->plan, &envelope);
}

static void add_comment(struct mapper *mapper, const char *key, int64_t ms,
                        const struct uuid *author, struct slice body)
{
	struct uuid id = name_in(&mapper->space, "comment", key);
	struct json_out *json = begin(mapper, "AddComment", key, ms, author, NULL);
	json_out_member_uuid(json, "issue", &mapper->issue_id);
	json_out_member_uuid(json, "comment_id", &id);
	json_out_member_string(json, "body", body);
	plan_end(mapper->plan);
}

/* A text of any length as comments; the parts behind the first are "KEY/1", "KEY/2"... */
static void add_comments(struct mapper *mapper, const char *key, unsigned part, int64_t ms,
                         const struct uuid *author, struct slice text, const char *at)
{
	for (; text.n; part++) {
		struct slice head = mend_head(text, TEXT_BODY_MAX);
		struct buf name = {0};
		buf_append_str(&name, key);
		if (part)
			buf_printf(&name, "/%u", part);
		if (text_is_blank(head))
			list(mapper, "texts", "a part of only spaces is left out", at, SLICE(""));
		else
			add_comment(mapper, buf_cstr(&name), ms, author, head);
		buf_release(&name);
		text = slice_of(text.data + head.n, text.n - head.n);
	}
}

/* --- comments and reviews --- */

/* How many of @items before the @i-th have its date and author: with them it tells comments apart
 * even when one of them is deleted before the next archive is made. */
static unsigned twin_of(json_t *items, size_t i, const json_t *item)
{
	unsigned n = 0;
	for (size_t k = 0; k < i; k++) {
		json_t *other = json_array_get(items, k);
		n += slice_equal(archive_string(other, "createdAt"),
		                 archive_string(item, "createdAt")) &&
		     slice_equal(archive_string(other, "author"), archive_string(item, "author"));
	}
	return n;
}

static void key_of(const struct mapper *mapper, const char *kind, json_t *items, size_t i,
                   struct buf *key)
{
	json_t *item = json_array_get(items, i);
	struct slice date = archive_string(item, "createdAt");
	struct slice author = archive_string(item, "author");
	buf_clear(key);
	buf_printf(key, "%lld/%s/%.*s/%.*s/%u", (long long)mapper->number, kind, (int)date.n,
	           date.data, (int)author.n, author.data, twin_of(items, i, item));
}

static void map_text(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *author,
                     struct slice text, const char *at)
{
	struct buf body = {0};
	mend(mapper, text, true, at, &body);
	if (text_characters(buf_slice(&body)) > TEXT_BODY_MAX)
		list(mapper, "texts", "too long: split into several comments", at, text);
	add_comments(mapper, key, 0, ms, author, buf_slice(&body), at);
	buf_release(&body);
}

static void map_comments(struct mapper *mapper)
{
	json_t *comments = archive_array(mapper->entry, "comments"), *comment;
	struct buf key = {0};
	size_t i;
	json_array_foreach(comments, i, comment)
	{
		char at[AT_BYTES];
		snprintf(at, sizeof at, "#%lld comment %zu", (long long)mapper->number, i);
		int64_t ms = when(mapper, comment, "createdAt", at);
		const struct uuid *author = author_of(mapper, comment, at);
		struct slice text = archive_string(comment, "body");
		list_members(mapper, UNMAPPED_COMMENT, comment, at);
		key_of(mapper, "comment", comments, i, &key);
		if (text_is_blank(text))
			list(mapper, "comments[]", "has no text", at, SLICE(""));
		else
			map_text(mapper, buf_cstr(&key), ms, author, text, at);
	}
	buf_release(&key);
}

/* The remarks of a review are its author's; without dates of their own they have the review's. */
static void map_remarks(struct mapper *mapper, json_t *review, const char *review_key,
                        const struct uuid *author, const char *review_at)
{
	json_t *remarks = archive_array(review, "comments"), *remark;
	struct buf key = {0};
	size_t i;
	json_array_foreach(remarks, i, remark)
	{
		char at[AT_BYTES];
		snprintf(at, sizeof at, "%s remark %zu", review_at, i);
		int64_t ms = when(mapper, remark, "createdAt", at);
		struct slice text = archive_string(remark, "body");
		list_members(mapper, UNMAPPED_REVIEW_COMMENT, remark, at);
		key_of(mapper, review_key, remarks, i, &key);
		if (text_is_blank(text))
			list(mapper, "reviews[].comments[]", "has no text", at, SLICE(""));
		else
			map_text(mapper, buf_cstr(&key), ms, author, text, at);
	}
	buf_release(&key);
}

static void map_reviews(struct mapper *mapper)
{
	json_t *reviews = archive_array(mapper->entry, "reviews"), *review;
	struct buf key = {0};
	size_t i;
	json_array_foreach(reviews, i, review)
	{
		char at[AT_BYTES / 2];
		snprintf(at, sizeof at, "#%lld review %zu", (long long)mapper->number, i);
		int64_t ms = when(mapper, review, "createdAt", at);
		const struct uuid *author = author_of(mapper, review, at);
		struct slice text = archive_string(review, "body");
		list_members(mapper, UNMAPPED_REVIEW, review, at);
		key_of(mapper, "review", reviews, i, &key);
		if (!text_is_blank(text))
			map_text(mapper, buf_cstr(&key), ms, author, text, at);
		map_remarks(mapper, review, buf_cstr(&key), author, at);
	}
	buf_release(&key);
}

/* --- the issue itself --- */

static void map_labels(const struct mapper *mapper, struct json_out *json, const char *at)
{
	json_t *item;
	size_t i, n = 0;
	json_out_key(json, "labels");
	json_out_array(json);
	if (mapper->is_pull) {
		json_out_str(json, LABEL_PULL);
		n++;
	}
	json_array_foreach(archive_array(mapper->entry, "labels"), i, item)
	{
		struct slice text = slice_of(json_string_value(item), json_string_length(item));
		struct buf label = {0};
		if (!mend_label(text, &label) && label.n)
			list(mapper, "labels", "changed to what a label may be", at, text);
		if (!label.n)
			list(mapper, "labels", "nothing is left that a label may be", at, text);
		else if (n == LABELS_MAX)
			list(mapper, "labels", "more than an issue may have", at, text);
		else {
			json_out_string(json, buf_slice(&label));
			n++;
		}
		buf_release(&label);
	}
	json_out_array_end(json);
}

static void map_assignee(const struct mapper *mapper, struct json_out *json, const char *at)
{
	json_t *item;
	size_t i;
	json_array_foreach(archive_array(mapper->entry, "assignees"), i, item)
	{
		struct slice login = slice_of(json_string_value(item), json_string_length(item));
		if (i == 0)
			json_out_member_uuid(json, "assignee",
			                     &people_find(mapper->mapping->people, login)->id);
		else
			list(mapper, "assignees", "an issue has one assignee: the first", at,
			     login);
	}
}

/* The title as one line in @out; true when it had to be cut. */
static bool map_title(const struct mapper *mapper, const char *at, struct buf *out)
{
	struct buf clean = {0};
	mend(mapper, archive_string(mapper->entry, "title"), false, at, &clean);
	struct slice title = buf_slice(&clean);
	bool cut = text_characters(title) > TEXT_LINE_MAX;
	if (text_is_blank(title)) {
		list(mapper, "titles", "empty: it is called " NO_TITLE, at, SLICE(""));
		buf_append_str(out, NO_TITLE);
	} else {
		buf_append_slice(out, mend_head(title, cut ? TEXT_LINE_MAX - 1 : TEXT_LINE_MAX));
	}
	if (cut) {
		list(mapper, "titles", "too long: in full at the head of the description", at,
		     title);
		buf_append_str(out, CUT_MARK);
	}
	buf_release(&clean);
	return cut;
}

static void map_issue(struct mapper *mapper, const char *at)
{
	const struct archive *archive = mapper->mapping->archive;
	const struct uuid *author = author_of(mapper, mapper->entry, at);
	struct buf summary = {0}, description = {0}, ref = {0};
	char key[32];
	snprintf(key, sizeof key, "%lld", (long long)mapper->number);
	buf_printf(&ref, "github:%s#%s", archive->repo, key);
	if (map_title(mapper, at, &summary)) {
		mend_controls(archive_string(mapper->entry, "title"), false, &description);
		buf_append_str(&description, "\n\n");
	}
	mend(mapper, archive_string(mapper->entry, "body"), true, at, &description);
	struct slice head = mend_head(buf_slice(&description), TEXT_BODY_MAX);
	struct json_out *json = begin(mapper, "CreateIssue", key, mapper->created_ms, author, NULL);
	json_out_member_uuid(json, "issue_id", &mapper->issue_id);
	json_out_member_str(json, "project", mapper->mapping->project);
	json_out_member_str(json, "type", "task");
	json_out_member_string(json, "summary", buf_slice(&summary));
	json_out_member_string(json, "description", head);
	map_assignee(mapper, json, at);
	map_labels(mapper, json, at);
	json_out_member_string(json, "external_ref", buf_slice(&ref));
	plan_end(mapper->plan);
	if (head.n < description.n) {
		snprintf(key, sizeof key, "%lld/body", (long long)mapper->number);
		list(mapper, "texts", "too long: the description goes on in comments", at, head);
		add_comments(mapper, key, 1, mapper->created_ms, author,
		             slice_of(description.data + head.n, description.n - head.n), at);
	}
	buf_release(&summary);
	buf_release(&description);
	buf_release(&ref);
}

static int64_t closing_date(struct mapper *mapper, const char *at)
{
	static const char *const names[] = {"closedAt", "mergedAt", "updatedAt"};
	int64_t ms;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (archive_time(mapper->entry, names[i], &ms)) {
			if (i > 0)
				list(mapper, "dates", "closed without closedAt: another is taken",
				     at, slice_str(names[i]));
			return when(mapper, mapper->entry, names[i], at);
		}
	return when(mapper, mapper->entry, "closedAt", at);
}

static void map_closing(struct mapper *mapper, const char *at)
{
	struct slice state = archive_string(mapper->entry, "state");
	struct slice closed_at = archive_string(mapper->entry, "closedAt");
	struct slice merged_by = archive_string(mapper->entry, "mergedBy");
	bool merged = slice_is(state, "MERGED") || archive_string(mapper->entry, "mergedAt").n;
	bool closed = merged || slice_is(state, "CLOSED") || (!state.n && closed_at.n);
	char key[32];
	if (!closed) {
		if (closed_at.n)
			list(mapper, "closedAt", "the issue is open", at, closed_at);
		return;
	}
	int64_t ms = closing_date(mapper, at);
	const struct uuid *person = NULL;
	if (merged && merged_by.n)
		person = &people_find(mapper->mapping->people, merged_by)->id;
	else
		list(mapper, "closed by", "not in the archive: the importer closes the issue", at,
		     closed_at);
	snprintf(key, sizeof key, "%lld/closed", (long long)mapper->number);
	struct json_out *json =
	        begin(mapper, "TransitionIssue", key, ms, person, person ? NULL : CLOSED_BY);
	json_out_member_uuid(json, "issue", &mapper->issue_id);
	json_out_member_str(json, "category", "done");
	json_out_member_str(json, "resolution", mapper->is_pull && !merged ? "wont_do" : "done");
	plan_end(mapper->plan);
}

static void map_entry(struct mapper *mapper, json_t *entry, bool is_pull)
{
	char at[AT_BYTES / 2], key[32];
	mapper->entry = entry;
	mapper->is_pull = is_pull;
	mapper->number = json_integer_value(json_object_get(entry, "number"));
	mapper->created_ms = mapper->last_ms = INT64_MIN;
	snprintf(at, sizeof at, "#%lld", (long long)mapper->number);
	snprintf(key, sizeof key, "%lld", (long long)mapper->number);
	mapper->created_ms = when(mapper, entry, "createdAt", at);
	mapper->issue_id = name_in(&mapper->space, "issue", key);
	list_members(mapper, is_pull ? UNMAPPED_PULL : UNMAPPED_ISSUE, entry, at);
	if (is_pull)
		list(mapper, "pulls[]",
		     "there are no pull requests here: issues of type task labelled " LABEL_PULL,
		     at, archive_string(entry, "title"));
	if (json_array_size(archive_array(entry, "labels")))
		list(mapper, "labels", "the archive does not say since when: set at creation", at,
		     SLICE(""));
	map_issue(mapper, at);
	map_comments(mapper);
	if (is_pull)
		map_reviews(mapper);
	map_closing(mapper, at);
}

static struct mapper start(const struct mapping *mapping, struct plan *plan)
{
	return (struct mapper){
	        .mapping = mapping,
	        .plan = plan,
	        .space = name_space(mapping->archive->repo, mapping->project),
	};
}

void mapping_issues(const struct mapping *mapping, struct plan *plan)
{
	struct mapper mapper = start(mapping, plan);
	json_t *entry;
	size_t i;
	list_members(&mapper, UNMAPPED_ROOT, mapping->archive->root, "archive");
	json_array_foreach(mapping->archive->issues, i, entry) map_entry(&mapper, entry, false);
	json_array_foreach(mapping->archive->pulls, i, entry) map_entry(&mapper, entry, true);
	plan_sort(plan);
}

/* --- what comes first --- */

static int64_t first_date(const struct mapping *mapping)
{
	int64_t first = mapping->archive->timestamp_ms;
	for (size_t i = 0; i < mapping->people->n; i++)
		if (mapping->people->rows[i].first_ms < first)
			first = mapping->people->rows[i].first_ms;
	return first == INT64_MAX ? 0 : first;
}

void mapping_project(const struct mapping *mapping, struct plan *plan)
{
	struct mapper mapper = start(mapping, plan);
	struct uuid id = name_in(&mapper.space, "project", "");
	struct json_out *json =
	        begin(&mapper, "CreateProject", "", first_date(mapping), NULL, NULL);
	json_out_member_uuid(json, "project_id", &id);
	json_out_member_str(json, "key", mapping->project);
	json_out_member_str(json, "name", mapping->archive->repo);
	plan_end(plan);
}

void mapping_members(const struct mapping *mapping, struct plan *plan)
{
	struct mapper mapper = start(mapping, plan);
	for (size_t i = 0; i < mapping->people->n; i++) {
		const struct person_row *row = &mapping->people->rows[i];
		struct json_out *json =
		        begin(&mapper, "AddMember", row->login, row->first_ms, NULL, NULL);
		json_out_member_uuid(json, "member_id", &row->id);
		json_out_key(json, "person");
		json_out_object(json);
		json_out_member_str(json, "issuer", mapping->issuer);
		json_out_member_str(json, "subject", row->login);
		json_out_member_str(json, "name", row->login);
		json_out_object_end(json);
		json_out_member_str(json, "role", "member");
		plan_end(plan);
	}
}
