// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-run COMMAND...: what a command takes, on standard error: "MS KIB", wall-clock time and the most memory
 * that it (not its children) ever had. Its own output goes nowhere; its exit status is passed on.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail with this clock */
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int start(char **argv, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int res;

	if (posix_spawn_file_actions_init(&actions) ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) ||
	    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO))
		return -1;
	res = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions); /* frees memory, no more */
	return res ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double begin = now_ms();
	int status;
	pid_t pid;

	if (argc < 2 || start(argv + 1, &pid) || wait4(pid, &status, 0, &usage) < 0) {
		(void)fprintf(stderr, "bench-run: cannot run it\n");
		return 125;
	}
	(void)fprintf(stderr, "%.2f %ld\n", now_ms() - begin, usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
