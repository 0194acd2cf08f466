// SPDX-License-Identifier: GPL-2.0-only
/** What lives in a lab beside what was planned: circuits, and the routes that come and go with them. */
#pragma once

#include "apply/apply.h"
#include "ui/table.h"

struct state;

/** A row for each virtual border router: whether its circuit works, as far as both ends know. */
struct ui_table *cli_circuits(const struct state *state, const struct apply_status *s)
	__attribute__((returns_nonnull));

/** A row for each route that no plan holds: learned by BGP, kept by health checks. NULL with *err. */
struct ui_table *cli_dynamic_routes(const struct apply_status *s, struct lab_error **err);
