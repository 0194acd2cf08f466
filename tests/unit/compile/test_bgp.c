// SPDX-License-Identifier: GPL-2.0-only
/* BIRD's configurations. */
#include <jansson.h>

#include "unit/compile/hybrid.h"

#define BGP ", routing: bgp, peer_asn: 65010"
#define BFD \
	", enable_bfd: true, min_tx_interval: 200ms, min_rx_interval: 900ms, detect_multiplier: 5"
/* A customer router with BGP at both circuits. */
#define CPE(first, second, more)                                                                   \
	"data_centers:\n"                                                                          \
	"  idc:\n"                                                                                 \
	"    asn: 65010\n"                                                                         \
	"    lans: {lan: {cidr_block: 10.10.1.0/24}, lab: {cidr_block: 10.10.2.0/24}}\n"           \
	"    circuits:\n"                                                                          \
	"      c: {physical_connection: pc, vlan_id: 10, ip: 10.0.0.2, peer_ip: 10.0.0.1, "        \
	"routing: bgp, peer_asn: 45104" first "}\n"                                                \
	"      c2: {physical_connection: pc2, vlan_id: 20, ip: 10.0.0.6, peer_ip: 10.0.0.5" second \
	"}\n" more

/* The text of the worker's configuration file. */
static const char *conf_of(const struct plan *p, const char *worker)
{
	json_t *config = json_loads(config_of(p, worker), 0, NULL);
	const char *text;

	assert_non_null(config);
	text = json_string_value(
		json_object_get(json_object_get(config, "files"), "/tmp/bird.conf"));
	assert_non_null(text);
	text = arena_strdup(p->arena, text);
	json_decref(config);
	return text;
}

#define HEAD(id)                                                           \
	"log stderr { info, remote, warning, error, auth, fatal, bug };\n" \
	"router id " id ";\n"                                              \
	"protocol device { scan time 60; }\n"
#define KERNEL(import)                              \
	"protocol kernel {\n"                       \
	"  scan time 60; learn; metric 0;\n"        \
	"  ipv4 {\n"                                \
	"    import " import ";\n"                  \
	"    export filter {\n"                     \
	"      if source != RTS_BGP then reject;\n" \
	"      krt_metric = 2000 + bgp_path.len;\n" \
	"      accept;\n"                           \
	"    };\n"                                  \
	"  };\n"                                    \
	"}\n"
#define SESSION(dev, own, own_as, far, far_as, more)                            \
	"protocol bgp '" dev "' {\n"                                            \
	"  local " own " as " own_as "; neighbor " far " as " far_as ";\n"      \
	"  connect delay time 1; connect retry time 3; error wait time 1, 4;\n" \
	"  hold time 90; keepalive time 30;\n" more "  ipv4 {\n    next hop self;\n"
#define END "  };\n}\n"

static void a_vbr_tells_what_the_cen_pushed(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(BGP));

	assert_string_equal(conf_of(p, "bird-b"),
			    HEAD("10.0.0.1") KERNEL("where krt_source = 202 || krt_source = 204")
				    SESSION("pc.10", "10.0.0.1", "45104", "10.0.0.2", "65010",
					    "") "    import limit 110 action block;\n"
						"    import where net !~ [ 100.64.0.0/10+ ];\n"
						"    export where source != RTS_BGP;\n" END);
}

static void key_bfd_and_asn(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""),
					VBR(BGP BFD ", local_asn: 4200000001, auth_key: s3cret!"));

	assert_has(conf_of(p, "bird-b"),
		   "protocol bfd {\n"
		   "  interface \"pc.10\" { min tx interval 200 ms; min rx interval 900 ms; "
		   "multiplier 5; };\n"
		   "}\n" SESSION("pc.10", "10.0.0.1", "4200000001", "10.0.0.2", "65010",
				 "  password \"s3cret!\";\n  bfd on;\n"));
}

static void a_customer_router_tells_its_networks(void **state)
{
	auto_plan struct plan *p = PLAN(
		CLOUD, TWO_LINES,
		CPE(BFD ", preference: 1", ", routing: bgp, peer_asn: 45104, preference: 255", ""));

	assert_string_equal(
		conf_of(p, "bird-idc"),
		HEAD("10.0.0.2") KERNEL(
			"none") "protocol static {\n  ipv4;\n"
				"  route 10.10.1.0/24 blackhole;\n"
				"  route 10.10.2.0/24 blackhole;\n}\n"
				"protocol bfd {\n"
				"  interface \"pc.10\" { min tx interval 200 ms; min rx interval 900 ms; "
				"multiplier 5; };\n}\n" SESSION(
					"pc.10", "10.0.0.2", "65010", "10.0.0.1", "45104",
					"  bfd on;\n") "    import filter { bgp_local_pref = 999; accept; };\n"
						       "    export where source = RTS_STATIC;\n" END SESSION(
							       "pc2.20", "10.0.0.6", "65010",
							       "10.0.0.5", "45104",
							       "") "    import filter { bgp_local_pref = 745; accept; };\n"
								   "    export where source = RTS_STATIC;\n" END);
}

/* What is written replaces the LANs; a circuit with static routes has no session. */
static void networks_and_static_circuits(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, TWO_LINES,
					CPE("", "", "    networks: [10.10.0.0/16]\n"));
	const char *conf = conf_of(p, "bird-idc");

	assert_has(conf, "protocol static {\n  ipv4;\n  route 10.10.0.0/16 blackhole;\n}\n");
	assert_lacks(conf, "pc2.20");
	assert_lacks(conf, "protocol bfd");
	assert_has(conf, "bgp_local_pref = 900;"); /* the default preference is 100 */
}

static void the_daemon(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(BGP));
	const struct plan_worker *w = plan_find_worker(p, "bird-b");

	assert_string_equal(w->program, "labctl-service");
	assert_string_equal(w->ns, "b");
	assert_int_equal(w->privilege, PLAN_PRIVILEGE_ROUTER);
	assert_int_equal(w->n_sockets, 0);
	assert_string_equal(w->needs, "bird");
	assert_string_equal(w->package, "bird2");
	assert_has(w->config, "{\"command\":[\"bird\",\"-f\",\"-c\",\"/tmp/bird.conf\",\"-s\","
			      "\"/run/labctl/bird.ctl\"],\"files\":{");
	assert_has(w->config, "\"ready\":{\"unix\":\"/run/labctl/bird.ctl\"}");
	assert_has(w->config, "\"hostname\":\"b\"");
}

static void static_routes_need_no_daemon(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(""), IDC(""));

	assert_null(plan_find_worker(p, "bird-b"));
	assert_null(plan_find_worker(p, "bird-idc"));
}

/* Whatever a line is called, its device is a name that BIRD takes (conf/cf-lex.l). */
static void a_line_with_a_long_name(void **state)
{
	auto_plan struct plan *p = PLAN(
		CLOUD, "physical_connections: {leased-line-of-hangzhou: {region: r1}}\n",
		"virtual_border_routers: {b: {physical_connection: leased-line-of-hangzhou, "
		"vlan_id: 10, local_gateway_ip: 10.0.0.1, peer_gateway_ip: 10.0.0.2" BGP "}}\n");
	const char *name = strstr(conf_of(p, "bird-b"), "protocol bgp '");

	assert_non_null(name);
	name += strlen("protocol bgp '");
	assert_int_equal(strncmp(name, "leased-l", 8), 0);
	assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.:"), 15);
	assert_int_equal(name[15], '\'');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vbr_tells_what_the_cen_pushed),
		cmocka_unit_test(key_bfd_and_asn),
		cmocka_unit_test(a_customer_router_tells_its_networks),
		cmocka_unit_test(networks_and_static_circuits),
		cmocka_unit_test(the_daemon),
		cmocka_unit_test(static_routes_need_no_daemon),
		cmocka_unit_test(a_line_with_a_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
