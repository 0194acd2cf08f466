// SPDX-License-Identifier: GPL-2.0-only
/** Regions, their zones, and the distances between them. */
#include "validate/rule.h"
#include "validate/rules.h"

void validate_region_zones(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_regions; i++) {
		const struct region *r = &v->lab->regions[i];

		if (r->n_zones)
			continue;
		validate_report(v, r->id.at, "region '%s' has no zone", r->id.name);
		validate_hint(v, "write its zones, such as `zones: [h, i]`");
	}
}

void validate_zone_duplicate(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_regions; i++) {
		const struct region *r = &v->lab->regions[i];

		for (size_t j = 1; j < r->n_zones; j++) {
			for (size_t k = 0; k < j; k++) {
				if (!streq(r->zones[j].name, r->zones[k].name))
					continue;
				validate_report(v, r->zones[j].at,
						"region '%s' has zone '%s' twice", r->id.name,
						r->zones[j].name);
				diag_note(v->diags, r->zones[k].at, "first written here");
				break;
			}
		}
	}
}

/* Two regions that are written and are the same one; a list of another length is parse/'s. */
static bool same_twice(const struct ref *regions, size_t n)
{
	return n == 2 && regions[0].name && regions[1].name &&
	       streq(regions[0].name, regions[1].name);
}

static void distinct(struct validation *v, const struct ref *regions, size_t n, const char *what,
		     const char *name)
{
	if (!same_twice(regions, n))
		return;
	validate_report(v, regions[1].at, "%s '%s' names region '%s' twice", what, name,
			regions[1].name);
	diag_note(v->diags, regions[0].at, "first named here");
	validate_hint(v, "name two different regions: inside one region nothing is limited");
}

void validate_regions_distinct(struct validation *v)
{
	const struct lab *lab = v->lab;

	for (size_t i = 0; i < lab->n_region_pairs; i++) {
		const struct region_pair *p = &lab->region_pairs[i];

		distinct(v, p->regions, p->n_regions, "region pair", p->id.name);
	}
	for (size_t i = 0; i < lab->n_cens; i++) {
		const struct cen *cen = &lab->cens[i];

		for (size_t j = 0; j < cen->n_bandwidth_limits; j++) {
			const struct cen_bandwidth_limit *l = &cen->bandwidth_limits[j];

			distinct(v, l->regions, l->n_regions, "bandwidth limit", l->id.name);
		}
		for (size_t j = 0; j < cen->n_peer_attachments; j++) {
			const struct cen_peer_attachment *p = &cen->peer_attachments[j];

			distinct(v, p->regions, p->n_regions, "peer attachment", p->id.name);
		}
	}
}

bool validate_same_regions(const struct ref *a, size_t n_a, const struct ref *b, size_t n_b)
{
	if (n_a != 2 || n_b != 2 || !a[0].to || !a[1].to)
		return false;
	return (a[0].to == b[0].to && a[1].to == b[1].to) ||
	       (a[0].to == b[1].to && a[1].to == b[0].to);
}

void validate_region_pair_duplicate(struct validation *v)
{
	const struct region_pair *pairs = v->lab->region_pairs;

	for (size_t i = 1; i < v->lab->n_region_pairs; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!validate_same_regions(pairs[i].regions, pairs[i].n_regions,
						   pairs[j].regions, pairs[j].n_regions))
				continue;
			validate_report(v, pairs[i].id.at,
					"region pair '%s' is of the same regions as '%s'",
					pairs[i].id.name, pairs[j].id.name);
			diag_note(v->diags, pairs[j].id.at, "'%s' stands here", pairs[j].id.name);
			validate_hint(v, "keep one of the two");
			break;
		}
	}
}

void validate_region_pair_rtt(struct validation *v)
{
	const uint64_t most = 2000000;

	for (size_t i = 0; i < v->lab->n_region_pairs; i++) {
		const struct region_pair *p = &v->lab->region_pairs[i];

		if (p->rtt.v <= most)
			continue;
		validate_report(v, span_or(p->rtt.at, p->id.at),
				"region pair '%s' has a round trip of %s, but at most 2 s can be "
				"emulated",
				p->id.name, validate_duration(v, p->rtt.v));
	}
}

void validate_region_pair_jitter(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_region_pairs; i++) {
		struct region_pair *p = &v->lab->region_pairs[i];

		if (p->jitter.v <= p->rtt.v)
			continue;
		if (!p->jitter.set) { /* the default is for long distances */
			p->jitter.v = p->rtt.v;
			continue;
		}
		validate_report(
			v, p->jitter.at,
			"region pair '%s' has a jitter of %s, more than its round trip of %s",
			p->id.name, validate_duration(v, p->jitter.v),
			validate_duration(v, p->rtt.v));
		validate_hint(v, "write a `jitter:` that is smaller than `rtt:`");
	}
}
