// SPDX-License-Identifier: GPL-2.0-only
/* The summary as lines for a terminal: one per region, one per pair of regions of a CEN. */
#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "compile/cen.h"
#include "compile/summary.h"

#define MANY 4 /* more of a kind than this are only counted */

struct page {
	struct compile *c;
	struct strbuf *lines; /* the list, as JSON */
	int width;            /* of the first column: names */
	int vpcs;             /* of the second one: the VPCs of a region */
};

static void widen(int *width, const char *text)
{
	int n = (int)strlen(text);

	if (n > *width)
		*width = n;
}

static void add_line(struct page *p, const char *name, const char *text)
{
	auto_strbuf struct strbuf line = {0};

	strbuf_add(&line, name);
	while (line.len < (size_t)p->width + 2)
		strbuf_addc(&line, ' ');
	strbuf_add(&line, text);
	compile_put_text(p->lines, NULL, line.s);
}

static const char *gap(const struct strbuf *b)
{
	return b->len ? "   " : "";
}

/* --- regions --- */

static bool in_region(const struct region *r, const struct ref *ref)
{
	return ref->to == r;
}

static void add_vpcs(const struct lab *lab, const struct region *r, struct strbuf *b)
{
	char cidr[IP_PREFIX_STRLEN];
	size_t n = 0;

	for (size_t i = 0; i < lab->n_vpcs; i++)
		n += in_region(r, &lab->vpcs[i].region);
	if (n > MANY) {
		strbuf_printf(b, "%s%zu VPCs", gap(b), n);
		return;
	}
	for (size_t i = 0; i < lab->n_vpcs; i++)
		if (in_region(r, &lab->vpcs[i].region))
			strbuf_printf(b, "%s%s %s", gap(b), lab->vpcs[i].id.name,
				      ip_prefix_format(lab->vpcs[i].cidr_block.p, cidr));
}

static const char *dedicated_type(const struct api_gateway *gw)
{
	return gw->instance_type == GATEWAY_VPC_CONNECT ? "vpc_connect" : "dedicated";
}

static void add_gateways(const struct lab *lab, const struct region *r, struct strbuf *b)
{
	for (size_t i = 0; i < lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &lab->api_gateways[i];

		if (!in_region(r, &gw->region))
			continue;
		strbuf_printf(b, "%s%s ", gap(b), gw->id.name);
		if (gw->instance_type == GATEWAY_SERVERLESS)
			strbuf_add(b, "(serverless)");
		else if (gw->bind.vpc.to)
			strbuf_printf(b, "(%s, bound to %s)", dedicated_type(gw),
				      gw->bind.vpc.name);
		else
			strbuf_printf(b, "(%s, not bound)", dedicated_type(gw));
	}
}

static void add_functions(const struct lab *lab, const struct region *r, struct strbuf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < lab->n_functions; i++)
		n += in_region(r, &lab->functions[i].region);
	if (n > MANY) {
		strbuf_printf(b, "%s%zu functions", gap(b), n);
		return;
	}
	for (size_t i = 0; i < lab->n_functions; i++)
		if (in_region(r, &lab->functions[i].region))
			strbuf_printf(b, "%sfunction %s", gap(b), lab->functions[i].id.name);
}

static const struct region *region_of(const struct ecs *e)
{
	const struct vswitch *s = e->vswitch.to;

	return s->vpc->region.to;
}

static void add_instances(const struct lab *lab, const struct region *r, struct strbuf *b)
{
	char ip[IP_STRLEN];
	size_t n = 0;

	for (size_t i = 0; i < lab->n_ecs; i++)
		n += region_of(&lab->ecs[i]) == r;
	if (n > MANY) {
		strbuf_printf(b, "%s%zu ECS instances", gap(b), n);
		return;
	}
	for (size_t i = 0; i < lab->n_ecs; i++)
		if (region_of(&lab->ecs[i]) == r)
			strbuf_printf(b, "%s%s %s", gap(b), lab->ecs[i].id.name,
				      ip_format(lab->ecs[i].private_ip.ip, ip));
}

static void add_region(struct page *p, const struct region *r)
{
	auto_strbuf struct strbuf vpcs = {0}, rest = {0};
	const struct lab *lab = p->c->lab;

	add_vpcs(lab, r, &vpcs);
	add_gateways(lab, r, &rest);
	add_functions(lab, r, &rest);
	add_instances(lab, r, &rest);
	if (rest.len)
		strbuf_printf(&vpcs, "%*s  %s", p->vpcs - (int)vpcs.len, "", strbuf_str(&rest));
	add_line(p, r->id.name, strbuf_str(&vpcs));
}

static void measure_region(struct page *p, const struct region *r)
{
	auto_strbuf struct strbuf vpcs = {0};

	add_vpcs(p->c->lab, r, &vpcs);
	widen(&p->width, r->id.name);
	widen(&p->vpcs, strbuf_str(&vpcs));
}

/* --- CEN --- */

static void add_attached(const struct cen *cen, const struct region *region, struct strbuf *b)
{
	const char *separator = "";

	for (size_t i = 0; i < cen->n_attachments; i++) {
		const struct cen_member m = compile_cen_member(&cen->attachments[i]);

		if (region && m.region != region)
			continue;
		strbuf_printf(b, "%s%s", separator, m.name);
		separator = ", ";
	}
}

static void add_rate(uint64_t rate, struct strbuf *b)
{
	if (rate % 1000000000 == 0)
		strbuf_printf(b, "%" PRIu64 " Gbit/s", rate / 1000000000);
	else if (rate % 1000000 == 0)
		strbuf_printf(b, "%" PRIu64 " Mbit/s", rate / 1000000);
	else
		strbuf_printf(b, "%" PRIu64 " kbit/s", rate / 1000);
}

static void add_pair(struct page *p, const struct cen_state *s, const struct tr_pair *pair)
{
	auto_strbuf struct strbuf b = {0};

	add_attached(s->cen, s->trs[pair->a].region, &b);
	strbuf_add(&b, " <-> ");
	add_attached(s->cen, s->trs[pair->b].region, &b);
	strbuf_add(&b, "   ");
	add_rate(pair->rate, &b);
	strbuf_printf(&b, "%s, rtt %g ms", pair->allocated ? "" : " (nothing allocated)",
		      pair->rtt_us / 1000.0);
	add_line(p, s->cen->id.name, strbuf_str(&b));
}

static void add_rejected(struct page *p, const struct cen_state *s)
{
	char dst[IP_PREFIX_STRLEN];

	for (size_t i = 0; i < s->n_rejected; i++) {
		const struct rejected_route *r = &s->rejected[i];

		add_line(p, s->cen->id.name,
			 compile_text(p->c, "route %s of %s rejected%s%s: the destination is taken",
				      ip_prefix_format(r->dst, dst), cen_attachment_name(r->from),
				      r->at ? " at " : "", r->at ? r->at : ""));
	}
}

static void add_cen(struct page *p, const struct cen_state *s)
{
	auto_strbuf struct strbuf b = {0};

	add_attached(s->cen, NULL, &b);
	if (!s->n_pairs)
		add_line(p, s->cen->id.name, b.len ? strbuf_str(&b) : "nothing attached");
	for (size_t i = 0; i < s->n_pairs && i < MANY; i++)
		add_pair(p, s, &s->pairs[i]);
	if (s->n_pairs > MANY)
		add_line(p, s->cen->id.name,
			 compile_text(p->c, "and %zu more pairs of regions", s->n_pairs - MANY));
	add_rejected(p, s);
}

/* --- circuits, data centres, the Internet --- */

static void add_circuit(struct page *p, const struct vbr *vbr)
{
	const struct line line = compile_vbr_line(vbr);
	const char *fault = lab_circuit_fault(vbr, p->c->arena);
	auto_strbuf struct strbuf b = {0};

	strbuf_printf(&b, "VLAN %" PRIu64 " of %s   ", vbr->vlan_id.v,
		      vbr->physical_connection.name);
	if (fault) {
		strbuf_printf(&b, "nobody answers: %s", fault);
	} else {
		add_rate(line.rate, &b);
		strbuf_printf(&b, ", rtt %g ms, %s routes", line.rtt_us / 1000.0,
			      vbr->routing.bgp ? "BGP" : "static");
	}
	add_line(p, vbr->id.name, strbuf_str(&b));
}

static void add_data_center(struct page *p, const struct data_center *dc)
{
	auto_strbuf struct strbuf b = {0};
	char text[IP_PREFIX_STRLEN];

	if (dc->n_lans > MANY)
		strbuf_printf(&b, "%zu LANs", dc->n_lans);
	for (size_t i = 0; dc->n_lans <= MANY && i < dc->n_lans; i++)
		strbuf_printf(&b, "%s%s %s", gap(&b), dc->lans[i].id.name,
			      ip_prefix_format(dc->lans[i].cidr_block.p, text));
	if (dc->n_hosts > MANY)
		strbuf_printf(&b, "%s%zu hosts", gap(&b), dc->n_hosts);
	for (size_t i = 0; dc->n_hosts <= MANY && i < dc->n_hosts; i++)
		strbuf_printf(&b, "%s%s %s", gap(&b), dc->hosts[i].id.name,
			      ip_format(dc->hosts[i].ip.ip, text));
	add_line(p, dc->id.name, b.len ? strbuf_str(&b) : "nothing yet");
}

static void add_internet(struct page *p)
{
	const struct internet *internet = &p->c->lab->internet;
	auto_strbuf struct strbuf b = {0};
	char ip[IP_STRLEN];

	if (!internet->at.line)
		return;
	for (size_t i = 0; i < internet->n_hosts && i < MANY; i++)
		strbuf_printf(&b, "%s%s %s", gap(&b), internet->hosts[i].id.name,
			      ip_format(internet->hosts[i].ip.ip, ip));
	if (internet->n_hosts > MANY)
		strbuf_printf(&b, "%sand %zu more", gap(&b), internet->n_hosts - MANY);
	add_line(p, INTERNET_NS, b.len ? strbuf_str(&b) : "no hosts");
}

static void add_wire(struct page *p)
{
	const size_t n = p->c->n_wires;

	if (n)
		add_line(p, WIRE_NS,
			 compile_text(p->c,
				      "delay of %zu line%s in user space: this kernel has no netem",
				      n, n == 1 ? "" : "s"));
}

static void widen_names(struct page *p)
{
	const struct lab *lab = p->c->lab;

	for (size_t i = 0; i < lab->n_cens; i++)
		widen(&p->width, lab->cens[i].id.name);
	for (size_t i = 0; i < lab->n_vbrs; i++)
		widen(&p->width, lab->vbrs[i].id.name);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		widen(&p->width, lab->data_centers[i].id.name);
	if (lab->internet.at.line)
		widen(&p->width, INTERNET_NS);
}

void compile_put_summary_lines(struct compile *c, struct strbuf *b)
{
	const struct lab *lab = c->lab;
	struct page p = {.c = c, .lines = b};

	compile_put_open(b, "lines", "[");
	for (size_t i = 0; i < lab->n_regions; i++)
		if (compile_region_used(lab, &lab->regions[i]))
			measure_region(&p, &lab->regions[i]);
	widen_names(&p);
	for (size_t i = 0; i < lab->n_regions; i++)
		if (compile_region_used(lab, &lab->regions[i]))
			add_region(&p, &lab->regions[i]);
	for (size_t i = 0; i < lab->n_cens; i++)
		add_cen(&p, &c->cens[i]);
	for (size_t i = 0; i < lab->n_vbrs; i++)
		add_circuit(&p, &lab->vbrs[i]);
	for (size_t i = 0; i < lab->n_data_centers; i++)
		add_data_center(&p, &lab->data_centers[i]);
	add_internet(&p);
	add_wire(&p);
	strbuf_addc(b, ']');
}
