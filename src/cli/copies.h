// SPDX-License-Identifier: GPL-2.0-only
/**
 * Copies of a lab: the same file several times, as LAB-1, LAB-2, ..., each a lab of its own with nothing in
 * common. Whoever does something to all of them does it in a process for each: who is in the space of one
 * lab without root cannot go to that of another.
 */
#pragma once

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

#define CLI_COPIES_MAX 250

/** "LAB-K", to be freed. LAB_USAGE where that is too long for a name. */
char *cli_copy_name(const char *lab, unsigned int k, struct lab_error **err);

/**
 * The labs that are up as copies of the one that `arg` means, by number: of its name and a number, and
 * brought up from a file that gives another name. Array and names to be freed. LAB_STATE: none.
 */
char **cli_copies(const char *arg, size_t *n, struct lab_error **err);
/** Where *err says that the lab is not up (LAB_STATE), and copies of it are: names them as the hint. Gives -1. */
int cli_hint_copies(const char *verb, const char *arg, struct lab_error **err);
void cli_copies_free(char **names, size_t n);

/** What is done to one lab; gives an exit status, having said what went wrong. */
typedef int cli_apart_fn(const char *lab, void *data);

/** In a child, which is not waited for; its pid, or -1, having said why. out, errors: what become its standard output
 * and error, -1: ours. */
pid_t cli_apart_start(const char *lab, cli_apart_fn *fn, void *data, int out, int errors);
/** The exit status of a child that waitpid() told of. */
int cli_apart_status(int status);
/** In a child; its exit status. out: what becomes its standard output, -1: ours. */
int cli_apart(const char *lab, cli_apart_fn *fn, void *data, int out,
	      const volatile sig_atomic_t *cancel);
