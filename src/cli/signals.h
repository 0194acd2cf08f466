// SPDX-License-Identifier: GPL-2.0-only
/** Ctrl-C and its kin, for the verbs that make and remove things. */
#pragma once

#include <signal.h>

#include "base/error.h"
#include "base/loop.h"

/**
 * From now on SIGINT, SIGTERM and SIGHUP set the flag that is given back, once; further ones are
 * ignored, so that undoing is not interrupted. SIGPIPE and SIGXFSZ become errors of write(2).
 */
const volatile sig_atomic_t *cli_catch_signals(void);

/** For verbs that run until then: io->fn, set by the caller, is called for each of these signals, without
 * having to read anything. The descriptor io->fd is the caller's to close. */
int cli_watch_signals(struct loop *loop, struct loop_io *io, struct lab_error **err);
