// SPDX-License-Identifier: GPL-2.0-only
/** What a link is like, as a person writes it in a lab file, and as exactly: "2Mbit", "0.5ms", "10%". */
#pragma once

#include <stdint.h>

#include "base/arena.h"

const char *cli_rate_text(struct arena *a, uint64_t rate); /* bit/s */
const char *cli_time_text(struct arena *a, uint64_t us);
const char *cli_share_text(struct arena *a, uint64_t ppm);
