// SPDX-License-Identifier: GPL-2.0-only
/*
 * Route maps: RegionIn judges what a region's transit router learns, from its attachments and from
 * other regions; RegionOut what it tells, to its attachments and to other regions. The map with the
 * lowest priority number that matches decides; where none matches, the route passes.
 */
#include "compile/cen.h"

bool compile_cen_is_from(const struct cen_route_map *m, const void *from)
{
	for (size_t i = 0; i < m->n_source_instance_ids; i++)
		if (m->source_instance_ids[i].to == from)
			return true;
	return m->n_source_instance_ids == 0;
}

static bool matches_destination(const struct cen_route_map *m, struct ip_prefix dst)
{
	for (size_t i = 0; i < m->n_destination_cidr_blocks; i++) {
		struct ip_prefix p = m->destination_cidr_blocks[i].p;

		if (m->cidr_include ? ip_prefix_contains(p, dst) : ip_prefix_equal(p, dst))
			return true;
	}
	return m->n_destination_cidr_blocks == 0;
}

bool compile_cen_permits(const struct cen *cen, const struct region *region,
			 enum route_map_direction direction, const void *from, struct ip_prefix dst)
{
	const struct cen_route_map *decides = NULL;

	for (size_t i = 0; i < cen->n_route_maps; i++) {
		const struct cen_route_map *m = &cen->route_maps[i];

		if (m->cen_region.to != region || m->transmit_direction != direction ||
		    !compile_cen_is_from(m, from) || !matches_destination(m, dst))
			continue;
		if (!decides || m->priority.v < decides->priority.v)
			decides = m;
	}
	return !decides || !decides->deny;
}
