#include "projections/answers.h"

#define ON true
#define no false

/* Whether the view of a column has something to do for an event. What happens to an issue or a
 * project moves the version that a board shows: ON there. */
/* clang-format off */
#define ANSWERS(ROW)                                                             \
	/*                                access  board  issue  search  state */ \
	ROW(API_KEYS_LIMITED,             ON,     no,    no,    no,     ON)      \
	ROW(API_KEY_CREATED,              ON,     no,    no,    no,     ON)      \
	ROW(API_KEY_REVOKED,              ON,     no,    no,    no,     ON)      \
	ROW(BOARD_CREATED,                no,     ON,    no,    no,     ON)      \
	ROW(BOARD_DELETED,                no,     ON,    no,    no,     ON)      \
	ROW(BOARD_EDITED,                 no,     ON,    no,    no,     ON)      \
	ROW(BULK_COMPLETED,               no,     no,    ON,    no,     ON)      \
	ROW(BULK_REFUSED,                 no,     no,    ON,    no,     ON)      \
	ROW(COMMAND_CONCLUDED,            no,     no,    no,    no,     no)      \
	ROW(COMMENT_ADDED,                no,     ON,    ON,    ON,     ON)      \
	ROW(COMMENT_DELETED,              no,     ON,    ON,    ON,     ON)      \
	ROW(COMMENT_EDITED,               no,     ON,    ON,    ON,     ON)      \
	ROW(COMPONENT_ADDED,              no,     ON,    ON,    no,     ON)      \
	ROW(COMPONENT_EDITED,             no,     ON,    ON,    no,     ON)      \
	ROW(COMPONENT_REMOVED,            no,     ON,    ON,    no,     ON)      \
	ROW(EVENT_SKIPPED,                ON,     no,    no,    no,     ON)      \
	ROW(FIELD_ADDED,                  no,     ON,    ON,    ON,     ON)      \
	ROW(FIELD_EDITED,                 no,     ON,    ON,    ON,     ON)      \
	ROW(FIELD_OPTION_ADDED,           no,     ON,    ON,    no,     ON)      \
	ROW(FIELD_OPTION_EDITED,          no,     ON,    ON,    no,     ON)      \
	ROW(FIELD_OPTION_REMOVED,         no,     ON,    ON,    no,     ON)      \
	ROW(FIELD_REMOVED,                no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_ARCHIVED,               no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_ASSIGNED,               no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_COMPONENTS_CHANGED,     no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_CONVERTED,              no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_CREATED,                no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_DELETED,                no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_DESCRIPTION_CHANGED,    no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_DUE_DATE_CHANGED,       no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_ESTIMATE_CHANGED,       no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_FIELDS_CHANGED,         no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_LABELS_CHANGED,         no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_LINKED,                 no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_MOVED,                  no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_PARENT_CHANGED,         no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_PRIORITY_CHANGED,       no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_RANKED,                 no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_REMAINING_CHANGED,      no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_REPORTER_CHANGED,       no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_RESOLUTION_CHANGED,     no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_RESTORED,               no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_START_DATE_CHANGED,     no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_SUMMARY_CHANGED,        no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_TRANSITIONED,           no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_TYPE_ADDED,             no,     ON,    no,    no,     ON)      \
	ROW(ISSUE_TYPE_CHANGED,           no,     ON,    no,    no,     ON)      \
	ROW(ISSUE_TYPE_REMOVED,           no,     ON,    no,    no,     ON)      \
	ROW(ISSUE_UNARCHIVED,             no,     ON,    ON,    ON,     ON)      \
	ROW(ISSUE_UNLINKED,               no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_UNWATCHED,              no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_VERSIONS_CHANGED,       no,     ON,    ON,    no,     ON)      \
	ROW(ISSUE_WATCHED,                no,     ON,    ON,    no,     ON)      \
	ROW(LABEL_ADDED,                  no,     ON,    ON,    no,     ON)      \
	ROW(LABEL_EDITED,                 no,     ON,    ON,    no,     ON)      \
	ROW(LABEL_POLICY_CHANGED,         no,     ON,    ON,    no,     ON)      \
	ROW(LABEL_REMOVED,                no,     ON,    ON,    no,     ON)      \
	ROW(LINK_TYPE_ADDED,              ON,     no,    ON,    no,     ON)      \
	ROW(LINK_TYPE_EDITED,             ON,     no,    ON,    no,     ON)      \
	ROW(LINK_TYPE_REMOVED,            ON,     no,    ON,    no,     ON)      \
	ROW(MEMBER_ADDED,                 ON,     no,    no,    no,     ON)      \
	ROW(MEMBER_DEACTIVATED,           ON,     no,    no,    no,     ON)      \
	ROW(MEMBER_PROFILE_SET,           ON,     no,    no,    no,     ON)      \
	ROW(MEMBER_REACTIVATED,           ON,     no,    no,    no,     ON)      \
	ROW(MEMBER_REMOVED,               ON,     no,    no,    no,     ON)      \
	ROW(MEMBER_ROLE_CHANGED,          ON,     no,    no,    no,     ON)      \
	ROW(ORGANIZATION_CREATED,         ON,     no,    no,    no,     ON)      \
	ROW(ORGANIZATION_RENAMED,         ON,     no,    no,    no,     ON)      \
	ROW(PERMISSION_GRANTS_CHANGED,    ON,     no,    no,    no,     ON)      \
	ROW(PERMISSION_SCHEME_ASSIGNED,   no,     ON,    no,    no,     ON)      \
	ROW(PERMISSION_SCHEME_CREATED,    ON,     no,    no,    no,     ON)      \
	ROW(PERMISSION_SCHEME_REMOVED,    ON,     no,    no,    no,     ON)      \
	ROW(PERMISSION_SCHEME_RENAMED,    ON,     no,    no,    no,     ON)      \
	ROW(PRIORITY_ADDED,               no,     ON,    no,    no,     ON)      \
	ROW(PRIORITY_CHANGED,             no,     ON,    no,    no,     ON)      \
	ROW(PROJECT_ARCHIVED,             no,     ON,    no,    ON,     ON)      \
	ROW(PROJECT_CATEGORY_CHANGED,     no,     ON,    no,    no,     ON)      \
	ROW(PROJECT_CREATED,              no,     ON,    ON,    ON,     ON)      \
	ROW(PROJECT_DELETED,              no,     ON,    ON,    ON,     ON)      \
	ROW(PROJECT_KEY_CHANGED,          no,     ON,    ON,    ON,     ON)      \
	ROW(PROJECT_LEAD_CHANGED,         no,     ON,    no,    no,     ON)      \
	ROW(PROJECT_RENAMED,              no,     ON,    ON,    no,     ON)      \
	ROW(PROJECT_RESTORED,             no,     ON,    ON,    ON,     ON)      \
	ROW(PROJECT_ROLE_ADDED,           ON,     no,    no,    no,     ON)      \
	ROW(PROJECT_ROLE_MEMBERS_CHANGED, no,     ON,    no,    no,     ON)      \
	ROW(PROJECT_ROLE_REMOVED,         ON,     no,    no,    no,     ON)      \
	ROW(PROJECT_ROLE_RENAMED,         ON,     no,    no,    no,     ON)      \
	ROW(PROJECT_UNARCHIVED,           no,     ON,    no,    ON,     ON)      \
	ROW(RANKS_REBALANCED,             ON,     ON,    ON,    no,     ON)      \
	ROW(RESOLUTION_ADDED,             no,     ON,    no,    no,     ON)      \
	ROW(RESOLUTION_CHANGED,           no,     ON,    no,    no,     ON)      \
	ROW(STATUS_ADDED,                 no,     ON,    ON,    no,     ON)      \
	ROW(STATUS_CHANGED,               no,     ON,    ON,    no,     ON)      \
	ROW(STATUS_REMOVED,               no,     ON,    no,    no,     ON)      \
	ROW(TEAM_CREATED,                 ON,     no,    no,    no,     ON)      \
	ROW(TEAM_DELETED,                 ON,     no,    no,    no,     ON)      \
	ROW(TEAM_MEMBERS_CHANGED,         ON,     no,    no,    no,     ON)      \
	ROW(TEAM_RENAMED,                 ON,     no,    no,    no,     ON)      \
	ROW(VERSION_ADDED,                no,     ON,    ON,    no,     ON)      \
	ROW(VERSION_EDITED,               no,     ON,    ON,    no,     ON)      \
	ROW(VERSION_MOVED,                no,     ON,    ON,    no,     ON)      \
	ROW(VERSION_REMOVED,              no,     ON,    ON,    no,     ON)      \
	ROW(VERSION_STATUS_CHANGED,       no,     ON,    ON,    no,     ON)      \
	ROW(WORKFLOW_ASSIGNED,            no,     ON,    no,    no,     ON)      \
	ROW(WORKFLOW_DRAFT_DISCARDED,     no,     ON,    no,    no,     ON)      \
	ROW(WORKFLOW_DRAFT_SAVED,         no,     ON,    no,    no,     ON)      \
	ROW(WORKFLOW_PUBLISHED,           no,     ON,    no,    no,     ON)      \
	ROW(WORKFLOW_REMOVED,             no,     ON,    no,    no,     ON)      \
	ROW(WORKLOG_DELETED,              no,     ON,    ON,    no,     ON)      \
	ROW(WORKLOG_EDITED,               no,     ON,    ON,    no,     ON)      \
	ROW(WORK_LOGGED,                  no,     ON,    ON,    no,     ON)
/* clang-format on */

#define COUNT(EVENT, ...) +1
_Static_assert(0 ANSWERS(COUNT) == EVENT_TYPES, "answers.c must have a row for every event type");

#define ACCESS(EVENT, access, board, issue, search, state) [EVENT_##EVENT] = access,
#define BOARD(EVENT, access, board, issue, search, state)  [EVENT_##EVENT] = board,
#define ISSUE(EVENT, access, board, issue, search, state)  [EVENT_##EVENT] = issue,
#define SEARCH(EVENT, access, board, issue, search, state) [EVENT_##EVENT] = search,
#define STATE(EVENT, access, board, issue, search, state)  [EVENT_##EVENT] = state,

const bool access_handled[EVENT_TYPES] = {ANSWERS(ACCESS)};
const bool board_handled[EVENT_TYPES] = {ANSWERS(BOARD)};
const bool issue_handled[EVENT_TYPES] = {ANSWERS(ISSUE)};
const bool search_handled[EVENT_TYPES] = {ANSWERS(SEARCH)};
const bool state_handled[EVENT_TYPES] = {ANSWERS(STATE)};

#define ALL(EVENT, name, text) [EVENT_##EVENT] = true,

const bool audit_handled[EVENT_TYPES] = {EVENT_TABLE(ALL)};
const bool feed_handled[EVENT_TYPES] = {false};
