// SPDX-License-Identifier: GPL-2.0-only
/** `labctl explain --probe`: sends what was explained, and listens at every hop of it. */
#pragma once

#include <jansson.h>

#include "cli/cli.h"
#include "explain/observe.h"

struct cli_probed {
	struct explain_verdict verdict;
	struct explain_observed observed;
	char *says;        /* "an answer in 0.4 ms", or why there was none */
	uintmax_t dropped; /* packets that were not seen for want of room */
};

/** r: with the values of ${...}. Fills seen_in and seen_out of the hops. -1 with *err. */
int cli_explain_probe(const struct cli_running *running, struct explanation *e,
		      const struct explain_request *r, struct cli_probed *probed,
		      struct lab_error **err);
void cli_probed_done(struct cli_probed *p);

/** A line, and for a disagreement where it is. */
void cli_probed_print(const struct cli_probed *p);
json_t *cli_probed_json(const struct cli_probed *p);
