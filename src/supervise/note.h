// SPDX-License-Identifier: GPL-2.0-only
/** What a worker tells people about itself (base/worker.h): the last whole line of a stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define NOTE_MAX 300

/** Embedded; zeroed is empty. */
struct note {
	char text[NOTE_MAX + 1]; /* printable ASCII; "" where nothing was said */
	char line[NOTE_MAX + 1]; /* that is not complete yet */
	size_t len;
};

/** Takes n bytes. What a line has beyond NOTE_MAX bytes is dropped. */
void supervise_note_add(struct note *n, const char *s, size_t len);
