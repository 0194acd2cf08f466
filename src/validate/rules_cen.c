// SPDX-License-Identifier: GPL-2.0-only
/** CEN instances: editions and attachments. */
#include "validate/rule.h"
#include "validate/rules.h"

/* --- keys that belong to one edition --- */

static void enterprise_only(struct validation *v, const struct cen *cen, struct span at,
			    const char *what)
{
	validate_report(v, at, "CEN instance '%s' is of the basic edition, which has no %s",
			cen->id.name, what);
	diag_note(v->diags, cen->id.at, "'%s' stands here", cen->id.name);
	validate_hint(v, "write `edition: enterprise`, or leave this out");
}

static void basic_attachment(struct validation *v, const struct cen *cen,
			     const struct cen_attachment *a)
{
	if (a->n_zone_mappings)
		enterprise_only(v, cen, a->zone_mappings[0].at, "zone mappings");
	if (a->association.name)
		enterprise_only(v, cen, a->association.at, "associated route tables");
	if (a->propagation_set)
		enterprise_only(v, cen, a->n_propagation ? a->propagation[0].at : a->id.at,
				"choice of the route tables that learn");
	if (a->auto_publish_route_enabled)
		enterprise_only(v, cen, a->id.at,
				"switch for route synchronization: it is always on");
}

static void basic_services(struct validation *v, const struct cen *cen)
{
	const struct named *id = cen->n_route_services  ? &cen->route_services[0].id
				 : cen->n_private_zones ? &cen->private_zones[0].id
							: NULL;

	if (!id)
		return;
	validate_report(v, id->at,
			"CEN instance '%s' is of the enterprise edition, which has no access to "
			"cloud services of this kind",
			cen->id.name);
	validate_hint(v, "write a static entry in a route table of the transit router, with the "
			 "attachment of a VPC as its target");
}

static void edition(struct validation *v, const struct cen *cen)
{
	if (cen->edition == CEN_ENTERPRISE) {
		basic_services(v, cen);
		if (cen->n_bandwidth_limits == 0)
			return;
		validate_report(v, cen->bandwidth_limits[0].id.at,
				"CEN instance '%s' is of the enterprise edition, which has no "
				"bandwidth limits",
				cen->id.name);
		validate_hint(v, "write `peer_attachments:` with the bandwidth of each pair of "
				 "regions");
		return;
	}
	for (size_t i = 0; i < cen->n_attachments; i++)
		basic_attachment(v, cen, &cen->attachments[i]);
	if (cen->n_route_tables)
		enterprise_only(v, cen, cen->route_tables[0].id.at, "custom route tables");
	if (cen->n_peer_attachments)
		enterprise_only(v, cen, cen->peer_attachments[0].id.at, "peer attachments");
}

void validate_cen_edition(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++)
		edition(v, &v->lab->cens[i]);
}

/* --- attachments --- */

/* What is attached, whatever it is; NULL: not known. */
static const void *child(const struct cen_attachment *a)
{
	return a->vpc.to ? a->vpc.to : a->vbr.to;
}

/* An earlier attachment of the same VPC or VBR, in this CEN or in one before it. */
static const struct cen_attachment *earlier(const struct lab *lab, size_t cen, size_t attachment,
					    const struct cen **owner)
{
	const void *is = child(&lab->cens[cen].attachments[attachment]);

	for (size_t i = 0; is && i <= cen; i++) {
		const struct cen *c = &lab->cens[i];
		size_t n = i == cen ? attachment : c->n_attachments;

		*owner = c;
		for (size_t j = 0; j < n; j++)
			if (child(&c->attachments[j]) == is)
				return &c->attachments[j];
	}
	return NULL;
}

void validate_cen_vpc_twice(struct validation *v)
{
	const struct lab *lab = v->lab;

	for (size_t i = 0; i < lab->n_cens; i++) {
		for (size_t j = 0; j < lab->cens[i].n_attachments; j++) {
			const struct cen *owner = NULL;
			const struct cen_attachment *a = &lab->cens[i].attachments[j];
			const struct cen_attachment *first = earlier(lab, i, j, &owner);

			if (!first)
				continue;
			validate_report(v, a->vpc.name ? a->vpc.at : a->vbr.at,
					"%s '%s' is attached twice", a->vpc.name ? "VPC" : "VBR",
					cen_attachment_name(a));
			diag_note(v->diags, first->vpc.name ? first->vpc.at : first->vbr.at,
				  "attached to CEN instance '%s' by '%s' here", owner->id.name,
				  first->id.name);
			validate_hint(v, "it is attached to one CEN instance, once");
		}
	}
}

typedef void pair_fn(struct validation *v, const struct cen *cen, const struct cen_attachment *a,
		     const struct cen_attachment *b);

/* Calls `fn` for each two attachments of one CEN whose VPCs differ and have CIDR blocks. */
static void each_pair(struct validation *v, pair_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 0; j < cen->n_attachments; j++) {
			const struct vpc *b = cen->attachments[j].vpc.to;

			for (size_t k = 0; b && k < j; k++) {
				const struct vpc *a = cen->attachments[k].vpc.to;

				if (a && a != b && a->cidr_block.set && b->cidr_block.set)
					fn(v, cen, &cen->attachments[k], &cen->attachments[j]);
			}
		}
	}
}

static void identical(struct validation *v, const struct cen *cen, const struct cen_attachment *a,
		      const struct cen_attachment *b)
{
	const struct vpc *first = a->vpc.to, *second = b->vpc.to;

	if (!ip_prefix_equal(first->cidr_block.p, second->cidr_block.p))
		return;
	validate_report(v, b->vpc.at,
			"VPC '%s' cannot be attached to '%s': it has the same CIDR block as VPC "
			"'%s' (%s)",
			second->id.name, cen->id.name, first->id.name,
			validate_cidr(v, first->cidr_block.p));
	diag_note(v->diags, first->cidr_block.at, "the CIDR block of VPC '%s'", first->id.name);
	diag_note(v->diags, second->cidr_block.at, "the CIDR block of VPC '%s'", second->id.name);
	validate_hint(v, "CIDR blocks in one CEN may overlap but never be identical");
}

void validate_cen_cidr_identical(struct validation *v)
{
	each_pair(v, identical);
}

static void overlap(struct validation *v, const struct cen *cen, const struct cen_attachment *a,
		    const struct cen_attachment *b)
{
	const struct vpc *first = a->vpc.to, *second = b->vpc.to;
	struct ip_prefix p = first->cidr_block.p, q = second->cidr_block.p;

	if (!cen->protection_level.s || !streq(cen->protection_level.s, "FULL") ||
	    ip_prefix_equal(p, q) || !ip_prefix_overlaps(p, q))
		return;
	validate_report(v, b->vpc.at,
			"VPC '%s' (%s) cannot be attached to '%s': it overlaps VPC '%s' (%s)",
			second->id.name, validate_cidr(v, q), cen->id.name, first->id.name,
			validate_cidr(v, p));
	diag_note(v->diags, first->cidr_block.at, "the CIDR block of VPC '%s'", first->id.name);
	diag_note(v->diags, span_or(cen->protection_level.at, cen->id.at), "'%s' forbids overlaps",
		  cen->id.name);
	validate_hint(v, "write `protection_level: REDUCED` to allow blocks that overlap");
}

void validate_cen_cidr_overlap(struct validation *v)
{
	each_pair(v, overlap);
}
