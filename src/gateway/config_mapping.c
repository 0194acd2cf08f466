// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of the parameters of an API. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "gateway/config_read.h"
#include "gateway/forward.h"
#include "gateway/set.h"
#include "http/write.h"
#include "pattern/pattern.h"

#define MAX_PARAMETERS 100 /* of each of the three lists */

static const char *const places[] = {
	[GATEWAY_IN_PATH] = "PATH",
	[GATEWAY_IN_QUERY] = "QUERY",
	[GATEWAY_IN_HEAD] = "HEAD",
	[GATEWAY_IN_BODY] = "BODY",
};
static const char *const types[] = {
	[GATEWAY_STRING] = "STRING", [GATEWAY_INT] = "INT",       [GATEWAY_LONG] = "LONG",
	[GATEWAY_FLOAT] = "FLOAT",   [GATEWAY_DOUBLE] = "DOUBLE", [GATEWAY_BOOLEAN] = "BOOLEAN",
};
static const char *const modes[] = {
	[GATEWAY_PASS] = "PASSTHROUGH",
	[GATEWAY_MAP] = "MAPPING",
	[GATEWAY_MAP_AND_PASS] = "MAPPING_PASSTHROUGH",
};
static const char *const values[] = {
	[GATEWAY_CLIENT_IP] = "CaClientIp",
	[GATEWAY_DOMAIN] = "CaDomain",
	[GATEWAY_HANDLE_TIME] = "CaRequestHandleTime",
	[GATEWAY_APP_ID] = "CaAppId",
	[GATEWAY_APP_KEY] = "CaAppKey",
	[GATEWAY_REQUEST_ID] = "CaRequestId",
	[GATEWAY_API_NAME] = "CaApiName",
	[GATEWAY_HTTP_SCHEMA] = "CaHttpSchema",
	[GATEWAY_PROXY] = "CaProxy",
	[GATEWAY_STAGE] = "CaStage",
	[GATEWAY_CLIENT_UA] = "CaClientUa",
};

struct mapping_reader {
	struct config_reader *r;
	size_t i;
	struct gateway_api *api;
	struct gateway_mapping *x;
};

static int wrong(const struct mapping_reader *m, const char *why)
{
	return config_wrong(m->r, "apis", m->i, arena_printf(m->r->a, "mapping: %s", why));
}

static size_t slot_of(const struct gateway_api *api, const char *name)
{
	size_t k = 0;

	while (k < api->n_params && strcmp(api->params[k], name) != 0)
		k++;
	return k;
}

bool config_valid_header(const char *name)
{
	static const struct http_head none;
	const struct http_slice s = http_slice(name);

	return http_header_valid(s, http_slice("")) && !gateway_forward_is_ca(s) &&
	       (http_slice_is(s, "caclientip") || gateway_forward_request_header(&none, s));
}

static int read_target(const struct mapping_reader *m, const char *place, const char *as,
		       enum gateway_place *to)
{
	const int k = config_word(place, places, ARRAY_LEN(places));

	if (k < 0)
		return wrong(m, "a place must be PATH, QUERY, HEAD or BODY");
	*to = (enum gateway_place)k;
	if (*to == GATEWAY_IN_HEAD && !config_valid_header(as))
		return wrong(m, "a header that an API cannot set");
	if (*to == GATEWAY_IN_HEAD && m->x->form &&
	    http_header_same(http_slice(as), http_slice("Content-Type")))
		return wrong(m, "Content-Type beside a form, which has its own");
	if (*to == GATEWAY_IN_BODY && !m->x->form)
		return wrong(m, "a parameter in a body that is no form");
	if (*to == GATEWAY_IN_PATH)
		*arena_push(m->r->a, m->x->path_names, m->x->n_path_names) = as;
	return 0;
}

static int read_limit(const struct mapping_reader *m, const char *text, bool *has, double *out)
{
	if (!text)
		return 0;
	*has = true;
	return number_parse(text, out) ? 0 : wrong(m, "min and max must be numbers");
}

static int read_values(const struct mapping_reader *m, json_t *list, struct gateway_parameter *p)
{
	json_t *j;
	size_t k;

	json_array_foreach (list, k, j) {
		if (!json_is_string(j))
			return wrong(m, "values must be texts");
		*arena_push(m->r->a, p->values, p->n_values) = config_copy(m->r,
									   json_string_value(j));
	}
	return 0;
}

static int read_source(const struct mapping_reader *m, const char *in, const char *type,
		       struct gateway_parameter *p)
{
	const int place = config_word(in, places, ARRAY_LEN(places));
	const int k = config_word(type, types, ARRAY_LEN(types));

	if (place < 0 || k < 0)
		return wrong(m, "a parameter has no such place or type");
	p->in = (enum gateway_place)place;
	p->type = (enum gateway_value_type)k;
	p->slot = p->in == GATEWAY_IN_PATH ? slot_of(m->api, p->name) : 0;
	if (p->in == GATEWAY_IN_PATH && p->slot == m->api->n_params)
		return wrong(m, "a parameter that the path does not have");
	if (p->in != GATEWAY_IN_PATH && m->x->mode == GATEWAY_PASS)
		return wrong(m, "PASSTHROUGH has parameters of the path only");
	return p->in == GATEWAY_IN_BODY && !m->x->form
		       ? wrong(m, "a parameter in a body that is no form")
		       : 0;
}

static int read_pattern(const struct mapping_reader *m, const char *text,
			struct gateway_parameter *p)
{
	char why[PATTERN_WHY];

	if (!text)
		return 0;
	if (p->type != GATEWAY_STRING)
		return wrong(m, "a regular expression for what is no STRING");
	p->pattern = pattern_new(m->r->a, text, why);
	return p->pattern ? 0 : wrong(m, arena_printf(m->r->a, "regular expression: %s", why));
}

static int parameter(const struct mapping_reader *m, json_t *j)
{
	struct gateway_parameter *p = arena_push(m->r->a, m->x->parameters, m->x->n_parameters);
	const char *name, *in, *to, *as, *type, *fallback = NULL, *min = NULL, *max = NULL,
						*expression = NULL;
	json_int_t min_length = 0, max_length = 0;
	json_t *list = NULL;
	json_error_t e;
	int required;

	*p = (struct gateway_parameter){0};
	if (json_unpack_ex(j, &e, 0,
			   "{s:s, s:s, s:s, s:s, s:s, s:b, s?s, s?s, s?s, s?I, s?I, s?s, s?o !}",
			   "name", &name, "in", &in, "to", &to, "as", &as, "type", &type,
			   "required", &required, "default", &fallback, "min", &min, "max", &max,
			   "min_length", &min_length, "max_length", &max_length,
			   "regular_expression", &expression, "values", &list) < 0)
		return wrong(m, e.text);
	if (min_length < 0 || max_length < 0 || m->x->n_parameters > MAX_PARAMETERS)
		return wrong(m, "lengths out of range, or too many parameters");
	p->name = config_copy(m->r, name);
	p->as = config_copy(m->r, as);
	p->required = required;
	p->fallback = config_copy(m->r, fallback);
	p->min_length = (size_t)min_length;
	p->max_length = (size_t)max_length;
	if (read_source(m, in, type, p) < 0 || read_target(m, to, p->as, &p->to) < 0 ||
	    read_limit(m, min, &p->has_min, &p->min) < 0 ||
	    read_limit(m, max, &p->has_max, &p->max) < 0 || read_pattern(m, expression, p) < 0)
		return -1;
	return read_values(m, list, p);
}

static int constant(const struct mapping_reader *m, json_t *j)
{
	struct gateway_constant *c = arena_push(m->r->a, m->x->constants, m->x->n_constants);
	const char *to, *as, *value;
	json_error_t e;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s !}", "to", &to, "as", &as, "value", &value) <
		    0 ||
	    m->x->n_constants > MAX_PARAMETERS)
		return wrong(m, "malformed or too many constants");
	c->as = config_copy(m->r, as);
	c->value = config_copy(m->r, value);
	return read_target(m, to, c->as, &c->to);
}

static int system_value(const struct mapping_reader *m, json_t *j)
{
	struct gateway_system *s = arena_push(m->r->a, m->x->systems, m->x->n_systems);
	const char *name, *to, *as;
	json_error_t e;
	int k;

	if (json_unpack_ex(j, &e, 0, "{s:s, s:s, s:s !}", "name", &name, "to", &to, "as", &as) <
		    0 ||
	    m->x->n_systems > MAX_PARAMETERS)
		return wrong(m, "malformed or too many systems");
	k = config_word(name, values, ARRAY_LEN(values));
	if (k < 0)
		return wrong(m, "no such system parameter");
	s->value = (enum gateway_system_value)k;
	s->as = config_copy(m->r, as);
	return read_target(m, to, s->as, &s->to);
}

static int each(const struct mapping_reader *m, json_t *list,
		int (*read)(const struct mapping_reader *, json_t *))
{
	json_t *j;
	size_t k;

	if (!json_is_array(list))
		return wrong(m, "parameters, constants and systems: lists");
	json_array_foreach (list, k, j) {
		if (read(m, j) < 0)
			return -1;
	}
	return 0;
}

static bool is_mapped(const struct gateway_mapping *x, size_t slot)
{
	for (size_t k = 0; k < x->n_parameters; k++) {
		if (x->parameters[k].in == GATEWAY_IN_PATH && x->parameters[k].slot == slot)
			return true;
	}
	return false;
}

int config_mapping(struct config_reader *r, json_t *j, size_t i, struct gateway_api *api)
{
	struct gateway_mapping *x = j ? arena_alloc(r->a, sizeof(*x)) : NULL;
	const struct mapping_reader m = {r, i, api, x};
	json_t *parameters, *constants, *systems;
	const char *mode;
	json_error_t e;
	int form, k;

	if (!j)
		return 0;
	if (json_unpack_ex(j, &e, 0, "{s:s, s:b, s:o, s:o, s:o !}", "mode", &mode, "form", &form,
			   "parameters", &parameters, "constants", &constants, "systems",
			   &systems) < 0)
		return wrong(&m, e.text);
	k = config_word(mode, modes, ARRAY_LEN(modes));
	if (k < 0 || (form && k == GATEWAY_PASS))
		return wrong(&m, "no such mode, or one that does not look into forms");
	x->mode = (enum gateway_mode)k;
	x->form = form;
	if (each(&m, parameters, parameter) < 0 || each(&m, constants, constant) < 0 ||
	    each(&m, systems, system_value) < 0)
		return -1;
	for (size_t s = 0; s < api->n_params; s++) {
		if (!is_mapped(x, s))
			*arena_push(r->a, x->path_names, x->n_path_names) = api->params[s];
	}
	api->mapping = x;
	return 0;
}
