// SPDX-License-Identifier: GPL-2.0-only
/* Transit routers, attachments, and the links between regions. */
#include <inttypes.h>
#include <string.h>

#include "graph/build.h"

#define FULL_MESH 3 /* regions; with more, only pairs that somebody configured are drawn */

static struct graph_box *find_router(const struct graph *g, const struct cen *cen,
				     const struct region *r)
{
	const char *id = arena_printf(g->arena, "tr.%s.%s", cen->id.name, r->id.name);

	for (size_t i = 0; i < g->n_boxes; i++)
		if (!strcmp(g->boxes[i]->id, id))
			return g->boxes[i];
	return NULL;
}

static void add_services(struct graph_builder *b, struct graph_box *box, const struct cen *cen,
			 const struct region *r)
{
	for (size_t i = 0; i < cen->n_route_services; i++) {
		const struct cen_route_service *s = &cen->route_services[i];

		if (s->host_region.to == r)
			graph_line(b->g, box, "cloud service %s via %s", s->host.s,
				   s->host_vpc.name);
	}
	for (size_t i = 0; i < cen->n_private_zones; i++)
		if (cen->private_zones[i].host_region.to == r)
			graph_line(b->g, box, "PrivateZone via %s",
				   cen->private_zones[i].host_vpc.name);
	for (size_t i = 0; i < cen->n_route_maps; i++) {
		const struct cen_route_map *m = &cen->route_maps[i];

		if (m->cen_region.to == r && m->deny)
			graph_line(b->g, box, "route map %s: deny", m->id.name);
		else if (m->cen_region.to == r)
			graph_line(b->g, box, "route map %s: preference %" PRIu64, m->id.name,
				   m->preference.v);
	}
}

static struct graph_box *add_router(struct graph_builder *b, const struct cen *cen,
				    const struct region *r)
{
	struct graph_box *box = find_router(b->g, cen, r);

	if (box)
		return box;
	box = graph_box_add(b->g, graph_find(b->g, GRAPH_REGION, r->id.name), GRAPH_TRANSIT_ROUTER,
			    cen->id.name,
			    cen->edition == CEN_BASIC ? "transit router, basic"
						      : "transit router, enterprise");
	box->id = arena_printf(b->g->arena, "tr.%s.%s", cen->id.name, r->id.name);
	add_services(b, box, cen, r);
	return box;
}

/* A VPC that is drawn with others: their common box. */
static struct graph_box *box_of(struct graph_builder *b, const struct cen *cen,
				const struct cen_attachment *a, const struct region *r)
{
	struct graph_box *box = graph_find(b->g, a->vbr.to ? GRAPH_VBR : GRAPH_VPC,
					   cen_attachment_name(a));
	const char *id = arena_printf(b->g->arena, "vpc.many.%s.%s", r->id.name, cen->id.name);

	for (size_t i = 0; !box && i < b->g->n_boxes; i++)
		if (!strcmp(b->g->boxes[i]->id, id))
			box = b->g->boxes[i];
	return box;
}

static void attach(struct graph_builder *b, const struct cen *cen, const struct cen_attachment *a)
{
	const struct region *r = cen_attachment_region(a);
	struct graph_box *router = r ? add_router(b, cen, r) : NULL;
	struct graph_box *box = router ? box_of(b, cen, a, r) : NULL;
	const char *id;

	if (!box)
		return;
	id = arena_printf(b->g->arena, "attachment.%s.%s", box->id, router->id);
	if (!graph_find_link(b->g, id))
		(void)graph_link_add(b->g, GRAPH_ATTACHMENT, box, router);
}

/* --- between regions --- */

static bool is_pair(const struct ref *refs, size_t n, const struct region *x,
		    const struct region *y)
{
	return n == 2 &&
	       ((refs[0].to == x && refs[1].to == y) || (refs[0].to == y && refs[1].to == x));
}

static void join(struct graph_builder *b, const struct region *x, const struct region *y,
		 struct graph_box *from, struct graph_box *to, const char *rate)
{
	const struct region_pair *pair = lab_find_region_pair(b->lab, x, y);
	struct graph_link *l = graph_link_add(b->g, GRAPH_PEER, from, to);

	graph_label(b->g, l, "%s", rate);
	graph_label(b->g, l, "rtt %s", graph_duration(b->g, pair ? pair->rtt.v : 30000));
}

static const struct cen_bandwidth_limit *find_limit(const struct cen *cen, const struct region *x,
						    const struct region *y)
{
	for (size_t i = 0; i < cen->n_bandwidth_limits; i++)
		if (is_pair(cen->bandwidth_limits[i].regions, cen->bandwidth_limits[i].n_regions, x,
			    y))
			return &cen->bandwidth_limits[i];
	return NULL;
}

static void join_enterprise(struct graph_builder *b, const struct cen *cen, const struct region *x,
			    const struct region *y)
{
	for (size_t i = 0; i < cen->n_peer_attachments; i++) {
		const struct cen_peer_attachment *p = &cen->peer_attachments[i];

		if (!is_pair(p->regions, p->n_regions, x, y))
			continue;
		join(b, x, y, add_router(b, cen, x), add_router(b, cen, y),
		     p->bandwidth.set ? graph_rate(b->g, p->bandwidth.v) : "1 kbit/s");
	}
}

static void join_basic(struct graph_builder *b, const struct cen *cen, const struct region *x,
		       const struct region *y, size_t n_routers)
{
	const struct cen_bandwidth_limit *limit = find_limit(cen, x, y);
	struct graph_box *from = find_router(b->g, cen, x), *to = find_router(b->g, cen, y);

	if (from && to && (limit || n_routers <= FULL_MESH))
		join(b, x, y, from, to,
		     limit ? graph_rate(b->g, limit->bandwidth_limit.v) : "1 kbit/s");
}

static size_t count_routers(struct graph_builder *b, const struct cen *cen)
{
	size_t n = 0;

	for (size_t i = 0; i < b->lab->n_regions; i++)
		n += find_router(b->g, cen, &b->lab->regions[i]) != NULL;
	return n;
}

static void join_regions(struct graph_builder *b, const struct cen *cen)
{
	size_t routers = count_routers(b, cen);

	for (size_t i = 0; i < b->lab->n_regions; i++)
		for (size_t j = i + 1; j < b->lab->n_regions; j++) {
			const struct region *x = &b->lab->regions[i], *y = &b->lab->regions[j];

			if (cen->edition == CEN_BASIC)
				join_basic(b, cen, x, y, routers);
			else
				join_enterprise(b, cen, x, y);
		}
}

void graph_build_cens(struct graph_builder *b)
{
	for (size_t i = 0; i < b->lab->n_cens; i++) {
		const struct cen *cen = &b->lab->cens[i];

		for (size_t j = 0; j < cen->n_attachments; j++)
			attach(b, cen, &cen->attachments[j]);
		/* an empty one has no place of its own */
		if (!count_routers(b, cen) && b->lab->n_regions)
			add_router(b, cen, &b->lab->regions[0])->detail = "CEN, nothing attached";
		join_regions(b, cen);
	}
}
