// SPDX-License-Identifier: GPL-2.0-only
/* What labctl-gateway is told of the parameters of an API. */
#include <jansson.h>
#include <stdlib.h>

#include "compile/context.h"

static const char *const places[] = {[API_IN_PATH] = "PATH",
				     [API_IN_QUERY] = "QUERY",
				     [API_IN_HEAD] = "HEAD",
				     [API_IN_BODY] = "BODY"};
static const char *const types[] = {
	[API_STRING] = "STRING", [API_INT] = "INT",       [API_LONG] = "LONG",
	[API_FLOAT] = "FLOAT",   [API_DOUBLE] = "DOUBLE", [API_BOOLEAN] = "BOOLEAN"};
static const char *const modes[] = {[API_PASSTHROUGH] = "PASSTHROUGH",
				    [API_MAPPING] = "MAPPING",
				    [API_MAPPING_PASSTHROUGH] = "MAPPING_PASSTHROUGH"};

static json_t *values_of(const struct request_parameter *p)
{
	json_t *list = p->n_enum_value ? json_array() : NULL;

	for (size_t i = 0; i < p->n_enum_value; i++)
		compile_json_append(list, json_string(p->enum_value[i].s));
	return list;
}

static json_t *parameter_of(const struct request_parameter *p)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s*, s:s*, s:s*, s:I, s:I, s:s*, s:o*}",
			 "name", p->id.name, "in", places[p->in], "to", places[p->in_service], "as",
			 p->name_service.s, "type", types[p->type], "required", (int)p->required,
			 "default", p->default_value.s, "min", p->min_value.s, "max",
			 p->max_value.s, "min_length", (json_int_t)p->min_length.v, "max_length",
			 (json_int_t)p->max_length.v, "regular_expression", p->regular_expression.s,
			 "values", values_of(p));
}

static json_t *parameters_of(const struct api *api)
{
	json_t *list = json_array();

	for (size_t i = 0; i < api->n_request_parameters; i++) {
		const struct request_parameter *p = &api->request_parameters[i];

		/* validate/ warns of the others */
		if (api->mode != API_PASSTHROUGH || p->in == API_IN_PATH)
			compile_json_append(list, parameter_of(p));
	}
	return list;
}

static json_t *constants_of(const struct api *api)
{
	json_t *list = json_array();

	for (size_t i = 0; i < api->n_constant_parameters; i++) {
		const struct constant_parameter *p = &api->constant_parameters[i];

		compile_json_append(list, json_pack("{s:s, s:s, s:s}", "to", places[p->in], "as",
						    p->id.name, "value", p->value.s));
	}
	return list;
}

static json_t *systems_of(const struct api *api)
{
	json_t *list = json_array();

	for (size_t i = 0; i < api->n_system_parameters; i++) {
		const struct system_parameter *p = &api->system_parameters[i];

		compile_json_append(list, json_pack("{s:s, s:s, s:s}", "name", p->id.name, "to",
						    places[p->in], "as", p->name_service.s));
	}
	return list;
}

json_t *compile_gateway_mapping(const struct api *api)
{
	if (api->mode == API_PASSTHROUGH && !api->n_request_parameters &&
	    !api->n_constant_parameters && !api->n_system_parameters)
		return NULL;
	return json_pack("{s:s, s:b, s:o, s:o, s:o}", "mode", modes[api->mode], "form",
			 api->form && api->mode != API_PASSTHROUGH, "parameters",
			 parameters_of(api), "constants", constants_of(api), "systems",
			 systems_of(api));
}
