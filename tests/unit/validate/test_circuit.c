// SPDX-License-Identifier: GPL-2.0-only
/* Where the rules of circuits begin to bite. */
#include <stdio.h>

#include "unit/validate/rows.h"

static uint32_t ip_of(const char *text)
{
	uint32_t ip = 0;

	assert_true(ip_parse(text, &ip));
	return ip;
}

/* --- addresses --- */

struct ends {
	char own[16], far[16], mask[16];
};

static struct ends ends_of(const char *value)
{
	struct ends e;

	assert_int_equal(sscanf(value, "%15s %15s %15s", e.own, e.far, e.mask), 3);
	return e;
}

static void fill_circuit(struct lab_builder *b, const char *value)
{
	const struct ends e = ends_of(value);

	lab_add_basics(b);
	(void)lab_add_line(b, "pc-1", "cn-hangzhou");
	lab_add_circuit(b, lab_add_data_center(b, "idc-1"), "c", "pc-1", 10, e.own, e.far)
		->subnet_mask.ip = ip_of(e.mask);
}

static void fill_vbr(struct lab_builder *b, const char *value)
{
	const struct ends e = ends_of(value);

	lab_add_basics(b);
	(void)lab_add_line(b, "pc-1", "cn-hangzhou");
	lab_add_vbr(b, "vbr-1", "pc-1", 10, e.own, e.far)->peering_subnet_mask.ip = ip_of(e.mask);
	lab_add_circuit(b, lab_add_data_center(b, "idc-1"), "c", "pc-1", 10, "10.8.0.2",
			"10.8.0.1");
}

static void addresses_of_a_circuit(void **state)
{
	static const struct row rows[] = {
		{"10.8.0.1 10.8.0.2 255.255.255.252", NULL},
		{"10.8.0.2 10.8.0.1 255.255.255.252", NULL},
		{"10.8.0.1 10.8.0.6 255.255.255.248", NULL},
		{"10.8.0.1 10.8.0.254 255.255.255.0", NULL},
		{"10.8.0.1 10.8.0.3 255.255.255.252", "circuit-addresses"}, /* broadcast */
		{"10.8.0.0 10.8.0.1 255.255.255.252", "circuit-addresses"},
		{"10.8.0.3 10.8.0.1 255.255.255.252", "circuit-addresses"},
		{"10.8.0.0 10.8.0.3 255.255.255.252", "circuit-addresses"}, /* said once */
		{"10.8.0.1 10.8.0.5 255.255.255.252", "circuit-addresses"},
		{"10.8.0.1 10.8.1.2 255.255.255.0", "circuit-addresses"},
		{"10.8.0.1 10.8.0.1 255.255.255.252", "circuit-addresses"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_circuit);
}

static void masks_of_a_circuit(void **state)
{
	static const struct row rows[] = {
		{"10.8.0.1 10.8.0.2 255.255.255.0", NULL},
		{"10.8.0.1 10.8.0.2 255.255.254.0", "circuit-mask"},
		{"10.8.0.1 10.8.0.2 255.255.255.254", "circuit-mask"},
		{"10.8.0.1 10.8.0.2 255.255.255.255", "circuit-mask"},
		{"10.8.0.1 10.8.0.2 0.0.0.0", "circuit-mask"},
		{"10.8.0.1 10.8.0.2 255.255.255.253", "circuit-mask"}, /* a gap */
		{"10.8.0.1 10.8.0.2 0.0.0.252", "circuit-mask"},
		/* nothing is said about addresses in a subnet that is none */
		{"10.8.0.1 10.9.0.2 255.255.0.0", "circuit-mask"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_circuit);
}

static void ranges_that_mean_something(void **state)
{
	static const struct row rows[] = {
		{"0.255.255.253 0.255.255.254 255.255.255.252", "circuit-range"},
		{"1.0.0.1 1.0.0.2 255.255.255.252", NULL},
		{"100.63.255.253 100.63.255.254 255.255.255.252", NULL},
		{"100.64.0.1 100.64.0.2 255.255.255.252", "circuit-range"},
		{"100.127.255.253 100.127.255.254 255.255.255.252", "circuit-range"},
		{"100.128.0.1 100.128.0.2 255.255.255.252", NULL},
		{"126.255.255.253 126.255.255.254 255.255.255.252", NULL},
		{"127.0.0.1 127.0.0.2 255.255.255.252", "circuit-range"},
		{"169.254.0.1 169.254.0.2 255.255.255.252", "circuit-range"},
		{"169.255.0.1 169.255.0.2 255.255.255.252", NULL},
		{"223.255.255.253 223.255.255.254 255.255.255.252", NULL},
		{"224.0.0.1 224.0.0.2 255.255.255.252", "circuit-range"},
		{"255.255.255.253 255.255.255.254 255.255.255.252", "circuit-range"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_circuit);
}

/* --- subnets --- */

/* Beside a LAN, 10.8.1.0/24, and another circuit, 10.8.2.0/30. */
static void fill_second_circuit(struct lab_builder *b, const char *value)
{
	const struct ends e = ends_of(value);
	struct data_center *dc;

	lab_add_basics(b);
	(void)lab_add_line(b, "pc-1", "cn-hangzhou");
	dc = lab_add_data_center(b, "idc-1");
	(void)lab_add_lan(b, dc, "lan", "10.8.1.0/24");
	(void)lab_add_circuit(b, dc, "first", "pc-1", 10, "10.8.2.2", "10.8.2.1");
	lab_add_circuit(b, dc, "second", "pc-1", 20, e.own, e.far)->subnet_mask.ip = ip_of(e.mask);
}

static void subnets_of_one_customer_router(void **state)
{
	static const struct row rows[] = {
		{"10.8.0.253 10.8.0.254 255.255.255.252", NULL},
		{"10.8.1.1 10.8.1.2 255.255.255.252", "circuit-overlap"},
		{"10.8.1.253 10.8.1.254 255.255.255.252", "circuit-overlap"},
		{"10.8.2.2 10.8.2.1 255.255.255.252", "circuit-overlap"},
		{"10.8.2.5 10.8.2.6 255.255.255.252", NULL},
		{"10.8.2.5 10.8.2.6 255.255.255.248", "circuit-overlap"},
		{"10.0.0.1 10.0.0.2 255.255.255.252",
		 NULL}, /* a VPC's, of which it knows nothing */
	};

	run_rows(rows, ARRAY_LEN(rows), fill_second_circuit);
}

/* A route of the VBR and one of the customer router to the same destination. */
static void fill_route(struct lab_builder *b, const char *destination)
{
	struct vbr_route_entry *e;
	struct data_center *dc;
	struct cpe_route *r;
	struct vbr *vbr;

	lab_add_basics(b);
	(void)lab_add_line(b, "pc-1", "cn-hangzhou");
	vbr = lab_add_vbr(b, "vbr-1", "pc-1", 10, "10.8.0.1", "10.8.0.2");
	e = arena_push(b->lab->arena, vbr->route_entries, vbr->n_route_entries);
	e->id = lab_named(b, "entry");
	e->destination_cidr_block = lab_cidr(b, destination);
	dc = lab_add_data_center(b, "idc-1");
	(void)lab_add_lan(b, dc, "lan", "10.10.1.0/24");
	(void)lab_add_circuit(b, dc, "c", "pc-1", 10, "10.8.0.2", "10.8.0.1");
	r = arena_push(b->lab->arena, dc->routes, dc->n_routes);
	r->id = lab_named(b, "route");
	r->destination_cidr_block = lab_cidr(b, destination);
	r->next_hop = lab_address(b, "10.8.0.1");
}

static void routes_to_where_a_router_is(void **state)
{
	static const struct {
		const char *destination;
		size_t vbr, cpe; /* faults of either */
	} rows[] = {
		{"10.8.0.0/30", 1, 1},  {"10.8.0.0/29", 0, 0},  {"10.8.0.0/31", 0, 0},
		{"10.10.1.0/24", 0, 1}, {"10.10.0.0/16", 0, 0}, {"10.10.1.0/25", 0, 0},
		{"0.0.0.0/0", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;

		lab_builder_init(&b);
		fill_route(&b, rows[i].destination);
		validate_lab(b.lab, b.diags);
		print_message("%s\n", rows[i].destination);
		assert_int_equal(lab_count(&b, "vbr-route-connected"), rows[i].vbr);
		assert_int_equal(lab_count(&b, "cpe-route-connected"), rows[i].cpe);
		assert_int_equal(diag_count(b.diags), rows[i].vbr + rows[i].cpe);
	}
}

/* The same rules, and one about both ends together: a warning, so only where nothing else is wrong. */
static void a_vbr_and_its_far_end(void **state)
{
	static const struct row rows[] = {
		{"10.8.0.1 10.8.0.2 255.255.255.252", NULL},
		{"10.8.0.1 10.8.0.2 255.255.255.0", NULL}, /* each end has a mask of its own */
		{"10.8.0.1 10.8.0.3 255.255.255.248", "circuit-mismatch"},
		{"10.8.0.3 10.8.0.2 255.255.255.248", "circuit-mismatch"},
		{"10.8.0.1 10.8.0.3 255.255.255.252", "circuit-addresses"},
		{"10.8.0.1 10.8.0.2 255.0.0.0", "circuit-mask"},
		{"100.64.0.1 100.64.0.2 255.255.255.252", "circuit-range"},
		{"10.0.0.1 10.0.0.2 255.255.255.252", "circuit-overlap"}, /* the VPC's */
		{"10.0.255.253 10.0.255.254 255.255.255.252", "circuit-overlap"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_vbr);
}

/* One VPC in the other one's block, and others around them. */
static void fill_among_vpcs(struct lab_builder *b, const char *value)
{
	static const char *const blocks[] = {"192.168.0.0/16", "10.18.0.0/16", "10.16.0.0/12"};

	fill_vbr(b, value);
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++)
		(void)lab_add_vpc(b, (const char *[]){"vpc-a", "vpc-b", "vpc-c"}[i], "cn-hangzhou",
				  blocks[i]);
	validate_lab(b->lab, b->diags);
}

static void circuits_among_vpcs(void **state)
{
	static const struct {
		const char *ends;
		size_t n;
		const char *vpc;
	} rows[] = {
		{"10.15.255.253 10.15.255.254 255.255.255.252", 0, NULL},
		{"10.16.0.1 10.16.0.2 255.255.255.252", 1, "vpc-c"},
		{"10.18.0.1 10.18.0.2 255.255.255.252", 1, "vpc-b"}, /* the first one in the file */
		{"10.31.255.253 10.31.255.254 255.255.255.252", 1, "vpc-c"},
		{"10.32.0.1 10.32.0.2 255.255.255.252", 0, NULL},
		{"192.167.255.253 192.167.255.254 255.255.255.252", 0, NULL},
		{"192.168.0.1 192.168.0.2 255.255.255.252", 1, "vpc-a"},
		{"192.169.0.1 192.169.0.2 255.255.255.252", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;
		size_t n = 0;

		lab_builder_init(&b);
		fill_among_vpcs(&b, rows[i].ends);
		for (size_t j = 0; j < diag_count(b.diags); j++) {
			const struct diag_view d = diag_get(b.diags, j);

			if (strcmp(d.id, "circuit-overlap") != 0)
				continue;
			n++;
			assert_non_null(strstr(d.message, rows[i].vpc ? rows[i].vpc : "nobody"));
		}
		assert_int_equal(n, rows[i].n);
	}
}

/* --- router interfaces --- */

/* Pairs of a VBR and a VPC, each in its order: "11 12 21 11". */
static void fill_router_interfaces(struct lab_builder *b, const char *pairs)
{
	static const char *const vbrs[] = {"vbr-1", "vbr-2"}, *const vpcs[] = {"vpc-1", "vpc-2"};
	static const char *const names[] = {"ri-a", "ri-b", "ri-c", "ri-d"};
	struct lab *lab = b->lab;

	lab_add_basics(b);
	(void)lab_add_vpc(b, "vpc-2", "cn-hangzhou", "10.1.0.0/16");
	(void)lab_add_line(b, "pc-1", "cn-hangzhou");
	(void)lab_add_vbr(b, "vbr-1", "pc-1", 10, "172.20.0.1", "172.20.0.2");
	(void)lab_add_vbr(b, "vbr-2", "pc-1", 11, "172.20.0.5", "172.20.0.6");
	for (size_t i = 0; pairs[3 * i]; i++) {
		struct router_interface *ri = arena_push(lab->arena, lab->router_interfaces,
							 lab->n_router_interfaces);

		ri->id = lab_named(b, names[i]);
		ri->vbr = lab_ref(b, vbrs[pairs[3 * i] - '1']);
		ri->vpc = lab_ref(b, vpcs[pairs[3 * i + 1] - '1']);
	}
	validate_lab(lab, b->diags);
}

static void router_interfaces_once_more(void **state)
{
	static const struct {
		const char *pairs;
		size_t n;
	} rows[] = {{"11 12 21 22 ", 0}, {"11 11 ", 1}, {"11 21 12 11 ", 1},
		    {"21 21 21 ", 2},    {"", 0},       {"22 12 22 12 ", 2}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;

		lab_builder_init(&b);
		fill_router_interfaces(&b, rows[i].pairs);
		assert_int_equal(lab_count(&b, "router-interface-twice"), rows[i].n);
	}
}

/* --- bandwidth --- */

struct bandwidth {
	enum port_type port;
	uint64_t kbit[3]; /* 0: not written, the port's */
	size_t n_vbrs, n_faults;
};

static void bandwidths(void **state)
{
	static const char *const names[] = {"a", "b", "c"};
	static const struct bandwidth rows[] = {
		{PORT_1000BASE_LX, {0}, 1, 0},
		{PORT_1000BASE_LX, {1000000}, 1, 0},
		{PORT_1000BASE_LX, {1000001}, 1, 1},
		{PORT_1000BASE_LX, {50000}, 1, 0},
		{PORT_1000BASE_LX, {49999}, 1, 1},
		{PORT_1000BASE_LX, {49999, 49999}, 2, 2},
		{PORT_1000BASE_LX, {500000, 500000}, 2, 0},
		{PORT_1000BASE_LX, {500000, 500001}, 2, 1},
		{PORT_1000BASE_LX, {0, 0}, 2, 1},
		{PORT_1000BASE_LX, {950000, 0}, 2, 1},
		{PORT_1000BASE_LX, {900000, 900000, 900000}, 3, 1}, /* said once */
		{PORT_1000BASE_LX, {900000, 50000, 50000}, 3, 0},
		{PORT_100BASE_T, {0}, 1, 0},
		{PORT_100BASE_T, {50000, 50000}, 2, 0},
		{PORT_100BASE_T, {50000, 50001}, 2, 1},
		{PORT_100GBASE_LR, {50000000, 50000000}, 2, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_lab_builder struct lab_builder b;
		struct data_center *dc;

		lab_builder_init(&b);
		lab_add_basics(&b);
		lab_add_line(&b, "pc-1", "cn-hangzhou")->port_type = rows[i].port;
		(void)lab_add_line(&b, "pc-2", "cn-hangzhou");
		dc = lab_add_data_center(&b, "idc-1");
		/* another line has a port of its own */
		(void)lab_add_vbr(&b, "other", "pc-2", 10, "10.8.9.1", "10.8.9.2");
		(void)lab_add_circuit(&b, dc, "other", "pc-2", 10, "10.8.9.2", "10.8.9.1");
		for (size_t j = 0; j < rows[i].n_vbrs; j++) {
			static const char *const own[] = {"10.8.0.1", "10.8.0.5", "10.8.0.9"};
			static const char *const far[] = {"10.8.0.2", "10.8.0.6", "10.8.0.10"};
			struct vbr *vbr = lab_add_vbr(&b, names[j], "pc-1", j, own[j], far[j]);

			if (rows[i].kbit[j])
				vbr->bandwidth = lab_number(&b, rows[i].kbit[j] * 1000);
			(void)lab_add_circuit(&b, dc, names[j], "pc-1", j, far[j], own[j]);
		}
		validate_lab(b.lab, b.diags);
		print_message("row %zu\n", i);
		lab_expect(&b, "vbr-bandwidth", rows[i].n_faults);
	}
}

/* --- health checks --- */

static void fill_health(struct lab_builder *b, const char *source)
{
	struct cen_vbr_health_check *h;
	struct cen *cen;

	lab_add_basics(b);
	(void)lab_add_line(b, "pc-1", "cn-hangzhou");
	(void)lab_add_vbr(b, "vbr-1", "pc-1", 10, "172.20.0.1", "172.20.0.2");
	(void)lab_add_circuit(b, lab_add_data_center(b, "idc-1"), "c", "pc-1", 10, "172.20.0.2",
			      "172.20.0.1");
	cen = lab_add_cen(b, "cen-1");
	(void)lab_attach(b, cen, "attach-1", "vpc-1");
	lab_attach(b, cen, "attach-2", NULL)->vbr = lab_ref(b, "vbr-1");
	h = arena_push(b->lab->arena, cen->vbr_health_checks, cen->n_vbr_health_checks);
	h->id = lab_named(b, "check-1");
	h->vbr = lab_ref(b, "vbr-1");
	h->health_check_interval.v = 2000000;
	h->healthy_threshold.v = 8;
	h->health_check_source_ip = lab_address(b, source);
}

static void sources_of_health_checks(void **state)
{
	static const struct row rows[] = {
		{NULL, NULL},
		{"9.255.255.255", "health-source"},
		{"10.1.0.0", NULL},
		{"10.255.255.255", NULL},
		{"11.0.0.0", "health-source"},
		{"172.15.255.255", "health-source"},
		{"172.16.0.0", NULL},
		{"172.31.255.255", NULL},
		{"172.32.0.0", "health-source"},
		{"192.167.255.255", "health-source"},
		{"192.168.0.1", NULL},
		{"192.169.0.0", "health-source"},
		{"100.95.255.255", "health-source"},
		{"100.96.0.0", NULL},
		{"100.96.255.255", NULL},
		{"100.97.0.0", "health-source"},
		{"10.0.0.0", "health-source"}, /* the VPC's */
		{"10.0.255.255", "health-source"},
		{"172.20.0.1", "health-source"}, /* the circuit's */
		{"172.20.0.2", "health-source"},
	};

	run_rows(rows, ARRAY_LEN(rows), fill_health);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_of_a_circuit),
		cmocka_unit_test(masks_of_a_circuit),
		cmocka_unit_test(ranges_that_mean_something),
		cmocka_unit_test(subnets_of_one_customer_router),
		cmocka_unit_test(routes_to_where_a_router_is),
		cmocka_unit_test(a_vbr_and_its_far_end),
		cmocka_unit_test(circuits_among_vpcs),
		cmocka_unit_test(router_interfaces_once_more),
		cmocka_unit_test(bandwidths),
		cmocka_unit_test(sources_of_health_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
