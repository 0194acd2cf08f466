// SPDX-License-Identifier: GPL-2.0-only
/* Programs on nodes: the built-in echo service, and commands of the lab. */
#include "unit/compile/hybrid.h"

#define ECS(services)                                                                             \
	"security_groups: {g: {vpc: v}}\n"                                                        \
	"ecs: {e: {vswitch: sv, private_ip: 10.1.1.1, security_groups: [g], services: {" services \
	"}}}\n"

static void the_echo_service(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, ECS("web: {port: 80}"));
	const struct plan_worker *w = plan_find_worker(p, "service-e-web");

	assert_non_null(w);
	assert_string_equal(w->program, "labctl-service");
	assert_string_equal(w->ns, "e");
	assert_int_equal(w->privilege, PLAN_PRIVILEGE_NONE); /* its port is opened for it */
	assert_int_equal(w->n_sockets, 1);
	assert_string_equal(w->sockets[0].name, "listen");
	assert_string_equal(w->sockets[0].ns, "e");
	assert_int_equal(w->sockets[0].type, PLAN_TCP);
	assert_int_equal(w->sockets[0].addr, 0);
	assert_int_equal(w->sockets[0].port, 80);
	assert_string_equal(w->config, "{\"echo\":{\"name\":\"web\",\"node\":\"e\"}}");
	assert_string_equal(w->origin.resource, "nodes.e.services.web");
}

/* Its certificate is of whatever leads to it. */
static void the_echo_service_with_tls(void **state)
{
	auto_plan struct plan *p = PLAN(
		CLOUD, ECS("web: {port: 443, tls: true}"),
		"private_zones:\n"
		"  z: {zone_name: example.com, vpcs: [v], records: {\"@\": 10.1.1.1, shop: www.example.com, "
		"www: 10.1.1.1, other: 10.1.1.9}}\n");
	const struct plan_worker *w = plan_find_worker(p, "service-e-web");

	assert_non_null(w);
	assert_string_equal(w->program, "labctl-tls-echo");
	assert_int_equal(w->privilege, PLAN_PRIVILEGE_NONE);
	assert_int_equal(w->n_sockets, 2);
	assert_int_equal(w->sockets[0].port, 443);
	assert_string_equal(w->sockets[1].name, "certificates");
	assert_int_equal(w->sockets[1].type, PLAN_SECRET);
	assert_string_equal(w->config,
			    "{\"echo\":{\"name\":\"web\",\"node\":\"e\",\"tls\":\"10.1.1.1 e "
			    "e.r1.ecs.internal example.com www.example.com "
			    "shop.example.com\"}}");
}

static void names_of_hosts(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, LINE(""), IDC(""),
		     "    hosts: {h: {lan: lan, services: {web: {port: 80, tls: true}}}, "
		     "d: {lan: lan, dns: {records: {h.idc.example: 10.10.1.2}}}}\n"
		     "internet: {hosts: {shop: {ip: 203.0.113.9, domains: [shop.example.net], "
		     "services: {web: {port: 80, tls: true}}}}}\n");

	assert_has(config_of(p, "service-h-web"), "\"tls\":\"10.10.1.2 h h.idc.example\"");
	assert_has(config_of(p, "service-shop-web"),
		   "\"tls\":\"203.0.113.9 shop shop.example.net\"");
}

#define NODE                                                                       \
	"\"node\":{\"hostname\":\"e\","                                            \
	"\"hosts\":\"127.0.0.1 localhost\\n10.1.1.1 e.r1.ecs.internal e\\n\","     \
	"\"resolv_conf\":\"nameserver 100.100.2.136\\nnameserver 100.100.2.138\\n" \
	"options timeout:2 attempts:2\\n\"}"

static void a_command(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, ECS("db: {command: [./db, \"-p\", \"5432\"], "
						   "port: 5432, environment: {A: \"b=c\"}}"));
	const struct plan_worker *w = plan_find_worker(p, "service-e-db");

	assert_int_equal(w->privilege, PLAN_PRIVILEGE_NONE);
	assert_int_equal(w->n_sockets, 0);
	assert_null(w->needs);
	assert_string_equal(w->config,
			    "{\"command\":[\"./db\",\"-p\",\"5432\"],\"environment\":{\"A\":"
			    "\"b=c\"},\"folder\":\".\"," NODE ",\"ready\":{\"tcp\":5432}}");
}

/* A command is ready when it listens; where no port is written, as soon as it runs. */
static void readiness(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, ECS("u: {command: [u], port: 53, protocol: udp}, n: {command: [n]}"));

	assert_has(config_of(p, "service-e-u"), "\"ready\":{\"udp\":53}");
	assert_int_equal(plan_find_worker(p, "service-e-u")->privilege, PLAN_PRIVILEGE_SERVICE);
	assert_int_equal(plan_find_worker(p, "service-e-n")->privilege, PLAN_PRIVILEGE_SERVICE);
	assert_lacks(config_of(p, "service-e-n"), "\"ready\"");
}

/* Each kind of node has services. */
static void on_every_kind_of_node(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, LINE(""), IDC(""),
		     "    hosts: {h: {lan: lan, services: {web: {port: 80}}}}\n"
		     "internet: {hosts: {shop: {services: {web: {port: 80}}}}}\n");

	assert_string_equal(plan_find_worker(p, "service-h-web")->ns, "h");
	assert_string_equal(plan_find_worker(p, "service-shop-web")->ns, "shop");
}

/* 31 characters are a name. */
static void a_name_that_just_fits(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, ECS("a23456789012345678901: {port: 1}"));

	assert_non_null(plan_find_worker(p, "service-e-a23456789012345678901"));
}

static void names_that_do_not_fit(void **state)
{
	auto_plan struct plan *p = PLAN(
		CLOUD, ECS("a234567890123456789012: {port: 1}, a234567890123456789013: {port: 2}"));
	size_t n = 0;

	for (size_t i = 0; i < p->n_workers; i++) {
		const struct plan_worker *w = &p->workers[i];

		if (strcmp(w->program, "labctl-service") != 0)
			continue;
		assert_int_equal(strncmp(w->name, "service-e-a23456789012-", 23), 0);
		assert_int_equal(strlen(w->name), NAME_MAX_LEN);
		assert_int_equal(strspn(w->name + 23, "0123456789abcdef"), 8);
		n++;
	}
	assert_int_equal(n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_echo_service),
		cmocka_unit_test(the_echo_service_with_tls),
		cmocka_unit_test(names_of_hosts),
		cmocka_unit_test(a_command),
		cmocka_unit_test(readiness),
		cmocka_unit_test(on_every_kind_of_node),
		cmocka_unit_test(a_name_that_just_fits),
		cmocka_unit_test(names_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
