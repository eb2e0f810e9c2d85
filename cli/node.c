/* Start order is the order of need: keys, journal, writers, views, processors, HTTP. Stop order is
 * the reverse, except that the writers are told first: what waits for them is then answered. */
#include "cli/node.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/admin.h"
#include "cli/answers.h"
#include "cli/home.h"
#include "cli/local_intents.h"
#include "cli/skip_append.h"
#include "command-api/routes.h"
#include "command-api/writer.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/codec/schema_table.h"
#include "core/codec/command_codec.h"
#include "core/http/auth.h"
#include "core/http/openapi.h"
#include "core/journal/membership.h"
#include "core/service/health.h"
#include "processors/http_intents.h"
#include "processors/processor.h"
#include "projections/projector.h"
#include "query-api/query_api.h"

#define LOGGER             "node"
#define DRAIN_MS           5000
#define TABLES_MAX         8
#define PROCESSOR_STALL_MS 5000

struct view_check {
	struct node *node;
	uint32_t view;
};

struct node {
	const struct config *config;
	unsigned roles;
	struct auth *auth;
	struct journal *journal;
	struct profile_keys *profile_keys;
	struct writers *writers;
	struct command_api *command_api;
	struct projector *projector;
	struct query_api *query_api;
	struct admin *admin;
	struct intent_port *port;
	struct config intents_config; /* a copy with our own command_url */
	struct buf own_url;
	struct buf commands_url; /* of an operator's skip */
	struct processor *processor;
	int command_lock, processor_lock; /* -1: not that role */
	struct health *health;
	struct view_check view_checks[HEALTH_CHECKS_MAX];
	struct http_server *server;
	struct buf openapi;
	const struct http_route *tables[TABLES_MAX + 1];
	void *contexts[TABLES_MAX];
	size_t tables_n;
};

/* --- health --- */

static void show_writer(const struct writer_state *state, struct buf *detail)
{
	buf_printf(detail, "partition %u %s", state->partition, writer_mode_name(state->mode));
	if (state->mode == WRITER_STANDBY || state->mode == WRITER_CATCHING_UP)
		buf_printf(detail, " (lag %llu)", (unsigned long long)state->lag);
	if (state->reason[0])
		buf_printf(detail, ": %s", state->reason);
	buf_append_str(detail, "; ");
}

static bool check_writers(void *context, bool names, struct buf *detail)
{
	struct node *node = context;
	uint32_t n = writers_partitions(node->writers), ready = 0, owned = 0;
	struct writer_state state;
	for (uint32_t i = 0; i < n; i++) {
		writers_state(node->writers, i, &state);
		ready += state.ready;
		owned += state.mode == WRITER_OWNS;
		if (state.mode != WRITER_OWNS)
			show_writer(&state, detail);
	}
	buf_printf(detail, "%u of %u partitions owned", owned, n);
	trouble_line(writers_trouble(node->writers), names, detail);
	return ready == n;
}

static bool check_view(void *context, bool names, struct buf *detail)
{
	struct view_check *check = context;
	struct view_state state;
	projector_state(check->node->projector, check->view, &state);
	buf_printf(detail, "%s, lag %llu records, %lld ms", state.instance,
	           (unsigned long long)state.lag_records, (long long)state.lag_ms);
	trouble_line(state.trouble, names, detail);
	if (state.stalled)
		buf_printf(detail, ", no progress for %lld s",
		           (long long)state.moved_ms_ago / 1000);
	if (state.reason[0])
		buf_printf(detail, ": %s", state.reason);
	return state.open && !state.stalled;
}

static bool check_processor(void *context, bool names, struct buf *detail)
{
	struct node *node = context;
	struct processor_state state;
	processor_state(node->processor, &state);
	bool moves = state.lag_records == 0 || state.moved_ms_ago < PROCESSOR_STALL_MS;
	buf_printf(detail, "lag %llu records", (unsigned long long)state.lag_records);
	trouble_line(state.trouble, names, detail);
	if (!moves)
		buf_printf(detail, ", no progress for %lld s",
		           (long long)state.moved_ms_ago / 1000);
	if (state.reason[0])
		buf_printf(detail, ": %s", state.reason);
	return moves;
}

static bool check_journal(void *context, bool names, struct buf *detail)
{
	struct node *node = context;
	(void)names;
	if (journal_trouble(node->journal, detail))
		return false;
	buf_append_str(detail, "fits");
	return true;
}

static void add_checks(struct node *node)
{
	if (node->writers)
		health_add(node->health, "writers", false, check_writers, node);
	if (node->writers && journal_is_shared(node->journal))
		health_add(node->health, "topic", true, check_journal, node);
	uint32_t views = node->projector ? projector_views(node->projector) : 0;
	for (uint32_t i = 0; i < views && i < HEALTH_CHECKS_MAX; i++) {
		struct view_state state;
		struct view_check *check = &node->view_checks[i];
		*check = (struct view_check){node, i};
		projector_state(node->projector, i, &state);
		health_add(node->health, state.view, state.postgres, check_view, check);
	}
	if (node->processor)
		health_add(node->health, "processor", true, check_processor, node);
}

/* --- the OpenAPI document: of the tables that this node serves, made once --- */

static struct slice body_schema(const struct http_route *route)
{
	bool is_command = strcmp(route->tag, "commands") == 0 && route->label < COMMAND_TYPES;
	return slice_str(is_command ? command_types[route->label].schema : "");
}

static void get_openapi(struct http_request *request, void *context)
{
	struct node *node = context;
	struct http_answer answer = {.status = 200, .fixed = buf_slice(&node->openapi)};
	http_answer(request, &answer);
}

static const struct http_route openapi_routes[] = {
        {.method = HTTP_GET,
         .path = "/openapi.json",
         .handler = get_openapi,
         .auth = HTTP_AUTH_NONE,
         .summary = "This document.",
         .tag = "operations",
         .answer_schema = "openapi"},
        {.path = NULL},
};

/* --- parts --- */

/* On Kafka no lock of the journal keeps a second process out. */
static enum status lock_stores(struct node *node, struct error *err)
{
	if ((node->roles & ROLE_COMMAND_API) &&
	    home_lock(node->config, "command-api", &node->command_lock, err))
		return err->status;
	if (node->roles & ROLE_PROCESSOR)
		return home_lock(node->config, "processor", &node->processor_lock, err);
	return STATUS_OK;
}

/* Where other instances send commands of partitions that are owned here. */
static const char *own_address(const struct config *config)
{
	return config->advertise[0] ? config->advertise : config->listen;
}

/* The claim of a partition names the address: from a wrong one no command would come here. */
static enum status check_address(const struct config *config, struct error *err)
{
	static const char *const everywhere[] = {"0.0.0.0:", "[::]:", "*:"};
	const char *address = own_address(config);
	const char *key = config->advertise[0] ? "advertise" : "listen";
	const char *port = strrchr(address, ':');
	if (strcmp(config->journal, "kafka") != 0)
		return STATUS_OK;
	if (!port || port == address || !port[1] ||
	    strspn(port + 1, "0123456789") != strlen(port + 1))
		return error_set(err, STATUS_INVALID, "%s: %s is not host:port", key, address);
	for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++)
		if (strncmp(address, everywhere[i], strlen(everywhere[i])) == 0)
			return error_set(err, STATUS_INVALID,
			                 "%s: other instances cannot reach this one at %s: give "
			                 "advertise=host:port",
			                 key, address);
	return STATUS_OK;
}

static enum status start_command_side(struct node *node, struct error *err)
{
	if (!(node->roles & ROLE_COMMAND_API))
		return STATUS_OK;
	struct writers_options options = {
	        .config = node->config,
	        .journal = node->journal,
	        .profile_keys = node->profile_keys,
	        .address = own_address(node->config),
	        .answers_begin = http_answers_hold,
	        .answers_end = http_answers_send,
	};
	if (writers_start(&options, &node->writers, err))
		return err->status;
	node->command_api = command_api_new(node->config, node->writers);
	return STATUS_OK;
}

static enum status start_views(struct node *node, struct error *err)
{
	if (!(node->roles & (ROLE_LMDB_VIEWS | ROLE_POSTGRES_VIEWS)))
		return STATUS_OK;
	struct projector_options options = {
	        .config = node->config,
	        .journal = node->journal,
	        .profile_keys = node->profile_keys,
	        .lmdb = node->roles & ROLE_LMDB_VIEWS,
	        .postgres = (node->roles & ROLE_POSTGRES_VIEWS) && node->config->postgres[0],
	};
	if (projector_start(&options, &node->projector, err))
		return err->status;
	if (!(node->roles & ROLE_QUERY_API))
		return STATUS_OK;
	struct query_api_options query = {
	        .config = node->config,
	        .projector = node->projector,
	        .journal = node->journal,
	        .profile_keys = node->profile_keys,
	};
	return query_api_open(&query, &node->query_api, err);
}

static void print_writer(const struct writer_state *state, struct json_out *out)
{
	json_out_object(out);
	json_out_member_int(out, "partition", state->partition);
	json_out_member_bool(out, "ready", state->ready);
	json_out_member_str(out, "mode", writer_mode_name(state->mode));
	json_out_member_int(out, "queued", state->queued);
	if (!state->ready)
		json_out_member_str(out, "reason", state->reason);
	json_out_object_end(out);
}

static void print_writers(void *context, struct json_out *out)
{
	struct node *node = context;
	json_out_object(out);
	json_out_key(out, "partitions");
	json_out_array(out);
	for (uint32_t i = 0; node->writers && i < writers_partitions(node->writers); i++) {
		struct writer_state state;
		writers_state(node->writers, i, &state);
		print_writer(&state, out);
	}
	json_out_array_end(out);
	if (node->writers)
		trouble_print(writers_trouble(node->writers), out);
	json_out_object_end(out);
}

static void print_processor(void *context, struct json_out *out)
{
	struct node *node = context;
	struct processor_state state;
	json_out_object(out);
	if (node->processor) {
		processor_state(node->processor, &state);
		json_out_member_int(out, "lag_records", (int64_t)state.lag_records);
		json_out_member_int(out, "moved_ms_ago", state.moved_ms_ago);
		json_out_member_bool(out, "stalled",
		                     state.lag_records > 0 &&
		                             state.moved_ms_ago > PROCESSOR_STALL_MS);
		json_out_member_int(out, "events", (int64_t)state.events);
		json_out_member_int(out, "intents", (int64_t)state.intents);
		trouble_print(state.trouble, out);
		if (state.reason[0])
			json_out_member_str(out, "reason", state.reason);
	}
	json_out_object_end(out);
}

/* A path too long for a socket is no reason not to serve. */
static enum status start_admin(struct node *node, struct error *err)
{
	struct replay_options options = {
	        .site =
	                {
	                        .config = node->config,
	                        .journal = node->journal,
	                        .profile_keys = node->profile_keys,
	                        .registry = node->projector ? projector_registry(node->projector)
	                                                    : NULL,
	                        .projector = node->projector,
	                        .running = true,
	                },
	        .skip = {.append = skip_append,
	                 .writers = node->writers ? writers_trouble(node->writers) : NULL,
	                 .processor = node->processor ? processor_trouble(node->processor) : NULL,
	                 .auth = node->auth,
	                 .command_url = node->config->command_url},
	        .socket = node->projector ? REPLAY_SOCKET_VIEWS
	                  : node->writers ? REPLAY_SOCKET_COMMANDS
	                                  : REPLAY_SOCKET_PROCESSOR,
	        .writers = print_writers,
	        .processor = print_processor,
	        .context = node,
	};
	if (node->writers) {
		buf_printf(&node->commands_url, "http://%s", node->config->listen);
		options.skip.command_url = buf_cstr(&node->commands_url);
	}
	enum status status = admin_start(&options, &node->admin, err);
	if (status != STATUS_INVALID)
		return status;
	log_warn(LOGGER, "no admin socket", LOG_S("reason", err->text));
	return STATUS_OK;
}

static enum status start_processor(struct node *node, struct error *err)
{
	if (!(node->roles & ROLE_PROCESSOR))
		return STATUS_OK;
	if (node->writers && !writers_are_shared(node->writers)) {
		node->port = local_intents_new(node->writers);
	} else {
		/* Our own API sends on what another instance is to judge. */
		node->intents_config = *node->config;
		buf_printf(&node->own_url, "http://%s", node->config->listen);
		if (node->writers)
			node->intents_config.command_url = buf_cstr(&node->own_url);
		if (http_intents_new(&node->intents_config, node->auth, &node->port, err))
			return err->status;
	}
	struct processor_options options = {node->config, node->journal, node->port};
	return processor_start(&options, &node->processor, err);
}

static void add_table(struct node *node, const struct http_route *table, void *context)
{
	node->tables[node->tables_n] = table;
	node->contexts[node->tables_n++] = context;
}

static enum status start_http(struct node *node, struct error *err)
{
	node->health = health_new(node->auth);
	add_checks(node);
	add_table(node, health_routes, node->health);
	if (node->command_api)
		add_table(node, command_api_routes(node->command_api), node->command_api);
	if (node->query_api) {
		add_table(node, query_api_routes, node->query_api);
		add_table(node, registry_routes, NULL);
	}
	add_table(node, openapi_routes, node);
	struct buf schemas = {0};
	answers_document(&schemas);
	openapi_print(node->tables, body_schema, buf_slice(&schemas), &node->openapi);
	buf_release(&schemas);
	struct http_options options = {
	        .listen = node->config->listen,
	        .tables = node->tables,
	        .contexts = node->contexts,
	        .auth = node->auth,
	        .connections_max = (uint32_t)node->config->connections_max,
	};
	if (http_server_open(&options, &node->server, err))
		return err->status;
	if (node->command_api)
		command_api_attach(node->command_api, node->server);
	return STATUS_OK;
}

static enum status start(struct node *node, struct error *err)
{
	if ((node->roles & ROLE_COMMAND_API) && check_address(node->config, err))
		return err->status;
	if (schemas_check(err) || auth_open(node->config, true, &node->auth, err) ||
	    profile_keys_open(node->config, &node->profile_keys, err) ||
	    home_open_journal(node->config, node->roles & ROLE_COMMAND_API, &node->journal, err))
		return err->status;
	if (lock_stores(node, err) || start_command_side(node, err) || start_views(node, err) ||
	    start_processor(node, err) || home_remember(node->config, node->journal, err) ||
	    start_admin(node, err))
		return err->status;
	return start_http(node, err);
}

static void stop(struct node *node)
{
	admin_stop(node->admin);
	if (node->writers)
		writers_finish(node->writers);
	processor_stop(node->processor);
	command_api_finish(node->command_api);
	writers_stop(node->writers);
	http_server_close(node->server);
	command_api_free(node->command_api);
	query_api_close(node->query_api);
	projector_stop(node->projector);
	if (node->port && node->port->free)
		node->port->free(node->port);
	journal_close(node->journal);
	if (node->command_lock >= 0)
		close(node->command_lock);
	if (node->processor_lock >= 0)
		close(node->processor_lock);
	profile_keys_close(node->profile_keys);
	auth_close(node->auth);
	health_free(node->health);
	buf_release(&node->own_url);
	buf_release(&node->commands_url);
	buf_release(&node->openapi);
}

/* --- signals --- */

static struct http_server *signalled; /* what SIGTERM and SIGINT stop */

static void on_signal(int number)
{
	(void)number;
	if (signalled)
		http_server_stop(signalled);
}

static void catch_signals(struct http_server *server)
{
	struct sigaction action = {.sa_handler = on_signal};
	signalled = server;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

enum status node_run(const struct config *config, unsigned roles, struct error *err)
{
	struct node node = {
	        .config = config, .roles = roles, .command_lock = -1, .processor_lock = -1};
	int64_t started_ms = clock_monotonic_ms();
	mkdir(config->data_dir, 0700);
	enum status status = start(&node, err);
	if (!status) {
		catch_signals(node.server);
		log_info(LOGGER, "serving", LOG_S("listen", config->listen),
		         LOG_I("port", http_server_port(node.server)),
		         LOG_S("journal", journal_driver(node.journal)),
		         LOG_I("start_ms", clock_monotonic_ms() - started_ms));
		http_server_run(node.server, DRAIN_MS);
		log_info(LOGGER, "stopping");
	}
	signalled = NULL;
	stop(&node);
	return status;
}
