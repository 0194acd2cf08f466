// SPDX-License-Identifier: GPL-2.0-only
/* User numbers of workers, and what is still left when one is given back. */
#include <stdio.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "supervise/supervisor.h"
#include "supervise/sweep.h"

int supervisor_user_take(struct supervisor *sup, struct lab_error **err)
{
	for (unsigned int i = 0; i < PRIV_WORKER_SLOTS; i++) {
		struct user_slot *slot = &sup->slots[i];

		if (slot->used)
			continue;
		if (priv_worker_user(sup->lab, i, &slot->uid, err))
			return -1;
		slot->used = true;
		return (int)i;
	}
	return lab_error_make(err, LAB_FAILED, "more than %d processes", PRIV_WORKER_SLOTS);
}

static void sweep(struct supervisor *sup, struct user_slot *slot)
{
	slot->sweeper = supervise_sweep(slot->uid, sup->dir_fd, slot->run[0] ? slot->run : NULL);
	if (slot->sweeper < 0) /* the number stays taken: what is left of it may still run */
		log_warning("kill what user %u left behind: cannot fork", slot->uid);
}

void supervisor_user_drop(struct supervisor *sup, int slot, const char *run)
{
	struct user_slot *s;

	if (slot < 0)
		return;
	s = &sup->slots[slot];
	/* the shared user is not ours alone to sweep; and all goes anyway when the lab ends */
	if (priv_user_is_shared(s->uid) || sup->stopping) {
		*s = (struct user_slot){0};
		return;
	}
	(void)snprintf(s->run, sizeof(s->run), "%s", run ? run : ""); /* always fits */
	sweep(sup, s);
}

void supervisor_user_reaped(struct supervisor *sup, pid_t pid, int status)
{
	for (size_t i = 0; i < ARRAY_LEN(sup->slots); i++) {
		struct user_slot *slot = &sup->slots[i];

		if (slot->sweeper != pid)
			continue;
		/* a process that was to be killed may have killed the sweeper, which is of the
		 * same user, first */
		if (WIFEXITED(status))
			*slot = (struct user_slot){0};
		else
			sweep(sup, slot);
		supervisor_touch(sup);
		return;
	}
}

bool supervisor_user_sweeping(const struct supervisor *sup)
{
	for (size_t i = 0; i < ARRAY_LEN(sup->slots); i++)
		if (sup->slots[i].sweeper > 0)
			return true;
	return false;
}
