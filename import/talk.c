#include "import/talk.h"

#include <stdio.h>

#include "core/domain/text.h"
#include "import/mend.h"
#include "import/names.h"
#include "import/revisions.h"

static void add_comment(struct mapper *mapper, const char *key, int64_t ms,
                        const struct uuid *author, struct slice body)
{
	struct uuid id = name_in(&mapper->space, "comment", key);
	struct json_out *json = mapper_begin(mapper, "AddComment", key, ms, author, NULL);
	json_out_member_uuid(json, "issue", &mapper->issue_id);
	json_out_member_uuid(json, "comment_id", &id);
	json_out_member_string(json, "body", body);
	plan_end(mapper->plan);
}

void talk_add(struct mapper *mapper, const char *key, unsigned part, int64_t ms,
              const struct uuid *author, struct slice text, const char *at)
{
	for (; text.n; part++) {
		struct slice head = mend_head(text, TEXT_BODY_MAX);
		struct buf name = {0};
		buf_append_str(&name, key);
		if (part)
			buf_printf(&name, "/%u", part);
		if (text_is_blank(head))
			mapper_list(mapper, "texts", "a part of only spaces is left out", at,
			            SLICE(""));
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
	links_add_text(mapper, text, false, ms, author, at);
	mapper_mend(mapper, text, true, at, &body);
	if (text_characters(buf_slice(&body)) > TEXT_BODY_MAX)
		mapper_list(mapper, "texts", "too long: split into several comments", at, text);
	talk_add(mapper, key, 0, ms, author, buf_slice(&body), at);
	buf_release(&body);
}

static void map_comment(struct mapper *mapper, const char *key, const json_t *comment,
                        const char *at)
{
	int64_t ms = mapper_when(mapper, comment, "createdAt", at);
	const struct uuid *author = mapper_person(mapper, comment, "author", at);
	struct uuid id = name_in(&mapper->space, "comment", key);
	struct revisions revisions;
	if (text_is_blank(archive_string(comment, "body"))) {
		mapper_list(mapper, "comments[]", "has no text", at, SLICE(""));
		return;
	}
	revisions_open(mapper, comment, at, &revisions);
	map_text(mapper, key, ms, author, revisions.rows[0].text, at);
	revisions_map(mapper, &revisions,
	              &(struct revised){"EditComment", "body", key, &id, ms, at});
	revisions_close(&revisions);
}

void talk_map_comments(struct mapper *mapper)
{
	json_t *comments = archive_array(mapper->entry, "comments"), *comment;
	struct buf key = {0};
	size_t i;
	json_array_foreach(comments, i, comment)
	{
		char at[MAPPER_AT_BYTES];
		snprintf(at, sizeof at, "#%lld comment %zu", (long long)mapper->number, i);
		mapper_list_members(mapper, UNMAPPED_COMMENT, comment, at);
		key_of(mapper, "comment", comments, i, &key);
		map_comment(mapper, buf_cstr(&key), comment, at);
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
		char at[MAPPER_AT_BYTES];
		snprintf(at, sizeof at, "%s remark %zu", review_at, i);
		int64_t ms = mapper_when(mapper, remark, "createdAt", at);
		struct slice text = archive_string(remark, "body");
		mapper_list_members(mapper, UNMAPPED_REVIEW_COMMENT, remark, at);
		key_of(mapper, review_key, remarks, i, &key);
		if (text_is_blank(text))
			mapper_list(mapper, "reviews[].comments[]", "has no text", at, SLICE(""));
		else
			map_text(mapper, buf_cstr(&key), ms, author, text, at);
	}
	buf_release(&key);
}

void talk_map_reviews(struct mapper *mapper)
{
	json_t *reviews = archive_array(mapper->entry, "reviews"), *review;
	struct buf key = {0};
	size_t i;
	json_array_foreach(reviews, i, review)
	{
		char at[MAPPER_AT_BYTES / 2];
		snprintf(at, sizeof at, "#%lld review %zu", (long long)mapper->number, i);
		int64_t ms = mapper_when(mapper, review, "createdAt", at);
		const struct uuid *author = mapper_person(mapper, review, "author", at);
		struct slice text = archive_string(review, "body");
		mapper_list_members(mapper, UNMAPPED_REVIEW, review, at);
		key_of(mapper, "review", reviews, i, &key);
		if (!text_is_blank(text))
			map_text(mapper, buf_cstr(&key), ms, author, text, at);
		map_remarks(mapper, review, buf_cstr(&key), author, at);
	}
	buf_release(&key);
}
