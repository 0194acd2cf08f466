// SPDX-License-Identifier: GPL-2.0-only
/* Gateways, functions, names. */
#include "unit/compile/lab_plan.h"

#define HEAD                                                                   \
	"lab: t\n"                                                             \
	"regions: {r1: {zones: [a]}, r2: {zones: [a]}}\n"                      \
	"security_groups: {g: {vpc: v}}\n"                                     \
	"ecs: {e: {vswitch: s, private_ip: 10.1.1.1, security_groups: [g]}}\n" \
	"vpcs:\n"                                                              \
	"  v: {region: r1, cidr_block: 10.1.0.0/16, "                          \
	"vswitches: {s: {zone: a, cidr_block: 10.1.1.0/24}}}\n"                \
	"  w: {region: r2, cidr_block: 10.2.0.0/16, "                          \
	"vswitches: {t: {zone: a, cidr_block: 10.2.1.0/24}}}\n"
#define API                                                                         \
	"api_groups: {grp: {instance: gw, base_path: /v1, vpc_domain: true, "       \
	"sub_domain_id: 0123456789abcdef0123456789abcdef}}\n"                       \
	"functions: {f: {region: r1, code: run, timeout: 3s, memory_size: 256MiB, " \
	"environment: {A: \"b=c\", E: \"\"}}}\n"                                    \
	"apis:\n"                                                                   \
	"  x: {group: grp, path: /x, stages: [RELEASE], backend: {function: f, "    \
	"arn_role: role, timeout: 2s}}\n"                                           \
	"  y: {group: grp, path: /y, method: ANY, protocol: HTTPS, backend: {mock: hi}}\n"
#define DOMAIN "0123456789abcdef0123456789abcdef-r1-vpc.alicloudapi.com"

static void test_unbound_gateway(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD, "api_gateways: {gw: {region: r1}}\napi_groups: {grp: {instance: gw}}\n");

	assert_non_null(plan_find_namespace(p, "gw"));
	assert_null(plan_find_worker(p, "gw")); /* nothing to listen on */
	assert_lacks(config_of(p, "dns"), "-vpc.alicloudapi.com");
	assert_way(p, "gw", MAIN, "100.64.0.0/10", "svc");
	assert_way(p, "gw", MAIN, "0.0.0.0/0", "none");
}

static void test_bound_gateway(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD, "api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}}}\n", API);
	const struct plan_worker *w = plan_find_worker(p, "gw");
	const struct plan_route *r = route_of(p, "gw", MAIN, "100.64.0.0/10");

	assert_way(p, "v", MAIN, "10.1.1.9/32", "gw");
	assert_way(p, "gw", MAIN, "0.0.0.0/0", "vpc");
	assert_int_equal(r->src, 0x6468fe01); /* 100.104.254.1 */
	assert_int_equal(w->n_sockets, 5);
	assert_int_equal(w->sockets[0].addr, 0x0a010109);
	assert_int_equal(w->sockets[0].port, 80);
	assert_int_equal(w->sockets[1].addr, 0x0a010109);
	assert_int_equal(w->sockets[1].port, 443);
	assert_int_equal(w->sockets[2].port, 9145);
	assert_int_equal(w->sockets[3].type, PLAN_TABLE);
	assert_int_equal(w->sockets[4].type, PLAN_SECRET);
	assert_has(w->config, "\"listeners\":[{\"protocol\":\"HTTP\",\"socket\":\"vip-80\"},"
			      "{\"protocol\":\"HTTPS\",\"socket\":\"vip-443\"}]");
	assert_has(w->config, "\"metrics\":\"metrics\"");
	assert_has(w->config, "\"base_path\":\"/v1\"");
	assert_has(w->config, "\"id\":\"0123456789abcdef0123456789abcdef\"");
	assert_has(w->config, "{\"kind\":\"vpc\",\"name\":\"" DOMAIN "\"}");
	assert_has(w->config, "\"backend\":{\"address\":\"100.100.80.1\",\"function\":\"f\","
			      "\"kind\":\"function\",\"port\":9000,\"role\":\"role\","
			      "\"timeout_ms\":2000}");
	assert_has(w->config, "\"backend\":{\"body\":\"hi\",\"kind\":\"mock\",\"status\":200}");
	assert_has(w->config, "\"method\":\"ANY\",\"name\":\"y\",\"path\":\"/y\","
			      "\"protocol\":[\"HTTPS\"],\"stages\":[]");
	assert_has(p->summary, "labctl exec t e -- curl http://" DOMAIN "/v1/x");
}

/* Several processes count together, in a table of their own. */
static void test_workers(void **state)
{
	for (unsigned int n = 1; n <= 3; n += 2) {
		char gateway[128];

		(void)snprintf(gateway, sizeof(gateway),
			       "api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}, "
			       "workers: %u}}\n",
			       n);
		auto_plan struct plan *p = PLAN(HEAD, gateway, API);
		const struct plan_worker *w = plan_find_worker(p, "gw");
		bool counts = false;

		assert_non_null(w);
		assert_int_equal(plan_worker_copies(w), n);
		for (size_t i = 0; i < w->n_sockets; i++)
			counts = counts || (w->sockets[i].type == PLAN_TABLE &&
					    strcmp(w->sockets[i].name, "counts") == 0);
		assert_int_equal(counts, n > 1);
		assert_int_equal(strstr(w->config, "\"counts\":\"counts\"") != NULL, n > 1);
	}
}

static void test_names(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD, "api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}}}\n", API);
	const struct plan_worker *dns = plan_find_worker(p, "dns");
	const char *second = strstr(dns->config, "\"name\":\"w\"");

	assert_int_equal(dns->n_sockets, 8);
	assert_string_equal(dns->sockets[4].name, "w-136-udp");
	assert_has(dns->config,
		   "{\"data\":\"10.1.1.9\",\"name\":\"" DOMAIN "\",\"ttl\":60,\"type\":\"A\"}");
	assert_has(dns->config,
		   "{\"data\":\"" DOMAIN
		   "\",\"name\":\"9.1.1.10.in-addr.arpa\",\"ttl\":60,\"type\":\"PTR\"}");
	assert_has(second, DOMAIN); /* every VPC knows the domain */
	assert_has(dns->config, "\"name\":\"e.r1.ecs.internal\"");
	assert_lacks(second, "e.r1.ecs.internal\",\"ttl\""); /* but only v knows the instance */
	assert_has(dns->config,
		   "\"zones\":[\"alicloudapi.com\",\"r1.ecs.internal\",\"r2.ecs.internal\"]");
}

static void test_serverless_gateway(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD, "api_gateways: {gw: {region: r1, instance_type: serverless}}\n", API);
	const struct plan_worker *w = plan_find_worker(p, "gw");

	assert_int_equal(w->sockets[0].addr, 0x64646001); /* 100.100.96.1 */
	assert_way(p, "svc.r1", MAIN, "100.100.96.1/32", "gw");
	assert_way(p, "svc.r1", MAIN, "10.1.1.0/24", "v");
	assert_way(p, "svc.r2", MAIN, "10.2.1.0/24", "none");
	assert_way(p, "gw", MAIN, "0.0.0.0/0", "svc");
	assert_has(config_of(p, "dns"), "\"data\":\"100.100.96.1\"");
	assert_has(w->config, "\"type\":\"serverless\"");
	assert_has(w->config, "\"traffic_limit\":500");
	assert_lacks(w->config, "rps_limit");
}

#define GROUP(more) "api_groups: {grp: {instance: gw" more "}}\n"
#define BOUND(more) "api_gateways: {gw: {region: r1, bind: {vpc: v}" more "}}\n"

/* What a second takes: the specification's, what is written instead, or anything. */
static void test_rates(void **state)
{
	static const struct {
		const char *gateway, *group, *instance_has, *group_has; /* NULL: no limit */
	} rows[] = {
		{BOUND(""), GROUP(""), NULL, NULL},
		{BOUND(", spec: api.s1.small"), GROUP(""), "\"rps_limit\":2500", NULL},
		{BOUND(", spec: api.s1.medium"), GROUP(""), "\"rps_limit\":5000", NULL},
		{BOUND(", spec: api.s2.large"), GROUP(""), "\"rps_limit\":10000", NULL},
		{BOUND(", spec: api.s2.large.x2"), GROUP(""), "\"rps_limit\":20000", NULL},
		{BOUND(", spec: api.s2.large.x3"), GROUP(""), "\"rps_limit\":30000", NULL},
		{BOUND(", spec: api.s2.large.x4"), GROUP(""), "\"rps_limit\":40000", NULL},
		{BOUND(", spec: api.s2.large.x5"), GROUP(""), "\"rps_limit\":50000", NULL},
		{BOUND(", spec: api.s2.large.x6"), GROUP(""), "\"rps_limit\":60000", NULL},
		{BOUND(", spec: api.s1.small, rps_limit: 3"), GROUP(""), "\"rps_limit\":3,", NULL},
		{BOUND(", rps_limit: 3"), GROUP(", traffic_limit: 2"), "\"rps_limit\":3,",
		 "\"traffic_limit\":2}"},
		{"api_gateways: {gw: {region: r1, instance_type: serverless}}\n",
		 GROUP(", traffic_limit: 2"), NULL, "\"traffic_limit\":2}"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *p = PLAN(HEAD, rows[i].gateway, rows[i].group);
		const char *config = config_of(p, "gw");

		if (rows[i].instance_has)
			assert_has(config, rows[i].instance_has);
		else
			assert_lacks(config, "rps_limit");
		if (rows[i].group_has)
			assert_has(config, rows[i].group_has);
		else
			assert_lacks(config, "traffic_limit");
	}
}

static void test_vpc_whitelist(void **state)
{
	auto_plan struct plan *some = PLAN(HEAD, BOUND(""), GROUP(", vpc_whitelist: [w, v]"));
	auto_plan struct plan *none = PLAN(HEAD, BOUND(""), GROUP(", vpc_whitelist: []"));

	assert_has(config_of(some, "gw"), "\"vpc_whitelist\":[\"10.2.0.0/16\",\"10.1.0.0/16\"]");
	assert_lacks(config_of(none, "gw"), "vpc_whitelist");
}

static void test_function(void **state)
{
	auto_plan struct plan *p =
		PLAN(HEAD, "api_gateways: {gw: {region: r1}}\n",
		     "functions: {f: {region: r1, code: run, timeout: 3s, "
		     "memory_size: 256MiB, environment: {A: \"b=c\", E: \"\"}}}\n");
	const struct plan_worker *w = plan_find_worker(p, "function-f");

	assert_string_equal(w->ns, "svc.r1");
	assert_string_equal(w->sockets[0].name, "invoke");
	assert_int_equal(w->sockets[0].port, 9000);
	assert_string_equal(w->config,
			    "{\"environment\":{\"A\":\"b=c\",\"E\":\"\"},\"function\":\"f\","
			    "\"handler\":\"./run\",\"memory_mb\":256,\"region\":\"r1\","
			    "\"service_address\":\"100.100.80.1\",\"timeout_ms\":3000}");
	assert_has(filter_of(p, "svc.r1"), "policy drop;\n\t\tiifname \"lo\" accept\n"
					   "\t\tiifname { \"gw\" } accept\n");
	assert_lacks(filter_of(p, "svc.r2"), "gw");
}

static void test_function_with_a_trigger(void **state)
{
	auto_plan struct plan *p = PLAN(
		HEAD,
		"api_gateways: {gw: {region: r1, bind: {vpc: v, ip: 10.1.1.9}}}\n"
		"api_groups: {grp: {instance: gw}}\n"
		"functions: {f: {region: r1, code: run, runtime: custom, trigger: http, role: r}}\n"
		"apis: {x: {group: grp, path: /x, stages: [RELEASE], "
		"backend: {function: f, arn_role: r, path: /y, method: PUT}}}\n");
	const char *config = config_of(p, "function-f");

	assert_has(
		config_of(p, "gw"),
		"\"backend\":{\"address\":\"100.100.80.1\",\"function\":\"f\",\"kind\":\"function\","
		"\"method\":\"PUT\",\"path\":\"/y\",\"port\":9000,\"role\":\"r\","
		"\"timeout_ms\":10000,\"trigger\":\"http\"}");
	assert_has(config, "\"credentials\":{\"access_key_id\":\"STS.LabFake");
	assert_has(config, "\"trigger\":\"http\"");
	assert_has(config, "\"ca_port\":9000");
	assert_int_equal(plan_find_worker(p, "function-f")->privilege, PLAN_PRIVILEGE_NETWORKS);
}

static void test_function_that_calls_out(void **state)
{
	auto_plan struct plan *p = PLAN(HEAD,
					"functions: {f: {region: r1, code: run, runtime: custom, "
					"ca_port: 8080, internet_access: true}}\n");

	assert_lacks(config_of(p, "function-f"), "ca_port");
	assert_int_equal(plan_find_worker(p, "function-f")->privilege, PLAN_PRIVILEGE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unbound_gateway),
		cmocka_unit_test(test_bound_gateway),
		cmocka_unit_test(test_workers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_serverless_gateway),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_vpc_whitelist),
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_function_with_a_trigger),
		cmocka_unit_test(test_function_that_calls_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
