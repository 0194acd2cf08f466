// SPDX-License-Identifier: GPL-2.0-only
/** Rules of security groups. */
#include "validate/rule.h"
#include "validate/rules.h"

typedef void sg_rule_fn(struct validation *v, const struct security_group *sg,
			const struct sg_rule *r);

static void each_rule(struct validation *v, sg_rule_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_security_groups; i++) {
		const struct security_group *sg = &v->lab->security_groups[i];

		for (size_t j = 0; j < sg->n_rules; j++)
			fn(v, sg, &sg->rules[j]);
	}
}

void validate_rule_ports(struct validation *v, const struct sg_rule *r, const char *kind,
			 const char *owner)
{
	bool has_ports = r->ip_protocol == SG_TCP || r->ip_protocol == SG_UDP;

	if (has_ports || !r->port_range.s || streq(r->port_range.s, "-1/-1"))
		return;
	validate_report(v, r->port_range.at,
			"rule '%s' of %s '%s' has a port range, but only tcp and udp have ports",
			r->id.name, kind, owner);
	validate_hint(v, "write `ip_protocol: tcp` or `udp`, or leave the port range out");
}

static void ports(struct validation *v, const struct security_group *sg, const struct sg_rule *r)
{
	validate_rule_ports(v, r, "security group", sg->id.name);
}

void validate_sg_ports(struct validation *v)
{
	each_rule(v, ports);
}

static void source_enterprise(struct validation *v, const struct security_group *sg,
			      const struct sg_rule *r)
{
	if (sg->security_group_type != SG_ENTERPRISE || !r->source_security_group.name)
		return;
	validate_report(v, r->source_security_group.at,
			"rule '%s': an enterprise security group cannot name another group",
			r->id.name);
	diag_note(v->diags, sg->id.at, "'%s' is of type enterprise", sg->id.name);
	validate_hint(v, "write `cidr_ip:` instead");
}

void validate_sg_source_enterprise(struct validation *v)
{
	each_rule(v, source_enterprise);
}

static void source_vpc(struct validation *v, const struct security_group *sg,
		       const struct sg_rule *r)
{
	const struct security_group *source = r->source_security_group.to;

	if (!source || !source->vpc.to || !sg->vpc.to || source->vpc.to == sg->vpc.to)
		return;
	validate_report(v, r->source_security_group.at,
			"rule '%s' of security group '%s' names '%s', which is of another VPC",
			r->id.name, sg->id.name, source->id.name);
	diag_note(v->diags, source->vpc.at, "the VPC of '%s'", source->id.name);
	validate_hint(v, "write `cidr_ip:` with the addresses of the other VPC instead");
}

void validate_sg_source_vpc(struct validation *v)
{
	each_rule(v, source_vpc);
}
