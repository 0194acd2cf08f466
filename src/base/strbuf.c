// SPDX-License-Identifier: GPL-2.0-only
/* Doubles; aborts where the heap is empty, as the arena does. */
#include "base/strbuf.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static void reserve(struct strbuf *b, size_t more)
{
	size_t need = b->len + more + 1;
	size_t room = b->room ? b->room : 64;

	if (need <= b->room)
		return;
	while (room < need)
		room *= 2;
	b->s = realloc(b->s, room);
	if (!b->s)
		abort();
	b->room = room;
}

void strbuf_done(struct strbuf *b)
{
	free(b->s);
	*b = (struct strbuf){0};
}

void strbuf_addn(struct strbuf *b, const void *s, size_t n)
{
	reserve(b, n);
	if (n)
		memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

char *strbuf_extend(struct strbuf *b, size_t n)
{
	char *at;

	reserve(b, n);
	at = b->s + b->len;
	b->len += n;
	b->s[b->len] = '\0';
	return at;
}

void strbuf_add(struct strbuf *b, const char *s)
{
	strbuf_addn(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
	strbuf_addn(b, &c, 1);
}

void strbuf_add_number(struct strbuf *b, unsigned long long n)
{
	char digits[NUMBER_LEN];

	strbuf_add(b, number_format(n, digits));
}

#define GUESS 128u /* most texts are shorter: these are formatted once, not measured first */

void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	reserve(b, GUESS);
	n = vsnprintf(b->s + b->len, b->room - b->len, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	if ((size_t)n >= b->room - b->len) {
		reserve(b, (size_t)n);
		(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap); /* measured above */
	}
	b->len += (size_t)n;
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(b, fmt, ap);
	va_end(ap);
}

void strbuf_trunc(struct strbuf *b, size_t len)
{
	if (len < b->len) {
		b->len = len;
		b->s[len] = '\0';
	}
}

const char *strbuf_str(const struct strbuf *b)
{
	return b->s ? b->s : "";
}

char *strbuf_take(struct strbuf *b)
{
	char *s = b->s ? b->s : calloc(1, 1);

	if (!s)
		abort();
	*b = (struct strbuf){0};
	return s;
}

void strbuf_add_xml(struct strbuf *b, const char *text)
{
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			strbuf_add(b, "&amp;");
		else if (c == '<')
			strbuf_add(b, "&lt;");
		else if (c == '>')
			strbuf_add(b, "&gt;");
		else if (c == '"')
			strbuf_add(b, "&quot;");
		else
			strbuf_addc(b, c < 0x20 && c != '\n' && c != '\t' ? '?' : (char)c);
	}
}

static void add_json_byte(struct strbuf *b, unsigned char c)
{
	static const char letters[0x80] = {['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
					   ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't'};

	if (letters[c])
		strbuf_printf(b, "\\%c", letters[c]);
	else
		strbuf_printf(b, "\\u%04X", c);
}

static bool stands_for_itself(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\';
}

void strbuf_add_json(struct strbuf *b, const char *text)
{
	strbuf_addc(b, '"');
	while (*text) {
		size_t n = 0;

		while (stands_for_itself((unsigned char)text[n]))
			n++;
		strbuf_addn(b, text, n);
		text += n;
		if (*text)
			add_json_byte(b, (unsigned char)*text++);
	}
	strbuf_addc(b, '"');
}

/* The end of the string that begins at s, behind its quotes. */
static const char *behind_string(const char *s)
{
	for (s++; *s && *s != '"'; s++)
		if (*s == '\\' && s[1])
			s++;
	return *s ? s + 1 : s;
}

void strbuf_add_json_spaced(struct strbuf *b, const char *compact)
{
	const char *from = compact, *s = compact;

	while (*s) {
		if (*s == '"') {
			s = behind_string(s);
			continue;
		}
		s++;
		if (s[-1] != ',' && s[-1] != ':')
			continue;
		strbuf_addn(b, from, (size_t)(s - from));
		strbuf_addc(b, ' ');
		from = s;
	}
	strbuf_addn(b, from, (size_t)(s - from));
}
