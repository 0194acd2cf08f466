// SPDX-License-Identifier: GPL-2.0-only
/** What an allocation gives, or the end: out of memory, the supervisor starts the worker anew. */
#pragma once

#include <stdlib.h>

static inline void *dns_must(void *p)
{
	if (!p)
		abort();
	return p;
}
