// SPDX-License-Identifier: GPL-2.0-only
#include "routing/wants.h"

#include <stdlib.h>

#include "base/log.h"

struct source {
	const struct routing_source *config;
	struct routing_namespace *ns; /* that it learns from; NULL: none */
	size_t feed;
	bool stale;     /* its supply may be another now */
	bool changed;   /* its supply is, and sites do not know yet */
	bool over;      /* more are learned than count */
	size_t learned; /* of those that it offers */
};

struct site {
	const struct routing_site *config;
	struct routing_fib *fib;
	size_t *devices; /* of each offer, by number of the fib */
	bool decided,
		moved; /* moved: its choices are others now, and who is told does not know yet */
	struct routing_choices choices;
};

struct routing_wants {
	const struct routing_pulse *pulses;
	struct source *sources;
	struct routing_supply *supplies; /* by place of the source */
	size_t n_sources;
	struct site *sites;
	size_t n_sites;
};

static struct source make_source(const struct routing_source *s,
				 struct routing_namespace *namespaces)
{
	struct source made = {.config = s, .stale = true};

	if (s->learns) {
		made.ns = &namespaces[s->learn.table_ns];
		made.feed = routing_namespace_feed(made.ns, s->learn.table, s->learn.protocol);
	}
	return made;
}

static struct site make_site(struct arena *a, const struct routing_site *s,
			     struct routing_namespace *namespaces)
{
	struct site made = {.config = s,
			    .fib = namespaces[s->table_ns].fib,
			    .devices = arena_alloc(a, s->n_offers * sizeof(*made.devices))};

	for (size_t i = 0; i < s->n_offers; i++)
		made.devices[i] = routing_fib_device(made.fib, s->offers[i].dev);
	return made;
}

struct routing_wants *routing_wants_new(struct arena *a, const struct routing_config *config,
					struct routing_namespace *namespaces,
					const struct routing_pulse *pulses)
{
	struct routing_wants *w = arena_alloc(a, sizeof(*w));

	w->pulses = pulses;
	w->n_sources = config->n_sources;
	w->sources = arena_alloc(a, w->n_sources * sizeof(*w->sources));
	w->supplies = arena_alloc(a, w->n_sources * sizeof(*w->supplies));
	for (size_t i = 0; i < w->n_sources; i++)
		w->sources[i] = make_source(&config->sources[i], namespaces);
	w->n_sites = config->n_sites;
	w->sites = arena_alloc(a, w->n_sites * sizeof(*w->sites));
	for (size_t i = 0; i < w->n_sites; i++)
		w->sites[i] = make_site(a, &config->sites[i], namespaces);
	return w;
}

void routing_wants_done(struct routing_wants *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_sources; i++)
		routing_supply_done(&w->supplies[i]);
	for (size_t i = 0; i < w->n_sites; i++)
		routing_choices_done(&w->sites[i].choices);
}

void routing_wants_pulse(struct routing_wants *w, size_t monitor)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (w->sources[i].config->monitor == monitor)
			w->sources[i].stale = true;
	}
}

static void look_at_limit(struct source *s, size_t n)
{
	size_t limit = s->config->learn.limit;
	bool over = n > limit;

	if (over && !s->over)
		log_warning("%s: %zu prefixes learned, the limit is %zu: only the first ones count",
			    s->config->name, n, limit);
	s->over = over;
	s->learned = over ? limit : n;
}

static void renew_source(const struct routing_wants *w, struct source *s,
			 struct routing_supply *supply)
{
	size_t monitor = s->config->monitor, n = 0;
	bool alive = monitor == ROUTING_ALWAYS || w->pulses[monitor].up;
	struct routing_offered *learned = NULL;
	struct routing_supply now = {0};

	if (s->ns) {
		learned = routing_feed_list(&s->ns->feeds[s->feed], &n);
		look_at_limit(s, n);
	}
	routing_supply_fill(&now, s->config, alive, learned, n);
	free(learned);
	if (!alive)
		s->learned = 0;
	s->stale = false;
	s->changed = !routing_supply_same(supply, &now);
	routing_supply_done(supply);
	*supply = now;
}

/* Of a namespace that is not known, what is left of its feeds says nothing. */
static bool has_news(const struct source *s)
{
	if (s->ns && !s->ns->known)
		return false;
	return s->stale || (s->ns && s->ns->feeds[s->feed].changed);
}

static void renew_sources(struct routing_wants *w)
{
	for (size_t i = 0; i < w->n_sources; i++) {
		if (has_news(&w->sources[i]))
			renew_source(w, &w->sources[i], &w->supplies[i]);
	}
	/* several sources may have learned from one feed */
	for (size_t i = 0; i < w->n_sources; i++) {
		if (w->sources[i].ns && w->sources[i].ns->known)
			w->sources[i].ns->feeds[w->sources[i].feed].changed = false;
	}
}

static void want(const struct site *s, const struct routing_choice *c)
{
	struct routing_hop hops[ROUTING_HOPS_MAX];

	for (size_t i = 0; i < c->n; i++) {
		const struct routing_offer *o = &s->config->offers[c->offers[i]];

		hops[i] = (struct routing_hop){s->devices[c->offers[i]], o->via, o->onlink};
	}
	routing_fib_want(s->fib, s->config->table, c->prefix, s->config->protocol, hops, c->n);
}

static bool tells(const void *ctx, const struct routing_offer *o, struct ip_prefix prefix)
{
	const struct routing_wants *w = ctx;
	const struct site *s;

	if (o->told_by == ROUTING_ALWAYS)
		return true;
	s = &w->sites[o->told_by];
	return routing_chose(&s->choices, s->config, prefix, o->source);
}

static void decide(const struct routing_wants *w, struct site *s)
{
	struct routing_choices before = s->choices, now = {0};
	size_t i = 0, k = 0;

	routing_decide(&now, s->config, w->supplies, tells, w);
	s->moved = !routing_choices_same(&before, &now);
	while (i < before.n || k < now.n) {
		int cmp = i == before.n ? 1 : -1;

		if (i < before.n && k < now.n)
			cmp = ip_prefix_cmp(before.items[i].prefix, now.items[k].prefix);
		if (cmp < 0)
			routing_fib_want(s->fib, s->config->table, before.items[i].prefix, 0, NULL,
					 0);
		else
			want(s, &now.items[k++]);
		i += cmp <= 0;
	}
	routing_choices_done(&before);
	s->choices = now;
	s->decided = true;
}

static bool is_touched(const struct routing_wants *w, const struct site *s)
{
	for (size_t i = 0; i < s->config->n_offers; i++) {
		if (w->sources[s->config->offers[i].source].changed)
			return true;
	}
	return !s->decided;
}

static bool is_told(const struct routing_wants *w, const struct site *s, const bool *news)
{
	for (size_t i = 0; i < s->config->n_offers; i++) {
		const size_t teller = s->config->offers[i].told_by;

		if (teller != ROUTING_ALWAYS && (news[teller] || w->sites[teller].moved))
			return true;
	}
	return false;
}

/*
 * Who is told decides anew, until nobody changes his mind. Sites take turns, so two that would rather use
 * each other's way settle on one; where more of them could go on forever, a bound ends it.
 */
static void spread(struct routing_wants *w)
{
	bool *news = calloc(w->n_sites + 1, sizeof(*news)), any = true;

	if (!news)
		abort(); /* the supervisor starts us anew */
	for (size_t round = 0; any && round <= w->n_sites; round++) {
		any = false;
		for (size_t i = 0; i < w->n_sites; i++) {
			news[i] = w->sites[i].moved;
			w->sites[i].moved = false;
		}
		for (size_t i = 0; i < w->n_sites; i++) {
			if (!is_told(w, &w->sites[i], news))
				continue;
			decide(w, &w->sites[i]);
			any |= w->sites[i].moved;
		}
	}
	free(news);
}

bool routing_wants_renew(struct routing_wants *w)
{
	bool any = false;

	renew_sources(w);
	for (size_t i = 0; i < w->n_sites; i++) {
		if (is_touched(w, &w->sites[i])) {
			decide(w, &w->sites[i]);
			any = true;
		}
	}
	if (any)
		spread(w);
	for (size_t i = 0; i < w->n_sources; i++)
		w->sources[i].changed = false;
	return any;
}

size_t routing_wants_learned(const struct routing_wants *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_sources; i++)
		n += w->sources[i].learned;
	return n;
}
