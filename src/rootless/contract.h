// SPDX-License-Identifier: GPL-2.0-only
/**
 * Between labctl and labctl-keeper LAB. 0, 1, 2: /dev/null. On the control socket, the keeper says
 * KEEPER_READY or why not; labctl says KEEPER_GO once the keeper is on record, and until then the keeper
 * ends with labctl. End of file is the end of it too.
 */
#pragma once

#define KEEPER_FD_DIR     3 /* the record's directory; not open: there is none */
#define KEEPER_FD_CONTROL 4
#define KEEPER_FD_PARENT  5 /* pidfd of labctl */
#define KEEPER_FD_END     6

#define KEEPER_PROGRAM "labctl-keeper"
#define KEEPER_READY   "ready"
#define KEEPER_GO      "go"

#define KEEPER_MESSAGE_MAX 512
