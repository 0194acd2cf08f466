// SPDX-License-Identifier: GPL-2.0-only
/**
 * Labs built in C, for tests below parse/. Each thing gets a line of its own, so that diagnostics
 * can be told apart by line; a pointer is good until the next thing of its kind is added.
 */
#pragma once

#include <stdio.h>

#include "base/diag.h"
#include "base/ip.h"
#include "lib/test.h"
#include "model/model.h"

struct lab_builder {
	struct source src;
	struct lab *lab;
	struct diag_list *diags;
	uint32_t line;
};

static inline void lab_builder_init(struct lab_builder *b)
{
	*b = (struct lab_builder){.src = {"lab.yaml", "", 0}};
	b->lab = lab_new();
	b->lab->source = &b->src;
	b->lab->dir = ".";
	b->lab->id = (struct named){.name = "test"};
	b->diags = diag_list_new();
}

static inline void lab_builder_done(struct lab_builder *b)
{
	diag_list_free(b->diags);
	lab_free(b->lab);
}

#define auto_lab_builder __attribute__((cleanup(lab_builder_done)))

static inline struct span lab_at(struct lab_builder *b)
{
	return (struct span){&b->src, ++b->line, 1, 1};
}

static inline struct named lab_named(struct lab_builder *b, const char *name)
{
	return (struct named){name, lab_at(b)};
}

static inline struct ref lab_ref(struct lab_builder *b, const char *name)
{
	return (struct ref){.name = name, .at = lab_at(b)};
}

static inline struct text lab_text(struct lab_builder *b, const char *s)
{
	return (struct text){s, lab_at(b)};
}

static inline struct number lab_number(struct lab_builder *b, uint64_t v)
{
	return (struct number){v, true, lab_at(b)};
}

static inline struct cidr lab_cidr(struct lab_builder *b, const char *s)
{
	struct cidr c = {.set = true, .at = lab_at(b)};

	assert_int_equal(ip_prefix_parse(s, &c.p), IP_OK);
	return c;
}

/* NULL: left open. */
static inline struct address lab_address(struct lab_builder *b, const char *s)
{
	struct address a = {.set = s};

	if (s) {
		a.at = lab_at(b);
		assert_true(ip_parse(s, &a.ip));
	}
	return a;
}

/* A region with zones a and b. */
static inline struct region *lab_add_region(struct lab_builder *b, const char *name)
{
	struct region *r = arena_push(b->lab->arena, b->lab->regions, b->lab->n_regions);

	r->id = lab_named(b, name);
	r->area = lab_text(b, "China");
	arena_push(b->lab->arena, r->zones, r->n_zones)->name = "a";
	arena_push(b->lab->arena, r->zones, r->n_zones)->name = "b";
	return r;
}

static inline struct vpc *lab_add_vpc(struct lab_builder *b, const char *name, const char *region,
				      const char *cidr)
{
	struct vpc *vpc = arena_push(b->lab->arena, b->lab->vpcs, b->lab->n_vpcs);

	vpc->id = lab_named(b, name);
	vpc->region = lab_ref(b, region);
	vpc->cidr_block = lab_cidr(b, cidr);
	return vpc;
}

static inline struct vswitch *lab_add_vswitch(struct lab_builder *b, struct vpc *vpc,
					      const char *name, const char *cidr)
{
	struct vswitch *vsw = arena_push(b->lab->arena, vpc->vswitches, vpc->n_vswitches);

	vsw->id = lab_named(b, name);
	vsw->zone = lab_text(b, "a");
	vsw->cidr_block = lab_cidr(b, cidr);
	return vsw;
}

static inline struct security_group *lab_add_security_group(struct lab_builder *b, const char *name,
							    const char *vpc)
{
	struct security_group *sg = arena_push(b->lab->arena, b->lab->security_groups,
					       b->lab->n_security_groups);

	sg->id = lab_named(b, name);
	sg->vpc = lab_ref(b, vpc);
	return sg;
}

/* group and ip may be NULL. */
static inline struct ecs *lab_add_ecs(struct lab_builder *b, const char *name, const char *vswitch,
				      const char *group, const char *ip)
{
	struct ecs *e = arena_push(b->lab->arena, b->lab->ecs, b->lab->n_ecs);

	e->id = lab_named(b, name);
	e->vswitch = lab_ref(b, vswitch);
	e->private_ip = lab_address(b, ip);
	if (group)
		*arena_push(b->lab->arena, e->security_groups,
			    e->n_security_groups) = lab_ref(b, group);
	return e;
}

static inline struct api_gateway *lab_add_gateway(struct lab_builder *b, const char *name,
						  const char *region)
{
	struct api_gateway *gw = arena_push(b->lab->arena, b->lab->api_gateways,
					    b->lab->n_api_gateways);

	gw->id = lab_named(b, name);
	gw->region = lab_ref(b, region);
	return gw;
}

static inline void lab_bind(struct lab_builder *b, struct api_gateway *gw, const char *vpc)
{
	gw->bind.at = lab_at(b);
	gw->bind.vpc = lab_ref(b, vpc);
}

static inline struct api_group *lab_add_group(struct lab_builder *b, const char *name,
					      const char *instance)
{
	struct api_group *g = arena_push(b->lab->arena, b->lab->api_groups, b->lab->n_api_groups);

	g->id = lab_named(b, name);
	g->instance = lab_ref(b, instance);
	g->base_path = (struct text){.s = "/"};
	return g;
}

static inline struct api *lab_add_api(struct lab_builder *b, const char *name, const char *group,
				      const char *path)
{
	struct api *api = arena_push(b->lab->arena, b->lab->apis, b->lab->n_apis);

	api->id = lab_named(b, name);
	api->group = lab_ref(b, group);
	api->path = lab_text(b, path);
	api->backend.kind = BACKEND_MOCK;
	api->backend.mock = lab_text(b, "hello");
	return api;
}

static inline struct cen *lab_add_cen(struct lab_builder *b, const char *name)
{
	struct cen *cen = arena_push(b->lab->arena, b->lab->cens, b->lab->n_cens);

	cen->id = lab_named(b, name);
	cen->protection_level = (struct text){.s = "REDUCED"};
	return cen;
}

static inline struct cen_attachment *lab_attach(struct lab_builder *b, struct cen *cen,
						const char *name, const char *vpc)
{
	struct cen_attachment *a = arena_push(b->lab->arena, cen->attachments, cen->n_attachments);

	a->id = lab_named(b, name);
	a->vpc = lab_ref(b, vpc);
	return a;
}

static inline struct physical_connection *lab_add_line(struct lab_builder *b, const char *name,
						       const char *region)
{
	struct physical_connection *pc = arena_push(b->lab->arena, b->lab->physical_connections,
						    b->lab->n_physical_connections);

	pc->id = lab_named(b, name);
	pc->region = lab_ref(b, region);
	pc->port_type = PORT_1000BASE_LX;
	pc->rtt.v = 2000;
	pc->enabled = true;
	return pc;
}

static inline struct circuit_routing lab_static_routing(void)
{
	return (struct circuit_routing){.min_tx_interval.v = 1000000, .min_rx_interval.v = 1000000};
}

/* With the mask of a /30. */
static inline struct vbr *lab_add_vbr(struct lab_builder *b, const char *name, const char *line,
				      uint64_t vlan, const char *own, const char *far)
{
	struct vbr *vbr = arena_push(b->lab->arena, b->lab->vbrs, b->lab->n_vbrs);

	vbr->id = lab_named(b, name);
	vbr->physical_connection = lab_ref(b, line);
	vbr->vlan_id = lab_number(b, vlan);
	vbr->local_gateway_ip = lab_address(b, own);
	vbr->peer_gateway_ip = lab_address(b, far);
	vbr->peering_subnet_mask.ip = 0xfffffffc;
	vbr->routing = lab_static_routing();
	return vbr;
}

static inline struct data_center *lab_add_data_center(struct lab_builder *b, const char *name)
{
	struct data_center *dc = arena_push(b->lab->arena, b->lab->data_centers,
					    b->lab->n_data_centers);

	dc->id = lab_named(b, name);
	return dc;
}

/* With the mask of a /30. */
static inline struct circuit *lab_add_circuit(struct lab_builder *b, struct data_center *dc,
					      const char *name, const char *line, uint64_t vlan,
					      const char *own, const char *far)
{
	struct circuit *c = arena_push(b->lab->arena, dc->circuits, dc->n_circuits);

	c->id = lab_named(b, name);
	c->physical_connection = lab_ref(b, line);
	c->vlan_id = lab_number(b, vlan);
	c->ip = lab_address(b, own);
	c->peer_ip = lab_address(b, far);
	c->subnet_mask.ip = 0xfffffffc;
	c->routing = lab_static_routing();
	return c;
}

static inline struct lan *lab_add_lan(struct lab_builder *b, struct data_center *dc,
				      const char *name, const char *cidr)
{
	struct lan *lan = arena_push(b->lab->arena, dc->lans, dc->n_lans);

	lan->id = lab_named(b, name);
	lan->cidr_block = lab_cidr(b, cidr);
	return lan;
}

/* ip may be NULL. */
static inline struct host *lab_add_host(struct lab_builder *b, struct data_center *dc,
					const char *name, const char *lan, const char *ip)
{
	struct host *h = arena_push(b->lab->arena, dc->hosts, dc->n_hosts);

	h->id = lab_named(b, name);
	h->lan = lab_ref(b, lan);
	h->ip = lab_address(b, ip);
	return h;
}

static inline struct vpc_access *lab_add_vpc_access(struct lab_builder *b, const char *name,
						    const char *vpc, const char *instance)
{
	struct vpc_access *a = arena_push(b->lab->arena, b->lab->vpc_accesses,
					  b->lab->n_vpc_accesses);

	a->id = lab_named(b, name);
	a->vpc = lab_ref(b, vpc);
	a->instance_id = lab_text(b, instance);
	a->port = lab_number(b, 80);
	return a;
}

/* On the Internet, which the lab then has; ip may be NULL. */
static inline struct internet_host *lab_add_internet_host(struct lab_builder *b, const char *name,
							  const char *ip)
{
	struct internet *internet = &b->lab->internet;
	struct internet_host *h = arena_push(b->lab->arena, internet->hosts, internet->n_hosts);

	if (!internet->at.line)
		internet->at = lab_at(b);
	h->id = lab_named(b, name);
	h->ip = lab_address(b, ip);
	return h;
}

/* To the services of a node, a pointer to whatever kind; port 0: none is written. */
#define lab_add_service(b, node, name, n) \
	lab_service((b), arena_push((b)->lab->arena, (node)->services, (node)->n_services), name, n)

static inline struct service *lab_service(struct lab_builder *b, struct service *s,
					  const char *name, uint64_t port)
{
	s->id = lab_named(b, name);
	if (port)
		s->port = lab_number(b, port);
	return s;
}

/* A check of the whole lab. */
static inline struct check *lab_add_check(struct lab_builder *b, enum check_kind kind,
					  const char *from, const char *target)
{
	struct check *c = arena_push(b->lab->arena, b->lab->checks, b->lab->n_checks);

	c->at = lab_at(b);
	c->kind = kind;
	c->from = lab_ref(b, from);
	c->target = lab_text(b, target);
	return c;
}

/* One region, VPC 10.0.0.0/16 with vSwitch vsw-1 10.0.1.0/24, and security group sg-1. */
static inline void lab_add_basics(struct lab_builder *b)
{
	(void)lab_add_region(b, "cn-hangzhou"); /* nothing more to say about these three */
	(void)lab_add_vswitch(b, lab_add_vpc(b, "vpc-1", "cn-hangzhou", "10.0.0.0/16"), "vsw-1",
			      "10.0.1.0/24");
	(void)lab_add_security_group(b, "sg-1", "vpc-1");
}

/* How many diagnostics have this id. */
static inline size_t lab_count(const struct lab_builder *b, const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < diag_count(b->diags); i++)
		n += strcmp(diag_get(b->diags, i).id, id) == 0;
	return n;
}

/* Fails, and prints what there is, unless there are `n` diagnostics, all with this id. */
static inline void lab_expect_(struct lab_builder *b, const char *id, size_t n, const char *file,
			       int line)
{
	if (lab_count(b, id) == n && diag_count(b->diags) == n)
		return;
	diag_print(b->diags, stderr, false);
	print_error("expected %zu of [%s]\n", n, id);
	_fail(file, line);
}
#define lab_expect(b, id, n) lab_expect_((b), (id), (n), __FILE__, __LINE__)
#define lab_expect_clean(b)  lab_expect_((b), "nothing", 0, __FILE__, __LINE__)
