// SPDX-License-Identifier: GPL-2.0-only
/** What gateways reach: VPC access authorizations, HTTP backends, interfaces of vpc_connect. */
#include "validate/rule.h"
#include "validate/rules.h"
#include "validate/syntax.h"

/* --- authorizations --- */

void validate_access_instance(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpc_accesses; i++) {
		const struct vpc_access *a = &v->lab->vpc_accesses[i];
		uint32_t ip;

		if (a->instance_id.s && ip_parse(a->instance_id.s, &ip) && lab_range_is_nobodys(ip))
			validate_report(
				v, a->instance_id.at,
				"VPC access authorization '%s' is for %s, which is nobody's",
				a->id.name, a->instance_id.s);
		if (!a->ecs || !a->vpc.to || !ecs_vpc(a->ecs) || ecs_vpc(a->ecs) == a->vpc.to)
			continue;
		validate_report(v, a->instance_id.at,
				"VPC access authorization '%s' is of VPC '%s', but '%s' is in VPC "
				"'%s'",
				a->id.name, a->vpc.name, a->ecs->id.name, ecs_vpc(a->ecs)->id.name);
		diag_note(v->diags, a->ecs->vswitch.at, "'%s' is in this vSwitch", a->ecs->id.name);
	}
}

static void check_access_region(struct validation *v, const struct api *api,
				const struct api_backend *b)
{
	const struct vpc_access *a = b->vpc_access.to;
	const struct api_gateway *gw = api_gateway_of(api);
	const struct region *r = a ? vpc_region(a->vpc.to) : NULL;

	if (!r || !gw || !gw->region.to || gw->region.to == r)
		return;
	validate_report(v, b->vpc_access.at,
			"API '%s' is on an instance in '%s' and cannot use authorization "
			"'%s' of VPC '%s', which is in '%s'",
			api->id.name, gw->region.name, a->id.name, a->vpc.name, r->id.name);
	diag_note(v->diags, a->vpc.at, "the VPC of '%s'", a->id.name);
	validate_hint(v, "authorize a VPC of '%s'; over CEN it leads on to other regions",
		      gw->region.name);
}

void validate_access_region(struct validation *v)
{
	validate_each_backend(v, check_access_region);
}

static void check_access_deleted(struct validation *v, const struct api *api,
				 const struct api_backend *b)
{
	const struct vpc_access *a = b->vpc_access.to;

	if (a && a->deleted)
		validate_report(v, b->vpc_access.at,
				"VPC access authorization '%s' of API '%s' was deleted: "
				"calls will be answered with 504 X504VE",
				a->id.name, api->id.name);
}

void validate_access_deleted(struct validation *v)
{
	validate_each_backend(v, check_access_deleted);
}

void validate_access_host(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vpc_accesses; i++) {
		const struct text *host = &v->lab->vpc_accesses[i].vpc_target_host_name;

		if (!host->s || validate_is_host_header(host->s))
			continue;
		validate_report(v, host->at, "'%s' is not a host name", host->s);
		validate_hint(v, "write it like orders.example.com or orders.example.com:8080");
	}
}

/* --- HTTP backends --- */

static bool is_the_clouds(struct validation *v, const char *host, size_t n)
{
	uint32_t ip;

	return ip_parse(arena_strndup(v->scratch, host, n), &ip) && ip_prefix_has(LAB_SERVICES, ip);
}

/* Why "http://HOST[:PORT]", or https, is none, or NULL. */
static const char *url_fault(struct validation *v, const char *s)
{
	size_t name;

	if (strncmp(s, "http://", 7) != 0 && strncmp(s, "https://", 8) != 0)
		return "it starts neither with http:// nor with https://";
	s = strchr(s, '/') + 2;
	name = strcspn(s, ":/?#");
	if (!validate_is_host(s, name))
		return "it has no valid host";
	if (is_the_clouds(v, s, name))
		return "100.64.0.0/10 is the cloud's own network";
	if (s[name] == ':' && !validate_is_port(s + name + 1, strlen(s + name + 1)))
		return "it has no valid port";
	return s[name] && s[name] != ':' ? "its path is written as `path:`" : NULL;
}

static void check_http(struct validation *v, const struct api *api, const struct api_backend *b)
{
	const char *why = b->http.s ? url_fault(v, b->http.s) : NULL;

	if (!why)
		return;
	validate_report(v, b->http.at, "'%s' is not an HTTP service: %s", b->http.s, why);
	validate_hint(v, "write it like http://api.example.com:8080");
}

void validate_backend_http(struct validation *v)
{
	validate_each_backend(v, check_http);
}

/* Why a backend of that kind has no such scheme, or path, or method; NULL where it may, or has none. */
static const char *scheme_fault(const struct api_backend *b)
{
	return b->vpc_scheme_at.line && b->kind != BACKEND_HTTP_VPC
		       ? "only targets of VPC access authorizations have a vpc_scheme"
		       : NULL;
}

static const char *call_fault(const struct api_backend *b)
{
	return !backend_takes_http(b) && (b->path.s || b->method_at.line)
		       ? "only HTTP services and functions with an HTTP trigger have a path and a "
			 "method"
		       : NULL;
}

static void check_keys(struct validation *v, const struct api *api, const struct api_backend *b)
{
	const char *scheme = scheme_fault(b), *call = call_fault(b);

	if (scheme) {
		validate_report(v, b->vpc_scheme_at, "API '%s': %s", api->id.name, scheme);
		validate_hint(v, "%s",
			      b->kind == BACKEND_HTTP ? "write https:// in `http:`"
						      : "leave it out");
	}
	if (!call)
		return;
	validate_report(v, b->path.s ? b->path.at : b->method_at, "API '%s': %s", api->id.name,
			call);
	validate_hint(v, "leave it out");
}

void validate_backend_keys(struct validation *v)
{
	validate_each_backend(v, check_keys);
}

static void check_path(struct validation *v, const struct api *api, const struct api_backend *b)
{
	const struct text *path = &b->path;
	const char *why = path->s ? validate_path_fault(path->s, true) : NULL;

	if (why) {
		validate_report(v, path->at, "the service of API '%s' cannot have path '%s': %s",
				api->id.name, path->s, why);
		return;
	}
	for (const char *p = path->s; p && (p = strchr(p, '[')); p++) {
		size_t n = strcspn(p, "]") + 1;

		if (n < 2 || validate_backend_knows(api, arena_strndup(v->scratch, p + 1, n - 2)))
			continue;
		validate_report(v, validate_span_find(path->at, arena_strndup(v->scratch, p, n)),
				"the path of API '%s' has no parameter %.*s", api->id.name, (int)n,
				p);
		diag_note(v->diags, api->path.at, "the path of the API");
	}
}

void validate_backend_path(struct validation *v)
{
	validate_each_backend(v, check_path);
}

/* --- backends of plug-ins --- */

static bool is_here(const struct region *region, const struct api_gateway *gw)
{
	return !region || !gw->region.to || gw->region.to == region;
}

/* Why an instance cannot call it, or NULL. */
static const char *elsewhere(const struct api_backend *b, const struct api_gateway *gw)
{
	const struct function *f = b->function.to;
	const struct vpc_access *a = b->vpc_access.to;

	if (f && !is_here(f->region.to, gw))
		return "the function is in another region than the API";
	if (a && !is_here(vpc_region(a->vpc.to), gw))
		return "the authorization is of a VPC in another region than the API";
	return b->timeout.set && gw->instance_type == GATEWAY_SERVERLESS &&
			       b->timeout.v > 30 * UINT64_C(1000000)
		       ? "on a serverless instance it has at most 30 s"
		       : NULL;
}

static const char *backend_fault(struct validation *v, const struct api_backend *b)
{
	const char *why = b->http.s ? url_fault(v, b->http.s) : NULL;

	why = why ? why : call_fault(b);
	why = why ? why : scheme_fault(b);
	if (why)
		return why;
	if (b->timeout.set && (b->timeout.v < 300000 || b->timeout.v > 120 * UINT64_C(1000000)))
		return "its timeout is not 300 ms to 120 s";
	return b->path.s ? validate_path_fault(b->path.s, false) : NULL;
}

static void check_backend(struct validation *v, const struct plugin *p, const struct api_backend *b)
{
	const char *why = b->at.line ? backend_fault(v, b) : NULL;

	if (why)
		validate_report(v, b->at, "plug-in '%s' cannot have this backend: %s", p->id.name,
				why);
	for (size_t i = 0; b->at.line && i < v->lab->n_plugin_attachments; i++) {
		const struct plugin_attachment *a = &v->lab->plugin_attachments[i];
		const struct api_gateway *gw = a->plugin.to == p && a->api.to
						       ? api_gateway_of(a->api.to)
						       : NULL;

		why = gw ? elsewhere(b, gw) : NULL;
		if (!why)
			continue;
		validate_report(v, b->at, "plug-in '%s' cannot have this backend: %s", p->id.name,
				why);
		diag_note(v->diags, a->api.at, "the API that it is bound to");
	}
}

void validate_plugin_backend(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_plugins; i++) {
		const struct plugin *p = &v->lab->plugins[i];

		for (size_t j = 0; j < p->routing.n_routes; j++)
			check_backend(v, p, &p->routing.routes[j].backend);
		check_backend(v, p, &p->circuit_breaker.downgrade_backend);
	}
}

/* --- vpc_connect --- */

void validate_gateway_interface(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];
		bool connected = gw->instance_type == GATEWAY_VPC_CONNECT;
		const struct span at = gw->interface.at.line ? gw->interface.at
				       : gw->n_to_connect_vpc_ip_block
					       ? gw->to_connect_vpc_ip_block[0].at
					       : (struct span){0};

		if (connected && !gw->interface.at.line) {
			validate_report(v, gw->id.at,
					"API Gateway instance '%s' is of type vpc_connect and has "
					"no network interface",
					gw->id.name);
			validate_hint(v, "write `zone_vswitch_security_group:` with a vSwitch and "
					 "a security group");
		} else if (!connected && at.line) {
			validate_report(v, at,
					"API Gateway instance '%s' has no network interface in a "
					"VPC: it is not of type vpc_connect",
					gw->id.name);
			validate_hint(v, "write `instance_type: vpc_connect`, or leave this out");
		}
	}
}

void validate_interface_vpc(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];
		const struct vswitch *s = gw->interface.vswitch.to;
		const struct security_group *g = gw->interface.security_group.to;
		const struct region *r = s ? vpc_region(s->vpc) : NULL;

		if (r && gw->region.to && r != gw->region.to) {
			validate_report(v, gw->interface.vswitch.at,
					"vSwitch '%s' is in '%s', API Gateway instance '%s' in "
					"'%s'",
					s->id.name, r->id.name, gw->id.name, gw->region.name);
			diag_note(v->diags, s->id.at, "'%s' stands here", s->id.name);
		}
		if (s && g && g->vpc.to && g->vpc.to != s->vpc) {
			validate_report(v, gw->interface.security_group.at,
					"security group '%s' is of VPC '%s', vSwitch '%s' of VPC "
					"'%s'",
					g->id.name, g->vpc.name, s->id.name, s->vpc->id.name);
			diag_note(v->diags, g->vpc.at, "the VPC of '%s'", g->id.name);
		}
	}
}
