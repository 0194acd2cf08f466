// SPDX-License-Identifier: GPL-2.0-only
/**
 * A plan as the kernel would see it, indexed so that a packet's next step is found without a scan. Shared
 * by the files of this layer.
 *
 * What plan->extra holds of a lab that runs is indexed with the rest, where it says what it does: routes,
 * addresses, neighbours. Of rules, filters and devices it has the names only: they are doubts. So is a
 * device that conducts itself otherwise than every device of a plan does.
 */
#pragma once

#include "analyse/analyse.h"
#include "analyse/nft.h"
#include "base/arena.h"
#include "plan/plan.h"

/** No namespace, no device, no segment. */
#define NET_NONE UINT32_MAX

/** A loss at which nothing gets through, in packets per million. */
#define NET_LOST_ALL 1000000

/** A device: lo, one end of a link, a bridge. */
struct net_device {
	const char *name;
	const struct plan_link *link; /* NULL: lo or a bridge */
	const unsigned char *mac;
	const struct plan_bridge *bridge;
	const struct plan_shaper *shaper; /* of what leaves by it; NULL: none */
	uint64_t wire_us;                 /* that labctl-wire takes to carry it to the other end */
	uint32_t wire_loss_ppm;           /* of the frames that it carries there */
	const char *fault;                /* see struct plan_end */
	uint32_t ns;
	uint32_t peer, master; /* devices */
	/* The other end of its link, and the one behind a wire that carries it on, whether anything passes or not. */
	uint32_t line, far;
	uint32_t segment;  /* where its frames arrive */
	uint32_t next;     /* device of that segment; NET_NONE: the last one */
	uint32_t first, n; /* its addresses, in the namespace's list */
	bool proxy_arp, down;
	bool loses;    /* its line loses all that is sent: it has no peer, or none behind a wire */
	bool enslaved; /* it is a port, if only of a bridge that is of no plan */
	bool used;     /* see analyse_net_use() */
};

struct net_address {
	uint32_t ip;
	uint8_t len;
	uint32_t dev;
	const struct plan_address *from;
};

/** What one destination and metric of a table leads to: several hops are equally good. */
struct net_route {
	struct ip_prefix dst;
	uint32_t metric;
	uint32_t dev;                  /* NET_NONE: a blackhole */
	uint32_t via;                  /* 0: on link */
	uint32_t src;                  /* preferred source, 0: none */
	const struct plan_route *from; /* NULL: comes with an address */
	bool other;                    /* PLAN_OTHER: nobody knows where it leads */
};

/** By address, then by device. */
void analyse_net_sort_addresses(struct net_address *v, size_t n);
/** Place of the first one with that address, of sorted ones; else where it would stand. */
size_t analyse_net_first_address(const struct net_address *v, size_t n, uint32_t ip);

struct net_table {
	uint32_t id;
	struct net_route *routes; /* longest first, then by address and metric */
	size_t n;
	uint32_t lens
		[33];  /* where the routes of a length begin, by 32 - length; [32 - len + 1]: end */
	uint64_t used; /* bit 32 - length: there is one of that length */
};

struct net_filter {
	const struct plan_filter *from;
	const struct nft_table *table; /* NULL: not read yet, see analyse_net_filters() */
};

struct net_ns {
	const struct plan_namespace *from;
	uint32_t first_dev, n_devs, lo;
	struct net_address *addresses; /* of all devices, in the plan's order */
	struct net_address *local;     /* the same, sorted by address */
	size_t n_addresses;
	const struct plan_rule *rules; /* in order of priority */
	uint32_t *rule_tables;         /* of each rule: place in tables, NET_NONE: empty */
	uint32_t *rule_iif, *rule_oif; /* devices; NET_NONE where the rule names none */
	size_t n_rules;
	bool by_source;                  /* one of them asks for the source */
	const struct plan_route *routes; /* of the plan */
	size_t n_routes;
	const struct plan_route **others; /* what was added while the lab runs */
	size_t n_others;
	bool has_tables;          /* the next three are made of them: see analyse_net_tables() */
	struct net_table *tables; /* sorted by number */
	size_t n_tables;
	struct net_table *main; /* NULL: empty */
	struct net_filter *filters;
	size_t n_filters;
	bool has_filters;   /* they are read, and the next two known: see analyse_net_filters() */
	bool unclear;       /* a filter has something that is not understood */
	unsigned int hooks; /* bits: at which of them a filter may drop something */
	/* Why nothing is known of what passes, is routed, is bridged here; NULL: it is. */
	const char *doubt, *rule_doubt, *bridge_doubt;
	bool asked; /* see analyse_net_ask() */
};

/** Devices that hear each other. */
struct net_segment {
	uint32_t *members; /* those with addresses of their own: not ports of a bridge */
	size_t n;
	struct net_address *owners; /* sorted by address, where members are many */
	size_t n_owners;
	const char *doubt; /* why nobody knows whether frames pass; NULL: it is known */
	uint32_t first;    /* of its devices; NET_NONE: there is none */
	bool used;         /* all of them are */
};

struct analyse {
	const struct plan *plan;
	struct arena *arena;
	struct net_ns *ns; /* in the plan's order */
	size_t n_ns;
	struct net_device *devs; /* by namespace and name */
	size_t n_devs;
	struct net_segment *segments;
	size_t n_segments;
	struct net_neighbour *neighbours; /* by device and address */
	size_t n_neighbours;
	struct net_wire *wires;
	size_t n_wires;
	const struct plan_route **dynamic; /* what labctl-routing and BIRD would write */
	size_t n_dynamic;
	const char *doubt; /* why dynamic routes are not known; NULL: they are */
	bool *all_asked;   /* answers depend on every namespace */
};

struct net_neighbour {
	uint32_t dev, ip;
	const unsigned char *mac;
};

/** A line that labctl-wire carries, as its configuration says. */
struct net_wire {
	const char *ns, *a, *b; /* its ports' namespace, and their names */
	uint64_t delay_us;
	uint32_t loss_ppm;
};

/** Place of the namespace; NET_NONE where there is none. */
uint32_t analyse_net_find_ns(const struct analyse *a, const char *name);
/** The same, for names that are often those of the namespace before, or of one a little behind it. */
uint32_t analyse_net_find_ns_near(const struct analyse *a, const char *name, uint32_t before);
uint32_t analyse_net_find_dev(const struct analyse *a, uint32_t ns, const char *name);

/**
 * Notes that an answer depends on what is in the namespace. Whatever looks into one must see to it; analyse_net_local(),
 * _lookup(), _filters() and _take() do it themselves. NET_NONE: nothing.
 */
void analyse_net_ask(const struct analyse *a, uint32_t ns);
/**
 * The same for a device: it is one only if the other end of its link is there, too. Enough is to say so of what is
 * found; what is passed over might as well not be there. NET_NONE: nothing.
 */
void analyse_net_use(const struct analyse *a, uint32_t dev);
/** All devices of the segment, and by that where it ends. */
void analyse_net_use_segment(const struct analyse *a, struct net_segment *s);

/** The lines that the plan's workers are told to carry. */
void analyse_net_read_wires(struct analyse *a);
/** Devices are indexed: lines that labctl-wire carries become links from end to end. */
void analyse_net_join_wires(const struct analyse *a);
/** The device of the namespace that has the address; NET_NONE: none. 127.0.0.0/8 is lo's. */
uint32_t analyse_net_local(const struct analyse *a, uint32_t ns, uint32_t ip);
/** Whether frames pass: false of what is down. */
bool analyse_net_is_up(const struct analyse *a, uint32_t dev);
/** Of the line that begins at the device, or of its other end; NULL: neither has one. */
const struct plan_shaper *analyse_net_line_shaper(const struct analyse *a, uint32_t dev);
const struct net_neighbour *analyse_net_neighbour(const struct analyse *a, uint32_t dev,
						  uint32_t ip);

/** The namespace, its route tables made (tables.c). */
const struct net_ns *analyse_net_tables(const struct analyse *a, uint32_t ns);
/** The namespace, its filters read. */
const struct net_ns *analyse_net_filters(const struct analyse *a, uint32_t ns);

/** Fills all but the routes and the segments. */
void analyse_net_index(struct analyse *a);
/** Which routes are whose: of the plan, and a->dynamic; tables are made anew. */
void analyse_net_index_routes(const struct analyse *a);
/** Segments from links and bridges (segment.c). */
void analyse_net_index_segments(struct analyse *a);

/** How a packet is looked up. */
struct net_flow {
	uint32_t src, dst;
	uint32_t iif;        /* NET_NONE: it begins here */
	uint32_t oif;        /* device that its socket is bound to; NET_NONE: none */
	unsigned int choice; /* which of equally good hops */
};

struct net_answer {
	const struct net_route *route; /* NULL: no route */
	const struct plan_rule *rule;  /* whose table it is of; NULL: main, behind all rules */
	size_t alternatives;           /* equally good hops, this one included */
	const char *unknown;           /* why it may be another route; NULL: it is this one */
};

/** Rules, then tables; not the addresses of the namespace itself. */
struct net_answer analyse_net_lookup(const struct analyse *a, uint32_t ns,
				     const struct net_flow *f);

/** The device that takes a frame for `ip` sent out of `dev` (segment.c). */
struct net_taker {
	uint32_t dev;        /* NET_NONE: nobody */
	bool several;        /* more than one would */
	bool down;           /* the line that it would go over is */
	uint32_t loser;      /* where the line begins or ends that loses it; NET_NONE: none does */
	const char *unknown; /* why nobody knows who takes it */
};
struct net_taker analyse_net_take(const struct analyse *a, uint32_t dev, uint32_t ip,
				  uint32_t sender);

/** Works out a->dynamic and a->doubt (dynamic.c); tables hold them afterwards. */
void analyse_net_index_dynamic(struct analyse *a);
