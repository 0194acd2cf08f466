// SPDX-License-Identifier: GPL-2.0-only
/** Answers DNS queries on sockets that somebody else has bound, each with its view. */
#pragma once

#include "base/error.h"
#include "base/loop.h"
#include "dns/answer.h"

struct dns_server;

struct dns_server *dns_server_new(struct loop *loop) __attribute__((returns_nonnull));

/** Closes all connections and stops listening; the sockets themselves stay the caller's. */
void dns_server_free(struct dns_server *s); /* NULL is fine */

/**
 * Serves a bound UDP or listening TCP socket, which becomes non-blocking. name (of the view,
 * for the log) and view are borrowed. 0, or -1 with *err.
 */
int dns_server_add(struct dns_server *s, int fd, const char *name, const struct dns_view *view,
		   struct lab_error **err);

/**
 * Accepts nothing any more and stops the loop when the answers under way are sent (at most 4 s). Open
 * connections are read for half a second more: their clients may have asked just now, and would be
 * told that nobody listens, although the worker that replaces this one does.
 */
void dns_server_finish(struct dns_server *s);
