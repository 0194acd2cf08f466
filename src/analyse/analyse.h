// SPDX-License-Identifier: GPL-2.0-only
/**
 * Reachability over a plan, without a kernel: where a packet goes and why, and who reaches whom.
 *
 * A packet is walked as the kernel would: policy rules, route tables, what answers for a next hop, filters,
 * addresses. Dynamic routes, which no plan holds, are those that labctl-routing and BIRD would write with
 * everything alive. What is not understood is said to be not known, never guessed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct strbuf;

/** A plan, indexed. Borrows it: the plan must outlive it. */
struct analyse;

struct analyse *analyse_new(const struct plan *p) __attribute__((returns_nonnull));
/** The same for a plan with the same workers as that of `before`, which must outlive it: they are not read again. */
struct analyse *analyse_again(const struct plan *p, const struct analyse *before)
	__attribute__((returns_nonnull));
void analyse_free(struct analyse *a); /* NULL is fine */

/**
 * Opens, in `open` beside the namespaces of `all`, those on which depends what was answered so far: with anything else in
 * the others, but the devices' other ends where there is one, every answer would have been the same. For those to whom
 * it costs much to know what is in a namespace. Gives whether one was not open before.
 */
bool analyse_open_asked(const struct analyse *a, const struct plan *all, bool *open);

/* --- one packet --- */

enum analyse_protocol { ANALYSE_ICMP, ANALYSE_TCP, ANALYSE_UDP };

/** The first packet of a conversation: an echo request, a SYN, a datagram. */
struct analyse_packet {
	const char *ns;  /* where it is sent */
	const char *dev; /* that its socket is bound to; NULL: none */
	uint32_t src;    /* 0: as the kernel chooses */
	uint32_t dst;
	enum analyse_protocol protocol;
	uint16_t port; /* of the destination; 0 with ICMP */
};

/** How a walk ends. */
enum analyse_end {
	ANALYSE_DELIVERED, /* at an address of the last hop */
	ANALYSE_NO_ROUTE,  /* nothing matches, or only what drops all that nothing else matched */
	ANALYSE_BLACKHOLE, /* a route drops it on purpose */
	ANALYSE_FILTERED,  /* hop.filter says so */
	ANALYSE_NO_NEIGHBOUR, /* nobody answers for the next hop */
	ANALYSE_DOWN,         /* the line is down */
	ANALYSE_LOSS,         /* the line is up, and loses every packet */
	ANALYSE_NO_ROUTER,    /* a host got what is not for it */
	ANALYSE_FORGED,       /* a router got a packet with an address of its own as source */
	ANALYSE_LOOP,         /* it goes round in circles */
	ANALYSE_NO_PLACE,     /* the sender does not exist, or has no address to send from */
	ANALYSE_ELSEWHERE,    /* somebody else has the address as well, and gets it */
	ANALYSE_OTHER_DEVICE, /* it comes in by another device than the sender's socket is bound to */
	ANALYSE_UNKNOWN       /* see unknown */
};

/** A namespace on the way. */
struct analyse_hop {
	const struct plan_namespace *ns;
	const char *in, *out;           /* devices; NULL: it begins here, or ends */
	const struct plan_rule *rule;   /* that chose the table; NULL: none, table main */
	const struct plan_route *route; /* that was taken, dynamic ones included; NULL: none, or the
					 * subnet of an address */
	const struct plan_link *link;   /* that it left by; NULL: it did not, or by a bridge */
	const struct plan_shaper
		*loser; /* of the line that loses it; NULL: none does, or it has none */
	uint32_t next;  /* next hop; 0: none */
	const struct plan_filter *filter; /* that dropped it, or is not understood */
	const char *chain, *verdict; /* of that filter: the chain, and the rule or "policy drop" */
};

#define ANALYSE_HOPS_MAX 64 /* the kernel's default time to live */

struct analyse_walk {
	enum analyse_end end;
	const char *unknown; /* why; a sentence, without a stop */
	uint32_t src, dst;
	struct analyse_hop hops[ANALYSE_HOPS_MAX];
	size_t n_hops;
	size_t alternatives; /* most equally good routes met in one place; 1: the way is the only one */
	bool by_service;     /* a filter that was asked looked at protocol, port, or type */
	uint32_t loss_ppm; /* how many of a million get lost on the lines that it left by */
};

/** There, and for what was delivered the way back. */
struct analyse_trip {
	struct analyse_walk there, back;
	bool ok; /* both were delivered, at the right places */
	uint32_t
		loss_ppm; /* of round trips; of equally good ways the worst one's. 0 where it is not ok */
};

/** What is lost on two lines, one behind the other, in packets per million. */
uint32_t analyse_loss_of_both(uint32_t a_ppm, uint32_t b_ppm);

/**
 * Walks the packet and its answer. `to`: the namespace that shall get it, NULL for whoever has the address.
 * Where routes of several equally good hops are met, it is walked once for each of them: the first hop in all
 * such places of both ways, then the second, and so on; not each combination of them. If some of these lead
 * there and some do not, the end is ANALYSE_UNKNOWN.
 */
void analyse_walk(const struct analyse *a, const struct analyse_packet *p, const char *to,
		  struct analyse_trip *trip);

/** "vpc-1"; "the transit router of cen-1 in cn-hangzhou"; "the cloud-service network of cn-hangzhou". */
void analyse_place(const struct plan_namespace *ns, struct strbuf *b);
/** What stopped the trip, in the cloud's terms, on one line: "vpc-3 has no route to 172.16.1.0/24". */
void analyse_explain(const struct analyse *a, const struct analyse_trip *trip, struct strbuf *b);

/**
 * Why nobody is at the far end of a circuit, where that is how the walk ends and the plan says it: "it has VLAN 110, ..."
 * of the VBR. Else NULL. Lives as long as a.
 */
const char *analyse_circuit_fault(const struct analyse *a, const struct analyse_walk *w,
				  const char **vbr);
