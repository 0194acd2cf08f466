// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/strbuf.h"

void analyse_service_name(struct analyse_service s, struct strbuf *b)
{
	static const char *const names[] = {
		[ANALYSE_ICMP] = "ping", [ANALYSE_TCP] = "tcp", [ANALYSE_UDP] = "udp"};

	strbuf_add(b, names[s.protocol]);
	if (s.port)
		strbuf_printf(b, "/%u", s.port);
}

int analyse_outcome_service_cmp(struct analyse_service a, struct analyse_service b)
{
	if (a.protocol != b.protocol)
		return a.protocol < b.protocol ? -1 : 1;
	return (a.port > b.port) - (a.port < b.port);
}

enum analyse_verdict analyse_outcome_of(const struct analyse_outcome *o, struct analyse_service s)
{
	enum analyse_verdict any = ANALYSE_NO;

	for (size_t i = 0; i < o->n; i++) {
		if (o->services[i].protocol != s.protocol)
			continue;
		if (o->services[i].port == s.port)
			return o->verdicts[i];
		if (o->services[i].port == 0)
			any = o->verdicts[i];
	}
	return any;
}

static uint64_t hash_of(const struct analyse_outcome *o)
{
	uint64_t h = o->loss_ppm;

	for (size_t i = 0; i < o->n; i++) {
		const uint32_t v = (uint32_t)o->services[i].protocol << 24 |
				   (uint32_t)o->services[i].port << 8 | (uint32_t)o->verdicts[i];

		h = hash_bytes(h, &v, sizeof(v));
	}
	return h;
}

static bool same(const struct analyse_outcome *a, const struct analyse_outcome *b)
{
	if (a->n != b->n || a->loss_ppm != b->loss_ppm)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (analyse_outcome_service_cmp(a->services[i], b->services[i]) != 0 ||
		    a->verdicts[i] != b->verdicts[i])
			return false;
	return true;
}

/* The slot that holds it, or the free one where it belongs. */
static size_t slot_of(const struct outcomes *t, const struct analyse_outcome *o)
{
	size_t i = hash_of(o) % t->room;

	while (t->slots[i] && !same(t->slots[i], o))
		i = (i + 1) % t->room;
	return i;
}

static void grow(struct outcomes *t)
{
	struct outcomes bigger = {.arena = t->arena, .room = t->room ? 2 * t->room : 64};

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (!bigger.slots)
		abort();
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i]) {
			bigger.slots[slot_of(&bigger, t->slots[i])] = t->slots[i];
			bigger.n++;
		}
	analyse_outcomes_done(t);
	*t = bigger;
}

const struct analyse_outcome *analyse_outcome_keep(struct outcomes *t,
						   const struct analyse_outcome *o)
{
	struct analyse_outcome *kept;
	size_t slot;

	if (2 * t->n >= t->room)
		grow(t);
	slot = slot_of(t, o);
	if (t->slots[slot])
		return t->slots[slot];
	kept = arena_alloc(t->arena, sizeof(*kept));
	*kept = *o;
	kept->services = arena_memdup(t->arena, o->services, o->n * sizeof(*o->services));
	kept->verdicts = arena_memdup(t->arena, o->verdicts, o->n * sizeof(*o->verdicts));
	t->slots[slot] = kept;
	t->n++;
	return kept;
}

void analyse_outcomes_done(struct outcomes *t)
{
	free(t->slots);
	t->slots = NULL;
	t->n = t->room = 0;
}
