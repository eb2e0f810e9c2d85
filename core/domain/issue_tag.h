/* What an issue has of its project: components, versions that fix it, versions that it affects. A
 * tag is a row under the issue and one under the component or version, so that both ends find each
 * other. Internal to core/domain. */
#ifndef CORE_DOMAIN_ISSUE_TAG_H
#define CORE_DOMAIN_ISSUE_TAG_H

#include "core/domain/issue.h"

#define ISSUE_TAGS_MAX 100 /* of one kind, on one issue */

bool issue_has_tag(const struct tenant_state *state, const struct uuid *issue, enum row_tag tag,
                   const struct uuid *id);

/* Each of @ids is a component, or a version that is not archived, of @project, and they are not too
 * many. */
bool check_tags(struct judge *judge, const struct uuid *project, enum row_tag tag,
                struct uuid_array ids, const char *pointer);

/* @ids in order, each once, without those that @issue has (or without those that it lacks, if
 * @present); @issue may be NULL: it has none. NULL items if there is no room. */
struct uuid_array tags_select(struct judge *judge, const struct uuid *issue, enum row_tag tag,
                              struct uuid_array ids, bool present);

/* All that @issue has, in order. NULL items if there is no room. */
struct uuid_array tags_of(struct judge *judge, const struct uuid *issue, enum row_tag tag);
uint32_t count_tags(const struct tenant_state *state, const struct uuid *issue, enum row_tag tag);
/* The event that makes @to, sorted and each once, of what @issue has; none if it is the same. */
void edit_tags(struct judge *judge, enum row_tag tag, struct uuid_array to,
               struct row_issue *issue);
/* Events that take @from off every issue that has it as one of @tags (those that are open only, if
 * @open_only), and put @to on instead unless it is NULL. */
void replace_tags(struct judge *judge, const enum row_tag *tags, size_t tags_n,
                  const struct uuid *from, const struct uuid *to, bool open_only);

/* evolve */
void issue_add_tags(struct tenant_state *state, const struct uuid *issue, enum row_tag tag,
                    struct uuid_array ids);
void issue_remove_tags(struct tenant_state *state, const struct uuid *issue, enum row_tag tag,
                       struct uuid_array ids);

#endif
