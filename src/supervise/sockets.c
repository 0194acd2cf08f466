// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ip.h"

#define BACKLOG 4096

struct held_socket {
	struct held_socket *next;
	dev_t dev;
	ino_t ino;
	bool udp;
	uint32_t addr;
	uint16_t port;
	int fd;
	unsigned int refs;
};

struct socket_pool {
	char *lab;
	int root;
	int home; /* the supervisor's own network namespace, to return to */
	struct held_socket *sockets;
};

struct socket_pool *supervise_pool_new(const char *lab, int root, struct lab_error **err)
{
	struct socket_pool *p = calloc(1, sizeof(*p));

	if (!p || !(p->lab = strdup(lab)))
		abort();
	p->root = root;
	p->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (p->home < 0) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "own network namespace");
		supervise_pool_free(p);
		return NULL;
	}
	return p;
}

void supervise_pool_free(struct socket_pool *p)
{
	if (!p)
		return;
	while (p->sockets) {
		struct held_socket *s = p->sockets;

		p->sockets = s->next;
		(void)close(s->fd); /* a socket has nothing to flush */
		free(s);
	}
	cleanup_closep(&p->home);
	free(p->lab);
	free(p);
}

int supervise_pool_netns(const struct socket_pool *p, const char *ns, struct netns *n,
			 struct lab_error **err)
{
	auto_close int fd = -1;
	char path[256];
	struct stat st;

	/* never cut: both names were checked, and are short */
	(void)snprintf(path, sizeof(path), "run/netns/%s.%s", p->lab, ns);
	fd = openat(p->root, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st))
		return lab_error_errno(err, LAB_FAILED, errno, "network namespace %s.%s", p->lab,
				       ns);
	*n = (struct netns){steal_fd(&fd), st.st_dev, st.st_ino};
	return 0;
}

static int bind_socket(int fd, const struct spec_socket *s)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(s->port),
				  .sin_addr.s_addr = htonl(s->addr)};
	const int on = 1;

	/* without it a closed listener's TIME-WAIT connections would keep the port */
	if (!s->udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return -1;
	/* the address may be configured later than the worker is started */
	if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)))
		return -1;
	if (bind(fd, (const struct sockaddr *)&sin, sizeof(sin)))
		return -1;
	return s->udp ? 0 : listen(fd, BACKLOG);
}

static int open_socket(const struct socket_pool *p, int netns, const struct spec_socket *s,
		       struct lab_error **err)
{
	const int type = (s->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
	auto_close int fd = -1;
	int failed = 0;

	if (setns(netns, CLONE_NEWNET))
		return lab_error_errno(err, LAB_FAILED, errno, "enter network namespace %s.%s",
				       p->lab, s->ns);
	fd = socket(AF_INET, type, 0);
	if (fd < 0 || bind_socket(fd, s))
		failed = errno;
	if (setns(p->home, CLONE_NEWNET))
		abort(); /* in a lab's network for good: let the kernel end the lab */
	if (failed) {
		char buf[IP_STRLEN];

		return lab_error_errno(err, LAB_FAILED, failed, "socket %s: %s port %u/%s", s->name,
				       ip_format(s->addr, buf), s->port, s->udp ? "udp" : "tcp");
	}
	return steal_fd(&fd);
}

struct held_socket *supervise_pool_take(struct socket_pool *p, const struct spec_socket *s,
					struct lab_error **err)
{
	struct held_socket *h;
	struct netns n = {.fd = -1};
	int fd;

	if (supervise_pool_netns(p, s->ns, &n, err)) {
		(void)lab_error_prefix(err, "socket %s", s->name);
		return NULL;
	}
	for (h = p->sockets; h; h = h->next)
		if (h->dev == n.dev && h->ino == n.ino && h->udp == s->udp && h->addr == s->addr &&
		    h->port == s->port)
			break;
	if (h) {
		(void)close(n.fd); /* only looked at */
		h->refs++;
		return h;
	}
	fd = open_socket(p, n.fd, s, err);
	(void)close(n.fd); /* as above */
	if (fd < 0)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		abort();
	*h = (struct held_socket){p->sockets, n.dev, n.ino, s->udp, s->addr, s->port, fd, 1};
	return p->sockets = h;
}

void supervise_pool_drop(struct socket_pool *p, struct held_socket *s)
{
	if (!s || --s->refs)
		return;
	for (struct held_socket **at = &p->sockets; *at; at = &(*at)->next) {
		if (*at == s) {
			*at = s->next;
			break;
		}
	}
	(void)close(s->fd); /* a socket has nothing to flush */
	free(s);
}

bool supervise_pool_current(const struct socket_pool *p, const struct held_socket *s,
			    const char *ns)
{
	struct netns n = {.fd = -1};

	if (supervise_pool_netns(p, ns, &n, NULL))
		return false;
	(void)close(n.fd); /* only looked at */
	return n.dev == s->dev && n.ino == s->ino;
}

int supervise_pool_fd(const struct held_socket *s)
{
	return s->fd;
}
