// SPDX-License-Identifier: GPL-2.0-only
/* The customer router with its LANs and routes; hosts and their firewalls. */
#include "unit/compile/hybrid.h"

#define HOSTS(more)  "    hosts: {h: {lan: lan" more "}}\n"
#define ROUTES(list) "    routes: {" list "}\n"
#define ROUTE(name, dst, via, more) \
	name ": {destination_cidr_block: " dst ", next_hop: " via more "}"

static void a_lan_is_a_bridge_with_hosts(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""), HOSTS(""));
	const struct plan_node *n = plan_find_node(p, "h");

	assert_string_equal(bridge_of(p, "idc", "lan")->alias, "lan lan");
	assert_true(has_address(p, "idc", "lan", "10.10.1.1/24"));
	assert_string_equal(far_end(p, "h", "eth0")->ns, "idc");
	assert_string_equal(far_end(p, "h", "eth0")->dev, "h");
	assert_string_equal(far_end(p, "h", "eth0")->master, "lan");
	assert_true(has_address(p, "h", "eth0", "10.10.1.2/24"));
	assert_route(p, "h", MAIN, "0.0.0.0/0", "system dev eth0 via 10.10.1.1");
	assert_true(plan_find_namespace(p, "idc")->router);
	assert_false(plan_find_namespace(p, "h")->router);
	assert_string_equal(n->hosts, "127.0.0.1 localhost\n10.10.1.2 h\n");
	assert_string_equal(n->resolv_conf, "options timeout:5 attempts:1\n");
	assert_null(filter_of(p, "h"));
}

/* Nothing of a data centre is the cloud's: its router has no address of the cloud's routers. */
static void the_customer_router_is_nobody_in_the_cloud(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""));

	for (size_t i = 0; i < p->n_addresses; i++)
		if (strcmp(p->addresses[i].ns, "idc") == 0)
			assert_string_not_equal(p->addresses[i].dev, "lo");
	assert_string_equal(plan_find_node(p, "idc")->hosts, "127.0.0.1 localhost\n");
}

static void hosts_do_not_batch_towards_a_slow_circuit(void **state)
{
	auto_plan struct plan *slow = PLAN(CLOUD, LINE(""), VBR(", bandwidth: 200Mbit"), IDC(""),
					   HOSTS(""));
	auto_plan struct plan *fast = PLAN(CLOUD, LINE(""), VBR(", bandwidth: 201Mbit"), IDC(""),
					   HOSTS(""));

	assert_int_equal(far_end(slow, "idc", "h")->gso_segs, 1);
	assert_int_equal(far_end(fast, "idc", "h")->gso_segs, 0);
}

/* --- routes --- */

static void static_routes(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, LINE(""), IDC(""), HOSTS(""),
		     ROUTES(ROUTE("cloud", "10.1.0.0/16", "10.0.0.1",
				  "") ", " ROUTE("inner", "10.20.0.0/16", "10.10.1.2", "")));

	assert_route(p, "idc", MAIN, "10.1.0.0/16", "circuit dev pc.10 via 10.0.0.1");
	assert_route(p, "idc", MAIN, "10.20.0.0/16", "circuit dev lan via 10.10.1.2");
	assert_route(p, "idc", MAIN, "0.0.0.0/0", LAST); /* without a word */
	assert_null(plan_find_worker(p, "routing"));
}

static void a_default_route(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""),
					ROUTES(ROUTE("all", "0.0.0.0/0", "10.0.0.1", "")));

	assert_route(p, "idc", MAIN, "0.0.0.0/0", "circuit dev pc.10 via 10.0.0.1");
}

/* Of several routes to one destination the one that counts is written while the lab runs. */
static void several_routes_to_one_destination(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, TWO_LINES, IDC(", c2: " CIRCUIT_2),
		     ROUTES(ROUTE("one", "10.1.0.0/16", "10.0.0.1", ", preference: 70") ", " ROUTE(
			     "two", "10.1.0.0/16", "10.0.0.5",
			     "") ", " ROUTE("other", "10.2.0.0/16", "10.0.0.1", "")));
	const struct plan_worker *w = plan_find_worker(p, "routing");

	assert_route(p, "idc", MAIN, "10.1.0.0/16", "none");
	assert_route(p, "idc", MAIN, "10.2.0.0/16", "circuit dev pc.10 via 10.0.0.1");
	assert_non_null(w);
	assert_int_equal(w->privilege, PLAN_PRIVILEGE_ROUTES);
	assert_string_equal(w->ns, "idc");
	assert_int_equal(w->n_sockets, 2);
	assert_string_equal(w->sockets[0].name, "routes-idc");
	assert_int_equal(w->sockets[0].type, PLAN_NETLINK);
	assert_string_equal(w->sockets[0].ns, "idc");
	assert_string_equal(w->sockets[1].name, "routing-state");
	assert_int_equal(w->sockets[1].type, PLAN_MEMORY);
	assert_string_equal(
		w->config, "{\"monitors\":[],\"sites\":[{\"ecmp\":false,\"ns\":\"idc\",\"offers\":["
			   "{\"dev\":\"pc.10\",\"gates\":[],\"onlink\":false,\"rank\":70,"
			   "\"source\":\"idc.one\",\"via\":\"10.0.0.1\"},"
			   "{\"dev\":\"pc2.20\",\"gates\":[],\"onlink\":false,\"rank\":60,"
			   "\"source\":\"idc.two\",\"via\":\"10.0.0.5\"}],"
			   "\"protocol\":205,\"table\":254}],"
			   "\"sources\":[{\"name\":\"idc.one\",\"prefixes\":[\"10.1.0.0/16\"]},"
			   "{\"name\":\"idc.two\",\"prefixes\":[\"10.1.0.0/16\"]}],"
			   "\"state\":\"routing-state\","
			   "\"tables\":[{\"ns\":\"idc\",\"socket\":\"routes-idc\"}]}");
}

/* A next hop that is watched is pinged once, for whatever number of routes. */
static void tracked_routes(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, LINE(""), IDC(""),
		     ROUTES(ROUTE("all", "0.0.0.0/0", "10.0.0.1", ", track: true") ", " ROUTE(
			     "w", "10.2.0.0/16", "10.0.0.1", ", track: true")));
	const struct plan_worker *w = plan_find_worker(p, "routing");

	assert_route(p, "idc", MAIN, "0.0.0.0/0", LAST);
	assert_route(p, "idc", MAIN, "10.2.0.0/16", "none");
	assert_int_equal(w->n_sockets, 3);
	assert_string_equal(w->sockets[0].name, "ping-idc 10.0.0.1");
	assert_int_equal(w->sockets[0].type, PLAN_ICMP);
	assert_int_equal(w->sockets[0].addr, 0);
	assert_has(w->config,
		   "\"monitors\":[{\"interval_ms\":2000,\"losses\":8,\"name\":\"idc 10.0.0.1\","
		   "\"socket\":\"ping-idc 10.0.0.1\",\"target\":\"10.0.0.1\"}]");
	assert_has(w->config, "{\"monitor\":\"idc 10.0.0.1\",\"name\":\"idc.all\","
			      "\"prefixes\":[\"0.0.0.0/0\"]}");
	assert_has(w->config, "{\"monitor\":\"idc 10.0.0.1\",\"name\":\"idc.w\","
			      "\"prefixes\":[\"10.2.0.0/16\"]}");
}

/* --- firewalls --- */

static void a_firewall_in_order_of_priority(void **state)
{
	static const char rules[] =
		", firewall: {"
		"late: {type: ingress, ip_protocol: tcp, port_range: 80/80, cidr_ip: 0.0.0.0/0, "
		"priority: 50}, "
		"yes: {type: ingress, ip_protocol: udp, port_range: 5/6, cidr_ip: 10.1.0.0/16, "
		"priority: 2}, "
		"no: {type: ingress, policy: drop, ip_protocol: icmp, cidr_ip: 10.1.0.0/16, "
		"priority: 2}, "
		"too: {type: ingress, ip_protocol: tcp, cidr_ip: 10.2.0.0/16, priority: 2}, "
		"rest: {type: ingress, policy: drop, cidr_ip: 0.0.0.0/0, priority: 100}, "
		"out: {type: egress, policy: drop, cidr_ip: 10.1.0.0/16}}";
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""), "    hosts: {h: {lan: lan", rules,
					"}}\n");

	assert_string_equal(filter_of(p, "h"),
			    "table ip labctl-fw {\n"
			    "\tchain input {\n"
			    "\t\ttype filter hook input priority filter; policy accept;\n"
			    "\t\tiifname \"lo\" accept\n"
			    "\t\tct state established,related accept\n"
			    "\t\tip saddr 10.1.0.0/16 ip protocol icmp drop\n"
			    "\t\tip saddr 10.1.0.0/16 udp dport 5-6 accept\n"
			    "\t\tip saddr 10.2.0.0/16 ip protocol tcp accept\n"
			    "\t\ttcp dport 80 accept\n"
			    "\t\tdrop\n"
			    "\t}\n"
			    "\tchain output {\n"
			    "\t\ttype filter hook output priority filter; policy accept;\n"
			    "\t\toifname \"lo\" accept\n"
			    "\t\tct state established,related accept\n"
			    "\t\tip daddr 10.1.0.0/16 drop\n"
			    "\t}\n"
			    "}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lan_is_a_bridge_with_hosts),
		cmocka_unit_test(the_customer_router_is_nobody_in_the_cloud),
		cmocka_unit_test(hosts_do_not_batch_towards_a_slow_circuit),
		cmocka_unit_test(static_routes),
		cmocka_unit_test(a_default_route),
		cmocka_unit_test(several_routes_to_one_destination),
		cmocka_unit_test(tracked_routes),
		cmocka_unit_test(a_firewall_in_order_of_priority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
