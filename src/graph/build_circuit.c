// SPDX-License-Identifier: GPL-2.0-only
/* Circuits, what ends them in the cloud and in data centres, and data centres. */
#include <inttypes.h>

#include "graph/build.h"

#define ROUTES 6 /* of a router that are named */

static void add_circuit(struct graph_builder *b, const struct physical_connection *p)
{
	struct graph_box *box =
		graph_box_add(b->g, NULL, GRAPH_CIRCUIT, p->id.name,
			      arena_printf(b->g->arena, "line, %s",
					   graph_rate(b->g, port_type_speed(p->port_type))));

	graph_line(b->g, box, "rtt %s%s", graph_duration(b->g, p->rtt.v),
		   p->enabled ? "" : ", not enabled");
}

static const char *next_hop(const struct vbr_route_entry *e)
{
	return e->nexthop_type == VBR_PHYSICAL_CONNECTION ? "circuit"
	       : e->nexthop_id.name                       ? e->nexthop_id.name
							  : "?";
}

static void add_health_check(struct graph_builder *b, struct graph_box *box, const struct vbr *v)
{
	for (size_t i = 0; i < b->lab->n_cens; i++)
		for (size_t j = 0; j < b->lab->cens[i].n_vbr_health_checks; j++) {
			const struct cen_vbr_health_check *h =
				&b->lab->cens[i].vbr_health_checks[j];

			if (h->vbr.to == v)
				graph_line(b->g, box, "health check %" PRIu64 " × %s",
					   h->healthy_threshold.v,
					   graph_duration(b->g, h->health_check_interval.v));
		}
}

static void add_routing(struct graph_builder *b, struct graph_box *box,
			const struct circuit_routing *r)
{
	if (r->bgp)
		graph_line(b->g, box, "BGP with AS %" PRIu64 "%s", r->peer_asn.v,
			   r->enable_bfd ? ", BFD" : "");
}

static void add_vbr(struct graph_builder *b, const struct vbr *v)
{
	const struct physical_connection *p = v->physical_connection.to;
	const struct region *r = vbr_region(v);
	struct graph_box *circuit = p ? graph_find(b->g, GRAPH_CIRCUIT, p->id.name) : NULL;
	struct graph_box *box = graph_box_add(b->g,
					      r ? graph_find(b->g, GRAPH_REGION, r->id.name) : NULL,
					      GRAPH_VBR, v->id.name, "VBR");

	graph_line(b->g, box, "%s VLAN %" PRIu64, graph_ip(b->g, v->local_gateway_ip.ip),
		   v->vlan_id.v);
	for (size_t i = 0; i < v->n_route_entries && i < ROUTES; i++)
		graph_line(b->g, box, "%s → %s",
			   graph_cidr(b->g, v->route_entries[i].destination_cidr_block.p),
			   next_hop(&v->route_entries[i]));
	add_routing(b, box, &v->routing);
	add_health_check(b, box, v);
	if (circuit)
		(void)graph_link_add(b->g, GRAPH_LINE, box, circuit);
}

void graph_build_circuits(struct graph_builder *b)
{
	for (size_t i = 0; i < b->lab->n_physical_connections; i++)
		add_circuit(b, &b->lab->physical_connections[i]);
	for (size_t i = 0; i < b->lab->n_vbrs; i++)
		add_vbr(b, &b->lab->vbrs[i]);
	for (size_t i = 0; i < b->lab->n_router_interfaces; i++) {
		const struct router_interface *r = &b->lab->router_interfaces[i];
		struct graph_box *vpc = graph_find(b->g, GRAPH_VPC, r->vpc.name);
		struct graph_box *vbr = graph_find(b->g, GRAPH_VBR, r->vbr.name);

		if (vpc && vbr)
			graph_label(b->g, graph_link_add(b->g, GRAPH_PEERING, vpc, vbr), "%s %s",
				    r->id.name, graph_rate(b->g, router_interface_speed(r->spec)));
	}
}

/* --- data centres --- */

static void add_routes(struct graph_builder *b, struct graph_box *box, const struct data_center *d)
{
	for (size_t i = 0; i < d->n_routes && i < ROUTES; i++) {
		const struct cpe_route *r = &d->routes[i];

		graph_line(b->g, box, "%s → %s%s", graph_cidr(b->g, r->destination_cidr_block.p),
			   graph_ip(b->g, r->next_hop.ip), r->track ? ", tracked" : "");
	}
	if (d->n_routes > ROUTES)
		graph_line(b->g, box, "%zu more routes", d->n_routes - ROUTES);
}

/* In the picture it has the data centre's own name in its id: there is one of them in each. */
static void add_cpe(struct graph_builder *b, struct graph_box *parent, const struct data_center *d)
{
	struct graph_box *box = graph_box_add(b->g, parent, GRAPH_CPE, "customer router", NULL);

	box->id = arena_printf(b->g->arena, "cpe.%s", d->id.name);
	for (size_t i = 0; i < d->n_circuits; i++) {
		const struct circuit *c = &d->circuits[i];
		struct graph_box *line = graph_find(b->g, GRAPH_CIRCUIT,
						    c->physical_connection.name);
		struct graph_link *l;

		graph_line(b->g, box, "%s VLAN %" PRIu64, graph_ip(b->g, c->ip.ip), c->vlan_id.v);
		add_routing(b, box, &c->routing);
		if (!line)
			continue;
		l = graph_link_add(b->g, GRAPH_LINE, line, box);
		l->id = arena_printf(b->g->arena, "%s.%s", l->id, c->id.name);
	}
	add_routes(b, box, d);
}

static void add_host(struct graph_builder *b, struct graph_box *lan, const struct host *h)
{
	struct graph_box *box = graph_box_add(b->g, lan, GRAPH_HOST, h->id.name, NULL);

	if (h->ip.set)
		graph_line(b->g, box, "%s", graph_ip(b->g, h->ip.ip));
	graph_services(b, box, h->services, h->n_services);
	if (h->dns.at.line)
		graph_line(b->g, box, "DNS server");
}

static size_t count_hosts(const struct data_center *d, const struct lan *lan)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_hosts; i++)
		n += d->hosts[i].lan.to == lan;
	return n;
}

static void add_lan(struct graph_builder *b, struct graph_box *parent, const struct data_center *d,
		    const struct lan *lan)
{
	struct graph_box *box = graph_box_add(b->g, parent, GRAPH_LAN, lan->id.name,
					      graph_cidr(b->g, lan->cidr_block.p));
	size_t n = count_hosts(d, lan);

	box->id = arena_printf(b->g->arena, "lan.%s.%s", d->id.name, lan->id.name);
	if (n > GRAPH_MANY && !b->o->all) {
		box = graph_box_many(b->g, box, GRAPH_HOST, n, "hosts");
		for (size_t i = 0; i < d->n_hosts; i++)
			if (d->hosts[i].lan.to == lan)
				graph_member(b->g, box, d->hosts[i].id.name);
		return;
	}
	for (size_t i = 0; i < d->n_hosts; i++)
		if (d->hosts[i].lan.to == lan)
			add_host(b, box, &d->hosts[i]);
}

void graph_build_data_centers(struct graph_builder *b)
{
	for (size_t i = 0; i < b->lab->n_data_centers; i++) {
		const struct data_center *d = &b->lab->data_centers[i];
		struct graph_box *box = graph_box_add(
			b->g, NULL, GRAPH_DATA_CENTER, d->id.name,
			d->asn.set ? arena_printf(b->g->arena, "data centre, AS %" PRIu64, d->asn.v)
				   : "data centre");

		add_cpe(b, box, d);
		for (size_t j = 0; j < d->n_lans; j++)
			add_lan(b, box, d, &d->lans[j]);
	}
}
