/* Keys are built so that memcmp is the order that next must give: ids are fixed in length, texts
 * come last or are followed by a zero byte, which no text has. */
#include "core/domain/tenant_state.h"

struct row_shape {
	const char *name;
	size_t size;
};

#define ROW_SHAPE(KIND, kind, key) [ROW_##KIND] = {#kind, sizeof(struct row_##kind)},
static const struct row_shape row_shapes[ROW_KINDS] = {ROW_TABLE(ROW_SHAPE)};
#undef ROW_SHAPE

size_t row_size(enum row_kind kind)
{
	assert(kind < ROW_KINDS);
	return row_shapes[kind].size;
}

size_t row_stored_size(enum row_kind kind, const void *row)
{
	const struct row_summary *summary = row;
	const struct row_organization_name *name = row;
	const struct row_workflow *workflow = row;
	const struct row_permission_scheme *scheme = row;
	const struct row_board *board = row;
	const struct row_field_texts *texts = row;
	const struct row_field_value *value = row;
	const struct row_project_label *label = row;

	if (kind == ROW_ORGANIZATION_NAME) {
		assert(name->n <= SUMMARY_MAX);
		return offsetof(struct row_organization_name, text) + name->n;
	}
	if (kind == ROW_SUMMARY) {
		assert(summary->n <= SUMMARY_MAX);
		return offsetof(struct row_summary, text) + summary->n;
	}
	if (kind == ROW_PERMISSION_SCHEME) {
		assert(scheme->grants_n <= SCHEME_GRANTS_MAX);
		return offsetof(struct row_permission_scheme, grants) +
		       scheme->grants_n * sizeof(scheme->grants[0]);
	}
	if (kind == ROW_WORKFLOW) {
		assert(workflow->n <= WORKFLOW_BYTES_MAX);
		return offsetof(struct row_workflow, bytes) + workflow->n;
	}
	if (kind == ROW_BOARD) {
		assert(board->n <= BOARD_BYTES_MAX);
		return offsetof(struct row_board, bytes) + board->n;
	}
	if (kind == ROW_FIELD_TEXTS) {
		size_t n = (size_t)texts->name_n + texts->description_n + texts->default_n;
		assert(n <= sizeof(texts->text));
		return offsetof(struct row_field_texts, text) + n;
	}
	if (kind == ROW_FIELD_VALUE) {
		assert(value->n <= FIELD_BYTES_MAX);
		return offsetof(struct row_field_value, packed) + value->n;
	}
	if (kind == ROW_PROJECT_LABEL) {
		assert(label->n <= SUMMARY_MAX);
		return offsetof(struct row_project_label, description) + label->n;
	}
	return row_size(kind);
}

const char *row_kind_name(enum row_kind kind)
{
	assert(kind < ROW_KINDS);
	return row_shapes[kind].name;
}

int row_key_compare(const struct row_key *a, const struct row_key *b)
{
	return slice_compare(slice_of(a->bytes, a->n), slice_of(b->bytes, b->n));
}

static struct row_key key_begin(enum row_kind kind)
{
	struct row_key key;

	/* The room behind n is never looked at and not worth clearing. */
	key.kind = kind;
	key.n = 0;
	return key;
}

static void key_add(struct row_key *key, const void *data, size_t n)
{
	assert(n <= ROW_KEY_MAX - (size_t)key->n);
	if (n)
		memcpy(key->bytes + key->n, data, n);
	key->n = (uint16_t)(key->n + n);
}

static void key_add_uuid(struct row_key *key, const struct uuid *uuid)
{
	key_add(key, uuid->bytes, sizeof(uuid->bytes));
}

static struct row_key key_of_uuid(enum row_kind kind, const struct uuid *uuid)
{
	struct row_key key = key_begin(kind);

	key_add_uuid(&key, uuid);
	return key;
}

struct row_key row_key_first(enum row_kind kind)
{
	return key_begin(kind);
}

struct row_key row_key_last(enum row_kind kind)
{
	struct row_key key = key_begin(kind);

	key.n = 32;
	memset(key.bytes, 0xff, key.n);
	return key;
}

/* Stores do not like empty keys. */
static struct row_key key_of_nothing(enum row_kind kind)
{
	struct row_key key = key_begin(kind);

	key_add(&key, "-", 1);
	return key;
}

struct row_key row_key_pair(enum row_kind kind, const struct uuid *owner, const struct uuid *other)
{
	struct row_key key = key_of_uuid(kind, owner);

	key_add_uuid(&key, other);
	return key;
}

struct row_key row_key_organization(void)
{
	return key_of_nothing(ROW_ORGANIZATION);
}

struct row_key row_key_member(const struct uuid *member)
{
	return key_of_uuid(ROW_MEMBER, member);
}

struct row_key row_key_project(const struct uuid *project)
{
	return key_of_uuid(ROW_PROJECT, project);
}

struct row_key row_key_component(const struct uuid *component)
{
	return key_of_uuid(ROW_COMPONENT, component);
}

struct row_key row_key_version(const struct uuid *version)
{
	return key_of_uuid(ROW_VERSION, version);
}

struct row_key row_key_issue_tag(const struct uuid *issue, enum row_tag tag, const struct uuid *id)
{
	struct row_key key = key_of_uuid(ROW_ISSUE_TAG, issue);
	uint8_t byte = (uint8_t)tag;

	key_add(&key, &byte, 1);
	key_add_uuid(&key, id);
	return key;
}

struct row_key row_key_project_texts(const struct uuid *project)
{
	return key_of_uuid(ROW_PROJECT_TEXTS, project);
}

struct row_key row_key_project_key(struct slice project_key)
{
	struct row_key key = key_begin(ROW_PROJECT_KEY);

	key_add(&key, project_key.data, project_key.n);
	return key;
}

struct row_key row_key_item(const struct uuid *project, enum item_kind kind, struct slice id)
{
	struct row_key key = key_of_uuid(ROW_ITEM, project);
	uint8_t byte = (uint8_t)kind;

	key_add(&key, &byte, 1);
	key_add(&key, id.data, id.n);
	return key;
}

static struct row_key key_of_slug(enum row_kind kind, const struct uuid *owner, struct slice id)
{
	struct row_key key = key_of_uuid(kind, owner);

	key_add(&key, id.data, id.n);
	return key;
}

struct row_key row_key_field(const struct uuid *project, struct slice id)
{
	return key_of_slug(ROW_FIELD, project, id);
}

struct row_key row_key_field_texts(const struct uuid *project, struct slice id)
{
	return key_of_slug(ROW_FIELD_TEXTS, project, id);
}

struct row_key row_key_field_option(const struct uuid *project, struct slice field, struct slice id)
{
	struct row_key key = key_of_slug(ROW_FIELD_OPTION, project, field);

	key_add(&key, "", 1);
	key_add(&key, id.data, id.n);
	return key;
}

struct row_key row_key_field_value(const struct uuid *issue, struct slice field)
{
	return key_of_slug(ROW_FIELD_VALUE, issue, field);
}

static struct row_key key_of_workflow(const struct uuid *project, const char *kind, struct slice id)
{
	struct row_key key = key_of_uuid(ROW_WORKFLOW, project);

	key_add(&key, kind, 1);
	key_add(&key, id.data, id.n);
	return key;
}

struct row_key row_key_workflow(const struct uuid *project, bool draft, struct slice id)
{
	return key_of_workflow(project, draft ? "d" : "p", id);
}

struct row_key row_key_removed_workflow(const struct uuid *project, struct slice id)
{
	return key_of_workflow(project, "r", id);
}

struct row_key row_key_issue(const struct uuid *issue)
{
	return key_of_uuid(ROW_ISSUE, issue);
}

struct row_key row_key_summary(const struct uuid *issue)
{
	return key_of_uuid(ROW_SUMMARY, issue);
}

struct row_key row_key_mover(const struct uuid *issue, const struct uuid *project, uint8_t from,
                             uint8_t to, const struct uuid *who)
{
	struct row_key key = row_key_pair(ROW_MOVER, issue, project);
	uint8_t step[2] = {from, to};

	key_add(&key, step, sizeof(step));
	key_add_uuid(&key, who);
	return key;
}

struct row_key row_key_stay(const struct uuid *issue, const struct uuid *project)
{
	return row_key_pair(ROW_STAY, issue, project);
}

struct row_key row_key_issue_number(const struct uuid *project, int64_t number)
{
	struct row_key key = key_of_uuid(ROW_ISSUE_NUMBER, project);
	uint8_t bytes[8];

	put_u64(bytes, (uint64_t)number);
	key_add(&key, bytes, sizeof(bytes));
	return key;
}

struct row_key row_key_issue_place(const struct uuid *project, struct slice type,
                                   struct slice status, int64_t number)
{
	struct row_key key = key_of_uuid(ROW_ISSUE_PLACE, project);
	uint8_t bytes[8];

	key_add(&key, type.data, type.n);
	key_add(&key, "", 1);
	key_add(&key, status.data, status.n);
	key_add(&key, "", 1);
	put_u64(bytes, (uint64_t)number);
	key_add(&key, bytes, sizeof(bytes));
	return key;
}

struct row_key row_key_child(const struct uuid *parent, const struct uuid *child)
{
	return row_key_pair(ROW_CHILD, parent, child);
}

struct row_key row_key_label(const struct uuid *issue, struct slice label)
{
	struct row_key key = key_of_uuid(ROW_LABEL, issue);

	key_add(&key, label.data, label.n);
	return key;
}

struct row_key row_key_labelled_issue(const struct uuid *project, struct slice label,
                                      const struct uuid *issue)
{
	struct row_key key = key_of_slug(ROW_LABELLED_ISSUE, project, label);

	key_add(&key, "", 1);
	key_add_uuid(&key, issue);
	return key;
}

struct row_key row_key_project_label(const struct uuid *project, struct slice label)
{
	return key_of_slug(ROW_PROJECT_LABEL, project, label);
}

struct row_key row_key_link(const struct uuid *issue, struct slice type, const struct uuid *other)
{
	struct row_key key = key_of_uuid(ROW_LINK, issue);

	key_add(&key, type.data, type.n);
	key_add(&key, "", 1);
	key_add_uuid(&key, other);
	return key;
}

struct row_key row_key_comment(const struct uuid *comment)
{
	return key_of_uuid(ROW_COMMENT, comment);
}

struct row_key row_key_watcher(const struct uuid *issue, const struct uuid *member)
{
	struct row_key key = key_of_uuid(ROW_WATCHER, issue);

	key_add_uuid(&key, member);
	return key;
}

struct row_key row_key_worklog(const struct uuid *worklog)
{
	return key_of_uuid(ROW_WORKLOG, worklog);
}

struct row_key row_key_last_work(void)
{
	return key_of_nothing(ROW_LAST_WORK);
}

struct row_key row_key_rank(struct slice rank, const struct uuid *issue)
{
	struct row_key key = key_begin(ROW_RANK);

	key_add(&key, rank.data, rank.n);
	key_add(&key, "", 1);
	key_add_uuid(&key, issue);
	return key;
}

struct row_key row_key_organization_name(void)
{
	return key_of_nothing(ROW_ORGANIZATION_NAME);
}

struct row_key row_key_team(const struct uuid *team)
{
	return key_of_uuid(ROW_TEAM, team);
}

struct row_key row_key_team_name(struct slice name)
{
	struct row_key key = key_begin(ROW_TEAM_NAME);

	key_add(&key, name.data, name.n);
	return key;
}

struct row_key row_key_team_member(const struct uuid *team, const struct uuid *member)
{
	return row_key_pair(ROW_TEAM_MEMBER, team, member);
}

struct row_key row_key_member_team(const struct uuid *member, const struct uuid *team)
{
	return row_key_pair(ROW_MEMBER_TEAM, member, team);
}

static struct row_key key_of_text(enum row_kind kind, struct slice text)
{
	struct row_key key = key_begin(kind);

	key_add(&key, text.data, text.n);
	return key;
}

struct row_key row_key_deleted_project(const struct uuid *project)
{
	return key_of_uuid(ROW_DELETED_PROJECT, project);
}

struct row_key row_key_project_role(struct slice id)
{
	return key_of_text(ROW_PROJECT_ROLE, id);
}

struct row_key row_key_role_actor(const struct uuid *project, const struct uuid *actor)
{
	return row_key_pair(ROW_ROLE_ACTOR, project, actor);
}

struct row_key row_key_actor_project(const struct uuid *actor, const struct uuid *project)
{
	return row_key_pair(ROW_ACTOR_PROJECT, actor, project);
}

struct row_key row_key_permission_scheme(struct slice id)
{
	return key_of_text(ROW_PERMISSION_SCHEME, id);
}

struct row_key row_key_scheme_project(struct slice id, const struct uuid *project)
{
	struct row_key key = key_of_text(ROW_SCHEME_PROJECT, id);

	key_add(&key, "", 1);
	key_add_uuid(&key, project);
	return key;
}

struct row_key row_key_link_type(struct slice id)
{
	return key_of_text(ROW_LINK_TYPE, id);
}

struct row_key row_key_link_of_type(struct slice type, const struct uuid *issue,
                                    const struct uuid *other)
{
	struct row_key key = key_of_text(ROW_LINK_OF_TYPE, type);

	key_add(&key, "", 1);
	key_add_uuid(&key, issue);
	key_add_uuid(&key, other);
	return key;
}

struct row_key row_key_api_key(const struct uuid *key)
{
	return key_of_uuid(ROW_API_KEY, key);
}

struct row_key row_key_member_api_key(const struct uuid *member, const struct uuid *key)
{
	return row_key_pair(ROW_MEMBER_API_KEY, member, key);
}

struct row_key row_key_bulk(const struct uuid *bulk)
{
	return key_of_uuid(ROW_BULK, bulk);
}

struct row_key row_key_used_id(const struct uuid *id)
{
	return key_of_uuid(ROW_USED_ID, id);
}

struct row_key row_key_board(const struct uuid *board)
{
	return key_of_uuid(ROW_BOARD, board);
}
