// SPDX-License-Identifier: GPL-2.0-only
/**
 * What may lie between the sockets of a listener, or those that lead to a backend, and HTTP: src/tls is one of
 * each. httpd itself knows no TLS, so that programs without it do not load a cryptographic library.
 *
 * A session is of one connection, whose socket it uses without ever waiting: -1 with errno EAGAIN means
 * that the kernel has said so of the direction that is needed next. Any other errno: the session is broken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct httpd_security {
	void *arg;
	const char
		*name; /* of the backend that it is for, for whoever watches; NULL for listeners */
	/** A session on a connected socket, which is borrowed. NULL: there is no room for it. */
	void *(*open)(void *arg, int fd);
	/** Goes on with the handshake: 0 when it is complete, else -1; the peer has been told why. */
	int (*handshake)(void *session);
	/** As recv(2); 0 at the end of what the peer sends. */
	ssize_t (*recv)(void *session, void *to, size_t room);
	/** As writev(2). After EAGAIN the same bytes are given again. */
	ssize_t (*send)(void *session, const struct iovec *parts, int n);
	/** Says that nothing more will be sent, as far as the socket has room for that. */
	void (*end)(void *session);
	void (*close)(void *session);
};
