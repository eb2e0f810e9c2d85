/* What filters and swimlanes ask of a card, in front of its JSON: a board of thousands of cards is
 * told apart in one scan that looks up nothing else. */
#ifndef PROJECTIONS_BOARDS_FACTS_H
#define PROJECTIONS_BOARDS_FACTS_H

#include "core/base/bytes.h"
#include "core/base/uuid.h"

struct project;

/* Everything borrows from the value. */
struct card_facts {
	const struct project *project; /* set by who reads the value, as id is */
	const char *id;
	bool has_assignee;
	bool has_parent; /* one that is not deleted */
	bool epic;
	const char *assignee, *parent; /* ids */
	struct slice type, priority, summary;
	struct slice labels;                   /* row_string each */
	struct slice components, fix_versions; /* ids, one behind the other */
	struct slice children_abroad;          /* other projects that children lie in, likewise */
};

/* Does not set project and id. False if the value is damaged. */
bool card_facts_read(struct slice value, struct card_facts *out);

#endif
