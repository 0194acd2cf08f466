// SPDX-License-Identifier: GPL-2.0-only
/** A terminal of its own for a command in a node, and the relay between it and the caller's. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

#include "base/error.h"

struct terminal {
	int master, slave;     /* -1: none */
	struct termios before; /* the caller's settings */
	bool raw;              /* they are changed, and must be restored */
};

/** A pty as large as the caller's terminal (standard input), with its settings. */
int cli_terminal_open(struct terminal *t, struct lab_error **err);
/** In the child: a new session with this terminal as 0, 1 and (where that is one) 2. */
int cli_terminal_adopt(const struct terminal *t);
/** Puts the caller's terminal into raw mode: from now on keys such as Ctrl-C go to the command. */
int cli_terminal_begin(struct terminal *t, struct lab_error **err);
/** Copies the caller's window size. */
void cli_terminal_resize(const struct terminal *t);
/** Restores the caller's terminal and closes the pty; fine on one that was never opened. */
void cli_terminal_done(struct terminal *t);

/**
 * Runs until the child `pid` ends: forwards SIGINT, TERM, HUP and QUIT to its process group, USR1 and
 * USR2 to it, SIGWINCH to the terminal, and copies both ways between terminals. signals: a signalfd with those and SIGCHLD, which
 * are blocked. t->master -1: there is no terminal. Gives the wait status, or -1 with *err.
 */
int cli_terminal_relay(struct terminal *t, pid_t pid, int signals, int *status,
		       struct lab_error **err);
