// SPDX-License-Identifier: GPL-2.0-only
/** What the programs of services have in common: a configuration, and an end that says what failed. */
#pragma once

#include "service/config.h"

struct loop;

/** Reads the configuration of a worker and serves by it; what main() returns. */
int service_program(int (*serve)(struct loop *loop, const struct service_config *config,
				 struct lab_error **err));
