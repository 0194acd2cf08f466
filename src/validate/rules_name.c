// SPDX-License-Identifier: GPL-2.0-only
/**
 * Names that become names on the host. Instances, hosts, VPCs, VBRs, data centres and gateways are
 * namespaces; those, CEN instances and router interfaces are interfaces of routers; VPCs and regions
 * are interfaces of a transit router. One set of names for all of them keeps every view of the lab
 * free of doubt.
 */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "validate/rule.h"
#include "validate/rules.h"

struct entry {
	const struct named *id;
	const char *kind;
	size_t order;
	char ifname[IFNAME_LEN];
};

struct entries {
	struct entry *items;
	size_t n;
};

static void add(struct validation *v, struct entries *e, const char *kind, const void *items,
		size_t n, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		struct entry *new = arena_push(v->scratch, e->items, e->n);

		new->id = (const void *)((const char *)items + i * size);
		new->kind = kind;
		new->order = e->n;
		(void)name_ifname(new->id->name, new->ifname);
	}
}

static struct entries collect(struct validation *v)
{
	const struct lab *lab = v->lab;
	struct entries e = {0};

	add(v, &e, "region", lab->regions, lab->n_regions, sizeof(*lab->regions));
	add(v, &e, "VPC", lab->vpcs, lab->n_vpcs, sizeof(*lab->vpcs));
	add(v, &e, "ECS instance", lab->ecs, lab->n_ecs, sizeof(*lab->ecs));
	add(v, &e, "CEN instance", lab->cens, lab->n_cens, sizeof(*lab->cens));
	add(v, &e, "API Gateway instance", lab->api_gateways, lab->n_api_gateways,
	    sizeof(*lab->api_gateways));
	add(v, &e, "physical connection", lab->physical_connections, lab->n_physical_connections,
	    sizeof(*lab->physical_connections));
	add(v, &e, "VBR", lab->vbrs, lab->n_vbrs, sizeof(*lab->vbrs));
	add(v, &e, "router interface", lab->router_interfaces, lab->n_router_interfaces,
	    sizeof(*lab->router_interfaces));
	add(v, &e, "data centre", lab->data_centers, lab->n_data_centers,
	    sizeof(*lab->data_centers));
	for (size_t i = 0; i < lab->n_data_centers; i++)
		add(v, &e, "host", lab->data_centers[i].hosts, lab->data_centers[i].n_hosts,
		    sizeof(*lab->data_centers[i].hosts));
	add(v, &e, "Internet host", lab->internet.hosts, lab->internet.n_hosts,
	    sizeof(*lab->internet.hosts));
	return e;
}

static bool is_one_of(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(name, names[i]))
			return true;
	return false;
}

/* Names of no interface: "lo" is there, and two are those of settings for all (devinet_sysctl_register()). */
static bool is_kernels(const char *name)
{
	static const char *const names[] = {"lo", "all", "default"};

	return is_one_of(name, names, ARRAY_LEN(names));
}

static bool is_own(const char *name)
{
	static const char *const names[] = {"svc", "dns",      "vpc",     "eth0", "inet",
					    "eni", "internet", "routing", "wire"};

	return is_one_of(name, names, ARRAY_LEN(names));
}

static void report_reserved(struct validation *v, const struct entry *e, const char *whose)
{
	validate_report(v, e->id->at, "%s cannot be called '%s': %s uses this name itself", e->kind,
			e->id->name, whose);
	validate_hint(v, "choose another name; reserved are svc, dns, vpc, eth0, inet, eni, "
			 "internet, routing, wire, lo, all, default");
}

/* LANs are interfaces, too, but of one router, which has no other ones of labctl's. */
static struct entries collect_lans(struct validation *v)
{
	struct entries e = {0};

	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		add(v, &e, "LAN", v->lab->data_centers[i].lans, v->lab->data_centers[i].n_lans,
		    sizeof(*v->lab->data_centers[i].lans));
	return e;
}

void validate_name_reserved(struct validation *v)
{
	const struct entries all = collect(v), lans = collect_lans(v);

	for (size_t i = 0; i < all.n; i++)
		if (is_own(all.items[i].id->name))
			report_reserved(v, &all.items[i], "labctl");
		else if (is_kernels(all.items[i].id->name))
			report_reserved(v, &all.items[i], "Linux");
	for (size_t i = 0; i < lans.n; i++)
		if (is_kernels(lans.items[i].id->name))
			report_reserved(v, &lans.items[i], "Linux");
}

static int by_ifname(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int c = strcmp(a->ifname, b->ifname);

	return c ? c : a->order < b->order ? -1 : a->order > b->order;
}

/* The later one in the file is the one that is wrong. */
static void in_file_order(const struct entry **a, const struct entry **b)
{
	const struct entry *first = *a;

	if ((*a)->id->at.line <= (*b)->id->at.line)
		return;
	*a = *b;
	*b = first;
}

/* Calls `report` for each two neighbours of the sorted list that share an interface name. */
static void collisions(struct validation *v,
		       void (*report)(struct validation *v, const struct entry *first,
				      const struct entry *second))
{
	struct entries e = collect(v);

	if (e.n)
		qsort(e.items, e.n, sizeof(*e.items), by_ifname);
	for (size_t i = 1; i < e.n; i++) {
		const struct entry *a = &e.items[i - 1], *b = &e.items[i];

		if (!streq(a->ifname, b->ifname))
			continue;
		in_file_order(&a, &b);
		report(v, a, b);
	}
}

static void report_same_name(struct validation *v, const struct entry *a, const struct entry *b)
{
	/* within one map parse/ refuses a key twice; hosts are in one map for each data centre */
	if (!streq(a->id->name, b->id->name))
		return;
	validate_report(v, b->id->at, "%s '%s' has the name of a %s", b->kind, b->id->name,
			a->kind);
	diag_note(v->diags, a->id->at, "the %s '%s' stands here", a->kind, a->id->name);
	validate_hint(v, "rename one of them: these names become namespaces and interfaces");
}

static void report_same_ifname(struct validation *v, const struct entry *a, const struct entry *b)
{
	if (streq(a->id->name, b->id->name))
		return;
	validate_report(v, b->id->at, "%s '%s' would get the interface name '%s' of %s '%s'",
			b->kind, b->id->name, b->ifname, a->kind, a->id->name);
	diag_note(v->diags, a->id->at, "'%s' stands here", a->id->name);
	validate_hint(v, "use a name of at most 15 characters for one of them");
}

void validate_name_conflict(struct validation *v)
{
	collisions(v, report_same_name);
}

void validate_ifname_conflict(struct validation *v)
{
	collisions(v, report_same_ifname);
}
