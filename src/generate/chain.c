// SPDX-License-Identifier: GPL-2.0-only
/**
 * Routers in a row. A VPC or a transit router never hands on what another one told it, so the longest row
 * that the cloud's objects allow goes in and out of it, with static routes: customer router - (line) - VBR -
 * (router interface) - VPC - (router interface) - VBR - (line) - customer router - and so on, four routers
 * to a link. Each customer router has a LAN with a host.
 *
 * Routes: what is to the right is behind 10.0.0.0/8; what is to the left, behind the few prefixes that
 * make up the 16 to 31 LANs next to it. A packet lives for 64 hops, so a host reaches 15 on each side.
 */
#include "generate/generate.h"

#include <stdbool.h>
#include <stdio.h>

enum role { DATA_CENTER, LEFT_VBR, VPC, RIGHT_VBR, ROLES };

#define REACH 15 /* LANs */
#define TOLD  16
#define LAN   "10.%zu.%zu.0/%u"

struct chain {
	struct strbuf *b;
	size_t n; /* routers */
};

static size_t count(const struct chain *c, enum role role)
{
	return (c->n + ROLES - 1 - role) / ROLES;
}

/* Network i of the /30s that the circuits have; `host` 1 is the VBR, 2 the customer router. */
static void add_circuit_ip(struct strbuf *b, size_t circuit, unsigned int host)
{
	strbuf_printf(b, "192.168.%zu.%zu", circuit / 64, circuit % 64 * 4 + host);
}

/* The largest network of LANs that ends at `end`: its first LAN, and how long its prefix is. */
static size_t last_block(size_t end, unsigned int *len)
{
	size_t size = 1;

	*len = 24;
	for (; size < TOLD && end % (2 * size) == 0; size *= 2)
		(*len)--;
	return end - size;
}

typedef void route_fn(struct chain *c, const char *name, size_t lan, unsigned int len,
		      const void *data);

/* Where the LANs begin of which those to the right are told. */
static size_t first_told(size_t lans)
{
	size_t whole = lans - lans % TOLD;

	return whole < TOLD ? 0 : whole - TOLD;
}

/* Calls add() for the ways to the LANs before `lans`. */
static void routes_left(struct chain *c, size_t lans, route_fn *add, const void *data)
{
	for (size_t end = lans, i = 1; end > first_told(lans); i++) {
		unsigned int len;
		char name[24];

		end = last_block(end, &len);
		(void)snprintf(name, sizeof(name), "left-%zu", i); /* always fits */
		add(c, name, end, len, data);
	}
}

/* --- data centres --- */

struct gateway {
	size_t circuit;
};

static void data_center_route(struct chain *c, const char *name, size_t lan, unsigned int len,
			      const void *data)
{
	const struct gateway *g = data;

	strbuf_printf(c->b, "      %s: {destination_cidr_block: " LAN ", next_hop: ", name,
		      lan / 256, lan % 256, len);
	add_circuit_ip(c->b, g->circuit, 1);
	strbuf_add(c->b, "}\n");
}

static void data_center_circuit(struct chain *c, const char *name, size_t circuit)
{
	strbuf_printf(c->b, "      %s: {physical_connection: pc-%zu, vlan_id: 100, ip: ", name,
		      circuit + 1);
	add_circuit_ip(c->b, circuit, 2);
	strbuf_add(c->b, ", peer_ip: ");
	add_circuit_ip(c->b, circuit, 1);
	strbuf_add(c->b, "}\n");
}

/* The circuit to the left of data centre i is 2 i - 1, the one to its right 2 i. */
static void add_data_center(struct chain *c, size_t i)
{
	bool left = i > 0, right = i * ROLES + 1 < c->n;
	struct gateway g = {2 * i - 1};

	strbuf_printf(c->b,
		      "  idc-%zu:\n    lans: {lan: {cidr_block: " LAN "}}\n"
		      "    hosts: {host-%zu: {lan: lan, ip: 10.%zu.%zu.20}}\n    circuits:\n",
		      i + 1, i / 256, i % 256, 24u, i + 1, i / 256, i % 256);
	if (left)
		data_center_circuit(c, "left", 2 * i - 1);
	if (right)
		data_center_circuit(c, "right", 2 * i);
	strbuf_add(c->b, "    routes:\n");
	if (left)
		routes_left(c, i, data_center_route, &g);
	g.circuit = 2 * i;
	if (right)
		data_center_route(c, "right", 0, 8, &g);
}

/* --- VBRs --- */

static void vbr_route(struct chain *c, const char *name, size_t lan, unsigned int len,
		      const void *interface)
{
	strbuf_printf(c->b, "      %s: {destination_cidr_block: " LAN, name, lan / 256, lan % 256,
		      len);
	if (interface)
		strbuf_printf(c->b, ", nexthop_type: RouterInterface, nexthop_id: %s",
			      (const char *)interface);
	strbuf_add(c->b, "}\n");
}

static void add_vbr_head(struct chain *c, size_t circuit)
{
	strbuf_printf(c->b,
		      "  vbr-%zu:\n    physical_connection: pc-%zu\n    vlan_id: 100\n"
		      "    local_gateway_ip: ",
		      circuit + 1, circuit + 1);
	add_circuit_ip(c->b, circuit, 1);
	strbuf_add(c->b, "\n    peer_gateway_ip: ");
	add_circuit_ip(c->b, circuit, 2);
	strbuf_add(c->b, "\n    route_entries:\n");
}

/* Behind data centre i: to the right of its right circuit. */
static void add_left_vbr(struct chain *c, size_t i)
{
	char interface[24];

	(void)snprintf(interface, sizeof(interface), "ri-%zu", 2 * i + 1); /* always fits */
	add_vbr_head(c, 2 * i);
	routes_left(c, i + 1, vbr_route, NULL);
	if (i * ROLES + LEFT_VBR + 1 < c->n)
		vbr_route(c, "right", 0, 8, interface);
}

/* Before data centre i + 1, which is there as soon as this VBR has somebody to its right. */
static void add_right_vbr(struct chain *c, size_t i)
{
	char interface[24];

	(void)snprintf(interface, sizeof(interface), "ri-%zu", 2 * i + 2); /* always fits */
	add_vbr_head(c, 2 * i + 1);
	routes_left(c, i + 1, vbr_route, interface);
	if (i * ROLES + RIGHT_VBR + 1 < c->n)
		vbr_route(c, "right", 0, 8, NULL);
}

/* --- VPCs --- */

static void vpc_route(struct chain *c, const char *name, size_t lan, unsigned int len,
		      const void *interface)
{
	strbuf_printf(c->b,
		      "          %s: {destination_cidrblock: " LAN ", nexthop_type: "
		      "RouterInterface, nexthop_id: %s}\n",
		      name, lan / 256, lan % 256, len, (const char *)interface);
}

static void add_vpc(struct chain *c, size_t i)
{
	char left[24], right[24];

	(void)snprintf(left, sizeof(left), "ri-%zu", 2 * i + 1);   /* always fits */
	(void)snprintf(right, sizeof(right), "ri-%zu", 2 * i + 2); /* as above */
	strbuf_printf(c->b,
		      "  vpc-%zu:\n    region: cn-hangzhou\n    cidr_block: 172.%zu.%zu.0/24\n"
		      "    route_tables:\n      system:\n        system: true\n        entries:\n",
		      i + 1, 16 + i / 256, i % 256);
	routes_left(c, i + 1, vpc_route, left);
	if (i * ROLES + VPC + 1 < c->n)
		vpc_route(c, "right", 0, 8, right);
}

/* --- all of it --- */

static void add_lines(struct chain *c)
{
	size_t n = count(c, LEFT_VBR) + count(c, RIGHT_VBR);

	strbuf_add(c->b, "\nphysical_connections:\n");
	for (size_t i = 0; i < n; i++)
		strbuf_printf(c->b, "  pc-%zu: {region: cn-hangzhou, rtt: 1ms}\n", i + 1);
}

static void add_interfaces(struct chain *c)
{
	size_t n = count(c, VPC) + count(c, RIGHT_VBR);

	if (n)
		strbuf_add(c->b, "\nrouter_interfaces:\n");
	for (size_t i = 0; i < n; i++)
		strbuf_printf(c->b, "  ri-%zu: {vbr: vbr-%zu, vpc: vpc-%zu}\n", i + 1, i + 1,
			      i / 2 + 1);
}

static void add_routers(struct chain *c, enum role role, void (*add)(struct chain *c, size_t i))
{
	for (size_t i = 0; i < count(c, role); i++)
		add(c, i);
}

static void add_check(struct chain *c, const char *id, size_t lan)
{
	strbuf_printf(c->b, "  - {id: %s, from: host-1, ping: 10.%zu.%zu.20}\n", id, lan / 256,
		      lan % 256);
}

static void add_checks(struct chain *c)
{
	size_t last = count(c, DATA_CENTER) - 1;

	strbuf_add(c->b, "\nchecks:\n");
	if (last == 0) {
		strbuf_add(c->b, "  - {id: first-vbr, from: idc-1, ping: 192.168.0.1}\n");
		return;
	}
	add_check(c, "next", 1);
	if (last > 1)
		add_check(c, "farthest", last < REACH ? last : REACH);
}

void generate_chain(struct strbuf *b, const struct generate_request *r)
{
	/* a line that ended nowhere would be one too much */
	struct chain c = {b, r->n % ROLES ? r->n : r->n + 1};

	generate_head(b, r, "Routers in a row, with a host at every fourth");
	strbuf_add(b, "\nregions:\n  cn-hangzhou: {zones: [h]}\n");
	add_lines(&c);
	strbuf_add(b, "\ndata_centers:\n");
	add_routers(&c, DATA_CENTER, add_data_center);
	strbuf_add(b, "\nvirtual_border_routers:\n");
	for (size_t i = 0; i < count(&c, LEFT_VBR); i++) {
		add_left_vbr(&c, i);
		if (i < count(&c, RIGHT_VBR))
			add_right_vbr(&c, i);
	}
	if (count(&c, VPC)) {
		strbuf_add(b, "\nvpcs:\n");
		add_routers(&c, VPC, add_vpc);
	}
	add_interfaces(&c);
	add_checks(&c);
}
