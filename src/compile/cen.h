// SPDX-License-Identifier: GPL-2.0-only
/** Transit routers and the routes that they know, while a lab is compiled. */
#pragma once

#include "compile/context.h"

/** What is attached to a transit router: a VPC or a VBR. */
struct cen_member {
	const struct vpc *vpc; /* one of both */
	const struct vbr *vbr;
	const void *instance; /* the same, whichever it is: what route maps name */
	const char *name;     /* of its namespace, too */
	const struct region *region;
};
struct cen_member compile_cen_member(const struct cen_attachment *a);

/** A route of a transit router. */
struct tr_route {
	struct ip_prefix dst;
	const struct cen_attachment *from; /* whom it leads to; NULL: static blackhole */
	size_t peer; /* index of the transit router that told it; NO_PEER: own attachment */
	bool fixed;  /* static entry: never told to others */
	struct plan_origin origin;
};
#define NO_PEER ((size_t)-1)

struct tr_table {
	const struct tr_route_table *model; /* NULL: the default table, which is table main */
	uint32_t id;
	struct tr_route *routes;
	size_t n;
};

struct tr {
	const struct region *region;
	const char *ns;
	struct tr_table *tables; /* the default table first */
	size_t n_tables;
};

/** Two transit routers of one CEN with a link between them. */
struct tr_pair {
	size_t a, b;
	uint64_t rate;
	bool allocated; /* false: only the rate for connectivity tests */
	bool exchange;  /* their default tables tell each other what was learned */
	uint32_t rtt_us, jitter_us, loss_ppm;
	const struct link_change *change; /* NULL: nothing is said of the link */
	struct plan_origin origin;
};

/** A route that lost: the destination is taken by an earlier one, or is the receiver's own. */
struct rejected_route {
	struct ip_prefix dst;
	const struct cen_attachment *from; /* never NULL */
	const char *at;                    /* NULL: rejected when it was learned */
};

struct cen_state {
	const struct cen *cen;
	struct tr *trs;
	size_t n_trs;
	struct tr_pair *pairs;
	size_t n_pairs;
	struct rejected_route *rejected;
	size_t n_rejected;
};

/** Index of the transit router of a region, NO_PEER where the CEN has none there. */
size_t compile_cen_tr(const struct cen_state *s, const struct region *region);
/** The table that forwards what an attachment sends. */
struct tr_table *compile_cen_associated(struct cen_state *s, const struct cen_attachment *a);

/** Fills the tables of all transit routers (cen_routes.c). */
void compile_cen_learn(struct compile *c, struct cen_state *s);
/** Tells VPCs what their transit routers know (cen_routes.c). */
void compile_cen_push(struct compile *c, struct cen_state *s);
/** "Access to cloud services" and PrivateZone access of VBRs (cen_services.c). */
void compile_cen_services(struct compile *c, struct cen_state *s);
/** Whether the route maps of a region let a route pass (cen_route_map.c). */
bool compile_cen_permits(const struct cen *cen, const struct region *region,
			 enum route_map_direction direction, const void *from,
			 struct ip_prefix dst);
/** Whether a route map speaks of routes from that VPC or VBR. */
bool compile_cen_is_from(const struct cen_route_map *m, const void *from);
/** Whether the attachment's table of the transit router `tr` gets what an attachment offers. */
bool compile_cen_propagates(const struct cen_state *s, const struct cen_attachment *a,
			    const struct tr_table *t);
/** Whether routes are pushed to what is attached. */
bool compile_cen_pushes(const struct cen_state *s, const struct cen_attachment *a);
/** Whether the routes of an attachment come and go while the lab runs (routing.c). */
bool compile_cen_is_live(const struct cen_state *s, const struct cen_attachment *a);
