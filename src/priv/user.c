// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users of workers. The range 0x7a000000-0x7affffff lies above what systemd hands out to containers
 * (524288-1879048191) and below 2^31, where some tools take uids for negative. A lab has 4,096 numbers
 * of it, by a hash of its name. Two labs that share them are still apart: each has its own PID
 * namespace, so neither can name a process of the other.
 */
#include "priv/priv.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/log.h"

#define RANGE_FIRST 0x7a000000u

/* Whether this user namespace maps id: setresuid() would say EINVAL otherwise. */
static bool mapped(const char *file, unsigned int id)
{
	auto_fclose FILE *f = fopen(file, "re");
	unsigned int inside, outside, count;

	if (!f)
		return true; /* no /proc: let setresuid() speak */
	while (fscanf(f, "%u %u %u", &inside, &outside, &count) == 3)
		if (id >= inside && id - inside < count)
			return true;
	return false;
}

static bool usable(unsigned int id)
{
	return mapped("/proc/self/uid_map", id) && mapped("/proc/self/gid_map", id);
}

uid_t priv_worker_first(const char *lab)
{
	return RANGE_FIRST | (unsigned int)(hash_str(0, lab) & 0xfff) << 12;
}

bool priv_user_is_shared(uid_t uid)
{
	return uid == PRIV_SHARED_USER || uid == 0;
}

int priv_nobody(uid_t *uid, struct lab_error **err)
{
	*uid = usable(PRIV_SHARED_USER) ? PRIV_SHARED_USER : 0;
	if (*uid || usable(0))
		return 0;
	return lab_error_make(err, LAB_DENIED, "user namespace: neither %d nor 0 is mapped",
			      PRIV_SHARED_USER);
}

int priv_worker_user(const char *lab, unsigned int slot, uid_t *uid, struct lab_error **err)
{
	unsigned int id = priv_worker_first(lab) | (slot & (PRIV_WORKER_SLOTS - 1));

	if (usable(id)) {
		*uid = id;
		return 0;
	}
	if (usable(PRIV_SHARED_USER)) {
		log_warning("user %u is not mapped in this user namespace: workers share user %d",
			    id, PRIV_SHARED_USER);
		*uid = PRIV_SHARED_USER;
		return 0;
	}
	/* one user is all that there is, and nobody need be told for each worker: see priv.h */
	return priv_nobody(uid, err);
}
