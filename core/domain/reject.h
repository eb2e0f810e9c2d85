/* Refusals: answers of the domain, each with the HTTP status and a text. Never a failure. */
#ifndef CORE_DOMAIN_REJECT_H
#define CORE_DOMAIN_REJECT_H

#include "core/base/bytes.h"

#define REJECT_TABLE(X)                                                                            \
	/* name, HTTP status, "code", "title" */                                                   \
	X(NONE, 200, "none", "accepted")                                                           \
	X(BAD_API_KEY, 401, "bad_token", "the API key is not valid")                               \
	X(FORBIDDEN, 403, "forbidden", "the role does not allow this")                             \
	X(KEY_SCOPE, 403, "key_scope", "the scope of the API key does not allow this")             \
	X(NO_SUCH_TENANT, 404, "no_such_tenant", "there is no such organization")                  \
	X(NOT_A_MEMBER, 404, "no_such_tenant", "there is no such organization")                    \
	X(NO_SUCH_MEMBER, 404, "no_such_member", "there is no such member")                        \
	X(NO_SUCH_PROJECT, 404, "no_such_project", "there is no such project")                     \
	X(NO_SUCH_ISSUE, 404, "no_such_issue", "there is no such issue")                           \
	X(NO_SUCH_COMMENT, 404, "no_such_comment", "there is no such comment")                     \
	X(NO_SUCH_WORKLOG, 404, "no_such_worklog", "there is no such record of work")              \
	X(NO_SUCH_LINK, 404, "no_such_link", "there is no such link")                              \
	X(NO_SUCH_TEAM, 404, "no_such_team", "there is no such team")                              \
	X(NO_SUCH_WORKFLOW, 404, "no_such_workflow", "there is no such workflow")                  \
	X(NO_SUCH_BOARD, 404, "no_such_board", "there is no such board")                           \
	X(NO_SUCH_PROJECT_ROLE, 404, "no_such_project_role", "there is no such project role")      \
	X(NO_SUCH_PERMISSION_SCHEME, 404, "no_such_permission_scheme",                             \
	  "there is no such permission scheme")                                                    \
	X(BUILT_IN, 409, "built_in", "what is built in never changes")                             \
	X(BAD_GRANT, 422, "bad_grant", "the permission cannot be granted like that")               \
	X(NOT_ASSIGNABLE, 422, "not_assignable", "the member cannot be assigned the issue")        \
	X(CANNOT_REPORT, 422, "cannot_report", "the member may not see the project")               \
	X(CANNOT_WATCH, 422, "cannot_watch", "the member may not see the issue")                   \
	X(NO_SUCH_API_KEY, 404, "no_such_api_key", "there is no such API key")                     \
	X(TENANT_EXISTS, 409, "tenant_exists", "the organization exists already")                  \
	X(MEMBER_EXISTS, 409, "member_exists", "the person is a member already")                   \
	X(MEMBER_DEACTIVATED, 409, "member_deactivated", "the member is deactivated")              \
	X(TEAM_NAME_TAKEN, 409, "team_name_taken", "another team has the name")                    \
	X(KEY_TAKEN, 409, "key_taken", "the key belongs to another project")                       \
	X(NO_SUCH_COMPONENT, 404, "no_such_component", "the project has no such component")        \
	X(NO_SUCH_VERSION, 404, "no_such_version", "the project has no such version")              \
	X(NO_SUCH_LABEL, 404, "no_such_label", "the project has no such label")                    \
	X(NAME_TAKEN, 409, "name_taken", "another one of the list has the name")                   \
	X(VERSION_STATUS, 409, "version_status", "the version is not in a status for this")        \
	X(VERSION_ARCHIVED, 422, "version_archived", "an archived version cannot be chosen")       \
	X(START_AFTER_RELEASE, 422, "start_after_release", "work begins after the release")        \
	X(TOO_MANY, 422, "too_many", "there are more than one may have")                           \
	X(BAD_CHANGE, 422, "bad_change", "the parts of the command contradict each other")         \
	X(PROJECT_ARCHIVED, 409, "project_archived", "the project is closed for changes")          \
	X(ISSUE_ARCHIVED, 409, "issue_archived", "the issue is archived and closed for changes")   \
	X(MOVES_WITH_PARENT, 409, "moves_with_parent", "a sub-task moves with its parent")         \
	X(PARENT_DELETED, 409, "parent_deleted", "a sub-task is restored with its parent")         \
	X(ID_TAKEN, 409, "id_taken", "the id belongs to something else")                           \
	X(LAST_OWNER, 409, "last_owner", "an organization has at least one active owner")          \
	X(NO_TRANSITION, 409, "no_transition", "the workflow has no such transition")              \
	X(AMBIGUOUS_TRANSITION, 409, "ambiguous_transition", "several transitions lead there")     \
	X(ITEM_EXISTS, 409, "item_exists", "the id is or was in use in the project")               \
	X(UNKNOWN_FIELD, 422, "unknown_field", "the project has no such field")                    \
	X(UNKNOWN_OPTION, 422, "unknown_option", "the field has no such option")                   \
	X(FIELD_REQUIRED, 422, "field_required", "issues of the type must have the field")         \
	X(FIELD_CONTEXT, 422, "field_context", "issues of the type do not have the field")         \
	X(BAD_FIELD_VALUE, 422, "bad_field_value", "the value is none of the field's kind")        \
	X(IN_USE, 409, "in_use", "it is in use")                                                   \
	X(LAST_ITEM, 409, "last_item", "one of its kind can be chosen")                            \
	X(NO_PLACE, 409, "no_place", "issues would have no place in the workflow")                 \
	X(PARENT_CYCLE, 409, "parent_cycle", "an issue cannot be its own ancestor")                \
	X(PARENT_NEEDED, 422, "parent_needed", "a sub-task has a parent")                          \
	X(PARENT_TYPE, 422, "parent_type", "an issue of this type cannot be a parent of that")     \
	X(LINK_CYCLE, 409, "link_cycle", "links of this type close no circle")                     \
	X(SELF_LINK, 422, "self_link", "an issue cannot be linked to itself")                      \
	X(VERSION_MISMATCH, 412, "version_mismatch", "the aggregate has changed")                  \
	X(UNKNOWN_TYPE, 422, "unknown_type", "there is no such issue type")                        \
	X(UNKNOWN_STATUS, 422, "unknown_status", "the workflow has no such status")                \
	X(UNKNOWN_PRIORITY, 422, "unknown_priority", "there is no such priority")                  \
	X(UNKNOWN_RESOLUTION, 422, "unknown_resolution", "there is no such resolution")            \
	X(UNKNOWN_LINK_TYPE, 422, "unknown_link_type", "there is no such link type")               \
	X(RESOLUTION_NOT_DONE, 422, "resolution_not_done", "only a done issue has a resolution")   \
	X(DISABLED, 422, "disabled", "it cannot be chosen any more")                               \
	X(UNKNOWN_TRANSITION, 422, "unknown_transition", "the workflow has no such transition")    \
	X(NOT_VALID, 422, "not_valid", "the issue is not as the transition needs it")              \
	X(BAD_TARGET, 422, "bad_target", "name one of transition, to and category")                \
	X(BAD_WORKFLOW, 422, "bad_workflow", "the workflow cannot be obeyed")                      \
	X(UNREACHABLE_STATUS, 422, "unreachable_status", "no issue could get into the status")     \
	X(NOT_ON_SCREEN, 422, "not_on_screen", "the screen of the transition has no such field")   \
	X(BAD_PATTERN, 422, "bad_pattern", "the regular expression cannot be used")                \
	X(BAD_MOVE, 422, "bad_move", "issues cannot move like that")                               \
	X(STATUS_TWICE, 422, "status_twice", "a status has one place on a board")                  \
	X(BAD_LIMITS, 422, "bad_limits", "min is at most max, and both are 0 to 10000")            \
	X(BAD_BOARD, 422, "bad_board", "the board cannot be shown")                                \
	X(BAD_POSITION, 422, "bad_position", "the position is not one of theirs")                  \
	X(TOO_MANY_ITEMS, 422, "too_many_items", "the project has as many as it may have")         \
	X(BAD_ID, 422, "bad_id", "1 to 32 characters a-z, 0-9 and _, beginning with a letter")     \
	X(BAD_KEY, 422, "bad_key", "2 to 10 characters A-Z and 0-9, beginning with a letter")      \
	X(BAD_SLUG, 422, "bad_slug", "2 to 40 characters a-z, 0-9 and -, beginning with a letter") \
	X(BAD_TEXT, 422, "bad_text", "the text is empty or has control characters")                \
	X(BAD_LABEL, 422, "bad_label", "1 to 64 characters without spaces at the ends or commas")  \
	X(UNKNOWN_LABEL, 422, "unknown_label", "the project lists no such label")                  \
	X(BAD_COLOR, 422, "bad_color", "# and six hexadecimal digits")                             \
	X(BAD_LABEL_POLICY, 422, "bad_label_policy", "open or listed")                             \
	X(TOO_MANY_LABELS, 422, "too_many_labels", "an issue has at most 100 labels")              \
	X(TOO_MANY_WATCHERS, 422, "too_many_watchers", "an issue has at most 500 watchers")        \
	X(TOO_MANY_WORKLOGS, 422, "too_many_worklogs",                                             \
	  "an issue has at most 10,000 records of work")                                           \
	X(TOO_MANY_TEAMS, 422, "too_many_teams", "an organization has at most 1000 teams")         \
	X(TOO_MANY_TEAM_MEMBERS, 422, "too_many_team_members", "a team has at most 5000 members")  \
	X(TOO_MANY_MENTIONS, 422, "too_many_mentions", "a comment mentions at most 50 members")    \
	X(TOO_MANY_API_KEYS, 422, "too_many_api_keys", "a member has at most 50 API keys")         \
	X(BAD_SCOPE, 422, "bad_scope", "read, write or admin")                                     \
	X(BAD_EXPIRY, 422, "bad_expiry", "the time of expiry is out of range")                     \
	X(BAD_CLEAR, 422, "bad_clear", "the field cannot be emptied")                              \
	X(BAD_RANK_TARGET, 422, "bad_rank_target",                                                 \
	  "name exactly one other issue: before or after")                                         \
	X(BAD_ROLE, 422, "bad_role", "owner, admin, member or guest")                              \
	X(BAD_DATE, 422, "bad_date", "the date is out of range")                                   \
	X(START_AFTER_DUE, 422, "start_after_due", "work on an issue begins before it is due")     \
	X(BAD_MINUTES, 422, "bad_minutes", "the number of minutes is out of range")                \
	X(BAD_REMAINING, 422, "bad_remaining",                                                     \
	  "remaining_minutes goes with remaining = set, and only with it")                         \
	X(OCCURRED_AT_DECREASES, 422, "occurred_at_decreases",                                     \
	  "occurred_at never decreases within an aggregate and is not in the future")              \
	X(NOT_AN_IMPORTER, 403, "not_an_importer",                                                 \
	  "only admins and owners may set occurred_at or on_behalf_of")                            \
	X(KEY_REUSED, 422, "key_reused", "the Idempotency-Key belongs to another command")         \
	X(TOO_LARGE, 422, "too_large", "the command has more effects than one command may have")

#define REJECT_ENUM(name, http, code, title) REJECT_##name,
enum reject { REJECT_TABLE(REJECT_ENUM) REJECTS };
#undef REJECT_ENUM

int reject_http_status(enum reject reject);
const char *reject_code(enum reject reject);  /* "no_such_issue" */
const char *reject_title(enum reject reject); /* the text of the table */

/* What to say of a @slug (UTF-8) that no organization can have: it, and what slugs are. */
#define REJECT_SLUG_TEXT 192
void reject_slug_text(struct slice slug, char text[REJECT_SLUG_TEXT]);

#endif
