// SPDX-License-Identifier: GPL-2.0-only
/** Route tables of VPCs and their custom entries. */
#include "validate/rule.h"
#include "validate/rules.h"

#define MAX_CUSTOM_TABLES 9
#define MAX_ENTRIES       200

typedef void entry_fn(struct validation *v, const struct vpc *vpc, const struct route_table *t,
		      const struct route_entry *e);

static void each_entry(struct validation *v, entry_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];

		for (size_t j = 0; j < vpc->n_route_tables; j++)
			for (size_t k = 0; k < vpc->route_tables[j].n_entries; k++)
				fn(v, vpc, &vpc->route_tables[j], &vpc->route_tables[j].entries[k]);
	}
}

void validate_route_table_quota(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];
		size_t n = 0;

		for (size_t j = 0; j < vpc->n_route_tables; j++) {
			if (vpc->route_tables[j].system || ++n != MAX_CUSTOM_TABLES + 1)
				continue;
			validate_report(v, vpc->route_tables[j].id.at,
					"VPC '%s' has more than %d custom route tables",
					vpc->id.name, MAX_CUSTOM_TABLES);
			validate_hint(v, "let several vSwitches share one table");
		}
	}
}

void validate_route_table_system(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];
		const struct route_table *first = NULL;

		for (size_t j = 0; j < vpc->n_route_tables; j++) {
			const struct route_table *t = &vpc->route_tables[j];

			if (!t->system)
				continue;
			if (!first) {
				first = t;
				continue;
			}
			validate_report(v, t->system_at,
					"VPC '%s' has two system route tables, '%s' and '%s'",
					vpc->id.name, first->id.name, t->id.name);
			diag_note(v->diags, first->system_at, "the first one");
			validate_hint(v, "put the entries of both into one");
		}
	}
}

void validate_route_entry_quota(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];

		for (size_t j = 0; j < vpc->n_route_tables; j++) {
			const struct route_table *t = &vpc->route_tables[j];

			if (t->n_entries <= MAX_ENTRIES)
				continue;
			validate_report(
				v, t->entries[MAX_ENTRIES].id.at,
				"route table '%s' of VPC '%s' has %zu custom entries, but at "
				"most %d are possible",
				t->id.name, vpc->id.name, t->n_entries, MAX_ENTRIES);
			validate_hint(v, "join neighbouring destinations into shorter prefixes");
		}
	}
}

static void unique(struct validation *v, const struct vpc *vpc, const struct route_table *t,
		   const struct route_entry *e)
{
	for (const struct route_entry *o = t->entries; o < e; o++) {
		if (!e->destination_cidrblock.set || !o->destination_cidrblock.set ||
		    !ip_prefix_equal(o->destination_cidrblock.p, e->destination_cidrblock.p))
			continue;
		validate_report(v, e->destination_cidrblock.at,
				"route table '%s' of VPC '%s' has destination %s twice", t->id.name,
				vpc->id.name, validate_cidr(v, e->destination_cidrblock.p));
		diag_note(v->diags, o->destination_cidrblock.at, "first written here");
		return;
	}
}

void validate_route_duplicate(struct validation *v)
{
	each_entry(v, unique);
}

static void not_a_vswitch(struct validation *v, const struct vpc *vpc, const struct route_table *t,
			  const struct route_entry *e)
{
	const struct cidr *d = &e->destination_cidrblock;

	(void)t; /* the system routes of the vSwitches are in every table */
	for (size_t i = 0; d->set && i < vpc->n_vswitches; i++) {
		const struct vswitch *vsw = &vpc->vswitches[i];

		if (!vsw->cidr_block.set || !ip_prefix_contains(vsw->cidr_block.p, d->p))
			continue;
		validate_report(v, d->at, "destination %s is %s vSwitch '%s' (%s) of the same VPC",
				validate_cidr(v, d->p),
				ip_prefix_equal(d->p, vsw->cidr_block.p) ? "that of" : "inside",
				vsw->id.name, validate_cidr(v, vsw->cidr_block.p));
		diag_note(v->diags, vsw->cidr_block.at, "the CIDR block of '%s'", vsw->id.name);
		validate_hint(v, "a destination may contain a vSwitch, never be part of one");
		return;
	}
}

void validate_route_vswitch(struct validation *v)
{
	each_entry(v, not_a_vswitch);
}

static void not_services(struct validation *v, const struct vpc *vpc, const struct route_table *t,
			 const struct route_entry *e)
{
	(void)vpc; /* every VPC has the system route */
	if (!e->destination_cidrblock.set ||
	    !ip_prefix_equal(e->destination_cidrblock.p, LAB_SERVICES))
		return;
	validate_report(v, e->destination_cidrblock.at,
			"route table '%s' cannot have a custom entry for 100.64.0.0/10: it is a "
			"system route",
			t->id.name);
	validate_hint(v, "write more specific destinations if cloud services must go elsewhere");
}

void validate_route_services(struct validation *v)
{
	each_entry(v, not_services);
}

static void part_of_services(struct validation *v, const struct vpc *vpc,
			     const struct route_table *t, const struct route_entry *e)
{
	const struct cidr *d = &e->destination_cidrblock;

	(void)t; /* the message names the VPC, the place names the table */
	if (!d->set || ip_prefix_equal(d->p, LAB_SERVICES) ||
	    !ip_prefix_contains(LAB_SERVICES, d->p))
		return;
	validate_report(v, d->at,
			"destination %s takes cloud services of 100.64.0.0/10 away from VPC '%s'",
			validate_cidr(v, d->p), vpc->id.name);
}

void validate_route_services_part(struct validation *v)
{
	each_entry(v, part_of_services);
}

static void instance(struct validation *v, const struct vpc *vpc, const struct route_table *t,
		     const struct route_entry *e)
{
	const struct ecs *ecs = e->nexthop_id.to;

	(void)t; /* the rule is the same for every table */
	if (e->nexthop_type != NEXTHOP_INSTANCE || !ecs || !ecs_vpc(ecs) || ecs_vpc(ecs) == vpc)
		return;
	validate_report(v, e->nexthop_id.at,
			"next hop '%s' is an instance of VPC '%s', not of VPC '%s'", ecs->id.name,
			ecs_vpc(ecs)->id.name, vpc->id.name);
	diag_note(v->diags, ecs->vswitch.at, "'%s' is in this vSwitch", ecs->id.name);
	validate_hint(v, "a next hop of type Instance is in the VPC of the route table");
}

void validate_route_instance(struct validation *v)
{
	each_entry(v, instance);
}

static void attachment(struct validation *v, const struct vpc *vpc, const struct route_table *t,
		       const struct route_entry *e)
{
	const struct cen *cen = e->nexthop_id.to;

	(void)t; /* the rule is the same for every table */
	if (e->nexthop_type != NEXTHOP_ATTACHMENT || !cen)
		return;
	for (size_t i = 0; i < cen->n_attachments; i++)
		if (cen->attachments[i].vpc.to == vpc)
			return;
	validate_report(v, e->nexthop_id.at, "VPC '%s' is not attached to its next hop '%s'",
			vpc->id.name, cen->id.name);
	diag_note(v->diags, cen->id.at, "CEN instance '%s' stands here", cen->id.name);
	validate_hint(v, "add an attachment with `vpc: %s` to it", vpc->id.name);
}

void validate_route_attachment(struct validation *v)
{
	each_entry(v, attachment);
}

static void router_interface(struct validation *v, const struct vpc *vpc,
			     const struct route_table *t, const struct route_entry *e)
{
	const struct router_interface *ri = e->nexthop_id.to;

	(void)t; /* the rule is the same for every table */
	if (e->nexthop_type != NEXTHOP_ROUTER_INTERFACE || !ri || !ri->vpc.to || ri->vpc.to == vpc)
		return;
	validate_report(v, e->nexthop_id.at,
			"next hop '%s' is a router interface of VPC '%s', not of VPC '%s'",
			ri->id.name, ri->vpc.name, vpc->id.name);
	diag_note(v->diags, ri->vpc.at, "the VPC of '%s'", ri->id.name);
}

void validate_route_router_interface(struct validation *v)
{
	each_entry(v, router_interface);
}

static void publish(struct validation *v, const struct vpc *vpc, const struct route_table *t,
		    const struct route_entry *e)
{
	const char *why = NULL;

	(void)vpc; /* the message names the entry */
	if (!t->system)
		why = "it is not in the system route table";
	else if (e->nexthop_type != NEXTHOP_INSTANCE)
		why = "its next hop is not an instance";
	else if (ip_prefix_contains(LAB_SERVICES, e->destination_cidrblock.p))
		why = "it leads to cloud services";
	if (!e->published || !why)
		return;
	validate_report(v, e->id.at, "entry '%s' of route table '%s' cannot be published: %s",
			e->id.name, t->id.name, why);
	validate_hint(v, "leave `published:` out; the CEN never learns such an entry");
}

void validate_route_publish(struct validation *v)
{
	each_entry(v, publish);
}
