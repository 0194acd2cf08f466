// SPDX-License-Identifier: GPL-2.0-only
#include "cli/web_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/program.h"

#define TEXT_MAX (4u << 20)

bool cli_job_runs(const struct cli_job *j)
{
	return j->pid > 0;
}

static int reap(struct cli_job *j)
{
	int code, status;

	loop_del(j->loop, &j->io);
	(void)close(j->io.fd); /* only read from */
	child_reap(j->pid, j->pidfd, &code, &status);
	(void)close(j->pidfd); /* as above */
	j->pid = 0;
	return code == CLD_EXITED ? status : 128 + status;
}

static void on_output(struct loop_io *io, uint32_t events)
{
	struct cli_job *j = container_of(io, struct cli_job, io);
	char piece[16384];
	ssize_t n = read(io->fd, piece, sizeof(piece));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && j->text.len < TEXT_MAX) {
		strbuf_addn(&j->text, piece, (size_t)n);
		return;
	}
	if (n > 0)
		child_kill(j->pid); /* nothing of ours says as much */
	j->ended(j, reap(j));
}

static int start(struct cli_job *j, char *const *argv, int out, bool with_errors,
		 struct lab_error **err)
{
	char *env[] = {(char *)"PATH=" PROGRAM_PATH, (char *)"LC_ALL=C.UTF-8", (char *)"TERM=dumb",
		       NULL};
	auto_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int standard[] = {null, out, with_errors ? out : null};
	/* itself: this very file, whatever became of its name */
	const struct child_spec spec = {
		.path = "/proc/self/exe", .argv = argv, .env = env, .standard = standard};
	int rc = null < 0 ? errno : child_start(&spec, &j->pid, &j->pidfd);

	if (!rc)
		return 0;
	j->pid = 0;
	return lab_error_errno(err, LAB_FAILED, rc, "labctl %s", argv[1]);
}

int cli_job_start(struct cli_job *j, const char *const *words, bool with_errors,
		  struct lab_error **err)
{
	char *argv[CLI_JOB_WORDS + 2] = {(char *)"labctl"};
	int ends[2];

	for (size_t i = 0; i < CLI_JOB_WORDS && words[i]; i++)
		argv[i + 1] = (char *)(uintptr_t)words[i];
	if (pipe2(ends, O_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "pipe");
	strbuf_trunc(&j->text, 0);
	j->io.fn = on_output;
	if (start(j, argv, ends[1], with_errors, err) == 0 &&
	    loop_add(j->loop, &j->io, ends[0], EPOLLIN) == 0) {
		(void)close(ends[1]); /* the child's */
		return 0;
	}
	(void)close(ends[0]); /* neither was used */
	(void)close(ends[1]);
	if (!cli_job_runs(j))
		return -1;
	child_kill(j->pid);
	(void)waitpid(j->pid, NULL, 0);
	(void)close(j->pidfd);
	j->pid = 0;
	return lab_error_make(err, LAB_FAILED, "event loop");
}

void cli_job_stop(struct cli_job *j)
{
	if (cli_job_runs(j)) {
		(void)kill(-j->pid,
			   SIGTERM); /* a change of the lab is undone, not left half done */
		(void)reap(j);
	}
	strbuf_done(&j->text);
}
