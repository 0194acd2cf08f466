// SPDX-License-Identifier: GPL-2.0-only
/**
 * Valid labs by chance, as text. All are drawn from one small stock of names and CIDR blocks, so that two
 * of them have much in common and differ in small ways: a rate, a route, an address that moved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

struct chance {
	uint64_t state;
};

/* splitmix64: the same seed gives the same labs everywhere. */
static inline uint32_t chance_below(struct chance *c, uint32_t n)
{
	uint64_t z = (c->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) % n);
}

/* True `percent` times in a hundred. */
static inline bool chance_hit(struct chance *c, uint32_t percent)
{
	return chance_below(c, 100) < percent;
}

#define RANDOM_REGIONS   3
#define RANDOM_VPCS      4
#define RANDOM_VSWITCHES 2
#define RANDOM_ECS       3 /* in each VPC at most */

/* What later parts of the text must agree with. */
struct random_vpc {
	bool there;
	uint32_t region, block; /* 10.BLOCK.0.0/16, vSwitch j: 10.BLOCK.(j or swapped).0/24 */
	uint32_t swapped;       /* 0 or 1: which vSwitch has which half */
	bool custom;            /* has route table rt */
	uint32_t n_ecs;
	bool attached;
};

struct random_lab {
	struct chance c;
	struct strbuf text;
	struct random_vpc vpcs[RANDOM_VPCS];
	bool enterprise;
};

static inline const char *random_bool(struct chance *c)
{
	return chance_hit(c, 50) ? "true" : "false";
}

static inline void random_choose_vpcs(struct random_lab *r)
{
	uint32_t turn = chance_below(&r->c, 2); /* two VPCs may swap their blocks */

	for (uint32_t i = 0; i < RANDOM_VPCS; i++) {
		struct random_vpc *v = &r->vpcs[i];

		v->there = i == 0 || chance_hit(&r->c, 80);
		v->region = chance_hit(&r->c, 80) ? i % RANDOM_REGIONS
						  : chance_below(&r->c, RANDOM_REGIONS);
		v->block = 1 + (i < 2 ? (i ^ turn) : i);
		v->swapped = chance_below(&r->c, 2);
		v->custom = chance_hit(&r->c, 50);
		v->n_ecs = 1 + chance_below(&r->c, RANDOM_ECS);
		v->attached = chance_hit(&r->c, 80);
	}
}

static inline void random_entries(struct random_lab *r, uint32_t vpc, bool system)
{
	struct strbuf *b = &r->text;

	strbuf_add(b, "entries: {");
	for (uint32_t k = 0; k < 3; k++) {
		if (!chance_hit(&r->c, 60))
			continue;
		strbuf_printf(b,
			      "e%u: {destination_cidrblock: 10.%u.0.0/16, nexthop_type: Instance, "
			      "nexthop_id: e-%u-%u%s}, ",
			      k, 1 + chance_below(&r->c, 3) + 100 * k, vpc,
			      chance_below(&r->c, r->vpcs[vpc].n_ecs),
			      system && chance_hit(&r->c, 50) ? ", published: true" : "");
	}
	strbuf_add(b, "}");
}

static inline void random_vpc_text(struct random_lab *r, uint32_t i)
{
	const struct random_vpc *v = &r->vpcs[i];
	struct strbuf *b = &r->text;

	strbuf_printf(b, "  v%u:\n    region: r%u\n    cidr_block: 10.%u.0.0/16\n    vswitches:\n",
		      i, v->region, v->block);
	for (uint32_t j = 0; j < RANDOM_VSWITCHES; j++)
		strbuf_printf(b, "      s-%u-%u: {zone: a, cidr_block: 10.%u.%u.0/24%s}\n", i, j,
			      v->block, j ^ v->swapped,
			      v->custom && chance_hit(&r->c, 60) ? ", route_table: rt" : "");
	strbuf_add(b, "    route_tables:\n      main: {system: true, ");
	random_entries(r, i, true);
	strbuf_add(b, "}\n");
	if (v->custom) {
		strbuf_add(b, "      rt: {");
		random_entries(r, i, false);
		strbuf_add(b, "}\n");
	}
}

static inline void random_rule(struct random_lab *r, uint32_t vpc, uint32_t k)
{
	static const char *const protocols[] = {"all", "icmp", "tcp, port_range: 80/80",
						"udp, port_range: 53/99"};
	struct strbuf *b = &r->text;

	strbuf_printf(b, "k%u: {type: %s, policy: %s, ip_protocol: %s, priority: %u, ", k,
		      chance_hit(&r->c, 60) ? "ingress" : "egress",
		      chance_hit(&r->c, 60) ? "accept" : "drop", protocols[chance_below(&r->c, 4)],
		      1 + chance_below(&r->c, 3));
	if (chance_hit(&r->c, 30))
		strbuf_printf(b, "source_security_group: g-%u-%u}, ", vpc, chance_below(&r->c, 2));
	else
		strbuf_printf(b, "cidr_ip: 10.%u.0.0/16}, ", 1 + chance_below(&r->c, 4));
}

/* Two groups for each VPC. */
static inline void random_groups(struct random_lab *r, uint32_t vpc)
{
	for (uint32_t g = 0; g < 2; g++) {
		strbuf_printf(&r->text, "  g-%u-%u: {vpc: v%u, inner_access_policy: %s, rules: {",
			      vpc, g, vpc, chance_hit(&r->c, 70) ? "Accept" : "Drop");
		for (uint32_t k = 0; k < 4; k++)
			if (chance_hit(&r->c, 60))
				random_rule(r, vpc, k);
		strbuf_add(&r->text, "}}\n");
	}
}

static inline void random_ecs(struct random_lab *r, uint32_t vpc)
{
	const struct random_vpc *v = &r->vpcs[vpc];
	const uint32_t shift = chance_below(&r->c, 3); /* addresses move between instances */

	for (uint32_t k = 0; k < v->n_ecs; k++) {
		uint32_t j = chance_below(&r->c, RANDOM_VSWITCHES);

		strbuf_printf(&r->text, "  e-%u-%u: {vswitch: s-%u-%u, security_groups: [g-%u-%u%s",
			      vpc, k, vpc, j, vpc, chance_below(&r->c, 2), "]");
		if (chance_hit(&r->c, 70))
			strbuf_printf(&r->text, ", private_ip: 10.%u.%u.%u", v->block,
				      j ^ v->swapped, 10 + (k + shift) % RANDOM_ECS);
		strbuf_add(&r->text, "}\n");
	}
}

static inline void random_attachments(struct random_lab *r)
{
	strbuf_add(&r->text, "    attachments: {");
	for (uint32_t i = 0; i < RANDOM_VPCS; i++) {
		if (!r->vpcs[i].there || !r->vpcs[i].attached)
			continue;
		strbuf_printf(&r->text, "a%u: {vpc: v%u", i, i);
		if (r->enterprise) {
			strbuf_printf(&r->text, ", zone_mappings: [s-%u-0]", i);
			if (chance_hit(&r->c, 80))
				strbuf_add(&r->text, ", auto_publish_route_enabled: true");
			if (r->vpcs[i].region == 0 && chance_hit(&r->c, 40))
				strbuf_add(&r->text, ", association: t");
			if (r->vpcs[i].region == 0 && chance_hit(&r->c, 40))
				strbuf_add(&r->text, ", propagation: [t]");
		}
		strbuf_add(&r->text, "}, ");
	}
	strbuf_add(&r->text, "}\n");
}

static inline bool random_has_router(const struct random_lab *r, uint32_t region)
{
	for (uint32_t i = 0; i < RANDOM_VPCS; i++)
		if (r->vpcs[i].there && r->vpcs[i].attached && r->vpcs[i].region == region)
			return true;
	return false;
}

/* Rates on both sides of the one below which attachments must not batch, and beyond 32 bits. */
static inline void random_pairs(struct random_lab *r)
{
	static const uint32_t rates[] = {2, 3, 20, 300, 50000};

	strbuf_printf(&r->text, "    %s: {",
		      r->enterprise ? "peer_attachments" : "bandwidth_limits");
	for (uint32_t a = 0; a < RANDOM_REGIONS; a++)
		for (uint32_t b = a + 1; b < RANDOM_REGIONS; b++) {
			if (!random_has_router(r, a) || !random_has_router(r, b) ||
			    !chance_hit(&r->c, 70))
				continue;
			strbuf_printf(&r->text, "p%u%u: {regions: [r%u, r%u], %s: %uMbit", a, b, a,
				      b, r->enterprise ? "bandwidth" : "bandwidth_limit",
				      rates[chance_below(&r->c, 5)]);
			if (r->enterprise)
				strbuf_printf(&r->text, ", auto_publish_route_enabled: %s",
					      random_bool(&r->c));
			strbuf_add(&r->text, "}, ");
		}
	strbuf_add(&r->text, "}\n");
}

static inline void random_cen(struct random_lab *r)
{
	struct strbuf *b = &r->text;

	r->enterprise = chance_hit(&r->c, 40);
	strbuf_printf(b, "cen:\n  c:\n    edition: %s\n", r->enterprise ? "enterprise" : "basic");
	if (r->enterprise)
		strbuf_printf(b,
			      "    route_tables: {t: {region: r0, entries: {x: "
			      "{destination_cidr_block: 10.%u.0.0/16, blackhole: true}}}}\n",
			      200 + chance_below(&r->c, 2));
	strbuf_add(b, "    bandwidth_packages: {all: {bandwidth: 200Gbit, "
		      "geographic_region_ids: [China, China]}}\n");
	random_attachments(r);
	random_pairs(r);
	if (chance_hit(&r->c, 40))
		strbuf_printf(b,
			      "    route_maps: {m: {cen_region: r%u, transmit_direction: %s, "
			      "map_result: Deny, priority: 5, cidr_match_mode: Include, "
			      "destination_cidr_blocks: [10.%u.0.0/16]}}\n",
			      chance_below(&r->c, RANDOM_REGIONS),
			      chance_hit(&r->c, 50) ? "RegionIn" : "RegionOut",
			      1 + chance_below(&r->c, 4));
}

static inline void random_gateways(struct random_lab *r)
{
	strbuf_add(&r->text, "api_gateways:\n  gw9: {region: r0}\n");
	for (uint32_t i = 0; i < 2; i++) {
		if (!chance_hit(&r->c, 80))
			continue;
		if (chance_hit(&r->c, 30))
			strbuf_printf(&r->text, "  gw%u: {region: r0, instance_type: serverless}\n",
				      i);
		else if (chance_hit(&r->c, 30))
			strbuf_printf(&r->text, "  gw%u: {region: r0}\n", i);
		else
			strbuf_printf(&r->text,
				      "  gw%u: {region: r%u, bind: {vpc: v0, vswitch: s-0-%u}}\n",
				      i, r->vpcs[0].region, chance_below(&r->c, RANDOM_VSWITCHES));
	}
	if (chance_hit(&r->c, 70))
		strbuf_printf(&r->text,
			      "functions: {f%u: {region: r%u, code: f}, f2: {region: r0, "
			      "code: f}}\n",
			      chance_below(&r->c, 2), chance_below(&r->c, RANDOM_REGIONS));
}

static inline void random_region_pair(struct random_lab *r)
{
	if (chance_hit(&r->c, 60))
		strbuf_printf(&r->text,
			      "region_pairs: {x: {regions: [r0, r1], rtt: %ums, jitter: %ums}}\n",
			      10 * chance_below(&r->c, 4), 0u);
}

/** The text of a lab called `name`, to be freed by the caller. */
static inline char *random_lab(const char *name, uint64_t seed)
{
	struct random_lab r = {.c = {seed}};

	random_choose_vpcs(&r);
	strbuf_printf(&r.text, "lab: %s\n", name);
	strbuf_add(&r.text,
		   "regions: {r0: {zones: [a], area: China}, r1: {zones: [a], area: China}, "
		   "r2: {zones: [a], area: China}}\n");
	random_region_pair(&r);
	strbuf_add(&r.text, "vpcs:\n");
	for (uint32_t i = 0; i < RANDOM_VPCS; i++)
		if (r.vpcs[i].there)
			random_vpc_text(&r, i);
	strbuf_add(&r.text, "security_groups:\n");
	for (uint32_t i = 0; i < RANDOM_VPCS; i++)
		if (r.vpcs[i].there)
			random_groups(&r, i);
	strbuf_add(&r.text, "ecs:\n");
	for (uint32_t i = 0; i < RANDOM_VPCS; i++)
		if (r.vpcs[i].there)
			random_ecs(&r, i);
	random_gateways(&r);
	random_cen(&r);
	return strbuf_take(&r.text);
}
