/* A label in histories, which issues get and lose: listed, in colour, alone allowed, and no more.
 */
#include "tests/unit/history.h"

static const struct project_label plain = {.label = SLICE("later")};
static const struct project_label blue = {.label = SLICE("later"),
                                          .has_color = true,
                                          .color = SLICE("#0000ff"),
                                          .description = SLICE("Not now")};

static struct event *of_project(struct history *h, enum event_type type, struct history_tenant *t)
{
	return history_event(h, type, AGGREGATE_KIND_PROJECT, t->project, ++t->project_version);
}

static void change_policy(struct history *h, struct history_tenant *t, enum label_policy from,
                          enum label_policy to)
{
	of_project(h, EVENT_LABEL_POLICY_CHANGED, t)->label_policy_changed =
	        (struct label_policy_changed){from, to};
}

void history_next_label(struct history *history, struct history_tenant *tenant)
{
	switch (tenant->label_steps++ % 5) {
	case 0:
		of_project(history, EVENT_LABEL_ADDED, tenant)->label_added.label = plain;
		break;
	case 1:
		of_project(history, EVENT_LABEL_EDITED, tenant)->label_edited =
		        (struct label_edited){plain, blue, true};
		break;
	case 2:
		change_policy(history, tenant, LABEL_POLICY_OPEN, LABEL_POLICY_LISTED);
		break;
	case 3:
		change_policy(history, tenant, LABEL_POLICY_LISTED, LABEL_POLICY_OPEN);
		break;
	default:
		of_project(history, EVENT_LABEL_REMOVED, tenant)->label_removed =
		        (struct label_removed){.label = blue, .listed = true};
		break;
	}
}
