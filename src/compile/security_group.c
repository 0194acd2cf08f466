// SPDX-License-Identifier: GPL-2.0-only
/*
 * Security groups as one nftables table in the VPC's namespace. A port is found in a verdict map by
 * its interface name, the members of a group in a set: nothing is scanned. Instances with the same
 * groups share one chain per direction, where the rules of all their groups are merged by priority;
 * of equal priorities, drop comes first.
 *
 * An answer to what was allowed is allowed (conntrack). Inside the chains "return" accepts, because
 * a packet between two instances must pass the sender's egress and then the receiver's ingress.
 * Where no rule matches: a basic group accepts its own members (unless it is isolated), drops what
 * else comes in and lets everything out; an enterprise group drops both. The resolver is always
 * allowed. VIPs of gateways and their access legs are under no security group.
 */
#include "compile/context.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/strbuf.h"

struct membership {
	const struct security_group *group;
};

/* The groups of an instance, sorted by name: instances with the same ones share their chains. */
struct combination {
	struct membership *groups;
	size_t n;
	const char *name; /* of the chains, behind "ingress-" and "egress-" */
};

/* A port under security groups: of an ECS instance, or the interface of a gateway. */
struct instance {
	const char *name; /* of the port */
	uint32_t ip;
	const struct ref *groups;
	size_t n_groups;
	size_t combination;
};

/* The security groups of one VPC at work. */
struct sg_vpc {
	const struct vpc *vpc;
	struct instance *instances;
	size_t n_instances;
	struct combination *combinations;
	size_t n_combinations;
};

static int compare_group(const void *a, const void *b)
{
	const struct membership *x = a, *y = b;

	return strcmp(x->group->id.name, y->group->id.name);
}

#define CHAIN_NAME_MAX 100 /* nftables allows 255 */

static const char *combination_name(struct compile *c, const struct combination *k)
{
	auto_strbuf struct strbuf b = {0};

	for (size_t i = 0; i < k->n; i++)
		strbuf_printf(&b, "%s%s", i ? "." : "", k->groups[i].group->id.name);
	if (b.len > CHAIN_NAME_MAX)
		return compile_text(c, "%016" PRIx64, hash_str(0, strbuf_str(&b)));
	return arena_strdup(c->arena, strbuf_str(&b));
}

static struct combination combination_of(struct compile *c, const struct instance *instance)
{
	struct combination k = {0};

	for (size_t i = 0; i < instance->n_groups; i++)
		arena_push(c->arena, k.groups, k.n)->group = instance->groups[i].to;
	if (k.n)
		qsort(k.groups, k.n, sizeof(*k.groups), compare_group);
	k.name = combination_name(c, &k);
	return k;
}

static void add_instance(struct compile *c, struct sg_vpc *v, struct instance instance)
{
	struct combination k = combination_of(c, &instance);
	size_t i = 0;

	while (i < v->n_combinations && strcmp(v->combinations[i].name, k.name) != 0)
		i++;
	if (i == v->n_combinations)
		*arena_push(c->arena, v->combinations, v->n_combinations) = k;
	instance.combination = i;
	*arena_push(c->arena, v->instances, v->n_instances) = instance;
}

/* --- sets of members --- */

static bool is_member(const struct instance *instance, const struct security_group *g)
{
	for (size_t i = 0; i < instance->n_groups; i++)
		if (instance->groups[i].to == g)
			return true;
	return false;
}

static bool inner_accept(const struct security_group *g)
{
	return g->security_group_type == SG_NORMAL && g->inner_access_policy == SG_ACCEPT;
}

/* Whether a chain speaks of the members of g. */
static bool needs_set(const struct sg_vpc *v, const struct security_group *g)
{
	for (size_t i = 0; i < v->n_combinations; i++)
		for (size_t j = 0; j < v->combinations[i].n; j++) {
			const struct security_group *used = v->combinations[i].groups[j].group;

			if (used == g && inner_accept(g))
				return true;
			for (size_t k = 0; k < used->n_rules; k++)
				if (used->rules[k].source_security_group.to == g)
					return true;
		}
	return false;
}

static void add_set(const struct sg_vpc *v, const struct security_group *g, struct strbuf *b)
{
	const char *separator = "\t\telements = { ";
	char ip[IP_STRLEN];
	bool any = false;

	strbuf_printf(b, "\tset members-%s {\n\t\ttype ipv4_addr\n", g->id.name);
	for (size_t i = 0; i < v->n_instances; i++) {
		if (!is_member(&v->instances[i], g))
			continue;
		strbuf_printf(b, "%s%s", separator, ip_format(v->instances[i].ip, ip));
		separator = ", ";
		any = true;
	}
	strbuf_add(b, any ? " }\n\t}\n" : "\t}\n"); /* nft refuses an empty list of elements */
}

/* --- chains --- */

static void add_peer(const struct sg_rule *r, struct strbuf *b)
{
	const char *side = r->type == SG_INGRESS ? "saddr" : "daddr";
	char text[IP_PREFIX_STRLEN];

	if (r->source_security_group.to)
		strbuf_printf(b, "ip %s @members-%s ", side, r->source_security_group.name);
	else if (r->cidr_ip.p.len)
		strbuf_printf(b, "ip %s %s ", side, ip_prefix_format(r->cidr_ip.p, text));
}

static void add_ports(const struct sg_rule *r, const char *protocol, struct strbuf *b)
{
	if (r->port_first == 0 && r->port_last == 65535)
		strbuf_printf(b, "ip protocol %s ", protocol);
	else if (r->port_first == r->port_last)
		strbuf_printf(b, "%s dport %u ", protocol, r->port_first);
	else
		strbuf_printf(b, "%s dport %u-%u ", protocol, r->port_first, r->port_last);
}

void compile_rule_match(const struct sg_rule *r, struct strbuf *b)
{
	strbuf_add(b, "\t\t");
	add_peer(r, b);
	switch (r->ip_protocol) {
	case SG_ALL: break;
	case SG_TCP: add_ports(r, "tcp", b); break;
	case SG_UDP: add_ports(r, "udp", b); break;
	case SG_ICMP: strbuf_add(b, "ip protocol icmp "); break;
	}
}

static void add_rule(const struct sg_rule *r, struct strbuf *b)
{
	compile_rule_match(r, b);
	strbuf_add(b, r->policy == SG_ACCEPT ? "return\n" : "drop\n");
}

struct ranked {
	const struct sg_rule *rule;
	size_t order;
};

static int compare_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const uint64_t p = x->rule->priority.v, q = y->rule->priority.v;

	if (p != q)
		return p < q ? -1 : 1;
	if (x->rule->policy != y->rule->policy)
		return x->rule->policy == SG_DROP ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void add_rules(struct compile *c, const struct combination *k, enum sg_direction direction,
		      struct strbuf *b)
{
	struct ranked *rules = NULL;
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		for (size_t j = 0; j < k->groups[i].group->n_rules; j++) {
			const struct sg_rule *r = &k->groups[i].group->rules[j];
			size_t order = n;

			if (r->type == direction)
				*arena_push(c->arena, rules, n) = (struct ranked){r, order};
		}
	if (n)
		qsort(rules, n, sizeof(*rules), compare_rank);
	for (size_t i = 0; i < n; i++)
		add_rule(rules[i].rule, b);
}

static bool lets_all_out(const struct combination *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->groups[i].group->security_group_type == SG_NORMAL)
			return true;
	return false;
}

static void add_chains(struct compile *c, const struct combination *k, struct strbuf *b)
{
	strbuf_printf(b, "\tchain ingress-%s {\n", k->name);
	add_rules(c, k, SG_INGRESS, b);
	for (size_t i = 0; i < k->n; i++)
		if (inner_accept(k->groups[i].group))
			strbuf_printf(b, "\t\tip saddr @members-%s return\n",
				      k->groups[i].group->id.name);
	strbuf_printf(b, "\t\tdrop\n\t}\n\tchain egress-%s {\n", k->name);
	add_rules(c, k, SG_EGRESS, b);
	strbuf_add(b, lets_all_out(k) ? "\t}\n" : "\t\tdrop\n\t}\n");
}

static void add_map(const struct sg_vpc *v, const char *key, const char *chain, struct strbuf *b)
{
	char dev[IFNAME_LEN];

	strbuf_printf(b, "\t\t%s vmap { ", key);
	for (size_t i = 0; i < v->n_instances; i++)
		strbuf_printf(b, "%s\"%s\" : jump %s-%s", i ? ", " : "",
			      name_ifname(v->instances[i].name, dev), chain,
			      v->combinations[v->instances[i].combination].name);
	strbuf_add(b, " }\n");
}

static void add_hooks(const struct sg_vpc *v, struct strbuf *b)
{
	strbuf_add(b, "\tchain forward {\n"
		      "\t\ttype filter hook forward priority filter; policy accept;\n"
		      "\t\tct state established,related accept\n");
	add_map(v, "iifname", "egress", b);
	add_map(v, "oifname", "ingress", b);
	strbuf_add(b, "\t}\n"
		      "\tchain input {\n"
		      "\t\ttype filter hook input priority filter; policy accept;\n"
		      "\t\tct state established,related accept\n"
		      "\t\tip daddr { 100.100.2.136, 100.100.2.138 } "
		      "meta l4proto { tcp, udp } th dport 53 accept\n");
	add_map(v, "iifname", "egress", b);
	/*
	 * An instance whose own packets come back to it, because a route names it as next hop, is
	 * not told so: send_redirects of "all" is on in a new namespace, out of netlink's reach.
	 */
	strbuf_add(b, "\t}\n"
		      "\tchain output {\n"
		      "\t\ttype filter hook output priority filter; policy accept;\n"
		      "\t\ticmp type redirect drop\n"
		      "\t}\n}\n");
}

static void collect_instances(struct compile *c, struct sg_vpc *v)
{
	for (size_t i = 0; i < c->lab->n_ecs; i++) {
		const struct ecs *ecs = &c->lab->ecs[i];
		const struct vswitch *s = ecs->vswitch.to;

		if (s->vpc == v->vpc)
			add_instance(c, v,
				     (struct instance){.name = ecs->id.name,
						       .ip = ecs->private_ip.ip,
						       .groups = ecs->security_groups,
						       .n_groups = ecs->n_security_groups});
	}
	for (size_t i = 0; i < c->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &c->lab->api_gateways[i];
		const struct vswitch *s = gw->interface.vswitch.to;

		if (s && s->vpc == v->vpc)
			add_instance(c, v,
				     (struct instance){.name = compile_interface_name(c, gw),
						       .ip = gw->interface.ip.ip,
						       .groups = &gw->interface.security_group,
						       .n_groups = 1});
	}
}

static void compile_vpc_groups(struct compile *c, const struct vpc *vpc)
{
	struct sg_vpc v = {.vpc = vpc};
	auto_strbuf struct strbuf b = {0};

	collect_instances(c, &v);
	if (!v.n_instances)
		return;
	strbuf_add(&b, "table ip labctl-sg {\n");
	for (size_t i = 0; i < c->lab->n_security_groups; i++)
		if (needs_set(&v, &c->lab->security_groups[i]))
			add_set(&v, &c->lab->security_groups[i], &b);
	for (size_t i = 0; i < v.n_combinations; i++)
		add_chains(c, &v.combinations[i], &b);
	add_hooks(&v, &b);
	*plan_add_filter(c->plan) = (struct plan_filter){
		.origin = compile_origin(c, "vpcs", &vpc->id),
		.ns = vpc->id.name,
		.table = "labctl-sg",
		.text = arena_strdup(c->arena, strbuf_str(&b)),
	};
}

void compile_security_groups(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_vpcs; i++)
		compile_vpc_groups(c, &c->lab->vpcs[i]);
}
