// SPDX-License-Identifier: GPL-2.0-only
/** labctl up: makes a lab real, or changes it to what its file says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/name.h"
#include "base/program.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/copies.h"
#include "cli/options.h"
#include "cli/rootless.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/summary.h"
#include "cli/up.h"

struct options {
	struct cli_lab_options common;
	const char *name;    /* NULL: as the file has it */
	unsigned int copies; /* 0: the lab itself */
};

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	{"json", 'j', NULL, 0, "print JSON instead of a table", 0},
	{"name", 'n', "NAME", 0, "call the lab so, whatever its file says", 0},
	{"copies", 'c', "N", 0, "bring up N copies, each for itself, as LAB-1 to LAB-N", 0},
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'n':
		if (!name_valid(arg))
			argp_error(state, "%s: not a name of a lab", arg);
		o->name = arg;
		return 0;
	case 'c':
		o->copies = (unsigned int)cli_option_number(state, "copies", arg, 1,
							    CLI_COPIES_MAX);
		return 0;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_up = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Makes a lab real. On a lab that is up, only what differs from its file is touched; what "
	       "fails, or is interrupted, is undone.\v"
	       "Examples:\n"
	       "  labctl up scenario1\n"
	       "  labctl up scenario1 --step attach\n"
	       "  labctl up ./my-lab.yaml\n"
	       "  labctl up scenario1 --copies 20\n",
};

static int check_handlers(const struct cli_lab *l, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();

	cli_check_handlers(l, diags);
	if (!diag_errors(diags))
		return 0;
	diag_print(diags, stderr, cli_colour(stderr));
	return lab_error_make(err, LAB_USAGE, "%s: a function has no handler", l->path);
}

/* A program of the host that a process of the lab starts: without it, the lab would never be ready. */
static int check_programs(const struct plan *p, struct lab_error **err)
{
	for (size_t i = 0; i < p->n_workers; i++) {
		const struct plan_worker *w = &p->workers[i];
		auto_free char *path = w->needs ? program_find(w->needs, NULL) : NULL;

		if (!w->needs || path)
			continue;
		(void)lab_error_make(err, LAB_DENIED, "%s (%s) needs the program %s",
				     w->origin.resource, w->origin.at, w->needs);
		return lab_error_hint(err, "install it: apt install %s", w->package);
	}
	return 0;
}

/* What a lab takes that fails in the middle of it is said before anything is made. */
static int check_descriptors(const struct plan *p, struct lab_error **err)
{
	size_t need = kernel_descriptors_needed(p);
	struct rlimit limit;

	/* the soft limit is raised to the hard one where the lab is made */
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max >= need)
		return 0;
	(void)lab_error_make(
		err, LAB_DENIED,
		"lab %s: needs %zu descriptors, and this process may have no more than "
		"%llu (nothing was changed)",
		p->lab, need, (unsigned long long)limit.rlim_max);
	return lab_error_hint(err, "ulimit -Hn %zu, or LimitNOFILE=%zu of the service", need, need);
}

/* What a kernel says that cannot do something, or a container that forbids it. */
static bool looks_like_a_lack(const struct lab_error *err)
{
	switch (lab_error_errnum(err)) {
	case 0: /* said in words */
	case EPERM:
	case EACCES:
	case EINVAL:
	case ENODEV:
	case ENOENT:
	case ENOSYS:
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT: return true;
	default: return false;
	}
}

/* Features are tried only after a failure: each `up` would take twice as long otherwise. */
static void name_the_lack(struct lab_error **err)
{
	struct kernel_feature lack;

	if (!looks_like_a_lack(*err) || !kernel_find_missing(&lack))
		return;
	(void)lab_error_set_status(err, LAB_DENIED);
	(void)lab_error_prefix(err, "%s: this kernel or container has not got it%s%s", lack.name,
			       lack.detail[0] ? ": " : "", lack.detail);
	(void)lab_error_hint(err, "%s; `labctl doctor` tries all that labs need", lack.remedy);
}

/* What the failure left behind stands beside its reason. */
static int explain_failure(const struct apply_report *r, const char *lab, bool interrupted,
			   struct lab_error **err)
{
	const char *left = "not up (nothing was changed)";

	if (lab_error_status(*err) == LAB_PARTIAL)
		return -1;
	if (!interrupted)
		name_the_lack(err);
	if (r->rolled_back && r->fresh)
		left = "not up (what had been made was removed again)";
	else if (r->rolled_back)
		left = "not changed (it is as it was before)";
	return lab_error_prefix(err, "lab %s: %s", lab, left);
}

static int raise_lab(const struct plan *wanted, struct cli_summary *summary, struct lab_error **err)
{
	const volatile sig_atomic_t *cancel = cli_catch_signals();
	auto_session struct cli_session session = {0};
	long long start = (long long)clock_ms();
	int r;

	if (cli_session_open(&session, wanted->lab, STATE_CREATE, err))
		return -1;
	r = apply_up(session.state, session.backend, &session.ops, wanted, cancel, &summary->report,
		     err);
	ui_progress_clear(&session.progress);
	if (r)
		return explain_failure(&summary->report, wanted->lab, *cancel != 0, err);
	summary->ms = (long long)clock_ms() - start;
	return 0;
}

struct plan *cli_wanted(const struct cli_lab *lab, struct lab_error **err)
{
	struct plan *wanted;

	/* before the lab is compiled: the kernel can be asked only there */
	if (check_handlers(lab, err) || cli_enter("up", lab->lab->id.name, STATE_CREATE, err))
		return NULL;
	wanted = cli_compile(lab, err);
	if (wanted)
		wanted->file = arena_printf(wanted->arena, "%s/%s", lab->dir, basename(lab->path));
	return wanted;
}

int cli_up(const struct plan *wanted, struct cli_summary *summary, struct lab_error **err)
{
	if (check_programs(wanted, err) || kernel_check_privileges(err) ||
	    check_descriptors(wanted, err) || raise_lab(wanted, summary, err))
		return -1;
	summary->plan = wanted;
	return 0;
}

static int raise_one(const struct options *o, const char *name, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *lab = cli_find_named_lab(o->common.lab, o->common.step, name,
							      err);
	auto_plan struct plan *wanted = lab ? cli_wanted(lab, err) : NULL;
	struct cli_summary summary = {0};

	if (!wanted || cli_up(wanted, &summary, err))
		return -1;
	return o->common.json ? cli_summary_json(&summary, err) : cli_summary_print(&summary, err);
}

static int raise_copy(const char *name, void *data)
{
	const struct options *o = data;
	auto_error struct lab_error *err = NULL;

	return raise_one(o, name, &err) ? cli_fail_json(o->common.json, err) : LAB_OK;
}

/* One after the other, up to the first that fails; those before it stay. */
static int raise_copies(struct options *o, const char *lab, struct lab_error **err)
{
	const volatile sig_atomic_t *cancel = cli_catch_signals();
	auto_free char *longest = cli_copy_name(lab, o->copies, err); /* before the first is made */
	int status = LAB_OK;

	for (unsigned int k = 1; longest && k <= o->copies && status == LAB_OK; k++) {
		auto_free char *name = cli_copy_name(lab, k, err);

		if (!name)
			return -1;
		if (o->common.json || k > 1)
			fputs(!o->common.json ? "\n" : k > 1 ? "," : "{\"copies\": [", stdout);
		status = cli_apart(name, raise_copy, o, -1, cancel);
		if (status != LAB_OK && k > 1)
			cli_hint("labctl down %s --copies removes those that are up",
				 o->common.lab);
	}
	if (longest && o->common.json)
		puts("]}");
	return longest ? status : -1;
}

static int run(struct options *o, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *lab = NULL;

	if (!o->copies)
		return raise_one(o, o->name, err);
	lab = cli_find_named_lab(o->common.lab, o->common.step, o->name, err);
	return lab ? raise_copies(o, lab->lab->id.name, err) : -1;
}

int verb_up(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	int status;

	cli_parse(&cli_argp_up, argc, argv, &o);
	status = run(&o, &err);
	return status < 0 ? cli_fail_json(o.common.json, err) : status;
}
