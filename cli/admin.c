#include "cli/admin.h"

#include <pthread.h>
#include <stdlib.h>

#define CONNECTIONS_MAX 32
#define DRAIN_MS        1000

struct admin {
	struct replay *replay;
	struct http_server *server;
	pthread_t thread;
	bool running;
};

static void *serve(void *arg)
{
	struct admin *admin = arg;
	http_server_run(admin->server, DRAIN_MS);
	return NULL;
}

enum status admin_start(const struct replay_options *options, struct admin **out, struct error *err)
{
	struct admin *admin = mem_new(sizeof *admin);
	const struct http_route *tables[] = {replay_routes, NULL};
	struct buf listen = {0};
	admin->replay = replay_open(options);
	void *contexts[] = {admin->replay};
	buf_printf(&listen, "unix:%s/%s", options->site.config->data_dir,
	           replay_sockets[options->socket]);
	struct http_options http = {
	        .listen = buf_cstr(&listen),
	        .tables = tables,
	        .contexts = contexts,
	        .connections_max = CONNECTIONS_MAX,
	};
	enum status status = http_server_open(&http, &admin->server, err);
	buf_release(&listen);
	if (!status) {
		admin->running = pthread_create(&admin->thread, NULL, serve, admin) == 0;
		if (!admin->running)
			status = error_set(err, STATUS_IO, "no thread for the admin socket");
	}
	if (status) {
		admin_stop(admin);
		return status;
	}
	*out = admin;
	return STATUS_OK;
}

void admin_stop(struct admin *admin)
{
	if (!admin)
		return;
	if (admin->running) {
		http_server_stop(admin->server);
		pthread_join(admin->thread, NULL);
	}
	http_server_close(admin->server);
	replay_close(admin->replay);
	free(admin);
}
