// SPDX-License-Identifier: GPL-2.0-only
/* One at a time: while a program tells the command, the next configuration waits in the socket. */
#include "service/reload.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/program.h"
#include "base/worker.h"
#include "service/files.h"

static void told(struct loop_io *io, uint32_t events)
{
	struct service_reload *r = container_of(io, struct service_reload, ended);
	auto_error struct lab_error *err = NULL;
	char how[64] = "";
	int code, status;

	loop_del(r->loop, &r->ended);
	child_reap(r->pid, r->pidfd, &code, &status);
	cleanup_closep(&r->pidfd);
	r->pid = 0;
	if (code != CLD_EXITED || status)
		(void)snprintf(how, sizeof(how), "%s: %s %d", r->config->reload[0],
			       code == CLD_EXITED ? "exit status" : "signal", status);
	else if (service_reload_watch(r, &err))
		(void)snprintf(how, sizeof(how), "%s", lab_error_message(err)); /* may be cut */
	r->done(r, how[0] ? how : NULL);
}

static int tell(struct service_reload *r, struct lab_error **err)
{
	const int standard[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
	auto_free char *path = program_find(r->config->reload[0], err);
	int errnum;

	if (!path)
		return -1;
	errnum = child_start(&(struct child_spec){.path = path,
						  .argv = r->config->reload,
						  .env = r->config->env.vars,
						  .standard = standard},
			     &r->pid, &r->pidfd);
	if (errnum)
		return program_refused(path, errnum, err);
	r->ended.fn = told;
	return loop_add(r->loop, &r->ended, r->pidfd, EPOLLIN) < 0
		       ? lab_error_errno(err, LAB_FAILED, errno, "event loop")
		       : 0;
}

static int take(struct service_reload *r, struct lab_error **err)
{
	size_t len;
	auto_free char *text = worker_receive_config(&len, err);
	struct service_config *config = text ? service_config_read(text, len, err) : NULL;

	if (!config)
		return -1;
	service_config_free(r->config);
	r->config = config;
	if (!config->reload)
		return lab_error_make(err, LAB_FAILED, "configuration: without \"reload\"");
	return service_files_write(config, err) || tell(r, err) ? -1 : 0;
}

static void asked(struct loop_io *io, uint32_t events)
{
	struct service_reload *r = container_of(io, struct service_reload, asked);
	auto_error struct lab_error *err = NULL;

	loop_del(r->loop, &r->asked);
	if (take(r, &err))
		r->done(r, lab_error_message(err));
}

int service_reload_watch(struct service_reload *r, struct lab_error **err)
{
	r->asked.fn = asked;
	return loop_add(r->loop, &r->asked, WORKER_FD_READY, EPOLLIN) < 0
		       ? lab_error_errno(err, LAB_FAILED, errno, "descriptor %d", WORKER_FD_READY)
		       : 0;
}

void service_reload_done(struct service_reload *r)
{
	int code, status;

	if (r->asked.fn)
		loop_del(r->loop, &r->asked);
	if (r->pid) {
		loop_del(r->loop, &r->ended);
		child_kill(r->pid);
		child_reap(r->pid, r->pidfd, &code, &status);
		cleanup_closep(&r->pidfd);
	}
	service_config_free(r->config);
	*r = (struct service_reload){.loop = r->loop, .done = r->done};
}
