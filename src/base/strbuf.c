// SPDX-License-Identifier: GPL-2.0-only
/* Doubles; aborts where the heap is empty, as the arena does. */
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	strbuf_addn(b, digits + at, sizeof(digits) - at);
}

void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	reserve(b, (size_t)n);
	(void)vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap); /* measured above */
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
