// SPDX-License-Identifier: GPL-2.0-only
/* Requests through the shipped labs: every decision on the way, and every way to fail. */
#include "explain/explain.h"
#include "explain/observe.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "lib/compiled.h"

#define DOMAIN1 "9ef6123a3ffc87d94034f0d6191fcabe-cn-hangzhou-vpc.alicloudapi.com"
#define DOMAIN2 "c2d47ddb6b298a0e174bb74dc11e3149-cn-hangzhou-vpc.alicloudapi.com"
#define DOMAIN3 "15b77282e06aa25b20052243d45cb244-cn-hangzhou-vpc.alicloudapi.com"

static struct explanation *explain_by(const struct analyse *a, const struct explain_request *r)
{
	auto_error struct lab_error *err = NULL;
	struct explanation *e = explain_new(a, r, &err);

	if (!e)
		fail_msg("%s", lab_error_message(err));
	return e;
}

static struct explanation *explain_in(const struct plan *p, const struct explain_request *r)
{
	struct analyse *a = analyse_new(p);
	struct explanation *e = explain_by(a, r);

	analyse_free(a);
	return e;
}

/* As by somebody who has asked before. */
static struct explanation *explain_again(const struct plan *p, const struct explain_request *r)
{
	struct analyse *before = analyse_new(p), *a = analyse_again(p, before);
	struct explanation *e = explain_by(a, r);

	analyse_free(a);
	analyse_free(before);
	return e;
}

static struct plan *plan_of(const char *lab, const char *step)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "labs/%s/lab.yaml", lab);
	return compiled_file(path, step);
}

struct row {
	const char *lab, *step;
	struct explain_request request;
	enum analyse_verdict verdict;
	int status;
	const char *code, *cause, *at; /* at: resource */
};

/* What the client gets, by the vendor's codes; and why, in the cloud's terms. */
static const struct row rows[] = {
	/* names */
	{"scenario1",
	 "bandwidth",
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/hello"},
	 ANALYSE_NO,
	 0,
	 "",
	 "the VPC domain of group group-1 has no address: instance apigw-1 is bound to no VPC",
	 "api_gateways.apigw-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "nobody.example"},
	 ANALYSE_NO,
	 0,
	 "",
	 "vpc-3 does not know the name nobody.example",
	 "vpcs.vpc-3"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "EN.alicloudapi.com"},
	 ANALYSE_NO,
	 0,
	 "",
	 "vpc-3 does not know the name EN.alicloudapi.com",
	 "vpcs.vpc-3"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "alicloudapi.com"},
	 ANALYSE_NO,
	 0,
	 "",
	 "the name alicloudapi.com has no IPv4 address",
	 "vpcs.vpc-3"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "ECS-3.cn-beijing.ecs.internal."},
	 ANALYSE_YES,
	 0,
	 "",
	 NULL,
	 NULL},
	{"scenario2",
	 "circuit",
	 {.from = "idc-client", .to = "http://" DOMAIN2 "/"},
	 ANALYSE_NO,
	 0,
	 "",
	 "idc-client has no resolver",
	 "data_centers.idc-1.hosts.idc-client"},
	{"scenario2",
	 "dns",
	 {.from = "idc-client", .to = "http://" DOMAIN2 "/"},
	 ANALYSE_NO,
	 0,
	 "",
	 "the VPC domain of group group-1 has no address: instance apigw-1 is bound to no VPC",
	 "api_gateways.apigw-1"},
	/* packets */
	{"scenario1",
	 "create-cen",
	 {.from = "ecs-3", .to = "172.16.1.10"},
	 ANALYSE_NO,
	 0,
	 "",
	 "vpc-3 has no route to 172.16.1.10",
	 "vpcs.vpc-3"},
	{"scenario1",
	 "bandwidth",
	 {.from = "ecs-3", .to = "apigw-1"},
	 ANALYSE_NO,
	 0,
	 "",
	 "apigw-1 has no address yet",
	 "api_gateways.apigw-1"},
	{"scenario2",
	 "attach",
	 {.from = "idc-client", .to = "ecs-1"},
	 ANALYSE_NO,
	 0,
	 "",
	 "idc-1 has no route to 172.16.1.0/24",
	 "data_centers.idc-1"},
	{"scenario2",
	 NULL,
	 {.from = "idc-client", .to = "ecs-1:22"},
	 ANALYSE_NO,
	 0,
	 "",
	 "security group sg-1 of vpc-1 drops it on its way in",
	 "security_groups.sg-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "172.16.1.10:81"},
	 ANALYSE_NO,
	 0,
	 "",
	 "connection refused: no service of the lab listens on TCP port 81 of apigw-1",
	 "api_gateways.apigw-1"},
	{"scenario1", NULL, {.from = "ecs-3", .to = "apigw-1"}, ANALYSE_YES, 0, "", NULL, NULL},
	/* the gateway's decisions */
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/hello"},
	 ANALYSE_YES,
	 0,
	 "",
	 NULL,
	 NULL},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/hello?size=1"},
	 ANALYSE_YES,
	 0,
	 "",
	 NULL,
	 NULL},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://172.16.1.10/hello"},
	 ANALYSE_NO,
	 404,
	 "I404DO",
	 "apigw-1 answers 404 I404DO: Invalid Domain `172.16.1.10`",
	 "api_gateways.apigw-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://172.16.1.10/hello", .host = DOMAIN1},
	 ANALYSE_YES,
	 0,
	 "",
	 NULL,
	 NULL},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/nothing"},
	 ANALYSE_NO,
	 404,
	 "I404NF",
	 "apigw-1 answers 404 I404NF: API not found with `GET /nothing`",
	 "api_groups.group-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/hello", .method = "POST"},
	 ANALYSE_NO,
	 404,
	 "I404NF",
	 "apigw-1 answers 404 I404NF: API not found with `POST /hello`",
	 "api_groups.group-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/hello", .stage = "FOO"},
	 ANALYSE_NO,
	 400,
	 "I400SG",
	 "apigw-1 answers 400 I400SG: Invalid Stage",
	 "api_groups.group-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/hello", .stage = "TEST"},
	 ANALYSE_NO,
	 404,
	 "I404NF",
	 "apigw-1 answers 404 I404NF: API not found with `GET /hello`",
	 "api_groups.group-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 "/%zz"},
	 ANALYSE_NO,
	 400,
	 "I400PA",
	 NULL,
	 "api_groups.group-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "https://" DOMAIN1 "/hello"},
	 ANALYSE_YES,
	 0,
	 "",
	 NULL,
	 NULL},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "https://172.16.1.10/hello", .host = DOMAIN1},
	 ANALYSE_NO,
	 0,
	 "",
	 "TLS fails at apigw-1: there is no certificate for 172.16.1.10",
	 "api_gateways.apigw-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "https://" DOMAIN1 ":80/hello"},
	 ANALYSE_NO,
	 0,
	 "",
	 "TLS fails at apigw-1: this port speaks HTTP only: https needs port 443",
	 "api_gateways.apigw-1"},
	{"scenario1",
	 NULL,
	 {.from = "ecs-3", .to = "http://" DOMAIN1 ":443/hello"},
	 ANALYSE_NO,
	 0,
	 "",
	 "TLS fails at apigw-1: this port speaks HTTPS only: http needs port 80",
	 "api_gateways.apigw-1"},
	/* backends */
	{"scenario3",
	 NULL,
	 {.from = "ecs-1", .to = "http://" DOMAIN3 "/orders/5"},
	 ANALYSE_YES,
	 200,
	 "",
	 NULL,
	 NULL},
	{"scenario3",
	 NULL,
	 {.from = "ecs-1", .to = "http://" DOMAIN3 "/broken"},
	 ANALYSE_YES,
	 503,
	 "",
	 NULL,
	 NULL},
	{"scenario3",
	 NULL,
	 {.from = "ecs-1", .to = "http://" DOMAIN3 "/slow"},
	 ANALYSE_NO,
	 504,
	 "D504TO",
	 "apigw-1 answers 504 D504TO: Backend service request timeout",
	 "apis.slow"},
	{"scenario3",
	 NULL,
	 {.from = "ecs-1", .to = "http://10.10.1.20:8080/status/418"},
	 ANALYSE_YES,
	 418,
	 "",
	 NULL,
	 NULL},
};

static void check(const struct row *r)
{
	auto_plan struct plan *p = plan_of(r->lab, r->step); /* the explanation borrows from it */
	auto_explanation struct explanation *e = explain_in(p, &r->request);

	print_message("%s %s -> %s\n", r->lab, r->request.from, r->request.to);
	assert_int_equal(e->verdict, r->verdict);
	assert_int_equal(e->status, r->status);
	assert_string_equal(e->code, r->code);
	assert_int_equal(e->cause == NULL, r->verdict == ANALYSE_YES);
	if (r->cause)
		assert_string_equal(e->cause, r->cause);
	if (r->at)
		assert_string_equal(e->origin.resource, r->at);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check(&rows[i]);
}

/* Removes the resource's lines from scenario 3 and gives the plan. */
static struct plan *without(const char *text)
{
	auto_arena struct arena *a = arena_new(0);
	auto_error struct lab_error *err = NULL;
	const struct source *src = parse_source_read(a, "labs/scenario3/lab.yaml", &err);
	char *copy, *at;

	assert_non_null(src);
	copy = arena_strdup(a, src->text);
	at = strstr(copy, text);
	assert_non_null(at);
	memset(at, ' ', strlen(text));
	memcpy(at, "{}", 2);
	return compiled_source(&(struct source){"lab.yaml", copy, src->len}, NULL);
}

/* The document's "if you forget this": the answer to the gateway does not find its way back. */
static void test_no_way_back(void **state)
{
	auto_plan struct plan *p = without(
		"gateway-egress: {destination_cidr_block: 100.104.254.0/26, next_hop: 10.0.0.1}");
	auto_explanation struct explanation *e = explain_in(
		p, &(struct explain_request){.from = "ecs-1", .to = "http://" DOMAIN3 "/orders"});

	assert_int_equal(e->verdict, ANALYSE_NO);
	assert_int_equal(e->status, 504);
	assert_string_equal(e->code, "D504CO");
	assert_string_equal(e->cause, "no way back: idc-1 has no route to 100.104.254.1");
	assert_string_equal(e->origin.resource, "data_centers.idc-1");
}

static void test_figures(void **state)
{
	auto_plan struct plan *p = plan_of("scenario1", NULL);
	auto_explanation struct explanation *e = explain_in(
		p, &(struct explain_request){.from = "ecs-3", .to = "http://" DOMAIN1 "/hello"});
	auto_strbuf struct strbuf b = {0};

	assert_int_equal(e->is.rate, 2000000);
	assert_int_equal(e->is.delay_us, 30000);
	explain_figures(&e->is, &b);
	assert_string_equal(strbuf_str(&b), "2 Mbit/s, round trip 30 ms");
	strbuf_trunc(&b, 0);
	explain_figures(&(struct explain_measure){.delay_us = 2500, .loss_ppm = 510000}, &b);
	assert_string_equal(strbuf_str(&b), "round trip 2.5 ms, 51 % of round trips lost");
	assert_int_equal(e->legs[1].n_there, 6);
	assert_string_equal(e->legs[1].there[2].place, "the transit router of cen-1 in cn-beijing");
	assert_string_equal(e->legs[1].there[1].origin.resource, "vpcs.vpc-1.vswitches.vsw-1a");
}

/* Where labctl-wire delays the line, it is as long. */
static void test_figures_of_wires(void **state)
{
	auto_plan struct plan *p = NULL;
	auto_explanation struct explanation *e = NULL, *again = NULL;
	const struct explain_request r = {.from = "ecs-3", .to = "apigw-1"};

	compiled_options.no_netem = true;
	p = plan_of("scenario1", NULL);
	compiled_options.no_netem = false;
	e = explain_in(p, &r);
	assert_int_equal(e->verdict, ANALYSE_YES);
	assert_int_equal(e->is.rate, 2000000);
	assert_int_equal(e->is.delay_us, 30000);
	again = explain_again(p, &r);
	assert_int_equal(again->verdict, ANALYSE_YES);
	assert_int_equal(again->is.rate, 2000000);
	assert_int_equal(again->is.delay_us, 30000);
}

/* A circuit's line ends at the VBR; from the data centre it is behind a switch. It is as long there and back. */
static void test_figures_of_circuits(void **state)
{
	for (int k = 0; k < 2; k++) {
		auto_plan struct plan *p = NULL;
		auto_explanation struct explanation *e = NULL;

		compiled_options.no_netem = k;
		p = plan_of("scenario2", NULL);
		compiled_options.no_netem = false;
		e = explain_in(p, &(struct explain_request){.from = "idc-client", .to = "apigw-1"});
		assert_int_equal(e->verdict, ANALYSE_YES);
		assert_int_equal(e->is.delay_us, 2000);
	}
}

/* The built-in service does what the path says; a command answers what it likes, whatever its words are. */
static void test_commands_answer_what_they_like(void **state)
{
	static const struct explain_request r = {.from = "ecs-1",
						 .to = "http://10.10.1.20:8080/status/503"};
	auto_plan struct plan *p = plan_of("scenario3", NULL);
	auto_explanation struct explanation *echo = explain_in(p, &r), *command = NULL;

	for (size_t i = 0; i < p->n_workers; i++)
		if (!strcmp(p->workers[i].program, "labctl-service"))
			p->workers[i].config = "{\"command\": [\"echo\"]}";
	command = explain_in(p, &r);
	assert_int_equal(echo->verdict, ANALYSE_YES);
	assert_int_equal(echo->status, 503);
	assert_int_equal(command->verdict, ANALYSE_YES);
	assert_int_equal(command->status, 0);
}

#define SAFE                                                                                                                          \
	"lab: safe\n"                                                                                                                 \
	"regions: {cn-hangzhou: {zones: [h]}}\n"                                                                                      \
	"vpcs: {vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}}\n" \
	"private_zones: {z: {zone_name: example.com, vpcs: [vpc-1], records: {any: 172.16.1.30}}}\n"                                  \
	"security_groups: {sg-1: {vpc: vpc-1}}\n"                                                                                     \
	"ecs:\n"                                                                                                                      \
	"  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}\n"                                               \
	"  ecs-2: {vswitch: vsw-1, private_ip: 172.16.1.30, security_groups: [sg-1], services: {web: {port: 443, tls: true}, old: {port: 80}}}\n"

/* The echo service speaks one of HTTP and HTTPS, and its certificate is of what leads to it. */
static void test_echo_services_with_tls(void **state)
{
	static const struct {
		const char *to, *cause;
	} calls[] = {
		{"https://172.16.1.30/status/404", NULL},
		{"https://ANY.example.com/status/404", NULL},
		{"http://172.16.1.30/status/404", NULL},
		{"http://172.16.1.30:443/",
		 "TLS fails at ecs-2: the echo service speaks HTTPS only"},
		{"https://172.16.1.30:80/",
		 "TLS fails at ecs-2: the echo service speaks HTTP only"},
	};
	auto_plan struct plan *p = compiled_text(SAFE);

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		auto_explanation struct explanation *e = explain_in(
			p, &(struct explain_request){.from = "ecs-1", .to = calls[i].to});

		if (calls[i].cause)
			assert_string_equal(e->cause, calls[i].cause);
		else
			assert_int_equal(e->status, 404);
	}
}

#define ROUTED_BY(gateway)                                                                                                            \
	"lab: routed\n"                                                                                                               \
	"regions: {cn-hangzhou: {zones: [h]}}\n"                                                                                      \
	"vpcs: {vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}}\n" \
	"security_groups: {sg-1: {vpc: vpc-1}}\n"                                                                                     \
	"ecs: {ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}}\n"                                          \
	"api_gateways: {apigw-1: {region: cn-hangzhou, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}" gateway                   \
	"}}\n"                                                                                                                        \
	"api_groups: {g: {instance: apigw-1, domains: {a.example: {}}}}\n"                                                            \
	"apis: {a: {group: g, path: /a, stages: [RELEASE], backend: {mock: own}}}\n"                                                  \
	"plugins: {r: {routing: {routes: [{name: New, condition: \"$X-Version = '2'\", backend: {mock: new}}]}}}\n"                   \
	"plugin_attachments: {p: {plugin: r, api: a}}\n"
#define ROUTED ROUTED_BY("")

/* Headers are not known: whichever backend answers, it is not said to. */
static void test_routes_by_headers(void **state)
{
	auto_plan struct plan *p = compiled_text(ROUTED);
	auto_explanation struct explanation *e = explain_in(
		p, &(struct explain_request){
			   .from = "ecs-1", .to = "http://172.16.1.10/a", .host = "a.example:80"});

	assert_int_equal(e->verdict, ANALYSE_PERHAPS);
	assert_string_equal(e->cause,
			    "not known which backend: route New of plug-in r depends on a "
			    "header, an id or on chance");
	assert_int_equal(e->status, 0);
}

#define LIMITED(plugin)                                                                                                               \
	"lab: limited\n"                                                                                                              \
	"regions: {cn-hangzhou: {zones: [h]}}\n"                                                                                      \
	"vpcs: {vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}}\n" \
	"security_groups: {sg-1: {vpc: vpc-1}}\n"                                                                                     \
	"ecs: {ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}}\n"                                          \
	"api_gateways: {apigw-1: {region: cn-hangzhou, bind: {vpc: vpc-1, vswitch: vsw-1, ip: 172.16.1.10}}}\n"                       \
	"api_groups: {g: {instance: apigw-1, domains: {a.example: {}}}}\n"                                                            \
	"apis: {a: {group: g, path: /a, stages: [RELEASE], backend: {mock: own}}}\n"                                                  \
	"plugins: {p: {" plugin "}}\n"                                                                                                \
	"plugin_attachments: {pa: {plugin: p, api: a}}\n"

/* What may answer instead, by calls that nobody knows of; and that is no wrong prediction. */
static void test_limits(void **state)
{
	static const struct {
		const char *text, *code, *says;
	} limits[] = {
		{LIMITED("trafficControl: {unit: MINUTE, apiDefault: 1}"), "T429PA",
		 "the limit of p is used up"},
		{LIMITED("circuitBreaker: {errorThreshold: 3, errorCondition: \"$StatusCode == 503\", "
			 "windowInSeconds: 30, openTimeoutSeconds: 15}"),
		 "D503CB", "the circuit of API a is open"},
		{LIMITED("trafficControl: {unit: MINUTE, apiDefault: 1}"), "D503BB",
		 "the circuit of API a is open"},
		{LIMITED("ipControl: {type: REFUSE, items: [{blocks: [10.0.0.0/8]}]}"), "T429PA",
		 NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		auto_plan struct plan *p = compiled_text(limits[i].text);
		auto_explanation struct explanation *e =
			explain_in(p, &(struct explain_request){.from = "ecs-1",
								.to = "http://172.16.1.10/a",
								.host = "a.example"});
		const struct explain_observed o = {
			.answered = true, .status = 429, .code = limits[i].code};
		const struct explain_verdict v = explain_compare(e, &o);

		assert_int_equal(e->status, 200);
		assert_int_equal(v.agrees, limits[i].says != NULL);
		if (limits[i].says)
			assert_string_equal(v.limit, limits[i].says);
		else
			assert_null(v.limit);
	}
}

#define REACHED                                                                                                                        \
	"lab: reached\n"                                                                                                               \
	"regions: {cn-hangzhou: {zones: [h]}}\n"                                                                                       \
	"vpcs:\n"                                                                                                                      \
	"  vpc-1: {region: cn-hangzhou, cidr_block: 172.16.0.0/16, vswitches: {vsw-1: {zone: h, cidr_block: 172.16.1.0/24}}}\n"        \
	"  vpc-2: {region: cn-hangzhou, cidr_block: 10.1.0.0/16, vswitches: {vsw-2: {zone: h, cidr_block: 10.1.1.0/24}}}\n"            \
	"security_groups: {sg-1: {vpc: vpc-1}, sg-2: {vpc: vpc-2}}\n"                                                                  \
	"ecs:\n"                                                                                                                       \
	"  ecs-1: {vswitch: vsw-1, private_ip: 172.16.1.20, security_groups: [sg-1]}\n"                                                \
	"  ecs-2: {vswitch: vsw-2, private_ip: 10.1.1.20, security_groups: [sg-2]}\n"                                                  \
	"internet: {hosts: {client: {}}}\n"                                                                                            \
	"api_gateways: {gw: {region: cn-hangzhou, instance_type: serverless}}\n"                                                       \
	"api_groups: {g: {instance: gw, vpc_domain: true, sub_domain_id: 0123456789abcdef0123456789abcdef, vpc_whitelist: [vpc-1]}}\n" \
	"apis: {a: {group: g, path: /a, stages: [RELEASE], backend: {mock: own}}}\n"

/* The text of any of its legs. */
static bool has_note(const struct explanation *e, const char *note)
{
	for (size_t i = 0; i < e->n_legs; i++)
		for (size_t k = 0; k < e->legs[i].n_notes; k++)
			if (!strcmp(e->legs[i].notes[k], note))
				return true;
	return false;
}

static void test_whitelists_and_rates(void **state)
{
	static const char in_vpc[] =
		"http://0123456789abcdef0123456789abcdef-cn-hangzhou-vpc.alicloudapi.com/a";
	static const char outside[] =
		"http://0123456789abcdef0123456789abcdef-cn-hangzhou.alicloudapi.com/a";
	static const struct {
		const char *from, *to;
		int status;
		const char *code, *note, *limit; /* limit: a code that may come instead */
	} calls[] = {
		{"ecs-1", in_vpc, 200, "", "VPC whitelist of group g lets in 172.16.1.20",
		 "T429GR"},
		{"ecs-2", in_vpc, 403, "A403VN", "VPC whitelist of group g refuses 10.1.1.20",
		 NULL},
		{"client", outside, 200, "", "group g: at most 500 calls in 1 s", "T429ID"},
	};
	auto_plan struct plan *p = compiled_text(REACHED);

	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		auto_explanation struct explanation *e = explain_in(
			p, &(struct explain_request){.from = calls[i].from, .to = calls[i].to});
		const struct explain_observed o = {
			.answered = true, .status = 429, .code = calls[i].limit};

		assert_int_equal(e->status, calls[i].status);
		assert_string_equal(e->code ? e->code : "", calls[i].code);
		if (!has_note(e, calls[i].note))
			fail_msg("call %zu: no note %s", i, calls[i].note);
		assert_true(!calls[i].limit || explain_compare(e, &o).agrees);
	}
}

static void test_rate_of_an_instance(void **state)
{
	auto_plan struct plan *p = compiled_text(ROUTED_BY(", spec: api.s1.small"));
	auto_explanation struct explanation *e = explain_in(
		p, &(struct explain_request){
			   .from = "ecs-1", .to = "http://172.16.1.10/b", .host = "a.example"});
	const struct explain_observed o = {.answered = true, .status = 429, .code = "T429IN"};

	assert_int_equal(e->status, 404);
	assert_true(has_note(e, "instance apigw-1: at most 2500 calls in 1 s"));
	assert_string_equal(explain_compare(e, &o).limit,
			    "the limit of instance apigw-1 is used up");
}

static void test_wrong_requests(void **state)
{
	static const struct explain_request wrong[] = {
		{.from = "nobody", .to = "172.16.1.10"},  {.from = "ecs-3", .to = ""},
		{.from = "ecs-3", .to = "172.16.1.10:0"}, {.from = "ecs-3", .to = "172.16.1.10:x"},
		{.from = "ecs-3", .to = "a/b"},           {.from = "ecs-3", .to = "http://"},
		{.from = "ecs-3", .to = "ftp://x/"},      {.from = "ecs-3", .to = "ecs-3:65536"}};
	auto_plan struct plan *p = compiled_file("labs/scenario1/lab.yaml", NULL);
	struct analyse *a = analyse_new(p);

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		auto_error struct lab_error *err = NULL;

		assert_null(explain_new(a, &wrong[i], &err));
		assert_int_equal(lab_error_status(err), LAB_USAGE);
	}
	analyse_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_way_back),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_figures_of_wires),
		cmocka_unit_test(test_figures_of_circuits),
		cmocka_unit_test(test_commands_answer_what_they_like),
		cmocka_unit_test(test_echo_services_with_tls),
		cmocka_unit_test(test_routes_by_headers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_whitelists_and_rates),
		cmocka_unit_test(test_rate_of_an_instance),
		cmocka_unit_test(test_wrong_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
