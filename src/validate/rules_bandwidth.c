// SPDX-License-Identifier: GPL-2.0-only
/**
 * Bandwidth between regions: plans are bought for a pair of areas and handed out to pairs of
 * regions. Both are sold in whole Mbit/s.
 */
#include <inttypes.h>

#include "base/strbuf.h"
#include "validate/rule.h"
#include "validate/rules.h"

#define MBIT UINT64_C(1000000)

struct area_pair {
	const char *a, *b; /* NULL: not known */
};

static bool same_areas(struct area_pair x, struct area_pair y)
{
	if (!x.a || !x.b || !y.a || !y.b)
		return false;
	return (streq(x.a, y.a) && streq(x.b, y.b)) || (streq(x.a, y.b) && streq(x.b, y.a));
}

static struct area_pair package_areas(const struct cen_bandwidth_package *p)
{
	const struct text *ids = p->geographic_region_ids;

	switch (p->n_geographic_region_ids) {
	case 0: return (struct area_pair){"China", "China"};
	case 1: return (struct area_pair){ids[0].s, ids[0].s};
	default: return (struct area_pair){ids[0].s, ids[1].s};
	}
}

static struct area_pair areas_of(const struct ref *regions, size_t n)
{
	const struct region *a = n == 2 ? regions[0].to : NULL;
	const struct region *b = n == 2 ? regions[1].to : NULL;

	return (struct area_pair){a ? a->area.s : NULL, b ? b->area.s : NULL};
}

static void whole(struct validation *v, const struct number *n, uint64_t least, const char *what,
		  const char *name)
{
	if (n->v >= least * MBIT && n->v % MBIT == 0)
		return;
	validate_report(v, n->at,
			"%s '%s' has %s, but must have at least %" PRIu64
			" Mbit/s, in whole Mbit/s",
			what, name, validate_rate(v, n->v), least);
}

void validate_bandwidth_plan_size(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++)
		for (size_t j = 0; j < v->lab->cens[i].n_bandwidth_packages; j++) {
			const struct cen_bandwidth_package *p =
				&v->lab->cens[i].bandwidth_packages[j];

			if (p->bandwidth.set)
				whole(v, &p->bandwidth, 2, "bandwidth plan", p->id.name);
		}
}

void validate_bandwidth_limit_size(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 0; j < cen->n_bandwidth_limits; j++) {
			const struct cen_bandwidth_limit *l = &cen->bandwidth_limits[j];

			if (l->bandwidth_limit.set)
				whole(v, &l->bandwidth_limit, 1, "bandwidth limit", l->id.name);
		}
		for (size_t j = 0; j < cen->n_peer_attachments; j++) {
			const struct cen_peer_attachment *p = &cen->peer_attachments[j];

			if (p->bandwidth.set)
				whole(v, &p->bandwidth, 1, "peer attachment", p->id.name);
		}
	}
}

void validate_bandwidth_limit_duplicate(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 1; j < cen->n_bandwidth_limits; j++) {
			const struct cen_bandwidth_limit *b = &cen->bandwidth_limits[j];

			for (size_t k = 0; k < j; k++) {
				const struct cen_bandwidth_limit *a = &cen->bandwidth_limits[k];

				if (!validate_same_regions(a->regions, a->n_regions, b->regions,
							   b->n_regions))
					continue;
				validate_report(
					v, b->id.at,
					"bandwidth limit '%s' is of the same regions as '%s'",
					b->id.name, a->id.name);
				diag_note(v->diags, a->id.at, "'%s' stands here", a->id.name);
				validate_hint(v, "a limit holds in both directions: keep one");
				break;
			}
		}
	}
}

/* What was bought for a pair of areas; *first is one of the plans. */
static uint64_t bought(const struct cen *cen, struct area_pair areas,
		       const struct cen_bandwidth_package **first)
{
	uint64_t sum = 0;

	*first = NULL;
	for (size_t i = 0; i < cen->n_bandwidth_packages; i++) {
		const struct cen_bandwidth_package *p = &cen->bandwidth_packages[i];

		if (!same_areas(package_areas(p), areas))
			continue;
		sum += p->bandwidth.v;
		if (!*first)
			*first = p;
	}
	return sum;
}

void validate_bandwidth_no_plan(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 0; j < cen->n_bandwidth_limits; j++) {
			const struct cen_bandwidth_limit *l = &cen->bandwidth_limits[j];
			struct area_pair areas = areas_of(l->regions, l->n_regions);
			const struct cen_bandwidth_package *plan;

			(void)bought(cen, areas, &plan); /* only whether there is one */
			if (plan || !areas.a || !areas.b)
				continue;
			validate_report(
				v, l->id.at,
				"bandwidth limit '%s' has no bandwidth plan for %s-%s to take "
				"from",
				l->id.name, areas.a, areas.b);
			validate_hint(v,
				      "add one under `bandwidth_packages:` with "
				      "`geographic_region_ids: [%s, %s]`",
				      areas.a, areas.b);
		}
	}
}

/* What takes from a plan: a limit of the basic edition, a peer attachment of the enterprise one. */
struct share {
	const struct named *id;
	const struct number *rate;
	struct area_pair areas;
};

struct shares {
	struct share *items;
	size_t n;
};

static struct shares collect_shares(struct validation *v, const struct cen *cen)
{
	struct shares s = {0};

	for (size_t i = 0; i < cen->n_bandwidth_limits; i++) {
		const struct cen_bandwidth_limit *l = &cen->bandwidth_limits[i];

		*arena_push(v->scratch, s.items, s.n) = (struct share){
			&l->id, &l->bandwidth_limit, areas_of(l->regions, l->n_regions)};
	}
	for (size_t i = 0; i < cen->n_peer_attachments; i++) {
		const struct cen_peer_attachment *p = &cen->peer_attachments[i];

		*arena_push(v->scratch, s.items, s.n) =
			(struct share){&p->id, &p->bandwidth, areas_of(p->regions, p->n_regions)};
	}
	return s;
}

/* Up to and including share `last`, those of the same areas: their sum, and it as text. */
static uint64_t allocated(const struct shares *s, size_t last, struct strbuf *terms)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= last; i++) {
		if (!same_areas(s->items[i].areas, s->items[last].areas))
			continue;
		sum += s->items[i].rate->v;
		strbuf_printf(terms, "%s%" PRIu64, terms->len ? " + " : "",
			      s->items[i].rate->v / MBIT);
	}
	return sum;
}

static void note_other_shares(struct validation *v, const struct shares *s, size_t last)
{
	for (size_t i = 0; i < last; i++) {
		const struct share *o = &s->items[i];

		if (same_areas(o->areas, s->items[last].areas))
			diag_note(v->diags, o->rate->at, "'%s' takes %s", o->id->name,
				  validate_rate(v, o->rate->v));
	}
}

static void exceeded(struct validation *v, const struct cen *cen, const struct shares *s,
		     size_t last)
{
	const struct share *share = &s->items[last];
	const struct cen_bandwidth_package *plan;
	uint64_t most = bought(cen, share->areas, &plan), sum;
	auto_strbuf struct strbuf terms = {0};

	sum = allocated(s, last, &terms);
	/* only for the one that is too much: those behind it would say the same */
	if (!plan || sum <= most || sum - share->rate->v > most)
		return;
	validate_report(
		v, share->rate->at,
		"what is allocated for %s-%s adds up to %s Mbit/s%s%s, but only %s is bought",
		share->areas.a, share->areas.b, strbuf_str(&terms),
		strchr(strbuf_str(&terms), '+') ? " = " : "",
		strchr(strbuf_str(&terms), '+') ? validate_rate(v, sum) : "",
		validate_rate(v, most));
	note_other_shares(v, s, last);
	diag_note(v->diags, plan->bandwidth.at, "bandwidth plan '%s' has %s", plan->id.name,
		  validate_rate(v, plan->bandwidth.v));
	validate_hint(v, "allocate %s less, or buy as much more", validate_rate(v, sum - most));
}

void validate_bandwidth_exceeded(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		struct shares s = collect_shares(v, &v->lab->cens[i]);

		for (size_t j = 0; j < s.n; j++)
			exceeded(v, &v->lab->cens[i], &s, j);
	}
}
