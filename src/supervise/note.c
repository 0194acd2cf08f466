// SPDX-License-Identifier: GPL-2.0-only
#include "supervise/note.h"

#include <string.h>

#include "base/lastline.h"

static void take_line(struct note *n)
{
	n->line[n->len] = '\0';
	memcpy(n->text, n->line, sizeof(n->text));
	lastline_make_printable(n->text);
	n->len = 0;
}

void supervise_note_add(struct note *n, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			take_line(n);
		else if (n->len < NOTE_MAX)
			n->line[n->len++] = s[i] ? s[i] : '?'; /* a zero byte would end the text */
	}
}
