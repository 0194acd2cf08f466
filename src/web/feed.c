// SPDX-License-Identifier: GPL-2.0-only
#include "web/feed.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/container_of.h"

#define PIECE 65536

static void lose(struct web_feed *f)
{
	if (f->is_gone)
		return;
	f->is_gone = true;
	loop_del(f->loop, &f->io);
	f->gone(f);
}

static void give_lines(struct web_feed *f)
{
	char *at = f->in.s, *end;

	while (!f->is_gone && at && (end = strchr(at, '\n'))) {
		*end = '\0';
		f->line(f, at);
		at = end + 1;
	}
	if (!at)
		return;
	f->in.len -= (size_t)(at - f->in.s);
	memmove(f->in.s, at, f->in.len + 1);
	if (f->in.len > f->in_max)
		lose(f);
}

static void read_some(struct web_feed *f)
{
	char piece[PIECE];
	ssize_t n = recv(f->io.fd, piece, sizeof(piece), MSG_DONTWAIT);

	if (n > 0 && !memchr(piece, '\0', (size_t)n)) {
		strbuf_addn(&f->in, piece, (size_t)n);
		give_lines(f);
	} else if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
		lose(f);
	}
}

static void write_some(struct web_feed *f)
{
	while (!f->is_gone && f->out_at < f->out.len) {
		ssize_t n = send(f->io.fd, f->out.s + f->out_at, f->out.len - f->out_at,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && errno != EINTR)
			lose(f);
		if (n > 0)
			f->out_at += (size_t)n;
	}
	if (f->is_gone)
		return;
	if (f->out_at == f->out.len)
		strbuf_trunc(&f->out, f->out_at = 0);
	/* fails only for unknown descriptors */
	(void)loop_mod(f->loop, &f->io, EPOLLIN | (f->out.len ? (uint32_t)EPOLLOUT : 0));
}

static void on_event(struct loop_io *io, uint32_t events)
{
	struct web_feed *f = container_of(io, struct web_feed, io);

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_some(f);
	if (!f->is_gone && (events & EPOLLOUT))
		write_some(f);
}

int web_feed_open(struct web_feed *f, struct loop *loop, int fd)
{
	f->loop = loop;
	f->io.fn = on_event;
	return loop_add(loop, &f->io, fd, EPOLLIN);
}

void web_feed_done(struct web_feed *f)
{
	if (f->loop && !f->is_gone)
		loop_del(f->loop, &f->io);
	f->is_gone = true;
	strbuf_done(&f->in);
	strbuf_done(&f->out);
}

void web_feed_say(struct web_feed *f, const char *head, const char *text)
{
	if (f->is_gone)
		return;
	strbuf_printf(&f->out, "%s ", head);
	strbuf_add(&f->out, text);
	strbuf_addc(&f->out, '\n');
	write_some(f);
}

size_t web_feed_waiting(const struct web_feed *f)
{
	return f->out.len - f->out_at;
}
