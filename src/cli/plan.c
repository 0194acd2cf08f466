// SPDX-License-Identifier: GPL-2.0-only
/** labctl plan: what `up` would do, and who would reach whom by it, without doing it. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/build.h"
#include "cli/changes.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/rootless.h"
#include "cli/session.h"
#include "fault/changes.h"

#define EXIT_CHANGES 2 /* of --detailed-exitcode, as Terraform has it */

struct options {
	struct cli_lab_options common;
	bool from_nothing, objects, changes, detailed, reveal;
};

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	{"json", 'j', NULL, 0, "print the plan document", 0},
	{"changes", 'c', NULL, 0, "with --json: print what would change instead", 0},
	{"objects", 'o', NULL, 0, "show every Linux object and every pair", 0},
	{"from-nothing", 'n', NULL, 0, "even if the lab is up, show all of it", 0},
	{"reveal", 'r', NULL, 0, "show what `labctl fault --hidden` broke, too", 0},
	{"detailed-exitcode", 'd', NULL, 0,
	 "exit 0 if there is nothing to do, 2 if there is, 1 on any error", 0},
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'c': o->changes = true; return 0;
	case 'o': o->objects = true; return 0;
	case 'n': o->from_nothing = true; return 0;
	case 'd': o->detailed = true; return 0;
	case 'r': o->reveal = true; return 0;
	case ARGP_KEY_END:
		if (o->changes && !o->common.json)
			argp_error(state, "--changes needs --json");
		return 0;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_plan = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Shows what `up` would add (+), change (~) and remove (-), and which pairs of nodes "
	       "would gain or lose reachability by it, and why. With --json: the plan document itself, "
	       "whether the lab is up or not.\v"
	       "Examples:\n"
	       "  labctl plan scenario1\n"
	       "  sudo labctl plan scenario1 --step bandwidth\n"
	       "  labctl plan scenario1 --json | jq .routes\n"
	       "  sudo labctl plan scenario1 --json --changes | jq .reachability\n",
};

/* Who is not root cannot know whether a lab of root's is up: then it is shown from nothing. */
static int open_session(struct cli_session *session, const struct options *o, const char *lab,
			struct lab_error **err)
{
	if (o->from_nothing || cli_outside() || geteuid() != 0) {
		*session = (struct cli_session){.lab = lab};
		return 0;
	}
	return cli_session_read(session, lab, err);
}

static void show(const struct options *o, const struct plan *is, const struct plan *wanted,
		 const struct plan_diff *diff)
{
	struct analyse_resources *resources = analyse_resources_of(diff, is, wanted);
	struct analyse *then = is ? analyse_new(is) : NULL, *now = analyse_new(wanted);
	struct analyse_matrix *before = then ? analyse_matrix_new(then) : NULL;
	struct analyse_matrix *after = analyse_matrix_new(now);
	struct analyse_changes *reachability = analyse_compare(before, after);
	const struct cli_changes changes = {
		.lab = wanted->lab,
		.resources = resources,
		.reachability = reachability,
		.objects = o->objects,
	};

	if (o->changes) {
		auto_free char *text = analyse_write(wanted, is != NULL, resources, reachability);

		puts(text);
	} else {
		cli_changes_print(&changes);
	}
	analyse_changes_free(reachability);
	analyse_matrix_free(after);
	analyse_matrix_free(before);
	analyse_free(now);
	analyse_free(then);
	analyse_resources_free(resources);
}

/* The plan document says nothing of changes: then they are only counted. */
static bool is_shown(const struct options *o)
{
	return !o->common.json || o->changes;
}

/*
 * What `labctl fault --hidden` broke is a riddle, which the changes that mend it would solve. So the file is taken with
 * it. NULL: nothing is hidden, or the file as it is now has no place for it.
 */
static struct plan *with_hidden(const struct plan *wanted, const char *path)
{
	auto_error struct lab_error *ignored = NULL; /* then nothing is known of a riddle */
	auto_diags struct diag_list *diags = diag_list_new();
	auto_cli_running struct cli_running r = {0};
	auto_changes struct changes *c = NULL;
	auto_cli_lab struct cli_lab *l = NULL;
	struct fault_told told;

	if (cli_open_running(wanted->lab, STATE_READ, &r, &ignored))
		return NULL;
	c = changes_read(r.plan->changes, &ignored);
	if (!c || !changes_fault(c, &told) || !told.hidden)
		return NULL;
	path = path ? path : r.plan->file;
	if (!path)
		return NULL;
	l = cli_read_changed_lab(path, wanted->step, wanted->lab, c, true, diags, &ignored);
	return l && l->lab && !diag_errors(diags) ? cli_compile(l, &ignored) : NULL;
}

static void say_hidden(const struct options *o, const char *lab)
{
	const char *text = "one hidden thing of `labctl fault` would be mended, too";

	if (o->changes)
		cli_message("%s: labctl plan %s --reveal", text, lab);
	else
		printf("~ %s: labctl plan %s --reveal\n", text, lab);
}

/* *changes: how many steps `up` would take. path: of the lab's file; NULL: that which the lab is up from. */
static int compare(const struct options *o, const struct plan *wanted, const char *path,
		   size_t *changes, struct lab_error **err)
{
	auto_session struct cli_session session = {0};
	auto_plan struct plan *hiding = NULL;
	struct apply_preview preview;

	if (open_session(&session, o, wanted->lab, err))
		return -1;
	if (!session.state) {
		struct plan_diff *all = plan_diff(NULL, wanted);

		if (is_shown(o))
			show(o, NULL, wanted, all);
		*changes = all->n;
		plan_diff_free(all);
		return 0;
	}
	hiding = o->reveal ? NULL : with_hidden(wanted, path);
	if (hiding)
		wanted = hiding;
	if (apply_preview(session.state, &session.ops, wanted, &preview, err))
		return -1;
	if (is_shown(o) && (!hiding || preview.diff->n || o->changes))
		show(o, preview.is, wanted, preview.diff);
	if (is_shown(o) && hiding)
		say_hidden(o, wanted->lab);
	*changes = preview.diff->n + (hiding != NULL);
	apply_preview_done(&preview);
	return 0;
}

int cli_show_change(const struct plan *wanted, struct lab_error **err)
{
	const struct options o = {0};
	size_t changes;

	return compare(&o, wanted, NULL, &changes, err);
}

static int run(const struct options *o, size_t *changes, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *lab = cli_find_lab(o->common.lab, o->common.step, err);
	auto_plan struct plan *wanted = NULL;
	auto_free char *text = NULL;

	/* without root only where the lab is: there the kernel can be asked what it has */
	if (!lab || (cli_outside() && cli_lives(lab->lab->id.name) &&
		     cli_enter("plan", lab->lab->id.name, STATE_READ, err)))
		return -1;
	wanted = cli_compile(lab, err);
	if (!wanted)
		return -1;
	if (!is_shown(o)) {
		text = plan_write(wanted);
		fputs(text, stdout);
		if (!o->detailed)
			return 0;
	}
	return compare(o, wanted, lab->path, changes, err);
}

/* Status 2 then says "changes", so a wrong command line must not end with it. */
static void expect_detailed(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "--d", 3) == 0 || strcmp(argv[i], "-d") == 0)
			argp_err_exit_status = LAB_FAILED;
}

int verb_plan(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	size_t changes = 0;
	int status;

	expect_detailed(argc, argv);
	cli_parse(&cli_argp_plan, argc, argv, &o);
	if (!run(&o, &changes, &err))
		return o.detailed && changes ? EXIT_CHANGES : LAB_OK;
	status = cli_fail_json(o.common.json, err);
	return o.detailed ? LAB_FAILED : status;
}
