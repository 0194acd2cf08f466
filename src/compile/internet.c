// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Internet: one router on which every public host hangs on a port of its own, as instances do on a
 * VPC, and a resolver at 192.0.2.53 that knows public names only. It leads to nobody else: neither VPCs
 * nor data centres have an uplink.
 */
#include "compile/context.h"

static const struct ip_prefix everything = {0, 0};

static bool is_somebodys(const struct lab *lab, uint32_t ip)
{
	for (size_t i = 0; i < lab->internet.n_hosts; i++)
		if (lab->internet.hosts[i].ip.ip == ip)
			return true;
	for (size_t i = 0; i < lab->n_api_gateways; i++)
		if (lab->api_gateways[i].public_ip.ip == ip)
			return true;
	return false;
}

/* What the host takes for its router: the first address of its /24 that is nobody's. */
static uint32_t gateway_of(const struct lab *lab, uint32_t host)
{
	const uint32_t last = host | 0xff;
	uint32_t ip = (host & 0xffffff00) + 1;

	while (ip < last && is_somebodys(lab, ip))
		ip++;
	return ip;
}

static void add_host(struct compile *c, const struct internet_host *h)
{
	struct plan_origin origin = compile_origin(c, "internet", &h->id);
	const char *ns = h->id.name, *port = compile_ifname(c, ns);
	const uint32_t gateway = gateway_of(c->lab, h->ip.ip);
	char ip[IP_STRLEN], dns[IP_STRLEN];

	compile_namespace(c, origin, ns, "internet-host");
	(void)compile_link(c, origin, /* the plan owns it */
			   (struct plan_end){.ns = INTERNET_NS,
					     .dev = port,
					     .proxy_arp = true,
					     .alias = compile_text(c, "host %s", ns)},
			   (struct plan_end){.ns = ns, .dev = "eth0", .alias = "the Internet"});
	compile_address(c, origin, INTERNET_NS, port, (struct ip_prefix){gateway, 32});
	compile_address(c, origin, ns, "eth0", (struct ip_prefix){h->ip.ip, 24});
	compile_route(c, origin, INTERNET_NS, PLAN_TABLE_MAIN, (struct ip_prefix){h->ip.ip, 32},
		      PLAN_PROTO_SYSTEM, (struct hop){.dev = port});
	compile_route(c, origin, ns, PLAN_TABLE_MAIN, everything, PLAN_PROTO_SYSTEM,
		      (struct hop){.dev = "eth0", .via = gateway, .on_subnet = true});
	compile_node(c, origin, ns,
		     compile_text(c, "nameserver %s\n", ip_format(INTERNET_DNS, dns)),
		     compile_text(c, "%s %s\n", ip_format(h->ip.ip, ip), ns));
}

void compile_internet(struct compile *c)
{
	const struct internet *internet = &c->lab->internet;
	struct plan_origin origin = {"internet", compile_place(c, internet->at)};

	if (!internet->at.line)
		return;
	compile_foreign_router(c, origin, INTERNET_NS, "internet");
	compile_address(c, origin, INTERNET_NS, "lo", (struct ip_prefix){INTERNET_DNS, 32});
	compile_router_filter(c, origin, INTERNET_NS);
	compile_last_route(c, origin, INTERNET_NS, PLAN_TABLE_MAIN);
	for (size_t i = 0; i < internet->n_hosts; i++)
		add_host(c, &internet->hosts[i]);
}
