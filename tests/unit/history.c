#include "tests/unit/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MUST(call)                                                                                 \
	do {                                                                                       \
		struct error err_ = {0};                                                           \
		struct error *err = &err_;                                                         \
		if (call)                                                                          \
			fail_msg("%s: %s", #call, err_.text);                                      \
	} while (0)

static void open_journal(struct history *history)
{
	struct journal_options options = {
	        .config = &history->config, .create = true, .keys_id = {{7}}};
	struct journal_owner owner = {.id = {{1}}, .address = ""};
	int64_t end;
	MUST(journal_open(&options, &history->journal, err));
	for (uint32_t i = 0; i < journal_identity(history->journal)->partitions; i++)
		MUST(journal_claim(history->journal, i, &owner, &end, err));
}

void history_open(struct history *history, uint32_t partitions)
{
	*history = (struct history){.dir = "/tmp/nf-views-XXXXXX"};
	assert_non_null(mkdtemp(history->dir));
	history->config = (struct config){
	        .data_dir = history->dir,
	        .journal = "embedded",
	        .partitions = partitions,
	        .map_size_gib = 1,
	        .postgres = "",
	};
	open_journal(history);
	MUST(profile_keys_open(&history->config, &history->keys, err));
}

void history_reopen(struct history *history)
{
	journal_close(history->journal);
	open_journal(history);
}

void history_close(struct history *history)
{
	char command[128];
	journal_close(history->journal);
	profile_keys_close(history->keys);
	for (uint32_t i = 0; i < history->tenants_n; i++)
		free(history->tenants[i].issues);
	for (int i = 0; i < 16; i++) {
		buf_release(&history->values[i]);
		buf_release(&history->records[i]);
	}
	snprintf(command, sizeof command, "rm -r %s", history->dir);
	assert_int_equal(system(command), 0);
}

struct uuid history_id(const char *tenant, const char *kind, uint64_t number)
{
	static const struct uuid space = {{7}};
	char name[64];
	int n = snprintf(name, sizeof name, "%s/%s/%llu", tenant, kind, (unsigned long long)number);
	return uuid_v5(&space, slice_of(name, (size_t)n));
}

struct event *history_event(struct history *history, enum event_type type, enum aggregate_kind kind,
                            struct uuid aggregate, uint64_t version)
{
	assert_true(history->staged_n < 16);
	struct event *event = &history->staged[history->staged_n++];
	memset(event, 0, sizeof *event);
	event->type = type;
	event->meta.aggregate.kind = kind;
	event->meta.aggregate.id = aggregate;
	event->meta.aggregate.version = (int64_t)version;
	return event;
}

void history_command(struct history *history, struct history_tenant *tenant)
{
	struct slice name = slice_str(tenant->name);
	uint32_t partition =
	        journal_partition_of(name, journal_identity(history->journal)->partitions);
	struct uuid command = history_id(tenant->name, "command", (uint64_t)tenant->seq);
	for (uint32_t i = 0; i < history->staged_n; i++) {
		struct event *event = &history->staged[i];
		struct event_meta *meta = &event->meta;
		meta->tenant = name;
		meta->seq = ++tenant->seq;
		meta->event_id = history_id(tenant->name, "event", (uint64_t)meta->seq);
		meta->command_id = meta->correlation_id = command;
		meta->index = (int32_t)i;
		meta->count = (int32_t)history->staged_n;
		if (meta->actor.kind == ACTOR_KIND_UNKNOWN)
			meta->actor.kind = ACTOR_KIND_MEMBER;
		meta->recorded_at = meta->occurred_at = HISTORY_START_MS + meta->seq * 1000;
		struct buf *values = &history->values[partition];
		size_t start = values->n;
		event_encode(event, values);
		struct journal_record record = {
		        .key = name,
		        .value = slice_of(NULL, values->n - start), /* placed by the flush */
		};
		buf_append(&history->records[partition], &record, sizeof record);
		history->events++;
	}
	history->staged_n = 0;
	if (history->records[partition].n / sizeof(struct journal_record) > 5000)
		history_flush(history);
}

void history_flush(struct history *history)
{
	for (uint32_t p = 0; p < 16; p++) {
		struct journal_record *records = (void *)history->records[p].data;
		size_t n = history->records[p].n / sizeof *records, at = 0;
		for (size_t i = 0; i < n; i++) {
			records[i].value.data = history->values[p].data + at;
			at += records[i].value.n;
		}
		if (n)
			MUST(journal_append(history->journal, p, records, (uint32_t)n, NULL, err));
		buf_clear(&history->records[p]);
		buf_clear(&history->values[p]);
	}
}

void history_raw(struct history *history, uint32_t partition, struct slice key, struct slice value)
{
	struct journal_record record = {.key = key, .value = value};
	MUST(journal_append(history->journal, partition, &record, 1, NULL, err));
}

struct history_tenant *history_tenant(struct history *history, const char *name,
                                      uint32_t issues_max)
{
	struct history_tenant *tenant = &history->tenants[history->tenants_n++];
	snprintf(tenant->name, sizeof tenant->name, "%s", name);
	tenant->issues = mem_new(issues_max * sizeof *tenant->issues);
	tenant->issues_max = issues_max;
	tenant->project = history_id(name, "project", 1);
	tenant->organization_version = 3;
	struct uuid ada = history_id(name, "member", 1), org = history_id(name, "org", 1);
	struct profile profile = {SLICE("nexusflow"), SLICE("ada"), SLICE("Ada"),
	                          SLICE("ada@example.org")};
	struct buf sealed = {0};
	MUST(profile_seal(history->keys, slice_str(name), &ada, &profile, &sealed, err));
	history_event(history, EVENT_ORGANIZATION_CREATED, AGGREGATE_KIND_ORGANIZATION, org, 1)
	        ->organization_created.name = SLICE("Acme");
	struct event *event =
	        history_event(history, EVENT_MEMBER_ADDED, AGGREGATE_KIND_ORGANIZATION, org, 2);
	event->member_added.member_id = ada;
	event->member_added.role = ORG_ROLE_OWNER;
	event = history_event(history, EVENT_MEMBER_PROFILE_SET, AGGREGATE_KIND_ORGANIZATION, org,
	                      3);
	event->member_profile_set.member_id = ada;
	event->member_profile_set.sealed = buf_slice(&sealed);
	history_command(history, tenant);
	event = history_event(history, EVENT_PROJECT_CREATED, AGGREGATE_KIND_PROJECT,
	                      tenant->project, 1);
	event->project_created.key = SLICE("TLS");
	event->project_created.name = SLICE("Transport");
	event->project_created.has_lead = true;
	event->project_created.lead = ada;
	tenant->project_version = 1;
	history_command(history, tenant);
	buf_release(&sealed);
	return tenant;
}

/* --- views --- */

const char *history_first_instance(const char *view)
{
	static char instance[16];
	snprintf(instance, sizeof instance, "v%u", view_type_find(slice_str(view))->version);
	return instance;
}

struct view *history_view(struct history *history, const char *name, const char *instance)
{
	const struct view_type *type = view_type_find(slice_str(name));
	assert_non_null(type);
	struct view_options options = {&history->config, history->keys, instance, false, 0};
	struct view *view;
	MUST(type->open(type, &options, &view, err));
	return view;
}

void history_fold(struct history *history, struct view *view, uint32_t batch_events)
{
	struct fold_options options = {.type = &view->kind->type,
	                               .view = view,
	                               .journal = history->journal,
	                               .batch_events = batch_events};
	struct fold *fold;
	MUST(fold_open(&options, &fold, err));
	MUST(fold_run(fold, NULL, NULL, NULL, NULL, err));
	fold_close(fold);
}

void history_digest(struct view *view, uint8_t digest[VIEW_DIGEST_BYTES])
{
	MUST(kv_view_digest(view, slice_of(NULL, 0), digest, NULL, NULL, NULL, err));
}

struct event *history_issue_event(struct history *history, enum event_type type,
                                  struct history_issue *issue)
{
	return history_event(history, type, AGGREGATE_KIND_ISSUE, issue->id, ++issue->version);
}
