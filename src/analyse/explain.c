// SPDX-License-Identifier: GPL-2.0-only
/* The end of a walk as a sentence in the cloud's terms. */
#include <string.h>

#include "analyse/net.h"
#include "base/strbuf.h"

static bool has_role(const struct plan_namespace *ns, const char *role)
{
	return ns->role && strcmp(ns->role, role) == 0;
}

void analyse_place(const struct plan_namespace *ns, struct strbuf *b)
{
	const char *name = ns->name, *dot = strchr(name, '.');

	if (dot && has_role(ns, "transit-router"))
		strbuf_printf(b, "the transit router of %.*s in %s", (int)(dot - name), name,
			      dot + 1);
	else if (dot && has_role(ns, "services"))
		strbuf_printf(b, "the cloud-service network of %s", dot + 1);
	else
		strbuf_add(b, name);
}

static void add_place(const struct analyse_hop *hop, struct strbuf *b)
{
	analyse_place(hop->ns, b);
}

static void add_ip(uint32_t ip, struct strbuf *b)
{
	char text[IP_STRLEN];

	strbuf_add(b, ip_format(ip, text));
}

/* Of the plan, or of what was added while the lab runs; the first one that has a network. */
static const struct net_address *find_address(const struct analyse *a, uint32_t ip, bool planned)
{
	for (uint32_t i = 0; i < a->n_ns; i++)
		for (size_t k = 0; k < a->ns[i].n_addresses; k++) {
			const struct net_address *o = &a->ns[i].addresses[k];

			if (o->ip == ip && o->len < 32 &&
			    (o->from->origin.resource != NULL) == planned)
				return o;
		}
	return NULL;
}

/*
 * The network of whoever has the address, as routes speak of networks; else the address itself. What a plan has is
 * looked for first: only what it has not may be anywhere.
 */
static void add_network(const struct analyse *a, uint32_t ip, struct strbuf *b)
{
	const struct net_address *o = find_address(a, ip, true);
	char text[IP_PREFIX_STRLEN];

	if (!o) {
		*a->all_asked = true;
		o = find_address(a, ip, false);
	}
	if (!o) {
		add_ip(ip, b);
		return;
	}
	analyse_net_use(a, o->dev);
	strbuf_add(b, ip_prefix_format((struct ip_prefix){ip & ip_mask(o->len), o->len}, text));
}

/* --- filters --- */

static void add_rule(const struct analyse_hop *hop, struct strbuf *b)
{
	if (hop->verdict && strcmp(hop->verdict, "drop") != 0)
		strbuf_printf(b, ": %s", hop->verdict);
}

static bool begins(const char *s, const char *with)
{
	return s && strncmp(s, with, strlen(with)) == 0;
}

/* A chain is called "ingress-sg-1", or "ingress-sg-1.sg-2" for who has both groups. */
static void add_security_group(const struct analyse_hop *hop, struct strbuf *b)
{
	const bool in = begins(hop->chain, "ingress-"), out = begins(hop->chain, "egress-");
	const char *groups = in || out ? strchr(hop->chain, '-') + 1 : hop->chain;

	strbuf_printf(b, "%s %s of %s",
		      groups && strchr(groups, '.') ? "security groups" : "security group",
		      groups ? groups : "?", hop->ns->name);
	strbuf_add(b, in    ? " drops it on its way in"
		      : out ? " drops it on its way out"
			    : " drops it");
	add_rule(hop, b);
}

static void add_access(const struct analyse_hop *hop, struct strbuf *b)
{
	if (hop->in)
		strbuf_printf(b, "%s answers nobody who calls its egress addresses", hop->ns->name);
	else
		strbuf_printf(b, "%s may not call it", hop->ns->name);
}

/* "links.NAME" */
static const char *link_of(const char *resource)
{
	return begins(resource, "links.") ? resource + strlen("links.") : "?";
}

static void add_filter(const struct analyse_hop *hop, struct strbuf *b)
{
	const char *table = hop->filter ? hop->filter->table : "?";

	if (strcmp(table, "labctl-sg") == 0) {
		add_security_group(hop, b);
	} else if (strcmp(table, "labctl-access") == 0) {
		add_access(hop, b);
	} else if (begins(table, "labctl-link.")) {
		strbuf_printf(b, "link %s is down", link_of(hop->filter->origin.resource));
	} else if (strcmp(table, "labctl-svc") == 0) {
		add_place(hop, b);
		strbuf_add(b, " answers gateways only");
	} else if (strcmp(table, "labctl-fw") == 0) {
		strbuf_printf(b, "the firewall of %s drops it", hop->ns->name);
		add_rule(hop, b);
	} else {
		add_place(hop, b);
		strbuf_printf(b, " drops it (%s)", table);
		add_rule(hop, b);
	}
}

/* --- routes, neighbours --- */

static void add_no_route(const struct analyse *a, const struct analyse_walk *w,
			 const struct analyse_hop *hop, struct strbuf *b)
{
	add_place(hop, b);
	strbuf_add(b, " has no route to ");
	add_network(a, w->dst, b);
	if (hop->rule && hop->rule->table > PLAN_TABLE_SYSTEM && hop->rule->iif)
		strbuf_printf(b, " in table %u", hop->rule->table);
}

static void add_blackhole(const struct analyse_walk *w, const struct analyse_hop *hop,
			  struct strbuf *b)
{
	const char *resource = hop->route ? hop->route->origin.resource : NULL; /* or of no plan */
	const char *vswitch = resource ? strstr(resource, ".vswitches.") : NULL;
	char text[IP_PREFIX_STRLEN];

	if (vswitch && hop->route && hop->route->proto == PLAN_PROTO_SYSTEM) {
		strbuf_printf(b, "nobody in vswitch %s has ", vswitch + strlen(".vswitches."));
		add_ip(w->dst, b);
		return;
	}
	strbuf_add(b, "the route to ");
	strbuf_add(b, hop->route ? ip_prefix_format(hop->route->dst, text) : "?");
	strbuf_add(b, " of ");
	add_place(hop, b);
	strbuf_add(b, " leads nowhere");
}

static void add_no_neighbour(const struct analyse *a, const struct analyse_walk *w,
			     const struct analyse_hop *hop, struct strbuf *b)
{
	const char *vbr, *fault = analyse_circuit_fault(a, w, &vbr);

	if (fault) {
		strbuf_printf(b, "nobody answers VBR %s on its circuit: %s", vbr, fault);
		return;
	}
	add_place(hop, b);
	strbuf_add(b, " finds nobody with ");
	add_ip(hop->next, b);
	strbuf_printf(b, " on %s", hop->out ? hop->out : "?");
}

static void add_down(const struct analyse_hop *hop, struct strbuf *b)
{
	const struct plan_link *l = hop->link;
	const bool at_a = l && strcmp(l->a.ns, hop->ns->name) == 0;
	const struct plan_end *far = !l ? NULL : at_a ? &l->b : &l->a;

	if (far && far->down)
		strbuf_printf(b, "%s of ", far->dev);
	strbuf_printf(b, "%s is down", far ? far->ns : hop->out);
}

/* By `links:` or `labctl link`, or as the line itself is. */
static void add_loss(const struct analyse_hop *hop, struct strbuf *b)
{
	const struct plan_shaper *s = hop->loser;

	if (s && begins(s->origin.resource, "links."))
		strbuf_printf(b, "link %s", link_of(s->origin.resource));
	else
		strbuf_printf(b, "the line at %s of %s", s ? s->dev : hop->out,
			      s ? s->ns : hop->ns->name);
	strbuf_add(b, " loses every packet");
}

/* What is down lost its routes with it, and hears nobody. */
static void add_own_down(const struct analyse *a, const struct analyse_hop *hop, struct strbuf *b)
{
	const uint32_t ns = analyse_net_find_ns(a, hop->ns->name);
	const struct net_ns *n = ns == NET_NONE ? NULL : &a->ns[ns];

	for (uint32_t i = 0; n && i < n->n_devs; i++)
		if (a->devs[n->first_dev + i].link && a->devs[n->first_dev + i].down) {
			analyse_net_use(a, n->first_dev + i);
			strbuf_printf(b, "; its %s is down", a->devs[n->first_dev + i].name);
		}
}

static void add_unknown(const struct analyse_walk *w, const struct analyse_hop *hop,
			struct strbuf *b)
{
	char text[IP_PREFIX_STRLEN];

	strbuf_printf(b, "not known: %s", w->unknown);
	if (hop->filter)
		strbuf_printf(b, " (%s of %s%s%s)", hop->filter->table, hop->ns->name,
			      hop->verdict ? ": " : "", hop->verdict ? hop->verdict : "");
	else if (hop->route && hop->route->type == PLAN_OTHER)
		strbuf_printf(b, " (%s of %s)", ip_prefix_format(hop->route->dst, text),
			      hop->ns->name);
}

static void add_end(const struct analyse *a, const struct analyse_walk *w, struct strbuf *b)
{
	static const struct plan_namespace nobody = {.name = "the sender"};
	static const struct analyse_hop none = {.ns = &nobody};
	const struct analyse_hop *hop = w->n_hops ? &w->hops[w->n_hops - 1] : &none;

	switch (w->end) {
	case ANALYSE_DELIVERED: strbuf_add(b, "it is delivered"); break;
	case ANALYSE_NO_ROUTE: add_no_route(a, w, hop, b); break;
	case ANALYSE_BLACKHOLE: add_blackhole(w, hop, b); break;
	case ANALYSE_FILTERED: add_filter(hop, b); break;
	case ANALYSE_NO_NEIGHBOUR: add_no_neighbour(a, w, hop, b); break;
	case ANALYSE_DOWN: add_down(hop, b); break;
	case ANALYSE_LOSS: add_loss(hop, b); break;
	case ANALYSE_NO_ROUTER:
		add_place(hop, b);
		strbuf_add(b, " is no router, and gets what is for ");
		add_ip(w->dst, b);
		break;
	case ANALYSE_FORGED:
		add_place(hop, b);
		strbuf_add(b, " has the sender's address itself: ");
		add_ip(w->src, b);
		break;
	case ANALYSE_LOOP:
		strbuf_add(b, "it goes round in circles by way of ");
		add_place(hop, b);
		break;
	case ANALYSE_NO_PLACE:
		add_place(hop, b);
		strbuf_add(b, w->n_hops ? " has no address to send from" : " does not exist");
		break;
	case ANALYSE_ELSEWHERE:
		add_place(hop, b);
		strbuf_add(b, " gets it, which has ");
		add_ip(w->dst, b);
		strbuf_add(b, ", too");
		break;
	case ANALYSE_OTHER_DEVICE:
		add_place(hop, b);
		strbuf_printf(b, " gets it by %s, which is not the way that it was sent by",
			      hop->in);
		break;
	case ANALYSE_UNKNOWN: add_unknown(w, hop, b); break;
	}
	if (w->end == ANALYSE_NO_ROUTE || w->end == ANALYSE_BLACKHOLE)
		add_own_down(a, hop, b);
}

void analyse_explain(const struct analyse *a, const struct analyse_trip *trip, struct strbuf *b)
{
	const bool there = trip->there.end == ANALYSE_DELIVERED;

	if (there && !trip->ok)
		strbuf_add(b, "no way back: ");
	add_end(a, there ? &trip->back : &trip->there, b);
}
