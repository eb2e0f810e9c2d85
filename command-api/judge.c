/* What becomes of each command: repeated, refused, unchanged, or events that are stamped, evolved
 * and encoded. */
#include "command-api/partition.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "core/codec/event_codec.h"
#include "core/domain/api_key.h"
#include "core/domain/permission.h"

static void fill_random(struct partition *partition, void *to, size_t n)
{
	if (partition->pool_used + n > RANDOM_POOL_BYTES) {
		random_bytes(partition->pool, RANDOM_POOL_BYTES);
		partition->pool_used = 0;
	}
	memcpy(to, partition->pool + partition->pool_used, n);
	partition->pool_used += n;
}

static const struct person *person_of(const struct command *command)
{
	if (command->type == COMMAND_CREATE_ORGANIZATION)
		return &command->create_organization.owner;
	if (command->type == COMMAND_ADD_MEMBER)
		return &command->add_member.person;
	if (command->type == COMMAND_SET_MEMBER_PROFILE)
		return &command->set_member_profile.person;
	return NULL;
}

static struct profile profile_of(const struct person *person)
{
	return (struct profile){
	        .issuer = person->issuer,
	        .subject = person->subject,
	        .name = person->name,
	        .email = person->has_email ? person->email : slice_of(NULL, 0),
	};
}

static bool is_profile(struct partition *partition, const struct job *job,
                       const struct uuid *member, const struct person *person)
{
	struct profile is, asked = profile_of(person);
	return write_state_profile(partition->state, job->tenant, member, &is) &&
	       slice_equal(is.issuer, asked.issuer) && slice_equal(is.subject, asked.subject) &&
	       slice_equal(is.name, asked.name) && slice_equal(is.email, asked.email);
}

/* A command that names a person: find who that is here. */
static void prepare_person(struct partition *partition, const struct job *job,
                           struct request *request)
{
	const struct person *person = person_of(&job->command);
	if (!person)
		return;
	uint8_t hash[32];
	identity_hash(job->tenant, person->issuer, person->subject, hash);
	request->has_identity_member =
	        write_state_identity(partition->state, hash, &request->identity_member);
	request->has_this_profile = request->has_identity_member &&
	                            is_profile(partition, job, &request->identity_member, person);
}

/* Seal the person's profile into the decision. Only now: sealing makes a key for the member, which
 * is for ever, and a refused command leaves nothing behind. */
static enum status seal_profile(struct partition *partition, const struct job *job,
                                struct decision *decision, struct error *err)
{
	const struct person *person = person_of(&job->command);
	struct decided *at = decision->first;
	while (at && at->event.type != EVENT_MEMBER_PROFILE_SET)
		at = at->next;
	if (!person || !at)
		return STATUS_OK;
	struct member_profile_set *set = &at->event.member_profile_set;
	const struct profile profile = profile_of(person);
	buf_clear(&partition->sealed);
	if (profile_seal(partition->all->options.profile_keys, job->tenant, &set->member_id,
	                 &profile, &partition->sealed, err))
		return err->status;
	set->sealed = buf_slice(&partition->sealed);
	return STATUS_OK;
}

/* All that an installation token gives by itself: otherwise, in a tenant, it is worth what its
 * subject is. */
static bool acts_for_installation(const struct job *job)
{
	return job->installation &&
	       command_permissions[job->command.type].asks == ASKS_INSTALLATION;
}

static void prepare_actor(struct partition *partition, const struct job *job,
                          struct request *request)
{
	struct actor *actor = &request->actor;
	actor->has_credential_id = job->credential_id.n > 0;
	actor->credential_id = job->credential_id;
	actor->has_on_behalf_of = !uuid_is_nil(&job->on_behalf_of);
	actor->on_behalf_of = job->on_behalf_of;
	actor->kind = ACTOR_KIND_MEMBER;
	if (job->has_api_key)
		return; /* find_api_key */
	if (!job->has_identity) {
		actor->kind = ACTOR_KIND_RULE;
		actor->id = job->rule_id;
	} else if (!write_state_identity(partition->state, job->identity, &actor->id) &&
	           acts_for_installation(job)) {
		actor->kind = ACTOR_KIND_SYSTEM; /* an operator, who is no member */
	}
}

/* The member who acts with the key that was sent. */
static bool find_api_key(struct partition *partition, const struct job *job,
                         struct request *request)
{
	struct tenant_state *rows = write_state_rows(partition->state, job->tenant);
	struct row_api_key row;
	if (!api_key_find(rows, &job->api_key_id, request->now_ms, &row) ||
	    CRYPTO_memcmp(row.hash, job->api_key_hash, sizeof row.hash) != 0)
		return false;
	request->has_api_key = true;
	request->scope = row.scope;
	request->actor.id = row.member;
	return true;
}

/* A fresh secret for the key that a CreateApiKey may make: the domain gets to see its hash. */
static void prepare_secret(const struct job *job, uint8_t secret[KEY_SECRET_BYTES],
                           struct request *request)
{
	if (job->command.type != COMMAND_CREATE_API_KEY)
		return;
	random_bytes(secret, KEY_SECRET_BYTES);
	key_text_hash(secret, request->api_key_hash);
}

static void show_secret(struct job *job, uint8_t secret[KEY_SECRET_BYTES])
{
	if (job->command.type != COMMAND_CREATE_API_KEY)
		return;
	if (job->outcome == JOB_ACCEPTED)
		key_text_make(job->tenant, &job->created, secret, job->secret);
	OPENSSL_cleanse(secret, KEY_SECRET_BYTES);
}

/* Whether the caller may know that the tenant is there, and with it what became of its commands. */
static bool is_known(struct partition *partition, const struct job *job,
                     const struct request *request)
{
	struct tenant_state *rows = write_state_rows(partition->state, job->tenant);
	struct row_key key = row_key_member(&request->actor.id);
	struct row_member member;
	if (!job->has_identity || acts_for_installation(job))
		return true;
	return rows->get(rows, &key, &member) && member.status == MEMBER_ACTIVE;
}

static void answer_from_log(struct job *job, const struct write_command *found)
{
	job->outcome = JOB_REPEATED;
	job->first_seq = found->first_seq;
	job->position = found->first_seq + found->events_n - 1;
	job->aggregate = found->aggregate;
	job->created = found->created;
	job->events_n = found->events_n;
	job->events = mem_grow(job->events, (found->events_n + 1) * sizeof *job->events);
	memcpy(job->events, found->events, found->events_n * sizeof *job->events);
}

static void refuse(struct job *job, enum reject reject, const char *pointer, const char *detail)
{
	job->outcome = JOB_REFUSED;
	job->reject = reject;
	snprintf(job->pointer, sizeof job->pointer, "%s", pointer);
	snprintf(job->detail, sizeof job->detail, "%s", detail);
}

static void keep_faults(struct job *job, const struct decision *decision)
{
	for (uint32_t i = 0; i < decision->faults_n && decision->faults_n > 1; i++) {
		buf_append_slice(&job->faults, decision->faults[i].pointer);
		buf_append_char(&job->faults, 0);
		buf_append_slice(&job->faults, decision->faults[i].detail);
		buf_append_char(&job->faults, 0);
	}
}

/* For strangers the tenant does not exist: the same answer whether it does or not. */
static void refuse_decided(struct job *job, const struct decision *decision, bool known)
{
	bool hidden = !known && reject_http_status(decision->reject) == 404;
	if (hidden) {
		refuse(job, REJECT_NO_SUCH_TENANT, "", reject_title(REJECT_NO_SUCH_TENANT));
	} else {
		refuse(job, decision->reject, decision->pointer, decision->detail);
		keep_faults(job, decision);
	}
	job->position = known ? job->position : 0;
	job->aggregate.version = known ? decision->version : 0;
}

/* An intent that was refused or changed nothing leaves a trace. */
static void conclude(struct arena *arena, struct job *job, struct decision *decision)
{
	struct decided *decided = arena_zero(arena, sizeof *decided);
	struct command_concluded *concluded = &decided->event.command_concluded;
	bool refused = decision->reject != REJECT_NONE;
	decided->event.type = EVENT_COMMAND_CONCLUDED;
	decided->event.meta.aggregate =
	        (struct aggregate_ref){AGGREGATE_KIND_COMMAND, job->command_id, 1};
	concluded->command = slice_str(command_type_name(job->command.type));
	concluded->outcome = refused ? COMMAND_OUTCOME_REFUSED : COMMAND_OUTCOME_UNCHANGED;
	concluded->code = slice_str(refused ? reject_code(decision->reject) : "");
	concluded->detail = slice_str(decision->detail);
	decision->first = decision->last = decided;
	decision->events_n = 1;
}

static void stamp(struct partition *partition, const struct job *job, const struct request *request,
                  const struct write_tenant *tenant, uint32_t index, uint32_t count,
                  struct event_meta *meta)
{
	meta->event_id = uuid_v7(request->now_ms);
	meta->tenant = job->tenant;
	meta->seq = (int64_t)(tenant->seq + 1 + index);
	meta->command_id = job->command_id;
	memcpy(meta->command_hash, job->hash, 32);
	meta->index = (int32_t)index;
	meta->count = (int32_t)count;
	meta->correlation_id =
	        uuid_is_nil(&job->correlation_id) ? job->command_id : job->correlation_id;
	meta->has_causation_id = !uuid_is_nil(&job->causation_id);
	meta->causation_id = job->causation_id;
	meta->actor = request_actor(request);
	meta->has_reason = job->reason.n > 0;
	meta->reason = job->reason;
	meta->recorded_at =
	        request->now_ms > tenant->recorded_at_ms ? request->now_ms : tenant->recorded_at_ms;
	meta->occurred_at = request->has_occurred_at ? request->occurred_at_ms : meta->recorded_at;
	fill_random(partition, meta->salt, sizeof meta->salt);
}

static void grow_records(struct partition *partition)
{
	uint32_t blocks = partition->records_cap / ROOMS_IN_BLOCK;
	partition->rooms = mem_grow(partition->rooms, (blocks + 1) * sizeof *partition->rooms);
	partition->rooms[blocks] = mem_new(ROOMS_IN_BLOCK * sizeof **partition->rooms);
	partition->records_cap += ROOMS_IN_BLOCK;
	partition->records =
	        mem_grow(partition->records, partition->records_cap * sizeof *partition->records);
}

static void add_record(struct partition *partition, const struct job *job,
                       const struct event *event)
{
	if (partition->records_n == partition->records_cap)
		grow_records(partition);
	struct record_room *room = record_room_at(partition, partition->records_n);
	room->value_at = partition->values.n;
	event_encode(event, &partition->values);
	room->value_n = partition->values.n - room->value_at;
	room->tenant = job->tenant;
	struct journal_record *record = &partition->records[partition->records_n++];
	record->headers_n = event_headers(event, job->traceparent, &room->text, room->headers);
}

/* Evolve and encode what was decided. */
static void take_decision(struct partition *partition, struct job *job,
                          const struct request *request, const struct write_tenant *tenant,
                          const struct decision *decision)
{
	job->outcome = JOB_ACCEPTED;
	job->first_seq = tenant->seq + 1;
	job->events_n = decision->events_n;
	job->created = event_created(&decision->first->event);
	job->events = mem_grow(job->events, decision->events_n * sizeof *job->events);
	job->aggregate = decision->first->event.meta.aggregate;
	uint32_t index = 0;
	for (struct decided *at = decision->first; at; at = at->next, index++) {
		struct event *event = &at->event;
		stamp(partition, job, request, tenant, index, decision->events_n, &event->meta);
		write_state_apply(partition->state, event);
		add_record(partition, job, event);
		job->events[index].id = event->meta.event_id;
		job->events[index].type = (uint16_t)event->type;
		job->aggregate = command_aggregate(&job->created, &job->aggregate, event);
	}
	job->position = tenant->seq + decision->events_n;
}

static void key_of_project(struct tenant_state *rows, const struct uuid *id, char key[KEY_MAX + 1])
{
	struct row_project project;
	struct row_key row = row_key_project(id);
	key[0] = 0;
	if (rows->get(rows, &row, &project))
		memcpy(key, project.key, KEY_MAX + 1);
}

static void find_bulk(struct tenant_state *rows, struct job *job)
{
	struct row_key key = row_key_bulk(&job->aggregate.id);
	struct row_bulk row;
	if (rows->get(rows, &key, &row))
		job->bulk = (struct job_bulk){row.issues, row.changed, row.unchanged, row.refused};
}

/* The name that people use for what the command worked on; what came of a bulk. */
static void find_key(struct partition *partition, struct job *job)
{
	struct tenant_state *rows = write_state_rows(partition->state, job->tenant);
	char key[KEY_MAX + 1];
	if (job->aggregate.kind == AGGREGATE_KIND_BULK)
		find_bulk(rows, job);
	if (job->hides_key)
		return;
	if (job->aggregate.kind == AGGREGATE_KIND_PROJECT) {
		key_of_project(rows, &job->aggregate.id, key);
		snprintf(job->key, sizeof job->key, "%s", key);
	} else if (job->aggregate.kind == AGGREGATE_KIND_ISSUE) {
		struct row_issue issue;
		struct row_key row = row_key_issue(&job->aggregate.id);
		if (!rows->get(rows, &row, &issue))
			return;
		key_of_project(rows, &issue.project_id, key);
		snprintf(job->key, sizeof job->key, "%s-%lld", key, (long long)issue.number);
	}
}

/* Whether who acts may see the project now. */
static bool may_browse(const struct tenant_state *rows, const struct request *request,
                       const struct uuid *project_id)
{
	struct row_project project;
	struct row_member member;
	struct row_key person = row_key_member(&request->actor.id),
	               at = row_key_project(project_id);
	if (!rows->get(rows, &person, &member) || !rows->get(rows, &at, &project))
		return true; /* a rule, or an operator */
	if (role_reaches(member.role, ORG_ROLE_ADMIN))
		return true;
	struct holder holder = {request->actor.id, member.role};
	struct rights rights = rights_in(rows, &holder, &project);
	return !project.deleted &&
	       rights_give(&rights, PERMISSION_BROWSE_PROJECT, &holder.member, NULL);
}

/* Whether the key that the aggregate has now is not for who sent the command once: it may have
 * moved to where they see nothing. */
static bool hides_key(const struct tenant_state *rows, const struct request *request,
                      const struct aggregate_ref *aggregate)
{
	struct row_issue issue;
	struct row_key at = row_key_issue(&aggregate->id);
	if (aggregate->kind == AGGREGATE_KIND_PROJECT)
		return !may_browse(rows, request, &aggregate->id);
	return aggregate->kind == AGGREGATE_KIND_ISSUE && rows->get(rows, &at, &issue) &&
	       !may_browse(rows, request, &issue.project_id);
}

/* The first answer is for who was given it: it names what others may not see. */
static bool is_repeated(struct partition *partition, struct job *job, const struct request *request)
{
	struct write_command found;
	if (!write_state_command(partition->state, job->tenant, &job->command_id, &found))
		return false;
	bool is_same_actor =
	        acts_for_installation(job) || uuid_equal(&found.actor, &request->actor.id);
	if (!is_same_actor || memcmp(found.hash, job->hash, sizeof found.hash) != 0)
		refuse(job, REJECT_KEY_REUSED, "",
		       "this Idempotency-Key was used by somebody else, or for a command with "
		       "other contents");
	else
		answer_from_log(job, &found);
	job->hides_key = job->outcome == JOB_REPEATED &&
	                 hides_key(write_state_rows(partition->state, job->tenant), request,
	                           &job->aggregate);
	return true;
}

static bool is_stopped(const struct write_tenant *tenant, struct job *job)
{
	if (!tenant->stopped)
		return false;
	job->outcome = JOB_UNAVAILABLE;
	snprintf(job->detail, sizeof job->detail,
	         "the organization has an event of a newer version; upgrade this server");
	return true;
}

/* A batch that was not appended is judged again: nothing of the first time may remain. */
static void clear_outcome(struct job *job)
{
	job->outcome = JOB_PENDING;
	job->detail[0] = job->pointer[0] = job->key[0] = job->secret[0] = 0;
	job->faults.n = 0;
	job->first_seq = job->position = 0;
	job->hides_key = false;
	job->aggregate = (struct aggregate_ref){0};
	job->events_n = 0;
}

static struct request request_of(const struct job *job)
{
	struct request request = {
	        .tenant = job->tenant,
	        .installation = job->installation,
	        .has_occurred_at = job->has_occurred_at,
	        .occurred_at_ms = job->occurred_at_ms,
	        .now_ms = clock_now_ms(),
	};
	for (int i = 0; i < FRESH_IDS; i++)
		request.fresh[i] = uuid_v7(request.now_ms);
	return request;
}

/* Judge what the caller is known to be allowed to ask. */
static enum status judge_in(struct partition *partition, struct arena *arena, struct job *job,
                            struct request *request, const struct write_tenant *tenant, bool known,
                            struct error *err)
{
	prepare_person(partition, job, request);
	arena_clear(arena);
	struct decision decision = {.arena = arena};
	struct tenant_state *rows = write_state_rows(partition->state, job->tenant);
	decide(rows, request, &job->command, &decision);
	bool no_events = decision.reject != REJECT_NONE || decision.events_n == 0;
	if (no_events && job->intent && tenant->seq > 0)
		conclude(arena, job, &decision);
	else if (decision.reject != REJECT_NONE) {
		refuse_decided(job, &decision, known);
		return STATUS_OK;
	}
	if (decision.events_n == 0) {
		job->outcome = JOB_UNCHANGED;
		job->aggregate.version = decision.version;
		return STATUS_OK;
	}
	if (seal_profile(partition, job, &decision, err))
		return err->status;
	take_decision(partition, job, request, tenant, &decision);
	return STATUS_OK;
}

/* What bulks need is given back: they are rare, and partitions many. */
static enum status judge_request(struct partition *partition, struct job *job,
                                 struct request *request, const struct write_tenant *tenant,
                                 bool known, struct error *err)
{
	struct arena arena;
	if (!command_is_bulk(job->command.type))
		return judge_in(partition, &partition->arena, job, request, tenant, known, err);
	arena_init(&arena, mem_new(DECISION_BULK_BYTES), DECISION_BULK_BYTES);
	enum status status = judge_in(partition, &arena, job, request, tenant, known, err);
	free(arena.block);
	return status;
}

static enum status judge(struct partition *partition, struct job *job, struct error *err)
{
	struct write_tenant tenant = {0};
	clear_outcome(job);
	write_state_tenant(partition->state, job->tenant, &tenant);
	struct request request = request_of(job);
	prepare_actor(partition, job, &request);
	if (job->has_api_key && !find_api_key(partition, job, &request)) {
		refuse(job, REJECT_BAD_API_KEY, "", "the API key is unknown, revoked or expired");
		return STATUS_OK;
	}
	job->position = tenant.seq;
	bool known = is_known(partition, job, &request);
	if (known && (is_stopped(&tenant, job) || is_repeated(partition, job, &request)))
		return STATUS_OK;
	uint8_t secret[KEY_SECRET_BYTES] = {0};
	prepare_secret(job, secret, &request);
	enum status status = judge_request(partition, job, &request, &tenant, known, err);
	show_secret(job, secret);
	return status;
}

/* Judge the batch on a new transaction. Stops early when the batch is full; *@judged jobs are in.
 */
enum status judge_batch(struct partition *partition, uint32_t *judged, struct error *err)
{
	*judged = 0;
	partition->records_n = 0;
	buf_clear(&partition->values);
	if (write_state_begin(partition->state, err))
		return err->status;
	while (*judged < partition->batch_n && partition->values.n < JOURNAL_BATCH_BYTES_MAX / 2 &&
	       partition->records_n < DECISION_EVENTS_MAX) {
		struct job *job = partition->batch[*judged];
		if (judge(partition, job, err))
			return err->status;
		find_key(partition, job);
		++*judged;
	}
	/* What could not be read looks like what is not there: nothing of it may be appended. */
	if (write_state_failure(partition->state, err))
		return err->status;
	for (uint32_t i = 0; i < partition->records_n; i++) {
		struct record_room *room = record_room_at(partition, i);
		struct journal_record *record = &partition->records[i];
		record->key = room->tenant;
		record->value = slice_of(partition->values.data + room->value_at, room->value_n);
		record->headers = room->headers;
	}
	return STATUS_OK;
}
