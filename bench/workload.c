#include "bench/workload.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/clock.h"

#define STATUSES   4
#define PRIORITIES 5

const char *const workload_modes[WORKLOAD_MODES] = {"commands", "ndjson", "board", "board304",
                                                    "issue",    "search", "get"};
static const char *const statuses[STATUSES] = {"todo", "in_progress", "in_review", "done"};
static const char *const priorities[PRIORITIES] = {"medium", "high", "low", "highest", "lowest"};

struct issue {
	uint8_t status;   /* in statuses; each may go to the next one, the last to the first */
	uint8_t priority; /* in priorities */
	uint8_t assignee; /* 0: nobody, else a member */
	uint8_t labelled;
	uint8_t points; /* custom field: so many and a half; 0: none */
};

enum op_kind {
	OP_CREATE,
	OP_COMMENT,
	OP_TRANSITION,
	OP_SUMMARY,
	OP_PRIORITY,
	OP_FIELD,
	OP_RANK,
	OP_ASSIGN,
	OP_LABEL,
	OP_BULK
};
enum { BULK_ISSUES = 20 };

struct op { /* one command */
	enum op_kind kind;
	uint32_t issue;
	struct issue after; /* when it is accepted */
};

struct shot {
	struct shot *next; /* free ones */
	int64_t due_us;
	uint32_t ops_n;
	struct op ops[];
};

struct workload {
	struct workload_options options;
	struct chance chance;
	struct chance ids; /* of commands: new ones even when the seed is used again */
	struct issue *issues;
	bool *busy;
	struct shot *free;
	struct buf data, body;
	char etag[128]; /* of the board */
};

/* --- state of the issues --- */

static void read_state(struct workload *workload)
{
	const char *name = workload->options.state_file;
	FILE *file = name ? fopen(name, "rb") : NULL;
	if (!file)
		return; /* as created */
	size_t n =
	        fread(workload->issues, sizeof *workload->issues, workload->options.issues, file);
	if (n != workload->options.issues)
		memset(workload->issues, 0, n * sizeof *workload->issues);
	fclose(file);
}

static bool write_state(const struct workload *workload)
{
	const char *name = workload->options.state_file;
	if (!name)
		return true;
	FILE *file = fopen(name, "wb");
	if (!file)
		return false;
	size_t n =
	        fwrite(workload->issues, sizeof *workload->issues, workload->options.issues, file);
	return fclose(file) == 0 && n == workload->options.issues;
}

struct workload *workload_new(const struct workload_options *options)
{
	struct workload *workload = mem_new(sizeof *workload);
	workload->options = *options;
	workload->chance.state = options->seed;
	workload->ids.state = (uint64_t)clock_now_ms() << 20 ^ options->seed;
	if (options->mode != WORKLOAD_NDJSON)
		workload->options.lines = 1;
	workload->issues = mem_new((options->issues + 1) * sizeof *workload->issues);
	workload->busy = mem_new((options->issues + 1) * sizeof *workload->busy);
	read_state(workload);
	return workload;
}

bool workload_free(struct workload *workload)
{
	bool written = write_state(workload);
	while (workload->free) {
		struct shot *shot = workload->free;
		workload->free = shot->next;
		free(shot);
	}
	buf_release(&workload->data);
	buf_release(&workload->body);
	free(workload->issues);
	free(workload->busy);
	free(workload);
	return written;
}

static struct shot *shot_new(struct workload *workload)
{
	struct shot *shot = workload->free;
	if (shot)
		workload->free = shot->next;
	else
		shot = mem_new(sizeof *shot + workload->options.lines * sizeof *shot->ops);
	shot->ops_n = 0;
	return shot;
}

void shot_set_due(struct shot *shot, int64_t due_us)
{
	shot->due_us = due_us;
}

int64_t shot_due(const struct shot *shot)
{
	return shot->due_us;
}

/* --- commands --- */

static enum op_kind draw_kind(struct chance *chance)
{
	/* Of 1,000 commands. */
	static const struct {
		uint32_t n;
		enum op_kind kind;
	} mix[] = {{200, OP_CREATE}, {200, OP_COMMENT},    {300, OP_TRANSITION}, {60, OP_SUMMARY},
	           {60, OP_FIELD},   {60, OP_PRIORITY},    {40, OP_RANK},        {40, OP_ASSIGN},
	           {39, OP_LABEL},   {UINT32_MAX, OP_BULK}};
	uint32_t drawn = chance_below(chance, 1000), i = 0;

	while (drawn >= mix[i].n)
		drawn -= mix[i++].n;
	return mix[i].kind;
}

static uint32_t draw_issue(struct workload *workload)
{
	uint32_t issue;
	do
		issue = chance_below(&workload->chance, workload->options.issues);
	while (workload->busy[issue]);
	workload->busy[issue] = true;
	return issue;
}

static void add_words(struct workload *workload, const char *before, uint32_t n)
{
	buf_append_str(&workload->data, before);
	text_words(&workload->chance, n, &workload->data);
	buf_append_char(&workload->data, '"');
}

/* The number of another one. */
static uint32_t other_issue(struct workload *workload, const struct op *op)
{
	uint32_t n = workload->options.issues;

	return (op->issue + 1 + chance_below(&workload->chance, n - 1)) % n + 1;
}

/* A new estimate for neighbours: no other command of the mix looks at it. */
static void bulk_edit(struct workload *workload)
{
	struct buf *data = &workload->data;
	uint32_t n = workload->options.issues, first = chance_below(&workload->chance, n);

	buf_append_str(data, "{\"issues\":[");
	for (uint32_t i = 0; i < BULK_ISSUES; i++)
		buf_printf(data, "%s\"" WORKLOAD_PROJECT "-%u\"", i ? "," : "",
		           (first + i) % n + 1);
	buf_printf(data, "],\"estimate\":%u}", chance_below(&workload->chance, 10000));
}

/* The rest of {"issue":"BENCH-7", in workload->data; returns the name of the command. */
static const char *change_issue(struct workload *workload, struct op *op)
{
	struct buf *data = &workload->data;
	struct issue *after = &op->after;
	switch (op->kind) {
	case OP_TRANSITION:
		after->status = (uint8_t)((after->status + 1) % STATUSES);
		buf_printf(data, "\"to\":\"%s\"", statuses[after->status]);
		return "TransitionIssue";
	case OP_SUMMARY:
		add_words(workload, "\"summary\":\"", 6);
		return "EditIssue";
	case OP_PRIORITY:
		after->priority = (uint8_t)((after->priority + 1) % PRIORITIES);
		buf_printf(data, "\"priority\":\"%s\"", priorities[after->priority]);
		return "EditIssue";
	case OP_FIELD:
		after->points = (uint8_t)(after->points % 100 + 1);
		buf_printf(data, "\"fields\":[{\"field\":\"points\",\"values\":[\"%u.5\"]}]",
		           after->points);
		return "EditIssue";
	case OP_RANK:
		buf_printf(data, "\"after\":\"" WORKLOAD_PROJECT "-%u\"",
		           other_issue(workload, op));
		return "RankIssue";
	case OP_ASSIGN:
		after->assignee = (uint8_t)(after->assignee % WORKLOAD_MEMBERS + 1);
		buf_printf(data, "\"assignee\":\"be9c0000-0000-4000-9000-%012u\"", after->assignee);
		return "AssignIssue";
	case OP_LABEL:
		after->labelled = !after->labelled;
		buf_printf(data, "\"%s\":[\"seen\"]", after->labelled ? "add" : "remove");
		return "LabelIssue";
	case OP_COMMENT:
	case OP_CREATE:
	case OP_BULK:
		break;
	}
	add_words(workload, "\"body\":\"", 20);
	return "AddComment";
}

/* Draw one command: its fields into workload->data, its name returned. */
static const char *draw_command(struct workload *workload, struct op *op)
{
	struct buf *data = &workload->data;
	buf_clear(data);
	op->kind = draw_kind(&workload->chance);
	if (op->kind == OP_CREATE) {
		buf_append_str(data, "{\"project\":\"" WORKLOAD_PROJECT "\",");
		add_words(workload, "\"summary\":\"", 6);
		add_words(workload, ",\"description\":\"", 40);
		buf_append_char(data, '}');
		return "CreateIssue";
	}
	if (op->kind == OP_BULK) {
		bulk_edit(workload);
		return "BulkEditIssues";
	}
	op->issue = draw_issue(workload);
	op->after = workload->issues[op->issue];
	buf_printf(data, "{\"issue\":\"" WORKLOAD_PROJECT "-%u\",", op->issue + 1);
	const char *name = change_issue(workload, op);
	buf_append_char(data, '}');
	return name;
}

void workload_request(const struct workload_options *options, const char *path, const char *headers,
                      const struct buf *body, struct buf *request)
{
	buf_clear(request);
	buf_printf(request, "%s /v1/t/%s%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s",
	           body ? "POST" : "GET", options->tenant, path, options->address, options->token,
	           headers);
	if (body)
		buf_printf(request, "Content-Length: %zu\r\n", body->n);
	buf_append_str(request, "\r\n");
	if (body)
		buf_append_slice(request, buf_slice(body));
}

static void next_command(struct workload *workload, struct shot *shot, struct buf *request)
{
	const char *name = draw_command(workload, &shot->ops[shot->ops_n++]);
	char path[64];
	struct buf headers = {0};
	snprintf(path, sizeof path, "/commands/%s", name);
	buf_append_str(&headers, "Content-Type: application/json\r\nIdempotency-Key: ");
	chance_uuid(&workload->ids, &headers);
	buf_append_str(&headers, "\r\n");
	workload_request(&workload->options, path, buf_cstr(&headers), &workload->data, request);
	buf_release(&headers);
}

static void next_batch(struct workload *workload, struct shot *shot, struct buf *request)
{
	struct buf *body = &workload->body;
	buf_clear(body);
	while (shot->ops_n < workload->options.lines) {
		const char *name = draw_command(workload, &shot->ops[shot->ops_n++]);
		buf_printf(body, "{\"command\":\"%s\",\"command_id\":\"", name);
		chance_uuid(&workload->ids, body);
		buf_append_str(body, "\",\"data\":");
		buf_append_slice(body, buf_slice(&workload->data));
		buf_append_str(body, "}\n");
	}
	workload_request(&workload->options, "/commands", "Content-Type: application/x-ndjson\r\n",
	                 body, request);
}

/* --- queries --- */

static void next_board(struct workload *workload, struct buf *request)
{
	char headers[160] = "";
	if (workload->options.mode == WORKLOAD_BOARD304 && workload->etag[0])
		snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", workload->etag);
	workload_request(&workload->options, "/projects/" WORKLOAD_CARDS "/board", headers, NULL,
	                 request);
}

static void next_issue(struct workload *workload, struct buf *request)
{
	char path[64];
	snprintf(path, sizeof path, "/issues/" WORKLOAD_PROJECT "-%u",
	         chance_below(&workload->chance, workload->options.issues) + 1);
	workload_request(&workload->options, path, "", NULL, request);
}

static void next_search(struct workload *workload, struct buf *request)
{
	struct buf *path = &workload->data;
	buf_clear(path);
	buf_append_str(path, "/search?text=");
	text_word(&workload->chance, path);
	if (chance_below(&workload->chance, 2)) {
		buf_append_char(path, '+');
		text_word(&workload->chance, path);
	}
	workload_request(&workload->options, buf_cstr(path), "", NULL, request);
}

struct shot *workload_next(struct workload *workload, struct buf *request)
{
	struct shot *shot = shot_new(workload);
	switch (workload->options.mode) {
	case WORKLOAD_COMMANDS:
		next_command(workload, shot, request);
		break;
	case WORKLOAD_NDJSON:
		next_batch(workload, shot, request);
		break;
	case WORKLOAD_BOARD:
	case WORKLOAD_BOARD304:
		next_board(workload, request);
		break;
	case WORKLOAD_GET:
		workload_request(&workload->options, workload->options.path, "", NULL, request);
		break;
	case WORKLOAD_ISSUE:
		next_issue(workload, request);
		break;
	case WORKLOAD_SEARCH:
		next_search(workload, request);
		break;
	case WORKLOAD_MODES:
		assert(false);
	}
	return shot;
}

/* --- answers --- */

static void count_failure(struct workload_counts *counts, int status, struct slice text)
{
	counts->statuses[status >= 0 && status < 600 ? status : 599]++;
	size_t n = text.n < sizeof counts->sample ? text.n : sizeof counts->sample - 1;
	if (n)
		memcpy(counts->sample, text.data, n);
	counts->sample[n] = 0;
}

static bool has(struct slice text, const char *part)
{
	return text.n && memmem(text.data, text.n, part, strlen(part));
}

/* One command's answer. After an unknown outcome the issue's state is not known either: it stays
 * busy, so that nothing invalid is ever sent. */
static void command_done(struct workload *workload, const struct op *op, int status,
                         struct slice line, struct workload_counts *counts)
{
	bool accepted = has(line, "\"outcome\":\"accepted\"");
	bool unchanged = !accepted && has(line, "\"success\":true");
	bool has_issue = op->kind != OP_CREATE && op->kind != OP_BULK;
	if (has_issue && accepted)
		workload->issues[op->issue] = op->after;
	if (has_issue && (accepted || unchanged || (status >= 400 && status < 500)))
		workload->busy[op->issue] = false;
	if (!counts)
		return;
	counts->commands += accepted;
	counts->unchanged += unchanged;
	if (!accepted && !unchanged)
		count_failure(counts, status, line);
}

/* The status of a line that was not accepted is a member of it. */
static int status_of_line(struct slice line)
{
	const char *at = line.n ? memmem(line.data, line.n, "\"status\":", 9) : NULL;
	return at ? atoi(at + 9) : 0;
}

static void batch_done(struct workload *workload, const struct shot *shot,
                       const struct reply *reply, struct workload_counts *counts)
{
	struct slice rest = reply->status == 200 ? reply->body : slice_of(NULL, 0);
	for (uint32_t i = 0; i < shot->ops_n; i++) {
		const char *stop = rest.n ? memchr(rest.data, '\n', rest.n) : NULL;
		size_t n = stop ? (size_t)(stop - rest.data) : rest.n;
		struct slice line = slice_of(rest.data, n);
		int status = reply->status == 200 ? status_of_line(line) : reply->status;
		command_done(workload, &shot->ops[i], status, line, counts);
		rest = stop ? slice_of(stop + 1, rest.n - n - 1) : slice_of(NULL, 0);
	}
}

static void keep_etag(struct workload *workload, const struct reply *reply)
{
	struct slice etag;
	if (reply->status == 200 && reply_header(reply, "etag:", &etag) &&
	    etag.n < sizeof workload->etag) {
		memcpy(workload->etag, etag.data, etag.n);
		workload->etag[etag.n] = 0;
	}
}

/* The first answers of board304 are 200: they bring the ETag. */
static bool is_expected(enum workload_mode mode, int status)
{
	if (mode == WORKLOAD_BOARD304)
		return status == 304;
	return status == 200 || (status == 201 && mode == WORKLOAD_COMMANDS);
}

void workload_done(struct workload *workload, struct shot *shot, const struct reply *reply,
                   struct workload_counts *counts)
{
	enum workload_mode mode = workload->options.mode;
	bool expected = is_expected(mode, reply->status);
	if (mode == WORKLOAD_COMMANDS)
		command_done(workload, &shot->ops[0], reply->status, reply->body, counts);
	else if (mode == WORKLOAD_NDJSON)
		batch_done(workload, shot, reply, counts);
	else if (!expected && counts)
		count_failure(counts, reply->status, reply->body);
	if (mode == WORKLOAD_BOARD304)
		keep_etag(workload, reply);
	if (counts) {
		counts->requests += expected;
		counts->bytes += reply->body.n;
	}
	shot->next = workload->free;
	workload->free = shot;
}
