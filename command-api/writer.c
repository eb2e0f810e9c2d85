/* See writer.h for what happens in which order.
 *
 * Failure cases, in terms of the order dedup -> decide -> stamp -> evolve -> append -> commit:
 *   killed before append     nothing happened; the client retries
 *   killed after append      the fold applies the events at start; the retry finds the dedup row
 *   append REJECTED          the state transaction is aborted, the batch is judged afresh
 *   append UNKNOWN, FENCED   as above, after claiming again and folding up to the claim
 *   state commit fails       the log is right and the state is not: fold again from its position */
#include "command-api/writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command-api/write_state.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/codec/cloudevent.h"
#include "core/codec/event_codec.h"

#define LOGGER            "command-api"
#define DECISION_ARENA    (32 * 1024 * 1024)
#define RETRY_PAUSE_US    200000
#define RANDOM_POOL_BYTES 4096

struct partition {
	struct writers *all;
	uint32_t number;
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t arrived;
	struct job *first, **last;
	uint32_t queued;
	bool stopping;
	bool ready;
	uint64_t foreign;
	char reason[512];

	/* The thread's own. */
	struct write_state *state;
	struct journal_reader *reader;
	struct arena arena;
	struct job **batch;
	uint32_t batch_n, batch_cap;
	struct journal_record *records;
	struct record_room *rooms;
	uint32_t records_n, records_cap;
	struct buf values;
	struct buf sealed;
	int64_t next_offset;
	uint8_t pool[RANDOM_POOL_BYTES];
	size_t pool_used;
	struct metric_series *append_seconds, *append_batch;
	struct metric_series *appended[EVENT_TYPES];
	struct metric_series *outcomes[COMMAND_TYPES][JOB_UNAVAILABLE + 1];
};

/* What a record borrows until it is appended. */
struct record_room {
	size_t value_at, value_n; /* in values, which may move while it grows */
	struct slice tenant;
	struct journal_header headers[EVENT_HEADERS_MAX];
	struct header_text text;
};

struct writers {
	struct writers_options options;
	struct uuid owner_id;
	uint32_t n;
	struct partition *partitions;
};

/* --- queue --- */

static void refuse_now(struct job *job, const char *why)
{
	job->outcome = JOB_UNAVAILABLE;
	snprintf(job->detail, sizeof job->detail, "%s", why);
	job->done(job);
}

void writers_submit(struct writers *writers, struct job *first, uint32_t n)
{
	struct partition *partition =
	        &writers->partitions[journal_partition_of(first->tenant, writers->n)];
	struct job *last = first;
	for (uint32_t i = 0;; i++) {
		job_retain(last);
		if (i + 1 == n)
			break;
		last = last->next;
	}
	pthread_mutex_lock(&partition->lock);
	bool takes = !partition->stopping && partition->queued + n <= WRITER_QUEUE_MAX;
	if (takes) {
		last->next = NULL;
		*partition->last = first;
		partition->last = &last->next;
		partition->queued += n;
		pthread_cond_signal(&partition->arrived);
	}
	pthread_mutex_unlock(&partition->lock);
	if (takes)
		return;
	for (struct job *job = first, *next; n > 0; job = next, n--) {
		next = job->next;
		refuse_now(job, "too many commands are waiting");
		job_release(job);
	}
}

/* Take what has arrived, up to the cap; waits for the first. false: stopping and nothing left. */
static bool take_batch(struct partition *partition)
{
	uint32_t cap = (uint32_t)partition->all->options.config->batch_commands_max;
	if (partition->batch_cap < cap) {
		partition->batch = mem_grow(partition->batch, cap * sizeof *partition->batch);
		partition->batch_cap = cap;
	}
	partition->batch_n = 0;
	pthread_mutex_lock(&partition->lock);
	while (!partition->first && !partition->stopping)
		pthread_cond_wait(&partition->arrived, &partition->lock);
	while (partition->first && partition->batch_n < cap) {
		struct job *job = partition->first;
		partition->first = job->next;
		partition->batch[partition->batch_n++] = job;
	}
	if (!partition->first)
		partition->last = &partition->first;
	partition->queued -= partition->batch_n;
	pthread_mutex_unlock(&partition->lock);
	return partition->batch_n > 0;
}

/* --- judging --- */

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
	return NULL;
}

/* The id that a new member gets: as decide has it (decide.h, fresh). */
static struct uuid new_member_id(const struct command *command, const struct request *request)
{
	if (command->type == COMMAND_CREATE_ORGANIZATION)
		return command->create_organization.has_owner_id
		               ? command->create_organization.owner_id
		               : request->fresh[FRESH_OWNER];
	return command->add_member.has_member_id ? command->add_member.member_id
	                                         : request->fresh[FRESH_ID];
}

/* A command that names a person: find who that is here, seal the profile under the member's id. */
static enum status prepare_person(struct partition *partition, const struct job *job,
                                  struct request *request, struct error *err)
{
	const struct person *person = person_of(&job->command);
	if (!person)
		return STATUS_OK;
	uint8_t hash[32];
	identity_hash(job->tenant, person->issuer, person->subject, hash);
	request->has_identity_member =
	        write_state_identity(partition->state, hash, &request->identity_member);
	struct uuid member = request->has_identity_member ? request->identity_member
	                                                  : new_member_id(&job->command, request);
	struct profile profile = {
	        .issuer = person->issuer,
	        .subject = person->subject,
	        .name = person->name,
	        .email = person->has_email ? person->email : slice_of(NULL, 0),
	};
	struct buf sealed = {0};
	enum status status = profile_seal(partition->all->options.profile_keys, job->tenant,
	                                  &member, &profile, &sealed, err);
	request->sealed_profile = arena_copy(&partition->arena, buf_slice(&sealed));
	buf_release(&sealed);
	return status;
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
	if (!job->has_identity) {
		actor->kind = ACTOR_KIND_RULE;
		actor->id = job->rule_id;
	} else if (!write_state_identity(partition->state, job->identity, &actor->id) &&
	           job->installation) {
		actor->kind =
		        ACTOR_KIND_SYSTEM; /* the installation acts, no member of this tenant */
	}
}

static void answer_from_log(struct job *job, const struct write_command *found)
{
	job->outcome = JOB_REPEATED;
	job->first_seq = found->first_seq;
	job->position = found->first_seq + found->events_n - 1;
	job->aggregate = found->aggregate;
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

/* An intent that was refused or changed nothing leaves a trace. */
static void conclude(struct partition *partition, struct job *job, struct decision *decision)
{
	struct decided *decided = arena_zero(&partition->arena, sizeof *decided);
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

static void add_record(struct partition *partition, const struct job *job,
                       const struct event *event)
{
	if (partition->records_n == partition->records_cap) {
		partition->records_cap = partition->records_cap ? partition->records_cap * 2 : 256;
		partition->records = mem_grow(partition->records,
		                              partition->records_cap * sizeof *partition->records);
		partition->rooms = mem_grow(partition->rooms,
		                            partition->records_cap * sizeof *partition->rooms);
	}
	struct record_room *room = &partition->rooms[partition->records_n];
	room->value_at = partition->values.n;
	event_encode(event, &partition->values);
	room->value_n = partition->values.n - room->value_at;
	room->tenant = job->tenant;
	struct journal_record *record = &partition->records[partition->records_n++];
	record->headers_n = event_headers(event, job->traceparent, &room->text, room->headers);
	metric_add(partition->appended[event->type], 1);
}

/* Evolve and encode what was decided. */
static void take_decision(struct partition *partition, struct job *job,
                          const struct request *request, const struct write_tenant *tenant,
                          const struct decision *decision)
{
	job->outcome = JOB_ACCEPTED;
	job->first_seq = tenant->seq + 1;
	job->events_n = decision->events_n;
	job->events = mem_grow(job->events, decision->events_n * sizeof *job->events);
	uint32_t index = 0;
	for (struct decided *at = decision->first; at; at = at->next, index++) {
		struct event *event = &at->event;
		stamp(partition, job, request, tenant, index, decision->events_n, &event->meta);
		write_state_apply(partition->state, event);
		add_record(partition, job, event);
		job->events[index].id = event->meta.event_id;
		job->events[index].type = (uint16_t)event->type;
		job->aggregate = event->meta.aggregate;
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

/* The name that people use for what the command worked on. */
static void find_key(struct partition *partition, struct job *job)
{
	struct tenant_state *rows = write_state_rows(partition->state, job->tenant);
	char key[KEY_MAX + 1];
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

static bool is_repeated(struct partition *partition, struct job *job)
{
	struct write_command found;
	if (!write_state_command(partition->state, job->tenant, &job->command_id, &found))
		return false;
	if (memcmp(found.hash, job->hash, sizeof found.hash) != 0)
		refuse(job, REJECT_KEY_REUSED, "",
		       "this Idempotency-Key was used for a command with other contents");
	else
		answer_from_log(job, &found);
	return true;
}

static enum status judge(struct partition *partition, struct job *job, struct error *err)
{
	struct write_tenant tenant = {0};
	write_state_tenant(partition->state, job->tenant, &tenant);
	job->position = tenant.seq;
	if (tenant.stopped) {
		job->outcome = JOB_UNAVAILABLE;
		snprintf(job->detail, sizeof job->detail,
		         "the organization has an event of a newer version; upgrade this server");
		return STATUS_OK;
	}
	if (is_repeated(partition, job))
		return STATUS_OK;

	arena_clear(&partition->arena);
	struct request request = {
	        .tenant = job->tenant,
	        .installation = job->installation,
	        .has_occurred_at = job->has_occurred_at,
	        .occurred_at_ms = job->occurred_at_ms,
	        .now_ms = clock_now_ms(),
	};
	for (int i = 0; i < FRESH_IDS; i++)
		request.fresh[i] = uuid_v7(request.now_ms);
	prepare_actor(partition, job, &request);
	if (prepare_person(partition, job, &request, err))
		return err->status;

	struct decision decision = {.arena = &partition->arena};
	struct tenant_state *rows = write_state_rows(partition->state, job->tenant);
	decide(rows, &request, &job->command, &decision);
	bool no_events = decision.reject != REJECT_NONE || decision.events_n == 0;
	if (no_events && job->intent && tenant.seq > 0)
		conclude(partition, job, &decision);
	else if (decision.reject != REJECT_NONE) {
		refuse(job, decision.reject, decision.pointer, decision.detail);
		job->aggregate.version = decision.version;
		return STATUS_OK;
	}
	if (decision.events_n == 0) {
		job->outcome = JOB_UNCHANGED;
		job->aggregate.version = decision.version;
		return STATUS_OK;
	}
	take_decision(partition, job, &request, &tenant, &decision);
	return STATUS_OK;
}

/* Judge the batch on a new transaction. Stops early when the batch is full; *@judged jobs are in.
 */
static enum status judge_batch(struct partition *partition, uint32_t *judged, struct error *err)
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
	for (uint32_t i = 0; i < partition->records_n; i++) {
		struct record_room *room = &partition->rooms[i];
		struct journal_record *record = &partition->records[i];
		record->key = room->tenant;
		record->value = slice_of(partition->values.data + room->value_at, room->value_n);
		record->headers = room->headers;
	}
	return STATUS_OK;
}

/* --- committing and answering --- */

static void finish(struct partition *partition, struct job *job)
{
	metric_add(partition->outcomes[job->command.type][job->outcome], 1);
	job->done(job);
	job_release(job);
}

static enum status append_batch(struct partition *partition, uint32_t judged, struct error *err)
{
	if (partition->records_n == 0)
		return STATUS_OK;
	int64_t started_us = clock_monotonic_us();
	int64_t *offsets = mem_new(partition->records_n * sizeof *offsets);
	enum status status = journal_append(partition->all->options.journal, partition->number,
	                                    partition->records, partition->records_n, offsets, err);
	if (!status) {
		partition->next_offset = offsets[partition->records_n - 1] + 1;
		metric_observe(partition->append_seconds,
		               (double)(clock_monotonic_us() - started_us) / 1e6);
		metric_observe(partition->append_batch, judged);
	}
	free(offsets);
	return status;
}

/* One group commit. On failure nothing was answered and the batch stays. */
static enum status run_batch(struct partition *partition, uint32_t *judged, struct error *err)
{
	enum status status = judge_batch(partition, judged, err);
	if (!status)
		status = append_batch(partition, *judged, err);
	if (status) {
		write_state_abort(partition->state);
		return status;
	}
	if (write_state_commit(partition->state, partition->next_offset, err))
		return error_wrap(err, "commit the write-side state");
	return STATUS_OK;
}

static void set_ready(struct partition *partition, bool ready, const char *reason)
{
	pthread_mutex_lock(&partition->lock);
	partition->ready = ready;
	snprintf(partition->reason, sizeof partition->reason, "%s", reason);
	pthread_mutex_unlock(&partition->lock);
}

static enum status own_partition(struct partition *partition, struct error *err)
{
	struct writers *all = partition->all;
	struct journal_owner owner = {all->owner_id, all->options.address};
	int64_t end;
	if (journal_claim(all->options.journal, partition->number, &owner, &end, err))
		return error_wrap(err, "claim partition %u", partition->number);
	partition->next_offset = end;
	uint64_t foreign = 0;
	if (write_state_catch_up(partition->state, partition->reader, end, &foreign, err))
		return error_wrap(err, "catch up partition %u", partition->number);
	pthread_mutex_lock(&partition->lock);
	partition->foreign += foreign;
	pthread_mutex_unlock(&partition->lock);
	return STATUS_OK;
}

static bool is_stopping(struct partition *partition)
{
	pthread_mutex_lock(&partition->lock);
	bool stopping = partition->stopping;
	pthread_mutex_unlock(&partition->lock);
	return stopping;
}

/* Claim and catch up until it works; false when told to stop. Logs a new reason once. */
static bool become_ready(struct partition *partition)
{
	char logged[512] = "";
	while (!is_stopping(partition)) {
		struct error err;
		if (!own_partition(partition, &err)) {
			set_ready(partition, true, "");
			log_info(LOGGER, "partition owned", LOG_I("partition", partition->number),
			         LOG_I("next_offset", partition->next_offset));
			return true;
		}
		set_ready(partition, false, err.text);
		if (strcmp(logged, err.text) != 0)
			log_warn(LOGGER, "partition not owned yet",
			         LOG_I("partition", partition->number), LOG_S("reason", err.text));
		snprintf(logged, sizeof logged, "%s", err.text);
		usleep(RETRY_PAUSE_US);
	}
	return false;
}

/* After a failed group commit: what is needed before the batch is judged afresh. */
static bool recover(struct partition *partition, const struct error *err)
{
	log_warn(LOGGER, "group commit failed, the batch is judged again",
	         LOG_I("partition", partition->number), LOG_S("reason", err->text),
	         LOG_I("commands", partition->batch_n));
	if (err->status == STATUS_REJECTED) {
		usleep(RETRY_PAUSE_US);
		return !is_stopping(partition);
	}
	set_ready(partition, false, err->text);
	return become_ready(partition);
}

static void drop_finished(struct partition *partition, uint32_t judged)
{
	for (uint32_t i = 0; i < judged; i++)
		finish(partition, partition->batch[i]);
	partition->batch_n -= judged;
	memmove(partition->batch, partition->batch + judged,
	        partition->batch_n * sizeof *partition->batch);
}

static void give_up_batch(struct partition *partition)
{
	for (uint32_t i = 0; i < partition->batch_n; i++) {
		struct job *job = partition->batch[i];
		job->outcome = JOB_UNAVAILABLE;
		snprintf(job->detail, sizeof job->detail, "the server is stopping");
		finish(partition, job);
	}
	partition->batch_n = 0;
}

static void *run(void *context)
{
	struct partition *partition = context;
	bool owns = become_ready(partition);
	while (take_batch(partition)) {
		while (partition->batch_n > 0) {
			struct error err;
			uint32_t judged;
			if (!owns) {
				give_up_batch(partition);
				break;
			}
			if (run_batch(partition, &judged, &err))
				owns = recover(partition, &err);
			else
				drop_finished(partition, judged);
		}
	}
	if (owns)
		journal_release(partition->all->options.journal, partition->number);
	set_ready(partition, false, "stopped");
	return NULL;
}

/* --- lifecycle --- */

static void partition_metrics(struct partition *partition)
{
	char number[16];
	snprintf(number, sizeof number, "%u", partition->number);
	const char *labels[] = {number, NULL};
	partition->append_seconds = metric_series(METRIC_APPEND_SECONDS, labels);
	partition->append_batch = metric_series(METRIC_APPEND_BATCH, labels);
	for (uint32_t type = 0; type < EVENT_TYPES; type++) {
		labels[0] = event_type_name(type);
		partition->appended[type] = metric_series(METRIC_EVENTS_APPENDED, labels);
	}
	for (uint32_t type = 0; type < COMMAND_TYPES; type++)
		for (uint32_t outcome = 0; outcome <= JOB_UNAVAILABLE; outcome++) {
			labels[0] = command_type_name(type);
			labels[1] = job_outcome_name(outcome);
			partition->outcomes[type][outcome] = metric_series(METRIC_COMMANDS, labels);
		}
}

static enum status open_partition(struct partition *partition, struct error *err)
{
	const struct writers_options *options = &partition->all->options;
	pthread_mutex_init(&partition->lock, NULL);
	pthread_cond_init(&partition->arrived, NULL);
	partition->last = &partition->first;
	partition->pool_used = RANDOM_POOL_BYTES;
	arena_init(&partition->arena, mem_new(DECISION_ARENA), DECISION_ARENA);
	partition_metrics(partition);
	snprintf(partition->reason, sizeof partition->reason, "starting");
	if (write_state_open(options->config, partition->number, journal_identity(options->journal),
	                     options->profile_keys, &partition->state, err) ||
	    journal_reader_open(options->journal, &partition->reader, err))
		return err->status;
	if (pthread_create(&partition->thread, NULL, run, partition))
		return error_set(err, STATUS_IO, "no thread for partition %u", partition->number);
	partition->has_thread = true;
	return STATUS_OK;
}

static void close_partition(struct partition *partition)
{
	journal_reader_close(partition->reader);
	write_state_close(partition->state);
	free(partition->arena.block);
	free(partition->batch);
	free(partition->records);
	free(partition->rooms);
	buf_release(&partition->values);
	buf_release(&partition->sealed);
	pthread_cond_destroy(&partition->arrived);
	pthread_mutex_destroy(&partition->lock);
}

enum status writers_start(const struct writers_options *options, struct writers **out,
                          struct error *err)
{
	struct writers *writers = mem_new(sizeof *writers);
	writers->options = *options;
	writers->owner_id = uuid_v4();
	uint32_t n = journal_identity(options->journal)->partitions;
	writers->partitions = mem_new(n * sizeof *writers->partitions);
	for (writers->n = 0; writers->n < n; writers->n++) {
		struct partition *partition = &writers->partitions[writers->n];
		partition->all = writers;
		partition->number = writers->n;
		if (open_partition(partition, err)) {
			writers->n++;
			writers_stop(writers);
			return err->status;
		}
	}
	*out = writers;
	return STATUS_OK;
}

void writers_finish(struct writers *writers)
{
	for (uint32_t i = 0; i < writers->n; i++) {
		struct partition *partition = &writers->partitions[i];
		pthread_mutex_lock(&partition->lock);
		partition->stopping = true;
		pthread_cond_signal(&partition->arrived);
		pthread_mutex_unlock(&partition->lock);
		if (partition->reader)
			journal_reader_wake(partition->reader);
	}
}

void writers_stop(struct writers *writers)
{
	if (!writers)
		return;
	writers_finish(writers);
	for (uint32_t i = 0; i < writers->n; i++) {
		if (writers->partitions[i].has_thread)
			pthread_join(writers->partitions[i].thread, NULL);
		close_partition(&writers->partitions[i]);
	}
	free(writers->partitions);
	free(writers);
}

void writers_state(struct writers *writers, uint32_t number, struct writer_state *out)
{
	struct partition *partition = &writers->partitions[number];
	pthread_mutex_lock(&partition->lock);
	*out = (struct writer_state){.partition = number,
	                             .ready = partition->ready,
	                             .foreign = partition->foreign,
	                             .queued = partition->queued};
	memcpy(out->reason, partition->reason, sizeof out->reason);
	pthread_mutex_unlock(&partition->lock);
}

uint32_t writers_partitions(const struct writers *writers)
{
	return writers->n;
}
