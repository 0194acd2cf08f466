// SPDX-License-Identifier: GPL-2.0-only
/* Whole labs: defaults, every kind of key, unknown keys, several errors in one run. */
#include "unit/parse/lab_text.h"

#include "base/cleanup.h"
#include "base/strbuf.h"

static void expect_ip(struct cidr c, const char *text)
{
	char buf[IP_PREFIX_STRLEN];

	assert_true(c.set);
	assert_string_equal(ip_prefix_format(c.p, buf), text);
}

static void network_defaults(void **state)
{
	static const char text[] =
		"lab: x\n"
		"regions: {cn-a: {}, us-west-1: {}, ap-southeast-2: {}, eu-b: {area: China}}\n"
		"region_pairs: {p: {regions: [cn-a, eu-b]}}\n"
		"vpcs: {v: {region: cn-a, cidr_block: 10.0.0.0/8}}\n"
		"security_groups: {g: {vpc: v, rules: {r: {type: egress, cidr_ip: 0.0.0.0/0}}}}\n"
		"ecs: {e: {vswitch: s, security_groups: [g, h]}}\n";
	const struct sg_rule *rule;
	const struct lab *lab;
	struct lab_text t;

	lab_text_read(&t, text, NULL);
	lab = t.lab;
	assert_int_equal(diag_count(t.diags), 0);
	assert_string_equal(lab->dir, "labs/x");
	assert_string_equal(lab->regions[0].area.s, "China");
	assert_int_equal(lab->regions[0].area.at.line, 0);
	assert_string_equal(lab->regions[1].area.s, "North-America");
	assert_string_equal(lab->regions[2].area.s, "Australia");
	assert_string_equal(lab->regions[3].area.s, "China");
	assert_int_equal(lab->regions[3].area.at.line, 2);
	assert_int_equal(lab->region_pairs[0].rtt.v, 30000);
	assert_int_equal(lab->region_pairs[0].jitter.v, 500);
	assert_false(lab->region_pairs[0].rtt.set);
	assert_int_equal(lab->region_pairs[0].rtt.at.line, 0);
	assert_int_equal(lab->vpcs[0].n_vswitches, 0);
	rule = &lab->security_groups[0].rules[0];
	assert_int_equal(rule->type, SG_EGRESS);
	assert_int_equal(rule->policy, SG_ACCEPT);
	assert_int_equal(rule->ip_protocol, SG_ALL);
	assert_int_equal(rule->port_first, 0);
	assert_int_equal(rule->port_last, 65535);
	assert_int_equal(rule->priority.v, 1);
	assert_null(rule->source_security_group.name);
	assert_false(lab->ecs[0].private_ip.set);
	assert_int_equal(lab->ecs[0].n_security_groups, 2);
	assert_string_equal(lab->ecs[0].security_groups[1].name, "h");
	lab_text_done(&t);
}

/* Every item has the defaults of its table, whatever stands in those before it. */
static void defaults_again(void **state)
{
	static const char text[] = "lab: x\n"
				   "physical_connections:\n"
				   "  a: {region: r, rtt: 7ms, enabled: false}\n"
				   "  b: {region: r}\n"
				   "  c: {region: r, rtt: 9ms}\n";
	static const uint64_t rtt[] = {7000, 2000, 9000};
	struct lab_text t;

	(void)state;
	lab_text_read(&t, text, NULL);
	assert_int_equal(t.lab->n_physical_connections, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct physical_connection *pc = &t.lab->physical_connections[i];

		assert_int_equal(pc->id.name[0], "abc"[i]);
		assert_int_equal(pc->id.at.line, 3 + i);
		assert_int_equal(pc->rtt.v, rtt[i]);
		assert_int_equal(pc->rtt.set, i != 1);
		assert_int_equal(pc->enabled, i > 0);
	}
	lab_text_done(&t);
}

static void service_defaults(void **state)
{
	static const char text[] =
		"lab: x\n"
		"cen: {c: {bandwidth_packages: {b: {bandwidth: 2Mbit}}, attachments: {a: {vpc: v}}}}\n"
		"api_gateways:\n"
		"  one: {region: r}\n"
		"  two: {region: r, egress: 100.104.254.64/26}\n"
		"api_groups: {g: {instance: one}}\n"
		"functions: {f: {region: r, code: f}}\n"
		"apis: {a: {group: g, path: /a, backend: {function: f}}}\n";
	const struct lab *lab;
	struct lab_text t;

	lab_text_read(&t, text, NULL);
	lab = t.lab;
	assert_int_equal(diag_count(t.diags), 0);
	assert_int_equal(lab->cens[0].edition, CEN_BASIC);
	assert_string_equal(lab->cens[0].protection_level.s, "REDUCED");
	assert_int_equal(lab->cens[0].bandwidth_packages[0].n_geographic_region_ids, 2);
	assert_string_equal(lab->cens[0].bandwidth_packages[0].geographic_region_ids[1].s, "China");
	assert_false(lab->cens[0].attachments[0].propagation_set);
	/* what must be unique in the lab is chosen by validate/ */
	assert_false(lab->api_gateways[0].egress.set);
	expect_ip(lab->api_gateways[1].egress, "100.104.254.64/26");
	assert_int_equal(lab->api_gateways[0].bind.at.line, 0);
	assert_int_equal(lab->api_gateways[0].instance_type, GATEWAY_NORMAL);
	assert_string_equal(lab->api_groups[0].base_path.s, "/");
	assert_null(lab->api_groups[0].sub_domain_id.s);
	assert_false(lab->api_groups[0].vpc_domain);
	assert_int_equal(lab->functions[0].timeout.v, 60000000);
	assert_int_equal(lab->functions[0].memory_size.v, 128 << 20);
	assert_int_equal(lab->apis[0].method, API_GET);
	assert_int_equal(lab->apis[0].protocol, API_HTTP_HTTPS);
	assert_int_equal(lab->apis[0].n_stages, 0);
	assert_int_equal(lab->apis[0].backend.kind, BACKEND_FUNCTION);
	assert_int_equal(lab->apis[0].backend.timeout.v, 10000000);
	assert_int_equal(lab->apis[0].backend.mock_status.v, 200);
	assert_int_equal(lab->apis[0].backend.at.line, 8);
	lab_text_done(&t);
}

static const char written[] =
	"lab: x\n"
	"vpcs:\n"
	"  v:\n"
	"    region: cn-a\n"
	"    cidr_block: 10.0.0.0/8\n"
	"    vswitches: {s: {zone: h, cidr_block: 10.1.0.0/16, route_table: t}}\n"
	"    route_tables:\n"
	"      sys:\n"
	"        system: true\n"
	"        entries:\n"
	"          e: {destination_cidrblock: 1.0.0.0/8, nexthop_type: Attachment, nexthop_id: c, "
	"published: true}\n"
	"cen:\n"
	"  c:\n"
	"    edition: enterprise\n"
	"    attachments: {a: {vpc: v, propagation: [], zone_mappings: [s]}}\n"
	"    route_tables: {t: {region: cn-a, entries: {b: {destination_cidr_block: 1.0.0.0/8, "
	"blackhole: true}}}}\n"
	"    route_maps: {m: {cen_region: cn-a, transmit_direction: RegionOut, map_result: Deny, "
	"priority: 7, destination_cidr_blocks: [10.0.0.0/8], cidr_match_mode: Include}}\n"
	"api_gateways: {w: {region: cn-a, bind: {vpc: v, ip: 10.1.0.9}}}\n"
	"api_groups: {q: {instance: w, vpc_domain: true}}\n"
	"functions: {f: {region: cn-a, code: f, environment: {A: '1', B_2: x y}}}\n"
	"apis: {z: {group: q, path: /, backend: {mock: hi, mock_status: 201}, protocol: HTTP, "
	"stages: [PRE]}}\n";

static void what_is_written(void **state)
{
	const struct route_table *table;
	const struct cen_route_map *map;
	const struct lab *lab;
	struct lab_text t;

	lab_text_read(&t, written, NULL);
	lab = t.lab;
	assert_int_equal(diag_count(t.diags), 0);
	assert_string_equal(lab->vpcs[0].vswitches[0].route_table.name, "t");
	assert_int_equal(lab->vpcs[0].vswitches[0].route_table.at.col, 68);
	table = &lab->vpcs[0].route_tables[0];
	assert_true(table->system);
	assert_int_equal(table->system_at.line, 9);
	assert_int_equal(table->entries[0].nexthop_type, NEXTHOP_ATTACHMENT);
	assert_int_equal(table->entries[0].nexthop_type_at.col, 63);
	assert_true(table->entries[0].published);
	expect_ip(table->entries[0].destination_cidrblock, "1.0.0.0/8");
	assert_int_equal(lab->cens[0].edition, CEN_ENTERPRISE);
	assert_true(lab->cens[0].attachments[0].propagation_set);
	assert_int_equal(lab->cens[0].attachments[0].n_propagation, 0);
	assert_int_equal(lab->cens[0].attachments[0].n_zone_mappings, 1);
	assert_true(lab->cens[0].route_tables[0].entries[0].blackhole);
	map = &lab->cens[0].route_maps[0];
	assert_int_equal(map->transmit_direction, REGION_OUT);
	assert_true(map->deny);
	assert_true(map->cidr_include);
	assert_int_equal(map->priority.v, 7);
	expect_ip(map->destination_cidr_blocks[0], "10.0.0.0/8");
	assert_int_equal(lab->api_gateways[0].bind.at.line, 18);
	assert_int_equal(lab->api_gateways[0].bind.ip.ip, (10u << 24) + (1u << 16) + 9);
	assert_true(lab->api_groups[0].vpc_domain);
	assert_int_equal(lab->api_groups[0].vpc_domain_at.line, 19);
	assert_int_equal(lab->functions[0].n_environment, 2);
	assert_string_equal(lab->functions[0].environment[1].s, "B_2=x y");
	assert_int_equal(lab->apis[0].backend.kind, BACKEND_MOCK);
	assert_int_equal(lab->apis[0].backend.mock_status.v, 201);
	assert_int_equal(lab->apis[0].protocol, API_HTTP);
	assert_string_equal(lab->apis[0].stages[0].s, "PRE");
	lab_text_done(&t);
}

static void checks(void **state)
{
	static const char text[] =
		"lab: x\n"
		"checks:\n"
		"  - {from: e, http: GET http://h/, headers: ['A: b'], body_size: 10, for: 1s,\n"
		"     expect: {status: 200, error_code: '', bytes: 1048576, min_time: 4.2s, "
		"timeout: false}}\n"
		"  - {from: e, ping: 10.0.0.1, within: 1s}\n"
		"  - {from: f, ping: 10.0.0.2, expect: {timeout: true}}\n"
		"  - {id: mine, title: T, in: v, route: 10.0.0.0/8, expect: {origin: cen}}\n"
		"  - {from: e, tcp: '10.0.0.1:80', expect: {connect: refused}}\n"
		"  - {from: e, dns: h, expect: {answer: NXDOMAIN}}\n";
	const struct check *c;
	struct lab_text t;

	lab_text_read(&t, text, NULL);
	assert_int_equal(diag_count(t.diags), 0);
	assert_int_equal(t.lab->n_checks, 6);
	c = t.lab->checks;
	assert_int_equal(c[0].kind, CHECK_HTTP);
	assert_int_equal(c[0].at.line, 3);
	assert_null(c[0].id.s);
	assert_null(c[0].title.s);
	assert_string_equal(c[0].headers[0].s, "A: b");
	assert_int_equal(c[0].body_size.v, 10);
	assert_int_equal(c[0].wait.v, 5000000);
	assert_int_equal(c[0].duration.v, 1000000);
	assert_string_equal(c[0].expect.error_code.s, "");
	assert_null(c[0].expect.body.s);
	assert_int_equal(c[0].expect.bytes.v, 1048576);
	assert_int_equal(c[0].expect.min_time.v, 4200000);
	assert_true(c[0].expect.timeout_set);
	assert_false(c[0].expect.timeout);
	assert_int_equal(c[1].wait.v, 1000000);
	assert_false(c[1].expect.timeout_set);
	assert_string_equal(c[2].from.name, "f");
	assert_true(c[2].expect.timeout);
	assert_int_equal(c[3].kind, CHECK_ROUTE);
	assert_string_equal(c[3].id.s, "mine");
	assert_string_equal(c[3].title.s, "T");
	assert_string_equal(c[3].from.name, "v");
	assert_int_equal(c[4].kind, CHECK_TCP);
	assert_int_equal(c[5].kind, CHECK_DNS);
	assert_string_equal(c[5].target.s, "h");
	lab_text_done(&t);
}

static void an_outage(void **state)
{
	static const char text[] =
		"lab: x\n"
		"checks:\n"
		"  - {from: h, outage: 10.0.0.1, cut: pc, within: 9s, expect: {min_outage: 1s, "
		"max_outage: 2500ms}}\n"
		"  - {from: h, outage: name.example}\n"; /* that a cut is missing, says validate/ */
	const struct check *c;
	struct lab_text t;

	lab_text_read(&t, text, NULL);
	assert_int_equal(diag_count(t.diags), 0);
	c = t.lab->checks;
	assert_int_equal(c[0].kind, CHECK_OUTAGE);
	assert_string_equal(c[0].target.s, "10.0.0.1");
	assert_string_equal(c[0].cut.name, "pc");
	assert_int_equal(c[0].wait.v, 9000000);
	assert_int_equal(c[0].expect.min_outage.v, 1000000);
	assert_int_equal(c[0].expect.max_outage.v, 2500000);
	assert_int_equal(c[1].kind, CHECK_OUTAGE);
	assert_null(c[1].cut.name);
	assert_int_equal(c[1].duration.v, 3000000); /* how long it is waited for a gap */
	assert_false(c[1].expect.max_outage.set);
	lab_text_done(&t);
}

static void services(void **state)
{
	static const char text[] =
		"lab: x\n"
		"ecs: {e: {vswitch: s, security_groups: [g], services: {web: {port: 80}}}}\n"
		"internet: {hosts: {i: {services: {dns: {command: [./dns, -p, \"53\"], port: 53, "
		"protocol: udp, environment: {A: b}}}}}}\n"
		"data_centers: {d: {hosts: {h: {lan: l, services: {}}}}}\n";
	const struct service *s;
	struct lab_text t;

	lab_text_read(&t, text, NULL);
	assert_int_equal(diag_count(t.diags), 0);
	assert_int_equal(t.lab->ecs[0].n_services, 1);
	s = &t.lab->ecs[0].services[0];
	assert_string_equal(s->id.name, "web");
	assert_int_equal(s->id.at.line, 2);
	assert_int_equal(s->n_command, 0);
	assert_int_equal(s->port.v, 80);
	assert_int_equal(s->protocol, SERVICE_TCP);
	s = &t.lab->internet.hosts[0].services[0];
	assert_int_equal(s->n_command, 3);
	assert_string_equal(s->command[2].s, "53");
	assert_int_equal(s->protocol, SERVICE_UDP);
	assert_string_equal(s->environment[0].s, "A=b");
	assert_int_equal(t.lab->data_centers[0].hosts[0].n_services, 0);
	lab_text_done(&t);
}

#define SERVICES(map) "lab: x\necs: {e: {vswitch: s, security_groups: [g], services: " map "}}\n"

static const struct {
	const char *text, *errors;
} wholes[] = {
	{"{}\n", "1:1+1 missing-key\n"},
	{"[a]\n", "1:1+1 not-a-map\n"},
	{"word\n", "1:1+4 not-a-map\n"},
	{"lab: x\nvpc: {}\n", "2:1+3 unknown-key\n"},
	{"lab: x\nvpcs: {v: {}}\n", "2:8+1 missing-key\n2:8+1 missing-key\n"},
	{"lab: x\nvpcs: {v: {region: r, cidr_blok: 10.0.0.0/8}}\n", "2:23+9 unknown-key\n"},
	{"lab: x\nvpcs: {v: {region: r, xyz: 1}}\n", "2:8+1 missing-key\n2:23+3 unknown-key\n"},
	/* a wrong value is there: nothing more is said about its key */
	{"lab: x\nvpcs: {v: {region: r, cidr_block: 9}}\n", "2:35+1 bad-cidr\n"},
	{"lab: x\napis: {a: {group: g, path: /, backend: {}}}\n", "2:40+1 one-of\n"},
	{"lab: x\nsteps:\n  - {title: t}\n", "3:5+1 missing-key\n"},
	{"lab: x\nsteps:\n  - {id: a}\n  - {id: b}\n  - {id: a}\n", "5:10+1 duplicate-step\n"},
	{"lab: x\nsteps:\n  - id: a\n    exercises:\n"
	 "      - {id: e, title: t, apply: {}, answer: a}\n"
	 "      - {id: e, title: t, apply: {}, answer: a}\n",
	 "6:14+1 duplicate-exercise\n"},
	{"lab: x\nsteps:\n  - id: a\n    exercises:\n      - {id: e, apply: {lab: y}}\n",
	 "5:9+1 missing-key\n5:9+1 missing-key\n5:25+3 fragment-key\n"},
	{"lab: x\nsteps:\n  - {id: a, apply: {lab: y, steps: [], checks: []}}\n",
	 "3:21+3 fragment-key\n3:29+5 fragment-key\n3:40+6 fragment-key\n"},
	{"lab: x\nchecks:\n  - {from: e}\n", "3:5+1 one-of\n"},
	{"lab: x\nchecks:\n  - {http: GET u}\n", "3:5+1 one-of\n"},
	{"lab: x\nchecks:\n  - {from: e, ping: a, dns: b}\n", "3:24+3 one-of\n"},
	{"lab: x\nchecks:\n  - {from: e, in: v, ping: a}\n", "3:15+2 one-of\n3:15+2 check-place\n"},
	{"lab: x\nchecks:\n  - {in: v, ping: a}\n", "3:6+2 check-place\n"},
	{"lab: x\nchecks:\n  - {from: e, route: 10.0.0.0/8}\n", "3:6+4 check-place\n"},
	{"lab: x\nchecks:\n  - {from: e, ping: a, headers: []}\n", "3:24+7 check-expect\n"},
	{"lab: x\nchecks:\n  - {from: e, ping: a, expect: {status: 200, rtt: 1ms}}\n",
	 "3:33+6 check-expect\n"},
	{"lab: x\nchecks:\n  - {from: e, ping: a, expect: {timout: true}}\n",
	 "3:33+6 unknown-key\n"},
	{"lab: x\nchecks:\n  - {in: v, outage: a, cut: c}\n", "3:6+2 check-place\n"},
	{"lab: x\nchecks:\n  - {from: e, outage: a, cut: c, for: 1s}\n", ""},
	{"lab: x\nchecks:\n  - {from: e, outage: a, expect: {timeout: true}}\n",
	 "3:35+7 check-expect\n"},
	{"lab: x\nchecks:\n  - {from: e, outage: a, ping: b, cut: c}\n", "3:26+4 one-of\n"},
	{"lab: x\nchecks:\n  - {from: e, ping: a, cut: c}\n", "3:24+3 check-expect\n"},
	{"lab: x\nchecks:\n  - {from: e, ping: a, expect: {max_outage: 1s}}\n",
	 "3:33+10 check-expect\n"},
	{SERVICES("{web: {}}"), ""}, /* what it lacks, says validate/ */
	{SERVICES("[web]"), "2:55+1 bad-type\n"},
	{SERVICES("{web: 80}"), "2:61+2 bad-type\n"},
	{SERVICES("{Web: {port: 80}}"), "2:56+3 bad-name\n"},
	{SERVICES("{web: {port: 0}}"), "2:68+1 out-of-range\n"},
	{SERVICES("{web: {port: 65536}}"), "2:68+5 out-of-range\n"},
	{SERVICES("{web: {port: 80, protocol: sctp}}"), "2:82+4 unknown-value\n"},
	{SERVICES("{web: {command: []}}"), "2:71+1 bad-count\n"},
	{SERVICES("{web: {command: run}}"), "2:71+3 bad-type\n"},
	{SERVICES("{web: {image: nginx}}"), "2:62+5 unknown-key\n"},
};

static void whole(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
		lab_text_expect(wholes[i].text, NULL, wholes[i].errors);
}

static void suggestions(void **state)
{
	struct lab_text t;
	struct diag_view v;

	lab_text_read(&t, "lab: x\necs: {e: {vswitch: s, securty_groups: [g]}}\n", NULL);
	assert_int_equal(diag_count(t.diags), 1);
	v = diag_get(t.diags, 0);
	assert_string_equal(v.message, "an ECS instance has no key 'securty_groups'");
	assert_int_equal(v.n_notes, 2);
	assert_string_equal(v.notes[0].message, "did you mean 'security_groups'?");
	assert_string_equal(v.notes[1].message,
			    "its keys are: vswitch, private_ip, security_groups, services");
	lab_text_done(&t);
}

static void what_only_the_cloud_has(void **state)
{
	struct lab_text t;
	struct diag_view v;

	lab_text_read(&t,
		      "lab: x\n"
		      "apis: {a: {group: g, path: /a, stages: [RELEASE], backend: {mock: m},\n"
		      "  request_parameters: {b: {in: BODY, json_scheme: x}}}}\n",
		      NULL);
	assert_int_equal(diag_count(t.diags), 1);
	v = diag_get(t.diags, 0);
	assert_string_equal(v.message, "a parameter has no key 'json_scheme'");
	assert_int_equal(v.n_notes, 1);
	assert_non_null(strstr(v.notes[0].message, "is not modelled: write `regular_expression:`"));
	lab_text_done(&t);
}

static void in_order_of_position(void **state)
{
	lab_text_expect("lab: X\n"
			"ecs: {e: {vswitch: s}}\n"
			"vpcs:\n"
			"  v: {region: r, cidr_block: 10.0.0.1/8}\n"
			"  v: {}\n"
			"  w: {cidr_block: 10.0.0.0}\n"
			"cen: {c: {edition: gold}}\n"
			"checks: [{from: e, ping: a, within: 5}]\n",
			NULL,
			"1:6+1 bad-name\n"
			"2:7+1 missing-key\n"
			"4:30+10 host-bits\n"
			"5:3+1 duplicate-key\n"
			"6:3+1 missing-key\n"
			"6:19+8 bad-cidr\n"
			"7:20+4 unknown-value\n"
			"8:37+1 bad-duration\n");
}

/* Each pointer of a lab that is wrong everywhere may be followed. */
static void partial(void **state)
{
	struct lab_text t;

	lab_text_read(&t,
		      "vpcs: {v: {vswitches: [a]}, W: {}, x: y}\n"
		      "ecs: [a]\n"
		      "apis: {a: {stages: {}}}\n"
		      "checks: [{}]\n",
		      NULL);
	assert_non_null(t.lab);
	assert_string_equal(t.lab->id.name, "lab");
	assert_int_equal(t.lab->n_vpcs, 1);
	assert_null(t.lab->vpcs[0].region.name);
	assert_int_equal(t.lab->vpcs[0].n_vswitches, 0);
	assert_int_equal(t.lab->n_ecs, 0);
	assert_int_equal(t.lab->n_apis, 1);
	assert_null(t.lab->checks[0].id.s);
	lab_text_done(&t);
}

static void too_many(void **state)
{
	auto_strbuf struct strbuf b = {0};
	struct lab_text t;
	struct diag_view last;

	strbuf_add(&b, "lab: x\n");
	for (int i = 0; i < 2 * 500; i++)
		strbuf_printf(&b, "key-%d: 1\n", i);
	lab_text_read_n(&t, b.s, b.len, NULL);
	assert_int_equal(diag_count(t.diags), 501);
	last = diag_get(t.diags, 500);
	assert_string_equal(last.id, "too-many-errors");
	lab_text_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_defaults),
		cmocka_unit_test(defaults_again),
		cmocka_unit_test(service_defaults),
		cmocka_unit_test(what_is_written),
		cmocka_unit_test(checks),
		cmocka_unit_test(an_outage),
		cmocka_unit_test(services),
		cmocka_unit_test(whole),
		cmocka_unit_test(suggestions),
		cmocka_unit_test(what_only_the_cloud_has),
		cmocka_unit_test(in_order_of_position),
		cmocka_unit_test(partial),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
