// SPDX-License-Identifier: GPL-2.0-only
#include "ui/progress.h"

#include <time.h>

#define INTERVAL_MS 50

static long long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void ui_progress_init(struct ui_progress *p, FILE *f, bool enabled)
{
	*p = (struct ui_progress){.f = f, .enabled = enabled, .last_ms = now_ms()};
}

void ui_progress_show(struct ui_progress *p, const char *what, size_t done, size_t total)
{
	long long now;

	if (!p->enabled)
		return;
	now = now_ms();
	if (now - p->last_ms < INTERVAL_MS)
		return;
	p->last_ms = now;
	p->shown = true;
	if (total)
		fprintf(p->f, "\r\033[K%s %zu/%zu", what, done, total);
	else
		fprintf(p->f, "\r\033[K%s", what);
	fflush(p->f);
}

void ui_progress_clear(struct ui_progress *p)
{
	if (!p->shown)
		return;
	p->shown = false;
	fputs("\r\033[K", p->f);
	fflush(p->f);
}
