// SPDX-License-Identifier: GPL-2.0-only
/** CEN: access to cloud services, PrivateZone access, health checks of VBRs. */
#include "base/cleanup.h"
#include "validate/rule.h"
#include "validate/rules.h"

/* What both kinds of access have in common. */
struct access {
	const char *kind;
	const struct named *id;
	const struct ref *host_region, *access_region, *host_vpc;
};

typedef void access_fn(struct validation *v, const struct cen *cen, const struct access *a);

static void each_access(struct validation *v, access_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];

		for (size_t j = 0; j < cen->n_route_services; j++) {
			const struct cen_route_service *s = &cen->route_services[j];

			fn(v, cen,
			   &(struct access){"access to cloud services", &s->id, &s->host_region,
					    &s->access_region, &s->host_vpc});
		}
		for (size_t j = 0; j < cen->n_private_zones; j++) {
			const struct cen_private_zone *z = &cen->private_zones[j];

			fn(v, cen,
			   &(struct access){"PrivateZone access", &z->id, &z->host_region,
					    &z->access_region, &z->host_vpc});
		}
	}
}

static void same_region(struct validation *v, const struct cen *cen, const struct access *a)
{
	(void)cen; /* the entry says it all */
	if (!a->host_region->to || !a->access_region->to ||
	    a->host_region->to == a->access_region->to)
		return;
	validate_report(v, a->access_region->at,
			"%s '%s': VBRs of '%s' cannot reach services of '%s'", a->kind, a->id->name,
			a->access_region->name, a->host_region->name);
	diag_note(v->diags, a->host_region->at, "the region of the service");
	validate_hint(v, "a VBR reaches services of its own region only");
}

void validate_cen_service_region(struct validation *v)
{
	each_access(v, same_region);
}

static bool is_attached(const struct cen *cen, const struct vpc *vpc)
{
	for (size_t i = 0; i < cen->n_attachments; i++)
		if (cen->attachments[i].vpc.to == vpc)
			return true;
	return false;
}

static void vpc_attached(struct validation *v, const struct cen *cen, const struct access *a)
{
	const struct vpc *vpc = a->host_vpc->to;

	if (!vpc || !a->host_region->to || !vpc->region.to)
		return;
	if (vpc->region.to != a->host_region->to) {
		validate_report(v, a->host_vpc->at, "%s '%s': VPC '%s' is not in '%s'", a->kind,
				a->id->name, vpc->id.name, a->host_region->name);
		diag_note(v->diags, vpc->region.at, "the region of '%s'", vpc->id.name);
	} else if (!is_attached(cen, vpc)) {
		validate_report(v, a->host_vpc->at,
				"%s '%s': VPC '%s' is not attached to CEN instance '%s'", a->kind,
				a->id->name, vpc->id.name, cen->id.name);
		validate_hint(v, "attach a VPC of '%s': the way to the service leads through it",
			      a->host_region->name);
	}
}

void validate_cen_service_vpc(struct validation *v)
{
	each_access(v, vpc_attached);
}

static void vbr_attached(struct validation *v, const struct cen *cen, const struct access *a)
{
	if (!a->access_region->to)
		return;
	for (size_t i = 0; i < cen->n_attachments; i++)
		if (cen->attachments[i].vbr.to &&
		    cen_attachment_region(&cen->attachments[i]) == a->access_region->to)
			return;
	validate_report(v, a->access_region->at,
			"%s '%s': no VBR of '%s' is attached to CEN instance '%s'", a->kind,
			a->id->name, a->access_region->name, cen->id.name);
	validate_hint(v, "it is for data centres: attach the VBR first");
}

void validate_cen_service_vbr(struct validation *v)
{
	each_access(v, vbr_attached);
}

/* --- the host of a service --- */

static void check_host(struct validation *v, const struct cen_route_service *s)
{
	struct ip_prefix p;

	if (!s->host.s)
		return;
	if (!lab_service_prefix(v->lab, s->host.s, &p)) {
		validate_report(v, s->host.at,
				"host '%s' is neither a CIDR block, an address nor a name of a "
				"cloud service",
				s->host.s);
		validate_hint(v, "such a name is the enabled VPC domain of an API group on a "
				 "serverless instance");
	} else if (!ip_prefix_contains(LAB_SERVICES, p)) {
		validate_report(v, s->host.at,
				"host %s is no cloud service: it is not in "
				"100.64.0.0/10",
				validate_cidr(v, p));
		validate_hint(v, "what is in a VPC is reached by the VPC's own routes");
	}
}

void validate_cen_service_host(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++)
		for (size_t j = 0; j < v->lab->cens[i].n_route_services; j++)
			check_host(v, &v->lab->cens[i].route_services[j]);
}

/* What VBRs of a region learn the way to. */
struct grant {
	const struct region *access_region;
	struct ip_prefix p;
	const char *text;
	struct span at;
};

/* Whether it was reported. */
static bool has_twice(struct validation *v, const struct grant *grants, size_t n,
		      const struct grant *new)
{
	for (size_t i = 0; i < n; i++) {
		if (grants[i].access_region != new->access_region ||
		    !ip_prefix_equal(grants[i].p, new->p))
			continue;
		validate_report(v, new->at, "host '%s' has access twice", new->text);
		diag_note(v->diags, grants[i].at, "first written here");
		return true;
	}
	return false;
}

static size_t add_services(struct validation *v, const struct cen *cen, struct grant *grants)
{
	size_t n = 0;

	for (size_t i = 0; i < cen->n_route_services; i++) {
		const struct cen_route_service *s = &cen->route_services[i];
		struct grant *g = &grants[n];

		*g = (struct grant){s->access_region.to, {0}, s->host.s, s->host.at};
		if (!s->host.s || !lab_service_prefix(v->lab, s->host.s, &g->p))
			continue;
		(void)has_twice(v, grants, n++, g); /* others may follow */
	}
	return n;
}

/* Both resolvers; of two entries that have both in common, one is named. */
static void add_zones(struct validation *v, const struct cen *cen, struct grant *grants, size_t n)
{
	static const uint32_t resolvers[] = {LAB_RESOLVER_1, LAB_RESOLVER_2};

	for (size_t i = 0; i < cen->n_private_zones; i++) {
		const struct cen_private_zone *z = &cen->private_zones[i];
		const size_t before = n;
		bool reported = false;

		for (size_t k = 0; k < ARRAY_LEN(resolvers); k++) {
			grants[n] = (struct grant){z->access_region.to,
						   {resolvers[k], 32},
						   validate_ip(v, resolvers[k]),
						   z->id.at};
			reported = reported || has_twice(v, grants, before, &grants[n]);
			n++;
		}
	}
}

void validate_cen_service_twice(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_cens; i++) {
		const struct cen *cen = &v->lab->cens[i];
		struct grant *grants = arena_alloc(
			v->scratch,
			(cen->n_route_services + 2 * cen->n_private_zones) * sizeof(*grants));

		add_zones(v, cen, grants, add_services(v, cen, grants));
	}
}

/* --- health checks --- */

typedef void health_fn(struct validation *v, const struct cen *cen,
		       const struct cen_vbr_health_check *h);

static void each_health(struct validation *v, health_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_cens; i++)
		for (size_t j = 0; j < v->lab->cens[i].n_vbr_health_checks; j++)
			fn(v, &v->lab->cens[i], &v->lab->cens[i].vbr_health_checks[j]);
}

static void health_vbr(struct validation *v, const struct cen *cen,
		       const struct cen_vbr_health_check *h)
{
	bool attached = false;

	if (!h->vbr.to)
		return;
	for (size_t i = 0; i < cen->n_attachments; i++)
		attached |= cen->attachments[i].vbr.to == h->vbr.to;
	if (!attached) {
		validate_report(v, h->vbr.at,
				"health check '%s': VBR '%s' is not attached to CEN instance '%s'",
				h->id.name, h->vbr.name, cen->id.name);
		diag_note(v->diags, cen->id.at, "CEN instance '%s' stands here", cen->id.name);
	}
	for (const struct cen_vbr_health_check *o = cen->vbr_health_checks; o < h; o++) {
		if (o->vbr.to != h->vbr.to)
			continue;
		validate_report(v, h->vbr.at, "VBR '%s' has two health checks", h->vbr.name);
		diag_note(v->diags, o->vbr.at, "the first one");
		return;
	}
}

void validate_health_vbr(struct validation *v)
{
	each_health(v, health_vbr);
}

static void health_target(struct validation *v, const struct cen *cen,
			  const struct cen_vbr_health_check *h)
{
	const struct vbr *vbr = h->vbr.to;

	(void)cen; /* the check says it all */
	if (!vbr || !h->health_check_target_ip.set || !vbr->peer_gateway_ip.set ||
	    h->health_check_target_ip.ip == vbr->peer_gateway_ip.ip)
		return;
	validate_report(v, h->health_check_target_ip.at,
			"health check '%s' probes %s, which is not the customer's end of VBR '%s'",
			h->id.name, validate_ip(v, h->health_check_target_ip.ip), vbr->id.name);
	diag_note(v->diags, vbr->peer_gateway_ip.at, "the customer's end");
}

void validate_health_target(struct validation *v)
{
	each_health(v, health_target);
}

static const char *source_fault(struct validation *v, const struct cen *cen,
				const struct cen_vbr_health_check *h)
{
	static const struct ip_prefix automatic = {0x64600000, 16}; /* 100.96.0.0/16 */
	const struct vbr *vbr = h->vbr.to;
	const uint32_t ip = h->health_check_source_ip.ip;

	if (!lab_is_private(ip) && !ip_prefix_has(automatic, ip))
		return "it is not of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.96.0.0/16";
	if (vbr && (ip == vbr->local_gateway_ip.ip || ip == vbr->peer_gateway_ip.ip))
		return "it is an address of the circuit";
	for (size_t i = 0; i < cen->n_attachments; i++) {
		const struct vpc *vpc = cen->attachments[i].vpc.to;

		if (vpc && vpc->cidr_block.set && ip_prefix_has(vpc->cidr_block.p, ip))
			return arena_printf(v->scratch, "it is an address of VPC '%s'",
					    vpc->id.name);
	}
	return NULL;
}

static void health_source(struct validation *v, const struct cen *cen,
			  const struct cen_vbr_health_check *h)
{
	const char *why = h->health_check_source_ip.set ? source_fault(v, cen, h) : NULL;

	if (!why)
		return;
	validate_report(v, h->health_check_source_ip.at,
			"health check '%s' cannot probe from %s: %s", h->id.name,
			validate_ip(v, h->health_check_source_ip.ip), why);
	validate_hint(v, "leave it out, and the VBR probes from its own end of the circuit");
}

void validate_health_source(struct validation *v)
{
	each_health(v, health_source);
}

static void health_interval(struct validation *v, const struct cen *cen,
			    const struct cen_vbr_health_check *h)
{
	(void)cen; /* the check says it all */
	if (h->health_check_interval.v == 2000000 || h->health_check_interval.v == 3000000)
		return;
	validate_report(v, h->health_check_interval.at,
			"health check '%s' has an interval of %s; 2 s and 3 s are possible",
			h->id.name, validate_duration(v, h->health_check_interval.v));
}

void validate_health_interval(struct validation *v)
{
	each_health(v, health_interval);
}
