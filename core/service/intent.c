#include "core/service/intent.h"

#include <stdio.h>

struct uuid intent_id(const struct uuid *event_id, const struct uuid *rule_id,
                      uint32_t rule_version, const char *path, const struct uuid *target)
{
	char rule[UUID_TEXT], aim[UUID_TEXT], name[256];
	uuid_format(rule_id, rule);
	uuid_format(target, aim);
	int n = snprintf(name, sizeof name, "%.36s/%u/%s/%.36s", rule, rule_version, path, aim);
	return uuid_v5(event_id, slice_of(name, (size_t)n));
}
