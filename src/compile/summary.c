// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `up` shows, in the cloud's terms:
 * {"lines": [the same as text for a terminal],
 *  "regions": [{"name", "vpcs": [{"name", "cidr_block"}],
 *   "api_gateways": [{"name", "instance_type", "vip"?, "vpc"?, "public_ip"?}],
 *   "functions": ["hello"], "ecs": [{"name", "private_ip", "vpc"}]}],
 *  "cen": [{"name", "edition", "vpcs": ["vpc-1", "vpc-3"], "vbrs": ["vbr-1"],
 *   "links": [{"regions": [2], "vpcs": [[at one end], [at the other]], "rate" (bit/s), "rtt_us",
 *     "allocated" (false: only the rate for connectivity tests)}],
 *   "rejected": [{"destination", "from" (VPC or VBR), "at"? (the same)}]}],
 *  "circuits": [{"vbr", "physical_connection", "vlan", "data_center"?, "rate", "rtt_us",
 *   "routing": "static" | "bgp", "device", "bird"? (its worker), "fault"? (why nobody answers)}],
 *  "data_centers": [{"name", "lans": [{"name", "cidr_block"}], "hosts": [{"name", "ip"}]}],
 *  "internet"?: [{"name", "ip"}],
 *  "wire"?: names of the lines that labctl-wire carries, as the kernel has no netem,
 *  "api_groups": [{"name", "instance", "public_domain", "vpc_domain"?, "vip"?, "urls": []}],
 *  "try"?: "labctl exec scenario1 ecs-3 -- curl http://.../hello"}
 */
#include <jansson.h>
#include <string.h>

#include "base/strbuf.h"
#include "compile/cen.h"
#include "compile/summary.h"

static const char *const gateway_types[] = {[GATEWAY_NORMAL] = "normal",
					    [GATEWAY_VPC_CONNECT] = "vpc_connect",
					    [GATEWAY_SERVERLESS] = "serverless"};

/* --- regions --- */

static void put_cidr(struct strbuf *b, const struct named *id, struct ip_prefix p)
{
	char cidr[IP_PREFIX_STRLEN];

	compile_put_open(b, NULL, "{");
	compile_put_text(b, "cidr_block", ip_prefix_format(p, cidr));
	compile_put_text(b, "name", id->name);
	strbuf_addc(b, '}');
}

static void put_vpcs(const struct lab *lab, const struct region *region, struct strbuf *b)
{
	compile_put_open(b, "vpcs", "[");
	for (size_t i = 0; i < lab->n_vpcs; i++)
		if (lab->vpcs[i].region.to == region)
			put_cidr(b, &lab->vpcs[i].id, lab->vpcs[i].cidr_block.p);
	strbuf_addc(b, ']');
}

static json_t *gateways_of(const struct lab *lab, const struct region *region)
{
	json_t *list = json_array();
	char ip[IP_STRLEN], public_ip[IP_STRLEN];

	for (size_t i = 0; i < lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &lab->api_gateways[i];
		uint32_t vip = compile_gateway_vip(lab, gw);

		if (gw->region.to == region)
			compile_json_append(
				list,
				json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "name", gw->id.name,
					  "instance_type", gateway_types[gw->instance_type], "vip",
					  vip ? ip_format(vip, ip) : NULL, "vpc",
					  gw->bind.vpc.to ? gw->bind.vpc.name : NULL, "public_ip",
					  gw->public_ip.set ? ip_format(gw->public_ip.ip, public_ip)
							    : NULL));
	}
	return list;
}

static json_t *functions_of(const struct lab *lab, const struct region *region)
{
	json_t *list = json_array();

	for (size_t i = 0; i < lab->n_functions; i++)
		if (lab->functions[i].region.to == region)
			compile_json_append(list, json_string(lab->functions[i].id.name));
	return list;
}

static void put_ecs(const struct lab *lab, const struct region *region, struct strbuf *b)
{
	char ip[IP_STRLEN];

	compile_put_open(b, "ecs", "[");
	for (size_t i = 0; i < lab->n_ecs; i++) {
		const struct ecs *e = &lab->ecs[i];
		const struct vswitch *s = e->vswitch.to;

		if (s->vpc->region.to != region)
			continue;
		compile_put_open(b, NULL, "{");
		compile_put_text(b, "name", e->id.name);
		compile_put_text(b, "private_ip", ip_format(e->private_ip.ip, ip));
		compile_put_text(b, "vpc", s->vpc->id.name);
		strbuf_addc(b, '}');
	}
	strbuf_addc(b, ']');
}

static void put_regions(const struct lab *lab, struct strbuf *b)
{
	compile_put_open(b, "regions", "[");
	for (size_t i = 0; i < lab->n_regions; i++) {
		const struct region *r = &lab->regions[i];

		if (!compile_region_used(lab, r))
			continue;
		compile_put_open(b, NULL, "{");
		compile_put_json(b, "api_gateways", gateways_of(lab, r));
		put_ecs(lab, r, b);
		compile_put_json(b, "functions", functions_of(lab, r));
		compile_put_text(b, "name", r->id.name);
		put_vpcs(lab, r, b);
		strbuf_addc(b, '}');
	}
	strbuf_addc(b, ']');
}

/* --- CEN --- */

/* What is attached in a region; NULL: in all. */
static json_t *attached_of(const struct cen *cen, const struct region *region, bool vbrs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < cen->n_attachments; i++) {
		const struct cen_member m = compile_cen_member(&cen->attachments[i]);

		if ((!region || m.region == region) && (m.vbr != NULL) == vbrs)
			compile_json_append(list, json_string(m.name));
	}
	return list;
}

static json_t *links_of(const struct cen_state *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_pairs; i++) {
		const struct tr_pair *p = &s->pairs[i];
		const struct region *a = s->trs[p->a].region, *b = s->trs[p->b].region;

		compile_json_append(
			list,
			json_pack("{s:[s, s], s:[o, o], s:I, s:I, s:b}", "regions", a->id.name,
				  b->id.name, "vpcs", attached_of(s->cen, a, false),
				  attached_of(s->cen, b, false), "rate", (json_int_t)p->rate,
				  "rtt_us", (json_int_t)p->rtt_us, "allocated", p->allocated));
	}
	return list;
}

static json_t *rejected_of(const struct cen_state *s)
{
	json_t *list = json_array();
	char dst[IP_PREFIX_STRLEN];

	for (size_t i = 0; i < s->n_rejected; i++) {
		const struct rejected_route *r = &s->rejected[i];

		compile_json_append(list, json_pack("{s:s, s:s, s:s*}", "destination",
						    ip_prefix_format(r->dst, dst), "from",
						    cen_attachment_name(r->from), "at", r->at));
	}
	return list;
}

static json_t *cens_of(const struct compile *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->lab->n_cens; i++) {
		const struct cen_state *s = &c->cens[i];
		const char *edition = s->cen->edition == CEN_BASIC ? "basic" : "enterprise";

		compile_json_append(list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name",
						    s->cen->id.name, "edition", edition, "vpcs",
						    attached_of(s->cen, NULL, false), "vbrs",
						    attached_of(s->cen, NULL, true), "links",
						    links_of(s), "rejected", rejected_of(s)));
	}
	return list;
}

/* --- outside of the cloud --- */

static const char *far_data_center(const struct lab *lab, const struct vbr *vbr)
{
	struct number vlan;
	const struct circuit *circuit = lab_far_side(vbr, &vlan);

	for (size_t i = 0; circuit && i < lab->n_data_centers; i++) {
		const struct data_center *dc = &lab->data_centers[i];

		if (circuit >= dc->circuits && circuit < dc->circuits + dc->n_circuits)
			return dc->id.name;
	}
	return NULL;
}

static void put_circuit(struct compile *c, const struct vbr *vbr, struct strbuf *b)
{
	const struct line line = compile_vbr_line(vbr);
	const bool bgp = vbr->routing.bgp;

	compile_put_open(b, NULL, "{");
	compile_put_text(b, "bird", bgp ? lab_worker(c->lab, "bird", vbr->id.name) : NULL);
	compile_put_text(b, "data_center", far_data_center(c->lab, vbr));
	compile_put_text(b, "device",
			 compile_circuit_dev(c, vbr->physical_connection.to, vbr->vlan_id.v));
	compile_put_text(b, "fault", lab_circuit_fault(vbr, c->arena));
	compile_put_text(b, "physical_connection", vbr->physical_connection.name);
	compile_put_number(b, "rate", line.rate);
	compile_put_text(b, "routing", bgp ? "bgp" : "static");
	compile_put_number(b, "rtt_us", line.rtt_us);
	compile_put_text(b, "vbr", vbr->id.name);
	compile_put_number(b, "vlan", vbr->vlan_id.v);
	strbuf_addc(b, '}');
}

static void put_circuits(struct compile *c, struct strbuf *b)
{
	compile_put_open(b, "circuits", "[");
	for (size_t i = 0; i < c->lab->n_vbrs; i++)
		put_circuit(c, &c->lab->vbrs[i], b);
	strbuf_addc(b, ']');
}

static void put_ip(struct strbuf *b, const struct named *id, uint32_t ip)
{
	char text[IP_STRLEN];

	compile_put_open(b, NULL, "{");
	compile_put_text(b, "ip", ip_format(ip, text));
	compile_put_text(b, "name", id->name);
	strbuf_addc(b, '}');
}

static void put_data_center(struct strbuf *b, const struct data_center *dc)
{
	compile_put_open(b, NULL, "{");
	compile_put_open(b, "hosts", "[");
	for (size_t i = 0; i < dc->n_hosts; i++)
		put_ip(b, &dc->hosts[i].id, dc->hosts[i].ip.ip);
	strbuf_addc(b, ']');
	compile_put_open(b, "lans", "[");
	for (size_t i = 0; i < dc->n_lans; i++)
		put_cidr(b, &dc->lans[i].id, dc->lans[i].cidr_block.p);
	strbuf_addc(b, ']');
	compile_put_text(b, "name", dc->id.name);
	strbuf_addc(b, '}');
}

static void put_data_centers(const struct lab *lab, struct strbuf *b)
{
	compile_put_open(b, "data_centers", "[");
	for (size_t i = 0; i < lab->n_data_centers; i++)
		put_data_center(b, &lab->data_centers[i]);
	strbuf_addc(b, ']');
}

static void put_internet(const struct lab *lab, struct strbuf *b)
{
	if (!lab->internet.at.line)
		return;
	compile_put_open(b, "internet", "[");
	for (size_t i = 0; i < lab->internet.n_hosts; i++)
		put_ip(b, &lab->internet.hosts[i].id, lab->internet.hosts[i].ip.ip);
	strbuf_addc(b, ']');
}

/* --- groups --- */

static const char *url_of(struct compile *c, const struct api *api)
{
	const struct api_group *g = api->group.to;
	const char *base = g->base_path.s && strcmp(g->base_path.s, "/") != 0 ? g->base_path.s : "";

	return compile_text(c, "%s://%s%s%s", api->protocol & API_HTTP ? "http" : "https",
			    lab_vpc_domain(c->lab, g), base, api->path.s);
}

/* Whether a VPC could be asked for it: published, and the domain has an address. */
static bool callable(const struct compile *c, const struct api *api)
{
	const struct api_group *g = api->group.to;

	return api->n_stages && g->vpc_domain && compile_gateway_vip(c->lab, g->instance.to);
}

static json_t *urls_of(struct compile *c, const struct api_group *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->lab->n_apis; i++)
		if (c->lab->apis[i].group.to == g && callable(c, &c->lab->apis[i]))
			compile_json_append(list, json_string(url_of(c, &c->lab->apis[i])));
	return list;
}

static json_t *groups_of(struct compile *c)
{
	json_t *list = json_array();
	char ip[IP_STRLEN];

	for (size_t i = 0; i < c->lab->n_api_groups; i++) {
		const struct api_group *g = &c->lab->api_groups[i];
		uint32_t vip = compile_gateway_vip(c->lab, g->instance.to);
		const char *domain = g->vpc_domain ? lab_vpc_domain(c->lab, g) : NULL;

		compile_json_append(
			list, json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:o}", "name", g->id.name,
					"instance", g->instance.name, "public_domain",
					lab_public_domain(c->lab, g), "vpc_domain", domain, "vip",
					vip ? ip_format(vip, ip) : NULL, "urls", urls_of(c, g)));
	}
	return list;
}

/* --- what to try --- */

static bool reaches(struct compile *c, const struct vpc *vpc, const struct api_gateway *gw)
{
	const struct table *t = &compile_vpc_state(c, vpc)->tables[0];
	uint32_t vip = compile_gateway_vip(c->lab, gw);

	if (gw->instance_type == GATEWAY_SERVERLESS)
		return vpc->region.to == gw->region.to;
	for (size_t i = 0; i < t->n_dst; i++)
		if (t->dst[i].len && ip_prefix_has(t->dst[i], vip))
			return true;
	return gw->bind.vpc.to == vpc;
}

/* What a shell would read otherwise is quoted for it. */
static const char *shell_word(struct compile *c, const char *s)
{
	const char *quoted = "'", *end;

	if (strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		      "%+,-./:=@_") == strlen(s))
		return s;
	for (; (end = strchr(s, '\'')); s = end + 1)
		quoted = compile_text(c, "%s%.*s'\\''", quoted, (int)(end - s), s);
	return compile_text(c, "%s%s'", quoted, s);
}

static const char *curl(struct compile *c, const char *node, const char *url)
{
	return compile_text(c, "labctl exec %s %s -- curl %s", c->lab->id.name, node,
			    shell_word(c, url));
}

static const char *try_api(struct compile *c, const struct api *api)
{
	const struct api_group *g = api->group.to;

	for (size_t i = 0; i < c->lab->n_ecs; i++) {
		const struct vswitch *s = c->lab->ecs[i].vswitch.to;

		if (reaches(c, s->vpc, g->instance.to))
			return curl(c, c->lab->ecs[i].id.name, url_of(c, api));
	}
	return NULL;
}

static bool takes_get(const struct api *api)
{
	return api->method == API_GET || api->method == API_ANY;
}

/* curl cannot sign. NULL where the check calls no API by its plain URL. */
static const char *signed_call(struct compile *c, const struct check *check)
{
	for (size_t i = 0; i < c->lab->n_apis; i++) {
		const struct api *api = &c->lab->apis[i];

		if (takes_get(api) && strcmp(url_of(c, api), check->target.s + 4) == 0)
			return compile_text(c, "labctl api call %s %s --app %s --from %s",
					    c->lab->id.name, api->id.name, check->app.name,
					    check->from.name);
	}
	return NULL;
}

/* A plain call that succeeds, as somebody would type it. NULL: it is another check. */
static const char *try_call(struct compile *c, const struct check *check)
{
	if (check->kind != CHECK_HTTP || !check->expect.status.set ||
	    check->expect.status.v != 200 || check->n_headers ||
	    strncmp(check->target.s, "GET ", 4) != 0)
		return NULL;
	return check->app.name ? signed_call(c, check)
			       : curl(c, check->from.name, check->target.s + 4);
}

/* A name that somebody answers for, be it by saying that there is none. */
static const char *try_name(struct compile *c, const struct check *check)
{
	const char *answer = check->expect.answer.s;

	if (check->kind != CHECK_DNS || (answer && strcmp(answer, "NONE") == 0))
		return NULL;
	return compile_text(c, "labctl exec %s %s -- dig %s", c->lab->id.name, check->from.name,
			    shell_word(c, check->target.s));
}

/* The first of the step's checks that is one of these, from where the author would try it. */
static const char *try_check(struct compile *c,
			     const char *line(struct compile *c, const struct check *check))
{
	const struct lab *lab = c->lab;
	const struct step *s = NULL;
	const char *found = NULL;

	for (size_t i = 0; i < lab->n_steps; i++)
		if (!lab->step || strcmp(lab->steps[i].id.name, lab->step) == 0)
			s = &lab->steps[i]; /* without a step: the last one */
	for (size_t i = 0; !found && s && i < s->n_checks; i++)
		found = line(c, &s->checks[i]);
	return found;
}

static const char *what_to_try(struct compile *c)
{
	const struct lab *lab = c->lab;
	const char *line = try_check(c, try_call);

	for (size_t i = 0; !line && i < lab->n_apis; i++) {
		const struct api *api = &lab->apis[i];

		if (callable(c, api) && api->auth_type != AUTH_APP && takes_get(api) &&
		    !strchr(api->path.s, '['))
			line = try_api(c, api);
	}
	if (!line)
		line = try_check(c, try_name);
	if (!line && lab->n_ecs)
		line = compile_text(c, "labctl shell %s %s", lab->id.name, lab->ecs[0].id.name);
	return line;
}

static void put_rest(struct compile *c, struct strbuf *b)
{
	compile_put_json(b, "cen", cens_of(c));
	put_circuits(c, b);
	put_data_centers(c->lab, b);
	put_internet(c->lab, b);
	compile_put_summary_lines(c, b);
	put_regions(c->lab, b);
	compile_put_text(b, "try", what_to_try(c));
	compile_put_wire_names(c, b);
}

void compile_summary(struct compile *c)
{
	auto_strbuf struct strbuf b = {0};

	strbuf_addc(&b, '{');
	compile_put_json(&b, "api_groups", groups_of(c));
	if (!c->view)
		put_rest(c, &b);
	strbuf_addc(&b, '}');
	c->plan->summary = arena_strndup(c->arena, b.s, b.len);
}
