// SPDX-License-Identifier: GPL-2.0-only
#include "cli/copies.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/name.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "parse/parse.h"

#define NAMED_MAX 4 /* of copies; more are not named */

char *cli_copy_name(const char *lab, unsigned int k, struct lab_error **err)
{
	auto_strbuf struct strbuf name = {0};

	strbuf_printf(&name, "%s-%u", lab, k);
	if (name_valid(name.s))
		return strbuf_take(&name);
	(void)lab_error_make(err, LAB_USAGE, "lab %s: its copy %s would have too long a name", lab,
			     name.s);
	return NULL;
}

/* The number of "LAB-7"; 0: it is none. */
static unsigned long number_of(const char *name, const char *lab)
{
	const size_t n = strlen(lab);
	char *end;
	unsigned long k;

	if (strncmp(name, lab, n) != 0 || name[n] != '-' || name[n + 1] < '1' || name[n + 1] > '9')
		return 0;
	k = strtoul(name + n + 1, &end, 10);
	return *end ? 0 : k;
}

/* A lab whose own file calls it so is nobody's copy. */
static bool is_copy(const char *name, const char *lab)
{
	auto_error struct lab_error *ignored = NULL; /* then it cannot be known to be one */
	auto_cli_running struct cli_running r = {0};
	auto_arena struct arena *a = arena_new(0);
	const struct source *src;
	const char *is;

	if (!number_of(name, lab) || cli_open_running(name, STATE_READ, &r, &ignored) ||
	    !r.plan->file)
		return false;
	src = parse_source_read(a, r.plan->file, &ignored);
	is = src ? parse_lab_name(a, src) : NULL;
	return is && !strcmp(is, lab);
}

static int by_number(const void *pa, const void *pb)
{
	const char *a = *(char *const *)pa, *b = *(char *const *)pb;
	const size_t n = strlen(a),
		     m = strlen(b); /* of one lab: the longer has the higher number */

	return n != m ? (n < m ? -1 : 1) : strcmp(a, b);
}

char **cli_copies(const char *arg, size_t *n, struct lab_error **err)
{
	auto_free char *lab = cli_lab_name(arg, err);
	size_t all = 0;
	char **names = lab ? state_list(&all, err) : NULL;

	*n = 0;
	if (!names)
		return NULL;
	for (size_t i = 0; i < all; i++) {
		if (is_copy(names[i], lab))
			names[(*n)++] = names[i];
		else
			free(names[i]);
	}
	if (*n) {
		qsort(names, *n, sizeof(*names), by_number);
		return names;
	}
	free(names);
	(void)lab_error_make(err, LAB_STATE, "lab %s: no copy of it is up", lab);
	(void)lab_error_hint(err, "labctl up %s --copies 3", arg);
	return NULL;
}

int cli_hint_copies(const char *verb, const char *arg, struct lab_error **err)
{
	auto_error struct lab_error *ignored = NULL; /* then there are none */
	auto_strbuf struct strbuf list = {0};
	char **names;
	size_t n;

	if (lab_error_status(*err) != LAB_STATE)
		return -1;
	names = cli_copies(arg, &n, &ignored);
	for (size_t i = 0; i < n && i < NAMED_MAX; i++)
		strbuf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	if (n)
		(void)lab_error_hint(err, "its copies are up: %s%s; `labctl %s %s`",
				     strbuf_str(&list), n > NAMED_MAX ? ", ..." : "", verb,
				     names[0]);
	cli_copies_free(names, n);
	return -1;
}

void cli_copies_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

pid_t cli_apart_start(const char *lab, cli_apart_fn *fn, void *data, int out, int errors)
{
	pid_t pid;

	(void)fflush(NULL); /* else the child could write it a second time */
	pid = fork();
	if (pid == 0) {
		if ((errors >= 0 && dup2(errors, STDERR_FILENO) < 0) ||
		    (out >= 0 && dup2(out, STDOUT_FILENO) < 0))
			exit(LAB_FAILED);
		exit(fn(lab, data));
	}
	if (pid < 0)
		cli_message("lab %s: fork: %s", lab, strerror(errno));
	return pid;
}

int cli_apart_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : LAB_FAILED;
}

int cli_apart(const char *lab, cli_apart_fn *fn, void *data, int out,
	      const volatile sig_atomic_t *cancel)
{
	pid_t pid = cli_apart_start(lab, fn, data, out, -1);
	int status;

	if (pid < 0)
		return LAB_FAILED;
	while (waitpid(pid, &status, 0) < 0)
		if (*cancel) /* a terminal has told the child too; who else, has not */
			(void)kill(pid, SIGTERM);
	return cli_apart_status(status);
}
