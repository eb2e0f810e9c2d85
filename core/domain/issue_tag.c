#include "core/domain/issue_tag.h"

#include "core/domain/project.h"

bool issue_has_tag(const struct tenant_state *state, const struct uuid *issue, enum row_tag tag,
                   const struct uuid *id)
{
	struct row_key key = row_key_issue_tag(issue, tag, id);
	struct row_issue_tag row;

	return state->get(state, &key, &row);
}

static bool check_tag(struct judge *judge, const struct uuid *project, enum row_tag tag,
                      const struct uuid *id, const char *pointer)
{
	struct row_component component;
	struct row_version version;
	char room[UUID_TEXT];

	if (tag == ROW_TAG_COMPONENT)
		return find_component(judge, project, id, pointer, &component);
	if (!find_version(judge, project, id, pointer, &version))
		return false;
	if (version.status == PROJECT_VERSION_STATUS_ARCHIVED)
		return REFUSE(judge, REJECT_VERSION_ARCHIVED, pointer, uuid_slice(id, room),
		              SLICE(" is archived"));
	return true;
}

bool check_tags(struct judge *judge, const struct uuid *project, enum row_tag tag,
                struct uuid_array ids, const char *pointer)
{
	char room[TEXT_NUMBER_MAX];

	for (uint32_t i = 0; i < ids.n; i++)
		if (!check_tag(judge, project, tag, &ids.items[i], pointer))
			return false;
	if (ids.n > ISSUE_TAGS_MAX)
		return REFUSE(judge, REJECT_TOO_MANY, pointer, text_number(ids.n, room),
		              SLICE(" are named"));
	return true;
}

static void insert_id(struct uuid *sorted, uint32_t *n, const struct uuid *id)
{
	uint32_t at = *n;

	while (at && memcmp(&sorted[at - 1], id, sizeof(*id)) > 0)
		at--;
	if (at && uuid_equal(&sorted[at - 1], id))
		return;
	memmove(sorted + at + 1, sorted + at, (*n - at) * sizeof(*sorted));
	sorted[at] = *id;
	++*n;
}

struct uuid_array tags_select(struct judge *judge, const struct uuid *issue, enum row_tag tag,
                              struct uuid_array ids, bool present)
{
	struct uuid_array selected = {NULL, 0};

	if (!ids.n)
		return selected;
	struct uuid *sorted = emit_room(judge, ids.n * sizeof(*sorted));
	if (!sorted)
		return selected;
	for (uint32_t i = 0; i < ids.n; i++)
		if (!issue || issue_has_tag(judge->state, issue, tag, &ids.items[i]) == present)
			insert_id(sorted, &selected.n, &ids.items[i]);
	selected.items = sorted;
	return selected;
}

uint32_t count_tags(const struct tenant_state *state, const struct uuid *issue, enum row_tag tag)
{
	static const struct uuid nil;
	struct row_key key = row_key_issue_tag(issue, tag, &nil);
	const struct row_key first = key;
	struct row_issue_tag row;
	uint32_t n = 0;

	while (state->next(state, &key, false, &row) &&
	       memcmp(key.bytes, first.bytes, sizeof(*issue) + 1) == 0)
		n++;
	return n;
}

struct uuid_array tags_of(struct judge *judge, const struct uuid *issue, enum row_tag tag)
{
	static const struct uuid nil;
	struct row_key key = row_key_issue_tag(issue, tag, &nil);
	const size_t prefix = sizeof(*issue) + 1;
	struct uuid_array tags = {NULL, 0};
	uint32_t n = count_tags(judge->state, issue, tag);
	struct uuid *ids = n ? emit_room(judge, n * sizeof(*ids)) : NULL;
	struct row_issue_tag row;

	for (; ids && tags.n < n && judge->state->next(judge->state, &key, false, &row); tags.n++)
		memcpy(ids[tags.n].bytes, key.bytes + prefix, sizeof(nil.bytes));
	tags.items = ids;
	return tags;
}

/* What ChangeIssue... asks for, of one kind of tag. */
struct change {
	enum row_tag tag;
	struct uuid_array add, remove;
	const char *add_at, *remove_at;
};

static bool check_change(struct judge *judge, const struct row_issue *issue,
                         const struct change *change)
{
	char room[UUID_TEXT];

	if (!check_tags(judge, &issue->project_id, change->tag, change->add, change->add_at))
		return false;
	for (uint32_t i = 0; i < change->add.n; i++)
		for (uint32_t j = 0; j < change->remove.n; j++)
			if (uuid_equal(&change->add.items[i], &change->remove.items[j]))
				return REFUSE(judge, REJECT_BAD_CHANGE, change->remove_at,
				              uuid_slice(&change->add.items[i], room),
				              SLICE(" is put on and taken off at once"));
	return true;
}

static void emit_change(struct judge *judge, struct row_issue *issue, enum row_tag tag,
                        struct uuid_array added, struct uuid_array removed)
{
	if (tag == ROW_TAG_COMPONENT)
		emit_issue(judge, EVENT_ISSUE_COMPONENTS_CHANGED, issue)->issue_components_changed =
		        (struct issue_components_changed){added, removed};
	else
		emit_issue(judge, EVENT_ISSUE_VERSIONS_CHANGED, issue)->issue_versions_changed =
		        (struct issue_versions_changed){
		                .relation = tag == ROW_TAG_FIX ? VERSION_RELATION_FIX
		                                               : VERSION_RELATION_AFFECTS,
		                .added = added,
		                .removed = removed};
}

static struct uuid_array tags_without(struct judge *judge, struct uuid_array ids,
                                      struct uuid_array others)
{
	struct uuid *items = emit_room(judge, ids.n * sizeof(*items));
	struct uuid_array left = {items, 0};

	for (uint32_t i = 0; i < ids.n && items; i++) {
		bool there = false;
		for (uint32_t j = 0; j < others.n && !there; j++)
			there = uuid_equal(&ids.items[i], &others.items[j]);
		if (!there)
			items[left.n++] = ids.items[i];
	}
	return left;
}

void edit_tags(struct judge *judge, enum row_tag tag, struct uuid_array to, struct row_issue *issue)
{
	struct uuid_array from = tags_of(judge, &issue->id, tag);
	struct uuid_array added = tags_without(judge, to, from);
	struct uuid_array removed = tags_without(judge, from, to);

	if (added.n || removed.n)
		emit_change(judge, issue, tag, added, removed);
}

static void make_change(struct judge *judge, struct row_issue *issue, const struct change *change)
{
	struct uuid_array added = tags_select(judge, &issue->id, change->tag, change->add, false);
	struct uuid_array removed =
	        tags_select(judge, &issue->id, change->tag, change->remove, true);
	char room[TEXT_NUMBER_MAX];

	if (!added.n && !removed.n)
		return;
	uint32_t n = count_tags(judge->state, &issue->id, change->tag) + added.n - removed.n;
	if (n > ISSUE_TAGS_MAX)
		REFUSE(judge, REJECT_TOO_MANY, change->add_at, SLICE("the issue would have "),
		       text_number(n, room));
	else
		emit_change(judge, issue, change->tag, added, removed);
}

void decide_change_issue_components(struct judge *judge,
                                    const struct change_issue_components *command)
{
	const struct change change = {ROW_TAG_COMPONENT, command->add, command->remove, "/add",
	                              "/remove"};
	struct row_issue issue;

	if (find_subject(judge, command->issue, command->has_expected_version,
	                 command->expected_version, &issue) &&
	    check_change(judge, &issue, &change))
		make_change(judge, &issue, &change);
}

void decide_change_issue_versions(struct judge *judge, const struct change_issue_versions *command)
{
	const struct change fix = {ROW_TAG_FIX, command->add_fix, command->remove_fix, "/add_fix",
	                           "/remove_fix"};
	const struct change affects = {ROW_TAG_AFFECTS, command->add_affects,
	                               command->remove_affects, "/add_affects", "/remove_affects"};
	struct row_issue issue;

	if (!find_subject(judge, command->issue, command->has_expected_version,
	                  command->expected_version, &issue) ||
	    !check_change(judge, &issue, &fix) || !check_change(judge, &issue, &affects))
		return;
	make_change(judge, &issue, &fix);
	if (judge->decision->reject == REJECT_NONE)
		make_change(judge, &issue, &affects);
}

static struct uuid_array one_id(struct judge *judge, const struct uuid *id)
{
	struct uuid_array ids = {NULL, 0};
	struct uuid *room = id ? emit_room(judge, sizeof(*room)) : NULL;

	if (room) {
		*room = *id;
		ids = (struct uuid_array){room, 1};
	}
	return ids;
}

static void replace_tag(struct judge *judge, struct row_issue *issue, enum row_tag tag,
                        const struct uuid *from, const struct uuid *to)
{
	bool has_it = to && issue_has_tag(judge->state, &issue->id, tag, to);

	emit_change(judge, issue, tag, one_id(judge, has_it ? NULL : to), one_id(judge, from));
}

/* Issue by issue, and not tag by tag: the version of an issue that has both goes on. */
void replace_tags(struct judge *judge, const enum row_tag *tags, size_t tags_n,
                  const struct uuid *from, const struct uuid *to, bool open_only)
{
	static const struct uuid nil;
	struct row_key key = row_key_pair(ROW_TAGGED_ISSUE, from, &nil);
	struct row_tagged_issue row;
	struct row_issue issue;

	while (judge->decision->reject == REJECT_NONE &&
	       judge->state->next(judge->state, &key, false, &row) &&
	       memcmp(key.bytes, from->bytes, sizeof(*from)) == 0) {
		struct uuid id;
		memcpy(id.bytes, key.bytes + sizeof(*from), sizeof(id));
		bool found = read_issue(judge->state, &id, &issue);
		assert(found);
		(void)found;
		if (open_only && issue.resolution[0])
			continue;
		for (size_t i = 0; i < tags_n; i++)
			if (issue_has_tag(judge->state, &issue.id, tags[i], from))
				replace_tag(judge, &issue, tags[i], from, to);
	}
}

/* The row under the component or version counts the tags of the issue. */
static void count_tag(struct tenant_state *state, const struct uuid *id, enum row_tag tag,
                      const struct uuid *issue, int change)
{
	struct row_key key = row_key_pair(ROW_TAGGED_ISSUE, id, issue);
	struct row_tagged_issue row = {0};
	bool was_tagged = state->get(state, &key, &row);

	assert(change > 0 || row.tags > 0);
	row.tags = (uint8_t)(row.tags + change);
	if (row.tags)
		state->put(state, &key, &row);
	else
		state->del(state, &key);
	if (was_tagged != (row.tags > 0))
		project_part_count(state, id, tag, change);
}

void issue_add_tags(struct tenant_state *state, const struct uuid *issue, enum row_tag tag,
                    struct uuid_array ids)
{
	static const struct row_issue_tag row;

	for (uint32_t i = 0; i < ids.n; i++) {
		struct row_key key = row_key_issue_tag(issue, tag, &ids.items[i]);
		state->put(state, &key, &row);
		count_tag(state, &ids.items[i], tag, issue, 1);
	}
}

void issue_remove_tags(struct tenant_state *state, const struct uuid *issue, enum row_tag tag,
                       struct uuid_array ids)
{
	for (uint32_t i = 0; i < ids.n; i++) {
		struct row_key key = row_key_issue_tag(issue, tag, &ids.items[i]);
		state->del(state, &key);
		count_tag(state, &ids.items[i], tag, issue, -1);
	}
}

void evolve_issue_components_changed(struct tenant_state *state, const struct event_meta *meta,
                                     const struct issue_components_changed *event)
{
	struct row_issue issue = load_field(state, meta, ISSUE_FIELD_COMPONENTS);

	issue_add_tags(state, &issue.id, ROW_TAG_COMPONENT, event->added);
	issue_remove_tags(state, &issue.id, ROW_TAG_COMPONENT, event->removed);
	save_issue(state, &issue);
}

void evolve_issue_versions_changed(struct tenant_state *state, const struct event_meta *meta,
                                   const struct issue_versions_changed *event)
{
	bool fix = event->relation == VERSION_RELATION_FIX;
	struct row_issue issue = load_field(
	        state, meta, fix ? ISSUE_FIELD_FIX_VERSIONS : ISSUE_FIELD_AFFECTS_VERSIONS);
	enum row_tag tag = fix ? ROW_TAG_FIX : ROW_TAG_AFFECTS;

	issue_add_tags(state, &issue.id, tag, event->added);
	issue_remove_tags(state, &issue.id, tag, event->removed);
	save_issue(state, &issue);
}
