// SPDX-License-Identifier: GPL-2.0-only
/** What a lab's BGP daemon says of its sessions, by its control socket, as birdc(8) would ask. */
#pragma once

#include <stdbool.h>

struct cli_bgp {
	char state[24]; /* "Established", "Active", "Idle", ... (RFC 4271, 8.2.2) */
	char error[64]; /* the last one, such as "Received: Bad peer AS"; "" where there is none */
	bool bfd, bfd_up;
};

/**
 * Asks the daemon that is the worker `name` of the lab in `lab_dir` for the session on `dev`. false where
 * it does not answer within half a second, or not as it should: it runs as nobody and is not trusted.
 */
bool cli_bgp_look(int lab_dir, const char *name, const char *dev, struct cli_bgp *out);
