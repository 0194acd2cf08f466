// SPDX-License-Identifier: GPL-2.0-only
/* The bytes of a connection, straight from its socket or through its listener's security. */
#include <errno.h>
#include <sys/socket.h>

#include "httpd/conn.h"

/* Who only connects costs us no session, and makes room for others. */
static bool begin(struct conn *c)
{
	if (!c->can_read)
		return false;
	c->session = c->security->open(c->security->arg, c->io.fd);
	if (c->session)
		conn_set_state(c, CONN_HANDSHAKE); /* no longer idle */
	else
		conn_close(c);
	return true;
}

static void drop_session(struct conn *c)
{
	if (c->session)
		c->security->close(c->session);
	c->session = NULL;
	c->established = false;
}

bool conn_step_handshake(struct conn *c)
{
	if (!c->session)
		return begin(c);
	if (c->security->handshake(c->session) == 0) {
		c->established = true;
		conn_set_state(c, CONN_IDLE);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	/* The alert is out; closing now would send a reset, which can overtake it. */
	drop_session(c);
	conn_end(c);
	c->can_read = true;
	conn_set_state(c, CONN_LINGER);
	return true;
}

ssize_t conn_recv(struct conn *c, void *to, size_t room)
{
	return c->session ? c->security->recv(c->session, to, room) : recv(c->io.fd, to, room, 0);
}

ssize_t conn_send(struct conn *c, const struct iovec *parts, int n)
{
	struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)n};

	if (c->session)
		return c->security->send(c->session, parts, n);
	/* one piece takes the shorter way through the kernel */
	return n == 1 ? send(c->io.fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
		      : sendmsg(c->io.fd, &m, MSG_NOSIGNAL);
}

void conn_end(struct conn *c)
{
	if (c->established)
		c->security->end(c->session);
	c->established = false;            /* said once */
	(void)shutdown(c->io.fd, SHUT_WR); /* fails only where the peer is gone already */
}

void conn_secure_close(struct conn *c)
{
	if (c->established)
		c->security->end(c->session);
	drop_session(c);
}
