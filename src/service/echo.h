// SPDX-License-Identifier: GPL-2.0-only
/**
 * The built-in service of a node, which shows what arrives: any request gets
 *	{"service", "node", "method", "path", "query", "headers": {NAME: VALUE...}, "client_ip",
 *	 "body_bytes"}
 * and a newline, with a space behind each ':' and ','. Names of headers stand as they were sent;
 * several of one name are joined by ", ". Paths that change the answer: wish.h. Each request, the
 * refused ones included, is a line of JSON in the log.
 */
#pragma once

#include "base/error.h"
#include "base/loop.h"
#include "httpd/security.h"
#include "service/config.h"

struct service_echo;

/** log_fd: where the lines go. config is borrowed. */
struct service_echo *service_echo_new(struct loop *loop, const struct service_config *config,
				      int log_fd) __attribute__((returns_nonnull));
void service_echo_free(struct service_echo *e); /* NULL is fine */

/** Serves a listening socket, with a security (NULL: none), which is borrowed. 0, or -1 with *err. */
int service_echo_listen(struct service_echo *e, int fd, const struct httpd_security *security,
			struct lab_error **err);

/** Accepts nothing any more, lets what is being answered finish, then stops the loop. */
void service_echo_finish(struct service_echo *e);

/**
 * All of a worker that is an echo service: serves the configuration's sockets, behind a filter of system calls,
 * and returns when it has been told to end. 0, or -1 with *err.
 */
int service_echo_run(struct loop *loop, const struct service_config *config,
		     const struct httpd_security *security, struct lab_error **err);
