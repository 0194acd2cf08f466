// SPDX-License-Identifier: GPL-2.0-only
/** One line on a terminal that says how far long work has come. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct ui_progress {
	FILE *f;
	bool shown;   /* something stands on the line */
	bool enabled; /* f is a terminal */
	long long last_ms;
};

void ui_progress_init(struct ui_progress *p, FILE *f, bool enabled);
/** "scenario1: links 3/11"; drawn at most every 50 ms, and only once the work has lasted that long. */
void ui_progress_show(struct ui_progress *p, const char *what, size_t done, size_t total);
/** Takes the line away, so that a message can be printed. */
void ui_progress_clear(struct ui_progress *p);
