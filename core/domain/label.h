/* Labels of a project: those that it lists, which of them may be put on issues, and what becomes of
 * those that are renamed or removed. A label needs no list: without one it is there as long as an
 * issue has it. Internal to core/domain. */
#ifndef CORE_DOMAIN_LABEL_H
#define CORE_DOMAIN_LABEL_H

#include "core/domain/judge.h"

#define PROJECT_LABELS_MAX 1000 /* that it lists */

/* Whether the project lists it; @row may be NULL. */
bool read_listed(const struct tenant_state *state, const struct uuid *project, struct slice label,
                 struct row_project_label *row);
/* Whether the project lists it, or an issue of the project has it, be it deleted. */
bool label_is_there(const struct tenant_state *state, const struct uuid *project,
                    struct slice label);
/* Refuses at /label unless it is there; *@listed, and what is listed of it. */
bool find_label(struct judge *judge, const struct uuid *project, struct slice label, bool *listed,
                struct row_project_label *row);
/* Refuses at @pointer when a listed label is called like @label but for case; @but: the one that
 * may be (empty: none). */
bool check_not_listed(struct judge *judge, const struct uuid *project, struct slice label,
                      struct slice but, const char *pointer);
/* "" or # and six hexadecimal digits. */
bool check_color(struct judge *judge, struct slice color);
/* As events tell it; texts lie in the arena. */
struct project_label label_as_event(struct judge *judge, struct slice label,
                                    const struct row_project_label *row);

/* Whether @project lets all of @labels be put on @issue (NULL: on one that is about to be), which
 * keeps what it has; refuses at @pointer/INDEX. */
bool check_labels_listed(struct judge *judge, const struct row_project *project,
                         const struct row_issue *issue, struct slice_array labels,
                         const char *pointer);
/* Those of @labels that @project lets be put on issues, or does not if @others; in the arena. */
struct slice_array labels_let_in(struct judge *judge, const struct row_project *project,
                                 struct slice_array labels, bool others);

/* The issues of a project that have a label, deleted ones too. */
struct labelled {
	const struct tenant_state *state;
	struct row_key at;
	size_t head; /* bytes that all keys begin with */
};
struct labelled labelled_issues(const struct tenant_state *state, const struct uuid *project,
                                struct slice label);
bool next_labelled(struct labelled *walk, struct uuid *issue);

#endif
