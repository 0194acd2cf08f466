// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection: a state machine that conn_advance() drives as far as it goes without waiting.
 * The descriptor is registered once, edge-triggered; can_read and can_write remember what the
 * edges said until the kernel says EAGAIN. While a request is being answered nothing is read, so
 * a client that pipelines is slowed down by its own socket.
 */
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/container_of.h"
#include "httpd/conn.h"

#define TURNS        32 /* steps of one connection before others get their turn */
#define TURN_MS      1
#define ACK_FIRST_MS 10 /* doubled with every look */
#define ACK_DOUBLED  6
#define ACK_TRIES    13 /* five seconds in all */

/* TCP_CLOSE; only netinet/tcp.h names it, whose struct tcp_info lacks the counters */
#define TCP_STATE_CLOSE 7

static void arm(struct conn *c, unsigned int ms)
{
	loop_timer_set(c->server->loop, &c->timer, ms);
}

static void list_as_idle(struct conn *c, bool idle)
{
	struct httpd *s = c->server;

	if (c->idle_listed == idle)
		return;
	conn_list_remove(c->idle_listed ? &s->idle : &s->busy, c);
	conn_list_add(idle ? &s->idle : &s->busy, c);
	c->idle_listed = idle;
}

void conn_set_state(struct conn *c, enum conn_state state)
{
	const struct httpd_options *o = &c->server->options;

	c->state = state;
	c->progress = 0;
	list_as_idle(c, state == CONN_IDLE || (state == CONN_HANDSHAKE && !c->secured.session));
	switch (state) {
	case CONN_HANDSHAKE: arm(c, o->handshake_ms); break;
	case CONN_IDLE: arm(c, c->server->stopping ? o->drain_ms : o->idle_ms); break;
	case CONN_HEAD: arm(c, o->head_ms); break;
	case CONN_BODY:
	case CONN_WRITE: arm(c, o->stall_ms); break;
	case CONN_ACK: arm(c, ACK_FIRST_MS); break;
	case CONN_LINGER:
		c->linger_due = loop_now(c->server->loop) + o->linger_ms;
		arm(c, o->linger_ms);
		break;
	case CONN_WAIT: /* the handler has its own deadlines */
	case CONN_STREAM: loop_timer_pause(&c->timer); break;
	case CONN_DEAD: loop_timer_clear(c->server->loop, &c->timer); break;
	}
}

static void end_exchange(struct conn *c, bool sent)
{
	struct exchange *x = c->x;
	struct httpd *s = c->server;

	if (!x)
		return;
	c->x = NULL;
	if (c->state != CONN_BODY && c->state != CONN_HEAD && s->handler.on_end)
		s->handler.on_end(&x->r, sent, s->handler.arg);
	httpd_give_exchange(s, x);
}

static void destroy(struct conn *c)
{
	struct httpd *s = c->server;

	end_exchange(c, false);
	loop_timer_clear(s->loop, &c->timer);
	loop_later_clear(&c->write);
	loop_del(s->loop, &c->io);
	secured_close(&c->secured);
	(void)close(c->io.fd); /* a socket: whatever close says, it is gone */
	if (c->in)
		httpd_give_buffer(s, c->in);
	conn_list_remove(c->idle_listed ? &s->idle : &s->busy, c);
	free(c);
	s->n_conns--;
	httpd_conn_gone(s);
}

void conn_close(struct conn *c)
{
	if (c->advancing) {
		end_exchange(c, false);
		conn_set_state(c, CONN_DEAD);
	} else {
		destroy(c);
	}
}

/* ---- writing, and how it ends ---- */

static bool client_sends_no_more(const struct conn *c)
{
	char byte;

	return c->hangup && c->in_start == c->in_end &&
	       recv(c->io.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void answer_is_out(struct conn *c)
{
	bool close_after = c->x->close; /* and never without having said so: see httpd_stop() */
	bool unread = c->x->refused;

	if (conn_take_more(c->x)) {
		conn_set_state(c, CONN_WRITE);
		return;
	}
	if (c->x->streams) {
		conn_set_state(c, CONN_STREAM);
		return;
	}
	if (client_sends_no_more(c)) {
		conn_set_state(c, CONN_ACK);
		return;
	}
	end_exchange(c, true);
	if (!close_after) {
		conn_drop_empty_buffer(c);
		conn_set_state(c, CONN_IDLE);
		return;
	}
	/* closing with unread bytes would send a reset, which can overtake our answer */
	if (!unread && c->in_start == c->in_end && !c->can_read) {
		conn_close(c);
		return;
	}
	conn_end(c);
	conn_set_state(c, CONN_LINGER);
}

static bool step_write(struct conn *c)
{
	int r = c->can_write ? conn_write(c) : 0;

	if (r < 0) {
		conn_close(c);
		return true;
	}
	if (r == 0)
		return false;
	answer_is_out(c);
	return true;
}

/* Behind a linger, and beside a stream: what the client still sends is of no interest. */
static bool step_discard(struct conn *c)
{
	const enum got got = conn_discard(c);

	c->in_start = c->in_end; /* and what came before */
	if (got == GOT_EOF)
		conn_close(c);
	return got != GOT_NOTHING;
}

/* Who sends as fast as we read would otherwise keep the loop to himself. */
static bool out_of_turns(struct conn *c, bool more)
{
	if (++c->turns <= TURNS || !more)
		return false;
	arm(c, TURN_MS);
	return true;
}

static bool step(struct conn *c)
{
	switch (c->state) {
	case CONN_HANDSHAKE: return conn_step_handshake(c);
	case CONN_IDLE:
		/* the rest of the pipeline after the others */
		return !out_of_turns(c, c->in_start < c->in_end || c->can_read) &&
		       conn_step_idle(c);
	case CONN_HEAD: return conn_step_head(c);
	case CONN_BODY: return conn_step_body(c);
	case CONN_WRITE: return step_write(c);
	case CONN_STREAM:
	case CONN_LINGER: return !out_of_turns(c, c->can_read) && step_discard(c);
	case CONN_WAIT:
	case CONN_ACK:
	case CONN_DEAD: break;
	}
	return false;
}

void conn_advance(struct conn *c)
{
	if (c->advancing)
		return;
	c->advancing = true;
	c->turns = 0;
	while (step(c))
		;
	c->advancing = false;
	if (c->state == CONN_DEAD)
		destroy(c);
}

/* ---- what the loop calls ---- */

static void on_event(struct loop_io *io, uint32_t events)
{
	struct conn *c = container_of(io, struct conn, io);

	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->can_read = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->hangup = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		c->can_write = true;
	/* a client that only stops sending (RDHUP) still gets its answer; one that is gone does not */
	if (((events & EPOLLERR || (events & EPOLLHUP && c->state != CONN_LINGER)) &&
	     c->state != CONN_IDLE) ||
	    (c->state == CONN_WAIT && conn_has_left(c))) {
		conn_close(c);
		return;
	}
	conn_advance(c);
}

static void on_write(struct loop_later *later)
{
	conn_advance(container_of(later, struct conn, write));
}

/* How far the peer has come: bytes acknowledged; and whether all are, and the connection stands. */
static bool all_acknowledged(const struct conn *c, uint64_t *acked, bool *broken)
{
	struct tcp_info ti = {0};
	socklen_t len = sizeof(ti);

	*acked = 0;
	*broken = false;
	if (getsockopt(c->io.fd, IPPROTO_TCP, TCP_INFO, &ti, &len) < 0)
		return true; /* not TCP: what was written has arrived */
	*acked = ti.tcpi_bytes_acked;
	*broken = ti.tcpi_state == TCP_STATE_CLOSE;
	return ti.tcpi_unacked == 0 && ti.tcpi_notsent_bytes == 0;
}

static void check_ack(struct conn *c)
{
	uint64_t acked;
	bool broken, all = all_acknowledged(c, &acked, &broken);

	if (!broken && !all && ++c->ack_tries < ACK_TRIES) {
		arm(c, ACK_FIRST_MS << (c->ack_tries < ACK_DOUBLED ? c->ack_tries : ACK_DOUBLED));
		return;
	}
	end_exchange(c, !broken);
	conn_close(c);
}

/* Slow is fine, standing still is not. For an answer, what the peer acknowledges counts as well. */
static bool moved(struct conn *c)
{
	uint64_t acked = c->acked;
	bool broken, progress;

	if (c->state == CONN_WRITE)
		(void)all_acknowledged(c, &acked, &broken); /* only the count matters here */
	progress = c->progress >= CONN_PROGRESS || acked - c->acked >= CONN_PROGRESS;
	c->acked = acked;
	c->progress = 0;
	return progress;
}

/* The rest of a pipeline, or a request that came while the deadline passed. */
static bool has_next(struct conn *c)
{
	char byte;

	if (c->in_start == c->in_end && !c->can_read)
		c->can_read = recv(c->io.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
	return c->in_start < c->in_end || c->can_read;
}

static void linger_on(struct conn *c)
{
	uint64_t now = loop_now(c->server->loop);

	if (now >= c->linger_due) {
		conn_close(c);
		return;
	}
	loop_timer_set(c->server->loop, &c->timer, c->linger_due - now);
	conn_advance(c);
}

static void on_deadline(struct loop_timer *t)
{
	struct conn *c = container_of(t, struct conn, timer);

	switch (c->state) {
	case CONN_IDLE:
		if (has_next(c)) {
			conn_set_state(c, CONN_IDLE);
			conn_advance(c);
			return;
		}
		break;
	case CONN_HEAD: conn_refuse(c, 408, "the request took too long"); return;
	case CONN_BODY:
		if (moved(c))
			arm(c, c->server->options.stall_ms);
		else
			conn_refuse(c, 408, "the request body took too long");
		return;
	case CONN_WRITE:
		if (moved(c)) {
			arm(c, c->server->options.stall_ms);
			return;
		}
		break;
	case CONN_ACK: check_ack(c); return;
	case CONN_LINGER: linger_on(c); return;
	case CONN_STREAM: conn_advance(c); return;
	case CONN_HANDSHAKE:
	case CONN_WAIT:
	case CONN_DEAD: break;
	}
	conn_close(c);
}

bool conn_has_left(const struct conn *c)
{
	return c->hangup && c->server->options.half_close != HTTPD_READS_ON;
}

void conn_drain(struct conn *c)
{
	if (c->in_start == c->in_end) /* else it goes on in a moment */
		arm(c, c->server->options.drain_ms);
}

void conn_open(struct httpd *s, int fd, const struct sockaddr_in *client, void *listener,
	       const struct httpd_security *security)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->server = s;
	c->client = *client;
	c->listener = listener;
	c->secured.security = security;
	c->io.fn = on_event;
	c->timer.fn = on_deadline;
	c->write.fn = on_write;
	c->can_write = true;
	if (loop_add(s->loop, &c->io, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) < 0) {
		(void)close(fd); /* the kernel has no memory left for this one */
		free(c);
		return;
	}
	s->n_conns++;
	conn_list_add(&s->idle, c);
	c->idle_listed = true;
	conn_set_state(c, security ? CONN_HANDSHAKE : CONN_IDLE);
}
