// SPDX-License-Identifier: GPL-2.0-only
/** BGP and BFD on circuits: what a session needs, and what keeps it from coming up. */
#include <inttypes.h>

#include "validate/rule.h"
#include "validate/rules.h"

#define MIN_INTERVAL_US 200000u
#define MAX_INTERVAL_US 1000000u

typedef void routing_fn(struct validation *v, const char *kind, const struct named *id,
			const struct circuit_routing *r);

static void each_routing(struct validation *v, routing_fn *fn)
{
	for (size_t i = 0; i < v->lab->n_vbrs; i++)
		fn(v, "VBR", &v->lab->vbrs[i].id, &v->lab->vbrs[i].routing);
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		const struct data_center *dc = &v->lab->data_centers[i];

		for (size_t j = 0; j < dc->n_circuits; j++)
			fn(v, "circuit", &dc->circuits[j].id, &dc->circuits[j].routing);
	}
}

static void peer_asn(struct validation *v, const char *kind, const struct named *id,
		     const struct circuit_routing *r)
{
	if (!r->bgp || r->peer_asn.set)
		return;
	validate_report(v, span_or(r->at, id->at), "%s '%s' speaks BGP, but with whom?", kind,
			id->name);
	validate_hint(v, "write `peer_asn:`, the autonomous system number of the other end");
}

/* Within one system, BGP passes on what it learned with the next hop that it had. */
static void other_asn(struct validation *v, const char *kind, const struct named *id,
		      const struct circuit_routing *r, uint64_t own)
{
	if (!r->bgp || !r->peer_asn.set || r->peer_asn.v != own)
		return;
	validate_report(v, r->peer_asn.at, "%s '%s' and its peer are both of AS %" PRIu64, kind,
			id->name, own);
	validate_hint(v, "the cloud and the data centre are different autonomous systems");
}

static void other_asns(struct validation *v)
{
	for (size_t i = 0; i < v->lab->n_vbrs; i++) {
		const struct vbr *vbr = &v->lab->vbrs[i];

		other_asn(v, "VBR", &vbr->id, &vbr->routing, vbr->routing.local_asn.v);
	}
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		const struct data_center *dc = &v->lab->data_centers[i];

		for (size_t j = 0; dc->asn.set && j < dc->n_circuits; j++)
			other_asn(v, "circuit", &dc->circuits[j].id, &dc->circuits[j].routing,
				  dc->asn.v);
	}
}

void validate_bgp_asn(struct validation *v)
{
	each_routing(v, peer_asn);
	other_asns(v);
	for (size_t i = 0; i < v->lab->n_data_centers; i++) {
		const struct data_center *dc = &v->lab->data_centers[i];

		for (size_t j = 0; !dc->asn.set && j < dc->n_circuits; j++) {
			const struct circuit *c = &dc->circuits[j];

			if (!c->routing.bgp)
				continue;
			validate_report(v, span_or(c->routing.at, c->id.at),
					"data centre '%s' speaks BGP and has no autonomous system "
					"number",
					dc->id.name);
			validate_hint(v, "write `asn:` for it, such as 65010");
			break;
		}
	}
}

/* What BIRD takes within quotes, and TCP MD5 as a key. */
static bool is_key(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == '"' || s[i] == '\\')
			return false;
	return n >= 1 && n <= 80;
}

static void bgp_keys(struct validation *v, const char *kind, const struct named *id,
		     const struct circuit_routing *r)
{
	const struct span *at = r->peer_asn.set ? &r->peer_asn.at
				: r->auth_key.s ? &r->auth_key.at
						: NULL;

	if (r->auth_key.s && !is_key(r->auth_key.s)) {
		validate_report(v, r->auth_key.at,
				"the key of %s '%s' is not 1 to 80 printable characters without "
				"spaces, quotes and backslashes",
				kind, id->name);
	} else if (!r->bgp && at) {
		validate_report(v, *at, "%s '%s' has static routes: this is for BGP only", kind,
				id->name);
		validate_hint(v, "write `routing: bgp`, or leave it out");
	} else if (!r->bgp && r->enable_bfd) {
		validate_report(v, id->at,
				"%s '%s' has BFD, which watches a BGP session, but no "
				"BGP",
				kind, id->name);
		validate_hint(v, "write `routing: bgp`, or leave `enable_bfd` out");
	}
}

void validate_bgp_keys(struct validation *v)
{
	each_routing(v, bgp_keys);
}

static void interval(struct validation *v, const char *kind, const struct named *id,
		     const struct number *n, const char *name)
{
	if (n->v >= MIN_INTERVAL_US && n->v <= MAX_INTERVAL_US)
		return;
	validate_report(v, n->at, "%s '%s' has a %s of %s; 200 ms to 1 s are possible", kind,
			id->name, name, validate_duration(v, n->v));
}

static void bfd(struct validation *v, const char *kind, const struct named *id,
		const struct circuit_routing *r)
{
	interval(v, kind, id, &r->min_tx_interval, "min_tx_interval");
	interval(v, kind, id, &r->min_rx_interval, "min_rx_interval");
}

void validate_bfd_interval(struct validation *v)
{
	each_routing(v, bfd);
}

/* --- sessions that never come up --- */

static const struct data_center *owner_of(const struct lab *lab, const struct circuit *c)
{
	for (size_t i = 0; i < lab->n_data_centers; i++) {
		const struct data_center *dc = &lab->data_centers[i];

		if (c >= dc->circuits && c < dc->circuits + dc->n_circuits)
			return dc;
	}
	return NULL;
}

static const char *session_fault(struct validation *v, const struct vbr *vbr,
				 const struct circuit *c)
{
	const struct circuit_routing *a = &vbr->routing, *b = &c->routing;
	const struct data_center *dc;

	if (a->bgp != b->bgp)
		return a->bgp ? "the customer router has static routes"
			      : "the VBR has static routes";
	if (!a->bgp || !a->peer_asn.set || !b->peer_asn.set)
		return NULL;
	dc = owner_of(v->lab, c);
	if (!dc || !dc->asn.set)
		return NULL;
	if (a->peer_asn.v != dc->asn.v)
		return arena_printf(v->scratch,
				    "it expects AS %" PRIu64 ", the customer router is AS %" PRIu64,
				    a->peer_asn.v, dc->asn.v);
	if (b->peer_asn.v != a->local_asn.v)
		return arena_printf(v->scratch,
				    "it is AS %" PRIu64 ", the customer router expects AS %" PRIu64,
				    a->local_asn.v, b->peer_asn.v);
	if ((a->auth_key.s || b->auth_key.s) && !streq(a->auth_key.s, b->auth_key.s))
		return "the two ends have different keys";
	return NULL;
}

void validate_bgp_mismatch(struct validation *v)
{
	if (diag_errors(v->diags))
		return; /* first things first */
	for (size_t i = 0; i < v->lab->n_vbrs; i++) {
		const struct vbr *vbr = &v->lab->vbrs[i];
		const struct circuit *c;
		struct number vlan;
		const char *why;

		if (!vbr->physical_connection.to)
			continue;
		c = lab_far_side(vbr, &vlan);
		why = c ? session_fault(v, vbr, c) : NULL;
		if (!why)
			continue;
		validate_report(v, span_or(vbr->routing.at, vbr->id.at),
				"VBR '%s' has no BGP session with circuit '%s': %s", vbr->id.name,
				c->id.name, why);
		diag_note(v->diags, span_or(c->routing.at, c->id.at), "circuit '%s'", c->id.name);
	}
}
