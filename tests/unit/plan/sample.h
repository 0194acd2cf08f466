// SPDX-License-Identifier: GPL-2.0-only
/** A small plan with at least one object of every kind: namespaces a and b, one link between them. */
#pragma once

#include "plan/plan.h"

static const struct plan_origin sample_origin = {"vpcs.a", "lab.yaml:3"};

static inline struct plan_link sample_link(const char *ns, const char *dev, const char *peer_ns,
					   const char *peer_dev)
{
	struct plan_link l = {.origin = sample_origin,
			      .a = {.ns = ns, .dev = dev, .proxy_arp = true, .alias = "ecs b"},
			      .b = {.ns = peer_ns, .dev = peer_dev, .gso_segs = 1}};

	name_mac("sample", ns, dev, l.a.mac);
	name_mac("sample", peer_ns, peer_dev, l.b.mac);
	return l;
}

static inline struct plan *sample_plan(void)
{
	static const struct plan_socket sockets[] = {{"dns-udp", "a", PLAN_UDP, 0x64640288, 53},
						     {"dns-tcp", "a", PLAN_TCP, 0x64640288, 53},
						     {"ping", "a", PLAN_ICMP, 0x0a090001, 0},
						     {"routes", "b", PLAN_NETLINK, 0, 0},
						     {"state", "b", PLAN_MEMORY, 0, 0},
						     {"counts", "b", PLAN_TABLE, 0, 0}};
	struct plan *p = plan_new("sample");

	p->title = "Sample";
	p->step = "attach";
	p->summary = "{\"x\":1}";
	*plan_add_namespace(p) = (struct plan_namespace){sample_origin, "b", "ecs", false, NULL};
	*plan_add_namespace(p) = (struct plan_namespace){sample_origin, "a", "vpc", true, NULL};
	*plan_add_bridge(p) = (struct plan_bridge){
		sample_origin, "a", "lan", {2, 0, 0, 0, 0, 9}, true, "lan lan-1", NULL};
	*plan_add_link(p) = sample_link("a", "b", "b", "eth0");
	*plan_add_address(p) =
		(struct plan_address){sample_origin, "a", "b", {0x0a090001, 30}, true};
	*plan_add_neighbour(p) =
		(struct plan_neighbour){sample_origin, "a", "b", 0x0a090002, {2, 0, 0, 0, 0, 1}};
	*plan_add_route(p) = (struct plan_route){
		.origin = sample_origin,
		.ns = "a",
		.table = 1001,
		.dst = {0, 0},
		.type = PLAN_BLACKHOLE,
		.proto = PLAN_PROTO_SYSTEM,
		.metric = PLAN_METRIC_LAST,
	};
	*plan_add_route(p) = (struct plan_route){
		.origin = sample_origin,
		.ns = "a",
		.table = 1000,
		.dst = {0x0a000000, 8},
		.proto = PLAN_PROTO_CEN,
		.dev = "b",
		.via = 0x0a090002,
		.onlink = true,
	};
	*plan_add_rule(p) = (struct plan_rule){sample_origin,    "a", 100, "b", "b",
					       {0x0a090000, 16}, 1000};
	*plan_add_shaper(p) = (struct plan_shaper){sample_origin, "a", "b", 2000000, 1600, 30000,
						   15000,         250, 7,   9,       11};
	*plan_add_filter(p) = (struct plan_filter){sample_origin, "a", "t", "table ip t {\n}\n"};
	*plan_add_worker(p) = (struct plan_worker){
		.origin = sample_origin,
		.name = "w",
		.program = "labctl-dns",
		.ns = "a",
		.sockets = arena_memdup(p->arena, sockets, sizeof(sockets)),
		.n_sockets = 6,
		.privilege = PLAN_PRIVILEGE_ROUTES,
		.copies = 2,
		.config = "{\"a\":[1,2],\"b\":\"x\"}",
		.needs = "bird",
		.package = "bird2",
	};
	*plan_add_node(p) = (struct plan_node){sample_origin, "b", "host-b",
					       "nameserver 100.100.2.136\n", ""};
	plan_sort(p);
	return p;
}
