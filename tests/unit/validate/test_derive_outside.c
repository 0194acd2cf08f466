// SPDX-License-Identifier: GPL-2.0-only
/* Addresses that the lab file leaves open: of hosts, on the Internet, of gateways' interfaces. */
#include "unit/validate/rows.h"

static void assert_ip(const struct address *a, const char *want)
{
	char buf[IP_STRLEN];

	assert_true(a->set);
	assert_string_equal(ip_format(a->ip, buf), want);
}

/* --- LANs --- */

static void hosts_get_the_lowest_free_address(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct data_center *dc;

	lab_builder_init(&b);
	dc = lab_add_data_center(&b, "idc-1");
	(void)lab_add_lan(&b, dc, "lan", "10.10.1.0/24");
	(void)lab_add_host(&b, dc, "a", "lan", NULL);
	(void)lab_add_host(&b, dc, "b", "lan", "10.10.1.3"); /* written, though later */
	(void)lab_add_host(&b, dc, "c", "lan", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_ip(&dc->lans[0].gateway_ip, "10.10.1.1");
	assert_ip(&dc->hosts[0].ip, "10.10.1.2");
	assert_ip(&dc->hosts[1].ip, "10.10.1.3");
	assert_ip(&dc->hosts[2].ip, "10.10.1.4");
	assert_int_equal(dc->hosts[0].ip.at.line, 0);
}

/* The same addresses in another data centre are other addresses; of another LAN they are free. */
static void each_lan_for_itself(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct data_center *dc;

	lab_builder_init(&b);
	for (size_t i = 0; i < 2; i++) {
		dc = lab_add_data_center(&b, i ? "idc-2" : "idc-1");
		(void)lab_add_lan(&b, dc, "one", "10.10.1.0/24");
		(void)lab_add_lan(&b, dc, "two", "10.10.2.0/24");
		(void)lab_add_host(&b, dc, i ? "a2" : "a1", "two", NULL);
		(void)lab_add_host(&b, dc, i ? "b2" : "b1", "one", NULL);
	}
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	for (size_t i = 0; i < 2; i++) {
		assert_ip(&b.lab->data_centers[i].hosts[0].ip, "10.10.2.2");
		assert_ip(&b.lab->data_centers[i].hosts[1].ip, "10.10.1.2");
	}
}

static void a_gateway_that_is_not_the_first_one(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct data_center *dc;

	lab_builder_init(&b);
	dc = lab_add_data_center(&b, "idc-1");
	lab_add_lan(&b, dc, "lan", "10.10.1.0/24")->gateway_ip = lab_address(&b, "10.10.1.2");
	(void)lab_add_host(&b, dc, "a", "lan", NULL);
	(void)lab_add_host(&b, dc, "b", "lan", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_ip(&dc->hosts[0].ip, "10.10.1.1");
	assert_ip(&dc->hosts[1].ip, "10.10.1.3");
}

/* A host that has written the address which the router would get: the host is wrong. */
static void a_host_where_the_gateway_is(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct data_center *dc;

	lab_builder_init(&b);
	dc = lab_add_data_center(&b, "idc-1");
	(void)lab_add_lan(&b, dc, "lan", "10.10.1.0/24");
	(void)lab_add_host(&b, dc, "a", "lan", "10.10.1.1");
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "host-address", 1);
	assert_int_equal(diag_get(b.diags, 0).at.line, dc->hosts[0].ip.at.line);
}

/* A /30 has one for the router and one for a host. */
static void a_lan_is_full(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct data_center *dc;

	lab_builder_init(&b);
	dc = lab_add_data_center(&b, "idc-1");
	(void)lab_add_lan(&b, dc, "lan", "10.10.1.4/30");
	(void)lab_add_host(&b, dc, "a", "lan", NULL);
	(void)lab_add_host(&b, dc, "b", "lan", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "lan-full", 1);
	assert_ip(&dc->lans[0].gateway_ip, "10.10.1.5");
	assert_ip(&dc->hosts[0].ip, "10.10.1.6");
	assert_false(dc->hosts[1].ip.set);
	assert_int_equal(diag_get(b.diags, 0).at.line, dc->hosts[1].id.at.line);
}

/* A block that no addresses can be counted in is reported, and nothing is chosen in it. */
static void a_lan_that_is_none(void **state)
{
	auto_lab_builder struct lab_builder b;
	struct data_center *dc;

	lab_builder_init(&b);
	dc = lab_add_data_center(&b, "idc-1");
	(void)lab_add_lan(&b, dc, "lan", "10.10.1.4/31");
	(void)lab_add_host(&b, dc, "a", "lan", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "lan-mask", 1);
	assert_false(dc->lans[0].gateway_ip.set);
	assert_false(dc->hosts[0].ip.set);
}

/* --- the Internet --- */

static void public_addresses(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_internet_host(&b, "a", NULL);
	(void)lab_add_internet_host(&b, "b", "203.0.113.11");
	(void)lab_add_internet_host(&b, "c", NULL);
	(void)lab_add_gateway(&b, "apigw-1", "cn-hangzhou");
	(void)lab_add_gateway(&b, "apigw-2", "cn-hangzhou");
	b.lab->api_gateways[0].public_ip = lab_address(&b,
						       "203.0.113.10"); /* of the hosts' block */
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_ip(&b.lab->internet.hosts[0].ip, "203.0.113.12");
	assert_ip(&b.lab->internet.hosts[1].ip, "203.0.113.11");
	assert_ip(&b.lab->internet.hosts[2].ip, "203.0.113.13");
	assert_ip(&b.lab->api_gateways[1].public_ip, "198.51.100.10");
}

static void fill_public(struct lab_builder *b, const char *ip)
{
	lab_add_basics(b);
	(void)lab_add_internet_host(b, "taken", "8.8.8.8");
	(void)lab_add_internet_host(b, "shop", ip);
}

static void fill_public_gateway(struct lab_builder *b, const char *ip)
{
	lab_add_basics(b);
	(void)lab_add_internet_host(b, "taken", "8.8.8.8");
	lab_add_gateway(b, "apigw-1", "cn-hangzhou")->public_ip = lab_address(b, ip);
}

static void written_public_addresses(void **state)
{
	static const struct row rows[] = {
		{"1.0.0.0", "internet-address"}, /* the network's */
		{"1.0.0.1", NULL},
		{"8.8.8.7", NULL},
		{"8.8.8.8", "internet-conflict"},
		{"9.255.255.254", NULL},
		{"10.0.0.1", "internet-address"},
		{"11.0.0.1", NULL},
		{"100.64.0.1", "internet-address"},
		{"100.128.0.1", NULL},
		{"127.0.0.1", "internet-address"},
		{"169.254.1.1", "internet-address"},
		{"172.31.255.1", "internet-address"},
		{"172.32.0.1", NULL},
		{"192.0.1.1", NULL},
		{"192.0.2.1", "internet-address"}, /* where the resolver is */
		{"192.168.0.1", "internet-address"},
		{"203.0.113.255", "internet-address"},
		{"223.255.255.1", NULL},
		{"224.0.0.1", "internet-address"},
		{"255.255.255.255", "internet-address"},
		{"0.0.0.1", "internet-address"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_public);
	run_rows(rows, ARRAY_LEN(rows), fill_public_gateway);
}

static void without_an_internet_nobody_is_public(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_gateway(&b, "apigw-1", "cn-hangzhou");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_false(b.lab->api_gateways[0].public_ip.set);
}

/* From .10 to .254 there are 245. */
static void public_addresses_run_out(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	for (size_t i = 0; i < 246; i++)
		(void)lab_add_internet_host(&b, arena_printf(b.lab->arena, "h%zu", i), NULL);
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "internet-full", 1);
	assert_ip(&b.lab->internet.hosts[0].ip, "203.0.113.10");
	assert_ip(&b.lab->internet.hosts[244].ip, "203.0.113.254");
	assert_false(b.lab->internet.hosts[245].ip.set);
	assert_int_equal(diag_get(b.diags, 0).at.line, b.lab->internet.hosts[245].id.at.line);
}

/* --- gateways --- */

static struct api_gateway *add_connected(struct lab_builder *b, const char *name, const char *ip)
{
	struct api_gateway *gw = lab_add_gateway(b, name, "cn-hangzhou");

	gw->instance_type = GATEWAY_VPC_CONNECT;
	gw->interface.at = lab_at(b);
	gw->interface.vswitch = lab_ref(b, "vsw-1");
	gw->interface.security_group = lab_ref(b, "sg-1");
	gw->interface.ip = lab_address(b, ip);
	return gw;
}

/* ECS instances first, then for each gateway its VIP and its interface. */
static void interfaces_of_gateways(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	lab_bind(&b, add_connected(&b, "apigw-1", NULL), "vpc-1");
	(void)add_connected(&b, "apigw-2", "10.0.1.2");
	(void)lab_add_ecs(&b, "ecs-1", "vsw-1", "sg-1", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_ip(&b.lab->ecs[0].private_ip, "10.0.1.1");
	assert_ip(&b.lab->api_gateways[0].bind.ip, "10.0.1.3");
	assert_ip(&b.lab->api_gateways[0].interface.ip, "10.0.1.4");
	assert_ip(&b.lab->api_gateways[1].interface.ip, "10.0.1.2");
}

static void an_interface_without_room(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	b.lab->vpcs[0].vswitches[0].cidr_block = lab_cidr(&b, "10.0.1.0/29");
	for (size_t i = 0; i < 4; i++)
		(void)lab_add_ecs(&b, arena_printf(b.lab->arena, "ecs-%zu", i), "vsw-1", "sg-1",
				  NULL);
	(void)add_connected(&b, "apigw-1", NULL);
	validate_lab(b.lab, b.diags);
	lab_expect(&b, "vswitch-full", 1);
	assert_int_equal(diag_get(b.diags, 0).at.line, b.lab->api_gateways[0].interface.at.line);
}

/* What an authorization names by its instance is the address that was chosen for it. */
static void the_target_of_an_authorization(void **state)
{
	auto_lab_builder struct lab_builder b;

	lab_builder_init(&b);
	lab_add_basics(&b);
	(void)lab_add_ecs(&b, "ecs-1", "vsw-1", "sg-1", NULL);
	(void)lab_add_vpc_access(&b, "by-name", "vpc-1", "ecs-1");
	(void)lab_add_vpc_access(&b, "by-address", "vpc-1", "10.77.0.1");
	validate_lab(b.lab, b.diags);
	lab_expect_clean(&b);
	assert_int_equal(b.lab->vpc_accesses[0].ip, 0x0a000101);
	assert_int_equal(b.lab->vpc_accesses[1].ip, 0x0a4d0001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_get_the_lowest_free_address),
		cmocka_unit_test(each_lan_for_itself),
		cmocka_unit_test(a_gateway_that_is_not_the_first_one),
		cmocka_unit_test(a_host_where_the_gateway_is),
		cmocka_unit_test(a_lan_is_full),
		cmocka_unit_test(a_lan_that_is_none),
		cmocka_unit_test(public_addresses),
		cmocka_unit_test(written_public_addresses),
		cmocka_unit_test(without_an_internet_nobody_is_public),
		cmocka_unit_test(public_addresses_run_out),
		cmocka_unit_test(interfaces_of_gateways),
		cmocka_unit_test(an_interface_without_room),
		cmocka_unit_test(the_target_of_an_authorization),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
