/* What the decisions of all aggregates share. Internal to core/domain. */
#ifndef CORE_DOMAIN_JUDGE_H
#define CORE_DOMAIN_JUDGE_H

#include "core/domain/decide.h"
#include "core/domain/permission.h"
#include "core/domain/text.h"

/* Days that commands may name, since 1970-01-01. */
#define DAY_MIN (-25567) /* 1900-01-01 */
#define DAY_MAX 2932896  /* 9999-12-31 */

struct known_workflow;

/* One command being judged. */
struct judge {
	const struct tenant_state *state;
	const struct request *request;
	enum command_type type;
	struct decision *decision;
	struct row_organization organization;
	enum org_role role; /* of the member whose rights count, within the scope of an API key;
	                     * UNKNOWN: nobody's do */
	bool automation;    /* the actor is a rule or the system */
	bool processor;     /* ... in nobody's name: there is nobody to ask for a role */
	struct uuid person; /* in whose name: on_behalf_of, else the actor */
	bool has_asked;     /* whether the actor may send the command in the project */
	bool has_project;
	struct row_project project; /* of the issue that was found last */
	bool has_rights;
	struct uuid rights_project;
	struct rights rights;                   /* of the actor, there */
	const struct known_workflow *workflows; /* that were read for TransitionIssue */
	struct event unheard;                   /* where events go that found no room */
};

/* decide_<command> for each command: the common checks have passed. */
#define DECIDE_PROTOTYPE(NAME, name, text)                                                         \
	void decide_##name(struct judge *judge, const struct name *command);
COMMAND_TABLE(DECIDE_PROTOTYPE)
#undef DECIDE_PROTOTYPE

/* evolve_<event> for each event. */
#define EVOLVE_PROTOTYPE(NAME, name, text)                                                         \
	void evolve_##name(struct tenant_state *state, const struct event_meta *meta,              \
	                   const struct name *event);
EVENT_TABLE(EVOLVE_PROTOTYPE)
#undef EVOLVE_PROTOTYPE

/* Refuse the command: @pointer into it, and slices that together are the detail (cut to its room).
 * Returns false, so that a check can be `return REFUSE(...)`. */
#define REFUSE(judge, reject, pointer, ...)                                                        \
	refuse(judge, reject, pointer, (const struct slice[]){__VA_ARGS__},                        \
	       sizeof((const struct slice[]){__VA_ARGS__}) / sizeof(struct slice))
bool refuse(struct judge *judge, enum reject reject, const char *pointer, const struct slice *parts,
            size_t parts_n);

/* Refuse for one fault more, at a place of its own: @head and @text are its detail, and @text alone
 * is added to that of the whole. Returns false. */
bool refuse_also(struct judge *judge, enum reject reject, const char *pointer, struct slice head,
                 struct slice text);
/* Of what was refused: put @head in front of what it says / point elsewhere, as one fault. A
 * refusal for want of room (TOO_LARGE) stays as it is. Both return false. */
bool refuse_for(struct judge *judge, struct slice head);
bool refuse_at(struct judge *judge, const char *pointer);

/* The next event of the decision, zeroed but for its type and aggregate; its version is decided
 * by the order. Never NULL: when there is no more room, the decision is TOO_LARGE and what is
 * written here is dropped. */
struct event *emit(struct judge *judge, enum event_type type, enum aggregate_kind kind,
                   const struct uuid *id, int64_t version);
/* Room for the arrays of events; NULL (and TOO_LARGE) when there is none. */
void *emit_room(struct judge *judge, size_t n);
/* A copy of @text, which is not the command's, for an event. */
struct slice emit_copy(struct judge *judge, struct slice text);

/* Checks. Each refuses and returns false when it does not hold. */
bool check_version(struct judge *judge, bool has_expected, int64_t expected, int64_t version);
/* Of what belongs to the organization: API keys and ranks, which people without any right to it
 * change, do not stand against @expected. */
bool check_organization_version(struct judge *judge, bool has_expected, int64_t expected);
/* An id names one thing for ever, whatever kind it is and whether it is still there: what refers to
 * it must never come to mean another. */
bool check_new_id(struct judge *judge, const struct uuid *id, const char *pointer);
/* An active member. */
bool check_member(struct judge *judge, const struct uuid *member, const char *pointer);
bool check_line(struct judge *judge, struct slice text, const char *pointer);
bool check_short_name(struct judge *judge, struct slice text, const char *pointer);
/* Two things of a list that people choose from by name are not called the same, whatever the case.
 */
bool check_name_differs(struct judge *judge, struct slice name, struct slice other);
bool check_body(struct judge *judge, struct slice text, const char *pointer);
bool check_date(struct judge *judge, int32_t days, const char *pointer);
bool check_time(struct judge *judge, int64_t ms, const char *pointer);
bool day_in_range(int32_t days);
bool time_in_range(int64_t ms);

/* Rights. Every command that asks for a permission must have asked when it is accepted: finding
 * the project or the issue that it is about asks. Whether the actor holds @permission in @project,
 * on @issue (NULL: on none); who acts in nobody's name holds all. */
bool may(struct judge *judge, enum permission permission, const struct row_project *project,
         const struct row_issue *issue);
bool can_browse_issue(struct judge *judge, const struct row_issue *issue);
bool check_may(struct judge *judge, enum permission permission, const struct row_project *project,
               const struct row_issue *issue);
/* The same for what the command itself asks for. */
bool may_send(struct judge *judge, const struct row_project *project,
              const struct row_issue *issue);
bool check_asked(struct judge *judge, const struct row_project *project,
                 const struct row_issue *issue);
/* Whether @member is active, may browse @project and holds @permission of @issue. */
bool member_may(struct judge *judge, const struct uuid *member, enum permission permission,
                const struct row_project *project, const struct row_issue *issue);
/* Whether @member is active and may see, and be the assignee of, @issue (or issues like it that are
 * yet to be) of @project. */
bool can_be_assigned(struct judge *judge, const struct row_project *project,
                     const struct row_issue *issue, const struct uuid *member);
bool check_assignee(struct judge *judge, const struct row_project *project,
                    const struct row_issue *issue, const struct uuid *member);
/* Whether @member is active and sees @issue, and so may be told of it. */
bool check_watcher(struct judge *judge, const struct row_issue *issue, const struct uuid *member);
/* Whether the actor may change what @owner made of @issue, found last: what the command asks for
 * the own, or for what belongs to others. */
bool check_own(struct judge *judge, const struct row_issue *issue, const struct uuid *owner,
               const char *pointer);

/* Whether @position is one of @n places. */
bool check_position(struct judge *judge, int32_t position, uint32_t n);

/* Find an issue by key or id, even if it is deleted. */
bool resolve_issue(const struct tenant_state *state, struct slice ref, struct row_issue *issue);
/* Find the issue that a command is about, by key or id, and ask for the permission of the command.
 * One that is deleted, or in a project that the actor may not browse, is not there. */
bool find_issue(struct judge *judge, struct slice ref, struct row_issue *issue);
/* Find one that a command is not about but looks at: nothing but browsing is asked. */
bool find_other_issue(struct judge *judge, struct slice ref, const char *pointer,
                      struct row_issue *issue);
/* Find one that a command is not about but touches: not archived either. */
bool find_active_issue(struct judge *judge, struct slice ref, const char *pointer,
                       struct row_issue *issue);
/* ... and in a project that is not archived: what the command does shows there, too. */
bool find_open_issue(struct judge *judge, struct slice ref, const char *pointer,
                     struct row_issue *issue);
/* Find the issue that a command is about even if it is deleted. A deleted one is there only for
 * those who hold what the command asks. */
bool find_kept_issue(struct judge *judge, struct slice ref, struct row_issue *issue);
bool check_issue_active(struct judge *judge, const struct row_issue *issue, struct slice ref,
                        const char *pointer);
/* The issue that a command is about: found, of the expected version, not later than the command
 * says that it occurred. */
bool find_subject(struct judge *judge, struct slice ref, bool has_expected, int64_t expected,
                  struct row_issue *issue);
bool check_occurred_at(struct judge *judge, const struct row_issue *issue);
/* The project of @issue. */
const struct row_project *project_of_issue(struct judge *judge, const struct row_issue *issue);
/* Refuses at /issue if @issue, or its project, is closed for changes. */
bool check_project_of_issue(struct judge *judge, const struct row_issue *issue);
bool check_issue_open(struct judge *judge, const struct row_issue *issue);

/* Reading rows: false when there is none. */
bool read_organization(const struct tenant_state *state, struct row_organization *row);
bool read_member(const struct tenant_state *state, const struct uuid *id, struct row_member *row);
bool read_project(const struct tenant_state *state, const struct uuid *id, struct row_project *row);
bool read_issue(const struct tenant_state *state, const struct uuid *id, struct row_issue *row);

/* The issue that @meta's event belongs to, with the version and time of the event; there must be
 * one. To be put back with save_issue. */
struct row_issue load_issue(const struct tenant_state *state, const struct event_meta *meta);
void save_issue(struct tenant_state *state, const struct row_issue *issue);
struct row_project load_project(const struct tenant_state *state, const struct event_meta *meta);
void save_project(struct tenant_state *state, const struct row_project *project);
struct row_organization load_organization(const struct tenant_state *state,
                                          const struct event_meta *meta);
/* For an event that does not stand against an expected version. */
struct row_organization load_organization_beside(const struct tenant_state *state,
                                                 const struct event_meta *meta);
void save_organization(struct tenant_state *state, const struct row_organization *organization);

/* NUL-padded strings of rows. */
struct slice padded_slice(const char *padded, size_t room);
void padded_set(char *padded, size_t room, struct slice text);
#define PADDED(array)            padded_slice(array, sizeof(array))
#define PADDED_SET(array, slice) padded_set(array, sizeof(array), slice)

static inline struct slice uuid_slice(const struct uuid *uuid, char room[UUID_TEXT])
{
	uuid_format(uuid, room);
	return slice_of(room, UUID_TEXT);
}

#endif
