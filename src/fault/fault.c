// SPDX-License-Identifier: GPL-2.0-only
/*
 * One function for each kind of mistake that people make at the console. A mistake is mostly something that
 * was forgotten, so most of these delete.
 */
#include "fault/fault.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hash.h"

struct list {
	struct arena *a;
	struct fault *v;
	size_t n;
};

/* "KEY.KEY.KEY" as maps within maps around a value, which is taken over. No name has a dot. */
static const char *fragment(struct arena *a, const char *path, json_t *value)
{
	auto_free char *keys = strdup(path);
	char *dot, *text;

	if (!keys || !value)
		abort();
	while ((dot = strrchr(keys, '.'))) {
		value = json_pack("{s:o}", dot + 1, value);
		*dot = '\0';
	}
	value = json_pack("{s:o}", keys, value);
	text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	if (!text)
		abort(); /* no memory */
	json_decref(value);
	path = arena_strdup(a, text);
	free(text);
	return path;
}

static struct fault *add(struct list *l, const char *kind, const char *resource, struct span at,
			 json_t *value)
{
	struct fault *f = arena_push(l->a, l->v, l->n);

	*f = (struct fault){.kind = kind,
			    .resource = resource,
			    .at = at,
			    .apply = fragment(l->a, resource, value)};
	return f;
}

static void missing(struct list *l, const char *kind, const char *resource, struct span at,
		    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static void missing(struct list *l, const char *kind, const char *resource, struct span at,
		    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(l, kind, resource, at, json_null())->what = arena_printf(l->a, "%s is missing",
								     arena_vprintf(l->a, fmt, ap));
	va_end(ap);
}

static const char *cidr(struct list *l, const struct cidr *c)
{
	return ip_prefix_format(c->p, arena_alloc(l->a, IP_PREFIX_STRLEN));
}

/* --- routes --- */

static void vpc_routes(struct list *l, const struct vpc *vpc)
{
	for (size_t i = 0; i < vpc->n_route_tables; i++) {
		const struct route_table *t = &vpc->route_tables[i];

		for (size_t j = 0; j < t->n_entries; j++)
			missing(l, "route",
				arena_printf(l->a, "vpcs.%s.route_tables.%s.entries.%s",
					     vpc->id.name, t->id.name, t->entries[j].id.name),
				t->entries[j].id.at,
				"route entry %s (%s) of route table %s of VPC %s",
				t->entries[j].id.name,
				cidr(l, &t->entries[j].destination_cidrblock), t->id.name,
				vpc->id.name);
	}
}

static void vbr_routes(struct list *l, const struct vbr *vbr)
{
	for (size_t i = 0; i < vbr->n_route_entries; i++)
		missing(l, "route",
			arena_printf(l->a, "virtual_border_routers.%s.route_entries.%s",
				     vbr->id.name, vbr->route_entries[i].id.name),
			vbr->route_entries[i].id.at, "route entry %s (%s) of VBR %s",
			vbr->route_entries[i].id.name,
			cidr(l, &vbr->route_entries[i].destination_cidr_block), vbr->id.name);
}

static void cpe_routes(struct list *l, const struct data_center *dc)
{
	for (size_t i = 0; i < dc->n_routes; i++)
		missing(l, "route",
			arena_printf(l->a, "data_centers.%s.routes.%s", dc->id.name,
				     dc->routes[i].id.name),
			dc->routes[i].id.at,
			"route %s (%s) of the customer router of data centre %s",
			dc->routes[i].id.name, cidr(l, &dc->routes[i].destination_cidr_block),
			dc->id.name);
}

/* --- filters --- */

static void group_rules(struct list *l, const struct security_group *sg)
{
	for (size_t i = 0; i < sg->n_rules; i++)
		missing(l, "security-group",
			arena_printf(l->a, "security_groups.%s.rules.%s", sg->id.name,
				     sg->rules[i].id.name),
			sg->rules[i].id.at, "rule %s of security group %s", sg->rules[i].id.name,
			sg->id.name);
}

static void firewall_rules(struct list *l, const struct data_center *dc, const struct host *h)
{
	for (size_t i = 0; i < h->n_firewall; i++)
		missing(l, "security-group",
			arena_printf(l->a, "data_centers.%s.hosts.%s.firewall.%s", dc->id.name,
				     h->id.name, h->firewall[i].id.name),
			h->firewall[i].id.at, "rule %s of the firewall of host %s",
			h->firewall[i].id.name, h->id.name);
}

/* --- the CEN --- */

static void attachment(struct list *l, const struct cen *cen, const struct cen_attachment *at)
{
	const char *path = arena_printf(l->a, "cen.%s.attachments.%s", cen->id.name, at->id.name);

	missing(l, "attachment", path, at->id.at, "attachment %s of %s to CEN %s", at->id.name,
		cen_attachment_name(at), cen->id.name);
	if (at->association.name)
		missing(l, "association", arena_printf(l->a, "%s.association", path),
			at->association.at, "the association of attachment %s with route table %s",
			at->id.name, at->association.name);
	if (at->n_propagation)
		add(l, "propagation", arena_printf(l->a, "%s.propagation", path),
		    at->propagation[0].at, json_array())
			->what = arena_printf(
			l->a, "attachment %s propagates its routes to no table", at->id.name);
	if (at->auto_publish_route_enabled)
		add(l, "propagation", arena_printf(l->a, "%s.auto_publish_route_enabled", path),
		    at->id.at, json_false())
			->what =
			arena_printf(l->a, "route synchronization of attachment %s is switched off",
				     at->id.name);
}

/* An item of a map of the CEN; label: what it is called there. */
static void cen_item(struct list *l, const struct cen *cen, const char *kind, const char *map,
		     const char *label, const struct named *id)
{
	missing(l, kind, arena_printf(l->a, "cen.%s.%s.%s", cen->id.name, map, id->name), id->at,
		"%s %s of CEN %s", label, id->name, cen->id.name);
}

static void cen_faults(struct list *l, const struct cen *cen)
{
	for (size_t i = 0; i < cen->n_attachments; i++)
		attachment(l, cen, &cen->attachments[i]);
	for (size_t i = 0; i < cen->n_peer_attachments; i++)
		cen_item(l, cen, "attachment", "peer_attachments", "inter-region connection",
			 &cen->peer_attachments[i].id);
	for (size_t i = 0; i < cen->n_bandwidth_limits; i++)
		cen_item(l, cen, "bandwidth", "bandwidth_limits", "the bandwidth",
			 &cen->bandwidth_limits[i].id);
	for (size_t i = 0; i < cen->n_route_services; i++)
		cen_item(l, cen, "cloud-service", "route_services", "access to cloud services",
			 &cen->route_services[i].id);
	for (size_t i = 0; i < cen->n_private_zones; i++)
		cen_item(l, cen, "dns", "private_zones", "PrivateZone access",
			 &cen->private_zones[i].id);
}

/* --- names --- */

/* of: the server that would give them, as people call it. */
static void dns_pairs(struct list *l, const char *path, const char *what, const char *of,
		      const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct fault *f = add(l, "dns", path, pairs[i].at,
				      json_pack("{s:n}", pairs[i].key)); /* it has dots */

		f->resource = arena_printf(l->a, "%s.%s", path, pairs[i].key);
		f->what = arena_printf(l->a, "%s %s of %s is missing", what, pairs[i].key, of);
	}
}

static void host_dns(struct list *l, const struct data_center *dc, const struct host *h)
{
	const char *path = arena_printf(l->a, "data_centers.%s.hosts.%s.dns", dc->id.name,
					h->id.name);
	const char *of = arena_printf(l->a, "the DNS server on %s", h->id.name);

	dns_pairs(l, arena_printf(l->a, "%s.records", path), "record", of, h->dns.records,
		  h->dns.n_records);
	dns_pairs(l, arena_printf(l->a, "%s.forward", path), "forwarding of zone", of,
		  h->dns.forward, h->dns.n_forward);
}

/* The list of a zone's VPCs without one of them. */
static json_t *vpcs_without(const struct private_zone *z, size_t without)
{
	json_t *rest = json_array();

	for (size_t i = 0; i < z->n_vpcs; i++)
		if (i != without && json_array_append_new(rest, json_string(z->vpcs[i].name)))
			abort(); /* no memory */
	return rest;
}

static void zone_faults(struct list *l, const struct private_zone *z)
{
	const char *path = arena_printf(l->a, "private_zones.%s", z->id.name);

	dns_pairs(l, arena_printf(l->a, "%s.records", path), "record",
		  arena_printf(l->a, "private zone %s", z->zone_name.s), z->records, z->n_records);
	for (size_t i = 0; i < z->n_vpcs; i++)
		add(l, "dns", arena_printf(l->a, "%s.vpcs", path), z->vpcs[i].at,
		    vpcs_without(z, i))
			->what = arena_printf(l->a, "private zone %s does not apply to VPC %s",
					      z->zone_name.s, z->vpcs[i].name);
}

static void data_center(struct list *l, const struct data_center *dc)
{
	cpe_routes(l, dc);
	for (size_t i = 0; i < dc->n_hosts; i++) {
		const struct host *h = &dc->hosts[i];

		firewall_rules(l, dc, h);
		host_dns(l, dc, h);
	}
	for (size_t i = 0; i < dc->n_circuits; i++) {
		const struct circuit *c = &dc->circuits[i];
		const uint64_t vlan = c->vlan_id.v == 2999 ? 2998 : c->vlan_id.v + 1;

		add(l, "circuit",
		    arena_printf(l->a, "data_centers.%s.circuits.%s.vlan_id", dc->id.name,
				 c->id.name),
		    c->vlan_id.at, json_integer((json_int_t)vlan))
			->what = arena_printf(l->a,
					      "the customer router of %s has VLAN %" PRIu64
					      " on circuit %s; the VBR has %" PRIu64,
					      dc->id.name, vlan, c->id.name, c->vlan_id.v);
	}
}

/* --- API Gateway --- */

static void gateway_faults(struct list *l, const struct lab *lab)
{
	for (size_t i = 0; i < lab->n_api_gateways; i++)
		if (lab->api_gateways[i].bind.vpc.name)
			missing(l, "binding",
				arena_printf(l->a, "api_gateways.%s.bind",
					     lab->api_gateways[i].id.name),
				lab->api_gateways[i].bind.vpc.at,
				"the binding of API gateway %s to VPC %s",
				lab->api_gateways[i].id.name, lab->api_gateways[i].bind.vpc.name);
	for (size_t i = 0; i < lab->n_vpc_accesses; i++)
		if (!lab->vpc_accesses[i].deleted)
			missing(l, "authorization",
				arena_printf(l->a, "vpc_accesses.%s", lab->vpc_accesses[i].id.name),
				lab->vpc_accesses[i].id.at, "VPC access authorization %s",
				lab->vpc_accesses[i].id.name);
	for (size_t i = 0; i < lab->n_app_attachments; i++) {
		const struct app_attachment *at = &lab->app_attachments[i];

		missing(l, "app", arena_printf(l->a, "app_attachments.%s", at->id.name), at->id.at,
			"the authorization of app %s for API %s", at->app.name, at->api.name);
	}
	for (size_t i = 0; i < lab->n_plugin_attachments; i++)
		missing(l, "plug-in",
			arena_printf(l->a, "plugin_attachments.%s",
				     lab->plugin_attachments[i].id.name),
			lab->plugin_attachments[i].id.at, "plug-in attachment %s",
			lab->plugin_attachments[i].id.name);
	for (size_t i = 0; i < lab->n_apis; i++)
		if (lab->apis[i].backend.arn_role.s)
			missing(l, "role",
				arena_printf(l->a, "apis.%s.backend.arn_role",
					     lab->apis[i].id.name),
				lab->apis[i].backend.arn_role.at,
				"the role of API %s to invoke its function", lab->apis[i].id.name);
}

/* --- links --- */

static struct fault *link_fault(struct list *l, const struct lab_link *link, json_t *values)
{
	const char *name = link_change_name(link);
	struct fault *f = add(l, "link", "links", link->at, json_pack("{s:o}", name, values));

	f->resource = arena_printf(l->a, "links.%s", name);
	return f;
}

static void link_faults(struct list *l, const struct lab *lab)
{
	struct lab_link link;

	for (size_t i = 0; lab_link_at(lab, i, &link); i++) {
		struct fault *down = link_fault(l, &link, json_pack("{s:s}", "state", "down"));
		const char *proof = down->apply;
		struct fault *lossy;

		down->what = arena_printf(l->a, "link %s is down", link.name);
		lossy = link_fault(l, &link, json_pack("{s:s}", "loss", "30%"));
		lossy->what = arena_printf(l->a, "link %s loses 30 %% of the packets", link.name);
		lossy->proof = proof;
	}
}

/* --- in which order --- */

struct keyed {
	uint64_t kind, own;
	struct fault fault;
};

static int by_key(const void *pa, const void *pb)
{
	const struct keyed *a = pa, *b = pb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->own != b->own)
		return a->own < b->own ? -1 : 1;
	return strcmp(a->fault.apply, b->fault.apply);
}

/* The hash of a short word has its seed in the lower bits, and the upper ones decide. */
static uint64_t mixed(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccd; /* the end of MurmurHash3 */
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53;
	return h ^ h >> 33;
}

/* A kind first, so that a lab of a hundred rules and one binding does not always lose a rule. */
static void sort(struct list *l, long long seed)
{
	struct keyed *keyed = arena_alloc(l->a, (l->n + 1) * sizeof(*keyed));
	const uint64_t start = hash_str((uint64_t)seed, "fault");

	for (size_t i = 0; i < l->n; i++)
		keyed[i] = (struct keyed){mixed(hash_str(start, l->v[i].kind)),
					  mixed(hash_str(start, l->v[i].apply)), l->v[i]};
	qsort(keyed, l->n, sizeof(*keyed), by_key);
	for (size_t i = 0; i < l->n; i++)
		l->v[i] = keyed[i].fault;
}

struct fault *fault_list(const struct lab *lab, long long seed, struct arena *a, size_t *n)
{
	struct list l = {.a = a};

	for (size_t i = 0; i < lab->n_vpcs; i++)
		vpc_routes(&l, &lab->vpcs[i]);
	for (size_t i = 0; i < lab->n_private_zones; i++)
		zone_faults(&l, &lab->private_zones[i]);
	for (size_t i = 0; i < lab->n_security_groups; i++)
		group_rules(&l, &lab->security_groups[i]);
	for (size_t i = 0; i < lab->n_cens; i++)
		cen_faults(&l, &lab->cens[i]);
	for (size_t i = 0; i < lab->n_vbrs; i++)
		vbr_routes(&l, &lab->vbrs[i]);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		data_center(&l, &lab->data_centers[i]);
	gateway_faults(&l, lab);
	link_faults(&l, lab);
	sort(&l, seed);
	*n = l.n;
	return l.v ? l.v : arena_alloc(a, sizeof(*l.v));
}
