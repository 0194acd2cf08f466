// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sightings of one key are one packet, unless one is where the packet had been, or in a namespace that it had left: then
 * it was sent again, and is another one. Of two that are under way at once, each sighting is given to the one that left
 * last and was not there: they are the same in all but that.
 */
#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"

/* Namespaces by the plan's own numbers, until columns are given out. */
struct build {
	const struct plan *plan;
	struct trace *t;
	bool *reached; /* by namespace */
	size_t n_room;
};

static size_t number_of(const struct plan *plan, const char *ns)
{
	const struct plan_namespace *found = plan_find_namespace(plan, ns);

	return found ? (size_t)(found - plan->namespaces) : SIZE_MAX;
}

static bool has_address(const struct plan *plan, const char *ns, uint32_t ip)
{
	for (size_t i = 0; i < plan->n_addresses; i++)
		if (plan->addresses[i].prefix.addr == ip && !strcmp(plan->addresses[i].ns, ns))
			return true;
	return false;
}

static bool was_in(const struct trace_journey *j, size_t ns)
{
	for (size_t i = 0; i < j->n; i++)
		if (j->hops[i].column == ns)
			return true;
	return false;
}

static bool was_at(const struct trace_journey *j, const struct trace_sighting *s)
{
	for (size_t i = 0; i < j->n_stands; i++)
		if (j->stands[i].point == s->point && j->stands[i].ttl == s->ttl)
			return true;
	return false;
}

/* The journey that this sighting goes on with; NULL: a new one begins. */
static struct trace_journey *find(const struct trace *t, const struct trace_sighting *s, size_t ns)
{
	for (size_t i = t->n_journeys; i-- > 0;) {
		struct trace_journey *j = &t->journeys[i];

		if (j->key == s->key && !was_at(j, s) &&
		    (j->hops[j->n - 1].column == ns || !was_in(j, ns)))
			return j;
	}
	return NULL;
}

static struct trace_journey *begin(struct build *b, const struct trace_sighting *s)
{
	struct trace *t = b->t;
	struct trace_journey *j;

	if (t->n_journeys == b->n_room) {
		size_t room = b->n_room ? b->n_room * 2 : 64;
		struct trace_journey *more = arena_alloc(t->arena, room * sizeof(*more));

		if (t->n_journeys)
			memcpy(more, t->journeys, t->n_journeys * sizeof(*more));
		t->journeys = more;
		b->n_room = room;
	}
	j = &t->journeys[t->n_journeys++];
	*j = (struct trace_journey){
		.key = s->key,
		.flow = s->flow,
		.to = s->to,
		.bare = s->bare,
		.says = arena_strdup(t->arena, s->says),
		.hops = arena_alloc(t->arena, b->plan->n_namespaces * sizeof(*j->hops))};
	return j;
}

static void add(struct build *b, const struct trace_sighting *s)
{
	size_t ns = number_of(b->plan, s->ns);
	struct trace_journey *j;

	if (ns == SIZE_MAX)
		return;
	j = find(b->t, s, ns);
	if (!j)
		j = begin(b, s);
	*arena_push(b->t->arena, j->stands, j->n_stands) = (struct trace_stand){s->point, s->ttl};
	if (j->n && j->hops[j->n - 1].column == ns)
		return; /* in at one interface, out at another */
	j->hops[j->n++] = (struct trace_hop){.column = ns, .at = s->at};
}

/* The first packet of the journey's connection. */
static const struct trace_journey *first_of(const struct trace *t, const struct trace_journey *j)
{
	const struct trace_journey *first = t->journeys;

	while (first->flow != j->flow)
		first++;
	return first;
}

static bool is_of_interest(const struct build *b, const struct trace_journey *j)
{
	return b->reached[first_of(b->t, j)->hops[0].column];
}

/* Until there are no more: what a connection of interest leads to may begin connections of interest. */
static void reach(const struct build *b)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < b->t->n_journeys; i++) {
			const struct trace_journey *j = &b->t->journeys[i];
			bool *last = &b->reached[j->hops[j->n - 1].column];

			if (*last || j->lost || !is_of_interest(b, j))
				continue;
			*last = more = true;
		}
	}
}

static void find_lost(const struct build *b)
{
	for (size_t i = 0; i < b->t->n_journeys; i++) {
		struct trace_journey *j = &b->t->journeys[i];

		j->lost = !has_address(b->plan, b->plan->namespaces[j->hops[j->n - 1].column].name,
				       j->to);
	}
}

static void keep_reached(const struct build *b)
{
	struct trace *t = b->t;
	auto_free struct trace_journey *kept = calloc(t->n_journeys + 1, sizeof(*kept));
	size_t n = 0;

	if (!kept)
		abort();
	for (size_t i = 0; i < t->n_journeys; i++)
		if (is_of_interest(b, &t->journeys[i]))
			kept[n++] = t->journeys[i];
	if (n)
		memcpy(t->journeys, kept, n * sizeof(*kept));
	t->n_journeys = n;
}

/* From numbers of namespaces to numbers of columns. */
static void give_columns(struct build *b, const char *from)
{
	struct trace *t = b->t;
	size_t n = b->plan->n_namespaces;
	size_t *column = arena_alloc(t->arena, n * sizeof(*column));

	t->columns = arena_alloc(t->arena, (n + 1) * sizeof(*t->columns));
	for (size_t i = 0; i < n; i++)
		column[i] = SIZE_MAX;
	column[number_of(b->plan, from)] = 0;
	t->columns[t->n_columns++] = arena_strdup(t->arena, from);
	for (size_t i = 0; i < t->n_journeys; i++) {
		for (size_t h = 0; h < t->journeys[i].n; h++) {
			size_t *ns = &t->journeys[i].hops[h].column;

			if (column[*ns] == SIZE_MAX) {
				column[*ns] = t->n_columns;
				t->columns[t->n_columns++] =
					arena_strdup(t->arena, b->plan->namespaces[*ns].name);
			}
			*ns = column[*ns];
		}
	}
}

struct trace *trace_new(const struct plan *plan, const char *from,
			const struct trace_sighting *sightings, size_t n)
{
	struct arena *arena = arena_new(0);
	struct trace *t = arena_alloc(arena, sizeof(*t));
	struct build b = {.plan = plan, .t = t};

	*t = (struct trace){.arena = arena};
	b.reached = arena_alloc(arena, plan->n_namespaces * sizeof(*b.reached));
	memset(b.reached, 0, plan->n_namespaces * sizeof(*b.reached));
	b.reached[number_of(plan, from)] = true;
	for (size_t i = 0; i < n; i++)
		add(&b, &sightings[i]);
	find_lost(&b);
	reach(&b);
	keep_reached(&b);
	give_columns(&b, from);
	if (t->n_journeys)
		t->start = t->journeys[0].hops[0].at;
	return t;
}

void trace_free(struct trace *t)
{
	if (t)
		arena_free(t->arena);
}
