// SPDX-License-Identifier: GPL-2.0-only
/** Links: their names, and what `links:` makes of them. */
#include "unit/compile/lab_plan.h"

static const char base[] =
	"lab: x\n"
	"regions: {r1: {zones: [a]}, r2: {zones: [b]}, r3: {zones: [c]}}\n"
	"region_pairs: {near: {regions: [r1, r2], rtt: 20ms, jitter: 1ms}}\n"
	"vpcs:\n"
	"  v1: {region: r1, cidr_block: 10.1.0.0/16, vswitches: {s1: {zone: a, cidr_block: 10.1.1.0/24}}}\n"
	"  v2: {region: r2, cidr_block: 10.2.0.0/16, vswitches: {s2: {zone: b, cidr_block: 10.2.1.0/24}}}\n"
	"  v3: {region: r1, cidr_block: 10.3.0.0/16, vswitches: {s3: {zone: a, cidr_block: 10.3.1.0/24}}}\n"
	"cen:\n"
	"  c: {attachments: {one: {vpc: v1}, two: {vpc: v2}, pc: {vbr: vbr}},\n"
	"      bandwidth_packages: {p: {bandwidth: 10Mbit}},\n"
	"      bandwidth_limits: {far: {regions: [r1, r2], bandwidth_limit: 4Mbit}}}\n"
	"physical_connections: {pc: {region: r1, rtt: 4ms, jitter: 1ms}, spare: {region: r1}}\n"
	"virtual_border_routers:\n"
	"  vbr: {physical_connection: pc, vlan_id: 10, local_gateway_ip: 10.9.0.1,\n"
	"        peer_gateway_ip: 10.9.0.2, bandwidth: 100Mbit}\n"
	"  other: {physical_connection: spare, vlan_id: 11, local_gateway_ip: 10.9.1.1,\n"
	"          peer_gateway_ip: 10.9.1.2}\n"
	"router_interfaces: {ri: {vbr: other, vpc: v3, spec: Mini.2}}\n"
	"data_centers:\n"
	"  dc: {lans: {lan: {cidr_block: 10.8.0.0/24}},\n"
	"       circuits: {up: {physical_connection: pc, vlan_id: 10, ip: 10.9.0.2, peer_ip: 10.9.0.1}}}\n";

static struct lab *lab_of(const char *links, struct diag_list *diags)
{
	static struct source src;
	static char text[8192];
	struct lab *lab;

	(void)snprintf(text, sizeof(text), "%s%s", base, links);
	src = (struct source){"lab.yaml", text, strlen(text)};
	lab = parse_lab(&src, NULL, diags);
	assert_non_null(lab);
	validate_lab(lab, diags);
	return lab;
}

static void has_names(void **state)
{
	static const struct {
		const char *name, *found;
	} rows[] = {
		{"pc", "pc"},       {"dc", "pc"},      {"spare", "spare"}, {"ri", "ri"},
		{"one", "one"},     {"c.one", "one"},  {"c.pc", "c.pc"},   {"r1:r2", "r1:r2"},
		{"r2:r1", "r1:r2"}, {"near", "r1:r2"}, {"far", "r1:r2"},   {"r1:r3", NULL},
		{"c", NULL},        {"v1", NULL},      {"", NULL},
	};
	static const char *const all[] = {"pc", "spare", "ri", "one", "two", "c.pc", "r1:r2"};
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = lab_of("", diags);
	struct lab_link link;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_true(lab_link_at(lab, i, &link));
		assert_string_equal(link.name, all[i]);
		assert_null(link.change);
		assert_true(link.at.line);
	}
	assert_false(lab_link_at(lab, ARRAY_LEN(all), &link));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool found = lab_find_link(lab, rows[i].name, &link);

		assert_string_equal(found ? link.name : "-", rows[i].found ? rows[i].found : "-");
	}
}

static const struct plan_shaper *shaper(const struct plan *p, const char *ns, const char *dev)
{
	for (size_t i = 0; i < p->n_shapers; i++)
		if (!strcmp(p->shapers[i].ns, ns) && !strcmp(p->shapers[i].dev, dev))
			return &p->shapers[i];
	return NULL;
}

/* "rate delay jitter loss" of one end's queue. */
static const char *line_text(const struct plan *p, const char *ns, const char *dev)
{
	const struct plan_shaper *s = shaper(p, ns, dev);

	if (!s)
		return "none";
	return arena_printf(p->arena, "%llu %u %u %u", (unsigned long long)s->rate, s->delay_us,
			    s->jitter_us, s->loss_ppm);
}

static void changes_what_is_said(void **state)
{
	static const struct {
		const char *links, *ns, *dev, *line;
	} rows[] = {
		{"", "vbr", "pc.10", "100000000 2000 500 0"},
		{"links: {pc: {loss: 5%}}\n", "vbr", "pc.10", "100000000 2000 500 50000"},
		{"links: {pc: {loss: 5%}}\n", "dc", "pc.10", "100000000 2000 500 50000"},
		{"links: {dc: {rate: 2Mbit, rtt: 60ms}}\n", "dc", "pc.10", "2000000 30000 500 0"},
		/* less than the jitter that nobody wrote here */
		{"links: {pc: {rtt: 500us}}\n", "vbr", "pc.10", "100000000 250 250 0"},
		{"", "c.r1", "r2", "4000000 10000 500 0"},
		{"links: {'r2:r1': {rate: 1Mbit, loss: 1%}}\n", "c.r1", "r2",
		 "1000000 10000 500 10000"},
		{"links: {near: {rtt: 80ms, jitter: 0us}}\n", "c.r2", "r1", "4000000 40000 0 0"},
		{"", "vbr", "c", "none"},
		{"", "v1", "c", "none"},
		{"links: {one: {rate: 3Mbit}}\n", "v1", "c", "3000000 0 0 0"},
		{"links: {one: {rate: 3Mbit}}\n", "c.r1", "v1", "3000000 0 0 0"},
		{"links: {one: {rtt: 10ms}}\n", "c.r1", "v1", "10000000000 5000 0 0"},
		{"links: {one: {state: down}}\n", "c.r1", "v1", "none"},
		{"links: {ri: {loss: 2%}}\n", "v3", "ri", "2000000 0 0 20000"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *p = PLAN(base, rows[i].links);

		assert_string_equal(line_text(p, rows[i].ns, rows[i].dev), rows[i].line);
	}
}

static const struct plan_filter *cut_at(const struct plan *p, const char *ns)
{
	for (size_t i = 0; i < p->n_filters; i++)
		if (!strcmp(p->filters[i].ns, ns) &&
		    !strncmp(p->filters[i].table, PLAN_CUT, strlen(PLAN_CUT)))
			return &p->filters[i];
	return NULL;
}

/* A circuit by its bridge; what has none drops at one end, and keeps devices and routes. */
static void breaks(void **state)
{
	static const struct {
		const char *name, *ns, *drops;
	} rows[] = {
		{"one", "c.r1", "iifname \"v1\" drop"},
		{"c.pc", "c.r1", "iifname \"vbr\" drop"},
		{"r1:r2", "c.r1", "oifname \"r2\" drop"},
		{"ri", "other", "oifname \"ri\" drop"},
	};
	auto_plan struct plan *whole = PLAN(base);
	auto_plan struct plan *cut = PLAN(base, "links: {pc: {state: down}}\n");

	(void)state;
	assert_false(bridge_of(whole, "pc", "vlan10")->down);
	assert_true(bridge_of(cut, "pc", "vlan10")->down);
	assert_false(bridge_of(cut, "spare", "vlan11")->down);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *p = PLAN(base, "links: {'", rows[i].name,
						"': {state: down}}\n");
		const struct plan_filter *f = cut_at(p, rows[i].ns);

		assert_null(cut_at(whole, rows[i].ns));
		assert_non_null(f);
		assert_non_null(strstr(f->text, rows[i].drops));
		assert_string_equal(f->origin.resource,
				    arena_printf(p->arena, "links.%s", rows[i].name));
		assert_int_equal(p->n_filters, whole->n_filters + 1);
		assert_int_equal(p->n_routes, whole->n_routes);
		assert_int_equal(p->n_links, whole->n_links);
	}
}

static const char *origin_at(const struct plan *p, const char *ns, const char *dev)
{
	for (size_t i = 0; i < p->n_shapers; i++)
		if (!strcmp(p->shapers[i].ns, ns) && !strcmp(p->shapers[i].dev, dev))
			return p->shapers[i].origin.resource;
	return NULL;
}

/* Where all is lost because of what is said of a link, that is whose queue it is. */
static void loses_all(void **state)
{
	static const struct {
		const char *name, *ns, *dev;
	} rows[] = {{"one", "v1", "c"},
		    {"pc", "vbr", "pc.10"},
		    {"r1:r2", "c.r1", "r2"},
		    {"ri", "v3", "ri"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *some = PLAN(base, "links: {'", rows[i].name,
						   "': {loss: 99%}}\n");
		auto_plan struct plan *all = PLAN(base, "links: {'", rows[i].name,
						  "': {loss: 100%}}\n");
		const char *link = arena_printf(all->arena, "links.%s", rows[i].name);

		assert_string_not_equal(origin_at(some, rows[i].ns, rows[i].dev), link);
		assert_string_equal(origin_at(all, rows[i].ns, rows[i].dev), link);
	}
}

static void is_carried_without_netem(void **state)
{
	auto_plan struct plan *p = NULL;

	(void)state;
	compiled_options.no_netem = true;
	p = PLAN(base, "links: {one: {loss: 10%, rate: 3Mbit}}\n");
	compiled_options.no_netem = false;
	assert_string_equal(line_text(p, "v1", "c"), "3000000 0 0 0");
	assert_non_null(strstr(plan_find_worker(p, "wire")->config, "\"loss_ppm\":100000"));
	assert_string_equal(far_end(p, "v1", "c")->ns, "wire");
}

static void is_told(void **state)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_lab struct lab *lab = lab_of(
		"links: {pc: {state: down, loss: 1%}, 'r2:r1': {rtt: 90ms}, spare: {rate: 7Mbit}}\n",
		diags);
	struct lab_link link;
	struct compile_link is;

	(void)state;
	assert_int_equal(diag_errors(diags), 0);
	assert_true(lab_find_link(lab, "pc", &link));
	is = compile_link_of(lab, &link);
	assert_true(is.down);
	assert_int_equal(is.rate, 100000000);
	assert_int_equal(is.rtt_us, 4000);
	assert_int_equal(is.loss_ppm, 10000);
	assert_true(lab_find_link(lab, "near", &link));
	assert_string_equal(link.change->id.name, "r2:r1");
	is = compile_link_of(lab, &link);
	assert_false(is.down);
	assert_int_equal(is.rate, 4000000);
	assert_int_equal(is.rtt_us, 90000);
	assert_true(lab_find_link(lab, "spare", &link));
	assert_int_equal(compile_link_of(lab, &link).rate, 7000000);
	assert_true(lab_find_link(lab, "ri", &link));
	assert_int_equal(compile_link_of(lab, &link).rate, 2000000);
	assert_true(lab_find_link(lab, "two", &link));
	assert_int_equal(compile_link_of(lab, &link).rate, 0);
}

/* What is said of a link counts more than what its object says. */
static void up_is_up(void **state)
{
	auto_plan struct plan *p = PLAN(base,
					"links: {spare: {state: up}}\n"
					"steps: [{id: off, apply: {physical_connections: "
					"{spare: {enabled: false}, pc: {enabled: false}}}}]\n");

	(void)state;
	assert_false(bridge_of(p, "spare", "vlan11")->down);
	assert_true(bridge_of(p, "pc", "vlan10")->down);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_names),
		cmocka_unit_test(changes_what_is_said),
		cmocka_unit_test(breaks),
		cmocka_unit_test(loses_all),
		cmocka_unit_test(is_carried_without_netem),
		cmocka_unit_test(is_told),
		cmocka_unit_test(up_is_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
