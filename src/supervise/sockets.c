// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "supervise/closing.h"
#include "supervise/descriptor.h"
#include "supervise/steer.h"

struct held_socket {
	struct held_socket *next;
	enum spec_socket_type type;
	dev_t dev; /* of its namespace; 0 for a memory, as all up to `worker` */
	ino_t ino;
	uint32_t addr;
	uint16_t port;
	unsigned int copy;
	unsigned int index;  /* of TCP: which of those at its port it is to the kernel */
	bool spread;         /* there are, or were, others at its port */
	char *worker, *name; /* of a memory; of a packet socket the name; NULL else */
	int fd;
	unsigned int refs;
};

struct socket_pool {
	char *lab;
	int root;
	int dir;  /* of the lab, borrowed as well */
	int home; /* the supervisor's own network namespace, to return to */
	struct held_socket *sockets;
};

struct socket_pool *supervise_pool_new(const char *lab, int root, int dir, struct lab_error **err)
{
	struct socket_pool *p = calloc(1, sizeof(*p));

	if (!p || !(p->lab = strdup(lab)))
		abort();
	p->root = root;
	p->dir = dir;
	p->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (p->home < 0) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "own network namespace");
		supervise_pool_free(p);
		return NULL;
	}
	return p;
}

static size_t count_unheld(const struct socket_pool *p)
{
	size_t n = 0;

	for (const struct held_socket *s = p->sockets; s; s = s->next)
		n += !s->refs;
	return n;
}

static bool same_place(const struct held_socket *a, const struct held_socket *b)
{
	return a->type == b->type && a->dev == b->dev && a->ino == b->ino && a->addr == b->addr &&
	       a->port == b->port;
}

/* How many copies listen there, itself among them if it does; *other: one that is another, if there is. */
static unsigned int count_place(const struct socket_pool *p, const struct held_socket *s,
				const struct held_socket **other)
{
	unsigned int n = 0;

	*other = NULL;
	for (const struct held_socket *h = p->sockets; h; h = h->next) {
		if (!same_place(h, s))
			continue;
		n++;
		if (h->copy != s->copy)
			*other = h;
	}
	return n;
}

/* Its number goes to the last one, as in reuseport_detach_sock(). */
static void give_index(struct socket_pool *p, const struct held_socket *gone)
{
	const struct held_socket *other;
	const unsigned int last = count_place(p, gone, &other);

	for (struct held_socket *h = p->sockets; h; h = h->next)
		if (same_place(h, gone) && h->index == last)
			h->index = gone->index;
}

/* Closes and forgets what nobody holds any more. */
static void tidy(struct socket_pool *p)
{
	size_t n = count_unheld(p), slow = 0;
	auto_free int *fds = calloc(n + 1, sizeof(*fds));

	if (!fds)
		abort();
	for (struct held_socket **at = &p->sockets; n && *at;) {
		struct held_socket *s = *at;

		if (s->refs) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		if (s->spread)
			give_index(p, s);
		if (s->type == SPEC_PACKET)
			fds[slow++] = s->fd;
		else
			(void)close(s->fd); /* nothing to flush */
		free(s->worker);
		free(s->name);
		free(s);
	}
	supervise_close_all(fds, slow);
}

void supervise_pool_free(struct socket_pool *p)
{
	if (!p)
		return;
	for (struct held_socket *s = p->sockets; s; s = s->next)
		s->refs = 0;
	tidy(p);
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

static int describe(struct lab_error **err, int errnum, const struct spec_socket *s)
{
	const char *type = supervise_socket_type_name(s->type);
	char buf[IP_STRLEN];

	if (s->port)
		return lab_error_errno(err, LAB_FAILED, errnum, "socket %s: %s port %u/%s", s->name,
				       ip_format(s->addr, buf), s->port, type);
	if (s->addr)
		return lab_error_errno(err, LAB_FAILED, errnum, "socket %s: %s %s", s->name, type,
				       ip_format(s->addr, buf));
	return lab_error_errno(err, LAB_FAILED, errnum, "socket %s: %s", s->name, type);
}

static int open_inside(const struct socket_pool *p, int netns, const struct spec_socket *s,
		       struct lab_error **err)
{
	int fd, failed;

	if (setns(netns, CLONE_NEWNET))
		return lab_error_errno(err, LAB_FAILED, errno, "enter network namespace %s.%s",
				       p->lab, s->ns);
	fd = supervise_descriptor_open(s);
	failed = errno;
	if (setns(p->home, CLONE_NEWNET))
		abort(); /* in a lab's network for good: let the kernel end the lab */
	return fd < 0 ? describe(err, failed, s) : fd;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Whether the one that is held may serve where `wanted` is asked for. */
static bool serves(const struct held_socket *held, const struct held_socket *wanted)
{
	return supervise_descriptor_shared(wanted->type) && same_place(held, wanted) &&
	       held->copy == wanted->copy && same_text(held->worker, wanted->worker) &&
	       same_text(held->name, wanted->name);
}

/* Holds a copy of *wanted, whose texts and descriptor become the pool's. */
static struct held_socket *hold(struct socket_pool *p, const struct held_socket *wanted)
{
	struct held_socket *h = malloc(sizeof(*h));

	if (!h)
		abort();
	*h = *wanted;
	h->refs = 1;
	h->next = p->sockets;
	return p->sockets = h;
}

static struct held_socket *share(struct socket_pool *p, const struct held_socket *wanted)
{
	for (struct held_socket *h = p->sockets; h; h = h->next) {
		if (serves(h, wanted)) {
			h->refs++;
			return h;
		}
	}
	return NULL;
}

static struct held_socket *take_memory(struct socket_pool *p, const char *worker,
				       const struct spec_socket *s, struct lab_error **err)
{
	struct held_socket wanted = {
		.type = s->type, .worker = (char *)worker, .name = (char *)s->name};
	struct held_socket *h = share(p, &wanted);

	if (h)
		return h;
	wanted.fd = supervise_descriptor_open(s);
	if (wanted.fd < 0) {
		(void)describe(err, errno, s);
		return NULL;
	}
	wanted.worker = strdup(worker);
	wanted.name = strdup(s->name);
	if (!wanted.worker || !wanted.name)
		abort();
	return hold(p, &wanted);
}

/* Neither shared nor of a namespace: what the file holds now is the worker's for as long as it runs. */
static struct held_socket *take_secret(struct socket_pool *p, const char *worker,
				       const struct spec_socket *s, struct lab_error **err)
{
	struct held_socket wanted = {.type = s->type};
	auto_free char *path = NULL;

	if (asprintf(&path, "secrets/%s.%s", worker, s->name) < 0)
		abort();
	wanted.fd = openat(p->dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (wanted.fd < 0) {
		(void)lab_error_errno(err, LAB_FAILED, errno, "socket %s: %s", s->name, path);
		return NULL;
	}
	return hold(p, &wanted);
}

/* Copies that are about to go may still be there when the only one comes. */
static struct held_socket *open_new(struct socket_pool *p, int netns, const struct spec_socket *s,
				    struct held_socket wanted, struct lab_error **err)
{
	struct spec_socket beside = *s;
	const struct held_socket *other;

	wanted.index = s->type == SPEC_TCP ? count_place(p, &wanted, &other) : 0;
	wanted.spread = beside.spread = s->spread || wanted.index > 0;
	wanted.fd = open_inside(p, netns, &beside, err);
	if (wanted.fd < 0)
		return NULL;
	if (wanted.name && !(wanted.name = strdup(wanted.name)))
		abort();
	return hold(p, &wanted);
}

struct held_socket *supervise_pool_take(struct socket_pool *p, const char *worker,
					const struct spec_socket *s, struct lab_error **err)
{
	struct held_socket wanted = {.type = s->type,
				     .addr = s->addr,
				     .port = s->port,
				     .copy = s->copy,
				     .name = s->type == SPEC_PACKET ? (char *)s->name : NULL};
	struct netns n = {.fd = -1};
	struct held_socket *h;

	if (supervise_descriptor_memory(s->type))
		return take_memory(p, worker, s, err);
	if (s->type == SPEC_SECRET)
		return take_secret(p, worker, s, err);
	if (supervise_pool_netns(p, s->ns, &n, err)) {
		(void)lab_error_prefix(err, "socket %s", s->name);
		return NULL;
	}
	wanted.dev = n.dev;
	wanted.ino = n.ino;
	h = share(p, &wanted);
	/* it may have been the only one; where this fails, opening the next one does */
	if (h && s->spread) {
		(void)supervise_descriptor_spread(h->fd);
		h->spread = true;
	}
	if (!h)
		h = open_new(p, n.fd, s, wanted, err);
	(void)close(n.fd); /* only looked at, or entered */
	return h;
}

void supervise_pool_drop(struct socket_pool *p, struct held_socket **held, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (held[i])
			held[i]->refs--;
		held[i] = NULL;
	}
	tidy(p);
}

/* Those that nobody else holds stop listening. One that does not listen any more does not matter. */
static void stop_listening(const struct socket_pool *p, struct held_socket **left, size_t n)
{
	const struct held_socket *other;

	for (size_t i = 0; i < n; i++)
		supervise_steer_away(left[i]->fd, count_place(p, left[i], &other), left[i]->index);
	if (n)
		supervise_steer_settle();
	for (size_t i = 0; i < n; i++) {
		(void)shutdown(left[i]->fd, SHUT_RDWR);
		if (count_place(p, left[i], &other) > 1)
			supervise_steer_end(other->fd);
	}
}

void supervise_pool_leave(struct socket_pool *p, struct held_socket **held, size_t n)
{
	auto_free struct held_socket **left = calloc(n + 1, sizeof(struct held_socket *));
	const struct held_socket *other;
	size_t n_left = 0;

	if (!left)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (!held[i] || !held[i]->spread || count_place(p, held[i], &other) < 2)
			continue;
		if (--held[i]->refs == 0)
			left[n_left++] = held[i];
		held[i] = NULL;
	}
	stop_listening(p, left, n_left);
	tidy(p);
}

bool supervise_pool_current(const struct socket_pool *p, const struct held_socket *s,
			    const char *ns)
{
	struct netns n = {.fd = -1};

	if (supervise_descriptor_memory(s->type) || s->type == SPEC_SECRET)
		return true;
	if (supervise_pool_netns(p, ns, &n, NULL))
		return false;
	(void)close(n.fd); /* only looked at */
	return n.dev == s->dev && n.ino == s->ino;
}

int supervise_pool_fd(const struct held_socket *s)
{
	return s->fd;
}
