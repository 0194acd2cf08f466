// SPDX-License-Identifier: GPL-2.0-only
/** The files that a command shall find. */
#pragma once

#include "service/config.h"

/** Writes them, with the folders on the way that are missing. What was there is overwritten. */
int service_files_write(const struct service_config *c, struct lab_error **err);
