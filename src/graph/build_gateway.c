// SPDX-License-Identifier: GPL-2.0-only
/* API gateways with their APIs, functions, and who reaches them. */
#include <inttypes.h>

#include "base/cleanup.h"
#include "graph/build.h"

#define APIS 6 /* of a gateway that are named */

static const char *type_name(const struct api_gateway *gw)
{
	switch (gw->instance_type) {
	case GATEWAY_NORMAL: return "API gateway, dedicated";
	case GATEWAY_VPC_CONNECT: return "API gateway, vpc_connect";
	case GATEWAY_SERVERLESS: return "API gateway, serverless";
	}
	return "";
}

static const char *method_name(enum api_method method)
{
	static const char *const names[] = {"GET",   "POST", "PUT",     "DELETE",
					    "PATCH", "HEAD", "OPTIONS", "ANY"};

	_Static_assert(ARRAY_LEN(names) == API_ANY + 1, "a name for each method");
	return names[method];
}

static const char *backend_name(const struct api_backend *back)
{
	const char *name = "";

	switch (back->kind) {
	case BACKEND_FUNCTION: name = back->function.name; break;
	case BACKEND_MOCK: return "mock";
	case BACKEND_HTTP: name = back->http.s; break;
	case BACKEND_HTTP_VPC: name = back->vpc_access.name; break;
	}
	return name ? name : "?";
}

static void add_groups(struct graph_builder *b, struct graph_box *box, const struct api_gateway *gw)
{
	for (size_t i = 0; i < b->lab->n_api_groups; i++) {
		const struct api_group *group = &b->lab->api_groups[i];

		if (group->instance.to == gw)
			graph_line(b->g, box, "group %s: VPC domain %s", group->id.name,
				   group->vpc_domain ? "on" : "off");
	}
}

static void add_apis(struct graph_builder *b, struct graph_box *box, const struct api_gateway *gw)
{
	size_t n = 0;

	for (size_t i = 0; i < b->lab->n_apis; i++) {
		const struct api *api = &b->lab->apis[i];

		if (api_gateway_of(api) != gw || n++ >= APIS)
			continue;
		graph_line(b->g, box, "%s %s → %s%s", method_name(api->method),
			   api->path.s ? api->path.s : "?", backend_name(&api->backend),
			   api->n_stages ? "" : ", not published");
	}
	if (n > APIS)
		graph_line(b->g, box, "%zu more APIs", n - APIS);
}

void graph_build_gateways(struct graph_builder *b)
{
	for (size_t i = 0; i < b->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &b->lab->api_gateways[i];
		struct graph_box *box =
			graph_box_add(b->g, graph_find(b->g, GRAPH_REGION, gw->region.name),
				      GRAPH_GATEWAY, gw->id.name, type_name(gw));

		add_groups(b, box, gw);
		add_apis(b, box, gw);
	}
}

static void invoke(struct graph_builder *b, struct graph_box *function, const struct function *f)
{
	for (size_t i = 0; i < b->lab->n_apis; i++) {
		const struct api *api = &b->lab->apis[i];
		const struct api_gateway *gw = api_gateway_of(api);
		struct graph_box *from = NULL;
		const struct graph_link *known;

		if (api->backend.kind != BACKEND_FUNCTION || api->backend.function.to != f || !gw)
			continue;
		from = graph_find(b->g, GRAPH_GATEWAY, gw->id.name);
		known = from ? graph_find_link(b->g, arena_printf(b->g->arena, "invoke.%s.%s",
								  from->id, function->id))
			     : NULL;
		if (from && !known)
			(void)graph_link_add(b->g, GRAPH_INVOKE, from, function);
	}
}

static size_t functions_of(const struct lab *lab, const struct region *r)
{
	size_t n = 0;

	for (size_t i = 0; i < lab->n_functions; i++)
		n += lab->functions[i].region.to == r;
	return n;
}

void graph_build_functions(struct graph_builder *b)
{
	for (size_t i = 0; i < b->lab->n_regions; i++) {
		const struct region *r = &b->lab->regions[i];
		struct graph_box *region = graph_find(b->g, GRAPH_REGION, r->id.name);
		size_t n = functions_of(b->lab, r);

		if (n > GRAPH_MANY && !b->o->all) {
			(void)graph_box_many(b->g, region, GRAPH_FUNCTION, n, "functions");
			continue;
		}
		for (size_t j = 0; j < b->lab->n_functions; j++) {
			const struct function *f = &b->lab->functions[j];

			if (f->region.to == r)
				invoke(b,
				       graph_box_add(b->g, region, GRAPH_FUNCTION, f->id.name,
						     f->trigger == FUNCTION_TRIGGER_HTTP
							     ? "HTTP function"
							     : "function"),
				       f);
		}
	}
}

/* --- links to VPCs and the Internet --- */

static void bind(struct graph_builder *b, struct graph_box *box, const struct api_gateway *gw)
{
	struct graph_box *vpc = graph_find(b->g, GRAPH_VPC, gw->bind.vpc.name);
	struct graph_link *l;

	if (!vpc)
		return;
	l = graph_link_add(b->g, GRAPH_BIND, box, vpc);
	graph_label(b->g, l, "bound");
	if (gw->bind.ip.set)
		graph_label(b->g, l, "%s", graph_ip(b->g, gw->bind.ip.ip));
}

static void through_interface(struct graph_builder *b, struct graph_box *box,
			      const struct api_gateway *gw)
{
	const struct vswitch *s = gw->interface.vswitch.to;
	struct graph_box *vpc = s && s->vpc ? graph_find(b->g, GRAPH_VPC, s->vpc->id.name) : NULL;
	struct graph_link *l;

	if (!vpc)
		return;
	l = graph_link_add(b->g, GRAPH_REACH, box, vpc);
	l->id = arena_printf(b->g->arena, "interface.%s.%s", box->id, vpc->id);
	graph_label(b->g, l, "calls from");
	if (gw->interface.ip.set)
		graph_label(b->g, l, "%s", graph_ip(b->g, gw->interface.ip.ip));
}

static void add_access(struct graph_builder *b, struct graph_link *l, const struct vpc_access *a)
{
	if (l->n_label < 4)
		graph_label(b->g, l, "%s %s:%" PRIu64, a->id.name, graph_ip(b->g, a->ip),
			    a->port.v);
}

/* One link for all authorizations of one VPC. */
static void through_accesses(struct graph_builder *b, struct graph_box *box, const struct vpc *v)
{
	struct graph_box *vpc = graph_find(b->g, GRAPH_VPC, v->id.name);
	struct graph_link *l = NULL;

	for (size_t i = 0; vpc && i < b->lab->n_vpc_accesses; i++) {
		const struct vpc_access *a = &b->lab->vpc_accesses[i];

		if (a->vpc.to != v || a->deleted)
			continue;
		if (!l)
			l = graph_link_add(b->g, GRAPH_REACH, box, vpc);
		add_access(b, l, a);
	}
}

void graph_build_gateway_links(struct graph_builder *b)
{
	struct graph_box *internet = graph_find(b->g, GRAPH_INTERNET, "Internet");

	for (size_t i = 0; i < b->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &b->lab->api_gateways[i];
		struct graph_box *box = graph_find(b->g, GRAPH_GATEWAY, gw->id.name);

		if (internet && gw->public_ip.set)
			graph_label(b->g, graph_link_add(b->g, GRAPH_PUBLIC, internet, box), "%s",
				    graph_ip(b->g, gw->public_ip.ip));
		bind(b, box, gw);
		through_interface(b, box, gw);
		for (size_t j = 0; j < b->lab->n_vpcs; j++)
			if (b->lab->vpcs[j].region.to == gw->region.to)
				through_accesses(b, box, &b->lab->vpcs[j]);
	}
}

void graph_build_internet(struct graph_builder *b)
{
	const struct internet *net = &b->lab->internet;
	struct graph_box *box;

	if (!net->at.line)
		return;
	box = graph_box_add(b->g, NULL, GRAPH_INTERNET, "Internet", NULL);
	if (net->n_hosts > GRAPH_MANY && !b->o->all) {
		box = graph_box_many(b->g, box, GRAPH_PUBLIC_HOST, net->n_hosts, "hosts");
		for (size_t i = 0; i < net->n_hosts; i++)
			graph_member(b->g, box, net->hosts[i].id.name);
		return;
	}
	for (size_t i = 0; i < net->n_hosts; i++) {
		const struct internet_host *h = &net->hosts[i];
		struct graph_box *host = graph_box_add(b->g, box, GRAPH_PUBLIC_HOST, h->id.name,
						       NULL);

		if (h->ip.set)
			graph_line(b->g, host, "%s", graph_ip(b->g, h->ip.ip));
		graph_services(b, host, h->services, h->n_services);
	}
}
