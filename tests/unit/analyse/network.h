// SPDX-License-Identifier: GPL-2.0-only
/** Small plans made by hand: two hosts on ports of routers, and what lies between. */
#pragma once

#include <string.h>

#include "analyse/analyse.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "lib/test.h"
#include "plan/plan.h"
#include "tables.h"

static const struct plan_origin here = {"vpcs.v", "lab.yaml:1"};

static inline uint32_t net_ip(const char *s)
{
	uint32_t ip = 0;

	assert_true(ip_parse(s, &ip));
	return ip;
}

static inline struct ip_prefix net_prefix(const char *s)
{
	struct ip_prefix p;

	(void)ip_prefix_parse(s, &p); /* host bits are meant */
	return p;
}

static inline void net_ns(struct plan *p, const char *name, const char *role, bool router)
{
	*plan_add_namespace(p) = (struct plan_namespace){
		.origin = here, .name = name, .role = role, .router = router};
}

/* MACs are made of the place of the link, so that no two are equal. */
static inline struct plan_link *net_link(struct plan *p, const char *a, const char *a_dev,
					 const char *b, const char *b_dev)
{
	struct plan_link *l = plan_add_link(p);

	*l = (struct plan_link){
		.origin = here, .a = {.ns = a, .dev = a_dev}, .b = {.ns = b, .dev = b_dev}};
	l->a.mac[0] = l->b.mac[0] = 2;
	l->a.mac[4] = l->b.mac[4] = (unsigned char)p->n_links;
	l->b.mac[5] = 1;
	return l;
}

static inline void net_address(struct plan *p, const char *ns, const char *dev, const char *prefix)
{
	*plan_add_address(p) = (struct plan_address){
		.origin = here, .ns = ns, .dev = dev, .prefix = net_prefix(prefix)};
}

/* via NULL: on link; dev NULL: a blackhole. */
static inline struct plan_route *net_route(struct plan *p, const char *ns, uint32_t table,
					   const char *dst, const char *dev, const char *via)
{
	struct plan_route *r = plan_add_route(p);

	*r = (struct plan_route){.origin = here,
				 .ns = ns,
				 .table = table,
				 .dst = net_prefix(dst),
				 .type = dev ? PLAN_UNICAST : PLAN_BLACKHOLE,
				 .proto = PLAN_PROTO_SYSTEM,
				 .dev = dev,
				 .via = via ? net_ip(via) : 0};
	return r;
}

static inline struct plan_rule *net_rule(struct plan *p, const char *ns, uint32_t priority,
					 uint32_t table)
{
	struct plan_rule *r = plan_add_rule(p);

	*r = (struct plan_rule){.origin = here, .ns = ns, .priority = priority, .table = table};
	return r;
}

static inline void net_filter(struct plan *p, const char *ns, const char *table, const char *text)
{
	*plan_add_filter(p) =
		(struct plan_filter){.origin = here, .ns = ns, .table = table, .text = text};
}

static inline void net_node(struct plan *p, const char *ns)
{
	*plan_add_node(p) = (struct plan_node){
		.origin = here, .ns = ns, .hostname = ns, .resolv_conf = "", .hosts = ""};
}

/* A host on a routed port, as instances of a VPC are: proxy ARP, a /32 route. */
static inline void net_host(struct plan *p, const char *router, const char *name, const char *ip,
			    const char *gateway)
{
	auto_strbuf struct strbuf own = {0}, host = {0}, gw = {0};

	strbuf_printf(&own, "%s/24", ip);
	strbuf_printf(&host, "%s/32", ip);
	strbuf_printf(&gw, "%s/32", gateway);
	net_ns(p, name, "ecs", false);
	net_link(p, router, name, name, "eth0")->a.proxy_arp = true;
	net_address(p, name, "eth0", strbuf_str(&own));
	net_address(p, router, name, strbuf_str(&gw));
	net_route(p, router, PLAN_TABLE_MAIN, strbuf_str(&host), name, NULL);
	net_route(p, name, PLAN_TABLE_MAIN, "0.0.0.0/0", "eth0", gateway);
	net_node(p, name);
}

/*
 * Two routers: r1 with a (10.0.1.1) and b (10.0.1.2), r2 with c (10.0.2.1); a link between them on which
 * each is the other's neighbour by ARP.
 */
static inline struct plan *net_two_routers(void)
{
	struct plan *p = plan_new("test");

	net_ns(p, "r1", "vpc", true);
	net_ns(p, "r2", "vpc", true);
	net_host(p, "r1", "a", "10.0.1.1", "10.0.1.253");
	net_host(p, "r1", "b", "10.0.1.2", "10.0.1.253");
	net_host(p, "r2", "c", "10.0.2.1", "10.0.2.253");
	(void)net_link(p, "r1", "far", "r2", "far"); /* the plan has it */
	net_address(p, "r1", "far", "10.9.0.1/30");
	net_address(p, "r2", "far", "10.9.0.2/30");
	(void)net_route(p, "r1", PLAN_TABLE_MAIN, "10.0.2.0/24", "far", "10.9.0.2");
	(void)net_route(p, "r2", PLAN_TABLE_MAIN, "10.0.1.0/24", "far", "10.9.0.1");
	return p;
}

/* The indexed plan; sorts it first. */
static inline struct analyse *net_analyse(struct plan *p)
{
	plan_sort(p);
	return analyse_new(p);
}

static inline struct analyse_trip net_walk(const struct analyse *a, const char *from,
					   const char *dst, enum analyse_protocol protocol,
					   uint16_t port)
{
	const struct analyse_packet packet = {
		.ns = from, .dst = net_ip(dst), .protocol = protocol, .port = port};
	struct analyse_trip trip;

	analyse_walk(a, &packet, NULL, &trip);
	return trip;
}

static inline struct analyse_trip net_ping(const struct analyse *a, const char *from,
					   const char *dst)
{
	return net_walk(a, from, dst, ANALYSE_ICMP, 0);
}

static inline void net_assert_why(const struct analyse *a, const struct analyse_trip *trip,
				  const char *why)
{
	auto_strbuf struct strbuf b = {0};

	assert_false(trip->ok);
	analyse_explain(a, trip, &b);
	assert_string_equal(strbuf_str(&b), why);
}

static inline void cleanup_analyse(struct analyse **a)
{
	analyse_free(*a);
}
#define auto_analyse __attribute__((cleanup(cleanup_analyse)))

/* Three hosts and a router on a bridge, which may be down. */
static inline struct plan *bridged(bool down)
{
	static const char *const names[] = {"h1", "h2", "h3"};
	struct plan *p = plan_new("test");

	net_ns(p, "line", "line", false);
	*plan_add_bridge(p) =
		(struct plan_bridge){.origin = here, .ns = "line", .dev = "br", .down = down};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char address[] = "10.0.0.1/24";

		address[7] = (char)('1' + i);
		net_ns(p, names[i], "host", false);
		net_link(p, "line", names[i], names[i], "eth0")->a.master = "br";
		net_address(p, names[i], "eth0", address);
		net_node(p, names[i]);
	}
	return p;
}
