// SPDX-License-Identifier: GPL-2.0-only
#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "ui/table.h"

const struct argp_option cli_lab_option_table[] = {CLI_OPTION_STEP, CLI_OPTION_JSON,
						   CLI_OPTION_END};
const struct argp_option cli_json_option_table[] = {CLI_OPTION_JSON, CLI_OPTION_END};

error_t cli_lab_option(struct cli_lab_options *o, int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 's': o->step = arg; return 0;
	case 'j': o->json = true; return 0;
	case ARGP_KEY_ARG:
		if (o->lab)
			return ARGP_ERR_UNKNOWN; /* one too many, or the caller's */
		o->lab = arg;
		return 0;
	case ARGP_KEY_NO_ARGS: argp_error(state, "which lab?"); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

error_t cli_parse_lab_option(int key, char *arg, struct argp_state *state)
{
	return cli_lab_option(state->input, key, arg, state);
}

error_t cli_parse_json_option(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

unsigned long cli_option_number(struct argp_state *state, const char *what, const char *text,
				unsigned long least, unsigned long most)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	/* strtoul() takes signs and blanks, which are no numbers here */
	if (*text < '0' || *text > '9' || *end || errno || n < least || n > most)
		argp_error(state, "%s: %s: not a number from %lu to %lu", what, text, least, most);
	return n;
}

size_t cli_option_word(struct argp_state *state, const char *what, const char *text,
		       const char *const words[])
{
	auto_strbuf struct strbuf known = {0};
	size_t i;

	for (i = 0; words[i] && strcmp(words[i], text) != 0; i++)
		strbuf_printf(&known, "%s%s", i ? ", " : "", words[i]);
	if (!words[i])
		argp_error(state, "no such %s: %s (%s)", what, text, strbuf_str(&known));
	return i;
}

static void print_json(const struct lab_error *err)
{
	auto_ui_json struct ui_json *j = ui_json_new();
	struct ui_json *error = ui_json_new();

	ui_json_text(error, "message", err ? lab_error_message(err) : NULL);
	ui_json_text(error, "hint", err ? lab_error_hint_get(err) : NULL);
	ui_json_number(error, "status", (long long)lab_error_status(err));
	ui_json_boolean(j, "ok", false);
	ui_json_object(j, "error", error);
	(void)ui_json_print(j, stdout, NULL); /* the exit status tells of a failure already */
}

int cli_fail_json(bool json, const struct lab_error *err)
{
	/* where standard output is what failed, part of a document may stand there */
	if (json && !ferror(stdout))
		print_json(err);
	return cli_fail(err);
}
