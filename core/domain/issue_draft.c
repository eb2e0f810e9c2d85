#include "core/domain/issue_draft.h"

#include "core/base/date.h"
#include "core/domain/called.h"
#include "core/domain/label.h"
#include "core/domain/workflow.h"

void draft_begin(struct judge *judge, const struct row_issue *before, const struct row_item *type,
                 const struct row_project *project, struct issue_draft *out)
{
	memset(out, 0, sizeof(*out));
	out->judge = judge;
	out->before = before;
	out->type = *type;
	out->project = *project;
	if (before)
		out->issue = *before;
}

/* --- one value --- */

static bool refuse_value(struct issue_draft *draft, const char *pointer, struct slice value,
                         const char *form)
{
	char shown[REFUSAL_POINTER_MAX] = "";

	text_add(shown, sizeof(shown), value);
	return REFUSE(draft->judge, REJECT_BAD_FIELD_VALUE, pointer, SLICE("\""), slice_str(shown),
	              SLICE("\" is not "), slice_str(form));
}

/* One day, or none: @value is NULL. */
static bool set_day(struct issue_draft *draft, enum issue_field field, const struct slice *value,
                    const char *pointer)
{
	bool due = field == ISSUE_FIELD_DUE_ON;
	int32_t days = 0;

	if (value && !date_parse(*value, &days))
		return refuse_value(draft, pointer, *value, "a day: YYYY-MM-DD");
	if (value && !check_date(draft->judge, days, pointer))
		return false;
	*(due ? &draft->issue.has_due_on : &draft->issue.has_start_on) = value != NULL;
	*(due ? &draft->issue.due_on : &draft->issue.start_on) = days;
	return true;
}

static bool parse_minutes(struct slice text, int32_t *minutes)
{
	int32_t n = 0;

	if (!text.n || text.n > 8)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		n = n * 10 + (text.data[i] - '0');
	}
	*minutes = n;
	return true;
}

/* An estimate that is given where nothing remains yet is what remains, as in EditIssue. */
static bool set_minutes(struct issue_draft *draft, enum issue_field field,
                        const struct slice *value, const char *pointer)
{
	struct row_issue *issue = &draft->issue;
	int32_t minutes = 0;

	if (value && !parse_minutes(*value, &minutes))
		return refuse_value(draft, pointer, *value, "whole minutes");
	if (value && !check_estimate(draft->judge, minutes, pointer))
		return false;
	if (field == ISSUE_FIELD_REMAINING) {
		issue->has_remaining = value != NULL;
		issue->remaining = minutes;
		return true;
	}
	if (value && !issue->has_remaining) {
		issue->has_remaining = true;
		issue->remaining = issue->spent < minutes ? minutes - (int32_t)issue->spent : 0;
	}
	issue->has_estimate = value != NULL;
	issue->estimate = minutes;
	return true;
}

static bool set_member(struct issue_draft *draft, const struct slice *value, const char *pointer)
{
	struct uuid member;

	if (value && !uuid_parse(*value, &member))
		return refuse_value(draft, pointer, *value, "a member's id");
	if (value && !uuid_equal(&member, &draft->issue.assignee) &&
	    !check_assignee(draft->judge, &draft->project, &draft->issue, &member))
		return refuse_at(draft->judge, pointer);
	draft_assign(draft, value ? &member : NULL);
	return true;
}

static bool set_reporter(struct issue_draft *draft, struct slice value, const char *pointer)
{
	struct uuid member;

	if (!uuid_parse(value, &member))
		return refuse_value(draft, pointer, value, "a member's id");
	if (!uuid_equal(&member, &draft->issue.reporter) &&
	    !check_reporter(draft->judge, &draft->project, &member, pointer))
		return false;
	draft->issue.reporter = member;
	return true;
}

void draft_assign(struct issue_draft *draft, const struct uuid *member)
{
	memset(&draft->issue.assignee, 0, sizeof(draft->issue.assignee));
	if (member)
		draft->issue.assignee = *member;
}

static bool set_parent(struct issue_draft *draft, const struct slice *value, const char *pointer)
{
	struct row_issue parent;
	char room[CALLED_MAX];

	if (!value && type_needs_parent(&draft->type))
		return REFUSE(draft->judge, REJECT_PARENT_NEEDED, pointer,
		              item_called(&draft->type, room), SLICE(" needs a parent"));
	memset(&parent.id, 0, sizeof(parent.id));
	if (value &&
	    (!find_open_issue(draft->judge, *value, pointer, &parent) ||
	     (!uuid_equal(&parent.id, &draft->issue.parent) &&
	      !check_adoption(draft->judge, &draft->issue.project_id, &parent)) ||
	     !check_parent(draft->judge, &draft->issue.id, &draft->type, &parent, pointer)))
		return false;
	draft->issue.parent = parent.id;
	return true;
}

static bool set_priority(struct issue_draft *draft, struct slice value, const char *pointer)
{
	struct row_item item;

	if (!slice_equal(value, PADDED(draft->issue.priority)) &&
	    !choose_item(draft->judge, &draft->issue.project_id, ITEM_PRIORITY, value, pointer,
	                 &item))
		return false;
	PADDED_SET(draft->issue.priority, value);
	return true;
}

static bool set_resolution(struct issue_draft *draft, struct slice value, const char *pointer)
{
	struct row_item item;

	if (!choose_item(draft->judge, &draft->issue.project_id, ITEM_RESOLUTION, value, pointer,
	                 &item))
		return false;
	PADDED_SET(draft->issue.resolution, value);
	return true;
}

static bool set_text(struct issue_draft *draft, enum issue_field field, struct slice value,
                     const char *pointer)
{
	bool summary = field == ISSUE_FIELD_SUMMARY;

	if (!(summary ? check_line(draft->judge, value, pointer)
	              : check_body(draft->judge, value, pointer)))
		return false;
	*(summary ? &draft->has_summary : &draft->has_description) = true;
	*(summary ? &draft->summary : &draft->description) = value;
	if (!summary)
		issue_set_description(&draft->issue, value, 0);
	return true;
}

/* --- several values --- */

static bool set_labels(struct issue_draft *draft, struct slice_array values, const char *pointer)
{
	for (uint32_t i = 0; i < values.n; i++)
		if (!check_labels(draft->judge, (struct slice_array){&values.items[i], 1},
		                  place_of(pointer, i, "").text))
			return false;
	if (!check_labels(draft->judge, values, pointer))
		return false;
	if (!check_labels_listed(draft->judge, &draft->project, draft->before, values, pointer))
		return false;
	draft->labels = labels_select(draft->judge, NULL, values, false);
	draft->has_labels = true;
	draft->issue.labels = draft->labels.n;
	return draft->judge->decision->reject == REJECT_NONE;
}

static enum row_tag tag_of(enum issue_field field)
{
	return field == ISSUE_FIELD_COMPONENTS     ? ROW_TAG_COMPONENT
	       : field == ISSUE_FIELD_FIX_VERSIONS ? ROW_TAG_FIX
	                                           : ROW_TAG_AFFECTS;
}

/* Those that the issue has may stay: an archived version is not chosen again by being named. */
static bool check_new_tags(struct issue_draft *draft, enum row_tag tag, struct uuid_array ids,
                           const char *pointer)
{
	char room[TEXT_NUMBER_MAX];

	for (uint32_t i = 0; i < ids.n; i++) {
		struct uuid_array one = {&ids.items[i], 1};
		if ((!draft->before ||
		     !issue_has_tag(draft->judge->state, &draft->issue.id, tag, &ids.items[i])) &&
		    !check_tags(draft->judge, &draft->issue.project_id, tag, one,
		                place_of(pointer, i, "").text))
			return false;
	}
	return ids.n <= ISSUE_TAGS_MAX || REFUSE(draft->judge, REJECT_TOO_MANY, pointer,
	                                         text_number(ids.n, room), SLICE(" are named"));
}

static bool set_tags(struct issue_draft *draft, enum issue_field field, struct slice_array values,
                     const char *pointer)
{
	enum row_tag tag = tag_of(field);
	struct uuid *ids = emit_room(draft->judge, values.n * sizeof(*ids));

	for (uint32_t i = 0; i < values.n && ids; i++)
		if (!uuid_parse(values.items[i], &ids[i]))
			return refuse_value(draft, place_of(pointer, i, "").text, values.items[i],
			                    tag == ROW_TAG_COMPONENT ? "a component's id"
			                                             : "a version's id");
	if (!ids || !check_new_tags(draft, tag, (struct uuid_array){ids, values.n}, pointer))
		return false;
	draft->tags[tag] =
	        tags_select(draft->judge, NULL, tag, (struct uuid_array){ids, values.n}, false);
	draft->has_tags[tag] = true;
	return draft->judge->decision->reject == REJECT_NONE;
}

/* --- custom fields --- */

/* It has pointed into the wishes, /fields/3/values/0, which nobody sees. */
static bool point_out_of_wishes(struct judge *judge, const char *pointer)
{
	char to[REFUSAL_POINTER_MAX] = "";
	const char *at = judge->decision->pointer + strlen("/fields");

	if (*at)
		at = strchr(at + 1, '/');
	text_add(to, sizeof(to), slice_str(pointer));
	text_add(to, sizeof(to), slice_str(at && *at ? at : "/values"));
	return refuse_at(judge, to);
}

static bool plan_wishes(struct issue_draft *draft, const char *pointer)
{
	struct judge *judge = draft->judge;
	bool good = draft->before ? plan_fields(judge, draft->before, draft->wishes, "/fields",
	                                        &draft->changes)
	                          : plan_new_fields(judge, &draft->issue.project_id, &draft->type,
	                                            draft->wishes, &draft->changes);

	return good || judge->decision->reject == REJECT_TOO_LARGE ||
	       point_out_of_wishes(judge, pointer);
}

static bool set_custom(struct issue_draft *draft, const struct row_field *field,
                       struct slice_array values, const char *pointer)
{
	uint32_t n = draft->wishes.n, at = 0;
	struct field_value *items = emit_room(draft->judge, (n + 1) * sizeof(*items));

	if (!items)
		return false;
	for (uint32_t i = 0; i < n; i++)
		items[i] = draft->wishes.items[i];
	while (at < n && !slice_equal(items[at].field, PADDED(field->id)))
		at++;
	items[at] = (struct field_value){emit_copy(draft->judge, PADDED(field->id)), values};
	draft->wishes = (struct field_value_array){items, at == n ? n + 1 : n};
	return plan_wishes(draft, pointer);
}

/* --- any --- */

static bool check_count(struct issue_draft *draft, const struct any_field *field, uint32_t n,
                        const char *pointer)
{
	if (!any_field_can_be_set(field) || (!n && !any_field_can_be_empty(field)))
		return REFUSE(draft->judge, REJECT_BAD_CLEAR, pointer, SLICE("cannot be emptied"));
	if (n > 1 && !any_field_has_several(field))
		return REFUSE(draft->judge, REJECT_TOO_MANY, pointer, SLICE("has at most 1 value"));
	return true;
}

/* One value, or none. */
static bool set_one(struct issue_draft *draft, enum issue_field field, const struct slice *value,
                    const char *pointer)
{
	switch ((int)field) {
	case ISSUE_FIELD_SUMMARY:
	case ISSUE_FIELD_DESCRIPTION:
		return set_text(draft, field, value ? *value : SLICE(""), pointer);
	case ISSUE_FIELD_PRIORITY:
		return set_priority(draft, *value, pointer);
	case ISSUE_FIELD_RESOLUTION:
		return set_resolution(draft, *value, pointer);
	case ISSUE_FIELD_DUE_ON:
	case ISSUE_FIELD_START_ON:
		return set_day(draft, field, value, pointer);
	case ISSUE_FIELD_ESTIMATE:
	case ISSUE_FIELD_REMAINING:
		return set_minutes(draft, field, value, pointer);
	case ISSUE_FIELD_PARENT:
		return set_parent(draft, value, pointer);
	case ISSUE_FIELD_REPORTER:
		return set_reporter(draft, *value, pointer);
	default:
		return set_member(draft, value, pointer);
	}
}

static bool set_system(struct issue_draft *draft, const struct any_field *field,
                       struct slice_array values, const char *pointer)
{
	const struct slice *one = values.n ? &values.items[0] : NULL;

	if (!check_count(draft, field, values.n, pointer))
		return false;
	if (field->field == ISSUE_FIELD_LABELS)
		return set_labels(draft, values, pointer);
	if (any_field_has_several(field))
		return set_tags(draft, field->field, values, pointer);
	return set_one(draft, field->field, one, one ? place_of(pointer, 0, "").text : pointer);
}

bool draft_set(struct issue_draft *draft, const struct any_field *field, struct slice_array values,
               const char *pointer)
{
	char at[REFUSAL_POINTER_MAX] = "", head[CALLED_MAX] = "";

	if (field->field == ISSUE_FIELD_UNKNOWN)
		return set_custom(draft, &field->custom, values, pointer);
	text_add(at, sizeof(at), slice_str(pointer));
	text_add(at, sizeof(at), SLICE("/values"));
	if (set_system(draft, field, values, at))
		return true;
	text_add(head, sizeof(head), any_field_name(field));
	text_add(head, sizeof(head), SLICE(": "));
	return refuse_for(draft->judge, slice_str(head));
}

bool draft_check(const struct issue_draft *draft, const char *pointer)
{
	const struct row_issue *issue = &draft->issue;

	return check_start(draft->judge, issue->has_start_on, issue->start_on, issue->has_due_on,
	                   issue->due_on, pointer);
}

/* --- reading --- */

static struct slice_array one_value(struct judge *judge, struct slice text)
{
	struct slice *items = emit_room(judge, sizeof(*items));

	if (!items)
		return (struct slice_array){NULL, 0};
	*items = emit_copy(judge, text);
	return (struct slice_array){items, 1};
}

static struct slice_array no_values(void)
{
	return (struct slice_array){NULL, 0};
}

static struct slice_array custom_values(const struct issue_draft *draft, struct slice field)
{
	struct row_field_value value;

	for (uint32_t i = 0; i < draft->changes.n; i++)
		if (slice_equal(draft->changes.items[i].field, field))
			return draft->changes.items[i].to;
	if (!draft->before ||
	    !read_shown_value(draft->judge->state, &draft->issue, &draft->type, field, &value))
		return no_values();
	return unpack_values(draft->judge, slice_of(value.packed, value.n));
}

static struct slice_array day_value(const struct issue_draft *draft, bool has, int32_t days)
{
	char text[DATE_TEXT];

	if (!has)
		return no_values();
	date_format(days, text);
	return one_value(draft->judge, slice_of(text, sizeof(text)));
}

static struct slice_array minutes_value(const struct issue_draft *draft, bool has, int32_t minutes)
{
	char room[TEXT_NUMBER_MAX];

	return has ? one_value(draft->judge, text_number((uint64_t)minutes, room)) : no_values();
}

static struct slice_array summary_value(const struct issue_draft *draft)
{
	struct row_key key = row_key_summary(&draft->issue.id);
	struct row_summary row;

	if (draft->has_summary)
		return one_value(draft->judge, draft->summary);
	bool found = draft->judge->state->get(draft->judge->state, &key, &row);
	assert(found);
	(void)found;
	return one_value(draft->judge, slice_of(row.text, row.n));
}

struct slice_array draft_values(const struct issue_draft *draft, const struct any_field *field)
{
	const struct row_issue *issue = &draft->issue;
	char room[UUID_TEXT];

	switch ((int)field->field) {
	case ISSUE_FIELD_UNKNOWN:
		return custom_values(draft, PADDED(field->custom.id));
	case ISSUE_FIELD_SUMMARY:
		return summary_value(draft);
	case ISSUE_FIELD_DUE_ON:
		return day_value(draft, issue->has_due_on, issue->due_on);
	case ISSUE_FIELD_START_ON:
		return day_value(draft, issue->has_start_on, issue->start_on);
	case ISSUE_FIELD_ESTIMATE:
		return minutes_value(draft, issue->has_estimate, issue->estimate);
	case ISSUE_FIELD_REMAINING:
		return minutes_value(draft, issue->has_remaining, issue->remaining);
	case ISSUE_FIELD_ASSIGNEE:
		return uuid_is_nil(&issue->assignee)
		               ? no_values()
		               : one_value(draft->judge, uuid_slice(&issue->assignee, room));
	case ISSUE_FIELD_REPORTER:
		return one_value(draft->judge, uuid_slice(&issue->reporter, room));
	case ISSUE_FIELD_LABELS:
		return draft->has_labels ? draft->labels : labels_of(draft->judge, issue);
	default:
		return no_values();
	}
}

/* --- events --- */

static struct slice_array labels_without(struct judge *judge, struct slice_array labels,
                                         struct slice_array others)
{
	struct slice *items = emit_room(judge, labels.n * sizeof(*items));
	struct slice_array left = {items, 0};

	for (uint32_t i = 0; i < labels.n && items; i++) {
		bool there = false;
		for (uint32_t j = 0; j < others.n && !there; j++)
			there = slice_equal(labels.items[i], others.items[j]);
		if (!there)
			items[left.n++] = labels.items[i];
	}
	return left;
}

static void emit_labels(const struct issue_draft *draft, struct row_issue *issue)
{
	struct slice_array before = labels_of(draft->judge, issue);
	struct slice_array added = labels_without(draft->judge, draft->labels, before);
	struct slice_array removed = labels_without(draft->judge, before, draft->labels);

	if (added.n || removed.n)
		emit_issue(draft->judge, EVENT_ISSUE_LABELS_CHANGED, issue)->issue_labels_changed =
		        (struct issue_labels_changed){added, removed};
}

void draft_emit(const struct issue_draft *draft, struct row_issue *issue)
{
	struct judge *judge = draft->judge;

	if (draft->has_summary)
		edit_summary(judge, draft->summary, issue);
	if (draft->has_description)
		edit_description(judge, draft->description, issue);
	edit_priority(judge, emit_copy(judge, PADDED(draft->issue.priority)), issue);
	edit_plan_to(judge, &draft->issue, issue);
	edit_parent(judge, &draft->issue.parent, issue);
	edit_assignee(judge, &draft->issue.assignee, issue);
	edit_reporter(judge, &draft->issue.reporter, issue);
	if (draft->has_labels)
		emit_labels(draft, issue);
	for (int tag = 0; tag < ROW_TAGS; tag++)
		if (draft->has_tags[tag])
			edit_tags(judge, (enum row_tag)tag, draft->tags[tag], issue);
	emit_field_changes(judge, draft->changes, issue);
}

const struct uuid *draft_component_assignee(const struct issue_draft *draft, struct uuid *room)
{
	struct judge *judge = draft->judge;
	struct uuid_array components =
	        draft->has_tags[ROW_TAG_COMPONENT]
	                ? draft->tags[ROW_TAG_COMPONENT]
	                : tags_of(judge, &draft->issue.id, ROW_TAG_COMPONENT);
	struct row_component component;

	for (uint32_t i = 0; i < components.n; i++) {
		struct row_key key = row_key_component(&components.items[i]);
		bool found = judge->state->get(judge->state, &key, &component);
		assert(found);
		(void)found;
		if (uuid_is_nil(&component.default_assignee) ||
		    !can_be_assigned(judge, &draft->project, &draft->issue,
		                     &component.default_assignee))
			continue;
		*room = component.default_assignee;
		return room;
	}
	return NULL;
}
