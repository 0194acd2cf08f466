// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/descriptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/worker.h"

#define BACKLOG 4096

static int set_on(int fd, int level, int option)
{
	const int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on));
}

static int bind_inet(int fd, const struct spec_socket *s)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(s->port),
				  .sin_addr.s_addr = htonl(s->addr)};

	/* the address may be configured later than the worker is started */
	return set_on(fd, IPPROTO_IP, IP_FREEBIND) ||
			       bind(fd, (const struct sockaddr *)&sin, sizeof(sin))
		       ? -1
		       : 0;
}

static int prepare_tcp(int fd, const struct spec_socket *s)
{
	/* without it a closed listener's TIME-WAIT connections would keep the port */
	return set_on(fd, SOL_SOCKET, SO_REUSEADDR) || bind_inet(fd, s) ? -1 : listen(fd, BACKLOG);
}

/* A raw socket sees all ICMP that arrives in its namespace: only answers to pings matter here. */
static int prepare_icmp(int fd, const struct spec_socket *s)
{
	const struct icmp_filter filter = {.data = ~(1u << ICMP_ECHOREPLY)};

	if (setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)))
		return -1;
	return s->addr ? bind_inet(fd, s) : 0;
}

/* Bound, so that it has its port number before it is used. */
static int prepare_netlink(int fd, const struct spec_socket *s)
{
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};

	return set_on(fd, SOL_NETLINK, NETLINK_EXT_ACK) ||
			       bind(fd, (const struct sockaddr *)&any, sizeof(any))
		       ? -1
		       : 0;
}

static int open_memory(const struct spec_socket *s)
{
	auto_close int fd = memfd_create(s->name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	/* who maps it must never find it shorter than it was */
	if (fd < 0 || ftruncate(fd, WORKER_MEMORY) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -1;
	return steal_fd(&fd);
}

static const struct {
	int family, type, protocol;
	int (*prepare)(int fd, const struct spec_socket *s);
	bool shared;
} kinds[] = {
	[SPEC_TCP] = {AF_INET, SOCK_STREAM, 0, prepare_tcp, true},
	[SPEC_UDP] = {AF_INET, SOCK_DGRAM, 0, bind_inet, true},
	[SPEC_ICMP] = {AF_INET, SOCK_RAW, IPPROTO_ICMP, prepare_icmp, false},
	[SPEC_NETLINK] = {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, prepare_netlink, false},
	[SPEC_MEMORY] = {.shared = true},
};

int supervise_descriptor_open(const struct spec_socket *s)
{
	const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
	auto_close int fd = -1;

	if (s->type == SPEC_MEMORY)
		return open_memory(s);
	fd = socket(kinds[s->type].family, kinds[s->type].type | flags, kinds[s->type].protocol);
	return fd < 0 || kinds[s->type].prepare(fd, s) ? -1 : steal_fd(&fd);
}

bool supervise_descriptor_shared(enum spec_socket_type type)
{
	return kinds[type].shared;
}
