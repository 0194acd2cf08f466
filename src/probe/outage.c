// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long answers stay away. Pings at a steady pace; the time without an answer begins with the last one
 * that came before the gap and ends with the first one behind it. Which packets were lost does not
 * matter, only when answers come: a route that is restored lets the very next ping through.
 */
#include "probe/probe.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "probe/echo.h"

#define GAP_PACES 5      /* without answers: an outage; fewer are loss */
#define STEADY_US 500000 /* of answers behind a gap: it is over */

struct watch {
	uint64_t start, first, last; /* of the watch, the first and the newest answer */
	uint64_t gap, gap_end;
	uint32_t received;
	uint16_t sent;
};

static void answered(const struct probe_spec *spec, struct watch *w)
{
	uint64_t now = probe_now_us(), gap = w->received ? now - w->last : 0;

	if (gap > (uint64_t)spec->interval_ms * 1000 * GAP_PACES && gap > w->gap) {
		w->gap = gap;
		w->gap_end = now;
	}
	w->last = now;
	/* whoever waits for it may now cut the line; white space is allowed before a JSON text */
	if (w->received++ == 0) {
		w->first = now;
		(void)putchar('\n'); /* the result itself would fail, too, and is checked */
		(void)fflush(stdout);
	}
}

static bool coming(const struct probe_spec *spec, const struct watch *w, uint64_t now)
{
	return w->received && now - w->last < (uint64_t)spec->interval_ms * 1000 * GAP_PACES;
}

/* What has been seen will not change any more. */
static bool over(const struct probe_spec *spec, const struct watch *w, uint64_t now)
{
	if (now - w->start >= (uint64_t)spec->timeout_ms * 1000)
		return true;
	if (!coming(spec, w, now))
		return false; /* the longest gap may be this one, a second one perhaps */
	if (w->gap)
		return now - w->gap_end >= STEADY_US;
	return now - w->first >= (uint64_t)spec->quiet_ms * 1000;
}

static void watch(const struct probe_spec *spec, int raw, const struct sockaddr_in *to, uint16_t id,
		  struct watch *w)
{
	struct pollfd p = {.fd = raw, .events = POLLIN};
	uint64_t next = probe_now_us();
	uint16_t seq;

	w->start = next;
	for (;;) {
		uint64_t now = probe_now_us();

		if (over(spec, w, now))
			return;
		if (now >= next) {
			echo_send(raw, to, id, w->sent++);
			next += (uint64_t)spec->interval_ms * 1000;
			continue;
		}
		if (poll(&p, 1, (int)((next - now + 999) / 1000)) > 0 &&
		    echo_receive(raw, to, id, &seq))
			answered(spec, w);
	}
}

json_t *probe_outage(const struct probe_spec *spec, int raw)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct watch w = {0};
	const char *why;
	uint16_t id;
	bool back;

	if (probe_resolve(spec->host, &to.sin_addr, &why) < 0)
		return json_pack("{s:s, s:s}", "kind", "outage", "error", why);
	if (getrandom(&id, sizeof(id), 0) != sizeof(id)) /* never short for so few bytes */
		return json_pack("{s:s, s:s}", "kind", "outage", "error", "no random number");
	watch(spec, raw, &to, id, &w);
	back = coming(spec, &w, probe_now_us());
	return json_pack("{s:s, s:i, s:I, s:b}", "kind", "outage", "received", (int)w.received,
			 "outage_us", (json_int_t)w.gap, "back", back);
}
