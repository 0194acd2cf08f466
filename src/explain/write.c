// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "base/strbuf.h"
#include "explain/explain.h"

void explain_measure_add(struct explain_measure *m, const struct explain_measure *more)
{
	if (more->rate && (!m->rate || more->rate < m->rate))
		m->rate = more->rate;
	m->delay_us += more->delay_us;
	m->loss_ppm = analyse_loss_of_both(m->loss_ppm, more->loss_ppm);
}

void explain_figures(const struct explain_measure *m, struct strbuf *b)
{
	static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"};
	double v = (double)m->rate;
	const char *comma = "";
	size_t unit = 0;

	for (; v >= 1000 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		v /= 1000;
	if (m->rate) {
		strbuf_printf(b, "%g %s", v, units[unit]);
		comma = ", ";
	}
	if (m->delay_us) {
		strbuf_printf(b, "%sround trip %g ms", comma, (double)m->delay_us / 1000);
		comma = ", ";
	}
	if (m->loss_ppm)
		strbuf_printf(b, "%s%g %% of round trips lost", comma, (double)m->loss_ppm / 10000);
}

static int width_of(const struct explanation *e)
{
	size_t width = 0;

	for (size_t i = 0; i < e->n_legs; i++) {
		const struct explain_leg *leg = &e->legs[i];

		for (size_t k = 0; k < leg->n_there; k++)
			if (strlen(leg->there[k].place) > width)
				width = strlen(leg->there[k].place);
		for (size_t k = 0; k < leg->n_back; k++)
			if (strlen(leg->back[k].place) > width)
				width = strlen(leg->back[k].place);
	}
	return (int)width;
}

/* " [in 3, out 3]" */
static void add_seen(const struct explain_hop *hop, struct strbuf *b)
{
	const char *before = " [";

	if (hop->in) {
		strbuf_printf(b, "%sin %zu", before, hop->seen_in);
		before = ", ";
	}
	if (hop->out)
		strbuf_printf(b, "%sout %zu", before, hop->seen_out);
	if (hop->in || hop->out)
		strbuf_addc(b, ']');
}

static void add_hops(const struct explain_leg *leg, char arrow, int width, struct strbuf *b)
{
	const struct explain_hop *hops = arrow == '>' ? leg->there : leg->back;
	const size_t n = arrow == '>' ? leg->n_there : leg->n_back;

	for (size_t i = 0; i < n; i++) {
		strbuf_printf(b, "  %c %-*s  %s", arrow, width, hops[i].place, hops[i].how);
		if (leg->watched)
			add_seen(&hops[i], b);
		strbuf_addc(b, '\n');
	}
}

static void add_leg(const struct explain_leg *leg, int width, struct strbuf *b)
{
	static const char *const words[] = {
		[ANALYSE_NO] = ": FAILS", [ANALYSE_YES] = "", [ANALYSE_PERHAPS] = ": not known"};

	strbuf_printf(b, "%s%s\n", leg->title, words[leg->verdict]);
	add_hops(leg, '>', width, b);
	add_hops(leg, '<', width, b);
	for (size_t i = 0; i < leg->n_notes; i++)
		strbuf_printf(b, "    %s\n", leg->notes[i]);
}

static void add_success(const struct explanation *e, struct strbuf *b)
{
	auto_strbuf struct strbuf figures = {0};

	strbuf_printf(b, "reachable: %s answers", e->answer);
	if (e->status)
		strbuf_printf(b, " %d", e->status);
	explain_figures(&e->is, &figures);
	strbuf_printf(b, "%s%s\n", figures.len ? "; " : "", strbuf_str(&figures));
}

void explain_text(const struct explanation *e, struct strbuf *b)
{
	const int width = width_of(e);

	strbuf_printf(b, "%s -> %s\n\n", e->from, e->to);
	for (size_t i = 0; i < e->n_legs; i++)
		add_leg(&e->legs[i], width, b);
	strbuf_addc(b, '\n');
	if (e->verdict == ANALYSE_YES) {
		add_success(e, b);
		return;
	}
	strbuf_printf(b, "%s: %s\n", e->verdict == ANALYSE_NO ? "NOT reachable" : "not known",
		      e->cause);
	if (e->origin.resource)
		strbuf_printf(b, "  where  %s%s%s\n", e->origin.at ? e->origin.at : "",
			      e->origin.at ? ", " : "", e->origin.resource);
}
