// SPDX-License-Identifier: GPL-2.0-only
/** One run of `up`, `down` or `plan` on one lab: apply's needs met by this kernel and supervise/. */
#pragma once

#include "apply/apply.h"
#include "kernel/kernel.h"
#include "ui/progress.h"

struct cli_session {
	const char *lab;     /* borrowed */
	struct state *state; /* NULL: the lab is not up (reading sessions only) */
	struct backend *backend;
	struct kernel_ledger *ledger; /* NULL: not read yet */
	int loading; /* connection on which the supervisor will say that its workers are ready; -1 */
	struct apply_ops ops; /* points back here: must not move */
	struct ui_progress progress;
};

/** For up and down: takes the lock. */
int cli_session_open(struct cli_session *s, const char *lab, enum state_mode mode,
		     struct lab_error **err);
/** For plan and status: no lock, no change; a lab that is not up leaves state NULL. */
int cli_session_read(struct cli_session *s, const char *lab, struct lab_error **err);
void cli_session_done(struct cli_session *s);

/** As many descriptors as this process may have: the usual soft limit is too low for a large lab. */
void cli_allow_many_files(void);

#define auto_session __attribute__((cleanup(cli_session_done)))
