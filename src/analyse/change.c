// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two matrices, pair by pair. A pair's outcomes are shared by many, so what becomes of two outcomes is
 * worked out once, and the reason once for each kind of source and target. Then lines are made of it: pairs
 * to which the same happens stand together.
 */
#include "analyse/change.h"

#include <stdlib.h>
#include <string.h>

#include "analyse/delta.h"
#include "analyse/endpoint.h"
#include "base/hash.h"
#include "base/strbuf.h"

#define NONE SIZE_MAX

/* One source, or target, of either matrix. */
struct both {
	size_t before, after; /* places; NONE */
	const char *name;     /* of targets: the label */
	size_t self;          /* of sources: the first target that is the same node; NONE */
};

struct axis {
	struct both *v;
	size_t n;
};

struct pair {
	uint32_t row, column;
};

/* Pairs with one effect, one list of services and one reason. */
struct group {
	enum analyse_effect effect;
	const char *services, *reason;
	struct pair *pairs; /* in order of rows and columns */
	size_t n;
};

/* What was worked out before, by what it follows from. */
struct memory {
	const void *before, *after;
	size_t source, target;
	struct delta delta;
	size_t groups[3]; /* by effect; NONE */
};

struct compare {
	struct analyse_changes *result;
	struct arena *arena;
	const struct analyse_matrix *before, *after;
	struct axis rows, columns;
	struct memory *memories; /* a table by hash; before and after NULL: free */
	size_t n_memories, room;
	struct group *groups;
	size_t n_groups;
};

/* --- sources and targets of both --- */

static void add_both(struct compare *c, struct axis *axis, size_t before, size_t after,
		     const char *name)
{
	*arena_push(c->arena, axis->v, axis->n) = (struct both){before, after, name, NONE};
}

static void join_sources(struct compare *c)
{
	const size_t n = c->before ? c->before->n_sources : 0, m = c->after->n_sources;
	size_t i = 0, k = 0;

	while (i < n || k < m) {
		int d = i == n ? 1 : k == m ? -1 : 0;

		if (!d)
			d = strcmp(c->before->sources[i].name, c->after->sources[k].name);
		add_both(c, &c->rows, d <= 0 ? i : NONE, d >= 0 ? k : NONE,
			 d <= 0 ? c->before->sources[i].name : c->after->sources[k].name);
		i += d <= 0;
		k += d >= 0;
	}
}

static int compare_targets(const struct analyse_target *a, const struct analyse_target *b)
{
	const int d = strcmp(a->name, b->name);

	return d ? d : (a->ip > b->ip) - (a->ip < b->ip);
}

static void join_targets(struct compare *c)
{
	const size_t n = c->before ? c->before->n_targets : 0, m = c->after->n_targets;
	size_t i = 0, k = 0;

	while (i < n || k < m) {
		int d = i == n ? 1 : k == m ? -1 : 0;

		if (!d)
			d = compare_targets(&c->before->targets[i], &c->after->targets[k]);
		add_both(c, &c->columns, d <= 0 ? i : NONE, d >= 0 ? k : NONE,
			 d >= 0 ? c->after->targets[k].label : c->before->targets[i].label);
		i += d <= 0;
		k += d >= 0;
	}
}

static const char *target_name(const struct compare *c, const struct both *t)
{
	return t->after != NONE ? c->after->targets[t->after].name
				: c->before->targets[t->before].name;
}

static void find_selves(struct compare *c)
{
	size_t k = 0;

	for (size_t i = 0; i < c->rows.n; i++) {
		while (k < c->columns.n &&
		       strcmp(target_name(c, &c->columns.v[k]), c->rows.v[i].name) < 0)
			k++;
		if (k < c->columns.n &&
		    strcmp(target_name(c, &c->columns.v[k]), c->rows.v[i].name) == 0)
			c->rows.v[i].self = k;
	}
}

/* --- reasons --- */

static const struct analyse_outcome *outcome(const struct analyse_matrix *m, size_t source,
					     size_t target)
{
	return m && source != NONE && target != NONE ? analyse_matrix_get(m, source, target) : NULL;
}

static const char *why_gone(const struct compare *c, const struct both *s, const struct both *t)
{
	char ip[IP_STRLEN];

	if (s->after == NONE)
		return arena_printf(c->result->arena, "%s is gone", s->name);
	return arena_printf(c->result->arena, "%s no longer has %s", target_name(c, t),
			    ip_format(c->before->targets[t->before].ip, ip));
}

static const char *reason_of(const struct compare *c, const struct both *s, const struct both *t,
			     enum analyse_effect effect, struct analyse_service service)
{
	auto_strbuf struct strbuf b = {0};
	struct analyse_trip trip;

	if (effect == ANALYSE_GAINED)
		return NULL;
	if (s->after == NONE || t->after == NONE)
		return why_gone(c, s, t);
	analyse_matrix_walk(c->after, s->after, t->after, service, &trip);
	analyse_explain(c->after->a, &trip, &b);
	return arena_strdup(c->result->arena, strbuf_str(&b));
}

/* --- groups --- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static size_t group_of(struct compare *c, enum analyse_effect effect, const char *services,
		       const char *reason)
{
	for (size_t i = 0; i < c->n_groups; i++)
		if (c->groups[i].effect == effect && same_text(c->groups[i].services, services) &&
		    same_text(c->groups[i].reason, reason))
			return i;
	*arena_push(c->arena, c->groups, c->n_groups) =
		(struct group){.effect = effect, .services = services, .reason = reason};
	return c->n_groups - 1;
}

static size_t slot_of(const struct compare *c, const struct memory *m)
{
	const uintptr_t key[] = {(uintptr_t)m->before, (uintptr_t)m->after, m->source, m->target};
	size_t i = hash_bytes(0, key, sizeof(key)) % c->room;

	while (c->memories[i].before || c->memories[i].after) {
		if (c->memories[i].before == m->before && c->memories[i].after == m->after &&
		    c->memories[i].source == m->source && c->memories[i].target == m->target)
			break;
		i = (i + 1) % c->room;
	}
	return i;
}

static void make_room(struct compare *c)
{
	struct memory *former = c->memories;
	const size_t n = c->room;

	if (2 * c->n_memories < c->room)
		return;
	c->room = n ? 2 * n : 256;
	c->memories = calloc(c->room, sizeof(*c->memories));
	if (!c->memories)
		abort();
	for (size_t i = 0; i < n; i++)
		if (former[i].before || former[i].after)
			c->memories[slot_of(c, &former[i])] = former[i];
	free(former);
}

static void work_out(struct compare *c, struct memory *m, const struct both *s,
		     const struct both *t)
{
	m->delta = analyse_delta_of(c->result->arena, m->before, m->after);
	for (enum analyse_effect e = ANALYSE_GAINED; e <= ANALYSE_DOUBTFUL; e++) {
		m->groups[e] = NONE;
		if (m->delta.there[e])
			m->groups[e] = group_of(c, e, m->delta.services[e],
						reason_of(c, s, t, e, m->delta.first[e]));
	}
}

/* Reasons depend on the kinds of both; where one is gone, on itself. */
static size_t kind_or_itself(bool there, size_t kind, size_t place)
{
	return there ? kind : ~place;
}

static void compare_pair(struct compare *c, uint32_t row, uint32_t column)
{
	const struct both *s = &c->rows.v[row], *t = &c->columns.v[column];
	const bool source = s->after != NONE, target = t->after != NONE;
	struct memory key = {
		.before = outcome(c->before, s->before, t->before),
		.after = outcome(c->after, s->after, t->after),
		.source = kind_or_itself(source, source ? c->after->sources[s->after].kind : 0,
					 row),
		.target = kind_or_itself(target, target ? c->after->targets[t->after].kind : 0,
					 column)};
	struct memory *m;

	if (!key.before && !key.after)
		return;
	make_room(c);
	m = &c->memories[slot_of(c, &key)];
	if (!m->before && !m->after) {
		work_out(c, &key, s, t);
		*m = key;
		c->n_memories++;
	}
	for (enum analyse_effect e = ANALYSE_GAINED; e <= ANALYSE_DOUBTFUL; e++)
		if (m->groups[e] != NONE) {
			struct group *g = &c->groups[m->groups[e]];

			*arena_push(c->arena, g->pairs, g->n) = (struct pair){row, column};
		}
}

/* A gateway's calls are pairs of their own; they need no grouping. */
static const struct analyse_call *find_call(const struct analyse_matrix *m,
					    const struct analyse_call *call)
{
	for (size_t i = 0; m && i < m->n_calls; i++)
		if (analyse_endpoint_call_cmp(&m->calls[i], call) == 0)
			return &m->calls[i];
	return NULL;
}

static void add_call(struct compare *c, const struct analyse_call *call, enum analyse_effect effect,
		     const char *reason)
{
	struct arena *a = c->result->arena;
	struct analyse_change *change = arena_push(a, c->result->items, c->result->n);
	auto_strbuf struct strbuf b = {0};

	*change = (struct analyse_change){
		.effect = effect, .n_from = 1, .n_to = 1, .n_pairs = 1, .reason = reason};
	change->from = arena_memdup(a, &call->gateway, sizeof(char *));
	change->to = arena_memdup(a, &call->label, sizeof(char *));
	analyse_service_name((struct analyse_service){ANALYSE_TCP, call->packet.port}, &b);
	change->services = arena_strdup(a, strbuf_str(&b));
	c->result->pairs[effect]++;
}

static const char *why_no_call(const struct compare *c, const struct analyse_call *call)
{
	auto_strbuf struct strbuf b = {0};
	struct analyse_trip trip;

	analyse_walk(c->after->a, &call->packet, NULL, &trip);
	analyse_explain(c->after->a, &trip, &b);
	return arena_strdup(c->result->arena, strbuf_str(&b));
}

static void compare_calls(struct compare *c)
{
	for (size_t i = 0; i < c->after->n_calls; i++) {
		const struct analyse_call *now = &c->after->calls[i];
		const struct analyse_call *then = find_call(c->before, now);
		const enum analyse_verdict was = then ? then->verdict : ANALYSE_NO;

		if (was == now->verdict)
			continue;
		if (now->verdict == ANALYSE_YES)
			add_call(c, now, ANALYSE_GAINED, NULL);
		else if (now->verdict == ANALYSE_PERHAPS)
			add_call(c, now, ANALYSE_DOUBTFUL, why_no_call(c, now));
		else if (was == ANALYSE_YES)
			add_call(c, now, ANALYSE_LOST, why_no_call(c, now));
	}
	for (size_t i = 0; c->before && i < c->before->n_calls; i++) {
		const struct analyse_call *then = &c->before->calls[i];

		if (then->verdict == ANALYSE_YES && !find_call(c->after, then))
			add_call(c, then, ANALYSE_LOST, "no API calls it any more");
	}
}

/* --- lines --- */

/* The pairs of one row in a group. */
struct stretch {
	size_t first, n;
	uint64_t exact, with_self; /* hashes of the columns, without and with the row's own */
	bool done;
};

static uint64_t hash_columns(const struct pair *p, size_t n, size_t self)
{
	uint64_t h = 0;
	bool added = self == NONE;

	for (size_t i = 0; i < n; i++) {
		const uint64_t column = p[i].column, own = self;

		if (!added && own < column) {
			h = hash_bytes(h, &own, sizeof(own));
			added = true;
		}
		h = hash_bytes(h, &column, sizeof(column));
	}
	return added ? h : hash_bytes(h, &(uint64_t){self}, sizeof(uint64_t));
}

static struct stretch *cut(struct compare *c, const struct group *g, size_t *n)
{
	struct stretch *list = NULL;

	*n = 0;
	for (size_t i = 0; i < g->n; i++) {
		if (i == 0 || g->pairs[i].row != g->pairs[i - 1].row)
			*arena_push(c->arena, list, *n) = (struct stretch){.first = i};
		list[*n - 1].n++;
	}
	for (size_t i = 0; i < *n; i++) {
		const struct pair *p = &g->pairs[list[i].first];

		list[i].exact = hash_columns(p, list[i].n, NONE);
		list[i].with_self = hash_columns(p, list[i].n, c->rows.v[p->row].self);
	}
	return list;
}

static size_t count_like(const struct stretch *list, size_t n, const struct stretch *s, bool self)
{
	size_t like = 0;

	for (size_t i = 0; i < n; i++)
		like += !list[i].done &&
			(self ? list[i].with_self == s->with_self : list[i].exact == s->exact);
	return like;
}

static void add_name(struct arena *a, const char ***list, size_t *n, const char *name)
{
	*(const char **)arena_push(a, *list, *n) = name;
}

/* All columns of the stretch; with the row's own where others of the line lead there. */
static void add_columns(const struct compare *c, const struct group *g, const struct stretch *s,
			bool self, struct analyse_change *line)
{
	struct arena *a = c->result->arena;
	const size_t own = self ? c->rows.v[g->pairs[s->first].row].self : NONE;
	bool added = own == NONE;

	for (size_t i = s->first; i < s->first + s->n; i++) {
		if (!added && own < g->pairs[i].column) {
			add_name(a, &line->to, &line->n_to, c->columns.v[own].name);
			added = true;
		}
		add_name(a, &line->to, &line->n_to, c->columns.v[g->pairs[i].column].name);
	}
	if (!added)
		add_name(a, &line->to, &line->n_to, c->columns.v[own].name);
}

static void add_line(struct compare *c, const struct group *g, struct stretch *list, size_t n,
		     size_t at)
{
	const struct stretch *s = &list[at];
	const bool self = count_like(list, n, s, true) > count_like(list, n, s, false);
	struct analyse_change line = {
		.effect = g->effect, .services = g->services, .reason = g->reason};

	add_columns(c, g, s, self, &line);
	for (size_t i = at; i < n; i++) {
		struct stretch *o = &list[i];

		if (o->done || (self ? o->with_self != s->with_self : o->exact != s->exact))
			continue;
		o->done = true;
		add_name(c->result->arena, &line.from, &line.n_from,
			 c->rows.v[g->pairs[o->first].row].name);
		line.n_pairs += o->n;
	}
	c->result->pairs[g->effect] += line.n_pairs;
	*arena_push(c->result->arena, c->result->items, c->result->n) = line;
}

static void add_lines(struct compare *c, const struct group *g)
{
	size_t n;
	struct stretch *list = cut(c, g, &n);

	for (size_t i = 0; i < n; i++)
		if (!list[i].done)
			add_line(c, g, list, n, i);
}

/* --- there and back --- */

static bool same_names(const char *const *a, size_t n, const char *const *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

static bool mirrors(const struct analyse_change *a, const struct analyse_change *b)
{
	return a->effect == b->effect && same_text(a->services, b->services) &&
	       same_text(a->reason, b->reason) && same_names(a->from, a->n_from, b->to, b->n_to) &&
	       same_names(a->to, a->n_to, b->from, b->n_from);
}

/* Two lines that say the same of both directions become one. */
static void join_directions(struct analyse_changes *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		bool told = false;

		for (size_t k = 0; k < kept && !told; k++) {
			told = !r->items[k].both && mirrors(&r->items[k], &r->items[i]);
			if (told) {
				r->items[k].both = true;
				r->items[k].n_pairs += r->items[i].n_pairs;
			}
		}
		if (!told)
			r->items[kept++] = r->items[i];
	}
	r->n = kept;
	for (size_t i = 0; i < r->n; i++)
		r->items[i].both |= r->items[i].n_from > 1 && mirrors(&r->items[i], &r->items[i]);
}

static int by_weight(const void *pa, const void *pb)
{
	static const int order[] = {
		[ANALYSE_LOST] = 0, [ANALYSE_DOUBTFUL] = 1, [ANALYSE_GAINED] = 2};
	const struct analyse_change *a = pa, *b = pb;
	int c = order[a->effect] - order[b->effect];

	if (!c)
		c = strcmp(a->from[0], b->from[0]);
	if (!c)
		c = strcmp(a->to[0], b->to[0]);
	if (!c)
		c = strcmp(a->services ? a->services : "", b->services ? b->services : "");
	return c;
}

struct analyse_changes *analyse_compare(const struct analyse_matrix *before,
					const struct analyse_matrix *after)
{
	struct arena *arena = arena_new(0);
	auto_arena struct arena *scratch = arena_new(0);
	struct compare c = {.result = arena_alloc(arena, sizeof(*c.result)),
			    .arena = scratch,
			    .before = before,
			    .after = after};

	c.result->arena = arena;
	join_sources(&c);
	join_targets(&c);
	find_selves(&c);
	for (uint32_t i = 0; i < c.rows.n; i++)
		for (uint32_t k = 0; k < c.columns.n; k++)
			compare_pair(&c, i, k);
	for (size_t i = 0; i < c.n_groups; i++)
		add_lines(&c, &c.groups[i]);
	compare_calls(&c);
	join_directions(c.result);
	if (c.result->n)
		qsort(c.result->items, c.result->n, sizeof(*c.result->items), by_weight);
	free(c.memories);
	return c.result;
}

void analyse_changes_free(struct analyse_changes *c)
{
	if (c)
		arena_free(c->arena);
}
