// SPDX-License-Identifier: GPL-2.0-only
/**
 * The daily limit of calls to public domains. It is counted in the memory that the supervisor keeps
 * for the gateway, so it outlives restarts, and all processes of one gateway count together.
 *
 * A day begins at 00:00 UTC+8, the time of the cloud's mainland regions: our choice, the vendor says
 * only "per day".
 *
 * The memory holds, in the machine's byte order,
 *
 *	offset	size
 *	0	8	"labquota", or anything else: then all counting begins anew
 *	8	8	zero
 *	16	16384	1024 slots of 16 bytes, one a domain:
 *		0   8	hash of the domain's name, 0: the slot is empty
 *		8   4	calls of that day
 *		12  4	the day: days since 1970-01-01 in UTC+8
 *
 * and behind that what gateway/throttle.h, gateway/breaker.h and gateway/nonce.h say. A domain is in the first slot from hash % 1024 on that has its
 * hash. Each of the eight-byte words is changed in one atomic step; processes need no lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

struct gateway_quota;

#define GATEWAY_MEMORY \
	(4u << 20) /* bytes that a gateway uses of the memory, which is a table of WORKER_TABLE */

/** Maps the memory behind a descriptor, which may be closed afterwards. NULL with *err. */
struct gateway_quota *gateway_quota_open(int fd, struct lab_error **err);
void gateway_quota_close(struct gateway_quota *q); /* NULL is fine */

/** What is mapped: GATEWAY_MEMORY bytes, writable. */
void *gateway_quota_memory(const struct gateway_quota *q);

/**
 * Counts one call to the domain at that time; false where the limit has been reached, and nothing is
 * counted. More domains than there are slots: those without one have no limit today.
 */
bool gateway_quota_take(struct gateway_quota *q, const char *domain, uint32_t limit, time_t now);
