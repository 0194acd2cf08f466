// SPDX-License-Identifier: GPL-2.0-only
/** labctl reset: takes back what `link` and `fault` changed. */
#include "base/arena.h"
#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "ui/table.h"

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	return key == 's' ? ARGP_ERR_UNKNOWN : cli_parse_lab_option(key, arg, state);
}

static const struct argp_option option_table[] = {
	{"json", 'j', NULL, 0, "print JSON instead of a sentence", 0},
	CLI_OPTION_END,
};

const struct argp cli_argp_reset = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Goes back to what the lab's file says: takes back what `labctl link` and `labctl fault` changed "
	       "in a lab that is up, and touches nothing else. A lab in which nothing was changed is no "
	       "error; that its file was edited since is said.\v"
	       "Examples:\n"
	       "  labctl reset scenario2\n",
};

static int print_text(const struct cli_rework *w, bool changed, enum cli_file file)
{
	auto_arena struct arena *a = arena_new(0);
	const char *note = cli_file_note(file, w->running, a);

	if (changed)
		printf("%s is as its file says again\n", w->name);
	else if (note)
		printf("%s: nothing to take back; %s\n", w->name, note);
	else
		printf("%s is as its file says\n", w->name);
	return 0;
}

static int run(const struct cli_lab_options *o, struct lab_error **err)
{
	auto_rework struct cli_rework w = {0};
	auto_ui_json struct ui_json *j = NULL;
	size_t steps = 0;
	enum cli_file file = CLI_FILE_SAME;
	bool changed;

	if (cli_rework_open(&w, "reset", o->lab, err))
		return -1;
	changed = w.running->changes != NULL;
	changes_free(w.changes);
	w.changes = changes_read(NULL, err);
	if (changed && (cli_rework_is_current(&w, err) || cli_rework_apply(&w, &steps, err)))
		return -1;
	if (!changed) /* else it is the same: the lab was held against it */
		file = cli_file_since(w.session.state, w.running);
	if (!o->json)
		return print_text(&w, changed, file);
	j = ui_json_new();
	ui_json_text(j, "lab", w.name);
	ui_json_boolean(j, "changed", changed);
	ui_json_text(j, "file", cli_file_word(file));
	ui_json_number(j, "steps", (long long)steps);
	return ui_json_print(j, stdout, err);
}

int verb_reset(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct cli_lab_options o = {0};

	cli_parse(&cli_argp_reset, argc, argv, &o);
	return run(&o, &err) ? cli_fail_json(o.json, err) : LAB_OK;
}
