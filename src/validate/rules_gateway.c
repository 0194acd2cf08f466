// SPDX-License-Identifier: GPL-2.0-only
/** API Gateway instances and API groups. */
#include "validate/rule.h"
#include "validate/rules.h"

void validate_bind_serverless(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];

		if (gw->instance_type != GATEWAY_SERVERLESS || !gw->bind.at.line)
			continue;
		validate_report(v, gw->bind.at,
				"serverless API Gateway instance '%s' cannot be bound to a VPC",
				gw->id.name);
		validate_hint(v, "every VPC of its region reaches it; only dedicated instances are "
				 "bound");
	}
}

void validate_bind_region(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];
		const struct vpc *vpc = gw->bind.vpc.to;

		if (!vpc || !gw->region.to || !vpc->region.to || vpc->region.to == gw->region.to)
			continue;
		validate_report(v, gw->bind.vpc.at,
				"API Gateway instance '%s' is in '%s' and cannot be bound to VPC "
				"'%s', which is in another region ('%s')",
				gw->id.name, gw->region.name, vpc->id.name, vpc->region.name);
		diag_note(v->diags, vpc->region.at, "the region of VPC '%s'", vpc->id.name);
		diag_note(v->diags, gw->region.at, "the region of '%s'", gw->id.name);
		validate_hint(v,
			      "bind it to a VPC of '%s'; VPCs of other regions reach that one over "
			      "CEN",
			      gw->region.name);
	}
}

void validate_bind_vswitch(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];
		const struct vswitch *vsw = gw->bind.vswitch.to;
		const struct vpc *vpc = gw->bind.vpc.to;

		if (!vpc || (vsw && vsw->vpc == vpc))
			continue;
		if (vsw) {
			validate_report(
				v, gw->bind.vswitch.at,
				"API Gateway instance '%s' is bound to VPC '%s', but vSwitch "
				"'%s' is of VPC '%s'",
				gw->id.name, vpc->id.name, vsw->id.name, vsw->vpc->id.name);
			diag_note(v->diags, vsw->id.at, "'%s' stands here", vsw->id.name);
		} else if (!gw->bind.vswitch.name) {
			validate_report(v, gw->bind.vpc.at,
					"API Gateway instance '%s' cannot be bound to VPC '%s': it "
					"has no vSwitch",
					gw->id.name, vpc->id.name);
			diag_note(v->diags, vpc->id.at, "VPC '%s' stands here", vpc->id.name);
		}
	}
}

/* --- egress ranges --- */

void validate_egress_range(struct validation *v)
{
	static const struct ip_prefix routers = {0x64400000, 16}; /* 100.64.0.0/16 */
	static const struct ip_prefix own = {0x64640000, 16};     /* 100.100.0.0/16 */

	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];
		const struct cidr *c = &gw->egress;
		const char *why = NULL;

		if (!c->set)
			continue;
		if (c->p.len != 26)
			why = "it must be a /26";
		else if (!ip_prefix_contains(LAB_SERVICES, c->p))
			why = "it must be inside 100.64.0.0/10";
		else if (ip_prefix_overlaps(routers, c->p))
			why = "the routers of the cloud are in 100.64.0.0/16";
		else if (ip_prefix_overlaps(own, c->p))
			why = "the resolvers and functions of the cloud are in 100.100.0.0/16";
		if (!why)
			continue;
		validate_report(v, c->at,
				"API Gateway instance '%s' cannot have egress range %s: %s",
				gw->id.name, validate_cidr(v, c->p), why);
		validate_hint(v, "leave `egress:` out, and a free one is chosen");
	}
}

void validate_egress_overlap(struct validation *v)
{
	for (size_t i = 1; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *b = &v->lab->api_gateways[i];

		for (size_t j = 0; b->egress.set && j < i; j++) {
			const struct api_gateway *a = &v->lab->api_gateways[j];

			if (!a->egress.set || !ip_prefix_overlaps(a->egress.p, b->egress.p))
				continue;
			validate_report(v, span_or(b->egress.at, b->id.at),
					"egress range %s of '%s' overlaps that of '%s'",
					validate_cidr(v, b->egress.p), b->id.name, a->id.name);
			diag_note(v->diags, span_or(a->egress.at, a->id.at), "'%s' has %s",
				  a->id.name, validate_cidr(v, a->egress.p));
			validate_hint(v, "leave `egress:` out, and a free one is chosen");
			break;
		}
	}
}

/* --- groups --- */

void validate_group_vpc_domain(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_groups; i++) {
		const struct api_group *g = &v->lab->api_groups[i];
		const struct api_gateway *gw = g->instance.to;

		if (!g->vpc_domain || !gw || gw->instance_type == GATEWAY_SERVERLESS ||
		    gw->bind.at.line)
			continue;
		validate_report(v, span_or(g->vpc_domain_at, g->id.at),
				"the VPC domain of API group '%s' cannot be enabled: its instance "
				"'%s' is not bound to a VPC",
				g->id.name, gw->id.name);
		diag_note(v->diags, gw->id.at, "API Gateway instance '%s' stands here",
			  gw->id.name);
		validate_hint(v, "write `bind: {vpc: NAME}` for '%s'", gw->id.name);
	}
}

void validate_group_sub_domain(struct validation *v)
{
	for (size_t i = 1; i < v->lab->n_api_groups; i++) {
		const struct api_group *b = &v->lab->api_groups[i];

		for (size_t j = 0; b->sub_domain_id.s && j < i; j++) {
			const struct api_group *a = &v->lab->api_groups[j];

			if (!a->sub_domain_id.s || !streq(a->sub_domain_id.s, b->sub_domain_id.s))
				continue;
			validate_report(v, b->sub_domain_id.at,
					"API group '%s' has the sub-domain id of '%s'", b->id.name,
					a->id.name);
			diag_note(v->diags, a->sub_domain_id.at, "'%s' has it here", a->id.name);
			validate_hint(v, "leave it out, and one is derived from the names");
			break;
		}
	}
}

/* --- limits --- */

void validate_gateway_spec(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];

		if (gw->instance_type != GATEWAY_SERVERLESS || (!gw->spec && !gw->rps_limit.set))
			continue;
		validate_report(v, gw->spec ? gw->spec_at : gw->rps_limit.at,
				"serverless API Gateway instance '%s' cannot have %s", gw->id.name,
				gw->spec ? "a specification" : "a limit on calls");
		validate_hint(v,
			      "only dedicated instances have one; write `traffic_limit:` for "
			      "the groups of '%s'",
			      gw->id.name);
	}
}

static void check_limit(struct validation *v, const struct api_gateway *gw, const char *key,
			const struct number *n, uint64_t min, uint64_t max, const char *range)
{
	if (n->set && (n->v < min || n->v > max))
		validate_report(v, n->at, "API Gateway instance '%s' cannot have this `%s`: %s",
				gw->id.name, key, range);
}

void validate_gateway_limits(struct validation *v)
{
	const uint64_t low = 100000, high = 3600 * UINT64_C(1000000);

	for (size_t i = 0; i < v->lab->n_api_gateways; i++) {
		const struct api_gateway *gw = &v->lab->api_gateways[i];
		const struct gateway_limits *l = &gw->limits;

		check_limit(v, gw, "head", &l->head, 256, 8192, "256B to 8KiB are possible");
		check_limit(v, gw, "body", &l->body, 1, 64u << 20, "1B to 64MiB are possible");
		check_limit(v, gw, "function_answer", &l->function_answer, 1, 32u << 20,
			    "1B to 32MiB are possible");
		check_limit(v, gw, "head_time", &l->head_time, low, high,
			    "100ms to 1h are possible");
		check_limit(v, gw, "idle_time", &l->idle_time, low, high,
			    "100ms to 1h are possible");
		check_limit(v, gw, "stall_time", &l->stall_time, low, high,
			    "100ms to 1h are possible");
		check_limit(v, gw, "handshake_time", &l->handshake_time, low, high,
			    "100ms to 1h are possible");
		check_limit(v, gw, "connect_time", &l->connect_time, low, 120 * UINT64_C(1000000),
			    "100ms to 120s are possible");
		check_limit(v, gw, "backend_idle_time", &l->backend_idle_time, low, high,
			    "100ms to 1h are possible");
	}
}
