/* Types of links. What uses one that was added is known by a row for each of its links, so that
 * removing it reads nothing else. */
#include "core/domain/link_type.h"

#include "core/domain/issue.h"
#include "core/domain/organization.h"

const struct link_type link_types[] = {
        {"blocks", "Blocks", "blocks", "is blocked by", false, true},
        {"relates", "Relates", "relates to", "relates to", true, false},
        {"duplicates", "Duplicates", "duplicates", "is duplicated by", false, false},
        {NULL, NULL, NULL, NULL, false, false},
};

const struct link_type *link_type_find(struct slice id)
{
	for (const struct link_type *type = link_types; type->id; type++)
		if (slice_is(id, type->id))
			return type;
	return NULL;
}

static bool read_added(const struct tenant_state *state, struct slice id, struct row_link_type *row)
{
	struct row_key key = row_key_link_type(id);

	return text_is_id(id) && state->get(state, &key, row);
}

bool read_link_type(const struct tenant_state *state, struct slice id, struct row_link_type *row)
{
	const struct link_type *type = link_type_find(id);

	if (!type)
		return read_added(state, id, row) && !row->removed;
	memset(row, 0, sizeof(*row));
	PADDED_SET(row->name, slice_str(type->name));
	PADDED_SET(row->outward, slice_str(type->outward));
	PADDED_SET(row->inward, slice_str(type->inward));
	row->symmetric = type->symmetric;
	row->acyclic = type->acyclic;
	return true;
}

bool next_link_type(const struct tenant_state *state, struct row_key *key,
                    struct row_link_type *row)
{
	while (state->next(state, key, false, row))
		if (!row->removed)
			return true;
	return false;
}

static bool check_new_type(struct judge *judge, struct slice id)
{
	struct row_link_type row;
	char room[TEXT_NUMBER_MAX];

	if (!text_is_id(id))
		return REFUSE(judge, REJECT_BAD_ID, "/link_type", SLICE("not an id: "), id);
	if (link_type_find(id) || read_added(judge->state, id, &row))
		return REFUSE(judge, REJECT_ID_TAKEN, "/link_type", SLICE("the link type "), id,
		              SLICE(" is or was there already"));
	if (judge->organization.link_types < LINK_TYPES_MAX)
		return true;
	return REFUSE(judge, REJECT_TOO_MANY, "", SLICE("at most "),
	              text_number(LINK_TYPES_MAX, room), SLICE(" link types, removed ones too"));
}

/* @id: the type that is to be called so, or a new one. */
static bool check_name(struct judge *judge, struct slice id, struct slice name)
{
	struct row_key key = row_key_first(ROW_LINK_TYPE);
	struct row_link_type row;

	if (!check_short_name(judge, name, "/name"))
		return false;
	for (const struct link_type *type = link_types; type->id; type++)
		if (!check_name_differs(judge, name, slice_str(type->name)))
			return false;
	while (next_link_type(judge->state, &key, &row))
		if (!slice_equal(slice_of((const char *)key.bytes, key.n), id) &&
		    !check_name_differs(judge, name, PADDED(row.name)))
			return false;
	return true;
}

/* A symmetric type reads the same from both ends; a directed one has a name for each. */
static bool check_inward(struct judge *judge, const struct add_link_type *command)
{
	if (!command->symmetric)
		return check_short_name(judge, command->inward, "/inward");
	if (!command->inward.n || slice_equal(command->inward, command->outward))
		return true;
	return REFUSE(judge, REJECT_BAD_CHANGE, "/inward",
	              SLICE("a symmetric type reads the same from both issues"));
}

void decide_add_link_type(struct judge *judge, const struct add_link_type *command)
{
	if (!check_organization_version(judge, command->has_expected_version,
	                                command->expected_version) ||
	    !check_new_type(judge, command->link_type) ||
	    !check_name(judge, command->link_type, command->name) ||
	    !check_short_name(judge, command->outward, "/outward") || !check_inward(judge, command))
		return;
	if (command->symmetric && command->acyclic) {
		REFUSE(judge, REJECT_BAD_CHANGE, "/acyclic",
		       SLICE("a symmetric link is a circle already"));
		return;
	}
	emit_organization(judge, EVENT_LINK_TYPE_ADDED)->link_type_added = (struct link_type_added){
	        .link_type = command->link_type,
	        .name = command->name,
	        .outward = command->outward,
	        .inward = command->symmetric ? command->outward : command->inward,
	        .symmetric = command->symmetric,
	        .acyclic = command->acyclic};
}

/* The type that a command changes. */
static bool find_subject_type(struct judge *judge, struct slice id, bool has_expected,
                              int64_t expected, struct row_link_type *row)
{
	if (!check_organization_version(judge, has_expected, expected))
		return false;
	if (link_type_find(id))
		return REFUSE(judge, REJECT_BUILT_IN, "/link_type", id, SLICE(" is built in"));
	return read_link_type(judge->state, id, row) ||
	       REFUSE(judge, REJECT_UNKNOWN_LINK_TYPE, "/link_type",
	              SLICE("there is no link type "), id);
}

static bool check_edit(struct judge *judge, const struct edit_link_type *command,
                       const struct row_link_type *row)
{
	if (command->has_inward && row->symmetric)
		return REFUSE(judge, REJECT_BAD_CHANGE, "/inward",
		              SLICE("a symmetric type reads the same from both issues"));
	return (!command->has_name || slice_equal(command->name, PADDED(row->name)) ||
	        check_name(judge, command->link_type, command->name)) &&
	       (!command->has_outward || check_short_name(judge, command->outward, "/outward")) &&
	       (!command->has_inward || check_short_name(judge, command->inward, "/inward"));
}

void decide_edit_link_type(struct judge *judge, const struct edit_link_type *command)
{
	struct row_link_type row;

	if (!find_subject_type(judge, command->link_type, command->has_expected_version,
	                       command->expected_version, &row) ||
	    !check_edit(judge, command, &row))
		return;
	struct link_type_edited edited = {.link_type = command->link_type,
	                                  .from_name = emit_copy(judge, PADDED(row.name)),
	                                  .from_outward = emit_copy(judge, PADDED(row.outward)),
	                                  .from_inward = emit_copy(judge, PADDED(row.inward))};
	edited.to_name = command->has_name ? command->name : edited.from_name;
	edited.to_outward = command->has_outward ? command->outward : edited.from_outward;
	edited.to_inward = row.symmetric         ? edited.to_outward
	                   : command->has_inward ? command->inward
	                                         : edited.from_inward;
	if (!slice_equal(edited.to_name, edited.from_name) ||
	    !slice_equal(edited.to_outward, edited.from_outward) ||
	    !slice_equal(edited.to_inward, edited.from_inward))
		emit_organization(judge, EVENT_LINK_TYPE_EDITED)->link_type_edited = edited;
}

/* --- remove --- */

/* The link of the type behind *@key, which is that of a row. */
static bool next_link(const struct tenant_state *state, struct slice type, struct row_key *key,
                      struct uuid *issue, struct uuid *other)
{
	struct row_link_of_type row;
	const size_t head = type.n + 1;

	if (!state->next(state, key, false, &row) || key->n != head + 2 * sizeof(*issue) ||
	    memcmp(key->bytes, type.data, type.n) != 0 || key->bytes[type.n] != 0)
		return false;
	memcpy(issue->bytes, key->bytes + head, sizeof(*issue));
	memcpy(other->bytes, key->bytes + head + sizeof(*issue), sizeof(*other));
	return true;
}

static struct row_key first_link(struct slice type)
{
	static const struct uuid nil;

	return row_key_link_of_type(type, &nil, &nil);
}

static uint32_t count_links(const struct tenant_state *state, struct slice type)
{
	struct row_key key = first_link(type);
	struct uuid issue, other;
	uint32_t n = 0;

	while (n <= LINKS_REPLACED_MAX && next_link(state, type, &key, &issue, &other))
		n++;
	return n;
}

static bool check_replacement(struct judge *judge, const struct remove_link_type *command,
                              struct row_link_type *row)
{
	if (slice_equal(command->replace_with, command->link_type))
		return REFUSE(judge, REJECT_BAD_CHANGE, "/replace_with",
		              SLICE("it cannot replace itself"));
	if (!read_link_type(judge->state, command->replace_with, row))
		return REFUSE(judge, REJECT_UNKNOWN_LINK_TYPE, "/replace_with",
		              SLICE("there is no link type "), command->replace_with);
	return !row->acyclic ||
	       REFUSE(judge, REJECT_BAD_CHANGE, "/replace_with", SLICE("links of "),
	              command->replace_with, SLICE(" close no circle, and these may"));
}

static bool check_removal_of_type(struct judge *judge, const struct remove_link_type *command,
                                  struct row_link_type *replacement)
{
	uint32_t n = count_links(judge->state, command->link_type);
	char room[TEXT_NUMBER_MAX];

	if (n && !command->has_replace_with)
		return REFUSE(judge, REJECT_IN_USE, "/link_type", text_number(n, room),
		              n > LINKS_REPLACED_MAX ? SLICE(" or more") : SLICE(""),
		              SLICE(" links are of the type: name replace_with"));
	if (n > LINKS_REPLACED_MAX)
		return REFUSE(judge, REJECT_TOO_LARGE, "/link_type",
		              SLICE("more than 10000 links are of the type"));
	return !command->has_replace_with || check_replacement(judge, command, replacement);
}

static bool is_linked(const struct tenant_state *state, const struct uuid *issue, struct slice type,
                      const struct uuid *other)
{
	struct row_key key = row_key_link(issue, type, other);
	struct row_link row;

	return state->get(state, &key, &row) && row.outward;
}

/* Of two links, one each way, a symmetric replacement makes one: that of the smaller id. */
static bool is_made_anew(const struct tenant_state *state, const struct remove_link_type *command,
                         const struct row_link_type *replacement, const struct uuid *issue,
                         const struct uuid *other)
{
	if (is_linked(state, issue, command->replace_with, other))
		return false;
	return !replacement->symmetric || memcmp(issue, other, sizeof(*issue)) < 0 ||
	       !is_linked(state, other, command->link_type, issue);
}

static void replace_links(struct judge *judge, const struct remove_link_type *command,
                          const struct row_link_type *removed,
                          const struct row_link_type *replacement)
{
	struct row_key key = first_link(command->link_type);
	struct row_issue issue = {0};
	struct uuid id, other;

	while (judge->decision->reject == REJECT_NONE &&
	       next_link(judge->state, command->link_type, &key, &id, &other)) {
		bool anew = removed->symmetric
		                    ? !is_linked(judge->state, &id, command->replace_with, &other)
		                    : is_made_anew(judge->state, command, replacement, &id, &other);
		if (!uuid_equal(&id, &issue.id)) { /* else its version goes on */
			bool found = read_issue(judge->state, &id, &issue);
			assert(found);
			(void)found;
		}
		emit_issue(judge, EVENT_ISSUE_UNLINKED, &issue)->issue_unlinked =
		        (struct issue_unlinked){command->link_type, other};
		if (anew)
			emit_issue(judge, EVENT_ISSUE_LINKED, &issue)->issue_linked =
			        (struct issue_linked){command->replace_with, other};
	}
}

void decide_remove_link_type(struct judge *judge, const struct remove_link_type *command)
{
	struct row_link_type row, replacement;

	if (!find_subject_type(judge, command->link_type, command->has_expected_version,
	                       command->expected_version, &row) ||
	    !check_removal_of_type(judge, command, &replacement))
		return;
	struct slice name = emit_copy(judge, PADDED(row.name));
	emit_organization(judge, EVENT_LINK_TYPE_REMOVED)->link_type_removed =
	        (struct link_type_removed){.link_type = command->link_type,
	                                   .name = name,
	                                   .has_replaced_with = command->has_replace_with,
	                                   .replaced_with = command->replace_with};
	int64_t version = judge->decision->version;
	if (command->has_replace_with)
		replace_links(judge, command, &row, &replacement);
	judge->decision->version = version;
}

/* --- evolve --- */

static void save_type(struct tenant_state *state, struct slice id, const struct row_link_type *row)
{
	struct row_key key = row_key_link_type(id);

	state->put(state, &key, row);
}

static struct row_link_type load_type(const struct tenant_state *state, struct slice id)
{
	struct row_link_type row;
	bool found = read_added(state, id, &row);

	assert(found && !row.removed);
	(void)found;
	return row;
}

void evolve_link_type_added(struct tenant_state *state, const struct event_meta *meta,
                            const struct link_type_added *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_link_type row;

	assert(!link_type_find(event->link_type) && !read_added(state, event->link_type, &row));
	memset(&row, 0, sizeof(row));
	PADDED_SET(row.name, event->name);
	PADDED_SET(row.outward, event->outward);
	PADDED_SET(row.inward, event->inward);
	row.symmetric = event->symmetric;
	row.acyclic = event->acyclic;
	organization.link_types++;
	save_type(state, event->link_type, &row);
	save_organization(state, &organization);
}

void evolve_link_type_edited(struct tenant_state *state, const struct event_meta *meta,
                             const struct link_type_edited *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_link_type row = load_type(state, event->link_type);

	PADDED_SET(row.name, event->to_name);
	PADDED_SET(row.outward, event->to_outward);
	PADDED_SET(row.inward, event->to_inward);
	save_type(state, event->link_type, &row);
	save_organization(state, &organization);
}

/* Its links go after it: the row says how until the last one is gone, and keeps the id. */
void evolve_link_type_removed(struct tenant_state *state, const struct event_meta *meta,
                              const struct link_type_removed *event)
{
	struct row_organization organization = load_organization(state, meta);
	struct row_link_type row = load_type(state, event->link_type);

	row.removed = true;
	save_type(state, event->link_type, &row);
	save_organization(state, &organization);
}
