/* The write-side state of one tenant: what decisions are judged on. A fold of the tenant's events.
 *
 * Rows of fixed shape under short keys, behind a vtable: the partition writer gives rows of its
 * LMDB transaction (which holds the staged changes of the batch), tests give arrays. No long text
 * is kept: hashes are enough to see "nothing changed". Row structs are stored as they are, padding
 * zeroed, so that equal states have equal bytes; a change of any of them must raise
 * TENANT_STATE_VERSION (a stored state of another version is rebuilt).
 *
 * Pure: no I/O, clock, allocation or randomness. */
#ifndef CORE_DOMAIN_TENANT_STATE_H
#define CORE_DOMAIN_TENANT_STATE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/base/bytes.h"
#include "core/base/uuid.h"
#include "generated/event.h"

#define TENANT_STATE_VERSION 14

/* X(KIND, kind, "what the key is made of") */
#define ROW_TABLE(X)                                                                               \
	X(ORGANIZATION, organization, "nothing")                                                   \
	X(MEMBER, member, "member id")                                                             \
	X(PROJECT, project, "project id")                                                          \
	X(PROJECT_TEXTS, project_texts, "project id")                                              \
	X(COMPONENT, component, "component id")                                                    \
	X(PROJECT_COMPONENT, project_component, "project id, component id")                        \
	X(VERSION, version, "version id")                                                          \
	X(PROJECT_VERSION, project_version, "project id, version id")                              \
	X(ISSUE_TAG, issue_tag, "issue id, enum row_tag, component or version id")                 \
	X(TAGGED_ISSUE, tagged_issue, "component or version id, issue id")                         \
	X(PROJECT_KEY, project_key, "key that a project has or had")                               \
	X(DELETED_PROJECT, deleted_project, "project id")                                          \
	X(ITEM, item, "project id, enum item_kind (1 byte), id")                                   \
	X(WORKFLOW, workflow, "project id, 'd' (draft), 'p' (published) or 'r' (removed), id")     \
	X(FIELD, field, "project id, id")                                                          \
	X(FIELD_TEXTS, field_texts, "project id, id of the field")                                 \
	X(FIELD_OPTION, field_option, "project id, id of the field, 0, id")                        \
	X(FIELD_VALUE, field_value, "issue id, id of the field")                                   \
	X(ISSUE, issue, "issue id")                                                                \
	X(SUMMARY, summary, "issue id")                                                            \
	X(MOVER, mover, "issue id, project id, ordinals of statuses from and to (2 bytes), who")   \
	X(STAY, stay, "issue id, id of a project that it has left")                                \
	X(ISSUE_NUMBER, issue_number, "project id, number (u64 big endian)")                       \
	X(ISSUE_PLACE, issue_place, "project id, type, 0, status, 0, number (u64 big endian)")     \
	X(CHILD, child, "parent id, child id")                                                     \
	X(LABEL, label, "issue id, label")                                                         \
	X(LABELLED_ISSUE, labelled_issue, "project id, label, 0, issue id")                        \
	X(PROJECT_LABEL, project_label, "project id, label that it lists")                         \
	X(LINK, link, "issue id, link type, 0, other id: both issues have a row")                  \
	X(LINK_TYPE, link_type, "id, of those that are not built in")                              \
	X(LINK_OF_TYPE, link_of_type, "such a link type, 0, issue id, other id")                   \
	X(COMMENT, comment, "comment id")                                                          \
	X(WATCHER, watcher, "issue id, member id")                                                 \
	X(WORKLOG, worklog, "worklog id")                                                          \
	X(LAST_WORK, last_work, "nothing")                                                         \
	X(RANK, rank, "rank, 0, issue id")                                                         \
	X(ORGANIZATION_NAME, organization_name, "nothing")                                         \
	X(TEAM, team, "team id")                                                                   \
	X(TEAM_NAME, team_name, "name")                                                            \
	X(TEAM_MEMBER, team_member, "team id, member id")                                          \
	X(MEMBER_TEAM, member_team, "member id, team id")                                          \
	X(PROJECT_ROLE, project_role, "id")                                                        \
	X(ROLE_ACTOR, role_actor, "project id, member or team id")                                 \
	X(ACTOR_PROJECT, actor_project, "member or team id, project id")                           \
	X(PERMISSION_SCHEME, permission_scheme, "id")                                              \
	X(SCHEME_PROJECT, scheme_project, "scheme id, 0, project id")                              \
	X(API_KEY, api_key, "API key id")                                                          \
	X(MEMBER_API_KEY, member_api_key, "member id, API key id")                                 \
	X(BOARD, board, "board id")                                                                \
	X(PROJECT_BOARD, project_board, "project id, board id")                                    \
	X(BULK, bulk, "bulk id")                                                                   \
	X(USED_ID, used_id, "id that something has, or had")

#define ROW_ENUM(KIND, kind, key) ROW_##KIND,
enum row_kind { ROW_TABLE(ROW_ENUM) ROW_KINDS };
#undef ROW_ENUM

#define ROW_KEY_MAX   320
#define RANK_MAX      64   /* characters */
#define LABEL_MAX     256  /* bytes: 64 characters */
#define SUMMARY_MAX   1020 /* bytes: 255 characters */
#define KEY_MAX       10   /* characters of a project key */
#define NAME_MAX_ID   32   /* bytes of a type, status, priority or link type id */
#define TEAM_NAME_MAX 256  /* bytes: 64 characters */

#define ITEMS_MAX          64         /* of a kind and project, removed ones included */
#define ITEM_NAME_MAX      256        /* bytes: 64 characters */
#define WORKFLOW_BYTES_MAX (32 << 10) /* of a workflow, packed */
#define BOARD_BYTES_MAX    (32 << 10) /* of what a board shows, packed */
#define FIELD_BYTES_MAX    4096       /* of the values of a field, packed: 2 bytes more than each */

struct row_key {
	enum row_kind kind;
	uint16_t n;
	uint8_t bytes[ROW_KEY_MAX];
};

struct row_organization {
	struct uuid id;
	int64_t version;
	int64_t changed;  /* version of its last event but for API keys and ranks */
	uint32_t members; /* not removed */
	uint32_t owners;  /* active */
	uint32_t teams;
	uint32_t api_key_days;       /* that API keys may live; 0: nobody has said */
	uint32_t project_roles;      /* removed ones included */
	uint32_t permission_schemes; /* not removed */
	uint32_t link_types;         /* added, removed ones included */
};

/* A deactivated member may do and see nothing, and keeps role, teams and assignments. */
enum member_status { MEMBER_ACTIVE, MEMBER_DEACTIVATED, MEMBER_REMOVED };

struct row_member {
	enum org_role role;
	enum member_status status;
	uint32_t api_keys; /* not revoked */
};

struct row_project {
	struct uuid id;
	int64_t version;
	int64_t issues;   /* number of the newest issue */
	struct uuid lead; /* nil: nobody */
	char key[KEY_MAX + 1];
	char scheme[NAME_MAX_ID]; /* of permissions; empty: the classic one */
	bool archived;
	uint32_t role_actors; /* members and teams that have roles in it */
	bool deleted;         /* there for nobody, with everything in it */
	uint32_t components, versions;
	uint32_t fields;       /* custom ones, removed ones included */
	uint32_t eager_fields; /* those that new issues ask for: required, or with a default */
	uint32_t labels;       /* that it lists */
	bool only_listed;      /* no other labels may be put on issues */
};

/* Roles of members and teams in projects; at most 64 ever, so that they are bits. */
#define PROJECT_ROLES_MAX 64
struct row_project_role {
	char name[ITEM_NAME_MAX];
	uint8_t ordinal; /* 0, 1, 2 in the order of creation; for ever */
	bool removed;    /* the row only keeps the id from being used again */
};
struct row_role_actor {
	uint64_t roles; /* bits by their ordinals; never none */
	bool is_team;
};
struct row_actor_project {
	uint8_t unused;
};

/* A grant, packed: enum permission, enum grant_to, enum org_role. */
struct row_grant {
	uint8_t permission;
	uint8_t to;
	uint8_t weakest; /* role in the organization that it is for; ORG_ROLE_GUEST: every one */
	uint8_t role;    /* project_role: its ordinal */
	struct uuid id;  /* team, member */
};
#define SCHEME_GRANTS_MAX 500
struct row_permission_scheme {
	char name[ITEM_NAME_MAX];
	uint32_t projects; /* that have it */
	bool removed;      /* the row only keeps the id from being used again */
	uint32_t grants_n;
	struct row_grant grants[SCHEME_GRANTS_MAX]; /* stored only up to grants_n */
};
struct row_grants {
	const struct row_grant *at;
	uint32_t n;
};
struct row_scheme_project {
	uint8_t unused;
};

struct row_component {
	struct uuid project_id;
	struct uuid lead;             /* nil: nobody */
	struct uuid default_assignee; /* nil: nobody */
	uint32_t issues;              /* that have it */
	bool removed;
	char name[SUMMARY_MAX];
	char description[SUMMARY_MAX];
};
struct row_project_component {
	uint8_t unused;
};

struct row_version {
	struct uuid project_id;
	enum project_version_status status, before_archived;
	int32_t place; /* in the order of the project, from 0 */
	int32_t start_on, release_on;
	uint32_t issues; /* that name it, in whatever relation */
	bool has_start_on, has_release_on;
	bool removed;
	char name[SUMMARY_MAX];
	char description[SUMMARY_MAX];
};
struct row_project_version {
	uint8_t unused;
};

enum row_tag { ROW_TAG_COMPONENT, ROW_TAG_FIX, ROW_TAG_AFFECTS, ROW_TAGS };
struct row_issue_tag {
	uint8_t unused;
};
struct row_tagged_issue {
	uint8_t tags; /* how many relations the issue has to it */
};

/* What events about the project tell as it was before; apart, because few commands ask for it. */
struct row_project_texts {
	char name[SUMMARY_MAX];
	char category[LABEL_MAX]; /* empty: none */
};

/* What a project has several of, each with an id that is never used again. */
enum item_kind { ITEM_STATUS, ITEM_ISSUE_TYPE, ITEM_PRIORITY, ITEM_RESOLUTION, ITEM_KINDS };

struct row_item {
	char id[NAME_MAX_ID];
	char name[ITEM_NAME_MAX];
	uint8_t ordinal;  /* 0, 1, 2 in the order of creation, among its kind; for ever */
	uint8_t position; /* 0, 1, 2 in the order to show, among those that are not removed */
	bool removed;     /* the row only keeps the id from being used again */
	bool disabled;    /* cannot be chosen any more; not of a status */
	enum status_category category; /* of a status */
	int32_t level;                 /* of an issue type: epics 1, sub-tasks -1 */
	char workflow[NAME_MAX_ID];    /* of an issue type */
};

/* A custom field. Small, because each value that is set looks at it. */
struct row_field {
	char id[NAME_MAX_ID];
	enum field_kind kind;
	uint32_t issues;  /* that have a value, deleted ones included */
	uint64_t types;   /* bits: ordinals of the issue types that have it, unless all_types */
	uint16_t options; /* removed ones included */
	uint8_t position; /* 0, 1, 2 in the order to show, among those that are not removed */
	bool all_types;
	bool required;
	bool has_default;
	bool disabled; /* keeps its values, which cannot change */
	bool removed; /* the row only keeps the id, and with it old values, from being used again */
};

/* Texts follow each other: name, description, default values (packed as those of an issue). */
struct row_field_texts {
	uint16_t name_n, description_n, default_n;
	char text[ITEM_NAME_MAX + SUMMARY_MAX + FIELD_BYTES_MAX];
};

struct row_field_option {
	char id[NAME_MAX_ID];
	char parent[NAME_MAX_ID]; /* empty: none */
	char name[ITEM_NAME_MAX];
	uint32_t issues;   /* that have it, deleted ones included */
	uint16_t position; /* 0, 1, 2 among those of the same parent that are not removed */
	bool disabled;
	bool removed; /* the row only keeps the id from being used again */
};

/* What an issue has in a field; no row: it never had anything. Packed: length (2 bytes) and text of
 * each value; neither packed nor a text_seq: it was emptied. Of a paragraph there are the hash of
 * its text and the seq of the event that has it. Stored only up to its length. */
struct row_field_value {
	int64_t version; /* of the issue, that changed it last */
	uint64_t text_hash[2];
	int64_t text_seq; /* 0: not a paragraph */
	uint32_t size;    /* bytes of all values */
	uint32_t n;       /* bytes packed */
	char packed[FIELD_BYTES_MAX];
};

/* As workflow.h packs it; stored only up to its length. A removed one is empty: the row only keeps
 * the id from being used again. */
struct row_workflow {
	uint32_t n;
	char bytes[WORKFLOW_BYTES_MAX];
};

struct row_project_key {
	struct uuid project_id;
};
struct row_deleted_project {
	uint8_t unused;
};

/* Short strings are NUL-padded. */
struct row_issue {
	struct uuid id;
	struct uuid project_id;
	int64_t number;
	int64_t version;
	int64_t field_version[ISSUE_FIELDS]; /* version that changed the field last */
	int64_t description_seq;             /* seq of the event that set it */
	uint64_t description_hash[2];
	char type[NAME_MAX_ID];
	char status[NAME_MAX_ID];
	char priority[NAME_MAX_ID];
	char resolution[NAME_MAX_ID]; /* empty unless the status is a done one */
	char rank[RANK_MAX + 1];
	struct uuid reporter;
	struct uuid assignee; /* nil: nobody */
	struct uuid parent;   /* nil: none */
	bool has_due_on;
	bool has_start_on;
	bool has_estimate;
	bool has_remaining;
	bool archived;
	bool archived_with_parent; /* comes back with it */
	bool deleted;
	bool deleted_with_parent; /* likewise */
	bool description_empty;
	int32_t due_on;
	int32_t start_on;
	int32_t estimate;    /* minutes; 0 unless has_estimate */
	int32_t remaining;   /* minutes; 0 unless has_remaining */
	int64_t spent;       /* minutes of all worklogs */
	int64_t occurred_at; /* greatest of its events, ms */
	uint32_t labels;
	uint32_t children;
	uint32_t comments;
	uint32_t watchers;
	uint32_t worklogs;
	uint32_t fields;      /* custom ones that have a value */
	uint32_t field_bytes; /* of their values */
	/* By the ordinals of the project's statuses. */
	uint8_t status_before;  /* STATUS_NONE: it has not moved yet */
	uint64_t statuses_been; /* bits */
};
#define STATUS_NONE 255

/* The one text that is kept, because IssueSummaryChanged tells it: apart from the issue, so that
 * the many commands that do not look at it do not carry it. Stored only up to its length. */
struct row_summary {
	uint16_t n;
	char text[SUMMARY_MAX];
};

/* Who has taken the issue from one status to another, in a project. */
struct row_mover {
	uint8_t unused;
};
/* What an issue went through in a project that it has left, by the ordinals of statuses there:
 * it counts when the issue comes back. */
struct row_stay {
	uint64_t statuses_been; /* bits */
	uint8_t status;         /* in which it left */
	uint8_t status_before;
};

struct row_issue_number {
	struct uuid issue_id;
};
/* Deleted issues have one too: they keep type and status. */
struct row_issue_place {
	struct uuid issue_id;
};
struct row_child {
	uint8_t unused;
};
struct row_label {
	uint8_t unused;
};
/* Deleted issues have one too: they keep their labels. */
struct row_labelled_issue {
	uint8_t unused;
};
/* Stored only up to its length. */
#define LABEL_COLOR_MAX 7 /* #1d76db */
struct row_project_label {
	char color[LABEL_COLOR_MAX + 1]; /* empty: none */
	uint16_t n;
	char description[SUMMARY_MAX];
};
struct row_link {
	bool outward; /* the issue of the key has the link to the other */
	bool inward;  /* the other has the link to it; a symmetric type has both */
};
struct row_link_type {
	char name[ITEM_NAME_MAX];
	char outward[ITEM_NAME_MAX];
	char inward[ITEM_NAME_MAX];
	bool symmetric, acyclic;
	bool removed; /* the row only keeps the id from being used again */
};
struct row_link_of_type { /* a symmetric link has one, under the smaller id */
	uint8_t unused;
};
struct row_comment {
	struct uuid issue;
	struct uuid author;
	struct uuid thread; /* first comment of its thread; nil: itself */
	uint64_t body_hash[2];
	int64_t body_seq;
};
struct row_watcher {
	uint8_t unused;
};
struct row_worklog {
	struct uuid issue;
	struct uuid author;
	int64_t started_at; /* ms */
	uint64_t comment_hash[2];
	int64_t comment_seq; /* seq of the event that set it */
	int32_t minutes;
	int32_t taken;   /* from what remained of the issue; may be more after an edit to less */
	uint8_t unasked; /* nothing was said to remain when it was logged */
};
/* The event of the tenant that logged or edited work last: what remains may change right behind. */
struct row_last_work {
	struct uuid worklog;
	int64_t seq;
};
struct row_rank {
	uint8_t unused;
};

/* Apart from the organization, which every command reads. Stored only up to its length. */
struct row_organization_name {
	uint16_t n;
	char text[SUMMARY_MAX];
};
struct row_team {
	uint32_t members;
	uint16_t name_n;
	char name[TEAM_NAME_MAX]; /* NUL-padded */
};
struct row_team_name {
	struct uuid team_id;
};
struct row_team_member {
	uint8_t unused;
};
struct row_used_id {
	uint8_t unused;
};
struct row_member_team {
	uint8_t unused;
};
struct row_api_key {
	struct uuid member;
	int64_t expires_at;
	uint8_t hash[32]; /* of the secret; zeros once it is revoked */
	enum api_key_scope scope;
	bool revoked;
};
struct row_member_api_key { /* of those that are not revoked */
	uint8_t unused;
};

/* A command on many issues: how many came to what. */
struct row_bulk {
	int64_t version;
	uint32_t issues, changed, unchanged, refused;
};

/* As board.h packs it; stored only up to its length. */
struct row_board {
	int64_t version;
	bool deleted; /* the row only keeps the id from being used again */
	uint32_t n;
	char bytes[BOARD_BYTES_MAX];
};
struct row_project_board {
	uint8_t unused;
};

/* Rows are addressed within one tenant. get copies into @row and returns false when there is none.
 * next finds the smallest key of the same kind greater than @key (or the greatest smaller one when
 * @backwards), overwrites *@key and copies the row; false at the end. put and del are used by
 * evolve only; decide gets a const view (put and del are not called). */
struct tenant_state {
	bool (*get)(const struct tenant_state *state, const struct row_key *key, void *row);
	bool (*next)(const struct tenant_state *state, struct row_key *key, bool backwards,
	             void *row);
	void (*put)(struct tenant_state *state, const struct row_key *key, const void *row);
	void (*del)(struct tenant_state *state, const struct row_key *key);
};

/* Room that a row of @kind takes in memory. */
size_t row_size(enum row_kind kind);
/* Bytes of @row that must be stored: less than row_size if it ends in a text that is shorter than
 * its room. get and next copy as many as were stored and leave the rest of *@row alone. */
size_t row_stored_size(enum row_kind kind, const void *row);
const char *row_kind_name(enum row_kind kind);

/* Order of keys of one kind: memcmp, shorter first. */
int row_key_compare(const struct row_key *a, const struct row_key *b);

/* Keys. row_key_first and row_key_last are before and behind every key of the kind: where next
 * begins. */
struct row_key row_key_first(enum row_kind kind);
struct row_key row_key_last(enum row_kind kind);
struct row_key row_key_organization(void);
struct row_key row_key_member(const struct uuid *member);
struct row_key row_key_project(const struct uuid *project);
struct row_key row_key_component(const struct uuid *component);
struct row_key row_key_version(const struct uuid *version);
struct row_key row_key_issue_tag(const struct uuid *issue, enum row_tag tag, const struct uuid *id);
struct row_key row_key_project_texts(const struct uuid *project);
struct row_key row_key_project_key(struct slice key);
struct row_key row_key_deleted_project(const struct uuid *project);
struct row_key row_key_item(const struct uuid *project, enum item_kind kind, struct slice id);
struct row_key row_key_field(const struct uuid *project, struct slice id);
struct row_key row_key_field_texts(const struct uuid *project, struct slice id);
struct row_key row_key_field_option(const struct uuid *project, struct slice field,
                                    struct slice id);
struct row_key row_key_field_value(const struct uuid *issue, struct slice field);
struct row_key row_key_workflow(const struct uuid *project, bool draft, struct slice id);
struct row_key row_key_removed_workflow(const struct uuid *project, struct slice id);
struct row_key row_key_issue(const struct uuid *issue);
struct row_key row_key_summary(const struct uuid *issue);
struct row_key row_key_mover(const struct uuid *issue, const struct uuid *project, uint8_t from,
                             uint8_t to, const struct uuid *who);
struct row_key row_key_stay(const struct uuid *issue, const struct uuid *project);
struct row_key row_key_issue_number(const struct uuid *project, int64_t number);
struct row_key row_key_issue_place(const struct uuid *project, struct slice type,
                                   struct slice status, int64_t number);
struct row_key row_key_child(const struct uuid *parent, const struct uuid *child);
struct row_key row_key_label(const struct uuid *issue, struct slice label);
struct row_key row_key_labelled_issue(const struct uuid *project, struct slice label,
                                      const struct uuid *issue);
struct row_key row_key_project_label(const struct uuid *project, struct slice label);
struct row_key row_key_link(const struct uuid *issue, struct slice type, const struct uuid *other);
struct row_key row_key_link_type(struct slice id);
struct row_key row_key_link_of_type(struct slice type, const struct uuid *issue,
                                    const struct uuid *other);
struct row_key row_key_comment(const struct uuid *comment);
struct row_key row_key_watcher(const struct uuid *issue, const struct uuid *member);
struct row_key row_key_worklog(const struct uuid *worklog);
struct row_key row_key_last_work(void);
struct row_key row_key_rank(struct slice rank, const struct uuid *issue);
struct row_key row_key_organization_name(void);
struct row_key row_key_team(const struct uuid *team);
struct row_key row_key_team_name(struct slice name);
struct row_key row_key_team_member(const struct uuid *team, const struct uuid *member);
struct row_key row_key_member_team(const struct uuid *member, const struct uuid *team);
struct row_key row_key_project_role(struct slice id);
struct row_key row_key_role_actor(const struct uuid *project, const struct uuid *actor);
struct row_key row_key_actor_project(const struct uuid *actor, const struct uuid *project);
struct row_key row_key_permission_scheme(struct slice id);
struct row_key row_key_scheme_project(struct slice id, const struct uuid *project);
struct row_key row_key_api_key(const struct uuid *key);
struct row_key row_key_member_api_key(const struct uuid *member, const struct uuid *key);
struct row_key row_key_board(const struct uuid *board);
struct row_key row_key_bulk(const struct uuid *bulk);
struct row_key row_key_used_id(const struct uuid *id);
/* The same, and their like, for who walks over all pairs of one @owner. */
struct row_key row_key_pair(enum row_kind kind, const struct uuid *owner, const struct uuid *other);

#endif
