// SPDX-License-Identifier: GPL-2.0-only
/** labctl up: makes a lab real, or changes it to what its file says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/program.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/rootless.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "cli/summary.h"
#include "cli/up.h"

const struct argp cli_argp_up = {
	.options = cli_lab_option_table,
	.parser = cli_parse_lab_option,
	.args_doc = "LAB",
	.doc = "Makes a lab real. On a lab that is up, only what differs from its file is touched; what "
	       "fails, or is interrupted, is undone.\v"
	       "Examples:\n"
	       "  labctl up scenario1\n"
	       "  labctl up scenario1 --step attach\n"
	       "  labctl up ./my-lab.yaml\n",
};

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int check_handlers(const struct cli_lab *l, struct lab_error **err)
{
	auto_diags struct diag_list *diags = diag_list_new();

	cli_check_handlers(l, DIAG_ERROR, diags);
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
	long long start = now_ms();
	int r;

	if (cli_session_open(&session, wanted->lab, STATE_CREATE, err))
		return -1;
	r = apply_up(session.state, session.backend, &session.ops, wanted, cancel, &summary->report,
		     err);
	ui_progress_clear(&session.progress);
	if (r)
		return explain_failure(&summary->report, wanted->lab, *cancel != 0, err);
	summary->ms = now_ms() - start;
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

static int run(const struct cli_lab_options *o, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *lab = cli_find_lab(o->lab, o->step, err);
	auto_plan struct plan *wanted = lab ? cli_wanted(lab, err) : NULL;
	struct cli_summary summary = {0};

	if (!wanted || cli_up(wanted, &summary, err))
		return -1;
	return o->json ? cli_summary_json(&summary, err) : cli_summary_print(&summary, err);
}

int verb_up(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct cli_lab_options o = {0};

	cli_parse(&cli_argp_up, argc, argv, &o);
	return run(&o, &err) ? cli_fail_json(o.json, err) : LAB_OK;
}
