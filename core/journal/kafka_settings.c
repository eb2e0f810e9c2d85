/* What a topic's settings have to be: one table for creating, checking and mending.
 *
 * A topic that forgets records (compaction, finite retention) is refused: nothing in this program
 * would notice the loss before the next rebuild. */
#include "core/journal/kafka.h"

#include <stdio.h>
#include <stdlib.h>

/* librdkafka's batches, one megabyte each at most, with their headers. Smaller ones would let a
 * large group commit fail for ever. */
#define BATCH_BYTES 1048576
#define TEXT_OF(x)  #x
#define TEXT(x)     TEXT_OF(x)
_Static_assert(BATCH_BYTES > JOURNAL_RECORD_BYTES_MAX, "the largest record must fit");

static bool is_delete(const char *found)
{
	return strcmp(found, "delete") == 0;
}

static bool is_for_ever(const char *found)
{
	return strtoll(found, NULL, 10) == -1;
}

static bool takes_batches(const char *found)
{
	return strtoll(found, NULL, 10) >= BATCH_BYTES;
}

static bool is_append_time(const char *found)
{
	return strcmp(found, "LogAppendTime") == 0;
}

static bool keeps_codec(const char *found)
{
	return strcmp(found, "producer") == 0 || strcmp(found, "zstd") == 0;
}

static bool is_false(const char *found)
{
	return strcmp(found, "false") == 0;
}

static const struct setting {
	const char *name;
	const char *target;
	const char *wanted;
	bool (*fits)(const char *found);
	enum topic_verdict otherwise;
	const char *why;
} settings[] = {
        {"cleanup.policy", "delete", "delete", is_delete, TOPIC_REFUSED,
         "compaction keeps only the last event of each organization"},
        {"retention.ms", "-1", "-1", is_for_ever, TOPIC_REFUSED, "events would be forgotten"},
        {"retention.bytes", "-1", "-1", is_for_ever, TOPIC_REFUSED, "events would be forgotten"},
        {"max.message.bytes", "2097152", ">= " TEXT(BATCH_BYTES), takes_batches, TOPIC_REFUSED,
         "large batches would be refused for ever"},
        {"message.timestamp.type", "LogAppendTime", "LogAppendTime", is_append_time, TOPIC_DIFFERS,
         "lags are told by the broker's clock"},
        /* "producer": kafka.compression.codec decides, zstd by default */
        {"compression.type", "producer", "producer or zstd", keeps_codec, TOPIC_DIFFERS,
         "the broker compresses every batch again"},
        {"unclean.leader.election.enable", "false", "false", is_false, TOPIC_DIFFERS,
         "a broker that missed acknowledged events could become leader"},
};

enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

void kafka_settings_fill(rd_kafka_NewTopic_t *topic)
{
	for (size_t i = 0; i < SETTINGS; i++)
		rd_kafka_NewTopic_set_config(topic, settings[i].name, settings[i].target);
}

static struct topic_row *add(struct topic_report *report, const char *name, const char *found)
{
	struct topic_row *row = &report->rows[report->rows_n++];

	*row = (struct topic_row){.name = name, .why = ""};
	snprintf(row->found, sizeof(row->found), "%s", found);
	return row;
}

static void judge(struct topic_report *report, const struct setting *setting, const char *found)
{
	struct topic_row *row = add(report, setting->name, found);

	snprintf(row->wanted, sizeof(row->wanted), "%s", setting->wanted);
	snprintf(row->target, sizeof(row->target), "%s", setting->target);
	if (setting->fits(found))
		return;
	row->verdict = setting->otherwise;
	row->why = setting->why;
	row->mendable = true;
}

/* As deployed, within what the number of replicas allows. */
static void judge_insync(struct topic_report *report, int replicas, const char *found)
{
	struct topic_row *row = add(report, "min.insync.replicas", found);
	long n = strtol(found, NULL, 10);
	int least = replicas > 2 ? 2 : 1;

	if (least == replicas)
		snprintf(row->wanted, sizeof(row->wanted), "%d", least);
	else
		snprintf(row->wanted, sizeof(row->wanted), "%d to %d", least, replicas);
	snprintf(row->target, sizeof(row->target), "%d", least);
	if (n > replicas) {
		row->verdict = TOPIC_REFUSED;
		row->why = "more than there are replicas: nothing could be appended";
	} else if (n < least) {
		row->verdict = TOPIC_DIFFERS;
		row->why = "an acknowledged event may be on one broker alone";
	}
	row->mendable = row->verdict != TOPIC_OK;
}

static const char *value_of(const rd_kafka_ConfigEntry_t **entries, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
			return value ? value : "(hidden)";
	}
	return NULL; /* a broker too old or too new to know it */
}

void kafka_settings_judge(const rd_kafka_ConfigResource_t *found, int replicas,
                          struct topic_report *report)
{
	size_t n;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(found, &n);
	const char *insync = value_of(entries, n, "min.insync.replicas");

	for (size_t i = 0; i < SETTINGS; i++) {
		const char *value = value_of(entries, n, settings[i].name);
		if (value)
			judge(report, &settings[i], value);
	}
	if (insync)
		judge_insync(report, replicas, insync);
}

static const struct topic_row *find_change(const struct topic_report *report, const char *name)
{
	for (uint32_t i = 0; i < report->rows_n; i++)
		if (report->rows[i].mendable && strcmp(report->rows[i].name, name) == 0)
			return &report->rows[i];
	return NULL;
}

/* AlterConfigs replaces all settings of the topic, so the others are said again. */
bool kafka_settings_mend(const rd_kafka_ConfigResource_t *found, struct topic_report *report,
                         rd_kafka_ConfigResource_t *change)
{
	size_t n;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(found, &n);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const char *name = rd_kafka_ConfigEntry_name(entries[i]);
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		const struct topic_row *row = find_change(report, name);
		if (row)
			rd_kafka_ConfigResource_set_config(change, name, row->target);
		else if (rd_kafka_ConfigEntry_source(entries[i]) ==
		                 RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG &&
		         value)
			rd_kafka_ConfigResource_set_config(change, name, value);
		any = any || row;
	}
	return any;
}

/* The partition of an organization follows from their number, so it is fixed once there is a
 * journal. */
void kafka_partitions_judge(uint32_t found, uint32_t journal, uint32_t configured,
                            struct topic_report *report)
{
	uint32_t wanted = journal ? journal : configured;
	struct topic_row *row = add(report, "partitions", "");

	snprintf(row->found, sizeof(row->found), "%u", found);
	snprintf(row->wanted, sizeof(row->wanted), "%u", wanted);
	snprintf(row->target, sizeof(row->target), "%u", wanted);
	if (found == wanted)
		return;
	row->verdict = TOPIC_REFUSED;
	row->mendable = !journal && found < wanted;
	if (journal && found > wanted)
		row->why = "its journal was made with fewer, and organizations would change "
		           "partitions: copy the journal to another topic (nexusflow replay copy)";
	else if (journal)
		row->why = "its journal was made with more: events are missing, restore the topic";
	else if (row->mendable)
		row->why = "it is empty and can have more";
	else
		row->why = "it is empty: delete it, or set partitions to what it has";
}

enum status kafka_report_refuse(const char *topic, const struct topic_report *report,
                                struct error *err)
{
	for (uint32_t i = 0; i < report->rows_n; i++) {
		const struct topic_row *row = &report->rows[i];
		if (row->verdict == TOPIC_REFUSED)
			return error_set(
			        err, STATUS_INVALID, "topic %s: %s = %s, must be %s (%s)%s", topic,
			        row->name, row->found, row->wanted, row->why,
			        row->mendable ? "; nexusflow schema topics --apply changes it"
			                      : "");
	}
	return STATUS_OK;
}

bool topic_needs_change(const struct topic_report *report)
{
	for (uint32_t i = 0; i < report->rows_n; i++)
		if (report->rows[i].verdict != TOPIC_OK && !report->rows[i].changed)
			return true;
	return false;
}
