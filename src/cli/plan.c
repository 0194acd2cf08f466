// SPDX-License-Identifier: GPL-2.0-only
/** labctl plan: what `up` would do, without doing it. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/build.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/plan.h"
#include "cli/session.h"

struct options {
	struct cli_lab_options common;
	bool from_nothing;
};

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	CLI_OPTION_JSON,
	{"from-nothing", 'n', NULL, 0, "even if the lab is up, show all of it", 0},
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key != 'n')
		return cli_lab_option(&o->common, key, arg, state);
	o->from_nothing = true;
	return 0;
}

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Shows what `up` would add (+), change (~) and remove (-). With --json: the plan document "
	       "itself, whether the lab is up or not.\v"
	       "Examples:\n"
	       "  labctl plan scenario1\n"
	       "  sudo labctl plan scenario1 --step bandwidth\n"
	       "  labctl plan scenario1 --json | jq .routes\n",
};

static const char *colour_of(enum plan_op op)
{
	switch (op) {
	case PLAN_ADD: return "\033[32m";
	case PLAN_CHANGE: return "\033[33m";
	case PLAN_REMOVE: return "\033[31m";
	}
	return "";
}

static void print_diff(const struct plan_diff *d, const char *lab)
{
	bool colour = cli_colour(stdout);
	size_t count[3] = {0};
	auto_arena struct arena *a = arena_new(0);

	for (size_t i = 0; i < d->n; i++) {
		const struct plan_step *s = &d->steps[i];

		count[s->op]++;
		printf("%s%s%s\n", colour ? colour_of(s->op) : "", plan_step_describe(a, s),
		       colour ? "\033[0m" : "");
	}
	if (d->n)
		printf("%zu to add, %zu to change, %zu to remove\n", count[PLAN_ADD],
		       count[PLAN_CHANGE], count[PLAN_REMOVE]);
	else
		printf("nothing to do: %s is as the plan says\n", lab);
}

/* Without root nobody can know whether the lab is up: then it is shown from nothing. */
static int open_session(struct cli_session *session, bool from_nothing, const char *lab,
			struct lab_error **err)
{
	if (from_nothing || geteuid() != 0) {
		*session = (struct cli_session){.lab = lab};
		return 0;
	}
	return cli_session_read(session, lab, err);
}

int cli_show_change(const struct plan *wanted, bool from_nothing, struct lab_error **err)
{
	auto_session struct cli_session session = {0};
	struct apply_preview preview;

	if (open_session(&session, from_nothing, wanted->lab, err))
		return -1;
	if (!session.state) {
		struct plan_diff *all = plan_diff(NULL, wanted);

		print_diff(all, wanted->lab);
		plan_diff_free(all);
		return 0;
	}
	if (apply_preview(session.state, &session.ops, wanted, &preview, err))
		return -1;
	print_diff(preview.diff, wanted->lab);
	apply_preview_done(&preview);
	return 0;
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *lab = cli_find_lab(o->common.lab, o->common.step, err);
	auto_plan struct plan *wanted = lab ? cli_compile(lab, err) : NULL;
	auto_free char *text = NULL;

	if (!wanted)
		return -1;
	if (!o->common.json)
		return cli_show_change(wanted, o->from_nothing, err);
	text = plan_write(wanted);
	fputs(text, stdout);
	return 0;
}

int verb_plan(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&argp, argc, argv, &o);
	return run(&o, &err) ? cli_fail_json(o.common.json, err) : LAB_OK;
}
