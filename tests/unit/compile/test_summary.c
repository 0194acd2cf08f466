// SPDX-License-Identifier: GPL-2.0-only
/* The summary: circuits, and the one command that `up` proposes. */
#include <jansson.h>

#include "unit/compile/hybrid.h"

/* A member of the summary as text, or "none". */
static const char *member(const struct plan *p, const char *key)
{
	json_t *summary = json_loads(p->summary, 0, NULL);
	const json_t *value = json_object_get(summary, key);
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	const char *copy = arena_strdup(p->arena, text ? text : "none");

	free(text);
	json_decref(summary);
	return copy;
}
#define assert_member(p, key, text) assert_string_equal(member(p, key), text)

#define BGP ", routing: bgp, peer_asn: 65010"

static void circuits(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, TWO_LINES, VBR(", bandwidth: 50Mbit"), VBR_2(BGP),
					IDC(""));

	assert_member(p, "circuits",
		      "[{\"data_center\":\"idc\",\"device\":\"pc.10\","
		      "\"physical_connection\":\"pc\",\"rate\":50000000,\"routing\":\"static\","
		      "\"rtt_us\":4000,\"vbr\":\"b\",\"vlan\":10},"
		      "{\"bird\":\"bird-b2\",\"device\":\"pc2.20\","
		      "\"fault\":\"no customer router is at the other end\","
		      "\"physical_connection\":\"pc2\",\"rate\":100000000,\"routing\":\"bgp\","
		      "\"rtt_us\":2000,\"vbr\":\"b2\",\"vlan\":20}]");
	assert_has(p->summary, "\"b    VLAN 10 of pc   50 Mbit/s, rtt 4 ms, static routes\"");
	assert_has(p->summary, "\"b2   VLAN 20 of pc2   nobody answers: no customer router is at "
			       "the other end\"");
}

static void circuits_whose_ends_disagree(void **state)
{
	static const struct {
		const char *circuit, *fault;
	} rows[] = {
		{"vlan_id: 10, ip: 10.0.0.6, peer_ip: 10.0.0.5",
		 "its peer is 10.0.0.2, the customer router is 10.0.0.6"},
		{"vlan_id: 10, ip: 10.0.0.2, peer_ip: 10.0.0.3, subnet_mask: 255.255.255.248",
		 "it is 10.0.0.1, the customer router's peer is 10.0.0.3"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_plan struct plan *p = PLAN(CLOUD, LINE(""), VBR(""),
						"data_centers: {idc: {circuits: {c: "
						"{physical_connection: pc, ",
						rows[i].circuit, "}}}}\n");

		assert_has(p->summary, rows[i].fault);
	}
}

static void data_centres_and_the_internet(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, LINE(""), IDC(""), "    hosts: {h: {lan: lan}}\n",
					"internet: {hosts: {shop: {}}}\n");

	assert_member(p, "data_centers",
		      "[{\"hosts\":[{\"ip\":\"10.10.1.2\",\"name\":\"h\"}],"
		      "\"lans\":[{\"cidr_block\":\"10.10.1.0/24\",\"name\":\"lan\"}],"
		      "\"name\":\"idc\"}]");
	assert_member(p, "internet", "[{\"ip\":\"203.0.113.10\",\"name\":\"shop\"}]");
}

/* --- what to try --- */

#define ECS                                                                  \
	"security_groups: {g: {vpc: v}, gw: {vpc: w}}\n"                     \
	"ecs: {far: {vswitch: sw, security_groups: [gw]}, e: {vswitch: sv, " \
	"security_groups: [g]}}\n"
#define GATEWAY                                                               \
	"api_gateways: {gw: {region: r1, bind: {vpc: v}}}\n"                  \
	"api_groups: {grp: {instance: gw, base_path: /v1, vpc_domain: true, " \
	"sub_domain_id: 0123456789abcdef0123456789abcdef}}\n"
#define DOMAIN "0123456789abcdef0123456789abcdef-r1-vpc.alicloudapi.com"
#define APIS                                                                           \
	"apis:\n"                                                                      \
	"  idle: {group: grp, path: /idle, backend: {mock: m}}\n"                      \
	"  post: {group: grp, path: /post, method: POST, stages: [RELEASE], backend: " \
	"{mock: m}}\n"                                                                 \
	"  one: {group: grp, path: \"/one/[id]\", stages: [RELEASE], backend: {mock: " \
	"m}}\n"                                                                        \
	"  hello: {group: grp, path: /hello, stages: [RELEASE], backend: {mock: m}}\n"

static void an_api_from_where_it_can_be_called(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, ECS, GATEWAY, APIS);
	auto_plan struct plan *attached = PLAN(
		CLOUD, ECS, GATEWAY, APIS, "cen: {c: {attachments: {a: {vpc: v}, b: {vpc: w}}}}\n");

	assert_member(p, "try", "\"labctl exec t e -- curl http://" DOMAIN "/v1/hello\"");
	assert_member(attached, "try", "\"labctl exec t far -- curl http://" DOMAIN "/v1/hello\"");
}

static void nothing_to_call(void **state)
{
	auto_plan struct plan *nodes = PLAN(CLOUD, ECS);
	auto_plan struct plan *empty = PLAN(CLOUD);

	assert_member(nodes, "try", "\"labctl shell t far\"");
	assert_member(empty, "try", "none");
}

/* From where the lab's author would call: by the first check that says how. */
#define STEPS(first)                                                                \
	"steps:\n"                                                                  \
	"  - id: one\n"                                                             \
	"    checks:\n"                                                             \
	"      - {from: e, http: GET http://one.example/, expect: {status: 200}}\n" \
	"  - id: two\n"                                                             \
	"    checks:\n"                                                             \
	"      - {from: e, ping: 10.1.1.1}\n"                                       \
	"      - {from: e, http: GET http://a.example/no, expect: {status: 404}}\n" \
	"      - {from: e, http: GET http://a.example/any}\n"                       \
	"      - {from: e, http: POST http://a.example/, expect: {status: 200}}\n"  \
	"      - {from: e, http: GET http://a.example/, headers: [\"X-Ca-Stage: "   \
	"TEST\"], expect: {status: 200}}\n"                                         \
	"      - {from: far, http: \"GET " first "\", expect: {status: 200}}\n"     \
	"      - {from: e, http: GET http://b.example/, expect: {status: 200}}\n"

static void a_check_that_succeeds(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, ECS, GATEWAY, APIS,
					STEPS("http://${ecs.e.private_ip}/hello"));

	assert_member(p, "try", "\"labctl exec t far -- curl http://10.1.1.1/hello\"");
}

static void a_check_of_the_step(void **state)
{
	static const char text[] = CLOUD ECS STEPS("http://a.example/");
	const struct source src = {"lab.yaml", text, strlen(text)};
	auto_plan struct plan *p = compiled_source(&src, "one");

	assert_member(p, "try", "\"labctl exec t e -- curl http://one.example/\"");
}

/* curl cannot sign: a call of an app is one that labctl makes. */
static void a_call_that_an_app_signs(void **state)
{
	auto_plan struct plan *p = PLAN(
		CLOUD, ECS, GATEWAY, APIS, "apps: {a: {}}\n",
		"steps:\n"
		"  - id: one\n"
		"    checks:\n"
		"      - {from: e, app: a, http: GET http://a.example/, expect: {status: 200}}\n"
		"      - {from: e, app: a, http: \"GET http://${api_groups.grp.vpc_domain}/v1/hello\", "
		"expect: {status: 200}}\n");

	assert_member(p, "try", "\"labctl api call t hello --app a --from e\"");
}

static void an_api_that_asks_who_calls(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, ECS, GATEWAY,
		     "apis: {hello: {group: grp, path: /hello, auth_type: APP, stages: [RELEASE], "
		     "backend: {mock: m}}}\n");

	assert_member(p, "try", "\"labctl shell t far\"");
}

/* Where nothing can be called yet. One whom nobody answers would only be waited for. */
static void a_name_that_is_asked_for(void **state)
{
	auto_plan struct plan *p =
		PLAN(CLOUD, ECS,
		     "steps:\n"
		     "  - id: one\n"
		     "    checks:\n"
		     "      - {from: e, dns: nobody.example, expect: {answer: NONE}}\n"
		     "      - {from: e, dns: a.example, expect: {answer: NXDOMAIN}}\n");

	assert_member(p, "try", "\"labctl exec t e -- dig a.example\"");
}

/* What a shell would read otherwise is quoted for it. */
static void a_line_for_a_shell(void **state)
{
	auto_plan struct plan *p = PLAN(CLOUD, ECS, STEPS("http://a.example/?a=1&b='c'"));

	assert_member(p, "try",
		      "\"labctl exec t far -- curl 'http://a.example/?a=1&b='\\\\''c'\\\\'''\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(circuits),
		cmocka_unit_test(circuits_whose_ends_disagree),
		cmocka_unit_test(data_centres_and_the_internet),
		cmocka_unit_test(an_api_from_where_it_can_be_called),
		cmocka_unit_test(nothing_to_call),
		cmocka_unit_test(a_check_that_succeeds),
		cmocka_unit_test(a_check_of_the_step),
		cmocka_unit_test(a_call_that_an_app_signs),
		cmocka_unit_test(an_api_that_asks_who_calls),
		cmocka_unit_test(a_name_that_is_asked_for),
		cmocka_unit_test(a_line_for_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
