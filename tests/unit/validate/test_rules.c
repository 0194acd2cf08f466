// SPDX-License-Identifier: GPL-2.0-only
/**
 * Where the rules begin to bite: for each, what is just allowed and what is just not. That every
 * rule exists and what it says is tested on labs/broken.
 */
#include "unit/validate/rows.h"

static void fill_vpc(struct lab_builder *b, const char *cidr)
{
	(void)lab_add_region(b, "cn-hangzhou");
	(void)lab_add_vpc(b, "vpc-1", "cn-hangzhou", cidr);
}

static void vpc_blocks(void **state)
{
	static const struct row rows[] = {
		{"10.0.0.0/8", NULL},
		{"172.16.0.0/12", NULL},
		{"192.168.0.0/16", NULL},
		{"10.255.255.240/28", NULL},
		{"10.255.255.248/29", "vpc-mask"},
		{"8.0.0.0/7", "vpc-mask"},
		{"11.0.0.0/8", "vpc-public"},
		{"172.0.0.0/8", "vpc-public"},
		{"172.32.0.0/16", "vpc-public"},
		{"100.128.0.0/16", "vpc-public"},
		{"100.64.0.0/10", "vpc-range"},
		{"100.127.255.0/24", "vpc-range"},
		{"100.0.0.0/8", "vpc-range"},
		{"224.0.0.0/8", "vpc-range"},
		{"239.0.0.0/16", "vpc-range"},
		{"127.0.0.0/8", "vpc-range"},
		{"169.254.0.0/16", "vpc-range"},
		{"169.254.8.0/24", "vpc-range"},
		{"240.0.0.0/8", "vpc-range"},
		{"0.0.0.0/8", "vpc-range"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_vpc);
}

static void fill_vswitch(struct lab_builder *b, const char *cidr)
{
	struct vpc *vpc;

	(void)lab_add_region(b, "cn-hangzhou");
	vpc = lab_add_vpc(b, "vpc-1", "cn-hangzhou", "10.0.0.0/15");
	(void)lab_add_vswitch(b, vpc, "first", "10.1.8.0/24");
	(void)lab_add_vswitch(b, vpc, "second", cidr);
}

static void vswitch_blocks(void **state)
{
	static const struct row rows[] = {
		{"10.0.0.0/16", NULL},
		{"10.0.0.0/29", NULL},
		{"10.0.0.0/30", "vswitch-mask"},
		{"10.2.0.0/24", "vswitch-outside"},
		{"10.1.9.0/24", NULL},
		{"10.1.7.0/24", NULL},
		{"10.1.8.0/24", "vswitch-overlap"},
		{"10.1.8.248/29", "vswitch-overlap"},
		{"10.1.0.0/16", "vswitch-overlap"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_vswitch);
}

static void fill_address(struct lab_builder *b, const char *ip)
{
	lab_add_basics(b);
	(void)lab_add_ecs(b, "other", "vsw-1", "sg-1", "10.0.1.10");
	(void)lab_add_ecs(b, "ecs-1", "vsw-1", "sg-1", ip);
}

static void fill_vip(struct lab_builder *b, const char *ip)
{
	lab_add_basics(b);
	(void)lab_add_ecs(b, "other", "vsw-1", "sg-1", "10.0.1.10");
	lab_bind(b, lab_add_gateway(b, "apigw-1", "cn-hangzhou"), "vpc-1");
	b->lab->api_gateways[0].bind.ip = lab_address(b, ip);
}

/* The first and the last three are the cloud's, not the first three. */
static void addresses(void **state)
{
	static const struct row rows[] = {
		{"10.0.1.0", "address-reserved"},
		{"10.0.1.1", NULL},
		{"10.0.1.2", NULL},
		{"10.0.1.252", NULL},
		{"10.0.1.253", "address-reserved"},
		{"10.0.1.254", "address-reserved"},
		{"10.0.1.255", "address-reserved"},
		{"10.0.2.0", "address-outside"},
		{"10.0.0.255", "address-outside"},
		{"10.0.1.10", "address-conflict"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_address);
	run_rows(rows, ARRAY_LEN(rows), fill_vip);
}

static void fill_route(struct lab_builder *b, const char *destination)
{
	struct route_table *t;
	struct route_entry *e;

	lab_add_basics(b);
	(void)lab_add_ecs(b, "ecs-1", "vsw-1", "sg-1", NULL);
	t = arena_push(b->lab->arena, b->lab->vpcs[0].route_tables, b->lab->vpcs[0].n_route_tables);
	t->id = lab_named(b, "rt-1");
	e = arena_push(b->lab->arena, t->entries, t->n_entries);
	e->id = lab_named(b, "entry-1");
	e->destination_cidrblock = lab_cidr(b, destination);
	e->nexthop_id = lab_ref(b, "ecs-1");
}

static void route_destinations(void **state)
{
	static const struct row rows[] = {
		{"0.0.0.0/0", NULL},
		{"10.0.0.0/16", NULL}, /* contains the vSwitch */
		{"10.0.0.0/23", NULL},
		{"10.0.1.0/24", "route-vswitch"},
		{"10.0.1.7/32", "route-vswitch"},
		{"10.0.2.0/24", NULL},
		{"100.64.0.0/10", "route-services"},
		{"100.0.0.0/9", NULL},
		{"100.64.0.0/11", "route-services-part"},
		{"100.100.2.136/32", "route-services-part"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_route);
}

static void fill_egress(struct lab_builder *b, const char *cidr)
{
	lab_add_basics(b);
	lab_add_gateway(b, "apigw-1", "cn-hangzhou")->egress = lab_cidr(b, cidr);
}

static void egress_ranges(void **state)
{
	static const struct row rows[] = {
		{"100.104.254.0/26", NULL},
		{"100.127.255.192/26", NULL},
		{"100.65.0.0/26", NULL},
		{"100.64.255.192/26", "egress-range"},
		{"100.104.254.0/25", "egress-range"},
		{"100.104.254.0/27", "egress-range"},
		{"100.128.0.0/26", "egress-range"},
		{"100.100.80.0/26", "egress-range"},
		{"10.0.0.0/26", "egress-range"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_egress);
}

static void fill_path(struct lab_builder *b, const char *path)
{
	lab_add_basics(b);
	(void)lab_add_gateway(b, "apigw-1", "cn-hangzhou");
	(void)lab_add_group(b, "group-1", "apigw-1");
	(void)lab_add_api(b, "taken", "group-1", "/users/[id]/name");
	(void)lab_add_api(b, "api-1", "group-1", path);
}

static void api_paths(void **state)
{
	static const struct row rows[] = {
		{"/", NULL},
		{"/hello", NULL},
		{"/a/b.c/d_e~f", NULL},
		{"/[id]", NULL},
		{"/users/[id]", NULL},
		{"/users/me/name", NULL},
		{"/users/[user]/name", "api-duplicate"},
		{"/users/[user]/names", NULL},
		{"", "api-path"},
		{"hello", "api-path"},
		{"/hello/", "api-path"},
		{"//", "api-path"},
		{"//hello", "api-path"},
		{"/a//b", "api-path"},
		{"/a/../b", "api-path"},
		{"/.", "api-path"},
		{"/...", NULL},
		{"/a b", "api-path"},
		{"/a?b", "api-path"},
		{"/a%2Fb", "api-path"},
		{"/a*", "api-path"},
		{"/[]", "api-path"},
		{"/[id", "api-path"},
		{"/x[id]", "api-path"},
		{"/[id]x", "api-path"},
		{"/[a b]", "api-path"},
		{"/caf\xc3\xa9", "api-path"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_path);
}

static void fill_code(struct lab_builder *b, const char *path)
{
	struct function *f = arena_push(b->lab->arena, b->lab->functions, b->lab->n_functions);

	lab_add_basics(b);
	f->id = lab_named(b, "hello");
	f->region = lab_ref(b, "cn-hangzhou");
	f->code = lab_text(b, path);
}

static void function_code(void **state)
{
	static const struct row rows[] = {
		{"hello", NULL},
		{"functions/hello.py", NULL},
		{"./hello", NULL},
		{"a..b/c", NULL},
		{"", "function-code"},
		{"/bin/sh", "function-code"},
		{"../hello", "function-code"},
		{"a/../../hello", "function-code"},
		{"a/..", "function-code"},
		{"functions/", "function-code"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_code);
}

static void fill_check(struct lab_builder *b, enum check_kind kind, const char *target)
{
	lab_add_basics(b);
	(void)lab_add_ecs(b, "ecs-1", "vsw-1", "sg-1", NULL);
	lab_add_check(b, kind, kind == CHECK_ROUTE ? "vpc-1" : "ecs-1", target);
}

static void fill_http(struct lab_builder *b, const char *target)
{
	fill_check(b, CHECK_HTTP, target);
}

static void http_targets(void **state)
{
	static const struct row rows[] = {
		{"GET http://10.0.1.1/", NULL},
		{"GET http://10.0.1.1", NULL},
		{"POST http://a.example:8080/x?y=z", NULL},
		{"OPTIONS http://a_b.example?x", NULL},
		{"get http://10.0.1.1/", "check-http"},
		{"GET", "check-http"},
		{"", "check-http"},
		{"GET  http://10.0.1.1/", "check-http"},
		{"GET http:///", "check-http"},
		{"GET http://10.0.1.256/", "check-http"},
		{"GET http://a..b/", "check-http"},
		{"GET http://a:0/", "check-http"},
		{"GET http://a:65536/", "check-http"},
		{"GET http://a:65535/", NULL},
		{"GET http://a:/", "check-http"},
		{"GET http://user@a/", "check-http"},
		{"GET http://a/b c", "check-http"},
		{"GET http://a/\r\nX: y", "check-http"},
		{"GET http://a/#top", "check-http"},
		{"GET ftp://a/", "check-http"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_http);
}

static void fill_ping(struct lab_builder *b, const char *target)
{
	fill_check(b, CHECK_PING, target);
}

static void fill_tcp(struct lab_builder *b, const char *target)
{
	fill_check(b, CHECK_TCP, target);
}

static void fill_route_check(struct lab_builder *b, const char *target)
{
	fill_check(b, CHECK_ROUTE, target);
}

static void other_targets(void **state)
{
	static const struct row hosts[] = {
		{"10.0.1.1", NULL},  {"a.example", NULL},     {"a.example.", NULL},
		{"", "check-host"},  {"1.2.3", "check-host"}, {"10.0.01.1", "check-host"},
		{".", "check-host"}, {"-a b", "check-host"},  {"a;b", "check-host"},
	};
	static const struct row ports[] = {
		{"10.0.1.1:80", NULL},       {"a.example:1", NULL}, {"10.0.1.1", "check-host"},
		{"10.0.1.1:", "check-host"}, {":80", "check-host"}, {"a:080", "check-host"},
		{"a:65536", "check-host"},   {"a:b", "check-host"},
	};
	static const struct row routes[] = {
		{"10.0.1.0/24", NULL},          {"0.0.0.0/0", NULL},
		{"10.0.1.1/24", "check-route"}, {"10.0.1.1", "check-route"},
		{"10.0.1.0/33", "check-route"},
	};

	run_rows(hosts, ARRAY_LEN(hosts), fill_ping);
	run_rows(ports, ARRAY_LEN(ports), fill_tcp);
	run_rows(routes, ARRAY_LEN(routes), fill_route_check);
}

static void fill_name(struct lab_builder *b, const char *name)
{
	lab_add_basics(b);
	(void)lab_add_cen(b, name);
}

static void names(void **state)
{
	static const struct row rows[] = {
		{"cen-1", NULL},
		{"sg-1", NULL},
		{"vsw-1", NULL},
		{"vpc-1", "name-conflict"},
		{"cn-hangzhou", "name-conflict"},
		{"svc", "name-reserved"},
		{"dns", "name-reserved"},
		{"vpc", "name-reserved"},
		{"lo", "name-reserved"},
		{"eth0", "name-reserved"},
		{"eth1", NULL},
		{"internet", "name-reserved"},
		{"all", "name-reserved"}, /* by Linux */
		{"default", "name-reserved"},
		{"defaults", NULL},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_name);
}

/* --- CEN --- */

static void fill_second_vpc(struct lab_builder *b, const char *cidr, const char *level)
{
	struct cen *cen;

	lab_add_basics(b);
	(void)lab_add_vpc(b, "vpc-2", "cn-hangzhou", cidr);
	cen = lab_add_cen(b, "cen-1");
	cen->protection_level = lab_text(b, level);
	(void)lab_attach(b, cen, "attach-1", "vpc-1");
	(void)lab_attach(b, cen, "attach-2", "vpc-2");
}

static void fill_reduced(struct lab_builder *b, const char *cidr)
{
	fill_second_vpc(b, cidr, "REDUCED");
}

static void fill_full(struct lab_builder *b, const char *cidr)
{
	fill_second_vpc(b, cidr, "FULL");
}

static void cen_blocks(void **state)
{
	static const struct row reduced[] = {
		{"10.0.0.0/16", "cen-cidr-identical"},
		{"10.0.0.0/17", NULL},
		{"10.0.0.0/8", NULL},
		{"10.1.0.0/16", NULL},
	};
	static const struct row full[] = {
		{"10.0.0.0/16", "cen-cidr-identical"},
		{"10.0.0.0/17", "cen-cidr-overlap"},
		{"10.0.0.0/8", "cen-cidr-overlap"},
		{"10.1.0.0/16", NULL},
	};

	run_rows(reduced, ARRAY_LEN(reduced), fill_reduced);
	run_rows(full, ARRAY_LEN(full), fill_full);
}

struct bandwidth {
	uint64_t plan[2], limit[2]; /* Mbit/s, 0: none */
	const char *id;
};

static void add_limit(struct lab_builder *b, struct cen *cen, const char *name, const char *other,
		      uint64_t mbit)
{
	struct cen_bandwidth_limit *l;

	if (!mbit)
		return;
	l = arena_push(b->lab->arena, cen->bandwidth_limits, cen->n_bandwidth_limits);
	l->id = lab_named(b, name);
	*arena_push(b->lab->arena, l->regions, l->n_regions) = lab_ref(b, "cn-hangzhou");
	*arena_push(b->lab->arena, l->regions, l->n_regions) = lab_ref(b, other);
	l->bandwidth_limit = lab_number(b, mbit * 1000000);
}

static void bandwidth_sums(void **state)
{
	static const struct bandwidth rows[] = {
		{{2, 0}, {2, 0}, NULL},
		{{2, 0}, {1, 1}, NULL},
		{{2, 0}, {2, 1}, "bandwidth-exceeded"},
		{{2, 0}, {3, 0}, "bandwidth-exceeded"},
		{{2, 2}, {2, 2}, NULL},
		{{2, 2}, {2, 3}, "bandwidth-exceeded"},
		{{0, 0}, {1, 0}, "bandwidth-no-plan"},
		{{2, 0}, {3, 1}, "bandwidth-exceeded"}, /* said once */
		{{2, 0}, {0, 0}, NULL},
		{{1, 0}, {1, 0}, "bandwidth-plan-size"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;
		struct cen *cen;

		lab_builder_init(&b);
		lab_add_basics(&b);
		(void)lab_add_region(&b, "cn-beijing");
		(void)lab_add_region(&b, "cn-shanghai");
		cen = lab_add_cen(&b, "cen-1");
		for (size_t j = 0; j < 2; j++) {
			struct cen_bandwidth_package *p;

			if (!rows[i].plan[j])
				continue;
			p = arena_push(b.lab->arena, cen->bandwidth_packages,
				       cen->n_bandwidth_packages);
			p->id = lab_named(&b, j ? "plan-2" : "plan-1");
			p->bandwidth = lab_number(&b, rows[i].plan[j] * 1000000);
		}
		add_limit(&b, cen, "beijing", "cn-beijing", rows[i].limit[0]);
		add_limit(&b, cen, "shanghai", "cn-shanghai", rows[i].limit[1]);
		validate_lab(b.lab, b.diags);
		lab_expect(&b, rows[i].id ? rows[i].id : "nothing", rows[i].id ? 1 : 0);
	}
}

/* --- gateways --- */

static void the_vpc_domain_needs_a_bound_instance(void **state)
{
	static const struct {
		enum gateway_type type;
		bool bound;
		const char *id;
	} rows[] = {
		{GATEWAY_NORMAL, false, "group-vpc-domain"},
		{GATEWAY_NORMAL, true, NULL},
		{GATEWAY_SERVERLESS, false, NULL},
		{GATEWAY_SERVERLESS, true, "bind-serverless"},
		{GATEWAY_VPC_CONNECT, true, "gateway-interface"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;
		struct api_gateway *gw;

		lab_builder_init(&b);
		lab_add_basics(&b);
		gw = lab_add_gateway(&b, "apigw-1", "cn-hangzhou");
		gw->instance_type = rows[i].type;
		if (rows[i].bound)
			lab_bind(&b, gw, "vpc-1");
		lab_add_group(&b, "group-1", "apigw-1")->vpc_domain = true;
		validate_lab(b.lab, b.diags);
		lab_expect(&b, rows[i].id ? rows[i].id : "nothing", rows[i].id ? 1 : 0);
	}
}

static void backend_timeouts(void **state)
{
	static const struct {
		enum gateway_type type;
		uint64_t ms;
		bool ok;
	} rows[] = {
		{GATEWAY_NORMAL, 299, false},       {GATEWAY_NORMAL, 300, true},
		{GATEWAY_NORMAL, 120000, true},     {GATEWAY_NORMAL, 120001, false},
		{GATEWAY_SERVERLESS, 300, true},    {GATEWAY_SERVERLESS, 30000, true},
		{GATEWAY_SERVERLESS, 30001, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;

		lab_builder_init(&b);
		lab_add_basics(&b);
		lab_add_gateway(&b, "apigw-1", "cn-hangzhou")->instance_type = rows[i].type;
		(void)lab_add_group(&b, "group-1", "apigw-1");
		lab_add_api(&b, "api-1", "group-1", "/")->backend.timeout =
			lab_number(&b, rows[i].ms * 1000);
		validate_lab(b.lab, b.diags);
		lab_expect(&b, "backend-timeout", rows[i].ok ? 0 : 1);
	}
}

/* Named 0, 1, 2 ... */
static void fill_functions(struct lab_builder *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct function *f = arena_push(b->lab->arena, b->lab->functions,
						b->lab->n_functions);

		f->id = lab_named(b, arena_printf(b->lab->arena, "%zu", i));
		f->region = lab_ref(b, "cn-hangzhou");
		f->code = lab_text(b, "code");
	}
}

static void functions_have_addresses_for_all(void **state)
{
	static const size_t rows[] = {4000, 4001};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;

		lab_builder_init(&b);
		lab_add_basics(&b);
		fill_functions(&b, rows[i]);
		validate_lab(b.lab, b.diags);
		lab_expect(&b, "function-quota", i);
		if (i)
			assert_int_equal(diag_get(b.diags, 0).at.line,
					 b.lab->functions[4000].id.at.line);
	}
}

/* --- the table itself --- */

static void the_table_is_sound(void **state)
{
	size_t n;
	const struct validate_rule *rules = validate_rules(&n);

	assert_true(n > 50);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(rules[i].doc);

		assert_int_equal(strspn(rules[i].id, "abcdefghijklmnopqrstuvwxyz-"),
				 strlen(rules[i].id));
		assert_non_null(rules[i].fn);
		assert_true(len > 10 && rules[i].doc[len - 1] == '.');
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(rules[i].id, rules[j].id);
			assert_ptr_not_equal(rules[i].fn, rules[j].fn);
		}
	}
}

/* parse/ hands on what it could decode: nothing may be followed that is not there. */
static void a_lab_full_of_holes_is_survived(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct arena *a;
	struct cen *cen;

	lab_builder_init(&b);
	a = b.lab->arena;
	arena_push(a, b.lab->regions, b.lab->n_regions)->id.name = "region";
	arena_push(a, b.lab->region_pairs, b.lab->n_region_pairs)->id.name = "pair";
	arena_push(a, b.lab->vpcs, b.lab->n_vpcs)->id.name = "vpc-1";
	arena_push(a, b.lab->vpcs[0].vswitches, b.lab->vpcs[0].n_vswitches)->id.name = "vsw-1";
	arena_push(a, b.lab->vpcs[0].route_tables, b.lab->vpcs[0].n_route_tables)->id.name = "rt-1";
	arena_push(a, b.lab->vpcs[0].route_tables[0].entries,
		   b.lab->vpcs[0].route_tables[0].n_entries)
		->id.name = "entry-1";
	arena_push(a, b.lab->security_groups, b.lab->n_security_groups)->id.name = "sg-1";
	arena_push(a, b.lab->security_groups[0].rules, b.lab->security_groups[0].n_rules)->id.name =
		"rule-1";
	arena_push(a, b.lab->ecs, b.lab->n_ecs)->id.name = "ecs-1";
	cen = arena_push(a, b.lab->cens, b.lab->n_cens);
	cen->id.name = "cen-1";
	cen->edition = CEN_ENTERPRISE;
	arena_push(a, cen->attachments, cen->n_attachments)->id.name = "attach-1";
	arena_push(a, cen->bandwidth_packages, cen->n_bandwidth_packages)->id.name = "plan-1";
	arena_push(a, cen->bandwidth_limits, cen->n_bandwidth_limits)->id.name = "limit-1";
	arena_push(a, cen->route_tables, cen->n_route_tables)->id.name = "tr-1";
	arena_push(a, cen->peer_attachments, cen->n_peer_attachments)->id.name = "peer-1";
	arena_push(a, cen->route_maps, cen->n_route_maps)->id.name = "map-1";
	arena_push(a, b.lab->api_gateways, b.lab->n_api_gateways)->id.name = "apigw-1";
	arena_push(a, b.lab->api_groups, b.lab->n_api_groups)->id.name = "group-1";
	arena_push(a, b.lab->apis, b.lab->n_apis)->id.name = "api-1";
	arena_push(a, b.lab->functions, b.lab->n_functions)->id.name = "function-1";
	arena_push(a, b.lab->steps, b.lab->n_steps); /* without even a name */
	(void)arena_push(a, b.lab->checks, b.lab->n_checks);
	validate_lab(b.lab, b.diags);
	assert_int_equal(lab_count(&b, "region-no-zone"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vpc_blocks),
		cmocka_unit_test(vswitch_blocks),
		cmocka_unit_test(addresses),
		cmocka_unit_test(route_destinations),
		cmocka_unit_test(egress_ranges),
		cmocka_unit_test(api_paths),
		cmocka_unit_test(function_code),
		cmocka_unit_test(http_targets),
		cmocka_unit_test(other_targets),
		cmocka_unit_test(names),
		cmocka_unit_test(cen_blocks),
		cmocka_unit_test(bandwidth_sums),
		cmocka_unit_test(the_vpc_domain_needs_a_bound_instance),
		cmocka_unit_test(backend_timeouts),
		cmocka_unit_test(functions_have_addresses_for_all),
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(a_lab_full_of_holes_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
