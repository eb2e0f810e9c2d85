#include "replay/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/codec/schema_table.h"
#include "core/http/client.h"
#include "core/journal/membership.h"
#include "core/store/keys_dir.h"

#define START_WAIT_MS 5000 /* for a process that has the lock and not yet its socket */
#define RETRY_US      200000
#define LOCK_FILE     "replay.lock"

struct desk {
	struct http_client *client; /* NULL: alone */
	struct buf answer;
	int lock_fd;
	struct journal *journal;
	struct profile_keys *profile_keys;
	struct registry *registry;
	struct replay *replay;
};

/* --- the running process --- */

static enum status refusal(const struct http_exchange *exchange, struct error *err)
{
	json_t *problem = json_loadb(exchange->answer->data, exchange->answer->n, 0, NULL);
	const char *detail = json_string_value(json_object_get(problem, "detail"));
	enum status status = exchange->status == 404   ? STATUS_NOT_FOUND
	                     : exchange->status == 409 ? STATUS_BUSY
	                                               : STATUS_UNAVAILABLE;
	error_set(err, status, "%.400s", detail ? detail : "the running process refused");
	json_decref(problem);
	return status;
}

/* @body NULL: GET. The answer is in desk->answer. */
static enum status ask(struct desk *desk, const char *path, const char *body, struct error *err)
{
	struct http_exchange exchange = {
	        .path = path, .body = slice_str(body), .answer = &desk->answer};
	enum status status = http_client_do(desk->client, &exchange, err);
	if (status)
		return status;
	return exchange.status < 300 ? STATUS_OK : refusal(&exchange, err);
}

static bool connect_to(struct desk *desk, const struct config *config, const char *socket)
{
	struct buf url = {0};
	struct error err;
	buf_printf(&url, "unix:%s/%s", config->data_dir, socket);
	desk->client = http_client_new(buf_cstr(&url), NULL);
	buf_release(&url);
	/* any answer of it will do */
	enum status status = ask(desk, "/v1/replay/views/any/job", NULL, &err);
	if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		return true;
	http_client_free(desk->client);
	desk->client = NULL;
	return false;
}

/* To the first of the processes that use the directory. */
static bool connect_to_any(struct desk *desk, const struct config *config)
{
	for (int i = 0; i < REPLAY_SOCKETS; i++)
		if (connect_to(desk, config, replay_sockets[i]))
			return true;
	return false;
}

/* --- alone --- */

/* Kafka locks no directory. */
static enum status lock(struct desk *desk, const struct config *config, struct error *err)
{
	struct buf path = {0};
	buf_printf(&path, "%s/" LOCK_FILE, config->data_dir);
	desk->lock_fd = open(buf_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum status status = STATUS_OK;
	if (desk->lock_fd < 0)
		status = error_set(err, STATUS_IO, "%s: %s", buf_cstr(&path), strerror(errno));
	else if (flock(desk->lock_fd, LOCK_EX | LOCK_NB) != 0)
		status =
		        error_set(err, STATUS_BUSY, "another replay works in %s", config->data_dir);
	buf_release(&path);
	return status;
}

static enum status open_stores(struct desk *desk, const struct config *config,
                               skip_appender *append, struct error *err)
{
	struct journal_options journal = {.config = config, .read_only = !append};
	struct uuid keys_id;
	if (schemas_check(err) || journal_open(&journal, &desk->journal, err) ||
	    keys_dir_id(config, false, &keys_id, err) ||
	    journal_check_keys(desk->journal, config, &keys_id, err) || lock(desk, config, err) ||
	    profile_keys_open(config, &desk->profile_keys, err) ||
	    registry_open(config, &desk->registry, err))
		return err->status;
	struct replay_options options = {.site = {
	                                         .config = config,
	                                         .journal = desk->journal,
	                                         .profile_keys = desk->profile_keys,
	                                         .registry = desk->registry,
	                                 }};
	/* Where others can own partitions, the command API finds the owner. */
	options.skip.append = append;
	if (journal_is_shared(desk->journal))
		options.skip.command_url = config->command_url;
	desk->replay = replay_open(&options);
	return STATUS_OK;
}

static void close_stores(struct desk *desk)
{
	replay_close(desk->replay);
	registry_close(desk->registry);
	if (desk->profile_keys)
		profile_keys_close(desk->profile_keys);
	journal_close(desk->journal);
	if (desk->lock_fd >= 0)
		close(desk->lock_fd);
	desk->replay = NULL;
	desk->registry = NULL;
	desk->profile_keys = NULL;
	desk->journal = NULL;
	desk->lock_fd = -1;
}

enum status desk_open(const struct config *config, skip_appender *append, struct desk **out,
                      struct error *err)
{
	struct desk *desk = mem_new(sizeof *desk);
	int64_t until = clock_monotonic_ms() + START_WAIT_MS;
	desk->lock_fd = -1;
	enum status status = STATUS_OK;
	while (!connect_to_any(desk, config)) {
		status = open_stores(desk, config, append, err);
		if (!status)
			break;
		close_stores(desk);
		if (status != STATUS_BUSY || clock_monotonic_ms() > until) {
			desk_close(desk);
			return status;
		}
		usleep(RETRY_US);
	}
	*out = desk;
	return STATUS_OK;
}

void desk_close(struct desk *desk)
{
	if (!desk)
		return;
	http_client_free(desk->client);
	close_stores(desk);
	buf_release(&desk->answer);
	free(desk);
}

bool desk_is_alone(const struct desk *desk)
{
	return !desk->client;
}

/* --- both --- */

static enum status parse(const struct buf *text, json_t **out, struct error *err)
{
	json_error_t why;
	*out = json_loadb(text->data, text->n, 0, &why);
	return *out ? STATUS_OK : error_set(err, STATUS_MALFORMED, "the answer: %s", why.text);
}

enum status desk_start(struct desk *desk, const char *view, enum replay_verb verb,
                       bool accept_changes, uint64_t *job, struct error *err)
{
	static const char *const names[] = {
	        [REPLAY_REBUILD] = "rebuild",
	        [REPLAY_ROLLBACK] = "rollback",
	        [REPLAY_VERIFY] = "verify",
	};
	if (!desk->client)
		return replay_start(desk->replay, slice_str(view), verb, accept_changes, job, err);
	char path[256];
	json_t *answer;
	snprintf(path, sizeof path, "/v1/replay/views/%.100s/%s%s", view, names[verb],
	         accept_changes ? "?accept_changes=true" : "");
	enum status status = ask(desk, path, "{}", err);
	if (status || (status = parse(&desk->answer, &answer, err)))
		return status;
	*job = (uint64_t)json_integer_value(json_object_get(answer, "job"));
	json_decref(answer);
	return STATUS_OK;
}

enum status desk_job(struct desk *desk, const char *view, json_t **out, struct error *err)
{
	char path[256];
	enum status status;
	buf_clear(&desk->answer);
	snprintf(path, sizeof path, "/v1/replay/views/%.100s/job", view);
	if (desk->client)
		status = ask(desk, path, NULL, err);
	else
		status = replay_job(desk->replay, slice_str(view), &desk->answer, err);
	return status ? status : parse(&desk->answer, out, err);
}

enum status desk_skip(struct desk *desk, const struct skip *skip, json_t **out, struct error *err)
{
	struct buf body = {0};
	struct json_out json;
	enum status status;
	buf_clear(&desk->answer);
	json_out_init(&json, &body);
	json_out_object(&json);
	json_out_member_string(&json, "reader", skip->reader);
	json_out_member_string(&json, "tenant", skip->tenant);
	json_out_member_int(&json, "seq", (int64_t)skip->seq);
	json_out_member_string(&json, "why", skip->why);
	json_out_member_string(&json, "operator", skip->operator);
	json_out_object_end(&json);
	if (desk->client)
		status = ask(desk, "/v1/replay/skip", buf_cstr(&body), err);
	else
		status = replay_skip(desk->replay, skip, &desk->answer, err);
	buf_release(&body);
	return status ? status : parse(&desk->answer, out, err);
}

enum status desk_status(struct desk *desk, struct buf *out, struct error *err)
{
	enum status status = STATUS_OK;
	buf_clear(&desk->answer);
	if (desk->client)
		status = ask(desk, "/v1/replay/status", NULL, err);
	else
		replay_status(desk->replay, &desk->answer);
	if (!status)
		buf_append_slice(out, buf_slice(&desk->answer));
	return status;
}
