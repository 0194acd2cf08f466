// SPDX-License-Identifier: GPL-2.0-only
/* One call: connect, send, receive, decide what becomes of the connection. */
#include "base/container_of.h"
#include "httpd/upstream_call.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MAX_INTERIM 8
#define AT_ONCE \
	65536u /* bytes of a body of known length, for which there is room before they come */

/* done() runs while the call still exists; the connection has been dealt with before. */
static void finish(struct upstream_call *call, const struct upstream_result *result)
{
	if (call->conn)
		pool_close(call->conn);
	call->conn = NULL;
	loop_timer_pause(&call->timer);
	call->request.done(call, result, call->request.arg);
	pool_free_call(call);
}

static void fail(struct upstream_call *call, enum upstream_outcome outcome, int errnum,
		 const char *why)
{
	finish(call, &(struct upstream_result){.outcome = outcome, .errnum = errnum, .why = why});
}

static void step(struct upstream_call *call);

static void on_deadline(struct loop_timer *t)
{
	struct upstream_call *call = container_of(t, struct upstream_call, timer);

	if (call->errnum)
		fail(call, UPSTREAM_CONNECT, call->errnum, "cannot connect");
	else if (call->connecting)
		fail(call, UPSTREAM_CONNECT, ETIMEDOUT, "connecting took too long");
	else if (call->shaking_hands)
		fail(call, UPSTREAM_SECURITY, ETIMEDOUT, "the handshake took too long");
	else
		fail(call, UPSTREAM_TIMEOUT, 0, "no whole answer in time");
}

static void arm(struct upstream_call *call, uint64_t limit_ms)
{
	uint64_t now = loop_now(pool_loop(call->upstream));
	uint64_t left = call->due > now ? call->due - now : 0;

	loop_timer_set(pool_loop(call->upstream), &call->timer, left < limit_ms ? left : limit_ms);
}

static void on_send(struct loop_later *later)
{
	step(container_of(later, struct upstream_call, send));
}

static struct http_slice rest(struct http_slice s, size_t *sent)
{
	size_t n = *sent < s.n ? *sent : s.n;

	*sent -= n;
	return (struct http_slice){s.p + n, s.n - n};
}

/* What is left to be sent; how many of them. */
static int parts_of(const struct upstream_call *call, struct iovec parts[LOOP_PARTS])
{
	size_t sent = call->sent;
	const struct http_slice head = rest(call->request.head, &sent);
	const struct http_slice body = rest(call->request.body, &sent);

	parts[0] = (struct iovec){(void *)(uintptr_t)head.p, head.n};
	parts[1] = (struct iovec){(void *)(uintptr_t)body.p, body.n};
	return body.n ? 2 : 1;
}

/* Before answers are sent: the backend is at work while they are. */
static void send_later(struct upstream_call *call)
{
	struct loop *l = pool_loop(call->upstream);

	if (call->conn->secured.security)
		loop_later_set(l, &call->send, LOOP_LATER);
	else
		loop_later_send(l, &call->send, LOOP_LATER, call->conn->io.fd, call->parts,
				parts_of(call, call->parts));
}

void call_begin(struct upstream_call *call, bool fresh)
{
	call->timer.fn = on_deadline;
	call->sent = 0;
	call->can_read = call->hangup = call->write_failed = call->shaking_hands = false;
	http_head_init_response(&call->head, call->request.head_request);
	call->conn = fresh ? NULL : pool_take(call);
	call->reused = call->conn != NULL;
	call->connecting = !call->reused;
	call->can_write = call->reused;
	if (!call->conn)
		call->conn = pool_connect(call);
	if (!call->conn) {
		/* told by the timer: done() is never called from within upstream_start() */
		call->errnum = errno;
		loop_timer_set(pool_loop(call->upstream), &call->timer, 0);
		return;
	}
	arm(call, call->connecting ? call->request.connect_ms : UINT64_MAX);
	if (call->reused) { /* a new one has its edge when it is connected */
		call->send.fn = on_send;
		send_later(call);
	}
}

/* The connection died. A pooled one may simply have been too old: see the header. */
static void died(struct upstream_call *call, int errnum)
{
	bool safe = call->sent == 0 || call->request.idempotent;

	if (!call->reused || call->retried || call->received > 0 || !safe) {
		fail(call, UPSTREAM_CLOSED, errnum, "closed before the answer was whole");
		return;
	}
	pool_close(call->conn);
	call->conn = NULL;
	call->retried = true;
	call_begin(call, true);
}

/* ---- sending ---- */

static bool all_sent(const struct upstream_call *call)
{
	return call->sent == call->request.head.n + call->request.body.n;
}

static void transmit(struct upstream_call *call)
{
	while (call->can_write && !call->write_failed && !all_sent(call)) {
		ssize_t n;

		if (!loop_later_sent(&call->send, &n)) {
			loop_later_clear(&call->send);
			n = secured_send(&call->conn->secured, call->conn->io.fd, call->parts,
					 parts_of(call, call->parts));
		}
		if (n >= 0) {
			call->sent += (size_t)n;
			call->times.sent = loop_now(pool_loop(call->upstream));
		} else if (errno == EAGAIN)
			call->can_write = false;
		else if (errno != EINTR)
			call->write_failed = true; /* an answer may have come before: read on */
	}
}

/* ---- receiving ---- */

static void complete(struct upstream_call *call, bool left_over)
{
	struct upstream_result result = {
		.outcome = UPSTREAM_OK,
		.why = "",
		.head = &call->head,
		.body = {call->body.p, call->body.n},
	};

	/* can_read: the socket may hold more, whose edge has passed already */
	if (call->head.keep_alive && !left_over && all_sent(call) && !call->write_failed &&
	    !call->hangup && (!call->can_read || secure_is_dry(call->conn))) {
		pool_give(call->conn);
		call->conn = NULL;
	}
	finish(call, &result);
}

static bool busy(struct upstream_call *call)
{
	fail(call, UPSTREAM_BUSY, 0, "too many large answers at once");
	return false;
}

static bool keep(struct upstream_call *call, struct http_slice data)
{
	struct upstream_body *b = &call->body;

	if (data.p == b->p + b->n) { /* where it belongs: see place() */
		b->n += data.n;
		return true;
	}
	if (data.n > call->request.max_body - b->n) {
		fail(call, UPSTREAM_TOO_LARGE, 0, "the answer is too large");
		return false;
	}
	if (data.n == 0)
		return true;
	if (!pool_reserve(call, b->n + data.n))
		return busy(call);
	memcpy(b->p + b->n, data.p, data.n);
	b->n += data.n;
	return true;
}

/* Both give true where the call goes on and needs more bytes; else it is finished. */
static bool decode(struct upstream_call *call, struct http_slice in)
{
	enum http_parse p = HTTP_MORE;

	do {
		struct http_slice data;

		p = http_body_decode(&call->decoder, &in, &data);
		if (p == HTTP_BAD) {
			fail(call, UPSTREAM_MALFORMED, 0, call->decoder.error_text);
			return false;
		}
		if (!keep(call, data))
			return false;
	} while (p == HTTP_MORE && in.n);
	if (p == HTTP_MORE)
		return true;
	complete(call, in.n > 0);
	return false;
}

/*
 * The head came without its whole body. A backend that sent them one by one may be waiting for our
 * acknowledgement (Nagle's algorithm), and the kernel would delay that by 40 ms.
 */
static void acknowledge(const struct upstream_call *call)
{
	int one = 1;

	/* only faster */
	(void)setsockopt(call->conn->io.fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

static bool parse_heads(struct upstream_call *call)
{
	for (;;) {
		switch (http_head_parse(&call->head, call->in, call->in_len)) {
		case HTTP_MORE: return true;
		case HTTP_BAD:
			fail(call, UPSTREAM_MALFORMED, 0, call->head.error_text);
			return false;
		case HTTP_DONE: break;
		}
		if (call->head.status >= 200)
			break;
		if (call->head.status == 101 || ++call->interim > MAX_INTERIM) {
			fail(call, UPSTREAM_MALFORMED, 0, "101, or too many interim answers");
			return false;
		}
		call->in_len -= call->head.size;
		memmove(call->in, call->in + call->head.size, call->in_len);
		http_head_init_response(&call->head, call->request.head_request);
	}
	call->head_done = true;
	http_body_init(&call->decoder, &call->head);
	if (call->head.framing == HTTP_BODY_LENGTH &&
	    call->head.content_length > call->request.max_body) {
		fail(call, UPSTREAM_TOO_LARGE, 0, "the answer is too large");
		return false;
	}
	if (!decode(call, (struct http_slice){call->in + call->head.size,
					      call->in_len - call->head.size}))
		return false;
	acknowledge(call);
	return true;
}

static void at_end(struct upstream_call *call, int errnum)
{
	call->hangup = true;
	if (call->head_done && !errnum && http_body_eof(&call->decoder) == HTTP_DONE)
		complete(call, true);
	else
		died(call, errnum);
}

/*
 * Where the next bytes go. The head stays where its slices point; bodies are decoded behind it. One of known
 * length goes straight to its place, with room for a byte that does not belong to it, so that one that ends
 * where it should leaves the read short. Room is for what has arrived and as much again: a claim costs us nothing.
 */
static bool place(struct upstream_call *call, char **to, size_t *room)
{
	size_t at = call->head_done ? call->head.size : call->in_len;
	struct upstream_body *b = &call->body;
	size_t step = b->n < AT_ONCE ? AT_ONCE : b->n;

	*to = call->in + at;
	*room = UPSTREAM_BUFFER - at;
	if (!call->head_done || call->decoder.framing != HTTP_BODY_LENGTH)
		return true;
	if (call->decoder.left < step)
		step = (size_t)call->decoder.left + 1;
	if (!pool_reserve_exactly(call, b->n + step))
		return busy(call);
	*to = b->p + b->n;
	*room = step;
	return true;
}

/* False: the call is finished. */
static bool receive(struct upstream_call *call)
{
	while (call->can_read) {
		char *to;
		size_t room;
		ssize_t n;
		bool more;

		if (!place(call, &to, &room))
			return false;
		n = secured_recv(&call->conn->secured, call->conn->io.fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			call->can_read = false;
			return true;
		}
		if (n <= 0) {
			at_end(call, n < 0 ? errno : 0);
			return false;
		}
		if (!call->received)
			call->times.answering = loop_now(pool_loop(call->upstream));
		call->received += (uint64_t)n;
		if ((size_t)n < room && !call->hangup && !call->conn->secured.session)
			call->can_read = false; /* what a session gives at once is a record */
		if (call->head_done) {
			more = decode(call, (struct http_slice){to, (size_t)n});
		} else {
			call->in_len += (size_t)n;
			more = parse_heads(call);
		}
		if (!more)
			return false;
	}
	return true;
}

static void step(struct upstream_call *call)
{
	transmit(call);
	if (call->write_failed)
		call->can_read = true; /* whether or not an edge said so */
	if (receive(call) && call->write_failed)
		at_end(call, EPIPE);
}

static bool connected(struct upstream_call *call)
{
	int e = 0;
	socklen_t len = sizeof(e);

	if (getsockopt(call->conn->io.fd, SOL_SOCKET, SO_ERROR, &e, &len) < 0)
		e = errno;
	if (e) {
		fail(call, UPSTREAM_CONNECT, e, "cannot connect");
		return false;
	}
	call->connecting = false;
	call->shaking_hands = call->conn->secured.security != NULL;
	if (!call->shaking_hands) /* which has what is left of connect_ms */
		arm(call, UINT64_MAX);
	return true;
}

/* True when it is over, and well. */
static bool shake_hands(struct upstream_call *call)
{
	if (secure_handshake(call->conn) < 0) {
		if (errno != EAGAIN)
			fail(call, UPSTREAM_SECURITY, errno, "the handshake failed");
		return false;
	}
	call->shaking_hands = false;
	/* what came with it has had its edge */
	call->can_read = call->can_write = true;
	arm(call, UINT64_MAX);
	return true;
}

void call_event(struct upstream_call *call, uint32_t events)
{
	if (call->connecting) {
		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) || !connected(call))
			return;
	}
	if (call->send.next) { /* nothing was asked yet: what can be read is no answer of ours */
		if (pool_is_spoilt(call->conn, events)) {
			loop_later_clear(&call->send);
			died(call, 0);
		}
		return; /* an edge of EPOLLOUT says nothing new: on_send() is to come */
	}
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		call->can_read = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		call->hangup = true;
	if (events & EPOLLOUT)
		call->can_write = true;
	if (!call->shaking_hands || shake_hands(call))
		step(call);
}
