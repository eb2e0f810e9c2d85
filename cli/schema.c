#include "cli/schema.h"

#include <stdio.h>
#include <string.h>

#include "core/codec/schema_table.h"
#include "core/journal/topic.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

static const char usage[] =
        "usage: nexusflow schema topics [--apply]\n"
        "  topics     compare the settings of the journal's topic with what they have to be\n"
        "  --apply    create the topic if there is none, change what can be changed without harm\n"
        "Exit codes: 0 all is well, 1 something has to change or failed, 2 called wrongly.\n";

static const char *verdict_text(const struct topic_row *row)
{
	if (row->changed)
		return "changed";
	switch (row->verdict) {
	case TOPIC_OK:
		return "ok";
	case TOPIC_DIFFERS:
		return "differs";
	case TOPIC_REFUSED:
		return "refused";
	}
	return "";
}

static void print_row(const struct topic_row *row)
{
	bool tell = row->verdict != TOPIC_OK && !row->changed;
	printf("%-30s  %-16s  %-16s  %s%s%s%s\n", row->name, row->wanted, row->found,
	       verdict_text(row), tell ? ": " : "", tell ? row->why : "",
	       tell && !row->mendable ? " (not changed by --apply)" : "");
}

static void print_report(const struct config *config, const struct topic_report *report)
{
	printf("topic %s at %s%s\n", config->kafka_topic, config->kafka_bootstrap,
	       report->created ? ": created" : "");
	printf("%-30s  %-16s  %s\n", "setting", "wanted", "found");
	for (uint32_t i = 0; i < report->rows_n; i++)
		print_row(&report->rows[i]);
}

/* What was refused may have lost records before it was changed. */
static bool forgot(const struct topic_report *report)
{
	for (uint32_t i = 0; i < report->rows_n; i++) {
		const struct topic_row *row = &report->rows[i];
		if (row->changed && (strcmp(row->name, "cleanup.policy") == 0 ||
		                     strncmp(row->name, "retention.", 10) == 0))
			return true;
	}
	return false;
}

static int topics(const struct config *config, bool apply)
{
	struct topic_report report;
	struct error err;
	enum status status = schemas_check(&err);
	if (!status)
		status = topic_inspect(config, apply, &report, &err);
	if (status) {
		fprintf(stderr, "nexusflow schema topics: %s%s\n", err.text,
		        status == STATUS_NOT_FOUND ? "; --apply creates it" : "");
		return EXIT_FAILED;
	}
	print_report(config, &report);
	if (forgot(&report))
		printf("What the topic has forgotten before stays forgotten.\n");
	return topic_needs_change(&report) ? EXIT_FAILED : EXIT_DONE;
}

int schema_main(int argc, char **argv, const struct config *config)
{
	bool apply = argc == 3 && strcmp(argv[2], "--apply") == 0;
	if (argc < 2 || strcmp(argv[1], "topics") != 0 || (argc > 2 && !apply)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return topics(config, apply);
}
