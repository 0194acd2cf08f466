// SPDX-License-Identifier: GPL-2.0-only
#include "dns/peer.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns/internal.h"
#include "dns/must.h"

#define BURST \
	8 /* datagrams per turn: strangers cannot send to a connected socket, the server can */

static struct loop *loop_of(const struct dns_peer *p)
{
	return p->lookup->forwarder->loop;
}

void dns_peer_close(struct dns_peer *p)
{
	if (p->io.fd < 0)
		return;
	loop_del(loop_of(p), &p->io);
	(void)close(p->io.fd); /* nothing more is wanted of it */
	p->io.fd = -1;
	free(p->in);
	p->in = NULL;
	p->tcp = false;
	p->sent = p->got = 0;
}

static void fail(struct dns_peer *p)
{
	dns_peer_close(p);
	dns_lookup_next(p->lookup);
}

static enum dns_heard hear(struct dns_peer *p, const uint8_t *wire, size_t len,
			   struct dns_message *answer)
{
	const struct dns_lookup *l = p->lookup;

	return dns_relay_hear(l->relay, l->id, p->tcp ? DNS_TCP : DNS_UDP, wire, len, answer);
}

static bool open_socket(struct dns_peer *p, int type, void (*fn)(struct loop_io *, uint32_t),
			uint32_t events)
{
	static const int on = 1;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	p->io.fn = fn;
	/* without IP_RECVERR a UDP socket hears of closed ports only, not of missing routes */
	if ((type == SOCK_DGRAM && setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)) < 0) ||
	    (connect(fd, (const struct sockaddr *)p->server, sizeof(*p->server)) < 0 &&
	     errno != EINPROGRESS) ||
	    loop_add(loop_of(p), &p->io, fd, events) < 0) {
		(void)close(fd); /* nothing was sent */
		p->io.fd = -1;
		return false;
	}
	return true;
}

/* ---- TCP: one question, one answer ---- */

static bool send_question(struct dns_peer *p)
{
	const struct dns_lookup *l = p->lookup;
	ssize_t n = send(p->io.fd, l->ask + p->sent, l->ask_len - p->sent, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	p->sent += (size_t)n;
	return p->sent < l->ask_len || loop_mod(loop_of(p), &p->io, EPOLLIN) == 0;
}

static size_t answer_length(const struct dns_peer *p)
{
	return (size_t)p->length[0] << 8 | p->length[1];
}

/* 1: the answer is whole, 0: not yet, -1: closed or broken before. */
static int receive(struct dns_peer *p)
{
	bool in_length = p->got < sizeof(p->length);
	size_t at = in_length ? p->got : p->got - sizeof(p->length);
	size_t end = in_length ? sizeof(p->length) : answer_length(p);
	ssize_t n = recv(p->io.fd, in_length ? p->length + at : p->in + at, end - at, 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	p->got += (size_t)n;
	if (p->got < sizeof(p->length))
		return 0;
	if (answer_length(p) == 0)
		return -1;
	if (!p->in)
		p->in = dns_must(malloc(answer_length(p)));
	return p->got == sizeof(p->length) + answer_length(p);
}

static void tcp_ready(struct loop_io *io, uint32_t events)
{
	struct dns_peer *p = container_of(io, struct dns_peer, io);
	auto_message struct dns_message answer = {0};
	int state = 0;

	if (p->sent < p->lookup->ask_len)
		state = send_question(p) ? 0 : -1; /* fails where connecting has failed */
	else
		state = receive(p);
	if (state == 0)
		return;
	if (state == 1 && hear(p, p->in, answer_length(p), &answer) == DNS_WHOLE)
		dns_lookup_answered(p->lookup, &answer);
	else
		fail(p);
}

static void ask_over_tcp(struct dns_peer *p)
{
	dns_peer_close(p);
	if (open_socket(p, SOCK_STREAM, tcp_ready, EPOLLOUT))
		p->tcp = true;
	else
		fail(p);
}

/* ---- UDP ---- */

/* False: nothing more to read now, or the peer has a new life or none. */
static bool receive_datagram(struct dns_peer *p)
{
	uint8_t *in = p->lookup->forwarder->in;
	auto_message struct dns_message answer = {0};
	ssize_t n = recv(p->io.fd, in, DNS_TCP_MAX, 0);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail(p); /* an ICMP error */
		return false;
	}
	switch (hear(p, in, (size_t)n, &answer)) {
	case DNS_FOREIGN: return true;
	case DNS_TRUNCATED: ask_over_tcp(p); return false;
	case DNS_WHOLE: dns_lookup_answered(p->lookup, &answer); return false;
	}
	return false;
}

static void udp_ready(struct loop_io *io, uint32_t events)
{
	struct dns_peer *p = container_of(io, struct dns_peer, io);

	if (!(events & EPOLLIN)) {
		fail(p); /* an ICMP error; reading would not take it out of the error queue */
		return;
	}
	for (int i = 0; i < BURST && receive_datagram(p); i++)
		;
}

bool dns_peer_ask(struct dns_peer *p)
{
	const struct dns_lookup *l = p->lookup;

	if (p->tcp)
		return true;
	if (p->io.fd < 0 && !open_socket(p, SOCK_DGRAM, udp_ready, EPOLLIN))
		return false;
	if (send(p->io.fd, l->ask + 2, l->ask_len - 2, MSG_NOSIGNAL) >= 0 || errno == EAGAIN)
		return true;
	dns_peer_close(p); /* an ICMP error of before, no route, a filter on the way out */
	return false;
}
