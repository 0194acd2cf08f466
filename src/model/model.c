// SPDX-License-Identifier: GPL-2.0-only
#include "model/model.h"

#include <string.h>

#include "base/cleanup.h"

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

/* Whether a name is the first n bytes of text, and n is all of it. */
static bool is_name(const char *name, const char *text, size_t n)
{
	return name && strlen(name) == n && !strncmp(name, text, n);
}

const struct step *lab_find_step(const struct lab *lab, const char *id)
{
	size_t n = id ? strcspn(id, "/") : 0;

	for (size_t i = 0; i < lab->n_steps; i++)
		if (is_name(lab->steps[i].id.name, id, n))
			return &lab->steps[i];
	return NULL;
}

const struct exercise *lab_find_exercise(const struct lab *lab, const char *id)
{
	const char *slash = id ? strchr(id, '/') : NULL;
	const struct step *s = slash ? lab_find_step(lab, id) : NULL;

	for (size_t i = 0; s && i < s->n_exercises; i++)
		if (is_name(s->exercises[i].id.name, slash + 1, strlen(slash + 1)))
			return &s->exercises[i];
	return NULL;
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

static bool next_ecs(const struct lab *lab, struct lab_node_cursor *at, struct lab_node *node)
{
	const struct ecs *e;

	if (at->i == lab->n_ecs)
		return false;
	e = &lab->ecs[at->i++];
	*node = (struct lab_node){&e->id,      "ECS instance", e->private_ip.ip,
				  e->services, e->n_services,  "ecs"};
	return true;
}

static bool next_host(const struct lab *lab, struct lab_node_cursor *at, struct lab_node *node)
{
	for (; at->data_center < lab->n_data_centers; at->data_center++, at->i = 0) {
		const struct data_center *dc = &lab->data_centers[at->data_center];
		const struct host *h;

		if (at->i == dc->n_hosts)
			continue;
		h = &dc->hosts[at->i++];
		*node = (struct lab_node){&h->id,      "host",        h->ip.ip,
					  h->services, h->n_services, "data_centers.NAME.hosts"};
		return true;
	}
	return false;
}

static bool next_internet_host(const struct lab *lab, struct lab_node_cursor *at,
			       struct lab_node *node)
{
	const struct internet_host *h;

	if (at->i == lab->internet.n_hosts)
		return false;
	h = &lab->internet.hosts[at->i++];
	*node = (struct lab_node){&h->id,      "Internet host", h->ip.ip,
				  h->services, h->n_services,   "internet.hosts"};
	return true;
}

static bool next_customer_router(const struct lab *lab, struct lab_node_cursor *at,
				 struct lab_node *node)
{
	if (at->i == lab->n_data_centers)
		return false;
	*node = (struct lab_node){.id = &lab->data_centers[at->i++].id,
				  .kind = "customer router",
				  .key = "data_centers"};
	return true;
}

bool lab_next_node(const struct lab *lab, struct lab_node_cursor *at, struct lab_node *node)
{
	static bool (*const kinds[])(const struct lab *, struct lab_node_cursor *,
				     struct lab_node *) = {next_ecs, next_host, next_internet_host,
							   next_customer_router};

	for (; at->kind < (int)ARRAY_LEN(kinds); at->kind++, at->i = 0)
		if (kinds[at->kind](lab, at, node))
			return true;
	return false;
}

const struct region *vbr_region(const struct vbr *vbr)
{
	const struct physical_connection *pc = vbr ? vbr->physical_connection.to : NULL;

	return pc ? pc->region.to : NULL;
}

const struct region *cen_attachment_region(const struct cen_attachment *a)
{
	const struct vpc *vpc = a->vpc.to;

	return vpc ? vpc->region.to : vbr_region(a->vbr.to);
}

const char *cen_attachment_name(const struct cen_attachment *a)
{
	return a->vpc.name ? a->vpc.name : a->vbr.name;
}
