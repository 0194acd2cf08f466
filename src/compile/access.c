// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a gateway reaches HTTP services. A connection is bound to a device, and each device has a table of
 * its own, so VPCs with equal CIDR blocks do not clash.
 *
 * An instance of type normal has one access leg for each VPC that an authorization of its APIs names: a
 * packet appears in that VPC's router with the egress address as its source, and answers come back by
 * the same leg, because the VPC leads the egress range there. The cloud's filter lets exactly the
 * authorized targets through. An instance of type vpc_connect has a network interface in a vSwitch
 * instead, under a security group, and reaches its own VPC and the blocks that are named. Both reach
 * public addresses by the Internet, if the lab has one; else what they send there is dropped.
 */
#include "compile/context.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"

#define ACCESS_TABLE 2001u
#define ACCESS_RULE  2000u

/* --- who uses what --- */

static bool gateway_uses(const struct lab *lab, const struct api_gateway *gw,
			 const struct vpc_access *a)
{
	const struct api_backend *b;

	for (size_t i = 0; (b = compile_next_backend(lab, gw, &i));)
		if (b->vpc_access.to == a && !a->deleted)
			return true;
	return false;
}

static bool gateway_uses_vpc(const struct lab *lab, const struct api_gateway *gw,
			     const struct vpc *vpc)
{
	for (size_t i = 0; i < lab->n_vpc_accesses; i++)
		if (lab->vpc_accesses[i].vpc.to == vpc &&
		    gateway_uses(lab, gw, &lab->vpc_accesses[i]))
			return true;
	return false;
}

/* --- ways --- */

static bool connected(const struct api_gateway *gw, uint32_t ip)
{
	const struct vswitch *s = gw->interface.vswitch.to;

	if (ip_prefix_has(s->vpc->cidr_block.p, ip))
		return true;
	for (size_t i = 0; i < gw->n_to_connect_vpc_ip_block; i++)
		if (ip_prefix_has(gw->to_connect_vpc_ip_block[i].p, ip))
			return true;
	return false;
}

struct way compile_way_through(struct compile *c, const struct api_gateway *gw,
			       const struct vpc *vpc)
{
	if (gw->instance_type == GATEWAY_VPC_CONNECT)
		return (struct way){"eni", gw->interface.ip.ip};
	return (struct way){compile_ifname(c, vpc->id.name), compile_gateway_egress(gw)};
}

static bool is_private(uint32_t ip)
{
	return lab_is_private(ip) || ip_prefix_has(LAB_SERVICES, ip);
}

struct way compile_way_to(const struct api_gateway *gw, uint32_t ip)
{
	if (gw->instance_type == GATEWAY_VPC_CONNECT && (is_private(ip) || connected(gw, ip)))
		return (struct way){"eni", gw->interface.ip.ip};
	if (gw->public_ip.set && !is_private(ip))
		return (struct way){"inet", gw->public_ip.ip};
	return (struct way){"svc", compile_gateway_egress(gw)};
}

static bool resolve(const struct lab *lab, const char *host, uint32_t *ip)
{
	const size_t n = strlen(host), bare = n && host[n - 1] == '.' ? n - 1 : n;
	struct lab_name name;

	if (ip_parse(host, ip))
		return true;
	for (size_t i = 0; lab_public_name_at(lab, i, &name); i++)
		if (strlen(name.name) == bare && strncasecmp(name.name, host, bare) == 0) {
			*ip = name.ip;
			return true;
		}
	return false;
}

uint32_t compile_backend_ip(const struct lab *lab, const struct api_backend *b)
{
	const char *host = api_backend_host(b);
	const size_t n = strcspn(host, ":");
	char name[256];
	uint32_t ip;

	if (n >= sizeof(name))
		return 0; /* validate/ lets no such name pass */
	memcpy(name, host, n);
	name[n] = '\0';
	return resolve(lab, name, &ip) ? ip : 0;
}

static void add_access_filter(struct compile *c, struct plan_origin origin, const char *ns,
			      const struct strbuf *text)
{
	*plan_add_filter(c->plan) = (struct plan_filter){
		.origin = origin,
		.ns = ns,
		.table = "labctl-access",
		.text = arena_strdup(c->arena, strbuf_str(text)),
	};
}

/* --- access legs --- */

static void add_leg(struct compile *c, struct plan_origin origin, const struct api_gateway *gw,
		    const struct vpc *vpc, uint32_t n)
{
	const char *ns = gw->id.name;
	const struct way way = compile_way_through(c, gw, vpc);
	const struct leg here = {.ns = ns,
				 .dev = way.device,
				 .alias = compile_text(c, "access to vpc %s", vpc->id.name),
				 .ip = way.source};
	const struct leg there = {.ns = vpc->id.name,
				  .dev = compile_ifname(c, compile_text(c, "access.%s", ns)),
				  .alias = compile_text(c, "access of api gateway %s", ns),
				  .ip = compile_router_ip(c, vpc->id.name)};

	compile_leg_pair(c, origin, &here, &there);
	compile_route(c, origin, vpc->id.name, PLAN_TABLE_MAIN, gw->egress.p, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = there.dev, .via = here.ip});
	*plan_add_route(c->plan) = (struct plan_route){
		.origin = origin,
		.ns = ns,
		.table = ACCESS_TABLE + n,
		.dst = {0, 0},
		.proto = PLAN_PROTO_SYSTEM,
		.dev = here.dev,
		.via = there.ip,
		.src = here.ip,
		.onlink = true,
	};
	*plan_add_rule(c->plan) = (struct plan_rule){.origin = origin,
						     .ns = ns,
						     .priority = ACCESS_RULE + n,
						     .oif = here.dev,
						     .table = ACCESS_TABLE + n};
}

/* --- the interface of vpc_connect --- */

/* Its own VPC, and the blocks that are named; one may be named twice, or be the VPC's. */
static struct table reached(struct compile *c, struct plan_origin origin,
			    const struct api_gateway *gw)
{
	const struct vswitch *s = gw->interface.vswitch.to;
	const struct hop hop = {.dev = "eni", .via = compile_vswitch_gateway(s)};
	struct table t = {.ns = gw->id.name, .id = ACCESS_TABLE};

	(void)compile_table_route(c, &t, origin, s->vpc->cidr_block.p, PLAN_PROTO_SYSTEM,
				  hop); /* the first one */
	for (size_t i = 0; i < gw->n_to_connect_vpc_ip_block; i++)
		(void)compile_table_route(c, &t, origin, /* there already, or not */
					  gw->to_connect_vpc_ip_block[i].p, PLAN_PROTO_SYSTEM, hop);
	return t;
}

/*
 * Where no route matches, the kernel takes what a socket bound to a device calls for a neighbour there
 * (ip_route_output_key_hash_rcu() in net/ipv4/route.c), and the VPC's router answers for everybody.
 */
static void add_interface_filter(struct compile *c, struct plan_origin origin,
				 const struct table *t)
{
	auto_strbuf struct strbuf b = {0};
	char p[IP_PREFIX_STRLEN];

	strbuf_add(&b, "table ip labctl-access {\n"
		       "\tchain output {\n"
		       "\t\ttype filter hook output priority filter; policy accept;\n");
	for (size_t i = 0; i < t->n_dst; i++)
		strbuf_printf(&b, "\t\toifname \"eni\" ip daddr %s accept\n",
			      ip_prefix_format(t->dst[i], p));
	strbuf_add(&b, "\t\toifname \"eni\" drop\n\t}\n}\n");
	add_access_filter(c, origin, t->ns, &b);
}

static void add_interface(struct compile *c, const struct api_gateway *gw)
{
	struct plan_origin origin = compile_origin(c, "api_gateways", &gw->id);
	struct table t;

	compile_vpc_port(c, origin,
			 &(struct port){.vswitch = gw->interface.vswitch.to,
					.name = compile_interface_name(c, gw),
					.kind = "interface of api gateway",
					.ns = gw->id.name,
					.dev = "eni",
					.ip = gw->interface.ip.ip,
					.no_routes = true});
	t = reached(c, origin, gw);
	if (!compile_table_has(&t, (struct ip_prefix){0, 0}))
		compile_last_route(c, origin, t.ns, t.id);
	*plan_add_rule(c->plan) = (struct plan_rule){
		.origin = origin, .ns = t.ns, .priority = ACCESS_RULE, .oif = "eni", .table = t.id};
	add_interface_filter(c, origin, &t);
}

const char *compile_interface_name(struct compile *c, const struct api_gateway *gw)
{
	return compile_text(c, "%s.eni", gw->id.name);
}

/* --- what is authorized --- */

struct target {
	const char *device;
	uint32_t ip;
	uint16_t port;
};

static int compare_target(const void *pa, const void *pb)
{
	const struct target *a = pa, *b = pb;
	int c = strcmp(a->device, b->device);

	if (c)
		return c;
	if (a->ip != b->ip)
		return a->ip < b->ip ? -1 : 1;
	return (int)a->port - (int)b->port;
}

static bool is_first_of_device(const struct target *targets, size_t i)
{
	return i == 0 || strcmp(targets[i - 1].device, targets[i].device) != 0;
}

/* The egress range answers nobody who calls it. Without connection tracking: calls are many. */
static void add_nobody_calls(struct strbuf *b, const char *device)
{
	strbuf_printf(b,
		      "\t\tiifname \"%s\" tcp flags & (syn | ack) == syn drop\n"
		      "\t\tiifname \"%s\" icmp type echo-request drop\n"
		      "\t\tiifname \"%s\" meta l4proto udp drop\n",
		      device, device, device);
}

/* Whether an API of it calls a private address as if that were on the Internet. */
static bool calls_private(const struct lab *lab, const struct api_gateway *gw)
{
	const struct api_backend *b;

	for (size_t i = 0; (b = compile_next_backend(lab, gw, &i));)
		if (b->kind == BACKEND_HTTP && is_private(compile_backend_ip(lab, b)))
			return true;
	return false;
}

/* The cloud's own network leads nowhere but to its services, though a serverless instance answers there. */
static void add_no_private(struct strbuf *b, const struct api_gateway *gw)
{
	char ip[IP_STRLEN];

	strbuf_printf(b, "\t\toifname \"svc\" ip saddr %s ip daddr != 100.64.0.0/10 drop\n",
		      ip_format(compile_gateway_egress(gw), ip));
}

static void write_filter(struct compile *c, const struct api_gateway *gw,
			 const struct target *targets, size_t n)
{
	auto_strbuf struct strbuf b = {0};
	char ip[IP_STRLEN];

	strbuf_add(&b, "table ip labctl-access {\n"
		       "\tchain output {\n"
		       "\t\ttype filter hook output priority filter; policy accept;\n");
	for (size_t i = 0; i < n; i++) {
		if (i && compare_target(&targets[i - 1], &targets[i]) == 0)
			continue;
		strbuf_printf(&b, "\t\toifname \"%s\" ip daddr %s tcp dport %u accept\n",
			      targets[i].device, ip_format(targets[i].ip, ip), targets[i].port);
	}
	for (size_t i = 0; i < n; i++)
		if (is_first_of_device(targets, i))
			strbuf_printf(&b, "\t\toifname \"%s\" drop\n", targets[i].device);
	if (calls_private(c->lab, gw))
		add_no_private(&b, gw);
	strbuf_add(&b, "\t}\n"
		       "\tchain input {\n"
		       "\t\ttype filter hook input priority filter; policy accept;\n");
	for (size_t i = 0; i < n; i++)
		if (is_first_of_device(targets, i))
			add_nobody_calls(&b, targets[i].device);
	strbuf_add(&b, "\t}\n}\n");
	add_access_filter(c, compile_origin(c, "api_gateways", &gw->id), gw->id.name, &b);
}

static void add_filter(struct compile *c, const struct api_gateway *gw)
{
	const struct lab *lab = c->lab;
	struct target *targets = NULL;
	size_t n = 0;

	for (size_t i = 0; i < lab->n_vpc_accesses; i++) {
		const struct vpc_access *a = &lab->vpc_accesses[i];

		if (gateway_uses(lab, gw, a))
			*arena_push(c->arena, targets, n) =
				(struct target){compile_way_through(c, gw, a->vpc.to).device, a->ip,
						(uint16_t)a->port.v};
	}
	if (!n && !calls_private(lab, gw))
		return;
	if (n)
		qsort(targets, n, sizeof(*targets), compare_target);
	write_filter(c, gw, targets, n);
}

void compile_gateway_access(struct compile *c, const struct api_gateway *gw)
{
	struct plan_origin origin = compile_origin(c, "api_gateways", &gw->id);
	uint32_t n = 0;

	if (gw->instance_type == GATEWAY_VPC_CONNECT) {
		add_interface(c, gw);
		return;
	}
	for (size_t i = 0; i < c->lab->n_vpcs; i++)
		if (gateway_uses_vpc(c->lab, gw, &c->lab->vpcs[i]))
			add_leg(c, origin, gw, &c->lab->vpcs[i], n++);
	add_filter(c, gw);
}
