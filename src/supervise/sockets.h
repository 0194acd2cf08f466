// SPDX-License-Identifier: GPL-2.0-only
/**
 * The descriptors that the supervisor holds for workers, counted.
 *
 * TCP and UDP sockets are one per (namespace, type, address, port): a worker that is replaced,
 * restarted or renamed finds the socket that its predecessor had, with the connections that queue on
 * it; where a worker has copies, each has one. A memory is one per (worker's name, own name), for as long as any worker
 * of that name, or a copy of it, holds it.
 * Packet sockets are one per (namespace, own name): frames wait in them until somebody reads.
 * A secret is a file of LAB-DIR/secrets, WORKER.NAME, opened for each process anew.
 * ICMP and netlink sockets are never shared: what arrives is an answer to whoever asked, so two
 * processes that read from one would take each other's.
 */
#pragma once

#include <sys/types.h>

#include "supervise/spec.h"

/** A network namespace and its identity: one that was made anew under the same name is another. */
struct netns {
	int fd;
	dev_t dev;
	ino_t ino;
};

struct socket_pool;
struct held_socket;

/** root: descriptor of the host's root directory; namespaces are found below it. dir: LAB-DIR. Both borrowed. */
struct socket_pool *supervise_pool_new(const char *lab, int root, int dir, struct lab_error **err);
void supervise_pool_free(struct socket_pool *p); /* NULL is fine */

/** Opens a namespace of the lab. The caller closes ns->fd. */
int supervise_pool_netns(const struct socket_pool *p, const char *ns, struct netns *n,
			 struct lab_error **err);

/** The descriptor of a worker, opened inside its namespace or shared; NULL with *err. */
struct held_socket *supervise_pool_take(struct socket_pool *p, const char *worker,
					const struct spec_socket *s, struct lab_error **err);
/** Lets go of the held ones among them (NULL: none), and clears the list. */
void supervise_pool_drop(struct socket_pool *p, struct held_socket **held, size_t n);
/**
 * Lets go of those among them where other copies of the worker listen as well, and leaves NULL in their place. Where
 * nobody else holds one, it stops listening at once, whoever has a duplicate of it, and what waits in its
 * queue goes to the others'.
 */
void supervise_pool_leave(struct socket_pool *p, struct held_socket **held, size_t n);
/** Whether it still is in what is now the namespace of that name; a memory is in none. */
bool supervise_pool_current(const struct socket_pool *p, const struct held_socket *s,
			    const char *ns);
int supervise_pool_fd(const struct held_socket *s); /* borrowed */
