// SPDX-License-Identifier: GPL-2.0-only
#include "cli/web_options.h"

#include <stdlib.h>

#include "base/ip.h"
#include "cli/cli.h"
#include "cli/options.h"

static uint16_t parse_port(const char *text, struct argp_state *state)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || port > 65535)
		argp_error(state, "a port is 0 to 65535, not \"%s\"", text);
	return (uint16_t)port;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct web_options *o = state->input;

	switch (key) {
	case 'l':
		if (!ip_parse(arg, &o->address))
			argp_error(state, "--listen: an IPv4 address, not \"%s\"", arg);
		return 0;
	case 'p': o->port = parse_port(arg, state); return 0;
	case 'c': o->control = true; return 0;
	case 'a': o->all = true; return 0;
	case ARGP_KEY_ARG:
		if (o->lab)
			return ARGP_ERR_UNKNOWN;
		o->lab = arg;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "which lab?"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"control", 'c', NULL, 0,
	 "let who has the address run checks, go through the lesson, break and mend links", 0},
	{"listen", 'l', "ADDRESS", 0, "serve on this address of the host (127.0.0.1)", 0},
	{"port", 'p', "PORT", 0, "serve on this port (a free one)", 0},
	{"all", 'a', NULL, 0, "draw each instance, however many there are", 0},
	CLI_OPTION_END,
};

const struct argp cli_argp_web = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB",
	.doc = "Serves a page that shows a running lab: its picture with rates, drops and states of links, the "
	       "calls of its gateways, checks and lesson; a click on a node shows its addresses, routes, "
	       "rules and log, a click on two explains the way between them. Prints the page's address, which has "
	       "a secret in it: who has it may look. Until Ctrl-C.\v"
	       "Examples:\n"
	       "  labctl web scenario1\n"
	       "  labctl web scenario1 --control\n"
	       "  labctl web scenario1 --listen 192.0.2.10 --port 8080\n"
	       "  ssh -L 8080:127.0.0.1:8080 HOST sudo labctl web scenario1 --port 8080\n",
};
