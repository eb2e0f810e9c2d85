/* In this order: load and check the file; CreateProject alone, whose answer tells whether there is
 * a tenant and whether one may import there; what the project needs for pull requests; the people,
 * who may be members already under other ids; then everything else. Until the file is known to be
 * whole nothing is sent. */
#include "import/github.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "import/mapping.h"
#include "import/sender.h"
#include "import/setup.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED };

static volatile sig_atomic_t stopped;

struct import {
	const struct github_options *options;
	struct archive archive;
	struct people people;
	struct findings *findings;
	struct mapping mapping;
	struct plan project, setup, members, issues;
	struct progress progress;
	struct sender sender;
	uint64_t known;      /* people who were members already */
	bool other_ids;      /* some of them under ids that we did not give */
	bool project_exists; /* made by somebody else */
	struct error denied; /* why the project cannot take the import */
};

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* The second one ends the process: what is done is done, and what is not can be done again. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	stopped = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int failed(struct import *import, const struct error *err)
{
	progress_end(&import->progress);
	fprintf(stderr, "nexusflow import: %s\n", err->text);
	return EXIT_FAILED;
}

/* --- refusals --- */

static void list_refusal(void *context, const struct plan *plan, size_t i,
                         const struct refusal *refusal)
{
	struct import *import = context;
	struct buf reason = {0};
	char at[32];
	buf_printf(&reason, "%d %.*s", refusal->status, (int)refusal->code.n, refusal->code.data);
	if (slice_is(refusal->code, "key_reused"))
		buf_append_str(&reason,
		               " (the archive or the importer has changed since it was imported)");
	if (refusal->pointer.n)
		buf_printf(&reason, " %.*s", (int)refusal->pointer.n, refusal->pointer.data);
	snprintf(at, sizeof at, "#%lld", (long long)plan->commands[i].number);
	struct buf value = {0};
	buf_append_slice(&value, refusal->detail);
	buf_append_str(&value, ": ");
	buf_append_slice(&value, plan_line(plan, i));
	findings_add(import->findings, "refused commands", buf_cstr(&reason), at,
	             buf_slice(&value));
	buf_release(&value);
	buf_release(&reason);
}

static void judge_project(void *context, const struct plan *plan, size_t i,
                          const struct refusal *refusal)
{
	struct import *import = context;
	(void)plan, (void)i;
	import->project_exists = slice_is(refusal->code, "key_taken");
	if (!import->project_exists)
		error_set(&import->denied, STATUS_DENIED, "tenant %s, project %s: %d %.*s: %.*s%s",
		          import->options->tenant, import->options->project, refusal->status,
		          (int)refusal->code.n, refusal->code.data, (int)refusal->detail.n,
		          refusal->detail.data,
		          refusal->status == 404 || refusal->status == 403
		                  ? " (the organization must exist, and the token's owner must "
		                    "be an owner or admin of it)"
		                  : "");
}

/* A project, or an organization, that has it already, from another repository or by hand, is as
 * good. */
static void judge_setup(void *context, const struct plan *plan, size_t i,
                        const struct refusal *refusal)
{
	struct import *import = context;
	if (slice_is(refusal->code, "item_exists") || slice_is(refusal->code, "id_taken") ||
	    slice_is(refusal->code, "key_reused") || import->denied.status)
		return;
	struct slice line = plan_line(plan, i);
	error_set(&import->denied, STATUS_DENIED,
	          "tenant %s, project %s cannot be set up for pull requests: %d %.*s: %.*s: %.*s",
	          import->options->tenant, import->options->project, refusal->status,
	          (int)refusal->code.n, refusal->code.data, (int)refusal->detail.n,
	          refusal->detail.data, (int)(line.n < 200 ? line.n : 200), line.data);
}

/* "as 018f...": the id under which the person is a member. */
static void judge_member(void *context, const struct plan *plan, size_t i,
                         const struct refusal *refusal)
{
	struct import *import = context;
	struct slice detail = refusal->detail;
	struct uuid id;
	if (!slice_is(refusal->code, "member_exists") || detail.n < UUID_TEXT ||
	    !uuid_parse(slice_of(detail.data + detail.n - UUID_TEXT, UUID_TEXT), &id)) {
		list_refusal(context, plan, i, refusal);
		return;
	}
	struct person_row *row = &import->people.rows[i];
	import->known++;
	import->other_ids |= !uuid_equal(&row->id, &id);
	row->id = id;
}

/* --- the three parts --- */

static enum status send_part(struct import *import, const struct plan *plan,
                             void (*refused)(void *, const struct plan *, size_t,
                                             const struct refusal *),
                             struct error *err)
{
	import->sender.refused = refused;
	return sender_send(&import->sender, plan, err);
}

/* What has to be there before anything else is sent; its refusals are no findings. */
static enum status send_first(struct import *import, struct error *err)
{
	enum status status = send_part(import, &import->project, judge_project, err);
	if (!status && !import->denied.status)
		status = send_part(import, &import->setup, judge_setup, err);
	import->sender.refusals = 0;
	if (!status && import->denied.status) {
		*err = import->denied;
		return err->status;
	}
	return status;
}

static enum status send_all(struct import *import, struct error *err)
{
	enum status status = send_first(import, err);
	if (status)
		return status;
	status = send_part(import, &import->members, judge_member, err);
	import->sender.refusals -= import->known;
	if (status)
		return status;
	if (import->other_ids) {
		/* what cannot be kept has been listed with the first mapping */
		struct mapping quiet = import->mapping;
		quiet.findings = NULL;
		plan_release(&import->issues);
		mapping_issues(&quiet, &import->issues);
	}
	return send_part(import, &import->issues, list_refusal, err);
}

static void print_summary(struct import *import, FILE *to, int64_t started_ms)
{
	const struct sender *sender = &import->sender;
	double seconds = (double)(clock_monotonic_ms() - started_ms) / 1000;
	fprintf(to,
	        "%s -> %s/%s: %zu issues and %zu pull requests of %zu people\n"
	        "%llu of %llu commands answered in %.1f s (%.0f/s): %llu accepted, %llu repeated, "
	        "%llu refused\n",
	        import->archive.repo, import->options->tenant, import->options->project,
	        json_array_size(import->archive.issues), json_array_size(import->archive.pulls),
	        import->people.n, (unsigned long long)sender->done,
	        (unsigned long long)import->progress.total, seconds,
	        (double)sender->done / (seconds > 0.001 ? seconds : 0.001),
	        (unsigned long long)sender->accepted, (unsigned long long)sender->repeated,
	        (unsigned long long)sender->refusals);
	if (import->project_exists)
		fprintf(to, "The project %s was there already.\n", import->options->project);
	if (import->known)
		fprintf(to, "%llu of the people were members already.\n",
		        (unsigned long long)import->known);
}

static size_t count_commands(const struct import *import)
{
	return import->project.n + import->setup.n + import->members.n + import->issues.n;
}

static int run(struct import *import)
{
	const struct github_options *options = import->options;
	struct buf path = {0};
	struct error err = {0};
	int64_t started_ms = clock_monotonic_ms();
	buf_printf(&path, "/v1/t/%s/commands", options->tenant);
	import->sender = (struct sender){
	        .client = http_client_new(options->url, options->token),
	        .path = buf_cstr(&path),
	        .stop = &stopped,
	        .patience_ms = options->patience_ms,
	        .progress = &import->progress,
	        .context = import,
	};
	progress_start(&import->progress, count_commands(import));
	catch_signals();
	enum status status = send_all(import, &err);
	progress_end(&import->progress);
	print_summary(import, stdout, started_ms);
	findings_print(import->findings, stdout);
	http_client_free(import->sender.client);
	buf_release(&path);
	if (status == STATUS_OK)
		return import->sender.refusals ? EXIT_REFUSED : EXIT_DONE;
	failed(import, &err);
	if (status != STATUS_DENIED)
		fputs("nexusflow import: the same command again goes on where this one ended\n",
		      stderr);
	return EXIT_FAILED;
}

static int print_plan(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct slice line = plan_line(plan, i);
		fwrite(line.data, 1, line.n, stdout);
		fputc('\n', stdout);
	}
	return ferror(stdout);
}

static int dry_run(struct import *import)
{
	const struct error torn = {STATUS_IO, "the commands cannot be written"};
	if (print_plan(&import->project) || print_plan(&import->setup) ||
	    print_plan(&import->members) || print_plan(&import->issues) || fflush(stdout))
		return failed(import, &torn);
	fprintf(stderr, "%s: %zu issues and %zu pull requests of %zu people are %zu commands\n",
	        import->archive.repo, json_array_size(import->archive.issues),
	        json_array_size(import->archive.pulls), import->people.n, count_commands(import));
	findings_print(import->findings, stderr);
	return EXIT_DONE;
}

static void map(struct import *import)
{
	import->mapping = (struct mapping){
	        .archive = &import->archive,
	        .people = &import->people,
	        .project = import->options->project,
	        .issuer = import->options->issuer,
	        .findings = import->findings,
	};
	people_collect(&import->people, &import->archive, import->options->issuer);
	setup_project(&import->mapping, &import->project);
	setup_pull_requests(&import->mapping, &import->setup);
	setup_members(&import->mapping, &import->members);
	mapping_issues(&import->mapping, &import->issues);
}

int github_import(const struct github_options *options)
{
	struct import import = {.options = options};
	struct error err = {0};
	if (archive_open(options->file, &import.archive, &err))
		return failed(&import, &err);
	if (findings_open(options->report, &import.findings, &err)) {
		archive_close(&import.archive);
		return failed(&import, &err);
	}
	map(&import);
	int code = options->dry_run ? dry_run(&import) : run(&import);
	if (findings_close(import.findings, &err))
		code = failed(&import, &err);
	plan_release(&import.project);
	plan_release(&import.setup);
	plan_release(&import.members);
	plan_release(&import.issues);
	people_release(&import.people);
	archive_close(&import.archive);
	return code;
}
