// SPDX-License-Identifier: GPL-2.0-only
/** Parameters of APIs: where they come from, and where backends get them. */
#include <stdlib.h>
#include <strings.h>

#include "base/number.h"
#include "pattern/pattern.h"
#include "validate/rule.h"
#include "validate/rules.h"

#define MAX_PARAMETERS 100 /* of a kind */

/* Something that the backend gets. */
struct target {
	enum api_place to;
	const char *name;
	struct span at;
};

static bool target_at(const struct api *api, size_t i, struct target *t)
{
	if (i < api->n_request_parameters) {
		const struct request_parameter *p = &api->request_parameters[i];

		*t = (struct target){p->in_service, p->name_service.s,
				     span_or(p->name_service.at, p->id.at)};
		return true;
	}
	i -= api->n_request_parameters;
	if (i < api->n_constant_parameters) {
		const struct constant_parameter *p = &api->constant_parameters[i];

		*t = (struct target){p->in, p->id.name, p->id.at};
		return true;
	}
	i -= api->n_constant_parameters;
	if (i < api->n_system_parameters) {
		const struct system_parameter *p = &api->system_parameters[i];

		*t = (struct target){p->in, p->name_service.s,
				     span_or(p->name_service.at, p->id.at)};
		return true;
	}
	return false;
}

/* Whether the path has "[name]". */
static bool path_has(const char *path, const char *name)
{
	const size_t n = strlen(name);

	for (const char *p = path; p && (p = strchr(p, '[')); p++)
		if (strncmp(p + 1, name, n) == 0 && p[n + 1] == ']')
			return true;
	return false;
}

bool validate_backend_knows(const struct api *api, const char *name)
{
	struct target t;

	for (size_t i = 0; target_at(api, i, &t); i++)
		if (t.to == API_IN_PATH && streq(t.name, name))
			return true;
	for (size_t i = 0; i < api->n_request_parameters; i++)
		if (api->request_parameters[i].in == API_IN_PATH &&
		    streq(api->request_parameters[i].id.name, name))
			return false; /* it goes elsewhere */
	return path_has(api->path.s, name);
}

/* --- where they come from --- */

static void check_source(struct validation *v, const struct api *api,
			 const struct request_parameter *p)
{
	if (p->in == API_IN_PATH && api->path.s && !path_has(api->path.s, p->id.name)) {
		validate_report(v, p->id.at, "the path of API '%s' has no parameter [%s]",
				api->id.name, p->id.name);
		diag_note(v->diags, api->path.at, "the path of the API");
	}
	if (p->in == API_IN_BODY && !api->form) {
		validate_report(v, p->id.at,
				"the body of API '%s' is no form with a parameter '%s'",
				api->id.name, p->id.name);
		validate_hint(v, "write `body_format: FORM`");
	}
}

void validate_parameter_source(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++) {
		const struct api *api = &v->lab->apis[i];

		for (size_t j = 0; j < api->n_request_parameters; j++)
			check_source(v, api, &api->request_parameters[j]);
		if (api->n_request_parameters > MAX_PARAMETERS)
			validate_report(v, api->id.at, "API '%s' has more than %d parameters",
					api->id.name, MAX_PARAMETERS);
	}
}

void validate_parameter_unseen(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++) {
		const struct api *api = &v->lab->apis[i];

		for (size_t j = 0; api->mode == API_PASSTHROUGH && j < api->n_request_parameters;
		     j++) {
			const struct request_parameter *p = &api->request_parameters[j];

			if (p->in == API_IN_PATH)
				continue;
			validate_report(v, p->id.at,
					"API '%s' is of mode PASSTHROUGH: parameter '%s' is "
					"neither checked nor mapped",
					api->id.name, p->id.name);
			validate_hint(v, "write `mode: MAPPING` or `mode: MAPPING_PASSTHROUGH`");
		}
	}
}

/* --- where they go --- */

bool validate_header_name(const char *s)
{
	static const char *const not_yours[] = {"Host",
						"Content-Length",
						"Transfer-Encoding",
						"Connection",
						"Keep-Alive",
						"TE",
						"Trailer",
						"Upgrade",
						"Expect",
						"X-Forwarded-For",
						"CA-Host",
						"X-Forwarded-Proto",
						"X-Real-IP"};

	for (size_t i = 0; i < sizeof(not_yours) / sizeof(not_yours[0]); i++)
		if (strcasecmp(s, not_yours[i]) == 0)
			return false;
	return *s &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
		       strlen(s) &&
	       strncasecmp(s, "X-Ca-", 5) != 0 && strncasecmp(s, "Proxy-", 6) != 0;
}

static const char *target_fault(const struct api *api, const struct target *t)
{
	if (!*t->name)
		return "it has no name";
	if (t->to == API_IN_HEAD && !validate_header_name(t->name))
		return "that is no header that an API can set";
	if (t->to == API_IN_HEAD && api->form && strcasecmp(t->name, "Content-Type") == 0)
		return "the body is a form, which has its own";
	if (t->to == API_IN_BODY && (!api->form || api->mode == API_PASSTHROUGH))
		return "the body is no form, or the mode is PASSTHROUGH";
	return NULL;
}

/* Of a path nothing can be left out. */
static void check_present(struct validation *v, const struct api *api,
			  const struct request_parameter *p)
{
	if (p->in_service != API_IN_PATH || p->in == API_IN_PATH || p->required ||
	    p->default_value.s)
		return;
	validate_report(
		v, p->id.at,
		"the backend of API '%s' gets '%s' in the path, but clients may leave it out",
		api->id.name, p->id.name);
	validate_hint(v, "write `required: REQUIRED`, or a `default_value`");
}

static bool is_same(const struct target *a, const struct target *b)
{
	return a->to == b->to &&
	       (a->to == API_IN_HEAD ? strcasecmp(a->name, b->name) == 0 : streq(a->name, b->name));
}

static void check_target(struct validation *v, const struct api *api, size_t i,
			 const struct target *t)
{
	const char *why = target_fault(api, t);
	struct target before;

	if (why)
		validate_report(v, t->at, "the backend of API '%s' cannot get '%s': %s",
				api->id.name, t->name, why);
	for (size_t j = 0; j < i && target_at(api, j, &before); j++) {
		if (!before.name || !is_same(&before, t))
			continue;
		validate_report(v, t->at, "the backend of API '%s' would get '%s' twice",
				api->id.name, t->name);
		diag_note(v->diags, before.at, "the first one stands here");
		return;
	}
}

void validate_parameter_target(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++) {
		const struct api *api = &v->lab->apis[i];
		struct target t;

		for (size_t j = 0; target_at(api, j, &t); j++)
			if (t.name)
				check_target(v, api, j, &t);
		for (size_t j = 0; j < api->n_request_parameters; j++)
			check_present(v, api, &api->request_parameters[j]);
	}
}

void validate_system_parameter(struct validation *v)
{
	static const char *const names[] = {"CaClientIp", "CaDomain",     "CaRequestHandleTime",
					    "CaAppId",    "CaAppKey",     "CaRequestId",
					    "CaApiName",  "CaHttpSchema", "CaProxy",
					    "CaStage",    "CaClientUa"};

	for (size_t i = 0; i < v->lab->n_apis; i++) {
		const struct api *api = &v->lab->apis[i];

		for (size_t j = 0; j < api->n_system_parameters; j++) {
			const struct named *id = &api->system_parameters[j].id;
			size_t k = 0;

			while (k < sizeof(names) / sizeof(names[0]) && !streq(names[k], id->name))
				k++;
			if (k < sizeof(names) / sizeof(names[0]))
				continue;
			validate_report(v, id->at, "'%s' is no system parameter", id->name);
			validate_hint(v, "there are CaClientIp, CaDomain, CaRequestHandleTime, "
					 "CaAppId, CaAppKey, CaRequestId, CaApiName, CaHttpSchema, "
					 "CaProxy, CaStage and CaClientUa");
		}
	}
}

/* --- their values --- */

static bool read_limit(struct validation *v, const struct request_parameter *p,
		       const struct text *limit, double *out)
{
	if (!limit->s)
		return false;
	if (p->type == API_STRING || p->type == API_BOOLEAN)
		validate_report(v, limit->at, "parameter '%s' is not of a type of numbers",
				p->id.name);
	else if (!number_parse(limit->s, out))
		validate_report(v, limit->at, "'%s' is not a number", limit->s);
	else
		return true;
	return false;
}

static void check_range(struct validation *v, const struct request_parameter *p)
{
	double min, max;
	const bool low = read_limit(v, p, &p->min_value, &min);
	const bool high = read_limit(v, p, &p->max_value, &max);

	if (low && high && min > max)
		validate_report(v, p->min_value.at,
				"parameter '%s' has no value: %s is more than %s", p->id.name,
				p->min_value.s, p->max_value.s);
	if (p->max_length.set && p->min_length.v > p->max_length.v)
		validate_report(v, p->min_length.at,
				"parameter '%s' has no value: it is longer than it may be",
				p->id.name);
}

void validate_parameter_range(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++)
		for (size_t j = 0; j < v->lab->apis[i].n_request_parameters; j++)
			check_range(v, &v->lab->apis[i].request_parameters[j]);
}

static void check_expression(struct validation *v, const struct request_parameter *p)
{
	const struct text *e = &p->regular_expression;
	char why[PATTERN_WHY];

	if (!e->s)
		return;
	if (p->type != API_STRING)
		validate_report(v, e->at, "parameter '%s' is of another type than STRING",
				p->id.name);
	else if (!pattern_new(v->scratch, e->s, why))
		validate_report(v, e->at, "parameter '%s' has no regular expression: %s",
				p->id.name, why);
}

void validate_parameter_expression(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_apis; i++)
		for (size_t j = 0; j < v->lab->apis[i].n_request_parameters; j++)
			check_expression(v, &v->lab->apis[i].request_parameters[j]);
}

/* --- fixed answers --- */

static bool is_header_value(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static void check_mock(struct validation *v, const struct api *api, const struct api_backend *b)
{
	for (size_t i = 0; i < b->n_mock_headers; i++) {
		const struct pair *h = &b->mock_headers[i];

		if (b->kind != BACKEND_MOCK)
			validate_report(v, h->at,
					"API '%s': only a fixed answer has headers of its own",
					api->id.name);
		else if (!validate_header_name(h->key) || strcasecmp(h->key, "Date") == 0)
			validate_report(
				v, h->at,
				"the answer of API '%s' cannot have a header '%s': it is none, "
				"or only the gateway says it",
				api->id.name, h->key);
		else if (h->value.s && !is_header_value(h->value.s))
			validate_report(v, h->value.at,
					"header '%s' of API '%s' has more than one line", h->key,
					api->id.name);
	}
}

void validate_mock_headers(struct validation *v)
{
	validate_each_backend(v, check_mock);
}
