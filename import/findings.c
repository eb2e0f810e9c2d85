#include "import/findings.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/json_out.h"

#define EXAMPLES      3
#define EXAMPLE_BYTES 96
#define VALUE_BYTES   40   /* of an example's value */
#define REPORT_BYTES  1000 /* of a value in the report */

struct group {
	char *what;
	char *reason;
	uint64_t n;
	char examples[EXAMPLES][EXAMPLE_BYTES];
};

struct findings {
	struct group *groups;
	size_t n;
	FILE *report;
	char *path;
	struct buf line;
};

enum status findings_open(const char *report, struct findings **out, struct error *err)
{
	*out = mem_new(sizeof **out);
	if (!report)
		return STATUS_OK;
	(*out)->report = fopen(report, "w");
	(*out)->path = mem_string(slice_str(report));
	if ((*out)->report)
		return STATUS_OK;
	enum status status = error_set(err, STATUS_IO, "%s: %s", report, strerror(errno));
	findings_close(*out, NULL);
	*out = NULL;
	return status;
}

static struct group *find_group(struct findings *findings, const char *what, const char *reason)
{
	for (size_t i = 0; i < findings->n; i++) {
		struct group *group = &findings->groups[i];
		if (strcmp(group->what, what) == 0 && strcmp(group->reason, reason) == 0)
			return group;
	}
	findings->groups = mem_grow(findings->groups, (findings->n + 1) * sizeof *findings->groups);
	struct group *group = &findings->groups[findings->n++];
	*group = (struct group){.what = mem_string(slice_str(what)),
	                        .reason = mem_string(slice_str(reason))};
	return group;
}

/* At most @max bytes, cut between characters. */
static struct slice cut(struct slice text, size_t max)
{
	size_t n = text.n < max ? text.n : max;
	while (n && n < text.n && ((unsigned char)text.data[n] & 0xc0) == 0x80)
		n--;
	return slice_of(text.data, n);
}

/* Examples go to a terminal: no control characters. */
static void keep_example(char example[EXAMPLE_BYTES], const char *at, struct slice value)
{
	struct slice shown = cut(value, VALUE_BYTES);
	snprintf(example, EXAMPLE_BYTES, "%.24s%s%.*s%s", at, value.n ? ": " : "", (int)shown.n,
	         value.n ? shown.data : "", shown.n < value.n ? "..." : "");
	for (char *c = example; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

static void report(struct findings *findings, const struct group *group, const char *at,
                   struct slice value)
{
	struct json_out json;
	struct slice shown = cut(value, REPORT_BYTES);
	buf_clear(&findings->line);
	json_out_init(&json, &findings->line);
	json_out_object(&json);
	json_out_member_str(&json, "what", group->what);
	json_out_member_str(&json, "reason", group->reason);
	json_out_member_str(&json, "at", at);
	json_out_member_string(&json, "value", shown);
	if (shown.n < value.n)
		json_out_member_int(&json, "value_bytes", (int64_t)value.n);
	json_out_object_end(&json);
	buf_append_char(&findings->line, '\n');
	fwrite(findings->line.data, 1, findings->line.n, findings->report);
}

void findings_add(struct findings *findings, const char *what, const char *reason, const char *at,
                  struct slice value)
{
	struct group *group = find_group(findings, what, reason);
	if (group->n < EXAMPLES)
		keep_example(group->examples[group->n], at, value);
	group->n++;
	if (findings->report)
		report(findings, group, at, value);
}

void findings_print(const struct findings *findings, FILE *to)
{
	uint64_t n = 0;
	for (size_t i = 0; i < findings->n; i++)
		n += findings->groups[i].n;
	if (!n)
		return;
	fprintf(to, "Not kept, or not as it was (%llu%s%s):\n", (unsigned long long)n,
	        findings->path ? ", all of them in " : "", findings->path ? findings->path : "");
	for (size_t i = 0; i < findings->n; i++) {
		const struct group *group = &findings->groups[i];
		fprintf(to, "%8llu  %s: %s\n", (unsigned long long)group->n, group->what,
		        group->reason);
		fputs("          such as ", to);
		for (size_t k = 0; k < EXAMPLES && k < group->n; k++)
			fprintf(to, "%s%s", k ? "; " : "", group->examples[k]);
		fputc('\n', to);
	}
}

enum status findings_close(struct findings *findings, struct error *err)
{
	enum status status = STATUS_OK;
	if (!findings)
		return status;
	if (findings->report) {
		bool torn = ferror(findings->report) != 0;
		if (fclose(findings->report) != 0 || torn)
			status = error_set(err, STATUS_IO, "%s: not written in whole",
			                   findings->path);
	}
	for (size_t i = 0; i < findings->n; i++) {
		free(findings->groups[i].what);
		free(findings->groups[i].reason);
	}
	free(findings->groups);
	free(findings->path);
	buf_release(&findings->line);
	free(findings);
	return status;
}
