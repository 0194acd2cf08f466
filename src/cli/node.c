// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three processes: labctl relays and waits; a helper enters the node's namespaces and gives its
 * privileges away; from there the command is cloned into the lab's PID namespace, with labctl as its
 * parent (CLONE_PARENT), so that no process stands between the two and labctl itself never leaves the
 * host. Whatever fails before the command runs is told through a pipe that exec closes.
 */
#include "cli/node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/terminal.h"
#include "kernel/enter.h"

#define MAX_ENVIRONMENT 32
#define SAFE_CHARS      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@+"

enum exec_status { EXEC_NOT_EXECUTABLE = 126, EXEC_NOT_FOUND = 127, EXEC_SIGNAL = 128 };

/* What the helper tells: the command's pid, or why there is none. */
struct news {
	pid_t pid; /* -1: failed */
	char text[512];
};

struct job {
	const struct cli_running *running;
	const struct plan_node *node;
	char **argv;
	char *environment[MAX_ENVIRONMENT];
	int pid_ns;
	struct terminal terminal;
	sigset_t mask; /* the caller's */
	int tell;      /* write end of the pipe */
};

static void add_variable(struct job *job, const char *name, const char *value)
{
	size_t n = 0;

	while (job->environment[n])
		n++;
	if (n < MAX_ENVIRONMENT - 1 && asprintf(&job->environment[n], "%s=%s", name, value) < 0)
		abort();
}

/* Values that the caller may choose: they are looked up in databases, so only harmless ones. */
static void pass_variable(struct job *job, const char *name)
{
	const char *value = getenv(name);

	if (value && *value && strspn(value, SAFE_CHARS) == strlen(value))
		add_variable(job, name, value);
}

static void fill_environment(struct job *job, const struct cli_variable *extra)
{
	add_variable(job, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add_variable(job, "HOME", "/root");
	add_variable(job, "USER", "root");
	add_variable(job, "LOGNAME", "root");
	pass_variable(job, "TERM");
	pass_variable(job, "COLORTERM");
	pass_variable(job, "LANG");
	pass_variable(job, "LC_ALL");
	for (; extra && extra->name; extra++)
		add_variable(job, extra->name, extra->value);
}

static void free_environment(struct job *job)
{
	for (size_t i = 0; job->environment[i]; i++)
		free(job->environment[i]);
}

static _Noreturn void tell_failure(const struct job *job, const char *text)
{
	struct news news = {.pid = -1};

	(void)snprintf(news.text, sizeof(news.text), "%s", text); /* may be cut */
	(void)!write(job->tell, &news, sizeof(news)); /* who should read it is gone otherwise */
	_exit(LAB_EXEC);
}

/* In the lab's PID namespace. */
static _Noreturn void command(const struct job *job)
{
	struct pollfd reader = {.fd = job->tell, .events = 0};

	/* killed with labctl; which getppid() cannot check from here, but the pipe can */
	if (cli_terminal_adopt(&job->terminal) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) ||
	    sigprocmask(SIG_SETMASK, &job->mask, NULL) || poll(&reader, 1, 0) != 0)
		_exit(LAB_EXEC);
	environ = (char **)job->environment;
	(void)execvp(job->argv[0], job->argv);
	cli_message("exec: %s: %s", job->argv[0],
		    errno == ENOENT ? "command not found" : strerror(errno));
	_exit(errno == ENOENT ? EXEC_NOT_FOUND : EXEC_NOT_EXECUTABLE);
}

static _Noreturn void helper(const struct job *job)
{
	struct clone_args args = {.flags = CLONE_PARENT};
	struct lab_error *err = NULL;
	struct news news = {0};
	long pid;

	if (enter_node(job->running->plan->lab, job->node, job->pid_ns, ENTER_ROOT, &err))
		tell_failure(job, lab_error_message(err));
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		command(job);
	if (pid < 0)
		tell_failure(job,
			     errno == ENOMEM ? "the lab went down meanwhile" : strerror(errno));
	news.pid = (pid_t)pid;
	(void)!write(job->tell, &news, sizeof(news)); /* as above */
	_exit(0);
}

/* Starts the helper and waits until the command runs. Its pid, or -1 with *err. */
static pid_t start(struct job *job, struct lab_error **err)
{
	struct news news;
	int pipe_fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return lab_error_errno(err, LAB_EXEC, errno, "pipe");
	job->tell = pipe_fds[1];
	(void)fflush(NULL); /* else the child could write it a second time */
	pid = fork();
	if (!pid)
		helper(job);
	(void)close(pipe_fds[1]); /* the child's */
	if (pid < 0) {
		(void)close(pipe_fds[0]); /* never read from */
		return lab_error_errno(err, LAB_EXEC, errno, "fork");
	}
	do {
		n = read(pipe_fds[0], &news, sizeof(news));
	} while (n < 0 && errno == EINTR);
	(void)waitpid(pid, NULL, 0); /* what it had to say, it has said */
	(void)close(pipe_fds[0]);    /* only read from */
	if (n != (ssize_t)sizeof(news))
		return lab_error_make(err, LAB_EXEC, "the command could not be started");
	if (news.pid < 0)
		return lab_error_make(err, LAB_EXEC, "%.*s", (int)sizeof(news.text), news.text);
	return news.pid;
}

static int watch_signals(struct job *job, struct lab_error **err)
{
	static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT,
					SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(forwarded); i++)
		sigaddset(&set, forwarded[i]);
	fd = sigprocmask(SIG_BLOCK, &set, &job->mask)
		     ? -1
		     : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return lab_error_errno(err, LAB_EXEC, errno, "signals");
	return fd;
}

static int run(struct job *job, struct lab_error **err)
{
	auto_close int signals = watch_signals(job, err);
	int status;
	pid_t pid;

	if (signals < 0)
		return LAB_EXEC;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && cli_terminal_open(&job->terminal, err))
		return LAB_EXEC;
	pid = start(job, err);
	if (pid < 0)
		return LAB_EXEC;
	if (cli_terminal_begin(&job->terminal, err) ||
	    cli_terminal_relay(&job->terminal, pid, signals, &status, err)) {
		(void)kill(pid, SIGKILL); /* not reaped: it exists */
		(void)waitpid(pid, NULL, 0);
		return LAB_EXEC;
	}
	return WIFSIGNALED(status) ? EXEC_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

int cli_run_in_node(const struct cli_running *r, const struct plan_node *node, char **argv,
		    const struct cli_variable *extra, struct lab_error **err)
{
	struct job job = {
		.running = r, .node = node, .argv = argv, .terminal = {.master = -1, .slave = -1}};
	auto_close int pid_ns = process_id_open(&state_journal(r->state)->supervisor);
	int status;

	/* without it the command would run among the host's processes */
	if (pid_ns < 0) {
		(void)lab_error_make(err, LAB_EXEC, "lab %s: its supervisor does not run",
				     r->plan->lab);
		(void)lab_error_hint(err, "labctl up %s", r->plan->lab);
		return LAB_EXEC;
	}
	job.pid_ns = pid_ns;
	fill_environment(&job, extra);
	status = run(&job, err);
	if (*err)
		(void)lab_error_hint(err, "`labctl status %s` says what is wrong with it",
				     r->plan->lab);
	cli_terminal_done(&job.terminal);
	free_environment(&job);
	return status;
}
