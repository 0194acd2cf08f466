// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose orphan it is, nobody can tell any more. But a process is never older than the handler that
 * started it, so what began before all running handlers belongs to none of them. Under a constant
 * load a stray thus lives at most until the handlers that ran with it are over.
 */
#include "function/strays.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"

#define ROUNDS 16 /* the children of what we kill become ours: one generation per round */

int function_strays_adopt(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* When it began, in clock ticks since boot: field 22 of its stat. UINT64_MAX: it is gone. */
static uint64_t start_of(pid_t pid)
{
	auto_fclose FILE *f = NULL;
	char path[64], text[1024];
	const char *at;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid); /* it fits */
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	at = strrchr(text, ')'); /* behind its name, which may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : UINT64_MAX;
}

static bool is_among(pid_t pid, const pid_t *running, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (running[i] == pid)
			return true;
	}
	return false;
}

static bool may_belong(pid_t pid, const pid_t *running, size_t n)
{
	uint64_t start = n ? start_of(pid) : 0;

	for (size_t i = 0; i < n; i++) {
		if (start_of(running[i]) <= start)
			return true;
	}
	return false;
}

/* One look at our children: how many may stay, and how many were killed. */
static size_t look(const pid_t *running, size_t n, size_t *killed)
{
	auto_fclose FILE *f = fopen("/proc/thread-self/children", "re");
	size_t left = 0;
	int pid;

	while (f && fscanf(f, "%d", &pid) == 1) {
		if (is_among(pid, running, n) || waitpid(pid, NULL, WNOHANG) != 0)
			continue;
		if (may_belong(pid, running, n)) {
			left++;
			continue;
		}
		(void)kill(pid, SIGKILL); /* our child, not reaped yet: it exists */
		(void)waitpid(pid, NULL, 0);
		++*killed;
	}
	return left;
}

size_t function_strays_sweep(const pid_t *running, size_t n)
{
	size_t left = 0, killed = 1;

	for (int round = 0; killed && round < ROUNDS; round++) {
		killed = 0;
		left = look(running, n, &killed);
	}
	return left + killed;
}
