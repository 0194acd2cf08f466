// SPDX-License-Identifier: GPL-2.0-only
/** Names to pointers: every `ref` of the model, with a suggestion for what is not there. */
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/strbuf.h"
#include "validate/rule.h"
#include "validate/rules.h"

#define SMALL_POOL 16 /* as fast without an index */

struct candidate {
	const struct named *id;
	const char *key; /* where it is declared; NULL: where all of its pool are */
};

/* What a reference may name. */
struct pool {
	const char *label; /* "vSwitch" */
	const char *key;   /* where the lab file declares such a thing, or most of them */
	struct candidate *items;
	size_t n;
	uint32_t *slots; /* hash index of the names, 1-based; absent while there are few */
	size_t n_slots;
	/* Where only the things of one owner are meant: who that is, and those of all owners. */
	const char *owner;
	const struct pool *elsewhere;
};

struct pools {
	struct pool region, vpc, vswitch, security_group, ecs, cen, gateway, group, function, api,
		app, plugin;
	struct pool physical_connection, vbr, router_interface, vpc_access;
	struct pool route_table; /* of all VPCs */
	struct pool lan;         /* of all data centres */
	struct pool instance;    /* what routes come from: VPCs and VBRs */
	struct pool node;        /* what a check is made from */
	struct pool router;      /* whose routes a check looks at */
};

/* Where a name is, or would be. */
static size_t slot_of(const struct pool *pool, const char *name)
{
	size_t i = (size_t)hash_str(0, name) & (pool->n_slots - 1);

	while (pool->slots[i] && !streq(pool->items[pool->slots[i] - 1].id->name, name))
		i = (i + 1) & (pool->n_slots - 1);
	return i;
}

/* Of two of one name the first is meant. */
static void index_pool(struct validation *v, struct pool *pool)
{
	if (pool->n < SMALL_POOL)
		return;
	pool->n_slots = SMALL_POOL;
	while (pool->n_slots < 2 * pool->n)
		pool->n_slots *= 2;
	pool->slots = arena_alloc(v->scratch, pool->n_slots * sizeof(*pool->slots));
	for (size_t i = 0; i < pool->n; i++) {
		const char *name = pool->items[i].id->name;
		uint32_t *slot = name ? &pool->slots[slot_of(pool, name)] : NULL;

		if (slot && !*slot)
			*slot = (uint32_t)(i + 1);
	}
}

static void add(struct validation *v, struct pool *pool, const char *key, const void *items,
		size_t n, size_t size)
{
	/* every resource begins with its struct named */
	for (size_t i = 0; i < n; i++)
		*arena_push(v->scratch, pool->items, pool->n) = (struct candidate){
			.id = (const void *)((const char *)items + i * size), .key = key};
}
#define ADD(v, pool, items, n)         add((v), (pool), NULL, (items), (n), sizeof(*(items)))
#define ADD_OF(v, pool, key, items, n) add((v), (pool), (key), (items), (n), sizeof(*(items)))

static void add_nodes(struct validation *v, struct pool *pool)
{
	struct lab_node_cursor at = {0};
	struct lab_node node;

	while (lab_next_node(v->lab, &at, &node))
		*arena_push(v->scratch, pool->items, pool->n) = (struct candidate){.id = node.id,
										   .key = node.key};
}

static void collect_routers(struct validation *v, struct pools *p)
{
	static const char vpcs[] = "vpcs", vbrs[] = "virtual_border_routers";
	const struct lab *lab = v->lab;

	ADD_OF(v, &p->instance, vpcs, lab->vpcs, lab->n_vpcs);
	ADD_OF(v, &p->instance, vbrs, lab->vbrs, lab->n_vbrs);
	ADD_OF(v, &p->router, vpcs, lab->vpcs, lab->n_vpcs);
	ADD_OF(v, &p->router, vbrs, lab->vbrs, lab->n_vbrs);
	ADD_OF(v, &p->router, "data_centers", lab->data_centers, lab->n_data_centers);
}

static void index_pools(struct validation *v, struct pools *p)
{
	struct pool *const all[] = {
		&p->region,
		&p->vpc,
		&p->vswitch,
		&p->security_group,
		&p->ecs,
		&p->cen,
		&p->gateway,
		&p->group,
		&p->function,
		&p->api,
		&p->app,
		&p->plugin,
		&p->physical_connection,
		&p->vbr,
		&p->router_interface,
		&p->vpc_access,
		&p->route_table,
		&p->lan,
		&p->instance,
		&p->node,
		&p->router,
	};

	_Static_assert(ARRAY_LEN(all) == sizeof(*p) / sizeof(**all), "none is forgotten");
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		index_pool(v, all[i]);
}

static struct pools collect(struct validation *v)
{
	const struct lab *lab = v->lab;
	struct pools p = {
		.region = {.label = "region", .key = "regions"},
		.vpc = {.label = "VPC", .key = "vpcs"},
		.vswitch = {.label = "vSwitch", .key = "vpcs.NAME.vswitches"},
		.security_group = {.label = "security group", .key = "security_groups"},
		.ecs = {.label = "ECS instance", .key = "ecs"},
		.cen = {.label = "CEN instance", .key = "cen"},
		.gateway = {.label = "API Gateway instance", .key = "api_gateways"},
		.group = {.label = "API group", .key = "api_groups"},
		.function = {.label = "function", .key = "functions"},
		.api = {.label = "API", .key = "apis"},
		.app = {.label = "app", .key = "apps"},
		.plugin = {.label = "plug-in", .key = "plugins"},
		.physical_connection = {.label = "physical connection",
					.key = "physical_connections"},
		.vbr = {.label = "VBR", .key = "virtual_border_routers"},
		.router_interface = {.label = "router interface", .key = "router_interfaces"},
		.vpc_access = {.label = "VPC access authorization", .key = "vpc_accesses"},
		.route_table = {.label = "route table", .key = "vpcs.NAME.route_tables"},
		.lan = {.label = "LAN", .key = "data_centers.NAME.lans"},
		.instance = {.label = "VPC or VBR", .key = "vpcs"},
		.node = {.label = "node", .key = "ecs"},
		.router = {.label = "VPC, VBR or data centre", .key = "vpcs"},
	};

	ADD(v, &p.region, lab->regions, lab->n_regions);
	ADD(v, &p.vpc, lab->vpcs, lab->n_vpcs);
	for (size_t i = 0; i < lab->n_vpcs; i++) {
		const struct vpc *vpc = &lab->vpcs[i];

		ADD(v, &p.vswitch, vpc->vswitches, vpc->n_vswitches);
		ADD(v, &p.route_table, vpc->route_tables, vpc->n_route_tables);
	}
	ADD(v, &p.security_group, lab->security_groups, lab->n_security_groups);
	ADD(v, &p.ecs, lab->ecs, lab->n_ecs);
	ADD(v, &p.cen, lab->cens, lab->n_cens);
	ADD(v, &p.gateway, lab->api_gateways, lab->n_api_gateways);
	ADD(v, &p.group, lab->api_groups, lab->n_api_groups);
	ADD(v, &p.function, lab->functions, lab->n_functions);
	ADD(v, &p.api, lab->apis, lab->n_apis);
	ADD(v, &p.app, lab->apps, lab->n_apps);
	ADD(v, &p.plugin, lab->plugins, lab->n_plugins);
	ADD(v, &p.physical_connection, lab->physical_connections, lab->n_physical_connections);
	ADD(v, &p.vbr, lab->vbrs, lab->n_vbrs);
	ADD(v, &p.router_interface, lab->router_interfaces, lab->n_router_interfaces);
	ADD(v, &p.vpc_access, lab->vpc_accesses, lab->n_vpc_accesses);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		ADD(v, &p.lan, lab->data_centers[i].lans, lab->data_centers[i].n_lans);
	add_nodes(v, &p.node);
	collect_routers(v, &p);
	index_pools(v, &p);
	return p;
}

static const struct named *find(const struct pool *pool, const char *name)
{
	if (pool->slots) {
		const uint32_t at = pool->slots[slot_of(pool, name)];

		return at ? pool->items[at - 1].id : NULL;
	}
	for (size_t i = 0; i < pool->n; i++)
		if (streq(pool->items[i].id->name, name))
			return pool->items[i].id;
	return NULL;
}

static const struct named *nearest(struct validation *v, const struct pool *pool, const char *name)
{
	const char **names = arena_alloc(v->scratch, (pool->n + 1) * sizeof(*names));
	const char *found;

	for (size_t i = 0; i < pool->n; i++)
		names[i] = pool->items[i].id->name;
	found = diag_nearest(name, names, pool->n);
	return found ? find(pool, found) : NULL;
}

/* Names by the key that they are declared under: "`ecs`: a, b; under `data_centers`: idc". */
static void list_known(struct validation *v, const struct pool *pool)
{
	enum { SHOWN = 6 };
	auto_strbuf struct strbuf b = {0};
	const char *under = NULL;

	if (pool->n == 0) {
		validate_hint(v, "there is none yet: declare it under `%s`", pool->key);
		return;
	}
	for (size_t i = 0; i < pool->n && i < SHOWN; i++) {
		const struct candidate *c = &pool->items[i];
		const char *key = c->key ? c->key : pool->key;

		if (under && streq(key, under))
			strbuf_printf(&b, ", %s", c->id->name);
		else
			strbuf_printf(&b, "%sunder `%s`: %s", under ? "; " : "", key, c->id->name);
		under = key;
	}
	if (pool->n > SHOWN)
		strbuf_printf(&b, ", ... (%zu in all)", pool->n);
	validate_hint(v, "known %s", strbuf_str(&b));
}

static void report_unknown(struct validation *v, const struct pool *pool, const struct ref *ref)
{
	const struct named *near = nearest(v, pool, ref->name), *other;

	other = pool->elsewhere ? find(pool->elsewhere, ref->name) : NULL;
	if (pool->owner)
		validate_report(v, ref->at, "%s has no %s '%s'", pool->owner, pool->label,
				ref->name);
	else
		validate_report(v, ref->at, "unknown %s '%s'", pool->label, ref->name);
	if (other)
		diag_note(v->diags, other->at, "this '%s' is not of %s", other->name, pool->owner);
	else if (near)
		diag_note(v->diags, near->at, "did you mean '%s'?", near->name);
	else
		list_known(v, pool);
	if (v->lab->step)
		validate_hint(v, "the lab stops after step '%s': a later step may create it",
			      v->lab->step);
}

static void resolve_quietly(const struct pool *pool, struct ref *ref)
{
	if (ref->name)
		ref->to = find(pool, ref->name);
}

static void resolve(struct validation *v, const struct pool *pool, struct ref *ref)
{
	resolve_quietly(pool, ref);
	if (ref->name && !ref->to)
		report_unknown(v, pool, ref);
}

static void resolve_all(struct validation *v, const struct pool *pool, struct ref *refs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		resolve(v, pool, &refs[i]);
}

static void resolve_route_table(struct validation *v, const struct pools *p, struct vpc *vpc)
{
	for (size_t i = 0; i < vpc->n_route_tables; i++) {
		struct route_table *t = &vpc->route_tables[i];

		for (size_t j = 0; j < t->n_entries; j++) {
			struct route_entry *e = &t->entries[j];

			switch (e->nexthop_type) {
			case NEXTHOP_INSTANCE: resolve(v, &p->ecs, &e->nexthop_id); break;
			case NEXTHOP_ATTACHMENT: resolve(v, &p->cen, &e->nexthop_id); break;
			case NEXTHOP_ROUTER_INTERFACE:
				resolve(v, &p->router_interface, &e->nexthop_id);
				break;
			}
		}
	}
}

static void resolve_vpc(struct validation *v, const struct pools *p, struct vpc *vpc)
{
	struct pool tables = {
		.label = "route table",
		.key = "vpcs.NAME.route_tables",
		.owner = arena_join(v->scratch, "VPC '", vpc->id.name, "'", NULL),
		.elsewhere = &p->route_table,
	};

	resolve(v, &p->region, &vpc->region);
	ADD(v, &tables, vpc->route_tables, vpc->n_route_tables);
	for (size_t i = 0; i < vpc->n_vswitches; i++) {
		struct vswitch *vsw = &vpc->vswitches[i];
		const char *table = vsw->route_table.name;

		vsw->vpc = vpc;
		/* the system table exists whether or not the file adds entries to it */
		if (table && streq(table, "system"))
			resolve_quietly(&tables, &vsw->route_table);
		else
			resolve(v, &tables, &vsw->route_table);
	}
	resolve_route_table(v, p, vpc);
}

static void resolve_security_group(struct validation *v, const struct pools *p,
				   struct security_group *sg)
{
	resolve(v, &p->vpc, &sg->vpc);
	for (size_t i = 0; i < sg->n_rules; i++)
		resolve(v, &p->security_group, &sg->rules[i].source_security_group);
}

static void resolve_cen_attachment(struct validation *v, const struct pools *p,
				   const struct pool *tables, struct cen_attachment *a)
{
	resolve(v, &p->vpc, &a->vpc);
	resolve(v, &p->vbr, &a->vbr);
	resolve_all(v, &p->vswitch, a->zone_mappings, a->n_zone_mappings);
	resolve(v, tables, &a->association);
	resolve_all(v, tables, a->propagation, a->n_propagation);
}

static void resolve_cen_services(struct validation *v, const struct pools *p, struct cen *cen)
{
	for (size_t i = 0; i < cen->n_route_services; i++) {
		struct cen_route_service *s = &cen->route_services[i];

		resolve(v, &p->region, &s->host_region);
		resolve(v, &p->region, &s->access_region);
		resolve(v, &p->vpc, &s->host_vpc);
	}
	for (size_t i = 0; i < cen->n_private_zones; i++) {
		struct cen_private_zone *z = &cen->private_zones[i];

		resolve(v, &p->region, &z->host_region);
		resolve(v, &p->region, &z->access_region);
		resolve(v, &p->vpc, &z->host_vpc);
	}
	for (size_t i = 0; i < cen->n_vbr_health_checks; i++)
		resolve(v, &p->vbr, &cen->vbr_health_checks[i].vbr);
}

static void resolve_cen(struct validation *v, const struct pools *p, struct cen *cen)
{
	const char *owner = arena_printf(v->scratch, "CEN instance '%s'", cen->id.name);
	struct pool tables = {
		.label = "route table", .key = "cen.NAME.route_tables", .owner = owner};
	struct pool attachments = {
		.label = "attachment", .key = "cen.NAME.attachments", .owner = owner};

	ADD(v, &tables, cen->route_tables, cen->n_route_tables);
	ADD(v, &attachments, cen->attachments, cen->n_attachments);
	index_pool(v, &attachments);
	for (size_t i = 0; i < cen->n_attachments; i++)
		resolve_cen_attachment(v, p, &tables, &cen->attachments[i]);
	for (size_t i = 0; i < cen->n_bandwidth_limits; i++) {
		struct cen_bandwidth_limit *l = &cen->bandwidth_limits[i];

		resolve_all(v, &p->region, l->regions, l->n_regions);
	}
	for (size_t i = 0; i < cen->n_route_tables; i++) {
		struct tr_route_table *t = &cen->route_tables[i];

		resolve(v, &p->region, &t->region);
		for (size_t j = 0; j < t->n_entries; j++)
			resolve(v, &attachments, &t->entries[j].attachment);
	}
	for (size_t i = 0; i < cen->n_peer_attachments; i++) {
		struct cen_peer_attachment *a = &cen->peer_attachments[i];

		resolve_all(v, &p->region, a->regions, a->n_regions);
	}
	for (size_t i = 0; i < cen->n_route_maps; i++) {
		struct cen_route_map *m = &cen->route_maps[i];

		resolve(v, &p->region, &m->cen_region);
		resolve_all(v, &p->instance, m->source_instance_ids, m->n_source_instance_ids);
	}
	resolve_cen_services(v, p, cen);
}

/* What a reference leads to, as validate/ itself may write to it; NULL: nothing. */
static struct physical_connection *line_of(struct validation *v, const struct ref *ref)
{
	const struct physical_connection *pc = ref->to;

	return pc ? &v->lab->physical_connections[pc - v->lab->physical_connections] : NULL;
}

static void resolve_circuits(struct validation *v, const struct pools *p)
{
	struct lab *lab = v->lab;

	for (size_t i = 0; i < lab->n_physical_connections; i++) {
		struct physical_connection *pc = &lab->physical_connections[i];

		resolve(v, &p->region, &pc->region);
		pc->n_vbrs = pc->n_circuits = 0; /* of a lab that is validated again */
	}
	for (size_t i = 0; i < lab->n_vbrs; i++) {
		struct vbr *vbr = &lab->vbrs[i];
		struct physical_connection *pc;

		resolve(v, &p->physical_connection, &vbr->physical_connection);
		pc = line_of(v, &vbr->physical_connection);
		if (pc)
			*arena_push(lab->arena, pc->vbrs, pc->n_vbrs) = vbr;
		for (size_t j = 0; j < vbr->n_route_entries; j++)
			resolve(v, &p->router_interface, &vbr->route_entries[j].nexthop_id);
	}
	for (size_t i = 0; i < lab->n_router_interfaces; i++) {
		resolve(v, &p->vbr, &lab->router_interfaces[i].vbr);
		resolve(v, &p->vpc, &lab->router_interfaces[i].vpc);
	}
}

static void resolve_data_center(struct validation *v, const struct pools *p, struct data_center *dc)
{
	struct pool lans = {
		.label = "LAN",
		.key = "data_centers.NAME.lans",
		.owner = arena_join(v->scratch, "data centre '", dc->id.name, "'", NULL),
		.elsewhere = &p->lan,
	};

	ADD(v, &lans, dc->lans, dc->n_lans);
	for (size_t i = 0; i < dc->n_circuits; i++) {
		struct physical_connection *pc;

		resolve(v, &p->physical_connection, &dc->circuits[i].physical_connection);
		pc = line_of(v, &dc->circuits[i].physical_connection);
		if (pc)
			*arena_push(v->lab->arena, pc->circuits, pc->n_circuits) = &dc->circuits[i];
	}
	for (size_t i = 0; i < dc->n_hosts; i++) {
		dc->hosts[i].data_center = dc;
		resolve(v, &lans, &dc->hosts[i].lan);
	}
}

/* A target is an address, or the name of an ECS instance. */
static void resolve_vpc_access(struct validation *v, const struct pools *p, struct vpc_access *a)
{
	struct ref ecs = {.name = a->instance_id.s, .at = a->instance_id.at};

	resolve(v, &p->vpc, &a->vpc);
	if (!ecs.name || ip_parse(ecs.name, &a->ip))
		return;
	resolve(v, &p->ecs, &ecs);
	a->ecs = ecs.to;
}

static void resolve_backend(struct validation *v, const struct pools *p, struct api_backend *b)
{
	resolve(v, &p->function, &b->function);
	resolve(v, &p->vpc_access, &b->vpc_access);
}

static void resolve_plugin(struct validation *v, const struct pools *p, struct plugin *plugin)
{
	struct traffic_control *t = &plugin->traffic_control;

	for (size_t i = 0; i < t->n_specials; i++) {
		if (streq(t->specials[i].type.s, "USER"))
			continue; /* its keys are ids of accounts */
		for (size_t j = 0; j < t->specials[i].n_policies; j++)
			resolve(v, &p->app, &t->specials[i].policies[j].key);
	}
	for (size_t i = 0; i < plugin->ip_control.n_items; i++)
		resolve(v, &p->app, &plugin->ip_control.items[i].app);
	for (size_t i = 0; i < plugin->caching.client.n_apps; i++)
		resolve(v, &p->app, &plugin->caching.client.apps[i]);
	for (size_t i = 0; i < plugin->routing.n_routes; i++)
		resolve_backend(v, p, &plugin->routing.routes[i].backend);
	resolve_backend(v, p, &plugin->circuit_breaker.downgrade_backend);
}

static void resolve_plugins(struct validation *v, const struct pools *p)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++)
		resolve_plugin(v, p, &v->lab->plugins[i]);
	for (size_t i = 0; i < v->lab->n_plugin_attachments; i++) {
		resolve(v, &p->plugin, &v->lab->plugin_attachments[i].plugin);
		resolve(v, &p->api, &v->lab->plugin_attachments[i].api);
	}
}

static void resolve_gateways(struct validation *v, const struct pools *p)
{
	struct lab *lab = v->lab;

	for (size_t i = 0; i < lab->n_api_gateways; i++) {
		struct api_gateway *gw = &lab->api_gateways[i];

		resolve(v, &p->region, &gw->region);
		resolve(v, &p->vpc, &gw->bind.vpc);
		resolve(v, &p->vswitch, &gw->bind.vswitch);
		resolve(v, &p->vswitch, &gw->interface.vswitch);
		resolve(v, &p->security_group, &gw->interface.security_group);
	}
	for (size_t i = 0; i < lab->n_api_groups; i++) {
		struct api_group *g = &lab->api_groups[i];

		resolve(v, &p->gateway, &g->instance);
		for (size_t j = 0; j < g->n_vpc_whitelist; j++)
			resolve(v, &p->vpc, &g->vpc_whitelist[j]);
	}
	for (size_t i = 0; i < lab->n_private_zones; i++) {
		for (size_t j = 0; j < lab->private_zones[i].n_vpcs; j++)
			resolve(v, &p->vpc, &lab->private_zones[i].vpcs[j]);
	}
	for (size_t i = 0; i < lab->n_functions; i++)
		resolve(v, &p->region, &lab->functions[i].region);
	for (size_t i = 0; i < lab->n_apis; i++) {
		resolve(v, &p->group, &lab->apis[i].group);
		resolve_backend(v, p, &lab->apis[i].backend);
		for (size_t j = 0; j < lab->apis[i].n_per_stage; j++)
			resolve_backend(v, p, &lab->apis[i].per_stage[j].backend);
	}
	resolve_plugins(v, p);
	for (size_t i = 0; i < lab->n_app_attachments; i++) {
		resolve(v, &p->app, &lab->app_attachments[i].app);
		resolve(v, &p->api, &lab->app_attachments[i].api);
	}
	for (size_t i = 0; i < lab->n_vpc_accesses; i++)
		if (!lab->vpc_accesses[i].deleted)
			resolve_vpc_access(v, p, &lab->vpc_accesses[i]);
}

static void resolve_checks(struct validation *v, const struct pools *p)
{
	for (size_t i = 0; i < v->n_checks; i++) {
		struct check *c = v->checks[i].check;

		resolve_quietly(c->kind == CHECK_ROUTE ? &p->router : &p->node, &c->from);
		resolve_quietly(&p->physical_connection, &c->cut);
		resolve_quietly(&p->app, &c->app);
	}
	for (size_t i = 0; i < v->n_active; i++) {
		struct check *c = v->active[i].check;

		resolve(v, c->kind == CHECK_ROUTE ? &p->router : &p->node, &c->from);
		resolve(v, &p->physical_connection, &c->cut);
		resolve(v, &p->app, &c->app);
	}
}

void validate_references(struct validation *v)
{
	struct lab *lab = v->lab;
	struct pools p = collect(v);

	for (size_t i = 0; i < lab->n_region_pairs; i++) {
		struct region_pair *pair = &lab->region_pairs[i];

		resolve_all(v, &p.region, pair->regions, pair->n_regions);
	}
	for (size_t i = 0; i < lab->n_vpcs; i++)
		resolve_vpc(v, &p, &lab->vpcs[i]);
	for (size_t i = 0; i < lab->n_security_groups; i++)
		resolve_security_group(v, &p, &lab->security_groups[i]);
	for (size_t i = 0; i < lab->n_ecs; i++) {
		struct ecs *e = &lab->ecs[i];

		resolve(v, &p.vswitch, &e->vswitch);
		resolve_all(v, &p.security_group, e->security_groups, e->n_security_groups);
	}
	for (size_t i = 0; i < lab->n_cens; i++)
		resolve_cen(v, &p, &lab->cens[i]);
	resolve_circuits(v, &p);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		resolve_data_center(v, &p, &lab->data_centers[i]);
	resolve_gateways(v, &p);
	resolve_checks(v, &p);
}
