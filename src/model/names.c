// SPDX-License-Identifier: GPL-2.0-only
/* Names that are derived from names. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/name.h"
#include "model/model.h"

#define HEAD 22 /* and a hyphen and eight digits: NAME_MAX_LEN */

static const char *shortened(const struct lab *lab, const char *name)
{
	if (strlen(name) <= NAME_MAX_LEN)
		return name;
	return arena_printf(lab->arena, "%.*s-%08x", HEAD, name, (unsigned int)hash_str(0, name));
}

const char *lab_worker(const struct lab *lab, const char *kind, const char *name)
{
	return shortened(lab, arena_join(lab->arena, kind, "-", name, NULL));
}

const char *lab_service_worker(const struct lab *lab, const char *node, const char *service)
{
	return shortened(lab, arena_join(lab->arena, "service-", node, "-", service, NULL));
}

static const char *domain(const struct lab *lab, const struct api_group *group, const char *suffix)
{
	const struct api_gateway *gw = group->instance.to;
	const char *region = gw ? gw->region.name : "unknown";
	uint64_t hi = hash_str(hash_str(1, lab->id.name), group->id.name);
	uint64_t lo = hash_str(hash_str(2, lab->id.name), group->id.name);

	if (group->sub_domain_id.s)
		return arena_printf(lab->arena, "%s-%s%s.alicloudapi.com", group->sub_domain_id.s,
				    region, suffix);
	return arena_printf(lab->arena, "%016" PRIx64 "%016" PRIx64 "-%s%s.alicloudapi.com", hi, lo,
			    region, suffix);
}

const char *lab_public_domain(const struct lab *lab, const struct api_group *group)
{
	return domain(lab, group, "");
}

const char *lab_vpc_domain(const struct lab *lab, const struct api_group *group)
{
	return domain(lab, group, "-vpc");
}

static uint64_t app_hash(const struct lab *lab, const struct app *app, uint64_t seed)
{
	return hash_str(hash_str(hash_str(seed, lab->id.name), "apps"), app->id.name);
}

const char *lab_app_key(const struct lab *lab, const struct app *app)
{
	if (app->app_key.s)
		return app->app_key.s;
	return arena_printf(lab->arena, "%" PRIu64, 200000000 + app_hash(lab, app, 1) % 800000000);
}

const char *lab_app_secret(const struct lab *lab, const struct app *app)
{
	if (app->app_secret.s)
		return app->app_secret.s;
	return arena_printf(lab->arena, "%016" PRIx64 "%016" PRIx64, app_hash(lab, app, 2),
			    app_hash(lab, app, 3));
}

const char *lab_app_code(const struct lab *lab, const struct app *app)
{
	if (app->app_code.s)
		return app->app_code.s;
	return arena_printf(lab->arena, "%016" PRIx64 "%016" PRIx64, app_hash(lab, app, 4),
			    app_hash(lab, app, 5));
}

bool lab_service_prefix(const struct lab *lab, const char *host, struct ip_prefix *p)
{
	p->len = 32;
	if (ip_parse(host, &p->addr) || ip_prefix_parse(host, p) == IP_OK)
		return true;
	for (size_t i = 0; i < lab->n_api_groups; i++) {
		const struct api_group *g = &lab->api_groups[i];
		const struct api_gateway *gw = g->instance.to;

		if (!g->vpc_domain || !gw || gw->instance_type != GATEWAY_SERVERLESS ||
		    strcasecmp(host, lab_vpc_domain(lab, g)) != 0)
			continue;
		*p = (struct ip_prefix){lab_serverless_ip(lab, gw), 32};
		return true;
	}
	return false;
}

#define SERVERLESS_BASE 0x64646001u /* 100.100.96.1 */

uint32_t lab_serverless_ip(const struct lab *lab, const struct api_gateway *gw)
{
	return SERVERLESS_BASE + (uint32_t)(gw - lab->api_gateways);
}

/* The i-th public domain of a group whose instance is on the Internet; *i counts down otherwise. */
static bool group_name_at(const struct lab *lab, size_t *i, struct lab_name *name)
{
	for (size_t k = 0; k < lab->n_api_groups; k++) {
		const struct api_group *g = &lab->api_groups[k];
		const struct api_gateway *gw = g->instance.to;

		if (!gw || !gw->public_ip.set)
			continue;
		if ((*i)-- == 0) {
			*name = (struct lab_name){lab_public_domain(lab, g), gw->public_ip.ip};
			return true;
		}
	}
	return false;
}

bool lab_public_name_at(const struct lab *lab, size_t i, struct lab_name *name)
{
	if (group_name_at(lab, &i, name))
		return true;
	for (size_t k = 0; k < lab->internet.n_hosts; k++) {
		const struct internet_host *h = &lab->internet.hosts[k];

		if (i < h->n_domains) {
			*name = (struct lab_name){h->domains[i].s, h->ip.ip};
			return true;
		}
		i -= h->n_domains;
	}
	return false;
}
