// SPDX-License-Identifier: GPL-2.0-only
/** What the UDP and TCP sides of the server share. */
#pragma once

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "base/container_of.h"
#include "dns/lookup.h"
#include "dns/server.h"

#define DNS_MAX_CONNECTIONS 32    /* per socket: no network can use up those of another */
#define DNS_IDLE_MS         10000 /* RFC 7766 asks for "a few seconds" */
#define DNS_LINGER_MS       500   /* at the end, for queries on their way over open connections */
#define DNS_FINISH_MS       4000  /* the patience of a lookup, and a slow reader of its answer */
#define DNS_MAX_QUERY       4096  /* of TCP; no query of any client comes near */
#define DNS_MAX_WAITING     16    /* queries of one connection; no more is read meanwhile */
#define DNS_LOG_PER_SECOND  10
#define DNS_PAUSE_MS        100 /* of accepting, while descriptors are short */

static_assert(DNS_FINISH_MS > DNS_LINGER_MS + DNS_PATIENCE_MS,
	      "a lookup that is under way is still answered");

struct dns_connection;

/** Whom an answer goes to. */
struct dns_client {
	struct sockaddr_in from;           /* UDP */
	struct dns_connection *connection; /* TCP; NULL: UDP */
};

struct dns_listener {
	struct loop_io io;
	struct dns_server *server;
	struct dns_listener *next;
	const char *name; /* of the view */
	const struct dns_view *view;
	struct dns_connection *connections; /* TCP */
	struct loop_timer resume;
	unsigned n_connections;
};

struct dns_server {
	struct loop *loop;
	struct dns_listener *listeners;
	struct loop_timer finish;
	bool finishing;
	struct dns_forwarder *forwarder;
	struct dns_waiting *waiting;
	uint64_t log_second; /* of loop_now() */
	unsigned logged, suppressed;
	uint8_t out[DNS_TCP_MAX]; /* an answer on its way from the writer to the socket */
};

/** Logs "NAME: query over UDP WHAT: WHY: DETAIL" at a limited rate: nodes must not fill the disk. */
void dns_log(struct dns_listener *l, enum dns_transport transport, const char *what,
	     const char *why, const char *detail);

enum dns_served {
	DNS_ANSWERED,
	DNS_WAITING, /* other servers are asked; the answer goes to the client when it is there */
	DNS_SILENCE, /* no answer may be sent */
};

/** Serves one query; where it is answered, the answer is the first *n bytes of the server's `out`. */
enum dns_served dns_serve(struct dns_listener *l, const struct dns_client *client,
			  const uint8_t *query, size_t len, size_t *n);

/**
 * Lets the client wait for what other servers answer. The relay, which is taken over, is answered
 * by them or with SERVFAIL. False: too many are waiting, and the relay is still the caller's.
 */
bool dns_wait(struct dns_listener *l, const struct dns_client *client, struct dns_relay *relay);

/** Forgets the queries of a connection, or all (NULL). */
void dns_wait_drop(struct dns_server *s, const struct dns_connection *c);

/** Sends the n bytes of `out`; what the kernel will not take is lost like any datagram. */
void dns_udp_answer(struct dns_listener *l, const struct sockaddr_in *to, size_t n);

/** Sends the answer to a query that had to wait (n bytes of the server's `out`); 0: there is none. */
void dns_tcp_answer(struct dns_connection *c, size_t n);

void dns_udp_ready(struct loop_io *io, uint32_t events);
void dns_tcp_accept(struct loop_io *io, uint32_t events);

void dns_tcp_close(struct dns_listener *l); /* all connections */

/** Reads no more of any connection: what is here already is answered, then the connection closes. */
void dns_tcp_finish(struct dns_listener *l);

/** A connection or a wait has ended: the last of them ends a server that is finishing. */
void dns_ended(struct dns_server *s);
