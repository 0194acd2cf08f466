// SPDX-License-Identifier: GPL-2.0-only
/*
 * A monitor is down when no answer has come for `losses` intervals less a tenth of one: the last
 * request is not waited for, so that the failure is acted upon within `losses` intervals, as the
 * vendor promises.
 *
 * Time alone does not prove a loss: a process that was stopped, or a machine that was, sent nothing
 * meanwhile. So as many requests as belong to that time must have been sent, too.
 */
#include "routing/monitor.h"

#include "base/echo.h"

void routing_monitor_begin(struct routing_pulse *p, const struct routing_monitor *m, uint16_t id,
			   uint64_t now)
{
	*p = (struct routing_pulse){
		.monitor = m, .up = true, .since = now, .last = now, .send_at = now, .id = id};
}

void routing_monitor_begin_down(struct routing_pulse *p, uint64_t since)
{
	p->up = false;
	p->since = since;
}

static uint64_t deadline(const struct routing_pulse *p)
{
	uint64_t interval = p->monitor->interval_ms;

	return p->last + p->monitor->losses * interval - interval / 10;
}

static void send_request(struct routing_pulse *p, uint64_t now, routing_send *send, void *ctx)
{
	unsigned char packet[ECHO_PACKET];

	echo_request(packet, p->id, p->next++);
	p->unanswered = p->unanswered << 1 | 1;
	p->lost++;
	send(ctx, packet, sizeof(packet));
	p->send_at += p->monitor->interval_ms;
	if (p->send_at <= now) /* we were late: what was missed is not made up for */
		p->send_at = now + p->monitor->interval_ms;
}

bool routing_monitor_tick(struct routing_pulse *p, uint64_t now, routing_send *send, void *ctx)
{
	if (now >= p->send_at)
		send_request(p, now, send, ctx);
	if (!p->up || now < deadline(p) || p->lost + 1 < p->monitor->losses)
		return false;
	p->up = false;
	p->since = now;
	p->lost_by = p->lost;
	p->answers = 0;
	return true;
}

uint64_t routing_monitor_due(const struct routing_pulse *p, uint64_t now)
{
	uint64_t end = deadline(p);

	return p->up && end > now && end < p->send_at ? end : p->send_at;
}

static bool is_expected(struct routing_pulse *p, uint16_t seq)
{
	uint16_t age = (uint16_t)(p->next - 1 - seq);

	if (age >= 64 || !(p->unanswered >> age & 1))
		return false;
	p->unanswered &= ~((uint64_t)1 << age); /* a duplicate does not count */
	return true;
}

bool routing_monitor_take(struct routing_pulse *p, uint64_t now, const void *packet, size_t n,
			  uint32_t from)
{
	uint16_t seq;

	if (from != p->monitor->target || !echo_reply(packet, n, p->id, &seq) ||
	    !is_expected(p, seq))
		return false;
	p->answers = p->answers && seq == (uint16_t)(p->answered + 1) ? p->answers + 1 : 1;
	p->answered = seq;
	p->last = now;
	p->lost = 0;
	if (p->up || p->answers < ROUTING_ANSWERS)
		return false;
	p->up = true;
	p->down_ms = now - p->since;
	p->since = now;
	return true;
}
