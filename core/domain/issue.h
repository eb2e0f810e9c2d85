/* What the decisions on issues share. Internal to core/domain. */
#ifndef CORE_DOMAIN_ISSUE_H
#define CORE_DOMAIN_ISSUE_H

#include "core/domain/catalogue.h"
#include "core/domain/judge.h"
#include "core/domain/workflow.h"

#define ISSUE_LABELS_MAX 100

/* The next event of @issue, whose version it raises (in the caller's copy). */
struct event *emit_issue(struct judge *judge, enum event_type type, struct row_issue *issue);

bool check_priority(struct judge *judge, struct slice id);
bool check_labels(struct judge *judge, struct slice_array labels, const char *pointer);
/* Whether @parent may be the parent of the issue @id of @type. */
bool check_parent(struct judge *judge, const struct uuid *id, const struct issue_type *type,
                  const struct row_issue *parent, const char *pointer);

/* @labels in order, each once, without those that @issue has (or without those that it lacks, if
 * @present). NULL items if there is no room. */
struct slice_array labels_select(struct judge *judge, const struct row_issue *issue,
                                 struct slice_array labels, bool present);

/* evolve: put @issue under another parent, or under none (nil), and count children. */
void issue_set_parent(struct tenant_state *state, struct row_issue *issue,
                      const struct uuid *parent);
void issue_set_summary(struct tenant_state *state, const struct uuid *issue, struct slice summary);
void issue_set_description(struct row_issue *issue, struct slice description, int64_t seq);
void issue_add_labels(struct tenant_state *state, struct row_issue *issue,
                      struct slice_array labels);

#endif
