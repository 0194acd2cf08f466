// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/endpoint.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/outcome.h"

/* --- services --- */

void analyse_endpoint_add(struct arena *a, struct endpoint_services *s, struct analyse_service one)
{
	*arena_push(a, s->v, s->n) = one;
}

static int by_service(const void *a, const void *b)
{
	return analyse_outcome_service_cmp(*(const struct analyse_service *)a,
					   *(const struct analyse_service *)b);
}

void analyse_endpoint_sort(struct endpoint_services *s)
{
	size_t kept = 0;

	if (s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_service);
	for (size_t i = 0; i < s->n; i++)
		if (!kept || by_service(&s->v[kept - 1], &s->v[i]) != 0)
			s->v[kept++] = s->v[i];
	s->n = kept;
}

static bool is_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static bool listens(const struct plan_socket *s, const struct analyse_target *t)
{
	if ((s->type != PLAN_TCP && s->type != PLAN_UDP) || !s->port)
		return false;
	if (!t->ns)
		return s->addr == t->ip;
	return is_same(s->ns, t->ns) && (!s->addr || s->addr == t->ip);
}

/* A command listens by itself, and says where: {"ready": {"tcp": 8080}}. */
static void add_command(const struct analyse_matrix *m, const struct plan_worker *w,
			struct endpoint_services *s)
{
	json_t *config = json_loads(w->config, 0, NULL);
	const json_t *ready = json_object_get(config, "ready");
	const json_t *tcp = json_object_get(ready, "tcp"), *udp = json_object_get(ready, "udp");

	if (json_is_integer(tcp))
		analyse_endpoint_add(
			m->arena, s,
			(struct analyse_service){ANALYSE_TCP, (uint16_t)json_integer_value(tcp)});
	if (json_is_integer(udp))
		analyse_endpoint_add(
			m->arena, s,
			(struct analyse_service){ANALYSE_UDP, (uint16_t)json_integer_value(udp)});
	json_decref(config);
}

void analyse_endpoint_listeners(const struct analyse_matrix *m, const struct analyse_target *t,
				struct endpoint_services *s)
{
	const struct plan *p = m->a->plan;

	for (size_t i = 0; i < p->n_workers; i++) {
		const struct plan_worker *w = &p->workers[i];

		for (size_t k = 0; k < w->n_sockets; k++)
			if (listens(&w->sockets[k], t))
				analyse_endpoint_add(
					m->arena, s,
					(struct analyse_service){w->sockets[k].type == PLAN_TCP
									 ? ANALYSE_TCP
									 : ANALYSE_UDP,
								 w->sockets[k].port});
		if (t->ns && !w->n_sockets && is_same(w->program, "labctl-service") &&
		    is_same(w->ns, t->ns))
			add_command(m, w, s);
	}
}

static void add_named(const struct analyse_matrix *m, uint32_t ns, struct endpoint_services *s)
{
	const struct net_ns *n = analyse_net_filters(m->a, ns);

	for (size_t i = 0; i < n->n_filters; i++) {
		const struct nft_table *t = n->filters[i].table;

		for (size_t k = 0; k < t->n_tcp_ports; k++)
			analyse_endpoint_add(
				m->arena, s,
				(struct analyse_service){ANALYSE_TCP, t->tcp_ports[k]});
		for (size_t k = 0; k < t->n_udp_ports; k++)
			analyse_endpoint_add(
				m->arena, s,
				(struct analyse_service){ANALYSE_UDP, t->udp_ports[k]});
	}
}

void analyse_endpoint_named_ports(const struct analyse_matrix *m, uint32_t ns,
				  struct endpoint_services *s)
{
	const struct net_ns *n = &m->a->ns[ns];

	if (!n->from->role || !is_same(n->from->role, "gateway"))
		add_named(m, ns, s); /* a gateway's speak of whom it calls */
	for (uint32_t i = n->first_dev; i < n->first_dev + n->n_devs; i++)
		if (m->a->devs[i].peer != NET_NONE)
			add_named(m, m->a->devs[m->a->devs[i].peer].ns, s);
	analyse_endpoint_sort(s);
}

/* --- targets --- */

static void add_target(struct analyse_matrix *m, const char *name, const char *ns, uint32_t ip)
{
	*arena_push(m->arena, m->targets,
		    m->n_targets) = (struct analyse_target){.name = name, .ns = ns, .ip = ip};
}

static void add_addresses(struct analyse_matrix *m, const char *name)
{
	const uint32_t ns = analyse_net_find_ns(m->a, name);

	for (size_t i = 0; ns != NET_NONE && i < m->a->ns[ns].n_addresses; i++) {
		const struct net_address *o = &m->a->ns[ns].addresses[i];

		if (!is_same(m->a->devs[o->dev].name, "lo"))
			add_target(m, name, name, o->ip);
	}
}

static bool is_node(const struct analyse_matrix *m, const char *ns)
{
	return plan_find_node(m->a->plan, ns) != NULL;
}

/* Where a gateway listens, and the resolvers of who is no node; the same address is one target. */
static void add_sockets(struct analyse_matrix *m, const struct plan_worker *w)
{
	const bool dns = is_same(w->program, "labctl-dns");

	if (!dns && !is_same(w->program, "labctl-gateway"))
		return;
	for (size_t i = 0; i < w->n_sockets; i++) {
		const struct plan_socket *s = &w->sockets[i];

		if (s->type != PLAN_TCP || is_node(m, s->ns))
			continue;
		add_target(m, dns ? "resolver" : s->ns, dns ? NULL : s->ns, s->addr);
	}
}

static int by_target(const void *pa, const void *pb)
{
	const struct analyse_target *a = pa, *b = pb;
	const int c = strcmp(a->name, b->name);

	return c ? c : (a->ip > b->ip) - (a->ip < b->ip);
}

static void drop_doubles(struct analyse_matrix *m)
{
	size_t kept = 0;

	if (m->n_targets)
		qsort(m->targets, m->n_targets, sizeof(*m->targets), by_target);
	for (size_t i = 0; i < m->n_targets; i++)
		if (!kept || by_target(&m->targets[kept - 1], &m->targets[i]) != 0)
			m->targets[kept++] = m->targets[i];
	m->n_targets = kept;
}

static bool is_only_one(const struct analyse_matrix *m, size_t i)
{
	const char *name = m->targets[i].name;

	return !(i && is_same(m->targets[i - 1].name, name)) &&
	       !(i + 1 < m->n_targets && is_same(m->targets[i + 1].name, name));
}

static void label_targets(struct analyse_matrix *m)
{
	char ip[IP_STRLEN];

	for (size_t i = 0; i < m->n_targets; i++) {
		struct analyse_target *t = &m->targets[i];

		t->label = is_only_one(m, i)
				   ? t->name
				   : arena_printf(m->arena, "%s %s", t->name, ip_format(t->ip, ip));
	}
}

static void collect_targets(struct analyse_matrix *m)
{
	const struct plan *p = m->a->plan;

	for (size_t i = 0; i < p->n_nodes; i++)
		add_addresses(m, p->nodes[i].ns);
	for (size_t i = 0; i < p->n_namespaces; i++)
		if (p->namespaces[i].role && is_same(p->namespaces[i].role, "vbr"))
			add_addresses(m, p->namespaces[i].name);
	for (size_t i = 0; i < p->n_workers; i++)
		add_sockets(m, &p->workers[i]);
	drop_doubles(m);
	label_targets(m);
}

/* --- calls --- */

/* The name of the only one that has the address. */
static const char *label_of(const struct analyse_matrix *m, uint32_t ip)
{
	const char *name = NULL;
	char text[IP_STRLEN];
	size_t n = 0;

	for (size_t i = 0; i < m->n_targets; i++)
		if (m->targets[i].ip == ip && m->targets[i].ns) {
			name = m->targets[i].name;
			n++;
		}
	return n == 1 ? name : arena_strdup(m->arena, ip_format(ip, text));
}

/* {"address", "port", "device", "source"} of an HTTP backend; others have no device. */
static void add_call(struct analyse_matrix *m, const char *ns, const json_t *backend)
{
	const char *address = json_string_value(json_object_get(backend, "address"));
	const char *device = json_string_value(json_object_get(backend, "device"));
	const char *source = json_string_value(json_object_get(backend, "source"));
	struct analyse_packet p = {
		.ns = ns,
		.protocol = ANALYSE_TCP,
		.port = (uint16_t)json_integer_value(json_object_get(backend, "port"))};

	if (!address || !device || !source || !ip_parse(address, &p.dst) ||
	    !ip_parse(source, &p.src))
		return;
	p.dev = arena_strdup(m->arena, device);
	*arena_push(m->arena, m->calls, m->n_calls) = (struct analyse_call){.gateway = ns,
									    .packet = p};
}

int analyse_endpoint_call_cmp(const struct analyse_call *a, const struct analyse_call *b)
{
	const int c = strcmp(a->gateway, b->gateway);

	if (c)
		return c;
	if (a->packet.dst != b->packet.dst)
		return a->packet.dst < b->packet.dst ? -1 : 1;
	if (a->packet.port != b->packet.port)
		return (int)a->packet.port - (int)b->packet.port;
	return strcmp(a->packet.dev, b->packet.dev);
}

static int by_call(const void *a, const void *b)
{
	return analyse_endpoint_call_cmp(a, b);
}

/* VPCs may have the same addresses: then it says through which of them. */
static void label_calls(struct analyse_matrix *m)
{
	for (size_t i = 0; i < m->n_calls; i++) {
		const struct analyse_call *c = &m->calls[i];
		bool other = false;

		for (size_t k = 0; k < m->n_calls && !other; k++)
			other = is_same(m->calls[k].gateway, c->gateway) &&
				m->calls[k].packet.dst == c->packet.dst &&
				!is_same(m->calls[k].packet.dev, c->packet.dev);
		m->calls[i].label = label_of(m, c->packet.dst);
		if (other)
			m->calls[i].label = arena_printf(m->arena, "%s by way of %s",
							 m->calls[i].label, c->packet.dev);
	}
}

/* Of plug-ins that put another backend in the place of an API's. */
static void add_plugin_calls(struct analyse_matrix *m, const char *ns, const json_t *plugin)
{
	json_t *route;
	size_t i;

	add_call(m, ns, json_object_get(plugin, "fallback"));
	json_array_foreach (json_object_get(plugin, "routes"), i, route)
		add_call(m, ns, json_object_get(route, "backend"));
}

static void collect_calls(struct analyse_matrix *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->a->plan->n_workers; i++) {
		const struct plan_worker *w = &m->a->plan->workers[i];
		json_t *config, *api;
		size_t k;

		if (!is_same(w->program, "labctl-gateway"))
			continue;
		config = json_loads(w->config, 0, NULL);
		json_array_foreach (json_object_get(config, "apis"), k, api)
			add_call(m, w->ns, json_object_get(api, "backend"));
		json_array_foreach (json_object_get(config, "plugins"), k, api)
			add_plugin_calls(m, w->ns, api);
		json_decref(config);
	}
	if (m->n_calls)
		qsort(m->calls, m->n_calls, sizeof(*m->calls), by_call);
	for (size_t i = 0; i < m->n_calls; i++)
		if (!kept || by_call(&m->calls[kept - 1], &m->calls[i]) != 0)
			m->calls[kept++] = m->calls[i];
	m->n_calls = kept;
	label_calls(m);
}

void analyse_endpoint_collect(struct analyse_matrix *m)
{
	const struct plan *p = m->a->plan;

	for (size_t i = 0; i < p->n_nodes; i++) /* sorted, and each once */
		if (analyse_net_find_ns(m->a, p->nodes[i].ns) != NET_NONE)
			arena_push(m->arena, m->sources, m->n_sources)->name = p->nodes[i].ns;
	collect_targets(m);
	collect_calls(m);
}
