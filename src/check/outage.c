// SPDX-License-Identifier: GPL-2.0-only
#include "check/outage.h"

#include <string.h>

#include "base/cleanup.h"
#include "check/judge.h"
#include "check/probe.h"
#include "kernel/cut.h"

#define FIRST_ANSWER_MS 10000
#define EXTRA_MS        5000

/* Every VLAN of the line, or back to what the plan says of each. */
static int set_line(const struct plan *plan, const char *line, bool cut, struct lab_error **err)
{
	bool any = false;

	for (size_t i = 0; i < plan->n_bridges; i++) {
		const struct plan_bridge *b = &plan->bridges[i];

		if (strcmp(b->ns, line) != 0)
			continue;
		any = true;
		if (kernel_set_bridge(plan->lab, b->ns, b->dev, !cut && !b->down, err) < 0)
			return -1;
	}
	return any ? 0 : lab_error_make(err, LAB_FAILED, "%s is not up", line);
}

static json_t *cut_and_finish(const struct check *check, const struct plan *plan,
			      struct check_probe_run *run, uint64_t timeout_ms,
			      const struct check_options *o, struct lab_error **err)
{
	int cut = set_line(plan, check->cut.name, true, err);
	/* without a cut it is only waited for: its process must not outlive the check */
	json_t *result = check_probe_finish(run, cut < 0 ? 0 : timeout_ms, o->cancelled,
					    cut < 0 ? NULL : err);

	if (set_line(plan, check->cut.name, false, result ? err : NULL) == 0)
		return result;
	json_decref(result);
	return NULL;
}

json_t *check_outage(const struct check *check, const struct plan *plan,
		     const struct check_options *o, struct lab_error **err)
{
	const struct plan_node *node = plan_find_node(plan, check->from.name);
	struct check_probe_run *run;
	uint64_t timeout_ms;
	json_t *spec;

	if (!node) {
		(void)lab_error_make(err, LAB_FAILED, "%s is not up", check->from.name);
		return NULL;
	}
	spec = check_spec(check);
	timeout_ms = (uint64_t)json_integer_value(json_object_get(spec, "timeout_ms")) + EXTRA_MS;
	run = check_probe_start(plan->lab, node, o->libexec, spec, FIRST_ANSWER_MS, o->cancelled,
				err);
	json_decref(spec);
	return run ? cut_and_finish(check, plan, run, timeout_ms, o, err) : NULL;
}
