// SPDX-License-Identifier: GPL-2.0-only
/* The reading half of a connection: heads, and bodies into memory that grows as they arrive. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "httpd/conn.h"

#define BODY_FIRST 16384u

static enum got receive(struct conn *c, char *to, size_t room, size_t *n)
{
	ssize_t r;

	*n = 0;
	if (!c->can_read)
		return GOT_NOTHING;
	do
		r = secured_recv(&c->secured, c->io.fd, to, room);
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EAGAIN) {
		c->can_read = false;
		return GOT_NOTHING;
	}
	if (r <= 0)
		return GOT_EOF;
	*n = (size_t)r;
	/* a short read empties the socket; its end, if any, has an edge of its own. A session gives less
	 * than it has. */
	if (*n < room && !c->hangup && !c->secured.session)
		c->can_read = false;
	c->progress += *n;
	return GOT_BYTES;
}

enum got conn_fill(struct conn *c)
{
	size_t n;
	enum got got;

	if (!c->in)
		c->in = httpd_take_buffer(c->server);
	got = receive(c, c->in + c->in_end, CONN_BUFFER - c->in_end, &n);
	c->in_end += n;
	return got;
}

enum got conn_discard(struct conn *c)
{
	char nowhere[8192];
	size_t n;

	return receive(c, nowhere, sizeof(nowhere), &n);
}

void conn_drop_empty_buffer(struct conn *c)
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
	x->r.secure = c->secured.security != NULL;
	x->r.started = loop_now(c->server->loop);
	c->x = x;
	make_room(c);
	conn_set_state(c, CONN_HEAD);
}

static void to_handler(struct conn *c, struct http_slice body)
{
	struct httpd *s = c->server;
	struct exchange *x = c->x;

	if (c->hangup && s->options.half_close == HTTPD_HAS_LEFT) {
		conn_close(c);
		return;
	}
	x->r.body = body;
	conn_set_state(c, CONN_WAIT);
	s->handler.on_request(&x->r, s->handler.arg);
	if (c->state == CONN_WAIT && conn_has_left(c))
		conn_close(c);
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
	struct exchange *x = c->x;

	c->in_start += x->head.size;
	x->r.bytes_in = x->head.size;
	x->close = !x->head.keep_alive;
	http_body_init(&x->decoder, &x->head);
	if (x->head.framing == HTTP_BODY_NONE) {
		to_handler(c, (struct http_slice){NULL, 0});
		return;
	}
	conn_set_state(c, CONN_BODY);
	if (x->head.framing == HTTP_BODY_LENGTH && !body_fits(c, x->head.content_length))
		return;
	if (x->head.expect_continue && c->in_start == c->in_end)
		x->go_on = CONN_GO_ON;
}

bool conn_step_head(struct conn *c)
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
	switch (conn_fill(c)) {
	case GOT_BYTES: return true;
	case GOT_NOTHING: return false;
	case GOT_EOF: break;
	}
	conn_close(c);
	return true;
}

static struct http_slice collected(const struct exchange *x)
{
	return (struct http_slice){x->body, x->body_len};
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
		if (!data.n || (p == HTTP_DONE && !x->body_len))
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
	/* one that came whole, behind its head, stays there: the buffer is not written to meanwhile */
	to_handler(c, x->body_len ? collected(x) : data);
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
		to_handler(c, collected(x));
	return got;
}

bool conn_step_body(struct conn *c)
{
	struct exchange *x = c->x;
	enum got got;

	/* what does not fit the socket goes out before the answer, at the latest */
	if (x->go_on && c->can_write && conn_write_go_on(c) < 0) {
		conn_close(c);
		return true;
	}
	if (c->in_start < c->in_end && decode_buffered(c))
		return true;
	/* the buffer is empty: chunks go behind the head, over what has been decoded */
	c->in_start = c->in_end = (size_t)(x->head.method.p - c->in) + x->head.size;
	got = x->head.framing == HTTP_BODY_LENGTH ? receive_body(c) : conn_fill(c);
	if (got == GOT_EOF)
		conn_close(c);
	return got != GOT_NOTHING;
}

bool conn_step_idle(struct conn *c)
{
	if (c->in_start == c->in_end) {
		enum got got;

		c->in_start = c->in_end = 0;
		got = conn_fill(c);
		if (got != GOT_BYTES) {
			conn_drop_empty_buffer(c);
			if (got == GOT_EOF)
				conn_close(c);
			return got == GOT_EOF;
		}
	}
	begin_exchange(c);
	return true;
}
