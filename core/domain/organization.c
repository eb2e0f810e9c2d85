/* The organization itself. Its version counts RanksRebalanced too (rank.h). */
#include "core/domain/organization.h"

struct event *emit_organization(struct judge *judge, enum event_type type)
{
	judge->organization.version++;
	judge->decision->version = judge->organization.version;
	return emit(judge, type, AGGREGATE_KIND_ORGANIZATION, &judge->organization.id,
	            judge->organization.version);
}

bool next_pair(const struct tenant_state *state, enum row_kind kind, const struct uuid *owner,
               const struct uuid *after, struct uuid *other)
{
	static const struct uuid nil;
	struct row_key key = row_key_pair(kind, owner, after ? after : &nil);
	char row[1]; /* there is nothing in rows of pairs */

	assert(row_size(kind) == sizeof(row));
	if (!state->next(state, &key, false, row) || memcmp(key.bytes, owner->bytes, 16) != 0)
		return false;
	memcpy(other->bytes, key.bytes + 16, 16);
	return true;
}

void decide_create_organization(struct judge *judge, const struct create_organization *command)
{
	const struct request *request = judge->request;
	struct decision *decision = judge->decision;

	if (!request->installation) {
		REFUSE(judge, REJECT_FORBIDDEN, "", SLICE("needs an installation token"));
		return;
	}
	if (read_organization(judge->state, &judge->organization)) {
		decision->version = judge->organization.version;
		REFUSE(judge, REJECT_TENANT_EXISTS, "", request->tenant, SLICE(" exists"));
		return;
	}
	if (!text_is_slug(request->tenant)) {
		REFUSE(judge, REJECT_BAD_SLUG, "", SLICE("not a slug: "), request->tenant);
		return;
	}
	if (!check_line(judge, command->name, "/name") ||
	    !check_person(judge, &command->owner, "/owner/name", "/owner/issuer", "/owner/subject",
	                  "/owner/email"))
		return;
	judge->organization.id = request->fresh[FRESH_ID];
	struct uuid owner = command->has_owner_id ? command->owner_id : request->fresh[FRESH_OWNER];
	if (!check_new_id(judge, &owner, "/owner_id"))
		return;
	emit_organization(judge, EVENT_ORGANIZATION_CREATED)->organization_created.name =
	        command->name;
	emit_member(judge, &owner, ORG_ROLE_OWNER);
	decision->created = judge->organization.id;
}

/* What the readers said is looked at by who asks: they are no part of this state. */
void decide_skip_event(struct judge *judge, const struct skip_event *command)
{
	if (!judge->request->installation) {
		REFUSE(judge, REJECT_FORBIDDEN, "", SLICE("needs an installation token"));
		return;
	}
	if (!check_line(judge, command->why, "/why") ||
	    !check_line(judge, command->operator, "/operator"))
		return;
	emit_organization(judge, EVENT_EVENT_SKIPPED)->event_skipped =
	        (struct event_skipped){.readers = command->readers,
	                               .skipped_seq = command->seq,
	                               .skipped_event = command->event,
	                               .why = command->why,
	                               .operator= command->operator};
}

void decide_rename_organization(struct judge *judge, const struct rename_organization *command)
{
	struct row_organization_name row;
	struct row_key key = row_key_organization_name();

	if (!check_organization_version(judge, command->has_expected_version,
	                                command->expected_version) ||
	    !check_line(judge, command->name, "/name"))
		return;
	judge->state->get(judge->state, &key, &row);
	struct slice before = slice_of(row.text, row.n);
	if (slice_equal(before, command->name))
		return;
	emit_organization(judge, EVENT_ORGANIZATION_RENAMED)->organization_renamed =
	        (struct organization_renamed){emit_copy(judge, before), command->name};
}

static void save_name(struct tenant_state *state, struct slice name)
{
	struct row_key key = row_key_organization_name();
	struct row_organization_name row;

	assert(name.n <= SUMMARY_MAX);
	row.n = (uint16_t)name.n;
	memcpy(row.text, name.data, name.n);
	state->put(state, &key, &row);
}

void evolve_organization_created(struct tenant_state *state, const struct event_meta *meta,
                                 const struct organization_created *event)
{
	struct row_organization organization;

	assert(!read_organization(state, &organization) && meta->aggregate.version == 1);
	memset(&organization, 0, sizeof(organization));
	organization.id = meta->aggregate.id;
	organization.version = organization.changed = 1;
	save_organization(state, &organization);
	save_name(state, event->name);
}

void evolve_organization_renamed(struct tenant_state *state, const struct event_meta *meta,
                                 const struct organization_renamed *event)
{
	struct row_organization organization = load_organization(state, meta);

	save_organization(state, &organization);
	save_name(state, event->to);
}

void evolve_event_skipped(struct tenant_state *state, const struct event_meta *meta,
                          const struct event_skipped *event)
{
	struct row_organization organization = load_organization(state, meta);

	(void)event;
	save_organization(state, &organization);
}

/* Its trace is for those who deduplicate commands; no aggregate changed. */
void evolve_command_concluded(struct tenant_state *state, const struct event_meta *meta,
                              const struct command_concluded *event)
{
	(void)state;
	(void)event;
	assert(meta->aggregate.kind == AGGREGATE_KIND_COMMAND);
	(void)meta;
}
