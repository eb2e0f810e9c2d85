/* Labels of projects at random: the few that issues have, too. */
#include "tests/unit/random_inside.h"

#define SOME_LABEL PICK("ui", "UI", "crypto", "z", "new", "good first issue", "a,b")

void fill_label(struct seed *seed, struct command *command)
{
	static const enum label_field clear[] = {LABEL_FIELD_COLOR, LABEL_FIELD_DESCRIPTION};

	switch ((int)command->type) {
	case COMMAND_ADD_LABEL:
		command->add_label =
		        (struct add_label){.project = SOME_PROJECT,
		                           .label = SOME_LABEL,
		                           .has_color = maybe(seed, 2),
		                           .color = PICK("#00ff00", "#00FF99", "green"),
		                           .description = PICK("", "for people")};
		break;
	case COMMAND_EDIT_LABEL:
		command->edit_label =
		        (struct edit_label){.project = SOME_PROJECT,
		                            .label = SOME_LABEL,
		                            .has_name = maybe(seed, 2),
		                            .name = SOME_LABEL,
		                            .has_color = maybe(seed, 3),
		                            .color = PICK("#00ff00", "#123456"),
		                            .clear = {clear, (uint32_t)seed_below(seed, 3)},
		                            EXPECTED};
		break;
	case COMMAND_REMOVE_LABEL:
		command->remove_label = (struct remove_label){.project = SOME_PROJECT,
		                                              .label = SOME_LABEL,
		                                              .has_replace_with = maybe(seed, 2),
		                                              .replace_with = SOME_LABEL,
		                                              .detach = maybe(seed, 3),
		                                              EXPECTED};
		break;
	case COMMAND_CHANGE_LABEL_POLICY:
		command->change_label_policy = (struct change_label_policy){
		        .project = SOME_PROJECT,
		        .policy = maybe(seed, 3) ? LABEL_POLICY_LISTED : LABEL_POLICY_OPEN,
		        EXPECTED};
		break;
	default:
		break;
	}
}
