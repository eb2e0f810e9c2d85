#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/codec/wire.h"
#include "replay/desk.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NOTHING };

static const char usage[] =
        "usage: nexusflow replay skip (--view=VIEW | --all) --tenant=T --seq=N --reason=TEXT\n"
        "  Tenant T stands before event N, which VIEW cannot take: let it go on without that\n"
        "  event. The decision is an event of T's log; every rebuild honours it.\n"
        "  --view=VIEW   a view, or processor: no rule reacts to the event\n"
        "  --all         every reader of this process that stands before event N\n"
        "  Accepted only for the event that the reader really stands before: see\n"
        "  nexusflow replay status.\n";

struct call {
	const char *view, *tenant, *seq, *reason;
	bool all, help;
};

/* "--name=value" or "--name value". */
static bool take(int argc, char **argv, int *i, const char *name, const char **value)
{
	size_t n = strlen(name);
	if (strncmp(argv[*i], name, n) != 0)
		return false;
	if (argv[*i][n] == '=')
		*value = argv[*i] + n + 1;
	else if (argv[*i][n] == 0 && *i + 1 < argc)
		*value = argv[++*i];
	else
		return false;
	return true;
}

static bool parse(int argc, char **argv, struct call *call)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--all") == 0)
			call->all = true;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			call->help = true;
		else if (!take(argc, argv, &i, "--view", &call->view) &&
		         !take(argc, argv, &i, "--tenant", &call->tenant) &&
		         !take(argc, argv, &i, "--seq", &call->seq) &&
		         !take(argc, argv, &i, "--reason", &call->reason))
			return false;
	}
	return call->help || (call->all != (call->view && call->view[0]) && call->tenant &&
	                      call->tenant[0] && call->seq && call->reason && call->reason[0]);
}

static bool parse_seq(const char *text, uint64_t *seq)
{
	char *end;
	long long value = strtoll(text, &end, 10);
	*seq = (uint64_t)value;
	return end != text && *end == 0 && value > 0 && value < INT64_MAX;
}

static int complain(const struct error *err)
{
	fprintf(stderr, "nexusflow replay skip: %s\n", err->text);
	return err->status == STATUS_BUSY || err->status == STATUS_CONFLICT ? EXIT_NOTHING
	                                                                    : EXIT_FAILED;
}

static bool names_a_reader(const struct call *call)
{
	return call->all || strcmp(call->view, READER_PROCESSOR) == 0 ||
	       view_type_find(slice_str(call->view));
}

static void show(const json_t *done, bool alone)
{
	size_t i;
	const json_t *reader;
	printf("skipped: tenant %s goes on behind seq %lld in",
	       json_string_value(json_object_get(done, "tenant")),
	       (long long)json_integer_value(json_object_get(done, "seq")));
	json_array_foreach(json_object_get(done, "readers"), i, reader)
	        printf("%s %s", i ? "," : "", json_string_value(reader));
	printf("; the decision is seq %lld of its log\n",
	       (long long)json_integer_value(json_object_get(done, "decision_seq")));
	if (alone)
		printf("note: nothing runs here: it goes on at the next start\n");
}

static int decide(const struct config *config, const struct skip *skip, skip_appender *append)
{
	struct desk *desk;
	struct error err;
	json_t *done;
	if (desk_open(config, append, &desk, &err))
		return complain(&err);
	int code = EXIT_DONE;
	if (desk_skip(desk, skip, &done, &err)) {
		code = complain(&err);
	} else {
		show(done, desk_is_alone(desk));
		json_decref(done);
	}
	desk_close(desk);
	return code;
}

int skip_main(int argc, char **argv, const struct config *config, skip_appender *append)
{
	struct call call = {.view = NULL};
	struct skip skip;
	char operator[SKIP_OPERATOR_MAX];
	if (!parse(argc, argv, &call) || (!call.help && !parse_seq(call.seq, &skip.seq))) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (call.help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (!names_a_reader(&call)) {
		fprintf(stderr, "nexusflow replay skip: no view \"%.60s\"\n", call.view);
		return EXIT_USAGE;
	}
	if (!utf8_valid(call.reason, strlen(call.reason)) ||
	    !utf8_valid(call.tenant, strlen(call.tenant))) {
		fprintf(stderr, "nexusflow replay skip: --reason and --tenant must be UTF-8\n");
		return EXIT_USAGE;
	}
	snprintf(operator, sizeof operator, "uid %u", (unsigned)getuid());
	skip.reader = call.all ? SKIP_ALL : slice_str(call.view);
	skip.tenant = slice_str(call.tenant);
	skip.why = slice_str(call.reason);
	skip.operator= slice_str(operator);
	return decide(config, &skip, append);
}
