// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a lab fits on this host: an `up` that runs into the end of memory is ended by the kernel, and other
 * programs of the host with it. What it needs is counted before anything is built.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "kernel/kernel.h"

/* Measured (6.18): a namespace with its link, addresses and routes; none of it can be swapped out. */
#define NAMESPACE_KB 290u
/* What is left to everybody else. */
#define SPARE_KB (64u * 1024)

int kernel_room_memory(uint64_t available_kb, size_t namespaces, struct lab_error **err)
{
	uint64_t needed = (uint64_t)namespaces * NAMESPACE_KB + SPARE_KB;

	if (needed <= available_kb)
		return 0;
	(void)lab_error_make(err, LAB_DENIED,
			     "%zu namespaces need about %" PRIu64 " MiB of memory, and %" PRIu64
			     " MiB are available",
			     namespaces, needed / 1024, available_kb / 1024);
	return lab_error_hint(err,
			      "take down other labs (`labctl down --all`), or make it smaller");
}

/* Where it cannot be read, nothing is refused: building will tell. */
static bool available_memory(uint64_t *kb)
{
	auto_fclose FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %" SCNu64 " kB", kb) == 1)
			return true;
	return false;
}

int kernel_check_room(size_t namespaces, struct lab_error **err)
{
	uint64_t kb;

	return available_memory(&kb) ? kernel_room_memory(kb, namespaces, err) : 0;
}
