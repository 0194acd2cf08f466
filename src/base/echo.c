// SPDX-License-Identifier: GPL-2.0-only
#include "base/echo.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>

static uint16_t checksum(const unsigned char *b, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(b[i] << 8 | b[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

void echo_request(unsigned char packet[static ECHO_PACKET], uint16_t id, uint16_t seq)
{
	struct icmphdr head = {.type = ICMP_ECHO,
			       .un.echo = {.id = htons(id), .sequence = htons(seq)}};

	for (size_t i = sizeof(head); i < ECHO_PACKET; i++)
		packet[i] = (unsigned char)(i - sizeof(head));
	memcpy(packet, &head, sizeof(head));
	head.checksum = checksum(packet, ECHO_PACKET);
	memcpy(packet, &head, sizeof(head));
}

bool echo_reply(const void *packet, size_t n, uint16_t id, uint16_t *seq)
{
	const unsigned char *b = packet;
	struct icmphdr head;
	size_t ip_len;

	if (n < sizeof(struct iphdr))
		return false;
	ip_len = (size_t)(b[0] & 15) * 4;
	if (ip_len < sizeof(struct iphdr) || n < ip_len + sizeof(head))
		return false;
	memcpy(&head, b + ip_len, sizeof(head));
	*seq = ntohs(head.un.echo.sequence);
	return head.type == ICMP_ECHOREPLY && ntohs(head.un.echo.id) == id;
}
