// SPDX-License-Identifier: GPL-2.0-only
/** APIs and the functions behind them. */

#include "validate/rule.h"
#include "validate/rules.h"
#include "validate/syntax.h"

#define MAX_APIS      1000
#define MAX_FUNCTIONS 4000 /* compile/ gives them 100.100.80.1 and on, gateways 100.100.96.1 */

/* --- paths --- */

/* "[name]" of a parameter that stands in the path twice, and n of its characters; NULL: none does. */
static const char *repeated_parameter(const char *path, size_t *n)
{
	for (const char *p = path; (p = strchr(p, '[')); p += *n) {
		*n = strcspn(p, "/");
		if (memmem(path, (size_t)(p - path), p, *n))
			return p;
	}
	return NULL;
}

/* Its segments are sound. */
static void check_parameters(struct validation *v, const struct api *api)
{
	size_t n;
	const char *p = repeated_parameter(api->path.s, &n);

	if (!p)
		return;
	validate_report(v, api->path.at, "API '%s' has parameter %.*s twice in its path",
			api->id.name, (int)n, p);
	validate_hint(v, "name them differently: a backend could get one of them only");
}

void validate_api_path(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++) {
		const struct api *api = &v->lab->apis[i];
		const char *why = api->path.s ? validate_path_fault(api->path.s, true) : NULL;

		if (why)
			validate_report(v, api->path.at, "API '%s' cannot have path '%s': %s",
					api->id.name, api->path.s, why);
		else if (api->path.s)
			check_parameters(v, api);
	}
}

void validate_group_base_path(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_groups; i++) {
		const struct api_group *g = &v->lab->api_groups[i];
		const char *why = g->base_path.s ? validate_path_fault(g->base_path.s, false)
						 : NULL;

		if (why)
			validate_report(v, g->base_path.at,
					"API group '%s' cannot have base path '%s': %s", g->id.name,
					g->base_path.s, why);
	}
}

/* Whether the same requests match both: the names of parameters do not matter. */
static bool same_shape(const char *a, const char *b)
{
	while (*a && *b) {
		if (*a != *b)
			return false;
		if (*a == '[') {
			a += strcspn(a, "/");
			b += strcspn(b, "/");
		} else {
			a++;
			b++;
		}
	}
	return *a == *b;
}

void validate_api_duplicate(struct validation *v)
{
	for (size_t i = 1; i < v->lab->n_apis; i++) {
		const struct api *b = &v->lab->apis[i];

		for (size_t j = 0; b->group.to && b->path.s && j < i; j++) {
			const struct api *a = &v->lab->apis[j];

			if (a->group.to != b->group.to || a->method != b->method || !a->path.s ||
			    !same_shape(a->path.s, b->path.s))
				continue;
			validate_report(
				v, b->path.at,
				"API '%s' has the method and path of API '%s' in group '%s'",
				b->id.name, a->id.name, b->group.name);
			diag_note(v->diags, a->path.at, "the path of '%s'", a->id.name);
			validate_hint(v, "no request could tell them apart: change one of them");
			break;
		}
	}
}

/* --- quotas, stages, backends --- */

void validate_api_quota(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_groups; i++) {
		const struct api_group *g = &v->lab->api_groups[i];
		size_t n = 0;

		for (size_t j = 0; j < v->lab->n_apis; j++) {
			if (v->lab->apis[j].group.to != g || ++n != MAX_APIS + 1)
				continue;
			validate_report(v, v->lab->apis[j].id.at,
					"API group '%s' has more than %d APIs", g->id.name,
					MAX_APIS);
			diag_note(v->diags, g->id.at, "the group stands here");
			validate_hint(v, "put the others into a second group");
		}
	}
}

void validate_api_stage(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++) {
		const struct api *api = &v->lab->apis[i];

		for (size_t j = 1; j < api->n_stages; j++) {
			for (size_t k = 0; k < j; k++) {
				if (!streq(api->stages[j].s, api->stages[k].s))
					continue;
				validate_report(v, api->stages[j].at,
						"API '%s' is published to stage '%s' twice",
						api->id.name, api->stages[j].s);
				diag_note(v->diags, api->stages[k].at, "first written here");
				break;
			}
		}
	}
}

static void check_timeout(struct validation *v, const struct api *api, const struct api_backend *b)
{
	const struct api_gateway *gw = api_gateway_of(api);
	const struct number *t = &b->timeout;
	bool shared = gw && gw->instance_type == GATEWAY_SERVERLESS;
	uint64_t most = (shared ? 30 : 120) * UINT64_C(1000000);

	if (!t->set || (t->v >= 300000 && t->v <= most))
		return;
	validate_report(v, t->at,
			"API '%s' has a backend timeout of %s, but 300 ms to %s are possible "
			"on a %s instance",
			api->id.name, validate_duration(v, t->v), validate_duration(v, most),
			shared ? "serverless" : "dedicated");
	if (gw)
		diag_note(v->diags, gw->id.at, "the instance stands here");
}

void validate_backend_timeout(struct validation *v)
{
	validate_each_backend(v, check_timeout);
}

static void check_function_region(struct validation *v, const struct api *api,
				  const struct api_backend *b)
{
	const struct function *f = b->function.to;
	const struct api_gateway *gw = api_gateway_of(api);

	if (!f || !gw || !f->region.to || !gw->region.to || f->region.to == gw->region.to)
		return;
	validate_report(v, b->function.at,
			"function '%s' is in '%s' and API '%s' in '%s': the gateway would "
			"call it over the Internet, which this release does not have",
			f->id.name, f->region.name, api->id.name, gw->region.name);
	diag_note(v->diags, f->region.at, "the region of the function");
	diag_note(v->diags, gw->region.at, "the region of '%s'", gw->id.name);
	validate_hint(v, "move the function to '%s'", gw->region.name);
}

void validate_function_region(struct validation *v)
{
	validate_each_backend(v, check_function_region);
}

static void check_role(struct validation *v, const struct api *api, const struct api_backend *b)
{
	if (b->kind != BACKEND_FUNCTION || !b->function.name || (b->arn_role.s && *b->arn_role.s))
		return;
	validate_report(v, span_or(b->at, api->id.at),
			"API '%s' has no role to invoke function '%s' with: calls will be "
			"answered with 403 A403FC",
			api->id.name, b->function.name);
	validate_hint(v, "write `arn_role:`, such as \"acs:ram::1:role/apigateway-invokes-fc\"");
}

void validate_backend_role(struct validation *v)
{
	validate_each_backend(v, check_role);
}

/* --- functions --- */

static const char *code_fault(const char *path)
{
	const char *p = path;

	if (!*p)
		return "it is empty";
	if (*p == '/')
		return "it is absolute";
	while (*p) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return "it leaves the folder of the lab file";
		p += n;
		p += strspn(p, "/");
	}
	return p[-1] == '/' ? "it names a folder" : NULL;
}

void validate_function_code(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_functions; i++) {
		const struct function *f = &v->lab->functions[i];
		const char *why = f->code.s ? code_fault(f->code.s) : NULL;

		if (!why)
			continue;
		validate_report(v, f->code.at, "function '%s' cannot have code '%s': %s",
				f->id.name, f->code.s, why);
		validate_hint(v, "write the path of an executable, relative to the lab file");
	}
}

void validate_function_quota(struct validation *v)
{
	if (v->lab->n_functions <= MAX_FUNCTIONS)
		return;
	validate_report(v, v->lab->functions[MAX_FUNCTIONS].id.at,
			"the lab has %zu functions, but at most %d are possible",
			v->lab->n_functions, MAX_FUNCTIONS);
	validate_hint(v, "use a second lab, or call one function from several APIs");
}

void validate_function_timeout(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_functions; i++) {
		const struct function *f = &v->lab->functions[i];

		if (!f->timeout.set ||
		    (f->timeout.v >= 1000 && f->timeout.v <= 86400 * UINT64_C(1000000)))
			continue;
		validate_report(
			v, f->timeout.at,
			"function '%s' has a timeout of %s, but 1 ms to 86400 s are possible",
			f->id.name, validate_duration(v, f->timeout.v));
	}
}

void validate_function_trigger(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_functions; i++) {
		const struct function *f = &v->lab->functions[i];
		const bool http = f->trigger == FUNCTION_TRIGGER_HTTP;

		if (f->runtime == FUNCTION_RUNTIME_CUSTOM || (!http && !f->ca_port.set))
			continue;
		validate_report(v, http ? f->trigger_at : f->ca_port.at,
				"function '%s' is a handler that reads one event, it %s",
				f->id.name,
				http ? "cannot be called by HTTP" : "listens on no port");
		validate_hint(v, "add 'runtime: custom', where its code is an HTTP server");
	}
}

void validate_function_concurrency(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_functions; i++) {
		const struct function *f = &v->lab->functions[i];

		if (f->runtime == FUNCTION_RUNTIME_CUSTOM || f->instance_concurrency.v <= 1)
			continue;
		validate_report(
			v, f->instance_concurrency.at,
			"function '%s' is a handler that is started for each invocation, it "
			"cannot have several at a time",
			f->id.name);
		validate_hint(v, "add 'runtime: custom', where its code is an HTTP server");
	}
}
