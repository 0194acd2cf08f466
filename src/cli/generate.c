// SPDX-License-Identifier: GPL-2.0-only
/** labctl generate: a lab file of a given shape and size. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "generate/generate.h"

struct options {
	const struct generate_shape *shape;
	struct generate_request request;
};

static const struct argp_option option_table[] = {
	{"name", 'n', "NAME", 0, "name of the lab (default: SHAPE-N)", 0},
	{"vpcs", 'v', "COUNT", 0, "regions: VPCs, 2 to 250 (default: 50)", 0},
	{"bandwidth", 'b', "MBIT", 0, "regions: between two regions, in Mbit/s (default: 100)", 0},
	{"rtt", 'r', "TIME", 0, "regions: round trip between two regions (default: 30ms)", 0},
	CLI_OPTION_END,
};

static void operand(struct options *o, const char *arg, struct argp_state *state)
{
	if (o->shape) {
		o->request.n = cli_option_number(state, "N", arg, 2, o->shape->most);
		return;
	}
	o->shape = generate_find(arg);
	if (!o->shape) {
		auto_strbuf struct strbuf names = {0};

		for (size_t i = 0; i < generate_n_shapes; i++)
			strbuf_printf(&names, "%s%s", i ? ", " : "", generate_shapes[i].name);
		argp_error(state, "no such shape: %s (%s)", arg, strbuf_str(&names));
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'n':
		if (!name_valid(arg))
			argp_error(state, "--name: %s: not a valid name of a lab", arg);
		o->request.lab = arg;
		return 0;
	case 'v': o->request.vpcs = cli_option_number(state, "--vpcs", arg, 2, 250); return 0;
	case 'b':
		o->request.mbit = (unsigned int)cli_option_number(state, "--bandwidth", arg, 1,
								  100000);
		return 0;
	case 'r': o->request.rtt = arg; return 0;
	case ARGP_KEY_ARG:
		if (o->request.n)
			return ARGP_ERR_UNKNOWN;
		operand(o, arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!o->request.n)
			argp_error(state, o->shape ? "how many nodes?" : "which shape?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* Puts the shapes behind what the verb does; argp frees what is given. */
static char *add_shapes(int key, const char *text, void *input)
{
	struct strbuf b = {0};

	if (key != ARGP_KEY_HELP_PRE_DOC)
		return (char *)(uintptr_t)text; /* as it was */
	strbuf_add(&b, text);
	for (size_t i = 0; i < generate_n_shapes; i++)
		strbuf_printf(&b, "%s %s (%s, at most %zu)", i ? "," : "", generate_shapes[i].name,
			      generate_shapes[i].help, generate_shapes[i].most);
	strbuf_add(&b, ". The same words give the same file.");
	return strbuf_take(&b);
}

const struct argp cli_argp_generate = {
	.help_filter = add_shapes,
	.options = option_table,
	.parser = parse_option,
	.args_doc = "SHAPE N",
	.doc = "Prints a lab file of N nodes, with checks. Shapes:\v"
	       "Examples:\n"
	       "  labctl generate star 1000 >lab.yaml\n"
	       "  labctl generate regions 200 --vpcs 20 --name rehearsal >lab.yaml\n",
};

static char *join(int argc, char **argv)
{
	struct strbuf b = {0};

	for (int i = 0; i < argc; i++)
		strbuf_printf(&b, "%s%s", i ? " " : "", argv[i]);
	return strbuf_take(&b);
}

int verb_generate(int argc, char **argv)
{
	auto_free char *command = join(argc, argv);
	auto_strbuf struct strbuf name = {0}, text = {0};
	struct options o = {.request = {.vpcs = 50, .mbit = 100, .rtt = "30ms"}};

	cli_parse(&cli_argp_generate, argc, argv, &o);
	strbuf_printf(&name, "%s-%zu", o.shape->name, o.request.n);
	if (!o.request.lab)
		o.request.lab = name.s;
	o.request.generator = command;
	o.shape->write(&text, &o.request);
	(void)fputs(strbuf_str(&text), stdout); /* main() looks at stdout's state */
	return LAB_OK;
}
