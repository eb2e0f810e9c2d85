#include "tests/unit/random_inside.h"

static struct slice_array some_issues(struct decider *decider, struct seed *seed)
{
	uint32_t n = (uint32_t)seed_below(seed, 12);
	struct slice *items = arena_zero(&decider->arena, (n + 1) * sizeof(*items));

	for (uint32_t i = 0; i < n; i++)
		items[i] = SOME_ISSUE;
	return (struct slice_array){items, n};
}

void fill_bulk(struct decider *decider, struct seed *seed, struct command *command)
{
	struct slice_array issues = some_issues(decider, seed);

	switch ((int)command->type) {
	case COMMAND_BULK_EDIT_ISSUES:
		command->bulk_edit_issues = (struct bulk_edit_issues){
		        .issues = issues,
		        SOME_CONVERSION,
		        .has_priority = maybe(seed, 2),
		        .priority = SOME_LEVEL,
		        .has_assignee = maybe(seed, 3),
		        .assignee = random_person(seed),
		        .has_reporter = maybe(seed, 4),
		        .reporter = random_person(seed),
		        .has_resolution = maybe(seed, 6),
		        .resolution = SOME_RESOLUTION,
		        .has_parent = maybe(seed, 3),
		        .parent = SOME_ISSUE,
		        .has_start_on = maybe(seed, 3),
		        .start_on = (int32_t)seed_below(seed, 4),
		        .add_labels = random_labels(decider, seed),
		        .add_components = random_parts(decider, seed),
		        .remove_fix_versions = random_parts(decider, seed),
		        .add_affects_versions = random_parts(decider, seed)};
		break;
	case COMMAND_BULK_TRANSITION_ISSUES:
		command->bulk_transition_issues =
		        (struct bulk_transition_issues){.issues = issues,
		                                        .has_to = !maybe(seed, 3),
		                                        .to = SOME_STATUS,
		                                        .has_category = maybe(seed, 3),
		                                        .category = STATUS_CATEGORY_DONE,
		                                        .has_resolution = maybe(seed, 4),
		                                        .resolution = SOME_RESOLUTION,
		                                        .fields = random_screen(decider, seed),
		                                        .has_comment = maybe(seed, 4),
		                                        .comment = SOME_TEXT,
		                                        .has_from = maybe(seed, 6),
		                                        .from = SOME_STATUS};
		break;
	case COMMAND_BULK_MOVE_ISSUES:
		command->bulk_move_issues =
		        (struct bulk_move_issues){.issues = issues,
		                                  .project = PICK("TLS", "QUIC", "NET"),
		                                  .statuses = random_replacements(decider, seed)};
		break;
	case COMMAND_BULK_DELETE_ISSUES:
		command->bulk_delete_issues.issues = issues;
		break;
	case COMMAND_BULK_RANK_ISSUES:
		command->bulk_rank_issues = (struct bulk_rank_issues){
		        .issues = issues,
		        .has_before = maybe(seed, 3),
		        .before = SOME_ISSUE,
		        .has_after = maybe(seed, 3),
		        .after = SOME_ISSUE,
		        .has_to = maybe(seed, 3),
		        .to = maybe(seed, 2) ? RANK_END_TOP : RANK_END_BOTTOM};
		break;
	default:
		break;
	}
}
