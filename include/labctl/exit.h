// SPDX-License-Identifier: GPL-2.0-only
/**
 * Exit statuses of labctl: scripts may rely on them. LAB_DENIED: a privilege, a kernel feature, a program,
 * memory or descriptors are missing, or a directory that labctl needs is somebody else's.
 */
#pragma once

enum lab_status {
	LAB_OK = 0,      /* done */
	LAB_FAILED = 1,  /* failed, or a check failed, or drift was found; nothing left behind */
	LAB_USAGE = 2,   /* wrong command line or invalid lab file; nothing was touched */
	LAB_STATE = 3,   /* wrong state: locked, not up, or a name belongs to somebody else */
	LAB_DENIED = 4,  /* the host lacks or forbids something; nothing was touched */
	LAB_PARTIAL = 5, /* left half-applied: `labctl down LAB` clears it */
	LAB_EXEC = 125,  /* `labctl exec`: labctl itself failed, not the command */
};
