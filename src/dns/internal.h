// SPDX-License-Identifier: GPL-2.0-only
/** What the UDP and TCP sides of the server share. */
#pragma once

#include <stdbool.h>

#include "dns/server.h"

#define DNS_MAX_CONNECTIONS 32    /* per socket: no network can use up those of another */
#define DNS_IDLE_MS         10000 /* RFC 7766 asks for "a few seconds" */
#define DNS_FINISH_MS       2000
#define DNS_MAX_QUERY       4096 /* of TCP; no query of any client comes near */
#define DNS_TCP_ROOM        16384
#define DNS_LOG_PER_SECOND  10
#define DNS_PAUSE_MS        100 /* of accepting, while descriptors are short */

struct dns_connection;

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
	uint64_t log_second; /* of loop_now() */
	unsigned logged, suppressed;
};

/** Answers one query and logs, at a limited rate, why one was refused. */
size_t dns_serve(struct dns_listener *l, enum dns_transport transport, const uint8_t *query,
		 size_t len, uint8_t *out, size_t room);

void dns_udp_ready(struct loop_io *io, uint32_t events);
void dns_tcp_accept(struct loop_io *io, uint32_t events);

/** Closes the listener's connections; with `idle_only` those that have nothing left to send. */
void dns_tcp_close(struct dns_listener *l, bool idle_only);

/** A connection has ended: the last one ends a server that is finishing. */
void dns_connection_ended(struct dns_server *s);
