// SPDX-License-Identifier: GPL-2.0-only
/** The verb table: a row here, and what it names, declared in cli.h and written in src/cli/VERB.c. */
#include "cli/cli.h"

#include "base/cleanup.h"

const struct cli_verb cli_verbs[] = {
	{"labs", "list the labs that come with labctl", verb_labs, CLI_NOTHING, &cli_argp_labs,
	 NULL},
	{"check", "read a lab file and say what is wrong with it", verb_check, CLI_LAB,
	 &cli_argp_check, NULL},
	{"plan", "show what `up` would do, and who would reach whom", verb_plan, CLI_LAB,
	 &cli_argp_plan, NULL},
	{"graph", "draw a lab, and what a step changes in it", verb_graph, CLI_LAB, &cli_argp_graph,
	 cli_formats_graph},
	{"up", "make a lab real, or change it to what its file says", verb_up, CLI_LAB,
	 &cli_argp_up, NULL},
	{"down", "remove a lab", verb_down, CLI_UP, &cli_argp_down, NULL},
	{"status", "compare a lab with its plan and name every difference", verb_status, CLI_UP,
	 &cli_argp_status, NULL},
	{"test", "run the checks of a lab", verb_test, CLI_UP, &cli_argp_test, cli_formats_test},
	{"lesson", "teach a lab step by step", verb_lesson, CLI_LAB, &cli_argp_lesson, NULL},
	{"sign", "print a signed call of an API, for curl", verb_sign, CLI_LAB, &cli_argp_sign,
	 NULL},
	{"api", "call an API from a node", verb_api, CLI_NOTHING, &cli_argp_api, NULL},
	{"exec", "run a command in a node", verb_exec, CLI_NODE, &cli_argp_exec, NULL},
	{"shell", "open a shell in a node", verb_shell, CLI_NODE, &cli_argp_shell, NULL},
	{"logs", "show the logs of a lab's workers", verb_logs, CLI_UP, &cli_argp_logs, NULL},
	{"capture", "show or record the packets of nodes", verb_capture, CLI_NODE,
	 &cli_argp_capture, NULL},
	{"trace", "follow one request, packet by packet, through a lab", verb_trace, CLI_NODE,
	 &cli_argp_trace, cli_formats_trace},
	{"explain", "say how a request would go, and where and why it stops", verb_explain,
	 CLI_NODE, &cli_argp_explain, NULL},
	{"matrix", "show who reaches whom", verb_matrix, CLI_LAB, &cli_argp_matrix, NULL},
	{"doctor", "say what this host and its kernel can do", verb_doctor, CLI_NOTHING,
	 &cli_argp_doctor, NULL},
	{"generate", "print a lab file of a given shape and size", verb_generate, CLI_SHAPE,
	 &cli_argp_generate, NULL},
	{"completion", "print the completion script of a shell", verb_completion, CLI_SHELL_NAME,
	 &cli_argp_completion, NULL},
};
const size_t cli_n_verbs = ARRAY_LEN(cli_verbs);
