// SPDX-License-Identifier: GPL-2.0-only
#include "service/command.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/lastline.h"
#include "base/log.h"
#include "base/worker.h"
#include "priv/priv.h"
#include "service/files.h"
#include "base/program.h"
#include "service/ready.h"
#include "service/reload.h"

#define GRACE_MS       8000 /* of the ten seconds that a worker has between SIGTERM and SIGKILL */
#define LOOK_FIRST_MS  2    /* for readiness; then doubled each time */
#define LOOK_LAST_MS   50
#define LAST_WORDS_MAX 256

struct command {
	struct loop *loop;
	const struct service_config *config;
	struct loop_io signals, exited;
	struct loop_timer look; /* for readiness */
	struct loop_timer grace;
	struct service_reload reload;
	pid_t pid;
	int pidfd;
	uint64_t deadline; /* of its readiness */
	unsigned int look_ms;
	off_t log_from; /* where in the log what it says begins */
	bool ready, stopping, failed;
	struct lab_error **err;
};

/* Standard error is the log, which it writes to as well. */
static off_t log_size(void)
{
	struct stat st;

	return fstat(STDERR_FILENO, &st) ? 0 : st.st_size;
}

/* What it said last, as a part of a sentence. A log line of JSON says nothing about an end. */
static void add_last_words(const struct command *c, struct strbuf *text)
{
	char line[LAST_WORDS_MAX];

	lastline_read(STDERR_FILENO, c->log_from, line, sizeof(line));
	if (line[0] && line[0] != '{')
		strbuf_printf(text, "; it said last: %s", line);
}

/* The first failure is the one that counts. */
static void fail(struct command *c, const char *how)
{
	auto_strbuf struct strbuf text = {0};

	if (c->failed)
		return;
	c->failed = true;
	strbuf_printf(&text, "command %s: %s", c->config->command[0], how);
	add_last_words(c, &text);
	(void)lab_error_make(c->err, LAB_FAILED, "%s", strbuf_str(&text));
}

static void reloaded(struct service_reload *r, const char *failure)
{
	struct command *c = container_of(r, struct command, reload);
	auto_strbuf struct strbuf text = {0};

	if (!failure) {
		log_info("reloaded: %s, pid %d", c->config->command[0], (int)c->pid);
		worker_ready();
		return;
	}
	strbuf_printf(&text, "does not take its new files: %s", failure);
	fail(c, strbuf_str(&text));
	child_kill(c->pid); /* and exited() follows */
}

static void say_ready(struct command *c)
{
	auto_error struct lab_error *err = NULL;

	if (c->config->reload && service_reload_watch(&c->reload, &err)) {
		reloaded(&c->reload, lab_error_message(err));
		return;
	}
	c->ready = true;
	log_info("ready: %s, pid %d", c->config->command[0], (int)c->pid);
	c->log_from = log_size();
	worker_ready();
}

static void give_up_waiting(struct command *c)
{
	auto_strbuf struct strbuf text = {0};

	service_ready_describe(&c->config->ready, &text);
	strbuf_printf(&text, " after %u ms", c->config->ready.ms);
	fail(c, strbuf_str(&text));
	child_kill(c->pid); /* and exited() follows */
}

static void look(struct loop_timer *t)
{
	struct command *c = container_of(t, struct command, look);

	if (service_is_ready(&c->config->ready)) {
		say_ready(c);
		return;
	}
	if (loop_now(c->loop) >= c->deadline) {
		give_up_waiting(c);
		return;
	}
	loop_timer_set(c->loop, &c->look, c->look_ms);
	c->look_ms = c->look_ms * 2 < LOOK_LAST_MS ? c->look_ms * 2 : LOOK_LAST_MS;
}

static void describe_end(const struct command *c, int code, int status, struct strbuf *text)
{
	if (code == CLD_EXITED)
		strbuf_printf(text, "exited with status %d", status);
	else
		strbuf_printf(text, "killed by signal %d (%s)", status,
			      sigdescr_np(status) ? sigdescr_np(status) : "unknown");
	if (!c->ready)
		strbuf_add(text, " before it was ready");
	/* the usual mistake: a server that puts itself into the background */
	if (!c->ready && code == CLD_EXITED && status == 0)
		strbuf_add(text, "; it has to stay in the foreground");
}

static void exited(struct loop_io *io, uint32_t events)
{
	struct command *c = container_of(io, struct command, exited);
	auto_strbuf struct strbuf text = {0};
	int code, status;

	loop_del(c->loop, &c->exited);
	child_reap(c->pid, c->pidfd, &code, &status);
	c->pid = 0;
	if (!c->stopping) {
		describe_end(c, code, status, &text);
		fail(c, strbuf_str(&text));
	}
	loop_stop(c->loop);
}

static void kill_late(struct loop_timer *t)
{
	struct command *c = container_of(t, struct command, grace);

	log_warning("command %s: did not end within %d s, killed", c->config->command[0],
		    GRACE_MS / 1000);
	child_kill(c->pid);
}

static void stop(struct loop_io *io, uint32_t events)
{
	struct command *c = container_of(io, struct command, signals);

	if (c->stopping || !c->pid)
		return;
	c->stopping = true;
	loop_timer_clear(c->loop, &c->look);
	service_reload_done(&c->reload);
	loop_timer_set(c->loop, &c->grace, GRACE_MS);
	(void)kill(-c->pid, SIGTERM); /* not reaped yet, so its group exists */
}

static int start(struct command *c, struct lab_error **err)
{
	const int standard[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	auto_free char *path = program_find(c->config->command[0], err);
	int errnum;

	if (!path)
		return -1;
	c->log_from = log_size();
	errnum = child_start(&(struct child_spec){.path = path,
						  .argv = c->config->command,
						  .env = c->config->env.vars,
						  .standard = standard},
			     &c->pid, &c->pidfd);
	if (errnum)
		return program_refused(path, errnum, err);
	if (loop_add(c->loop, &c->exited, c->pidfd, EPOLLIN) == 0)
		return 0;
	errnum = errno;
	child_kill(c->pid);
	return lab_error_errno(err, LAB_FAILED, errnum, "event loop");
}

static int prepare(struct command *c, struct lab_error **err)
{
	if (service_files_write(c->config, err))
		return -1;
	if (chdir(c->config->folder))
		return lab_error_errno(err, LAB_FAILED, errno, "folder %s", c->config->folder);
	if (worker_watch_signals(c->loop, &c->signals, err) || priv_seccomp(PRIV_FUNCTION, err))
		return -1;
	return 0;
}

int service_command_run(struct loop *loop, const struct service_config *config,
			struct lab_error **err)
{
	struct command c = {.loop = loop,
			    .config = config,
			    .signals.fn = stop,
			    .exited.fn = exited,
			    .look.fn = look,
			    .grace.fn = kill_late,
			    .reload = {.loop = loop, .done = reloaded},
			    .pidfd = -1,
			    .look_ms = LOOK_FIRST_MS,
			    .err = err};
	int rc;

	if (prepare(&c, err) || start(&c, err))
		return -1;
	c.deadline = loop_now(loop) + config->ready.ms;
	loop_timer_set(loop, &c.look, 0);
	rc = loop_run(loop);
	if (rc < 0)
		(void)lab_error_errno(err, LAB_FAILED, errno, "event loop");
	if (c.pid)
		child_kill(c.pid);
	service_reload_done(&c.reload);
	loop_timer_clear(loop, &c.look);
	loop_timer_clear(loop, &c.grace);
	loop_del(loop, &c.signals);
	cleanup_closep(&c.pidfd);
	return rc < 0 || c.failed ? -1 : 0;
}
