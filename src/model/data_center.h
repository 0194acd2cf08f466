// SPDX-License-Identifier: GPL-2.0-only
/**
 * An on-premises data centre: LANs with hosts behind one customer router (CPE), which ends the circuits
 * and is called as the data centre. Nothing of it belongs to the cloud: it knows what its own
 * configuration says and what BGP tells it.
 */
#pragma once

#include "model/circuit.h"
#include "model/service.h"
#include "model/types.h"
#include "model/vpc.h"

/** A LAN: one broadcast domain, a bridge in the customer router. */
struct lan {
	struct named id;
	struct cidr cidr_block;
	struct address gateway_ip; /* the customer router's; default the first one */
};

/** The customer router's end of a circuit: a VLAN subinterface. */
struct circuit {
	struct named id;
	struct ref physical_connection;
	struct number vlan_id;
	struct address ip;          /* the customer router's */
	struct address peer_ip;     /* the VBR's */
	struct address subnet_mask; /* default 255.255.255.252 */
	struct circuit_routing routing;
	struct number
		preference; /* of what BGP learns here, 1 to 255, the lower first; default 100 */
};

/** A static route of the customer router. */
struct cpe_route {
	struct named id;
	struct cidr destination_cidr_block;
	struct address next_hop;  /* the far end of a circuit, or a host of a LAN */
	struct number preference; /* 1 to 255, the lower first; default 60 */
	bool track; /* the next hop is pinged, and without answers the route is not used */
};

/** Names that a host's DNS server answers itself, and to whom it forwards the rest. */
struct dns_server {
	struct span at;       /* line 0: the host has none */
	struct pair *forward; /* zone to address, or several addresses with spaces between */
	size_t n_forward;
	struct pair *records; /* name to address */
	size_t n_records;
};

struct data_center;

struct host {
	struct named id;
	struct ref lan;           /* struct lan of the same data centre */
	struct address ip;        /* absent: validate/ chooses the lowest free one and sets it */
	struct sg_rule *firewall; /* rules of the host itself; what none matches is accepted */
	struct service *services;
	struct dns_server dns;
	size_t n_firewall, n_services;
	const struct data_center *data_center; /* set by validate/ */
};

struct data_center {
	struct named id;
	struct lan *lans;
	struct circuit *circuits;
	struct cpe_route *routes;
	struct host *hosts;
	struct number asn; /* of the customer router; required where a circuit has routing: bgp */
	struct cidr *networks; /* what it announces by BGP; default: its LANs */
	size_t n_lans, n_circuits, n_routes, n_hosts, n_networks;
};
