// SPDX-License-Identifier: GPL-2.0-only
/** Domains of groups, and private zones. */

#include "base/name.h"
#include "validate/rule.h"
#include "validate/rules.h"
#include "validate/syntax.h"

#define MAX_DOMAINS 5
#define CLOUD       "alicloudapi.com"

/* Why the name is none that a user could bind, or NULL. */
static const char *domain_fault(const char *name)
{
	if (!validate_is_host_name(name, strlen(name)) || !strchr(name, '.'))
		return "it is no domain name";
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")])
		return "it has other characters than a-z, 0-9, - and dots";
	return name_is_below(name, CLOUD) ? CLOUD " is the cloud's own" : NULL;
}

/* The domain where another group has it, or NULL. */
static const struct api_domain *earlier(const struct lab *lab, const struct api_group *until,
					const char *name, const struct api_group **owner)
{
	for (const struct api_group *g = lab->api_groups; g < until; g++) {
		for (size_t i = 0; i < g->n_domains; i++) {
			if (strcmp(g->domains[i].id.name, name) != 0)
				continue;
			*owner = g;
			return &g->domains[i];
		}
	}
	return NULL;
}

static void check_domain(struct validation *v, const struct api_group *g,
			 const struct api_domain *d)
{
	const char *why = domain_fault(d->id.name);
	const struct api_group *owner;
	const struct api_domain *first = earlier(v->lab, g, d->id.name, &owner);

	if (why) {
		validate_report(v, d->id.at, "API group '%s' cannot have domain '%s': %s",
				g->id.name, d->id.name, why);
	} else if (first) {
		validate_report(v, d->id.at, "API group '%s' has domain '%s' of group '%s'",
				g->id.name, d->id.name, owner->id.name);
		diag_note(v->diags, first->id.at, "it is bound here");
		validate_hint(v, "a domain leads to one group: bind it there only");
	}
}

void validate_group_domain(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_groups; i++) {
		const struct api_group *g = &v->lab->api_groups[i];

		if (g->n_domains > MAX_DOMAINS)
			validate_report(v, g->domains[MAX_DOMAINS].id.at,
					"API group '%s' has more than %d domains", g->id.name,
					MAX_DOMAINS);
		for (size_t k = 0; k < g->n_domains; k++)
			check_domain(v, g, &g->domains[k]);
	}
}

/* --- private zones --- */

static bool is_target(const char *s)
{
	uint32_t ip;

	/* what has a variable in it was reported already */
	return ip_parse(s, &ip) || strstr(s, "${") || validate_is_host(s, strlen(s));
}

static void check_record(struct validation *v, const struct private_zone *z, const struct pair *r)
{
	uint32_t ip;

	if (strcmp(r->key, "@") != 0 && !validate_is_host_name(r->key, strlen(r->key)))
		validate_report(v, r->at,
				"private zone '%s' cannot have a record '%.60s': it is no name",
				z->id.name, r->key);
	else if (r->value.s && !is_target(r->value.s))
		validate_report(
			v, r->value.at,
			"record '%s' of private zone '%s' leads nowhere: '%.60s' is neither "
			"an address nor a name",
			r->key, z->id.name, r->value.s);
	else if (r->value.s && strcmp(r->key, "@") == 0 && !ip_parse(r->value.s, &ip))
		validate_report(
			v, r->value.at,
			"record '@' of private zone '%s' cannot be another name: the zone's "
			"own name has no CNAME",
			z->id.name);
}

void validate_private_zone(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_private_zones; i++) {
		const struct private_zone *z = &v->lab->private_zones[i];
		const char *why = z->zone_name.s ? domain_fault(z->zone_name.s) : NULL;

		if (why)
			validate_report(v, z->zone_name.at,
					"private zone '%s' cannot have zone name '%s': %s",
					z->id.name, z->zone_name.s, why);
		for (size_t k = 0; k < z->n_records; k++)
			check_record(v, z, &z->records[k]);
	}
}

static const struct ref *bound_to(const struct private_zone *z, const void *vpc)
{
	for (size_t i = 0; vpc && i < z->n_vpcs; i++)
		if (z->vpcs[i].to == vpc)
			return &z->vpcs[i];
	return NULL;
}

static void check_pair(struct validation *v, const struct private_zone *a,
		       const struct private_zone *b)
{
	if (!a->zone_name.s || !b->zone_name.s || strcmp(a->zone_name.s, b->zone_name.s) != 0)
		return;
	for (size_t i = 0; i < b->n_vpcs; i++) {
		const struct ref *first = bound_to(a, b->vpcs[i].to);

		if (!first)
			continue;
		validate_report(v, b->vpcs[i].at, "VPC '%s' has two private zones of '%s'",
				first->name, a->zone_name.s);
		diag_note(v->diags, first->at, "private zone '%s' is bound here", a->id.name);
	}
}

void validate_private_zone_twice(struct validation *v)
{
	const struct lab *lab = v->lab;

	for (size_t i = 1; i < lab->n_private_zones; i++)
		for (size_t j = 0; j < i; j++)
			check_pair(v, &lab->private_zones[j], &lab->private_zones[i]);
}
