// SPDX-License-Identifier: GPL-2.0-only
/** Plan objects as rtnetlink messages. Pure: each builds one message in `buf` and gives it back. */
#pragma once

#include <libmnl/libmnl.h>

#include "plan/plan.h"

/** No message of ours is longer; the longest part is an interface alias (255 bytes). */
#define KERNEL_MESSAGE_MAX 2048

#define KERNEL_GSO_SEGS 65535 /* GSO_MAX_SEGS: what a device has that was told nothing */
#define KERNEL_MTU      1500u /* of every device of a lab */

/** What a device is told besides its name: settings that no object of the plan carries. */
struct kernel_conduct {
	bool router; /* forwards IPv4, and answers ARP only for what its own port holds */
	bool ipv6;   /* the kernel has IPv6: tell the device to make no address of its own */
	int master;  /* index of the bridge that it is a port of; 0: of none; -1: as it is */
	bool reset;  /* the device is not new: what the plan says nothing of is set back, too */
};

/**
 * Both ends of a pair, each born in its final namespace under its final index: end a in the
 * namespace of the socket, end b in the one of ns_b (an nsfs descriptor). Both are down.
 */
struct nlmsghdr *kernel_encode_veth(void *buf, const struct plan_link *l, int index_a, int index_b,
				    int ns_b);
/** A bridge that learns, has no spanning tree and snoops no multicast; down. */
struct nlmsghdr *kernel_encode_bridge(void *buf, const struct plan_bridge *b, int index);
/** Alias, GSO cap and conduct of one end. `end` NULL: the loopback device. */
struct nlmsghdr *kernel_encode_conduct(void *buf, const struct plan_end *end, int index,
				       struct kernel_conduct c);
/** What distinguishes our bridges, for one that is there. */
struct nlmsghdr *kernel_encode_bridge_reset(void *buf, int index);
struct nlmsghdr *kernel_encode_mac(void *buf, const unsigned char mac[6], int index);
struct nlmsghdr *kernel_encode_up(void *buf, int index);
struct nlmsghdr *kernel_encode_down(void *buf, int index);
/** The kernel delays proxied ARP answers at random by up to 0.8 s; this sets the delay to 0. */
struct nlmsghdr *kernel_encode_proxy_delay(void *buf, int index);
struct nlmsghdr *kernel_encode_link_remove(void *buf, int index);

struct nlmsghdr *kernel_encode_address(void *buf, bool add, const struct plan_address *a,
				       int index);
struct nlmsghdr *kernel_encode_neighbour(void *buf, bool add, const struct plan_neighbour *n,
					 int index);
/** index is not used for a blackhole. An added route takes the place of one with the same key. */
struct nlmsghdr *kernel_encode_route(void *buf, bool add, const struct plan_route *r, int index);
struct nlmsghdr *kernel_encode_rule(void *buf, bool add, const struct plan_rule *r);
