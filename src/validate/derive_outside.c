// SPDX-License-Identifier: GPL-2.0-only
/**
 * Values that the lab file leaves open outside of the cloud, chosen as those of derive.c are: what is
 * written is taken first, then the lowest free value goes to each in order of the file.
 */
#include "validate/rule.h"
#include "validate/rules.h"

/* --- LANs of data centres --- */

static void choose_gateway(struct lan *lan)
{
	if (lan->gateway_ip.set || !lan_countable(lan))
		return;
	lan->gateway_ip.ip = ip_prefix_first(lan->cidr_block.p) + 1;
	lan->gateway_ip.set = true;
}

static bool lan_address_taken(const struct data_center *dc, const struct lan *lan, uint32_t ip)
{
	if (lan->gateway_ip.set && lan->gateway_ip.ip == ip)
		return true;
	for (size_t i = 0; i < dc->n_hosts; i++)
		if (dc->hosts[i].ip.set && dc->hosts[i].ip.ip == ip)
			return true;
	return false;
}

static void choose_host(struct validation *v, struct data_center *dc, struct host *h)
{
	const struct lan *lan = h->lan.to;
	uint32_t ip, last;

	if (h->ip.set || !lan || !lan_countable(lan))
		return;
	last = ip_prefix_last(lan->cidr_block.p) - 1;
	for (ip = ip_prefix_first(lan->cidr_block.p) + 1; ip <= last; ip++)
		if (!lan_address_taken(dc, lan, ip))
			break;
	if (ip > last) {
		validate_report(v, h->id.at, "LAN '%s' (%s) has no free address for host '%s'",
				lan->id.name, validate_cidr(v, lan->cidr_block.p), h->id.name);
		validate_hint(v, "add a LAN to the data centre and put it there");
		return;
	}
	h->ip.ip = ip;
	h->ip.set = true;
}

void validate_lan_addresses(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		struct data_center *dc = &v->lab->data_centers[i];

		for (size_t j = 0; j < dc->n_lans; j++)
			choose_gateway(&dc->lans[j]);
		for (size_t j = 0; j < dc->n_hosts; j++)
			choose_host(v, dc, &dc->hosts[j]);
	}
}

/* --- the Internet --- */

static bool public_taken(const struct lab *lab, uint32_t ip)
{
	for (size_t i = 0; i < lab->internet.n_hosts; i++)
		if (lab->internet.hosts[i].ip.set && lab->internet.hosts[i].ip.ip == ip)
			return true;
	for (size_t i = 0; i < lab->n_api_gateways; i++)
		if (lab->api_gateways[i].public_ip.set && lab->api_gateways[i].public_ip.ip == ip)
			return true;
	return false;
}

/* Addresses for documentation (RFC 5737) mean nobody. */
static void choose_public(struct validation *v, const struct named *id, struct ip_prefix from,
			  struct address *ip)
{
	for (uint32_t n = ip_prefix_first(from) + 10; !ip->set && n < ip_prefix_last(from); n++) {
		if (public_taken(v->lab, n))
			continue;
		ip->ip = n;
		ip->set = true;
	}
	if (ip->set)
		return;
	validate_report(v, id->at, "no address of %s is left for '%s'", validate_cidr(v, from),
			id->name);
	validate_hint(v, "write an address for it");
}

void validate_public_addresses(struct validation *v)
{
	static const struct ip_prefix hosts = {0xcb007100, 24};    /* 203.0.113.0/24 */
	static const struct ip_prefix gateways = {0xc6336400, 24}; /* 198.51.100.0/24 */
	struct lab *lab = v->lab;

	for (size_t i = 0; i < lab->internet.n_hosts; i++)
		choose_public(v, &lab->internet.hosts[i].id, hosts, &lab->internet.hosts[i].ip);
	for (size_t i = 0; lab->internet.at.line && i < lab->n_api_gateways; i++)
		choose_public(v, &lab->api_gateways[i].id, gateways,
			      &lab->api_gateways[i].public_ip);
}
