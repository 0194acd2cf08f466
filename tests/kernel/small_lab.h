// SPDX-License-Identifier: GPL-2.0-only
/** A lab of one router and two hosts, built by hand: what the kernel tests build and damage. */
#pragma once

#include <string.h>

#include "plan/diff.h"
#include "plan/plan.h"

#define IP(a, b, c, d) (((uint32_t)(a) << 24) | ((b) << 16) | ((c) << 8) | (d))

static inline struct plan_origin small_origin(void)
{
	return (struct plan_origin){.resource = "test", .at = "lab.yaml:1"};
}

static inline void small_namespace(struct plan *p, const char *name, const char *role, bool router)
{
	struct plan_namespace *n = plan_add_namespace(p);

	*n = (struct plan_namespace){small_origin(), name, role, router, NULL};
}

static inline struct plan_link *small_link(struct plan *p, const char *ns, const char *dev,
					   const char *peer)
{
	struct plan_link *l = plan_add_link(p);

	l->origin = small_origin();
	l->a.ns = ns;
	l->a.dev = dev;
	l->b.ns = peer;
	l->b.dev = "eth0";
	l->a.alias = "vpcs.r";
	l->b.alias = "ecs";
	l->a.proxy_arp = true;
	name_mac("small", ns, dev, l->a.mac);
	name_mac("small", peer, "eth0", l->b.mac);
	return l;
}

static inline void small_address(struct plan *p, const char *ns, const char *dev, uint32_t ip,
				 uint8_t len)
{
	struct plan_address *a = plan_add_address(p);

	a->origin = small_origin();
	a->ns = ns;
	a->dev = dev;
	a->prefix = (struct ip_prefix){ip, len};
}

static inline struct plan_route *small_route(struct plan *p, const char *ns, uint32_t table,
					     uint32_t dst, uint8_t len, const char *dev,
					     uint32_t via)
{
	struct plan_route *r = plan_add_route(p);

	r->origin = small_origin();
	r->ns = ns;
	r->table = table;
	r->dst = (struct ip_prefix){dst, len};
	r->type = dev ? PLAN_UNICAST : PLAN_BLACKHOLE;
	r->proto = PLAN_PROTO_SYSTEM;
	r->dev = dev;
	r->via = via;
	return r;
}

static inline void small_host(struct plan *p, const char *name, const char *port, uint32_t ip)
{
	small_namespace(p, name, "ecs", false);
	small_link(p, "r", port, name);
	small_address(p, name, "eth0", ip, 24);
	small_address(p, "r", port, IP(10, 0, 1, 253), 32);
	small_route(p, "r", 254, ip, 32, port, 0);
	small_route(p, name, 254, 0, 0, "eth0", IP(10, 0, 1, 253));
}

/* A LAN with one host on it, and a second bridge that is down. */
static inline void small_lan(struct plan *p)
{
	struct plan_bridge *b = plan_add_bridge(p);
	struct plan_link *l;

	*b = (struct plan_bridge){
		.origin = small_origin(), .ns = "r", .dev = "lan", .alias = "lans.lan"};
	name_mac("small", "r", "lan", b->mac);
	b = plan_add_bridge(p);
	*b = (struct plan_bridge){.origin = small_origin(), .ns = "r", .dev = "cut", .down = true};
	name_mac("small", "r", "cut", b->mac);
	small_namespace(p, "h3", "host", false);
	l = small_link(p, "r", "h3", "h3");
	l->a.proxy_arp = false;
	l->a.master = "lan";
	small_address(p, "r", "lan", IP(10, 0, 2, 1), 24);
	small_address(p, "h3", "eth0", IP(10, 0, 2, 3), 24);
	small_route(p, "h3", 254, 0, 0, "eth0", IP(10, 0, 2, 1));
}

static inline void small_extras(struct plan *p)
{
	struct plan_rule *rule = plan_add_rule(p);
	struct plan_neighbour *n;
	struct plan_shaper *s;
	struct plan_filter *f;

	*rule = (struct plan_rule){
		.origin = small_origin(), .ns = "r", .priority = 2000, .iif = "h1", .table = 1001};
	rule = plan_add_rule(p);
	*rule = (struct plan_rule){
		.origin = small_origin(), .ns = "r", .priority = 1000, .table = 254};
	rule = plan_add_rule(p);
	*rule = (struct plan_rule){.origin = small_origin(),
				   .ns = "r",
				   .priority = 3000,
				   .oif = "h2",
				   .from = {IP(10, 0, 3, 0), 24},
				   .table = 1001};
	small_route(p, "r", 1001, 0, 0, NULL, 0)->metric = PLAN_METRIC_LAST;
	small_route(p, "r", 254, IP(10, 0, 1, 0), 24, NULL, 0)->proto = PLAN_PROTO_CUSTOM;
	n = plan_add_neighbour(p);
	*n = (struct plan_neighbour){small_origin(), "r", "h2", IP(10, 0, 1, 2), {0}};
	name_mac("small", "h2", "eth0", n->mac);
	s = plan_add_shaper(p);
	s->origin = small_origin();
	s->ns = "r";
	s->dev = "h1";
	s->rate = 2000000;
	s->burst = 1600;
	s->limit = 30000;
	f = plan_add_filter(p);
	*f = (struct plan_filter){
		small_origin(), "r", "sg",
		"table ip sg {\n"
		" set web { type ipv4_addr; elements = { 10.0.1.1, 10.0.1.2 }; }\n"
		" chain port-h1 { tcp dport 80 ip saddr @web accept; icmp type echo-request accept; }\n"
		" map ports { type ifname : verdict; elements = { \"h1\" : jump port-h1 }; }\n"
		" chain forward { type filter hook forward priority 0; policy accept;\n"
		"  ct state established,related accept; oifname vmap @ports; }\n"
		"}\n"};
}

/**
 * Router r; hosts h1 10.0.1.1 and h2 10.0.1.2 on ports of their own, h3 10.0.2.3 on a bridge; rules,
 * shaper and filter.
 */
static inline struct plan *small_lab(void)
{
	struct plan *p = plan_new("small");

	small_namespace(p, "r", "vpc", true);
	small_host(p, "h1", "h1", IP(10, 0, 1, 1));
	small_host(p, "h2", "h2", IP(10, 0, 1, 2));
	small_lan(p);
	small_extras(p);
	plan_sort(p);
	return p;
}
