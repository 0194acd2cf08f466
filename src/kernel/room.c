// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a lab fits on this host: an `up` that runs into the end of memory is ended by the kernel, and other
 * programs of the host with it. Both needs are counted before anything is built.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "kernel/kernel.h"

/* Measured (6.18): a namespace with its link, addresses and routes; none of it can be swapped out. */
#define NAMESPACE_KB 290u
/* What is left to everybody else. */
#define SPARE_KB (64u * 1024)

/* A namespace is held by a descriptor and has a netlink socket of its own. */
#define DESCRIPTORS       2u
#define SPARE_DESCRIPTORS 64u

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

int kernel_room_descriptors(uint64_t allowed, size_t namespaces, struct lab_error **err)
{
	uint64_t needed = (uint64_t)namespaces * DESCRIPTORS + SPARE_DESCRIPTORS;

	if (needed <= allowed)
		return 0;
	(void)lab_error_make(err, LAB_DENIED,
			     "%zu namespaces need %" PRIu64 " descriptors, and %" PRIu64
			     " are allowed",
			     namespaces, needed, allowed);
	return lab_error_hint(err, "raise the hard limit of open files (`ulimit -Hn`)");
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
	struct rlimit files;
	uint64_t kb;

	if (available_memory(&kb) && kernel_room_memory(kb, namespaces, err) < 0)
		return -1;
	if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_max != RLIM_INFINITY)
		return kernel_room_descriptors(files.rlim_max, namespaces, err);
	return 0;
}
