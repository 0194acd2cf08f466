// SPDX-License-Identifier: GPL-2.0-only
/** Options that several verbs have, so that they are spelled, explained and parsed alike. */
#pragma once

#include "cli/cli.h"

/* clang-format off */
#define CLI_OPTION_JSON {"json", 'j', NULL, 0, "print JSON instead of a table", 0}
#define CLI_OPTION_STEP {"step", 's', "ID", 0, "stop after this step of the lab", 0}
#define CLI_OPTION_END  {NULL, 0, NULL, 0, NULL, 0}
/* clang-format on */

/** For verbs on one lab file: `VERB LAB [--step ID] [--json]`. */
struct cli_lab_options {
	const char *lab, *step;
	bool json;
};
extern const struct argp_option cli_lab_option_table[];

/** An argp parser; its input is a struct cli_lab_options. LAB must be given. */
error_t cli_parse_lab_option(int key, char *arg, struct argp_state *state);
/** The same for a verb that has more, or fewer, options: its parser calls this for those it does not
 * know. */
error_t cli_lab_option(struct cli_lab_options *o, int key, char *arg, struct argp_state *state);

/** For verbs without an operand: `VERB [--json]`. The parser's input is a bool. */
extern const struct argp_option cli_json_option_table[];
error_t cli_parse_json_option(int key, char *arg, struct argp_state *state);

/** A whole number in decimal digits, least to most; anything else ends the process as a wrong command line does. */
unsigned long cli_option_number(struct argp_state *state, const char *what, const char *text,
				unsigned long least, unsigned long most);

/** The place of a word in a list that ends with NULL; any other word ends the process as above. */
size_t cli_option_word(struct argp_state *state, const char *what, const char *text,
		       const char *const words[]);

/**
 * cli_fail() for verbs that have --json. With it, standard output gets the error too, as
 * {"ok": false, "error": {"message": TEXT, "hint": TEXT or null, "status": exit status}}: who reads
 * JSON reads JSON always.
 */
int cli_fail_json(bool json, const struct lab_error *err) __attribute__((warn_unused_result));
