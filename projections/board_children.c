/* What a card counts of the issues below it: packed in card->children, for each project that they
 * lie in its id, u32 total and u32 done. A project of which none is left has no entry. */
#include "projections/board_card.h"
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

void card_hide_children(struct card *card, const struct sight *sight)
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
