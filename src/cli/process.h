// SPDX-License-Identifier: GPL-2.0-only
/** What this process inherited from its caller, made harmless before anything else happens. */
#pragma once

/**
 * Descriptors 0-2 are open and all others closed, SIGCHLD has its default, the umask is 022, and
 * PATH holds the system's folders only where it was unset. -1 where the kernel refuses.
 */
int cli_process_init(void);
