// SPDX-License-Identifier: GPL-2.0-only
/** From whatever is there to the wanted plan, or back to what was there before. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "apply/internal.h"
#include "base/cleanup.h"

struct up {
	struct apply_run run;
	struct apply_past past;
	const struct plan *wanted;
	struct apply_view view;
	bool started; /* the supervisor is this run's */
	bool loaded;  /* the supervisor was told other workers than before */
	bool loading; /* and has not yet said that they are ready */
	struct apply_report *report;
};

static int check_names(const struct up *u, struct lab_error **err)
{
	for (size_t i = 0; i < u->view.n_foreign; i++) {
		const char *name = u->view.foreign[i];

		if (!plan_find_namespace(u->wanted, name))
			continue;
		(void)lab_error_make(err, LAB_STATE,
				     "namespace %s.%s: exists and was not made by labctl",
				     u->wanted->lab, name);
		return lab_error_hint(err, "rename it or remove it: ip netns delete %s.%s",
				      u->wanted->lab, name);
	}
	return 0;
}

/*
 * A plan that cannot be read, or a journal that is not whole: what is there cannot be compared with
 * anything, so all of it that can be identified goes, and the lab is made from nothing.
 */
static int start_over(struct up *u, struct lab_error **err)
{
	struct state *s = u->run.state;

	if (apply_sweep(s, u->run.backend, u->run.ops, err))
		return lab_error_prefix(err, "clear what an earlier run left");
	if (u->run.ops->released(u->run.ops->data, err) || state_remove(s, "plan.json", err) ||
	    state_remove(s, "target.json", err) || state_remove(s, "node", err))
		return -1;
	apply_past_done(&u->past);
	u->report->recovered = true;
	return 0;
}

static int adopt(struct up *u, struct lab_error **err)
{
	return u->run.ops->adopt ? u->run.ops->adopt(u->run.ops->data, err) : 0;
}

static int observe(struct up *u, struct lab_error **err)
{
	return apply_look(u->run.state, &u->past, u->run.ops, u->wanted, &u->view, err);
}

/* Foreign by the journal may still be ours by its mark: then the journal was not whole. */
static int look_again(struct up *u, struct lab_error **err)
{
	size_t before = state_journal(u->run.state)->added;

	if (adopt(u, err))
		return -1;
	if (state_journal(u->run.state)->added == before)
		return 0;
	apply_view_done(&u->view);
	return start_over(u, err) || observe(u, err) ? -1 : 0;
}

/* Before anything is touched: what goes makes room for what comes. */
static int check_room(const struct up *u, struct lab_error **err)
{
	const struct plan_diff *d = u->view.diff;
	size_t more = 0, less = 0;

	for (size_t i = 0; i < d->n; i++) {
		more += d->steps[i].kind == PLAN_NAMESPACE && d->steps[i].op == PLAN_ADD;
		less += d->steps[i].kind == PLAN_NAMESPACE && d->steps[i].op == PLAN_REMOVE;
	}
	if (!u->run.ops->room || more <= less)
		return 0;
	return u->run.ops->room(u->run.ops->data, more - less, err);
}

static int look(struct up *u, struct lab_error **err)
{
	const struct state_journal *j = state_journal(u->run.state);

	if (apply_past_read(u->run.state, &u->past, err) || (j->stale && adopt(u, err)))
		return -1;
	/* an object that no plan speaks of can only be found by what the journal knows */
	if ((u->past.damaged || j->stale ||
	     (!u->past.plan && !u->past.target && j->n_namespaces)) &&
	    start_over(u, err))
		return -1;
	u->report->recovered |= u->past.unfinished;
	u->report->fresh = !u->past.plan && !u->past.unfinished;
	if (observe(u, err) || (u->view.n_foreign && look_again(u, err)))
		return -1;
	u->report->fresh = !u->past.plan && !u->past.unfinished;
	return check_names(u, err) || check_room(u, err) ? -1 : 0;
}

static void count_steps(struct up *u)
{
	struct apply_report *r = u->report;

	for (size_t i = 0; i < u->view.diff->n; i++) {
		const struct plan_step *s = &u->view.diff->steps[i];

		u->run.total += s->kind < PLAN_WORKER;
		switch (s->op) {
		case PLAN_ADD: r->added++; break;
		case PLAN_REMOVE: r->removed++; break;
		case PLAN_CHANGE: r->changed++; break;
		}
	}
	r->steps = u->view.diff->n;
}

static int write_target(struct up *u, struct lab_error **err)
{
	auto_free char *text = plan_write(u->wanted);

	return state_write(u->run.state, "target.json", text, strlen(text), err);
}

static int start_supervisor(struct up *u, struct lab_error **err)
{
	/* after a run that was cut short, nobody knows what its supervisor was told */
	bool useless = u->past.unfinished || !apply_answers(u->run.state, u->run.ops);
	struct process_id id;

	/* one that the journal lost would hold the addresses of the next one's sockets */
	if (u->past.plan && !apply_supervised(u->run.state) && adopt(u, err))
		return -1;
	if (useless && apply_stop_supervisor(u->run.state, u->run.ops, err))
		return -1;
	if (apply_supervised(u->run.state))
		return 0;
	if (u->run.ops->start(u->run.ops->data, &id, err))
		return -1;
	u->started = true;
	if (!state_journal_supervisor(u->run.state, &id, err))
		return 0;
	/* undoing will not find it there; should this fail, it still ends with this process */
	(void)u->run.ops->stop(u->run.ops->data, &id, NULL);
	return -1;
}

static int load(struct up *u, const struct plan *workers, struct lab_error **err)
{
	const struct apply_ops *ops = u->run.ops;

	return ops->load_start(ops->data, workers, err) ? -1 : ops->load_finish(ops->data, err);
}

static int load_early(struct apply_run *run, struct lab_error **err)
{
	struct up *u = (struct up *)((char *)run - offsetof(struct up, run));

	u->loading = true;
	return run->ops->load_start(run->ops->data, u->wanted, err);
}

/* What becomes of the worker; NULL: it stays as it is. */
static const struct plan_step *step_of(const struct plan_diff *d, const struct plan_worker *w)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->steps[i].kind == PLAN_WORKER && d->steps[i].before &&
		    plan_key_cmp(PLAN_WORKER, d->steps[i].before, w) == 0)
			return &d->steps[i];
	return NULL;
}

static bool removes(const struct plan_diff *d, const char *ns)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct plan_namespace *gone = d->steps[i].before;

		if (d->steps[i].kind == PLAN_NAMESPACE && d->steps[i].op == PLAN_REMOVE &&
		    strcmp(gone->name, ns) == 0)
			return true;
	}
	return false;
}

static bool is_uprooted(const struct plan_worker *w, const struct plan_diff *d)
{
	bool gone = removes(d, w->ns);

	for (size_t i = 0; i < w->n_sockets && !gone; i++)
		gone = removes(d, w->sockets[i].ns);
	return gone;
}

static bool is_kept(const struct plan_worker *w, const void *data)
{
	const struct plan_step *s = step_of(data, w);

	return !s || (s->after && !is_uprooted(w, data));
}

/* Its successor can take over at once: the diff says so by changing it in place. */
static bool is_succeeded(const struct plan_worker *w, const void *data)
{
	const struct plan_step *s = step_of(data, w);

	return s && s->after && is_uprooted(w, data);
}

static void add_successors(struct plan *to, const struct apply_view *v)
{
	for (size_t i = 0; i < v->is->n_workers; i++)
		if (is_succeeded(&v->is->workers[i], v->diff))
			*plan_add_worker(to) =
				*(const struct plan_worker *)step_of(v->diff, &v->is->workers[i])
					 ->after;
	plan_sort(to);
}

/* Workers whose namespaces vanish, or are made anew, must let go of them first. */
static int end_uprooted(struct up *u, struct lab_error **err)
{
	auto_plan struct plan *rest = NULL;
	size_t kept;

	if (u->started || !u->past.plan)
		return 0;
	rest = plan_new(u->wanted->lab);
	apply_copy_workers(rest, u->view.is, is_kept, u->view.diff);
	kept = rest->n_workers;
	add_successors(rest, &u->view);
	if (kept == u->past.plan->n_workers)
		return 0;
	u->loaded = true;
	if (load(u, rest, err))
		return -1;
	return u->run.ops->released(u->run.ops->data, err);
}

static int start_workers(struct up *u, struct lab_error **err)
{
	u->loaded = true;
	if (u->run.ops->progress)
		u->run.ops->progress(u->run.ops->data, "workers", 0, 0);
	if (u->loading ? u->run.ops->load_finish(u->run.ops->data, err) : load(u, u->wanted, err))
		return -1;
	if (apply_cancelled(&u->run, err))
		return -1;
	return u->started ? u->run.ops->detach(u->run.ops->data, err) : 0;
}

static void keep(const struct up *u)
{
	if (u->run.ops->keep)
		u->run.ops->keep(u->run.ops->data);
}

static int act(struct up *u, struct lab_error **err)
{
	if (write_target(u, err) || start_supervisor(u, err) || end_uprooted(u, err))
		return -1;
	u->run.grounded = u->started ? load_early : NULL;
	if (apply_steps(&u->run, u->view.diff, err) ||
	    apply_keep_only(u->run.state, u->run.backend, u->wanted, err) ||
	    apply_nodes(u->run.state, u->past.plan, u->wanted, err))
		return -1;
	keep(u);
	if (start_workers(u, err) || state_rename(u->run.state, "target.json", "plan.json", err))
		return -1;
	apply_packed_write(u->run.state, u->wanted);
	return 0;
}

/* --- undoing --- */

static int restore_objects(struct up *u, struct lab_error **err)
{
	/* what was there before */
	auto_plan struct plan *before = apply_intersection(u->past.plan, u->view.is, true);
	auto_plan struct plan *all = apply_all(&u->past, u->wanted);
	struct apply_run back = u->run;
	const char **foreign;
	size_t n_foreign;
	auto_plan struct plan *now = apply_observe(u->run.state, u->run.ops, all, &foreign,
						   &n_foreign, err);
	struct plan_diff *diff;
	int r;

	if (!now)
		return -1;
	now->n_workers = now->n_nodes = 0; /* are seen to later */
	back.cancel = NULL;
	back.grounded = NULL;
	diff = plan_diff(now, before);
	r = apply_steps(&back, diff, err);
	plan_diff_free(diff);
	return r;
}

static int restore_workers(struct up *u, struct lab_error **err)
{
	if (u->started)
		return apply_stop_supervisor(u->run.state, u->run.ops, err);
	return u->loaded ? load(u, u->past.plan, err) : 0;
}

static int undo(struct up *u, struct lab_error **err)
{
	struct state *s = u->run.state;

	if (!u->past.plan) { /* nothing was there */
		if (apply_sweep(s, u->run.backend, u->run.ops, err))
			return -1;
		return state_destroy(s, err);
	}
	if (restore_objects(u, err) || apply_keep_only(s, u->run.backend, u->past.plan, err) ||
	    apply_nodes(s, u->wanted, u->past.plan, err))
		return -1;
	keep(u);
	if (restore_workers(u, err))
		return -1;
	return state_remove(s, "target.json", err);
}

static int fail(struct up *u, struct lab_error **err)
{
	auto_error struct lab_error *why = NULL;

	if (!undo(u, &why)) {
		u->report->rolled_back = true;
		return -1;
	}
	(void)lab_error_prefix(err, "%s: undoing it failed too: %s", u->wanted->lab,
			       lab_error_message(why));
	(void)lab_error_set_status(err, LAB_PARTIAL);
	return lab_error_hint(err, "labctl down %s", u->wanted->lab);
}

static void up_done(struct up *u)
{
	apply_view_done(&u->view);
	apply_past_done(&u->past);
}

int apply_up(struct state *s, struct backend *b, const struct apply_ops *ops,
	     const struct plan *wanted, const volatile sig_atomic_t *cancel,
	     struct apply_report *report, struct lab_error **err)
{
	struct up u = {
		.run = {.state = s, .backend = b, .ops = ops, .cancel = cancel},
		.wanted = wanted,
		.report = report,
	};
	struct lab_error *why = NULL; /* err may be NULL; undoing needs to know */
	int r;

	*report = (struct apply_report){0};
	r = look(&u, &why);
	if (r) {
		/* nothing was touched; a directory that was made for this run goes again */
		if (report->fresh)
			(void)state_destroy(s, NULL); /* the error being reported matters more */
	} else {
		count_steps(&u);
		r = act(&u, &why);
		/* a wait that the signal cut short fails with its own words, which explain nothing */
		if (r)
			(void)apply_cancelled(&u.run, &why);
		if (r)
			r = fail(&u, &why);
	}
	up_done(&u);
	if (r && err)
		*err = steal_ptr(why);
	lab_error_free(why);
	return r;
}
