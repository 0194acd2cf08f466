// SPDX-License-Identifier: GPL-2.0-only
/**
 * The links of a lab by the names of the cloud's own objects, and what `links:` (or `labctl link`) says
 * of them beyond what those objects say: broken, slower, longer, lossy.
 */
#pragma once

#include "model/types.h"

enum link_kind {
	LINK_NONE,
	LINK_CIRCUIT,          /* struct physical_connection, with all its VLANs */
	LINK_ROUTER_INTERFACE, /* struct router_interface */
	LINK_ATTACHMENT,       /* struct cen_attachment: between what is attached and its router */
	LINK_REGIONS,          /* two regions: between their transit routers, of every CEN */
};

enum link_state { LINK_AS_IS, LINK_UP, LINK_DOWN };

/** Between two regions that no pair is written for. */
#define REGION_PAIR_RTT_US    30000u
#define REGION_PAIR_JITTER_US 500u

/** An item of `links:`. What is not set is as the object says. */
struct link_change {
	struct named id; /* a name of the link */
	enum link_state state;
	struct number rate;   /* bit/s, each way */
	struct number rtt;    /* us */
	struct number jitter; /* us */
	struct number loss;   /* packets per million, each way */
	bool known;           /* set by validate/: there is such a link */
};

/** An item of `events`: what `labctl events` does to a link when its time has come. */
struct event {
	struct span at;
	struct number time; /* key `at`: us since it began */
	struct ref link;    /* a name of the link; `to` is never set */
	enum link_state state;
	struct event_set {
		struct span at; /* line 0: nothing is set */
		struct number rate, rtt, jitter, loss;
	} set;
};

struct lab;
struct cen;
struct region;

struct lab_link {
	enum link_kind kind;
	const char *name;                 /* "pc-1", "attach-vpc-1", "cn-hangzhou:cn-beijing" */
	const char *ends;                 /* "vpc-1 - transit router of cen-1" */
	struct span at;                   /* of the object */
	const void *of;                   /* the struct of its kind; of regions: NULL */
	const struct cen *cen;            /* of an attachment */
	const struct region *a, *b;       /* of two regions */
	const struct link_change *change; /* NULL: nothing is said of it */
};

/**
 * Link i of the lab; false behind the last one. Names are in the lab's arena. An attachment whose name
 * another link has already is "CEN.ATTACHMENT", a router interface "router_interfaces.NAME".
 */
bool lab_link_at(const struct lab *lab, size_t i, struct lab_link *link);
/**
 * By its name, or by another one that leads to it alone: two regions in either order, their region pair,
 * bandwidth limit or peer attachment; a data centre with one circuit, for that circuit. False: none.
 */
bool lab_find_link(const struct lab *lab, const char *name, struct lab_link *link);
/** The name that changes of the link go by: a second one would be another change. */
static inline const char *link_change_name(const struct lab_link *link)
{
	return link->change ? link->change->id.name : link->name;
}
/** "circuit", "attachment", ... */
const char *link_kind_name(enum link_kind kind);

/** Of two regions in either order; NULL: nothing. */
const struct link_change *lab_regions_change(const struct lab *lab, const struct region *a,
					     const struct region *b);
static inline bool link_is_down(const struct link_change *c)
{
	return c && c->state == LINK_DOWN;
}
