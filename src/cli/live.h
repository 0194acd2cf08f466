// SPDX-License-Identifier: GPL-2.0-only
/** What lives in a lab beside what was planned: circuits, the routes that come and go with them, processes. */
#pragma once

#include <jansson.h>

#include "apply/apply.h"
#include "base/worker.h"
#include "ui/table.h"

struct state;

/** A row for each virtual border router: whether its circuit works, as far as both ends know. */
struct ui_table *cli_circuits(const struct state *state, const struct apply_status *s)
	__attribute__((returns_nonnull));

/** A row for each route that no plan holds: learned by BGP, kept by health checks. NULL with *err. */
struct ui_table *cli_dynamic_routes(const struct apply_status *s, struct lab_error **err);

/** What the supervisor says of the kth process of a worker (its list "workers"), whose name is put there; NULL: nothing. */
const json_t *cli_live_worker(const json_t *list, const struct plan_worker *w, unsigned int k,
			      char name[static WORKER_NAME_LEN]);
