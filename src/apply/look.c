// SPDX-License-Identifier: GPL-2.0-only
/** Looking without touching: what is there, and what would have to be done. */
#include <stdlib.h>
#include <string.h>

#include "apply/internal.h"
#include "base/cleanup.h"

static bool stands(const struct plan *is, const char *ns)
{
	return plan_find_namespace(is, ns) != NULL;
}

/* A worker whose namespace vanished still runs in what is left of it: of no use, and in the way. */
static bool on_firm_ground(const struct plan_worker *w, const void *data)
{
	const struct plan *is = data;
	bool firm = stands(is, w->ns);

	for (size_t i = 0; i < w->n_sockets && firm; i++)
		firm = stands(is, w->sockets[i].ns);
	return firm;
}

struct plan *apply_all(const struct apply_past *past, const struct plan *wanted)
{
	const struct plan *const plans[] = {past->plan, past->target, wanted};

	return apply_union(wanted->lab, plans, ARRAY_LEN(plans));
}

int apply_look(const struct state *s, const struct apply_past *past, const struct apply_ops *ops,
	       const struct plan *wanted, struct apply_view *v, struct lab_error **err)
{
	auto_plan struct plan *all = apply_all(past, wanted);

	*v = (struct apply_view){0};
	v->is = apply_observe(s, ops, all, &v->foreign, &v->n_foreign, err);
	if (!v->is) {
		apply_view_done(v);
		return -1;
	}
	v->is->n_workers = v->is->n_nodes = 0;                    /* were copied, and say nothing */
	v->is->summary = past->plan ? past->plan->summary : NULL; /* no kernel has one */
	/* after a run that was cut short nobody knows which workers run: all are started anew */
	if (past->plan && !past->unfinished && apply_supervised(s))
		apply_copy_workers(v->is, past->plan, on_firm_ground, v->is);
	if (past->plan && !past->unfinished)
		apply_copy_nodes(v->is, past->plan);
	v->diff = plan_diff(v->is, wanted);
	return 0;
}

void apply_view_done(struct apply_view *v)
{
	plan_diff_free(v->diff);
	plan_free(v->is);
	*v = (struct apply_view){0};
}

struct preview {
	struct apply_past past;
	struct apply_view view;
};

int apply_preview(const struct state *s, const struct apply_ops *ops, const struct plan *wanted,
		  struct apply_preview *preview, struct lab_error **err)
{
	struct preview *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	*preview = (struct apply_preview){.owned = p};
	if ((s && apply_past_read(s, &p->past, err)) ||
	    apply_look(s, &p->past, ops, wanted, &p->view, err)) {
		apply_preview_done(preview);
		return -1;
	}
	preview->diff = p->view.diff;
	preview->up = p->past.plan || p->past.unfinished;
	preview->is = preview->up ? p->view.is : NULL;
	return 0;
}

void apply_preview_done(struct apply_preview *preview)
{
	struct preview *p = preview->owned;

	if (!p)
		return;
	apply_view_done(&p->view);
	apply_past_done(&p->past);
	free(p);
	*preview = (struct apply_preview){0};
}

static int no_plan(const struct state *s, const struct apply_past *past, struct lab_error **err)
{
	if (past->damaged)
		(void)lab_error_make(err, LAB_STATE, "lab %s: its plan cannot be read",
				     state_lab(s));
	else if (past->unfinished)
		(void)lab_error_make(err, LAB_STATE, "lab %s: half made: `up` runs, or was killed",
				     state_lab(s));
	else
		(void)lab_error_make(err, LAB_STATE, "lab %s: is not up", state_lab(s));
	return lab_error_hint(err, "labctl up %s", state_lab(s));
}

static int read_status(const struct state *s, struct apply_status *status, struct lab_error **err)
{
	struct apply_past past;

	status->plan = apply_planned(s);
	if (status->plan) {
		status->unfinished = state_exists(s, "target.json");
		return 0;
	}
	if (apply_past_read(s, &past, err))
		return -1;
	if (!past.plan) {
		(void)no_plan(s, &past, err);
		apply_past_done(&past);
		return -1;
	}
	status->unfinished = past.unfinished;
	status->plan = steal_ptr(past.plan);
	apply_past_done(&past);
	return 0;
}

int apply_status_planned(const struct state *s, const struct apply_ops *ops,
			 struct apply_status *status, struct lab_error **err)
{
	*status = (struct apply_status){0};
	if (read_status(s, status, err))
		return -1;
	status->supervised = apply_answers(s, ops);
	status->halted = process_id_stopped(&state_journal(s)->supervisor);
	return 0;
}

static int observe(const struct state *s, const struct apply_ops *ops, struct apply_status *status,
		   struct lab_error **err)
{
	status->observed = apply_observe(s, ops, status->plan, &status->foreign, &status->n_foreign,
					 err);
	if (status->observed)
		return 0;
	apply_status_done(status);
	return -1;
}

int apply_status_observed(const struct state *s, const struct apply_ops *ops,
			  struct apply_status *status, struct lab_error **err)
{
	return apply_status_planned(s, ops, status, err) ? -1 : observe(s, ops, status, err);
}

int apply_status(const struct state *s, const struct apply_ops *ops, struct apply_status *status,
		 struct lab_error **err)
{
	if (apply_status_observed(s, ops, status, err))
		return -1;
	status->drift = plan_diff(status->observed, status->plan);
	return 0;
}

int apply_status_part(const struct state *s, const struct apply_ops *ops, const struct plan *plan,
		      bool (*concerns)(const char *ns, void *data), void *data,
		      struct apply_status *status, struct lab_error **err)
{
	auto_free bool *open = calloc(plan->n_namespaces + 1, sizeof(*open));

	if (!open)
		abort();
	for (size_t i = 0; i < plan->n_namespaces; i++)
		open[i] = concerns(plan->namespaces[i].name, data);
	*status = (struct apply_status){.plan = apply_part(plan, open, APPLY_BOTH_ENDS)};
	if (observe(s, ops, status, err))
		return -1;
	status->drift = plan_diff(status->observed, status->plan);
	return 0;
}

int apply_glance(const struct state *s, const struct apply_ops *ops, const struct plan *plan,
		 const bool *open, struct apply_glance *glance, struct lab_error **err)
{
	const char **foreign;
	size_t n_foreign;

	*glance = (struct apply_glance){.part = apply_part(plan, open, APPLY_OPEN_ENDS)};
	glance->observed = apply_observe(s, ops, glance->part, &foreign, &n_foreign, err);
	if (!glance->observed) {
		apply_glance_done(glance);
		return -1;
	}
	glance->plan = apply_replaced(plan, open, glance->observed);
	glance->plan->extra = steal_ptr(glance->observed->extra);
	return 0;
}

void apply_glance_done(struct apply_glance *glance)
{
	plan_free(glance->plan);
	plan_free(glance->observed);
	plan_free(glance->part);
	*glance = (struct apply_glance){0};
}

/* Whether the object that is removed is made again, in the place of which it stands. */
static bool comes_again(const struct plan_diff *d, const struct plan_step *s)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->steps[i].op == PLAN_ADD && d->steps[i].kind == s->kind &&
		    plan_key_cmp(s->kind, d->steps[i].after, s->before) == 0)
			return true;
	return false;
}

static bool was_there(const struct plan_diff *d, const struct plan_step *s)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->steps[i].op == PLAN_REMOVE && d->steps[i].kind == s->kind &&
		    plan_key_cmp(s->kind, d->steps[i].before, s->after) == 0)
			return true;
	return false;
}

const char *apply_drift_of(const struct plan_diff *drift, size_t i)
{
	const struct plan_step *s = &drift->steps[i];

	switch (s->op) {
	case PLAN_CHANGE: return "changed";
	case PLAN_ADD: return was_there(drift, s) ? NULL : "missing";
	case PLAN_REMOVE: break;
	}
	return comes_again(drift, s) ? "changed" : "extra";
}

void apply_status_done(struct apply_status *status)
{
	plan_diff_free(status->drift);
	plan_free(status->observed);
	plan_free(status->plan);
	*status = (struct apply_status){0};
}
