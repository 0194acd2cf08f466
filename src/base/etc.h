// SPDX-License-Identifier: GPL-2.0-only
/** What makes a process feel at home in a node: its host name, and its own files in /etc. */
#pragma once

#include "base/error.h"

/** Where Debian's programs look for authorities, whatever library they have. */
#define ETC_BUNDLE "/etc/ssl/certs/ca-certificates.crt"

/** Texts, borrowed. */
struct etc_view {
	const char *hostname; /* without a newline */
	const char *resolv_conf, *hosts;
	const char *trust; /* path of a file: the authorities that its programs trust */
};

/** Gives this process a UTS namespace with that host name. */
int etc_take_hostname(const char *name, struct lab_error **err) __attribute__((warn_unused_result));

/**
 * In a mount namespace of one's own (base/mounts.h): puts the node's texts over /etc/resolv.conf,
 * hosts and hostname, and over nsswitch.conf one that looks names up in those only. A file that the
 * host does not have is not made; without a resolv.conf it fails. `trust`, where that is there, covers the
 * host's authorities (ETC_BUNDLE), read-only. /sys is used up: it is empty but
 * for those texts, until mounts_sys().
 */
int etc_cover(const struct etc_view *v, struct lab_error **err) __attribute__((warn_unused_result));
