// SPDX-License-Identifier: GPL-2.0-only
/** The DNS worker's configuration: views with their records, and which socket serves which view. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "dns/view.h"

/** A socket in the order of its descriptor. */
struct dns_socket {
	char *name; /* "vpc-1-136-udp" */
	const char *view_name;
	const struct dns_view *view;
};

struct dns_config {
	struct dns_view **views;
	char **names;
	size_t n_views;
	struct dns_socket *sockets;
	size_t n_sockets;
	bool forwards; /* some view does: the worker needs sockets of its own */
};

/**
 * Reads
 *   {"views": [{"name", "sockets": [NAME...], "records": [{"name", "type", "data", "ttl"}...],
 *               "forward": [{"zone": APEX, "servers": [ADDRESS...]}...]}...],
 *    "zones": [APEX...], "sockets": [{"name": NAME}...]}
 * ttl may be absent: 60. "records" and "forward" may be. A zone has 1 to 4 servers, IPv4, asked on
 * port 53 in that order; "." is everything. NULL with *err where it is not that, where views or what
 * is in them have other members, or where a socket belongs to no view.
 */
struct dns_config *dns_config_read(const char *text, size_t len, struct lab_error **err);
void dns_config_free(struct dns_config *c); /* NULL is fine */
