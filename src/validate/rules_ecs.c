// SPDX-License-Identifier: GPL-2.0-only
/** ECS instances, their addresses (those of gateways included) and their security groups. */
#include <stdlib.h>

#include "validate/rule.h"
#include "validate/rules.h"

/* Whoever has an address in a vSwitch. */
struct member {
	const struct vswitch *vsw;
	const struct address *ip;
	const struct named *id;
	const char *kind;
	size_t order;
};

struct members {
	struct member *items;
	size_t n;
};

static void add(struct validation *v, struct members *m, struct member member)
{
	member.order = m->n;
	if (member.vsw && member.ip->set && vswitch_countable(member.vsw))
		*arena_push(v->scratch, m->items, m->n) = member;
}

static struct members collect(struct validation *v)
{
	struct members m = {0};

	for (size_t i = 0; i < v->lab->n_ecs; i++) {
		const struct ecs *e = &v->lab->ecs[i];

		add(v, &m,
		    (struct member){.vsw = e->vswitch.to,
				    .ip = &e->private_ip,
				    .id = &e->id,
				    .kind = "ECS instance"});
	}
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];

		add(v, &m,
		    (struct member){.vsw = gw->bind.vswitch.to,
				    .ip = &gw->bind.ip,
				    .id = &gw->id,
				    .kind = "API Gateway instance"});
		add(v, &m,
		    (struct member){.vsw = gw->interface.vswitch.to,
				    .ip = &gw->interface.ip,
				    .id = &gw->id,
				    .kind = "the network interface of API Gateway instance"});
	}
	return m;
}

void validate_address_outside(struct validation *v)
{
	struct members members = collect(v);

	for (size_t i = 0; i < members.n; i++) {
		const struct member *m = &members.items[i];

		if (ip_prefix_has(m->vsw->cidr_block.p, m->ip->ip))
			continue;
		validate_report(v, span_or(m->ip->at, m->id->at),
				"address %s of %s '%s' is not in vSwitch '%s' (%s)",
				validate_ip(v, m->ip->ip), m->kind, m->id->name, m->vsw->id.name,
				validate_cidr(v, m->vsw->cidr_block.p));
		diag_note(v->diags, m->vsw->cidr_block.at, "the CIDR block of '%s'",
			  m->vsw->id.name);
	}
}

void validate_address_reserved(struct validation *v)
{
	struct members members = collect(v);

	for (size_t i = 0; i < members.n; i++) {
		const struct member *m = &members.items[i];
		uint32_t first = vswitch_first(m->vsw), last = vswitch_last(m->vsw);

		if (!ip_prefix_has(m->vsw->cidr_block.p, m->ip->ip) ||
		    (m->ip->ip >= first && m->ip->ip <= last))
			continue;
		validate_report(v, span_or(m->ip->at, m->id->at),
				"address %s of %s '%s' is reserved in vSwitch '%s'",
				validate_ip(v, m->ip->ip), m->kind, m->id->name, m->vsw->id.name);
		diag_note(v->diags, m->vsw->cidr_block.at,
			  "the first and the last three addresses of '%s' are the cloud's own",
			  m->vsw->id.name);
		validate_hint(v, "choose one from %s to %s", validate_ip(v, first),
			      validate_ip(v, last));
	}
}

static int by_address(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;

	if (a->vsw->vpc != b->vsw->vpc) /* one array holds all VPCs */
		return a->vsw->vpc < b->vsw->vpc ? -1 : 1;
	if (a->ip->ip != b->ip->ip)
		return a->ip->ip < b->ip->ip ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void validate_address_conflict(struct validation *v)
{
	struct members m = collect(v);

	if (m.n)
		qsort(m.items, m.n, sizeof(*m.items), by_address);
	for (size_t i = 1; i < m.n; i++) {
		const struct member *a = &m.items[i - 1], *b = &m.items[i];

		if (a->vsw->vpc != b->vsw->vpc || a->ip->ip != b->ip->ip)
			continue;
		validate_report(v, span_or(b->ip->at, b->id->at),
				"address %s of %s '%s' is that of %s '%s'",
				validate_ip(v, b->ip->ip), b->kind, b->id->name, a->kind,
				a->id->name);
		diag_note(v->diags, span_or(a->ip->at, a->id->at), "'%s' has it here", a->id->name);
		validate_hint(v, "leave the address out, and the lowest free one is chosen");
	}
}

void validate_ecs_group_vpc(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_ecs; i++) {
		const struct ecs *e = &v->lab->ecs[i];

		for (size_t j = 0; j < e->n_security_groups; j++) {
			const struct security_group *sg = e->security_groups[j].to;
			const struct vpc *vpc = sg ? sg->vpc.to : NULL;

			if (!vpc || !ecs_vpc(e) || vpc == ecs_vpc(e))
				continue;
			validate_report(v, e->security_groups[j].at,
					"ECS instance '%s' is in VPC '%s', but security group '%s' "
					"is of VPC '%s'",
					e->id.name, ecs_vpc(e)->id.name, sg->id.name, vpc->id.name);
			diag_note(v->diags, sg->vpc.at, "the VPC of '%s'", sg->id.name);
		}
	}
}

void validate_ecs_group_mixed(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_ecs; i++) {
		const struct ecs *e = &v->lab->ecs[i];
		const struct security_group *first = e->n_security_groups ? e->security_groups[0].to
									  : NULL;

		for (size_t j = 1; first && j < e->n_security_groups; j++) {
			const struct security_group *sg = e->security_groups[j].to;

			if (!sg || sg->security_group_type == first->security_group_type)
				continue;
			validate_report(v, e->security_groups[j].at,
					"ECS instance '%s' is in a basic and in an enterprise "
					"security group",
					e->id.name);
			diag_note(v->diags, first->id.at, "'%s' is of type %s", first->id.name,
				  first->security_group_type == SG_ENTERPRISE ? "enterprise"
									      : "normal");
			diag_note(v->diags, sg->id.at, "'%s' is of type %s", sg->id.name,
				  sg->security_group_type == SG_ENTERPRISE ? "enterprise"
									   : "normal");
			break;
		}
	}
}

void validate_ecs_group_twice(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_ecs; i++) {
		const struct ecs *e = &v->lab->ecs[i];

		for (size_t j = 1; j < e->n_security_groups; j++) {
			for (size_t k = 0; k < j; k++) {
				if (!e->security_groups[j].to ||
				    e->security_groups[j].to != e->security_groups[k].to)
					continue;
				validate_report(v, e->security_groups[j].at,
						"ECS instance '%s' names security group '%s' twice",
						e->id.name, e->security_groups[j].name);
				diag_note(v->diags, e->security_groups[k].at, "first named here");
				break;
			}
		}
	}
}
