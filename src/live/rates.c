// SPDX-License-Identifier: GPL-2.0-only
/* Two readings become rates. A counter that went back belongs to a device that was made anew. */
#include <stdlib.h>
#include <string.h>

#include "live/map.h"

const char *live_state_name(enum live_state state)
{
	static const char *const names[] = {
		[LIVE_UNKNOWN] = "unknown",
		[LIVE_UP] = "up",
		[LIVE_DOWN] = "down",
		[LIVE_MISSING] = "missing",
	};

	return names[state];
}

void live_see(struct live *l, const char *ns, const char *dev, const struct plan_counters *k)
{
	struct port *p = live_port(l, ns, dev);

	if (!p)
		return;
	p->is = *k;
	p->seen = true;
}

/* Three digits: what is told again and again should not differ by a bit per second. */
static uint64_t round_off(uint64_t x)
{
	uint64_t unit = 1;

	while (x / unit >= 1000)
		unit *= 10;
	return x / unit * unit;
}

static uint64_t per_second(uint64_t is, uint64_t was, uint64_t ms)
{
	return is < was || !ms ? 0 : (is - was) * 1000 / ms;
}

static uint64_t more(const struct port *p, uint64_t is, uint64_t was)
{
	return p->fresh && is > was ? is - was : 0;
}

static void count_port(struct port *p, uint64_t ms)
{
	p->fresh = p->seen && p->known && ms > 0;
	if (p->fresh) {
		p->rx = per_second(p->is.rx_bytes, p->was.rx_bytes, ms) * 8;
		p->tx = per_second(p->is.tx_bytes, p->was.tx_bytes, ms) * 8;
		p->drops = per_second(p->is.drops, p->was.drops, ms);
	} else {
		p->rx = p->tx = p->drops = 0;
	}
	p->renewed = p->is.tx_packets < p->was.tx_packets || p->is.rx_packets < p->was.rx_packets;
	p->sent = more(p, p->is.tx_packets, p->was.tx_packets);
	p->came = more(p, p->is.rx_packets, p->was.rx_packets);
	p->dropped = more(p, p->is.drops, p->was.drops);
	p->known = p->seen;
	p->was = p->is;
}

static enum live_state state_of(const struct port *p)
{
	if (!p)
		return LIVE_UNKNOWN;
	if (!p->known)
		return LIVE_MISSING;
	if (!p->is.up || !p->is.carrier)
		return LIVE_DOWN;
	return p->bridge && p->bridge->known && !p->bridge->is.up ? LIVE_DOWN : LIVE_UP;
}

/*
 * Packets that went into a wire and are neither out of it nor can be in it: those that are on their way are
 * not lost, so only what exceeds them is, and each is told once.
 */
static void look_for_leak(struct leak *k, const struct port *from, const struct port *to,
			  uint32_t wire_us, uint64_t ms)
{
	int64_t gone = (int64_t)(from->is.tx_packets - to->is.rx_packets);
	int64_t known;

	k->lost = 0;
	if (!ms || !from->fresh || !to->fresh || !k->begun || from->renewed || to->renewed) {
		k->known = gone;
		k->begun = from->known && to->known;
		return;
	}
	known = gone - 1 - (int64_t)(from->sent * wire_us / 1000 / ms);
	if (known > k->known) {
		k->lost = (uint64_t)(known - k->known);
		k->known = known;
	}
}

static void look_for_leaks(struct ways *w, uint64_t ms)
{
	for (size_t i = 0; i < w->n; i++) {
		struct way *x = &w->list[i];

		if (!x->wire_us || !x->here || !x->there)
			continue;
		look_for_leak(&x->out, x->here, x->there, x->wire_us, ms);
		look_for_leak(&x->in, x->there, x->here, x->wire_us, ms);
	}
}

/* The worse of both is what people want to know. */
static enum live_state worse(enum live_state a, enum live_state b)
{
	return a > b ? a : b;
}

static void add_way(struct live_flow *f, const struct way *w)
{
	f->there += w->here ? w->here->tx : w->there ? w->there->rx : 0;
	f->back += w->there ? w->there->tx : w->here ? w->here->rx : 0;
	f->drops += (w->here ? w->here->drops : 0) + (w->there ? w->there->drops : 0);
	f->limit_there += w->limit_here;
	f->limit_back += w->limit_there;
	f->state = worse(f->state, worse(state_of(w->here), state_of(w->there)));
	if (w->cut)
		f->state = worse(f->state, LIVE_DOWN);
}

/* Packets of one direction. */
struct packets {
	uint64_t sent, lost;
};

static void add_packets(struct packets *p, const struct port *from, const struct port *to,
			const struct leak *leak)
{
	uint64_t drops = from ? from->dropped : 0;

	p->sent += drops + (from ? from->sent : to ? to->came : 0);
	p->lost += drops + leak->lost;
}

/* What was lost before, and is known only now, is of nothing. */
static unsigned int per_mille(const struct packets *p)
{
	uint64_t share = p->sent ? (p->lost * 1000 + p->sent / 2) / p->sent : 0;

	return share > 1000 ? 1000 : (unsigned int)share;
}

static void sum_losses(struct live_flow *f, const struct ways *w, uint64_t ms)
{
	struct packets there = {0}, back = {0};

	for (size_t i = 0; i < w->n; i++) {
		const struct way *x = &w->list[i];

		add_packets(&there, x->here, x->there, &x->out);
		add_packets(&back, x->there, x->here, &x->in);
		f->drops += per_second(x->out.lost + x->in.lost, 0, ms);
	}
	f->lost_there = per_mille(&there);
	f->lost_back = per_mille(&back);
}

static void sum(struct live_flow *f, const struct ways *w, uint64_t ms)
{
	*f = (struct live_flow){0};
	for (size_t i = 0; i < w->n; i++)
		add_way(f, &w->list[i]);
	sum_losses(f, w, ms);
	f->there = round_off(f->there);
	f->back = round_off(f->back);
	f->drops = round_off(f->drops);
}

/* Whether a port is what makes a box what it is: of a circuit the carrier's bridges (bridges have none of
 * their own), of a LAN its own. */
static bool is_bridge_of(const struct port *p, const struct graph_box *b)
{
	if (b->kind == GRAPH_CIRCUIT)
		return !p->bridge && !strcmp(p->ns, b->name);
	return b->kind == GRAPH_LAN && !strcmp(p->ns, b->parent->name) && !strcmp(p->dev, b->name);
}

static void see_bridges(struct live *l)
{
	for (size_t i = 0; i < l->graph->n_boxes; i++) {
		enum live_state *state = &l->boxes[i].state;

		for (size_t k = 0; k < l->n_ports; k++)
			if (is_bridge_of(&l->ports[k], l->graph->boxes[i]))
				*state = worse(*state, !l->ports[k].known  ? LIVE_MISSING
						       : l->ports[k].is.up ? LIVE_UP
									   : LIVE_DOWN);
	}
}

void live_tick(struct live *l, uint64_t now_ms)
{
	uint64_t ms = l->at ? now_ms - l->at : 0;

	for (size_t i = 0; i < l->n_ports; i++)
		count_port(&l->ports[i], ms);
	for (size_t i = 0; i < l->graph->n_links; i++) {
		look_for_leaks(&l->link_ways[i], ms);
		sum(&l->links[i], &l->link_ways[i], ms);
	}
	for (size_t i = 0; i < l->graph->n_boxes; i++) {
		look_for_leaks(&l->box_ways[i], ms);
		sum(&l->boxes[i], &l->box_ways[i], ms);
	}
	see_bridges(l);
	for (size_t i = 0; i < l->n_ports; i++)
		l->ports[i].seen = false;
	l->at = now_ms;
}

const struct live_flow *live_link(const struct live *l, size_t i)
{
	return &l->links[i];
}

const struct live_flow *live_box(const struct live *l, size_t i)
{
	return &l->boxes[i];
}

static unsigned int percent(uint64_t rate, uint64_t limit)
{
	uint64_t share = limit ? rate * 100 / limit : 0;

	return share > 100 ? 100 : (unsigned int)share;
}

unsigned int live_load(const struct live_flow *f)
{
	unsigned int there = percent(f->there, f->limit_there);
	unsigned int back = percent(f->back, f->limit_back);

	return there > back ? there : back;
}

/* --- what is told --- */

static bool is_told(const struct live_flow *a, const struct live_flow *b)
{
	return a->state == b->state && a->there == b->there && a->back == b->back &&
	       a->drops == b->drops;
}

static bool is_idle(const struct live_flow *f)
{
	static const struct live_flow idle = {0};

	return is_told(f, &idle);
}

static json_t *rows(const struct live_flow *is, struct live_flow *told, size_t n, bool news)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct live_flow *f = &is[i];

		if (news ? is_told(f, &told[i]) : is_idle(f))
			continue;
		if (json_array_append_new(list, json_pack("[I, I, I, I, s]", (json_int_t)i,
							  (json_int_t)f->there, (json_int_t)f->back,
							  (json_int_t)f->drops,
							  live_state_name(f->state))))
			abort();
	}
	memcpy(told, is, n * sizeof(*told));
	return list;
}

json_t *live_rates(struct live *l, bool news)
{
	json_t *links = rows(l->links, l->told_links, l->graph->n_links, news);
	json_t *boxes = rows(l->boxes, l->told_boxes, l->graph->n_boxes, news);

	if (news && !json_array_size(links) && !json_array_size(boxes)) {
		json_decref(links);
		json_decref(boxes);
		return NULL;
	}
	return json_pack("{s:o, s:o}", "links", links, "boxes", boxes);
}
