// SPDX-License-Identifier: GPL-2.0-only
/** Netlink attributes by type, as in the kernel's own nla_parse(). */
#pragma once

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <string.h>

/** Fills tb[0..max] with the last attribute of each type among `len` bytes at `attrs`. */
static inline void attr_table(const struct nlattr **tb, uint16_t max, const void *attrs, size_t len)
{
	const struct nlattr *a = attrs;
	int left = (int)len;

	memset(tb, 0, (max + 1u) * sizeof(*tb));
	while (a && mnl_attr_ok(a, left)) {
		if (mnl_attr_get_type(a) <= max)
			tb[mnl_attr_get_type(a)] = a;
		left -= (int)MNL_ALIGN(a->nla_len);
		a = mnl_attr_next(a);
	}
}

/** Those of a message, behind its extra header of `skip` bytes. */
static inline void attr_of_message(const struct nlattr **tb, uint16_t max, const struct nlmsghdr *h,
				   size_t skip)
{
	size_t len = mnl_nlmsg_get_payload_len(h);

	skip = NLMSG_ALIGN(skip);
	attr_table(tb, max, mnl_nlmsg_get_payload_offset(h, skip), len > skip ? len - skip : 0);
}

/** What a 32-bit attribute says; `otherwise` where it is missing (NULL) or of another size. */
static inline uint32_t attr_u32(const struct nlattr *a, uint32_t otherwise)
{
	return a && mnl_attr_get_payload_len(a) == sizeof(uint32_t) ? mnl_attr_get_u32(a)
								    : otherwise;
}

/** Those inside an attribute; all NULL where nest is NULL. */
static inline void attr_nested(const struct nlattr **tb, uint16_t max, const struct nlattr *nest)
{
	attr_table(tb, max, nest ? mnl_attr_get_payload(nest) : NULL,
		   nest ? mnl_attr_get_payload_len(nest) : 0);
}
