// SPDX-License-Identifier: GPL-2.0-only
/** A matrix as text, one line for each pair and service: "FROM TO ADDRESS SERVICE yes|no|unknown: WHY". */
#pragma once

#include "analyse/matrix.h"
#include "base/ip.h"
#include "base/strbuf.h"

static inline const char *matrix_verdict(enum analyse_verdict v)
{
	return v == ANALYSE_YES ? "yes" : v == ANALYSE_NO ? "no" : "unknown";
}

static inline void matrix_cell(const struct analyse_matrix *m, size_t i, size_t k, struct strbuf *b)
{
	const struct analyse_outcome *o = analyse_matrix_get(m, i, k);
	char ip[IP_STRLEN];

	for (size_t s = 0; o && s < o->n; s++) {
		struct analyse_trip trip;

		strbuf_printf(b, "%s %s %s ", m->sources[i].name, m->targets[k].name,
			      ip_format(m->targets[k].ip, ip));
		analyse_service_name(o->services[s], b);
		strbuf_printf(b, " %s", matrix_verdict(o->verdicts[s]));
		if (o->verdicts[s] != ANALYSE_YES) {
			strbuf_add(b, ": ");
			analyse_matrix_walk(m, i, k, o->services[s], &trip);
			analyse_explain(m->a, &trip, b);
		}
		strbuf_addc(b, '\n');
	}
}

static inline void matrix_call(const struct analyse_call *c, struct strbuf *b)
{
	char ip[IP_STRLEN];

	strbuf_printf(b, "call %s %s %s tcp/%u %s\n", c->gateway, c->label,
		      ip_format(c->packet.dst, ip), c->packet.port, matrix_verdict(c->verdict));
}

static inline void matrix_text(const struct plan *p, struct strbuf *b)
{
	struct analyse *a = analyse_new(p);
	struct analyse_matrix *m = analyse_matrix_new(a);

	for (size_t i = 0; i < m->n_sources; i++)
		for (size_t k = 0; k < m->n_targets; k++)
			matrix_cell(m, i, k, b);
	for (size_t i = 0; i < m->n_calls; i++)
		matrix_call(&m->calls[i], b);
	analyse_matrix_free(m);
	analyse_free(a);
}
