// SPDX-License-Identifier: GPL-2.0-only
/**
 * Express Connect: leased lines from a data centre to a region, the routers of the cloud that they end
 * at, and the older peering of such a router with one VPC.
 */
#pragma once

#include "model/link.h"
#include "model/types.h"

struct vbr;
struct circuit;

/** A leased line: the port at the cloud's access point and all that is in between. */
struct physical_connection {
	struct named id;
	struct ref region; /* struct region: where its access point is */
	enum port_type {
		PORT_100BASE_T,
		PORT_1000BASE_T,
		PORT_1000BASE_LX,
		PORT_10GBASE_T,
		PORT_10GBASE_LR,
		PORT_40GBASE_LR,
		PORT_100GBASE_LR
	} port_type;             /* default 1000Base-LX */
	struct number rtt;       /* us, from one end to the other and back; default 2 ms */
	struct number jitter;    /* us; default 0 */
	struct number loss;      /* packets lost per million, each way; default 0 */
	struct number duplicate; /* packets that arrive twice, likewise */
	struct number reorder;   /* packets that overtake those before them, likewise */
	bool enabled;            /* false: the carrier has not connected it yet; default true */
	const struct link_change *change; /* set by validate/; NULL: nothing is said of the link */
	/* What ends at it, in order of the file; set by validate/. */
	const struct vbr **vbrs;
	const struct circuit **circuits;
	size_t n_vbrs, n_circuits;
};
/** Whether anything passes on it: what is said of the link counts more than `enabled`. */
bool physical_connection_passes(const struct physical_connection *pc);
uint64_t port_type_speed(enum port_type type); /* bit/s */

/** How one end of a circuit learns what is behind the other one; the same on both routers. */
struct circuit_routing {
	bool bgp;                        /* routing: bgp; default static */
	struct span at;                  /* of `routing`; line 0: not written */
	struct number local_asn;         /* of a VBR; default 45104 */
	struct number peer_asn;          /* the other end's */
	struct text auth_key;            /* TCP MD5 (RFC 2385); NULL: none */
	bool enable_bfd;                 /* RFC 5880; default false */
	struct number min_tx_interval;   /* us, 200 ms to 1 s; default 1 s */
	struct number min_rx_interval;   /* likewise */
	struct number detect_multiplier; /* 3 to 10; default 3 */
};

enum vbr_nexthop { VBR_PHYSICAL_CONNECTION, VBR_ROUTER_INTERFACE };

struct vbr_route_entry {
	struct named id;
	struct cidr destination_cidr_block;
	enum vbr_nexthop nexthop_type;
	struct ref
		nexthop_id; /* struct router_interface; of a physical connection: absent, its own */
};

/** A virtual border router: the cloud's end of one VLAN of a physical connection. */
struct vbr {
	struct named id;
	struct ref physical_connection;
	struct number vlan_id;              /* 0 to 2999, one VBR each in a physical connection */
	struct address local_gateway_ip;    /* the VBR's own */
	struct address peer_gateway_ip;     /* the customer router's, in the same subnet */
	struct address peering_subnet_mask; /* default 255.255.255.252; /24 to /30 */
	struct number bandwidth;            /* bit/s; default: the port's speed */
	struct circuit_routing routing;
	struct vbr_route_entry *route_entries;
	size_t n_route_entries;
};

/** Peering of a VBR with one VPC of its region without a CEN; its routes cannot be published. */
struct router_interface {
	struct named id;
	struct ref vbr;
	struct ref vpc;
	enum router_interface_spec {
		SPEC_MINI_2,
		SPEC_MINI_5,
		SPEC_SMALL_1,
		SPEC_SMALL_2,
		SPEC_SMALL_5,
		SPEC_MIDDLE_1,
		SPEC_MIDDLE_2,
		SPEC_MIDDLE_5,
		SPEC_LARGE_1,
		SPEC_LARGE_2,
		SPEC_LARGE_5,
		SPEC_XLARGE_1
	} spec;                           /* default Large.1 */
	const struct link_change *change; /* set by validate/; NULL: nothing is said of the link */
};
uint64_t router_interface_speed(enum router_interface_spec spec); /* bit/s */

/** Length of the prefix of a dotted mask, or -1 where it is none. */
int mask_length(uint32_t mask);
