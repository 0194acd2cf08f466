// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNS over TCP (RFC 7766): each message behind its length in two bytes, several queries on one
 * connection. What we know is answered in order; what other servers are asked for, as soon as they
 * answer. While an answer cannot be sent or many are waited for, nothing more is read. A client that
 * sends no more still gets its answers. The deadline is for a whole query and its answer, so a byte
 * now and then does not keep a connection alive; it is longer than any wait for other servers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/internal.h"
#include "dns/must.h"

static_assert(DNS_IDLE_MS > DNS_PATIENCE_MS, "no connection is idle while it waits");

struct dns_connection {
	struct loop_io io;
	struct loop_timer idle;
	struct dns_listener *listener;
	struct dns_connection *prev, *next;
	unsigned waiting;  /* queries that other servers are asked for */
	bool no_more;      /* nothing more is read */
	size_t got;        /* bytes at in */
	size_t sent, full; /* of out */
	uint8_t *out;      /* answers, each with its length; NULL when all are sent */
	uint8_t in[2 + DNS_MAX_QUERY];
};

static void close_connection(struct dns_connection *c)
{
	struct dns_listener *l = c->listener;

	if (c->waiting)
		dns_wait_drop(l->server, c);
	loop_timer_clear(l->server->loop, &c->idle);
	loop_del(l->server->loop, &c->io);
	(void)close(c->io.fd); /* a socket of which nothing more is wanted */
	if (c->next)
		c->next->prev = c->prev;
	*(c->prev ? &c->prev->next : &l->connections) = c->next;
	l->n_connections--;
	free(c->out);
	free(c);
	dns_ended(l->server);
}

static void idle_too_long(struct loop_timer *t)
{
	close_connection(container_of(t, struct dns_connection, idle));
}

/* Puts n bytes of the server's `out` behind what is not sent: at most DNS_MAX_WAITING + 1 answers. */
static void append(struct dns_connection *c, size_t n)
{
	c->out = dns_must(realloc(c->out, c->full + 2 + n));
	c->out[c->full] = (uint8_t)(n >> 8);
	c->out[c->full + 1] = (uint8_t)n;
	memcpy(c->out + c->full + 2, c->listener->server->out, n);
	c->full += 2 + n;
}

/* 1: all sent, 0: the peer must read first, -1: broken. */
static int flush(struct dns_connection *c)
{
	while (c->sent < c->full) {
		ssize_t n = send(c->io.fd, c->out + c->sent, c->full - c->sent,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		c->sent += (size_t)n;
	}
	free(c->out);
	c->out = NULL;
	c->full = c->sent = 0;
	return 1;
}

/* Takes one whole query out of the input. False: close. */
static bool serve_one(struct dns_connection *c, size_t len)
{
	struct dns_client client = {.connection = c};
	size_t n;
	enum dns_served served = dns_serve(c->listener, &client, c->in + 2, len, &n);

	c->got -= 2 + len;
	memmove(c->in, c->in + 2 + len, c->got);
	loop_timer_set(c->listener->server->loop, &c->idle, DNS_IDLE_MS);
	switch (served) {
	case DNS_ANSWERED: append(c, n); return true;
	case DNS_WAITING: c->waiting++; return true;
	case DNS_SILENCE: break;
	}
	return false;
}

/* Sends and serves what can be. Gives the events to wait for next, or -1: close. */
static int work(struct dns_connection *c)
{
	for (;;) {
		int flushed = flush(c);
		size_t len;

		if (flushed <= 0)
			return flushed < 0 ? -1 : EPOLLOUT;
		if (c->waiting == DNS_MAX_WAITING)
			return 0;
		len = c->got < 2 ? 0 : (size_t)c->in[0] << 8 | c->in[1];
		if (len > DNS_MAX_QUERY)
			return -1;
		if (c->got < 2 + len) {
			if (!c->no_more)
				return EPOLLIN;
			return c->waiting ? 0 : -1;
		}
		if (!serve_one(c, len))
			return -1;
	}
}

static void go_on(struct dns_connection *c)
{
	int events = work(c);

	if (events < 0 || loop_mod(c->listener->server->loop, &c->io, (uint32_t)events) < 0)
		close_connection(c);
}

/* False: broken. There is room, because whole queries were taken out before. */
static bool fill(struct dns_connection *c)
{
	ssize_t n = recv(c->io.fd, c->in + c->got, sizeof(c->in) - c->got, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0)
		c->no_more = true;
	c->got += (size_t)n;
	return true;
}

static void ready(struct loop_io *io, uint32_t events)
{
	struct dns_connection *c = container_of(io, struct dns_connection, io);

	/* without EPOLLIN, which is not always asked for, an error would wake us without end */
	if (events & EPOLLIN ? !fill(c) : (events & (EPOLLERR | EPOLLHUP)) != 0)
		close_connection(c);
	else
		go_on(c);
}

void dns_tcp_answer(struct dns_connection *c, size_t n)
{
	c->waiting--;
	loop_timer_set(c->listener->server->loop, &c->idle, DNS_IDLE_MS);
	if (n)
		append(c, n);
	go_on(c);
}

static void resume_accepting(struct loop_timer *t)
{
	struct dns_listener *l = container_of(t, struct dns_listener, resume);

	if (!l->server->finishing && loop_mod(l->server->loop, &l->io, EPOLLIN) < 0)
		loop_timer_set(l->server->loop, t, DNS_PAUSE_MS);
}

/* Without descriptors the waiting connection would wake us without end. */
static void pause_accepting(struct dns_listener *l)
{
	(void)loop_mod(l->server->loop, &l->io, 0); /* at worst we are woken again */
	l->resume.fn = resume_accepting;
	loop_timer_set(l->server->loop, &l->resume, DNS_PAUSE_MS);
}

void dns_tcp_accept(struct loop_io *io, uint32_t events)
{
	struct dns_listener *l = container_of(io, struct dns_listener, io);
	int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct dns_connection *c;

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			pause_accepting(l);
		return; /* else gone again, or taken by the worker that replaces us */
	}
	c = l->n_connections < DNS_MAX_CONNECTIONS ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		(void)close(fd); /* the client sees why: it was refused */
		return;
	}
	c->listener = l;
	c->io.fn = ready;
	c->idle.fn = idle_too_long;
	c->next = l->connections;
	if (c->next)
		c->next->prev = c;
	l->connections = c;
	l->n_connections++;
	loop_timer_set(l->server->loop, &c->idle, DNS_IDLE_MS);
	if (loop_add(l->server->loop, &c->io, fd, EPOLLIN) < 0)
		close_connection(c);
}

void dns_tcp_close(struct dns_listener *l)
{
	while (l->connections)
		close_connection(l->connections);
}

void dns_tcp_finish(struct dns_listener *l)
{
	struct dns_connection *next;

	for (struct dns_connection *c = l->connections; c; c = next) {
		next = c->next;
		c->no_more = true;
		go_on(c);
	}
}
