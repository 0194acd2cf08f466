// SPDX-License-Identifier: GPL-2.0-only
/** Applies plans through the real backend, as apply/ does but without a journal. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernel/kernel.h"
#include "plan/diff.h"

#define BUILD_MAX_NAMESPACES 64

/** Fails the test with the error's text. */
static inline void must_hold(int res, struct lab_error *const *err)
{
	if (res != 0)
		fail_msg("%s", lab_error_message(*err));
}

static inline struct backend *build_backend(const char *lab)
{
	struct lab_error *err = NULL;
	struct backend *b = kernel_backend_new(lab, &err);

	must_hold(b ? 0 : -1, &err);
	return b;
}

static inline int build_namespace(struct backend *b, const struct plan_step *s,
				  const struct plan *to, struct backend_namespace_id *ids,
				  struct lab_error **err)
{
	const struct plan_namespace *ns = s->after;

	if (s->op == PLAN_CHANGE)
		return b->ops->namespace_mend(b, ns, err);
	if (b->ops->namespace_make(b, ns, &ids[ns - to->namespaces], err))
		return -1;
	return b->ops->namespace_publish(b, ns, err);
}

/* How many steps from i on are of other kinds than namespaces. */
static inline size_t build_run_length(const struct plan_diff *d, size_t i)
{
	size_t n = 0;

	while (i + n < d->n && d->steps[i + n].kind != PLAN_NAMESPACE)
		n++;
	return n;
}

/** Carries out the diff between two plans; ids are those of `to`'s namespaces, in its order. */
static inline int build_steps(struct backend *b, const struct plan_diff *d, const struct plan *to,
			      struct backend_namespace_id *ids, struct lab_error **err)
{
	for (size_t i = 0, n; i < d->n; i += n) {
		size_t done = 0;

		n = build_run_length(d, i);
		if (n ? b->ops->run(b, d->steps + i, n, &done, err)
		      : build_namespace(b, &d->steps[i], to, ids, err))
			return -1;
		n += !n;
	}
	return b->ops->settle(b, err);
}

static inline int build_to(struct backend *b, const struct plan *from, const struct plan *to,
			   struct backend_namespace_id *ids, struct lab_error **err)
{
	struct plan_diff *d = plan_diff(from, to);
	int res = build_steps(b, d, to, ids, err);

	plan_diff_free(d);
	return res;
}

/** Takes the namespaces of `plan` away again, and frees both. */
static inline void build_undo(struct backend *b, struct plan *plan,
			      const struct backend_namespace_id *ids)
{
	bool foreign;

	for (size_t i = 0; i < plan->n_namespaces; i++)
		(void)b->ops->namespace_remove(b, plan->namespaces[i].name, &ids[i], &foreign,
					       NULL);
	kernel_backend_free(b);
	plan_free(plan);
}
