// SPDX-License-Identifier: GPL-2.0-only
/** IPv4 addresses and prefixes in host byte order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip_prefix {
	uint32_t addr; /* host byte order, host bits zero unless the text had them */
	uint8_t len;   /* 0..32 */
};

#define IP_STRLEN        16 /* "255.255.255.255" and its NUL */
#define IP_PREFIX_STRLEN 20 /* room for any uint8_t length, which the compiler cannot rule out */

enum ip_parse {
	IP_OK,
	IP_BAD_SYNTAX, /* not four decimal numbers 0..255, or leading zeros, or trailing text */
	IP_BAD_LENGTH, /* prefix length missing or not 0..32 */
	IP_HOST_BITS,  /* parsed, but bits beyond the length are set: *p holds them */
};

/** Dotted quad, nothing else (no hex, no octal, no short forms). */
bool ip_parse(const char *s, uint32_t *addr);
/** "a.b.c.d/len". A bare address is IP_BAD_LENGTH, with p->addr set and p->len 32. */
enum ip_parse ip_prefix_parse(const char *s, struct ip_prefix *p);

const char *ip_format(uint32_t addr, char buf[static IP_STRLEN]);
const char *ip_prefix_format(struct ip_prefix p, char buf[static IP_PREFIX_STRLEN]);

/* Inline: labs of a thousand routers ask them a million times. */
static inline uint32_t ip_mask(uint8_t len)
{
	return len == 0 ? 0 : ~(uint32_t)0 << (32 - len);
}

static inline uint32_t ip_prefix_first(struct ip_prefix p)
{
	return p.addr & ip_mask(p.len);
}

static inline uint32_t ip_prefix_last(struct ip_prefix p)
{
	return p.addr | ~ip_mask(p.len);
}

static inline bool ip_prefix_has(struct ip_prefix p, uint32_t addr)
{
	return (addr & ip_mask(p.len)) == ip_prefix_first(p);
}

/* equal counts */
static inline bool ip_prefix_contains(struct ip_prefix outer, struct ip_prefix inner)
{
	return inner.len >= outer.len && ip_prefix_has(outer, inner.addr);
}

static inline bool ip_prefix_overlaps(struct ip_prefix a, struct ip_prefix b)
{
	return ip_prefix_contains(a, b) || ip_prefix_contains(b, a);
}

static inline bool ip_prefix_equal(struct ip_prefix a, struct ip_prefix b)
{
	return a.len == b.len && ip_prefix_first(a) == ip_prefix_first(b);
}

int ip_prefix_cmp(struct ip_prefix a, struct ip_prefix b); /* by address, then length */
