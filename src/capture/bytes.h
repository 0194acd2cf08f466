// SPDX-License-Identifier: GPL-2.0-only
/** Bytes of a packet, in network byte order. Who reads looks at n before. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes {
	const unsigned char *p;
	size_t n;
};

static inline uint16_t bytes_u16(struct bytes b, size_t at)
{
	return (uint16_t)(b.p[at] << 8 | b.p[at + 1]);
}

static inline uint32_t bytes_u32(struct bytes b, size_t at)
{
	return (uint32_t)bytes_u16(b, at) << 16 | bytes_u16(b, at + 2);
}

/** Without the first n; nothing where there are no more. */
static inline struct bytes bytes_after(struct bytes b, size_t n)
{
	return n < b.n ? (struct bytes){b.p + n, b.n - n} : (struct bytes){b.p + b.n, 0};
}
