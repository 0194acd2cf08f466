// SPDX-License-Identifier: GPL-2.0-only
/** VPCs, taken in turn by five regions, on one CEN; the instances are dealt out to the VPCs. */
#include "generate/generate.h"

#include <assert.h>

#include "base/cleanup.h"

static const char *const regions[] = {"cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen",
				      "cn-chengdu"};
#define REGIONS     ARRAY_LEN(regions)
#define PAIRS       (REGIONS * (REGIONS - 1) / 2)
#define PER_VSWITCH 120 /* a /25 has 124; one VPC has 512 of these */

/* With fewer instances than VPCs, each has a VPC of its own. */
static size_t count_vpcs(const struct generate_request *r)
{
	return r->n < r->vpcs ? r->n : r->vpcs;
}

/* Regions that have a VPC: limits between others would name regions that the CEN is not in. */
static size_t count_regions(const struct generate_request *r)
{
	size_t n = count_vpcs(r);

	return n < REGIONS ? n : REGIONS;
}

static void add_regions(struct strbuf *b, const struct generate_request *r)
{
	size_t n = count_regions(r);

	strbuf_add(b, "\nregions:\n");
	for (size_t i = 0; i < n; i++)
		strbuf_printf(b, "  %s: {zones: [a]}\n", regions[i]);
	strbuf_add(b, "\nregion_pairs:\n");
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			strbuf_printf(b, "  pair-%zu-%zu: {regions: [%s, %s], rtt: %s}\n", i + 1,
				      j + 1, regions[i], regions[j], r->rtt);
}

static size_t instances_of(const struct generate_request *r, size_t vpc)
{
	size_t vpcs = count_vpcs(r);

	assert(vpcs > 0); /* at least one was asked for */
	return r->n / vpcs + (vpc < r->n % vpcs);
}

static void add_vpc(struct strbuf *b, const struct generate_request *r, size_t vpc)
{
	size_t n = instances_of(r, vpc);

	strbuf_printf(b,
		      "  vpc-%zu:\n    region: %s\n    cidr_block: 10.%zu.0.0/16\n"
		      "    vswitches:\n",
		      vpc + 1, regions[vpc % REGIONS], vpc);
	for (size_t s = 0; s * PER_VSWITCH < n; s++)
		strbuf_printf(b, "      vsw-%zu-%zu: {zone: a, cidr_block: 10.%zu.%zu.%zu/25}\n",
			      vpc + 1, s + 1, vpc, s / 2, s % 2 * 128);
}

static void add_groups(struct strbuf *b, const struct generate_request *r)
{
	strbuf_add(b, "\n# What other VPCs send is foreign to a group: pings are let in.\n"
		      "security_groups:\n");
	for (size_t i = 0; i < count_vpcs(r); i++)
		strbuf_printf(b,
			      "  sg-%zu: {vpc: vpc-%zu, rules: {ping: {type: ingress, ip_protocol: "
			      "icmp, cidr_ip: 10.0.0.0/8}}}\n",
			      i + 1, i + 1);
}

static void add_address(struct strbuf *b, size_t vpc, size_t i)
{
	size_t s = i / PER_VSWITCH;

	strbuf_printf(b, "10.%zu.%zu.%zu", vpc, s / 2, s % 2 * 128 + i % PER_VSWITCH + 1);
}

static void add_instances(struct strbuf *b, const struct generate_request *r, size_t vpc)
{
	for (size_t i = 0; i < instances_of(r, vpc); i++) {
		strbuf_printf(b, "  ecs-%zu-%zu: {vswitch: vsw-%zu-%zu, private_ip: ", vpc + 1,
			      i + 1, vpc + 1, i / PER_VSWITCH + 1);
		add_address(b, vpc, i);
		strbuf_printf(b, ", security_groups: [sg-%zu]}\n", vpc + 1);
	}
}

static void add_cen(struct strbuf *b, const struct generate_request *r)
{
	size_t n = count_regions(r);

	strbuf_add(b, "\ncen:\n  cen-1:\n    edition: basic\n    attachments:\n");
	for (size_t i = 0; i < count_vpcs(r); i++)
		strbuf_printf(b, "      attach-%zu: {vpc: vpc-%zu}\n", i + 1, i + 1);
	if (n < 2)
		return;
	strbuf_printf(b,
		      "    bandwidth_packages:\n      plan: {bandwidth: %zuMbit}\n"
		      "    bandwidth_limits:\n",
		      r->mbit * PAIRS);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			strbuf_printf(b,
				      "      pair-%zu-%zu: {regions: [%s, %s], bandwidth_limit: "
				      "%uMbit}\n",
				      i + 1, j + 1, regions[i], regions[j], r->mbit);
}

static void add_check(struct strbuf *b, const struct generate_request *r, const char *id, size_t to)
{
	strbuf_printf(b, "  - {id: %s, from: ecs-1-1, ping: ", id);
	add_address(b, to, instances_of(r, to) - 1);
	strbuf_add(b, "}\n");
}

void generate_regions(struct strbuf *b, const struct generate_request *r)
{
	size_t vpcs = count_vpcs(r);

	generate_head(b, r, "VPCs in five regions on one CEN");
	add_regions(b, r);
	strbuf_add(b, "\nvpcs:\n");
	for (size_t i = 0; i < vpcs; i++)
		add_vpc(b, r, i);
	add_groups(b, r);
	strbuf_add(b, "\necs:\n");
	for (size_t i = 0; i < vpcs; i++)
		add_instances(b, r, i);
	add_cen(b, r);
	strbuf_add(b, "\nchecks:\n");
	add_check(b, r, "another-region", 1);
	if (vpcs > REGIONS)
		add_check(b, r, "same-region", REGIONS);
	if (vpcs > 2)
		add_check(b, r, "last-vpc", vpcs - 1);
}
