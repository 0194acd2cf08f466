// SPDX-License-Identifier: GPL-2.0-only
/** labctl: finds the verb in the table and hands over to it. */
#include <argp.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/process.h"
#include "cli/rootless.h"

static void print_help(FILE *f)
{
	fputs("Usage: labctl [--rootless] VERB [OPTION...] [LAB] ...\n"
	      "Hybrid-cloud networks as real networks on this host.\n\nVerbs:\n",
	      f);
	for (size_t i = 0; i < cli_n_verbs; i++)
		fprintf(f, "  %-12s %s\n", cli_verbs[i].name, cli_verbs[i].help);
	fputs("\nLAB is the name of a shipped lab (`labctl labs`), a folder or a lab file.\n"
	      "`labctl VERB --help` explains a verb. `labctl --version` prints the version.\n"
	      "Without root (or with --rootless), labs are made in namespaces of the user's own.\n"
	      "\nExamples:\n"
	      "  sudo labctl up scenario1\n"
	      "  sudo labctl exec scenario1 ecs-3 -- ping -c 3 172.16.1.10\n"
	      "  sudo labctl down scenario1\n"
	      "\nExit status: 0 done, 1 failed, 2 usage or invalid lab, 3 wrong state,\n"
	      "4 a privilege, a kernel feature, a program, memory or descriptors are missing, or\n"
	      "a directory is somebody else's, 5 left half-applied.\n",
	      f);
}

static const struct cli_verb *find_verb(const char *name)
{
	for (size_t i = 0; i < cli_n_verbs; i++)
		if (!strcmp(cli_verbs[i].name, name))
			return &cli_verbs[i];
	return NULL;
}

static int unknown_verb(const char *name)
{
	const char *names[64];
	const char *nearest;
	size_t n = 0;

	for (size_t i = 0; i < cli_n_verbs && n < ARRAY_LEN(names); i++)
		names[n++] = cli_verbs[i].name;
	nearest = diag_nearest(name, names, n);
	cli_message("no such verb: %s", name);
	if (nearest)
		cli_hint("did you mean `labctl %s`?", nearest);
	else
		cli_hint("`labctl --help` lists the verbs");
	return LAB_USAGE;
}

/* stdout is flushed here, so that a full disk or a closed pipe is not taken for success. */
static int flush_output(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		cli_message("write standard output: %s", strerror(errno));
	return status == LAB_OK ? LAB_FAILED : status;
}

static int run_verb(const struct cli_verb *verb, int argc, char **argv)
{
	auto_strbuf struct strbuf name = {0};

	strbuf_printf(&name, "labctl %s", verb->name);
	argv[0] = name.s;
	return flush_output(verb->fn(argc, argv));
}

/* `labctl help VERB` is `labctl VERB --help`. */
static int run_help(int argc, char **argv)
{
	char option[] = "--help";
	char *help_argv[] = {NULL, option, NULL};
	const struct cli_verb *verb;

	if (argc < 2) {
		print_help(stdout);
		return flush_output(LAB_OK);
	}
	verb = find_verb(argv[1]);
	return verb ? run_verb(verb, 2, help_argv) : unknown_verb(argv[1]);
}

/* Options before the verb. */
static void parse_global(int *argc, char ***argv)
{
	bool rootless = *argc > 1 && !strcmp((*argv)[1], "--rootless");

	if (rootless) {
		(*argc)--;
		(*argv)++;
	}
	cli_rootless_init(rootless);
}

/*
 * Documents of large labs, and arenas, are blocks that a process has for a while: the kernel gets them back as
 * soon as they are freed. glibc would learn from the first of them to keep what is freed, and to put the next ones
 * beside it.
 */
#define LARGE (256 << 10)

int main(int argc, char **argv)
{
	const struct cli_verb *verb;

	(void)mallopt(M_MMAP_THRESHOLD, LARGE); /* else it only takes more memory */
	if (cli_process_init())
		return LAB_FAILED;
	argp_err_exit_status = LAB_USAGE;
	parse_global(&argc, &argv);
	if (argc < 2) {
		print_help(stderr);
		return LAB_USAGE;
	}
	argc--;
	argv++;
	if (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-V")) {
		puts("labctl " LABCTL_VERSION);
		return flush_output(LAB_OK);
	}
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h")) {
		print_help(stdout);
		return flush_output(LAB_OK);
	}
	if (!strcmp(argv[0], "help"))
		return run_help(argc, argv);
	verb = find_verb(argv[0]);
	return verb ? run_verb(verb, argc, argv) : unknown_verb(argv[0]);
}
