// SPDX-License-Identifier: GPL-2.0-only
#include "model/model.h"

#include <string.h>

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

static bool host_at(const struct lab *lab, size_t i, struct lab_node *node)
{
	for (size_t d = 0; d < lab->n_data_centers; d++) {
		const struct data_center *dc = &lab->data_centers[d];

		if (i < dc->n_hosts) {
			const struct host *h = &dc->hosts[i];

			*node = (struct lab_node){&h->id, "host", h->ip.ip, h->services,
						  h->n_services};
			return true;
		}
		i -= dc->n_hosts;
	}
	return false;
}

static size_t count_hosts(const struct lab *lab)
{
	size_t n = 0;

	for (size_t d = 0; d < lab->n_data_centers; d++)
		n += lab->data_centers[d].n_hosts;
	return n;
}

bool lab_node_at(const struct lab *lab, size_t i, struct lab_node *node)
{
	if (i < lab->n_ecs) {
		const struct ecs *e = &lab->ecs[i];

		*node = (struct lab_node){&e->id, "ECS instance", e->private_ip.ip, e->services,
					  e->n_services};
		return true;
	}
	i -= lab->n_ecs;
	if (host_at(lab, i, node))
		return true;
	i -= count_hosts(lab);
	if (i < lab->internet.n_hosts) {
		const struct internet_host *h = &lab->internet.hosts[i];

		*node = (struct lab_node){&h->id, "Internet host", h->ip.ip, h->services,
					  h->n_services};
		return true;
	}
	i -= lab->internet.n_hosts;
	if (i >= lab->n_data_centers)
		return false;
	*node = (struct lab_node){.id = &lab->data_centers[i].id, .kind = "customer router"};
	return true;
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
