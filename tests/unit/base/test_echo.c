// SPDX-License-Identifier: GPL-2.0-only
#include "lib/test.h"

#include "base/cleanup.h"
#include "base/echo.h"

/* What a host answers: an IP header of `ihl` words, and the request with the type of a reply. */
static size_t answer(unsigned char *packet, unsigned char ihl, uint16_t id, uint16_t seq)
{
	size_t ip_len = ihl * 4u;

	memset(packet, 0, ip_len);
	packet[0] = (unsigned char)(0x40 | ihl);
	echo_request(packet + ip_len, id, seq);
	packet[ip_len] = 0; /* ICMP_ECHOREPLY */
	return ip_len + ECHO_PACKET;
}

static void a_request_is_as_ping_sends_it(void **state)
{
	static const unsigned char head[] = {8, 0, 0, 0, 0x12, 0x34, 0x00, 0x07, 0, 1, 2, 3};
	unsigned char packet[ECHO_PACKET];
	uint32_t sum = 0;

	echo_request(packet, 0x1234, 7);
	for (size_t i = 0; i < ECHO_PACKET; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff); /* RFC 1071: with its checksum, all ones */
	packet[2] = packet[3] = 0;
	assert_memory_equal(packet, head, sizeof(head));
	assert_int_equal(packet[ECHO_PACKET - 1], 55);
}

static void only_a_whole_reply_to_this_id_counts(void **state)
{
	unsigned char packet[128];
	uint16_t seq = 0;
	size_t n;

	for (unsigned char ihl = 5; ihl <= 15; ihl += 5) { /* with options too */
		n = answer(packet, ihl, 0x1234, 65535);
		assert_true(echo_reply(packet, n, 0x1234, &seq));
		assert_int_equal(seq, 65535);
		for (size_t cut = 0; cut < ihl * 4u + 8; cut++)
			assert_false(echo_reply(packet, cut, 0x1234, &seq));
	}
	n = answer(packet, 5, 0x1234, 1);
	assert_false(echo_reply(packet, n, 0x1235, &seq));
	packet[20] = 8; /* our own request, on loopback */
	assert_false(echo_reply(packet, n, 0x1234, &seq));
	n = answer(packet, 5, 0x1234, 1);
	packet[0] = 0x44; /* a header that is shorter than a header */
	assert_false(echo_reply(packet, n, 0x1234, &seq));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_as_ping_sends_it),
		cmocka_unit_test(only_a_whole_reply_to_this_id_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
