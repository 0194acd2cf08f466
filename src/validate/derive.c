// SPDX-License-Identifier: GPL-2.0-only
/**
 * Values that the lab file leaves open, chosen so that the same file always gives the same lab:
 * everything written is taken first, then the lowest free value goes to each in order of the file.
 */
#include "validate/rule.h"
#include "validate/rules.h"

/* --- private addresses --- */

/* The addresses of one vSwitch, a bit each. */
struct addresses {
	const struct vswitch *vsw;
	unsigned char *used;
	uint32_t next; /* none below is free */
};

struct address_plan {
	struct addresses *of; /* in order of the vSwitches of the lab */
	size_t n;
};

static struct address_plan plan_addresses(struct validation *v)
{
	struct address_plan plan = {0};

	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];

		for (size_t j = 0; j < vpc->n_vswitches; j++)
			*arena_push(v->scratch, plan.of,
				    plan.n) = (struct addresses){.vsw = &vpc->vswitches[j]};
	}
	return plan;
}

static struct addresses *addresses_of(struct validation *v, const struct address_plan *plan,
				      const struct vswitch *vsw)
{
	for (size_t i = 0; vsw && vswitch_countable(vsw) && i < plan->n; i++) {
		struct addresses *a = &plan->of[i];

		if (a->vsw != vsw)
			continue;
		if (!a->used) {
			a->used = arena_alloc(v->scratch, (1u << (32 - vsw->cidr_block.p.len)) / 8);
			a->next = vswitch_first(vsw);
		}
		return a;
	}
	return NULL;
}

static void take(struct addresses *a, uint32_t ip)
{
	uint32_t i = ip - ip_prefix_first(a->vsw->cidr_block.p);

	if (ip_prefix_has(a->vsw->cidr_block.p, ip))
		a->used[i / 8] |= (unsigned char)(1u << i % 8);
}

static bool taken(const struct addresses *a, uint32_t ip)
{
	uint32_t i = ip - ip_prefix_first(a->vsw->cidr_block.p);

	return a->used[i / 8] & 1u << i % 8;
}

static bool lowest_free(struct addresses *a, struct address *ip)
{
	while (a->next <= vswitch_last(a->vsw) && taken(a, a->next))
		a->next++;
	if (a->next > vswitch_last(a->vsw))
		return false;
	ip->ip = a->next++;
	ip->set = true;
	return true;
}

static void report_full(struct validation *v, const struct addresses *a, struct span at,
			const char *what, const char *name)
{
	validate_report(v, at, "vSwitch '%s' (%s) has no free address for %s '%s'", a->vsw->id.name,
			validate_cidr(v, a->vsw->cidr_block.p), what, name);
	diag_note(v->diags, a->vsw->id.at, "all %u addresses from %s to %s are taken",
		  vswitch_last(a->vsw) - vswitch_first(a->vsw) + 1,
		  validate_ip(v, vswitch_first(a->vsw)), validate_ip(v, vswitch_last(a->vsw)));
	validate_hint(v, "add a vSwitch to the VPC and put it there");
}

/* "Bind to VPC" without a vSwitch takes the first one of the VPC. */
static void choose_vswitch(struct gateway_binding *bind)
{
	const struct vpc *vpc = bind->vpc.to;

	if (bind->vswitch.name || !vpc || vpc->n_vswitches == 0)
		return;
	bind->vswitch.name = vpc->vswitches[0].id.name;
	bind->vswitch.to = &vpc->vswitches[0];
}

static void take_written(struct validation *v, const struct address_plan *plan)
{
	for (size_t i = 0; i < v->lab->n_ecs; i++) {
		struct ecs *e = &v->lab->ecs[i];
		struct addresses *a = addresses_of(v, plan, e->vswitch.to);

		if (a && e->private_ip.set)
			take(a, e->private_ip.ip);
	}
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		struct api_gateway *gw = &v->lab->api_gateways[i];
		struct addresses *a = NULL;

		choose_vswitch(&gw->bind);
		a = addresses_of(v, plan, gw->bind.vswitch.to);
		if (a && gw->bind.ip.set)
			take(a, gw->bind.ip.ip);
		a = addresses_of(v, plan, gw->interface.vswitch.to);
		if (a && gw->interface.ip.set)
			take(a, gw->interface.ip.ip);
	}
}

static void choose_for_gateway(struct validation *v, const struct address_plan *plan,
			       struct api_gateway *gw)
{
	struct addresses *a = addresses_of(v, plan, gw->bind.vswitch.to);

	if (a && !gw->bind.ip.set && !lowest_free(a, &gw->bind.ip))
		report_full(v, a, gw->bind.at, "the VIP of API Gateway instance", gw->id.name);
	a = addresses_of(v, plan, gw->interface.vswitch.to);
	if (a && !gw->interface.ip.set && !lowest_free(a, &gw->interface.ip))
		report_full(v, a, gw->interface.at, "the interface of API Gateway instance",
			    gw->id.name);
}

void validate_addresses(struct validation *v)
{
	struct address_plan plan = plan_addresses(v);

	take_written(v, &plan);
	for (size_t i = 0; i < v->lab->n_ecs; i++) {
		struct ecs *e = &v->lab->ecs[i];
		struct addresses *a = addresses_of(v, &plan, e->vswitch.to);

		if (a && !e->private_ip.set && !lowest_free(a, &e->private_ip))
			report_full(v, a, e->id.at, "ECS instance", e->id.name);
	}
	for (size_t i = 0; i < v->lab->n_api_gateways; i++)
		choose_for_gateway(v, &plan, &v->lab->api_gateways[i]);
	for (size_t i = 0; i < v->lab->n_vpc_accesses; i++) {
		struct vpc_access *a = &v->lab->vpc_accesses[i];

		if (a->ecs)
			a->ip = a->ecs->private_ip.ip;
	}
}

/* --- egress ranges --- */

static bool egress_free(const struct lab *lab, struct ip_prefix p)
{
	for (size_t i = 0; i < lab->n_api_gateways; i++) {
		const struct cidr *c = &lab->api_gateways[i].egress;

		if (c->set && ip_prefix_overlaps(c->p, p))
			return false;
	}
	return true;
}

void validate_egress_choice(struct validation *v)
{
	const uint32_t end = 0x64800000; /* 100.128.0.0, behind the cloud-service network */
	struct ip_prefix p = {.addr = 0x6468fe00 /* 100.104.254.0 */, .len = 26};

	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		struct api_gateway *gw = &v->lab->api_gateways[i];

		if (gw->egress.set)
			continue;
		while (p.addr < end && !egress_free(v->lab, p))
			p.addr += 64;
		if (p.addr >= end) {
			validate_report(v, gw->id.at,
					"no egress range is left for API Gateway instance '%s'",
					gw->id.name);
			validate_hint(v, "write `egress:` with a free /26 of 100.64.0.0/10");
			continue;
		}
		gw->egress.p = p;
		gw->egress.set = true;
	}
}

/* --- ids and titles of checks --- */

static const char *kind_name(enum check_kind kind)
{
	switch (kind) {
	case CHECK_HTTP: return "http";
	case CHECK_PING: return "ping";
	case CHECK_DNS: return "dns";
	case CHECK_TCP: return "tcp";
	case CHECK_ROUTE: return "route";
	case CHECK_OUTAGE: return "outage";
	}
	return "check";
}

static bool id_used(const struct validation *v, const char *id)
{
	for (size_t i = 0; i < v->n_checks; i++)
		if (v->checks[i].check->id.s && streq(v->checks[i].check->id.s, id))
			return true;
	return false;
}

static bool title_used(const struct validation *v, const char *title)
{
	for (size_t i = 0; i < v->n_checks; i++)
		if (v->checks[i].check->title.s && streq(v->checks[i].check->title.s, title))
			return true;
	return false;
}

static const char *title_of(const struct validation *v, const struct check *c)
{
	struct arena *a = v->lab->arena;
	const char *from = c->from.name ? c->from.name : "?", *to = c->target.s ? c->target.s : "?";

	switch (c->kind) {
	case CHECK_HTTP: return arena_printf(a, "%s: %s", from, to);
	case CHECK_PING: return arena_printf(a, "%s pings %s", from, to);
	case CHECK_DNS: return arena_printf(a, "%s looks up %s", from, to);
	case CHECK_TCP: return arena_printf(a, "%s connects to %s", from, to);
	case CHECK_ROUTE: return arena_printf(a, "%s: route to %s", from, to);
	case CHECK_OUTAGE:
		return arena_printf(a, "%s reaches %s again after %s is cut", from, to,
				    c->cut.name ? c->cut.name : "?");
	}
	return "check";
}

static void choose_id(struct validation *v, struct check *c, unsigned int n)
{
	while (!c->id.s) {
		const char *id = arena_printf(v->lab->arena, "%s-%u", kind_name(c->kind), n++);

		if (!id_used(v, id))
			c->id.s = id;
	}
}

static void choose_title(struct validation *v, struct check *c)
{
	const char *title;

	if (c->title.s)
		return;
	title = title_of(v, c);
	if (title_used(v, title))
		title = arena_printf(v->lab->arena, "%s (%s)", title, c->id.s);
	c->title.s = title;
}

void validate_complete_checks(struct validation *v)
{
	unsigned int count[CHECK_OUTAGE + 1] = {0};

	for (size_t i = 0; i < v->n_checks; i++)
		choose_id(v, v->checks[i].check, ++count[v->checks[i].check->kind]);
	for (size_t i = 0; i < v->n_checks; i++)
		choose_title(v, v->checks[i].check);
}
