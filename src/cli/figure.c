// SPDX-License-Identifier: GPL-2.0-only
#include "cli/figure.h"

/* Twelve digits: all that a rate of 999 Gbit/s has. */
static const char *number(struct arena *a, uint64_t n, uint64_t unit, const char *name)
{
	return arena_printf(a, "%.12g%s", (double)n / (double)unit, name);
}

const char *cli_rate_text(struct arena *a, uint64_t rate)
{
	if (rate >= 1000000000)
		return number(a, rate, 1000000000, "Gbit");
	if (rate >= 1000000)
		return number(a, rate, 1000000, "Mbit");
	return number(a, rate, 1000, "kbit");
}

const char *cli_time_text(struct arena *a, uint64_t us)
{
	return number(a, us, 1000, "ms");
}

const char *cli_share_text(struct arena *a, uint64_t ppm)
{
	return number(a, ppm, 10000, "%");
}
