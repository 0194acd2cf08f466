// SPDX-License-Identifier: GPL-2.0-only
#include "base/ip.h"

#include <string.h>

/* Reads a decimal number without leading zeros up to max; gives the end, or NULL. */
static const char *number(const char *s, unsigned int max, unsigned int *value)
{
	unsigned int v = 0;
	const char *p = s;

	while (*p >= '0' && *p <= '9' && p - s < 4)
		v = v * 10 + (unsigned int)(*p++ - '0');
	if (p == s || v > max || (*s == '0' && p - s > 1))
		return NULL;
	*value = v;
	return p;
}

static const char *quad(const char *s, uint32_t *addr)
{
	uint32_t a = 0;

	for (int i = 0; i < 4; i++) {
		unsigned int byte;

		s = number(s, 255, &byte);
		if (!s || (i < 3 && *s++ != '.'))
			return NULL;
		a = a << 8 | byte;
	}
	*addr = a;
	return s;
}

bool ip_parse(const char *s, uint32_t *addr)
{
	const char *end = quad(s, addr);

	return end && !*end;
}

enum ip_parse ip_prefix_parse(const char *s, struct ip_prefix *p)
{
	unsigned int len;
	const char *end = quad(s, &p->addr);

	p->len = 32;
	if (!end || (*end && *end != '/'))
		return IP_BAD_SYNTAX;
	if (!*end)
		return IP_BAD_LENGTH;
	end = number(end + 1, 32, &len);
	if (!end || *end)
		return IP_BAD_LENGTH;
	p->len = (uint8_t)len;
	return p->addr & ~ip_mask(p->len) ? IP_HOST_BITS : IP_OK;
}

/* A byte in decimal; gives the end. Lists of a thousand addresses are written: printf is slow at that. */
static char *decimal(char *to, unsigned int byte)
{
	if (byte >= 100)
		*to++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*to++ = (char)('0' + byte / 10 % 10);
	*to++ = (char)('0' + byte % 10);
	return to;
}

const char *ip_format(uint32_t a, char buf[static IP_STRLEN])
{
	char *p = buf;

	for (int shift = 24; shift >= 0; shift -= 8) {
		p = decimal(p, a >> shift & 255);
		*p++ = '.';
	}
	p[-1] = '\0';
	return buf;
}

const char *ip_prefix_format(struct ip_prefix p, char buf[static IP_PREFIX_STRLEN])
{
	char *end = strchr(ip_format(p.addr, buf), '\0');

	*end++ = '/';
	*decimal(end, p.len) = '\0';
	return buf;
}

int ip_prefix_cmp(struct ip_prefix a, struct ip_prefix b)
{
	uint32_t x = ip_prefix_first(a), y = ip_prefix_first(b);

	if (x != y)
		return x < y ? -1 : 1;
	return (int)a.len - (int)b.len;
}
