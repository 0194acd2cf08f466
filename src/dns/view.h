// SPDX-License-Identifier: GPL-2.0-only
/** What the server of one network knows: names with their records, their zones, and whom else to ask. */
#pragma once

#include <stddef.h>
#include <netinet/in.h>
#include <stdint.h>

#include <ldns/ldns.h>

#include "base/error.h"

/** A name that exists. Without records it is an empty non-terminal: NODATA, not NXDOMAIN. */
struct dns_node {
	struct dns_node *next; /* same bucket */
	ldns_rdf *name;        /* lower case */
	ldns_rr_list *records; /* never NULL */
};

#define DNS_MAX_SERVERS 4

/** Who is asked for the names of a zone that the view itself does not have. */
struct dns_forward {
	char *text;     /* of the zone, for people: "alicloudapi.com." */
	ldns_rdf *zone; /* lower case */
	struct sockaddr_in servers[DNS_MAX_SERVERS]; /* in the order in which they are asked */
	size_t n_servers;
};

struct dns_view;

struct dns_view *dns_view_new(void) __attribute__((returns_nonnull, warn_unused_result));
void dns_view_free(struct dns_view *v); /* NULL is fine */

/**
 * Declares the apex of a zone: its SOA goes into negative answers for names below it. Names outside
 * all zones get the SOA of the root. 0, or -1 with *err where the name is not one.
 */
int dns_view_add_zone(struct dns_view *v, const char *apex, struct lab_error **err);

/**
 * Adds one record. type: "A", "AAAA", "CNAME", "PTR" or "TXT"; data: presentation format (RFC 1035,
 * 5.1). All names above it come to exist too. 0, or -1 with *err.
 */
int dns_view_add(struct dns_view *v, const char *name, const char *type, const char *data,
		 uint32_t ttl, struct lab_error **err);

/**
 * Forwards a zone ("." for everything) to 1 to DNS_MAX_SERVERS servers. 0, or -1 with *err where the
 * zone is no name or is forwarded already.
 */
int dns_view_add_forward(struct dns_view *v, const char *zone, const struct sockaddr_in *servers,
			 size_t n, struct lab_error **err);

/** The node of a name in any letter case; borrowed, NULL where the name does not exist. */
const struct dns_node *dns_view_find(const struct dns_view *v, const ldns_rdf *name);

/** The SOA of the closest zone that holds the name, at worst that of the root; borrowed. */
const ldns_rr *dns_view_soa(const struct dns_view *v, const ldns_rdf *name);

/** The longest zone of the forwards that holds the name; borrowed, NULL where none does. */
const struct dns_forward *dns_view_forward(const struct dns_view *v, const ldns_rdf *name);
