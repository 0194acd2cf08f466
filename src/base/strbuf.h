// SPDX-License-Identifier: GPL-2.0-only
/** A growing string. Always NUL-terminated once anything was appended. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
	char *s; /* NULL while empty */
	size_t len, room;
};

void strbuf_done(struct strbuf *b);
void strbuf_add(struct strbuf *b, const char *s);
void strbuf_addn(struct strbuf *b, const void *s, size_t n);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
/** Makes it n bytes longer; gives where they begin, to be filled by the caller. */
char *strbuf_extend(struct strbuf *b, size_t n) __attribute__((returns_nonnull));
/** In decimal digits. */
void strbuf_add_number(struct strbuf *b, unsigned long long n);
void strbuf_trunc(struct strbuf *b, size_t len);

/** Text of an XML element or attribute, NULL: nothing; control characters, which XML has no way to write, become '?'. */
void strbuf_add_xml(struct strbuf *b, const char *text);

/** A string of JSON, in quotes; UTF-8 as it is. */
void strbuf_add_json(struct strbuf *b, const char *text);
/** JSON of one line without spaces, as "{"a": 1, "b": [2, 3]}": the way in which documents show it. */
void strbuf_add_json_spaced(struct strbuf *b, const char *compact);

/** The text, "" while empty; borrowed. */
const char *strbuf_str(const struct strbuf *b);

/** The text, to be freed by the caller; the buffer is empty afterwards. Never NULL. */
char *strbuf_take(struct strbuf *b);

#define auto_strbuf __attribute__((cleanup(strbuf_done)))
