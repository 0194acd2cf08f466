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

/** Carries out the diff between two plans; ids are those of `to`'s namespaces, in its order. */
static inline int build_steps(struct backend *b, const struct plan_diff *d, const struct plan *to,
			      struct backend_namespace_id *ids, struct lab_error **err)
{
	size_t done = 0, i = 0;

	for (; i < d->n && d->steps[i].kind == PLAN_NAMESPACE; i++) {
		const struct plan_namespace *ns = d->steps[i].after;
		size_t at = (size_t)(ns - to->namespaces);

		if (b->ops->namespace_make(b, ns, &ids[at], err) < 0 ||
		    b->ops->namespace_publish(b, ns, err) < 0)
			return -1;
	}
	if (b->ops->run(b, d->steps + i, d->n - i, &done, err) < 0)
		return -1;
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
