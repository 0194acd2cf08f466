// SPDX-License-Identifier: GPL-2.0-only
#include "cli/cli.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void print(const char *label, const char *fmt, va_list ap)
{
	/* One lock: the lines of a message stay together. */
	flockfile(stderr);
	fputs(label, stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void cli_message(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("labctl: ", fmt, ap);
	va_end(ap);
}

void cli_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print("hint: ", fmt, ap);
	va_end(ap);
}

int cli_fail(const struct lab_error *err)
{
	if (err)
		cli_message("%s", lab_error_message(err));
	if (err && lab_error_hint_get(err))
		cli_hint("%s", lab_error_hint_get(err));
	return (int)lab_error_status(err);
}

bool cli_colour(FILE *f)
{
	const char *term = getenv("TERM");
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(f)) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

bool cli_utf8(void)
{
	(void)setlocale(LC_CTYPE, ""); /* where it is unknown, "C" stays */
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

unsigned int cli_columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

int cli_need_root(const char *verb, struct lab_error **err)
{
	if (geteuid() == 0)
		return 0;
	(void)lab_error_make(err, LAB_DENIED, "%s: needs root: network namespaces are root's",
			     verb);
	return lab_error_hint(err, "sudo labctl %s ...", verb);
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	/* argp ends the process for what it cannot parse; what it returns is a callback's errno */
	if (argp_parse(argp, argc, argv, 0, NULL, input))
		exit(LAB_USAGE);
}

int cli_parse_in_order(const struct argp *argp, int argc, char **argv, void *input)
{
	int next = argc;

	if (argp_parse(argp, argc, argv, ARGP_IN_ORDER, &next, input))
		exit(LAB_USAGE);
	return next;
}
