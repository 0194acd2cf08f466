// SPDX-License-Identifier: GPL-2.0-only
/* The lab itself, its steps and checks. */
#include <string.h>

#include "parse/rows.h"

#define HTTP   (1u << CHECK_HTTP)
#define PING   (1u << CHECK_PING)
#define DNS    (1u << CHECK_DNS)
#define TCP    (1u << CHECK_TCP)
#define ROUTE  (1u << CHECK_ROUTE)
#define OUTAGE (1u << CHECK_OUTAGE)

static const struct key_word connect_words[] = {{"open", 0}, {"refused", 0}, {"timeout", 0}};
static const struct key_words connects = WORDS(connect_words);
static const struct key_word origin_words[] = {{"system", 0},  {"custom", 0}, {"cen", 0},
					       {"circuit", 0}, {"bgp", 0},    {"tracked", 0},
					       {"none", 0}};
static const struct key_words origins = WORDS(origin_words);

static const struct key expect_keys[] = {
	{"status", KEY_NUMBER, FIELD(check_expect, status), .min = 100, .max = 599, .kinds = HTTP,
	 .doc = "http: status code."},
	{"error_code", KEY_TEXT, FIELD(check_expect, error_code), .kinds = HTTP,
	 .doc = "http: X-Ca-Error-Code; \"\": there is none."},
	{"body", KEY_TEXT, FIELD(check_expect, body), .kinds = HTTP,
	 .doc = "http: part of the body."},
	{"header", KEY_TEXT, FIELD(check_expect, header), .kinds = HTTP,
	 .doc = "http: \"Name: value\", or \"Name\" for any value."},
	{"bytes", KEY_SIZE, KEY_PLAIN, FIELD(check_expect, bytes), .kinds = HTTP,
	 .doc = "http: size of the body."},
	{"min_time", KEY_DURATION, FIELD(check_expect, min_time), .kinds = HTTP,
	 .doc = "http: at least this long from start to last byte."},
	{"max_time", KEY_DURATION, FIELD(check_expect, max_time), .kinds = HTTP,
	 .doc = "http: at most this long from start to last byte."},
	{"rate", KEY_RATE, FIELD(check_expect, rate), .kinds = HTTP,
	 .doc = "http: the body comes at most this fast."},
	{"rtt", KEY_DURATION, FIELD(check_expect, rtt), .kinds = PING,
	 .doc = "ping: round-trip time, within 20 % or 1 ms."},
	{"answer", KEY_TEXT, FIELD(check_expect, answer), .kinds = DNS,
	 .doc = "dns: an address, NXDOMAIN, NODATA, or NONE where nobody answers."},
	{"connect", KEY_TEXT, FIELD(check_expect, connect), .words = &connects, .kinds = TCP,
	 .doc = "tcp: what a connection attempt leads to."},
	{"timeout", KEY_BOOL, KEY_MARK, FIELD(check_expect, timeout),
	 EXTRA(check_expect, timeout_set), .kinds = HTTP | PING,
	 .doc = "http, ping: nothing answers within `for`."},
	{"origin", KEY_TEXT, FIELD(check_expect, origin), .words = &origins, .kinds = ROUTE,
	 .doc = "route: where the route comes from; none: there is no such route."},
	{"max_outage", KEY_DURATION, FIELD(check_expect, max_outage), .kinds = OUTAGE,
	 .doc = "outage: answers are missing for at most this long."},
	{"min_outage", KEY_DURATION, FIELD(check_expect, min_outage), .kinds = OUTAGE,
	 .doc = "outage: answers are missing for at least this long."},
};
const struct table parse_table_expect = {
	"`expect`", "expect", sizeof(struct check_expect), TABLE_PLACE, KEYS(expect_keys),
};

static const struct key check_keys[] = {
	{"id", KEY_TEXT, KEY_NAME, FIELD(check, id),
	 .doc = "Name of the check. Default: by kind and place, such as http-1."},
	{"title", KEY_TEXT, FIELD(check, title),
	 .doc = "What must be true, in words. Default: made from the check."},
	{"from", KEY_REF, FIELD(check, from), .kinds = HTTP | PING | DNS | TCP | OUTAGE,
	 .doc = "Node that the check runs on: an ECS instance, a host or customer router of a data centre, an Internet host."},
	{"in", KEY_REF, FIELD(check, from), .kinds = ROUTE,
	 .doc = "route: VPC whose system route table is looked at, VBR or data centre."},
	{"http", KEY_TEXT, FIELD(check, target), .kinds = HTTP, .doc = "A request: \"GET URL\"."},
	{"ping", KEY_TEXT, FIELD(check, target), .kinds = PING, .doc = "An address or a name."},
	{"dns", KEY_TEXT, FIELD(check, target), .kinds = DNS, .doc = "A name to look up."},
	{"tcp", KEY_TEXT, FIELD(check, target), .kinds = TCP, .doc = "\"ADDRESS:PORT\"."},
	{"route", KEY_TEXT, FIELD(check, target), .kinds = ROUTE,
	 .doc = "A destination CIDR block."},
	{"outage", KEY_TEXT, FIELD(check, target), .kinds = OUTAGE,
	 .doc = "An address or a name that is pinged while `cut` is cut."},
	{"cut", KEY_REF, FIELD(check, cut), .kinds = OUTAGE,
	 .doc = "outage: physical connection that is cut, and joined again afterwards."},
	{"app", KEY_REF, FIELD(check, app), .kinds = HTTP,
	 .doc = "http: app that signs the request."},
	{"headers", KEY_TEXTS, ITEMS(check, headers), .kinds = HTTP,
	 .doc = "http: request headers, \"Name: value\"."},
	{"body_size", KEY_SIZE, KEY_PLAIN, FIELD(check, body_size), .kinds = HTTP,
	 .doc = "http: size of the request body."},
	{"within", KEY_DURATION, FIELD(check, wait), .def = "5s",
	 .doc = "How long a failing check is repeated."},
	{"for", KEY_DURATION, FIELD(check, duration), .def = "3s",
	 .kinds = HTTP | PING | TCP | OUTAGE,
	 .doc = "How long silence must last for `timeout`; how long an outage is waited for."},
	{"expect", KEY_STRUCT, FIELD(check, expect), .table = &parse_table_expect,
	 .doc = "What the check looks for."},
};
static const char *const check_kinds[] = {"http", "ping", "dns", "tcp", "route", "outage", NULL};
static const char *const check_places[] = {"from", "in", NULL};
const struct table parse_table_check = {
	"a check",
	"check",
	sizeof(struct check),
	TABLE_PLACE,
	KEYS(check_keys),
	.choices = {check_kinds, check_places},
	.finish = parse_finish_check,
};

static const struct key exercise_keys[] = {
	{"id", KEY_TEXT, KEY_REQUIRED | KEY_NAME, FIELD(exercise, id),
	 .doc = "Name of the exercise, for `labctl lesson LAB exercise ID`."},
	{"title", KEY_TEXT, KEY_REQUIRED, FIELD(exercise, title), .doc = "The question."},
	{"text", KEY_TEXT, FIELD(exercise, text), .doc = "The task, in Markdown."},
	{"apply", KEY_FRAGMENT, KEY_REQUIRED, .table = &parse_table_lab,
	 .doc = "What is otherwise than after the step: merged after its own `apply`; null takes away what is forgotten."},
	{"checks", KEY_LIST, ITEMS(exercise, checks), .table = &parse_table_check,
	 .doc = "What is seen then: they prove the answer."},
	{"hints", KEY_TEXTS, ITEMS(exercise, hints),
	 .doc = "Shown one after the other, from vague to plain."},
	{"answer", KEY_TEXT, KEY_REQUIRED, FIELD(exercise, answer),
	 .doc = "What is seen and why, in Markdown; shown when the checks hold."},
	{"refused", KEY_TEXT, FIELD(exercise, refused),
	 .doc = "Where the cloud refuses this: the id of the diagnostic that labctl gives. Nothing comes up then."},
};
static const struct table exercise_table = {
	"an exercise", "exercise", sizeof(struct exercise), TABLE_ROOT, KEYS(exercise_keys),
};

static const struct key step_keys[] = {
	{"id", KEY_TEXT, KEY_REQUIRED | KEY_NAME, FIELD(step, id),
	 .doc = "Name of the step, for `labctl up LAB --step ID`."},
	{"title", KEY_TEXT, FIELD(step, title), .doc = "Headline of the step."},
	{"text", KEY_TEXT, FIELD(step, text),
	 .doc = "What the step does and why, in Markdown; ${...} as in checks, here and in the other texts."},
	{"apply", KEY_FRAGMENT, .table = &parse_table_lab,
	 .doc = "What the step changes: maps are merged by key, all else is replaced, null deletes."},
	{"checks", KEY_LIST, ITEMS(step, checks), .table = &parse_table_check,
	 .doc = "What must be true after the step."},
	{"try", KEY_TEXTS, ITEMS(step, tries),
	 .doc = "What a student tries after the step: commands and sentences, shown by `labctl lesson`."},
	{"hints", KEY_TEXTS, ITEMS(step, hints),
	 .doc = "Shown one after the other by `labctl lesson LAB hint`, from vague to plain."},
	{"exercises", KEY_LIST, ITEMS(step, exercises), .table = &exercise_table,
	 .doc = "What if this is forgotten: variations of the lab after the step."},
};
static const struct table step_table = {
	"a step", "step", sizeof(struct step), TABLE_ROOT, KEYS(step_keys),
};

/* `id` of a step and `lab` are decoded as text into a struct named. */
_Static_assert(sizeof(struct named) == sizeof(struct text) &&
		       offsetof(struct named, at) == offsetof(struct text, at) &&
		       sizeof(struct zone) == sizeof(struct text) &&
		       offsetof(struct zone, at) == offsetof(struct text, at),
	       "named, zone and text have one layout");

static const struct key lab_keys[] = {
	{"lab", KEY_TEXT, KEY_REQUIRED | KEY_NAME | KEY_BASE, FIELD(lab, id),
	 .doc = "Name of the lab."},
	{"title", KEY_TEXT, KEY_BASE, FIELD(lab, title), .doc = "What the lab shows, in one line."},
	{"description", KEY_TEXT, KEY_BASE, FIELD(lab, description),
	 .doc = "What the lab shows, in Markdown."},
	{"regions", KEY_MAP, ITEMS(lab, regions), .table = &parse_table_region,
	 .doc = "Regions by id, such as cn-hangzhou."},
	{"region_pairs", KEY_MAP, ITEMS(lab, region_pairs), .table = &parse_table_region_pair,
	 .doc = "Round-trip times between regions, by any name."},
	{"vpcs", KEY_MAP, ITEMS(lab, vpcs), .table = &parse_table_vpc, .doc = "VPCs by name."},
	{"private_zones", KEY_MAP, ITEMS(lab, private_zones), .table = &parse_table_private_zone,
	 .doc = "PrivateZone: zones of names that only some VPCs know, by name."},
	{"security_groups", KEY_MAP, ITEMS(lab, security_groups),
	 .table = &parse_table_security_group, .doc = "Security groups by name."},
	{"ecs", KEY_MAP, ITEMS(lab, ecs), .table = &parse_table_ecs,
	 .doc = "ECS instances by name."},
	{"cen", KEY_MAP, ITEMS(lab, cens), .table = &parse_table_cen,
	 .doc = "Cloud Enterprise Network instances by name."},
	{"physical_connections", KEY_MAP, ITEMS(lab, physical_connections),
	 .table = &parse_table_physical_connection,
	 .doc = "Express Connect circuits, leased lines from data centres to regions, by name."},
	{"virtual_border_routers", KEY_MAP, ITEMS(lab, vbrs), .table = &parse_table_vbr,
	 .doc = "Virtual border routers by name."},
	{"router_interfaces", KEY_MAP, ITEMS(lab, router_interfaces),
	 .table = &parse_table_router_interface, .doc = "Peerings of a VBR with a VPC, by name."},
	{"data_centers", KEY_MAP, ITEMS(lab, data_centers), .table = &parse_table_data_center,
	 .doc = "On-premises data centres by name."},
	{"internet", KEY_STRUCT, FIELD(lab, internet), .table = &parse_table_internet,
	 .doc = "The Internet, where it has a part in the lab: public hosts and names."},
	{"vpc_accesses", KEY_MAP, ITEMS(lab, vpc_accesses),
	 .extra = offsetof(struct vpc_access, deleted), .table = &parse_table_vpc_access,
	 .doc = "VPC access authorizations of API Gateway by name."},
	{"api_gateways", KEY_MAP, ITEMS(lab, api_gateways), .table = &parse_table_api_gateway,
	 .doc = "API Gateway instances by name."},
	{"api_groups", KEY_MAP, ITEMS(lab, api_groups), .table = &parse_table_api_group,
	 .doc = "API groups by name."},
	{"apis", KEY_MAP, ITEMS(lab, apis), .table = &parse_table_api, .doc = "APIs by name."},
	{"apps", KEY_MAP, ITEMS(lab, apps), .table = &parse_table_app,
	 .doc = "Apps, which call APIs of auth_type APP, by name."},
	{"app_attachments", KEY_MAP, ITEMS(lab, app_attachments),
	 .table = &parse_table_app_attachment, .doc = "Authorizations of apps for APIs, by name."},
	{"plugins", KEY_MAP, ITEMS(lab, plugins), .table = &parse_table_plugin,
	 .doc = "Plug-ins of API Gateway, by name."},
	{"plugin_attachments", KEY_MAP, ITEMS(lab, plugin_attachments),
	 .table = &parse_table_plugin_attachment,
	 .doc = "Plug-ins that are bound to APIs, by name."},
	{"functions", KEY_MAP, ITEMS(lab, functions), .table = &parse_table_function,
	 .doc = "Functions of Function Compute by name."},
	{"links", KEY_MAP, KEY_FREE, ITEMS(lab, link_changes), .table = &parse_table_link,
	 .doc = "What links are like beyond what their objects say, by name of circuit, router interface, attachment, or two regions REGION:REGION."},
	{"events", KEY_LIST, ITEMS(lab, events), .table = &parse_table_event,
	 .doc = "A timed schedule of links that break, mend and change, played by `labctl events`."},
	{"steps", KEY_LIST, KEY_BASE, ITEMS(lab, steps), .table = &step_table,
	 .doc = "Steps in order; the lab is its base with all of them merged."},
	{"checks", KEY_LIST, KEY_BASE, ITEMS(lab, checks), .table = &parse_table_check,
	 .doc = "What must be true when all steps are done."},
};
const struct table parse_table_lab = {
	"a lab", "lab", sizeof(struct lab), TABLE_ROOT, KEYS(lab_keys),
};

const struct key *parse_table_key(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		if (strcmp(table->keys[i].name, name) == 0)
			return &table->keys[i];
	return NULL;
}
