// SPDX-License-Identifier: GPL-2.0-only
/** VPCs and vSwitches: cloud-provider rules on their CIDR blocks and zones. */
#include <stdio.h>

#include "validate/rule.h"
#include "validate/rules.h"

void validate_vpc_mask(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];

		if (!vpc->cidr_block.set ||
		    (vpc->cidr_block.p.len >= 8 && vpc->cidr_block.p.len <= 28))
			continue;
		validate_report(v, vpc->cidr_block.at,
				"VPC '%s' has a /%u CIDR block, but only /8 to /28 are possible",
				vpc->id.name, vpc->cidr_block.p.len);
	}
}

void validate_vpc_range(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];
		const bool known = vpc->cidr_block.set && vpc->cidr_block.p.len > 0;
		const char *why = known ? lab_range_fault(vpc->cidr_block.p) : NULL;

		if (!why)
			continue;
		validate_report(v, vpc->cidr_block.at, "VPC '%s' cannot have %s: %s", vpc->id.name,
				validate_cidr(v, vpc->cidr_block.p), why);
		validate_hint(v, "use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16");
	}
}

void validate_vpc_public(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];
		const struct ip_prefix p = vpc->cidr_block.p;

		if (!vpc->cidr_block.set || p.len < 8 || lab_all_private(p) || lab_range_fault(p))
			continue;
		validate_report(v, vpc->cidr_block.at,
				"VPC '%s' uses public addresses (%s): it cannot reach the hosts of "
				"the Internet that have them",
				vpc->id.name, validate_cidr(v, p));
	}
}

/* Calls `fn` for each vSwitch of the lab that has a CIDR block. */
static void each_vswitch(struct validation *v,
			 void (*fn)(struct validation *v, const struct vswitch *vsw))
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++)
		for (size_t j = 0; j < v->lab->vpcs[i].n_vswitches; j++)
			if (v->lab->vpcs[i].vswitches[j].cidr_block.set)
				fn(v, &v->lab->vpcs[i].vswitches[j]);
}

static void mask(struct validation *v, const struct vswitch *vsw)
{
	if (!vswitch_countable(vsw))
		validate_report(v, vsw->cidr_block.at,
				"vSwitch '%s' has a /%u CIDR block, but only /16 to /29 are "
				"possible",
				vsw->id.name, vsw->cidr_block.p.len);
}

void validate_vswitch_mask(struct validation *v)
{
	each_vswitch(v, mask);
}

static void inside(struct validation *v, const struct vswitch *vsw)
{
	const struct cidr *outer = &vsw->vpc->cidr_block;

	if (!outer->set || ip_prefix_contains(outer->p, vsw->cidr_block.p))
		return;
	validate_report(v, vsw->cidr_block.at, "vSwitch '%s' (%s) is not inside VPC '%s' (%s)",
			vsw->id.name, validate_cidr(v, vsw->cidr_block.p), vsw->vpc->id.name,
			validate_cidr(v, outer->p));
	diag_note(v->diags, outer->at, "the CIDR block of VPC '%s'", vsw->vpc->id.name);
}

void validate_vswitch_outside(struct validation *v)
{
	each_vswitch(v, inside);
}

static void overlap(struct validation *v, const struct vswitch *vsw)
{
	for (const struct vswitch *o = vsw->vpc->vswitches; o < vsw; o++) {
		if (!o->cidr_block.set || !ip_prefix_overlaps(o->cidr_block.p, vsw->cidr_block.p))
			continue;
		validate_report(v, vsw->cidr_block.at, "vSwitch '%s' (%s) overlaps '%s' (%s)",
				vsw->id.name, validate_cidr(v, vsw->cidr_block.p), o->id.name,
				validate_cidr(v, o->cidr_block.p));
		diag_note(v->diags, o->cidr_block.at, "the CIDR block of '%s'", o->id.name);
		return;
	}
}

void validate_vswitch_overlap(struct validation *v)
{
	each_vswitch(v, overlap);
}

/* A zone may be written as "h" or as "cn-hangzhou-h". */
bool validate_zone_is(const struct region *r, const char *written, const char *zone)
{
	size_t n = strlen(r->id.name);

	if (strncmp(written, r->id.name, n) == 0 && written[n] == '-')
		written += n + 1;
	if (strncmp(zone, r->id.name, n) == 0 && zone[n] == '-')
		zone += n + 1;
	return streq(written, zone);
}

void validate_vswitch_zone(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];
		const struct region *r = vpc->region.to;

		for (size_t j = 0; r && j < vpc->n_vswitches; j++) {
			const struct text *zone = &vpc->vswitches[j].zone;
			bool found = !zone->s || r->n_zones == 0;

			for (size_t k = 0; !found && k < r->n_zones; k++)
				found = validate_zone_is(r, zone->s, r->zones[k].name);
			if (found)
				continue;
			validate_report(v, zone->at, "region '%s' has no zone '%s'", r->id.name,
					zone->s);
			diag_note(v->diags, r->zones[0].at, "its zones are written here");
		}
	}
}

static void unique(struct validation *v, const struct vswitch *vsw)
{
	const struct vswitch *first = lab_find_vswitch(v->lab, vsw->id.name);

	if (!first || first == vsw || first->vpc == vsw->vpc)
		return;
	validate_report(v, vsw->id.at, "vSwitch '%s' of VPC '%s' has the name of one of VPC '%s'",
			vsw->id.name, vsw->vpc->id.name, first->vpc->id.name);
	diag_note(v->diags, first->id.at, "the other '%s' stands here", first->id.name);
	validate_hint(v, "rename one of them: the names of vSwitches are unique in a lab");
}

void validate_vswitch_name(struct validation *v)
{
	each_vswitch(v, unique);
}
