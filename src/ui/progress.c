// SPDX-License-Identifier: GPL-2.0-only
#include "ui/progress.h"

#include "base/clock.h"

#define INTERVAL_MS 50

void ui_progress_init(struct ui_progress *p, FILE *f, bool enabled)
{
	*p = (struct ui_progress){.f = f, .enabled = enabled, .last_ms = (long long)clock_ms()};
}

void ui_progress_show(struct ui_progress *p, const char *what, size_t done, size_t total)
{
	long long now;

	if (!p->enabled)
		return;
	now = (long long)clock_ms();
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
