// SPDX-License-Identifier: GPL-2.0-only
/**
 * The command line: a table of verbs, one file per verb, and what they share.
 *
 * A verb is `int verb_NAME(int argc, char **argv)`: argv[0] is "labctl NAME", the value is the exit
 * status (include/labctl/exit.h). It parses its own options with an argp and cli_parse(), calls the
 * layers below, and prints: data on stdout, everything else on stderr. It holds no logic.
 *
 *	int verb_status(int argc, char **argv)
 *	{
 *		struct options o = {0};
 *		auto_error struct lab_error *err = NULL;
 *
 *		cli_parse(&argp, argc, argv, &o);
 *		if (do_it(&o, &err))
 *			return cli_fail(err);
 *		return LAB_OK;
 *	}
 *
 * Options that several verbs have are spelled alike: --json (key 'j'), --step ID (key 's').
 */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/error.h"
#include "model/model.h"
#include "plan/plan.h"
#include "state/state.h"

/* --- the table --- */

/** What stands at a verb's place on the command line, for completion. */
enum cli_operand {
	CLI_NOTHING,
	CLI_LAB,  /* a lab that exists: shipped, folder or file */
	CLI_UP,   /* a lab that is up */
	CLI_NODE, /* a lab that is up, then one of its nodes */
	CLI_LINK, /* a lab that is up, then one of its links */
	CLI_SHELL_NAME,
	CLI_SHAPE, /* of a lab that is generated */
};

struct cli_verb {
	const char *name;
	const char *help; /* one line, for `labctl --help` */
	int (*fn)(int argc, char **argv);
	enum cli_operand operand;
	const struct argp *argp; /* what its options are, for completion */
	const char *const
		*formats; /* what --format takes, NULL behind the last; NULL: it has none */
};

extern const struct cli_verb cli_verbs[];
extern const size_t cli_n_verbs;

int verb_labs(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_plan(int argc, char **argv);
int verb_graph(int argc, char **argv);
int verb_lesson(int argc, char **argv);
int verb_up(int argc, char **argv);
int verb_down(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_test(int argc, char **argv);
int verb_sign(int argc, char **argv);
int verb_api(int argc, char **argv);
int verb_exec(int argc, char **argv);
int verb_shell(int argc, char **argv);
int verb_logs(int argc, char **argv);
int verb_capture(int argc, char **argv);
int verb_explain(int argc, char **argv);
int verb_matrix(int argc, char **argv);
int verb_trace(int argc, char **argv);
int verb_link(int argc, char **argv);
int verb_fault(int argc, char **argv);
int verb_events(int argc, char **argv);
int verb_reset(int argc, char **argv);
int verb_web(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_generate(int argc, char **argv);
int verb_completion(int argc, char **argv);

extern const struct argp cli_argp_labs, cli_argp_check, cli_argp_plan, cli_argp_graph,
	cli_argp_lesson, cli_argp_up, cli_argp_down, cli_argp_status, cli_argp_test, cli_argp_sign,
	cli_argp_api, cli_argp_exec, cli_argp_shell, cli_argp_logs, cli_argp_capture,
	cli_argp_explain, cli_argp_matrix, cli_argp_trace, cli_argp_link, cli_argp_fault,
	cli_argp_events, cli_argp_reset, cli_argp_web, cli_argp_doctor, cli_argp_generate,
	cli_argp_completion;

/* the verbs' enums of formats have the same order */
extern const char *const cli_formats_test[],
	*const cli_formats_graph[], *const cli_formats_trace[], *const cli_formats_matrix[];

/** The i-th word that may follow `labctl lesson LAB`; NULL behind the last. */
const char *cli_lesson_word(size_t i);

/* --- options --- */

/**
 * argp_parse() with this program's habits: a wrong command line ends the process with LAB_USAGE,
 * --help with LAB_OK. The argp's doc is "What the verb does.\vExamples:\n  labctl VERB ...".
 */
void cli_parse(const struct argp *argp, int argc, char **argv, void *input);
/** As cli_parse(); options after the first operand are left alone (exec: those are the command's).
 * Gives the index of the first argument that was not parsed. */
int cli_parse_in_order(const struct argp *argp, int argc, char **argv, void *input);

/* --- messages, all on stderr --- */

/** "labctl: TEXT" */
void cli_message(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** "hint: TEXT" */
void cli_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Prints the error and its hint; gives the exit status that it leads to (for exec: LAB_EXEC is the
 * caller's choice). NULL counts as a failure without a text. */
int cli_fail(const struct lab_error *err) __attribute__((warn_unused_result));
/** Whether colour and progress are welcome on f: a terminal, NO_COLOR unset, TERM not "dumb". */
bool cli_colour(FILE *f);
/** Whether the user's locale takes characters of boxes and arrows. */
bool cli_utf8(void);
/** Columns of the terminal that standard output is; 0 where it is none. */
unsigned int cli_columns(void);
/** LAB_DENIED with a hint unless the effective user is root. */
int cli_need_root(const char *verb, struct lab_error **err) __attribute__((warn_unused_result));

/* --- where things are; absolute paths, found from /proc/self/exe --- */

const char *cli_libexec(void); /* folder of labctl-supervisor, labctl-gateway, ... */
const char *cli_labs(void);    /* folder of the shipped labs */

/* --- labs --- */

/** A lab file that was read, parsed and validated. Owns all that it points to. */
struct cli_lab {
	char *path;          /* of the lab file */
	char *dir;           /* its folder, absolute; also lab->dir */
	struct arena *arena; /* holds the source */
	const struct source *source;
	struct lab *lab;
};

/**
 * Finds, reads, parses (up to `step`, NULL: all) and validates a lab. Diagnostics are printed on
 * stderr, warnings too. NULL with *err (LAB_USAGE) where the lab cannot be used.
 */
struct cli_lab *cli_find_lab(const char *arg, const char *step, struct lab_error **err);
/** The same under another name than its file gives; NULL: that one. */
struct cli_lab *cli_find_named_lab(const char *arg, const char *step, const char *name,
				   struct lab_error **err);
/** As cli_find_lab(), with the diagnostics left to the caller. NULL with *err only where the file
 * cannot be read or holds no lab at all; look at diag_errors() otherwise. */
struct cli_lab *cli_read_lab(const char *arg, const char *step, struct diag_list *diags,
			     struct lab_error **err);
struct changes;
/** What the place of a diagnostic begins with that is about such a change. */
#define CLI_CHANGES_PATH "what was changed"
/** As cli_read_lab(), of a file, under another name than the file gives (NULL: that one), and with what was
 * changed beyond it (fault/changes.h); without_links: the fault's alone. */
struct cli_lab *cli_read_changed_lab(const char *path, const char *step, const char *name,
				     const struct changes *changes, bool without_links,
				     struct diag_list *diags, struct lab_error **err);
void cli_lab_free(struct cli_lab *l); /* NULL is fine */

/**
 * The name of the lab that `arg` means, for verbs that need no lab file: a valid name that has a
 * state directory is that lab; else the file is looked up and read for its name, no further where that has a
 * state directory: the lab's file may be broken meanwhile. To be freed.
 */
char *cli_lab_name(const char *arg, struct lab_error **err);
/** As above; *read is the lab file where all of it had to be read, with what is wrong with it. */
char *cli_lab_name_read(const char *arg, struct cli_lab **read, struct diag_list *diags,
			struct lab_error **err);
/** Says what is wrong with a lab that was read, and gives it; with errors NULL and *err. Takes the lab. */
struct cli_lab *cli_accept_lab(struct cli_lab *lab, struct diag_list *diags,
			       struct lab_error **err);

/** A lab that is up: its state directory and the plan that was applied last. */
struct cli_running {
	struct state *state;
	struct plan *plan;
};
/** LAB_STATE with a hint where the lab is not up. mode: STATE_READ or STATE_LOCK. */
int cli_open_running(const char *arg, enum state_mode mode, struct cli_running *r,
		     struct lab_error **err);
void cli_running_done(struct cli_running *r);
/** For verbs that need a lab that is up, before cli_open_running(): cli_enter() of the lab that `arg`
 * means (cli/rootless.h). */
int cli_enter_running(const char *verb, const char *arg, struct lab_error **err)
	__attribute__((warn_unused_result));
/** The node of that name; LAB_USAGE naming the nearest one where there is none. Borrowed. */
const struct plan_node *cli_find_node(const struct cli_running *r, const char *name,
				      struct lab_error **err);

static inline void cleanup_cli_lab(struct cli_lab **l)
{
	cli_lab_free(*l);
}
#define auto_cli_lab     __attribute__((cleanup(cleanup_cli_lab)))
#define auto_cli_running __attribute__((cleanup(cli_running_done)))
