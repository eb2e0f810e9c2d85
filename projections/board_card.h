/* Rows of the board view in memory, with the tables that they lie in. Internal to board*.c.
 *
 * Cards and projects are read once per transaction, changed in memory and written at commit, so
 * that a card that changes ten times in a batch is rendered once. */
#ifndef PROJECTIONS_BOARD_CARD_H
#define PROJECTIONS_BOARD_CARD_H

#include "core/domain/tenant_state.h"
#include "projections/board.h"
#include "projections/field_rows.h"
#include "projections/id_map.h"
#include "projections/kv_view.h"

/* Tables, behind those of kv_view. Keys: tenant, 0, then
 *   CARDS         project id, column (1 byte: of the status in the order of creation), rank, 0,
 *                 issue id -> JSON of the card
 *   CARD_ROWS     issue id -> packed struct card
 *   PROJECTS      project id -> packed struct project
 *   PROJECT_KEYS  every key that a project has had -> project id
 *   BOARDS        board id -> boards_inside.h
 *   FIELDS, OPTIONS, VALUES as field_rows.h says, without values of paragraphs */
enum { CARDS = KV_VIEW_OWN, CARD_ROWS, PROJECTS, PROJECT_KEYS, BOARDS, FIELDS, OPTIONS, VALUES };

extern const struct field_tables board_field_tables;

#define CARD_WORD_MAX   32 /* bytes of a type or priority */
#define CARD_RANK_MAX   64
#define PROJECT_KEY_MAX 16

#define COLUMN_NAME_MAX ITEM_NAME_MAX

struct column {
	char status[CARD_WORD_MAX + 1];
	char name[COLUMN_NAME_MAX + 1];
	enum status_category category;
	uint8_t position; /* among those that are not removed */
	bool removed;
	uint64_t count;
};

struct project {
	const struct tenant_entry *tenant;
	struct uuid id;
	char key[PROJECT_KEY_MAX + 1];
	struct buf former_keys; /* row_string each, in the order in which they were left */
	struct buf name;
	struct buf category; /* empty: none */
	bool archived;
	bool deleted; /* there for nobody, with its cards */
	bool has_lead;
	struct uuid lead;
	uint64_t version;
	uint64_t last_seq;      /* touched the project or one of its cards */
	struct column *columns; /* in the order of creation; never fewer */
	uint8_t columns_n;
	struct buf epics;      /* row_string each: issue types whose issues are above stories */
	struct buf priorities; /* row_string each, in their order */
	bool dirty;
};

struct card_number {
	bool has;
	int32_t value;
};

struct card {
	struct project *project;
	struct uuid id;
	uint64_t number;
	uint64_t version;
	uint8_t column;
	bool done;              /* category of its status */
	bool archived, deleted; /* not on the board, and not counted */
	bool parent_deleted;    /* the card shows none */
	bool epic;              /* its type is above those of stories */
	bool has_assignee, has_parent;
	struct uuid assignee, parent, reporter;
	struct card_number due_on, start_on;    /* days */
	struct card_number estimate, remaining; /* minutes */
	uint32_t comments;
	char type[CARD_WORD_MAX + 1];
	char priority[CARD_WORD_MAX + 1];
	char resolution[CARD_WORD_MAX + 1]; /* empty: none */
	char rank[CARD_RANK_MAX + 1];
	struct buf summary;
	struct buf labels;                   /* row_string each, sorted */
	struct buf components, fix_versions; /* ids, sorted */
	struct buf children;                 /* board_relative.c */
	bool dirty;
	bool stored; /* its JSON lies under what follows */
	struct project *stored_project;
	uint8_t stored_column;
	char stored_rank[CARD_RANK_MAX + 1];
};

struct board { /* view->own */
	struct id_map cards;
	struct id_map projects;
	struct card **dirty_cards;
	uint32_t dirty_n, dirty_cap;
	struct buf json;
};

/* From memory or the store; NULL if there is none (or the row is damaged: kv_failed or *@err). */
struct card *board_card_find(struct view *view, const struct tenant_entry *tenant,
                             const struct uuid *id);
struct project *board_project_find(struct view *view, const struct tenant_entry *tenant,
                                   const struct uuid *id);
/* New ones, dirty. The id must not be there. */
struct card *board_card_add(struct view *view, struct project *project, const struct uuid *id);
struct project *board_project_add(struct view *view, const struct tenant_entry *tenant,
                                  const struct uuid *id);
/* @project has its first key: written at once, for it goes on naming the project when another one
 * follows in the same transaction. */
void board_project_name(struct view *view, const struct project *project);
/* The key of @project has changed: every card of it says so. */
void board_project_rekey(struct view *view, struct project *project, uint64_t seq);
/* @project went out of sight, or came back: cards of other projects show no parent in it, and count
 * no children in it. Walks all cards of the tenant. False if one was not counted. */
bool board_project_hide(struct view *view, struct project *project, uint64_t seq);
/* To be called for every change: the card is written at commit, its board has moved. */
void board_card_touch(struct view *view, struct card *card, uint64_t seq);

/* Slots of the kv_view_type. */
enum status board_attach(struct view *view, struct error *err);
void board_detach(struct view *view);
enum status board_flush(struct view *view, struct error *err);
void board_discard(struct view *view);

/* Columns (board_column.c): those of a new project; what an event does to them; the number of the
 * one of @status. */
enum status board_columns_begin(struct project *project, struct error *err);
enum status board_columns_change(struct project *project, const struct event *event,
                                 struct error *err);
enum status board_column_find(const struct project *project, struct slice status, uint8_t *column,
                              struct error *err);
/* NULL if the project's columns are as many as there may be. */
struct column *project_add_column(struct project *project);
/* The column at @position of those that are not removed; NULL behind the last. */
struct column *project_column_at(const struct project *project, uint32_t position);

/* Fields (board_field.c): as they begin, and what an event of the issue does to one. */
void board_card_begin(struct card *card, const struct issue_created *e);
enum status board_card_field(struct card *card, const struct event *event, struct error *err);
void board_card_labels(struct card *card, const struct slice_array *labels);

/* Relatives (board_relative.c): more or less of them in @project, and of those that are done; false
 * if so many were not counted. */
bool card_count_child(struct card *card, const struct uuid *project, int total, int done);
void card_children(const struct card *card, uint32_t *total, uint32_t *done);
/* Appends the ids of the other projects that they lie in. */
void card_children_abroad(const struct card *card, struct buf *projects);
/* The card goes to another project: the boards of its children's projects have moved. */
void board_card_touch_below(struct view *view, const struct card *card, uint64_t seq);

/* For reads: rows of other cards, who asks, and a buffer for keys. */
struct card_rows {
	struct kv_txn *txn;
	struct slice tenant;
	const struct sight *sight; /* NULL sees everything */
	struct buf *key;
};
/* Whether the JSON in a value of CARDS names, or counts, what the sight hides: then it is made anew
 * from the card's row, with card_hide_relatives and card_json. */
bool card_names_hidden(const struct card_rows *rows, struct slice value);
void card_hide_relatives(const struct card_rows *rows, struct card *card);

/* What a project tells of issue types and priorities (board_order.c). */
void board_order_begin(struct project *project);
void board_order_change(struct project *project, const struct event *event);
bool board_type_is_epic(const struct project *project, struct slice type);

/* The value in CARDS is what filters and swimlanes ask (boards_facts.h), then the JSON. */
void card_value(const struct card *card, struct buf *out);
/* The JSON in a value of CARDS, as it is for who sees everything. */
struct slice card_stored_json(struct slice value);
void card_json(const struct card *card, struct buf *out);
/* The members of a card that shows some of the fields of board.h in the domain: bit i for field i.
 */
void card_members_json(const struct card *card, uint32_t fields, struct json_out *json);

/* For reads: false if damaged. Release it afterwards, in either case. */
bool card_unpack(struct slice row, struct card *card, struct uuid *project);
void card_release(struct card *card);
/* What of a row tells whose lane it is in, without the rest of it; false if damaged. */
struct card_ancestry {
	struct uuid project, parent;
	bool epic, has_parent;
};
bool card_row_ancestry(struct slice row, struct card_ancestry *out);

/* For reads: false if damaged. Release it afterwards, in either case. */
bool project_unpack(struct slice row, struct project *out);
void project_release(struct project *project);

#endif
