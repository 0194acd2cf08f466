// SPDX-License-Identifier: GPL-2.0-only
#include "cli/listen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define QUIET_MS 60   /* without a packet: the connection has ended */
#define TAIL_MS  1000 /* at the most, for that */

static __attribute__((noreturn)) void become(const struct cli_points *points, const char *filter,
					     int out, int err_fd)
{
	struct capture_spec spec = {
		.filter = filter, .form = CAPTURE_SIGHTINGS, .file = STDOUT_FILENO};
	auto_error struct lab_error *err = NULL;
	sigset_t none;

	sigemptyset(&none);
	/* else it would go on listening when this verb is killed while it opens its sockets */
	if (!prctl(PR_SET_PDEATHSIG, SIGKILL) && dup2(out, STDOUT_FILENO) >= 0 &&
	    dup2(err_fd, STDERR_FILENO) >= 0 && !sigprocmask(SIG_SETMASK, &none, NULL) &&
	    !cli_points_give(points, &spec, &err))
		(void)cli_become_capture(&err);
	dprintf(STDERR_FILENO, "%s\n", lab_error_message(err));
	_exit(LAB_FAILED);
}

static int start(struct cli_listen *c, const struct cli_points *points, const char *filter,
		 struct lab_error **err)
{
	int fds[2];

	c->out = memfd_create("sightings", MFD_CLOEXEC);
	if (c->out < 0 || pipe2(fds, O_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "labctl-capture");
	c->says = fdopen(fds[0], "r");
	if (!c->says)
		abort();
	(void)fflush(NULL); /* else the child could write it a second time */
	c->pid = fork();
	if (!c->pid)
		become(points, filter, c->out, fds[1]);
	(void)close(fds[1]); /* the child's */
	return c->pid < 0 ? lab_error_errno(err, LAB_FAILED, errno, "fork") : 0;
}

/* Its first line says that it listens, or why it does not; each interface takes the kernel some 10 ms. */
static int is_ready(const struct cli_listen *c, struct lab_error **err)
{
	static const char sign[] = "capturing at ";
	auto_free char *line = NULL;
	size_t room = 0;

	if (getline(&line, &room, c->says) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, sign, strlen(sign)))
			return 0;
	}
	return lab_error_make(err, LAB_FAILED, "%s", line && *line ? line : "labctl-capture ended");
}

static off_t size_of(const struct cli_listen *c)
{
	struct stat st;

	return fstat(c->out, &st) ? 0 : st.st_size;
}

/* The last packets of a connection follow its answer. */
static void await_quiet(const struct cli_listen *c)
{
	uint64_t end = clock_ms() + TAIL_MS, since = clock_ms();
	off_t size = size_of(c);

	while (clock_ms() < end && clock_ms() - since < QUIET_MS) {
		(void)poll(NULL, 0, 5);
		if (size_of(c) == size)
			continue;
		size = size_of(c);
		since = clock_ms();
	}
}

/* Until it has said how many packets it gave, and lost; closing its sockets takes longer than all else. */
static int stop(struct cli_listen *c, struct lab_error **err)
{
	auto_free char *line = NULL;
	size_t room = 0;
	uintmax_t given;

	(void)kill(c->pid, SIGTERM); /* our own child, not reaped yet */
	while (getline(&line, &room, c->says) > 0)
		if (sscanf(line, "%ju packets captured, %ju dropped", &given, &c->dropped) == 2)
			return 0;
	return lab_error_make(err, LAB_FAILED, "labctl-capture ended before its time");
}

static int read_lines(const struct cli_listen *c, json_t *lines, struct lab_error **err)
{
	auto_fclose FILE *f = fdopen(dup(c->out), "r");
	json_t *line;

	if (!f || fseek(f, 0, SEEK_SET))
		return lab_error_errno(err, LAB_FAILED, errno, "labctl-capture");
	while ((line = json_loadf(f, JSON_DISABLE_EOF_CHECK, NULL)))
		if (json_array_append_new(lines, line))
			abort();
	return 0;
}

int cli_listen_start(struct cli_listen *c, struct cli_points *points, const char *filter,
		     struct lab_error **err)
{
	if (start(c, points, filter, err))
		return -1;
	cli_points_close(points); /* the child has them */
	return is_ready(c, err);
}

int cli_listen_finish(struct cli_listen *c, json_t *lines, struct lab_error **err)
{
	await_quiet(c);
	return stop(c, err) || read_lines(c, lines, err) ? -1 : 0;
}

void cli_listen_done(struct cli_listen *c)
{
	if (c->pid > 0) {
		(void)kill(c->pid, SIGTERM); /* as above */
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	cleanup_closep(&c->out);
	cleanup_fclosep(&c->says);
}
