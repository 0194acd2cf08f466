// SPDX-License-Identifier: GPL-2.0-only
/** What `up` says at its end. */
#pragma once

#include "apply/apply.h"

struct cli_summary {
	const struct plan *plan;
	struct apply_report report;
	long long ms;
};

int cli_summary_print(const struct cli_summary *s, struct lab_error **err);
int cli_summary_json(const struct cli_summary *s, struct lab_error **err);
