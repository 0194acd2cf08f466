// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet in one line. Every reader is given the bytes that are there and looks before it reads; what is
 * cut short is called so.
 */
#include "capture/capture.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/ip.h"
#include "capture/bytes.h"

#define CUT      "[cut]"
#define TEXT_MAX 100 /* of somebody's own text */

/* Up to the end of the line, with what is no printable ASCII as dots. */
static void add_line(struct strbuf *out, struct bytes b)
{
	for (size_t i = 0; i < b.n && i < TEXT_MAX && b.p[i] != '\r' && b.p[i] != '\n'; i++)
		strbuf_addc(out, b.p[i] >= 0x20 && b.p[i] < 0x7f ? (char)b.p[i] : '.');
}

/* --- DNS (RFC 1035) --- */

static const char *dns_type(uint16_t type)
{
	switch (type) {
	case 1: return "A";
	case 2: return "NS";
	case 5: return "CNAME";
	case 6: return "SOA";
	case 12: return "PTR";
	case 16: return "TXT";
	case 28: return "AAAA";
	case 65: return "HTTPS";
	default: return "?";
	}
}

static const char *dns_code(unsigned int code)
{
	static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
					    "NXDOMAIN", "NOTIMP",  "REFUSED"};

	return code < ARRAY_LEN(names) ? names[code] : "?";
}

/* The name of the question, which is never compressed. Bytes read, 0: not whole. */
static size_t add_name(struct strbuf *out, struct bytes b)
{
	size_t at = 0;

	while (at < b.n && b.p[at]) {
		size_t len = b.p[at];

		if (len > 63 || at + 1 + len >= b.n)
			return 0;
		if (at)
			strbuf_addc(out, '.');
		add_line(out, (struct bytes){b.p + at + 1, len});
		at += 1 + len;
	}
	return at < b.n ? at + 1 : 0;
}

static void describe_dns(struct strbuf *out, struct bytes b)
{
	bool answer;
	size_t len;

	strbuf_add(out, "DNS ");
	if (b.n < 12) {
		strbuf_add(out, CUT);
		return;
	}
	answer = b.p[2] & 0x80;
	if (answer)
		strbuf_printf(out, "answer %s ", dns_code(b.p[3] & 15));
	else
		strbuf_add(out, "query ");
	len = add_name(out, bytes_after(b, 12));
	if (!len || 12 + len + 4 > b.n)
		return;
	strbuf_printf(out, " %s", dns_type(bytes_u16(b, 12 + len)));
	if (answer)
		strbuf_printf(out, ", %u answers", (unsigned int)bytes_u16(b, 6));
}

/* --- TCP and UDP --- */

static void describe_bgp(struct strbuf *out, struct bytes b)
{
	static const char *const names[] = {"?", "OPEN", "UPDATE", "NOTIFICATION", "KEEPALIVE"};

	/* RFC 4271: 16 bytes of marker, 2 of length, 1 of type */
	strbuf_printf(out, "BGP %s", b.p[18] < ARRAY_LEN(names) ? names[b.p[18]] : "?");
}

static bool is_http(struct bytes b)
{
	static const char *const starts[] = {"HTTP/1.", "GET ",   "POST ",    "PUT ",  "DELETE ",
					     "HEAD ",   "PATCH ", "OPTIONS ", "TRACE "};

	for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
		size_t n = strlen(starts[i]);

		if (b.n >= n && !memcmp(b.p, starts[i], n))
			return true;
	}
	return false;
}

static void add_flags(struct strbuf *out, unsigned int flags)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} names[] = {{2, "SYN"}, {1, "FIN"}, {4, "RST"}, {8, "PSH"}, {16, "ACK"}};
	const char *sep = "";

	strbuf_addc(out, '[');
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!(flags & names[i].bit))
			continue;
		strbuf_printf(out, "%s%s", sep, names[i].name);
		sep = ",";
	}
	strbuf_addc(out, ']');
}

/* length: of the segment's payload on the wire, b what there is of it. */
static void describe_tcp(struct strbuf *out, struct bytes head, size_t length)
{
	size_t offset = head.n >= 20 ? (size_t)(head.p[12] >> 4) * 4 : 0;
	struct bytes b = bytes_after(head, offset);
	bool bgp = bytes_u16(head, 0) == 179 || bytes_u16(head, 2) == 179;

	strbuf_add(out, "TCP ");
	if (offset < 20) {
		strbuf_add(out, CUT);
		return;
	}
	if (is_http(b)) {
		strbuf_trunc(out, out->len - 4);
		add_line(out, b);
		return;
	}
	if (bgp && b.n >= 19) {
		strbuf_trunc(out, out->len - 4);
		describe_bgp(out, b);
		return;
	}
	add_flags(out, head.p[13]);
	if (length > offset)
		strbuf_printf(out, " %zu bytes", length - offset);
}

static void describe_udp(struct strbuf *out, struct bytes head, size_t length)
{
	uint16_t from = bytes_u16(head, 0), to = bytes_u16(head, 2);

	if (from == 53 || to == 53)
		describe_dns(out, bytes_after(head, 8));
	else if (to == 3784)
		strbuf_add(out, "BFD"); /* RFC 5881 */
	else
		strbuf_printf(out, "UDP %zu bytes", length > 8 ? length - 8 : 0);
}

/* --- ICMP (RFC 792) --- */

static void describe_icmp(struct strbuf *out, struct bytes b)
{
	static const char *const unreachable[] = {"network", "host", "protocol", "port",
						  "fragmentation needed"};

	strbuf_add(out, "ICMP ");
	if (b.n < 8) {
		strbuf_add(out, CUT);
		return;
	}
	switch (b.p[0]) {
	case 0:
	case 8:
		strbuf_printf(out, "echo %s %u", b.p[0] ? "request" : "reply",
			      (unsigned int)bytes_u16(b, 6));
		break;
	case 3:
		if (b.p[1] < ARRAY_LEN(unreachable))
			strbuf_printf(out, "unreachable: %s", unreachable[b.p[1]]);
		else
			strbuf_printf(out, "unreachable: code %u", b.p[1]);
		break;
	case 11: strbuf_add(out, "time exceeded"); break;
	default: strbuf_printf(out, "type %u", b.p[0]);
	}
}

/* --- IPv4 (RFC 791), ARP (RFC 826), Ethernet --- */

static void add_ends(struct strbuf *out, struct bytes ip, struct bytes transport, bool ports)
{
	char from[IP_STRLEN], to[IP_STRLEN];

	(void)ip_format(bytes_u32(ip, 12), from);
	(void)ip_format(bytes_u32(ip, 16), to);
	if (ports)
		strbuf_printf(out, "%s:%u > %s:%u ", from, (unsigned int)bytes_u16(transport, 0),
			      to, (unsigned int)bytes_u16(transport, 2));
	else
		strbuf_printf(out, "%s > %s ", from, to);
}

static void describe_ip(struct strbuf *out, struct bytes ip)
{
	size_t header = ip.n >= 20 ? (size_t)(ip.p[0] & 15) * 4 : 0, total;
	struct bytes b = bytes_after(ip, header);
	bool ports, later;

	if (header < 20 || ip.n < header) {
		strbuf_add(out, "IP " CUT);
		return;
	}
	total = bytes_u16(ip, 2) > header ? bytes_u16(ip, 2) - header : 0;
	if (b.n > total) /* what is short is padded on Ethernet */
		b.n = total;
	later = bytes_u16(ip, 6) & 0x1fff;
	ports = !later && (ip.p[9] == IPPROTO_TCP || ip.p[9] == IPPROTO_UDP) && b.n >= 8;
	add_ends(out, ip, b, ports);
	if (later)
		strbuf_printf(out, "fragment at %d", (bytes_u16(ip, 6) & 0x1fff) * 8);
	else if (ports && ip.p[9] == IPPROTO_TCP)
		describe_tcp(out, b, total);
	else if (ports)
		describe_udp(out, b, total);
	else if (ip.p[9] == IPPROTO_ICMP)
		describe_icmp(out, b);
	else
		strbuf_printf(out, "protocol %u", ip.p[9]);
}

static void describe_arp(struct strbuf *out, struct bytes b)
{
	char from[IP_STRLEN], to[IP_STRLEN];

	strbuf_add(out, "ARP ");
	if (b.n < 28) {
		strbuf_add(out, CUT);
		return;
	}
	(void)ip_format(bytes_u32(b, 14), from);
	(void)ip_format(bytes_u32(b, 24), to);
	if (bytes_u16(b, 6) == 1)
		strbuf_printf(out, "who has %s? tell %s", to, from);
	else
		strbuf_printf(out, "%s is at %02x:%02x:%02x:%02x:%02x:%02x", from, b.p[8], b.p[9],
			      b.p[10], b.p[11], b.p[12], b.p[13]);
}

void capture_describe(const unsigned char *data, size_t n, struct strbuf *out)
{
	struct bytes b = {data, n};

	if (n < 14) {
		strbuf_add(out, "Ethernet " CUT);
		return;
	}
	switch (bytes_u16(b, 12)) {
	case ETHERTYPE_IP: describe_ip(out, bytes_after(b, 14)); break;
	case ETHERTYPE_ARP: describe_arp(out, bytes_after(b, 14)); break;
	case ETHERTYPE_IPV6: strbuf_add(out, "IPv6"); break;
	default: strbuf_printf(out, "Ethernet type 0x%04x", bytes_u16(b, 12));
	}
}
