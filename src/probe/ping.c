// SPDX-License-Identifier: GPL-2.0-only
/* Round trips, as ping(8) measures them. */
#include "probe/probe.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "probe/echo.h"

struct tally {
	uint64_t *sent_at; /* by sequence number; 0: not sent, or answered */
	uint32_t sent, received;
	uint64_t sum, min, max;
};

static void send_one(int raw, const struct sockaddr_in *to, uint16_t id, struct tally *t)
{
	t->sent_at[t->sent] = probe_now_us();
	echo_send(raw, to, id, (uint16_t)t->sent++);
}

static void take_one(int raw, const struct sockaddr_in *to, uint16_t id, struct tally *t)
{
	uint64_t rtt, waited_us;
	uint16_t seq;

	if (!echo_receive(raw, to, id, &seq, &waited_us) || seq >= t->sent || !t->sent_at[seq])
		return;
	rtt = probe_now_us() - t->sent_at[seq];
	rtt -= waited_us < rtt ? waited_us : 0;
	t->sent_at[seq] = 0; /* a duplicate does not count */
	t->min = t->received == 0 || rtt < t->min ? rtt : t->min;
	t->max = rtt > t->max ? rtt : t->max;
	t->sum += rtt;
	t->received++;
}

/* Sends on time, takes what comes, until all are answered or the last one's time is over. */
static void run(const struct probe_spec *spec, int raw, const struct sockaddr_in *to, uint16_t id,
		struct tally *t)
{
	struct pollfd p = {.fd = raw, .events = POLLIN};
	uint64_t next = probe_now_us();

	while (t->received < spec->count) {
		uint64_t now = probe_now_us();
		bool all_sent = t->sent == spec->count;

		if (now >= next && all_sent)
			return;
		if (now >= next) {
			send_one(raw, to, id, t);
			next = now + (uint64_t)(t->sent == spec->count ? spec->timeout_ms
								       : spec->interval_ms) *
					     1000;
			continue;
		}
		if (poll(&p, 1, (int)((next - now + 999) / 1000)) > 0)
			take_one(raw, to, id, t);
	}
}

static json_t *report(const struct tally *t)
{
	if (t->received == 0)
		return json_pack("{s:s, s:i, s:i}", "kind", "ping", "sent", (int)t->sent,
				 "received", 0);
	return json_pack("{s:s, s:i, s:i, s:I, s:I, s:I}", "kind", "ping", "sent", (int)t->sent,
			 "received", (int)t->received, "min_us", (json_int_t)t->min, "avg_us",
			 (json_int_t)(t->sum / t->received), "max_us", (json_int_t)t->max);
}

json_t *probe_ping(const struct probe_spec *spec, int raw)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	auto_free uint64_t *sent_at = calloc(spec->count, sizeof(*sent_at));
	struct tally tally = {.sent_at = sent_at};
	const char *why;
	uint16_t id;

	if (!sent_at)
		abort();
	if (probe_resolve(spec->host, &to.sin_addr, &why) < 0)
		return json_pack("{s:s, s:s}", "kind", "ping", "error", why);
	if (getrandom(&id, sizeof(id), 0) != sizeof(id)) /* never short for so few bytes */
		return json_pack("{s:s, s:s}", "kind", "ping", "error", strerror(errno));
	run(spec, raw, &to, id, &tally);
	return report(&tally);
}
