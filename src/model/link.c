// SPDX-License-Identifier: GPL-2.0-only
#include "model/link.h"

#include <string.h>

#include "model/model.h"

const char *link_kind_name(enum link_kind kind)
{
	switch (kind) {
	case LINK_NONE: return "none";
	case LINK_CIRCUIT: return "circuit";
	case LINK_ROUTER_INTERFACE: return "router interface";
	case LINK_ATTACHMENT: return "attachment";
	case LINK_REGIONS: return "regions";
	}
	return "?";
}

static bool streq(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* --- pairs of regions --- */

static bool is_pair(const struct ref *regions, size_t n, const struct region *a,
		    const struct region *b)
{
	return n == 2 && ((regions[0].to == a && regions[1].to == b) ||
			  (regions[0].to == b && regions[1].to == a));
}

static bool is_used(const struct cen *cen, const struct region *r)
{
	for (size_t i = 0; i < cen->n_attachments; i++)
		if (cen_attachment_region(&cen->attachments[i]) == r)
			return true;
	return false;
}

/* The object that the two regions' line is of in that CEN; NULL: there is no such line. */
static const struct named *pair_in(const struct cen *cen, const struct region *a,
				   const struct region *b)
{
	const struct named *id = cen->edition == CEN_BASIC ? &cen->id : NULL;

	if (!is_used(cen, a) || !is_used(cen, b))
		return NULL;
	for (size_t i = 0; i < cen->n_bandwidth_limits && cen->edition == CEN_BASIC; i++)
		if (is_pair(cen->bandwidth_limits[i].regions, cen->bandwidth_limits[i].n_regions, a,
			    b))
			id = &cen->bandwidth_limits[i].id;
	for (size_t i = 0; i < cen->n_peer_attachments && cen->edition == CEN_ENTERPRISE; i++)
		if (is_pair(cen->peer_attachments[i].regions, cen->peer_attachments[i].n_regions, a,
			    b))
			id = &cen->peer_attachments[i].id;
	return id;
}

static const struct named *pair_of(const struct lab *lab, const struct region *a,
				   const struct region *b)
{
	for (size_t i = 0; i < lab->n_cens; i++) {
		const struct named *id = pair_in(&lab->cens[i], a, b);

		if (id)
			return id;
	}
	return NULL;
}

static bool pair_at(const struct lab *lab, size_t i, struct lab_link *link)
{
	for (size_t a = 0; a < lab->n_regions; a++)
		for (size_t b = a + 1; b < lab->n_regions; b++) {
			const struct region *x = &lab->regions[a], *y = &lab->regions[b];
			const struct named *id = pair_of(lab, x, y);

			if (!id || i--)
				continue;
			*link = (struct lab_link){
				.kind = LINK_REGIONS,
				.name = arena_printf(lab->arena, "%s:%s", x->id.name, y->id.name),
				.ends = "transit routers",
				.at = id->at,
				.a = x,
				.b = y,
			};
			return true;
		}
	return false;
}

/* --- attachments --- */

static bool is_taken(const struct lab *lab, const struct cen *cen, const char *name)
{
	for (size_t i = 0; i < lab->n_physical_connections; i++)
		if (streq(lab->physical_connections[i].id.name, name))
			return true;
	for (size_t i = 0; i < lab->n_router_interfaces; i++)
		if (streq(lab->router_interfaces[i].id.name, name))
			return true;
	for (const struct cen *other = lab->cens; other != cen; other++)
		for (size_t i = 0; i < other->n_attachments; i++)
			if (streq(other->attachments[i].id.name, name))
				return true;
	return false;
}

static bool attachment_at(const struct lab *lab, size_t i, struct lab_link *link)
{
	const struct cen *cen = lab->cens;

	while (cen < lab->cens + lab->n_cens && i >= cen->n_attachments)
		i -= cen++->n_attachments;
	if (cen == lab->cens + lab->n_cens)
		return false;
	*link = (struct lab_link){
		.kind = LINK_ATTACHMENT,
		.name = cen->attachments[i].id.name,
		.ends = arena_printf(lab->arena, "%s - transit router of %s",
				     cen_attachment_name(&cen->attachments[i]), cen->id.name),
		.at = cen->attachments[i].id.at,
		.of = &cen->attachments[i],
		.cen = cen,
	};
	if (is_taken(lab, cen, link->name))
		link->name = arena_printf(lab->arena, "%s.%s", cen->id.name, link->name);
	return true;
}

/* --- circuits and router interfaces --- */

static void circuit_link(const struct lab *lab, const struct physical_connection *pc,
			 struct lab_link *link)
{
	const char *far = "";

	for (size_t i = 0; i < lab->n_data_centers; i++)
		for (size_t j = 0; j < lab->data_centers[i].n_circuits; j++)
			if (lab->data_centers[i].circuits[j].physical_connection.to == pc)
				far = lab->data_centers[i].id.name;
	*link = (struct lab_link){
		.kind = LINK_CIRCUIT,
		.name = pc->id.name,
		.ends = arena_printf(lab->arena, "%s%s%s", far, *far ? " - " : "",
				     pc->region.name ? pc->region.name : "?"),
		.at = pc->id.at,
		.of = pc,
	};
}

static void interface_link(const struct lab *lab, const struct router_interface *ri,
			   struct lab_link *link)
{
	*link = (struct lab_link){
		.kind = LINK_ROUTER_INTERFACE,
		.name = ri->id.name,
		.ends = arena_printf(lab->arena, "%s - %s", ri->vbr.name, ri->vpc.name),
		.at = ri->id.at,
		.of = ri,
	};
	for (size_t i = 0; i < lab->n_physical_connections; i++)
		if (streq(lab->physical_connections[i].id.name, ri->id.name))
			link->name = arena_printf(lab->arena, "router_interfaces.%s", ri->id.name);
}

/* --- all of them --- */

static bool find(const struct lab *lab, const char *name, struct lab_link *link);

static bool at(const struct lab *lab, size_t i, struct lab_link *link)
{
	if (i < lab->n_physical_connections) {
		circuit_link(lab, &lab->physical_connections[i], link);
		return true;
	}
	i -= lab->n_physical_connections;
	if (i < lab->n_router_interfaces) {
		interface_link(lab, &lab->router_interfaces[i], link);
		return true;
	}
	i -= lab->n_router_interfaces;
	if (attachment_at(lab, i, link))
		return true;
	for (size_t k = 0; k < lab->n_cens; k++)
		i -= lab->cens[k].n_attachments;
	return pair_at(lab, i, link);
}

static bool is_same(const struct lab_link *x, const struct lab_link *y)
{
	return x->kind == y->kind && x->of == y->of && x->a == y->a && x->b == y->b;
}

bool lab_link_at(const struct lab *lab, size_t i, struct lab_link *link)
{
	struct lab_link other;

	if (!at(lab, i, link))
		return false;
	for (size_t k = 0; k < lab->n_link_changes && !link->change; k++)
		if (find(lab, lab->link_changes[k].id.name, &other) && is_same(link, &other))
			link->change = &lab->link_changes[k];
	return true;
}

/* --- by name --- */

static bool names_pair(const struct lab *lab, const struct lab_link *link, const char *name)
{
	const struct region_pair *pair = lab_find_region_pair(lab, link->a, link->b);

	if (pair && streq(pair->id.name, name))
		return true;
	for (size_t i = 0; i < lab->n_cens; i++) {
		const struct named *id = pair_in(&lab->cens[i], link->a, link->b);

		if (id && id != &lab->cens[i].id && streq(id->name, name))
			return true;
	}
	return streq(arena_printf(lab->arena, "%s:%s", link->b->id.name, link->a->id.name), name);
}

static bool names_data_center(const struct lab *lab, const struct lab_link *link, const char *name)
{
	for (size_t i = 0; i < lab->n_data_centers; i++) {
		const struct data_center *dc = &lab->data_centers[i];

		if (streq(dc->id.name, name) && dc->n_circuits == 1 &&
		    dc->circuits[0].physical_connection.to == link->of)
			return true;
	}
	return false;
}

static bool is_also(const struct lab *lab, const struct lab_link *link, const char *name)
{
	switch (link->kind) {
	case LINK_CIRCUIT: return names_data_center(lab, link, name);
	case LINK_ATTACHMENT:
		return streq(arena_printf(lab->arena, "%s.%s", link->cen->id.name,
					  ((const struct cen_attachment *)link->of)->id.name),
			     name);
	case LINK_REGIONS: return names_pair(lab, link, name);
	case LINK_ROUTER_INTERFACE:
	case LINK_NONE: break;
	}
	return false;
}

static bool find(const struct lab *lab, const char *name, struct lab_link *link)
{
	for (size_t i = 0; at(lab, i, link); i++)
		if (streq(link->name, name))
			return true;
	for (size_t i = 0; at(lab, i, link); i++)
		if (is_also(lab, link, name))
			return true;
	return false;
}

bool lab_find_link(const struct lab *lab, const char *name, struct lab_link *link)
{
	struct lab_link found;

	if (!find(lab, name, &found))
		return false;
	for (size_t i = 0; lab_link_at(lab, i, link); i++)
		if (is_same(link, &found))
			return true;
	return false;
}

const struct link_change *lab_regions_change(const struct lab *lab, const struct region *a,
					     const struct region *b)
{
	struct lab_link link;

	for (size_t i = 0; i < lab->n_link_changes; i++)
		if (find(lab, lab->link_changes[i].id.name, &link) && link.kind == LINK_REGIONS &&
		    ((link.a == a && link.b == b) || (link.a == b && link.b == a)))
			return &lab->link_changes[i];
	return NULL;
}
