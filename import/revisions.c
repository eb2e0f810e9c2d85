#include "import/revisions.h"

#include <stdlib.h>

#include "core/domain/text.h"
#include "import/mend.h"

static int64_t time_of(const json_t *edit)
{
	int64_t ms = INT64_MIN;
	archive_time(edit, "editedAt", &ms);
	return ms;
}

/* GitHub gives them newest first; those of one moment stay in that order, turned round. */
static void insert(struct revisions *revisions, json_t *edit)
{
	size_t k = revisions->n++;
	for (; k && time_of(revisions->rows[k - 1].edit) > time_of(edit); k--)
		revisions->rows[k] = revisions->rows[k - 1];
	revisions->rows[k] = (struct revision){archive_string(edit, "diff"), edit};
}

static bool fits(struct slice text)
{
	return !text_is_blank(text) && text_characters(text) <= TEXT_BODY_MAX;
}

void revisions_open(const struct mapper *mapper, const json_t *object, const char *at,
                    struct revisions *out)
{
	json_t *edits = archive_array(object, "userContentEdits");
	struct slice body = archive_string(object, "body");
	bool fit = true;
	*out = (struct revisions){
	        .rows = mem_new((json_array_size(edits) + 1) * sizeof *out->rows)};
	for (size_t i = json_array_size(edits); i--;) {
		json_t *edit = json_array_get(edits, i);
		/* what somebody took out of the history has no text any more */
		if (archive_string(edit, "diff").n)
			insert(out, edit);
		else
			mapper_list(mapper, "userContentEdits[]", "its text was deleted", at,
			            archive_string(edit, "editedAt"));
	}
	if (out->n)
		out->rows[out->n - 1].text = body;
	for (size_t i = 0; i < out->n; i++)
		fit = fit && fits(out->rows[i].text);
	if (out->n && fit)
		return;
	if (out->n > 1)
		mapper_list(mapper, "userContentEdits[]",
		            "a text was empty or too long: only the last one is kept", at,
		            SLICE(""));
	out->rows[0] = (struct revision){body, NULL};
	out->n = 1;
}

void revisions_close(struct revisions *revisions)
{
	free(revisions->rows);
	*revisions = (struct revisions){0};
}

static void map_one(struct mapper *mapper, const struct revision *revision,
                    const struct revised *revised, const char *key, struct slice text)
{
	int64_t last_ms = mapper->last_ms; /* an edit is no date for what comes behind it */
	int64_t ms = mapper_when(mapper, revision->edit, "editedAt", revised->at);
	const struct uuid *editor = NULL;
	if (json_object_get(revision->edit, "editor"))
		editor = mapper_person(mapper, revision->edit, "editor", revised->at);
	if (ms < revised->since_ms)
		ms = revised->since_ms;
	struct json_out *json = mapper_begin(mapper, revised->command, key, ms, editor, NULL);
	json_out_member_uuid(json, "issue", &mapper->issue_id);
	if (revised->comment)
		json_out_member_uuid(json, "comment_id", revised->comment);
	json_out_member_string(json, revised->field, text);
	plan_end(mapper->plan);
	links_add_text(mapper, revision->text, mapper->is_pull && !revised->comment, ms, editor,
	               revised->at);
	mapper->last_ms = last_ms;
}

void revisions_map(struct mapper *mapper, const struct revisions *revisions,
                   const struct revised *revised)
{
	struct buf before = {0}, text = {0}, key = {0};
	unsigned twins = 0;
	mend_text(revisions->rows[0].text, true, &before);
	for (size_t i = 1; i < revisions->n; i++) {
		const struct revision *row = &revisions->rows[i];
		struct slice date = archive_string(row->edit, "editedAt");
		bool twin = slice_equal(date, archive_string(row[-1].edit, "editedAt"));
		twins = twin ? twins + 1 : 0;
		buf_clear(&text);
		buf_clear(&key);
		mapper_mend(mapper, row->text, true, revised->at, &text);
		if (slice_equal(buf_slice(&text), buf_slice(&before)))
			continue;
		buf_printf(&key, "%s/edit/%.*s/%u", revised->key, (int)date.n,
		           date.n ? date.data : "", twins);
		map_one(mapper, row, revised, buf_cstr(&key), buf_slice(&text));
		buf_clear(&before);
		buf_append_slice(&before, buf_slice(&text));
	}
	buf_release(&before);
	buf_release(&text);
	buf_release(&key);
}
