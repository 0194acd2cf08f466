// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who knows which names. One worker serves the resolvers of the cloud and of the Internet:
 * - in every VPC 100.100.2.136 and .138. A VPC domain has an address in every VPC as soon as it is
 *   enabled and its instance has one, reachable or not, as in the cloud; names of instances are known in
 *   their own VPC only; public names everywhere, but for those that a private zone of the VPC hides;
 * - on the Internet 192.0.2.53, for public names only.
 * The DNS servers of data centres are workers of their own, on their hosts: what they forward goes over
 * the network that the class builds.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "compile/context.h"

#define TTL 60

/*
 * Configurations are written as text, in the order that compile_json() has too: a thousand instances have two
 * thousand records, and making values of them first took longer than all the rest of compiling them.
 */
struct view {
	struct strbuf sockets, records; /* of JSON: what stands in these lists */
};

static void view_done(struct view *v)
{
	strbuf_done(&v->sockets);
	strbuf_done(&v->records);
}

#define auto_view __attribute__((cleanup(view_done)))

static void add_record(struct view *v, const char *name, const char *type, const char *data)
{
	struct strbuf *b = &v->records;

	compile_put_open(b, NULL, "{");
	compile_put_text(b, "data", data);
	compile_put_text(b, "name", name);
	compile_put_number(b, "ttl", TTL);
	compile_put_text(b, "type", type);
	strbuf_addc(b, '}');
}

static void add_address(struct view *v, const char *name, uint32_t ip)
{
	char text[IP_STRLEN];

	add_record(v, name, "A", ip_format(ip, text));
}

static void add_pointer(struct view *v, uint32_t ip, const char *name)
{
	static const char zone[] = ".in-addr.arpa";
	char reverse[IP_STRLEN + sizeof(zone)];

	(void)ip_format(__builtin_bswap32(ip), reverse);
	memcpy(strchr(reverse, '\0'), zone, sizeof(zone));
	add_record(v, reverse, "PTR", name);
}

/* An address has one name: the domain of the first group of its instance. */
static bool first_of_instance(const struct lab *lab, const struct api_group *g)
{
	for (size_t i = 0; &lab->api_groups[i] != g; i++)
		if (lab->api_groups[i].vpc_domain &&
		    lab->api_groups[i].instance.to == g->instance.to)
			return false;
	return true;
}

static void add_groups(struct compile *c, struct view *v)
{
	for (size_t i = 0; i < c->lab->n_api_groups; i++) {
		const struct api_group *g = &c->lab->api_groups[i];
		uint32_t vip = compile_gateway_vip(c->lab, g->instance.to);

		if (!g->vpc_domain || !vip)
			continue;
		add_address(v, lab_vpc_domain(c->lab, g), vip);
		if (first_of_instance(c->lab, g))
			add_pointer(v, vip, lab_vpc_domain(c->lab, g));
	}
}

static void add_instances(struct compile *c, struct view *v, const struct vpc *vpc)
{
	for (size_t i = 0; i < c->lab->n_ecs; i++) {
		const struct ecs *ecs = &c->lab->ecs[i];
		const struct vswitch *s = ecs->vswitch.to;
		const char *domain;

		if (s->vpc != vpc)
			continue;
		domain = compile_ecs_domain(c, ecs);
		add_address(v, domain, ecs->private_ip.ip);
		add_pointer(v, ecs->private_ip.ip, domain);
	}
}

/* --- private zones --- */

static bool is_bound(const struct private_zone *z, const struct vpc *vpc)
{
	for (size_t i = 0; i < z->n_vpcs; i++)
		if (z->vpcs[i].to == vpc)
			return true;
	return false;
}

/* Whether the VPC has a private zone that the name is in. vpc NULL: none has. */
static bool is_hidden(const struct compile *c, const struct vpc *vpc, const char *name)
{
	for (size_t i = 0; vpc && i < c->lab->n_private_zones; i++) {
		const struct private_zone *z = &c->lab->private_zones[i];

		if (is_bound(z, vpc) && name_is_below(name, z->zone_name.s))
			return true;
	}
	return false;
}

const char *compile_zone_name(struct compile *c, const struct private_zone *z, const char *key)
{
	return strcmp(key, "@") == 0 ? z->zone_name.s
				     : compile_text(c, "%s.%s", key, z->zone_name.s);
}

static void add_private_zone(struct compile *c, struct view *v, const struct private_zone *z)
{
	for (size_t i = 0; i < z->n_records; i++) {
		const struct pair *r = &z->records[i];
		uint32_t ip;

		add_record(v, compile_zone_name(c, z, r->key),
			   ip_parse(r->value.s, &ip) ? "A" : "CNAME", r->value.s);
	}
}

static void add_private_zones(struct compile *c, struct view *v, const struct vpc *vpc)
{
	for (size_t i = 0; i < c->lab->n_private_zones; i++)
		if (is_bound(&c->lab->private_zones[i], vpc))
			add_private_zone(c, v, &c->lab->private_zones[i]);
}

/* What anybody may know, and in a VPC what its zones do not hide. */
static void add_public_names(struct compile *c, struct view *v, const struct vpc *vpc)
{
	struct lab_name name;

	for (size_t i = 0; lab_public_name_at(c->lab, i, &name); i++)
		if (!is_hidden(c, vpc, name.name))
			add_address(v, name.name, name.ip);
}

/* --- views --- */

/* A worker's sockets, and the views that they serve. */
struct server {
	struct plan_socket *sockets;
	size_t n_sockets;
	struct strbuf views; /* JSON */
};

/* UDP and TCP on one address; their names go into the view's list. */
static void listen_on(struct compile *c, struct server *s, struct view *v, const char *view,
		      const char *ns, uint32_t ip)
{
	static const struct {
		enum plan_socket_type type;
		const char *name;
	} both[] = {{PLAN_UDP, "udp"}, {PLAN_TCP, "tcp"}};
	char number[NUMBER_LEN];
	const char *last = number_format(ip & 0xff, number);

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		const char *name = arena_join(c->arena, view, "-", last, "-", both[i].name, NULL);

		*arena_push(c->arena, s->sockets,
			    s->n_sockets) = (struct plan_socket){name, ns, both[i].type, ip, 53};
		compile_put_text(&v->sockets, NULL, name);
	}
}

/* forward: taken over; NULL: none. */
static void add_view(struct server *s, const char *name, const struct view *v, json_t *forward)
{
	struct strbuf *b = &s->views;

	compile_put_open(b, NULL, "{");
	compile_put_json(b, "forward", forward);
	compile_put_text(b, "name", name);
	compile_put_open(b, "records", "[");
	strbuf_add(b, strbuf_str(&v->records));
	strbuf_addc(b, ']');
	compile_put_open(b, "sockets", "[");
	strbuf_add(b, strbuf_str(&v->sockets));
	strbuf_add(b, "]}");
}

static void add_vpc(struct compile *c, struct server *s, const struct vpc *vpc)
{
	auto_view struct view v = {0};

	listen_on(c, s, &v, vpc->id.name, vpc->id.name, LAB_RESOLVER_1);
	listen_on(c, s, &v, vpc->id.name, vpc->id.name, LAB_RESOLVER_2);
	add_groups(c, &v);
	add_instances(c, &v, vpc);
	add_private_zones(c, &v, vpc);
	add_public_names(c, &v, vpc);
	add_view(s, vpc->id.name, &v, NULL);
}

static void add_internet(struct compile *c, struct server *s)
{
	auto_view struct view v = {0};

	listen_on(c, s, &v, INTERNET_NS, INTERNET_NS, INTERNET_DNS);
	add_public_names(c, &v, NULL);
	add_view(s, INTERNET_NS, &v, NULL);
}

/* Two zones of one name, for different VPCs. */
static bool is_earlier(const struct lab *lab, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(lab->private_zones[k].zone_name.s, lab->private_zones[i].zone_name.s) ==
		    0)
			return true;
	return false;
}

static json_t *zones_of(struct compile *c)
{
	json_t *zones = json_pack("[s]", "alicloudapi.com");

	for (size_t i = 0; i < c->lab->n_regions; i++)
		if (compile_region_used(c->lab, &c->lab->regions[i]))
			compile_json_append(
				zones, json_sprintf("%s.ecs.internal", c->lab->regions[i].id.name));
	for (size_t i = 0; i < c->lab->n_private_zones; i++)
		if (!is_earlier(c->lab, i))
			compile_json_append(zones,
					    json_string(c->lab->private_zones[i].zone_name.s));
	return zones;
}

/* Ends the server. */
static void add_worker(struct compile *c, struct plan_origin origin, const char *name,
		       const char *ns, struct server *s, json_t *zones)
{
	const char *config = compile_text(c, "{\"views\":[%s],\"zones\":%s}", strbuf_str(&s->views),
					  compile_json(c, zones));

	strbuf_done(&s->views);
	*plan_add_worker(c->plan) = (struct plan_worker){
		.origin = origin,
		.name = name,
		.program = "labctl-dns",
		.ns = ns,
		.sockets = s->sockets,
		.n_sockets = s->n_sockets,
		.config = config,
	};
}

/* --- servers of data centres --- */

static json_t *servers_of(struct compile *c, const char *list)
{
	char *copy = arena_strdup(c->arena, list), *rest;
	json_t *servers = json_array();

	for (char *ip = strtok_r(copy, " ", &rest); ip; ip = strtok_r(NULL, " ", &rest))
		compile_json_append(servers, json_string(ip));
	return servers;
}

static json_t *forward_of(struct compile *c, const struct dns_server *dns)
{
	json_t *forward = json_array();

	for (size_t i = 0; i < dns->n_forward; i++)
		compile_json_append(forward,
				    json_pack("{s:s, s:o}", "zone", dns->forward[i].key, "servers",
					      servers_of(c, dns->forward[i].value.s)));
	return forward;
}

static void add_host_server(struct compile *c, const struct data_center *dc, const struct host *h)
{
	auto_view struct view v = {0};
	struct server s = {0};

	listen_on(c, &s, &v, h->id.name, h->id.name, h->ip.ip);
	for (size_t i = 0; i < h->dns.n_records; i++)
		add_record(&v, h->dns.records[i].key, "A", h->dns.records[i].value.s);
	add_view(&s, h->id.name, &v, forward_of(c, &h->dns));
	add_worker(c, compile_origin_in(c, "data_centers", &dc->id, "hosts", &h->id),
		   lab_worker(c->lab, "dns", h->id.name), h->id.name, &s, json_array());
}

static void add_host_servers(struct compile *c, const struct data_center *dc)
{
	for (size_t i = 0; i < dc->n_hosts; i++)
		if (dc->hosts[i].dns.at.line)
			add_host_server(c, dc, &dc->hosts[i]);
}

/* --- all of them --- */

static const char *first_services_ns(struct compile *c)
{
	for (size_t i = 0; i < c->lab->n_regions; i++)
		if (compile_region_used(c->lab, &c->lab->regions[i]))
			return compile_services_ns(c, &c->lab->regions[i]);
	return INTERNET_NS;
}

void compile_dns(struct compile *c)
{
	const struct lab *lab = c->lab;
	struct server s = {0};

	for (size_t i = 0; i < lab->n_data_centers; i++)
		add_host_servers(c, &lab->data_centers[i]);
	if (!lab->n_vpcs && !lab->internet.at.line)
		return;
	for (size_t i = 0; i < lab->n_vpcs; i++)
		add_vpc(c, &s, &lab->vpcs[i]);
	if (lab->internet.at.line)
		add_internet(c, &s);
	add_worker(c, compile_origin(c, "lab", &lab->id), "dns", first_services_ns(c), &s,
		   zones_of(c));
}
