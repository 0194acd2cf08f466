// SPDX-License-Identifier: GPL-2.0-only
/** labctl capture: packets of a lab. Finds the interfaces and becomes labctl-capture. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/options.h"
#include "cli/points.h"

struct options {
	const char *lab, *places, *file;
	unsigned long count;
	struct strbuf filter;
};

static const struct argp_option option_table[] = {
	{"write", 'w', "FILE", 0, "write a pcapng file, \"-\": to standard output", 0},
	{"count", 'c', "N", 0, "end after N packets", 0},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'w': o->file = arg; return 0;
	case 'c': o->count = cli_option_number(state, "--count", arg, 1, INT64_MAX); return 0;
	case ARGP_KEY_ARG:
		if (!o->lab)
			o->lab = arg;
		else if (!o->places)
			o->places = arg;
		else
			strbuf_printf(&o->filter, "%s%s", o->filter.len ? " " : "", arg);
		return 0;
	case ARGP_KEY_END:
		if (!o->places)
			argp_error(state, "which lab, and which of its nodes?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_argp_capture = {
	.options = option_table,
	.parser = parse_option,
	.args_doc = "LAB NODE[:INTERFACE][,NODE...] [FILTER...]",
	.doc = "Shows the packets of one or several nodes, routers or gateways of a lab in the order of their "
	       "time, or writes them into a file for Wireshark that knows the interfaces by name. Without "
	       "INTERFACE: all of the node's; at most 512 in all. FILTER is an expression of pcap-filter(7).\v"
	       "Examples:\n"
	       "  labctl capture scenario1 ecs-3\n"
	       "  labctl capture scenario1 ecs-3,vpc-3:cen-1,apigw-1 tcp port 80\n"
	       "  labctl capture scenario1 vpc-1 -w vpc-1.pcapng\n"
	       "  labctl capture scenario1 vpc-1,vpc-3 -w - | wireshark -k -i -\n",
};

static int open_file(const struct options *o, int *fd, struct lab_error **err)
{
	*fd = STDOUT_FILENO;
	if (!o->file)
		return 0;
	if (!strcmp(o->file, "-")) {
		if (isatty(STDOUT_FILENO))
			return lab_error_make(err, LAB_USAGE,
					      "a capture file is not for a terminal: redirect it");
		return 0;
	}
	*fd = open(o->file, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY, 0644); /* for labctl-capture */
	return *fd < 0 ? lab_error_errno(err, LAB_FAILED, errno, "%s", o->file) : 0;
}

static int run(const struct options *o, struct lab_error **err)
{
	auto_cli_running struct cli_running running = {0};
	struct cli_points points = {0};
	int file, rc = -1;

	if (cli_enter_running("capture", o->lab, err) ||
	    cli_open_running(o->lab, STATE_READ, &running, err))
		return -1;
	cli_points_init(&points, &running);
	if (!cli_points_add(&points, o->places, err) && !open_file(o, &file, err) &&
	    !cli_points_give(
		    &points,
		    &(struct capture_spec){.filter = strbuf_str(&o->filter),
					   .form = o->file ? CAPTURE_PCAPNG : CAPTURE_LINES,
					   .file = file,
					   .count = o->count},
		    err))
		rc = cli_become_capture(err);
	cli_points_done(&points);
	return rc;
}

int verb_capture(int argc, char **argv)
{
	auto_error struct lab_error *err = NULL;
	struct options o = {0};
	int status;

	cli_parse(&cli_argp_capture, argc, argv, &o);
	status = run(&o, &err) ? cli_fail(err) : LAB_OK;
	strbuf_done(&o.filter);
	return status;
}
