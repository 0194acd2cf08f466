// SPDX-License-Identifier: GPL-2.0-only
/** The bytes of a connection, straight from its socket or through a session of its security. */
#pragma once

#include "httpd/security.h"

struct secured {
	const struct httpd_security *security; /* NULL: none */
	void *session;                         /* NULL also before a handshake, or if it failed */
	bool established;                      /* the handshake is over: something can be said */
};

/** As sendmsg() and recv() of the socket. */
ssize_t secured_send(const struct secured *s, int fd, const struct iovec *parts, int n);
ssize_t secured_recv(const struct secured *s, int fd, void *to, size_t room);

/** Says that nothing follows, once, as far as there is room. */
void secured_end(struct secured *s);
/** Says it, and frees the session. */
void secured_close(struct secured *s);
