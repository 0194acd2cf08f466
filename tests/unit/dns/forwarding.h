// SPDX-License-Identifier: GPL-2.0-only
/** A DNS server under test, its clients, and servers that it forwards to: one thread, one loop. */
#pragma once

#include "base/loop.h"
#include "dns/lookup.h"
#include "dns/server.h"
#include "lib/turn.h"
#include "lib/worker.h"
#include "unit/dns/wire.h"

#define MAX_HEARD 1100

/* A server that is forwarded to, on UDP and TCP. It answers at once unless it is silent. */
struct fake {
	struct loop_io udp, tcp, conn; /* conn: the latest connection */
	struct loop *loop;
	struct sockaddr_in addr;
	struct says says, says_tcp;
	bool silent, lies_first;
	size_t heard, heard_tcp;
	struct {
		uint8_t q[DNS_ASK_MAX];
		size_t len;
		struct sockaddr_in from;
	} * asks; /* over UDP, MAX_HEARD of them */
};

struct fixture {
	struct loop *loop;
	struct dns_view *view;
	struct dns_server *server;
	struct fake fakes[2];
	int udp, tcp; /* what is served */
	struct sockaddr_in addr_udp;
	uint16_t port_tcp;
};

#define turn_until(f, condition) test_turn_until((f)->loop, condition)

static inline int udp_socket(uint32_t ip, struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), room = 1 << 21;
	socklen_t len = sizeof(*addr);

	assert_true(fd >= 0);
	*addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(ip)};
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)); /* capped by the host */
	assert_int_equal(bind(fd, (struct sockaddr *)addr, sizeof(*addr)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

static inline void fake_send(struct fake *s, const uint8_t *wire, size_t n,
			     const struct sockaddr_in *to)
{
	assert_int_equal(sendto(s->udp.fd, wire, n, 0, (const struct sockaddr *)to, sizeof(*to)),
			 n);
}

static inline void fake_answer(struct fake *s, size_t i)
{
	static uint8_t wire[DNS_TCP_MAX];
	size_t n = make_answer(s->asks[i].q, s->asks[i].len, &s->says, wire);

	fake_send(s, wire, n, &s->asks[i].from);
}

/* What others might send to the port that has asked: a wrong id, an answer to another question,
 * garbage; and the right answer, from where nobody was asked. */
static inline void fake_lie(struct fake *s, size_t i)
{
	static const struct says lie = {.answer = {"g.fwd.lab. 60 IN A 6.6.6.6"}};
	uint8_t wire[DNS_TCP_MAX];
	size_t n = make_answer(s->asks[i].q, s->asks[i].len, &lie, wire);
	struct sockaddr_in elsewhere;
	int fd = udp_socket(INADDR_LOOPBACK, &elsewhere);

	(void)!sendto(fd, wire, n, 0, (struct sockaddr *)&s->asks[i].from,
		      sizeof(s->asks[i].from)); /* refused, or never heard */
	close(fd);
	wire[0] ^= 1;
	fake_send(s, wire, n, &s->asks[i].from);
	wire[0] ^= 1;
	wire[13] ^= 1;
	fake_send(s, wire, n, &s->asks[i].from);
	fake_send(s, wire, 7, &s->asks[i].from);
}

static inline void fake_hears(struct loop_io *io, uint32_t events)
{
	struct fake *s = (void *)((char *)io - offsetof(struct fake, udp));
	size_t i = s->heard;
	socklen_t len = sizeof(s->asks[i].from);
	ssize_t n;

	assert_true(i < MAX_HEARD);
	n = recvfrom(io->fd, s->asks[i].q, DNS_ASK_MAX, 0, (struct sockaddr *)&s->asks[i].from,
		     &len);
	assert_true(n > 0);
	s->asks[i].len = (size_t)n;
	s->heard++;
	if (s->lies_first)
		fake_lie(s, i);
	if (!s->silent)
		fake_answer(s, i);
}

static inline void fake_hears_tcp(struct loop_io *io, uint32_t events)
{
	struct fake *s = (void *)((char *)io - offsetof(struct fake, conn));
	static uint8_t wire[2 + DNS_TCP_MAX];
	uint8_t q[2 + DNS_ASK_MAX];
	ssize_t got = recv(io->fd, q, sizeof(q), 0);
	size_t n;

	assert_true(got > 2 && got == 2 + (q[0] << 8 | q[1]));
	s->heard_tcp++;
	loop_del(s->loop, io);
	if (!s->silent) {
		n = make_answer(q + 2, (size_t)got - 2, &s->says_tcp, wire + 2);
		put16(wire, (unsigned)n);
		assert_int_equal(send(io->fd, wire, 2 + n, 0), 2 + n);
	}
	close(io->fd);
}

static inline void fake_accepts(struct loop_io *io, uint32_t events)
{
	struct fake *s = (void *)((char *)io - offsetof(struct fake, tcp));
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC), room = 1 << 18;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	s->conn.fn = fake_hears_tcp;
	assert_int_equal(loop_add(s->loop, &s->conn, fd, EPOLLIN), 0);
}

static inline void fake_init(struct fake *s, struct loop *loop, uint32_t ip)
{
	int udp = -1, tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc = -1;

	*s = (struct fake){.loop = loop, .udp.fn = fake_hears, .tcp.fn = fake_accepts};
	s->says.answer[0] = "g.fwd.lab. 60 IN A 172.16.1.10";
	s->asks = calloc(MAX_HEARD, sizeof(*s->asks));
	assert_true(tcp >= 0 && s->asks);
	/* somebody else may have the same port of TCP */
	for (int i = 0; i < 20 && rc < 0; i++) {
		if (udp >= 0)
			close(udp);
		udp = udp_socket(ip, &s->addr);
		rc = bind(tcp, (struct sockaddr *)&s->addr, sizeof(s->addr));
	}
	assert_int_equal(rc, 0);
	assert_int_equal(listen(tcp, 16), 0);
	assert_int_equal(loop_add(loop, &s->udp, udp, EPOLLIN), 0);
	assert_int_equal(loop_add(loop, &s->tcp, tcp, EPOLLIN), 0);
}

/* The server is gone: what is sent to it is refused. Its asks stay. */
static inline void fake_stop(struct fake *s)
{
	loop_del(s->loop, &s->udp);
	loop_del(s->loop, &s->tcp);
	close(s->udp.fd);
	close(s->tcp.fd);
	s->udp.fd = -1;
}

static inline void fake_done(struct fake *s)
{
	if (s->udp.fd >= 0)
		fake_stop(s);
	free(s->asks);
}

/* A view with records of "lab" that forwards "fwd.lab" to that many fakes. */
static inline void fixture_open(struct fixture *f, size_t n_fakes)
{
	struct sockaddr_in servers[2];

	*f = (struct fixture){.loop = loop_new(), .view = dns_view_new()};
	for (size_t i = 0; i < n_fakes; i++) {
		fake_init(&f->fakes[i], f->loop, INADDR_LOOPBACK + 1 + (uint32_t)i);
		servers[i] = f->fakes[i].addr;
	}
	assert_int_equal(dns_view_add(f->view, "one.lab", "A", "10.0.0.1", 60, NULL), 0);
	assert_int_equal(dns_view_add(f->view, "alias.lab", "CNAME", "g.fwd.lab", 60, NULL), 0);
	assert_int_equal(dns_view_add_forward(f->view, "fwd.lab", servers, n_fakes, NULL), 0);
	f->server = dns_server_new(f->loop);
	f->udp = udp_socket(INADDR_LOOPBACK, &f->addr_udp);
	f->tcp = test_listen(&f->port_tcp);
	assert_int_equal(dns_server_add(f->server, f->udp, "idc", f->view, NULL), 0);
	assert_int_equal(dns_server_add(f->server, f->tcp, "idc", f->view, NULL), 0);
}

static inline void fixture_close(struct fixture *f)
{
	dns_server_free(f->server);
	for (size_t i = 0; i < ARRAY_LEN(f->fakes); i++) {
		if (f->fakes[i].asks)
			fake_done(&f->fakes[i]);
	}
	dns_view_free(f->view);
	loop_free(f->loop);
	close(f->udp);
	close(f->tcp);
}

/* ---- clients ---- */

struct client {
	int fd;
	size_t got;
	bool eof;
	uint8_t in[2 * (2 + DNS_TCP_MAX)];
};

static inline struct client *client_udp(const struct fixture *f)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_in own;

	assert_non_null(c);
	c->fd = udp_socket(INADDR_LOOPBACK, &own);
	assert_int_equal(connect(c->fd, (const struct sockaddr *)&f->addr_udp, sizeof(f->addr_udp)),
			 0);
	return c;
}

static inline struct client *client_tcp(const struct fixture *f)
{
	struct client *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->fd = test_connect(f->port_tcp);
	assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
	return c;
}

static inline void client_free(struct client *c)
{
	close(c->fd);
	free(c);
}

static inline void client_ask(struct client *c, const struct ask *ask)
{
	uint8_t q[512];
	size_t n = make_query(ask, q);

	assert_int_equal(send(c->fd, q, n, 0), n);
}

static inline void client_ask_tcp(struct client *c, const struct ask *ask, uint16_t id)
{
	uint8_t q[2 + 512];
	size_t n = make_query(ask, q + 2);

	put16(q, (unsigned)n);
	put16(q + 2, id);
	assert_int_equal(send(c->fd, q, 2 + n, 0), 2 + n);
}

/* Takes what has arrived: one datagram, or all of a connection. */
static inline size_t client_poll(struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->got, sizeof(c->in) - c->got, MSG_DONTWAIT);

	c->eof = n == 0;
	if (n > 0)
		c->got += (size_t)n;
	return c->got;
}

static inline bool client_has_tcp(struct client *c)
{
	size_t n = client_poll(c);

	return n >= 2 && n >= 2 + ((size_t)c->in[0] << 8 | c->in[1]);
}

/* The id of the first answer, which is removed. */
static inline uint16_t client_take_tcp(struct client *c)
{
	size_t whole = 2 + ((size_t)c->in[0] << 8 | c->in[1]);
	uint16_t id = (uint16_t)(c->in[2] << 8 | c->in[3]);

	assert_true(c->got >= whole);
	memmove(c->in, c->in + whole, c->got - whole);
	c->got -= whole;
	return id;
}

/* Asks over UDP and waits for the answer, as text. */
static inline char *ask_udp(struct fixture *f, const struct ask *ask)
{
	struct client *c = client_udp(f);
	char *text;

	client_ask(c, ask);
	turn_until(f, client_poll(c) > 0);
	text = describe(c->in, c->got);
	client_free(c);
	return text;
}

static inline char *ask_tcp(struct fixture *f, const struct ask *ask)
{
	struct client *c = client_tcp(f);
	char *text;

	client_ask_tcp(c, ask, 0xabcd);
	turn_until(f, client_has_tcp(c));
	text = describe(c->in + 2, c->got - 2);
	client_free(c);
	return text;
}
