// SPDX-License-Identifier: GPL-2.0-only
#include "model/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct lab *lab_new(void)
{
	struct arena *a = arena_new(0);
	struct lab *lab = arena_alloc(a, sizeof(*lab));

	lab->arena = a;
	return lab;
}

void lab_free(struct lab *lab)
{
	if (lab)
		arena_free(lab->arena);
}

/* Every resource begins with struct named, so one search serves all of them. */
static const void *find(const void *items, size_t n, size_t size, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		const struct named *id = (const void *)((const char *)items + i * size);

		if (strcmp(id->name, name) == 0)
			return id;
	}
	return NULL;
}

const struct vswitch *lab_find_vswitch(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->n_vpcs; i++) {
		const struct vpc *v = &lab->vpcs[i];
		const void *found = find(v->vswitches, v->n_vswitches, sizeof(*v->vswitches), name);

		if (found)
			return found;
	}
	return NULL;
}

const struct step *lab_find_step(const struct lab *lab, const char *id)
{
	return find(lab->steps, lab->n_steps, sizeof(*lab->steps), id);
}

const struct region_pair *lab_find_region_pair(const struct lab *lab, const struct region *a,
					       const struct region *b)
{
	for (size_t i = 0; i < lab->n_region_pairs; i++) {
		const struct region_pair *p = &lab->region_pairs[i];
		const void *x, *y;

		if (p->n_regions != 2)
			continue;
		x = p->regions[0].to;
		y = p->regions[1].to;
		if ((x == a && y == b) || (x == b && y == a))
			return p;
	}
	return NULL;
}

static const char *domain(const struct lab *lab, const struct api_group *group, const char *suffix)
{
	const struct api_gateway *gw = group->instance.to;
	const char *region = gw ? gw->region.name : "unknown";
	uint64_t hi = hash_str(hash_str(1, lab->id.name), group->id.name);
	uint64_t lo = hash_str(hash_str(2, lab->id.name), group->id.name);

	if (group->sub_domain_id.s)
		return arena_printf(lab->arena, "%s-%s%s.alicloudapi.com", group->sub_domain_id.s,
				    region, suffix);
	return arena_printf(lab->arena, "%016" PRIx64 "%016" PRIx64 "-%s%s.alicloudapi.com", hi, lo,
			    region, suffix);
}

const char *lab_public_domain(const struct lab *lab, const struct api_group *group)
{
	return domain(lab, group, "");
}

const char *lab_vpc_domain(const struct lab *lab, const struct api_group *group)
{
	return domain(lab, group, "-vpc");
}
