#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "projections/registry.h"
#include "replay/copy_main.h"
#include "replay/desk.h"
#include "replay/show.h"

#define POLL_US       200000
#define LINE_EVERY_MS 10000

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NOTHING };

static const char usage[] =
        "usage: nexusflow replay rebuild (VIEW | --outdated) [--accept-changes]\n"
        "       nexusflow replay verify VIEW\n"
        "       nexusflow replay rollback VIEW\n"
        "       nexusflow replay status [--json]\n"
        "       nexusflow replay skip (--view=VIEW | --all) --tenant=T --seq=N --reason=TEXT\n"
        "       nexusflow replay copy --to=FILE\n"
        "  rebuild    build VIEW again from the journal beside the live one, compare, swap;\n"
        "             again after an interruption: go on\n"
        "  --outdated each view whose live instance is of another version of the program\n"
        "  verify     the same without the swap\n"
        "  rollback   catch the instance before up and make it live again\n"
        "  status     instances, positions, lags, stopped tenants, what is running\n"
        "  skip       let a tenant that stands before an event go on without it\n"
        "  copy       copy the journal to the one that the configuration FILE names, with its\n"
        "             driver and partitions, and verify; again after an interruption: go on;\n"
        "             stop the writers before\n"
        "  --accept-changes   swap although rows of another version of the view differ, or\n"
        "                     could not be read\n"
        "Exit codes: 0 done, 1 failed or different, 2 called wrongly, 3 nothing to do or busy.\n";

struct call {
	const char *verb;
	const char *view;
	const char *to;
	bool accept_changes;
	bool outdated;
	bool json;
	bool help;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

static bool parse(int argc, char **argv, struct call *call)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--accept-changes") == 0)
			call->accept_changes = true;
		else if (strcmp(argv[i], "--outdated") == 0)
			call->outdated = true;
		else if (strcmp(argv[i], "--json") == 0)
			call->json = true;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			call->help = true;
		else if (strncmp(argv[i], "--to=", 5) == 0 && argv[i][5])
			call->to = argv[i] + 5;
		else if (argv[i][0] == '-' || call->view)
			return false;
		else if (!call->verb)
			call->verb = argv[i];
		else
			call->view = argv[i];
	}
	if (call->help)
		return true;
	if (!call->verb)
		return false;
	bool is_copy = strcmp(call->verb, "copy") == 0;
	if (is_copy != (call->to != NULL))
		return false;
	if (is_copy || strcmp(call->verb, "status") == 0)
		return !call->view && !call->accept_changes && !call->outdated &&
		       !(is_copy && call->json);
	return (call->view != NULL) != call->outdated && !call->json &&
	       ((!call->accept_changes && !call->outdated) || strcmp(call->verb, "rebuild") == 0);
}

static bool find_verb(const char *name, enum replay_verb *verb)
{
	static const char *const names[] = {"rebuild", "rollback", "verify"};
	for (int i = 0; i < 3; i++)
		if (strcmp(name, names[i]) == 0) {
			*verb = (enum replay_verb)i;
			return true;
		}
	return false;
}

static int complain(const struct error *err)
{
	fprintf(stderr, "nexusflow replay: %s\n", err->text);
	return err->status == STATUS_BUSY ? EXIT_NOTHING : EXIT_FAILED;
}

static int no_such_view(const char *view, const struct error *err)
{
	fprintf(stderr, "nexusflow replay: %s; there are:", err->text);
	for (const struct view_type *const *type = view_types; *type; type++)
		fprintf(stderr, " %s", (*type)->name);
	fputc('\n', stderr);
	return view_type_find(slice_str(view)) ? EXIT_FAILED : EXIT_USAGE;
}

static int conclude(const json_t *job, const struct call *call)
{
	const char *status = json_string_value(json_object_get(job, "status"));
	bool failed = strcmp(json_string_value(json_object_get(job, "state")), "failed") == 0;
	show_result(job);
	if (!failed)
		return EXIT_DONE;
	fprintf(stderr, "nexusflow replay: %s\n", json_string_value(json_object_get(job, "error")));
	bool nothing = strcmp(status, "BUSY") == 0 ||
	               (strcmp(status, "NOT_FOUND") == 0 && strcmp(call->verb, "rollback") == 0);
	return nothing ? EXIT_NOTHING : EXIT_FAILED;
}

static int give_up(const struct desk *desk, const struct call *call)
{
	if (desk_is_alone(desk))
		fprintf(stderr, "\nnexusflow replay: interrupted; the next %s %s goes on\n",
		        call->verb, call->view);
	else
		fprintf(stderr,
		        "\nnexusflow replay: it goes on in the running process: nexusflow replay "
		        "status\n");
	return EXIT_FAILED;
}

/* Until the job has ended. */
static int follow(struct desk *desk, const struct call *call, uint64_t id)
{
	struct error err;
	bool tty = isatty(STDERR_FILENO);
	int64_t line_ms = clock_monotonic_ms();
	while (!interrupted) {
		json_t *job;
		if (desk_job(desk, call->view, &job, &err))
			return complain(&err);
		bool running =
		        strcmp(json_string_value(json_object_get(job, "state")), "running") == 0;
		if ((uint64_t)json_integer_value(json_object_get(job, "id")) != id) {
			json_decref(job);
			fprintf(stderr, "nexusflow replay: another job of %s came after ours\n",
			        call->view);
			return EXIT_FAILED;
		}
		if (!running) {
			if (tty)
				fputs("\r\033[K", stderr);
			int code = conclude(job, call);
			json_decref(job);
			return code;
		}
		if (tty || clock_monotonic_ms() - line_ms >= LINE_EVERY_MS) {
			show_progress(job, tty);
			line_ms = clock_monotonic_ms();
		}
		json_decref(job);
		usleep(POLL_US);
	}
	return give_up(desk, call);
}

static int work(struct desk *desk, const struct call *call, enum replay_verb verb)
{
	struct error err;
	uint64_t id;
	enum status status = desk_start(desk, call->view, verb, call->accept_changes, &id, &err);
	if (status == STATUS_NOT_FOUND)
		return no_such_view(call->view, &err);
	return status ? complain(&err) : follow(desk, call, id);
}

static bool is_outdated(const json_t *view)
{
	const char *live = json_string_value(json_object_get(view, "live"));
	uint32_t version = live ? instance_version(live) : 0;
	return version && version != json_integer_value(json_object_get(view, "version"));
}

static int rebuild_outdated(const struct call *call, struct desk *desk, const json_t *views)
{
	int worst = EXIT_DONE, n = 0;
	size_t i;
	const json_t *view;
	json_array_foreach(views, i, view)
	{
		struct call one = *call;
		if (interrupted || !is_outdated(view))
			continue;
		one.view = json_string_value(json_object_get(view, "view"));
		printf("view %s: %s was made by another version of the program\n", one.view,
		       json_string_value(json_object_get(view, "live")));
		fflush(stdout);
		int code = work(desk, &one, REPLAY_REBUILD);
		worst = worst == EXIT_DONE ? code : worst;
		n++;
	}
	if (!n)
		printf("no view is outdated\n");
	return worst;
}

static int work_outdated(struct desk *desk, const struct call *call)
{
	struct buf text = {0};
	struct error err;
	if (desk_status(desk, &text, &err)) {
		buf_release(&text);
		return complain(&err);
	}
	json_t *status = json_loadb(text.data, text.n, 0, NULL);
	int code = rebuild_outdated(call, desk, json_object_get(status, "views"));
	json_decref(status);
	buf_release(&text);
	return code;
}

static int status(struct desk *desk, bool as_json)
{
	struct buf text = {0};
	struct error err;
	if (desk_status(desk, &text, &err)) {
		buf_release(&text);
		return complain(&err);
	}
	if (as_json)
		printf("%s\n", buf_cstr(&text));
	else
		show_status(buf_slice(&text));
	buf_release(&text);
	return EXIT_DONE;
}

int replay_main(int argc, char **argv, const struct config *config, skip_appender *append)
{
	struct call call = {.verb = NULL};
	enum replay_verb verb = REPLAY_REBUILD;
	struct desk *desk;
	struct error err;
	if (argc > 1 && strcmp(argv[1], "skip") == 0)
		return skip_main(argc - 1, argv + 1, config, append);
	if (!parse(argc, argv, &call) ||
	    (!call.help && !call.to && strcmp(call.verb, "status") != 0 &&
	     !find_verb(call.verb, &verb))) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (call.help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (call.to)
		return (int)copy_main(config, call.to);
	struct error unknown = {.text = ""};
	snprintf(unknown.text, sizeof unknown.text, "no view \"%.60s\"",
	         call.view ? call.view : "");
	if (call.view && !view_type_find(slice_str(call.view)))
		return no_such_view(call.view, &unknown);
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (desk_open(config, NULL, &desk, &err))
		return complain(&err);
	int code = call.outdated ? work_outdated(desk, &call)
	           : call.view   ? work(desk, &call, verb)
	                         : status(desk, call.json);
	desk_close(desk);
	return code;
}
