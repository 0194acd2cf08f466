// SPDX-License-Identifier: GPL-2.0-only
#include "check/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "kernel/enter.h"

#define MAX_OUTPUT (4u << 20)
#define SLICE_MS   200 /* between two looks at `cancelled` */

struct check_probe_run {
	pid_t pid; /* 0: reaped */
	int out, err;
	struct strbuf text;
};

static void running_done(struct check_probe_run *r)
{
	strbuf_done(&r->text);
	if (r->pid > 0) {
		(void)kill(r->pid, SIGKILL); /* our own child, not reaped yet */
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (r->out >= 0)
		(void)close(r->out); /* read to its end, or of no interest any more */
	if (r->err >= 0)
		(void)close(r->err); /* as above */
}
#define auto_running __attribute__((cleanup(running_done)))

/* In the child; ends in the probe or with a message on descriptor 2. */
__attribute__((noreturn)) static void become_probe(const char *lab, const struct plan_node *node,
						   const char *program, int in, int out, int err_fd)
{
	auto_error struct lab_error *err = NULL;
	char *argv[] = {(char *)"labctl-probe", NULL};
	char *envp[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C", NULL};
	sigset_t none;

	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
	    dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(err_fd, STDERR_FILENO) < 0)
		_exit(LAB_EXEC);
	if (enter_node(lab, node, -1, ENTER_PROBE, &err) == 0) {
		execve(program, argv, envp);
		lab_error_errno(&err, LAB_FAILED, errno, "execute %s", program);
	}
	dprintf(STDERR_FILENO, "%s\n", lab_error_message(err));
	_exit(LAB_EXEC);
}

/* A memfd, so that nobody has to feed a pipe. */
static int spec_file(const json_t *spec, struct lab_error **err)
{
	auto_free char *text = json_dumps(spec, JSON_COMPACT);
	auto_close int fd = memfd_create("probe", MFD_CLOEXEC);
	size_t len = text ? strlen(text) : 0;

	if (!text)
		abort();
	if (fd < 0 || write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "probe's specification");
	return steal_fd(&fd);
}

static int start(const char *lab, const struct plan_node *node, const char *libexec,
		 const json_t *spec, struct check_probe_run *r, struct lab_error **err)
{
	auto_strbuf struct strbuf program = {0};
	auto_close int in = spec_file(spec, err), out = -1, err_fd = -1;
	int fds[2];

	if (in < 0)
		return -1;
	strbuf_printf(&program, "%s/labctl-probe", libexec);
	err_fd = memfd_create("probe-stderr", MFD_CLOEXEC);
	if (err_fd < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "probe");
	r->out = fds[0];
	out = fds[1];
	r->pid = fork();
	if (r->pid == 0)
		become_probe(lab, node, program.s, in, out, err_fd);
	if (r->pid < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "probe: fork");
	r->err = steal_fd(&err_fd);
	return 0;
}

/* Whether there is enough: the end of its output, or the sign that it has begun. */
enum want { WANT_ALL, WANT_SIGN };

/* 1 at the end of its output, 0 at the sign; -1 with *err at the deadline, or when cancelled. */
static int collect(struct check_probe_run *r, enum want want, uint64_t deadline,
		   const volatile int *cancelled, struct lab_error **err)
{
	struct pollfd p = {.fd = r->out, .events = POLLIN};
	char buf[65536];

	for (;;) {
		uint64_t now = clock_ms();
		ssize_t n;

		if (want == WANT_SIGN && r->text.len)
			return 0;
		if (cancelled && *cancelled)
			return lab_error_make(err, LAB_FAILED, "interrupted");
		if (now >= deadline)
			return lab_error_make(err, LAB_FAILED, "probe: no result in time");
		n = poll(&p, 1, deadline - now < SLICE_MS ? (int)(deadline - now) : SLICE_MS);
		if (n <= 0)
			continue; /* a signal or a slice of time: look again */
		n = read(r->out, buf, sizeof(buf));
		if (n == 0)
			return 1;
		if (n > 0)
			strbuf_addn(&r->text, buf, (size_t)n);
		if ((n < 0 && errno != EINTR) || r->text.len > MAX_OUTPUT)
			return lab_error_make(err, LAB_FAILED, "probe: its result is unreadable");
	}
}

/* What it said on standard error, as the error. */
static int complain(struct check_probe_run *r, int status, struct lab_error **err)
{
	char text[1024];
	ssize_t n = pread(r->err, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (*text)
		return lab_error_make(err, LAB_FAILED, "%s", text);
	if (WIFSIGNALED(status))
		return lab_error_make(err, LAB_FAILED, "probe: ended by signal %d",
				      WTERMSIG(status));
	return lab_error_make(err, LAB_FAILED, "probe: exit status %d", WEXITSTATUS(status));
}

static int reap(struct check_probe_run *r, struct lab_error **err)
{
	int status = 0;

	while (waitpid(r->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return lab_error_errno(err, LAB_FAILED, errno, "probe: wait");
	}
	r->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : complain(r, status, err);
}

static json_t *result_of(struct check_probe_run *r, uint64_t deadline,
			 const volatile int *cancelled, struct lab_error **err)
{
	json_error_t why;
	json_t *result;

	if (collect(r, WANT_ALL, deadline, cancelled, err) < 0 || reap(r, err) < 0)
		return NULL;
	result = json_loadb(strbuf_str(&r->text), r->text.len, JSON_ALLOW_NUL, &why);
	if (!result)
		lab_error_make(err, LAB_FAILED, "probe: its result is no JSON: %s", why.text);
	return result;
}

json_t *check_probe(const char *lab, const struct plan_node *node, const char *libexec,
		    const json_t *spec, uint64_t timeout_ms, const volatile int *cancelled,
		    struct lab_error **err)
{
	auto_running struct check_probe_run r = {.out = -1, .err = -1};

	if (start(lab, node, libexec, spec, &r, err) < 0)
		return NULL;
	return result_of(&r, clock_ms() + timeout_ms, cancelled, err);
}

struct check_probe_run *check_probe_start(const char *lab, const struct plan_node *node,
					  const char *libexec, const json_t *spec,
					  uint64_t timeout_ms, const volatile int *cancelled,
					  struct lab_error **err)
{
	struct check_probe_run *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->out = r->err = -1;
	if (start(lab, node, libexec, spec, r, err) == 0 &&
	    collect(r, WANT_SIGN, clock_ms() + timeout_ms, cancelled, err) >= 0)
		return r;
	running_done(r);
	free(r);
	return NULL;
}

json_t *check_probe_finish(struct check_probe_run *run, uint64_t timeout_ms,
			   const volatile int *cancelled, struct lab_error **err)
{
	json_t *result = result_of(run, clock_ms() + timeout_ms, cancelled, err);

	running_done(run);
	free(run);
	return result;
}
