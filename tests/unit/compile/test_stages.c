// SPDX-License-Identifier: GPL-2.0-only
/* Stages of API groups: what a gateway is told of an API with other backends in some of them. */
#include "unit/compile/lab_plan.h"

#include <jansson.h>

#define LAB                                                                   \
	"lab: t\n"                                                            \
	"regions: {r1: {zones: [a]}}\n"                                       \
	"vpcs: {v: {region: r1, cidr_block: 10.1.0.0/16, "                    \
	"vswitches: {s: {zone: a, cidr_block: 10.1.1.0/24}}}}\n"              \
	"security_groups: {g: {vpc: v}}\n"                                    \
	"ecs: {e: {vswitch: s, private_ip: 10.1.1.1, security_groups: [g]}, " \
	"f: {vswitch: s, private_ip: 10.1.1.2, security_groups: [g]}}\n"      \
	"vpc_accesses: {one: {vpc: v, instance_id: e, port: 80}, "            \
	"two: {vpc: v, instance_id: f, port: 80}}\n"                          \
	"api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}}}\n"
#define GROUP(stages) "api_groups: {grp: {instance: gw, stages: {" stages "}}}\n"

/* "STAGE,STAGE backend-path|mock-body" of each of the gateway's APIs. */
static const char *apis_of(struct plan *p)
{
	json_t *config = json_loads(config_of(p, "gw"), 0, NULL), *api, *stage;
	const char *out = "";
	size_t i, j;

	json_array_foreach (json_object_get(config, "apis"), i, api) {
		const json_t *b = json_object_get(api, "backend");
		const char *path = json_string_value(json_object_get(b, "path"));
		const char *body = json_string_value(json_object_get(b, "body"));

		out = arena_printf(p->arena, "%s%s", out, i ? "; " : "");
		json_array_foreach (json_object_get(api, "stages"), j, stage)
			out = arena_printf(p->arena, "%s%s,", out, json_string_value(stage));
		out = arena_printf(p->arena, "%s %s", out,
				   path   ? path
				   : body ? body
					  : json_string_value(json_object_get(b, "access")));
	}
	json_decref(config);
	return out;
}

static void all_stages_have_one_backend(void **state)
{
	auto_plan struct plan *p = PLAN(LAB, GROUP("UAT: {}"),
					"apis: {a: {group: grp, path: /a, stages: [RELEASE, UAT], "
					"backend: {mock: x}}}\n");

	assert_string_equal(apis_of(p), "RELEASE,UAT, x");
	assert_has(config_of(p, "gw"), "\"stages\":[\"RELEASE\",\"PRE\",\"TEST\",\"UAT\"]");
}

static void some_have_another(void **state)
{
	auto_plan struct plan *p =
		PLAN(LAB, GROUP("UAT: {}, TEST: {}"),
		     "apis: {a: {group: grp, path: /a, stages: [RELEASE, TEST, UAT], "
		     "backend: {vpc_access: one}, per_stage: {UAT: {backend: {vpc_access: two}}, "
		     "PRE: {backend: {mock: nobody}}}}}\n");

	/* PRE has a backend, and the API is not published to it */
	assert_string_equal(apis_of(p), "RELEASE,TEST, one; UAT, two");
	assert_has(filter_of(p, "gw"), "ip daddr 10.1.1.2 tcp dport 80 accept");
}

static void not_published_is_told_once(void **state)
{
	auto_plan struct plan *p = PLAN(LAB, GROUP(""),
					"apis: {a: {group: grp, path: /a, backend: {mock: x}}}\n");

	assert_string_equal(apis_of(p), " x");
}

static void variables_stand_for_something_in_each_stage(void **state)
{
	auto_plan struct plan *p =
		PLAN(LAB, GROUP("RELEASE: {variables: {v: v1, n: x}}, TEST: {variables: {v: v2}}"),
		     "apis: {a: {group: grp, path: /a, stages: [RELEASE, TEST, PRE], "
		     "backend: {vpc_access: one, path: '/#v#/a-#v#'}, "
		     "per_stage: {PRE: {backend: {vpc_access: two, path: /pre}}}}}\n");

	assert_string_equal(apis_of(p), "PRE, /pre; RELEASE, /v1/a-v1; TEST, /v2/a-v2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_stages_have_one_backend),
		cmocka_unit_test(some_have_another),
		cmocka_unit_test(not_published_is_told_once),
		cmocka_unit_test(variables_stand_for_something_in_each_stage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
