/* An issue as a command will leave it: what a screen, or CreateIssue, gave, and what post functions
 * make of it. Rules are asked of the draft; at the end each field that differs is one event.
 * Internal to core/domain. */
#ifndef CORE_DOMAIN_ISSUE_DRAFT_H
#define CORE_DOMAIN_ISSUE_DRAFT_H

#include "core/domain/any_field.h"
#include "core/domain/issue_field.h"
#include "core/domain/issue_tag.h"

struct issue_draft {
	struct judge *judge;
	const struct row_issue *before; /* NULL: it is about to be created */
	struct row_issue issue;         /* what is of fixed size, and how many labels */
	struct row_item type;
	struct row_project project;
	/* Set where they are told, else as they are in rows. */
	bool has_summary, has_description, has_labels, has_tags[ROW_TAGS];
	struct slice summary, description;
	struct slice_array labels; /* sorted, each once */
	struct uuid_array tags[ROW_TAGS];
	struct field_value_array wishes;   /* values of custom fields, each field once */
	struct field_change_array changes; /* that follow from them, canonical */
};

/* @before may be NULL: then the caller fills in what the new issue has. */
void draft_begin(struct judge *judge, const struct row_issue *before, const struct row_item *type,
                 const struct row_project *project, struct issue_draft *out);

/* Give @field @values, none: empty it; refuses what it cannot have at the members field and values
 * of
 * @pointer, naming the field. A resolution is set as it is: the caller knows whether the issue is
 * done. */
bool draft_set(struct issue_draft *draft, const struct any_field *field, struct slice_array values,
               const char *pointer);
/* The same, for a member who can be assigned (or nobody: NULL). */
void draft_assign(struct issue_draft *draft, const struct uuid *member);
/* What rows and draft say that it has; in the arena. A text that is too long to be in the state
 * (a description that is not told by the command) has no values. */
struct slice_array draft_values(const struct issue_draft *draft, const struct any_field *field);
/* Whether fields contradict each other. */
bool draft_check(const struct issue_draft *draft, const char *pointer);

/* The events of what differs. */
void draft_emit(const struct issue_draft *draft, struct row_issue *issue);

/* The default assignee of the first of its components that has one who can be assigned; NULL: none
 * has. */
const struct uuid *draft_component_assignee(const struct issue_draft *draft, struct uuid *room);

#endif
