// SPDX-License-Identifier: GPL-2.0-only
#include "capture/capture.h"

#include <net/ethernet.h>
#include <netinet/in.h>

#include "base/hash.h"
#include "capture/bytes.h"

/* A segment that only acknowledges. total: of the segment on the wire. */
static bool is_bare(struct bytes tcp, size_t total)
{
	return tcp.n >= 20 && total == (size_t)(tcp.p[12] >> 4) * 4 && tcp.p[13] == 0x10;
}

/*
 * What routers leave as it is: lengths, the IP identification, protocol, addresses, and the first bytes
 * of what it carries but for checksums, which are written late where a device does it (offload).
 */
static uint64_t key_of(struct bytes ip, struct bytes transport)
{
	uint64_t key = hash_bytes(0, ip.p + 2, 4);

	key = hash_bytes(key, ip.p + 9, 1);
	key = hash_bytes(key, ip.p + 12, 8);
	if (ip.p[9] == IPPROTO_UDP && transport.n >= 8) {
		key = hash_bytes(key, transport.p, 6);
		transport = bytes_after(transport, 8);
	}
	return hash_bytes(key, transport.p, transport.n < 16 ? transport.n : 16);
}

static size_t header_of(struct bytes ip)
{
	return ip.n >= 20 ? (size_t)(ip.p[0] & 15) * 4 : 0;
}

/* Address and port, as one number that can be compared. */
static uint64_t end_of(struct bytes ip, size_t address, struct bytes transport, size_t port)
{
	bool ports = ip.p[9] == IPPROTO_TCP || ip.p[9] == IPPROTO_UDP;

	return (uint64_t)bytes_u32(ip, address) << 16 |
	       (ports && transport.n >= port + 2 ? bytes_u16(transport, port) : 0);
}

/* What ICMP complains about begins after its own 8 bytes (RFC 792). */
static uint64_t flow_of(struct bytes ip, struct bytes transport)
{
	struct bytes inner = bytes_after(transport, 8);
	uint64_t ends[2];

	if (ip.p[9] == IPPROTO_ICMP && (transport.p[0] == 3 || transport.p[0] == 11) &&
	    header_of(inner) >= 20) {
		ip = inner;
		transport = bytes_after(inner, header_of(inner));
	}
	ends[0] = end_of(ip, 12, transport, 0);
	ends[1] = end_of(ip, 16, transport, 2);
	if (ends[0] > ends[1]) {
		uint64_t first = ends[0];

		ends[0] = ends[1];
		ends[1] = first;
	}
	return hash_bytes(hash_bytes(0, ends, sizeof(ends)), ip.p + 9, 1);
}

bool capture_identify(const unsigned char *data, size_t n, struct capture_identity *id)
{
	struct bytes frame = {data, n}, ip = bytes_after(frame, 14);
	size_t header = header_of(ip), total;
	struct bytes transport = bytes_after(ip, header);

	if (header < 20 || ip.n <= header || bytes_u16(frame, 12) != ETHERTYPE_IP)
		return false;
	total = bytes_u16(ip, 2) > header ? bytes_u16(ip, 2) - header : 0;
	if (transport.n > total)
		transport.n = total;
	if (!transport.n)
		return false;
	*id = (struct capture_identity){.key = key_of(ip, transport),
					.flow = flow_of(ip, transport),
					.from = bytes_u32(ip, 12),
					.to = bytes_u32(ip, 16),
					.ttl = ip.p[8],
					.bare = ip.p[9] == IPPROTO_TCP &&
						is_bare(transport, total)};
	return true;
}
