/* The loop. Measured: libmicrohttpd 0.9.75's own epoll thread stalls when exactly a multiple of 128
 * connections are ready, because it then waits a second time with connections at hand. So the
 * daemon runs without a thread; we wait on its epoll descriptor, always honour
 * MHD_get_timeout and call MHD_run, which never blocks.
 *
 * One turn: wait; run due timers; take late answers and resume their connections; MHD_run; close
 * what is past its deadline. Other threads only append to the queue of late answers or to the
 * timers, and write to the eventfd. */
#include "core/http/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#define CONNECTION_MEMORY 32768 /* head of the request and of the answer */
#define SWEEP_MS          250
#define BACKLOG           1024
#define LAST_TURNS        10 /* to write out what was answered at the very end */
#define LAST_TURN_MS      10
#define FILES_SPARE       512 /* what the rest of the process may have open */

/* The server whose loop this thread runs. */
static _Thread_local const struct http_server *running;

/* Between http_answers_hold and http_answers_send: the server that this thread is to wake, with a
 * reference, since all its answers may be taken meanwhile. */
static _Thread_local struct {
	bool holding;
	struct http_server *server;
} held;

/* In server->late: no answer is taken any more. */
static struct http_request late_closed;

void server_unref(struct http_server *server)
{
	if (atomic_fetch_sub_explicit(&server->refs, 1, memory_order_acq_rel) > 1)
		return;
	if (server->wake_fd >= 0)
		close(server->wake_fd);
	pthread_mutex_destroy(&server->lock);
	free(server);
}

static void wake(struct http_server *server)
{
	uint64_t one = 1;
	ssize_t n = write(server->wake_fd, &one, sizeof(one));

	(void)n; /* EAGAIN: it is awake already */
}

/* One wake for all answers of this thread: a second server (there are two at most) is woken at
 * once. */
static void wake_later(struct http_server *server)
{
	if (!held.holding || (held.server && held.server != server)) {
		wake(server);
	} else if (!held.server) {
		atomic_fetch_add_explicit(&server->refs, 1, memory_order_relaxed);
		held.server = server;
	}
}

void http_answers_hold(void)
{
	held.holding = true;
}

void http_answers_send(void)
{
	held.holding = false;
	if (!held.server)
		return;
	wake(held.server);
	server_unref(held.server);
	held.server = NULL;
}

static void release_late(struct http_server *server, struct http_request *request)
{
	MHD_destroy_response(request->late_response);
	request_unref(request);
	server_unref(server);
}

/* Once pushed, the request may be gone, and its reference to the server with it: hence one more. */
void server_answer_late(struct http_request *request)
{
	struct http_server *server = request->server;
	struct http_request *newest = atomic_load(&server->late);

	atomic_fetch_add_explicit(&server->refs, 1, memory_order_relaxed);
	do {
		request->next = newest;
	} while (newest != &late_closed &&
	         !atomic_compare_exchange_weak(&server->late, &newest, request));
	if (newest == &late_closed)
		release_late(server, request);
	else if (!newest && running != server)
		wake_later(server);
	server_unref(server);
}

/* Oldest first. @then: NULL or &late_closed. */
static struct http_request *take_late(struct http_server *server, struct http_request *then)
{
	struct http_request *newest = atomic_load(&server->late), *first = NULL;

	if (newest || then)
		newest = atomic_exchange(&server->late, then);
	while (newest && newest != &late_closed) {
		struct http_request *older = newest->next;
		newest->next = first;
		first = newest;
		newest = older;
	}
	return first;
}

static void resume_late(struct http_server *server)
{
	struct http_request *request = take_late(server, NULL);

	while (request) {
		struct http_request *next = request->next;
		if (request->connection && !request->response) {
			request->response = request->late_response;
			request->status = request->late_status;
			request->response_bytes = request->late_bytes;
			request->late_response = NULL;
			dispatch_resume(request);
			request_unref(request);
			server_unref(server);
		} else {
			release_late(server, request);
		}
		request = next;
	}
}

/* Under the lock. */
static void note_first_timer(struct http_server *server)
{
	atomic_store(&server->timer_ms, timers_next_ms(&server->timers));
}

bool http_after(struct http_server *server, int64_t delay_ms, void (*call)(void *context),
                void *context)
{
	int64_t at_ms = clock_monotonic_ms() + (delay_ms > 0 ? delay_ms : 0);
	bool first = false;

	pthread_mutex_lock(&server->lock);
	bool taken = !server->closed;
	if (taken) {
		first = timers_add(&server->timers, at_ms, call, context);
		note_first_timer(server);
	}
	pthread_mutex_unlock(&server->lock);
	if (first && running != server)
		wake(server);
	return taken;
}

static bool take_timer(struct http_server *server, int64_t now_ms, struct timer *timer)
{
	if (atomic_load(&server->timer_ms) > now_ms)
		return false;
	pthread_mutex_lock(&server->lock);
	bool taken = timers_take(&server->timers, now_ms, timer);
	note_first_timer(server);
	pthread_mutex_unlock(&server->lock);
	return taken;
}

static void run_timers(struct http_server *server)
{
	struct timer timer;

	while (take_timer(server, server->now_ms, &timer))
		timer.call(timer.context);
}

/* "127.0.0.1:8080", "[::1]:0", "localhost:8080". */
static enum status split_listen(const char *listen, char *host, size_t host_size, const char **port,
                                struct error *err)
{
	const char *colon = strrchr(listen, ':');
	const char *start = listen;

	if (!colon || !colon[1])
		return error_set(err, STATUS_INVALID, "listen: %s is not address:port", listen);
	size_t n = (size_t)(colon - listen);
	if (n >= 2 && listen[0] == '[' && listen[n - 1] == ']') {
		start++;
		n -= 2;
	}
	if (n == 0 || n >= host_size)
		return error_set(err, STATUS_INVALID, "listen: %s is not address:port", listen);
	memcpy(host, start, n);
	host[n] = '\0';
	*port = colon + 1;
	return STATUS_OK;
}

static enum status bind_address(const char *listen_at, const struct addrinfo *address, int *out,
                                struct error *err)
{
	int one = 1;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
	    bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
		*out = fd;
		return STATUS_OK;
	}
	enum status status = errno == EADDRINUSE ? STATUS_BUSY : STATUS_IO;
	error_set(err, status, "listen on %s: %s", listen_at, strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}

static bool somebody_listens(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool answered =
	        fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	if (fd >= 0)
		close(fd);
	return answered;
}

/* Nobody can connect before listen(), and by then the mode is set. */
static enum status open_unix_listener(struct http_server *server, const char *path,
                                      struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat old;

	if (strlen(path) >= sizeof(address.sun_path))
		return error_set(err, STATUS_INVALID,
		                 "listen: the path %s is longer than %zu bytes", path,
		                 sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	if (somebody_listens(&address))
		return error_set(err, STATUS_BUSY, "listen: another process listens on %s", path);
	if (lstat(path, &old) == 0 && !S_ISSOCK(old.st_mode))
		return error_set(err, STATUS_INVALID, "listen: %s is no socket", path);
	unlink(path);
	server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server->listen_fd < 0 ||
	    bind(server->listen_fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return error_set(err, STATUS_IO, "listen on %s: %s", path, strerror(errno));
	server->unix_path = mem_string(slice_str(path));
	if (chmod(path, 0600) != 0 || listen(server->listen_fd, BACKLOG) != 0)
		return error_set(err, STATUS_IO, "listen on %s: %s", path, strerror(errno));
	return STATUS_OK;
}

static void remove_socket(struct http_server *server)
{
	if (server->unix_path)
		unlink(server->unix_path);
	free(server->unix_path);
	server->unix_path = NULL;
}

static enum status open_listener(struct http_server *server, const char *listen_at,
                                 struct error *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct sockaddr_storage bound = {0};
	socklen_t bound_n = sizeof(bound);
	struct addrinfo *addresses;
	const char *port = NULL;
	char host[256];

	if (strncmp(listen_at, "unix:", 5) == 0)
		return open_unix_listener(server, listen_at + 5, err);
	enum status status = split_listen(listen_at, host, sizeof(host), &port, err);
	if (status)
		return status;
	int rc = getaddrinfo(host, port, &hints, &addresses);
	if (rc)
		return error_set(err, STATUS_INVALID, "listen on %s: %s", listen_at,
		                 gai_strerror(rc));
	status = bind_address(listen_at, addresses, &server->listen_fd, err);
	freeaddrinfo(addresses);
	if (status)
		return status;
	if (getsockname(server->listen_fd, (struct sockaddr *)&bound, &bound_n) != 0)
		return error_set(err, STATUS_IO, "getsockname: %s", strerror(errno));
	server->port = ntohs(bound.ss_family == AF_INET6
	                             ? ((struct sockaddr_in6 *)(void *)&bound)->sin6_port
	                             : ((struct sockaddr_in *)(void *)&bound)->sin_port);
	return STATUS_OK;
}

static void ignore_library_log(void *cls, const char *format, va_list args)
{
	/* it reports every client that leaves early; that is no news, and the metrics have it */
	(void)cls;
	(void)format;
	(void)args;
}

static enum MHD_Result accept_policy(void *cls, const struct sockaddr *address, socklen_t n)
{
	const struct http_server *server = cls;

	(void)n;
	return connections_allow(&server->connections, address) ? MHD_YES : MHD_NO;
}

static enum status start_daemon(struct http_server *server, const struct http_options *options,
                                struct error *err)
{
	server->daemon = MHD_start_daemon(
	        MHD_USE_EPOLL | MHD_USE_TURBO | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
	        accept_policy, server, dispatch_request, server, MHD_OPTION_EXTERNAL_LOGGER,
	        ignore_library_log, NULL, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
	        MHD_OPTION_URI_LOG_CALLBACK, dispatch_uri, server, MHD_OPTION_NOTIFY_COMPLETED,
	        dispatch_completed, server, MHD_OPTION_NOTIFY_CONNECTION, dispatch_connection,
	        server, MHD_OPTION_CONNECTION_LIMIT, (unsigned)options->connections_max,
	        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(server->idle_timeout_ms / 1000),
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
	        MHD_OPTION_END);
	if (!server->daemon)
		return error_set(err, STATUS_IO, "libmicrohttpd does not start: %s",
		                 strerror(errno));
	return STATUS_OK;
}

static enum status watch(struct http_server *server, int fd, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		return error_set(err, STATUS_IO, "epoll_ctl: %s", strerror(errno));
	return STATUS_OK;
}

static enum status open_events(struct http_server *server, struct error *err)
{
	const union MHD_DaemonInfo *info =
	        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!info || server->epoll_fd < 0)
		return error_set(err, STATUS_IO, "epoll: %s", strerror(errno));
	enum status status = watch(server, info->epoll_fd, err);
	if (status == STATUS_OK)
		status = watch(server, server->wake_fd, err);
	return status;
}

static void allow_files(uint32_t connections_max)
{
	struct rlimit files;
	rlim_t wanted = (rlim_t)connections_max + FILES_SPARE;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted)
		return;
	files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &files); /* without it accept waits for a free descriptor */
}

static void set_limits(struct http_server *server, const struct http_options *options)
{
	server->connections.per_ip_max = options->connections_per_ip_max
	                                         ? options->connections_per_ip_max
	                                         : HTTP_CONNECTIONS_PER_IP_MAX;
	server->header_timeout_ms =
	        options->header_timeout_ms ? options->header_timeout_ms : HTTP_HEADER_TIMEOUT_MS;
	server->body_timeout_ms =
	        options->body_timeout_ms ? options->body_timeout_ms : HTTP_BODY_TIMEOUT_MS;
	server->idle_timeout_ms = 1000 * (int64_t)(options->idle_timeout_s ? options->idle_timeout_s
	                                                                   : HTTP_IDLE_TIMEOUT_S);
}

static void assert_tables(const struct http_options *options)
{
	for (size_t t = 0; options->tables[t]; t++)
		for (const struct http_route *route = options->tables[t]; route->path; route++)
			assert(route->handler && (route->auth != HTTP_AUTH_TOKEN || options->auth));
}

enum status http_server_open(const struct http_options *options, struct http_server **out,
                             struct error *err)
{
	struct http_server *server = mem_new(sizeof(*server));

	assert_tables(options);
	atomic_init(&server->refs, 1);
	pthread_mutex_init(&server->lock, NULL);
	server->listen_fd = server->epoll_fd = -1;
	atomic_init(&server->late, NULL);
	atomic_init(&server->timer_ms, INT64_MAX);
	server->now_ms = clock_monotonic_ms();
	server->auth = options->auth;
	server->unmatched.label = "unmatched";
	if (strncmp(options->listen, "unix:", 5) != 0) /* the gauge is the public server's */
		server->connections.gauge = metric_series(METRIC_HTTP_CONNECTIONS, NULL);
	server->router = router_new(options->tables, options->contexts);
	set_limits(server, options);
	allow_files(options->connections_max);
	signal(SIGPIPE, SIG_IGN);
	server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	enum status status = server->wake_fd >= 0
	                             ? open_listener(server, options->listen, err)
	                             : error_set(err, STATUS_IO, "eventfd: %s", strerror(errno));
	if (status == STATUS_OK)
		status = start_daemon(server, options, err);
	if (status == STATUS_OK)
		status = open_events(server, err);
	if (status) {
		http_server_close(server);
		return status;
	}
	*out = server;
	return STATUS_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->port;
}

static int wait_ms(struct http_server *server, int64_t until_ms)
{
	MHD_UNSIGNED_LONG_LONG library_ms;
	int64_t next_ms = atomic_load(&server->timer_ms);

	if (atomic_load(&server->late))
		return 0;
	next_ms = next_ms < until_ms ? next_ms : until_ms;
	int64_t wait = next_ms == INT64_MAX ? -1 : next_ms - server->now_ms;
	if (next_ms != INT64_MAX && wait < 0)
		return 0;
	if (server->connections.n > 0 && (wait < 0 || wait > SWEEP_MS))
		wait = SWEEP_MS;
	if (MHD_get_timeout(server->daemon, &library_ms) == MHD_YES &&
	    (wait < 0 || library_ms < (uint64_t)wait))
		wait = library_ms > SWEEP_MS ? SWEEP_MS : (int64_t)library_ms;
	return wait > 60000 ? 60000 : (int)wait;
}

/* Wait until @until_ms at most (INT64_MAX: for ever). */
static void turn(struct http_server *server, int64_t until_ms, int64_t *sweep_ms)
{
	struct epoll_event events[2];
	uint64_t count;

	int n = epoll_wait(server->epoll_fd, events, 2, wait_ms(server, until_ms));
	server->now_ms = clock_monotonic_ms();
	for (int i = 0; i < n; i++)
		if (events[i].data.fd == server->wake_fd &&
		    read(server->wake_fd, &count, sizeof(count)) < 0)
			assert(errno == EAGAIN);
	run_timers(server);
	resume_late(server);
	MHD_run(server->daemon);
	if (server->now_ms >= *sweep_ms) {
		connections_sweep(&server->connections, server->now_ms);
		*sweep_ms = server->now_ms + SWEEP_MS;
	}
}

static void stop_listening(struct http_server *server)
{
	server->draining = true;
	if (MHD_quiesce_daemon(server->daemon) != MHD_INVALID_SOCKET) {
		close(server->listen_fd);
		server->listen_fd = -1;
		remove_socket(server);
	}
}

/* Everything that waits is told that the time is up; each timer of now runs, none of later. */
static void end_timers(struct http_server *server)
{
	struct timer timer;

	pthread_mutex_lock(&server->lock);
	struct timers ended = server->timers;
	server->timers = (struct timers){0};
	pthread_mutex_unlock(&server->lock);
	while (timers_take(&ended, INT64_MAX, &timer))
		timer.call(timer.context);
	timers_release(&ended);
}

void http_server_run(struct http_server *server, int drain_ms)
{
	int64_t sweep_ms = 0;

	running = server;
	while (!atomic_load(&server->stop))
		turn(server, INT64_MAX, &sweep_ms);
	stop_listening(server);
	int64_t until_ms = clock_monotonic_ms() + drain_ms;
	do {
		turn(server, until_ms, &sweep_ms);
	} while (server->active > 0 && server->now_ms < until_ms);
	end_timers(server);
	resume_late(server);
	dispatch_end_parked(server);
	for (int i = 0; i < LAST_TURNS && server->active > 0; i++)
		turn(server, clock_monotonic_ms() + LAST_TURN_MS, &sweep_ms);
	running = NULL;
}

void http_server_stop(struct http_server *server)
{
	int saved = errno;

	atomic_store(&server->stop, true);
	wake(server);
	errno = saved;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	pthread_mutex_lock(&server->lock);
	server->closed = true;
	pthread_mutex_unlock(&server->lock);
	end_timers(server); /* those that came after the loop ended */
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	if (server->listen_fd >= 0 && !server->daemon)
		close(server->listen_fd);
	remove_socket(server);
	struct http_request *late = take_late(server, &late_closed);
	while (late) {
		struct http_request *next = late->next;
		release_late(server, late);
		late = next;
	}
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	router_free(server->router);
	server_unref(server);
}
