// SPDX-License-Identifier: GPL-2.0-only
/** Express Connect: lines, virtual border routers, their far ends, router interfaces. */
#include <inttypes.h>

#include "validate/rule.h"
#include "validate/rules.h"

#define MAX_RTT_US    2000000u
#define MIN_BANDWIDTH 50000000u

void validate_line_rtt(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_physical_connections; i++) {
		const struct physical_connection *pc = &v->lab->physical_connections[i];

		if (pc->rtt.v > MAX_RTT_US) {
			validate_report(v, pc->rtt.at,
					"physical connection '%s' has a round trip of %s; at most "
					"2 s are possible",
					pc->id.name, validate_duration(v, pc->rtt.v));
		} else if (pc->jitter.v > pc->rtt.v) {
			validate_report(v, pc->jitter.at,
					"physical connection '%s' has a jitter of %s, more than "
					"its round trip of %s",
					pc->id.name, validate_duration(v, pc->jitter.v),
					validate_duration(v, pc->rtt.v));
		}
	}
}

void validate_line_reorder(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_physical_connections; i++) {
		const struct physical_connection *pc = &v->lab->physical_connections[i];

		if (!pc->reorder.v || pc->rtt.v)
			continue;
		validate_report(v, pc->reorder.at,
				"physical connection '%s' reorders packets, but its round trip "
				"takes no time",
				pc->id.name);
		validate_hint(v, "write an `rtt:` of more than 0");
	}
}

/* --- addresses --- */

/* One end of a circuit, the cloud's or the customer's. */
struct end {
	const char *kind; /* "VBR", "circuit" */
	const struct named *id;
	const struct address *own, *far, *mask;
	const struct ref *physical_connection;
	const struct number *vlan;
};

static struct end end_of_vbr(const struct vbr *vbr)
{
	return (struct end){"VBR",
			    &vbr->id,
			    &vbr->local_gateway_ip,
			    &vbr->peer_gateway_ip,
			    &vbr->peering_subnet_mask,
			    &vbr->physical_connection,
			    &vbr->vlan_id};
}

static struct end end_of_circuit(const struct circuit *c)
{
	return (struct end){"circuit",   &c->id,          &c->ip,
			    &c->peer_ip, &c->subnet_mask, &c->physical_connection,
			    &c->vlan_id};
}

typedef void end_fn(struct validation *v, const struct end *e);

static void each_vbr(struct validation *v, end_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_vbrs; i++) {
		struct end e = end_of_vbr(&v->lab->vbrs[i]);

		fn(v, &e);
	}
}

static void each_circuit(struct validation *v, end_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		for (size_t j = 0; j < v->lab->data_centers[i].n_circuits; j++) {
			struct end e = end_of_circuit(&v->lab->data_centers[i].circuits[j]);

			fn(v, &e);
		}
}

static void mask_of(struct validation *v, const struct end *e)
{
	struct ip_prefix subnet;

	if (circuit_subnet(e->own, e->mask, &subnet))
		return;
	validate_report(v, span_or(e->mask->at, e->id->at),
			"%s '%s' has mask %s, which is not one of /24 to /30", e->kind, e->id->name,
			validate_ip(v, e->mask->ip));
	validate_hint(v, "255.255.255.252 is a /30: two addresses and no more");
}

static bool is_host(struct ip_prefix subnet, uint32_t ip)
{
	return ip != ip_prefix_first(subnet) && ip != ip_prefix_last(subnet);
}

static void addresses_of(struct validation *v, const struct end *e)
{
	struct ip_prefix subnet;

	if (!circuit_subnet(e->own, e->mask, &subnet) || !e->far->set)
		return;
	if (!ip_prefix_has(subnet, e->far->ip)) {
		validate_report(v, e->far->at,
				"%s '%s': the peer's address %s is not in the subnet of its own "
				"(%s)",
				e->kind, e->id->name, validate_ip(v, e->far->ip),
				validate_cidr(v, subnet));
		diag_note(v->diags, e->own->at, "its own address");
		return;
	}
	if (e->own->ip == e->far->ip) {
		validate_report(v, e->far->at, "%s '%s' has its own address as the peer's", e->kind,
				e->id->name);
		diag_note(v->diags, e->own->at, "its own address");
		return;
	}
	if (is_host(subnet, e->own->ip) && is_host(subnet, e->far->ip))
		return;
	validate_report(v, is_host(subnet, e->own->ip) ? e->far->at : e->own->at,
			"%s '%s': the first and the last address of %s belong to nobody", e->kind,
			e->id->name, validate_cidr(v, subnet));
}

static void range_of(struct validation *v, const struct end *e)
{
	const char *why = e->own->set ? lab_range_fault((struct ip_prefix){e->own->ip, 32}) : NULL;

	if (!why)
		return;
	validate_report(v, e->own->at, "%s '%s' cannot use %s: %s", e->kind, e->id->name,
			validate_ip(v, e->own->ip), why);
	validate_hint(v, "use private addresses that neither side has elsewhere");
}

void validate_circuit_mask(struct validation *v)
{
	each_vbr(v, mask_of);
	each_circuit(v, mask_of);
}

void validate_circuit_addresses(struct validation *v)
{
	each_vbr(v, addresses_of);
	each_circuit(v, addresses_of);
}

void validate_circuit_range(struct validation *v)
{
	each_vbr(v, range_of);
	each_circuit(v, range_of);
}

/* --- VLANs --- */

static bool same_vlan(const struct end *a, const struct end *b)
{
	return a->physical_connection->to && a->vlan->set && b->vlan->set &&
	       a->physical_connection->to == b->physical_connection->to && a->vlan->v == b->vlan->v;
}

static void report_vlan(struct validation *v, const struct end *first, const struct end *second)
{
	validate_report(v, second->vlan->at,
			"%s '%s' has VLAN %" PRIu64 " of physical connection '%s', which is that "
			"of '%s'",
			second->kind, second->id->name, second->vlan->v,
			second->physical_connection->name, first->id->name);
	diag_note(v->diags, first->vlan->at, "the VLAN of '%s'", first->id->name);
}

static void vlans_of_vbrs(struct validation *v)
{
	for (size_t i = 1; i < v->lab->n_vbrs; i++) {
		const struct vbr *vbr = &v->lab->vbrs[i];
		const struct physical_connection *pc = vbr->physical_connection.to;
		const struct end b = end_of_vbr(vbr);

		for (size_t j = 0; pc && pc->vbrs[j] != vbr; j++) {
			const struct end a = end_of_vbr(pc->vbrs[j]);

			if (same_vlan(&a, &b)) {
				report_vlan(v, &a, &b);
				break;
			}
		}
	}
}

static void vlans_of_customer(struct validation *v, const struct data_center *dc)
{
	for (size_t i = 1; i < dc->n_circuits; i++)
		for (size_t j = 0; j < i; j++) {
			struct end a = end_of_circuit(&dc->circuits[j]);
			struct end b = end_of_circuit(&dc->circuits[i]);

			if (same_vlan(&a, &b)) {
				report_vlan(v, &a, &b);
				break;
			}
		}
}

void validate_circuit_vlan(struct validation *v)
{
	vlans_of_vbrs(v);
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		vlans_of_customer(v, &v->lab->data_centers[i]);
}

/* A line leads to one customer. */
static const struct circuit *first_on(const struct data_center *dc, const void *pc)
{
	for (size_t i = 0; i < dc->n_circuits; i++)
		if (dc->circuits[i].physical_connection.to == pc)
			return &dc->circuits[i];
	return NULL;
}

void validate_circuit_customer(struct validation *v)
{
	const struct lab *lab = v->lab;

	for (size_t i = 0; i < lab->n_physical_connections; i++) {
		const struct physical_connection *pc = &lab->physical_connections[i];
		const struct circuit *first = NULL;

		for (size_t j = 0; pc->n_circuits > 1 && j < lab->n_data_centers; j++) {
			const struct circuit *c = first_on(&lab->data_centers[j], pc);

			if (!c || !first) {
				first = c ? c : first;
				continue;
			}
			validate_report(v, c->physical_connection.at,
					"physical connection '%s' ends in two data centres",
					pc->id.name);
			diag_note(v->diags, first->physical_connection.at, "in the first one here");
			validate_hint(v, "declare a second physical connection");
		}
	}
}

/* --- subnets --- */

static void report_overlap(struct validation *v, const struct end *e, struct ip_prefix subnet,
			   const char *what, const struct named *id)
{
	validate_report(v, e->own->at, "the subnet of %s '%s' (%s) overlaps %s '%s'", e->kind,
			e->id->name, validate_cidr(v, subnet), what, id->name);
	diag_note(v->diags, id->at, "'%s' stands here", id->name);
}

/* A customer router with two ways into one subnet would never use the second one. */
static void overlaps_own(struct validation *v, const struct data_center *dc, size_t i)
{
	const struct end e = end_of_circuit(&dc->circuits[i]);
	struct ip_prefix subnet, other;

	if (!circuit_subnet(e.own, e.mask, &subnet))
		return;
	for (size_t j = 0; j < dc->n_lans; j++)
		if (dc->lans[j].cidr_block.set &&
		    ip_prefix_overlaps(dc->lans[j].cidr_block.p, subnet)) {
			report_overlap(v, &e, subnet, "LAN", &dc->lans[j].id);
			return;
		}
	for (size_t j = 0; j < i; j++)
		if (circuit_subnet(&dc->circuits[j].ip, &dc->circuits[j].subnet_mask, &other) &&
		    ip_prefix_overlaps(other, subnet)) {
			report_overlap(v, &e, subnet, "that of circuit", &dc->circuits[j].id);
			return;
		}
}

/* What a VPC has, its neighbours send there. */
static void overlaps_vpc(struct validation *v, const struct end *e)
{
	struct ip_prefix subnet;

	if (!circuit_subnet(e->own, e->mask, &subnet))
		return;
	for (size_t i = 0; i < v->lab->n_vpcs; i++) {
		const struct vpc *vpc = &v->lab->vpcs[i];

		if (!vpc->cidr_block.set || !ip_prefix_overlaps(vpc->cidr_block.p, subnet))
			continue;
		report_overlap(v, e, subnet, "VPC", &vpc->id);
		return;
	}
}

void validate_circuit_overlap(struct validation *v)
{
	each_vbr(v, overlaps_vpc);
	for (size_t i = 0; i < v->lab->n_data_centers; i++)
		for (size_t j = 0; j < v->lab->data_centers[i].n_circuits; j++)
			overlaps_own(v, &v->lab->data_centers[i], j);
}

/* --- what one end says against the other --- */

void validate_circuit_mismatch(struct validation *v)
{
	if (diag_errors(v->diags))
		return; /* first things first */
	for (size_t i = 0; i < v->lab->n_vbrs; i++) {
		const struct vbr *vbr = &v->lab->vbrs[i];
		const char *why = vbr->physical_connection.to ? lab_circuit_fault(vbr, v->scratch)
							      : NULL;

		if (why)
			validate_report(v, vbr->id.at, "nobody answers VBR '%s' on its circuit: %s",
					vbr->id.name, why);
	}
}

/* --- bandwidth --- */

static void check_sum(struct validation *v, const struct physical_connection *pc)
{
	const uint64_t speed = port_type_speed(pc->port_type);
	uint64_t sum = 0;

	for (size_t i = 0; i < pc->n_vbrs; i++) {
		const struct vbr *vbr = pc->vbrs[i];
		uint64_t rate = vbr->bandwidth.set ? vbr->bandwidth.v : speed;

		sum += rate;
		if (sum <= speed)
			continue;
		validate_report(v, span_or(vbr->bandwidth.at, vbr->id.at),
				"VBR '%s' (%s) is more than what is left of physical connection "
				"'%s' (%s)",
				vbr->id.name, validate_rate(v, rate), pc->id.name,
				validate_rate(v, speed));
		diag_note(v->diags, pc->id.at, "the VBRs of '%s' share its port", pc->id.name);
		validate_hint(v, "write `bandwidth:` for each of them");
		return;
	}
}

void validate_vbr_bandwidth(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vbrs; i++) {
		const struct vbr *vbr = &v->lab->vbrs[i];

		if (vbr->bandwidth.set && vbr->bandwidth.v < MIN_BANDWIDTH)
			validate_report(v, vbr->bandwidth.at,
					"VBR '%s' has a bandwidth of %s; at least 50 Mbit/s are "
					"possible",
					vbr->id.name, validate_rate(v, vbr->bandwidth.v));
	}
	for (size_t i = 0; i < v->lab->n_physical_connections; i++)
		check_sum(v, &v->lab->physical_connections[i]);
}

/* --- route entries --- */

void validate_vbr_route_duplicate(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vbrs; i++) {
		const struct vbr *vbr = &v->lab->vbrs[i];

		for (size_t j = 1; j < vbr->n_route_entries; j++) {
			const struct cidr *b = &vbr->route_entries[j].destination_cidr_block;

			for (size_t k = 0; b->set && k < j; k++) {
				const struct cidr *a =
					&vbr->route_entries[k].destination_cidr_block;

				if (!a->set || !ip_prefix_equal(a->p, b->p))
					continue;
				validate_report(v, b->at, "VBR '%s' has destination %s twice",
						vbr->id.name, validate_cidr(v, b->p));
				diag_note(v->diags, a->at, "first written here");
				break;
			}
		}
	}
}

void validate_vbr_route_connected(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vbrs; i++) {
		const struct vbr *vbr = &v->lab->vbrs[i];
		struct ip_prefix subnet;

		if (!circuit_subnet(&vbr->local_gateway_ip, &vbr->peering_subnet_mask, &subnet))
			continue;
		for (size_t j = 0; j < vbr->n_route_entries; j++) {
			const struct cidr *to = &vbr->route_entries[j].destination_cidr_block;

			if (!to->set || !ip_prefix_equal(to->p, subnet))
				continue;
			validate_report(v, to->at,
					"VBR '%s' is in %s itself: entry '%s' cannot lead there",
					vbr->id.name, validate_cidr(v, to->p),
					vbr->route_entries[j].id.name);
			diag_note(v->diags, vbr->local_gateway_ip.at, "by its circuit");
		}
	}
}

static void check_target(struct validation *v, const struct vbr *vbr,
			 const struct vbr_route_entry *e)
{
	const struct router_interface *ri = e->nexthop_id.to;

	if (e->nexthop_type == VBR_PHYSICAL_CONNECTION && e->nexthop_id.name) {
		validate_report(v, e->nexthop_id.at,
				"entry '%s' of VBR '%s' leads over the circuit and needs no "
				"nexthop_id",
				e->id.name, vbr->id.name);
		validate_hint(v, "write `nexthop_type: RouterInterface`, or leave it out");
	} else if (e->nexthop_type == VBR_ROUTER_INTERFACE && !e->nexthop_id.name) {
		validate_report(v, e->id.at,
				"entry '%s' of VBR '%s' does not say which router interface it "
				"leads to",
				e->id.name, vbr->id.name);
		validate_hint(v, "write `nexthop_id:`");
	} else if (ri && ri->vbr.to && ri->vbr.to != vbr) {
		validate_report(v, e->nexthop_id.at,
				"next hop '%s' is a router interface of VBR '%s', not of VBR '%s'",
				ri->id.name, ri->vbr.name, vbr->id.name);
		diag_note(v->diags, ri->vbr.at, "the VBR of '%s'", ri->id.name);
	}
}

void validate_vbr_route_target(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vbrs; i++)
		for (size_t j = 0; j < v->lab->vbrs[i].n_route_entries; j++)
			check_target(v, &v->lab->vbrs[i], &v->lab->vbrs[i].route_entries[j]);
}

/* --- router interfaces --- */

static const struct cen_attachment *attachment_of(const struct lab *lab, const void *vbr)
{
	for (size_t i = 0; i < lab->n_cens; i++)
		for (size_t j = 0; j < lab->cens[i].n_attachments; j++)
			if (lab->cens[i].attachments[j].vbr.to == vbr)
				return &lab->cens[i].attachments[j];
	return NULL;
}

void validate_router_interface_cen(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_router_interfaces; i++) {
		const struct router_interface *ri = &v->lab->router_interfaces[i];
		const struct cen_attachment *a = ri->vbr.to ? attachment_of(v->lab, ri->vbr.to)
							    : NULL;

		if (!a)
			continue;
		validate_report(v, ri->vbr.at,
				"VBR '%s' is attached to a CEN and cannot have router interface "
				"'%s'",
				ri->vbr.name, ri->id.name);
		diag_note(v->diags, a->vbr.at, "attached here");
		validate_hint(v, "keep one of the two");
	}
}

void validate_router_interface_region(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_router_interfaces; i++) {
		const struct router_interface *ri = &v->lab->router_interfaces[i];
		const struct region *a = vbr_region(ri->vbr.to), *b = vpc_region(ri->vpc.to);

		if (!a || !b || a == b)
			continue;
		validate_report(v, ri->vpc.at,
				"router interface '%s' connects VBR '%s' of '%s' with VPC '%s' of "
				"'%s'",
				ri->id.name, ri->vbr.name, a->id.name, ri->vpc.name, b->id.name);
		validate_hint(v, "a VBR peers with VPCs of its own region; others are reached "
				 "over a CEN");
	}
}

void validate_router_interface_twice(struct validation *v)
{
	const struct lab *lab = v->lab;
	/* By place, and one more than that; 0: none. A VBR has few, a lab hundreds. */
	size_t *last_of = arena_alloc(v->scratch, (lab->n_vbrs + 1) * sizeof(*last_of));
	size_t *before = arena_alloc(v->scratch, (lab->n_router_interfaces + 1) * sizeof(*before));

	for (size_t i = 0; i < lab->n_router_interfaces; i++) {
		const struct router_interface *b = &lab->router_interfaces[i], *first = NULL;
		const struct vbr *vbr = b->vbr.to;

		if (!vbr || !b->vpc.to)
			continue;
		before[i] = last_of[vbr - lab->vbrs];
		last_of[vbr - lab->vbrs] = i + 1;
		for (size_t j = before[i]; j; j = before[j - 1])
			if (lab->router_interfaces[j - 1].vpc.to == b->vpc.to)
				first = &lab->router_interfaces[j - 1];
		if (!first)
			continue;
		validate_report(v, b->id.at,
				"router interface '%s' connects VBR '%s' and VPC '%s' once more",
				b->id.name, b->vbr.name, b->vpc.name);
		diag_note(v->diags, first->id.at, "'%s' does so already", first->id.name);
	}
}
