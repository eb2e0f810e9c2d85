/* nexusflow: one program, several roles and the operators' verbs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/node.h"
#include "cli/schema.h"
#include "cli/skip_append.h"
#include "cli/token.h"
#include "cli/verbs.h"
#include "core/base/config.h"
#include "core/base/log.h"
#include "replay/replay.h"

/* Exit codes: 0 done, 1 failed, 2 called wrongly. */
enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE };

static int run_node(const struct config *config, unsigned roles)
{
	struct error err;
	if (node_run(config, roles, &err) == STATUS_OK)
		return EXIT_DONE;
	fprintf(stderr, "nexusflow: %s\n", err.text);
	return EXIT_FAILED;
}

static int serve(int argc, char **argv, const struct config *config)
{
	(void)argc, (void)argv;
	return run_node(config, ROLES_ALL);
}

static int command_api(int argc, char **argv, const struct config *config)
{
	(void)argc, (void)argv;
	return run_node(config, ROLE_COMMAND_API);
}

static int processor(int argc, char **argv, const struct config *config)
{
	(void)argc, (void)argv;
	return run_node(config, ROLE_PROCESSOR);
}

static int projector(int argc, char **argv, const struct config *config)
{
	(void)argc, (void)argv;
	return run_node(config, ROLE_POSTGRES_VIEWS);
}

static int query_api(int argc, char **argv, const struct config *config)
{
	(void)argc, (void)argv;
	return run_node(config, ROLE_QUERY_API | ROLE_LMDB_VIEWS);
}

static int version(int argc, char **argv, const struct config *config)
{
	(void)argc, (void)argv, (void)config;
	printf("nexusflow %s\n", NEXUSFLOW_VERSION);
	return EXIT_DONE;
}

static int config_verb(int argc, char **argv, const struct config *config)
{
	bool json = argc > 2 && strcmp(argv[2], "--json") == 0;
	if (argc < 2 || argc > 3 || strcmp(argv[1], "print") != 0 || (argc == 3 && !json)) {
		fprintf(stderr, "usage: nexusflow config print [--json]\n");
		return EXIT_USAGE;
	}
	struct buf text = {0};
	config_print(config, json, &text);
	fwrite(text.data, 1, text.n, stdout);
	buf_release(&text);
	return EXIT_DONE;
}

static int replay(int argc, char **argv, const struct config *config)
{
	return replay_main(argc, argv, config, skip_append);
}

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv, const struct config *config);
	bool takes_arguments;
	const char *summary;
} verbs[] = {
        {"serve", serve, false, "every role in one process"},
        {"command-api", command_api, false, "take commands, append events"},
        {"processor", processor, false, "run rules, send intents to command_url"},
        {"projector", projector, false, "keep the Postgres views (search, audit)"},
        {"query-api", query_api, false, "answer queries, keep the LMDB views beside it"},
        {"replay", replay, true, "rebuild, verify, swap, skip and show views"},
        {"import", import_main, true, "bring another tracker's archive in"},
        {"schema", schema_main, true, "check the topic of the journal, make it fit"},
        {"token", token_main, true, "sign a token"},
        {"config", config_verb, true, "print every key, its value, source and meaning"},
        {"version", version, false, "print the version"},
};

static int help(FILE *to)
{
	fprintf(to, "usage: nexusflow VERB [--key=value ...]\n\n");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		fprintf(to, "  %-12s %s\n", verbs[i].name, verbs[i].summary);
	fprintf(to,
	        "\nKeys: nexusflow config print. Flags > environment (NEXUSFLOW_KEY) > file.\n");
	return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool wants_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0 ||
	       strcmp(argument, "help") == 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return help(stderr);
	if (wants_help(argv[1]))
		return help(stdout);
	if (strcmp(argv[1], "--version") == 0)
		return version(0, NULL, NULL);
	const struct verb *verb = find_verb(argv[1]);
	if (!verb) {
		fprintf(stderr, "nexusflow: there is no verb \"%s\"\n\n", argv[1]);
		return help(stderr);
	}
	struct config config;
	struct error err;
	argc--;
	argv++;
	if (config_load(&config, &argc, argv, &err)) {
		fprintf(stderr, "nexusflow: %s\n", err.text);
		return EXIT_USAGE;
	}
	int code = EXIT_USAGE;
	log_set_level_name(config.log_level);
	if (argc > 1 && !verb->takes_arguments)
		fprintf(stderr, "nexusflow %s: what is \"%s\"? It takes --key=value only.\n",
		        verb->name, argv[1]);
	else
		code = verb->run(argc, argv, &config);
	config_release(&config);
	return code;
}
