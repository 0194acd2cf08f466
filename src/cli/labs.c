// SPDX-License-Identifier: GPL-2.0-only
/** labctl labs: the labs that come with labctl. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/rootless.h"
#include "cli/shipped.h"
#include "rootless/rootless.h"
#include "ui/table.h"

const struct argp cli_argp_labs = {
	.options = cli_json_option_table,
	.parser = cli_parse_json_option,
	.doc = "Lists the labs that come with labctl, their steps, and whether they are up.\v"
	       "Examples:\n"
	       "  labctl labs\n"
	       "  labctl labs --json\n",
};

static const struct ui_column columns[] = {
	{"NAME", UI_TEXT},
	{"STATE", UI_TEXT},
	{"TITLE", UI_TEXT},
	{"STEPS", UI_TEXT},
};

/* Only root can look into the state directory; for others the state is unknown. */
static const char *state_of(const char *lab)
{
	auto_strbuf struct strbuf path = {0};

	if (cli_outside())
		return cli_lives(lab) ? "up" : "down";
	if (geteuid() != 0)
		return NULL;
	strbuf_printf(&path, "%s/%s/plan.json", state_root(), lab);
	return access(path.s, F_OK) == 0 ? "up" : "down";
}

static void add_lab(struct ui_table *t, const char *name)
{
	auto_diags struct diag_list *diags = diag_list_new();
	auto_error struct lab_error *err = NULL;
	auto_cli_lab struct cli_lab *l = cli_read_lab(name, NULL, diags, &err);
	auto_strbuf struct strbuf steps = {0};
	const char *state = state_of(name);

	if (!l || !l->lab || diag_errors(diags)) {
		ui_table_add(t, (const char *const[]){name, state, "(its file has errors)", NULL});
		ui_table_colour(t, 2, UI_RED);
		return;
	}
	for (size_t i = 0; i < l->lab->n_steps; i++)
		strbuf_printf(&steps, "%s%s", i ? " " : "", l->lab->steps[i].id.name);
	ui_table_add(t, (const char *const[]){name, state, l->lab->title.s, steps.s});
	if (state && !strcmp(state, "up"))
		ui_table_colour(t, 1, UI_GREEN);
}

int verb_labs(int argc, char **argv)
{
	auto_ui_table struct ui_table *t = ui_table_new("labs", columns, ARRAY_LEN(columns));
	auto_error struct lab_error *err = NULL;
	auto_ui_json struct ui_json *j = NULL;
	bool json = false;
	char **names;
	size_t n;

	cli_parse(&cli_argp_labs, argc, argv, &json);
	if (cli_outside())
		rootless_tidy();
	names = cli_shipped(&n);
	for (size_t i = 0; i < n; i++)
		add_lab(t, names[i]);
	cli_shipped_free(names, n);
	if (!json)
		return ui_table_print(t, stdout, cli_colour(stdout), &err) ? cli_fail(err) : LAB_OK;
	j = ui_json_new();
	ui_json_table(j, t);
	return ui_json_print(j, stdout, &err) ? cli_fail_json(json, err) : LAB_OK;
}
