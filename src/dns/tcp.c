// SPDX-License-Identifier: GPL-2.0-only
/*
 * DNS over TCP (RFC 7766): each message behind its length in two bytes, several queries on one
 * connection, answered in order. While an answer cannot be sent, nothing more is read. The deadline
 * is for a whole query and its answer, so a byte now and then does not keep a connection alive.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/internal.h"

struct dns_connection {
	struct loop_io io;
	struct loop_timer idle;
	struct dns_listener *listener;
	struct dns_connection *prev, *next;
	size_t got;        /* bytes at in */
	size_t sent, full; /* of out */
	uint8_t in[2 + DNS_MAX_QUERY];
	uint8_t out[2 + DNS_TCP_ROOM];
};

static void close_connection(struct dns_connection *c)
{
	struct dns_listener *l = c->listener;

	loop_timer_clear(l->server->loop, &c->idle);
	loop_del(l->server->loop, &c->io);
	(void)close(c->io.fd); /* a socket of which nothing more is wanted */
	if (c->next)
		c->next->prev = c->prev;
	*(c->prev ? &c->prev->next : &l->connections) = c->next;
	l->n_connections--;
	free(c);
	dns_connection_ended(l->server);
}

static void idle_too_long(struct loop_timer *t)
{
	close_connection((void *)((char *)t - offsetof(struct dns_connection, idle)));
}

/* Takes one whole query out of the input and puts its answer into the output. False: close. */
static bool answer_one(struct dns_connection *c, size_t len)
{
	size_t n = dns_serve(c->listener, DNS_TCP, c->in + 2, len, c->out + 2, DNS_TCP_ROOM);

	c->got -= 2 + len;
	memmove(c->in, c->in + 2 + len, c->got);
	if (n == 0)
		return false;
	c->out[0] = (uint8_t)(n >> 8);
	c->out[1] = (uint8_t)n;
	c->full = 2 + n;
	c->sent = 0;
	loop_timer_set(c->listener->server->loop, &c->idle, DNS_IDLE_MS);
	return true;
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
	c->full = c->sent = 0;
	return 1;
}

/* Answers what is complete in the input. 1: wants more input, 0: wants to write, -1: close. */
static int work(struct dns_connection *c)
{
	for (;;) {
		int flushed = flush(c);
		size_t len;

		if (flushed <= 0)
			return flushed;
		if (c->listener->server->finishing)
			return -1;
		if (c->got < 2)
			return 1;
		len = (size_t)c->in[0] << 8 | c->in[1];
		if (len > DNS_MAX_QUERY)
			return -1;
		if (c->got < 2 + len)
			return 1;
		if (!answer_one(c, len))
			return -1;
	}
}

/* 1: something came, 0: nothing yet, -1: the peer has closed or failed. */
static int fill(struct dns_connection *c)
{
	ssize_t n = recv(c->io.fd, c->in + c->got, sizeof(c->in) - c->got, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	c->got += (size_t)n;
	return 1;
}

static void ready(struct loop_io *io, uint32_t events)
{
	struct dns_connection *c = (void *)((char *)io - offsetof(struct dns_connection, io));
	int state = 1;

	if (c->full == 0)
		state = fill(c);
	else if (events & (EPOLLERR | EPOLLHUP))
		state = -1;
	if (state >= 0)
		state = work(c);
	if (state < 0 || loop_mod(c->listener->server->loop, io, state ? EPOLLIN : EPOLLOUT) < 0)
		close_connection(c);
}

static void resume_accepting(struct loop_timer *t)
{
	struct dns_listener *l = (void *)((char *)t - offsetof(struct dns_listener, resume));

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
	struct dns_listener *l = (void *)((char *)io - offsetof(struct dns_listener, io));
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

void dns_tcp_close(struct dns_listener *l, bool idle_only)
{
	struct dns_connection *next;

	for (struct dns_connection *c = l->connections; c; c = next) {
		next = c->next;
		if (!idle_only || c->full == 0)
			close_connection(c);
	}
}
