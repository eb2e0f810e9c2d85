#include "bench/seed.h"

#include <stdio.h>

#include "core/base/clock.h"

#define LINES_A_BATCH  1000
#define CARDS          200
#define COLUMNS        4
#define WIDE           5000
#define ANSWER_WAIT_US 30000000

struct seeding {
	const struct workload_options *options;
	struct wire *wire;
	struct chance chance;
	struct buf lines, request;
	uint32_t lines_n;
	bool answered, refused;
	char text[200]; /* of the refusal */
};

static void replied(void *context, void *shot, const struct reply *reply)
{
	struct seeding *seeding = context;
	(void)shot;
	seeding->answered = true;
	struct slice rest = reply->body;
	uint32_t accepted = 0;
	while (reply->status == 200 && rest.n) {
		const char *stop = memchr(rest.data, '\n', rest.n);
		size_t n = stop ? (size_t)(stop - rest.data) + 1 : rest.n;
		if (!memmem(rest.data, n, "\"outcome\":\"accepted\"", 20))
			break;
		accepted++;
		rest = slice_of(rest.data + n, rest.n - n);
	}
	if (accepted == seeding->lines_n)
		return;
	seeding->refused = true;
	snprintf(seeding->text, sizeof seeding->text, "status %d: %.*s", reply->status,
	         (int)(rest.n > 160 ? 160 : rest.n), rest.n ? rest.data : "");
}

static enum status flush(struct seeding *seeding, struct error *err)
{
	if (seeding->lines_n == 0)
		return STATUS_OK;
	workload_request(seeding->options, "/commands", "Content-Type: application/x-ndjson\r\n",
	                 &seeding->lines, &seeding->request);
	seeding->answered = false;
	wire_send(seeding->wire, buf_slice(&seeding->request), seeding);
	int64_t until_us = clock_monotonic_us() + ANSWER_WAIT_US;
	while (!seeding->answered && clock_monotonic_us() < until_us)
		if (wire_poll(seeding->wire, until_us, err))
			return err->status;
	buf_clear(&seeding->lines);
	seeding->lines_n = 0;
	if (!seeding->answered)
		return error_set(err, STATUS_TIMEOUT, "no answer while seeding");
	if (seeding->refused)
		return error_set(err, STATUS_INVALID, "seeding was refused: %s", seeding->text);
	return STATUS_OK;
}

static void begin_line(struct seeding *seeding, const char *command)
{
	buf_printf(&seeding->lines, "{\"command\":\"%s\",\"data\":{", command);
}

static enum status end_line(struct seeding *seeding, struct error *err)
{
	buf_append_str(&seeding->lines, "}}\n");
	return ++seeding->lines_n < LINES_A_BATCH ? STATUS_OK : flush(seeding, err);
}

static enum status seed_people(struct seeding *seeding, const char *subject, struct error *err)
{
	begin_line(seeding, "CreateOrganization");
	buf_printf(&seeding->lines,
	           "\"name\":\"Bench\",\"owner\":{\"issuer\":\"nexusflow\",\"subject\":\"%s\","
	           "\"name\":\"Owner\"},\"owner_id\":\"be9c0000-0000-4000-9000-000000000000\"",
	           subject);
	enum status status = end_line(seeding, err);
	for (int i = 1; i <= WORKLOAD_MEMBERS && !status; i++) {
		begin_line(seeding, "AddMember");
		buf_printf(&seeding->lines,
		           "\"member_id\":\"be9c0000-0000-4000-9000-%012d\",\"role\":\"member\","
		           "\"person\":{\"issuer\":\"nexusflow\",\"subject\":\"member%d\","
		           "\"name\":\"Member %d\"}",
		           i, i, i);
		status = end_line(seeding, err);
	}
	return status;
}

static enum status seed_issues(struct seeding *seeding, const char *project, uint32_t n,
                               struct error *err)
{
	begin_line(seeding, "CreateProject");
	buf_printf(&seeding->lines, "\"key\":\"%s\",\"name\":\"%s\"", project, project);
	enum status status = end_line(seeding, err);
	if (!status) {
		begin_line(seeding, "AddField");
		buf_printf(&seeding->lines,
		           "\"project\":\"%s\",\"field\":\"points\",\"name\":\"Points\","
		           "\"kind\":\"number\"",
		           project);
		status = end_line(seeding, err);
	}
	for (uint32_t i = 0; i < n && !status; i++) {
		begin_line(seeding, "CreateIssue");
		buf_printf(&seeding->lines, "\"project\":\"%s\",\"summary\":\"", project);
		text_words(&seeding->chance, 6, &seeding->lines);
		buf_append_str(&seeding->lines, "\",\"description\":\"");
		text_words(&seeding->chance, 40, &seeding->lines);
		buf_append_char(&seeding->lines, '"');
		status = end_line(seeding, err);
	}
	return status;
}

/* A quarter of the issues into each column. */
static enum status spread(struct seeding *seeding, const char *project, uint32_t n,
                          struct error *err)
{
	static const char *const columns[COLUMNS] = {"todo", "in_progress", "in_review", "done"};
	enum status status = STATUS_OK;
	for (uint32_t column = 1; column < COLUMNS; column++)
		for (uint32_t i = n * column / COLUMNS; i < n && !status; i++) {
			begin_line(seeding, "TransitionIssue");
			buf_printf(&seeding->lines, "\"issue\":\"%s-%u\",\"to\":\"%s\"", project,
			           i + 1, columns[column]);
			status = end_line(seeding, err);
		}
	return status;
}

/* Issues of all members by turns, on a board with a lane for each. */
static enum status seed_lanes(struct seeding *seeding, struct error *err)
{
	enum status status = seed_issues(seeding, WORKLOAD_WIDE, WIDE, err);
	if (!status)
		status = spread(seeding, WORKLOAD_WIDE, WIDE, err);
	for (uint32_t i = 0; i < WIDE && !status; i++) {
		begin_line(seeding, "AssignIssue");
		buf_printf(&seeding->lines,
		           "\"issue\":\"" WORKLOAD_WIDE "-%u\","
		           "\"assignee\":\"be9c0000-0000-4000-9000-%012u\"",
		           i + 1, i % WORKLOAD_MEMBERS + 1);
		status = end_line(seeding, err);
	}
	if (status)
		return status;
	begin_line(seeding, "CreateBoard");
	buf_append_str(&seeding->lines,
	               "\"board_id\":\"" WORKLOAD_LANES "\",\"name\":\"Wide\",\"projects\":["
	               "\"" WORKLOAD_WIDE "\"],\"swimlanes\":\"assignee\"");
	return end_line(seeding, err);
}

static enum status seed_all(struct seeding *seeding, const char *subject, struct error *err)
{
	enum status status = seed_people(seeding, subject, err);
	if (!status)
		status = seed_issues(seeding, WORKLOAD_PROJECT, seeding->options->issues, err);
	if (!status)
		status = seed_issues(seeding, WORKLOAD_CARDS, CARDS, err);
	return status ? status : spread(seeding, WORKLOAD_CARDS, CARDS, err);
}

enum status seed_run(const struct workload_options *options, const char *subject, bool lanes,
                     struct error *err)
{
	struct seeding seeding = {.options = options, .chance = {options->seed}};
	struct wire_options wire = {.address = options->address,
	                            .connections = 1,
	                            .depth = 1,
	                            .replied = replied,
	                            .context = &seeding};
	enum status status = wire_open(&wire, &seeding.wire, err);
	if (!status)
		status = lanes ? seed_lanes(&seeding, err) : seed_all(&seeding, subject, err);
	if (!status)
		status = flush(&seeding, err);
	wire_close(seeding.wire);
	buf_release(&seeding.lines);
	buf_release(&seeding.request);
	return status;
}
