// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection: a state machine that conn_advance() drives as far as it goes without waiting.
 * The descriptor is registered once, edge-triggered; can_read and can_write remember what the
 * edges said until the kernel says EAGAIN. While a request is being answered nothing is read, so
 * a client that pipelines is slowed down by its own socket.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "httpd/conn.h"

#define TURNS      32 /* requests of one connection before others get their turn */
#define ACK_MS     10
#define ACK_TRIES  500
#define BODY_FIRST 16384u

/* TCP_CLOSE; only netinet/tcp.h names it, whose struct tcp_info lacks the counters */
#define TCP_STATE_CLOSE 7

#define containing(type, member, p) ((type *)(void *)((char *)(p)-offsetof(type, member)))

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

static void set_state(struct conn *c, enum conn_state state)
{
	const struct httpd_options *o = &c->server->options;

	c->state = state;
	c->progress = 0;
	list_as_idle(c, state == CONN_IDLE);
	switch (state) {
	case CONN_IDLE: arm(c, o->idle_ms); break;
	case CONN_HEAD: arm(c, o->head_ms); break;
	case CONN_BODY:
	case CONN_WRITE: arm(c, o->stall_ms); break;
	case CONN_ACK: arm(c, ACK_MS); break;
	case CONN_LINGER: arm(c, o->linger_ms); break;
	case CONN_WAIT: /* the handler has its own deadlines */
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
	loop_del(s->loop, &c->io);
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
		set_state(c, CONN_DEAD);
	} else {
		destroy(c);
	}
}

/* ---- reading ---- */

enum got { GOT_BYTES, GOT_NOTHING, GOT_EOF };

static enum got receive(struct conn *c, char *to, size_t room, size_t *n)
{
	ssize_t r;

	*n = 0;
	if (!c->can_read)
		return GOT_NOTHING;
	do
		r = recv(c->io.fd, to, room, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EAGAIN) {
		c->can_read = false;
		return GOT_NOTHING;
	}
	if (r <= 0) {
		c->failed |= r < 0;
		return GOT_EOF;
	}
	*n = (size_t)r;
	/* a short read empties the socket; its end, if any, has an edge of its own */
	if (*n < room && !c->hangup)
		c->can_read = false;
	c->progress += *n;
	return GOT_BYTES;
}

/* More bytes behind in_end. The head of the current request must not move, so nothing is moved. */
static enum got fill(struct conn *c)
{
	size_t n;
	enum got got;

	if (!c->in)
		c->in = httpd_take_buffer(c->server);
	got = receive(c, c->in + c->in_end, CONN_BUFFER - c->in_end, &n);
	c->in_end += n;
	return got;
}

static void drop_empty_buffer(struct conn *c)
{
	if (!c->in || c->in_start != c->in_end)
		return;
	httpd_give_buffer(c->server, c->in);
	c->in = NULL;
	c->in_start = c->in_end = 0;
}

/*
 * Between requests: what has already arrived of the next one moves to the front when less than a
 * whole head and a quarter of the buffer for its body would fit behind it.
 */
static void make_room(struct conn *c)
{
	if (c->in_start <= CONN_BUFFER - HTTP_MAX_HEAD - CONN_BUFFER / 4)
		return;
	memmove(c->in, c->in + c->in_start, c->in_end - c->in_start);
	c->in_end -= c->in_start;
	c->in_start = 0;
}

static void begin_exchange(struct conn *c)
{
	struct exchange *x = httpd_take_exchange(c->server);

	x->conn = c;
	x->r.client = c->client;
	x->r.listener = c->listener;
	x->r.started = loop_now(c->server->loop);
	c->x = x;
	make_room(c);
	set_state(c, CONN_HEAD);
}

static void to_handler(struct conn *c)
{
	struct httpd *s = c->server;
	struct exchange *x = c->x;

	x->r.body = (struct http_slice){x->body, x->body_len};
	set_state(c, CONN_WAIT);
	s->handler.on_request(&x->r, s->handler.arg);
}

static bool body_fits(struct conn *c, uint64_t more)
{
	struct exchange *x = c->x;

	if (more > c->server->options.body_limit - x->body_len) {
		conn_refuse(c, 413, "request body too large");
		return false;
	}
	return true;
}

/* Room grows with what has really arrived: a claim of 32 MiB alone costs us nothing. */
static bool body_reserve(struct conn *c, size_t more)
{
	struct httpd *s = c->server;
	struct exchange *x = c->x;
	size_t room = x->body_room ? x->body_room : BODY_FIRST;
	char *grown;

	while (room < x->body_len + more)
		room *= 2;
	if (room == x->body_room)
		return true;
	if (room - x->body_room > s->options.body_total - s->body_total) {
		conn_refuse(c, 503, "too many large requests at once");
		return false;
	}
	grown = realloc(x->body, room);
	if (!grown) {
		conn_refuse(c, 503, "out of memory");
		return false;
	}
	s->body_total += room - x->body_room;
	x->body = grown;
	x->body_room = room;
	return true;
}

static void head_complete(struct conn *c)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct exchange *x = c->x;

	c->in_start += x->head.size;
	x->r.bytes_in = x->head.size;
	x->close = !x->head.keep_alive;
	http_body_init(&x->decoder, &x->head);
	if (x->head.framing == HTTP_BODY_NONE) {
		to_handler(c);
		return;
	}
	set_state(c, CONN_BODY);
	if (x->head.framing == HTTP_BODY_LENGTH && !body_fits(c, x->head.content_length))
		return;
	/* the last answer is out, so this fits the socket; a client that does not get it, waits a
	 * second and sends anyway */
	if (x->head.expect_continue && c->in_start == c->in_end)
		(void)send(c->io.fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static bool step_head(struct conn *c)
{
	struct exchange *x = c->x;

	switch (http_head_parse(&x->head, c->in + c->in_start, c->in_end - c->in_start)) {
	case HTTP_DONE: head_complete(c); return true;
	case HTTP_BAD:
		x->r.bytes_in = c->in_end - c->in_start;
		conn_refuse(c, x->head.error, x->head.error_text);
		return true;
	case HTTP_MORE: break;
	}
	switch (fill(c)) {
	case GOT_BYTES: return true;
	case GOT_NOTHING: return false;
	case GOT_EOF: break;
	}
	conn_close(c);
	return true;
}

/* Decodes what the buffer holds. False: nothing left in it and the body goes on. */
static bool decode_buffered(struct conn *c)
{
	struct exchange *x = c->x;
	struct http_slice in = {c->in + c->in_start, c->in_end - c->in_start}, data;
	enum http_parse p = HTTP_MORE;

	while (p == HTTP_MORE && in.n) {
		p = http_body_decode(&x->decoder, &in, &data);
		if (p == HTTP_BAD) {
			conn_refuse(c, x->decoder.error, x->decoder.error_text);
			return true;
		}
		if (!data.n)
			continue;
		if (!body_fits(c, data.n) || !body_reserve(c, data.n))
			return true;
		memcpy(x->body + x->body_len, data.p, data.n);
		x->body_len += data.n;
	}
	x->r.bytes_in += (size_t)(in.p - (c->in + c->in_start));
	c->in_start = c->in_end - in.n;
	if (p != HTTP_DONE)
		return false;
	to_handler(c);
	return true;
}

/* A body of known length goes straight to its place, without a copy. */
static enum got receive_body(struct conn *c)
{
	struct exchange *x = c->x;
	struct http_slice in, data;
	enum got got;
	size_t n, room;

	if (!body_reserve(c, 1))
		return GOT_BYTES;
	room = x->body_room - x->body_len;
	if (room > x->decoder.left)
		room = (size_t)x->decoder.left;
	got = receive(c, x->body + x->body_len, room, &n);
	in = (struct http_slice){x->body + x->body_len, n};
	x->body_len += n;
	x->r.bytes_in += n;
	if (http_body_decode(&x->decoder, &in, &data) == HTTP_DONE)
		to_handler(c);
	return got;
}

static bool step_body(struct conn *c)
{
	struct exchange *x = c->x;
	enum got got;

	if (c->in_start < c->in_end && decode_buffered(c))
		return true;
	/* the buffer is empty: chunks go behind the head, over what has been decoded */
	c->in_start = c->in_end = (size_t)(x->head.method.p - c->in) + x->head.size;
	got = x->head.framing == HTTP_BODY_LENGTH ? receive_body(c) : fill(c);
	if (got == GOT_EOF)
		conn_close(c);
	return got != GOT_NOTHING;
}

static bool step_idle(struct conn *c)
{
	if (c->in_start == c->in_end) {
		enum got got;

		c->in_start = c->in_end = 0;
		got = fill(c);
		if (got != GOT_BYTES) {
			drop_empty_buffer(c);
			if (got == GOT_EOF)
				conn_close(c);
			return got == GOT_EOF;
		}
	}
	begin_exchange(c);
	return true;
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
	bool close_after = c->x->close || c->server->stopping;
	bool unread = c->x->refused;

	if (client_sends_no_more(c)) {
		set_state(c, CONN_ACK);
		return;
	}
	end_exchange(c, true);
	if (!close_after) {
		drop_empty_buffer(c);
		set_state(c, CONN_IDLE);
		return;
	}
	/* closing with unread bytes would send a reset, which can overtake our answer */
	if (!unread && c->in_start == c->in_end && !c->can_read) {
		conn_close(c);
		return;
	}
	(void)shutdown(c->io.fd, SHUT_WR); /* fails only where the peer is gone already */
	set_state(c, CONN_LINGER);
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

static bool step_linger(struct conn *c)
{
	enum got got;

	if (!c->in)
		c->in = httpd_take_buffer(c->server);
	c->in_start = c->in_end = 0;
	got = fill(c);
	c->in_start = c->in_end = 0;
	if (got == GOT_EOF)
		conn_close(c);
	return got != GOT_NOTHING;
}

static bool step(struct conn *c)
{
	switch (c->state) {
	case CONN_IDLE:
		if (++c->turns > TURNS && c->in_start < c->in_end) {
			arm(c, 1); /* the rest of the pipeline after the others */
			return false;
		}
		return step_idle(c);
	case CONN_HEAD: return step_head(c);
	case CONN_BODY: return step_body(c);
	case CONN_WRITE: return step_write(c);
	case CONN_LINGER: return step_linger(c);
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
	struct conn *c = containing(struct conn, io, io);

	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->can_read = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		c->hangup = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		c->can_write = true;
	/* a client that only stops sending (RDHUP) still gets its answer; one that is gone does not */
	if ((events & EPOLLERR || (events & EPOLLHUP && c->state != CONN_LINGER)) &&
	    c->state != CONN_IDLE) {
		conn_close(c);
		return;
	}
	conn_advance(c);
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
		arm(c, ACK_MS);
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

static void on_deadline(struct loop_timer *t)
{
	struct conn *c = containing(struct conn, timer, t);

	switch (c->state) {
	case CONN_IDLE:
		if (c->in_start < c->in_end) {
			conn_advance(c);
			return;
		}
		break;
	case CONN_HEAD:
		conn_refuse(c, 408, "the request took too long");
		conn_advance(c);
		return;
	case CONN_BODY:
		if (moved(c)) {
			arm(c, c->server->options.stall_ms);
		} else {
			conn_refuse(c, 408, "the request body took too long");
			conn_advance(c);
		}
		return;
	case CONN_WRITE:
		if (moved(c)) {
			arm(c, c->server->options.stall_ms);
			return;
		}
		break;
	case CONN_ACK: check_ack(c); return;
	case CONN_WAIT:
	case CONN_LINGER:
	case CONN_DEAD: break;
	}
	conn_close(c);
}

void conn_open(struct httpd *s, int fd, const struct sockaddr_in *client, void *listener)
{
	struct conn *c = calloc(1, sizeof(*c));
	int one = 1;

	if (!c)
		abort();
	c->server = s;
	c->client = *client;
	c->listener = listener;
	c->io.fn = on_event;
	c->timer.fn = on_deadline;
	c->can_write = true;
	/* answers are written whole: waiting to fill a segment only costs time (not TCP: no matter) */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (loop_add(s->loop, &c->io, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET) < 0) {
		(void)close(fd); /* the kernel has no memory left for this one */
		free(c);
		return;
	}
	s->n_conns++;
	conn_list_add(&s->idle, c);
	c->idle_listed = true;
	set_state(c, CONN_IDLE);
}
