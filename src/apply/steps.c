// SPDX-License-Identifier: GPL-2.0-only
/** Carries out the steps of a diff, each namespace in the journal before anybody can see it. */
#include "apply/internal.h"

int apply_cancelled(const struct apply_run *run, struct lab_error **err)
{
	if (!run->cancel || !*run->cancel)
		return 0;
	return lab_error_make(err, LAB_FAILED, "interrupted");
}

static void advance(struct apply_run *run, enum plan_kind kind, size_t n)
{
	run->done += n;
	if (run->ops->progress)
		run->ops->progress(run->ops->data, plan_kind_name(kind), run->done, run->total);
}

static int add_namespace(struct apply_run *run, const struct plan_namespace *ns,
			 struct lab_error **err)
{
	struct backend *b = run->backend;
	struct backend_namespace_id id;

	/* a run that was killed may have taken the name, or be half through giving it back */
	if (apply_remove_namespace(run->state, b, ns->name, err))
		return -1;
	if (b->ops->namespace_make(b, ns, &id, err) ||
	    state_journal_namespace(run->state, ns->name, id.dev, id.ino, err) ||
	    b->ops->namespace_publish(b, ns, err))
		return lab_error_prefix(err, "make namespace %s", ns->name);
	return 0;
}

static int namespace_step(struct apply_run *run, const struct plan_step *s, struct lab_error **err)
{
	const struct plan_namespace *before = s->before;

	switch (s->op) {
	case PLAN_REMOVE:
		return apply_remove_namespace(run->state, run->backend, before->name, err);
	case PLAN_ADD: return add_namespace(run, s->after, err);
	case PLAN_CHANGE: break;
	}
	return run->backend->ops->namespace_mend(run->backend, s->after, err);
}

static bool is_kernel_step(const struct plan_step *s)
{
	return s->kind > PLAN_NAMESPACE && s->kind < PLAN_WORKER;
}

/* How many steps from s on go to the backend in one call: kernel objects, all removals or none. */
static size_t batch_length(const struct plan_step *s, size_t n)
{
	size_t length = 0;

	while (length < n && length < BACKEND_BATCH && is_kernel_step(&s[length]) &&
	       (s[length].op == PLAN_REMOVE) == (s[0].op == PLAN_REMOVE))
		length++;
	return length;
}

static int kernel_steps(struct apply_run *run, const struct plan_step *s, size_t n,
			struct lab_error **err)
{
	struct backend *b = run->backend;
	size_t done = 0;
	int r = b->ops->run(b, s, n, &done, err);

	advance(run, s[n - 1].kind, done);
	return r;
}

static bool removes_namespace(const struct plan_step *s)
{
	return s->op == PLAN_REMOVE && s->kind == PLAN_NAMESPACE;
}

int apply_steps(struct apply_run *run, const struct plan_diff *diff, struct lab_error **err)
{
	bool wait = false, grounded = !run->grounded;

	for (size_t i = 0; i < diff->n;) {
		const struct plan_step *s = &diff->steps[i];
		size_t n = batch_length(s, diff->n - i);

		if (apply_cancelled(run, err))
			return -1;
		/* a veth of a removed namespace keeps its name at the other end until the kernel gets to it */
		if (wait && s->op != PLAN_REMOVE && run->ops->released(run->ops->data, err))
			return -1;
		wait = s->op == PLAN_REMOVE && (wait || removes_namespace(s));
		if (!grounded && s->op != PLAN_REMOVE && s->kind > PLAN_NAMESPACE) {
			grounded = true;
			if (run->grounded(run, err))
				return -1;
		}
		if (n) {
			if (kernel_steps(run, s, n, err))
				return -1;
			i += n;
			continue;
		}
		if (s->kind == PLAN_NAMESPACE) {
			if (namespace_step(run, s, err))
				return -1;
			advance(run, PLAN_NAMESPACE, 1);
		}
		i++;
	}
	/* nor is the lab as it should be before that */
	if (wait && run->ops->released(run->ops->data, err))
		return -1;
	return run->backend->ops->settle(run->backend, err);
}
