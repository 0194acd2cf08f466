// SPDX-License-Identifier: GPL-2.0-only
/** From whatever is there to nothing. */
#include "apply/internal.h"
#include "base/cleanup.h"

static int partial(const struct state *s, struct lab_error **err)
{
	(void)lab_error_prefix(err, "lab %s: not all of it is gone", state_lab(s));
	(void)lab_error_hint(err, "labctl down %s", state_lab(s));
	return lab_error_set_status(err, LAB_PARTIAL);
}

static bool is_anything_there(const struct state *s)
{
	const struct state_journal *j = state_journal(s);

	return j->n_namespaces || j->stale || j->supervisor.pid || state_exists(s, "plan.json") ||
	       state_exists(s, "target.json");
}

int apply_down(struct state *s, struct backend *b, const struct apply_ops *ops, bool wait,
	       const volatile sig_atomic_t *cancel, bool *was_up, struct lab_error **err)
{
	struct apply_run run = {.state = s, .backend = b, .ops = ops, .cancel = cancel};
	bool had_namespaces;

	if (ops->adopt && ops->adopt(ops->data, err))
		return partial(s, err);
	had_namespaces = state_journal(s)->n_namespaces > 0;
	*was_up = is_anything_there(s);
	if (apply_cancelled(&run, err) || apply_sweep(s, b, ops, err))
		return partial(s, err);
	if (ops->part)
		ops->part(ops->data);
	/* most files of a lab; while the kernel works */
	if (state_remove(s, "node", err))
		return partial(s, err);
	if (wait && had_namespaces) {
		if (ops->progress)
			ops->progress(ops->data, "waiting for the kernel", 0, 0);
		if (ops->released(ops->data, err))
			return partial(s, err);
	}
	if (state_destroy(s, err))
		return partial(s, err);
	return 0;
}
