// SPDX-License-Identifier: GPL-2.0-only
/** labctl down: removes a lab. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "cli/cli.h"
#include "cli/copies.h"
#include "cli/options.h"
#include "cli/residue.h"
#include "cli/rootless.h"
#include "cli/session.h"
#include "cli/shipped.h"
#include "cli/signals.h"
#include "kernel/traces.h"

struct options {
	const char *lab;
	bool all, copies, no_wait;
};

static const struct argp_option option_table[] = {
	{"all", 'a', NULL, 0,
	 "every lab of this host, and what is left of others; without root: every lab of this user",
	 0},
	{"copies", 'c', NULL, 0, "all copies of LAB that are up, instead of LAB", 0},
	{"no-wait", 'n', NULL, 0, "do not wait until the kernel has let go of the namespaces", 0},
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'a': o->all = true; return 0;
	case 'c': o->copies = true; return 0;
	case 'n': o->no_wait = true; return 0;
	case ARGP_KEY_ARG:
		if (o->lab)
			return ARGP_ERR_UNKNOWN;
		o->lab = arg;
		return 0;
	case ARGP_KEY_END:
		if (o->all == !!o->lab)
			argp_error(state,
				   o->lab ? "LAB and --all exclude each other" : "which lab?");
		if (o->all && o->copies)
			argp_error(state, "--copies: of which lab?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_argp_down = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB [--copies]\n--all",
	.doc = "Removes a lab: its processes, its namespaces and all that is in them. Also clears what a "
	       "killed `up` or `down` left. A lab that is not up is no error. What only "
	       "a person can judge is left alone, also by --all: `labctl doctor --residue` names it.\v"
	       "Examples:\n"
	       "  labctl down scenario1\n"
	       "  labctl down --all\n",
};

static int lower(const char *lab, const struct options *o, const volatile sig_atomic_t *cancel,
		 struct lab_error **err)
{
	auto_session struct cli_session session = {0};
	bool was_up;
	int r;

	r = cli_enter("down", lab, STATE_LOCK, err);
	if (r < 0)
		return -1;
	if (r > 0) {
		fprintf(stderr, "%s is not up\n", lab);
		return 0;
	}
	/* STATE_CREATE: namespaces may be there although their directory is gone */
	if (cli_session_open(&session, lab, STATE_CREATE, err))
		return -1;
	r = apply_down(session.state, session.backend, &session.ops, !o->no_wait, cancel, &was_up,
		       err);
	ui_progress_clear(&session.progress);
	if (!r)
		fprintf(stderr, "%s is %s\n", lab, was_up ? "down" : "not up");
	return r;
}

static int try_to_lower(const char *lab, void *data)
{
	auto_error struct lab_error *err = NULL;

	return lower(lab, data, cli_catch_signals(), &err) ? cli_fail(err) : LAB_OK;
}

/* One lab that resists does not keep the others up; the worst status is the whole's. */
static int lower_all(struct options *o)
{
	const volatile sig_atomic_t *cancel = cli_catch_signals();
	auto_error struct lab_error *err = NULL;
	int worst = LAB_OK;
	size_t n = 0;
	char **labs = o->all ? cli_all_labs(&n, &err) : cli_copies(o->lab, &n, &err);

	if (!labs)
		return cli_fail(err);
	for (size_t i = 0; i < n; i++) {
		int status = cli_outside() ? cli_apart(labs[i], try_to_lower, o, -1, cancel)
					   : try_to_lower(labs[i], o);

		worst = status > worst ? status : worst;
		free(labs[i]);
	}
	free(labs);
	if (o->all && !cli_outside())
		kernel_traces_tidy();
	return worst;
}

/* "ci" of "ci-42" */
static size_t stem_of(const char *name)
{
	size_t n = strlen(name), digits = n;

	while (digits && strchr("0123456789", name[digits - 1]))
		digits--;
	return digits < n && digits > 1 && name[digits - 1] == '-' ? digits - 1 : n;
}

/* Named after another, as a copy or the next run of a job is: that is no slip of the pen. */
static bool is_named_after(const char *name, const char *other)
{
	return !strncmp(name, other, stem_of(other));
}

/* What a name that nobody knows was meant to be: of labs of which there is anything, and shipped ones. NULL:
 * it is as good as any, and nothing of it is there. To be freed. */
static int meant_by(const char *name, char **near, struct lab_error **err)
{
	size_t n_up = 0, n_shipped, n = 0;
	char **up = cli_all_labs(&n_up, err), **shipped;
	auto_free const char **names = NULL;
	const char *nearest;
	bool known = false;

	if (!up)
		return -1;
	shipped = cli_shipped(&n_shipped);
	names = calloc(n_up + n_shipped + 1, sizeof(*names));
	if (!names)
		abort();
	for (size_t i = 0; i < n_up; i++)
		names[n++] = up[i];
	for (size_t i = 0; i < n_shipped; i++)
		names[n++] = shipped[i];
	for (size_t i = 0; i < n; i++)
		known = known || is_named_after(name, names[i]);
	nearest = known ? NULL : diag_nearest(name, names, n);
	*near = nearest ? strdup(nearest) : NULL;
	cli_shipped_free(shipped, n_shipped);
	cli_copies_free(up, n_up);
	return 0;
}

/* A name that leads to no file is still a lab's name: one that went down before its file did. */
static char *name_of(const char *arg, struct lab_error **err)
{
	char *name = cli_lab_name(arg, err);
	auto_free char *near = NULL;

	if (name || !name_valid(arg) || access(arg, F_OK) == 0)
		return name;
	lab_error_free(steal_ptr(*err));
	if (meant_by(arg, &near, err))
		return NULL;
	if (!near)
		return strdup(arg);
	(void)lab_error_make(
		err, LAB_USAGE,
		"lab %s: no lab of that name is up, and no shipped lab, folder or file has it",
		arg);
	(void)lab_error_hint(err, "did you mean %s?", near);
	return NULL;
}

static int lower_one(const struct options *o)
{
	auto_error struct lab_error *err = NULL;
	auto_free char *name = name_of(o->lab, &err);

	if (!name || lower(name, o, cli_catch_signals(), &err))
		return cli_fail(err);
	return LAB_OK;
}

int verb_down(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_down, argc, argv, &o);
	if (!cli_outside() && cli_need_root("down", &err))
		return cli_fail(err);
	return o.all || o.copies ? lower_all(&o) : lower_one(&o);
}
