// SPDX-License-Identifier: GPL-2.0-only
/** Data centres: LANs, hosts, the customer router's routes, DNS servers. */
#include <strings.h>

#include "base/name.h"
#include "validate/rule.h"
#include "validate/rules.h"
#include "validate/syntax.h"

#define MAX_PORTS 1023 /* of a bridge, BR_MAX_PORTS of the kernel less the router's own */

typedef void lan_fn(struct validation *v, const struct data_center *dc, const struct lan *lan);

static void each_lan(struct validation *v, lan_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		const struct data_center *dc = &v->lab->data_centers[i];

		for (size_t j = 0; j < dc->n_lans; j++)
			if (dc->lans[j].cidr_block.set)
				fn(v, dc, &dc->lans[j]);
	}
}

/* --- LANs --- */

static void mask(struct validation *v, const struct data_center *dc, const struct lan *lan)
{
	(void)dc; /* the LAN says it all */
	if (lan->cidr_block.p.len < 16 || lan->cidr_block.p.len > 30)
		validate_report(v, lan->cidr_block.at, "LAN '%s' has %s; /16 to /30 are possible",
				lan->id.name, validate_cidr(v, lan->cidr_block.p));
}

void validate_lan_mask(struct validation *v)
{
	each_lan(v, mask);
}

static void overlap(struct validation *v, const struct data_center *dc, const struct lan *lan)
{
	for (const struct lan *o = dc->lans; o < lan; o++) {
		if (!o->cidr_block.set || !ip_prefix_overlaps(o->cidr_block.p, lan->cidr_block.p))
			continue;
		validate_report(v, lan->cidr_block.at, "LAN '%s' (%s) overlaps LAN '%s' (%s)",
				lan->id.name, validate_cidr(v, lan->cidr_block.p), o->id.name,
				validate_cidr(v, o->cidr_block.p));
		diag_note(v->diags, o->cidr_block.at, "the addresses of '%s'", o->id.name);
		return;
	}
}

void validate_lan_overlap(struct validation *v)
{
	each_lan(v, overlap);
}

static void not_the_clouds(struct validation *v, const struct data_center *dc,
			   const struct lan *lan)
{
	const char *why = lab_range_fault(lan->cidr_block.p);

	if (why) {
		validate_report(v, lan->cidr_block.at,
				"LAN '%s' of data centre '%s' cannot have %s: %s", lan->id.name,
				dc->id.name, validate_cidr(v, lan->cidr_block.p), why);
		return;
	}
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];

		if (!vpc->cidr_block.set ||
		    !ip_prefix_overlaps(lan->cidr_block.p, vpc->cidr_block.p))
			continue;
		validate_report(v, lan->cidr_block.at,
				"LAN '%s' (%s) of data centre '%s' overlaps VPC '%s' (%s)",
				lan->id.name, validate_cidr(v, lan->cidr_block.p), dc->id.name,
				vpc->id.name, validate_cidr(v, vpc->cidr_block.p));
		diag_note(v->diags, vpc->cidr_block.at, "the CIDR block of VPC '%s'", vpc->id.name);
		validate_hint(v, "addresses of a data centre are none of a VPC's: no route could "
				 "tell them apart");
		return;
	}
}

void validate_lan_cloud(struct validation *v)
{
	each_lan(v, not_the_clouds);
}

static bool in_lan(const struct lan *lan, uint32_t ip)
{
	return ip_prefix_has(lan->cidr_block.p, ip) && ip != ip_prefix_first(lan->cidr_block.p) &&
	       ip != ip_prefix_last(lan->cidr_block.p);
}

static void gateway(struct validation *v, const struct data_center *dc, const struct lan *lan)
{
	(void)dc; /* the LAN says it all */
	if (!lan->gateway_ip.set || !lan_countable(lan) || in_lan(lan, lan->gateway_ip.ip))
		return;
	validate_report(v, lan->gateway_ip.at,
			"gateway %s of LAN '%s' is not an address for routers and hosts of %s",
			validate_ip(v, lan->gateway_ip.ip), lan->id.name,
			validate_cidr(v, lan->cidr_block.p));
}

void validate_lan_gateway(struct validation *v)
{
	each_lan(v, gateway);
}

static void ports(struct validation *v, const struct data_center *dc, const struct lan *lan)
{
	size_t n = 0;

	for (size_t i = 0; i < dc->n_hosts; i++) {
		if (dc->hosts[i].lan.to != lan || ++n != MAX_PORTS + 1)
			continue;
		validate_report(v, dc->hosts[i].lan.at, "LAN '%s' has more than %d hosts",
				lan->id.name, MAX_PORTS);
		validate_hint(v, "put the others into a second LAN");
	}
}

void validate_lan_ports(struct validation *v)
{
	each_lan(v, ports);
}

/* LANs and ports of hosts are interfaces of one router. */
void validate_lan_name(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		const struct data_center *dc = &v->lab->data_centers[i];
		char a[IFNAME_LEN], b[IFNAME_LEN];

		for (size_t j = 0; j < dc->n_lans; j++)
			for (size_t k = 0; k < dc->n_hosts; k++) {
				const struct named *lan = &dc->lans[j].id, *h = &dc->hosts[k].id;

				if (!streq(name_ifname(lan->name, a), name_ifname(h->name, b)))
					continue;
				validate_report(v, lan->at, "LAN '%s' has the name of host '%s'",
						lan->name, h->name);
				diag_note(v->diags, h->at, "the host stands here");
				validate_hint(v, "rename one of them: both are interfaces of '%s'",
					      dc->id.name);
			}
	}
}

/* --- hosts --- */

static void host_address(struct validation *v, const struct data_center *dc, const struct host *h)
{
	const struct lan *lan = h->lan.to;

	if (!lan || !lan_countable(lan) || !h->ip.set)
		return;
	if (!in_lan(lan, h->ip.ip)) {
		validate_report(v, span_or(h->ip.at, h->id.at),
				"address %s of host '%s' is not one of LAN '%s' (%s)",
				validate_ip(v, h->ip.ip), h->id.name, lan->id.name,
				validate_cidr(v, lan->cidr_block.p));
		diag_note(v->diags, lan->cidr_block.at, "the addresses of '%s'", lan->id.name);
		return;
	}
	if (lan->gateway_ip.set && h->ip.ip == lan->gateway_ip.ip) {
		validate_report(v, span_or(h->ip.at, h->id.at),
				"address %s of host '%s' is that of the customer router",
				validate_ip(v, h->ip.ip), h->id.name);
		diag_note(v->diags, span_or(lan->gateway_ip.at, lan->id.at),
			  "the gateway of LAN '%s'", lan->id.name);
		return;
	}
	for (const struct host *o = dc->hosts; o < h; o++) {
		if (!o->ip.set || o->ip.ip != h->ip.ip)
			continue;
		validate_report(v, span_or(h->ip.at, h->id.at),
				"address %s of host '%s' is that of host '%s'",
				validate_ip(v, h->ip.ip), h->id.name, o->id.name);
		diag_note(v->diags, span_or(o->ip.at, o->id.at), "'%s' has it here", o->id.name);
		validate_hint(v, "leave the address out, and the lowest free one is chosen");
		return;
	}
}

void validate_host_address(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		for (size_t j = 0; j < v->lab->data_centers[i].n_hosts; j++)
			host_address(v, &v->lab->data_centers[i],
				     &v->lab->data_centers[i].hosts[j]);
}

void validate_host_firewall(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		for (size_t j = 0; j < v->lab->data_centers[i].n_hosts; j++) {
			const struct host *h = &v->lab->data_centers[i].hosts[j];

			for (size_t k = 0; k < h->n_firewall; k++)
				validate_rule_ports(v, &h->firewall[k], "firewall of host",
						    h->id.name);
		}
}

/* --- routes --- */

static bool reaches(const struct data_center *dc, uint32_t next_hop)
{
	struct ip_prefix subnet;

	for (size_t i = 0; i < dc->n_circuits; i++) {
		const struct circuit *c = &dc->circuits[i];

		if (circuit_subnet(&c->ip, &c->subnet_mask, &subnet) &&
		    ip_prefix_has(subnet, next_hop) && next_hop != c->ip.ip)
			return true;
	}
	for (size_t i = 0; i < dc->n_lans; i++)
		if (lan_countable(&dc->lans[i]) && in_lan(&dc->lans[i], next_hop) &&
		    next_hop != dc->lans[i].gateway_ip.ip)
			return true;
	return false;
}

void validate_cpe_next_hop(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		const struct data_center *dc = &v->lab->data_centers[i];

		for (size_t j = 0; j < dc->n_routes; j++) {
			const struct cpe_route *r = &dc->routes[j];

			if (!r->next_hop.set || reaches(dc, r->next_hop.ip))
				continue;
			validate_report(v, r->next_hop.at,
					"data centre '%s' has no circuit and no LAN that next hop "
					"%s of route '%s' is on",
					dc->id.name, validate_ip(v, r->next_hop.ip), r->id.name);
			validate_hint(v, "name the `peer_ip` of a circuit, or a host of a LAN");
		}
	}
}

/* What the router has without any route, and would lose to one. */
static const struct named *connected(const struct data_center *dc, struct ip_prefix p)
{
	struct ip_prefix subnet;

	for (size_t i = 0; i < dc->n_lans; i++)
		if (dc->lans[i].cidr_block.set && ip_prefix_equal(dc->lans[i].cidr_block.p, p))
			return &dc->lans[i].id;
	for (size_t i = 0; i < dc->n_circuits; i++) {
		const struct circuit *c = &dc->circuits[i];

		if (circuit_subnet(&c->ip, &c->subnet_mask, &subnet) && ip_prefix_equal(subnet, p))
			return &c->id;
	}
	return NULL;
}

static void route_connected(struct validation *v, const struct data_center *dc,
			    const struct cpe_route *r)
{
	const struct cidr *to = &r->destination_cidr_block;
	const struct named *id = to->set ? connected(dc, to->p) : NULL;

	if (!id)
		return;
	validate_report(v, to->at, "data centre '%s' is in %s itself: route '%s' cannot lead there",
			dc->id.name, validate_cidr(v, to->p), r->id.name);
	diag_note(v->diags, id->at, "by '%s'", id->name);
}

void validate_cpe_route_connected(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		for (size_t j = 0; j < v->lab->data_centers[i].n_routes; j++)
			route_connected(v, &v->lab->data_centers[i],
					&v->lab->data_centers[i].routes[j]);
}

static bool same_way(const struct cpe_route *a, const struct cpe_route *b)
{
	return a->destination_cidr_block.set && b->destination_cidr_block.set &&
	       ip_prefix_equal(a->destination_cidr_block.p, b->destination_cidr_block.p) &&
	       (a->preference.v == b->preference.v ||
		(a->next_hop.set && b->next_hop.set && a->next_hop.ip == b->next_hop.ip));
}

void validate_cpe_route_duplicate(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		const struct data_center *dc = &v->lab->data_centers[i];

		for (size_t j = 1; j < dc->n_routes; j++)
			for (size_t k = 0; k < j; k++) {
				const struct cpe_route *a = &dc->routes[k], *b = &dc->routes[j];

				if (!same_way(a, b))
					continue;
				validate_report(v, b->destination_cidr_block.at,
						"routes '%s' and '%s' to %s have the same next hop "
						"or preference",
						a->id.name, b->id.name,
						validate_cidr(v, b->destination_cidr_block.p));
				diag_note(v->diags, a->destination_cidr_block.at, "the route '%s'",
					  a->id.name);
				validate_hint(v, "of several routes to one destination, each has "
						 "its own `next_hop` and `preference`");
				break;
			}
	}
}

/* --- DNS servers --- */

#define MAX_SERVERS 4 /* of a zone; DNS_MAX_SERVERS of dns/view.h */

static bool is_host_address(const char *s)
{
	uint32_t ip;

	return ip_parse(s, &ip) && !lab_range_is_nobodys(ip);
}

/* Why "10.0.0.1 10.0.0.2" is no list of servers, or NULL. */
static const char *servers_fault(struct validation *v, const char *s)
{
	size_t count = 0;

	while (*(s += strspn(s, " "))) {
		size_t n = strcspn(s, " ");

		if (!is_host_address(arena_strndup(v->scratch, s, n)))
			return "is not the address of a DNS server";
		count++;
		s += n;
	}
	if (count > MAX_SERVERS)
		return "has more than 4 addresses";
	return count ? NULL : "is not the address of a DNS server";
}

static bool same_zone(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);

	na -= na > 1 && a[na - 1] == '.';
	nb -= nb > 1 && b[nb - 1] == '.';
	return na == nb && strncasecmp(a, b, na) == 0;
}

static void check_forward(struct validation *v, const struct dns_server *d, size_t i)
{
	const struct pair *p = &d->forward[i];
	const char *why = p->value.s ? servers_fault(v, p->value.s) : NULL;

	if (!streq(p->key, ".") && !validate_is_host_name(p->key, strlen(p->key))) {
		validate_report(v, p->at, "'%s' is not the name of a zone", p->key);
		validate_hint(v, "write it like alicloudapi.com, or \".\" for every name");
	}
	for (size_t k = 0; k < i; k++)
		if (same_zone(d->forward[k].key, p->key)) {
			validate_report(v, p->at, "zone '%s' is forwarded twice", p->key);
			diag_note(v->diags, d->forward[k].at, "first written here");
		}
	if (!why)
		return;
	validate_report(v, p->value.at, "'%s' %s", p->value.s, why);
	validate_hint(v, "write one address, or up to 4 with spaces between them");
}

static void check_record(struct validation *v, const struct pair *p)
{
	if (!validate_is_host_name(p->key, strlen(p->key)))
		validate_report(v, p->at, "'%s' is not a host name", p->key);
	if (p->value.s && !is_host_address(p->value.s))
		validate_report(v, p->value.at, "'%s' is not the IPv4 address of a host",
				p->value.s);
}

typedef void dns_fn(struct validation *v, const struct dns_server *d);

static void each_dns(struct validation *v, dns_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		for (size_t j = 0; j < v->lab->data_centers[i].n_hosts; j++)
			fn(v, &v->lab->data_centers[i].hosts[j].dns);
}

static void forwards(struct validation *v, const struct dns_server *d)
{
	for (size_t i = 0; i < d->n_forward; i++)
		check_forward(v, d, i);
}

static void records(struct validation *v, const struct dns_server *d)
{
	for (size_t i = 0; i < d->n_records; i++)
		check_record(v, &d->records[i]);
}

void validate_dns_forward(struct validation *v)
{
	each_dns(v, forwards);
}

void validate_dns_record(struct validation *v)
{
	each_dns(v, records);
}
