// SPDX-License-Identifier: GPL-2.0-only
/**
 * Changing a lab that is up beyond what its file says, and back: the file, its step and what is changed
 * become a plan, and the lab is reconciled with it. What is changed is kept in the plan itself.
 */
#pragma once

#include "cli/session.h"
#include "fault/changes.h"
#include "cli/cli.h"

struct cli_rework {
	char *name;
	struct cli_session session; /* holds the lab's lock */
	struct plan *running;       /* as it was applied last */
	const volatile sig_atomic_t
		*cancel;         /* by Ctrl-C; NULL: it does not end cli_rework_apply() */
	struct changes *changes; /* to be changed, then cli_rework_apply() */
	char **words;            /* KEY=VALUE, as the user said what is changed: for messages */
	size_t n_words;
};

/** Takes the lock of the lab that `arg` means, which is up. Must not move. */
int cli_rework_open(struct cli_rework *w, const char *verb, const char *arg,
		    struct lab_error **err);
void cli_rework_done(struct cli_rework *w);

/**
 * Its file with the changes, up to its step, under its name. Diagnostics are printed, errors only. NULL
 * with *err.
 */
struct cli_lab *cli_rework_lab(const struct cli_rework *w, const struct changes *changes,
			       struct lab_error **err);
/** The same as it was before any link was changed. */
struct cli_lab *cli_rework_base(const struct cli_rework *w, struct lab_error **err);

/** Breaks or mends a link; nothing is said of its state where it is so in the base. */
void cli_rework_state(struct changes *c, const struct lab *base, const struct lab_link *link,
		      bool down);

/** LAB_STATE where the file is no longer that which the lab was brought up from. */
int cli_rework_is_current(const struct cli_rework *w, struct lab_error **err);
/** Makes the changes real. *steps: how many objects were touched. */
int cli_rework_apply(struct cli_rework *w, size_t *steps, struct lab_error **err);

/** The file of a lab that is up, as it is: its step, its name, its changes. */
struct cli_lab *cli_running_lab(const struct plan *running, const char *changes,
				struct diag_list *diags, struct lab_error **err);

/** The same, whole and without a fault; else NULL with *err, LAB_STATE where it cannot be what the lab is of. */
struct cli_lab *cli_changed_lab(const struct plan *running, struct lab_error **err);

/** What became of the file of a lab that is up. */
enum cli_file {
	CLI_FILE_SAME,
	CLI_FILE_EDITED, /* comments, texts, the order: the lab would be the same, lines are others */
	CLI_FILE_CHANGED, /* the lab would be another one, or none */
	CLI_FILE_GONE,
};
/** Whether nothing was written to it since the lab came up, by its times: then it is what it was. Cheap. */
bool cli_file_untouched(const struct state *state, const struct plan *running);
/** state: of the lab, whose plan is `running`. Cheap where the file is untouched. */
enum cli_file cli_file_since(const struct state *state, const struct plan *running);
/** "same", "edited", "changed", "gone": in JSON. */
const char *cli_file_word(enum cli_file file);
/** "its file lab.yaml has changed since ...", in a sentence; NULL: it is the same. In the arena. */
const char *cli_file_note(enum cli_file file, const struct plan *running, struct arena *a);

#define auto_rework __attribute__((cleanup(cli_rework_done)))
