// SPDX-License-Identifier: GPL-2.0-only
/* The transaction that supervisor.h describes. */
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "supervise/supervisor.h"
#include "supervise/worker.h"

static void add_worker(struct supervisor *sup, struct worker *w)
{
	w->next = sup->workers;
	sup->workers = w;
}

/* The worker that answers to this name; the one that a load puts in its place does not count. */
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

/* Starts the worker now, or, where it may be in the way of one that still runs, when its way is free. */
static int start(struct worker *w, bool wait, struct lab_error **err)
{
	if (!wait)
		return supervise_worker_start(w, err);
	supervise_worker_wait(w);
	return 0;
}

/* `old`, if any, is not what is wanted. Takes spec. */
static int replace(struct supervisor *sup, struct worker *old, struct spec *spec,
		   struct lab_error **err)
{
	struct worker *w = supervise_worker_new(sup, spec);
	bool alone = spec->alone || (old && old->spec->alone);

	w->wanted = w->tentative = true;
	add_worker(sup, w);
	w->apart = alone;
	if (old)
		old->apart = alone;
	return start(w, alone, err);
}

/* Where it has to be told and does not listen, it is replaced. */
static bool reloaded(struct worker *w, struct spec *spec)
{
	auto_error struct lab_error *err = NULL;

	if (!w || !supervise_worker_can_reload(w, spec))
		return false;
	w->wanted = true;
	if (!supervise_worker_reload(w, spec, &err))
		return true;
	w->wanted = false;
	log_warning("%s", lab_error_message(err));
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
	if (!w || !supervise_worker_is(w, spec))
		return reloaded(w, spec) ? 0 : replace(sup, w, spec, err);
	supervise_spec_free(spec);
	w->wanted = true;
	supervise_worker_wake(w);
	if (w->state == WORKER_FAILED || w->state == WORKER_BACKING_OFF)
		return start(w, w->spec->alone, err);
	return 0;
}

static int want_copies(struct supervisor *sup, json_t *item, struct lab_error **err)
{
	const unsigned int n = supervise_spec_copies(item);

	for (unsigned int k = 1; k <= n; k++) {
		struct spec *spec = supervise_spec_parse(item, k, err);

		if (!spec || want(sup, spec, err))
			return -1;
	}
	return 0;
}

/* Those that the new ones cannot be beside stop now; and those that vanish, for one of them may hold a
 * port that another one wants, or itself under a new name. */
static void make_way(struct supervisor *sup)
{
	for (struct worker *w = sup->workers; w; w = w->next)
		if (!w->wanted && w->apart && w->state != WORKER_STOPPING)
			supervise_worker_pause(w);
}

/* The workers of a load that failed go; those that were there before stay as they are or come back. */
static void undo_load(struct supervisor *sup)
{
	sup->loading = false;
	for (struct worker *w = sup->workers; w; w = w->next) {
		if (w->tentative)
			supervise_worker_stop(w);
		else if (w->state == WORKER_PAUSED)
			supervise_worker_wait(w);
		supervise_worker_reload_back(w);
		if (!w->tentative)
			w->apart = w->spec->alone;
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
		else
			w->apart = w->spec->alone;
		supervise_worker_reload_stays(w);
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
		if (want_copies(sup, item, err)) {
			undo_load(sup);
			return -1;
		}
	}
	make_way(sup);
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

/* Whether programs that bind ports of their own choice may still run. */
static bool is_crowded(const struct supervisor *sup)
{
	for (const struct worker *w = sup->workers; w; w = w->next)
		if (w->pid && (w->state == WORKER_PAUSED || w->state == WORKER_WAITING ||
			       (w->state == WORKER_STOPPING && w->apart)))
			return true;
	return supervisor_user_sweeping(sup);
}

static void start_waiting(struct supervisor *sup)
{
	if (sup->stopping || is_crowded(sup))
		return;
	for (struct worker *w = sup->workers; w; w = w->next) {
		auto_error struct lab_error *err = NULL;

		/* a failure is a crash: it is recorded in the worker, and ends the load */
		if (w->state == WORKER_WAITING)
			(void)supervise_worker_start(w, &err);
	}
}

void supervisor_go_on_loading(struct supervisor *sup)
{
	start_waiting(sup);
	if (sup->loading)
		finish_load(sup);
}
