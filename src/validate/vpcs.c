// SPDX-License-Identifier: GPL-2.0-only
/** Which addresses are some VPC's: asked for every LAN and circuit, of hundreds of VPCs, and nearly always not. */
#include <stdlib.h>

#include "validate/rule.h"

struct vpc_range {
	uint32_t first, last; /* once sorted: the greatest last one so far */
};

static int by_first(const void *pa, const void *pb)
{
	const struct vpc_range *a = pa, *b = pb;

	return (a->first > b->first) - (a->first < b->first);
}

static void collect(struct validation *v)
{
	const struct lab *lab = v->lab;

	v->vpc_ranges = arena_alloc(v->scratch, (lab->n_vpcs + 1) * sizeof(*v->vpc_ranges));
	for (size_t i = 0; i < lab->n_vpcs; i++) {
		const struct cidr *c = &lab->vpcs[i].cidr_block;

		if (c->set)
			v->vpc_ranges[v->n_vpc_ranges++] = (struct vpc_range){ip_prefix_first(c->p),
									      ip_prefix_last(c->p)};
	}
	qsort(v->vpc_ranges, v->n_vpc_ranges, sizeof(*v->vpc_ranges), by_first);
	for (size_t i = 1; i < v->n_vpc_ranges; i++)
		if (v->vpc_ranges[i].last < v->vpc_ranges[i - 1].last)
			v->vpc_ranges[i].last = v->vpc_ranges[i - 1].last;
}

bool validate_vpc_overlaps(struct validation *v, struct ip_prefix p)
{
	size_t low = 0, high;

	if (!v->vpc_ranges)
		collect(v);
	for (high = v->n_vpc_ranges; low < high;) { /* the first that begins behind p */
		const size_t mid = low + (high - low) / 2;

		if (v->vpc_ranges[mid].first <= ip_prefix_last(p))
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && v->vpc_ranges[low - 1].last >= ip_prefix_first(p);
}
