#include "import/mapper.h"

#include <stdio.h>

#include "core/domain/text.h"
#include "import/mend.h"
#include "import/names.h"

void mapper_start(struct mapper *mapper, const struct mapping *mapping, struct plan *plan)
{
	*mapper = (struct mapper){
	        .mapping = mapping,
	        .plan = plan,
	        .space = name_space(mapping->archive->repo, mapping->project),
	};
}

void mapper_end(struct mapper *mapper)
{
	links_release(&mapper->links);
	milestones_release(&mapper->milestones);
}

struct uuid mapper_issue(const struct mapper *mapper, int64_t number)
{
	char key[32];
	snprintf(key, sizeof key, "%lld", (long long)number);
	return name_in(&mapper->space, "issue", key);
}

void mapper_list(const struct mapper *mapper, const char *what, const char *reason, const char *at,
                 struct slice value)
{
	if (mapper->mapping->findings && at)
		findings_add(mapper->mapping->findings, what, reason, at, value);
}

void mapper_list_members(const struct mapper *mapper, enum unmapped_kind kind, json_t *object,
                         const char *at)
{
	if (mapper->mapping->findings)
		unmapped_list(mapper->mapping->findings, kind, object, at);
}

int64_t mapper_when(struct mapper *mapper, const json_t *object, const char *name, const char *at)
{
	struct slice text = archive_string(object, name);
	int64_t ms;
	if (!archive_time(object, name, &ms)) {
		mapper_list(mapper, "dates", "missing: the date before it is taken", at,
		            slice_str(name));
		return mapper->last_ms;
	}
	if (ms > mapper->mapping->archive->timestamp_ms) {
		mapper_list(mapper, "dates", "later than the archive: its own date is taken", at,
		            text);
		ms = mapper->mapping->archive->timestamp_ms;
	}
	if (ms < mapper->created_ms) {
		mapper_list(mapper, "dates", "before the issue: the issue's date is taken", at,
		            text);
		ms = mapper->created_ms;
	}
	mapper->last_ms = ms;
	return ms;
}

const struct uuid *mapper_person(const struct mapper *mapper, const json_t *object,
                                 const char *name, const char *at)
{
	struct slice login = archive_string(object, name);
	if (text_is_blank(login))
		mapper_list(mapper, "authors",
		            "deleted: the member \"" PEOPLE_GHOST "\" stands for them", at, login);
	return &people_find(mapper->mapping->people, login)->id;
}

void mapper_mend(const struct mapper *mapper, struct slice text, bool lines, const char *at,
                 struct buf *out)
{
	if (mend_text(text, lines, out))
		mapper_list(mapper, "texts", "control or hidden characters are replaced", at, text);
}

struct json_out *mapper_begin(struct mapper *mapper, const char *command, const char *key,
                              int64_t ms, const struct uuid *person, const char *reason)
{
	struct plan_envelope envelope = {
	        .command = command,
	        .command_id = name_in(&mapper->space, command, key),
	        .occurred_ms = ms,
	        .number = mapper->number,
	        .last = mapper->last,
	        .on_behalf_of = person,
	        .reason = reason,
	};
	return plan_begin(mapper->plan, &envelope);
}
