// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resolver of every VPC on 100.100.2.136 and .138: one worker for the lab, with four sockets in
 * each VPC. A VPC domain has an address in every VPC as soon as it is enabled and its instance has
 * one, reachable or not, as in the cloud; names of instances are known in their own VPC only.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "compile/context.h"

#define TTL 60

static void add_record(json_t *records, const char *name, const char *type, const char *data)
{
	compile_json_append(records, json_pack("{s:s, s:s, s:s, s:i}", "name", name, "type", type,
					       "data", data, "ttl", TTL));
}

static void add_address(json_t *records, const char *name, uint32_t ip)
{
	char text[IP_STRLEN];

	add_record(records, name, "A", ip_format(ip, text));
}

static void add_pointer(struct compile *c, json_t *records, uint32_t ip, const char *name)
{
	add_record(records,
		   compile_text(c, "%u.%u.%u.%u.in-addr.arpa", ip & 0xff, ip >> 8 & 0xff,
				ip >> 16 & 0xff, ip >> 24),
		   "PTR", name);
}

/* An address has one name: the domain of the first group of its instance. */
static bool first_of_instance(const struct lab *lab, const struct api_group *g)
{
	for (size_t i = 0; &lab->api_groups[i] != g; i++)
		if (lab->api_groups[i].vpc_domain &&
		    lab->api_groups[i].instance.to == g->instance.to)
			return false;
	return true;
}

static void add_groups(struct compile *c, json_t *records)
{
	for (size_t i = 0; i < c->lab->n_api_groups; i++) {
		const struct api_group *g = &c->lab->api_groups[i];
		uint32_t vip = compile_gateway_vip(c->lab, g->instance.to);

		if (!g->vpc_domain || !vip)
			continue;
		add_address(records, lab_vpc_domain(c->lab, g), vip);
		if (first_of_instance(c->lab, g))
			add_pointer(c, records, vip, lab_vpc_domain(c->lab, g));
	}
}

static void add_instances(struct compile *c, json_t *records, const struct vpc *vpc)
{
	for (size_t i = 0; i < c->lab->n_ecs; i++) {
		const struct ecs *ecs = &c->lab->ecs[i];
		const struct vswitch *s = ecs->vswitch.to;

		if (s->vpc != vpc)
			continue;
		add_address(records, compile_ecs_domain(c, ecs), ecs->private_ip.ip);
		add_pointer(c, records, ecs->private_ip.ip, compile_ecs_domain(c, ecs));
	}
}

/* The order of a VPC's sockets, in its view as in the worker's list. */
static const struct {
	const char *suffix;
	enum plan_socket_type type;
	uint32_t addr;
} doors[] = {
	{"136-udp", PLAN_UDP, DNS_ADDRESS_1},
	{"138-udp", PLAN_UDP, DNS_ADDRESS_2},
	{"136-tcp", PLAN_TCP, DNS_ADDRESS_1},
	{"138-tcp", PLAN_TCP, DNS_ADDRESS_2},
};
#define N_DOORS (sizeof(doors) / sizeof(doors[0]))

static json_t *view_of(struct compile *c, const struct vpc *vpc, struct plan_socket *sockets)
{
	json_t *names = json_array(), *records = json_array();

	for (size_t i = 0; i < N_DOORS; i++) {
		const char *name = compile_text(c, "%s-%s", vpc->id.name, doors[i].suffix);

		sockets[i] = (struct plan_socket){name, vpc->id.name, doors[i].type, doors[i].addr,
						  53};
		compile_json_append(names, json_string(name));
	}
	add_groups(c, records);
	add_instances(c, records, vpc);
	return json_pack("{s:s, s:o, s:o}", "name", vpc->id.name, "sockets", names, "records",
			 records);
}

static json_t *zones_of(struct compile *c)
{
	json_t *zones = json_pack("[s]", "alicloudapi.com");

	for (size_t i = 0; i < c->lab->n_regions; i++)
		if (compile_region_used(c->lab, &c->lab->regions[i]))
			compile_json_append(
				zones, json_sprintf("%s.ecs.internal", c->lab->regions[i].id.name));
	return zones;
}

static const char *first_services_ns(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_regions; i++)
		if (compile_region_used(c->lab, &c->lab->regions[i]))
			return compile_services_ns(c, &c->lab->regions[i]);
	return NULL;
}

void compile_dns(struct compile *c)
{
	const struct lab *lab = c->lab;
	struct plan_socket *sockets;
	json_t *views;

	if (!lab->n_vpcs)
		return;
	views = json_array();
	sockets = arena_alloc(c->arena, lab->n_vpcs * N_DOORS * sizeof(*sockets));
	for (size_t i = 0; i < lab->n_vpcs; i++)
		compile_json_append(views, view_of(c, &lab->vpcs[i], &sockets[i * N_DOORS]));
	*plan_add_worker(c->plan) = (struct plan_worker){
		.origin = compile_origin(c, "lab", &lab->id),
		.name = "dns",
		.program = "labctl-dns",
		.ns = first_services_ns(c),
		.sockets = sockets,
		.n_sockets = lab->n_vpcs * N_DOORS,
		.config = compile_json(
			c, json_pack("{s:o, s:o}", "views", views, "zones", zones_of(c))),
	};
}
