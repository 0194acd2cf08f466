// SPDX-License-Identifier: GPL-2.0-only
/** Interfaces of a running lab to capture at, and handing them to labctl-capture. */
#pragma once

#include <jansson.h>

#include "capture/capture.h"
#include "cli/cli.h"

struct cli_points {
	const struct plan *plan; /* borrowed */
	int life;                /* pidfd of the supervisor; -1: it is gone */
	json_t *list;            /* as capture_spec_read() wants it, and each one's "node" */
};

void cli_points_init(struct cli_points *p, const struct cli_running *running);
void cli_points_done(struct cli_points *p);
/** Lets go of the namespaces, which would outlive the lab; the list stays. */
void cli_points_close(struct cli_points *p);

/** NODE[:INTERFACE] and more of them behind commas; without INTERFACE all of the node's. */
int cli_points_add(struct cli_points *p, const char *places, struct lab_error **err);
/** Both ends of every link of the lab, but for what stands in for lines. */
int cli_points_add_all(struct cli_points *p, struct lab_error **err);

/** In the process that becomes labctl-capture: makes the specification, whose lab, life and points are not
 * looked at, standard input, and hands the namespaces on. */
int cli_points_give(const struct cli_points *p, const struct capture_spec *spec,
		    struct lab_error **err);
/** Becomes labctl-capture; returns, with -1, only where it cannot. */
int cli_become_capture(struct lab_error **err);
