// SPDX-License-Identifier: GPL-2.0-only
#include "function/stderr_log.h"

#include "base/log.h"
#include "function/runner.h"

static const char *stream_of(const struct function_log *l)
{
	return l->stream ? l->stream : "stderr";
}

static void write_line(struct function_log *l, const char *id)
{
	if (l->len)
		log_info("%s: %s: %.*s", id, stream_of(l), (int)l->len, l->line);
	l->written += l->len;
	l->len = 0;
}

/* A log is read on terminals, which must not be driven by whoever can make a function complain. */
static char printable(char c)
{
	return (unsigned char)c < 0x20 && c != '\t' ? '?' : c == 0x7f ? '?' : c;
}

void function_log_add(struct function_log *l, const char *id, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (l->written + l->len >= FUNCTION_MAX_LOG) {
			l->dropped += n - i;
			return;
		}
		if (s[i] == '\n') {
			write_line(l, id);
			continue;
		}
		if (l->len == sizeof(l->line))
			write_line(l, id);
		l->line[l->len++] = printable(s[i]);
	}
}

void function_log_end(struct function_log *l, const char *id)
{
	write_line(l, id);
	if (l->dropped)
		log_info("%s: %s: %zu more bytes were dropped", id, stream_of(l), l->dropped);
}
