// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "analyse/class.h"
#include "analyse/endpoint.h"
#include "analyse/outcome.h"
#include "analyse/walk.h"

#define NONE      SIZE_MAX
#define WIDE      30000 /* ranges of ports that are wider are not what somebody names */
#define FIRST_ANY 50001 /* ports that stand for those that nobody names are looked for from here */

/* The sources, or targets, of one kind: two of them, so that a pair can be of two nodes. */
struct kind {
	uint64_t number;
	size_t first, second; /* places; NONE: it has no second one */
	struct endpoint_services listeners, named;
};

struct kinds {
	struct kind *v;
	size_t n;
};

struct work {
	struct analyse_matrix *m;
	struct class_index *classes;
	struct kinds sources, targets;
	struct outcomes outcomes;
	struct walk_means means;
	uint32_t *source_ns, *target_ns;             /* of each source and target; NET_NONE */
	struct walk_packet packets[ANALYSE_UDP + 1]; /* of each protocol, from nowhere to nowhere */
};

/* --- kinds --- */

struct numbered {
	uint64_t number;
	size_t place;
};

static int by_number(const void *pa, const void *pb)
{
	const struct numbered *a = pa, *b = pb;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

/* Groups what has equal numbers; kind_of[i] becomes the kind of place i. */
static void group(struct work *w, struct numbered *items, size_t n, struct kinds *kinds,
		  size_t *kind_of)
{
	if (n)
		qsort(items, n, sizeof(*items), by_number);
	for (size_t i = 0; i < n; i++) {
		struct kind *k = kinds->n ? &kinds->v[kinds->n - 1] : NULL;

		if (!k || k->number != items[i].number) {
			k = arena_push(w->m->arena, kinds->v, kinds->n);
			*k = (struct kind){
				.number = items[i].number, .first = items[i].place, .second = NONE};
		} else if (k->second == NONE) {
			k->second = items[i].place;
		}
		kind_of[items[i].place] = kinds->n - 1;
	}
}

static uint64_t mix_services(uint64_t h, const struct endpoint_services *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const uint64_t v = (uint64_t)s->v[i].protocol << 16 | s->v[i].port;

		h = (h ^ v) * 0x100000001b3u;
	}
	return h;
}

static void find_source_kinds(struct work *w)
{
	struct analyse_matrix *m = w->m;
	struct numbered *items = arena_alloc(m->arena, (m->n_sources + 1) * sizeof(*items));
	size_t *kind_of = arena_alloc(m->arena, (m->n_sources + 1) * sizeof(*kind_of));

	for (size_t i = 0; i < m->n_sources; i++)
		items[i] = (struct numbered){analyse_class_of(w->classes, w->source_ns[i]), i};
	group(w, items, m->n_sources, &w->sources, kind_of);
	for (size_t i = 0; i < m->n_sources; i++)
		m->sources[i].kind = kind_of[i];
	m->n_source_kinds = w->sources.n;
	for (size_t i = 0; i < w->sources.n; i++) {
		struct kind *k = &w->sources.v[i];

		analyse_endpoint_named_ports(m, w->source_ns[k->first], &k->named);
	}
}

/* One address of several is a kind of its own, and so is one that many have. */
static uint64_t number_of(const struct work *w, size_t target,
			  const struct endpoint_services *listeners)
{
	const struct analyse_target *t = &w->m->targets[target];

	if (!t->ns || t->label != t->name)
		return ~(uint64_t)target;
	return mix_services(analyse_class_of(w->classes, w->target_ns[target]), listeners);
}

static void find_target_kinds(struct work *w)
{
	struct analyse_matrix *m = w->m;
	struct numbered *items = arena_alloc(m->arena, (m->n_targets + 1) * sizeof(*items));
	size_t *kind_of = arena_alloc(m->arena, (m->n_targets + 1) * sizeof(*kind_of));

	for (size_t i = 0; i < m->n_targets; i++) {
		struct endpoint_services listeners = {0};

		analyse_endpoint_listeners(m, &m->targets[i], &listeners);
		analyse_endpoint_sort(&listeners);
		items[i] = (struct numbered){number_of(w, i, &listeners), i};
	}
	group(w, items, m->n_targets, &w->targets, kind_of);
	for (size_t i = 0; i < m->n_targets; i++)
		m->targets[i].kind = kind_of[i];
	m->n_target_kinds = w->targets.n;
	for (size_t i = 0; i < w->targets.n; i++) {
		struct kind *k = &w->targets.v[i];
		const struct analyse_target *t = &m->targets[k->first];

		analyse_endpoint_listeners(m, t, &k->listeners);
		if (t->ns)
			analyse_endpoint_named_ports(m, w->target_ns[k->first], &k->named);
	}
}

/* --- a port that stands for all that nobody names --- */

static bool range_names(const struct nft_range *r, uint16_t port)
{
	return r->last - r->first < WIDE && port >= r->first && port <= r->last;
}

static bool table_names(const struct nft_table *t, uint16_t port)
{
	for (size_t i = 0; i < t->n_chains; i++)
		for (size_t k = 0; k < t->chains[i].n_rules; k++) {
			const struct nft_rule *r = &t->chains[i].rules[k];

			for (size_t m = 0; m < r->n_matches; m++)
				for (size_t n = 0; r->matches[m].field == NFT_FIELD_DPORT &&
						   n < r->matches[m].ranges.n;
				     n++)
					if (range_names(&r->matches[m].ranges.v[n], port))
						return true;
		}
	return false;
}

static bool is_named(const struct work *w, uint16_t port)
{
	const struct analyse *a = w->m->a;

	for (uint32_t i = 0; i < a->n_ns; i++)
		for (size_t k = 0; k < a->ns[i].n_filters; k++)
			if (table_names(analyse_net_filters(a, i)->filters[k].table, port))
				return true;
	for (size_t i = 0; i < w->targets.n; i++)
		for (size_t k = 0; k < w->targets.v[i].listeners.n; k++)
			if (w->targets.v[i].listeners.v[k].port == port)
				return true;
	return false;
}

static uint16_t find_any(const struct work *w)
{
	uint16_t port = FIRST_ANY;

	while (port < UINT16_MAX && is_named(w, port))
		port++;
	return port;
}

/* --- walking --- */

static enum analyse_verdict verdict_of(const struct analyse_trip *trip)
{
	if (trip->ok)
		return ANALYSE_YES;
	return trip->there.end == ANALYSE_UNKNOWN || (trip->there.end == ANALYSE_DELIVERED &&
						      trip->back.end == ANALYSE_UNKNOWN)
		       ? ANALYSE_PERHAPS
		       : ANALYSE_NO;
}

/* A source and a target of these kinds that are not the same node. */
static bool find_pair(const struct work *w, const struct kind *s, const struct kind *t,
		      size_t *source, size_t *target)
{
	*source = s->first;
	*target = t->first;
	if (w->source_ns[*source] != w->target_ns[*target])
		return true;
	if (t->second != NONE)
		*target = t->second;
	else
		*source = s->second;
	return *source != NONE;
}

static struct walk_packet packet_of(const struct work *w, size_t source, size_t target,
				    struct analyse_service s)
{
	struct walk_packet p = w->packets[s.protocol];

	p.ns = w->source_ns[source];
	p.dst = w->m->targets[target].ip;
	p.header.dport = s.protocol != ANALYSE_ICMP && !s.port ? w->m->any_port : s.port;
	return p;
}

/* Where no filter on the way looks at the service, one walk stands for all of them. Gives what is lost on the way. */
static uint32_t try(struct work *w, size_t source, size_t target,
		    const struct endpoint_services *all, enum analyse_verdict *verdicts)
{
	uint32_t loss_ppm = 0;
	struct analyse_trip trip;
	bool alike = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct walk_packet p = packet_of(w, source, target, all->v[i]);

		if (!alike) {
			analyse_walk_trip(&w->means, &p, w->target_ns[target], &trip);
			w->m->walks++;
			alike = !trip.there.by_service && !trip.back.by_service;
		}
		verdicts[i] = verdict_of(&trip);
		if (trip.loss_ppm > loss_ppm)
			loss_ppm = trip.loss_ppm;
	}
	return loss_ppm;
}

static void add_all(struct arena *a, struct endpoint_services *to,
		    const struct endpoint_services *from)
{
	for (size_t i = 0; i < from->n; i++)
		analyse_endpoint_add(a, to, from->v[i]);
}

static const struct analyse_outcome *cell(struct work *w, struct arena *scratch,
					  const struct kind *s, const struct kind *t)
{
	struct endpoint_services all = {0};
	enum analyse_verdict *verdicts;
	size_t source, target;
	uint32_t loss_ppm;

	if (!find_pair(w, s, t, &source, &target))
		return NULL;
	analyse_endpoint_add(scratch, &all, (struct analyse_service){ANALYSE_ICMP, 0});
	analyse_endpoint_add(scratch, &all, (struct analyse_service){ANALYSE_TCP, 0});
	analyse_endpoint_add(scratch, &all, (struct analyse_service){ANALYSE_UDP, 0});
	add_all(scratch, &all, &t->listeners);
	add_all(scratch, &all, &s->named);
	add_all(scratch, &all, &t->named);
	analyse_endpoint_sort(&all);
	verdicts = arena_alloc(scratch, all.n * sizeof(*verdicts));
	loss_ppm = try(w, source, target, &all, verdicts);
	return analyse_outcome_keep(&w->outcomes,
				    &(struct analyse_outcome){all.v, verdicts, all.n, loss_ppm});
}

/* By target: all ways to it share what is remembered. Most of them need no way back. */
static void fill(struct work *w)
{
	struct analyse_matrix *m = w->m;
	auto_arena struct arena *scratch = arena_new(0);

	m->cells = arena_alloc(m->arena, (w->sources.n * w->targets.n + 1) * sizeof(*m->cells));
	for (size_t k = 0; k < w->targets.n; k++)
		for (size_t i = 0; i < w->sources.n; i++) {
			arena_reset(scratch);
			m->cells[i * w->targets.n + k] = cell(w, scratch, &w->sources.v[i],
							      &w->targets.v[k]);
		}
}

/* Places instead of names. */
static void find_places(struct work *w)
{
	struct analyse_matrix *m = w->m;

	w->source_ns = arena_alloc(m->arena, (m->n_sources + 1) * sizeof(*w->source_ns));
	w->target_ns = arena_alloc(m->arena, (m->n_targets + 1) * sizeof(*w->target_ns));
	for (size_t i = 0; i < m->n_sources; i++)
		w->source_ns[i] = analyse_net_find_ns(m->a, m->sources[i].name);
	for (size_t i = 0; i < m->n_targets; i++)
		w->target_ns[i] = m->targets[i].ns ? analyse_net_find_ns(m->a, m->targets[i].ns)
						   : NET_NONE;
	for (enum analyse_protocol i = ANALYSE_ICMP; i <= ANALYSE_UDP; i++)
		w->packets[i] = analyse_walk_packet(
			m->a, &(struct analyse_packet){.ns = "", .protocol = i});
}

static void call_all(struct analyse_matrix *m)
{
	for (size_t i = 0; i < m->n_calls; i++) {
		struct analyse_trip trip;

		analyse_walk(m->a, &m->calls[i].packet, NULL, &trip);
		m->calls[i].verdict = verdict_of(&trip);
	}
}

struct analyse_matrix *analyse_matrix_new(const struct analyse *a)
{
	struct arena *arena = arena_new(0);
	struct analyse_matrix *m = arena_alloc(arena, sizeof(*m));
	struct work w = {.m = m,
			 .classes = analyse_class_index_new(a),
			 .outcomes.arena = arena,
			 .means = {a, analyse_memory_new(a), .brief = true}};

	m->a = a;
	m->arena = arena;
	analyse_endpoint_collect(m);
	find_places(&w);
	find_source_kinds(&w);
	find_target_kinds(&w);
	m->any_port = find_any(&w);
	fill(&w);
	call_all(m);
	analyse_outcomes_done(&w.outcomes);
	analyse_memory_free(w.means.memory);
	analyse_class_index_free(w.classes);
	return m;
}

void analyse_matrix_free(struct analyse_matrix *m)
{
	if (m)
		arena_free(m->arena);
}

const struct analyse_outcome *analyse_matrix_get(const struct analyse_matrix *m, size_t source,
						 size_t target)
{
	const char *to = m->targets[target].ns;

	if (to && strcmp(m->sources[source].name, to) == 0)
		return NULL;
	return m->cells[m->sources[source].kind * m->n_target_kinds + m->targets[target].kind];
}

void analyse_matrix_walk(const struct analyse_matrix *m, size_t source, size_t target,
			 struct analyse_service s, struct analyse_trip *trip)
{
	const bool any = s.protocol != ANALYSE_ICMP && !s.port;
	const struct analyse_packet p = {.ns = m->sources[source].name,
					 .dst = m->targets[target].ip,
					 .protocol = s.protocol,
					 .port = any ? m->any_port : s.port};

	analyse_walk(m->a, &p, m->targets[target].ns, trip);
}
