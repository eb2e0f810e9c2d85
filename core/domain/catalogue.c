#include "core/domain/catalogue.h"

const struct issue_type issue_types[] = {
        {"epic", "Epic", 1, false}, {"story", "Story", 0, false},      {"task", "Task", 0, false},
        {"bug", "Bug", 0, false},   {"subtask", "Sub-task", -1, true}, {NULL, NULL, 0, false},
};

const struct issue_priority issue_priorities[] = {
        {"highest", "Highest"}, {"high", "High"},     {"medium", "Medium"},
        {"low", "Low"},         {"lowest", "Lowest"}, {NULL, NULL},
};

const struct link_type link_types[] = {
        {"blocks", "blocks", "is blocked by", false},
        {"relates", "relates to", "relates to", true},
        {"duplicates", "duplicates", "is duplicated by", false},
        {NULL, NULL, NULL, false},
};

const struct issue_type *issue_type_find(struct slice id)
{
	for (const struct issue_type *type = issue_types; type->id; type++)
		if (slice_is(id, type->id))
			return type;
	return NULL;
}

const struct issue_priority *issue_priority_find(struct slice id)
{
	for (const struct issue_priority *priority = issue_priorities; priority->id; priority++)
		if (slice_is(id, priority->id))
			return priority;
	return NULL;
}

const struct link_type *link_type_find(struct slice id)
{
	for (const struct link_type *type = link_types; type->id; type++)
		if (slice_is(id, type->id))
			return type;
	return NULL;
}

bool issue_type_is_parent(const struct issue_type *parent, const struct issue_type *child)
{
	return parent->level == child->level + 1;
}
