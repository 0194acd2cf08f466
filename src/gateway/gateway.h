// SPDX-License-Identifier: GPL-2.0-only
/**
 * The API gateway: Host -> group, stage, method and path -> API -> backend; errors, headers and the
 * access log as the cloud has them.
 */
#pragma once

#include "base/loop.h"
#include "gateway/config.h"
#include "gateway/route.h"
#include "httpd/security.h"

struct gateway;

/** All but log_fd, to which access log lines are written (where it is not /dev/null), is borrowed until gateway_free(). */
struct gateway *gateway_new(struct loop *loop, const struct gateway_config *config,
			    const struct gateway_routes *routes, int log_fd)
	__attribute__((returns_nonnull));
void gateway_free(struct gateway *g); /* NULL is fine */

/** What lies between listeners for HTTPS and HTTP, before gateway_listen(); borrowed until gateway_free(). */
void gateway_secure(struct gateway *g, const struct httpd_security *security);

/** Writes the lines of the access log that wait for more, which they do for 2 ms at most. */
void gateway_log_flush(struct gateway *g);

/** Takes up the configured descriptors: maps the state, accepts on the listeners' sockets. */
int gateway_listen(struct gateway *g, struct lab_error **err);

/** Stops accepting, finishes what is under way within grace_ms, then stops the loop. */
void gateway_stop(struct gateway *g, unsigned int grace_ms);
