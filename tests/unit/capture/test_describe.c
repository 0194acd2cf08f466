// SPDX-License-Identifier: GPL-2.0-only
/* Frames as the kernel gave them, and each of them cut short at every byte: no reader goes too far. */
#include <string.h>

#include "base/cleanup.h"
#include "capture/capture.h"
#include "lib/test.h"

#define ETH            \
	"02b314c498ef" \
	"02b70c42b332" \
	"0800"
#define ENDS       \
	"c0a8010a" \
	"ac10010a" /* 192.168.1.10 > 172.16.1.10 */
#define IP(total, proto)        \
	"4500" total "00010000" \
	"40" proto "0000" ENDS
#define TCP(flags)        \
	"ac06"            \
	"0050"            \
	"00000001"        \
	"00000002"        \
	"50" flags "ffff" \
	"0000"            \
	"0000"

static const struct {
	const char *hex, *says;
} frames[] = {
	{ETH IP("0028", "06") TCP("02"), "192.168.1.10:44038 > 172.16.1.10:80 TCP [SYN]"},
	{ETH IP("0028", "06") TCP("11"), "192.168.1.10:44038 > 172.16.1.10:80 TCP [FIN,ACK]"},
	{ETH IP("0028", "06") TCP("10") "000000000000", /* padding is no payload */
	 "192.168.1.10:44038 > 172.16.1.10:80 TCP [ACK]"},
	{ETH IP("002b", "06") TCP("18") "616263",
	 "192.168.1.10:44038 > 172.16.1.10:80 TCP [PSH,ACK] 3 bytes"},
	{ETH IP("003c", "06") TCP("18") "474554202f1b5b33316d20485454502f312e310d",
	 "192.168.1.10:44038 > 172.16.1.10:80 GET /.[31m HTTP/1.1"},
	{ETH IP("003d", "06") "00b3ac06000000010000000250180fff00000000"
			      "ffffffffffffffffffffffffffffffff"
			      "0013"
			      "04"
			      "0000",
	 "192.168.1.10:179 > 172.16.1.10:44038 BGP KEEPALIVE"},
	{ETH IP("0039", "11") "c001"
			      "0035"
			      "0025"
			      "0000"
			      "1234"
			      "0100"
			      "0001"
			      "0000"
			      "0000"
			      "0000"
			      "03777777"
			      "0361"
			      "2e62"
			      "00"
			      "0001"
			      "0001",
	 "192.168.1.10:49153 > 172.16.1.10:53 DNS query www.a.b A"},
	{ETH IP("0039", "11") "0035"
			      "c001"
			      "0025"
			      "0000"
			      "1234"
			      "8183"
			      "0001"
			      "0002"
			      "0000"
			      "0000"
			      "03777777"
			      "03612e62"
			      "00"
			      "001c"
			      "0001",
	 "192.168.1.10:53 > 172.16.1.10:49153 DNS answer NXDOMAIN www.a.b AAAA, 2 answers"},
	{ETH IP("0034", "11") "c001"
			      "0ec8"
			      "0020"
			      "0000"
			      "20c00318000000010000000200000000",
	 "192.168.1.10:49153 > 172.16.1.10:3784 BFD"},
	{ETH IP("0020", "11") "c001"
			      "03e8"
			      "000c"
			      "0000"
			      "61626364",
	 "192.168.1.10:49153 > 172.16.1.10:1000 UDP 4 bytes"},
	{ETH IP("001c", "01") "0800"
			      "0000"
			      "0007"
			      "0003",
	 "192.168.1.10 > 172.16.1.10 ICMP echo request 3"},
	{ETH IP("001c", "01") "0000"
			      "0000"
			      "0007"
			      "0003",
	 "192.168.1.10 > 172.16.1.10 ICMP echo reply 3"},
	{ETH IP("001c", "01") "0301"
			      "0000"
			      "00000000",
	 "192.168.1.10 > 172.16.1.10 ICMP unreachable: host"},
	{ETH IP("001c", "01") "030d"
			      "0000"
			      "00000000",
	 "192.168.1.10 > 172.16.1.10 ICMP unreachable: code 13"},
	{ETH IP("001c", "01") "0b00"
			      "0000"
			      "00000000",
	 "192.168.1.10 > 172.16.1.10 ICMP time exceeded"},
	{ETH "4500001c"
	     "0001"
	     "00b9"
	     "4006"
	     "0000" ENDS "0000000000000000",
	 "192.168.1.10 > 172.16.1.10 fragment at 1480"},
	{ETH IP("001c", "2f") "0000000000000000", "192.168.1.10 > 172.16.1.10 protocol 47"},
	{"ffffffffffff"
	 "02b70c42b332"
	 "0806"
	 "0001080006040001"
	 "02b70c42b332"
	 "c0a8010a"
	 "000000000000"
	 "c0a801fd",
	 "ARP who has 192.168.1.253? tell 192.168.1.10"},
	{"ffffffffffff"
	 "02b70c42b332"
	 "0806"
	 "0001080006040002"
	 "02b70c42b332"
	 "c0a8010a"
	 "000000000000"
	 "c0a801fd",
	 "ARP 192.168.1.10 is at 02:b7:0c:42:b3:32"},
	{"3333000000ff"
	 "02b70c42b332"
	 "86dd"
	 "60000000",
	 "IPv6"},
	{"3333000000ff"
	 "02b70c42b332"
	 "88cc"
	 "0200",
	 "Ethernet type 0x88cc"},
	{"333300000000", "Ethernet [cut]"},
	{ETH "4500", "IP [cut]"},
};

static size_t from_hex(const char *hex, unsigned char *out)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (unsigned char)byte;
	}
	return n;
}

static void says(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		auto_strbuf struct strbuf out = {0};
		unsigned char data[256];

		capture_describe(data, from_hex(frames[i].hex, data), &out);
		assert_string_equal(strbuf_str(&out), frames[i].says);
	}
}

/* In memory of exactly that size, so that AddressSanitizer sees one byte too many. */
static void cut_short(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
		unsigned char data[256];
		size_t n = from_hex(frames[i].hex, data);

		for (size_t len = 0; len < n; len++) {
			auto_strbuf struct strbuf out = {0};
			auto_free unsigned char *exact = malloc(len ? len : 1);

			memcpy(exact, data, len);
			capture_describe(exact, len, &out);
			assert_true(out.len > 0);
			for (size_t c = 0; c < out.len; c++)
				assert_in_range((unsigned char)out.s[c], 0x20, 0x7e);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says),
		cmocka_unit_test(cut_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
