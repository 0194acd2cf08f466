// SPDX-License-Identifier: GPL-2.0-only
/** The parts of a picture by family of resources; what each of them leads to must be there. */
#pragma once

#include "graph/scene.h"

#define GRAPH_MANY 4 /* more of a kind than this in one place are drawn as one box */

struct graph_builder {
	struct graph *g;
	const struct lab *lab;
	const struct graph_options *o;
};

void graph_build_vpcs(struct graph_builder *b);
void graph_build_gateways(struct graph_builder *b);
void graph_build_functions(struct graph_builder *b);
void graph_build_cens(struct graph_builder *b);
void graph_build_circuits(struct graph_builder *b);
void graph_build_data_centers(struct graph_builder *b);
void graph_build_internet(struct graph_builder *b);
void graph_build_gateway_links(struct graph_builder *b);

/** A line for each service of a node. */
void graph_services(struct graph_builder *b, struct graph_box *box, const struct service *services,
		    size_t n);
