// SPDX-License-Identifier: GPL-2.0-only
/** Transit routers: zone mappings, route tables, inter-region connections, route maps. */
#include "validate/rule.h"
#include "validate/rules.h"

typedef void attachment_fn(struct validation *v, const struct cen *cen,
			   const struct cen_attachment *a);

static void each_enterprise_attachment(struct validation *v, attachment_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 0; cen->edition == CEN_ENTERPRISE && j < cen->n_attachments; j++)
			fn(v, cen, &cen->attachments[j]);
	}
}

/* --- zone mappings --- */

static size_t zones_mapped(const struct cen_attachment *a, const struct region *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_zones; i++) {
		for (size_t j = 0; j < a->n_zone_mappings; j++) {
			const struct vswitch *vsw = a->zone_mappings[j].to;

			if (!vsw || !vsw->zone.s ||
			    !validate_zone_is(r, vsw->zone.s, r->zones[i].name))
				continue;
			n++;
			break;
		}
	}
	return n;
}

static void enough_zones(struct validation *v, const struct cen *cen,
			 const struct cen_attachment *a)
{
	const struct region *r = cen_attachment_region(a);
	size_t need = r ? (r->n_zones < 2 ? r->n_zones : 2) : 0;

	if (!r || a->vbr.name || zones_mapped(a, r) >= need)
		return;
	validate_report(v, a->n_zone_mappings ? a->zone_mappings[0].at : a->id.at,
			"attachment '%s' of enterprise CEN instance '%s' needs vSwitches in %zu "
			"zones of '%s', but has %zu",
			a->id.name, cen->id.name, need, r->id.name, zones_mapped(a, r));
	if (r->n_zones)
		diag_note(v->diags, r->zones[0].at, "the zones of '%s'", r->id.name);
	validate_hint(v, "write `zone_mappings:` with a vSwitch of the VPC in each of %zu zones",
		      need);
}

void validate_transit_zones(struct validation *v)
{
	each_enterprise_attachment(v, enough_zones);
}

static void zones_of_vpc(struct validation *v, const struct cen *cen,
			 const struct cen_attachment *a)
{
	const struct vpc *vpc = a->vpc.to;

	(void)cen; /* the attachment says it all */
	if (a->vbr.name && a->n_zone_mappings) {
		validate_report(v, a->zone_mappings[0].at,
				"attachment '%s' is of a VBR, which has no zones", a->id.name);
		validate_hint(v, "leave `zone_mappings:` out");
	}
	for (size_t i = 0; vpc && i < a->n_zone_mappings; i++) {
		const struct vswitch *vsw = a->zone_mappings[i].to;

		if (!vsw || vsw->vpc == vpc)
			continue;
		validate_report(v, a->zone_mappings[i].at,
				"vSwitch '%s' is of VPC '%s', but attachment '%s' is of VPC '%s'",
				vsw->id.name, vsw->vpc->id.name, a->id.name, vpc->id.name);
		diag_note(v->diags, vsw->id.at, "'%s' stands here", vsw->id.name);
	}
}

void validate_transit_zone_vpc(struct validation *v)
{
	each_enterprise_attachment(v, zones_of_vpc);
}

/* --- route tables --- */

static void table_region(struct validation *v, const struct cen_attachment *a,
			 const struct ref *ref)
{
	const struct tr_route_table *t = ref->to;
	const struct region *r = cen_attachment_region(a);

	if (!t || !r || !t->region.to || t->region.to == r)
		return;
	validate_report(v, ref->at,
			"route table '%s' is of region '%s', but attachment '%s' is in '%s'",
			t->id.name, t->region.name, a->id.name, r->id.name);
	diag_note(v->diags, t->region.at, "the region of '%s'", t->id.name);
	validate_hint(v, "each region has a transit router with tables of its own");
}

static void tables_region(struct validation *v, const struct cen *cen,
			  const struct cen_attachment *a)
{
	(void)cen; /* tables were resolved within it */
	table_region(v, a, &a->association);
	for (size_t i = 0; i < a->n_propagation; i++)
		table_region(v, a, &a->propagation[i]);
}

void validate_transit_table_region(struct validation *v)
{
	each_enterprise_attachment(v, tables_region);
}

typedef void entry_fn(struct validation *v, const struct tr_route_table *t,
		      const struct tr_route_entry *e);

static void each_entry(struct validation *v, entry_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 0; j < cen->n_route_tables; j++)
			for (size_t k = 0; k < cen->route_tables[j].n_entries; k++)
				fn(v, &cen->route_tables[j], &cen->route_tables[j].entries[k]);
	}
}

static void entry_region(struct validation *v, const struct tr_route_table *t,
			 const struct tr_route_entry *e)
{
	const struct cen_attachment *a = e->attachment.to;
	const struct region *r = a ? cen_attachment_region(a) : NULL;

	if (!r || !t->region.to || t->region.to == r)
		return;
	validate_report(v, e->attachment.at,
			"entry '%s' of route table '%s' is of region '%s', but attachment '%s' is "
			"in '%s'",
			e->id.name, t->id.name, t->region.name, a->id.name, r->id.name);
	diag_note(v->diags, a->id.at, "'%s' stands here", a->id.name);
}

void validate_transit_entry_region(struct validation *v)
{
	each_entry(v, entry_region);
}

static void entry_unique(struct validation *v, const struct tr_route_table *t,
			 const struct tr_route_entry *e)
{
	for (const struct tr_route_entry *o = t->entries; o < e; o++) {
		if (!o->destination_cidr_block.set || !e->destination_cidr_block.set ||
		    !ip_prefix_equal(o->destination_cidr_block.p, e->destination_cidr_block.p))
			continue;
		validate_report(v, e->destination_cidr_block.at,
				"route table '%s' has destination %s twice", t->id.name,
				validate_cidr(v, e->destination_cidr_block.p));
		diag_note(v->diags, o->destination_cidr_block.at, "first written here");
		return;
	}
}

void validate_transit_entry_duplicate(struct validation *v)
{
	each_entry(v, entry_unique);
}

static void entry_target(struct validation *v, const struct tr_route_table *t,
			 const struct tr_route_entry *e)
{
	if (e->attachment.name || e->blackhole)
		return;
	validate_report(v, e->id.at, "entry '%s' of route table '%s' leads nowhere", e->id.name,
			t->id.name);
	validate_hint(v, "write `attachment:` or `blackhole: true`");
}

void validate_transit_entry_target(struct validation *v)
{
	each_entry(v, entry_target);
}

/* --- inter-region connections --- */

static bool has_router(const struct cen *cen, const struct region *r)
{
	for (size_t i = 0; i < cen->n_attachments; i++)
		if (cen_attachment_region(&cen->attachments[i]) == r)
			return true;
	return false;
}

void validate_peer_router(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 0; j < cen->n_peer_attachments; j++) {
			const struct cen_peer_attachment *p = &cen->peer_attachments[j];

			for (size_t k = 0; k < p->n_regions; k++) {
				if (!p->regions[k].to || has_router(cen, p->regions[k].to))
					continue;
				validate_report(
					v, p->regions[k].at,
					"peer attachment '%s': CEN instance '%s' has no transit "
					"router in '%s'",
					p->id.name, cen->id.name, p->regions[k].name);
				validate_hint(v, "attach a VPC or VBR of '%s' to it",
					      p->regions[k].name);
			}
		}
	}
}

void validate_peer_duplicate(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen_peer_attachment *p = v->lab->cens[i].peer_attachments;

		for (size_t j = 1; j < v->lab->cens[i].n_peer_attachments; j++) {
			for (size_t k = 0; k < j; k++) {
				if (!validate_same_regions(p[j].regions, p[j].n_regions,
							   p[k].regions, p[k].n_regions))
					continue;
				validate_report(
					v, p[j].id.at,
					"peer attachment '%s' is of the same regions as '%s'",
					p[j].id.name, p[k].id.name);
				diag_note(v->diags, p[k].id.at, "'%s' stands here", p[k].id.name);
				break;
			}
		}
	}
}

/* --- route maps --- */

void validate_route_map_priority(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen_route_map *m = v->lab->cens[i].route_maps;

		for (size_t j = 1; j < v->lab->cens[i].n_route_maps; j++) {
			for (size_t k = 0; k < j; k++) {
				if (!m[j].cen_region.to ||
				    m[j].cen_region.to != m[k].cen_region.to ||
				    m[j].transmit_direction != m[k].transmit_direction ||
				    m[j].priority.v != m[k].priority.v)
					continue;
				validate_report(
					v, m[j].priority.at,
					"route map '%s' has the priority of '%s' in the same "
					"region and direction",
					m[j].id.name, m[k].id.name);
				diag_note(v->diags, m[k].priority.at, "the priority of '%s'",
					  m[k].id.name);
				validate_hint(v, "give each its own priority, so that the order is "
						 "clear");
				break;
			}
		}
	}
}
