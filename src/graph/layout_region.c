// SPDX-License-Identifier: GPL-2.0-only
/*
 * The columns of a region: what hangs on one transit router stands above and below it, so that the
 * router, as wide as all of them, is met by straight lines.
 */
#include "graph/layout.h"

static int larger(int a, int b)
{
	return a > b ? a : b;
}

enum graph_row graph_row_of(const struct graph_box *b)
{
	switch (b->kind) {
	case GRAPH_VPC: return ROW_VPCS;
	case GRAPH_TRANSIT_ROUTER: return ROW_ROUTERS;
	case GRAPH_VBR: return ROW_VBRS;
	case GRAPH_INTERNET:
	case GRAPH_PUBLIC_HOST:
	case GRAPH_REGION:
	case GRAPH_GATEWAY:
	case GRAPH_FUNCTION:
	case GRAPH_VSWITCH:
	case GRAPH_ECS:
	case GRAPH_CIRCUIT:
	case GRAPH_DATA_CENTER:
	case GRAPH_CPE:
	case GRAPH_LAN:
	case GRAPH_HOST: break;
	}
	return ROW_SERVICES;
}

static const struct graph_box *attached_to(const struct graph *g, const struct graph_box *b)
{
	for (size_t i = 0; i < g->n_links; i++)
		if (g->links[i]->kind == GRAPH_ATTACHMENT && g->links[i]->from == b)
			return g->links[i]->to;
	return NULL;
}

const struct graph_box *graph_router_of(const struct graph *g, const struct graph_box *b)
{
	const struct graph_box *router = attached_to(g, b);

	/* a VBR that is only peered with a VPC stands near it */
	for (size_t i = 0; !router && b->kind == GRAPH_VBR && i < g->n_links; i++)
		if (g->links[i]->kind == GRAPH_PEERING && g->links[i]->to == b)
			router = attached_to(g, g->links[i]->from);
	return router;
}

/* Boxes of one kind on one router, side by side; gives where the last one ends. */
static int place_row(struct graph_place *p, struct graph_box *region, enum graph_kind kind,
		     const struct graph_box *router, int x)
{
	int end = x;

	for (struct graph_box *b = region->first; b; b = b->next) {
		if (b->kind != kind || graph_router_of(p->g, b) != router)
			continue;
		graph_widen(b, graph_slots_width(p->g, b, p->m), p->m);
		graph_move(b, x, b->at.y);
		end = graph_right(b);
		x = end + p->m->gap_x;
	}
	return end;
}

/* Without a router: what hangs on none. */
static int place_group(struct graph_place *p, struct graph_box *region, struct graph_box *router,
		       int x)
{
	int end = larger(place_row(p, region, GRAPH_VPC, router, x),
			 place_row(p, region, GRAPH_VBR, router, x));

	if (!router)
		return end;
	graph_move(router, x, router->at.y);
	router->at.w = larger(router->at.w, end - x);
	return graph_right(router);
}

static int place_groups(struct graph_place *p, struct graph_box *region, int x)
{
	struct graph_box *router = NULL;
	size_t n = 0;
	int end = x, loose;

	for (struct graph_box *b = region->first; b; b = b->next) {
		if (b->kind != GRAPH_TRANSIT_ROUTER)
			continue;
		router = b;
		n++;
		end = place_group(p, region, b, x);
		x = end + p->m->gap_x;
	}
	loose = place_group(p, region, NULL, x);
	if (n == 1 && loose == x) /* it alone: as wide as the region will be */
		router->at.w = larger(router->at.w, region->at.w);
	return loose == x ? end : loose;
}

/* Functions stand right of the first gateway that invokes them. */
static bool is_invoked_by(const struct graph *g, const struct graph_box *f,
			  const struct graph_box *gateway)
{
	for (size_t i = 0; i < g->n_links; i++)
		if (g->links[i]->kind == GRAPH_INVOKE && g->links[i]->to == f)
			return g->links[i]->from == gateway;
	return gateway == NULL;
}

static int place_functions(struct graph_place *p, struct graph_box *region,
			   const struct graph_box *gateway, int x)
{
	int y = 0, end = x;

	for (struct graph_box *b = region->first; b; b = b->next) {
		if (b->kind != GRAPH_FUNCTION || !is_invoked_by(p->g, b, gateway))
			continue;
		graph_move(b, x, y);
		y = graph_bottom(b) + p->m->gap_y;
		end = larger(end, graph_right(b));
	}
	return end;
}

static int place_services(struct graph_place *p, struct graph_box *region, int x)
{
	int gap = p->m->gap_x, end = x, next;

	for (struct graph_box *b = region->first; b; b = b->next) {
		if (b->kind != GRAPH_GATEWAY)
			continue;
		graph_widen(b, graph_slots_width(p->g, b, p->m), p->m);
		graph_move(b, x, b->at.y);
		next = graph_right(b) + 2 * gap;
		end = place_functions(p, region, b, next);
		end = end == next ? graph_right(b) : end;
		x = end + 2 * gap;
	}
	next = place_functions(p, region, NULL, x);
	return next == x ? end : next;
}

void graph_place_columns(struct graph_place *p, struct graph_box *region, int x)
{
	const struct graph_metrics *m = p->m;
	int start = x + m->pad_x, end;

	for (struct graph_box *b = region->first; b; b = b->next)
		graph_arrange(b, m);
	end = larger(place_services(p, region, start), start + graph_header_width(region, m));
	region->at = (struct graph_area){x, 0, end - start, 0};
	end = larger(end, place_groups(p, region, start));
	region->at.w = end + m->pad_x - x;
}
