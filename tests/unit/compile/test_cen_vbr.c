// SPDX-License-Identifier: GPL-2.0-only
/* VBRs at transit routers: who learns what, from whom, and what comes and goes while a lab runs. */
#include "unit/compile/hybrid.h"

#define IDC_ROUTE ENTRIES(TO("idc", "10.10.0.0/16"))
#define OTHER     ENTRIES(TO("other", "10.20.0.0/16"))
#define BOTH      CLOUD, TWO_LINES, VBR(IDC_ROUTE), VBR_2(OTHER)
#define BASIC \
	"cen:\n  c:\n    attachments: {av: {vpc: v}, aw: {vpc: w}, ab: {vbr: b}, ab2: {vbr: b2}}\n"

static void vpcs_learn_the_static_routes_of_vbrs(void **state)
{
	auto_plan struct plan *p = PLAN(BOTH, BASIC);

	assert_route(p, "b", MAIN, "10.10.0.0/16", "circuit dev pc.10 via 10.0.0.2");
	assert_route(p, "c.r1", MAIN, "10.10.0.0/16", "cen dev b via b onlink");
	assert_route(p, "c.r2", MAIN, "10.10.0.0/16", "cen dev r1 via c.r1 onlink");
	assert_route(p, "v", SYSTEM, "10.10.0.0/16", "cen dev c via c.r1 onlink");
	assert_route(p, "w", SYSTEM, "10.10.0.0/16", "cen dev c via c.r2 onlink");
	assert_route(p, "w", SYSTEM, "10.20.0.0/16", "cen dev c via c.r2 onlink");
	assert_null(plan_find_worker(p, "routing"));
}

static void vbrs_learn_vpcs_and_never_each_other(void **state)
{
	auto_plan struct plan *p = PLAN(BOTH, BASIC);

	assert_route(p, "b", MAIN, "10.1.1.0/24", "cen dev c via c.r1 onlink");
	assert_route(p, "b", MAIN, "10.2.1.0/24", "cen dev c via c.r1 onlink");
	assert_route(p, "b2", MAIN, "10.2.1.0/24", "cen dev c via c.r1 onlink");
	assert_route(p, "b", MAIN, "10.20.0.0/16", "none");
	assert_route(p, "b2", MAIN, "10.10.0.0/16", "none");
	assert_route(p, "b", MAIN, "0.0.0.0/0", LAST);
}

static void the_circuits_own_subnet_is_not_published(void **state)
{
	auto_plan struct plan *p = PLAN(BOTH, BASIC);

	assert_route(p, "c.r1", MAIN, "10.0.0.0/30", "none");
	assert_route(p, "v", SYSTEM, "10.0.0.0/30", "none");
}

/* A route of the VBR itself is not overruled by what the CEN tells. */
static void a_static_route_of_the_vbr_stays(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(ENTRIES(TO("w", "10.2.1.0/24"))),
					"cen: {c: {attachments: {aw: {vpc: w}, ab: {vbr: b}}}}\n");

	assert_route(p, "b", MAIN, "10.2.1.0/24", "circuit dev pc.10 via 10.0.0.2");
	assert_route(p, "c.r2", MAIN, "10.2.1.0/24", "cen dev w via w onlink");
	assert_has(p->summary, "{\"destination\":\"10.2.1.0/24\",\"from\":\"b\"}");
	assert_has(p->summary, "{\"at\":\"b\",\"destination\":\"10.2.1.0/24\",\"from\":\"w\"}");
}

static void the_link_to_a_slow_vbr(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(", bandwidth: 50Mbit"),
					"cen: {c: {attachments: {av: {vpc: v}, ab: {vbr: b}}}}\n");

	assert_int_equal(far_end(p, "b", "c")->gso_segs, 1); /* towards the VBR */
	assert_int_equal(far_end(p, "v", "c")->gso_segs, 0);
}

/* --- enterprise edition --- */

#define ENTERPRISE(ab)                                                                \
	"cen:\n  c:\n    edition: enterprise\n"                                       \
	"    route_tables: {t: {region: r1}}\n"                                       \
	"    attachments:\n"                                                          \
	"      av: {vpc: v, zone_mappings: [sv], auto_publish_route_enabled: true}\n" \
	"      ab: {vbr: b" ab "}\n"

static void an_enterprise_router_pushes_where_it_is_told_to(void **state)
{
	auto_plan struct plan *plain = PLAN(CLOUD, LINE(""), VBR(IDC_ROUTE), ENTERPRISE(""));
	auto_plan struct plan *synced = PLAN(CLOUD, LINE(""), VBR(IDC_ROUTE),
					     ENTERPRISE(", auto_publish_route_enabled: true"));

	assert_route(plain, "v", SYSTEM, "10.10.0.0/16", "cen dev c via c.r1 onlink");
	assert_route(plain, "b", MAIN, "10.1.1.0/24", "none");
	assert_route(synced, "b", MAIN, "10.1.1.0/24", "cen dev c via c.r1 onlink");
}

static void an_enterprise_vbr_with_a_table_of_its_own(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(IDC_ROUTE),
					ENTERPRISE(", association: t, propagation: [t], "
						   "auto_publish_route_enabled: true"));

	assert_route(p, "c.r1", 1001, "10.10.0.0/16", "cen dev b via b onlink");
	assert_route(p, "c.r1", MAIN, "10.10.0.0/16", "none");
	assert_route(p, "c.r1", 1001, "10.1.1.0/24", "none");
	assert_route(p, "v", SYSTEM, "10.10.0.0/16", "none");
	assert_route(p, "b", MAIN, "10.1.1.0/24", "none");
	assert_rule(p, "c.r1", 2001, "iif b table 1001");
}

/* --- what is watched --- */

#define HEALTH(more) "    vbr_health_checks: {hc: {vbr: b" more "}}\n"
/* The site of a namespace and table, from its name to the end of its last offer. */
static const char *site_of(const struct plan *p, const char *ns, uint32_t table)
{
	const char *config = config_of(p, "routing"), *start, *end;
	const char *head = arena_printf(p->arena, "{\"ecmp\":false,\"ns\":\"%s\",\"offers\":[", ns);
	const char *tail;

	for (start = strstr(config, head); start; start = strstr(start + 1, head)) {
		end = strstr(start, "],\"protocol\"");
		tail = arena_printf(p->arena, "],\"protocol\":204,\"table\":%u}", table);
		if (end && strncmp(end, tail, strlen(tail)) == 0)
			return arena_strndup(p->arena, start + strlen(head),
					     (size_t)(end - start) - strlen(head));
	}
	return "none";
}

#define TOLD_BY_R1 "\"told_by\":{\"ns\":\"c.r1\",\"table\":254},"

/* What is offered there of the routes of b, by the attachment ab. */
static const char *offer(const struct plan *p, const char *dev, const char *gates, int rank,
			 const char *router)
{
	char ip[IP_STRLEN];

	for (size_t i = 0; i < p->n_addresses; i++)
		if (strcmp(p->addresses[i].ns, router) == 0 &&
		    strcmp(p->addresses[i].dev, "lo") == 0 &&
		    p->addresses[i].prefix.addr >> 16 == 0x6440)
			return arena_printf(p->arena,
					    "{\"dev\":\"%s\",\"gates\":[%s],\"onlink\":true,"
					    "\"rank\":%d,\"source\":\"c.ab\",%s\"via\":\"%s\"}",
					    dev, gates, rank, rank ? TOLD_BY_R1 : "",
					    ip_format(p->addresses[i].prefix.addr, ip));
	return "no such router";
}
#define assert_site(p, ns, table, offers) assert_string_equal(site_of(p, ns, table), offers)

static void routes_of_a_watched_vbr_are_in_no_plan(void **state)
{
	auto_plan struct plan *p = PLAN(BOTH, BASIC, HEALTH(""));
	const struct plan_worker *w = plan_find_worker(p, "routing");

	assert_route(p, "b", MAIN, "10.10.0.0/16", "circuit dev pc.10 via 10.0.0.2");
	assert_route(p, "c.r1", MAIN, "10.10.0.0/16", "none");
	assert_route(p, "v", SYSTEM, "10.10.0.0/16", "none");
	assert_route(p, "v", SYSTEM, "10.20.0.0/16", "cen dev c via c.r1 onlink");
	assert_site(p, "c.r1", MAIN, offer(p, "b", "", 0, "b"));
	assert_site(p, "c.r2", MAIN, offer(p, "r1", "", 1, "c.r1"));
	assert_site(p, "v", SYSTEM, offer(p, "c", "", 0, "c.r1"));
	assert_site(p, "w", SYSTEM, offer(p, "c", "", 0, "c.r2"));
	assert_site(p, "b", MAIN, "none");
	assert_site(p, "b2", MAIN, "none"); /* VBRs never learn of each other */
	assert_has(w->config, "\"monitors\":[{\"interval_ms\":2000,\"losses\":8,\"name\":\"b\","
			      "\"socket\":\"ping-b\",\"target\":\"10.0.0.2\"}]");
	assert_has(w->config, "\"sources\":[{\"monitor\":\"b\",\"name\":\"c.ab\","
			      "\"prefixes\":[\"10.10.0.0/16\"]}]");
	assert_string_equal(w->sockets[0].name, "ping-b");
	assert_int_equal(w->sockets[0].type, PLAN_ICMP);
	assert_int_equal(w->sockets[0].addr, 0x0a000001); /* the VBR's own end */
}

static void the_source_of_the_probes(void **state)
{
	auto_plan struct plan *p =
		PLAN(BOTH, BASIC,
		     HEALTH(", health_check_source_ip: 10.99.0.1, health_check_interval: 3s, "
			    "healthy_threshold: 3"));
	const struct plan_worker *w = plan_find_worker(p, "routing");

	assert_true(has_address(p, "b", "lo", "10.99.0.1/32"));
	assert_int_equal(w->sockets[0].addr, 0x0a630001);
	assert_has(w->config, "\"interval_ms\":3000,\"losses\":3,");
}

static void what_bgp_learns_is_read_from_the_vbr(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(", routing: bgp, peer_asn: 65010"),
					"cen: {c: {attachments: {av: {vpc: v}, ab: {vbr: b}}}}\n");

	assert_has(config_of(p, "routing"),
		   "\"sources\":[{\"learn\":{\"limit\":110,\"ns\":\"b\",\"protocol\":12,"
		   "\"table\":254},\"name\":\"c.ab\",\"prefixes\":[]}]");
	assert_site(p, "v", SYSTEM, offer(p, "c", "", 0, "c.r1"));
}

/* Two static VBRs with one destination: preferences decide, and either may be taken away. */
static void rivals_are_decided_while_the_lab_runs(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, TWO_LINES, VBR(IDC_ROUTE), VBR_2(IDC_ROUTE), BASIC);

	assert_route(p, "b", MAIN, "10.10.0.0/16", "circuit dev pc.10 via 10.0.0.2");
	assert_route(p, "c.r1", MAIN, "10.10.0.0/16", "none");
	assert_route(p, "v", SYSTEM, "10.10.0.0/16", "none");
	assert_has(config_of(p, "routing"),
		   "\"sources\":[{\"name\":\"c.ab\",\"prefixes\":[\"10.10.0.0/16\"]},"
		   "{\"name\":\"c.ab2\",\"prefixes\":[\"10.10.0.0/16\"]}]");
}

/* --- route maps --- */

/* Maps that speak of b, in order of their priority; where one has no prefixes, of all its routes. */
static void route_maps_are_gates(void **state)
{
	static const char maps[] =
		"    route_maps:\n"
		"      z: {cen_region: r1, transmit_direction: RegionIn, priority: 20, "
		"preference: 10}\n"
		"      a: {cen_region: r1, transmit_direction: RegionIn, priority: 10, map_result: "
		"Deny, source_instance_ids: [b], destination_cidr_blocks: [10.10.5.0/24], "
		"cidr_match_mode: Include}\n"
		"      x: {cen_region: r1, transmit_direction: RegionIn, priority: 5, map_result: "
		"Deny, source_instance_ids: [v]}\n"
		"      out: {cen_region: r1, transmit_direction: RegionOut, priority: 1, "
		"destination_cidr_blocks: [10.10.0.0/16]}\n"
		"      far: {cen_region: r2, transmit_direction: RegionIn, priority: 1, map_result: "
		"Deny}\n";
	static const char in[] =
		"[{\"deny\":true,\"include\":true,\"prefixes\":[\"10.10.5.0/24\"]},"
		"{\"include\":false,\"preference\":10}]";
	static const char out[] = "[{\"include\":false,\"preference\":50,"
				  "\"prefixes\":[\"10.10.0.0/16\"]}]";
	static const char far[] = "[{\"deny\":true,\"include\":false}]";
	auto_plan struct plan *p = PLAN(BOTH, BASIC, HEALTH(""), maps);
	struct arena *a = p->arena;

	assert_site(p, "c.r1", MAIN, offer(p, "b", in, 0, "b"));
	assert_site(p, "v", SYSTEM, offer(p, "c", arena_printf(a, "%s,%s", in, out), 0, "c.r1"));
	assert_site(p, "c.r2", MAIN,
		    offer(p, "r1", arena_printf(a, "%s,%s,%s", in, out, far), 1, "c.r1"));
}

static void route_maps_and_static_routes(void **state)
{
	auto_plan struct plan *p =
		PLAN(BOTH, BASIC,
		     "    route_maps: {m: {cen_region: r1, transmit_direction: RegionIn, priority: "
		     "10, map_result: Deny, source_instance_ids: [b]}}\n");

	assert_route(p, "c.r1", MAIN, "10.10.0.0/16", "none");
	assert_route(p, "v", SYSTEM, "10.10.0.0/16", "none");
	assert_route(p, "v", SYSTEM, "10.20.0.0/16", "cen dev c via c.r1 onlink");
	assert_route(p, "b", MAIN, "10.1.1.0/24", "cen dev c via c.r1 onlink");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vpcs_learn_the_static_routes_of_vbrs),
		cmocka_unit_test(vbrs_learn_vpcs_and_never_each_other),
		cmocka_unit_test(the_circuits_own_subnet_is_not_published),
		cmocka_unit_test(a_static_route_of_the_vbr_stays),
		cmocka_unit_test(the_link_to_a_slow_vbr),
		cmocka_unit_test(an_enterprise_router_pushes_where_it_is_told_to),
		cmocka_unit_test(an_enterprise_vbr_with_a_table_of_its_own),
		cmocka_unit_test(routes_of_a_watched_vbr_are_in_no_plan),
		cmocka_unit_test(the_source_of_the_probes),
		cmocka_unit_test(what_bgp_learns_is_read_from_the_vbr),
		cmocka_unit_test(rivals_are_decided_while_the_lab_runs),
		cmocka_unit_test(route_maps_are_gates),
		cmocka_unit_test(route_maps_and_static_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
