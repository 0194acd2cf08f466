// SPDX-License-Identifier: GPL-2.0-only
/** labctl link: the links of a lab that is up; breaks, mends, slows, lengthens them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/figure.h"
#include "cli/options.h"
#include "cli/rework.h"
#include "compile/compile.h"
#include "ui/table.h"

struct options {
	struct cli_lab_options common; /* lab and --json */
	const char *link, *action;
	char **values; /* of set: KEY=VALUE */
	size_t n_values;
};

static const struct argp_option option_table[] = {
	{"json", 'j', NULL, 0, "print JSON instead of a table or a sentence", 0},
	CLI_OPTION_END,
};

static const char *const keys[] = {"rate", "rtt", "loss", "jitter"};

/* The key that "KEY=VALUE" begins with; NULL: none. */
static const char *key_of(const char *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strncmp(arg, keys[i], strlen(keys[i])) && arg[strlen(keys[i])] == '=')
			return keys[i];
	return NULL;
}

static void check_action(const struct options *o, struct argp_state *state)
{
	const bool set = o->action && !strcmp(o->action, "set");

	if (!o->action ||
	    (!set && !o->n_values && (!strcmp(o->action, "up") || !strcmp(o->action, "down"))))
		return;
	if (!set)
		argp_error(state, "up, down, or set rate=... rtt=... loss=... jitter=...");
	if (!o->n_values)
		argp_error(state, "set what? rate=2Mbit rtt=30ms loss=5%% jitter=1ms");
	for (size_t i = 0; i < o->n_values; i++)
		if (!key_of(o->values[i]))
			argp_error(state, "%s: only rate=, rtt=, loss= and jitter= can be set",
				   o->values[i]);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (!o->common.lab)
			o->common.lab = arg;
		else if (!o->link)
			o->link = arg;
		else if (!o->action)
			o->action = arg;
		else
			return ARGP_ERR_UNKNOWN; /* ARGP_KEY_ARGS takes the rest */
		return 0;
	case ARGP_KEY_ARGS:
		o->values = state->argv + state->next;
		o->n_values = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_END:
		if (!o->common.lab)
			argp_error(state, "which lab?");
		check_action(o, state);
		return 0;
	case 's': return ARGP_ERR_UNKNOWN;
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_link = {
	.options = option_table,
	.parser = parse_option,
	.args_doc =
		"LAB\nLAB LINK [down|up]\nLAB LINK set [rate=RATE] [rtt=TIME] [loss=SHARE] [jitter=TIME]",
	.doc = "Without LINK: the links of a lab that is up, by the names of the cloud's objects: circuits, "
	       "attachments, router interfaces, pairs of regions (REGION:REGION), with what they are "
	       "like now. down breaks one, as if it were cut in the middle; up mends it; set changes what is "
	       "named and keeps the rest. Nothing else in the lab is touched. `labctl reset LAB`, and `labctl up "
	       "LAB`, go back to the file.\v"
	       "Examples:\n"
	       "  labctl link scenario2\n"
	       "  labctl link scenario2 pc-1 down\n"
	       "  labctl link scenario1 cn-hangzhou:cn-beijing set rtt=200ms loss=5%\n",
};

/* --- the list --- */

static const struct ui_column columns[] = {
	{"LINK", UI_TEXT},     {"KIND", UI_TEXT}, {"ENDS", UI_TEXT},   {"STATE", UI_TEXT},
	{"RATE", UI_TEXT},     {"RTT", UI_TEXT},  {"JITTER", UI_TEXT}, {"LOSS", UI_TEXT},
	{"CHANGED", UI_WORDS}, {"AT", UI_TEXT}};

static bool is_changed(const struct changes *c, const char *name, const char *word)
{
	const char *link, *key, *value;

	for (size_t i = 0; changes_link_at(c, i, &link, &key, &value); i++)
		if (!strcmp(link, name) && !strcmp(key, word))
			return true;
	return false;
}

/* What `labctl link` says of it, not the file, in the order of the columns: "state rtt". */
static const char *changed_text(struct arena *a, const struct changes *c, const char *name)
{
	static const char *const words[] = {"state", "rate", "rtt", "jitter", "loss"};
	const char *text = NULL;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (is_changed(c, name, words[i]))
			text = text ? arena_printf(a, "%s %s", text, words[i]) : words[i];
	return text;
}

static void add_link(struct ui_table *t, const struct lab *lab, const struct lab_link *link,
		     const struct changes *changes)
{
	auto_arena struct arena *a = arena_new(0);
	const struct compile_link is = compile_link_of(lab, link);
	const char *path = strrchr(link->at.src->path, '/');

	ui_table_add(t,
		     (const char *const[]){
			     link->name, link_kind_name(link->kind), link->ends,
			     is.down ? "down" : "up", is.rate ? cli_rate_text(a, is.rate) : NULL,
			     is.rtt_us ? cli_time_text(a, is.rtt_us) : NULL,
			     is.jitter_us ? cli_time_text(a, is.jitter_us) : NULL,
			     is.loss_ppm ? cli_share_text(a, is.loss_ppm) : NULL,
			     link->change ? changed_text(a, changes, link->change->id.name) : NULL,
			     arena_printf(a, "%s:%u", path ? path + 1 : link->at.src->path,
					  link->at.line)});
	ui_table_colour(t, 3, is.down ? UI_RED : UI_GREEN);
}

/* The links are read from the file: what it says may not be what runs. */
static void say_file(enum cli_file file, const struct plan *running)
{
	auto_arena struct arena *a = arena_new(0);
	const char *note = cli_file_note(file, running, a);

	if (note)
		puts(note);
	if (file == CLI_FILE_CHANGED)
		puts("links are listed as the file has them now, not as they run");
}

/* running: NULL where the file is known to be that of the lab. */
static int print_links(const struct lab *lab, const struct changes *changes, const char *only,
		       const struct cli_running *running, bool json, struct lab_error **err)
{
	auto_ui_table struct ui_table *t = ui_table_new("links", columns, ARRAY_LEN(columns));
	auto_ui_json struct ui_json *j = NULL;
	const enum cli_file file = running ? cli_file_since(running->state, running->plan)
					   : CLI_FILE_SAME;
	struct lab_link link;

	for (size_t i = 0; lab_link_at(lab, i, &link); i++)
		if (!only || !strcmp(only, link.name))
			add_link(t, lab, &link, changes);
	if (!json && !ui_table_rows(t))
		fprintf(stderr, "lab %s has no links: circuits, attachments and the like\n",
			lab->id.name);
	if (!json && running)
		say_file(file, running->plan);
	if (!json)
		return ui_table_print(t, stdout, cli_colour(stdout), err);
	j = ui_json_new();
	ui_json_text(j, "lab", lab->id.name);
	ui_json_text(j, "file", cli_file_word(file));
	ui_json_table(j, t);
	return ui_json_print(j, stdout, err);
}

/* --- changing one --- */

static int no_such_link(const struct lab *lab, const char *name, struct lab_error **err)
{
	const char **names = NULL, *near;
	struct lab_link link;
	size_t n = 0;

	for (size_t i = 0; lab_link_at(lab, i, &link); i++)
		*(const char **)arena_push(lab->arena, names, n) = link.name;
	near = diag_nearest(name, names, n);
	(void)lab_error_make(err, LAB_USAGE, "lab %s: has no link %s", lab->id.name, name);
	if (near)
		return lab_error_hint(err, "did you mean %s?", near);
	return lab_error_hint(err, "`labctl link %s` lists them", lab->id.name);
}

static void set(const struct options *o, const struct lab *base, const struct lab_link *link,
		struct changes *c)
{
	if (strcmp(o->action, "set") != 0)
		cli_rework_state(c, base, link, !strcmp(o->action, "down"));
	for (size_t i = 0; i < o->n_values; i++)
		changes_set_link(c, link_change_name(link), key_of(o->values[i]),
				 strchr(o->values[i], '=') + 1);
}

static int change(const struct options *o, struct cli_rework *w, struct lab_error **err)
{
	auto_cli_lab struct cli_lab *base = cli_rework_base(w, err), *now = NULL;
	const struct cli_running running = {w->session.state, w->running};
	struct lab_link link;
	size_t steps;

	if (!base)
		return -1;
	if (!lab_find_link(base->lab, o->link, &link))
		return no_such_link(base->lab, o->link, err);
	if (o->action) {
		w->words = o->values;
		w->n_words = o->n_values;
		set(o, base->lab, &link, w->changes);
		if (cli_rework_is_current(w, err) || cli_rework_apply(w, &steps, err))
			return -1;
	}
	now = cli_rework_lab(w, w->changes, err);
	return now ? print_links(now->lab, w->changes, link.name, o->action ? NULL : &running,
				 o->common.json, err)
		   : -1;
}

/* --- looking --- */

static int list(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running r = {0};
	auto_cli_lab struct cli_lab *l = NULL;
	auto_changes struct changes *changes = NULL;

	if (cli_enter_running("link", o->common.lab, err) ||
	    cli_open_running(o->common.lab, STATE_READ, &r, err))
		return -1;
	changes = changes_read(r.plan->changes, err);
	l = changes ? cli_changed_lab(r.plan, err) : NULL;
	return l ? print_links(l->lab, changes, NULL, &r, o->common.json, err) : -1;
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_rework struct cli_rework w = {0};

	if (!o->link)
		return list(o, err);
	return cli_rework_open(&w, "link", o->common.lab, err) ? -1 : change(o, &w, err);
}

int verb_link(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_link, argc, argv, &o);
	return run(&o, &err) ? cli_fail_json(o.common.json, err) : LAB_OK;
}
