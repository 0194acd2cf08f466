// SPDX-License-Identifier: GPL-2.0-only
#include "generate/generate.h"

#include <string.h>

#include "base/cleanup.h"

/* The sizes that addresses, and a lab file of at most PARSE_MAX_BYTES, have room for. */
const struct generate_shape generate_shapes[] = {
	{"star", "N ECS instances in one VPC", 10000, generate_star},
	{"regions", "N ECS instances in 50 VPCs on a CEN in 5 regions", 10000, generate_regions},
	{"chain", "N routers in a row: customer routers, VBRs and VPCs", 5000, generate_chain},
};
const size_t generate_n_shapes = ARRAY_LEN(generate_shapes);

const struct generate_shape *generate_find(const char *name)
{
	for (size_t i = 0; i < generate_n_shapes; i++)
		if (!strcmp(generate_shapes[i].name, name))
			return &generate_shapes[i];
	return NULL;
}

void generate_head(struct strbuf *b, const struct generate_request *r, const char *title)
{
	strbuf_printf(b, "# Made by: %s\nlab: %s\ntitle: %s\n", r->generator, r->lab, title);
}
