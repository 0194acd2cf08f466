// SPDX-License-Identifier: GPL-2.0-only
/** One VPC with all instances, in as many vSwitches as they need. */
#include "generate/generate.h"

#define PER_VSWITCH 250 /* a /24 has 252: the first and the last three are the cloud's */

static void add_vswitches(struct strbuf *b, size_t n)
{
	for (size_t i = 0; i * PER_VSWITCH < n; i++)
		strbuf_printf(b, "      vsw-%zu: {zone: h, cidr_block: 10.0.%zu.0/24}\n", i + 1, i);
}

static void add_instances(struct strbuf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_printf(b,
			      "  ecs-%zu: {vswitch: vsw-%zu, private_ip: 10.0.%zu.%zu, "
			      "security_groups: [sg-1]}\n",
			      i + 1, i / PER_VSWITCH + 1, i / PER_VSWITCH, i % PER_VSWITCH + 1);
}

void generate_star(struct strbuf *b, const struct generate_request *r)
{
	size_t last = r->n - 1;

	generate_head(b, r, "A star, in which every instance hangs on the router of one VPC");
	strbuf_add(b, "\nregions:\n  cn-hangzhou: {zones: [h]}\n\n"
		      "vpcs:\n  vpc-1:\n    region: cn-hangzhou\n    cidr_block: 10.0.0.0/16\n"
		      "    vswitches:\n");
	add_vswitches(b, r->n);
	strbuf_add(b,
		   "\n# Members of a basic group reach each other, and nobody else reaches them.\n"
		   "security_groups:\n  sg-1: {vpc: vpc-1}\n\necs:\n");
	add_instances(b, r->n);
	strbuf_printf(b,
		      "\nchecks:\n"
		      "  - {id: first-to-last, from: ecs-1, ping: 10.0.%zu.%zu}\n"
		      "  - {id: last-to-first, from: ecs-%zu, ping: 10.0.0.1}\n",
		      last / PER_VSWITCH, last % PER_VSWITCH + 1, r->n);
}
