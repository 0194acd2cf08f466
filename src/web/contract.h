// SPDX-License-Identifier: GPL-2.0-only
/**
 * The contract between `labctl web`, which is root and knows the lab, and labctl-web, which talks to browsers
 * and knows nothing: it has a socket to labctl, one that listens, and no privilege.
 *
 * Both say lines, each "WORD ... JSON" where JSON is one line, too.
 *
 *	labctl → labctl-web
 *	  config {"token": TEXT, "hosts": [NAME...], "control": BOOLEAN}   first of all, once
 *	  answer ID STATUS JSON       to an ask; STATUS is that of HTTP
 *	  event NAME JSON             to every browser that watches
 *	labctl-web → labctl
 *	  ask ID JSON                 {"what": "snapshot"} and others, see web/route.h
 *	  watched N                   so many browsers watch from now on
 *
 * An end of file means the end of both. What comes from labctl-web is what a browser may have made up.
 */
#pragma once

#define WEB_FD_FEED   0
#define WEB_FD_LISTEN 1

#define WEB_LINE_MAX \
	(32u << 20)       /* bytes of a line; the picture of a lab of a thousand nodes has 1 MiB */
#define WEB_ASK_MAX 4096u /* of a line to labctl */
