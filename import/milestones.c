#include "import/milestones.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/codec/normal_text.h"
#include "core/domain/text.h"
#include "import/mapper.h"
#include "import/mend.h"
#include "import/names.h"

#define DAY_TEXT 10 /* 2026-11-21 */

/* Names of versions that differ in case alone are one. */
static struct milestone_row *find(const struct milestones *milestones, struct slice title)
{
	struct buf alike = {0};
	text_fold(title, &alike);
	json_t *index = json_object_getn(milestones->index, alike.data, alike.n);
	buf_release(&alike);
	return index ? &milestones->rows[json_integer_value(index)] : NULL;
}

const struct milestone_row *milestones_find(const struct mapper *mapper, struct slice title)
{
	return find(&mapper->milestones, title);
}

/* @key is what the ids are made from; milestones keep their number when they are renamed. */
static void add(struct mapper *mapper, struct slice title, int64_t created_ms, json_t *listed,
                const char *key)
{
	struct milestones *milestones = &mapper->milestones;
	struct buf alike = {0};
	text_fold(title, &alike);
	json_object_setn_new(milestones->index, alike.data, alike.n,
	                     json_integer((json_int_t)milestones->n));
	buf_release(&alike);
	milestones->rows =
	        mem_grow(milestones->rows, (milestones->n + 1) * sizeof *milestones->rows);
	milestones->rows[milestones->n++] = (struct milestone_row){
	        .title = title,
	        .id = name_in(&mapper->space, "version", key),
	        .created_ms = created_ms,
	        .listed = listed,
	        .key = mem_string(slice_str(key)),
	};
}

static void collect_listed(struct mapper *mapper)
{
	const struct archive *archive = mapper->mapping->archive;
	json_t *item;
	size_t i;
	json_array_foreach(archive_array(archive->root, "milestones"), i, item)
	{
		struct slice title = archive_string(item, "title");
		json_int_t number = json_integer_value(json_object_get(item, "number"));
		int64_t ms = archive->timestamp_ms;
		struct buf key = {0};
		archive_time(item, "createdAt", &ms);
		if (number)
			buf_printf(&key, "%lld", (long long)number);
		else
			buf_printf(&key, "title/%.*s", (int)title.n, title.data);
		if (find(&mapper->milestones, title))
			mapper_list(mapper, "milestones", "of the same title as another one",
			            "archive", title);
		else
			add(mapper, title, ms < archive->timestamp_ms ? ms : archive->timestamp_ms,
			    item, buf_cstr(&key));
		buf_release(&key);
	}
}

/* An issue had the milestone @title at @ms. */
static void note_use(struct mapper *mapper, struct slice title, int64_t ms)
{
	int64_t made;
	if (!title.n)
		return;
	if (ms > mapper->mapping->archive->timestamp_ms)
		ms = mapper->mapping->archive->timestamp_ms;
	struct milestone_row *row = find(&mapper->milestones, title);
	if (!row) {
		struct buf key = {0};
		buf_printf(&key, "title/%.*s", (int)title.n, title.data);
		add(mapper, title, ms, NULL, buf_cstr(&key));
		buf_release(&key);
	} else if (ms < row->created_ms && !archive_time(row->listed, "createdAt", &made)) {
		row->created_ms = ms;
	}
}

static void collect_used(struct mapper *mapper, json_t *entries)
{
	json_t *entry, *event;
	size_t i, k;
	json_array_foreach(entries, i, entry)
	{
		int64_t created_ms = 0;
		archive_time(entry, "createdAt", &created_ms);
		note_use(mapper, archive_string(entry, "milestone"), created_ms);
		json_array_foreach(archive_array(entry, "timelineItems"), k, event)
		{
			int64_t ms = created_ms;
			archive_time(event, "createdAt", &ms);
			note_use(mapper, archive_string(event, "milestoneTitle"),
			         ms < created_ms ? created_ms : ms);
		}
	}
}

void milestones_collect(struct mapper *mapper)
{
	mapper->milestones.index = json_object();
	collect_listed(mapper);
	collect_used(mapper, mapper->mapping->archive->issues);
	collect_used(mapper, mapper->mapping->archive->pulls);
}

static void write_line(const struct mapper *mapper, struct json_out *json, const char *member,
                       struct slice text, const char *instead, const char *at)
{
	struct buf clean = {0};
	mapper_mend(mapper, text, false, at, &clean);
	struct slice line = mend_head(buf_slice(&clean), TEXT_LINE_MAX);
	if (line.n < clean.n)
		mapper_list(mapper, "milestones", "too long: cut", at, text);
	if (text_is_blank(line))
		json_out_member_str(json, member, instead);
	else
		json_out_member_string(json, member, line);
	buf_release(&clean);
}

static void write_day(struct json_out *json, const char *member, int64_t ms)
{
	char text[CLOCK_TEXT];
	clock_format(ms, text);
	json_out_member_string(json, member, slice_of(text, DAY_TEXT));
}

static void map_closing(struct mapper *mapper, const struct milestone_row *row, const char *at)
{
	int64_t ms;
	if (!slice_is(archive_string(row->listed, "state"), "CLOSED"))
		return;
	bool dated = archive_time(row->listed, "closedAt", &ms);
	if (!dated)
		mapper_list(mapper, "dates", "closed without closedAt: another is taken", at,
		            SLICE("updatedAt"));
	ms = mapper_when(mapper, row->listed, dated ? "closedAt" : "updatedAt", at);
	struct json_out *json = mapper_begin(mapper, "ReleaseVersion", row->key, ms, NULL, NULL);
	json_out_member_str(json, "project", mapper->mapping->project);
	json_out_member_uuid(json, "version_id", &row->id);
	write_day(json, "release_on", ms);
	plan_end(mapper->plan);
}

static void map_one(struct mapper *mapper, const struct milestone_row *row)
{
	char at[MAPPER_AT_BYTES];
	int64_t due_ms;
	snprintf(at, sizeof at, "milestone %.*s", (int)mend_head(row->title, 16).n,
	         row->title.data);
	mapper->created_ms = mapper->last_ms = row->created_ms;
	struct json_out *json =
	        mapper_begin(mapper, "AddVersion", row->key, row->created_ms, NULL, NULL);
	json_out_member_str(json, "project", mapper->mapping->project);
	json_out_member_uuid(json, "version_id", &row->id);
	write_line(mapper, json, "name", row->title, "(no title)", at);
	if (row->listed)
		write_line(mapper, json, "description", archive_string(row->listed, "description"),
		           "", at);
	if (archive_time(row->listed, "dueOn", &due_ms))
		write_day(json, "release_on", due_ms);
	plan_end(mapper->plan);
	if (row->listed)
		mapper_list_members(mapper, UNMAPPED_MILESTONE, row->listed, at);
	else
		mapper_list(mapper, "milestones",
		            "only issues name it: neither its dates nor its state are known", at,
		            row->title);
	map_closing(mapper, row, at);
}

void milestones_map(struct mapper *mapper)
{
	mapper->number = 0;
	for (size_t i = 0; i < mapper->milestones.n; i++)
		map_one(mapper, &mapper->milestones.rows[i]);
}

void milestones_release(struct milestones *milestones)
{
	for (size_t i = 0; i < milestones->n; i++)
		free(milestones->rows[i].key);
	free(milestones->rows);
	json_decref(milestones->index);
	*milestones = (struct milestones){0};
}
