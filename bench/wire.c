/* Connections with room are a stack: the one that answered last is warm. With depth 1 a connection
 * is on the stack when it is idle; with more, until it has @depth requests in flight. */
#include "bench/wire.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"

#define EVENTS_MAX  64
#define READ_BYTES  65536
#define DIGITS_MAX  9
#define STATUS_LINE 13 /* "HTTP/1.1 200 " */

struct connection {
	int fd;
	bool wants_out;
	bool listed; /* among those with room */
	uint32_t first, n;
	void *shots[WIRE_DEPTH_MAX]; /* ring of those in flight, oldest at first */
	struct buf out;
	size_t out_sent;
	struct buf in;
};

struct wire {
	struct wire_options options;
	struct sockaddr_in address;
	int epoll_fd;
	struct connection *connections;
	uint32_t *room;
	uint32_t room_n;
	uint32_t in_flight;
};

static void list(struct wire *wire, struct connection *connection)
{
	if (connection->listed || connection->n == wire->options.depth)
		return;
	connection->listed = true;
	wire->room[wire->room_n++] = (uint32_t)(connection - wire->connections);
}

static enum status connect_one(struct wire *wire, struct connection *connection, struct error *err)
{
	int one = 1;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
	connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection->fd < 0 ||
	    connect(connection->fd, (struct sockaddr *)&wire->address, sizeof wire->address) ||
	    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ||
	    epoll_ctl(wire->epoll_fd, EPOLL_CTL_ADD, connection->fd, &event))
		return error_set(err, STATUS_IO, "connect to %s: %s", wire->options.address,
		                 strerror(errno));
	list(wire, connection);
	return STATUS_OK;
}

static bool parse_address(const char *text, struct sockaddr_in *out)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	if (!colon || (size_t)(colon - text) >= sizeof host)
		return false;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = 0;
	*out = (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)atoi(colon + 1))};
	return inet_pton(AF_INET, host, &out->sin_addr) == 1;
}

enum status wire_open(const struct wire_options *options, struct wire **out, struct error *err)
{
	struct wire *wire = mem_new(sizeof *wire);
	assert(options->depth >= 1 && options->depth <= WIRE_DEPTH_MAX);
	wire->options = *options;
	wire->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wire->connections = mem_new(options->connections * sizeof *wire->connections);
	wire->room = mem_new(options->connections * sizeof *wire->room);
	for (uint32_t i = 0; i < options->connections; i++)
		wire->connections[i].fd = -1;
	enum status status = STATUS_OK;
	if (!parse_address(options->address, &wire->address))
		status = error_set(err, STATUS_INVALID, "%s is not an IPv4 address and a port",
		                   options->address);
	for (uint32_t i = 0; i < options->connections && !status; i++)
		status = connect_one(wire, &wire->connections[i], err);
	if (status) {
		wire_close(wire);
		return status;
	}
	*out = wire;
	return STATUS_OK;
}

void wire_close(struct wire *wire)
{
	if (!wire)
		return;
	for (uint32_t i = 0; i < wire->options.connections; i++) {
		struct connection *connection = &wire->connections[i];
		if (connection->fd >= 0)
			close(connection->fd);
		buf_release(&connection->in);
		buf_release(&connection->out);
	}
	if (wire->epoll_fd >= 0)
		close(wire->epoll_fd);
	free(wire->connections);
	free(wire->room);
	free(wire);
}

bool wire_has_room(const struct wire *wire)
{
	return wire->room_n > 0;
}

uint32_t wire_in_flight(const struct wire *wire)
{
	return wire->in_flight;
}

/* --- out --- */

static void watch_out(struct wire *wire, struct connection *connection, bool wants_out)
{
	struct epoll_event event = {.events = wants_out ? EPOLLIN | EPOLLOUT : EPOLLIN,
	                            .data.ptr = connection};
	if (connection->wants_out == wants_out)
		return;
	connection->wants_out = wants_out;
	epoll_ctl(wire->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
}

static size_t send_some(struct connection *connection, struct slice bytes)
{
	ssize_t n = send(connection->fd, bytes.data, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n > 0 ? (size_t)n : 0; /* a broken connection shows when it is read */
}

static void flush(struct wire *wire, struct connection *connection)
{
	struct buf *out = &connection->out;
	struct slice rest =
	        slice_of(out->data + connection->out_sent, out->n - connection->out_sent);
	connection->out_sent += send_some(connection, rest);
	if (connection->out_sent == out->n) {
		buf_clear(out);
		connection->out_sent = 0;
		watch_out(wire, connection, false);
	}
}

void wire_send(struct wire *wire, struct slice request, void *shot)
{
	assert(wire->room_n > 0);
	struct connection *connection = &wire->connections[wire->room[--wire->room_n]];
	connection->listed = false;
	connection->shots[(connection->first + connection->n++) % WIRE_DEPTH_MAX] = shot;
	wire->in_flight++;
	list(wire, connection);
	size_t sent = connection->out.n ? 0 : send_some(connection, request);
	if (sent < request.n) {
		buf_append(&connection->out, request.data + sent, request.n - sent);
		watch_out(wire, connection, true);
	}
}

/* --- in --- */

static void *take_shot(struct wire *wire, struct connection *connection)
{
	void *shot = connection->shots[connection->first];
	assert(connection->n > 0);
	connection->first = (connection->first + 1) % WIRE_DEPTH_MAX;
	connection->n--;
	wire->in_flight--;
	return shot;
}

bool reply_header(const struct reply *reply, const char *name, struct slice *value)
{
	size_t name_n = strlen(name);
	const char *at = reply->head.data, *end = at + reply->head.n;
	while (at < end) {
		const char *stop = memchr(at, '\r', (size_t)(end - at));
		stop = stop ? stop : end;
		if ((size_t)(stop - at) > name_n && strncasecmp(at, name, name_n) == 0) {
			at += name_n;
			while (at < stop && *at == ' ')
				at++;
			*value = slice_of(at, (size_t)(stop - at));
			return true;
		}
		at = stop + 2;
	}
	return false;
}

static bool body_bytes(const struct reply *reply, size_t *out)
{
	struct slice text;
	*out = 0;
	if (reply->status == 304 || reply->status == 204)
		return true;
	if (!reply_header(reply, "content-length:", &text) || text.n == 0 || text.n > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		*out = *out * 10 + (size_t)(text.data[i] - '0');
	}
	return true;
}

/* One whole answer at the head of @bytes: its length, 0: not yet there, -1: not HTTP as we know
 * it. */
static ptrdiff_t parse(struct slice bytes, struct reply *reply)
{
	size_t body_n;
	const char *end = bytes.n ? memmem(bytes.data, bytes.n, "\r\n\r\n", 4) : NULL;
	if (!end)
		return 0;
	if (end - bytes.data < STATUS_LINE || memcmp(bytes.data, "HTTP/1.1 ", 9) != 0)
		return -1;
	reply->status = atoi(bytes.data + 9);
	reply->head = slice_of(bytes.data, (size_t)(end - bytes.data) + 2);
	if (!body_bytes(reply, &body_n))
		return -1;
	size_t head_n = reply->head.n + 2;
	if (bytes.n < head_n + body_n)
		return 0;
	reply->body = slice_of(bytes.data + head_n, body_n);
	return (ptrdiff_t)(head_n + body_n);
}

/* Everything that was in flight is answered with status 0, then the connection is made again. */
static enum status reconnect(struct wire *wire, struct connection *connection, struct error *err)
{
	const struct reply broken = {0};
	close(connection->fd);
	connection->wants_out = false;
	connection->out_sent = 0;
	buf_clear(&connection->out);
	buf_clear(&connection->in);
	void *lost[WIRE_DEPTH_MAX];
	uint32_t n = 0;
	while (connection->n)
		lost[n++] = take_shot(wire, connection);
	enum status status = connect_one(wire, connection, err);
	for (uint32_t i = 0; i < n; i++)
		wire->options.replied(wire->options.context, lost[i], &broken);
	return status;
}

static enum status hand_over(struct wire *wire, struct connection *connection, struct error *err)
{
	size_t at = 0;
	struct buf *in = &connection->in;
	for (;;) {
		struct reply reply;
		ptrdiff_t n = parse(slice_of(in->data + at, in->n - at), &reply);
		if (n < 0 || (n > 0 && connection->n == 0))
			return error_set(err, STATUS_IO,
			                 "an answer that is not HTTP/1.1 with "
			                 "Content-Length, or not asked for");
		if (n == 0)
			break;
		at += (size_t)n;
		void *shot = take_shot(wire, connection);
		list(wire, connection);
		wire->options.replied(wire->options.context, shot, &reply);
	}
	memmove(in->data, in->data + at, in->n - at);
	in->n -= at;
	return STATUS_OK;
}

static enum status receive(struct wire *wire, struct connection *connection, struct error *err)
{
	char *at = buf_reserve(&connection->in, READ_BYTES);
	ssize_t n = recv(connection->fd, at, READ_BYTES, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return STATUS_OK;
	if (n <= 0)
		return reconnect(wire, connection, err);
	connection->in.n += (size_t)n;
	return hand_over(wire, connection, err);
}

enum status wire_poll(struct wire *wire, int64_t until_us, struct error *err)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t wait_us = until_us - clock_monotonic_us();
	wait_us = wait_us < 0 ? 0 : wait_us;
	struct timespec wait = {wait_us / 1000000, wait_us % 1000000 * 1000};
	int n = epoll_pwait2(wire->epoll_fd, events, EVENTS_MAX, &wait, NULL);
	for (int i = 0; i < n; i++) {
		struct connection *connection = events[i].data.ptr;
		if (events[i].events & EPOLLOUT)
			flush(wire, connection);
		if (events[i].events & ~(uint32_t)EPOLLOUT && receive(wire, connection, err))
			return err->status;
	}
	return STATUS_OK;
}
