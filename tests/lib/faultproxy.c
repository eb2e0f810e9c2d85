/* usage: faultproxy TARGET_PORT [LISTEN_PORT [SEED]]: a TCP proxy on loopback that breaks what
 * passes through it.
 *
 * Prints "listening PORT", then one line per thing it did. Takes commands from stdin, one a line;
 * ends with its stdin. DIR is up (to the target), down (to the client) or both; a rule holds for
 * all connections until it is changed.
 *
 *   DIR delay MS [JITTER]     bytes pass MS (and up to JITTER more) later
 *   DIR rate BYTES            at most so many bytes a second; 0: as fast as it goes
 *   DIR hole on|off           nothing passes; what waits passes afterwards, as TCP has it
 *   DIR reset N               once N more bytes have passed in all, the connection that carries
 *                             them is reset
 *   DIR close N               the same, but closed in order, as by a server that ends
 *   answer API N ACTION [MS]   the N-th response from now on to a Kafka request of that
 * api_key (0 Produce, 26 EndTxn): drop it; cut: drop it and reset; half: pass half of it and close;
 * delay it by MS cut [PERCENT]             reset every connection, or each with that probability
 *   refuse on|off             reset whoever connects
 *   clear                     forget all rules
 *   count                     print "count CONNECTIONS OPEN UP_BYTES DOWN_BYTES"
 *
 * One thread, level-triggered epoll. A pipe is one direction of a connection: bytes read from one
 * side wait in chunks, each with the time from which it may go on. A full pipe is not read from, so
 * that memory is bounded and the sender feels a slow or dead path as it would on a network. */
#include "tests/lib/faultproxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PIPE_BYTES_MAX  (1024u * 1024)
#define READ_BYTES      65536u
#define CONNECTIONS_MAX 1024
#define ANSWERS_MAX     256

enum { UP, DOWN };
enum action { PASS, DROP, CUT, HALF, DELAY };
static const char *const action_names[] = {"pass", "drop", "cut", "half", "delay"};
static const char *const direction_names[] = {"up", "down"};

struct chunk {
	struct chunk *next;
	int64_t at_us;
	size_t n, sent;
	unsigned char bytes[];
};

struct pipe {
	struct chunk *first, **last;
	size_t waiting;
	int64_t release_us;   /* of the last chunk: order is kept */
	int64_t next_send_us; /* by the rate */
	bool ended;           /* nothing more is read */
	bool ended_to;        /* and the other side knows */
	bool dropping;        /* the frame that is passing is dropped */
	size_t half_left;     /* > 0: bytes until the connection is closed */
};

struct connection {
	uint64_t number;
	unsigned port; /* of the client */
	int fds[2];    /* where UP reads from (the client), where DOWN reads from (the target) */
	bool is_connected;
	bool is_over; /* freed at the end of the turn */
	struct pipe pipes[2];
	struct frame_link *link;
};

struct rule {
	int64_t delay_us, jitter_us, rate;
	bool hole, resets, closes; /* closes: resets in order */
	int64_t reset_after;
};

struct answer_rule {
	int api;
	uint32_t n; /* 0: free */
	enum action action;
	int64_t delay_us;
};

static struct rule rules[2];
static struct answer_rule answers[ANSWERS_MAX];
static struct connection *connections[CONNECTIONS_MAX];
static size_t connections_n;
static uint64_t accepted_n, bytes_n[2];
static bool refuses;
static uint64_t random_state;
static struct sockaddr_in target;
static int poller;

static int64_t now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "faultproxy: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *memory(void *got)
{
	return got ? got : (die("memory"), NULL);
}

/* splitmix64: the same seed and order of events give the same faults */
static uint64_t random_below(uint64_t n)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return n ? (z ^ z >> 31) % n : 0;
}

/* --- connections --- */

static void end(struct connection *connection, bool resets, const char *why)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	if (connection->is_over)
		return;
	connection->is_over = true;
	for (int i = 0; i < 2; i++) {
		if (resets)
			setsockopt(connection->fds[i], SOL_SOCKET, SO_LINGER, &linger,
			           sizeof(linger));
		close(connection->fds[i]);
	}
	if (why)
		printf("did %s connection=%llu\n", why, (unsigned long long)connection->number);
}

static void free_over(void)
{
	size_t kept = 0;
	for (size_t i = 0; i < connections_n; i++) {
		struct connection *connection = connections[i];
		if (!connection->is_over) {
			connections[kept++] = connection;
			continue;
		}
		for (int d = 0; d < 2; d++)
			for (struct chunk *at = connection->pipes[d].first, *next; at; at = next) {
				next = at->next;
				free(at);
			}
		free(connection->link);
		free(connection);
	}
	connections_n = kept;
}

static void watch(struct connection *connection, int side)
{
	const struct pipe *in = &connection->pipes[side], *out = &connection->pipes[!side];
	struct epoll_event event = {.data.ptr = connection};
	bool due = out->first && out->first->at_us <= now_us() && !rules[!side].hole &&
	           out->next_send_us <= now_us();
	if (!in->ended && in->waiting < PIPE_BYTES_MAX && connection->is_connected)
		event.events |= EPOLLIN;
	if (due || (side == DOWN && !connection->is_connected))
		event.events |= EPOLLOUT;
	if (epoll_ctl(poller, EPOLL_CTL_MOD, connection->fds[side], &event))
		die("epoll_ctl");
}

static void add(struct pipe *pipe, const struct rule *rule, const unsigned char *bytes, size_t n,
                int64_t more_us)
{
	struct chunk *chunk = memory(malloc(sizeof(*chunk) + n));
	int64_t at = now_us() + rule->delay_us + more_us;
	if (rule->jitter_us)
		at += (int64_t)random_below((uint64_t)rule->jitter_us);
	if (at < pipe->release_us)
		at = pipe->release_us;
	pipe->release_us = at;
	*chunk = (struct chunk){.at_us = at, .n = n};
	memcpy(chunk->bytes, bytes, n);
	*pipe->last = chunk;
	pipe->last = &chunk->next;
	pipe->waiting += n;
}

/* What happens to the response that begins here. */
static struct answer_rule plan_answer(const struct connection *connection, int api)
{
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		if (answers[i].n && answers[i].api == api && --answers[i].n == 0) {
			printf("did answer-%s api=%d connection=%llu port=%u\n",
			       action_names[answers[i].action], api,
			       (unsigned long long)connection->number, connection->port);
			return answers[i];
		}
	return (struct answer_rule){.action = PASS};
}

static void take_bytes(struct connection *connection, int side, const unsigned char *data, size_t n)
{
	struct pipe *pipe = &connection->pipes[side];
	while (n && !connection->is_over && !pipe->ended) {
		struct frame_part part = frame_take(connection->link, side == DOWN, data, n);
		const unsigned char *bytes = data;
		size_t passes = part.taken;
		int64_t more_us = 0;
		unsigned char head[8];
		if (side == DOWN && !connection->link->is_off && !part.begins &&
		    connection->link->down.head_n && connection->link->down.head_n < 8) {
			passes = 0; /* the head waits until it is whole and can be judged */
		} else if (side == DOWN && part.begins) {
			struct answer_rule plan = plan_answer(connection, part.api);
			memcpy(head, connection->link->down.head, 8);
			bytes = head;
			passes = 8;
			pipe->dropping = plan.action == DROP;
			if (plan.action == CUT) {
				end(connection, true, NULL);
				return;
			}
			if (plan.action == HALF)
				pipe->half_left = part.bytes / 2 ? part.bytes / 2 : 1;
			if (plan.action == DELAY)
				more_us = plan.delay_us;
		}
		if (pipe->half_left && passes >= pipe->half_left) {
			passes = pipe->half_left;
			pipe->ended = true;
		} else if (pipe->half_left) {
			pipe->half_left -= passes;
		}
		if (passes && !pipe->dropping)
			add(pipe, &rules[side], bytes, passes, more_us);
		if (part.ends)
			pipe->dropping = false;
		data += part.taken;
		n -= part.taken;
	}
}

static void read_side(struct connection *connection, int side)
{
	unsigned char bytes[READ_BYTES];
	struct pipe *pipe = &connection->pipes[side];
	ssize_t n = recv(connection->fds[side], bytes, sizeof(bytes), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		end(connection, true, NULL);
	else if (n == 0)
		pipe->ended = true;
	else
		take_bytes(connection, side, bytes, (size_t)n);
}

/* true: the rule's count of bytes is used up by @n more. */
static bool counts_out(struct rule *rule, size_t n)
{
	if (!rule->resets)
		return false;
	rule->reset_after -= (int64_t)n;
	rule->resets = rule->reset_after > 0;
	return !rule->resets;
}

/* Send what is due of pipe @direction; its other end is the other side's socket. */
static void send_due(struct connection *connection, int direction)
{
	struct pipe *pipe = &connection->pipes[direction];
	struct rule *rule = &rules[direction];
	int to = connection->fds[!direction];
	while (pipe->first && pipe->first->at_us <= now_us() && !rule->hole &&
	       pipe->next_send_us <= now_us()) {
		struct chunk *chunk = pipe->first;
		size_t n = chunk->n - chunk->sent;
		if (rule->rate && n > (size_t)(rule->rate / 50 + 1))
			n = (size_t)(rule->rate / 50 + 1);
		if (rule->resets && n > (size_t)rule->reset_after && rule->reset_after > 0)
			n = (size_t)rule->reset_after;
		ssize_t sent = send(to, chunk->bytes + chunk->sent, n, MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent < 0) {
			end(connection, true, NULL);
			return;
		}
		bytes_n[direction] += (uint64_t)sent;
		pipe->waiting -= (size_t)sent;
		chunk->sent += (size_t)sent;
		if (rule->rate)
			pipe->next_send_us = now_us() + (int64_t)sent * 1000000 / rule->rate;
		if (chunk->sent == chunk->n) {
			pipe->first = chunk->next;
			if (!pipe->first)
				pipe->last = &pipe->first;
			free(chunk);
		}
		if (counts_out(rule, (size_t)sent)) {
			const char *did = rule->closes ? "close" : "reset";
			char why[16];
			snprintf(why, sizeof(why), "%s-%s", did, direction_names[direction]);
			end(connection, !rule->closes, why);
			return;
		}
	}
	if (pipe->ended && !pipe->first && pipe->half_left)
		end(connection, false, NULL);
	else if (pipe->ended && !pipe->first && !pipe->ended_to) {
		pipe->ended_to = true;
		shutdown(to, SHUT_WR);
		if (connection->pipes[!direction].ended_to)
			end(connection, false, NULL);
	}
}

static void turn(struct connection *connection, uint32_t events)
{
	if (!connection->is_connected && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
		int error = 0;
		socklen_t n = sizeof(error);
		getsockopt(connection->fds[DOWN], SOL_SOCKET, SO_ERROR, &error, &n);
		if (error) {
			end(connection, true, NULL);
			return;
		}
		connection->is_connected = events & EPOLLOUT;
	}
	for (int side = 0; side < 2 && connection->is_connected; side++) {
		const struct pipe *pipe = &connection->pipes[side];
		if (!connection->is_over && !pipe->ended && pipe->waiting < PIPE_BYTES_MAX)
			read_side(connection, side);
		if (!connection->is_over)
			send_due(connection, side);
	}
	if (events & EPOLLERR ||
	    (events & EPOLLHUP && connection->pipes[UP].ended && connection->pipes[DOWN].ended &&
	     !connection->pipes[UP].first && !connection->pipes[DOWN].first))
		end(connection, true, NULL);
}

static void accept_one(int listener)
{
	struct epoll_event event = {.events = EPOLLOUT};
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	struct sockaddr_in from = {0};
	socklen_t from_n = sizeof(from);
	int one = 1, client = accept4(listener, (struct sockaddr *)&from, &from_n,
	                              SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (client < 0)
		return;
	accepted_n++;
	if (refuses || connections_n == CONNECTIONS_MAX) {
		setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		close(client);
		return;
	}
	int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (server < 0)
		die("socket");
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	struct connection *connection = memory(calloc(1, sizeof(*connection)));
	connection->link = memory(calloc(1, sizeof(*connection->link)));
	connection->number = accepted_n;
	connection->port = ntohs(from.sin_port);
	connection->fds[UP] = client;
	connection->fds[DOWN] = server;
	for (int d = 0; d < 2; d++)
		connection->pipes[d].last = &connection->pipes[d].first;
	event.data.ptr = connection;
	connections[connections_n++] = connection;
	int rc = connect(server, (struct sockaddr *)&target, sizeof(target));
	if (rc && errno != EINPROGRESS) {
		end(connection, true, NULL);
		return;
	}
	if (epoll_ctl(poller, EPOLL_CTL_ADD, server, &event))
		die("epoll_ctl");
	event.events = 0;
	if (epoll_ctl(poller, EPOLL_CTL_ADD, client, &event))
		die("epoll_ctl");
}

/* --- commands --- */

static bool set_rule(struct rule *rule, const char *word, const char *value, const char *more)
{
	if (strcmp(word, "delay") == 0) {
		rule->delay_us = atoll(value) * 1000;
		rule->jitter_us = atoll(more) * 1000;
	} else if (strcmp(word, "rate") == 0) {
		rule->rate = atoll(value);
	} else if (strcmp(word, "hole") == 0) {
		rule->hole = strcmp(value, "on") == 0;
	} else if (strcmp(word, "reset") == 0 || strcmp(word, "close") == 0) {
		rule->resets = true;
		rule->closes = strcmp(word, "close") == 0;
		rule->reset_after = atoll(value);
	} else {
		return false;
	}
	return true;
}

static bool set_answer(const char *api, const char *n, const char *action, const char *ms)
{
	for (size_t i = 0; i < ANSWERS_MAX; i++)
		for (enum action a = DROP; a <= DELAY && !answers[i].n; a++)
			if (strcmp(action, action_names[a]) == 0) {
				answers[i] = (struct answer_rule){atoi(api), (uint32_t)atoi(n), a,
				                                  atoll(ms) * 1000};
				return answers[i].n > 0;
			}
	return false;
}

static void cut(uint64_t percent)
{
	for (size_t i = 0; i < connections_n; i++)
		if (random_below(100) < percent)
			end(connections[i], true, "cut");
}

static void obey(char *line)
{
	char w[5][16] = {{0}};
	bool known = true;
	int words = sscanf(line, "%15s %15s %15s %15s %15s", w[0], w[1], w[2], w[3], w[4]);
	if (words < 1)
		return;
	if (strcmp(w[0], "clear") == 0) {
		memset(rules, 0, sizeof(rules));
		memset(answers, 0, sizeof(answers));
		refuses = false;
	} else if (strcmp(w[0], "count") == 0) {
		printf("count %llu %zu %llu %llu\n", (unsigned long long)accepted_n, connections_n,
		       (unsigned long long)bytes_n[UP], (unsigned long long)bytes_n[DOWN]);
	} else if (strcmp(w[0], "refuse") == 0 && words == 2) {
		refuses = strcmp(w[1], "on") == 0;
	} else if (strcmp(w[0], "cut") == 0) {
		cut(words > 1 ? (uint64_t)atoll(w[1]) : 100);
	} else if (strcmp(w[0], "answer") == 0 && words >= 4) {
		known = set_answer(w[1], w[2], w[3], w[4]);
	} else if (words >= 3) {
		known = false;
		for (int d = 0; d < 2; d++)
			if (strcmp(w[0], direction_names[d]) == 0 || strcmp(w[0], "both") == 0)
				known = set_rule(&rules[d], w[1], w[2], w[3]);
	} else {
		known = false;
	}
	if (strcmp(w[0], "count") != 0 || !known)
		printf("%s %s\n", known ? "ok" : "bad", line);
}

/* false: stdin ended */
static bool read_commands(void)
{
	static char text[4096];
	static size_t n;
	ssize_t got = read(STDIN_FILENO, text + n, sizeof(text) - 1 - n);
	if (got <= 0)
		return false;
	n += (size_t)got;
	text[n] = 0;
	char *line = text, *newline;
	while ((newline = strchr(line, '\n'))) {
		*newline = 0;
		obey(line);
		line = newline + 1;
	}
	n -= (size_t)(line - text);
	memmove(text, line, n);
	return n < sizeof(text) - 1;
}

/* --- the loop --- */

static int next_wake_ms(void)
{
	int64_t now = now_us(), next = now + 1000000;
	for (size_t i = 0; i < connections_n; i++)
		for (int d = 0; d < 2; d++) {
			const struct pipe *pipe = &connections[i]->pipes[d];
			if (!pipe->first || rules[d].hole)
				continue;
			int64_t at = pipe->first->at_us > pipe->next_send_us ? pipe->first->at_us
			                                                     : pipe->next_send_us;
			/* what is due already waits for room in the socket: epoll tells */
			if (at > now && at < next)
				next = at;
		}
	return (int)((next - now + 999) / 1000);
}

static int listen_on(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	                              .sin_port = htons((uint16_t)atoi(port))};
	socklen_t n = sizeof(address);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, n) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)&address, &n))
		die("listen");
	printf("listening %u\n", ntohs(address.sin_port));
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event events[64], event = {.events = EPOLLIN};
	static int marks[2]; /* what stands for the listener and for stdin in events */
	if (argc < 2 || argc > 4 || atoi(argv[1]) <= 0) {
		fprintf(stderr, "usage: faultproxy TARGET_PORT [LISTEN_PORT [SEED]]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	target = (struct sockaddr_in){.sin_family = AF_INET,
	                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	                              .sin_port = htons((uint16_t)atoi(argv[1]))};
	random_state = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	poller = epoll_create1(EPOLL_CLOEXEC);
	int listener = listen_on(argc > 2 ? argv[2] : "0");
	event.data.ptr = &marks[0];
	if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event))
		die("epoll");
	event.data.ptr = &marks[1];
	if (epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &event))
		die("stdin cannot be watched");
	for (;;) {
		for (size_t i = 0; i < connections_n; i++)
			for (int side = 0; side < 2; side++)
				watch(connections[i], side);
		int n = epoll_wait(poller, events, 64, next_wake_ms());
		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr == &marks[0])
				accept_one(listener);
			else if (events[i].data.ptr == &marks[1]) {
				if (!read_commands())
					return 0;
			} else if (!((struct connection *)events[i].data.ptr)->is_over)
				turn(events[i].data.ptr, events[i].events);
		}
		for (size_t i = 0; i < connections_n; i++)
			for (int d = 0; d < 2 && connections[i]->is_connected; d++)
				if (!connections[i]->is_over)
					send_due(connections[i], d);
		free_over();
	}
}
