// SPDX-License-Identifier: GPL-2.0-only
#include "compile/context.h"

/* Below this, a frame bigger than the shaper's burst would stall it. */
#define GSO_RATE 200000000u

/*
 * A bucket that holds a frame lets more than 5 % too much pass in the first second of such a link, and after
 * each pause; its burst is smaller than a frame, which the kernel's htb allows. It lends one small frame on top:
 * with 300 bytes 1 kbit/s was up to 5.2 % too fast in its first minute.
 */
#define SLOW_RATE  400000u
#define SLOW_BURST 200u

/*
 * Credit for more than a frame: what the kernel's timer is late would otherwise be lost to the link, and on a busy
 * host it is late by milliseconds. With 2 ms and 1600 bytes some links were 0.3 % and more too slow.
 */
#define BURST_US  5000u
#define BURST_MIN 2500u

/* Bytes that pass at `rate` in `us`, at least `least`, at most what the plan can say. */
static uint32_t bytes_in(uint64_t rate, uint64_t us, uint32_t least)
{
	uint64_t n = rate / 8 * us / 1000000;

	if (n < least)
		return least;
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/*
 * The figures are measured: with this burst a token bucket is true to its rate within 0.3 %, and
 * a queue in bytes keeps the latency under load at 100 ms instead of pfifo's 600.
 */
void compile_shaper(struct compile *c, struct plan_origin origin, const char *ns, const char *dev,
		    struct line line)
{
	struct plan_shaper *s = plan_add_shaper(c->plan);

	*s = (struct plan_shaper){
		.origin = origin,
		.ns = ns,
		.dev = dev,
		.rate = line.rate,
		.burst = line.rate < SLOW_RATE ? SLOW_BURST
					       : bytes_in(line.rate, BURST_US, BURST_MIN),
		.limit = bytes_in(line.rate, 100000, 30000),
	};
	if (compile_by_wire(c, &line))
		return;
	s->delay_us = line.rtt_us / 2;
	s->jitter_us = line.jitter_us / 2;
	s->loss_ppm = line.loss_ppm;
	s->duplicate_ppm = line.duplicate_ppm;
	s->reorder_ppm = line.reorder_ppm;
}

uint32_t compile_gso_segs(const struct line *line)
{
	return line->rate <= GSO_RATE || compile_spoils(line) ? 1 : 0;
}
