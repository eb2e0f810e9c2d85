/* What a card says of other issues: its parent, and how many are below it. These are counted for
 * each project that they lie in: packed in card->children, the project's id, u32 total and u32
 * done. A project of which none is left has no entry.
 *
 * Where a parent lies is looked up when the card is read, and only for who does not see everything.
 * When it moves, the boards that may show it as a parent have moved as well. */
#include "projections/board_card.h"
#include "projections/boards_facts.h"
#include "projections/row.h"

enum { PROJECT_N = sizeof(struct uuid), TOTAL = PROJECT_N, DONE = TOTAL + 4, ENTRY_N = DONE + 4 };

static char *find_entry(const struct card *card, const struct uuid *project)
{
	for (size_t at = 0; at < card->children.n; at += ENTRY_N)
		if (memcmp(card->children.data + at, project->bytes, PROJECT_N) == 0)
			return card->children.data + at;
	return NULL;
}

static void remove_entry(struct card *card, char *entry)
{
	char *last = card->children.data + card->children.n - ENTRY_N;
	memmove(entry, last, ENTRY_N);
	card->children.n -= ENTRY_N;
}

bool card_count_child(struct card *card, const struct uuid *project, int total, int done)
{
	char *entry = find_entry(card, project);
	int64_t totals = (entry ? (int64_t)get_u32(entry + TOTAL) : 0) + total;
	int64_t dones = (entry ? (int64_t)get_u32(entry + DONE) : 0) + done;
	if (dones < 0 || totals < dones)
		return false;
	if (!totals) {
		if (entry)
			remove_entry(card, entry);
		return true;
	}
	if (!entry) {
		row_uuid(&card->children, project);
		row_u64(&card->children, 0);
		entry = card->children.data + card->children.n - ENTRY_N;
	}
	put_u32(entry + TOTAL, (uint32_t)totals);
	put_u32(entry + DONE, (uint32_t)dones);
	return true;
}

void card_children(const struct card *card, uint32_t *total, uint32_t *done)
{
	*total = *done = 0;
	for (size_t at = 0; at < card->children.n; at += ENTRY_N) {
		*total += get_u32(card->children.data + at + TOTAL);
		*done += get_u32(card->children.data + at + DONE);
	}
}

void card_children_abroad(const struct card *card, struct buf *projects)
{
	for (size_t at = 0; at < card->children.n; at += ENTRY_N)
		if (memcmp(card->children.data + at, card->project->id.bytes, PROJECT_N) != 0)
			buf_append(projects, card->children.data + at, PROJECT_N);
}

void board_card_touch_below(struct view *view, const struct card *card, uint64_t seq)
{
	for (size_t at = 0; at < card->children.n; at += ENTRY_N) {
		struct uuid id;
		memcpy(id.bytes, card->children.data + at, PROJECT_N);
		struct project *project = board_project_find(view, card->project->tenant, &id);
		if (!project)
			continue;
		project->last_seq = seq;
		project->dirty = true;
	}
}

/* --- reads --- */

static bool hides_parent(const struct card_rows *rows, const struct uuid *parent)
{
	struct card_ancestry row_of;
	struct slice row;
	key_tenant(rows->key, rows->tenant);
	row_uuid(rows->key, parent);
	return kv_get(rows->txn, CARD_ROWS, buf_slice(rows->key), &row) &&
	       card_row_ancestry(row, &row_of) && !sight_sees(rows->sight, &row_of.project);
}

static bool hides_one_of(const struct sight *sight, struct slice projects)
{
	for (size_t at = 0; at < projects.n; at += PROJECT_N) {
		struct uuid project;
		memcpy(project.bytes, projects.data + at, PROJECT_N);
		if (!sight_sees(sight, &project))
			return true;
	}
	return false;
}

bool card_names_hidden(const struct card_rows *rows, struct slice value)
{
	struct card_facts facts;
	struct uuid parent;
	if (!rows->sight || !rows->sight->hidden_n || !card_facts_read(value, &facts))
		return false;
	if (hides_one_of(rows->sight, facts.children_abroad))
		return true;
	if (!facts.has_parent)
		return false;
	memcpy(parent.bytes, facts.parent, sizeof parent);
	return hides_parent(rows, &parent);
}

static void hide_children(struct card *card, const struct sight *sight)
{
	for (size_t at = 0; at < card->children.n;) {
		struct uuid project;
		memcpy(project.bytes, card->children.data + at, PROJECT_N);
		if (sight_sees(sight, &project))
			at += ENTRY_N;
		else
			remove_entry(card, card->children.data + at);
	}
}

void card_hide_relatives(const struct card_rows *rows, struct card *card)
{
	if (!rows->sight || !rows->sight->hidden_n)
		return;
	hide_children(card, rows->sight);
	if (card->has_parent && hides_parent(rows, &card->parent))
		card->has_parent = false;
}
