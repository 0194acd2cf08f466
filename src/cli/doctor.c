// SPDX-License-Identifier: GPL-2.0-only
/** labctl doctor: what this host and its kernel can do, what is missing, what that costs. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/residue.h"
#include "cli/rootless.h"
#include "kernel/kernel.h"
#include "rootless/rootless.h"
#include "ui/table.h"

struct options {
	bool residue, json;
};

static const struct argp_option option_table[] = {
	{"residue", 'r', NULL, 0, "look for what is left of labs that are not up, instead", 0},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'r': o->residue = true; return 0;
	case 'j': o->json = true; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_argp_doctor = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Tries, in throw-away namespaces, each feature that labs need of this kernel, and looks "
	       "at what else of the host matters, and whether labs can be made without root. Changes nothing. Exit status 4 where something is "
	       "missing without which no lab works. With --residue: looks for directories, namespaces, "
	       "mounts and processes of labs that are not up, and says what removes each; `labctl down --all` "
	       "does it wherever that is a `labctl down`. Exit status 1 where there are any.\v"
	       "Examples:\n"
	       "  sudo labctl doctor\n"
	       "  labctl doctor --json\n"
	       "  sudo labctl doctor --residue\n",
};

static const struct ui_column columns[] = {
	{"NAME", UI_TEXT},   {"OK", UI_BOOLEAN}, {"REQUIRED", UI_BOOLEAN},
	{"DETAIL", UI_TEXT}, {"COST", UI_TEXT},  {"REMEDY", UI_TEXT},
};
/* For people only the first three: what an absence means follows as text. */
static const struct ui_column short_columns[] = {
	{"NAME", UI_TEXT},
	{"STATE", UI_TEXT},
	{"NEEDED", UI_TEXT},
	{"DETAIL", UI_TEXT},
};

static const char *boolean(bool b)
{
	return b ? "yes" : "no"; /* as UI_BOOLEAN reads it */
}

static void add_full(struct ui_table *t, const struct kernel_feature *f)
{
	ui_table_add(t, (const char *const[]){f->name, boolean(f->ok), boolean(f->required),
					      f->detail[0] ? f->detail : NULL, f->cost, f->remedy});
}

static void add_short(struct ui_table *t, const struct kernel_feature *f)
{
	const char *state = f->ok ? "ok" : f->required ? "missing" : "note";

	ui_table_add(t, (const char *const[]){f->name, state, f->required ? "always" : "sometimes",
					      f->detail[0] ? f->detail : NULL});
	ui_table_colour(t, 1, f->ok ? UI_GREEN : f->required ? UI_RED : UI_YELLOW);
}

static void explain(const struct kernel_feature *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!list[i].ok)
			(void)printf("\n%s\n  costs:  %s\n  remedy: %s\n", list[i].name,
				     list[i].cost, list[i].remedy);
}

static size_t missing(const struct kernel_feature *list, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += list[i].required && !list[i].ok;
	return count;
}

enum { ROOTLESS_SPACE, ROOTLESS_USERS, N_ROOTLESS };

struct findings {
	struct kernel_feature *kernel, *host;
	size_t n_kernel, n_host;
	struct kernel_feature rootless[N_ROOTLESS];
	char remedy[512];
};

/* Before cli_enter_trial(): inside, this user has another number. Who gets there has no trial to make. */
static void look_without_root(struct findings *f)
{
	auto_error struct lab_error *err = NULL;
	struct kernel_feature *space = &f->rootless[ROOTLESS_SPACE];
	struct kernel_feature *users = &f->rootless[ROOTLESS_USERS];
	const char *why, *hint;

	*space = (struct kernel_feature){
		.name = "labs without root", .cost = "labs need root", .remedy = f->remedy};
	space->ok = cli_outside() || rootless_try(cli_libexec(), &err) == 0;
	hint = err ? lab_error_hint_get(err) : NULL;
	(void)snprintf(f->remedy, sizeof(f->remedy), "%s", hint ? hint : "see the detail");
	if (err)
		(void)snprintf(space->detail, sizeof(space->detail), "%s", lab_error_message(err));
	*users = (struct kernel_feature){
		.name = "users for workers",
		.cost = "without root, workers run as the user who ran `up`, and can read what he can",
		.remedy = "install uidmap; sudo usermod --add-subuids 200000-265535 --add-subgids "
			  "200000-265535 USER",
	};
	users->ok = rootless_has_users(&why);
	(void)snprintf(users->detail, sizeof(users->detail), "%s", why ? why : "");
}

static int print_json(const struct findings *f, bool fit, struct lab_error **err)
{
	auto_ui_table struct ui_table *kernel = ui_table_new("kernel", columns, ARRAY_LEN(columns));
	auto_ui_table struct ui_table *host = ui_table_new("host", columns, ARRAY_LEN(columns));
	auto_ui_table struct ui_table *rootless = ui_table_new("rootless", columns,
							       ARRAY_LEN(columns));
	auto_ui_json struct ui_json *j = ui_json_new();

	for (size_t i = 0; i < f->n_kernel; i++)
		add_full(kernel, &f->kernel[i]);
	for (size_t i = 0; i < f->n_host; i++)
		add_full(host, &f->host[i]);
	for (size_t i = 0; i < N_ROOTLESS; i++)
		add_full(rootless, &f->rootless[i]);
	ui_json_boolean(j, "fit", fit);
	ui_json_table(j, kernel);
	ui_json_table(j, host);
	ui_json_table(j, rootless);
	return ui_json_print(j, stdout, err);
}

static int print_text(const struct findings *f, struct lab_error **err)
{
	auto_ui_table struct ui_table *t = ui_table_new("features", short_columns,
							ARRAY_LEN(short_columns));

	for (size_t i = 0; i < f->n_kernel; i++)
		add_short(t, &f->kernel[i]);
	for (size_t i = 0; i < f->n_host; i++)
		add_short(t, &f->host[i]);
	for (size_t i = 0; i < N_ROOTLESS; i++)
		add_short(t, &f->rootless[i]);
	if (ui_table_print(t, stdout, cli_colour(stdout), err))
		return -1;
	explain(f->kernel, f->n_kernel);
	explain(f->host, f->n_host);
	explain(f->rootless, N_ROOTLESS);
	return 0;
}

static int examine(bool json, size_t *lacking, struct lab_error **err)
{
	auto_free struct kernel_feature *kernel = NULL, *host = NULL;
	struct findings f = {0};

	look_without_root(&f);
	if (cli_enter_trial("doctor", err))
		return -1;
	kernel = f.kernel = kernel_probe_features(&f.n_kernel, err);
	if (!kernel)
		return -1;
	host = f.host = kernel_check_host(&f.n_host);
	*lacking = missing(kernel, f.n_kernel) + missing(host, f.n_host);
	return json ? print_json(&f, !*lacking, err) : print_text(&f, err);
}

int verb_doctor(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	size_t n = 0;

	cli_parse(&cli_argp_doctor, argc, argv, &o);
	if (o.residue ? cli_need_root("doctor --residue", &err) || cli_residue(o.json, &n, &err)
		      : examine(o.json, &n, &err))
		return cli_fail_json(o.json, err);
	if (!n)
		return LAB_OK;
	if (o.residue)
		return LAB_FAILED;
	cli_message("%zu thing%s missing without which no lab works", n, n == 1 ? " is" : "s are");
	return LAB_DENIED;
}
