// SPDX-License-Identifier: GPL-2.0-only
/*
 * One connection, on a non-blocking socket. GnuTLS says EAGAIN of its own, too: behind a record without
 * data for us, as the change of a key is, or an empty one. What has arrived behind that has had its edge,
 * so here one goes on until the kernel says EAGAIN. A record holds the head of an answer and what of the
 * body fits behind it, so that a small answer is one packet.
 */
#include "tls/session.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define RECORD       16384u
#define DATALESS_MAX 32 /* records in a row: who sends only those shall not keep the loop busy */

struct session {
	gnutls_session_t tls; /* of a server: its pointer is that */
	int fd;
	bool client;
	bool dry;    /* the kernel itself had nothing to read, the last time */
	bool unsent; /* the library keeps a record that the socket had no room for */
};

static int choose_certificate(gnutls_session_t tls)
{
	const struct tls_server *t = gnutls_session_get_ptr(tls);
	gnutls_certificate_credentials_t credentials;
	char name[256];
	size_t len = sizeof(name);
	unsigned int type = GNUTLS_NAME_DNS;

	if (gnutls_server_name_get(tls, name, &len, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
		name[0] = '\0'; /* which no certificate is of */
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	credentials = tls_server_find(t, name);
	if (!credentials)
		return GNUTLS_E_UNRECOGNIZED_NAME;
	return gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, credentials);
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *to, size_t room)
{
	struct session *s = ptr;
	const ssize_t n = recv(s->fd, to, room, 0);

	s->dry = n < 0 && errno == EAGAIN;
	if (n < 0)
		gnutls_transport_set_errno(s->tls, errno);
	return n;
}

static int set_up(gnutls_session_t tls, void *arg)
{
	static const gnutls_datum_t http11 = {(unsigned char *)(uintptr_t) "http/1.1", 8};
	struct tls_server *t = arg;
	int rc = gnutls_priority_set(tls, t->priorities);

	if (rc >= 0)
		rc = gnutls_alpn_set_protocols(tls, &http11, 1, GNUTLS_ALPN_MANDATORY);
	if (rc >= 0)
		rc = gnutls_session_ticket_enable_server(tls, &t->ticket_key);
	gnutls_session_set_ptr(tls, t);
	gnutls_handshake_set_post_client_hello_function(tls, choose_certificate);
	return rc;
}

void *tls_session_open(int fd, unsigned int side, int (*finish)(gnutls_session_t tls, void *arg),
		       void *arg)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	s->fd = fd;
	s->client = side == GNUTLS_CLIENT;
	if (gnutls_init(&s->tls, side | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
		free(s);
		return NULL;
	}
	gnutls_handshake_set_timeout(s->tls, 0); /* httpd has a deadline */
	gnutls_transport_set_ptr2(s->tls, s, (gnutls_transport_ptr_t)(intptr_t)s->fd);
	gnutls_transport_set_pull_function(s->tls, pull);
	if (finish(s->tls, arg) < 0) {
		gnutls_deinit(s->tls);
		free(s);
		return NULL;
	}
	return s;
}

void *tls_session_open_server(void *arg, int fd)
{
	return tls_session_open(fd, GNUTLS_SERVER, set_up, arg);
}

/* Whether the library only came to the end of a record, and the socket may have more. */
static bool may_go_on(const struct session *s, ssize_t rc)
{
	return rc == GNUTLS_E_AGAIN && !s->dry && gnutls_record_get_direction(s->tls) == 0;
}

/* -1, with EAGAIN only where the socket said so. */
static int broken(int rc)
{
	errno = rc == GNUTLS_E_AGAIN ? EAGAIN : rc == GNUTLS_E_INTERRUPTED ? EINTR : EPROTO;
	return -1;
}

static int handshake(void *session)
{
	const struct session *s = session;
	int rc, dataless = 0;

	/* what is not fatal are alerts without a meaning for us */
	do
		rc = gnutls_handshake(s->tls);
	while ((may_go_on(s, rc) && ++dataless < DATALESS_MAX) ||
	       (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc)));
	if (rc >= 0)
		return 0;
	if (rc != GNUTLS_E_AGAIN)
		(void)gnutls_alert_send_appropriate(s->tls, rc); /* as far as the peer listens */
	return broken(rc);
}

static ssize_t receive(void *session, void *to, size_t room)
{
	const struct session *s = session;
	ssize_t n;
	int dataless = 0;

	do
		n = gnutls_record_recv(s->tls, to, room);
	while (may_go_on(s, n) && ++dataless < DATALESS_MAX);
	if (may_go_on(s, n))
		n = GNUTLS_E_TOO_MANY_EMPTY_PACKETS;
	/* without a close_notify it is an end as well: a request says itself when it is whole, but not every
	 * answer. A renegotiation (GNUTLS_E_REHANDSHAKE) is one that we do not have. */
	return n >= 0 ? n : n == GNUTLS_E_PREMATURE_TERMINATION && !s->client ? 0 : broken((int)n);
}

/* The first RECORD bytes of all parts, where they are one after the other; else copied. */
static const void *join(const struct iovec *parts, int n, char *buffer, size_t *len)
{
	*len = 0;
	for (int i = 0; i < n; i++) {
		const size_t left = RECORD - *len;
		const size_t part = parts[i].iov_len < left ? parts[i].iov_len : left;

		if (part && *len == 0 && (i + 1 == n || part == RECORD)) {
			*len = part;
			return parts[i].iov_base;
		}
		if (part)
			memcpy(buffer + *len, parts[i].iov_base, part);
		*len += part;
	}
	return buffer;
}

static ssize_t send_parts(void *session, const struct iovec *parts, int n)
{
	struct session *s = session;
	char buffer[RECORD];
	const void *data = NULL;
	size_t len = 0;
	ssize_t sent;

	if (!s->unsent)
		data = join(parts, n, buffer, &len);
	/* NULL and 0: the record that it has kept */
	sent = gnutls_record_send(s->tls, data, len);
	s->unsent = sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED;
	return sent >= 0 ? sent : broken((int)sent);
}

static void end(void *session)
{
	const struct session *s = session;

	/* once: who reads slowly does without it */
	(void)gnutls_bye(s->tls, GNUTLS_SHUT_WR);
}

static void close_session(void *session)
{
	struct session *s = session;

	gnutls_deinit(s->tls);
	free(s);
}

const struct httpd_security tls_session_security = {
	.handshake = handshake,
	.recv = receive,
	.send = send_parts,
	.end = end,
	.close = close_session,
};
