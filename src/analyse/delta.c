// SPDX-License-Identifier: GPL-2.0-only
#include "analyse/delta.h"

#include "analyse/outcome.h"
#include "base/strbuf.h"

/* The services that one of both lists, in order; each with what was and what is. */
struct row {
	struct analyse_service service;
	enum analyse_verdict before, after;
};

struct rows {
	struct row *v;
	size_t n;
};

static const struct analyse_outcome nothing;

static struct rows merge(struct arena *a, const struct analyse_outcome *before,
			 const struct analyse_outcome *after)
{
	struct rows rows = {0};
	size_t i = 0, k = 0;

	while (i < before->n || k < after->n) {
		int c = i == before->n ? 1 : k == after->n ? -1 : 0;
		struct row *row = arena_push(a, rows.v, rows.n);

		if (!c)
			c = analyse_outcome_service_cmp(before->services[i], after->services[k]);
		row->service = c <= 0 ? before->services[i] : after->services[k];
		row->before = analyse_outcome_of(before, row->service);
		row->after = analyse_outcome_of(after, row->service);
		i += c <= 0;
		k += c >= 0;
	}
	return rows;
}

static bool has_effect(const struct row *r, enum analyse_effect effect)
{
	switch (effect) {
	case ANALYSE_GAINED: return r->before != ANALYSE_YES && r->after == ANALYSE_YES;
	case ANALYSE_LOST: return r->before == ANALYSE_YES && r->after == ANALYSE_NO;
	case ANALYSE_DOUBTFUL: break;
	}
	return r->before != ANALYSE_PERHAPS && r->after == ANALYSE_PERHAPS;
}

/* Whether all services of the protocol (of any, where `any`) share the effect. */
static bool is_whole(const struct rows *rows, enum analyse_effect effect,
		     enum analyse_protocol protocol, bool any)
{
	for (size_t i = 0; i < rows->n; i++)
		if ((any || rows->v[i].service.protocol == protocol) &&
		    !has_effect(&rows->v[i], effect))
			return false;
	return true;
}

/* Where a whole protocol shares the effect, its ports need no mention. */
static const char *list(struct arena *a, const struct rows *rows, enum analyse_effect effect)
{
	auto_strbuf struct strbuf b = {0};

	if (is_whole(rows, effect, ANALYSE_ICMP, true))
		return NULL;
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *r = &rows->v[i];

		if (!has_effect(r, effect) ||
		    (r->service.port && is_whole(rows, effect, r->service.protocol, false)))
			continue;
		if (b.len)
			strbuf_add(&b, ", ");
		analyse_service_name(r->service, &b);
	}
	return arena_strdup(a, strbuf_str(&b));
}

struct delta analyse_delta_of(struct arena *a, const struct analyse_outcome *before,
			      const struct analyse_outcome *after)
{
	const struct rows rows = merge(a, before ? before : &nothing, after ? after : &nothing);
	struct delta d = {0};

	for (enum analyse_effect e = ANALYSE_GAINED; e <= ANALYSE_DOUBTFUL; e++) {
		for (size_t i = rows.n; i > 0; i--)
			if (has_effect(&rows.v[i - 1], e)) {
				d.there[e] = true;
				d.first[e] = rows.v[i - 1].service;
			}
		if (d.there[e])
			d.services[e] = list(a, &rows, e);
	}
	return d;
}
