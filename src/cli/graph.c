// SPDX-License-Identifier: GPL-2.0-only
/** labctl graph: draws a lab. */
#include "graph/graph.h"
#include "lesson/lesson.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/options.h"

enum format { FORMAT_TEXT, FORMAT_SVG, FORMAT_DOT, FORMAT_MERMAID, FORMAT_DRAWIO, FORMAT_JSON };

const char *const cli_formats_graph[] = {"text", "svg", "dot", "mermaid", "drawio", "json", NULL};
static_assert(ARRAY_LEN(cli_formats_graph) == FORMAT_JSON + 2, "one word per format");

struct options {
	struct cli_lab_options common;
	enum format format;
	const char *output;
	bool all;
};

static const struct argp_option option_table[] = {
	CLI_OPTION_STEP,
	{"format", 'f', "FORMAT", 0, "text (default), svg, dot, mermaid, drawio or json", 0},
	{"output", 'o', "FILE", 0, "write there instead of to standard output", 0},
	{"all", 'a', NULL, 0, "draw each instance, however many there are", 0},
	{"json", 'j', NULL, 0, "the same as --format json", 0},
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
	default: return cli_lab_option(&o->common, key, arg, state);
	}
}

const struct argp cli_argp_graph = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Draws a lab: regions, VPCs, transit routers, circuits, data centres, gateways. With --step, "
	       "the lab after that step; what it added (+) and changed (~) since the step before is "
	       "marked. Needs no root.\v"
	       "Examples:\n"
	       "  labctl graph scenario1\n"
	       "  labctl graph scenario1 --step attach\n"
	       "  labctl graph hybrid --format svg -o hybrid.svg\n",
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

static int run(const struct options *o, struct lab_error **err)
{
	auto_graph struct graph *g = draw(o, err);
	auto_strbuf struct strbuf text = {0};

	if (!g)
		return -1;
	format(o, g, &text);
	if (o->output)
		return write_file(o->output, &text, err);
	fputs(strbuf_str(&text), stdout); /* main() reports what cannot be written */
	return 0;
}

int verb_graph(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};

	cli_parse(&cli_argp_graph, argc, argv, &o);
	return run(&o, &err) ? cli_fail_json(o.common.json, err) : LAB_OK;
}
