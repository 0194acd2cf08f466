// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "base/run_view.h"
#include "supervise/client.h"

/* A supervisor's /run is the one where its lab is, unlike that of a worker, which is covered. */
struct state_process *supervise_processes(size_t *n)
{
	size_t n_all;
	struct state_process *list = state_processes("labctl-supervisor", &n_all);

	*n = 0;
	for (size_t i = 0; i < n_all; i++) {
		char pid[16];

		(void)snprintf(pid, sizeof(pid), "%d", (int)list[i].id.pid); /* always fits */
		if (run_view_shared(pid))
			list[(*n)++] = list[i];
	}
	return list;
}
