// SPDX-License-Identifier: GPL-2.0-only
/** The Internet: public addresses and names. */
#include "validate/rule.h"
#include "validate/rules.h"
#include "validate/syntax.h"

/* What is never seen on the Internet, and what labctl's own resolver there has. */
static const struct {
	struct ip_prefix p;
	const char *what;
} private[] = {
	{{0x0a000000, 8}, "private (10.0.0.0/8)"},
	{{0xac100000, 12}, "private (172.16.0.0/12)"},
	{{0xc0a80000, 16}, "private (192.168.0.0/16)"},
	{{0x64400000, 10}, "the cloud's own (100.64.0.0/10)"},
	{{0x7f000000, 8}, "a loopback address"},
	{{0xa9fe0000, 16}, "link-local (169.254.0.0/16)"},
	{{0xe0000000, 3}, "no host's address"},
	{{0x00000000, 8}, "no host's address"},
	{{0xc0000200, 24}, "of 192.0.2.0/24, which the lab's Internet needs itself"},
};

static const char *not_public(uint32_t ip)
{
	for (size_t i = 0; i < sizeof(private) / sizeof(*private); i++)
		if (ip_prefix_has(private[i].p, ip))
			return private[i].what;
	/* hosts have the mask of a /24 */
	return (ip & 0xff) == 0xff ? "a broadcast address there" : NULL;
}

/* Whoever has a public address, the hosts first; behind the last one, nobody. */
struct owner {
	const struct named *id;
	const struct address *ip;
};

static struct owner public_at(const struct lab *lab, size_t i)
{
	size_t n = lab->internet.n_hosts;

	if (i < n)
		return (struct owner){&lab->internet.hosts[i].id, &lab->internet.hosts[i].ip};
	if (i - n < lab->n_api_gateways)
		return (struct owner){&lab->api_gateways[i - n].id,
				      &lab->api_gateways[i - n].public_ip};
	return (struct owner){0};
}

void validate_public_address(struct validation *v)
{
	struct owner o;

	for (size_t i = 0; (o = public_at(v->lab, i)).id; i++) {
		const char *what = o.ip->set ? not_public(o.ip->ip) : NULL;

		if (what)
			validate_report(v, o.ip->at,
					"'%s' cannot have %s on the Internet: it is %s", o.id->name,
					validate_ip(v, o.ip->ip), what);
	}
}

static void report_same(struct validation *v, struct owner first, struct owner second)
{
	validate_report(v, span_or(second.ip->at, second.id->at),
			"address %s of '%s' is that of '%s'", validate_ip(v, second.ip->ip),
			second.id->name, first.id->name);
	diag_note(v->diags, span_or(first.ip->at, first.id->at), "'%s' has it here",
		  first.id->name);
}

void validate_public_conflict(struct validation *v)
{
	struct owner a, b;

	for (size_t i = 1; (b = public_at(v->lab, i)).id; i++)
		for (size_t j = 0; b.ip->set && j < i; j++) {
			a = public_at(v->lab, j);
			if (!a.ip->set || a.ip->ip != b.ip->ip)
				continue;
			report_same(v, a, b);
			break;
		}
}

void validate_public_absent(struct validation *v)
{
	for (size_t i = 0; !v->lab->internet.at.line && i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];

		if (!gw->public_ip.set)
			continue;
		validate_report(v, gw->public_ip.at,
				"API Gateway instance '%s' has a public address in a lab without "
				"Internet",
				gw->id.name);
		validate_hint(v, "write `internet: {}`, or leave `public_ip` out");
	}
}

static void check_domain(struct validation *v, const struct internet_host *h, size_t at)
{
	const struct text *d = &h->domains[at];

	if (!validate_is_host_name(d->s, strlen(d->s))) {
		validate_report(v, d->at, "'%s' is not a host name", d->s);
		return;
	}
	for (const struct internet_host *o = v->lab->internet.hosts; o <= h; o++)
		for (size_t i = 0; i < o->n_domains && !(o == h && i >= at); i++) {
			if (strcasecmp(o->domains[i].s, d->s) != 0)
				continue;
			validate_report(v, d->at, "the name '%s' is given twice", d->s);
			diag_note(v->diags, o->domains[i].at, "to '%s' here", o->id.name);
			return;
		}
}

void validate_public_domain(struct validation *v)
{
	for (size_t i = 0; i < v->lab->internet.n_hosts; i++)
		for (size_t j = 0; j < v->lab->internet.hosts[i].n_domains; j++)
			check_domain(v, &v->lab->internet.hosts[i], j);
}
