// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool. The connection that was used last is taken first: under little load few connections
 * stay warm and the others run into their idle deadline. No check before use: a peer that closed
 * has an edge waiting in the loop, which removes it, or the first write tells.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/container_of.h"
#include "httpd/upstream_call.h"

#define BUCKETS        64
#define FREE_CALLS_MAX 256
#define BODY_FIRST     1024u

struct backend {
	struct backend *next; /* of its bucket */
	struct sockaddr_in peer, source;
	uint64_t network;
	const struct httpd_security *security;
	struct upstream_conn *idle; /* newest first */
	struct upstream_conn *oldest;
	unsigned int n_idle;
	uint64_t connects, reuses;
	char device[]; /* "": any */
};

struct upstream {
	struct loop *loop;
	struct upstream_options options;
	struct backend *buckets[BUCKETS];
	struct upstream_call *calls;
	struct upstream_call *free_calls;
	unsigned int n_free_calls;
	size_t body_total;
};

struct upstream *upstream_new(struct loop *loop, const struct upstream_options *options)
{
	struct upstream *u = calloc(1, sizeof(*u));

	if (!u)
		abort();
	u->loop = loop;
	u->options = *options;
	u->options.idle_ms = u->options.idle_ms ? u->options.idle_ms : 60000;
	u->options.max_idle = u->options.max_idle ? u->options.max_idle : 512;
	u->options.body_total = u->options.body_total ? u->options.body_total : 256u << 20;
	return u;
}

struct loop *pool_loop(struct upstream *u)
{
	return u->loop;
}

static bool same_address(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_family == b->sin_family && a->sin_port == b->sin_port &&
	       a->sin_addr.s_addr == b->sin_addr.s_addr;
}

static struct backend *find_backend(struct upstream *u, const struct upstream_request *r)
{
	const uint64_t key[] = {r->peer.sin_addr.s_addr, r->peer.sin_port,
				r->source.sin_addr.s_addr, r->network};
	const char *device = r->device ? r->device : "";
	uint64_t hash = hash_quick(hash_quick(0, key, sizeof(key), 0), device, strlen(device), 0);
	struct backend **slot = &u->buckets[hash % BUCKETS];
	struct backend *b;

	for (b = *slot; b; b = b->next) {
		if (same_address(&b->peer, &r->peer) && same_address(&b->source, &r->source) &&
		    b->network == r->network && b->security == r->security &&
		    strcmp(b->device, device) == 0)
			return b;
	}
	b = calloc(1, sizeof(*b) + strlen(device) + 1);
	if (!b)
		abort();
	b->peer = r->peer;
	b->source = r->source;
	b->network = r->network;
	b->security = r->security;
	memcpy(b->device, device, strlen(device));
	b->next = *slot;
	*slot = b;
	return b;
}

static void unlink_idle(struct upstream_conn *c)
{
	struct backend *b = c->backend;

	if (c->prev)
		c->prev->next = c->next;
	else
		b->idle = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		b->oldest = c->prev;
	b->n_idle--;
	loop_timer_pause(&c->timer);
}

void pool_close(struct upstream_conn *c)
{
	if (!c->call)
		unlink_idle(c);
	loop_timer_clear(c->upstream->loop, &c->timer);
	loop_del(c->upstream->loop, &c->io);
	secured_close(&c->secured);
	(void)close(c->io.fd); /* a socket: whatever close says, it is gone */
	free(c);
}

/* An edge may be older than the read that took what it was about. */
bool pool_is_spoilt(const struct upstream_conn *c, uint32_t events)
{
	char byte;

	if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		return false;
	return (events & ~(uint32_t)(EPOLLIN | EPOLLOUT)) ||
	       recv(c->io.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

static void on_event(struct loop_io *io, uint32_t events)
{
	struct upstream_conn *c = container_of(io, struct upstream_conn, io);

	if (c->call)
		call_event(c->call, events);
	else if (pool_is_spoilt(c, events))
		pool_close(c);
}

static void on_idle_over(struct loop_timer *t)
{
	pool_close(container_of(t, struct upstream_conn, timer));
}

void pool_give(struct upstream_conn *c)
{
	struct backend *b = c->backend;

	c->call = NULL;
	c->prev = NULL;
	c->next = b->idle;
	if (b->idle)
		b->idle->prev = c;
	else
		b->oldest = c;
	b->idle = c;
	b->n_idle++;
	loop_timer_set(c->upstream->loop, &c->timer, c->upstream->options.idle_ms);
	if (b->n_idle > c->upstream->options.max_idle)
		pool_close(b->oldest);
}

struct upstream_conn *pool_take(struct upstream_call *call)
{
	struct upstream_conn *c = find_backend(call->upstream, &call->request)->idle;

	if (!c)
		return NULL;
	unlink_idle(c);
	c->backend->reuses++;
	c->call = call;
	return c;
}

static int open_socket(const struct upstream_request *r)
{
	int fd = r->socket ? r->socket(r->socket_arg)
			   : socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, e;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* only faster */
	/* needs no capability while the socket is not bound to a device yet (Linux 5.7) */
	if (r->device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, r->device,
				    (socklen_t)strlen(r->device)) < 0)
		goto failed;
	if (r->source.sin_family) {
		/* the port is chosen at connect, by the whole four-tuple: no early exhaustion */
		(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		if (bind(fd, (const struct sockaddr *)&r->source, sizeof(r->source)) < 0)
			goto failed;
	}
	if (connect(fd, (const struct sockaddr *)&r->peer, sizeof(r->peer)) == 0 ||
	    errno == EINPROGRESS)
		return fd;
failed:
	e = errno;
	(void)close(fd); /* nothing was sent */
	errno = e;
	return -1;
}

struct upstream_conn *pool_connect(struct upstream_call *call)
{
	struct upstream *u = call->upstream;
	struct upstream_conn *c = calloc(1, sizeof(*c));
	int fd = open_socket(&call->request), e;

	if (!c)
		abort();
	if (fd < 0)
		goto failed;
	c->upstream = u;
	c->backend = find_backend(u, &call->request);
	c->backend->connects++;
	c->secured.security = call->request.security;
	c->call = call;
	c->io.fn = on_event;
	c->timer.fn = on_idle_over;
	if (loop_add(u->loop, &c->io, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) == 0)
		return c;
	e = errno;
	(void)close(fd); /* as above */
	errno = e;
failed:
	free(c);
	return NULL;
}

struct upstream_call *upstream_start(struct upstream *u, const struct upstream_request *request)
{
	struct upstream_call *call = u->free_calls;

	if (call) {
		u->free_calls = call->next;
		u->n_free_calls--;
	} else {
		call = malloc(sizeof(*call));
		if (!call)
			abort();
		call->timer = (struct loop_timer){0};
	}
	/* the head table and the buffer are written before they are read */
	memset(&call->request, 0,
	       offsetof(struct upstream_call, head) - offsetof(struct upstream_call, request));
	call->request = *request;
	call->upstream = u;
	call->next = u->calls;
	if (u->calls)
		u->calls->prev = call;
	u->calls = call;
	call->due = loop_now(u->loop) + request->total_ms;
	call_begin(call, false);
	return call;
}

static void free_call(struct upstream_call *call)
{
	loop_timer_clear(call->upstream->loop, &call->timer);
	free(call);
}

void pool_free_call(struct upstream_call *call)
{
	struct upstream *u = call->upstream;

	loop_timer_pause(&call->timer);
	loop_later_clear(&call->send);
	upstream_body_done(u, &call->body);
	if (call->prev)
		call->prev->next = call->next;
	else
		u->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	if (u->n_free_calls >= FREE_CALLS_MAX) {
		free_call(call);
		return;
	}
	call->next = u->free_calls;
	u->free_calls = call;
	u->n_free_calls++;
}

/* ---- bodies: slow clients may hold many of them ---- */

bool pool_reserve_exactly(struct upstream_call *call, size_t room)
{
	struct upstream *u = call->upstream;
	struct upstream_body *b = &call->body;

	if (room <= b->room)
		return true;
	if (room - b->room > u->options.body_total - u->body_total)
		return false;
	b->p = realloc(b->p, room);
	if (!b->p)
		abort();
	u->body_total += room - b->room;
	b->room = room;
	return true;
}

bool pool_reserve(struct upstream_call *call, size_t n)
{
	size_t room = call->body.room ? call->body.room : BODY_FIRST;

	while (room < n)
		room *= 2;
	return pool_reserve_exactly(call, room);
}

struct upstream_times upstream_times_of(const struct upstream_call *call)
{
	return call->times;
}

struct upstream_body upstream_take_body(struct upstream_call *call)
{
	struct upstream_body b = call->body;

	call->body = (struct upstream_body){0};
	return b;
}

void upstream_body_done(struct upstream *u, struct upstream_body *b)
{
	u->body_total -= b->room;
	free(b->p);
	*b = (struct upstream_body){0};
}

void upstream_cancel(struct upstream_call *call)
{
	if (call->conn)
		pool_close(call->conn);
	pool_free_call(call);
}

static void drop_idle(struct backend *b)
{
	while (b->idle)
		pool_close(b->idle);
}

void upstream_drop_idle(struct upstream *u)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct backend *b = u->buckets[i]; b; b = b->next)
			drop_idle(b);
	}
}

void upstream_forget(struct upstream *u, uint64_t network)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct backend **at = &u->buckets[i];

		while (*at) {
			struct backend *b = *at;

			if (b->network != network) {
				at = &b->next;
				continue;
			}
			drop_idle(b);
			*at = b->next;
			free(b);
		}
	}
}

void upstream_free(struct upstream *u)
{
	if (!u)
		return;
	while (u->calls)
		upstream_cancel(u->calls);
	upstream_drop_idle(u);
	for (size_t i = 0; i < BUCKETS; i++) {
		while (u->buckets[i]) {
			struct backend *b = u->buckets[i];

			u->buckets[i] = b->next;
			free(b);
		}
	}
	while (u->free_calls) {
		struct upstream_call *call = u->free_calls;

		u->free_calls = call->next;
		free_call(call);
	}
	free(u);
}

void upstream_pools(const struct upstream *u,
		    void (*fn)(const struct upstream_pool *pool, void *arg), void *arg)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct backend *b = u->buckets[i]; b; b = b->next)
			fn(&(struct upstream_pool){b->peer, b->device,
						   b->security ? b->security->name : "", b->n_idle,
						   b->connects, b->reuses},
			   arg);
	}
}
