// SPDX-License-Identifier: GPL-2.0-only
/** labctl exec: runs a command in a node. */
#include "cli/cli.h"
#include "cli/node.h"

struct options {
	const char *lab, *node;
	char **command;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == ARGP_KEY_NO_ARGS)
		argp_error(state, "which lab?");
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (!o->lab) {
		o->lab = arg;
	} else if (!o->node) {
		o->node = arg;
	} else {
		/* the rest is the command's, options included */
		o->command = &state->argv[state->next - 1];
		state->next = state->argc;
	}
	return 0;
}

const struct argp cli_argp_exec = {
	.parser = parse_option,
	.args_doc = "LAB NODE [--] COMMAND [ARG...]",
	.doc = "Runs a command in a node of a lab that is up: with its network, host name and resolver, as root "
	       "with a container's capabilities and those for its own network. Its exit status is passed "
	       "on; 128 + N: ended by signal N; 125: labctl itself failed; 126, 127: the command could "
	       "not be executed, was not found.\v"
	       "Examples:\n"
	       "  labctl exec scenario1 ecs-3 -- ip route\n"
	       "  labctl exec scenario1 ecs-3 -- curl -i http://172.16.1.10/\n",
};

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running running = {0};
	const struct plan_node *node;

	if (cli_enter_running("exec", o->lab, err) ||
	    cli_open_running(o->lab, STATE_READ, &running, err))
		return -1;
	node = cli_find_node(&running, o->node, err);
	return node ? cli_run_in_node(&running, node, o->command, NULL, err) : -1;
}

int verb_exec(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	int status;

	argp_err_exit_status = LAB_EXEC; /* 2 may be the command's */
	(void)cli_parse_in_order(&cli_argp_exec, argc, argv,
				 &o); /* nothing can be left: see above */
	if (!o.command || !*o.command) {
		cli_message("exec: %s", !o.node ? "which node?" : "which command?");
		cli_hint("labctl exec LAB NODE -- COMMAND [ARG...]");
		return LAB_EXEC;
	}
	status = run(&o, &err);
	if (!err)
		return status;
	(void)lab_error_set_status(&err, LAB_EXEC); /* always -1 */
	return cli_fail(err);
}
