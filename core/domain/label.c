/* The labels that a project lists, and its policy: AddLabel, ChangeLabelPolicy. */
#include "core/domain/label.h"

#include "core/base/characters.h"
#include "core/domain/issue.h"
#include "core/domain/project.h"
#include "core/domain/workflow.h"

/* --- what there is --- */

bool read_listed(const struct tenant_state *state, const struct uuid *project, struct slice label,
                 struct row_project_label *row)
{
	struct row_key key = row_key_project_label(project, label);
	struct row_project_label unused;

	return label.n <= LABEL_MAX && state->get(state, &key, row ? row : &unused);
}

struct labelled labelled_issues(const struct tenant_state *state, const struct uuid *project,
                                struct slice label)
{
	static const struct uuid nil;
	struct labelled walk = {.state = state, .at = row_key_labelled_issue(project, label, &nil)};

	walk.head = walk.at.n - sizeof(nil.bytes);
	return walk;
}

bool next_labelled(struct labelled *walk, struct uuid *issue)
{
	struct row_key key = walk->at;
	struct row_labelled_issue row;

	if (!walk->state->next(walk->state, &key, false, &row) || key.n != walk->at.n ||
	    memcmp(key.bytes, walk->at.bytes, walk->head) != 0)
		return false;
	walk->at = key;
	memcpy(issue->bytes, key.bytes + walk->head, sizeof(issue->bytes));
	return true;
}

bool label_is_there(const struct tenant_state *state, const struct uuid *project,
                    struct slice label)
{
	struct uuid issue;

	if (label.n > LABEL_MAX)
		return false;
	struct labelled walk = labelled_issues(state, project, label);
	return read_listed(state, project, label, NULL) || next_labelled(&walk, &issue);
}

bool find_label(struct judge *judge, const struct uuid *project, struct slice label, bool *listed,
                struct row_project_label *row)
{
	memset(row, 0, sizeof(*row));
	*listed = read_listed(judge->state, project, label, row);
	return *listed || label_is_there(judge->state, project, label) ||
	       REFUSE(judge, REJECT_NO_SUCH_LABEL, "/label", SLICE("the project has no label \""),
	              label, SLICE("\""));
}

/* The listed label behind @key (or before it), which moves there; borrows from it. */
static bool next_listed(const struct tenant_state *state, const struct uuid *project,
                        bool backwards, struct row_key *key, struct slice *label)
{
	const size_t head = sizeof(project->bytes);
	struct row_project_label row;

	if (!state->next(state, key, backwards, &row) || key->n <= head ||
	    memcmp(key->bytes, project->bytes, head) != 0)
		return false;
	*label = slice_of((const char *)key->bytes + head, key->n - head);
	return true;
}

/* The listed label that is called like it but for case, other than @but; borrows from @key. */
static bool find_alike(const struct tenant_state *state, const struct uuid *project,
                       struct slice label, struct slice but, struct row_key *key,
                       struct slice *alike)
{
	*key = row_key_project_label(project, SLICE(""));
	while (next_listed(state, project, false, key, alike))
		if (same_but_case(*alike, label) && !slice_equal(*alike, but))
			return true;
	return false;
}

bool check_not_listed(struct judge *judge, const struct uuid *project, struct slice label,
                      struct slice but, const char *pointer)
{
	struct row_key key;
	struct slice alike;

	return !find_alike(judge->state, project, label, but, &key, &alike) ||
	       REFUSE(judge, REJECT_NAME_TAKEN, pointer, SLICE("\""), alike,
	              SLICE("\" is listed already"));
}

/* --- what may be put on issues --- */

/* Of those that begin with @first; not all of them are looked at: a bulk may ask 10,000 times. */
enum { NEAR_LOOKED = 50 };
static bool find_near(const struct tenant_state *state, const struct uuid *project,
                      struct slice label, char first, struct row_key *key, struct slice *near)
{
	const char before[] = {(char)(first - 1), (char)0xff}; /* no text goes on like this */

	*key = row_key_project_label(project, slice_of(before, sizeof(before)));
	for (int i = 0; i < NEAR_LOOKED && next_listed(state, project, false, key, near) &&
	                near->data[0] == first;
	     i++)
		if (same_but_case(*near, label))
			return true;
	return false;
}

static char other_case(char c)
{
	bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

	return letter ? (char)(c ^ ('a' ^ 'A')) : c;
}

/* Names what may have been meant: the label in another case, else its neighbours in the list. */
static bool refuse_unlisted(struct judge *judge, const struct row_project *project,
                            struct slice label, const char *pointer)
{
	const struct tenant_state *state = judge->state;
	struct row_key before = row_key_project_label(&project->id, label), behind = before, key;
	struct slice near[2] = {SLICE(""), SLICE("")};

	if (!find_near(state, &project->id, label, label.data[0], &key, &near[0]) &&
	    !find_near(state, &project->id, label, other_case(label.data[0]), &key, &near[0])) {
		if (!next_listed(state, &project->id, true, &before, &near[0]))
			near[0] = SLICE("");
		if (!next_listed(state, &project->id, false, &behind, &near[1]))
			near[1] = SLICE("");
	}
	return REFUSE(judge, REJECT_UNKNOWN_LABEL, pointer, SLICE("\""), label,
	              SLICE("\" is not listed"),
	              near[0].n || near[1].n ? SLICE(", near it: ") : SLICE(""), near[0],
	              near[0].n && near[1].n ? SLICE(", ") : SLICE(""), near[1]);
}

static bool may_be_put(const struct tenant_state *state, const struct row_project *project,
                       struct slice label)
{
	return !project->only_listed || read_listed(state, &project->id, label, NULL);
}

bool check_labels_listed(struct judge *judge, const struct row_project *project,
                         const struct row_issue *issue, struct slice_array labels,
                         const char *pointer)
{
	struct row_label has;

	for (uint32_t i = 0; project->only_listed && i < labels.n; i++) {
		if (may_be_put(judge->state, project, labels.items[i]))
			continue;
		if (issue) {
			struct row_key key = row_key_label(&issue->id, labels.items[i]);
			if (judge->state->get(judge->state, &key, &has))
				continue;
		}
		return refuse_unlisted(judge, project, labels.items[i],
		                       place_of(pointer, i, "").text);
	}
	return true;
}

struct slice_array labels_let_in(struct judge *judge, const struct row_project *project,
                                 struct slice_array labels, bool others)
{
	struct slice *items = emit_room(judge, labels.n * sizeof(*items));
	struct slice_array selected = {items, 0};

	for (uint32_t i = 0; i < labels.n && items; i++)
		if (may_be_put(judge->state, project, labels.items[i]) != others)
			items[selected.n++] = labels.items[i];
	return selected;
}

/* --- commands --- */

static bool is_hexadecimal(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool check_color(struct judge *judge, struct slice color)
{
	bool good = color.n == LABEL_COLOR_MAX && color.data[0] == '#';

	for (size_t i = 1; good && i < color.n; i++)
		good = is_hexadecimal(color.data[i]);
	return good || REFUSE(judge, REJECT_BAD_COLOR, "/color", SLICE("not a colour: "), color);
}

void decide_add_label(struct judge *judge, const struct add_label *command)
{
	struct row_project project;
	char room[TEXT_NUMBER_MAX];

	if (!find_open_project(judge, command->project, false, 0, &project))
		return;
	if (!text_is_label(command->label)) {
		REFUSE(judge, REJECT_BAD_LABEL, "/label", SLICE("\""), command->label, SLICE("\""));
		return;
	}
	if (!check_not_listed(judge, &project.id, command->label, SLICE(""), "/label") ||
	    (command->has_color && !check_color(judge, command->color)) ||
	    !check_note(judge, command->description, "/description"))
		return;
	if (project.labels >= PROJECT_LABELS_MAX) {
		REFUSE(judge, REJECT_TOO_MANY, "", SLICE("the project lists "),
		       text_number(project.labels, room), SLICE(" labels"));
		return;
	}
	emit_project(judge, EVENT_LABEL_ADDED, &project)->label_added.label =
	        (struct project_label){.label = command->label,
	                               .has_color = command->has_color,
	                               .color = command->color,
	                               .description = command->description};
}

void decide_change_label_policy(struct judge *judge, const struct change_label_policy *command)
{
	bool only_listed = command->policy == LABEL_POLICY_LISTED;
	struct row_project project;

	if (!find_open_project(judge, command->project, command->has_expected_version,
	                       command->expected_version, &project))
		return;
	if (command->policy == LABEL_POLICY_UNKNOWN) {
		REFUSE(judge, REJECT_BAD_LABEL_POLICY, "/policy", SLICE("open or listed"));
		return;
	}
	if (project.only_listed != only_listed)
		emit_project(judge, EVENT_LABEL_POLICY_CHANGED, &project)->label_policy_changed =
		        (struct label_policy_changed){project.only_listed ? LABEL_POLICY_LISTED
		                                                          : LABEL_POLICY_OPEN,
		                                      command->policy};
}

struct project_label label_as_event(struct judge *judge, struct slice label,
                                    const struct row_project_label *row)
{
	return (struct project_label){.label = label,
	                              .has_color = row->color[0] != '\0',
	                              .color = emit_copy(judge, PADDED(row->color)),
	                              .description =
	                                      emit_copy(judge, slice_of(row->description, row->n))};
}

/* --- evolve --- */

static void put_listed(struct tenant_state *state, const struct uuid *project,
                       const struct project_label *label)
{
	struct row_key key = row_key_project_label(project, label->label);
	struct row_project_label row;

	memset(&row, 0, sizeof(row));
	if (label->has_color)
		PADDED_SET(row.color, label->color);
	row.n = (uint16_t)label->description.n;
	if (row.n)
		memcpy(row.description, label->description.data, row.n);
	state->put(state, &key, &row);
}

static void del_listed(struct tenant_state *state, const struct uuid *project, struct slice label)
{
	struct row_key key = row_key_project_label(project, label);

	assert(read_listed(state, project, label, NULL));
	state->del(state, &key);
}

void evolve_label_added(struct tenant_state *state, const struct event_meta *meta,
                        const struct label_added *event)
{
	struct row_project project = load_project(state, meta);

	put_listed(state, &project.id, &event->label);
	project.labels++;
	save_project(state, &project);
}

void evolve_label_edited(struct tenant_state *state, const struct event_meta *meta,
                         const struct label_edited *event)
{
	struct row_project project = load_project(state, meta);

	if (event->listed) {
		del_listed(state, &project.id, event->before.label);
		put_listed(state, &project.id, &event->after);
	}
	save_project(state, &project);
}

void evolve_label_removed(struct tenant_state *state, const struct event_meta *meta,
                          const struct label_removed *event)
{
	struct row_project project = load_project(state, meta);

	if (event->listed) {
		assert(project.labels > 0);
		del_listed(state, &project.id, event->label.label);
		project.labels--;
	}
	save_project(state, &project);
}

void evolve_label_policy_changed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct label_policy_changed *event)
{
	struct row_project project = load_project(state, meta);

	project.only_listed = event->to == LABEL_POLICY_LISTED;
	save_project(state, &project);
}
