// SPDX-License-Identifier: GPL-2.0-only
/*
 * Listeners are level-triggered, so that a paused one needs no bookkeeping, nor has one to be emptied: the call that
 * finds nobody waiting costs as much as one that finds somebody. Where descriptors run
 * out, one idle connection makes room; where none is idle, a reserve descriptor is given up to
 * accept and close one client (which then knows), and accepting pauses for a moment: no busy loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "httpd/conn.h"

#define ACCEPTS_PER_TURN 64
#define PAUSE_MS         100
#define FREE_LIST_MAX    256
#define ARENA_KEEP       65536

struct listener {
	struct loop_io io;
	struct loop_timer pause;
	struct httpd *server;
	struct listener *next;
	void *tag;
	const struct httpd_security *security;
	int reserve;
	bool paused;
	int expected; /* how many connections wait, to judge by the last time */
};

static void set_defaults(struct httpd_options *o)
{
	o->body_total = o->body_total ? o->body_total : 256u << 20;
	o->arena_cap = o->arena_cap ? o->arena_cap : 1u << 20;
	o->max_connections = o->max_connections ? o->max_connections : 65536;
	o->handshake_ms = o->handshake_ms ? o->handshake_ms : 10000;
	o->head_ms = o->head_ms ? o->head_ms : 10000;
	o->idle_ms = o->idle_ms ? o->idle_ms : 90000;
	o->stall_ms = o->stall_ms ? o->stall_ms : 30000;
	o->linger_ms = o->linger_ms ? o->linger_ms : 10000;
	o->drain_ms = o->drain_ms ? o->drain_ms : 200;
}

struct httpd *httpd_new(struct loop *loop, const struct httpd_options *options,
			const struct httpd_handler *handler)
{
	struct httpd *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->loop = loop;
	s->options = *options;
	s->handler = *handler;
	set_defaults(&s->options);
	return s;
}

/* ---- lists and free lists ---- */

void conn_list_add(struct conn_list *l, struct conn *c)
{
	c->prev = l->last;
	c->next = NULL;
	if (l->last)
		l->last->next = c;
	else
		l->first = c;
	l->last = c;
}

void conn_list_remove(struct conn_list *l, struct conn *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		l->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		l->last = c->prev;
}

struct exchange *httpd_take_exchange(struct httpd *s)
{
	struct exchange *x = s->free_exchanges;
	struct arena *arena;

	if (x) {
		s->free_exchanges = x->next_free;
		s->n_free_exchanges--;
		arena = x->r.arena;
	} else {
		x = malloc(sizeof(*x));
		if (!x)
			abort();
		arena = arena_new(s->options.arena_cap);
	}
	/* all but the big table of headers, which is written before it is read */
	x->r = (struct httpd_request){.arena = arena, .head = &x->head};
	x->conn = NULL;
	http_head_init(&x->head);
	x->body = NULL;
	x->body_len = x->body_room = 0;
	memset(x->out, 0, sizeof(x->out));
	x->free_body = NULL;
	x->more = NULL;
	x->more_len = x->more_room = x->go_on = 0;
	x->close = x->answered = x->refused = x->streams = false;
	return x;
}

static void free_exchange(struct exchange *x)
{
	arena_free(x->r.arena);
	free(x);
}

void httpd_give_exchange(struct httpd *s, struct exchange *x)
{
	s->body_total -= x->body_room;
	free(x->body);
	free(x->free_body);
	free(x->more);
	if (s->n_free_exchanges >= FREE_LIST_MAX || arena_used(x->r.arena) > ARENA_KEEP) {
		free_exchange(x);
		return;
	}
	arena_reset(x->r.arena);
	x->next_free = s->free_exchanges;
	s->free_exchanges = x;
	s->n_free_exchanges++;
}

char *httpd_take_buffer(struct httpd *s)
{
	char *b = s->free_buffers;

	if (b) {
		memcpy(&s->free_buffers, b, sizeof(char *));
		s->n_free_buffers--;
		return b;
	}
	b = malloc(CONN_BUFFER);
	if (!b)
		abort();
	return b;
}

void httpd_give_buffer(struct httpd *s, char *buffer)
{
	if (s->n_free_buffers >= FREE_LIST_MAX) {
		free(buffer);
		return;
	}
	memcpy(buffer, &s->free_buffers, sizeof(char *));
	s->free_buffers = buffer;
	s->n_free_buffers++;
}

const char *httpd_date(struct httpd *s)
{
	uint64_t second = loop_now(s->loop) / 1000 + 1; /* never 0, which is "not yet" */
	struct tm tm;
	time_t now;

	if (s->date_at == second)
		return s->date;
	now = time(NULL);
	gmtime_r(&now, &tm);
	strftime(s->date, sizeof(s->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	s->date_at = second;
	return s->date;
}

/* ---- accepting ---- */

static void resume(struct listener *l)
{
	if (!l->paused)
		return;
	l->paused = false;
	loop_timer_clear(l->server->loop, &l->pause);
	(void)loop_mod(l->server->loop, &l->io, EPOLLIN); /* fails only for unknown descriptors */
}

static void on_pause_over(struct loop_timer *t)
{
	resume(container_of(t, struct listener, pause));
}

static void pause_accepting(struct listener *l)
{
	l->paused = true;
	(void)loop_mod(l->server->loop, &l->io, 0); /* as above */
	loop_timer_set(l->server->loop, &l->pause, PAUSE_MS);
}

static bool evict_idle(struct httpd *s)
{
	if (!s->idle.first)
		return false;
	conn_close(s->idle.first);
	return true;
}

static void on_exhausted(struct listener *l)
{
	if (evict_idle(l->server))
		return; /* the listener is still readable: the next turn accepts */
	if (l->reserve >= 0) {
		int fd;

		(void)close(steal_fd(&l->reserve)); /* frees the number, which is all we want */
		fd = accept4(l->io.fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			(void)close(fd); /* this client learns at once that we are full */
		l->reserve = fcntl(l->io.fd, F_DUPFD_CLOEXEC, 0);
	}
	log_warning("out of descriptors: accepting pauses with %zu connections open",
		    l->server->n_conns);
	pause_accepting(l);
}

/* Errors of accept(2) that concern the one connection, which is gone; the next may be fine. */
static bool transient(int e)
{
	switch (e) {
	case EINTR:
	case ECONNABORTED:
	case EPROTO:
	case ENETDOWN:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
	case ETIMEDOUT: return true;
	default: return false;
	}
}

static bool accept_one(struct listener *l)
{
	struct httpd *s = l->server;
	struct sockaddr_in client = {0};
	socklen_t len = sizeof(client);
	bool full = s->n_conns >= s->options.max_connections;
	int fd;

	if (full && !s->idle.first) {
		pause_accepting(l);
		return false;
	}
	fd = accept4(l->io.fd, (struct sockaddr *)&client, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		if (client.sin_family != AF_INET)
			client = (struct sockaddr_in){.sin_family = AF_UNSPEC};
		if (full)
			(void)evict_idle(s); /* there is one, see above */
		conn_open(s, fd, &client, l->tag, l->security);
		return true;
	}
	if (transient(errno))
		return true;
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		on_exhausted(l);
	} else if (errno == EINVAL) { /* it listens no more: we are about to be told to end */
		pause_accepting(l);
	} else if (errno != EAGAIN) {
		log_error("accept: %s", strerror(errno));
		pause_accepting(l);
	}
	return false;
}

static void on_acceptable(struct loop_io *io, uint32_t events)
{
	struct listener *l = container_of(io, struct listener, io);
	int n;

	for (n = 0; n < l->expected && !l->paused; n++) {
		if (!accept_one(l))
			break;
	}
	if (n < l->expected)
		l->expected = n ? n : 1;
	else if (l->expected < ACCEPTS_PER_TURN) /* the next turn hears of those that are left */
		l->expected *= 2;
}

int httpd_listen_secure(struct httpd *s, int fd, void *tag, const struct httpd_security *security,
			struct lab_error **err)
{
	struct listener *l = calloc(1, sizeof(*l));
	int flags = fcntl(fd, F_GETFL), one = 1;

	if (!l)
		abort();
	l->server = s;
	l->tag = tag;
	l->security = security;
	l->io.fn = on_acceptable;
	l->pause.fn = on_pause_over;
	l->expected = 1;
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    loop_add(s->loop, &l->io, fd, EPOLLIN) < 0) {
		free(l);
		return lab_error_errno(err, LAB_FAILED, errno, "listening socket %d", fd);
	}
	/* answers are written whole: waiting to fill a segment only costs time (not TCP: no matter). What is
	 * accepted has it from here. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	l->reserve = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* -1: then there is no reserve */
	l->next = s->listeners;
	s->listeners = l;
	return 0;
}

int httpd_listen(struct httpd *s, int fd, void *tag, struct lab_error **err)
{
	return httpd_listen_secure(s, fd, tag, NULL, err);
}

/* ---- the end ---- */

static void drop_listeners(struct httpd *s)
{
	while (s->listeners) {
		struct listener *l = s->listeners;

		s->listeners = l->next;
		loop_timer_clear(s->loop, &l->pause);
		/* before any close: the description lives on in other processes, and with it
		 * would live its registration in our epoll */
		loop_del(s->loop, &l->io);
		if (l->reserve >= 0)
			(void)close(l->reserve); /* a duplicate; nothing to flush */
		free(l);
	}
}

void httpd_conn_gone(struct httpd *s)
{
	if (s->n_conns + 1 == s->options.max_connections) {
		for (struct listener *l = s->listeners; l; l = l->next)
			resume(l);
	}
	if (s->stopping && s->n_conns == 0 && s->stopped) {
		void (*done)(void *) = s->stopped;

		s->stopped = NULL;
		loop_timer_clear(s->loop, &s->grace);
		done(s->stopped_arg);
	}
}

static void close_all(struct httpd *s)
{
	while (s->idle.first)
		conn_close(s->idle.first);
	while (s->busy.first)
		conn_close(s->busy.first);
}

static void on_grace_over(struct loop_timer *t)
{
	close_all(container_of(t, struct httpd, grace));
}

void httpd_stop(struct httpd *s, unsigned int grace_ms, void (*done)(void *arg), void *arg)
{
	s->stopping = true;
	drop_listeners(s);
	for (struct conn *c = s->idle.first; c; c = c->next)
		conn_drain(c);
	s->stopped = done;
	s->stopped_arg = arg;
	s->grace.fn = on_grace_over;
	loop_timer_set(s->loop, &s->grace, grace_ms);
	httpd_conn_gone(s); /* there may be none */
}

size_t httpd_connections(const struct httpd *s)
{
	return s->n_conns;
}

void httpd_free(struct httpd *s)
{
	if (!s)
		return;
	s->stopped = NULL;
	drop_listeners(s);
	close_all(s);
	loop_timer_clear(s->loop, &s->grace);
	while (s->free_exchanges) {
		struct exchange *x = s->free_exchanges;

		s->free_exchanges = x->next_free;
		free_exchange(x);
	}
	while (s->free_buffers) {
		char *b = s->free_buffers;

		memcpy(&s->free_buffers, b, sizeof(char *));
		free(b);
	}
	free(s);
}
