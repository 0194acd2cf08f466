// SPDX-License-Identifier: GPL-2.0-only
#include "routing/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/icmp.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/ip.h"
#include "base/log.h"

#define PACKETS 256 /* of one socket in one turn */

int routing_watch_init(struct routing_watch *w, struct arena *a,
		       const struct routing_config *config, struct routing_memory *memory,
		       struct lab_error **err)
{
	/* of all ICMP, only answers wake us; without it more is read, and thrown away */
	const struct icmp_filter filter = {.data = ~(1u << ICMP_ECHOREPLY)};

	*w = (struct routing_watch){.config = config, .memory = memory};
	if (getrandom(&w->id, sizeof(w->id), 0) != sizeof(w->id))
		return lab_error_errno(err, LAB_FAILED, errno, "random number");
	w->pulses = arena_alloc(a, config->n_monitors * sizeof(*w->pulses));
	w->down_at = arena_alloc(a, config->n_monitors * sizeof(*w->down_at));
	for (size_t i = 0; i < config->n_monitors; i++)
		(void)setsockopt(config->monitors[i].fd, SOL_RAW, ICMP_FILTER, &filter,
				 sizeof(filter));
	return 0;
}

static uint64_t key_of(const struct routing_monitor *m)
{
	return hash_bytes(hash_str(0, m->name), &m->target, sizeof(m->target));
}

static void mark(struct routing_watch *w, size_t place)
{
	const struct routing_pulse *p = &w->pulses[place];

	routing_memory_mark(w->memory, key_of(p->monitor), p->up ? 0 : p->since);
	routing_wants_pulse(w->wants, place);
}

static void begin_one(struct routing_watch *w, size_t place, uint64_t now)
{
	const struct routing_monitor *m = &w->config->monitors[place];
	uint64_t down_since = routing_memory_down_since(w->memory, key_of(m));

	routing_monitor_begin(&w->pulses[place], m, (uint16_t)(w->id + place), now);
	if (down_since && down_since <= now) {
		routing_monitor_begin_down(&w->pulses[place], down_since);
		w->down_at[place] = time(NULL) - (time_t)((now - down_since) / 1000);
	}
}

void routing_watch_begin(struct routing_watch *w, uint64_t now)
{
	for (size_t i = 0; i < w->config->n_monitors; i++)
		begin_one(w, i, now);
	/* monitors that are no more are forgotten */
	routing_memory_clear(w->memory);
	for (size_t i = 0; i < w->config->n_monitors; i++)
		mark(w, i);
}

static void came_up(struct routing_watch *w, size_t place)
{
	const struct routing_pulse *p = &w->pulses[place];
	char target[IP_STRLEN];

	log_info("%s: up again after %" PRIu64 ".%" PRIu64 " s: %d answers of %s in a row",
		 p->monitor->name, p->down_ms / 1000, p->down_ms / 100 % 10, ROUTING_ANSWERS,
		 ip_format(p->monitor->target, target));
	mark(w, place);
}

static void went_down(struct routing_watch *w, size_t place)
{
	const struct routing_pulse *p = &w->pulses[place];
	uint64_t silent = p->since - p->last;
	char target[IP_STRLEN];

	log_warning("%s: down: %s has not answered for %" PRIu64 ".%" PRIu64 " s, %u requests",
		    p->monitor->name, ip_format(p->monitor->target, target), silent / 1000,
		    silent / 100 % 10, p->lost_by);
	w->down_at[place] = time(NULL);
	mark(w, place);
}

/* Monitors that ask from one address have one queue of answers, so each packet is shown to all. */
static void take(struct routing_watch *w, uint64_t now, const void *packet, size_t n, uint32_t from)
{
	for (size_t i = 0; i < w->config->n_monitors; i++) {
		if (routing_monitor_take(&w->pulses[i], now, packet, n, from))
			came_up(w, i);
	}
}

void routing_watch_read(struct routing_watch *w, size_t place, uint64_t now)
{
	unsigned char packet[2048] = {0};

	for (int i = 0; i < PACKETS; i++) {
		struct sockaddr_in from = {0};
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(w->config->monitors[place].fd, packet, sizeof(packet),
				     MSG_DONTWAIT, (struct sockaddr *)&from, &len);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0) /* an error is about a packet that we sent; it counts as lost anyway */
			take(w, now, packet, (size_t)n, ntohl(from.sin_addr.s_addr));
	}
}

static void send_request(void *ctx, const void *packet, size_t n)
{
	const struct routing_monitor *m = ctx;
	const struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(m->target)};

	/* what the kernel will not send is lost, as what the network drops */
	(void)sendto(m->fd, packet, n, MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to));
}

uint64_t routing_watch_beat(struct routing_watch *w, size_t place, uint64_t now)
{
	struct routing_pulse *p = &w->pulses[place];

	if (routing_monitor_tick(p, now, send_request, &w->config->monitors[place]))
		went_down(w, place);
	return routing_monitor_due(p, now);
}
