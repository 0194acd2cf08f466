// SPDX-License-Identifier: GPL-2.0-only
/* What a connection does for its listener's security, and how it ends. */
#include <errno.h>
#include <sys/socket.h>

#include "httpd/conn.h"

/* Who only connects costs us no session, and makes room for others. */
static bool begin(struct conn *c)
{
	struct secured *s = &c->secured;

	if (!c->can_read)
		return false;
	s->session = s->security->open(s->security->arg, c->io.fd);
	if (s->session)
		conn_set_state(c, CONN_HANDSHAKE); /* no longer idle */
	else
		conn_close(c);
	return true;
}

bool conn_step_handshake(struct conn *c)
{
	struct secured *s = &c->secured;

	if (!s->session)
		return begin(c);
	if (s->security->handshake(s->session) == 0) {
		s->established = true;
		conn_set_state(c, CONN_IDLE);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	/* The alert is out; closing now would send a reset, which can overtake it. */
	secured_close(s);
	conn_end(c);
	c->can_read = true;
	conn_set_state(c, CONN_LINGER);
	return true;
}

void conn_end(struct conn *c)
{
	secured_end(&c->secured);
	(void)shutdown(c->io.fd, SHUT_WR); /* fails only where the peer is gone already */
}
