// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a leg is a row of interfaces: out of the first hop, into the second, out of it, ... and back. A packet
 * that is predicted to pass is seen at all of them; one that is predicted to stop, up to where it comes to the
 * last hop. Who listens sees a packet before what filters it on its way in, and behind what filters it on its
 * way out: so the hop that it comes to and does not leave has dropped it.
 */
#include "explain/observe.h"

#include <string.h>

#include "base/strbuf.h"

/* --- what to listen for --- */

void explain_filter(const struct explanation *e, struct strbuf *b)
{
	static const char *const names[] = {
		[ANALYSE_ICMP] = "icmp", [ANALYSE_TCP] = "tcp", [ANALYSE_UDP] = "udp"};
	char src[IP_STRLEN], dst[IP_STRLEN];

	for (size_t i = 0; i < e->n_legs; i++) {
		const struct explain_leg *leg = &e->legs[i];

		if (!leg->n_there || !leg->src)
			continue;
		strbuf_printf(b, "%s(%s and host %s and host %s", b->len ? " or " : "",
			      names[leg->protocol], ip_format(leg->src, src),
			      ip_format(leg->dst, dst));
		if (leg->port)
			strbuf_printf(b, " and port %u", leg->port);
		strbuf_addc(b, ')');
	}
}

/* --- what was seen --- */

static bool is_at(const struct explain_hop *hop, const char *dev, const struct explain_sighting *s)
{
	return dev && !strcmp(hop->ns, s->ns) && !strcmp(dev, s->dev);
}

static void count(struct explain_hop *hops, size_t n, const struct explain_sighting *s)
{
	for (size_t i = 0; i < n; i++) {
		hops[i].seen_in += is_at(&hops[i], hops[i].in, s);
		hops[i].seen_out += is_at(&hops[i], hops[i].out, s);
	}
}

static void see(struct explain_leg *leg, const struct explain_sighting *s)
{
	if (s->from == leg->src && s->to == leg->dst)
		count(leg->there, leg->n_there, s);
	if (s->from == leg->dst && s->to == leg->src)
		count(leg->back, leg->n_back, s);
}

void explain_see(struct explanation *e, const struct explain_sighting *all, size_t n)
{
	for (size_t i = 0; i < e->n_legs; i++) {
		e->legs[i].watched = e->legs[i].n_there > 0;
		for (size_t k = 0; k < n && e->legs[i].watched; k++)
			see(&e->legs[i], &all[k]);
	}
}

/* --- one leg against its prediction --- */

/* An interface on the way. */
struct point {
	const struct explain_hop *hop;
	bool out;  /* else in */
	bool turn; /* the answer's first one */
};

struct row {
	struct point v[4 * ANALYSE_HOPS_MAX];
	size_t n;
};

static size_t seen(const struct point *p)
{
	return p->out ? p->hop->seen_out : p->hop->seen_in;
}

/* stops: the last hop is where it is predicted to end before its time. */
static void add_way(struct row *r, const struct explain_hop *hops, size_t n, bool stops, bool back)
{
	for (size_t i = 0; i < n; i++) {
		if (hops[i].in)
			r->v[r->n++] = (struct point){&hops[i], false, false};
		if (hops[i].out && !(stops && i + 1 == n))
			r->v[r->n++] = (struct point){&hops[i], true, back && i == 0};
	}
}

static void points_of(const struct explain_leg *leg, struct row *r)
{
	r->n = 0;
	add_way(r, leg->there, leg->n_there, !leg->arrives, false);
	add_way(r, leg->back, leg->n_back, !leg->returns, true);
}

static const char *why_unseen(struct arena *a, const struct row *r, size_t i)
{
	const struct point *p = &r->v[i];

	if (p->turn)
		return arena_printf(a, "it arrives at %s, and no answer leaves by %s",
				    p->hop->place, p->hop->out);
	if (p->out && p->hop->in)
		return arena_printf(a, "it comes to %s by %s, and does not leave by %s",
				    p->hop->place, p->hop->in, p->hop->out);
	if (p->out)
		return arena_printf(a, "it does not leave %s by %s", p->hop->place, p->hop->out);
	return i ? arena_printf(a, "it leaves %s by %s, and does not come to %s",
				r->v[i - 1].hop->place, r->v[i - 1].hop->out, p->hop->place)
		 : arena_printf(a, "it does not come to %s", p->hop->place);
}

/* The first interface that was to see it and did not; r->n: all did. */
static size_t first_unseen(const struct row *r)
{
	size_t i = 0;

	while (i < r->n && seen(&r->v[i]))
		i++;
	return i;
}

/* --- the whole --- */

static bool same_code(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* Of what may answer instead, what did; NULL: nothing. */
static const char *limit_met(const struct explanation *e, const struct explain_observed *o)
{
	for (size_t i = 0; o->code && i < e->n_limits; i++)
		if (!strcmp(o->code, e->limits[i].code) && !same_code(o->code, e->code))
			return e->limits[i].says;
	return NULL;
}

static bool outcome_agrees(const struct explanation *e, const struct explain_observed *o)
{
	if (e->verdict == ANALYSE_PERHAPS || limit_met(e, o))
		return true;
	if (e->status)
		return o->status == e->status && same_code(o->code, e->code);
	return o->answered == (e->verdict == ANALYSE_YES) && same_code(o->code, e->code);
}

static const struct explain_hop *last_hop(const struct explain_leg *leg)
{
	return leg->n_back ? &leg->back[leg->n_back - 1] : &leg->there[leg->n_there - 1];
}

/* What was not even sent: because of its sender, or because of who should have got what was sent before. */
static void find_silence(const struct explanation *e, const struct explain_leg *before,
			 struct explain_verdict *v)
{
	v->leg = before;
	v->hop = last_hop(before);
	v->how = arena_printf(e->arena, "it comes to %s, and goes no further", v->hop->place);
}

/* The first leg whose packets do otherwise. Legs that sent nothing only count where the outcome disagrees. */
static void find_hop(const struct explanation *e, const struct explain_observed *o,
		     struct explain_verdict *v)
{
	const struct explain_leg *before = NULL;

	for (size_t i = 0; i < e->n_legs && !v->hop; i++) {
		const struct explain_leg *leg = &e->legs[i];
		struct row r;
		size_t at;

		if (!leg->watched || leg->several)
			continue;
		points_of(leg, &r);
		at = first_unseen(&r);
		if (at == r.n || (v->agrees && at == 0)) {
			before = leg;
			continue;
		}
		if (at == 0 && before && !o->connected) {
			find_silence(e, before, v);
			return;
		}
		v->leg = leg;
		v->hop = r.v[at].hop;
		v->how = why_unseen(e->arena, &r, at);
	}
}

/* No hop on the way kept it: it got further than it was said to, or whom it was for did not get it. */
static void find_end(const struct explanation *e, struct explain_verdict *v)
{
	const bool stops = e->verdict == ANALYSE_NO && !e->status;

	for (size_t i = 0; i < e->n_legs; i++) {
		const struct explain_leg *leg = &e->legs[i];

		if (!leg->n_there || leg->several || (stops && leg->verdict == ANALYSE_YES))
			continue;
		v->leg = leg;
		v->hop = last_hop(leg);
	}
	if (!v->hop)
		return;
	v->how = stops ? arena_printf(e->arena, "it was to stop at %s, and does not", v->hop->place)
		       : arena_printf(e->arena, "it comes to %s, and goes no further",
				      v->hop->place);
}

struct explain_verdict explain_compare(const struct explanation *e,
				       const struct explain_observed *observed)
{
	struct explain_verdict v = {.known = e->verdict != ANALYSE_PERHAPS,
				    .agrees = outcome_agrees(e, observed),
				    .limit = limit_met(e, observed)};

	if (!observed->complete || !v.known)
		return v;
	find_hop(e, observed, &v);
	if (v.hop)
		v.agrees = false;
	else if (!v.agrees && !observed->status)
		find_end(e, &v);
	return v;
}
