// SPDX-License-Identifier: GPL-2.0-only
#include "probe/echo.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

#define PAYLOAD 56

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

void echo_send(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t seq)
{
	struct {
		struct icmphdr head;
		uint8_t payload[PAYLOAD];
	} packet = {.head = {.type = ICMP_ECHO}};

	packet.head.un.echo.id = id;
	packet.head.un.echo.sequence = htons(seq);
	for (size_t i = 0; i < PAYLOAD; i++)
		packet.payload[i] = (uint8_t)i;
	packet.head.checksum = checksum(&packet, sizeof(packet));
	(void)sendto(raw, &packet, sizeof(packet), 0, (const struct sockaddr *)to, sizeof(*to));
}

bool echo_receive(int raw, const struct sockaddr_in *to, uint16_t id, uint16_t *seq)
{
	uint8_t packet[2048];
	struct sockaddr_in from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(raw, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &from_len);
	struct icmphdr icmp;
	size_t ip_len;

	if (n < (ssize_t)sizeof(struct iphdr) || from.sin_addr.s_addr != to->sin_addr.s_addr)
		return false;
	ip_len = (size_t)(packet[0] & 15) * 4;
	if ((size_t)n < ip_len + sizeof(icmp))
		return false;
	memcpy(&icmp, packet + ip_len, sizeof(icmp));
	*seq = ntohs(icmp.un.echo.sequence);
	return icmp.type == ICMP_ECHOREPLY && icmp.un.echo.id == id;
}
