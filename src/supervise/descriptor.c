// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/descriptor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/worker.h"

#define BACKLOG 4096
#define FRAMES \
	(8     \
	 << 20) /* bytes of frames that wait for a reader: fifty of 64 kB with all that they cost */

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

int supervise_descriptor_spread(int fd)
{
	return set_on(fd, SOL_SOCKET, SO_REUSEPORT);
}

/*
 * Where one of the sockets that listen on a port goes, the connections that wait in its queue shall go to
 * the others (since Linux 5.14). Where the kernel refuses, they are reset: no reason to fail.
 */
static void let_migrate(void)
{
	auto_close int fd = open("/proc/sys/net/ipv4/tcp_migrate_req", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)!write(fd, "1\n", 2);
}

static int prepare_tcp(int fd, const struct spec_socket *s)
{
	/* without it a closed listener's TIME-WAIT connections would keep the port */
	if (set_on(fd, SOL_SOCKET, SO_REUSEADDR) || (s->spread && supervise_descriptor_spread(fd)))
		return -1;
	if (s->spread)
		let_migrate();
	return bind_inet(fd, s) ? -1 : listen(fd, BACKLOG);
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

/* As large as root may have it, or else as anybody may. */
static int set_buffer(int fd, int force, int option)
{
	const int size = FRAMES;

	return setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) &&
			       setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size))
		       ? -1
		       : 0;
}

/*
 * Of no device yet, and so without frames: whoever has it binds it, needing no privilege for that. Frames
 * come whole, behind a virtio_net_hdr that says what the kernel has left to do (segments, checksums),
 * with the time of their arrival and how many found no room; what is sent goes straight to the driver
 * and does not come back.
 */
static int prepare_packet(int fd, const struct spec_socket *s)
{
	return set_on(fd, SOL_PACKET, PACKET_VNET_HDR) ||
			       set_on(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING) ||
			       set_on(fd, SOL_PACKET, PACKET_QDISC_BYPASS) ||
			       set_on(fd, SOL_SOCKET, SO_TIMESTAMPNS) ||
			       set_on(fd, SOL_SOCKET, SO_RXQ_OVFL) ||
			       set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF) ||
			       set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF)
		       ? -1
		       : 0;
}

static int open_memory(const struct spec_socket *s)
{
	auto_close int fd = memfd_create(s->name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	/* who maps it must never find it shorter than it was */
	if (fd < 0 || ftruncate(fd, (off_t)supervise_descriptor_memory(s->type)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -1;
	return steal_fd(&fd);
}

static const struct {
	int family, type, protocol;
	int (*prepare)(int fd, const struct spec_socket *s);
	bool shared;
	size_t memory; /* bytes of one that is no socket */
} kinds[] = {
	[SPEC_TCP] = {AF_INET, SOCK_STREAM, 0, prepare_tcp, true},
	[SPEC_UDP] = {AF_INET, SOCK_DGRAM, 0, bind_inet, true},
	[SPEC_ICMP] = {AF_INET, SOCK_RAW, IPPROTO_ICMP, prepare_icmp, false},
	[SPEC_NETLINK] = {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, prepare_netlink, false},
	[SPEC_PACKET] = {AF_PACKET, SOCK_RAW, 0, prepare_packet, true},
	[SPEC_MEMORY] = {.shared = true, .memory = WORKER_MEMORY},
	[SPEC_TABLE] = {.shared = true, .memory = WORKER_TABLE},
	[SPEC_SECRET] = {.shared = false}, /* opened anew: there may be another one meanwhile */
};

int supervise_descriptor_open(const struct spec_socket *s)
{
	const int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
	auto_close int fd = -1;

	if (kinds[s->type].memory)
		return open_memory(s);
	if (s->type == SPEC_SECRET) { /* of the lab's directory: sockets.c */
		errno = EINVAL;
		return -1;
	}
	fd = socket(kinds[s->type].family, kinds[s->type].type | flags, kinds[s->type].protocol);
	return fd < 0 || kinds[s->type].prepare(fd, s) ? -1 : steal_fd(&fd);
}

bool supervise_descriptor_shared(enum spec_socket_type type)
{
	return kinds[type].shared;
}

size_t supervise_descriptor_memory(enum spec_socket_type type)
{
	return kinds[type].memory;
}
