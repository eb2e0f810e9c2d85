#include "core/domain/link_type.h"

const struct link_type link_types[] = {
        {"blocks", "blocks", "is blocked by", false},
        {"relates", "relates to", "relates to", true},
        {"duplicates", "duplicates", "is duplicated by", false},
        {NULL, NULL, NULL, false},
};

const struct link_type *link_type_find(struct slice id)
{
	for (const struct link_type *type = link_types; type->id; type++)
		if (slice_is(id, type->id))
			return type;
	return NULL;
}
