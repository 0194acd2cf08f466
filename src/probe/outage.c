// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long answers stay away. Pings at a steady pace; the time without an answer begins with the last one
 * that came before the gap and ends with the first one behind it. Which packets were lost does not
 * matter, only when answers come: a route that is restored lets the very next ping through.
 *
 * On a busy host this process may stand still. An answer came when the kernel got it, not when it was read. And while
 * nothing was sent, no answer is missing: of a gap, only those pauses between pings count that have lost ones before
 * and behind them.
 */
#include "probe/probe.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "probe/echo.h"

#define GAP_PACES 5      /* without answers: an outage; fewer are loss */
#define STEADY_US 500000 /* of answers behind a gap: it is over */

struct watch {
	uint64_t start, first, last; /* of the watch, the first and the newest answer */
	uint64_t gap, gap_end, unseen;
	uint64_t sent_at; /* the newest ping */
	uint32_t late_us[1
			 << 16]; /* by number of a ping: how much too late it was sent; 0: hardly */
	uint32_t received;
	uint16_t sent, answered; /* pings; the number of the newest one that was answered */
};

static uint64_t pace_of(const struct probe_spec *spec)
{
	return (uint64_t)spec->interval_ms * 1000;
}

static void send_next(const struct probe_spec *spec, int raw, const struct sockaddr_in *to,
		      uint16_t id, struct watch *w)
{
	const uint64_t now = probe_now_us(), pause = w->sent_at ? now - w->sent_at : 0;

	w->late_us[w->sent] = pause > 2 * pace_of(spec) ? (uint32_t)(pause - pace_of(spec)) : 0;
	w->sent_at = now;
	echo_send(raw, to, id, w->sent++);
}

/* What of the gap before the answer to that ping nobody looked at: before the first lost one, and before that ping. */
static uint64_t unseen_before(const struct watch *w, uint16_t seq)
{
	const uint16_t lost = (uint16_t)(w->answered + 1);

	return w->late_us[seq] + (uint64_t)(lost != seq ? w->late_us[lost] : 0);
}

static void note_gap(const struct probe_spec *spec, struct watch *w, uint16_t seq, uint64_t gap)
{
	const uint64_t least = pace_of(spec) * GAP_PACES, unseen = unseen_before(w, seq);

	if (gap > least && unseen) {
		w->unseen += unseen;
		gap -= unseen < gap ? unseen : gap;
	}
	if (gap > least && gap > w->gap) {
		w->gap = gap;
		w->gap_end = w->last + gap;
	}
}

static void answered(const struct probe_spec *spec, struct watch *w, uint16_t seq,
		     uint64_t waited_us)
{
	uint64_t at = probe_now_us() - waited_us;

	if (at < w->last)
		at = w->last; /* the clock was set */
	if (w->received)
		note_gap(spec, w, seq, at - w->last);
	w->last = at;
	w->answered = seq;
	/* whoever waits for it may now cut the line; white space is allowed before a JSON text */
	if (w->received++ == 0) {
		w->first = at;
		(void)putchar('\n'); /* the result itself would fail, too, and is checked */
		(void)fflush(stdout);
	}
}

/* Nothing is missing where every ping has its answer, whenever the last one was sent. */
static bool coming(const struct probe_spec *spec, const struct watch *w, uint64_t now)
{
	return w->received && (now - w->last < pace_of(spec) * GAP_PACES ||
			       w->sent == (uint16_t)(w->answered + 1));
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
	uint64_t next = probe_now_us(), waited_us;
	uint16_t seq;

	w->start = next;
	for (;;) {
		uint64_t now = probe_now_us();

		if (over(spec, w, now))
			return;
		if (now >= next) {
			send_next(spec, raw, to, id, w);
			next = (now - next < pace_of(spec) ? next : now) + pace_of(spec);
			continue;
		}
		if (poll(&p, 1, (int)((next - now + 999) / 1000)) > 0 &&
		    echo_receive(raw, to, id, &seq, &waited_us))
			answered(spec, w, seq, waited_us);
	}
}

static json_t *report(const struct probe_spec *spec, const struct watch *w)
{
	return json_pack("{s:s, s:i, s:I, s:I, s:b}", "kind", "outage", "received",
			 (int)w->received, "outage_us", (json_int_t)w->gap, "unseen_us",
			 (json_int_t)w->unseen, "back", coming(spec, w, probe_now_us()));
}

json_t *probe_outage(const struct probe_spec *spec, int raw)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	auto_free struct watch *w = calloc(1, sizeof(*w));
	const char *why;
	uint16_t id;

	if (!w)
		abort();
	if (probe_resolve(spec->host, &to.sin_addr, &why) < 0)
		return json_pack("{s:s, s:s}", "kind", "outage", "error", why);
	if (getrandom(&id, sizeof(id), 0) != sizeof(id)) /* never short for so few bytes */
		return json_pack("{s:s, s:s}", "kind", "outage", "error", "no random number");
	watch(spec, raw, &to, id, w);
	return report(spec, w);
}
