/* What the decisions on issues share. Internal to core/domain. */
#ifndef CORE_DOMAIN_ISSUE_H
#define CORE_DOMAIN_ISSUE_H

#include "core/domain/configuration.h"
#include "core/domain/link_type.h"
#include "core/domain/rank.h"

#define ISSUE_LABELS_MAX     100
#define COMMENT_MENTIONS_MAX 50
#define ISSUE_WATCHERS_MAX   500
#define ISSUE_WORKLOGS_MAX   10000
#define WORKLOG_MINUTES_MAX  525600  /* a year */
#define ESTIMATE_MINUTES_MAX 5256000 /* ten years */

/* The next event of @issue, whose version it raises (in the caller's copy). */
struct event *emit_issue(struct judge *judge, enum event_type type, struct row_issue *issue);

/* One generation below an issue, whatever became of them. */
struct children {
	const struct tenant_state *state;
	struct row_key at, begin;
};
struct children children_of(const struct tenant_state *state, const struct uuid *parent);
bool next_child(struct children *children, struct row_issue *child);
bool is_subtask(const struct tenant_state *state, const struct row_issue *issue);
/* Whether the actor may do with this sub-task, too, what the command does with its parent. */
bool check_goes_along(struct judge *judge, const struct row_issue *child);

/* An estimate: 0 to ESTIMATE_MINUTES_MAX. */
bool check_estimate(struct judge *judge, int32_t minutes, const char *pointer);
bool check_start(struct judge *judge, bool has_start_on, int32_t start_on, bool has_due_on,
                 int32_t due_on, const char *pointer);
/* A step of an issue through a workflow. Texts borrow from the command or the arena. */
struct issue_step {
	struct slice from, to;
	enum status_category from_category, to_category;
	struct slice resolution; /* with a done status, else empty */
	struct slice transition; /* its id; empty: the workflow changed */
};
/* @type_level: of the issue's type. */
void emit_transition(struct judge *judge, const struct issue_step *step, int32_t type_level,
                     struct row_issue *issue);
/* TransitionIssue; the comment that comes along, if any, gets the id @comment. */
void transition_issue(struct judge *judge, const struct transition_issue *command,
                      const struct uuid *comment);
/* The id behind @id: what one command makes by the dozen counts on from a fresh one. */
void count_on(struct uuid *id);
/* What done issues get when nobody says more. Lies in the arena. */
struct slice first_resolution(struct judge *judge, const struct uuid *project);

/* Add a comment of the actor to @issue, @body at @pointer; what it answers is @thread (nil:
 * nothing),
 * @id its id. check_new_comment refuses what is none. */
struct new_comment {
	struct uuid id, thread;
	struct slice body;
	struct uuid_array mentions;
};
bool check_new_comment(struct judge *judge, struct new_comment *comment, const char *pointer);
void emit_comment(struct judge *judge, const struct new_comment *comment, struct row_issue *issue);

bool check_labels(struct judge *judge, struct slice_array labels, const char *pointer);
/* Where an issue is to lie: one of the three. */
struct rank_goal {
	bool has_before, has_after, has_to;
	struct slice before, after; /* keys or ids */
	enum rank_end to;
	uint32_t in_front, behind; /* issues that are to go right in front of it, or behind it */
};
/* Refuses unless it is one of the three, and the issue that it names can be seen and is not
 * archived; *@other is that one. */
bool find_rank_goal(struct judge *judge, const struct rank_goal *goal, struct row_issue *other);
/* Put @issue there (in the caller's copy), unless it is there already. */
void rank_issue(struct judge *judge, const struct rank_goal *goal, struct row_issue *issue);
/* Rank of the last issue of the tenant; n is 0 if there is none. */
struct rank issue_last_rank(const struct tenant_state *state);
/* Whether the actor may put issues of @project below @parent. That changes what becomes of @parent:
 * where it is in another project it asks for edit_issues of it. */
bool may_adopt(struct judge *judge, const struct uuid *project, const struct row_issue *parent);
bool check_adoption(struct judge *judge, const struct uuid *project,
                    const struct row_issue *parent);
/* Whether @parent may be the parent of the issue @id of @type: its type is one level above. */
bool check_parent(struct judge *judge, const struct uuid *id, const struct row_item *type,
                  const struct row_issue *parent, const char *pointer);
/* The labels that @issue has, in order; in the arena. */
struct slice_array labels_of(struct judge *judge, const struct row_issue *issue);
/* @labels in order, each once, without those that @issue has (or without those that it lacks, if
 * @present). NULL items if there is no room. */
struct slice_array labels_select(struct judge *judge, const struct row_issue *issue,
                                 struct slice_array labels, bool present);

/* Estimates and dates of EditIssue, each where it changes (issue_plan.c). */
bool check_plan(struct judge *judge, const struct edit_issue *command,
                const struct row_issue *issue);
void edit_plan(struct judge *judge, const struct edit_issue *command, struct row_issue *issue);
/* Set the remaining estimate, if it changes. */
/* What remains of the issue fell by @minutes: by the worklog, if its event is the one before. */
void note_taken(struct tenant_state *state, const struct event_meta *meta, int32_t minutes);
void edit_remaining(struct judge *judge, bool has_remaining, int32_t remaining,
                    struct row_issue *issue);
/* The events of fields that an issue is to have, each where it differs: these as in @after, one. */
void edit_plan_to(struct judge *judge, const struct row_issue *after, struct row_issue *issue);
void edit_summary(struct judge *judge, struct slice summary, struct row_issue *issue);
void edit_description(struct judge *judge, struct slice description, struct row_issue *issue);
void edit_priority(struct judge *judge, struct slice priority, struct row_issue *issue);
void edit_parent(struct judge *judge, const struct uuid *parent, struct row_issue *issue);
void edit_assignee(struct judge *judge, const struct uuid *assignee, struct row_issue *issue);
void edit_reporter(struct judge *judge, const struct uuid *reporter, struct row_issue *issue);
/* Whether @member can be the reporter of issues of @project: active, and may browse it. */
bool check_reporter(struct judge *judge, const struct row_project *project,
                    const struct uuid *member, const char *pointer);
/* Likewise for the reporter that a command names, if it is @given and another one than that of
 * @issue: the actor is asked for modify_reporter, too. */
bool check_given_reporter(struct judge *judge, const struct row_project *project,
                          const struct row_issue *issue, bool given, const struct uuid *member);
bool issue_has_field(struct issue_field_array fields, enum issue_field field);
/* evolve: the issue of an event that changes @field. */
struct row_issue load_field(const struct tenant_state *state, const struct event_meta *meta,
                            enum issue_field field);

/* evolve: put @issue under another parent, or under none (nil), and count children. */
void issue_set_parent(struct tenant_state *state, struct row_issue *issue,
                      const struct uuid *parent);
/* Who the event is of takes @issue, which is in no place (migration.h), to @status; the resolution
 * is empty if that is no done one. */
void issue_change_status(struct tenant_state *state, const struct event_meta *meta,
                         struct row_issue *issue, struct slice status, struct slice resolution);
/* What rules ask of its way through the statuses of its project, by their ordinals: who the event
 * is of took it from one to another. */
void issue_remember_step(struct tenant_state *state, const struct event_meta *meta,
                         struct row_issue *issue, uint8_t from, uint8_t to);
/* Its number is the next one of its project. */
void issue_take_number(struct tenant_state *state, const struct row_issue *issue);
void issue_set_summary(struct tenant_state *state, const struct uuid *issue, struct slice summary);
void issue_set_description(struct row_issue *issue, struct slice description, int64_t seq);
void issue_add_labels(struct tenant_state *state, struct row_issue *issue,
                      struct slice_array labels);
/* @issue is about to lie in the project @to. */
void issue_move_labels(struct tenant_state *state, const struct row_issue *issue,
                       const struct uuid *to);

#endif
