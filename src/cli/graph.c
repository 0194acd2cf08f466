// SPDX-License-Identifier: GPL-2.0-only
/** labctl graph: draws a lab. */
#include "graph/graph.h"
#include "lesson/lesson.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/graph_live.h"
#include "cli/options.h"

enum format { FORMAT_TEXT, FORMAT_SVG, FORMAT_DOT, FORMAT_MERMAID, FORMAT_DRAWIO, FORMAT_JSON };

const char *const cli_formats_graph[] = {"text", "svg", "dot", "mermaid", "drawio", "json", NULL};
static_assert(ARRAY_LEN(cli_formats_graph) == FORMAT_JSON + 2, "one word per format");

struct options {
	struct cli_lab_options common;
	enum format format;
	const char *output;
	bool all, live;
	unsigned long count; /* 0: not said */
};

enum { KEY_LIVE = 256, KEY_COUNT };

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	{"format", 'f', "FORMAT", 0, "text (default), svg, dot, mermaid, drawio or json", 0},
	{"output", 'o', "FILE", 0, "write there instead of to standard output", 0},
	{"all", 'a', NULL, 0, "draw each instance, however many there are", 0},
	{"json", 'j', NULL, 0, "the same as --format json", 0},
	{"live", KEY_LIVE, NULL, 0, "what goes on in a lab that is up: load and loss", 0},
	{"count", KEY_COUNT, "N", 0, "with --live: N pictures as text, one each second", 0},
	CLI_OPTION_END,
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'f':
		o->format = (enum format)cli_option_word(state, "format", arg, cli_formats_graph);
		return 0;
	case 'o': o->output = arg; return 0;
	case 'a': o->all = true; return 0;
	case 'j':
		o->format = FORMAT_JSON;
		o->common.json = true;
		return 0;
	case KEY_LIVE: o->live = true; return 0;
	case KEY_COUNT: o->count = cli_option_number(state, "--count", arg, 1, INT32_MAX); return 0;
	case ARGP_KEY_END:
		if (o->live && o->common.step)
			argp_error(state, "--live shows the lab as it is: leave --step out");
		if (o->count && !o->live)
			argp_error(state, "--count is for --live");
		if (o->count && o->format != FORMAT_TEXT)
			argp_error(state, "--count is for pictures as text");
		return cli_lab_option(&o->common, key, arg, state);
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_graph = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Draws a lab: regions, VPCs, transit routers, circuits, data centres, gateways. With --step, "
	       "the lab after that step; what it added (+) and changed (~) since the step before is "
	       "marked. Needs no root. With --live, what went on in a running lab during one second, in "
	       "colours and in words: load, losses, links that are down; on a terminal again and again "
	       "until Ctrl-C.\v"
	       "Examples:\n"
	       "  labctl graph scenario1\n"
	       "  labctl graph scenario1 --step attach\n"
	       "  labctl graph hybrid --format svg -o hybrid.svg\n"
	       "  labctl graph scenario1 --live\n"
	       "  labctl graph scenario1 --live --format svg -o now.svg\n",
};

static struct graph *draw(const struct options *o, struct lab_error **err)
{
	const struct graph_options how = {.all = o->all};
	auto_cli_lab struct cli_lab *l = cli_find_lab(o->common.lab, o->common.step, err);
	auto_cli_lab struct cli_lab *old = NULL;
	auto_graph struct graph *g = l ? graph_build(l->lab, &how) : NULL;
	auto_graph struct graph *before = NULL;
	const char *step = g && l->lab->step ? lesson_back(l->lab, l->lab->step) : NULL;

	if (!step)
		return steal_ptr(g);
	old = cli_find_lab(o->common.lab, step, err);
	if (!old)
		return NULL;
	before = graph_build(old->lab, &how);
	graph_compare(g, before, l->lab->step);
	return steal_ptr(g);
}

static void format(const struct options *o, struct graph *g, struct strbuf *out)
{
	struct graph_style style = {.unicode = true};

	switch (o->format) {
	case FORMAT_TEXT:
		style.colour = !o->output && cli_colour(stdout);
		style.unicode = cli_utf8();
		graph_text(out, g, &style);
		break;
	case FORMAT_SVG: graph_svg(out, g); break;
	case FORMAT_DOT: graph_dot(out, g); break;
	case FORMAT_MERMAID: graph_mermaid(out, g); break;
	case FORMAT_DRAWIO: graph_drawio(out, g); break;
	case FORMAT_JSON: graph_json(out, g); break;
	}
}

static int write_file(const char *path, const struct strbuf *text, struct lab_error **err)
{
	auto_fclose FILE *f = fopen(path, "we");

	if (!f || fwrite(text->s, 1, text->len, f) != text->len || fflush(f))
		return lab_error_errno(err, LAB_FAILED, errno, "write %s", path);
	return 0;
}

static int put(const struct options *o, struct graph *g, struct lab_error **err)
{
	auto_strbuf struct strbuf text = {0};

	format(o, g, &text);
	if (o->output)
		return write_file(o->output, &text, err);
	fputs(strbuf_str(&text), stdout); /* main() reports what cannot be written */
	return 0;
}

/* --- live --- */

/* Over the picture before it, as much as the window has room for: what is wider or longer would scroll. */
static void overwrite(const char *text)
{
	struct winsize size = {0};
	const char *end;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row)
		size.ws_row = 24;
	fputs("\033[?7l\033[H", stdout);
	for (int row = 1; *text && row < size.ws_row; row++, text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		printf("%.*s\033[K\n", (int)(end - text), text);
	}
	fputs(*text ? "(a taller window shows the rest)" : "", stdout);
	fputs("\033[J\033[?7h", stdout);
	(void)fflush(stdout); /* main() reports what cannot be written */
}

static bool is_redrawn(const struct options *o)
{
	return o->format == FORMAT_TEXT && !o->output && isatty(STDOUT_FILENO);
}

static int show(struct graph *g, void *data, struct lab_error **err)
{
	const struct options *o = data;
	auto_strbuf struct strbuf text = {0};

	if (!is_redrawn(o))
		return put(o, g, err) || fflush(stdout) ? -1 : 0;
	format(o, g, &text);
	overwrite(strbuf_str(&text));
	return 0;
}

/* Where the lab is without root, the file is still where it was asked for: that view changes only /run. */
static int run_live(struct options *o, struct lab_error **err)
{
	struct cli_graph_live live = {.lab = o->common.lab,
				      .all = o->all,
				      .steady = is_redrawn(o) || o->count > 1,
				      .count = o->count,
				      .show = show,
				      .data = o};

	if (!live.count && !is_redrawn(o))
		live.count = 1;
	return cli_enter_running("graph", o->common.lab, err) || cli_graph_live(&live, err) ? -1
											    : 0;
}

static int run(struct options *o, struct lab_error **err)
{
	auto_graph struct graph *g = NULL;

	if (o->live)
		return run_live(o, err);
	g = draw(o, err);
	return g ? put(o, g, err) : -1;
}

int verb_graph(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_graph, argc, argv, &o);
	return run(&o, &err) ? cli_fail_json(o.common.json, err) : LAB_OK;
}
