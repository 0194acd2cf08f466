// SPDX-License-Identifier: GPL-2.0-only
/*
 * ICMP echo as ping(8) sends it: 56 bytes of payload, 84 on the wire with IP. A raw socket, because
 * the kernel's unprivileged ICMP sockets are switched off by ping_group_range nearly everywhere.
 */
#include "probe/probe.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define PAYLOAD 56

struct tally {
	uint64_t *sent_at; /* by sequence number; 0: not sent, or answered */
	uint32_t sent, received;
	uint64_t sum, min, max;
};

static uint16_t checksum(const void *data, size_t len)
{
	const uint8_t *b = data;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void send_one(int raw, const struct sockaddr_in *to, uint16_t id, struct tally *t)
{
	struct {
		struct icmphdr head;
		uint8_t payload[PAYLOAD];
	} packet = {.head = {.type = ICMP_ECHO}};

	packet.head.un.echo.id = id;
	packet.head.un.echo.sequence = htons((uint16_t)t->sent);
	for (size_t i = 0; i < PAYLOAD; i++)
		packet.payload[i] = (uint8_t)i;
	packet.head.checksum = checksum(&packet, sizeof(packet));
	t->sent_at[t->sent++] = probe_now_us();
	/* a packet that the kernel will not send is a lost packet */
	(void)sendto(raw, &packet, sizeof(packet), 0, (const struct sockaddr *)to, sizeof(*to));
}

static void take_one(int raw, const struct sockaddr_in *to, uint16_t id, struct tally *t)
{
	uint8_t packet[2048];
	struct sockaddr_in from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(raw, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &from_len);
	uint64_t now = probe_now_us(), rtt;
	struct icmphdr icmp;
	size_t ip_len;
	uint16_t seq;

	if (n < (ssize_t)sizeof(struct iphdr) || from.sin_addr.s_addr != to->sin_addr.s_addr)
		return;
	ip_len = (size_t)(packet[0] & 15) * 4;
	if ((size_t)n < ip_len + sizeof(icmp))
		return;
	memcpy(&icmp, packet + ip_len, sizeof(icmp));
	seq = ntohs(icmp.un.echo.sequence);
	if (icmp.type != ICMP_ECHOREPLY || icmp.un.echo.id != id || seq >= t->sent ||
	    !t->sent_at[seq])
		return;
	rtt = now - t->sent_at[seq];
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
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return json_pack("{s:s, s:s}", "kind", "ping", "error", strerror(errno));
	run(spec, raw, &to, id, &tally);
	return report(&tally);
}
