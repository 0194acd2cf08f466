// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/supervisor.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "supervise/logfile.h"
#include "supervise/spawn.h"
#include "supervise/worker.h"

#define ROTATE_MS 2000

#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

static void add_worker(struct supervisor *sup, struct worker *w)
{
	w->next = sup->workers;
	sup->workers = w;
}

/* The worker that answers to this name; the one that a load puts beside it does not count. */
static struct worker *find(struct supervisor *sup, const char *name)
{
	for (struct worker *w = sup->workers; w; w = w->next)
		if (w->state != WORKER_STOPPING && !w->tentative && !strcmp(w->spec->name, name))
			return w;
	return NULL;
}

static bool twice(struct supervisor *sup, const char *name)
{
	for (struct worker *w = sup->workers; w; w = w->next)
		if (w->wanted && !strcmp(w->spec->name, name))
			return true;
	return false;
}

static int want(struct supervisor *sup, struct spec *spec, struct lab_error **err) /* takes spec */
{
	struct worker *w = find(sup, spec->name);

	if (twice(sup, spec->name)) {
		(void)lab_error_make(err, LAB_FAILED, "worker %s: there are two", spec->name);
		supervise_spec_free(spec);
		return -1;
	}
	if (!w || !supervise_worker_is(w, spec)) {
		w = supervise_worker_new(sup, spec);
		w->wanted = w->tentative = true;
		add_worker(sup, w);
		return supervise_worker_start(w, err);
	}
	supervise_spec_free(spec);
	w->wanted = true;
	if (w->state == WORKER_FAILED || w->state == WORKER_BACKING_OFF)
		return supervise_worker_start(w, err);
	return 0;
}

/* The workers of a load that failed go; those that were there before stay as they are. */
static void undo_load(struct supervisor *sup)
{
	sup->loading = false;
	for (struct worker *w = sup->workers; w; w = w->next) {
		if (w->tentative)
			supervise_worker_stop(w);
		w->wanted = w->tentative = false;
	}
	supervisor_touch(sup);
}

static void commit_load(struct supervisor *sup)
{
	sup->loading = false;
	for (struct worker *w = sup->workers; w; w = w->next) {
		if (!w->wanted)
			supervise_worker_stop(w);
		w->wanted = w->tentative = false;
	}
}

int supervisor_load(struct supervisor *sup, json_t *workers, struct lab_error **err)
{
	json_t *item;
	size_t i;

	if (sup->loading || sup->stopping)
		return lab_error_make(err, LAB_STATE, "supervisor: %s",
				      sup->loading ? "another load is going on" : "is stopping");
	if (!json_is_array(workers))
		return lab_error_make(err, LAB_FAILED, "supervisor: not a list of workers");
	sup->loading = true;
	json_array_foreach (workers, i, item) {
		struct spec *spec = supervise_spec_parse(item, err);

		if (!spec || want(sup, spec, err)) {
			undo_load(sup);
			return -1;
		}
	}
	supervisor_touch(sup);
	return 0;
}

void supervisor_abort_load(struct supervisor *sup)
{
	if (sup->loading)
		undo_load(sup);
}

static void finish_load(struct supervisor *sup)
{
	auto_error struct lab_error *err = NULL;
	bool all_ready = true;

	for (struct worker *w = sup->workers; w; w = w->next) {
		if (!w->wanted)
			continue;
		if (w->state == WORKER_FAILED || w->state == WORKER_BACKING_OFF) {
			(void)lab_error_make(&err, LAB_FAILED, "worker %s: %s", w->spec->name,
					     w->reason);
			undo_load(sup);
			sup->loaded(sup, err);
			return;
		}
		all_ready = all_ready && w->state == WORKER_READY;
	}
	if (!all_ready)
		return;
	commit_load(sup);
	sup->loaded(sup, NULL);
}

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

	if (sup->loading)
		finish_load(sup);
	forget_stopped(sup);
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

static void sweep(struct user_slot *slot)
{
	slot->sweeper = supervise_spawn_sweep(slot->uid);
	if (slot->sweeper < 0) /* the number stays taken: what is left of it may still run */
		log_warning("kill what user %u left behind: cannot fork", slot->uid);
}

/* A process that was to be killed may have killed the sweeper, which is of the same user, first. */
static void swept(struct user_slot *slot, int status)
{
	if (WIFEXITED(status))
		*slot = (struct user_slot){0};
	else
		sweep(slot);
}

static void reaped(struct supervisor *sup, pid_t pid, int status)
{
	for (struct worker *w = sup->workers; w; w = w->next) {
		if (w->pid == pid) {
			supervise_worker_exited(w, status);
			return;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(sup->slots); i++)
		if (sup->slots[i].sweeper == pid)
			swept(&sup->slots[i], status);
	/* else: what a worker left behind, and its init is this process */
}

void supervisor_reap(struct supervisor *sup)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		reaped(sup, pid, status);
}

static void rotate_logs(struct loop_timer *t)
{
	struct supervisor *sup = container_of(t, struct supervisor, rotate);

	for (struct worker *w = sup->workers; w; w = w->next) {
		auto_error struct lab_error *err = NULL;

		if (supervise_log_rotate(sup->dir_fd, w->spec->name, LOGFILE_CAP, &err))
			log_warning("%s: %s", w->spec->name, lab_error_message(err));
	}
	loop_timer_set(sup->loop, &sup->rotate, ROTATE_MS);
}

void supervisor_watch_logs(struct supervisor *sup)
{
	sup->rotate.fn = rotate_logs;
	loop_timer_set(sup->loop, &sup->rotate, ROTATE_MS);
}

int supervisor_user_take(struct supervisor *sup, struct lab_error **err)
{
	for (unsigned int i = 0; i < PRIV_WORKER_SLOTS; i++) {
		struct user_slot *slot = &sup->slots[i];

		if (slot->used)
			continue;
		if (priv_worker_user(sup->lab, i, &slot->uid, err))
			return -1;
		slot->used = true;
		return (int)i;
	}
	return lab_error_make(err, LAB_FAILED, "more than %d processes", PRIV_WORKER_SLOTS);
}

void supervisor_user_drop(struct supervisor *sup, int slot)
{
	struct user_slot *s;

	if (slot < 0)
		return;
	s = &sup->slots[slot];
	/* the shared user is not ours alone to sweep; and all goes anyway when the lab ends */
	if (s->uid == PRIV_SHARED_USER || sup->stopping) {
		*s = (struct user_slot){0};
		return;
	}
	sweep(s);
}

json_t *supervisor_status(const struct supervisor *sup)
{
	json_t *list = json_array();

	for (const struct worker *w = sup->workers; w; w = w->next) {
		json_t *item = json_pack("{s:s, s:s, s:i, s:i, s:I, s:s}", "name", w->spec->name,
					 "state", supervise_worker_state_name(w->state), "pid",
					 w->outside, "restarts", (int)w->restarts, "since_ms",
					 (json_int_t)(loop_now(sup->loop) - w->since), "reason",
					 w->reason);

		if (!item || json_array_append_new(list, item))
			abort();
	}
	return json_pack("{s:o}", "workers", list);
}
