/* Issues that get another type in their project. Internal to core/domain. */
#ifndef CORE_DOMAIN_CONVERSION_H
#define CORE_DOMAIN_CONVERSION_H

#include "core/domain/issue.h"

/* What an issue has afterwards. */
struct conversion {
	bool changes;                  /* the type */
	struct row_item before, after; /* types */
	struct row_item status;
	struct slice resolution; /* that the command names, empty: none */
};

/* What EditIssue makes of the type of @issue; also when it says nothing of it. Refuses at /type and
 * /status: a type that cannot be chosen, one that cannot stand above the issues below it, a status
 * that the workflow of the type has no place for, or one that is not asked for. */
bool plan_conversion(struct judge *judge, const struct edit_issue *command,
                     const struct row_issue *issue, struct conversion *conversion);
/* The event, if the type changes; @issue has the resolution that it tells. */
void emit_conversion(struct judge *judge, const struct conversion *conversion,
                     struct row_issue *issue);

/* The resolution that EditIssue names; refuses at /resolution if the issue will not be done, or one
 * that cannot be chosen. */
bool check_resolution(struct judge *judge, const struct edit_issue *command,
                      const struct row_issue *issue, const struct conversion *conversion);
/* Its event, unless @issue has it already. */
void edit_resolution(struct judge *judge, const struct edit_issue *command,
                     struct row_issue *issue);

/* Whether the workflow of @type, if the project of the issue @ref has both, lacks a place for the
 * status of the issue. */
bool conversion_takes_status(struct judge *judge, struct slice ref, struct slice type);

#endif
