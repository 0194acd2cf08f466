// SPDX-License-Identifier: GPL-2.0-only
/* The whole, and what is alike in several places. */
#include "graph/build.h"

#include <inttypes.h>

void graph_services(struct graph_builder *b, struct graph_box *box, const struct service *services,
		    size_t n)
{
	for (size_t i = 0; i < n && i < 3; i++) {
		const struct service *s = &services[i];

		if (s->port.set)
			graph_line(b->g, box, "%s :%" PRIu64 "%s", s->id.name, s->port.v,
				   s->protocol == SERVICE_UDP ? "/udp" : "");
		else
			graph_line(b->g, box, "%s", s->id.name);
	}
	if (n > 3)
		graph_line(b->g, box, "%zu more services", n - 3);
}

struct graph *graph_build(const struct lab *lab, const struct graph_options *o)
{
	struct arena *arena = arena_new(0);
	struct graph *g = arena_alloc(arena, sizeof(*g));
	struct graph_builder b = {g, lab, o};

	*g = (struct graph){
		.arena = arena,
		.lab = arena_strdup(arena, lab->id.name),
		.title = lab->title.s ? arena_strdup(arena, lab->title.s) : "",
	};
	graph_build_internet(&b);
	for (size_t i = 0; i < lab->n_regions; i++)
		(void)graph_box_add(g, NULL, GRAPH_REGION, lab->regions[i].id.name, NULL);
	graph_build_gateways(&b);
	graph_build_functions(&b);
	graph_build_vpcs(&b);
	graph_build_circuits(&b);
	graph_build_cens(&b);
	graph_build_data_centers(&b);
	graph_build_gateway_links(&b);
	return g;
}
