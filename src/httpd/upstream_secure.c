// SPDX-License-Identifier: GPL-2.0-only
/* What calls do for their backend's security. */
#include <errno.h>

#include "httpd/upstream_call.h"

int secure_handshake(struct upstream_conn *conn)
{
	struct secured *s = &conn->secured;

	if (!s->session)
		s->session = s->security->open(s->security->arg, conn->io.fd);
	if (!s->session)
		errno = ENOMEM;
	if (!s->session || s->security->handshake(s->session) < 0)
		return -1;
	s->established = true;
	return 0;
}

bool secure_is_dry(const struct upstream_conn *conn)
{
	const struct secured *s = &conn->secured;
	char byte;

	return s->session && s->security->recv(s->session, &byte, 1) < 0 && errno == EAGAIN;
}
