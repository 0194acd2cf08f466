// SPDX-License-Identifier: GPL-2.0-only
/** Routes and links as rtnetlink messages, both ways. Pure. */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "routing/decide.h"

/** No message of ours is longer. */
#define ROUTING_MESSAGE_MAX 512

struct routing_nexthop {
	int index;    /* of the device */
	uint32_t via; /* 0: on link */
	bool onlink;
};

/** A number that stands for a set of next hops, whatever their order: the same set, the same number. */
uint64_t routing_hops_print(const struct routing_nexthop *hops, size_t n);

enum routing_act {
	ROUTING_CREATE,  /* refused (EEXIST) where there is any route with this key */
	ROUTING_REPLACE, /* the one with this key, whoever's it is, without a gap */
	ROUTING_REMOVE   /* one of this protocol, whatever its next hops; else ESRCH */
};

/** Something to be done to a route of ours. The kernel's key is table, dst and ROUTING_METRIC. */
struct routing_order {
	enum routing_act act;
	uint32_t table;
	struct ip_prefix dst;
	uint8_t protocol;
	struct routing_nexthop hops[ROUTING_HOPS_MAX];
	size_t n;
};

/** Each builds one message in `buf`, of ROUTING_MESSAGE_MAX bytes, aligned, and gives it back. */
struct nlmsghdr *routing_encode_order(void *buf, const struct routing_order *o);
/** RTM_GETROUTE (IPv4) or RTM_GETLINK: asks for all of them. */
struct nlmsghdr *routing_encode_dump(void *buf, uint16_t type);

/** An IPv4 route as the kernel tells of it. */
struct routing_told {
	bool gone;
	bool replaces; /* the one that had its key */
	bool dumped;   /* is part of an answer to routing_encode_dump() */
	bool unicast;
	uint8_t protocol;
	uint32_t table, metric;
	struct ip_prefix dst;
	uint64_t
		print; /* of its next hops; no print of ours where it is of a kind that we do not write */
};

struct routing_link {
	bool gone;
	bool dumped;
	bool up; /* administratively */
	int index;
	const char *name; /* borrowed from the message */
};

/** false: not an IPv4 route, or one with a TOS or cloned, which are none of our business. */
bool routing_parse_route(const struct nlmsghdr *h, struct routing_told *t);
/** false: not about a device as such (a port of a bridge), or malformed. */
bool routing_parse_link(const struct nlmsghdr *h, struct routing_link *l);
