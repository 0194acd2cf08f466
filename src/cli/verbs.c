// SPDX-License-Identifier: GPL-2.0-only
/** The verb table: a row here and a file verb_NAME's name are all that a new verb needs. */
#include "cli/cli.h"

#include "base/cleanup.h"

const struct cli_verb cli_verbs[] = {
	{"labs", "list the labs that come with labctl", verb_labs, CLI_NOTHING, "--json"},
	{"check", "read a lab file and say what is wrong with it", verb_check, CLI_LAB,
	 "--json --step"},
	{"plan", "show what `up` would do, and who would reach whom", verb_plan, CLI_LAB,
	 "--json --step --changes --objects --from-nothing --detailed-exitcode"},
	{"graph", "draw a lab, and what a step changes in it", verb_graph, CLI_LAB,
	 "--format --step --all --output --json"},
	{"up", "make a lab real, or change it to what its file says", verb_up, CLI_LAB,
	 "--step --json"},
	{"down", "remove a lab", verb_down, CLI_UP, "--all --no-wait"},
	{"status", "compare a lab with its plan and name every difference", verb_status, CLI_UP,
	 "--json --watch"},
	{"test", "run the checks of a lab", verb_test, CLI_UP, "--format --json"},
	{"lesson", "teach a lab step by step", verb_lesson, CLI_LAB, "--json"},
	{"exec", "run a command in a node", verb_exec, CLI_NODE, ""},
	{"shell", "open a shell in a node", verb_shell, CLI_NODE, ""},
	{"logs", "show the logs of a lab's workers", verb_logs, CLI_UP, "--follow --lines"},
	{"capture", "show or record the packets of nodes", verb_capture, CLI_NODE,
	 "--write --count"},
	{"trace", "follow one request, packet by packet, through a lab", verb_trace, CLI_NODE,
	 "--request --header --timeout --all --format --json"},
	{"explain", "say how a request would go, and where and why it stops", verb_explain,
	 CLI_NODE, "--step --plan --request --header --json"},
	{"matrix", "show who reaches whom", verb_matrix, CLI_LAB, "--step --plan --json"},
	{"web", "serve a page that shows a running lab", verb_web, CLI_UP,
	 "--control --listen --port --all"},
	{"doctor", "say what this host and its kernel can do", verb_doctor, CLI_NOTHING,
	 "--residue --json"},
	{"generate", "print a lab file of a given shape and size", verb_generate, CLI_SHAPE,
	 "--name --vpcs --bandwidth --rtt"},
	{"completion", "print the completion script of a shell", verb_completion, CLI_SHELL_NAME,
	 ""},
};
const size_t cli_n_verbs = ARRAY_LEN(cli_verbs);
