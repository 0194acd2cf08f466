// SPDX-License-Identifier: GPL-2.0-only
/**
 * Between supervise_start() and labctl-supervisor: `labctl-supervisor LAB LIBEXEC`, as pid 1 of a new
 * PID namespace, with these descriptors, and its log as standard output and error.
 */
#pragma once

enum supervisor_fd {
	SUPERVISOR_FD_DIR = 3,     /* the lab's directory */
	SUPERVISOR_FD_CONTROL = 4, /* the control socket, bound and listening already: a client
				    * need not wait until the supervisor runs */
	SUPERVISOR_FD_PARENT = 5,  /* pidfd of who started it */
	SUPERVISOR_FD_END = 6,
};
