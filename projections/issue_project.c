/* The projects of the issue view, with their components and versions, and which issues have them.
 * Their rows count these issues, so that a list is read without going through them. */
#include "core/domain/classic.h"
#include "projections/issue_inside.h"

enum { ID_BYTES = 16 };

static enum status damaged(const struct issue_applying *a, const char *what)
{
	return error_set(a->err, STATUS_INVALID, "a %s that is not there", what);
}

/* Every key that the project has had goes on naming it. */
static void put_project(const struct issue_applying *a, const struct project_row *project)
{
	struct buf *key = &a->view->key, *row = &a->view->value;
	project_row_pack(project, row);
	key_tenant(key, a->tenant);
	buf_append_slice(key, project->key);
	issue_put(a, PROJECT_KEYS, slice_of(a->meta->aggregate.id.bytes, ID_BYTES));
	issue_key(key, a->tenant, &a->meta->aggregate.id);
	issue_put(a, PROJECTS, buf_slice(row));
}

/* @former: room for the keys that the project had. */
static void change_row(const struct issue_applying *a, const struct event *event,
                       struct project_row *project, struct buf *former)
{
	if (event->type == EVENT_PROJECT_KEY_CHANGED) {
		row_former_keys(former, project->former_keys, project->key,
		                event->project_key_changed.to);
		project->former_keys = buf_slice(former);
		project->key = event->project_key_changed.to;
	} else if (event->type == EVENT_PROJECT_RENAMED) {
		project->name = event->project_renamed.to;
	} else if (event->type == EVENT_PROJECT_DELETED) {
		project->deleted_seq = (uint64_t)a->meta->seq;
		issue_put_kept(a, PROJECT_DELETED, false);
	} else if (event->type == EVENT_LABEL_POLICY_CHANGED) {
		project->only_listed = event->label_policy_changed.to == LABEL_POLICY_LISTED;
	} else {
		issue_del_kept(a, PROJECT_DELETED, project->deleted_seq);
		project->deleted_seq = 0;
	}
}

static enum status change_project(const struct issue_applying *a, const struct event *event)
{
	/* What changes is written over the row that the others are read from. */
	struct buf before = {0}, former = {0};
	struct slice row;
	struct project_row project;
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	if (!kv_get(a->view->txn, PROJECTS, buf_slice(&a->view->key), &row))
		return damaged(a, "project");
	buf_append_slice(&before, row);
	bool found = project_row_unpack(buf_slice(&before), &project);
	if (found) {
		change_row(a, event, &project, &former);
		put_project(a, &project);
	}
	buf_release(&before);
	buf_release(&former);
	return found ? STATUS_OK : damaged(a, "project");
}

/* --- components --- */

static void part_key(const struct issue_applying *a, const struct uuid *project,
                     const struct uuid *id)
{
	issue_key(&a->view->key, a->tenant, project);
	row_uuid(&a->view->key, id);
}

static bool get_part(const struct issue_applying *a, uint32_t table, const struct uuid *project,
                     const struct uuid *id, struct slice *row)
{
	part_key(a, project, id);
	return kv_get(a->view->txn, table, buf_slice(&a->view->key), row);
}

static void put_component(const struct issue_applying *a, const struct uuid *project,
                          const struct uuid *id, const struct component_row *component)
{
	component_row_pack(component, &a->view->value);
	part_key(a, project, id);
	issue_put(a, COMPONENTS, buf_slice(&a->view->value));
}

static enum status get_component(const struct issue_applying *a, const struct uuid *project,
                                 const struct uuid *id, struct component_row *component)
{
	struct slice row;
	bool found =
	        get_part(a, COMPONENTS, project, id, &row) && component_row_unpack(row, component);
	return found ? STATUS_OK : damaged(a, "component");
}

static struct component_row component_of(const struct component *from, uint32_t issues)
{
	static const struct uuid nil;
	return (struct component_row){
	        .name = from->name,
	        .description = from->description,
	        .lead = from->has_lead ? from->lead : nil,
	        .default_assignee = from->has_default_assignee ? from->default_assignee : nil,
	        .issues = issues,
	};
}

/* Of a component or a version; it outlives them, for history goes on naming them. */
static void put_name(const struct issue_applying *a, const struct uuid *id, struct slice name)
{
	struct buf *row = &a->view->value;
	buf_clear(row);
	row_uuid(row, &a->meta->aggregate.id);
	row_string(row, name);
	issue_key(&a->view->key, a->tenant, id);
	issue_put(a, NAMES, buf_slice(row));
}

static void component_added(const struct issue_applying *a, const struct component_added *e)
{
	struct component_row component = component_of(&e->component, 0);
	put_name(a, &e->component_id, e->component.name);
	put_component(a, &a->meta->aggregate.id, &e->component_id, &component);
}

static enum status component_edited(const struct issue_applying *a,
                                    const struct component_edited *e)
{
	const struct uuid *project = &a->meta->aggregate.id;
	struct component_row component;
	if (get_component(a, project, &e->component_id, &component))
		return STATUS_INVALID;
	component = component_of(&e->after, component.issues);
	put_component(a, project, &e->component_id, &component);
	put_name(a, &e->component_id, e->after.name);
	return STATUS_OK;
}

static void del_part(const struct issue_applying *a, uint32_t table, const struct uuid *id)
{
	part_key(a, &a->meta->aggregate.id, id);
	kv_del(a->view->txn, table, buf_slice(&a->view->key));
}

/* --- versions --- */

static void put_version(const struct issue_applying *a, const struct uuid *project,
                        const struct uuid *id, const struct version_row *version)
{
	version_row_pack(version, &a->view->value);
	part_key(a, project, id);
	issue_put(a, VERSIONS, buf_slice(&a->view->value));
}

static enum status get_version(const struct issue_applying *a, const struct uuid *project,
                               const struct uuid *id, struct version_row *version)
{
	struct slice row;
	bool found = get_part(a, VERSIONS, project, id, &row) && version_row_unpack(row, version);
	return found ? STATUS_OK : damaged(a, "version");
}

static void set_version(struct version_row *version, const struct project_version *to)
{
	version->name = to->name;
	version->description = to->description;
	version->has_start_on = to->has_start_on;
	version->start_on = to->has_start_on ? to->start_on : 0;
	version->has_release_on = to->has_release_on;
	version->release_on = to->has_release_on ? to->release_on : 0;
}

static void version_added(const struct issue_applying *a, const struct version_added *e)
{
	struct version_row version = {.status = PROJECT_VERSION_STATUS_PLANNED,
	                              .place = (uint32_t)e->place};
	set_version(&version, &e->version);
	put_version(a, &a->meta->aggregate.id, &e->version_id, &version);
	put_name(a, &e->version_id, e->version.name);
}

static enum status change_version(const struct issue_applying *a, const struct uuid *id,
                                  const struct project_version *after,
                                  const struct version_status_changed *status)
{
	const struct uuid *project = &a->meta->aggregate.id;
	struct version_row version;
	if (get_version(a, project, id, &version))
		return STATUS_INVALID;
	if (after) {
		set_version(&version, after);
	} else {
		version.status = status->to;
		version.has_release_on = status->has_to_release_on;
		version.release_on = status->has_to_release_on ? status->to_release_on : 0;
	}
	put_version(a, project, id, &version);
	if (after)
		put_name(a, id, after->name);
	return STATUS_OK;
}

static bool next_version(const struct issue_applying *a, const struct uuid *after, struct uuid *id)
{
	const struct uuid *project = &a->meta->aggregate.id;
	struct slice key, value;
	struct kv_cursor *cursor = kv_cursor_open(a->view->txn, VERSIONS);
	issue_key(&a->view->key, a->tenant, project);
	size_t prefix_n = a->view->key.n;
	if (after)
		row_uuid(&a->view->key, after);
	bool more = kv_seek(cursor, buf_slice(&a->view->key), &key, &value);
	if (more && after && slice_equal(key, buf_slice(&a->view->key)))
		more = kv_next(cursor, &key, &value);
	more = more && key.n == prefix_n + ID_BYTES &&
	       memcmp(key.data, a->view->key.data, prefix_n) == 0;
	if (more)
		memcpy(id->bytes, key.data + prefix_n, ID_BYTES);
	kv_cursor_close(cursor);
	return more;
}

/* @id goes from place @from to @to (away, if @to is beyond all); those between make room. */
static enum status move_version(const struct issue_applying *a, const struct uuid *id,
                                uint32_t from, uint32_t to)
{
	struct uuid other, *after = NULL;
	for (; next_version(a, after, &other); after = &other) {
		struct version_row version;
		if (get_version(a, &a->meta->aggregate.id, &other, &version))
			return STATUS_INVALID;
		uint32_t place = version.place;
		if (uuid_equal(&other, id))
			place = to;
		else if (place > from && place <= to)
			place--;
		else if (place < from && place >= to)
			place++;
		if (place == version.place)
			continue;
		version.place = place;
		put_version(a, &a->meta->aggregate.id, &other, &version);
	}
	return STATUS_OK;
}

static enum status version_removed(const struct issue_applying *a, const struct version_removed *e)
{
	del_part(a, VERSIONS, &e->version_id);
	return move_version(a, &e->version_id, (uint32_t)e->place, UINT32_MAX);
}

/* --- statuses --- */

static void put_status(const struct issue_applying *a, struct slice id, struct slice name,
                       enum status_category category)
{
	struct buf *row = &a->view->value;
	buf_clear(row);
	row_u8(row, (uint8_t)category);
	row_string(row, name);
	issue_key(&a->view->key, a->tenant, &a->meta->aggregate.id);
	buf_append_slice(&a->view->key, id);
	issue_put(a, PROJECT_STATUSES, buf_slice(row));
}

static void project_created(const struct issue_applying *a, const struct project_created *e)
{
	struct project_row project = {.key = e->key, .name = e->name};
	put_project(a, &project);
	for (const struct classic_item *item = classic_items; item->id; item++)
		if (item->kind == ITEM_STATUS)
			put_status(a, slice_str(item->id), slice_str(item->name), item->category);
}

enum status issue_project_apply(const struct issue_applying *a, const struct event *event)
{
	const struct status_added *added = &event->status_added;
	const struct status_changed *changed = &event->status_changed;
	const struct field_folding fields = issue_field_folding(a);
	switch ((int)event->type) {
	case EVENT_PROJECT_CREATED:
		project_created(a, &event->project_created);
		return STATUS_OK;
	case EVENT_STATUS_ADDED:
		put_status(a, added->status, added->name, added->category);
		return STATUS_OK;
	case EVENT_STATUS_CHANGED:
		put_status(a, changed->status, changed->to_name, changed->to_category);
		return STATUS_OK;
	case EVENT_PROJECT_KEY_CHANGED:
	case EVENT_PROJECT_RENAMED:
	case EVENT_PROJECT_DELETED:
	case EVENT_PROJECT_RESTORED:
	case EVENT_LABEL_POLICY_CHANGED:
		return change_project(a, event);
	case EVENT_COMPONENT_ADDED:
		component_added(a, &event->component_added);
		return STATUS_OK;
	case EVENT_COMPONENT_EDITED:
		return component_edited(a, &event->component_edited);
	case EVENT_COMPONENT_REMOVED:
		del_part(a, COMPONENTS, &event->component_removed.component_id);
		return STATUS_OK;
	case EVENT_VERSION_ADDED:
		version_added(a, &event->version_added);
		return STATUS_OK;
	case EVENT_VERSION_EDITED:
		return change_version(a, &event->version_edited.version_id,
		                      &event->version_edited.after, NULL);
	case EVENT_VERSION_STATUS_CHANGED:
		return change_version(a, &event->version_status_changed.version_id, NULL,
		                      &event->version_status_changed);
	case EVENT_VERSION_MOVED:
		return move_version(a, &event->version_moved.version_id,
		                    (uint32_t)event->version_moved.from,
		                    (uint32_t)event->version_moved.to);
	case EVENT_VERSION_REMOVED:
		return version_removed(a, &event->version_removed);
	case EVENT_LABEL_ADDED:
	case EVENT_LABEL_EDITED:
	case EVENT_LABEL_REMOVED:
		return issue_listed_apply(a, event);
	case EVENT_FIELD_ADDED:
	case EVENT_FIELD_EDITED:
	case EVENT_FIELD_REMOVED:
	case EVENT_FIELD_OPTION_ADDED:
	case EVENT_FIELD_OPTION_EDITED:
	case EVENT_FIELD_OPTION_REMOVED:
		return field_rows_apply(&fields, event);
	default:
		return STATUS_OK; /* ignored by ISSUE_ANSWERS */
	}
}

/* --- which issues have them --- */

static enum status count_issue(const struct issue_applying *a, const struct uuid *project,
                               enum issue_tag tag, const struct uuid *id, int change)
{
	struct component_row component;
	struct version_row version;
	if (tag == TAG_COMPONENT) {
		if (get_component(a, project, id, &component))
			return STATUS_INVALID;
		component.issues += (uint32_t)change;
		put_component(a, project, id, &component);
		return STATUS_OK;
	}
	if (get_version(a, project, id, &version))
		return STATUS_INVALID;
	*(tag == TAG_FIX ? &version.fixed : &version.affecting) += (uint32_t)change;
	put_version(a, project, id, &version);
	return STATUS_OK;
}

/* @counted: the issue is not deleted. */
static enum status set_tags(const struct issue_applying *a, const struct uuid *project,
                            enum issue_tag tag, struct uuid_array ids, bool has, bool counted)
{
	struct buf *key = &a->view->key;
	for (uint32_t i = 0; i < ids.n; i++) {
		issue_key(key, a->tenant, &a->meta->aggregate.id);
		row_u8(key, (uint8_t)tag);
		row_uuid(key, &ids.items[i]);
		if (has)
			issue_put(a, TAGS, SLICE(""));
		else
			kv_del(a->view->txn, TAGS, buf_slice(key));
		if (counted && count_issue(a, project, tag, &ids.items[i], has ? 1 : -1))
			return STATUS_INVALID;
	}
	return STATUS_OK;
}

static bool next_tag(const struct issue_applying *a, enum issue_tag *tag, struct uuid *id,
                     bool first)
{
	struct buf *at = &a->view->key;
	struct slice key, value;
	issue_key(at, a->tenant, &a->meta->aggregate.id);
	size_t prefix_n = at->n;
	if (!first) {
		row_u8(at, (uint8_t)*tag);
		row_uuid(at, id);
	}
	struct kv_cursor *cursor = kv_cursor_open(a->view->txn, TAGS);
	bool more = kv_seek(cursor, buf_slice(at), &key, &value);
	if (more && !first && slice_equal(key, buf_slice(at)))
		more = kv_next(cursor, &key, &value);
	more = more && key.n == prefix_n + 1 + ID_BYTES &&
	       memcmp(key.data, at->data, prefix_n) == 0;
	if (more) {
		*tag = (enum issue_tag)(uint8_t)key.data[prefix_n];
		memcpy(id->bytes, key.data + prefix_n + 1, ID_BYTES);
	}
	kv_cursor_close(cursor);
	return more;
}

/* A deleted issue is not counted, until it is restored. */
static enum status count_tags(const struct issue_applying *a, const struct uuid *project,
                              int change)
{
	enum issue_tag tag = TAG_COMPONENT;
	struct uuid id;
	for (bool first = true; next_tag(a, &tag, &id, first); first = false)
		if (count_issue(a, project, tag, &id, change))
			return STATUS_INVALID;
	return STATUS_OK;
}

enum status issue_tags_apply(const struct issue_applying *a, const struct event *event,
                             const struct uuid *project, bool seen)
{
	const struct issue_created *created = &event->issue_created;
	const struct issue_components_changed *components = &event->issue_components_changed;
	const struct issue_versions_changed *versions = &event->issue_versions_changed;
	const struct issue_moved *moved = &event->issue_moved;
	enum status status = STATUS_OK;
	if (event->type == EVENT_ISSUE_CREATED) {
		status = set_tags(a, project, TAG_COMPONENT, created->components, true, seen);
		if (!status)
			status = set_tags(a, project, TAG_FIX, created->fix_versions, true, seen);
		if (!status)
			status = set_tags(a, project, TAG_AFFECTS, created->affects_versions, true,
			                  seen);
	} else if (event->type == EVENT_ISSUE_COMPONENTS_CHANGED) {
		status = set_tags(a, project, TAG_COMPONENT, components->removed, false, seen);
		if (!status)
			status = set_tags(a, project, TAG_COMPONENT, components->added, true, seen);
	} else if (event->type == EVENT_ISSUE_VERSIONS_CHANGED) {
		enum issue_tag tag =
		        versions->relation == VERSION_RELATION_FIX ? TAG_FIX : TAG_AFFECTS;
		status = set_tags(a, project, tag, versions->removed, false, seen);
		if (!status)
			status = set_tags(a, project, tag, versions->added, true, seen);
	} else if (event->type == EVENT_ISSUE_MOVED) {
		status = set_tags(a, project, TAG_COMPONENT, moved->components, false, seen);
		if (!status)
			status = set_tags(a, project, TAG_FIX, moved->fix_versions, false, seen);
		if (!status)
			status = set_tags(a, project, TAG_AFFECTS, moved->affects_versions, false,
			                  seen);
	} else if (event->type == EVENT_ISSUE_DELETED) {
		status = count_tags(a, project, -1);
	} else if (event->type == EVENT_ISSUE_RESTORED) {
		status = count_tags(a, project, 1);
	}
	return status;
}
