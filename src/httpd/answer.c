// SPDX-License-Identifier: GPL-2.0-only
/* Answers: our own framing, one sendmsg for head and body. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "http/write.h"
#include "httpd/conn.h"

#define JOINED_MAX \
	1024 /* bytes of a body that is copied behind its head: less work than a second piece */
#define HEAD_EXTRA 256 /* status line, Date, Content-Length, Connection and the empty line */

static bool bodyless(int status)
{
	return status < 200 || status == 204 || status == 304;
}

static bool is_head(const struct exchange *x)
{
	return http_slice_equal(x->head.method, http_slice("HEAD"));
}

static void write_length(struct http_writer *w, const struct exchange *x,
			 const struct httpd_answer *a)
{
	switch (is_head(x) ? a->length : HTTPD_LENGTH_OF_BODY) {
	case HTTPD_LENGTH_OF_BODY: http_write_length(w, a->body.n); break;
	case HTTPD_LENGTH_GIVEN: http_write_length(w, a->head_length); break;
	case HTTPD_LENGTH_UNKNOWN: break;
	}
}

/* The head of the answer, in the arena of the request, and room behind it. NULL: too large or malformed. */
static char *write_head(struct exchange *x, const struct httpd_answer *a, size_t more, size_t *len)
{
	size_t room = HEAD_EXTRA + more;
	struct http_writer w;
	char *buf;

	for (size_t i = 0; i < a->n_headers; i++)
		room += a->headers[i].name.n + a->headers[i].value.n + 4;
	buf = arena_alloc(x->r.arena, room);
	if (!buf)
		return NULL;
	w = http_writer(buf, room);
	http_write_status_line(&w, a->status);
	http_write_named(&w, "Date", http_slice(httpd_date(x->conn->server)));
	for (size_t i = 0; i < a->n_headers; i++)
		http_write_header(&w, a->headers[i].name, a->headers[i].value);
	if (!bodyless(a->status) && !a->stream)
		write_length(&w, x, a);
	if (x->close)
		http_write_named(&w, "Connection", http_slice("close"));
	else if (x->head.minor == 0)
		http_write_named(&w, "Connection", http_slice("keep-alive"));
	if (!http_write_end(&w))
		return NULL;
	*len = w.len;
	return buf;
}

/* Together with others, where nothing has to be said before it. */
static void write_later(struct conn *c)
{
	const struct exchange *x = c->x;

	if (!c->secured.security && c->can_write && !x->go_on)
		loop_later_send(c->server->loop, &c->write, LOOP_LAST, c->io.fd, x->out,
				x->out[1].iov_len ? 2 : 1);
	else
		loop_later_set(c->server->loop, &c->write, LOOP_LAST);
}

int httpd_respond(struct httpd_request *r, const struct httpd_answer *answer)
{
	struct exchange *x = (struct exchange *)(void *)r;
	struct conn *c = x->conn;
	bool no_body = bodyless(answer->status) || is_head(x);
	size_t body = no_body ? 0 : answer->body.n, joined = body <= JOINED_MAX ? body : 0, len = 0;
	char *head;

	x->close |= answer->close || answer->stream || c->server->stopping;
	x->streams = answer->stream;
	head = write_head(x, answer, joined, &len);
	if (!head) {
		free(answer->free_body);
		return -1;
	}
	x->free_body = answer->free_body;
	x->answered = true;
	if (joined)
		memcpy(head + len, answer->body.p, joined);
	x->out[0] = (struct iovec){head, len + joined};
	x->out[1] = (struct iovec){(void *)(uintptr_t)answer->body.p, body - joined};
	c->state = CONN_WRITE;
	c->progress = 0;
	loop_timer_set(c->server->loop, &c->timer, c->server->options.stall_ms);
	if (!c->advancing) /* else it goes on by itself */
		write_later(c);
	return 0;
}

/* ---- answers that go on ---- */

bool conn_take_more(struct exchange *x)
{
	if (!x->more_len)
		return false;
	free(x->free_body);
	x->free_body = x->more;
	x->out[0] = (struct iovec){0};
	x->out[1] = (struct iovec){x->more, x->more_len};
	x->more = NULL;
	x->more_len = x->more_room = 0;
	return true;
}

static void append(struct exchange *x, const char *text, size_t len)
{
	if (x->more_room < x->more_len + len) {
		x->more_room = 2 * (x->more_len + len);
		x->more = realloc(x->more, x->more_room);
		if (!x->more)
			abort();
	}
	memcpy(x->more + x->more_len, text, len);
	x->more_len += len;
}

static void go_on(struct conn *c)
{
	if (c->state != CONN_STREAM)
		return; /* answer_is_out() will look */
	conn_set_state(c, CONN_WRITE);
	conn_advance(c);
}

int httpd_stream_send(struct httpd_request *r, const char *text, size_t len)
{
	struct exchange *x = (struct exchange *)(void *)r;

	if (!x->streams || len > HTTPD_STREAM_MAX - x->more_len)
		return -1;
	append(x, text, len);
	go_on(x->conn);
	return 0;
}

void httpd_stream_end(struct httpd_request *r)
{
	struct exchange *x = (struct exchange *)(void *)r;

	x->streams = false;
	go_on(x->conn);
}

void conn_refuse(struct conn *c, int status, const char *why)
{
	struct httpd *s = c->server;
	struct exchange *x = c->x;

	x->close = true;
	x->refused = true;
	/* the handler's view: there is no body, whatever has been read of it */
	x->r.body = (struct http_slice){NULL, 0};
	c->state = CONN_WAIT;
	loop_timer_clear(s->loop, &c->timer);
	if (s->handler.on_refuse)
		s->handler.on_refuse(&x->r, status, why, s->handler.arg);
	if (!x->answered && httpd_respond(&x->r, &(struct httpd_answer){.status = status}) < 0)
		conn_close(c); /* not even an empty head fits */
}

/* What one write has done, 0 also where it is to be tried again; *full: it is the socket's turn. */
static ssize_t write_parts(struct conn *c, const struct iovec *parts, int n, bool *full)
{
	ssize_t written;

	if (!loop_later_sent(&c->write, &written)) {
		loop_later_clear(&c->write); /* else the same would be sent once more */
		written = secured_send(&c->secured, c->io.fd, parts, n);
	}
	*full = written < 0 && errno == EAGAIN;
	if (*full)
		c->can_write = false;
	return *full || (written < 0 && errno == EINTR) ? 0 : written;
}

int conn_write_go_on(struct conn *c)
{
	static const char text[CONN_GO_ON + 1] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct exchange *x = c->x;
	bool full = false;

	while (x->go_on && !full) {
		const char *left = text + CONN_GO_ON - x->go_on;
		const ssize_t n = write_parts(c, &(struct iovec){(void *)(uintptr_t)left, x->go_on},
					      1, &full);

		if (n < 0)
			return -1;
		x->go_on -= (size_t)n;
	}
	return !full;
}

int conn_write(struct conn *c)
{
	struct exchange *x = c->x;
	int gone_on = conn_write_go_on(c);

	if (gone_on <= 0)
		return gone_on;
	while (x->out[0].iov_len + x->out[1].iov_len) {
		bool head_out = x->out[0].iov_len == 0;
		bool full;
		ssize_t n = write_parts(c, &x->out[head_out],
					head_out || !x->out[1].iov_len ? 1 : 2, &full);
		size_t head;

		if (n < 0 || full)
			return n < 0 ? -1 : 0;
		x->r.bytes_out += (uint64_t)n;
		c->progress += (uint64_t)n;
		head = (size_t)n < x->out[0].iov_len ? (size_t)n : x->out[0].iov_len;
		for (int i = 0; i < 2; i++) {
			size_t part = i == 0 ? head : (size_t)n - head;

			if (part == 0) /* there may be no such piece at all */
				continue;
			x->out[i].iov_base = (char *)x->out[i].iov_base + part;
			x->out[i].iov_len -= part;
		}
	}
	return 1;
}
