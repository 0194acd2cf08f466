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
