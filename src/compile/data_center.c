// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data centre: the customer router is a namespace of the data centre's name. A LAN is a broadcast
 * domain, so it is a real bridge there, and a host is a namespace on a port of it. The router knows its
 * LANs, its circuits, its static routes and what BGP tells it (bgp.c); of several static routes to one
 * destination, and of those whose next hop is watched, labctl-routing writes the one that counts.
 */
#include "compile/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* --- routes --- */

bool compile_cpe_route_is_live(const struct data_center *dc, const struct cpe_route *r)
{
	for (size_t i = 0; !r->track && i < dc->n_routes; i++)
		if (&dc->routes[i] != r && ip_prefix_equal(dc->routes[i].destination_cidr_block.p,
							   r->destination_cidr_block.p))
			return true;
	return r->track;
}

static struct ip_prefix circuit_address(const struct circuit *circuit)
{
	return (struct ip_prefix){circuit->ip.ip, (uint8_t)mask_length(circuit->subnet_mask.ip)};
}

struct hop compile_cpe_hop(struct compile *c, const struct data_center *dc, uint32_t next_hop)
{
	for (size_t i = 0; i < dc->n_circuits; i++) {
		const struct circuit *circuit = &dc->circuits[i];

		if (ip_prefix_has(circuit_address(circuit), next_hop))
			return (struct hop){
				.dev = compile_circuit_dev(c, circuit->physical_connection.to,
							   circuit->vlan_id.v),
				.via = next_hop,
				.on_subnet = true};
	}
	for (size_t i = 0; i < dc->n_lans; i++)
		if (ip_prefix_has(dc->lans[i].cidr_block.p, next_hop))
			return (struct hop){.dev = compile_ifname(c, dc->lans[i].id.name),
					    .via = next_hop,
					    .on_subnet = true};
	return (struct hop){0};
}

static void add_routes(struct compile *c, const struct data_center *dc)
{
	static const struct ip_prefix everything = {0, 0};
	bool has_default = false;

	for (size_t i = 0; i < dc->n_routes; i++) {
		const struct cpe_route *r = &dc->routes[i];

		if (compile_cpe_route_is_live(dc, r))
			continue;
		has_default |= ip_prefix_equal(r->destination_cidr_block.p, everything);
		compile_route(c, compile_origin_in(c, "data_centers", &dc->id, "routes", &r->id),
			      dc->id.name, PLAN_TABLE_MAIN, r->destination_cidr_block.p,
			      PLAN_PROTO_CIRCUIT, compile_cpe_hop(c, dc, r->next_hop.ip));
	}
	if (!has_default)
		compile_last_route(c, compile_origin(c, "data_centers", &dc->id), dc->id.name,
				   PLAN_TABLE_MAIN);
}

/* --- circuits and LANs --- */

/* The customer router sends no faster than the VBR would: the bandwidth is bought for both ways. */
struct line compile_cpe_line(const struct circuit *circuit)
{
	const struct physical_connection *pc = circuit->physical_connection.to;

	for (size_t i = 0; i < pc->n_vbrs; i++)
		if (pc->vbrs[i]->vlan_id.v == circuit->vlan_id.v)
			return compile_vbr_line(pc->vbrs[i]);
	return compile_physical_line(pc);
}

static void add_circuit(struct compile *c, const struct data_center *dc,
			const struct circuit *circuit)
{
	const struct physical_connection *pc = circuit->physical_connection.to;
	const struct circuit_port port = {
		.ns = dc->id.name,
		.pc = pc,
		.vlan = circuit->vlan_id.v,
		.address = circuit_address(circuit),
		.line = compile_cpe_line(circuit),
	};

	compile_circuit_port(
		c, compile_origin_in(c, "data_centers", &dc->id, "circuits", &circuit->id), &port);
}

/* What a host sends may leave by any of the circuits. */
static uint32_t gso_of_hosts(const struct data_center *dc)
{
	for (size_t i = 0; i < dc->n_circuits; i++) {
		const struct line line = compile_cpe_line(&dc->circuits[i]);

		if (compile_gso_segs(&line))
			return 1;
	}
	return 0;
}

static void add_lan(struct compile *c, const struct data_center *dc, const struct lan *lan)
{
	struct plan_origin origin = compile_origin_in(c, "data_centers", &dc->id, "lans", &lan->id);
	const char *dev = compile_ifname(c, lan->id.name);

	compile_bridge(c, origin, dc->id.name, dev,
		       arena_join(c->arena, "lan ", lan->id.name, NULL), false);
	compile_address(c, origin, dc->id.name, dev,
			(struct ip_prefix){lan->gateway_ip.ip, lan->cidr_block.p.len});
}

/* --- hosts --- */

static const char *resolv_conf(struct compile *c, const struct data_center *dc)
{
	auto_strbuf struct strbuf b = {0};
	char ip[IP_STRLEN];

	for (size_t i = 0; i < dc->n_hosts; i++)
		if (dc->hosts[i].dns.at.line)
			strbuf_printf(&b, "nameserver %s\n", ip_format(dc->hosts[i].ip.ip, ip));
	strbuf_add(&b, "options timeout:5 attempts:1\n");
	return arena_strdup(c->arena, strbuf_str(&b));
}

static void add_verdict(const struct sg_rule *r, struct strbuf *b)
{
	compile_rule_match(r, b);
	strbuf_add(b, r->policy == SG_ACCEPT ? "accept\n" : "drop\n");
}

static int by_priority(const void *pa, const void *pb)
{
	const struct sg_rule *a = *(const struct sg_rule *const *)pa;
	const struct sg_rule *b = *(const struct sg_rule *const *)pb;

	if (a->priority.v != b->priority.v)
		return a->priority.v < b->priority.v ? -1 : 1;
	if (a->policy != b->policy)
		return a->policy == SG_DROP ? -1 : 1;
	return (a > b) - (a < b); /* of one array: in order of the file */
}

static void add_rules(struct compile *c, const struct host *h, enum sg_direction direction,
		      struct strbuf *b)
{
	const struct sg_rule **rules = arena_alloc(c->arena, (h->n_firewall + 1) * sizeof(*rules));
	size_t n = 0;

	for (size_t i = 0; i < h->n_firewall; i++)
		if (h->firewall[i].type == direction)
			rules[n++] = &h->firewall[i];
	qsort(rules, n, sizeof(struct sg_rule *), by_priority);
	for (size_t i = 0; i < n; i++)
		add_verdict(rules[i], b);
}

/* A host's own firewall: stateful, and what no rule matches is accepted. */
static void add_firewall(struct compile *c, struct plan_origin origin, const struct host *h)
{
	auto_strbuf struct strbuf b = {0};

	if (!h->n_firewall)
		return;
	strbuf_add(&b, "table ip labctl-fw {\n"
		       "\tchain input {\n"
		       "\t\ttype filter hook input priority filter; policy accept;\n"
		       "\t\tiifname \"lo\" accept\n"
		       "\t\tct state established,related accept\n");
	add_rules(c, h, SG_INGRESS, &b);
	strbuf_add(&b, "\t}\n"
		       "\tchain output {\n"
		       "\t\ttype filter hook output priority filter; policy accept;\n"
		       "\t\toifname \"lo\" accept\n"
		       "\t\tct state established,related accept\n");
	add_rules(c, h, SG_EGRESS, &b);
	strbuf_add(&b, "\t}\n}\n");
	*plan_add_filter(c->plan) = (struct plan_filter){
		.origin = origin,
		.ns = h->id.name,
		.table = "labctl-fw",
		.text = arena_strdup(c->arena, strbuf_str(&b)),
	};
}

static void add_host(struct compile *c, const struct data_center *dc, const struct host *h)
{
	const struct lan *lan = h->lan.to;
	struct plan_origin origin = compile_origin_in(c, "data_centers", &dc->id, "hosts", &h->id);
	const char *ns = h->id.name;
	char ip[IP_STRLEN];

	compile_namespace(c, origin, ns, "host");
	(void)compile_link(
		c, origin, /* the plan owns it */
		(struct plan_end){.ns = dc->id.name,
				  .dev = compile_ifname(c, ns),
				  .alias = arena_join(c->arena, "host ", ns, NULL),
				  .master = compile_ifname(c, lan->id.name)},
		(struct plan_end){.ns = ns,
				  .dev = "eth0",
				  .alias = arena_join(c->arena, "lan ", lan->id.name, NULL),
				  .gso_segs = gso_of_hosts(dc)});
	compile_address(c, origin, ns, "eth0", (struct ip_prefix){h->ip.ip, lan->cidr_block.p.len});
	compile_route(c, origin, ns, PLAN_TABLE_MAIN, (struct ip_prefix){0, 0}, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = "eth0", .via = lan->gateway_ip.ip, .on_subnet = true});
	add_firewall(c, origin, h);
	compile_node(c, origin, ns, resolv_conf(c, dc),
		     arena_join(c->arena, ip_format(h->ip.ip, ip), " ", ns, "\n", NULL));
}

static void compile_data_center(struct compile *c, const struct data_center *dc)
{
	struct plan_origin origin = compile_origin(c, "data_centers", &dc->id);

	compile_foreign_router(c, origin, dc->id.name, "customer-router");
	for (size_t i = 0; i < dc->n_lans; i++)
		add_lan(c, dc, &dc->lans[i]);
	for (size_t i = 0; i < dc->n_circuits; i++)
		add_circuit(c, dc, &dc->circuits[i]);
	add_routes(c, dc);
	compile_router_filter(c, origin, dc->id.name);
	compile_node(c, origin, dc->id.name, resolv_conf(c, dc), "");
	for (size_t i = 0; i < dc->n_hosts; i++)
		add_host(c, dc, &dc->hosts[i]);
}

void compile_data_centers(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_data_centers; i++)
		compile_data_center(c, &c->lab->data_centers[i]);
}
