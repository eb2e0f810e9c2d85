/* The commands on an issue that several parts of the mapping give. One thread. */
#ifndef IMPORT_ISSUE_H
#define IMPORT_ISSUE_H

#include "import/mapper.h"

/* A title as one line in @out; true when it had to be cut. */
bool issue_title(const struct mapper *mapper, struct slice title, const char *at, struct buf *out);
/* Whether the archive says that the issue has the @label, whatever its case. */
bool issue_has_label(const struct mapper *mapper, const char *label);
bool issue_is_merged(const struct mapper *mapper);
bool issue_is_closed(const struct mapper *mapper);

/* TransitionIssue to done. @reason: stateReason of GitHub, "" when it is not known. */
void issue_close(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person,
                 struct slice reason);
/* The same for a pull request that was merged. */
void issue_merge(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person);
void issue_reopen(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person);
void issue_assign(struct mapper *mapper, const char *key, int64_t ms, const struct uuid *person,
                  const struct uuid *assignee);
/* Either may be empty. */
void issue_change_milestone(struct mapper *mapper, const char *key, int64_t ms,
                            const struct uuid *person, struct slice from, struct slice to);

#endif
