// SPDX-License-Identifier: GPL-2.0-only
#include "routing/note.h"

#define NAMED 4   /* so many monitors are all named */
#define ROOM  200 /* bytes of names, so that a note of 300 bytes has its end */

static void add_down(struct strbuf *b, const struct routing_pulse *p, time_t down_at)
{
	struct tm tm;

	gmtime_r(&down_at, &tm);
	strbuf_printf(b, "%s down since %02d:%02d:%02dZ", p->monitor->name, tm.tm_hour, tm.tm_min,
		      tm.tm_sec);
	if (p->lost_by)
		strbuf_printf(b, " (%u lost)", p->lost_by);
	strbuf_add(b, ", ");
}

static void add_each(struct strbuf *b, const struct routing_pulse *pulses, const time_t *down_at,
		     size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (pulses[i].up)
			strbuf_printf(b, "%s up, ", pulses[i].monitor->name);
		else
			add_down(b, &pulses[i], down_at[i]);
	}
}

static void add_many(struct strbuf *b, const struct routing_pulse *pulses, const time_t *down_at,
		     size_t n)
{
	size_t up = 0, start = b->len;

	for (size_t i = 0; i < n; i++)
		up += pulses[i].up;
	strbuf_printf(b, "%zu of %zu up, ", up, n);
	for (size_t i = 0; i < n && b->len - start < ROOM; i++) {
		if (!pulses[i].up)
			add_down(b, &pulses[i], down_at[i]);
	}
}

void routing_note(struct strbuf *b, const struct routing_pulse *pulses, const time_t *down_at,
		  size_t n, const struct routing_tally *tally)
{
	if (n <= NAMED)
		add_each(b, pulses, down_at, n);
	else
		add_many(b, pulses, down_at, n);
	strbuf_printf(b, "%zu learned, %zu routes", tally->learned, tally->routes);
	if (tally->missing)
		strbuf_printf(b, ", %zu missing", tally->missing);
}
