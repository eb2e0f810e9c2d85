#include "core/http/connections.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "core/base/metrics.h"

static void address_ip(const struct sockaddr *address, unsigned char ip[16])
{
	memset(ip, 0, 16);
	if (address && address->sa_family == AF_INET6) {
		memcpy(ip, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	} else if (address && address->sa_family == AF_INET) {
		ip[10] = ip[11] = 0xff;
		memcpy(ip + 12, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	}
}

static bool is_loopback(const unsigned char ip[16])
{
	static const unsigned char v6[16] = {[15] = 1};
	static const unsigned char v4[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};

	return memcmp(ip, v6, 16) == 0 || memcmp(ip, v4, 13) == 0;
}

static size_t bucket(const unsigned char ip[16])
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < 16; i++)
		hash = (hash ^ ip[i]) * 16777619u;
	return hash % CONNECTIONS_BUCKETS;
}

static void set_gauge(const struct connections *all)
{
	if (all->gauge)
		metric_set(all->gauge, (double)all->n);
}

bool connections_allow(const struct connections *all, const struct sockaddr *address)
{
	unsigned char ip[16];
	uint32_t n = 0;

	address_ip(address, ip);
	if (is_loopback(ip))
		return true;
	for (const struct connection *c = all->by_ip[bucket(ip)]; c; c = c->ip_next)
		n += memcmp(c->ip, ip, 16) == 0;
	return n < all->per_ip_max;
}

struct connection *connections_add(struct connections *all, const struct sockaddr *address, int fd,
                                   int64_t deadline_ms)
{
	struct connection *connection = mem_new(sizeof(*connection));

	connection->fd = fd;
	connection->deadline_ms = deadline_ms;
	address_ip(address, connection->ip);
	connection->next = all->first;
	connection->link = &all->first;
	if (all->first)
		all->first->link = &connection->next;
	all->first = connection;
	struct connection **head = &all->by_ip[bucket(connection->ip)];
	connection->ip_next = *head;
	connection->ip_link = head;
	if (*head)
		(*head)->ip_link = &connection->ip_next;
	*head = connection;
	all->n++;
	set_gauge(all);
	return connection;
}

void connections_remove(struct connections *all, struct connection *connection)
{
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	*connection->ip_link = connection->ip_next;
	if (connection->ip_next)
		connection->ip_next->ip_link = connection->ip_link;
	free(connection);
	all->n--;
	set_gauge(all);
}

void connections_sweep(struct connections *all, int64_t now_ms)
{
	for (struct connection *c = all->first; c; c = c->next) {
		if (c->deadline_ms > now_ms)
			continue;
		c->deadline_ms = INT64_MAX;
		shutdown(c->fd, SHUT_RDWR);
	}
}
