// SPDX-License-Identifier: GPL-2.0-only
/* The bytes of a connection to a backend, straight or through a session of its security. */
#include <errno.h>
#include <sys/socket.h>

#include "httpd/upstream_call.h"

int secure_handshake(struct upstream_conn *conn)
{
	const struct httpd_security *s = conn->security;

	if (!conn->session)
		conn->session = s->open(s->arg, conn->io.fd);
	if (!conn->session) {
		errno = ENOMEM;
		return -1;
	}
	return s->handshake(conn->session);
}

ssize_t secure_send(const struct upstream_conn *conn, struct http_slice head,
		    struct http_slice body)
{
	struct iovec out[] = {{(void *)(uintptr_t)head.p, head.n},
			      {(void *)(uintptr_t)body.p, body.n}};
	struct msghdr m = {.msg_iov = out, .msg_iovlen = 2};

	if (conn->session)
		return conn->security->send(conn->session, out, 2);
	/* one piece takes the shorter way through the kernel */
	return body.n ? sendmsg(conn->io.fd, &m, MSG_NOSIGNAL)
		      : send(conn->io.fd, head.p, head.n, MSG_NOSIGNAL);
}

ssize_t secure_recv(const struct upstream_conn *conn, void *to, size_t room)
{
	return conn->session ? conn->security->recv(conn->session, to, room)
			     : recv(conn->io.fd, to, room, 0);
}

bool secure_is_dry(const struct upstream_conn *conn)
{
	char byte;

	return conn->session && conn->security->recv(conn->session, &byte, 1) < 0 &&
	       errno == EAGAIN;
}

void secure_close(struct upstream_conn *conn)
{
	if (!conn->session)
		return;
	/* says that it ends, as far as there is room; before the handshake is over, nothing can be said */
	if (!conn->call || !conn->call->shaking_hands)
		conn->security->end(conn->session);
	conn->security->close(conn->session);
	conn->session = NULL;
}
