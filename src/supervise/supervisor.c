// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/supervisor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/container_of.h"
#include "base/log.h"
#include "supervise/control.h"
#include "supervise/logfile.h"
#include "supervise/worker.h"

#define ROTATE_MS 2000

static void forget_stopped(struct supervisor *sup)
{
	struct worker **at = &sup->workers;

	while (*at) {
		struct worker *w = *at;

		if (w->state == WORKER_STOPPING && !w->pid) {
			*at = w->next;
			supervise_worker_free(w);
		} else {
			at = &w->next;
		}
	}
}

static void settle(struct loop_timer *t)
{
	struct supervisor *sup = container_of(t, struct supervisor, settle);

	forget_stopped(sup);
	supervisor_go_on_loading(sup);
	supervise_control_notify(sup->control);
	if (sup->stopping && !sup->workers)
		loop_stop(sup->loop);
}

void supervisor_touch(struct supervisor *sup)
{
	sup->settle.fn = settle;
	loop_timer_set(sup->loop, &sup->settle, 0);
}

void supervisor_stop(struct supervisor *sup)
{
	sup->stopping = true;
	supervisor_abort_load(sup);
	for (struct worker *w = sup->workers; w; w = w->next)
		supervise_worker_stop(w);
	supervisor_touch(sup);
}

/* Ended, stopped, or going on. */
static void reaped(struct supervisor *sup, pid_t pid, int status)
{
	for (struct worker *w = sup->workers; w; w = w->next) {
		if (w->pid == pid) {
			if (WIFSTOPPED(status) || WIFCONTINUED(status))
				supervise_worker_halted(w, WIFSTOPPED(status));
			else
				supervise_worker_exited(w, status);
			return;
		}
	}
	if (WIFSTOPPED(status) || WIFCONTINUED(status))
		return;
	supervisor_user_reaped(sup, pid, status);
	/* else: what a worker left behind, and its init is this process */
}

void supervisor_reap(struct supervisor *sup)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0)
		reaped(sup, pid, status);
}

static void rotate_logs(struct loop_timer *t)
{
	struct supervisor *sup = container_of(t, struct supervisor, rotate);

	for (struct worker *w = sup->workers; w; w = w->next) {
		auto_error struct lab_error *err = NULL;

		if (supervise_log_rotate(sup->dir_fd, w->spec->family, LOGFILE_CAP, &err))
			log_warning("%s: %s", w->spec->name, lab_error_message(err));
	}
	loop_timer_set(sup->loop, &sup->rotate, ROTATE_MS);
}

void supervisor_watch_logs(struct supervisor *sup)
{
	sup->rotate.fn = rotate_logs;
	loop_timer_set(sup->loop, &sup->rotate, ROTATE_MS);
}

json_t *supervisor_status(const struct supervisor *sup)
{
	json_t *list = json_array();

	for (const struct worker *w = sup->workers; w; w = w->next) {
		json_t *item = json_pack(
			"{s:s, s:s, s:i, s:i, s:I, s:s, s:s}", "name", w->spec->name, "state",
			w->stopped ? "stopped" : supervise_worker_state_name(w->state), "pid",
			w->outside, "restarts", (int)w->restarts, "since_ms",
			(json_int_t)(loop_now(sup->loop) - w->since), "reason", w->reason, "note",
			w->note.text);

		if (!item || json_array_append_new(list, item))
			abort();
	}
	return json_pack("{s:o}", "workers", list);
}
