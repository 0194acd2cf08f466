// SPDX-License-Identifier: GPL-2.0-only
/** labctl shell: opens a shell in a node. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/node.h"

struct options {
	const char *lab, *node;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (o->lab && o->node)
			return ARGP_ERR_UNKNOWN;
		*(o->lab ? &o->node : &o->lab) = arg;
		return 0;
	case ARGP_KEY_END:
		if (!o->node)
			argp_error(state, o->lab ? "which node?" : "which lab?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_argp_shell = {
	.parser = parse_option,
	.args_doc = "LAB NODE",
	.doc = "Opens a shell in a node of a lab that is up: $SHELL, or bash. Its prompt shows [LAB/NODE]. "
	       "What the shell may do is what `labctl exec` allows.\v"
	       "Examples:\n"
	       "  labctl shell scenario1 ecs-3\n",
};

static const char *choose_shell(void)
{
	const char *wanted = getenv("SHELL");

	if (wanted && wanted[0] == '/' && !access(wanted, X_OK))
		return wanted;
	return access("/bin/bash", X_OK) ? "/bin/sh" : "/bin/bash";
}

/*
 * Start-up files of bash set PS1, so it is set once more before the first prompt; the user may change
 * it after that. Other shells take PS1 from their environment.
 */
static struct cli_variable prompt(struct strbuf *text, const char *lab, const char *node,
				  const char *shell)
{
	bool bash = !strcmp(strrchr(shell, '/'), "/bash");

	strbuf_printf(text, bash ? "PS1='[%s/%s] \\w\\$ '; unset PROMPT_COMMAND" : "[%s/%s] # ",
		      lab, node);
	return (struct cli_variable){bash ? "PROMPT_COMMAND" : "PS1", text->s};
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running running = {0};
	auto_strbuf struct strbuf text = {0};
	const char *shell = choose_shell();
	auto_free char *argv0 = strdup(shell);
	const struct plan_node *node;

	if (!argv0)
		abort();
	if (cli_enter_running("shell", o->lab, err) ||
	    cli_open_running(o->lab, STATE_READ, &running, err))
		return -1;
	node = cli_find_node(&running, o->node, err);
	if (!node)
		return -1;
	/* names from the plan: an argument may be the path of a lab file, and bash evaluates this */
	return cli_run_in_node(&running, node, (char *[]){argv0, NULL},
			       (const struct cli_variable[]){
				       {"SHELL", shell},
				       prompt(&text, running.plan->lab, node->ns, shell),
				       {NULL, NULL},
			       },
			       err);
}

int verb_shell(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	int status;

	argp_err_exit_status = LAB_EXEC;
	cli_parse(&cli_argp_shell, argc, argv, &o);
	status = run(&o, &err);
	if (!err)
		return status;
	(void)lab_error_set_status(&err, LAB_EXEC); /* always -1 */
	return cli_fail(err);
}
