// SPDX-License-Identifier: GPL-2.0-only
/** The control socket's address: by descriptor, so that no path is too long and none is followed. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static inline void supervise_control_address(int dir_fd, struct sockaddr_un *sun)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* always fits */
	(void)snprintf(sun->sun_path, sizeof(sun->sun_path), "/proc/self/fd/%d/control", dir_fd);
}
