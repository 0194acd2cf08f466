// SPDX-License-Identifier: GPL-2.0-only
/** Shared by the files of state/. */
#pragma once

#include <stdbool.h>

#include "state/state.h"

#define STATE_BOOT_ID_ROOM 64

struct state {
	char *lab;
	char boot_id[STATE_BOOT_ID_ROOM];
	int root_fd, dir_fd;
	int lock_fd;    /* -1: not locked */
	int journal_fd; /* -1: not open for writing yet */
	struct state_journal journal;
};

/** Reads the boot's id, and the journal of the directory into s->journal. */
int state_journal_load(struct state *s, struct lab_error **err);
void state_journal_done(struct state *s);

/** "state: FILE of LAB: what errno says"; a full or read-only file system gets a hint. Returns -1. */
int state_file_error(const struct state *s, const char *file, int errnum, struct lab_error **err);
