// SPDX-License-Identifier: GPL-2.0-only
/** The file system that programs of others see: handlers of functions, services of nodes. */
#pragma once

#include "base/error.h"
#include "base/etc.h"

/** All borrowed. */
struct shelter {
	const char *reach;           /* absolute path of a folder; NULL: none */
	const struct etc_view *node; /* the node that the worker stands for; NULL: none */
	const char *run;             /* LAB-DIR/run/NAME becomes /run/labctl; NULL: nothing does */
	int dir_fd;                  /* LAB-DIR, in the mount namespace of this process */
};

/**
 * For a worker that starts programs of others, after it joined its network namespace and before it
 * gives up CAP_SYS_ADMIN. In a mount namespace of this process alone: all of the host's files are
 * read-only (what such a program wrote would stay when the lab goes down), /tmp, /var/tmp and /dev/shm
 * are empty and its own, and /run is empty but for /run/labctl, for the sockets of the host's daemons
 * are in it. With a node, /etc, /sys and the host name are that node's, as for `labctl exec`.
 *
 * The folder `reach` is reachable for every user by its own path all the same, read-only: where a
 * folder on the way is closed to others or is one of the above, only the way to it is there.
 */
int supervise_shelter(const struct shelter *s, struct lab_error **err)
	__attribute__((warn_unused_result));
