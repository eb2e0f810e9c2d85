#include "core/domain/classic.h"

#define STATUS(id, name, category)                                                                 \
	{                                                                                          \
		ITEM_STATUS, id, name, STATUS_CATEGORY_##category, 0                               \
	}
#define TYPE(id, name, level)                                                                      \
	{                                                                                          \
		ITEM_ISSUE_TYPE, id, name, STATUS_CATEGORY_UNKNOWN, level                          \
	}
#define PRIORITY(id, name)                                                                         \
	{                                                                                          \
		ITEM_PRIORITY, id, name, STATUS_CATEGORY_UNKNOWN, 0                                \
	}
#define RESOLUTION(id, name)                                                                       \
	{                                                                                          \
		ITEM_RESOLUTION, id, name, STATUS_CATEGORY_UNKNOWN, 0                              \
	}

const struct classic_item classic_items[] = {
        STATUS("todo", "To do", TODO),
        STATUS("in_progress", "In progress", IN_PROGRESS),
        STATUS("in_review", "In review", IN_PROGRESS),
        STATUS("done", "Done", DONE),
        TYPE("epic", "Epic", 1),
        TYPE("story", "Story", 0),
        TYPE("task", "Task", 0),
        TYPE("bug", "Bug", 0),
        TYPE("subtask", "Sub-task", -1),
        PRIORITY("highest", "Highest"),
        PRIORITY("high", "High"),
        PRIORITY("medium", "Medium"),
        PRIORITY("low", "Low"),
        PRIORITY("lowest", "Lowest"),
        RESOLUTION("done", "Done"),
        RESOLUTION("wont_do", "Won't do"),
        RESOLUTION("duplicate", "Duplicate"),
        {ITEM_KINDS, NULL, NULL, STATUS_CATEGORY_UNKNOWN, 0},
};

const char classic_workflow_name[] = "Classic";

#define TEXT(literal)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
#define WAY(id_, name_, from_, to_)                                                                \
	{                                                                                          \
		.id = TEXT(id_), .name = TEXT(name_), .kind = TRANSITION_KIND_DIRECTED,            \
		.from = {(const struct slice[]){TEXT(from_)}, 1}, .to = TEXT(to_)                  \
	}

static const struct workflow_transition transitions[] = {
        {.id = TEXT("create"),
         .name = TEXT("Create"),
         .kind = TRANSITION_KIND_INITIAL,
         .to = TEXT("todo")},
        WAY("start", "Start", "todo", "in_progress"),
        WAY("close", "Close", "todo", "done"),
        WAY("put_back", "Put back", "in_progress", "todo"),
        WAY("hand_over", "Hand over", "in_progress", "in_review"),
        WAY("finish", "Finish", "in_progress", "done"),
        WAY("ask_for_changes", "Ask for changes", "in_review", "in_progress"),
        WAY("approve", "Approve", "in_review", "done"),
        WAY("reopen", "Reopen", "done", "todo"),
        WAY("resume", "Reopen and go on", "done", "in_progress"),
};

const struct workflow_transition_array classic_transitions = {
        transitions, sizeof(transitions) / sizeof(transitions[0])};

const char classic_scheme_name[] = "Classic";

/* To everybody of the role or a stronger one, who stands in the relation. */
#define GRANT(WHAT, TO, ROLE)                                                                      \
	{                                                                                          \
		.permission = PERMISSION_##WHAT, .to = GRANT_TO_##TO, .weakest = ORG_ROLE_##ROLE   \
	}

const struct row_grant classic_grants[] = {
        GRANT(BROWSE_PROJECT, ANYONE, GUEST),
        GRANT(EDIT_PROJECT, LEAD, MEMBER),
        GRANT(MANAGE_COMPONENTS, LEAD, MEMBER),
        GRANT(MANAGE_VERSIONS, LEAD, MEMBER),
        GRANT(CREATE_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(EDIT_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(SCHEDULE_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(BE_ASSIGNED, ANYONE, GUEST),
        GRANT(ASSIGN_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(TRANSITION_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(LINK_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(RANK_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(ARCHIVE_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(MOVE_ISSUES, ORGANIZATION_ROLE, MEMBER),
        GRANT(DELETE_ISSUES, REPORTER, MEMBER),
        GRANT(ADD_COMMENTS, ANYONE, GUEST),
        GRANT(EDIT_OWN_COMMENTS, ANYONE, GUEST),
        GRANT(DELETE_OWN_COMMENTS, ANYONE, GUEST),
        GRANT(LOG_WORK, ORGANIZATION_ROLE, MEMBER),
        GRANT(EDIT_OWN_WORKLOGS, ORGANIZATION_ROLE, MEMBER),
        GRANT(DELETE_OWN_WORKLOGS, ORGANIZATION_ROLE, MEMBER),
};
const uint32_t classic_grants_n = sizeof(classic_grants) / sizeof(classic_grants[0]);
